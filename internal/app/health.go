package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"amelie/internal/audit"
	"amelie/internal/certificate"
	"amelie/internal/clock"
	"amelie/internal/db"
)

// newMetrics are the figures of this process: requests by route, never by
// address, person or query, and how far the audit log is behind.
func newMetrics(d *db.DB) *metrics.Set {
	set := metrics.NewSet()
	set.NewGauge("amelie_audit_waiting", func() float64 { // -1: not known
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		n, _, err := audit.Waiting(ctx, d)
		if err != nil {
			return -1
		}
		return float64(n)
	})
	set.NewGauge("amelie_database_connections", func() float64 { return float64(d.Connections()) })
	return set
}

// meterCertificate tells for how long the site's certificate still holds, in
// seconds, so that a monitor can warn before a browser does; -1: not known.
func (a *App) meterCertificate(k *certificate.Keeper, now clock.Clock) {
	a.metrics.NewGauge("amelie_certificate_seconds", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s, err := k.Status(ctx)
		if err != nil {
			return -1
		}
		return max(0, s.Until.Sub(now()).Seconds())
	})
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
	a.Shell.Raw("GET /metrics", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		ip := net.ParseIP(host)
		if err != nil || ip == nil || !ip.IsLoopback() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
			plain(w, http.StatusNotFound, "not found")
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		a.metrics.WritePrometheus(w)
		metrics.WriteProcessMetrics(w)
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
