package sso

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"amelie/internal/account"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/vault"
)

// takesCodes gives an account one-time codes and returns their secret.
func (h *house) takesCodes(userID string) (secret string) {
	h.t.Helper()
	offer, err := h.accounts.OfferTOTP(userID, "x")
	h.must(err)
	secret = strings.ReplaceAll(offer.Secret, " ", "")
	_, err = h.accounts.TakeTOTP(context.Background(), userID, "", offer.Token, h.code(secret))
	h.must(err)
	h.now = h.now.Add(31 * time.Second)
	return secret
}

func (h *house) code(secret string) string {
	h.t.Helper()
	c, err := totp.GenerateCode(secret, h.now)
	h.must(err)
	return c
}

// req: SSO-2
func TestAProviderIdentifiesAndNeverUnlocks(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		l := newLiar(t, func() time.Time { return h.now })
		p := h.provides(l)
		h.links(p, l, "eleni", h.makes("eleni@hospital.example", "hospital"))
		b := h.browser()
		w := b.enters(l, p, "eleni")
		if got := w.Header().Get("Refresh"); got != "0; url=/el/start" {
			t.Errorf("leads on to %q", got)
		}
		if got := b.isIn(); got != "here is Someone eleni@hospital.example locked" {
			t.Fatalf("%q", got)
		}
		// A way in cannot be added on the provider's word alone.
		if w := b.post("/en/me/recovery-codes", nil); w.Code != 303 || !strings.Contains(w.Header().Get("Location"), "/confirm") {
			t.Errorf("not asked to confirm: %d %s", w.Code, w.Header().Get("Location"))
		}
		if w := b.post("/en/unlock", url.Values{"password": {phrase}, "to": {"/en/today"}}); w.Code != 303 {
			t.Fatalf("the phrase does not unlock: %s", text(w))
		}
		if got := b.isIn(); !strings.HasSuffix(got, "unlocked") {
			t.Errorf("%q", got)
		}
		// The password alone adds no second step beside the provider. // req: SSO-8
		h.now = h.now.Add(time.Hour)
		if _, err := h.accounts.SignIn(context.Background(), account.Attempt{Login: "eleni@hospital.example", Password: phrase, Address: "x"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("the password alone: %v", err)
		}
	})
}

// req: SSO-6
func TestWhoIsNotLinkedComesInOnlyAsTheHouseAgreed(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		l := newLiar(t, func() time.Time { return h.now })
		ctx := context.Background()
		h.makes("nina@hospital.example", "hospital") // the same address is not the same person
		p := h.provides(l)
		users, _, _ := h.rows()
		if w := h.browser().enters(l, p, "nina"); !strings.Contains(text(w), "No account here belongs to this sign-in yet") || strings.Contains(w.Body.String(), "ticket") {
			t.Fatalf("by invitation only: %s", text(w))
		}
		p.Entry, p.Version = EntryWaiting, 2
		h.must(h.Save(ctx, h.admin, p, ""))
		if w := h.browser().enters(l, p, "nina"); !strings.Contains(text(w), "No account here belongs to this sign-in yet") {
			t.Fatalf("without a lead's agreement: %s", text(w))
		}
		insider := *h.lead
		insider.AgencyID = "clinic"
		if err := h.Agree(ctx, &insider, p.ID, true); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another agency's lead agreed: %v", err)
		}
		if err := h.Agree(ctx, h.admin, p.ID, true); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an administrator agreed: %v", err)
		}
		h.must(h.Agree(ctx, h.lead, p.ID, true))
		b := h.browser()
		w := b.enters(l, p, "nina")
		ticket := ticketOf(t, w)
		form := url.Values{"ticket": {ticket}, "name": {"Nina Mara"}, "login": {"nina@hospital.example"}, "password": {"short"}}
		if w := b.post("/en/sign-in/new", form); w.Code != 422 || !strings.Contains(w.Body.String(), `value="Nina Mara"`) {
			t.Errorf("a short phrase: %d", w.Code)
		}
		form.Set("password", phrase)
		if w := b.post("/en/sign-in/new", form); w.Code != 422 {
			t.Errorf("a taken name: %d", w.Code)
		}
		form.Set("login", "nina2")
		if w := b.post("/en/sign-in/new", form); w.Code != 303 || b.isIn() != "here is Nina Mara unlocked" {
			t.Fatalf("%d %q %s", w.Code, b.isIn(), text(w))
		}
		if w := b.post("/en/sign-in/new", url.Values{"ticket": {ticket}, "name": {"Nina Again"}, "login": {"nina3"}, "password": {phrase}}); w.Code != 403 || !strings.Contains(text(w), "taken") {
			t.Errorf("the same answer makes a second account: %d %s", w.Code, text(w))
		}
		if u, _, i := h.rows(); u != users+1 || i != 1 {
			t.Errorf("%d accounts, %d links", u-users, i)
		}
		if !slices.Contains(h.lines(p), "sso.linked") {
			t.Errorf("the log says %q", h.lines(p))
		}
		// Whoever changes who is vouched for asks the lead anew, and turns it on anew.
		now, err := h.Get(ctx, h.admin, p.ID)
		h.must(err)
		now.Domains = []string{"hospital.example"}
		h.must(h.Save(ctx, h.admin, now.Provider, ""))
		if now, err = h.Get(ctx, h.admin, p.ID); err != nil || now.AgreedBy != "" || now.On {
			t.Errorf("the agreement outlived the change: %+v %v", now.Provider, err)
		}
	})
}

func TestAnInvitationIsTakenWithTheSignInOfTheWorkplace(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	p := h.provides(l)
	h.in.invite["good"], h.in.invite["clinic's"] = "hospital", "clinic"
	b := h.browser()
	if w := b.post("/en/sign-in/with/"+p.ID+"/invited", url.Values{"invitation": {"bad"}}); w.Code == 200 {
		t.Errorf("a wrong invitation is sent on: %d", w.Code)
	}
	join := func(secret, sub string) (int, string) {
		b = h.browser()
		w := b.returns(p, l.consent(b.leaves("/en/sign-in/with/"+p.ID+"/invited", url.Values{"invitation": {secret}}), sub))
		w = b.post("/en/sign-in/new", url.Values{"ticket": {ticketOf(t, w)}, "name": {"Ada Mara"}, "login": {sub}, "password": {phrase}})
		return w.Code, text(w)
	}
	if code, said := join("clinic's", "ada"); code != 403 || !strings.Contains(said, "administrator: member") {
		t.Errorf("the hospital's provider vouches for the clinic: %d %s", code, said)
	}
	if users, _, _ := h.rows(); users != 0 {
		t.Errorf("%d accounts were made", users)
	}
	if code, said := join("good", "ada"); code != 303 || b.isIn() != "here is Ada Mara unlocked" {
		t.Errorf("%d %q %s", code, b.isIn(), said)
	}
	if got := h.browser().enters(l, p, "ada"); !strings.Contains(text(got), "You are signed in") {
		t.Errorf("the second time: %s", text(got))
	}
}

// TestAnOpenSignInLinksByAButtonAndUnlinks is the other first link. // req: SSO-10
func TestAnOpenSignInLinksByAButtonAndUnlinks(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	p := h.provides(l)
	eleni := h.makes("eleni@hospital.example", "hospital")
	secret := h.takesCodes(eleni)
	b := h.browser()
	if w := b.post("/en/sign-in", url.Values{"login": {"eleni@hospital.example"}, "password": {phrase}, "code": {h.code(secret)}}); w.Code != 303 {
		t.Fatal(text(w))
	}
	w := b.returns(p, l.consent(b.leaves("/en/me/sign-on/"+p.ID, nil), "eleni-at-work"))
	ticket := ticketOf(t, w)
	if _, _, links := h.rows(); links != 0 || !strings.Contains(text(w), "My workplace knows you as eleni-at-work@hospital.example") {
		t.Fatalf("%d links before the button; %s", links, text(w))
	}
	// The ticket of one person links nobody else's account.
	stranger := h.makes("otto", "hospital")
	other := h.browser()
	otto := h.takesCodes(stranger)
	if w := other.post("/en/sign-in", url.Values{"login": {"otto"}, "password": {phrase}, "code": {h.code(otto)}}); w.Code != 303 {
		t.Fatal(text(w))
	}
	if w := other.post("/en/me/sign-on/link", url.Values{"ticket": {ticket}}); w.Code != 403 && w.Code != 404 {
		t.Errorf("a foreign ticket: %d", w.Code)
	}
	if w := b.post("/en/me/sign-on/link", url.Values{"ticket": {ticket}}); w.Code != 303 {
		t.Fatalf("%d %s", w.Code, text(w))
	}
	if w := b.get("/en/me/sign-on"); !strings.Contains(text(w), "Added on") {
		t.Error(text(w))
	}
	// The same identity for a second account is refused.
	q := l.consent(other.leaves("/en/me/sign-on/"+p.ID, nil), "eleni-at-work")
	w = other.returns(p, q)
	if w := other.post("/en/me/sign-on/link", url.Values{"ticket": {ticketOf(t, w)}}); w.Code != 403 || !strings.Contains(text(w), "administrator: taken") {
		t.Errorf("%d %s", w.Code, text(w))
	}
	in := h.browser()
	in.enters(l, p, "eleni-at-work")
	if in.isIn() == "" {
		t.Error("the link does not let in")
	}
	if w := b.post("/en/me/sign-on/"+p.ID+"/remove", nil); w.Code != 303 {
		t.Errorf("%d", w.Code)
	}
	if _, _, links := h.rows(); links != 0 {
		t.Errorf("%d links left", links)
	}
}

// req: SSO-5
func TestRolesForTheWholeInstallationNeverComeInByAProvider(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	p := h.provides(l)
	ctx := context.Background()
	petra := h.makes("petra", "hospital")
	h.links(p, l, "petra", petra)
	// A role is not given to somebody who could then not come in at all.
	if err := h.accounts.SetRoles(ctx, h.admin, petra, []string{"administrator"}); fault.KindOf(err) != fault.Conflict {
		t.Fatalf("%v", err)
	}
	secret := h.takesCodes(petra)
	h.must(h.accounts.SetRoles(ctx, h.admin, petra, []string{"administrator"}))
	b := h.browser()
	if w := b.enters(l, p, "petra"); w.Code != 403 || !strings.Contains(text(w), "administrator: wide") || b.isIn() != "" {
		t.Errorf("%d %s", w.Code, text(w))
	}
	// Her own way works, whatever the provider does. // req: SSO-4
	l.Close()
	if w := b.get("/en/sign-in"); w.Code != 200 || !strings.Contains(text(w), "My workplace") {
		t.Errorf("%d", w.Code)
	}
	if w := b.post("/en/sign-in", url.Values{"login": {"petra"}, "password": {phrase}, "code": {h.code(secret)}}); w.Code != 303 || b.isIn() == "" {
		t.Fatalf("%d %s", w.Code, text(w))
	}
	h.book.forget(p.ID)
	if w := b.post("/en/sign-in/with/"+p.ID, nil); w.Code != 503 || !strings.Contains(text(w), "Your own password and code, or your passkey, still work") {
		t.Errorf("%d %s", w.Code, text(w))
	}
	// She administers it all the same, and cannot link with it.
	if w := b.get("/en/admin/sign-on"); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	if w := b.post("/en/me/sign-on/"+p.ID, nil); w.Code != 200 || !strings.Contains(text(w), "signs in here") {
		t.Errorf("%d %s", w.Code, text(w))
	}
}

// req: SSO-9
func TestTheRulesOfAProviderAreKept(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	h.makes("eleni", "hospital")
	for _, c := range []struct {
		name   string
		change func(*Provider)
		claims map[string]any
		code   string // "" let in, as far as a page for newcomers
	}{
		{"the domain", func(p *Provider) { p.Domains = []string{"hospital.example"} }, nil, ""},
		{"another domain", func(p *Provider) { p.Domains = []string{"hospital.example"} }, map[string]any{"email": "eleni@hospital.example.evil.test"}, "domain"},
		{"a domain inside a name", func(p *Provider) { p.Domains = []string{"hospital.example"} }, map[string]any{"email": "x@evil.test@hospital.example"}, "domain"},
		{"an unchecked address", func(p *Provider) { p.Domains = []string{"hospital.example"} }, map[string]any{"email_verified": false}, "domain"},
		{"no address", func(p *Provider) { p.Domains = []string{"hospital.example"} }, map[string]any{"email": nil}, "domain"},
		{"the group", func(p *Provider) { p.Claim, p.ClaimValue = "groups", "ward" }, map[string]any{"groups": []string{"x", "ward"}}, ""},
		{"no group", func(p *Provider) { p.Claim, p.ClaimValue = "groups", "ward" }, nil, "claim"},
		{"half a group", func(p *Provider) { p.Claim, p.ClaimValue = "groups", "ward" }, map[string]any{"groups": "wards"}, "claim"},
		{"amr", func(p *Provider) { p.AMR = []string{"mfa", "otp"} }, map[string]any{"amr": []string{"pwd", "otp"}}, ""},
		{"acr", func(p *Provider) { p.ACR, p.AMR = []string{"two"}, []string{"mfa"} }, map[string]any{"acr": "two"}, ""},
		{"a password only", func(p *Provider) { p.AMR = []string{"mfa", "otp"} }, map[string]any{"amr": []string{"pwd"}}, "second"},
		{"nothing said", func(p *Provider) { p.ACR = []string{"two"} }, nil, "second"},
		{"fresh", func(p *Provider) { p.Afresh = true }, nil, ""},
		{"not fresh", func(p *Provider) { p.Afresh = true }, map[string]any{"auth_time": h.now.Add(-time.Hour).Unix()}, "fresh"},
		{"freshness unsaid", func(p *Provider) { p.Afresh = true }, map[string]any{"auth_time": nil}, "fresh"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.t, l.t = t, t
			p := h.provides(l, c.change)
			l.claims = func(all map[string]any) {
				for k, v := range c.claims {
					all[k] = v
				}
			}
			said := text(h.browser().enters(l, p, "eleni"))
			if c.code == "" && !strings.Contains(said, "No account here belongs") || c.code != "" && !strings.Contains(said, "administrator: "+c.code) {
				t.Errorf("%s", said)
			}
		})
	}
}

func TestTheSecondStepIsTakenHereWhenTheHouseSaysSo(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	p := h.provides(l, func(p *Provider) { p.Second = SecondHere })
	eleni := h.makes("eleni", "hospital")
	h.links(p, l, "eleni", eleni)
	b := h.browser()
	if w := b.enters(l, p, "eleni"); w.Header().Get("Refresh") != "0; url=/en/welcome?to=" || b.isIn() != "" {
		t.Fatalf("without a second step: %q %q", w.Header().Get("Refresh"), b.isIn())
	}
	if w := b.get("/en/welcome"); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	secret := h.takesCodes(eleni)
	b = h.browser()
	ticket := ticketOf(t, b.enters(l, p, "eleni"))
	if b.isIn() != "" {
		t.Fatal("in without a code")
	}
	code := h.code(secret)
	for range 4 {
		if w := b.post("/en/sign-in/code", url.Values{"ticket": {ticket}, "code": {"000000"}}); w.Code != 422 {
			t.Fatalf("a wrong code: %d", w.Code)
		}
	}
	if w := b.post("/en/sign-in/code", url.Values{"ticket": {ticket}, "code": {code}}); w.Code != 303 || !strings.HasSuffix(b.isIn(), "locked") {
		t.Fatalf("%d %q", w.Code, b.isIn())
	}
	other := h.browser()
	if w := other.post("/en/sign-in/code", url.Values{"ticket": {ticketOf(t, other.enters(l, p, "eleni"))}, "code": {code}}); w.Code != 422 {
		t.Errorf("the same code twice: %d", w.Code)
	}
	for range 12 { // guesses are counted as everywhere // req: SIGNIN-2
		w := other.post("/en/sign-in/code", url.Values{"ticket": {ticket}, "code": {"111111"}})
		if w.Code == 429 {
			return
		}
	}
	t.Error("guesses are not counted")
}

func TestWhoLeftOrIsClosedIsNotLetInAndRecoveryUnlinks(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		l := newLiar(t, func() time.Time { return h.now })
		p := h.provides(l)
		ctx := context.Background()
		eleni := h.makes("eleni", "hospital")
		h.links(p, l, "eleni", eleni)
		h.in.member[eleni] = "clinic"
		if w := h.browser().enters(l, p, "eleni"); !strings.Contains(text(w), "administrator: member") {
			t.Errorf("%s", text(w))
		}
		h.in.member[eleni] = "hospital"
		h.makesAdministrator()
		h.must(h.accounts.SetState(ctx, h.admin, eleni, account.Disabled))
		if w := h.browser().enters(l, p, "eleni"); !strings.Contains(text(w), "administrator: closed") {
			t.Errorf("%s", text(w))
		}
		h.must(h.accounts.SetState(ctx, h.admin, eleni, account.Active))
		path, err := h.accounts.RecoveryLinkByCommand(ctx, "eleni")
		h.must(err)
		_, err = h.accounts.Recover(ctx, path[strings.LastIndexByte(path, '/')+1:], "another "+phrase, "")
		h.must(err)
		if _, _, links := h.rows(); links != 0 {
			t.Errorf("%d links after a recovery", links)
		}
	})
}

// makesAdministrator keeps the rule happy that there is always one.
func (h *house) makesAdministrator() {
	h.t.Helper()
	id := h.makes("the-administrator", "")
	h.must(h.db.Write(context.Background(), func(tx *db.Tx) error { return h.accounts.Grant(tx, id, "administrator", "") }))
}

// req: SSO-10
func TestWhatIsKeptOfAnIdentityCannotBeReadBack(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	p := h.provides(l)
	h.links(p, l, "eleni-mara", h.makes("eleni", "hospital"))
	stored, err := h.Get(context.Background(), h.admin, p.ID)
	h.must(err)
	if strings.Contains(string(stored.secret), l.secret) || !stored.HasSecret() {
		t.Error("the client secret stands in the database")
	}
	if s := h.subject(l.URL, "eleni-mara"); len(s) != 64 || strings.Contains(s, "eleni") {
		t.Errorf("%q", s)
	}
	other := &Service{secret: vault.NewServerSecret()}
	if other.subject(l.URL, "eleni-mara") == h.subject(l.URL, "eleni-mara") {
		t.Error("another installation finds the same person")
	}
}

// req: SSO-11
func TestARestoreTurnsEveryProviderOff(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		l := newLiar(t, func() time.Time { return h.now })
		p := h.provides(l)
		h.must(d.Write(context.Background(), EndAll))
		one, err := h.Get(context.Background(), h.admin, p.ID)
		h.must(err)
		if one.On {
			t.Error("it is on")
		}
		if ways, err := h.Ways(context.Background()); err != nil || len(ways) != 0 {
			t.Errorf("%v %v", ways, err)
		}
	})
}

// A provider's word that somebody is signed out ends the sign-ins of that
// person, once, and nothing else does.
func TestASignOutAtTheWorkplaceEndsTheSignInsHere(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		l := newLiar(t, func() time.Time { return h.now })
		p := h.provides(l)
		h.links(p, l, "eleni", h.makes("eleni", "hospital"))
		h.links(p, l, "otto", h.makes("otto", "hospital"))
		eleni, otto := h.browser(), h.browser()
		eleni.enters(l, p, "eleni")
		otto.enters(l, p, "otto")
		say := func(change func(map[string]any)) int { return h.saysSignedOut(l, p, l.kid, change) }
		for name, change := range map[string]func(map[string]any){
			"another audience": func(c map[string]any) { c["aud"] = "another" },
			"another issuer":   func(c map[string]any) { c["iss"] = "https://elsewhere.example" },
			"with a nonce":     func(c map[string]any) { c["nonce"] = "x" },
			"no event":         func(c map[string]any) { delete(c, "events") },
			"no subject":       func(c map[string]any) { delete(c, "sub"); c["sid"] = "x" },
			"no name":          func(c map[string]any) { delete(c, "jti") },
			"old":              func(c map[string]any) { c["iat"] = h.now.Add(-time.Hour).Unix() },
			"expired":          func(c map[string]any) { c["exp"] = h.now.Add(-time.Hour).Unix() },
		} {
			if got := say(change); got != 400 {
				t.Errorf("%s: %d", name, got)
			}
		}
		if eleni.isIn() == "" {
			t.Fatal("a wrong word ended a sign-in")
		}
		if got := say(func(map[string]any) {}); got != 200 || eleni.isIn() != "" || otto.isIn() == "" {
			t.Errorf("%d, eleni %q, otto %q", got, eleni.isIn(), otto.isIn())
		}
		eleni.enters(l, p, "eleni")
		if got := say(func(map[string]any) {}); got != 200 || eleni.isIn() == "" {
			t.Errorf("the same word again: %d %q", got, eleni.isIn())
		}
		if got := say(func(c map[string]any) { c["sub"], c["jti"] = "nobody", "two" }); got != 200 {
			t.Errorf("somebody who is not linked: %d", got)
		}
	})
}

// saysSignedOut lets a provider say, under a key, that Eleni is signed out.
func (h *house) saysSignedOut(l *liar, p Provider, kid string, change func(map[string]any)) (status int) {
	h.t.Helper()
	const event = "http://schemas.openid.net/event/backchannel-logout"
	c := map[string]any{"iss": l.URL, "aud": l.client, "sub": "eleni", "iat": h.now.Unix(), "exp": h.now.Add(time.Minute).Unix(), "jti": "one", "events": map[string]any{event: map[string]any{}}}
	change(c)
	payload, err := json.Marshal(c)
	h.must(err)
	r := httptest.NewRequest("POST", "/sign-in/out/"+p.ID, strings.NewReader(url.Values{"logout_token": {l.signed(payload, l.key, kid)}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w.Code
}
