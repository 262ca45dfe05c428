package account

import (
	"embed"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/vault"
	"amelie/internal/web"
)

//go:embed page
var pages embed.FS

var _ = web.Script(pages, "page/passkey.js")

var (
	signInPage   = web.NewPage[signInData](pages, "page/sign-in.html")
	makePage     = web.NewPage[makeData](pages, "page/make.html")
	recoverPage  = web.NewPage[recoverData](pages, "page/recover.html")
	welcomePage  = web.NewPage[welcomeData](pages, "page/welcome.html")
	codesPage    = web.NewPage[codesData](pages, "page/codes.html")
	mePage       = web.NewPage[meData](pages, "page/me.html")
	passwordPage = web.NewPage[noticeData](pages, "page/password.html")
	codePage     = web.NewPage[welcomeData](pages, "page/code.html")
	signInsPage  = web.NewPage[signInsData](pages, "page/sign-ins.html")
	tokensPage   = web.NewPage[tokensData](pages, "page/tokens.html")
	unlockPage   = web.NewPage[proveData](pages, "page/unlock.html")
	confirmPage  = web.NewPage[proveData](pages, "page/confirm.html")
	peoplePage   = web.NewPage[peopleData](pages, "page/people.html")
	personPage   = web.NewPage[personData](pages, "page/person.html")
	linkPage     = web.NewPage[linkData](pages, "page/link.html")
)

type (
	noticeData struct{ Notice string }
	signInData struct {
		Notice, To string
		Passkeys   bool
		Ways       []Way
	}
	makeData struct {
		Notice, Action string
		Roles          []string
		First          bool
		Minimum        int
	}
	recoverData struct {
		Notice, Action, Login string
		Minimum               int
	}
	welcomeData struct {
		Notice, To string
		Offer      Offer
		Passkeys   bool
	}
	codesData struct {
		Codes []string
		Next  string
	}
	meData struct {
		Me
		Notice      string
		Fresh       bool
		PasskeysOn  bool
		Languages   []web.Choice
		Professions []web.Choice
		Employers   []web.Choice
	}
	signInsData struct{ Rows []signInRow }
	signInRow   struct {
		ID, Agent, Since, Seen string
		This, Unlocked         bool
	}
	tokensData struct {
		Notice, Secret string
		Scopes, Days   []web.Choice
		Rows           []tokenRow
	}
	tokenRow struct {
		Token
		ScopeNames []string
		Until, Use string
		State      string // live, expired, revoked
	}
	proveData struct {
		Notice, To string
		Passkeys   bool
	}
	peopleData struct {
		Rows      []Listed
		Roles     []web.Choice
		Languages []web.Choice
	}
	personData struct {
		Listed
		Notice string
		Self   bool
		Choice []web.Choice
	}
	linkData struct{ Kind, Link, Back string }
)

// Mount registers all pages of accounts.
func (s *Service) Mount(sh *web.Shell) {
	sh.Public("GET /sign-in", s.getSignIn)
	sh.Public("POST /sign-in", s.postSignIn)
	for _, kind := range []string{linkSetup, linkJoin} {
		sh.Public("GET /"+kind+"/{secret}", s.getMake(kind))
		sh.Public("POST /"+kind+"/{secret}", s.postMake(kind))
	}
	sh.Public("GET /recover/{secret}", s.getRecover)
	sh.Public("POST /recover/{secret}", s.postRecover)
	sh.Public("GET /welcome", s.getWelcome)
	sh.Public("POST /welcome", s.postWelcome)

	sh.Professional("GET /start", s.getStart)
	sh.Professional("GET /account", func(c *web.Ctx) error { return c.Redirect("/me") })
	sh.Professional("GET /me", s.getMe)
	sh.Professional("POST /me", s.postMe)
	sh.Professional("GET /me/password", func(c *web.Ctx) error { return passwordPage.Render(c, noticeData{}) })
	sh.Professional("POST /me/password", s.postPassword)
	sh.Professional("GET /me/code", s.confirmed(s.getCode))
	sh.Professional("POST /me/code", s.confirmed(s.postCode))
	sh.Professional("POST /me/recovery-codes", s.confirmed(s.postRecoveryCodes))
	sh.Professional("POST /me/passkeys/{id}/remove", s.confirmed(s.postRemovePasskey))
	sh.Professional("GET /me/sign-ins", s.getSignIns)
	sh.Professional("POST /me/sign-ins/end", s.postEndOthers)
	sh.Professional("POST /me/sign-ins/{id}/end", s.postEndSignIn)
	sh.Professional("GET /me/tokens", s.getTokens)
	sh.Professional("POST /me/tokens", s.confirmed(s.postToken))
	sh.Professional("POST /me/tokens/{id}/revoke", s.postRevoke)
	sh.Professional("GET /unlock", s.getUnlock)
	sh.Professional("POST /unlock", s.postUnlock)
	sh.Professional("GET /confirm", s.getConfirm)
	sh.Professional("POST /confirm", s.postConfirm)
	sh.Professional("POST /sign-out", s.postSignOut)

	sh.Professional("GET /admin/people", s.getPeople)
	sh.Professional("POST /admin/people", s.confirmed(s.postInvite))
	sh.Professional("GET /admin/people/{id}", s.getPerson)
	sh.Professional("POST /admin/people/{id}/roles", s.confirmed(s.postRoles))
	sh.Professional("POST /admin/people/{id}/state", s.confirmed(s.postState))
	sh.Professional("POST /admin/people/{id}/delete", s.confirmed(s.postDelete))
	sh.Professional("POST /admin/people/{id}/recover", s.confirmed(s.postPersonRecover))

	sh.Nav(web.NavItem{Path: "/admin/people", Icon: "people", Label: "account.people.title", Roles: []string{"administrator"}, Order: 81, Under: "/admin", Group: "hub.group.people", Text: "hub.door.people"})

	sh.API("POST /account/passkey/begin", s.apiPasskeyBegin)
	sh.API("POST /account/passkey/finish", s.apiPasskeyFinish)
}

// sentence is what a page says above its form about an error that is not
// about one field; ok is false for errors that the shell should show.
func sentence(c *web.Ctx, err error) (text string, status int, ok bool) {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.TooMany, fault.Conflict, fault.Expired:
		if e := fault.Find(err); e != nil && e.Key != "" {
			return c.T(e.Key, e.Args...), web.Status(err), true
		}
	}
	return "", 0, false
}

// goOn leads to the page that was asked for before the sign-in.
func (s *Service) goOn(c *web.Ctx, to, lang string) error {
	http.Redirect(c.W, c.R, s.target(to, lang), http.StatusSeeOther)
	return nil
}

func (s *Service) target(to, lang string) string {
	if !slices.Contains(s.cfg.Languages, lang) {
		lang = s.cfg.Languages[0]
	}
	return SafeTarget(to, "/"+lang+"/start")
}

// getStart leads everybody to the first room of her roles.
func (s *Service) getStart(c *web.Ctx) error {
	for _, room := range []struct{ role, path string }{
		{"caseworker", s.cfg.Home}, {"lead", s.cfg.Home}, {"professional", s.cfg.Home}, {"administrator", "/admin/installation"}, {"administrator", "/admin/agencies"}, {"interpreter", "/interpreting"},
	} {
		if c.Viewer.Is(room.role) && c.HasRoute("GET "+room.path) {
			return c.Redirect(room.path)
		}
	}
	return c.Redirect("/me")
}

func (s *Service) getSignIn(c *web.Ctx) error {
	to := c.Query("to")
	h, err := s.find(c.Context(), c.R)
	if err != nil {
		return err
	}
	if h != nil {
		switch h.State(s.cfg.Now()) {
		case Open:
			return s.goOn(c, to, c.Lang)
		case Enrolling:
			return c.Redirect("/welcome?to=" + url.QueryEscape(to))
		}
	}
	return s.showSignIn(c, 0, signInData{To: SafeTarget(to, "")})
}

// showSignIn adds the ways that the installation has. A fault of the ways
// elsewhere must not close the local one. // req: SSO-4
func (s *Service) showSignIn(c *web.Ctx, status int, d signInData) error {
	d.Passkeys = s.PasskeysWork()
	var err error
	if d.Ways, err = s.elsewhere.Ways(c.Context()); err != nil {
		s.cfg.Log.Warn("other ways to sign in", "error", err.Error())
	}
	if status == 0 {
		return signInPage.Render(c, d)
	}
	return signInPage.RenderStatus(c, status, d)
}

func (s *Service) postSignIn(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	to := SafeTarget(f.Value("to"), "")
	st, err := s.SignIn(c.Context(), Attempt{
		Login: f.Value("login"), Password: f.Raw("password"), Code: f.Value("code"),
		Address: s.cfg.Address(c.R), Agent: c.R.UserAgent(),
	})
	if err != nil {
		text, status, ok := sentence(c, err)
		if !ok {
			return err
		}
		return s.showSignIn(c, status, signInData{Notice: text, To: to})
	}
	return s.letIn(c, st, to)
}

// letIn gives the cookie and leads on, to the second factor when it is
// missing.
func (s *Service) letIn(c *web.Ctx, st *Started, to string) error {
	s.SetCookie(c.W, st.Cookie)
	if st.Stage == StageEnrol {
		return c.Redirect("/welcome?to=" + url.QueryEscape(to))
	}
	return s.goOn(c, to, st.Lang)
}

// beginEnrolling starts the first sign-in of a person whose account was just
// made.
func (s *Service) beginEnrolling(c *web.Ctx, user User, key *vault.PrivateKey) error {
	st, hash, err := s.newSession(user, key, c.R.UserAgent())
	if err != nil {
		return err
	}
	st.Stage = StageEnrol
	if err := s.startSession(c.Context(), st, hash, "invite"); err != nil {
		return err
	}
	return s.letIn(c, st, "")
}

func (s *Service) getMake(kind string) web.Handler {
	return func(c *web.Ctx) error {
		_, roles, err := s.Link(c.Context(), kind, c.Param("secret"))
		if err != nil {
			return err
		}
		return makePage.Render(c, s.makeData(c, kind, roles, ""))
	}
}

func (s *Service) makeData(c *web.Ctx, kind string, roles []string, notice string) makeData {
	d := makeData{Notice: notice, Action: c.Path("/" + kind + "/" + c.Param("secret")), First: kind == linkSetup, Minimum: MinPassword}
	for _, r := range roles {
		d.Roles = append(d.Roles, c.T("account.role."+r))
	}
	return d
}

func (s *Service) postMake(kind string) web.Handler {
	return func(c *web.Ctx) error {
		f, err := c.Form()
		if err != nil {
			return err
		}
		n := NewUser{Name: f.Value("name"), Login: f.Value("login"), Email: f.Value("email"), Lang: c.Lang, Password: f.Raw("password")}
		st, err := s.AcceptLink(c.Context(), kind, c.Param("secret"), n, c.R.UserAgent())
		if f.Add(err) {
			_, roles, err := s.Link(c.Context(), kind, c.Param("secret"))
			if err != nil {
				return err
			}
			return makePage.Render(c, s.makeData(c, kind, roles, ""))
		}
		if err != nil {
			return err
		}
		return s.letIn(c, st, "")
	}
}

func (s *Service) getRecover(c *web.Ctx) error {
	login, _, err := s.Link(c.Context(), linkRecover, c.Param("secret"))
	if err != nil {
		return err
	}
	return recoverPage.Render(c, recoverData{Action: c.Path("/recover/" + c.Param("secret")), Login: login, Minimum: MinPassword})
}

func (s *Service) postRecover(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	st, err := s.Recover(c.Context(), c.Param("secret"), f.Raw("password"), c.R.UserAgent())
	if f.Add(err) {
		return s.getRecover(c)
	}
	if err != nil {
		return err
	}
	return s.letIn(c, st, "")
}

// enrolling is the unfinished sign-in of the request, or a redirect that was
// sent already.
func (s *Service) enrolling(c *web.Ctx) (*here, error) {
	h, err := s.find(c.Context(), c.R)
	if err != nil {
		return nil, err
	}
	if h == nil || h.State(s.cfg.Now()) != Enrolling {
		return nil, c.Redirect("/sign-in")
	}
	return h, nil
}

func (s *Service) getWelcome(c *web.Ctx) error {
	h, err := s.enrolling(c)
	if h == nil {
		return err
	}
	offer, err := s.OfferTOTP(h.UserID, h.user.Login)
	if err != nil {
		return err
	}
	return welcomePage.Render(c, welcomeData{Offer: offer, To: SafeTarget(c.Query("to"), ""), Passkeys: s.PasskeysWork()})
}

func (s *Service) postWelcome(c *web.Ctx) error {
	h, err := s.enrolling(c)
	if h == nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	to := SafeTarget(f.Value("to"), "")
	codes, err := s.TakeTOTP(c.Context(), h.UserID, h.ID, f.Value("offer"), f.Value("code"))
	if err != nil {
		again := func(c *web.Ctx, offer Offer, notice string) error {
			return welcomePage.RenderStatus(c, web.Status(err), welcomeData{Notice: notice, Offer: offer, To: to, Passkeys: s.PasskeysWork()})
		}
		return s.offerAgain(c, f, h.UserID, h.user.Login, err, again)
	}
	return codesPage.Render(c, codesData{Codes: codes, Next: s.target(to, h.user.Lang)})
}

// offerAgain shows the same offer after a mistyped code, and a fresh one when
// the old is over.
func (s *Service) offerAgain(c *web.Ctx, f *web.Form, userID, login string, err error, show func(*web.Ctx, Offer, string) error) error {
	notice, _, ok := sentence(c, err)
	if !ok {
		return err
	}
	if f.Add(err) {
		notice = ""
	}
	offer, err := s.SameOffer(userID, f.Value("offer"))
	if err != nil {
		if offer, err = s.OfferTOTP(userID, login); err != nil {
			return err
		}
	}
	return show(c, offer, notice)
}

// Confirm is what dangerous actions of any domain call first: true when the
// person proved to be there a short while ago. Otherwise it has led to the
// page that asks, which leads back. // req: SIGNIN-9
func (s *Service) Confirm(c *web.Ctx) (ok bool, err error) {
	if s.cfg.Demo {
		return true, nil // invented people have no password to ask for
	}
	if c.Viewer == nil || c.Viewer.SessionID == "" {
		return false, fault.New(fault.Denied, "")
	}
	if ok, err = s.Confirmed(c.Context(), c.Viewer); ok || err != nil {
		return ok, err
	}
	return false, c.Redirect("/confirm?to=" + url.QueryEscape(backTo(c)))
}

// backTo is the page to return to: itself, or for a form that was sent the
// page that it stood on.
func backTo(c *web.Ctx) string {
	if c.R.Method == http.MethodGet {
		return c.Here()
	}
	if u, err := url.Parse(c.R.Referer()); err == nil && u.Host == c.R.Host && u.Path != "" {
		return u.EscapedPath()
	}
	path := c.R.URL.Path
	for _, page := range []string{"/me/sign-on", "/admin/sign-on", "/me/code", "/me/tokens", "/me/", "/admin/people/", "/admin/people", "/agency/members/", "/agency", "/admin/agencies"} {
		if strings.HasPrefix(path, "/"+c.Lang+page) {
			return "/" + c.Lang + strings.TrimSuffix(page, "/")
		}
	}
	return "/" + c.Lang + "/me"
}

// confirmed wraps a handler of a dangerous action.
func (s *Service) confirmed(h web.Handler) web.Handler {
	return func(c *web.Ctx) error {
		if ok, err := s.Confirm(c); !ok {
			return err
		}
		return h(c)
	}
}

func (s *Service) getUnlock(c *web.Ctx) error {
	to := SafeTarget(c.Query("to"), "")
	if c.Viewer.Key != nil {
		return s.goOn(c, to, c.Lang)
	}
	return unlockPage.Render(c, proveData{To: to, Passkeys: s.PasskeysWork()})
}

func (s *Service) postUnlock(c *web.Ctx) error {
	return s.prove(c, func(d proveData, status int) error { return unlockPage.RenderStatus(c, status, d) })
}

func (s *Service) getConfirm(c *web.Ctx) error {
	return confirmPage.Render(c, proveData{To: SafeTarget(c.Query("to"), ""), Passkeys: s.PasskeysWork()})
}

func (s *Service) postConfirm(c *web.Ctx) error {
	return s.prove(c, func(d proveData, status int) error { return confirmPage.RenderStatus(c, status, d) })
}

// prove takes the password of a signed-in person: it unlocks and confirms.
func (s *Service) prove(c *web.Ctx, again func(proveData, int) error) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	h, err := s.find(c.Context(), c.R)
	if err != nil {
		return err
	}
	if h == nil {
		return fault.New(fault.SignIn, "account.error.ended")
	}
	to := SafeTarget(f.Value("to"), "")
	cookie, err := s.Unlock(c.Context(), h, f.Raw("password"), s.cfg.Address(c.R))
	if err != nil {
		text, status, ok := sentence(c, err)
		if !ok {
			return err
		}
		if f.Add(err) {
			text = ""
		}
		return again(proveData{Notice: text, To: to, Passkeys: s.PasskeysWork()}, status)
	}
	s.SetCookie(c.W, cookie)
	return s.goOn(c, to, c.Lang)
}

func (s *Service) postSignOut(c *web.Ctx) error {
	s.SignOut(c.W, c.R)
	return c.Redirect("/")
}

// passkeyCall is what the page's script sends.
type passkeyCall struct {
	Purpose    string          `json:"purpose"`
	Ceremony   string          `json:"ceremony"`
	Credential json.RawMessage `json:"credential"`
	Label      string          `json:"label"`
	To         string          `json:"to"`
	Lang       string          `json:"lang"`
}

// passkeyReply tells the script where to go, or to ask the passkey once more
// so that it learns to unlock.
type passkeyReply struct {
	Go    string    `json:"go,omitempty"`
	Again *Ceremony `json:"again,omitempty"`
}

func readCall(c *web.Ctx) (call passkeyCall, err error) {
	err = json.NewDecoder(http.MaxBytesReader(c.W, c.R.Body, 64<<10)).Decode(&call)
	if err != nil {
		return call, badPasskey(err)
	}
	return call, nil
}

// present is the sign-in of an API request, unfinished ones included.
func (s *Service) present(c *web.Ctx) (*here, error) {
	h, err := s.find(c.Context(), c.R)
	if err != nil || h == nil {
		return nil, err
	}
	if st := h.State(s.cfg.Now()); st != Open && st != Enrolling {
		return nil, nil
	}
	return h, nil
}

func (s *Service) apiPasskeyBegin(c *web.Ctx) error {
	call, err := readCall(c)
	if err != nil {
		return err
	}
	kind := call.Purpose
	if kind != ceremonySignIn && kind != ceremonyRegister && kind != ceremonyProve {
		return badPasskey(nil)
	}
	var h *here
	if kind != ceremonySignIn {
		if h, err = s.present(c); err != nil {
			return err
		}
	}
	ceremony, err := s.beginPasskey(c.Context(), kind, h)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, ceremony)
}

func (s *Service) apiPasskeyFinish(c *web.Ctx) error {
	call, err := readCall(c)
	if err != nil {
		return err
	}
	if s.passkeys == nil {
		return fault.New(fault.Unavailable, "account.error.passkey-none")
	}
	if call.Purpose == ceremonySignIn {
		st, err := s.SignInByPasskey(c.Context(), call.Ceremony, call.Credential, c.R.UserAgent())
		if err != nil {
			return err
		}
		s.SetCookie(c.W, st.Cookie)
		return c.JSON(http.StatusOK, passkeyReply{Go: s.target(call.To, st.Lang)})
	}
	h, err := s.present(c)
	if err != nil {
		return err
	}
	if h == nil {
		return fault.New(fault.SignIn, "account.error.ended")
	}
	lang := call.Lang
	if call.Purpose == ceremonyRegister {
		return s.finishRegister(c, h, call, lang)
	}
	cookie, _, err := s.ProveByPasskey(c.Context(), h, call.Ceremony, call.Credential)
	if err != nil {
		return err
	}
	if cookie != "" {
		s.SetCookie(c.W, cookie)
	}
	return c.JSON(http.StatusOK, passkeyReply{Go: s.target(call.To, lang)})
}

func (s *Service) finishRegister(c *web.Ctx, h *here, call passkeyCall, lang string) error {
	added, err := s.addPasskey(c.Context(), h, call.Ceremony, call.Label, call.Credential)
	if err != nil {
		return err
	}
	reply := passkeyReply{Go: s.target(call.To, lang)}
	if added.CanPRF && !added.Unlocks && h.key != nil {
		if reply.Again, err = s.beginPasskey(c.Context(), ceremonyProve, h); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, reply)
}

func choices(c *web.Ctx, prefix string, values []string, chosen ...string) []web.Choice {
	list := make([]web.Choice, 0, len(values))
	for _, v := range values {
		key := v
		if v == "" {
			key = "none"
		}
		list = append(list, web.Choice{Value: v, Label: c.T(prefix + strings.ReplaceAll(key, ":", "-")), Selected: slices.Contains(chosen, v)})
	}
	return list
}

func (s *Service) languages(chosen string) []web.Choice {
	list := make([]web.Choice, 0, len(s.cfg.Languages))
	for _, l := range s.cfg.Languages {
		list = append(list, web.Choice{Value: l, Label: web.LanguageName(l), Selected: l == chosen})
	}
	return list
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
