package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
)

// What work with cases may take, in milliseconds, and the server's memory.
const (
	caseListBudget   = 100
	caseOpenBudget   = 150
	caseWriteBudget  = 30 // beyond the commit
	caseSearchBudget = 300
	caseCountBudget  = 1000
	caseMemoryBudget = 500 // MB
)

// casesOf measures the case file on both databases.
func casesOf(ctx context.Context, t *table, dir string, o Options) error {
	if o.Postgres == "" {
		defer t.report("PostgreSQL: cases", "no server named")
	}
	return onBoth(ctx, filepath.Join(dir, "cases.db"), o, func(d *db.DB, engine string) error {
		w, err := openCaseload(ctx, d)
		if err != nil {
			return err
		}
		w.t, w.engine = t, engine
		for _, part := range []func(context.Context) error{w.commits, w.lists, w.file, w.desks, w.houses, w.threads, w.sums, w.search, w.held} {
			if err := part(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// times measures one thing some times, in five rounds, the calmest of which counts.
func times(n int, do func() error) (time.Duration, error) {
	return calm(5, func() ([]time.Duration, error) {
		r, err := measure(n, 1, func(int) error { return do() })
		return r.took, err
	})
}

func (w *caseload) lists(ctx context.Context) error {
	p95, err := times(30, func() error {
		lines, _, err := w.cases.List(ctx, w.worker, casework.Query{Scope: casework.Mine, State: casework.Open})
		if err == nil && (len(lines) != casework.PageSize || lines[0].Head.Name == "") {
			err = fmt.Errorf("%d lines", len(lines))
		}
		return err
	})
	if err != nil {
		return err
	}
	w.t.line(fmt.Sprintf("%s: own list among 10^6 cases of 5,000 workers, %d names opened, p95", w.engine, casework.PageSize), caseListBudget, ms(p95), "ms")
	return nil
}

// commits measures a bare commit: what a write cannot be without.
func (w *caseload) commits(ctx context.Context) error {
	r, err := measure(60, 1, func(int) error {
		return w.cases.DB.Write(ctx, func(tx *db.Tx) error { _, err := db.Once(tx, "bench", id.New(), time.Now()); return err })
	})
	w.commit = quantile(r.took, 0.5)
	return err
}

// written prints what a write takes beyond the commit.
func (w *caseload) written(what string, p95 time.Duration) {
	w.t.line(w.engine+": "+what+", p95 beyond the commit", caseWriteBudget, max(0, ms(p95-w.commit)), "ms")
}

// file measures one case with many entries and readers.
func (w *caseload) file(ctx context.Context) error {
	caseID, err := w.cases.New(ctx, w.worker, beginning("Large", time.Now()))
	if err != nil {
		return err
	}
	write := func() error {
		_, err := w.cases.Save(ctx, w.worker, caseID, casework.Typed{Kind: "legal", Posted: map[string][]string{"words": {"What was said on the telephone, in about as many words as such a note has."}}})
		return err
	}
	for range caseEntries {
		if err := write(); err != nil {
			return err
		}
	}
	for i := range caseShares {
		share := casework.Share{To: fmt.Sprint("reader-", i+1), Parts: []casework.Part{casework.Legal, casework.Needs}, Until: time.Now().AddDate(0, 1, 0), Past: true}
		if err := w.cases.Grant(ctx, w.worker, caseID, share, nil); err != nil {
			return err
		}
	}
	p95, err := times(20, func() error { _, err := w.cases.Look(ctx, w.worker, caseID); return err })
	if err != nil {
		return err
	}
	w.t.line(fmt.Sprintf("%s: opening a case with %d entries and %d readers, p95", w.engine, caseEntries, caseShares), caseOpenBudget, ms(p95), "ms")
	p95, err = times(20, write)
	if err != nil {
		return err
	}
	w.written("adding an entry to it", p95)
	return w.takeBack(ctx, caseID)
}

// takeBack measures a withdrawal, and that the next request is refused.
func (w *caseload) takeBack(ctx context.Context, caseID string) error {
	reader := w.member("reader-1", "reader", "caseworker")
	if _, err := w.cases.Look(ctx, reader, caseID); err != nil {
		return err
	}
	began := time.Now()
	if err := w.cases.Revoke(ctx, w.worker, caseID, "reader-1", []casework.Part{casework.Legal, casework.Needs}, nil); err != nil {
		return err
	}
	took := time.Since(began)
	if _, err := w.cases.Look(ctx, reader, caseID); err == nil || fault.KindOf(err) != fault.NotFound {
		return fmt.Errorf("after the withdrawal the next request is answered: %v", err)
	}
	w.t.report(w.engine+": a withdrawal; the next request found nothing", show(ms(took), "ms"))
	return nil
}

func (w *caseload) search(ctx context.Context) error {
	began := time.Now()
	if _, err := w.cases.Find(ctx, w.worker, "real2", 50); err != nil {
		return err
	}
	w.t.report(fmt.Sprintf("%s: first search in %d cases: segments opened and merged", w.engine, caseSearched), show(ms(time.Since(began)), "ms"))
	for _, query := range []string{"real2", "note wor real", "r"} {
		p95, err := times(20, func() error {
			lines, err := w.cases.Find(ctx, w.worker, query, casework.PageSize)
			if err == nil && len(lines) == 0 {
				err = errors.New("nothing found")
			}
			return err
		})
		if err != nil {
			return err
		}
		w.t.line(fmt.Sprintf("%s: search %q in %d sealed cases, warm, p95", w.engine, query, caseSearched), caseSearchBudget, ms(p95), "ms")
	}
	return nil
}

// held is what the process needs with the words in memory, after all that.
func (w *caseload) held(context.Context) error {
	_, held := w.words.Held()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	w.t.line(w.engine+": memory of the process with the words of these cases", caseMemoryBudget, float64(m.Sys-m.HeapReleased)/(1<<20), "MB")
	w.t.report("  of it by the words, as the index counts", show(float64(held)/(1<<20), "MB"))
	return nil
}
