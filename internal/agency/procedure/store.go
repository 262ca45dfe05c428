package procedure

import (
	"embed"
	"encoding/json"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "procedure", Files: schemaFiles}

const columns = `id, agency_id, number, state, main, review_day, made_name, made, adopted_name, adopted, rev`

var (
	insertStmt      = db.Statement(`INSERT INTO procedure_version (id, agency_id, number, state, main, review_day, made_by, made_name, made, adopted_by, adopted_name, adopted, rev) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', 0, 1) ON CONFLICT (agency_id, number) DO NOTHING`)
	oneStmt         = db.Statement(`SELECT ` + columns + ` FROM procedure_version WHERE agency_id = $1 AND number = $2`)
	byIDStmt        = db.Statement(`SELECT ` + columns + ` FROM procedure_version WHERE id = $1`)
	byStateStmt     = db.Statement(`SELECT ` + columns + ` FROM procedure_version WHERE agency_id = $1 AND state = $2 ORDER BY number DESC`)
	historyStmt     = db.Statement(`SELECT ` + columns + ` FROM procedure_version WHERE agency_id = $1 ORDER BY number DESC`)
	touchStmt       = db.Statement(`UPDATE procedure_version SET review_day = $1, rev = $2 WHERE id = $3 AND rev = $4`)
	stateStmt       = db.Statement(`UPDATE procedure_version SET state = $1, rev = $2 WHERE id = $3 AND rev = $4`)
	adoptStmt       = db.Statement(`UPDATE procedure_version SET adopted_by = $1, adopted_name = $2, adopted = $3, review_day = $4 WHERE id = $5`)
	textsStmt       = db.Statement(`SELECT lang, body FROM procedure_text WHERE version_id = $1 ORDER BY lang`)
	saveTextStmt    = db.Statement(`INSERT INTO procedure_text (version_id, lang, body) VALUES ($1, $2, $3) ON CONFLICT (version_id, lang) DO UPDATE SET body = excluded.body`)
	numbersStmt     = db.Statement(`SELECT role, label, phone, hours FROM procedure_number WHERE version_id = $1 ORDER BY seq`)
	dropNumbersStmt = db.Statement(`DELETE FROM procedure_number WHERE version_id = $1`)
	addNumberStmt   = db.Statement(`INSERT INTO procedure_number (version_id, seq, role, label, phone, hours) VALUES ($1, $2, $3, $4, $5, $6)`)
)

func scan(scan func(...any) error) (Version, error) {
	v := Version{Texts: map[string]Text{}}
	var number, made, adopted int64
	var state string
	err := scan(&v.ID, &v.AgencyID, &number, &state, &v.Main, &v.Review, &v.MadeBy, &made, &v.Adopter, &adopted, &v.Rev)
	v.Number, v.State, v.Made, v.Adopted = int(number), State(state), clock.Time(made), clock.Time(adopted)
	return v, err
}

// complete adds texts and numbers.
func complete(tx *db.Tx, v *Version) error {
	err := tx.Each(textsStmt, func(scan func(...any) error) error {
		var lang, body string
		if err := scan(&lang, &body); err != nil {
			return err
		}
		var t Text
		if err := json.Unmarshal([]byte(body), &t); err != nil {
			return err
		}
		v.Texts[lang] = t
		return nil
	}, v.ID)
	if err != nil {
		return err
	}
	return tx.Each(numbersStmt, func(scan func(...any) error) error {
		var n Number
		err := scan(&n.Role, &n.Label, &n.Phone, &n.Hours)
		v.Numbers = append(v.Numbers, n)
		return err
	}, v.ID)
}

func load(tx *db.Tx, stmt *db.Stmt, args ...any) (v Version, found bool, err error) {
	v, err = scan(tx.Row(stmt, args...).Scan)
	if db.NoRows(err) {
		return v, false, nil
	}
	if err != nil {
		return v, false, err
	}
	return v, true, complete(tx, &v)
}

func loadHistory(tx *db.Tx, agencyID string) (list []Version, err error) {
	err = tx.Each(historyStmt, func(row func(...any) error) error {
		v, err := scan(row)
		list = append(list, v)
		return err
	}, agencyID)
	return list, err
}

func saveText(tx *db.Tx, versionID, lang string, t Text) error {
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	_, err = tx.Exec(saveTextStmt, versionID, lang, string(body))
	return err
}

func saveNumbers(tx *db.Tx, versionID string, list []Number) error {
	if _, err := tx.Exec(dropNumbersStmt, versionID); err != nil {
		return err
	}
	for i, n := range list {
		if _, err := tx.Exec(addNumberStmt, versionID, int64(i), n.Role, n.Label, n.Phone, n.Hours); err != nil {
			return err
		}
	}
	return nil
}
