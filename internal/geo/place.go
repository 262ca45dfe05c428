package geo

import (
	"bytes"
	"cmp"
	_ "embed"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"

	"amelie/internal/fold"
)

//go:embed data/place.tsv.br
var placeTSV []byte

//go:embed data/place_extra.tsv
var extraTSV string

// Place is a town or village.
type Place struct {
	ID         string // GeoNames number, or "x-..." for the project's own additions
	Name       string // its own name in Latin letters
	Territory  string // smallest territory that it lies in, ISO 3166-2
	Lat, Lon   float64
	Population int    // 0: not known
	labels     string // "el=Θεσσαλονίκη;it=Salonicco"
}

// Label is the place's name for a reader of lang.
func (p Place) Label(lang string) string {
	for pair := range strings.SplitSeq(p.labels, ";") {
		if l, name, ok := strings.Cut(pair, "="); ok && l == lang {
			return name
		}
	}
	return p.Name
}

// Country is the place's ISO 3166-1 code.
func (p Place) Country() string { return Country(p.Territory) }

// gazetteer is every place by population, the largest first. Fifteen thousand
// stay in memory, so each is a line of one text and three numbers, and becomes a
// Place when somebody asks for it.
type gazetteer struct {
	text   string   // of each place identifier, name, territory and labels, by tabs
	at     []uint32 // where each begins in text, and the end of the last
	points []point
	lex    *fold.Lexicon
	off    []uint32 // lex.Len()+1 offsets into ids
	ids    []uint32 // indexes of places, ascending within a key
}

type point struct{ lat, lon, population int32 }

// perDegree is how finely the table gives a position.
const perDegree = 1e4

// place is the one of a rank.
func (g *gazetteer) place(i uint32) Place {
	line, p := g.text[g.at[i]:g.at[i+1]], g.points[i]
	id, line, _ := strings.Cut(line, "\t")
	name, line, _ := strings.Cut(line, "\t")
	territory, labels, _ := strings.Cut(line, "\t")
	return Place{id, name, territory, float64(p.lat) / perDegree, float64(p.lon) / perDegree, int(p.population), labels}
}

// Warm reads the gazetteer now rather than at the first question.
func Warm() { gazetteerData() }

var gazetteerData = sync.OnceValue(func() *gazetteer { return readGazetteer(unpack() + extraTSV) })

// unpack opens the embedded table. A fault is a broken build, which any test
// of this package shows.
func unpack() string {
	b, err := io.ReadAll(brotli.NewReader(bytes.NewReader(placeTSV)))
	if err != nil {
		panic("geo: embedded gazetteer: " + err.Error())
	}
	return string(b)
}

type namedPlace struct {
	key   string
	place uint32
}

func readGazetteer(tsv string) *gazetteer {
	places := make([]Place, 0, strings.Count(tsv, "\n"))
	variants := make([]string, 0, cap(places))
	for line := range strings.Lines(tsv) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(f) != 8 {
			continue
		}
		p := Place{ID: f[0], Name: f[1], Territory: f[2], labels: f[6]}
		p.Lat, _ = strconv.ParseFloat(f[3], 64)
		p.Lon, _ = strconv.ParseFloat(f[4], 64)
		p.Population, _ = strconv.Atoi(f[5])
		places = append(places, p)
		variants = append(variants, f[7])
	}
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return places[b].Population - places[a].Population })
	g := &gazetteer{at: make([]uint32, 1, len(order)+1), points: make([]point, 0, len(order))}
	names := make([]namedPlace, 0, 6*len(order))
	var text strings.Builder
	for i, o := range order {
		p := places[o]
		text.WriteString(p.ID + "\t" + p.Name + "\t" + p.Territory + "\t" + p.labels)
		g.at = append(g.at, uint32(text.Len()))
		g.points = append(g.points, point{int32(math.Round(p.Lat * perDegree)), int32(math.Round(p.Lon * perDegree)), int32(p.Population)})
		names = appendNames(names, uint32(i), p, variants[o])
	}
	g.text = strings.Clone(text.String()) // without the room for more
	g.index(names)
	return g
}

func appendNames(names []namedPlace, i uint32, p Place, variants string) []namedPlace {
	add := func(name string) {
		for _, form := range fold.Phrase(name) {
			names = append(names, namedPlace{form, i})
		}
	}
	add(p.Name)
	for pair := range strings.SplitSeq(p.labels, ";") {
		if _, name, ok := strings.Cut(pair, "="); ok {
			add(name)
		}
	}
	if variants != "" {
		for name := range strings.SplitSeq(variants, "|") {
			add(name)
		}
	}
	return names
}

func (g *gazetteer) index(names []namedPlace) {
	slices.SortFunc(names, func(a, b namedPlace) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.place, b.place))
	})
	names = slices.Compact(names)
	keys := make([]string, 0, len(names))
	g.ids = make([]uint32, 0, len(names))
	g.off = append(g.off, 0)
	for i, n := range names {
		g.ids = append(g.ids, n.place)
		if i+1 == len(names) || names[i+1].key != n.key {
			keys = append(keys, n.key)
			g.off = append(g.off, uint32(len(g.ids)))
		}
	}
	g.off = slices.Clone(g.off) // without the room for more
	g.lex = fold.NewForward(keys)
}

// The ways in which a name was found, the closest first.
const (
	exact = iota
	beginning
	misspelt // plus the number of errors, less one
)

// maxFound limits what Find returns.
const maxFound = 12

// Find lists the places that q may mean, at most 12: those of exactly this
// name first, then those that begin with it, then those within a typing error
// or two; within each the largest first. An empty country means all.
func Find(q, country string) []Place {
	g := gazetteerData()
	words := fold.Words(q)
	if len(words) == 0 {
		return nil
	}
	forms := fold.Typed(words...)
	ways := map[uint32]int{}
	found := func(key uint32, way int) {
		for _, id := range g.ids[g.off[key]:g.off[key+1]] {
			if old, ok := ways[id]; !ok || way < old {
				ways[id] = way
			}
		}
	}
	for _, form := range forms {
		if k, ok := g.lex.Find(form); ok {
			found(k, exact)
		}
		for from, to := g.lex.Beginning(form); from < to && len(form) > 1; from++ {
			found(from, beginning)
		}
	}
	if len(ways) == 0 {
		g.lex.Near(forms[0], fold.Typos(forms[0]), func(k uint32, errors int) bool {
			found(k, misspelt+errors-1)
			return true
		})
	}
	return g.best(ways, country)
}

func (g *gazetteer) best(ways map[uint32]int, country string) []Place {
	ids := make([]uint32, 0, len(ways))
	for id := range ways {
		if country == "" || g.place(id).Country() == country {
			ids = append(ids, id)
		}
	}
	// The index of a place is its rank by population.
	slices.SortFunc(ids, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(ways[a], ways[b]), cmp.Compare(a, b))
	})
	places := make([]Place, 0, min(len(ids), maxFound))
	for _, id := range ids[:min(len(ids), maxFound)] {
		places = append(places, g.place(id))
	}
	return places
}

// Named are the places of exactly this name, however typed, the largest first.
func Named(words ...string) []Place {
	g := gazetteerData()
	ways := map[uint32]int{}
	for _, form := range fold.Typed(words...) {
		if k, ok := g.lex.Find(form); ok {
			for _, id := range g.ids[g.off[k]:g.off[k+1]] {
				ways[id] = exact
			}
		}
	}
	return g.best(ways, "")
}

// Misspelt are the places whose name is within the forgiven typing errors of
// word, the closest first, then the largest.
func Misspelt(word string) []Place {
	g := gazetteerData()
	key := fold.Key(word)
	ways := map[uint32]int{}
	g.lex.Near(key, fold.Typos(key), func(k uint32, errors int) bool {
		for _, id := range g.ids[g.off[k]:g.off[k+1]] {
			if old, ok := ways[id]; !ok || errors < old {
				ways[id] = errors
			}
		}
		return true
	})
	return g.best(ways, "")
}

// Nearest is the place closest to a point, within 100 km.
func Nearest(lat, lon float64) (Place, bool) {
	g := gazetteerData()
	best, least := uint32(0), math.Inf(1)
	scale := math.Cos(lat * math.Pi / 180)
	for i, p := range g.points {
		dy, dx := float64(p.lat)/perDegree-lat, (float64(p.lon)/perDegree-lon)*scale
		if d := dx*dx + dy*dy; d < least {
			least, best = d, uint32(i)
		}
	}
	p := g.place(best)
	return p, least < math.Inf(1) && Distance(lat, lon, p.Lat, p.Lon) <= 100_000
}

// Places is the number of places known.
func Places() int { return len(gazetteerData().points) }

// Largest are the n most populous places.
func Largest(n int) []Place {
	g := gazetteerData()
	out := make([]Place, min(n, len(g.points)))
	for i := range out {
		out[i] = g.place(uint32(i))
	}
	return out
}
