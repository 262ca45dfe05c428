package certificate

import (
	"embed"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "learn-certificate", Files: schemaFiles}

var (
	insertStmt    = db.Statement(`INSERT INTO learn_certificate (id, learner_id, course, revision, address, file, issued) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (learner_id, course, revision) DO NOTHING`)
	onceStmt      = db.Statement(`SELECT id, learner_id, address, file, issued FROM learn_certificate WHERE learner_id = $1 AND course = $2 AND revision = $3`)
	ofStmt        = db.Statement(`SELECT id, learner_id, address, file, issued FROM learn_certificate WHERE learner_id = $1 ORDER BY issued DESC, id LIMIT 20`)
	byAddressStmt = db.Statement(`SELECT id, learner_id, address, file, issued FROM learn_certificate WHERE address = $1`)
	byIDStmt      = db.Statement(`SELECT id, learner_id, address, file, issued FROM learn_certificate WHERE id = $1`)
	deleteStmt    = db.Statement(`DELETE FROM learn_certificate WHERE learner_id = $1 AND id = $2`)
	forgetStmt    = db.Statement(`DELETE FROM learn_certificate WHERE learner_id = $1`)

	keyStmt  = db.Statement(`INSERT INTO learn_certificate_key (name, since) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`)
	keysStmt = db.Statement(`SELECT name, since FROM learn_certificate_key ORDER BY since DESC, name LIMIT 200`)
)

// insert keeps a certificate unless there is one for the same pass; fresh says
// which.
func insert(tx *db.Tx, i Issued, course, revision string) (fresh bool, err error) {
	n, err := tx.Exec(insertStmt, i.ID, i.Learner, course, revision, i.Address, i.File, clock.Millis(i.At))
	return n == 1, err
}

func load(tx *db.Tx, s *db.Stmt, args ...any) (out []Issued, err error) {
	err = tx.Each(s, func(scan func(...any) error) error {
		var i Issued
		var at int64
		err := scan(&i.ID, &i.Learner, &i.Address, &i.File, &at)
		i.At = clock.Time(at)
		out = append(out, i)
		return err
	}, args...)
	return out, err
}
