package referral

import (
	"crypto/rand"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"

	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// A receiver without an account: the guest.
//
// The idea: most services of the directory have no account in an installation.
// One of them can still be asked with the same consent, the same packet and
// the same deadlines, in one of three ways that the directory names.
//
// A letter is a sealed page. For each a key pair is made, the guest's; the
// packet and every message are wrapped for its public half exactly as for an
// agency, so that all that ends access for an agency (withdrawal, expiry, the
// end of content) ends it here too. The private half is locked under three
// things that no one place holds: the link's secret, which stands in the mail
// alone; the code, which the sender tells by telephone, calling the number in
// the directory; and the server's secret, which is in no database and no
// backup. The mail alone, the code alone, the database alone open nothing.
//
// A form and a call are the packet read out or handed over on paper. Nobody at
// the other end has a key; what they answer by telephone the sender records,
// and the log says that it was told.
//
// In tables and rules a guest is an agency of its own that exists for one
// referral (see doorID), so that there is one flow, one log and one policy.
//
// Stored: the public name of the service, its published mailbox, keyed
// fingerprint of the link, the locked key, the code sealed to the sending
// agency, counts of wrong codes, times. Who the guest is, as typed, is sealed.
// All of it but the name goes when access ends or content goes.
//
// It must never open anything by a link alone, never change anything when a
// link is followed, never say whether a link is known before the code fits,
// and never send a link or a code to an address or number that somebody typed.

// Way is how the receiving side takes a referral.
type Way string

// The ways. ByAccount is an agency with an account and a key here.
const (
	ByAccount Way = ""
	ByLink    Way = "link"
	ByForm    Way = "form"
	ByCall    Way = "call"
)

// Doors are the ways without an account, in the order in which pages offer
// them: what is sealed comes first.
var Doors = []Way{ByLink, ByForm, ByCall}

// Told says whether the receiver answers by telephone and the sender records it.
func (w Way) Told() bool { return w == ByForm || w == ByCall }

// doorID is the agency that a referral without an account goes to: it exists
// for this referral alone.
func doorID(w Way, referralID string) string { return string(w) + ":" + referralID }

// WayOf says by which way an agency of a referral is reached.
func WayOf(agencyID string) Way {
	w, _, found := strings.Cut(agencyID, ":")
	if found && slices.Contains(Doors, Way(w)) {
		return Way(w)
	}
	return ByAccount
}

// Way says how the receiving side takes this referral.
func (r Row) Way() Way { return WayOf(r.ToAgency) }

// doorOf is the referral that a door belongs to.
func doorOf(agencyID string) string {
	_, referralID, _ := strings.Cut(agencyID, ":")
	return referralID
}

// The limits of letters.
const (
	MaxCodes     = 5                // wrong codes; then the link is locked and the sender is told
	LetterIdle   = 30 * time.Minute // an opened page closes by itself
	LetterLimit  = 8 * time.Hour    // at the latest
	codeDigits   = 8
	linkLength   = 26 // characters: 128 bits
	maxGuestName = 80 // characters
)

// newLink is the secret of a link, 128 bits.
func newLink() string { return id.Secret(16) }

// ParseLink takes the secret of a link out of a path, as people copy it.
func ParseLink(s string) (secret string, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if len(s) != linkLength {
		return "", false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '2' || r > '7') {
			return "", false
		}
	}
	return s, true
}

// newCode is a code to be told by telephone: eight digits.
func newCode() string {
	code := make([]byte, codeDigits)
	for i := range code {
		n, err := rand.Int(rand.Reader, big.NewInt(10))
		if err != nil {
			panic("referral: the system gives no random numbers")
		}
		code[i] = '0' + byte(n.Int64())
	}
	return string(code)
}

// ParseCode reads a code as it is heard and typed: with blanks, points and
// dashes, in the digits of any script.
func ParseCode(s string) (code string, ok bool) {
	var out []byte
	for _, r := range s {
		switch d := fold.Digit(r); {
		case d >= 0:
			out = append(out, '0'+byte(d))
		case unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune("./·\u200e\u200f", r):
		default:
			return "", false
		}
		if len(out) > codeDigits {
			return "", false
		}
	}
	return string(out), len(out) == codeDigits
}

// ShownCode groups a code for the eye and the voice: "1234 5678".
func ShownCode(code string) string {
	if len(code) != codeDigits {
		return code
	}
	return code[:4] + " " + code[4:]
}

// guestPassword is what the guest's private key is locked under: Argon2id runs
// over it (vault.LockPassword).
//
// req: GUEST-1
func guestPassword(server *vault.ServerSecret, link, code string) []byte {
	return server.MAC("referral guest", []byte(link+"\n"+code))
}

// guestName checks how the guest wants to be called.
func guestName(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	switch n := len([]rune(s)); {
	case n == 0:
		return "", fault.Fields(fault.Field{Name: "name", Key: "guest.error.name"})
	case n > maxGuestName:
		return "", fault.Fields(fault.Field{Name: "name", Key: "referral.error.long", Args: []any{"n", maxGuestName}})
	}
	return s, nil
}

// isGuest says whether somebody acts through a letter.
func isGuest(v *web.Viewer) bool { return v != nil && WayOf(v.AgencyID) == ByLink }

// openName is the name that may stand readable in the timeline: a guest's is
// what a stranger typed, and is sealed with what they do.
//
// req: GUEST-8
func openName(v *web.Viewer) string {
	if isGuest(v) {
		return ""
	}
	return v.Name
}
