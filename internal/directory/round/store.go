package round

import (
	"embed"
	"encoding/json"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the tables of rounds, calls and reports.
var Schema = db.Schema{Package: "round", Files: schemaFiles}

const (
	roundColumns  = `id, scope, state, started, ends, by_user, by_name, total`
	bodyColumns   = `round, organization, name, country, lang, mailbox, mail, hash, sent, reminders, answer, way, answered, tries, called, next_call, outcome, note`
	reportColumns = `id, service, organization, what, words, contact, lang, at, state, into_report, closed, by_user, by_name`
)

var (
	insertRoundStmt = db.Statement(`INSERT INTO round_round (` + roundColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	roundStmt       = db.Statement(`SELECT ` + roundColumns + ` FROM round_round WHERE id = $1`)
	roundsStmt      = db.Statement(`SELECT ` + roundColumns + ` FROM round_round ORDER BY started DESC, id DESC LIMIT 100`)
	setStateStmt    = db.Statement(`UPDATE round_round SET state = $1 WHERE id = $2 AND state = $3`)
	dueRoundsStmt   = db.Statement(`SELECT ` + roundColumns + ` FROM round_round WHERE state <> 'ended' ORDER BY id`)

	insertBodyStmt = db.Statement(`INSERT INTO round_body (` + bodyColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, 0, '', '', 0, 0, 0, 0, '', '')`)
	bodyStmt       = db.Statement(`SELECT ` + bodyColumns + ` FROM round_body WHERE round = $1 AND organization = $2`)
	bodyByHashStmt = db.Statement(`SELECT ` + bodyColumns + ` FROM round_body WHERE hash = $1`)
	bodiesStmt     = db.Statement(`SELECT ` + bodyColumns + ` FROM round_body WHERE round = $1 ORDER BY country, name, organization`)
	toQueueStmt    = db.Statement(`SELECT ` + bodyColumns + ` FROM round_body WHERE round = $1 AND mail = 'waiting' ORDER BY organization LIMIT $2`)
	toRemindStmt   = db.Statement(`SELECT ` + bodyColumns + ` FROM round_body WHERE round = $1 AND mail = 'sent' AND answer = '' AND reminders < $2 AND sent <= $3 ORDER BY organization LIMIT $4`)
	queuedStmt     = db.Statement(`UPDATE round_body SET mail = 'queued', hash = $1 WHERE round = $2 AND organization = $3 AND mail = 'waiting'`)
	remindedStmt   = db.Statement(`UPDATE round_body SET reminders = $1 WHERE round = $2 AND organization = $3`)
	sentStmt       = db.Statement(`UPDATE round_body SET mail = 'sent', sent = $1 WHERE round = $2 AND organization = $3 AND mail = 'queued'`)
	bouncedStmt    = db.Statement(`UPDATE round_body SET mail = 'bounced' WHERE round = $1 AND organization = $2`)
	unmailedStmt   = db.Statement(`UPDATE round_body SET mail = 'none', hash = '' WHERE round = $1 AND organization = $2 AND answer = ''`)
	answerStmt     = db.Statement(`UPDATE round_body SET answer = $1, way = $2, answered = $3 WHERE round = $4 AND organization = $5`)
	callStmt       = db.Statement(`UPDATE round_body SET tries = tries + 1, called = $1, next_call = $2, outcome = $3, note = $4 WHERE round = $5 AND organization = $6`)
	forgetLinkStmt = db.Statement(`UPDATE round_body SET hash = '', mailbox = '' WHERE round = $1`)

	insertReportStmt = db.Statement(`INSERT INTO round_report (` + reportColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', '', 0, '', '')`)
	reportStmt       = db.Statement(`SELECT ` + reportColumns + ` FROM round_report WHERE id = $1`)
	reportsStmt      = db.Statement(`SELECT ` + reportColumns + ` FROM round_report WHERE state = $1 ORDER BY at DESC, id DESC LIMIT 500`)
	reportsOfStmt    = db.Statement(`SELECT ` + reportColumns + ` FROM round_report WHERE service = $1 ORDER BY at DESC, id DESC LIMIT 100`)
	moveReportStmt   = db.Statement(`UPDATE round_report SET state = $1, into_report = $2, closed = $3, by_user = $4, by_name = $5 WHERE id = $6 AND state = $7`)
	countReportsStmt = db.Statement(`SELECT COUNT(*) FROM round_report WHERE state = $1`)
	saidDeadStmt     = db.Statement(`SELECT COUNT(*) FROM round_report WHERE service = $1 AND what = 'number' AND state IN ('taken', 'done', 'merged') AND at >= $2`)
	countUnsafeStmt  = db.Statement(`SELECT COUNT(*) FROM round_report WHERE what = 'unsafe' AND state = 'open' AND at > $1`)
	forgetWordsStmt  = db.Statement(`UPDATE round_report SET words = '', contact = '' WHERE closed > 0 AND closed < $1 AND (words <> '' OR contact <> '')`)

	putBrokenStmt = db.Statement(`INSERT INTO round_broken (service, organization, at, reports, by_user, by_name) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (service) DO UPDATE SET at = excluded.at, reports = excluded.reports, by_user = excluded.by_user, by_name = excluded.by_name`)
	dropBrokenStmt = db.Statement(`DELETE FROM round_broken WHERE service = $1`)
	brokenStmt     = db.Statement(`SELECT service, organization, at, reports, by_name FROM round_broken WHERE service = $1`)
	allBrokenStmt  = db.Statement(`SELECT service, organization, at, reports, by_name FROM round_broken ORDER BY at DESC, service`)
)

// moment reads a stored time; 0 is none.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return clock.Time(ms)
}

func stored(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return clock.Millis(t)
}

func insertRound(tx *db.Tx, r Round) error {
	scope, err := json.Marshal(r.Scope)
	if err != nil {
		return err
	}
	_, err = tx.Exec(insertRoundStmt, r.ID, string(scope), string(r.State), clock.Millis(r.Started), clock.Millis(r.Ends), r.ByUser, r.By, r.Total)
	return err
}

func readRounds(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Round, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var r Round
		var scope, state string
		var started, ends int64
		if err := scan(&r.ID, &scope, &state, &started, &ends, &r.ByUser, &r.By, &r.Total); err != nil {
			return err
		}
		r.State, r.Started, r.Ends = State(state), clock.Time(started), clock.Time(ends)
		out = append(out, r)
		return json.Unmarshal([]byte(scope), &out[len(out)-1].Scope)
	}, args...)
	return out, err
}

func insertBody(tx *db.Tx, b Body) error {
	_, err := tx.Exec(insertBodyStmt, b.Round, b.Organization, b.Name, b.Country, b.Lang, b.Mailbox, string(b.Mail))
	return err
}

func readBodies(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Body, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var b Body
		var mail, answer, outcome string
		var sent, answered, called, next int64
		err := scan(&b.Round, &b.Organization, &b.Name, &b.Country, &b.Lang, &b.Mailbox, &mail, &b.hash, &sent, &b.Reminders,
			&answer, &b.Way, &answered, &b.Tries, &called, &next, &outcome, &b.Note)
		b.Mail, b.Answer, b.Outcome = Mail(mail), Answer(answer), Outcome(outcome)
		b.Sent, b.Answered, b.Called, b.NextCall = moment(sent), moment(answered), moment(called), moment(next)
		out = append(out, b)
		return err
	}, args...)
	return out, err
}

func readReports(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Report, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var r Report
		var what, state string
		var at, closed int64
		err := scan(&r.ID, &r.Service, &r.Organization, &what, &r.Words, &r.Contact, &r.Lang, &at, &state, &r.Into, &closed, &r.ByUser, &r.By)
		r.What, r.State, r.At, r.Closed = What(what), ReportState(state), clock.Time(at), moment(closed)
		out = append(out, r)
		return err
	}, args...)
	return out, err
}

func insertReport(tx *db.Tx, r Report) error {
	_, err := tx.Exec(insertReportStmt, r.ID, r.Service, r.Organization, string(r.What), r.Words, r.Contact, r.Lang, clock.Millis(r.At))
	return err
}

func readBroken(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Broken, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var b Broken
		var at int64
		err := scan(&b.Service, &b.Organization, &at, &b.Reports, &b.By)
		b.At = clock.Time(at)
		out = append(out, b)
		return err
	}, args...)
	return out, err
}
