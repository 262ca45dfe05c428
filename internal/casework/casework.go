// Package casework is the case file: what an agency keeps about one person whom
// it supports, sealed for that agency alone until the person shares parts of it.
//
// The idea. A file has parts (see Parts), and each part has keys of its own, in
// epochs. The part keys are closed under the case's key, and that one is wrapped
// for the agency. To share a part is to wrap its keys for another agency; to take
// it back is to delete the wraps, which needs no key and works at once. Whoever
// writes next into a part that lost a reader begins a new epoch, so that a wrap
// that was copied before opens nothing that is written after. Policy denies
// besides.
//
// The file holds needs and safety. Of an offence nothing is asked. The person's
// own view of safety stands beside the worker's assessment and neither replaces
// the other.
//
// Stored and sealed: the header (chosen name, pronoun) under the case's key;
// entries with all their earlier versions, and documents, under the keys of their
// part. Stored and readable, because lists and reminders must work while
// everybody is asleep: agency, responsible worker, state, times, kinds and counts
// of entries, which agency may open which part until when, who of the staff did
// what and when. No word about the person.
//
// The life of a case: opened by a caseworker, alone or from a received referral;
// open until it is closed; opened again when the person comes back. What happens
// to it in stages and plans, and when it is erased, are rooms of their own below
// this package, which never imports them.
//
// It must never show or tell that a case exists to anybody who may not know of
// it; never put a part into another agency's hands without a grant, and the
// agency's own notes never at all; never let one of two editors overwrite what
// the other wrote; never keep an opened key longer than a request.
package casework

import (
	"slices"
	"time"

	"amelie/internal/ask"
	"amelie/internal/document"
)

// Part is a part of the file with keys of its own.
type Part string

// The parts.
const (
	Identity   Part = "identity"   // names, birth, papers
	Contact    Part = "contact"    // safe contact, and attempts
	Needs      Part = "needs"      // languages, dependants, needs and wishes
	Safety     Part = "safety"     // assessment of risk, and the person's own view
	Indicators Part = "indicators" // what was observed, as codes of instruments
	Health     Part = "health"
	Legal      Part = "legal"
	Account    Part = "account"  // the full account, taken once
	Services   Part = "services" // plan, services, appointments
	Notes      Part = "notes"    // of the agency's own work; never shared
)

// Parts in the order of the file.
var Parts = []Part{Identity, Contact, Needs, Safety, Indicators, Health, Legal, Account, Services, Notes}

// Shareable says whether a part can be given to another agency.
//
// req: CASE-6
func (p Part) Shareable() bool { return p != Notes && slices.Contains(Parts, p) }

// State is where a case stands.
type State string

// The states of a case. Stages and plans are kept by rooms of their own.
const (
	Open   State = "open"
	Closed State = "closed"
)

// Row is a case as lists and machines see it: no content.
type Row struct {
	ID       string
	AgencyID string
	WorkerID string // who is responsible
	State    State
	DueAt    time.Time // the nearest thing that is due; zero when nothing is
	OpenedAt time.Time
	Changed  time.Time
	ClosedAt time.Time
	Source   string // referral from which it was opened, "" for none
	Version  int64

	// Taken is set for Room.Wrote alone: the entry is a copy of another agency's, and
	// what it says came about there. Not stored.
	Taken bool
}

// Code is the short name by which colleagues speak of a case. It opens nothing.
func (r Row) Code() string { return r.ID[max(0, len(r.ID)-6):] }

// Overdue says whether something of an open case should have been done.
func (r Row) Overdue(now time.Time) bool {
	return r.State == Open && !r.DueAt.IsZero() && r.DueAt.Before(now)
}

// Head is what lists show of a person, sealed under the case's key.
type Head struct {
	Name    string `json:"name"`
	Pronoun string `json:"pronoun,omitempty"`
}

// Content is what an entry says.
type Content struct {
	Version int        `json:"v"`
	Fields  ask.Answer `json:"fields,omitempty"`
	File    *File      `json:"file,omitempty"`
	From    *Origin    `json:"from,omitempty"` // nil: written here
}

// ContentVersion is written by this program; readers take all versions up to it.
const ContentVersion = 1

// File is a document's description; its bytes are sealed in chunks beside it.
type File = document.File

// EntryRow is an entry as machines see it.
type EntryRow struct {
	ID, CaseID string
	Part       Part
	Kind       string
	Epoch, Rev int64
	UserID     string // who wrote this version
	UserName   string
	AgencyID   string
	Made       time.Time // the first version
	Changed    time.Time // this version
	DueAt      time.Time // zero: nothing is due
	DoneAt     time.Time
}

// Entry is an opened entry.
type Entry struct {
	EntryRow
	Content
}

// Version is an earlier version of an entry.
type Version struct {
	Rev      int64
	UserName string
	At       time.Time
	Content
}

// Reader is another agency that may open a part.
type Reader struct {
	AgencyID string
	Part     Part
	From     int64     // the first epoch that it may open
	Until    time.Time // when its access ends by itself
	Writes   bool
	Given    time.Time
}

// Event is one line of a case's history: who did what, never what it says.
type Event struct {
	At       time.Time
	UserName string
	AgencyID string
	Action   string
	Part     Part
	Other    string // the agency or member that it was done to or for
}

// Reading says who opened the file and when.
type Reading struct {
	UserName, AgencyID string
	At                 time.Time
}
