package sso

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
)

// req: SSO-3
func TestEveryTamperedAnswerIsRefusedSaysSoAndChangesNothing(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		l := newLiar(t, func() time.Time { return h.now })
		other := newLiar(t, func() time.Time { return h.now })
		p := h.provides(l)
		second := h.provides(other, func(p *Provider) { p.Label = "The other one" })
		h.links(p, l, "eleni", h.makes("eleni@hospital.example", "hospital"))
		claim := func(name string, v any) func() {
			return func() {
				l.claims = func(c map[string]any) {
					if v == nil {
						delete(c, name)
					} else {
						c[name] = v
					}
				}
			}
		}
		for _, c := range []struct {
			name  string
			lie   func()
			query func(url.Values)
			code  Refusal
		}{
			{"a wrong nonce", claim("nonce", "of another sign-in"), nil, RefusedNonce},
			{"no nonce", claim("nonce", nil), nil, RefusedNonce},
			{"another audience", claim("aud", "another-program"), nil, RefusedAudience},
			{"no audience", claim("aud", nil), nil, RefusedAudience},
			{"two audiences without a party", claim("aud", []string{"amelie", "another"}), nil, RefusedParty},
			{"made for another party", claim("azp", "another"), nil, RefusedParty},
			{"another issuer", claim("iss", "https://login.elsewhere.example"), nil, RefusedIssuer},
			{"an issuer with a slash more", claim("iss", l.URL+"/"), nil, RefusedIssuer},
			{"expired", claim("exp", h.now.Add(-2*time.Minute).Unix()), nil, RefusedExpired},
			{"no expiry", claim("exp", nil), nil, RefusedExpired},
			{"an expiry that is text", claim("exp", "soon"), nil, RefusedExpired},
			{"made tomorrow", claim("iat", h.now.Add(24*time.Hour).Unix()), nil, RefusedClock},
			{"valid from tomorrow", claim("nbf", h.now.Add(24*time.Hour).Unix()), nil, RefusedClock},
			{"no subject", claim("sub", ""), nil, RefusedSubject},
			{"a subject that is a number", claim("sub", 7), nil, RefusedSubject},
			{"not signed at all", func() { l.sign = unsigned }, nil, RefusedSignature},
			{"signed with the public key as a secret", func() { l.sign = l.sharedSecret }, nil, RefusedSignature},
			{"signed by a foreign key under the same name", func() {
				l.sign = func(b []byte) string { return l.signed(b, strangerKey(), l.kid) }
			}, nil, RefusedSignature},
			{"a changed byte", func() {
				l.sign = func(b []byte) string {
					parts := strings.Split(l.signed(b, l.key, l.kid), ".")
					return parts[0] + "." + strings.Split(unsigned([]byte(strings.Replace(string(b), `"eleni"`, `"admin"`, 1))), ".")[1] + "." + parts[2]
				}
			}, nil, RefusedSignature},
			{"no token", func() { l.sign = func([]byte) string { return "" } }, nil, RefusedToken},
			{"no readable token", func() { l.sign = func([]byte) string { return "a.b.c" } }, nil, RefusedToken},
			{"a foreign iss parameter", nil, func(q url.Values) { q.Set("iss", other.URL) }, RefusedMixup},
			{"a missing iss parameter that was promised", func() {
				l.doc = func(d map[string]any) { d["authorization_response_iss_parameter_supported"] = true }
				h.book.forget(p.ID)
			}, func(q url.Values) { q.Del("iss") }, RefusedMixup},
			{"a code of somebody else's browser", nil, func(q url.Values) {
				mine := h.browser()
				q.Set("code", l.consent(mine.leaves("/en/sign-in/with/"+p.ID, nil), "eleni").Get("code"))
			}, RefusedCode},
			{"a code of another provider", nil, func(q url.Values) {
				q.Set("code", other.consent(h.browser().leaves("/en/sign-in/with/"+second.ID, nil), "eleni").Get("code"))
			}, RefusedCode},
			{"no code", nil, func(q url.Values) { q.Del("code") }, RefusedToken},
			{"a refusal", nil, func(q url.Values) { q.Set("error", "access_denied") }, RefusedCancelled},
			{"an error", nil, func(q url.Values) { q.Set("error", "server_error") }, RefusedProvider},
		} {
			t.Run(c.name, func(t *testing.T) {
				h.t, l.t = t, t
				defer func() {
					l.claims, l.sign, l.doc = func(map[string]any) {}, nil, func(map[string]any) {}
					h.book.forget(p.ID)
				}()
				users, sessions, identities := h.rows()
				if c.lie != nil {
					c.lie()
				}
				b := h.browser()
				q := l.consent(b.leaves("/en/sign-in/with/"+p.ID, nil), "eleni")
				if c.query != nil {
					c.query(q)
				}
				w := b.returns(p, q)
				if w.Code != 403 || !strings.Contains(text(w), "Code for your administrator: "+string(c.code)) {
					t.Fatalf("%d: %s", w.Code, text(w))
				}
				if b.isIn() != "" {
					t.Error("let in all the same")
				}
				if u, s, i := h.rows(); u != users || s != sessions || i != identities {
					t.Errorf("something was created: %d accounts, %d sign-ins, %d links", u-users, s-sessions, i-identities)
				}
				if lines := h.lines(p); lines[len(lines)-1] != "sso.refused reason="+string(c.code) && lines[0] != "sso.refused reason="+string(c.code) {
					t.Errorf("the log says %q", lines)
				}
			})
		}
		h.t, l.t = t, t
		if w := h.browser().enters(l, p, "eleni"); w.Code != 200 || !strings.Contains(text(w), "You are signed in") {
			t.Fatalf("the honest answer is refused too: %d %s", w.Code, text(w))
		}
	})
}

// req: SSO-3
func TestAnAnswerWithoutItsBrowserTwiceOrTooLateDoesNothing(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		l := newLiar(t, func() time.Time { return h.now })
		p := h.provides(l)
		h.links(p, l, "eleni", h.makes("eleni@hospital.example", "hospital"))
		b := h.browser()
		q := l.consent(b.leaves("/en/sign-in/with/"+p.ID, nil), "eleni")

		scanner := h.browser()
		if w := scanner.returns(p, q); w.Code != 403 || !strings.Contains(text(w), string(RefusedState)) {
			t.Fatalf("a mail scanner: %d %s", w.Code, text(w))
		}
		again := h.browser()
		for n, c := range b.cookies {
			again.cookies[n] = c
		}
		if w := b.returns(p, q); !strings.Contains(text(w), "You are signed in") {
			t.Fatalf("the real browser after it: %s", text(w))
		}
		_, sessions, _ := h.rows()
		if w := again.returns(p, q); !strings.Contains(text(w), "administrator: "+string(RefusedReplay)) {
			t.Errorf("the same answer again: %s", text(w))
		}
		late := h.browser()
		q = l.consent(late.leaves("/en/sign-in/with/"+p.ID, nil), "eleni")
		h.now = h.now.Add(FlowLife + time.Second)
		if w := late.returns(p, q); !strings.Contains(text(w), "administrator: "+string(RefusedOld)) {
			t.Errorf("too late: %s", text(w))
		}
		// A cookie under another state, and one that was made by somebody else.
		forged := h.browser()
		q = l.consent(forged.leaves("/en/sign-in/with/"+p.ID, nil), "eleni")
		for n, c := range forged.cookies {
			c.Value = "x" + c.Value[1:]
			forged.cookies[n] = c
		}
		if w := forged.returns(p, q); !strings.Contains(text(w), "administrator: "+string(RefusedState)) {
			t.Errorf("a forged cookie: %s", text(w))
		}
		doubled := h.browser()
		q = l.consent(doubled.leaves("/en/sign-in/with/"+p.ID, nil), "eleni")
		q.Add("state", "another")
		if w := doubled.returns(p, q); !strings.Contains(text(w), "administrator: "+string(RefusedState)) {
			t.Errorf("a doubled state: %s", text(w))
		}
		if _, s, _ := h.rows(); s != sessions {
			t.Errorf("%d sign-ins too many", s-sessions)
		}
	})
}

func TestTheAnswerOfOneProviderIsNotTakenForAnothers(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	evil := newLiar(t, func() time.Time { return h.now })
	p, q := h.provides(l), h.provides(evil)
	h.links(p, l, "eleni", h.makes("eleni@hospital.example", "hospital"))
	b := h.browser()
	// The evil provider sends the browser on with its own state to the honest one.
	answer := evil.consent(b.leaves("/en/sign-in/with/"+q.ID, nil), "eleni")
	if w := b.returns(p, answer); !strings.Contains(text(w), "administrator: "+string(RefusedMixup)) {
		t.Errorf("%s", text(w))
	}
	if !slices.Contains(h.lines(q), "sso.refused reason=mixup") {
		t.Errorf("the log says %q", h.lines(q))
	}
	// And the same subject at another provider is nobody.
	if w := h.browser().enters(evil, q, "eleni"); !strings.Contains(text(w), "No account here belongs") {
		t.Errorf("a swapped provider let somebody in: %s", text(w))
	}
}

// TestKeysRotateAndWhatIsKnownOfAProviderAges: an old key is not believed for
// longer than an hour, a new one at once.
func TestKeysRotateAndWhatIsKnownOfAProviderAges(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	p := h.provides(l)
	h.links(p, l, "eleni", h.makes("eleni@hospital.example", "hospital"))
	signed := func() string { return text(h.browser().enters(l, p, "eleni")) }
	if s := signed(); !strings.Contains(s, "You are signed in") {
		t.Fatal(s)
	}
	asked := len(l.asked)
	signed()
	if got := l.asked[asked:]; !slices.Equal(got, []string{"/token"}) {
		t.Errorf("a second sign-in asked for %v", got)
	}
	old := l.key
	l.key, l.kid = strangerKey(), "two"
	if s := signed(); !strings.Contains(s, "You are signed in") {
		t.Errorf("after the rotation: %s", s)
	}
	l.sign = func(b []byte) string { return l.signed(b, old, "one") }
	h.now = h.now.Add(knownLife + time.Second)
	if s := signed(); !strings.Contains(s, string(RefusedSignature)) {
		t.Errorf("the retired key is believed: %s", s)
	}
}

// req: SSO-1
func TestOnlyNamedHostsAreContacted(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	far := newLiar(t, func() time.Time { return h.now })
	for _, endpoint := range []string{"jwks_uri", "token_endpoint", "authorization_endpoint", "userinfo_endpoint"} {
		l.doc = func(d map[string]any) { d[endpoint] = far.URL + "/keys" }
		p := h.provides(l)
		w := h.browser().post("/en/sign-in/with/"+p.ID, nil)
		if w.Code != 503 || !strings.Contains(text(w), "administrator: foreign") {
			t.Errorf("%s elsewhere: %d %s", endpoint, w.Code, text(w))
		}
		found, err := h.Try(context.Background(), h.admin, p.ID)
		h.must(err)
		if len(found) != 1 || found[0].Key != "foreign" || found[0].Args[1] != strings.TrimPrefix(far.URL, "http://") {
			t.Errorf("the trial says %v", found)
		}
	}
	if len(far.asked) != 0 {
		t.Errorf("the unnamed host was asked for %v", far.asked)
	}
	p := h.provides(l, func(p *Provider) { p.Hosts = []string{strings.TrimPrefix(far.URL, "http://")} })
	if w := h.browser().post("/en/sign-in/with/"+p.ID, nil); w.Code != 200 {
		t.Errorf("a named host is refused: %s", text(w))
	}
}

func TestAProviderThatDoesNotAnswerIsLeftAloneForSomeSeconds(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	p := h.provides(l)
	l.status = 500
	for range 5 {
		if w := h.browser().post("/en/sign-in/with/"+p.ID, nil); w.Code != 503 {
			t.Errorf("%d", w.Code)
		}
	}
	if len(l.asked) != 1 {
		t.Errorf("asked %d times", len(l.asked))
	}
	l.status = 0
	h.now = h.now.Add(downLife + time.Second)
	h.browser().leaves("/en/sign-in/with/"+p.ID, nil)
}
