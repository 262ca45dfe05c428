package interpret

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
	"amelie/internal/fold"
	"amelie/internal/id"
	"amelie/internal/web"
)

//go:embed page/*.html
var pageFiles embed.FS

var (
	listPage   = web.NewPage[listData](pageFiles, "page/list.html")
	personPage = web.NewPage[personData](pageFiles, "page/person.html")
	casePage   = web.NewPage[caseData](pageFiles, "page/case.html")
	tasksPage  = web.NewPage[tasksData](pageFiles, "page/tasks.html")
)

// Mount registers the pages. None is public.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /interpreters", s.getList)
	sh.Professional("GET /interpreters/{who}", func(c *web.Ctx) error { return s.showPerson(c, nil) })
	sh.Professional("POST /interpreters/{who}", s.postPerson)
	sh.Professional("GET /cases/{id}/interpret", s.getCase)
	sh.Professional("POST /cases/{id}/interpret", s.postBook)
	sh.Professional("POST /cases/{id}/interpret/said", s.postSaid)
	sh.Professional("POST /cases/{id}/interpret/{booking}", s.postSteer)
	sh.Professional("GET /interpreting", s.getTasks)
	sh.Professional("POST /interpreting/{booking}", s.postTask)
	sh.Nav(web.NavItem{Path: "/interpreters", Icon: "speech", Label: "interpret.nav", Roles: []string{"caseworker", "lead"}, Order: 72, Spare: true})
	sh.Nav(web.NavItem{Path: "/interpreting", Icon: "calendar", Label: "interpret.own", Roles: []string{"interpreter"}, Order: 11})
}

// codes are the names of codes in the reader's language.
func codes(c *web.Ctx, field string, list []string) string {
	var out []string
	for _, code := range list {
		out = append(out, name(c, field, code))
	}
	return strings.Join(out, ", ")
}

func name(c *web.Ctx, field, code string) string {
	if field == "language" {
		return casework.LanguageName(c, code)
	}
	return c.T("interpret.option." + field + "." + code)
}

// asked is one question of a form whose answers are codes.
func asked(c *web.Ctx, field string, from, chosen []string, single, optional bool) web.Asked {
	out := web.Asked{Name: field, Label: c.T("interpret.field." + field), Single: single, Optional: optional}
	for _, code := range from {
		out.Choices = append(out.Choices, web.Choice{Value: code, Label: name(c, field, code), Selected: slices.Contains(chosen, code)})
	}
	return out
}

// The list.

type listData struct{ People []web.M }

func (s *Service) getList(c *web.Ctx) error {
	list, _, err := s.List(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	data := listData{}
	for _, i := range list {
		row := web.M{"title": i.Name, "href": c.Path("/interpreters/" + i.ID), "text": s.about(c, i)}
		switch {
		case c.Now().Before(i.Back) && c.Now().After(i.Away):
			row["badge"] = web.M{"text": c.T("interpret.away", "date", c.Date(i.Back))}
		case i.UserID != "":
			row["badge"] = web.M{"text": c.T("interpret.member")}
		}
		data.People = append(data.People, row)
	}
	return listPage.Render(c, data)
}

// about is one line of what somebody can do.
func (s *Service) about(c *web.Ctx, i Interpreter) string {
	line := []string{codes(c, "language", i.Languages), name(c, "gender", i.Gender), codes(c, "channel", i.Channels)}
	if len(i.Training) > 0 {
		line = append(line, codes(c, "training", i.Training))
	}
	return strings.Join(line, " · ")
}

type personData struct {
	Interpreter
	New      bool
	Members  []web.Choice
	Asked    []web.Asked
	From, To string
	Single   []dayHours
	Away     string
	Back     string
}

// dayHours are the hours of a single day, where they are not the usual ones.
type dayHours struct{ Code, Label, From, To string }

// showPerson is the form of one interpreter: as stored, or as typed.
func (s *Service) showPerson(c *web.Ctx, typed *Interpreter) error {
	list, members, err := s.List(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	data := personData{New: c.Param("who") == "new", Interpreter: Interpreter{From: 9 * 60, To: 17 * 60, Days: Days[:5], Channels: Channels[:2]}}
	if at := slices.IndexFunc(list, func(i Interpreter) bool { return i.ID == c.Param("who") }); at >= 0 {
		data.Interpreter = list[at]
	} else if !data.New {
		return errNotFound
	}
	if typed != nil {
		data.Interpreter = *typed
	}
	i := data.Interpreter
	data.Members = []web.Choice{{Label: c.T("interpret.outside")}}
	for _, m := range members {
		data.Members = append(data.Members, web.Choice{Value: m.UserID, Label: m.Name, Selected: m.UserID == i.UserID})
	}
	data.Asked = []web.Asked{casework.FoldLanguages(c, asked(c, "language", casework.Spoken, i.Languages, false, false)), asked(c, "gender", Genders, []string{i.Gender}, true, false),
		asked(c, "training", Trainings, i.Training, false, true), asked(c, "channel", Channels, i.Channels, false, false), asked(c, "days", Days, i.Days, false, false)}
	data.From, data.To, data.Away, data.Back = clockOf(i.From), clockOf(i.To), s.dayOf(i.Away), s.dayOf(i.Back)
	for _, day := range Days {
		h := dayHours{Code: day, Label: name(c, "days", day)}
		if span, other := i.Hours[day]; other {
			h.From, h.To = clockOf(span.From), clockOf(span.To)
		}
		data.Single = append(data.Single, h)
	}
	return personPage.Render(c, data)
}

func clockOf(minutes int) string {
	if minutes < 0 || minutes >= 24*60 {
		return "23:59"
	}
	return time.Date(0, 1, 1, 0, minutes, 0, 0, time.UTC).Format("15:04")
}

func (s *Service) dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.Cases.Here()).Format(time.DateOnly)
}

func (s *Service) postPerson(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	who := c.Param("who")
	if f.Value("drop") != "" {
		if err = s.Drop(c.Context(), c.Viewer, who); said(f, err) {
			return s.showPerson(c, nil)
		}
		if err != nil {
			return err
		}
		return c.Redirect("/interpreters")
	}
	if who == "new" {
		who = cmp.Or(f.Once(), id.New())
	}
	i := Interpreter{ID: who, UserID: f.Value("user"), Name: f.Value("name"), Phone: f.Value("phone"), Gender: f.Value("gender"), Languages: f.Values("language"), Training: f.Values("training"), Channels: f.Values("channel"), Days: f.Values("days"),
		From: minutes(f.Value("from")), To: minutes(f.Value("to")), Hours: map[string]Span{}}
	for _, day := range Days {
		if from, to := f.Value("from-"+day), f.Value("to-"+day); from != "" || to != "" {
			i.Hours[day] = Span{minutes(from), minutes(to)}
		}
	}
	i.Version, _ = strconv.ParseInt(f.Value("version"), 10, 64)
	for name, at := range map[string]*time.Time{"away": &i.Away, "back": &i.Back} {
		if typed := f.Value(name); typed != "" {
			if *at, err = time.ParseInLocation(time.DateOnly, typed, s.Cases.Here()); err != nil {
				f.Error(name, "web.error.date")
			}
		}
	}
	if f.OK() {
		err = s.Keep(c.Context(), c.Viewer, i, f.Value("adult") == "1")
	}
	if !f.OK() || said(f, err) {
		return s.showPerson(c, &i)
	}
	if err != nil {
		return err
	}
	c.Flash("interpret.saved")
	return c.Redirect("/interpreters")
}

// said puts what stands against an act onto the page that it was done from.
func said(f *web.Form, err error) bool {
	if k := fault.KindOf(err); err != nil && (k == fault.Conflict || k == fault.Stale) {
		if e := fault.Find(err); e != nil && e.Key != "" {
			f.Error("", e.Key)
			return true
		}
	}
	return f.Add(err)
}

// The room of a case.

type caseData struct {
	Case, Preference string
	Change           string // where what the person wants is changed
	May              bool
	Entries          []web.Choice
	Languages        []web.Choice
	Lengths          []web.Choice
	Channels         []web.Choice
	Looked           bool
	Choice           Choice
	Offered          []web.Choice
	Conflicts        []web.Asked
	Bookings         []bookingView
	Said             []web.M
	People           []web.Choice
	Feedback         []web.Asked
}

type bookingView struct {
	web.M
	Href           string
	Cancel, Finish bool
	Confirm        bool // somebody from outside must be called again
	Before         string
}

// choiceOf reads a choice out of an address or a form.
func choiceOf(get func(string) string) Choice {
	n, _ := strconv.Atoi(get("minutes"))
	return Choice{Entry: get("entry"), Language: get("language"), Channel: cmp.Or(get("channel"), Channels[1]), Minutes: cmp.Or(n, Lengths[1]), Who: get("who")}
}

func (s *Service) getCase(c *web.Ctx) error {
	if f := c.SentForm(); f != nil && f.Value("who") != "" { // booked while the sign-in had ended
		return s.showCase(c, choiceOf(f.Value))
	}
	return s.showCase(c, choiceOf(c.Query))
}

func (s *Service) showCase(c *web.Ctx, ch Choice) error {
	o, err := s.Cases.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	_, list, who, err := s.Bookings(c.Context(), c.Viewer, o.ID)
	if err != nil {
		return err
	}
	data := caseData{Case: c.Path("/cases/" + o.ID), Choice: ch, Looked: ch.Language != ""}
	data.Change = data.Case + "/write/languages"
	data.May = o.State == casework.Open && slices.Contains(o.Writable, casework.Services)
	preference, languages, _ := wished(o)
	data.Preference = preferred(c, preference)
	s.looking(c, &data, o, languages)
	if data.Looked && data.May {
		if err := s.offered(c, &data, o); err != nil {
			return err
		}
	}
	for _, b := range list {
		data.Bookings = append(data.Bookings, s.bookingView(c, b, who[b.InterpreterID]))
	}
	s.spoken(c, &data, o, list, who)
	return casePage.Render(c, data)
}

// preferred is what the person said about interpreters.
func preferred(c *web.Ctx, code string) string {
	switch code {
	case "":
		return ""
	case ask.NotKnown:
		return c.T("web.answer.unknown")
	case ask.NotSaid:
		return c.T("web.answer.unsaid")
	}
	return c.T("referral.option.interpreter." + code)
}

// looking fills the form that looks for somebody.
func (s *Service) looking(c *web.Ctx, d *caseData, o *casework.Opened, languages []string) {
	d.Entries = []web.Choice{{Label: c.T("interpret.now"), Selected: d.Choice.Entry == ""}}
	for _, e := range o.Of("appointment") {
		if e.DoneAt.IsZero() && e.DueAt.After(c.Now()) {
			d.Entries = append(d.Entries, web.Choice{Value: e.ID, Label: c.T("interpret.for", "when", c.DateTime(e.DueAt), "what", e.Fields.One("words")), Selected: e.ID == d.Choice.Entry})
		}
	}
	for _, code := range casework.Spoken {
		first := len(languages) > 0 && languages[0] == code
		d.Languages = append(d.Languages, web.Choice{Value: code, Label: casework.LanguageName(c, code), Selected: code == d.Choice.Language || d.Choice.Language == "" && first})
	}
	fold.Sort(d.Languages[len(casework.Languages):], func(o web.Choice) string { return o.Label })
	for _, n := range Lengths {
		d.Lengths = append(d.Lengths, web.Choice{Value: strconv.Itoa(n), Label: c.T("interpret.minutes", "n", n), Selected: n == d.Choice.Minutes})
	}
	for _, code := range Channels {
		d.Channels = append(d.Channels, web.Choice{Value: code, Label: name(c, "channel", code), Selected: code == d.Choice.Channel})
	}
}

// offered fills in who can be booked, and what is asked before.
func (s *Service) offered(c *web.Ctx, d *caseData, o *casework.Opened) error {
	list, w, err := s.Offered(c.Context(), c.Viewer, o, d.Choice)
	if err != nil {
		if fault.KindOf(err) == fault.Invalid { // an appointment that is gone
			d.Looked = false
			return nil
		}
		return err
	}
	d.Choice.Channel = w.Channel
	for _, i := range list {
		label := i.Name
		if i.Phone != "" && w.Channel == "phone" {
			label = c.T("interpret.call", "name", i.Name, "phone", i.Phone)
		}
		d.Offered = append(d.Offered, web.Choice{Value: i.ID, Label: label, Hint: s.about(c, i)})
	}
	for _, q := range Conflicts {
		one := web.Asked{Name: q, Label: c.T("interpret.conflict." + q), Single: true}
		for _, a := range []web.Choice{{Value: "no", Label: c.T("web.action.no")}, {Value: "yes", Label: c.T("web.action.yes")}, {Value: ask.NotKnown, Label: c.T("web.answer.unknown")}} {
			a.Selected = c.Typed(q) == a.Value
			one.Choices = append(one.Choices, a)
		}
		d.Conflicts = append(d.Conflicts, one)
	}
	return nil
}

func (s *Service) bookingView(c *web.Ctx, b Booking, i Interpreter) bookingView {
	out := bookingView{Href: c.Path("/cases/" + b.CaseID + "/interpret/" + b.ID), Cancel: b.Open(), Finish: b.State == Accepted && !c.Now().Before(b.At)}
	out.Confirm = b.State == Asked && i.ID != "" && i.UserID == ""
	out.Before = askedBefore(c, b)
	out.M = web.M{"title": cmp.Or(i.Name, c.T("interpret.gone")), "text": c.T("interpret.line", "when", c.DateTime(b.At), "language", casework.LanguageName(c, b.Language), "channel", name(c, "channel", b.Channel)), "state": c.T("interpret.state." + string(b.State))}
	return out
}

// askedBefore is what was asked before a booking and what was answered.
//
// req: INTERPRET-4
func askedBefore(c *web.Ctx, b Booking) string {
	if b.Asked.IsZero() {
		return ""
	}
	var answers []string
	for _, q := range Conflicts {
		if b.Conflicts[q] == "no" {
			answers = append(answers, c.T("interpret.short."+q)+": "+c.T("web.action.no"))
		}
	}
	text := c.T("interpret.asked-before", "when", c.DateTime(b.Asked), "answers", strings.Join(answers, " · "))
	if !b.Cleared.IsZero() {
		text += " " + c.T("interpret.cleared", "when", c.DateTime(b.Cleared))
	}
	return text
}

// spoken is what the person said of interpreters, and the form for more.
func (s *Service) spoken(c *web.Ctx, d *caseData, o *casework.Opened, list []Booking, who map[string]Interpreter) {
	for _, e := range o.Of(feedback.ID) {
		a := ask.Answer{"how": e.Fields["how"], "again": e.Fields["again"], "words": e.Fields["words"]}
		d.Said = append(d.Said, web.M{"title": cmp.Or(who[e.Fields.One("interpreter")].Name, c.T("interpret.gone")), "rows": casework.RowsOf(c, feedback, a), "by": c.T("casework.by", "name", e.UserName, "when", c.DateTime(e.Changed))})
	}
	if o.State != casework.Open || !slices.Contains(o.Writable, casework.Needs) {
		return
	}
	for _, b := range list {
		if i, there := who[b.InterpreterID]; there && !slices.ContainsFunc(d.People, func(p web.Choice) bool { return p.Value == i.ID }) {
			d.People = append(d.People, web.Choice{Value: i.ID, Label: i.Name})
		}
	}
	short := feedback
	short.Fields = feedback.Fields[1:]
	d.Feedback = casework.FormOf(c, short, ask.Answer{"how": {c.Typed("how")}, "again": {c.Typed("again")}})
}

func (s *Service) postBook(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	ch := choiceOf(f.Value)
	ch.Once, ch.Conflicts = f.Once(), map[string]string{}
	for _, q := range Conflicts {
		ch.Conflicts[q] = f.Value(q)
	}
	if err = s.Book(c.Context(), c.Viewer, c.Param("id"), ch); said(f, err) {
		return s.showCase(c, ch)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/interpret")
}

func (s *Service) postSaid(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	t := casework.Typed{Kind: feedback.ID, Once: f.Once(), Posted: map[string][]string{}}
	for _, field := range feedback.Fields {
		t.Posted[field.Name] = f.Values(field.Name)
	}
	if _, err = s.Cases.Save(c.Context(), c.Viewer, c.Param("id"), t); said(f, err) {
		return s.getCase(c)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/interpret")
}

func (s *Service) postSteer(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err = s.Steer(c.Context(), c.Viewer, c.Param("id"), c.Param("booking"), Act(f.Value("act"))); said(f, err) {
		return s.getCase(c)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/interpret")
}

// glance is the door of the room.
func (s *Service) glance(c *web.Ctx, o *casework.Opened) (g casework.Glance, err error) {
	if !o.Own {
		g.Hidden = true
		return g, nil
	}
	var list []Booking
	err = s.DB.Read(c.Context(), func(tx *db.Tx) (err error) { list, err = bookings(tx, bookingsStmt, o.ID); return err })
	for _, b := range list { // the latest first: the last that matches is the next
		if b.Open() && b.End.After(c.Now()) {
			g.Text = c.DateTime(b.At)
		}
	}
	return g, err
}

// The interpreter's own page.

type tasksData struct{ Tasks []taskView }

type taskView struct {
	Task
	When, What, Says string
	Answer, Back     bool
}

func (s *Service) getTasks(c *web.Ctx) error {
	list, err := s.Tasks(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	data := tasksData{}
	for _, t := range list {
		data.Tasks = append(data.Tasks, taskView{t, c.T("interpret.span", "from", c.DateTime(t.At), "to", c.Clock(t.End)), casework.LanguageName(c, t.Language) + " · " + name(c, "channel", t.Channel) + " · " + t.Agency, c.T("interpret.state." + string(t.State)),
			t.State == Asked, t.State == Accepted && c.Now().Before(t.At)})
	}
	return tasksPage.Render(c, data)
}

func (s *Service) postTask(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err = s.Answer(c.Context(), c.Viewer, c.Param("booking"), Act(f.Value("act")), f.Value("clear") == "1"); said(f, err) {
		return s.getTasks(c)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/interpreting")
}
