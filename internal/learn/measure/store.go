package measure

import (
	"embed"

	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "measure", Files: schemaFiles}

var (
	sheetColumns = `code, occasion, form, month, correct, counted`
	insertStmt   = db.Statement(`INSERT INTO learn_measure (id, ` + sheetColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`)
	allStmt      = db.Statement(`SELECT ` + sheetColumns + ` FROM learn_measure`)
	ofCodeStmt   = db.Statement(`SELECT ` + sheetColumns + ` FROM learn_measure WHERE code = $1`)
)

// insert keeps a sheet unless it was kept before.
func (s Sheet) insert(tx *db.Tx, id string) error {
	_, err := tx.Exec(insertStmt, id, s.Code, s.Occasion, s.Form, s.Month, s.Right, s.Of)
	return err
}

func load(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Sheet, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var s Sheet
		err := scan(&s.Code, &s.Occasion, &s.Form, &s.Month, &s.Right, &s.Of)
		out = append(out, s)
		return err
	}, args...)
	return out, err
}
