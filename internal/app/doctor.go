package app

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/jobs"
)

// Point is one thing that the doctor looked at: how it is and what to do.
type Point struct {
	What string
	Bad  bool
	Do   string // what to do, when bad
}

// String is the line on the terminal.
func (p Point) String() string {
	if !p.Bad {
		return "ok    " + p.What
	}
	return "LOOK  " + p.What + "\n      " + p.Do
}

// Doctor looks at an installation, which may be running. It changes nothing.
func Doctor(ctx context.Context, cfg Config) ([]Point, error) {
	if err := cfg.existing(); err != nil {
		return nil, err
	}
	out := []Point{cfg.privacyOf(cfg.Data, "the data folder")}
	for _, name := range []string{"server.secret", "node.key"} {
		out = append(out, cfg.privacyOf(filepath.Join(cfg.Data, name), name))
	}
	out = append(out, cfg.demoPoint(), cfg.diskPoint())
	d, err := db.Open(ctx, cfg.database())
	if err != nil {
		return append(out, Point{"database: " + err.Error(), true, "Start PostgreSQL, or check --database; for SQLite check the disk."}), nil
	}
	defer d.Close()
	return append(out, migrationPoint(ctx, d), integrityPoint(ctx, d), logPoint(ctx, cfg, d), jobsPoint(ctx, d)), nil
}

func (c Config) privacyOf(path, what string) Point {
	info, err := os.Stat(path)
	if err != nil {
		return Point{what + " is missing", true, "It is made at the next start; if it was there before, put the old one back first: what it sealed stays closed without it."}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Point{fmt.Sprintf("%s can be read by others (%v)", what, info.Mode().Perm()), true, "chmod go-rwx " + path}
	}
	return Point{What: what + " belongs to its owner alone"}
}

func (c Config) demoPoint() Point {
	if _, err := os.Stat(filepath.Join(c.Data, demoMark)); err == nil {
		return Point{"this is a demo's data folder", true, "Its keys are public. Use another folder for real work."}
	}
	return Point{What: "not a demo"}
}

func (c Config) diskPoint() Point {
	var s syscall.Statfs_t
	if err := syscall.Statfs(c.Data, &s); err != nil {
		return Point{"free space is not known: " + err.Error(), true, "Look at the disk."}
	}
	free := s.Bavail * uint64(s.Bsize) >> 20
	if free < 1024 {
		return Point{fmt.Sprintf("%d MB free", free), true, "Make room: when the disk is full nothing can be sent."}
	}
	return Point{What: fmt.Sprintf("%d GB free", free>>10)}
}

func migrationPoint(ctx context.Context, d *db.DB) Point {
	applied, err := d.Applied(ctx)
	if err != nil {
		return Point{"the database was never set up: " + err.Error(), true, "amelie migrate --data DIR"}
	}
	missing := 0
	for _, s := range Schemas() {
		names, err := fs.Glob(s.Files, "schema/*.sql")
		if err != nil {
			return Point{"migrations: " + err.Error(), true, "Report this: the program is damaged."}
		}
		for _, n := range names {
			if !applied[s.Package+"/"+n] {
				missing++
			}
		}
	}
	if missing > 0 {
		return Point{fmt.Sprintf("%d migrations are missing", missing), true, "amelie migrate --data DIR"}
	}
	return Point{What: fmt.Sprintf("%d migrations applied", len(applied))}
}

func integrityPoint(ctx context.Context, d *db.DB) Point {
	if err := d.Sound(ctx); err != nil {
		return Point{"the database is damaged: " + err.Error(), true, "Stop the program, keep the folder as it is, restore the newest backup into a new one."}
	}
	return Point{What: "the database is sound (" + d.Engine() + ")"}
}

func logPoint(ctx context.Context, cfg Config, d *db.DB) Point {
	key, err := audit.LoadKey(cfg.Data)
	if err != nil {
		return Point{"node.key: " + err.Error(), true, "Put the old key back."}
	}
	r, err := audit.Verify(ctx, d, key.Public())
	switch {
	case err != nil:
		return Point{"the audit log cannot be read: " + err.Error(), true, "Look at the database first."}
	case !r.OK():
		return Point{fmt.Sprintf("the audit log does not prove itself: %d problems", len(r.Problems)), true, "amelie verify log --data DIR lists them. Tell your auditor before anything is changed."}
	case r.Waiting > 0 && time.Since(r.Oldest) > time.Hour:
		return Point{fmt.Sprintf("%d audit entries wait since %s", r.Waiting, r.Oldest.Format(time.RFC3339)), true, "They are taken in while amelie serve runs. If it runs, look at its log."}
	}
	return Point{What: "the audit log proves itself"}
}

func jobsPoint(ctx context.Context, d *db.DB) Point {
	dead, err := jobs.Dead(ctx, d)
	if err != nil {
		return Point{"jobs: " + err.Error(), true, "Look at the database first."}
	}
	if len(dead) > 0 {
		return Point{fmt.Sprintf("%d jobs were given up after many tries", len(dead)), true, "Mail is the usual cause: check the mail server's settings and the program's log."}
	}
	return Point{What: "no job was given up"}
}
