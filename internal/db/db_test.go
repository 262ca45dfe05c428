package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
)

var (
	insert = db.Statement(`INSERT INTO note (id, n, body) VALUES ($1, $2, $3)`)
	sum    = db.Statement(`SELECT COUNT(*), COALESCE(SUM(n), 0) FROM note`)
	bump   = db.Statement(`UPDATE note SET n = n + 1 WHERE id = $1`)
	get    = db.Statement(`SELECT n, body FROM note WHERE id = $1`)
)

func each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, []db.Schema{dbtest.Note}, fn)
}

func count(t *testing.T, d *db.DB) (n, s int64) {
	t.Helper()
	if err := d.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(sum).Scan(&n, &s) }); err != nil {
		t.Fatal(err)
	}
	return n, s
}

func TestBytesAndNumbersComeBackUnchanged(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		body := []byte{0, 1, 255, 'a', 0}
		err := d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(insert, "a", int64(1)<<62, body)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var n int64
		var got []byte
		if err := d.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(get, "a").Scan(&n, &got) }); err != nil {
			t.Fatal(err)
		}
		if n != 1<<62 || !bytes.Equal(got, body) {
			t.Errorf("%d %v", n, got)
		}
		err = d.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(get, "b").Scan(&n, &got) })
		if !db.NoRows(err) {
			t.Errorf("a missing row gave %v", err)
		}
	})
}

func TestAFailingWriteRollsBackAloneWhileItsNeighboursStay(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		var wg sync.WaitGroup
		var failed atomic.Int64
		for i := range 200 {
			wg.Go(func() {
				err := d.Write(context.Background(), func(tx *db.Tx) error {
					if _, err := tx.Exec(insert, fmt.Sprint(i), i, nil); err != nil {
						return err
					}
					switch i % 10 {
					case 3:
						return boom
					case 7:
						panic("a faulty body")
					}
					return nil
				})
				if err != nil {
					failed.Add(1)
				}
				if (i%10 == 3) != errors.Is(err, boom) || (i%10 == 7) && err == nil {
					t.Errorf("write %d answered %v", i, err)
				}
			})
		}
		wg.Wait()
		if n, _ := count(t, d); n != 160 || failed.Load() != 40 {
			t.Errorf("%d rows, %d failed", n, failed.Load())
		}
	})
}

func TestConcurrentIncrementsAreAllCounted(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(insert, "a", 0, nil); return err }); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 10 {
					err := d.Write(ctx, func(tx *db.Tx) error {
						var n int64
						var b []byte
						if err := tx.Row(get, "a").Scan(&n, &b); err != nil {
							return err
						}
						_, err := tx.Exec(bump, "a")
						return err
					})
					if err := errors.Join(err, d.Rest(ctx)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if _, s := count(t, d); s != 80 {
			t.Errorf("%d increments of 80 were kept", s)
		}
	})
}

func TestAReadSeesOneSnapshotAndCannotWrite(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		err := d.Read(ctx, func(tx *db.Tx) error {
			var a, b, s int64
			if err := tx.Row(sum).Scan(&a, &s); err != nil {
				return err
			}
			if err := d.Write(ctx, func(w *db.Tx) error { _, err := w.Exec(insert, "x", 1, nil); return err }); err != nil {
				return err
			}
			if err := d.Rest(ctx); err != nil { // while somebody reads
				return err
			}
			if err := tx.Row(sum).Scan(&b, &s); err != nil {
				return err
			}
			if a != b {
				t.Errorf("the snapshot moved from %d to %d rows", a, b)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Read(ctx, func(tx *db.Tx) error { _, err := tx.Exec(insert, "y", 1, nil); return err }); err == nil {
			t.Error("a read could write")
		}
	})
}

func TestReadingsOneAfterTheOtherShareAConnectionAndRestClosesWhatManyOpened(t *testing.T) {
	d, ctx := dbtest.Open(t, dbtest.Note), context.Background() // on PostgreSQL its driver's pool does so
	before := d.Connections()
	for range 12 {
		count(t, d)
	}
	one := d.Connections()
	if one > before+1 {
		t.Errorf("readings one after the other opened %d connections", one-before)
	}
	var all sync.WaitGroup
	var inside sync.WaitGroup
	inside.Add(8)
	for range 8 {
		all.Go(func() {
			if err := d.Read(ctx, func(*db.Tx) error { inside.Done(); inside.Wait(); return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	many := d.Connections()
	if err := d.Rest(ctx); err != nil {
		t.Fatal(err)
	}
	if rested := d.Connections(); many-rested != 7 {
		t.Errorf("%d connections at work, %d at rest", many, rested)
	}
	for range 3 { // and all places are there again
		count(t, d)
	}
}

func TestAButtonPressedTwiceActsOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		var acted atomic.Int64
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				var first bool
				err := d.Write(ctx, func(tx *db.Tx) (err error) {
					first, err = db.Once(tx, "send", "k", time.Unix(1, 0))
					return err
				})
				if err != nil {
					t.Error(err)
				} else if first {
					acted.Add(1)
				}
			})
		}
		wg.Wait()
		if acted.Load() != 1 {
			t.Errorf("acted %d times", acted.Load())
		}
		for key, want := range map[string]bool{"k": true, "another": false} {
			err := d.Read(ctx, func(tx *db.Tx) error {
				seen, err := db.Seen(tx, "send", key)
				if seen != want {
					t.Errorf("%s seen: %v", key, seen)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
}

func TestAWriteGivenUpBeforeItStartsDoesNotHappen(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(insert, "z", 1, nil); return err })
		if err == nil {
			t.Error("a cancelled write was acknowledged")
		}
		if n, _ := count(t, d); n != 0 {
			t.Error("a cancelled write was kept")
		}
	})
}

func TestMigratingTwiceAndFromTwoInstancesChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := d.Migrate(context.Background(), dbtest.Note); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got, err := d.Applied(context.Background())
		if err != nil || len(got) != 1 || !got["dbtest/schema/0001_note.sql"] {
			t.Errorf("%v %v", got, err)
		}
	})
}

func TestASnapshotTakenDuringWritesOpensWhole(t *testing.T) {
	d := dbtest.Open(t, dbtest.Note)
	ctx := context.Background()
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(insert, fmt.Sprint(i), 1, nil); return err })
		})
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := d.Snapshot(ctx, path); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	c, err := db.Open(ctx, db.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n, s := count(t, c); n != s {
		t.Errorf("the copy is torn: %d rows, sum %d", n, s)
	}
}

func TestAClosedDatabaseSaysThatItIsUnavailable(t *testing.T) {
	d := dbtest.Open(t, dbtest.Note)
	d.Close()
	err := d.Write(context.Background(), func(tx *db.Tx) error { return nil })
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
	if err := d.Read(context.Background(), func(tx *db.Tx) error { return nil }); err == nil {
		t.Error("a closed database was read")
	}
}
