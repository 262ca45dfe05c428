package casework

import (
	"embed"
	"math"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "casework", Files: schemaFiles}

// noDue stands in the column for a case in which nothing is due, so that those
// with a date come first in one index.
const noDue = math.MaxInt64

const caseColumns = `id, agency_id, worker_id, state, due_at, opened_at, changed_at, closed_at, source_id, gen, version, env`

var (
	caseInsertStmt = db.Statement(`INSERT INTO casework_case (` + caseColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING`)
	caseStmt       = db.Statement(`SELECT ` + caseColumns + ` FROM casework_case WHERE id = $1`)
	caseSourceStmt = db.Statement(`SELECT id FROM casework_case WHERE source_id = $1 AND agency_id = $2`)
	caseStateStmt  = db.Statement(`UPDATE casework_case SET state = $1, closed_at = $2, changed_at = $3, version = version + 1 WHERE id = $4`)
	caseWorkerStmt = db.Statement(`UPDATE casework_case SET worker_id = $1, changed_at = $2, version = version + 1 WHERE id = $3`)
	caseHeadStmt   = db.Statement(`UPDATE casework_case SET gen = $1, env = $2, version = version + 1 WHERE id = $3`)
	caseTouchStmt  = db.Statement(`UPDATE casework_case SET changed_at = $1, due_at = $2, version = version + 1 WHERE id = $3`)

	// What a member may list. The same scope stands in policy.cedar; a property
	// test proves that no list exceeds it. Pages follow the last line shown.
	ownListStmt = db.Statement(`SELECT ` + caseColumns + ` FROM casework_case
		WHERE agency_id = $1 AND worker_id = $2 AND state = $3 AND due_at >= $4 AND due_at <= $5 AND (due_at > $6 OR id > $7) ORDER BY due_at, id LIMIT $8`)
	allListStmt = db.Statement(`SELECT ` + caseColumns + ` FROM casework_case
		WHERE agency_id = $1 AND state = $2 AND due_at >= $3 AND due_at <= $4 AND (due_at > $5 OR id > $6) ORDER BY due_at, id LIMIT $7`)
	sharedListStmt = db.Statement(`SELECT ` + caseColumns + ` FROM casework_case
		WHERE id IN (SELECT case_id FROM casework_grant WHERE agency_id = $1 AND until > $2) AND state = $3 AND agency_id <> $4 AND id > $5 ORDER BY id LIMIT $6`)
	ownIDsStmt = db.Statement(`SELECT id FROM casework_case WHERE agency_id = $1 AND worker_id = $2
		UNION SELECT case_id FROM casework_grant WHERE agency_id = $3 AND until > $4`)
	codeStmt     = db.Statement(`SELECT id FROM casework_case WHERE agency_id = $1 AND SUBSTR(id, 31) = $2 LIMIT 3`)
	ownCountStmt = db.Statement(`SELECT COUNT(*) FROM (SELECT 1 FROM casework_case WHERE agency_id = $1 AND worker_id = $2 AND state = 'open' AND due_at < $3 LIMIT 100) AS due`)

	// What is due in the open cases of a worker, entry by entry, and the dates that
	// rooms keep.
	aheadStmt = db.Statement(`SELECT case_id, kind, entry_id, at FROM (
		SELECT c.id AS case_id, e.kind AS kind, e.id AS entry_id, e.due_at AS at FROM casework_case c JOIN casework_entry e ON e.case_id = c.id
		WHERE c.agency_id = $1 AND c.worker_id = $2 AND c.state = 'open' AND c.due_at < $3 AND e.due_at > 0 AND e.due_at < $4 AND e.done_at = 0
		UNION ALL SELECT c.id, d.source, '', d.at FROM casework_case c JOIN casework_due d ON d.case_id = c.id
		WHERE c.agency_id = $5 AND c.worker_id = $6 AND c.state = 'open' AND c.due_at < $7 AND d.at < $8) AS due ORDER BY at, case_id, entry_id LIMIT $9`)
	workloadStmt = db.Statement(`SELECT worker_id, COUNT(*), SUM(CASE WHEN due_at < $1 THEN 1 ELSE 0 END) FROM casework_case WHERE agency_id = $2 AND state = 'open' GROUP BY worker_id`)

	keyInsertStmt = db.Statement(`INSERT INTO casework_key (case_id, gen, key_id, made, env) VALUES ($1, $2, $3, $4, $5)`)
	keyOfStmt     = db.Statement(`SELECT gen, key_id, env FROM casework_key WHERE case_id = $1 AND gen = $2`)
	keysStmt      = db.Statement(`SELECT gen, key_id, env FROM casework_key WHERE case_id = $1 ORDER BY gen`)

	epochInsertStmt = db.Statement(`INSERT INTO casework_epoch (case_id, part, epoch, gen, lost, made, env) VALUES ($1, $2, $3, $4, 0, $5, $6)`)
	epochsStmt      = db.Statement(`SELECT part, epoch, gen, lost, env FROM casework_epoch WHERE case_id = $1 ORDER BY part, epoch`)
	epochsLostStmt  = db.Statement(`UPDATE casework_epoch SET lost = 1 WHERE case_id = $1 AND part = $2`)

	wrapInsertStmt = db.Statement(`INSERT INTO casework_wrap (case_id, part, epoch, agency_id, key_id, made, env) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (case_id, part, epoch, agency_id) DO UPDATE SET key_id = excluded.key_id, made = excluded.made, env = excluded.env`)
	wrapsOfStmt   = db.Statement(`SELECT part, epoch, key_id, env FROM casework_wrap WHERE case_id = $1 AND agency_id = $2 ORDER BY part, epoch`)
	holdersStmt   = db.Statement(`SELECT part, epoch, agency_id, key_id FROM casework_wrap WHERE case_id = $1 ORDER BY part, epoch, agency_id`)
	wrapsDropStmt = db.Statement(`DELETE FROM casework_wrap WHERE case_id = $1 AND agency_id = $2 AND part = $3`)

	grantPutStmt = db.Statement(`INSERT INTO casework_grant (case_id, agency_id, part, from_epoch, until, writes, given) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (case_id, agency_id, part) DO UPDATE SET from_epoch = excluded.from_epoch, until = excluded.until, writes = excluded.writes, given = excluded.given`)
	grantsStmt = db.Statement(`SELECT agency_id, part, from_epoch, until, writes, given FROM casework_grant WHERE case_id = $1 ORDER BY agency_id, part`)
	// Cases and their grants, many at once.
	casesOfStmt    = db.Statement(`SELECT ` + caseColumns + ` FROM casework_case WHERE id IN ` + db.List(1))
	grantsOfStmt   = db.Statement(`SELECT case_id, agency_id, part, from_epoch, until, writes, given FROM casework_grant WHERE case_id IN ` + db.List(1) + ` ORDER BY case_id, agency_id, part`)
	grantUntilStmt = db.Statement(`UPDATE casework_grant SET until = $1 WHERE case_id = $2 AND agency_id = $3 AND part = $4 AND until > $5`)
	grantDropStmt  = db.Statement(`DELETE FROM casework_grant WHERE case_id = $1 AND agency_id = $2 AND part = $3`)
	grantsOverStmt = db.Statement(`SELECT case_id, agency_id, part FROM casework_grant WHERE until <= $1 ORDER BY until LIMIT 500`)

	entryInsertStmt = db.Statement(`INSERT INTO casework_entry (id, case_id, part, kind, epoch, rev, user_id, user_name, agency_id, made, changed, due_at, done_at, env)
		VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11, 0, $12) ON CONFLICT (id) DO NOTHING`)
	entryStmt     = db.Statement(`SELECT ` + entryColumns + ` FROM casework_entry WHERE id = $1 AND case_id = $2`)
	entriesStmt   = db.Statement(`SELECT ` + entryColumns + ` FROM casework_entry WHERE case_id = $1 ORDER BY made, id`)
	entryKindStmt = db.Statement(`SELECT ` + entryColumns + ` FROM casework_entry WHERE case_id = $1 AND kind = $2 ORDER BY made, id`)
	// What colleagues note for themselves changes nothing that was agreed to.
	entriesSinceStmt = db.Statement(`SELECT COUNT(*) FROM casework_entry WHERE case_id = $1 AND part <> $2 AND changed > $3`)
	entryKeepStmt    = db.Statement(`INSERT INTO casework_version (entry_id, rev, case_id, epoch, user_id, user_name, agency_id, at, env)
		SELECT id, rev, case_id, epoch, user_id, user_name, agency_id, changed, env FROM casework_entry WHERE id = $1`)
	// What was ticked off and gets another date is to be done again.
	entryReviseStmt = db.Statement(`UPDATE casework_entry SET epoch = $1, rev = rev + 1, user_id = $2, user_name = $3, agency_id = $4, changed = $5,
		done_at = CASE WHEN due_at = $6 THEN done_at ELSE 0 END, due_at = $7, env = $8 WHERE id = $9 AND rev = $10`)
	entryDoneStmt = db.Statement(`UPDATE casework_entry SET done_at = $1 WHERE id = $2`)
	versionsStmt  = db.Statement(`SELECT rev, user_name, at, epoch, env FROM casework_version WHERE entry_id = $1 AND case_id = $2 ORDER BY rev DESC`)

	chunkInsertStmt = db.Statement(`INSERT INTO casework_chunk (entry_id, n, case_id, env) VALUES ($1, $2, $3, $4)`)
	chunksStmt      = db.Statement(`SELECT env FROM casework_chunk WHERE entry_id = $1 AND case_id = $2 ORDER BY n`)

	duePutStmt     = db.Statement(`INSERT INTO casework_due (case_id, source, at) VALUES ($1, $2, $3) ON CONFLICT (case_id, source) DO UPDATE SET at = excluded.at`)
	dueAtStmt      = db.Statement(`SELECT source FROM casework_due WHERE case_id = $1 AND at = $2 ORDER BY source LIMIT 1`)
	dueDropStmt    = db.Statement(`DELETE FROM casework_due WHERE case_id = $1 AND source = $2`)
	dueNearestStmt = db.Statement(`SELECT COALESCE(MIN(at), 0) FROM (
		SELECT due_at AS at FROM casework_entry WHERE case_id = $1 AND due_at > 0 AND done_at = 0
		UNION ALL SELECT at FROM casework_due WHERE case_id = $2) AS due`)

	eventInsertStmt   = db.Statement(`INSERT INTO casework_event (id, case_id, at, user_id, user_name, agency_id, action, part, other) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	eventsStmt        = db.Statement(`SELECT at, user_name, agency_id, action, part, other FROM casework_event WHERE case_id = $1 ORDER BY at, id`)
	readingInsertStmt = db.Statement(`INSERT INTO casework_reading (case_id, user_id, hour, user_name, agency_id, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (case_id, user_id, hour) DO NOTHING`)
	readingSeenStmt   = db.Statement(`SELECT COUNT(*) FROM casework_reading WHERE case_id = $1 AND user_id = $2 AND hour = $3`)
	readingsStmt      = db.Statement(`SELECT user_name, agency_id, at FROM casework_reading WHERE case_id = $1 ORDER BY at`)

	settingPutStmt = db.Statement(`INSERT INTO casework_setting (agency_id, team, changed, changed_by) VALUES ($1, $2, $3, $4)
		ON CONFLICT (agency_id) DO UPDATE SET team = excluded.team, changed = excluded.changed, changed_by = excluded.changed_by`)
	settingStmt = db.Statement(`SELECT team FROM casework_setting WHERE agency_id = $1`)
)

// erasing deletes a case from every table of this package, the keys first.
var erasing = []*db.Stmt{
	db.Statement(`DELETE FROM casework_wrap WHERE case_id = $1`),
	db.Statement(`DELETE FROM casework_epoch WHERE case_id = $1`),
	db.Statement(`DELETE FROM casework_key WHERE case_id = $1`),
	db.Statement(`DELETE FROM casework_grant WHERE case_id = $1`),
	db.Statement(`DELETE FROM casework_chunk WHERE case_id = $1`),
	db.Statement(`DELETE FROM casework_version WHERE case_id = $1`),
	db.Statement(`DELETE FROM casework_entry WHERE case_id = $1`),
	db.Statement(`DELETE FROM casework_due WHERE case_id = $1`),
	db.Statement(`DELETE FROM casework_event WHERE case_id = $1`),
	db.Statement(`DELETE FROM casework_reading WHERE case_id = $1`),
	db.Statement(`DELETE FROM casework_case WHERE id = $1`),
}

// stored is a case as the database keeps it.
type stored struct {
	Row
	gen int64
	env []byte
}

func scanCase(scan func(...any) error) (stored, error) {
	var r stored
	var state string
	var due, opened, changed, closed int64
	err := scan(&r.ID, &r.AgencyID, &r.WorkerID, &state, &due, &opened, &changed, &closed, &r.Source, &r.gen, &r.Version, &r.env)
	r.State, r.OpenedAt, r.Changed, r.ClosedAt = State(state), clock.Time(opened), clock.Time(changed), clock.Time(closed)
	if due != noDue {
		r.DueAt = clock.Time(due)
	}
	return r, err
}

// dueColumn is a due time as the column keeps it.
func dueColumn(at time.Time) int64 {
	if at.IsZero() {
		return noDue
	}
	return clock.Millis(at)
}

// beforeColumn is the last due time of a list that ends before the moment; for the
// zero time that of cases in which nothing is due.
func beforeColumn(at time.Time) int64 {
	if at.IsZero() {
		return noDue
	}
	return clock.Millis(at) - 1
}

func insertCase(tx *db.Tx, r stored) (int64, error) {
	return tx.Exec(caseInsertStmt, r.ID, r.AgencyID, r.WorkerID, string(r.State), dueColumn(r.DueAt), clock.Millis(r.OpenedAt), clock.Millis(r.Changed),
		clock.Millis(r.ClosedAt), r.Source, r.gen, r.Version, r.env)
}

// caseByID finds a case. A case that does not exist is an empty row, so that the
// policy refuses it as it refuses one that may not be known.
func caseByID(tx *db.Tx, id string) (stored, error) {
	r, err := scanCase(tx.Row(caseStmt, id).Scan)
	if db.NoRows(err) {
		return stored{}, nil
	}
	return r, fault.Wrap(err, "case", id)
}

// caseKey is one generation of the case's key, wrapped for its agency.
type caseKey struct {
	gen   int64
	keyID string
	env   []byte
}

func scanKey(scan func(...any) error) (k caseKey, err error) {
	return k, scan(&k.gen, &k.keyID, &k.env)
}

// epochRow is one epoch of a part.
type epochRow struct {
	part       Part
	epoch, gen int64
	lost       bool
	env        []byte
}

func scanEpoch(scan func(...any) error) (e epochRow, err error) {
	var lost int64
	err = scan(&e.part, &e.epoch, &e.gen, &lost, &e.env)
	e.lost = lost == 1
	return e, err
}

// wrapRow is a part's key closed for an agency; env is left out where only who
// has one is asked.
type wrapRow struct {
	part   Part
	epoch  int64
	agency string
	keyID  string
	env    []byte
}

func scanOwnWrap(scan func(...any) error) (w wrapRow, err error) {
	return w, scan(&w.part, &w.epoch, &w.keyID, &w.env)
}

func scanHolder(scan func(...any) error) (w wrapRow, err error) {
	return w, scan(&w.part, &w.epoch, &w.agency, &w.keyID)
}

func scanGrant(scan func(...any) error) (r Reader, err error) {
	var until, writes, given int64
	err = scan(&r.AgencyID, &r.Part, &r.From, &until, &writes, &given)
	r.Until, r.Writes, r.Given = clock.Time(until), writes == 1, clock.Time(given)
	return r, err
}

// overRow is a grant whose time is over.
type overRow struct {
	caseID, agency string
	part           Part
}

func scanOver(scan func(...any) error) (g overRow, err error) {
	return g, scan(&g.caseID, &g.agency, &g.part)
}

const entryColumns = `id, case_id, part, kind, epoch, rev, user_id, user_name, agency_id, made, changed, due_at, done_at, env`

// storedEntry is an entry as the database keeps it.
type storedEntry struct {
	EntryRow
	env []byte
}

func scanEntry(scan func(...any) error) (e storedEntry, err error) {
	var made, changed, due, done int64
	err = scan(&e.ID, &e.CaseID, &e.Part, &e.Kind, &e.Epoch, &e.Rev, &e.UserID, &e.UserName, &e.AgencyID, &made, &changed, &due, &done, &e.env)
	e.Made, e.Changed, e.DueAt, e.DoneAt = clock.Time(made), clock.Time(changed), clock.Time(due), clock.Time(done)
	return e, err
}

// storedVersion is an earlier version of an entry as the database keeps it.
type storedVersion struct {
	Version
	epoch int64
	env   []byte
}

func scanVersion(scan func(...any) error) (f storedVersion, err error) {
	var at int64
	err = scan(&f.Rev, &f.UserName, &at, &f.epoch, &f.env)
	f.At = clock.Time(at)
	return f, err
}

// entryByID finds an entry of a case. Errors: fault.NotFound.
func entryByID(tx *db.Tx, caseID, entryID string) (storedEntry, error) {
	e, err := scanEntry(tx.Row(entryStmt, entryID, caseID).Scan)
	if db.NoRows(err) {
		return e, errNotFound
	}
	return e, fault.Wrap(err, "entry", entryID)
}

func scanEvent(scan func(...any) error) (e Event, err error) {
	var at int64
	err = scan(&at, &e.UserName, &e.AgencyID, &e.Action, &e.Part, &e.Other)
	e.At = clock.Time(at)
	return e, err
}

func scanReading(scan func(...any) error) (r Reading, err error) {
	var at int64
	err = scan(&r.UserName, &r.AgencyID, &at)
	r.At = clock.Time(at)
	return r, err
}

// setTouched notes that a case changed, and what is due in it next.
func setTouched(tx *db.Tx, caseID string, at time.Time) error {
	var due int64
	if err := tx.Row(dueNearestStmt, caseID, caseID).Scan(&due); err != nil {
		return err
	}
	_, err := tx.Exec(caseTouchStmt, clock.Millis(at), dueColumn(clock.Time(due)), caseID)
	return err
}

// teamOf says whether an agency lets its caseworkers see each other's cases.
func teamOf(tx *db.Tx, agencyID string) (bool, error) {
	var team int64
	err := tx.Row(settingStmt, agencyID).Scan(&team)
	if db.NoRows(err) {
		return false, nil
	}
	return team == 1, err
}
