package sso

import (
	"cmp"
	"embed"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"amelie/internal/account"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html
var pages embed.FS

var (
	withPage    = web.NewPage[withData](pages, "page/with.html")
	goPage      = web.NewPage[goData](pages, "page/go.html")
	inPage      = web.NewPage[goData](pages, "page/in.html")
	newPage     = web.NewPage[newData](pages, "page/new.html")
	codePage    = web.NewPage[codeData](pages, "page/code.html")
	linkPage    = web.NewPage[linkData](pages, "page/link.html")
	refusedPage = web.NewPage[refusedData](pages, "page/refused.html")
	minePage    = web.NewPage[mineData](pages, "page/mine.html")
)

type (
	withData struct{ ID, Label, To string }
	goData   struct{ Host, Address string }
	newData  struct {
		Ticket, Name, Login string
		Agency              string
		Form                bool // an account can be made here and now
		Minimum             int
	}
	codeData    struct{ Ticket, Notice string }
	linkData    struct{ Ticket, Label, Who string }
	refusedData struct {
		Code, Text, Do string
		Again          string // the page that begins anew; "" none
	}
	mineData struct {
		Linked []Linked
		More   []Provider
		Wide   bool
		Notice string
	}
)

// Mount registers all pages of single sign-on.
func (s *Service) Mount(sh *web.Shell) {
	sh.Public("GET /sign-in/with/{id}", s.getWith)
	sh.Public("POST /sign-in/with/{id}", s.postWith)
	sh.Public("POST /sign-in/with/{id}/invited", s.postInvited)
	sh.Public("GET /sign-in/back/{id}", s.getBack)
	sh.Public("POST /sign-in/code", s.postCode)
	sh.Public("POST /sign-in/new", s.postNew)

	sh.Professional("GET /me/sign-on", func(c *web.Ctx) error { return s.showMine(c, "") })
	sh.Professional("POST /me/sign-on/{id}", s.confirmed(s.postMine))
	sh.Professional("POST /me/sign-on/link", s.postLink)
	sh.Professional("POST /me/sign-on/{id}/remove", s.confirmed(s.postUnlink))
	sh.Raw("POST /sign-in/out/{id}", http.HandlerFunc(s.postSignedOut))
	s.mountAdmin(sh)
}

// postSignedOut is spoken to by the provider's server, never by a browser.
func (s *Service) postSignedOut(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	err := r.ParseForm()
	if err == nil {
		err = s.signedOut(r.Context(), r.PathValue("id"), r.PostForm.Get("logout_token"))
	}
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		s.cfg.Log.Info("sign-out by provider", "refused", codeOf(err))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"error":"invalid_request"}`+"\n")
	}
}

// confirmed asks who is there once more before something dangerous.
func (s *Service) confirmed(h web.Handler) web.Handler {
	return func(c *web.Ctx) error {
		if ok, err := s.accounts.Confirm(c); !ok {
			return err
		}
		return h(c)
	}
}

// getWith is the page of one provider: the address that a house gives to its
// people when its button should not stand on the common page. Opening it
// changes nothing.
func (s *Service) getWith(c *web.Ctx) error {
	p, err := s.on(c.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	return withPage.Render(c, withData{ID: p.ID, Label: p.Label, To: account.SafeTarget(c.Query("to"), "")})
}

func (s *Service) postWith(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	return s.start(c, flight{Purpose: forEntry, To: account.SafeTarget(f.Value("to"), "")})
}

func (s *Service) postInvited(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	secret := f.Value("invitation")
	if _, err := s.agencies.Invited(c.Context(), secret); err != nil {
		return err
	}
	return s.start(c, flight{Purpose: forInvite, Invite: secret})
}

// start begins a sign-in; each costs the provider a request, sooner or later.
//
// req: SSO-11
func (s *Service) start(c *web.Ctx, f flight) error {
	if s.cfg.MayTry != nil && !s.cfg.MayTry(c.R) {
		return fault.New(fault.TooMany, "")
	}
	p, err := s.on(c.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	return s.leave(c, p, f)
}

// leave sends the browser to the provider. A page in between does it, because
// a form of this site may not lead elsewhere; it says where one goes, and
// works without a script.
func (s *Service) leave(c *web.Ctx, p Provider, f flight) error {
	f.Lang = c.Lang
	if len(f.To) > 500 {
		f.To = ""
	}
	cookie, address, err := s.begin(c.Context(), p, f)
	if err != nil {
		f.Provider = p.ID
		return s.refuse(c, f, p, err)
	}
	name, value, _ := strings.Cut(cookie, "=")
	// Lax, since the provider's answer comes from its site; it holds nothing
	// but this sign-in, sealed.
	http.SetCookie(c.W, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(FlowLife.Seconds()), HttpOnly: true, Secure: s.cfg.TLS, SameSite: http.SameSiteLaxMode})
	c.W.Header().Set("Refresh", "0; url="+address)
	return goPage.Render(c, goData{Host: hostOf(address), Address: address})
}

// getBack takes the provider's answer. It is a GET by the standard; only the
// browser that began the sign-in has the cookie without which it does nothing.
func (s *Service) getBack(c *web.Ctx) error {
	a, err := readAnswer(c.R.URL.Query())
	if err != nil {
		return s.refuse(c, flight{}, Provider{}, err)
	}
	name := cookieName(s.cfg.TLS, a.state)
	cookie, err := c.R.Cookie(name)
	if err != nil {
		return s.refuse(c, flight{}, Provider{}, RefusedState)
	}
	f, err := s.openFlight(cookie.Value, c.Param("id"), a, s.cfg.Now())
	if err == nil && f.Lang != c.Lang && f.Lang != "" {
		http.Redirect(c.W, c.R, "/"+f.Lang+"/sign-in/back/"+url.PathEscape(f.Provider)+"?"+c.R.URL.RawQuery, http.StatusSeeOther)
		return nil
	}
	http.SetCookie(c.W, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.cfg.TLS, SameSite: http.SameSiteLaxMode})
	if err != nil {
		return s.refuse(c, f, Provider{}, err)
	}
	p, claims, err := s.answer(c.Context(), f, a)
	if err != nil {
		return s.refuse(c, f, p, err)
	}
	return s.arrived(c, f, p, claims)
}

// arrived leads on somebody whom the provider has identified.
func (s *Service) arrived(c *web.Ctx, f flight, p Provider, claims Claims) error {
	t := ticket{Provider: p.ID, Subject: s.subject(claims.Issuer, claims.Subject), Name: short(claims.Name), Login: short(cmp.Or(claims.Email, claims.Username)),
		Email: short(claims.Email), Purpose: f.Purpose, To: f.To, Invite: f.Invite, User: f.User}
	switch f.Purpose {
	case forTrial:
		return s.showTried(c, p, claims)
	case forLink:
		sealed, err := s.sealTicket(t)
		if err != nil {
			return err
		}
		return linkPage.Render(c, linkData{Ticket: sealed, Label: p.Label, Who: cmp.Or(t.Login, t.Name)})
	case forInvite:
		return s.showNew(c, p, t)
	}
	var needsCode bool
	err := s.db.Read(c.Context(), func(tx *db.Tx) error {
		userID, err := s.whose(tx, p, t.Subject)
		if err != nil {
			return err
		}
		needsCode, err = s.accounts.NeedsCode(tx, userID)
		return err
	})
	switch {
	case errors.Is(err, RefusedUnlinked):
		return s.showNew(c, p, t)
	case err != nil:
		return s.refuse(c, f, p, err)
	case needsCode && p.Second == SecondHere:
		sealed, err := s.sealTicket(t)
		if err != nil {
			return err
		}
		return codePage.Render(c, codeData{Ticket: sealed})
	}
	st, err := s.enter(c.Context(), p, t.Subject, s.vouched(c))
	if err != nil {
		return s.refuse(c, f, p, err)
	}
	return s.welcome(c, st, t.To)
}

func (s *Service) vouched(c *web.Ctx) account.Vouched {
	return account.Vouched{Agent: c.R.UserAgent(), Address: s.accounts.Address(c)}
}

func short(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:120])
	}
	return s
}

// welcome gives the cookie. The browser keeps a strict cookie back on what
// follows a foreign page, so a page of our own leads on.
func (s *Service) welcome(c *web.Ctx, st *account.Started, to string) error {
	s.accounts.SetCookie(c.W, st.Cookie)
	address := s.next(c, st, to)
	c.W.Header().Set("Refresh", "0; url="+address)
	return inPage.Render(c, goData{Address: address})
}

func (s *Service) next(c *web.Ctx, st *account.Started, to string) string {
	if st.Stage == account.StageEnrol {
		return c.Path("/welcome?to=" + url.QueryEscape(to))
	}
	return s.accounts.Target(to, st.Lang)
}

// showNew is the page of somebody whom nobody here knows yet.
func (s *Service) showNew(c *web.Ctx, p Provider, t ticket) error {
	d := newData{Form: t.Invite != "" || p.TakesNewcomers(), Name: t.Name, Login: t.Login, Minimum: account.MinPassword}
	var err error
	if d.Form {
		if d.Ticket, err = s.sealTicket(t); err != nil {
			return err
		}
		err = s.db.Read(c.Context(), func(tx *db.Tx) error { d.Agency, err = s.agencies.Name(tx, p.AgencyID); return err })
	}
	if err != nil {
		return err
	}
	return newPage.Render(c, d)
}

func (s *Service) postNew(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	t, err := s.openTicket(f.Value("ticket"))
	if err != nil || t.Purpose != forEntry && t.Purpose != forInvite {
		return s.refuse(c, flight{}, Provider{}, orRefusal(err, RefusedState))
	}
	n := account.NewUser{Name: f.Value("name"), Login: f.Value("login"), Email: t.Email, Lang: c.Lang, Password: f.Raw("password")}
	p, made, err := s.make(c.Context(), t, n)
	if f.Add(err) {
		return s.showNew(c, p, t)
	}
	if fault.KindOf(err) == fault.Expired || fault.KindOf(err) == fault.NotFound {
		return err
	}
	if err != nil {
		return s.refuse(c, flight{Provider: t.Provider}, p, err)
	}
	v := s.vouched(c)
	v.Key = made.Key
	st, err := s.enter(c.Context(), p, t.Subject, v)
	if err != nil {
		return s.refuse(c, flight{Provider: t.Provider}, p, err)
	}
	s.accounts.SetCookie(c.W, st.Cookie)
	http.Redirect(c.W, c.R, s.next(c, st, t.To), http.StatusSeeOther)
	return nil
}

func orRefusal(err error, otherwise Refusal) error {
	if err != nil {
		return err
	}
	return otherwise
}

func (s *Service) postCode(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	t, err := s.openTicket(f.Value("ticket"))
	if err != nil || t.Purpose != forEntry {
		return s.refuse(c, flight{}, Provider{}, orRefusal(err, RefusedState))
	}
	p, err := s.on(c.Context(), t.Provider)
	if err != nil {
		return err
	}
	v := s.vouched(c)
	v.Code = f.Value("code")
	st, err := s.enter(c.Context(), p, t.Subject, v)
	if f.Add(err) {
		return codePage.Render(c, codeData{Ticket: f.Value("ticket")})
	}
	if e := fault.Find(err); e != nil && e.Kind == fault.TooMany {
		return codePage.RenderStatus(c, web.Status(err), codeData{Ticket: f.Value("ticket"), Notice: c.T(e.Key, e.Args...)})
	}
	if err != nil {
		return s.refuse(c, flight{Provider: t.Provider}, p, err)
	}
	s.accounts.SetCookie(c.W, st.Cookie)
	http.Redirect(c.W, c.R, s.next(c, st, t.To), http.StatusSeeOther)
	return nil
}

// advice is what to do about a refusal: a sentence sso.do.<advice>.
func advice(code string) string {
	switch Refusal(code) {
	case RefusedState, RefusedOld, RefusedReplay, RefusedCancelled, RefusedFresh, RefusedCode:
		return "again"
	case RefusedUnlinked, RefusedMember, RefusedClosed, RefusedDomain, RefusedClaim, RefusedOff:
		return "lead"
	case RefusedWide, RefusedPasskey:
		return "here"
	case RefusedTaken:
		return "taken"
	case RefusedSecond:
		return "house"
	}
	return "administrator"
}

// refuse is the page of a sign-in that was not taken, and its line in the log
// when a sign-in was under way. // req: SSO-3
func (s *Service) refuse(c *web.Ctx, f flight, p Provider, why error) error {
	if fault.KindOf(why) == fault.Internal {
		var r Refusal
		var t *Trouble
		if !errors.As(why, &r) && !errors.As(why, &t) {
			return why
		}
	}
	if f.Provider != "" {
		s.refused(c.Context(), f, p.AgencyID, why)
	}
	code := codeOf(why)
	d := refusedData{Code: code, Do: c.T("sso.do." + advice(code))}
	status := http.StatusForbidden
	var t *Trouble
	switch {
	case errors.As(why, &t):
		// What is wrong in detail is the administrator's business.
		d.Text, status = c.T("sso.refused.unreachable"), http.StatusServiceUnavailable
	case c.Config().Texts.Has("en", "sso.refused."+code):
		d.Text = c.T("sso.refused." + code)
	default:
		return why
	}
	if p.ID != "" && p.On {
		d.Again = c.Path("/sign-in/with/" + p.ID)
	}
	return refusedPage.RenderStatus(c, status, d)
}

func (s *Service) showMine(c *web.Ctx, notice string) error {
	linked, more, wide, err := s.Mine(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	return minePage.Render(c, mineData{Linked: linked, More: more, Wide: wide, Notice: notice})
}

func (s *Service) postMine(c *web.Ctx) error {
	var p Provider
	err := s.db.Read(c.Context(), func(tx *db.Tx) (err error) { p, err = s.mine(tx, c.Viewer, c.Param("id")); return err })
	if errors.Is(err, RefusedWide) {
		return s.showMine(c, c.T("sso.refused.wide"))
	}
	if err != nil {
		return err
	}
	return s.leave(c, p, flight{Purpose: forLink, User: c.Viewer.UserID})
}

func (s *Service) postLink(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	t, err := s.openTicket(f.Value("ticket"))
	if err == nil {
		err = s.LinkMine(c.Context(), c.Viewer, t)
	}
	var r Refusal
	if errors.As(err, &r) {
		return s.refuse(c, flight{Provider: t.Provider, User: c.Viewer.UserID}, Provider{}, err)
	}
	if err != nil {
		return err
	}
	c.Flash("sso.done.linked")
	return c.Redirect("/me/sign-on")
}

func (s *Service) postUnlink(c *web.Ctx) error {
	if err := s.Unlink(c.Context(), c.Viewer, c.Param("id")); err != nil {
		return err
	}
	c.Flash("sso.done.unlinked")
	return c.Redirect("/me/sign-on")
}
