package reading

import (
	"html/template"
	"net/url"
	"slices"

	"amelie/internal/learn"
	"amelie/internal/web"
)

// The trainer's kit is made of the course's own words: a plan of a session with
// the units as notes to speak from, slides, and tests on paper with their key.

type kitView struct {
	Topics []entry
}

var kitPage = web.NewPage[kitView](files, "page/kit.html", "page/parts.html")

func (r *Rooms) kit(c *web.Ctx, rd Reader) error {
	v := kitView{}
	for i, t := range rd.Course.Topics {
		w := rd.words(c, t.ID, t.Sources)
		v.Topics = append(v.Topics, entry{Path: "/learn/kit/" + t.ID, Title: w.Line("title"), Text: w.html("lead"), Minutes: session(t), Number: i + 1})
	}
	return kitPage.Render(c, v)
}

// session is how many minutes a topic takes with a group: what is read and
// answered alone takes twice as long when it is spoken of.
func session(t *learn.Topic) int { return 2 * t.Minutes() }

type planView struct {
	ID, Title string
	Lead      template.HTML
	Minutes   int
	Units     []lesson
	Cases     []entry
	foot
}

// lesson is a unit as a group meets it.
type lesson struct {
	Title     string
	Minutes   int
	Blocks    []block
	Questions []block
	Opening   []block // what is said before the first slide
	Slides    []slide
}

var (
	planPage   = web.NewPage[planView](files, "page/plan.html", "page/parts.html")
	slidesPage = web.NewPage[planView](files, "page/slides.html", "page/parts.html")
	notesPage  = web.NewPage[planView](files, "page/notes.html", "page/parts.html")
)

// plan makes what a trainer needs for a topic.
func (rd Reader) plan(c *web.Ctx) (v planView, err error) {
	t, _, err := rd.at(c)
	if err != nil {
		return v, err
	}
	w := rd.words(c, t.ID, t.Sources)
	v = planView{ID: t.ID, Title: w.Line("title"), Lead: w.html("lead"), Minutes: session(t), foot: w.foot(rd)}
	for _, u := range t.Units {
		one := lesson{Title: w.Line(u.ID), Minutes: 2 * u.Minutes}
		one.Blocks = w.unit(u)
		one.Opening, one.Slides = slides(one.Blocks)
		for _, id := range u.Questions {
			one.Questions = append(one.Questions, w.block(id, ""))
		}
		v.Units = append(v.Units, one)
	}
	for _, s := range w.course.Cases {
		if slices.Contains(s.Topics, t.ID) {
			cw := rd.words(c, "case/"+s.ID, nil)
			v.Cases = append(v.Cases, entry{Path: "/learn/case/" + s.ID, Title: cw.Line("title"), Text: cw.html("lead"), Minutes: 2 * s.Minutes})
		}
	}
	return v, nil
}

// slide is one idea, with what a trainer says to it.
type slide struct{ Blocks, Notes []block }

// slides takes what a room reads from far: lists, steps, words to say, figures,
// warnings and pictures, each on a slide, below the heading that it is the first
// of. What stands between them are notes: to the slide of their heading, else to the slide
// before, and opening to the unit's title.
func slides(blocks []block) (opening []block, out []slide) {
	var heading, notes []block
	said := func(notes []block) {
		if n := len(out); n > 0 {
			out[n-1].Notes = append(out[n-1].Notes, notes...)
		} else {
			opening = append(opening, notes...)
		}
	}
	for _, b := range blocks {
		switch {
		case b.Shape == learn.Heading:
			said(slices.Concat(heading, notes)) // a heading without a slide
			heading, notes = []block{b}, nil
		case slices.Contains([]learn.Shape{learn.List, learn.Steps, learn.Spoken}, b.Shape) || b.Form == "key" || b.Form == "warn" || b.Shown != nil:
			out = append(out, slide{append(heading, b), notes})
			heading, notes = nil, nil
		case heading != nil:
			notes = append(notes, b)
		default:
			said([]block{b})
		}
	}
	said(slices.Concat(heading, notes))
	return opening, out
}

func planned(page *web.Page[planView]) func(*web.Ctx, Reader) error {
	return func(c *web.Ctx, rd Reader) error {
		v, err := rd.plan(c)
		if err != nil {
			return err
		}
		return page.Render(c, v)
	}
}

type paperView struct {
	Topic, TopicID, Seed string
	Questions            []question
	Key                  [][]template.HTML // the right answers; nil on the test itself
	KeyAt                string            // the key of this draw
}

var paperPage = web.NewPage[paperView](files, "page/paper.html", "page/parts.html")

// paper is a test to print. The draw is named in the address, so that its key
// and every language are of the same questions.
func (r *Rooms) paper(c *web.Ctx, rd Reader) error {
	t, _, err := rd.at(c)
	if err != nil {
		return err
	}
	v := paperView{TopicID: t.ID, Seed: c.Query("n")}
	if len(v.Seed) == 0 || len(v.Seed) > 12 {
		v.Seed = "1"
	}
	v.KeyAt = "/learn/kit/" + t.ID + "/test?" + url.Values{"n": {v.Seed}, "key": {"1"}}.Encode()
	w := rd.words(c, t.ID, nil)
	v.Topic = w.Line("title")
	for _, q := range learn.Draw(t.Bank(), perTest, v.Seed) {
		v.Questions = append(v.Questions, w.ask(q, q.ID, v.Seed, nil))
		if c.Query("key") != "" {
			v.Key = append(v.Key, w.rights(c, q))
		}
	}
	return paperPage.Render(c, v)
}

// Rights are the right answers of a question, for a key on paper.
func (rd Reader) Rights(c *web.Ctx, topic string, q learn.Question) []template.HTML {
	return rd.words(c, topic, nil).rights(c, q)
}

// rights are the right answers of a question, in their order.
func (w words) rights(c *web.Ctx, q learn.Question) (out []template.HTML) {
	for _, a := range append(slices.Clone(q.Answers), q.Pairs...) {
		id := q.ID + "." + a.ID
		switch {
		case q.Kind == learn.Match:
			out = append(out, w.html(id+".l")+" – "+w.html(id+".r"))
		case q.Kind == learn.TrueFalse && a.Right:
			out = append(out, template.HTML(template.HTMLEscapeString(c.T("learn."+a.ID)))) //nolint:gosec // escaped
		case q.Kind == learn.Order || a.Right:
			out = append(out, w.html(id))
		}
	}
	return out
}
