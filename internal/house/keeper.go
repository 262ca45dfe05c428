package house

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/mail"
	"amelie/internal/web"
)

// The kinds of runs.
const (
	kindBackup = "backup"
	kindTrial  = "trial"
)

// What a run can come to. A page turns it into a sentence.
const (
	done       = "done"
	noFolder   = "folder"  // the folder is not there
	noWriting  = "writing" // the folder cannot be written to
	noSpace    = "space"
	noFile     = "file"
	failed     = "failed"
	beatEvery  = 20 * time.Second
	brokenWhen = 10 * time.Minute // without a sign of life a run counts as broken off
	retries    = 3                // in the hours after a planned backup that failed
)

// MakeKey makes the backup key and gives the groups to print, this once. The
// key before stays in use until the new one is typed back.
// req: HOUSE-3
func (s *Service) MakeKey(ctx context.Context, v *web.Viewer, revision int64, once string) (groups []string, err error) {
	recipient, groups, err := newKey()
	if err != nil {
		return nil, fault.Wrap(err, "make backup key")
	}
	acted := false
	err = s.write(ctx, v, "key", revision, once, func(r *row) {
		acted = true
		r.Values = Values{"recipient": r.Values["recipient"], "typed": r.Values["typed"], "next": recipient}
	})
	if err == nil && !acted { // the button was pressed twice: the first key is gone from the screen
		err = fault.New(fault.Conflict, "house.error.key-shown")
	}
	return groups, err
}

// Report is what became of a typed key: the copy that was made and the trial.
type Report struct{ Backup, Trial *Run }

// TypeKey takes the backup key as typed from paper. When it is the right one it
// counts from now on; where a folder is set, a copy is made and opened with it
// at once. The key is forgotten when the answer is written.
// Errors: fields when it is not whole, or another key.
// req: HOUSE-3
func (s *Service) TypeKey(ctx context.Context, v *web.Viewer, typed string) (Report, error) {
	if err := s.require(v, "house.keep"); err != nil {
		return Report{}, err
	}
	key, err := ParseKey(typed)
	if err != nil {
		return Report{}, fault.Fields(fault.Field{Name: "backup-secret", Key: "house.error.key"})
	}
	answers, err := s.Answers(ctx, v)
	if err != nil {
		return Report{}, err
	}
	a, public := answers["key"], key.Recipient().String()
	switch public {
	case a.Values["next"]:
		err = s.write(ctx, v, "key", a.Revision, "", func(r *row) {
			r.State = Answered
			r.Values = Values{"recipient": public, "typed": strconv.FormatInt(clock.Millis(s.cfg.Now()), 10)}
		})
	case a.Values["recipient"]:
	default:
		err = fault.Fields(fault.Field{Name: "backup-secret", Key: "house.error.other-key"})
	}
	if err != nil || !s.Settings().Backup.Ready() {
		return Report{}, err
	}
	var r Report
	if r.Backup, err = s.BackUp(ctx, v); err != nil || r.Backup.Outcome != done {
		return r, err
	}
	r.Trial, err = s.trial(ctx, v, r.Backup.File, key.String())
	return r, err
}

// BackUp makes a copy now, because an administrator asks for it.
func (s *Service) BackUp(ctx context.Context, v *web.Viewer) (*Run, error) {
	if err := s.require(v, "house.keep"); err != nil {
		return nil, err
	}
	if !s.Settings().Backup.Ready() {
		return nil, fault.New(fault.Conflict, "house.error.no-backup")
	}
	return s.copy(ctx, "by hand "+id.New(), v.UserID)
}

// copy makes one backup in a slot; nil when another instance has the slot.
func (s *Service) copy(ctx context.Context, slot, by string) (*Run, error) {
	to := s.Settings().Backup
	r := &Run{ID: id.New(), Kind: kindBackup, Slot: slot, Began: s.cfg.Now()}
	r.File = filepath.Join(to.Folder, "copy-"+r.Began.UTC().Format("20060102-150405")+"-"+r.ID[len(r.ID)-4:]+".age")
	mine, err := s.begin(ctx, r, by)
	if err != nil || !mine {
		return nil, err
	}
	beat := s.beat(ctx, r.ID)
	got, err := Copied{}, s.writable(to.Folder)
	if err == nil {
		got, err = s.cfg.Backup(ctx, r.File, to.Recipient, beat)
	}
	if info, e := os.Stat(r.File); e == nil && err == nil {
		r.Size = info.Size()
	}
	r.Rows = got.Rows
	return r, s.end(ctx, r, by, err)
}

func (s *Service) begin(ctx context.Context, r *Run, by string) (mine bool, err error) {
	err = s.cfg.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if mine, err = beginRun(tx, *r); err != nil || !mine {
			return err
		}
		return s.record(tx, by, "house."+r.Kind+"-begun", "house/"+r.ID)
	})
	return mine, err
}

// end writes down what a run came to. It does so when the caller has gone, too.
func (s *Service) end(ctx context.Context, r *Run, by string, failure error) error {
	r.Outcome, r.Ended = outcome(failure), s.cfg.Now()
	if failure != nil {
		s.cfg.Log.Error("house: "+r.Kind, "run", r.ID, "outcome", r.Outcome, "err", failure.Error())
	}
	return s.cfg.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if _, err := tx.Exec(endRunStmt, clock.Millis(r.Ended), r.Outcome, r.Rows, r.Size, r.ID); err != nil {
			return err
		}
		return s.record(tx, by, "house."+r.Kind+"-"+r.Outcome, "house/"+r.ID)
	})
}

var (
	errNoFolder  = errors.New("the folder is not there")
	errNoWriting = errors.New("the folder cannot be written to")
)

func outcome(err error) string {
	switch {
	case err == nil:
		return done
	case errors.Is(err, errNoFolder):
		return noFolder
	case errors.Is(err, errNoWriting), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return noWriting
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return noSpace
	case errors.Is(err, fs.ErrNotExist):
		return noFile
	}
	return failed
}

// Took notes a backup that was made by the command, so that the checks know of
// it. A database from before there was a house is left as it is.
func Took(ctx context.Context, d *db.DB, file string, rows int64, began, ended time.Time) error {
	if applied, err := d.Applied(ctx); err != nil || !applied["house/schema/0001_house.sql"] {
		return err
	}
	r := Run{ID: id.New(), Kind: kindBackup, File: file, Began: began}
	r.Slot = "command " + r.ID
	var size int64
	if info, err := os.Stat(file); err == nil {
		size = info.Size()
	}
	return d.Write(ctx, func(tx *db.Tx) error {
		if _, err := beginRun(tx, r); err != nil {
			return err
		}
		_, err := tx.Exec(endRunStmt, clock.Millis(ended), done, rows, size, r.ID)
		return err
	})
}

// writable tries a file in the folder. A mounted disk that is not mounted is
// found by its missing folder.
func (s *Service) writable(folder string) error {
	info, err := os.Stat(folder)
	if err != nil || !info.IsDir() {
		return errNoFolder
	}
	f, err := os.CreateTemp(folder, ".trial-*")
	if err != nil {
		return errors.Join(errNoWriting, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// beat gives the callback that shows that a long run lives.
func (s *Service) beat(ctx context.Context, runID string) func(rows int64) {
	last := s.cfg.Now()
	return func(rows int64) {
		now := s.cfg.Now()
		if now.Sub(last) < beatEvery {
			return
		}
		last = now
		err := s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(beatRunStmt, clock.Millis(now), rows, runID)
			return err
		})
		if err != nil {
			s.cfg.Log.Warn("house: sign of life", "err", err.Error())
		}
	}
}

// trial restores a copy into a temporary place with the typed key.
func (s *Service) trial(ctx context.Context, v *web.Viewer, file, key string) (*Run, error) {
	select {
	case s.trials <- struct{}{}:
		defer func() { <-s.trials }()
	default:
		return nil, fault.New(fault.Conflict, "house.error.trial-runs")
	}
	r := &Run{ID: id.New(), Kind: kindTrial, File: file, Began: s.cfg.Now()}
	r.Slot = r.ID
	if _, err := s.begin(ctx, r, v.UserID); err != nil {
		return nil, err
	}
	got, err := s.cfg.Trial(ctx, file, strings.NewReader(key))
	r.Rows = got.Rows
	return r, s.end(ctx, r, v.UserID, err)
}

// Runs are the newest and the newest good backup, and the newest good trial.
func (s *Service) Runs(ctx context.Context) (latest, good, trial *Run, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		var e1, e2, e3 error
		latest, e1 = latestRun(tx, kindBackup)
		good, e2 = goodRun(tx, kindBackup)
		trial, e3 = goodRun(tx, kindTrial)
		return errors.Join(e1, e2, e3)
	})
	return latest, good, trial, err
}

// Care is what is done once a minute: a planned backup when it is due, what
// lies beside it, old copies, and every ten minutes the round of checks.
func (s *Service) Care(ctx context.Context) error {
	return errors.Join(s.planned(ctx), s.keepBeside(), s.round(ctx))
}

// planned makes the backup that is due. One that failed is tried again in each
// of the next hours.
func (s *Service) planned(ctx context.Context) error {
	now, to := s.cfg.Now(), s.Settings().Backup
	err := s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(breakRunsStmt, clock.Millis(now), clock.Millis(now.Add(-brokenWhen)))
		return err
	})
	if err != nil || !to.Ready() {
		return err
	}
	due := slot(now, to.Hour, s.Zone())
	_, good, _, err := s.Runs(ctx)
	if err != nil || good != nil && !good.Began.Before(due) {
		return err
	}
	try := min(int(now.Sub(due)/time.Hour), retries)
	name := due.Format("2006-01-02T15:04Z") + "/" + strconv.Itoa(try)
	taken := false
	if err := s.cfg.DB.Read(ctx, func(tx *db.Tx) (err error) { taken, err = slotTaken(tx, kindBackup, name); return err }); err != nil || taken {
		return err
	}
	r, err := s.copy(ctx, name, "plan")
	if err != nil || r == nil || r.Outcome != done {
		return err
	}
	return s.dropOld(ctx, to)
}

// Zone is the time zone of the installation: the one that was chosen, else the
// machine's.
func (s *Service) Zone() *time.Location {
	if z, err := time.LoadLocation(s.Settings().Zone); err == nil && s.Settings().Zone != "" {
		return z
	}
	return time.Local
}

// ownFile is the name of a copy that this program made.
var ownFile = regexp.MustCompile(`^copy-(\d{8}-\d{6})-[0-9a-z]{4}\.age$`)

// dropOld deletes copies older than the plan keeps, by the time in their name.
// It touches no file with another name. // req: HOUSE-4
func (s *Service) dropOld(ctx context.Context, to Backup) error {
	before := s.cfg.Now().AddDate(0, 0, -to.Keep)
	list, err := os.ReadDir(to.Folder)
	if err != nil {
		return err
	}
	dropped := 0
	for _, f := range list {
		m := ownFile.FindStringSubmatch(f.Name())
		if m == nil || !f.Type().IsRegular() {
			continue
		}
		if made, err := time.Parse("20060102-150405", m[1]); err == nil && made.Before(before) {
			if err := os.Remove(filepath.Join(to.Folder, f.Name())); err != nil {
				return err
			}
			dropped++
		}
	}
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(oldRunsStmt, clock.Millis(s.cfg.Now().AddDate(0, 0, -400))); err != nil || dropped == 0 {
			return err
		}
		return s.record(tx, "plan", "house.copies-dropped", "house/backup")
	})
}

// beside are the files of the data folder that belong near the copies, yet
// not into them: what a restore must not bring back, and the newest checkpoint
// of the log. The keys of the server are not among them.
var beside = []string{"ended.ledger", "log.checkpoint"}

// keepBeside copies them when they changed. Each instance has its own.
func (s *Service) keepBeside() error {
	to := s.Settings().Backup
	if !to.Ready() {
		return nil
	}
	if _, err := os.Stat(to.Folder); err != nil {
		return nil // the check of the backups says so
	}
	for _, name := range beside {
		b, err := os.ReadFile(filepath.Join(s.cfg.Folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		head, end, _ := strings.Cut(name, ".")
		target := filepath.Join(to.Folder, head+"-"+s.instance()+"."+end)
		if have, err := os.ReadFile(target); err == nil && bytes.Equal(have, b) {
			continue
		}
		if err := replace(target, b); err != nil {
			return err
		}
	}
	return nil
}

// instance tells the files of several instances apart, without naming the
// machine.
func (s *Service) instance() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	sum := sha256.Sum256([]byte(host + "\n" + s.cfg.Folder))
	return hex.EncodeToString(sum[:4])
}

// replace writes a file in one step, readable by its owner only.
func replace(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".copy-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// roundEvery is how often the checks are made by themselves.
const roundEvery = 10 * time.Minute

// round makes the checks and tells the administrators what turned red: one
// mail for all of it, and not again before it was calm for a while.
// req: HOUSE-5
func (s *Service) round(ctx context.Context) error {
	mine := false
	now := s.cfg.Now()
	err := s.cfg.DB.Write(ctx, func(tx *db.Tx) (err error) { mine, err = takeTurn(tx, "round", now, roundEvery); return err })
	if err != nil || !mine || s.cfg.Facts == nil {
		return err
	}
	checks := Judge(s.cfg.Facts(ctx, s))
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		alarms, err := loadAlarms(tx)
		if err != nil {
			return err
		}
		tell := false
		for _, c := range checks {
			next, loud := alarms[c.Name].turn(c.Level, now)
			tell = tell || loud
			if next != alarms[c.Name] {
				if err := saveAlarm(tx, c.Name, next); err != nil {
					return err
				}
			}
		}
		if !tell {
			return nil
		}
		return s.tell(tx)
	})
}

// tell queues the general sentence with a link to the health page.
func (s *Service) tell(tx *db.Tx) error {
	list, err := s.cfg.Administrators(tx)
	if err != nil {
		return err
	}
	for _, to := range list {
		if to.Email == "" {
			continue
		}
		lang := cmp.Or(to.Lang, "en")
		m := mail.Compose(s.cfg.Texts, lang, to.Email, "reminder", s.Settings().NeutralName, s.cfg.BaseURL+"/"+lang+"/admin/health")
		if err := mail.Queue(tx, m); err != nil {
			return err
		}
	}
	return s.record(tx, "plan", "house.told", "house/health")
}
