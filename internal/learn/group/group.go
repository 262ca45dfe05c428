// Package group lets a trainer play a branching case with a group: everyone
// alone on a device of their own, in a language of their own, and afterwards all
// look at the ways that were taken.
//
// The idea: a trainer opens a group for one case and shows a code. Whoever types
// it gets a seat, a random number in a cookie of these pages alone, and plays.
// The trainer sees how often each way was taken, never by whom: ended playings
// are added three at a time, so that whoever watches the picture change sees the
// choices of three at least. What somebody takes back is deleted, and the two
// that were added with it are shown no more.
//
// Stored: for a group the case, who opened it, and when it ends; for a seat the
// fingerprint of its cookie and the playing (package playing). The code is made
// from the group's name and the server's secret, and kept as a fingerprint. A
// group is open until it ends, two weeks at most; ninety days later everything
// about it is deleted.
//
// It must never ask a participant for a name or an account; never show anything
// of fewer than three; never log what somebody chose or when; never let anybody
// but its trainer know that a group exists.
package group

import (
	"strings"
	"time"

	"amelie/internal/vault"
)

// The limits of a group.
const (
	MostDays   = 14
	Kept       = 90 * 24 * time.Hour // after its end
	codeLength = 8                   // characters of five bits
	codeGroup  = 4
	seedLength = 26 // characters: 128 bits
)

// Days are the lengths that are offered.
var Days = []int{1, 3, 7, MostDays}

// Group is a case that is played together.
type Group struct {
	ID, Case string
	Trainer  string // who opened it
	Agency   string
	Opened   time.Time
	Ends     time.Time
}

// Over says whether a group has ended.
func (g Group) Over(now time.Time) bool { return !now.Before(g.Ends) }

// Deleted is when everything about the group is deleted.
func (g Group) Deleted() time.Time { return g.Ends.Add(Kept) }

// holder names the group to the recorder of playings.
func (g Group) holder() string { return "group/" + g.ID }

// newCode is the code of a group.
func newCode(secret *vault.ServerSecret, group string) string {
	return vault.Printed(secret.MAC("group code", []byte(group)), codeLength, codeGroup)
}

// parseCode reads a code as people type it.
func parseCode(typed string) (code string, ok bool) {
	code = vault.AsPrinted(typed)
	return code, len(code) == codeLength && strings.Trim(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == ""
}
