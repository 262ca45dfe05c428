package directory

import (
	"context"
	"time"

	"amelie/internal/db"
)

// Ages counts the services in force, and those that were last verified before
// a day, or never.
func (d *Directory) Ages(ctx context.Context, before time.Time) (all, old int, err error) {
	snap, err := d.snapshot(ctx)
	if err != nil {
		return 0, 0, err
	}
	day := before.UTC().Format("2006-01-02")
	for _, r := range snap.views[1].byService {
		all++
		if r.service.Verified < day {
			old++
		}
	}
	return all, old, nil
}

// Proposed counts what a release proposes to entries that were edited here.
func Proposed(tx *db.Tx) (n int, err error) {
	err = tx.Row(proposedStmt).Scan(&n)
	return n, err
}
