package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the bare inserts speak to the engines directly
	_ "modernc.org/sqlite"

	"amelie/internal/bench/world"
	"amelie/internal/db"
	"amelie/internal/id"
)

const writers = 16

// sending measures a referral sent: sealed for two agencies, with consent,
// timeline, jobs and audit log, durable when the answer comes; and beside it,
// in the same run on the same disk, bare inserts of the same bytes.
func sending(ctx context.Context, t *table, dir string, o Options) error {
	if err := sqlite(ctx, t, filepath.Join(dir, "sending"), o); err != nil {
		return err
	}
	if o.Postgres == "" {
		t.report("PostgreSQL: referral sent", "no server named")
		return nil
	}
	return postgres(ctx, t, filepath.Join(dir, "sending-pg"), o)
}

func sqlite(ctx context.Context, t *table, dir string, o Options) error {
	w, err := world.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer w.DB.Close()
	size, err := warm(ctx, w)
	if err != nil {
		return err
	}
	bare, err := openBareSQLite(filepath.Join(dir, "bare.db"))
	if err != nil {
		return err
	}
	defer bare.close()
	return compare(ctx, t, w, bare, size, o, "SQLite", true)
}

func postgres(ctx context.Context, t *table, dir string, o Options) error {
	name := "bench_" + strings.ReplaceAll(id.New(), "-", "")
	bare, err := openBarePostgres(ctx, o.Postgres, name)
	if err != nil {
		return err
	}
	defer bare.close()
	d, err := world.OpenOn(ctx, dir, db.Config{URL: o.Postgres, Namespace: name})
	if err != nil {
		return err
	}
	defer d.DB.Close()
	size, err := warm(ctx, d)
	if err != nil {
		return err
	}
	return compare(ctx, t, d, bare, size, o, "PostgreSQL", false)
}

// warm sends a few referrals and weighs one: the bytes of all rows that a
// referral adds.
func warm(ctx context.Context, w *world.World) (int, error) {
	if _, err := sendMany(ctx, w, 32, writers); err != nil {
		return 0, err
	}
	var bytes, n int
	err := w.DB.Read(ctx, func(tx *db.Tx) error {
		bytes = 0
		for _, s := range weights {
			var some int
			if err := tx.Row(s).Scan(&some); err != nil {
				return err
			}
			bytes += some
		}
		return tx.Row(countReferrals).Scan(&n)
	})
	return bytes / max(1, n), err
}

// weights are the bytes of the rows that a sent referral leaves.
var weights = []*db.Stmt{
	db.Statement(`SELECT COALESCE(SUM(LENGTH(env) + LENGTH(id) * 3 + 200), 0) FROM referral_referral`),
	db.Statement(`SELECT COALESCE(SUM(LENGTH(env) + LENGTH(object_id) + LENGTH(referral_id) + 30), 0) FROM referral_wrap`),
	db.Statement(`SELECT COALESCE(SUM(LENGTH(id) + LENGTH(referral_id) + 100), 0) FROM referral_event`),
	db.Statement(`SELECT COALESCE(SUM(LENGTH(id) + LENGTH(object) + LENGTH(parts) + 150), 0) FROM consent_entry`),
	db.Statement(`SELECT COALESCE(SUM(LENGTH(id) + LENGTH(name) + LENGTH(slot) + LENGTH(payload) + 60), 0) FROM jobs_job`),
	db.Statement(`SELECT COALESCE(SUM(LENGTH(id) + LENGTH(object) + 80), 0) FROM audit_leaf WHERE action = 'referral.send'`),
}

var countReferrals = db.Statement(`SELECT COUNT(*) FROM referral_referral`)

// compare measures one writer, then sixteen, the bare inserts right after.
func compare(ctx context.Context, t *table, w *world.World, bare *bare, size int, o Options, engine string, budgeted bool) error {
	// The sequencer works beside the writers, as it does in the program.
	running, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { w.Log.Run(running) })
	defer beside.Wait()
	defer stop()

	alone, err := sendMany(ctx, w, o.Writes/4, 1)
	if err != nil {
		return err
	}
	commits, err := bare.many(ctx, o.Writes/4, 1, size)
	if err != nil {
		return err
	}
	p95, commit := quantile(alone.took, 0.95), quantile(commits.took, 0.5)
	name := engine + ": referral sent, p95 beyond the disk's own commit"
	if budgeted {
		t.line(name, 20, max(0, ms(p95-commit)), "ms")
	} else {
		t.report(name, show(max(0, ms(p95-commit)), "ms"))
	}
	t.report(fmt.Sprintf("  p95 of a send; p50 of a bare commit of %d B is %.2f ms", size, ms(commit)), show(ms(p95), "ms"))

	if err := asking(ctx, t, w, commit, o, engine, budgeted); err != nil {
		return err
	}
	referrals, err := sendMany(ctx, w, o.Writes, writers)
	if err != nil {
		return err
	}
	inserts, err := bare.many(ctx, o.Writes, writers, size)
	if err != nil {
		return err
	}
	name = fmt.Sprintf("%s: referrals a second, %d writers; budget: bare inserts", engine, writers)
	if budgeted {
		t.ratio(name, ">= "+show(inserts.perSecond(), "/s"), show(referrals.perSecond(), "/s"), inserts.perSecond()/referrals.perSecond())
	} else {
		t.report(name+" "+show(inserts.perSecond(), "/s"), show(referrals.perSecond(), "/s"))
	}
	t.report(fmt.Sprintf("  p95 of a send with %d writers", writers), show(ms(quantile(referrals.took, 0.95)), "ms"))
	return nil
}

// run is what one measurement took.
type run struct {
	took []time.Duration
	all  time.Duration
}

func (r run) perSecond() float64 { return float64(len(r.took)) / r.all.Seconds() }

// measure does n things with some writers at once.
func measure(n, writers int, do func(i int) error) (run, error) {
	r := run{took: make([]time.Duration, n)}
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, writers)
	began := time.Now()
	for w := range writers {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				one := time.Now()
				if err := do(i); err != nil {
					errs[w] = err
					return
				}
				r.took[i] = time.Since(one)
			}
		})
	}
	group.Wait()
	r.all = time.Since(began)
	return r, errors.Join(errs...)
}

// sendMany writes drafts first and measures only the sending.
func sendMany(ctx context.Context, w *world.World, n, writers int) (run, error) {
	type ready struct {
		id  string
		rev int64
	}
	drafts := make([]ready, n)
	if _, err := measure(n, 16, func(i int) (err error) {
		drafts[i].id, drafts[i].rev, err = w.Draft(ctx, fmt.Sprint("word ", i))
		return err
	}); err != nil {
		return run{}, err
	}
	return measure(n, writers, func(i int) error { return w.Send(ctx, drafts[i].id, drafts[i].rev) })
}

// bare is the yardstick: one table, one row, one durable commit.
type bare struct {
	pool   *sql.DB
	one    sync.Mutex // SQLite has one writer: waiting here is cheaper than in the engine
	serial bool
	table  string
	drop   string
}

func (b *bare) close() {
	if b.drop != "" {
		b.pool.Exec(b.drop)
	}
	b.pool.Close()
}

const bareTable = `CREATE TABLE bare (id TEXT PRIMARY KEY, body %s NOT NULL)`

func openBareSQLite(path string) (*bare, error) {
	pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	_, err = pool.Exec(fmt.Sprintf(bareTable, "BLOB"))
	return &bare{pool: pool, serial: true, table: "bare"}, err
}

func openBarePostgres(ctx context.Context, url, namespace string) (*bare, error) {
	pool, err := sql.Open("pgx", url)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(writers)
	pool.SetMaxIdleConns(writers)
	b := &bare{pool: pool, table: namespace + ".bare", drop: "DROP SCHEMA IF EXISTS " + namespace + " CASCADE"}
	if _, err = pool.ExecContext(ctx, "CREATE SCHEMA "+namespace); err == nil {
		_, err = pool.ExecContext(ctx, fmt.Sprintf(strings.Replace(bareTable, "bare", namespace+".bare", 1), "BYTEA"))
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// many inserts n rows of random bytes, each in a durable transaction.
func (b *bare) many(ctx context.Context, n, writers, size int) (run, error) {
	body := make([]byte, size)
	random := rand.NewChaCha8([32]byte{1})
	random.Read(body)
	insert, err := b.pool.PrepareContext(ctx, "INSERT INTO "+b.table+" (id, body) VALUES ($1, $2)")
	if err != nil {
		return run{}, err
	}
	defer insert.Close()
	return measure(n, writers, func(int) error {
		if b.serial {
			b.one.Lock()
			defer b.one.Unlock()
		}
		_, err := insert.ExecContext(ctx, id.New(), body)
		return err
	})
}
