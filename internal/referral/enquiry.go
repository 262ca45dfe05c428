package referral

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"amelie/internal/fault"
	"amelie/internal/geo"
)

// A round is one anonymous enquiry put to several services at once: is there a
// place for someone who needs this, in these languages, of this age band? Each
// service receives it as an enquiry of its own, sealed to its agency alone, and
// never learns who else was asked. The sender sees the answers side by side;
// the person chooses one. Only then is a referral written, to that one and with
// consent; when it has left, the others are told that it is no longer needed.
//
// The others keep their offers until the referral has left: a person who says
// no at the consent sheet, or whose chosen place falls through meanwhile, still
// has them. The first offer never wins by itself.
//
// Stored: the round (who asked, when, where it stands, which was chosen) and
// its candidates (which enquiry, until when an offer is held), readable so that
// machines can keep the times; the answers and the town to measure from, sealed
// to the sending agency. The round goes 90 days after its end. It must never
// let one desk learn of another, and never let a packet go to a service that
// was not chosen.

// MaxCandidates is how many services one round asks at most: more would mean
// asking everybody, and many desks working for nothing.
const MaxCandidates = 8

// RoundState is where a round stands.
type RoundState string

// The states of a round.
const (
	Asking RoundState = "asking" // answers may come
	Chosen RoundState = "chosen" // the person chose; nothing has left yet
	Placed RoundState = "placed" // the referral to the chosen one has left
	Ended  RoundState = "ended"  // no longer needed
	RanOut RoundState = "ran-out"
)

// RoundStates are all of them.
var RoundStates = []RoundState{Asking, Chosen, Placed, Ended, RanOut}

// Candidate is one service that was asked.
type Candidate struct {
	ID      string // of its enquiry
	Agency  string
	Service string
	State   State     // of its enquiry
	Held    time.Time // until when its offer is held; zero: no offer
}

// Round is the enquiry as the sender's side sees it.
type Round struct {
	ID                             string
	FromAgency, FromUser, FromName string
	Urgency                        Urgency
	State                          RoundState
	SentAt, StateAt, Until         time.Time
	Choice                         string // of a candidate, "" while none is chosen
	ChosenAt                       time.Time
	ChosenBy, ChosenName           string
	Referral                       string // the draft, later the referral, to the chosen one
	Version                        int64
	Candidates                     []Candidate
}

// Holds are the hours for which a place can be held for an enquiry.
var Holds = []int{1, 3, 12, 24, 72}

// UsualHold is the time that is proposed, and that holds when a guest, who
// answers such a question for the first time, named none.
const UsualHold = 12

// Terms are the coded conditions of an offer.
var Terms = []string{"call-first", "person-calls", "few-nights", "women-only", "with-children", "without-children", "papers-later", "we-fetch"}

// HelpWanted are the kinds of help that counts are kept by.
var HelpWanted = []string{"accommodation", "counselling", "legal-aid", "health-care", "psychological-support", "safety-planning", "material-help", "work-rights", "return-home", "other"}

// The steps that only an enquiry asks.
const (
	stepRegion   = "region"
	stepRemark   = "remark"
	stepServices = "services" // whom to ask; sealed like an answer, never in a packet
)

// PartRegion and PartRemark are parts of an enquiry only: they have no tick.
const (
	PartRegion Part = "region"
	PartRemark Part = "remark"
)

// Anywhere says that the place may be in any region of the country.
const Anywhere = "anywhere"

// MaxRemark is the length of the free line of an enquiry, in characters.
const MaxRemark = 140

// regionOptions are the first-level territories that can be asked for.
var regionOptions = func() []string {
	out := []string{Anywhere}
	for _, t := range geo.Territories() {
		if t.Parent != "" && geo.Country(t.Code) == t.Parent {
			out = append(out, t.Code)
		}
	}
	return append(out, unsure...)
}()

// regionsOf are the options that a reader in country is offered.
func regionsOf(country string) []string {
	return slices.DeleteFunc(slices.Clone(regionOptions), func(o string) bool {
		return strings.Contains(o, "-") && geo.Country(o) != country
	})
}

// Services are the services that a draft asks.
func (d *Drafted) Services() []string {
	if several := d.Answers[stepServices]["service"]; len(several) > 0 {
		return several
	}
	if d.Service != "" {
		return []string{d.Service}
	}
	return nil
}

// titles announce a name in the languages of the interface.
var titles = []string{"mr", "mrs", "ms", "miss", "herr", "frau", "signor", "signora", "sig", "meneer", "mevrouw", "madame", "monsieur", "mme", "mlle",
	"κα", "κος", "κύριος", "κυρία", "κυρια", "κυριος", "name", "named", "called", "heißt", "heisst", "chiama", "heet", "appelle", "λέγεται", "ονομάζεται"}

// CheckRemark refuses a line that holds what could point to a person: a
// number of more than three digits, an address of the net, a handle, a date,
// a code of letters and figures, or a word that announces a name. It cannot
// know every name, so the page warns as well.
// Errors: fault.Invalid on the field "remark".
//
// req: ENQUIRY-2
func CheckRemark(text string) error {
	if utf8.RuneCountInString(text) > MaxRemark {
		return fault.Fields(fault.Field{Name: stepRemark, Key: "referral.error.long", Args: []any{"n", MaxRemark}})
	}
	if points(text) {
		return fault.Fields(fault.Field{Name: stepRemark, Key: "enquiry.error.points"})
	}
	return nil
}

func points(text string) bool {
	if lower := strings.ToLower(text); strings.Contains(lower, "www.") || strings.Contains(lower, "://") {
		return true
	}
	digits := 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r) || unicode.IsNumber(r):
			digits++
		case r == '@' || r == '＠':
			return true
		}
	}
	if digits > 3 {
		return true
	}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;:!?()\"'’", r) }) {
		bare := strings.Trim(w, ".…")
		switch {
		case strings.HasPrefix(w, "#"):
			return true
		case strings.Contains(bare, ".") && dotted(bare): // a host, or a handle
			return true
		case slices.Contains(titles, bare):
			return true
		case digits > 0 && mixed(bare): // a code of letters and figures
			return true
		}
	}
	return false
}

// dotted is a word with letters on both sides of a dot.
func dotted(w string) bool {
	i := strings.IndexByte(w, '.')
	return i > 1 && utf8.RuneCountInString(w[i+1:]) > 1 && strings.IndexFunc(w[i+1:], unicode.IsLetter) >= 0
}

func mixed(w string) bool {
	return utf8.RuneCountInString(w) > 4 && strings.IndexFunc(w, unicode.IsDigit) >= 0 && strings.IndexFunc(w, unicode.IsLetter) >= 0 && !strings.Contains(w, "-")
}
