package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"time"
)

// Schema is a package's migrations: schema/NNNN_name.sql, forward only,
// applied in order, each in one transaction. A migration must work in three
// states: not applied; applied under the old program; applied under the new.
type Schema struct {
	Package string
	Files   embed.FS
}

var ownSchema = `CREATE TABLE IF NOT EXISTS db_migration (package TEXT NOT NULL, file TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (package, file));
CREATE TABLE IF NOT EXISTS db_once (scope TEXT NOT NULL, token TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (scope, token))`

// names lists the migrations of a schema in order.
func (s Schema) names() ([]string, error) {
	names, err := fs.Glob(s.Files, "schema/*.sql")
	sort.Strings(names)
	return names, err
}

// Migrate applies what is missing of the schemas, in the order given.
func (d *DB) Migrate(ctx context.Context, schemas ...Schema) error {
	return d.migrate(ctx, func(string) bool { return true }, schemas)
}

func (d *DB) migrate(ctx context.Context, wanted func(name string) bool, schemas []Schema) error {
	return d.migrating(ctx, func(exec func(string, ...any) error, applied map[string]bool) error {
		for _, s := range schemas {
			names, err := s.names()
			if err != nil {
				return err
			}
			for _, name := range names {
				if full := s.Package + "/" + name; applied[full] || !wanted(full) {
					continue
				}
				text, err := s.Files.ReadFile(name)
				if err != nil {
					return err
				}
				for _, one := range split(string(text)) {
					if err := exec(one); err != nil {
						return fmt.Errorf("migration %s %s: %w", s.Package, name, err)
					}
				}
				if err := exec(`INSERT INTO db_migration (package, file, at) VALUES ($1, $2, $3)`, s.Package, name, time.Now().UnixMilli()); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Applied lists the applied migrations as package/file.
func (d *DB) Applied(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	rows, err := d.read.QueryContext(ctx, `SELECT package, file FROM db_migration`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p, f string
		if err := rows.Scan(&p, &f); err != nil {
			return nil, err
		}
		out[p+"/"+f] = true
	}
	return out, rows.Err()
}

// migrating runs fn in one writing transaction that no second instance enters
// at the same time.
func (d *DB) migrating(ctx context.Context, fn func(exec func(string, ...any) error, applied map[string]bool) error) error {
	c, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	exec := func(q string, args ...any) error { _, err := c.ExecContext(ctx, q, args...); return err }
	begin := "BEGIN IMMEDIATE"
	if d.engine == Postgres {
		begin = "BEGIN"
	}
	for _, one := range split(ownSchema) {
		// Two instances starting at once may both try; the loser's error only
		// means that the table is there.
		if err := exec(one); err != nil {
			if err2 := exec(one); err2 != nil {
				return err2
			}
		}
	}
	if err := exec(begin); err != nil {
		return err
	}
	defer c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	if d.engine == Postgres {
		if err := exec("LOCK TABLE db_migration IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
	}
	applied := map[string]bool{}
	rows, err := c.QueryContext(ctx, `SELECT package, file FROM db_migration`)
	if err != nil {
		return err
	}
	for rows.Next() {
		var p, f string
		if err := rows.Scan(&p, &f); err != nil {
			rows.Close()
			return err
		}
		applied[p+"/"+f] = true
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := fn(exec, applied); err != nil {
		return err
	}
	return exec("COMMIT")
}

// split cuts a script at the semicolons that end a line, and drops comments.
func split(script string) []string {
	var lines []string
	for _, l := range strings.Split(script, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(l), "--") {
			lines = append(lines, l)
		}
	}
	var out []string
	for _, one := range strings.Split(strings.Join(lines, "\n"), ";\n") {
		if one = strings.TrimSuffix(strings.TrimSpace(one), ";"); one != "" {
			out = append(out, one)
		}
	}
	return out
}
