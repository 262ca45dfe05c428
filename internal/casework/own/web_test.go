package own

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"amelie/internal/id"
)

// site serves the pages; cookie is what the person's browser holds.
func (h *house) site() func(as, cookie, method, path string, form url.Values) *httptest.ResponseRecorder {
	pages := h.Pages(h.S.Mount, h.s.Mount)
	return func(as, cookie, method, path string, form url.Values) *httptest.ResponseRecorder {
		pages.Cookie = "amelie_own=" + cookie
		return pages.Do(as, method, path, form)
	}
}

// req: OWN-2 what is printed says nothing but the code
// req: OWN-7 names and places stay hidden
// req: OWN-9 nothing is kept, and nothing typed is lost
func TestWorkerAndPersonWalkThroughThePages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		do, c := h.site(), h.Begins("Rosa")
		page := "/en/cases/" + c + "/own"
		h.Says(do("mira", "", "GET", page, nil), 200, true, "There is no card", "Before a card is given")
		h.Says(do("mira", "", "GET", page+"/give", nil), 409, true)
		h.wishes(c, "trusted")
		h.Says(do("mira", "", "GET", page+"/give", nil), 200, true, "A stamp card", "Names of organisations")
		give := url.Values{"design": {"library"}, "secret": {secret}, "again": {"blue door"}, "once": {id.New()}}
		h.Says(do("mira", "", "POST", page+"/give", give), 422, true, "not the same secret")
		give.Set("again", secret)
		h.Says(do("mira", "", "POST", page+"/give", give), 303, true)
		h.Says(do("mira", "", "POST", page+"/give", give), 303, true)
		code := h.looks(c).Code
		face := do("mira", "", "GET", page+"/card", nil)
		h.Says(face, 200, true, code, "site.example/card")
		for _, who := range []string{"nils", "second", "insider", "admin"} {
			h.Says(do(who, "", "GET", page, nil), 404, false, code)
			h.Says(do(who, "", "GET", page+"/card", nil), 404, false, code)
		}
		first := do("", "", "GET", "/ar/card", nil)
		if first.Header().Get("Cache-Control") != "no-store" || len(first.Result().Cookies()) != 0 {
			t.Error("the page is kept somewhere, or sets a cookie before it opens")
		}
		h.Says(first, 200, true, "own.number", `dir="rtl"`)
		open := url.Values{"do": {"open"}, "code": {code}, "secret": {"wrong words"}}
		h.Says(do("", "", "POST", "/en/card", open), 422, true, "own.wrong", code)
		open.Set("secret", secret)
		in := do("", "", "POST", "/en/card", open)
		if in.Code != 303 || len(in.Result().Cookies()) == 0 || !in.Result().Cookies()[0].HttpOnly || !strings.HasSuffix(in.Result().Cookies()[0].Path, Path) {
			t.Fatalf("%d, %v", in.Code, in.Result().Cookies())
		}
		cookie := in.Result().Cookies()[0].Value
		h.Says(do("", cookie, "GET", "/en/card", nil), 200, true, "own.someone: own.purpose.housing", "own.part.needs", "own.law")
		h.Says(do("", cookie, "GET", "/en/card", nil), 200, false, "Second Door", "Third Door", "Rosa", "Open Door")
		once := id.New() // one page, two acts: neither takes the place of the other
		h.Says(do("", cookie, "POST", "/en/card", url.Values{"do": {"withdraw"}, "line": {"line"}, "once": {once}}), 303, true)
		h.Says(do("", cookie, "POST", "/en/card", url.Values{"do": {"write"}, "kind": {"correct"}, "text": {"x"}}), 422, true, "own.words_missing")
		h.Says(do("", cookie, "POST", "/en/card", url.Values{"do": {"write"}, "kind": {"correct"}, "text": {"My son is six"}, "once": {once}}), 303, true)
		h.Says(do("mira", "", "GET", page, nil), 200, true, "My son is six", "Second Door", "whether they took this back")
		h.Now = h.Now.Add(SessionTime)
		late := do("", cookie, "POST", "/en/card", url.Values{"do": {"write"}, "kind": {"ask"}, "text": {"Written too late"}})
		h.Says(late, 422, true, "Written too late", "own.closed")
		open.Set("kind", "ask")
		open.Set("text", "Written too late")
		h.Says(do("", "", "POST", "/en/card", open), 200, true, "Written too late", "own.typed")
		cookie = do("", "", "POST", "/en/card", url.Values{"do": {"open"}, "code": {code}, "secret": {secret}}).Result().Cookies()[0].Value
		out := do("", cookie, "GET", "/en/card/leave", nil)
		if !strings.Contains(out.Header().Get("Clear-Site-Data"), "cookies") {
			t.Error("the way out leaves something on the device")
		}
		h.Says(do("", cookie, "GET", "/en/card", nil), 200, false, "own.someone")
	})
}
