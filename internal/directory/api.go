package directory

import (
	"net/http"

	"amelie/api"
	"amelie/internal/web"
)

// mountAPI registers the directory's own search interface.
func (d *Directory) mountAPI(s *web.Shell) {
	for _, pattern := range []string{"GET /api/v1/directory/search", "POST /api/v1/directory/search"} {
		s.Raw(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := d.answerSearch(s, w, r); err != nil {
				d.refuse(s, w, r, err)
			}
		}))
	}
	s.Raw("GET /api/v1/openapi.yaml", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(api.Document) // a client that went away is nobody's fault
	}))
}

// The answer of /api/v1/directory/search. Field names are a contract, see
// api/openapi.yaml.
type apiResult struct {
	Total    int          `json:"total"`
	Offset   int          `json:"offset"`
	Limit    int          `json:"limit"`
	Lang     string       `json:"lang"`
	Country  string       `json:"country,omitempty"`
	Helpline *apiEntry    `json:"helpline"`
	Results  []apiEntry   `json:"results"`
	Facets   []apiFacet   `json:"facets"`
	Relaxed  []string     `json:"relaxed"`
	Meanings []apiMeaning `json:"understood"`
	Named    []apiEntry   `json:"authorities_named"`
}

type apiEntry struct {
	ID           string        `json:"id"`
	Name         string        `json:"name"`
	OfficialName string        `json:"official_name,omitempty"`
	Organization string        `json:"organization"`
	Group        Group         `json:"group"`
	Country      string        `json:"country"`
	Area         []apiNamed    `json:"area"`
	Summary      string        `json:"summary"`
	Phones       []apiPhone    `json:"phones"`
	Emails       []string      `json:"emails"`
	Websites     []string      `json:"websites"`
	Languages    []apiLanguage `json:"languages"`
	Interpreted  int           `json:"interpreted_languages,omitempty"`
	AnyLanguage  bool          `json:"any_language"`
	For          []apiNamed    `json:"for"`
	Helps        []apiNamed    `json:"helps"`
	Towns        []string      `json:"towns"`
	Open         apiOpen       `json:"open"`
	Anonymous    *bool         `json:"anonymous"`
	Free         *bool         `json:"free"`
	Direct       *bool         `json:"direct_referral"`
	Papers       *bool         `json:"without_papers"`
	Verified     *string       `json:"verified"`
	Source       string        `json:"source"`
	SourceDate   string        `json:"source_date"`
	Reasons      []string      `json:"reasons"`
	Distance     *float64      `json:"distance"`
}

type apiNamed struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type apiPhone struct {
	Number  string `json:"number"`
	Display string `json:"display"`
	Kind    string `json:"kind"`
	Note    string `json:"note"`
	Free    *bool  `json:"free"`
}

type apiLanguage struct {
	Code        string `json:"code"`
	Name        string `json:"name"`
	Interpreter bool   `json:"by_interpreter"`
}

type apiOpen struct {
	Known  bool   `json:"known"`
	Open   bool   `json:"open"`
	Always bool   `json:"always"`
	Until  string `json:"until,omitempty"`
	Next   string `json:"next,omitempty"`
	Text   string `json:"text"`
}

type apiFacet struct {
	Name   FacetName       `json:"name"`
	Label  string          `json:"label"`
	Values []apiFacetValue `json:"values"`
}

type apiFacetValue struct {
	ID       string `json:"id"`
	Label    string `json:"label"`
	Count    int    `json:"count"`
	Selected bool   `json:"selected"`
}

type apiMeaning struct {
	Text string      `json:"text"`
	Kind MeaningKind `json:"kind"`
	ID   string      `json:"id,omitempty"`
}

// How many results an answer holds when none is asked for, and at most.
const (
	apiLimit    = 20
	apiMaxLimit = 100
)

// answerSearch answers a search as JSON. A session changes nothing here: what
// is found is what everyone may see.
func (d *Directory) answerSearch(s *web.Shell, w http.ResponseWriter, r *http.Request) error {
	if err := d.allow(r); err != nil {
		return err
	}
	snap, err := d.snapshot(r.Context())
	if err != nil {
		return err
	}
	p, err := readParams(r)
	if err != nil {
		return err
	}
	lang := p.lang()
	now := d.cfg.Now()
	q := p.query(snap, lang, now)
	q.Home = d.Home(lang)
	q.Limit, q.Offset = p.number("limit", 1, apiMaxLimit, apiLimit), p.number("offset", 0, 1_000_000, 0)
	if err := p.err(); err != nil {
		return err
	}
	v := voice{texts: d.cfg.Texts, lang: lang, now: now, snap: snap}
	return writeJSON(w, d.apiResult(v, q, snap.index.Search(q)))
}

// lang is the language of names and sentences; English when none is asked for.
func (p *params) lang() string {
	lang := p.text("lang", 10)
	for _, known := range ContentLanguages {
		if lang == known {
			return lang
		}
	}
	if lang != "" {
		p.bad("lang", "directory.error.value", "value", clip(lang))
	}
	return "en"
}

func (d *Directory) apiResult(v voice, q Query, r Result) apiResult {
	out := apiResult{
		Total: r.Total, Offset: q.Offset, Limit: q.Limit, Lang: v.lang, Country: d.countryOf(q, r),
		Results: []apiEntry{}, Facets: []apiFacet{}, Relaxed: v.steps(r.Relaxed), Meanings: []apiMeaning{}, Named: []apiEntry{},
	}
	for _, hit := range r.Hits {
		out.Results = append(out.Results, v.apiHit(hit))
	}
	for _, hit := range r.Named {
		out.Named = append(out.Named, v.apiHit(hit))
	}
	if out.Country == "" {
		out.Country = firstCountry(q, r)
	}
	lang := v.lang
	if len(q.Languages) > 0 {
		lang = q.Languages[0]
	}
	if line, ok := v.snap.index.Helpline(out.Country, lang, v.now); ok {
		e := v.apiHit(line)
		out.Helpline = &e
	}
	for _, f := range r.Facets {
		facet := apiFacet{Name: f.Name, Label: v.t("facet." + string(f.Name)), Values: []apiFacetValue{}}
		for _, value := range f.Values {
			facet.Values = append(facet.Values, apiFacetValue{value.ID, v.facetValue(f.Name, value.ID), value.Count, value.Selected})
		}
		out.Facets = append(out.Facets, facet)
	}
	for _, m := range r.Meanings {
		out.Meanings = append(out.Meanings, apiMeaning{m.Text, m.Kind, m.ID})
	}
	return out
}

// firstCountry is the country of the first result, else the first asked for.
func firstCountry(q Query, r Result) string {
	if len(r.Hits) > 0 {
		return r.Hits[0].Entry.Country()
	}
	if len(q.Countries) > 0 {
		return q.Countries[0]
	}
	return ""
}

func (v voice) apiHit(hit Hit) apiEntry {
	e := v.apiEntry(hit.Entry, hit.Open)
	e.Reasons = v.reasons(hit.Reasons, hit.Entry.Service.Area)
	if hit.Metres >= 0 {
		m := float64(int(hit.Metres))
		e.Distance = &m
	}
	return e
}

func (v voice) apiEntry(e Entry, open OpenState) apiEntry {
	s, o := e.Service, e.Organization
	out := apiEntry{
		ID: s.ID, Group: e.Group(), Country: e.Country(), Summary: s.Summary.In(v.lang), Area: []apiNamed{}, Phones: []apiPhone{},
		Emails: []string{}, Websites: []string{}, Languages: []apiLanguage{}, Towns: []string{}, Reasons: []string{},
		For: v.named("target", s.For), Helps: v.named("help", s.Helps), Interpreted: s.Interpreted, AnyLanguage: s.AnyLanguage,
		Anonymous: tristate(s.Anonymous), Free: tristate(s.Free), Direct: tristate(s.DirectReferral), Papers: tristate(s.Residence),
		Source: o.Source.Title, SourceDate: o.Source.Date,
		Open: apiOpen{Known: open.Known, Open: open.Open, Always: open.Always, Text: v.open(open).Text},
	}
	if !open.Until.IsZero() {
		out.Open.Until = open.Until.Format("2006-01-02T15:04:05Z07:00")
	}
	if !open.Next.IsZero() {
		out.Open.Next = open.Next.Format("2006-01-02T15:04:05Z07:00")
	}
	out.Name, out.OfficialName = v.name(s.Name, s.Names)
	out.Organization, _ = v.name(o.Name, o.Names)
	if verified := e.Verified(); verified != "" {
		out.Verified = &verified
	}
	for _, code := range s.Area {
		out.Area = append(out.Area, apiNamed{code, v.territory(code)})
	}
	for _, p := range s.Phones {
		kind := p.Kind
		if kind == "" {
			kind = "voice"
		}
		out.Phones = append(out.Phones, apiPhone{Number: dial(p), Display: p.Shown(), Kind: kind, Note: v.phoneNote(p), Free: tristate(p.Free)})
	}
	for _, m := range s.Emails {
		out.Emails = append(out.Emails, m.Address)
	}
	for _, l := range allLinks(*o, *s) {
		out.Websites = append(out.Websites, l.URL)
	}
	for _, l := range s.Languages {
		out.Languages = append(out.Languages, apiLanguage{l.Code, v.snap.languageName(v.lang, l.Code), l.By == "interpreter"})
	}
	for _, p := range s.Places {
		out.Towns = append(out.Towns, v.town(p))
	}
	return out
}

func (v voice) named(scheme string, ids []string) []apiNamed {
	out := []apiNamed{}
	for _, id := range ids {
		out = append(out, apiNamed{id, v.snap.label(scheme, id, v.lang)})
	}
	return out
}

// tristate is true, false, or null for what is not known.
func tristate(a Answer) *bool {
	switch a {
	case Yes, No:
		yes := a == Yes
		return &yes
	}
	return nil
}
