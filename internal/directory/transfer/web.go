package transfer

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pageFiles embed.FS

var (
	filesPage = web.NewPage[filesData](pageFiles, "page/files.html")
	_         = web.Style(pageFiles, "page/transfer.css")
	lookPage  = web.NewPage[lookData](pageFiles, "page/look.html")
)

// maxUpload bounds a file that comes by the browser, in MB; it is held in
// memory, since a readable copy must not lie about.
const maxUpload = 32

// perPage is how many rows stand on a page of a preview, and how many files on
// one of the list.
const perPage = 100

// Mount registers the pages.
func (s *Service) Mount(sh *web.Shell) {
	sh.Professional("GET /desk/files", s.getFiles)
	sh.Professional("POST /desk/files", s.postFile)
	sh.Professional("GET /desk/files/{id}", s.getLook)
	sh.Professional("GET /desk/files/{id}/columns", s.getColumns)
	sh.Professional("POST /desk/files/{id}/columns", s.postColumns)
	sh.Professional("POST /desk/files/{id}/columns/{mapping}/forget", s.postForget)
	sh.Professional("POST /desk/files/{id}/apply", s.postApply)
	sh.Professional("POST /desk/files/{id}/drop", s.postDrop)
	sh.Professional("POST /desk/files/{id}/undo", s.postUndo)
	sh.Professional("POST /desk/files/{id}/words", s.postWords)
	sh.Professional("GET /desk/export", s.getExport)
	for _, hub := range []struct{ path, group string }{{"/desk", ""}, {"/admin", "hub.group.directory"}} {
		roles := []string{"coordinator", "editor", "administrator"}
		if hub.path == "/admin" {
			roles = roles[2:]
		}
		sh.Nav(web.NavItem{Path: "/desk/files", Icon: "file", Label: "desk.door.files", Roles: roles, Also: []string{"/desk/export"}, Order: 88, Under: hub.path, Group: hub.group, Text: "hub.door.files"})
	}
}

type (
	filesData struct {
		Formats, Outs, Countries, Helps, Roles, Audiences []web.Choice
		Imports                                           []importLine
		Max                                               int
		web.Turn
	}
	importLine struct {
		Href, Name, When, By, Format, State, Kind string
		Counts                                    string
	}
	lookData struct {
		Import
		Title         string
		Stands        string // the state in words
		StandsKind    string
		Tabs          []web.M
		Show          string
		Rows          []lookRow
		ReadMB        int
		SizeMB        int
		Refused       int
		CanApply      bool
		CanDrop       bool
		CanUndo       bool
		UndoUntil     string
		Unknown       []unknownLine
		Concepts      []web.Choice
		NeedsContacts bool
		NeedsEdited   bool
		Again         string // where the columns of a foreign table can be named anew
		web.Turn
	}
	lookRow struct {
		Kind, Name, ID, Line string
		Badges               []web.M
		Changes              []lookChange
		Wrong                []string
	}
	lookChange  struct{ Column, Was, Will string }
	unknownLine struct{ Name, Label string }
)

// may asks the policy in a read of its own, before a page is shown or a file is
// looked into; each act asks again in its transaction.
func (s *Service) may(c *web.Ctx, action string) error {
	return s.DB.Read(c.Context(), func(tx *db.Tx) error {
		return s.Directory.Require(tx, c.Viewer.Actor(), action, "", "")
	})
}

func who(c *web.Ctx) Who {
	return Who{By: directory.By{User: c.Viewer.UserID, Name: c.Viewer.Name, Agency: c.Viewer.AgencyID, Way: directory.ByImport}, Actor: c.Viewer.Actor()}
}

func (s *Service) getFiles(c *web.Ctx) error {
	if err := s.may(c, "directory.export"); err != nil {
		return err
	}
	return s.files(c)
}

func (s *Service) files(c *web.Ctx) error {
	data := filesData{Max: maxUpload}
	formats := []web.Choice{}
	for _, f := range []Format{Flat, HSDS, Tabular, Lines} {
		formats = append(formats, web.Choice{Value: string(f), Label: c.T("transfer.format." + string(f))})
	}
	data.Outs = formats
	data.Formats = append([]web.Choice{{Value: "", Label: c.T("transfer.in.auto")}}, formats...)
	for _, a := range []Audience{ForEveryone, ForProfessionals} {
		data.Audiences = append(data.Audiences, web.Choice{Value: string(a), Label: c.T("transfer.for." + string(a))})
	}
	if s.may(c, "directory.edit") == nil {
		data.Audiences = append(data.Audiences, web.Choice{Value: string(ForEditors), Label: c.T("transfer.for.editors"), Hint: c.T("transfer.for.editors-hint")})
	}
	data.Countries = countryChoices(c)
	var err error
	if data.Helps, data.Roles, err = s.helpsAndRoles(c); err != nil {
		return err
	}
	list, err := s.Imports(c.Context())
	if err != nil {
		return err
	}
	data.Turn = c.Turn(len(list), perPage, func(n int) string { return newestFirst(list[n].Began) })
	for _, i := range list[data.From:data.To] {
		data.Imports = append(data.Imports, s.line(c, i))
	}
	return filesPage.Render(c, data)
}

// newestFirst is a key that grows the further a moment lies back.
func newestFirst(t time.Time) string { return fmt.Sprintf("%015d", int64(1e14)-clock.Millis(t)) }

// helpsAndRoles are what services can be given of which nothing is understood.
func (s *Service) helpsAndRoles(c *web.Ctx) (helps, roles []web.Choice, err error) {
	vocab, err := s.Directory.Vocabulary(c.Context())
	none := web.Choice{Value: "", Label: c.T("transfer.in.refuse")}
	return concepts(vocab, "help", c.Lang, none), concepts(vocab, "role", c.Lang, none), err
}

func concepts(vocab directory.Vocabulary, scheme, lang string, first ...web.Choice) []web.Choice {
	var out []web.Choice
	for _, v := range vocab.Concepts {
		if v.Scheme == scheme {
			out = append(out, web.Choice{Value: v.ID, Label: v.Labels.In(lang)})
		}
	}
	directory.SortNames(out)
	return append(first, out...)
}

func (s *Service) line(c *web.Ctx, i Import) importLine {
	l := importLine{Href: c.Path("/desk/files/" + i.ID), Name: i.Name, When: c.DateTime(i.Began), By: i.By, Format: c.T("transfer.format." + string(i.Format))}
	l.State, l.Kind = stateWords(c, i)
	var parts []string
	for _, a := range []Action{Add, Alter, Remove, Refuse} {
		if n := i.Counts[a]; n > 0 {
			parts = append(parts, c.T("transfer.count."+string(a))+" "+c.Number(n))
		}
	}
	if n := i.Counts[Same]; len(parts) == 0 && n > 0 {
		parts = append(parts, c.T("transfer.count.same")+" "+c.Number(n))
	}
	l.Counts = strings.Join(parts, " · ")
	return l
}

func stateWords(c *web.Ctx, i Import) (text, kind string) {
	if i.UndoneBy != "" || i.Undoes != "" && i.State == Applied {
		return c.T("transfer.state.undone"), "plain"
	}
	return c.T("transfer.state." + string(i.State)), map[State]string{Asking: "soon", Reading: "info", Ready: "soon", Applied: "ok", Dropped: "plain"}[i.State]
}

// postFile reads an uploaded file and shows what it would do.
func (s *Service) postFile(c *web.Ctx) error {
	if err := s.may(c, "directory.import"); err != nil {
		return err
	}
	f, err := c.Upload(maxUpload << 20)
	if err != nil {
		return err
	}
	name, content, err := f.File("file")
	if err != nil {
		return err
	}
	format := FormatOf(name, f.Value("written-as"))
	switch {
	case len(content) == 0:
		f.Error("file", "transfer.error.no-file")
	case format == "":
		f.Error("written-as", "transfer.error.format")
	}
	if !f.OK() {
		return s.files(c)
	}
	o := Options{Country: f.Value("country"), System: slug(f.Value("system")), Kind: "ngo", Help: f.Value("help"), Role: f.Value("role"), Missing: f.Value("missing") != ""}
	if o.Terms, err = s.meanings(c, o.System); err != nil {
		return err
	}
	if at, err := s.pressedTwice(c, f.Once(), filepath.Base(name), content, o); err != nil || at != "" {
		return orRedirect(c, at, err)
	}
	if asksFirst(format, content) {
		i, err := s.Hold(c.Context(), who(c), filepath.Base(name), o, content)
		return orRedirect(c, "/desk/files/"+i.ID+"/columns", err)
	}
	i, err := s.Stage(c.Context(), who(c), filepath.Base(name), format, o, bytes.NewReader(content), int64(len(content)), nil)
	var wrong *FileError
	if errors.As(err, &wrong) {
		f.Error("file", "directory.error.field", "reason", fileWords(c, wrong))
		return s.files(c)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/desk/files/" + i.ID)
}

// asksFirst says whether somebody has to say what the columns of a table are. One
// that cannot be read at all is read on, to say why.
func asksFirst(format Format, content []byte) bool {
	if format != Flat {
		return false
	}
	t, err := LookInto(content)
	return err == nil && !t.Ours
}

// fileWords says why a file cannot be read, and where.
func fileWords(c *web.Ctx, wrong *FileError) string {
	text := c.T(wrong.Key, wrong.Args...)
	if wrong.File != "" {
		text = c.T("transfer.look.of", "field", wrong.File, "text", text)
	}
	if wrong.Line > 0 {
		text = c.T("transfer.error.at-line", "reason", text, "line", wrong.Line)
	}
	return text
}

// pressedTwice is where the same press of the same button led already: the
// same token with the same file and settings, read or being read.
func (s *Service) pressedTwice(c *web.Ctx, once, name string, content []byte, o Options) (string, error) {
	if once == "" {
		return "", nil
	}
	settings, err := json.Marshal(o)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(settings, content...))
	first := true
	err = s.DB.Write(c.Context(), func(tx *db.Tx) (err error) {
		first, err = db.Once(tx, "transfer.file", once+hex.EncodeToString(sum[:]), c.Now())
		return err
	})
	if err != nil || first {
		return "", err
	}
	list, err := s.Imports(c.Context())
	for _, i := range list {
		if i.ByUser == c.Viewer.UserID && i.Name == name && i.Size == int64(len(content)) && slices.Contains([]State{Asking, Reading, Ready}, i.State) {
			return "/desk/files/" + i.ID, nil
		}
	}
	return "", err
}

func orRedirect(c *web.Ctx, path string, err error) error {
	if err != nil {
		return err
	}
	return c.Redirect(path)
}

// FormatOf is the format that was chosen, or what the file's name says; "" when
// it is none of those that are read.
func FormatOf(name, said string) Format {
	if said == "" {
		said = map[string]string{".csv": "csv", ".txt": "csv", ".json": "hsds", ".ndjson": "hsds", ".zip": "table", ".jsonl": "lines"}[strings.ToLower(filepath.Ext(name))]
	}
	if f := Format(said); slices.Contains([]Format{Flat, HSDS, Tabular, Lines}, f) {
		return f
	}
	return ""
}

// meanings are what words of a system were said to mean in its last import.
func (s *Service) meanings(c *web.Ctx, system string) (map[string]string, error) {
	list, err := s.Imports(c.Context())
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		if i.Options.System == system && len(i.Options.Terms) > 0 {
			return i.Options.Terms, nil
		}
	}
	return nil, nil
}

func (s *Service) getLook(c *web.Ctx) error {
	if err := s.may(c, "directory.export"); err != nil {
		return err
	}
	return s.look(c)
}

func (s *Service) look(c *web.Ctx) error {
	i, err := s.Import(c.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	if i.State == Asking {
		return c.Redirect("/desk/files/" + i.ID + "/columns")
	}
	data := lookData{Import: i, Title: i.Name, ReadMB: int(i.Read >> 20), SizeMB: int(max(i.Size>>20, 1)), Refused: i.Counts[Refuse]}
	data.Stands, data.StandsKind = stateWords(c, i)
	data.CanApply = i.State == Ready && i.Counts[Add]+i.Counts[Alter]+i.Counts[Remove] > 0
	data.CanDrop = i.State == Ready || i.State == Reading
	data.CanUndo = i.State == Applied && i.UndoneBy == "" && i.Undoes == "" && c.Now().Sub(i.Ended) < KeptFor
	data.UndoUntil = c.Date(i.Ended.Add(KeptFor))
	data.NeedsContacts, data.NeedsEdited = i.Contacts > 0 && i.Undoes == "", i.Edited > 0 && i.Undoes == ""
	if i.State == Ready && len(i.Options.Columns) > 0 && c.Now().Sub(i.Touched) < Held {
		data.Again = c.Path("/desk/files/" + i.ID + "/columns")
	}
	if data.Show, err = s.tab(c, i, &data); err != nil {
		return err
	}
	if data.Show != "" {
		if err := s.lines(c, &data); err != nil {
			return err
		}
	}
	if i.State == Ready && len(i.Unknown) > 0 {
		if err := s.unknown(c, i, &data); err != nil {
			return err
		}
	}
	return lookPage.Render(c, data)
}

// lines are the rows of the page that is asked for.
func (s *Service) lines(c *web.Ctx, data *lookData) error {
	at, err := s.positions(c.Context(), data.ID, data.Show)
	if err != nil {
		return err
	}
	data.Turn = c.Turn(len(at), perPage, func(n int) string { return fmt.Sprintf("%09d", at[n]) })
	rows, err := s.Rows(c.Context(), data.ID, data.Show, data.From, data.To-data.From)
	if err != nil {
		return err
	}
	now, err := s.Directory.Everyone(c.Context())
	if err != nil {
		return err
	}
	t := teller{c, now.Label}
	for _, r := range rows {
		data.Rows = append(data.Rows, t.lookAt(r))
	}
	return nil
}

// tab chooses which rows are listed: what is asked for, or what wants to be
// seen first.
func (s *Service) tab(c *web.Ctx, i Import, data *lookData) (string, error) {
	counts := map[string]int{"flagged": 0}
	for a, n := range i.Counts {
		counts[string(a)] = n
	}
	if i.Undoes == "" && i.State != Applied {
		var err error
		if counts["flagged"], err = s.flagged(c.Context(), i); err != nil {
			return "", err
		}
	}
	tabs := slices.DeleteFunc([]string{"refuse", "flagged", "add", "change", "remove", "same"}, func(tab string) bool { return counts[tab] == 0 })
	if len(tabs) == 0 {
		return "", nil
	}
	on := tabs[0]
	if asked := c.Query("show"); slices.Contains(tabs, asked) {
		on = asked
	}
	for _, tab := range tabs {
		data.Tabs = append(data.Tabs, web.M{"label": c.T("transfer.count." + tab), "count": c.Number(counts[tab]), "on": tab == on, "href": c.Path("/desk/files/"+i.ID) + "?show=" + tab})
	}
	return on, nil
}

func (t teller) lookAt(r Row) lookRow {
	c := t.c
	out := lookRow{Kind: c.T("transfer.kind." + string(r.Kind)), Name: r.Name, ID: r.RowID}
	if r.Line > 0 {
		out.Line = c.T("transfer.look.line", "line", r.Line)
		if r.File != "" {
			out.Line = r.File + ", " + out.Line
		}
	}
	if r.Edited && r.Action == Alter {
		out.Badges = append(out.Badges, web.M{"kind": "soon", "text": c.T("transfer.look.edited")})
	}
	if r.Contacts {
		out.Badges = append(out.Badges, web.M{"kind": "soon", "icon": "phone", "text": c.T("transfer.look.contacts")})
	}
	for _, w := range r.Wrong {
		text := w.Text
		if w.Key != "" {
			text = c.T(w.Key, whole(w.Args)...)
		}
		if w.Field != "" {
			text = c.T("transfer.look.of", "field", fieldName(c, w.Field), "text", text)
		}
		out.Wrong = append(out.Wrong, text)
	}
	out.Changes = t.changes(r)
	return out
}

// whole makes the numbers of a stored reason whole again: JSON knows only
// floating ones.
func whole(args []any) []any {
	out := slices.Clone(args)
	for i, a := range out {
		if f, ok := a.(float64); ok {
			out[i] = int64(f)
		}
	}
	return out
}

// fieldName is what a column or field is called at the desk, with the column
// itself, by which it is found in the file.
func fieldName(c *web.Ctx, name string) string {
	field, lang := name, ""
	if col, ok := columnOf(name); ok && col.field != "" {
		field, lang = strings.ToLower(col.field), col.lang
	}
	key := "desk.field." + field
	if own := "transfer.columns." + name; c.Config().Texts.Has(c.Lang, own) {
		key = own
	}
	if !c.Config().Texts.Has(c.Lang, key) {
		return name
	}
	label := c.T(key)
	if lang != "" {
		return label + ", " + i18n.Endonyms[lang]
	}
	return label
}

// changes are what differs, by the columns of the flat table; a new row shows
// all that it has.
func (t teller) changes(r Row) []lookChange {
	if r.After == nil {
		return nil
	}
	after, err := r.After.Fields()
	if err != nil {
		return nil
	}
	before := map[string]any{}
	if r.Before != nil {
		if before, err = r.Before.Fields(); err != nil {
			return nil
		}
	}
	var out []lookChange
	told := map[string]bool{}
	for _, col := range columns {
		if col.kind != r.Kind || col.field == "" {
			continue
		}
		was, will := t.cell(col, before[col.field]), t.cell(col, after[col.field])
		told[col.field] = told[col.field] || was != will
		if was != will {
			out = append(out, lookChange{fieldName(t.c, col.name), was, will})
		}
	}
	for _, f := range r.Fields {
		if !told[f] {
			was, err1 := json.Marshal(before[f])
			will, err2 := json.Marshal(after[f])
			if err1 == nil && err2 == nil {
				out = append(out, lookChange{fieldName(t.c, strings.ToLower(f)), short(string(was)), short(string(will))})
			}
		}
	}
	return out
}

func (s *Service) unknown(c *web.Ctx, i Import, data *lookData) error {
	vocab, err := s.Directory.Vocabulary(c.Context())
	if err != nil {
		return err
	}
	data.Concepts = []web.Choice{{Value: "", Label: c.T("transfer.unknown.nothing")}}
	for _, scheme := range []string{"help", "target", "form", "setting", "role"} {
		for _, one := range concepts(vocab, scheme, c.Lang) {
			data.Concepts = append(data.Concepts, web.Choice{Value: scheme + "/" + one.Value, Label: one.Label})
		}
	}
	for n, u := range i.Unknown[:min(len(i.Unknown), 40)] {
		data.Unknown = append(data.Unknown, unknownLine{Name: "term-" + c.Number(n), Label: c.T("transfer.unknown.times", "term", u.Term, "n", u.Count)})
	}
	return nil
}

func (s *Service) postWords(c *web.Ctx) error {
	if err := s.may(c, "directory.import"); err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	i, err := s.Import(c.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	terms := map[string]string{}
	for n, u := range i.Unknown[:min(len(i.Unknown), 40)] {
		terms[folded(u.Term)] = f.Value("term-" + c.Number(n))
	}
	if err := s.Mean(c.Context(), who(c), i.ID, terms); err != nil {
		return err
	}
	c.Flash("transfer.done.words")
	return c.Redirect("/desk/files")
}

func (s *Service) postApply(c *web.Ctx) error {
	if err := s.may(c, "directory.import"); err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	word := Word{Without: f.Value("without") != "", Contacts: f.Value("contacts") != "", Edited: f.Value("edited") != ""}
	err = s.Apply(c.Context(), who(c), c.Param("id"), word)
	if i, lost := s.Import(c.Context(), c.Param("id")); err != nil && lost == nil && i.State == Applied {
		err = nil // pressed twice: it is brought, once
	}
	if kind := fault.KindOf(err); err != nil && (kind == fault.Conflict || kind == fault.Stale) {
		e := fault.Find(err)
		f.Error("", e.Key, e.Args...)
		return s.look(c)
	}
	if err != nil {
		return err
	}
	c.Flash("transfer.done.applied")
	return c.Redirect("/desk/files/" + c.Param("id"))
}

func (s *Service) postDrop(c *web.Ctx) error {
	if err := s.Drop(c.Context(), who(c), c.Param("id")); err != nil {
		return err
	}
	c.Flash("transfer.done.dropped")
	return c.Redirect("/desk/files")
}

func (s *Service) postUndo(c *web.Ctx) error {
	if err := s.may(c, "directory.import"); err != nil {
		return err
	}
	list, err := s.Imports(c.Context())
	if err != nil {
		return err
	}
	if n := slices.IndexFunc(list, func(i Import) bool { return i.Undoes == c.Param("id") && i.State == Ready }); n >= 0 {
		return c.Redirect("/desk/files/" + list[n].ID) // pressed twice
	}
	back, err := s.Undo(c.Context(), who(c), c.Param("id"))
	if err != nil {
		return err
	}
	return c.Redirect("/desk/files/" + back.ID)
}

// taken notes that hidden addresses leave the house: who took them stands in
// the log.
func (s *Service) taken(c *web.Ctx, format Format) error {
	return s.DB.Write(c.Context(), func(tx *db.Tx) error {
		if err := s.require(tx, who(c), "directory.edit"); err != nil {
			return err
		}
		return audit.Record(tx, audit.Event{At: c.Now(), Actor: c.Viewer.UserID, Agency: c.Viewer.AgencyID, Action: "directory.exported", Object: "directory", Purpose: string(format) + " for editors"})
	})
}

// getExport is a download. What editors alone may have needs their role.
func (s *Service) getExport(c *web.Ctx) error {
	to := Audience(c.Query("for"))
	format := Format(c.Query("format"))
	err := s.may(c, "directory.export")
	if err == nil && to == ForEditors {
		err = s.taken(c, format)
	}
	if err != nil {
		return err
	}
	var b bytes.Buffer
	err = s.Export(c.Context(), &b, format, to)
	var wrong *FileError
	if errors.As(err, &wrong) {
		return fault.New(fault.Invalid, wrong.Key)
	}
	if err != nil {
		return err
	}
	kind := map[Format][2]string{Flat: {"list.csv", "text/csv; charset=utf-8"}, HSDS: {"list.json", "application/json"}, Tabular: {"list.zip", "application/zip"}, Lines: {"list.jsonl", "application/x-ndjson"}}[format]
	return c.Download(kind[0], kind[1], b.Bytes())
}
