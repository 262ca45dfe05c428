package own

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/web"
	"amelie/locale"
)

// site serves the pages; the header "As" says who is there, cookie what the
// person's browser holds.
func (h *house) site() func(as, cookie, method, path string, form url.Values) *http.Response {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	h.Must(err)
	shell := web.New(web.Config{Languages: i18n.Languages, PatientLanguages: append([]string{"ar"}, i18n.Languages...), Now: h.Clock, Texts: texts, Demo: true})
	shell.Authenticate = func(r *http.Request) (*web.Viewer, error) { return h.Users[r.Header.Get("As")], nil }
	h.S.Mount(shell)
	h.s.Mount(shell)
	handler := shell.Handler()
	return func(as, cookie, method, path string, form url.Values) *http.Response {
		r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("As", as)
		r.Header.Set("Cookie", "amelie_own="+cookie)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result()
	}
}

func (h *house) says(r *http.Response, status int, yes bool, words ...string) {
	h.T.Helper()
	body, err := io.ReadAll(r.Body)
	h.Must(err)
	if r.StatusCode != status {
		h.T.Fatalf("status %d, want %d", r.StatusCode, status)
	}
	for _, w := range words {
		if strings.Contains(string(body), w) != yes {
			h.T.Errorf("%q on the page: %v", w, !yes)
		}
	}
}

// req: OWN-2 what is printed says nothing but the code
// req: OWN-7 names and places stay hidden
// req: OWN-9 nothing is kept, and nothing typed is lost
func TestWorkerAndPersonWalkThroughThePages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		do, c := h.site(), h.Begins("Rosa")
		page := "/en/cases/" + c + "/own"
		h.says(do("mira", "", "GET", page, nil), 200, true, "There is no card", "Before a card is given")
		h.says(do("mira", "", "GET", page+"/give", nil), 409, true)
		h.wishes(c, "trusted")
		h.says(do("mira", "", "GET", page+"/give", nil), 200, true, "A stamp card", "Names of organisations")
		give := url.Values{"design": {"library"}, "secret": {secret}, "again": {"blue door"}, "once": {id.New()}}
		h.says(do("mira", "", "POST", page+"/give", give), 422, true, "not the same secret")
		give.Set("again", secret)
		h.says(do("mira", "", "POST", page+"/give", give), 303, true)
		h.says(do("mira", "", "POST", page+"/give", give), 303, true)
		code := h.looks(c).Code
		face := do("mira", "", "GET", page+"/card", nil)
		h.says(face, 200, true, code, "site.example/card")
		for _, who := range []string{"nils", "second", "insider", "admin"} {
			h.says(do(who, "", "GET", page, nil), 404, false, code)
			h.says(do(who, "", "GET", page+"/card", nil), 404, false, code)
		}
		first := do("", "", "GET", "/ar/card", nil)
		if first.Header.Get("Cache-Control") != "no-store" || len(first.Cookies()) != 0 {
			t.Error("the page is kept somewhere, or sets a cookie before it opens")
		}
		h.says(first, 200, true, "own.number", `dir="rtl"`)
		open := url.Values{"do": {"open"}, "code": {code}, "secret": {"wrong words"}}
		h.says(do("", "", "POST", "/en/card", open), 422, true, "own.wrong", code)
		open.Set("secret", secret)
		in := do("", "", "POST", "/en/card", open)
		if in.StatusCode != 303 || len(in.Cookies()) == 0 || !in.Cookies()[0].HttpOnly || !strings.HasSuffix(in.Cookies()[0].Path, Path) {
			t.Fatalf("%d, %v", in.StatusCode, in.Cookies())
		}
		cookie := in.Cookies()[0].Value
		h.says(do("", cookie, "GET", "/en/card", nil), 200, true, "own.someone: own.purpose.housing", "own.part.needs", "own.law")
		h.says(do("", cookie, "GET", "/en/card", nil), 200, false, "Second Door", "Third Door", "Rosa", "Open Door")
		once := id.New() // one page, two acts: neither takes the place of the other
		h.says(do("", cookie, "POST", "/en/card", url.Values{"do": {"withdraw"}, "line": {"line"}, "once": {once}}), 303, true)
		h.says(do("", cookie, "POST", "/en/card", url.Values{"do": {"write"}, "kind": {"correct"}, "text": {"x"}}), 422, true, "own.words_missing")
		h.says(do("", cookie, "POST", "/en/card", url.Values{"do": {"write"}, "kind": {"correct"}, "text": {"My son is six"}, "once": {once}}), 303, true)
		h.says(do("mira", "", "GET", page, nil), 200, true, "My son is six", "Second Door", "whether they took this back")
		h.Now = h.Now.Add(SessionTime)
		late := do("", cookie, "POST", "/en/card", url.Values{"do": {"write"}, "kind": {"ask"}, "text": {"Written too late"}})
		h.says(late, 422, true, "Written too late", "own.closed")
		open.Set("kind", "ask")
		open.Set("text", "Written too late")
		h.says(do("", "", "POST", "/en/card", open), 200, true, "Written too late", "own.typed")
		cookie = do("", "", "POST", "/en/card", url.Values{"do": {"open"}, "code": {code}, "secret": {secret}}).Cookies()[0].Value
		out := do("", cookie, "GET", "/en/card/leave", nil)
		if !strings.Contains(out.Header.Get("Clear-Site-Data"), "cookies") {
			t.Error("the way out leaves something on the device")
		}
		h.says(do("", cookie, "GET", "/en/card", nil), 200, false, "own.someone")
	})
}
