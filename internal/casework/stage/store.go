package stage

import (
	"embed"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "stage", Files: schemaFiles}

var (
	casePutStmt = db.Statement(`INSERT INTO stage_case (case_id, agency_id, country, stage, since, going, counted) VALUES ($1, $2, $3, $4, $5, 1, $6)
		ON CONFLICT (case_id) DO UPDATE SET country = excluded.country, stage = excluded.stage, since = excluded.since, counted = excluded.counted`)
	caseCountedStmt = db.Statement(`UPDATE stage_case SET counted = $1 WHERE case_id = $2`)
	caseGoingStmt   = db.Statement(`UPDATE stage_case SET going = $1 WHERE case_id = $2`)
	caseIsStmt      = db.Statement(`SELECT going FROM stage_case WHERE case_id = $1`)
	caseDropStmt    = db.Statement(`DELETE FROM stage_case WHERE case_id = $1`)

	periodPutStmt = db.Statement(`INSERT INTO stage_period (case_id, period, due_at, told, done_at) VALUES ($1, $2, $3, 0, 0)
		ON CONFLICT (case_id, period) DO UPDATE SET due_at = excluded.due_at, told = 0, done_at = 0, missed = 0`)
	periodsStmt    = db.Statement(`SELECT period, due_at, told, done_at, missed FROM stage_period WHERE case_id = $1 ORDER BY due_at, period`)
	periodDoneStmt = db.Statement(`UPDATE stage_period SET done_at = $1 WHERE case_id = $2 AND period = $3 AND done_at = 0`)
	periodToldStmt = db.Statement(`UPDATE stage_period SET told = 1 WHERE case_id = $1 AND period = $2`)
	// A warning that came while the case was closed, until it opens again.
	periodMissedStmt = db.Statement(`UPDATE stage_period SET missed = 1 WHERE case_id = $1 AND period = $2`)
	periodsHeardStmt = db.Statement(`UPDATE stage_period SET missed = 0 WHERE case_id = $1`)

	periodDropStmt  = db.Statement(`DELETE FROM stage_period WHERE case_id = $1 AND period = $2`)
	periodsDropStmt = db.Statement(`DELETE FROM stage_period WHERE case_id = $1`)

	// What a coordinator's counts are made of; no statement gives a case.
	// They are summed in the database, by the edges of the bands: one row for a place.
	sinceStmt = db.Statement(`SELECT agency_id, stage, SUM(CASE WHEN since >= $1 THEN 1 ELSE 0 END), SUM(CASE WHEN since >= $2 THEN 1 ELSE 0 END), SUM(CASE WHEN since >= $3 THEN 1 ELSE 0 END), COUNT(*)
		FROM stage_case WHERE country = $4 AND going = 1 AND counted = 1 AND stage <> '' GROUP BY agency_id, stage`)
	lateStmt = db.Statement(`SELECT c.agency_id, c.stage, COUNT(*) FROM (SELECT DISTINCT case_id FROM stage_period WHERE done_at = 0 AND due_at < $1) p JOIN stage_case c ON c.case_id = p.case_id
		WHERE c.country = $2 AND c.going = 1 AND c.counted = 1 GROUP BY c.agency_id, c.stage`)

	// What a coordinator is told of delays; a cell is a band, or the one after them
	// for periods that passed.
	toldPutStmt = db.Statement(`INSERT INTO stage_told (country, agency_id, stage, cell, n) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (country, agency_id, stage, cell) DO UPDATE SET n = excluded.n`)
	toldStmt = db.Statement(`SELECT agency_id, stage, cell, n FROM stage_told WHERE country = $1`)

	declinedAddStmt = db.Statement(`INSERT INTO stage_declined (country, month, region, sex, age, n) VALUES ($1, $2, $3, $4, $5, 1)
		ON CONFLICT (country, month, region, sex, age) DO UPDATE SET n = stage_declined.n + 1`)
	declinedStmt = db.Statement(`SELECT month, region, sex, age, n FROM stage_declined WHERE country = $1 AND month < $2 ORDER BY month DESC, region, sex, age`)
)

// kept is a period as machines see it.
type kept struct {
	id        string
	due, done int64 // ms
	told      bool
	missed    bool // a warning came while the case was closed
}

func periodsOf(tx *db.Tx, caseID string) (map[string]kept, error) {
	out := map[string]kept{}
	err := tx.Each(periodsStmt, func(scan func(...any) error) error {
		var k kept
		var told, missed int64
		err := scan(&k.id, &k.due, &told, &k.done, &missed)
		k.told, k.missed = told == 1, missed == 1
		out[k.id] = k
		return err
	}, caseID)
	return out, err
}

// going says whether a case is open as far as this room knows it.
func going(tx *db.Tx, caseID string) (bool, error) {
	var n int64
	err := tx.Row(caseIsStmt, caseID).Scan(&n)
	if db.NoRows(err) {
		return false, nil
	}
	return n == 1, err
}

// toldOf is what a coordinator is told of a country's delays.
func toldOf(tx *db.Tx, country string) (map[place]*[Bands + 1]int64, error) {
	out := map[place]*[Bands + 1]int64{}
	err := tx.Each(toldStmt, func(scan func(...any) error) error {
		var p place
		var cell int
		var n int64
		if err := scan(&p.agency, &p.stage, &cell, &n); err != nil {
			return err
		}
		if out[p] == nil {
			out[p] = &[Bands + 1]int64{}
		}
		if cell <= Bands { // a later program may have more
			out[p][cell] = n
		}
		return nil
	}, country)
	return out, err
}

func putTold(tx *db.Tx, country string, p place, cell int, n int64) error {
	_, err := tx.Exec(toldPutStmt, country, p.agency, p.stage, cell, n)
	return err
}

func putCase(tx *db.Tx, caseID, agencyID string, s State, counted bool) error {
	_, err := tx.Exec(casePutStmt, caseID, agencyID, s.Country, s.Stage, s.Since, db.Bit(counted))
	return err
}

// Counted notes what the person said about being counted, of a case that stands here.
//
// req: TALLY-3
func Counted(tx *db.Tx, caseID string, yes bool) error {
	_, err := tx.Exec(caseCountedStmt, db.Bit(yes), caseID)
	return err
}

func putPeriod(tx *db.Tx, caseID string, p Period) error {
	_, err := tx.Exec(periodPutStmt, caseID, p.ID, clock.Millis(p.End))
	return err
}
