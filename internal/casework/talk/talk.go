// Package talk is how agencies talk about a case that they support together:
// sealed threads and conferences, what needs an answer by when, and who decided
// what.
//
// The idea. A thread belongs to one case. Its parties are agencies: the one whose
// case it is, and some of those that the person let see a part of the file. It has
// keys of its own, in epochs, wrapped for the parties; the words of a message, its
// document and the thread's topic are sealed under them. Whoever writes next after
// a party came, left or replaced its key begins a new epoch, so a new party reads
// from then on and one that left opens nothing that is written after. An agency
// that has no part of the file any more is no party from that moment: its wraps
// are deleted with its last grant, and until then each request asks.
//
// A message can ask for something until a day: a question for an answer, a
// decision for being carried out. Both wait until the asked agency says that it is
// done. A conference is a thread with a day, whose first message is the agenda and
// whose minutes stand when each party agreed to them.
//
// Stored and sealed: topic, words and documents. Stored and readable, because
// lists and reminders work while everybody is asleep: which agencies talk about
// which case, who wrote when, what kind of message it was, until when an answer is
// due and from whom, how far each member has read, and in which hours a notice may
// come. A notice says that something waits; never from whom, about what, or whom.
// All of it goes with the case.
//
// It must never bring in an agency that has no part of the file; never let a
// former party open what was written after; never put a word into a notice, a log
// or an address; never show a thread to somebody who is no party of it.
package talk

import (
	"time"

	"amelie/internal/casework"
)

// Form is what a thread is.
type Form string

// The forms.
const (
	Thread     Form = "thread"
	Conference Form = "conference" // with a day, an agenda, decisions and minutes
)

// Kind is what a message is.
type Kind string

// The kinds. Agenda is the first message of a conference.
const (
	Words    Kind = "words"
	Question Kind = "question" // needs an answer by a day
	Agenda   Kind = "agenda"
	Decision Kind = "decision" // one agency does something by a day
	Minutes  Kind = "minutes"  // the newest stand; each party agrees to them
)

// Limits of what is typed, in characters.
const (
	MaxTopic = 120
	MaxText  = 8000
)

// Row is a thread as machines see it.
type Row struct {
	ID, CaseID string
	Form       Form
	Open       bool
	AgencyID   string // whose member began it
	UserName   string
	Made       time.Time
	MeetsAt    time.Time // of a conference; zero when no day is set
	Changed    time.Time // the newest message
}

// Message is one message as a party reads it.
type Message struct {
	ID        string
	Kind      Kind
	UserID    string
	UserName  string
	AgencyID  string
	Agency    string // its name
	At        time.Time
	To        string    // agency that is asked; "": any other than the writer's
	Due       time.Time // zero: no day was named
	Standing  Standing
	SettledAt time.Time
	SettledBy string // name of a member
	Content
	ReadBy []string // members who have read it, by name
	Agreed []string // parties that agreed to these minutes, by identifier
	epoch  int64
	env    []byte
}

// Content is what a message says.
type Content struct {
	Version int            `json:"v"`
	Text    string         `json:"text,omitempty"`
	File    *casework.File `json:"file,omitempty"`
}

// contentVersion is written by this program; readers take all versions up to it.
const contentVersion = 1

// Party is an agency that takes part.
type Party struct {
	AgencyID string
	Name     string
	Since    time.Time
	Parts    []casework.Part // of the file that it may open; nil for the case's own agency
	Own      bool            // the case's own agency
}
