package glass

import (
	"embed"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "glass", Files: schemaFiles}

const columns = `id, case_id, agency_id, user_id, user_name, at, until, outcome, reviewed_at, reviewed_by, key_id, env`

var (
	insertStmt  = db.Statement(`INSERT INTO glass_opening (` + columns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, '', $8, $9) ON CONFLICT (id) DO NOTHING`)
	oneStmt     = db.Statement(`SELECT ` + columns + ` FROM glass_opening WHERE id = $1`)
	caseStmt    = db.Statement(`SELECT ` + columns + ` FROM glass_opening WHERE case_id = $1 ORDER BY at DESC`)
	waitingStmt = db.Statement(`SELECT ` + columns + ` FROM glass_opening WHERE agency_id = $1 AND outcome = '' AND case_id <> '' ORDER BY at LIMIT 50`)
	triesStmt   = db.Statement(`SELECT COUNT(*) FROM glass_opening WHERE user_id = $1 AND case_id = '' AND at > $2`)
	oldStmt     = db.Statement(`DELETE FROM glass_opening WHERE case_id = '' AND at <= $1`)
	tryDropStmt = db.Statement(`DELETE FROM glass_opening WHERE id = $1 AND case_id = ''`)
	reviewStmt  = db.Statement(`UPDATE glass_opening SET outcome = $1, reviewed_at = $2, reviewed_by = $3 WHERE id = $4 AND outcome = ''`)
	dropStmt    = db.Statement(`DELETE FROM glass_opening WHERE case_id = $1`)
)

func scan(row func(...any) error) (o Opening, err error) {
	var at, until, reviewed int64
	err = row(&o.ID, &o.CaseID, &o.AgencyID, &o.UserID, &o.UserName, &at, &until, &o.Outcome, &reviewed, &o.ReviewedBy, &o.keyID, &o.env)
	o.At, o.Until, o.ReviewedAt = clock.Time(at), clock.Time(until), clock.Time(reviewed)
	return o, err
}

func list(tx *db.Tx, s *db.Stmt, args ...any) ([]Opening, error) {
	return db.All(tx, s, scan, args...)
}

// byID finds an opening of a case. Errors: fault.NotFound.
func byID(tx *db.Tx, caseID, openingID string) (Opening, error) {
	o, err := scan(tx.Row(oneStmt, openingID).Scan)
	if db.NoRows(err) || err == nil && o.CaseID != caseID {
		return o, errNotFound
	}
	return o, fault.Wrap(err, "opening", openingID)
}

// forgetTry takes a try back that found its case, or for which nothing was looked.
func forgetTry(tx *db.Tx, try Opening) error {
	_, err := tx.Exec(tryDropStmt, try.ID)
	return err
}

func insert(tx *db.Tx, o Opening) (bool, error) {
	if o.env == nil {
		o.env = []byte{}
	}
	n, err := tx.Exec(insertStmt, o.ID, o.CaseID, o.AgencyID, o.UserID, o.UserName, clock.Millis(o.At), clock.Millis(o.Until), o.keyID, o.env)
	return n == 1, err
}
