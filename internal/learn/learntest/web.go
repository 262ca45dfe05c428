package learntest

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"amelie/internal/i18n"
	"amelie/internal/web"
	"amelie/locale"
)

// Address is where the site of a test stands.
const Address = "https://learn.example.org"

// Texts are the program's sentences.
func Texts(t testing.TB) *i18n.Bundle {
	t.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// Shell is a site without rooms, in every language, visited by whom a test says.
func Shell(t testing.TB, now func() time.Time, who func() *web.Viewer) *web.Shell {
	t.Helper()
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: Texts(t), BaseURL: Address, Now: now, Zone: time.UTC})
	shell.Authenticate = func(*http.Request) (*web.Viewer, error) { return who(), nil }
	return shell
}

// Form is a form of names and values in turn.
func Form(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

// Request is what a browser sends from a page of the site.
func Request(method, path string, form url.Values) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return r
}

// Text is what a page says, with its markup, to be searched for what somebody
// reads.
func Text(w *httptest.ResponseRecorder) string {
	return strings.ReplaceAll(html.UnescapeString(w.Body.String()), "\u00a0", " ")
}
