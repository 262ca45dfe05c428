package agreement

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db/dbtest"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/web"
	"amelie/locale"
)

// site serves the pages; the header X-As says who is there.
type site struct {
	*house
	handler http.Handler
}

func newSite(t *testing.T) *site {
	h := newHouse(t, dbtest.Open(t, schemas...))
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	h.must(err)
	sh := web.New(web.Config{Languages: i18n.Languages, Texts: texts, Now: clock.Fixed(h.now)})
	sh.Authenticate = func(r *http.Request) (*web.Viewer, error) {
		if who := r.Header.Get("X-As"); who != "" {
			return as(who), nil
		}
		return nil, nil
	}
	h.Mount(sh)
	return &site{h, sh.Handler()}
}

func (s *site) asks(who, method, path string, fields ...string) (code int, body, to string) {
	s.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(method, path, strings.NewReader(v.Encode()))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("X-As", who)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Code, w.Body.String(), w.Header().Get("Location")
}

func TestEveryPageOfAgreementsIsWholeInEveryLanguageForEverybody(t *testing.T) {
	s := newSite(t)
	s.must(s.Seed(ctx))
	made := s.proposes("hospital lead", draft("org-shelter", "org-interpreters"))
	for _, lang := range i18n.Languages {
		for _, who := range []string{"hospital lead", "shelter lead", "shelter professional", "office coordinator", "office auditor"} {
			for _, path := range []string{"/agreements", "/agreements?with=org-shelter", "/agreements/" + made, "/agreements/de-rp-2004"} {
				if code, body, _ := s.asks(who, "GET", "/"+lang+path); code != 200 || strings.Contains(body, ">agreement.") || strings.Contains(body, "<no value>") {
					t.Errorf("%s %s in %s: %d", who, path, lang, code)
				}
			}
		}
		for who, path := range map[string]string{"hospital lead": "/agreements/new?renew=" + made, "office coordinator": "/agreements/new"} {
			if code, _, _ := s.asks(who, "GET", "/"+lang+path); code != 200 {
				t.Errorf("%s %s in %s: %d", who, path, lang, code)
			}
		}
	}
	for who, want := range map[string]int{"shelter professional": 403, "office auditor": 403} {
		if code, _, _ := s.asks(who, "GET", "/en/agreements/new"); code != want {
			t.Errorf("%s proposes: %d", who, code)
		}
	}
	for _, path := range []string{"/en/agreements/new?with=org-hidden", "/en/agreements?with=org-hidden"} {
		if code, body, _ := s.asks("hospital lead", "GET", path); code != 200 || strings.Contains(body, "Hidden") {
			t.Errorf("%s tells who exists: %d", path, code)
		}
	}
	if code, _, _ := s.asks("curious lead", "GET", "/en/agreements/"+made); code != 404 {
		t.Errorf("a stranger: %d", code)
	}
	if code, _, _ := s.asks("curious lead", "POST", "/en/agreements/"+made+"/act", "action", "effect"); code == 303 {
		t.Errorf("a made-up act: %d", code)
	}
}

func TestTheFormKeepsWhatWasTypedWhilePartiesAreLookedFor(t *testing.T) {
	s := newSite(t)
	form := []string{"once", id.New(), "title", "Ward and shelter", "kind", "protocol", "words", "typed at night", "purposes", "referral", "within", "24", "q", "shel"}
	code, body, _ := s.asks("hospital lead", "POST", "/en/agreements/new", append(form, "do", "search")...)
	if code != 200 || !strings.Contains(body, `name="add" value="org-shelter"`) || !strings.Contains(body, "typed at night") || !strings.Contains(body, `value="Ward and shelter"`) {
		t.Fatalf("searching: %d\n%s", code, body)
	}
	form = append(form, "add", "org-shelter")
	if code, body, _ = s.asks("hospital lead", "POST", "/en/agreements/new", form...); code != 200 || !strings.Contains(body, `name="party" value="org-shelter"`) {
		t.Fatalf("adding: %d", code)
	}
	form = append(form[:len(form)-2], "party", "org-shelter", "do", "save", "until", "31.12.2027")
	if code, body, _ = s.asks("hospital lead", "POST", "/en/agreements/new", form...); code != 422 || !strings.Contains(body, "typed at night") || !strings.Contains(body, `name="party" value="org-shelter"`) {
		t.Fatalf("a wrong day: %d", code)
	}
	form[len(form)-1] = "2027-12-31"
	code, _, to := s.asks("hospital lead", "POST", "/en/agreements/new", form...)
	if code != 303 {
		t.Fatalf("saving: %d", code)
	}
	if _, _, again := s.asks("hospital lead", "POST", "/en/agreements/new", form...); again != to {
		t.Errorf("pressed twice: %s and %s", to, again)
	}
	if code, body, _ = s.asks("shelter lead", "POST", to+"/act", "action", "confirm", "version", "9"); code != 422 || !strings.Contains(body, "Somebody changed the agreement meanwhile") {
		t.Errorf("an old page: %d", code)
	}
	if code, _, _ = s.asks("shelter lead", "GET", to+"/act"); code != 404 && code != 405 {
		t.Errorf("a link that acts: %d", code)
	}
}

// A lead who ended an agreement, and wants it back, starts from what was agreed.
// What a renewal took the place of is renewed there.
func TestAnEndedAgreementIsRenewedFromItsPageUnlessARenewalTookItsPlace(t *testing.T) {
	s := newSite(t)
	agreed := func(d Draft) string {
		made := s.proposes("hospital lead", d)
		s.must(s.does("shelter lead", made, Deed{Action: Confirm}))
		return made
	}
	offers := func(who, made string, want bool) {
		t.Helper()
		code, body, _ := s.asks(who, "GET", "/en/agreements/"+made)
		if code != 200 || strings.Contains(body, "/agreements/new?renew="+made) != want {
			t.Errorf("%s on %s: %d, a renewal is offered: %v", who, made, code, !want)
		}
	}
	first := agreed(draft("org-shelter"))
	s.must(s.does("shelter lead", first, Deed{Action: End}))
	offers("hospital lead", first, true)
	offers("shelter lead", first, true)
	offers("shelter professional", first, false)
	second := agreed(renewal(s.one(first), "hospital"))
	offers("hospital lead", second, true)
	agreed(renewal(s.one(second), "hospital"))
	s.is(second, Ended)
	offers("hospital lead", second, false)
	proposed := s.proposes("hospital lead", draft("org-shelter"))
	offers("hospital lead", proposed, false)
}

// What a foreign file or form gives as a day or an address is taken whole or
// not at all.
func FuzzDaysAndAddresses(f *testing.F) {
	for _, s := range []string{"2027-12-31", "2011", "", "0000-00-00", "9999-99-99", "https://example.org/a", "https://user@example.org", "javascript:alert(1)", "https://", "２０２７"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := ParseDay(s); ok {
			if d.First() > d.Last() || d.End(time.UTC).IsZero() {
				t.Errorf("%q is a day without an end", s)
			}
		}
		if address(s) && s != "" && !strings.HasPrefix(strings.ToLower(s), "https://") {
			t.Errorf("%q is an address", s)
		}
	})
}
