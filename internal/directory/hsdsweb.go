package directory

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/geo"
	"amelie/internal/web"
)

// The HSDS paths. They answer everyone the same: a session or a token that
// comes along changes nothing, since nothing is read but what everyone may see.

// hsdsVersion is the version of the specification that is spoken.
const hsdsVersion = "3.1"

// hsdsPerPage bounds a page.
const (
	hsdsPerPage    = 50
	hsdsMaxPerPage = 1000
)

// mountHSDS registers the read side of HSDS. Every search is also there by
// POST, so that what was looked for never stands in a log.
func (d *Directory) mountHSDS(s *web.Shell) {
	d.hsds(s, "GET /hsds/{$}", d.hsdsRoot)
	d.hsds(s, "GET /hsds", d.hsdsRoot)
	d.hsds(s, "GET /hsds/profile", d.hsdsProfile)
	for _, list := range []struct {
		name string
		all  hsdsHandler
		one  hsdsHandler
	}{
		{"services", d.hsdsServices, d.hsdsService},
		{"organizations", d.hsdsOrganizations, d.hsdsOrganization},
		{"taxonomies", d.hsdsTaxonomies, d.hsdsTaxonomy},
		{"taxonomy_terms", d.hsdsTerms, d.hsdsTerm},
		{"service_at_locations", d.hsdsAtLocations, d.hsdsAtLocation},
	} {
		d.hsds(s, "GET /hsds/"+list.name, list.all)
		d.hsds(s, "POST /hsds/"+list.name, list.all)
		d.hsds(s, "POST /hsds/"+list.name+"/search", list.all)
		d.hsds(s, "GET /hsds/"+list.name+"/{id}", list.one)
	}
}

type hsdsHandler func(w http.ResponseWriter, r *http.Request, b *hsdsBook) error

// hsds wraps a handler: the book of the present version, errors as problems.
func (d *Directory) hsds(s *web.Shell, pattern string, h hsdsHandler) {
	s.Raw(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := d.allow(r)
		if err == nil {
			var snap *snapshot
			if snap, err = d.snapshot(r.Context()); err == nil {
				err = h(w, r, snap.book())
			}
		}
		if err != nil {
			d.refuse(s, w, r, err)
		}
	}))
}

func (d *Directory) hsdsRoot(w http.ResponseWriter, r *http.Request, _ *hsdsBook) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	if err := p.err(); err != nil {
		return err
	}
	base := d.base(r)
	return writeJSON(w, struct {
		Version    string `json:"version"`
		Profile    string `json:"profile"`
		OpenAPIURL string `json:"openapi_url"`
	}{hsdsVersion, base + "/hsds/profile", base + "/api/v1/openapi.yaml"})
}

// base is the site's own address for the links that HSDS wants absolute.
func (d *Directory) base(r *http.Request) string {
	if d.cfg.BaseURL != "" {
		return strings.TrimRight(d.cfg.BaseURL, "/")
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// hsdsProfile describes what goes beyond the specification.
func (d *Directory) hsdsProfile(w http.ResponseWriter, r *http.Request, b *hsdsBook) error {
	type term struct {
		ID          string `json:"id"`
		Code        string `json:"code"`
		Name        string `json:"name"`
		Description string `json:"description"`
	}
	out := struct {
		Name        string   `json:"name"`
		Version     string   `json:"version"`
		HSDS        string   `json:"hsds_version"`
		Description string   `json:"description"`
		Rules       []string `json:"rules"`
		Attributes  []term   `json:"attributes"`
	}{
		Name: "amelie", Version: "1", HSDS: hsdsVersion,
		Description: "How this directory uses HSDS. Every record validates against the unchanged HSDS 3.1 schemas; facts without a field of their own are attributes whose taxonomy terms are listed here.",
		Rules: []string{
			"Identifiers are UUIDs of version 5, derived from the directory's own permanent identifiers; the attribute \"identifier\" carries those.",
			"Texts are in English; attributes with the term \"translation\" carry the other languages.",
			"A service whose address is not published has no location and no service_at_location; the attribute \"town\" names its town.",
			"A phone number is in E.164 where one exists, otherwise the national short code.",
			"assured_date is the date of the last verification; without it nobody verified the record since the date of its source.",
			"Records of the group \"authority\" are never to be shown to a person as a next step.",
			"A fact that is not known is absent; absent is not no.",
			"Unknown parameters and values are refused with status 400 and a problem (RFC 9457) that names them.",
		},
	}
	for _, p := range profileTerms {
		out.Attributes = append(out.Attributes, term{hsdsID("term", "profile", p.code), p.code, p.name, p.description})
	}
	return writeJSON(w, out)
}

// listing is what every list understands.
type listing struct {
	page, perPage int
	ndjson        bool
	search        string
}

func (p *params) listing() listing {
	l := listing{
		page:    p.number("page", 1, 1_000_000, 1),
		perPage: p.number("per_page", 1, hsdsMaxPerPage, hsdsPerPage),
		search:  p.text("search", 400),
	}
	switch p.text("format", 20) {
	case "", "json":
	case "ndjson":
		l.ndjson = true
	default:
		p.bad("format", "directory.error.format")
	}
	return l
}

// serviceFilter chooses services by what HSDS can ask.
type serviceFilter struct {
	search                       string
	term, taxonomy, organization string
	after                        time.Time
}

func (p *params) serviceFilter(search string) serviceFilter {
	return serviceFilter{
		search: search, term: p.text("taxonomy_term_id", 60), taxonomy: p.text("taxonomy_id", 60),
		organization: p.text("organization_id", 60), after: p.time("modified_after"),
	}
}

// takes says whether the service passes; words are folded.
func (b *hsdsBook) takes(f serviceFilter, words []string, s *hsdsService) bool {
	switch {
	case f.organization != "" && s.OrganizationID != f.organization:
		return false
	case !f.after.IsZero() && b.modified[s.ID].Before(f.after):
		return false
	case f.term != "" && !b.termsOf[s.ID][f.term]:
		return false
	case f.taxonomy != "" && !b.hasTaxonomy(s.ID, f.taxonomy):
		return false
	}
	return b.matches(s.ID, words)
}

func (b *hsdsBook) hasTaxonomy(service, taxonomy string) bool {
	for term := range b.termsOf[service] {
		if i, ok := b.term[term]; ok && b.terms[i].TaxonomyID == taxonomy {
			return true
		}
	}
	return false
}

func (d *Directory) hsdsServices(w http.ResponseWriter, r *http.Request, b *hsdsBook) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	l := p.listing()
	f := p.serviceFilter(l.search)
	full, minimal := p.yes("full"), p.yes("minimal")
	if err := p.err(); err != nil {
		return err
	}
	words := fold.Tokens(f.search)
	if minimal {
		var out []hsdsMinimal
		for i := range b.services {
			if b.takes(f, words, &b.services[i]) {
				out = append(out, b.minimal[i])
			}
		}
		return answerList(w, l, out)
	}
	var out []hsdsService
	for i := range b.services {
		s := &b.services[i]
		if !b.takes(f, words, s) {
			continue
		}
		if full {
			out = append(out, *s)
		} else {
			out = append(out, *s.plain())
		}
	}
	return answerList(w, l, out)
}

func (d *Directory) hsdsService(w http.ResponseWriter, r *http.Request, b *hsdsBook) error {
	return one(w, r, b.services, b.service)
}

func (d *Directory) hsdsOrganizations(w http.ResponseWriter, r *http.Request, b *hsdsBook) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	l := p.listing()
	f := serviceFilter{term: p.text("taxonomy_term_id", 60), taxonomy: p.text("taxonomy_id", 60)}
	full, withServices := p.yes("full"), p.yes("full_service")
	if err := p.err(); err != nil {
		return err
	}
	words := fold.Tokens(l.search)
	var out []hsdsOrganization
	for _, o := range b.organizations {
		if !b.organizationTakes(f, words, &o) {
			continue
		}
		switch {
		case withServices:
			out = append(out, b.withServices(o))
		case full:
			out = append(out, o)
		default:
			out = append(out, *o.plain())
		}
	}
	return answerList(w, l, out)
}

// organizationTakes says whether the organisation itself, or one of its
// services, passes.
func (b *hsdsBook) organizationTakes(f serviceFilter, words []string, o *hsdsOrganization) bool {
	if f == (serviceFilter{}) && len(words) == 0 {
		return true
	}
	for _, s := range o.Services {
		if b.takes(f, words, &b.services[b.service[s.ID]]) {
			return true
		}
	}
	if f != (serviceFilter{}) {
		return false
	}
	own := " " + fold.Key(o.Name+" "+o.AlternateName+" "+o.Description)
	for _, w := range words {
		if !strings.Contains(own, " "+w) {
			return false
		}
	}
	return true
}

func (b *hsdsBook) withServices(o hsdsOrganization) hsdsOrganization {
	full := make([]hsdsService, 0, len(o.Services))
	for _, s := range o.Services {
		one := b.services[b.service[s.ID]]
		one.Organization = nil
		full = append(full, one)
	}
	o.Services = full
	return o
}

func (d *Directory) hsdsOrganization(w http.ResponseWriter, r *http.Request, b *hsdsBook) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	withServices := p.yes("full_service")
	if err := p.err(); err != nil {
		return err
	}
	i, ok := b.organization[r.PathValue("id")]
	if !ok {
		return fault.New(fault.NotFound, "directory.error.no-record")
	}
	if withServices {
		return writeJSON(w, b.withServices(b.organizations[i]))
	}
	return writeJSON(w, b.organizations[i])
}

func (d *Directory) hsdsTaxonomies(w http.ResponseWriter, r *http.Request, b *hsdsBook) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	l := p.listing()
	if err := p.err(); err != nil {
		return err
	}
	words := fold.Tokens(l.search)
	var out []hsdsTaxonomy
	for _, t := range b.taxonomies {
		if hasWords(t.Name+" "+t.Description, words) {
			out = append(out, t)
		}
	}
	return answerList(w, l, out)
}

func hasWords(text string, words []string) bool {
	folded := " " + fold.Key(text)
	for _, w := range words {
		if !strings.Contains(folded, " "+w) {
			return false
		}
	}
	return true
}

func (d *Directory) hsdsTaxonomy(w http.ResponseWriter, r *http.Request, b *hsdsBook) error {
	return one(w, r, b.taxonomies, b.taxonomy)
}

func (d *Directory) hsdsTerms(w http.ResponseWriter, r *http.Request, b *hsdsBook) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	l := p.listing()
	taxonomy, parent, top := p.text("taxonomy_id", 60), p.text("parent_id", 60), p.yes("top_only")
	if err := p.err(); err != nil {
		return err
	}
	words := fold.Tokens(l.search)
	var out []hsdsTerm
	for _, t := range b.terms {
		switch {
		case taxonomy != "" && t.TaxonomyID != taxonomy:
		case parent != "" && t.ParentID != parent:
		case top && t.ParentID != "":
		case !hasWords(t.Name+" "+t.Description+" "+t.Code+" "+b.synonyms[t.ID], words):
		default:
			out = append(out, t)
		}
	}
	return answerList(w, l, out)
}

func (d *Directory) hsdsTerm(w http.ResponseWriter, r *http.Request, b *hsdsBook) error {
	i, ok := b.term[r.PathValue("id")]
	if !ok {
		return fault.New(fault.NotFound, "directory.error.no-record")
	}
	t := b.terms[i]
	detail := b.taxonomies[b.taxonomy[t.TaxonomyID]]
	t.Detail = &detail
	return writeJSON(w, t)
}

func (d *Directory) hsdsAtLocations(w http.ResponseWriter, r *http.Request, b *hsdsBook) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	l := p.listing()
	f := p.serviceFilter(l.search)
	full := p.yes("full")
	near := b.postcode(p)
	if err := p.err(); err != nil {
		return err
	}
	words := fold.Tokens(f.search)
	var out []hsdsServiceAtLocation
	for _, at := range b.atLocations {
		if !near(b.places[at.ID]) || !b.takes(f, words, &b.services[b.service[at.ServiceID]]) {
			continue
		}
		if !full {
			at.ServiceAreas, at.Contacts, at.Phones, at.Schedules = nil, nil, nil, nil
			at.Location = at.Location.plain()
		}
		out = append(out, at)
	}
	return answerList(w, l, out)
}

func (l hsdsLocation) plain() *hsdsLocation {
	l.Addresses, l.Contacts, l.Phones, l.Schedules = nil, nil, nil, nil
	return &l
}

// postcode reads postcode and proximity (metres). The centre of a postcode is
// the middle of the directory's own places in it: no outside geocoder.
func (b *hsdsBook) postcode(p *params) func(Place) bool {
	code := compactCode(p.text("postcode", 20))
	metres, near := p.decimal("proximity", 0, 2e7)
	if code == "" {
		if near {
			p.bad("proximity", "directory.error.proximity")
		}
		return func(Place) bool { return true }
	}
	var lat, lon, n float64
	for _, place := range b.places {
		if compactCode(place.PostalCode) == code && (place.Lat != 0 || place.Lon != 0) {
			lat, lon, n = lat+place.Lat, lon+place.Lon, n+1
		}
	}
	if !near || n == 0 {
		return func(place Place) bool { return compactCode(place.PostalCode) == code }
	}
	lat, lon = lat/n, lon/n
	return func(place Place) bool {
		return (place.Lat != 0 || place.Lon != 0) && geo.Distance(lat, lon, place.Lat, place.Lon) <= metres
	}
}

func compactCode(code string) string {
	return strings.ToUpper(strings.ReplaceAll(code, " ", ""))
}

func (d *Directory) hsdsAtLocation(w http.ResponseWriter, r *http.Request, b *hsdsBook) error {
	return one(w, r, b.atLocations, b.atLocation)
}

// one answers a record by its identifier.
func one[T any](w http.ResponseWriter, r *http.Request, all []T, index map[string]int) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	if err := p.err(); err != nil {
		return err
	}
	i, ok := index[r.PathValue("id")]
	if !ok {
		return fault.New(fault.NotFound, "directory.error.no-record")
	}
	return writeJSON(w, all[i])
}

// answerList answers a page, or with format=ndjson everything, a record a line.
func answerList[T any](w http.ResponseWriter, l listing, all []T) error {
	if !l.ndjson {
		return writeJSON(w, paged(all, l.page, l.perPage))
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, one := range all {
		if err := enc.Encode(one); err != nil {
			return fault.Wrap(err, "hsds")
		}
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	_, _ = w.Write(b.Bytes()) // a client that went away is nobody's fault
	return nil
}

func writeJSON(w http.ResponseWriter, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fault.Wrap(err, "hsds")
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b.Bytes()) // a client that went away is nobody's fault
	return nil
}
