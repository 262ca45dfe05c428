package day

import "amelie/internal/fault"

// Standing is how far an approval is.
type Standing string

// The standings of an approval.
const (
	Asked     Standing = "asked"
	Approved  Standing = "approved"
	SentBack  Standing = "sent-back"
	Withdrawn Standing = "withdrawn"
	Spent     Standing = "spent" // the case was closed with it
)

// Act is what somebody does with an approval or an offer.
type Act string

// The acts.
const (
	Approve  Act = "approve"
	SendBack Act = "send-back"
	AskAgain Act = "ask-again"
	Withdraw Act = "withdraw"
	Spend    Act = "spend"
	Accept   Act = "accept"
	Decline  Act = "decline"
)

var approvals = []struct {
	act      Act
	from, to Standing
}{
	{Approve, Asked, Approved},
	{SendBack, Asked, SentBack},
	{AskAgain, SentBack, Asked},
	{Withdraw, Asked, Withdrawn},
	{Withdraw, SentBack, Withdrawn},
	{Spend, Approved, Spent},
}

// byLead says whether an act is a lead's.
func (a Act) byLead() bool { return a == Approve || a == SendBack }

// Next is how far an approval is after an act. Errors: fault.Conflict.
func (s Standing) Next(a Act) (Standing, error) {
	for _, r := range approvals {
		if r.act == a && r.from == s {
			return r.to, nil
		}
	}
	return s, fault.New(fault.Conflict, "day.error.state")
}

// Offer is how far a hand-over is.
type Offer string

// The states of a hand-over. Until it is accepted the giver stays responsible.
const (
	Offered  Offer = "offered"
	Accepted Offer = "accepted"
	Declined Offer = "declined"
	TakenOff Offer = "withdrawn"
)

var offers = []struct {
	act Act
	to  Offer
}{
	{Accept, Accepted},
	{Decline, Declined},
	{Withdraw, TakenOff},
}

// Next is how far a hand-over is after an act: only what is offered moves.
// Errors: fault.Conflict.
func (o Offer) Next(a Act) (Offer, error) {
	for _, r := range offers {
		if r.act == a && o == Offered {
			return r.to, nil
		}
	}
	return o, fault.New(fault.Conflict, "day.error.state")
}
