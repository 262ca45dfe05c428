// Package round keeps entries of the directory true by asking: the bodies
// themselves by a link, by telephone where that does not do, and everyone who
// meets a fault by a form on the entry's page.
//
// The idea: a coordinator starts a round over the entries that nobody verified
// for some months. Each body that has a mailbox gets a link to its own entry,
// in its language, in words that tell nobody what kind of body it is. Behind
// the link it says without an account what is still right and what is wrong,
// by a button that posts. What it confirms counts as verified; what it corrects
// waits for an editor, and a changed contact goes live only after an editor
// called a number that was known before. Who has no mailbox, does not answer or
// whose mail comes back stands on the call list.
//
// The life of a round: its mails are queued in batches, which can be stopped
// and resumed; it reminds twice; after sixty days its links are dead and the
// mailboxes forgotten, while the counts stay.
//
// Stored: rounds, their bodies with mailbox and the fingerprint of the link's
// secret, calls and answers; reports with their words until thirty days after
// they are closed. Nothing about who opened a link or sent a report.
//
// It must never change anything because a link was opened, show by a link what
// is hidden, tell which links exist, publish a report that nobody moderated, or
// let a changed contact go live by a link alone.
package round

import (
	"context"
	"time"

	"amelie/internal/directory"
)

// State is where a round stands.
type State string

// The states: sending and stopped turn into each other, then open, then ended.
const (
	Sending State = "sending" // its mails are being queued
	Stopped State = "stopped" // queueing was stopped and can be resumed
	Open    State = "open"    // every mail is queued; answers come in
	Ended   State = "ended"   // its links are dead
)

// Scope says whom a round asks.
type Scope struct {
	Countries []string          `json:"countries"` // ISO 3166-1; none: every country
	Groups    []directory.Group `json:"groups"`    // none: every group
	Months    int               `json:"months"`    // unverified for at least so many
	Only      []string          `json:"only"`      // just these organisations; none: all
}

// Round is one asking of many bodies.
type Round struct {
	ID            string
	Scope         Scope
	State         State
	Started, Ends time.Time
	ByUser, By    string
	Total         int64
}

// Mail is what became of the mails to a body.
type Mail string

// The ways of a mail.
const (
	NoMailbox Mail = "none"    // there is none: it is called
	Waits     Mail = "waiting" // not queued yet
	Queued    Mail = "queued"  //
	Sent      Mail = "sent"    // the mail server took it
	Bounced   Mail = "bounced" // it was refused, or came back
)

// Answer is what a body said in the end.
type Answer string

// The answers, "" for none.
const (
	Confirmed Answer = "confirmed" // everything that was asked is right
	Corrected Answer = "corrected" // something is to be mended
	Gone      Answer = "gone"      // it no longer exists, or wants to be taken out
)

// Outcome is how the last call ended.
type Outcome string

// The outcomes of a call. The first three are answers too.
const (
	CallConfirmed Outcome = "confirmed"
	CallCorrected Outcome = "corrected"
	CallGone      Outcome = "gone"
	CallNobody    Outcome = "nobody" // nobody answered
	CallDead      Outcome = "dead"   // the number does not exist
)

// Outcomes in the order of their buttons.
var Outcomes = []Outcome{CallConfirmed, CallCorrected, CallNobody, CallDead, CallGone}

// Body is one organisation in a round.
type Body struct {
	Round, Organization, Name string
	Country, Lang             string // its own
	Mailbox                   string
	Mail                      Mail
	Sent                      time.Time
	Reminders                 int64
	Answer                    Answer
	Way                       string // "link" or "call"
	Answered                  time.Time
	Tries                     int64
	Called, NextCall          time.Time
	Outcome                   Outcome
	Note                      string

	hash string
}

// What is wrong, as a report says it.
type What string

// The kinds of reports. Unsafe goes to the coordinators at once.
const (
	NumberDead What = "number"
	Moved      What = "moved"
	Closed     What = "closed"
	WrongHours What = "hours"
	TurnedAway What = "refused"
	OtherFault What = "other"
	Unsafe     What = "unsafe"
)

// Whats in the order in which they are offered.
var Whats = []What{NumberDead, WrongHours, Moved, Closed, TurnedAway, Unsafe, OtherFault}

// Report is what somebody said is wrong with an entry.
type Report struct {
	ID, Service, Organization string
	What                      What
	Words, Contact, Lang      string // empty once they were deleted
	At                        time.Time
	State                     ReportState
	Into                      string // the report that this one repeats
	Closed                    time.Time
	ByUser, By                string
}

// ReportState is where a report stands.
type ReportState string

// The states of a report: open, then one of the others; taken ends as done.
const (
	ReportOpen      ReportState = "open"
	ReportTaken     ReportState = "taken"     // an editor takes it for true and sees to it
	ReportDone      ReportState = "done"      // seen to
	ReportDismissed ReportState = "dismissed" // not so
	ReportMerged    ReportState = "merged"    // repeats another
)

// Broken says that a service's number does not answer.
type Broken struct {
	Service, Organization string
	At                    time.Time
	Reports               int64 // how many moderated reports say so; 0: an editor called
	By                    string
}

// Contact is somebody to be told.
type Contact struct{ Email, Lang string }

// Mailer sends one message; its permanent errors mean that it will never go.
type Mailer func(ctx context.Context, to, subject, text, messageID string) error
