package bench

import (
	"context"
	"strings"

	"amelie/internal/db"
	"amelie/internal/id"
)

// The engines as the table names them.
const (
	sqliteName   = "SQLite"
	postgresName = "PostgreSQL"
)

// onBoth measures on a database file and, where a server is named, in a
// namespace of its own there, which goes when it was measured.
func onBoth(ctx context.Context, path string, o Options, measure func(d *db.DB, engine string) error) error {
	if err := onOne(ctx, db.Config{Path: path}, sqliteName, measure); err != nil || o.Postgres == "" {
		return err
	}
	name := "bench_" + strings.ReplaceAll(id.New(), "-", "")
	space, err := openBarePostgres(ctx, o.Postgres, name)
	if err != nil {
		return err
	}
	defer space.close()
	return onOne(ctx, db.Config{URL: o.Postgres, Namespace: name}, postgresName, measure)
}

func onOne(ctx context.Context, cfg db.Config, engine string, measure func(d *db.DB, engine string) error) error {
	d, err := db.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer d.Close()
	return measure(d, engine)
}
