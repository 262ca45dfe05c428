package guide

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/screen"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css page/*.js
var files embed.FS

var (
	_ = web.Style(files, "page/guide.css")
	_ = web.Script(files, "page/hours.js")
	_ = web.Script(files, "page/guide.js")
)

var guidePage = web.NewPage[view](files, "page/guide.html")

// Duty is what the law of a country asks, as the country's pack says it.
type Duty struct {
	Kind        string // must, must-not, may
	Text        string
	To, By      string // to whom and by when, in words; empty: not said
	Article     string
	Verified    bool     // compared with the law by a named person
	Professions []string // whom it binds; empty: everybody
	Hidden      bool     // set here: of another profession than the reader's
}

// Handover is the room that takes what the person wants carried on.
type Handover interface {
	// Parts are what can be carried, each with its choices.
	Parts(c *web.Ctx) []Part
	// Start begins a draft of the signed-in professional with what was ticked,
	// and says where it goes on. The same once token gives the same draft.
	Start(c *web.Ctx, once string, ticked map[string][]string) (path string, err error)
}

// Part is one thing that can be carried on.
type Part struct {
	Name, Label string
	Choices     []web.Choice
}

// Offer is what the form of another room begins with: its fields by their names,
// which stand as labels.
type Offer struct{ Fields []web.Choice }

// Config is what the guide needs from outside.
type Config struct {
	Country     func(c *web.Ctx) string // ISO 3166-1 of where the reader is; may be empty
	Countries   func(lang string) []web.Choice
	Professions func(lang string) []web.Choice
	Emergency   func(country string) string
	// Duties are those towards an adult, or towards a child.
	Duties func(country, lang string, child bool) []Duty
	// Helpline is the line that answers now, Interpreter one that interprets;
	// nil: none is known. ChildLine is one for whoever worries about a child.
	Helpline    func(ctx context.Context, country, lang string, at time.Time) *web.CallBox
	ChildLine   func(ctx context.Context, country, lang string, at time.Time) *web.CallBox
	Interpreter func(ctx context.Context, country, lang string, at time.Time) *web.CallBox
	House       func(c *web.Ctx) *screen.House // nil for everybody who is not signed in
	// Care is the page that says which care is open to whom in a country, without
	// the language; empty: none.
	Care     func(country string) string
	Handover Handover
	// Signs are the words of observed indicators, by id; what is not known is
	// left out.
	Signs func(lang string, ids []string) []web.Choice
	// Summary offers to count the talk in the house's statistics; nil where this
	// reader's house counts none. May be nil.
	Summary func(c *web.Ctx, path string, signs []string) *Offer
	// Version names the state of everything that the guide shows beside its own
	// words; it moves when the directory or the settings do.
	Version func(ctx context.Context) string
	// Keep are further addresses that are kept for use without a line.
	Keep func(country, lang string) []string
}

// Rooms serve the guide.
type Rooms struct {
	*Guide
	cfg     Config
	keeping *web.Keeping
	sheets  map[string]*web.Packed // sentences by language, as files
}

// New makes the rooms of a guide.
func New(g *Guide, cfg Config) *Rooms { return &Rooms{Guide: g, cfg: cfg} }

// Mount adds the pages to the shell.
func (r *Rooms) Mount(s *web.Shell) {
	// The same for every stranger until the place changes: made once a minute.
	page := web.Kept(func(c *web.Ctx) string { return r.cfg.Version(c.Context()) + strconv.FormatBool(c.FromHere()) }, r.show)
	s.Public("GET /guide", page)
	s.Public("POST /guide", r.show)
	s.Public("GET /guide/{path}", page)
	s.Public("POST /guide/{path}", r.show)
	s.Public("GET /guide/facts/{country}", r.facts)
	s.Public("POST /guide/note", r.note)
	s.Public("GET /guide/sources", r.sourceList)
	s.Professional("POST /guide/carry", r.carry)
	s.Raw("GET /guide/say/{file}", http.HandlerFunc(r.sentences))
	r.mountKept(s)
}

// view is the guide as one reader sees it.
type view struct {
	Path        Path
	Paths       []web.Choice
	Country     string
	Countries   []web.Choice
	Profession  string
	Professions []web.Choice
	Say         string // the language beside; empty: none
	Unread      bool   // no native reader has read that language
	Languages   []web.Choice
	Start       string // anchor of the guide's first step
	First       string // anchor of the step that is shown at first
	Steps       []stepView
	Stages      []string
	Facts       factView
}

// stepView is one screen.
type stepView struct {
	ID, Anchor string
	Stage      int
	Words      Words
	Sources    []Source
	Said       []sentence
	Answers    []answerView
	Facts      []string
	Topics     []topicView
	Child, End bool
}

type sentence struct{ ID, Own, Other string }

type answerView struct{ Href, Label, Icon, Carries string }

type topicView struct {
	ID, Icon string
	Advice   Advice
	Sources  []Source
}

// factView is what depends on the place.
type factView struct {
	Country     string
	Emergency   string
	Helpline    *web.CallBox
	ChildLine   *web.CallBox // nil: the helpline stands for children too
	Interpreter *web.CallBox
	House       *screen.House
	Care        string // path of the page about care
	Duties      []dutyGroup
	Child       []dutyGroup
	Unsure      bool // some duty was not compared with the law
	Parts       []Part
	Signs       []web.Choice
	Summary     *Offer              // nil: not offered
	Picked      map[string][]string // what was ticked before
}

// Calls are the facts that stand before everything else of a step: who is
// called.
func (view) Calls() []string {
	return []string{"emergency", "helpline", "helpline-child", "interpreter"}
}

// ForChild is the line on the steps about a child.
func (f factView) ForChild() *web.CallBox {
	if f.ChildLine != nil {
		return f.ChildLine
	}
	return f.Helpline
}

// GeneralToo tells whether the general helpline stands on the child's steps
// too: where no other answers now.
func (f factView) GeneralToo() bool {
	return f.Helpline != nil && (f.ChildLine == nil || f.ChildLine.Closed && !f.Helpline.Closed)
}

// dutyGroup is the duties of one kind; Hidden when none is the reader's.
type dutyGroup struct {
	Kind   string
	List   []Duty
	Hidden bool
}

// grouped are the duties by kind, with those of other professions hidden.
func grouped(duties []Duty, profession string) (out []dutyGroup) {
	for _, kind := range []string{"must", "must-not", "may"} {
		g := dutyGroup{Kind: kind, Hidden: true}
		for _, d := range duties {
			if d.Kind != kind {
				continue
			}
			d.Hidden = profession != "" && len(d.Professions) > 0 && !slices.Contains(d.Professions, profession)
			g.Hidden = g.Hidden && d.Hidden
			g.List = append(g.List, d)
		}
		if len(g.List) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// settings are what the reader chose, for this answer alone.
type settings struct {
	path                     Path
	country, say, profession string
	first                    string // id of a step
	signs                    []string
}

// anchor is the neutral name of a step in the page.
func (g *Guide) anchor(id string) string {
	return fmt.Sprintf("s%d", 1+slices.IndexFunc(g.Steps, func(s Step) bool { return s.ID == id }))
}

// At is the path that opens the guide at a step.
func (g *Guide) At(step string) string { return "/guide#" + g.anchor(step) }

// settings reads what was chosen. What is not offered counts as not chosen: a
// page for a bad minute refuses nothing.
func (r *Rooms) settings(c *web.Ctx) (settings, error) {
	path, ok := r.Path(c.Param("path"))
	if !ok {
		return settings{}, fault.New(fault.NotFound, "web.error.not-found")
	}
	s := settings{path: path, country: r.cfg.Country(c), profession: path.Profession, first: r.First}
	if c.R.Method != http.MethodPost {
		return s, nil
	}
	f, err := c.Form()
	if err != nil {
		return s, err
	}
	if offered(r.cfg.Countries(c.Lang), f.Value("country")) {
		s.country = f.Value("country")
	}
	if v := f.Value("profession"); v == "any" || offered(r.cfg.Professions(c.Lang), v) {
		s.profession = strings.TrimSuffix(v, "any")
	}
	if r.Say(f.Value("say")) != nil && f.Value("say") != c.Lang {
		s.say = f.Value("say")
	}
	if _, ok := r.Step(f.Value("at")); ok {
		s.first = f.Value("at")
	}
	s.signs = f.Values("sign")
	return s, nil
}

func offered(list []web.Choice, value string) bool {
	return slices.ContainsFunc(list, func(x web.Choice) bool { return x.Value == value })
}

// show answers with the whole guide as one page: what is answered in it stays
// in it.
//
// req: GUIDE-2
func (r *Rooms) show(c *web.Ctx) error {
	s, err := r.settings(c)
	if err != nil {
		return err
	}
	c.Small()
	if !c.FromHere() {
		c.OwnFonts() // whoever comes from elsewhere has not got them yet, and is in a hurry
	}
	v := view{Path: s.path, Country: s.country, Profession: s.profession, Say: s.say, Stages: r.Stages, Start: r.anchor(r.First), First: r.anchor(s.first),
		Countries: r.cfg.Countries(c.Lang), Professions: append([]web.Choice{{Value: "any", Label: c.T("guide.set.any")}}, r.cfg.Professions(c.Lang)...),
		Languages: []web.Choice{{Label: c.T("guide.set.none")}}, Facts: r.factsOf(c, s.country, s.profession)}
	v.Facts.Signs = r.signs(c.Lang, s.signs)
	v.Facts.Summary = r.offer(c, s.path.ID, s.signs)
	if other := r.Say(s.say); other != nil {
		v.Unread = !other.Reviewed()
	}
	for _, way := range r.Ways(c) {
		way.Selected = way.Value == s.path.ID
		v.Paths = append(v.Paths, way)
	}
	for _, lang := range r.spoken {
		if lang != c.Lang {
			v.Languages = append(v.Languages, web.Choice{Value: lang, Label: web.LanguageName(lang)})
		}
	}
	for _, step := range r.Steps {
		v.Steps = append(v.Steps, r.stepView(c, step, s))
	}
	return guidePage.Render(c, v)
}

// Ways are the ways into the guide, one for each place of work.
func (r *Rooms) Ways(c *web.Ctx) (out []web.Choice) {
	for _, p := range r.Paths {
		out = append(out, web.Choice{Value: p.ID, Label: c.T("guide.path." + p.ID), Icon: p.Icon, URL: c.Path(address(p))})
	}
	return out
}

// address is the address of a path without the language.
func address(p Path) string {
	if p.ID == general {
		return "/guide"
	}
	return "/guide/" + p.ID
}

func (r *Rooms) stepView(c *web.Ctx, step Step, s settings) stepView {
	out := stepView{ID: step.ID, Anchor: r.anchor(step.ID), Stage: slices.Index(r.Stages, step.Stage), Words: r.Words(c.Lang, step.ID, s.path.ID),
		Facts: step.Facts, Child: step.Child, End: step.End}
	out.Sources = r.named(out.Words.Sources)
	own, other := r.Say(c.Lang), r.Say(s.say)
	for _, id := range r.Said(step, s.path.ID) {
		one := sentence{ID: id, Own: own.Say[id]}
		if other != nil {
			one.Other = other.Say[id]
		}
		out.Said = append(out.Said, one)
	}
	for _, a := range step.On(s.path.ID) {
		v := answerView{Href: "#" + r.anchor(a.To), Label: out.Words.Answers[a.ID], Icon: a.Icon, Carries: a.Carries}
		if a.Room != "" {
			if !c.HasRoute("GET " + a.Room) {
				continue
			}
			v.Href = c.Path(a.Room)
		}
		out.Answers = append(out.Answers, v)
	}
	if step.Topics {
		out.Topics = r.topics(c.Lang, s.path.ID)
	}
	return out
}

func (r *Rooms) topics(lang, path string) (out []topicView) {
	for _, t := range r.Topics {
		if t.on(path) {
			a := r.Advice(lang, t.ID, path)
			out = append(out, topicView{ID: t.ID, Icon: t.Icon, Advice: a, Sources: r.named(a.Sources)})
		}
	}
	return out
}

func (g *Guide) named(ids []string) (out []Source) {
	for _, id := range ids {
		out = append(out, g.sources[id])
	}
	return out
}

// factsOf asks the other rooms about a country.
func (r *Rooms) factsOf(c *web.Ctx, country, profession string) factView {
	v := factView{Country: country, Emergency: r.cfg.Emergency(country),
		Helpline:    r.cfg.Helpline(c.Context(), country, c.Lang, c.Now()),
		ChildLine:   r.cfg.ChildLine(c.Context(), country, c.Lang, c.Now()),
		Interpreter: r.cfg.Interpreter(c.Context(), country, c.Lang, c.Now()),
		House:       r.cfg.House(c), Care: r.cfg.Care(country), Parts: r.cfg.Handover.Parts(c),
		Duties: grouped(r.cfg.Duties(country, c.Lang, false), profession),
		Child:  grouped(r.cfg.Duties(country, c.Lang, true), profession)}
	for _, g := range append(slices.Clone(v.Duties), v.Child...) {
		v.Unsure = v.Unsure || slices.ContainsFunc(g.List, func(d Duty) bool { return !d.Verified })
	}
	if v.House != nil && v.House.Interpreter != nil {
		v.Interpreter = v.House.Interpreter
	}
	return v
}

func (r *Rooms) offer(c *web.Ctx, path string, signs []string) *Offer {
	if r.cfg.Summary == nil {
		return nil
	}
	return r.cfg.Summary(c, path, signs)
}

func (r *Rooms) signs(lang string, ids []string) []web.Choice {
	if r.cfg.Signs == nil || len(ids) == 0 {
		return nil
	}
	return r.cfg.Signs(lang, ids)
}

// placeFacts is what changes in the page with the country, as markup by kind.
type placeFacts struct {
	Country string                   `json:"country"`
	At      int64                    `json:"at"` // ms UTC: when it was said which line is open
	Facts   map[string]template.HTML `json:"facts"`
}

// facts answers with what another country changes in the page, and with the
// house of whoever is signed in: for a page that is kept on the device.
func (r *Rooms) facts(c *web.Ctx) error {
	country := strings.ToUpper(c.Param("country"))
	if !offered(r.cfg.Countries(c.Lang), country) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	out := placeFacts{Country: country, At: c.Now().UnixMilli(), Facts: map[string]template.HTML{}}
	changed := r.factsOf(c, country, "")
	changed.Summary = r.offer(c, "", nil)
	dot := web.View{Ctx: c, D: view{Facts: changed}}
	for _, kind := range append(slices.Clone(factKinds), "bar") {
		if kind == "handover" {
			continue // what was ticked stays
		}
		html, err := guidePage.Part("fact", map[string]any{"v": dot, "kind": kind})
		if err != nil {
			return err
		}
		out.Facts[kind] = html
	}
	return c.JSON(http.StatusOK, out)
}

// sentences answers with what to say in one language. The same for everyone.
func (r *Rooms) sentences(w http.ResponseWriter, q *http.Request) {
	lang, ok := strings.CutSuffix(q.PathValue("file"), ".json")
	file := r.sheets[lang]
	if !ok || file == nil {
		http.NotFound(w, q)
		return
	}
	file.ServeHTTP(w, q)
}

var sourcesPage = web.NewPage[[]Source](files, "page/sources.html")

func (r *Rooms) sourceList(c *web.Ctx) error {
	var list []Source
	for _, id := range r.cited {
		list = append(list, r.sources[id])
	}
	return sourcesPage.Render(c, list)
}
