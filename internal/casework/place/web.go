package place

import (
	"cmp"
	"embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/id"
	"amelie/internal/web"
)

//go:embed page/*.html
var pageFiles embed.FS

var (
	placesPage = web.NewPage[placesData](pageFiles, "page/places.html")
	poolPage   = web.NewPage[poolData](pageFiles, "page/pool.html")
	askedPage  = web.NewPage[askedData](pageFiles, "page/asked.html")
	casePage   = web.NewPage[caseData](pageFiles, "page/case.html")
)

// Mount registers the pages. None is public.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /places", s.getPlaces)
	sh.Professional("GET /places/own/{pool}", s.getPool)
	sh.Professional("POST /places/own/{pool}", s.postPool)
	sh.Professional("GET /places/asked/{request}", s.getAsked)
	sh.Professional("POST /places/asked/{request}", s.postAsked)
	sh.Professional("GET /cases/{id}/place", s.getCase)
	sh.Professional("POST /cases/{id}/place", s.postCase)
	sh.Professional("POST /cases/{id}/place/{request}", s.postSteer)
	sh.Nav(web.NavItem{Path: "/places", Icon: "bed", Label: "place.nav", Roles: []string{"caseworker", "lead", "coordinator"}, Order: 70, Spare: true})
}

func regionName(c *web.Ctx, code string) string {
	if t, ok := geo.Lookup(code); ok {
		return t.Name(c.Lang)
	}
	return c.T("place.elsewhere")
}

// children says which children a place takes.
func (p Pool) children(c *web.Ctx) string {
	if p.To == NoChildren {
		return c.T("place.no-children")
	}
	return c.T("place.ages", "from", p.From, "to", p.To)
}

// rowsOf are the facts of a place.
func rowsOf(c *web.Ctx, p Pool) []web.M {
	rows := []web.M{{"label": c.T("place.region"), "text": regionName(c, p.Region)}, {"label": c.T("place.children"), "text": p.children(c)}}
	if p.StepFree {
		rows = append(rows, web.M{"label": c.T("place.field.access"), "text": c.T("place.option.access.step-free")})
	}
	return rows
}

// The page of places.

type placesData struct {
	Houses  bool
	Own     []ownPool
	Reached []web.M
	Free    web.M
	Results web.M
	Country string
}

type ownPool struct {
	Title, Href, Counted string
	Rows                 []web.M
	Free                 int
	Version              int64
	Old                  bool
}

func (s *Service) getPlaces(c *web.Ctx) error {
	o, err := s.Look(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	data := placesData{Houses: o.Houses, Country: regionName(c, o.Country)}
	for _, p := range o.Own {
		data.Own = append(data.Own, ownPool{Title: c.T("place.option.group." + p.Group), Href: c.Path("/places/own/" + p.ID), Rows: rowsOf(c, p), Free: p.Free, Version: p.Version,
			Counted: c.T("place.counted", "when", c.Ago(p.Changed)), Old: !c.Now().Before(p.Until)})
	}
	for _, r := range o.Reached {
		data.Reached = append(data.Reached, reachedRow(c, r))
	}
	if len(o.Sums) > 0 {
		data.Free = freeTable(c, o.Sums)
	}
	if len(o.Results) > 0 {
		data.Results = resultsTable(c, o)
	}
	return placesPage.Render(c, data)
}

// reachedRow is a request that reached the agency, as a row of c-due.
func reachedRow(c *web.Ctx, r Reached) web.M {
	row := web.M{"title": c.T("place.reached", "n", r.Beds), "badge": web.M{"text": c.T("place.standing." + string(r.Mine.Standing))}}
	if r.Mine.Standing.Over() {
		row["text"] = c.Date(r.StateAt)
		return row
	}
	row["href"], row["text"] = c.Path("/places/asked/"+r.ID), c.T("place.from", "name", r.From)
	if r.Mine.Standing == Waiting {
		delete(row, "badge")
		row["deadline"] = web.M{"kind": "soon", "text": c.T("place.answer-by", "date", c.Date(r.Until)), "datetime": c.Stamp(r.Until)}
	}
	return row
}

func freeTable(c *web.Ctx, sums []Sum) web.M {
	head := []string{c.T("place.region")}
	for _, g := range Groups {
		head = append(head, c.T("place.option.group."+g))
	}
	var rows [][]string
	for _, sum := range sums {
		row := []string{regionName(c, sum.Region)}
		for _, g := range Groups {
			row = append(row, c.Number(sum.Free[g]))
		}
		rows = append(rows, row)
	}
	return web.M{"head": head, "rows": rows}
}

func resultsTable(c *web.Ctx, o Overview) web.M {
	var rows [][]string
	for _, r := range o.Results {
		what := ""
		if reason, ok := strings.CutPrefix(r.Code, "reason."); ok {
			what = c.T("place.result.reason", "reason", c.T("referral.reason."+reason))
		} else {
			what = c.T("place.state." + r.Code)
		}
		n := c.Number(r.N)
		if r.Fewer {
			n = c.T("enquiry.counts.fewer", "n", Few)
		}
		rows = append(rows, []string{what, n})
	}
	return web.M{"head": []string{c.T("place.result.what"), o.Year}, "rows": rows}
}

// One's own places.

type poolData struct {
	New     bool
	Version int64
	Groups  []web.Choice
	Regions []web.Choice
	Free    string
	From    string
	To      string
	Step    bool
}

// pool finds a place of the viewer's agency; a new one for "new".
func (s *Service) pool(c *web.Ctx) (p Pool, country string, err error) {
	err = s.DB.Read(c.Context(), func(tx *db.Tx) (err error) {
		if err = s.places(tx, c.Viewer, "places.publish"); err != nil {
			return err
		}
		if country, err = s.country(tx, c.Viewer); err != nil || c.Param("pool") == "new" {
			p = Pool{To: NoChildren}
			return err
		}
		p, err = poolOf(tx, c.Viewer.AgencyID, c.Param("pool"))
		return err
	})
	return p, country, err
}

func (s *Service) getPool(c *web.Ctx) error {
	p, country, err := s.pool(c)
	if err != nil {
		return err
	}
	data := poolData{New: p.ID == "", Version: p.Version, Free: decimal(p.Free), Step: p.StepFree}
	if p.To != NoChildren {
		data.From, data.To = decimal(p.From), decimal(p.To)
	}
	for _, g := range Groups {
		data.Groups = append(data.Groups, web.Choice{Value: g, Label: c.T("place.option.group." + g), Selected: g == p.Group})
	}
	data.Regions = append([]web.Choice{{Label: c.T("web.error.choose")}}, regionChoices(c, country, []string{p.Region})...)
	return poolPage.Render(c, data)
}

func regionChoices(c *web.Ctx, country string, chosen []string) (out []web.Choice) {
	for _, t := range Regions(country) {
		out = append(out, web.Choice{Value: t.Code, Label: t.Name(c.Lang), Selected: slices.Contains(chosen, t.Code)})
	}
	return out
}

// postPool writes a place: all of it, or from the list its number alone.
func (s *Service) postPool(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Value("drop") != "" {
		if err = s.Unpublish(c.Context(), c.Viewer, c.Param("pool")); said(f, err) {
			return s.getPool(c)
		}
		if err != nil {
			return err
		}
		return c.Redirect("/places")
	}
	p, _, err := s.pool(c)
	if err != nil {
		return err
	}
	if p.ID == "" {
		p.ID = cmp.Or(f.Once(), id.New())
	}
	p.Free = number(f.Value("free"), -1)
	p.Version = int64(number(f.Value("version"), 0))
	if !f.Has("count", "1") {
		p.Group, p.Region, p.StepFree = f.Value("target"), f.Value("region"), f.Value("step") == "1"
		p.From, p.To = 0, NoChildren
		if f.Value("to") != "" {
			p.From, p.To = number(f.Value("from"), 0), number(f.Value("to"), 99)
		}
	}
	err = s.Publish(c.Context(), c.Viewer, p)
	if err != nil && fault.KindOf(err) == fault.Stale {
		f.Error("", "place.error.stale")
		return s.getPool(c)
	}
	if said(f, err) {
		return s.getPool(c)
	}
	if err != nil {
		return err
	}
	c.Flash("place.saved")
	return c.Redirect("/places")
}

func number(typed string, otherwise int) int {
	n, err := strconv.Atoi(strings.TrimSpace(typed))
	if err != nil {
		return otherwise
	}
	return n
}

// A request that reached us.

type askedData struct {
	Reached
	Rows    []web.M
	Offer   []web.M // what we offered
	Pools   []web.Choice
	Hours   []web.Choice
	Terms   []web.Choice
	Reasons []web.Choice
	Answer  bool // an offer or a refusal can be made
	Back    bool // the offer can be taken back
	Coming  bool // the person comes
	Until   time.Time
	Lines   []web.M // what was asked back and answered
}

func (s *Service) getAsked(c *web.Ctx) error {
	r, own, err := s.One(c.Context(), c.Viewer, c.Param("request"))
	if err != nil {
		return err
	}
	data := askedData{Reached: r, Rows: append(casework.RowsOf(c, needs, r.Need), web.M{"label": c.T("place.beds"), "text": c.Number(r.Beds)}), Until: r.Mine.Until}
	st := r.Mine.Standing
	data.Answer, data.Back, data.Coming = st == Waiting || st == Lapsed, st == Standby || st == Held || st == Promised, st == Promised
	for _, p := range own {
		if p.Fits(r.Need, c.Now()) && r.Mine.In(p.Region) {
			data.Pools = append(data.Pools, web.Choice{Value: p.ID, Label: c.T("place.offer-pool", "group", c.T("place.option.group."+p.Group), "n", p.Free), Hint: p.children(c)})
		}
		if p.ID == r.Mine.Pool && data.Back {
			data.Offer = rowsOf(c, p)
		}
	}
	for _, h := range Holds {
		data.Hours = append(data.Hours, web.Choice{Value: decimal(h), Label: c.T("enquiry.hold.hours", "n", h), Selected: h == Holds[1]})
	}
	for _, t := range Terms {
		data.Terms = append(data.Terms, web.Choice{Value: t, Label: c.T("enquiry.term." + t)})
	}
	for _, reason := range Reasons {
		data.Reasons = append(data.Reasons, web.Choice{Value: reason, Label: c.T("referral.reason." + reason)})
	}
	data.Lines = lines(c, r.Said, false)
	return askedPage.Render(c, data)
}

func (s *Service) postAsked(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Value("act") == "ask-back" {
		here := "/places/asked/" + c.Param("request")
		err = s.AskBack(c.Context(), c.Viewer, c.Param("request"), f.Value("said"), f.Once())
		renew(c, err)
		if said(f, err) {
			return s.getAsked(c)
		}
		if err != nil {
			return err
		}
		return c.Redirect(here)
	}
	err = s.Answer(c.Context(), c.Viewer, c.Param("request"), Act{Name: Name(f.Value("act")), Pool: f.Value("pool"), Hours: number(f.Value("hours"), 0), Terms: f.Values("terms"), Reason: f.Value("reason"), Once: f.Once()})
	if said(f, err) {
		return s.getAsked(c)
	}
	if err != nil {
		return err
	}
	c.Flash("place.told")
	return c.Redirect("/places")
}

// renew gives a form whose token served for other words a token of its own.
func renew(c *web.Ctx, err error) {
	if e := fault.Find(err); e != nil && len(e.Fields) == 1 && e.Fields[0].Key == errServed {
		c.NewOnce()
	}
}

// lines are messages as parameters of c-timeline.
func lines(c *web.Ctx, all []Said, asking bool) (out []web.M) {
	for _, m := range all {
		title := c.T("place.said.project")
		switch {
		case m.Asking == asking:
			title = c.T("place.said.us")
		case m.Asking:
			title = c.T("place.said.asking")
		}
		out = append(out, web.M{"title": title, "at": c.DateTime(m.At), "text": m.Text, "icon": "speech", "kind": "warm"})
	}
	return out
}

// said puts what stands against an act onto the page that it was done from.
func said(f *web.Form, err error) bool {
	if e := fault.Find(err); err != nil && fault.KindOf(err) == fault.Conflict && e != nil && e.Key != "" {
		f.Error("", e.Key)
		return true
	}
	return f.Add(err)
}

// The room of a case.

type caseData struct {
	Case    string
	Now     *sideView
	Before  []web.M
	Fields  []web.Asked
	May     bool
	Regions []web.Asked
}

// sideView is the request that stands, or the last that ended.
type sideView struct {
	Side
	Here    string
	Rows    []web.M
	Steps   []web.M
	Offer   []web.M // whose beds are held
	Until   time.Time
	Pool    string
	Standby int
	Cannot  int
	Asked   int
	Talks   []talkView
}

// talkView is what one project asked back, without its name.
type talkView struct {
	N     int
	To    string // a message of it
	Lines []web.M
}

func (s *Service) getCase(c *web.Ctx) error { return s.showCase(c, nil, Wish{}) }

func (s *Service) showCase(c *web.Ctx, typed ask.Answer, w Wish) error {
	in, list, err := s.Requests(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	data := caseData{Case: c.Path("/cases/" + in.ID)}
	for i, r := range list {
		if i == 0 {
			data.Now = viewOf(c, r)
			continue
		}
		data.Before = append(data.Before, web.M{"title": c.T("place.state." + string(r.State)), "at": c.Date(r.StateAt), "text": c.T("place.asked-of", "n", len(r.Candidates))})
	}
	if open := len(list) > 0 && list[0].Open(); open || in.State != casework.Open || !slices.Contains(in.Writable, casework.Services) {
		return casePage.Render(c, data)
	}
	data.May = true
	if typed == nil && len(list) > 0 { // what was asked before need not be told again
		typed, w.Regions, w.Never = list[0].Need, list[0].Regions, list[0].Never
	}
	data.Fields = casework.FormOf(c, needs, typed)
	country := ""
	err = s.DB.Read(c.Context(), func(tx *db.Tx) (err error) {
		if err = s.asks(tx, c.Viewer, in.ID); err == nil {
			country, err = s.country(tx, c.Viewer)
		}
		return err
	})
	if fault.KindOf(err) == fault.Denied && err != nil {
		data.May = false
		return casePage.Render(c, data)
	}
	if err != nil {
		return err
	}
	data.Regions = []web.Asked{
		{Name: "region", Label: c.T("place.where"), Choices: regionChoices(c, country, w.Regions), Optional: true},
		{Name: "never", Label: c.T("place.never"), Choices: regionChoices(c, country, w.Never), Optional: true},
	}
	return casePage.Render(c, data)
}

// viewOf is a request for the page of its case.
func viewOf(c *web.Ctx, r Side) *sideView {
	out := &sideView{Side: r, Here: c.Path("/cases/" + r.CaseID + "/place/" + r.ID), Rows: casework.RowsOf(c, needs, r.Need), Asked: len(r.Candidates), Steps: steps(c, r.Request)}
	for _, list := range []struct {
		label string
		codes []string
	}{{"place.where", r.Regions}, {"place.never", r.Never}} {
		var names []string
		for _, code := range list.codes {
			names = append(names, regionName(c, code))
		}
		if len(names) > 0 {
			out.Rows = append(out.Rows, web.M{"label": c.T(list.label), "text": strings.Join(names, ", ")})
		}
	}
	for i, said := range r.Said {
		out.Talks = append(out.Talks, talkView{i + 1, said[0].ID, lines(c, said, true)})
	}
	for _, one := range r.Candidates {
		switch one.Standing {
		case Standby:
			out.Standby++
		case Refused, TookBack:
			out.Cannot++
		case Held, Promised, Here:
			out.Until, out.Pool, out.Offer = one.Until, one.Pool, offerRows(c, r, one)
		}
	}
	return out
}

func offerRows(c *web.Ctx, r Side, one Candidate) (rows []web.M) {
	if name := r.Names[one.AgencyID]; name != "" {
		rows = append(rows, web.M{"label": c.T("place.project"), "text": name})
	}
	if p, there := r.Pools[one.Pool]; there {
		rows = append(rows, web.M{"label": c.T("place.for"), "text": c.T("place.option.group." + p.Group)})
		rows = append(rows, rowsOf(c, p)...)
	}
	var terms []string
	for _, t := range one.Terms {
		terms = append(terms, c.T("enquiry.term."+t))
	}
	if len(terms) > 0 {
		rows = append(rows, web.M{"label": c.T("enquiry.terms"), "text": strings.Join(terms, ", ")})
	}
	return rows
}

// steps are those of a request on its way, for c-track.
func steps(c *web.Ctx, r Request) (out []web.M) {
	way := []State{Asked, Reserved, Confirmed, Arrived}
	now := slices.Index(way, r.State)
	if now < 0 {
		return nil
	}
	for i, st := range way {
		state := "todo"
		if i < now || r.State == Arrived {
			state = "done"
		} else if i == now {
			state = "now"
		}
		out = append(out, web.M{"label": c.T("place.step." + string(st)), "state": state})
	}
	return out
}

func (s *Service) postCase(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	w := Wish{Need: map[string][]string{}, Regions: f.Values("region"), Never: f.Values("never"), Once: f.Once()}
	for _, field := range needs.Fields {
		w.Need[field.Name] = f.Values(field.Name)
	}
	err = s.Ask(c.Context(), c.Viewer, c.Param("id"), w)
	if said(f, err) {
		return s.showCase(c, w.Need, w)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/place")
}

func (s *Service) postSteer(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if to := f.Value("to"); to != "" {
		field := "said-" + f.Value("n") // each project's talk has a form of its own
		err = s.AnswerBack(c.Context(), c.Viewer, c.Param("id"), c.Param("request"), to, f.Value(field), f.Once())
		renew(c, err)
		if e := fault.Find(err); e != nil && len(e.Fields) == 1 {
			e.Fields[0].Name = field
		}
	} else {
		err = s.step(c, f)
	}
	if said(f, err) {
		return s.getCase(c)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/place")
}

func (s *Service) step(c *web.Ctx, f *web.Form) error {
	return s.Steer(c.Context(), c.Viewer, c.Param("id"), c.Param("request"), Step{Act: Name(f.Value("act")), Pool: f.Value("pool"), Yes: f.Value("yes") == "1", Once: f.Once()})
}

// glance is the door of the room.
func (s *Service) glance(c *web.Ctx, o *casework.Opened) (g casework.Glance, err error) {
	if !o.Own {
		g.Hidden = true
		return g, nil
	}
	err = s.DB.Read(c.Context(), func(tx *db.Tx) error {
		g = casework.Glance{}
		list, err := requestsOf(tx, o.ID)
		if err != nil || len(list) == 0 {
			return err
		}
		g.Text, g.Alert = c.T("place.state."+string(list[0].State)), list[0].State == Reserved
		return nil
	})
	return g, err
}
