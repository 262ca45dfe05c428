package casetest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"amelie/internal/i18n"
	"amelie/internal/web"
	"amelie/locale"
)

// Pages are the pages of rooms, asked without a network.
type Pages struct {
	h     *House
	shell http.Handler
	// Cookie is what the browser of whoever asks next holds.
	Cookie string
}

// Pages serves what is mounted, in the six languages and Arabic for the person.
func (h *House) Pages(mounts ...func(*web.Shell)) *Pages {
	h.T.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	h.Must(err)
	shell := web.New(web.Config{Languages: i18n.Languages, PatientLanguages: append([]string{"ar"}, i18n.Languages...), Now: h.Clock, Texts: texts, Demo: true})
	shell.Authenticate = func(r *http.Request) (*web.Viewer, error) { return h.Users[r.Header.Get("As")], nil }
	for _, mount := range mounts {
		mount(shell)
	}
	return &Pages{h: h, shell: shell.Handler()}
}

// Do sends a request as somebody of the house, or as nobody with "".
func (p *Pages) Do(user, method, path string, form url.Values) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	p.Into(w, user, method, path, form)
	return w
}

// Into is Do with an answer that is written to w.
func (p *Pages) Into(w http.ResponseWriter, user, method, path string, form url.Values) {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("As", user)
	if p.Cookie != "" {
		r.Header.Set("Cookie", p.Cookie)
	}
	p.shell.ServeHTTP(w, r)
}

// Says fails unless the answer has this status and holds all of the words, or,
// without yes, none of them.
func (h *House) Says(w *httptest.ResponseRecorder, status int, yes bool, words ...string) {
	h.T.Helper()
	if w.Code != status {
		h.T.Fatalf("status %d, want %d: %.300s", w.Code, status, w.Body.String())
	}
	for _, word := range words {
		if strings.Contains(w.Body.String(), word) != yes {
			h.T.Errorf("%q on the page: %v", word, !yes)
		}
	}
}
