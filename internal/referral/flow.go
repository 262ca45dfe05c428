package referral

import (
	"slices"
	"time"

	"amelie/internal/fault"
)

// State is where a referral stands.
type State string

// The states of a referral. Withdrawn and Expired are final for access: the
// receiving agency can open nothing any more and no longer finds the referral.
const (
	Draft       State = "draft"       // being written, sealed to its author
	Sent        State = "sent"        // durable at the receiver, nobody there has opened it
	Received    State = "received"    // someone at the receiver has opened it
	Accepted    State = "accepted"    // the receiver will help
	Declined    State = "declined"    // the receiver will not, with a coded reason
	Redirected  State = "redirected"  // passed on to another agency, with a new consent
	Appointment State = "appointment" // a first meeting is arranged
	HandedOver  State = "handed-over" // the person has arrived, the receiver takes care
	Closed      State = "closed"      // ended, with a coded outcome
	Withdrawn   State = "withdrawn"   // the person took the consent back
	Expired     State = "expired"     // the time that the person allowed is over

	// Of an enquiry only, see Round.
	Lapsed   State = "lapsed"   // the offer was not held any longer
	Released State = "released" // no longer needed
)

// States are all states in the order of the track that pages draw.
var States = []State{Draft, Sent, Received, Accepted, Appointment, HandedOver, Closed, Declined, Redirected, Withdrawn, Expired, Lapsed, Released}

// Action is what someone does to a referral.
type Action string

// The actions.
const (
	Send     Action = "send"
	Open     Action = "open"
	Accept   Action = "accept"
	Decline  Action = "decline"
	Ask      Action = "ask"   // a question to the other side; the first answer may be a question
	Reply    Action = "reply" // an answer to a question, or a further message
	Redirect Action = "redirect"
	Appoint  Action = "appoint"
	HandOver Action = "hand-over"
	Close    Action = "close"
	Withdraw Action = "withdraw"
	Expire   Action = "expire"

	// Of an enquiry only, see Round.
	Lapse      Action = "lapse"      // the time for which a place was held is over
	Pick       Action = "choose"     // the person wants this one
	Reconsider Action = "reconsider" // not this one after all
	Follow     Action = "follow"     // the referral to the chosen one has left
	Release    Action = "release"    // no longer needed

	// Skip is of a letter among several: nobody opened it until the answer was due.
	Skip Action = "letter-skip"
)

// Side says for whom someone acts.
type Side string

// The sides. Clock is the passing of time; nobody acts as Clock.
const (
	Sender   Side = "sender"
	Receiver Side = "receiver"
	Clock    Side = "clock"
)

// Kind is what is sent.
type Kind string

// The kinds. An enquiry is anonymous: it asks whether there would be a place
// and holds nothing that points to a person, so it needs no consent.
const (
	Referral Kind = "referral"
	Enquiry  Kind = "enquiry"
)

// rule is one line of the state table: who may do what, from where to where.
// An empty to keeps the state.
type rule struct {
	action Action
	side   Side
	from   []State
	to     State
	kinds  []Kind // empty: both
}

// live are the states in which the receiver may still act and read.
var live = []State{Sent, Received, Accepted, Lapsed, Appointment, HandedOver}

// ended are the states in which the matter is over but access may still last.
var ended = []State{Declined, Redirected, Closed, Released}

// shared are all states in which the receiver may have access.
var shared = slices.Concat(live, ended)

var (
	onlyReferral = []Kind{Referral}
	onlyEnquiry  = []Kind{Enquiry}
)

// table is the whole flow. A pair of action and side that is not listed for a
// state is not possible in it.
var table = []rule{
	{Send, Sender, []State{Draft}, Sent, nil},
	{Open, Receiver, []State{Sent}, Received, nil},
	{Open, Receiver, shared[1:], "", nil},
	{Accept, Receiver, []State{Received}, Accepted, nil},
	{Accept, Receiver, []State{Accepted, Lapsed}, Accepted, onlyEnquiry}, // held longer, or offered again
	{Decline, Receiver, []State{Received, Accepted, Lapsed}, Declined, nil},
	{Ask, Receiver, live[1:], "", nil},
	{Reply, Receiver, live[1:], "", nil},
	{Ask, Sender, live, "", nil},
	{Reply, Sender, live, "", nil},
	{Redirect, Receiver, []State{Received, Accepted}, Redirected, onlyReferral},
	{Appoint, Receiver, []State{Accepted, Appointment}, Appointment, onlyReferral},
	{HandOver, Receiver, []State{Accepted, Appointment}, HandedOver, onlyReferral},
	{Close, Receiver, []State{Accepted, Appointment, HandedOver}, Closed, nil},
	{Close, Sender, []State{Declined}, Closed, nil},
	// req: CONSENT-4 withdrawal is possible at any time, on either side. An
	// enquiry rests on no consent: whoever asks takes it back, whoever is asked
	// says no.
	{Withdraw, Sender, shared, Withdrawn, nil},
	{Withdraw, Receiver, shared, Withdrawn, onlyReferral},
	{Expire, Clock, live, Expired, nil},
	{Expire, Clock, ended, "", nil},
	{Lapse, Clock, []State{Accepted}, Lapsed, onlyEnquiry},
	{Skip, Clock, []State{Sent}, Expired, onlyEnquiry},
	{Pick, Sender, []State{Accepted}, "", onlyEnquiry},
	{Reconsider, Sender, []State{Accepted}, "", onlyEnquiry},
	{Follow, Sender, []State{Accepted}, Closed, onlyEnquiry},
	{Release, Sender, []State{Sent, Received, Accepted, Lapsed}, Released, onlyEnquiry},
}

// Next is the state after side did action, or a Conflict when that is not
// possible in state s.
func Next(k Kind, s State, action Action, side Side) (State, error) {
	for _, r := range table {
		if r.action == action && r.side == side && slices.Contains(r.from, s) &&
			(r.kinds == nil || slices.Contains(r.kinds, k)) {
			if r.to == "" {
				return s, nil
			}
			return r.to, nil
		}
	}
	return s, fault.New(fault.Conflict, "referral.error.state", "state", string(s))
}

// Possible lists what side may do in state s, in the order of the table.
func Possible(k Kind, s State, side Side) []Action {
	var out []Action
	for _, r := range table {
		if _, err := Next(k, s, r.action, side); err == nil && r.side == side && !slices.Contains(out, r.action) {
			out = append(out, r.action)
		}
	}
	return out
}

// FirstAnswer says whether action counts as the receiver's first answer: the
// sender then knows where the person stands, or is asked something.
func FirstAnswer(action Action, side Side) bool {
	return side == Receiver && slices.Contains([]Action{Accept, Decline, Redirect, Ask}, action)
}

// ReceiverMayKnow says whether the receiving side may know of a referral in
// state s. After withdrawal and expiry it does not exist for it.
//
// req: CONSENT-5
func ReceiverMayKnow(s State) bool { return slices.Contains(shared, s) }

// Over says whether nothing more is expected of anyone in state s.
func Over(s State) bool {
	return slices.Contains([]State{Declined, Redirected, Closed, Withdrawn, Expired, Released}, s)
}

// SeenBySender is the state that the sender is shown. The first answer is
// always shown, since the person may need another service; what comes after
// acceptance only when the person agreed to feedback.
//
// req: FEEDBACK-1
func SeenBySender(s State, feedback bool) State {
	if !feedback && slices.Contains([]State{Appointment, HandedOver, Closed}, s) {
		return Accepted
	}
	return s
}

// Urgency says how soon the first answer is due.
type Urgency string

// The urgencies.
const (
	Now   Urgency = "now"   // the person is not safe today
	Today Urgency = "today" // within a day
	Days  Urgency = "days"  // within three days
)

// Urgencies from soonest to latest.
var Urgencies = []Urgency{Now, Today, Days}

// Deadlines gives, per urgency, the time within which the receiver's first
// answer is due.
type Deadlines map[Urgency]time.Duration

// DefaultDeadlines are one hour, one day and three days.
var DefaultDeadlines = Deadlines{Now: time.Hour, Today: 24 * time.Hour, Days: 72 * time.Hour}

// Due is when the first answer is due to something sent at sent. An unknown
// urgency is treated as the soonest.
func (d Deadlines) Due(u Urgency, sent time.Time) time.Time {
	if span, ok := d[u]; ok {
		return sent.Add(span)
	}
	return sent.Add(d[Now])
}

// Level says how far a missing first answer has been escalated.
type Level int

// The levels.
const (
	Reminded       Level = 1 // the receiver's desk is reminded, half-way
	LeadTold       Level = 2 // due: the receiver's lead and the sender are told
	SenderLeadTold Level = 3 // twice the time: the sender's lead as well
)

// Escalation is one planned escalation.
type Escalation struct {
	Level Level
	At    time.Time
}

// Escalations are planned when something is sent; each does nothing once the
// first answer has been given.
func (d Deadlines) Escalations(u Urgency, sent time.Time) []Escalation {
	span := d.Due(u, sent).Sub(sent)
	return []Escalation{
		{Reminded, sent.Add(span / 2)},
		{LeadTold, sent.Add(span)},
		{SenderLeadTold, sent.Add(2 * span)},
	}
}

// ReviewWithin is the time in which a second person reviews a referral that
// left on a legal ground instead of a consent.
const ReviewWithin = 24 * time.Hour

// Lives of what is stored.
const (
	DraftLife   = 14 * 24 * time.Hour // a draft that nobody touches is deleted
	EnquiryLife = 7 * 24 * time.Hour  // an enquiry ends
	ContentLife = 90 * 24 * time.Hour // after its end a referral loses all content, on both sides
)

// Periods are the days for which consent may be given; the first of the page
// is the default of 30.
var Periods = []int{7, 30, 90}

// DefaultPeriod in days.
const DefaultPeriod = 30

// DeclineReasons are the coded reasons of a receiver who declines.
var DeclineReasons = []string{"no-place", "not-our-group", "not-our-area", "language", "other"}

// Outcomes are the coded ends.
var Outcomes = []string{"helped", "other-service", "not-reached", "changed-mind", "other"}

// TurnAfter says whose answer is waited for after side did action in state s
// (the state after the action): the sender, the receiver, or nobody ("").
func TurnAfter(action Action, side Side, s State) Side {
	undecided := s == Sent || s == Received
	switch {
	case Over(s):
		return ""
	case action == Ask && side == Receiver:
		return Sender
	case action == Ask && side == Sender, undecided:
		return Receiver
	}
	return ""
}
