package account

import (
	"context"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Delete destroys an account that is kept out already: everything that is
// stored of the person as an account goes, the sign-in name and the address are
// free again, and the person leaves the agency, which gets a new key. What the
// person did stays in the log and, under the name of then, in what others keep;
// the log's last line about the account holds name and addresses only as
// salted hashes, by which an auditor who is told a name can confirm it.
// Errors: fault.NotFound; fault.Conflict when the account is still let in, when
// the person is the last lead of an agency or the last who holds its key.
//
// req: SIGNIN-14
func (s *Service) Delete(ctx context.Context, v *web.Viewer, userID string) error {
	err := s.db.Read(ctx, func(tx *db.Tx) error { _, err := s.deletable(tx, v, userID); return err })
	if err != nil {
		return err
	}
	leave, err := s.memberships.Departure(ctx, userID)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		u, err := s.deletable(tx, v, userID)
		if err != nil {
			return err
		}
		if err := leave(tx, v.UserID); err != nil {
			return err
		}
		if err := s.elsewhere.Forget(tx, userID); err != nil {
			return err
		}
		if _, err := DeleteAgain(tx, userID); err != nil {
			return err
		}
		now := s.cfg.Now()
		if s.cfg.Deleted != nil {
			if err := s.cfg.Deleted(tx, userID, now); err != nil {
				return err
			}
		}
		return audit.Record(tx, audit.Event{At: now, Actor: v.UserID, Action: "account.deleted", Object: "account/" + userID,
			Erasable: map[string]string{"login": u.Login, "name": u.Name, "email": u.Email}})
	})
}

// deletable is an account that the viewer may delete now.
func (s *Service) deletable(tx *db.Tx, v *web.Viewer, userID string) (User, error) {
	if err := s.require(tx, v, "account.delete", userID); err != nil {
		return User{}, err
	}
	u, found, err := loadUser(tx, userID)
	switch {
	case err != nil:
		return u, err
	case !found:
		return u, fault.New(fault.NotFound, "")
	case u.State != Disabled:
		return u, fault.New(fault.Conflict, "account.error.delete-active")
	}
	return u, nil
}

// DeleteAgain deletes the rows of an account, also after a restored backup
// brought it back. False when there is none.
//
// req: RESTORE-1
func DeleteAgain(tx *db.Tx, userID string) (bool, error) {
	for _, stmt := range []*db.Stmt{deleteRolesStmt, deleteLocksStmt, deletePasskeys, deleteCeremonies, deleteSessions, deleteCodes, deleteTokens, deleteLinksOf, deleteLinksBy} {
		if _, err := tx.Exec(stmt, userID); err != nil {
			return false, err
		}
	}
	n, err := tx.Exec(deleteUserStmt, userID)
	return n > 0, err
}
