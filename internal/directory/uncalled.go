package directory

import (
	"slices"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
)

// What a file says of how an existing entry is reached is published by one
// person's word, which an owner's word alone never is. So it is marked as not
// called until somebody makes sure of a contact of the entry: it counts as
// unverified, stands first on the editors' work list, and is said to
// professionals.

var (
	uncalledStmt     = db.Statement(`SELECT kind, row_id, at FROM directory_uncalled`)
	uncalledOfStmt   = db.Statement(`SELECT kind, row_id, at FROM directory_uncalled WHERE kind = 'service' AND row_id = $1`)
	uncalledInStmt   = db.Statement(`SELECT kind, row_id, at FROM directory_uncalled WHERE kind = 'place' AND row_id IN (SELECT id FROM directory_place WHERE service = $1)`)
	calledStmt       = db.Statement(`DELETE FROM directory_uncalled WHERE kind = $1 AND row_id = $2`)
	calledPlacesStmt = db.Statement(`DELETE FROM directory_uncalled WHERE kind = 'place' AND row_id IN (SELECT id FROM directory_place WHERE service = $1)`)
)

// Uncalled tells since when contacts of a service or of one of its places wait
// for somebody to make sure of them; zero: none do.
func (d *Directory) Uncalled(tx *db.Tx, service string) (since time.Time, err error) {
	for _, stmt := range []*db.Stmt{uncalledOfStmt, uncalledInStmt} {
		err := eachUncalled(tx, func(_ Kind, _ string, at time.Time) {
			if since.IsZero() || at.Before(since) {
				since = at
			}
		}, stmt, service)
		if err != nil {
			return since, err
		}
	}
	return since, nil
}

// EachUncalled names every service and place whose contacts came with a file
// and that nobody called since.
func (d *Directory) EachUncalled(tx *db.Tx, yield func(kind Kind, row string, at time.Time)) error {
	return eachUncalled(tx, yield, uncalledStmt)
}

func eachUncalled(tx *db.Tx, yield func(kind Kind, row string, at time.Time), stmt *db.Stmt, args ...any) error {
	return tx.Each(stmt, func(scan func(...any) error) error {
		var kind, row string
		var at int64
		err := scan(&kind, &row, &at)
		if err == nil {
			yield(Kind(kind), row, clock.Time(at))
		}
		return err
	}, args...)
}

// called takes the mark off a row when one of its contacts was verified; who
// reached the service made sure of its places too.
func called(tx *db.Tx, kind Kind, row string, part Part) error {
	if !slices.Contains([]Part{PartPhones, PartEmails, PartAddress}, part) {
		return nil
	}
	if _, err := tx.Exec(calledStmt, string(kind), row); err != nil || kind != KindService {
		return err
	}
	_, err := tx.Exec(calledPlacesStmt, row)
	return err
}
