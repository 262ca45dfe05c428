// Package agency knows the organisations that work in this installation,
// their members, and the key that only their members can open.
//
// The idea. What is sent to an agency is sealed to the agency's key. The
// private half of that key exists only as wraps: one for each member, closed
// to the member's own public key, and one for the printed recovery key. Who
// has no wrap waits until somebody who has one is here with an unlocked key
// and lets her in. Nobody at the server can do that in their place.
//
// What is stored: agencies, the directory organisation they are and whether that
// is an authority that can act against a person, members
// with their roles in the agency and who vouched for them, invitations (a
// keyed hash of the link's secret), keys (public halves), wraps, and recovery
// keys (a key pair whose private half is closed under what was printed).
//
// The life of an agency: an administrator admits an organisation of the
// directory and names its first lead by an invitation. The lead's account
// makes the first key. The agency receives nothing until a second lead holds
// the key, or a printed recovery key has been typed back: one lost telephone
// must not close everything for ever. Members come by invitations of a lead,
// and leave by a lead's word: their wraps are deleted, and whatever is written
// from then on uses a new key. A suspended agency receives nothing and its
// members have no roles.
//
// What it must never do: let an administrator place somebody of their own
// among the holders of an agency that has leads; let a member without a wrap
// open anything; lose its last lead; act because a link was opened.
package agency

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/vault"
)

// Agency is one admitted organisation.
type Agency struct {
	ID           string
	Organization string // identifier in the directory
	Name         string
	State        string
	Authority    string // Yes, No, or "" where nobody was asked yet
	Created      time.Time
}

// Whether an agency is police, prosecution or another authority that can act
// against the person. Who admits it says so: the directory of a country may hold
// no authorities at all. What the answer means is for those who ask for it; it
// is changed only by an answer of its own, after a second look at who gives it.
const (
	Yes = "yes"
	No  = "no"
)

// The states of an agency.
const (
	Active    = "active"
	Suspended = "suspended"
)

// Roles are what a member can be in an agency, the least first, and beside them the
// interpreter, who sees own bookings alone.
var Roles = []string{"professional", "caseworker", Lead, Interpreter}

// Lead is the role that answers for the agency's members, Interpreter the one
// that opens nothing.
const (
	Lead        = "lead"
	Interpreter = "interpreter"
)

// Member is somebody in an agency.
type Member struct {
	UserID, AgencyID  string
	Name, Email, Lang string
	Roles             []string
	VouchedBy         string // the lead who answers for her; "" when an administrator named her
	HasKey            bool   // holds a wrap of the agency's present key
	Joined            time.Time

	public vault.PublicKey
}

// Is says whether the member has the role.
func (m Member) Is(role string) bool { return slices.Contains(m.Roles, role) }

// Holds says whether the agency's key is for the member. An interpreter gets
// none: bookings are readable without it, and what no key opens needs no rule.
//
// req: AGENCY-7
func (m Member) Holds() bool { return holding(m.Roles) }

func holding(roles []string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return r != Interpreter })
}

// Waits says whether the member is to be let in.
func (m Member) Waits() bool { return m.Holds() && !m.HasKey }

// Contact is how a member is reached.
type Contact struct{ UserID, Email, Lang, Name string }

// Invitation is a link that makes somebody a member, once.
type Invitation struct {
	ID, AgencyID, Label string
	Roles               []string
	MadeBy              string
	ByLead              bool
	Created, Expires    time.Time
}

// InvitationLife is how long an invitation waits.
const InvitationLife = 7 * 24 * time.Hour

// Key is one of the agency's keys; exactly one of them is not retired.
type Key struct {
	ID, AgencyID     string
	Public           vault.PublicKey
	Reason           string // why it was made: first, member-removed, lost
	Created, Retired time.Time
}

// Recovery is a printed recovery key as the agency's page shows it.
type Recovery struct {
	ID                 string
	MadeBy             string
	Created, Confirmed time.Time
}

// cleanRoles keeps known roles, once each, in order; nil when none is left.
func cleanRoles(roles []string) (out []string) {
	for _, r := range Roles {
		if slices.Contains(roles, r) {
			out = append(out, r)
		}
	}
	return out
}

func nameFault(name string) string {
	if n := utf8.RuneCountInString(strings.TrimSpace(name)); n < 2 || n > 200 {
		return "agency.error.name"
	}
	return ""
}
