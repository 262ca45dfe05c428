package sso

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
)

// req: SSO-11
func TestHoweverManyUnknownKeysAreNamedTheProvidersKeysAreReadAFewTimesInAWhile(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	p := h.provides(l)
	h.links(p, l, "eleni", h.makes("eleni", "hospital"))
	eleni := h.browser()
	eleni.enters(l, p, "eleni")
	read := func() (n int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, path := range l.asked {
			if path == "/keys" {
				n++
			}
		}
		return n
	}
	h.now = h.now.Add(keysLife)
	before := read()
	for range 50 {
		if got := h.saysSignedOut(l, p, "unknown", func(c map[string]any) { c["iss"] = l.URL }); got != 400 && got != 200 {
			t.Fatalf("%d", got)
		}
	}
	if n := read() - before; n > keysOften {
		t.Errorf("the keys were read %d times", n)
	}
	eleni = h.browser()
	eleni.enters(l, p, "eleni")
	if got := h.saysSignedOut(l, p, l.kid, func(c map[string]any) { c["jti"] = "two" }); got != 200 || eleni.isIn() != "" {
		t.Errorf("a true word among them: %d, %q", got, eleni.isIn())
	}
	h.now = h.now.Add(keysLife)
	before = read()
	h.saysSignedOut(l, p, "another", func(map[string]any) {})
	if n := read() - before; n != 1 {
		t.Errorf("a while later the keys were read %d times", n)
	}
}

// req: SSO-11
func TestStrangersCannotFillTheLogWithRefusals(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		l := newLiar(t, func() time.Time { return h.now })
		p := h.provides(l)
		l.Close() // it is down: each press of its button is refused
		for range refusalsNoted + 20 {
			if w := h.browser().post("/en/sign-in/with/"+p.ID, nil); w.Code != http.StatusServiceUnavailable {
				t.Fatalf("%d %s", w.Code, text(w))
			}
		}
		lines := slices.DeleteFunc(h.lines(p), func(s string) bool { return !strings.HasPrefix(s, "sso.refused reason=unreachable") })
		last := func(s string) bool { return strings.HasSuffix(s, "more of this hour are not written") }
		if len(lines) != refusalsNoted || !slices.ContainsFunc(lines, last) {
			t.Errorf("%d lines: %q", len(lines), lines[max(0, len(lines)-1):])
		}
		h.now = h.now.Add(time.Hour)
		h.browser().post("/en/sign-in/with/"+p.ID, nil)
		if n := len(h.lines(p)) - len(lines); n < 1 {
			t.Error("the next hour is not in the log")
		}
	})
}

// req: SSO-11
func TestWhoBeginsSignInsVeryOftenWaits(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	l := newLiar(t, func() time.Time { return h.now })
	p := h.provides(l)
	left := 2
	h.cfg.MayTry = func(*http.Request) bool { left--; return left >= 0 }
	for i, want := range []int{200, 200, http.StatusTooManyRequests} {
		if w := h.browser().post("/en/sign-in/with/"+p.ID, nil); w.Code != want {
			t.Errorf("press %d: %d %s", i, w.Code, text(w))
		}
	}
}
