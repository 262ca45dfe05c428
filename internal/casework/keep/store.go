package keep

import (
	"embed"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "keep", Files: schemaFiles}

var (
	closedPutStmt  = db.Statement(`INSERT INTO keep_closed (case_id, agency_id, closed_at) VALUES ($1, $2, $3) ON CONFLICT (case_id) DO UPDATE SET closed_at = excluded.closed_at`)
	closedDropStmt = db.Statement(`DELETE FROM keep_closed WHERE case_id = $1`)
	closedOfStmt   = db.Statement(`SELECT case_id, closed_at FROM keep_closed WHERE agency_id = $1`)
	dueStmt        = db.Statement(`SELECT case_id FROM keep_closed WHERE agency_id = $1 AND closed_at <= $2 ORDER BY closed_at, case_id LIMIT 100`)

	holdPutStmt = db.Statement(`INSERT INTO keep_hold (case_id, reason, until, user_name, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (case_id) DO UPDATE SET reason = excluded.reason, until = excluded.until, user_name = excluded.user_name, at = excluded.at`)
	holdDropStmt = db.Statement(`DELETE FROM keep_hold WHERE case_id = $1`)
	holdStmt     = db.Statement(`SELECT reason, until, user_name, at FROM keep_hold WHERE case_id = $1`)

	rulePutStmt = db.Statement(`INSERT INTO keep_rule (agency_id, months, changed, changed_by) VALUES ($1, $2, $3, $4)
		ON CONFLICT (agency_id) DO UPDATE SET months = excluded.months, changed = excluded.changed, changed_by = excluded.changed_by`)
	ruleStmt = db.Statement(`SELECT months FROM keep_rule WHERE agency_id = $1`)

	receiptPutStmt = db.Statement(`INSERT INTO keep_receipt (id, agency_id, code, reason, user_name, at, backups_until) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	receiptStmt    = db.Statement(`SELECT id, agency_id, code, reason, user_name, at, backups_until FROM keep_receipt WHERE id = $1`)
	receiptsStmt   = db.Statement(`SELECT id, agency_id, code, reason, user_name, at, backups_until FROM keep_receipt WHERE agency_id = $1 ORDER BY at DESC, id LIMIT 50`)
)

func holdOf(tx *db.Tx, caseID string) (h Hold, err error) {
	var until, at int64
	err = tx.Row(holdStmt, caseID).Scan(&h.Reason, &until, &h.UserName, &at)
	if db.NoRows(err) {
		return Hold{}, nil
	}
	h.Until, h.At = clock.Time(until), clock.Time(at)
	return h, err
}

// shortened is the agency's number of months; 0 when it has none.
func shortened(tx *db.Tx, agencyID string) (months int, err error) {
	err = tx.Row(ruleStmt, agencyID).Scan(&months)
	if db.NoRows(err) {
		return 0, nil
	}
	return months, err
}

// shut is a closed case of an agency.
type shut struct {
	id string
	at time.Time
}

func closedOf(tx *db.Tx, agencyID string) ([]shut, error) {
	return db.All(tx, closedOfStmt, func(scan func(...any) error) (c shut, err error) {
		var at int64
		err = scan(&c.id, &at)
		c.at = clock.Time(at)
		return c, err
	}, agencyID)
}

func dueOf(tx *db.Tx, agencyID string, before time.Time) (ids []string, err error) {
	err = tx.Each(dueStmt, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, agencyID, clock.Millis(before))
	return ids, err
}

func (r Receipt) insert(tx *db.Tx) error {
	_, err := tx.Exec(receiptPutStmt, r.ID, r.AgencyID, r.Code, r.Reason, r.UserName, clock.Millis(r.At), clock.Millis(r.Backups))
	return err
}

func scanReceipt(scan func(...any) error) (r Receipt, err error) {
	var at, until int64
	err = scan(&r.ID, &r.AgencyID, &r.Code, &r.Reason, &r.UserName, &at, &until)
	r.At, r.Backups = clock.Time(at), clock.Time(until)
	return r, err
}

func receiptByID(tx *db.Tx, id string) (Receipt, error) {
	r, err := scanReceipt(tx.Row(receiptStmt, id).Scan)
	if db.NoRows(err) {
		return r, errNotFound
	}
	return r, fault.Wrap(err, "receipt", id)
}
