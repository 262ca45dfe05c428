package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
)

const (
	leaseTime   = 5 * time.Minute
	handlerTime = leaseTime - 30*time.Second // a handler ends before its lease does
	maxAttempts = 12                         // about nine hours of trying
	firstWait   = 5 * time.Second
	longestWait = 2 * time.Hour
	pollEvery   = time.Second
	graceTime   = 10 * time.Second
	workers     = 4
)

// Handler does a job. Returning an error tries again later.
type Handler func(ctx context.Context, j Job) error

// Runner claims due jobs and hands them to their handlers.
type Runner struct {
	d        *db.DB
	now      clock.Clock
	log      *slog.Logger
	handlers map[string]Handler
}

// NewRunner makes a runner without handlers. A nil log discards.
func NewRunner(d *db.DB, now clock.Clock, log *slog.Logger) *Runner {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Runner{d: d, now: now, log: log, handlers: map[string]Handler{}}
}

// Handle names the handler of a kind; call it before Run.
func (r *Runner) Handle(kind string, h Handler) { r.handlers[kind] = h }

// ByID is a handler that does fn in one write with the identifier that the job
// holds. What no longer exists is no fault: the job is done.
func ByID(d *db.DB, fn func(tx *db.Tx, id string) error) Handler {
	return func(ctx context.Context, j Job) error {
		var id string
		if err := j.Decode(&id); err != nil {
			return Permanent(err)
		}
		return d.Write(ctx, func(tx *db.Tx) error {
			if err := fn(tx, id); err != nil && fault.KindOf(err) != fault.NotFound {
				return fault.Wrap(err, j.Kind, id)
			}
			return j.Done(tx)
		})
	}
}

// Run works until ctx ends, gives what it has begun ten seconds to finish, and
// returns. It looks at least once a second, and at once after an Enqueue in
// this process.
func (r *Runner) Run(ctx context.Context) {
	work, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(graceTime, end) })()
	ring := listen()
	defer unlisten(ring)
	seats := make(chan struct{}, workers)
	var busy sync.WaitGroup
	defer busy.Wait()
	looks := 0
	for {
		free := workers - len(seats)
		for _, j := range r.claim(ctx, free) {
			seats <- struct{}{}
			busy.Go(func() {
				r.do(work, j)
				<-seats
				wakeAll() // there may be more
			})
		}
		wait := pollEvery
		if looks > 0 { // the bell rang, perhaps just before its transaction committed
			wait = 40 * time.Millisecond << (3 - looks)
			looks--
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-ring:
			looks = 3
		case <-timer.C:
		}
		timer.Stop()
	}
}

// RunDue does all that is due by the runner's clock, one after the other, and
// returns what failed; for tests and for commands.
func (r *Runner) RunDue(ctx context.Context) error {
	var failed error
	for {
		batch := r.claim(ctx, 50)
		if len(batch) == 0 {
			return failed
		}
		for _, j := range batch {
			if err := r.do(ctx, j); err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w", j.Kind, err))
			}
		}
	}
}

// claim takes up to n due jobs. The looking is a plain read; only when there
// is something to take does it write, and a job belongs to whoever's update
// changed it.
func (r *Runner) claim(ctx context.Context, n int) []Job {
	if n <= 0 || ctx.Err() != nil {
		return nil
	}
	due, err := r.due(ctx, n)
	if err == nil && len(due) > 0 {
		due, err = r.lease(ctx, due)
	}
	if err != nil {
		if ctx.Err() == nil {
			r.log.Error("jobs: claim", "fault", fault.KindOf(err).String(), "err", err)
		}
		return nil
	}
	return due
}

func (r *Runner) due(ctx context.Context, n int) ([]Job, error) {
	var out []Job
	err := r.d.Read(ctx, func(tx *db.Tx) error {
		out = nil
		now := clock.Millis(r.now())
		return tx.Each(dueStmt, func(scan func(...any) error) error {
			var j Job
			if err := scan(&j.ID, &j.Kind, &j.Key, &j.Payload, &j.Attempt); err != nil {
				return err
			}
			out = append(out, j)
			return nil
		}, now, now, n)
	})
	return out, err
}

func (r *Runner) lease(ctx context.Context, due []Job) ([]Job, error) {
	var mine []Job
	err := r.d.Write(ctx, func(tx *db.Tx) error {
		mine = mine[:0]
		now := clock.Millis(r.now())
		for _, j := range due {
			j.lease = id.New()
			n, err := tx.Exec(claimStmt, j.lease, now+leaseTime.Milliseconds(), j.ID, now, now)
			if err != nil {
				return err
			}
			if n == 0 {
				continue // another runner was first, or it was cancelled
			}
			// The content may have been replaced since the look.
			if err := tx.Row(claimedStmt, j.ID).Scan(&j.Payload, &j.Attempt); err != nil {
				return err
			}
			mine = append(mine, j)
		}
		return nil
	})
	return mine, err
}

// do runs one job and writes down how it went.
func (r *Runner) do(ctx context.Context, j Job) error {
	err := r.handle(ctx, j)
	r.settle(ctx, j, err)
	return err
}

func (r *Runner) handle(ctx context.Context, j Job) (err error) {
	h := r.handlers[j.Kind]
	if h == nil {
		return errors.New("no handler in this version of the program")
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			r.log.Error("jobs: panic", "kind", j.Kind, "job", j.ID, "stack", string(debug.Stack()))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, handlerTime)
	defer cancel()
	return h(ctx, j)
}

func (r *Runner) settle(ctx context.Context, j Job, failure error) {
	err := r.d.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		var err error
		switch final := (permanent{}); {
		case failure == nil || errors.Is(failure, ErrLost):
			_, err = tx.Exec(doneStmt, j.ID, j.lease)
		case errors.As(failure, &final) || j.Attempt >= maxAttempts:
			_, err = tx.Exec(buryStmt, short(failure), j.ID, j.lease)
		default:
			_, err = tx.Exec(retryStmt, clock.Millis(r.now().Add(Backoff(j.Attempt))), short(failure), j.ID, j.lease)
		}
		return err
	})
	if failure != nil {
		r.log.Warn("jobs: failed", "kind", j.Kind, "job", j.ID, "attempt", j.Attempt, "err", short(failure))
	}
	if err != nil { // the lease will end and the job run again
		r.log.Error("jobs: settle", "kind", j.Kind, "job", j.ID, "err", err)
	}
}

// Backoff is the wait after the nth failure: 5 s, doubled each time, at most
// two hours.
func Backoff(attempt int64) time.Duration {
	if attempt > 11 {
		return longestWait
	}
	return min(longestWait, firstWait<<max(0, attempt-1))
}

// short keeps a fault readable. Errors carry identifiers, never personal data.
func short(err error) string {
	text := err.Error()
	if len(text) > 300 {
		text = text[:300]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}
