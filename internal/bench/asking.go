package bench

import (
	"context"
	"fmt"
	"time"

	"amelie/internal/bench/world"
	"amelie/internal/referral"
)

// asking measures one anonymous enquiry to the most services that a round
// takes: sealed to each, with timelines, deadlines, counts and audit log, all
// in one transaction and durable when the answer comes.
func asking(ctx context.Context, t *table, w *world.World, commit time.Duration, o Options, engine string, budgeted bool) error {
	type ready struct {
		id  string
		rev int64
	}
	drafts := make([]ready, max(o.Writes/8, 8))
	for i := range drafts {
		var err error
		if drafts[i].id, drafts[i].rev, err = w.Enquiry(ctx, referral.MaxCandidates); err != nil {
			return err
		}
	}
	r, err := measure(len(drafts), 1, func(i int) error { return w.Ask(ctx, drafts[i].id, drafts[i].rev) })
	if err != nil {
		return err
	}
	p95 := quantile(r.took, 0.95)
	name := fmt.Sprintf("%s: enquiry to %d services, p95 beyond the disk's own commit", engine, referral.MaxCandidates)
	if budgeted {
		t.line(name, 20, max(0, ms(p95-commit)), "ms")
	} else {
		t.report(name, show(max(0, ms(p95-commit)), "ms"))
	}
	return nil
}
