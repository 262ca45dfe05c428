// Package atlas draws the directory on maps and packs it for use without a
// line.
//
// The idea: a map answers "what is there, around here?" for somebody who does
// not know what to ask for. It is drawn on the server from outlines in the
// binary, so that no tile server learns who looked where. Every shape and every
// circle is a link with a name, and the list beside the map leads to the same
// pages with the same numbers: nobody needs the picture. The offline pack is
// one file per country with what the guide needs where there is no signal; the
// same file for everyone, so that fetching it tells nothing.
//
// Stored: nothing. Counts and packs are worked out from the directory's
// published version and kept in memory until it moves. The outlines are
// compiled in (data/SOURCES.md).
//
// It must never show or pack anything that is not published to everyone, place
// a hidden address anywhere but at its town, show an authority as somewhere to
// go, or keep what was looked for.
package atlas

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"amelie/internal/directory"
	"amelie/internal/geo"
	"amelie/internal/i18n"
)

// Config is what the rooms need from outside.
type Config struct {
	Directory *directory.Directory
	Texts     *i18n.Bundle

	// Lines are the telephone lines of a country (ISO 3166-1) that stand first,
	// told in lang. Support only.
	Lines func(ctx context.Context, country, lang string, at time.Time) ([]directory.Brief, error)

	// Emergency is the number of the emergency services in a country.
	Emergency func(country string) string

	// Helplines are services that a country counts among its lines beside the
	// national helplines of the directory.
	Helplines func(country string) []string
}

// Atlas serves the map and the packs.
type Atlas struct {
	cfg    Config
	survey remembered[survey]
	packs  remembered[shelf]
}

// New makes the rooms; Mount registers them.
func New(cfg Config) *Atlas { return &Atlas{cfg: cfg} }

// survey counts who is where, by country.
type survey map[string]*country

// country is what the map says of one country.
type country struct {
	code    string
	entries []directory.Entry // everyone in it or for it
	whole   []directory.Entry // for the whole of it
	regions map[string]*region
}

// region is a territory that a map draws.
type region struct {
	code    string
	entries []directory.Entry // with a place in it, or for it or a part of it, but not for the whole country
	towns   []*town           // those with a place, the most services first
	named   map[string]*town  // the same by name
	placed  map[string]bool   // services that stand in a town
}

// town is where services are: a town's position, never that of a hidden house.
type town struct {
	place   directory.Place
	at      degrees
	entries []directory.Entry
}

// newSurvey counts entries by the territories that are drawn of some countries.
// Authorities are not counted: the map is about where to turn.
//
// req: ATLAS-2
func newSurvey(countries []string, entries []directory.Entry) survey {
	s := survey{}
	for _, code := range countries {
		c := &country{code: code, regions: map[string]*region{}}
		for _, unit := range unitsOf(code) {
			c.regions[unit] = &region{code: unit}
		}
		s[code] = c
	}
	for _, e := range entries {
		if e.Group() != directory.Authority {
			s.add(e)
		}
	}
	for _, c := range s {
		c.order()
	}
	return s
}

// add counts one entry in each country and region that it is in or for, of
// those that the survey is about.
func (s survey) add(e directory.Entry) {
	area := e.Service.Area
	if len(area) == 0 {
		area = []string{e.Country()}
	}
	countries, units := []string{e.Country()}, []string(nil)
	for _, code := range area {
		t, ok := geo.Lookup(code)
		if !ok {
			continue
		}
		in := geo.Country(t.Code)
		countries = with(countries, in)
		if c := s[in]; c != nil && t.Parent == "" {
			c.whole = append(c.whole, e)
		}
		units = with(units, unitsAt(t.Code)...)
	}
	for _, p := range e.Service.Places {
		at := unitsAt(p.Territory)
		units = with(units, at...)
		if len(at) == 1 && geo.ValidPosition(p.Lat, p.Lon) && (p.Lat != 0 || p.Lon != 0) {
			if r := s.region(at[0]); r != nil {
				r.place(e, p)
			}
		}
	}
	for _, unit := range units {
		if r := s.region(unit); r != nil {
			r.entries = append(r.entries, e)
		}
		countries = with(countries, geo.Country(unit))
	}
	for _, code := range countries {
		if c := s[code]; c != nil {
			c.entries = append(c.entries, e)
		}
	}
}

// region is nil when the survey is not about its country.
func (s survey) region(unit string) *region {
	c := s[geo.Country(unit)]
	if c == nil {
		return nil
	}
	return c.regions[unit]
}

// with adds what a short list does not hold yet.
func with(list []string, more ...string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// place counts an entry in the town of one of its places, once.
func (r *region) place(e directory.Entry, p directory.Place) {
	if r.named == nil {
		r.named, r.placed = map[string]*town{}, map[string]bool{}
	}
	r.placed[e.ID()] = true
	t := r.named[p.Town]
	if t == nil {
		t = &town{place: p, at: degrees{p.Lon, p.Lat}}
		r.named[p.Town] = t
		r.towns = append(r.towns, t)
	}
	if last := len(t.entries) - 1; last < 0 || t.entries[last].ID() != e.ID() {
		t.entries = append(t.entries, e)
	}
}

// order puts the towns with most services first.
func (c *country) order() {
	for _, r := range c.regions {
		slices.SortStableFunc(r.towns, func(a, b *town) int {
			return cmp.Or(len(b.entries)-len(a.entries), strings.Compare(a.place.Town, b.place.Town))
		})
	}
}

// unitsOf are the territories that a country's map draws.
func unitsOf(country string) []string {
	at, ok := sheets.country[country]
	if !ok {
		return nil
	}
	var out []string
	for _, d := range at().shapes {
		out = append(out, d.code)
	}
	return out
}

// unitsAt are the drawn territories that a code (ISO or NUTS) is, lies in, or
// covers as a part of a country: a province is in its region, Flanders is five
// provinces. A whole country is none.
func unitsAt(code string) []string { return unitTable()[code] }

var unitTable = sync.OnceValue(func() map[string][]string {
	table := map[string][]string{}
	for _, t := range geo.Territories() {
		sheet, ok := sheets.country[geo.Country(t.Code)]
		if !ok || t.Parent == "" {
			continue
		}
		drawn := func(code string) bool { _, ok := sheet().position[code]; return ok }
		units := slices.DeleteFunc(geo.Ancestors(t.Code), func(up string) bool { return !drawn(up) })
		if len(units) == 0 {
			units = slices.DeleteFunc(geo.Children(t.Code), func(below string) bool { return !drawn(below) })
		}
		table[t.Code] = units
		if _, taken := table[t.NUTS]; t.NUTS != "" && !taken {
			table[t.NUTS] = units
		}
	}
	return table
})
