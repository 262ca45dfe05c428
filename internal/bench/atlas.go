package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// mapPages are the pages of the map as a first visitor opens them.
var mapPages = []string{"/en/map", "/el/map/gr", "/de/map/de", "/it/map/it", "/fr/map/be", "/el/map/gr/i"}

// maps measures the map and the packs: weight and server time within the
// budget of every public page, with a search on the map too, which no cache
// answers.
func maps(_ context.Context, t *table, p *process) error {
	sought, err := p.searchOnMap("/el/map/gr", url.Values{"help": {"accommodation"}, "language": {"ar"}})
	if err != nil {
		return err
	}
	most, heaviest, err := heaviestOf(p, mapPages)
	if err != nil {
		return err
	}
	t.line("map page, first visit, compressed without fonts ("+heaviest+")", 30, float64(most)/1024, "KB")
	for _, part := range []struct {
		name  string
		pages []string
	}{{"server time of a map page, p95 over loopback, slowest", mapPages}, {"  with a search on it", []string{sought}}} {
		slowest, err := slowestOf(p, part.pages)
		if err != nil {
			return err
		}
		t.line(part.name, 2, ms(slowest), "ms")
	}
	return packs(t, p)
}

// heaviestOf says which page weighs most at a first visit, in bytes.
func heaviestOf(p *process, pages []string) (most int, heaviest string, err error) {
	for _, page := range pages {
		bytes, err := weigh(p, page)
		if err != nil {
			return 0, "", err
		}
		if bytes > most {
			most, heaviest = bytes, page
		}
	}
	return most, heaviest, nil
}

// slowestOf is the server's time for the slowest page, p95 over loopback.
func slowestOf(p *process, pages []string) (slowest time.Duration, err error) {
	for _, page := range pages {
		q, err := calm(5, func() (took []time.Duration, err error) {
			for range 60 {
				began := time.Now()
				if _, err := p.must(page); err != nil {
					return nil, err
				}
				took = append(took, time.Since(began))
			}
			return took, nil
		})
		if err != nil {
			return 0, err
		}
		slowest = max(slowest, q)
	}
	return slowest, nil
}

// packs reports how heavy the offline packs are over the line.
func packs(t *table, p *process) error {
	for _, country := range []string{"be", "de", "gr", "it"} {
		packed, err := p.must("/pack/" + country)
		if err != nil {
			return err
		}
		_, plain, err := p.getPlain("/pack/" + country)
		if err != nil {
			return err
		}
		t.report("offline pack of "+strings.ToUpper(country)+", "+show(float64(len(plain))/1024, "KB")+" before compression", show(float64(len(packed.wire))/1024, "KB"))
	}
	return nil
}

// must gets a page that has to be there.
func (p *process) must(page string) (answer, error) {
	status, a, err := p.get(page)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s answers %d", page, status)
	}
	return a, err
}

// searchOnMap posts a search to a map and answers the address of its result.
func (p *process) searchOnMap(page string, form url.Values) (string, error) {
	r, err := http.NewRequest(http.MethodPost, p.base+page, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := p.client.Do(r)
	if err != nil {
		return "", err
	}
	resp.Body.Close()
	to := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || to == "" {
		return "", fmt.Errorf("a search on the map answers %d", resp.StatusCode)
	}
	return to, nil
}
