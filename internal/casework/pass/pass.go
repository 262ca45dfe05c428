// Package pass lets a case go on at another agency, also in another country: the
// person is not asked everything again, and the new agency has a file of its own,
// under its own keys.
//
// The idea. The person says which parts may go along, to whom; that is one line of
// the ledger, and the keys of those parts leave with it. The other agency reads
// them and either declines, or opens its own file: in one transaction the newest
// version of each entry is copied, sealed anew, and says from where and of which
// day it is. From then on the copy is that agency's own. Taking back ends an offer
// at once; it does not reach into a copy, and the text that is read out before the
// yes says so.
//
// What is of the first agency's own work stays there: its notes, contacts made,
// appointments, interpreters, the person's card. The account goes only as it was
// confirmed; how often the person was asked to tell it always goes. Stages,
// deciders and periods of another country begin anew; those of before stay
// readable.
//
// Stored and readable: agencies, parts, states, staff and times; which file was
// opened, for the agency that opened it alone. Stored and sealed, under a part that
// both agencies open: why, how the new agency may reach the person, how often the
// person was asked, who decides, and which entries say so.
//
// The life of an offer: offered; then taken over, declined, or over when its line
// of the ledger ends. It goes with the case that it is about; the file that was
// opened from it lives on by the rules of its agency.
//
// It must never copy a part that was not given, or after the yes ended; never open
// two files from one offer; never let a copy of a child be a file of somebody who
// decides alone; never tell the first agency which file is the other's.
package pass

import (
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
)

// Name is the room's address below a case and the first part of its text keys.
const Name = "pass"

// Codes for which an offer is declined.
var Codes = []string{"no-place", "not-our-task", "other"}

// MostBytes of documents are taken over at once; the oldest stay.
const MostBytes = 48 << 20

// Offer is a case that is to go on elsewhere, without any word.
type Offer struct {
	ID       string // also that of its line in the ledger
	CaseID   string
	AgencyID string // whose case it is
	To       string
	Parts    []casework.Part
	State    State
	Since    time.Time // of the state
	By       string    // of the other agency, who took over or declined
	Code     string    // why it was declined
	UserID   string    // who offered it
	UserName string
	At       time.Time
	NewCase  string // of the other agency, and for it alone

	part  casework.Part
	epoch int64
	env   []byte
}

// Words are what the other agency reads besides the parts.
type Words struct {
	Why      string     `json:"why,omitempty"`
	Reach    ask.Answer `json:"reach,omitempty"`    // how and when it may reach the person, as in a safe contact
	Asked    int        `json:"asked,omitempty"`    // how often the person was asked to tell it all
	Capacity string     `json:"capacity,omitempty"` // who decides, where the person does not alone
	// Rests are the entries of the first file that said so when it was offered, by
	// version.
	Rests map[string]int64 `json:"rests,omitempty"`
}

// reachFields are what of a safe contact is said anew for the other agency.
var reachFields = func() (out []ask.Field) {
	contact, _ := casework.KindByID("contact")
	for _, f := range contact.Fields {
		switch f.Name {
		case "channel", "address", "hours", "times", "who-may-hear", "code-word", "voicemail":
			out = append(out, f)
		}
	}
	return out
}()

// patience is how long a taking over waits for another one to be done.
const patience = 10 * time.Second

// Kinds of other rooms that a new file cannot do without.
const (
	kindDeciding = "deciding"      // who decides for the person
	kindAsked    = "asked-to-tell" // one time that the person was asked to tell it all
	kindBefore   = "asked-before"  // how often, where the case was before
	kindAccount  = "account"
)
