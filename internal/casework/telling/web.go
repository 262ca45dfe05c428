package telling

import (
	"cmp"
	"embed"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html
var pages embed.FS

var (
	roomPage = web.NewPage[roomData](pages, "page/room.html")
	formPage = web.NewPage[formData](pages, "page/form.html")
)

// Room is the room's door in the file.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: Room, Icon: "book", Kinds: Kinds, Glance: s.glance, Leaves: s.leaves, Wrote: s.wrote}
}

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /cases/{id}/telling", s.getRoom)
	sh.Professional("POST /cases/{id}/telling", s.postAct)
	sh.Professional("GET /cases/{id}/telling/account", s.getForm)
	sh.Professional("POST /cases/{id}/telling/account", s.postForm)
}

// glance says how often the person was asked.
//
// req: ACCOUNT-3
func (s *Service) glance(c *web.Ctx, o *casework.Opened) (casework.Glance, error) {
	w, err := s.viewOf(c.Context(), c.Viewer, o)
	if err != nil {
		return casework.Glance{}, err
	}
	if !w.Reads {
		return casework.Glance{Text: c.T("telling.glance.extract"), Hidden: len(w.Extracts) == 0}, nil
	}
	if n := w.Times(); n > 0 {
		return casework.Glance{Text: c.T("telling.glance.times", "n", n)}, nil
	}
	return casework.Glance{Text: c.T("telling.glance.none")}, nil
}

type roomData struct {
	*View
	Back, Here, Write string
	Times             string
	Ground            []web.M
	Lacks             []string
	State, From       string // From: the agency from whose file the account was taken over
	Account           []web.M
	Old               []versionView
	Asked             []askedView
	Extracts          []versionView
	May               map[string]bool
	Hows, Sections    []web.Choice
	Readers, Legal    string // who else may read the account, and the extracts
}

type versionView struct {
	Title string
	Rows  []web.M
}

type askedView struct {
	Title, Href string
	Rows        []web.M
}

func (s *Service) getRoom(c *web.Ctx) error { return s.show(c) }

func (s *Service) show(c *web.Ctx) error {
	w, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	d := roomData{View: w, Back: c.Path("/cases/" + w.ID), Here: c.Path("/cases/" + w.ID + "/telling"), Write: c.Path("/cases/" + w.ID + "/write/"),
		Times: c.T("telling.times", "n", w.Times()), State: c.T("telling.standing." + cmp.Or(string(w.Standing), "none")), May: map[string]bool{}}
	d.From = w.Account.From.Text(c)
	d.Ground, d.Account = casework.RowsOf(c, kindOf(Ground), w.Ground.Fields), rowsOf(c, Account, w.Account.Fields)
	if w.Writes {
		for _, field := range w.Missing {
			d.Lacks = append(d.Lacks, c.T("telling.missing."+field))
		}
		for _, a := range Possible(w.Standing, w.Missing) {
			d.May[string(a)] = true
		}
	}
	for _, e := range w.Asked {
		d.Asked = append(d.Asked, askedView{Title: e.Fields.One("asked-by"), Href: d.Write + Asked + "?entry=" + e.ID, Rows: casework.RowsOf(c, kindOf(Asked), without(e.Fields, "asked-by"))})
	}
	for _, e := range w.Extracts {
		d.Extracts = append(d.Extracts, versionView{c.T("telling.extract-of", "name", e.Fields.One("for"), "when", c.DateTime(e.Changed)), casework.RowsOf(c, kindOf(Extract), without(e.Fields, "for"))})
	}
	for _, old := range w.Versions {
		d.Old = append(d.Old, versionView{c.T("casework.by", "name", old.UserName, "when", c.DateTime(old.At)), rowsOf(c, Account, old.Fields)})
	}
	d.choices(c)
	return roomPage.Render(c, d)
}

// rowsOf are an entry's rows without its standing, which the page says itself.
func rowsOf(c *web.Ctx, kind string, a ask.Answer) []web.M {
	return casework.RowsOf(c, kindOf(kind), without(a, "standing"))
}

func without(a ask.Answer, field string) ask.Answer {
	out := ask.Answer{}
	for name, values := range a {
		if name != field {
			out[name] = values
		}
	}
	return out
}

// choices are what the small forms offer, and who else reads.
func (d *roomData) choices(c *web.Ctx) {
	k := kindOf(Account)
	for _, f := range k.Fields {
		if f.Name == "confirmed-how" {
			for _, code := range f.Options {
				d.Hows = append(d.Hows, web.Choice{Value: code, Label: casework.Say(c, k, f.Name, code)})
			}
		}
	}
	for _, name := range Sections {
		if d.View.Account.Fields.One(name) != "" {
			d.Sections = append(d.Sections, web.Choice{Value: name, Label: c.T("telling.field." + name)})
		}
	}
	var account, legal []string
	for _, r := range d.View.Readers {
		switch r.Part {
		case casework.Account:
			account = append(account, r.Name)
		case casework.Legal:
			legal = append(legal, r.Name)
		}
	}
	d.Readers, d.Legal = strings.Join(account, ", "), strings.Join(legal, ", ")
}

func (s *Service) postAct(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	caseID := c.Param("id")
	if f.Value("do") == "extract" {
		err = s.Cut(c.Context(), c.Viewer, caseID, f.Value("for"), f.Values("section"), f.Once())
	} else {
		step := Step{Act: Act(f.Value("do")), Reason: f.Value("reason"), How: f.Value("confirmed-how"), Once: f.Once()}
		if step.Act == Begin || step.Act == Write { // these have a form of their own
			return errNotFound
		}
		step.Rev, _ = strconv.ParseInt(f.Value("rev"), 10, 64)
		err = s.Do(c.Context(), c.Viewer, caseID, step)
	}
	if f.Add(err) {
		return s.show(c)
	}
	if k := fault.KindOf(err); err != nil && k != fault.Conflict && k != fault.Stale { // somebody was faster: the page shows it
		return err
	}
	return c.Redirect("/cases/" + caseID + "/telling")
}

type formData struct {
	Back     string
	Fields   []web.Asked
	Rev      int64
	Theirs   []web.M // what somebody else saved meanwhile
	Autosave string
	Draft    string
}

func (s *Service) getForm(c *web.Ctx) error { return s.form(c, nil, false) }

// form is where the account is taken: as stored, as typed and not saved, or as just
// sent.
//
// req: DRAFT-1
func (s *Service) form(c *web.Ctx, sent ask.Answer, stale bool) error {
	w, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	act := Write
	if w.Standing == None {
		act = Begin
	}
	if !w.Writes {
		return errNotFound
	}
	if _, err := Next(w.Standing, act, w.Missing); err != nil && sent == nil {
		return c.Redirect("/cases/" + w.ID + "/telling")
	}
	d := formData{Back: c.Path("/cases/" + w.ID + "/telling"), Rev: w.Account.Rev}
	if stale || c.Overtaken(strconv.FormatInt(d.Rev, 10)) {
		d.Theirs = rowsOf(c, Account, w.Account.Fields)
	}
	shown := w.Account.Fields
	if drafts := s.Cases.Drafts; drafts != nil {
		d.Autosave = c.Path("/case-draft/" + w.ID + "/" + Account + "?entry=" + w.Account.ID)
		kept, at, err := drafts.Load(c.Context(), c.Viewer, casework.DraftPlace(w.ID, Account, w.Account.ID))
		if err != nil {
			return err
		}
		if kept != nil && sent == nil {
			shown, d.Draft = kept, c.T("casework.draft", "when", c.DateTime(at))
		}
	}
	if sent != nil {
		shown = sent
	}
	k := kindOf(Account)
	k.Fields = slices.DeleteFunc(slices.Clone(k.Fields), func(f ask.Field) bool { return slices.Contains(own, f.Name) })
	d.Fields = casework.FormOf(c, k, shown)
	return formPage.Render(c, d)
}

func (s *Service) postForm(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	caseID := c.Param("id")
	w, err := s.Look(c.Context(), c.Viewer, caseID)
	if err != nil {
		return err
	}
	step := Step{Act: Write, Posted: map[string][]string{}, Once: f.Once()}
	if w.Standing == None {
		step.Act = Begin
	}
	step.Rev, _ = strconv.ParseInt(f.Value("rev"), 10, 64)
	for _, field := range kindOf(Account).Fields {
		step.Posted[field.Name] = f.Values(field.Name)
	}
	err = s.Do(c.Context(), c.Viewer, caseID, step)
	kind := fault.KindOf(err)
	if err != nil && (kind == fault.Stale || kind == fault.Conflict) {
		f.Error("", fault.Find(err).Key)
		return s.form(c, step.Posted, kind == fault.Stale)
	}
	if f.Add(err) {
		return s.form(c, step.Posted, false)
	}
	if err == nil && s.Cases.Drafts != nil {
		err = s.Cases.Drafts.Drop(c.Context(), c.Viewer.UserID, casework.DraftPlace(caseID, Account, w.Account.ID))
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + caseID + "/telling")
}
