package casework

import (
	"slices"

	"amelie/internal/fault"
)

// Action is what happens to a case as a whole.
type Action string

// The actions.
const (
	Close  Action = "close"
	Reopen Action = "reopen"
)

var table = []struct {
	action   Action
	from, to State
}{
	{Close, Open, Closed},
	{Reopen, Closed, Open},
}

// Next is the state after an action. Errors: fault.Conflict.
func Next(s State, a Action) (State, error) {
	for _, r := range table {
		if r.action == a && r.from == s {
			return r.to, nil
		}
	}
	return s, fault.New(fault.Conflict, "casework.error.state")
}

// holder is an agency that a part's newest key is to be wrapped for, and what it
// has of it.
type holder struct {
	agency string
	keyID  string // the agency's present key; "" when it has none
	holds  string // the key that the newest epoch is wrapped for; "" when it has no wrap
}

// standing is what decides whether a writer must begin a new epoch of a part.
type standing struct {
	epoch   int64    // the newest; 0: none yet
	lost    bool     // a reader was lost since it began
	owner   holder   // the case's own agency
	readers []holder // agencies that may read now, by name
	former  []string // agencies that have a wrap of the newest epoch and may not read
}

// turn says whether the next writer begins a new epoch: there is none yet, a
// reader was lost, or an agency replaced its key because a member left, who may
// have kept the old one.
//
// req: CASE-8
func (s standing) turn() bool {
	changed := func(h holder) bool { return h.holds != "" && h.keyID != "" && h.holds != h.keyID }
	return s.epoch == 0 || s.lost || len(s.former) > 0 || changed(s.owner) || slices.ContainsFunc(s.readers, changed)
}

// equal says whether two readings of a part's standing agree, so that what was
// prepared outside a transaction may be written in it.
func (s standing) equal(o standing) bool {
	return s.epoch == o.epoch && s.lost == o.lost && s.owner == o.owner && slices.Equal(s.readers, o.readers) && slices.Equal(s.former, o.former)
}
