package link

import (
	"embed"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "link", Files: schemaFiles}

const columns = `url, failures, first_failed, last_failed, why, moved, checked, due`

var (
	addStmt  = db.Statement(`INSERT INTO link_address (` + columns + `) VALUES ($1, 0, 0, 0, '', '', 0, $2) ON CONFLICT (url) DO NOTHING`)
	putStmt  = db.Statement(`UPDATE link_address SET failures = $1, first_failed = $2, last_failed = $3, why = $4, moved = $5, checked = $6, due = $7 WHERE url = $8`)
	dropStmt = db.Statement(`DELETE FROM link_address WHERE url = $1`)
	pageStmt = db.Statement(`SELECT ` + columns + ` FROM link_address WHERE url > $1 ORDER BY url LIMIT 1000`)
	oneStmt  = db.Statement(`SELECT ` + columns + ` FROM link_address WHERE url = $1`)
	dueStmt  = db.Statement(`SELECT ` + columns + ` FROM link_address WHERE due <= $1 ORDER BY due, url LIMIT 30`)
)

// millis and moment keep the zero time as 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return clock.Millis(t)
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return clock.Time(ms)
}

func read(tx *db.Tx, stmt *db.Stmt, args ...any) (out []State, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var s State
		var first, last, checked, due int64
		err := scan(&s.URL, &s.Failures, &first, &last, &s.Why, &s.Moved, &checked, &due)
		s.First, s.Last, s.Checked, s.Due = moment(first), moment(last), moment(checked), moment(due)
		out = append(out, s)
		return err
	}, args...)
	return out, err
}

func put(tx *db.Tx, s State) error {
	_, err := tx.Exec(putStmt, s.Failures, millis(s.First), millis(s.Last), string(s.Why), s.Moved, millis(s.Checked), millis(s.Due), s.URL)
	return err
}

// Each goes through what is known of all addresses in their order; for who
// reads the whole directory anyway.
func Each(tx *db.Tx, see func(State)) error {
	for after := ""; ; {
		list, err := read(tx, pageStmt, after)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, s := range list {
			see(s)
		}
		after = list[len(list)-1].URL
	}
}

// Of is what is known of an address; ok is false when nothing is.
func Of(tx *db.Tx, address string) (s State, ok bool, err error) {
	list, err := read(tx, oneStmt, address)
	if err != nil || len(list) == 0 {
		return State{}, false, err
	}
	return list[0], true, nil
}
