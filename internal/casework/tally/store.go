package tally

import (
	"embed"
	"strings"
	"time"

	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "tally", Files: schemaFiles}

var (
	addStmt = db.Statement(`INSERT INTO tally_number (agency_id, period, what, code, n) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (agency_id, period, what, code) DO UPDATE SET n = tally_number.n + excluded.n`)
	agencyStmt   = db.Statement(`SELECT agency_id, period, what, code, n FROM tally_number WHERE agency_id = $1`)
	agenciesStmt = db.Statement(`SELECT DISTINCT agency_id FROM tally_number ORDER BY agency_id`)
)

// Add adds one to a number, in the transaction of what came about. What begins with
// "survey" is counted by year.
func Add(tx *db.Tx, agencyID, what, code string, at time.Time) error {
	return Invent(tx, agencyID, what, code, at, 1)
}

// Invent adds numbers that nobody counted, for a demo.
func Invent(tx *db.Tx, agencyID, what, code string, at time.Time, n int64) error {
	period := at.UTC().Format("2006-01")
	if strings.HasPrefix(what, "survey") {
		period = period[:4]
	}
	_, err := tx.Exec(addStmt, agencyID, period, what, code, n)
	return err
}

func numbersOf(tx *db.Tx, agencyID string) ([]Number, error) {
	return db.All(tx, agencyStmt, func(scan func(...any) error) (n Number, err error) {
		return n, scan(&n.Agency, &n.Period, &n.What, &n.Code, &n.N)
	}, agencyID)
}
