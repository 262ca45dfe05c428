// Package audit remembers who did what, when and for what purpose, so that
// nobody, not even who runs the machine, can change it later unseen.
//
// The life of an entry: the transaction that does something writes a leaf
// (Record), in no particular order, so that writers do not wait for each
// other. One sequencer, held by a lease among all instances, appends the
// waiting leaves within a second to a Merkle tree (RFC 6962, by x/mod's tlog)
// and signs its size and root as a checkpoint (x/mod's note). Verify
// recomputes everything from the leaves. Whoever keeps a checkpoint elsewhere,
// another installation, an auditor, a file outside the database, can prove
// that history up to it was neither cut nor rewritten.
//
// Stored: leaves with identifiers, codes and times; hashes; checkpoints. What
// may have to be erased one day stands in a leaf only as a hash with a salt
// of its own; deleting the salt makes the hash say nothing, and the tree
// still proves. A leaf never holds content, a name or an address in clear.
//
// A restored backup starts a new log that names the last checkpoint of the
// old one (Fork); nothing pretends that the lost end did not happen.
package audit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/id"
)

// Event is what happened. Actor and Agency are identifiers ("" for a visitor
// or the program itself), Action a word of the domain ("referral.sent"),
// Object its kind and identifier ("referral/0190…"), Purpose a code.
type Event struct {
	At             time.Time
	Actor, Agency  string
	Action, Object string
	Purpose        string
	Erasable       map[string]string // kept only as salted hashes
}

// Entry is an event as the log holds it.
type Entry struct {
	ID             string
	At             time.Time
	Actor, Agency  string
	Action, Object string
	Purpose        string
	Hashes         []string // "name=hex", sorted
	Log, Position  int64    // Position -1: not yet in the log
}

// Record writes the leaf of an event inside the transaction that does it.
func Record(tx *db.Tx, e Event) error {
	leaf := Entry{ID: id.New(), At: e.At, Actor: e.Actor, Agency: e.Agency, Action: e.Action, Object: e.Object, Purpose: e.Purpose}
	if e.Action == "" || e.At.IsZero() {
		return fmt.Errorf("audit: an event needs an action and a time: %q", e.Action)
	}
	if len(e.Erasable) > 0 {
		salt := make([]byte, 32)
		rand.Read(salt) // never fails since Go 1.24
		for name, value := range e.Erasable {
			if strings.ContainsAny(name, "=\n\x00") {
				return fmt.Errorf("audit: erasable name %q", name)
			}
			leaf.Hashes = append(leaf.Hashes, name+"="+saltedHash(salt, name, value))
		}
		slices.Sort(leaf.Hashes)
		if _, err := tx.Exec(saltStmt, leaf.ID, salt); err != nil {
			return err
		}
	}
	_, err := tx.Exec(leafStmt, leaf.ID, clock.Millis(leaf.At), leaf.Actor, leaf.Agency, leaf.Action, leaf.Object, leaf.Purpose, strings.Join(leaf.Hashes, "\n"))
	return err
}

// saltedHash hides a value: HMAC-SHA256 under the leaf's salt of name, NUL,
// value.
func saltedHash(salt []byte, name, value string) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(name + "\x00" + value))
	return hex.EncodeToString(mac.Sum(nil))
}

// canonical is what the tree hashes: a JSON array of strings in this order.
func (e Entry) canonical() []byte {
	fields := append([]string{"amelie leaf 1", e.ID, strconv.FormatInt(clock.Millis(e.At), 10), e.Actor, e.Agency, e.Action, e.Object, e.Purpose}, e.Hashes...)
	text, err := json.Marshal(fields)
	if err != nil {
		panic("audit: strings do not encode: a fault in this package")
	}
	return text
}

// Erase makes the erasable values of all entries about an object unprovable
// and unguessable, for ever. The entries stay.
// req: AUDIT-2
func Erase(tx *db.Tx, object string) error {
	_, err := tx.Exec(eraseStmt, object)
	return err
}

// EraseEntry does the same for one entry.
func EraseEntry(tx *db.Tx, entry string) error {
	_, err := tx.Exec(eraseLeafStmt, entry)
	return err
}

// Confirm says whether an entry was recorded with this erasable value; false
// also when it was erased.
func Confirm(tx *db.Tx, entry, name, value string) (bool, error) {
	var hashes string
	var salt []byte
	err := tx.Row(saltOfStmt, entry).Scan(&hashes, &salt)
	if db.NoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.Contains(strings.Split(hashes, "\n"), name+"="+saltedHash(salt, name, value)), nil
}

// History lists the entries about an object, oldest first, at most 1000.
func History(tx *db.Tx, object string) ([]Entry, error) { return entries(tx, historyStmt, object) }

// Latest lists up to n entries before a time, newest first.
func Latest(tx *db.Tx, before time.Time, n int) ([]Entry, error) {
	return entries(tx, latestStmt, clock.Millis(before), n)
}

func entries(tx *db.Tx, s *db.Stmt, args ...any) ([]Entry, error) {
	var out []Entry
	err := tx.Each(s, func(scan func(...any) error) error {
		var e Entry
		var at int64
		var hashes string
		if err := scan(&e.ID, &at, &e.Actor, &e.Agency, &e.Action, &e.Object, &e.Purpose, &hashes, &e.Log, &e.Position); err != nil {
			return err
		}
		e.At = clock.Time(at)
		if hashes != "" {
			e.Hashes = strings.Split(hashes, "\n")
		}
		out = append(out, e)
		return nil
	}, args...)
	return out, err
}
