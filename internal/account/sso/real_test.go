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
	"amelie/test/idp"
)

// real runs a house with a provider that this project did not write.
func (h *house) real(o idp.Options, change ...func(*Provider)) (Provider, *idp.Provider) {
	h.t.Helper()
	p := Provider{ID: newID(""), AgencyID: "hospital", Label: "My workplace", ClientID: "amelie", Second: SecondProvider, Entry: EntryWaiting, Shown: true}
	secret := "a secret: 50% & more"
	o.Clients = []idp.Client{{ID: "amelie", Secret: secret, Redirect: []string{h.Redirect(p.ID)}}}
	there := idp.Start(h.t, o)
	p.Issuer = there.Issuer
	for _, c := range change {
		c(&p)
	}
	h.must(h.Save(context.Background(), h.admin, p, secret))
	h.must(h.Switch(context.Background(), h.admin, p.ID, true))
	h.must(h.Agree(context.Background(), h.lead, p.ID, true))
	return p, there
}

// goes through the provider's own pages as somebody.
func (b *browser) goes(p Provider, name string) string {
	b.h.t.Helper()
	address := b.leaves("/en/sign-in/with/"+p.ID, nil)
	back := idp.SignIn(b.h.t, address, b.h.Redirect(p.ID), name)
	return text(b.returns(p, back.Query()))
}

func TestWithARealProviderSomebodyComesInStaysTheSameAndMaySayNo(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.now = time.Now()
		p, there := h.real(idp.Options{})
		b := h.browser()
		back := idp.SignIn(t, b.leaves("/en/sign-in/with/"+p.ID, nil), h.Redirect(p.ID), "eleni")
		w := b.returns(p, back.Query())
		form := url.Values{"ticket": {ticketOf(t, w)}, "name": {"Eleni Mara"}, "login": {"eleni@hospital.example"}, "password": {phrase}}
		if !strings.Contains(w.Body.String(), `value="Eleni Mara"`) || !strings.Contains(w.Body.String(), `value="eleni@hospital.example"`) {
			t.Errorf("name and address are not offered: %s", text(w))
		}
		if w := b.post("/en/sign-in/new", form); w.Code != 303 || b.isIn() != "here is Eleni Mara unlocked" {
			t.Fatalf("%d %s", w.Code, text(w))
		}
		second := h.browser()
		if said := second.goes(p, "eleni"); !strings.Contains(said, "You are signed in") || second.isIn() != "here is Eleni Mara locked" {
			t.Errorf("%s; %q", said, second.isIn())
		}
		if said := h.browser().goes(p, ""); !strings.Contains(said, "administrator: cancelled") {
			t.Errorf("%s", said)
		}
		q := second.leaves("/en/sign-in/with/"+p.ID, nil)
		answer := idp.SignIn(t, q, h.Redirect(p.ID), "eleni").Query()
		if answer.Get("iss") != there.Issuer {
			t.Errorf("the provider does not say who it is: %v", answer)
		}
		answer.Set("iss", "https://elsewhere.example")
		if w := second.returns(p, answer); !strings.Contains(text(w), "administrator: mixup") {
			t.Errorf("%s", text(w))
		}
	})
}

func TestARealProvidersWordsElsewhereAndItsSecondStepAreUnderstood(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	h.now = time.Now()
	p, _ := h.real(idp.Options{UserInfo: true, ACR: "two", AMR: []string{"pwd", "otp"}}, func(p *Provider) {
		p.Domains, p.Claim, p.ClaimValue, p.Scopes, p.ACR, p.Afresh = []string{"hospital.example"}, "groups", "ward", []string{"groups"}, []string{"two"}, true
	})
	if said := h.browser().goes(p, "eleni"); !strings.Contains(said, "This is your first time here") {
		t.Errorf("%s", said)
	}
	if said := h.browser().goes(p, "stranger"); !strings.Contains(said, "administrator: domain") {
		t.Errorf("%s", said)
	}
	if said := h.browser().goes(p, "porter"); !strings.Contains(said, "administrator: claim") {
		t.Errorf("%s", said)
	}
	one, _ := h.real(idp.Options{ACR: "one"}, func(p *Provider) { p.ACR = []string{"two"} })
	if said := h.browser().goes(one, "eleni"); !strings.Contains(said, "administrator: second") {
		t.Errorf("%s", said)
	}
}

func TestATrialOfARealProviderFindsWhatIsWrong(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	h.now = time.Now()
	p, there := h.real(idp.Options{})
	ctx := context.Background()
	tried := func() []string {
		found, err := h.Try(ctx, h.admin, p.ID)
		h.must(err)
		return keys(found)
	}
	if got := tried(); !slices.Equal(got, []string{"+reached", "+itself", "+clock", "+keys", "+secret", "+address"}) {
		t.Errorf("%v", got)
	}
	h.must(h.save(p, "a wrong secret"))
	if got := tried(); !slices.Contains(got, "!secret") {
		t.Errorf("%v", got)
	}
	if said := h.browser().goes(p, "eleni"); !strings.Contains(said, "administrator: secret") {
		t.Errorf("%s", said)
	}
	elsewhere := Provider{ID: newID(""), AgencyID: "hospital", Label: "Not registered", Issuer: p.Issuer, ClientID: "amelie", Second: SecondHere, Entry: EntryInvited}
	h.must(h.Save(ctx, h.admin, elsewhere, "a secret: 50% & more"))
	found, err := h.Try(ctx, h.admin, elsewhere.ID)
	h.must(err)
	if !slices.Equal(keys(found), []string{"+reached", "+itself", "+clock", "+keys", "+secret", "!address"}) {
		t.Errorf("%v", keys(found))
	}
	there.Stop()
	if got := tried(); !slices.Equal(got, []string{"!unreachable"}) {
		t.Errorf("%v", got)
	}
}

// save changes a provider as the newest form would.
func (h *house) save(p Provider, secret string) error {
	one, err := h.Get(context.Background(), h.admin, p.ID)
	if err != nil {
		return err
	}
	return h.Save(context.Background(), h.admin, one.Provider, secret)
}
