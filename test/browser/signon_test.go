package browser

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"amelie/internal/account"
	"amelie/internal/app"
	"amelie/internal/web"
	"amelie/test/idp"
)

// real is a running installation that is no demo, with its first
// administrator, beside the browser of the demo's journeys.
type real struct {
	*house
	t      *testing.T
	login  string
	secret string // of the administrator's one-time codes
	admin  *web.Viewer
}

const realPassword = "harbour violet 19 lanterns"

func serveReal(t *testing.T) *real {
	t.Helper()
	h := demo(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	ctx, stop := context.WithCancel(context.Background())
	ready := make(chan *app.App, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- app.Serve(ctx, app.Config{Data: filepath.Join(t.TempDir(), "data"), Addr: address, Name: "Amelie"}, slog.New(slog.DiscardHandler),
			func(a *app.App, _ string) { ready <- a })
	}()
	r := &real{t: t, login: "petra@example.org"}
	select {
	case a := <-ready:
		r.house = &house{base: a.Config.BaseURL, app: a, browser: h.browser}
	case err := <-ended:
		stop()
		t.Fatal(err)
	case <-time.After(60 * time.Second):
		stop()
		t.Fatal("the program did not start in a minute")
	}
	t.Cleanup(func() { stop(); <-ended })
	r.firstAdministrator(ctx)
	return r
}

func (r *real) firstAdministrator(ctx context.Context) {
	r.t.Helper()
	a := r.app.Accounts
	link, err := r.app.SetupLink(ctx)
	r.must(err)
	st, err := a.AcceptLink(ctx, "setup", link[strings.LastIndexByte(link, '/')+1:], account.NewUser{Name: "Petra Vale", Login: r.login, Lang: "en", Password: realPassword}, "")
	r.must(err)
	offer, err := a.OfferTOTP(st.UserID, r.login)
	r.must(err)
	r.secret = strings.ReplaceAll(offer.Secret, " ", "")
	// The step before now, so that the present code is still unused.
	code, err := totp.GenerateCode(r.secret, time.Now().Add(-30*time.Second))
	r.must(err)
	_, err = a.TakeTOTP(ctx, st.UserID, st.ID, offer.Token, code)
	r.must(err)
	r.admin = &web.Viewer{UserID: st.UserID, Roles: []string{"administrator"}}
}

func (r *real) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// signsIn takes the local way in: at the given step of the one-time codes,
// since each works once.
func (r *real) signsIn(v *visitor, step time.Duration) {
	r.t.Helper()
	code, err := totp.GenerateCode(r.secret, time.Now().Add(step))
	r.must(err)
	v.goTo("/en/sign-in")
	v.run(chromedp.SendKeys(`input[name=login]`, r.login), chromedp.SendKeys(`input[name=password]`, realPassword), chromedp.SendKeys(`input[name=code]`, code))
	v.press(`form:has(input[name=login]) button`)
}

// becomes waits for what a page that leads on by itself leads to.
func (v *visitor) becomes(condition string) {
	v.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !try[bool](v, condition) {
		if time.Now().After(deadline) {
			v.t.Fatalf("after 20 s not %s, at %s\n%s", condition, v.address(), clip(v.text()))
		}
		v.run(chromedp.Sleep(20 * time.Millisecond))
	}
}

// leads fails unless the page has one main button, of a form that posts there.
func (v *visitor) leads(action string) {
	v.t.Helper()
	main := eval[[]string](v, `[...document.querySelectorAll("main form button.btn:not(.quiet,.plain,.danger)")].filter(b => b.closest("#state") || !document.querySelector("#state")).map(b => b.closest("form").action)`)
	if len(main) != 1 || !strings.HasSuffix(main[0], action) {
		v.t.Errorf("%s leads to %v, want %s alone", v.address(), main, action)
	}
}

// goesBy presses a provider's button, is somebody there, and comes back.
func (v *visitor) goesBy(button, name string) {
	v.t.Helper()
	v.into(button)
	v.run(chromedp.Click(button))
	v.becomes(`location.origin !== "` + v.h.base + `" && document.title === "Hospital" && !!document.querySelector("input[name=name]")`)
	v.run(chromedp.SendKeys(`input[name=name]`, name), chromedp.Click(`button[value=yes]`))
	v.becomes(`location.origin === "` + v.h.base + `" && document.readyState === "complete" && !!document.querySelector("main")`)
}

func TestAnAdministratorSetsSingleSignOnUpALeadComesInByItAndTheProviderMayGoDown(t *testing.T) {
	r := serveReal(t)
	ctx := context.Background()
	agencyID, err := r.app.Agencies.Admit(ctx, r.admin, "gr-hospital-of-the-journey", "Hospital of the journey", "no")
	r.must(err)

	admin := r.visitor(t, phone)
	r.signsIn(admin, 0)
	admin.goTo("/en/admin/sign-on")
	admin.sees("No provider yet")
	admin.accessible()
	admin.press(`main a[href$="/admin/sign-on/new"]`)
	admin.fits()
	redirect := try[string](admin, `document.querySelector("#redirect").innerText`)
	there := idp.Start(t, idp.Options{Clients: []idp.Client{{ID: "amelie", Secret: "a secret", Redirect: []string{redirect}}}})
	admin.press(`main form[action$="/admin/sign-on"] .actions button`) // nothing filled in
	admin.sees("Write two to 60 characters", "Write an address that begins with https://")
	admin.accessible()
	admin.run(
		chromedp.SetValue(`select[name=agency]`, agencyID), chromedp.SendKeys(`input[name=label]`, "With my workplace account"),
		chromedp.SendKeys(`input[name=issuer]`, there.Issuer+"/"), chromedp.SendKeys(`input[name=client]`, "amelie"), chromedp.SendKeys(`input[name=secret]`, "a secret"))
	for _, answer := range []string{`input[name=shown]`, `input[name=second][value=provider]`} {
		admin.into(`label:has(` + answer + `)`)
		admin.run(chromedp.Click(`label:has(` + answer + `)`))
	}
	admin.press(`main form[action$="/admin/sign-on"] .actions button`)
	admin.press(`form[action$="/try"] button`)
	admin.sees("Something is not right yet", "The provider calls itself "+there.Issuer)
	admin.accessible()
	admin.run(chromedp.SetValue(`input[name=issuer]`, there.Issuer), chromedp.SendKeys(`input[name=secret]`, "a secret"))
	admin.press(`main form:has(input[name=issuer]) .actions button`)
	admin.press(`form[action$="/try"] button`)
	admin.sees("Nothing stands in the way", "It knows the address to come back to")
	admin.leads("/state") // what comes next is the main button
	admin.accessible()
	admin.fits()
	provider := strings.TrimPrefix(admin.address(), r.base)
	admin.goesBy(`form[action$="/trial"] button`, "petra")
	admin.sees("What the provider says about you", "petra@hospital.example", "Nothing of this was stored")
	admin.leads("/state")
	admin.accessible()
	admin.goTo(strings.TrimSuffix(provider, "/try"))
	admin.press(`form[action$="/state"] button`)
	admin.sees("on")

	// The first lead takes the invitation with the workplace's account.
	path, err := r.app.Agencies.Invite(ctx, r.admin, agencyID, []string{"lead"}, "", "", "el")
	r.must(err)
	lead := r.visitor(t, phone)
	lead.goTo("/el" + path)
	lead.accessible()
	lead.goesBy(`form[action$="/invited"] button`, "katerina")
	lead.sees("Είναι η πρώτη σας φορά εδώ", "Hospital of the journey")
	lead.accessible()
	lead.fits()
	lead.run(chromedp.SendKeys(`input[name=password]`, "short"))
	lead.press(`form[action$="/sign-in/new"] button`)
	lead.accessible()
	lead.run(chromedp.SendKeys(`input[name=password]`, realPassword))
	lead.press(`form[action$="/sign-in/new"] button`)
	lead.goTo("/el/me")
	lead.sees("Katerina Mara") // and in her own language from here on
	lead.goTo("/el/agency/sign-on")
	lead.sees("Οι νέοι χρειάζονται πρόσκληση")
	lead.accessible()

	// The next day, without JavaScript.
	again := r.visitor(t, look{width: 1280, height: 900, noScript: true})
	again.run(chromedp.Navigate(r.base+"/de/sign-in"), chromedp.WaitReady("main"))
	again.run(chromedp.Click(`form[action*="/sign-in/with/"] button`), chromedp.WaitReady(`input[name=name]`),
		chromedp.SendKeys(`input[name=name]`, "katerina"), chromedp.Click(`button[value=yes]`), chromedp.WaitReady(`a[href*="/el/"]`))
	again.run(chromedp.Navigate(r.base+"/de/me"), chromedp.WaitReady(`input[value="Katerina Mara"]`))

	// A stranger is told so, and nothing is made.
	stranger := r.visitor(t, desktop)
	stranger.goTo("/en/sign-in")
	stranger.goesBy(`form[action*="/sign-in/with/"] button`, "otto")
	stranger.sees("No account here belongs to this sign-in yet", "Nothing was stored")
	stranger.accessible()

	there.Stop()
	r.must(r.app.SignOn.Switch(ctx, r.admin, strings.Split(provider, "/")[4], true)) // forgets what is known of it
	waiting := r.visitor(t, phone)
	waiting.goTo("/en/sign-in")
	waiting.press(`form[action*="/sign-in/with/"] button`)
	waiting.sees("You were not let in", "does not answer as it should", "still work")
	waiting.accessible()
	waiting.fits()
	home := r.visitor(t, phone)
	r.signsIn(home, 30*time.Second)
	home.goTo("/en/admin/sign-on")
	home.sees("With my workplace account")
	for _, v := range []*visitor{admin, lead, again, stranger} {
		v.mu.Lock()
		for _, b := range v.bad {
			if !strings.HasPrefix(b, "asked a foreign address: "+there.Issuer) {
				t.Error(b)
			}
		}
		v.mu.Unlock()
	}
	waiting.clean()
	home.clean()
}
