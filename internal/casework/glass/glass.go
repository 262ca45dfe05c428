// Package glass opens a case to a colleague of the same agency who has no part in
// it, because a life is in danger now and nobody who may is there: behind glass
// that is broken once, with a reason, for some hours.
//
// The idea. The agency's key opens each of its cases for each of its caseworkers;
// the policy alone keeps them apart. Breaking the glass writes an opening, which
// the policy of the file asks for; it ends by the clock. In the same transaction
// the agency's leads and the data-protection officer are told that something
// waits, the log has a leaf and the file a line. A lead looks at it afterwards.
// Where nobody can be reached – no lead with an address, no officer – it opens all
// the same, because a life may hang on it: who opened is told so plainly, and it
// stands in the file.
// It never reaches another agency's case: there is no key for that.
//
// Who has no part in a case does not know that it exists. So a case is asked for
// by its code or by words, an answer is given only where exactly one fits, and who
// asks and finds none has asked all the same: it is counted, bounded and told.
//
// Stored and readable: who opened which case from when to when, and what a lead
// thought of it. Sealed to the agency's key: the reason. Both stay with the file
// until it is erased; who asked for none is forgotten when somebody asks a day
// later.
//
// It must never open anything without telling the leads, or saying that nobody
// could be told; never let one token stand for two searches; never let who opened
// review it; never last longer than it was opened for.
package glass

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/fault"
)

// Hours for which a case can be opened.
var Hours = []int{1, 2, 4}

// mostTries is how often a member may ask in a day and find no case.
const mostTries = 5

// reviewTime is when a lead should have looked.
const reviewTime = 72 * time.Hour

// Outcomes of a lead's look.
const (
	Open     = ""
	Right    = "right"
	NotRight = "not-right" // the opening ends at once
)

// Opening is a case opened because a life is in danger.
type Opening struct {
	ID, CaseID, AgencyID string
	UserID, UserName     string
	At, Until            time.Time
	Outcome              string
	ReviewedAt           time.Time
	ReviewedBy           string // name of the lead
	Reason               string // "" where it was not opened
	Untold               bool   // just opened, and nobody could be told

	keyID string
	env   []byte
}

// Holds says whether the opening lets a member into the case now.
//
// req: GLASS-2
func (o Opening) Holds(userID string, now time.Time) bool {
	return o.CaseID != "" && o.UserID == userID && o.Outcome != NotRight && !now.Before(o.At) && now.Before(o.Until)
}

// Ask is what a member says who breaks the glass.
type Ask struct {
	Once   string
	Said   string // the case's code, or words
	Reason string
	Hours  int
	Danger bool // a life is in danger now
}

func (a Ask) check() error {
	var wrong []fault.Field
	if strings.TrimSpace(a.Said) == "" {
		wrong = append(wrong, fault.Field{Name: "said", Key: "web.error.empty"})
	}
	if utf8.RuneCountInString(strings.TrimSpace(a.Reason)) < 10 {
		wrong = append(wrong, fault.Field{Name: "reason", Key: "glass.error.reason"})
	}
	if !slices.Contains(Hours, a.Hours) {
		wrong = append(wrong, fault.Field{Name: "hours", Key: "web.error.choose"})
	}
	if !a.Danger {
		wrong = append(wrong, fault.Field{Name: "danger", Key: "glass.error.danger"})
	}
	return fault.Fields(wrong...)
}
