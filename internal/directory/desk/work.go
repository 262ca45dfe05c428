package desk

import (
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fold"
)

// finding is one thing about an entry that somebody should look at: found in
// the source, or computed.
type finding struct {
	ID     string // "hours-missing"
	Group  string // under which it is listed: the ID, or "source" for rare remarks
	Field  string // of the stored document
	Detail string // what exactly; of the source's findings in English
	To     string // where a link that has moved leads now
	Row    *rowName

	since     time.Time // from when the link is dead
	why       string    // in which way
	from      time.Time // it is one from then on; zero: always
	number    string    // it is one while another body prints the same number
	Dismissed *dismissal
}

func (f finding) key() findingKey { return findingKey{f.Row.Kind, f.Row.ID, f.ID, f.Field} }

// Times after which something is to be looked at again.
const (
	oldAfter  = 24 * 30 * 24 * time.Hour // an entry that nobody verified for two years
	lookAfter = 365 * 24 * time.Hour     // a link that nobody opened for a year
)

// notes is what is known beside the rows: what editors left as it is, what
// stood behind links, how far translations are.
type notes struct {
	dismissals map[findingKey]dismissal
	looks      map[string]linkLook
	links      map[string]LinkSeen
	uncalled   map[string]time.Time               // since when contacts wait, by kind and row
	states     map[string][]directory.Translation // by kind and row
}

// notesOf are the notes about one organisation.
func (k *Desk) notesOf(tx *db.Tx, t directory.Tree) (n notes, err error) {
	n = notes{dismissals: map[findingKey]dismissal{}, looks: map[string]linkLook{}, links: map[string]LinkSeen{}, states: map[string][]directory.Translation{}, uncalled: map[string]time.Time{}}
	for _, s := range t.Services {
		since, err := k.d.Uncalled(tx, s.ID)
		if err != nil {
			return n, err
		}
		if !since.IsZero() {
			n.uncalled[rowKey(s)] = since
		}
	}
	for _, r := range rowsOf(t) {
		if err := readDismissals(tx, n.dismissals, dismissalsOfStmt, string(r.Kind), r.ID); err != nil {
			return n, err
		}
		if n.states[rowKey(r)], err = k.d.Translations(tx, r); err != nil {
			return n, err
		}
		for _, l := range linksOf(r) {
			if err := readLooks(tx, n.looks, lookStmt, l.URL); err != nil {
				return n, err
			}
			if k.cfg.Links == nil {
				continue
			}
			if n.links[l.URL], err = k.cfg.Links.Of(tx, l.URL); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// allNotes are the notes about everything.
func (k *Desk) allNotes(tx *db.Tx, rows []directory.Row) (n notes, err error) {
	n = notes{dismissals: map[findingKey]dismissal{}, looks: map[string]linkLook{}, links: map[string]LinkSeen{}, uncalled: map[string]time.Time{}}
	if err := k.allUncalled(tx, n.uncalled, rows); err != nil {
		return n, err
	}
	if err := readDismissals(tx, n.dismissals, dismissalsStmt); err != nil {
		return n, err
	}
	if err := readLooks(tx, n.looks, looksStmt); err != nil {
		return n, err
	}
	if k.cfg.Links != nil {
		if err := k.cfg.Links.Each(tx, func(url string, s LinkSeen) { n.links[url] = s }); err != nil {
			return n, err
		}
	}
	n.states, err = k.d.AllTranslations(tx, rows)
	return n, err
}

// allUncalled notes at the services what of them or their places nobody called.
func (k *Desk) allUncalled(tx *db.Tx, into map[string]time.Time, rows []directory.Row) error {
	waiting := map[string]time.Time{}
	if err := k.d.EachUncalled(tx, func(kind directory.Kind, row string, at time.Time) { waiting[string(kind)+" "+row] = at }); err != nil || len(waiting) == 0 {
		return err
	}
	for _, r := range rows {
		at, there := waiting[rowKey(r)]
		if !there {
			continue
		}
		service := r.ID
		if r.Kind == directory.KindPlace {
			service = r.Parent
		}
		key := string(directory.KindService) + " " + service
		if old, known := into[key]; !known || at.Before(old) {
			into[key] = at
		}
	}
	return nil
}

func rowKey(r directory.Row) string { return string(r.Kind) + " " + r.ID }

func rowsOf(t directory.Tree) []directory.Row {
	out := []directory.Row{t.Organization}
	for _, s := range t.Services {
		out = append(append(out, s), t.Places[s.ID]...)
	}
	return out
}

func linksOf(r directory.Row) []directory.Link {
	switch {
	case r.Organization != nil:
		return r.Organization.Website
	case r.Service != nil:
		return r.Service.Website
	}
	return nil
}

// inspection goes through one organisation.
type inspection struct {
	notes notes
	row   directory.Row // under inspection
	name  *rowName      // of it
	words []string
	out   *body
}

// inspect finds what somebody should look at in an organisation, and what the
// lists say of it. Nothing outside is asked.
func inspect(t directory.Tree, n notes) *body {
	o := t.Organization.Organization
	in := &inspection{notes: n, out: &body{country: t.Organization.Parent, services: len(t.Services), verified: o.Verified != ""}}
	in.at(t.Organization)
	in.out.Row = *in.name
	in.organization()
	for _, s := range t.Services {
		in.at(s)
		in.service(o.Verified, t.Places[s.ID])
		for _, p := range t.Places[s.ID] {
			in.at(p)
			in.place(s)
		}
	}
	in.out.words = " " + strings.Join(fold.Tokens(strings.Join(in.words, " ")), " ")
	return in.out
}

func (in *inspection) at(r directory.Row) {
	in.row = r
	in.name = nameOf(r)
	switch {
	case r.Organization != nil:
		in.words = append(in.words, r.ID)
	case r.Service != nil:
		in.out.verified = in.out.verified || r.Service.Verified != ""
	}
	if r.Place == nil {
		in.words = append(in.words, in.name.Name)
		for _, lang := range directory.ContentLanguages {
			in.words = append(in.words, in.name.names[lang])
		}
		in.out.edited = in.out.edited || r.Edited
	}
}

// add notes a finding of the row under inspection.
func (in *inspection) add(f finding) {
	f.Row, f.Group = in.name, f.ID
	if !slices.Contains(workOrder, f.ID) {
		f.Group = "source"
	}
	if d, ok := in.notes.dismissals[f.key()]; ok && d.mark == markOf(in.row, f) {
		f.Dismissed = &d
	}
	in.out.found = append(in.out.found, f)
}

// markOf tells one state of what was found from another.
func markOf(row directory.Row, f finding) string {
	fields, err := row.Fields()
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(f.Field, ".")
	b, err := json.Marshal(fields[name])
	if err != nil {
		return ""
	}
	return shortMark(string(b)) + shortMark(f.Detail)
}

func shortMark(s string) string {
	h := fnv.New64a()
	h.Write([]byte(s))
	return strconv.FormatUint(h.Sum64(), 36)
}

// computed are remarks of the source that the list finds by itself, so that
// they go when they are mended.
var computed = []string{"hours-missing", "phone-missing", "languages-missing"}

func (in *inspection) source(list []directory.Finding) {
	for _, f := range list {
		if slices.Contains(computed, f.Kind) {
			continue
		}
		in.add(finding{ID: f.Kind, Field: documentField(f.Field), Detail: f.Detail})
	}
}

// documentField translates the name of a content file's key to the stored
// document's.
func documentField(key string) string {
	name, _, _ := strings.Cut(key, ".")
	if to, ok := map[string]string{"phone": "Phones", "email": "Emails", "website": "Website", "place": "Name", "hours": "Hours", "name": "Name", "summary": "Summary", "area": "Area", "language": "Languages"}[name]; ok {
		return to
	}
	return "Name"
}

// texts notes which languages the texts of the row lack.
func (in *inspection) texts() {
	var gap *textGap
	for _, s := range in.notes.states[rowKey(in.row)] {
		if gap == nil || gap.field != s.Field {
			in.out.gaps = append(in.out.gaps, textGap{row: in.name, field: s.Field, source: "en"})
			gap = &in.out.gaps[len(in.out.gaps)-1]
		}
		bit := uint8(1) << slices.Index(directory.ContentLanguages, s.Lang)
		switch s.State {
		case directory.TextSource:
			gap.source = s.Lang
		case directory.TextMissing:
			gap.missing |= bit
		case directory.TextOlder:
			gap.older |= bit
		}
	}
	in.out.gaps = slices.DeleteFunc(in.out.gaps, func(g textGap) bool { return g.missing|g.older == 0 })
}

// links: what a person saw later than the program counts for more.
func (in *inspection) links(links []directory.Link) {
	for _, l := range links {
		look := in.notes.looks[l.URL]
		seen := in.notes.links[l.URL]
		if seen.Checked.Before(look.at) {
			seen = LinkSeen{}
		}
		f := finding{ID: "link-look", Field: "Website", Detail: l.URL}
		switch {
		case seen.Moved != "":
			f.ID, f.To = "link-moved", seen.Moved
		case seen.Dead:
			f.ID, f.since, f.why = "link-dead", seen.Since, seen.Why
		case look.state == "dead" && seen.Checked.IsZero():
			f.ID, f.since = "link-dead", look.at
		case !seen.Checked.IsZero():
			f.from = seen.Checked.Add(lookAfter)
		case !look.at.IsZero():
			f.from = look.at.Add(lookAfter)
		}
		in.add(f)
	}
}

func (in *inspection) organization() {
	o := in.row.Organization
	in.source(o.Findings)
	in.texts()
	in.links(o.Website)
}

func (in *inspection) service(verified string, places []directory.Row) {
	s := in.row.Service
	in.source(s.Findings)
	known := s.Hours.Known()
	voice := slices.ContainsFunc(s.Phones, func(p directory.Phone) bool { return p.Kind != "fax" })
	for _, p := range places {
		known = known || p.Place.Hours.Known()
		voice = voice || slices.ContainsFunc(p.Place.Phones, func(p directory.Phone) bool { return p.Kind != "fax" })
	}
	if !known {
		in.add(finding{ID: "hours-missing", Field: "Hours"})
	}
	if !voice {
		in.add(finding{ID: "phone-missing", Field: "Phones"})
	}
	if len(s.Area) == 0 {
		in.add(finding{ID: "area-missing", Field: "Area"})
	}
	if len(s.Languages) == 0 && s.Interpreted == 0 && !s.AnyLanguage {
		in.add(finding{ID: "languages-missing", Field: "Languages"})
	}
	if since, waits := in.notes.uncalled[rowKey(in.row)]; waits {
		in.add(finding{ID: "uncalled", Field: "Phones", since: since})
	}
	in.old(max(s.Verified, verified))
	in.contacts(s.Phones, s.Emails)
	in.texts()
	in.links(s.Website)
}

func (in *inspection) old(verified string) {
	f := finding{ID: "old", Field: "Verified", Detail: verified}
	if at, err := time.Parse(time.DateOnly, verified); err == nil {
		f.from = at.Add(oldAfter)
	}
	in.add(f)
}

func (in *inspection) place(service directory.Row) {
	p := in.row.Place
	if slices.Contains(service.Service.Roles, "shelter") && p.Address != directory.Hidden {
		in.add(finding{ID: "shelter-seen", Field: "Address"})
	}
	in.contacts(p.Phones, p.Emails)
}

func (in *inspection) contacts(phones []directory.Phone, mails []directory.Email) {
	for _, p := range phones {
		in.words = append(in.words, p.Number, p.Short)
		if p.Number == "" {
			continue
		}
		in.add(finding{ID: "number-twice", Field: "Phones", Detail: p.Shown(), number: p.Number})
		if !slices.Contains(in.out.numbers, p.Number) {
			in.out.numbers = append(in.out.numbers, p.Number)
		}
	}
	for _, m := range mails {
		if personal(m.Address) && m.Visibility != directory.Hidden {
			in.add(finding{ID: "mailbox-personal", Field: "Emails", Detail: m.Address})
		}
	}
}

// notNames are first or last words of mailboxes that are no person's.
var notNames = strings.Fields("info contact office help helpline mail kontakt beratung accoglienza segreteria secretariat press legal support service team post admin hello antitrafficking")

// personal says whether a mailbox looks like a person's own: two words of
// letters with a dot between them, none of them a word for an office.
func personal(address string) bool {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	first, last, two := strings.Cut(local, ".")
	if !two || len(first) < 2 || len(last) < 3 {
		return false
	}
	letters := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return r < 'a' || r > 'z' })
	}
	return letters(first) && letters(last) && !slices.Contains(notNames, first) && !slices.Contains(notNames, last)
}
