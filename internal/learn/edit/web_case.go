package edit

import (
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/learn/ways"
	"amelie/internal/web"
)

// A case as its graph: each scene with what can be done there and where it leads,
// each ending, and beside each what keeps the case from being published.

type graphView struct {
	May             bool
	ID, Title       string
	Langs           []standing
	View, Texts     string
	TitleURL, Lead  string
	Set             string
	Scene, Ending   string // where one is added
	Scenes, Endings []stop
	Problems        []string // of the case as a whole
	Wrong           int      // places that need work
	Minutes         int
	Setting         string
	Graph           template.HTML // of a case that can be walked
}

// stop is a scene or an ending.
type stop struct {
	ID, Name, Title, URL string
	First                bool
	Says                 string
	From                 []web.M // places that lead here
	Ways                 []wayLine
	Outcome              string
	Problems             []string
	Lacks                []web.M // languages that lack words, with where they are written
	Signs                int
	Debrief              int
}

type wayLine struct {
	Text, To, Name, Effect string
	Problems               []string
	Scene, Ending          string // where the place is written that it shall lead to
}

var graphPage = web.NewPage[graphView](pages, "page/graph.html", "page/pieces.html")

func (r *Rooms) mountCases(s *web.Shell) {
	for path, page := range map[string][2]func(*web.Ctx, desk) error{
		"":                   {r.newCase, r.newCasePost},
		"/{case}/set":        {r.caseSet, r.caseSetPost},
		"/{case}/scene":      {r.place, r.placePost},
		"/{case}/ending":     {r.place, r.placePost},
		"/{case}/at/{place}": {r.place, r.placePost},
	} {
		s.Professional("GET "+base+"/case"+path, r.open(page[0]))
		s.Professional("POST "+base+"/case"+path, r.open(page[1]))
	}
	s.Professional("GET "+base+"/case/{case}", r.open(r.graph))
}

// flaws are what is wrong at one place.
type flaws struct {
	own   []string            // of the place itself
	way   map[string][]string // of its choices
	lacks map[string]int      // texts that a language lacks
}

// ways are those of all choices.
func (x flaws) ways() (out []string) {
	for _, list := range x.way {
		out = append(out, list...)
	}
	slices.Sort(out)
	return out
}

// faults are what keeps a case from being published, by place; "" are those of
// the case as a whole.
func (d desk) faults(c *web.Ctx, s *learn.Case) map[string]flaws {
	out, file := map[string]flaws{}, "case/"+s.ID
	for _, p := range d.Problems {
		rest, ok := strings.CutPrefix(p.File, file+"/")
		if !ok {
			continue
		}
		id := ""
		if len(p.Args) > 1 {
			id, _ = p.Args[1].(string)
		}
		place, within, _ := strings.Cut(id, ".")
		if !slices.Contains(s.Places(), place) {
			place = ""
		}
		x := out[place]
		if x.way == nil {
			x.way, x.lacks = map[string][]string{}, map[string]int{}
		}
		lang, words := strings.CutSuffix(rest, ".md")
		switch {
		case words && p.Key == "learn.problem.missing":
			x.lacks[lang]++
		case words:
			x.own = append(x.own, web.LanguageName(lang)+": "+c.T(p.Key, p.Args...))
		case within != "":
			x.way[within] = append(x.way[within], d.flaw(c, p))
		default:
			x.own = append(x.own, d.flaw(c, p))
		}
		out[place] = x
	}
	return out
}

// flaw says a problem of the graph where its place stands beside it.
func (d desk) flaw(c *web.Ctx, p learn.Problem) string {
	key := strings.TrimPrefix(p.Key, "learn.problem.")
	for _, own := range []string{"few-choices", "leads-nowhere", "effect", "no-debrief", "outcome", "circle", "unreached"} {
		if key == own {
			return c.T("structure.flaw." + own)
		}
	}
	return c.T(p.Key, p.Args...)
}

func (r *Rooms) graph(c *web.Ctx, d desk) error {
	s, err := d.stage(c)
	if err != nil {
		return err
	}
	file := "case/" + s.ID
	v := graphView{May: d.May, ID: s.ID, Title: title(d.Course, file, c.Lang), Langs: d.standings(c, file), View: c.Path(base + "/view/case/" + s.ID), Texts: textsURL(c, file),
		TitleURL: wordsURL(c, file, learn.Source, "title"), Lead: wordsURL(c, file, learn.Source, "lead"), Set: caseURL(c, s.ID) + "/set",
		Scene: caseURL(c, s.ID) + "/scene", Ending: caseURL(c, s.ID) + "/ending", Minutes: s.Minutes}
	if slices.Contains(learn.Settings, s.Setting) {
		v.Setting = c.T("structure.setting." + s.Setting)
	}
	faults := d.faults(c, s)
	v.Problems = faults[""].own
	for _, id := range s.Places() {
		x := d.stop(c, s, id, faults[id])
		if _, broken := faults[id]; broken {
			v.Wrong++
		}
		if _, scene := s.Scene(id); scene {
			v.Scenes = append(v.Scenes, x)
		} else {
			v.Endings = append(v.Endings, x)
		}
	}
	if len(s.Scenes) > 0 && !slices.ContainsFunc(d.Problems, func(p learn.Problem) bool { return p.File == file+"/scenario.toml" }) {
		v.Graph = ways.Draw(s, nil, c.T("structure.case.graph"), c.T("structure.case.graph-text"))
	}
	return graphPage.Render(c, v)
}

// stop is a place of the graph with its ways in and out.
func (d desk) stop(c *web.Ctx, s *learn.Case, id string, wrong flaws) stop {
	words, names := d.Course.Words("case/"+s.ID, learn.Source), s.Names()
	p, _ := placeOf(words, s, id)
	x := stop{ID: id, Name: names[id], Title: p.Title, URL: placeURL(c, s.ID, id), First: id == s.Start, Problems: wrong.own, Signs: len(p.Shows), Debrief: len(p.Debrief)}
	if len(p.Texts) > 0 {
		x.Says = learn.Plain(p.Texts[0].Text)
	}
	if slices.Contains(learn.Outcomes, p.Outcome) {
		x.Outcome = c.T("structure.outcome." + p.Outcome)
	}
	for _, from := range s.Scenes {
		if slices.ContainsFunc(from.Choices, func(choice learn.Choice) bool { return choice.To == id }) {
			x.From = append(x.From, web.M{"name": names[from.ID], "title": words.Line(from.ID), "href": "#" + from.ID})
		}
	}
	for _, way := range p.Ways {
		l := wayLine{Text: learn.Plain(way.Text), Problems: wrong.way[way.ID], To: way.To}
		if to, ok := names[way.To]; ok {
			l.Name = to + " · " + words.Line(way.To)
		} else {
			from := "?from=" + id + "." + way.ID
			l.To, l.Scene, l.Ending = "", caseURL(c, s.ID)+"/scene"+from, caseURL(c, s.ID)+"/ending"+from
		}
		if slices.Contains(learn.Effects, way.Effect) {
			l.Effect = c.T("structure.effect." + way.Effect)
		}
		x.Ways = append(x.Ways, l)
	}
	for _, lang := range d.Course.Languages {
		if n := wrong.lacks[lang]; n > 0 {
			x.Lacks = append(x.Lacks, web.M{"name": web.LanguageName(lang), "n": n, "href": c.Path(base+"/languages/"+lang) + "?file=case%2F" + s.ID})
		}
	}
	return x
}

// What is set for a case; a new one has a title and a lead, too.

type caseSetView struct {
	May                       bool
	ID                        string // "": a new one
	Back, Label               string
	Minutes, Settings, Starts []web.Choice
	Topics                    []web.Choice
	Seen                      string
	Moved                     bool
}

var caseSetPage = web.NewPage[caseSetView](pages, "page/caseset.html")

// longestCase is how many minutes a case may be said to take.
const longestCase = 15

func (r *Rooms) newCase(c *web.Ctx, d desk) error {
	return r.showCaseSet(c, d, &learn.Case{Minutes: 8}, 0)
}

func (r *Rooms) caseSet(c *web.Ctx, d desk) error {
	s, err := d.stage(c)
	if err != nil {
		return err
	}
	return r.showCaseSet(c, d, s, 0)
}

func (r *Rooms) showCaseSet(c *web.Ctx, d desk, s *learn.Case, status int) error {
	v := caseSetView{May: d.May, ID: s.ID, Back: c.Path(base), Label: c.T("edit.title"), Seen: caseSet(s).Stamp(), Moved: status == http.StatusConflict}
	if s.ID != "" {
		v.Back, v.Label = caseURL(c, s.ID), title(d.Course, "case/"+s.ID, c.Lang)
		v.Starts = selected(stops(s, d.Course.Words("case/"+s.ID, learn.Source), "")[:len(s.Scenes)], s.Start)
	}
	v.Minutes = minutes(c, longestCase, s.Minutes)
	v.Settings = phrased(c, "structure.setting.", learn.Settings, s.Setting)
	for _, t := range d.Course.Topics {
		v.Topics = append(v.Topics, web.Choice{Value: t.ID, Label: title(d.Course, t.ID, c.Lang), Selected: slices.Contains(s.Topics, t.ID)})
	}
	return caseSetPage.RenderStatus(c, status, v)
}

// minutes are those from one to the longest.
func minutes(c *web.Ctx, longest, now int) (out []web.Choice) {
	for n := 1; n <= longest; n++ {
		out = append(out, web.Choice{Value: strconv.Itoa(n), Label: c.T("structure.minutes-n", "n", n), Selected: n == now})
	}
	return out
}

// caseSent is what a form sets for a case.
func (d desk) caseSent(f *web.Form, s *learn.Case) CaseSet {
	set := CaseSet{Minutes: int(number(f.Value("minutes"))), Setting: f.Value("setting"), Start: s.Start}
	if set.Minutes < 1 || set.Minutes > longestCase {
		f.Error("minutes", "web.error.choose")
	}
	if !slices.Contains(learn.Settings, set.Setting) {
		f.Error("setting", "web.error.choose")
	}
	if _, ok := s.Scene(f.Value("start")); ok {
		set.Start = f.Value("start")
	}
	for _, t := range d.Course.Topics {
		if f.Has("topics", t.ID) {
			set.Topics = append(set.Topics, t.ID)
		}
	}
	return set
}

func (r *Rooms) newCasePost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	s := &learn.Case{}
	set := d.caseSent(f, s)
	name, lead := composed(f, "title", learn.Title, nil), composed(f, "text", learn.Paragraph, nil)
	if !f.OK() {
		return r.showCaseSet(c, d, s, http.StatusUnprocessableEntity)
	}
	id := ""
	err = r.Act(c.Context(), c.Viewer, f.Once(), Added, func(b *Bench) (err error) {
		id, err = b.AddCase(set, name, lead)
		return err
	})
	if err != nil {
		return err
	}
	c.Flash("edit.done.added")
	if id == "" { // a button that was pressed twice adds once
		return c.Redirect(base)
	}
	return c.Redirect(base + "/case/" + id)
}

func (r *Rooms) caseSetPost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	s, err := d.stage(c)
	if err != nil {
		return err
	}
	if f.Value("do") == "remove" {
		err := r.Act(c.Context(), c.Viewer, f.Once(), Removed, func(b *Bench) error { return b.DropCase(s.ID) })
		if err != nil {
			return err
		}
		c.Flash("edit.done.removed")
		return c.Redirect(base)
	}
	set := d.caseSent(f, s)
	if !f.OK() {
		return r.showCaseSet(c, d, s, http.StatusUnprocessableEntity)
	}
	err = r.Act(c.Context(), c.Viewer, f.Once(), Set, func(b *Bench) error { return b.SetCase(s.ID, f.Value("seen"), set) })
	if errors.As(err, new(Conflict)) {
		return r.caseMoved(c)
	}
	if err != nil {
		return err
	}
	c.Flash("edit.done.saved")
	return c.Redirect(base + "/case/" + s.ID)
}

// caseMoved shows the form again over what somebody else set meanwhile.
func (r *Rooms) caseMoved(c *web.Ctx) error {
	d, err := r.again(c)
	if err != nil {
		return err
	}
	s, err := d.stage(c)
	if err != nil {
		return err
	}
	return r.showCaseSet(c, d, s, http.StatusConflict)
}
