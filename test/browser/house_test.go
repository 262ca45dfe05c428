package browser

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"amelie/internal/app"
	"amelie/internal/mail/mailtest"
)

// serveFresh starts the real program in an empty folder and gives the set-up
// link; the browser is the demo's.
func serveFresh(t *testing.T, cfg app.Config) (*house, string) {
	t.Helper()
	h := demo(t)
	ctx, stop := context.WithCancel(context.Background())
	fresh := &house{dir: cfg.Data, browser: h.browser}
	ready, ended := make(chan string, 1), make(chan error, 1)
	link := ""
	go func() {
		ended <- app.Serve(ctx, cfg, slog.New(slog.DiscardHandler), func(a *app.App, address string) {
			fresh.app = a
			if l, err := a.SetupLink(ctx); err == nil {
				link = strings.TrimPrefix(l, address)
			}
			ready <- address
		})
	}()
	select {
	case fresh.base = <-ready:
	case err := <-ended:
		stop()
		t.Fatalf("start: %v", err)
	case <-time.After(60 * time.Second):
		stop()
		t.Fatal("the program did not start in a minute")
	}
	done := false
	fresh.stop = func() {
		if !done {
			done = true
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(fresh.stop)
	return fresh, link
}

// types clears a field and types into it.
func (v *visitor) types(selector, text string) {
	v.t.Helper()
	v.into(selector)
	quoted, err := json.Marshal(selector)
	if err != nil {
		v.t.Fatal(err)
	}
	eval[bool](v, `(document.querySelector(`+string(quoted)+`).value = "") || true`)
	v.run(chromedp.SendKeys(selector, text))
}

// ok looks at the page as it stands.
func (v *visitor) ok(phrases ...string) {
	v.t.Helper()
	v.sees(phrases...)
	v.fits()
	if v.script { // axe needs it
		v.accessible()
	}
}

const saveButton = `main form .actions button:not([name])`

// The first hour of an administrator: from the set-up link to the finished
// list, with a real mail server that refuses first, a page left half-way, the
// program stopped and started again in the middle, and the key typed back from
// what the sheet shows.
func TestAnAdministratorComesFromTheSetUpLinkToTheFinishedList(t *testing.T) {
	for _, c := range []struct {
		name, lang string
		look       look
		words      map[string]string
	}{
		{"in Greek on a telephone with JavaScript", "el", phone, map[string]string{
			"telling": "Διαλέξτε άλλη", "login": "Το όνομα χρήστη ή ο κωδικός δεν έγινε δεκτός", "took": "Ο διακομιστής δέχτηκε δοκιμαστικό μήνυμα", "whole": "Αυτό δεν είναι ολόκληρο το κλειδί", "tried": "Το αντίγραφο ανοίγει", "all": "Όλες οι ερωτήσεις έχουν απαντηθεί", "backup": "Το τελευταίο είναι από"}},
		{"in German on a telephone without JavaScript", "de", look{width: 390, height: 844, noScript: true}, map[string]string{
			"telling": "Wählen Sie ein anderes Wort", "login": "Benutzername oder Passwort wurde abgelehnt", "took": "Der Server hat am", "whole": "Das ist nicht der ganze Schlüssel", "tried": "Die Kopie lässt sich öffnen", "all": "Alle Fragen sind beantwortet", "backup": "Die letzte ist vom"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			post := mailtest.New(t, func(s *mailtest.Server) { s.Password = "right-word" })
			copies := t.TempDir()
			cfg := app.Config{Data: filepath.Join(t.TempDir(), "data"), Addr: "127.0.0.1:0", MailCAFile: post.CAFile, ExitURL: "https://weather.example"}
			h, link := serveFresh(t, cfg)
			v := h.visitor(t, c.look)
			signUp(t, v, c.lang, link)
			at := func(path string) string { return "/" + c.lang + "/admin/installation" + path }

			v.goTo("/" + c.lang + "/today")
			if !strings.HasSuffix(v.address(), at("")) {
				t.Fatalf("the first room of an administrator is %s", v.address())
			}
			v.ok()
			v.press(`main .actions a[href$="/installation/name"]`)
			v.ok()
			v.types(`input[name=name]`, "Lindenhof")
			v.press(saveButton)
			v.sees("Lindenhof") // in force at once
			v.types(`input[name=neutral]`, "Trafficking victims")
			v.press(saveButton)
			v.ok(c.words["telling"])
			v.types(`input[name=neutral]`, "Haus")
			v.press(saveButton)
			v.ok()
			v.into(`label:has(input[name=languages][value=fr])`)
			v.run(chromedp.Click(`label:has(input[name=languages][value=fr])`))
			v.press(saveButton)

			// Left half-way; the program is stopped, started again, and the
			// assistant goes on where it was.
			h.stop()
			cfg.Addr = strings.TrimPrefix(h.base, "http://")
			serveFresh(t, cfg)
			v.goTo(at(""))
			v.seesNot("Français")
			v.press(`main .actions a[href$="/installation/country"]`)
			v.into(`label:has(input[value=GR])`)
			v.run(chromedp.Click(`label:has(input[value=GR])`))
			v.press(saveButton)
			v.ok()
			v.press(saveButton) // the zone that the country proposes
			if !strings.HasSuffix(v.address(), "/mail") {
				t.Fatalf("the exit is given by the command line and is not asked: %s", v.address())
			}
			v.types(`input[name=server]`, post.Addr())
			v.types(`input[name=from]`, "post@house.example")
			v.types(`input[name=user]`, "post")
			v.types(`input[name=mail-secret]`, "wrong-word")
			v.press(saveButton)
			v.ok()
			v.press(`form[action$="/mail/test"] button`)
			v.ok(c.words["login"])
			v.types(`input[name=mail-secret]`, "right-word")
			v.press(saveButton)
			v.press(`form[action$="/mail/test"] button`)
			v.ok(c.words["took"])
			if n := len(post.Mails()); n != 1 {
				t.Errorf("%d messages arrived", n)
			}
			v.goTo(at("/backup"))
			v.types(`input[name=folder]`, copies)
			v.press(saveButton)
			v.ok()
			keyCeremony(t, v, c.words)
			v.press(`main .actions a[href$="/installation"]`)
			v.ok(c.words["all"])
			if files, err := filepath.Glob(copies + "/copy-*.age"); err != nil || len(files) != 1 {
				t.Errorf("%d copies %v", len(files), err)
			}
			v.goTo("/" + c.lang + "/admin/health")
			v.ok(c.words["backup"])
			v.goTo("/" + c.lang + "/admin/notes")
			v.ok("0.2")
			v.clean()
		})
	}
}

// signUp makes the first administrator's account.
func signUp(t *testing.T, v *visitor, lang, link string) {
	t.Helper()
	v.goTo("/" + lang + link)
	v.run(chromedp.SendKeys(`input[name=name]`, "Ada"), chromedp.SendKeys(`input[name=login]`, "ada@house.example"), chromedp.SendKeys(`input[name=password]`, "four unrelated words here"))
	v.press(`main form button[type=submit]`)
	secret := regexp.MustCompile(`[A-Z2-7]{4}( ?[A-Z2-7]{4}){4,}`).FindString(v.text())
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), time.Now())
	if err != nil {
		t.Fatalf("%q: %v", secret, err)
	}
	v.run(chromedp.SendKeys(`input[name=code]`, code))
	v.press(`main form button[type=submit]`)
}

// keyCeremony makes the key, reads it from the sheet, mistypes it once, and
// types it back.
func keyCeremony(t *testing.T, v *visitor, words map[string]string) {
	t.Helper()
	if !strings.HasSuffix(v.address(), "/backup") && !strings.HasSuffix(v.address(), "/key") {
		t.Fatalf("at %s", v.address())
	}
	v.goTo(regexp.MustCompile(`^https?://[^/]+`).ReplaceAllString(strings.Replace(v.address(), "/backup", "/key", 1), ""))
	v.ok()
	v.press(`form[action$="/key/make"] button`)
	v.ok()
	groups := eval[[]string](v, `[...document.querySelectorAll(".printed-key span:not(.unseen)")].map(e => e.textContent)`)
	if len(groups) < 14 {
		t.Fatalf("the sheet shows %d groups", len(groups))
	}
	if dir := os.Getenv("AMELIE_LOOK"); dir != "" {
		if b, err := chromedp.Run(v.ctx, chromedp.FullScreenshot(90)); err == nil {
			os.WriteFile(filepath.Join(dir, "sheet.png"), b, 0o600)
		}
	}
	v.press(`main .actions a[href$="/installation/key"]`)
	v.run(chromedp.SendKeys(`textarea[name=backup-secret]`, strings.Join(groups[1:], " ")))
	v.press(`form[action$="/key/type"] button`)
	v.ok(words["whole"])
	v.types(`textarea[name=backup-secret]`, strings.ToLower(strings.Join(groups, " ")))
	v.press(`form[action$="/key/type"] button`)
	v.ok(words["tried"])
}

// Somebody who is no administrator finds neither the settings nor the health.
func TestSettingsAndHealthAreHiddenFromEverybodyElse(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, phone)
	v.enter("coordinator")
	for _, p := range []string{"/en/admin/installation", "/en/admin/installation/mail", "/en/admin/health"} {
		v.goTo(p)
		v.sees("This page is not here")
	}
	v.goTo("/en/admin/notes")
	v.ok("What changed")
	stranger := h.visitor(t, phone)
	stranger.goTo("/en/admin/health")
	if !strings.Contains(stranger.address(), "sign-in") {
		t.Errorf("a stranger is at %s", stranger.address())
	}
}

// Two administrators have the same question open: the second one sees what the
// first one answered, beside what was typed.
func TestTheSecondOfTwoAdministratorsSeesTheAnswerOfTheFirst(t *testing.T) {
	h := demo(t)
	one, two := h.visitor(t, desktop), h.visitor(t, phone)
	for _, v := range []*visitor{one, two} {
		v.enter("admin")
		v.goTo("/en/admin/installation/neutral")
	}
	one.types(`input[name=neutral]`, "First name")
	one.press(saveButton)
	two.types(`input[name=neutral]`, "Second name")
	two.press(saveButton)
	two.ok("Someone else answered this meanwhile", "First name")
	if typed := eval[string](two, `document.querySelector("input[name=neutral]").value`); typed != "Second name" {
		t.Errorf("what was typed became %q", typed)
	}
	two.press(saveButton)
	two.goTo("/en/admin/installation")
	two.sees("Second name")
	one.clean()
	two.clean()
}
