package certificate

import (
	"crypto/tls"
	"time"
)

// The times of orders.
const (
	firstWait = 5 * time.Minute  // after the first failure
	longWait  = 6 * time.Hour    // at the most
	endWait   = time.Hour        // at the most when less than two days are left
	leaseLife = 10 * time.Minute // how long one instance may be at it
	orderTime = 5 * time.Minute  // how long an order may take
	lookEvery = time.Minute      // how often an instance looks
)

// due is when the next order is due. Without a certificate, or with one that
// lacks a name, at once; else when a third of its life is left; after a
// failure later, slower each time, and not before the server allows.
func due(cert *tls.Certificate, hosts []string, s state, now time.Time) time.Time {
	at := time.Time{}
	left := time.Duration(0)
	if covers(cert, hosts) {
		life := cert.Leaf.NotAfter.Sub(cert.Leaf.NotBefore)
		at = cert.Leaf.NotAfter.Add(-life / 3)
		left = cert.Leaf.NotAfter.Sub(now)
	}
	if s.fails == 0 {
		return at
	}
	if again := s.tried.Add(wait(s.fails, left)); again.After(at) {
		at = again
	}
	if s.again.After(at) {
		at = s.again
	}
	return at
}

// wait is how long the next try waits after so many failures: 5, 10, 20 ...
// minutes up to six hours, and at most an hour when the end is near.
func wait(fails int64, left time.Duration) time.Duration {
	d := longWait
	if fails < 8 {
		d = min(longWait, firstWait<<(fails-1))
	}
	if left < 48*time.Hour {
		d = min(d, endWait)
	}
	return d
}

// state is what is remembered between orders.
type state struct {
	tried, again, held time.Time
	fails              int64
	trouble, detail    string
	holder             string
}

// free says whether nobody else is at it.
func (s state) free(me string, now time.Time) bool {
	return s.holder == "" || s.holder == me || now.Sub(s.held) > leaseLife || now.Before(s.held)
}
