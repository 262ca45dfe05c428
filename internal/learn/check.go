package learn

import (
	"slices"
	"strings"
	"time"
)

// maxUnit is how many minutes a unit may take: a pause of a shift.
const maxUnit = 5

// wanted is an identifier that needs words, with the shapes that they may have.
type wanted struct {
	id     string
	shapes []Shape
}

var (
	anyText = []Shape{Paragraph, List, Steps, Spoken, Heading}
	// pictured is what a picture shows, and as a second point what stands below it.
	pictured = []Shape{Paragraph, List}
	running  = []Shape{Paragraph, List, Steps, Spoken}
	line     = []Shape{Paragraph}
)

func (r *reader) check() {
	c := r.course
	r.checkCourse()
	for i, t := range c.Topics {
		file := c.TopicIDs[i] + "/topic.toml"
		if t.ID != c.TopicIDs[i] {
			r.about(file, t.ID, "other-id")
		}
		r.checkTopic(file, t)
		r.checkWords(c.TopicIDs[i], t.wanted(), t.Sources)
	}
	for i, s := range c.Cases {
		file := "case/" + c.CaseIDs[i] + "/scenario.toml"
		if s.ID != c.CaseIDs[i] {
			r.about(file, s.ID, "other-id")
		}
		r.checkCase(file, s)
		r.checkWords("case/"+c.CaseIDs[i], s.wanted(), nil)
	}
	r.checkWords("course", c.wanted(), nil)
}

func (r *reader) checkCourse() {
	c, file := r.course, "course.toml"
	if c.ID == "" || len(c.Languages) == 0 || c.Languages[0] != Source || len(c.Topics) == 0 {
		r.fault(file, 0, "course")
	}
	if c.Pass < 1 || c.Pass > 100 || c.Draw < 1 {
		r.fault(file, r.lineOf(file, "pass"), "pass")
	}
	lists := c.Lists()
	r.once(file, append([]string(nil), trackIDs(lists)...))
	for _, t := range lists {
		r.once(file, t.Units)
		r.help(file, t.Help)
		for _, name := range t.Units {
			if _, _, ok := c.Find(name); !ok {
				r.fault(file, r.lineOf(file, name), "no-unit", "id", name)
			}
		}
	}
	var works []string
	for _, w := range c.Sources {
		works = append(works, w.ID)
		if w.Title == "" || w.Publisher == "" {
			r.about("sources.toml", w.ID, "work")
		}
	}
	r.once("sources.toml", works)
	for _, t := range c.Terms {
		for _, lang := range c.Languages {
			if w := t.Words[lang]; w.Term == "" || len(w.Forms) == 0 {
				r.fault("glossary.toml", 0, "term", "id", t.ID, "lang", lang)
			}
		}
	}
}

func trackIDs(list []Track) (out []string) {
	for _, t := range list {
		out = append(out, t.ID)
	}
	return out
}

// once is a fault of what stands twice, or has no name.
func (r *reader) once(file string, ids []string) {
	seen := map[string]bool{}
	for _, id := range ids {
		if id == "" || seen[id] {
			r.about(file, id, "twice")
		}
		seen[id] = true
	}
}

func (r *reader) checkTopic(file string, t *Topic) {
	if len(t.Units) == 0 || len(t.Summary) == 0 {
		r.about(file, t.ID, "topic")
	}
	for _, id := range t.Sources {
		if _, ok := r.course.Work(id); !ok {
			r.about(file, id, "no-work")
		}
	}
	r.once(file, t.Sources)
	for _, u := range t.Units {
		r.checkUnit(file, t, u)
	}
	for _, q := range t.Questions {
		r.checkQuestion(file, q)
	}
	var ids []string
	for _, w := range t.wanted() {
		ids = append(ids, w.id)
	}
	r.once(file, ids)
}

// help is one that the directory can be asked for.
func (r *reader) help(file, id string) {
	if id != "" && !slices.Contains(r.known.Helps, id) {
		r.about(file, id, "no-help")
	}
}

func (r *reader) checkUnit(file string, t *Topic, u Unit) {
	if u.Minutes < 1 || u.Minutes > maxUnit {
		r.about(file, u.ID, "minutes")
	}
	if len(u.Blocks) == 0 {
		r.about(file, u.ID, "no-blocks")
	}
	for _, b := range u.Blocks {
		if !slices.Contains(forms, b.Form) {
			r.about(file, b.ID, "form")
		}
		r.picture(file, b)
	}
	for _, tool := range u.Use {
		if !slices.Contains(Tools, tool) {
			r.about(file, tool, "no-tool")
		}
	}
	r.help(file, u.Help)
	for _, id := range u.Questions {
		if _, ok := t.Question(id); !ok {
			r.about(file, id, "no-question")
		}
	}
}

// Sound says whether a question can be answered and marked: its kind, its
// answers and the right ones among them go together.
func (q Question) Sound() bool {
	right := 0
	for _, a := range q.Answers {
		if a.Right {
			right++
		}
	}
	n, pairs := len(q.Answers), len(q.Pairs)
	switch q.Kind {
	case Single:
		return pairs == 0 && n >= 3 && right == 1
	case Multiple:
		return pairs == 0 && n >= 3 && right >= 1 && right < n
	case TrueFalse:
		return pairs == 0 && slices.Equal(q.options(), []string{"t", "f"}) && right == 1
	case Order:
		return pairs == 0 && n >= 3 && right == 0
	case Match:
		return n == 0 && pairs >= 3
	case FreeText:
		return n == 0 && pairs == 0 && !q.Bank
	}
	return false
}

func (r *reader) checkQuestion(file string, q Question) {
	if !q.Sound() {
		r.about(file, q.ID, "question")
	}
	for _, id := range q.Indicators {
		if !slices.Contains(r.known.Indicators, id) {
			r.about(file, id, "no-indicator")
		}
	}
}

func (r *reader) checkCase(file string, s *Case) {
	if s.Minutes < 1 || !slices.Contains(Settings, s.Setting) {
		r.about(file, s.ID, "case")
	}
	r.once(file, s.Places())
	for _, fault := range s.faults() {
		r.fault(file, r.lineOf(file, fault[1]), strings.TrimPrefix(fault[0], "learn.problem."), "id", fault[1])
	}
	for _, id := range s.Topics {
		if _, ok := r.course.Topic(id); !ok {
			r.about(file, id, "no-topic")
		}
	}
	for _, scene := range s.Scenes {
		for _, id := range scene.Shows {
			if !slices.Contains(r.known.Indicators, id) {
				r.about(file, id, "no-indicator")
			}
		}
		for _, choice := range scene.Choices {
			if choice.Tests != "" && !slices.Contains(r.known.Steps, choice.Tests) {
				r.about(file, choice.Tests, "no-step")
			}
		}
	}
}

// checkWords compares every language of a file with what the structure asks
// for, and with the shapes of the source.
func (r *reader) checkWords(name string, want []wanted, works []string) {
	source := r.course.words[name+"/"+Source]
	for _, lang := range r.course.Languages {
		w, file := r.course.words[name+"/"+lang], name+"/"+lang+".md"
		if !slices.Contains([]string{"source", "not-reviewed", "reviewed"}, w.State) || (w.State == "source") != (lang == Source) || w.State == "reviewed" && (w.Reviewer == "" || !isDay(w.Date)) {
			r.fault(file, 1, "state")
		}
		known := map[string]bool{}
		for _, x := range want {
			known[x.id] = true
			t, ok := w.Text(x.id)
			if !ok {
				r.fault(file, 0, "missing", "id", x.id)
				continue
			}
			s, ok := source.Text(x.id)
			if !slices.Contains(x.shapes, t.Shape()) || ok && (s.Shape() != t.Shape() || len(s.Lines()) != len(t.Lines())) {
				r.fault(file, t.Line, "shape", "id", x.id)
			}
			r.checkText(file, x.id, t, works)
		}
		for _, id := range w.Order {
			if t, _ := w.Text(id); !known[id] {
				r.fault(file, t.Line, "extra", "id", id)
			}
		}
	}
}

func (r *reader) checkText(file, id string, t Text, works []string) {
	if !t.balanced() {
		r.fault(file, t.Line, "marks", "id", id)
	}
	for _, work := range t.Cited() {
		if !slices.Contains(works, work) {
			r.fault(file, t.Line, "no-work", "id", work)
		}
	}
}

func (t *Topic) wanted() []wanted {
	out := []wanted{{"title", []Shape{Title}}, {"lead", line}}
	for _, u := range t.Units {
		out = append(out, wanted{u.ID, []Shape{UnitTitle}})
		for _, b := range u.Blocks {
			shapes := anyText
			if b.File != "" {
				shapes = pictured
			}
			out = append(out, wanted{u.ID + "." + b.ID, shapes})
		}
	}
	for _, q := range t.Questions {
		out = append(out, q.wanted()...)
	}
	out = append(out, wanted{"s", []Shape{UnitTitle}})
	for _, id := range t.Summary {
		out = append(out, wanted{"s." + id, anyText})
	}
	return out
}

// wanted of a question are its stem, its answers with what is said to each, and
// by its kind what is said to the whole.
func (q Question) wanted() []wanted {
	out := []wanted{{q.ID, []Shape{Paragraph, Spoken}}}
	for _, a := range q.Answers {
		id := q.ID + "." + a.ID
		if q.Kind != TrueFalse {
			out = append(out, wanted{id, []Shape{Paragraph, Spoken}})
		}
		if q.Kind != Order {
			out = append(out, wanted{id + ".f", running})
		}
	}
	for _, p := range q.Pairs {
		id := q.ID + "." + p.ID
		out = append(out, wanted{id + ".l", line}, wanted{id + ".r", line}, wanted{id + ".f", running})
	}
	switch q.Kind {
	case Order:
		out = append(out, wanted{q.ID + ".f", running}, wanted{q.ID + ".ok", running})
	case FreeText:
		out = append(out, wanted{q.ID + ".m", running}, wanted{q.ID + ".f", running})
	}
	return out
}

// Wanted are the identifiers of a question's words, in the order in which they
// stand in a file.
func (q Question) Wanted() (out []string) {
	for _, x := range q.wanted() {
		out = append(out, x.id)
	}
	return out
}

func (c *Case) wanted() []wanted {
	out := []wanted{{"title", []Shape{Title}}, {"lead", line}}
	for _, s := range c.Scenes {
		out = append(out, wanted{s.ID, []Shape{Heading}})
		for _, b := range s.Blocks {
			out = append(out, wanted{s.ID + "." + b, running})
		}
		for _, choice := range s.Choices {
			out = append(out, wanted{s.ID + "." + choice.ID, []Shape{Paragraph, Spoken}})
		}
	}
	for _, e := range c.Endings {
		out = append(out, wanted{e.ID, []Shape{Heading}})
		for _, b := range append(slices.Clone(e.Blocks), e.Debrief...) {
			out = append(out, wanted{e.ID + "." + b, running})
		}
	}
	return out
}

// wanted of the course are its title, lead and words for whom it is, what a
// certificate says, who has read it, and a title and lead for each selection.
func (c *Course) wanted() []wanted {
	out := []wanted{{"title", []Shape{Title}}, {"lead", line}, {"audience", running}, {"certificate", line}, {"review", running}}
	for _, id := range append([]string{"essentials"}, trackIDs(c.Tracks)...) {
		out = append(out, wanted{id, []Shape{UnitTitle}}, wanted{id + ".lead", line})
	}
	return out
}

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}
