package account

import (
	"context"
	"crypto/sha256"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// lockDemo closes an invented person's key under a key that is public.
const lockDemo = "demo"

// demoKey is public: whoever has this program has it. `serve` refuses a data
// folder in which an account has such a lock.
func demoKey() []byte {
	sum := sha256.Sum256([]byte("amelie demo: this key is public"))
	return sum[:]
}

// PrepareDemo prepares an invented person: no password, no second factor, the
// key under the public demo key. fault.NotFound outside of demo mode.
// req: SIGNIN-10
func (s *Service) PrepareDemo(n NewUser) (*Prepared, error) {
	if !s.cfg.Demo {
		return nil, fault.New(fault.NotFound, "")
	}
	key, err := vault.NewPrivateKey()
	if err != nil {
		return nil, fault.Wrap(err, "demo account")
	}
	p := &Prepared{Key: key, kind: lockDemo, lock: lockRow{id: id.New()}, User: User{
		ID: id.New(), Login: FoldLogin(n.Login), Name: n.Name, Email: n.Email, Lang: n.Lang, State: Active,
		Public: key.Public(), Created: s.cfg.Now(),
	}}
	p.lock.envelope, err = vault.LockKey(key.Bytes(), demoKey(), lockBinding(p.lock.id, p.User.ID))
	return p, err
}

// DemoSignIn starts an unlocked sign-in of an invented person without asking.
// It exists in demo mode only, and only for accounts made by PrepareDemo.
// req: SIGNIN-10
func (s *Service) DemoSignIn(ctx context.Context, userID, agent string) (*Started, error) {
	if !s.cfg.Demo {
		return nil, fault.New(fault.NotFound, "")
	}
	var user User
	var l lockRow
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		u, found, err := loadUser(tx, userID)
		if err != nil || !found || u.State != Active {
			return fault.New(fault.NotFound, "").Because(err)
		}
		user = u
		err = tx.Row(lockStmt, userID, lockDemo).Scan(&l.id, &l.envelope)
		if db.NoRows(err) {
			return fault.New(fault.NotFound, "")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	seed, err := vault.UnlockKey(l.envelope, demoKey(), lockBinding(l.id, userID))
	if err != nil {
		return nil, fault.Wrap(err, "demo sign-in", userID)
	}
	key, err := vault.ParsePrivateKey(seed)
	if err != nil {
		return nil, err
	}
	started, hash, err := s.newSession(user, key, agent)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error { return s.writeSession(tx, started.Session, hash, "demo") })
	return started, err
}

// HasDemo says whether the database holds accounts whose keys are public.
func (s *Service) HasDemo(ctx context.Context) (bool, error) {
	var n int64
	err := s.db.Read(ctx, func(tx *db.Tx) error { return tx.Row(countLocksStmt, lockDemo).Scan(&n) })
	return n > 0, err
}

// DemoViewer is an invented person with her unlocked key, without a sign-in:
// for filling a demo. fault.NotFound outside of demo mode.
// req: SIGNIN-10
func (s *Service) DemoViewer(ctx context.Context, userID string) (v *web.Viewer, err error) {
	if !s.cfg.Demo {
		return nil, fault.New(fault.NotFound, "")
	}
	h := &here{Session: Session{UserID: userID}}
	var l lockRow
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := tx.Row(lockStmt, userID, lockDemo).Scan(&l.id, &l.envelope); err != nil {
			return err
		}
		return s.fill(tx, h)
	})
	if err != nil {
		return nil, fault.Wrap(err, "demo viewer", userID)
	}
	seed, err := vault.UnlockKey(l.envelope, demoKey(), lockBinding(l.id, userID))
	if err != nil {
		return nil, err
	}
	if h.key, err = vault.ParsePrivateKey(seed); err != nil {
		return nil, err
	}
	return h.viewer(), nil
}
