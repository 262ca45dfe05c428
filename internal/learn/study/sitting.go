package study

import (
	"net/url"
	"strconv"

	"amelie/internal/fault"
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

// titled begins the view of a test.
func (r *Rooms) titled(c *web.Ctx, scope string) (v testView, err error) {
	v = testView{Path: base + "/test/" + scope, Back: base, BackLabel: c.T("study.title"), Title: c.T("study.final")}
	if scope == Final {
		return v, nil
	}
	t, ok := r.Course().Topic(scope)
	if !ok {
		return v, errNotFound
	}
	v.Title, v.Back = r.Course().Words(t.ID, c.Lang).Line("title"), base+"/"+t.ID
	v.BackLabel = v.Title
	return v, nil
}

func (r *Rooms) test(c *web.Ctx, l Learner) error {
	scope := c.Param("scope")
	v, err := r.titled(c, scope)
	if err != nil {
		return err
	}
	attempts, err := r.Attempts(c.Context(), l, scope)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		if !a.Over {
			return r.sit(c, v, a)
		}
		v.Past = append(v.Past, pastLine{base + "/result/" + a.ID, c.Date(a.Ended), a.Percent(), a.Passed})
	}
	v.Stage, v.Pass, v.N = "start", r.pass(), int64(len(draw(r.Course(), scope, "")))
	return testPage.Render(c, v)
}

// sit shows a page of an open attempt: the one that the address names, or the
// first with a question that has no reply.
func (r *Rooms) sit(c *web.Ctx, v testView, a Attempt) error {
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
	for _, m := range a.marks(r.Course())[from:to] {
		if !m.Changed {
			v.Questions = append(v.Questions, r.ask(c, a, m, false))
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
func (r *Rooms) ask(c *web.Ctx, a Attempt, m Marked, over bool) reading.Question {
	values := url.Values{}
	m.fill(m.Question, m.Name(), values)
	q := r.Reading.Ask(c, m.Topic, m.Question, m.Name(), a.Seed, values)
	q.Answered, q.Had = over, q.Answered && !over
	return q
}

// Sheet is an attempt's questions as the piece "learn-question" shows them,
// those that have changed left out; once it is over, with what speaks for each
// answer.
func (r *Rooms) Sheet(c *web.Ctx, a Attempt) (out []reading.Question) {
	for _, m := range a.marks(r.Course()) {
		if !m.Changed {
			out = append(out, r.ask(c, a, m, a.Over))
		}
	}
	return out
}

// Typed reads the replies to an attempt's questions out of a form.
func (r *Rooms) Typed(f *web.Form, a Attempt) map[string]Reply {
	replies := map[string]Reply{}
	for _, m := range a.marks(r.Course()) {
		if m.Changed {
			continue
		}
		if reply := typed(f, m.Question, m.Name()); len(reply.Given) > 0 || emptied(f, m.Name()) {
			replies[m.Name()] = reply
		}
	}
	return replies
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
	replies := r.Typed(f, a)
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
	v, err := r.titled(c, a.Scope)
	if err != nil {
		return err
	}
	v.Stage, v.Result, v.Percent, v.First = "over", a, a.Percent(), 1
	v.Earns = a.Scope == Final && a.Passed
	v.Questions = r.Sheet(c, a)
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
	topic := ""
	for _, x := range list {
		words := r.Course().Words(x.Topic, c.Lang)
		if x.Topic != topic {
			topic = x.Topic
			v.Topics = append(v.Topics, itemsTopic{Title: words.Line("title")})
		}
		last := &v.Topics[len(v.Topics)-1]
		last.Items = append(last.Items, shownItem(c, x, words))
	}
	return itemsPage.Render(c, v)
}
