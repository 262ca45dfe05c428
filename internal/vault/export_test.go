package vault

import (
	"sync/atomic"
	"testing"
)

// WatchDerivations counts, until the test ends, how many passwords are derived
// at the same time; each waits for a turn of slow. The answer is the most.
func WatchDerivations(t testing.TB, slow func()) (most func() int32) {
	var now, peak atomic.Int32
	real := argon
	argon = func(password, salt []byte, passes, memory uint32, lanes uint8, size uint32) []byte {
		n := now.Add(1)
		defer now.Add(-1)
		for p := peak.Load(); n > p && !peak.CompareAndSwap(p, n); p = peak.Load() {
		}
		slow()
		return real(password, salt, passes, memory, lanes, size)
	}
	t.Cleanup(func() { argon = real })
	return peak.Load
}
