package day

import (
	"cmp"
	"slices"
	"strconv"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// The room of one case.

type caseData struct {
	Here, Case                    string
	Flags, Likeness               []web.M
	AddFlag, AddLikeness, Summary web.M
	Approvals                     []approvalView
	Subjects, Workers             []web.Choice
	Offer                         string // to whom the case is offered
	OfferID                       string
	MayOffer, Writes              bool
	Own                           []web.Asked
	OwnRows                       []web.M
	Rev                           int64
}

// approvalView is one approval with all that was said about it.
type approvalView struct {
	ID, Title string
	Badge     web.M
	Said      []web.M // of c-timeline, the newest first
	Lead      bool    // the viewer decides
	Again     bool    // the viewer asked, and it came back
	Since     bool    // the file changed after it was approved
}

func (s *Service) glance(c *web.Ctx, o *casework.Opened) (casework.Glance, error) {
	g := casework.Glance{Hidden: !o.Own}
	if g.Hidden {
		return g, nil
	}
	list, open, err := s.around(c, o.ID)
	for _, a := range list {
		if a.State == Asked || a.State == SentBack {
			g.Text, g.Alert = c.T("day.option.subject."+a.Subject)+": "+c.T("day.state."+string(a.State)), s.decides(c.Viewer, o, a) || a.State == SentBack
		}
	}
	if len(open) > 0 && g.Text == "" {
		g.Text = c.T("day.hand-over-open")
	}
	return g, err
}

// around reads the approvals and the open offer of a case of the own agency.
func (s *Service) around(c *web.Ctx, caseID string) (list []Approval, open []HandOver, err error) {
	err = s.Cases.Read(c.Context(), c.Viewer, caseID, "case.know", nil, func(tx *db.Tx, in casework.Inside) (err error) {
		if !in.Own {
			return errNotFound
		}
		if list, err = approvalsOf(tx, approvalsStmt, caseID); err != nil {
			return err
		}
		open, err = handOversOf(tx, handOverOfStmt, caseID)
		return err
	})
	return list, open, err
}

func (s *Service) decides(v *web.Viewer, o *casework.Opened, a Approval) bool {
	return a.State == Asked && s.Policy.Allowed(v.Actor(), "approval.decide", a.object(o.WorkerID))
}

func (s *Service) getCase(c *web.Ctx) error { return s.showCase(c, false) }

// showCase shows the room; stale: somebody else wrote the agency's own fields
// meanwhile.
func (s *Service) showCase(c *web.Ctx, stale bool) error {
	o, err := s.Cases.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	list, open, err := s.around(c, o.ID)
	if err != nil {
		return err
	}
	here := c.Path("/cases/" + o.ID)
	data := caseData{Here: here + "/day", Case: here, Writes: o.State == casework.Open && slices.Contains(o.Writable, casework.Notes),
		Summary: web.M{"label": c.T("day.summary.open"), "href": here + "/day/summary", "kind": "quiet", "icon": "print"}}
	data.Flags, data.AddFlag = entriesOf(c, o, Flag)
	data.Likeness, data.AddLikeness = entriesOf(c, o, Likeness)
	for _, a := range list {
		view, err := s.approval(c, o, a)
		if err != nil {
			return err
		}
		data.Approvals = append(data.Approvals, view)
	}
	for _, subject := range Subjects {
		if data.Writes && !slices.ContainsFunc(list, func(a Approval) bool { return a.Subject == subject && (a.State == Asked || a.State == SentBack) }) {
			data.Subjects = append(data.Subjects, web.Choice{Value: subject, Label: c.T("day.option.subject." + subject)})
		}
	}
	if err := s.handing(c, o, open, &data); err != nil {
		return err
	}
	return s.render(c, o, data, stale)
}

// render adds the agency's own fields and shows the page.
func (s *Service) render(c *web.Ctx, o *casework.Opened, data caseData, stale bool) error {
	_, fields, err := s.settings(c.Context(), o.AgencyID)
	if err != nil {
		return err
	}
	was, _ := o.Latest(Extra)
	data.Rev = was.Rev
	for _, own := range fields {
		f := own.field()
		value := was.Fields.One(f.Name)
		if value != "" && (stale || !data.Writes) {
			data.OwnRows = append(data.OwnRows, web.M{"label": own.Label, "text": c.Day(value)})
		}
		asked := web.Asked{Name: f.Name, Label: own.Label, Value: value, Max: f.Max, Type: "text", Single: true, Optional: true}
		if own.Kind == "day" {
			asked.Type = "date"
		}
		for _, option := range f.Options {
			asked.Choices = append(asked.Choices, web.Choice{Value: option, Label: option, Selected: value == option})
		}
		data.Own = append(data.Own, asked)
	}
	return casePage.Render(c, data)
}

// handing is the offer that is open, or the form of one.
func (s *Service) handing(c *web.Ctx, o *casework.Opened, open []HandOver, data *caseData) error {
	workers, err := s.colleagues(c, o.WorkerID)
	if err != nil {
		return err
	}
	for _, h := range open {
		data.OfferID, data.Offer = h.ID, c.T("day.gone")
		for _, w := range workers {
			if w.Value == h.To {
				data.Offer = w.Label
			}
		}
	}
	data.Workers, data.MayOffer = workers, o.State == casework.Open && (o.WorkerID == c.Viewer.UserID || c.Viewer.Is("lead"))
	return nil
}

// entriesOf are the entries of a kind as lines of c-due, and the button for
// another one; nil where none may be written.
func entriesOf(c *web.Ctx, o *casework.Opened, id string) (lines []web.M, add web.M) {
	k := kindOf(id)
	path := "/cases/" + o.ID + "/write/" + id
	for _, e := range o.Of(id) {
		line := web.M{"title": e.Fields.One("words"), "href": c.Path(path + "?entry=" + e.ID), "text": c.T("casework.by", "name", e.UserName, "when", c.DateTime(e.Changed))}
		switch {
		case !e.DoneAt.IsZero():
			line["badge"] = web.M{"text": c.T("day.done", "date", c.Date(e.DoneAt)), "kind": "ok"}
		case e.DueAt.IsZero():
			line["badge"] = web.M{"text": casework.Say(c, k, "what", e.Fields.One("what")) + ": " + casework.Say(c, k, "agreed", e.Fields.One("agreed")), "kind": "info"}
		default:
			kind := "soon"
			if e.DueAt.Before(c.Now()) {
				kind = "lost"
			}
			line["deadline"] = web.M{"text": c.Date(e.DueAt), "kind": kind, "datetime": c.Stamp(e.DueAt)}
		}
		lines = append(lines, line)
	}
	if o.State == casework.Open && slices.Contains(o.Writable, k.Part) {
		add = web.M{"label": c.T("day.kind." + id), "href": c.Path(path), "kind": "quiet", "small": true, "icon": "plus"}
	}
	return lines, add
}

func kindOf(id string) casework.Kind {
	for _, k := range Kinds() {
		if k.ID == id {
			return k
		}
	}
	return casework.Kind{}
}

// approval opens what was said about one approval.
func (s *Service) approval(c *web.Ctx, o *casework.Opened, a Approval) (approvalView, error) {
	kind := "info"
	switch a.State {
	case Approved:
		kind = "ok"
	case SentBack:
		kind = "soon"
	}
	out := approvalView{ID: a.ID, Title: c.T("day.option.subject." + a.Subject), Badge: web.M{"text": c.T("day.state." + string(a.State)), "kind": kind},
		Lead: s.decides(c.Viewer, o, a), Again: a.State == SentBack && a.AskedBy == c.Viewer.UserID}
	now, before, err := s.Cases.Entry(c.Context(), c.Viewer, o.ID, a.ID)
	if err != nil {
		return out, err
	}
	said := func(name string, at string, fields map[string][]string) {
		e := casework.Content{Fields: fields}
		out.Said = append(out.Said, web.M{"title": c.T("day.state." + cmp.Or(e.Fields.One("standing"), string(Asked))), "at": at, "who": name, "text": e.Fields.One("words")})
	}
	said(now.UserName, c.DateTime(now.Changed), now.Fields)
	for _, v := range before {
		said(v.UserName, c.DateTime(v.At), v.Fields)
	}
	out.Since = a.State == Approved && slices.ContainsFunc(o.Entries, func(e casework.Entry) bool {
		return e.Part != casework.Notes && e.Changed.After(a.At)
	})
	return out, nil
}

// done goes on after a form: back to the room, to the form with what is wrong, or
// to an error.
func (s *Service) done(c *web.Ctx, f *web.Form, err error) error {
	stale := err != nil && fault.KindOf(err) == fault.Stale
	if stale {
		f.Error("", "casework.error.stale")
	}
	if stale || f.Add(err) {
		return s.showCase(c, stale)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/day")
}

func (s *Service) postAsk(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	_, err = s.Ask(c.Context(), c.Viewer, c.Param("id"), f.Value("subject"), f.Value("words"), f.Once())
	return s.done(c, f, err)
}

func (s *Service) postStep(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	return s.done(c, f, s.Step(c.Context(), c.Viewer, c.Param("id"), f.Value("approval"), Act(f.Value("act")), f.Value("words")))
}

func (s *Service) postOffer(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Value("act") == string(Withdraw) {
		return s.done(c, f, s.Settle(c.Context(), c.Viewer, []string{f.Value("offer")}, Withdraw))
	}
	return s.done(c, f, s.Offer(c.Context(), c.Viewer, []string{c.Param("id")}, f.Value("worker")))
}

func (s *Service) postOwn(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	o, err := s.Cases.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	posted := map[string][]string{}
	for _, name := range f.Names() {
		posted[name] = f.Values(name)
	}
	rev, _ := strconv.ParseInt(f.Value("rev"), 10, 64)
	return s.done(c, f, s.SaveExtra(c.Context(), c.Viewer, o, rev, posted))
}

// The summary on paper.

type summaryData struct {
	Here, Back, Code string
	Parts            []web.M
	Sections         []section
}

type section struct {
	Title string
	Cards []summaryCard
}

type summaryCard struct {
	Title string
	Rows  []web.M
}

// onPaper are the parts that a summary can hold, and how many of them it holds when
// nothing was chosen. What was observed and the account never leave on it.
var onPaper = []casework.Part{casework.Needs, casework.Services, casework.Health, casework.Legal, casework.Identity, casework.Contact}

const onPaperFirst = 2

// getSummary is a case on paper: its short name, the parts that were chosen, and
// neither the agency nor why there is a case.
//
// req: DAY-4
func (s *Service) getSummary(c *web.Ctx) error {
	o, err := s.Cases.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	chosen := c.R.URL.Query()["part"]
	data := summaryData{Here: c.Path("/cases/" + o.ID + "/day/summary"), Back: c.Path("/cases/" + o.ID + "/day"), Code: o.Code()}
	for i, p := range onPaper {
		if !slices.Contains(o.Readable, p) {
			continue
		}
		on := slices.Contains(chosen, string(p)) || len(chosen) == 0 && i < onPaperFirst
		data.Parts = append(data.Parts, web.M{"label": c.T("casework.part." + string(p)), "name": "part", "value": string(p), "on": on})
		named := slices.Contains(chosen, string(casework.Identity)) || slices.Contains(chosen, string(casework.Contact))
		if sec := s.section(c, o, p, named); on && len(sec.Cards) > 0 {
			data.Sections = append(data.Sections, sec)
		}
	}
	return summaryPage.Render(c, data)
}

// offPaper are kinds that would say why there is a case.
var offPaper = []string{"circumstances", "attempt", "document"}

// telling are fields that would, in the same way; naming are those that lead to
// people and places.
var (
	telling = []string{"pillar"}
	naming  = []string{"provider", "place", "alias", "steps"}
)

// section is a part on paper; named says whether people and places may stand there.
//
// req: DAY-4
func (s *Service) section(c *web.Ctx, o *casework.Opened, p casework.Part, named bool) section {
	sec := section{Title: c.T("casework.part." + string(p))}
	for _, k := range s.Cases.Kinds() {
		if k.Part != p || k.Own || slices.Contains(offPaper, k.ID) {
			continue
		}
		k.Fields = slices.DeleteFunc(slices.Clone(k.Fields), func(f ask.Field) bool {
			return slices.Contains(telling, f.Name) || !named && slices.Contains(naming, f.Name)
		})
		for _, e := range o.Of(k.ID) {
			if rows := casework.RowsOf(c, k, e.Fields); len(rows) > 0 && e.Part == p {
				sec.Cards = append(sec.Cards, summaryCard{c.T(cmp.Or(k.Room, "casework") + ".kind." + k.ID), rows})
			}
		}
	}
	return sec
}
