package referral

import (
	"net/url"
	"slices"

	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

var (
	beginPage  = web.NewPage[beginData](pageFiles, "page/begin.html")
	stepPage   = web.NewPage[stepData](pageFiles, "page/step.html")
	dangerPage = web.NewPage[dangerData](pageFiles, "page/danger.html")
	filesPage  = web.NewPage[filesData](pageFiles, "page/files.html")
	toPage     = web.NewPage[toData](pageFiles, "page/to.html")
	reviewPage = web.NewPage[reviewData](pageFiles, "page/review.html")
)

type beginData struct {
	Service string
	Way     Way // without an account
	Target  string
	Agreed  []Accord
	House   *Card // what the own house says about it
	Choices []web.Choice
	Drafts  []draftView
	Sheet   string
}

type draftView struct {
	Path, Name, Text string
}

// begin asks the first question: alone, able to decide, interpreter
// independent.
func (p *Rooms) begin(c *web.Ctx) error {
	if err := p.requireAgency(c.Viewer, "referral.start"); err != nil {
		return err
	}
	var err error
	data := beginData{Service: c.Query("service"), Choices: settingChoices(c), Sheet: c.Path("/sheet")}
	if data.Service != "" {
		data.Sheet += "?service=" + url.QueryEscape(data.Service)
		t, err := p.TargetOf(c.Context(), c.Viewer, data.Service, c.Lang)
		if err != nil {
			return err
		}
		data.Way = Way(c.Query("way"))
		t.by(data.Way, "")
		if t.Closed != nil { // say why at once, before anything is typed
			return p.cannot(c, t)
		}
		data.Target = t.ToName
		if data.Agreed, err = p.agreedWith(c, t.Organization); err != nil {
			return err
		}
	}
	if p.House != nil {
		if data.House, err = p.House(c); err != nil {
			return err
		}
	}
	drafts, err := p.Drafts(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	data.Drafts = p.draftViews(c, drafts)
	return beginPage.Render(c, data)
}

func settingChoices(c *web.Ctx) []web.Choice {
	icons := map[string]string{Alone: "chairs", AloneInterpreter: "talk", NotAlone: "people", Danger: "warn", AskFirst: "list"}
	var out []web.Choice
	for _, v := range []string{Alone, AloneInterpreter, NotAlone, Danger, AskFirst} {
		out = append(out, web.Choice{Value: v, Label: c.T("referral.option.setting." + v), Hint: c.T("referral.hint.setting." + v), Icon: icons[v]})
	}
	return out
}

func (p *Rooms) draftViews(c *web.Ctx, drafts []DraftLine) []draftView {
	var out []draftView
	for _, d := range drafts {
		v := draftView{Path: c.Path("/refer/" + d.ID + "/review"), Name: c.T("referral.draft.no-target")}
		if d.ServiceID != "" {
			if t, err := p.TargetOf(c.Context(), c.Viewer, d.ServiceID, c.Lang); err == nil {
				v.Name = t.ToName
			}
		}
		v.Text = c.T("referral.draft.touched", "when", c.Ago(d.Touched), "date", c.Date(d.DeletedAt))
		out = append(out, v)
	}
	return out
}

// cannotData is a service that receives nothing here: why, and what else.
type cannotData struct {
	Name, Why string
	Calls     []map[string]any
	Sheet     string
	Entry     string
	Helpline  []map[string]any
	Ways      []web.Choice // without an account
}

var cannotPage = web.NewPage[cannotData](pageFiles, "page/cannot.html")

func (p *Rooms) cannot(c *web.Ctx, t *Target) error {
	data := cannotData{Name: t.OrgName, Sheet: c.Path("/sheet?service=" + url.QueryEscape(t.ID)), Entry: c.Path("/entry/" + t.ID)}
	if f := fault.Find(t.Closed); f != nil {
		data.Why = c.T(f.Key, f.Args...)
	}
	for _, w := range doorChoices(c, t) {
		w.URL = c.Path("/refer/new?service=" + url.QueryEscape(t.ID) + "&way=" + w.Value)
		data.Ways = append(data.Ways, w)
	}
	data.Calls = callRows(c, &t.Entry, c.T("referral.call-instead"))
	if t.OpenKnown && !t.Open || len(data.Calls) == 0 {
		data.Helpline = p.helpline(c, t.Country)
	}
	return cannotPage.Render(c, data)
}

// helpline is the national helpline that answers now.
func (p *Rooms) helpline(c *web.Ctx, country string) []map[string]any {
	e, err := p.Directory.Helpline(c.Context(), country, c.Lang, c.Now())
	if err != nil || e == nil {
		return nil
	}
	return callRows(c, e, c.T("referral.open-now-call"))
}

func (p *Rooms) beginPost(c *web.Ctx) error {
	if err := p.requireAgency(c.Viewer, "referral.start"); err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	step, _ := StepByID("setting")
	a, err := step.Clean(map[string][]string{"setting": f.Values("setting")})
	if err != nil {
		return err
	}
	once := f.Once()
	if !id.Valid(once) {
		once = id.New()
	}
	draftID, err := p.Begin(c.Context(), AuthorOf(c.Viewer), f.Value("service"), "", once, a)
	if err != nil {
		return err
	}
	if w := doorNamed(f.Value("way")); w != ByAccount {
		if err := p.AddressBy(c.Context(), AuthorOf(c.Viewer), draftID, f.Value("service"), w); err != nil {
			return err
		}
	}
	if a.One("setting") == Danger {
		return c.Redirect("/refer/" + draftID + "/danger")
	}
	return c.Redirect("/refer/" + draftID + "/need")
}

type dangerData struct {
	Number   string
	Helpline []map[string]any
	Next     string
}

// danger puts the emergency number first; writing comes second.
func (p *Rooms) danger(c *web.Ctx) error {
	d, err := p.Load(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	country, err := p.countryOf(c, d)
	if err != nil {
		return err
	}
	next := NextStep(d.Kind, d.Answers, "setting")
	if next == "" {
		next = "review"
	}
	return dangerPage.Render(c, dangerData{Number: p.Country.Emergency(country), Helpline: p.helpline(c, country), Next: c.Path("/refer/" + d.ID + "/" + next)})
}

// fieldView is a field of a step as its page shows it.
type fieldView struct {
	Name, Label, Hint, Error, Value string
	Kind                            FieldKind
	Choices                         []web.Choice
	Max                             int
	Layout                          string
}

type stepData struct {
	ID, Step      string
	Target        string
	Title, Why    string
	First         fieldView   // a choice whose options are buttons; empty for a form
	More          []fieldView // the rest
	Buttons       bool        // First is shown as buttons
	Several       bool        // First can also be ticked several times
	MoreOpen      bool
	N, Of         int
	Back          string // path of the page before
	FromReview    bool
	Enquiry       bool // said so; a draft whose first question is open is one, but nobody chose it
	Wrong         string
	Child         bool
	AutosavePath  string
	EmergencyPath string
}

// step shows one question.
func (p *Rooms) step(c *web.Ctx) error {
	step, ok := StepByID(c.Param("step"))
	if !ok || step.ID == "attachments" {
		return notFound()
	}
	d, err := p.Load(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	if d.Kind == Enquiry && !slices.Contains(EnquirySteps, step.ID) && step.ID != "setting" && step.ID != stepRemark {
		return c.Redirect("/refer/" + d.ID + "/review")
	}
	return stepPage.Render(c, p.stepData(c, d, step))
}

func (p *Rooms) stepData(c *web.Ctx, d *Drafted, step Step) stepData {
	a, answered := d.Answers[step.ID]
	data := stepData{ID: d.ID, Step: step.ID, Title: c.T("referral.step." + step.ID + ".title"), Why: c.T("referral.step." + step.ID + ".why"),
		FromReview: c.Query("back") == "review", Enquiry: d.Kind == Enquiry && (answered || step.ID != "setting"), Child: step.ID != "setting" && d.Answers.Child(),
		AutosavePath: c.Path("/refer/" + d.ID + "/" + step.ID + "?quiet=1")}
	var regions []string
	if step.ID == stepRegion {
		if country, err := p.countryOf(c, d); err == nil {
			regions = regionsOf(country)
		}
	}
	wrong := map[string]string{}
	if answered || c.Query("again") != "" {
		if _, err := step.Clean(a); err != nil {
			for _, f := range fault.Find(err).Fields {
				wrong[f.Name] = c.T(f.Key, f.Args...)
				data.Wrong = wrong[f.Name]
			}
		}
	}
	for i, f := range step.Fields {
		v := fieldView{Name: f.Name, Kind: f.Kind, Label: fieldLabel(c, step.ID, f.Name), Error: wrong[f.Name], Value: a.One(f.Name), Max: f.Max}
		for _, o := range f.Options {
			if f.Name == "language" && o == "other" || f.Name == stepRegion && !slices.Contains(regions, o) {
				continue // the field below asks which; another country's
			}
			v.Choices = append(v.Choices, web.Choice{Value: o, Label: label(c, f.Name, o), Selected: slices.Contains(a[f.Name], o)})
		}
		if f.Name == "language" {
			v.Layout = "grid"
		}
		if d.Kind == Enquiry && f.Kind == Short && step.ID == "dependants" {
			continue // words never go along
		}
		if i == 0 && (!step.Optional || d.Kind == Enquiry) && (f.Kind == Choose || f.Kind == Tick) {
			data.First, data.Buttons, data.Several = v, true, f.Kind == Tick
			continue
		}
		data.More = append(data.More, v)
	}
	data.MoreOpen = len(a[data.First.Name]) > 1 || slices.ContainsFunc(data.More, func(f fieldView) bool { return f.Value != "" || f.Error != "" })
	path := Path(d.Kind, d.Answers)
	at := slices.Index(path, step.ID)
	data.N, data.Of, data.Back = at+1, len(path)+1, c.Path("/refer/"+d.ID+"/review")
	if at > 0 && !data.FromReview {
		data.Back = c.Path("/refer/" + d.ID + "/" + path[at-1])
	}
	if step.ID == "setting" {
		data.First.Choices = settingChoices(c)
	}
	return data
}

// stepPost saves what was answered. It always saves first and judges when the
// page is shown again, so that nothing typed is lost: also not when the sign-in
// has ended or the key is locked meanwhile. Saving seals to the author's key and
// opens nothing.
//
// req: DRAFT-1
func (p *Rooms) stepPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	step, ok := StepByID(c.Param("step"))
	if !ok || step.ID == "attachments" {
		return notFound()
	}
	v, err := p.shell.Authenticate(c.R)
	if err != nil && fault.KindOf(err) != fault.SignIn {
		return err
	}
	draftID, author, here := c.Param("id"), Author{}, v != nil
	switch {
	case here:
		author = AuthorOf(v)
	default:
		user, known := p.People.Former(c.R)
		if !known {
			return fault.New(fault.SignIn, "web.error.sign-in")
		}
		author.User = user
	}
	a := posted(f, step)
	if err := p.Save(c.Context(), author, draftID, step.ID, a); err != nil {
		return err
	}
	if c.Query("quiet") != "" {
		c.W.WriteHeader(204)
		return nil
	}
	next := p.after(c, v, author, draftID, step, a, f.Value("back"))
	if !here {
		return signInAndBack(c, next)
	}
	return c.Redirect(next)
}

// posted takes the fields of a step out of a form, whatever is wrong with
// them; options that do not exist are dropped.
func posted(f *web.Form, step Step) Answer {
	a := Answer{}
	for _, field := range step.Fields {
		for _, v := range f.Values(field.Name) {
			coded := field.Kind == Choose || field.Kind == Tick
			if v == "" || coded && !slices.Contains(field.Options, v) {
				continue
			}
			a[field.Name] = append(a[field.Name], v)
		}
	}
	if clean, err := step.Clean(a); err == nil {
		return clean
	}
	return a
}

// after is the page that follows a saved answer.
func (p *Rooms) after(c *web.Ctx, v *web.Viewer, by Author, draftID string, step Step, a Answer, back string) string {
	base := "/refer/" + draftID + "/"
	if _, err := step.Clean(a); err != nil {
		return base + step.ID + "?again=1"
	}
	if step.ID == "setting" && a.One("setting") == Danger {
		return base + "danger"
	}
	reach := step.ID == "contact" && reaches(a.One("contact"))
	if back == "review" && !reach {
		return base + "review"
	}
	if reach {
		return base + "reach"
	}
	// Without opening the draft: the first step of the path without an answer.
	steps, kind, err := p.Answered(c.Context(), by, draftID)
	if err != nil {
		return base + "review"
	}
	known := Answers{}
	for _, s := range steps {
		known[s] = Answer{}
	}
	known[step.ID] = a
	if next := NextStep(kind, known, step.ID); next != "" {
		return base + next
	}
	return base + "review"
}

type filesData struct {
	ID    string
	Files []fileView
	Full  bool
	Max   int
	MB    int
}

type fileView struct{ ID, Name, Text string }

func (p *Rooms) files(c *web.Ctx) error {
	d, err := p.Load(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	return filesPage.Render(c, filesOf(c, d))
}

func filesOf(c *web.Ctx, d *Drafted) filesData {
	data := filesData{ID: d.ID, Full: len(d.Files) >= MaxFiles, Max: MaxFiles, MB: MaxFileBytes >> 20}
	for _, f := range d.Files {
		data.Files = append(data.Files, fileView{f.ID, f.Name, c.T("referral.file-of", "type", fileType(f.Type), "kilobytes", (len(f.Body)+1023)>>10)})
	}
	return data
}

func (p *Rooms) filesPost(c *web.Ctx) error {
	f, err := c.Upload(MaxFileBytes + 1<<20)
	if err != nil {
		return err
	}
	draftID, by := c.Param("id"), AuthorOf(c.Viewer)
	if gone := f.Value("remove"); gone != "" {
		if err := p.Detach(c.Context(), by, draftID, gone); err != nil {
			return err
		}
		return c.Redirect("/refer/" + draftID + "/attachments")
	}
	name, raw, err := f.File("file")
	if err != nil {
		return err
	}
	err = p.Attach(c.Context(), by, draftID, name, raw)
	if f.Add(err) {
		d, err := p.Load(c.Context(), c.Viewer, draftID)
		if err != nil {
			return err
		}
		return filesPage.Render(c, filesOf(c, d))
	}
	if err != nil {
		return err
	}
	return c.Redirect("/refer/" + draftID + "/attachments")
}

// countryOf is the country of the chosen service, or of the own agency.
func (p *Rooms) countryOf(c *web.Ctx, d *Drafted) (string, error) {
	if d.Service != "" {
		if e, err := p.Directory.Service(c.Context(), d.Service, c.Lang, c.Now()); err == nil {
			return e.Country, nil
		}
	}
	return p.OwnCountry(c.Context(), c.Viewer)
}

type toData struct {
	ID     string
	Ready  []targetView // can receive here
	Others []targetView // to call
	Find   string
}

type targetView struct {
	ID, Name, By, Summary string
	State, StateKind      string
	Entry                 string
	Agreed                []Accord
	Calls                 []map[string]any
	Ways                  []web.Choice // without an account
}

// to lists whom to ask, for a draft that began without an entry.
func (p *Rooms) to(c *web.Ctx) error {
	d, err := p.Load(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	if round, _, err := p.BoundTo(c.Context(), c.Viewer, d); err == nil {
		return c.Redirect("/enquiry/" + round) // it goes to the chosen one
	} else if fault.KindOf(err) != fault.NotFound {
		return err
	}
	if d.Kind == Enquiry && d.Way == ByAccount && len(d.Answers["setting"]) > 0 {
		return c.Redirect("/refer/" + d.ID + "/several")
	}
	country, err := p.countryOf(c, d)
	if err != nil {
		return err
	}
	found, err := p.Directory.Suggest(c.Context(), Wanted{Country: country, Needs: d.Answers["need"]["need"], Language: d.Answers.Language(), Lang: c.Lang, Child: d.Answers.Child(), At: c.Now(), Limit: 40})
	if err != nil {
		return err
	}
	accords, err := p.accords(c)
	if err != nil {
		return err
	}
	ready, call, err := p.Receiving(c.Context(), c.Viewer, agreedFirst(found, accords))
	if err != nil {
		return err
	}
	data := toData{ID: d.ID, Find: c.Path("/find")}
	for _, e := range ready {
		v := targetOf(c, e)
		v.Agreed = accordRows(c, accords[e.Organization])
		data.Ready = append(data.Ready, v)
	}
	for _, e := range call[:min(len(call), 8)] {
		v := targetOf(c, e)
		v.Agreed = accordRows(c, accords[e.Organization])
		v.Calls, v.Ways = callRows(c, &e, ""), doorChoices(c, &Target{Entry: e, Closed: errNoAccount})
		data.Others = append(data.Others, v)
	}
	return toPage.Render(c, data)
}

func targetOf(c *web.Ctx, e Entry) targetView {
	v := targetView{ID: e.ID, Name: e.OrgName, By: e.Name, Summary: e.Summary, Entry: c.Path("/entry/" + e.ID)}
	v.State, v.StateKind = openWord(c, e)
	return v
}

func (p *Rooms) toPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	service := f.Value("service")
	if _, err := p.Directory.Service(c.Context(), service, c.Lang, c.Now()); err != nil {
		return err
	}
	if err := p.AddressBy(c.Context(), AuthorOf(c.Viewer), c.Param("id"), service, doorNamed(f.Value("way"))); err != nil {
		return err
	}
	return c.Redirect("/refer/" + c.Param("id") + "/review")
}

type reviewData struct {
	ID       string
	Rev      int64
	Enquiry  bool
	Target   *Target
	Why      string // the chosen service cannot receive
	Rows     []map[string]any
	Optional []web.Choice
	Missing  []web.Choice
	Grounds  bool
	Child    bool
	Danger   bool
	Closed   bool // urgent, and the receiver does not answer now
	Helpline []map[string]any
	Calls    []map[string]any
	Deleted  string
	Agreed   []Accord
	Ways     []web.Choice // the chosen service has no account: how else
}

// review shows everything once more and opens the optional parts.
func (p *Rooms) review(c *web.Ctx) error {
	d, err := p.Load(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	if d.Kind == Enquiry && d.Way == ByAccount && len(d.Answers["setting"]) > 0 {
		return p.asking(c, d)
	}
	if away, err := p.boundAway(c, d); away || err != nil {
		return err
	}
	data := reviewData{ID: d.ID, Rev: d.Rev, Enquiry: d.Kind == Enquiry, Child: d.Answers.Child(), Danger: d.Answers["setting"].One("setting") == Danger,
		Deleted: c.Date(d.Touched.Add(DraftLife))}
	p.answeredRows(c, d, &data)
	if d.Service == "" {
		return reviewPage.Render(c, data)
	}
	if data.Target, err = p.TargetFor(c.Context(), c.Viewer, d, c.Lang); err != nil {
		return err
	}
	data.Ways = doorChoices(c, data.Target)
	if f := fault.Find(data.Target.Closed); f != nil {
		data.Why = c.T(f.Key, f.Args...)
		data.Calls = callRows(c, &data.Target.Entry, c.T("referral.call-instead"))
	}
	if data.Agreed, err = p.agreedWith(c, data.Target.Organization); err != nil {
		return err
	}
	data.Grounds = len(p.Grounds(d, data.Target.Country, c.Lang)) > 0
	data.Closed = d.Answers.Urgency() == Now && data.Target.OpenKnown && !data.Target.Open
	if data.Closed {
		data.Helpline = p.helpline(c, data.Target.Country)
	}
	return reviewPage.Render(c, data)
}

// answeredRows sorts the steps into answered, missing and optional.
func (p *Rooms) answeredRows(c *web.Ctx, d *Drafted, data *reviewData) {
	path := Path(d.Kind, d.Answers)
	for _, s := range Steps {
		inPath := slices.Contains(path, s.ID)
		link := c.Path("/refer/" + d.ID + "/" + s.ID)
		text := saidStep(c, s, d.Answers[s.ID])
		if s.ID == "attachments" && len(d.Files) > 0 {
			text = c.T("referral.files", "n", len(d.Files))
		}
		short := c.T("referral.step." + s.ID + ".short")
		switch {
		case d.Kind == Enquiry && !inPath && s.ID != "setting", d.Kind == Referral && s.Enquiry:
		case text != "":
			data.Rows = append(data.Rows, map[string]any{"label": short, "text": text, "href": link + "?back=review", "action": c.T("web.action.edit")})
		case inPath || s.ID == "setting":
			data.Missing = append(data.Missing, web.Choice{Label: short, URL: link + "?back=review", Icon: "plus"})
		default:
			data.Optional = append(data.Optional, web.Choice{Label: short, Hint: c.T("referral.step."+s.ID+".why", "n", MaxFiles, "megabytes", MaxFileBytes>>20), URL: link + "?back=review", Icon: "plus"})
		}
	}
}

func (p *Rooms) discard(c *web.Ctx) error {
	if _, err := c.Form(); err != nil {
		return err
	}
	if err := p.Discard(c.Context(), AuthorOf(c.Viewer), c.Param("id")); err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	c.Flash("referral.draft.gone")
	return c.Redirect("/today")
}

// sendByDoor sends an enquiry to a service without an account.
func (p *Rooms) sendByDoor(c *web.Ctx, d *Drafted, rev int64) error {
	sent, err := p.Send(c.Context(), c.Viewer, d.ID, c.Lang, Order{Rev: rev})
	if fault.KindOf(err) == fault.Stale {
		c.FlashKind("soon", "referral.error.draft-changed")
		return c.Redirect("/refer/" + d.ID + "/review")
	}
	if err != nil {
		return err
	}
	c.Flash(sentKey(d.Way, "referral.sent-enquiry"))
	return c.Redirect("/referral/" + sent)
}

// sendEnquiry sends what names nobody.
func (p *Rooms) sendEnquiry(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	draftID := c.Param("id")
	d, err := p.Load(c.Context(), c.Viewer, draftID)
	if fault.KindOf(err) == fault.NotFound { // pressed twice
		round, err := p.RoundOf(c.Context(), c.Viewer, draftID)
		if fault.KindOf(err) == fault.NotFound {
			return c.Redirect("/referral/" + draftID)
		}
		if err != nil {
			return err
		}
		return c.Redirect("/enquiry/" + round)
	}
	if err != nil {
		return err
	}
	if d.Kind != Enquiry {
		return c.Redirect("/refer/" + draftID + "/consent")
	}
	if d.Way != ByAccount { // one service alone, by letter, paper or telephone
		return p.sendByDoor(c, d, number(f.Value("rev")))
	}
	round, err := p.SendEnquiry(c.Context(), c.Viewer, draftID, c.Lang, number(f.Value("rev")))
	if fault.KindOf(err) == fault.Stale {
		c.FlashKind("soon", "referral.error.draft-changed")
		return c.Redirect("/refer/" + draftID + "/review")
	}
	if g := fault.Find(err); g != nil && len(g.Fields) > 0 { // whom to ask is not right yet
		c.FlashKind("soon", g.Fields[0].Key, g.Fields[0].Args...)
		return c.Redirect("/refer/" + draftID + "/several")
	}
	if err != nil {
		return err
	}
	c.Flash("referral.sent-enquiry")
	return c.Redirect("/enquiry/" + round)
}
