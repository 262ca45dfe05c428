package desk

import (
	"html/template"
	"slices"
	"strings"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/web"
)

var (
	listPage = web.NewPage[listData](pageFiles, "page/list.html")
	treePage = web.NewPage[treeData](pageFiles, "page/tree.html")
	workPage = web.NewPage[workData](pageFiles, "page/work.html")
	langPage = web.NewPage[workData](pageFiles, "page/untranslated.html")
)

// listData is the start of the room.
type listData struct {
	Text, Country, State string
	Countries, States    []web.M
	Rows                 []listRow
	Total                int
	Prev, Next, PageText string
	Doors                []web.M
	Editor               bool
}

type listRow struct {
	Href, Name, Where string
	Badges            []web.M
}

// perPage is how many entries stand on a page of the list.
const perPage = 30

// numbers are the counts of one entry.
type counts struct{ findings, texts, waiting int }

// list shows every entry with what is to be done in it. A lead of a body's own
// agency is led to its entry.
func (k *Desk) list(c *web.Ctx) error {
	var own string
	var f forest
	var found []finding
	var waiting []directory.Suggestion
	var proposals []directory.Proposal
	var editor bool
	err := k.within(c, func(tx *db.Tx) (err error) {
		r, err := k.may(tx, c.Viewer, "")
		if fault.KindOf(err) == fault.NotFound {
			own, err = k.own(tx, c.Viewer)
			return err
		}
		if err != nil {
			return err
		}
		editor = r.Edit
		if f, err = k.forest(tx); err != nil {
			return err
		}
		if found, err = k.inspect(tx, f, c.Now()); err != nil {
			return err
		}
		if waiting, err = k.d.Suggestions(tx, directory.Waiting); err != nil {
			return err
		}
		proposals, err = k.d.Proposals(tx)
		return err
	})
	if err != nil {
		return err
	}
	if own != "" {
		return c.Redirect("/desk/" + own)
	}
	per := map[string]*counts{}
	at := func(organization string) *counts {
		if per[organization] == nil {
			per[organization] = &counts{}
		}
		return per[organization]
	}
	findings, texts := 0, 0
	for _, one := range found {
		switch {
		case one.Dismissed != nil:
		case strings.HasPrefix(one.ID, "text-"):
			at(one.Within.ID).texts++
			texts++
		case one.ID != "old" && one.ID != "link-look":
			at(one.Within.ID).findings++
			findings++
		}
	}
	for _, s := range waiting {
		at(s.Organization).waiting++
	}
	data := k.listRows(c, f, at)
	data.Editor = editor
	data.Doors = k.doors(c, len(waiting), findings, texts, len(proposals))
	return listPage.Render(c, data)
}

// own is the entry of the viewer's own agency. Errors: fault.NotFound.
func (k *Desk) own(tx *db.Tx, v *web.Viewer) (string, error) {
	notFound := fault.New(fault.NotFound, "web.error.not-found")
	if k.cfg.Organization == nil || v.AgencyID == "" {
		return "", notFound
	}
	organization, err := k.cfg.Organization(tx, v.AgencyID)
	if err != nil || organization == "" {
		return "", notFound
	}
	if r, err := k.may(tx, v, organization); err != nil || !r.Any() {
		return "", notFound
	}
	return organization, nil
}

// doors lead to what waits, and to the neighbouring rooms that exist.
func (k *Desk) doors(c *web.Ctx, waiting, findings, texts, proposals int) []web.M {
	var out []web.M
	add := func(path, icon, key string, n int) {
		if k.shell.Has("GET " + path) {
			d := web.M{"href": c.Path(path), "icon": icon, "title": c.T("desk.door." + key)}
			if n >= 0 {
				d["count"] = c.Number(n)
			}
			out = append(out, d)
		}
	}
	add("/desk/suggestions", "phone", "suggestions", waiting)
	add("/desk/work", "list", "work", findings)
	out = append(out, web.M{"href": c.Path("/desk/languages/" + c.Lang), "icon": "talk", "title": c.T("desk.door.languages"), "count": c.Number(texts)})
	add("/desk/changes", "redo", "changes", -1)
	if proposals > 0 {
		add("/desk/release", "download", "release", proposals)
	}
	for _, group := range c.Doors("/desk") {
		for _, d := range group.Doors {
			out = append(out, web.M{"href": d.URL, "icon": d.Icon, "title": d.Title})
		}
	}
	add("/desk/words", "book", "words", -1)
	add("/desk/need", "chart", "need", -1)
	return out
}

// listStates are the filters of the list.
var listStates = []string{"edited", "waiting", "findings", "texts", "unverified"}

func (k *Desk) listRows(c *web.Ctx, f forest, at func(string) *counts) listData {
	data := listData{Text: c.Query("q"), Country: c.Query("country"), State: c.Query("state")}
	words := fold.Tokens(data.Text)
	inCountry, inState := map[string]int{}, map[string]int{}
	var rows []listRow
	for _, o := range f.organizations {
		n, services := at(o.ID), f.services[o.ID]
		if !matches(o, services, words) {
			continue
		}
		is := map[string]bool{"": true, "edited": o.Edited, "waiting": n.waiting > 0, "findings": n.findings > 0, "texts": n.texts > 0, "unverified": o.Organization.Verified == ""}
		for _, s := range services {
			is["edited"] = is["edited"] || s.Edited
			is["unverified"] = is["unverified"] && s.Service.Verified == ""
		}
		if is[data.State] {
			inCountry[o.Parent]++
		}
		if data.Country != "" && o.Parent != data.Country {
			continue
		}
		for _, s := range listStates {
			if is[s] {
				inState[s]++
			}
		}
		if is[data.State] {
			rows = append(rows, listRowOf(c, o, len(services), *n, is["edited"]))
		}
	}
	data.Total = len(rows)
	page := max(1, int(number(c.Query("page"))))
	from := min((page-1)*perPage, len(rows))
	data.Rows = rows[from:min(from+perPage, len(rows))]
	if page > 1 {
		data.Prev = listPath(c, data, page-1)
	}
	if from+perPage < len(rows) {
		data.Next = listPath(c, data, page+1)
	}
	if data.Prev+data.Next != "" {
		data.PageText = c.T("directory.find.page", "page", page, "pages", (len(rows)+perPage-1)/perPage)
	}
	data.chips(c, inCountry, inState)
	return data
}

func (data *listData) chips(c *web.Ctx, inCountry, inState map[string]int) {
	var codes []string
	for code := range inCountry {
		codes = append(codes, code)
	}
	if data.Country != "" && !slices.Contains(codes, data.Country) {
		codes = append(codes, data.Country)
	}
	slices.Sort(codes)
	toggle := func(now, value string) string {
		if now == value {
			return ""
		}
		return value
	}
	for _, code := range codes {
		to := *data
		to.Country = toggle(data.Country, code)
		data.Countries = append(data.Countries, web.M{"label": directory.TerritoryIn(c.Lang, code), "count": c.Number(inCountry[code]), "href": listPath(c, to, 1), "on": data.Country == code})
	}
	for _, s := range listStates {
		to := *data
		to.State = toggle(data.State, s)
		data.States = append(data.States, web.M{"label": c.T("desk.filter." + s), "count": c.Number(inState[s]), "href": listPath(c, to, 1), "on": data.State == s})
	}
}

func listPath(c *web.Ctx, data listData, page int) string {
	var parts []string
	for _, p := range [][2]string{{"q", data.Text}, {"country", data.Country}, {"state", data.State}} {
		if p[1] != "" {
			parts = append(parts, p[0]+"="+template.URLQueryEscaper(p[1]))
		}
	}
	if page > 1 {
		parts = append(parts, "page="+numberText(page))
	}
	path := c.Path("/desk")
	if len(parts) > 0 {
		path += "?" + strings.Join(parts, "&")
	}
	return path
}

// matches says whether every word begins a word of the names of an entry.
func matches(o directory.Row, services []directory.Row, words []string) bool {
	if len(words) == 0 {
		return true
	}
	names := []string{o.ID, o.Organization.Name}
	for _, n := range o.Organization.Names {
		names = append(names, n)
	}
	for _, s := range services {
		names = append(names, s.Service.Name)
		for _, n := range s.Service.Names {
			names = append(names, n)
		}
		for _, p := range s.Service.Phones {
			names = append(names, p.Number, p.Short)
		}
	}
	tokens := fold.Tokens(strings.Join(names, " "))
	for _, w := range words {
		if !slices.ContainsFunc(tokens, func(t string) bool { return strings.HasPrefix(t, w) }) {
			return false
		}
	}
	return true
}

func listRowOf(c *web.Ctx, o directory.Row, services int, n counts, edited bool) listRow {
	name := localName(o, c.Lang)
	row := listRow{Href: c.Path("/desk/" + o.ID), Name: name, Where: directory.TerritoryIn(c.Lang, o.Parent) + " · " + c.T("desk.list.services", "n", services)}
	if other := o.Organization.Name; other != name {
		row.Where = other + " · " + row.Where
	}
	badge := func(kind, key string, n int) {
		if n > 0 {
			row.Badges = append(row.Badges, web.M{"kind": kind, "text": c.T("desk.badge."+key, "n", n)})
		}
	}
	badge("soon", "waiting", n.waiting)
	badge("plain", "findings", n.findings)
	badge("plain", "texts", n.texts)
	if edited {
		row.Badges = append(row.Badges, web.M{"kind": "info", "text": c.T("desk.badge.edited")})
	}
	return row
}

// treeData is one entry as its keepers see it.
type treeData struct {
	ID, Name     string
	May          rights
	Rows         []treeRow
	Public       string
	Suggestions  []suggestionLine
	Findings     []findingLine
	Add, History string
}

type treeRow struct {
	ID, Kind, KindName, Name string
	Edited                   string
	Parts                    []treePart
	Add, AddLabel            string
	History, Remove, Public  string
}

type treePart struct {
	Title, Icon, Edit string
	Lines             []treeLine
	Short             bool
}

type treeLine struct {
	Label string
	Text  template.HTML
	Lang  string
}

// tree shows an entry part by part, each with its form one press away.
func (k *Desk) tree(c *web.Ctx) error {
	var tree directory.Tree
	var r rights
	var suggestions []directory.Suggestion
	var found []finding
	err := k.within(c, func(tx *db.Tx) (err error) {
		if r, err = k.may(tx, c.Viewer, c.Param("organization")); err != nil {
			return err
		}
		if tree, err = k.d.Tree(tx, c.Param("organization")); err != nil {
			return err
		}
		if suggestions, err = k.d.SuggestionsOf(tx, tree.Organization.ID); err != nil {
			return err
		}
		f := forest{organizations: []directory.Row{tree.Organization}, services: map[string][]directory.Row{tree.Organization.ID: tree.Services}, places: tree.Places}
		found, err = k.inspect(tx, f, c.Now())
		return err
	})
	if err != nil {
		return err
	}
	t, err := k.teller(c)
	if err != nil {
		return err
	}
	data := treeData{ID: tree.Organization.ID, Name: localName(tree.Organization, c.Lang), May: r}
	for _, s := range tree.Services {
		row := t.treeRow(s, r)
		row.Add, row.AddLabel = c.Path(rowPath(s, "add")), c.T("desk.add.place")
		row.Public = c.Path("/entry/" + s.ID)
		data.Rows = append(data.Rows, row)
		for _, p := range tree.Places[s.ID] {
			data.Rows = append(data.Rows, t.treeRow(p, r))
		}
	}
	body := t.treeRow(tree.Organization, r)
	body.Add, body.AddLabel = c.Path(rowPath(tree.Organization, "add")), c.T("desk.add.service")
	data.Rows = append(data.Rows, body)
	for _, s := range suggestions[:min(5, len(suggestions))] {
		if s.State != directory.Replaced {
			data.Suggestions = append(data.Suggestions, t.suggestionLine(s))
		}
	}
	for _, f := range found {
		if f.Dismissed == nil && f.ID != "link-look" && f.ID != "old" && !strings.HasPrefix(f.ID, "text-") {
			data.Findings = append(data.Findings, t.findingLine(f))
		}
	}
	return treePage.Render(c, data)
}

func (t *teller) treeRow(r directory.Row, may rights) treeRow {
	c := t.c
	out := treeRow{ID: r.ID, Kind: string(r.Kind), KindName: c.T("desk.row." + string(r.Kind)), Name: localName(r, c.Lang), History: c.Path(rowPath(r, "history"))}
	if r.Edited && !r.Changed.IsZero() {
		out.Edited = c.T("desk.tree.edited", "ago", c.Ago(r.Changed))
	}
	if may.Edit {
		out.Remove = c.Path(rowPath(r, "remove"))
	}
	lines := t.lines(r)
	for _, p := range parts[r.Kind] {
		one := treePart{Title: c.T("desk.part." + p.ID), Icon: p.Icon}
		if may.Edit || may.Own && p.ID != "about" {
			one.Edit = c.Path(rowPath(r, "edit/"+p.ID))
		}
		for _, l := range lines {
			field, lang, _ := strings.Cut(l.Path, ".")
			if !slices.Contains(p.Fields, field) {
				continue
			}
			// Of a text the page shows the reader's language and the source.
			if slices.Contains(directory.ContentLanguages, lang) && lang != c.Lang && lang != "en" {
				continue
			}
			one.Lines = append(one.Lines, treeLine{l.Label, lined(l.Text), lang})
		}
		out.Parts = append(out.Parts, one)
	}
	return out
}

// workData is the work list.
type workData struct {
	Kinds   []web.M
	Chosen  string
	Title   string
	Lines   []findingLine
	Settled []findingLine
	Total   int
	Langs   []web.M
	Lang    string
	Rows    []textLine
	More    int
}

type findingLine struct {
	ID, Title, Detail  string
	Body, Row, Mend    string
	Kind, RowID, Field string
	Link               string // a web address to open oneself
	Looked             string
	Reason             string
	IsLook             bool
}

// mostLines is how many findings one page shows.
const mostLines = 100

func (t *teller) findingLine(f finding) findingLine {
	c := t.c
	line := findingLine{ID: f.ID, Title: c.T("desk.finding." + f.Group), Detail: f.Detail, Body: localName(directory.OfOrganization(f.Within, 0), c.Lang), Row: localName(f.Row, c.Lang),
		Kind: string(f.Row.Kind), RowID: f.Row.ID, Field: f.Field, IsLook: f.ID == "link-look"}
	name, _, _ := strings.Cut(f.Field, ".")
	line.Mend = c.Path(rowPath(f.Row, "edit/"+partWith(f.Row.Kind, name)))
	switch f.ID {
	case "link-look", "link-dead":
		line.Link, line.Detail = f.Detail, ""
	case "old":
		if line.Detail == "" {
			line.Detail = c.T("desk.work.never")
		}
		line.Mend = c.Path("/desk/" + f.Within.ID)
	}
	if strings.HasPrefix(f.ID, "text-") {
		line.Detail = t.label(f.Field)
	}
	if f.Dismissed != nil {
		line.Reason = f.Dismissed.reason + " · " + f.Dismissed.by + ", " + c.Ago(f.Dismissed.at)
	}
	return line
}

// work shows what somebody should look at, kind by kind.
func (k *Desk) work(c *web.Ctx) error {
	found, err := k.found(c)
	if err != nil {
		return err
	}
	t, err := k.teller(c)
	if err != nil {
		return err
	}
	data := workData{Chosen: c.Query("kind")}
	perKind := map[string]int{}
	var order []string
	for _, f := range found {
		if strings.HasPrefix(f.ID, "text-") {
			continue // these have a page by language
		}
		if !slices.Contains(order, f.Group) {
			order = append(order, f.Group)
		}
		if f.Dismissed == nil {
			perKind[f.Group]++
		}
	}
	slices.SortFunc(order, func(a, b string) int { return workRank(a) - workRank(b) })
	if data.Chosen == "" && len(order) > 0 {
		data.Chosen = order[0]
	}
	for _, id := range order {
		data.Kinds = append(data.Kinds, web.M{"label": c.T("desk.finding." + id), "count": c.Number(perKind[id]), "href": c.Path("/desk/work?kind=" + id), "on": id == data.Chosen})
	}
	data.Title = c.T("desk.finding." + data.Chosen)
	for _, f := range found {
		if f.Group != data.Chosen {
			continue
		}
		data.Total++
		switch {
		case f.Dismissed != nil:
			data.Settled = append(data.Settled, t.findingLine(f))
		case len(data.Lines) < mostLines:
			data.Lines = append(data.Lines, t.findingLine(f))
		default:
			data.More++
		}
	}
	return workPage.Render(c, data)
}

// workOrder is the order of kinds: what can send somebody to a wrong door
// first.
var workOrder = []string{"shelter-seen", "link-dead", "phone-missing", "number-twice", "mailbox-personal", "personal-mailbox", "number-stands-twice", "link-to-other-body", "area-missing", "hours-missing", "languages-missing", "source", "old", "link-look"}

func workRank(id string) int {
	if at := slices.Index(workOrder, id); at >= 0 {
		return at
	}
	return len(workOrder)
}

// found is the whole work list, for editors.
func (k *Desk) found(c *web.Ctx) (found []finding, err error) {
	err = k.within(c, func(tx *db.Tx) error {
		if err := k.mustEdit(tx, c.Viewer); err != nil {
			return err
		}
		f, err := k.forest(tx)
		if err != nil {
			return err
		}
		found, err = k.inspect(tx, f, c.Now())
		return err
	})
	return found, err
}

// dismiss notes that something is all right as it is, or what stood behind a
// link; or takes such a word back.
func (k *Desk) dismiss(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	key := findingKey{directory.Kind(f.Value("row")), f.Value("id"), f.Value("finding"), f.Value("field")}
	reason, do := f.Value("reason"), f.Value("do")
	found, err := k.found(c)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(found, func(one finding) bool {
		return one.key() == key && (f.Value("detail") == "" || one.Detail == f.Value("detail"))
	})
	back := "/desk/work"
	if at >= 0 {
		back += "?kind=" + template.URLQueryEscaper(found[at].Group)
	}
	if at < 0 {
		c.FlashKind("info", "desk.work.gone")
		return c.Redirect(back)
	}
	if do == "" && len([]rune(reason)) < 5 {
		c.FlashKind("soon", "desk.work.reason-missing")
		return c.Redirect(back)
	}
	err = k.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		if err := k.mustEdit(tx, c.Viewer); err != nil {
			return err
		}
		who := by(c.Viewer, rights{Edit: true})
		switch do {
		case "fine", "dead":
			if err := putLook(tx, found[at].Detail, do, who, c.Now()); err != nil {
				return err
			}
		case "back":
			if err := dropDismissal(tx, key); err != nil {
				return err
			}
		default:
			if err := putDismissal(tx, found[at], reason, who, c.Now()); err != nil {
				return err
			}
		}
		return record(tx, c, "directory.looked", "directory/"+string(key.kind)+"/"+key.row, key.id)
	})
	if err != nil {
		return err
	}
	c.Flash("desk.work.noted")
	return c.Redirect(back)
}

// textLine is one entry with texts that a language lacks.
type textLine struct {
	Body, Row, Href string
	Missing, Older  []string
}

// untranslated lists what a language lacks, entry by entry.
func (k *Desk) untranslated(c *web.Ctx) error {
	lang := c.Param("lang")
	if !slices.Contains(directory.ContentLanguages, lang) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	found, err := k.found(c)
	if err != nil {
		return err
	}
	data := workData{Lang: lang}
	perLang := map[string]int{}
	var last *textLine
	lastID := ""
	for _, f := range found {
		if !strings.HasPrefix(f.ID, "text-") || f.Dismissed != nil {
			continue
		}
		field, in, _ := strings.Cut(f.Field, ".")
		perLang[in]++
		if in != lang {
			continue
		}
		if f.Row.ID != lastID {
			if len(data.Rows) >= mostLines {
				data.More++
				continue
			}
			from := "en"
			if text := f.Row.Text(field); text != nil {
				from = text.SourceLanguage()
			}
			data.Rows = append(data.Rows, textLine{Body: f.Within.Name, Row: f.Row.Name(), Href: c.Path(rowPath(f.Row, "edit/words?from="+from+"&to="+lang))})
			last, lastID = &data.Rows[len(data.Rows)-1], f.Row.ID
		}
		if name := c.T("desk.field." + strings.ToLower(field)); f.ID == "text-missing" {
			last.Missing = append(last.Missing, name)
		} else {
			last.Older = append(last.Older, name)
		}
		data.Total++
	}
	for _, l := range directory.ContentLanguages {
		data.Langs = append(data.Langs, web.M{"label": web.LanguageName(l), "count": c.Number(perLang[l]), "href": c.Path("/desk/languages/" + l), "on": l == lang})
	}
	return langPage.Render(c, data)
}
