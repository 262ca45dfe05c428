package agreement

import (
	"context"
	"embed"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/agency"
	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var (
	_        = web.Style(pages, "page/agreement.css")
	listPage = web.NewPage[listData](pages, "page/list.html")
	editPage = web.NewPage[editData](pages, "page/edit.html")
	showPage = web.NewPage[showData](pages, "page/show.html")
)

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /agreements", s.getList)
	sh.Professional("GET /agreements/new", s.getNew)
	sh.Professional("POST /agreements/new", s.postNew)
	sh.Professional("GET /agreements/{id}", s.getOne)
	sh.Professional("POST /agreements/{id}/act", s.postAct)
	sh.Nav(web.NavItem{Path: "/agreements", Icon: "hand", Label: "agreement.title", Roles: []string{"lead", "coordinator", "auditor"}, Order: 45, Under: "/agency", Text: "hub.door.agreements"})
}

type listData struct {
	Piles      []pile
	Published  []row
	Empty      bool
	MayPropose bool
	MayRecord  bool
	Overseer   bool
	With       string // name of the one body that the list is narrowed to
	All        string // path to the whole list
}

// pile is agreements of one state.
type pile struct {
	Title string
	Rows  []row
}

// row is an agreement in a list.
type row struct {
	Path, Title, Lang, Parties, What string
	Where                            string
	State                            web.M
	Deadline                         web.M
}

func (s *Service) getList(c *web.Ctx) error {
	list, err := s.List(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	data := listData{Overseer: overseer(c.Viewer), MayPropose: s.own(c.Viewer, "agreement.propose") == nil, MayRecord: s.own(c.Viewer, "agreement.record") == nil}
	if with := c.Query("with"); with != "" {
		list = slices.DeleteFunc(list, func(a Agreement) bool {
			return !slices.ContainsFunc(a.Parties, func(p Party) bool { return p.Organization == with })
		})
		data.All = c.Path("/agreements")
		if name, ok := s.nameFor(c.Context(), c.Viewer, "", with, c.Lang); ok {
			data.With = name
		}
	}
	s.sortIn(c, &data, list)
	return listPage.Render(c, data)
}

// sortIn puts agreements into piles: what asks for something first.
func (s *Service) sortIn(c *web.Ctx, data *listData, list []Agreement) {
	ending := pile{Title: c.T("agreement.list.ending")}
	piles := map[State]*pile{}
	for _, a := range list {
		switch {
		case a.Origin == Publication && !Over(a.State):
			data.Published = append(data.Published, s.row(c, a))
		case EndsSoon(a, c.Now(), s.Zone):
			ending.Rows = append(ending.Rows, s.row(c, a))
		default:
			if piles[a.State] == nil {
				piles[a.State] = &pile{Title: c.T("agreement.list." + string(a.State))}
			}
			piles[a.State].Rows = append(piles[a.State].Rows, s.row(c, a))
		}
	}
	for _, state := range States {
		if p := piles[state]; p != nil {
			data.Piles = append(data.Piles, *p)
		}
		if state == Proposed && len(ending.Rows) > 0 {
			data.Piles = append(data.Piles, ending)
		}
	}
	data.Empty = len(data.Piles)+len(data.Published) == 0
}

func (s *Service) row(c *web.Ctx, a Agreement) row {
	r := row{Path: c.Path("/agreements/" + a.ID), Title: a.Title, Lang: a.Lang, Parties: s.others(c.Context(), a, c.Viewer.AgencyID, c.Lang), What: what(c, a), Where: territoryNames(a.Territory, c.Lang), State: s.badge(c, a)}
	if EndsSoon(a, c.Now(), s.Zone) {
		r.Deadline = s.deadline(c, a)
	}
	return r
}

func (s *Service) deadline(c *web.Ctx, a Agreement) web.M {
	n := a.Until.DaysUntil(DayOf(c.Now(), s.Zone))
	kind := "info"
	if n <= Ahead[1] {
		kind = "soon"
	}
	return web.M{"kind": kind, "text": c.T("agreement.ends-in", "n", n), "datetime": string(a.Until.Last())}
}

func (s *Service) badge(c *web.Ctx, a Agreement) web.M {
	kind := map[State]string{Proposed: "info", InForce: "ok", Suspended: "soon"}[a.State]
	key := string(a.State)
	if a.State == InForce && !a.Stands(c.Now(), s.Zone) { // not begun, or over and not yet swept
		kind, key = "plain", "not-now"
	}
	if a.Origin == Publication && key == string(InForce) { // nobody here compared it with the law
		kind, key = "plain", "published"
	}
	if kind == "" {
		kind = "plain"
	}
	return web.M{"kind": kind, "text": c.T("agreement.state." + key)}
}

// purposeNames are the purposes in the reader's words.
func purposeNames(c *web.Ctx, purposes []string) string {
	var out []string
	for _, p := range purposes {
		out = append(out, c.T("agreement.purpose."+p))
	}
	return strings.Join(out, ", ")
}

// what says in one line what is agreed and until when.
func what(c *web.Ctx, a Agreement) string {
	text := purposeNames(c, a.Purposes)
	if a.Within > 0 {
		text += " · " + c.T("agreement.within", "n", a.Within)
	}
	if a.Until != "" {
		text += " · " + c.T("agreement.until", "date", c.Day(string(a.Until)))
	}
	return text
}

// Note is an agreement as another room shows it: one sentence and where the
// whole of it stands.
type Note struct {
	ID        string
	Text      string // the whole sentence
	Path      string // without the language
	AboutHelp bool
}

// Notes says in lang what stands between the viewer's agency and each other
// organisation.
func (s *Service) Notes(c *web.Ctx) (map[string][]Note, error) {
	out := map[string][]Note{}
	if c.Viewer == nil {
		return out, nil
	}
	with, err := s.With(c.Context(), c.Viewer.AgencyID)
	for org, list := range with {
		name := s.called(c.Context(), list[0], partyOf(list[0], org), c.Lang)
		for _, a := range list {
			out[org] = append(out[org], Note{ID: a.ID, Text: c.T("agreement.sentence", "a", c.Viewer.AgencyName, "b", name, "what", what(c, a)), Path: "/agreements/" + a.ID, AboutHelp: a.AboutHelp()})
		}
	}
	return out, err
}

func partyOf(a Agreement, organization string) Party {
	for _, p := range a.Parties {
		if p.Organization == organization {
			return p
		}
	}
	return Party{Organization: organization}
}

// PublicNotes says in the page's language what everybody may know of an organisation's
// agreements.
func (s *Service) PublicNotes(c *web.Ctx, organization string) ([]Note, error) {
	list, err := s.PublicOf(c.Context(), organization)
	var out []Note
	for _, a := range list {
		text := c.T("agreement.public", "title", a.Title, "who", s.names(c.Context(), a, organization, c.Lang), "what", what(c, a))
		out = append(out, Note{ID: a.ID, Text: text, Path: "/agreements/" + a.ID, AboutHelp: a.AboutHelp()})
	}
	return out, err
}

// NotesIn says in the page's language what stands in a territory, as far as the
// viewer may know of it.
func (s *Service) NotesIn(c *web.Ctx, territory string) (out []Note, err error) {
	list, err := s.List(c.Context(), c.Viewer)
	for _, a := range list {
		if !slices.Contains(a.Territory, territory) || !a.Stands(s.Now(), s.Zone) {
			continue
		}
		text := c.T("agreement.public", "title", a.Title, "who", s.names(c.Context(), a, "", c.Lang), "what", what(c, a))
		out = append(out, Note{ID: a.ID, Text: text, Path: "/agreements/" + a.ID, AboutHelp: a.AboutHelp()})
	}
	return out, err
}

// names are all parties but one organisation.
func (s *Service) names(ctx context.Context, a Agreement, organization, lang string) string {
	var out []string
	for _, p := range a.Parties {
		if p.Organization == "" || p.Organization != organization {
			out = append(out, s.called(ctx, a, p, lang))
		}
	}
	return strings.Join(out, ", ")
}

// Today is what agreements ask of the viewer, as lines of c-due.
func (s *Service) Today(c *web.Ctx) ([]web.M, error) {
	asked, err := s.Asking(c.Context(), c.Viewer)
	var out []web.M
	line := func(a Agreement, key string) web.M {
		if _, party := a.Party(c.Viewer.AgencyID); !party {
			key += "-of"
		}
		return web.M{"title": c.T("agreement.today."+key, "name", s.others(c.Context(), a, c.Viewer.AgencyID, c.Lang)), "href": c.Path("/agreements/" + a.ID), "text": a.Title}
	}
	for _, a := range asked.Answer {
		key := "answer"
		if a.Origin == Recorded {
			key = "vouch"
		}
		m := line(a, key)
		m["badge"] = s.badge(c, a)
		out = append(out, m)
	}
	for _, a := range asked.Vouch {
		m := line(a, "vouch")
		m["badge"] = s.badge(c, a)
		out = append(out, m)
	}
	for _, a := range asked.Ending {
		m := line(a, "ends")
		m["deadline"] = s.deadline(c, a)
		out = append(out, m)
	}
	return out, err
}

// editData is the form of a new agreement.
type editData struct {
	Record    bool
	Renews    string // title of the agreement that is renewed
	Own       string
	Parties   []chosen
	Found     []chosen
	Searched  bool
	Values    Draft
	Within    string // of Values; empty for none
	Kinds     []web.Choice
	Purposes  []web.Choice
	Territory []web.Choice
}

// chosen is a party in the form.
type chosen struct{ Field, Value, Name, Town string }

func (s *Service) getNew(c *web.Ctx) error {
	record, err := s.mode(c)
	if err != nil {
		return err
	}
	d := Draft{Lang: c.Lang, Kind: "protocol"}
	if o := c.Query("with"); o != "" {
		d.Organizations = []string{o}
	}
	title := ""
	if old := c.Query("renew"); old != "" {
		w, err := s.One(c.Context(), c.Viewer, old)
		if err != nil {
			return err
		}
		d, title = renewal(w.Agreement, c.Viewer.AgencyID), w.Title
	}
	return s.showEdit(c, record, d, title, nil, false)
}

// mode says whether the viewer records (a coordinator) or proposes (a lead).
func (s *Service) mode(c *web.Ctx) (record bool, err error) {
	if c.Query("as") == "record" || !c.Viewer.Is("lead") {
		return true, s.own(c.Viewer, "agreement.record")
	}
	return false, s.own(c.Viewer, "agreement.propose")
}

// renewal is a draft that goes on where an agreement ends.
func renewal(a Agreement, agencyID string) Draft {
	d := Draft{Kind: a.Kind, Title: a.Title, Purposes: a.Purposes, Within: a.Within, Words: a.Words, Document: a.Document, Kept: a.Kept,
		Source: a.Source, SourceURL: a.SourceURL, Replaces: a.ID, Lang: a.Lang, Open: a.Open}
	if len(a.Territory) > 0 {
		d.Territory = a.Territory[0]
	}
	for _, p := range a.Parties {
		switch {
		case p.Agency != "" && p.Agency == agencyID:
			d.Contact, d.Reach, d.Open = p.Contact, p.Reach, p.Open
		case p.Organization != "":
			d.Organizations = append(d.Organizations, p.Organization)
		default:
			d.Named = append(d.Named, p.Name)
		}
	}
	return d
}

func (s *Service) postNew(c *web.Ctx) error {
	record, err := s.mode(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	d := draftOf(c, f)
	title, err := s.titleOf(c, d.Replaces)
	if err != nil {
		return err
	}
	if gone := f.Value("drop"); gone != "" {
		d.Organizations = slices.DeleteFunc(d.Organizations, func(o string) bool { return "party:"+o == gone })
		d.Named = slices.DeleteFunc(d.Named, func(n string) bool { return "named:"+n == gone })
		return s.showEdit(c, record, d, title, nil, false)
	}
	switch add, typed := f.Value("add"), f.Value("q"); {
	case add != "":
		d.Organizations = append(d.Organizations, add)
		return s.showEdit(c, record, d, title, nil, false)
	case f.Value("do") == "name" && typed != "":
		d.Named = append(d.Named, typed)
		return s.showEdit(c, record, d, title, nil, false)
	case f.Value("do") == "search" || f.Value("do") == "name":
		var found []agency.Organization
		if typed != "" {
			if found, err = s.Find(c.Context(), c.Viewer, typed, c.Lang); err != nil {
				return err
			}
		}
		return s.showEdit(c, record, d, title, found, true)
	}
	made, err := s.make(c.Context(), c.Viewer, d.clean(), map[bool]Origin{true: Recorded, false: ByAgencies}[record])
	if f.Add(err) {
		return s.showEdit(c, record, d, title, nil, false)
	}
	if err != nil {
		return err
	}
	c.Flash("agreement.done." + map[bool]string{true: "recorded", false: "proposed"}[record])
	return c.Redirect("/agreements/" + made)
}

func (s *Service) titleOf(c *web.Ctx, agreementID string) (string, error) {
	if agreementID == "" {
		return "", nil
	}
	w, err := s.One(c.Context(), c.Viewer, agreementID)
	return w.Title, err
}

func draftOf(c *web.Ctx, f *web.Form) Draft {
	d := Draft{Organizations: slices.Clone(f.Values("party")), Named: slices.Clone(f.Values("named")), Kind: f.Value("kind"), Title: f.Value("title"), Purposes: f.Values("purposes"),
		Territory: f.Value("territory"), Since: f.Value("since"), Until: f.Value("until"), Words: f.Value("words"), Document: f.Value("document"), Kept: f.Value("kept"),
		Contact: f.Value("contact"), Reach: f.Value("reach"), Source: f.Value("source"), SourceURL: f.Value("source-url"), Open: f.Value("open") == "1",
		Replaces: f.Value("replaces"), Lang: c.Lang, Once: f.Once()}
	if w := f.Value("within"); w != "" {
		n, err := strconv.Atoi(w)
		if err != nil {
			n = -1 // said beside the field
		}
		d.Within = n
	}
	return d
}

func (s *Service) showEdit(c *web.Ctx, record bool, d Draft, renews string, found []agency.Organization, searched bool) error {
	data := editData{Record: record, Renews: renews, Values: d, Searched: searched, Kinds: kindChoices(c, d.Kind), Purposes: purposeChoices(c, d.Purposes), Territory: territoryChoices(c, d.Territory)}
	if !record {
		data.Own = c.Viewer.AgencyName
	}
	for _, o := range d.Organizations {
		if name, ok := s.nameFor(c.Context(), c.Viewer, d.Replaces, o, c.Lang); ok {
			data.Parties = append(data.Parties, chosen{Field: "party", Value: o, Name: name})
		}
	}
	for _, n := range d.Named {
		data.Parties = append(data.Parties, chosen{Field: "named", Value: n, Name: n})
	}
	if d.Within > 0 {
		data.Within = strconv.Itoa(d.Within)
	}
	for _, o := range found[:min(len(found), 8)] {
		if !slices.Contains(d.Organizations, o.ID) {
			data.Found = append(data.Found, chosen{Value: o.ID, Name: o.Name, Town: o.Town})
		}
	}
	return editPage.Render(c, data)
}

func kindChoices(c *web.Ctx, chosen string) (list []web.Choice) {
	for _, k := range Kinds {
		list = append(list, web.Choice{Value: k, Label: c.T("agreement.kind." + k), Selected: k == chosen})
	}
	return list
}

func purposeChoices(c *web.Ctx, chosen []string) (list []web.Choice) {
	for _, p := range Purposes {
		list = append(list, web.Choice{Value: p, Label: c.T("agreement.purpose." + p), Selected: slices.Contains(chosen, p)})
	}
	return list
}

// showData is one agreement.
type showData struct {
	Whole
	Back     string
	Badge    web.M
	Deadline web.M
	Lead     string
	WordsIs  string
	WordsIn  string
	Rows     []web.M
	Parties  []partyView
	Story    []web.M
	Acts     []act
	Confirm  bool // the own side is asked
	Vouch    bool
	Settle   bool
	Mine     Party
	Renew    string
	Public   bool
	Waiting  string // who has not confirmed
}

type partyView struct {
	Name, Contact, Reach, State, Kind string
	Open                              bool
}

// act is a button.
type act struct{ Action, Label, Kind, Icon, Text string }

func (s *Service) getOne(c *web.Ctx) error {
	w, err := s.One(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	return s.showOne(c, w)
}

func (s *Service) showOne(c *web.Ctx, w Whole) error {
	a := w.Agreement
	data := showData{Whole: w, Back: c.Path("/agreements"), Badge: s.badge(c, a), Public: a.Public(), Lead: s.leadOf(c, a)}
	data.WordsIs, data.WordsIn = s.words(a, c.Lang)
	if EndsSoon(a, c.Now(), s.Zone) {
		data.Deadline = s.deadline(c, a)
	}
	data.Rows = s.facts(c, a)
	var waiting []string
	for _, p := range a.Parties {
		v := partyView{Name: s.called(c.Context(), a, p, c.Lang), Contact: p.Contact, Reach: p.Reach, Open: p.Open, Kind: "ok", State: c.T("agreement.party.confirmed", "date", c.Date(p.Confirmed))}
		switch {
		case a.Origin == Publication:
			v.State = ""
		case p.Confirmed.IsZero():
			v.Kind, v.State = "soon", c.T("agreement.party.waiting")
			waiting = append(waiting, v.Name)
		case p.Agency == "" || a.Origin == Recorded && p.Agency == "":
			v.State = c.T("agreement.party.vouched", "date", c.Date(p.Confirmed))
		}
		data.Parties = append(data.Parties, v)
	}
	data.Waiting = strings.Join(waiting, ", ")
	s.buttons(c, a, &data)
	for _, e := range w.Events {
		who := e.Who
		if name := w.Names[e.Agency]; name != "" && e.Agency != "" {
			who = strings.Trim(who+", "+name, ", ")
		}
		data.Story = append(data.Story, web.M{"title": c.T("agreement.event." + string(e.Action)), "at": c.DateTime(e.At), "who": who})
	}
	return showPage.Render(c, data)
}

// leadOf is the sentence that stands first.
func (s *Service) leadOf(c *web.Ctx, a Agreement) string {
	if _, party := a.Party(c.Viewer.AgencyID); party && a.Stands(c.Now(), s.Zone) {
		return c.T("agreement.sentence", "a", c.Viewer.AgencyName, "b", s.others(c.Context(), a, c.Viewer.AgencyID, c.Lang), "what", what(c, a))
	}
	return s.others(c.Context(), a, "", c.Lang) + ": " + what(c, a)
}

// facts are what is agreed, line by line.
func (s *Service) facts(c *web.Ctx, a Agreement) (rows []web.M) {
	add := func(key, text string) {
		if text != "" {
			rows = append(rows, web.M{"label": c.T("agreement.field." + key), "text": text})
		}
	}
	add("kind", c.T("agreement.kind."+a.Kind))
	add("purposes", purposeNames(c, a.Purposes))
	add("territory", territoryNames(a.Territory, c.Lang))
	if a.Since != "" {
		add("since", c.Day(string(a.Since)))
	}
	if a.Until != "" {
		add("until", c.Day(string(a.Until)))
	} else if a.Origin != Publication { // a source that names no end does not say that there is none
		add("until", c.T("agreement.no-end"))
	}
	if a.Within > 0 {
		add("within", c.T("agreement.within", "n", a.Within))
	}
	add("kept", a.Kept)
	if a.Document != "" {
		rows = append(rows, web.M{"label": c.T("agreement.field.document"), "text": a.Document, "out": a.Document})
	}
	if a.Source != "" {
		rows = append(rows, web.M{"label": c.T("agreement.field.source"), "text": a.Source, "out": a.SourceURL})
	}
	public := "agreement.public-no"
	if a.Public() {
		public = "agreement.public-yes"
	}
	add("public", c.T(public))
	return rows
}

// buttons are what the viewer may do now.
func (s *Service) buttons(c *web.Ctx, a Agreement, data *showData) {
	side := sideOf(c.Viewer, a, Settle)
	can := func(action Action) bool {
		_, err := Next(a.State, action, sideOf(c.Viewer, a, action))
		return err == nil && s.may(c.Viewer, action, a)
	}
	mine, party := a.Party(c.Viewer.AgencyID)
	data.Mine = mine
	data.Confirm = party && mine.Confirmed.IsZero() && can(Confirm)
	data.Vouch = can(Vouch) && slices.ContainsFunc(a.Parties, absent)
	data.Settle = !data.Confirm && can(Settle) && (side == OfParty || a.Origin == Recorded)
	if side == OfCoordinator {
		data.Mine = Party{Open: a.Open}
	}
	for _, b := range []act{{string(Refuse), "", "quiet", "cross", ""}, {string(Resume), "", "", "redo", ""}, {string(Suspend), "", "quiet", "wait", ""}, {string(End), "", "danger", "cross", ""}} {
		action := Action(b.Action)
		if !can(action) || action == Refuse && !data.Confirm || action == End && data.Confirm {
			continue
		}
		b.Label, b.Text = c.T("agreement.act."+b.Action), c.T("agreement.act-text."+b.Action)
		data.Acts = append(data.Acts, b)
	}
	if Renewable(a.State, data.Events) && a.Origin != Publication &&
		(party && s.own(c.Viewer, "agreement.propose") == nil || a.Origin == Recorded && s.own(c.Viewer, "agreement.record") == nil) {
		data.Renew = c.Path("/agreements/new?renew=" + a.ID)
		if !party || !c.Viewer.Is("lead") {
			data.Renew += "&as=record"
		}
	}
}

func (s *Service) postAct(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(f.Value("version"), 10, 64)
	d := Deed{Action: Action(f.Value("action")), Version: version, Contact: f.Value("contact"), Reach: f.Value("reach"), Open: f.Value("open") == "1",
		Source: f.Value("source"), SourceURL: f.Value("source-url"), Once: f.Once()}
	if !slices.Contains([]Action{Confirm, Vouch, Refuse, Suspend, Resume, End, Settle}, d.Action) {
		return fault.New(fault.Invalid, "web.error.invalid")
	}
	err = s.Act(c.Context(), c.Viewer, c.Param("id"), d)
	if k := fault.KindOf(err); err != nil && (f.Add(err) || k == fault.Stale || k == fault.Conflict) {
		w, again := s.One(c.Context(), c.Viewer, c.Param("id"))
		if again != nil {
			return again
		}
		if f.OK() { // said above the page, which shows how it stands now
			f.Error("", fault.Find(err).Key)
		}
		return s.showOne(c, w)
	}
	if err != nil {
		return err
	}
	c.Flash("agreement.done." + string(d.Action))
	return c.Redirect("/agreements/" + c.Param("id"))
}
