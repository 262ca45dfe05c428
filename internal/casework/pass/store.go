package pass

import (
	"embed"
	"strings"

	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "pass", Files: schemaFiles}

const columns = `id, case_id, agency_id, to_agency, parts, state, state_at, state_by, code, user_id, user_name, at, new_case, part, epoch, env`

var (
	insertStmt = db.Statement(`INSERT INTO pass_offer (` + columns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`)
	offerStmt  = db.Statement(`SELECT ` + columns + ` FROM pass_offer WHERE id = $1`)
	caseStmt   = db.Statement(`SELECT ` + columns + ` FROM pass_offer WHERE case_id = $1 ORDER BY at, id`)
	deskStmt   = db.Statement(`SELECT ` + columns + ` FROM pass_offer WHERE to_agency = $1 AND state = 'offered' ORDER BY at DESC, id LIMIT 50`)
	answerStmt = db.Statement(`UPDATE pass_offer SET state = $1, state_at = $2, state_by = $3, code = $4, new_case = $5 WHERE id = $6 AND state = 'offered'`)
	forgetStmt = db.Statement(`DELETE FROM pass_offer WHERE case_id = $1`)
	looseStmt  = db.Statement(`UPDATE pass_offer SET new_case = '' WHERE new_case = $1`)
)

func scan(row func(...any) error) (o Offer, err error) {
	var parts string
	var since, at int64
	err = row(&o.ID, &o.CaseID, &o.AgencyID, &o.To, &parts, &o.State, &since, &o.By, &o.Code, &o.UserID, &o.UserName, &at, &o.NewCase, &o.part, &o.epoch, &o.env)
	for _, p := range strings.Fields(parts) {
		o.Parts = append(o.Parts, casework.Part(p))
	}
	o.Since, o.At = clock.Time(since), clock.Time(at)
	return o, err
}

func insert(tx *db.Tx, o Offer) error {
	var parts []string
	for _, p := range o.Parts {
		parts = append(parts, string(p))
	}
	_, err := tx.Exec(insertStmt, o.ID, o.CaseID, o.AgencyID, o.To, strings.Join(parts, " "), string(o.State), clock.Millis(o.At), "", "", o.UserID, o.UserName, clock.Millis(o.At), "", string(o.part), o.epoch, o.env)
	return err
}

// answer writes what became of an offer. Errors: fault.Conflict when it was answered
// meanwhile.
func (o Offer) answer(tx *db.Tx) error {
	n, err := tx.Exec(answerStmt, string(o.State), clock.Millis(o.Since), o.By, o.Code, o.NewCase, o.ID)
	if err == nil && n != 1 {
		err = fault.New(fault.Conflict, "pass.error.state")
	}
	return err
}

// byID finds an offer. Errors: fault.NotFound.
func byID(tx *db.Tx, id string) (Offer, error) {
	o, err := scan(tx.Row(offerStmt, id).Scan)
	if db.NoRows(err) {
		return o, errNotFound
	}
	return o, fault.Wrap(err, "offer", id)
}

// forget deletes what is known of a case: what was offered of it, and that it was
// opened from an offer.
func forget(tx *db.Tx, caseID string) error {
	if _, err := tx.Exec(forgetStmt, caseID); err != nil {
		return err
	}
	_, err := tx.Exec(looseStmt, caseID)
	return err
}
