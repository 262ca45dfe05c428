package plan

import (
	"embed"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "plan", Files: schemaFiles}

var (
	codePutStmt = db.Statement(`INSERT INTO plan_code (id, case_id, agency_id, what, code, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET what = excluded.what, code = excluded.code, at = excluded.at`)
	codeStmt       = db.Statement(`SELECT what, code, at FROM plan_code WHERE id = $1`)
	codesStmt      = db.Statement(`SELECT what, code, at FROM plan_code WHERE case_id = $1 ORDER BY at, id`)
	codesCountStmt = db.Statement(`SELECT what, code, COUNT(*) FROM plan_code WHERE agency_id = $1 GROUP BY what, code`)
	codesDropStmt  = db.Statement(`DELETE FROM plan_code WHERE case_id = $1`)
)

// Code is one thing that is counted.
type Code struct {
	What string    `json:"what"` // "closing", or the track of a claim
	Code string    `json:"code"`
	At   time.Time `json:"at"`
}

func putCode(tx *db.Tx, id, caseID, agencyID string, c Code) error {
	_, err := tx.Exec(codePutStmt, id, caseID, agencyID, c.What, c.Code, clock.Millis(c.At))
	return err
}

// codeOf is what is noted of an entry; empty when nothing is.
func codeOf(tx *db.Tx, id string) (c Code, err error) {
	var at int64
	err = tx.Row(codeStmt, id).Scan(&c.What, &c.Code, &at)
	if db.NoRows(err) {
		return c, nil
	}
	c.At = clock.Time(at)
	return c, err
}

// codesOf are the codes of a case in the order of time.
func codesOf(tx *db.Tx, caseID string) (out []Code, err error) {
	err = tx.Each(codesStmt, func(scan func(...any) error) error {
		var c Code
		var at int64
		err := scan(&c.What, &c.Code, &at)
		c.At = clock.Time(at)
		out = append(out, c)
		return err
	}, caseID)
	return out, err
}

// Counts are numbers by what is counted and its code.
type Counts map[string]map[string]int

func countCodes(tx *db.Tx, agencyID string) (Counts, error) {
	out := Counts{}
	return out, tx.Each(codesCountStmt, func(scan func(...any) error) error {
		var what, code string
		var n int
		if err := scan(&what, &code, &n); err != nil {
			return err
		}
		if out[what] == nil {
			out[what] = map[string]int{}
		}
		out[what][code] = n
		return nil
	}, agencyID)
}
