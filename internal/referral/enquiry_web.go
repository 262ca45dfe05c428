package referral

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/id"
	"amelie/internal/web"
)

var (
	_ = web.Style(pageFiles, "page/enquiry.css")

	askPage    = web.NewPage[askData](pageFiles, "page/ask.html")
	askingPage = web.NewPage[askingData](pageFiles, "page/asking.html")
	roundPage  = web.NewPage[roundData](pageFiles, "page/round.html")
)

func (p *Rooms) mountEnquiries(shell *web.Shell) {
	shell.Professional("GET /ask", p.askNew)
	shell.Professional("POST /ask", p.askNewPost)
	shell.Professional("GET /refer/{id}/several", p.several)
	shell.Professional("POST /refer/{id}/several", p.severalPost)
	shell.Professional("GET /enquiry/{id}", p.round)
	shell.Professional("POST /enquiry/{id}/choose", p.choosePost)
	shell.Professional("POST /enquiry/{id}/reconsider", p.reconsiderPost)
	shell.Professional("POST /enquiry/{id}/end", p.endPost)
	shell.Professional("POST /enquiry/{id}/others", p.othersPost)

	shell.Nav(web.NavItem{Path: "/counts/turned-away", Icon: "chart", Label: "enquiry.counts.nav", Order: 69, Under: "/desk", Roles: []string{"coordinator", "analyst"}})
	shell.Professional("GET /counts/turned-away", p.turnedAway)
	shell.Professional("GET /counts/turned-away.csv", p.turnedAwayCSV)
}

// Whom to ask.

type askData struct {
	Draft   string // "" before one has begun
	Action  string
	Back    string
	Choices []web.Choice
	Others  []targetView // to call
	Town    string
	Max     int
	Find    string
}

// askNew lists the services that were chosen from a search, ready to be asked.
// Nothing begins until the button is pressed.
func (p *Rooms) askNew(c *web.Ctx) error {
	if err := p.requireAgency(c.Viewer, "referral.start"); err != nil {
		return err
	}
	data, err := p.askData(c, c.R.URL.Query()["service"], nil)
	if err != nil {
		return err
	}
	data.Action, data.Back = c.Path("/ask"), c.Path("/find")
	return askPage.Render(c, data)
}

// askData sorts services into those that can be asked here and those to call.
// Ticked are the first MaxCandidates of the given ones.
func (p *Rooms) askData(c *web.Ctx, given []string, suggested []Entry) (askData, error) {
	data := askData{Max: MaxCandidates, Find: c.Path("/find")}
	var all []Entry
	for _, service := range given[:min(len(given), 40)] {
		e, err := p.Directory.Service(c.Context(), service, c.Lang, c.Now())
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return data, err
		}
		all = append(all, *e)
	}
	accords, err := p.accords(c)
	if err != nil {
		return data, err
	}
	all = append(all, agreedFirst(suggested, accords)...)
	ready, call, err := p.Receiving(c.Context(), c.Viewer, all)
	if err != nil {
		return data, err
	}
	ticked := 0
	letters, call := byLetter(call)
	for i, e := range slices.Concat(ready, letters) {
		one := web.Choice{Value: e.ID, Label: e.OrgName, Hint: askHint(c, e, accords[e.Organization]), Selected: slices.Contains(given, e.ID) && ticked < MaxCandidates}
		if i >= len(ready) {
			one.Hint = c.T("enquiry.letter-hint") + " · " + one.Hint
		}
		if one.Selected {
			ticked++
		}
		data.Choices = append(data.Choices, one)
	}
	for _, e := range call[:min(len(call), 8)] {
		v := targetOf(c, e)
		v.Calls = callRows(c, &e, "")
		data.Others = append(data.Others, v)
	}
	return data, nil
}

// byLetter sorts those without an account into those who can be sent a letter,
// as many as one round asks at most, and those to call.
func byLetter(all []Entry) (letters, call []Entry) {
	for _, e := range all {
		if e.takesLetters() && len(letters) < MaxCandidates {
			letters = append(letters, e)
		} else {
			call = append(call, e)
		}
	}
	return letters, call
}

// askHint is what helps to tick or not: which service, whether it answers now,
// in which languages, what was agreed.
func askHint(c *web.Ctx, e Entry, accords []Accord) string {
	parts := []string{e.Name}
	state, _ := openWord(c, e)
	parts = append(parts, state)
	if l := languagesOf(c, e); l != "" {
		parts = append(parts, l)
	}
	for _, a := range accords {
		parts = append(parts, a.Text)
	}
	return strings.Join(parts, " · ")
}

func languagesOf(c *web.Ctx, e Entry) string {
	var out []string
	for _, l := range e.Languages[:min(len(e.Languages), 6)] {
		if name := c.T("referral.language." + l); !strings.HasPrefix(name, "referral.") && name != l {
			out = append(out, name)
			continue
		}
		out = append(out, web.LanguageName(l))
	}
	return strings.Join(out, ", ")
}

func (p *Rooms) askNewPost(c *web.Ctx) error {
	if err := p.requireAgency(c.Viewer, "referral.start"); err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := checkServices(f); err != nil {
		f.Add(err)
		data, err := p.askData(c, f.Values("offered"), nil)
		if err != nil {
			return err
		}
		data.Action, data.Back, data.Town = c.Path("/ask"), c.Path("/find"), f.Value("town")
		return askPage.Render(c, data)
	}
	by := AuthorOf(c.Viewer)
	draftID, err := p.Begin(c.Context(), by, "", "", onceID(f), Answer{"setting": {AskFirst}})
	if err != nil {
		return err
	}
	if err := p.AskThese(c.Context(), by, draftID, f.Values("service"), town(f)); err != nil {
		return err
	}
	return c.Redirect("/refer/" + draftID + "/need")
}

func checkServices(f *web.Form) error {
	switch n := len(f.Values("service")); {
	case n == 0:
		return fault.Fields(fault.Field{Name: "service", Key: "enquiry.error.none"})
	case n > MaxCandidates:
		return fault.Fields(fault.Field{Name: "service", Key: "enquiry.error.many", Args: []any{"n", MaxCandidates}})
	}
	return nil
}

// town is where distances are measured from, at most a name's length.
func town(f *web.Form) string {
	t := []rune(f.Value("town"))
	return string(t[:min(len(t), 80)])
}

// several lists whom a draft asks, and who else fits.
func (p *Rooms) several(c *web.Ctx) error {
	d, err := p.Load(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	data, err := p.severalData(c, d)
	if err != nil {
		return err
	}
	return askPage.Render(c, data)
}

func (p *Rooms) severalData(c *web.Ctx, d *Drafted) (askData, error) {
	country, err := p.countryOf(c, d)
	if err != nil {
		return askData{}, err
	}
	found, err := p.Directory.Suggest(c.Context(), Wanted{Country: country, Needs: d.Answers["need"]["need"], Language: d.Answers.Language(), Lang: c.Lang,
		Child: d.Answers.Child(), At: c.Now(), Not: append(c.R.URL.Query()["not"], d.Services()...), Limit: 40})
	if err != nil {
		return askData{}, err
	}
	data, err := p.askData(c, d.Services(), found)
	data.Draft, data.Action, data.Back = d.ID, c.Path("/refer/"+d.ID+"/several"), c.Path("/refer/"+d.ID+"/review")
	data.Town = d.Answers[stepServices].One("town")
	return data, err
}

func (p *Rooms) severalPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	draftID := c.Param("id")
	if err := checkServices(f); err != nil {
		f.Add(err)
		d, err := p.Load(c.Context(), c.Viewer, draftID)
		if err != nil {
			return err
		}
		data, err := p.severalData(c, d)
		if err != nil {
			return err
		}
		data.Town = f.Value("town")
		return askPage.Render(c, data)
	}
	if err := p.AskThese(c.Context(), AuthorOf(c.Viewer), draftID, f.Values("service"), town(f)); err != nil {
		return err
	}
	return c.Redirect("/refer/" + draftID + "/review")
}

// The enquiry before it is sent.

type askingData struct {
	ID       string
	Rev      int64
	Rows     []map[string]any
	Missing  []web.Choice
	Remark   string // path of the one optional line; "" when it is written
	Services []string
	Letters  bool   // some have no account
	Whom     string // path of the page that changes them
	Why      string // what keeps it from being sent
	Deleted  string
	Round    string // the choice that this draft would carry out
}

// asking shows an enquiry once more: what would be asked, and whom.
func (p *Rooms) asking(c *web.Ctx, d *Drafted) error {
	data := askingData{ID: d.ID, Rev: d.Rev, Whom: c.Path("/refer/" + d.ID + "/several"), Deleted: c.Date(d.Touched.Add(DraftLife))}
	if round, _, err := p.BoundTo(c.Context(), c.Viewer, d); err == nil {
		data.Round = c.Path("/enquiry/" + round)
		return askingPage.Render(c, data)
	} else if fault.KindOf(err) != fault.NotFound {
		return err
	}
	link := c.Path("/refer/"+d.ID) + "/"
	for _, step := range append([]string{"setting"}, append(slices.Clone(EnquirySteps), stepRemark)...) {
		s, _ := StepByID(step)
		a := d.Answers[step]
		short, text := c.T("referral.step."+step+".short"), saidStep(c, s, coded(s, a))
		if step == stepRemark && CheckRemark(a.One(stepRemark)) != nil {
			data.Why = c.T("enquiry.error.points")
		}
		switch {
		case text != "":
			data.Rows = append(data.Rows, map[string]any{"label": short, "text": text, "href": link + step + "?back=review", "action": c.T("web.action.edit")})
		case step == stepRemark:
			data.Remark = link + step + "?back=review"
		default:
			data.Missing = append(data.Missing, web.Choice{Label: short, URL: link + step + "?back=review", Icon: "plus"})
		}
	}
	for _, service := range d.Services() {
		t, err := p.CandidateOf(c.Context(), c.Viewer, service, c.Lang, d.ID)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		name := t.ToName
		if t.Way == ByLink {
			name = c.T("enquiry.by-letter", "name", name)
			data.Letters = true
		}
		data.Services = append(data.Services, name)
		if f := fault.Find(t.Closed); f != nil {
			data.Why = c.T(f.Key, f.Args...)
		}
	}
	return askingPage.Render(c, data)
}

// coded leaves out the words of a step: an enquiry takes none of them along.
func coded(s Step, a Answer) Answer {
	out := Answer{}
	for _, f := range s.Fields {
		if v := a[f.Name]; len(v) > 0 && (f.Kind == Choose || f.Kind == Tick || f.Name == stepRemark) {
			out[f.Name] = v
		}
	}
	return out
}

// The answers side by side.

type roundData struct {
	*RoundShown
	Now       time.Time
	Sentence  string
	Rows      []map[string]any
	Views     []offerView
	Draft     string // path of the draft of the viewer's own choice
	Chosen    string // name of the chosen one
	Referral  string // path of what left
	Unlock    string
	CanEnd    bool
	Offers    int
	NobodyYet bool
	Calls     []map[string]any
	Conflict  string // what kept a press from working
}

// offerView is one candidate as a card: who, what was answered, what helps to
// choose.
type offerView struct {
	Offer
	Entry, Service string
	Badge          map[string]any
	Deadline       map[string]any
	Facts          []map[string]any
	Talk           string
	Icon           string
	Door           *doorView // no account: what the sender still has to do
}

func (p *Rooms) round(c *web.Ctx) error { return p.roundShow(c, c.Param("id"), nil) }

// roundShow renders the comparison; conflict is why a press did not work.
func (p *Rooms) roundShow(c *web.Ctx, roundID string, conflict error) error {
	r, err := p.LookRound(c.Context(), c.Viewer, roundID)
	if err != nil {
		return err
	}
	data := roundData{RoundShown: r, Now: c.Now(), Unlock: c.Path("/unlock?to=" + c.Path("/enquiry/"+r.ID)), CanEnd: r.Open()}
	from := p.from(r)
	accords, err := p.accords(c)
	if err != nil {
		return err
	}
	for _, o := range r.Offers {
		v, err := p.offerView(c, r, o, from, accords)
		if err != nil {
			return err
		}
		if o.Choosable || o.Chosen {
			data.Offers++
		}
		if o.Chosen {
			data.Chosen = o.Name
		}
		data.Views = append(data.Views, v)
	}
	slices.SortStableFunc(data.Views, func(a, b offerView) int { return rank(a.Offer) - rank(b.Offer) })
	data.Sentence = p.roundSentence(c, data)
	data.Rows = roundRows(c, r)
	switch {
	case r.State == Placed:
		data.Referral = c.Path("/referral/" + r.Referral)
	case r.State == Chosen && r.ChosenBy == c.Viewer.UserID:
		data.Draft = c.Path("/refer/" + r.Referral + "/review")
	}
	data.NobodyYet = r.State == Asking && data.Offers == 0 && !slices.ContainsFunc(r.Offers, func(o Offer) bool { return o.State == Sent || o.State == Received })
	if r.Urgency == Now && r.State == Asking && data.Offers == 0 {
		data.Calls = p.helpline(c, r.Country)
	}
	status := 200
	if f := fault.Find(conflict); f != nil {
		status, data.Conflict = 409, c.T(f.Key, f.Args...)
		if f.Key == "enquiry.error.chosen" {
			data.Conflict = c.T(f.Key, "name", r.ChosenName, "service", data.Chosen, "when", c.Ago(r.ChosenAt))
		}
	}
	return roundPage.RenderStatus(c, status, data)
}

// rank puts the chosen one first, then offers, then what is open, then the rest.
func rank(o Offer) int {
	switch {
	case o.Chosen:
		return 0
	case o.Choosable:
		return 1
	case o.State == Accepted || o.State == Lapsed || o.Question:
		return 2
	case o.State == Sent || o.State == Received:
		return 3
	}
	return 4
}

func (p *Rooms) roundSentence(c *web.Ctx, d roundData) string {
	switch d.State {
	case Placed:
		return c.T("enquiry.round.placed", "name", d.Chosen)
	case Ended:
		return c.T("enquiry.round.ended")
	case RanOut:
		return c.T("enquiry.round.ran-out")
	case Chosen:
		return c.T("enquiry.round.chosen", "service", d.Chosen, "name", d.ChosenName, "when", c.Ago(d.ChosenAt))
	}
	if d.RoundShown.Locked {
		return c.T("enquiry.round.asked", "n", len(d.Candidates))
	}
	return c.T("enquiry.round.asked", "n", len(d.Candidates)) + " " + c.T("enquiry.round.so-far", "n", d.Offers)
}

// roundRows is what was asked.
func roundRows(c *web.Ctx, r *RoundShown) []map[string]any {
	if r.Locked {
		return nil
	}
	packet := Packet{Kind: Enquiry, Urgency: r.Urgency}
	packet.FillEnquiry(r.Keep.Answers)
	return packetRows(c, &packet, "", Sender)
}

// from is the place to measure from: the named town, in the round's country.
func (p *Rooms) from(r *RoundShown) *geo.Place {
	if r.Keep.Town == "" {
		return nil
	}
	if found := geo.Find(r.Keep.Town, r.Country); len(found) > 0 {
		return &found[0]
	}
	return nil
}

func (p *Rooms) offerView(c *web.Ctx, r *RoundShown, o Offer, from *geo.Place, accords map[string][]Accord) (offerView, error) {
	v := offerView{Offer: o, Badge: offerBadge(c, o), Talk: c.Path("/referral/" + o.ID)}
	if o.State == Accepted && !o.Held.IsZero() && r.Open() {
		v.Deadline = held(c, o.Held)
	} else if o.AnswerAt.IsZero() && r.Open() && !Over(o.State) {
		v.Deadline = deadline(c, o.DueAt, c.Now())
	}
	if len(o.Terms) > 0 {
		var terms []string
		for _, t := range o.Terms {
			terms = append(terms, c.T("enquiry.term."+t))
		}
		v.Facts = append(v.Facts, map[string]any{"label": c.T("enquiry.fact.terms"), "text": strings.Join(terms, " · ")})
	}
	if o.Reason != "" {
		v.Facts = append(v.Facts, map[string]any{"label": c.T("enquiry.fact.reason"), "text": c.T("referral.reason." + o.Reason)})
	}
	if o.Words != "" {
		v.Facts = append(v.Facts, map[string]any{"label": c.T("enquiry.fact.words"), "text": o.Words})
	}
	e, err := p.Directory.Service(c.Context(), o.Service, c.Lang, c.Now())
	if fault.KindOf(err) == fault.NotFound {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	state, _ := openWord(c, *e)
	v.Entry, v.Service = c.Path("/entry/"+e.ID), e.Name+" · "+state
	if v.Door = toTell(c, o, r.Round); v.Door != nil {
		v.Door.Calls = callRows(c, e, "")
	}
	if Over(o.State) && !o.Chosen {
		return v, nil // nothing is left to weigh
	}
	languages := languagesOf(c, *e)
	if languages == "" {
		languages = c.T("web.answer.unknown")
	}
	v.Facts = append(v.Facts, map[string]any{"label": c.T("enquiry.fact.languages"), "text": languages})
	if from != nil {
		far := c.T("web.answer.unknown")
		if e.Lat != 0 || e.Lon != 0 {
			far = c.T("enquiry.km", "n", int(geo.Distance(from.Lat, from.Lon, e.Lat, e.Lon)/1000+0.5), "town", from.Label(c.Lang))
		}
		v.Facts = append(v.Facts, map[string]any{"label": c.T("enquiry.fact.distance"), "text": far})
	}
	for _, a := range accords[e.Organization] {
		v.Facts = append(v.Facts, map[string]any{"label": c.T("enquiry.fact.agreement"), "text": a.Text})
	}
	return v, nil
}

// toTell is what has to be done before a service without an account can answer:
// tell the code. nil when there is nothing.
func toTell(c *web.Ctx, o Offer, r Round) *doorView {
	if o.Letter == nil || o.State != Sent || !r.Open() {
		return nil
	}
	return doorViewOf(c, o.Letter)
}

// offerBadge is where a candidate stands, in the words of an offer.
func offerBadge(c *web.Ctx, o Offer) map[string]any {
	kind, word := "info", string(o.State)
	switch {
	case o.Chosen:
		kind, word = "ok", "chosen"
	case o.Question && !Over(o.State):
		kind, word = "soon", "asks"
	case o.State == Accepted:
		kind, word = "ok", "offer"
	case o.State == Declined:
		kind, word = "plain", "refused"
	case o.State == Lapsed:
		kind = "soon"
	case o.State == Expired && o.Letter != nil && o.Letter.Opened.IsZero():
		kind, word = "plain", "skipped"
	case Over(o.State):
		kind = "plain"
	}
	return map[string]any{"kind": kind, "text": c.T("enquiry.state." + word)}
}

// held is until when a place is held, as parameters of c-deadline.
func held(c *web.Ctx, until time.Time) map[string]any {
	kind := "info"
	if until.Sub(c.Now()) <= time.Hour {
		kind = "soon"
	}
	return map[string]any{"kind": kind, "text": c.T("enquiry.held", "when", c.DateTime(until)), "datetime": c.Stamp(until)}
}

func (p *Rooms) choosePost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	draft, err := p.Choose(c.Context(), c.Viewer, c.Param("id"), f.Value("candidate"))
	if fault.KindOf(err) == fault.Conflict || fault.KindOf(err) == fault.Stale {
		return p.roundShow(c, c.Param("id"), err)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/refer/" + draft + "/setting")
}

func (p *Rooms) reconsiderPost(c *web.Ctx) error {
	return p.roundPressed(c, "enquiry.done.reconsider", p.Reconsider(c.Context(), c.Viewer, c.Param("id")))
}

func (p *Rooms) endPost(c *web.Ctx) error {
	return p.roundPressed(c, "enquiry.done.end", p.End(c.Context(), c.Viewer, c.Param("id")))
}

func (p *Rooms) roundPressed(c *web.Ctx, done string, err error) error {
	if _, wrong := c.Form(); wrong != nil {
		return wrong
	}
	if fault.KindOf(err) == fault.Conflict || fault.KindOf(err) == fault.Stale {
		return p.roundShow(c, c.Param("id"), err)
	}
	if err != nil {
		return err
	}
	c.Flash(done)
	return c.Redirect("/enquiry/" + c.Param("id"))
}

func (p *Rooms) othersPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	asked, err := p.LookRound(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	draft, err := p.AskOthers(c.Context(), c.Viewer, c.Param("id"), onceID(f))
	if err != nil {
		return err
	}
	not := url.Values{}
	for _, one := range asked.Candidates {
		not.Add("not", one.Service)
	}
	return c.Redirect("/refer/" + draft + "/several?" + not.Encode())
}

// boundAway sends the reader of a draft that carries out a choice to the round
// when the choice is not this one any more; true when it did.
func (p *Rooms) boundAway(c *web.Ctx, d *Drafted) (bool, error) {
	round, ok, err := p.BoundTo(c.Context(), c.Viewer, d)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil || ok {
		return false, err
	}
	c.FlashKind("soon", "enquiry.error.not-chosen")
	return true, c.Redirect("/enquiry/" + round)
}

// holdChoices are the times for which a desk can hold a place.
func holdChoices(c *web.Ctx) []web.Choice {
	var out []web.Choice
	for _, h := range Holds {
		out = append(out, web.Choice{Value: strconv.Itoa(h), Label: c.T("enquiry.hold.hours", "n", h), Hint: c.DateTime(c.Now().Add(time.Duration(h) * time.Hour)), Selected: h == UsualHold})
	}
	return out
}

// termChoices are the conditions, those of the last offer ticked.
func termChoices(c *web.Ctx, said []Message) []web.Choice {
	var last []string
	for _, m := range said {
		if m.Kind == string(Accept) {
			last = m.Terms
		}
	}
	var out []web.Choice
	for _, t := range Terms {
		out = append(out, web.Choice{Value: t, Label: c.T("enquiry.term." + t), Selected: slices.Contains(last, t)})
	}
	return out
}

// regionLabel names a region in the reader's language.
func regionLabel(c *web.Ctx, code string) string {
	if code == Anywhere {
		return c.T("enquiry.region.anywhere")
	}
	if t, ok := geo.Lookup(code); ok {
		return t.Name(c.Lang)
	}
	return code
}

// roundOfLine is the path of the round that an enquiry in a list stands for.
func roundOfLine(l Line) string {
	if l.Round == "" || !id.Valid(l.Round) {
		return ""
	}
	return "/enquiry/" + l.Round
}

// enquiryShow adds what only an enquiry's page has.
func (p *Rooms) enquiryShow(c *web.Ctx, data *showData) error {
	if data.Side == Receiver {
		data.Holds, data.Terms = holdChoices(c), termChoices(c, data.Words)
	}
	if !data.HeldUntil.IsZero() && data.State == Accepted {
		data.Held = held(c, data.HeldUntil)
	}
	if data.Side != Sender {
		return nil
	}
	round, err := p.RoundOf(c.Context(), c.Viewer, data.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	data.Round = c.Path("/enquiry/" + round)
	return err
}
