package agency

import (
	"embed"
	"net/url"
	"slices"
	"strings"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

//go:embed page/*.html
var pages embed.FS

var (
	adminPage    = web.NewPage[adminData](pages, "page/admin.html")
	adminOnePage = web.NewPage[viewData](pages, "page/admin-one.html")
	ownPage      = web.NewPage[viewData](pages, "page/agency.html")
	memberPage   = web.NewPage[memberData](pages, "page/member.html")
	recoveryPage = web.NewPage[recoveryData](pages, "page/recovery.html")
	sheetPage    = web.NewPage[sheetData](pages, "page/recovery-sheet.html")
	linkPage     = web.NewPage[linkData](pages, "page/link.html")
	invitePage   = web.NewPage[inviteData](pages, "page/invite.html")
	joinPage     = web.NewPage[inviteData](pages, "page/join.html")
)

type (
	adminData struct {
		Notice, Query string
		Agencies      []Overview
		Found         []Organization
		Searched      bool
		CanSearch     bool
		Authority     []web.Choice
	}
	viewData struct {
		View
		Notice    string
		Entry     string // the path of its entry in the directory
		Steps     []Step
		Roles     []web.Choice
		Languages []web.Choice
		Me        Member
		Lead      bool
		MayName   bool // an administrator may name a lead
		Letting   bool // the viewer can let waiting members in
	}
	memberData struct {
		Member
		Agency, Notice string
		Self           bool
		Choice         []web.Choice
	}
	recoveryData struct {
		View
		Notice string
		Me     Member
	}
	sheetData struct {
		Agency, Key string
	}
	linkData   struct{ Kind, Link, Back string }
	inviteData struct {
		Agency, Action, Join, Notice string
		Roles                        []string
		Minimum                      int
		Secret                       string
		SignOn                       []SignOnButton
	}
)

// passwordMinimum is said in the hint; the accounts check it.
const passwordMinimum = 12

// Mount registers all pages of agencies.
func (s *Service) Mount(sh *web.Shell) {
	sh.Public("GET /invite/{secret}", s.getInvite)
	sh.Public("POST /invite/{secret}", s.postInvite)
	sh.Professional("GET /invite/{secret}/join", s.getJoin)
	sh.Professional("POST /invite/{secret}/join", s.postJoin)

	sh.Professional("GET /admin/agencies", s.getAdmin)
	sh.Professional("POST /admin/agencies", s.postAdmit)
	sh.Professional("GET /admin/agencies/{id}", s.getAdminOne)
	sh.Professional("POST /admin/agencies/{id}/invite", s.postAdminInvite)
	sh.Professional("POST /admin/agencies/{id}/state", s.confirmed(s.postState))
	sh.Professional("POST /admin/agencies/{id}/authority", s.confirmed(s.postAuthority))
	sh.Professional("POST /admin/agencies/{id}/invitations/{invitation}/withdraw", s.postAdminWithdraw)

	sh.Professional("GET /agency", s.getOwn)
	sh.Professional("POST /agency/invite", s.postOwnInvite)
	sh.Professional("POST /agency/invitations/{invitation}/withdraw", s.postOwnWithdraw)
	sh.Professional("POST /agency/let-in", s.postLetIn)
	sh.Professional("GET /agency/members/{user}", s.getMember)
	sh.Professional("POST /agency/members/{user}/roles", s.confirmed(s.postRoles))
	sh.Professional("POST /agency/members/{user}/recover", s.confirmed(s.postRecover))
	sh.Professional("POST /agency/members/{user}/remove", s.confirmed(s.postRemove))
	sh.Professional("GET /agency/recovery", s.getRecovery)
	sh.Professional("POST /agency/recovery/make", s.confirmed(s.postMakeRecovery))
	sh.Professional("POST /agency/recovery/confirm", s.postConfirmRecovery)
	sh.Professional("POST /agency/recovery/use", s.confirmed(s.postUseRecovery))
	sh.Professional("POST /agency/recovery/renew", s.confirmed(s.postRenew))

	sh.Nav(web.NavItem{Path: "/agency", Icon: "building", Label: "agency.own.title", Roles: Roles, Order: 40})
	sh.Nav(web.NavItem{Path: "/admin/agencies", Icon: "building", Label: "agency.admin.title", Roles: []string{"administrator"}, Order: 82, Under: "/admin", Group: "hub.group.people", Text: "hub.door.agencies"})
}

// confirmed wraps a handler of a dangerous action.
func (s *Service) confirmed(h web.Handler) web.Handler {
	return func(c *web.Ctx) error {
		if ok, err := s.accounts.Confirm(c); !ok {
			return err
		}
		return h(c)
	}
}

// sentence is what a page says above its form about an error that is not
// about one field.
func sentence(c *web.Ctx, err error) (string, bool) {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict, fault.Stale, fault.Unavailable:
		if e := fault.Find(err); e != nil && e.Key != "" && len(e.Fields) == 0 {
			return c.T(e.Key, e.Args...), true
		}
	}
	return "", false
}

func roleNames(c *web.Ctx, roles []string) (names []string) {
	for _, r := range roles {
		names = append(names, c.T("agency.role."+r))
	}
	return names
}

func roleChoices(c *web.Ctx, chosen ...string) (list []web.Choice) {
	for _, r := range Roles {
		list = append(list, web.Choice{Value: r, Label: c.T("agency.role." + r), Hint: c.T("agency.role-hint." + r), Selected: slices.Contains(chosen, r)})
	}
	return list
}

func languageChoices(c *web.Ctx) (list []web.Choice) {
	for _, l := range c.Config().Languages {
		list = append(list, web.Choice{Value: l, Label: web.LanguageName(l), Selected: l == c.Lang})
	}
	return list
}

func formLanguage(c *web.Ctx, f *web.Form) string {
	if l := f.Value("lang"); slices.Contains(c.Config().Languages, l) {
		return l
	}
	return c.Lang
}

func (s *Service) fullLink(lang, path string) string {
	return strings.TrimRight(s.cfg.BaseURL, "/") + "/" + lang + path
}

func (s *Service) getInvite(c *web.Ctx) error {
	inv, name, err := s.Invitation(c.Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	path := "/invite/" + c.Param("secret")
	d := inviteData{Agency: name, Action: c.Path(path), Join: c.Path(path + "/join"), Roles: roleNames(c, inv.Roles), Minimum: passwordMinimum, Secret: c.Param("secret")}
	if s.cfg.SignOn != nil {
		if d.SignOn, err = s.cfg.SignOn(c.Context(), inv.AgencyID); err != nil {
			return err
		}
	}
	return invitePage.Render(c, d)
}

func (s *Service) postInvite(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	begin, err := s.Join(c.Context(), c.Param("secret"), f.Value("name"), f.Value("login"), f.Value("email"), c.Lang, f.Raw("password"))
	if f.Add(err) {
		return s.getInvite(c)
	}
	if err != nil {
		return err
	}
	return begin(c)
}

func (s *Service) getJoin(c *web.Ctx) error {
	inv, name, err := s.Invitation(c.Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return joinPage.Render(c, inviteData{Agency: name, Action: c.Path("/invite/" + c.Param("secret") + "/join"), Roles: roleNames(c, inv.Roles)})
}

func (s *Service) postJoin(c *web.Ctx) error {
	if err := s.JoinAs(c.Context(), c.Viewer, c.Param("secret")); err != nil {
		return err
	}
	c.Flash("agency.done.joined")
	return c.Redirect("/agency")
}

func (s *Service) getAdmin(c *web.Ctx) error { return s.showAdmin(c, "") }

func (s *Service) showAdmin(c *web.Ctx, notice string) error {
	if err := s.require(c.Viewer, "agency.admit", "*", 0); err != nil {
		return err
	}
	d := adminData{Notice: notice, Query: c.Query("q"), CanSearch: s.cfg.Organizations != nil,
		Authority: []web.Choice{{Value: No, Label: c.T("agency.authority.no")}, {Value: Yes, Label: c.T("agency.authority.yes")}}}
	var err error
	if d.Agencies, err = s.List(c.Context(), c.Viewer); err != nil {
		return err
	}
	if d.CanSearch && d.Query != "" {
		d.Searched = true
		if d.Found, err = s.cfg.Organizations(c.Context(), d.Query, c.Lang); err != nil {
			return err
		}
		d.Found = slices.DeleteFunc(d.Found, func(o Organization) bool {
			return slices.ContainsFunc(d.Agencies, func(a Overview) bool { return a.Organization == o.ID })
		})
	}
	return adminPage.Render(c, d)
}

func (s *Service) postAdmit(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	agencyID, err := s.Admit(c.Context(), c.Viewer, f.Value("organization"), f.Value("name"), f.Value("authority"))
	if f.Add(err) {
		return s.showAdmin(c, "")
	}
	if text, ok := sentence(c, err); ok {
		return s.showAdmin(c, text)
	}
	if err != nil {
		return err
	}
	c.Flash("agency.done.admitted")
	return c.Redirect("/admin/agencies/" + agencyID)
}

func (s *Service) getAdminOne(c *web.Ctx) error { return s.showAdminOne(c, "") }

func (s *Service) showAdminOne(c *web.Ctx, notice string) error {
	if err := s.require(c.Viewer, "agency.admit", "*", 0); err != nil {
		return err
	}
	view, err := s.View(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	leads := 0
	for _, m := range view.Members {
		if m.Is(Lead) {
			leads++
		}
	}
	return adminOnePage.Render(c, viewData{
		View: view, Notice: notice, Steps: view.Readiness.Steps(), Languages: languageChoices(c),
		MayName: s.require(c.Viewer, "agency.name-lead", view.ID, leads) == nil,
	})
}

func (s *Service) postAuthority(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.SetAuthority(c.Context(), c.Viewer, c.Param("id"), f.Value("authority")); err != nil {
		return err
	}
	c.Flash("agency.done.state")
	return c.Redirect("/admin/agencies/" + c.Param("id"))
}

func (s *Service) postAdminInvite(c *web.Ctx) error {
	return s.showInvited(c, c.Param("id"), []string{Lead}, "/admin/agencies/"+c.Param("id"), func() error { return s.showAdminOne(c, "") })
}

// showInvited makes an invitation from a form and shows its link, this once.
func (s *Service) showInvited(c *web.Ctx, agencyID string, roles []string, back string, again func() error) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	lang := formLanguage(c, f)
	path, err := s.invite(c.Context(), c.Viewer, Invitation{AgencyID: agencyID, Roles: roles, Label: f.Value("label")}, f.Value("email"), lang, or(f.Once(), id.New()))
	if f.Add(err) {
		return again()
	}
	if err != nil {
		return err
	}
	return linkPage.Render(c, linkData{Kind: "invite", Link: s.fullLink(lang, path), Back: c.Path(back)})
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (s *Service) postState(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.SetState(c.Context(), c.Viewer, c.Param("id"), f.Value("state")); err != nil {
		return err
	}
	c.Flash("agency.done.state")
	return c.Redirect("/admin/agencies/" + url.PathEscape(c.Param("id")))
}

func (s *Service) postAdminWithdraw(c *web.Ctx) error {
	return s.withdraw(c, c.Param("id"), "/admin/agencies/"+c.Param("id"))
}

func (s *Service) withdraw(c *web.Ctx, agencyID, back string) error {
	if err := s.Withdraw(c.Context(), c.Viewer, agencyID, c.Param("invitation")); err != nil {
		return err
	}
	c.Flash("agency.done.withdrawn")
	return c.Redirect(back)
}

// own refuses people who belong to no agency with a sentence that says so.
func (s *Service) own(c *web.Ctx) (View, error) {
	if c.Viewer.AgencyID == "" {
		return View{}, fault.New(fault.NotFound, "agency.error.none")
	}
	return s.View(c.Context(), c.Viewer, c.Viewer.AgencyID)
}

func (s *Service) getOwn(c *web.Ctx) error { return s.showOwn(c, "") }

func (s *Service) showOwn(c *web.Ctx, notice string) error {
	view, err := s.own(c)
	if err != nil {
		return err
	}
	me, _ := view.Member(c.Viewer.UserID)
	entry := ""
	if s.cfg.Entry != nil {
		entry = s.cfg.Entry(c.Viewer)
	}
	return ownPage.Render(c, viewData{
		Entry: entry, View: view, Notice: notice, Steps: view.Readiness.Steps(), Roles: roleChoices(c), Languages: languageChoices(c),
		Me: me, Lead: c.Viewer.Is(Lead),
		Letting: me.HasKey && view.Waiting() > 0 && s.require(c.Viewer, "agency.let-in", view.ID, 0) == nil,
	})
}

func (s *Service) postOwnInvite(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	return s.showInvited(c, c.Viewer.AgencyID, f.Values("roles"), "/agency", func() error { return s.showOwn(c, "") })
}

func (s *Service) postOwnWithdraw(c *web.Ctx) error {
	return s.withdraw(c, c.Viewer.AgencyID, "/agency")
}

func (s *Service) postLetIn(c *web.Ctx) error {
	n, err := s.LetIn(c.Context(), c.Viewer, true)
	if err != nil {
		return err
	}
	c.Flash("agency.done.let-in", "n", n)
	return c.Redirect("/agency")
}

func (s *Service) getMember(c *web.Ctx) error { return s.showMember(c, "") }

func (s *Service) showMember(c *web.Ctx, notice string) error {
	view, err := s.own(c)
	if err != nil {
		return err
	}
	if err := s.require(c.Viewer, "agency.change-member", view.ID, 0); err != nil {
		return err
	}
	m, found := view.Member(c.Param("user"))
	if !found {
		return errNotFound
	}
	return memberPage.Render(c, memberData{Member: m, Agency: view.Name, Notice: notice, Self: m.UserID == c.Viewer.UserID, Choice: roleChoices(c, m.Roles...)})
}

// afterMember answers a change on a member's page.
func (s *Service) afterMember(c *web.Ctx, err error, done, to string) error {
	if text, ok := sentence(c, err); ok {
		return s.showMember(c, text)
	}
	if e := fault.Find(err); e != nil && len(e.Fields) > 0 {
		return s.showMember(c, c.T(e.Fields[0].Key, e.Fields[0].Args...))
	}
	if err != nil {
		return err
	}
	c.Flash(done)
	return c.Redirect(to)
}

func (s *Service) postRoles(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = s.SetRoles(c.Context(), c.Viewer, c.Param("user"), f.Values("roles"))
	return s.afterMember(c, err, "agency.done.roles", "/agency/members/"+url.PathEscape(c.Param("user")))
}

func (s *Service) postRecover(c *web.Ctx) error {
	path, err := s.Recover(c.Context(), c.Viewer, c.Param("user"))
	if err != nil {
		return err
	}
	return linkPage.Render(c, linkData{Kind: "recover", Link: s.fullLink(s.languageOf(c, c.Param("user")), path), Back: c.Path("/agency/members/" + url.PathEscape(c.Param("user")))})
}

// languageOf is a member's own language, for the link that she opens.
func (s *Service) languageOf(c *web.Ctx, userID string) string {
	lang := ""
	err := s.db.Read(c.Context(), func(tx *db.Tx) (err error) { _, _, lang, _, err = s.accounts.Person(tx, userID); return err })
	if err != nil || lang == "" {
		return c.Lang
	}
	return lang
}

func (s *Service) postRemove(c *web.Ctx) error {
	err := s.Remove(c.Context(), c.Viewer, c.Param("user"))
	return s.afterMember(c, err, "agency.done.removed", "/agency")
}

func (s *Service) getRecovery(c *web.Ctx) error { return s.showRecovery(c, "") }

func (s *Service) showRecovery(c *web.Ctx, notice string) error {
	view, err := s.own(c)
	if err != nil {
		return err
	}
	if err := s.require(c.Viewer, "agency.use-recovery", view.ID, 0); err != nil {
		return err
	}
	me, _ := view.Member(c.Viewer.UserID)
	return recoveryPage.Render(c, recoveryData{View: view, Notice: notice, Me: me})
}

func (s *Service) postMakeRecovery(c *web.Ctx) error {
	printed, err := s.MakeRecovery(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	return sheetPage.Render(c, sheetData{Agency: c.Viewer.AgencyName, Key: printed})
}

// typed runs an action on a typed recovery key.
func (s *Service) typed(c *web.Ctx, act func(key string) error, done, to string) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = act(f.Raw("recovery-key"))
	if f.Add(err) {
		return s.showRecovery(c, "")
	}
	if text, ok := sentence(c, err); ok {
		return s.showRecovery(c, text)
	}
	if err != nil {
		return err
	}
	c.Flash(done)
	return c.Redirect(to)
}

func (s *Service) postConfirmRecovery(c *web.Ctx) error {
	return s.typed(c, func(key string) error { return s.ConfirmRecovery(c.Context(), c.Viewer, key) }, "agency.done.recovery-confirmed", "/agency")
}

func (s *Service) postUseRecovery(c *web.Ctx) error {
	return s.typed(c, func(key string) error { _, err := s.UseRecovery(c.Context(), c.Viewer, key); return err }, "agency.done.recovery-used", "/agency")
}

func (s *Service) postRenew(c *web.Ctx) error {
	err := s.Renew(c.Context(), c.Viewer)
	if text, ok := sentence(c, err); ok {
		return s.showRecovery(c, text)
	}
	if err != nil {
		return err
	}
	c.Flash("agency.done.renewed")
	return c.Redirect("/agency")
}
