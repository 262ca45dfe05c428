package share

import (
	"embed"
	"strings"
	"time"

	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "share", Files: schemaFiles}

const columns = `id, case_id, agency_id, kind, to_agency, parts, past, purpose, state, state_at, state_by, user_id, user_name, how, decider, decider_id, language, interpreter, text_version, ground, told_at, at, until, review_by, authority, epoch, env`

var (
	insertStmt = db.Statement(`INSERT INTO share_entry (` + columns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27) ON CONFLICT (id) DO NOTHING`)
	entryStmt   = db.Statement(`SELECT ` + columns + ` FROM share_entry WHERE id = $1 AND case_id = $2`)
	anyStmt     = db.Statement(`SELECT ` + columns + ` FROM share_entry WHERE id = $1`)
	caseStmt    = db.Statement(`SELECT ` + columns + ` FROM share_entry WHERE case_id = $1 ORDER BY at, id`)
	waitingStmt = db.Statement(`SELECT ` + columns + ` FROM share_entry WHERE agency_id = $1 AND kind = 'ground' AND state = 'waiting' AND review_by > $2 ORDER BY at LIMIT 50`)
	endedStmt   = db.Statement(`SELECT ` + columns + ` FROM share_entry WHERE to_agency = $1 AND kind IN ('share', 'ground')
		AND ((state NOT IN ('given', 'waiting', 'confirmed', 'refused', 'replaced') AND state_at > $2) OR (state IN ('given', 'confirmed') AND until > $3 AND until <= $4)) ORDER BY at DESC LIMIT 50`)
	stateStmt = db.Statement(`UPDATE share_entry SET state = $1, state_at = $2, state_by = $3 WHERE id = $4 AND state = $5`)
	untilStmt = db.Statement(`UPDATE share_entry SET until = $1 WHERE id = $2`)
	toldStmt  = db.Statement(`UPDATE share_entry SET told_at = $1 WHERE id = $2 AND told_at = 0`)
	dropStmt  = db.Statement(`DELETE FROM share_entry WHERE case_id = $1`)

	countStmt = db.Statement(`SELECT ground, state, SUM(n) FROM (
		SELECT ground, state, 1 AS n FROM share_entry WHERE agency_id = $1 AND kind = 'ground' AND at >= $2 AND at < $3
		UNION ALL SELECT ground, state, n FROM share_count WHERE agency_id = $4 AND year = $5) AS all_of_them GROUP BY ground, state ORDER BY ground, state`)
	keepCountStmt = db.Statement(`INSERT INTO share_count (agency_id, year, ground, state, n) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (agency_id, year, ground, state) DO UPDATE SET n = share_count.n + 1`)
)

func scan(row func(...any) error) (e Entry, err error) {
	var parts string
	var past, stateAt, told, at, until, review, authority int64
	err = row(&e.ID, &e.CaseID, &e.AgencyID, &e.Kind, &e.To, &parts, &past, &e.Purpose, &e.State, &stateAt, &e.StateBy, &e.UserID, &e.UserName, &e.How, &e.Decider, &e.DeciderID,
		&e.Language, &e.Interpret, &e.Text, &e.Ground, &told, &at, &until, &review, &authority, &e.epoch, &e.env)
	for _, p := range strings.Fields(parts) {
		e.Parts = append(e.Parts, casework.Part(p))
	}
	e.Past, e.Authority = past == 1, authority == 1
	e.StateSince, e.ToldAt, e.At, e.Until, e.ReviewBy = clock.Time(stateAt), clock.Time(told), clock.Time(at), clock.Time(until), clock.Time(review)
	return e, err
}

// insert writes a line; false when it is there already.
func insert(tx *db.Tx, e Entry) (bool, error) {
	var parts []string
	for _, p := range e.Parts {
		parts = append(parts, string(p))
	}
	if e.env == nil {
		e.env = []byte{}
	}
	n, err := tx.Exec(insertStmt, e.ID, e.CaseID, e.AgencyID, string(e.Kind), e.To, strings.Join(parts, " "), db.Bit(e.Past), e.Purpose, string(e.State), clock.Millis(e.At), "", e.UserID, e.UserName,
		e.How, e.Decider, e.DeciderID, e.Language, e.Interpret, e.Text, e.Ground, clock.Millis(e.ToldAt), clock.Millis(e.At), clock.Millis(e.Until), clock.Millis(e.ReviewBy), db.Bit(e.Authority), e.epoch, e.env)
	return n == 1, err
}

func list(tx *db.Tx, s *db.Stmt, args ...any) ([]Entry, error) {
	return db.All(tx, s, scan, args...)
}

// byID finds a line of a case. Errors: fault.NotFound.
func byID(tx *db.Tx, caseID, entryID string) (Entry, error) {
	return found(scan(tx.Row(entryStmt, entryID, caseID).Scan))
}

func found(e Entry, err error) (Entry, error) {
	if db.NoRows(err) {
		return e, errNotFound
	}
	return e, fault.Wrap(err, "sharing")
}

// Number is how many sharings on a legal ground of a year stand where.
type Number struct {
	Ground string
	State  State
	N      int
}

// Count is a year's sharings on a legal ground of an agency, by ground and by
// what became of them. It names no case, and erased ones are in it.
func Count(tx *db.Tx, agencyID string, year int) (out []Number, err error) {
	from := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	err = tx.Each(countStmt, func(row func(...any) error) error {
		var n Number
		err := row(&n.Ground, &n.State, &n.N)
		out = append(out, n)
		return err
	}, agencyID, clock.Millis(from), clock.Millis(from.AddDate(1, 0, 0)), agencyID, year)
	return out, err
}

// forget deletes a case's lines and keeps the year's number of those on a legal
// ground.
func forget(tx *db.Tx, caseID string) error {
	lines, err := list(tx, caseStmt, caseID)
	if err != nil {
		return err
	}
	for _, e := range lines {
		if e.Kind != Ground {
			continue
		}
		if _, err := tx.Exec(keepCountStmt, e.AgencyID, e.At.UTC().Year(), e.Ground, string(e.State)); err != nil {
			return err
		}
	}
	_, err = tx.Exec(dropStmt, caseID)
	return err
}
