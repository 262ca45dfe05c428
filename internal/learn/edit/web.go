package edit

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css page/*.js
var files embed.FS

var (
	pages = reading.With(files)
	_     = web.Style(files, "page/edit.css")
	_     = web.Style(files, "page/graph.css")
	_     = web.Script(files, "page/edit.js")
)

// Rooms are the editors' pages of a course.
type Rooms struct {
	*Service
	Reading *reading.Rooms
	Labels  Labels
}

const base = "/desk/course"

// Mount adds the pages to the shell.
func (r *Rooms) Mount(s *web.Shell) {
	s.Nav(web.NavItem{Path: base, Icon: "book", Label: "edit.nav", Order: 69, Under: "/desk", Roles: []string{"coordinator", "editor"}})
	s.Professional("GET "+base, r.open(r.course))
	s.Professional("GET "+base+"/topic/{topic}", r.open(r.topic))
	s.Professional("GET "+base+"/topic/{topic}/{unit}", r.open(r.unit))
	s.Professional("POST "+base+"/topic/{topic}/{unit}", r.open(r.unitPost))
	s.Professional("GET "+base+"/topic/{topic}/question", r.open(r.newQuestion))
	s.Professional("POST "+base+"/topic/{topic}/question", r.open(r.newQuestionPost))
	s.Professional("GET "+base+"/topic/{topic}/question/{question}", r.open(r.question))
	s.Professional("POST "+base+"/topic/{topic}/question/{question}", r.open(r.questionPost))
	r.mountStructure(s)
	s.Professional("GET "+base+"/add", r.open(r.add))
	s.Professional("POST "+base+"/add", r.open(r.addPost))
	s.Professional("GET "+base+"/words", r.open(r.words))
	s.Professional("POST "+base+"/words", r.open(r.wordsPost))
	s.Professional("GET "+base+"/languages/{lang}", r.open(r.language))
	s.Professional("GET "+base+"/history", r.open(r.history))
	s.Professional("POST "+base+"/history", r.open(r.restore))
	r.mountReviews(s)
	r.mountPictures(s)
	s.Professional("GET "+base+"/publish", r.open(r.publish))
	s.Professional("POST "+base+"/publish", r.open(r.publishPost))
	s.Professional("GET "+base+"/view/{topic}", r.open(r.view(r.Reading.Topic)))
	s.Professional("GET "+base+"/view/{topic}/{unit}", r.open(r.view(r.Reading.Unit)))
	s.Professional("GET "+base+"/view/summary/{topic}", r.open(r.view(r.Reading.Summary)))
	s.Professional("GET "+base+"/view/case/{case}", r.open(r.view(r.Reading.Play)))
}

// desk is what a page of this room is given: the working copy, what is published,
// and whether the viewer may change anything.
type desk struct {
	Draft
	now *learn.Course
	May bool
	at  string // address of the room, for the pictures of the working copy
}

// open serves a page to who may know of the room.
//
// req: COURSE-1
func (r *Rooms) open(page func(c *web.Ctx, d desk) error) web.Handler {
	return func(c *web.Ctx) error {
		if err := r.May(c.Viewer, "course.read"); err != nil {
			return err
		}
		draft, err := r.Draft(c.Context())
		if err != nil {
			return err
		}
		return page(c, desk{draft, r.Course(), r.May(c.Viewer, "course.edit") == nil, c.Path(base) + "/"})
	}
}

// view shows the working copy as readers would see it.
func (r *Rooms) view(page func(*web.Ctx, reading.Reader) error) func(*web.Ctx, desk) error {
	return func(c *web.Ctx, d desk) error {
		return page(c, d.reader())
	}
}

func (d desk) reader() reading.Reader {
	return reading.Reader{Course: d.Course, Base: base + "/view", Pictures: d.at}
}

// standing is how the words of a file stand in one language, in words.
type standing struct {
	Lang, Name, URL       string
	Whole                 bool
	Missing, Stale, Draft int
}

func (d desk) standings(c *web.Ctx, file string) (out []standing) {
	for _, lang := range d.Course.Languages {
		s := d.Course.Standing(file, lang, d.now)
		out = append(out, standing{lang, web.LanguageName(lang), c.Path(base+"/languages/"+lang) + "?file=" + url.QueryEscape(file), s.Whole(), len(s.Missing), len(s.Stale), len(s.Draft)})
	}
	return out
}

// line leads to a topic, a case, or the course's own words.
type line struct {
	URL, Title string
	Langs      []standing
}

type courseView struct {
	May       bool
	Title     string
	Topics    []line
	Cases     []line
	Own       line
	Langs     []standing // of the whole course
	Changed   bool       // something is not published
	Problems  int
	When, Who string // of the last publication; empty: as it shipped
	Publish   string
	History   string
	Waiting   int // parts that wait for a review, in any language
	Open      int // comments
	NewCase   string
	Offers    int // texts of a newer release that wait for a decision
}

var coursePage = web.NewPage[courseView](pages, "page/course.html", "page/pieces.html")

func (r *Rooms) course(c *web.Ctx, d desk) error {
	v := courseView{May: d.May, Title: title(d.Course, "course", c.Lang), Changed: d.Course.Version() != d.now.Version(), Problems: len(d.Problems),
		NewCase: c.Path(base + "/case"), Publish: c.Path(base + "/publish"), History: c.Path(base + "/history")}
	for _, t := range d.Course.Topics {
		v.Topics = append(v.Topics, line{c.Path(base + "/topic/" + t.ID), title(d.Course, t.ID, c.Lang), d.standings(c, t.ID)})
	}
	for _, s := range d.Course.Cases {
		file := "case/" + s.ID
		v.Cases = append(v.Cases, line{caseURL(c, s.ID), title(d.Course, file, c.Lang), d.standings(c, file)})
	}
	v.Own = line{textsURL(c, "course"), c.T("edit.own"), d.standings(c, "course")}
	v.Langs = together(c, slices.Concat(v.Topics, v.Cases, []line{v.Own}))
	_, offers, err := r.Upgrades(c.Context())
	if err != nil {
		return err
	}
	v.Offers = len(offers)
	if v.Waiting, v.Open, err = r.due(c, d); err != nil {
		return err
	}
	releases, err := r.Releases(c.Context())
	if err != nil {
		return err
	}
	if len(releases) > 0 {
		v.When, v.Who = c.DateTime(releases[0].At), releases[0].By.Name
	}
	return coursePage.Render(c, v)
}

// together is how the words of several files stand in each language, with its
// translator's list.
func together(c *web.Ctx, lines []line) (out []standing) {
	for _, l := range lines {
		for i, s := range l.Langs {
			if i == len(out) {
				out = append(out, standing{Lang: s.Lang, Name: s.Name, URL: c.Path(base + "/languages/" + s.Lang), Whole: true})
			}
			out[i].Whole = out[i].Whole && s.Whole
			out[i].Missing, out[i].Stale, out[i].Draft = out[i].Missing+s.Missing, out[i].Stale+s.Stale, out[i].Draft+s.Draft
		}
	}
	return out
}

// title is that of a file of words in the reader's language, as far as it has
// one; of a case that was taken out it is its name.
func title(course *learn.Course, file, lang string) string {
	if w := course.Own(file, lang); w != nil && w.Has("title") {
		return w.Line("title")
	}
	if w := course.Words(file, learn.Source); w != nil {
		return w.Line("title")
	}
	return file
}

type topicView struct {
	May            bool
	ID, Title      string
	Langs          []standing
	Units          []unitLine
	NewUnit        string
	Bank           []line
	TitleURL, Lead string
	Summary        []block
	View           string
	Ask            string // where a question is added
}

var topicPage = web.NewPage[topicView](pages, "page/topic.html", "page/parts.html", "page/pieces.html")

func (r *Rooms) topic(c *web.Ctx, d desk) error {
	t, ok := d.Course.Topic(c.Param("topic"))
	if !ok {
		return errNotFound
	}
	v := topicView{May: d.May, ID: t.ID, Title: title(d.Course, t.ID, c.Lang), Langs: d.standings(c, t.ID),
		TitleURL: wordsURL(c, t.ID, learn.Source, "title"), Lead: wordsURL(c, t.ID, learn.Source, "lead"), View: c.Path(base + "/view/" + t.ID), Ask: questionURL(c, t.ID, "")}
	v.Units, v.NewUnit = d.unitLines(c, t), unitURL(c, t.ID, "unit")
	for _, q := range t.Questions {
		v.Bank = append(v.Bank, line{URL: questionURL(c, t.ID, q.ID), Title: d.partTitle(c, Name{File: t.ID, Part: q.ID})})
	}
	for _, id := range t.Summary {
		v.Summary = append(v.Summary, d.block(c, t.ID, learn.Source, "s."+id, ""))
	}
	return topicPage.Render(c, v)
}

func unitURL(c *web.Ctx, topic, unit string) string {
	return c.Path(base + "/topic/" + topic + "/" + unit)
}

// textsURL lists all texts of a file in the source.
func textsURL(c *web.Ctx, file string) string {
	return c.Path(base+"/languages/"+learn.Source) + "?" + url.Values{"file": {file}, "all": {"1"}}.Encode()
}

// wordsURL is where the words of a block are edited.
func wordsURL(c *web.Ctx, file, lang, id string) string {
	return c.Path(base+"/words") + "?" + url.Values{"file": {file}, "lang": {lang}, "block": {id}}.Encode()
}

// block is a text as the reader sees it, with what can be done to it.
type block struct {
	reading.Block
	Own         string // its name within the unit
	Edit        string // where its words are edited
	Missing     bool
	First, Last bool
	Open        int // comments
}

func (d desk) block(c *web.Ctx, file, lang, id, form string) block {
	own := d.Course.Own(file, lang)
	return block{Block: d.reader().Shown(file, lang, id, form), Own: id[strings.LastIndexByte(id, '.')+1:], Edit: wordsURL(c, file, lang, id), Missing: own == nil || !own.Has(id)}
}

type unitView struct {
	May                      bool
	Topic, Unit, Title, Back string
	BackTitle, TitleURL      string
	Lang                     string
	Source                   bool // structure is changed in the source alone
	Langs                    []web.M
	Blocks                   []block
	Questions                []line
	View, Add, Ask, Set      string
	Stand                    stand
}

var unitPage = web.NewPage[unitView](pages, "page/blocks.html", "page/parts.html", "page/pieces.html")

func (r *Rooms) unit(c *web.Ctx, d desk) error {
	t, u, ok := d.Course.Find(c.Param("topic") + "." + c.Param("unit"))
	if !ok {
		return errNotFound
	}
	lang := c.Query("lang")
	if !slices.Contains(d.Course.Languages, lang) {
		lang = learn.Source
	}
	words := d.Course.Words(t.ID, lang)
	v := unitView{May: d.May, Topic: t.ID, Unit: u.ID, Title: words.Line(u.ID), Back: c.Path(base + "/topic/" + t.ID), BackTitle: title(d.Course, t.ID, c.Lang),
		TitleURL: wordsURL(c, t.ID, lang, u.ID), Lang: lang, Source: lang == learn.Source, View: strings.Replace(c.Path(base+"/view/"+t.ID+"/"+u.ID), "/"+c.Lang+"/", "/"+lang+"/", 1),
		Add: c.Path(base+"/add") + "?" + url.Values{"topic": {t.ID}, "unit": {u.ID}}.Encode(),
		Ask: questionURL(c, t.ID, "") + "?unit=" + u.ID, Set: unitURL(c, t.ID, "unit/"+u.ID)}
	for _, one := range d.Course.Languages {
		v.Langs = append(v.Langs, web.M{"label": web.LanguageName(one), "href": unitURL(c, t.ID, u.ID) + "?lang=" + one, "on": one == lang})
	}
	l, err := r.Looks(c.Context())
	if err != nil {
		return err
	}
	said, open, err := r.openComments(c, d)
	if err != nil {
		return err
	}
	n := Name{t.ID, lang, u.ID}
	v.Stand = d.stand(c, l, n, open)
	for i, b := range u.Blocks {
		x := d.block(c, t.ID, lang, u.ID+"."+b.ID, b.Form)
		if x.Open = openOn(said, n, u.ID+"."+b.ID); b.File != "" {
			x.Edit = pictureURL(c, t.ID, u.ID, b.ID, "")
		}
		x.First, x.Last = i == 0, i == len(u.Blocks)-1
		v.Blocks = append(v.Blocks, x)
	}
	for _, id := range u.Questions {
		v.Questions = append(v.Questions, line{URL: questionURL(c, t.ID, id), Title: d.partTitle(c, Name{File: t.ID, Part: id})})
	}
	return unitPage.Render(c, v)
}

// unitPost moves a block or takes it out.
func (r *Rooms) unitPost(c *web.Ctx, _ desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	topic, unit := c.Param("topic"), c.Param("unit")
	do, name, _ := strings.Cut(f.Value("do"), " ")
	kind, act := Moved, func(b *Bench) error { return errNotFound }
	at := name
	switch do {
	case "up", "down":
		act = func(b *Bench) error {
			return b.MoveBlock(topic, unit, name, direction[do])
		}
	case "remove":
		at = ""
		kind, act = Removed, func(b *Bench) error { return b.DropBlock(topic, unit, name) }
	}
	if err := r.Act(c.Context(), c.Viewer, f.Once(), kind, act); err != nil {
		return err
	}
	if do == "remove" {
		c.Flash("edit.done.removed")
	}
	to := base + "/topic/" + topic + "/" + unit
	if at != "" {
		to += "#" + unit + "." + at
	}
	return c.Redirect(to)
}

// refuse puts what is wrong with a typed text beside its field.
func refuse(f *web.Form, field string, err error) bool {
	if p, ok := err.(learn.Problem); ok { //nolint:errorlint // given as it is
		f.Error(field, spoken(p.Key), p.Args...)
		return true
	}
	return false
}

// spoken is the sentence of a problem beside a field, where that of a folder
// speaks of identifiers and lines.
func spoken(key string) string {
	for _, own := range []string{"no-words", "shape", "marks"} {
		if key == "learn.problem."+own {
			return "edit.problem." + own
		}
	}
	return key
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// addView is the form of a new block.
type addView struct {
	Action, Back, Label string
	Shapes, Forms       []web.Choice
}

var addPage = web.NewPage[addView](pages, "page/add.html")

// formNames are how a block of words may stand out.
var formNames = []string{"", "case", "note", "warn", "key"}

func (r *Rooms) add(c *web.Ctx, d desk) error { return r.showAdd(c, d, 0) }

func (r *Rooms) showAdd(c *web.Ctx, d desk, status int) error {
	t, u, ok := d.Course.Find(c.Query("topic") + "." + c.Query("unit"))
	if !ok {
		return errNotFound
	}
	v := addView{Action: c.R.URL.RequestURI(), Back: unitURL(c, t.ID, u.ID), Label: d.partTitle(c, Name{File: t.ID, Part: u.ID})}
	for i, shape := range []learn.Shape{learn.Paragraph, learn.Heading, learn.List, learn.Steps, learn.Spoken} {
		v.Shapes = append(v.Shapes, web.Choice{Value: string(shape), Label: c.T("edit.shape." + string(shape)), Selected: i == 0})
	}
	v.Forms = forms(c, "")
	return addPage.RenderStatus(c, status, v)
}

// forms are the ways in which a block can stand out.
func forms(c *web.Ctx, now string) (out []web.Choice) {
	for i, form := range formNames {
		key := form
		if i == 0 {
			key = "plain"
		}
		out = append(out, web.Choice{Value: form, Label: c.T("edit.form." + key), Selected: form == now})
	}
	return out
}

func (r *Rooms) addPost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	topic, unit := c.Query("topic"), c.Query("unit")
	p := place{File: topic, Lang: learn.Source, source: d.Course.Words(topic, learn.Source), shapes: []learn.Shape{learn.Paragraph, learn.Heading, learn.List, learn.Steps, learn.Spoken}}
	text, err := p.text(f, d.Course.Works(topic))
	if refuse(f, "text", err) {
		return r.showAdd(c, d, http.StatusUnprocessableEntity)
	}
	block := ""
	err = r.Act(c.Context(), c.Viewer, f.Once(), Added, func(b *Bench) (err error) {
		block, err = b.AddBlock(topic, unit, c.Query("behind"), f.Value("form"), text)
		return err
	})
	if err != nil {
		return err
	}
	c.Flash("edit.done.added")
	return c.Redirect(base + "/topic/" + topic + "/" + unit + "#" + unit + "." + block)
}
