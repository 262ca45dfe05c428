// Package plan is the support plan in a case file and what follows it: goals in
// the person's own words, services along the four pillars, help in kind, groups,
// care over a long time, legal aid and compensation, return, closing with a
// reason, and how it was for the person.
//
// The idea. The plan is the person's: a goal stands as she says it, help is
// suggested and never given by itself, and what she takes with her is a sheet in
// her language whose words give nothing away.
//
// Stored and sealed: everything that is written here are entries of the case file
// (see casework.Kind). Stored and readable, in one table: how far a claim is
// (asked, granted, refused, paid) and why a case was closed, as codes beside the
// identifiers of case and entry, so that a lead can count without opening a case.
// They go when the case goes.
//
// It must never ask what was done to the person, put anything into the plan that
// nobody chose, show in another agency's hands more than the parts that it was
// given, or name the agency on the person's sheet.
package plan

import (
	"slices"

	"amelie/internal/ask"
	"amelie/internal/casework"
)

// Name is the room's address below a case and the first part of its text keys.
const Name = "plan"

// The kinds of entries of this room, besides the file's own "service".
const (
	Circumstances = "circumstances"
	Goal          = "goal"
	InKind        = "in-kind"
	Group         = "group-offer"
	LongCare      = "long-care"
	Redress       = "redress"
	Returning     = "returning"
	Leaving       = "leaving"
	Survey        = "survey"
	service       = "service"
)

// Kinds in the order of the page. What somebody's circumstances are lies with the
// needs, and what the person thinks of the agency with its own notes, which are
// shared with nobody.
var Kinds = []casework.Kind{
	{ID: Circumstances, Room: Name, Part: casework.Needs, Single: true, Hint: true, Fields: []ask.Field{
		{Name: "circumstances", Kind: ask.Tick, Options: ask.Options("unaccompanied-minor", "parent-with-children", "dublin-returnee", "roma", "pregnant", "disability", "elder-care-worker", "debt")},
		{Name: "words", Kind: ask.Long, Max: 1000},
	}},
	{ID: Goal, Room: Name, Part: casework.Services, Hint: true, Due: "day", Must: []string{"words", "pillar"}, Fields: []ask.Field{
		{Name: "words", Kind: ask.Short, Max: 300},
		{Name: "pillar", Kind: ask.Choose, Options: casework.Pillars},
		{Name: "day", Kind: ask.Short, Max: 10},
		{Name: "steps", Kind: ask.Long, Max: 1000},
	}},
	{ID: InKind, Stays: true, Room: Name, Part: casework.Services, Hint: true, Must: []string{"what"}, Fields: []ask.Field{
		{Name: "what", Kind: ask.Choose, Options: []string{"transport", "cash", "clothing", "food", "phone", "other"}},
		{Name: "amount", Kind: ask.Short, Max: 60},
		{Name: "given", Kind: ask.Day},
		{Name: "receipt", Kind: ask.Choose, Options: []string{"kept", "none"}},
		{Name: "words", Kind: ask.Short, Max: 200},
	}},
	{ID: LongCare, Room: Name, Part: casework.Health, Hint: true, Due: "day", Must: []string{"area"}, Fields: []ask.Field{
		{Name: "area", Kind: ask.Choose, Options: ask.Options("general", "mental-health", "sexual-reproductive", "pregnancy", "dental", "injuries", "dependence", "other")},
		{Name: "provider", Kind: ask.Short, Max: 120},
		{Name: "day", Kind: ask.Short, Max: 10},
		{Name: "words", Kind: ask.Long, Max: 2000},
	}},
	{ID: Group, Stays: true, Room: Name, Part: casework.Services, Hint: true, Must: []string{"offer", "standing"}, Fields: []ask.Field{
		{Name: "offer", Kind: ask.Choose, Options: []string{"self-care", "language", "sport", "pregnancy-parenting", "rights", "other"}},
		{Name: "standing", Kind: ask.Choose, Options: []string{"offered", "chosen", "attending", "ended", "not-wanted"}},
		{Name: "alias", Kind: ask.Short, Max: 80},
		{Name: "words", Kind: ask.Short, Max: 300},
	}},
	{ID: Returning, Room: Name, Part: casework.Services, Single: true, Hint: true, Due: "day", Ends: []string{"followed-up"}, Must: []string{"wish"}, Fields: []ask.Field{
		{Name: "wish", Kind: ask.Choose, Options: ask.Options("stay", "return", "elsewhere")},
		{Name: "checked", Kind: ask.Choose, Options: ask.Options("yes", "no")},
		{Name: "standing", Kind: ask.Choose, Options: []string{"wished", "prepared", "travelled", "arrived", "followed-up"}},
		{Name: "day", Kind: ask.Short, Max: 10},
		{Name: "provider", Kind: ask.Short, Max: 120},
		{Name: "words", Kind: ask.Long, Max: 2000},
	}},
	{ID: Redress, Room: Name, Part: casework.Legal, Hint: true, Due: "day", Early: warning, Must: []string{"track", "standing"}, Fields: []ask.Field{
		{Name: "track", Kind: ask.Choose, Options: Tracks},
		{Name: "standing", Kind: ask.Choose, Options: Standings},
		{Name: "day", Kind: ask.Short, Max: 10},
		{Name: "amount", Kind: ask.Short, Max: 60},
		{Name: "words", Kind: ask.Short, Max: 300},
	}},
	{ID: Leaving, Stays: true, Room: Name, Part: casework.Services, Single: true, Hint: true, Fields: []ask.Field{
		{Name: "words", Kind: ask.Long, Max: 4000},
		{Name: "stays", Kind: ask.Choose, Options: ask.Options("yes", "no")},
	}},
	{ID: Survey, Room: Name, Part: casework.Notes, Single: true, Hint: true, Due: "day", Must: []string{"how"}, Fields: []ask.Field{
		{Name: "how", Kind: ask.Choose, Options: []string{"with-us", "alone", "later", "not-wanted"}},
		{Name: "helped", Kind: ask.Choose, Options: ask.Options("yes", "partly", "no")},
		{Name: "respected", Kind: ask.Choose, Options: ask.Options("yes", "partly", "no")},
		{Name: "safer", Kind: ask.Choose, Options: ask.Options("yes", "partly", "no")},
		{Name: "own-words", Kind: ask.Long, Max: 4000},
		{Name: "day", Kind: ask.Short, Max: 10},
	}},
}

// The codes of claims, which are counted.
var (
	Tracks    = []string{"legal-aid", "compensation-offender", "compensation-state", "wages", "other"}
	Standings = []string{"preparing", "asked", "granted", "refused", "paid"}
)

// Reasons for which a case is closed.
var Reasons = []string{"goals-reached", "goes-on", "supported-elsewhere", "moved", "returned", "own-wish", "no-contact", "not-for-us", "died", "other"}

// kindOf is a kind of this room, or the file's own that it shows.
func kindOf(id string) casework.Kind {
	for _, k := range Kinds {
		if k.ID == id {
			return k
		}
	}
	k, _ := casework.KindByID(id)
	return k
}

// pillarOf is the pillar under which an entry stands.
func pillarOf(kind string, a ask.Answer) string {
	switch kind {
	case Group, Returning:
		return "inclusion"
	case Redress:
		return "redress"
	}
	if chosen := a.One("pillar"); chosen != "" {
		return chosen
	}
	switch a.One("need") {
	case "safety-planning":
		return "protection"
	case "work-rights", "return-home":
		return "inclusion"
	case "legal-aid":
		return "redress"
	}
	return "support"
}

// Offer is something that may help somebody in certain circumstances: a service
// or a group.
type Offer struct{ Kind, Code string }

// field is the one that holds the code of an entry of the offer's kind.
func (o Offer) field() string {
	if o.Kind == Group {
		return "offer"
	}
	return "need"
}

func (o Offer) name() string { return o.Kind + "." + o.Code }

// answer is the entry that says that it was offered, and nothing more.
func (o Offer) answer() ask.Answer {
	a := ask.Answer{o.field(): {o.Code}, "standing": {"offered"}}
	if o.Kind == service {
		a["pillar"] = []string{pillarOf(service, a)}
	}
	return a
}

// suggested says which offers go with which circumstances; why is a sentence of
// the texts, plan.why.<circumstance>.<code>.
var suggested = []struct {
	circumstance string
	offers       []Offer
}{
	{"unaccompanied-minor", []Offer{{service, "accommodation"}, {service, "legal-aid"}, {service, "counselling"}}},
	{"parent-with-children", []Offer{{service, "accommodation"}, {Group, "pregnancy-parenting"}}},
	{"dublin-returnee", []Offer{{service, "legal-aid"}, {service, "accommodation"}}},
	{"roma", []Offer{{service, "legal-aid"}, {Group, "rights"}}},
	{"pregnant", []Offer{{service, "health-care"}, {Group, "pregnancy-parenting"}}},
	{"disability", []Offer{{service, "health-care"}, {service, "accommodation"}}},
	{"elder-care-worker", []Offer{{service, "work-rights"}, {service, "accommodation"}}},
	{"debt", []Offer{{service, "legal-aid"}, {service, "material-help"}}},
}

// follows says which circumstance the file knows already from who depends on the
// person. That a child has nobody follows from nothing: it stays a tick.
var follows = map[string]string{"pregnant": "pregnant", "baby": "parent-with-children", "young-children": "parent-with-children", "older-children": "parent-with-children"}

// circumstancesOf are those that were ticked and those that the file knows without
// being told twice, as far as its reader may read.
func circumstancesOf(o *casework.Opened) []string {
	ticked, _ := o.Latest(Circumstances)
	depend, _ := o.Latest("dependants")
	out := slices.Clone(ticked.Fields["circumstances"])
	for _, who := range depend.Fields["dependants"] {
		if c := follows[who]; c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// Suggestion is an offer with the circumstances for which it is suggested.
type Suggestion struct {
	Offer
	For []string
}

// Suggest are the offers for the circumstances, each once, without those that
// stand in the plan already, however far they are: what was refused is not pressed
// again. Nothing follows from a suggestion until somebody takes it.
//
// req: PLAN-1
func Suggest(circumstances []string, has func(Offer) bool) (out []Suggestion) {
	for _, s := range suggested {
		if !slices.Contains(circumstances, s.circumstance) {
			continue
		}
		for _, o := range s.offers {
			i := slices.IndexFunc(out, func(x Suggestion) bool { return x.Offer == o })
			switch {
			case i >= 0:
				out[i].For = append(out[i].For, s.circumstance)
			case !has(o):
				out = append(out, Suggestion{o, []string{s.circumstance}})
			}
		}
	}
	return out
}

// standing reads from the entries what stands in the plan.
func standing(entries []casework.Entry) func(Offer) bool {
	return func(o Offer) bool {
		return slices.ContainsFunc(entries, func(e casework.Entry) bool { return e.Kind == o.Kind && e.Fields.One(o.field()) == o.Code })
	}
}
