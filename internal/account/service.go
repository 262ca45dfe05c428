package account

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/mail"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Memberships is what account needs to know of the agencies.
type Memberships interface {
	// Membership is the agency of a person and her roles in it; empty when
	// she belongs to none.
	Membership(tx *db.Tx, userID string) (agencyID, agencyName string, roles []string, err error)
	// KeyChanged tells that the person has a new key pair, by a recovery link
	// that by made: whatever was wrapped for the old one is worthless.
	KeyChanged(tx *db.Tx, userID, by string) error
	// Departure prepares that a person whose account is deleted leaves the
	// agency; leave belongs into the transaction of the deletion.
	// Errors: fault.Conflict when the agency cannot be without the person.
	Departure(ctx context.Context, userID string) (leave func(tx *db.Tx, by string) error, err error)
	// Unlocked tells that a person is here with an unlocked key; it is called
	// at most once a minute for each sign-in.
	Unlocked(ctx context.Context, v *web.Viewer) error
}

// Config is what an installation decides about its accounts.
type Config struct {
	Name      string        // shown by code apps and passkey dialogs: keep it neutral
	NameNow   func() string // the name in mail, when it can change; nil: Name
	BaseURL   string        // origin of the passkeys, start of links in mail
	TLS       bool          // Secure cookies with the __Host- prefix
	Demo      bool          // DemoSignIn works
	Languages []string
	Texts     *i18n.Bundle
	Now       clock.Clock
	Log       *slog.Logger
	Home      string // where a sign-in leads by default: "/today"
	// Address is the address a request comes from; nil: the connection's.
	Address func(r *http.Request) string
	// Locked is told after sign-ins ended or their keys were locked, so that what
	// was held for them in memory goes. May be nil.
	Locked func(ctx context.Context) error
	// Deleted is told, in its transaction, of an account that must not come back
	// with a restored backup (see DeleteAgain). May be nil.
	Deleted func(tx *db.Tx, userID string, at time.Time) error
}

// Service is the accounts of one installation.
type Service struct {
	db          *db.DB
	secret      *vault.ServerSecret
	policy      *policy.Engine
	cfg         Config
	memberships Memberships
	elsewhere   Elsewhere
	passkeys    *webauthn.WebAuthn // nil: the address of the site cannot have passkeys
}

// New makes the service. The policy engine must hold this package's Policy.
func New(d *db.DB, secret *vault.ServerSecret, p *policy.Engine, cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Home == "" {
		cfg.Home = "/today"
	}
	if cfg.Name == "" {
		cfg.Name = "Amelie"
	}
	if cfg.NameNow == nil {
		cfg.NameNow = func() string { return cfg.Name }
	}
	if len(cfg.Languages) == 0 {
		cfg.Languages = []string{"en"}
	}
	if cfg.Address == nil {
		cfg.Address = connectionAddress
	}
	return &Service{db: d, secret: secret, policy: p, cfg: cfg, memberships: nobody{}, elsewhere: nowhere{}, passkeys: relyingParty(cfg)}
}

// Plug connects the agencies. Call it before the first request.
func (s *Service) Plug(m Memberships) { s.memberships = m }

// nobody belongs to no agency: the state of a service before Plug.
type nobody struct{}

func (nobody) Membership(*db.Tx, string) (string, string, []string, error) { return "", "", nil, nil }
func (nobody) KeyChanged(*db.Tx, string, string) error                     { return nil }
func (nobody) Departure(context.Context, string) (func(*db.Tx, string) error, error) {
	return func(*db.Tx, string) error { return nil }, nil
}
func (nobody) Unlocked(context.Context, *web.Viewer) error { return nil }

// connectionAddress is the peer's address; of IPv6 the network (/64), which
// one household or device holds whole.
func connectionAddress(r *http.Request) string {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	a := ap.Addr().Unmap()
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// lockPassword and lockPasskey are the kinds of account_lock.
const (
	lockPassword = "password"
	lockPasskey  = "passkey"
)

func lockBinding(lockID, userID string) vault.Binding {
	return vault.Binding{Field: "account.key", Row: lockID, Scope: userID}
}

func totpBinding(userID string) vault.Binding {
	return vault.Binding{Field: "account.totp", Row: userID, Scope: userID}
}

// secretHash is how the database keeps a secret of at least 128 bits. The
// server's secret keys it, so that a copied database cannot even confirm one.
func (s *Service) secretHash(purpose, secret string) string {
	return s.secret.Fingerprint("account."+purpose, secret)
}

// NewUser is what a person says about herself when the account is made.
type NewUser struct {
	Name, Login, Email, Lang, Password string
}

func (n *NewUser) clean(langs []string) error {
	n.Name, n.Login, n.Email = strings.TrimSpace(n.Name), FoldLogin(n.Login), strings.TrimSpace(n.Email)
	if n.Email == "" && strings.Contains(n.Login, "@") {
		n.Email = n.Login
	}
	if !slices.Contains(langs, n.Lang) {
		n.Lang = langs[0]
	}
	var wrong []fault.Field
	for _, f := range [][2]string{{"name", nameFault(n.Name)}, {"login", loginFault(n.Login)}, {"email", emailFault(n.Email)}, {"password", passwordFault(n.Password, n.Login)}} {
		if f[1] != "" {
			wrong = append(wrong, fault.Field{Name: f[0], Key: f[1], Args: []any{"n", MinPassword}})
		}
	}
	return fault.Fields(wrong...)
}

// Prepared is an account whose slow work is done (key pair, password
// derivation) and that only has to be written.
type Prepared struct {
	User User
	Key  *vault.PrivateKey
	lock lockRow
	kind string // of the lock
}

// Prepare does the slow work of a new account outside of any transaction.
// Errors: fault.Invalid with the wrong fields.
func (s *Service) Prepare(n NewUser) (*Prepared, error) {
	if err := n.clean(s.cfg.Languages); err != nil {
		return nil, err
	}
	key, err := vault.NewPrivateKey()
	if err != nil {
		return nil, fault.Wrap(err, "new account")
	}
	p := &Prepared{Key: key, kind: lockPassword, User: User{
		ID: id.New(), Login: n.Login, Name: n.Name, Email: n.Email, Lang: n.Lang, State: Active,
		Public: key.Public(), Created: s.cfg.Now(),
	}}
	p.lock, err = lockUnderPassword(key, n.Password, p.User.ID)
	return p, err
}

func lockUnderPassword(key *vault.PrivateKey, password, userID string) (lockRow, error) {
	l := lockRow{id: id.New()}
	var err error
	l.envelope, err = vault.LockPassword(key.Bytes(), FoldPassword(password), lockBinding(l.id, userID))
	return l, fault.Wrap(err, "lock key", userID)
}

// Insert writes the prepared account.
// Errors: fault.Invalid on the field login when the name is taken.
func (p *Prepared) Insert(tx *db.Tx) error {
	free, err := insertUser(tx, p.User)
	if err != nil {
		return err
	}
	if !free {
		return fault.Fields(fault.Field{Name: "login", Key: "account.error.login-taken"})
	}
	return insertLock(tx, p.lock, p.User.ID, p.kind, p.User.Created)
}

func insertLock(tx *db.Tx, l lockRow, userID, kind string, at time.Time) error {
	_, err := tx.Exec(insertLockStmt, l.id, userID, kind, l.envelope, clock.Millis(at))
	return err
}

// Register prepares an account for another domain that writes it together
// with its own rows: insert belongs into its transaction, begin starts the
// sign-in of the new person afterwards and leads on to the second factor.
func (s *Service) Register(_ context.Context, name, login, email, lang, password string) (userID string, public vault.PublicKey, insert func(*db.Tx) error, begin func(*web.Ctx) error, err error) {
	p, err := s.Prepare(NewUser{Name: name, Login: login, Email: email, Lang: lang, Password: password})
	if err != nil {
		return "", nil, nil, nil, err
	}
	insert = func(tx *db.Tx) error {
		if err := p.Insert(tx); err != nil {
			return err
		}
		return s.record(tx, p.User.ID, "account.made", p.User.ID)
	}
	begin = func(c *web.Ctx) error { return s.beginEnrolling(c, p.User, p.Key) }
	return p.User.ID, p.User.Public, insert, begin, nil
}

// Person is how other domains show and reach somebody.
func (s *Service) Person(tx *db.Tx, userID string) (name, email, lang string, public vault.PublicKey, err error) {
	u, found, err := loadUser(tx, userID)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "")
	}
	return u.Name, u.Email, u.Lang, u.Public, err
}

// Duty is what the country data need to say which duties a person has:
// profession and employer codes, empty when unknown.
func (s *Service) Duty(ctx context.Context, userID string) (profession, employer string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		u, found, err := loadUser(tx, userID)
		if err == nil && !found {
			return fault.New(fault.NotFound, "")
		}
		profession, employer = u.Profession, u.Employer
		return err
	})
	return profession, employer, err
}

// ByLogin finds a person by her sign-in name, for the command line and the
// demo; "" when there is none.
func (s *Service) ByLogin(ctx context.Context, login string) (userID string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		u, _, err := loadUserByLogin(tx, login)
		userID = u.ID
		return err
	})
	return userID, err
}

// Grant gives a role for the whole installation, inside a transaction of the
// caller, who has checked that it may.
func (s *Service) Grant(tx *db.Tx, userID, role, by string) error {
	if !slices.Contains(InstallationRoles, role) {
		return fault.New(fault.Invalid, "account.error.role")
	}
	if _, err := tx.Exec(insertRoleStmt, userID, role, by, clock.Millis(s.cfg.Now())); err != nil {
		return err
	}
	return s.record(tx, by, "account.role-given", userID, "role", role)
}

// SetRoles sets the roles for the whole installation that a person has.
// Errors: fault.Conflict when the last administrator would be gone.
func (s *Service) SetRoles(ctx context.Context, v *web.Viewer, userID string, roles []string) error {
	for _, r := range roles {
		if !slices.Contains(InstallationRoles, r) {
			return fault.New(fault.Invalid, "account.error.role")
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, v, "account.change-roles", userID); err != nil {
			return err
		}
		had, err := loadRoles(tx, userID)
		if err != nil {
			return err
		}
		for _, r := range had {
			if slices.Contains(roles, r) {
				continue
			}
			if _, err := tx.Exec(deleteRoleStmt, userID, r); err != nil {
				return err
			}
			if err := s.record(tx, v.UserID, "account.role-taken", userID, "role", r); err != nil {
				return err
			}
		}
		for _, r := range roles {
			if slices.Contains(had, r) {
				continue
			}
			if err := s.hasOwnWay(tx, userID); err != nil {
				return err
			}
			if err := s.Grant(tx, userID, r, v.UserID); err != nil {
				return err
			}
		}
		return keepAdministrator(tx)
	})
}

// hasOwnWay refuses a role for the whole installation to somebody who could
// then not come in at all: single sign-on does not let such roles in.
// req: SSO-5
func (s *Service) hasOwnWay(tx *db.Tx, userID string) error {
	u, found, err := loadUser(tx, userID)
	if err != nil || !found {
		return err
	}
	alone, err := s.aloneBySSO(tx, u)
	if err == nil && alone {
		err = fault.New(fault.Conflict, "sso.error.role-needs-own-way")
	}
	return err
}

func keepAdministrator(tx *db.Tx) error {
	var n int64
	if err := tx.Row(countRoleStmt, "administrator").Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "account.error.last-administrator")
	}
	return nil
}

// SetState lets a person in or keeps her out; out ends every sign-in and
// token at once.
func (s *Service) SetState(ctx context.Context, v *web.Viewer, userID, state string) error {
	if state != Active && state != Disabled {
		return fault.New(fault.Invalid, "web.error.invalid")
	}
	now := clock.Millis(s.cfg.Now())
	return s.locked(ctx, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, v, "account.change-state", userID); err != nil {
			return err
		}
		if _, err := tx.Exec(updateStateStmt, state, now, userID); err != nil {
			return err
		}
		if state == Disabled {
			if err := endEverything(tx, userID, now); err != nil {
				return err
			}
		}
		if err := s.record(tx, v.UserID, "account."+state, userID); err != nil {
			return err
		}
		return keepAdministrator(tx)
	}))
}

// endEverything ends all sign-ins and tokens of a person.
func endEverything(tx *db.Tx, userID string, now int64) error {
	if _, err := tx.Exec(endSessions, now, []byte{}, userID, ""); err != nil {
		return err
	}
	_, err := tx.Exec(revokeTokens, now, userID)
	return err
}

// People lists everybody, for the administrator.
func (s *Service) People(ctx context.Context, v *web.Viewer) (list []Listed, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list = nil
		if err := s.policy.Require(v.Actor(), "account.list", policy.Object{Type: "Account", ID: "*", Attrs: map[string]any{"owner": "", "agency": ""}}); err != nil {
			return err
		}
		if err := tx.Each(usersStmt, func(scan func(...any) error) error {
			u, err := scanUser(scan)
			list = append(list, Listed{User: u})
			return err
		}); err != nil {
			return err
		}
		for i := range list {
			if list[i].Roles, err = loadRoles(tx, list[i].ID); err != nil {
				return err
			}
			if list[i].AgencyID, list[i].Agency, list[i].AgencyRoles, err = s.memberships.Membership(tx, list[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// Listed is one person in the administrator's list.
type Listed struct {
	User
	Roles       []string // for the whole installation
	AgencyID    string
	Agency      string
	AgencyRoles []string
}

// require asks the policy about an action on a person's account.
func (s *Service) require(tx *db.Tx, v *web.Viewer, action, userID string) error {
	agency, _, _, err := s.memberships.Membership(tx, userID)
	if err != nil {
		return err
	}
	return s.policy.Require(v.Actor(), action, object(userID, agency))
}

func object(userID, agency string) policy.Object {
	return policy.Object{Type: "Account", ID: userID, Attrs: map[string]any{"owner": userID, "agency": agency}}
}

// record writes the audit event. Extra pairs are plain codes, no personal
// data.
func (s *Service) record(tx *db.Tx, actor, action, userID string, extra ...string) error {
	purpose := ""
	if len(extra) == 2 {
		purpose = extra[0] + "=" + extra[1]
	}
	return audit.Record(tx, audit.Event{At: s.cfg.Now(), Actor: actor, Action: action, Object: "account/" + userID, Purpose: purpose})
}

// warn tells a person by mail that a way into her account changed.
func (s *Service) warn(tx *db.Tx, u User) error {
	return s.notify(tx, u.Email, u.Lang, "account", "/"+u.Lang+"/me/sign-ins")
}

// notify queues a neutral mail with a link, or none when there is no address.
func (s *Service) notify(tx *db.Tx, to, lang, key, path string) error {
	if to == "" || s.cfg.Texts == nil {
		return nil
	}
	return mail.Queue(tx, mail.Compose(s.cfg.Texts, lang, to, key, s.cfg.NameNow(), strings.TrimRight(s.cfg.BaseURL, "/")+path))
}

// WithRole are the addresses and languages of those who have a role for the
// whole installation and may sign in.
func (s *Service) WithRole(tx *db.Tx, role string) (list []User, err error) {
	err = tx.Each(withRoleStmt, func(scan func(...any) error) error {
		var u User
		err := scan(&u.Email, &u.Lang)
		list = append(list, u)
		return err
	}, role)
	return list, err
}

// Anybody says whether there is an account at all.
func Anybody(tx *db.Tx) (bool, error) {
	var n int64
	err := tx.Row(anybodyStmt).Scan(&n)
	return n > 0, err
}

// locked tells that keys may have been locked by what was just written; err is how
// that ended.
func (s *Service) locked(ctx context.Context, err error) error {
	if err != nil || s.cfg.Locked == nil {
		return err
	}
	if err := s.cfg.Locked(context.WithoutCancel(ctx)); err != nil {
		s.cfg.Log.Warn("what is held for ended sign-ins", "error", err.Error()) // the next sweep tries again
	}
	return nil
}

// StillUnlocked says of which of some sign-ins the key is open at the moment.
func (s *Service) StillUnlocked(ctx context.Context, sessionIDs []string) (open map[string]bool, err error) {
	now := s.cfg.Now()
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		open = map[string]bool{}
		for _, id := range sessionIDs {
			n := 0
			if err := tx.Row(unlockedStmt, id, []byte{}, clock.Millis(now.Add(-IdleLimit)), clock.Millis(now.Add(-AbsoluteLimit))).Scan(&n); err != nil {
				return err
			}
			open[id] = n > 0
		}
		return nil
	})
	return open, err
}

// Sweep forgets what is over: old sign-ins, tries, ceremonies, links, and the
// server's halves of keys whose sign-in went idle. Run it every few minutes.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.cfg.Now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(staleHalves, []byte{}, []byte{}, clock.Millis(now.Add(-IdleLimit)), clock.Millis(now.Add(-AbsoluteLimit))); err != nil {
			return err
		}
		for _, c := range []struct {
			stmt *db.Stmt
			at   time.Time
		}{
			{oldSessions, now.Add(-30 * 24 * time.Hour)},
			{oldTries, now.Add(-forgetTime)},
			{oldCeremonies, now},
			{oldLinks, now.Add(-30 * 24 * time.Hour)},
		} {
			if _, err := tx.Exec(c.stmt, clock.Millis(c.at)); err != nil {
				return err
			}
		}
		return nil
	})
}

// originOf is scheme and host of the base address.
func originOf(base string) (origin, host string) {
	u, err := url.Parse(base)
	if err != nil {
		return "", ""
	}
	return u.Scheme + "://" + u.Host, u.Hostname()
}
