package atlas

import "sync"

// remembered holds what was worked out from one version of the directory until
// another version is asked for.
type remembered[T any] struct {
	mu      sync.Mutex
	version int64
	have    bool
	value   T
}

// of gives the value of a version, made when it is not the one at hand. Others
// wait meanwhile rather than make it too.
func (r *remembered[T]) of(version int64, make func() T) T {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.have || r.version != version {
		r.value, r.version, r.have = make(), version, true
	}
	return r.value
}
