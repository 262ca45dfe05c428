package directory

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"amelie/internal/clock"
)

// The limits of the open interfaces for one address: a burst, then a steady
// rate. Addresses are kept in memory alone, for minutes, and never logged.
const (
	limitBurst   = 120.0
	limitRate    = 10.0 // a second
	limitEntries = 20_000
)

// limiter is a token bucket for each address.
type limiter struct {
	now     clock.Clock
	mu      sync.Mutex
	buckets map[netip.Prefix]*bucket
}

type bucket struct {
	tokens float64
	last   time.Time
}

func newLimiter(now clock.Clock) *limiter {
	return &limiter{now: now, buckets: map[netip.Prefix]*bucket{}}
}

// allow takes a token of the caller's address ("host:port"). Loopback, and
// what is not an address, as with an in-process call, is always allowed.
func (l *limiter) allow(remote string) bool {
	who, ok := network(remote)
	if !ok {
		return true
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[who]
	if b == nil {
		if len(l.buckets) >= limitEntries {
			l.forget(now)
		}
		b = &bucket{tokens: limitBurst, last: now}
		l.buckets[who] = b
	}
	b.tokens = min(limitBurst, b.tokens+max(0, now.Sub(b.last).Seconds())*limitRate)
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// forget drops the addresses whose bucket is full again; when all are busy it
// drops everything, since a full table must not refuse newcomers.
func (l *limiter) forget(now time.Time) {
	for who, b := range l.buckets {
		if b.tokens+now.Sub(b.last).Seconds()*limitRate >= limitBurst {
			delete(l.buckets, who)
		}
	}
	if len(l.buckets) >= limitEntries {
		clear(l.buckets)
	}
}

// network is what shares a bucket: an IPv4 address, or the /64 of an IPv6
// address, which one subscriber holds whole.
func network(remote string) (netip.Prefix, bool) {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.IsLoopback() || addr.Unmap().IsLoopback() {
		return netip.Prefix{}, false
	}
	addr = addr.Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.Prefix(bits)
	return p, err == nil
}
