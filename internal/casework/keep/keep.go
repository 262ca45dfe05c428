// Package keep is the room of the case file that says how long a file is kept,
// erases it, and hands the person a copy of all of it.
//
// The idea. A closed file has a day on which it is due to go: so many months after
// it was closed, as proposed for the country or as the agency shortened it.
// Nothing goes by itself: the leads are told that something waits, see what is
// due, and erase or hold. Erasing destroys the live keys and what they close at
// once, in one transaction with everything that lies about the case; the receipt
// says on which day the last backup that still holds the keys is deleted. The
// ledger outside of the backup takes the case away again when one is restored.
//
// Stored and readable, in codes and days: which closed cases there are and since
// when, holds with their reason and end, the agency's number of months, receipts
// of what was erased. No word about the person. Receipts and the number of months
// stay with the agency; the rest goes with the case.
//
// It must never erase what is held or open, never say that something is gone that
// a backup still holds, and never hand out a copy without being asked twice and
// noting it.
package keep

import (
	"time"

	"amelie/internal/casework"
)

const room = "keep"

// Reasons for which a file is held back from erasing.
var Holds = []string{"proceedings", "compensation", "supervision", "person"}

// Reasons for which it is erased.
var Erasing = []string{"due", "person", "mistake"}

// Proposal is how long a file is proposed to be kept in a country, in months after
// closing. None of them was found in a law: each is said to be not confirmed.
type Proposal struct {
	Country string // "" for every other one
	Months  int
	Day     string // on which it was proposed
	Source  string // "" as long as nobody confirmed it
}

// Proposals for the purpose of support. Counts without a name are kept apart.
var Proposals = []Proposal{
	{"BE", 36, "2026-11-22", ""}, {"DE", 36, "2026-11-22", ""}, {"GR", 36, "2026-11-22", ""}, {"IT", 36, "2026-11-22", ""}, {"", 36, "2026-11-22", ""},
}

// ProposalFor is that of a country.
func ProposalFor(country string) Proposal {
	for _, p := range Proposals {
		if p.Country == country || p.Country == "" {
			return p
		}
	}
	return Proposal{}
}

// Hold keeps a file from being erased until a day.
type Hold struct {
	Reason   string
	Until    time.Time
	UserName string
	At       time.Time
}

// On says whether it holds at a time.
func (h Hold) On(now time.Time) bool { return h.Until.After(now) }

// Receipt says that a file was erased.
type Receipt struct {
	ID, AgencyID, Code, Reason, UserName string
	At                                   time.Time
	Backups                              time.Time // until when a backup may hold the keys; zero: none is made here
}

// DueAt is when a closed file is due to go; zero while it is open.
func DueAt(row casework.Row, months int) time.Time {
	if row.State != casework.Closed {
		return time.Time{}
	}
	return row.ClosedAt.AddDate(0, months, 0)
}
