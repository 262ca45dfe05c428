package instrument

import (
	"cmp"
	"fmt"
	"slices"
)

// Result is what the answers are consistent with, and why.
type Result struct {
	Instrument string `json:"instrument"`
	Version    string `json:"version"`
	Age        Age    `json:"age"`
	// Rule is the rule of the case that was applied: adult or child.
	Rule  Age   `json:"rule"`
	Class Class `json:"class"`
	// Inconclusive: what is unknown could change the class.
	Inconclusive bool        `json:"inconclusive"`
	CouldBecome  []Class     `json:"could_become"`
	Dimensions   []Judgement `json:"dimensions"`
	Score        *int        `json:"score,omitempty"` // of a count or a sum
	// CarriedBy are the indicators that carry the positive dimensions: first
	// those that suffice, then the others that were seen.
	CarriedBy   []string `json:"carried_by"`
	Unknown     []string `json:"unknown"`
	WouldChange []Change `json:"would_change"`
	// IfAdult is the class by the rule for adults, when the age is unknown.
	IfAdult  Class     `json:"if_adult,omitempty"`
	Warnings []Warning `json:"warnings"`
}

// Judgement is one dimension.
type Judgement struct {
	ID           string   `json:"id"`
	Positive     bool     `json:"positive"`
	Inconclusive bool     `json:"inconclusive"` // not positive, and the unknown ones could make it so
	CarriedBy    []string `json:"carried_by"`
	Unknown      []string `json:"unknown"`
}

// Change is what would turn an open dimension positive: the fewest unknown
// indicators that suffice, and the class that follows.
type Change struct {
	Dimension string   `json:"dimension"`
	Items     []string `json:"items"`
	Class     Class    `json:"class"`
}

// Warning is a code of what the reader must know beside the result.
type Warning string

// The warnings.
const (
	OutsidePopulation Warning = "outside-population" // made for people of another age
	AgeUnknown        Warning = "age-unknown"        // treated as a child
	NotCompared       Warning = "not-compared"       // the pack is a reconstruction
	NotValidated      Warning = "not-validated"      // accuracy never studied
)

// engine is a pack made ready: items by place instead of by name.
type engine struct {
	dimensions []group
	where      map[string]int
	counted    []int // places of the items that a count or a sum looks at
}

type group struct {
	bit   found
	items []int // places, strongest first, then as in the pack
}

var rank = map[Weight]int{Strong: 0, Medium: 1, Weak: 2}

// prepare makes the engine of a checked pack.
func (p *Pack) prepare() {
	e := &engine{where: make(map[string]int, len(p.Items))}
	for i, item := range p.Items {
		e.where[item.ID] = i
		if len(p.Rule.Items) == 0 || slices.Contains(p.Rule.Items, item.ID) {
			e.counted = append(e.counted, i)
		}
	}
	for _, d := range p.Dimensions {
		g := group{bit: bit(d.Role)}
		for i, item := range p.Items {
			if item.Dimension == d.ID {
				g.items = append(g.items, i)
			}
		}
		slices.SortStableFunc(g.items, func(a, b int) int {
			return cmp.Compare(rank[p.Items[a].Weight], rank[p.Items[b].Weight])
		})
		e.dimensions = append(e.dimensions, g)
	}
	p.engine = e
}

// Score evaluates a response. Errors: Refusal for answers that the pack does
// not take, ErrClosed for a pack that is off or a template.
//
// req: INSTRUMENT-6
func (p *Pack) Score(r Response) (*Result, error) {
	if p.State != Installed {
		return nil, fmt.Errorf("%s: %w", p.ID, ErrClosed{p.State})
	}
	if err := p.Check(r); err != nil {
		return nil, err
	}
	out := &Result{Instrument: p.ID, Version: p.Version, Age: r.Age, Rule: r.Age, CouldBecome: []Class{}, Dimensions: []Judgement{},
		CarriedBy: []string{}, Unknown: []string{}, WouldChange: []Change{}, Warnings: p.warnings(r.Age)}
	if r.Age == UnknownAge {
		out.Rule = Child // req: INSTRUMENT-4
	}
	for _, item := range p.Items {
		if a := r.Answers[item.ID]; (a == "" || a == Unknown) && item.asked(r.Answers) {
			out.Unknown = append(out.Unknown, item.ID)
		}
	}
	switch p.Rule.Kind {
	case Delphi:
		p.judge(r, out)
	case Count:
		p.count(r, out)
	case Sum:
		p.sum(r, out)
	default:
		out.Class = Listed
	}
	return out, nil
}

// ErrClosed says that a pack gives no results, and in which state it is.
type ErrClosed struct{ State State }

func (e ErrClosed) Error() string {
	if e.State == Off {
		return "switched off: an administrator has not yet confirmed that this reconstruction was compared with the publication"
	}
	return "a template without the wording of its items: bring the publisher's own with amelie screen import"
}

func (p *Pack) warnings(age Age) []Warning {
	list := []Warning{}
	if age == UnknownAge {
		list = append(list, AgeUnknown)
	} else if !p.For(age) {
		list = append(list, OutsidePopulation)
	}
	if p.Reason != "" {
		list = append(list, NotCompared)
	}
	if !p.Population.Validated {
		list = append(list, NotValidated)
	}
	return list
}

// judge is the Delphi rule.
func (p *Pack) judge(r Response, out *Result) {
	var yes, open found
	var rest []string
	for n, g := range p.engine.dimensions {
		j, carries, also := p.dimension(p.Dimensions[n].ID, g, r.Answers)
		if j.Positive {
			yes |= g.bit
			out.CarriedBy = append(out.CarriedBy, carries...)
			rest = append(rest, also...)
		}
		if j.Inconclusive {
			open |= g.bit
		}
		out.Dimensions = append(out.Dimensions, j)
	}
	out.CarriedBy = append(out.CarriedBy, rest...)
	child := out.Rule == Child
	class, could := decided(yes, open, child)
	out.Class, out.Inconclusive = class, len(could) > 0
	out.CouldBecome = append(out.CouldBecome, could...)
	if r.Age == UnknownAge {
		out.IfAdult, _ = decided(yes, open, false)
	}
	for n, g := range p.engine.dimensions {
		if g.bit&open == 0 {
			continue
		}
		if next, _ := decided(yes|g.bit, open&^g.bit, child); next != class {
			out.WouldChange = append(out.WouldChange, Change{p.Dimensions[n].ID, p.fewest(g, r.Answers), next})
		}
	}
}

// dimension judges one dimension; carries are the fewest seen indicators that
// make it positive, also the others that were seen.
func (p *Pack) dimension(id string, g group, a Answers) (j Judgement, carries, also []string) {
	j = Judgement{ID: id, CarriedBy: []string{}, Unknown: []string{}}
	var seen, could tally
	for _, i := range g.items { // strongest first: the first that suffice are the fewest
		item := &p.Items[i]
		switch a[item.ID] {
		case Yes:
			if seen.positive() {
				also = append(also, item.ID)
			} else {
				carries = append(carries, item.ID)
			}
			seen.add(item.Weight)
		case Unknown, "":
			could.add(item.Weight)
			j.Unknown = append(j.Unknown, item.ID)
		}
	}
	j.Positive = seen.positive()
	j.Inconclusive = !j.Positive && seen.plus(could).positive()
	if j.Positive {
		j.CarriedBy = append(append(j.CarriedBy, carries...), also...)
	}
	return j, carries, also
}

// fewest are the fewest unknown indicators of an open dimension that would make
// it positive.
func (p *Pack) fewest(g group, a Answers) []string {
	var seen tally
	for _, i := range g.items {
		if a[p.Items[i].ID] == Yes {
			seen.add(p.Items[i].Weight)
		}
	}
	items := []string{}
	for _, i := range g.items {
		if seen.positive() {
			break
		}
		if s := a[p.Items[i].ID]; s == "" || s == Unknown {
			seen.add(p.Items[i].Weight)
			items = append(items, p.Items[i].ID)
		}
	}
	return items
}

// count is positive with enough answers yes, and inconclusive while the
// unknown ones could make it so.
func (p *Pack) count(r Response, out *Result) {
	yes, open := 0, 0
	for _, i := range p.engine.counted {
		item := p.Items[i]
		switch a := r.Answers[item.ID]; {
		case a == Yes:
			yes++
			out.CarriedBy = append(out.CarriedBy, item.ID)
		case (a == Unknown || a == "") && item.asked(r.Answers):
			open++
		}
	}
	out.Score = &yes
	switch {
	case yes >= p.Rule.AtLeast:
		out.Class = Positive
	case yes+open >= p.Rule.AtLeast:
		out.Class, out.Inconclusive, out.CouldBecome = Inconclusive, true, append(out.CouldBecome, Positive)
	default:
		out.Class = Negative
	}
}

// sum adds points and sorts them into bands. Unknown answers leave a range: a
// class that the range could leave is inconclusive only when it is the lowest.
func (p *Pack) sum(r Response, out *Result) {
	points, low, high := 0, 0, 0
	for _, i := range p.engine.counted {
		item := p.Items[i]
		a := r.Answers[item.ID]
		if (a == Unknown || a == "") && item.asked(r.Answers) {
			least, greatest := item.reach()
			low, high = low+least, high+greatest
			continue
		}
		if n := item.points(a); n != 0 {
			points += n
			out.CarriedBy = append(out.CarriedBy, item.ID)
		}
	}
	out.Score = &points
	out.Class = p.band(points)
	for i, b := range p.Rule.Bands {
		above := i+1 == len(p.Rule.Bands) || points+low < p.Rule.Bands[i+1].From
		below := i == 0 || points+high >= b.From
		if c := Class(b.ID); c != out.Class && above && below {
			out.CouldBecome = append(out.CouldBecome, c)
		}
	}
	out.Inconclusive = len(out.CouldBecome) > 0
	if out.Inconclusive && out.Class == Class(p.Rule.Bands[0].ID) {
		out.Class = Inconclusive
	}
}

// band is the class of so many points.
func (p *Pack) band(points int) Class {
	class := Class(p.Rule.Bands[0].ID)
	for _, b := range p.Rule.Bands {
		if points >= b.From {
			class = Class(b.ID)
		}
	}
	return class
}

// reach are the fewest and the most points that an item can give.
func (i Item) reach() (least, most int) {
	each := func(n int) { least, most = min(least, n), max(most, n) }
	switch i.Type {
	case Integer:
		least, most = *i.Min*i.Points, *i.Min*i.Points
		each(*i.Max * i.Points)
	case Choice:
		least, most = i.Options[0].Points, i.Options[0].Points
		for _, o := range i.Options {
			each(o.Points)
		}
	default:
		each(i.Points)
	}
	return least, most
}
