package directory

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// benchSizes are the numbers of entries measured; AMELIE_BENCH_MOST lowers the
// largest for a quick look.
func benchSizes() []int {
	most := 1_000_000
	if s, err := strconv.Atoi(os.Getenv("AMELIE_BENCH_MOST")); err == nil {
		most = s
	}
	var sizes []int
	for n := 1000; n <= most; n *= 10 {
		sizes = append(sizes, n)
	}
	return sizes
}

var benchNow = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// benchQueries are what people ask, from a single word to everything at once.
func benchQueries() []Query {
	queries := []Query{
		{},
		{Text: "shelter"},
		{Text: "ξενώνας Θεσσαλονίκη", Lang: "el"},
		{Text: "xenonas gia gynaikes Athina", Lang: "el", Countries: []string{"GR"}},
		{Text: "Frauenschutzwohnung München", Lang: "de"},
		{Text: "hebergement femmes Bruxelles", Lang: "fr", OpenNow: true},
		{Text: "shleter", Countries: []string{"IT"}},
		{Text: "counseling romanian Milano", Lang: "it"},
		{Text: "women"},
		{Text: "γυναίκες", Lang: "el", Home: "GR"},
		{Text: "Unterkunft für Frauen", Lang: "de", Home: "DE"},
		{Text: "lantern house"},
		{Helps: []string{"accommodation"}, Targets: []string{"women"}, Languages: []string{"ro"}, Countries: []string{"DE"}},
		{Territories: []string{"GR-B"}, Helps: []string{"legal-aid", "counselling"}, Free: true},
		{Near: &Near{Lat: 40.64, Lon: 22.93, Km: 50}, Languages: []string{"ar"}, OpenNow: true},
		{Near: &Near{Place: "Berlin", Km: 25}, Text: "psychological"},
		{Text: "opvang Antwerpen", Countries: []string{"BE"}, Always: true},
		{Text: "legal advice zzzqqq", Countries: []string{"IT"}, Languages: []string{"sq"}, ByStaff: true, Territories: []string{"IT-BG"}},
	}
	for i := range queries {
		queries[i].Now = benchNow
	}
	return queries
}

var benchIndexes sync.Map

func benchIndex(b *testing.B, n int) *Index {
	if x, ok := benchIndexes.Load(n); ok {
		return x.(*Index)
	}
	b.Helper()
	entries := Generate(n, 7)
	start := time.Now()
	x := NewIndex(entries, testVocabulary(b))
	b.Logf("%d entries: built in %v, %d bytes an entry", n, time.Since(start).Round(time.Millisecond), x.Bytes()/n)
	benchIndexes.Store(n, x)
	return x
}

// BenchmarkSearch measures a search with facets; p95-ms is the 95th percentile
// over all kinds of queries, each as often.
func BenchmarkSearch(b *testing.B) {
	for _, n := range benchSizes() {
		b.Run(fmt.Sprintf("1e%d", len(strconv.Itoa(n))-1), func(b *testing.B) {
			x := benchIndex(b, n)
			queries := benchQueries()
			for _, q := range queries {
				x.Search(q) // the first search of a minute works out who is open
			}
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				x.Search(queries[i%len(queries)])
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(float64(x.Bytes()/n), "B/entry")
		})
	}
}

// BenchmarkSearchKinds measures each kind of query on its own.
func BenchmarkSearchKinds(b *testing.B) {
	sizes := benchSizes()
	x := benchIndex(b, sizes[len(sizes)-1])
	for i, q := range benchQueries() {
		b.Run(fmt.Sprintf("%02d", i), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Search(q)
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	entries := Generate(min(100_000, slices.Max(benchSizes())), 7)
	vocab := testVocabulary(b)
	for b.Loop() {
		NewIndex(entries, vocab)
	}
}
