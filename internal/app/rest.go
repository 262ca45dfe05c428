package app

import (
	"context"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// restAfter is how long nobody must have asked for anything before memory is
// given back to the machine.
const restAfter = 20 * time.Second

// rest gives memory back when nobody asks for anything: the runtime and the
// pages' caches by themselves keep what the last busy minute needed, and small
// machines carry other things too. A collection costs some tens of milliseconds of one core, once
// in each pause.
type rest struct{ last, rested atomic.Int64 }

// dense has garbage collected often until the answered function is called. What
// is read once and stays for good would otherwise lie thinly between what was
// thrown away meanwhile, and that room cannot be given back.
func dense() (end func()) {
	before := debug.SetGCPercent(30)
	return func() { debug.SetGCPercent(before) }
}

// watch notes when the last request began.
func (r *rest) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.last.Store(time.Now().UnixNano())
		next.ServeHTTP(w, q)
	})
}

// run looks every few seconds until ctx ends; forget empties the caches.
func (r *rest) run(ctx context.Context, forget func()) {
	tick := time.NewTicker(restAfter / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		last := r.last.Load()
		if last != r.rested.Load() && time.Since(time.Unix(0, last)) > restAfter {
			forget()
			runtime.GC() // what lies in pools outlives one collection
			debug.FreeOSMemory()
			r.rested.Store(last)
		}
	}
}
