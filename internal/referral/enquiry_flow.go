package referral

import (
	"slices"
	"time"

	"amelie/internal/fault"
)

// RoundAct is what happens to a round as a whole. What a desk answers happens
// to its own enquiry alone, by the table of flow.go.
type RoundAct string

// The acts.
const (
	ActChoose     RoundAct = "choose"     // the person wants this one
	ActReconsider RoundAct = "reconsider" // and now another, or none yet
	ActPlace      RoundAct = "place"      // the referral leaves, with consent
	ActEnd        RoundAct = "end"        // no longer needed
	ActRunOut     RoundAct = "run-out"    // its time is over
)

// roundRule is one line of the table of rounds.
type roundRule struct {
	act  RoundAct
	from []RoundState
	to   RoundState
}

var open = []RoundState{Asking, Chosen}

// roundTable is the whole flow of a round. Placed, Ended and RanOut are final.
var roundTable = []roundRule{
	{ActChoose, []RoundState{Asking}, Chosen},
	{ActReconsider, []RoundState{Chosen}, Asking},
	{ActPlace, []RoundState{Chosen}, Placed},
	{ActEnd, open, Ended},
	{ActRunOut, open, RanOut},
}

// Open says whether a round can still come to something.
func (r Round) Open() bool { return slices.Contains(open, r.State) }

// Move is what an act on the round does to one candidate's enquiry.
type Move struct {
	Candidate string
	Action    Action
}

// ChoiceLife is how long a choice stands at least: the consent sheet takes its
// time, and an offer that was held when it was chosen does not fall away under
// the person's pen.
const ChoiceLife = time.Hour

// LapsesAt is when the offer of a candidate is no longer held.
func (r Round) LapsesAt(c Candidate) time.Time {
	if least := r.ChosenAt.Add(ChoiceLife); r.Choice == c.ID && least.After(c.Held) {
		return least
	}
	return c.Held
}

// Candidate finds a candidate by its enquiry.
func (r Round) Candidate(id string) (Candidate, bool) {
	i := slices.IndexFunc(r.Candidates, func(c Candidate) bool { return c.ID == id })
	if i < 0 {
		return Candidate{}, false
	}
	return r.Candidates[i], true
}

// Choosable says whether the person can have this one now.
//
// req: ENQUIRY-4
func (r Round) Choosable(c Candidate, now time.Time) bool {
	return r.State == Asking && now.Before(r.Until) && c.State == Accepted && now.Before(c.Held)
}

// Do is the round after an act, and what the act does to the candidates.
// Candidate is read by ActChoose alone.
// Errors: fault.Conflict when the state does not allow it, when another one is
// chosen already, or when the offer is over.
//
// req: ENQUIRY-4
// req: ENQUIRY-5
func (r Round) Do(act RoundAct, candidate string, now time.Time) (Round, []Move, error) {
	i := slices.IndexFunc(roundTable, func(rule roundRule) bool { return rule.act == act && slices.Contains(rule.from, r.State) })
	if i < 0 {
		if act == ActChoose && r.State == Chosen {
			return r, nil, fault.New(fault.Conflict, "enquiry.error.chosen")
		}
		return r, nil, fault.New(fault.Conflict, "enquiry.error.over")
	}
	var moves []Move
	switch act {
	case ActChoose:
		c, ok := r.Candidate(candidate)
		if !ok {
			return r, nil, fault.New(fault.NotFound, "web.error.not-found")
		}
		if !r.Choosable(c, now) {
			return r, nil, fault.New(fault.Conflict, "enquiry.error.no-offer")
		}
		r.Choice, r.ChosenAt = c.ID, now
		moves = []Move{{c.ID, Pick}}
	case ActReconsider:
		if c, ok := r.Candidate(r.Choice); ok && c.State == Accepted {
			moves = []Move{{c.ID, Reconsider}}
		}
		r.Choice, r.ChosenAt = "", time.Time{}
	case ActPlace:
		c, ok := r.Candidate(r.Choice)
		if !ok || c.State != Accepted || !now.Before(r.LapsesAt(c)) {
			return r, nil, fault.New(fault.Conflict, "enquiry.error.no-offer")
		}
		moves = append(r.releases(c.ID), Move{c.ID, Follow})
	case ActEnd:
		moves = r.releases("")
	case ActRunOut:
		if now.Before(r.Until) {
			return r, nil, fault.New(fault.Conflict, "enquiry.error.over")
		}
	}
	r.State, r.StateAt = roundTable[i].to, now
	return r, moves, nil
}

// releases tells every desk but one that it is no longer needed.
func (r Round) releases(but string) []Move {
	var out []Move
	for _, c := range r.Candidates {
		if _, err := Next(Enquiry, c.State, Release, Sender); err == nil && c.ID != but {
			out = append(out, Move{c.ID, Release})
		}
	}
	return out
}

// Settle is the round after a candidate's enquiry changed by itself: a chosen
// place that fell through leaves the choice open again. changed is false when
// nothing follows.
func (r Round) Settle(now time.Time) (out Round, changed bool) {
	if r.State != Chosen {
		return r, false
	}
	if c, ok := r.Candidate(r.Choice); ok && c.State == Accepted && now.Before(r.LapsesAt(c)) {
		return r, false
	}
	r.State, r.StateAt, r.Choice, r.ChosenAt = Asking, now, "", time.Time{}
	return r, true
}
