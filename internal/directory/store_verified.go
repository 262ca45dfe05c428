package directory

import (
	"amelie/internal/clock"
	"amelie/internal/db"
)

const checkColumns = `kind, row_id, part, at, how, by_user, by_name, by_agency`

var (
	putCheckStmt = db.Statement(`INSERT INTO directory_check (` + checkColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (kind, row_id, part) DO UPDATE SET at = excluded.at, how = excluded.how, by_user = excluded.by_user, by_name = excluded.by_name, by_agency = excluded.by_agency`)
	dropCheckStmt      = db.Statement(`DELETE FROM directory_check WHERE kind = $1 AND row_id = $2 AND part = $3`)
	dropRowChecksStmt  = db.Statement(`DELETE FROM directory_check WHERE kind = $1 AND row_id = $2`)
	checksOfRowStmt    = db.Statement(`SELECT ` + checkColumns + ` FROM directory_check WHERE kind = $1 AND row_id = $2 ORDER BY part`)
	checksStmt         = db.Statement(`SELECT ` + checkColumns + ` FROM directory_check ORDER BY kind, row_id, part`)
	placesAndOwnerStmt = db.Statement(`SELECT id, service FROM directory_place`)
)

func putCheck(tx *db.Tx, c Verification) error {
	_, err := tx.Exec(putCheckStmt, string(c.Kind), c.Row, string(c.Part), clock.Millis(c.At), string(c.How), c.By.User, c.By.Name, c.By.Agency)
	if err != nil {
		return err
	}
	return called(tx, c.Kind, c.Row, c.Part)
}

func readChecks(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Verification, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var c Verification
		var kind, part, how string
		var at int64
		if err := scan(&kind, &c.Row, &part, &at, &how, &c.By.User, &c.By.Name, &c.By.Agency); err != nil {
			return err
		}
		c.Kind, c.Part, c.How, c.At = Kind(kind), Part(part), How(how), clock.Time(at)
		out = append(out, c)
		return nil
	}, args...)
	return out, err
}

// loadChecks are all verifications by service, those of its places included.
func loadChecks(tx *db.Tx) (map[string][]Verification, error) {
	all, err := readChecks(tx, checksStmt)
	if err != nil {
		return nil, err
	}
	return checksByService(tx, all, placesAndOwnerStmt)
}

// checksByService sorts verifications by service; owners tells the service of
// each place. Without a verification it asks for nothing.
func checksByService(tx *db.Tx, all []Verification, owners *db.Stmt, args ...any) (map[string][]Verification, error) {
	out := map[string][]Verification{}
	if len(all) == 0 {
		return out, nil
	}
	service := map[string]string{}
	err := tx.Each(owners, func(scan func(...any) error) error {
		var place, of string
		err := scan(&place, &of)
		service[place] = of
		return err
	}, args...)
	for _, c := range all {
		id := c.Row
		if c.Kind == KindPlace {
			id = service[c.Row]
		}
		out[id] = append(out[id], c)
	}
	return out, err
}
