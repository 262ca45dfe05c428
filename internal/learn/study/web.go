package study

import (
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/learn"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var files embed.FS

var (
	pages       = reading.With(files)
	_           = web.Style(files, "page/study.css")
	doorPage    = web.NewPage[doorView](files, "page/door.html")
	heldPage    = web.NewPage[*held](files, "page/held.html")
	codePage    = web.NewPage[codeView](files, "page/code.html")
	homePage    = web.NewPage[homeView](files, "page/home.html")
	sharePage   = web.NewPage[shareView](files, "page/share.html")
	minePage    = web.NewPage[mineView](files, "page/mine.html")
	gonePage    = web.NewPage[struct{}](files, "page/gone.html")
	accountPage = web.NewPage[accountView](files, "page/account.html")
	testPage    = web.NewPage[testView](pages, "page/test.html", "page/parts.html")
	itemsPage   = web.NewPage[itemsView](files, "page/items.html")
)

// Rooms serve learners.
type Rooms struct {
	*Service
	Reading *reading.Rooms
	BaseURL string
	// MayTry bounds how often an address types codes, MayBegin how often it makes
	// learners.
	MayTry, MayBegin func(r *http.Request) bool
}

const base = "/study"

// Mount adds the pages to the shell.
func (r *Rooms) Mount(s *web.Shell) {
	s.Learner("GET /study", r.home)
	s.Learner("POST /study", r.door)
	s.Learner("GET /study/leave", r.leave)
	s.Learner("GET /study/{topic}", r.with(r.topic))
	s.Learner("GET /study/{topic}/{unit}", r.with(r.unit))
	s.Learner("POST /study/{topic}/{unit}", r.with(r.unitPost))
	s.Learner("GET /study/track/{track}", r.with(r.track))
	s.Learner("GET /study/case/{case}", r.with(r.play))
	s.Learner("GET /study/case/{case}/{play}", r.with(r.play))
	s.Learner("POST /study/case/{case}/{play}", r.with(r.choose))
	s.Learner("GET /study/summary/{topic}", r.with(r.summary))
	s.Learner("GET /study/share/{topic}/{unit}", r.with(r.share))
	s.Learner("GET /study/test/{scope}", r.with(r.test))
	s.Learner("POST /study/test/{scope}", r.with(r.testPost))
	s.Learner("GET /study/result/{attempt}", r.with(r.result))
	s.Learner("GET /study/mine", r.with(r.mine))
	s.Learner("POST /study/mine", r.with(r.minePost))
	s.Learner("GET /study/mine/progress.json", r.with(r.takeAll))
	s.Learner("GET /study/mine/statements.json", r.with(r.takeStatements))
	s.Professional("GET /study/account", r.account)
	s.Professional("POST /study/account", r.accountPost)
	s.Professional("GET /desk/learn", r.items)
	s.Nav(web.NavItem{Path: "/desk/learn", Icon: "chart", Label: "study.items.nav", Order: 70, Under: "/desk", Roles: []string{"coordinator", "editor"}})
}

// The device.

// room is the name of the cookie of a learner's device.
const room = "learner"

func cookieOf(c *web.Ctx) string { return c.RoomCookie(room) }

// setCookie gives or takes the cookie: no public page is ever sent it.
//
// req: STUDY-7
func setCookie(c *web.Ctx, value string) { c.SetRoomCookie(room, base, value, CookieIdle) }

// here is the learner of this device; nil when there is none.
func (r *Rooms) here(c *web.Ctx) (*Learner, error) {
	l, renew, err := r.Here(c.Context(), cookieOf(c))
	if renew {
		setCookie(c, cookieOf(c))
	}
	return l, err
}

// with serves a page to a learner; others are led to the door.
func (r *Rooms) with(page func(*web.Ctx, Learner) error) web.Handler {
	return func(c *web.Ctx) error {
		l, err := r.here(c)
		if err != nil {
			return err
		}
		if l == nil && c.R.Method == http.MethodPost {
			return r.late(c)
		}
		if l == nil {
			return c.Redirect(base)
		}
		c.ExitBy(base + "/leave")
		return page(c, *l)
	}
}

// Serve adds a page of another room for learners, with the number of whoever is
// there.
func (r *Rooms) Serve(s *web.Shell) func(pattern string, page func(c *web.Ctx, learner string) error) {
	return func(pattern string, page func(*web.Ctx, string) error) {
		s.Learner(pattern, r.with(func(c *web.Ctx, l Learner) error { return page(c, l.ID) }))
	}
}

// leave is the quick exit: the device forgets the learner. Another site may lead
// a browser here, but does not end anything with it.
//
// req: STUDY-7
func (r *Rooms) leave(c *web.Ctx) error {
	if from := c.R.Header.Get("Sec-Fetch-Site"); from == "" || from == "same-origin" || from == "none" {
		if err := r.Leave(context.WithoutCancel(c.Context()), cookieOf(c)); err != nil {
			return err
		}
	}
	setCookie(c, "")
	return c.Leave()
}

// The door.

type doorView struct {
	Seed    string
	Account bool // members of a house can use theirs
	Held    *held
}

type codeView struct{ Code string }

func (r *Rooms) showDoor(c *web.Ctx) error {
	return doorPage.Render(c, r.doorView(c))
}

func (r *Rooms) doorView(c *web.Ctx) doorView {
	return doorView{Seed: id.Secret(16), Account: c.HasRoute("GET /sign-in")}
}

func (r *Rooms) door(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Value("do") == "begin" {
		return r.begin(c, f.Value("seed"))
	}
	if !r.MayTry(c.R) {
		return fault.New(fault.TooMany, "web.error.too-many")
	}
	return r.through(c, f)
}

func (r *Rooms) begin(c *web.Ctx, seed string) error {
	if !r.MayBegin(c.R) {
		return fault.New(fault.TooMany, "web.error.too-many")
	}
	code, cookie, err := r.Begin(c.Context(), seed)
	if fault.KindOf(err) == fault.Expired {
		return c.Redirect(base)
	}
	if err != nil {
		return err
	}
	setCookie(c, cookie)
	c.ExitBy(base + "/leave")
	return codePage.Render(c, codeView{code})
}

// The overview.

type homeView struct {
	Title        string
	Go           *line // where to go on
	Fresh        bool  // nothing was done yet
	Recall       bool  // questions that came back are waiting
	Topics       []line
	Final        testLine
	Wishes       []line
	Tracks       []line
	Cases        []line // Done of Of playings came to an end
	Minutes      int64
	Units, Total int
}

// line leads to a part of the course.
type line struct {
	Path, Title, Text string
	Done, Of          int
	Test              testLine
}

// testLine is how a test stands.
type testLine struct {
	Path, Title string
	State       string // none, open, passed or tried
	Percent     int64  // the best
}

func (r *Rooms) home(c *web.Ctx) error {
	l, err := r.here(c)
	if err != nil {
		return err
	}
	if l == nil {
		return r.showDoor(c)
	}
	c.ExitBy(base + "/leave")
	units, tests, err := r.Overview(c.Context(), *l)
	if err != nil {
		return err
	}
	plays, err := r.Plays(c.Context(), *l, "")
	if err != nil {
		return err
	}
	v := r.overview(c, units, tests)
	v.Cases = r.cases(c, plays)
	return homePage.Render(c, v)
}

// overview says how far a learner is in the course as it is now.
func (r *Rooms) overview(c *web.Ctx, units map[string]Unit, tests map[string]Standing) homeView {
	course := r.Course()
	words := course.Words("course", c.Lang)
	v := homeView{Title: words.Line("title"), Fresh: len(units) == 0, Recall: tests[Recall].Open}
	if name := next(course, units); name != "" {
		v.Go = new(unitLine(c, course, name))
	}
	for _, t := range course.Topics {
		x := line{Path: base + "/" + t.ID, Title: course.Words(t.ID, c.Lang).Line("title"), Of: len(t.Units), Test: testOf(tests, t.ID)}
		for _, u := range t.Units {
			row := units[t.ID+"."+u.ID]
			v.Minutes += row.Minutes
			if !row.Done.IsZero() {
				x.Done++
			}
			if row.Wished {
				v.Wishes = append(v.Wishes, unitLine(c, course, row.Name))
			}
		}
		v.Units, v.Total = v.Units+x.Done, v.Total+x.Of
		v.Topics = append(v.Topics, x)
	}
	v.Final = testOf(tests, Final)
	for _, t := range course.Lists() {
		v.Tracks = append(v.Tracks, line{Path: base + "/track/" + t.ID, Title: words.Line(t.ID)})
	}
	return v
}

func unitLine(c *web.Ctx, course *learn.Course, name string) line {
	t, u, _ := course.Find(name)
	words := course.Words(t.ID, c.Lang)
	return line{Path: base + "/" + t.ID + "/" + u.ID, Title: words.Line(u.ID), Text: words.Line("title")}
}

// testOf says how a test stands: open before passed, so that it can be resumed.
func testOf(tests map[string]Standing, scope string) testLine {
	standing, begun := tests[scope]
	x := testLine{Path: base + "/test/" + scope, State: "none", Percent: standing.Best}
	switch {
	case standing.Open:
		x.State = "open"
	case standing.Passed:
		x.State = "passed"
	case begun:
		x.State = "tried"
	}
	return x
}

// The course, as reading shows it.

func (r *Rooms) reader(units map[string]Unit) reading.Reader {
	return reading.Reader{Course: r.Course(), Base: base, Kept: &reading.Kept{Done: func(unit string) bool { return !units[unit].Done.IsZero() }}}
}

// shown serves a page of reading that asks nothing.
func (r *Rooms) shown(c *web.Ctx, l Learner, page func(*web.Ctx, reading.Reader) error) error {
	known, err := r.Topic(c.Context(), l, "")
	if err != nil {
		return err
	}
	return page(c, r.reader(known.Units))
}

func (r *Rooms) topic(c *web.Ctx, l Learner) error   { return r.shown(c, l, r.Reading.Topic) }
func (r *Rooms) track(c *web.Ctx, l Learner) error   { return r.shown(c, l, r.Reading.Track) }
func (r *Rooms) summary(c *web.Ctx, l Learner) error { return r.shown(c, l, r.Reading.Summary) }

func (r *Rooms) unit(c *web.Ctx, l Learner) error {
	topic, unit := c.Param("topic"), c.Param("unit")
	known, err := r.Topic(c.Context(), l, topic)
	if err != nil {
		return err
	}
	rd := r.reader(known.Units)
	rd.Kept.Wished = known.Units[topic+"."+unit].Wished
	rd.Kept.Opened = strconv.FormatInt(c.Now().UnixMilli(), 10)
	rd.Kept.Answers = url.Values{}
	if t, ok := rd.Course.Topic(topic); ok {
		for _, a := range known.Answers {
			if q, ok := t.Question(a.Question); ok && q.Check(a.Given) == nil {
				a.Reply.fill(q, q.ID, rd.Kept.Answers)
			}
		}
	}
	return r.Reading.Unit(c, rd)
}

// fill writes a reply as a form sends it.
func (r Reply) fill(q learn.Question, field string, to url.Values) {
	q.Fields(field, r.Given, to.Add)
	if r.Sure != "" {
		to.Set(field+".sure", r.Sure)
	}
}

// maxTyped is how many values of a field are looked at.
const maxTyped = 12

// typed reads the reply to a question out of a form.
func typed(f *web.Form, q learn.Question, field string) Reply {
	r := Reply{Given: q.Read(field, func(name string) []string {
		list := f.Values(name)
		return list[:min(maxTyped, len(list))]
	})}
	if sure := f.Value(field + ".sure"); q.Kind == learn.TrueFalse && len(r.Given) > 0 && (sure == "yes" || sure == "no") {
		r.Sure = sure
	}
	return r
}

// emptied says whether the page showed an answer to a question that came back
// without one. A page that showed none takes nothing away: another device may
// have answered meanwhile.
func emptied(f *web.Form, field string) bool { return f.Value(field+".had") != "" }

func (r *Rooms) unitPost(c *web.Ctx, l Learner) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	topic, unit, do := c.Param("topic"), c.Param("unit"), f.Value("do")
	rd := r.reader(nil)
	t, u, ok := rd.Course.Find(topic + "." + unit)
	if !ok {
		return errNotFound
	}
	if err := r.Do(c.Context(), l, topic, unit, actOf(f, do, asked(t, u))); err != nil {
		return err
	}
	switch do {
	case "next":
		if to := rd.Next(c, t, u); to != "" {
			return c.Redirect(to)
		}
	case "test":
		return c.Redirect(base + "/test/" + topic)
	}
	back := url.URL{Path: base + "/" + topic + "/" + unit, RawQuery: c.R.URL.RawQuery}
	if do == "" && len(u.Questions) > 0 {
		back.Fragment = u.Questions[0]
	}
	return c.Redirect(back.String())
}

// actOf reads what was done on a unit's page by its button: do is empty where
// answers are sent.
func actOf(f *web.Form, do string, questions []learn.Question) Act {
	act := Act{Replies: map[string]Reply{}, Finished: do == "next" || do == "test"}
	if ms, err := strconv.ParseInt(f.Value("opened"), 10, 64); err == nil && ms > 0 {
		act.Opened = time.UnixMilli(ms).UTC()
	}
	switch do {
	case "wish", "unwish":
		act.Wish = new(do == "wish")
	case "":
		for _, q := range questions {
			if reply := typed(f, q, q.ID); len(reply.Given) > 0 || emptied(f, q.ID) {
				act.Replies[q.ID] = reply
			}
		}
	}
	return act
}

// Sharing: the public page, by link and by code.

type shareView struct {
	Title, Back, Address string
	QR                   template.HTML
}

func (r *Rooms) share(c *web.Ctx, _ Learner) error {
	course := r.Course()
	t, u, ok := course.Find(c.Param("topic") + "." + c.Param("unit"))
	if !ok {
		return errNotFound
	}
	path := "/" + t.ID + "/" + u.ID
	address := r.BaseURL + c.Path("/learn"+path)
	drawing, err := web.QR(address)
	if err != nil {
		return fault.Wrap(err, "share")
	}
	return sharePage.Render(c, shareView{course.Words(t.ID, c.Lang).Line(u.ID), base + path, address, drawing})
}

// What is kept, and an end to it.

type mineView struct {
	Began, Until   string
	Linked, Coded  bool
	Units, Answers int
	Attempts       int
	Plays          int
	Minutes        int64
}

func (r *Rooms) mine(c *web.Ctx, l Learner) error {
	rec, err := r.Record(c.Context(), l)
	if err != nil {
		return err
	}
	v := mineView{Began: c.Date(l.Began), Until: c.Date(l.Seen.Add(LearnerIdle)), Linked: l.Account != "", Coded: l.Coded, Units: len(rec.Units), Answers: len(rec.Answers), Attempts: len(rec.Attempts), Plays: len(rec.Plays)}
	for _, u := range rec.Units {
		v.Minutes += u.Minutes
	}
	return minePage.Render(c, v)
}

func (r *Rooms) minePost(c *web.Ctx, l Learner) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	switch f.Value("do") {
	case "close":
		if err := r.Leave(c.Context(), cookieOf(c)); err != nil {
			return err
		}
		setCookie(c, "")
		return c.Redirect("/learn")
	case "forget":
		if f.Value("sure") != "yes" {
			f.Error("sure", "study.fault.sure")
			return r.mine(c, l)
		}
		if err := r.Forget(c.Context(), l); err != nil {
			return err
		}
		setCookie(c, "")
		return gonePage.Render(c, struct{}{})
	}
	return fault.New(fault.Invalid, "web.error.invalid")
}

func (r *Rooms) takeAll(c *web.Ctx, l Learner) error {
	rec, err := r.Record(c.Context(), l)
	if err != nil {
		return err
	}
	return download(c, "progress.json", rec.Take(r.Course().ID))
}

func (r *Rooms) takeStatements(c *web.Ctx, l Learner) error {
	rec, err := r.Record(c.Context(), l)
	if err != nil {
		return err
	}
	return download(c, "statements.json", rec.Statements(r.Course(), r.BaseURL))
}

// download answers with a file that a learner takes along.
func download(c *web.Ctx, name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fault.Wrap(err, name)
	}
	return c.Download(name, "application/json", append(text, '\n'))
}

// Members of a house.

type accountView struct {
	Here, Theirs, Same bool
}

func (r *Rooms) account(c *web.Ctx) error {
	here, err := r.here(c)
	if err != nil {
		return err
	}
	theirs, err := r.Of(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	return accountPage.Render(c, accountView{here != nil, theirs != nil, here != nil && theirs != nil && here.ID == theirs.ID})
}

func (r *Rooms) accountPost(c *web.Ctx) error {
	here, err := r.here(c)
	if err != nil {
		return err
	}
	cookie, err := r.Join(c.Context(), c.Viewer, here)
	if err != nil {
		return err
	}
	if cookie != "" {
		setCookie(c, cookie)
	}
	return c.Redirect(base)
}
