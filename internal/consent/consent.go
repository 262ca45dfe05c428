// Package consent is the ledger of what people agreed to.
//
// The idea: nothing leaves an agency without an entry here, or without a named
// legal ground that the sending domain records instead. An entry says who took
// the consent, to which agency something may go, which parts, what for, until
// when, how it was given, in which language and in which version of the text,
// and whether an interpreter was there. It is written in the transaction in
// which the thing leaves, so that neither exists without the other, and it is
// never changed, only ended: by withdrawal or by its date.
//
// Stored and readable: codes, agencies, staff and times, because a machine has
// to stop at the date and an auditor has to count. The person is not named,
// and no words of theirs are here: the content that the consent is about lies
// sealed in the domain that sent it. An entry lives one year after its end and
// is then deleted.
//
// It must never be written afterwards for something that has already left,
// never hold a name or free words in clear, and never be widened: another
// part, agency, purpose or date is a new consent.
package consent

import (
	"slices"
	"time"

	"amelie/internal/fault"
)

// The ways in which consent is given.
const (
	Spoken = "spoken" // said, and noted by the professional
	Signed = "signed" // signed on paper that stays with the sending agency
	Marked = "marked" // a mark or sign by a person who does not write
)

// Ways are all of them.
var Ways = []string{Spoken, Signed, Marked}

// Entry is one consent.
type Entry struct {
	ID          string
	Object      string // what left under it, "referral/…"
	ByAgency    string // who took it
	ByUser      string
	ToAgency    string // who may know
	Parts       []string
	Purpose     string
	Until       time.Time
	How         string
	Language    string // of the text that the person saw, BCP 47
	TextVersion string
	Interpreter string // "none", "independent"
	Guardian    string // for a child: "agrees", "decides-alone"; else ""
	At          time.Time
	WithdrawnAt time.Time // zero: not withdrawn
	WithdrawnBy string    // user who recorded the withdrawal
}

// MaxPeriod is the longest time for which consent can be given at once.
const MaxPeriod = 90 * 24 * time.Hour

// Keep is how long an ended entry is kept.
const Keep = 365 * 24 * time.Hour

// Holds says whether the consent covers something at a time.
func (e Entry) Holds(at time.Time) bool {
	return !at.Before(e.At) && at.Before(e.Until) && (e.WithdrawnAt.IsZero() || at.Before(e.WithdrawnAt))
}

// Covers says whether the consent covers a part for an agency and a purpose at
// a time.
//
// req: CONSENT-8
func (e Entry) Covers(agency, purpose, part string, at time.Time) bool {
	return e.Holds(at) && e.ToAgency == agency && e.Purpose == purpose && slices.Contains(e.Parts, part)
}

// Check says whether an entry is whole: an incomplete consent is none.
//
// req: CONSENT-8
func (e Entry) Check() error {
	whole := e.ID != "" && e.Object != "" && e.ByAgency != "" && e.ByUser != "" && e.ToAgency != "" && e.ToAgency != e.ByAgency &&
		len(e.Parts) > 0 && e.Purpose != "" && e.Language != "" && e.TextVersion != "" && e.Interpreter != "" &&
		slices.Contains(Ways, e.How) && !e.At.IsZero()
	if !whole {
		return fault.New(fault.Invalid, "consent.error.incomplete")
	}
	if !e.Until.After(e.At) || e.Until.After(e.At.Add(MaxPeriod+time.Hour)) {
		return fault.New(fault.Invalid, "consent.error.period")
	}
	return nil
}
