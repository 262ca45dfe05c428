package sso

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"amelie/internal/account"
	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Agency is one that a provider can belong to.
type Agency struct{ ID, Name string }

// Agencies is what sso needs to know of them.
type Agencies interface {
	// Name of an agency. Errors: fault.NotFound.
	Name(tx *db.Tx, agencyID string) (string, error)
	// All that the viewer may know of.
	All(ctx context.Context, v *web.Viewer) ([]Agency, error)
	// Membership of a person: "" for none.
	Membership(tx *db.Tx, userID string) (agencyID string, err error)
	// Invited is the agency that an invitation leads into, without using it.
	Invited(ctx context.Context, secret string) (agencyID string, err error)
	// Join uses an invitation; insert writes the account in its transaction.
	Join(ctx context.Context, secret, userID string, public vault.PublicKey, insert func(*db.Tx) error) error
	// Wait makes a professional who waits; insert as above.
	Wait(ctx context.Context, agencyID, userID string, insert func(*db.Tx) error) error
}

// Config is what an installation decides.
type Config struct {
	BaseURL string
	TLS     bool
	Now     clock.Clock
	Log     *slog.Logger
	// MayTry says whether a network address may begin one more sign-in now; a
	// whole hospital may stand behind one. nil: always.
	MayTry func(*http.Request) bool
}

// Service is the providers of one installation.
type Service struct {
	db       *db.DB
	secret   *vault.ServerSecret
	policy   *policy.Engine
	accounts *account.Service
	agencies Agencies
	cfg      Config
	book     book
	refusals refusals
}

// New makes the service. The policy engine must hold this package's Policy.
func New(d *db.DB, secret *vault.ServerSecret, p *policy.Engine, accounts *account.Service, agencies Agencies, cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{db: d, secret: secret, policy: p, accounts: accounts, agencies: agencies, cfg: cfg, book: book{now: cfg.Now}}
}

// What a sign-in by a provider is for.
const (
	forEntry  = "entry"  // to come in
	forInvite = "invite" // to take an invitation
	forLink   = "link"   // to link the account of an open sign-in
	forTrial  = "trial"  // to see what the provider says; changes nothing
)

// flight is a sign-in under way. It travels sealed in a cookie of the browser
// that began it, so that nothing is stored for visitors who never come back.
type flight struct {
	State, Nonce, Verifier string
	Provider, Purpose      string
	To, Lang               string
	Invite                 string // secret of the invitation
	User                   string // who began it, for forLink and forTrial
	At                     time.Time
}

// ticket is what a provider said, sealed for the form that follows.
type ticket struct {
	Provider, Subject, Name, Login, Email string
	Purpose, To, Invite, User             string
	At                                    time.Time
}

func flightBinding() vault.Binding { return vault.Binding{Field: "sso.flight", Row: "", Scope: ""} }
func ticketBinding() vault.Binding { return vault.Binding{Field: "sso.ticket", Row: "", Scope: ""} }

func secretBinding(providerID string) vault.Binding {
	return vault.Binding{Field: "sso.client-secret", Row: providerID, Scope: ""}
}

var errNotFound = fault.New(fault.NotFound, "")

func (s *Service) require(v *web.Viewer, action string, p Provider, wide bool) error {
	return s.policy.Require(v.Actor(), action, policy.Object{Type: "Provider", ID: p.ID, Attrs: map[string]any{"agency": p.AgencyID, "wide": wide}})
}

func (s *Service) record(tx *db.Tx, actor, agencyID, action, object, purpose string) error {
	return audit.Record(tx, audit.Event{At: s.cfg.Now(), Actor: actor, Agency: agencyID, Action: action, Object: object, Purpose: purpose})
}

// Redirect is the address that the provider must know: one for each provider,
// so that the answer of one is never taken for another's. // req: SSO-3
func (s *Service) Redirect(providerID string) string {
	return strings.TrimRight(s.cfg.BaseURL, "/") + "/sign-in/back/" + providerID
}

// subject is how an identity is kept: nothing that the provider said can be
// read back. // req: SSO-10
func (s *Service) subject(issuer, subject string) string {
	return s.secret.Fingerprint("sso.subject", issuer+"\n"+subject)
}

func (s *Service) clientSecret(p Provider) (string, error) {
	if !p.HasSecret() {
		return "", nil
	}
	b, err := s.secret.Open(p.secret, secretBinding(p.ID))
	return string(b), fault.Wrap(err, "open client secret", p.ID)
}

// on is a provider that takes sign-ins; any other is not found.
func (s *Service) on(ctx context.Context, providerID string) (p Provider, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var found bool
		p, found, err = loadProvider(tx, providerID)
		if err == nil && (!found || !p.On) {
			err = errNotFound
		}
		return err
	})
	return p, err
}

// Ways are the buttons on the sign-in page. // req: SSO-4
func (s *Service) Ways(ctx context.Context) (ways []account.Way, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ways = nil
		list, err := loadProviders(tx)
		for _, p := range list {
			if p.On && p.Shown {
				ways = append(ways, account.Way{Path: "/sign-in/with/" + p.ID, Label: p.Label})
			}
		}
		return err
	})
	return ways, err
}

// WaysInto are the providers of an agency that take sign-ins, for the page of
// an invitation and for a member's own page.
func (s *Service) WaysInto(ctx context.Context, agencyID string) (list []Provider, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list, err = loadOfAgency(tx, agencyID)
		list = slices.DeleteFunc(list, func(p Provider) bool { return !p.On })
		return err
	})
	return list, err
}

// Linked says whether a person can come in by a provider.
func (s *Service) Linked(tx *db.Tx, userID string) (bool, error) {
	var n int64
	err := tx.Row(countOfUser, userID).Scan(&n)
	return n > 0, err
}

// Forget deletes every link of a person, after a recovery.
func (s *Service) Forget(tx *db.Tx, userID string) error { return ForgetPerson(tx, userID) }

// ForgetPerson deletes every link of a person, also without a service, after a
// restore.
func ForgetPerson(tx *db.Tx, userID string) error {
	_, err := tx.Exec(deleteOfUser, userID)
	return err
}

// begin makes a sign-in and the address at the provider. Errors: *Trouble.
func (s *Service) begin(ctx context.Context, p Provider, f flight) (cookie, address string, err error) {
	f.State, f.Nonce, f.Verifier = random(), random(), oauth2.GenerateVerifier()
	f.Provider, f.At = p.ID, s.cfg.Now()
	k, err := s.book.get(ctx, p, f.At)
	if err != nil {
		return "", "", err
	}
	plain, err := json.Marshal(f)
	if err != nil {
		return "", "", err
	}
	sealed, err := s.secret.SealToken(plain, flightBinding())
	return cookieName(s.cfg.TLS, f.State) + "=" + sealed, k.address(p, s.Redirect(p.ID), f.State, f.Nonce, f.Verifier), err
}

func random() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// cookieName is one cookie for each sign-in, so that two windows do not
// disturb each other.
func cookieName(tls bool, state string) string {
	name := "amelie_w_"
	if tls {
		name = "__Host-amelie-w-"
	}
	return name + state[:min(8, len(state))]
}

// openFlight reads the cookie of an answer. Nothing is looked up or recorded
// for an answer that no sign-in of this browser waits for: anybody can send
// such requests.
func (s *Service) openFlight(sealed, providerID string, a answered, now time.Time) (flight, error) {
	var f flight
	plain, err := s.secret.OpenToken(sealed, flightBinding())
	if err != nil || json.Unmarshal(plain, &f) != nil || f.State != a.state {
		return flight{}, RefusedState
	}
	switch {
	case now.Sub(f.At) > FlowLife || now.Before(f.At):
		return f, RefusedOld
	case f.Provider != providerID:
		return f, RefusedMixup
	}
	return f, nil
}

// answer takes what the provider sent back: it uses the state up, then asks
// the provider for the token, and checks it. Every refusal leaves a line in
// the log and nothing else. // req: SSO-3
func (s *Service) answer(ctx context.Context, f flight, a answered) (p Provider, c Claims, err error) {
	now := s.cfg.Now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		var found bool
		if p, found, err = loadProvider(tx, f.Provider); err != nil {
			return err
		}
		if !found || !p.On && f.Purpose != forTrial {
			return RefusedOff
		}
		first, err := db.Once(tx, "sso.state", f.State, now)
		if err == nil && !first {
			err = RefusedReplay
		}
		return err
	})
	if err != nil {
		return p, c, err
	}
	k, err := s.book.get(ctx, p, now)
	if err != nil {
		return p, c, err
	}
	if err := a.check(p, k.Promises); err != nil {
		return p, c, err
	}
	secret, err := s.clientSecret(p)
	if err != nil {
		return p, c, err
	}
	c, err = k.redeem(ctx, p, secret, s.Redirect(p.ID), f, a.code, now)
	if err == nil && f.Purpose != forTrial {
		err = Admit(p, c)
	}
	return p, c, err
}

// refused writes the line of a refusal. Anybody can cause one, so there is an
// end to them. // req: SSO-11
func (s *Service) refused(ctx context.Context, f flight, agencyID string, why error) {
	code := codeOf(why)
	s.cfg.Log.Warn("sign-in by provider", "provider", f.Provider, "refused", code, "err", why.Error())
	n := s.refusals.count(f.Provider, code, s.cfg.Now())
	if n > refusalsNoted {
		return
	}
	purpose := "reason=" + code
	if n == refusalsNoted {
		purpose += "; more of this hour are not written"
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		return s.record(tx, f.User, agencyID, "sso.refused", "provider/"+f.Provider, purpose)
	})
	if err != nil {
		s.cfg.Log.Error("audit of a refusal", "err", err.Error())
	}
}

// refusalsNoted are the refusals of one provider for one reason that the log
// takes in an hour. The sign-ins that succeed are always in it.
const refusalsNoted = 60

// refusals counts the refusals of this hour, in memory: they only keep the log
// from being filled by strangers.
type refusals struct {
	mu   sync.Mutex
	hour time.Time
	n    map[[2]string]int
}

// count says how many there were in this hour, this one included.
func (r *refusals) count(providerID, code string, now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if hour := now.Truncate(time.Hour); r.n == nil || !hour.Equal(r.hour) {
		r.hour, r.n = hour, map[[2]string]int{}
	}
	key := [2]string{providerID, code}
	r.n[key]++
	return r.n[key]
}

// codeOf is the code of a refusal or a trouble.
func codeOf(err error) string {
	var r Refusal
	var t *Trouble
	switch {
	case errors.As(err, &r):
		return string(r)
	case errors.As(err, &t):
		return t.Code
	case errors.Is(err, account.ErrWide):
		return string(RefusedWide)
	case errors.Is(err, account.ErrClosed):
		return string(RefusedClosed)
	case errors.Is(err, account.ErrPasskey):
		return string(RefusedPasskey)
	}
	return fault.KindOf(err).String()
}

// whose finds the account of a subject. Errors: RefusedUnlinked for nobody's;
// RefusedMember when the account is none of the provider's agency (any more).
func (s *Service) whose(tx *db.Tx, p Provider, subject string) (userID string, err error) {
	providerID, userID, found, err := loadIdentity(tx, subject)
	if err != nil {
		return "", err
	}
	if !found || providerID != p.ID {
		return "", RefusedUnlinked
	}
	agency, err := s.agencies.Membership(tx, userID)
	if err == nil && agency != p.AgencyID {
		err = RefusedMember
	}
	return userID, err
}

// enter signs a linked person in, locked. // req: SSO-2
func (s *Service) enter(ctx context.Context, p Provider, subject string, v account.Vouched) (*account.Started, error) {
	var userID string
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) { userID, err = s.whose(tx, p, subject); return err })
	if err != nil {
		return nil, err
	}
	v.UserID, v.Here = userID, p.Second == SecondHere
	v.Inside = func(tx *db.Tx) error {
		now, found, err := loadProvider(tx, p.ID)
		if err != nil {
			return err
		}
		if !found || !now.On {
			return RefusedOff
		}
		who, err := s.whose(tx, now, subject)
		if err == nil && who != userID {
			err = RefusedUnlinked
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(useIdentity, clock.Millis(s.cfg.Now()), subject)
		return err
	}
	return s.accounts.SignInVouched(ctx, v)
}

// make makes the account of somebody who was never here: by an invitation, or
// waiting where a lead agreed. Account, membership and link are one
// transaction. // req: SSO-6
func (s *Service) make(ctx context.Context, t ticket, n account.NewUser) (p Provider, made *account.Prepared, err error) {
	if p, err = s.on(ctx, t.Provider); err != nil {
		return p, nil, err
	}
	if t.Invite == "" && !p.TakesNewcomers() {
		return p, nil, RefusedUnlinked
	}
	made, insert, err := s.accounts.RegisterVouched(n)
	if err != nil {
		return p, nil, err
	}
	return p, made, s.admit(ctx, p, t, made, insert)
}

func (s *Service) admit(ctx context.Context, p Provider, t ticket, made *account.Prepared, insert func(*db.Tx) error) error {
	userID, public := made.User.ID, made.User.Public
	both := func(tx *db.Tx) error {
		now, found, err := loadProvider(tx, p.ID)
		if err != nil {
			return err
		}
		if !found || !now.On || t.Invite == "" && !now.TakesNewcomers() {
			return RefusedOff
		}
		if err := insert(tx); err != nil {
			return err
		}
		return s.link(tx, p, t.Subject, userID)
	}
	if t.Invite == "" {
		return s.agencies.Wait(ctx, p.AgencyID, userID, both)
	}
	into, err := s.agencies.Invited(ctx, t.Invite)
	if err != nil {
		return err
	}
	if into != p.AgencyID {
		return RefusedMember
	}
	return s.agencies.Join(ctx, t.Invite, userID, public, both)
}

// link ties a subject to an account, once. // req: SSO-10
func (s *Service) link(tx *db.Tx, p Provider, subject, userID string) error {
	now := clock.Millis(s.cfg.Now())
	n, err := tx.Exec(insertIdentity, subject, p.ID, userID, now, now)
	if err == nil && n == 0 {
		var whose string
		if _, whose, _, err = loadIdentity(tx, subject); err == nil && whose != userID {
			err = RefusedTaken
		}
		return err
	}
	if err != nil {
		return err
	}
	return s.record(tx, userID, p.AgencyID, "sso.linked", "provider/"+p.ID, "")
}

// LinkMine links the viewer's account with what a provider said in her own
// sign-in. Errors: RefusedTaken; fault.Denied; RefusedWide.
func (s *Service) LinkMine(ctx context.Context, v *web.Viewer, t ticket) error {
	if t.Purpose != forLink || t.User != v.UserID {
		return fault.New(fault.Denied, "")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		p, err := s.mine(tx, v, t.Provider)
		if err != nil {
			return err
		}
		if err := s.link(tx, p, t.Subject, v.UserID); err != nil {
			return err
		}
		return s.accounts.Warn(tx, v.UserID)
	})
}

// mine is a provider that the viewer may link with.
func (s *Service) mine(tx *db.Tx, v *web.Viewer, providerID string) (Provider, error) {
	p, found, err := loadProvider(tx, providerID)
	if err != nil || !found || !p.On {
		return p, errNotFound.Because(err)
	}
	wide, err := s.accounts.HasWideRole(tx, v.UserID)
	if err != nil {
		return p, err
	}
	if wide && v.AgencyID == p.AgencyID {
		return p, RefusedWide
	}
	return p, s.require(v, "sso.link", p, wide)
}

// Unlink takes one of the viewer's own links away.
func (s *Service) Unlink(ctx context.Context, v *web.Viewer, providerID string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(deleteIdentity, v.UserID, providerID)
		if err != nil {
			return err
		}
		if n == 0 {
			return errNotFound
		}
		if err := s.accounts.Warn(tx, v.UserID); err != nil {
			return err
		}
		return s.record(tx, v.UserID, v.AgencyID, "sso.unlinked", "provider/"+providerID, "")
	})
}

// Mine lists the viewer's links and the providers that she could link with.
func (s *Service) Mine(ctx context.Context, v *web.Viewer) (linked []Linked, more []Provider, wide bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if linked, err = loadLinked(tx, v.UserID); err != nil {
			return err
		}
		if wide, err = s.accounts.HasWideRole(tx, v.UserID); err != nil || wide || v.AgencyID == "" {
			return err
		}
		more, err = loadOfAgency(tx, v.AgencyID)
		more = slices.DeleteFunc(more, func(p Provider) bool {
			return !p.On || slices.ContainsFunc(linked, func(l Linked) bool { return l.ProviderID == p.ID })
		})
		return err
	})
	return linked, more, wide, err
}

// signedOut ends every sign-in of a person whom her provider has signed out.
// Somebody who is not linked is signed out already.
func (s *Service) signedOut(ctx context.Context, providerID, raw string) error {
	p, err := s.on(ctx, providerID)
	if err != nil {
		return err
	}
	now := s.cfg.Now()
	k, err := s.book.get(ctx, p, now)
	if err != nil {
		return err
	}
	subject, token, err := k.verifyLogout(ctx, p, raw, now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		first, err := db.Once(tx, "sso.logout", p.ID+" "+token, now)
		if err != nil || !first {
			return err
		}
		owner, userID, found, err := loadIdentity(tx, s.subject(p.Issuer, subject))
		if err != nil || !found || owner != p.ID {
			return err
		}
		return s.accounts.EndSignIns(tx, userID, "provider")
	})
}

// sealTicket and openTicket carry what a provider said through a form.
func (s *Service) sealTicket(t ticket) (string, error) {
	t.At = s.cfg.Now()
	plain, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	return s.secret.SealToken(plain, ticketBinding())
}

func (s *Service) openTicket(token string) (t ticket, err error) {
	plain, err := s.secret.OpenToken(token, ticketBinding())
	if err != nil || json.Unmarshal(plain, &t) != nil {
		return ticket{}, RefusedState
	}
	if age := s.cfg.Now().Sub(t.At); age > TicketLife || age < 0 {
		return t, RefusedOld
	}
	return t, nil
}

// hostOf is the host of an address, for the page that says where one goes.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// newID is the identifier of a provider that is not saved yet: its redirect
// address has to be registered at the provider first.
func newID(given string) string {
	if id.Valid(given) {
		return given
	}
	return id.New()
}
