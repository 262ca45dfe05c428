package playing

import (
	"embed"
	"encoding/json"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "playing", Files: schemaFiles}

var (
	columns   = `holder, id, case_id, revision, steps, begun, ended`
	playStmt  = db.Statement(`SELECT ` + columns + ` FROM playing_play WHERE holder = $1 AND id = $2`)
	playsStmt = db.Statement(`SELECT ` + columns + ` FROM playing_play WHERE holder = $1 ORDER BY begun DESC, id`)
	countStmt = db.Statement(`SELECT COUNT(*) FROM playing_play WHERE holder = $1`)
	saveStmt  = db.Statement(`INSERT INTO playing_play (holder, id, case_id, revision, steps, begun, ended) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (holder, id) DO UPDATE SET steps = excluded.steps, ended = excluded.ended`)
	dropStmt   = db.Statement(`DELETE FROM playing_play WHERE holder = $1 AND id = $2`)
	forgetStmt = db.Statement(`DELETE FROM playing_play WHERE holder = $1`)
)

func load(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Play, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var p Play
		var steps string
		var begun, ended int64
		if err := scan(&p.Holder, &p.ID, &p.Case, &p.Revision, &steps, &begun, &ended); err != nil {
			return err
		}
		p.Begun, p.Ended = clock.Time(begun), clock.Time(ended)
		if err := json.Unmarshal([]byte(steps), &p.Steps); err != nil {
			return err
		}
		out = append(out, p)
		return nil
	}, args...)
	return out, err
}

func (p Play) save(tx *db.Tx) error {
	steps, err := json.Marshal(p.Steps)
	if err != nil {
		return err
	}
	_, err = tx.Exec(saveStmt, p.Holder, p.ID, p.Case, p.Revision, string(steps), clock.Millis(p.Begun), clock.Millis(p.Ended))
	return err
}
