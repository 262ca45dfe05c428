package referral

import (
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

// EndAgain ends a referral that a backup brought back although it was
// withdrawn, expired or erased after the backup was taken: the wraps of the
// receiving agency go, and with them its access. It needs no key and tells
// nobody. False when the backup does not know it or it had ended there.
//
// req: RESTORE-1
func EndAgain(tx *db.Tx, id string, at time.Time) (bool, error) {
	r, err := rowByID(tx, id)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec(wrapsDropStmt, r.ID, r.ToAgency); err != nil {
		return false, err
	}
	if err := closeGuest(tx, r); err != nil {
		return false, err
	}
	if !r.AccessEnded.IsZero() {
		return false, nil
	}
	if !Over(r.State) {
		r.State, r.StateAt = Withdrawn, at
		r.DueAt, r.Turn = time.Time{}, ""
	}
	r.AccessEnded = at
	if err := update(tx, r); err != nil {
		return false, err
	}
	if err := happened(tx, r, nil, Clock, Withdraw, "restore", at); err != nil {
		return false, err
	}
	return true, over(tx, r)
}

// LockLetters closes every letter that a backup brought back: the link may have
// been replaced, or locked, after the backup was taken, and an opened page comes
// back no more than a sign-in does. The sender makes a new link.
//
// req: RESTORE-1
func LockLetters(tx *db.Tx, at time.Time) error {
	if _, err := tx.Exec(lettersLockStmt, clock.Millis(at)); err != nil {
		return err
	}
	_, err := tx.Exec(lettersAllEndStmt)
	return err
}

// ended tells the installation's ledger, which lives outside every backup,
// that access to a referral is over.
func (s *Service) ended(tx *db.Tx, id string, at time.Time) error {
	if s.Ended == nil {
		return nil
	}
	return s.Ended(tx, id, clock.Time(clock.Millis(at)))
}
