package certificate

import (
	"embed"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/vault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "certificate", Files: schemaFiles}

var (
	setItem    = db.Statement(`INSERT INTO certificate_item (name, value, expires) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET value = excluded.value, expires = excluded.expires`)
	getItem    = db.Statement(`SELECT value FROM certificate_item WHERE name = $1`)
	oldItems   = db.Statement(`DELETE FROM certificate_item WHERE expires > 0 AND expires < $1`)
	setState   = db.Statement(`INSERT INTO certificate_state (id, tried, fails, again, trouble, detail, holder, held) VALUES ('site', $1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET tried = excluded.tried, fails = excluded.fails, again = excluded.again, trouble = excluded.trouble, detail = excluded.detail, holder = excluded.holder, held = excluded.held`)
	stateStmt  = db.Statement(`SELECT tried, fails, again, trouble, detail, holder, held FROM certificate_state WHERE id = 'site'`)
	itemMoment = time.Hour // how long an answer to a challenge is kept
)

// items of certificate_item: the key of the account at one server, the
// certificate in use, the answer to a challenge.
const currentItem = "current"

func accountItem(server string) string { return "account " + server }
func tokenItem(token string) string    { return "http " + token }
func alpnItem(host string) string      { return "tls " + host }

func binding(name string) vault.Binding {
	return vault.Binding{Field: "certificate.item", Row: name, Scope: ""}
}

// loadItem opens an item; nil when there is none.
func loadItem(tx *db.Tx, secret *vault.ServerSecret, name string) ([]byte, error) {
	var sealed []byte
	err := tx.Row(getItem, name).Scan(&sealed)
	if db.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return secret.Open(sealed, binding(name))
}

func saveItem(tx *db.Tx, name string, sealed []byte, expires time.Time) error {
	_, err := tx.Exec(setItem, name, sealed, clock.Millis(expires))
	return err
}

func loadState(tx *db.Tx) (s state, found bool, err error) {
	var tried, again, held int64
	err = tx.Row(stateStmt).Scan(&tried, &s.fails, &again, &s.trouble, &s.detail, &s.holder, &held)
	if db.NoRows(err) {
		return state{}, false, nil
	}
	s.tried, s.again, s.held = clock.Time(tried), clock.Time(again), clock.Time(held)
	return s, err == nil, err
}

func saveState(tx *db.Tx, s state) error {
	_, err := tx.Exec(setState, clock.Millis(s.tried), s.fails, clock.Millis(s.again), s.trouble, s.detail, s.holder, clock.Millis(s.held))
	return err
}
