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
)

// finding is one thing about an entry that somebody should look at: found in
// the source, or computed.
type finding struct {
	ID     string // "hours-missing"
	Group  string // under which it is listed: the ID, or "source" for rare remarks
	Field  string // of the stored document
	Detail string // what exactly; of the source's findings in English
	Row    directory.Row
	Within directory.Organization

	mark      string // of the field as it was found
	Dismissed *dismissal
}

func (f finding) key() findingKey { return findingKey{f.Row.Kind, f.Row.ID, f.ID, f.Field} }

// Times after which something is to be looked at again.
const (
	oldAfter  = 24 * 30 * 24 * time.Hour // an entry that nobody verified for two years
	lookAfter = 365 * 24 * time.Hour     // a link that nobody opened for a year
)

// inspection is the whole directory as the work list goes through it.
type inspection struct {
	now        time.Time
	dismissals map[findingKey]dismissal
	looks      map[string]linkLook
	states     map[string][]directory.Translation
	numbers    map[string][]string // number to the organisations that print it
	out        []finding
}

// forest is every entry with its rows.
type forest struct {
	organizations []directory.Row
	services      map[string][]directory.Row // by organisation
	places        map[string][]directory.Row // by service
}

func (k *Desk) forest(tx *db.Tx) (f forest, err error) {
	if f.organizations, err = k.d.Rows(tx, directory.KindOrganization); err != nil {
		return f, err
	}
	services, err := k.d.Rows(tx, directory.KindService)
	if err != nil {
		return f, err
	}
	places, err := k.d.Rows(tx, directory.KindPlace)
	if err != nil {
		return f, err
	}
	f.services, f.places = map[string][]directory.Row{}, map[string][]directory.Row{}
	for _, s := range services {
		f.services[s.Parent] = append(f.services[s.Parent], s)
	}
	for _, p := range places {
		f.places[p.Parent] = append(f.places[p.Parent], p)
	}
	return f, nil
}

func (f forest) rows() []directory.Row {
	out := slices.Clone(f.organizations)
	for _, o := range f.organizations {
		for _, s := range f.services[o.ID] {
			out = append(append(out, s), f.places[s.ID]...)
		}
	}
	return out
}

// inspect finds what somebody should look at. Nothing outside is asked.
func (k *Desk) inspect(tx *db.Tx, f forest, now time.Time) ([]finding, error) {
	in := &inspection{now: now, numbers: map[string][]string{}}
	var err error
	if in.dismissals, err = readDismissals(tx); err != nil {
		return nil, err
	}
	if in.looks, err = readLooks(tx); err != nil {
		return nil, err
	}
	if in.states, err = k.d.AllTranslations(tx, f.rows()); err != nil {
		return nil, err
	}
	for _, o := range f.organizations {
		for _, s := range f.services[o.ID] {
			in.count(o.ID, s.Service.Phones)
			for _, p := range f.places[s.ID] {
				in.count(o.ID, p.Place.Phones)
			}
		}
	}
	for _, o := range f.organizations {
		in.organization(o)
		for _, s := range f.services[o.ID] {
			in.service(*o.Organization, o.Organization.Verified, s, f.places[s.ID])
			for _, p := range f.places[s.ID] {
				in.place(*o.Organization, s, p)
			}
		}
	}
	return in.out, nil
}

func (in *inspection) count(organization string, phones []directory.Phone) {
	for _, p := range phones {
		if n := p.Number; n != "" && !slices.Contains(in.numbers[n], organization) {
			in.numbers[n] = append(in.numbers[n], organization)
		}
	}
}

func (in *inspection) add(within directory.Organization, row directory.Row, id, field, detail string) {
	group := id
	if !slices.Contains(workOrder, id) && !strings.HasPrefix(id, "text-") {
		group = "source"
	}
	f := finding{ID: id, Group: group, Field: field, Detail: detail, Row: row, Within: within, mark: fieldMark(row, field) + shortMark(detail)}
	if d, ok := in.dismissals[f.key()]; ok && d.mark == f.mark {
		f.Dismissed = &d
	}
	in.out = append(in.out, f)
}

// fieldMark tells one state of a field from another.
func fieldMark(row directory.Row, field string) string {
	fields, err := row.Fields()
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(field, ".")
	b, err := json.Marshal(fields[name])
	if err != nil {
		return ""
	}
	return shortMark(string(b))
}

func shortMark(s string) string {
	h := fnv.New64a()
	h.Write([]byte(s))
	return strconv.FormatUint(h.Sum64(), 36)
}

// computed are remarks of the source that the list finds by itself, so that
// they go when they are mended.
var computed = []string{"hours-missing", "phone-missing", "languages-missing"}

func (in *inspection) source(within directory.Organization, row directory.Row, list []directory.Finding) {
	for _, f := range list {
		if slices.Contains(computed, f.Kind) {
			continue
		}
		in.add(within, row, f.Kind, documentField(f.Field), f.Detail)
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

func (in *inspection) texts(within directory.Organization, row directory.Row) {
	for _, s := range in.states[string(row.Kind)+" "+row.ID] {
		switch s.State {
		case directory.TextMissing:
			in.add(within, row, "text-missing", s.Field+"."+s.Lang, "")
		case directory.TextOlder:
			in.add(within, row, "text-older", s.Field+"."+s.Lang, "")
		}
	}
}

func (in *inspection) links(within directory.Organization, row directory.Row, links []directory.Link) {
	for _, l := range links {
		look, seen := in.looks[l.URL]
		switch {
		case seen && look.state == "dead":
			in.add(within, row, "link-dead", "Website", l.URL)
		case !seen || in.now.Sub(look.at) > lookAfter:
			in.add(within, row, "link-look", "Website", l.URL)
		}
	}
}

func (in *inspection) organization(row directory.Row) {
	o := *row.Organization
	in.source(o, row, o.Findings)
	in.texts(o, row)
	in.links(o, row, o.Website)
}

func (in *inspection) service(o directory.Organization, verified string, row directory.Row, places []directory.Row) {
	s := row.Service
	in.source(o, row, s.Findings)
	known := s.Hours.Known()
	voice := slices.ContainsFunc(s.Phones, func(p directory.Phone) bool { return p.Kind != "fax" })
	for _, p := range places {
		known = known || p.Place.Hours.Known()
		voice = voice || slices.ContainsFunc(p.Place.Phones, func(p directory.Phone) bool { return p.Kind != "fax" })
	}
	if !known {
		in.add(o, row, "hours-missing", "Hours", "")
	}
	if !voice {
		in.add(o, row, "phone-missing", "Phones", "")
	}
	if len(s.Area) == 0 {
		in.add(o, row, "area-missing", "Area", "")
	}
	if len(s.Languages) == 0 && s.Interpreted == 0 && !s.AnyLanguage {
		in.add(o, row, "languages-missing", "Languages", "")
	}
	if s.Verified > verified {
		verified = s.Verified
	}
	if at, err := time.Parse(time.DateOnly, verified); err != nil || in.now.Sub(at) > oldAfter {
		in.add(o, row, "old", "Verified", verified)
	}
	in.contacts(o, row, s.Phones, s.Emails)
	in.texts(o, row)
	in.links(o, row, s.Website)
}

func (in *inspection) place(o directory.Organization, service, row directory.Row) {
	p := row.Place
	if slices.Contains(service.Service.Roles, "shelter") && p.Address != directory.Hidden {
		in.add(o, row, "shelter-seen", "Address", "")
	}
	in.contacts(o, row, p.Phones, p.Emails)
}

func (in *inspection) contacts(o directory.Organization, row directory.Row, phones []directory.Phone, mails []directory.Email) {
	for _, p := range phones {
		if len(in.numbers[p.Number]) > 1 {
			in.add(o, row, "number-twice", "Phones", p.Shown())
		}
	}
	for _, m := range mails {
		if personal(m.Address) && m.Visibility != directory.Hidden {
			in.add(o, row, "mailbox-personal", "Emails", m.Address)
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
