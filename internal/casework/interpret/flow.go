package interpret

import (
	"slices"
	"time"

	"amelie/internal/fault"
)

// State is where a booking stands.
type State string

// The states of a booking.
const (
	Asked     State = "asked"
	Accepted  State = "accepted"
	Declined  State = "declined"
	Cancelled State = "cancelled"
	Done      State = "done"
	Missed    State = "missed"
)

// Booking is an interpreter for a time.
type Booking struct {
	ID, InterpreterID, CaseID, AgencyID string
	EntryID                             string // the appointment; "" for now by telephone
	Language, Channel                   string
	At, End                             time.Time
	State                               State
	StateAt                             time.Time
	UserID                              string // who booked
	// Conflicts are what was answered to each of the questions before, and Asked when;
	// Cleared is when the interpreter said that there is none, zero: not yet.
	Conflicts      map[string]string
	Asked, Cleared time.Time
	Version        int64
}

// Open says whether the interpreter's time is taken.
func (b Booking) Open() bool { return b.State == Asked || b.State == Accepted }

// Act is what is done to a booking.
type Act string

// The acts: the first two are the interpreter's, the others the agency's. Confirm is
// what somebody from outside said who was called again; Move follows the appointment.
const (
	Accept  Act = "accept"
	Decline Act = "decline"
	Cancel  Act = "cancel"
	Confirm Act = "confirm"
	Move    Act = "move"
	Finish  Act = "finish"
	Miss    Act = "miss"
)

var table = []struct {
	act     Act
	own     bool // the interpreter's
	from    []State
	to      State
	started bool // only when the time has come
}{
	{Accept, true, []State{Asked}, Accepted, false},
	{Decline, true, []State{Asked, Accepted}, Declined, false},
	{Cancel, false, []State{Asked, Accepted}, Cancelled, false},
	{Confirm, false, []State{Asked}, Accepted, false},
	{Move, false, []State{Asked, Accepted}, Asked, false},
	{Finish, false, []State{Accepted}, Done, true},
	{Miss, false, []State{Accepted}, Missed, true},
}

// Do is the booking after an act of the interpreter (own) or of the agency.
// Errors: fault.Conflict.
func (b Booking) Do(a Act, own bool, now time.Time) (Booking, error) {
	for _, r := range table {
		if r.act == a && r.own == own && slices.Contains(r.from, b.State) && (!r.started || !now.Before(b.At)) {
			b.State, b.StateAt = r.to, now
			switch a {
			case Accept:
				b.Cleared = now
			case Move: // a yes was for the time that it was given to
				b.Cleared = time.Time{}
			}
			return b, nil
		}
	}
	return b, fault.New(fault.Conflict, "interpret.error.over")
}

// reached says whether a booking stands where an act leads.
func (b Booking) reached(a Act) bool {
	for _, r := range table {
		if r.act == a && r.to == b.State {
			return true
		}
	}
	return false
}
