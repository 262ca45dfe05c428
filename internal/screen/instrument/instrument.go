// Package instrument holds the questionnaires and lists of indicators that
// help to notice, as data, and the one small engine that evaluates them.
//
// The idea: an instrument is a pack: items, their weights, the rule, the people
// it was studied with, what was published about its accuracy, its licence. A
// pack is checked when it is loaded and refused with every reason. The engine
// is pure: the same answers give the same result on the command line, on the
// server and, by the module page/engine.js, in the browser. Its main rule is
// that of the Delphi operational indicators of the ILO and the European
// Commission (2009): six dimensions, weights strong, medium and weak, then the
// rule for the case of an adult or of a child.
//
// Stored: packs that an administrator imported, and who confirmed when that a
// reconstructed pack was compared with its publication. Of answers and results
// nothing: not in the database, not in a log, not in an address.
//
// The life of a pack: shipped and installed; shipped and off, until an
// administrator confirms the check; a template without the wording of its
// items, until an administrator imports the publisher's own.
//
// It must never say that somebody is or is not a victim: a result is
// "consistent with", and unknown is not no. It must never start anything by
// itself from a result.
package instrument

import "slices"

// State is how far a pack can be used.
type State string

// The states of a pack.
const (
	Installed State = "installed"
	Off       State = "off"      // shipped, and refused until an administrator confirms it
	Template  State = "template" // without the wording of its items; refused until imported
)

// Topic is what a list of indicators is about; empty for other instruments.
type Topic string

// The topics.
const (
	Labour Topic = "labour"
	Sexual Topic = "sexual"
)

// Kind of a rule.
type Kind string

// The rules. Each is data; what it means is written in docs/instruments.md.
const (
	Delphi  Kind = "delphi" // six dimensions with weights, then the rule for the case
	Count   Kind = "count"  // positive with at least AtLeast answers "yes"
	Sum     Kind = "sum"    // points of the answers, sorted into bands
	NoScore Kind = "none"   // a guide for a talk: answers are listed, nothing is computed
)

// Weight of an indicator in the Delphi scheme.
type Weight string

// The weights.
const (
	Strong Weight = "strong"
	Medium Weight = "medium"
	Weak   Weight = "weak"
)

// Role is what a dimension stands for in the rule of the case: parts of the
// definition of the Palermo Protocol, article 3.
type Role string

// The roles: four kinds of means at two times, and the purpose.
const (
	Deception     Role = "deception"     // deceptive recruitment
	Coercion      Role = "coercion"      // coercive recruitment
	Vulnerability Role = "vulnerability" // recruitment by abuse of vulnerability
	Exploitation  Role = "exploitation"
	Control       Role = "control"    // coercion at destination
	Dependence    Role = "dependence" // abuse of vulnerability at destination
)

// Roles are all of them in the order of the publication.
var Roles = []Role{Deception, Coercion, Vulnerability, Exploitation, Control, Dependence}

// Type is the domain of an item's answer.
type Type string

// The types. "unknown" is in the domain of each.
const (
	YesNo   Type = "yes-no" // yes, no, unknown; the default
	Integer Type = "integer"
	Choice  Type = "choice"
)

// Pack is one instrument.
type Pack struct {
	ID         string      `toml:"id" json:"id"`
	Version    string      `toml:"version" json:"version"`
	State      State       `toml:"state" json:"state"`
	Reason     string      `toml:"reason" json:"reason,omitempty"` // why it is off, a code
	Words      string      `toml:"words" json:"words,omitempty"`   // wording that packs share, shipped packs only
	Topic      Topic       `toml:"topic" json:"topic,omitempty"`   // what a list of indicators is about
	Languages  []string    `toml:"languages" json:"languages"`
	Source     Source      `toml:"source" json:"source"`
	Licence    Licence     `toml:"licence" json:"licence"`
	Population Population  `toml:"population" json:"population"`
	Dimensions []Dimension `toml:"dimension" json:"dimensions,omitempty"`
	Items      []Item      `toml:"item" json:"items"`
	Rule       Rule        `toml:"rule" json:"rule"`
	Evidence   []Evidence  `toml:"evidence" json:"evidence,omitempty"`

	Text map[string]Text `toml:"text" json:"text,omitempty"` // by language

	shared map[string]map[string]ItemText // wording by language and key, of Words
	engine *engine
}

// Source is where a pack comes from and how it got here.
type Source struct {
	Title      string `toml:"title" json:"title"`
	Publisher  string `toml:"publisher" json:"publisher"`
	Year       int    `toml:"year" json:"year"`
	Address    string `toml:"address" json:"address,omitempty"`
	Provenance string `toml:"provenance" json:"provenance"` // in English, for the reader who checks
}

// Licence is what may be done with the items.
type Licence struct {
	Name string `toml:"name" json:"name"`
	// Permission is own-words (the gist is ours), free (the publisher asks for
	// no permission), ask (the publisher is asked) or controlled (training or a
	// contract comes first).
	Permission string `toml:"permission" json:"permission"`
}

// Permissions are the words for Licence.Permission.
var Permissions = []string{"own-words", "free", "ask", "controlled"}

// Population is whom an instrument was made for.
type Population struct {
	Ages      []Age    `toml:"ages" json:"ages"`           // adult, child
	AgeMin    int      `toml:"age_min" json:"age_min"`     // years
	AgeMax    int      `toml:"age_max" json:"age_max"`     // years; 0: no upper limit
	Settings  []string `toml:"settings" json:"settings"`   // codes, see Settings
	Validated bool     `toml:"validated" json:"validated"` // its accuracy was studied in this population
}

// Settings are where an instrument may be meant for.
var Settings = []string{"any", "emergency", "clinic", "child-protection", "shelter", "social-work", "survey"}

// Dimension is a group of items that is judged by itself.
type Dimension struct {
	ID   string `toml:"id" json:"id"`
	Role Role   `toml:"role" json:"role"`
}

// Item is one indicator or question.
type Item struct {
	ID        string `toml:"id" json:"id"`
	Word      string `toml:"word" json:"word,omitempty"` // key of its wording; the default is the id
	Dimension string `toml:"dimension" json:"dimension,omitempty"`
	Weight    Weight `toml:"weight" json:"weight,omitempty"`
	// Doubtful marks a weight that the source at hand gives with a question mark.
	Doubtful bool     `toml:"doubtful" json:"doubtful,omitempty"`
	Type     Type     `toml:"type" json:"type"`
	Required bool     `toml:"required" json:"required,omitempty"` // must be answered, if only with "unknown"
	When     *When    `toml:"when" json:"when,omitempty"`         // asked only then
	Min      *int     `toml:"min" json:"min,omitempty"`           // of an integer, inclusive
	Max      *int     `toml:"max" json:"max,omitempty"`
	Options  []Option `toml:"option" json:"options,omitempty"` // of a choice
	Points   int      `toml:"points" json:"points,omitempty"`  // of a yes; of each unit of an integer
}

// When makes an item depend on the answer to an earlier one.
type When struct {
	Item string `toml:"item" json:"item"`
	Is   string `toml:"is" json:"is"`
}

// Option is one answer of a choice.
type Option struct {
	ID     string `toml:"id" json:"id"`
	Points int    `toml:"points" json:"points,omitempty"`
}

// Rule turns answers into a class.
type Rule struct {
	Kind    Kind   `toml:"kind" json:"kind"`
	AtLeast int    `toml:"at_least" json:"at_least,omitempty"` // of a count
	Bands   []Band `toml:"band" json:"bands,omitempty"`        // of a sum, rising
	// Items are those that count; empty: all of them.
	Items []string `toml:"items" json:"items,omitempty"`
}

// Band is a class of a sum, from so many points on.
type Band struct {
	ID   string `toml:"id" json:"id"`
	From int    `toml:"from" json:"from"`
}

// Text is the wording of a pack in one language.
type Text struct {
	Title      string              `toml:"title" json:"title"`
	Population string              `toml:"population" json:"population"` // whom and where, in a sentence
	Warnings   []string            `toml:"warnings" json:"warnings,omitempty"`
	Items      map[string]ItemText `toml:"item" json:"item,omitempty"`
	Bands      map[string]string   `toml:"bands" json:"bands,omitempty"`
}

// ItemText is the wording of an item: what is asked or seen, what it may mean,
// and what else it may be.
type ItemText struct {
	Label   string            `toml:"label" json:"label"`
	Means   string            `toml:"means" json:"means,omitempty"`
	Else    string            `toml:"else" json:"else,omitempty"`
	Options map[string]string `toml:"options" json:"options,omitempty"`
}

// In is the wording of the pack in a language, or in the first one that it has.
func (p *Pack) In(lang string) Text {
	if t, ok := p.Text[lang]; ok {
		return t
	}
	return p.Text[p.Languages[0]]
}

// Wording is that of one item; empty for an item of a template.
func (p *Pack) Wording(item Item, lang string) ItemText {
	lang = p.wordsFor(lang)
	key := item.Word
	if key == "" {
		key = item.ID
	}
	if t, ok := p.Text[lang].Items[key]; ok {
		return t
	}
	return p.shared[lang][key]
}

// Item is the one with the id.
func (p *Pack) Item(id string) (Item, bool) {
	i := slices.IndexFunc(p.Items, func(x Item) bool { return x.ID == id })
	if i < 0 {
		return Item{}, false
	}
	return p.Items[i], true
}

// For tells whether the pack was made for somebody of this age. Unknown is
// nobody's population.
func (p *Pack) For(age Age) bool { return slices.Contains(p.Population.Ages, age) }

// Packs are instruments by their id, in the order of their ids.
type Packs []*Pack

// Get is the pack with the id.
func (p Packs) Get(id string) (*Pack, bool) {
	i := slices.IndexFunc(p, func(x *Pack) bool { return x.ID == id })
	if i < 0 {
		return nil, false
	}
	return p[i], true
}
