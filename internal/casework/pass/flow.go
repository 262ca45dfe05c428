package pass

import "amelie/internal/fault"

// State is where an offer stands.
type State string

// The states. Over is never written: it follows from the line of the ledger.
const (
	None     State = ""
	Offered  State = "offered"
	Taken    State = "taken"
	Declined State = "declined"
	Over     State = "over"
)

// Act is what happens to an offer.
type Act string

// The acts. An offer ends without one when its line of the ledger does.
const (
	Give    Act = "offer"
	Take    Act = "take"
	Decline Act = "decline"
)

// flow is every way from state to state: what was answered is not answered again.
//
// req: PASS-2
var flow = []struct {
	act      Act
	from, to State
}{
	{Give, None, Offered},
	{Take, Offered, Taken},
	{Decline, Offered, Declined},
}

// Next is the state after an act. Errors: fault.Conflict.
func Next(s State, a Act) (State, error) {
	for _, r := range flow {
		if r.act == a && r.from == s {
			return r.to, nil
		}
	}
	return s, fault.New(fault.Conflict, "pass.error.state")
}

// StateAt is the state where its line of the ledger stands, or does not any more.
//
// req: PASS-1
func (o Offer) StateAt(stands bool) State {
	if o.State == Offered && !stands {
		return Over
	}
	return o.State
}
