package consent

import (
	"context"
	"embed"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/jobs"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is the package's part of the database.
var Schema = db.Schema{Package: "consent", Files: schemaFiles}

const columns = `id, object, by_agency, by_user, to_agency, parts, purpose, until, how, language, text_version, interpreter, guardian, at, withdrawn_at, withdrawn_by`

var (
	insertStmt = db.Statement(`INSERT INTO consent_entry (` + columns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, '')`)
	entryStmt    = db.Statement(`SELECT ` + columns + ` FROM consent_entry WHERE id = $1`)
	objectStmt   = db.Statement(`SELECT ` + columns + ` FROM consent_entry WHERE object = $1 ORDER BY at, id`)
	withdrawStmt = db.Statement(`UPDATE consent_entry SET withdrawn_at = $1, withdrawn_by = $2 WHERE id = $3 AND withdrawn_at = 0`)
	oldStmt      = db.Statement(`DELETE FROM consent_entry WHERE id IN
		(SELECT id FROM consent_entry WHERE (withdrawn_at > 0 AND withdrawn_at < $1) OR until < $2 ORDER BY id LIMIT $3)`)
)

func scanEntry(scan func(...any) error) (Entry, error) {
	var e Entry
	var parts string
	var until, at, withdrawn int64
	err := scan(&e.ID, &e.Object, &e.ByAgency, &e.ByUser, &e.ToAgency, &parts, &e.Purpose, &until, &e.How, &e.Language,
		&e.TextVersion, &e.Interpreter, &e.Guardian, &at, &withdrawn, &e.WithdrawnBy)
	e.Parts = strings.Fields(parts)
	e.Until, e.At, e.WithdrawnAt = clock.Time(until), clock.Time(at), clock.Time(withdrawn)
	return e, err
}

// Record writes an entry in the transaction in which something leaves.
// Errors: fault.Invalid for an incomplete consent; nothing may leave then.
func Record(tx *db.Tx, e Entry) error {
	if err := e.Check(); err != nil {
		return err
	}
	_, err := tx.Exec(insertStmt, e.ID, e.Object, e.ByAgency, e.ByUser, e.ToAgency, strings.Join(e.Parts, " "), e.Purpose,
		clock.Millis(e.Until), e.How, e.Language, e.TextVersion, e.Interpreter, e.Guardian, clock.Millis(e.At))
	if err != nil {
		return fault.Wrap(err, "record consent", e.ID)
	}
	return jobs.Enqueue(tx, jobForget, e.ID, e.Until.Add(Keep+time.Minute), struct{}{})
}

const jobForget = "consent.forget"

// Handle registers the deletion of entries whose time is over.
func Handle(r *jobs.Runner, d *db.DB, now clock.Clock) {
	r.Handle(jobForget, func(ctx context.Context, j jobs.Job) error {
		return d.Write(ctx, func(tx *db.Tx) error {
			if _, err := Forget(tx, now(), 1000); err != nil {
				return err
			}
			return j.Done(tx)
		})
	})
}

// Withdraw ends an entry at a time. An entry that has ended stays as it is:
// the first withdrawal counts.
func Withdraw(tx *db.Tx, id, byUser string, at time.Time) error {
	_, err := tx.Exec(withdrawStmt, clock.Millis(at), byUser, id)
	return fault.Wrap(err, "withdraw consent", id)
}

// ByID finds an entry. Errors: fault.NotFound.
func ByID(tx *db.Tx, id string) (Entry, error) {
	e, err := scanEntry(tx.Row(entryStmt, id).Scan)
	if db.NoRows(err) {
		return e, fault.New(fault.NotFound, "web.error.not-found")
	}
	return e, fault.Wrap(err, "consent", id)
}

// Of lists the entries about an object, oldest first.
func Of(tx *db.Tx, object string) ([]Entry, error) {
	var out []Entry
	err := tx.Each(objectStmt, func(scan func(...any) error) error {
		e, err := scanEntry(scan)
		out = append(out, e)
		return err
	}, object)
	return out, fault.Wrap(err, "consents of", object)
}

// Forget deletes up to limit entries that ended more than Keep ago and says
// how many it deleted.
func Forget(tx *db.Tx, now time.Time, limit int) (int64, error) {
	before := clock.Millis(now.Add(-Keep))
	n, err := tx.Exec(oldStmt, before, before, limit)
	return n, fault.Wrap(err, "forget consents")
}
