package recall

import (
	"embed"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "recall", Files: schemaFiles}

var (
	planColumns = `learner_id, since, round, due, lang, mailbox, link`
	saveStmt    = db.Statement(`INSERT INTO learn_recall (` + planColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (learner_id) DO UPDATE SET since = excluded.since, round = excluded.round, due = excluded.due, lang = excluded.lang, mailbox = excluded.mailbox, link = excluded.link`)
	ofStmt     = db.Statement(`SELECT ` + planColumns + ` FROM learn_recall WHERE learner_id = $1`)
	byLinkStmt = db.Statement(`SELECT ` + planColumns + ` FROM learn_recall WHERE link = $1`)
	dueStmt    = db.Statement(`SELECT ` + planColumns + ` FROM learn_recall WHERE due <= $1 ORDER BY due, learner_id LIMIT $2`)
	dropStmt   = db.Statement(`DELETE FROM learn_recall WHERE learner_id = $1`)
	// Only who finds the time unsent sends it.
	turnStmt = db.Statement(`UPDATE learn_recall SET round = $1, due = $2 WHERE learner_id = $3 AND due = $4`)
	lastStmt = db.Statement(`DELETE FROM learn_recall WHERE learner_id = $1 AND due = $2`)
)

func load(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Plan, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var p Plan
		var since, due int64
		err := scan(&p.Learner, &since, &p.Round, &due, &p.Lang, &p.mailbox, &p.link)
		p.Since, p.Due = clock.Time(since), clock.Time(due)
		out = append(out, p)
		return err
	}, args...)
	return out, err
}

func (p Plan) save(tx *db.Tx) error {
	_, err := tx.Exec(saveStmt, p.Learner, clock.Millis(p.Since), p.Round, clock.Millis(p.Due), p.Lang, p.mailbox, p.link)
	return err
}

// turned moves a plan on from the day that it was due, and says whether it still
// stood there.
func (p Plan) turned(tx *db.Tx, was time.Time, more bool) (bool, error) {
	var n int64
	var err error
	if more {
		n, err = tx.Exec(turnStmt, p.Round, clock.Millis(p.Due), p.Learner, clock.Millis(was))
	} else {
		n, err = tx.Exec(lastStmt, p.Learner, clock.Millis(was))
	}
	return n == 1, err
}
