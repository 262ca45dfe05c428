package recall

import (
	"embed"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/learn/reading"
	"amelie/internal/learn/study"
	"amelie/internal/web"
)

//go:embed page/*.html
var files embed.FS

var (
	sheetPage = web.NewPage[sheetView](reading.With(files), "page/sheet.html", "page/parts.html")
	againPage = web.NewPage[againView](files, "page/again.html")
)

// Rooms serve what comes back.
type Rooms struct {
	*Service
	Study *study.Rooms
}

const (
	base  = "/study/recall" // for learners
	again = "/again"        // where mail and calendar lead: it opens nothing
)

// Mount adds the pages to the shell.
func (r *Rooms) Mount(s *web.Shell) {
	serve := r.Study.Serve(s)
	serve("GET "+base, r.page)
	serve("POST "+base, r.post)
	serve("GET "+base+"/reminder.ics", r.file)
	s.Public("GET "+again, r.lead)
	s.Public("GET "+again+"/{secret}", r.lead)
	s.Public("POST "+again+"/{secret}", r.end)
}

type sheetView struct {
	Early     bool // not through with the course yet
	Runs      bool
	Mailed    bool
	Next      string // when it comes next; empty: no more
	Attempt   string // of the questions on this page; empty: there are none
	Over      bool   // they are answered
	Right, Of int64
	Questions []reading.Question
	Reread    []web.Choice // units of what was not known
}

func (r *Rooms) page(c *web.Ctx, learner string) error {
	x, err := r.Of(c.Context(), learner)
	if err != nil {
		return err
	}
	v := sheetView{Early: x.Finished.IsZero(), Runs: x.Plan != nil}
	if x.Plan != nil {
		v.Mailed, v.Next = x.Plan.Mailed(), c.Date(x.Plan.Due)
	}
	a, err := r.Study.Laid(c.Context(), study.Learner{ID: learner})
	if err != nil {
		return err
	}
	if a != nil && (!a.Over || c.Now().Sub(a.Ended) < shown) {
		v.Attempt, v.Over, v.Right, v.Of = a.ID, a.Over, a.Right, a.Counted
		if v.Questions, err = r.Study.Sheet(c, *a); err != nil {
			return err
		}
		v.Reread = r.reread(c, v.Questions)
	}
	return sheetPage.Render(c, v)
}

// shown is how long the answers stay on the page.
const shown = 24 * time.Hour

// reread leads to the units of what was not known; questions of no unit lead to
// their topic.
func (r *Rooms) reread(c *web.Ctx, list []reading.Question) (out []web.Choice) {
	course := r.Study.Course()
	seen := map[string]bool{}
	for _, q := range list {
		topic, question, _ := strings.Cut(q.ID, ".")
		t, ok := course.Topic(topic)
		if !ok || !q.Answered || q.Mark.Right && q.Sure != "no" {
			continue
		}
		words := course.Words(topic, c.Lang)
		to := web.Choice{URL: c.Path("/study/" + topic), Label: words.Line("title")}
		if u, ok := unitOf(t, question); ok {
			to = web.Choice{URL: to.URL + "/" + u.ID, Label: words.Line(u.ID), Hint: to.Label}
		}
		if !seen[to.URL] {
			seen[to.URL], out = true, append(out, to)
		}
	}
	return out
}

// unitOf is the unit that asks a question.
func unitOf(t *learn.Topic, question string) (learn.Unit, bool) {
	for _, u := range t.Units {
		for _, q := range u.Questions {
			if q == question {
				return u, true
			}
		}
	}
	return learn.Unit{}, false
}

func (r *Rooms) post(c *web.Ctx, learner string) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	switch f.Value("do") {
	case "mail":
		if f.Value("email") == "" {
			f.Error("email", "web.error.empty")
			return r.page(c, learner)
		}
		err = r.Begin(c.Context(), learner, c.Lang, f.Value("email"))
	case "calendar":
		err = r.Begin(c.Context(), learner, c.Lang, "")
	case "stop":
		err = r.Stop(c.Context(), learner)
	case "answer":
		err = r.answer(c, f, learner)
	default:
		err = fault.New(fault.Invalid, "web.error.invalid")
	}
	if f.Add(err) {
		return r.page(c, learner)
	}
	if err != nil {
		return err
	}
	return c.Redirect(base)
}

func (r *Rooms) answer(c *web.Ctx, f *web.Form, learner string) error {
	l := study.Learner{ID: learner}
	a, err := r.Study.Attempt(c.Context(), l, f.Value("attempt"))
	if err == nil && a.Scope != study.Recall {
		err = fault.New(fault.NotFound, "web.error.not-found")
	}
	if err != nil {
		return err
	}
	replies, err := r.Study.Typed(c, f, a)
	if err == nil {
		_, err = r.Study.End(c.Context(), l, a.ID, replies)
	}
	return err
}

func (r *Rooms) file(c *web.Ctx, learner string) error {
	x, err := r.Of(c.Context(), learner)
	if err != nil {
		return err
	}
	if x.Plan == nil {
		return c.Redirect(base)
	}
	b, err := r.calendar(*x.Plan, c.Lang, c.Now())
	if err != nil {
		return err
	}
	return c.Download("reminder.ics", "text/calendar; charset=utf-8", b)
}

// Where mail and calendar lead.

type againView struct {
	Secret  string // of a link that can end something
	Stopped bool
}

// lead shows what a link can do and does nothing: a mail scanner opens it too,
// and a browser that comes from a mailbox sends no cookie yet.
//
// req: RECALL-3
func (r *Rooms) lead(c *web.Ctx) error {
	secret := c.Param("secret")
	runs, err := r.Runs(c.Context(), secret)
	if err != nil {
		return err
	}
	if !runs {
		secret = ""
	}
	return againPage.Render(c, againView{Secret: secret})
}

func (r *Rooms) end(c *web.Ctx) error {
	if err := r.StopBy(c.Context(), c.Param("secret")); err != nil {
		return err
	}
	return againPage.Render(c, againView{Stopped: true})
}
