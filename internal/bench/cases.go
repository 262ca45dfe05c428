package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"amelie/internal/ask"
	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/casework/index"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// What work with cases may take, in milliseconds, and the server's memory.
const (
	caseListBudget   = 100
	caseOpenBudget   = 150
	caseWriteBudget  = 30 // beyond the commit
	caseSearchBudget = 300
	caseMemoryBudget = 500 // MB
)

// How much lies there: as many cases as a large country has in years, of 5,000
// workers in 500 agencies, and one agency with 20,000 that are searched.
const (
	caseFiller   = 980_000
	caseSearched = 20_000
	caseReal     = 300 // of the searched ones, with keys that open
	caseEntries  = 200
	caseShares   = 20
)

// Rows for many cases at once, after one real case. They are listed around, never
// opened; their wraps are cut to 64 bytes, the real ones are whole.
var (
	fillCases = db.Statement(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
		INSERT INTO casework_case (id, agency_id, worker_id, state, due_at, opened_at, changed_at, closed_at, source_id, gen, version, env)
		SELECT $1 || n.i, $2 || (n.i % 500), $3 || (n.i % 5000), c.state, c.due_at - n.i, c.opened_at, c.changed_at, 0, '', 1, 1, c.env FROM n CROSS JOIN casework_case c WHERE c.id = $4`)
	fillKeys = db.Statement(`INSERT INTO casework_key (case_id, gen, key_id, made, env) SELECT c.id, 1, k.key_id, k.made, SUBSTR(k.env, 1, 64)
		FROM casework_case c CROSS JOIN casework_key k WHERE k.case_id = $1 AND c.id >= $2 AND c.id < $3`)
)

// caseload is the stand-in for accounts and agencies: keys in memory.
type caseload struct {
	casework.Agencies
	keys   map[string]*vault.PrivateKey
	cases  *casework.Service
	words  *index.Index
	worker *web.Viewer
}

func (w *caseload) OwnKey(_ *db.Tx, agency string) (string, vault.PublicKey, error) {
	return agency, w.keys[agency].Public(), nil
}

func (w *caseload) PublicKey(tx *db.Tx, agency string) (string, vault.PublicKey, error) {
	return w.OwnKey(tx, agency)
}

func (w *caseload) OpenKey(_ *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error) {
	if keyID != v.AgencyID {
		return nil, fault.New(fault.NotFound, "")
	}
	return w.keys[keyID], nil
}

func (w *caseload) Name(_ *db.Tx, agency string) (string, error) { return agency, nil }

func (w *caseload) Workers(*db.Tx, string) ([]casework.Worker, error) { return nil, nil }

func member(agency, user string, key *vault.PrivateKey) *web.Viewer {
	return &web.Viewer{UserID: user, Name: user, AgencyID: agency, SessionID: user, Roles: []string{"caseworker"}, Key: key}
}

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
		return errors.Join(w.lists(ctx, t, engine), w.file(ctx, t, d, engine), w.search(ctx, t, engine))
	})
}

func openCaseload(ctx context.Context, d *db.DB) (*caseload, error) {
	if err := d.Migrate(ctx, audit.Schema, jobs.Schema, casework.Schema, index.Schema); err != nil {
		return nil, err
	}
	w := &caseload{keys: map[string]*vault.PrivateKey{}}
	for i := range caseShares + 1 {
		name := "reader-" + fmt.Sprint(i)
		if i == 0 {
			name = "support"
		}
		var err error
		if w.keys[name], err = vault.NewPrivateKey(); err != nil {
			return nil, err
		}
	}
	w.worker = member("support", "mira", w.keys["support"])
	w.words = index.New(index.Config{DB: d, Now: clock.System, Agencies: w})
	w.cases = casework.New(casework.Config{DB: d, Policy: policy.Must(casework.Policy), Now: clock.System, Agencies: w, Index: w.words})
	return w, w.fill(ctx, d)
}

// fill makes the real cases through the service, and the many around them by
// copying rows.
func (w *caseload) fill(ctx context.Context, d *db.DB) error {
	var first string
	for i := range caseReal {
		caseID, err := w.cases.New(ctx, w.worker, beginning(fmt.Sprint("Real", i), time.Now().AddDate(0, 0, i%40)))
		if err != nil {
			return err
		}
		first = caseID
	}
	for done := 0; done < caseFiller; done += caseSearched {
		prefix := fmt.Sprintf("fill-%03d-", done/caseSearched)
		err := d.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(fillCases, prefix, "agency-", "worker-", first); err != nil {
				return err
			}
			_, err := tx.Exec(fillKeys, first, prefix, prefix+"~")
			return err
		})
		if err != nil {
			return err
		}
	}
	return w.fillWords(ctx, d)
}

func beginning(name string, due time.Time) casework.Beginning {
	return casework.Beginning{Answers: map[string]ask.Answer{"person": {"name": {name}}, "task": {"words": {"call about the paper, a note with some words"}, "day": {due.Format(time.DateOnly)}}}}
}

// fillWords makes the words of the searched agency's other cases: a name and a
// note each, sealed by the index as in a write.
func (w *caseload) fillWords(ctx context.Context, d *db.DB) error {
	for done := 0; done < caseSearched-caseReal; done += 500 {
		var writes []func(*db.Tx) error
		for i := done; i < done+500; i++ {
			caseID := fmt.Sprintf("word-%06d", i)
			write, err := w.words.Prepare(ctx, w.worker, caseID, caseID, []string{fmt.Sprintf("Name%d Family%d", i, i%977), "A note with some words of an ordinary day " + fmt.Sprint("place", i%211)})
			if err != nil {
				return err
			}
			writes = append(writes, write)
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			for _, write := range writes {
				if err := write(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// times measures one thing some times, in five rounds, the calmest of which counts.
func times(n int, do func() error) (time.Duration, error) {
	return calm(5, func() ([]time.Duration, error) {
		r, err := measure(n, 1, func(int) error { return do() })
		return r.took, err
	})
}

func (w *caseload) lists(ctx context.Context, t *table, engine string) error {
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
	t.line(fmt.Sprintf("%s: own list among 10^6 cases of 5,000 workers, %d names opened, p95", engine, casework.PageSize), caseListBudget, ms(p95), "ms")
	return nil
}

// file measures one case with many entries and readers.
func (w *caseload) file(ctx context.Context, t *table, d *db.DB, engine string) error {
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
	t.line(fmt.Sprintf("%s: opening a case with %d entries and %d readers, p95", engine, caseEntries, caseShares), caseOpenBudget, ms(p95), "ms")
	commit, err := measure(60, 1, func(int) error {
		return d.Write(ctx, func(tx *db.Tx) error { _, err := db.Once(tx, "bench", id.New(), time.Now()); return err })
	})
	if err != nil {
		return err
	}
	p95, err = times(20, write)
	if err != nil {
		return err
	}
	t.line(engine+": adding an entry to it, p95 beyond the commit", caseWriteBudget, max(0, ms(p95-quantile(commit.took, 0.5))), "ms")
	return w.takeBack(ctx, t, caseID, engine)
}

// takeBack measures a withdrawal, and that the next request is refused.
func (w *caseload) takeBack(ctx context.Context, t *table, caseID, engine string) error {
	reader := member("reader-1", "reader", w.keys["reader-1"])
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
	t.report(engine+": a withdrawal; the next request found nothing", show(ms(took), "ms"))
	return nil
}

func (w *caseload) search(ctx context.Context, t *table, engine string) error {
	began := time.Now()
	if _, err := w.cases.Find(ctx, w.worker, "real2", 50); err != nil {
		return err
	}
	t.report(fmt.Sprintf("%s: first search in %d cases: segments opened and merged", engine, caseSearched), show(ms(time.Since(began)), "ms"))
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
		t.line(fmt.Sprintf("%s: search %q in %d sealed cases, warm, p95", engine, query, caseSearched), caseSearchBudget, ms(p95), "ms")
	}
	_, held := w.words.Held()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.line(engine+": memory of the process with the words of these cases", caseMemoryBudget, float64(m.Sys-m.HeapReleased)/(1<<20), "MB")
	t.report("  of it by the words, as the index counts", show(float64(held)/(1<<20), "MB"))
	return nil
}
