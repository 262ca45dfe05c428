package directory

import (
	"context"
	"slices"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/i18n"
)

// Brief is an entry as the other rooms show it: enough to call, to choose and
// to refer, in the reader's language.
type Brief struct {
	ID, Name, Summary              string
	Organization, OrganizationName string // the organisation's identifier and name
	Country                        string // ISO 3166-1 alpha-2
	Town                           string // of the first place, may be empty
	Group                          Group
	Numbers                        []Dial
	Open                           OpenState
	ForChildren                    bool     // takes children and young people only
	Helps                          []string // concepts of what it does
	Area                           []string // territories that it covers; a country's code is all of it
	Languages                      []string // BCP 47 codes, spoken and interpreted
	Spoken, Interpreted            bool     // the language asked for
	Many                           bool     // interpreters for many languages, not known which
	Free, Anonymous                bool     // known to be
	Note, Detail                   string   // open state and languages, in words
	Lat, Lon                       float64  // of that place, or of its town when the place is hidden; 0, 0: not known
	Intake                         []string // the ways that can be tried without an account, in the order of Intakes
	Mailbox                        string   // published; where a link would go
}

// Dial is a number to call.
type Dial struct {
	Shown  string // as people write it
	Number string // what the call button dials: the short code or E.164
	Note   string
	Abroad bool // for calls from another country
}

func (d *Directory) brief(snap *snapshot, texts *i18n.Bundle, e Entry, lang, ask string, at time.Time) Brief {
	v := voice{texts: texts, lang: lang, now: at, snap: snap}
	s := e.Service
	b := Brief{ID: e.ID(), Summary: s.Summary.In(lang), Organization: e.Organization.ID, Country: e.Country(), Group: e.Group(), ForChildren: children(s.For), Helps: s.Helps, Area: s.Area,
		Open: v.state(e), Free: s.Free == Yes, Anonymous: s.Anonymous == Yes, Detail: strings.Join(v.languages(s), " · ")}
	b.Name, _ = v.name(s.Name, s.Names)
	b.OrganizationName, _ = v.name(e.Organization.Name, e.Organization.Names)
	b.Note = v.open(b.Open).Text
	for _, p := range voicePhones(s) {
		b.Numbers = append(b.Numbers, Dial{Shown: p.Shown(), Number: p.Dialled(), Note: v.phoneNote(p), Abroad: p.Use == "abroad"})
	}
	for _, l := range s.Languages {
		b.Languages = append(b.Languages, l.Code)
	}
	b.Mailbox, b.Intake = s.Mailbox(), s.Ways()
	if len(s.Places) > 0 {
		b.Town, b.Lat, b.Lon = v.town(s.Places[0]), s.Places[0].Lat, s.Places[0].Lon
	}
	by, ok := s.speaks(ask)
	b.Spoken = ok && by == ""
	b.Interpreted = !b.Spoken && (ok || s.AnyLanguage)
	b.Many = !b.Spoken && !b.Interpreted && s.Interpreted > 0
	return b
}

// Brief is one entry that helps or coordinates; what professionals may see.
// Errors: fault.NotFound, also for an authority.
func (d *Directory) Brief(ctx context.Context, texts *i18n.Bundle, serviceID, lang string, at time.Time) (*Brief, error) {
	snap, err := d.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	r, ok := snap.views[ForProfessionals].byService[serviceID]
	if !ok || r.organization.Group == Authority {
		return nil, fault.New(fault.NotFound, "directory.error.no-entry")
	}
	b := d.brief(snap, texts, Entry{Organization: r.organization, Service: r.service}, lang, lang, at)
	return &b, nil
}

// Lines are the national helplines of a country, best first for somebody who
// speaks ask, told in lang. Never an authority.
func (d *Directory) Lines(ctx context.Context, texts *i18n.Bundle, country, lang, ask string, at time.Time) ([]Brief, error) {
	snap, err := d.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	var out []Brief
	for _, h := range snap.index.Helplines(country, ask, at) {
		out = append(out, d.brief(snap, texts, h.Entry, lang, ask, at))
	}
	return out, nil
}

// Briefs answers a search for another room; authorities are left out unless
// the query names their group.
func (d *Directory) Briefs(ctx context.Context, texts *i18n.Bundle, q Query) ([]Brief, error) {
	out, _, err := d.briefs(ctx, texts, q)
	return out, err
}

// Named is Briefs for whoever types a name: nothing where the search gave up
// more than its spelling, since a body of another name is none of theirs.
func (d *Directory) Named(ctx context.Context, texts *i18n.Bundle, q Query) ([]Brief, error) {
	out, given, err := d.briefs(ctx, texts, q)
	if slices.ContainsFunc(given, func(s Step) bool { return s.Code != StepSpelling }) {
		return nil, err
	}
	return out, err
}

func (d *Directory) briefs(ctx context.Context, texts *i18n.Bundle, q Query) (out []Brief, given []Step, err error) {
	snap, err := d.snapshot(ctx)
	if err != nil {
		return nil, nil, err
	}
	ask := q.Lang
	if len(q.Languages) > 0 {
		ask = q.Languages[0]
	}
	found := snap.inner().Search(q)
	for _, h := range found.Hits {
		out = append(out, d.brief(snap, texts, h.Entry, q.Lang, ask, q.Now))
	}
	return out, found.Relaxed, nil
}

// IsAuthority says whether a body is police, prosecution or the like; false for
// one that the directory does not hold.
func (d *Directory) IsAuthority(ctx context.Context, organization string) (bool, error) {
	snap, err := d.snapshot(ctx)
	if err != nil {
		return false, err
	}
	o := snap.views[ForProfessionals].byID[organization]
	return o != nil && o.Group == Authority, nil
}

// OrganizationName is the name of a body in the reader's language, authorities
// too. Errors: fault.NotFound.
func (d *Directory) OrganizationName(ctx context.Context, texts *i18n.Bundle, organization, lang string) (string, error) {
	snap, err := d.snapshot(ctx)
	if err != nil {
		return "", err
	}
	o := snap.views[ForProfessionals].byID[organization]
	if o == nil {
		return "", fault.New(fault.NotFound, "directory.error.no-entry")
	}
	name, _ := voice{texts: texts, lang: lang, snap: snap}.name(o.Name, o.Names)
	return name, nil
}

// Supports says whether a body is known as one that helps people: neither an
// authority nor an office.
func (d *Directory) Supports(ctx context.Context, organization string) (bool, error) {
	snap, err := d.snapshot(ctx)
	if err != nil {
		return false, err
	}
	o := snap.views[ForProfessionals].byID[organization]
	return o != nil && o.Group == Support, nil
}

// PublicName is the name of an entry that everyone may see, authorities
// included, in a reader's language. Errors: fault.NotFound.
func (d *Directory) PublicName(ctx context.Context, texts *i18n.Bundle, serviceID, lang string) (string, error) {
	snap, err := d.snapshot(ctx)
	if err != nil {
		return "", err
	}
	r, ok := snap.views[ForEveryone].byService[serviceID]
	if !ok {
		return "", fault.New(fault.NotFound, "directory.error.no-entry")
	}
	name, _ := (voice{texts: texts, lang: lang, now: d.cfg.Now(), snap: snap}).name(r.service.Name, r.service.Names)
	return name, nil
}
