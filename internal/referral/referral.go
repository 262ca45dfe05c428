// Package referral carries a person from someone who noticed to someone who
// can help, with what the person agreed to share and nothing else.
//
// The idea: a professional answers one short question per page. Each answer is
// sealed to the professional's own key the moment it is given, so that writing
// needs no open key and an expired sign-in loses nothing. Before anything
// leaves, the person sees in their own language to whom it goes, which parts,
// what for and until when, and ticks the parts. A packet is then a snapshot of
// exactly these parts, sealed under a fresh key that is wrapped for the
// receiving agency and for the sending one. The receiver's first answer is due
// within a time per urgency; silence is escalated, and the sender is given the
// next service to ask. Who is not alone with the person, or cannot be sure,
// can only send an enquiry, which names nobody.
//
// Stored and sealed: answers of drafts and their files (to the author, deleted
// 14 days after the last touch), packets, files and messages (to both
// agencies, deleted 90 days after the end). Stored and readable, because
// machines must act on it while everybody is asleep: which agency sent to
// which, the service, urgency, state, times, coded reasons, who of the staff
// did what and when. docs/referral.md has the table.
//
// It must never send without a recorded consent or a named legal ground,
// never put more into a packet than was ticked, never let the receiving side
// learn that a withdrawn or expired referral exists, never put content into a
// notification, and never suggest an authority as the next service.
package referral

import (
	"time"

	"amelie/internal/ask"
)

// Answer is what was answered to one step.
type Answer = ask.Answer

// Answers are the answers of a draft by step.
type Answers map[string]Answer

// Codes that every choice offers.
const (
	NotKnown = ask.NotKnown
	NotSaid  = ask.NotSaid
)

// Setting values of the first question.
const (
	Alone            = "alone"             // alone, no interpreter needed
	AloneInterpreter = "alone-interpreter" // alone with an independent interpreter
	NotAlone         = "not-alone"         // someone else is there, or the interpreter is not independent, or not able to decide now
	Danger           = "danger"            // immediate danger to life or health
	AskFirst         = "ask-first"         // only asks several services whether there is a place
)

// Child says whether the answered age band is under 18.
func (a Answers) Child() bool {
	switch a["age"].One("age") {
	case "under-12", "12-15", "16-17":
		return true
	}
	return false
}

// Urgency is the answered urgency; unanswered or not known means within a day.
func (a Answers) Urgency() Urgency {
	switch u := Urgency(a["urgency"].One("urgency")); u {
	case Now, Today, Days:
		return u
	}
	return Today
}

// Language is the answered language as a BCP 47 code, or "".
func (a Answers) Language() string {
	switch l := a["language"].One("language"); l {
	case NotKnown, NotSaid, "other":
		return ""
	default:
		return l
	}
}

// Entry is what referral needs to know of a directory entry.
type Entry struct {
	ID           string
	Name         string
	Organization string // directory organisation, e.g. "gr-a21"
	OrgName      string
	Country      string // ISO 3166-1 alpha-2
	Summary      string
	Phones       []Phone
	Intake       []string // ways that can be tried without an account: see Doors
	Mailbox      string   // published; where the link of a letter goes
	Open         bool     // answers now
	OpenKnown    bool     // the hours are known
	Languages    []string
	Lat, Lon     float64 // WGS 84 degrees, of the town when the place is hidden; 0, 0: not known
}

// Phone is a number to call.
type Phone struct{ Number, Display, Note string }

// Ground is a legal ground of the country data on which something may leave
// without consent.
type Ground struct {
	ID           string
	Name         string
	Source       string
	PersonalDuty bool // the duty is the professional's own; nobody may veto it
	Verified     bool
}

// Contact is a member of staff who can be notified.
type Contact struct{ UserID, Name, Email, Lang string }

// PersonLanguage is a language in which the consent sheet exists.
type PersonLanguage struct {
	Code, Name string
	RTL        bool
	Reviewed   bool // by a native speaker
}

// Given is the consent under which something leaves.
type Given struct {
	ID          string
	Referral    string
	ByAgency    string
	ByUser      string
	ToAgency    string
	Parts       []string
	Purpose     string
	Until       time.Time
	How         string // spoken, signed, marked
	Language    string
	TextVersion string
	Interpreter string // none, independent
	Guardian    string // "", agrees, decides-alone
	At          time.Time
}

// The ways in which consent is given.
var Ways = []string{"spoken", "signed", "marked"}

// Interpreters say whether an interpreter was there when consent was given.
var Interpreters = []string{"none", "independent"}

// Row is a referral as lists and machines see it: routing and state, no
// content.
type Row struct {
	ID          string
	Kind        Kind
	State       State
	Urgency     Urgency
	FromAgency  string
	FromUser    string
	FromName    string
	ToAgency    string
	ServiceID   string
	Basis       string // consent, ground, none (an enquiry)
	Ground      string
	ConsentID   string
	Feedback    bool
	Parent      string
	SentAt      time.Time
	StateAt     time.Time
	DueAt       time.Time // first answer; zero once given
	AnsweredAt  time.Time
	Turn        string // whose answer is waited for: sender, receiver, or ""
	Owed        Owed   // a question's answer, until a day
	AccessUntil time.Time
	AccessEnded time.Time
	Reason      string
	Outcome     string
	Escalated   Level
	Version     int64
	ReviewDue   time.Time // zero: no review, or done
	ReviewedAt  time.Time
}

// Code is the short name by which two desks speak of a referral on the phone.
// It opens nothing.
func (r Row) Code() string { return Code(r.ID) }

// Code is the short name of an identifier: its last six characters.
func Code(id string) string {
	if len(id) < 6 {
		return id
	}
	return id[len(id)-6:]
}

// EventRow is one line of the timeline.
type EventRow struct {
	At       time.Time
	Side     Side
	Action   Action
	To       State
	Code     string
	UserName string
	Agency   string
}

// Reading says who opened the content and when.
type Reading struct {
	Name   string
	Agency string
	At     time.Time
}
