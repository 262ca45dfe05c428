package group

import (
	"embed"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "group", Files: schemaFiles}

var (
	groupColumns  = `id, trainer, agency, case_id, opened, ends`
	insertGroup   = db.Statement(`INSERT INTO group_group (code_hash, id, trainer, agency, case_id, opened, ends) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	groupByID     = db.Statement(`SELECT ` + groupColumns + ` FROM group_group WHERE id = $1`)
	groupByCode   = db.Statement(`SELECT ` + groupColumns + ` FROM group_group WHERE code_hash = $1`)
	groupsOf      = db.Statement(`SELECT ` + groupColumns + ` FROM group_group WHERE trainer = $1 ORDER BY opened DESC, id`)
	endGroup      = db.Statement(`UPDATE group_group SET ends = $1 WHERE id = $2`)
	deleteGroup   = db.Statement(`DELETE FROM group_group WHERE id = $1`)
	seatColumns   = `hash, group_id, play, ended, batch`
	seatByHash    = db.Statement(`SELECT ` + seatColumns + ` FROM group_seat WHERE hash = $1`)
	seatsOf       = db.Statement(`SELECT ` + seatColumns + ` FROM group_seat WHERE group_id = $1 ORDER BY hash`)
	insertSeat    = db.Statement(`INSERT INTO group_seat (hash, group_id, play, ended, batch) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO NOTHING`)
	updateSeat    = db.Statement(`UPDATE group_seat SET ended = $1, batch = $2 WHERE hash = $3`)
	deleteSeat    = db.Statement(`DELETE FROM group_seat WHERE hash = $1`)
	deleteSeatsOf = db.Statement(`DELETE FROM group_seat WHERE group_id = $1`)
)

func loadGroups(tx *db.Tx, stmt *db.Stmt, arg any) (out []Group, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var g Group
		var opened, ends int64
		err := scan(&g.ID, &g.Trainer, &g.Agency, &g.Case, &opened, &ends)
		g.Opened, g.Ends = clock.Time(opened), clock.Time(ends)
		out = append(out, g)
		return err
	}, arg)
	return out, err
}

func loadSeats(tx *db.Tx, stmt *db.Stmt, arg any) (out []Seat, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var s Seat
		var ended int64
		err := scan(&s.Hash, &s.Group, &s.Play, &ended, &s.Batch)
		s.Ended = ended != 0
		out = append(out, s)
		return err
	}, arg)
	return out, err
}

func (g Group) insert(tx *db.Tx, codeHash string) error {
	_, err := tx.Exec(insertGroup, codeHash, g.ID, g.Trainer, g.Agency, g.Case, clock.Millis(g.Opened), clock.Millis(g.Ends))
	return err
}

func (s Seat) insert(tx *db.Tx) error {
	_, err := tx.Exec(insertSeat, s.Hash, s.Group, s.Play, 0, int64(none))
	return err
}

func (s Seat) update(tx *db.Tx) error {
	ended := int64(0)
	if s.Ended {
		ended = 1
	}
	_, err := tx.Exec(updateSeat, ended, int64(s.Batch), s.Hash)
	return err
}
