// Package own is the person's own view of the file: by a card that looks like
// something else, from any browser, without an account.
//
// The idea. The card carries a code of 80 bits; a secret of the person's choice
// is on no paper. Both together, with the server's own secret, unlock the
// private key of the card. What the agency writes for the person is sealed to
// the card's public half, so that its sheet is renewed without code and secret;
// what the person writes is sealed to the agency. What the ledger of sharings
// says is readable anyway, in codes, and needs no key: so a withdrawal works at
// once, while everybody is asleep.
//
// Off by default. A worker and the person answer first with whom the person
// lives; while that is whoever does harm, or not known, there is no card, and one
// that is there ends in the transaction that writes the answer.
//
// Stored and sealed: the sheet and the card's key under code and secret, the
// code and the person's words to the agency. Stored and readable: the card's
// state, look and what it shows, counts of tries, that something was sent and
// when. Nothing stays on the device but a cookie of ten minutes.
//
// The life of a card: on; locked after five wrong tries, and on again by a
// worker; taken back, which is final and leaves no key.
//
// It must never say whether a code exists, open by the code alone or for a card
// that was taken back, name an agency, a place or an hour that the person did not
// choose to see, or give anything out as a file or on paper.
package own

import (
	"crypto/rand"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/fold"
	"amelie/internal/vault"
)

const room = "own"

// Designs are what a card looks like.
var Designs = []string{"stamps", "library", "cloakroom"}

// What the person may choose to see besides.
const (
	showNames = "names" // of agencies
	showTime  = "time"  // of the next appointment
	showPlace = "place"
)

// Shows are what a card shows only when the person chose it.
var Shows = []string{showNames, showTime, showPlace}

// The kinds of what is done with a card.
const (
	Withdrawal = "withdraw"
	Correct    = "correct"
	Ask        = "ask"
	Copy       = "copy"
	note       = "note" // what the agency wrote for the person, kept for those who come after
)

// Outcomes of a withdrawal that was checked with the person; anything else is
// "done".
const (
	wasHer = "was"
	notHer = "not"
	done   = "done"
)

// The limits.
const (
	SessionTime = 10 * time.Minute
	maxWords    = 2000 // characters
	maxWaiting  = 20   // of one case that nobody has read yet
	minDigits   = 6
	minLetters  = 8 // of a pair of words
	checkWithin = 24 * time.Hour
	replyWithin = 72 * time.Hour
)

const (
	codeBytes  = 10 // 80 bits
	codeLength = 16 // characters of five bits
	codeGroup  = 4
)

func newCode() string {
	raw := make([]byte, codeBytes)
	rand.Read(raw) // never fails
	return vault.Printed(raw, codeLength, codeGroup)
}

// ParseCode reads a code as it is typed.
func ParseCode(typed string) (code string, ok bool) {
	code = vault.AsPrinted(latin(typed))
	return code, len(code) == codeLength && strings.Trim(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == ""
}

// latin writes the digits of any script as 0 to 9.
func latin(s string) string {
	return strings.Map(func(r rune) rune {
		if d := fold.Digit(r); d >= 0 {
			return '0' + rune(d)
		}
		return r
	}, s)
}

// Secret is what was typed as the remembered secret, the same from every
// keyboard. How it is written here can never change.
func Secret(typed string) string {
	typed = strings.ToLower(norm.NFC.String(latin(typed)))
	return strings.Join(strings.FieldsFunc(typed, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) }), " ")
}

// Strong says whether a secret can stand beside a code: six digits that are
// neither one digit nor a row, or two words.
//
// req: OWN-3
func Strong(secret string) bool {
	digits := strings.ReplaceAll(secret, " ", "")
	if strings.Trim(digits, "0123456789") == "" {
		return len(digits) >= minDigits && !row(digits)
	}
	words := strings.Fields(secret)
	return len(words) >= 2 && words[0] != words[1] && utf8.RuneCountInString(digits) >= minLetters
}

// row says whether each digit is the same step from the one before.
func row(digits string) bool {
	step := int(digits[1]) - int(digits[0])
	for i := 1; i < len(digits); i++ {
		if int(digits[i])-int(digits[i-1]) != step {
			return false
		}
	}
	return step >= -1 && step <= 1
}

// kindWish is the entry in which worker and person say whether there may be a
// card.
const kindWish = "card-wish"

var kinds = []casework.Kind{{ID: kindWish, Stays: true, Room: room, Hint: true, Part: casework.Safety, Single: true, Must: []string{"living", "wants"}, Fields: []ask.Field{
	{Name: "living", Kind: ask.Choose, Options: append([]string{"alone", "trusted", "harm"}, ask.NotKnown)},
	{Name: "wants", Kind: ask.Choose, Options: []string{"yes", "no"}},
	{Name: "words", Kind: ask.Long, Max: 1000},
}}}

// mayHave says whether an answer lets there be a card.
//
// req: OWN-1
func mayHave(a ask.Answer) bool {
	living := a.One("living")
	return a.One("wants") == "yes" && (living == "alone" || living == "trusted")
}

// Sheet is what the agency writes for the person.
type Sheet struct {
	Note  string          `json:"note,omitempty"`
	Dates map[string]Date `json:"dates,omitempty"` // by entry, as far as the person chose to see it
}

// Date is what a card may say of an appointment besides its day.
type Date struct {
	Rev   int64  `json:"rev"` // of the entry that it was made from
	Time  string `json:"time,omitempty"`
	Place string `json:"place,omitempty"`
}

// Shared is a line of the ledger as the person sees it.
type Shared struct {
	ID      string
	Kind    string // share, ground, or one of the topics
	To      string // agency; "" for a topic
	Purpose string
	Parts   []casework.Part
	Until   time.Time
}

// Fixed says whether the line stands on a law and not on a yes.
func (s Shared) Fixed() bool { return s.Kind == "ground" }

// Word is something that was done with a card.
type Word struct {
	ID, CaseID, Kind, About string
	At, DoneAt              time.Time
	DoneBy, Outcome         string
	Text                    string // opened
	Closed                  bool   // there is a text, and the viewer's key does not open it

	keyID string
	env   []byte
}

// Waits says whether somebody has to do something.
func (w Word) Waits() bool { return w.DoneAt.IsZero() }
