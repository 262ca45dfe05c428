package app

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"amelie/internal/i18n"
	"amelie/internal/mail"
)

// shown is the demo.
func shown(t *testing.T) *App {
	t.Helper()
	a, err := Open(context.Background(), Config{Demo: true, Country: "GR", Data: filepath.Join(t.TempDir(), "data"), Addr: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// req: DEMO-1
func TestThePersonsCardOpensWithOneButtonOfTheDemo(t *testing.T) {
	a := shown(t)
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		return w
	}
	page := ask("GET", "/de/demo", "").Body.String()
	_, form, _ := strings.Cut(page, `<form method="post" action="/de/card">`)
	form, _, there := strings.Cut(form, "</form>")
	fields := url.Values{}
	for _, m := range regexp.MustCompile(`name="(do|code|secret)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		fields.Set(m[1], m[2])
	}
	if !there || len(fields) != 3 || !strings.Contains(form, "Karte der Person öffnen") {
		t.Fatalf("the button asks %v in %s", fields, form)
	}
	if w := ask("POST", "/de/card", fields.Encode()); w.Code != 303 || len(w.Result().Cookies()) == 0 {
		t.Errorf("the card does not open: %d", w.Code)
	}
}

// req: GLASS-2
func TestTheOfficerWithoutAnAccountIsToldAtWhichAgencyAndGetsNoLink(t *testing.T) {
	a := shown(t)
	if err := a.Jobs.RunDue(context.Background()); err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, m := range a.Catcher.Messages() {
		if m.To != "officer@demo.invalid" {
			continue
		}
		if got++; !strings.Contains(m.Text, "Lamp House") || strings.Contains(m.Text, "://") || strings.Contains(m.Text, "Amelie") {
			t.Errorf("the officer reads %s\n%s", m.Subject, m.Text)
		}
	}
	if got == 0 {
		t.Error("the officer got no mail")
	}
	telling := mail.Telling(a.Texts, i18n.Languages)
	for _, lang := range i18n.Languages {
		for _, name := range []string{"Lamp House", "Shelter for victims"} {
			m := a.officerMail("officer@demo.invalid", lang, name)
			if mail.Tells(m.Subject+" "+m.Text, telling) != "" || strings.ContainsAny(m.Subject+m.Text, "{}") || strings.Contains(m.Text, "Lamp House") != (name == "Lamp House") {
				t.Errorf("%s: %+v", lang, m)
			}
		}
	}
}
