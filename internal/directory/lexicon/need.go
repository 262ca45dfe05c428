package lexicon

import (
	"context"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/directory"
)

// kept is for how long counts are kept, shown how far the page looks back.
const (
	keptMonths  = 24
	shownMonths = 12
)

// monthsAgo is the month n months before, as it is stored, so that "the last
// twelve" has twelve with this one.
func monthsAgo(at time.Time, n int) string { return (monthAt(at) - month(n-1)).String() }

// Note counts what a search hardly found, if counting is on. It never touches
// the database.
func (l *Lexicon) Note(n directory.Need) bool {
	if l.off.Load() {
		return false
	}
	l.sketch.note(n, l.cfg.Now())
	return true
}

// Sweep writes what was counted, learns what other instances wrote, and
// deletes what is too old, acts that can no longer be taken back too. Where counting is switched off it throws away what
// this instance still had.
//
// req: LEXICON-4
func (l *Lexicon) Sweep(ctx context.Context) error {
	now := l.cfg.Now()
	l.sketch.age(now)
	words, gaps := l.sketch.take()
	var known []wordKey
	var off bool
	err := l.cfg.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if err = forgetActs(tx, now.AddDate(0, -actMonths, 0)); err != nil {
			return err
		}
		if off, err = readOff(tx); err != nil || off {
			return err
		}
		if err = addCounts(tx, words, gaps); err != nil {
			return err
		}
		if err = dropBefore(tx, monthsAgo(now, keptMonths)); err != nil {
			return err
		}
		known, err = readKnown(tx)
		return err
	})
	if err != nil {
		l.sketch.give(words, gaps)
		return err
	}
	l.off.Store(off)
	if off {
		l.sketch.forget()
	}
	l.sketch.learn(known)
	return nil
}

// switchTo turns counting on or off. Off deletes every count.
//
// req: LEXICON-4
func (l *Lexicon) switchTo(tx *db.Tx, on bool, who directory.By, at time.Time) error {
	state := "off"
	if on {
		state = "on"
	} else if err := dropBefore(tx, "~"); err != nil {
		return err
	}
	if err := setSwitch(tx, state, who, at); err != nil {
		return err
	}
	return record(tx, who, "directory.counting-"+state, "directory/need", at)
}

func record(tx *db.Tx, who directory.By, action, object string, at time.Time) error {
	return audit.Record(tx, audit.Event{At: at, Actor: who.User, Agency: who.Agency, Action: action, Object: object, Purpose: string(who.Way)})
}
