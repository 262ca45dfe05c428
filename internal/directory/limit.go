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

// limiter is the one of the open interfaces.
type limiter = Limiter

// Limiter is a token bucket for each address, in memory alone: nothing about
// who asked outlives the process, and a bucket is forgotten when it is full.
type Limiter struct {
	now     clock.Clock
	burst   float64
	rate    float64 // a second
	mu      sync.Mutex
	buckets map[netip.Prefix]*bucket
}

type bucket struct {
	tokens float64
	last   time.Time
}

func newLimiter(now clock.Clock) *limiter { return NewLimiter(now, limitBurst, limitRate) }

// NewLimiter lets an address ask burst times at once, then rate times a second.
func NewLimiter(now clock.Clock, burst, rate float64) *Limiter {
	return &Limiter{now: now, burst: burst, rate: rate, buckets: map[netip.Prefix]*bucket{}}
}

// Allow takes a token of the caller's address ("host:port"); see allow.
func (l *Limiter) Allow(remote string) bool { return l.allow(remote) }

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
		b = &bucket{tokens: l.burst, last: now}
		l.buckets[who] = b
	}
	b.tokens = min(l.burst, b.tokens+max(0, now.Sub(b.last).Seconds())*l.rate)
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
		if b.tokens+now.Sub(b.last).Seconds()*l.rate >= l.burst {
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
