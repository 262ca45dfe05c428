package mechanism

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"amelie/internal/country"
)

// Folder is where the packs lie in the content tree.
const Folder = "country/mechanism"

var errNotWords = errors.New("words must be a text for each language, or one proper name")

// Set is the mechanism of every country.
type Set struct {
	packs map[string]*Pack
	codes []string
}

// Load reads the mechanism of every country that has a pack. The error lists
// every reason why it cannot be used.
func Load(fsys fs.FS, packs *country.Packs) (*Set, error) {
	s := &Set{packs: map[string]*Pack{}, codes: packs.Codes()}
	for _, code := range s.codes {
		file := path.Join(Folder, strings.ToLower(code)+".toml")
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("mechanism of %s: %w", code, err)
		}
		base, _ := packs.Get(code)
		p, problems := Read(text, base)
		if p.Country != code {
			problems = append(problems, country.Problem{Country: code, Field: "country", Reason: "the file names " + p.Country})
		}
		if len(problems) > 0 {
			return nil, fmt.Errorf("%s: %w", file, country.Problems(problems))
		}
		s.packs[code] = p
	}
	return s, nil
}

// Get is the mechanism of a country (ISO 3166-1 alpha-2, upper case).
func (s *Set) Get(code string) (*Pack, bool) {
	p, ok := s.packs[code]
	return p, ok
}

// Codes are the countries, in order of their code.
func (s *Set) Codes() []string { return s.codes }

// Read reads one file and gives every reason why it cannot be used, each with
// its line. base is the country's own pack, nil where there is none.
func Read(text []byte, base *country.Pack) (*Pack, []country.Problem) {
	p := &Pack{base: base, zone: time.UTC}
	problems := country.Parse(text, p)
	if len(problems) > 0 {
		return p, problems
	}
	p.lean()
	return p, country.Locate(text, p.check())
}

// head is what tells a mechanism from other files of a country.
type head struct {
	Country string           `toml:"country"`
	Steps   []map[string]any `toml:"step"`
	Stages  []map[string]any `toml:"stage"`
	Periods []map[string]any `toml:"period"`
}

// headOf reads the head; what stands behind it is for whoever reads on.
func headOf(text []byte) (h head, err error) {
	_, err = toml.Decode(string(text), &h)
	return h, err
}

// Holds says that a file speaks of stages, periods or notices: that it means
// to be a mechanism.
func Holds(text []byte) bool {
	h, _ := headOf(text)
	return len(h.Stages) > 0 || len(h.Periods) > 0 || len(h.Steps) > 0
}

// CountryOf is the country that a file names.
func CountryOf(text []byte) string {
	h, _ := headOf(text)
	return h.Country
}

// Foreign says that a file can be read and names no country.
func Foreign(text []byte) bool {
	h, err := headOf(text)
	return err == nil && h.Country == ""
}

// lean takes what rests on the country's own pack from there, so that a fact
// stands in one place.
func (p *Pack) lean() {
	if p.base == nil {
		return
	}
	r := p.base.Reflection
	for i := range p.Periods {
		x := &p.Periods[i]
		if x.Rests == "" || x.Rests != r.ID || x.own() {
			continue
		}
		x.Days, x.Months, x.Minimum, x.Text, x.Origin = r.Days, r.Months, r.Minimum, Words(r.Text), r.Origin
		if r.ExtensionFor == country.Any || r.ExtensionFor == x.Ages {
			x.ExtensionMonths = r.ExtensionMonths
		}
	}
}

// own says that the period states something itself.
func (x *Period) own() bool {
	return x.Days != 0 || x.Months != 0 || x.ByAuthority || x.Unknown || x.ExtensionMonths != 0 || len(x.Text) > 0 || x.Source != ""
}
