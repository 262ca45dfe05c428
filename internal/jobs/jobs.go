// Package jobs does later what follows from something that was done now:
// a message, a reminder, an expiry. A job is written in the same transaction
// as its cause, so that neither exists without the other.
//
// The life of a job: it waits until its time; a runner claims it for a few
// minutes with a lease; when it succeeds it is deleted; when it fails it waits
// again, longer each time; after many failures it is dead, is counted for the
// operator and stays until somebody revives or drops it. When a runner dies,
// its leases end and others take over. Each job therefore runs at least once,
// and its handler must be harmless when it runs twice; a handler whose whole
// effect is in the database calls Job.Done in its own transaction and runs
// exactly once.
//
// Stored: the kind, a key, the payload as JSON, times and the last fault. A
// payload holds identifiers; it never holds a key or content in clear.
// Several instances share the table.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/id"
)

// Job is a claimed job in the hands of its handler.
type Job struct {
	ID, Kind, Key string
	Payload       []byte // JSON
	Attempt       int64  // 1 the first time
	lease         string
}

// Decode reads the payload.
func (j Job) Decode(into any) error { return json.Unmarshal(j.Payload, into) }

// ErrLost says that the lease ended and another runner may have the job.
var ErrLost = errors.New("jobs: the lease is lost")

// Done ends the job inside the handler's own write, so that effect and end
// happen together or not at all. Errors: ErrLost, which must undo the write.
func (j Job) Done(tx *db.Tx) error {
	n, err := tx.Exec(doneStmt, j.ID, j.lease)
	if err == nil && n == 0 {
		return ErrLost
	}
	return err
}

// Enqueue writes a job for runAt; a zero time means now. Of one kind and key
// at most one job waits: a later Enqueue replaces its time and payload. With
// an empty key each call is a job of its own. A job that already runs is not
// touched; a new one then waits beside it.
func Enqueue(tx *db.Tx, kind, key string, runAt time.Time, payload any) error {
	text, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("jobs: payload of %s: %w", kind, err)
	}
	newID := id.New()
	slot := newID
	if key != "" {
		slot = "key " + key
	}
	_, err = tx.Exec(enqueueStmt, newID, kind, key, slot, string(text), clock.Millis(runAt))
	if err != nil {
		return err
	}
	wakeAll()
	return nil
}

// EnqueueDays writes a job of a kind for each of some days, about one thing.
func EnqueueDays(tx *db.Tx, kind, id string, days []time.Time) error {
	for _, at := range days {
		if err := Enqueue(tx, kind, id+"/"+at.UTC().Format(time.DateOnly), at, id); err != nil {
			return err
		}
	}
	return nil
}

// Cancel takes back the waiting job of a kind and key, if there is one; a
// job that already runs may still finish.
func Cancel(tx *db.Tx, kind, key string) error {
	_, err := tx.Exec(cancelStmt, kind, key)
	return err
}

// CancelUnder is Cancel for all keys that begin so.
func CancelUnder(tx *db.Tx, kind, prefix string) error {
	_, err := tx.Exec(cancelUnderStmt, kind, len(prefix), prefix)
	return err
}

// permanent marks a failure that trying again cannot mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent makes a handler's failure final: the job is dead at once.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

// IsPermanent tells whether trying again cannot mend an error.
func IsPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}

// Count is what an operator watches.
type Count struct {
	Waiting, Dead int64
	Lag           time.Duration // how long the oldest due job has waited beyond its time
}

// Counts reads the numbers for the metrics page.
func Counts(ctx context.Context, d *db.DB, now time.Time) (Count, error) {
	var c Count
	err := d.Read(ctx, func(tx *db.Tx) error {
		c = Count{}
		return tx.Each(countStmt, func(scan func(...any) error) error {
			var state string
			var n, oldest int64
			if err := scan(&state, &n, &oldest); err != nil {
				return err
			}
			if state == "dead" {
				c.Dead = n
				return nil
			}
			c.Waiting = n
			if oldest > 0 { // 0: "now", which the next round takes
				c.Lag = max(0, now.Sub(clock.Time(oldest)))
			}
			return nil
		})
	})
	return c, err
}

// KindCount is how the jobs of one kind are.
type KindCount struct {
	Waiting, Failing, Dead int64     // Failing: waiting after at least one failed try
	Oldest                 time.Time // when the oldest waiting one was due; zero: none waits
}

// ByKind counts the jobs of each kind.
func ByKind(tx *db.Tx) (map[string]KindCount, error) {
	out := map[string]KindCount{}
	err := tx.Each(kindStmt, func(scan func(...any) error) error {
		var kind, state string
		var n, oldest, most int64
		if err := scan(&kind, &state, &n, &oldest, &most); err != nil {
			return err
		}
		c := out[kind]
		if state == "dead" {
			c.Dead += n
		} else {
			c.Waiting += n
			if most > 0 {
				c.Failing += n
			}
			if c.Oldest.IsZero() || clock.Time(oldest).Before(c.Oldest) {
				c.Oldest = clock.Time(oldest)
			}
		}
		out[kind] = c
		return nil
	})
	return out, err
}

// ReviveSince lets the jobs of a kind that were given up after since try
// again, and says how many.
func ReviveSince(tx *db.Tx, kind string, since, now time.Time) (int64, error) {
	n, err := tx.Exec(reviveKindStmt, clock.Millis(now), kind, clock.Millis(since))
	wakeAll()
	return n, err
}

// Buried is a dead job as an operator sees it.
type Buried struct {
	ID, Kind, Fault string
	Attempts        int64
	Since           time.Time
}

// Dead lists the oldest 200 dead jobs.
func Dead(ctx context.Context, d *db.DB) ([]Buried, error) {
	var out []Buried
	err := d.Read(ctx, func(tx *db.Tx) error {
		out = nil
		return tx.Each(deadStmt, func(scan func(...any) error) error {
			var b Buried
			var at int64
			err := scan(&b.ID, &b.Kind, &b.Attempts, &at, &b.Fault)
			b.Since = clock.Time(at)
			out = append(out, b)
			return err
		})
	})
	return out, err
}

// Revive lets a dead job try again.
func Revive(tx *db.Tx, jobID string, now time.Time) error {
	_, err := tx.Exec(reviveStmt, clock.Millis(now), jobID)
	wakeAll()
	return err
}

// Drop gives a dead job up.
func Drop(tx *db.Tx, jobID string) error {
	_, err := tx.Exec(dropStmt, jobID)
	return err
}

// bell wakes the runners of this process when something was enqueued here.
// It rings before the transaction commits, so a runner looks several times.
var bell struct {
	sync.Mutex
	listeners map[chan struct{}]bool
}

func listen() chan struct{} {
	c := make(chan struct{}, 1)
	bell.Lock()
	defer bell.Unlock()
	if bell.listeners == nil {
		bell.listeners = map[chan struct{}]bool{}
	}
	bell.listeners[c] = true
	return c
}

func unlisten(c chan struct{}) {
	bell.Lock()
	defer bell.Unlock()
	delete(bell.listeners, c)
}

func wakeAll() {
	bell.Lock()
	defer bell.Unlock()
	for c := range bell.listeners {
		select {
		case c <- struct{}{}:
		default: // it is already awake
		}
	}
}
