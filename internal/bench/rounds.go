package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/directory/round"
	"amelie/internal/i18n"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
	"amelie/locale"
)

// asked is how many bodies the round of the benchmark writes to.
const asked = 10_000

// rounds measures a round over ten thousand bodies: from the press of the
// button until every mail is queued, each with its link, in transactions that
// can be stopped and resumed.
func rounds(ctx context.Context, t *table, dir string, o Options) error {
	if o.Postgres == "" {
		defer t.report("PostgreSQL: 10^4 mails of a round queued", "no server named")
	}
	return onBoth(ctx, filepath.Join(dir, "rounds.db"), o, func(d *db.DB, engine string) error { return oneRound(ctx, t, d, engine) })
}

func oneRound(ctx context.Context, t *table, d *db.DB, engine string) error {
	if err := d.Migrate(ctx, audit.Schema, jobs.Schema, directory.Schema, round.Schema); err != nil {
		return err
	}
	now := clock.Fixed(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	if _, err := directory.Import(ctx, d, bodies(asked), directory.Vocabulary{}, now()); err != nil {
		return err
	}
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		return err
	}
	rules, err := policy.New(directory.Policy)
	if err != nil {
		return err
	}
	dir, err := directory.Open(ctx, directory.Config{DB: d, Now: now, Policy: rules})
	if err != nil {
		return err
	}
	s := round.New(round.Config{DB: d, Directory: dir, Texts: texts, Secret: vault.NewServerSecret(), Now: now, BaseURL: "https://amelie.example",
		Name: func() string { return "Amelie" }, CanMail: func() bool { return true },
		Mail: func(context.Context, string, string, string, string) error { return nil }})
	runner := jobs.NewRunner(d, now, nil)
	s.Handle(runner)
	keeper := &web.Viewer{UserID: "bench", Roles: []string{"coordinator"}}
	began := time.Now()
	roundID, err := s.Start(ctx, keeper, round.Scope{Months: 6}, "bench-round-00000001")
	if err != nil {
		return err
	}
	if err := runner.RunDue(ctx); err != nil {
		return err
	}
	took := time.Since(began)
	r, _, err := s.Round(ctx, keeper, roundID)
	if err != nil {
		return err
	}
	if r.State != round.Open || r.Queued+r.Sent != asked {
		return fmt.Errorf("%s: %d queued, %d sent of %d, %s", engine, r.Queued, r.Sent, asked, r.State)
	}
	t.line(engine+": 10^4 mails of a round queued", 10_000, ms(took), "ms")
	return nil
}

// bodies are n invented organisations with a mailbox and a service each.
func bodies(n int) []directory.File {
	files := map[string]*directory.File{}
	for i, e := range directory.Generate(n, 7) {
		o := *e.Organization
		v := *e.Service
		o.ID, v.ID = fmt.Sprintf("b%05d", i), fmt.Sprintf("b%05d-1", i)
		v.Verified, v.Places = "", nil
		v.Emails = []directory.Email{{Address: fmt.Sprintf("post@b%05d.invalid", i)}}
		o.Verified, o.Services = "", []directory.Service{v}
		if files[o.Country] == nil {
			files[o.Country] = &directory.File{Country: o.Country, Source: directory.Source{ID: "bench", Title: "Bench", Date: "2023"}}
		}
		files[o.Country].Organizations = append(files[o.Country].Organizations, o)
	}
	var out []directory.File
	for _, f := range files {
		out = append(out, *f)
	}
	return out
}
