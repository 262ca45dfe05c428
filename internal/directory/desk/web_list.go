package desk

import (
	"context"
	"html/template"
	"maps"
	"net/url"
	"slices"
	"strings"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/web"
)

var (
	listPage = web.NewPage[listData](pageFiles, "page/list.html")
	treePage = web.NewPage[treeData](pageFiles, "page/tree.html")
)

// listData is the start of the room.
type listData struct {
	Text, Country, State string
	Countries, States    []web.M
	Rows                 []listRow
	Total                int
	Doors                []web.M
	Editor               bool
	web.Turn
}

type listRow struct {
	Href, Name, Where string
	Badges            []web.M
}

// perPage is how many entries stand on a page of the list.
const perPage = 30

// list shows every entry with what is to be done in it. A lead of a body's own
// agency is led to its entry.
func (k *Desk) list(c *web.Ctx) error {
	var own string
	var data listData
	err := k.within(c, func(tx *db.Tx) (err error) {
		r, err := k.may(tx, c.Viewer, "")
		if fault.KindOf(err) == fault.NotFound {
			own, err = k.own(tx, c.Viewer)
			return err
		}
		if err != nil {
			return err
		}
		per, all, err := waiting(tx)
		if err != nil {
			return err
		}
		proposed, err := proposals(tx)
		if err != nil {
			return err
		}
		return k.reading(tx, c.Now(), func(s *shelf) {
			data = s.list(c, per)
			data.Editor = r.Edit
			data.Doors = k.doors(c, r, all, s.totals.findings, s.totals.texts, proposed)
		})
	})
	if err != nil {
		return err
	}
	if own != "" {
		return c.Redirect("/desk/" + own)
	}
	return listPage.Render(c, data)
}

// owns says whether the desk is the viewer's for the entry of the own agency
// alone. A rail that cannot be asked has no such room.
func (k *Desk) owns(v *web.Viewer) bool {
	err := k.cfg.DB.Read(context.Background(), func(tx *db.Tx) error {
		if _, err := k.may(tx, v, ""); err == nil {
			return fault.New(fault.Conflict, "") // the whole desk has its own door
		}
		_, err := k.own(tx, v)
		return err
	})
	return err == nil
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

// doors lead to what waits for who may do it, and to the neighbouring rooms
// that exist.
func (k *Desk) doors(c *web.Ctx, r rights, waiting, findings, texts, proposals int) []web.M {
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
	if r.Edit {
		add("/desk/suggestions", "phone", "suggestions", waiting)
		add("/desk/work", "list", "work", findings)
		out = append(out, web.M{"href": c.Path("/desk/languages/" + c.Lang), "icon": "talk", "title": c.T("desk.door.languages"), "count": c.Number(texts)})
		add("/desk/changes", "redo", "changes", -1)
	}
	if r.Edit && proposals > 0 {
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

// is says whether an entry passes a filter.
func (b *body) is(state string, n counts) bool {
	switch state {
	case "edited":
		return b.edited
	case "waiting":
		return n.waiting > 0
	case "findings":
		return n.findings > 0
	case "texts":
		return n.texts > 0
	case "unverified":
		return !b.verified
	}
	return true
}

// list is the page of the entries that fit, with the counts of the filters.
func (s *shelf) list(c *web.Ctx, waiting map[string]int) listData {
	data := listData{Text: c.Query("q"), Country: c.Query("country"), State: c.Query("state")}
	words := wordsIn(data.Text)
	inCountry, inState := map[string]int{}, make([]int, len(listStates))
	fit := make([]int, 0, len(s.bodies))
	for i, b := range s.bodies {
		if !b.fits(words) {
			continue
		}
		n := s.tally[i]
		if len(waiting) > 0 {
			n.waiting = waiting[b.Row.ID]
		}
		chosen := b.is(data.State, n)
		if chosen {
			inCountry[b.country]++
		}
		if data.Country != "" && b.country != data.Country {
			continue
		}
		for j, state := range listStates {
			if b.is(state, n) {
				inState[j]++
			}
		}
		if chosen {
			fit = append(fit, i)
		}
	}
	data.Total = len(fit)
	key := func(i int) string { return s.bodies[fit[i]].Row.ID }
	data.Turn = c.Turn(len(fit), perPage, key)
	for _, i := range fit[data.From:data.To] {
		n := s.tally[i]
		n.waiting = waiting[s.bodies[i].Row.ID]
		data.Rows = append(data.Rows, listRowOf(c, s.bodies[i], n))
	}
	data.chips(c, inCountry, inState)
	return data
}

// filters are what an address of a list may carry.
var filters = []string{"q", "country", "state", "kind"}

// pathWith is the address of the list that is shown with some filters set
// otherwise, "" for none.
func pathWith(c *web.Ctx, path string, set ...string) string {
	values := url.Values{}
	for _, f := range filters {
		values.Set(f, c.Query(f))
	}
	for i := 0; i+1 < len(set); i += 2 {
		values.Set(set[i], set[i+1])
	}
	maps.DeleteFunc(values, func(_ string, v []string) bool { return v[0] == "" })
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	return c.Path(path)
}

func (data *listData) chips(c *web.Ctx, inCountry map[string]int, inState []int) {
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
		data.Countries = append(data.Countries, web.M{"label": directory.TerritoryIn(c.Lang, code), "count": c.Number(inCountry[code]), "href": pathWith(c, "/desk", "country", toggle(data.Country, code)), "on": data.Country == code})
	}
	for j, s := range listStates {
		data.States = append(data.States, web.M{"label": c.T("desk.filter." + s), "count": c.Number(inState[j]), "href": pathWith(c, "/desk", "state", toggle(data.State, s)), "on": data.State == s})
	}
}

func listRowOf(c *web.Ctx, b *body, n counts) listRow {
	name := b.Row.in(c.Lang)
	row := listRow{Href: c.Path("/desk/" + b.Row.ID), Name: name, Where: directory.TerritoryIn(c.Lang, b.country) + " · " + c.T("desk.list.services", "n", b.services)}
	if b.Row.Name != name {
		row.Where = b.Row.Name + " · " + row.Where
	}
	badge := func(kind, key string, n int) {
		if n > 0 {
			row.Badges = append(row.Badges, web.M{"kind": kind, "text": c.T("desk.badge."+key, "n", n)})
		}
	}
	badge("soon", "waiting", n.waiting)
	badge("plain", "findings", n.findings)
	badge("plain", "texts", n.texts)
	if b.edited {
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
		return k.reading(tx, c.Now(), func(s *shelf) { found = s.foundIn(tree.Organization.ID, c.Now()) })
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
		if f.Dismissed == nil && !someday[f.ID] {
			data.Findings = append(data.Findings, t.findingLine(data.Name, f))
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
			one.Lines = append(one.Lines, treeLine{l.Label, web.Lined(l.Text), lang})
		}
		out.Parts = append(out.Parts, one)
	}
	return out
}
