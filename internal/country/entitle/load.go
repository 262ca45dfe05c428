package entitle

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"amelie/internal/country"
	"amelie/internal/i18n"
)

const dir = "country/entitlement"

// Words are the texts of one language.
type Words struct {
	Lang     string                       `toml:"lang"`
	Revision int                          `toml:"revision"` // of the English text
	Of       int                          `toml:"of"`       // the revision that this was made from
	State    string                       `toml:"state"`    // who read it, or that nobody did yet
	Question map[string]map[string]string `toml:"question"` // title, hint and the answers
	Costs    map[string]string            `toml:"costs"`
	Say      map[string]string            `toml:"say"`
	Refused  map[string]string            `toml:"refused"` // by country: what to do when the desk refuses
	Ways     map[string]Way               `toml:"way"`     // by entitlement
}

// Way is an entitlement in words.
type Way struct {
	Name   string `toml:"name" json:"name"`
	Covers string `toml:"covers" json:"covers"`
	Form   string `toml:"form" json:"form"` // which form or card, where from, who fills it in
	Pays   string `toml:"pays" json:"pays"`
	Learns string `toml:"learns" json:"learns"`
}

// Load reads content/country/entitlement, whose facts rest on the countries'
// packs. The error lists every reason why it cannot be used.
func Load(fsys fs.FS, packs *country.Packs) (*Set, error) {
	s := &Set{countries: map[string]*Country{}, words: map[string]*Words{}}
	var asked struct {
		Questions []Question `toml:"question"`
	}
	if err := country.Decode(fsys, dir+"/questions.toml", &asked); err != nil {
		return nil, err
	}
	s.Questions = asked.Questions
	if err := country.Decode(fsys, dir+"/shared.toml", &s.shared); err != nil {
		return nil, err
	}
	for _, code := range packs.Codes() {
		c := &Country{set: s}
		if err := country.Decode(fsys, path.Join(dir, strings.ToLower(code)+".toml"), c); err != nil {
			return nil, err
		}
		c.pack, _ = packs.Get(code)
		if c.Code != code {
			return nil, fmt.Errorf("%s: the file of %s names %q", dir, code, c.Code)
		}
		c.lean()
		s.countries[code] = c
	}
	for _, lang := range i18n.Languages {
		w := &Words{}
		if err := country.Decode(fsys, path.Join(dir, "words", lang+".toml"), w); err != nil {
			return nil, err
		}
		s.words[lang] = w
	}
	if problems := s.Problems(); len(problems) > 0 {
		return nil, fmt.Errorf("entitlements: %w", country.Problems(problems))
	}
	return s, s.encode()
}

// lean joins the entitlements with the facts of the pack that they rest on.
func (c *Country) lean() {
	for i := range c.Entitlements {
		e := &c.Entitlements[i]
		at := slices.IndexFunc(c.pack.Care, func(x country.Care) bool { return x.ID == e.Care })
		if at >= 0 {
			e.care = &c.pack.Care[at]
		}
	}
}

// Way is the entitlement in words.
func (s *Set) Way(e *Entitlement, lang string) Way {
	w := s.words[lang].Ways[e.ID]
	if e.care != nil {
		w.Name, w.Covers, w.Learns = e.care.Name.In(lang), e.care.Text.In(lang), e.care.Informs.In(lang)
	}
	return w
}

// Source is the source with the id, of the country, of all or of its pack.
func (c *Country) Source(id string) country.Source {
	for _, list := range [][]country.Source{c.Sources, c.set.shared.Sources, c.pack.Sources} {
		for _, x := range list {
			if x.ID == id {
				return x
			}
		}
	}
	return country.Source{}
}
