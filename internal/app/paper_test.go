package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"amelie/internal/app"
	"amelie/internal/i18n"
	"amelie/internal/mail"
	"amelie/internal/paper/papertest"
	"amelie/internal/screen/card"
)

// asked is the answer to a request; a form is posted.
func asked(a *app.App, path string, form url.Values, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	if form != nil {
		r = httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}

// req: PROCEDURE-2
func TestMembersTakeTheirHousesPageAlongAndNobodyElseDoes(t *testing.T) {
	a := demo(t)
	as := func(person string) []*http.Cookie {
		return asked(a, "/en/demo", url.Values{"person": {person}}).Result().Cookies()
	}
	for lang, words := range map[string][]string{"el": {"Για το προσωπικό", "Γραφείο 12"}, "de": {"Für das Personal", "Büro 12"}, "it": {"Per il personale", "Γραφείο 12"}} {
		w := asked(a, "/"+lang+"/procedure/a4", nil, as("midwife")...)
		if got := w.Header().Get("Content-Disposition"); w.Code != 200 || got != "attachment; filename*=UTF-8''a4.pdf" {
			t.Fatalf("%s: %d %s", lang, w.Code, got)
		}
		file := papertest.Read(t, w.Body.Bytes())
		if len(file.Pages) != 1 || file.Lang != lang {
			t.Errorf("%s: %d pages in %q", lang, len(file.Pages), file.Lang)
		}
		numbers := strings.Index(file.Pages[0], "2210")
		for _, word := range words {
			if !strings.Contains(file.Pages[0], word) {
				t.Errorf("%s: %q is missing", lang, word)
			}
		}
		if step := strings.Index(file.Pages[0], "\n1\n"); numbers < 0 || numbers > step {
			t.Errorf("%s: the number stands at %d, the first step at %d", lang, numbers, step)
		}
	}
	if w := asked(a, "/en/procedure/a4", nil); strings.Contains(w.Body.String(), "%PDF") {
		t.Errorf("a stranger gets a page: %d", w.Code)
	}
	w := asked(a, "/en/procedure/a4", nil, as("insider")...)
	if other := papertest.Read(t, w.Body.Bytes()).Pages[0]; strings.Contains(other, "2210") || !strings.Contains(other, "not adopted") {
		t.Errorf("another house's page: %q", other)
	}
}

// req: CARD-2
func TestTheFileOfCardsTellsNothingAndIsForWhoeverAsks(t *testing.T) {
	a := demo(t)
	telling := mail.Telling(a.Texts, i18n.Languages)
	for _, f := range card.Formats {
		w := asked(a, "/de/guide/card/a4", url.Values{"format": {f.ID}, "language": {"uk"}, "country": {"GR"}, "line": {"gr-a21-1109"}})
		if got := w.Header().Get("Content-Disposition"); w.Code != 200 || got != "attachment; filename*=UTF-8''a4.pdf" || w.Header().Get("Set-Cookie") != "" {
			t.Fatalf("%s: %d %s", f.ID, w.Code, got)
		}
		file := papertest.Read(t, w.Body.Bytes())
		if n := strings.Count(file.Pages[0], "1109"); file.Lang != "uk" || n != f.Columns*f.Rows {
			t.Errorf("%s: the number stands %d times in %q", f.ID, n, file.Lang)
		}
		if word := mail.Tells(file.Pages[0], telling); word != "" || strings.Contains(file.Pages[0], "A21") {
			t.Errorf("%s says %q", f.ID, word)
		}
	}
	w := asked(a, "/en/guide/card/a4", url.Values{"language": {"ar"}, "country": {"BE"}})
	if page := w.Body.String(); w.Code != 200 || !strings.Contains(page, "موعدك") || strings.Contains(page, `formaction`) {
		t.Errorf("Arabic is not printed by the browser: %d", w.Code)
	}
	page := asked(a, "/fr/guide/card", nil)
	if !strings.Contains(page.Header().Get("Cache-Control"), "no-store") || !strings.Contains(page.Body.String(), `viewBox="0 0 180 262"`) {
		t.Errorf("the page of the cards: %d %v", page.Code, page.Header())
	}
}
