package place

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
var Schema = db.Schema{Package: "place", Files: schemaFiles}

const (
	poolColumns      = `id, agency_id, country, region, target, free, age_from, age_to, step_free, until, changed, version`
	requestColumns   = `id, case_id, agency_id, user_id, country, beds, state, made, state_at, until, version, epoch, own, env`
	candidateColumns = `agency_id, standing, pool_id, hours, offered, until, terms, reason, answered_by, key_id, env, regions`
)

var (
	poolInsertStmt = db.Statement(`INSERT INTO place_pool (id, agency_id, country, region, target, free, age_from, age_to, step_free, until, changed, changed_by, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1) ON CONFLICT (id) DO NOTHING`)
	poolUpdateStmt = db.Statement(`UPDATE place_pool SET region = $1, target = $2, free = $3, age_from = $4, age_to = $5, step_free = $6, until = $7, changed = $8, changed_by = $9, version = version + 1
		WHERE id = $10 AND version = $11`)
	poolDropStmt  = db.Statement(`DELETE FROM place_pool WHERE id = $1`)
	poolStmt      = db.Statement(`SELECT ` + poolColumns + ` FROM place_pool WHERE id = $1`)
	poolsOfStmt   = db.Statement(`SELECT ` + poolColumns + ` FROM place_pool WHERE agency_id = $1 ORDER BY id`)
	poolsFreeStmt = db.Statement(`SELECT ` + poolColumns + ` FROM place_pool WHERE country = $1 AND until > $2 ORDER BY region, changed DESC`)
	// The whole of the promise that no bed is given twice: the engines write such
	// a row one after the other, and who comes second finds too few.
	poolTakeStmt = db.Statement(`UPDATE place_pool SET free = free - $1, version = version + 1 WHERE id = $2 AND free >= $3`)
	poolsOldStmt = db.Statement(`UPDATE place_pool SET until = 0, version = version + 1`)
	poolGiveStmt = db.Statement(`UPDATE place_pool SET free = free + $1, version = version + 1 WHERE id = $2`)

	requestInsertStmt = db.Statement(`INSERT INTO place_request (` + requestColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO NOTHING`)
	requestStmt       = db.Statement(`SELECT ` + requestColumns + ` FROM place_request WHERE id = $1`)
	requestsStmt      = db.Statement(`SELECT ` + requestColumns + ` FROM place_request WHERE case_id = $1 ORDER BY made DESC`)
	requestSetStmt    = db.Statement(`UPDATE place_request SET state = $1, state_at = $2, version = version + 1 WHERE id = $3 AND version = $4`)
	requestEnvStmt    = db.Statement(`UPDATE place_request SET env = $1 WHERE id = $2`)
	requestsDropStmt  = db.Statement(`DELETE FROM place_request WHERE case_id = $1`)

	candidateInsertStmt = db.Statement(`INSERT INTO place_candidate (request_id, ` + candidateColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`)
	candidatesStmt      = db.Statement(`SELECT ` + candidateColumns + ` FROM place_candidate WHERE request_id = $1 ORDER BY agency_id`)
	candidateSetStmt    = db.Statement(`UPDATE place_candidate SET standing = $1, pool_id = $2, hours = $3, offered = $4, until = $5, terms = $6, reason = $7, answered_by = $8 WHERE request_id = $9 AND agency_id = $10`)
	candidateEnvStmt    = db.Statement(`UPDATE place_candidate SET env = $1 WHERE request_id = $2 AND agency_id = $3`)
	candidatesDropStmt  = db.Statement(`DELETE FROM place_candidate WHERE request_id IN (SELECT id FROM place_request WHERE case_id = $1)`)
	// What reached an agency: what stands, and for a week what ended.
	reachedStmt = db.Statement(`SELECT request_id FROM place_candidate WHERE agency_id = $1 AND (standing IN ('waiting', 'standby', 'held', 'promised', 'lapsed')
		OR request_id IN (SELECT id FROM place_request WHERE state_at > $2)) ORDER BY request_id DESC LIMIT 50`)
	openOffersStmt = db.Statement(`SELECT COUNT(*) FROM place_candidate WHERE pool_id = $1 AND standing IN ('standby', 'held', 'promised')`)
	waitingStmt    = db.Statement(`SELECT COUNT(*) FROM place_candidate WHERE agency_id = $1 AND standing = 'waiting'`)

	saidInsertStmt = db.Statement(`INSERT INTO place_said (id, request_id, agency_id, back, at, own_key, own_env, their_key, their_env, env) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`)
	saidStmt       = db.Statement(`SELECT id, agency_id, back, at, own_key, own_env, their_key, their_env, env FROM place_said WHERE request_id = $1 ORDER BY at, id`)
	saidEndStmt    = db.Statement(`DELETE FROM place_said WHERE request_id = $1 AND agency_id = $2`)
	saidDropStmt   = db.Statement(`DELETE FROM place_said WHERE request_id IN (SELECT id FROM place_request WHERE case_id = $1)`)

	countStmt   = db.Statement(`INSERT INTO place_count (month, country, result, n) VALUES ($1, $2, $3, 1) ON CONFLICT (month, country, result) DO UPDATE SET n = place_count.n + 1`)
	resultsStmt = db.Statement(`SELECT month, result, n FROM place_count WHERE country = $1 AND month < $2 ORDER BY result, month`)
)

func scanPool(scan func(...any) error) (p Pool, err error) {
	var stepFree, until, changed int64
	err = scan(&p.ID, &p.AgencyID, &p.Country, &p.Region, &p.Group, &p.Free, &p.From, &p.To, &stepFree, &until, &changed, &p.Version)
	p.StepFree, p.Until, p.Changed = stepFree == 1, clock.Time(until), clock.Time(changed)
	return p, err
}

func pools(tx *db.Tx, s *db.Stmt, args ...any) ([]Pool, error) {
	return db.All(tx, s, scanPool, args...)
}

// poolOf finds a place of an agency. Errors: fault.NotFound.
func poolOf(tx *db.Tx, agencyID, id string) (Pool, error) {
	p, err := scanPool(tx.Row(poolStmt, id).Scan)
	if db.NoRows(err) || err == nil && p.AgencyID != agencyID {
		return Pool{}, errNotFound
	}
	return p, fault.Wrap(err, "pool", id)
}

func insertPool(tx *db.Tx, p Pool, by string) error {
	_, err := tx.Exec(poolInsertStmt, p.ID, p.AgencyID, p.Country, p.Region, p.Group, p.Free, p.From, p.To, db.Bit(p.StepFree), clock.Millis(p.Until), clock.Millis(p.Changed), by)
	return err
}

// updatePool writes over the version that was shown. Errors: fault.Stale when beds
// were taken or a colleague wrote meanwhile.
func updatePool(tx *db.Tx, p Pool, by string) error {
	n, err := tx.Exec(poolUpdateStmt, p.Region, p.Group, p.Free, p.From, p.To, db.Bit(p.StepFree), clock.Millis(p.Until), clock.Millis(p.Changed), by, p.ID, p.Version)
	if err == nil && n != 1 {
		err = fault.New(fault.Stale, "place.error.stale")
	}
	return err
}

// book is the bed book of the database.
type book struct{ tx *db.Tx }

func (b book) Take(pool string, n int) (bool, error) {
	took, err := b.tx.Exec(poolTakeStmt, n, pool, n)
	return took == 1, err
}

func (b book) Give(pool string, n int) error {
	_, err := b.tx.Exec(poolGiveStmt, n, pool) // a place that is not published any more takes nothing back
	return err
}

// unmoved is the bed book of a restore: nobody knows who lies in which bed now.
type unmoved struct{}

func (unmoved) Take(string, int) (bool, error) { return true, nil }
func (unmoved) Give(string, int) error         { return nil }

// Recount makes every count too old to be shown, so that after a restore each house
// counts before anybody relies on it.
//
// req: RESTORE-1
func Recount(tx *db.Tx) error {
	_, err := tx.Exec(poolsOldStmt)
	return err
}

func scanSaid(scan func(...any) error) (m Said, err error) {
	var asking, at int64
	err = scan(&m.ID, &m.agency, &asking, &at, &m.own.keyID, &m.own.env, &m.theirs.keyID, &m.theirs.env, &m.env)
	m.Asking, m.At = asking == 1, clock.Time(at)
	return m, err
}

// stored is a request as the database keeps it.
type stored struct {
	Request
	epoch    int64
	own, env []byte
	wraps    map[string]wrap // by agency
}

type wrap struct {
	keyID string
	env   []byte
}

func scanRequest(scan func(...any) error) (r stored, err error) {
	var made, stateAt, until int64
	err = scan(&r.ID, &r.CaseID, &r.AgencyID, &r.UserID, &r.Country, &r.Beds, &r.State, &made, &stateAt, &until, &r.Version, &r.epoch, &r.own, &r.env)
	r.Made, r.StateAt, r.Until = clock.Time(made), clock.Time(stateAt), clock.Time(until)
	return r, err
}

// candidates reads the projects of a request.
func (r *stored) candidates(tx *db.Tx) error {
	r.Candidates, r.wraps = nil, map[string]wrap{}
	return tx.Each(candidatesStmt, func(scan func(...any) error) error {
		var c Candidate
		var w wrap
		var offered, until int64
		var terms, regions string
		err := scan(&c.AgencyID, &c.Standing, &c.Pool, &c.Hours, &offered, &until, &terms, &c.Reason, &c.Answered, &w.keyID, &w.env, &regions)
		c.Offered, c.Until, c.Terms, c.Regions = clock.Time(offered), clock.Time(until), strings.Fields(terms), strings.Fields(regions)
		r.Candidates = append(r.Candidates, c)
		r.wraps[c.AgencyID] = w
		return err
	}, r.ID)
}

// requestByID finds a request with its projects. Errors: fault.NotFound.
func requestByID(tx *db.Tx, id string) (stored, error) {
	r, err := scanRequest(tx.Row(requestStmt, id).Scan)
	if db.NoRows(err) {
		return r, errNotFound
	}
	if err != nil {
		return r, fault.Wrap(err, "request", id)
	}
	return r, r.candidates(tx)
}

// requestsOf are those of a case, the newest first.
func requestsOf(tx *db.Tx, caseID string) (out []stored, err error) {
	out, err = db.All(tx, requestsStmt, scanRequest, caseID)
	for i := range out {
		if err == nil {
			err = out[i].candidates(tx)
		}
	}
	return out, err
}

// insertRequest is false when it is there already: the button was pressed twice.
func insertRequest(tx *db.Tx, r stored) (bool, error) {
	n, err := tx.Exec(requestInsertStmt, r.ID, r.CaseID, r.AgencyID, r.UserID, r.Country, r.Beds, string(r.State), clock.Millis(r.Made), clock.Millis(r.StateAt), clock.Millis(r.Until), 1, r.epoch, r.own, r.env)
	if err != nil || n == 0 {
		return false, err
	}
	for _, c := range r.Candidates {
		w := r.wraps[c.AgencyID]
		if _, err := tx.Exec(candidateInsertStmt, r.ID, c.AgencyID, string(c.Standing), "", 0, 0, 0, "", "", "", w.keyID, w.env, strings.Join(c.Regions, " ")); err != nil {
			return false, err
		}
	}
	return true, nil
}

// update writes a request after an act, and lets go of the keys of projects whose
// part is over.
func update(tx *db.Tx, r stored) error {
	n, err := tx.Exec(requestSetStmt, string(r.State), clock.Millis(r.StateAt), r.ID, r.Version)
	if err == nil && n != 1 {
		err = fault.New(fault.Stale, "place.error.over")
	}
	if err != nil {
		return err
	}
	left := false
	for _, c := range r.Candidates {
		if _, err := tx.Exec(candidateSetStmt, string(c.Standing), c.Pool, c.Hours, clock.Millis(c.Offered), clock.Millis(c.Until), strings.Join(c.Terms, " "), c.Reason, c.Answered, r.ID, c.AgencyID); err != nil {
			return err
		}
		if left = left || !c.Standing.Over(); !c.Standing.Over() {
			continue
		}
		if _, err := tx.Exec(candidateEnvStmt, []byte{}, r.ID, c.AgencyID); err != nil {
			return err
		}
		if _, err := tx.Exec(saidEndStmt, r.ID, c.AgencyID); err != nil {
			return err
		}
	}
	if left {
		return nil
	}
	_, err = tx.Exec(requestEnvStmt, []byte{}, r.ID)
	return err
}

// count adds one to a result of the month.
func count(tx *db.Tx, country, result string, at time.Time) error {
	_, err := tx.Exec(countStmt, at.UTC().Format("2006-01"), country, result)
	return err
}
