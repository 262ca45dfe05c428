package agreement

import (
	"embed"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/id"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "agreement", Files: schemaFiles}

const columns = `id, kind, lang, title, purposes, territory, since_day, until_day, within_hours, words, document, kept, source, source_url, origin, state, held_by, open, replaces, made_by, made_for, made, changed, version`

var (
	insertStmt = db.Statement(`INSERT INTO agreement (` + columns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24) ON CONFLICT (id) DO NOTHING`)
	oneStmt    = db.Statement(`SELECT ` + columns + ` FROM agreement WHERE id = $1`)
	allStmt    = db.Statement(`SELECT ` + columns + ` FROM agreement ORDER BY made, id`)
	// What an organisation is party of, and what is in force and said to be open
	// by somebody: whether by everybody who is bound is decided in Go.
	scopeStmt       = db.Statement(`SELECT ` + columns + ` FROM agreement WHERE id IN (SELECT agreement_id FROM agreement_party WHERE organization = $1) OR (state = $2 AND (open = 1 OR id IN (SELECT agreement_id FROM agreement_party WHERE open = 1))) ORDER BY made, id`)
	ofOrgStmt       = db.Statement(`SELECT ` + columns + ` FROM agreement WHERE state = $1 AND id IN (SELECT agreement_id FROM agreement_party WHERE organization = $2) ORDER BY made, id`)
	changeStmt      = db.Statement(`UPDATE agreement SET state = $1, held_by = $2, open = $3, changed = $4, version = $5 WHERE id = $6 AND version = $7`)
	insertPartyStmt = db.Statement(`INSERT INTO agreement_party (agreement_id, seq, organization, name, contact, reach, confirmed, confirmed_by, open) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (agreement_id, seq) DO NOTHING`)
	partiesStmt     = db.Statement(`SELECT organization, name, contact, reach, confirmed, confirmed_by, open FROM agreement_party WHERE agreement_id = $1 ORDER BY seq`)
	changePartyStmt = db.Statement(`UPDATE agreement_party SET contact = $1, reach = $2, confirmed = $3, confirmed_by = $4, open = $5 WHERE agreement_id = $6 AND seq = $7`)
	sourceStmt      = db.Statement(`UPDATE agreement SET source = $1, source_url = $2 WHERE id = $3`)
	insertEventStmt = db.Statement(`INSERT INTO agreement_event (id, agreement_id, at, action, agency_id, who) VALUES ($1, $2, $3, $4, $5, $6)`)
	eventsStmt      = db.Statement(`SELECT at, action, agency_id, who FROM agreement_event WHERE agreement_id = $1 ORDER BY at, id`)
)

// insert writes a new agreement; false when its identifier exists already.
func insert(tx *db.Tx, a Agreement) (bool, error) {
	n, err := tx.Exec(insertStmt, a.ID, a.Kind, a.Lang, a.Title, strings.Join(a.Purposes, " "), strings.Join(a.Territory, " "), string(a.Since), string(a.Until), int64(a.Within),
		a.Words, a.Document, a.Kept, a.Source, a.SourceURL, string(a.Origin), string(a.State), a.HeldBy, db.Bit(a.Open), a.Replaces, a.MadeBy, a.MadeFor,
		clock.Millis(a.Made), clock.Millis(a.Changed), a.Version)
	if err != nil || n == 0 {
		return false, err
	}
	for i, p := range a.Parties {
		if _, err := tx.Exec(insertPartyStmt, a.ID, int64(i), p.Organization, p.Name, p.Contact, p.Reach, clock.Millis(p.Confirmed), p.ConfirmedBy, db.Bit(p.Open)); err != nil {
			return false, err
		}
	}
	return true, nil
}

func scan(scan func(...any) error) (Agreement, error) {
	var a Agreement
	var purposes, territory, since, until, origin, state string
	var within, open, made, changed int64
	err := scan(&a.ID, &a.Kind, &a.Lang, &a.Title, &purposes, &territory, &since, &until, &within, &a.Words, &a.Document, &a.Kept, &a.Source, &a.SourceURL,
		&origin, &state, &a.HeldBy, &open, &a.Replaces, &a.MadeBy, &a.MadeFor, &made, &changed, &a.Version)
	a.Purposes, a.Territory = strings.Fields(purposes), strings.Fields(territory)
	a.Since, a.Until, a.Within = Day(since), Day(until), int(within)
	a.Origin, a.State, a.Open = Origin(origin), State(state), open == 1
	a.Made, a.Changed = clock.Time(made), clock.Time(changed)
	return a, err
}

func loadParties(tx *db.Tx, agreementID string) (list []Party, err error) {
	err = tx.Each(partiesStmt, func(scan func(...any) error) error {
		var p Party
		var confirmed, open int64
		err := scan(&p.Organization, &p.Name, &p.Contact, &p.Reach, &confirmed, &p.ConfirmedBy, &open)
		p.Confirmed, p.Open = clock.Time(confirmed), open == 1
		list = append(list, p)
		return err
	}, agreementID)
	return list, err
}

// loadSome reads agreements without their parties.
func loadSome(tx *db.Tx, stmt *db.Stmt, args ...any) (list []Agreement, err error) {
	err = tx.Each(stmt, func(row func(...any) error) error {
		a, err := scan(row)
		list = append(list, a)
		return err
	}, args...)
	return list, err
}

// save writes what may change in an agreement, when nobody was faster.
func save(tx *db.Tx, a Agreement, at time.Time) (bool, error) {
	n, err := tx.Exec(changeStmt, string(a.State), a.HeldBy, db.Bit(a.Open), clock.Millis(at), a.Version+1, a.ID, a.Version)
	return n == 1, err
}

func saveParty(tx *db.Tx, agreementID string, seq int, p Party) error {
	_, err := tx.Exec(changePartyStmt, p.Contact, p.Reach, clock.Millis(p.Confirmed), p.ConfirmedBy, db.Bit(p.Open), agreementID, int64(seq))
	return err
}

func saveSource(tx *db.Tx, agreementID, source, url string) error {
	_, err := tx.Exec(sourceStmt, source, url, agreementID)
	return err
}

// Event is one line of an agreement's story.
type Event struct {
	At     time.Time
	Action Action
	Agency string
	Who    string
}

func insertEvent(tx *db.Tx, agreementID string, e Event) error {
	_, err := tx.Exec(insertEventStmt, id.New(), agreementID, clock.Millis(e.At), string(e.Action), e.Agency, e.Who)
	return err
}

func loadEvents(tx *db.Tx, agreementID string) (list []Event, err error) {
	err = tx.Each(eventsStmt, func(scan func(...any) error) error {
		var e Event
		var at int64
		var action string
		err := scan(&at, &action, &e.Agency, &e.Who)
		e.At, e.Action = clock.Time(at), Action(action)
		list = append(list, e)
		return err
	}, agreementID)
	return list, err
}
