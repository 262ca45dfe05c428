package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	lookEvery = 400 * time.Millisecond
	leaseTime = 5 * time.Second
	atOnce    = 512 // leaves in one transaction: it stays short beside the others
	leaseName = "sequencer"
)

// ErrKey says that the log is signed by another key than this node's.
var ErrKey = errors.New("audit: the log is signed by another node.key; put back the original")

// Log is this instance's sequencer.
type Log struct {
	d      *db.DB
	key    *Key
	now    clock.Clock
	log    *slog.Logger
	holder string
	keep   string
}

// NewLog makes a sequencer. keepIn is the folder whose CheckpointFile gets
// each new checkpoint, "" for none. A nil logger discards.
func NewLog(d *db.DB, key *Key, now clock.Clock, logger *slog.Logger, keepIn string) *Log {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	l := &Log{d: d, key: key, now: now, log: logger, holder: id.New()}
	if keepIn != "" {
		l.keep = filepath.Join(keepIn, CheckpointFile)
	}
	return l
}

// Run appends what waits, until ctx ends; then once more, and gives the lease
// back so that the next instance need not wait for its end.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseTime)
			defer cancel()
			l.round(last)
			l.release(last)
			return
		case <-tick.C:
			l.round(ctx)
		}
	}
}

func (l *Log) round(ctx context.Context) {
	if _, err := l.Append(ctx); err != nil && ctx.Err() == nil {
		l.log.Error("audit: append", "fault", fault.KindOf(err).String(), "err", err)
	}
}

func (l *Log) release(ctx context.Context) {
	err := l.d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(endLeaseStmt, leaseName, l.holder); return err })
	if err != nil {
		l.log.Warn("audit: the lease ends by itself", "err", err)
	}
}

// Append puts all waiting leaves into the log and says how many. Zero when
// none waits or another instance holds the lease. Errors: ErrKey.
func (l *Log) Append(ctx context.Context) (total int, err error) {
	for {
		n, err := l.appendBatch(ctx)
		total += n
		if err != nil || n < atOnce {
			return total, err
		}
	}
}

// appendBatch looks first by a plain read, so that an idle log writes nothing
// and the look conflicts with no writer.
func (l *Log) appendBatch(ctx context.Context) (int, error) {
	var batch []Entry
	err := l.d.Read(ctx, func(tx *db.Tx) (err error) {
		batch, err = entries(tx, waitingStmt, atOnce)
		return err
	})
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	var n int
	var signed string
	err = l.d.Write(ctx, func(tx *db.Tx) error {
		n, signed = 0, ""
		mine, err := l.lease(tx)
		if err != nil || !mine {
			return err
		}
		n, signed, err = l.sequence(tx, batch)
		return err
	})
	if err != nil {
		return 0, err
	}
	if signed != "" && l.keep != "" {
		if err := keepFile(l.keep, signed); err != nil {
			l.log.Error("audit: keeping the checkpoint", "err", err)
		}
	}
	return n, nil
}

func (l *Log) lease(tx *db.Tx) (bool, error) {
	now := l.now()
	n, err := tx.Exec(leaseStmt, l.holder, clock.Millis(now.Add(leaseTime)), leaseName, l.holder, clock.Millis(now))
	if err == nil && n == 0 {
		n, err = tx.Exec(newLeaseStmt, leaseName, l.holder, clock.Millis(now.Add(leaseTime)))
	}
	return n == 1, err
}

// sequence appends a batch and signs the new size, all in one transaction:
// the tree is never ahead of its checkpoint.
func (l *Log) sequence(tx *db.Tx, batch []Entry) (int, string, error) {
	current, err := currentLog(tx)
	if db.NoRows(err) {
		current, err = startLog(tx, l.key, l.now(), "")
	}
	if err != nil {
		return 0, "", err
	}
	if current.public != l.key.Public() {
		return 0, "", ErrKey
	}
	size, _, err := lastSize(tx, current.number)
	if err != nil {
		return 0, "", err
	}
	tree := &storedTree{tx: tx, log: current.number, fresh: map[int64]tlog.Hash{}}
	before := size
	for _, e := range batch {
		n, err := tx.Exec(placeStmt, current.number, size, e.ID)
		if err != nil {
			return 0, "", err
		}
		if n == 0 {
			continue // another instance was first
		}
		if err := tree.append(size, e.canonical()); err != nil {
			return 0, "", err
		}
		size++
	}
	if size == before {
		return 0, "", nil
	}
	signed, err := checkpoint(tx, tree, current, size, l.key, l.now())
	return int(size - before), signed, err
}

func checkpoint(tx *db.Tx, tree tlog.HashReader, current logRow, size int64, key *Key, now time.Time) (string, error) {
	root, err := tlog.TreeHash(size, tree)
	if err != nil {
		return "", fmt.Errorf("audit: root: %w", err)
	}
	signed, err := point{current.origin, size, root, current.after}.sign(key)
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(checkpointStmt, current.number, size, clock.Millis(now), signed)
	return signed, err
}

// storedTree reads the hashes of a log, those of this transaction from
// memory, and writes new ones.
type storedTree struct {
	tx    *db.Tx
	log   int64
	fresh map[int64]tlog.Hash
}

// ReadHashes serves tlog.
func (t *storedTree) ReadHashes(places []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(places))
	for i, place := range places {
		if h, ok := t.fresh[place]; ok {
			out[i] = h
			continue
		}
		var b []byte
		if err := t.tx.Row(hashAtStmt, t.log, place).Scan(&b); err != nil {
			return nil, fmt.Errorf("audit: hash %d of log %d: %w", place, t.log, err)
		}
		if copy(out[i][:], b) != tlog.HashSize {
			return nil, fmt.Errorf("audit: hash %d of log %d is short", place, t.log)
		}
		t.fresh[place] = out[i]
	}
	return out, nil
}

func (t *storedTree) append(position int64, leaf []byte) error {
	hashes, err := tlog.StoredHashes(position, leaf, t)
	if err != nil {
		return err
	}
	place := tlog.StoredHashIndex(0, position)
	for i, h := range hashes {
		if _, err := t.tx.Exec(hashStmt, t.log, place+int64(i), h[:]); err != nil {
			return err
		}
		t.fresh[place+int64(i)] = h
	}
	return nil
}

// logRow is one log: the first, or one begun by a restore.
type logRow struct {
	number         int64
	origin, public string
	started        int64
	after          string
}

func (r *logRow) scan(scan func(...any) error) error {
	return scan(&r.number, &r.origin, &r.public, &r.started, &r.after)
}

func currentLog(tx *db.Tx) (r logRow, err error) {
	err = r.scan(tx.Row(currentLogStmt).Scan)
	return r, err
}

func allLogs(tx *db.Tx) ([]logRow, error) {
	var out []logRow
	err := tx.Each(logsStmt, func(scan func(...any) error) error {
		var r logRow
		err := r.scan(scan)
		out = append(out, r)
		return err
	})
	return out, err
}

func startLog(tx *db.Tx, key *Key, now time.Time, after string) (logRow, error) {
	r := logRow{number: 1, public: key.Public(), started: clock.Millis(now), after: after}
	old, err := currentLog(tx)
	if err == nil {
		r.number = old.number + 1
	} else if !db.NoRows(err) {
		return r, err
	}
	r.origin = fmt.Sprintf("amelie.log/%s/%d", id.Secret(10), r.number)
	_, err = tx.Exec(newLogStmt, r.number, r.origin, r.public, r.started, r.after)
	return r, err
}

// lastSize is the size of a log and its newest checkpoint; 0 and "" for one
// without entries.
func lastSize(tx *db.Tx, number int64) (size int64, signed string, err error) {
	err = tx.Row(lastCheckpoint, number).Scan(&size, &signed)
	if db.NoRows(err) {
		return 0, "", nil
	}
	return size, signed, err
}

// Fork starts a new log, signed by key, that goes on after the newest
// checkpoint in this database: what a restore does before anything else.
func Fork(tx *db.Tx, key *Key, now time.Time, reason string) error {
	after := ""
	old, err := currentLog(tx)
	if err != nil && !db.NoRows(err) {
		return err
	}
	if err == nil {
		_, signed, err := lastSize(tx, old.number)
		if err != nil {
			return err
		}
		if signed != "" {
			p, err := openCheckpoint(signed, old.public)
			if err != nil {
				return err
			}
			after = p.name()
		}
	}
	r, err := startLog(tx, key, now, after)
	if err != nil {
		return err
	}
	return Record(tx, Event{At: now, Action: "log.forked", Object: fmt.Sprintf("log/%d", r.number), Purpose: reason})
}

// Waiting says how many leaves wait for the sequencer and since when.
func Waiting(ctx context.Context, d *db.DB) (n int64, oldest time.Time, err error) {
	var at int64
	err = d.Read(ctx, func(tx *db.Tx) error { return tx.Row(waitingCount).Scan(&n, &at) })
	return n, clock.Time(at), err
}

// Newest is when the newest leaf says that it was written; the zero time when
// there is none.
func Newest(ctx context.Context, d *db.DB) (time.Time, error) { return moment(ctx, d, newestStmt) }

// Signed is when the newest checkpoint was signed.
func Signed(ctx context.Context, d *db.DB) (time.Time, error) { return moment(ctx, d, signedStmt) }

func moment(ctx context.Context, d *db.DB, s *db.Stmt) (time.Time, error) {
	var at int64
	err := d.Read(ctx, func(tx *db.Tx) error { return tx.Row(s).Scan(&at) })
	return clock.Time(at), err
}

// keepFile replaces the file that keeps the newest checkpoint outside the
// database in one step.
// req: AUDIT-3
func keepFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".checkpoint-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
