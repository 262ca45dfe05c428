// Package entitle answers what a professional asks with a patient beside her:
// what care is this person entitled to today, with which form, who pays, and
// who learns of it.
//
// The idea: a few short questions and a list of rules for each country, both
// data under content/country/entitlement. A country's rules stand in tables; in
// each table the first rule that fits wins, so a special case stands before the
// general one. A question without an answer is no reason to hide anything:
// whatever could apply under any answer to it is shown, marked as depending on
// it. What the country's pack already states as a fact is not written twice;
// an entitlement names that fact and adds form, payer and cost.
//
// Stored: nothing. The answers arrive in the body of a request, are used for
// the answer and are gone.
//
// It must never hide what an answer that is still unknown might open, never
// show a fact that nobody confirmed as settled, and never take part in a
// decision: it tells a human what to ask for at the desk.
package entitle

import (
	"slices"
	"sort"

	"amelie/internal/country"
	"amelie/internal/fault"
)

// Question is one that is asked; every one may be left open.
type Question struct {
	ID      string   `toml:"id" json:"id"`
	Answers []string `toml:"answers" json:"answers"`
}

// Answers are answers by question. A question that is missing is not known.
type Answers map[string]string

// Office says whether the immigration office learns of the person by this way.
type Office string

// What is known about the immigration office.
const (
	OfficeNo        Office = "no"        // nobody on this way may tell it
	OfficeKnows     Office = "knows"     // it knows the person already
	OfficeLearns    Office = "learns"    // it is told, or can learn of it
	OfficeUncertain Office = "uncertain" // not confirmed
)

// Entitlement is one way to care. Its words stand in the language files under
// its id: name, covers, form, pays, learns. Where Care names a fact of the
// country's pack, that fact gives name, covers and learns.
type Entitlement struct {
	ID     string `toml:"id"`
	Care   string `toml:"care"`
	Costs  string `toml:"costs"` // a word of "costs": what the person pays
	Say    string `toml:"say"`   // a word of "say": one line for the person
	Office Office `toml:"office"`
	country.Origin

	care *country.Care
}

// Table is a list of rules of which the first that fits wins.
type Table struct {
	ID    string `toml:"id" json:"id"` // one of Tables
	Rules []Rule `toml:"rule" json:"rules"`
}

// Tables are the tables that a country may have, in the order of the page:
// what comes first in an emergency, how care is paid, what is open besides,
// and help for people who may be trafficked.
var Tables = []string{"now", "care", "beside", "support"}

// complete is the table that must answer every case.
const complete = "care"

// Rule shows entitlements to those whom its conditions fit.
type Rule struct {
	When map[string][]string `toml:"when" json:"when"` // question -> any of these answers; absent: any
	Show []string            `toml:"show" json:"show"`
}

// fits tells whether a rule holds for a case in which all is known.
func (r Rule) fits(a Answers) bool {
	for question, wanted := range r.When {
		if !slices.Contains(wanted, a[question]) {
			return false
		}
	}
	return true
}

// Country is the entitlements of one country.
type Country struct {
	Code         string           `toml:"country"`
	Revision     int              `toml:"revision"`
	Compiled     string           `toml:"compiled"` // date of this revision
	Sources      []country.Source `toml:"source"`
	Entitlements []Entitlement    `toml:"entitlement"`
	Tables       []Table          `toml:"table"`

	set  *Set
	pack *country.Pack
	data map[string][]byte // by language: the file of the offline guide
}

// Set is what all countries share and the countries themselves.
type Set struct {
	Questions []Question
	shared    Shared
	countries map[string]*Country
	words     map[string]*Words
}

// Shared is what holds in every country of the European Union.
type Shared struct {
	Sources      []country.Source `toml:"source"`
	Entitlements []Entitlement    `toml:"entitlement"`
}

// Country is the country with the upper-case code.
func (s *Set) Country(code string) (*Country, bool) {
	c, ok := s.countries[code]
	return c, ok
}

// Codes are the countries, in alphabetical order.
func (s *Set) Codes() []string {
	var list []string
	for code := range s.countries {
		list = append(list, code)
	}
	sort.Strings(list)
	return list
}

// Check refuses an answer that its question does not have.
func (s *Set) Check(a Answers) error {
	var wrong []fault.Field
	for _, q := range s.Questions {
		if v := a[q.ID]; v != "" && !slices.Contains(q.Answers, v) {
			wrong = append(wrong, fault.Field{Name: q.ID, Key: "country.error.unknown"})
		}
	}
	return fault.Fields(wrong...)
}

// Shown is an entitlement that applies, or may apply.
type Shown struct {
	*Entitlement
	Table   string    // where it stands on the page
	Certain bool      // it applies whatever the open questions turn out to be
	Depends []Depends // the open questions that decide
}

// Depends is an open question on which an entitlement hangs.
type Depends struct {
	Question string
	Answers  []string // with one of these it can apply; empty: it hangs on others too
}

// Entitled is what applies to the answers: first what is certain, then what
// may apply, each in the order of the tables.
// req: ENTITLE-1
func (c *Country) Entitled(a Answers) []Shown {
	open := c.set.open(a)
	cases := expand(a, open)
	hits := map[string][]Answers{}
	for _, known := range cases {
		for _, id := range c.settled(known) {
			hits[id] = append(hits[id], known)
		}
	}
	var certain, may []Shown
	for _, place := range c.order() {
		found := hits[place.id]
		switch {
		case len(found) == len(cases):
			certain = append(certain, Shown{c.entitlement(place.id), place.table, true, nil})
		case len(found) > 0:
			may = append(may, Shown{c.entitlement(place.id), place.table, false, depends(found, open)})
		}
	}
	return append(certain, may...)
}

// settled is what applies when every question is answered.
func (c *Country) settled(known Answers) []string {
	var shown []string
	for _, t := range c.Tables {
		for _, r := range t.Rules {
			if !r.fits(known) {
				continue
			}
			for _, id := range r.Show {
				if !slices.Contains(shown, id) {
					shown = append(shown, id)
				}
			}
			break
		}
	}
	return shown
}

// place is where an entitlement stands first.
type place struct{ id, table string }

// order is every entitlement that a rule shows, where it stands first.
func (c *Country) order() []place {
	var list []place
	for _, t := range c.Tables {
		for _, r := range t.Rules {
			for _, id := range r.Show {
				if !slices.ContainsFunc(list, func(p place) bool { return p.id == id }) {
					list = append(list, place{id, t.ID})
				}
			}
		}
	}
	return list
}

// entitlement is the one with the id, of the country or of all; nil: none.
func (c *Country) entitlement(id string) *Entitlement {
	for _, list := range [][]Entitlement{c.Entitlements, c.set.shared.Entitlements} {
		for i := range list {
			if list[i].ID == id {
				return &list[i]
			}
		}
	}
	return nil
}

// open are the questions without an answer.
func (s *Set) open(a Answers) []Question {
	var list []Question
	for _, q := range s.Questions {
		if a[q.ID] == "" {
			list = append(list, q)
		}
	}
	return list
}

// expand is every case that the open questions leave possible.
func expand(a Answers, open []Question) []Answers {
	cases := []Answers{a}
	for _, q := range open {
		var next []Answers
		for _, known := range cases {
			for _, answer := range q.Answers {
				next = append(next, known.with(q.ID, answer))
			}
		}
		cases = next
	}
	return cases
}

// with is the answers and one more.
func (a Answers) with(question, answer string) Answers {
	more := Answers{question: answer}
	for q, v := range a {
		if q != question {
			more[q] = v
		}
	}
	return more
}

// depends says which open questions decide: those whose answers do not occur
// equally often among the cases in which the entitlement applies.
func depends(found []Answers, open []Question) []Depends {
	var list []Depends
	for _, q := range open {
		count := map[string]int{}
		for _, known := range found {
			count[known[q.ID]]++
		}
		d, even := Depends{Question: q.ID}, true
		for _, answer := range q.Answers {
			even = even && count[answer] == count[q.Answers[0]]
			if count[answer] > 0 {
				d.Answers = append(d.Answers, answer)
			}
		}
		if even {
			continue
		}
		if len(d.Answers) == len(q.Answers) {
			d.Answers = nil
		}
		list = append(list, d)
	}
	return list
}

// Origins are where an entitlement comes from: its own origin, and that of the
// fact of the country's pack that it rests on.
func (e *Entitlement) Origins() []country.Origin {
	var list []country.Origin
	if e.care != nil {
		list = append(list, e.care.Origin)
	}
	if e.Source != "" {
		list = append(list, e.Origin)
	}
	return list
}

// State is what a reader is told: the weakest of what it rests on.
// req: ENTITLE-2
func (e *Entitlement) State() country.State {
	state := country.Verified
	for _, o := range e.Origins() {
		switch s := o.State(); {
		case s == country.Unverified:
			return s
		case s == country.Sourced:
			state = s
		}
	}
	return state
}
