package sso

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/web"
)

// The administrator's pages, and the one of an agency's leads.

var (
	listPage     = web.NewPage[listData](pages, "page/list.html")
	providerPage = web.NewPage[providerData](pages, "page/provider.html")
	triedPage    = web.NewPage[triedData](pages, "page/tried.html")
	agreePage    = web.NewPage[agreeData](pages, "page/agree.html")
)

type (
	listData     struct{ Rows []Listed }
	providerData struct {
		Provider
		People                     int64
		Fresh                      bool // not saved yet
		Notice                     string
		Redirect, Direct, Out      string
		Agencies, Seconds, Entries []web.Choice
		Found                      []foundRow
		Tried, Passed              bool
	}
	foundRow  struct{ Kind, Icon, Text string }
	triedData struct {
		ID, Label string
		Taken     bool
		On        bool
		Why       string
		Rows      []web.M
	}
	agreeData struct{ Rows []Provider }
)

func (s *Service) mountAdmin(sh *web.Shell) {
	sh.Professional("GET /admin/sign-on", s.getList)
	sh.Professional("GET /admin/sign-on/new", s.getNew)
	sh.Professional("POST /admin/sign-on", s.postSave)
	sh.Professional("GET /admin/sign-on/{id}", s.getProvider)
	sh.Professional("POST /admin/sign-on/{id}", s.postSave)
	sh.Professional("POST /admin/sign-on/{id}/try", s.postTry)
	sh.Professional("POST /admin/sign-on/{id}/trial", s.postTrial)
	sh.Professional("POST /admin/sign-on/{id}/state", s.confirmed(s.postState))
	sh.Professional("POST /admin/sign-on/{id}/delete", s.confirmed(s.postDelete))
	sh.Professional("GET /agency/sign-on", s.getAgree)
	sh.Professional("POST /agency/sign-on/{id}", s.confirmed(s.postAgree))
	sh.Nav(web.NavItem{Path: "/agency/sign-on", Icon: "key", Label: "sso.agree.title", Roles: []string{"lead"}, Order: 46, Under: "/agency", Text: "sso.agree.card"})
	sh.Nav(web.NavItem{Path: "/admin/sign-on", Icon: "key", Label: "sso.list.title", Roles: []string{"administrator"}, Order: 92, Under: "/admin", Group: "hub.group.house", Text: "hub.door.sign-on"})
}

func (s *Service) getList(c *web.Ctx) error {
	list, err := s.List(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	return listPage.Render(c, listData{list})
}

// getNew shows the empty form. The provider's identifier exists already, since
// the address that it is registered with holds it.
func (s *Service) getNew(c *web.Ctx) error {
	if err := s.require(c.Viewer, "sso.administer", Provider{ID: "*"}, false); err != nil {
		return err
	}
	return s.showForm(c, providerData{Fresh: true, Provider: Provider{ID: newID(""), Second: SecondHere, Entry: EntryInvited, Version: 1}})
}

func (s *Service) getProvider(c *web.Ctx) error { return s.showProvider(c, "", nil) }

func (s *Service) showProvider(c *web.Ctx, notice string, found []Finding) error {
	one, err := s.Get(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	d := providerData{Provider: one.Provider, People: one.People, Notice: notice, Tried: found != nil, Passed: Passed(found)}
	for _, f := range found {
		d.Found = append(d.Found, rowOf(c, f))
	}
	return s.showForm(c, d)
}

func rowOf(c *web.Ctx, f Finding) foundRow {
	switch {
	case f.Good:
		return foundRow{"ok", "check", c.T("sso.try."+f.Key, f.Args...)}
	case f.Open:
		return foundRow{"soon", "wait", c.T("sso.try."+f.Key, f.Args...)}
	}
	return foundRow{"lost", "warn", c.T("sso.trouble."+f.Key, f.Args...)}
}

// showForm adds what every view of the form needs.
func (s *Service) showForm(c *web.Ctx, d providerData) error {
	agencies, err := s.agencies.All(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	d.Redirect = s.Redirect(d.ID)
	d.Out = strings.TrimRight(s.cfg.BaseURL, "/") + "/sign-in/out/" + d.ID
	d.Direct = strings.TrimRight(s.cfg.BaseURL, "/") + "/sign-in/with/" + d.ID
	d.Agencies = append(d.Agencies, web.Choice{Value: "", Label: c.T("sso.field.agency-choose")})
	for _, a := range agencies {
		d.Agencies = append(d.Agencies, web.Choice{Value: a.ID, Label: a.Name, Selected: a.ID == d.AgencyID})
	}
	for _, v := range []string{SecondHere, SecondProvider} {
		d.Seconds = append(d.Seconds, web.Choice{Value: v, Label: c.T("sso.second." + v), Hint: c.T("sso.second-hint." + v), Selected: v == d.Second})
	}
	for _, v := range []string{EntryInvited, EntryWaiting} {
		d.Entries = append(d.Entries, web.Choice{Value: v, Label: c.T("sso.entry." + v), Hint: c.T("sso.entry-hint." + v), Selected: v == d.Entry})
	}
	return providerPage.Render(c, d)
}

func (s *Service) postSave(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	given := c.Param("id")
	fresh := given == ""
	if fresh {
		given = f.Value("id")
	}
	p := Provider{ID: newID(given), AgencyID: f.Value("agency"), Label: f.Value("label"), Issuer: f.Value("issuer"), ClientID: f.Value("client"),
		Hosts: split(f.Value("hosts")), Authority: f.Value("authority"), Scopes: split(f.Value("scopes")), Domains: split(f.Value("domains")),
		Claim: f.Value("claim"), ClaimValue: f.Value("claim-value"), Second: f.Value("second"), ACR: split(f.Value("acr")), AMR: split(f.Value("amr")),
		Afresh: f.Has("afresh", "1"), Shown: f.Has("shown", "1"), Entry: f.Value("entry"), Version: version(f.Value("version"))}
	err = s.Save(c.Context(), c.Viewer, p, f.Raw("secret"))
	if f.Add(err) {
		return s.showForm(c, s.typed(c, p, fresh))
	}
	if e := fault.Find(err); e != nil && e.Kind == fault.Stale {
		d := s.typed(c, p, fresh)
		d.Notice = c.T(e.Key)
		return s.showForm(c, d)
	}
	if err != nil {
		return err
	}
	c.Flash("sso.done.saved")
	return c.Redirect("/admin/sign-on/" + p.ID)
}

// typed shows again what was typed, with the state that it has.
func (s *Service) typed(c *web.Ctx, p Provider, fresh bool) providerData {
	d := providerData{Provider: p, Fresh: fresh}
	if one, err := s.Get(c.Context(), c.Viewer, p.ID); err == nil {
		d.On, d.People, d.secret, d.AgreedBy, d.Version = one.On, one.People, one.secret, one.AgreedBy, one.Version
	}
	return d
}

func version(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// split reads a list that people separate as they like.
func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\n' || r == '\t' })
}

func (s *Service) postTry(c *web.Ctx) error {
	found, err := s.Try(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	return s.showProvider(c, "", found)
}

// postTrial goes through a whole sign-in that only shows what the provider
// says. It works while the provider is off.
func (s *Service) postTrial(c *web.Ctx) error {
	one, err := s.Get(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	return s.leave(c, one.Provider, flight{Purpose: forTrial, User: c.Viewer.UserID})
}

// showTried is what the provider said in a trial; nothing of it is kept.
func (s *Service) showTried(c *web.Ctx, p Provider, claims Claims) error {
	d := triedData{ID: p.ID, Label: p.Label, Taken: true, On: p.On}
	if err := Admit(p, claims); err != nil {
		d.Taken, d.Why = false, c.T("sso.refused."+codeOf(err))
	}
	row := func(key, value string) {
		if value == "" {
			value = c.T("sso.tried.nothing")
		}
		d.Rows = append(d.Rows, web.M{"label": c.T("sso.tried." + key), "text": value})
	}
	row("subject", short(claims.Subject))
	row("name", short(claims.Name))
	row("email", short(claims.Email))
	row("acr", short(claims.ACR))
	row("amr", short(strings.Join(claims.AMR, ", ")))
	if p.Claim != "" {
		d.Rows = append(d.Rows, web.M{"label": p.Claim, "text": short(cmp.Or(strings.Join(texts(claims.all[p.Claim]), ", "), c.T("sso.tried.nothing")))})
	}
	return triedPage.Render(c, d)
}

func (s *Service) postState(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	on := f.Value("state") == "on"
	if err := s.Switch(c.Context(), c.Viewer, c.Param("id"), on); err != nil {
		return err
	}
	c.Flash(map[bool]string{true: "sso.done.on", false: "sso.done.off"}[on])
	return c.Redirect("/admin/sign-on/" + c.Param("id"))
}

func (s *Service) postDelete(c *web.Ctx) error {
	if err := s.Delete(c.Context(), c.Viewer, c.Param("id")); err != nil {
		return err
	}
	c.Flash("sso.done.deleted")
	return c.Redirect("/admin/sign-on")
}

func (s *Service) getAgree(c *web.Ctx) error {
	list, err := s.OfAgency(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	return agreePage.Render(c, agreeData{list})
}

func (s *Service) postAgree(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	yes := f.Value("agree") == "yes"
	if err := s.Agree(c.Context(), c.Viewer, c.Param("id"), yes); err != nil {
		return err
	}
	c.Flash(map[bool]string{true: "sso.done.agreed", false: "sso.done.agreement-ended"}[yes])
	return c.Redirect("/agency/sign-on")
}

// Button is a provider's button on a page of another room.
type Button struct{ Path, Label string }

// InvitationButtons are the providers by which an invitation into an agency
// can be taken.
func (s *Service) InvitationButtons(ctx context.Context, agencyID string) ([]Button, error) {
	list, err := s.WaysInto(ctx, agencyID)
	out := make([]Button, 0, len(list))
	for _, p := range list {
		out = append(out, Button{Path: "/sign-in/with/" + p.ID + "/invited", Label: p.Label})
	}
	return slices.Clip(out), err
}
