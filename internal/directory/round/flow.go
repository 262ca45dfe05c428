package round

import (
	"cmp"
	"slices"
	"time"

	"amelie/internal/directory"
)

// What a round waits for, and how long.
const (
	Life        = 60 * 24 * time.Hour // of a round and of its links
	firstNudge  = 14 * 24 * time.Hour
	secondNudge = 30 * 24 * time.Hour
	silence     = 37 * 24 * time.Hour // then it is called
	ReadWithin  = 7 * 24 * time.Hour  // an editor has looked at a correction
	WordsLife   = 30 * 24 * time.Hour // of a report's words after it was closed
	brokenSpan  = 90 * 24 * time.Hour // two reports that a number is dead within this time make a badge
	enoughTries = 3
)

// Running tells whether a round takes answers at a moment.
func (r Round) Running(at time.Time) bool { return r.State != Ended && at.Before(r.Ends) }

// nudges is how many reminders a mail should have had by a moment.
func nudges(sent, at time.Time) int64 {
	switch age := at.Sub(sent); {
	case sent.IsZero(), age < firstNudge:
		return 0
	case age < secondNudge:
		return 1
	}
	return 2
}

// Reason says why a body stands on the call list.
type Reason string

// The reasons, the most urgent first.
const (
	ReasonGone    Reason = "gone"    // it says that it is gone: an editor makes sure
	ReasonMend    Reason = "mend"    // its corrections wait for a call
	ReasonBounced Reason = "bounced" //
	ReasonNoMail  Reason = "no-mail" //
	ReasonSilent  Reason = "silent"  // two reminders, no answer
)

var reasons = []Reason{ReasonGone, ReasonMend, ReasonBounced, ReasonNoMail, ReasonSilent}

// Calls tells whether a body is to be called, and why. What was settled by a
// call is not called about again.
func (b Body) Calls(at time.Time) (Reason, bool) {
	switch {
	case b.Way == "call":
		return "", false
	case b.Answer == Gone:
		return ReasonGone, true
	case b.Answer == Corrected:
		return ReasonMend, true
	case b.Answer == Confirmed:
		return "", false
	case b.Mail == Bounced:
		return ReasonBounced, true
	case b.Mail == NoMailbox:
		return ReasonNoMail, true
	case b.Mail == Sent && at.Sub(b.Sent) >= silence:
		return ReasonSilent, true
	}
	return "", false
}

// nextTry is when to call again after nobody answered: the next working day,
// at the other half of it, so that a body that answers mornings only is met.
func nextTry(at time.Time, zone *time.Location) time.Time {
	at = at.In(zone)
	hour := 10
	if at.Hour() < 12 {
		hour = 14
	}
	next := time.Date(at.Year(), at.Month(), at.Day()+1, hour, 0, 0, 0, zone)
	for next.Weekday() == time.Saturday || next.Weekday() == time.Sunday {
		next = next.AddDate(0, 0, 1)
	}
	return next
}

// Call is a body on the call list with what a caller needs.
type Call struct {
	Body
	Reason  Reason
	Numbers []directory.Phone
	Open    directory.OpenState
	Broken  bool
}

// order sorts a call list: by country; who answers now first, who may be tried
// again later last; then by why, then by name.
func order(list []Call, at time.Time) {
	state := func(c Call) int {
		switch {
		case c.NextCall.After(at):
			return 3
		case c.Open.Open:
			return 0
		case !c.Open.Known:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b Call) int {
		return cmp.Or(cmp.Compare(a.Country, b.Country), cmp.Compare(state(a), state(b)),
			cmp.Compare(slices.Index(reasons, a.Reason), slices.Index(reasons, b.Reason)), cmp.Compare(a.Name, b.Name))
	})
}

// Progress is a round in numbers.
type Progress struct {
	Total, Waiting, Queued, Sent, Bounced, NoMailbox int64 // by mail
	Confirmed, Corrected, Gone, Silent               int64 // by answer
	ByLink, ByCall, ToCall                           int64
}

// Answered is how many answered in any way.
func (p Progress) Answered() int64 { return p.Confirmed + p.Corrected + p.Gone }

// count adds bodies up.
func count(bodies []Body, at time.Time) Progress {
	p := Progress{Total: int64(len(bodies))}
	for _, b := range bodies {
		switch b.Mail {
		case Waits:
			p.Waiting++
		case Queued:
			p.Queued++
		case Sent:
			p.Sent++
		case Bounced:
			p.Bounced++
		case NoMailbox:
			p.NoMailbox++
		}
		switch b.Answer {
		case Confirmed:
			p.Confirmed++
		case Corrected:
			p.Corrected++
		case Gone:
			p.Gone++
		default:
			p.Silent++
		}
		switch b.Way {
		case "link":
			p.ByLink++
		case "call":
			p.ByCall++
		}
		if _, on := b.Calls(at); on {
			p.ToCall++
		}
	}
	return p
}

// moves are the ways of a report.
var moves = map[ReportState][]ReportState{
	ReportOpen:  {ReportTaken, ReportDone, ReportDismissed, ReportMerged},
	ReportTaken: {ReportDone, ReportDismissed, ReportMerged},
}

// CanMove tells whether a report may go from one state to another.
func CanMove(from, to ReportState) bool { return slices.Contains(moves[from], to) }

// closing tells whether a state ends a report, so that its words have a term.
func closing(s ReportState) bool {
	return s == ReportDone || s == ReportDismissed || s == ReportMerged
}

// Kind is the badge of a round's state.
func (r Round) Kind() string {
	switch r.State {
	case Open:
		return "ok"
	case Stopped:
		return "soon"
	case Ended:
		return "plain"
	}
	return "info"
}

// Kind is the badge of a body's answer.
func (b Body) Kind() string {
	if b.Answer == Confirmed {
		return "ok"
	}
	return "soon"
}
