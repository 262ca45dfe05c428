package web

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/VictoriaMetrics/metrics"
)

// limits are the buckets of answer times, in seconds.
var limits = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5}

// Meter counts answered requests by route pattern, method and status, and
// measures their time by route. The result is for Shell.Observe. Labels come
// from the program alone, so nobody outside can make the metrics grow, and no
// address, parameter or query is in them.
func Meter(set *metrics.Set) func(Observation) {
	var kept sync.Map // route to its times
	return func(o Observation) {
		set.GetOrCreateCounter(fmt.Sprintf(`amelie_requests_total{route=%q,method=%q,status="%d"}`, o.Route, o.Method, o.Status)).Inc()
		times, ok := kept.Load(o.Route)
		if !ok {
			times, _ = kept.LoadOrStore(o.Route, newTimes(set, o.Route))
		}
		times.(*answerTimes).note(o.Duration.Seconds())
	}
}

// answerTimes is a histogram with fixed buckets, as every reader of the format
// understands it; the library's own has buckets of its own kind.
type answerTimes struct {
	buckets []*metrics.Counter // cumulative, the last one for everything
	count   *metrics.Counter
	sum     *metrics.FloatCounter
}

func newTimes(set *metrics.Set, route string) *answerTimes {
	t := &answerTimes{
		count: set.GetOrCreateCounter(fmt.Sprintf(`amelie_request_seconds_count{route=%q}`, route)),
		sum:   set.GetOrCreateFloatCounter(fmt.Sprintf(`amelie_request_seconds_sum{route=%q}`, route)),
	}
	for _, limit := range append(append([]float64{}, limits...), -1) {
		le := "+Inf"
		if limit >= 0 {
			le = strconv.FormatFloat(limit, 'g', -1, 64)
		}
		t.buckets = append(t.buckets, set.GetOrCreateCounter(fmt.Sprintf(`amelie_request_seconds_bucket{route=%q,le=%q}`, route, le)))
	}
	return t
}

func (t *answerTimes) note(seconds float64) {
	for i, b := range t.buckets {
		if i == len(limits) || seconds <= limits[i] {
			b.Inc()
		}
	}
	t.count.Inc()
	t.sum.Add(seconds)
}
