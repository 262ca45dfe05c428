// Package sso lets the people of an agency sign in with the provider that
// their house already has (OpenID Connect).
//
// The idea. A provider says who somebody is; it never opens anything. A
// sign-in by it is a locked one: what is sealed opens with the unlock phrase
// or a passkey, which no provider knows. Who belongs to an agency stays the
// word of its leads: a first sign-in needs an invitation, an open sign-in
// that confirms, or the agreement of a lead that newcomers of this provider
// come in and wait. Two people are the same when issuer and subject are the
// same, never because an e-mail address is.
//
// What is stored: providers (sso_provider: whose they are, where they stand,
// the client secret sealed under the server's secret, whom they may vouch
// for) and which account belongs to which subject (sso_identity: a keyed hash
// of issuer and subject, nothing that the provider said). What a sign-in under
// way needs (state, nonce, code verifier) travels sealed in a cookie of ten
// minutes; the database only remembers that a state was used.
//
// The life of a provider: an administrator writes it down (off), tries it,
// turns it on. Sign-ins are taken while it is on and the account is a member
// of its agency. Deleting it deletes what was linked by it. When it moves to
// another issuer, nothing that was linked fits any more, and a lead agrees
// anew. A provider's word that somebody signed out there ends the sign-ins here.
//
// What it must never do: contact a host that the administrator did not name;
// unlock; let somebody in who holds a role for the whole installation, for
// whom a hospital's provider has no standing; link by an address; place
// somebody in an agency without its leads; say whether an account exists;
// take away the local way in.
package sso

import (
	"crypto/x509"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/fault"
)

// Provider is an agency's OpenID provider as the administrator wrote it down.
type Provider struct {
	ID, AgencyID string
	Label        string   // the words on the button; neutral
	Issuer       string   // exactly as the provider writes it in its tokens
	ClientID     string   // what the provider calls this installation
	Hosts        []string // further hosts that may be contacted, host or host:port
	Authority    string   // PEM of a certificate authority of the house; "" the system's
	Scopes       []string // beside openid, email and profile
	Domains      []string // e-mail domains of the people that it may vouch for; none: all
	Claim        string   // a claim that must hold ClaimValue; "" none
	ClaimValue   string
	Second       string   // SecondProvider or SecondHere
	ACR, AMR     []string // with SecondProvider: one of these must be in the token
	Afresh       bool     // the provider asks for the password at every sign-in
	Shown        bool     // its button stands on the sign-in page; else only behind its own link
	Entry        string   // EntryInvited or EntryWaiting
	AgreedBy     string   // the lead who agreed to EntryWaiting; "" nobody yet
	Agreed       time.Time
	On           bool
	Created      time.Time
	Version      int64 // for two editors at once

	secret []byte // sealed under the server's secret; empty: a public client
}

// Where the second step of a sign-in is taken.
const (
	SecondProvider = "provider" // the provider asks for it, and says so with acr or amr
	SecondHere     = "here"     // a one-time code of this installation
)

// How somebody comes in who is not linked yet.
const (
	EntryInvited = "invited" // by an invitation, or by linking an account that exists
	EntryWaiting = "waiting" // besides: as a professional who waits, when a lead agreed
)

// HasSecret says whether a client secret is kept.
func (p Provider) HasSecret() bool { return len(p.secret) > 0 }

// TakesNewcomers says whether somebody without an invitation may make an
// account that waits. // req: SSO-6
func (p Provider) TakesNewcomers() bool { return p.Entry == EntryWaiting && p.AgreedBy != "" }

// MayContact says whether the administrator named the host of an address.
// req: SSO-1
func (p Provider) MayContact(u *url.URL) bool {
	issuer, err := url.Parse(p.Issuer)
	if err != nil || u.Host == "" || u.User != nil || !secure(u) {
		return false
	}
	host := strings.ToLower(u.Host)
	return host == strings.ToLower(issuer.Host) || slices.Contains(p.Hosts, host)
}

// secure says whether an address is TLS, or on this machine.
func secure(u *url.URL) bool {
	if u.Scheme == "https" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// clean brings what was typed into order and says what is wrong with it.
func (p *Provider) clean() error {
	p.Label, p.Issuer, p.ClientID = strings.TrimSpace(p.Label), strings.TrimSpace(p.Issuer), strings.TrimSpace(p.ClientID)
	p.Authority, p.Claim, p.ClaimValue = strings.TrimSpace(p.Authority), strings.TrimSpace(p.Claim), strings.TrimSpace(p.ClaimValue)
	p.Hosts, p.Domains = lowered(p.Hosts), lowered(p.Domains)
	var wrong []fault.Field
	check := func(ok bool, field, key string) {
		if !ok {
			wrong = append(wrong, fault.Field{Name: field, Key: key})
		}
	}
	n := utf8.RuneCountInString(p.Label)
	check(n >= 2 && n <= 60, "label", "sso.error.label")
	check(goodIssuer(p.Issuer), "issuer", "sso.error.issuer")
	check(p.ClientID != "" && len(p.ClientID) <= 255, "client", "sso.error.client")
	check(p.AgencyID != "", "agency", "web.error.choose")
	check(allHosts(p.Hosts), "hosts", "sso.error.hosts")
	check(allDomains(p.Domains), "domains", "sso.error.domains")
	check(p.Authority == "" || goodAuthority(p.Authority), "authority", "sso.error.authority")
	check((p.Claim == "") == (p.ClaimValue == ""), "claim-value", "sso.error.claim")
	check(p.Second == SecondProvider || p.Second == SecondHere, "second", "web.error.choose")
	check(p.Entry == EntryInvited || p.Entry == EntryWaiting, "entry", "web.error.choose")
	for _, s := range p.Scopes {
		check(!strings.ContainsAny(s, "\"\\") && len(s) < 100, "scopes", "sso.error.scopes")
	}
	return fault.Fields(wrong...)
}

func lowered(list []string) (out []string) {
	for _, s := range list {
		if s = strings.ToLower(strings.TrimSpace(s)); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func goodIssuer(issuer string) bool {
	u, err := url.Parse(issuer)
	return err == nil && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" && secure(u) && len(issuer) <= 500
}

func allHosts(hosts []string) bool {
	for _, h := range hosts {
		u, err := url.Parse("https://" + h)
		if err != nil || u.Host != h || u.Hostname() == "" || strings.ContainsAny(h, "/@*? ") {
			return false
		}
	}
	return true
}

func allDomains(domains []string) bool {
	for _, d := range domains {
		if !strings.Contains(d, ".") || strings.ContainsAny(d, "@*/: ") || len(d) > 253 {
			return false
		}
	}
	return true
}

func goodAuthority(pem string) bool {
	return len(pem) < 64<<10 && x509.NewCertPool().AppendCertsFromPEM([]byte(pem))
}

// keepsAgreement says whether the lead's agreement still means the same after
// a change: who is vouched for, and by whom, is as it was.
func (p Provider) keepsAgreement(old Provider) bool {
	return p.Issuer == old.Issuer && p.ClientID == old.ClientID && p.AgencyID == old.AgencyID && p.Authority == old.Authority &&
		slices.Equal(p.Domains, old.Domains) && p.Claim == old.Claim && p.ClaimValue == old.ClaimValue && slices.Equal(p.Hosts, old.Hosts) &&
		p.Second == old.Second && slices.Equal(p.ACR, old.ACR) && slices.Equal(p.AMR, old.AMR)
}

// keepsSecret says whether the kept client secret would still go to the same
// place: else it has to be typed again, so that nobody who may change a
// provider can have it sent to a host of their own. // req: SSO-7
func (p Provider) keepsSecret(old Provider) bool {
	return p.Issuer == old.Issuer && p.ClientID == old.ClientID && slices.Equal(p.Hosts, old.Hosts) && p.Authority == old.Authority
}
