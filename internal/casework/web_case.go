package casework

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/draft"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// The file of one person.

type caseData struct {
	*Opened
	Name, Pronoun string
	Here          string
	Contact       []web.M  // the safe contact in full
	Never         []string // what must not happen
	Next          web.M    // the next date: label, text, late
	Timely        string   // whether now is a time that was named
	Doors         []door   // into the rooms
	Sections      []section
	Passed        []web.M // what fell due while the case was closed
	Tasks         []taskLine
	Timeline      []web.M
	Who           []web.M // other agencies and their parts
	Workers       []web.Choice
	May           bool   // change the case as a whole
	Assign        string // the room in which it is handed over; "" for the form here
	Close         string // the room in which the case is closed; "" for the button here
}

// section is one part of the file.
type section struct {
	ID, Title string
	Cards     []card
	Add       []web.M // buttons of what can be written
	Shared    string  // who else may read it
}

// card is one entry of a section.
type card struct {
	Title, By, Href string
	Rows            []web.M
	Empty           string // what is missing, for a kind that a file has once
	Own             bool   // the person's own view
}

// taskLine is something to be done, with its tick.
type taskLine struct {
	Title, When, Kind, Done string
	Late                    bool
}

func (s *Service) getCase(c *web.Ctx) error {
	o, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	data := caseData{Opened: o, Name: cmp.Or(o.Head.Name, c.T("casework.code", "code", o.Code())), Pronoun: o.Head.Pronoun, Here: c.Path("/cases/" + o.ID)}
	if contact, ok := o.Latest("contact"); ok {
		k, _ := KindByID("contact")
		data.Contact, data.Timely = RowsOf(c, k, contact.Fields), timely(c, contact.Fields)
	}
	data.Never = s.never(c, o)
	if data.Next, err = s.next(c, o); err != nil {
		return err
	}
	for _, p := range Parts {
		if sec, shown := s.section(c, o, p); shown {
			data.Sections = append(data.Sections, sec)
		}
	}
	data.Tasks, data.Timeline, data.Who = s.tasks(c, o), s.timeline(c, o), whoReads(c, o)
	if data.Doors, err = s.doors(c, o); err != nil {
		return err
	}
	if data.Passed, err = s.passed(c, o); err != nil {
		return err
	}
	if data.May = o.Own && s.mayAct(c.Context(), c.Viewer, o.ID); data.May {
		if data.Workers, err = s.colleagues(c, o); err != nil {
			return err
		}
		if room := s.closedIn(); room != "" {
			data.Close = c.Path("/cases/" + o.ID + "/" + room + "#close")
		}
		if room := s.assignedIn(c.Viewer); room != "" {
			data.Assign = c.Path("/cases/" + o.ID + "/" + room + "#hand-over")
		}
	}
	return casePage.Render(c, data)
}

// closedIn is the room in which cases are closed; "" where a button is enough.
func (s *Service) closedIn() string { return s.roomThat(func(r Room) bool { return r.Closes }) }

// assignedIn is the room in which the viewer hands cases over; "" where the file
// does it at once.
func (s *Service) assignedIn(v *web.Viewer) string {
	return s.roomThat(func(r Room) bool { return r.Assigns && !v.Is("lead") })
}

func (s *Service) roomThat(does func(Room) bool) string {
	for _, r := range s.rooms {
		if does(r) {
			return r.Name
		}
	}
	return ""
}

// timely says whether the hour is one that the person named; "" when any is, or
// none was named.
//
// req: CASE-2
func timely(c *web.Ctx, contact ask.Answer) string {
	hours := contact["hours"]
	if len(hours) == 0 || slices.Contains(hours, "any-time") || slices.Contains(hours, ask.NotKnown) || slices.Contains(hours, ask.NotSaid) {
		return ""
	}
	if slices.Contains(hours, hourName(c.Now().In(c.Config().Zone).Hour())) {
		return c.T("casework.time.good")
	}
	return c.T("casework.time.not")
}

// hourName is the part of the day of an hour.
func hourName(hour int) string {
	switch {
	case hour >= 7 && hour < 12:
		return "morning"
	case hour >= 12 && hour < 18:
		return "afternoon"
	case hour >= 18 && hour < 22:
		return "evening"
	}
	return "night"
}

// section is a part as the file shows it.
func (s *Service) section(c *web.Ctx, o *Opened, p Part) (sec section, shown bool) {
	if p == Account || !slices.Contains(o.Readable, p) {
		return sec, false
	}
	writes := slices.Contains(o.Writable, p) && o.State == Open
	sec = section{ID: string(p), Title: c.T("casework.part." + string(p)), Shared: sharedWith(c, o, p)}
	for _, k := range s.own() {
		if k.Part != p && k.ID != "document" || k.ID == "task" || k.ID == "appointment" || k.ID == "contact" {
			if k.Part == p && writes {
				sec.Add = append(sec.Add, s.addButton(c, o, k)...)
			}
			continue
		}
		list := slices.DeleteFunc(o.Of(k.ID), func(e Entry) bool { return e.Part != p })
		for _, e := range list {
			sec.Cards = append(sec.Cards, s.card(c, o, k, e))
		}
		if len(list) == 0 && k.Beside != "" { // that one of the two views is missing is seen
			sec.Cards = append(sec.Cards, card{Title: k.title(c), Empty: c.T("casework.nothing"), Own: k.ID == "own-view"})
		}
		if writes && k.Part == p {
			sec.Add = append(sec.Add, s.addButton(c, o, k)...)
		}
	}
	return sec, true
}

// addButton leads to the form of a kind; a kind that a file has once and that is
// there is changed through its card.
func (s *Service) addButton(c *web.Ctx, o *Opened, k Kind) []web.M {
	href := c.Path("/cases/" + o.ID + "/write/" + k.ID)
	if k.ID == "document" {
		href = c.Path("/cases/" + o.ID + "/file")
	}
	label, icon := k.title(c), "plus"
	if e, there := o.Latest(k.ID); there && k.Single {
		if k.ID != "contact" {
			return nil
		}
		href, label, icon = href+"?entry="+e.ID, c.T("casework.change-contact"), "edit"
	}
	return []web.M{{"href": href, "label": label, "kind": "quiet", "small": true, "icon": icon}}
}

func (s *Service) card(c *web.Ctx, o *Opened, k Kind, e Entry) card {
	out := card{Title: k.title(c), By: c.T("casework.by", "name", e.UserName, "when", c.DateTime(e.Changed)), Rows: RowsOf(c, k, e.Fields), Own: k.ID == "own-view"}
	if from := e.From.Text(c); from != "" {
		out.By += " · " + from
	}
	out.Href = c.Path("/cases/" + o.ID + "/write/" + k.ID + "?entry=" + e.ID)
	if e.File != nil {
		out.Title, out.Href, out.Rows = documentName(e.Fields, e.File), c.Path("/cases/"+o.ID+"/file/"+e.ID), nil
	}
	return out
}

// sharedWith says who else may read a part; everybody who works with the file
// sees it beside what is written there.
func sharedWith(c *web.Ctx, o *Opened, p Part) string {
	if !o.Own {
		return c.T("casework.from", "name", o.Agency)
	}
	var names []string
	for _, r := range o.Readers {
		if r.Part == p {
			names = append(names, r.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return c.T("casework.seen-by", "names", strings.Join(names, ", "))
}

// tasks are what is to be done, the nearest first, and what was done lately.
func (s *Service) tasks(c *web.Ctx, o *Opened) (out []taskLine) {
	var list []Entry
	for _, k := range s.Kinds() {
		if k.Due != "" && !k.Single {
			list = append(list, o.Of(k.ID)...)
		}
	}
	list = slices.DeleteFunc(list, func(e Entry) bool {
		k, _ := s.kind(e.Kind)
		return !e.DoneAt.IsZero() || (k.Room != "" || len(k.Ends) > 0) && e.DueAt.IsZero() // of a room, or a service: only what has a date
	})
	slices.SortStableFunc(list, func(a, b Entry) int { return cmp.Compare(dueColumn(a.DueAt), dueColumn(b.DueAt)) })
	for _, e := range list {
		k, _ := s.kind(e.Kind)
		line := taskLine{Title: cmp.Or(e.Fields.One("words"), k.title(c)), Kind: k.title(c), Done: c.Path("/cases/" + o.ID + "/done/" + e.ID), Late: !e.DueAt.IsZero() && e.DueAt.Before(c.Now())}
		if typed := e.Fields.One(k.Due); typed != "" {
			line.When = day(c, typed)
		}
		out = append(out, line)
	}
	return out
}

// never is what must not happen, in the order in which it is asked.
//
// req: CASE-2
func (s *Service) never(c *web.Ctx, o *Opened) (out []string) {
	needs, _ := o.Latest("needs")
	contact, _ := o.Latest("contact")
	k, _ := s.kind("needs")
	for _, code := range needs.Fields["must-not"] {
		if code != ask.NotKnown && code != ask.NotSaid {
			out = append(out, Say(c, k, "must-not", code))
		}
	}
	return append(append(out, needs.Fields["must-not-words"]...), contact.Fields["never"]...)
}

// next is what is due next of an open case, with the room that keeps it where it is
// no entry; nil: nothing is.
func (s *Service) next(c *web.Ctx, o *Opened) (web.M, error) {
	if !o.Own || o.State != Open || o.DueAt.IsZero() {
		return nil, nil
	}
	out := web.M{"date": c.Date(o.DueAt), "late": o.Overdue(c.Now())}
	for _, e := range o.Entries {
		if k, _ := s.kind(e.Kind); e.DueAt.Equal(o.DueAt) && e.DoneAt.IsZero() {
			out["text"] = cmp.Or(e.Fields.One("words"), k.title(c))
			return out, nil
		}
	}
	var source string
	err := s.DB.Read(c.Context(), func(tx *db.Tx) error { return tx.Row(dueAtStmt, o.ID, clock.Millis(o.DueAt)).Scan(&source) })
	if db.NoRows(err) { // it was dealt with just now
		return nil, nil
	}
	out["text"], out["href"] = s.Place(c, Ahead{Line: Line{Row: o.Row}, Kind: source})
	return out, err
}

// passed is what fell due while the case was closed and is not dealt with yet, for
// a case that was opened again.
func (s *Service) passed(c *web.Ctx, o *Opened) (rows []web.M, err error) {
	from, to := closedTime(o.Events)
	if o.State != Open || to.IsZero() {
		return nil, nil
	}
	var list []Passed
	for _, e := range o.Entries {
		if k, _ := s.kind(e.Kind); e.DueAt.After(from) && !e.DueAt.After(to) && e.DoneAt.IsZero() {
			list = append(list, Passed{cmp.Or(e.Fields.One("words"), k.title(c)), e.DueAt})
		}
	}
	for _, r := range s.rooms {
		if r.Passed == nil {
			continue
		}
		more, err := r.Passed(c, o, from, to)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].At.Before(list[j].At) })
	for _, p := range list {
		rows = append(rows, web.M{"label": c.Date(p.At), "text": p.Title})
	}
	return rows, nil
}

// closedTime is from when until when a case was closed last; zero for one that is
// not open again.
func closedTime(events []Event) (from, to time.Time) {
	for _, e := range events {
		switch Action(e.Action) {
		case Close:
			from, to = e.At, time.Time{}
		case Reopen:
			to = e.At
		}
	}
	return from, to
}

// timeline is the whole history, the newest first, in codes.
func (s *Service) timeline(c *web.Ctx, o *Opened) (out []web.M) {
	names := map[string]string{}
	for _, r := range o.Readers {
		names[r.AgencyID] = r.Name
	}
	for _, e := range slices.Backward(o.Events) {
		title := s.eventTitle(c, e)
		if name := names[e.Other]; name != "" {
			title += ": " + name
		}
		item := web.M{"title": title, "at": c.DateTime(e.At), "who": e.UserName}
		if e.Part != "" {
			item["text"] = c.T("casework.part." + string(e.Part))
		}
		out = append(out, item)
	}
	return out
}

func (s *Service) eventTitle(c *web.Ctx, e Event) string {
	for _, k := range s.Kinds() {
		for _, what := range []string{"write", "change", "done", "undo"} {
			if e.Action == what+"."+k.ID {
				return c.T("casework.event."+what, "kind", k.title(c))
			}
		}
	}
	if room, action, ok := strings.Cut(e.Action, "."); ok {
		return c.T(room + ".event." + action)
	}
	return c.T("casework.event." + e.Action)
}

// whoReads are the other agencies with what they may open, and until when.
func whoReads(c *web.Ctx, o *Opened) (rows []web.M) {
	for i, r := range o.Readers { // by agency, then part
		part := c.T("casework.part." + string(r.Part))
		if i > 0 && o.Readers[i-1].AgencyID == r.AgencyID && o.Readers[i-1].Until.Equal(r.Until) {
			last := rows[len(rows)-1]
			last["text"] = last["text"].(string) + ", " + part
			continue
		}
		rows = append(rows, web.M{"label": r.Name, "text": part, "note": c.T("casework.until", "date", c.Date(r.Until))})
	}
	return rows
}

func (s *Service) mayAct(ctx context.Context, v *web.Viewer, caseID string) bool {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := s.require(tx, v, caseID, "case.close")
		return err
	}) == nil
}

func (s *Service) colleagues(c *web.Ctx, o *Opened) (out []web.Choice, err error) {
	list, err := s.Colleagues(c.Context(), c.Viewer)
	for _, w := range list {
		out = append(out, web.Choice{Value: w.UserID, Label: w.Name, Selected: w.UserID == o.WorkerID})
	}
	return out, err
}

// One entry.

type writeData struct {
	Back, Title, Hint string
	Fields            []web.Asked
	Signs             picked
	Entry             string
	From              string // the agency from whose file it was taken over
	Rev               int64
	Theirs            []web.M // what somebody else saved meanwhile
	TheirsBy          string
	Beside            []web.M // the other view of safety
	BesideTitle       string
	Versions          []versionView
	Closed            bool
	Autosave          string  // where what is typed is kept
	Draft             string  // that what stands here was typed and not saved
	Contact           []web.M // before a contact is noted
}

type versionView struct {
	By   string
	Rows []web.M
}

func (s *Service) getWrite(c *web.Ctx) error { return s.showWrite(c, c.Query("entry"), nil, false) }

// showWrite shows the form of an entry: as stored, or as typed. stale: somebody
// else wrote meanwhile, and both are shown.
//
// req: CASE-5
func (s *Service) showWrite(c *web.Ctx, entryID string, typed ask.Answer, stale bool) error {
	o, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	k, ok := s.kind(c.Param("kind"))
	if !ok || k.Own || !slices.Contains(o.Readable, k.Part) || k.ID == "document" {
		return errNotFound
	}
	data := writeData{Title: k.title(c), Back: c.Path(k.page(o.ID)), Closed: o.State != Open || !slices.Contains(o.Writable, k.Part)}
	if k.Hint {
		data.Hint = c.T(k.texts() + ".hint." + k.ID)
	}
	now := ask.Answer{}
	if one, there := o.Latest(k.ID); there && k.Single && entryID == "" {
		entryID = one.ID
	}
	if entryID != "" {
		e, before, err := s.Entry(c.Context(), c.Viewer, o.ID, entryID)
		if err != nil || e.Kind != k.ID {
			return cmp.Or[error](err, errNotFound)
		}
		now, data.Entry, data.Rev, data.From = e.Fields, e.ID, e.Rev, e.From.Text(c)
		data.TheirsBy = c.T("casework.by", "name", e.UserName, "when", c.DateTime(e.Changed))
		if stale || c.Overtaken(decimal(e.Rev)) {
			data.Theirs = RowsOf(c, k, e.Fields)
		}
		for _, v := range before {
			data.Versions = append(data.Versions, versionView{c.T("casework.by", "name", v.UserName, "when", c.DateTime(v.At)), RowsOf(c, k, v.Fields)})
		}
	}
	if now, err = s.typed(c, &data, o.ID, k.ID, now, typed); err != nil {
		return err
	}
	data.Fields = FormOf(c, k, now)
	if k.Part == Indicators {
		if data.Signs, err = s.pick(c, "/cases/"+o.ID+"/write/"+k.ID+"?entry="+data.Entry+"&", now[signs]); err != nil {
			return err
		}
	}
	data.beside(c, o, k)
	return writePage.Render(c, data)
}

// beside puts the other view of safety, or the safe contact, next to the form.
//
// req: CASE-3
func (d *writeData) beside(c *web.Ctx, o *Opened, k Kind) {
	if other, ok := KindByID(k.Beside); ok {
		d.BesideTitle = other.title(c)
		if e, there := o.Latest(other.ID); there {
			d.Beside = RowsOf(c, other, e.Fields)
		}
	}
	if contact, there := o.Latest("contact"); there && k.ID == "attempt" {
		other, _ := KindByID("contact")
		d.Contact = RowsOf(c, other, contact.Fields)
	}
}

// FormOf are the controls of a kind's fields with what was answered, for c-asked.
func FormOf(c *web.Ctx, k Kind, a ask.Answer) (out []web.Asked) {
	for _, f := range k.Fields {
		if f.Coded() && len(f.Options) == 0 { // asked in a way of its own
			continue
		}
		v := web.Asked{Name: f.Name, Label: labelOf(c, k, f.Name), Value: a.One(f.Name), Max: f.Max, Single: f.Kind == ask.Choose, Long: f.Kind == ask.Long, Optional: !slices.Contains(k.Must, f.Name), Type: "text"}
		switch {
		case f.Name == "when":
			v.Type = "datetime-local"
		case f.Name == k.Due || f.Kind == ask.Day:
			v.Type = "date"
		case f.Coded():
			v.Choices = choicesOf(c, k, f, a[f.Name])
		}
		if f.Name == "language" && f.Coded() {
			v = FoldLanguages(c, v)
		}
		out = append(out, v)
	}
	return out
}

func (s *Service) postWrite(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	k, ok := s.kind(c.Param("kind"))
	if !ok || k.Own {
		return errNotFound
	}
	t := Typed{Kind: k.ID, Entry: f.Value("entry"), Once: f.Once(), Posted: map[string][]string{}}
	t.Rev, _ = strconv.ParseInt(f.Value("rev"), 10, 64)
	for _, field := range k.Fields {
		t.Posted[field.Name] = f.Values(field.Name)
	}
	_, err = s.Save(c.Context(), c.Viewer, c.Param("id"), t)
	stale := fault.KindOf(err) == fault.Stale && err != nil
	if stale {
		f.Error("", fault.Find(err).Key)
		c.NewOnce()
	}
	if stale || f.Add(err) {
		return s.showWrite(c, t.Entry, t.Posted, stale)
	}
	if err == nil && s.Drafts != nil {
		err = s.Drafts.Drop(c.Context(), c.Viewer.UserID, DraftPlace(c.Param("id"), k.ID, t.Entry))
	}
	if err != nil {
		return err
	}
	return c.Redirect(k.page(c.Param("id")))
}

// page is where entries of the kind are shown.
func (k Kind) page(caseID string) string {
	if k.Room == "" {
		return "/cases/" + caseID
	}
	return "/cases/" + caseID + "/" + k.Room
}

// DraftPlace is where what is typed into the form of a kind is kept, for a room that
// has a form of its own.
func DraftPlace(caseID, kind, entry string) string {
	return DraftsOf(caseID) + kind + "/" + entry
}

// typed is what stands in the form: what was sent just now, what was typed before
// and not saved, or what is stored.
//
// req: DRAFT-1
func (s *Service) typed(c *web.Ctx, data *writeData, caseID, kind string, stored, sent ask.Answer) (ask.Answer, error) {
	if s.Drafts == nil || data.Closed {
		if sent != nil {
			stored = sent
		}
		return stored, nil
	}
	data.Autosave = c.Path("/case-draft/" + caseID + "/" + kind + "?entry=" + data.Entry)
	if sent != nil {
		return sent, nil
	}
	kept, at, err := s.Drafts.Load(c.Context(), c.Viewer, DraftPlace(caseID, kind, data.Entry))
	if err != nil || kept == nil {
		return stored, err
	}
	data.Draft = c.T("casework.draft", "when", c.DateTime(at))
	return kept, nil
}

// postDraft keeps what is being typed, sealed to the writer's own key; also when
// the sign-in ended by time meanwhile. It opens nothing and says nothing.
//
// req: DRAFT-1
func (s *Service) postDraft(sh *web.Shell) web.Handler {
	return func(c *web.Ctx) error {
		f, err := c.Form()
		if err != nil {
			return err
		}
		k, ok := s.kind(c.Param("kind"))
		if !ok {
			return errNotFound
		}
		v, err := sh.Authenticate(c.R)
		if err != nil && fault.KindOf(err) != fault.SignIn {
			return err
		}
		by := draft.Author{}
		if v != nil {
			by = draft.AuthorOf(v)
		} else if by.User, ok = s.Former(c.R); !ok {
			return fault.New(fault.SignIn, "web.error.sign-in")
		}
		a := ask.Answer{}
		for _, field := range k.Fields {
			if values := f.Values(field.Name); strings.Join(values, "") != "" {
				a[field.Name] = values
			}
		}
		if err := s.Drafts.Keep(c.Context(), by, DraftPlace(c.Param("id"), k.ID, c.Query("entry")), a); err != nil {
			return err
		}
		c.W.WriteHeader(http.StatusNoContent)
		return nil
	}
}
