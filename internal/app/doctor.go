package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"amelie/internal/audit"
	"amelie/internal/certificate"
	"amelie/internal/db"
	"amelie/internal/house"
	"amelie/internal/i18n"
	"amelie/internal/jobs"
	"amelie/internal/vault"
	"amelie/locale"
)

// Findings are what the doctor saw, in a language.
type Findings struct {
	Checks []house.Check
	texts  *i18n.Bundle
	lang   string
	zone   *time.Location
}

// Worst is the worst level.
func (f Findings) Worst() house.Level {
	worst := house.Well
	for _, c := range f.Checks {
		worst = max(worst, c.Level)
	}
	return worst
}

// Print writes one check a line, and below it what to do and what could be
// mended.
func (f Findings) Print(out io.Writer) {
	for _, c := range f.Checks {
		mark := [...]string{"ok   ", "SOON ", "NOW  "}[c.Level]
		fmt.Fprintf(out, "%s %s: %s\n", mark, f.texts.T(f.lang, "house.check."+c.Name), f.texts.T(f.lang, c.Say(), house.Spoken(f, c.Args)...))
		if c.Do() != "" {
			fmt.Fprintf(out, "      %s\n", f.texts.T(f.lang, c.Do(), house.Spoken(f, c.Args)...))
		}
		if c.Mend != "" {
			fmt.Fprintf(out, "      %s\n", f.texts.T(f.lang, "house.doctor.mend-"+c.Mend))
		}
	}
}

// DateTime says a moment.
func (f Findings) DateTime(t time.Time) string { return f.texts.DateTime(f.lang, t.In(f.zone)) }

// patient is an installation under the doctor's eyes.
type patient struct {
	cfg   Config
	d     *db.DB
	key   *audit.Key
	house *house.Service
}

// Doctor looks at an installation, which may be running. It changes nothing.
func Doctor(ctx context.Context, cfg Config, lang string) (Findings, error) {
	f, p, err := examine(ctx, cfg, lang)
	p.close()
	return f, err
}

func (p *patient) close() {
	if p != nil && p.d != nil {
		p.d.Close()
	}
}

func examine(ctx context.Context, cfg Config, lang string) (Findings, *patient, error) {
	f := Findings{lang: lang, zone: time.Local}
	if err := cfg.existing(); err != nil {
		return f, nil, err
	}
	var err error
	if f.texts, err = i18n.Load(locale.Files, i18n.Languages); err != nil {
		return f, nil, err
	}
	p := &patient{cfg: cfg}
	facts := p.facts(ctx)
	f.Checks = house.Judge(facts)
	if p.house != nil {
		f.zone = p.house.Zone()
	}
	return f, p, nil
}

// facts is what can be seen without the running program: the same as on the
// health page, and what takes longer: the database and the log read through.
func (p *patient) facts(ctx context.Context) house.Facts {
	now := p.cfg.Now()
	f := house.Facts{At: now, Files: p.cfg.files(), Disk: p.cfg.disk(), Database: &house.Database{Down: true}}
	var err error
	if p.d, err = db.Open(ctx, p.cfg.database()); err != nil {
		p.d = nil
		return f
	}
	if f.Database = databaseFacts(ctx, p.d); f.Database.Down || f.Database.Missing > 0 {
		return f
	}
	f.Database.Damaged = p.d.Sound(ctx) != nil
	f.Clock = clockFacts(ctx, p.d, now)
	f.Jobs, f.Mail = workFacts(ctx, p.d, now)
	f.Audit = trailFacts(ctx, p.d)
	if len(f.Files.Missing) > 0 {
		return f // a missing key is not made here
	}
	if p.key, err = audit.LoadKey(p.cfg.Data); err == nil && f.Audit != nil {
		r, err := audit.Verify(ctx, p.d, p.key.Public())
		f.Audit.Unproven = err != nil || !r.OK()
	}
	f.Certificate = p.cfg.orderedCertificate(ctx, p.d, now)
	p.settings(ctx, &f)
	return f
}

// orderedCertificate is the one that comes by ACME, as the database knows it;
// nil where none was ever ordered.
func (c Config) orderedCertificate(ctx context.Context, d *db.DB, now time.Time) *house.Certificate {
	secret, err := vault.LoadServerSecret(c.Data)
	if err != nil {
		return nil
	}
	s, found, err := certificate.Read(ctx, d, secret, now)
	if err != nil || !found {
		return nil
	}
	return &house.Certificate{Ordered: true, Until: s.Until, Trouble: certificate.Group(s.Trouble)}
}

// settings adds what the assistant was told. The command line of the running
// program is not known here, so what it may have set is not missed.
func (p *patient) settings(ctx context.Context, f *house.Facts) {
	configured := false
	if secret, err := vault.LoadServerSecret(p.cfg.Data); err == nil {
		if p.house, err = house.New(ctx, house.Config{DB: p.d, Secret: secret, Now: p.cfg.Now}); err == nil {
			m := p.house.Settings().Mail
			configured = m.Server != ""
			if f.Mail != nil {
				f.Mail.Configured, f.Mail.Unreadable = true, configured && m.User != "" && m.Password == ""
				f.Mail.Sent, _ = p.house.Moment(ctx, "mail.sent")
			}
			f.Backup = backupFacts(ctx, p.house)
		}
	}
	if f.Mail != nil && !configured && f.Mail.Failing == 0 {
		f.Mail = nil
	}
}

// Mend does what the findings say can be done safely, and nothing else: no
// content is read or changed. before is told what will be done, after what was.
func Mend(ctx context.Context, cfg Config, lang string, before, after func(line string)) error {
	f, p, err := examine(ctx, cfg, lang)
	if err != nil {
		return err
	}
	defer p.close()
	var acts []string
	for _, c := range f.Checks {
		if c.Mend != "" {
			acts = append(acts, c.Mend)
		}
	}
	if p.d != nil && p.d.SoundIndexes(ctx) != nil && p.d.Sound(ctx) == nil {
		acts = append(acts, "reindex")
	}
	for _, act := range acts {
		before(f.texts.T(lang, "house.doctor.mend-"+act))
	}
	var failed error
	for _, act := range acts {
		n, err := p.mend(ctx, act)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", act, err))
			continue
		}
		after(f.texts.T(lang, "house.doctor.done-"+act, "n", n))
	}
	return failed
}

// reviveFor is how long ago work may have been given up to be tried again: a
// reminder of last month helps nobody.
const reviveFor = 3 * 24 * time.Hour

// mend does one act and counts what it touched.
func (p *patient) mend(ctx context.Context, act string) (n int, err error) {
	switch act {
	case "modes":
		return p.cfg.closeFiles()
	case "orphans":
		for _, path := range orphans(p.cfg.Data, time.Now()) {
			if err := os.RemoveAll(path); err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	case "migrate":
		return Migrate(ctx, p.cfg)
	case "indexes":
		missing, err := p.d.MissingIndexes(ctx, Schemas()...)
		if err != nil {
			return 0, err
		}
		return len(missing), p.d.MakeIndexes(ctx, missing)
	case "reindex":
		return 1, p.d.Reindex(ctx)
	case "journal":
		return 1, p.d.Compact(ctx)
	case "jobs":
		return p.revive(ctx)
	case "log":
		if p.key == nil {
			return 0, errors.New("node.key cannot be read")
		}
		return audit.NewLog(p.d, p.key, p.cfg.Now, nil, p.cfg.Data).Append(ctx)
	}
	return 0, fmt.Errorf("unknown act")
}

// closeFiles takes the right to read from everybody but the owner.
func (c Config) closeFiles() (n int, err error) {
	for _, name := range c.files().Open {
		path := name
		if name != c.Data {
			path = filepath.Join(c.Data, name)
		}
		info, err := os.Stat(path)
		if err != nil {
			return n, err
		}
		if err := os.Chmod(path, info.Mode().Perm()&^0o077); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (p *patient) revive(ctx context.Context) (n int, err error) {
	now := p.cfg.Now()
	err = p.d.Write(ctx, func(tx *db.Tx) error {
		n = 0
		kinds, err := jobs.ByKind(tx)
		if err != nil {
			return err
		}
		for kind, c := range kinds {
			if c.Dead == 0 {
				continue
			}
			k, err := jobs.ReviveSince(tx, kind, now.Add(-reviveFor), now)
			if err != nil {
				return err
			}
			n += int(k)
		}
		return audit.Record(tx, audit.Event{At: now, Actor: "command", Action: "house.mended", Object: "house/jobs", Purpose: "keep"})
	})
	return n, err
}
