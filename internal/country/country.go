// Package country knows what the law of each country asks of a professional
// who meets a person that may be trafficked: when to report, when to keep
// silent, on which named ground something may be shared without consent, which
// care a person without papers can have and who learns of it.
//
// The idea: law is data. One reviewed file per country, content/country/xx.toml,
// and one file of shared words, terms.toml. Every fact names its source, how far
// the source can be trusted and whether a lawyer has checked it. What nobody has
// checked is shown as unverified, with the advice to ask the legal service. A
// duty is must, may or must not; nothing in the program reports anyone, these
// facts only tell a human what the law of the place says.
//
// Stored: nothing. The packs are read once at the start and never change while
// the program runs; a new revision ships with the next release.
//
// It must never show an unverified fact as settled, never invent a duty that
// its file does not state, never answer a question with words it does not know
// (an unknown profession is refused, not ignored: a filter that silently shows
// too little could cost someone their safety).
package country

import (
	"sort"

	"amelie/internal/fault"
)

// Text is one text in the interface languages, keyed by language code.
type Text map[string]string

// In is the text in lang, or in English.
func (t Text) In(lang string) string {
	if s := t[lang]; s != "" {
		return s
	}
	return t["en"]
}

// Confidence says how a fact became known, as the field report marks it.
type Confidence string

// The confidences.
const (
	Project    Confidence = "S" // from the project's own documents
	Found      Confidence = "F" // found in a public source, see Source.URL
	Background Confidence = "R" // general knowledge, not confirmed
)

// State is what a reader is told about a fact.
type State string

// The states, from strongest to weakest.
const (
	Verified   State = "verified"   // a named person compared it with the law on Origin.Verified
	Sourced    State = "sourced"    // a source says so; nobody compared it with the law
	Unverified State = "unverified" // general knowledge: ask your legal service
)

// Origin is where a fact comes from. Every fact has one.
type Origin struct {
	Source     string     `toml:"source"`     // id of a Source of the same pack
	Article    string     `toml:"article"`    // article of law or section, as professionals cite it
	Confidence Confidence `toml:"confidence"` // S, F or R
	Verified   string     `toml:"verified"`   // date YYYY-MM-DD of the comparison with the law; empty: never
	VerifiedBy string     `toml:"verified_by"`
}

// State is what a reader is told about the fact.
// req: COUNTRY-1
func (o Origin) State() State {
	switch {
	case o.Verified != "" && o.VerifiedBy != "":
		return Verified
	case o.Confidence == Project || o.Confidence == Found:
		return Sourced
	}
	return Unverified
}

// Tone is the kind of badge that shows a state.
func (s State) Tone() string {
	return map[State]string{Verified: "ok", Sourced: "info", Unverified: "soon"}[s]
}

// Icon is the picture beside a state, for what somebody compared with the law.
func (s State) Icon() string {
	if s == Verified {
		return "check"
	}
	return ""
}

// Source is a publication or law that facts come from.
type Source struct {
	ID    string `toml:"id"`
	Title string `toml:"title"`
	URL   string `toml:"url"`  // where it was read; shown as text, never fetched
	Date  string `toml:"date"` // as precise as known
}

// Term is one shared word: a profession, an age band, a recipient.
type Term struct {
	ID    string `toml:"id"`
	Label Text   `toml:"label"`
	Hours int    `toml:"hours"` // of a deadline: hours until it passes, 0 for none
}

// Terms are the shared words of all packs.
type Terms struct {
	Professions []Term `toml:"profession"`
	Employers   []Term `toml:"employer"`
	Ages        []Term `toml:"age"`
	Situations  []Term `toml:"situation"`
	Recipients  []Term `toml:"recipient"`
	Deadlines   []Term `toml:"deadline"`
}

func find(terms []Term, id string) (Term, bool) {
	for _, t := range terms {
		if t.ID == id {
			return t, true
		}
	}
	return Term{}, false
}

// Kind is what a duty asks.
type Kind string

// The kinds.
const (
	Must    Kind = "must"
	May     Kind = "may"
	MustNot Kind = "must-not"
)

// Any in a duty's list means that the duty holds for every value.
const Any = "any"

// Duty is a duty or right to report, or a duty to keep silent.
type Duty struct {
	ID          string   `toml:"id"`
	Kind        Kind     `toml:"kind"`
	Professions []string `toml:"professions"`
	Employers   []string `toml:"employers"`
	Ages        []string `toml:"ages"` // of the patient
	Situations  []string `toml:"situations"`
	To          string   `toml:"to"`       // id of a recipient
	By          string   `toml:"by"`       // id of a deadline
	Personal    bool     `toml:"personal"` // binds the professional in person: no superior can forbid it
	Text        Text     `toml:"text"`
	Origin
}

// Ground is a legal ground on which something may leave without consent. The
// professional names it, the person hears of it, a second person reviews it.
type Ground struct {
	ID           string   `toml:"id"`       // permanent: stands in audit events
	For          []string `toml:"for"`      // child, danger
	PersonalDuty bool     `toml:"personal"` // a reviewer cannot veto it
	To           string   `toml:"to"`       // id of the recipient that the law names
	By           string   `toml:"by"`       // id of a deadline
	Name         Text     `toml:"name"`
	Origin
}

// Care is an entitlement to health care of people without papers.
type Care struct {
	ID      string `toml:"id"`
	Name    Text   `toml:"name"`
	Text    Text   `toml:"text"`
	Informs Text   `toml:"informs"` // who learns of it
	Origin
}

// Number is an emergency number.
type Number struct {
	ID     string `toml:"id"`
	Number string `toml:"number"` // as dialled in the country
	Kind   string `toml:"kind"`   // any, ambulance
	Text   Text   `toml:"text"`
	Origin
}

// Reflection is the recovery and reflection period. Exactly one of Days and
// Months is set. The start day is not counted; whether the last day moves at
// weekends is national law and not decided here.
type Reflection struct {
	ID              string `toml:"id"`
	Days            int    `toml:"days"`
	Months          int    `toml:"months"`
	Minimum         bool   `toml:"minimum"` // a floor: the authority may set a longer one
	ExtensionMonths int    `toml:"extension_months"`
	ExtensionFor    string `toml:"extension_for"` // child or any
	Text            Text   `toml:"text"`
	Origin
}

// Fact is any other thing a reader should know: who recognises, who coordinates.
type Fact struct {
	ID   string `toml:"id"`
	Kind string `toml:"kind"` // recognition, coordination
	Text Text   `toml:"text"`
	Origin
}

// Keeping is what the law lets or makes a kind of body keep of a person's file. It
// is the reason why what was taken back may still lie there (GDPR, article 17 (3)).
type Keeping struct {
	ID      string `toml:"id"`
	Body    string `toml:"body"`    // one of Bodies
	Purpose string `toml:"purpose"` // care, support, youth, funding
	Rule    string `toml:"rule"`    // at-least, between, until-age, unlimited, or unknown: none was found
	Years   int    `toml:"years"`   // of until-age: the age
	Most    int    `toml:"most"`    // years, of between
	Text    Text   `toml:"text"`
	Origin
}

// Bodies are the kinds of bodies of which a pack says what they keep.
var Bodies = []string{"health", "support", "authority"}

// Keeps are the rules that were found for kinds of bodies.
func (p *Pack) Keeps(bodies ...string) (out []Keeping) {
	for _, k := range p.Keeping {
		if holds(bodies, k.Body) && k.Rule != unknown {
			out = append(out, k)
		}
	}
	return out
}

const unknown = "unknown"

// Pack is one country.
type Pack struct {
	Country    string     `toml:"country"` // ISO 3166-1 alpha-2, upper case
	Revision   int        `toml:"revision"`
	Compiled   string     `toml:"compiled"` // date of this revision
	Name       Text       `toml:"name"`
	Helplines  []string   `toml:"helplines"` // service ids of the directory, first the one to call
	Bodies     []string   `toml:"bodies"`    // service ids of coordinating bodies of the directory
	Sources    []Source   `toml:"source"`
	Emergency  []Number   `toml:"emergency"`
	AllDuties  []Duty     `toml:"duty"`
	AllGrounds []Ground   `toml:"ground"`
	Care       []Care     `toml:"care"`
	Reflection Reflection `toml:"reflection"`
	Facts      []Fact     `toml:"fact"`
	Keeping    []Keeping  `toml:"keeping"`

	terms *Terms
}

// Query narrows the duties. An empty value does not narrow.
type Query struct {
	Profession, Employer, Age, Situation string
}

// Check refuses values that no pack knows, one field error for each.
// req: COUNTRY-2
func (t *Terms) Check(q Query) error {
	var wrong []fault.Field
	for _, f := range []struct {
		name, value string
		terms       []Term
	}{
		{"profession", q.Profession, t.Professions},
		{"employer", q.Employer, t.Employers},
		{"age", q.Age, t.Ages},
		{"situation", q.Situation, t.Situations},
	} {
		if f.value == "" {
			continue
		}
		if _, ok := find(f.terms, f.value); !ok {
			wrong = append(wrong, fault.Field{Name: f.name, Key: "country.error.unknown"})
		}
	}
	return fault.Fields(wrong...)
}

// Duties are the duties that concern the query: must first, then must not,
// then may. A value that no pack knows gives fault.Invalid.
func (p *Pack) Duties(q Query) ([]Duty, error) {
	if err := p.terms.Check(q); err != nil {
		return nil, err
	}
	var list []Duty
	for _, d := range p.AllDuties {
		if concerns(d.Professions, q.Profession) && concerns(d.Employers, q.Employer) &&
			concerns(d.Ages, q.Age) && concerns(d.Situations, q.Situation) {
			list = append(list, d)
		}
	}
	order := map[Kind]int{Must: 0, MustNot: 1, May: 2}
	sort.SliceStable(list, func(i, j int) bool { return order[list[i].Kind] < order[list[j].Kind] })
	return list, nil
}

func concerns(values []string, asked string) bool {
	return asked == "" || holds(values, Any) || holds(values, asked)
}

func holds(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// Grounds are the legal grounds on which something may leave without consent:
// those for a child when the person may be under 18 (age in doubt counts as a
// child), those for danger when life or body is in present danger. With
// neither, there is no ground: consent is the only way.
// req: COUNTRY-3
func (p *Pack) Grounds(child, danger bool) []Ground {
	var list []Ground
	for _, g := range p.AllGrounds {
		if child && holds(g.For, "child") || danger && holds(g.For, "danger") {
			list = append(list, g)
		}
	}
	return list
}

// Ground is the ground with the id, if it holds for the case.
func (p *Pack) Ground(id string, child, danger bool) (Ground, bool) {
	for _, g := range p.Grounds(child, danger) {
		if g.ID == id {
			return g, true
		}
	}
	return Ground{}, false
}

// EmergencyNumber is the number to call when life is in danger.
func (p *Pack) EmergencyNumber() string {
	for _, n := range p.Emergency {
		if n.Kind == Any {
			return n.Number
		}
	}
	return "112" // the European number; Check refuses a pack without its own
}

// Source is the source with the id.
func (p *Pack) Source(id string) Source {
	for _, s := range p.Sources {
		if s.ID == id {
			return s
		}
	}
	return Source{}
}

// Terms are the words shared by all packs.
func (p *Pack) Terms() *Terms { return p.terms }

// Recipient is the label of whom a duty or ground names, to stand in a sentence.
func (t *Terms) Recipient(id, lang string) string { return label(t.Recipients, id, lang) }

// Deadline is the label of by when.
func (t *Terms) Deadline(id, lang string) string { return label(t.Deadlines, id, lang) }

// DeadlineHours is the deadline in hours, 0 when the law sets none.
func (t *Terms) DeadlineHours(id string) int {
	d, _ := find(t.Deadlines, id)
	return d.Hours
}

func label(terms []Term, id, lang string) string {
	t, _ := find(terms, id)
	return t.Label.In(lang)
}

// Packs are all countries.
type Packs struct {
	Terms *Terms
	packs map[string]*Pack
}

// Get is the pack of a country (ISO 3166-1 alpha-2, upper case).
func (p *Packs) Get(code string) (*Pack, bool) {
	pack, ok := p.packs[code]
	return pack, ok
}

// Codes are the countries, in order of their code.
func (p *Packs) Codes() []string {
	codes := make([]string, 0, len(p.packs))
	for c := range p.packs {
		codes = append(codes, c)
	}
	sort.Strings(codes)
	return codes
}
