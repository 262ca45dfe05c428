package casework

import (
	"cmp"
	"embed"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"amelie/internal/ask"
	"amelie/internal/cldr"
	"amelie/internal/document"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var (
	_         = web.Style(pages, "page/casework.css")
	listPage  = web.NewPage[listData](pages, "page/list.html")
	newPage   = web.NewPage[newData](pages, "page/new.html")
	casePage  = web.NewPage[caseData](pages, "page/case.html")
	writePage = web.NewPage[writeData](pages, "page/write.html")
	filePage  = web.NewPage[fileData](pages, "page/file.html")
)

// Mount registers the pages. None is public, and none says in its title whom it
// is about.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /cases", func(c *web.Ctx) error { return s.showList(c, "") })
	sh.Professional("POST /cases", s.postSearch)
	sh.Professional("POST /cases/team", s.postTeam)
	sh.Professional("GET /cases/new", s.getNew)
	sh.Professional("POST /cases/new", s.postNew)
	sh.Professional("POST /case-from/{source}", s.postFrom)
	sh.Professional("GET /cases/{id}", s.getCase)
	sh.Professional("POST /cases/{id}/act", s.postAct)
	sh.Professional("POST /cases/{id}/assign", s.postAssign)
	sh.Professional("GET /cases/{id}/write/{kind}", s.getWrite)
	sh.Professional("POST /cases/{id}/write/{kind}", s.postWrite)
	sh.Professional("POST /cases/{id}/done/{entry}", s.postDone)
	if s.Drafts != nil {
		sh.Public("POST /case-draft/{id}/{kind}", s.postDraft(sh))
	}
	sh.Professional("GET /cases/{id}/file", s.getUpload)
	sh.Professional("POST /cases/{id}/file", s.postUpload)
	sh.Professional("GET /cases/{id}/file/{entry}", s.getFile)
	sh.Nav(web.NavItem{Path: "/cases", Icon: "list", Label: "casework.title", Roles: []string{"caseworker", "lead"}, Order: 25})
}

// Say is the name of a code in the reader's language. Where a referral asks the
// same thing, its words are used.
func Say(c *web.Ctx, k Kind, field, code string) string {
	if said := k.said(c, field, code); said != "" {
		return said
	}
	switch {
	case code == ask.NotKnown:
		return c.T("web.answer.unknown")
	case code == ask.NotSaid:
		return c.T("web.answer.unsaid")
	case field == "language" && code == "other":
		return c.T("referral.language.another")
	case field == "language":
		return LanguageName(c, code)
	case field == "pillar":
		return c.T("casework.option.pillar." + code)
	case slices.Contains(told, field):
		return c.T("referral.option." + field + "." + code)
	}
	if field == "by" {
		field = "channel"
	}
	return c.T(k.texts() + ".option." + field + "." + code)
}

// known are languages that people who speak them call by other names than CLDR.
var known = []string{"bin", "ckb", "fa", "fil", "ku"}

// LanguageName is the name of one of Spoken: in itself where something here is
// written in it, in the reader's language otherwise.
func LanguageName(c *web.Ctx, code string) string {
	if slices.Contains(Languages, code) {
		return web.LanguageName(code)
	}
	if slices.Contains(known, code) {
		return c.T("casework.tongue." + code)
	}
	first, size := utf8.DecodeRuneInString(cldr.Language(c.Lang, code))
	if size == 0 {
		return code
	}
	return string(unicode.ToUpper(first)) + cldr.Language(c.Lang, code)[size:]
}

// FoldLanguages leaves of the languages of a question those of Languages, what is
// chosen and what is no language; the others follow by name in a fold.
func FoldLanguages(c *web.Ctx, a web.Asked) web.Asked {
	all := a.Choices
	a.Choices, a.More = nil, c.T("casework.more-languages")
	for _, o := range all {
		if o.Selected || slices.Contains(Languages, o.Value) || !slices.Contains(Spoken, o.Value) {
			a.Choices = append(a.Choices, o)
		} else {
			a.Folded = append(a.Folded, o)
		}
	}
	fold.Sort(a.Folded, func(o web.Choice) string { return o.Label })
	return a
}

// told are the fields whose codes are a referral's.
var told = []string{"need", "wants", "hours", "who-may-hear", "interpreter", "dependants", "must-not", "health"}

func (k Kind) said(c *web.Ctx, field, code string) string {
	if k.Say == nil {
		return ""
	}
	return k.Say(c, field, code)
}

func labelOf(c *web.Ctx, k Kind, field string) string {
	if said := k.said(c, field, ""); said != "" {
		return said
	}
	if field == "words" {
		return c.T(k.texts() + ".words." + k.ID)
	}
	return c.T(k.texts() + ".field." + field)
}

// Title is the kind's name in the reader's language.
func (k Kind) Title(c *web.Ctx) string { return k.title(c) }

func (k Kind) title(c *web.Ctx) string { return c.T(k.texts() + ".kind." + k.ID) }

// PartNames are the names of parts for a reader, in the order given.
func PartNames(c *web.Ctx, parts []Part) string {
	var names []string
	for _, p := range parts {
		names = append(names, c.T("casework.part."+string(p)))
	}
	return strings.Join(names, ", ")
}

// RowsOf are what an entry says as rows of c-summary.
func RowsOf(c *web.Ctx, k Kind, a ask.Answer) (rows []web.M) {
	for _, f := range k.Fields {
		if len(a[f.Name]) == 0 {
			continue
		}
		values := slices.Clone(a[f.Name])
		for i, v := range values {
			switch {
			case f.Coded():
				values[i] = Say(c, k, f.Name, v)
			case f.Name == k.Due || f.Kind == ask.Day:
				values[i] = day(c, v)
			}
		}
		row := web.M{"label": labelOf(c, k, f.Name), "text": strings.Join(values, ", ")}
		if f.Name == signs { // half sentences, with commas of their own
			row["text"] = strings.Join(values, " · ")
			row["note"] = k.said(c, signLists, strings.Join(a[f.Name], " "))
		}
		rows = append(rows, row)
	}
	return rows
}

// day writes a typed day or time as people do.
func day(c *web.Ctx, typed string) string {
	date, clock, timed := strings.Cut(typed, "T")
	if timed {
		return c.Day(date) + ", " + clock
	}
	return c.Day(date)
}

// The list.

type listData struct {
	Scopes, States []web.M
	Dues           []web.M // by when something is due
	Lines          []web.M
	Next, Query    string
	Locked         bool
	Searched       bool
	May            bool // open a case
	Lead           bool
	Team           bool
	Scope          Scope
}

// postSearch shows what is found. What was looked for is a name mostly, and stands
// in no address.
//
// req: CASE-12
func (s *Service) postSearch(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	return s.showList(c, f.Value("q"))
}

func (s *Service) showList(c *web.Ctx, sought string) error {
	q := Query{Scope: Scope(cmp.Or(c.Query("show"), string(Mine))), State: State(cmp.Or(c.Query("state"), string(Open)))}
	q.After.ID = c.Query("after")
	q.After.Due, _ = strconv.ParseInt(c.Query("due"), 10, 64)
	q.Before = dueBefore(c, c.Query("by"))
	data := listData{Query: sought, Scope: q.Scope, Locked: c.Viewer.Key == nil, May: c.Viewer.Is("caseworker") || c.Viewer.Is("lead"), Lead: c.Viewer.Is("lead")}
	lines, next, err := s.listed(c, q, &data)
	if err != nil {
		return err
	}
	for _, l := range lines {
		data.Lines = append(data.Lines, s.line(c, l))
	}
	if next != (Mark{}) {
		data.Next = c.Path("/cases?") + url.Values{"show": {string(q.Scope)}, "state": {string(q.State)}, "by": {c.Query("by")}, "after": {next.ID}, "due": {decimal(next.Due)}}.Encode()
	}
	may, err := s.MayList(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	if data.Team, err = s.TeamSees(c.Context(), c.Viewer); err != nil {
		return err
	}
	data.chips(c, q, may)
	return listPage.Render(c, data)
}

// listed are the lines of the page, or what was looked for.
func (s *Service) listed(c *web.Ctx, q Query, data *listData) (lines []Line, next Mark, err error) {
	if data.Query == "" || data.Locked {
		return s.List(c.Context(), c.Viewer, q)
	}
	data.Searched = true
	lines, err = s.Find(c.Context(), c.Viewer, data.Query, PageSize)
	return lines, next, err
}

// DueBy are the codes by which a list is kept to what is due: anything, late, by
// tonight, within a week.
var DueBy = []string{"", "late", "today", "week"}

// Address is that of a list, without its path.
func Address(scope Scope, state State, by string) string {
	return url.Values{"show": {string(scope)}, "state": {string(state)}, "by": {by}}.Encode()
}

// dueBefore is the time that a code of DueBy stands for; zero for any.
func dueBefore(c *web.Ctx, by string) time.Time {
	now := c.Now().In(c.Config().Zone)
	tonight := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, now.Location())
	switch by {
	case "late":
		return now
	case "today":
		return tonight
	case "week":
		return tonight.AddDate(0, 0, 6)
	}
	return time.Time{}
}

func (d *listData) chips(c *web.Ctx, q Query, may bool) {
	for _, scope := range []Scope{Mine, Team, Shared} {
		if scope == Team && !may {
			continue
		}
		d.Scopes = append(d.Scopes, web.M{"label": c.T("casework.scope." + string(scope)), "on": scope == q.Scope && !d.Searched, "href": c.Path("/cases?show=" + string(scope))})
	}
	for _, by := range DueBy {
		d.Dues = append(d.Dues, web.M{"label": c.T("casework.by-when." + cmp.Or(by, "any")), "on": by == c.Query("by") && !d.Searched, "href": c.Path("/cases?" + Address(q.Scope, q.State, by))})
	}
	for _, state := range []State{Open, Closed} {
		d.States = append(d.States, web.M{"label": c.T("casework.state." + string(state)), "on": state == q.State && !d.Searched, "href": c.Path("/cases?show=" + string(q.Scope) + "&state=" + string(state))})
	}
}

// line is a case as a row of c-due.
func (s *Service) line(c *web.Ctx, l Line) web.M {
	title := l.Head.Name
	if title == "" {
		title = c.T("casework.code", "code", l.Code())
	}
	row := web.M{"title": title, "href": c.Path("/cases/" + l.ID), "text": c.T("casework.line", "code", l.Code(), "when", c.Ago(l.Changed))}
	if l.Agency != "" {
		row["text"] = c.T("casework.line-of", "name", l.Agency)
	}
	switch {
	case l.State == Closed:
		row["badge"] = web.M{"text": c.T("casework.state.closed")}
	case l.Overdue(c.Now()):
		row["deadline"] = web.M{"kind": "lost", "text": c.T("casework.overdue", "date", c.Date(l.DueAt)), "datetime": c.Stamp(l.DueAt)}
	case !l.DueAt.IsZero():
		row["deadline"] = web.M{"kind": "soon", "text": c.T("casework.due", "date", c.Date(l.DueAt)), "datetime": c.Stamp(l.DueAt)}
	}
	return row
}

func (s *Service) postTeam(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.SetTeam(c.Context(), c.Viewer, f.Value("team") == "1"); err != nil {
		return err
	}
	c.Flash("casework.saved")
	return c.Redirect("/cases")
}

// A new case.

type newData struct {
	Similar   []web.M
	Channels  []web.Choice
	Languages []web.Asked
}

func (s *Service) newForm(c *web.Ctx) (newData, error) {
	data := newData{}
	contact, _ := KindByID("contact")
	languages, _ := KindByID("languages")
	languages.Fields = languages.Fields[:1]
	said := slices.DeleteFunc(slices.Clone(languages.Fields[0].Options), func(code string) bool { return !c.Chosen("language", code) })
	data.Channels, data.Languages = choicesOf(c, contact, contact.Fields[0], nil), FormOf(c, languages, ask.Answer{"language": said})
	return data, s.requireList(c.Viewer, "caseload.open")
}

func choicesOf(c *web.Ctx, k Kind, f ask.Field, chosen []string) (out []web.Choice) {
	for _, o := range f.Options {
		out = append(out, web.Choice{Value: o, Label: Say(c, k, f.Name, o), Selected: slices.Contains(chosen, o)})
	}
	return out
}

func (s *Service) getNew(c *web.Ctx) error {
	data, err := s.newForm(c)
	if err != nil {
		return err
	}
	return newPage.Render(c, data)
}

// postNew looks for the same person first: a name that is there already is shown
// before a second file begins.
func (s *Service) postNew(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	data, err := s.newForm(c)
	if err != nil {
		return err
	}
	if name := f.Value("name"); name != "" && f.Value("sure") == "" {
		found, err := s.Find(c.Context(), c.Viewer, name, 5)
		if err != nil {
			return err
		}
		for _, l := range found {
			data.Similar = append(data.Similar, s.line(c, l))
		}
		if len(found) > 0 {
			return newPage.Render(c, data)
		}
	}
	b := Beginning{Once: f.Once(), Answers: map[string]ask.Answer{"person": {"name": f.Values("name"), "pronoun": f.Values("pronoun")}}}
	if len(f.Values("channel")) > 0 {
		b.Answers["contact"] = ask.Answer{"channel": f.Values("channel"), "address": f.Values("address"), "code-word": f.Values("code-word")}
	}
	if len(f.Values("language")) > 0 {
		b.Answers["languages"] = ask.Answer{"language": f.Values("language")}
	}
	caseID, err := s.New(c.Context(), c.Viewer, b)
	if f.Add(err) {
		return newPage.Render(c, data)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + caseID)
}

// postFrom opens a case from a received referral, once: what was told is taken
// over and not asked again.
func (s *Service) postFrom(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if s.Told == nil {
		return errNotFound
	}
	source := c.Param("source")
	told, err := s.Told(c.Context(), c.Viewer, source)
	if err != nil {
		return err
	}
	caseID, err := s.New(c.Context(), c.Viewer, Beginning{Source: source, Answers: told, Once: f.Once()})
	if err != nil {
		return err
	}
	refused, err := s.Attach(c.Context(), c.Viewer, caseID, source)
	if err != nil {
		return err
	}
	if refused > 0 {
		c.FlashKind("soon", "casework.file.left", "n", refused)
	}
	return c.Redirect("/cases/" + caseID)
}

// Acts on the case as a whole.

func (s *Service) postAct(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	action := Action(f.Value("action"))
	if room := s.closedIn(); room != "" && action == Close {
		return c.Redirect("/cases/" + c.Param("id") + "/" + room)
	}
	if err := s.Act(c.Context(), c.Viewer, c.Param("id"), action, nil); err != nil && fault.KindOf(err) != fault.Conflict {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id"))
}

func (s *Service) postAssign(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if room := s.assignedIn(c.Viewer); room != "" { // where it can be done; Assign refuses it
		return c.Redirect("/cases/" + c.Param("id") + "/" + room)
	}
	if err := s.Assign(c.Context(), c.Viewer, c.Param("id"), f.Value("worker")); err != nil {
		return err
	}
	c.Flash("casework.assigned")
	return c.Redirect("/cases")
}

func (s *Service) postDone(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Done(c.Context(), c.Viewer, c.Param("id"), c.Param("entry"), f.Value("done") == "1"); err != nil {
		return err
	}
	back, _ := s.room(f.Value("room")) // where it was ticked
	return c.Redirect(Kind{Room: back.Name}.page(c.Param("id")))
}

// Documents.

type fileData struct {
	Case, Name, Note string
	Parts, Shows     []web.Choice
	Src              string // of a picture
	Get              string // of the file as it is
	Rows             []web.M
}

func (s *Service) getUpload(c *web.Ctx) error { return s.uploadForm(c) }

func (s *Service) uploadForm(c *web.Ctx) error {
	o, err := s.Look(c.Context(), c.Viewer, c.Param("id"))
	if err != nil {
		return err
	}
	data := fileData{Case: c.Path("/cases/" + o.ID)}
	for _, what := range append([]string{"other"}, Shown...) {
		data.Shows = append(data.Shows, web.Choice{Value: what, Label: c.T("casework.file.shows." + what)})
	}
	for _, p := range DocumentParts {
		if slices.Contains(o.Writable, p) {
			data.Parts = append(data.Parts, web.Choice{Value: string(p), Label: c.T("casework.part." + string(p))})
		}
	}
	return filePage.Render(c, data)
}

func (s *Service) postUpload(c *web.Ctx) error {
	f, err := c.Upload(MaxDocument + 1<<20)
	if err != nil {
		return err
	}
	name, body, err := f.File("file")
	if err != nil {
		return err
	}
	entry, err := s.Keep(c.Context(), c.Viewer, c.Param("id"), Upload{Name: name, Body: body, Part: Part(f.Value("part")), Words: f.Value("words"), Plain: f.Value("plain") == "1", Shows: f.Value("shows"), Once: f.Once()})
	if f.Add(err) {
		return s.uploadForm(c)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/cases/" + c.Param("id") + "/file/" + entry)
}

// getFile shows a document. Its bytes come from the same address with ?get=1,
// kept nowhere and without any power.
func (s *Service) getFile(c *web.Ctx) error {
	caseID, entryID := c.Param("id"), c.Param("entry")
	if c.Query("get") != "" {
		file, body, err := s.Document(c.Context(), c.Viewer, caseID, entryID)
		if err != nil {
			return err
		}
		return document.Send(c, file, body)
	}
	e, _, err := s.Entry(c.Context(), c.Viewer, caseID, entryID)
	if err != nil {
		return err
	}
	if e.File == nil {
		return errNotFound
	}
	here := c.Path("/cases/" + caseID + "/file/" + entryID + "?get=1")
	traces := c.T("casework.file.left-in")
	if e.File.Plain {
		traces = c.T("casework.file.taken-out")
	}
	data := fileData{Case: c.Path("/cases/" + caseID), Name: documentName(e.Fields, e.File), Get: here, Note: c.T("casework.file.note"),
		Rows: []web.M{
			{"label": c.T("casework.file.kind"), "text": c.T("referral.file-of", "type", strings.ToUpper(e.File.Type[strings.LastIndexByte(e.File.Type, '/')+1:]), "kilobytes", (e.File.Size+1023)>>10)},
			{"label": c.T("casework.file.part"), "text": c.T("casework.part." + string(e.Part))},
			{"label": c.T("casework.file.traces"), "text": traces},
			{"label": c.T("casework.file.by"), "text": c.T("casework.by", "name", e.UserName, "when", c.DateTime(e.Changed))},
		}}
	if from := e.From.Text(c); from != "" {
		data.Rows = append(data.Rows, web.M{"label": c.T("casework.file.from"), "text": from})
	}
	if strings.HasPrefix(e.File.Type, "image/") {
		data.Src = here
	}
	return filePage.Render(c, data)
}
