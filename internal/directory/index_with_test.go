package directory

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/fold"
)

// asked are queries that reach every part of an index, and words of entries
// that are there, were there, and were never there.
func asked(t *rapid.T, entries []Entry) []Query {
	queries := benchQueries()
	queries = append(queries, Query{Groups: []Group{Authority}, Now: benchNow, Limit: 100}, Query{Now: benchNow, Limit: 100}, Query{Now: benchNow, Limit: 100, Offset: 60})
	for range 12 {
		e := rapid.SampledFrom(entries).Draw(t, "whose")
		words := fold.Words(e.Service.Name + " " + e.Organization.Name)
		word := rapid.SampledFrom(words).Draw(t, "word")
		if r := []rune(word); len(r) > 4 && rapid.Bool().Draw(t, "misspelt") {
			r[2], r[3] = r[3], r[2]
			word = string(r)
		}
		queries = append(queries, Query{Text: word, Now: benchNow}, Query{Text: e.Organization.Name, Now: benchNow, Limit: 50})
		for _, p := range e.Service.Phones {
			queries = append(queries, Query{Text: p.Printed, Now: benchNow})
		}
		for _, p := range e.Service.Places {
			queries = append(queries, Query{Text: p.Town, Now: benchNow, Near: &Near{Lat: p.Lat, Lon: p.Lon, Km: 20}})
		}
	}
	return queries
}

// same fails when two indexes answer a query differently: hits, order, points,
// reasons, facets, counts, meanings.
func same(t *rapid.T, patched, fresh *Index, queries []Query) {
	for _, q := range queries {
		got, want := patched.Search(q), fresh.Search(q)
		if reflect.DeepEqual(got, want) {
			continue
		}
		ids := func(hits []Hit) (s []string) {
			for _, h := range hits {
				s = append(s, fmt.Sprint(h.Entry.ID(), " ", h.Score))
			}
			return s
		}
		t.Fatalf("%+v\n got %d %v %v %v\nwant %d %v %v %v\nfacets\n got %v\nwant %v", q,
			got.Total, ids(got.Hits), got.Relaxed, got.Meanings, want.Total, ids(want.Hits), want.Relaxed, want.Meanings, got.Facets, want.Facets)
	}
}

func TestAnIndexWithChangesAnswersLikeOneBuiltAnew(t *testing.T) {
	vocab := testVocabulary(t)
	rapid.Check(t, func(t *rapid.T) {
		pool := Generate(500, rapid.Uint64Range(1, 1000).Draw(t, "seed"))
		most := rapid.SampledFrom([]int{0, 1, 63, 64, 65, 130, 400}).Draw(t, "entries")
		now, rest := slices.Clone(pool[:most]), pool[most:]
		x := NewIndexAt(now, vocab, benchNow)
		for step := range rapid.IntRange(1, 4).Draw(t, "steps") {
			removed := map[string]bool{}
			var added []Entry
			for range min(len(now), rapid.SampledFrom([]int{0, 1, 2, 9}).Draw(t, "changed")) {
				e := rapid.SampledFrom(now).Draw(t, "which")
				if removed[e.ID()] {
					continue
				}
				removed[e.ID()] = true
				if rapid.Bool().Draw(t, "stays") {
					s := *e.Service
					s.Name = fmt.Sprintf("Quarz%s Lampe%d", strings.Repeat("a", step), step)
					s.Free, s.Area, s.Phones = Yes, nil, nil
					added = append(added, Entry{e.Organization, &s})
				}
			}
			n := min(len(rest), rapid.SampledFrom([]int{0, 1, 2, 40}).Draw(t, "new"))
			added, rest = append(added, rest[:n]...), rest[n:]
			now = append(slices.DeleteFunc(slices.Clone(now), func(e Entry) bool { return removed[e.ID()] }), added...)
			x = x.With(removed, added, benchNow)
			fresh := NewIndexAt(now, vocab, benchNow)
			if len(now) > 0 {
				same(t, x, fresh, asked(t, pool))
			}
			if x.Len() != fresh.Len() || x.post.lex.Len() != fresh.post.lex.Len() || !reflect.DeepEqual(x.towns, fresh.towns) || !reflect.DeepEqual(x.named, fresh.named) ||
				!slices.Equal(x.phones, fresh.phones) || !reflect.DeepEqual(x.values, fresh.values) || !reflect.DeepEqual(x.prior, fresh.prior) {
				t.Fatalf("the parts differ: %d/%d entries, %d/%d words", x.Len(), fresh.Len(), x.post.lex.Len(), fresh.post.lex.Len())
			}
		}
	})
}

// BenchmarkWith measures one changed entry among many.
func BenchmarkWith(b *testing.B) {
	x := benchIndex(b, min(100_000, slices.Max(benchSizes())))
	e := x.entries[len(x.entries)/2]
	s := *e.Service
	s.Name = "Quarzlampe"
	for b.Loop() {
		start := time.Now()
		x.With(map[string]bool{e.ID(): true}, []Entry{{e.Organization, &s}}, time.Time{})
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "last-ms")
	}
}
