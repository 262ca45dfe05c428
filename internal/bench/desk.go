package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/directory/desk"
	"amelie/internal/i18n"
	"amelie/internal/policy"
	"amelie/internal/web"
	"amelie/locale"
)

// kept is how many organisations the desk of the benchmark keeps.
const kept = 100_000

// deskBudget is what a page of the desk's lists may take, in milliseconds.
const deskBudget = 20

// lists measures the pages of the desk over 10^5 organisations, as an editor
// opens them: all, searched, filtered, and far down.
func lists(ctx context.Context, t *table, dir string, _ Options) error {
	d, err := db.Open(ctx, db.Config{Path: filepath.Join(dir, "desk.db")})
	if err != nil {
		return err
	}
	defer d.Close()
	k, site, err := deskOf(ctx, d)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := k.Sweep(ctx); err != nil {
		return err
	}
	t.report("  the desk's shelf read whole, in the background, 100000 organisations", show(ms(time.Since(began)), "ms"))
	for name, paths := range map[string][]string{
		"desk's list of entries, p95, 100000 organisations": {"/en/desk", "/en/desk?q=women", "/en/desk?country=GR", "/de/desk?state=findings&q=b05", "/en/desk?after=b70000"},
		"desk's work list, p95, 100000 organisations":       {"/en/desk/work", "/en/desk/work?kind=old&after=b50000", "/en/desk/languages/el?after=b50000"},
	} {
		p95, err := calm(5, func() (took []time.Duration, err error) {
			for range 10 {
				for _, path := range paths {
					r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
					w := httptest.NewRecorder()
					began := time.Now()
					site.ServeHTTP(w, r)
					took = append(took, time.Since(began))
					if w.Code != http.StatusOK {
						return nil, fmt.Errorf("%s: status %d", path, w.Code)
					}
				}
			}
			return took, nil
		})
		if err != nil {
			return err
		}
		t.line(name, deskBudget, ms(p95), "ms")
	}
	return nil
}

// deskOf is a desk over generated organisations, and the site that serves it
// to an editor.
func deskOf(ctx context.Context, d *db.DB) (*desk.Desk, http.Handler, error) {
	if err := d.Migrate(ctx, audit.Schema, directory.Schema); err != nil {
		return nil, nil, err
	}
	now := clock.Fixed(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	if _, err := directory.Import(ctx, d, bodies(kept), directory.Vocabulary{}, now()); err != nil {
		return nil, nil, err
	}
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		return nil, nil, err
	}
	rules, err := policy.New(directory.Policy)
	if err != nil {
		return nil, nil, err
	}
	dir, err := directory.Open(ctx, directory.Config{DB: d, Now: now, Policy: rules})
	if err != nil {
		return nil, nil, err
	}
	k := desk.New(desk.Config{DB: d, Directory: dir, Texts: texts, Now: now})
	shell := web.New(web.Config{Texts: texts, Languages: i18n.Languages, Now: now, Zone: time.UTC})
	shell.Authenticate = func(*http.Request) (*web.Viewer, error) {
		return &web.Viewer{UserID: "bench", Name: "Bench", Roles: []string{"editor"}}, nil
	}
	k.Mount(shell)
	return k, shell.Handler(), nil
}
