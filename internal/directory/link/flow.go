package link

import (
	"hash/fnv"
	"time"
)

const (
	// Pause is the least time between two looks behind one address.
	Pause = 7 * 24 * time.Hour
	// deadAfter is how many failures, each on another day, make a dead link.
	deadAfter = 3
	// longestWait bounds what a host may ask for.
	longestWait = 60 * 24 * time.Hour
)

// Dead says whether an address counts as dead: hosts have bad days, so one or
// two failures say nothing.
//
// req: LINK-3
func (s State) Dead() bool { return s.Failures >= deadAfter }

// Found says whether an editor should look at it.
func (s State) Found() bool { return s.Dead() || s.Moved != "" }

// Next is what is known after another look at a time.
func (s State) Next(seen Seen, at time.Time) State {
	s.Checked = at
	s.Due = at.Add(max(Pause, min(seen.Wait, longestWait)))
	switch {
	case seen.Outcome == Works:
		s.Failures, s.First, s.Last, s.Why, s.Moved = 0, time.Time{}, time.Time{}, "", seen.At
	case seen.Outcome.Failed() && !sameDay(s.Last, at):
		if s.Failures == 0 {
			s.First = at
		}
		s.Failures, s.Last, s.Why = s.Failures+1, at, seen.Outcome
	}
	return s
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly)
}

// Begin is an address that was not looked behind yet. Its hour of the week
// comes of its letters, so that a large directory is spread over the days.
func Begin(address string, at time.Time) State {
	h := fnv.New32a()
	h.Write([]byte(address))
	return State{URL: address, Due: at.Add(time.Duration(h.Sum32()%uint32(Pause/time.Second)) * time.Second)}
}
