package plan

import (
	"cmp"
	"embed"
	"slices"
	"sort"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var (
	_         = web.Style(pages, "page/plan.css")
	planPage  = web.NewPage[planData](pages, "page/plan.html")
	sheetPage = web.NewPage[sheetData](pages, "page/sheet.html")
)

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /cases/{id}/plan", s.getPlan)
	sh.Professional("POST /cases/{id}/plan/offer", s.postOffer)
	sh.Professional("POST /cases/{id}/plan/close", s.postClose)
	sh.Professional("GET /cases/{id}/plan/sheet", s.getSheet)
}

// warning is how long before its date a claim's last day is warned of.
const warning = 60 * 24 * time.Hour

// limits are the last days of claims that come within the warning and are not
// ticked off.
func limits(entries []casework.Entry, now time.Time) (out []casework.Entry) {
	for _, e := range entries {
		if e.Kind == Redress && !e.DueAt.IsZero() && e.DoneAt.IsZero() && e.DueAt.Before(now.Add(warning)) {
			out = append(out, e)
		}
	}
	return out
}

// glance is the door: goals, and a claim whose last day comes near.
func (s *Service) glance(c *web.Ctx, o *casework.Opened) (casework.Glance, error) {
	goals, reached := 0, 0
	for _, e := range o.Of(Goal) {
		goals++
		if !e.DoneAt.IsZero() {
			reached++
		}
	}
	g := casework.Glance{Hidden: !seen(o)}
	if goals > 0 {
		g.Text = c.T("plan.glance", "n", goals, "reached", reached)
	}
	if near := limits(o.Entries, c.Now()); len(near) > 0 {
		g.Alert, g.Text = true, c.T("plan.limit-near", "date", c.Day(near[0].Fields.One("day")))
	}
	return g, nil
}

// seen says whether the viewer may read any part that the plan shows.
func seen(o *casework.Opened) bool {
	return slices.ContainsFunc(o.Readable, func(p casework.Part) bool {
		return p == casework.Services || p == casework.Health || p == casework.Legal
	})
}

type planData struct {
	Here, Case, Sheet    string
	Next                 []web.M
	Pillars              []pillar
	Suggestions          []web.M
	Circumstances, After []part
	Reasons              []web.Choice
	Closings             []web.M
	Open, MayClose       bool
	Shared               string // whose case it is, when it is another agency's
}

// pillar is one of the four, with what stands under it.
type pillar struct {
	ID, Title, Lead string
	Lines           []line
	Add             []web.M
}

// line is one entry of the plan.
type line struct {
	Title, Text, Href string
	Deadline, Badge   web.M
	Tick              string // where a goal is ticked off; "" for none
	due               time.Time
	done              bool
}

// part is a kind that the plan has once.
type part struct {
	Title, Href, Label string // Label of the button; Href is "" where it cannot be written
	Rows               []web.M
}

func (s *Service) getPlan(c *web.Ctx) error { return s.showPlan(c) }

func (s *Service) showPlan(c *web.Ctx) error {
	o, err := s.Cases.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	if !seen(o) {
		return errNotFound
	}
	data := planData{Case: c.Path("/cases/" + o.ID), Here: c.Path("/cases/" + o.ID + "/plan"), Open: o.State == casework.Open, MayClose: o.Own}
	data.Sheet = data.Here + "/sheet"
	if !o.Own {
		data.Shared = c.T("casework.from", "name", o.Agency)
	}
	for _, p := range casework.Pillars {
		data.Pillars = append(data.Pillars, s.pillar(c, o, p))
	}
	data.Next = next(c, o)
	if _, may := writable(o, kindOf(Goal)); may {
		data.Suggestions = suggestions(c, o)
	}
	data.Circumstances = parts(c, o, Circumstances)
	data.After = parts(c, o, Survey, Leaving)
	for _, r := range Reasons {
		data.Reasons = append(data.Reasons, web.Choice{Value: r, Label: c.T("plan.reason." + r)})
	}
	codes, err := s.codes(c.Context(), c.Viewer, o.ID)
	for _, code := range codes {
		if code.What == "closing" {
			data.Closings = append(data.Closings, web.M{"label": c.Date(code.At), "text": c.T("plan.reason." + code.Code)})
		}
	}
	if err != nil {
		return err
	}
	return planPage.Render(c, data)
}

// writable says whether the viewer may write entries of a kind now, and where.
func writable(o *casework.Opened, k casework.Kind) (path string, may bool) {
	return "/cases/" + o.ID + "/write/" + k.ID, o.State == casework.Open && slices.Contains(o.Writable, k.Part)
}

// shown is how an entry of a kind stands in its pillar: the field that is its
// title, those that are its text, and the one that is its badge.
var shown = []struct {
	kind, title string
	text        []string
	badge       string
	pillars     []string // where its button stands
}{
	{Goal, "words", []string{"steps"}, "", casework.Pillars},
	{service, "need", []string{"provider", "words"}, "standing", casework.Pillars},
	{LongCare, "area", []string{"provider", "words"}, "", []string{"support"}},
	{InKind, "what", []string{"amount", "given", "words"}, "receipt", []string{"support"}},
	{Group, "offer", []string{"alias", "words"}, "standing", []string{"inclusion"}},
	{Returning, "wish", []string{"standing", "provider", "words"}, "checked", []string{"inclusion"}},
	{Redress, "track", []string{"words", "amount"}, "standing", []string{"redress"}},
}

func (s *Service) pillar(c *web.Ctx, o *casework.Opened, id string) pillar {
	p := pillar{ID: id, Title: c.T("casework.option.pillar." + id), Lead: c.T("plan.pillar." + id)}
	for _, show := range shown {
		k := kindOf(show.kind)
		for _, e := range o.Of(k.ID) {
			if pillarOf(k.ID, e.Fields) == id {
				p.Lines = append(p.Lines, lineOf(c, o, k, e, show.title, show.text, show.badge))
			}
		}
		href, may := writable(o, k)
		_, there := o.Latest(k.ID)
		if may && slices.Contains(show.pillars, id) && !(k.Single && there) {
			p.Add = append(p.Add, web.M{"href": c.Path(href), "label": c.T(labelKey(k)), "kind": "quiet", "small": true, "icon": "plus"})
		}
	}
	sort.SliceStable(p.Lines, func(i, j int) bool { return p.Lines[i].before(p.Lines[j]) })
	return p
}

func labelKey(k casework.Kind) string { return cmp.Or(k.Room, "casework") + ".kind." + k.ID }

// before orders lines: what is due first stands first, what is done last.
func (l line) before(other line) bool {
	switch {
	case l.done != other.done:
		return other.done
	case l.due.IsZero() != other.due.IsZero():
		return other.due.IsZero()
	}
	return l.due.Before(other.due)
}

func lineOf(c *web.Ctx, o *casework.Opened, k casework.Kind, e casework.Entry, title string, text []string, badge string) line {
	l := line{Title: valueOf(c, k, e.Fields, title), due: e.DueAt, done: !e.DoneAt.IsZero()}
	l.Href = c.Path("/cases/" + o.ID + "/write/" + k.ID + "?entry=" + e.ID)
	var words []string
	for _, f := range text {
		if v := valueOf(c, k, e.Fields, f); v != "" {
			words = append(words, v)
		}
	}
	l.Text = cmp.Or(strings.Join(words, " · "), c.T(labelKey(k)))
	if code := e.Fields.One(badge); badge != "" && code != "" {
		l.Badge = web.M{"text": casework.Say(c, k, badge, code), "kind": badgeKind(code)}
	}
	switch day := e.Fields.One("day"); {
	case l.done:
		l.Badge = web.M{"text": c.T("plan.done", "date", c.Date(e.DoneAt)), "kind": "ok"}
	case day != "" && !e.DueAt.IsZero():
		l.Deadline = deadline(c, e.DueAt, c.T("plan.by."+k.ID, "date", c.Day(day)))
	}
	if _, may := writable(o, k); may && k.ID == Goal && !l.done {
		l.Tick = c.Path("/cases/" + o.ID + "/done/" + e.ID)
	}
	return l
}

// deadline is a chip that says how near a date is.
func deadline(c *web.Ctx, at time.Time, text string) web.M {
	kind := "info"
	switch {
	case at.Before(c.Now()):
		kind = "lost"
	case at.Before(c.Now().Add(warning)):
		kind = "soon"
	}
	return web.M{"kind": kind, "text": text, "datetime": c.Stamp(at)}
}

func badgeKind(code string) string {
	switch code {
	case "given", "granted", "paid", "attending", "kept", "yes":
		return "ok"
	case "refused", "not-wanted", "ended", "none":
		return "plain"
	}
	return "info"
}

// valueOf is a field of an entry in the reader's language.
func valueOf(c *web.Ctx, k casework.Kind, a ask.Answer, field string) string {
	for _, f := range k.Fields {
		if f.Name != field || len(a[field]) == 0 {
			continue
		}
		switch {
		case f.Coded():
			return casework.Say(c, k, field, a.One(field))
		case f.Kind == ask.Day:
			return c.Day(a.One(field))
		}
		return a.One(field)
	}
	return ""
}

// next are the nearest dates of the plan, and the file's appointments among them.
func next(c *web.Ctx, o *casework.Opened) (out []web.M) {
	for _, e := range soonest(o.Entries) {
		k := kindOf(e.Kind)
		if k.ID != "appointment" && k.Room != Name || k.ID == Survey || e.DueAt.IsZero() || !e.DoneAt.IsZero() || len(out) == 3 {
			continue
		}
		title := cmp.Or(e.Fields.One("words"), c.T(labelKey(k)))
		if k.ID == Redress || k.ID == LongCare {
			title = valueOf(c, k, e.Fields, k.Fields[0].Name)
		}
		out = append(out, web.M{"title": title, "text": c.T(labelKey(k)), "href": c.Path("/cases/" + o.ID + "/write/" + k.ID + "?entry=" + e.ID), "deadline": deadline(c, e.DueAt, c.Date(e.DueAt))})
	}
	return out
}

// soonest are the entries by date, those without one last.
func soonest(entries []casework.Entry) []casework.Entry {
	out := slices.Clone(entries)
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i].DueAt, out[j].DueAt
		return !a.IsZero() && (b.IsZero() || a.Before(b))
	})
	return out
}

func suggestions(c *web.Ctx, o *casework.Opened) (out []web.M) {
	for _, s := range Suggest(circumstancesOf(o), standing(o.Entries)) {
		var why []string
		for _, circumstance := range s.For {
			why = append(why, c.T("plan.why."+circumstance+"."+s.Code))
		}
		out = append(out, web.M{"name": s.name(), "title": casework.Say(c, kindOf(s.Kind), s.field(), s.Code), "why": why})
	}
	return out
}

// parts are kinds that a plan has once, as far as the viewer may read them.
func parts(c *web.Ctx, o *casework.Opened, kinds ...string) (out []part) {
	for _, id := range kinds {
		k := kindOf(id)
		if !slices.Contains(o.Readable, k.Part) {
			continue
		}
		p := part{Title: c.T(labelKey(k)), Label: c.T("plan.write")}
		if e, there := o.Latest(id); there {
			p.Rows, p.Label = casework.RowsOf(c, k, e.Fields), c.T("plan.change")
		}
		if path, may := writable(o, k); may {
			p.Href = c.Path(path)
		}
		out = append(out, p)
	}
	return out
}

func (s *Service) postOffer(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if _, err := s.Take(c.Context(), c.Viewer, c.Param("id"), f.Value("offer"), f.Once()); err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/plan")
}

func (s *Service) postClose(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Close(c.Context(), c.Viewer, c.Param("id"), f.Value("reason")); f.Add(err) {
		return s.showPlan(c)
	} else if err != nil {
		return err
	}
	c.Flash("plan.closed")
	return c.Redirect("/cases")
}

// The person's own sheet.

type sheetData struct {
	Here, Back, Lang string
	Lacks            string // that the sheet is in none of the person's languages
	Languages, Parts []web.M
	Sections         []sheetPart
}

type sheetPart struct {
	Title string
	Lines []web.M
}

// sheetParts are what can stand on the sheet; the first two do unless others were
// chosen. Places and names stand there only when they were asked for.
var sheetParts = []string{"goals", "dates", "help", "names"}

// neutral are the services that have words for the sheet which give nothing away;
// the others stay off it.
var neutral = []string{"accommodation", "counselling", "legal-aid", "health-care", "psychological-support", "material-help", "work-rights", "return-home"}

// getSheet is the plan as the person takes it along: in a language that she
// reads, without the name of the agency or of anybody, and with nothing that says
// why there is a plan.
//
// req: PLAN-2
func (s *Service) getSheet(c *web.Ctx) error {
	o, err := s.Cases.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	if !slices.Contains(o.Readable, casework.Services) {
		return errNotFound
	}
	lang, chosen := s.sheetLanguage(c, o), c.R.URL.Query()["show"]
	if len(chosen) == 0 {
		chosen = sheetParts[:2]
	}
	data := sheetData{Here: c.Path("/cases/" + o.ID + "/plan/sheet"), Back: c.Path("/cases/" + o.ID + "/plan"), Lang: lang}
	spoken, _ := o.Latest("languages")
	if l := spoken.Fields["language"]; len(l) > 0 && !slices.ContainsFunc(l, func(l string) bool { return slices.Contains(c.Config().Languages, l) }) {
		data.Lacks = c.T("plan.sheet.lacks")
	}
	for _, l := range c.Config().Languages {
		data.Languages = append(data.Languages, web.M{"label": web.LanguageName(l), "name": "in", "value": l, "on": l == lang, "single": true})
	}
	for _, p := range sheetParts {
		data.Parts = append(data.Parts, web.M{"label": c.T("plan.sheet.part." + p), "name": "show", "value": p, "on": slices.Contains(chosen, p)})
	}
	has := func(p string) bool { return slices.Contains(chosen, p) }
	words := *c // the page's own words are the worker's, the sheet's are the person's
	words.Lang = lang
	for _, p := range sheetParts[:3] {
		if lines := sheetLines(&words, o, p, has("names")); has(p) && len(lines) > 0 {
			data.Sections = append(data.Sections, sheetPart{words.T("plan.sheet." + p), lines})
		}
	}
	return sheetPage.Render(c, data)
}

// sheetLanguage is what was chosen, or the first of the person's languages that
// the program speaks, or the page's own.
func (s *Service) sheetLanguage(c *web.Ctx, o *casework.Opened) string {
	offered := c.Config().Languages
	languages, _ := o.Latest("languages")
	for _, l := range append([]string{c.Query("in")}, languages.Fields["language"]...) {
		if slices.Contains(offered, l) {
			return l
		}
	}
	return c.Lang
}

// sheetLines are the lines of one part of the sheet, in the language of c.
//
// req: PLAN-2
func sheetLines(c *web.Ctx, o *casework.Opened, part string, names bool) (out []web.M) {
	add := func(title, when string, more ...string) {
		text := strings.Join(slices.DeleteFunc(more, func(s string) bool { return s == "" }), " · ")
		out = append(out, web.M{"title": title, "when": when, "text": text})
	}
	for _, e := range soonest(o.Entries) {
		a := e.Fields
		who, place, steps := a.One("provider"), a.One("place"), a.One("steps")
		if !names {
			who, place, steps = "", "", ""
		}
		switch {
		case part == "goals" && e.Kind == Goal && e.DoneAt.IsZero():
			add(a.One("words"), c.Day(a.One("day")), steps)
		case part == "dates" && e.Kind == "appointment" && e.DoneAt.IsZero() && e.DueAt.After(c.Now()):
			add(c.DateTime(e.DueAt), "", place)
		case part == "dates" && e.Kind == LongCare && e.DoneAt.IsZero() && a.One("day") != "":
			add(c.Day(a.One("day")), "", who)
		case part == "help" && e.Kind == service && slices.Contains(neutral, a.One("need")) && !slices.Contains([]string{"refused", "asked"}, a.One("standing")):
			add(c.T("plan.sheet.need."+a.One("need")), "", who)
		case part == "help" && e.Kind == Group && slices.Contains([]string{"chosen", "attending"}, a.One("standing")):
			add(valueOf(c, kindOf(Group), a, "offer"), "", a.One("alias"))
		}
	}
	return out
}
