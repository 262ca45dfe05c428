package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const page = 1000 // leaves read in one snapshot

// Problem is one finding of Verify: which log, which position in it (-1 when
// it is about the whole log), and what is wrong in words for an operator.
type Problem struct {
	Log, Position int64
	What          string
}

// Report is what Verify found.
type Report struct {
	Logs, Entries, Checkpoints int64
	Waiting                    int64     // leaves that the sequencer has not yet taken
	Oldest                     time.Time // of those
	Kept                       int       // checkpoints from elsewhere that were compared
	Latest                     string    // the newest checkpoint, to be kept elsewhere
	Notes                      []string  // true and worth knowing, no fault
	Problems                   []Problem
}

// OK says whether nothing is wrong. Waiting leaves are not wrong.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// String is the report for an operator's terminal.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "logs %d, entries %d, checkpoints %d, compared with kept checkpoints %d, waiting %d", r.Logs, r.Entries, r.Checkpoints, r.Kept, r.Waiting)
	if r.Waiting > 0 {
		fmt.Fprintf(&b, " (oldest %s)", r.Oldest.Format(time.RFC3339))
	}
	b.WriteString("\n")
	for _, n := range r.Notes {
		b.WriteString("note: " + n + "\n")
	}
	for _, p := range r.Problems {
		if p.Position >= 0 {
			fmt.Fprintf(&b, "WRONG: log %d, entry %d: %s\n", p.Log, p.Position, p.What)
		} else {
			fmt.Fprintf(&b, "WRONG: log %d: %s\n", p.Log, p.What)
		}
	}
	if r.OK() {
		b.WriteString("the log is whole\n")
	}
	return b.String()
}

// most is how many problems of one log are listed one by one.
const most = 100

func (r *Report) wrong(log, position int64, format string, args ...any) {
	if len(r.Problems) < most {
		r.Problems = append(r.Problems, Problem{log, position, fmt.Sprintf(format, args...)})
	} else if len(r.Problems) == most {
		r.Problems = append(r.Problems, Problem{log, -1, "more problems follow; the list ends here"})
	}
}

// Verify recomputes every log from its leaves: each leaf's hash, each stored
// hash of the tree, each checkpoint's root and signature, and with them that
// every checkpoint is consistent with the one before and every leaf included.
// public is the node's key (Key.Public), under which the newest log must be
// signed; older ones are signed under the keys recorded with them and named
// by their successor. kept are checkpoints from outside the database: only
// they can show that the end was cut off. An error means that it could not be
// checked; what is wrong stands in the report.
// req: AUDIT-1
func Verify(ctx context.Context, d *db.DB, public string, kept ...string) (Report, error) {
	var r Report
	var logs []logRow
	err := d.Read(ctx, func(tx *db.Tx) error {
		logs = nil
		var oldest int64
		if err := tx.Row(waitingCount).Scan(&r.Waiting, &oldest); err != nil {
			return err
		}
		r.Oldest = clock.Time(oldest)
		var err error
		logs, err = allLogs(tx)
		return err
	})
	if err != nil {
		return r, err
	}
	foreign := readKept(&r, kept, logs, public)
	for i, l := range logs {
		r.Logs++
		last := i == len(logs)-1
		if last && l.public != public {
			r.wrong(l.number, -1, "is signed by another key than this node's")
		}
		if l.number != int64(i+1) {
			r.wrong(l.number, -1, "a log before it is missing")
		}
		w := &walk{d: d, r: &r, log: l, last: last, foreign: foreign[l.origin]}
		if err := w.run(ctx); err != nil {
			return r, err
		}
		if i+1 < len(logs) {
			checkSuccessor(&r, w, logs[i+1])
		}
	}
	return r, checkTotal(ctx, d, &r)
}

// readKept sorts checkpoints from elsewhere by the log that they are about.
func readKept(r *Report, kept []string, logs []logRow, public string) map[string][]point {
	out := map[string][]point{}
	for _, signed := range kept {
		var p point
		err := errCheckpoint
		for _, key := range append(publicKeys(logs), public) {
			if p, err = openCheckpoint(signed, key); err == nil {
				break
			}
		}
		if err != nil {
			r.wrong(0, -1, "a kept checkpoint is signed by none of the keys of these logs")
			continue
		}
		r.Kept++
		known := false
		for _, l := range logs {
			known = known || l.origin == p.origin
		}
		if !known {
			r.wrong(0, -1, "the log %s, of which a checkpoint of %d entries was kept, is missing", p.origin, p.size)
			continue
		}
		out[p.origin] = append(out[p.origin], p)
	}
	return out
}

func publicKeys(logs []logRow) []string {
	var out []string
	for _, l := range logs {
		out = append(out, l.public)
	}
	return out
}

// checkSuccessor proves that a log begun by a restore names the point at
// which its predecessor ends here.
func checkSuccessor(r *Report, w *walk, next logRow) {
	want := ""
	if w.size > 0 {
		want = point{origin: w.log.origin, size: w.size, root: w.root}.name()
	}
	if next.after != want {
		r.wrong(next.number, -1, "does not go on where log %d ends", w.log.number)
		return
	}
	r.Notes = append(r.Notes, fmt.Sprintf("log %d was begun after entry %d of log %d, by a restore", next.number, w.size, w.log.number))
}

// checkTotal finds leaves that belong to no log at all.
func checkTotal(ctx context.Context, d *db.DB, r *Report) error {
	var total, waiting, oldest, placed int64
	err := d.Read(ctx, func(tx *db.Tx) error {
		if err := tx.Row(totalStmt).Scan(&total); err != nil {
			return err
		}
		if err := tx.Row(waitingCount).Scan(&waiting, &oldest); err != nil {
			return err
		}
		logs, err := allLogs(tx)
		if err != nil {
			return err
		}
		placed = 0
		for _, l := range logs {
			var some int64
			if err := tx.Row(beyondStmt, l.number, int64(0)).Scan(&some); err != nil {
				return err
			}
			placed += some
		}
		return nil
	})
	if err == nil && placed+waiting != total {
		r.wrong(0, -1, "%d entries belong to no log", total-placed-waiting)
	}
	return err
}

// walk goes through one log from its first leaf to its newest checkpoint.
type walk struct {
	d       *db.DB
	r       *Report
	log     logRow
	last    bool
	foreign []point

	tree    replay
	size    int64     // of the newest checkpoint
	root    tlog.Hash // of the newest checkpoint
	bad     bool      // a root did not match: later ones cannot either
	lost    bool      // an entry is gone with its hash: the rest cannot be checked
	pending []signedPoint
	seen    int64 // size of the last checkpoint read
}

type signedPoint struct {
	size   int64
	signed string
}

func (w *walk) run(ctx context.Context) error {
	var newest string
	err := w.d.Read(ctx, func(tx *db.Tx) (err error) {
		w.size, newest, err = lastSize(tx, w.log.number)
		return err
	})
	if err != nil {
		return err
	}
	if w.last {
		w.r.Latest = newest
	}
	w.tree = replay{}
	for from := int64(0); from < w.size && !w.lost; from += page {
		to := min(from+page, w.size)
		if err := w.pageOf(ctx, from, to); err != nil {
			return err
		}
	}
	w.compareKept()
	return w.beyond(ctx)
}

// pageOf reads a page in one snapshot, then recomputes it.
func (w *walk) pageOf(ctx context.Context, from, to int64) error {
	stored := map[int64]tlog.Hash{}
	var leaves []Entry
	err := w.d.Read(ctx, func(tx *db.Tx) (err error) {
		clear(stored)
		leaves, err = entries(tx, leavesStmt, w.log.number, from, to)
		if err != nil {
			return err
		}
		return tx.Each(hashesStmt, func(scan func(...any) error) error {
			var place int64
			var b []byte
			err := scan(&place, &b)
			var h tlog.Hash
			copy(h[:], b)
			stored[place] = h
			return err
		}, w.log.number, tlog.StoredHashIndex(0, from), tlog.StoredHashIndex(0, to))
	})
	if err != nil {
		return err
	}
	for n := from; n < to; n++ {
		var mine []Entry
		for len(leaves) > 0 && leaves[0].Position == n {
			mine, leaves = append(mine, leaves[0]), leaves[1:]
		}
		if err := w.entry(n, mine, stored); err != nil || w.lost {
			return err
		}
		if err := w.checkpoints(ctx, n+1); err != nil {
			return err
		}
	}
	return nil
}

// entry compares one position with its stored hashes. When the leaf is wrong
// it goes on with the stored hash, so that one change is one finding.
func (w *walk) entry(n int64, mine []Entry, stored map[int64]tlog.Hash) error {
	place := tlog.StoredHashIndex(0, n)
	witness, have := stored[place]
	hash := witness
	switch {
	case len(mine) == 0 && !have:
		w.lost = true
		w.r.wrong(w.log.number, n, "was removed together with its hash; what follows cannot be checked")
		return nil
	case len(mine) == 0:
		w.r.wrong(w.log.number, n, "was removed")
	case len(mine) > 1:
		w.r.wrong(w.log.number, n, "stands there twice")
	default:
		hash = tlog.RecordHash(mine[0].canonical())
		w.r.Entries++
		if have && hash != witness {
			w.r.wrong(w.log.number, n, "was changed")
			hash = witness
		}
	}
	if !have {
		w.r.wrong(w.log.number, n, "has no stored hash")
	}
	added, err := w.tree.add(hash)
	if err != nil {
		return err
	}
	for i, h := range added[1:] {
		if got, ok := stored[place+1+int64(i)]; !ok || got != h {
			w.r.wrong(w.log.number, n, "a stored hash of the tree above it is wrong")
			break
		}
	}
	return nil
}

// checkpoints compares those of exactly this size, reading ahead in pages.
func (w *walk) checkpoints(ctx context.Context, size int64) error {
	if len(w.pending) == 0 && w.seen < w.size {
		err := w.d.Read(ctx, func(tx *db.Tx) (err error) {
			w.pending, err = checkpointsAfter(tx, w.log.number, w.seen, 500)
			return err
		})
		if err != nil {
			return err
		}
		if len(w.pending) > 0 {
			w.seen = w.pending[len(w.pending)-1].size
		} else {
			w.seen = w.size
		}
	}
	for len(w.pending) > 0 && w.pending[0].size <= size {
		s := w.pending[0]
		w.pending = w.pending[1:]
		if err := w.compare(s, size); err != nil {
			return err
		}
	}
	for _, p := range w.foreign {
		if p.size == size && !w.bad {
			root, err := w.tree.root()
			if err != nil {
				return err
			}
			if p.root != root {
				w.r.wrong(w.log.number, -1, "differs from a kept checkpoint of %d entries: history was rewritten", p.size)
			}
		}
	}
	return nil
}

func (w *walk) compare(s signedPoint, size int64) error {
	w.r.Checkpoints++
	p, err := openCheckpoint(s.signed, w.log.public)
	if err != nil {
		w.r.wrong(w.log.number, -1, "the checkpoint of %d entries is not signed by the log's key", s.size)
		return nil
	}
	root, err := w.tree.root()
	if err != nil {
		return err
	}
	if size == w.size {
		w.root = root
	}
	switch {
	case p.origin != w.log.origin || p.size != s.size || p.after != w.log.after:
		w.r.wrong(w.log.number, -1, "the checkpoint of %d entries belongs to another log or size", s.size)
	case p.root != root && !w.bad:
		w.bad = true
		w.r.wrong(w.log.number, -1, "the entries up to %d do not give the root that was signed", s.size)
	}
	return nil
}

// compareKept looks at kept checkpoints that are larger than the log.
func (w *walk) compareKept() {
	for _, p := range w.foreign {
		if p.size <= w.size {
			continue
		}
		if w.last {
			w.r.wrong(w.log.number, -1, "was cut: a kept checkpoint has %d entries, the log %d", p.size, w.size)
		} else {
			w.r.Notes = append(w.r.Notes, fmt.Sprintf("%d entries of log %d came after the backup that was restored and are lost", p.size-w.size, w.log.number))
		}
	}
}

// beyond finds leaves placed after the newest checkpoint, which the sequencer
// never does: it signs in the same transaction.
func (w *walk) beyond(ctx context.Context) error {
	var n int64
	err := w.d.Read(ctx, func(tx *db.Tx) error {
		var size int64
		size, _, err := lastSize(tx, w.log.number)
		if err != nil {
			return err
		}
		return tx.Row(beyondStmt, w.log.number, size).Scan(&n)
	})
	if err == nil && n > 0 {
		w.r.wrong(w.log.number, -1, "%d entries stand beyond the newest checkpoint", n)
	}
	return err
}

// replay builds a tree again and keeps only the roots of its whole parts.
type replay struct {
	size   int64
	hashes map[int64]tlog.Hash
}

// ReadHashes serves tlog.
func (t *replay) ReadHashes(places []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(places))
	for i, p := range places {
		h, ok := t.hashes[p]
		if !ok {
			return nil, fmt.Errorf("audit: replay lacks hash %d", p)
		}
		out[i] = h
	}
	return out, nil
}

// add appends a leaf's hash and returns the hashes that storing it adds.
func (t *replay) add(leaf tlog.Hash) ([]tlog.Hash, error) {
	added, err := tlog.StoredHashesForRecordHash(t.size, leaf, t)
	if err != nil {
		return nil, err
	}
	place := tlog.StoredHashIndex(0, t.size)
	all := make(map[int64]tlog.Hash, len(added))
	for i, h := range added {
		all[place+int64(i)] = h
	}
	t.size++
	whole := make(map[int64]tlog.Hash, 64)
	for _, p := range wholeParts(t.size) {
		if h, ok := all[p]; ok {
			whole[p] = h
		} else {
			whole[p] = t.hashes[p]
		}
	}
	t.hashes = whole
	return added, nil
}

func (t *replay) root() (tlog.Hash, error) { return tlog.TreeHash(t.size, t) }

// wholeParts lists the stored places of the complete subtrees of a tree.
func wholeParts(size int64) []int64 {
	var out []int64
	start := int64(0)
	for level := 62; level >= 0; level-- {
		if part := int64(1) << level; size&part != 0 {
			out = append(out, tlog.StoredHashIndex(level, start>>level))
			start += part
		}
	}
	return out
}

// PublicKeyName is the name in a public key, to show beside a report.
func PublicKeyName(public string) string {
	v, err := note.NewVerifier(public)
	if err != nil {
		return ""
	}
	return v.Name()
}
