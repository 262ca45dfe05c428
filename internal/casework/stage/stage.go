// Package stage is the room of the case file that says where a person stands in
// the mechanism of a country, what may come next and who decides it, and until
// when periods run.
//
// The idea. The country's mechanism is data; this room keeps what was passed, one
// step by one, and asks the mechanism for the rest. A step may lead forward,
// back, or to the side, and from "presumed" on support is always among what can
// be recorded: no decision, no statement and no wish against being referred
// closes anything. Deadlines are counted when somebody with an open key writes,
// and kept as bare days, so that reminders need no key.
//
// Stored and sealed, as two kinds of entries in the part "legal": what is known of
// the standing (country, Land, whether a child, citizenship, what the mechanism
// asks for, the days on which periods began), and each step (stage, day, who
// decided, form, outcome, words). Stored and readable: the country and the stage
// in which a case stands and since which day, and the last day of each period as
// a code and a date. Somebody who does not want to be referred and agrees to be
// counted is a count by month, region, sex and age, which points to no case.
//
// It lives with the case. The counts stay.
//
// It must never make help wait for a stage; never show a day that no source
// states; never count somebody who did not agree, or let a count lead back to a
// case; never tell a coordinator more than counts that are not small.
package stage

import (
	"slices"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/web"
)

// Room is the name of the room, and the first part of its text keys.
const Room = "stage"

// The kinds of entries.
const (
	Standing = "stage-standing" // what is known; a file has it once
	Step     = "stage-step"     // one stage that was passed
)

// Ages. In doubt a person counts as a child.
const (
	Adult = "adult"
	Minor = "minor"
	Doubt = "doubt"
)

// Node is a stage of a country's mechanism, in codes.
type Node struct {
	ID, Kind             string // kinds: concern, presumed, support, reflection, decision, plan, inclusion, return, transfer, closed
	Next, Decides, Forms []string
}

// Graph is a country's mechanism, in codes.
type Graph struct {
	Country    string
	Stages     []Node
	Events     []string // with which its periods begin
	Conditions []string // that its stages ask for
	Regions    []string // with rules of their own
	Extends    []string // events whose period an authority may extend
	Anonymous  bool     // somebody who declines is counted, without a name
}

// Node is the stage with the id.
func (g Graph) Node(id string) (Node, bool) {
	for _, n := range g.Stages {
		if n.ID == id {
			return n, true
		}
	}
	return Node{}, false
}

// State is what a case knows of itself, in codes and days (YYYY-MM-DD).
type State struct {
	Country, Region string
	Stage           string            // the newest step in this country; "" for none
	Since           string            // its day
	Age, Citizen    string            // "" is not known
	Met             map[string]string // by condition: yes or no
	Began, Set      map[string]string // by event: its day; the last day that an authority wrote down for its period
	Extended        []string          // events whose period was extended
	Declines        bool              // does not want to be referred
	Counted         string            // month in which the person was counted; "" is not
	Passed          []string          // stages of this country, in order
}

// Minor says that the person counts as a child.
func (s State) Minor() bool { return s.Age == Minor || s.Age == Doubt }

// Period is a time that runs in a case. Due is its last day, "" where nobody has
// stated one.
type Period struct {
	ID, Event string
	Due       string
	End       time.Time // from when on the day is past; zero without a day
	Notices   []Notice
}

// Notice is when somebody hears of a period before it ends.
type Notice struct {
	At   time.Time
	Lead bool // the leads; otherwise who is responsible for the case
}

// Fact is something that the mechanism says, with where it comes from.
type Fact struct {
	Title, Text, Source string
	More                []string // lines below the text
	Trust               web.M    // c-badge
}

// Way is a stage that can be recorded next.
type Way struct {
	ID, Kind string
	Fact
	Who, Forms string
	Asks       []string // what the mechanism asks for and is not known to be met
	Other      bool     // concerns other citizens
	Back       bool     // was passed before
}

// Running is a period with what is said of it.
type Running struct {
	Period
	Fact
	Said  []string // the last day first
	Short bool     // what the authority wrote down is less than the law gives at least
}

// Told is what the mechanism says about where a case stands, in the reader's
// language.
type Told struct {
	Country  string // its name
	Path     string // of the page of its mechanism
	Here     *Way
	Ways     []Way
	Periods  []Running
	Rule     string // how days are counted
	Sections []Section
	Declined Fact
	Region   string // what is known of the part of the country; "" for nothing
	Accords  []Accord
}

// Accord is an agreement that stands in the part of the country, as far as the
// reader may know of it.
type Accord struct{ Text, Path string }

// Section is facts under a heading: duties for a child, who receives what, what
// differs by citizenship.
type Section struct {
	Title string
	Facts []Fact
}

// Law is the mechanisms of countries as this room needs them. A country without
// one has an empty Graph.
type Law interface {
	Countries() []string
	Graph(country string) Graph
	// Day is the day that it is in the country.
	Day(country string, at time.Time) string
	// Periods are those that began; End is never after the day is over where the
	// installation stands, so that lists show the day itself.
	Periods(s State) []Period
	// Tell says what stands around the state; ways are the stages that can be recorded.
	Tell(c *web.Ctx, s State, ways []string) (Told, error)
	// Name of a stage, body, form, condition, country or region.
	Name(lang, code string) string
	// Regions of a country for counts.
	Regions(country string) []string
}

// Fields of the standing that are days: of an event, and what was written down.
const (
	beganField = "began-"
	setField   = "set-"
	metField   = "met-"
)

// Kinds are the room's entries: their codes are those of all mechanisms.
func Kinds(law Law) []casework.Kind {
	var countries, regions, stages, bodies, forms, events, conditions []string
	for _, code := range law.Countries() {
		g := law.Graph(code)
		countries, regions = append(countries, code), append(regions, g.Regions...)
		events, conditions = with(events, g.Events...), append(conditions, g.Conditions...)
		for _, n := range g.Stages {
			stages, bodies, forms = append(stages, n.ID), with(bodies, n.Decides...), with(forms, n.Forms...)
		}
	}
	standing := casework.Kind{ID: Standing, Room: Room, Part: casework.Legal, Single: true, Own: true, Must: []string{"country"}, Fields: []ask.Field{
		{Name: "country", Kind: ask.Choose, Options: countries},
		{Name: "region", Kind: ask.Choose, Options: ask.Options(regions...)},
		{Name: "age", Kind: ask.Choose, Options: []string{Adult, Minor, Doubt, ask.NotKnown}},
		{Name: "citizen", Kind: ask.Choose, Options: ask.Options("national", "eu", "third")},
		{Name: "referral", Kind: ask.Choose, Options: ask.Options("wanted", "not-wanted")},
	}}
	for _, id := range conditions {
		standing.Fields = append(standing.Fields, ask.Field{Name: metField + id, Kind: ask.Choose, Options: []string{"yes", "no", ask.NotKnown}})
	}
	for _, event := range events {
		standing.Fields = append(standing.Fields, ask.Field{Name: beganField + event, Kind: ask.Day}, ask.Field{Name: setField + event, Kind: ask.Day})
	}
	standing.Fields = append(standing.Fields, ask.Field{Name: "extended", Kind: ask.Tick, Options: events}, ask.Field{Name: "counted", Kind: ask.Short, Max: 7})
	step := casework.Kind{ID: Step, Room: Room, Part: casework.Legal, Own: true, Must: []string{"stage", "day"}, Fields: []ask.Field{
		{Name: "stage", Kind: ask.Choose, Options: stages},
		{Name: "day", Kind: ask.Day},
		{Name: "by", Kind: ask.Choose, Options: append(bodies, ask.NotKnown)},
		{Name: "form", Kind: ask.Tick, Options: forms},
		{Name: "outcome", Kind: ask.Choose, Options: []string{"done", "granted", "refused", "waiting", "ended"}},
		{Name: "words", Kind: ask.Long, Max: 1000},
	}}
	say := func(c *web.Ctx, field, code string) string { return name(c, law, field, code) }
	standing.Say, step.Say = say, say
	return []casework.Kind{standing, step, earlierOf(standing)}
}

// name of what is data of the mechanisms; "" for what the room's texts name.
func name(c *web.Ctx, law Law, field, code string) string {
	if code == "" {
		switch {
		case strings.HasPrefix(field, metField):
			return law.Name(c.Lang, field[len(metField):])
		case strings.HasPrefix(field, beganField):
			return c.T("mechanism.event." + field[len(beganField):])
		case strings.HasPrefix(field, setField):
			return c.T("stage.set")
		}
		return ""
	}
	switch {
	case code == ask.NotKnown || code == ask.NotSaid:
		return ""
	case field == "citizen":
		return c.T("mechanism.citizen." + code)
	case field == "extended":
		return c.T("mechanism.event." + code)
	case strings.HasPrefix(field, metField):
		return c.T("stage.met." + code)
	case field == "path":
		return sayStep(c, law, code)
	case field == "by" && code == "person":
		return c.T("mechanism.by.person")
	case field == "by" && code == "anyone":
		return c.T("mechanism.by.anyone")
	case field == "stage" || field == "by" || field == "form" || field == "country" || field == "region":
		return law.Name(c.Lang, code)
	}
	return ""
}

// with adds what is not there yet.
func with(list []string, more ...string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}
