package share

import (
	"slices"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/fault"
)

// State is where a line stands.
type State string

// The states. Over is never written: it follows from the date.
const (
	None      State = ""
	Given     State = "given"
	Refused   State = "refused"
	Waiting   State = "waiting" // on a legal ground, until a second person looked
	Confirmed State = "confirmed"
	Withdrawn State = "withdrawn" // by the person
	Ended     State = "ended"     // by an agency
	Replaced  State = "replaced"  // by a later line
	Rejected  State = "rejected"  // by the second person
	Lapsed    State = "lapsed"    // nobody looked in time
	Doubted   State = "doubted"   // who had said yes is under suspicion
	Over      State = "over"
)

// Act is what happens to a line.
type Act string

// The acts.
const (
	Give     Act = "give"
	Refuse   Act = "refuse"
	Invoke   Act = "invoke"
	Confirm  Act = "confirm"
	Reject   Act = "reject"
	Lapse    Act = "lapse"
	Withdraw Act = "withdraw"
	End      Act = "end"
	Replace  Act = "replace"
	Doubt    Act = "doubt"
)

// flow is every way from state to state. No way leads out of a state that has
// ended: what was withdrawn stays so.
//
// req: SHARE-2, SHARE-5
var flow = []struct {
	act      Act
	from, to State
}{
	{Give, None, Given},
	{Refuse, None, Refused},
	{Invoke, None, Waiting},
	{Confirm, Waiting, Confirmed},
	{Reject, Waiting, Rejected},
	{Lapse, Waiting, Lapsed},
	{Withdraw, Given, Withdrawn},
	{Doubt, Given, Doubted},
	{End, Given, Ended},
	{End, Waiting, Ended},
	{End, Confirmed, Ended},
	{Replace, Given, Replaced},
	{Replace, Refused, Replaced},
	{Replace, Waiting, Replaced},
	{Replace, Confirmed, Replaced},
}

// Next is the state after an act. Errors: fault.Conflict.
func Next(s State, a Act) (State, error) {
	for _, r := range flow {
		if r.act == a && r.from == s {
			return r.to, nil
		}
	}
	return s, fault.New(fault.Conflict, "share.error.state")
}

// StateAt is the state at a moment: dates end what nobody ended.
//
// req: SHARE-5
func (e Entry) StateAt(now time.Time) State {
	switch {
	case e.State == Waiting && !now.Before(e.ReviewBy):
		return Lapsed
	case (e.State == Given || e.State == Confirmed) && !e.Until.IsZero() && !now.Before(e.Until):
		return Over
	}
	return e.State
}

// Stands says whether the line lets somebody know something now.
func (e Entry) Stands(now time.Time) bool {
	s := e.StateAt(now)
	return s == Given || s == Waiting || s == Confirmed
}

// Capacity is whether the person decides alone.
type Capacity string

// The capacities. Where nothing is written down about who decides, it follows from
// the person's standing: a child, or in doubt whether one, is a child; everybody
// else a grown person. What is written down and unclear is read as a child.
const (
	Self   Capacity = "self"
	Child  Capacity = "child"
	Unable Capacity = "unable" // grown, and cannot decide now
)

// Deciding is what the file says about who decides.
type Deciding struct {
	Capacity Capacity
	Heard    bool // the person's own view was asked for: told, or rather not said
}

// Around is somebody around the person.
type Around struct {
	Entry, Name, Relation, Paper, Suspicion string
}

// Role is how somebody around the person could be part of a sharing.
type Role string

// The roles.
const (
	Consents Role = "consents" // says yes or no for the person
	Notified Role = "notified" // is told of a sharing
	Gets     Role = "gets"     // gets a paper, a copy or a card of the person's
)

// Roles are all of them.
var Roles = []Role{Consents, Notified, Gets}

// deciders may say yes for another, unless anything is held against them. A
// relative, a companion and anybody else never do.
var deciders = []string{"authority", "guardian", "parent"}

// May says whether somebody around the person may have a role. Only who is
// written down as not under suspicion may; unknown is not no.
//
// req: SHARE-3
func (a Around) May(r Role) bool {
	if a.Suspicion != "no" {
		return false
	}
	return r != Consents || slices.Contains(deciders, a.Relation)
}

// Decides says whether the one may give or refuse a consent; nil is the person.
// Errors: fault.Invalid with the field "by".
//
// req: SHARE-3, SHARE-4
func (d Deciding) Decides(by *Around) error {
	key := ""
	switch {
	case by == nil && d.Capacity == Self, by != nil && d.Capacity != Self && by.May(Consents) && d.Heard:
		return nil
	case by == nil:
		key = "share.error.not-alone"
	case d.Capacity == Self:
		key = "share.error.own-word"
	case by.Suspicion != "no":
		key = "share.error.suspicion"
	case !by.May(Consents):
		key = "share.error.not-decider"
	default:
		key = "share.error.heard"
	}
	return fault.Fields(fault.Field{Name: "by", Key: key})
}

// kindStanding is the entry in which the room of the stages keeps whether the
// person is a child.
const kindStanding = "stage-standing"

// decidingIn reads who decides from the file.
//
// req: SHARE-4
func decidingIn(o *casework.Opened) Deciding {
	e, there := o.Latest(kindDeciding)
	if !there {
		known, _ := o.Latest(kindStanding)
		if age := known.Fields.One("age"); age == "minor" || age == "doubt" {
			return Deciding{Capacity: Child}
		}
		return Deciding{Capacity: Self}
	}
	d := Deciding{Capacity: Capacity(e.Fields.One("capacity"))}
	if d.Capacity != Self && d.Capacity != Unable { // in doubt, a child
		d.Capacity = Child
	}
	heard := e.Fields.One("heard")
	d.Heard = heard == "yes" || heard == "does-not-want" || heard == ask.NotSaid
	return d
}

// grown says whether it is written down that the person is a grown person, or who
// decides: until then who takes down a yes is asked to find out.
func grown(o *casework.Opened) bool {
	_, written := o.Latest(kindDeciding)
	known, _ := o.Latest(kindStanding)
	return written || known.Fields.One("age") == "adult"
}

// aroundIn reads who is around the person.
func aroundIn(o *casework.Opened) (out []Around) {
	for _, e := range o.Of(kindAround) {
		f := e.Fields
		out = append(out, Around{e.ID, f.One("name"), f.One("relation"), f.One("paper"), f.One("suspicion")})
	}
	return out
}

// Involved says who around the person may have a role, as the opened file says
// now: for other rooms that give somebody a card, a copy or a message.
//
// req: SHARE-3
func Involved(o *casework.Opened, r Role) (out []Around) {
	return slices.DeleteFunc(aroundIn(o), func(a Around) bool { return !a.May(r) })
}

// unanswered are the lines that ended because of whom the yes was from, and after
// which nobody was asked anew.
func unanswered(lines []Line) (out []Line) {
	for i, l := range lines {
		if l.State == Doubted && !slices.ContainsFunc(lines[i+1:], func(n Line) bool { return n.Kind == l.Kind && n.To == l.To }) {
			out = append(out, l)
		}
	}
	return out
}

// left are the parts that are in was and not in now.
func left(was, now []casework.Part) (out []casework.Part) {
	return slices.DeleteFunc(slices.Clone(was), func(p casework.Part) bool { return slices.Contains(now, p) })
}
