package geo

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"amelie/internal/fold"
)

//go:embed data/territory.tsv
var territoryTSV string

// Territory is a country, a region or a province.
type Territory struct {
	Code   string // ISO 3166-1 alpha-2 or ISO 3166-2: "GR", "GR-B", "IT-BG"
	Parent string // code of the territory that it lies in; empty: a country
	NUTS   string // code of the same area in NUTS 2021, empty: none
	names  map[string]string
}

// Name is the territory's name for a reader of lang; "" is its own name.
func (t Territory) Name(lang string) string {
	if n := t.names[lang]; n != "" {
		return n
	}
	return t.names[""]
}

// Country is the ISO 3166-1 code of a territory code.
func Country(code string) string {
	c, _, _ := strings.Cut(code, "-")
	return c
}

type territories struct {
	list  []Territory
	index map[string]int      // code and NUTS code to place in list
	kids  map[string][]string // code to the codes directly below
	named map[string][]string // folded name form to codes
}

var territoryData = sync.OnceValue(func() *territories {
	d := &territories{index: map[string]int{}, kids: map[string][]string{}, named: map[string][]string{}}
	langs := []string{"", "en", "el", "it", "de", "nl", "fr"}
	for line := range strings.Lines(territoryTSV) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(f) != 3+len(langs) {
			continue
		}
		t := Territory{Code: f[0], Parent: f[1], NUTS: f[2], names: map[string]string{}}
		for i, lang := range langs {
			if f[3+i] != "" {
				t.names[lang] = f[3+i]
				d.name(f[3+i], t.Code)
			}
		}
		d.index[t.Code] = len(d.list)
		if t.NUTS != "" && d.index[t.NUTS] == 0 {
			d.index[t.NUTS] = len(d.list)
		}
		d.list = append(d.list, t)
		d.kids[t.Parent] = append(d.kids[t.Parent], t.Code)
	}
	return d
})

// name records a name under all its forms. What stands in brackets tells two
// territories apart for a reader and is not typed.
func (d *territories) name(name, code string) {
	name, _, _ = strings.Cut(name, " (")
	for _, form := range fold.Phrase(name) {
		if !slices.Contains(d.named[form], code) {
			d.named[form] = append(d.named[form], code)
		}
	}
}

// Lookup finds a territory by its ISO or NUTS code.
func Lookup(code string) (Territory, bool) {
	d := territoryData()
	i, ok := d.index[code]
	if !ok {
		return Territory{}, false
	}
	return d.list[i], true
}

// Territories are all known territories, countries first.
func Territories() []Territory { return slices.Clone(territoryData().list) }

// Children are the codes directly below a territory; below "" are the countries.
func Children(code string) []string { return slices.Clone(territoryData().kids[code]) }

// Ancestors are the codes from the territory itself up to its country; nil for
// an unknown code.
func Ancestors(code string) []string {
	var up []string
	for code != "" {
		t, ok := Lookup(code)
		if !ok {
			return up
		}
		up = append(up, t.Code)
		code = t.Parent
	}
	return up
}

// Covers reports whether area takes in place: the place
// is one of the areas or lies in one. Unknown codes cover nothing.
func Covers(area []string, place string) bool {
	for _, up := range Ancestors(place) {
		for _, a := range area {
			if t, ok := Lookup(a); ok && t.Code == up {
				return true
			}
		}
	}
	return false
}

// Touches reports whether area covers place or has a part of it:
// a province touches its region.
func Touches(area []string, place string) bool {
	if Covers(area, place) {
		return true
	}
	for _, a := range area {
		if Covers([]string{place}, a) {
			return true
		}
	}
	return false
}

// TerritoriesNamed are the codes of the territories with this name in any of
// the languages, however typed, the widest first.
func TerritoriesNamed(words ...string) []string {
	d := territoryData()
	var found []string
	for _, form := range fold.Typed(words...) {
		for _, code := range d.named[form] {
			if !slices.Contains(found, code) {
				found = append(found, code)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return len(Ancestors(a)) - len(Ancestors(b)) })
	return found
}
