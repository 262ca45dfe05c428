package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"amelie/content"
	"amelie/internal/account"
	"amelie/internal/account/sso"
	"amelie/internal/agency"
	"amelie/internal/audit"
	"amelie/internal/backup"
	"amelie/internal/casework"
	"amelie/internal/casework/day"
	"amelie/internal/casework/index"
	"amelie/internal/casework/interpret"
	"amelie/internal/casework/own"
	"amelie/internal/casework/place"
	"amelie/internal/casework/share"
	"amelie/internal/casework/stage"
	"amelie/internal/casework/talk"
	"amelie/internal/clock"
	"amelie/internal/country"
	"amelie/internal/country/mechanism"
	"amelie/internal/db"
	"amelie/internal/draft"
	"amelie/internal/fault"
	"amelie/internal/house"
	"amelie/internal/jobs"
	"amelie/internal/learn/group"
	"amelie/internal/learn/recall"
	"amelie/internal/learn/study"
	"amelie/internal/referral"
	"amelie/internal/vault"
)

// Version is the program's version, as backups and the API name it.
const Version = "0.2"

// existing refuses a data folder that is not there, so that a mistyped name
// does not make a new installation.
func (c *Config) existing() error {
	if c.Now == nil {
		c.Now = clock.System
	}
	if c.Data == "" {
		return errors.New("--data is missing: name the data folder")
	}
	info, err := os.Stat(c.Data)
	if err != nil || !info.IsDir() {
		return fmt.Errorf("there is no data folder %s", c.Data)
	}
	if c.Database == "" {
		if _, err := os.Stat(c.database().Path); err != nil {
			return fmt.Errorf("there is no database in %s", c.Data)
		}
	}
	return nil
}

// Migrate applies what is missing and says how many migrations there are.
func Migrate(ctx context.Context, cfg Config) (int, error) {
	if err := cfg.existing(); err != nil {
		return 0, err
	}
	d, err := OpenDatabase(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	applied, err := d.Applied(ctx)
	return len(applied), err
}

// Backup writes a backup of a running installation to a new file. The file
// appears under its name only when it is whole and on the disk.
func Backup(ctx context.Context, cfg Config, to string, keys []age.Recipient, progress func(int64)) (r backup.Result, err error) {
	if err := cfg.existing(); err != nil {
		return r, err
	}
	d, err := db.Open(ctx, cfg.database())
	if err != nil {
		return r, err
	}
	defer d.Close()
	began := cfg.Now()
	if r, err = backupTo(ctx, d, began, to, keys, progress); err != nil {
		return r, err
	}
	return r, house.Took(ctx, d, to, r.Rows, began, cfg.Now())
}

// backupTo writes a backup of an open database.
func backupTo(ctx context.Context, d *db.DB, at time.Time, to string, keys []age.Recipient, progress func(int64)) (r backup.Result, err error) {
	if _, err := os.Stat(to); err == nil {
		return r, fmt.Errorf("%s exists: a backup never writes over another", to)
	}
	f, err := os.CreateTemp(filepath.Dir(to), ".backup-*")
	if err != nil {
		return r, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	out := bufio.NewWriterSize(f, 1<<20)
	r, err = backup.Write(ctx, d, out, backup.Head{At: at, Program: Version}, keys, progress)
	if err != nil {
		return r, err
	}
	if err := errors.Join(out.Flush(), f.Sync(), f.Chmod(0o600), os.Rename(f.Name(), to)); err != nil {
		return r, err
	}
	return r, d.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(tx, audit.Event{At: at, Action: "backup.taken", Object: "installation", Purpose: "keep"})
	})
}

// CheckBackup reads a backup through.
func CheckBackup(from string, who []age.Identity) (backup.Result, error) {
	f, err := os.Open(from)
	if err != nil {
		return backup.Result{}, err
	}
	defer f.Close()
	return backup.Check(bufio.NewReaderSize(f, 1<<20), who)
}

// Restored says what a restore brought back and what it ended again.
type Restored struct {
	backup.Result
	Replayed int
}

// Restore brings a backup back into an empty installation. Before anybody can
// sign in, everything that was withdrawn or erased after the backup is ended
// again, and the audit log goes on as a new one that names the old one's last
// checkpoint. Sign-ins do not come back: everybody signs in anew.
// req: RESTORE-1
func Restore(ctx context.Context, cfg Config, from string, who []age.Identity, ledgerFile string, progress func(int64)) (r Restored, err error) {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Data == "" {
		return r, errors.New("--data is missing: name the data folder")
	}
	if err := cfg.folder(); err != nil {
		return r, err
	}
	if ledgerFile == "" {
		ledgerFile = cfg.ledgerPath()
	}
	ended, err := readLedger(ledgerFile)
	if err != nil {
		return r, err
	}
	f, err := os.Open(from)
	if err != nil {
		return r, err
	}
	defer f.Close()
	d, err := db.Open(ctx, cfg.database())
	if err != nil {
		return r, err
	}
	defer d.Close()
	if r.Result, err = backup.Restore(ctx, d, bufio.NewReaderSize(f, 1<<20), who, Schemas(), progress); err != nil {
		return r, err
	}
	if err := d.Migrate(ctx, Schemas()...); err != nil {
		return r, err
	}
	key, err := audit.LoadKey(cfg.Data)
	if err != nil {
		return r, err
	}
	if _, err := vault.LoadServerSecret(cfg.Data); err != nil {
		return r, err
	}
	cases, err := forgetful(cfg, d)
	if err != nil {
		return r, err
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		r.Replayed = 0
		if err := audit.Fork(tx, key, cfg.Now(), "restore"); err != nil {
			return err
		}
		for _, e := range ended {
			done, err := endAgain(tx, e, cases, cfg.Now())
			if err != nil {
				return err
			}
			if done {
				r.Replayed++
			}
		}
		return errors.Join(agency.EndInvitations(tx, cfg.Now()), account.EndAll(tx, cfg.Now()), sso.EndAll(tx), study.EndDevices(tx), place.Recount(tx), referral.LockLetters(tx, cfg.Now()), backup.Finished(tx))
	})
	return r, err
}

// forgetful is the case file with its rooms as far as they forget an erased case:
// with all their rules, and nothing served. What they ask of the rest of the
// program is not there.
func forgetful(cfg Config, d *db.DB) (*casework.Service, error) {
	a := &App{Config: cfg, DB: d, Log: Logger(io.Discard, false)}
	var err error
	if a.Countries, err = country.Load(content.FS); err != nil {
		return nil, err
	}
	if a.Mechanisms, err = mechanism.Load(content.FS, a.Countries); err != nil {
		return nil, err
	}
	a.caseFile(nil) // drafts are dropped beside it
	return a.Cases, nil
}

// endAgain ends what the ledger names; false when it is not in the backup or
// had ended already.
func endAgain(tx *db.Tx, e ended, cases *casework.Service, now time.Time) (bool, error) {
	switch e.Kind {
	case "referral":
		return referral.EndAgain(tx, e.ID, e.At)
	case "case":
		if err := cases.ForgetAgain(tx, e.ID); err != nil {
			return false, err
		}
		return casework.EraseAgain(tx, e.ID, func(tx *db.Tx, row casework.Row) error {
			return errors.Join(index.Erased(tx, row.AgencyID, row.ID), draft.DropUnder(tx, casework.DraftsOf(row.ID)))
		})
	case "share":
		ended, err := casework.EndAgain(tx, e.ID, e.At)
		if err != nil {
			return ended, err
		}
		return ended, talk.EndAgain(tx, e.ID, now)
	case "talk":
		return talk.PartAgain(tx, e.ID, e.At)
	case "sharing":
		return share.EndAgain(tx, e.ID, e.At, func(tx *db.Tx, caseID string) error { return stage.Counted(tx, caseID, false) })
	case "shorter":
		return share.ShortenAgain(tx, e.ID)
	case "booking":
		return interpret.EndAgain(tx, e.ID, e.At)
	case "place":
		return place.EndAgain(tx, e.ID, e.At)
	case "card":
		return own.EndAgain(tx, e.ID, e.At)
	case "member":
		return agency.EndAgain(tx, e.ID, e.At)
	case "learner":
		if err := forgetOf(tx, e.ID); err != nil {
			return false, err
		}
		return study.ForgetAgain(tx, e.ID)
	case "recall":
		return recall.Forget(tx, e.ID)
	case "seat":
		return group.LeftAgain(tx, e.ID)
	case "account":
		if err := errors.Join(study.GoneAgain(tx, e.ID), group.Gone(tx, e.ID), agency.GoneAgain(tx, e.ID), day.GoneUser(tx, e.ID), sso.ForgetPerson(tx, e.ID)); err != nil {
			return false, err
		}
		return account.DeleteAgain(tx, e.ID)
	}
	return false, fmt.Errorf("the ledger has a line of kind %q that this program does not know", e.Kind)
}

// ended is one line of the ledger of what must not come back.
type ended struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	ID   string    `json:"id"`
}

// jobLedger appends to the ledger file what ended in the transaction of the job.
const jobLedger = "ledger.append"

// remember queues a line of the ledger in the transaction that ends something.
func (a *App) remember(tx *db.Tx, kind, id string, at time.Time) error {
	return jobs.Enqueue(tx, jobLedger, "", at, ended{at, kind, id})
}

// appendLedger writes the line durably. A line that stands twice is harmless.
func (a *App) appendLedger(_ context.Context, j jobs.Job) error {
	var e ended
	if err := j.Decode(&e); err != nil {
		return jobs.Permanent(err)
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return appendLine(a.Config.ledgerPath(), line)
}

// appendLine writes a line to the end of a file and to the disk. What an earlier
// try left without an end stays a line of its own, so that it swallows nothing.
//
// req: RESTORE-3
func appendLine(file string, line []byte) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	last := []byte{'\n'}
	info, err := f.Stat()
	if err == nil && info.Size() > 0 {
		_, err = f.ReadAt(last, info.Size()-1)
	}
	if err == nil {
		if last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
		_, err = f.Write(append(line, '\n'))
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// readLedger reads the ledger; a missing file is an empty one. A line without its
// end was torn while it was written and is skipped: its job ran again. Another one
// that cannot be read is an error, because something would come back.
//
// req: RESTORE-3
func readLedger(file string) ([]ended, error) {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []ended
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(in.Text())
		if !strings.HasSuffix(line, "}") {
			continue
		}
		var e ended
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return nil, fmt.Errorf("%s line %d: %w", file, n, err)
		}
		out = append(out, e)
	}
	return out, in.Err()
}

// VerifyLog proves the audit log of an installation; it may be running.
func VerifyLog(ctx context.Context, cfg Config, kept []string) (audit.Report, error) {
	if err := cfg.existing(); err != nil {
		return audit.Report{}, err
	}
	d, err := db.Open(ctx, cfg.database())
	if err != nil {
		return audit.Report{}, err
	}
	defer d.Close()
	key, err := audit.LoadKey(cfg.Data)
	if err != nil {
		return audit.Report{}, err
	}
	if b, err := os.ReadFile(filepath.Join(cfg.Data, audit.CheckpointFile)); err == nil {
		kept = append(kept, string(b))
	}
	return audit.Verify(ctx, d, key.Public(), kept...)
}

// RecoverLogin makes a link with which the owner of a sign-in name sets a new
// password: for the only administrator who lost the sign-in. Whoever can run
// this owns the machine anyway; it is written into the audit log.
func RecoverLogin(ctx context.Context, cfg Config, login string) (string, error) {
	if err := cfg.existing(); err != nil {
		return "", err
	}
	a, err := Open(ctx, cfg, Logger(io.Discard, false))
	if err != nil {
		return "", err
	}
	defer a.Close()
	path, err := a.Accounts.RecoveryLinkByCommand(ctx, login)
	if fault.KindOf(err) == fault.NotFound {
		return "", fmt.Errorf("nobody signs in as %q", login)
	}
	if err != nil {
		return "", err
	}
	return a.Config.BaseURL + path, nil
}
