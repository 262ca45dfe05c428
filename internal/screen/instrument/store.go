package instrument

import (
	"embed"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "instrument", Files: schemaFiles}

var (
	confirmedStmt = db.Statement(`SELECT pack_id, version, by_name, at FROM instrument_confirmed ORDER BY pack_id`)
	confirmStmt   = db.Statement(`INSERT INTO instrument_confirmed (pack_id, version, by_user, by_name, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (pack_id) DO UPDATE SET version = excluded.version, by_user = excluded.by_user, by_name = excluded.by_name, at = excluded.at`)
	withdrawStmt  = db.Statement(`DELETE FROM instrument_confirmed WHERE pack_id = $1`)
	importedStmt  = db.Statement(`SELECT pack_id, version, by_name, at FROM instrument_imported ORDER BY pack_id`)
	bodyStmt      = db.Statement(`SELECT body FROM instrument_imported WHERE pack_id = $1`)
	importStmt    = db.Statement(`INSERT INTO instrument_imported (pack_id, version, body, by_user, by_name, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (pack_id) DO UPDATE SET version = excluded.version, body = excluded.body, by_user = excluded.by_user, by_name = excluded.by_name, at = excluded.at`)
	removeStmt    = db.Statement(`DELETE FROM instrument_imported WHERE pack_id = $1`)
)

func loadActs(tx *db.Tx, stmt *db.Stmt) (map[string]Act, error) {
	acts := map[string]Act{}
	err := tx.Each(stmt, func(scan func(...any) error) error {
		var a Act
		var at int64
		err := scan(&a.Pack, &a.Version, &a.By, &at)
		a.At = clock.Time(at)
		acts[a.Pack] = a
		return err
	})
	return acts, err
}

func loadBody(tx *db.Tx, id string) (body []byte, err error) {
	err = tx.Row(bodyStmt, id).Scan(&body)
	return body, err
}
