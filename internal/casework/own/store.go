package own

import (
	"embed"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "own", Files: schemaFiles}

const (
	cardColumns = `id, case_id, agency_id, state, tries, code_hash, design, shows, made, user_name, changed, opened, sheet_at, public_key, private_key, code_key, code, sheet`
	wordColumns = `id, case_id, kind, about, at, key_id, env, done_at, done_by, outcome`
)

var (
	cardInsertStmt = db.Statement(`INSERT INTO own_card (` + cardColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) ON CONFLICT (id) DO NOTHING`)
	cardStmt   = db.Statement(`SELECT ` + cardColumns + ` FROM own_card WHERE id = $1`)
	codeStmt   = db.Statement(`SELECT ` + cardColumns + ` FROM own_card WHERE code_hash = $1`)
	cardOfStmt = db.Statement(`SELECT ` + cardColumns + ` FROM own_card WHERE case_id = $1 AND state <> 'back'`)
	lockStmt   = db.Statement(`UPDATE own_card SET state = $1, tries = $2, changed = $3 WHERE id = $4`)
	missStmt   = db.Statement(`INSERT INTO own_miss (slot, at) VALUES ($1, $2) ON CONFLICT (slot) DO UPDATE SET at = excluded.at`)
	openedStmt = db.Statement(`UPDATE own_card SET opened = $1 WHERE id = $2`)
	sheetStmt  = db.Statement(`UPDATE own_card SET sheet = $1, sheet_at = $2 WHERE id = $3 AND state <> 'back'`)
	// A card that was taken back holds no key, no code and nothing that it opened.
	backStmt = db.Statement(`UPDATE own_card SET state = 'back', tries = 0, changed = $1, public_key = $2, private_key = $3, code = $4, sheet = $5, code_hash = 'back ' || id WHERE id = $6 AND state <> 'back'`)
	dropStmt = db.Statement(`DELETE FROM own_card WHERE case_id = $1`)

	sessionInsertStmt = db.Statement(`INSERT INTO own_session (hash, card_id, env, made) VALUES ($1, $2, $3, $4)`)
	sessionStmt       = db.Statement(`SELECT card_id, env, made FROM own_session WHERE hash = $1`)
	sessionEndStmt    = db.Statement(`DELETE FROM own_session WHERE hash = $1`)
	sessionsOldStmt   = db.Statement(`DELETE FROM own_session WHERE made < $1`)
	sessionsOfStmt    = db.Statement(`DELETE FROM own_session WHERE card_id = $1`)

	wordInsertStmt = db.Statement(`INSERT INTO own_word (` + wordColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', '') ON CONFLICT (id) DO NOTHING`)
	wordsStmt      = db.Statement(`SELECT ` + wordColumns + ` FROM own_word WHERE case_id = $1 ORDER BY at DESC, id LIMIT 200`)
	wordStmt       = db.Statement(`SELECT ` + wordColumns + ` FROM own_word WHERE id = $1 AND case_id = $2`)
	waitingStmt    = db.Statement(`SELECT COUNT(*) FROM own_word WHERE case_id = $1 AND done_at = 0`)
	wordDoneStmt   = db.Statement(`UPDATE own_word SET done_at = $1, done_by = $2, outcome = $3 WHERE id = $4 AND done_at = 0`)
	wordsDropStmt  = db.Statement(`DELETE FROM own_word WHERE case_id = $1`)
)

// Card is a card as machines see it.
type Card struct {
	ID, CaseID, AgencyID string
	Lock
	Design  string
	Shows   []string
	Made    time.Time
	By      string // name of who gave it
	Changed time.Time
	Opened  time.Time // last; zero: never
	SheetAt time.Time

	hash, codeKey   string
	public, private []byte
	code, sheet     []byte
}

func scanCard(row func(...any) error) (c Card, err error) {
	var shows string
	var made, changed, opened, sheetAt int64
	err = row(&c.ID, &c.CaseID, &c.AgencyID, &c.State, &c.Tries, &c.hash, &c.Design, &shows, &made, &c.By, &changed, &opened, &sheetAt, &c.public, &c.private, &c.codeKey, &c.code, &c.sheet)
	c.Shows = strings.Fields(shows)
	c.Made, c.Changed, c.Opened, c.SheetAt = clock.Time(made), clock.Time(changed), clock.Time(opened), clock.Time(sheetAt)
	return c, err
}

// one reads a card; false when there is none.
func one(tx *db.Tx, s *db.Stmt, key string) (c Card, ok bool, err error) {
	c, err = scanCard(tx.Row(s, key).Scan)
	if db.NoRows(err) {
		return c, false, nil
	}
	return c, err == nil, err
}

func insert(tx *db.Tx, c Card) (bool, error) {
	n, err := tx.Exec(cardInsertStmt, c.ID, c.CaseID, c.AgencyID, string(c.State), c.Tries, c.hash, c.Design, strings.Join(c.Shows, " "), clock.Millis(c.Made), c.By,
		clock.Millis(c.Changed), clock.Millis(c.Opened), clock.Millis(c.SheetAt), c.public, c.private, c.codeKey, c.code, c.sheet)
	return n == 1, err
}

func setLock(tx *db.Tx, cardID string, l Lock, at time.Time) error {
	_, err := tx.Exec(lockStmt, string(l.State), l.Tries, clock.Millis(at), cardID)
	return err
}

// miss writes as much as setLock for a code that opens nothing: of 256 rows one, so
// that tries at once wait for each other as little as those at cards.
//
// req: OWN-4
func miss(tx *db.Tx, hash string, at time.Time) error {
	_, err := tx.Exec(missStmt, hash[:2], clock.Millis(at))
	return err
}

// takeBack ends a card with its keys and open pages; false when it had ended.
//
// req: OWN-5
func takeBack(tx *db.Tx, cardID string, at time.Time) (bool, error) {
	none := []byte{}
	n, err := tx.Exec(backStmt, clock.Millis(at), none, none, none, none, cardID)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.Exec(sessionsOfStmt, cardID)
	return true, err
}

// EndAgain takes a card back again that a restored backup brought back.
//
// req: OWN-5
func EndAgain(tx *db.Tx, cardID string, at time.Time) (bool, error) { return takeBack(tx, cardID, at) }

func scanWord(row func(...any) error) (w Word, err error) {
	var at, doneAt int64
	err = row(&w.ID, &w.CaseID, &w.Kind, &w.About, &at, &w.keyID, &w.env, &doneAt, &w.DoneBy, &w.Outcome)
	w.At, w.DoneAt = clock.Time(at), clock.Time(doneAt)
	return w, err
}

func words(tx *db.Tx, caseID string) ([]Word, error) {
	return db.All(tx, wordsStmt, scanWord, caseID)
}

// forget deletes what there is of a case.
func forget(tx *db.Tx, caseID string) error {
	c, ok, err := one(tx, cardOfStmt, caseID)
	if err == nil && ok {
		_, err = tx.Exec(sessionsOfStmt, c.ID)
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(wordsDropStmt, caseID); err != nil {
		return err
	}
	_, err = tx.Exec(dropStmt, caseID)
	return err
}
