package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"

	"pgregory.net/rapid"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	fixed = func() time.Time { return start }
	later = func() time.Time { return start.Add(time.Hour) } // the lease of another is over
)

func each(t *testing.T, fn func(t *testing.T, d *db.DB, k *audit.Key, l *audit.Log)) {
	dbtest.Each(t, []db.Schema{audit.Schema}, func(t *testing.T, d *db.DB) {
		k := newKey(t)
		fn(t, d, k, audit.NewLog(d, k, fixed, nil, ""))
	})
}

func newKey(t testing.TB) *audit.Key {
	t.Helper()
	k, err := audit.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func write(t testing.TB, d *db.DB, body func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(ctx, body); err != nil {
		t.Fatal(err)
	}
}

func record(t testing.TB, d *db.DB, n int) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		return audit.Record(tx, audit.Event{At: start.Add(time.Duration(n) * time.Second), Actor: "u1", Agency: "a1", Action: "letter.sent", Object: fmt.Sprintf("letter/%d", n), Purpose: "post"})
	})
}

func appendAll(t testing.TB, l *audit.Log, want int) {
	t.Helper()
	n, err := l.Append(ctx)
	if err != nil || n != want {
		t.Fatalf("%d appended, want %d: %v", n, want, err)
	}
}

func verify(t testing.TB, d *db.DB, k *audit.Key, kept ...string) audit.Report {
	t.Helper()
	r, err := audit.Verify(ctx, d, k.Public(), kept...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// req: AUDIT-1
func TestWhatHappenedIsInTheLogAndTheLogIsWhole(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, k *audit.Key, l *audit.Log) {
		if r := verify(t, d, k); !r.OK() || r.Entries != 0 {
			t.Fatalf("an empty log: %s", r)
		}
		for n := range 23 {
			record(t, d, n)
			if n%5 == 4 {
				appendAll(t, l, 5)
			}
		}
		r := verify(t, d, k)
		if !r.OK() || r.Entries != 20 || r.Checkpoints != 4 || r.Waiting != 3 || !r.Oldest.Equal(start.Add(20*time.Second)) {
			t.Errorf("%s", r)
		}
		appendAll(t, l, 3)
		appendAll(t, l, 0)
		if r := verify(t, d, k, r.Latest); !r.OK() || r.Entries != 23 || r.Kept != 1 {
			t.Errorf("%s", r)
		}
	})
}

// Statements of a forger who writes to the database.
var (
	forgeActor    = db.Statement(`UPDATE audit_leaf SET actor = $1 WHERE position = $2`)
	forgeTime     = db.Statement(`UPDATE audit_leaf SET at = at + 1 WHERE position = $1`)
	forgeRemove   = db.Statement(`DELETE FROM audit_leaf WHERE position = $1`)
	forgePosition = db.Statement(`UPDATE audit_leaf SET position = $1 WHERE position = $2`)
	forgeHash     = db.Statement(`UPDATE audit_hash SET hash = $1 WHERE place = $2`)
	forgeNoHash   = db.Statement(`DELETE FROM audit_hash WHERE place = $1`)
	forgeSize     = db.Statement(`UPDATE audit_checkpoint SET size = 7 WHERE size = $1`)
	forgeCutPoint = db.Statement(`DELETE FROM audit_checkpoint WHERE size > $1`)
	forgeCutLeaf  = db.Statement(`DELETE FROM audit_leaf WHERE position >= $1`)
	forgeOrphan   = db.Statement(`UPDATE audit_leaf SET log = 7 WHERE position = $1`)
	forgeKey      = db.Statement(`UPDATE audit_log SET public = $1`)
	forgeNote     = db.Statement(`UPDATE audit_checkpoint SET note = $1 WHERE size = $2`)
)

// req: AUDIT-1
func TestEveryForgeryIsFound(t *testing.T) {
	exec := func(s *db.Stmt, args ...any) func(*db.Tx) error {
		return func(tx *db.Tx) error {
			n, err := tx.Exec(s, args...)
			if err == nil && n == 0 {
				err = errors.New("the forger found nothing to change")
			}
			return err
		}
	}
	steps := func(all ...func(*db.Tx) error) func(*db.Tx) error {
		return func(tx *db.Tx) error {
			for _, one := range all {
				if err := one(tx); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for name, forge := range map[string]struct {
		by   func(*db.Tx) error
		want string
	}{
		"another actor":            {exec(forgeActor, "u2", 7), "entry 7: was changed"},
		"another time":             {exec(forgeTime, 3), "entry 3: was changed"},
		"an entry removed":         {exec(forgeRemove, 5), "entry 5: was removed"},
		"the last entry removed":   {exec(forgeRemove, 11), "entry 11: was removed"},
		"two entries exchanged":    {steps(exec(forgePosition, -5, 2), exec(forgePosition, 2, 3), exec(forgePosition, 3, -5)), "entry 2: was changed"},
		"an entry doubled":         {exec(forgePosition, 4, 5), "entry 4: stands there twice"},
		"a stored hash":            {exec(forgeHash, make([]byte, 32), 0), "entry 0: was changed"},
		"a hash inside the tree":   {exec(forgeHash, make([]byte, 32), 2), "a stored hash of the tree"},
		"a stored hash removed":    {exec(forgeNoHash, 0), "entry 0: has no stored hash"},
		"an entry and its hash":    {steps(exec(forgeRemove, 3), exec(forgeNoHash, 4)), "entry 3: was removed together with its hash"},
		"a checkpoint's size":      {exec(forgeSize, 6), "belongs to another log or size"},
		"the end, clumsily":        {exec(forgeCutPoint, 6), "stand beyond the newest checkpoint"},
		"entries of no log":        {exec(forgeOrphan, 11), "entries belong to no log"},
		"a back-dated new entry":   {exec(forgePosition, 12, 11), "entry 11: was removed"},
		"the key of the log":       {exec(forgeKey, "x"), "is signed by another key"},
		"a checkpoint's signature": {exec(forgeNote, "x", 6), "is not signed by the log's key"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, d *db.DB, k *audit.Key, l *audit.Log) {
				for n := range 12 {
					record(t, d, n)
					if n%6 == 5 {
						appendAll(t, l, 6)
					}
				}
				write(t, d, forge.by)
				r := verify(t, d, k)
				if r.OK() || !strings.Contains(r.String(), forge.want) {
					t.Errorf("want %q in\n%s", forge.want, r)
				}
			})
		})
	}
}

// req: AUDIT-3
func TestOnlyAKeptCheckpointShowsThatTheEndWasCutOrRewritten(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, k *audit.Key, l *audit.Log) {
		for n := range 12 {
			record(t, d, n)
			if n%6 == 5 {
				appendAll(t, l, 6)
			}
		}
		kept := verify(t, d, k).Latest
		write(t, d, func(tx *db.Tx) error {
			if _, err := tx.Exec(forgeCutPoint, 6); err != nil {
				return err
			}
			_, err := tx.Exec(forgeCutLeaf, 6)
			return err
		})
		if r := verify(t, d, k); !r.OK() {
			t.Fatalf("a clean cut can not be seen from inside, yet: %s", r)
		}
		if r := verify(t, d, k, kept); r.OK() || !strings.Contains(r.String(), "was cut: a kept checkpoint has 12 entries, the log 6") {
			t.Errorf("%s", r)
		}
		if r := verify(t, d, newKey(t), kept); r.OK() {
			t.Error("a stranger's key passes")
		}
	})
}

// req: AUDIT-3
func TestARewrittenHistorySignedAnewDiffersFromTheKeptCheckpoint(t *testing.T) {
	k := newKey(t)
	var notes [2]string
	d := dbtest.Open(t, audit.Schema)
	l := audit.NewLog(d, k, fixed, nil, "")
	record(t, d, 1)
	appendAll(t, l, 1)
	record(t, d, 2)
	appendAll(t, l, 1)
	notes[0] = verify(t, d, k).Latest
	// The forger has the key, takes the second entry out, writes another and
	// signs again.
	write(t, d, func(tx *db.Tx) error {
		if _, err := tx.Exec(forgeCutPoint, 1); err != nil {
			return err
		}
		if _, err := tx.Exec(forgeRemove, 1); err != nil {
			return err
		}
		_, err := tx.Exec(forgeNoHash, 1)
		if err == nil {
			_, err = tx.Exec(forgeNoHash, 2)
		}
		return err
	})
	record(t, d, 9)
	appendAll(t, l, 1)
	if r := verify(t, d, k); !r.OK() {
		t.Fatalf("the forger was clumsy: %s", r)
	}
	if r := verify(t, d, k, notes[0]); r.OK() || !strings.Contains(r.String(), "history was rewritten") {
		t.Errorf("%s", r)
	}
}

// req: AUDIT-2
func TestAnErasedValueCanNeitherBeConfirmedNorGuessedAndTheLogStaysWhole(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, k *audit.Key, l *audit.Log) {
		write(t, d, func(tx *db.Tx) error {
			return audit.Record(tx, audit.Event{At: start, Action: "letter.sent", Object: "letter/1", Erasable: map[string]string{"to": "anna", "code": "7"}})
		})
		record(t, d, 2)
		appendAll(t, l, 2)
		confirm := func(name, value string) (ok bool) {
			t.Helper()
			err := d.Read(ctx, func(tx *db.Tx) error {
				list, err := audit.History(tx, "letter/1")
				if err != nil || len(list) != 1 || len(list[0].Hashes) != 2 || strings.Contains(strings.Join(list[0].Hashes, ""), "anna") {
					t.Fatalf("%+v %v", list, err)
				}
				ok, err = audit.Confirm(tx, list[0].ID, name, value)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !confirm("to", "anna") || confirm("to", "eva") || confirm("code", "anna") {
			t.Error("the salted hash does not say what was recorded")
		}
		write(t, d, func(tx *db.Tx) error { return audit.Erase(tx, "letter/1") })
		if confirm("to", "anna") {
			t.Error("an erased value can still be confirmed")
		}
		if r := verify(t, d, k); !r.OK() {
			t.Errorf("%s", r)
		}
	})
}

func TestARestoreGoesOnInANewLogThatNamesTheLastCheckpoint(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, k *audit.Key, l *audit.Log) {
		for n := range 4 {
			record(t, d, n)
		}
		appendAll(t, l, 4)
		// The original went on; the copy in the backup ends here, with one leaf
		// that was not yet sequenced.
		record(t, d, 5)
		restored := newKey(t)
		if _, err := audit.NewLog(d, restored, later, nil, "").Append(ctx); !errors.Is(err, audit.ErrKey) {
			t.Fatalf("another key signs an old log: %v", err)
		}
		write(t, d, func(tx *db.Tx) error { return audit.Fork(tx, restored, start, "restore") })
		appendAll(t, audit.NewLog(d, restored, later, nil, ""), 2)
		r := verify(t, d, restored)
		if !r.OK() || r.Logs != 2 || r.Entries != 6 || len(r.Notes) != 1 {
			t.Errorf("%s", r)
		}
		write(t, d, func(tx *db.Tx) error { _, err := tx.Exec(forgeActor, "u9", 1); return err })
		if r := verify(t, d, restored); r.OK() {
			t.Error("the old log can be changed after a restore")
		}
	})
}

func TestAfterARestoreTheLostEndIsToldAndNotHidden(t *testing.T) {
	d := dbtest.Open(t, audit.Schema)
	k := newKey(t)
	l := audit.NewLog(d, k, fixed, nil, "")
	record(t, d, 1)
	appendAll(t, l, 1)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := d.Snapshot(ctx, backup); err != nil {
		t.Fatal(err)
	}
	record(t, d, 2)
	appendAll(t, l, 1)
	kept := verify(t, d, k).Latest
	b, err := db.Open(ctx, db.Config{Path: backup})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	write(t, b, func(tx *db.Tx) error { return audit.Fork(tx, k, start, "restore") })
	appendAll(t, audit.NewLog(b, k, later, nil, ""), 1)
	r := verify(t, b, k, kept)
	if !r.OK() || !strings.Contains(r.String(), "1 entries of log 1 came after the backup") {
		t.Errorf("%s", r)
	}
}

func TestTwoInstancesNeverPlaceAnEntryTwice(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, k *audit.Key, _ *audit.Log) {
		var mu sync.Mutex
		at := start
		now := func() time.Time { mu.Lock(); defer mu.Unlock(); at = at.Add(3 * time.Second); return at } // leases end all the time
		var group sync.WaitGroup
		for range 3 {
			l := audit.NewLog(d, k, now, nil, "")
			group.Go(func() {
				for range 15 {
					if _, err := l.Append(ctx); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for n := range 40 {
			record(t, d, n)
		}
		group.Wait()
		if _, err := audit.NewLog(d, k, func() time.Time { return now().Add(time.Hour) }, nil, "").Append(ctx); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, d, k); !r.OK() || r.Entries != 40 || r.Waiting != 0 {
			t.Errorf("%s", r)
		}
	})
}

func TestWhoDoesNotHoldTheLeaseWaitsUntilItEnds(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, k *audit.Key, l *audit.Log) {
		record(t, d, 1)
		appendAll(t, l, 1)
		record(t, d, 2)
		appendAll(t, audit.NewLog(d, k, fixed, nil, ""), 0)
		appendAll(t, audit.NewLog(d, k, func() time.Time { return start.Add(time.Minute) }, nil, ""), 1)
	})
}

func TestAnAuditorChecksAnExportWithoutTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, k *audit.Key, l *audit.Log) {
		for n := range 130 {
			record(t, d, n)
			appendAll(t, l, 1)
		}
		write(t, d, func(tx *db.Tx) error { return audit.Fork(tx, k, start, "restore") })
		appendAll(t, l, 1)
		var out bytes.Buffer
		if err := audit.Export(ctx, d, &out); err != nil {
			t.Fatal(err)
		}
		r, err := audit.VerifyExport(bytes.NewReader(out.Bytes()), k.Public())
		if err != nil || !r.OK() || r.Entries != 131 || r.Checkpoints != 131 || r.Logs != 2 {
			t.Fatalf("%s %v", r, err)
		}
		text := out.String()
		for name, forged := range map[string]string{
			"a word":        strings.Replace(text, "letter/77", "letter/78", 1),
			"a line gone":   text[:strings.Index(text, `{"leaf"`)] + text[strings.Index(text, `{"checkpoint"`):],
			"the end alone": text[:strings.LastIndex(text, `{"checkpoint"`)],
		} {
			r, err := audit.VerifyExport(strings.NewReader(forged), k.Public())
			if err == nil && r.OK() {
				t.Errorf("%s passes", name)
			}
		}
	})
}

func TestTheNewestCheckpointIsKeptInAFileOutsideTheDatabase(t *testing.T) {
	d := dbtest.Open(t, audit.Schema)
	dir := t.TempDir()
	k, err := audit.LoadKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := audit.LoadKey(dir)
	if err != nil || again.Public() != k.Public() {
		t.Fatalf("the key is not kept: %v", err)
	}
	record(t, d, 1)
	appendAll(t, audit.NewLog(d, k, fixed, nil, dir), 1)
	kept, err := os.ReadFile(filepath.Join(dir, audit.CheckpointFile))
	if err != nil {
		t.Fatal(err)
	}
	if r := verify(t, d, k, string(kept)); !r.OK() || r.Kept != 1 || r.Latest != string(kept) {
		t.Errorf("%s", r)
	}
	if err := os.Chmod(filepath.Join(dir, audit.KeyFile), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.LoadKey(dir); err == nil {
		t.Error("a key that others may read is used")
	}
}

// However records, rounds and erasures alternate, the log is whole, no entry
// is lost, and every checkpoint ever seen still holds.
func TestEveryHistoryStaysWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := dbtest.Open(t, audit.Schema)
		defer d.Close()
		k := newKey(t)
		l := audit.NewLog(d, k, fixed, nil, "")
		var kept []string
		recorded := 0
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0, 1:
				for range rapid.IntRange(1, 9).Draw(rt, "n") {
					record(t, d, recorded)
					recorded++
				}
			case 2:
				if _, err := l.Append(ctx); err != nil {
					rt.Fatal(err)
				}
				if latest := verify(t, d, k).Latest; latest != "" {
					kept = append(kept, latest)
				}
			case 3:
				write(t, d, func(tx *db.Tx) error { return audit.Erase(tx, fmt.Sprintf("letter/%d", recorded/2)) })
			}
		}
		if r := verify(t, d, k, kept...); !r.OK() || r.Entries+r.Waiting != int64(recorded) {
			rt.Fatalf("recorded %d: %s", recorded, r)
		}
	})
}

func TestAnEventWithoutActionOrTimeIsRefused(t *testing.T) {
	d := dbtest.Open(t, audit.Schema)
	for _, e := range []audit.Event{{At: start}, {Action: "x"}, {At: start, Action: "x", Erasable: map[string]string{"a=b": "c"}}} {
		if err := d.Write(ctx, func(tx *db.Tx) error { return audit.Record(tx, e) }); err == nil {
			t.Errorf("%+v is taken", e)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	d := dbtest.Open(b, audit.Schema)
	k := newKey(b)
	write(b, d, func(tx *db.Tx) error {
		for n := range 5000 {
			if err := audit.Record(tx, audit.Event{At: start, Action: "x", Object: fmt.Sprint(n)}); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := audit.NewLog(d, k, fixed, nil, "").Append(ctx); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if r := verify(b, d, k); !r.OK() {
			b.Fatal(r)
		}
	}
	b.ReportMetric(5000, "entries/op")
}

func TestAStoppedSequencerHasTakenAllAndGivesItsLeaseBack(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, k *audit.Key, l *audit.Log) {
		record(t, d, 1)
		stopped, stop := context.WithCancel(ctx)
		stop()
		l.Run(stopped)
		if n, _, err := audit.Waiting(ctx, d); err != nil || n != 0 {
			t.Fatalf("%d wait, %v", n, err)
		}
		record(t, d, 2)
		appendAll(t, audit.NewLog(d, k, func() time.Time { return start.Add(time.Millisecond) }, nil, ""), 1)
	})
}
