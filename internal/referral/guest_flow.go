package referral

import (
	"slices"

	"amelie/internal/fault"
)

// byPhone are the acts of a receiver who answers by telephone, as the sender
// records them. A question is one of them: it counts as a first answer.
var byPhone = []Action{Open, Accept, Decline, Ask, Appoint, HandOver, Close}

// toldLater are those that the sender may know of only with feedback.
var toldLater = []Action{Appoint, HandOver, Close}

// NextBy is Next for every way: the state after by did action, and for which
// side they spoke. The table of flow.go holds for all; the ways only narrow it:
//
//   - a guest cannot pass on: that takes a draft, and so an account;
//   - with a form or a call nobody acts at the receiver. The sender records
//     what they said, as the receiver's word; that it reached them at all can
//     be recorded by itself, or goes without saying with an answer. What
//     follows acceptance is not recorded without the person's consent to
//     feedback, since the sender may not know it.
//
// req: GUEST-2
func NextBy(w Way, k Kind, feedback bool, s State, a Action, by Side) (State, Side, error) {
	impossible := fault.New(fault.Conflict, "referral.error.state", "state", string(s))
	switch {
	case w == ByLink && by == Receiver && a == Redirect:
		return s, by, impossible
	case !w.Told() || by == Clock:
		next, err := Next(k, s, a, by)
		return next, by, err
	case by != Sender:
		return s, by, impossible
	case a == Ask: // their question, not ours: we ask by telephone, and note it as a reply
		return toldNext(k, s, a)
	case slices.Contains(byPhone, a):
		if slices.Contains(toldLater, a) && !feedback && s != Declined {
			return s, Receiver, impossible
		}
		if next, side, err := toldNext(k, s, a); err == nil {
			return next, side, nil
		}
	}
	next, err := Next(k, s, a, Sender)
	return next, Sender, err
}

// toldNext is the receiver's step as told by telephone: who answers has it.
func toldNext(k Kind, s State, a Action) (State, Side, error) {
	if s == Sent && a != Open {
		s = Received
	}
	if a == Open && s != Sent {
		return s, Receiver, fault.New(fault.Conflict, "referral.error.state", "state", string(s))
	}
	next, err := Next(k, s, a, Receiver)
	return next, Receiver, err
}

// PossibleBy lists what by may do in state s, in the order of the table.
func PossibleBy(w Way, k Kind, feedback bool, s State, by Side) []Action {
	var out []Action
	for _, r := range table {
		if _, _, err := NextBy(w, k, feedback, s, r.action, by); err == nil && !slices.Contains(out, r.action) {
			out = append(out, r.action)
		}
	}
	return out
}

// nextOf is NextBy for a stored referral.
func nextOf(r stored, a Action, by Side) (State, Side, error) {
	return NextBy(r.Way(), r.Kind, r.Feedback, r.State, a, by)
}
