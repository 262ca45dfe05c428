package index

import (
	"embed"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "index", Files: schemaFiles}

var (
	keyInsertStmt     = db.Statement(`INSERT INTO casework_index_key (id, agency_id, key_id, made, env) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`)
	keysStmt          = db.Statement(`SELECT id, key_id, made, env FROM casework_index_key WHERE agency_id = $1 ORDER BY made, id`)
	segmentInsertStmt = db.Statement(`INSERT INTO casework_index_segment (id, agency_id, search_id, records, made, env) VALUES ($1, $2, $3, $4, $5, $6)`)
	segmentDropStmt   = db.Statement(`DELETE FROM casework_index_segment WHERE id = $1`)
	segmentIDsStmt    = db.Statement(`SELECT id, records FROM casework_index_segment WHERE agency_id = $1 ORDER BY made, id`)
	segmentStmt       = db.Statement(`SELECT id, agency_id, search_id, records, made, env FROM casework_index_segment WHERE id = $1`)
	erasedPutStmt     = db.Statement(`INSERT INTO casework_index_erased (agency_id, case_id) VALUES ($1, $2) ON CONFLICT (agency_id, case_id) DO NOTHING`)
	erasedStmt        = db.Statement(`SELECT case_id FROM casework_index_erased WHERE agency_id = $1`)
	erasedDropStmt    = db.Statement(`DELETE FROM casework_index_erased WHERE agency_id = $1 AND case_id = $2`)
	segmentSmallStmt  = db.Statement(`SELECT id, agency_id, search_id, records, made, env FROM casework_index_segment WHERE agency_id = $1 AND records < $2 ORDER BY made, id`)
)

func loadKeys(tx *db.Tx, agency string) (out []searchKey, err error) {
	err = tx.Each(keysStmt, func(scan func(...any) error) error {
		var k searchKey
		var made int64
		err := scan(&k.id, &k.keyID, &made, &k.env)
		k.made = clock.Time(made)
		out = append(out, k)
		return err
	}, agency)
	return out, err
}

func (s segment) insert(tx *db.Tx) error {
	_, err := tx.Exec(segmentInsertStmt, s.id, s.agency, s.search, s.records, clock.Millis(s.made), s.env)
	return err
}

func scanSegment(scan func(...any) error) (s segment, err error) {
	var made int64
	err = scan(&s.id, &s.agency, &s.search, &s.records, &made, &s.env)
	s.made = clock.Time(made)
	return s, err
}

func loadSegment(tx *db.Tx, id string) (segment, error) {
	return scanSegment(tx.Row(segmentStmt, id).Scan)
}

func loadSmall(tx *db.Tx, agency string, below int) ([]segment, error) {
	return db.All(tx, segmentSmallStmt, scanSegment, agency, below)
}

func loadIDs(tx *db.Tx, agency string) (out []segment, err error) {
	err = tx.Each(segmentIDsStmt, func(scan func(...any) error) error {
		var s segment
		err := scan(&s.id, &s.records)
		out = append(out, s)
		return err
	}, agency)
	return out, err
}
