package web

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Meter counts answered requests by route pattern, method and status class,
// and measures their time. The result is for Shell.Observe. Labels come from
// the program alone, so nobody outside can make the metrics grow.
func Meter(reg prometheus.Registerer) func(Observation) {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "amelie_http_request_seconds", Help: "Time to answer, by route.",
		Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .25, 1, 5},
	}, []string{"route", "method", "status"})
	bytes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "amelie_http_response_bytes_total", Help: "Bytes answered, by route.",
	}, []string{"route"})
	reg.MustRegister(seconds, bytes)
	return func(o Observation) {
		seconds.WithLabelValues(o.Route, o.Method, strconv.Itoa(o.Status/100)+"xx").Observe(o.Duration.Seconds())
		bytes.WithLabelValues(o.Route).Add(float64(o.Bytes))
	}
}
