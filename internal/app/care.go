package app

import (
	"cmp"
	"context"
	"crypto/x509"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"amelie/internal/audit"
	"amelie/internal/certificate"
	"amelie/internal/credential"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/house"
	"amelie/internal/jobs"
)

// What the checks look at, gathered from the rooms and the machine: the same
// for the health page, the round that tells administrators, and the doctor.

// facts of a running instance. Everything is cheap: a page waits for it.
func (a *App) facts(ctx context.Context, s *house.Service) house.Facts {
	now := a.Config.Now()
	f := house.Facts{At: now, Files: a.Config.files(), Disk: a.Config.disk(), Certificate: a.certificate(ctx)}
	f.Files.Demo = false // the page says so anyway
	f.Database = databaseFacts(ctx, a.DB)
	f.Database.Minutes = int64(now.Sub(a.began) / time.Minute)
	if f.Database.Down {
		return f
	}
	f.Clock = clockFacts(ctx, a.DB, now)
	f.Jobs, f.Mail = workFacts(ctx, a.DB, now)
	if f.Mail != nil {
		m := s.Settings().Mail
		f.Mail.Configured = m.Server != "" || a.Catcher != nil
		f.Mail.Unreadable = m.User != "" && m.Password == "" && m.PasswordFile == ""
		f.Mail.Sent, _ = s.Moment(ctx, "mail.sent")
	}
	f.Backup = backupFacts(ctx, s)
	f.Audit = trailFacts(ctx, a.DB)
	f.Agencies = a.agencyFacts(ctx)
	f.Directory = a.entryFacts(ctx, now)
	f.Texts = a.textFacts()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	held := m.Sys - m.HeapReleased
	f.Memory = &held
	f.Setup = a.setupFacts(ctx, s)
	return f
}

// files looks at the modes of the data folder and at what was left behind.
func (c Config) files() *house.Files {
	f := &house.Files{}
	for _, name := range []string{"", "server.secret", "node.key", credential.KeyFile, "amelie.db", "amelie.db-wal", "amelie.db-shm", "ended.ledger"} {
		info, err := os.Stat(filepath.Join(c.Data, name))
		switch {
		case err != nil:
			if name == "server.secret" || name == "node.key" {
				f.Missing = append(f.Missing, name)
			}
		case info.Mode().Perm()&0o077 != 0:
			f.Open = append(f.Open, cmp.Or(name, c.Data))
		}
	}
	f.Orphans = len(orphans(c.Data, time.Now()))
	_, err := os.Stat(filepath.Join(c.Data, demoMark))
	f.Demo = err == nil
	return f
}

// orphanAge is how old a temporary file must be before it counts as left
// behind: nothing that makes one takes that long.
const orphanAge = 2 * time.Hour

// orphans are temporary files of this program in a folder: of a secret, a
// backup, a checkpoint or a trial that was broken off.
func orphans(folder string, now time.Time) (out []string) {
	list, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	for _, f := range list {
		mine := false
		for _, begin := range []string{".secret-", ".backup-", ".checkpoint-", ".copy-", trialFolder} {
			mine = mine || strings.HasPrefix(f.Name(), begin)
		}
		if info, err := f.Info(); mine && err == nil && now.Sub(info.ModTime()) > orphanAge {
			out = append(out, filepath.Join(folder, f.Name()))
		}
	}
	return out
}

func (c Config) disk() *house.Space {
	var s syscall.Statfs_t
	if err := syscall.Statfs(c.Data, &s); err != nil {
		return nil
	}
	return &house.Space{Free: s.Bavail * uint64(s.Bsize), Total: s.Blocks * uint64(s.Bsize)}
}

func databaseFacts(ctx context.Context, d *db.DB) *house.Database {
	f := &house.Database{Retries: d.Retries()}
	began := time.Now()
	if err := d.Ping(ctx); err != nil {
		f.Down = true
		return f
	}
	_, _, err := audit.Waiting(ctx, d) // a small read like many
	if f.Answer = time.Since(began); err != nil {
		f.Down = true
		return f
	}
	f.Size, f.Log, _ = d.Size(ctx) // unknown counts as nothing
	if applied, err := d.Applied(ctx); err == nil {
		f.Missing = missingMigrations(applied)
	}
	if unknown, err := d.Unknown(ctx, Schemas()...); err == nil {
		f.Unknown = len(unknown)
	}
	if missing, err := d.MissingIndexes(ctx, Schemas()...); err == nil {
		f.Indexes = len(missing)
	}
	return f
}

func missingMigrations(applied map[string]bool) (missing int) {
	for _, s := range Schemas() {
		names, err := fs.Glob(s.Files, "schema/*.sql")
		if err != nil {
			return missing // the pattern is a constant
		}
		for _, n := range names {
			if !applied[s.Package+"/"+n] {
				missing++
			}
		}
	}
	return missing
}

func clockFacts(ctx context.Context, d *db.DB, now time.Time) *house.Clock {
	f := &house.Clock{}
	f.Skew, _ = d.Skew(ctx)
	if newest, err := audit.Newest(ctx, d); err == nil && newest.After(now) {
		f.Ahead = newest.Sub(now)
	}
	return f
}

func workFacts(ctx context.Context, d *db.DB, now time.Time) (*house.Work, *house.Post) {
	all, err := jobs.Counts(ctx, d, now)
	if err != nil {
		return nil, nil
	}
	w, p := &house.Work{Dead: all.Dead, Lag: all.Lag}, &house.Post{}
	err = d.Read(ctx, func(tx *db.Tx) error {
		kinds, err := jobs.ByKind(tx)
		m := kinds["mail.send"]
		*p = house.Post{Waiting: m.Waiting, Failing: m.Failing + m.Dead, Dead: m.Dead, Oldest: m.Oldest}
		return err
	})
	if err != nil {
		return w, nil
	}
	return w, p
}

func backupFacts(ctx context.Context, s *house.Service) *house.Copies {
	latest, good, trial, err := s.Runs(ctx)
	if err != nil {
		return nil
	}
	to := s.Settings().Backup
	f := &house.Copies{Ready: to.Ready(), Others: to.Others, Latest: latest, Good: good, Trial: trial}
	if to.Folder != "" {
		info, err := os.Stat(to.Folder)
		f.FolderGone = err != nil || !info.IsDir()
	}
	return f
}

func trailFacts(ctx context.Context, d *db.DB) *house.Trail {
	n, oldest, err := audit.Waiting(ctx, d)
	if err != nil {
		return nil
	}
	f := &house.Trail{Waiting: n, Oldest: oldest}
	f.Checkpoint, _ = audit.Signed(ctx, d)
	return f
}

// certificate is what browsers are shown by this instance.
func (a *App) certificate(ctx context.Context) *house.Certificate {
	if a.Certificate != nil {
		s, err := a.Certificate.Status(ctx)
		if err != nil {
			return nil
		}
		return &house.Certificate{Ordered: true, Until: s.Until, Trouble: certificate.Group(s.Trouble)}
	}
	if a.Config.CertFile == "" {
		return &house.Certificate{Elsewhere: true}
	}
	if a.certs == nil {
		return nil // not yet serving
	}
	cert, err := a.certs.get(nil)
	if err != nil || len(cert.Certificate) == 0 {
		return nil
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		return nil
	}
	return &house.Certificate{Until: leaf.NotAfter}
}

func (a *App) agencyFacts(ctx context.Context) *house.Agencies {
	f := &house.Agencies{}
	err := a.DB.Read(ctx, func(tx *db.Tx) error {
		all, open, err := a.Agencies.Ready(tx)
		*f = house.Agencies{All: all, Closed: all - open}
		return err
	})
	if err != nil {
		return nil
	}
	return f
}

// oldAfter is the age from which an entry of the directory counts as old.
const oldAfter = 2 * 365 * 24 * time.Hour

func (a *App) entryFacts(ctx context.Context, now time.Time) *house.Entries {
	all, old, err := a.Directory.Ages(ctx, now.Add(-oldAfter))
	if err != nil {
		return nil
	}
	f := &house.Entries{All: all, Old: old}
	if err := a.DB.Read(ctx, func(tx *db.Tx) (err error) { f.Proposals, err = directory.Proposed(tx); return err }); err != nil {
		return nil
	}
	return f
}

func (a *App) textFacts() *house.Texts {
	f := &house.Texts{}
	for _, l := range a.Persons.Languages() {
		f.All++
		if !a.Persons.State(l.Code).Reviewed() {
			f.Unreviewed++
		}
	}
	return f
}

func (a *App) setupFacts(ctx context.Context, s *house.Service) *house.Setup {
	f := &house.Setup{}
	err := a.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := a.Accounts.WithRole(tx, "administrator")
		f.Administrators = len(list)
		return err
	})
	open, err2 := s.OpenQuestions(ctx)
	if err != nil || err2 != nil {
		return nil
	}
	f.Open = open
	return f
}
