package desk

import (
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
)

var (
	putDismissalStmt = db.Statement(`INSERT INTO directory_dismissal (kind, row_id, finding, field, mark, reason, by_user, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (kind, row_id, finding, field) DO UPDATE SET mark = excluded.mark, reason = excluded.reason, by_user = excluded.by_user, by_name = excluded.by_name, at = excluded.at`)
	dropDismissalStmt = db.Statement(`DELETE FROM directory_dismissal WHERE kind = $1 AND row_id = $2 AND finding = $3 AND field = $4`)
	dismissalsStmt    = db.Statement(`SELECT kind, row_id, finding, field, mark, reason, by_name, at FROM directory_dismissal`)
	dismissalsOfStmt  = db.Statement(`SELECT kind, row_id, finding, field, mark, reason, by_name, at FROM directory_dismissal WHERE kind = $1 AND row_id = $2`)

	putLookStmt = db.Statement(`INSERT INTO directory_link_look (url, state, by_user, by_name, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (url) DO UPDATE SET state = excluded.state, by_user = excluded.by_user, by_name = excluded.by_name, at = excluded.at`)
	looksStmt = db.Statement(`SELECT url, state, by_name, at FROM directory_link_look`)
	lookStmt  = db.Statement(`SELECT url, state, by_name, at FROM directory_link_look WHERE url = $1`)

	waitingStmt   = db.Statement(`SELECT organization, COUNT(*) FROM directory_suggestion WHERE state = 'waiting' GROUP BY organization`)
	proposalsStmt = db.Statement(`SELECT COUNT(*) FROM directory_proposal`)
)

// dismissal is a finding that somebody looked at and left as it is.
type dismissal struct {
	mark, reason, by string
	at               time.Time
}

type findingKey struct {
	kind           directory.Kind
	row, id, field string
}

func readDismissals(tx *db.Tx, into map[findingKey]dismissal, stmt *db.Stmt, args ...any) error {
	return tx.Each(stmt, func(scan func(...any) error) error {
		var k findingKey
		var one dismissal
		var kind string
		var at int64
		if err := scan(&kind, &k.row, &k.id, &k.field, &one.mark, &one.reason, &one.by, &at); err != nil {
			return err
		}
		k.kind, one.at = directory.Kind(kind), clock.Time(at)
		into[k] = one
		return nil
	}, args...)
}

func putDismissal(tx *db.Tx, f finding, mark, reason string, who directory.By, at time.Time) error {
	_, err := tx.Exec(putDismissalStmt, string(f.Row.Kind), f.Row.ID, f.ID, f.Field, mark, reason, who.User, who.Name, clock.Millis(at))
	return err
}

func dropDismissal(tx *db.Tx, k findingKey) error {
	_, err := tx.Exec(dropDismissalStmt, string(k.kind), k.row, k.id, k.field)
	return err
}

// linkLook is what somebody saw behind a web address.
type linkLook struct {
	state, by string // state: fine, dead
	at        time.Time
}

func readLooks(tx *db.Tx, into map[string]linkLook, stmt *db.Stmt, args ...any) error {
	return tx.Each(stmt, func(scan func(...any) error) error {
		var url string
		var l linkLook
		var at int64
		if err := scan(&url, &l.state, &l.by, &at); err != nil {
			return err
		}
		l.at = clock.Time(at)
		into[url] = l
		return nil
	}, args...)
}

func putLook(tx *db.Tx, url, state string, who directory.By, at time.Time) error {
	_, err := tx.Exec(putLookStmt, url, state, who.User, who.Name, clock.Millis(at))
	return err
}

// waiting counts the suggestions that wait, by organisation.
func waiting(tx *db.Tx) (per map[string]int, all int, err error) {
	per = map[string]int{}
	err = tx.Each(waitingStmt, func(scan func(...any) error) error {
		var organization string
		var n int
		err := scan(&organization, &n)
		per[organization], all = n, all+n
		return err
	})
	return per, all, err
}

// proposals counts what a newer release proposes.
func proposals(tx *db.Tx) (n int, err error) {
	err = tx.Row(proposalsStmt).Scan(&n)
	return n, err
}
