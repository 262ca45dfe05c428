package instrument

import (
	"errors"
	"slices"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/web"
)

// The page of a questionnaire in use. With JavaScript no answer leaves the
// browser; without it the answers come in the body of a POST, are evaluated,
// and are gone with the answer. Lists of indicators have a page of their own.

type fillData struct {
	Pack   *Pack
	Text   Text
	Words  string // language of the questions
	Ages   []web.Choice
	Asked  []question
	Rules  string // address of the rules
	Result outcome
}

// question is one item as it is asked.
type question struct {
	ID, Field, Unsure string // Unsure: the field that says that a number is not known
	Type              Type
	Label, Hint       string
	Choices           []web.Choice
	Usual             string // chosen before anybody answers; empty: an answer is asked for
	Needed            bool
	When              *When
}

// outcome is a result for the page; the same markup for the server and for
// fill.js: everything that can be said stands in the page, most of it hidden.
type outcome struct {
	Shown             bool
	Kind              Kind
	Ends              []end
	Class             Class
	Score             int
	Could             []Class
	Counted, Unknown  []string
	Sides             []resultSide // of a list of indicators
	Words, Population string       // language of the questions; whom they were made for
	Warnings          []Warning
}

// end is one class that the rule can give.
type end struct {
	Class       Class
	Title, Text string
	Lang        string // of the title, where it is the publisher's
}

// Has tells whether a warning holds.
func (o outcome) Has(w Warning) bool { return slices.Contains(o.Warnings, w) }

// Becomes tells whether what is unknown could lead to the class.
func (o outcome) Becomes(c Class) bool { return slices.Contains(o.Could, c) }

// AllWarnings are those that a questionnaire can have.
func (outcome) AllWarnings() []Warning {
	return []Warning{AgeUnknown, OutsidePopulation, NotCompared, NotValidated}
}

var fillPage = web.NewPage[fillData](pages, "page/fill.html", "page/outcome.html")

// inUse finds the pack of the address that gives results.
func (s *Service) inUse(c *web.Ctx) (*Pack, error) {
	_, p, err := s.named(c)
	if err == nil && p.State != Installed {
		err = fault.New(fault.NotFound, "web.error.not-found")
	}
	return p, err
}

func (s *Service) getFill(c *web.Ctx) error {
	p, err := s.inUse(c)
	if err != nil {
		return err
	}
	if p.Rule.Kind == Delphi {
		return c.Redirect("/signs")
	}
	return fillPage.Render(c, newFill(c, p))
}

// postFill evaluates the answers of a browser without JavaScript and keeps
// nothing.
//
// req: INSTRUMENT-7
func (s *Service) postFill(c *web.Ctx) error {
	p, err := s.inUse(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	d := newFill(c, p)
	r, err := p.Score(d.answers(f))
	var wrong Refusal
	switch {
	case errors.As(err, &wrong):
		d.mark(c, f, wrong)
	case err != nil:
		return fault.New(fault.Invalid, "web.error.invalid").Because(err)
	}
	if f.OK() {
		d.Result.take(c, p, r)
	}
	return fillPage.Render(c, d)
}

func newFill(c *web.Ctx, p *Pack) fillData {
	d := fillData{Pack: p, Text: p.In(c.Lang), Words: p.wordsFor(c.Lang), Rules: RulesPath(p.ID), Result: outcomeOf(c, p)}
	for _, a := range Ages {
		d.Ages = append(d.Ages, web.Choice{Value: string(a), Label: c.T("instrument.age." + string(a))})
	}
	for _, i := range p.Items {
		d.Asked = append(d.Asked, d.question(c, i))
	}
	return d
}

// wordsFor is the language in which a reader sees the wording.
func (p *Pack) wordsFor(lang string) string {
	if slices.Contains(p.Languages, lang) {
		return lang
	}
	return p.Languages[0]
}

// Fields begin with a letter of their own: an item may be called "age".
func (d fillData) question(c *web.Ctx, i Item) question {
	w := d.Pack.Wording(i, c.Lang)
	q := question{ID: i.ID, Field: "q-" + i.ID, Unsure: "u-" + i.ID, Type: i.Type, Label: w.Label, Needed: i.Required, When: i.When}
	if !i.Required && i.Type != Integer {
		q.Usual = Unknown
	}
	answers := []string{Yes, No}
	switch i.Type {
	case Integer:
		q.Hint = c.T("fill.number", "from", c.Number(*i.Min), "to", c.Number(*i.Max))
		answers = nil
	case Choice:
		answers = nil
		for _, o := range i.Options {
			q.Choices = append(q.Choices, web.Choice{Value: o.ID, Label: w.Options[o.ID]})
		}
	}
	for _, a := range append(answers, Unknown) {
		q.Choices = append(q.Choices, web.Choice{Value: a, Label: c.T("instrument.answer." + a)})
	}
	if i.When != nil {
		q.Hint = strings.TrimSpace(d.condition(c, *i.When) + " " + q.Hint)
	}
	return q
}

// condition says when an item is asked, in words.
func (d fillData) condition(c *web.Ctx, w When) string {
	on, _ := d.Pack.Item(w.Item) // a checked pack
	said := d.Pack.Wording(on, c.Lang)
	answer := w.Is
	if own, ok := said.Options[w.Is]; ok {
		answer = own
	} else if on.Type == YesNo || w.Is == Unknown {
		answer = c.T("instrument.answer." + w.Is)
	}
	return c.T("fill.only", "question", said.Label, "answer", answer)
}

// answers are those of the form as they came; the engine refuses what does not
// fit. A number and the tick that it is not known are both kept, as one answer
// that no item takes.
func (d fillData) answers(f *web.Form) Response {
	r := Response{Age: Age(f.Value("age")), Answers: Answers{}}
	for _, q := range d.Asked {
		answer := f.Value(q.Field)
		if f.Value(q.Unsure) != "" {
			answer = strings.TrimSpace(answer + " " + Unknown)
		}
		if answer != "" {
			r.Answers[q.ID] = answer
		}
	}
	return r
}

// mark puts the reasons beside their questions.
func (d fillData) mark(c *web.Ctx, f *web.Form, wrong Refusal) {
	for _, flaw := range wrong {
		if flaw.Item == ageName {
			f.Error("age", "web.error.choose")
			continue
		}
		i := slices.IndexFunc(d.Asked, func(q question) bool { return q.ID == flaw.Item })
		if i < 0 {
			continue // every field of the page is an item
		}
		if q := d.Asked[i]; q.When != nil && flaw.Key == askedOnly.Key {
			f.Error(q.Field, "fill.error.not-asked", "why", d.condition(c, *q.When))
		} else {
			f.Error(q.Field, flaw.Key, flaw.Args...)
		}
	}
}

// outcomeOf is the empty result of a pack, with all that it could say.
func outcomeOf(c *web.Ctx, p *Pack) outcome {
	o := outcome{Kind: p.Rule.Kind, Words: p.wordsFor(c.Lang), Population: p.In(c.Lang).Population}
	add := func(room string, classes ...Class) {
		for _, class := range classes {
			o.Ends = append(o.Ends, end{Class: class, Title: c.T(room + string(class) + ".title"), Text: c.T(room + string(class) + ".text")})
		}
	}
	switch p.Rule.Kind {
	case Delphi:
		add("instrument.class.", Classes...)
		return o
	case Count:
		add("fill.outcome.", Positive, Negative)
	case Sum:
		for _, b := range p.Rule.Bands {
			o.Ends = append(o.Ends, end{Class(b.ID), p.In(c.Lang).Bands[b.ID], c.T("fill.outcome.band.text"), o.Words})
		}
	default:
		add("fill.outcome.", Listed)
		return o
	}
	add("instrument.class.", Inconclusive)
	return o
}

// take fills in a result.
func (o *outcome) take(c *web.Ctx, p *Pack, r *Result) {
	o.Shown, o.Class, o.Could, o.Warnings = true, r.Class, r.CouldBecome, r.Warnings
	if r.Score != nil {
		o.Score = *r.Score
	}
	o.Counted, o.Unknown = p.labels(r.CarriedBy, c.Lang), p.labels(r.Unknown, c.Lang)
	for n, j := range r.Dimensions {
		o.Sides = append(o.Sides, resultSide{ID: j.ID, State: j.state(), Role: p.Dimensions[n].Role, Carried: p.labels(j.CarriedBy, c.Lang)})
	}
}

// state is a dimension in one word of the page.
func (j Judgement) state() string {
	switch {
	case j.Positive:
		return "positive"
	case j.Inconclusive:
		return "open"
	}
	return "not"
}

// labels are the words of items.
func (p *Pack) labels(ids []string, lang string) (out []string) {
	for _, id := range ids {
		i, _ := p.Item(id)
		out = append(out, p.Wording(i, lang).Label)
	}
	return out
}
