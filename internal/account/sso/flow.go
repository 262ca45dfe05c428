package sso

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The times of a sign-in by a provider.
const (
	FlowLife   = 10 * time.Minute // from the button to the answer
	TicketLife = 15 * time.Minute // from the answer to the form that follows it
	Skew       = time.Minute      // how far two clocks may be apart
	FreshLife  = 5 * time.Minute  // with Afresh: how old the provider's own sign-in may be
)

// Refusal is why an answer of a provider was not taken, as a code for the log
// and the page.
type Refusal string

// The refusals. Each is a sentence sso.refused.<code>.
const (
	RefusedState     Refusal = "state"     // no sign-in of this browser waits for the answer
	RefusedOld       Refusal = "old"       // it waited too long
	RefusedReplay    Refusal = "replay"    // the answer was used already
	RefusedMixup     Refusal = "mixup"     // the answer came from another provider than was asked
	RefusedOff       Refusal = "off"       // the provider was turned off meanwhile
	RefusedCancelled Refusal = "cancelled" // the person or the provider said no
	RefusedProvider  Refusal = "provider"  // the provider answered with a fault
	RefusedCode      Refusal = "code"      // the provider does not know the code
	RefusedToken     Refusal = "token"     // no readable token, or more than one identity in it
	RefusedSignature Refusal = "signature" // not signed by a key of the provider, or not in an accepted way
	RefusedIssuer    Refusal = "issuer"
	RefusedAudience  Refusal = "audience"
	RefusedParty     Refusal = "party" // made for another program
	RefusedExpired   Refusal = "expired"
	RefusedClock     Refusal = "clock" // made in the future
	RefusedNonce     Refusal = "nonce"
	RefusedSubject   Refusal = "subject"
	RefusedFresh     Refusal = "fresh"  // the provider did not ask again
	RefusedSecond    Refusal = "second" // the provider did not take the second step that is asked for
	RefusedDomain    Refusal = "domain"
	RefusedClaim     Refusal = "claim"
	RefusedMember    Refusal = "member"  // the account is no member of the provider's agency
	RefusedUnlinked  Refusal = "unknown" // nobody is linked, and nobody may come in unasked
	RefusedWide      Refusal = "wide"    // roles for the whole installation sign in here
	RefusedClosed    Refusal = "closed"  // the account is disabled
	RefusedPasskey   Refusal = "passkey" // the second step is a passkey of this installation
	RefusedTaken     Refusal = "taken"   // the subject is linked with another account
)

// Error is for the log.
func (r Refusal) Error() string { return "sign-in by provider refused: " + string(r) }

// Algorithms are the signatures that are accepted: only public keys, so that
// neither "none" nor a shared secret passes. // req: SSO-3
var Algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// Claims are what a provider says in an ID token.
type Claims struct {
	Issuer, Subject, Party, Nonce    string
	Audience                         []string
	Expires, Issued, NotBefore, Auth time.Time
	ACR                              string
	AMR                              []string
	Email, Name, Username            string
	EmailUnverified                  bool // the provider says that the address is not checked
	all                              map[string]any
}

// readClaims reads the payload of a token; wrong types are a refusal.
func readClaims(payload []byte) (Claims, error) {
	var all map[string]any
	dec := json.NewDecoder(strings.NewReader(string(payload)))
	dec.UseNumber()
	if err := dec.Decode(&all); err != nil {
		return Claims{}, fmt.Errorf("%w: %w", RefusedToken, err)
	}
	c := Claims{all: all, Audience: texts(all["aud"]), AMR: texts(all["amr"])}
	for name, to := range map[string]*string{"iss": &c.Issuer, "sub": &c.Subject, "azp": &c.Party, "nonce": &c.Nonce, "acr": &c.ACR,
		"email": &c.Email, "name": &c.Name, "preferred_username": &c.Username} {
		*to, _ = all[name].(string)
	}
	for name, to := range map[string]*time.Time{"exp": &c.Expires, "iat": &c.Issued, "nbf": &c.NotBefore, "auth_time": &c.Auth} {
		n, _ := all[name].(json.Number)
		if f, err := n.Float64(); err == nil && f > 0 && f < 1e11 {
			*to = time.Unix(int64(f), 0).UTC()
		}
	}
	v, given := all["email_verified"]
	c.EmailUnverified = given && v != true && v != "true"
	return c, nil
}

// texts is a claim that may be one text or a list of them.
func texts(v any) (list []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if s, ok := one.(string); ok {
				list = append(list, s)
			}
		}
	}
	return list
}

// Judge says whether the claims answer this sign-in: OpenID Connect Core
// 3.1.3.7, with the nonce that was sent. The signature is checked before.
// req: SSO-3
func Judge(p Provider, c Claims, nonce string, now time.Time) error {
	switch {
	case c.Issuer != p.Issuer:
		return RefusedIssuer
	case !slices.Contains(c.Audience, p.ClientID):
		return RefusedAudience
	case c.Party != "" && c.Party != p.ClientID, len(c.Audience) > 1 && c.Party == "":
		return RefusedParty
	case c.Expires.IsZero() || !now.Before(c.Expires.Add(Skew)):
		return RefusedExpired
	case c.Issued.IsZero(), c.Issued.After(now.Add(Skew)), c.NotBefore.After(now.Add(Skew)):
		return RefusedClock
	case nonce == "" || subtle.ConstantTimeCompare([]byte(c.Nonce), []byte(nonce)) != 1:
		return RefusedNonce
	case c.Subject == "" || len(c.Subject) > 255:
		return RefusedSubject
	case p.Afresh && (c.Auth.IsZero() || now.Sub(c.Auth) > FreshLife+Skew):
		return RefusedFresh
	}
	return nil
}

// Admit says whether the provider may vouch for this person: the second step
// that is asked for, the domain of the address, the claim. // req: SSO-9
func Admit(p Provider, c Claims) error {
	if p.Second == SecondProvider && len(p.ACR)+len(p.AMR) > 0 && !slices.Contains(p.ACR, c.ACR) && !slices.ContainsFunc(c.AMR, func(m string) bool { return slices.Contains(p.AMR, m) }) {
		return RefusedSecond
	}
	if len(p.Domains) > 0 {
		_, domain, ok := strings.Cut(strings.ToLower(c.Email), "@")
		if !ok || c.EmailUnverified || !slices.Contains(p.Domains, domain) {
			return RefusedDomain
		}
	}
	if p.Claim != "" && !holds(c.all[p.Claim], p.ClaimValue) {
		return RefusedClaim
	}
	return nil
}

// holds says whether a claim is the value, or a list that has it.
func holds(v any, value string) bool {
	if b, ok := v.(bool); ok {
		return fmt.Sprint(b) == value
	}
	if n, ok := v.(json.Number); ok {
		return n.String() == value
	}
	return slices.Contains(texts(v), value)
}

// needsMore says whether the rules ask for something that the token does not
// say and the provider may say elsewhere (userinfo).
func needsMore(p Provider, c Claims) bool {
	return len(p.Domains) > 0 && c.Email == "" || p.Claim != "" && c.all[p.Claim] == nil
}

// answered is the query of a provider's answer.
type answered struct{ state, code, issuer, fault string }

// readAnswer takes each parameter once; a doubled one is no answer.
func readAnswer(q url.Values) (a answered, err error) {
	for name, to := range map[string]*string{"state": &a.state, "code": &a.code, "iss": &a.issuer, "error": &a.fault} {
		if len(q[name]) > 1 || len(q.Get(name)) > 4096 {
			return a, RefusedState
		}
		*to = q.Get(name)
	}
	if a.state == "" {
		return a, RefusedState
	}
	return a, nil
}

// check compares the answer with the sign-in that waits for it, before
// anybody is contacted. RFC 9207: a foreign issuer is a mix-up, and so is a
// missing one where the provider promised to say it. // req: SSO-3
func (a answered) check(p Provider, promised bool) error {
	switch {
	case a.issuer != "" && a.issuer != p.Issuer, a.issuer == "" && promised:
		return RefusedMixup
	case a.fault == "access_denied":
		return RefusedCancelled
	case a.fault != "":
		return RefusedProvider
	case a.code == "":
		return RefusedToken
	}
	return nil
}
