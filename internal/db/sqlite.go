package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"amelie/internal/fault"
)

// batch is how many waiting writes share one durable commit at the most: large
// enough that 16 writers never wait for a second commit, small enough that one
// commit stays short.
const batch = 64

// readers is how many snapshots can be read at the same time.
const readers = 12

// unused is how long a connection stays open that belongs neither to the readers
// nor to the writer.
const unused = 5 * time.Second

// reader takes an open connection of the readers' pool that nobody uses, or a
// place for one that is not open (nil). A new one is opened only where all are in
// use: each knows the whole schema, close to a megabyte.
func (d *DB) reader(ctx context.Context) (*reader, error) {
	select {
	case r := <-d.readers:
		return r, nil
	default:
	}
	select {
	case r := <-d.readers:
		return r, nil
	case <-d.unopened:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// putBack gives a reader back to the pool, nil as a place for another.
func (d *DB) putBack(r *reader) {
	if r == nil {
		d.unopened <- struct{}{}
		return
	}
	d.readers <- r
}

// readSQLite runs body in a snapshot on a connection of the readers' pool.
func (d *DB) readSQLite(ctx context.Context, body func(*Tx) error) (err error) {
	r, err := d.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { d.putBack(r) }()
	if r == nil {
		if r, err = d.newReader(ctx); err != nil {
			return err
		}
	}
	if _, err := r.begin.ExecContext(ctx); err != nil {
		r.close()
		r = nil
		return err
	}
	defer func() {
		// A read has nothing to keep: ending it by rollback is the same. A
		// connection that cannot even do that is given up.
		if _, e := r.end.ExecContext(context.WithoutCancel(ctx)); e != nil {
			r.close()
			r = nil
			if err == nil {
				err = e
			}
		}
	}()
	return body(&Tx{d: d, ctx: ctx, conn: r.conn, own: r.stmts})
}

// newReader opens a reading connection, with the words that every read needs
// prepared once: parsing them would cost as much as a small query.
func (d *DB) newReader(ctx context.Context) (*reader, error) {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return nil, err
	}
	r := &reader{conn: conn, stmts: map[*Stmt]*sql.Stmt{}}
	if r.begin, err = conn.PrepareContext(context.WithoutCancel(ctx), "BEGIN"); err == nil {
		r.end, err = conn.PrepareContext(context.WithoutCancel(ctx), "ROLLBACK")
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return r, nil
}

// close ends the connection, which a pool would keep open, with its statements.
func (r *reader) close() error {
	err := r.conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) {
		return nil
	}
	return err
}

func dsn(path string, readOnly bool) string {
	q := url.Values{}
	q.Add("_pragma", "busy_timeout(5000)")
	q.Add("_pragma", "foreign_keys(1)")
	q.Add("_pragma", "temp_store(memory)")
	if readOnly {
		q.Add("_pragma", "query_only(1)")
		q.Add("_pragma", "cache_size(-4000)")
	} else {
		// FULL: an acknowledged write survives a power cut, not only a crash.
		q.Add("_pragma", "journal_mode(wal)")
		q.Add("_pragma", "synchronous(full)")
		// Deleted content is overwritten, so that an erased word does not stay
		// in free pages.
		q.Add("_pragma", "secure_delete(1)")
		q.Add("_pragma", "cache_size(-16000)")
		q.Set("_txlock", "immediate")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func (d *DB) openSQLite(ctx context.Context, path string) error {
	d.engine = SQLite
	// Made before the engine makes it, so that nobody else may read it; its log
	// takes over the same rights.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if d.write, err = sql.Open("sqlite", dsn(path, false)); err != nil {
		return err
	}
	d.write.SetMaxOpenConns(2) // the writer, and one for migrations and checks
	d.write.SetConnMaxIdleTime(unused)
	if err = d.write.PingContext(ctx); err != nil {
		return err
	}
	if d.read, err = sql.Open("sqlite", dsn(path, true)); err != nil {
		return err
	}
	d.read.SetMaxOpenConns(readers + 1) // one more for Ping
	d.read.SetConnMaxIdleTime(unused)
	d.readers, d.unopened = make(chan *reader, readers), make(chan struct{}, readers)
	for range readers {
		d.unopened <- struct{}{}
	}
	if err = d.read.PingContext(ctx); err != nil {
		return err
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	d.writer = newWriter(d, conn)
	return nil
}

// writer is SQLite's one writing goroutine.
type writer struct {
	d     *DB
	conn  *sql.Conn
	work  chan *writeOp
	quit  chan struct{}
	ended chan struct{}
	once  sync.Once
	stmts map[*Stmt]*sql.Stmt
	words map[string]*sql.Stmt // BEGIN, SAVEPOINT and the like, prepared once
}

type writeOp struct {
	ctx    context.Context
	body   func(*Tx) error
	err    error
	failed bool // its savepoint was rolled back
	done   chan struct{}
}

func newWriter(d *DB, conn *sql.Conn) *writer {
	w := &writer{d: d, conn: conn, work: make(chan *writeOp, batch), quit: make(chan struct{}), ended: make(chan struct{}), stmts: map[*Stmt]*sql.Stmt{}, words: map[string]*sql.Stmt{}}
	go w.run()
	return w
}

var errClosed = fault.New(fault.Unavailable, "web.error.unavailable").Because(errors.New("database is closed"))

func (w *writer) do(ctx context.Context, body func(*Tx) error) error {
	op := &writeOp{ctx: ctx, body: body, done: make(chan struct{})}
	select {
	case w.work <- op:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return errClosed
	}
	// Once handed over, the answer is awaited even if the caller gives up:
	// otherwise nobody would know whether it was committed.
	select {
	case <-op.done:
		return op.err
	case <-w.ended:
		select {
		case <-op.done:
			return op.err
		default:
			return errClosed
		}
	}
}

func (w *writer) stop() {
	w.once.Do(func() { close(w.quit) })
	<-w.ended
}

func (w *writer) run() {
	defer close(w.ended)
	defer w.conn.Close()
	ops := make([]*writeOp, 0, batch)
	for {
		select {
		case op := <-w.work:
			ops = append(ops[:0], op)
		case <-w.quit:
			select { // what was taken in before the end is still finished
			case op := <-w.work:
				ops = append(ops[:0], op)
			default:
				return
			}
		}
	gather:
		for len(ops) < batch {
			select {
			case op := <-w.work:
				ops = append(ops, op)
			default:
				break gather
			}
		}
		w.commit(ops)
		for _, op := range ops {
			close(op.done)
		}
	}
}

// commit runs the operations, each in a savepoint, and commits once. When the
// commit itself fails, none of them happened and each says so.
// req: CRASH-1
func (w *writer) commit(ops []*writeOp) {
	fail := func(err error) {
		for _, op := range ops {
			if !op.failed {
				op.err = w.d.translate(err)
			}
		}
	}
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		fail(fmt.Errorf("begin: %w", err))
		return
	}
	kept := 0
	for _, op := range ops {
		if err := w.savepoint(op); err != nil {
			w.exec("ROLLBACK")
			fail(err)
			return
		}
		if !op.failed {
			kept++
		}
	}
	if kept == 0 {
		w.exec("ROLLBACK")
		return
	}
	if err := w.exec("COMMIT"); err != nil {
		w.exec("ROLLBACK")
		fail(fmt.Errorf("commit: %w", err))
	}
}

// savepoint runs one operation; its error is fatal for the whole batch.
func (w *writer) savepoint(op *writeOp) error {
	if err := op.ctx.Err(); err != nil {
		op.err, op.failed = err, true
		return nil
	}
	if err := w.exec("SAVEPOINT op"); err != nil {
		return err
	}
	// The statements run without the caller's deadline: an interrupt would roll
	// back the neighbours too.
	tx := &Tx{d: w.d, ctx: context.WithoutCancel(op.ctx), conn: w.conn, own: w.stmts}
	if err := guard(op.body, tx); err != nil {
		op.err, op.failed = w.d.translate(err), true
		if err := w.exec("ROLLBACK TO op"); err != nil {
			return err
		}
	}
	return w.exec("RELEASE op")
}

// guard turns a panic of a body into its error, so that one faulty operation
// does not end the writer for all.
func guard(body func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return body(tx)
}

func (w *writer) exec(s string) error {
	p := w.words[s]
	if p == nil {
		var err error
		if p, err = w.conn.PrepareContext(context.Background(), s); err != nil {
			return err
		}
		w.words[s] = p
	}
	_, err := p.ExecContext(context.Background())
	return err
}

// translate gives a busy or locked database its meaning; other errors pass.
func (d *DB) translate(err error) error {
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
			return fault.New(fault.Unavailable, "web.error.unavailable").Because(err)
		}
	}
	return err
}

// Snapshot writes a consistent copy of a SQLite database to path while others
// read and write.
func (d *DB) Snapshot(ctx context.Context, path string) error {
	if d.engine != SQLite {
		return errors.New("a file snapshot is only for SQLite")
	}
	// VACUUM INTO cannot run on the query-only connection; the second writing
	// connection is free for it, and WAL lets the writer go on.
	c, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.ExecContext(ctx, "VACUUM INTO ?", path)
	return err
}
