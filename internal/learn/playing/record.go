package playing

import (
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/learn"
)

// Recorder keeps playings for rooms that know who may play: they ask their own
// rules first, in the same transaction.
type Recorder struct {
	Course func() *learn.Course
	Now    clock.Clock
}

var (
	errNone = fault.New(fault.NotFound, "web.error.not-found")
	errFull = fault.New(fault.Conflict, "playing.fault.full")
)

// Choose makes a choice at its place, counted from 0; the first one begins the
// playing under the name that the page gave it.
// Errors: fault.NotFound for a case or a playing that does not exist;
// fault.Invalid, ErrElse: see Play.Choose; fault.Conflict when the holder has too
// many.
func (r Recorder) Choose(tx *db.Tx, holder, play, caseID string, place int, choice string) (p Play, err error) {
	course := r.Course()
	c, ok := course.Case(caseID)
	if !ok || !id.Valid(play) {
		return p, errNone
	}
	list, err := load(tx, playStmt, holder, play)
	switch {
	case err != nil:
		return p, err
	case len(list) > 0 && list[0].Case != caseID:
		return p, errNone
	case len(list) > 0:
		p = list[0]
	default:
		if p, err = r.fresh(tx, holder, play, caseID); err != nil {
			return p, err
		}
	}
	if p, err = p.Choose(c, place, choice, r.Now()); err != nil {
		return p, err
	}
	return p, p.save(tx)
}

func (r Recorder) fresh(tx *db.Tx, holder, play, caseID string) (p Play, err error) {
	var n int
	if err := tx.Row(countStmt, holder).Scan(&n); err != nil {
		return p, err
	}
	if n >= most {
		return p, errFull
	}
	return begin(play, holder, caseID, r.Course().Version(), r.Now()), nil
}

// Play is one of a holder's. Errors: fault.NotFound.
func (r Recorder) Play(tx *db.Tx, holder, play string) (Play, error) {
	return db.First(load(tx, playStmt, holder, play))
}

// Plays are all of a holder's, newest first.
func (r Recorder) Plays(tx *db.Tx, holder string) ([]Play, error) { return load(tx, playsStmt, holder) }

// Drop deletes one playing. What is gone already is no fault.
func Drop(tx *db.Tx, holder, play string) error {
	_, err := tx.Exec(dropStmt, holder, play)
	return err
}

// Forget deletes all playings of a holder.
func Forget(tx *db.Tx, holder string) error {
	_, err := tx.Exec(forgetStmt, holder)
	return err
}
