package study

import (
	"net/url"
	"strconv"

	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

// Tests on pages of a few questions: each page is kept when it is left, so that
// a lost line or another device goes on where this one was.

type testView struct {
	Title, Path, Back, BackLabel string
	Stage                        string // start, open or over

	N, Pass int64 // start: how many questions, what it takes
	Past    []pastLine

	Attempt     string // open
	Part, Parts int    // from 1
	First       int    // number of the page's first question, from 1
	Questions   []reading.Question
	Left        []leftLine // questions without a reply on other pages
	Last        bool

	Result  Attempt // over
	Changed int     // questions that are not the same any more
	Earns   bool    // passed, and what is given a certificate for
	Percent int64
}

type pastLine struct {
	Path, When string
	Percent    int64
	Passed     bool
}

type leftLine struct {
	Path   string
	Number int
}

// titled begins the view of a test of a revision of the course.
func titled(c *web.Ctx, course *learn.Course, scope string) (v testView, err error) {
	v = testView{Path: base + "/test/" + scope, Back: base, BackLabel: c.T("study.title"), Title: c.T("study.final")}
	if scope == Final {
		return v, nil
	}
	t, ok := course.Topic(scope)
	if !ok {
		return v, errNotFound
	}
	v.Title, v.Back = course.Words(t.ID, c.Lang).Line("title"), base+"/"+t.ID
	v.BackLabel = v.Title
	return v, nil
}

func (r *Rooms) test(c *web.Ctx, l Learner) error {
	scope := c.Param("scope")
	attempts, err := r.Attempts(c.Context(), l, scope)
	if err != nil {
		return err
	}
	var past []pastLine
	for _, a := range attempts {
		if !a.Over {
			return r.sit(c, a)
		}
		past = append(past, pastLine{base + "/result/" + a.ID, c.Date(a.Ended), a.Percent(), a.Passed})
	}
	course := r.Course()
	v, err := titled(c, course, scope)
	if err != nil {
		return err
	}
	v.Stage, v.Past, v.Pass, v.N = "start", past, r.pass(course), int64(len(draw(course, scope, "")))
	return testPage.Render(c, v)
}

// sit shows a page of an open attempt: the one that the address names, or the
// first with a question that has no reply.
func (r *Rooms) sit(c *web.Ctx, a Attempt) error {
	course, err := r.revision(c.Context(), a)
	if err != nil {
		return err
	}
	v, err := titled(c, course, a.Scope)
	if err != nil {
		return err
	}
	v.Stage, v.Attempt, v.Parts = "open", a.ID, (len(a.Drawn)+perPage-1)/perPage
	left := a.Open()
	part, err := strconv.Atoi(c.Query("part"))
	if err != nil || part < 1 || part > v.Parts {
		part = v.Parts
		if len(left) > 0 {
			part = left[0]/perPage + 1
		}
	}
	from := (part - 1) * perPage
	to := min(from+perPage, len(a.Drawn))
	v.Part, v.First, v.Last = part, from+1, part == v.Parts
	for _, m := range a.marks(course)[from:to] {
		if !m.Changed {
			v.Questions = append(v.Questions, ask(c, course, a, m, false))
		}
	}
	for _, i := range left {
		if v.Last && i < from {
			v.Left = append(v.Left, leftLine{v.Path + "?part=" + strconv.Itoa(i/perPage+1), i + 1})
		}
	}
	return testPage.Render(c, v)
}

// ask makes a question of an attempt ready; what speaks for its answers is said
// only when the attempt is over.
func ask(c *web.Ctx, course *learn.Course, a Attempt, m Marked, over bool) reading.Question {
	values := url.Values{}
	m.fill(m.Question, m.Name(), values)
	q := reading.Reader{Course: course}.Ask(c, m.Topic, m.Question, m.Name(), a.Seed, values)
	q.Answered, q.Had = over, q.Answered && !over
	return q
}

// Sheet is an attempt's questions as the piece "learn-question" shows them,
// those that have changed left out; once it is over, with what speaks for each
// answer.
func (r *Rooms) Sheet(c *web.Ctx, a Attempt) (out []reading.Question, err error) {
	course, err := r.revision(c.Context(), a)
	if err != nil {
		return nil, err
	}
	for _, m := range a.marks(course) {
		if !m.Changed {
			out = append(out, ask(c, course, a, m, a.Over))
		}
	}
	return out, nil
}

// Typed reads the replies to an attempt's questions out of a form.
func (r *Rooms) Typed(c *web.Ctx, f *web.Form, a Attempt) (map[string]Reply, error) {
	course, err := r.revision(c.Context(), a)
	if err != nil {
		return nil, err
	}
	replies := map[string]Reply{}
	for _, m := range a.marks(course) {
		if m.Changed {
			continue
		}
		if reply := typed(f, m.Question, m.Name()); len(reply.Given) > 0 || emptied(f, m.Name()) {
			replies[m.Name()] = reply
		}
	}
	return replies, nil
}

func (r *Rooms) testPost(c *web.Ctx, l Learner) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	scope, do := c.Param("scope"), f.Value("do")
	path := base + "/test/" + scope
	if do == "begin" {
		if _, err := r.Start(c.Context(), l, scope); err != nil {
			return err
		}
		return c.Redirect(path)
	}
	a, err := r.Attempt(c.Context(), l, f.Value("attempt"))
	if err != nil {
		return err
	}
	replies, err := r.Typed(c, f, a)
	if err != nil {
		return err
	}
	if do == "end" {
		if a, err = r.End(c.Context(), l, a.ID, replies); err != nil {
			return err
		}
		return c.Redirect(base + "/result/" + a.ID)
	}
	if err := r.Keep(c.Context(), l, a.ID, replies); err != nil {
		return err
	}
	switch do {
	case "later":
		return c.Redirect(base)
	case "next", "back":
		part, err := strconv.Atoi(f.Value("part"))
		if err == nil {
			step := map[string]int{"next": 1, "back": -1}[do]
			return c.Redirect(path + "?part=" + strconv.Itoa(part+step))
		}
	}
	return fault.New(fault.Invalid, "web.error.invalid")
}

func (r *Rooms) result(c *web.Ctx, l Learner) error {
	a, err := r.Attempt(c.Context(), l, c.Param("attempt"))
	if err != nil {
		return err
	}
	if !a.Over {
		return c.Redirect(base + "/test/" + a.Scope)
	}
	course, err := r.revision(c.Context(), a)
	if err != nil {
		return err
	}
	v, err := titled(c, course, a.Scope)
	if err != nil {
		return err
	}
	v.Stage, v.Result, v.Percent, v.First = "over", a, a.Percent(), 1
	v.Earns = a.Scope == Final && a.Passed
	if v.Questions, err = r.Sheet(c, a); err != nil {
		return err
	}
	v.Changed = len(a.Drawn) - len(v.Questions)
	return testPage.Render(c, v)
}

// The editors' figures.

type itemsView struct {
	Few    int
	Topics []itemsTopic
}

type itemsTopic struct {
	Title string
	Items []itemView
}

type itemView struct {
	Stem, Kind, ID     string
	N, Right           string // in tests
	Discrimination     string // empty: cannot be said
	Weak               bool   // those who know more do not answer it more often rightly
	FirstN, FirstRight string
	Picks              []pickView
	Sure               []pickView
}

type pickView struct {
	Text, Share string
	Good        bool
}

func (r *Rooms) items(c *web.Ctx) error {
	list, err := r.Items(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	v := itemsView{Few: Few}
	topic, course := "", r.Course()
	for _, x := range list {
		words := course.Words(x.Topic, c.Lang)
		if x.Topic != topic {
			topic = x.Topic
			v.Topics = append(v.Topics, itemsTopic{Title: words.Line("title")})
		}
		last := &v.Topics[len(v.Topics)-1]
		last.Items = append(last.Items, shownItem(c, x, words))
	}
	return itemsPage.Render(c, v)
}
