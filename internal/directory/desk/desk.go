// Package desk is the room where the directory is kept true: every entry as its
// keepers see it, one small form for each part, six languages side by side,
// what waits for a decision, what seems wrong, and what was there before.
//
// The idea: who keeps an entry changes one thing and is done in a minute. A
// coordinator or editor keeps all of them; the leads of a body's own agency
// write its words at once, and what they change about reaching it waits until
// an editor called a number that was known before.
//
// Stored: through package directory the rows, their history, suggestions and
// the state of translations; here what an editor looked at and left as it is,
// and when somebody last opened a link. Nothing of a person who is helped.
//
// Its lists stand on a shelf in memory that follows the directory, so that no
// list reads all of it.
//
// It must never lose what was typed, never overwrite what another editor wrote
// meanwhile, never open a hidden address on one person's word, and never call
// on a web address itself: links are opened by people, and by package link
// where an administrator wants it.
package desk

import (
	"embed"
	"log/slog"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pageFiles embed.FS

var _ = web.Style(pageFiles, "page/desk.css")

// Config is what the desk needs from outside.
type Config struct {
	DB        *db.DB
	Directory *directory.Directory
	Texts     *i18n.Bundle
	Now       clock.Clock
	Log       *slog.Logger

	// Organization is the body of the directory that an agency here is, "" when
	// it is none; nil: none is.
	Organization func(tx *db.Tx, agency string) (string, error)

	// Links is what the program saw behind web addresses; nil: it opens none.
	Links Links
}

// Links is what was seen behind the web addresses of the directory.
type Links interface {
	// Of is what was seen behind one; the zero value when it was not opened.
	Of(tx *db.Tx, url string) (LinkSeen, error)
	// Each goes through all that were opened.
	Each(tx *db.Tx, see func(url string, s LinkSeen)) error
}

// LinkSeen is what was seen behind a web address.
type LinkSeen struct {
	Dead    bool
	Why     string    // of a dead one: desk.why.<why>
	Since   time.Time // of a dead one
	Moved   string    // the address of another host to which it leads now
	Checked time.Time // zero: never
}

// Desk serves the room.
type Desk struct {
	cfg   Config
	d     *directory.Directory
	shell *web.Shell

	shelf shelf
}

// New makes the room.
func New(cfg Config) *Desk {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Desk{cfg: cfg, d: cfg.Directory}
}

// Mount registers the pages.
func (k *Desk) Mount(s *web.Shell) {
	k.shell = s
	s.Nav(web.NavItem{Path: "/desk", Icon: "pen", Label: "desk.nav", Roles: []string{"coordinator", "editor"}, Order: 25})
	s.Nav(web.NavItem{Path: "/desk", Icon: "pen", Label: "desk.title", Roles: []string{"administrator"}, Order: 86, Under: "/admin", Group: "hub.group.directory", Text: "hub.door.desk"})
	s.Nav(web.NavItem{Path: "/desk", Icon: "pen", Label: "desk.own-nav", Roles: []string{"lead"}, Order: 60, When: k.owns})
	s.Professional("GET /desk", k.list)
	s.Professional("GET /desk/{organization}", k.tree)
	s.Professional("GET /desk/new", k.begin)
	s.Professional("POST /desk/new", k.beginPost)
	s.Professional("GET /desk/row/{kind}/{id}/add", k.begin)
	s.Professional("POST /desk/row/{kind}/{id}/add", k.beginPost)
	s.Professional("GET /desk/row/{kind}/{id}/remove", k.remove)
	s.Professional("POST /desk/row/{kind}/{id}/remove", k.removePost)
	s.Professional("GET /desk/row/{kind}/{id}/history", k.history)
	s.Professional("GET /desk/row/{kind}/{id}/edit/{part}", k.edit)
	s.Professional("POST /desk/row/{kind}/{id}/edit/{part}", k.editPost)
	s.Professional("POST /desk/row/{kind}/{id}/merge/{part}", k.mergePost)
	s.Professional("GET /desk/changes", k.changes)
	s.Professional("GET /desk/changes/{past}", k.past)
	s.Professional("POST /desk/changes/{past}", k.restore)
	s.Professional("GET /desk/suggestions", k.suggestions)
	s.Professional("GET /desk/suggestions/{id}", k.suggestion)
	s.Professional("POST /desk/suggestions/{id}", k.settle)
	s.Professional("GET /desk/release", k.release)
	s.Professional("POST /desk/release", k.decide)
	s.Professional("GET /desk/work", k.work)
	s.Professional("POST /desk/work", k.dismiss)
	s.Professional("POST /desk/work/moved", k.takeMoved)
	s.Professional("GET /desk/languages/{lang}", k.untranslated)
}

// rights is what a viewer may do with one entry.
type rights struct {
	Edit bool // an editor: everything at once
	Own  bool // a lead of the body's agency: words at once, contacts by a call
}

// Any says whether the viewer may change anything.
func (r rights) Any() bool { return r.Edit || r.Own }

// may says what the viewer may do with an organisation's entry; "" stands for
// the directory as a whole. Errors: fault.NotFound for who may not know of the
// desk.
func (k *Desk) may(tx *db.Tx, v *web.Viewer, organization string) (r rights, err error) {
	if err = k.d.Require(tx, v.Actor(), "directory.edit", organization, ""); err == nil {
		return rights{Edit: true}, nil
	}
	if organization != "" && k.d.Require(tx, v.Actor(), "directory.own", organization, "") == nil {
		return rights{Own: true}, nil
	}
	if fault.KindOf(err) == fault.Denied { // may know, an administrator
		return rights{}, nil
	}
	return rights{}, err
}

// MayEdit says whether a viewer may change an organisation's entry, for the
// link on its public page.
func (k *Desk) MayEdit(tx *db.Tx, v *web.Viewer, organization string) bool {
	if v == nil {
		return false
	}
	r, err := k.may(tx, v, organization)
	return err == nil && r.Any()
}

// mustEdit lets only editors through. Errors: fault.NotFound, fault.Denied.
func (k *Desk) mustEdit(tx *db.Tx, v *web.Viewer) error {
	return k.d.Require(tx, v.Actor(), "directory.edit", "", "")
}

// by is the viewer as the history names her.
func by(v *web.Viewer, r rights) directory.By {
	way := directory.ByOwner
	if r.Edit {
		way = directory.ByEditor
	}
	return directory.By{User: v.UserID, Name: v.Name, Agency: v.AgencyID, Way: way}
}

// rowOf is the row that the address names, with its organisation.
func (k *Desk) rowOf(tx *db.Tx, c *web.Ctx) (directory.Row, directory.Organization, error) {
	kind := directory.Kind(c.Param("kind"))
	if !slices.Contains([]directory.Kind{directory.KindOrganization, directory.KindService, directory.KindPlace}, kind) {
		return directory.Row{}, directory.Organization{}, fault.New(fault.NotFound, "web.error.not-found")
	}
	r, err := k.d.Row(tx, kind, c.Param("id"))
	if err != nil {
		return r, directory.Organization{}, err
	}
	o, err := k.d.OrganizationOf(tx, kind, r.ID)
	return r, o, err
}

// localName is a row's name for a reader of a language.
func localName(r directory.Row, lang string) string {
	var names directory.Text
	switch {
	case r.Organization != nil:
		names = r.Organization.Names
	case r.Service != nil:
		names = r.Service.Names
	}
	if name := names[lang]; name != "" {
		return name
	}
	return r.Name()
}

// rowPath is the address of something about a row.
func rowPath(r directory.Row, what string) string {
	return "/desk/row/" + string(r.Kind) + "/" + r.ID + "/" + what
}

// within runs f in a read of the database.
func (k *Desk) within(c *web.Ctx, f func(tx *db.Tx) error) error {
	return k.cfg.DB.Read(c.Context(), f)
}

// teller words rows in the reader's language.
type teller struct {
	c      *web.Ctx
	texts  *i18n.Bundle
	all    directory.Everyone
	labels map[string]directory.Text // scheme/concept
	words  map[string][]string       // scheme/concept to synonyms in the reader's language
	order  map[string][]string       // scheme to concepts
}

func (k *Desk) teller(c *web.Ctx) (*teller, error) {
	all, err := k.d.Everyone(c.Context())
	if err != nil {
		return nil, err
	}
	t := &teller{c: c, texts: k.cfg.Texts, all: all, labels: map[string]directory.Text{}, words: map[string][]string{}, order: map[string][]string{}}
	for _, one := range all.Vocabulary().Concepts {
		key := one.Scheme + "/" + one.ID
		t.labels[key] = one.Labels
		t.words[key] = one.Synonyms[c.Lang]
		t.order[one.Scheme] = append(t.order[one.Scheme], one.ID)
	}
	return t, nil
}

func (t *teller) concept(scheme, id string) string {
	if label := t.labels[scheme+"/"+id]; label != nil {
		return label.In(t.c.Lang)
	}
	return id
}

func (t *teller) concepts(scheme string, ids []string) string {
	var out []string
	for _, id := range ids {
		out = append(out, t.concept(scheme, id))
	}
	return strings.Join(out, ", ")
}

// Line is one field of a row in words. Path tells it from others: "Phones",
// "Summary.el".
type Line struct{ Path, Label, Text string }

// lines are all fields of a row that say something, in the order of the forms.
func (t *teller) lines(r directory.Row) []Line {
	w := &lineWriter{t: t}
	switch {
	case r.Organization != nil:
		t.organization(w, r)
	case r.Service != nil:
		t.service(w, r)
	case r.Place != nil:
		t.place(w, r)
	case r.Concept != nil:
		t.conceptRow(w, r)
	}
	return w.out
}

type lineWriter struct {
	t   *teller
	out []Line
}

func (w *lineWriter) put(path, text string) {
	if text = strings.TrimSpace(text); text != "" {
		w.out = append(w.out, Line{path, w.t.label(path), text})
	}
}

func (w *lineWriter) texts(field string, text directory.Text) {
	for _, lang := range directory.ContentLanguages {
		w.put(field+"."+lang, text[lang])
	}
}

func (w *lineWriter) hide(h directory.Hide) {
	var out []string
	for _, kind := range []directory.Kind{directory.KindOrganization, directory.KindService, directory.KindPlace} {
		for _, f := range directory.Hideable[kind] {
			if v := h[f]; v != directory.Public {
				if line := w.t.label(f) + ": " + w.t.seen(v); !slices.Contains(out, line) {
					out = append(out, line)
				}
			}
		}
	}
	w.put("Hide", strings.Join(out, "\n"))
}

// label names a field, with its language: "Summary (Greek)".
func (t *teller) label(path string) string {
	field, lang, text := strings.Cut(path, ".")
	name := t.c.T("desk.field." + strings.ToLower(field))
	if text && slices.Contains(directory.ContentLanguages, lang) {
		return name + " (" + web.LanguageName(lang) + ")"
	}
	return name
}

func (t *teller) seen(v directory.Visibility) string {
	if v == directory.Public {
		return t.c.T("desk.seen.public")
	}
	return t.c.T("desk.seen." + string(v))
}

func (t *teller) answer(a directory.Answer) string {
	switch a {
	case directory.Yes:
		return t.c.T("web.action.yes")
	case directory.No:
		return t.c.T("web.action.no")
	}
	return ""
}

func (t *teller) yes(b bool) string {
	if b {
		return t.c.T("web.action.yes")
	}
	return ""
}

func (t *teller) organization(w *lineWriter, r directory.Row) {
	o := r.Organization
	w.put("Name", o.Name)
	w.texts("Names", o.Names)
	w.texts("Summary", o.Summary)
	w.put("Kind", t.c.T("desk.kind."+o.Kind))
	w.put("Group", t.c.T("directory.group."+string(o.Group)))
	w.put("Parent", o.Parent)
	w.put("Website", t.links(o.Website))
	w.put("Verified", o.Verified)
	w.hide(o.Hide)
}

func (t *teller) service(w *lineWriter, r directory.Row) {
	s := r.Service
	w.put("Name", s.Name)
	for _, f := range directory.TextFields[directory.KindService] {
		w.texts(f, r.Text(f))
	}
	w.put("Phones", t.phones(s.Phones))
	w.put("Emails", t.emails(s.Emails))
	w.put("Website", t.links(s.Website))
	w.put("Helpline", t.yes(s.Helpline))
	w.put("Hours", t.hours(s.Hours))
	w.put("Languages", t.languages(s.Languages))
	if s.Interpreted > 0 {
		w.put("Interpreted", t.c.Number(s.Interpreted))
	}
	w.put("AnyLanguage", t.yes(s.AnyLanguage))
	w.put("Area", t.area(s.Area))
	for _, f := range []struct {
		field, scheme string
		ids           []string
	}{{"Roles", "role", s.Roles}, {"Helps", "help", s.Helps}, {"For", "target", s.For}, {"Forms", "form", s.Forms}, {"Settings", "setting", s.Settings}} {
		w.put(f.field, t.concepts(f.scheme, f.ids))
	}
	for _, f := range []struct {
		field string
		a     directory.Answer
	}{{"Free", s.Free}, {"Anonymous", s.Anonymous}, {"DirectReferral", s.DirectReferral}, {"Residence", s.Residence}} {
		w.put(f.field, t.answer(f.a))
	}
	var ways []string
	for _, i := range s.Intake {
		ways = append(ways, t.c.T("directory.intake."+i))
	}
	w.put("Intake", strings.Join(ways, ", "))
	w.put("Verified", s.Verified)
	w.hide(s.Hide)
}

func (t *teller) place(w *lineWriter, r directory.Row) {
	p := r.Place
	w.put("Name", p.Name)
	w.texts("Names", p.Names)
	w.put("Street", p.Street)
	w.put("PostalCode", p.PostalCode)
	w.put("Town", p.Town)
	w.texts("Towns", p.Towns)
	w.put("Territory", directory.TerritoryIn(t.c.Lang, p.Territory))
	w.put("Address", t.seen(p.Address))
	w.put("Phones", t.phones(p.Phones))
	w.put("Emails", t.emails(p.Emails))
	w.put("Hours", t.hours(p.Hours))
	w.hide(p.Hide)
}

func (t *teller) conceptRow(w *lineWriter, r directory.Row) {
	one := r.Concept
	w.texts("Labels", one.Labels)
	for _, lang := range directory.ContentLanguages {
		w.put("Synonyms."+lang, strings.Join(one.Synonyms[lang], ", "))
	}
	w.put("Broader", one.Broader)
}

func (t *teller) phones(list []directory.Phone) string {
	var out []string
	for _, p := range list {
		parts := []string{p.Shown()}
		if p.Kind == "fax" {
			parts = append(parts, t.c.T("directory.phone.fax"))
		}
		if p.Use != "" {
			parts = append(parts, t.c.T("desk.use."+p.Use))
		}
		if p.Free == directory.Yes {
			parts = append(parts, t.c.T("directory.phone.free"))
		}
		if note := p.Note.In(t.c.Lang); note != "" {
			parts = append(parts, note)
		}
		if p.Visibility != directory.Public {
			parts = append(parts, t.seen(p.Visibility))
		}
		out = append(out, strings.Join(parts, " · "))
	}
	return strings.Join(out, "\n")
}

func (t *teller) emails(list []directory.Email) string {
	var out []string
	for _, m := range list {
		line := m.Address
		if m.Use != "" {
			line += " · " + t.c.T("desk.use."+m.Use)
		}
		if m.Visibility != directory.Public {
			line += " · " + t.seen(m.Visibility)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func (t *teller) links(list []directory.Link) string {
	var out []string
	for _, l := range list {
		line := l.URL
		if l.Visibility != directory.Public {
			line += " · " + t.seen(l.Visibility)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func (t *teller) hours(h directory.Hours) string {
	lines := []string{directory.HoursIn(t.texts, t.c.Lang, h)}
	if h.Holidays != "" {
		holidays := "directory.hours.holidays-" + h.Holidays
		lines = append(lines, t.c.T(holidays))
	}
	for _, e := range h.Except {
		if e.From == "" {
			lines = append(lines, e.Date+": "+t.c.T("directory.hours.closed"))
		} else {
			lines = append(lines, e.Date+": "+e.From+"–"+e.To)
		}
	}
	if note := h.Note.In(t.c.Lang); note != "" && note != lines[0] {
		lines = append(lines, note)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func (t *teller) languages(list []directory.Language) string {
	var out []string
	for _, l := range list {
		name := t.all.LanguageName(t.c.Lang, l.Code)
		if l.By == "interpreter" {
			name = t.c.T("directory.language.by-interpreter", "languages", name)
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

func (t *teller) area(codes []string) string {
	var out []string
	for _, code := range codes {
		out = append(out, directory.TerritoryIn(t.c.Lang, code))
	}
	return strings.Join(out, ", ")
}
