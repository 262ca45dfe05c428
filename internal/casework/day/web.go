package day

import (
	"cmp"
	"embed"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"amelie/internal/casework"
	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var (
	_           = web.Style(pages, "page/day.css")
	dayPage     = web.NewPage[dayData](pages, "page/day.html")
	bulkPage    = web.NewPage[bulkData](pages, "page/bulk.html")
	teamPage    = web.NewPage[teamData](pages, "page/team.html")
	casePage    = web.NewPage[caseData](pages, "page/case.html")
	summaryPage = web.NewPage[summaryData](pages, "page/summary.html")
)

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /cases/day", s.getDay)
	sh.Professional("POST /cases/day/settle", s.postSettle)
	sh.Professional("POST /cases/day/view", s.postView)
	sh.Professional("GET /cases/day/hand-over", s.getBulk)
	sh.Professional("POST /cases/day/hand-over", s.postBulk)
	sh.Professional("GET /cases/day/team", s.getTeam)
	sh.Professional("POST /cases/day/team", s.postTeam)
	sh.Professional("GET /cases/{id}/day", s.getCase)
	sh.Professional("POST /cases/{id}/day/ask", s.postAsk)
	sh.Professional("POST /cases/{id}/day/step", s.postStep)
	sh.Professional("POST /cases/{id}/day/hand-over", s.postOffer)
	sh.Professional("POST /cases/{id}/day/own", s.postOwn)
	sh.Professional("GET /cases/{id}/day/summary", s.getSummary)
}

// The day.

type dayData struct {
	Locked             bool
	Late, Today, Ahead []web.M
	Referrals          []web.M
	Approve, Back      []web.M
	Take, Given        []web.M
	Views              []view
	Scopes, Dues       []web.Choice
	Lead, Worker       bool
}

// view is a list that somebody kept.
type view struct{ Label, Href, Query string }

func (s *Service) getDay(c *web.Ctx) error {
	v := c.Viewer
	data := dayData{Locked: v.Key == nil, Lead: v.Is("lead"), Worker: v.Is("caseworker") || v.Is("lead")}
	if !data.Worker {
		return errNotFound
	}
	list, err := s.Cases.Ahead(c.Context(), v)
	if err != nil {
		return err
	}
	for _, a := range list {
		data.put(c, a, s.dueLine(c, a))
	}
	if s.Referrals != nil {
		if data.Referrals, err = s.Referrals(c); err != nil {
			return err
		}
	}
	w, err := s.Waiting(c.Context(), v)
	if err != nil {
		return err
	}
	data.wait(c, w)
	kept, err := s.views(c.Context(), v)
	for _, q := range kept {
		data.Views = append(data.Views, viewOf(c, q))
	}
	data.Scopes, data.Dues = viewChoices(c)
	if err != nil {
		return err
	}
	return dayPage.Render(c, data)
}

// dueLine is a thing that is due as a line of c-due.
func (s *Service) dueLine(c *web.Ctx, a casework.Ahead) web.M {
	what, href := s.Cases.Place(c, a)
	kind := "soon"
	if a.At.Before(c.Now()) {
		kind = "lost"
	}
	return web.M{"title": cmp.Or(a.Head.Name, c.T("casework.code", "code", a.Code())), "text": what, "href": href,
		"deadline": web.M{"kind": kind, "text": c.Date(a.At), "datetime": c.Stamp(a.At)}}
}

func (d *dayData) put(c *web.Ctx, a casework.Ahead, line web.M) {
	zone := c.Config().Zone
	switch now := c.Now(); {
	case a.At.Before(now):
		d.Late = append(d.Late, line)
	case a.At.In(zone).Format(time.DateOnly) == now.In(zone).Format(time.DateOnly):
		d.Today = append(d.Today, line)
	default:
		d.Ahead = append(d.Ahead, line)
	}
}

// wait puts what waits into lines. The receiver of an offer learns the short name
// of the case and who offers it, and nothing else.
//
// req: DAY-3
func (d *dayData) wait(c *web.Ctx, w Waits) {
	line := func(a Approval) web.M {
		return web.M{"title": c.T("day.option.subject." + a.Subject), "href": c.Path("/cases/" + a.CaseID + "/day"),
			"text": c.T("day.of-case", "code", casework.Row{ID: a.CaseID}.Code(), "name", a.AskedName), "badge": web.M{"text": c.T("day.state." + string(a.State)), "kind": "info"}}
	}
	for _, a := range w.Approve {
		d.Approve = append(d.Approve, line(a))
	}
	for _, a := range w.SentBack {
		d.Back = append(d.Back, line(a))
	}
	for _, h := range w.Take {
		d.Take = append(d.Take, web.M{"id": h.ID, "title": c.T("casework.code", "code", h.Code()), "text": c.T("day.offered-by", "name", h.FromName, "when", c.Ago(h.At))})
	}
	for _, h := range w.Given {
		d.Given = append(d.Given, web.M{"id": h.ID, "title": c.T("casework.code", "code", h.Code()), "text": c.T("day.offered-when", "when", c.Ago(h.At))})
	}
}

func (s *Service) postSettle(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	act := Act(f.Value("act"))
	if err := s.Settle(c.Context(), c.Viewer, f.Values("offer"), act); err != nil {
		return err
	}
	c.Flash("day.settled." + string(act))
	return c.Redirect("/cases/day")
}

// Views.

// viewOf names a view by what it shows: a name of its own might say too much.
func viewOf(c *web.Ctx, query string) view {
	q, _ := url.ParseQuery(query)
	label := c.T("casework.scope."+q.Get("show")) + ", " + c.T("casework.by-when."+cmp.Or(q.Get("by"), "any"))
	return view{label, c.Path("/cases?" + query), query}
}

var scopes = []casework.Scope{casework.Mine, casework.Team, casework.Shared}

func viewChoices(c *web.Ctx) (show, by []web.Choice) {
	for _, scope := range scopes {
		show = append(show, web.Choice{Value: string(scope), Label: c.T("casework.scope." + string(scope))})
	}
	for _, code := range casework.DueBy {
		by = append(by, web.Choice{Value: code, Label: c.T("casework.by-when." + cmp.Or(code, "any"))})
	}
	return show, by
}

func (s *Service) postView(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	query, keep := f.Value("drop"), false
	if query == "" {
		scope, by := casework.Scope(f.Value("show")), f.Value("by")
		if !slices.Contains(scopes, scope) || !slices.Contains(casework.DueBy, by) {
			return fault.New(fault.Invalid, "web.error.choose")
		}
		query, keep = casework.Address(scope, casework.Open, by), true
	}
	if err := s.SetView(c.Context(), c.Viewer, query, keep); err != nil {
		return err
	}
	return c.Redirect("/cases/day#views")
}

// Several cases at once.

type bulkData struct {
	Lines, Workers []web.Choice
	Next           string
	Locked         bool
}

func (s *Service) getBulk(c *web.Ctx) error { return s.showBulk(c) }

func (s *Service) showBulk(c *web.Ctx) error {
	q := casework.Query{Scope: casework.Mine, State: casework.Open}
	q.After.ID = c.Query("after")
	q.After.Due, _ = strconv.ParseInt(c.Query("due"), 10, 64)
	lines, next, err := s.Cases.List(c.Context(), c.Viewer, q)
	if err != nil {
		return err
	}
	data := bulkData{Locked: c.Viewer.Key == nil}
	for _, l := range lines {
		choice := web.Choice{Value: l.ID, Label: cmp.Or(l.Head.Name, c.T("casework.code", "code", l.Code()))}
		if !l.DueAt.IsZero() {
			choice.Hint = c.T("casework.due", "date", c.Date(l.DueAt))
		}
		data.Lines = append(data.Lines, choice)
	}
	if next != (casework.Mark{}) {
		data.Next = c.Path("/cases/day/hand-over?") + url.Values{"after": {next.ID}, "due": {strconv.FormatInt(next.Due, 10)}}.Encode()
	}
	if data.Workers, err = s.colleagues(c, c.Viewer.UserID); err != nil {
		return err
	}
	return bulkPage.Render(c, data)
}

// colleagues are those of the viewer's agency who may take a case over.
func (s *Service) colleagues(c *web.Ctx, besides string) (out []web.Choice, err error) {
	list, err := s.Cases.Colleagues(c.Context(), c.Viewer)
	for _, w := range list {
		if w.UserID != besides {
			out = append(out, web.Choice{Value: w.UserID, Label: w.Name})
		}
	}
	return out, err
}

func (s *Service) postBulk(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Offer(c.Context(), c.Viewer, f.Values("case"), f.Value("worker")); f.Add(err) {
		return s.showBulk(c)
	} else if err != nil {
		return err
	}
	c.Flash("day.offered")
	return c.Redirect("/cases/day")
}

// What leads see and decide.

type teamData struct {
	Load      web.M // of c-table
	Counts    []web.M
	Closure   bool
	Fields    []web.M
	OwnKinds  []web.Choice
	MayAdd    bool
	MostWords string
}

func (s *Service) getTeam(c *web.Ctx) error { return s.showTeam(c) }

func (s *Service) showTeam(c *web.Ctx) error {
	load, err := s.Cases.Workload(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	sort.SliceStable(load, func(i, j int) bool { return load[i].Open > load[j].Open })
	var rows [][]string
	for _, l := range load {
		rows = append(rows, []string{cmp.Or(l.Name, c.T("day.gone")), c.Number(l.Open), c.Number(l.Late)})
	}
	data := teamData{Load: web.M{"head": []string{c.T("day.worker"), c.T("day.open"), c.T("day.late")}, "rows": rows}, MostWords: c.T("day.fields-text", "n", MostFields)}
	if s.Counts != nil {
		if data.Counts, err = s.Counts(c); err != nil {
			return err
		}
	}
	var fields []Own
	if data.Closure, fields, err = s.settings(c.Context(), c.Viewer.AgencyID); err != nil {
		return err
	}
	for _, o := range fields {
		data.Fields = append(data.Fields, web.M{"slot": o.Slot, "title": o.Label, "text": strings.Join(append([]string{c.T("day.own-kind." + o.Kind)}, o.Options...), " · ")})
	}
	data.MayAdd = len(fields) < MostFields
	for _, k := range OwnKinds {
		data.OwnKinds = append(data.OwnKinds, web.Choice{Value: k, Label: c.T("day.own-kind." + k)})
	}
	return teamPage.Render(c, data)
}

func (s *Service) postTeam(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	switch slot, _ := strconv.Atoi(f.Value("end")); {
	case slot > 0:
		err = s.EndField(c.Context(), c.Viewer, slot)
	case f.Value("closure") != "":
		err = s.WantClosure(c.Context(), c.Viewer, f.Value("closure") == "1")
	default:
		err = s.AddField(c.Context(), c.Viewer, ownOf(f))
	}
	if f.Add(err) {
		return s.showTeam(c)
	}
	if err != nil {
		return err
	}
	c.Flash("casework.saved")
	return c.Redirect("/cases/day/team")
}

// ownOf is the field that was typed; options stand one on a line.
func ownOf(f *web.Form) Own {
	o := Own{Label: f.Value("label"), Kind: f.Value("kind")}
	for _, option := range strings.Split(f.Value("options"), "\n") {
		if option = strings.TrimSpace(option); option != "" && !slices.Contains(o.Options, option) && o.Kind == "choice" {
			o.Options = append(o.Options, option)
		}
	}
	return o
}
