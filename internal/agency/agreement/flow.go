package agreement

import (
	"slices"
	"time"

	"amelie/internal/clock"
	"amelie/internal/fault"
)

// State is where an agreement stands.
type State string

// The states. Refused, Expired and Ended are final; a renewal is a new
// agreement.
const (
	Proposed  State = "proposed"
	InForce   State = "in-force"
	Suspended State = "suspended"
	Expired   State = "expired"
	Ended     State = "ended"
	Refused   State = "refused"
)

// States are all states in the order in which lists show them.
var States = []State{Proposed, InForce, Suspended, Expired, Ended, Refused}

// Action is what someone does to an agreement.
type Action string

// The actions.
const (
	Propose Action = "propose"
	Confirm Action = "confirm" // by a party for itself
	Vouch   Action = "vouch"   // by a coordinator for a party without an account, with a source
	Effect  Action = "effect"  // everybody confirmed
	Refuse  Action = "refuse"
	Suspend Action = "suspend"
	Resume  Action = "resume"
	End     Action = "end"
	Expire  Action = "expire"
	Replace Action = "replace" // a renewal took effect
	Settle  Action = "settle"  // a party changed its contact or its word about being public
)

// Side says for whom someone acts. Clock is what follows by itself.
type Side string

// The sides.
const (
	OfParty       Side = "party"
	OfCoordinator Side = "coordinator"
	Clock         Side = "clock"
)

type rule struct {
	action Action
	sides  []Side
	from   []State
	to     State // "": stays
}

var (
	anyone = []Side{OfParty, OfCoordinator}
	// table is the whole flow. What is not listed is not possible.
	table = []rule{
		{Confirm, []Side{OfParty}, []State{Proposed}, ""},
		{Vouch, []Side{OfCoordinator}, []State{Proposed}, ""},
		{Effect, []Side{Clock}, []State{Proposed}, InForce},
		{Refuse, []Side{OfParty}, []State{Proposed}, Refused},
		{Suspend, anyone, []State{InForce}, Suspended},
		{Resume, anyone, []State{Suspended}, InForce},
		{End, anyone, []State{Proposed, InForce, Suspended}, Ended},
		{Expire, []Side{Clock}, []State{Proposed, InForce, Suspended}, Expired},
		{Replace, []Side{Clock}, []State{InForce, Suspended}, Ended},
		{Settle, anyone, []State{Proposed, InForce, Suspended}, ""},
	}
)

// Next is the state after side did action in state s.
// Errors: fault.Conflict when that is not possible.
func Next(s State, action Action, side Side) (State, error) {
	for _, r := range table {
		if r.action == action && slices.Contains(r.sides, side) && slices.Contains(r.from, s) {
			if r.to == "" {
				return s, nil
			}
			return r.to, nil
		}
	}
	return s, fault.New(fault.Conflict, "agreement.error.state")
}

// Over says whether nothing more can happen to it.
func Over(s State) bool { return s == Refused || s == Expired || s == Ended }

// Renewable says whether a renewal may start from an agreement: it is no
// proposal any more, nobody refused it, and no renewal took its place.
func Renewable(s State, story []Event) bool {
	return s != Proposed && s != Refused && !slices.ContainsFunc(story, func(e Event) bool { return e.Action == Replace })
}

// AllConfirmed says whether every party confirmed; an agreement has at least
// two.
//
// req: AGREEMENT-3
func AllConfirmed(parties []Party) bool {
	return len(parties) >= 2 && !slices.ContainsFunc(parties, func(p Party) bool { return p.Confirmed.IsZero() })
}

// Ahead are the days before the last one on which the leads are reminded.
var Ahead = []int{90, 30, 7}

// Soon is how many days before its last day an agreement is shown as ending.
const Soon = 90

// Reminders are the moments at which the leads are told that an agreement
// ends, those that are still to come, soonest first.
func Reminders(until Day, now time.Time, zone *time.Location) []time.Time {
	end := until.End(zone)
	if end.IsZero() {
		return nil
	}
	return clock.Mornings(end.AddDate(0, 0, -1), Ahead, now)
}

// EndsSoon says whether an agreement that stands ends within Soon days.
func EndsSoon(a Agreement, now time.Time, zone *time.Location) bool {
	return a.Until != "" && a.Stands(now, zone) && a.Until.DaysUntil(DayOf(now, zone)) <= Soon
}
