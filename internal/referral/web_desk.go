package referral

import (
	"slices"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

var (
	todayPage    = web.NewPage[todayData](pageFiles, "page/today.html")
	listPage     = web.NewPage[listData](pageFiles, "page/list.html")
	showPage     = web.NewPage[showData](pageFiles, "page/show.html")
	withdrawPage = web.NewPage[withdrawData](pageFiles, "page/withdraw.html")
	receiptPage  = web.NewPage[receiptData](pageFiles, "page/receipt.html")
	sheetPaper   = web.NewPage[sheetData](pageFiles, "page/sheet.html")
)

type todayData struct {
	Greeting, Sentence             string
	Due, New, Waiting, Going, Done []map[string]any
	Notices                        []string
	Drafts                         []draftView
	Week                           string
	Empty                          bool
	Locked                         bool
	Unlock                         string
	Also                           []Card
}

func (p *Rooms) today(c *web.Ctx) error {
	if c.Viewer.AgencyID == "" { // an administrator without an agency has another desk
		return c.Redirect("/start")
	}
	if err := p.requireAgency(c.Viewer, "referral.start"); err != nil {
		return err
	}
	day, err := p.TodayOf(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	data := todayData{Greeting: greeting(c), Locked: c.Viewer.Key == nil, Unlock: c.Path("/unlock?to=" + c.Here()), Drafts: p.draftViews(c, day.Drafts)}
	for list, lines := range map[*[]map[string]any][]Line{&data.Due: day.Due, &data.New: day.New, &data.Waiting: day.Waiting, &data.Going: day.Going, &data.Done: day.Done} {
		for _, l := range lines {
			*list = append(*list, p.lineView(c, l))
		}
	}
	for _, n := range day.Notices {
		data.Notices = append(data.Notices, c.T("today.notice."+string(n.Kind), "code", n.Code, "when", c.DateTime(n.At)))
	}
	data.Empty = len(data.Due)+len(data.New)+len(data.Waiting)+len(data.Going)+len(data.Done)+len(data.Drafts)+len(data.Notices) == 0
	data.Sentence = c.T("today.none.due")
	if len(data.Due) > 0 {
		data.Sentence = c.T("today.due", "n", len(data.Due))
	}
	if len(data.Waiting) > 0 {
		data.Sentence += " " + c.T("today.waiting", "n", len(data.Waiting))
	}
	if day.Count > 0 {
		data.Week = c.T("today.week", "n", day.Count) + " " + c.T("today.median", "time", span(c, day.Median))
	}
	if p.Also != nil {
		if data.Also, err = p.Also(c); err != nil {
			return err
		}
		data.Empty = data.Empty && !slices.ContainsFunc(data.Also, func(card Card) bool { return len(card.Items) > 0 })
	}
	return todayPage.Render(c, data)
}

// Fresh are the referrals that are new or have something due for the viewer, as
// lines of c-due.
func (s *Service) Fresh(c *web.Ctx) (out []map[string]any, err error) {
	p := &Rooms{Service: s}
	if p.requireAgency(c.Viewer, "referral.start") != nil {
		return nil, nil
	}
	day, err := p.TodayOf(c.Context(), c.Viewer)
	if err != nil {
		return nil, err
	}
	for _, l := range append(day.New, day.Due...) {
		out = append(out, p.lineView(c, l))
	}
	return out, nil
}

func greeting(c *web.Ctx) string {
	key := "evening"
	switch h := c.Now().In(c.Config().Zone).Hour(); {
	case h >= 5 && h < 12:
		key = "morning"
	case h >= 12 && h < 18:
		key = "day"
	}
	return c.T("today.greeting."+key, "name", c.Viewer.Name)
}

// span is a duration in hours and minutes.
func span(c *web.Ctx, d time.Duration) string {
	d = d.Round(time.Minute)
	if d < time.Hour {
		return c.T("today.minutes", "n", int(d/time.Minute))
	}
	return c.T("today.hours", "h", int(d/time.Hour), "m", int(d%time.Hour/time.Minute))
}

// lineView is a referral in a list, as parameters of c-due.
func (p *Rooms) lineView(c *web.Ctx, l Line) map[string]any {
	title := "today.line.out"
	switch {
	case l.Review:
		title = "today.line.review"
	case l.Side == Receiver && l.Turn == string(Receiver):
		title = "today.line.in"
	case l.Side == Receiver:
		title = "today.line.from"
	}
	kind := c.T("referral.kind." + string(l.Kind))
	v := map[string]any{"title": c.T(title, "name", l.Other), "href": c.Path("/referral/" + l.ID),
		"text": c.T("today.line.text", "kind", kind, "urgency", c.T("referral.within."+string(l.Urgency)), "code", l.Code(), "when", c.Ago(l.SentAt))}
	if due := deadline(c, l.Deadline(), c.Now()); due != nil && !Over(l.State) {
		v["deadline"] = due
	}
	if l.Shut && !Over(l.State) {
		v["deadline"] = map[string]any{"kind": "soon", "icon": "lock", "text": c.T("guest.door.shut")}
	}
	if by := answerBy(c, l.Owed); by != nil && v["deadline"] == nil {
		v["deadline"] = by
	}
	v["badge"] = stateBadge(c, l.State)
	if path := roundOfLine(l); path != "" {
		v["href"], v["title"] = c.Path(path), c.T("enquiry.line", "n", l.Asked)
		v["text"] = c.T("today.line.text", "kind", kind, "urgency", c.T("referral.within."+string(l.Urgency)), "code", Code(l.Round), "when", c.Ago(l.SentAt))
		v["badge"] = map[string]any{"kind": "info", "text": c.T("enquiry.round.offers", "n", l.Offers)}
		if Over(l.State) {
			v["badge"] = map[string]any{"kind": "plain", "text": c.T("referral.state.closed")}
		}
		return v
	}
	if l.Side == Sender && !Over(l.State) {
		v["steps"] = track(c, l.Row)
	}
	return v
}

type listData struct {
	Items      []map[string]any
	Prev, Next string
}

func (p *Rooms) list(c *web.Ctx) error {
	page, size := int(max(number(c.Query("page")), 1)), 50
	lines, err := p.Lines(c.Context(), c.Viewer, page, size+1)
	if err != nil {
		return err
	}
	data := listData{}
	if page > 1 {
		data.Prev = c.Path("/referrals?page=" + itoa(page-1))
	}
	if len(lines) > size {
		lines, data.Next = lines[:size], c.Path("/referrals?page="+itoa(page+1))
	}
	for _, l := range lines {
		data.Items = append(data.Items, p.lineView(c, l))
	}
	return listPage.Render(c, data)
}

type showData struct {
	*Shown
	Title, By    string
	Service      string
	Track        []map[string]any
	Deadline     map[string]any
	Answer       map[string]any // the day by which a question wants its answer
	Badge        map[string]any
	Rows         []map[string]any
	Timeline     []map[string]any
	Can          map[string]bool
	Reasons      []web.Choice
	OutcomeList  []web.Choice
	AgainList    []againView
	Helpline     []map[string]any
	Calls        []map[string]any
	Unlock       string
	Onward       []string
	Read         []string
	GroundName   string
	ReasonWord   string
	OutcomeWord  string
	Typed        string // what was typed when someone else was faster
	Stale        bool
	NextQuestion string
	Late         bool
	Door         *doorView // the way to a receiver without an account, for its sender
	Round        string    // path of the answers side by side, for an enquiry of the own side
	Holds        []web.Choice
	Terms        []web.Choice
	Held         map[string]any
	Case         web.M // the button that opens a case from it
}

type againView struct {
	ID, Name, By, State, StateKind, Entry string
	Calls                                 []map[string]any
	Ready                                 bool
	Agreed                                []Accord
}

func (p *Rooms) show(c *web.Ctx) error {
	data, err := p.showData(c, c.Param("id"))
	if err != nil {
		return err
	}
	return showPage.Render(c, data)
}

func (p *Rooms) showData(c *web.Ctx, id string) (showData, error) {
	s, err := p.Look(c.Context(), c.Viewer, id)
	if err != nil {
		return showData{}, err
	}
	data := p.shown(c, s, "/referral/"+s.ID+"/file/")
	if s.Kind == Enquiry && !s.Way().Told() {
		if err := p.enquiryShow(c, &data); err != nil {
			return data, err
		}
	}
	if err := p.help(c, &data); err != nil {
		return data, err
	}
	return data, p.door(c, &data)
}

// shown is a referral as its page shows it; files is the address of its
// attachments.
func (p *Rooms) shown(c *web.Ctx, s *Shown, files string) showData {
	data := showData{Shown: s, Track: track(c, s.Row), Badge: stateBadge(c, s.State), Can: map[string]bool{}, Unlock: c.Path("/unlock?to=" + c.Here())}
	data.Title, data.By = s.ToAgent, s.FromAgent
	if s.Side == Receiver {
		data.Title, data.By = s.FromAgent, s.ToAgent
	}
	for _, a := range s.Actions {
		data.Can[string(a)] = true
	}
	if !Over(s.State) {
		data.Deadline, data.Answer = deadline(c, s.DueAt, c.Now()), answerBy(c, s.Owed)
	}
	if s.Packet != nil {
		data.Rows = packetRows(c, s.Packet, files, s.Side)
	}
	for _, r := range DeclineReasons {
		data.Reasons = append(data.Reasons, web.Choice{Value: r, Label: c.T("referral.reason." + r)})
	}
	for _, o := range Outcomes {
		data.OutcomeList = append(data.OutcomeList, web.Choice{Value: o, Label: c.T("referral.outcome." + o)})
	}
	if s.Reason != "" {
		data.ReasonWord = c.T("referral.reason." + s.Reason)
	}
	if s.Outcome != "" {
		data.OutcomeWord = c.T("referral.outcome." + s.Outcome)
	}
	data.Timeline = p.timelineView(c, s, files)
	if p.Case != nil {
		data.Case = p.Case(c, s)
	}
	for _, child := range s.Children {
		data.Onward = append(data.Onward, p.nameOf(c.Context(), child.ToAgency))
	}
	for _, r := range s.Readings {
		data.Read = append(data.Read, c.T("referral.read-by", "name", readerName(c, s, r), "when", c.DateTime(r.At)))
	}
	return data
}

// help is what the sender can do about a refusal or silence: call one that is
// open now, or ask the next service.
func (p *Rooms) help(c *web.Ctx, data *showData) error {
	s := data.Shown
	entry, err := p.Directory.Service(c.Context(), s.ServiceID, c.Lang, c.Now())
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	data.Service = entry.Name
	if s.Basis == "ground" {
		for _, g := range p.Country.Grounds(entry.Country, c.Lang, true, true) {
			if g.ID == s.Ground {
				data.GroundName = g.Name
			}
		}
	}
	if s.Side != Sender {
		return nil
	}
	waiting := s.State == Sent || s.State == Received
	data.Late = waiting && !s.DueAt.IsZero() && !c.Now().Before(s.DueAt)
	if waiting && s.Urgency == Now {
		data.Calls = callRows(c, entry, c.T("referral.call-too"))
		if entry.OpenKnown && !entry.Open {
			data.Helpline = p.helpline(c, entry.Country)
		}
	}
	if data.Round != "" || s.State != Declined && !data.Late && s.State != Expired {
		return nil // of a round, the page with all answers asks on
	}
	w := Wanted{Country: entry.Country, Lang: c.Lang, Not: []string{s.ServiceID}, At: c.Now(), Limit: 40}
	if s.Packet != nil {
		a := s.Packet.Answers()
		w.Needs, w.Language, w.Child = a["need"]["need"], a.Language(), a.Child()
	}
	found, err := p.Directory.Suggest(c.Context(), w)
	if err != nil {
		return err
	}
	accords, err := p.accords(c)
	if err != nil {
		return err
	}
	ready, call, err := p.Receiving(c.Context(), c.Viewer, agreedFirst(found, accords))
	all := append(slices.Clone(ready), call...)
	for i, e := range all[:min(len(all), 5)] {
		v := againView{ID: e.ID, Name: e.OrgName, By: e.Name, Entry: c.Path("/entry/" + e.ID), Ready: i < len(ready), Calls: callRows(c, &e, ""), Agreed: accordRows(c, accords[e.Organization])}
		v.State, v.StateKind = openWord(c, e)
		data.AgainList = append(data.AgainList, v)
	}
	return err
}

// told is one entry of the story: what happened, and what was written with it.
type told struct {
	at time.Time
	v  map[string]any
}

// timelineView joins what happened and what was written into one story.
// The files in it lie below files.
func (p *Rooms) timelineView(c *web.Ctx, s *Shown, files string) []map[string]any {
	words := slices.DeleteFunc(slices.Clone(s.Words), func(m Message) bool { return laterReading(s, m) })
	var all []told
	for _, e := range s.Events {
		one := p.eventView(c, s, e)
		if i := slices.IndexFunc(words, func(m Message) bool { return belongs(m, e) }); i >= 0 {
			withWords(c, s, one.v, words[i], files)
			guestWho(c, s, e, words[i].Name, one.v)
			words = slices.Delete(words, i, i+1)
		}
		all = append(all, one)
	}
	for _, m := range words {
		v := map[string]any{"at": c.DateTime(m.At), "who": m.Name, "icon": "speech", "kind": "warm", "title": c.T("referral.message." + m.Kind)}
		withWords(c, s, v, m, files)
		all = append(all, told{m.At, v})
	}
	slices.SortStableFunc(all, func(a, b told) int { return a.at.Compare(b.at) })
	out := make([]map[string]any, len(all))
	for i, one := range all {
		out[i] = one.v
	}
	return out
}

// belongs says whether a message was written in the same step as an event.
func belongs(m Message, e EventRow) bool {
	kind, _, _ := strings.Cut(m.Kind, "-")
	same := m.Kind == string(e.Action) || kind == "review" && e.Action == "review"
	return same && m.Side == e.Side && e.At.Sub(m.At).Abs() < time.Minute
}

func withWords(c *web.Ctx, s *Shown, v map[string]any, m Message, files string) {
	withTalk(c, s, v, m, files)
	if !m.When.IsZero() {
		v["title"] = c.T("referral.message.appoint-at", "when", c.DateTime(m.When))
	}
	for _, t := range m.Terms {
		text, _ := v["text"].(string)
		if text != "" {
			text += " · "
		}
		v["text"] = text + c.T("enquiry.term."+t)
	}
	if m.Text == "" {
		return
	}
	if before, ok := v["text"].(string); ok {
		v["text"] = before + ". " + m.Text
		return
	}
	v["text"] = m.Text
}

var eventIcons = map[Action]string{Send: "send", Open: "eye", Accept: "check", Decline: "cross", Ask: "talk", Reply: "speech", Redirect: "out", Appoint: "calendar",
	HandOver: "hand", Close: "flag", Withdraw: "lock", Expire: "clock", Lapse: "clock", Pick: "check", Reconsider: "redo", Follow: "send", Release: "flag", "remind": "bell", "review": "scale", "purge": "trash", letterLock: "lock", letterRenew: "link", letterWish: "door"}

// eventView is one event as parameters of c-timeline.
func (p *Rooms) eventView(c *web.Ctx, s *Shown, e EventRow) told {
	v := map[string]any{"at": c.DateTime(e.At), "icon": eventIcons[e.Action], "title": eventTitle(c, s.Kind, e.Action)}
	if e.UserName != "" {
		v["who"] = e.UserName + ", " + p.agentOf(s, e)
	}
	guestWho(c, s, e, "", v)
	switch e.Action {
	case Decline:
		v["kind"], v["text"] = "soon", c.T("referral.reason."+e.Code)
	case Close:
		v["kind"], v["text"] = "ok", c.T("referral.outcome."+e.Code)
	case Accept:
		v["kind"] = "ok"
	case Ask, Reply:
		v["kind"] = "warm"
	case "review":
		v["text"] = c.T("referral.verdict." + e.Code)
	case "remind":
		v["kind"], v["text"] = "soon", c.T("referral.remind."+e.Code)
	case Withdraw, Expire:
		v["kind"] = "lost"
	}
	return told{e.At, v}
}

func (p *Rooms) agentOf(s *Shown, e EventRow) string {
	switch e.Agency {
	case s.Row.FromAgency:
		return s.FromAgent
	case s.Row.ToAgency:
		return s.ToAgent
	}
	return e.Agency
}

func (p *Rooms) act(c *web.Ctx) error {
	f, err := deedForm(c)
	if err != nil {
		return err
	}
	d, err := deedOf(c, f)
	if err == nil {
		err = p.Act(c.Context(), c.Viewer, c.Param("id"), d)
	}
	switch {
	case err == nil:
		done := "referral.done." + string(d.Action)
		if f.Value("told") != "" {
			done = "guest.done.recorded"
		}
		c.Flash(done)
		return c.Redirect("/referral/" + c.Param("id"))
	case f.Add(err) || !f.OK(), fault.KindOf(err) == fault.Stale:
		data, show := p.showData(c, c.Param("id"))
		if show != nil {
			return show
		}
		data.Stale, data.Typed = fault.KindOf(err) == fault.Stale, d.Text
		status := 422
		if data.Stale {
			status = 409
		}
		return showPage.RenderStatus(c, status, data)
	}
	return err
}

func (p *Rooms) reviewPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = p.Review(c.Context(), c.Viewer, c.Param("id"), f.Value("verdict"), f.Value("text"), f.Once())
	if f.Add(err) {
		data, err := p.showData(c, c.Param("id"))
		if err != nil {
			return err
		}
		return showPage.RenderStatus(c, 422, data)
	}
	if err != nil {
		return err
	}
	c.Flash("referral.done.review")
	return c.Redirect("/referral/" + c.Param("id"))
}

// again takes the answers of a referral into a new draft for another service;
// the person is asked anew.
func (p *Rooms) again(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	draft, err := p.Again(c.Context(), c.Viewer, c.Param("id"), f.Value("service"), onceID(f))
	if err != nil {
		return err
	}
	return c.Redirect("/refer/" + draft + "/setting")
}

func (p *Rooms) passOn(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	draft, err := p.PassOn(c.Context(), c.Viewer, c.Param("id"), onceID(f))
	if err != nil {
		return err
	}
	return c.Redirect("/refer/" + draft + "/setting")
}

func onceID(f *web.Form) string {
	if once := f.Once(); id.Valid(once) {
		return once
	}
	return id.New()
}

func (p *Rooms) file(c *web.Ctx) error {
	file, body, err := p.OpenFile(c.Context(), c.Viewer, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	return c.Download("document-"+Code(file.ID)+"."+strings.ToLower(fileType(file.Type)), file.Type, body)
}

type withdrawData struct {
	ID, Target string
	Kind       Kind
	Told       bool // they have it on paper, or heard it
	Read       []string
	Onward     []string
}

func (p *Rooms) withdraw(c *web.Ctx) error {
	data, err := p.showData(c, c.Param("id"))
	if err != nil {
		return err
	}
	if !data.Can[string(Withdraw)] {
		return fault.New(fault.Conflict, "referral.error.state", "state", c.T("referral.state."+string(data.State)))
	}
	return withdrawPage.Render(c, withdrawData{ID: data.ID, Target: data.ToAgent, Kind: data.Kind, Told: data.Way().Told(), Read: data.Read, Onward: data.Onward})
}

func (p *Rooms) withdrawPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	r, err := p.Withdraw(c.Context(), c.Viewer, c.Param("id"), f.Value("onward") != "")
	if err != nil {
		return err
	}
	if err := p.requireKnow(c, r.ID); err != nil { // the receiving desk no longer knows of it
		c.Flash("referral.withdrawn-here")
		return c.Redirect("/today")
	}
	return c.Redirect("/referral/" + r.ID + "/receipt")
}

func (p *Rooms) requireKnow(c *web.Ctx, id string) error {
	_, err := p.ReceiptOf(c.Context(), c.Viewer, id)
	return err
}

type receiptData struct {
	ID, Code, At string
	Kind         Kind
	Read         []string
	Onward       []onwardView
	BackupDays   int
}

type onwardView struct {
	Name  string
	Ended bool
}

// BackupDays is for how long backups may still hold what was deleted.
const BackupDays = 30

func (p *Rooms) receipt(c *web.Ctx) error {
	r, err := p.ReceiptOf(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	data := receiptData{ID: r.ID, Code: Code(r.ID), Kind: r.Kind, At: c.DateTime(r.At), BackupDays: BackupDays}
	for _, one := range r.Readings {
		data.Read = append(data.Read, c.T("referral.read-by", "name", one.Name, "when", c.DateTime(one.At)))
	}
	for _, o := range r.Onward {
		data.Onward = append(data.Onward, onwardView{p.nameOf(c.Context(), o.ToAgency), !ReceiverMayKnow(o.State)})
	}
	return receiptPage.Render(c, data)
}

type sheetData struct {
	Name, By string
	Calls    []map[string]any
	Helpline []map[string]any
	Steps    []fieldView
}

// sheetPage is a sheet for a sender without an account. It is filled on the
// device and printed; it has no form, so that nothing can be sent.
//
// req: SHEET-1
func (p *Rooms) sheetPage(c *web.Ctx) error {
	data := sheetData{}
	if service := c.Query("service"); service != "" {
		e, err := p.Directory.Service(c.Context(), service, c.Lang, c.Now())
		if err != nil {
			return err
		}
		data.Name, data.By, data.Calls = e.OrgName, e.Name, callRows(c, e, "")
		if e.OpenKnown && !e.Open {
			data.Helpline = p.helpline(c, e.Country)
		}
	}
	for _, id := range []string{"need", "urgency", "age", "language", "interpreter", "contact", "wants", "must-not", "dependants"} {
		step, _ := StepByID(id)
		f := step.Fields[0]
		v := fieldView{Name: f.Name, Kind: f.Kind, Label: c.T("referral.step." + id + ".short")}
		if id != "language" {
			for _, o := range f.Options {
				v.Choices = append(v.Choices, web.Choice{Value: o, Label: label(c, f.Name, o)})
			}
		}
		data.Steps = append(data.Steps, v)
	}
	return sheetPaper.Render(c, data)
}
