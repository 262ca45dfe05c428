// Package draft keeps what somebody is writing, sealed to the writer's own key.
//
// The idea: sealing needs only the public half of a key. So what is typed into a
// page that stayed open is kept also when the sign-in ended by time or the key
// was locked meanwhile; reading it needs the unlocked key. Rooms with tables of
// their own use Seal; a form that only wants not to lose what was typed uses a
// Shelf.
//
// Stored by a Shelf: one envelope a writer and place (the room's name of the
// form), and when it was touched; at most Most for each writer. It goes when the
// form is saved, and Life after the last touch.
//
// It must never give a draft to anybody but its writer, and gives no right but
// that of adding to it.
package draft

import (
	"context"
	"embed"
	"encoding/json"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Author is who writes a draft: a signed-in member, or, with an empty Agency,
// one whose sign-in ended by time and who may only add to an own draft what was
// typed into a page that was still open.
type Author struct {
	User, Agency string
	Key          *vault.PrivateKey
}

// AuthorOf is the viewer as an author.
func AuthorOf(v *web.Viewer) Author { return Author{v.UserID, v.AgencyID, v.Key} }

// Keys is what drafts need of the accounts.
type Keys interface {
	// PublicKey is what a user's drafts are sealed to; it needs no sign-in.
	PublicKey(tx *db.Tx, userID string) (vault.PublicKey, error)
}

// Seal closes an answer so that only its author opens it: with the author's own
// key, which is cheaper, or, when that is locked, to its public half.
func Seal(ctx context.Context, d *db.DB, keys Keys, by Author, a ask.Answer, place vault.Binding) ([]byte, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	if by.Key != nil {
		return by.Key.SealOwn(plain, place)
	}
	var key vault.PublicKey
	err = d.Read(ctx, func(tx *db.Tx) (err error) {
		key, err = keys.PublicKey(tx, by.User)
		return err
	})
	if err != nil {
		return nil, err
	}
	return vault.SealTo(key, plain, place)
}

// Open opens what Seal closed. Errors: fault.Unlock with a locked key.
func Open(key *vault.PrivateKey, env []byte, place vault.Binding) (a ask.Answer, err error) {
	if key == nil {
		return nil, fault.New(fault.Unlock, "")
	}
	plain, err := key.Open(env, place)
	if err != nil {
		return nil, fault.Wrap(err, "open draft", place.Row)
	}
	return a, fault.Wrap(json.Unmarshal(plain, &a), "read draft", place.Row)
}

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what a Shelf stores.
var Schema = db.Schema{Package: "draft", Files: schemaFiles}

var (
	putStmt = db.Statement(`INSERT INTO draft_draft (user_id, place, touched, env) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, place) DO UPDATE SET touched = excluded.touched, env = excluded.env`)
	crowdStmt  = db.Statement(`DELETE FROM draft_draft WHERE user_id = $1 AND place NOT IN (SELECT place FROM draft_draft WHERE user_id = $2 ORDER BY touched DESC LIMIT $3)`)
	getStmt    = db.Statement(`SELECT touched, env FROM draft_draft WHERE user_id = $1 AND place = $2`)
	placesStmt = db.Statement(`SELECT place, touched FROM draft_draft WHERE user_id = $1 AND touched >= $2 ORDER BY touched DESC, place`)
	othersStmt = db.Statement(`SELECT COUNT(*) FROM draft_draft WHERE user_id = $1 AND place <> $2`)
	dropStmt   = db.Statement(`DELETE FROM draft_draft WHERE user_id = $1 AND place = $2`)
	underStmt  = db.Statement(`DELETE FROM draft_draft WHERE place >= $1 AND place < $2`)
	oldStmt    = db.Statement(`DELETE FROM draft_draft WHERE touched < $1`)
)

const (
	// Life is how long a draft waits after its last touch.
	Life = 14 * 24 * time.Hour
	// Most is how many drafts a writer has; the oldest give way.
	Most = 50
	// longest is how long the name of a place may be.
	longest = 200
)

// Shelf keeps drafts of forms.
type Shelf struct {
	DB   *db.DB
	Now  clock.Clock
	Keys Keys
}

func binding(user, place string) vault.Binding {
	return vault.Binding{Field: "draft.answer", Row: place, Scope: user}
}

// Keep seals what is typed into the form of a place; nothing typed is no draft.
func (s *Shelf) Keep(ctx context.Context, by Author, place string, a ask.Answer) error {
	if by.User == "" || place == "" || len(place) > longest {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	if len(a) == 0 {
		return s.Drop(ctx, by.User, place)
	}
	env, err := Seal(ctx, s.DB, s.Keys, by, a, binding(by.User, place))
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(putStmt, by.User, place, clock.Millis(s.Now()), env); err != nil {
			return err
		}
		_, err := tx.Exec(crowdStmt, by.User, by.User, Most)
		return err
	})
}

// Load opens the viewer's draft of a place; nil when there is none, or while the
// key is locked.
func (s *Shelf) Load(ctx context.Context, v *web.Viewer, place string) (a ask.Answer, touched time.Time, err error) {
	var env []byte
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var at int64
		err := tx.Row(getStmt, v.UserID, place).Scan(&at, &env)
		touched = clock.Time(at)
		if db.NoRows(err) {
			return nil
		}
		return err
	})
	if err != nil || env == nil || v.Key == nil {
		return nil, touched, err
	}
	a, err = Open(v.Key, env, binding(v.UserID, place))
	return a, touched, err
}

// Drop deletes a draft: its form was saved.
func (s *Shelf) Drop(ctx context.Context, user, place string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(dropStmt, user, place)
		return err
	})
}

// DropUnder deletes every writer's drafts whose place begins so; prefix ends with
// a slash.
func DropUnder(tx *db.Tx, prefix string) error {
	_, err := tx.Exec(underStmt, prefix, strings.TrimSuffix(prefix, "/")+"0") // "0" follows "/"
	return err
}

// Sweep deletes drafts that nobody touched for Life.
func (s *Shelf) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(oldStmt, clock.Millis(s.Now().Add(-Life)))
		return err
	})
}
