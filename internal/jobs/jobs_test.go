package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/jobs"

	"pgregory.net/rapid"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
)

// hand is a clock that a test turns.
type hand struct {
	mu sync.Mutex
	at time.Time
}

func (h *hand) now() time.Time        { h.mu.Lock(); defer h.mu.Unlock(); return h.at }
func (h *hand) turn(by time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.at = h.at.Add(by) }

func each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, []db.Schema{jobs.Schema, dbtest.Note}, fn)
}

func enqueue(t testing.TB, d *db.DB, kind, key string, at time.Time, payload any) {
	t.Helper()
	if err := d.Write(ctx, func(tx *db.Tx) error { return jobs.Enqueue(tx, kind, key, at, payload) }); err != nil {
		t.Fatal(err)
	}
}

func counts(t testing.TB, d *db.DB, now time.Time) jobs.Count {
	t.Helper()
	c, err := jobs.Counts(ctx, d, now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAJobRunsAtItsTimeOnceAndIsGone(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		h := &hand{at: start}
		r := jobs.NewRunner(d, h.now, nil)
		var got []string
		r.Handle("greet", func(_ context.Context, j jobs.Job) error {
			var name string
			err := j.Decode(&name)
			got = append(got, name)
			return err
		})
		enqueue(t, d, "greet", "", start.Add(time.Hour), "later")
		enqueue(t, d, "greet", "", time.Time{}, "now")
		if err := r.RunDue(ctx); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, []string{"now"}) {
			t.Fatalf("ran %q", got)
		}
		h.turn(time.Hour)
		if err := r.RunDue(ctx); err != nil {
			t.Fatal(err)
		}
		if err := r.RunDue(ctx); err != nil || !slices.Equal(got, []string{"now", "later"}) {
			t.Fatalf("ran %q, %v", got, err)
		}
		if c := counts(t, d, h.now()); c != (jobs.Count{}) {
			t.Errorf("left over: %+v", c)
		}
	})
}

func TestAJobOfACauseThatDidNotHappenDoesNotExist(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := jobs.Enqueue(tx, "greet", "", time.Time{}, 1); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || counts(t, d, start).Waiting != 0 {
			t.Errorf("%v, %+v", err, counts(t, d, start))
		}
	})
}

func TestOfOneKindAndKeyOneWaitsAndTheLastWordCounts(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		h := &hand{at: start}
		r := jobs.NewRunner(d, h.now, nil)
		var got []int
		r.Handle("remind", func(_ context.Context, j jobs.Job) error {
			var n int
			err := j.Decode(&n)
			got = append(got, n)
			if n == 2 { // the same key enqueued while this one runs must not be lost
				enqueue(t, d, "remind", "a", start, 3)
			}
			return err
		})
		enqueue(t, d, "remind", "a", start, 1)
		enqueue(t, d, "remind", "a", start, 2)
		enqueue(t, d, "remind", "b", start, 9)
		enqueue(t, d, "remind", "c", start, 8)
		if err := d.Write(ctx, func(tx *db.Tx) error { return jobs.Cancel(tx, "remind", "c") }); err != nil {
			t.Fatal(err)
		}
		if err := r.RunDue(ctx); err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if !slices.Equal(got, []int{2, 3, 9}) {
			t.Errorf("ran %v", got)
		}
	})
}

func TestAFailingJobTriesAgainLaterAndIsDeadInTheEnd(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		h := &hand{at: start}
		r := jobs.NewRunner(d, h.now, nil)
		tries := 0
		r.Handle("send", func(context.Context, jobs.Job) error { tries++; return fmt.Errorf("no\x00 \xffanswer") })
		enqueue(t, d, "send", "", start, nil)
		for n := int64(1); n <= 12; n++ {
			if err := r.RunDue(ctx); err == nil {
				t.Fatalf("try %d: no failure told", n)
			}
			if n == 12 {
				break
			}
			h.turn(jobs.Backoff(n) - time.Millisecond)
			if err := r.RunDue(ctx); err != nil {
				t.Fatalf("tried before its time: %v", err)
			}
			h.turn(time.Millisecond)
		}
		h.turn(24 * time.Hour)
		if err := r.RunDue(ctx); err != nil || tries != 12 {
			t.Fatalf("%d tries, %v", tries, err)
		}
		dead, err := jobs.Dead(ctx, d)
		if err != nil || len(dead) != 1 || dead[0].Kind != "send" || dead[0].Fault != "no answer" || dead[0].Attempts != 12 || counts(t, d, h.now()).Dead != 1 {
			t.Fatalf("%+v %v", dead, err)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { return jobs.Revive(tx, dead[0].ID, h.now()) }); err != nil {
			t.Fatal(err)
		}
		r.RunDue(ctx)
		if tries != 13 {
			t.Errorf("a revived job did not run")
		}
	})
}

func TestAFinalFailureIsDeadAtOnceAndCanBeDropped(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := jobs.NewRunner(d, (&hand{at: start}).now, nil)
		r.Handle("send", func(context.Context, jobs.Job) error { return jobs.Permanent(errors.New("no such address")) })
		enqueue(t, d, "send", "", start, nil)
		if err := r.RunDue(ctx); err == nil {
			t.Error("no failure told")
		}
		dead, err := jobs.Dead(ctx, d)
		if err != nil || len(dead) != 1 || dead[0].Attempts != 1 {
			t.Fatalf("%+v %v", dead, err)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { return jobs.Drop(tx, dead[0].ID) }); err != nil {
			t.Fatal(err)
		}
		if c := counts(t, d, start); c != (jobs.Count{}) {
			t.Errorf("%+v", c)
		}
	})
}

var insertNote = db.Statement(`INSERT INTO note (id, n, body) VALUES ($1, $2, $3)`)
var countNotes = db.Statement(`SELECT COUNT(*) FROM note`)

// A runner that dies between claim and end is played by a handler whose
// context the test cuts, and whose runner is never asked to settle.
func TestAJobOfARunnerThatDiedRunsAgainAndItsEffectHappensOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		h := &hand{at: start}
		claimed := make(chan jobs.Job, 1)
		hang := make(chan struct{})
		effect := func(j jobs.Job) error {
			return d.Write(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(insertNote, "n"+fmt.Sprint(j.Attempt), 1, nil); err != nil {
					return err
				}
				return j.Done(tx)
			})
		}
		dying := jobs.NewRunner(d, h.now, nil)
		late := make(chan error, 1)
		dying.Handle("once", func(_ context.Context, j jobs.Job) error {
			claimed <- j
			<-hang
			late <- effect(j) // it wakes up long after its lease
			return nil
		})
		enqueue(t, d, "once", "k", start, nil)
		finished := make(chan struct{})
		go func() { defer close(finished); dying.RunDue(ctx) }()
		<-claimed

		second := jobs.NewRunner(d, h.now, nil)
		second.Handle("once", func(_ context.Context, j jobs.Job) error {
			if j.Attempt != 2 {
				t.Errorf("attempt %d", j.Attempt)
			}
			return effect(j)
		})
		if err := second.RunDue(ctx); err != nil {
			t.Fatal(err)
		}
		if n := notes(t, d); n != 0 {
			t.Fatal("a job that another holds was taken")
		}
		h.turn(6 * time.Minute)
		if err := second.RunDue(ctx); err != nil {
			t.Fatal(err)
		}
		close(hang)
		if err := <-late; !errors.Is(err, jobs.ErrLost) {
			t.Errorf("the late runner was told %v", err)
		}
		<-finished
		if n := notes(t, d); n != 1 {
			t.Errorf("the effect happened %d times", n)
		}
		if c := counts(t, d, h.now()); c != (jobs.Count{}) {
			t.Errorf("left over: %+v", c)
		}
	})
}

func notes(t testing.TB, d *db.DB) (n int) {
	t.Helper()
	if err := d.Read(ctx, func(tx *db.Tx) error { return tx.Row(countNotes).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestManyRunnersShareTheWorkWithoutDoingItTwice(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		const all = 60
		var ran sync.Map
		var n, twice atomic.Int64
		running, stop := context.WithCancel(ctx)
		defer stop()
		done := make(chan struct{})
		var group sync.WaitGroup
		for range 3 {
			r := jobs.NewRunner(d, func() time.Time { return start }, nil)
			r.Handle("share", func(_ context.Context, j jobs.Job) error {
				if _, again := ran.LoadOrStore(j.ID, true); again {
					twice.Add(1)
				}
				if n.Add(1) == all {
					close(done)
				}
				return nil
			})
			group.Go(func() { r.Run(running) })
		}
		for range all {
			enqueue(t, d, "share", "", start, nil)
		}
		select {
		case <-done:
		case <-time.After(30 * time.Second):
			t.Errorf("%d of %d ran", n.Load(), all)
		}
		stop()
		group.Wait()
		if twice.Load() != 0 {
			t.Errorf("%d ran twice", twice.Load())
		}
		if c := counts(t, d, start); c != (jobs.Count{}) {
			t.Errorf("a stopped runner left %+v", c)
		}
	})
}

func TestAPanickingHandlerAndAMissingOneAreFailuresLikeOthers(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		h := &hand{at: start}
		r := jobs.NewRunner(d, h.now, nil)
		r.Handle("panic", func(context.Context, jobs.Job) error { panic("at the disco") })
		enqueue(t, d, "panic", "", start, nil)
		enqueue(t, d, "future", "", start, nil)
		if err := r.RunDue(ctx); err == nil {
			t.Error("no failure told")
		}
		if c := counts(t, d, h.now()); c.Waiting != 2 || c.Dead != 0 {
			t.Errorf("%+v", c)
		}
		r.Handle("future", func(context.Context, jobs.Job) error { return nil })
		h.turn(time.Minute)
		r.RunDue(ctx)
		if c := counts(t, d, h.now()); c.Waiting != 1 {
			t.Errorf("the newer program's handler was not used: %+v", c)
		}
	})
}

func TestTheLagIsThatOfTheOldestDueJob(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		enqueue(t, d, "x", "", start.Add(time.Hour), nil)
		if c := counts(t, d, start); c.Lag != 0 || c.Waiting != 1 {
			t.Errorf("%+v", c)
		}
		if c := counts(t, d, start.Add(90*time.Minute)); c.Lag != 30*time.Minute {
			t.Errorf("%+v", c)
		}
	})
}

// A history of enqueues, cancels and rounds against a model in memory: what
// waits is what the model says, and nothing runs that was cancelled.
func TestEveryHistoryAgreesWithTheModel(t *testing.T) {
	d := dbtest.Open(t, jobs.Schema)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		h := &hand{at: start}
		kind := fmt.Sprintf("k%d-%d", os.Getpid(), round)
		model := map[string]int{} // key -> payload
		var want, got []int
		r := jobs.NewRunner(d, h.now, nil)
		r.Handle(kind, func(_ context.Context, j jobs.Job) error {
			var n int
			err := j.Decode(&n)
			got = append(got, n)
			return err
		})
		for step := range rapid.IntRange(1, 25).Draw(rt, "steps") {
			key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "key")
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0, 1:
				enqueue(t, d, kind, key, h.now(), step)
				model[key] = step
			case 2:
				if err := d.Write(ctx, func(tx *db.Tx) error { return jobs.Cancel(tx, kind, key) }); err != nil {
					rt.Fatal(err)
				}
				delete(model, key)
			case 3:
				if err := r.RunDue(ctx); err != nil {
					rt.Fatal(err)
				}
				for k, n := range model {
					want = append(want, n)
					delete(model, k)
				}
			}
		}
		if err := r.RunDue(ctx); err != nil {
			rt.Fatal(err)
		}
		for _, n := range model {
			want = append(want, n)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			rt.Fatalf("ran %v, the model says %v", got, want)
		}
	})
}
