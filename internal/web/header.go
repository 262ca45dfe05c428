package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"

	"amelie/internal/fault"
)

// policyCSP names every source a page may use. Nothing inline, nothing
// foreign; a page cannot be framed and cannot post elsewhere.
//
// req: WEB-2 no contact with a host that the administrator did not name
const policyCSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const policyPermissions = "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(self), gyroscope=(), magnetometer=(), " +
	"microphone=(), midi=(), payment=(), usb=(), browsing-topics=(), interest-cohort=(), publickey-credentials-create=(self), publickey-credentials-get=(self)"

// headers sets what every answer carries. A page is never kept in a cache;
// the assets, whose names change with their content, override that.
func (s *Shell) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policyCSP)
		h.Set("Permissions-Policy", policyPermissions)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Robots-Tag", "noarchive")
		h.Set("Cache-Control", "no-store") // req: WEB-3 no page stays on the device
		if s.cfg.TLS {
			// For this host alone: what else lives under its name is not ours to
			// decide (docs/decisions/0090).
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		next.ServeHTTP(w, r)
	})
}

// crossOrigin refuses a browser's request that changes something and comes
// from another site. Clients that are not browsers send neither header that
// it looks at, carry no cookie of ours, and pass.
func (s *Shell) crossOrigin(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := s.newCtx(w, r, ZonePublic, s.pathLanguage(r))
		s.fail(c, fault.New(fault.Denied, "web.error.cross-origin"))
	}))
	return guard.Handler(next)
}

// recover turns a panic into the error page.
func (s *Shell) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			trouble := recover()
			if trouble == nil {
				return
			}
			if trouble == http.ErrAbortHandler { //nolint:errorlint // the documented sentinel
				panic(trouble)
			}
			// The value of a panic may quote what was typed: the log gets its
			// place in the code, never its text.
			s.cfg.Log.Error("panic", "route", route(r), "stack", string(debug.Stack()))
			if a, ok := w.(*answer); ok && a.status != 0 {
				return
			}
			s.fail(s.newCtx(w, r, ZonePublic, s.pathLanguage(r)), fault.New(fault.Internal, ""))
		}()
		next.ServeHTTP(w, r)
	})
}

// Observation is what may be known about an answered request: no address, no
// query, no path parameter.
type Observation struct {
	Route    string // registered pattern with {lang}, or "other"
	Method   string
	Status   int
	Bytes    int64
	Duration time.Duration
}

// answer remembers what was sent.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// observe writes the log line and feeds the metrics.
//
// req: WEB-4 a log never says who looked for what
func (s *Shell) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		a := &answer{ResponseWriter: w}
		next.ServeHTTP(a, r)
		if a.status == 0 {
			a.status = http.StatusOK
		}
		o := Observation{Route: s.generic(route(r)), Method: knownMethod(r.Method), Status: a.status, Bytes: a.bytes, Duration: time.Since(started)}
		s.cfg.Log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("route", o.Route), slog.String("method", o.Method), slog.Int("status", o.Status),
			slog.Int64("bytes", o.Bytes), slog.Float64("ms", float64(o.Duration.Microseconds())/1000))
		if s.Observe != nil {
			s.Observe(o)
		}
	})
}

// knownMethod keeps a stranger from filling the log or the metrics with words
// of his own.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "OTHER"
}

// route is the registered path pattern of a request; ServeMux sets it on the
// way in.
func route(r *http.Request) string {
	_, path, found := strings.Cut(r.Pattern, " ")
	if !found {
		path = r.Pattern
	}
	return path
}

// generic replaces the language at the start of a pattern, so that a log does
// not collect which languages come when.
func (s *Shell) generic(path string) string {
	if path == "" || path == "/" {
		return "other"
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if s.patient[first] || s.langs[first] {
		return "/{lang}/" + strings.TrimSuffix(rest, "{$}")
	}
	return path
}

var (
	brotlis = sync.Pool{New: func() any { return brotli.NewWriterLevel(nil, 1) }}
	denser  = sync.Pool{New: func() any { return brotli.NewWriterLevel(nil, 7) }}
	gzips   = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, 4); return w }}
)

// compressFrom is the size in bytes below which compressing does not pay.
const compressFrom = 900

// write sends a finished page, compressed on public pages and a learner's. Pages of the
// professional zone go out as they are: their length after compression could
// tell a listener whether a guess stands on the page.
func (c *Ctx) write(status int, page []byte) error {
	h := c.W.Header()
	if c.zone == ZonePublic || c.zone == ZonePerson || c.zone == ZoneLearner {
		h.Add("Vary", "Accept-Encoding")
		if len(page) >= compressFrom {
			if small, encoding := compress(page, c.R.Header.Get("Accept-Encoding"), c.kept && c.small); encoding != "" {
				h.Set("Content-Encoding", encoding)
				page = small
			}
		}
	}
	c.W.WriteHeader(status)
	_, err := c.W.Write(page)
	return ignoreGone(err)
}

func compress(page []byte, accepted string, well bool) ([]byte, string) {
	var out bytes.Buffer
	out.Grow(len(page) / 3)
	switch {
	case accepts(accepted, "br"):
		pool := &brotlis
		if well {
			pool = &denser
		}
		w := pool.Get().(*brotli.Writer)
		defer pool.Put(w)
		w.Reset(&out)
		if _, err := w.Write(page); err != nil || w.Close() != nil {
			return nil, ""
		}
		return out.Bytes(), "br"
	case accepts(accepted, "gzip"):
		w := gzips.Get().(*gzip.Writer)
		defer gzips.Put(w)
		w.Reset(&out)
		if _, err := w.Write(page); err != nil || w.Close() != nil {
			return nil, ""
		}
		return out.Bytes(), "gzip"
	}
	return nil, ""
}

// accepts reads an Accept-Encoding header; "br;q=0" refuses.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		q := strings.ReplaceAll(params, " ", "")
		return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
	}
	return false
}

// discardClientFaults drops what net/http says about broken handshakes and
// headers: those lines carry addresses.
type discardClientFaults struct{ slog.Handler }

func (d discardClientFaults) Handle(ctx context.Context, r slog.Record) error {
	r.Message = "connection"
	return d.Handler.Handle(ctx, r)
}

func (d discardClientFaults) WithAttrs(a []slog.Attr) slog.Handler {
	return discardClientFaults{d.Handler.WithAttrs(a)}
}

func (d discardClientFaults) WithGroup(name string) slog.Handler {
	return discardClientFaults{d.Handler.WithGroup(name)}
}
