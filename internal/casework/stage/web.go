package stage

import (
	"context"
	"embed"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var (
	_          = web.Style(pages, "page/stage.css")
	stagePage  = web.NewPage[stageData](pages, "page/stage.html")
	formPage   = web.NewPage[formData](pages, "page/form.html")
	countsPage = web.NewPage[countsData](pages, "page/counts.html")
)

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /cases/{id}/stage", s.getStage)
	sh.Professional("GET /cases/{id}/stage/standing", s.getStanding)
	sh.Professional("POST /cases/{id}/stage/standing", s.postStanding)
	sh.Professional("GET /cases/{id}/stage/step", s.getStep)
	sh.Professional("POST /cases/{id}/stage/step", s.postStep)
	sh.Professional("POST /cases/{id}/stage/dealt", s.postDealt)
	sh.Professional("POST /cases/{id}/stage/count", s.postCount)
	sh.Professional("GET /counts/stages", s.getCounts)
	sh.Nav(web.NavItem{Path: "/counts/stages", Icon: "flag", Label: "stage.counts.nav", Text: "stage.counts.door", Order: 68, Under: "/desk", Roles: []string{"coordinator"}})
}

// glance is the room's door: the stage, and the nearest last day.
func (s *Service) glance(c *web.Ctx, o *casework.Opened) (casework.Glance, error) {
	if !slices.Contains(o.Readable, casework.Legal) {
		return casework.Glance{Hidden: true}, nil
	}
	w, err := s.view(c.Context(), o)
	if err != nil {
		return casework.Glance{}, err
	}
	if w.Stage == "" {
		return casework.Glance{Text: c.T("stage.glance.none")}, nil
	}
	g := casework.Glance{Text: s.Law.Name(c.Lang, w.Stage)}
	now, nearest := c.Now(), Period{}
	for _, p := range s.Law.Periods(w.State) {
		if !p.End.IsZero() && !w.Done[p.ID] && (nearest.ID == "" || p.End.Before(nearest.End)) {
			nearest = p
		}
	}
	if nearest.ID != "" {
		key := "stage.glance.until"
		if !nearest.End.After(now) {
			key = "stage.glance.over"
		}
		g.Text += " · " + c.T(key, "date", c.Day(nearest.Due))
		g.Alert = nearest.End.Before(now.AddDate(0, 0, 14))
	}
	return g, nil
}

// passed are the periods that ended between two moments and that nobody has dealt
// with.
func (s *Service) passed(c *web.Ctx, o *casework.Opened, from, to time.Time) (out []casework.Passed, err error) {
	if !slices.Contains(o.Readable, casework.Legal) {
		return nil, nil
	}
	w, err := s.view(c.Context(), o)
	if err != nil {
		return nil, err
	}
	told, err := s.Law.Tell(c, w.State, nil)
	for _, p := range told.Periods {
		if p.End.After(from) && !p.End.After(to) && !w.Done[p.ID] {
			out = append(out, casework.Passed{Title: p.Fact.Title, At: p.End.Add(-time.Minute)})
		}
	}
	return out, err
}

// The page.

type stageData struct {
	*View
	Told
	Back, Page string
	Since      string
	Known      []web.M
	KnownHref  string
	Way        []web.M // what was passed, the newest first
	Earlier    []earlier
	Running    []running
	Regions    []web.Choice
	Sexes      []web.Choice
	MayCount   bool
	CountedIn  string
}

// earlier is what happened in a country where the case was before.
type earlier struct {
	Title, By string
	Rows      []web.M
}

type running struct {
	Running
	Title    string
	Deadline web.M
	Done     bool
}

func (s *Service) getStage(c *web.Ctx) error { return s.show(c) }

func (s *Service) show(c *web.Ctx) error {
	w, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	told, err := s.Law.Tell(c, w.State, w.Offered)
	if err != nil {
		return err
	}
	d := stageData{View: w, Told: told, Back: c.Path("/cases/" + w.ID)}
	d.Page = d.Back + "/stage"
	d.KnownHref = d.Page + "/standing"
	if w.Since != "" {
		d.Since = c.Day(w.Since)
	}
	known := ask.Answer{}
	for field, values := range w.Known.Fields {
		if field != "counted" {
			known[field] = values
		}
	}
	d.Known = casework.RowsOf(c, s.standing, known)
	d.Way = s.way(c, w, d.Page)
	for _, e := range w.Of(Earlier) {
		was := earlier{Title: c.T("stage.earlier", "country", s.Law.Name(c.Lang, e.Fields.One("country"))), Rows: casework.RowsOf(c, s.before, e.Fields)[1:], By: e.From.Text(c)}
		d.Earlier = append(d.Earlier, was)
	}
	for _, p := range d.Told.Periods {
		d.Running = append(d.Running, s.running(c, p, w.Done[p.ID]))
	}
	if w.Counted != "" {
		d.CountedIn = c.Month(w.Counted)
	}
	if d.MayCount = w.Write && w.G.Anonymous && w.Declines && w.Counted == ""; d.MayCount {
		d.choices(c, s.Law)
	}
	return stagePage.Render(c, d)
}

// choices are what a count of who declines distinguishes.
func (d *stageData) choices(c *web.Ctx, law Law) {
	for _, code := range law.Regions(d.View.State.Country) {
		d.Regions = append(d.Regions, web.Choice{Value: code, Label: law.Name(c.Lang, code)})
	}
	d.Regions = append(d.Regions, web.Choice{Value: ask.NotKnown, Label: c.T("web.answer.unknown"), Selected: true})
	for _, code := range Sexes {
		d.Sexes = append(d.Sexes, web.Choice{Value: code, Label: sexName(c, code), Selected: code == ask.NotSaid})
	}
}

func sexName(c *web.Ctx, code string) string {
	switch code {
	case ask.NotKnown:
		return c.T("web.answer.unknown")
	case ask.NotSaid:
		return c.T("web.answer.unsaid")
	}
	return c.T("stage.sex." + code)
}

// running is a period as the page shows it.
//
// req: STAGE-2
func (s *Service) running(c *web.Ctx, p Running, done bool) running {
	r := running{Running: p, Title: p.Fact.Title, Done: done}
	switch {
	case done:
		r.Deadline = web.M{"kind": "ok", "text": c.T("stage.dealt.done")}
	case p.End.IsZero():
		r.Deadline = web.M{"kind": "info", "text": c.T("stage.period.unknown")}
	case p.End.Before(c.Now()):
		r.Deadline = web.M{"kind": "lost", "text": c.T("stage.period.over"), "datetime": p.Due}
	default:
		kind := "info"
		if p.End.Before(c.Now().AddDate(0, 0, 14)) {
			kind = "soon"
		}
		r.Deadline = web.M{"kind": kind, "text": c.Until(p.End), "datetime": p.Due}
	}
	return r
}

// way is what was passed, as a timeline.
func (s *Service) way(c *web.Ctx, w *View, page string) (items []web.M) {
	for i := len(w.Steps) - 1; i >= 0; i-- {
		e := w.Steps[i]
		var text []string
		for _, row := range casework.RowsOf(c, s.step, ask.Answer{"by": e.Fields["by"], "form": e.Fields["form"], "outcome": e.Fields["outcome"]}) {
			text = append(text, row["label"].(string)+": "+row["text"].(string))
		}
		item := web.M{"title": s.Law.Name(c.Lang, e.Fields.One("stage")), "at": c.Day(e.Fields.One("day")), "text": strings.Join(append(text, e.Fields["words"]...), ". "), "icon": "flag"}
		if w.Write {
			item["html"] = template.HTML(`<p class="no-print"><a href="` + page + `/step?entry=` + e.ID + `">` + template.HTMLEscapeString(c.T("stage.correct")) + `</a></p>`)
		}
		items = append(items, item)
	}
	return items
}

// The forms.

type formData struct {
	Back, Title, Lead string
	Groups            []group
	Stage             string
	Entry             string
	Rev               int64
	Theirs            []web.M // what somebody else saved meanwhile
}

type group struct {
	Title  string
	Fields []web.Asked
}

func (s *Service) getStanding(c *web.Ctx) error { return s.standingForm(c, nil, false) }

func (s *Service) standingForm(c *web.Ctx, typed ask.Answer, stale bool) error {
	w, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	if !w.Write {
		return errNotFound
	}
	d := formData{Back: c.Path("/cases/" + w.ID + "/stage"), Title: c.T("stage.kind.stage-standing"), Lead: c.T("stage.standing.lead"), Entry: w.Known.ID, Rev: w.Known.Rev}
	now := typed
	if now == nil {
		now = ask.Answer{"country": {w.State.Country}}
		for field, values := range w.Known.Fields {
			now[field] = values
		}
	}
	if stale || c.Overtaken(strconv.FormatInt(d.Rev, 10)) {
		d.Theirs = casework.RowsOf(c, s.standing, w.Known.Fields)
	}
	all := casework.FormOf(c, s.standing, now)
	d.Groups = []group{{"", asked(w, all, "country", "region", "age", "citizen", "referral")}}
	if days := asked(w, all, beganField, setField, "extended"); len(days) > 0 {
		d.Groups = append(d.Groups, group{c.T("stage.standing.days"), days})
	}
	if conditions := asked(w, all, metField); len(conditions) > 0 {
		d.Groups = append(d.Groups, group{c.T("stage.standing.met"), conditions})
	}
	return formPage.Render(c, d)
}

// asked are the fields that begin with one of the names and that the country has,
// with the codes that it has.
func asked(w *View, all []web.Asked, names ...string) (out []web.Asked) {
	for _, f := range all {
		if !fieldOf(w, f.Name, names) {
			continue
		}
		switch f.Name {
		case "region":
			f.Choices = only(f.Choices, append(w.G.Regions, ask.NotKnown))
		case "extended":
			f.Choices = only(f.Choices, w.G.Extends)
		}
		if f.Name == "region" && len(w.G.Regions) == 0 || f.Name == "extended" && len(w.G.Extends) == 0 {
			continue
		}
		out = append(out, f)
	}
	return out
}

// fieldOf says whether a field begins with one of the names and belongs to the
// country.
func fieldOf(w *View, field string, names []string) bool {
	for _, name := range names {
		rest, is := strings.CutPrefix(field, name)
		if is && (rest == "" || slices.Contains(w.G.Events, rest) || slices.Contains(w.G.Conditions, rest)) {
			return true
		}
	}
	return false
}

// only keeps the choices with these values.
func only(list []web.Choice, values []string) (out []web.Choice) {
	for _, c := range list {
		if slices.Contains(values, c.Value) {
			out = append(out, c)
		}
	}
	return out
}

func (s *Service) postStanding(c *web.Ctx) error {
	return s.posted(c, s.standing, s.Know, func(t casework.Typed, stale bool) error { return s.standingForm(c, t.Posted, stale) })
}

type saver func(ctx context.Context, v *web.Viewer, caseID string, t casework.Typed) error

// posted takes a form of the room; what is wrong shows it again.
func (s *Service) posted(c *web.Ctx, k casework.Kind, save saver, again func(t casework.Typed, stale bool) error) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	t := casework.Typed{Entry: f.Value("entry"), Once: f.Once(), Posted: map[string][]string{}}
	t.Rev, _ = strconv.ParseInt(f.Value("rev"), 10, 64)
	for _, field := range k.Fields {
		if f.Has("asked", field.Name) || len(f.Values(field.Name)) > 0 {
			t.Posted[field.Name] = f.Values(field.Name)
		}
	}
	err = save(c.Context(), c.Viewer, c.Param("id"), t)
	stale := err != nil && fault.KindOf(err) == fault.Stale
	if stale {
		f.Error("", "casework.error.stale")
	}
	if stale || f.Add(err) {
		return again(t, stale)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/stage")
}

func (s *Service) getStep(c *web.Ctx) error {
	return s.stepForm(c, casework.Typed{Entry: c.Query("entry"), Posted: map[string][]string{"stage": {c.Query("stage")}}}, false)
}

func (s *Service) stepForm(c *web.Ctx, t casework.Typed, sent bool) error {
	w, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	now := ask.Answer(t.Posted)
	if !sent {
		now["day"] = []string{s.Law.Day(w.State.Country, c.Now())}
	}
	d := formData{Back: c.Path("/cases/" + w.ID + "/stage"), Entry: t.Entry, Rev: t.Rev}
	for _, e := range w.Steps {
		if e.ID == t.Entry {
			d.Rev = e.Rev
			if !sent {
				now = e.Fields
			}
		}
	}
	n, ok := w.G.Node(now.One("stage"))
	if !ok || !w.Write {
		return errNotFound
	}
	d.Stage, d.Title, d.Lead = n.ID, s.Law.Name(c.Lang, n.ID), c.T("stage.step.lead")
	fields := casework.FormOf(c, s.step, now)
	g := group{}
	for _, f := range fields {
		switch f.Name {
		case "stage":
			continue
		case "by":
			f.Choices = only(f.Choices, append(append([]string{"person"}, n.Decides...), ask.NotKnown))
		case "form":
			if f.Choices = only(f.Choices, n.Forms); len(f.Choices) == 0 {
				continue
			}
		}
		g.Fields = append(g.Fields, f)
	}
	d.Groups = []group{g}
	return formPage.Render(c, d)
}

func (s *Service) postStep(c *web.Ctx) error {
	return s.posted(c, s.step, s.Pass, func(t casework.Typed, _ bool) error { return s.stepForm(c, t, true) })
}

func (s *Service) postDealt(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Dealt(c.Context(), c.Viewer, c.Param("id"), f.Value("period")); err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/stage")
}

func (s *Service) postCount(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = s.CountDeclined(c.Context(), c.Viewer, c.Param("id"), Declined{Region: f.Value("region"), Sex: f.Value("sex"), Agrees: f.Value("agrees") == "1", Seen: f.Value("seen") == "1"})
	if f.Add(err) {
		return s.show(c)
	}
	if err != nil && fault.KindOf(err) != fault.Conflict { // counted already
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/stage")
}

// Counts for a coordinator.

type countsData struct {
	Countries []web.M
	Delays    map[string]any
	Declined  map[string]any
}

func (s *Service) getCounts(c *web.Ctx) error {
	country, codes := c.Query("country"), s.Law.Countries()
	if !slices.Contains(codes, country) {
		err := s.Cases.DB.Read(c.Context(), func(tx *db.Tx) (err error) {
			country, err = s.Country(tx, c.Viewer.AgencyID)
			return err
		})
		if err != nil {
			return err
		}
	}
	delays, declined, err := s.Counts(c.Context(), c.Viewer, country)
	if err != nil {
		return err
	}
	d := countsData{}
	for _, code := range codes {
		d.Countries = append(d.Countries, web.M{"label": s.Law.Name(c.Lang, code), "on": code == country, "href": c.Path("/counts/stages?country=" + code)})
	}
	if d.Delays, err = s.delayTable(c, delays); err != nil {
		return err
	}
	if len(declined) > 0 {
		rows := [][]string{}
		for _, x := range declined {
			region, age := c.T("web.answer.unknown"), c.T("web.answer.unknown")
			if x.Region != ask.NotKnown {
				region = s.Law.Name(c.Lang, x.Region)
			}
			if x.Age != ask.NotKnown {
				age = c.T("stage.option.age." + x.Age)
			}
			rows = append(rows, []string{c.Month(x.Month), region, sexName(c, x.Sex), age, c.Number(int(x.N))})
		}
		d.Declined = web.M{"head": []string{c.T("stage.counts.month"), c.T("stage.field.region"), c.T("stage.sex.label"), c.T("stage.field.age"), c.T("stage.counts.n")}, "rows": rows}
	}
	return countsPage.Render(c, d)
}

func (s *Service) delayTable(c *web.Ctx, delays []Delay) (web.M, error) {
	if len(delays) == 0 {
		return nil, nil
	}
	names := map[string]string{}
	err := s.Cases.DB.Read(c.Context(), func(tx *db.Tx) (err error) {
		for _, d := range delays {
			if names[d.Agency], err = s.Cases.Agencies.Name(tx, d.Agency); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	head := []string{c.T("stage.counts.agency"), c.T("stage.counts.stage"), c.T("stage.counts.n")}
	for i := range Bands {
		head = append(head, c.T("stage.counts.band."+strconv.Itoa(i)))
	}
	head = append(head, c.T("stage.counts.late"))
	rows := [][]string{}
	for _, d := range delays {
		n := c.Number(int(d.N.N))
		if d.More {
			n = c.T("stage.counts.more", "n", int(d.N.N))
		}
		row := []string{names[d.Agency], s.Law.Name(c.Lang, d.Stage), n}
		for _, x := range append(d.Days[:], d.Late) {
			row = append(row, countWord(c, x))
		}
		rows = append(rows, row)
	}
	return web.M{"head": head, "rows": rows}, nil
}

func countWord(c *web.Ctx, x Count) string {
	if x.Fewer {
		return c.T("stage.counts.fewer", "n", Few)
	}
	return c.Number(int(x.N))
}
