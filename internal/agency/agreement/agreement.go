// Package agreement knows what agencies have agreed with each other: who
// cooperates with whom, for what, where, since when and until when.
//
// The idea: a colleague at night should not have to know which folder the
// cooperation protocol lies in. The moment a service is chosen for a referral,
// the page says what the two have agreed, and among services that are equally
// good the one with an agreement comes first. An agreement is made by its
// parties: one proposes, each confirms for itself. Where a party has no account
// here, a coordinator confirms for it and names the source. Published
// arrangements (a law, a circular, a protocol of a Land) ship with the program,
// each with its source.
//
// Stored, readable: title, kind, purposes, territory, days, what was agreed in
// plain words, where the paper lies, the parties with the function that answers
// there, who confirmed and when, and what happened since. No person who is
// helped appears anywhere in it.
//
// The life of an agreement: proposed, in force once every party confirmed,
// suspended and resumed by the same side, expired by its last day, or ended. A
// renewal is a new agreement that names the old one, so that what was agreed
// once stays readable.
//
// It must never stand in for a person's consent; never show as agreed what is
// suspended, expired or not confirmed; never let one side confirm for another;
// never move an authority up; never become public before everybody who is bound
// by it said so.
package agreement

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Agreement is one agreement with its parties.
type Agreement struct {
	ID        string
	Kind      string   // of Kinds
	Lang      string   // in which title and words are written
	Title     string   // as its parties call it
	Purposes  []string // of Purposes
	Territory []string // ISO 3166-1 or 3166-2 codes; empty: not limited
	Since     Day
	Until     Day // last day on which it stands; empty: no end was agreed
	Within    int // hours in which the other side answers; 0: none was agreed
	Words     string
	Document  string // https address of a published text; may be empty
	Kept      string // where the signed paper lies; may be empty
	Source    string // where it is known from, when it was not made here
	SourceURL string
	Origin    Origin
	State     State
	HeldBy    string // who suspended it: an agency, or Overseer
	Open      bool   // the coordinator who recorded it lets everybody know
	Replaces  string // the agreement that this one renews
	MadeBy    string // user
	MadeFor   string // agency that proposed it; "" for a coordinator's record
	Made      time.Time
	Changed   time.Time
	Version   int64
	Parties   []Party
}

// Overseer stands in HeldBy for the coordinator.
const Overseer = "coordinator"

// Origin says how an agreement came here.
type Origin string

// The origins.
const (
	ByAgencies  Origin = "agencies"    // proposed by a lead
	Recorded    Origin = "coordinator" // written down by a coordinator, with a source
	Publication Origin = "published"   // ships with the program, with a source
)

// Party is one of those who agree.
type Party struct {
	Organization string // of the directory; "" for a body that is not in it
	Name         string // of a body that is not in the directory
	Agency       string // the agency that the organisation is here; not stored
	Contact      string // the function that answers, never a person's name
	Reach        string // how that function is reached
	Confirmed    time.Time
	ConfirmedBy  string // user
	Open         bool   // this party lets everybody know
}

// Kinds are what an agreement can be.
var Kinds = []string{"protocol", "memorandum", "contract", "law"}

// Purposes are what agencies cooperate for: words of the directory's
// vocabulary of help where they fit.
var Purposes = []string{"referral", "accommodation", "counselling", "psychological", "health-care", "legal-aid", "interpretation", "child-protection",
	"residence-documents", "return", "referral-coordination", "police-cooperation", "information-training"}

// notAboutHelp are purposes for which nobody is sent anywhere.
var notAboutHelp = []string{"police-cooperation", "information-training"}

// AboutHelp says whether people are sent to each other under the agreement. An
// agreement to work with the police, or to train together, moves nobody up in
// a list of helpers.
//
// req: AGREEMENT-4
func (a Agreement) AboutHelp() bool {
	return slices.ContainsFunc(a.Purposes, func(p string) bool { return !slices.Contains(notAboutHelp, p) })
}

// Stands says whether the agreement holds at a time: confirmed by everybody,
// begun, not suspended, and its last day not over. It needs no job to have run.
//
// req: AGREEMENT-1
func (a Agreement) Stands(at time.Time, zone *time.Location) bool {
	today := DayOf(at, zone)
	return a.State == InForce && AllConfirmed(a.Parties) && (a.Since == "" || a.Since.First() <= today) && (a.Until == "" || today <= a.Until.Last())
}

// Public says whether everybody may know of the agreement: it is published
// anyway, or each party with an account here and, for a record, the coordinator
// said so. A body that joins later is asked too.
//
// req: AGREEMENT-5
func (a Agreement) Public() bool {
	if a.Origin == Publication {
		return true
	}
	if a.Origin == Recorded && !a.Open {
		return false
	}
	if a.Origin == ByAgencies && !slices.ContainsFunc(a.Parties, func(p Party) bool { return p.Agency != "" }) {
		return false // nobody is left who could say so
	}
	return !slices.ContainsFunc(a.Parties, func(p Party) bool { return p.Agency != "" && !p.Open })
}

// Agencies are the parties that have an account here.
func (a Agreement) Agencies() (list []string) {
	for _, p := range a.Parties {
		if p.Agency != "" {
			list = append(list, p.Agency)
		}
	}
	return list
}

// Party finds the party that an agency is.
func (a Agreement) Party(agencyID string) (Party, bool) {
	for _, p := range a.Parties {
		if agencyID != "" && p.Agency == agencyID {
			return p, true
		}
	}
	return Party{}, false
}

// Day is a day of the calendar, "2027-12-31", or a whole year, "2011", where a
// source says no more. An agreement ends with a day, not at a moment.
type Day string

// ParseDay reads a day or a year; ok is false for anything else.
func ParseDay(s string) (d Day, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) == 4 {
		n, err := strconv.Atoi(s)
		return Day(s), err == nil && n >= 1900 && n <= 2200
	}
	t, err := time.Parse(time.DateOnly, s)
	return Day(s), err == nil && t.Year() >= 1900 && t.Year() <= 2200
}

// DayOf is the day of a moment in a zone.
func DayOf(t time.Time, zone *time.Location) Day { return Day(t.In(zone).Format(time.DateOnly)) }

// Year says whether only the year is known.
func (d Day) Year() bool { return len(d) == 4 }

// First is the first day that d can mean.
func (d Day) First() Day {
	if d.Year() {
		return d + "-01-01"
	}
	return d
}

// Last is the last day that d can mean.
func (d Day) Last() Day {
	if d.Year() {
		return d + "-12-31"
	}
	return d
}

// End is the moment at which the last day of d is over, in a zone; zero for
// no day.
func (d Day) End(zone *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d.Last()), zone)
	if d == "" || err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, 1)
}

// DaysUntil counts the days from today to the last day of d; negative when it
// is over.
func (d Day) DaysUntil(today Day) int {
	to, err1 := time.Parse(time.DateOnly, string(d.Last()))
	from, err2 := time.Parse(time.DateOnly, string(today.First()))
	if err1 != nil || err2 != nil {
		return 0
	}
	return int(to.Sub(from).Hours() / 24)
}
