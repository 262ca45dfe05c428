package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"amelie/internal/audit"
	"amelie/internal/certificate"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/web"
)

// metrics counts requests by route, never by address, person or query.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(d *db.DB) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "amelie_requests_total", Help: "Answered requests by route pattern and status."}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "amelie_request_seconds", Help: "Time to answer by route pattern.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5}}, []string{"route"}),
	}
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "amelie_audit_waiting", Help: "Audit entries that are not yet in the log."}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		n, _, err := audit.Waiting(ctx, d)
		if err != nil {
			return -1
		}
		return float64(n)
	})
	m.registry.MustRegister(m.requests, m.seconds, waiting, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// certificate tells for how long the site's certificate still holds, so that
// a monitor can warn before a browser does.
func (m *metrics) certificate(k *certificate.Keeper, now clock.Clock) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "amelie_certificate_seconds", Help: "Seconds until the certificate ends; -1: not known."}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s, err := k.Status(ctx)
		if err != nil {
			return -1
		}
		return max(0, s.Until.Sub(now()).Seconds())
	}))
}

func (m *metrics) observe(o web.Observation) {
	m.requests.WithLabelValues(o.Route, o.Method, strconv.Itoa(o.Status)).Inc()
	m.seconds.WithLabelValues(o.Route).Observe(o.Duration.Seconds())
}

// health answers machines: /healthz says that the process is there, /readyz
// that it can do its work, /metrics what it did. Metrics are for this machine
// only: a forwarded or foreign request does not find them.
func (a *App) health() {
	plain := func(w http.ResponseWriter, status int, text string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		w.Write([]byte(text + "\n"))
	}
	a.Shell.Raw("GET /healthz", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { plain(w, 200, "ok") }))
	a.Shell.Raw("GET /readyz", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := a.ready(ctx); err != nil {
			a.Log.Warn("not ready", "err", err.Error())
			plain(w, http.StatusServiceUnavailable, "not ready")
			return
		}
		plain(w, 200, "ready")
	}))
	figures := promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{})
	a.Shell.Raw("GET /metrics", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		ip := net.ParseIP(host)
		if err != nil || ip == nil || !ip.IsLoopback() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
			plain(w, http.StatusNotFound, "not found")
			return
		}
		figures.ServeHTTP(w, r)
	}))
}

// ready says whether requests can be answered: the database answers and the
// audit log keeps up.
func (a *App) ready(ctx context.Context) error {
	if err := a.DB.Ping(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	if _, err := a.Directory.Version(ctx); err != nil {
		return fmt.Errorf("directory: %w", err)
	}
	n, oldest, err := audit.Waiting(ctx, a.DB)
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	if n > 0 && a.Config.Now().Sub(oldest) > time.Minute {
		a.Log.Warn("the audit log lags", "waiting", n)
	}
	return nil
}
