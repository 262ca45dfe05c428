package own

import (
	"time"

	"amelie/internal/fault"
)

// State is where a card stands.
type State string

// The states. A card that was taken back never opens again.
const (
	On     State = "on"
	Locked State = "locked"
	Back   State = "back"
)

// MaxTries wrong ones lock a card.
const MaxTries = 5

// Act is what happens to a card.
type Act string

// The acts. A try is counted before it is looked at, so that a thousand at once
// are not a thousand.
const (
	Try    Act = "try"
	Right  Act = "right"
	Wrong  Act = "wrong"
	Untry  Act = "untry" // too busy to look: the try counts as not made
	Unlock Act = "unlock"
	Take   Act = "take"
)

// Lock is a card's state with its tries since the last that opened.
type Lock struct {
	State State
	Tries int64
}

var errFlow = fault.New(fault.Conflict, "own.error.state")

// Next is the lock after an act. Errors: fault.Conflict where the act cannot be.
//
// req: OWN-4
func (l Lock) Next(a Act) (Lock, error) {
	switch {
	case a == Take:
		return Lock{Back, 0}, nil
	case l.State == Back:
		return l, errFlow
	case a == Unlock && (l.State == Locked || l.Tries > 0):
		return Lock{On, 0}, nil
	case l.State != On:
		return l, errFlow
	case a == Try && l.Tries < MaxTries:
		return Lock{On, l.Tries + 1}, nil
	case a == Untry && l.Tries > 0:
		return Lock{On, l.Tries - 1}, nil
	case a == Wrong && l.Tries >= MaxTries:
		return Lock{Locked, l.Tries}, nil
	case a == Wrong && l.Tries > 0:
		return l, nil
	case a == Right && l.Tries > 0:
		return Lock{On, 0}, nil
	}
	return l, errFlow
}

// Seen is the state for who looks after the card: with its last try used up it
// opens no more, also where nothing was written after that try.
//
// req: OWN-4
func (l Lock) Seen() State {
	if l.State == On && l.Tries >= MaxTries {
		return Locked
	}
	return l.State
}

// lasts says whether a session that began then still lasts.
func lasts(made, now time.Time) bool { return now.Before(made.Add(SessionTime)) && !now.Before(made) }
