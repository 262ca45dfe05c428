package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// The links that make or mend an account. Opening one changes nothing, since
// mail scanners open links; the button on its page acts, once.
const (
	linkSetup   = "setup"   // the first administrator
	linkJoin    = "join"    // somebody with a role for the whole installation
	linkRecover = "recover" // a new password and key for somebody who lost them
)

var linkLife = map[string]time.Duration{linkSetup: 24 * time.Hour, linkJoin: 7 * 24 * time.Hour, linkRecover: 24 * time.Hour}

// SetupLink makes the one-time link of the first administrator, as a path
// without the language; "" when there is an administrator already. A new link
// makes an unused older one worthless.
func (s *Service) SetupLink(ctx context.Context) (path string, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		path = ""
		var n int64
		if err := tx.Row(countRoleStmt, "administrator").Scan(&n); err != nil || n > 0 {
			return err
		}
		path, err = s.makeLink(tx, linkSetup, "", "administrator", "")
		return err
	})
	return path, err
}

// JoinLink invites somebody with roles for the whole installation.
func (s *Service) JoinLink(ctx context.Context, v *web.Viewer, roles []string, email, lang string) (path string, err error) {
	if len(roles) == 0 {
		return "", fault.Fields(fault.Field{Name: "roles", Key: "account.error.role"})
	}
	if key := emailFault(email); key != "" {
		return "", fault.Fields(fault.Field{Name: "email", Key: key})
	}
	for _, r := range roles {
		if !slices.Contains(InstallationRoles, r) {
			return "", fault.Fields(fault.Field{Name: "roles", Key: "account.error.role"})
		}
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.policy.Require(v.Actor(), "account.invite", object("*", "")); err != nil {
			return err
		}
		path, err = s.makeLink(tx, linkJoin, "", strings.Join(roles, " "), v.UserID)
		if err != nil {
			return err
		}
		if err := s.record(tx, v.UserID, "account.invited", ""); err != nil {
			return err
		}
		return s.notify(tx, email, lang, "invitation", "/"+lang+path)
	})
	return path, err
}

// RecoveryLink makes a link by which a person gets a new password and a new
// key. by is who makes it and answers for the person being who she is.
// Older unused ones become worthless.
func (s *Service) RecoveryLink(tx *db.Tx, v *web.Viewer, userID string) (path string, err error) {
	if err := s.require(tx, v, "account.recover", userID); err != nil {
		return "", err
	}
	path, err = s.makeLink(tx, linkRecover, userID, "", v.UserID)
	if err != nil {
		return "", err
	}
	return path, s.record(tx, v.UserID, "account.recovery-link", userID)
}

// RecoveryLinkByCommand is RecoveryLink for whoever runs the machine, when the
// only administrator lost her sign-in. Nobody in an agency answers for it, so
// a member of one waits for a holder's own decision.
// Errors: fault.NotFound when nobody has the sign-in name.
func (s *Service) RecoveryLinkByCommand(ctx context.Context, login string) (path string, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		u, found, err := loadUserByLogin(tx, login)
		if err != nil || !found {
			return fault.New(fault.NotFound, "").Because(err)
		}
		if path, err = s.makeLink(tx, linkRecover, u.ID, "", "command"); err != nil {
			return err
		}
		return s.record(tx, "command", "account.recovery-link", u.ID)
	})
	return path, err
}

func (s *Service) makeLink(tx *db.Tx, kind, userID, roles, by string) (path string, err error) {
	if kind != linkJoin {
		if _, err := tx.Exec(deleteLinks, kind, userID); err != nil {
			return "", err
		}
	}
	now := s.cfg.Now()
	secret := id.Secret(20)
	_, err = tx.Exec(insertLink, s.linkHash(kind, secret), kind, userID, roles, by, clock.Millis(now), clock.Millis(now.Add(linkLife[kind])))
	return "/" + kind + "/" + secret, err
}

func (s *Service) linkHash(kind, secret string) string {
	return s.secretHash("link", kind+"\n"+strings.ToLower(secret))
}

var errLink = fault.New(fault.Expired, "account.error.link")

// Link says whom a link is for, without using it: name and sign-in name of
// the person it mends, or the roles it gives.
// Errors: the same fault.Expired for unknown, used and expired links.
// req: SIGNIN-7
func (s *Service) Link(ctx context.Context, kind, secret string) (login string, roles []string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		l, found, err := loadLink(tx, s.linkHash(kind, secret))
		if err != nil {
			return err
		}
		if !found || !l.used.IsZero() || !s.cfg.Now().Before(l.expires) {
			return errLink
		}
		roles = strings.Fields(l.roles)
		if l.userID == "" {
			return nil
		}
		u, found, err := loadUser(tx, l.userID)
		if err == nil && !found {
			return errLink
		}
		login = u.Login
		return err
	})
	return login, roles, err
}

// take uses a link up inside a transaction. // req: SIGNIN-7
func (s *Service) take(tx *db.Tx, kind, secret string) (linkRow, error) {
	hash := s.linkHash(kind, secret)
	l, found, err := loadLink(tx, hash)
	if err != nil {
		return l, err
	}
	now := clock.Millis(s.cfg.Now())
	n, err := tx.Exec(useLink, now, hash, now)
	if err == nil && (!found || n == 0) {
		err = errLink
	}
	return l, err
}

// AcceptLink makes the account that a set-up or invitation link offers and
// starts its first sign-in, which leads on to the second factor.
func (s *Service) AcceptLink(ctx context.Context, kind, secret string, n NewUser, agent string) (*Started, error) {
	if _, _, err := s.Link(ctx, kind, secret); err != nil {
		return nil, err // before the slow work
	}
	p, err := s.Prepare(n)
	if err != nil {
		return nil, err
	}
	started, hash, err := s.newSession(p.User, p.Key, agent)
	if err != nil {
		return nil, err
	}
	started.Stage = StageEnrol
	return started, s.db.Write(ctx, func(tx *db.Tx) error {
		l, err := s.take(tx, kind, secret)
		if err != nil {
			return err
		}
		if err := p.Insert(tx); err != nil {
			return err
		}
		if err := s.record(tx, p.User.ID, "account.made", p.User.ID); err != nil {
			return err
		}
		by := l.madeBy
		if by == "" {
			by = p.User.ID
		}
		for _, role := range strings.Fields(l.roles) {
			if err := s.Grant(tx, p.User.ID, role, by); err != nil {
				return err
			}
		}
		return s.writeSession(tx, started.Session, hash, kind)
	})
}

// Recover gives a person a new password and a new key pair. Everything of the
// old sign-in goes: passkeys, codes, tokens, open sign-ins, and every way to
// the old key. // req: SIGNIN-8
func (s *Service) Recover(ctx context.Context, secret, password, agent string) (*Started, error) {
	login, _, err := s.Link(ctx, linkRecover, secret)
	if err != nil {
		return nil, err
	}
	if key := passwordFault(password, login); key != "" {
		return nil, fault.Fields(fault.Field{Name: "password", Key: key, Args: []any{"n", MinPassword}})
	}
	key, err := vault.NewPrivateKey()
	if err != nil {
		return nil, err
	}
	user, err := s.byLogin(ctx, login)
	if err != nil {
		return nil, err
	}
	lock, err := lockUnderPassword(key, password, user.ID)
	if err != nil {
		return nil, err
	}
	user.Public = key.Public()
	started, hash, err := s.newSession(user, key, agent)
	if err != nil {
		return nil, err
	}
	started.Stage = StageEnrol
	return started, s.db.Write(ctx, func(tx *db.Tx) error {
		l, err := s.take(tx, linkRecover, secret)
		if err != nil {
			return err
		}
		if l.userID != user.ID {
			return errLink
		}
		if err := s.forget(tx, user); err != nil {
			return err
		}
		if err := insertLock(tx, lock, user.ID, lockPassword, started.Created); err != nil {
			return err
		}
		if err := s.memberships.KeyChanged(tx, user.ID, l.madeBy); err != nil {
			return err
		}
		if err := s.warn(tx, user); err != nil {
			return err
		}
		if err := s.record(tx, user.ID, "account.recovered", user.ID); err != nil {
			return err
		}
		return s.writeSession(tx, started.Session, hash, linkRecover)
	})
}

func (s *Service) byLogin(ctx context.Context, login string) (u User, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var found bool
		u, found, err = loadUserByLogin(tx, login)
		if err == nil && !found {
			return errLink
		}
		return err
	})
	return u, err
}

// forget removes every way in and every way to the old key, and puts the new
// public key in its place.
func (s *Service) forget(tx *db.Tx, user User) error {
	now := clock.Millis(s.cfg.Now())
	if err := endEverything(tx, user.ID, now); err != nil {
		return err
	}
	for _, stmt := range []*db.Stmt{deleteLocksStmt, deletePasskeys, deleteCodes} {
		if _, err := tx.Exec(stmt, user.ID); err != nil {
			return err
		}
	}
	if err := s.elsewhere.Forget(tx, user.ID); err != nil {
		return err
	}
	_, err := tx.Exec(replaceKeyStmt, user.Public, []byte{}, now, user.ID)
	return err
}
