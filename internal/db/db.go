// Package db is the one way to the database: embedded SQLite by default,
// PostgreSQL for several instances, the same hand-written statements on both.
//
// The idea: a domain hands over the body of a transaction and gets it back
// committed or not at all. Reads see one snapshot. Writes are serialisable and
// their bodies may be rerun, so a body touches nothing outside its
// transaction. On SQLite one goroutine takes the waiting writes, each in its
// own savepoint, commits them together with one durable write, and only then
// answers: nothing is acknowledged that a power cut could take back. A body
// that fails rolls back alone.
//
// Portable SQL only: $n parameters each used once and in order, TEXT, BIGINT
// and BYTEA columns, identifiers made in Go, times as milliseconds UTC. Every
// statement is registered by Statement so that a check prepares each on both
// engines.
//
// Stored by this package itself: which migrations were applied, and the keys
// of actions that act only once.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"amelie/internal/fault"
)

// The engines.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Config names the database: a file for SQLite, or a URL for PostgreSQL.
type Config struct {
	Path string // SQLite file; its folder must exist
	URL  string // postgres://…; wins over Path
	// Namespace is a PostgreSQL schema made if missing and used for everything;
	// empty: the default of the URL.
	Namespace string
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine  string
	read    *sql.DB
	write   *sql.DB
	writer  *writer // SQLite only
	retries atomic.Int64
	ran     atomic.Int64 // statements, see Ran

	readers  chan *reader  // SQLite only: connections that keep their statements and that nobody uses
	unopened chan struct{} // places for more of them
}

// reader is a reading connection of SQLite and its prepared statements.
type reader struct {
	conn       *sql.Conn
	stmts      map[*Stmt]*sql.Stmt
	begin, end *sql.Stmt
}

// Stmt is a registered statement.
type Stmt struct {
	SQL  string
	File string // where it was registered, for the check's message
}

var registry struct {
	sync.Mutex
	all []*Stmt
}

// Statement registers a statement; call it in a package-level var only.
func Statement(text string) *Stmt {
	_, file, line, _ := runtime.Caller(1)
	if i := strings.LastIndex(file, "/internal/"); i >= 0 {
		file = file[i+1:]
	}
	s := &Stmt{SQL: text, File: fmt.Sprintf("%s:%d", file, line)}
	registry.Lock()
	registry.all = append(registry.all, s)
	registry.Unlock()
	return s
}

// Statements lists every registered statement.
func Statements() []*Stmt {
	registry.Lock()
	defer registry.Unlock()
	return append([]*Stmt(nil), registry.all...)
}

// Open opens the database and checks that it answers.
// Errors: fault.Unavailable when it does not.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	d := &DB{}
	var err error
	if cfg.URL != "" {
		err = d.openPostgres(ctx, cfg)
	} else {
		err = d.openSQLite(ctx, cfg.Path)
	}
	if err != nil {
		d.Close()
		return nil, fault.New(fault.Unavailable, "web.error.unavailable").Because(fmt.Errorf("open database: %w", err))
	}
	return d, nil
}

// Engine is SQLite or Postgres.
func (d *DB) Engine() string { return d.engine }

// Ping says whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// Close ends the writer, then the connections. Writes under way are finished.
func (d *DB) Close() error {
	var err error
	if d.writer != nil {
		d.writer.stop()
	}
	for range cap(d.readers) { // waits for the reads under way
		select {
		case r := <-d.readers:
			err = errors.Join(err, r.close())
		case <-d.unopened:
		}
		defer d.putBack(nil) // a later read finds the pool closed
	}
	if d.read != nil {
		err = errors.Join(err, d.read.Close())
	}
	if d.write != nil && d.write != d.read {
		err = errors.Join(err, d.write.Close())
	}
	return err
}

// Read runs body in one repeatable-read snapshot. Long reads hold back the
// truncation of SQLite's log: page them.
func (d *DB) Read(ctx context.Context, body func(tx *Tx) error) error {
	if d.engine == SQLite {
		return d.translate(d.readSQLite(ctx, body))
	}
	t, err := d.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return err
	}
	defer t.Rollback()
	if err := body(&Tx{d: d, ctx: ctx, tx: t}); err != nil {
		return err
	}
	return t.Commit()
}

// Write runs body in a serialisable transaction that is durable when Write
// returns nil. The body may be run more than once.
// Errors: the body's own; fault.Unavailable when the database is too busy.
func (d *DB) Write(ctx context.Context, body func(tx *Tx) error) error {
	if d.engine == SQLite {
		return d.writer.do(ctx, body)
	}
	return d.writePostgres(ctx, body)
}

// Tx is a transaction under way; it ends with the body that received it.
type Tx struct {
	d    *DB
	ctx  context.Context
	tx   *sql.Tx   // PostgreSQL
	conn *sql.Conn // SQLite, with its own statements
	own  map[*Stmt]*sql.Stmt
}

// Context is the context of the transaction.
func (t *Tx) Context() context.Context { return t.ctx }

// Ran is how many statements were run since the database was opened, for tests
// that bound what a page asks.
func (d *DB) Ran() int64 { return d.ran.Load() }

// Exec runs a statement and tells how many rows it changed.
func (t *Tx) Exec(s *Stmt, args ...any) (int64, error) {
	t.d.ran.Add(1)
	var r sql.Result
	var err error
	if t.tx != nil {
		r, err = t.tx.ExecContext(t.ctx, s.SQL, args...)
	} else {
		var p *sql.Stmt
		if p, err = t.stmt(s); err == nil {
			r, err = p.ExecContext(t.ctx, args...)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", s.File, err)
	}
	return r.RowsAffected()
}

// Query runs a statement that answers rows; the caller closes them.
func (t *Tx) Query(s *Stmt, args ...any) (*sql.Rows, error) {
	t.d.ran.Add(1)
	var rows *sql.Rows
	var err error
	if t.tx != nil {
		rows, err = t.tx.QueryContext(t.ctx, s.SQL, args...)
	} else {
		var p *sql.Stmt
		if p, err = t.stmt(s); err == nil {
			rows, err = p.QueryContext(t.ctx, args...)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.File, err)
	}
	return rows, nil
}

// Each runs a statement and calls row once for each answered row; row scans it.
func (t *Tx) Each(s *Stmt, row func(scan func(...any) error) error, args ...any) error {
	rows, err := t.Query(s, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// All runs a statement and gives what one reads of each answered row, in order.
func All[T any](t *Tx, s *Stmt, one func(scan func(...any) error) (T, error), args ...any) (out []T, err error) {
	err = t.Each(s, func(scan func(...any) error) error {
		v, err := one(scan)
		out = append(out, v)
		return err
	}, args...)
	return out, err
}

// few is how many identifiers a statement with a List takes at once.
const few = 50

// List is a list of identifiers in a statement, for IN, whose places begin with
// $from: one that both engines know, where each has another kind of array.
func List(from int) string {
	var b strings.Builder
	for i := range few {
		fmt.Fprintf(&b, ", $%d", from+i)
	}
	return "(" + b.String()[2:] + ")"
}

// AllOf is All for as many identifiers as there are: the statement takes args, and
// then a List. The order holds within each few of them.
func AllOf[T any](t *Tx, s *Stmt, one func(scan func(...any) error) (T, error), ids []string, args ...any) (out []T, err error) {
	for from := 0; from < len(ids); from += few {
		some := append([]any(nil), args...)
		for i := range few { // the last again, where there are fewer
			some = append(some, ids[min(from+i, len(ids)-1)])
		}
		part, err := All(t, s, one, some...)
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out, nil
}

// Bit is how a column keeps a yes: 1, and 0 for a no.
func Bit(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// Row runs a statement that answers at most one row; see NoRows.
func (t *Tx) Row(s *Stmt, args ...any) *Row {
	t.d.ran.Add(1)
	if t.tx != nil {
		return &Row{row: t.tx.QueryRowContext(t.ctx, s.SQL, args...), file: s.File}
	}
	p, err := t.stmt(s)
	if err != nil {
		return &Row{err: err}
	}
	return &Row{row: p.QueryRowContext(t.ctx, args...), file: s.File}
}

// Row is the answer of Tx.Row.
type Row struct {
	row  *sql.Row
	file string
	err  error
}

// Scan reads the row. Errors: NoRows(err) when there was none.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	if err := r.row.Scan(dest...); err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	return nil
}

// NoRows says whether a Scan found no row.
func NoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// First is the first of the rows that a reading gave: one thing by its name.
// Errors: the reading's; fault.NotFound when there is none.
func First[T any](list []T, err error) (T, error) {
	if err == nil && len(list) > 0 {
		return list[0], nil
	}
	if err == nil {
		err = fault.New(fault.NotFound, "web.error.not-found")
	}
	var none T
	return none, err
}

// stmt gives the statement prepared on this SQLite connection. (On PostgreSQL
// the driver keeps prepared statements per connection by itself.)
func (t *Tx) stmt(s *Stmt) (*sql.Stmt, error) {
	if p := t.own[s]; p != nil {
		return p, nil
	}
	p, err := t.conn.PrepareContext(context.WithoutCancel(t.ctx), s.SQL)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", s.File, err)
	}
	t.own[s] = p
	return p, nil
}

// Prepare prepares a statement and forgets it: for the check that prepares
// each statement on both engines.
func (d *DB) Prepare(ctx context.Context, s *Stmt) error {
	p, err := d.write.PrepareContext(ctx, s.SQL)
	if err != nil {
		return fmt.Errorf("%s: %w", s.File, err)
	}
	return p.Close()
}

var onceStmt = Statement(`INSERT INTO db_once (scope, token, at) VALUES ($1, $2, $3) ON CONFLICT (scope, token) DO NOTHING`)

// Once says whether this is the first time that scope and key are seen, and
// remembers them in the same transaction: a button pressed twice acts once.
func Once(tx *Tx, scope, key string, at time.Time) (first bool, err error) {
	n, err := tx.Exec(onceStmt, scope, key, at.UnixMilli())
	return n == 1, err
}

var onceSeenStmt = Statement(`SELECT COUNT(*) FROM db_once WHERE scope = $1 AND token = $2`)

// Seen says whether Once knows scope and key. What was done needs no second
// look whether it can be done.
func Seen(tx *Tx, scope, key string) (bool, error) {
	var n int
	err := tx.Row(onceSeenStmt, scope, key).Scan(&n)
	return n > 0, err
}

var onceDropStmt = Statement(`DELETE FROM db_once WHERE scope = $1 AND token = $2`)

// ForgetOne takes back what Once noted.
func ForgetOne(tx *Tx, scope, key string) error {
	_, err := tx.Exec(onceDropStmt, scope, key)
	return err
}

var onceOldStmt = Statement(`DELETE FROM db_once WHERE at < $1`)

// ForgetOnce drops the keys of actions before t.
func ForgetOnce(tx *Tx, t time.Time) error {
	_, err := tx.Exec(onceOldStmt, t.UnixMilli())
	return err
}

// Sound says whether the database's own check finds it whole. On PostgreSQL
// the server looks after that; here it only has to answer.
func (d *DB) Sound(ctx context.Context) error {
	if d.engine == Postgres {
		return d.Ping(ctx)
	}
	var answer string
	if err := d.read.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&answer); err != nil {
		return err
	}
	if answer != "ok" {
		return errors.New(answer)
	}
	return nil
}
