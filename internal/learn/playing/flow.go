package playing

import (
	"time"

	"amelie/internal/fault"
	"amelie/internal/learn"
)

// The life of a playing: begun by its first choice, a choice at a time, ended by
// an ending. A choice that was made is never changed; another way is another
// playing.

var errChoice = fault.New(fault.Invalid, "playing.fault.choice")

// ErrElse says that another choice was made at a place before.
var ErrElse = fault.New(fault.Conflict, "playing.fault.else")

// begin makes a playing without a choice.
func begin(id, holder, caseID, revision string, now time.Time) Play {
	return Play{ID: id, Holder: holder, Case: caseID, Revision: revision, Begun: now.UTC().Truncate(time.Minute)}
}

// Choose adds a choice at its place, counted from 0. The same choice made again
// at the same place changes nothing.
// Errors: ErrElse when another choice stands there; fault.Invalid for
// what cannot be chosen there, in the case as it is now.
//
// req: PLAYING-1
func (p Play) Choose(c *learn.Case, place int, choice string, now time.Time) (Play, error) {
	if place >= 0 && place < len(p.Steps) {
		if p.Steps[place].Choice == choice {
			return p, nil
		}
		return p, ErrElse
	}
	at, whole := p.At(c)
	scene, ok := c.Scene(at)
	if !whole || !ok || place != len(p.Steps) {
		return p, errChoice
	}
	chosen, ok := scene.Choice(choice)
	if !ok {
		return p, errChoice
	}
	minute := now.UTC().Truncate(time.Minute)
	p.Steps = append(p.Steps[:place:place], Step{scene.ID, choice, max(0, int64(minute.Sub(p.Begun)/time.Minute))})
	if _, end := c.Ending(chosen.To); end {
		p.Ended = minute
	}
	return p, nil
}

// At is where a playing stands. It is not whole when the case has changed under
// it: then it is followed as far as it goes.
func (p Play) At(c *learn.Case) (at string, whole bool) {
	taken, at := c.Follow(p.Way())
	if len(taken) != len(p.Steps) {
		return at, false
	}
	for i, t := range taken {
		if t.Scene.ID != p.Steps[i].Scene {
			return at, false
		}
	}
	_, end := c.Ending(at)
	return at, end == p.Over()
}
