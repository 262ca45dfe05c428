package bench

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"amelie/content"
	"amelie/internal/app"
	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/learn"
	"amelie/internal/learn/edit"
	"amelie/internal/policy"
	"amelie/internal/web"
)

// publishing measures the shipped course as an editor works on it: the first
// word that is written, where every part stands, and publishing all of it, with
// what another writer waits meanwhile.
func publishing(ctx context.Context, t *table, dir string, o Options) error {
	return onBoth(ctx, filepath.Join(dir, "publishing.db"), o, func(d *db.DB, engine string) error { return published(ctx, t, d, engine) })
}

// editors is the desk of the shipped course.
func editors(ctx context.Context, d *db.DB) (*edit.Service, error) {
	if err := d.Migrate(ctx, audit.Schema, edit.Schema); err != nil {
		return nil, err
	}
	known, err := app.ShippedKnown()
	if err != nil {
		return nil, err
	}
	rules, err := policy.New(edit.Policy)
	if err != nil {
		return nil, err
	}
	folder, err := fs.Sub(content.FS, "course/health")
	if err != nil {
		return nil, err
	}
	return edit.New(edit.Config{DB: d, Policy: rules, Now: clock.Fixed(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)), ID: "health",
		Shipped: func() (map[string][]byte, error) { return learn.FilesOf(folder) }, Known: func() learn.Known { return known }}), nil
}

func published(ctx context.Context, t *table, d *db.DB, engine string) error {
	s, err := editors(ctx, d)
	if err != nil {
		return err
	}
	s.Course()
	who := &web.Viewer{UserID: "bench", Name: "bench", Roles: []string{"editor", "coordinator"}}
	writes := func(body string) error {
		draft, err := s.Draft(ctx)
		if err != nil {
			return err
		}
		now, _ := draft.Course.Words("what", learn.Source).Text("lead")
		return s.Write(ctx, who, "", edit.Text{File: "what", Lang: learn.Source, Block: "lead", Seen: now.Stamp(), Text: learn.Text{Body: body}})
	}
	began := time.Now()
	if err := writes("The first word."); err != nil {
		return err
	}
	t.report(engine+": the first word written into the shipped course", show(ms(time.Since(began)), "ms"))
	began = time.Now()
	l, err := s.Looks(ctx)
	if err != nil {
		return err
	}
	unseen := l.Unseen()
	t.report(fmt.Sprintf("%s: where all parts stand; %d unread", engine, len(unseen)), show(ms(time.Since(began)), "ms"))

	var took []time.Duration
	others := beside(ctx, d)
	for n := range 5 {
		if err := writes(fmt.Sprintf("Word number %d.", n)); err != nil {
			return err
		}
		draft, err := s.Draft(ctx)
		if err != nil {
			return err
		}
		began := time.Now()
		if _, err := s.Publish(ctx, who, edit.Wish{Seen: draft.Revision}); err != nil {
			return err
		}
		took = append(took, time.Since(began))
	}
	waits, peak := others()
	slices.Sort(took)
	t.report(engine+": publishing the shipped course, the middle of five", show(took[2].Seconds(), "s"))
	t.report("  another writer waits longest", show(ms(slices.Max(waits)), "ms"))
	t.report("  memory in use at its most", fmt.Sprintf("%d MB", peak>>20))
	return nil
}
