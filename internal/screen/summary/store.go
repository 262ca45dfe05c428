package summary

import (
	"embed"
	"encoding/json"
	"strings"

	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "summary", Files: schemaFiles}

var (
	houseStmt     = db.Statement(`SELECT state, few FROM summary_house WHERE agency_id = $1`)
	saveHouseStmt = db.Statement(`INSERT INTO summary_house (agency_id, state, few, by_user, changed) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (agency_id) DO UPDATE SET state = excluded.state, few = excluded.few, by_user = excluded.by_user, changed = excluded.changed`)

	newestStmt = db.Statement(`SELECT first_month, last_month, few, n, counts, marks, told FROM summary_period WHERE agency_id = $1 ORDER BY first_month DESC LIMIT 1`)
	allStmt    = db.Statement(`SELECT first_month, last_month, few, n, counts, marks, told FROM summary_period WHERE agency_id = $1 ORDER BY first_month DESC`)
	agedStmt   = db.Statement(`SELECT agency_id FROM summary_period WHERE (told = 0 AND n >= few AND last_month < $1) OR (n < few AND last_month < $2) OR (counts <> '' AND last_month < $3) GROUP BY agency_id ORDER BY agency_id`)
	saveStmt   = db.Statement(`INSERT INTO summary_period (agency_id, first_month, last_month, few, n, counts, marks, told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (agency_id, first_month) DO UPDATE SET last_month = excluded.last_month, n = excluded.n, counts = excluded.counts, marks = excluded.marks, told = excluded.told`)
	dropStmt   = db.Statement(`DELETE FROM summary_period WHERE agency_id = $1 AND first_month = $2`)
	clearStmt  = db.Statement(`DELETE FROM summary_period WHERE agency_id = $1`)
)

const on, off = "on", "off"

// loadHouse is what a house decided; one that never did is off.
func loadHouse(tx *db.Tx, agency string) (h House, err error) {
	h = House{Agency: agency, Few: UsualFew}
	var state string
	err = tx.Row(houseStmt, agency).Scan(&state, &h.Few)
	if db.NoRows(err) {
		return h, nil
	}
	h.On = state == on
	return h, err
}

func saveHouse(tx *db.Tx, h House, user string, now int64) error {
	state := off
	if h.On {
		state = on
	}
	_, err := tx.Exec(saveHouseStmt, h.Agency, state, h.Few, user, now)
	return err
}

func scanPeriod(scan func(...any) error) (p Period, err error) {
	var counts, marks string
	var told int64
	if err = scan(&p.First, &p.Last, &p.Few, &p.N, &counts, &marks, &told); err != nil {
		return p, err
	}
	p.Told, p.Marks = told != 0, strings.Fields(marks)
	if counts != "" {
		err = json.Unmarshal([]byte(counts), &p.Counts)
	}
	return p, err
}

// newestPeriod is the last one of a house; nil when it has none.
func newestPeriod(tx *db.Tx, agency string) (*Period, error) {
	p, err := scanPeriod(tx.Row(newestStmt, agency).Scan)
	if db.NoRows(err) {
		return nil, nil
	}
	return &p, err
}

func allPeriods(tx *db.Tx, agency string) ([]Period, error) {
	return db.All(tx, allStmt, scanPeriod, agency)
}

// savePeriod writes all counters at once: a row for each would keep in its place
// or its version which of them were counted together.
func savePeriod(tx *db.Tx, agency string, p Period) error {
	var counts []byte
	var told int64
	if p.Told {
		told = 1
	}
	if p.Counts != nil {
		var err error
		if counts, err = json.Marshal(p.Counts); err != nil {
			return err
		}
	}
	_, err := tx.Exec(saveStmt, agency, p.First, p.Last, p.Few, p.N, string(counts), strings.Join(p.Marks, " "), told)
	return err
}

// agedHouses are those that have a period for aged to change.
func agedHouses(tx *db.Tx, month string) (list []string, err error) {
	err = tx.Each(agedStmt, func(scan func(...any) error) error {
		var agency string
		err := scan(&agency)
		list = append(list, agency)
		return err
	}, month, later(month, -thinLife), later(month, -countLife))
	return list, err
}
