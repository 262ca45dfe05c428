package round

import (
	"bytes"
	"embed"
	"encoding/csv"
	"html/template"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pageFiles embed.FS

var (
	_ = web.Style(pageFiles, "page/round.css")

	roundsPage  = web.NewPage[roundsData](pageFiles, "page/rounds.html")
	newPage     = web.NewPage[newData](pageFiles, "page/new.html")
	roundPage   = web.NewPage[roundData](pageFiles, "page/round.html")
	callsPage   = web.NewPage[callsData](pageFiles, "page/calls.html")
	confirmPage = web.NewPage[confirmData](pageFiles, "page/confirm.html")
	wrongPage   = web.NewPage[wrongData](pageFiles, "page/wrong.html")
	reportsPage = web.NewPage[reportsData](pageFiles, "page/reports.html")
	trustPage   = web.NewPage[trustData](pageFiles, "page/trust.html")
)

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /rounds", s.getRounds)
	sh.Professional("GET /rounds/new", s.getNew)
	sh.Professional("POST /rounds/new", s.postNew)
	sh.Professional("GET /round/{id}", s.getRound)
	sh.Professional("POST /round/{id}/steer", s.postSteer)
	sh.Professional("POST /round/{id}/returned", s.postReturned)
	sh.Professional("GET /round/{id}/calls", s.getCalls)
	sh.Professional("POST /round/{id}/calls", s.postCall)
	sh.Professional("GET /round/{id}/list.csv", s.getCSV)
	sh.Professional("GET /reports", s.getReports)
	sh.Professional("POST /reports", s.postReport)
	sh.Professional("GET /trust/{id}", s.getTrust)
	sh.Professional("POST /trust/{id}", s.postTrust)

	sh.Public("GET /confirm/{secret}", s.getConfirm)
	sh.Public("POST /confirm/{secret}", s.postConfirm)
	sh.Public("GET /entry/{id}/wrong", s.getWrong)
	sh.Public("POST /entry/{id}/wrong", s.postWrong)

	sh.Nav(web.NavItem{Path: "/rounds", Icon: "check", Label: "desk.door.rounds", Roles: []string{"coordinator", "editor"}, Also: []string{"/round/", "/trust/"}, Order: 66, Under: "/desk"})
	sh.Nav(web.NavItem{Path: "/reports", Icon: "warn", Label: "desk.door.reports", Roles: []string{"coordinator", "editor"}, Order: 67, Under: "/desk"})
}

type (
	roundsData struct {
		Rounds []Overview
		NoMail bool // no mail server: everybody is called
	}
	newData struct {
		Countries, Groups, Months []web.Choice
		Previewed                 bool
		Total, WithMail, ToCall   int
		Rows                      [][]string // by country
		NoMail                    bool
		Only                      []string
		Chosen                    []hidden // the scope again, for the button that starts
	}
	hidden    struct{ Name, Value string }
	roundData struct {
		Overview
		Countries []countryLine
		Bodies    []Body
		Show      string
		web.Turn
	}
	countryLine struct {
		Name string
		Progress
	}
	callsData struct {
		Round
		Groups        []callGroup
		Print         string
		Text, Country string  // what is looked for
		Countries     []web.M // chips
		Printed, By   string  // for the sheet of paper
		Action        string  // where results go, and come back to the same page
		web.Turn
	}
	callGroup struct {
		Country string
		Lang    string
		Calls   []callView
	}
	callView struct {
		Call
		Numbers   []numberView
		OpenText  string
		OpenNow   bool
		Later     bool
		Questions []string // in the body's language
		Sent      bool     // its result was sent and wants another look
		Typed     string   // the note that was sent
		Parts     []web.Choice
		Edit      string
	}
	numberView struct {
		Shown string
		Tel   template.URL
	}
)

func (s *Service) getRounds(c *web.Ctx) error {
	list, err := s.Rounds(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	return roundsPage.Render(c, roundsData{list, !s.cfg.CanMail()})
}

// helpful are the groups that are asked when none is ticked: whoever wants to
// ask authorities says so.
var helpful = []directory.Group{directory.Support, directory.Coordination}

// scopeOf reads a scope of form fields; unknown words are left out.
//
// req: ROUND-10
func scopeOf(values func(string) []string) Scope {
	var sc Scope
	for _, code := range values("country") {
		if len(code) == 2 {
			sc.Countries = append(sc.Countries, code)
		}
	}
	for _, g := range values("group") {
		if slices.Contains([]directory.Group{directory.Support, directory.Coordination, directory.Authority}, directory.Group(g)) {
			sc.Groups = append(sc.Groups, directory.Group(g))
		}
	}
	for _, o := range values("only") {
		if o != "" && len(o) < 100 {
			sc.Only = append(sc.Only, o)
		}
	}
	if len(sc.Groups)+len(sc.Only) == 0 {
		sc.Groups = helpful
	}
	sc.Months = 12
	if m := values("months"); len(m) > 0 {
		if n, err := strconv.Atoi(m[0]); err == nil && n >= 0 && n <= 120 {
			sc.Months = n
		}
	}
	return sc
}

func (s *Service) getNew(c *web.Ctx) error {
	query := c.R.URL.Query()
	if err := s.mayVerify(c); err != nil {
		return err
	}
	return s.renderNew(c, scopeOf(func(name string) []string { return query[name] }), query.Has("months"))
}

func (s *Service) renderNew(c *web.Ctx, sc Scope, previewed bool) error {
	all, err := s.Plan(c.Context(), Scope{})
	if err != nil {
		return err
	}
	data := newData{Previewed: previewed, NoMail: !s.cfg.CanMail(), Only: sc.Only}
	seen := map[string]bool{}
	for _, p := range all {
		if !seen[p.Country] {
			seen[p.Country] = true
			data.Countries = append(data.Countries, web.Choice{Value: p.Country, Label: directory.CountryName(c.Lang, p.Country), Selected: slices.Contains(sc.Countries, p.Country)})
		}
	}
	for _, g := range []directory.Group{directory.Support, directory.Coordination, directory.Authority} {
		data.Groups = append(data.Groups, web.Choice{Value: string(g), Label: c.T("directory.group." + string(g)), Selected: slices.Contains(sc.Groups, g)})
	}
	for _, n := range []int{0, 3, 6, 12, 24} {
		data.Months = append(data.Months, web.Choice{Value: strconv.Itoa(n), Label: c.T("round.new.since." + strconv.Itoa(n)), Selected: n == sc.Months})
	}
	if previewed {
		if err := s.preview(c, &data, sc); err != nil {
			return err
		}
	}
	return newPage.Render(c, data)
}

// preview counts whom the scope would ask, and by which way.
func (s *Service) preview(c *web.Ctx, data *newData, sc Scope) error {
	plan, err := s.Plan(c.Context(), sc)
	if err != nil {
		return err
	}
	type counts struct{ all, mail int }
	by := map[string]*counts{}
	var order []string
	for _, p := range plan {
		if by[p.Country] == nil {
			by[p.Country] = &counts{}
			order = append(order, p.Country)
		}
		by[p.Country].all++
		if p.Mailbox != "" && s.cfg.CanMail() {
			by[p.Country].mail++
			data.WithMail++
		}
	}
	data.Total, data.ToCall = len(plan), len(plan)-data.WithMail
	for _, code := range order {
		n := by[code]
		data.Rows = append(data.Rows, []string{directory.CountryName(c.Lang, code), c.Number(n.all), c.Number(n.mail), c.Number(n.all - n.mail)})
	}
	add := func(name string, values ...string) {
		for _, v := range values {
			data.Chosen = append(data.Chosen, hidden{name, v})
		}
	}
	add("country", sc.Countries...)
	for _, g := range sc.Groups {
		add("group", string(g))
	}
	add("only", sc.Only...)
	add("months", strconv.Itoa(sc.Months))
	return nil
}

func (s *Service) postNew(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	sc := scopeOf(f.Values)
	roundID, err := s.Start(c.Context(), c.Viewer, sc, f.Once())
	if f.Add(err) {
		return s.renderNew(c, sc, true)
	}
	if err != nil {
		return err
	}
	if roundID == "" {
		return c.Redirect("/rounds") // the button was pressed twice
	}
	c.Flash("round.done.started")
	return c.Redirect("/round/" + roundID)
}

func (s *Service) getRound(c *web.Ctx) error {
	r, bodies, err := s.Round(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	data := roundData{Overview: r, Show: c.Query("show")}
	byCountry := map[string][]Body{}
	for _, b := range bodies {
		byCountry[b.Country] = append(byCountry[b.Country], b)
	}
	for _, code := range slices.Sorted(maps.Keys(byCountry)) {
		data.Countries = append(data.Countries, countryLine{directory.CountryName(c.Lang, code), count(byCountry[code], c.Now())})
	}
	data.pick(c, bodies)
	return roundPage.Render(c, data)
}

// pick is the page of a round's bodies that is asked for, of those that are to
// be shown.
func (data *roundData) pick(c *web.Ctx, bodies []Body) {
	bodies = slices.DeleteFunc(bodies, func(b Body) bool {
		return data.Show == "answered" && b.Answer == "" || data.Show == "open" && b.Answer != "" || data.Show == "bounced" && b.Mail != Bounced
	})
	slices.SortFunc(bodies, byKey)
	data.Turn = c.Turn(len(bodies), perPage, func(i int) string { return bodyKey(bodies[i]) })
	data.Bodies = bodies[data.From:data.To]
}

func (s *Service) postSteer(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Steer(c.Context(), c.Viewer, c.Param("id"), f.Value("act")); err != nil {
		return err
	}
	c.Flash("round.done." + f.Value("act"))
	return c.Redirect("/round/" + c.Param("id"))
}

func (s *Service) postReturned(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Returned(c.Context(), c.Viewer, c.Param("id"), f.Value("organization")); err != nil {
		return err
	}
	c.Flash("round.done.returned")
	return c.Redirect("/round/" + c.Param("id"))
}

// questions are what a caller asks, by the parts that are ticked afterwards.
var questions = []string{"hello", "phones", "hours", "languages", "takes", "informs", "address", "thanks"}

func (s *Service) getCalls(c *web.Ctx) error { return s.renderCalls(c) }

func (s *Service) renderCalls(c *web.Ctx) error {
	data := callsData{Text: c.Query("q"), Country: c.Query("country")}
	r, list, err := s.callsOf(c.Context(), c.Viewer, c.Param("id"), func(due []Body) []Body { return data.pick(c, due) })
	if err != nil {
		return err
	}
	data.Round, data.Print = r, c.Path("/round/"+r.ID+"/list.csv")
	data.Printed, data.By = c.DateTime(c.Now()), c.Viewer.Name
	data.Action = withQuery(c, c.Path("/round/"+r.ID+"/calls"))
	for _, one := range list {
		name := directory.CountryName(c.Lang, one.Country)
		if n := len(data.Groups); n == 0 || data.Groups[n-1].Country != name {
			data.Groups = append(data.Groups, callGroup{Country: name, Lang: one.Lang})
		}
		g := &data.Groups[len(data.Groups)-1]
		g.Calls = append(g.Calls, s.callView(c, one))
	}
	return callsPage.Render(c, data)
}

// perPage is how many bodies stand on a page of a round or of its call list.
const perPage = 60

// pick is the page of the call list that is asked for, of who is to be called.
func (data *callsData) pick(c *web.Ctx, due []Body) []Body {
	words := fold.Tokens(data.Text)
	perCountry := map[string]int{}
	due = slices.DeleteFunc(due, func(b Body) bool {
		names := " " + fold.Key(b.Name+" "+b.Organization)
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(names, " "+w) }) {
			return true
		}
		perCountry[b.Country]++
		return data.Country != "" && b.Country != data.Country
	})
	for _, code := range slices.Sorted(maps.Keys(perCountry)) {
		values := url.Values{"country": {code}, "q": {data.Text}}
		on := code == data.Country
		if on {
			values.Del("country")
		}
		data.Countries = append(data.Countries, web.M{"label": directory.CountryName(c.Lang, code), "count": c.Number(perCountry[code]), "on": on, "href": c.R.URL.Path + "?" + values.Encode()})
	}
	data.Turn = c.Turn(len(due), perPage, func(i int) string { return bodyKey(due[i]) })
	return due[data.From:data.To]
}

func (s *Service) callView(c *web.Ctx, one Call) callView {
	f := c.SentForm()
	v := callView{Sent: f != nil && f.Value("organization") == one.Organization, Call: one, OpenNow: one.Open.Open, Later: one.NextCall.After(c.Now()), OpenText: openText(c, one.Open)}
	for _, p := range one.Numbers {
		v.Numbers = append(v.Numbers, numberView{p.Shown(), web.SafeTel(p.Dialled())})
	}
	if v.Sent {
		v.Typed = f.Value("note")
	}
	for _, p := range directory.Parts {
		v.Parts = append(v.Parts, web.Choice{Value: string(p), Label: c.T("round.part." + string(p)), Selected: v.Sent && slices.Contains(f.Values("parts"), string(p))})
	}
	for _, q := range questions {
		v.Questions = append(v.Questions, c.TIn(one.Lang, "round.script."+q, "name", s.cfg.Name()))
	}
	if s.cfg.Edit != nil {
		v.Edit = s.cfg.Edit(c, one.Organization)
	}
	return v
}

// openText words whether a body answers now.
func openText(c *web.Ctx, o directory.OpenState) string {
	at := func(t time.Time) string { return c.Config().Texts.Clock(c.Lang, t) }
	switch {
	case o.Always:
		return c.T("directory.open.always")
	case o.Open && o.Until.IsZero():
		return c.T("directory.open.now")
	case o.Open:
		return c.T("directory.open.until", "time", at(o.Until))
	case o.Known && !o.Next.IsZero():
		return c.T("directory.open.next", "when", c.Config().Texts.Weekday(c.Lang, o.Next.Weekday())+" "+at(o.Next))
	case o.Known:
		return c.T("directory.open.closed")
	}
	return c.T("directory.open.unknown")
}

func (s *Service) postCall(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	done := Called{Outcome: Outcome(f.Value("outcome")), Note: f.Value("note"), Once: f.Once()}
	for _, p := range f.Values("parts") {
		if slices.Contains(directory.Parts, directory.Part(p)) {
			done.Parts = append(done.Parts, directory.Part(p))
		}
	}
	err = s.Call(c.Context(), c.Viewer, c.Param("id"), f.Value("organization"), done)
	if f.Add(err) {
		return s.renderCalls(c)
	}
	if err != nil {
		return err
	}
	c.Flash("round.done.call." + string(done.Outcome))
	return c.Redirect(withQuery(c, "/round/"+c.Param("id")+"/calls"))
}

// withQuery is a path with what the address asked for: a page, a search.
func withQuery(c *web.Ctx, path string) string {
	if q := c.R.URL.RawQuery; q != "" {
		path += "?" + q
	}
	return path
}

// getCSV answers the whole round as a table, for a spreadsheet. The file's name
// says nothing.
func (s *Service) getCSV(c *web.Ctx) error {
	r, bodies, err := s.Round(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	_, calls, err := s.Calls(c.Context(), c.Viewer, r.ID)
	if err != nil {
		return err
	}
	toCall := map[string]Call{}
	for _, one := range calls {
		toCall[one.Organization] = one
	}
	var out bytes.Buffer
	out.WriteString("\ufeff") // spreadsheets take UTF-8 only when told
	w := csv.NewWriter(&out)
	_ = w.Write([]string{"country", "organization", "name", "language", "mail", "answer", "way", "answered", "call", "numbers", "tries", "last_call", "outcome", "note"})
	for _, b := range bodies {
		one, on := toCall[b.Organization]
		reason, numbers := "", []string{}
		if on {
			reason = string(one.Reason)
			for _, p := range one.Numbers {
				numbers = append(numbers, p.Shown())
			}
		}
		_ = w.Write(tame(b.Country, b.Organization, b.Name, b.Lang, string(b.Mail), string(b.Answer), b.Way, stamp(b.Answered), reason,
			strings.Join(numbers, "; "), strconv.FormatInt(b.Tries, 10), stamp(b.Called), string(b.Outcome), b.Note))
	}
	if w.Flush(); w.Error() != nil {
		return fault.Wrap(w.Error(), "list")
	}
	return c.Download("list.csv", "text/csv; charset=utf-8", out.Bytes())
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// tame keeps a spreadsheet from taking a cell for a formula.
func tame(cells ...string) []string {
	for i, s := range cells {
		if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
			cells[i] = "'" + s
		}
	}
	return cells
}
