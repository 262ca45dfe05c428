package bench

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"amelie/content"
	"amelie/internal/directory"
)

// questions are what people ask, from nothing to everything at once, in six
// languages, with typing errors and without accents.
func questions(now time.Time) []directory.Query {
	all := []directory.Query{
		{},
		{Text: "shelter", Lang: "en"},
		{Text: "ξενώνας Θεσσαλονίκη", Lang: "el"},
		{Text: "xenonas gia gynaikes Athina", Lang: "el", Countries: []string{"GR"}},
		{Text: "Frauenschutzwohnung München", Lang: "de"},
		{Text: "hebergement femmes Bruxelles", Lang: "fr", OpenNow: true},
		{Text: "shleter", Lang: "en", Countries: []string{"IT"}},
		{Text: "accoglienza donne Milano", Lang: "it"},
		{Text: "opvang Antwerpen", Lang: "nl", Countries: []string{"BE"}},
		{Helps: []string{"accommodation"}, Targets: []string{"women"}, Languages: []string{"ro"}, Countries: []string{"DE"}},
		{Territories: []string{"GR-B"}, Helps: []string{"legal-aid", "counselling"}, Free: true},
		{Near: &directory.Near{Lat: 40.64, Lon: 22.93, Km: 50}, Languages: []string{"ar"}, OpenNow: true},
		{Text: "legal advice zzzqqq", Lang: "en", Countries: []string{"IT"}, Languages: []string{"sq"}, Territories: []string{"IT-BG"}},
	}
	for i := range all {
		all[i].Now = now
	}
	return all
}

// Budgets of the design, in milliseconds.
var searchBudget = map[int]float64{10_000: 5, 100_000: 10, 1_000_000: 25}

// search measures the directory's search with facets on generated directories.
func search(_ context.Context, t *table, _ string, o Options) error {
	_, vocabulary, err := directory.LoadContent(content.FS)
	if err != nil {
		return err
	}
	asked := questions(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC))
	for n := 1000; n <= o.Largest; n *= 10 {
		began := time.Now()
		entries := directory.Generate(n, 7)
		made := time.Since(began)
		began = time.Now()
		index := directory.NewIndex(entries, vocabulary)
		built := time.Since(began)
		entries = nil
		runtime.GC()
		for _, q := range asked {
			index.Search(q) // the first search of a minute works out who is open
		}
		p95, err := calm(5, func() (took []time.Duration, err error) {
			for range 20 {
				for _, q := range asked {
					began := time.Now()
					index.Search(q)
					took = append(took, time.Since(began))
				}
			}
			return took, nil
		})
		if err != nil {
			return err
		}
		name := fmt.Sprintf("directory search with facets, p95, %d entries", n)
		if budget, ok := searchBudget[n]; ok {
			t.line(name, budget, ms(p95), "ms")
		} else {
			t.report(name, show(ms(p95), "ms"))
		}
		t.report(fmt.Sprintf("  its index: built in %s, generated in %s", built.Round(time.Millisecond), made.Round(time.Millisecond)), fmt.Sprintf("%d B/entry", index.Bytes()/n))
	}
	return nil
}
