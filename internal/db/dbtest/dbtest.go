// Package dbtest opens databases for contract tests: the same test runs on
// SQLite and on PostgreSQL. The environment variable AMELIE_TEST_POSTGRES
// names the server (`make test` starts one); without it the PostgreSQL half
// is skipped, and with AMELIE_TEST_ALL=1 its absence fails.
package dbtest

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"amelie/internal/db"
	"amelie/internal/id"
)

// Each runs fn on a fresh database of each engine, with the schemas applied.
func Each(t *testing.T, schemas []db.Schema, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, Open(t, schemas...)) })
	t.Run("postgres", func(t *testing.T) { fn(t, OpenPostgres(t, schemas...)) })
}

// Open is a fresh SQLite database.
func Open(t testing.TB, schemas ...db.Schema) *db.DB {
	t.Helper()
	return opened(t, db.Config{Path: filepath.Join(t.TempDir(), "test.db")}, schemas)
}

// OpenPostgres is a fresh namespace of the PostgreSQL server of the tests,
// dropped at the end.
func OpenPostgres(t testing.TB, schemas ...db.Schema) *db.DB {
	t.Helper()
	return opened(t, Postgres(t), schemas)
}

// Postgres names a fresh namespace of the test server, dropped at the end.
func Postgres(t testing.TB) db.Config {
	t.Helper()
	url := os.Getenv("AMELIE_TEST_POSTGRES")
	if url == "" {
		if os.Getenv("AMELIE_TEST_ALL") == "1" {
			t.Fatal("AMELIE_TEST_POSTGRES is not set, and AMELIE_TEST_ALL=1 asks for PostgreSQL")
		}
		t.Skip("no PostgreSQL: set AMELIE_TEST_POSTGRES, or run make test, which starts one")
	}
	name := "t_" + strings.ReplaceAll(id.New(), "-", "")
	t.Cleanup(func() {
		pool, err := sql.Open("pgx", url)
		if err == nil {
			_, err = pool.Exec("DROP SCHEMA IF EXISTS " + name + " CASCADE")
			pool.Close()
		}
		if err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
	})
	return db.Config{URL: url, Namespace: name}
}

func opened(t testing.TB, cfg db.Config, schemas []db.Schema) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(context.Background(), schemas...); err != nil {
		t.Fatal(err)
	}
	return d
}
