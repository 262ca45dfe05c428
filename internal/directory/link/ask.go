package link

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/temoto/robotstxt"

	"amelie/internal/fold"
)

const (
	mostHops   = 5
	dialTime   = 8 * time.Second
	wholeTime  = 20 * time.Second // of one request
	mostBody   = 4 << 10          // read of a page and thrown away
	mostRobots = 100 << 10
)

// errInside is the refusal to open a line into a network that is not public.
var errInside = errors.New("link: the address is not public")

// Asker opens addresses.
type Asker struct {
	client *http.Client
	agent  func() string
	open   bool // lines to this machine are allowed: in tests of this package alone
}

// NewAsker makes one that names itself by name, the neutral name of the site,
// and nothing else.
func NewAsker(name func() string) *Asker {
	a := &Asker{agent: func() string { return agentName(name()) }}
	dialer := &net.Dialer{Timeout: dialTime, Control: a.control}
	a.client = &http.Client{
		Timeout: wholeTime,
		// req: LINK-5
		// No proxy, no cookies, no line that is kept, and no redirect that is
		// followed without a look.
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: dialTime,
			DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return a
}

// agentName is a name as a header can carry it.
func agentName(name string) string {
	words := slices.DeleteFunc(fold.Tokens(name), func(word string) bool {
		return strings.ContainsFunc(word, func(r rune) bool { return r > unicode.MaxASCII })
	})
	if len(words) == 0 {
		return "link-check"
	}
	return strings.Join(words, "-")
}

// control looks at the address that is really dialled, after the name was
// looked up: a name that leads inside a moment later is refused too.
//
// req: LINK-2
func (a *Asker) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !public(at.Addr()) && !(a.open && at.Addr().Unmap().IsLoopback()) {
		return errInside
	}
	return nil
}

// notPublic are the special networks that netip does not know by name (IANA
// special-purpose registries, RFC 6890 and its heirs).
var notPublic = func() (list []netip.Prefix) {
	for _, p := range strings.Fields(`0.0.0.0/8 100.64.0.0/10 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4
		64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fec0::/10 ::/96`) {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}()

// public says whether an address belongs to the open network.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// Ask looks behind an address. What it leads to is asked in its turn, at most
// five times.
func (a *Asker) Ask(ctx context.Context, address string) Seen {
	first, err := url.Parse(address)
	if err != nil || !web(first) {
		return Seen{Outcome: NoHost}
	}
	asked := map[string]bool{}
	now := first
	for range mostHops + 1 {
		if !asked[now.Host] {
			asked[now.Host] = true
			if seen, may := a.welcome(ctx, now); !may {
				return seen
			}
		}
		answer, err := a.look(ctx, now)
		if err != nil {
			return Seen{Outcome: meaning(err)}
		}
		if answer.next == nil {
			return answer.seen(first, now)
		}
		now = answer.next
	}
	return Seen{Outcome: Broken}
}

func web(u *url.URL) bool {
	return (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

// answer is what a host said to one request.
type answer struct {
	status int
	next   *url.URL
	wait   time.Duration
}

func (a answer) seen(first, last *url.URL) Seen {
	s := Seen{Outcome: Works, Wait: a.wait}
	switch {
	case a.status == http.StatusNotFound, a.status == http.StatusGone:
		s.Outcome = Missing
	case a.status == http.StatusServiceUnavailable, a.status >= 400 && a.status < 500:
		s.Outcome = Unclear // it does not want to be asked by a program, or not now
	case a.status < 200 || a.status >= 300: // a fault of its own, or a redirect to nowhere
		s.Outcome = Broken
	}
	if s.Outcome == Works && !sameHost(first, last) {
		s.At = last.String()
	}
	return s
}

// look asks for the head of a page, and for the page where the host does not
// answer that well.
func (a *Asker) look(ctx context.Context, u *url.URL) (answer, error) {
	out, _, err := a.request(ctx, http.MethodHead, u, 0)
	if err == nil && out.status >= 400 && out.status != http.StatusTooManyRequests {
		out, _, err = a.request(ctx, http.MethodGet, u, mostBody)
	}
	return out, err
}

func (a *Asker) request(ctx context.Context, method string, u *url.URL, most int64) (answer, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return answer{}, nil, err
	}
	r.Header.Set("User-Agent", a.agent())
	res, err := a.client.Do(r)
	if err != nil {
		return answer{}, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, most))
	if err != nil {
		return answer{}, nil, err
	}
	out := answer{status: res.StatusCode, wait: retryAfter(res.Header.Get("Retry-After"))}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		if next, err := res.Location(); err == nil && web(next) {
			out.next = next
		}
	}
	return out, body, nil
}

// retryAfter reads the seconds that a host wants to be left alone.
func retryAfter(text string) time.Duration {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(n), longestWait/time.Second) * time.Second
}

// welcome asks the host's robots.txt (RFC 9309) whether this program may look.
func (a *Asker) welcome(ctx context.Context, u *url.URL) (seen Seen, may bool) {
	rules := url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"}
	got, body, err := a.request(ctx, http.MethodGet, &rules, mostRobots)
	switch {
	case err != nil:
		return Seen{Outcome: meaning(err)}, false
	case got.status < 200 || got.status >= 300: // none; a host that is broken says so at the page itself
		return Seen{}, true
	}
	robots, err := robotstxt.FromBytes(body)
	if err != nil {
		return Seen{}, true
	}
	return Seen{Outcome: Unclear}, robots.TestAgent(u.EscapedPath(), a.agent())
}

// meaning tells the ways apart in which a line fails.
func meaning(err error) Outcome {
	var name *net.DNSError
	var proof *tls.CertificateVerificationError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, errInside):
		return Inside
	case errors.As(err, &name) && name.IsNotFound:
		return NoHost
	case errors.As(err, &proof), errors.As(err, &host), errors.As(err, &record), errors.As(err, &alert):
		return Unsafe
	}
	return Silent
}
