package house

import (
	"embed"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "house", Files: schemaFiles}

var (
	answersStmt      = db.Statement(`SELECT question, revision, state, answer, sealed, changed_by, changed FROM house_answer`)
	answerStmt       = db.Statement(`SELECT question, revision, state, answer, sealed, changed_by, changed FROM house_answer WHERE question = $1`)
	insertAnswerStmt = db.Statement(`INSERT INTO house_answer (question, revision, state, answer, sealed, changed_by, changed) VALUES ($1, 1, $2, $3, $4, $5, $6) ON CONFLICT (question) DO NOTHING`)
	updateAnswerStmt = db.Statement(`UPDATE house_answer SET revision = revision + 1, state = $1, answer = $2, sealed = $3, changed_by = $4, changed = $5 WHERE question = $6 AND revision = $7`)
	versionStmt      = db.Statement(`SELECT version FROM house_version WHERE name = 'settings'`)
	bumpStmt         = db.Statement(`INSERT INTO house_version (name, version) VALUES ('settings', 1) ON CONFLICT (name) DO UPDATE SET version = house_version.version + 1`)

	beginRunStmt  = db.Statement(`INSERT INTO house_run (id, kind, slot, file, began, beat, ended, outcome, entries, size) VALUES ($1, $2, $3, $4, $5, $6, 0, '', 0, 0) ON CONFLICT (kind, slot) DO NOTHING`)
	beatRunStmt   = db.Statement(`UPDATE house_run SET beat = $1, entries = $2 WHERE id = $3 AND ended = 0`)
	endRunStmt    = db.Statement(`UPDATE house_run SET ended = $1, outcome = $2, entries = $3, size = $4 WHERE id = $5 AND ended = 0`)
	breakRunsStmt = db.Statement(`UPDATE house_run SET ended = $1, outcome = 'broken-off' WHERE ended = 0 AND beat < $2`)
	latestRunStmt = db.Statement(`SELECT id, kind, slot, file, began, ended, outcome, entries, size FROM house_run WHERE kind = $1 ORDER BY began DESC, id DESC LIMIT 1`)
	goodRunStmt   = db.Statement(`SELECT id, kind, slot, file, began, ended, outcome, entries, size FROM house_run WHERE kind = $1 AND outcome = 'done' ORDER BY began DESC, id DESC LIMIT 1`)
	slotTakenStmt = db.Statement(`SELECT COUNT(*) FROM house_run WHERE kind = $1 AND slot = $2`)
	oldRunsStmt   = db.Statement(`DELETE FROM house_run WHERE ended > 0 AND ended < $1`)

	alarmsStmt   = db.Statement(`SELECT name, level, since, calm FROM house_alarm`)
	setAlarmStmt = db.Statement(`INSERT INTO house_alarm (name, level, since, calm) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET level = excluded.level, since = excluded.since, calm = excluded.calm`)
	pulseStmt    = db.Statement(`SELECT at FROM house_pulse WHERE name = $1`)
	setPulseStmt = db.Statement(`INSERT INTO house_pulse (name, at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET at = excluded.at`)
	turnStmt     = db.Statement(`UPDATE house_pulse SET at = $1 WHERE name = $2 AND at < $3`)

	releasesStmt   = db.Statement(`SELECT release, at FROM house_release ORDER BY at, release`)
	addReleaseStmt = db.Statement(`INSERT INTO house_release (release, at) VALUES ($1, $2) ON CONFLICT (release) DO NOTHING`)
	seenStmt       = db.Statement(`SELECT release FROM house_note_seen WHERE user_id = $1`)
	addSeenStmt    = db.Statement(`INSERT INTO house_note_seen (user_id, release, at) VALUES ($1, $2, $3) ON CONFLICT (user_id, release) DO NOTHING`)
)

// row is a stored answer with its sealed part.
type row struct {
	Answer
	sealed []byte
}

func scanAnswer(scan func(...any) error) (row, error) {
	var r row
	var text string
	var changed int64
	err := scan(&r.Question, &r.Revision, &r.State, &text, &r.sealed, &r.ChangedBy, &changed)
	if err == nil {
		r.Changed = clock.Time(changed)
		r.Values, err = decodeValues(text)
	}
	return r, err
}

func loadAnswers(tx *db.Tx) (list []row, version int64, err error) {
	list, err = db.All(tx, answersStmt, scanAnswer)
	if err == nil {
		version, err = loadVersion(tx)
	}
	return list, version, err
}

func loadAnswer(tx *db.Tx, question string) (row, error) {
	r, err := scanAnswer(tx.Row(answerStmt, question).Scan)
	if db.NoRows(err) {
		return row{Answer: Answer{Question: question, Values: Values{}}}, nil
	}
	return r, err
}

func loadVersion(tx *db.Tx) (version int64, err error) {
	err = tx.Row(versionStmt).Scan(&version)
	if db.NoRows(err) {
		return 0, nil
	}
	return version, err
}

// writeAnswer puts an answer in the place of the revision that was read; false
// when somebody else was quicker.
func writeAnswer(tx *db.Tx, r row, by string, at time.Time) (bool, error) {
	if r.Values == nil {
		r.Values = Values{}
	}
	var n int64
	var err error
	if r.Revision == 0 {
		n, err = tx.Exec(insertAnswerStmt, r.Question, string(r.State), r.Values.encode(), r.sealed, by, clock.Millis(at))
	} else {
		n, err = tx.Exec(updateAnswerStmt, string(r.State), r.Values.encode(), r.sealed, by, clock.Millis(at), r.Question, r.Revision)
	}
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.Exec(bumpStmt)
	return true, err
}

// Run is one backup, or one trial of a backup.
type Run struct {
	ID, Kind, Slot, File string
	Began, Ended         time.Time
	Outcome              string // empty: under way; done; else what went wrong
	Rows, Size           int64
}

func scanRun(scan func(...any) error) (*Run, error) {
	var r Run
	var began, ended int64
	err := scan(&r.ID, &r.Kind, &r.Slot, &r.File, &began, &ended, &r.Outcome, &r.Rows, &r.Size)
	if db.NoRows(err) {
		return nil, nil
	}
	r.Began, r.Ended = clock.Time(began), clock.Time(ended)
	return &r, err
}

func latestRun(tx *db.Tx, kind string) (*Run, error) {
	return scanRun(tx.Row(latestRunStmt, kind).Scan)
}
func goodRun(tx *db.Tx, kind string) (*Run, error) { return scanRun(tx.Row(goodRunStmt, kind).Scan) }

func slotTaken(tx *db.Tx, kind, slot string) (bool, error) {
	var n int64
	err := tx.Row(slotTakenStmt, kind, slot).Scan(&n)
	return n > 0, err
}

// beginRun takes a slot; false when somebody has it.
func beginRun(tx *db.Tx, r Run) (bool, error) {
	at := clock.Millis(r.Began)
	n, err := tx.Exec(beginRunStmt, r.ID, r.Kind, r.Slot, r.File, at, at)
	return n == 1, err
}

func loadAlarms(tx *db.Tx) (map[string]alarm, error) {
	out := map[string]alarm{}
	err := tx.Each(alarmsStmt, func(scan func(...any) error) error {
		var name string
		var level, since, calm int64
		err := scan(&name, &level, &since, &calm)
		out[name] = alarm{Level(level), clock.Time(since), clock.Time(calm)}
		return err
	})
	return out, err
}

func saveAlarm(tx *db.Tx, name string, a alarm) error {
	_, err := tx.Exec(setAlarmStmt, name, int64(a.level), clock.Millis(a.since), clock.Millis(a.calm))
	return err
}

func pulse(tx *db.Tx, name string) (time.Time, error) {
	var at int64
	err := tx.Row(pulseStmt, name).Scan(&at)
	if db.NoRows(err) {
		return time.Time{}, nil
	}
	return clock.Time(at), err
}

func setPulse(tx *db.Tx, name string, at time.Time) error {
	_, err := tx.Exec(setPulseStmt, name, clock.Millis(at))
	return err
}

// takeTurn says whether this instance makes the round that is due once in each
// interval among all instances.
func takeTurn(tx *db.Tx, name string, at time.Time, every time.Duration) (bool, error) {
	n, err := tx.Exec(turnStmt, clock.Millis(at), name, clock.Millis(at.Add(-every)))
	if err != nil || n == 1 {
		return n == 1, err
	}
	last, err := pulse(tx, name)
	if err == nil && last.IsZero() {
		return true, setPulse(tx, name, at)
	}
	return false, err
}
