package pass

import (
	"cmp"
	"embed"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html
var pages embed.FS

var (
	roomPage  = web.NewPage[roomData](pages, "page/room.html")
	givenPage = web.NewPage[givenData](pages, "page/given.html")
	formPage  = web.NewPage[formData](pages, "page/form.html")
)

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /cases/{id}/pass", s.getRoom)
	sh.Professional("GET /cases/{id}/pass/offer", func(c *web.Ctx) error { return s.showForm(c, nil) })
	sh.Professional("POST /cases/{id}/pass/offer", s.postForm)
	sh.Professional("POST /cases/{id}/pass", s.postAct)
}

// glance is the room's door: what is offered and what became of it.
func (s *Service) glance(c *web.Ctx, o *casework.Opened) (g casework.Glance, err error) {
	lines, own, err := s.Offers(c.Context(), c.Viewer, o.ID)
	if err != nil {
		return g, err
	}
	if len(lines) == 0 {
		g.Hidden, g.Text = !own, c.T("pass.door.none")
		if from := origins(o); len(from) > 0 {
			g.Text = c.T("pass.door.from", "name", strings.Join(from, ", "))
		}
		return g, nil
	}
	last := lines[len(lines)-1]
	state := last.Now()
	g.Alert = own && state == Declined || !own && state == Offered
	if g.Text = c.T("pass.door."+string(state), "name", last.Name); !own && state == Offered {
		g.Text = c.T("pass.door.waits")
	}
	return g, nil
}

// origins are the agencies from whose files entries were taken over.
func origins(o *casework.Opened) (names []string) {
	for _, e := range o.Entries {
		if e.From != nil && !slices.Contains(names, e.From.Agency) {
			names = append(names, e.From.Agency)
		}
	}
	return names
}

type roomData struct {
	Back, Here string
	May        bool // the viewer may offer it
	Lines      []lineView
	From       string // the agencies from which the file was taken over
}

// lineView is an offer as the agency sees it that made it.
type lineView struct {
	ID, Title   string
	Badge       web.M
	Rows        []web.M
	Back, Done  bool // the viewer can take it back; was taken over
	Close, Talk string
}

func (s *Service) getRoom(c *web.Ctx) error { return s.show(c) }

func (s *Service) show(c *web.Ctx) error {
	o, err := s.Cases.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	if !o.Own {
		return s.showGiven(c, nil)
	}
	lines, _, err := s.Offers(c.Context(), c.Viewer, o.ID)
	if err != nil {
		return err
	}
	back := c.Path("/cases/" + o.ID)
	d := roomData{Back: back, Here: back + "/" + Name, From: strings.Join(origins(o), ", ")}
	open := o.State == casework.Open
	d.May = open && s.may(c, o.ID, "case.grant") == nil
	revokes := s.may(c, o.ID, "case.revoke") == nil
	for _, l := range slices.Backward(lines) {
		v := lineView{ID: l.ID, Title: l.Name, Back: l.Stands && revokes, Done: l.State == Taken, Badge: badge(c, l.Now()), Rows: rows(c, l)}
		if v.Done && open {
			v.Close = back + "/plan#close"
		}
		if v.Done && l.Stands {
			v.Talk = back + "/talk"
		}
		d.Lines = append(d.Lines, v)
	}
	return roomPage.Render(c, d)
}

func badge(c *web.Ctx, s State) web.M {
	kind := map[State]string{Offered: "soon", Taken: "ok"}[s]
	return web.M{"kind": kind, "text": c.T("pass.state." + string(s))}
}

// rows are an offer as c-summary shows it.
func rows(c *web.Ctx, l Line) (out []web.M) {
	out = append(out, web.M{"label": c.T("pass.parts"), "text": partNames(c, l.Parts)},
		web.M{"label": c.T("pass.offered"), "text": c.T("casework.by", "name", l.UserName, "when", c.DateTime(l.At))})
	switch l.State {
	case Taken:
		out = append(out, web.M{"label": c.T("pass.taken"), "text": c.T("casework.by", "name", l.By, "when", c.DateTime(l.Since))})
	case Declined:
		out = append(out, web.M{"label": c.T("pass.declined"), "text": c.T("pass.code." + l.Code), "note": c.T("casework.by", "name", l.By, "when", c.DateTime(l.Since))})
	}
	if l.Why != "" {
		out = append(out, web.M{"label": c.T("pass.why"), "text": l.Why})
	}
	contact, _ := casework.KindByID("contact")
	return append(out, casework.RowsOf(c, contact, l.Reach)...)
}

// partNames are the parts of an offer in the order of the file.
func partNames(c *web.Ctx, parts []casework.Part) string {
	return casework.PartNames(c, slices.DeleteFunc(slices.Clone(casework.Parts), func(p casework.Part) bool { return !slices.Contains(parts, p) }))
}

// The offer, as the other agency reads it.

type givenData struct {
	Back, Here, From string
	Badge            web.M
	Rows             []web.M
	Taken            []web.M // what a file of its own takes over, by part
	Stays            string
	Similar          []web.M
	Unnamed          bool // the offer does not say what the person is called
	Mine             string
	State            State
	Codes            []web.Choice
	Talk             string
}

// showGiven shows an offer to the agency to which it was made. similar are cases of
// its own that may be of the same person.
func (s *Service) showGiven(c *web.Ctx, similar []casework.Line) error {
	g, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	back := c.Path("/cases/" + g.ID)
	d := givenData{Back: back, Here: back + "/" + Name, From: g.Agency, State: g.Offer.State, Badge: badge(c, g.Offer.Now()), Rows: rows(c, g.Offer), Unnamed: g.Name == "", Talk: back + "/talk"}
	if g.Offer.State == Taken && s.knows(c, g.Offer.NewCase) {
		d.Mine = c.Path("/cases/" + g.Offer.NewCase)
	}
	d.Taken, d.Stays = s.takenRows(c, g), s.staysText(c, g)
	if g.Name != "" && similar == nil {
		if similar, err = s.Cases.Find(c.Context(), c.Viewer, g.Name, 5); err != nil {
			return err
		}
	}
	for _, l := range similar {
		d.Similar = append(d.Similar, web.M{"title": cmp.Or(l.Head.Name, c.T("casework.code", "code", l.Code())), "href": c.Path("/cases/" + l.ID), "text": c.T("casework.line", "code", l.Code(), "when", c.Ago(l.Changed))})
	}
	for _, code := range Codes {
		d.Codes = append(d.Codes, web.Choice{Value: code, Label: c.T("pass.code." + code)})
	}
	return givenPage.Render(c, d)
}

// knows says whether the viewer may know of a case of the own agency.
func (s *Service) knows(c *web.Ctx, caseID string) bool {
	return caseID != "" && s.may(c, caseID, "case.know") == nil
}

// may says why the viewer may not do something with a case; nil: she may.
func (s *Service) may(c *web.Ctx, caseID, action string) error {
	return s.DB.Read(c.Context(), func(tx *db.Tx) error {
		_, err := s.Cases.Require(tx, c.Viewer, caseID, action)
		return err
	})
}

// takenRows say by part which entries go along, and how many.
func (s *Service) takenRows(c *web.Ctx, g *Given) (out []web.M) {
	for _, p := range casework.Parts {
		var kinds []string
		for _, t := range g.Taken {
			if t.Part == p {
				kinds = append(kinds, t.Kind)
			}
		}
		if len(kinds) > 0 {
			out = append(out, web.M{"label": c.T("casework.part." + string(p)), "text": s.counted(c, kinds)})
		}
	}
	return out
}

// counted names kinds, each once with its number.
func (s *Service) counted(c *web.Ctx, kinds []string) string {
	var order, out []string
	n := map[string]int{}
	for _, k := range kinds {
		if n[k]++; n[k] == 1 {
			order = append(order, k)
		}
	}
	for _, id := range order {
		k, _ := s.Cases.KindOf(id)
		name := k.Title(c)
		if n[id] > 1 {
			name += " (" + strconv.Itoa(n[id]) + ")"
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

func (s *Service) staysText(c *web.Ctx, g *Given) string {
	var kinds []string
	for _, e := range g.Stays {
		kinds = append(kinds, e.Kind)
	}
	return s.counted(c, kinds)
}

// Forms.

type formData struct {
	Back, Here string
	Agencies   []web.Choice
	Parts      []web.Asked
	Reach      []web.Asked
	Holds      []web.M // what goes along of each part, so that the person can choose
	Asked
}

func (s *Service) showForm(c *web.Ctx, f *web.Form) error {
	o, err := s.own(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	if err := s.may(c, o.ID, "case.grant"); err != nil {
		return err
	}
	if o.State != casework.Open {
		return c.Redirect("/cases/" + o.ID + "/" + Name)
	}
	all, err := s.Agencies(c.Context(), c.Viewer, c.Lang)
	if err != nil {
		return err
	}
	_, confirmed, err := s.Told(c.Context(), c.Viewer, o)
	if err != nil {
		return err
	}
	d := formData{Back: c.Path("/cases/" + o.ID + "/" + Name), Agencies: []web.Choice{{Label: c.T("share.choose")}}, Asked: s.Ledger.Ask(c, f, o)}
	for _, a := range all {
		d.Agencies = append(d.Agencies, web.Choice{Value: a.ID, Label: a.Name + ", " + a.Country})
	}
	parts := web.Asked{Name: "part", Label: c.T("pass.ask.part")}
	for _, p := range casework.Parts {
		if p.Shareable() && (p != casework.Account || confirmed) {
			parts.Choices = append(parts.Choices, web.Choice{Value: string(p), Label: c.T("casework.part." + string(p)), Selected: f != nil && f.Has("part", string(p))})
		}
	}
	d.Holds = s.holds(c, o, parts.Choices)
	d.Parts = []web.Asked{parts, days(c, f), {Name: "why", Label: c.T("pass.ask.why"), Type: "text", Max: 300, Optional: true}}
	contact, _ := casework.KindByID("contact")
	contact.Fields, contact.Must = reachFields, nil
	d.Reach = casework.FormOf(c, contact, reachIn(f))
	return formPage.Render(c, d)
}

// holds are the kinds of entries that stand in each part and could go along.
func (s *Service) holds(c *web.Ctx, o *casework.Opened, parts []web.Choice) (out []web.M) {
	for _, p := range parts {
		var kinds []string
		for _, e := range o.Entries {
			if k, known := s.Cases.KindOf(e.Kind); known && !k.Stays && string(e.Part) == p.Value {
				kinds = append(kinds, e.Kind)
			}
		}
		if len(kinds) > 0 {
			out = append(out, web.M{"label": p.Label, "text": s.counted(c, kinds)})
		}
	}
	return out
}

// Days for which the first agency's parts can still be opened, unless its case is
// closed before: those of the ledger.
var Days = []int{14, 30, 90, 180}

func days(c *web.Ctx, f *web.Form) web.Asked {
	a := web.Asked{Name: "days", Label: c.T("pass.ask.days"), Single: true}
	for _, n := range Days {
		v := strconv.Itoa(n)
		a.Choices = append(a.Choices, web.Choice{Value: v, Label: c.T("share.days", "n", n), Selected: f == nil && n == 30 || f != nil && f.Has("days", v)})
	}
	return a
}

// reachIn is what was typed about how to reach the person.
func reachIn(f *web.Form) ask.Answer {
	out := ask.Answer{}
	for _, field := range reachFields {
		if f != nil {
			out[field.Name] = f.Values(field.Name)
		}
	}
	return out
}

func (s *Service) postForm(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	caseID := c.Param("id")
	in := Order{Once: f.Once(), To: f.Value("to"), Why: f.Value("why"), Reach: reachIn(f), Said: Said{By: f.Value("by"), How: f.Value("how"), Language: f.Value("language"), Spoken: f.Value("spoken"), Interpreter: f.Value("interpreter")}}
	in.Days, _ = strconv.Atoi(f.Value("days"))
	for _, p := range f.Values("part") {
		in.Parts = append(in.Parts, casework.Part(p))
	}
	flash := "pass.done.offered"
	if f.Value("do") == "yes" {
		err = s.Offer(c.Context(), c.Viewer, caseID, in)
	} else {
		flash = "share.done.refused"
		err = s.Refuse(c.Context(), c.Viewer, caseID, in)
	}
	if f.Add(err) {
		return s.showForm(c, f)
	}
	if err != nil {
		return err
	}
	c.Flash(flash)
	return c.Redirect("/cases/" + caseID + "/" + Name)
}

func (s *Service) postAct(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	caseID, to := c.Param("id"), "/cases/"+c.Param("id")+"/"+Name
	switch f.Value("do") {
	case "withdraw":
		if err = s.Ledger.Withdraw(c.Context(), c.Viewer, caseID, f.Value("offer")); err == nil {
			c.Flash("share.done.withdraw")
		}
	case "decline":
		if err = s.Decline(c.Context(), c.Viewer, caseID, f.Value("code")); err == nil {
			c.Flash("pass.done.declined")
			to = "/shared"
		}
	case "take":
		if name := f.Value("name"); name != "" && f.Value("sure") == "" {
			found, err := s.Cases.Find(c.Context(), c.Viewer, name, 5)
			if err != nil {
				return err
			}
			if len(found) > 0 {
				return s.showGiven(c, found)
			}
		}
		var caseOfOurs string
		if caseOfOurs, err = s.Take(c.Context(), c.Viewer, caseID, f.Value("name"), f.Once()); err == nil && s.knows(c, caseOfOurs) {
			c.Flash("pass.done.taken")
			to = "/cases/" + caseOfOurs
		}
	default:
		return errNotFound
	}
	if e := fault.Find(err); e != nil && e.Kind == fault.Conflict { // the page says why, and what stands now
		f.Error("", e.Key)
		c.NewOnce()
		return s.show(c)
	}
	if f.Add(err) {
		return s.show(c)
	}
	if err != nil {
		return err
	}
	return c.Redirect(to)
}
