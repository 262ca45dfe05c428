package bench

import (
	"context"
	"fmt"
	"net/url"
	"sync/atomic"

	"amelie/internal/casework/place"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

const (
	pools  = 2000 // published places of 500 agencies
	atOnce = 50   // requests for one bed
)

// houses measures free places, requests, offers, and many offers of one bed.
func (w *caseload) houses(ctx context.Context) error {
	regions := place.Regions("GR")
	house := func(i int) *web.Viewer {
		return w.member(fmt.Sprint("agency-", i), fmt.Sprint("house-", i), "caseworker")
	}
	published := make([]string, pools) // by number: of agency number modulo 500
	_, err := measure(pools, 16, func(i int) error {
		published[i] = id.New()
		return w.places.Publish(ctx, house(i%500), place.Pool{ID: published[i], Region: regions[1+i%(len(regions)-1)].Code, Group: "women", Free: 400, To: 17})
	})
	if err != nil {
		return err
	}
	offers := map[string]string{} // by agency one of its places
	for i, pool := range published {
		offers[fmt.Sprint("agency-", i%500)] = pool
	}
	if err := w.page(ctx, fmt.Sprintf("free places among %d", pools), "mira", "/places", caseListBudget); err != nil {
		return err
	}
	cases := w.real[:atOnce]
	requests, err := w.request(ctx, cases, nil)
	if err != nil {
		return err
	}
	if err := w.offer(ctx, cases, requests, offers); err != nil {
		return err
	}
	return w.oneBed(ctx, regions[0].Code)
}

// request asks for a place for each case, and measures it.
func (w *caseload) request(ctx context.Context, cases, regions []string) (requests []string, err error) {
	p95, err := times(len(cases)/5, func() error {
		request := id.New()
		caseID := cases[len(requests)]
		requests = append(requests, request)
		return w.places.Ask(ctx, w.worker, caseID, place.Wish{Need: url.Values{"group": {"women"}, "children": {"2, 7"}}, Regions: regions, Once: request})
	})
	if err == nil && regions == nil {
		w.written(fmt.Sprintf("asking %d of %d for a place", place.MaxAsked, pools), p95)
	}
	return requests, err
}

// offer answers each request from one of those who were asked.
func (w *caseload) offer(ctx context.Context, cases, requests []string, pools map[string]string) error {
	n := 0
	p95, err := times(len(requests)/5, func() error {
		_, list, err := w.places.Requests(ctx, w.worker, cases[n])
		if err != nil {
			return err
		}
		asked := list[0].Candidates[0].AgencyID
		n++
		return w.places.Answer(ctx, w.member(asked, "house", "caseworker"), requests[n-1], place.Act{Name: place.Offer, Pool: pools[asked], Hours: place.Holds[0]})
	})
	if err == nil {
		w.written("offering a place, with looking whom the case asked", p95)
	}
	return err
}

// oneBed offers the one bed of a house to many requests at the same time.
func (w *caseload) oneBed(ctx context.Context, region string) error {
	house, pool := w.member("the-house", "keeper", "caseworker"), id.New()
	if err := w.places.Publish(ctx, house, place.Pool{ID: pool, Region: region, Group: "women", Free: 3, To: 17}); err != nil {
		return err
	}
	requests, err := w.request(ctx, w.real[atOnce:2*atOnce], []string{region})
	if err != nil {
		return err
	}
	var got atomic.Int64
	r, err := measure(atOnce, atOnce, func(i int) error {
		err := w.places.Answer(ctx, house, requests[i], place.Act{Name: place.Offer, Pool: pool, Hours: place.Holds[0]})
		if err == nil {
			got.Add(1)
		} else if fault.KindOf(err) == fault.Conflict {
			err = nil
		}
		return err
	})
	if err == nil && got.Load() != 1 {
		err = fmt.Errorf("the same beds were promised %d times", got.Load())
	}
	if err != nil {
		return err
	}
	w.t.line(fmt.Sprintf("%s: %d offers of the same beds at once, until all are answered, each", w.engine, atOnce), caseWriteBudget, ms(r.all)/atOnce, "ms")
	w.t.report("  the slowest of them", show(ms(quantile(r.took, 1)), "ms"))
	return w.page(ctx, fmt.Sprintf("places of a house with %d requests", atOnce), "keeper", "/places", caseListBudget)
}
