// Package procedure is an agency's own page: what is done in this house when
// somebody may need help, whom to call inside, which room is private, what
// happens at night.
//
// The idea: a general guide cannot know the number of the duty social worker.
// The house writes its steps in its own words, in as many of the six languages
// as its staff need, with its internal numbers and hours. It starts from a
// text of ours that names its sources, and becomes the house's own only when a
// lead adopts it. The law of the country stands beside it, live from the
// country pack, and is never copied into the house's words, where it would age.
//
// Stored, readable: the versions with their texts and numbers, who wrote and
// who adopted each, and until when it is to be looked at again. Functions, not
// persons, answer the numbers. No person who is helped appears in it.
//
// The life of a version: a draft that leads write and preview; adopted, and
// from then on what every member sees on the page of today, before a referral
// and in the guide; replaced by the next one, kept to be read and restored. A
// draft can be discarded. Before and on the review day the leads are reminded.
//
// It must never be seen by anybody outside the agency; never show a draft or
// our general text as what the house decided; never lose what one of two
// editors typed.
package procedure

import (
	"slices"
	"strings"
	"time"
)

// Version is one version of a house's procedure.
type Version struct {
	ID       string
	AgencyID string
	Number   int
	State    State
	Main     string // the language that stands in where another is missing
	Review   string // day on which it is to be looked at again, 2027-11-30
	Numbers  []Number
	Texts    map[string]Text // by language
	MadeBy   string          // name of the member
	Made     time.Time
	Adopter  string // name of the member
	Adopted  time.Time
	Rev      int64
}

// Text is the procedure in one language.
type Text struct {
	Steps   []string `json:"steps"`
	Decides string   `json:"decides"` // who decides in the house
	Form    string   `json:"form"`    // where the form lies
	Room    string   `json:"room"`    // for a private talk
	Code    string   `json:"code"`    // word by which colleagues ask each other for help before others
	Night   string   `json:"night"`   // what is different at night and at weekends
	Note    string   `json:"note"`
}

// Empty says whether nothing is written.
func (t Text) Empty() bool {
	return len(t.Steps) == 0 && !slices.ContainsFunc(t.facts(), func(f fact) bool { return *f.text != "" })
}

// fact is one of the house's own words beside its steps.
type fact struct {
	name string // of the field in the form, and of its label
	text *string
}

// facts are the house's own words, in the order in which they are read.
func (t *Text) facts() []fact {
	return []fact{{"decides", &t.Decides}, {"room", &t.Room}, {"code", &t.Code}, {"night", &t.Night}, {"form", &t.Form}, {"note", &t.Note}}
}

// Number is an internal number.
type Number struct {
	Role  string // of Roles
	Label string // the house's own word, needed for "other"
	Phone string // as people dial it inside
	Hours string // "day and night", "Mon-Fri 8-16"
}

// Roles are who can be reached inside a house.
var Roles = []string{"social-worker", "child-protection", "interpreter", "doctor", "security", "lead", "other"}

// The most that a version holds.
const (
	MaxSteps, MaxNumbers = 14, 10
	maxStep, maxLine     = 600, 200
	maxText              = 1000
)

// In is the text for a reader of lang, and the language that it is in: the
// reader's own, the main one, or any that is written.
func (v Version) In(lang string) (Text, string) {
	for _, l := range []string{lang, v.Main} {
		if t, ok := v.Texts[l]; ok && !t.Empty() {
			return t, l
		}
	}
	var written []string
	for l, t := range v.Texts {
		if !t.Empty() {
			written = append(written, l)
		}
	}
	slices.Sort(written)
	if len(written) == 0 {
		return Text{}, lang
	}
	return v.Texts[written[0]], written[0]
}

// Fact is one of the house's own words beside its steps.
type Fact struct {
	Name string // of the field in the form, and of its label
	Text string
	Lang string // in which it is written
}

// Facts are the house's own words for a reader of lang, those that are written.
// What is missing in the language of the steps stands in the main one: our
// general text has steps in every language, a room only where the house wrote it
// down.
func (v Version) Facts(lang string) (out []Fact) {
	text, in := v.In(lang)
	house := v.Texts[v.Main]
	inMain := house.facts()
	for i, f := range text.facts() {
		one := Fact{f.name, *f.text, in}
		if one.Text == "" {
			one.Text, one.Lang = *inMain[i].text, v.Main
		}
		if one.Text != "" {
			out = append(out, one)
		}
	}
	return out
}

// clean takes empty steps and surrounding space away.
func (t Text) clean() Text {
	var steps []string
	for _, s := range t.Steps {
		if s = strings.TrimSpace(s); s != "" {
			steps = append(steps, s)
		}
	}
	t.Steps = steps
	for _, f := range t.facts() {
		*f.text = strings.TrimSpace(*f.text)
	}
	return t
}

// blank says whether nothing was typed into a line of the form.
func (n Number) blank() bool { return strings.TrimSpace(n.Phone+n.Label+n.Hours) == "" }

func cleanNumbers(list []Number) (out []Number) {
	for _, n := range list {
		for _, s := range []*string{&n.Role, &n.Label, &n.Phone, &n.Hours} {
			*s = strings.TrimSpace(*s)
		}
		if !n.blank() {
			out = append(out, n)
		}
	}
	return out
}
