package directory

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/vault"
)

// countries are the countries of the directory, ISO 3166-1.
var countries = []string{"BE", "DE", "GR", "IT"}

// flagOrder are the filters that are on or off, in the order of the page.
var flagOrder = []FacetName{FacetOpen, FacetAlways, FacetFree, FacetReferral, FacetAnonymous, FacetWithoutPapers}

// listFacets are the filters with several values.
var listFacets = []FacetName{FacetCountry, FacetTerritory, FacetHelp, FacetTarget, FacetForm, FacetLanguage, FacetRole}

// schemeOf is the vocabulary scheme of a filter whose values are concepts.
var schemeOf = map[FacetName]string{FacetHelp: "help", FacetTarget: "target", FacetForm: "form", FacetRole: "role"}

// query reads a search. Names and values mean the same on pages and in the
// interface; the interface then refuses what p.err names, a page ignores it.
func (p *params) query(snap *snapshot, lang string, now time.Time) Query {
	known := func(scheme string) func(string) bool {
		return func(id string) bool { return snap.labels[scheme+"/"+id] != nil }
	}
	q := Query{
		Text: p.text("q", maxText), Lang: lang, Now: now,
		Countries:      upper(p.words("country", func(s string) bool { return slices.Contains(countries, strings.ToUpper(s)) })),
		Territories:    p.words("territory", func(s string) bool { _, ok := geo.Lookup(s); return ok }),
		Helps:          p.words("help", known("help")),
		Targets:        p.words("target", known("target")),
		Forms:          p.words("form", known("form")),
		Roles:          p.words("role", known("role")),
		Languages:      p.words("language", languageShape.MatchString),
		ByStaff:        p.yes("by-staff"),
		OpenNow:        p.yes("open"),
		Always:         p.yes("always"),
		Free:           p.yes("free"),
		DirectReferral: p.yes("referral"),
		WithoutPapers:  p.yes("without-papers"),
		Anonymous:      p.yes("anonymous"),
	}
	for _, g := range p.words("group", func(s string) bool { return slices.Contains(groups, Group(s)) }) {
		q.Groups = append(q.Groups, Group(g))
	}
	q.Near = p.near()
	return q
}

func upper(words []string) []string {
	for i, w := range words {
		words[i] = strings.ToUpper(w)
	}
	return words
}

// placeUnknown says that the gazetteer has no such place.
const placeUnknown = "directory.error.place"

// near reads a place by name or position. A position is cut to two decimals,
// about a kilometre: enough to sort by distance, too coarse for a doorstep.
func (p *params) near() *Near {
	place := p.text("near", 100)
	lat, hasLat := p.decimal("lat", -90, 90)
	lon, hasLon := p.decimal("lon", -180, 180)
	km, _ := p.decimal("km", 1, 1000)
	switch {
	case hasLat && hasLon:
		return &Near{Lat: coarse(lat), Lon: coarse(lon), Km: km}
	case hasLat || hasLon:
		p.bad("lat", "directory.error.position")
	case place != "":
		if len(geo.Find(place, "")) == 0 {
			p.bad("near", placeUnknown, "place", clip(place))
		}
		return &Near{Place: place, Km: km}
	}
	return nil
}

func coarse(degrees float64) float64 {
	return float64(int(degrees*100)) / 100
}

// searchBinding is the place of a sealed search.
var searchBinding = vault.Binding{Field: "directory.search"}

// searchLife is how long a sealed search opens.
const searchLife = 24 * time.Hour

// sealedSearch is what stands sealed in the address of a result page.
type sealedSearch struct {
	At     int64      `json:"at"` // milliseconds
	Values url.Values `json:"v"`
}

// seal makes the token of a search: the address of the result page shows it
// instead of what was looked for, so neither the history of the device nor a
// log of the way there tells.
//
// req: DIRECTORY-6
func (d *Directory) seal(values url.Values) (string, error) {
	plain, err := json.Marshal(sealedSearch{At: d.cfg.Now().UnixMilli(), Values: values})
	if err != nil {
		return "", fault.Wrap(err, "seal search")
	}
	token, err := d.cfg.Secret.SealToken(plain, searchBinding)
	return token, fault.Wrap(err, "seal search")
}

// unseal opens a token. ok is false when it is damaged, of another
// installation, or too old.
func (d *Directory) unseal(token string) (values url.Values, ok bool) {
	plain, err := d.cfg.Secret.OpenToken(token, searchBinding)
	if err != nil {
		return nil, false
	}
	var s sealedSearch
	if json.Unmarshal(plain, &s) != nil {
		return nil, false
	}
	age := time.Duration(d.cfg.Now().UnixMilli()-s.At) * time.Millisecond
	if age > searchLife || s.Values == nil {
		return nil, false
	}
	return s.Values, true
}

// searchNames are the parameters of a search that a page understands.
var searchNames = []string{
	"q", "country", "territory", "help", "target", "form", "role", "language", "group",
	"by-staff", "open", "always", "free", "referral", "without-papers", "anonymous", "near", "lat", "lon", "km",
}

// maxValues is how many values of one parameter a page reads.
const maxValues = 64

// searchValues keeps what belongs to a search out of a form or an address,
// applies the pressed toggle ("country:GR"), and drops what is empty. One letter
// beyond the limit stays, so that the page can say what it left out.
func searchValues(from url.Values) url.Values {
	out := url.Values{}
	for _, name := range searchNames {
		for _, v := range from[name] {
			if r := []rune(v); len(r) > maxText {
				v = string(r[:maxText+1])
			}
			if v = strings.TrimSpace(v); v != "" && len(out[name]) < maxValues && !slices.Contains(out[name], v) {
				out.Add(name, v)
			}
		}
	}
	for _, toggle := range from["toggle"] {
		name, value, ok := strings.Cut(toggle, ":")
		if !ok || !slices.Contains(searchNames, name) {
			continue
		}
		if i := slices.Index(out[name], value); i >= 0 {
			out[name] = slices.Delete(out[name], i, i+1)
		} else {
			out.Add(name, value)
		}
		if len(out[name]) == 0 {
			delete(out, name)
		}
	}
	return out
}

// homeCountry is the country that a reader of a language most likely means.
var homeCountry = map[string]string{"el": "GR", "it": "IT", "de": "DE", "nl": "BE", "fr": "BE"}

// countryOf says which country a search is about: asked for, named, the
// installation's, or the reader's language's; "" when nothing tells.
func (d *Directory) countryOf(q Query, r Result) string {
	switch {
	case len(q.Countries) == 1:
		return q.Countries[0]
	case len(q.Countries) > 1:
		return ""
	case len(q.Territories) > 0:
		return geo.Country(q.Territories[0])
	}
	for _, m := range r.Meanings {
		if m.Area != "" {
			return geo.Country(m.Area)
		}
	}
	if q.Near != nil {
		if r.Around != "" {
			return geo.Country(r.Around)
		}
		if place, ok := geo.Nearest(q.Near.Lat, q.Near.Lon); ok && q.Near.Lat != 0 {
			return place.Country()
		}
	}
	return d.Home(q.Lang)
}

// Home is the country that comes first for a reader who names none: the
// installation's, or that of the language; "" for a language of many countries.
func (d *Directory) Home(lang string) string {
	if home := d.home.Load(); home != nil && *home != "" {
		return *home
	}
	return homeCountry[lang]
}
