package day

import (
	"embed"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "day", Files: schemaFiles}

const (
	approvalColumns = `id, case_id, agency_id, subject, state, asked_by, asked_name, decided_name, at, rev`
	handOverColumns = `id, case_id, agency_id, from_id, from_name, to_id, state, at`
)

var (
	approvalInsertStmt = db.Statement(`INSERT INTO day_approval (` + approvalColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`)
	approvalStmt       = db.Statement(`SELECT ` + approvalColumns + ` FROM day_approval WHERE id = $1 AND case_id = $2`)
	approvalsStmt      = db.Statement(`SELECT ` + approvalColumns + ` FROM day_approval WHERE case_id = $1 ORDER BY at DESC, id`)
	approvalSetStmt    = db.Statement(`UPDATE day_approval SET state = $1, decided_name = $2, at = $3, rev = $4 WHERE id = $5`)
	approvalsAskedStmt = db.Statement(`SELECT ` + approvalColumns + ` FROM day_approval WHERE agency_id = $1 AND state = 'asked' ORDER BY at, id LIMIT 50`)
	approvalsBackStmt  = db.Statement(`SELECT ` + approvalColumns + ` FROM day_approval WHERE agency_id = $1 AND state = 'sent-back' AND asked_by = $2 ORDER BY at, id LIMIT 50`)
	approvalsDropStmt  = db.Statement(`DELETE FROM day_approval WHERE case_id = $1`)

	handOverInsertStmt = db.Statement(`INSERT INTO day_hand_over (` + handOverColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	handOverStmt       = db.Statement(`SELECT ` + handOverColumns + ` FROM day_hand_over WHERE id = $1`)
	handOverOfStmt     = db.Statement(`SELECT ` + handOverColumns + ` FROM day_hand_over WHERE case_id = $1 AND state = 'offered'`)
	handOverSetStmt    = db.Statement(`UPDATE day_hand_over SET state = $1, at = $2 WHERE id = $3 AND state = 'offered'`)
	handOversToStmt    = db.Statement(`SELECT ` + handOverColumns + ` FROM day_hand_over WHERE to_id = $1 AND state = 'offered' AND agency_id = $2 ORDER BY at, id LIMIT 200`)
	handOversFromStmt  = db.Statement(`SELECT ` + handOverColumns + ` FROM day_hand_over WHERE from_id = $1 AND state = 'offered' AND agency_id = $2 ORDER BY at, id LIMIT 200`)
	handOversDropStmt  = db.Statement(`DELETE FROM day_hand_over WHERE case_id = $1`)

	settingPutStmt = db.Statement(`INSERT INTO day_setting (agency_id, closure, changed, changed_by) VALUES ($1, $2, $3, $4)
		ON CONFLICT (agency_id) DO UPDATE SET closure = excluded.closure, changed = excluded.changed, changed_by = excluded.changed_by`)
	settingStmt = db.Statement(`SELECT closure FROM day_setting WHERE agency_id = $1`)

	fieldInsertStmt = db.Statement(`INSERT INTO day_field (agency_id, slot, label, kind, options, ended, changed, changed_by) VALUES ($1, $2, $3, $4, $5, 0, $6, $7)`)
	fieldEndStmt    = db.Statement(`UPDATE day_field SET ended = $1, changed_by = $2 WHERE agency_id = $3 AND slot = $4 AND ended = 0`)
	fieldsStmt      = db.Statement(`SELECT slot, label, kind, options, ended FROM day_field WHERE agency_id = $1 ORDER BY slot`)

	viewInsertStmt = db.Statement(`INSERT INTO day_view (user_id, query, made) VALUES ($1, $2, $3) ON CONFLICT (user_id, query) DO NOTHING`)
	viewDropStmt   = db.Statement(`DELETE FROM day_view WHERE user_id = $1 AND query = $2`)
	viewsStmt      = db.Statement(`SELECT query FROM day_view WHERE user_id = $1 ORDER BY made, query LIMIT 12`)
	viewsDropStmt  = db.Statement(`DELETE FROM day_view WHERE user_id = $1`)
)

func scanApproval(scan func(...any) error) (a Approval, err error) {
	var at int64
	err = scan(&a.ID, &a.CaseID, &a.AgencyID, &a.Subject, &a.State, &a.AskedBy, &a.AskedName, &a.DecidedName, &at, &a.Rev)
	a.At = clock.Time(at)
	return a, err
}

// approvalsOf reads the approvals of a statement.
func approvalsOf(tx *db.Tx, s *db.Stmt, args ...any) ([]Approval, error) {
	return db.All(tx, s, scanApproval, args...)
}

// approvalByID finds an approval of a case. Errors: fault.NotFound.
func approvalByID(tx *db.Tx, caseID, id string) (Approval, error) {
	a, err := scanApproval(tx.Row(approvalStmt, id, caseID).Scan)
	if db.NoRows(err) {
		return a, errNotFound
	}
	return a, fault.Wrap(err, "approval", id)
}

func insertApproval(tx *db.Tx, a Approval) error {
	_, err := tx.Exec(approvalInsertStmt, a.ID, a.CaseID, a.AgencyID, a.Subject, string(a.State), a.AskedBy, a.AskedName, a.DecidedName, clock.Millis(a.At), a.Rev)
	return err
}

func setApproval(tx *db.Tx, a Approval) error {
	_, err := tx.Exec(approvalSetStmt, string(a.State), a.DecidedName, clock.Millis(a.At), a.Rev, a.ID)
	return err
}

func scanHandOver(scan func(...any) error) (h HandOver, err error) {
	var at int64
	err = scan(&h.ID, &h.CaseID, &h.AgencyID, &h.From, &h.FromName, &h.To, &h.State, &at)
	h.At = clock.Time(at)
	return h, err
}

func handOversOf(tx *db.Tx, s *db.Stmt, args ...any) ([]HandOver, error) {
	return db.All(tx, s, scanHandOver, args...)
}

// handOverByID finds an offer. One that does not exist is an empty row, which the
// policy refuses like one that may not be known.
func handOverByID(tx *db.Tx, id string) (HandOver, error) {
	h, err := scanHandOver(tx.Row(handOverStmt, id).Scan)
	if db.NoRows(err) {
		return HandOver{}, nil
	}
	return h, fault.Wrap(err, "hand-over", id)
}

func insertHandOver(tx *db.Tx, h HandOver) error {
	_, err := tx.Exec(handOverInsertStmt, h.ID, h.CaseID, h.AgencyID, h.From, h.FromName, h.To, string(h.State), clock.Millis(h.At))
	return err
}

// wantsClosure says whether an agency wants a lead's approval before a case is
// closed.
func wantsClosure(tx *db.Tx, agencyID string) (bool, error) {
	var n int64
	err := tx.Row(settingStmt, agencyID).Scan(&n)
	if db.NoRows(err) {
		return false, nil
	}
	return n == 1, err
}

// fieldsOf are an agency's own fields that are asked now, and how many it ever had.
func fieldsOf(tx *db.Tx, agencyID string) (now []Own, ever int, err error) {
	err = tx.Each(fieldsStmt, func(scan func(...any) error) error {
		var o Own
		var options string
		var ended int64
		if err := scan(&o.Slot, &o.Label, &o.Kind, &options, &ended); err != nil {
			return err
		}
		if ever++; ended == 0 {
			if options != "" {
				o.Options = strings.Split(options, "\n")
			}
			now = append(now, o)
		}
		return nil
	}, agencyID)
	return now, ever, err
}

func insertField(tx *db.Tx, agencyID, userID string, o Own, at time.Time) error {
	_, err := tx.Exec(fieldInsertStmt, agencyID, o.Slot, o.Label, o.Kind, strings.Join(o.Options, "\n"), clock.Millis(at), userID)
	return err
}

func viewsOf(tx *db.Tx, userID string) (out []string, err error) {
	err = tx.Each(viewsStmt, func(scan func(...any) error) error {
		var q string
		err := scan(&q)
		out = append(out, q)
		return err
	}, userID)
	return out, err
}

// GoneUser deletes what is kept for somebody whose account is deleted.
func GoneUser(tx *db.Tx, userID string) error {
	_, err := tx.Exec(viewsDropStmt, userID)
	return err
}
