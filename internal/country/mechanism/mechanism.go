// Package mechanism knows how each country carries a presumed victim from the
// first concern to the end of support: which stages there are, who decides at
// each, which forms go to whom, how long a person has to recover and decide,
// which papers exist, and what is counted of somebody who declines.
//
// The idea: a referral mechanism is data. One file per country,
// content/country/mechanism/xx.toml, beside the country's own pack, whose
// reflection period and sources it rests on. Every fact names its source, how
// far the source can be trusted and whether a lawyer compared it with the law.
// The calendar counts only what a source states; what is general knowledge
// alone gives no day but the advice to ask.
//
// Stored: nothing. The packs are read once at the start and never change while
// the program runs. A case keeps codes of stages and days, in its own room.
//
// It must never make support depend on a decision, a statement or a status,
// never count a day from a period that nobody stated, never end a period
// earlier than its source does, and never ask for a name where a person
// declined to be referred.
package mechanism

import (
	"time"

	"amelie/internal/country"
	"amelie/internal/i18n"
)

// Words are a text in the interface languages. In a file a plain string stands
// for a proper name, which is the same in all of them.
type Words country.Text

// In is the text in lang.
func (w Words) In(lang string) string { return country.Text(w).In(lang) }

// UnmarshalTOML reads a table of languages, or one proper name.
func (w *Words) UnmarshalTOML(v any) error {
	*w = Words{}
	switch x := v.(type) {
	case string:
		for _, lang := range i18n.Languages {
			(*w)[lang] = x
		}
	case map[string]any:
		for lang, text := range x {
			s, ok := text.(string)
			if !ok {
				return errNotWords
			}
			(*w)[lang] = s
		}
	default:
		return errNotWords
	}
	return nil
}

// Kind is what a stage is in every country: the common model of the field.
type Kind string

// The kinds of stages.
const (
	Concern    Kind = "concern"    // somebody noticed something
	Presumed   Kind = "presumed"   // there are reasonable grounds to believe
	Support    Kind = "support"    // help: shelter, care, advice
	Reflection Kind = "reflection" // time to recover and decide
	Decision   Kind = "decision"   // an authority recognises, or gives a status
	Plan       Kind = "plan"       // an individual programme
	Inclusion  Kind = "inclusion"  // work, home, language, an own life
	Return     Kind = "return"     // to another country, by choice
	Transfer   Kind = "transfer"   // to another project or place
	Closed     Kind = "closed"     // ended, can be opened again
)

// Kinds are all kinds of stages, in the order in which they usually come.
var Kinds = []Kind{Concern, Presumed, Support, Reflection, Decision, Plan, Inclusion, Return, Transfer, Closed}

// Pillars are the four of the OSCE handbook on national referral mechanisms:
// identification and protection, individual support and access to services,
// social inclusion, criminal justice and redress.
var Pillars = []string{"protection", "support", "inclusion", "justice"}

// Who decides where no body of the country does.
const (
	ByPerson = "person" // the person herself, himself, themself
	ByAnyone = "anyone" // whoever is with the person
)

// Citizens are the groups that the law tells apart.
var Citizens = []string{"national", "eu", "third"}

// The ages that the law tells apart. In doubt a person is a child.
const (
	Adult = "adult"
	Child = "child"
)

// Body is an authority, centre or organisation that decides or receives.
type Body struct {
	ID         string `toml:"id"`
	Kind       string `toml:"kind"` // authority, centre, organisation
	Name       Words  `toml:"name"`
	Recognised bool   `toml:"recognised"` // by the state, for this task
	Documents  bool   `toml:"documents"`  // may ask for residence papers for a person
	Ages       string `toml:"ages"`       // whom it takes: adult, child; empty: both
	country.Origin
}

// Form is a paper of the mechanism, with its headings as far as known.
type Form struct {
	ID       string  `toml:"id"`
	Name     Words   `toml:"name"`
	To       string  `toml:"to"` // id of the body that receives it
	Text     Words   `toml:"text"`
	Headings []Words `toml:"headings"`
	country.Origin
}

// Condition is something that a stage asks for.
type Condition struct {
	ID   string `toml:"id"`
	Text Words  `toml:"text"`
	country.Origin
}

// Stage is one step of the way.
type Stage struct {
	ID         string   `toml:"id"` // permanent: stands in cases and statistics
	Kind       Kind     `toml:"kind"`
	Pillar     string   `toml:"pillar"`
	Name       Words    `toml:"name"`
	Text       Words    `toml:"text"`
	Decides    []string `toml:"decides"` // ids of bodies, person or anyone
	Forms      []string `toml:"forms"`
	Conditions []string `toml:"conditions"` // all of them are asked for
	Citizens   []string `toml:"citizens"`   // whom it concerns; empty: everyone
	Next       []string `toml:"next"`
	country.Origin
}

// The events that a period can start with.
const (
	Intake        = "intake"         // referral to or intake in a recognised centre
	ProsecutorAct = "prosecutor-act" // the written act of the prosecutor
	Indication    = "indication"     // concrete indications reach the authority
	Certificate   = "certificate"    // the certificate of registration was issued
	PermitIssued  = "permit"         // the residence permit was issued
	Programme     = "programme"      // entry into the programme
)

// Events are all of them.
var Events = []string{Intake, ProsecutorAct, Indication, Certificate, PermitIssued, Programme}

// Period is a length of time that the law gives. Exactly one of Days, Months,
// ByAuthority and Unknown says how long; what rests on the reflection period
// of the country's pack takes length, text and source from there.
type Period struct {
	ID              string   `toml:"id"`
	Kind            string   `toml:"kind"` // reflection, document, programme
	Stage           string   `toml:"stage"`
	Starts          string   `toml:"starts"`   // one of Events
	Ages            string   `toml:"ages"`     // adult, child; empty: both
	Citizens        []string `toml:"citizens"` // empty: everyone
	Rests           string   `toml:"rests"`    // id of the reflection period of the country's pack
	Days            int      `toml:"days"`
	Months          int      `toml:"months"`
	Minimum         bool     `toml:"minimum"` // a floor: the authority may set longer
	ByAuthority     bool     `toml:"by_authority"`
	Unknown         bool     `toml:"unknown"`
	ExtensionMonths int      `toml:"extension_months"` // counted with the rest, from the start
	ExtendedBy      string   `toml:"extended_by"`      // id of the body that may extend
	Text            Words    `toml:"text"`
	country.Origin
}

// Permit is a paper of residence.
type Permit struct {
	ID       string   `toml:"id"`
	Name     Words    `toml:"name"`
	Text     Words    `toml:"text"`
	AskedBy  []string `toml:"asked_by"` // ids of bodies, or person
	Months   int      `toml:"months"`   // how long the first one lasts; 0: not fixed, or not known
	Citizens []string `toml:"citizens"`
	country.Origin
}

// Fact is any other thing that a reader must know.
type Fact struct {
	ID       string   `toml:"id"`
	Topic    string   `toml:"topic"` // one of Topics
	Citizens []string `toml:"citizens"`
	Text     Words    `toml:"text"`
	country.Origin
}

// Topics are what every pack says something about: duties for children, who
// must or may receive something, what differs by citizenship.
var Topics = []string{"child", "recipient", "citizens"}

// Declined is what is counted of a presumed victim who does not want to be
// referred. There is no field for a name.
// req: MECHANISM-6
type Declined struct {
	Counted string `toml:"counted"` // anonymous, nobody, unknown
	To      string `toml:"to"`      // id of the body that receives the count; empty: none
	Text    Words  `toml:"text"`
	country.Origin
}

// Region is a part of a country with an arrangement of its own.
type Region struct {
	Code      string `toml:"code"`      // ISO 3166-2
	Agreement string `toml:"agreement"` // agreement, body, named, unknown
	country.Origin
}

// Weekends says what becomes of a last day on a Saturday or Sunday.
type Weekends struct {
	Rule string `toml:"rule"` // stays, next-working-day
	country.Origin
}

// Step is who hears of a deadline, and how many days before its last day.
type Step struct {
	Before int    `toml:"before"`
	To     string `toml:"to"` // worker, lead
}

// Pack is the mechanism of one country.
type Pack struct {
	Country    string           `toml:"country"` // ISO 3166-1 alpha-2
	Revision   int              `toml:"revision"`
	Compiled   string           `toml:"compiled"` // date of this revision
	Sources    []country.Source `toml:"source"`
	Weekends   Weekends         `toml:"weekends"`
	Steps      []Step           `toml:"step"`
	Bodies     []Body           `toml:"body"`
	Forms      []Form           `toml:"form"`
	Conditions []Condition      `toml:"condition"`
	Stages     []Stage          `toml:"stage"`
	Periods    []Period         `toml:"period"`
	Permits    []Permit         `toml:"permit"`
	Facts      []Fact           `toml:"fact"`
	Declined   Declined         `toml:"declined"`
	Regions    []Region         `toml:"region"`

	base *country.Pack
	zone *time.Location // in which its days begin
}

// Stage is the stage with the id.
func (p *Pack) Stage(id string) (Stage, bool) {
	for _, s := range p.Stages {
		if s.ID == id {
			return s, true
		}
	}
	return Stage{}, false
}

// First is the stage in which every case begins.
func (p *Pack) First() Stage {
	for _, s := range p.Stages {
		if s.Kind == Concern {
			return s
		}
	}
	return Stage{}
}

// Body is the body with the id.
func (p *Pack) Body(id string) (Body, bool) {
	for _, b := range p.Bodies {
		if b.ID == id {
			return b, true
		}
	}
	return Body{}, false
}

// Source is the source with the id, of this pack or of the country's.
func (p *Pack) Source(id string) country.Source {
	for _, s := range p.sources() {
		if s.ID == id {
			return s
		}
	}
	return country.Source{}
}

func (p *Pack) sources() []country.Source {
	if p.base == nil {
		return p.Sources
	}
	return append(p.Sources[:len(p.Sources):len(p.Sources)], p.base.Sources...)
}

// Reflection is the time to recover and decide of an adult, or of a child.
// Every pack has exactly one for each.
func (p *Pack) Reflection(minor bool) Period {
	for _, x := range p.Periods {
		if x.Kind == "reflection" && x.ages(minor) {
			return x
		}
	}
	return Period{}
}

// ages says whether the period is one of a child, or of an adult.
func (x Period) ages(minor bool) bool {
	return x.Ages == "" || (x.Ages == Child) == minor
}
