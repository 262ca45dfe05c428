// Package place is free places in shelters and moves between projects: who has
// room, who needs it, and that no bed is promised twice.
//
// The idea. A project publishes how many places are free for whom, by region and
// never nearer. Whoever supports a person asks all projects that fit at once, with
// what is needed and without a name; each request is sealed to those projects
// alone, and none learns who else was asked. The first offer that fits holds its
// beds until an hour that it names; later offers stand by and move up when it
// falls through. The person says yes or no. Only then the two sides learn each
// other's part: the project knew who asks, the asking agency now learns which
// project it is.
//
// Stored and sealed: what is needed, for the asking agency under the key of the
// case's part services, and once for the projects under a key of its own that is
// wrapped for each. Stored and readable, because the clock gives beds back while
// everybody is asleep: which agency asks for which case, how many beds, which
// project answered what and until when. Published places are counts.
//
// The life of a request: asked; reserved while an offer holds; confirmed when the
// person said yes; arrived. It ends otherwise when nobody can, when it is
// withdrawn, when nobody came, or by its time. The wrap of a project goes when its
// part is over; the request goes with the case.
//
// It must never promise a bed twice, name a shelter to who was not promised a
// place in it, tell one project of another, or let a person be moved who did not
// say yes.
package place

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/fault"
)

// Groups are whom a place is for.
var Groups = []string{"women", "men", "families", "minors"}

// Minors is the group of children without an adult.
const Minors = "minors"

// Reasons are why a project cannot, or takes an offer back; Reasons of a referral,
// so that both are read alike.
var Reasons = []string{"no-place", "not-our-group", "language", "not-our-area", "other"}

// Results are what came of requests, and why projects could not, as counted.
var Results = []string{"arrived", "missed", "nobody", "withdrawn", "ran-out", "reason.no-place", "reason.not-our-group", "reason.language", "reason.not-our-area", "reason.other"}

// Terms are the coded conditions of an offer, those of an answer to an enquiry.
var Terms = []string{"call-first", "few-nights", "papers-later", "we-fetch"}

// Holds are the hours for which an offer can hold its beds.
var Holds = []int{3, 12, 24, 72}

const (
	// MaxAsked is how many projects one request asks at most.
	MaxAsked = 8
	// Life is how long a request waits for an offer.
	Life = 7 * 24 * time.Hour
	// PoolLife is how long a published count is taken as true.
	PoolLife = 72 * time.Hour
	// ArriveWithin is until when a person who said yes is expected; a day later
	// the bed is free again.
	ArriveWithin = 72 * time.Hour
	// NoChildren is the oldest age of a place that takes no children.
	NoChildren = -1
)

// Pool is free places of one kind that a project publishes.
type Pool struct {
	ID, AgencyID    string
	Country, Region string // ISO 3166-1, and at most a first-level region of it
	Group           string
	Free            int // beds that are neither taken nor held
	From, To        int // ages of children who may come along; To NoChildren: none
	StepFree        bool
	Until           time.Time // after that the count is not taken as true
	Changed         time.Time
	Version         int64
}

// needs is what a request asks, without a name. Room and texts are those of a
// kind of entry, so that form and rows are made alike.
var needs = casework.Kind{ID: "move", Part: casework.Services, Room: "place", Must: []string{"group"}, Fields: []ask.Field{
	{Name: "group", Kind: ask.Tick, Options: Groups},
	{Name: "children", Kind: ask.Short, Max: 40},
	{Name: "access", Kind: ask.Tick, Options: []string{"step-free"}},
	{Name: "language", Kind: ask.Tick, Options: append(slices.Clone(casework.Spoken), "other")},
	{Name: "remark", Kind: ask.Short, Max: 140},
}}

// Ages reads the ages of children as people type them: "2, 7".
func Ages(typed string) (out []int, ok bool) {
	for _, w := range strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(" ,;+/", r) }) {
		n, err := strconv.Atoi(w)
		if err != nil || n < 0 || n > 17 {
			return nil, false
		}
		out = append(out, n)
	}
	return out, len(out) <= 12
}

// Beds is how many beds a need takes: one for the grown person, if there is one,
// and one for each child.
func Beds(need ask.Answer) int {
	ages, _ := Ages(need.One("children"))
	if slices.Contains(need["group"], Minors) {
		return len(ages)
	}
	return 1 + len(ages)
}

// Fits says whether a place suits a need: for whom, ages, steps, and enough beds.
//
// req: PLACE-2
func (p Pool) Fits(need ask.Answer, now time.Time) bool {
	ages, ok := Ages(need.One("children"))
	if !ok || !slices.Contains(need["group"], p.Group) || p.Free < Beds(need) || !now.Before(p.Until) {
		return false
	}
	for _, age := range ages {
		if age < p.From || age > p.To {
			return false
		}
	}
	return p.StepFree || len(need["access"]) == 0
}

// clean takes what was typed of a need. check refuses a line that could point to
// a person. Errors: fault.Invalid with the fields.
//
// req: PLACE-4
func clean(posted map[string][]string, check func(string) error) (ask.Answer, error) {
	a, wrong := ask.Clean(needs.Fields, posted, ask.Faults{Option: "web.error.choose", Long: "casework.error.long"})
	ages, ok := Ages(a.One("children"))
	minors := slices.Contains(a["group"], Minors)
	switch {
	case len(a["group"]) == 0:
		wrong = append(wrong, fault.Field{Name: "group", Key: "web.error.choose"})
	case minors && len(a["group"]) > 1:
		wrong = append(wrong, fault.Field{Name: "group", Key: "place.error.minors"})
	}
	if !ok || minors && len(ages) == 0 {
		wrong = append(wrong, fault.Field{Name: "children", Key: "place.error.ages"})
	}
	if err := fault.Fields(wrong...); err != nil {
		return a, err
	}
	return a, check(a.One("remark"))
}

// Sum is how many places are free in a region for each group; Region is "" for
// all regions that are too small to be named.
type Sum struct {
	Region string
	Free   map[string]int
}

// Summed counts what other agencies publish. A region is named only where at least
// two of them publish, and the rest is counted only when it is of two, so that a
// count points to no house.
//
// req: PLACE-1
func Summed(pools []Pool, own string) (out []Sum) {
	houses := map[string][]string{}
	for _, p := range pools {
		if p.AgencyID != own && !slices.Contains(houses[p.Region], p.AgencyID) {
			houses[p.Region] = append(houses[p.Region], p.AgencyID)
		}
	}
	rest, others := Sum{"", map[string]int{}}, []string(nil)
	for _, p := range pools { // in order of region
		switch n := len(out); {
		case p.AgencyID == own:
		case len(houses[p.Region]) < 2:
			if !slices.Contains(others, p.AgencyID) {
				others = append(others, p.AgencyID)
			}
			rest.Free[p.Group] += p.Free
		case n == 0 || out[n-1].Region != p.Region:
			out = append(out, Sum{p.Region, map[string]int{p.Group: p.Free}})
		default:
			out[n-1].Free[p.Group] += p.Free
		}
	}
	if len(others) > 1 {
		out = append(out, rest)
	}
	return out
}
