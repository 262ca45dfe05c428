package instrument

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/web"
)

// The page of signs. With JavaScript nothing that is ticked leaves the browser;
// without it the answers come in the body of a POST, are evaluated, and are
// gone with the answer.

type signsData struct {
	Ages, Topics  []web.Choice
	Sides         []side
	Rules         string // addresses of the rules, separated by spaces
	Result        resultView
	Reconstructed bool // some of the lists are
}

// side is one dimension with its signs.
type side struct {
	ID    string
	Role  Role
	Seen  int // how many were ticked yes
	Signs []sign
}

type sign struct {
	Field, Item        string
	Label, Means, Else string
	In                 string // ids of the packs that have it
	Answer             string
}

// resultView is the same markup for the server and for signs.js: everything
// that can be said stands in the page, most of it hidden.
type resultView struct {
	Shown    bool
	Class    Class
	Sides    []resultSide
	Unknown  []string
	Changes  []resultChange
	Adult    Class // "": no other reading
	Young    bool  // a child, or in doubt: the guide goes on with the steps for one
	Ignored  []string
	Warnings []Warning
}

type resultSide struct {
	ID, State string
	Role      Role
	Carried   []string
}

// Arc is the dimension's part of the ring: an arc of a sixth of the circle, with
// a gap on both sides, beginning at the top.
func (s resultSide) Arc() string {
	const (
		middle, radius = 60.0, 46.0
		sixth, gap     = math.Pi / 3, 0.07
	)
	from := float64(slices.Index(Roles, s.Role))*sixth - math.Pi/2
	at := func(angle float64) string {
		return fmt.Sprintf("%.1f %.1f", middle+radius*math.Cos(angle), middle+radius*math.Sin(angle))
	}
	return fmt.Sprintf("M%s A%.0f %.0f 0 0 1 %s", at(from+gap), radius, radius, at(from+sixth-gap))
}

type resultChange struct {
	ID    string
	Role  Role
	Items []string
	To    Class // "": hidden
}

// Classes and AllWarnings are what the markup holds.
func (resultView) Classes() []Class { return Classes }

// AllWarnings are the warnings that a list of indicators can have.
func (resultView) AllWarnings() []Warning {
	return []Warning{AgeUnknown, NotCompared, NotValidated}
}

// AnyChange tells whether something unknown would change the class.
func (v resultView) AnyChange() bool {
	return slices.ContainsFunc(v.Changes, func(c resultChange) bool { return c.To != "" })
}

// Has tells whether a warning holds.
func (v resultView) Has(w Warning) bool { return slices.Contains(v.Warnings, w) }

// Seen are the fields that were answered with yes.
func (d signsData) Seen() (out []string) {
	for _, side := range d.Sides {
		for _, x := range side.Signs {
			if x.Answer == Yes {
				out = append(out, x.Field)
			}
		}
	}
	return out
}

var signsPage = web.NewPage[signsData](pages, "page/signs.html")

// Lists are the lists of indicators in use.
func (k Kept) Lists() (out Packs) {
	for _, p := range k.Packs {
		if p.State == Installed && p.Rule.Kind == Delphi {
			out = append(out, p)
		}
	}
	return out
}

// of is the list for a topic and an age; the children's where the age is
// unknown.
func (p Packs) of(topic Topic, age Age) (*Pack, bool) {
	if age == UnknownAge {
		age = Child
	}
	i := slices.IndexFunc(p, func(x *Pack) bool { return x.Topic == topic && x.For(age) })
	if i < 0 {
		return nil, false
	}
	return p[i], true
}

// field is the name of an item in the form. Lists share items; where two of
// them word one differently, it stands twice.
func field(i Item) string {
	if i.Word == "" || strings.HasSuffix(i.ID, i.Word) {
		return i.ID
	}
	return i.ID + "." + i.Word
}

// Label is what a field of the page of signs says, where the list has it.
func (p *Pack) Label(name, lang string) (string, bool) {
	i := slices.IndexFunc(p.Items, func(i Item) bool { return field(i) == name })
	if i < 0 {
		return "", false
	}
	return p.Wording(p.Items[i], lang).Label, true
}

// Judged says of each dimension what signs that were seen, named by their
// fields, make of it: true where one of the lists finds it positive. A dimension
// of which no sign was seen is left out.
func (p Packs) Judged(fields []string) map[Role]bool {
	out := map[Role]bool{}
	for _, list := range p {
		seen := Answers{}
		for _, i := range list.Items {
			if slices.Contains(fields, field(i)) {
				seen[i.ID] = Yes
			}
		}
		r, err := list.Score(Response{list.Population.Ages[0], seen})
		if err != nil {
			continue // a list that gives no results says nothing
		}
		for n, j := range r.Dimensions {
			role := list.Dimensions[n].Role
			if list.sees(j.ID, seen) {
				out[role] = out[role] || j.Positive
			}
		}
	}
	return out
}

// sees tells whether a sign of a dimension is among the answers.
func (p *Pack) sees(dimension string, seen Answers) bool {
	return slices.ContainsFunc(p.Items, func(i Item) bool { return i.Dimension == dimension && seen[i.ID] == Yes })
}

func (s *Service) getSigns(c *web.Ctx) error {
	kept, err := s.Kept(c.Context())
	if err != nil {
		return err
	}
	return signsPage.Render(c, newSigns(c, kept.Lists(), nil))
}

// newSigns is the page with the answers of a form, if there are any.
func newSigns(c *web.Ctx, lists Packs, f *web.Form) signsData {
	d := signsData{Result: emptyResult()}
	for _, a := range Ages {
		d.Ages = append(d.Ages, web.Choice{Value: string(a), Label: c.T("instrument.age." + string(a))})
	}
	for _, t := range []Topic{Labour, Sexual} {
		if _, ok := lists.of(t, Adult); ok {
			d.Topics = append(d.Topics, web.Choice{Value: string(t), Label: c.T("instrument.topic." + string(t))})
		}
	}
	var rules []string
	places := map[string]int{}
	for _, r := range Roles {
		places[string(r)] = len(d.Sides)
		d.Sides = append(d.Sides, side{Role: r})
	}
	for _, p := range lists {
		rules = append(rules, RulesPath(p.ID))
		d.Reconstructed = d.Reconstructed || p.Reason != ""
		for _, dim := range p.Dimensions {
			side := &d.Sides[places[string(dim.Role)]]
			side.ID = dim.ID
			side.add(c, p, f)
		}
	}
	d.Rules = strings.Join(rules, " ")
	return d
}

// add puts the items of a list into its dimension, each once.
func (s *side) add(c *web.Ctx, p *Pack, f *web.Form) {
	for _, i := range p.Items {
		if i.Dimension != s.ID {
			continue
		}
		name := field(i)
		if at := slices.IndexFunc(s.Signs, func(x sign) bool { return x.Field == name }); at >= 0 {
			s.Signs[at].In += " " + p.ID
			continue
		}
		w := p.Wording(i, c.Lang)
		x := sign{Field: name, Item: i.ID, Label: w.Label, Means: w.Means, Else: w.Else, In: p.ID, Answer: Unknown}
		if f != nil && i.takes(f.Value(name)) {
			x.Answer = f.Value(name)
		}
		if x.Answer == Yes {
			s.Seen++
		}
		s.Signs = append(s.Signs, x)
	}
}

// postSigns evaluates the answers of a browser without JavaScript and keeps
// nothing.
//
// req: INSTRUMENT-7
func (s *Service) postSigns(c *web.Ctx) error {
	kept, err := s.Kept(c.Context())
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	lists := kept.Lists()
	d := newSigns(c, lists, f)
	age, topic := Age(f.Value("age")), Topic(f.Value("topic"))
	if topic == "" {
		topic = Labour
	}
	p, ok := lists.of(topic, age)
	if !ok {
		f.Error("age", "web.error.choose")
		return signsPage.Render(c, d)
	}
	if d.Result, err = d.evaluate(lists, p, age); err != nil {
		return fault.New(fault.Invalid, "web.error.invalid").Because(err)
	}
	return signsPage.Render(c, d)
}

// evaluate scores what the form says, by the list of the age, and by the
// adults' list too when the age is unknown.
func (d signsData) evaluate(lists Packs, p *Pack, age Age) (resultView, error) {
	answers, ignored := d.answers(p)
	r, err := p.Score(Response{age, answers})
	if err != nil {
		return resultView{}, err
	}
	v := d.view(p, r)
	v.Ignored, v.Young = ignored, age != Adult
	if adult, ok := lists.of(p.Topic, Adult); ok && age == UnknownAge {
		other, _ := d.answers(adult)
		read, err := adult.Score(Response{Adult, other})
		if err != nil {
			return resultView{}, err
		}
		v.Adult = read.Class
	}
	return v, nil
}

// answers are those of one list; ignored are ticked signs that it lacks.
func (d signsData) answers(p *Pack) (a Answers, ignored []string) {
	a = Answers{}
	for _, side := range d.Sides {
		for _, x := range side.Signs {
			switch {
			case slices.Contains(strings.Fields(x.In), p.ID):
				a[x.Item] = x.Answer
			case x.Answer == Yes:
				ignored = append(ignored, x.Label)
			}
		}
	}
	return a, ignored
}

func emptyResult() resultView {
	v := resultView{}
	for _, r := range Roles {
		v.Sides = append(v.Sides, resultSide{Role: r, State: "not"})
		v.Changes = append(v.Changes, resultChange{Role: r})
	}
	return v
}

// view puts a result into words of the page.
func (d signsData) view(p *Pack, r *Result) resultView {
	labels := map[string]string{}
	for _, side := range d.Sides {
		for _, x := range side.Signs {
			if slices.Contains(strings.Fields(x.In), p.ID) {
				labels[x.Item] = x.Label
			}
		}
	}
	said := func(ids []string) (list []string) {
		for _, id := range ids {
			list = append(list, labels[id])
		}
		return list
	}
	v := resultView{Shown: true, Class: r.Class, Unknown: said(r.Unknown), Warnings: r.Warnings}
	for n, j := range r.Dimensions {
		role := p.Dimensions[n].Role
		v.Sides = append(v.Sides, resultSide{ID: j.ID, Role: role, State: j.state(), Carried: said(j.CarriedBy)})
		change := resultChange{ID: j.ID, Role: role}
		for _, c := range r.WouldChange {
			if c.Dimension == j.ID {
				change.Items, change.To = said(c.Items), c.Class
			}
		}
		v.Changes = append(v.Changes, change)
	}
	return v
}
