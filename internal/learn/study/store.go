package study

import (
	"embed"
	"encoding/json"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "study", Files: schemaFiles}

var (
	learnerColumns   = `l.id, l.account, l.code_hash, l.began, l.seen`
	insertLearner    = db.Statement(`INSERT INTO study_learner (id, code_hash, account, began, seen) VALUES ($1, $2, $3, $4, $5)`)
	learnerByCode    = db.Statement(`SELECT ` + learnerColumns + ` FROM study_learner l WHERE l.code_hash = $1 AND l.code_hash <> ''`)
	learnerByAccount = db.Statement(`SELECT ` + learnerColumns + ` FROM study_learner l WHERE l.account = $1 AND l.account <> ''`)
	learnerByID      = db.Statement(`SELECT ` + learnerColumns + ` FROM study_learner l WHERE l.id = $1`)
	learnerBySession = db.Statement(`SELECT ` + learnerColumns + `, s.seen FROM study_session s JOIN study_learner l ON l.id = s.learner_id WHERE s.hash = $1 AND s.seen > $2`)
	seenLearner      = db.Statement(`UPDATE study_learner SET seen = $1 WHERE id = $2`)
	linkLearner      = db.Statement(`UPDATE study_learner SET account = $1 WHERE id = $2`)
	idleLearners     = db.Statement(`SELECT id FROM study_learner WHERE seen < $1 ORDER BY seen LIMIT 200`)

	insertSession = db.Statement(`INSERT INTO study_session (hash, learner_id, seen) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING`)
	seenSession   = db.Statement(`UPDATE study_session SET seen = $1 WHERE hash = $2`)
	endSession    = db.Statement(`DELETE FROM study_session WHERE hash = $1`)
	endSessions   = db.Statement(`DELETE FROM study_session`)
	idleSessions  = db.Statement(`DELETE FROM study_session WHERE seen < $1`)

	// What hangs on a learner, and the learner.
	forgetStmts = []*db.Stmt{
		db.Statement(`DELETE FROM study_session WHERE learner_id = $1`),
		db.Statement(`DELETE FROM study_unit WHERE learner_id = $1`),
		db.Statement(`DELETE FROM study_answer WHERE learner_id = $1`),
		db.Statement(`DELETE FROM study_attempt WHERE learner_id = $1`),
		db.Statement(`DELETE FROM study_learner WHERE id = $1`),
	}

	unitColumns = `unit, opened, minutes, done, wished, changed`
	unitsStmt   = db.Statement(`SELECT ` + unitColumns + ` FROM study_unit WHERE learner_id = $1`)
	unitStmt    = db.Statement(`SELECT ` + unitColumns + ` FROM study_unit WHERE learner_id = $1 AND unit = $2`)
	saveUnit    = db.Statement(`INSERT INTO study_unit (learner_id, unit, opened, minutes, done, wished, changed) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (learner_id, unit) DO UPDATE SET opened = excluded.opened, minutes = excluded.minutes, done = excluded.done, wished = excluded.wished, changed = excluded.changed`)

	answerColumns = `topic, question, given, correct, revision, at`
	answersStmt   = db.Statement(`SELECT ` + answerColumns + ` FROM study_answer WHERE learner_id = $1 ORDER BY topic, question`)
	topicAnswers  = db.Statement(`SELECT ` + answerColumns + ` FROM study_answer WHERE learner_id = $1 AND topic = $2`)
	saveAnswer    = db.Statement(`INSERT INTO study_answer (learner_id, topic, question, given, correct, revision, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (learner_id, topic, question) DO UPDATE SET given = excluded.given, correct = excluded.correct, revision = excluded.revision, at = excluded.at`)

	attemptColumns = `id, scope, seed, revision, drawn, given, state, correct, counted, pass, passed, begun, ended`
	attemptsStmt   = db.Statement(`SELECT ` + attemptColumns + ` FROM study_attempt WHERE learner_id = $1 ORDER BY begun DESC, id DESC`)
	standingStmt   = db.Statement(`SELECT scope, MAX(CASE WHEN state = 'open' THEN 1 ELSE 0 END), MAX(passed), MAX(CASE WHEN counted > 0 THEN correct * 100 / counted ELSE 0 END)
		FROM study_attempt WHERE learner_id = $1 GROUP BY scope`)
	scopeAttempts = db.Statement(`SELECT ` + attemptColumns + ` FROM study_attempt WHERE learner_id = $1 AND scope = $2 ORDER BY begun DESC, id DESC LIMIT 20`)
	passedAttempt = db.Statement(`SELECT ` + attemptColumns + ` FROM study_attempt WHERE learner_id = $1 AND scope = $2 AND passed = 1 ORDER BY ended DESC, id DESC LIMIT 1`)
	firstPassed   = db.Statement(`SELECT ` + attemptColumns + ` FROM study_attempt WHERE learner_id = $1 AND scope = $2 AND passed = 1 ORDER BY ended, id LIMIT 1`)
	dropOpen      = db.Statement(`DELETE FROM study_attempt WHERE learner_id = $1 AND scope = $2 AND state = 'open'`)
	attemptStmt   = db.Statement(`SELECT ` + attemptColumns + ` FROM study_attempt WHERE learner_id = $1 AND id = $2`)
	openAttempt   = db.Statement(`SELECT ` + attemptColumns + ` FROM study_attempt WHERE learner_id = $1 AND scope = $2 AND state = 'open'`)
	insertAttempt = db.Statement(`INSERT INTO study_attempt (learner_id, id, scope, seed, revision, drawn, given, state, correct, counted, pass, passed, begun, ended)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`)
	updateAttempt = db.Statement(`UPDATE study_attempt SET given = $1, state = $2, correct = $3, counted = $4, pass = $5, passed = $6, ended = $7 WHERE id = $8 AND state = 'open'`)

	dropAnswer  = db.Statement(`DELETE FROM study_answer WHERE learner_id = $1 AND topic = $2 AND question = $3`)
	insertTally = db.Statement(`INSERT INTO study_tally (id, counted) VALUES ($1, $2)`)
	talliesStmt = db.Statement(`SELECT id, counted FROM study_tally ORDER BY id LIMIT 500`)
	dropTally   = db.Statement(`DELETE FROM study_tally WHERE id = $1`)
	itemsStmt   = db.Statement(`SELECT question, stamp, place, sums FROM study_item`)
	itemStmt    = db.Statement(`SELECT question, stamp, place, sums FROM study_item WHERE question = $1 AND stamp = $2 AND place = $3`)
	saveItem    = db.Statement(`INSERT INTO study_item (question, stamp, place, sums) VALUES ($1, $2, $3, $4) ON CONFLICT (question, stamp, place) DO UPDATE SET sums = excluded.sums`)
)

const (
	stateOpen = "open"
	stateOver = "over"
)

func scanLearner(scan func(...any) error, more ...any) (l Learner, err error) {
	var code string
	var began, seen int64
	err = scan(append([]any{&l.ID, &l.Account, &code, &began, &seen}, more...)...)
	l.Coded, l.Began, l.Seen = code != "", clock.Time(began), clock.Time(seen)
	return l, err
}

// findLearner is nil when there is none.
func findLearner(tx *db.Tx, by *db.Stmt, value string) (*Learner, error) {
	l, err := scanLearner(tx.Row(by, value).Scan)
	if db.NoRows(err) {
		return nil, nil
	}
	return &l, err
}

func scanUnit(scan func(...any) error) (u Unit, err error) {
	var opened, done, wished, changed int64
	err = scan(&u.Name, &opened, &u.Minutes, &done, &wished, &changed)
	u.Opened, u.Done, u.Wished, u.Changed = clock.Time(opened), clock.Time(done), wished != 0, clock.Time(changed)
	return u, err
}

func loadUnits(tx *db.Tx, learner string) (map[string]Unit, error) {
	out := map[string]Unit{}
	err := tx.Each(unitsStmt, func(scan func(...any) error) error {
		u, err := scanUnit(scan)
		out[u.Name] = u
		return err
	}, learner)
	return out, err
}

// loadUnit is an empty unit when nothing was done with it.
func loadUnit(tx *db.Tx, learner, name string) (Unit, error) {
	u, err := scanUnit(tx.Row(unitStmt, learner, name).Scan)
	if db.NoRows(err) {
		return Unit{Name: name}, nil
	}
	return u, err
}

func (u Unit) save(tx *db.Tx, learner string) error {
	_, err := tx.Exec(saveUnit, learner, u.Name, clock.Millis(u.Opened), u.Minutes, clock.Millis(u.Done), db.Bit(u.Wished), clock.Millis(u.Changed))
	return err
}

func loadAnswers(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Answer, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var a Answer
		var given string
		var right, at int64
		if err := scan(&a.Topic, &a.Question, &given, &right, &a.Revision, &at); err != nil {
			return err
		}
		a.Right, a.At = right != 0, clock.Time(at)
		out = append(out, a)
		return json.Unmarshal([]byte(given), &out[len(out)-1].Reply)
	}, args...)
	return out, err
}

func (a Answer) save(tx *db.Tx, learner string) error {
	given, err := json.Marshal(a.Reply)
	if err != nil {
		return err
	}
	_, err = tx.Exec(saveAnswer, learner, a.Topic, a.Question, string(given), db.Bit(a.Right), a.Revision, clock.Millis(a.At))
	return err
}

func loadAttempts(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Attempt, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var a Attempt
		var drawn, given, state string
		var passed, begun, ended int64
		if err := scan(&a.ID, &a.Scope, &a.Seed, &a.Revision, &drawn, &given, &state, &a.Right, &a.Counted, &a.Pass, &passed, &begun, &ended); err != nil {
			return err
		}
		a.Over, a.Passed, a.Begun, a.Ended = state == stateOver, passed != 0, clock.Time(begun), clock.Time(ended)
		if err := json.Unmarshal([]byte(drawn), &a.Drawn); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(given), &a.Given); err != nil {
			return err
		}
		out = append(out, a)
		return nil
	}, args...)
	return out, err
}

// loadStandings are by scope; a test that was never begun has none.
func loadStandings(tx *db.Tx, learner string) (map[string]Standing, error) {
	out := map[string]Standing{}
	err := tx.Each(standingStmt, func(scan func(...any) error) error {
		var scope string
		var open, passed, best int64
		err := scan(&scope, &open, &passed, &best)
		out[scope] = Standing{open != 0, passed != 0, best}
		return err
	}, learner)
	return out, err
}

func (a Attempt) state() string {
	if a.Over {
		return stateOver
	}
	return stateOpen
}

func (a Attempt) insert(tx *db.Tx, learner string) error {
	drawn, err := json.Marshal(a.Drawn)
	if err != nil {
		return err
	}
	given, err := json.Marshal(a.Given)
	if err != nil {
		return err
	}
	_, err = tx.Exec(insertAttempt, learner, a.ID, a.Scope, a.Seed, a.Revision, string(drawn), string(given), a.state(), a.Right, a.Counted, a.Pass, db.Bit(a.Passed), clock.Millis(a.Begun), clock.Millis(a.Ended))
	return err
}

func (a Attempt) update(tx *db.Tx) error {
	given, err := json.Marshal(a.Given)
	if err != nil {
		return err
	}
	_, err = tx.Exec(updateAttempt, string(given), a.state(), a.Right, a.Counted, a.Pass, db.Bit(a.Passed), clock.Millis(a.Ended), a.ID)
	return err
}

// place is where an answer was given, for its sums.
func (c Counted) place() string {
	if c.Test {
		return placeTest
	}
	return placeUnit
}

const (
	placeTest = "test"
	placeUnit = "unit"
)

// item is a row of sums.
type item struct {
	question, stamp, place string
	sums                   Sums
}

func scanItem(scan func(...any) error) (x item, err error) {
	var sums string
	if err = scan(&x.question, &x.stamp, &x.place, &sums); err != nil {
		return x, err
	}
	return x, json.Unmarshal([]byte(sums), &x.sums)
}

// loadItem is a row without counts when there is none.
func loadItem(tx *db.Tx, question, stamp, place string) (item, error) {
	x, err := scanItem(tx.Row(itemStmt, question, stamp, place).Scan)
	if db.NoRows(err) {
		return item{question: question, stamp: stamp, place: place}, nil
	}
	return x, err
}

func (x item) save(tx *db.Tx) error {
	sums, err := json.Marshal(x.sums)
	if err != nil {
		return err
	}
	_, err = tx.Exec(saveItem, x.question, x.stamp, x.place, string(sums))
	return err
}
