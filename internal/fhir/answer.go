package fhir

import (
	"slices"
	"strings"
)

// CheckResponse refuses answers that do not fit the form: another form or
// version, items that it does not have, answers outside an item's type, options
// or bounds, answers to what is not asked, and missing ones that are required.
// The error is Problems with every reason.
func (q *Questionnaire) CheckResponse(r *Response) error {
	c := &filled{form: q}
	if !c.sameForm(r.Questionnaire) {
		return c.err() // the rest would only repeat it
	}
	states := strings.Fields("in-progress completed amended entered-in-error stopped")
	if !slices.Contains(states, r.Status) {
		c.add("status", oneOfRule, r.Status, strings.Join(states, ", "))
	}
	c.whole = r.Status == "completed" || r.Status == "amended"
	root := &place{}
	root.below = places(r.Item, root)
	c.level(q.Item, r.Item, root)
	return c.err()
}

// filled is a form being compared with its answers.
type filled struct {
	Problems
	form  *Questionnaire
	whole bool // what is required must be there
}

// sameForm compares address and version. Without a version nobody can know
// which questions were answered.
func (c *filled) sameForm(canonical string) bool {
	address, version, _ := strings.Cut(canonical, "|")
	switch {
	case address != c.form.URL:
		c.add("questionnaire", otherFormRule, address, c.form.URL)
	case version != c.form.Version:
		c.add("questionnaire", otherVersionRule, version, c.form.Version)
	default:
		return true
	}
	return false
}

// place is where an answered item stands: what conditions are judged from.
type place struct {
	above *place
	item  *Answered // nil at the root
	below []*place  // in the order of the answers
}

// places are those of the items and of all below them.
func places(items []Answered, above *place) []*place {
	out := make([]*place, 0, len(items))
	for n := range items {
		p := &place{above: above, item: &items[n]}
		p.below = places(items[n].Item, p)
		for a := range items[n].Answer {
			p.below = append(p.below, places(items[n].Answer[a].Item, p)...)
		}
		out = append(out, p)
	}
	return out
}

// level compares the items of a form with the answers at the same level.
func (c *filled) level(items []Item, answers []Answered, at *place) {
	here := map[string][]*Answered{}
	for n, a := range answers {
		if !slices.ContainsFunc(items, func(i Item) bool { return i.LinkID == a.LinkID }) {
			c.add("item "+a.LinkID, noItemHereRule)
		}
		here[a.LinkID] = append(here[a.LinkID], &answers[n])
	}
	for _, i := range items {
		c.item(i, here[i.LinkID], at)
	}
}

func (c *filled) item(i Item, given []*Answered, at *place) {
	where := "item " + i.LinkID
	if !i.enabled(at) {
		if len(given) > 0 {
			c.add(where, notAskedRule)
		}
		return
	}
	if len(given) > 1 && !(i.Type == Group && i.Repeats) {
		c.add(where, standsRule, len(given))
		return
	}
	count := len(given)
	if i.Type != Group && len(given) == 1 {
		count = len(given[0].Answer)
	}
	c.occurs(where, i, count)
	for _, a := range given {
		c.one(where, i, a, at)
	}
}

// occurs checks how often an item is answered.
func (c *filled) occurs(where string, i Item, count int) {
	if c.whole && i.Required && count == 0 {
		c.add(where, requiredRule)
	}
	if least, ok := i.Find(MinOccurs); ok && c.whole && (count > 0 || i.Required) && count < int(*least.Integer) {
		c.add(where, atLeastRule, *least.Integer)
	}
	if most, ok := i.Find(MaxOccurs); ok && count > int(*most.Integer) {
		c.add(where, atMostRule, *most.Integer)
	}
	if count > 1 && !i.Repeats {
		c.add(where, oneAnswerRule, count)
	}
}

// one compares one answered item.
func (c *filled) one(where string, i Item, a *Answered, at *place) {
	below := at.of(a)
	switch {
	case i.Type == Display:
		if len(a.Answer) > 0 || len(a.Item) > 0 {
			c.add(where, textAnswerRule)
		}
	case i.Type == Group:
		if len(a.Answer) > 0 {
			c.add(where, groupAnswerRule)
		}
		c.level(i.Item, a.Item, below)
	case len(a.Item) > 0:
		c.add(where, itemsBesideRule)
	default:
		for _, answer := range a.Answer {
			c.value(where, i, answer)
			c.level(i.Item, answer.Item, below)
		}
	}
}

// of is the place of an item that stands directly below.
func (p *place) of(a *Answered) *place {
	return p.below[slices.IndexFunc(p.below, func(x *place) bool { return x.item == a })]
}

// value compares one answer with what the item takes.
func (c *filled) value(where string, i Item, a Answer) {
	kind := a.kind()
	if kind == "" && a.Absent() != "" {
		return // it says why there is none
	}
	if !c.takes(i, a.Value, kind) {
		c.add(where, outsideRule, i.Type)
		return
	}
	if low, ok := i.Find(MinValue); ok {
		if order, known := a.compare(low.Value); !known || order < 0 {
			c.add(where, belowRule)
		}
	}
	if high, ok := i.Find(MaxValue); ok {
		if order, known := a.compare(high.Value); !known || order > 0 {
			c.add(where, aboveRule)
		}
	}
	text := a.String
	if text == nil {
		text = a.URI
	}
	if text == nil {
		return
	}
	if n := length(*text); i.MaxLength > 0 && n > int(i.MaxLength) {
		c.add(where, longRule, n, i.MaxLength)
	}
	if least, ok := i.Find(MinLength); ok && length(*text) < int(*least.Integer) {
		c.add(where, shortRule, *least.Integer)
	}
}

// takes tells whether the value has the type of the item and is one of its
// options.
func (c *filled) takes(i Item, v Value, kind Type) bool {
	switch i.Type {
	case Text:
		return kind == String
	case Choice, OpenChoice:
		if i.Type == OpenChoice && kind == String {
			return true
		}
		options := c.form.Options(i)
		if len(options) == 0 {
			return kind == Choice
		}
		return slices.ContainsFunc(options, v.equal)
	}
	return kind == i.Type
}
