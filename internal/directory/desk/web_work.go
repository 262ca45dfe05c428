package desk

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/web"
)

var (
	workPage = web.NewPage[workData](pageFiles, "page/work.html")
	langPage = web.NewPage[langData](pageFiles, "page/untranslated.html")
)

// workData is the work list.
type workData struct {
	Kinds   []web.M
	Chosen  string
	Text    string
	Lines   []findingLine
	Settled []findingLine
	web.Turn
}

type findingLine struct {
	ID, Title, Detail  string
	Raw                string // of the finding, not worded
	Body, Row, Mend    string
	Kind, RowID, Field string
	Link, To           string // a web address to open oneself, and where it leads now
	Since              string
	Reason             string
	IsLook             bool
}

// perWork is how many lines stand on a page of the work list.
const perWork = 100

// workOrder is the order of kinds: what can send somebody to a wrong door
// first.
var workOrder = []string{"shelter-seen", "uncalled", "link-dead", "link-moved", "phone-missing", "number-twice", "mailbox-personal", "personal-mailbox", "number-stands-twice", "link-to-other-body", "area-missing", "hours-missing", "languages-missing", "source", "old", "link-look"}

func workRank(id string) int {
	if at := slices.Index(workOrder, id); at >= 0 {
		return at
	}
	return len(workOrder)
}

func (t *teller) findingLine(within string, f finding) findingLine {
	c := t.c
	line := findingLine{ID: f.ID, Title: c.T("desk.finding." + f.Group), Detail: f.Detail, Raw: f.Detail, Body: within, Row: f.Row.in(c.Lang),
		Kind: string(f.Row.Kind), RowID: f.Row.ID, Field: f.Field, IsLook: f.ID == "link-look"}
	if line.Body == line.Row {
		line.Body = "" // a finding of the organisation itself
	}
	name, _, _ := strings.Cut(f.Field, ".")
	line.Mend = c.Path("/desk/row/" + line.Kind + "/" + f.Row.ID + "/edit/" + partWith(f.Row.Kind, name))
	switch f.ID {
	case "link-look", "link-dead", "link-moved":
		line.Link, line.To, line.Detail = f.Detail, f.To, ""
	case "old":
		if line.Detail == "" {
			line.Detail = c.T("desk.work.never")
		}
	}
	if f.ID == "uncalled" {
		line.Since = c.T("desk.work.uncalled", "date", c.Date(f.since))
		line.Mend = c.Path("/trust/" + f.Row.ID)
	}
	if f.ID == "link-dead" {
		line.Since = t.deadSince(f)
	}
	if f.Dismissed != nil {
		line.Reason = f.Dismissed.reason + " · " + f.Dismissed.by + ", " + c.Ago(f.Dismissed.at)
	}
	return line
}

// deadSince says since when a link leads nowhere, and in which way.
func (t *teller) deadSince(f finding) string {
	text := t.c.T("desk.link.dead-since", "date", t.c.Date(f.since))
	if f.why != "" {
		text += " " + t.c.T("desk.why."+f.why)
	}
	return text
}

// foundIn are the findings of one organisation that are ones now.
func (s *shelf) foundIn(organization string, now time.Time) (out []finding) {
	i, there := s.at(organization)
	if !there {
		return nil
	}
	for j := range s.bodies[i].found {
		if f := &s.bodies[i].found[j]; s.holds(f, now) {
			out = append(out, *f)
		}
	}
	return out
}

func keyOf(list []place) func(int) string {
	return func(i int) string { return list[i].in.Row.ID }
}

// work shows what somebody should look at, kind by kind.
func (k *Desk) work(c *web.Ctx) error {
	t, err := k.teller(c)
	if err != nil {
		return err
	}
	data := workData{Chosen: c.Query("kind"), Text: c.Query("q")}
	err = k.within(c, func(tx *db.Tx) error {
		if err := k.mustEdit(tx, c.Viewer); err != nil {
			return err
		}
		return k.reading(tx, c.Now(), func(s *shelf) { s.workPage(t, &data) })
	})
	if err != nil {
		return err
	}
	return workPage.Render(c, data)
}

func (s *shelf) workPage(t *teller, data *workData) {
	c := t.c
	order := slices.SortedFunc(maps.Keys(s.kinds), func(a, b string) int { return workRank(a) - workRank(b) })
	if data.Chosen == "" && len(order) > 0 {
		data.Chosen = order[0]
	}
	for _, id := range order {
		data.Kinds = append(data.Kinds, web.M{"label": c.T("desk.finding." + id), "count": c.Number(len(s.kinds[id].open)), "href": pathWith(c, "/desk/work", "kind", id), "on": id == data.Chosen})
	}
	if !slices.Contains(order, data.Chosen) {
		data.Chosen = ""
		return
	}
	words := wordsIn(data.Text)
	open, left := fitting(s.kinds[data.Chosen].open, words), fitting(s.kinds[data.Chosen].left, words)
	data.Turn = c.Turn(len(open), perWork, keyOf(open))
	line := func(p place) findingLine { return t.findingLine(p.in.Row.in(c.Lang), p.in.found[p.n]) }
	for _, p := range open[data.From:data.To] {
		data.Lines = append(data.Lines, line(p))
	}
	for _, p := range left[:min(len(left), perWork)] {
		data.Settled = append(data.Settled, line(p))
	}
}

// toldFinding is the finding that a form of the work list names; ok is false
// when it is none any more.
func (k *Desk) toldFinding(c *web.Ctx, f *web.Form) (found finding, ok bool, err error) {
	key := findingKey{directory.Kind(f.Value("row")), f.Value("id"), f.Value("finding"), f.Value("field")}
	err = k.within(c, func(tx *db.Tx) error {
		if err := k.mustEdit(tx, c.Viewer); err != nil {
			return err
		}
		o, err := k.d.OrganizationOf(tx, key.kind, key.row)
		if err != nil {
			return gone(err)
		}
		return k.reading(tx, c.Now(), func(s *shelf) {
			list := s.foundIn(o.ID, c.Now())
			at := slices.IndexFunc(list, func(one finding) bool {
				return one.key() == key && (f.Value("detail") == "" || one.Detail == f.Value("detail"))
			})
			if ok = at >= 0; ok {
				found = list[at]
			}
		})
	})
	return found, ok, err
}

// gone drops the error of a row that was taken out meanwhile.
func gone(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// onWorkList leads back to a kind of the work list, with what came of a press.
func onWorkList(c *web.Ctx, kind, flash, said string) error {
	c.FlashKind(flash, said)
	path := "/desk/work"
	if kind != "" {
		path += "?kind=" + url.QueryEscape(kind)
	}
	return c.Redirect(path)
}

// dismiss notes that something is all right as it is, or what stood behind a
// link; or takes such a word back.
func (k *Desk) dismiss(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	found, ok, err := k.toldFinding(c, f)
	switch {
	case err != nil:
		return err
	case !ok:
		return onWorkList(c, "", "info", "desk.work.gone")
	case f.Value("do") == "" && len([]rune(f.Value("reason"))) < 5:
		return onWorkList(c, found.Group, "soon", "desk.work.reason-missing")
	}
	err = k.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		if err := k.mustEdit(tx, c.Viewer); err != nil {
			return err
		}
		return k.putWord(tx, c, found, f.Value("do"), f.Value("reason"))
	})
	if err != nil {
		return err
	}
	return onWorkList(c, found.Group, "ok", "desk.work.noted")
}

// putWord writes down what an editor says of a finding.
func (k *Desk) putWord(tx *db.Tx, c *web.Ctx, found finding, do, reason string) error {
	row, err := k.d.Row(tx, found.Row.Kind, found.Row.ID)
	if err != nil {
		return err
	}
	who := by(c.Viewer, rights{Edit: true})
	switch do {
	case "fine", "dead":
		err = putLook(tx, found.Detail, do, who, c.Now())
	case "back":
		err = dropDismissal(tx, found.key())
	default:
		err = putDismissal(tx, found, markOf(row, found), reason, who, c.Now())
	}
	if err == nil {
		err = k.touch(tx, row, c.Now())
	}
	if err != nil {
		return err
	}
	return record(tx, c, "directory.looked", "directory/"+string(row.Kind)+"/"+row.ID, found.ID)
}

// touch lets every instance look at the organisation of a row again.
func (k *Desk) touch(tx *db.Tx, row directory.Row, at time.Time) error {
	o, err := k.d.OrganizationOf(tx, row.Kind, row.ID)
	if err != nil {
		return err
	}
	return k.d.Touch(tx, at, o.ID)
}

// takeMoved puts the address to which a link leads now in the place of the
// old one: an ordinary edit, by whoever presses the button, with its version
// in the history. What the editor saw is what is taken; a link that leads
// elsewhere since comes up anew.
func (k *Desk) takeMoved(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	found, ok, err := k.toldFinding(c, f)
	if err != nil {
		return err
	}
	if !ok || found.To == "" || found.To != f.Value("to") {
		return onWorkList(c, "link-moved", "info", "desk.work.gone")
	}
	err = k.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		if err := k.mustEdit(tx, c.Viewer); err != nil {
			return err
		}
		row, err := k.d.Row(tx, found.Row.Kind, found.Row.ID)
		if err != nil {
			return err
		}
		links := linksOf(row) // read for this write alone
		for i := range links {
			if links[i].URL == found.Detail {
				links[i].URL = found.To
			}
		}
		return k.d.Change(tx, by(c.Viewer, rights{Edit: true}), c.Now(), directory.Change{Row: row, Note: c.T("desk.link.moved-note", "from", found.Detail)})
	})
	if err != nil {
		return err
	}
	k.d.Refresh()
	return onWorkList(c, "link-moved", "ok", "desk.done.live")
}

// langData is what one language lacks, entry by entry.
type langData struct {
	Langs []web.M
	Text  string
	Lang  string
	Rows  []textLine
	web.Turn
}

// textLine is one entry with texts that a language lacks.
type textLine struct {
	Body, Row, Href string
	Missing, Older  []string
}

// untranslated lists what a language lacks, entry by entry.
func (k *Desk) untranslated(c *web.Ctx) error {
	data := langData{Lang: c.Param("lang"), Text: c.Query("q")}
	if !slices.Contains(directory.ContentLanguages, data.Lang) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	err := k.within(c, func(tx *db.Tx) error {
		if err := k.mustEdit(tx, c.Viewer); err != nil {
			return err
		}
		return k.reading(tx, c.Now(), func(s *shelf) { s.langPage(c, &data) })
	})
	if err != nil {
		return err
	}
	return langPage.Render(c, data)
}

func (s *shelf) langPage(c *web.Ctx, data *langData) {
	l := slices.Index(directory.ContentLanguages, data.Lang)
	for _, lang := range directory.ContentLanguages {
		data.Langs = append(data.Langs, web.M{"label": web.LanguageName(lang), "count": c.Number(s.langs[lang]), "href": pathWith(c, "/desk/languages/"+lang), "on": lang == data.Lang})
	}
	lacking := fitting(s.lacking[l], wordsIn(data.Text))
	data.Turn = c.Turn(len(lacking), perWork, keyOf(lacking))
	for _, p := range lacking[data.From:data.To] {
		data.Rows = append(data.Rows, textLineOf(c, p, l))
	}
}

// textLineOf is the line of a row, with all its texts from the first one on
// that lacks the language.
func textLineOf(c *web.Ctx, p place, lang int) textLine {
	first := p.in.gaps[p.n]
	line := textLine{Body: p.in.Row.in(c.Lang), Row: first.row.in(c.Lang),
		Href: c.Path("/desk/row/" + string(first.row.Kind) + "/" + first.row.ID + "/edit/words?from=" + first.source + "&to=" + directory.ContentLanguages[lang])}
	for _, g := range p.in.gaps[p.n:] {
		if g.row != first.row {
			break
		}
		name := c.T("desk.field." + strings.ToLower(g.field))
		switch missing, older := g.in(lang); {
		case missing:
			line.Missing = append(line.Missing, name)
		case older:
			line.Older = append(line.Older, name)
		}
	}
	return line
}
