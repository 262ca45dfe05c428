package talk

import (
	"embed"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/casework"
	"amelie/internal/document"
	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var (
	_          = web.Style(pages, "page/talk.css")
	casePage   = web.NewPage[caseData](pages, "page/case.html")
	threadPage = web.NewPage[threadData](pages, "page/thread.html")
	allPage    = web.NewPage[allData](pages, "page/all.html")
)

// Mount registers the pages. No address and no title says about what or whom.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /talks", s.getAll)
	sh.Professional("POST /talks/hours", s.postHours)
	sh.Professional("GET /cases/{id}/talk", s.getCase)
	sh.Professional("POST /cases/{id}/talk", s.postCase)
	sh.Professional("GET /cases/{id}/talk/{thread}", s.getThread)
	sh.Professional("POST /cases/{id}/talk/{thread}", s.postThread)
	sh.Professional("POST /cases/{id}/talk/{thread}/act", s.postAct)
	sh.Professional("GET /cases/{id}/talk/{thread}/file/{message}", s.getFile)
	sh.Nav(web.NavItem{Path: "/talks", Icon: "talk", Label: "talk.all.title", Text: "talk.all.text", Roles: []string{"caseworker", "lead"}, Order: 27, Under: "/cases"})
}

// Room is the room's door in the file.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: "talk", Icon: "talk", Glance: s.glance, Forget: s.Forget, Lost: s.lost, Export: s.export}
}

func (s *Service) glance(c *web.Ctx, o *casework.Opened) (g casework.Glance, err error) {
	lines, _, with, err := s.Of(c.Context(), c.Viewer, o.ID)
	if err != nil {
		return g, err
	}
	waits, fresh := 0, 0
	for _, l := range lines {
		waits += len(l.Asks(c.Viewer.AgencyID))
		fresh += l.Unread
	}
	switch {
	case waits > 0:
		return casework.Glance{Text: c.T("talk.glance.waits", "n", waits), Alert: true}, nil
	case fresh > 0:
		return casework.Glance{Text: c.T("talk.glance.new", "n", fresh), Alert: true}, nil
	case len(lines) > 0:
		return casework.Glance{Text: c.T("talk.glance.threads", "n", len(lines))}, nil
	}
	return casework.Glance{Text: c.T("talk.glance.none"), Hidden: len(with) == 0 && !o.Own}, nil
}

func path(c *web.Ctx, caseID string, rest ...string) string {
	return c.Path("/cases/" + caseID + "/talk" + strings.Join(append([]string{""}, rest...), "/"))
}

// row is a thread as a line of c-due: what waits first, then what is new.
func row(c *web.Ctx, l Line, withCase bool) web.M {
	title := l.Topic
	if title == "" {
		title = c.T("talk.locked-topic")
	}
	text := strings.Join(l.With, ", ")
	if withCase {
		text = c.T("casework.code", "code", l.Code) + " · " + text
	}
	if !l.MeetsAt.IsZero() {
		text = c.T("talk.meets", "when", c.DateTime(l.MeetsAt)) + " · " + text
	}
	m := web.M{"title": title, "href": path(c, l.CaseID, l.ID), "text": text}
	asks := l.Asks(c.Viewer.AgencyID)
	switch {
	case len(asks) > 0:
		m["deadline"] = dueOf(c, nearest(asks))
	case l.Unread > 0:
		m["badge"] = web.M{"text": c.T("talk.unread", "n", l.Unread), "kind": "info"}
	case !l.Open:
		m["badge"] = web.M{"text": c.T("talk.ended")}
	case len(l.Waiting) > 0:
		m["badge"] = web.M{"text": c.T("talk.waiting-others")}
	}
	return m
}

// dueOf is the chip of what a message asks for.
func dueOf(c *web.Ctx, m Message) web.M {
	switch {
	case m.Due.IsZero():
		return web.M{"kind": "soon", "text": c.T("talk.due-open." + string(m.Kind))}
	case m.Late(c.Now()):
		return web.M{"kind": "lost", "text": c.T("talk.late", "date", c.Date(m.Due)), "datetime": c.Stamp(m.Due)}
	}
	return web.M{"kind": "soon", "text": c.T("talk.due."+string(m.Kind), "date", c.Date(m.Due)), "datetime": c.Stamp(m.Due)}
}

// The threads of one case.

type caseData struct {
	Back   string
	Lines  []web.M
	With   []web.Choice
	Single string // the one agency with whom a talk can be begun; its choice is no question
	Open   bool
	Own    bool
}

func (s *Service) caseForm(c *web.Ctx) (data caseData, err error) {
	lines, in, with, err := s.Of(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return data, err
	}
	data = caseData{Back: c.Path("/cases/" + in.ID), Open: in.State == casework.Open && len(with) > 0, Own: with != nil && in.AgencyID == c.Viewer.AgencyID}
	for _, l := range lines {
		data.Lines = append(data.Lines, row(c, l, false))
	}
	for _, p := range with {
		data.With = append(data.With, web.Choice{Value: p.AgencyID, Label: p.Name, Hint: mayOpen(c, p)})
	}
	if len(with) == 1 {
		data.Single = with[0].Name
	}
	return data, nil
}

// mayOpen says which parts of the file a party has.
func mayOpen(c *web.Ctx, p Party) string {
	if p.Own {
		return c.T("talk.whose")
	}
	return c.T("talk.may-open", "parts", casework.PartNames(c, p.Parts))
}

func (s *Service) getCase(c *web.Ctx) error {
	data, err := s.caseForm(c)
	if err != nil {
		return err
	}
	return casePage.Render(c, data)
}

func (s *Service) postCase(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	data, err := s.caseForm(c)
	if err != nil {
		return err
	}
	b := Beginning{Form: Form(f.Value("form")), Topic: f.Value("topic"), With: f.Values("with"), MeetsAt: f.Value("meets"),
		Typed: Typed{Text: f.Value("text"), Due: f.Value("due"), Once: f.Once()}}
	if data.Single != "" && len(data.With) == 1 {
		b.With = []string{data.With[0].Value}
	}
	thread, err := s.Start(c.Context(), c.Viewer, c.Param("id"), b)
	if again(c, f, err) {
		return casePage.Render(c, data)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/talk/" + thread)
}

// One thread.

type threadData struct {
	*Shown
	Back, Here string
	Prev, Next string  // older messages, and the newest again
	Who        []web.M // the parties and what each may open
	Common     string  // parts that all of them may open
	Messages   []messageView
	Asked      []web.Choice // what waits for the viewer's agency, for the answer
	Kinds      []web.Choice
	To         []web.Choice // who can be asked; nil where there is only one
	Remove     []web.Choice
	Add        []web.Choice
	Leaves     bool
	Meets      string
}

type messageView struct {
	ID, By, When, Kind, Text string
	Mine, New                bool
	File, FileName           string
	Ask                      web.M  // the chip of what it asks for
	For                      string // who is asked
	Settled                  string
	Acts                     []web.M
	Read                     string
	Minutes                  string // who agreed
	Agree                    bool   // the viewer's agency has not yet
}

func (s *Service) getThread(c *web.Ctx) error { return s.showThread(c) }

func (s *Service) showThread(c *web.Ctx) error {
	upto := c.Query("before")
	in, err := s.Before(c.Context(), c.Viewer, c.Param("id"), c.Param("thread"), upto)
	if err != nil {
		return err
	}
	agency := c.Viewer.AgencyID
	data := threadData{Shown: in, Back: path(c, in.CaseID), Here: path(c, in.CaseID, in.ID), Leaves: agency != in.Case.AgencyID}
	if in.Older != "" {
		data.Prev = data.Here + "?before=" + in.Older
	}
	if upto != "" {
		data.Next = data.Here
	}
	data.who(c)
	for _, m := range in.Messages {
		data.Messages = append(data.Messages, data.view(c, m))
	}
	for _, m := range in.Asked(agency) {
		data.Asked = append(data.Asked, web.Choice{Value: m.ID, Label: short(m.Text), Selected: true})
	}
	for _, k := range kindsOf(in.Form) {
		data.Kinds = append(data.Kinds, web.Choice{Value: string(k), Label: c.T("talk.kind." + string(k)), Selected: k == Words})
	}
	if !in.MeetsAt.IsZero() {
		data.Meets = in.MeetsAt.In(s.Cases.Here()).Format("2006-01-02T15:04")
	}
	return threadPage.Render(c, data)
}

// who fills in the parties, and who can be asked, added and removed.
func (d *threadData) who(c *web.Ctx) {
	common := slices.Clone(casework.Parts)
	for _, p := range d.Parties {
		d.Who = append(d.Who, web.M{"label": p.Name, "text": mayOpen(c, p), "note": c.T("talk.since", "date", c.Date(p.Since))})
		if !p.Own {
			common = slices.DeleteFunc(common, func(x casework.Part) bool { return !slices.Contains(p.Parts, x) })
		}
		choice := web.Choice{Value: p.AgencyID, Label: p.Name}
		if p.AgencyID != c.Viewer.AgencyID || d.Form == Conference {
			d.To = append(d.To, choice)
		}
		if !p.Own && d.Admits {
			d.Remove = append(d.Remove, choice)
		}
	}
	if len(d.To) == 1 {
		d.To = nil
	}
	for _, p := range d.Free {
		d.Add = append(d.Add, web.Choice{Value: p.AgencyID, Label: p.Name + ": " + mayOpen(c, p)})
	}
	d.Common = casework.PartNames(c, common)
}

// short is the beginning of a text, for a choice.
func short(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return text
}

func (d *threadData) view(c *web.Ctx, m Message) messageView {
	agency := c.Viewer.AgencyID
	out := messageView{ID: m.ID, By: m.UserName + ", " + m.Agency, When: c.DateTime(m.At), Text: m.Text, Mine: m.AgencyID == agency, New: m.At.After(d.Seen) && m.UserID != c.Viewer.UserID}
	if m.Kind != Words {
		out.Kind = c.T("talk.badge." + string(m.Kind))
	}
	if m.Content.File != nil {
		out.File, out.FileName = path(c, d.CaseID, d.ID, "file", m.ID), m.Content.File.Name
	}
	if len(m.ReadBy) > 0 {
		out.Read = c.T("talk.read-by", "names", strings.Join(m.ReadBy, ", "))
	}
	switch m.Standing {
	case Waiting:
		out.Ask = dueOf(c, m)
	case Settled, TakenOff:
		out.Settled = c.T("talk.standing."+string(m.Kind)+"."+string(m.Standing), "name", m.SettledBy, "when", c.DateTime(m.SettledAt))
	}
	if m.To != "" && m.Kind.Asks() {
		out.For = c.T("talk.for."+string(m.Kind), "name", nameOf(d.Parties, m.To))
	}
	for _, a := range m.Possible(agency) {
		if d.Case.State != casework.Open {
			break
		}
		out.Acts = append(out.Acts, web.M{"label": c.T("talk.act." + string(m.Kind) + "." + string(a)), "kind": "quiet", "small": true, "name": "do", "value": string(a)})
	}
	if m.Kind == Minutes {
		out.minutes(c, d, m)
	}
	return out
}

// minutes says who agreed; the newest stand when everybody did.
func (out *messageView) minutes(c *web.Ctx, d *threadData, m Message) {
	var names []string
	for _, agency := range m.Agreed {
		if name := nameOf(d.Parties, agency); name != "" {
			names = append(names, name)
		}
	}
	switch {
	case d.Stand != m.ID:
		out.Minutes = c.T("talk.minutes.old")
	case m.Stands(d.Parties):
		out.Minutes = c.T("talk.minutes.stand")
	default:
		out.Minutes = c.T("talk.minutes.agreed", "names", strings.Join(names, ", "))
		out.Agree = d.Writes && !slices.Contains(m.Agreed, c.Viewer.AgencyID)
	}
}

func (s *Service) postThread(c *web.Ctx) error {
	f, err := c.Upload(document.MaxSize + 1<<20)
	if err != nil {
		return err
	}
	name, body, err := f.File("file")
	if err != nil {
		return err
	}
	err = s.Write(c.Context(), c.Viewer, c.Param("id"), c.Param("thread"), Typed{Kind: Kind(f.Value("kind")), Text: f.Value("text"), To: f.Value("to"), Due: f.Value("due"),
		Settles: f.Values("settles"), File: casework.Upload{Name: name, Body: body, Plain: f.Value("plain") == "1"}, Once: f.Once()})
	if again(c, f, err) {
		return s.showThread(c)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/talk/" + c.Param("thread"))
}

// again says whether the form is shown again, with what is wrong: also where its
// token served for something else, so that nothing typed is lost.
func again(c *web.Ctx, f *web.Form, err error) bool {
	if err == nil || fault.KindOf(err) != fault.Stale {
		return f.Add(err)
	}
	f.Error("", fault.Find(err).Key)
	c.NewOnce()
	return true
}

// postAct does what one of the small buttons of a thread says.
func (s *Service) postAct(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	ctx, v, caseID, thread, message := c.Context(), c.Viewer, c.Param("id"), c.Param("thread"), f.Value("message")
	back := "/cases/" + caseID + "/talk/" + thread
	switch do := f.Value("do"); do {
	case "agree":
		err = s.Agree(ctx, v, caseID, thread, message)
	case "add":
		err = s.Add(ctx, v, caseID, thread, f.Value("agency"))
	case "remove":
		err = s.Remove(ctx, v, caseID, thread, f.Value("agency"))
	case "leave":
		err, back = s.Leave(ctx, v, caseID, thread), "/cases/"+caseID+"/talk"
	case "end", "resume":
		err = s.End(ctx, v, caseID, thread, do == "end")
	case "meet":
		err = s.Meet(ctx, v, caseID, thread, f.Value("meets"))
	default:
		err = s.Settle(ctx, v, caseID, thread, message, Act(do))
	}
	if f.Add(err) {
		return s.showThread(c)
	}
	if err != nil && fault.KindOf(err) != fault.Conflict { // somebody was faster: the page shows it
		return err
	}
	return c.Redirect(back)
}

func (s *Service) getFile(c *web.Ctx) error {
	file, body, err := s.File(c.Context(), c.Viewer, c.Param("id"), c.Param("thread"), c.Param("message"))
	if err != nil {
		return err
	}
	return document.Send(c, file, body)
}

// All talks, of whatever case.

type allData struct {
	Locked                    bool
	Asked, New, Others, Meets []web.M
	Hours, AgencyHours        hoursForm
	Lead                      bool
	Prev, Next                string // pages
}

type hoursForm struct {
	From, To []web.Choice
	Weekdays bool
	Text     string // the hours that hold now
}

func (s *Service) getAll(c *web.Ctx) error { return s.showAll(c) }

func (s *Service) showAll(c *web.Ctx) error {
	page, _ := strconv.Atoi(c.Query("page")) // what is no number is the first
	lines, more, err := s.Fresh(c.Context(), c.Viewer, page)
	if err != nil {
		return err
	}
	data := allData{Locked: c.Viewer.Key == nil, Lead: c.Viewer.Is("lead")}
	if page > 0 {
		data.Prev = c.Path("/talks?page=" + strconv.Itoa(page-1))
	}
	if more {
		data.Next = c.Path("/talks?page=" + strconv.Itoa(page+1))
	}
	for _, l := range lines {
		m := row(c, l, true)
		switch l.Why(c.Viewer.AgencyID, c.Now()) {
		case ToAnswer:
			data.Asked = append(data.Asked, m)
		case Unread:
			data.New = append(data.New, m)
		case ToCome:
			data.Meets = append(data.Meets, m)
		case WithOthers:
			if len(l.Waiting) > 0 {
				m["deadline"] = dueOf(c, nearest(l.Waiting))
				delete(m, "badge")
			}
			data.Others = append(data.Others, m)
		}
	}
	own, agency, named, err := s.HoursOf(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	if !named {
		own = agency
	}
	data.Hours, data.AgencyHours = formOf(c, own), formOf(c, agency)
	return allPage.Render(c, data)
}

func formOf(c *web.Ctx, h Hours) (f hoursForm) {
	for hour := range 25 {
		label := strconv.Itoa(hour) + ":00"
		if hour < 24 {
			f.From = append(f.From, web.Choice{Value: strconv.Itoa(hour), Label: label, Selected: hour == h.From})
		}
		if hour > 0 {
			f.To = append(f.To, web.Choice{Value: strconv.Itoa(hour), Label: label, Selected: hour == h.To})
		}
	}
	f.Weekdays = h.Weekdays
	f.Text = c.T("talk.hours.any")
	if h != AnyHour {
		f.Text = c.T("talk.hours.now", "from", h.From, "to", h.To)
	}
	return f
}

func (s *Service) postHours(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	h := Hours{Weekdays: f.Value("weekdays") == "1"}
	h.From, _ = strconv.Atoi(f.Value("from"))
	h.To, _ = strconv.Atoi(f.Value("to"))
	err = s.SetHours(c.Context(), c.Viewer, h, f.Value("whose") == "agency")
	if f.Add(err) {
		return s.showAll(c)
	}
	if err != nil {
		return err
	}
	c.Flash("casework.saved")
	return c.Redirect("/talks")
}
