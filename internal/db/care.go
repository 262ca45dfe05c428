package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"
)

// What somebody who looks after a database asks of it. Nothing here reads or
// changes a row of anybody.

// Size is the bytes that the database takes, and on SQLite those of its
// write-ahead log.
func (d *DB) Size(ctx context.Context) (all, journal int64, err error) {
	if d.engine == Postgres {
		err = d.read.QueryRowContext(ctx, `SELECT pg_database_size(current_database())`).Scan(&all)
		return all, 0, err
	}
	path, err := d.file(ctx)
	if err != nil {
		return 0, 0, err
	}
	if info, err := os.Stat(path); err == nil {
		all = info.Size()
	}
	if info, err := os.Stat(path + "-wal"); err == nil {
		journal = info.Size()
	}
	return all + journal, journal, nil
}

func (d *DB) file(ctx context.Context) (path string, err error) {
	err = d.read.QueryRowContext(ctx, `SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&path)
	return path, err
}

// Skew is how far the clock of the database's machine is ahead of this one,
// half of the way there and back allowed for. Zero on SQLite.
func (d *DB) Skew(ctx context.Context) (time.Duration, error) {
	if d.engine == SQLite {
		return 0, nil
	}
	var theirs int64
	before := time.Now()
	if err := d.read.QueryRowContext(ctx, `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint`).Scan(&theirs); err != nil {
		return 0, err
	}
	after := time.Now()
	return time.UnixMilli(theirs).Sub(before.Add(after.Sub(before) / 2)), nil
}

// Retries is how many writes this process tried again since its start because
// others were in the way.
func (d *DB) Retries() int64 { return d.retries.Load() }

// Compact merges SQLite's write-ahead log into the database and cuts it. It
// waits for nobody: what is still read stays in the log.
func (d *DB) Compact(ctx context.Context) error {
	if d.engine == Postgres {
		return nil
	}
	var busy, log, merged int
	return d.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &merged)
}

// Rest gives back the memory in which SQLite keeps pages that it has read, and
// closes the reading connections that a busy minute opened, but one. It waits for
// nobody's work; the pages are read again when they are asked for.
func (d *DB) Rest(ctx context.Context) error {
	if d.engine == Postgres {
		return nil
	}
	const shrink = `PRAGMA shrink_memory`
	_, err := d.writer.conn.ExecContext(ctx, shrink)
	for kept := false; ; kept = true {
		select {
		case r := <-d.readers:
			if !kept {
				_, e := r.conn.ExecContext(ctx, shrink)
				err = errors.Join(err, e)
				defer d.putBack(r)
				continue
			}
			err = errors.Join(err, r.close())
			d.putBack(nil)
		default:
			return err
		}
	}
}

// Connections is how many connections are open, used or not.
func (d *DB) Connections() int {
	n := d.read.Stats().OpenConnections
	if d.engine == SQLite { // on PostgreSQL they are the same pool
		n += d.write.Stats().OpenConnections
	}
	return n
}

// Unknown lists the applied migrations of the schemas' packages that the
// schemas do not have: a newer program was here. Packages that are not among
// the schemas count too.
func (d *DB) Unknown(ctx context.Context, schemas ...Schema) ([]string, error) {
	applied, err := d.Applied(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range schemas {
		names, err := s.names()
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			delete(applied, s.Package+"/"+n)
		}
	}
	var out []string
	for name := range applied {
		out = append(out, name)
	}
	return out, nil
}

// Fresh says whether no program was here yet.
func (d *DB) Fresh(ctx context.Context) (bool, error) {
	var n int
	q := `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'db_migration'`
	if d.engine == Postgres {
		q = `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'db_migration'`
	}
	err := d.read.QueryRowContext(ctx, q).Scan(&n)
	return n == 0, err
}

var (
	makesIndex = regexp.MustCompile(`(?is)^\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?([a-z0-9_]+)\s+ON\s`)
	dropsIndex = regexp.MustCompile(`(?is)^\s*DROP\s+INDEX\s+(?:IF\s+EXISTS\s+)?([a-z0-9_]+)`)
	dropsTable = regexp.MustCompile(`(?is)^\s*DROP\s+TABLE\s`)
)

// MissingIndexes gives the statements of indexes that the applied migrations
// made and that are not there.
func (d *DB) MissingIndexes(ctx context.Context, schemas ...Schema) ([]string, error) {
	applied, err := d.Applied(ctx)
	if err != nil {
		return nil, err
	}
	have, err := d.indexes(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range schemas {
		names, err := s.names()
		if err != nil {
			return nil, err
		}
		made := map[string]string{}
		var order []string
		for _, n := range names {
			if !applied[s.Package+"/"+n] {
				continue
			}
			text, err := s.Files.ReadFile(n)
			if err != nil {
				return nil, err
			}
			for _, one := range split(string(text)) {
				if m := makesIndex.FindStringSubmatch(one); m != nil {
					name := strings.ToLower(m[1])
					made[name], order = one, append(order, name)
				} else if m := dropsIndex.FindStringSubmatch(one); m != nil {
					delete(made, strings.ToLower(m[1]))
				} else if dropsTable.MatchString(one) {
					made, order = map[string]string{}, nil // rather none than a wrong one
				}
			}
		}
		for _, name := range order {
			if one := made[name]; one != "" && !have[name] {
				out = append(out, one)
				delete(made, name)
			}
		}
	}
	return out, nil
}

func (d *DB) indexes(ctx context.Context) (map[string]bool, error) {
	q := `SELECT name FROM sqlite_master WHERE type = 'index'`
	if d.engine == Postgres {
		q = `SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()`
	}
	rows, err := d.read.QueryContext(ctx, q)
	if err != nil {
		return nil, err
	}
	return collected(rows)
}

func collected(rows *sql.Rows) (map[string]bool, error) {
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out[strings.ToLower(name)] = true
	}
	return out, rows.Err()
}

// MakeIndexes makes what MissingIndexes gave.
func (d *DB) MakeIndexes(ctx context.Context, statements []string) error {
	for _, one := range statements {
		if !makesIndex.MatchString(one) {
			return fmt.Errorf("not an index: %.40s", one)
		}
		if _, err := d.write.ExecContext(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// Reindex makes SQLite's indexes anew from the rows. PostgreSQL's are its own.
func (d *DB) Reindex(ctx context.Context) error {
	if d.engine == Postgres {
		return nil
	}
	_, err := d.write.ExecContext(ctx, `REINDEX`)
	return err
}

// SoundIndexes says whether every row stands in every index: slower than
// Sound. On PostgreSQL it only has to answer.
func (d *DB) SoundIndexes(ctx context.Context) error {
	if d.engine == Postgres {
		return d.Ping(ctx)
	}
	var answer string
	if err := d.read.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&answer); err != nil {
		return err
	}
	if answer != "ok" {
		return fmt.Errorf("%s", answer)
	}
	return nil
}
