package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"amelie/internal/fault"
)

func (d *DB) openPostgres(ctx context.Context, cfg Config) error {
	d.engine = Postgres
	pc, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		return err
	}
	if cfg.Namespace != "" {
		if strings.Trim(cfg.Namespace, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return fmt.Errorf("namespace %q: small letters, digits and _ only", cfg.Namespace)
		}
		plain := stdlib.OpenDB(*pc)
		_, err := plain.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+cfg.Namespace)
		plain.Close()
		if err != nil {
			return err
		}
		pc.RuntimeParams["search_path"] = cfg.Namespace
	}
	pool := stdlib.OpenDB(*pc)
	pool.SetMaxOpenConns(24)
	pool.SetMaxIdleConns(12)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	d.read, d.write = pool, pool
	return pool.PingContext(ctx)
}

// writePostgres retries what the engine refused because of others: a
// serialisation failure or a deadlock, for at most about five seconds.
func (d *DB) writePostgres(ctx context.Context, body func(*Tx) error) error {
	wait := time.Millisecond
	for try := 0; ; try++ {
		err := d.tryPostgres(ctx, body)
		if !retriable(err) {
			return err
		}
		if try >= 40 {
			return fault.New(fault.Unavailable, "web.error.unavailable").Because(err)
		}
		d.retries.Add(1)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait/2 + rand.N(wait)):
		}
		if wait < 200*time.Millisecond {
			wait *= 2
		}
	}
}

func (d *DB) tryPostgres(ctx context.Context, body func(*Tx) error) error {
	t, err := d.write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return err
	}
	defer t.Rollback()
	if err := guard(body, &Tx{d: d, ctx: ctx, tx: t}); err != nil {
		return err
	}
	return t.Commit()
}

// retriable: 40001 serialization_failure, 40P01 deadlock_detected (PostgreSQL
// manual, appendix A).
func retriable(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}
