package sso

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"

	"amelie/internal/clock"
)

// A provider's keys are read keysOften times in keysLife at most: more than once,
// since they may have changed a moment ago.
const (
	keysLife  = 10 * time.Second
	keysOften = 3
)

// keyring is a provider's keys as they were read some seconds ago. A token under
// an unknown key makes the library read them again, and anybody can send such
// tokens to the address for sign-outs: however many come, the provider is asked
// a few times, and what its known keys signed is believed all the while.
//
// req: SSO-11
type keyring struct {
	next    http.RoundTripper
	now     clock.Clock
	address string

	mu     sync.Mutex
	since  time.Time // of the present keysLife
	reads  int       // in it
	status int
	header http.Header
	body   []byte
}

func (k *keyring) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet || r.URL.String() != k.address {
		return k.next.RoundTrip(r)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); now.Sub(k.since).Abs() >= keysLife {
		k.since, k.reads = now, 0
	}
	if k.reads < keysOften {
		if err := k.read(r); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: k.status, Status: http.StatusText(k.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: k.header.Clone(), Body: io.NopCloser(bytes.NewReader(k.body)), ContentLength: int64(len(k.body)), Request: r}, nil
}

// read asks the provider and keeps its answer, whatever it is.
func (k *keyring) read(r *http.Request) error {
	k.reads++
	if k.status == 0 {
		k.status = http.StatusServiceUnavailable
	}
	resp, err := k.next.RoundTrip(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	k.status, k.header, k.body = resp.StatusCode, resp.Header, body
	return nil
}
