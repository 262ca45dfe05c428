// Package share is the ledger of what of a case may be known by whom: every
// sharing with another agency, what the person says about statistics, research,
// contact by the police and the media, and the few sharings that stand on a law
// instead of a yes.
//
// The idea. A line of the ledger is written in the transaction in which the keys
// leave (casework.Grant) and is never widened: another part, purpose or date is a
// new line that takes the place of the one before. It says who shared with whom
// which parts, what for, until when, who said yes and how, in which language and
// version of the text it was explained, in which language it was spoken where there
// is no text in it, and whether an interpreter was there. A
// no is kept too, so that nobody asks again and again.
//
// Who decides. A grown person decides alone. For a child, or somebody who cannot
// decide now, the child authority or an appointed guardian does, after the person
// was heard. Whoever is marked as under suspicion, or of whom that is not known,
// neither says yes, nor is told, nor gets anything.
//
// Without a yes something leaves only on a named provision of law. A second
// person of the agency looks at it within 24 hours; until then the access is
// given for those 24 hours alone, so that it ends by the clock when nobody looks.
//
// Stored and readable: agencies, parts, purposes and ways as codes, staff and
// times, because a machine has to stop at the date and a year's numbers are
// counted without opening a case. Stored and sealed, under the agency's own part
// that nobody else gets: names, papers, reasons, the words of a provision.
//
// The life of a line: given, refused or waiting for its review; then withdrawn,
// over, replaced, doubted (who said yes is under suspicion), confirmed, rejected or
// lapsed. It is deleted with the case; of
// a sharing on a legal ground a number of its year remains.
//
// It must never give a withdrawn line back, also not after a restored backup;
// never say that something was refused to whom it was refused; never let who
// shared on a legal ground review it.
package share

import (
	"slices"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
)

// Kind is what a line is about.
type Kind string

// The kinds. The last four are asked for one by one and never follow from a
// sharing.
const (
	Consent    Kind = "share"  // parts, to another agency
	Ground     Kind = "ground" // the same without a yes, on a provision of law
	Statistics Kind = "statistics"
	Research   Kind = "research"
	Police     Kind = "police" // contact by police or prosecution
	Media      Kind = "media"
)

// Topics are the separate consents. None is there until it was given.
var Topics = []Kind{Statistics, Research, Police, Media}

// Purposes of a sharing.
var Purposes = []string{"housing", "counselling", "legal-aid", "health-care", "safety", "recognition", "work-and-learning", "move", "return", "other"}

// GoesOn is the purpose of a sharing by which the case goes on at another agency.
// The room of that gives it (Order.Also), no form of the ledger.
const GoesOn = "goes-on"

// Ways in which a yes or no is given.
var Ways = []string{"spoken", "signed", "marked"}

// Interpreters that were there. A companion is never one.
var Interpreters = []string{"none", "independent"}

// Periods in days for which something is shared at once.
var Periods = []int{14, 30, 90, 180}

// ReviewTime is how long a sharing on a legal ground waits for a second person.
const ReviewTime = 24 * time.Hour

// Entry is a line of the ledger, without any word about the person.
type Entry struct {
	ID, CaseID string
	AgencyID   string // whose case it is
	Kind       Kind
	To         string // agency; "" for a topic
	Parts      []casework.Part
	Past       bool // also what was written before
	Purpose    string
	State      State
	StateSince time.Time
	StateBy    string // name of the member who ended or reviewed it; "" for the clock and the person
	UserID     string // who took it down
	UserName   string
	How        string
	Decider    string // "self", or what the one who said it is to the person
	DeciderID  string // the entry of the file that names that one; "" for the person
	Language   string // of the text that the person heard or read
	Interpret  string
	Text       string // version of that text
	Ground     string // code of the country's data, "other" for a provision in words
	ToldAt     time.Time
	At, Until  time.Time // Until is zero for a topic
	ReviewBy   time.Time
	Authority  bool // To is police, prosecution or the like

	epoch int64
	env   []byte
}

// Words are what a line says that only the own agency may read.
type Words struct {
	Spoken    string `json:"spoken,omitempty"` // the language of the talk where it was not that of the text; sealed, because it may say where somebody is from
	Other     string `json:"other,omitempty"`  // another purpose
	Name      string `json:"name,omitempty"`   // of who decided for the person, as it was written then
	Paper     string `json:"paper,omitempty"`
	Provision string `json:"provision,omitempty"`
	Reason    string `json:"reason,omitempty"`
	NotTold   string `json:"not-told,omitempty"` // why telling the person endangers
}

// Line is an opened line.
type Line struct {
	Entry
	Words

	rests    map[string]int64 // entries that say who decides, by version; nil: the line rests on none
	capacity Capacity         // whether the person decides alone, as those say
}

// Parts that can be given to another agency.
func Parts() []casework.Part {
	return slices.DeleteFunc(slices.Clone(casework.Parts), func(p casework.Part) bool { return !p.Shareable() })
}

// same says whether a line was taken down from the same form as another.
func (l Line) same(o Line) bool {
	days := func(e Entry) time.Duration { return e.Until.Sub(e.At).Round(24 * time.Hour) }
	return l.Kind == o.Kind && l.To == o.To && l.State == o.State && slices.Equal(l.Parts, o.Parts) && l.Past == o.Past && l.Purpose == o.Purpose && l.Ground == o.Ground &&
		l.How == o.How && l.DeciderID == o.DeciderID && l.Language == o.Language && l.Interpret == o.Interpret && l.ToldAt.IsZero() == o.ToldAt.IsZero() && days(l.Entry) == days(o.Entry) && l.Words == o.Words
}

// The kinds of entries of this room.
const (
	kindDeciding = "deciding"
	kindAround   = "around"
)

// kinds of entries: who decides, and who is around the person.
var kinds = []casework.Kind{
	{ID: kindDeciding, Room: room, Hint: true, Part: casework.Identity, Single: true, Must: []string{"capacity"}, Fields: []ask.Field{
		{Name: "capacity", Kind: ask.Choose, Options: ask.Options(string(Self), string(Child), string(Unable))},
		{Name: "heard", Kind: ask.Choose, Options: ask.Options("yes", "not-yet", "does-not-want")},
		{Name: "view", Kind: ask.Long, Max: 2000},
	}},
	{ID: kindAround, Room: room, Hint: true, Part: casework.Safety, Must: []string{"name", "relation", "suspicion"}, Fields: []ask.Field{
		{Name: "name", Kind: ask.Short, Max: 120},
		{Name: "relation", Kind: ask.Choose, Options: []string{"authority", "guardian", "parent", "relative", "companion", "other", ask.NotKnown}},
		{Name: "paper", Kind: ask.Short, Max: 200},
		{Name: "suspicion", Kind: ask.Choose, Options: append([]string{"no", "yes"}, ask.NotKnown)},
	}},
}

const room = "share"
