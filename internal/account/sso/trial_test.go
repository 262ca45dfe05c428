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
	"amelie/internal/fault"
)

func keys(list []Finding) (out []string) {
	for _, f := range list {
		mark := "!"
		if f.Good {
			mark = "+"
		} else if f.Open {
			mark = "?"
		}
		out = append(out, mark+f.Key)
	}
	return out
}

func TestATrialSaysWhatIsWrongInPlainWords(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	fine := []string{"+reached", "+itself", "+clock", "+keys", "+secret", "+address"}
	for _, c := range []struct {
		name   string
		spoil  func(*liar)
		change func(*Provider)
		want   []string
	}{
		{"all is well", nil, nil, fine},
		{"the issuer has a slash more", func(l *liar) { l.doc = func(d map[string]any) { d["issuer"] = l.URL + "/" } }, nil, []string{"!issuer"}},
		{"no description", func(l *liar) { l.status = 404 }, nil, []string{"!not-openid"}},
		{"no JSON", func(l *liar) { l.doc = func(d map[string]any) { d["issuer"] = 7 } }, nil, []string{"!not-openid"}},
		{"an endless answer", func(l *liar) { l.doc = func(d map[string]any) { d["x"] = strings.Repeat("x", talkSize) } }, nil, []string{"!not-openid"}},
		{"down", func(l *liar) { l.Close() }, nil, []string{"!unreachable"}},
		{"no such name", nil, func(p *Provider) { p.Issuer = "https://login.invalid" }, []string{"!name"}},
		{"no TLS there", nil, func(p *Provider) { p.Issuer = strings.Replace(p.Issuer, "http:", "https:", 1) }, []string{"!certificate"}},
		{"the clock is off", func(l *liar) { l.date = h.now.Add(5 * time.Minute) }, nil, []string{"+reached", "+itself", "!clock", "+keys", "+secret", "+address"}},
		{"the secret is wrong", func(l *liar) { l.secret = "another" }, nil, []string{"+reached", "+itself", "+clock", "+keys", "!secret", "+address"}},
		{"the address is not registered", func(l *liar) { l.redirects = nil }, nil, []string{"+reached", "+itself", "+clock", "+keys", "+secret", "!address"}},
		{"no code flow", func(l *liar) { l.doc = func(d map[string]any) { d["response_types_supported"] = []string{"id_token"} } }, nil, []string{"!no-code"}},
		{"shared secrets only", func(l *liar) {
			l.doc = func(d map[string]any) { d["id_token_signing_alg_values_supported"] = []string{"HS256", "none"} }
		}, nil, []string{"!algorithm"}},
		{"no PKCE", func(l *liar) {
			l.doc = func(d map[string]any) { d["code_challenge_methods_supported"] = []string{"plain"} }
		}, nil, []string{"+reached", "+itself", "+clock", "+keys", "!no-proof", "+secret", "+address"}},
		{"keys elsewhere", func(l *liar) { l.doc = func(d map[string]any) { d["jwks_uri"] = "https://keys.example/k" } }, nil, []string{"!foreign"}},
		{"no keys", func(l *liar) { l.doc = func(d map[string]any) { d["jwks_uri"] = l.URL + "/nothing" } }, nil, []string{"+reached", "+itself", "+clock", "!no-keys"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			l := newLiar(t, func() time.Time { return h.now })
			p := h.provides(l, func(p *Provider) {
				if c.change != nil {
					c.change(p)
				}
			})
			if c.spoil != nil {
				c.spoil(l)
			}
			before := h.lines(p)
			found, err := h.Try(context.Background(), h.admin, p.ID)
			h.must(err)
			if !slices.Equal(keys(found), c.want) {
				t.Errorf("found %v, want %v", keys(found), c.want)
			}
			if Passed(found) != slices.Equal(c.want, fine) {
				t.Error("the verdict does not fit")
			}
			if got := h.lines(p); !slices.Equal(got, before) {
				t.Errorf("the trial left %v", got)
			}
		})
	}
}

func TestOnlyAnAdministratorWritesProvidersDown(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	p := h.provides(l)
	ctx := context.Background()
	for name, err := range map[string]error{
		"list":   func() error { _, err := h.List(ctx, h.lead); return err }(),
		"get":    func() error { _, err := h.Get(ctx, h.lead, p.ID); return err }(),
		"save":   h.Save(ctx, h.lead, p, ""),
		"switch": h.Switch(ctx, h.lead, p.ID, false),
		"delete": h.Delete(ctx, h.lead, p.ID),
		"try":    func() error { _, err := h.Try(ctx, h.lead, p.ID); return err }(),
	} {
		if k := fault.KindOf(err); k != fault.Denied && k != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// req: SSO-7
func TestASecretNeverGoesToAnotherHostThanTheOneItWasTypedFor(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		l := newLiar(t, func() time.Time { return h.now })
		h.provides(l)
		p := h.provides(l)
		ctx := context.Background()
		for name, change := range map[string]func(*Provider){
			"issuer":    func(p *Provider) { p.Issuer = "https://login.elsewhere.example" },
			"hosts":     func(p *Provider) { p.Hosts = []string{"elsewhere.example"} },
			"client":    func(p *Provider) { p.ClientID = "other" },
			"authority": func(p *Provider) { p.Authority = testAuthority(t) },
		} {
			one, err := h.Get(ctx, h.admin, p.ID)
			h.must(err)
			change(&one.Provider)
			err = h.Save(ctx, h.admin, one.Provider, "")
			if e := fault.Find(err); e == nil || len(e.Fields) != 1 || e.Fields[0].Key != "sso.error.secret-again" {
				t.Errorf("%s: %v", name, err)
			}
		}
		one, err := h.Get(ctx, h.admin, p.ID)
		h.must(err)
		one.Label = "Another word"
		h.must(h.Save(ctx, h.admin, one.Provider, ""))
		if err := h.Save(ctx, h.admin, one.Provider, ""); fault.KindOf(err) != fault.Stale {
			t.Errorf("two editors at once: %v", err)
		}
		if one, err = h.Get(ctx, h.admin, p.ID); err != nil || !one.HasSecret() || one.Label != "Another word" || !one.On {
			t.Errorf("%+v %v", one, err)
		}
		h.must(h.Delete(ctx, h.admin, p.ID))
		if _, err := h.Get(ctx, h.admin, p.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v", err)
		}
	})
}

func TestWhatMakesNoSenseIsNotWrittenDown(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	base := Provider{ID: newID(""), AgencyID: "hospital", Label: "Work", Issuer: "https://login.example", ClientID: "a", Second: SecondHere, Entry: EntryInvited}
	for field, change := range map[string]func(*Provider){
		"issuer":      func(p *Provider) { p.Issuer = "http://login.example" },
		"label":       func(p *Provider) { p.Label = " " },
		"client":      func(p *Provider) { p.ClientID = "" },
		"agency":      func(p *Provider) { p.AgencyID = "nowhere" },
		"hosts":       func(p *Provider) { p.Hosts = []string{"https://x.example/"} },
		"domains":     func(p *Provider) { p.Domains = []string{"@x"} },
		"authority":   func(p *Provider) { p.Authority = "no certificate" },
		"claim-value": func(p *Provider) { p.Claim = "groups" },
		"second":      func(p *Provider) { p.Second = "" },
		"entry":       func(p *Provider) { p.Entry = "all" },
	} {
		p := base
		change(&p)
		e := fault.Find(h.Save(context.Background(), h.admin, p, "x"))
		if e == nil || len(e.Fields) != 1 || e.Fields[0].Name != field {
			t.Errorf("%s: %v", field, e)
		}
	}
}

func FuzzAnAnswerIsRead(f *testing.F) {
	f.Add("code=a&state=b&iss=c")
	f.Add("state=b&state=c")
	f.Add("error=access_denied&state=%00")
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		a, err := readAnswer(q)
		if err == nil && (a.state == "" || a.state != q.Get("state")) {
			t.Errorf("%q: %+v", query, a)
		}
		_ = cookieName(true, a.state)
	})
}

// FuzzClaimsAreJudged: whatever a token says, it passes only with this
// issuer, audience and nonce, in time.
func FuzzClaimsAreJudged(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	f.Add(`{"iss":"https://i","aud":"c","nonce":"n","sub":"s","exp":1800000100,"iat":1800000000}`)
	f.Add(`{"iss":"https://i","aud":["c","d"],"azp":"c","nonce":"n","sub":"s","exp":1e9,"iat":-1}`)
	f.Add(`{"aud":{},"exp":"x","email_verified":"false","amr":[1,null]}`)
	p := Provider{Issuer: "https://i", ClientID: "c", Second: SecondHere}
	f.Fuzz(func(t *testing.T, payload string) {
		c, err := readClaims([]byte(payload))
		if err != nil {
			return
		}
		_ = Admit(Provider{Second: SecondProvider, ACR: []string{"x"}, Domains: []string{"d.example"}, Claim: "groups", ClaimValue: "y"}, c)
		if Judge(p, c, "n", now) == nil && (c.Issuer != "https://i" || !slices.Contains(c.Audience, "c") || c.Nonce != "n" || c.Subject == "" || now.After(c.Expires.Add(Skew))) {
			t.Errorf("%s passes", payload)
		}
	})
}
