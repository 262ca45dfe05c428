package procedure

import (
	"slices"
	"time"

	"amelie/internal/clock"
	"amelie/internal/fault"
)

// State is where a version stands.
type State string

// The states. Only an adopted version is what the house decided.
const (
	Draft     State = "draft"
	Adopted   State = "adopted"
	Replaced  State = "replaced"
	Discarded State = "discarded"
)

// States are all states.
var States = []State{Draft, Adopted, Replaced, Discarded}

// Action is what happens to a version.
type Action string

// The actions. Replace follows from the adoption of the next version.
const (
	Write   Action = "write"
	Adopt   Action = "adopt"
	Discard Action = "discard"
	Replace Action = "replace"
)

var table = []struct {
	action Action
	from   State
	to     State
}{
	{Write, Draft, Draft},
	{Adopt, Draft, Adopted},
	{Discard, Draft, Discarded},
	{Replace, Adopted, Replaced},
}

// Next is the state after an action. What was adopted is never rewritten.
// Errors: fault.Conflict.
//
// req: PROCEDURE-1
func Next(s State, a Action) (State, error) {
	for _, r := range table {
		if r.action == a && r.from == s {
			return r.to, nil
		}
	}
	return s, fault.New(fault.Conflict, "procedure.error.state")
}

// Lacking is what a draft still needs before a house can adopt it, as message
// keys: steps and who decides in the main language, and one number to call.
func (v Version) Lacking() (keys []string) {
	t := v.Texts[v.Main]
	if len(t.Steps) < 3 {
		keys = append(keys, "procedure.lacking.steps")
	}
	if t.Decides == "" {
		keys = append(keys, "procedure.lacking.decides")
	}
	if !slices.ContainsFunc(v.Numbers, func(n Number) bool { return n.Phone != "" }) {
		keys = append(keys, "procedure.lacking.number")
	}
	return keys
}

// LongestReview is how far away the review of a procedure may be.
const LongestReview = 2 * 365 * 24 * time.Hour

// Ahead are the days before the review day on which leads are reminded.
var Ahead = []int{30, 7, 0}

// reviewDay reads a review day; it lies ahead, within LongestReview.
func reviewDay(s string, now time.Time, zone *time.Location) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	return t, err == nil && t.After(now) && t.Before(now.Add(LongestReview+24*time.Hour))
}

// reminders are the mornings on which the leads are told.
func reminders(review string, now time.Time, zone *time.Location) []time.Time {
	t, err := time.ParseInLocation(time.DateOnly, review, zone)
	if err != nil {
		return nil
	}
	return clock.Mornings(t, Ahead, now)
}

// ReviewDue says whether the procedure is to be looked at: within 30 days, or
// overdue.
func (v Version) ReviewDue(now time.Time, zone *time.Location) (due, over bool) {
	t, err := time.ParseInLocation(time.DateOnly, v.Review, zone)
	if v.State != Adopted || err != nil {
		return false, false
	}
	return !now.Before(t.AddDate(0, 0, -Ahead[0])), !now.Before(t.AddDate(0, 0, 1))
}
