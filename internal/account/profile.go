package account

import (
	"context"
	"slices"
	"strings"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Profile is what a person can change about herself.
type Profile struct{ Name, Email, Lang, Profession, Employer string }

// SaveProfile changes it. Errors: fault.Invalid with the wrong fields.
func (s *Service) SaveProfile(ctx context.Context, v *web.Viewer, p Profile) error {
	p.Name, p.Email = strings.TrimSpace(p.Name), strings.TrimSpace(p.Email)
	var wrong []fault.Field
	if key := nameFault(p.Name); key != "" {
		wrong = append(wrong, fault.Field{Name: "name", Key: key})
	}
	if key := emailFault(p.Email); key != "" {
		wrong = append(wrong, fault.Field{Name: "email", Key: key})
	}
	if p.Profession != "" && !slices.Contains(Professions, p.Profession) {
		wrong = append(wrong, fault.Field{Name: "profession", Key: "account.error.choice"})
	}
	if p.Employer != "" && !slices.Contains(Employers, p.Employer) {
		wrong = append(wrong, fault.Field{Name: "employer", Key: "account.error.choice"})
	}
	if !slices.Contains(s.cfg.Languages, p.Lang) {
		wrong = append(wrong, fault.Field{Name: "lang", Key: "account.error.choice"})
	}
	if err := fault.Fields(wrong...); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, v, "account.use", v.UserID); err != nil {
			return err
		}
		if _, err := tx.Exec(updateUserStmt, p.Name, p.Email, p.Lang, p.Profession, p.Employer, clock.Millis(s.cfg.Now()), v.UserID); err != nil {
			return err
		}
		return s.record(tx, v.UserID, "account.profile-changed", v.UserID)
	})
}

// Me is the viewer's own account as its page shows it.
type Me struct {
	User
	Roles     []string
	Passkeys  []Passkey
	CodesLeft int64 // unused recovery codes
	HasCodes  bool  // one-time codes are in use
	Demo      bool  // has no password: an invented person
}

// Me reads the viewer's own account.
func (s *Service) Me(ctx context.Context, v *web.Viewer) (me Me, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		me = Me{Roles: v.Roles}
		if err := s.require(tx, v, "account.use", v.UserID); err != nil {
			return err
		}
		u, found, err := loadUser(tx, v.UserID)
		if err != nil || !found {
			return fault.New(fault.NotFound, "").Because(err)
		}
		me.User, me.HasCodes = u, len(u.TOTP) > 0
		rows, err := loadPasskeys(tx, v.UserID)
		if err != nil {
			return err
		}
		for _, r := range rows {
			me.Passkeys = append(me.Passkeys, r.Passkey)
		}
		_, hasPassword, err := loadPasswordLock(tx, v.UserID)
		me.Demo = !hasPassword
		if err != nil {
			return err
		}
		return tx.Row(countCodes, v.UserID).Scan(&me.CodesLeft)
	})
	return me, err
}

// ChangePassword closes the key under a new password and ends every other
// sign-in. The old password is asked for, not only the open sign-in.
// Errors: fault.Invalid on the fields old-password and password; fault.TooMany.
func (s *Service) ChangePassword(ctx context.Context, v *web.Viewer, old, password, address string) error {
	me, err := s.Me(ctx, v)
	if err != nil {
		return err
	}
	if key := passwordFault(password, me.Login); key != "" {
		return fault.Fields(fault.Field{Name: "password", Key: key, Args: []any{"n", MinPassword}})
	}
	key, err := s.checkPassword(ctx, me.User, old, address)
	if e := fault.Find(err); e != nil && len(e.Fields) > 0 {
		return fault.Fields(fault.Field{Name: "old-password", Key: "account.error.password-wrong"})
	}
	if err != nil {
		return err
	}
	lock, err := lockUnderPassword(key, password, v.UserID)
	if err != nil {
		return err
	}
	now := s.cfg.Now()
	return s.locked(ctx, s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(deleteKindStmt, v.UserID, lockPassword); err != nil {
			return err
		}
		if err := insertLock(tx, lock, v.UserID, lockPassword, now); err != nil {
			return err
		}
		if _, err := tx.Exec(endSessions, clock.Millis(now), []byte{}, v.UserID, v.SessionID); err != nil {
			return err
		}
		if err := s.warn(tx, me.User); err != nil {
			return err
		}
		return s.record(tx, v.UserID, "account.password-changed", v.UserID)
	}))
}
