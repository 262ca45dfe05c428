package account

import (
	"context"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Way is a button on the sign-in page that leads to somebody else's sign-in.
type Way struct{ Path, Label string }

// Elsewhere is the ways to say who one is outside of this installation.
type Elsewhere interface {
	// Ways are the buttons that anybody may see.
	Ways(ctx context.Context) ([]Way, error)
	// Linked says whether a person can come in by such a way.
	Linked(tx *db.Tx, userID string) (bool, error)
	// Forget takes every such way of a person: after a recovery.
	Forget(tx *db.Tx, userID string) error
}

// nowhere is the state of a service before PlugElsewhere.
type nowhere struct{}

func (nowhere) Ways(context.Context) ([]Way, error)   { return nil, nil }
func (nowhere) Linked(*db.Tx, string) (bool, error)   { return false, nil }
func (nowhere) Forget(tx *db.Tx, userID string) error { return nil }

// PlugElsewhere connects single sign-on. Call it before the first request.
func (s *Service) PlugElsewhere(e Elsewhere) { s.elsewhere = e }

// Why somebody whom a provider identified is not let in.
var (
	ErrClosed  = fault.New(fault.Denied, "sso.refused.closed")    // the account is disabled
	ErrWide    = fault.New(fault.Denied, "sso.refused.wide")      // holds a role for the whole installation
	ErrPasskey = fault.New(fault.Conflict, "sso.refused.passkey") // the second step is a passkey
)

// Vouched is somebody whom a provider of her agency has identified.
type Vouched struct {
	UserID, Agent, Address string
	Here                   bool              // the second step is taken here, with Code
	Code                   string            // with Here: a one-time or recovery code
	Key                    *vault.PrivateKey // of an account that was made this minute; else nil
	// Inside is called in the transaction that writes the sign-in: what must
	// still hold then.
	Inside func(tx *db.Tx) error
}

// NeedsCode says whether a person has one-time codes.
func (s *Service) NeedsCode(tx *db.Tx, userID string) (bool, error) {
	u, _, err := loadUser(tx, userID)
	return len(u.TOTP) > 0, err
}

// SignInVouched starts a sign-in for somebody who was identified elsewhere. It
// is locked, since no provider knows the key, and counts as no confirmation:
// a way in cannot be added on the word of a provider alone. // req: SSO-2
// Errors: fault.Denied for a disabled account and for the holder of a role for
// the whole installation (req: SSO-5); fault.Invalid on the field code;
// fault.Conflict when only a passkey can take the second step.
func (s *Service) SignInVouched(ctx context.Context, v Vouched) (*Started, error) {
	user, err := s.countVouched(ctx, v)
	if err != nil {
		return nil, err
	}
	started, hash, err := s.newSession(user, v.Key, v.Agent)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		started.Confirmed = time.Time{}
		if err := v.Inside(tx); err != nil {
			return err
		}
		if err := s.standing(tx, user.ID); err != nil {
			return err
		}
		if started.Stage, err = s.secondFor(tx, v); err != nil {
			return err
		}
		if v.Here {
			if err := s.signedIn(tx, s.subjects(Attempt{Login: user.Login, Address: v.Address})); err != nil {
				return err
			}
		}
		return s.writeSession(tx, started.Session, hash, "sso")
	})
	if e := fault.Find(err); e != nil && len(e.Fields) > 0 {
		if werr := s.db.Write(ctx, func(tx *db.Tx) error { return s.record(tx, user.ID, "account.sign-in-failed", user.ID) }); werr != nil {
			return nil, werr
		}
	}
	return started, err
}

// countVouched counts a typed code like any other try, before it is checked.
func (s *Service) countVouched(ctx context.Context, v Vouched) (user User, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		u, found, err := loadUser(tx, v.UserID)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "")
		}
		user = u
		return err
	})
	if err == nil && v.Here && v.Code != "" {
		_, _, err = s.countTry(ctx, user.Login, s.subjects(Attempt{Login: user.Login, Address: v.Address}))
	}
	return user, err
}

// standing refuses whom no provider may let in.
func (s *Service) standing(tx *db.Tx, userID string) error {
	u, found, err := loadUser(tx, userID)
	if err != nil {
		return err
	}
	if !found || u.State != Active {
		return ErrClosed
	}
	wide, err := loadRoles(tx, userID)
	if err == nil && len(wide) > 0 {
		err = ErrWide
	}
	return err
}

// secondFor is the stage that a vouched sign-in reaches. Somebody who has only
// passkeys must use one: an unfinished sign-in could add codes beside them.
func (s *Service) secondFor(tx *db.Tx, v Vouched) (stage string, err error) {
	if !v.Here {
		return StageFull, nil
	}
	u, _, err := loadUser(tx, v.UserID)
	if err != nil {
		return "", err
	}
	if len(u.TOTP) == 0 {
		keys, err := loadPasskeys(tx, v.UserID)
		if err == nil && len(keys) > 0 {
			err = ErrPasskey
		}
		return StageEnrol, err
	}
	ok, err := s.useCode(tx, u, v.Code)
	if err == nil && !ok {
		err = fault.Fields(fault.Field{Name: "code", Key: "account.error.code"})
	}
	return StageFull, err
}

// HasWideRole says whether somebody holds a role for the whole installation.
func (s *Service) HasWideRole(tx *db.Tx, userID string) (bool, error) {
	roles, err := loadRoles(tx, userID)
	return len(roles) > 0, err
}

// RegisterVouched prepares the account of somebody whom a provider has
// identified. The password is her unlock phrase and, with a second step of
// her own, her way in when the provider is down. insert belongs into the
// transaction of the caller.
func (s *Service) RegisterVouched(n NewUser) (p *Prepared, insert func(*db.Tx) error, err error) {
	if p, err = s.Prepare(n); err != nil {
		return nil, nil, err
	}
	return p, func(tx *db.Tx) error {
		if err := p.Insert(tx); err != nil {
			return err
		}
		return s.record(tx, p.User.ID, "account.made", p.User.ID)
	}, nil
}

// Warn tells a person by mail that a way into her account changed.
func (s *Service) Warn(tx *db.Tx, userID string) error {
	u, _, err := loadUser(tx, userID)
	if err != nil {
		return err
	}
	return s.warn(tx, u)
}

// EndSignIns ends every sign-in of a person, by somebody else's word; why is a
// code for the log. API tokens stay: they are no sign-in.
func (s *Service) EndSignIns(tx *db.Tx, userID, why string) error {
	n, err := tx.Exec(endSessions, clock.Millis(s.cfg.Now()), []byte{}, userID, "")
	if err != nil || n == 0 {
		return err
	}
	return s.record(tx, userID, "account.sign-ins-ended", userID, "by", why)
}

// Address is where a request comes from, as the counters of tries see it.
func (s *Service) Address(c *web.Ctx) string { return s.cfg.Address(c.R) }

// Target is where a sign-in leads on: to when it stays here.
func (s *Service) Target(to, lang string) string { return s.target(to, lang) }

// aloneBySSO says whether the person has no second step of her own and comes
// in only by a provider.
func (s *Service) aloneBySSO(tx *db.Tx, u User) (bool, error) {
	keys, err := loadPasskeys(tx, u.ID)
	if err != nil || len(keys) > 0 || len(u.TOTP) > 0 {
		return false, err
	}
	return s.elsewhere.Linked(tx, u.ID)
}
