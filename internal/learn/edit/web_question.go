package edit

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/web"
)

// A question on one page: what it asks, its answers with what is said to each,
// and which of them are right, in the source. A button that adds, moves or takes
// out an answer saves nothing: it shows the form again with what was typed.

type questionView struct {
	Asked
	May         bool
	Back, Label string
	Action      string
	Answers     []answerRow
	Fixed       bool // its answers are neither more nor fewer
	Several     bool // more than one can be right
	Units       []web.Choice
	Theirs      template.HTML // what somebody else saved meanwhile, against what was typed
	Langs       []web.M
	Review      string // where it is read; of a new one ""
	Added       bool   // a button just added an answer, the last one
}

// answerRow is an answer in the form. Its fields bear its identifier; those of a
// new one a number, which no identifier is.
type answerRow struct {
	AskedAnswer
	N           int
	First, Last bool
}

var (
	questionPage = web.NewPage[questionView](pages, "page/question.html")
	kindPage     = web.NewPage[kindView](pages, "page/kind.html")
)

// kindView asks first how a new question is asked.
type kindView struct {
	Back, Label string
	Kinds       []web.Choice
}

// questionURL is the page of a question, "" of a new one.
func questionURL(c *web.Ctx, topic, question string) string {
	path := base + "/topic/" + topic + "/question"
	if question != "" {
		path += "/" + question
	}
	return c.Path(path)
}

func (r *Rooms) question(c *web.Ctx, d desk) error {
	t, q, err := d.asks(c)
	if err != nil {
		return err
	}
	a := d.asked(t, q)
	return r.showQuestion(c, d, t, a, 0, "")
}

// asks finds the question that the address names.
func (d desk) asks(c *web.Ctx) (t *learn.Topic, q learn.Question, err error) {
	t, ok := d.Course.Topic(c.Param("topic"))
	if ok {
		q, ok = t.Question(c.Param("question"))
	}
	if !ok {
		return nil, q, errNotFound
	}
	return t, q, nil
}

// asked is a question as it stands, with its stamp.
func (d desk) asked(t *learn.Topic, q learn.Question) Asked {
	a := askedOf(d.Course.Words(t.ID, learn.Source), t, q)
	a.Seen = a.Stamp()
	return a
}

// newQuestion asks for the kind, then shows an empty form.
func (r *Rooms) newQuestion(c *web.Ctx, d desk) error {
	t, ok := d.Course.Topic(c.Param("topic"))
	if !ok {
		return errNotFound
	}
	kind := learn.Kind(c.Query("kind"))
	if slices.Contains(learn.Kinds, kind) {
		return r.showQuestion(c, d, t, empty(kind, c.Query("unit")), 0, "")
	}
	v := kindView{Back: c.Path(base + "/topic/" + t.ID), Label: title(d.Course, t.ID, c.Lang)}
	for _, kind := range learn.Kinds {
		q := url.Values{"kind": {string(kind)}, "unit": {c.Query("unit")}}
		v.Kinds = append(v.Kinds, web.Choice{URL: questionURL(c, t.ID, "") + "?" + q.Encode(), Label: c.T("edit.question.kind." + string(kind)), Hint: c.T("edit.question.needs." + string(kind))})
	}
	return kindPage.Render(c, v)
}

// empty is a new question: with room for as many answers as its kind needs.
func empty(kind learn.Kind, unit string) Asked {
	a := Asked{Kind: kind, Unit: unit, Bank: kind != learn.FreeText}
	switch kind {
	case learn.FreeText:
	case learn.TrueFalse:
		a.Answers = []AskedAnswer{{Answer: learn.Answer{ID: "t"}}, {Answer: learn.Answer{ID: "f"}}}
	default:
		for range 3 {
			a.Answers = append(a.Answers, AskedAnswer{Answer: learn.Answer{ID: a.free()}})
		}
	}
	return a
}

// free is what a further answer is called in the form.
func (a Asked) free() string {
	for n := 1; ; n++ {
		if name := strconv.Itoa(n); !slices.Contains(a.taken(), name) {
			return name
		}
	}
}

func (r *Rooms) showQuestion(c *web.Ctx, d desk, t *learn.Topic, a Asked, status int, theirs template.HTML) error {
	v := questionView{Asked: a, May: d.May, Back: c.Path(base + "/topic/" + t.ID), Label: title(d.Course, t.ID, c.Lang), Action: c.R.URL.RequestURI(),
		Fixed: a.Kind == learn.TrueFalse, Several: a.Kind == learn.Multiple, Theirs: theirs, Added: added(c) != ""}
	if u, ok := t.Unit(a.Unit); ok {
		v.Back, v.Label = unitURL(c, t.ID, u.ID), d.partTitle(c, Name{File: t.ID, Part: u.ID})
	}
	for i, one := range a.Answers {
		v.Answers = append(v.Answers, answerRow{one, i + 1, i == 0, i == len(a.Answers)-1})
	}
	v.Units = []web.Choice{{Label: c.T("edit.question.no-unit"), Selected: a.Unit == ""}}
	for _, u := range t.Units {
		v.Units = append(v.Units, web.Choice{Value: u.ID, Label: d.partTitle(c, Name{File: t.ID, Part: u.ID}), Selected: a.Unit == u.ID})
	}
	if a.ID != "" {
		v.Review = partURL(c, Name{t.ID, learn.Source, a.ID})
	}
	for _, lang := range d.Course.Languages {
		if a.ID != "" && lang != learn.Source {
			q := url.Values{"file": {t.ID}, "all": {"1"}, "of": {a.ID}}
			v.Langs = append(v.Langs, web.M{"label": web.LanguageName(lang), "href": c.Path(base+"/languages/"+lang) + "?" + q.Encode()})
		}
	}
	return questionPage.RenderStatus(c, status, v)
}

// sent is the question as the form has it; had is what it was opened from.
func (had Asked) sent(f *web.Form) Asked {
	a := Asked{ID: had.ID, Kind: had.Kind, Unit: f.Value("unit"), Bank: f.Value("bank") != "", Stem: f.Value("stem"), Seen: f.Value("seen"), Whole: map[string]string{}}
	for _, key := range wholes(a.Kind) {
		a.Whole[key] = f.Value("whole." + key)
	}
	for _, name := range f.Values("row") {
		if _, err := strconv.Atoi(name); err != nil && !slices.Contains(had.taken(), name) || slices.Contains(a.taken(), name) {
			continue // neither of this question nor new
		}
		a.Answers = append(a.Answers, AskedAnswer{Answer: learn.Answer{ID: name, Right: f.Has("right", name)},
			Text: f.Value("text." + name), Other: f.Value("other." + name), Feedback: f.Value("feedback." + name)})
	}
	return a
}

// rearranged does what a button beside an answer says, and tells whether one was
// pressed.
func (a *Asked) rearranged(do string) bool {
	act, name, _ := strings.Cut(do, " ")
	i := slices.Index(a.taken(), name)
	switch {
	case act == "add":
		a.Answers = append(a.Answers, AskedAnswer{Answer: learn.Answer{ID: a.free()}})
	case i < 0:
		return false
	case act == "drop":
		a.Answers = slices.Delete(a.Answers, i, i+1)
	case act == "up" && i > 0:
		a.Answers[i], a.Answers[i-1] = a.Answers[i-1], a.Answers[i]
	case act == "down" && i < len(a.Answers)-1:
		a.Answers[i], a.Answers[i+1] = a.Answers[i+1], a.Answers[i]
	}
	return true
}

// asking is a field that wants words: its name in the form, the end of its
// block's identifier, and what was typed.
type asking struct{ name, of, text string }

func (a Asked) fields() []asking {
	out := []asking{{"stem", "", a.Stem}}
	for _, one := range a.Answers {
		of := "." + one.ID
		switch a.Kind {
		case learn.TrueFalse:
		case learn.Match:
			out = append(out, asking{"text." + one.ID, of + ".l", one.Text}, asking{"other." + one.ID, of + ".r", one.Other})
		default:
			out = append(out, asking{"text." + one.ID, of, one.Text})
		}
		if a.Kind != learn.Order {
			out = append(out, asking{"feedback." + one.ID, of + ".f", one.Feedback})
		}
	}
	for _, key := range wholes(a.Kind) {
		out = append(out, asking{"whole." + key, "." + key, a.Whole[key]})
	}
	return out
}

// check says beside each field what is wrong with it.
func (a Asked) check(f *web.Form, words *learn.Words, works []string) bool {
	for _, x := range a.fields() {
		shape := learn.Paragraph
		if t, ok := words.Text(a.ID + x.of); ok {
			shape = t.Shape()
		}
		t, err := learn.Compose(shape, strings.Split(x.text, "\n"))
		if err == nil {
			err = cited(t, works)
		}
		refuse(f, x.name, err)
	}
	if !a.question(a.ID, learn.Question{}).Sound() {
		f.Error("answers", "edit.question.needs."+string(a.Kind))
	}
	if !a.Bank && a.Unit == "" {
		f.Error("unit", "edit.question.nowhere")
	}
	return f.OK()
}

// stored is the question as it is kept: what is new has no identifier yet.
func (a Asked) stored() Asked {
	a.Answers = slices.Clone(a.Answers)
	for i := range a.Answers {
		if _, err := strconv.Atoi(a.Answers[i].ID); err == nil {
			a.Answers[i].ID = ""
		}
	}
	return a
}

// plain are the texts of a form as lines, to be compared.
func plain(fields []asking) string {
	var lines []string
	for _, x := range fields {
		lines = append(lines, x.text)
	}
	return strings.Join(lines, "\n")
}

func (r *Rooms) newQuestionPost(c *web.Ctx, d desk) error {
	t, ok := d.Course.Topic(c.Param("topic"))
	kind := learn.Kind(c.Query("kind"))
	if !ok || !slices.Contains(learn.Kinds, kind) {
		return errNotFound
	}
	return r.ask(c, d, t, empty(kind, c.Query("unit")))
}

func (r *Rooms) questionPost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	t, q, err := d.asks(c)
	if err != nil {
		return err
	}
	if f.Value("do") != "remove" {
		return r.ask(c, d, t, d.asked(t, q))
	}
	err = r.Act(c.Context(), c.Viewer, f.Once(), Removed, func(b *Bench) error { return b.DropQuestion(t.ID, q.ID) })
	if err != nil {
		return err
	}
	c.Flash("edit.done.removed")
	return c.Redirect(base + "/topic/" + t.ID)
}

// ask saves a question, or shows the form again.
func (r *Rooms) ask(c *web.Ctx, d desk, t *learn.Topic, had Asked) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	a := had.sent(f)
	if a.rearranged(f.Value("do")) {
		return r.showQuestion(c, d, t, a, http.StatusOK, "")
	}
	if !a.check(f, d.Course.Words(t.ID, learn.Source), d.Course.Works(t.ID)) {
		return r.showQuestion(c, d, t, a, http.StatusUnprocessableEntity, "")
	}
	kind, done := Set, "edit.done.saved"
	if a.ID == "" {
		kind, done = Added, "edit.done.added"
	}
	id := ""
	err = r.Act(c.Context(), c.Viewer, f.Once(), kind, func(b *Bench) (err error) {
		id, err = b.SetQuestion(t.ID, a.stored())
		return err
	})
	if errors.As(err, new(Conflict)) {
		return r.questionMoved(c, a)
	}
	if err != nil {
		return err
	}
	c.Flash(done)
	to := base + "/topic/" + t.ID
	if id != "" { // a button that is pressed twice adds once
		to += "/question/" + id
	}
	return c.Redirect(to)
}

// questionMoved shows what was typed against what somebody else saved.
func (r *Rooms) questionMoved(c *web.Ctx, a Asked) error {
	draft, err := r.Draft(c.Context())
	if err != nil {
		return err
	}
	d := desk{Draft: draft, now: r.Course(), May: true}
	t, q, err := d.asks(c)
	if err != nil {
		return err
	}
	theirs := d.asked(t, q)
	a.Seen = theirs.Seen
	return r.showQuestion(c, d, t, a, http.StatusConflict, web.Marked(plain(a.fields()), plain(theirs.fields())))
}
