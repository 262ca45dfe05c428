// Package fence keeps outgoing requests on the hosts that an administrator named.
//
// The idea: this program contacts nobody on its own. Where it has to speak to a
// server (a certificate authority, a workplace's provider), whatever that
// server answers, and whatever a library makes of it, a request to any other
// host ends here before a name is looked up.
//
// Nothing is stored. It must never let through what was not named, and never
// follow an answer elsewhere.
package fence

import (
	"errors"
	"io"
	"net/http"
	"net/url"
)

// Foreign says that a host is not one that was named.
type Foreign struct{ Host string }

func (e Foreign) Error() string { return "not a named host: " + e.Host }

// ErrTooLarge ends an answer that is longer than its Fence allows.
var ErrTooLarge = errors.New("answer too large")

// Fence lets requests go where May says, and cuts long answers.
// Errors: Foreign; ErrTooLarge while the body is read.
type Fence struct {
	May  func(*url.URL) bool
	Most int64 // bytes of one answer; 0: any
	Next http.RoundTripper
}

// RoundTrip does one request.
func (f Fence) RoundTrip(r *http.Request) (*http.Response, error) {
	if !f.May(r.URL) {
		return nil, Foreign{r.URL.Host}
	}
	resp, err := f.Next.RoundTrip(r)
	if err == nil && f.Most > 0 {
		resp.Body = &bounded{resp.Body, f.Most}
	}
	return resp, err
}

type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrTooLarge
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
