package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"amelie/internal/app"
	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/credential"
	"amelie/internal/db"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/learn"
	"amelie/internal/learn/certificate"
	"amelie/internal/mail"
	"amelie/internal/policy"
	"amelie/locale"
)

// One run of certificates: how many, and how long it may take in seconds.
const (
	attestMany   = 10_000
	attestBudget = 30
)

// attests measures a run of certificates: signed, written, logged and with a
// mail queued for each, durable when it answers; and the same run again, which
// must make nothing.
func attests(ctx context.Context, t *table, dir string, o Options) error {
	dir = filepath.Join(dir, "attests")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if o.Postgres == "" {
		defer t.report("PostgreSQL: certificates", "no server named")
	}
	return onBoth(ctx, filepath.Join(dir, "amelie.db"), o, func(d *db.DB, engine string) error { return attestRun(ctx, t, d, dir, engine) })
}

func attestRun(ctx context.Context, t *table, store *db.DB, dir, engine string) error {
	s, err := attestService(ctx, store, dir)
	if err != nil {
		return err
	}
	awards := make([]certificate.Award, attestMany)
	for i := range awards {
		awards[i] = certificate.Award{Pass: certificate.Pass{Learner: id.New(), Revision: s.Course().Version(), At: s.Now()},
			Wish: certificate.Wish{Holder: fmt.Sprintf("Nora Beispiel %d", i), Lang: i18n.Languages[i%len(i18n.Languages)], Email: fmt.Sprintf("nora%d@example.org", i)}}
	}
	for _, name := range []string{"10,000 certificates with their mail", "the same run again, which makes nothing"} {
		began := time.Now()
		if _, err := s.Give(ctx, awards); err != nil {
			return err
		}
		t.line(engine+": "+name, attestBudget, time.Since(began).Seconds(), "s")
	}
	return store.Read(ctx, func(tx *db.Tx) error {
		kinds, err := jobs.ByKind(tx)
		if err != nil {
			return err
		}
		t.report(engine+": mails that wait after both runs", fmt.Sprint(kinds[mail.Kind].Waiting))
		return nil
	})
}

func attestService(ctx context.Context, store *db.DB, dir string) (*certificate.Service, error) {
	if err := store.Migrate(ctx, audit.Schema, jobs.Schema, certificate.Schema); err != nil {
		return nil, err
	}
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		return nil, err
	}
	key, err := credential.LoadKey(dir)
	if err != nil {
		return nil, err
	}
	course, err := app.ShippedCourse()
	if err != nil {
		return nil, err
	}
	name := func() string { return "Amelie" }
	return certificate.Open(ctx, certificate.Config{DB: store, Policy: policy.Must(certificate.Policy), Key: key, Texts: texts, Now: clock.System, Course: func() *learn.Course { return course },
		BaseURL: "https://help.example.org", Issuer: name, Neutral: name})
}
