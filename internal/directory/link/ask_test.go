package link

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// host is a foreign host on this machine.
type host struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []string // method and path
	headers []http.Header
}

func newHost(t *testing.T, answer http.HandlerFunc) *host {
	h := &host{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked = append(h.asked, r.Method+" "+r.URL.Path)
		h.headers = append(h.headers, r.Header.Clone())
		h.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func here() *Asker {
	a := NewAsker(func() string { return "Haus am Fluss" })
	a.open = true
	return a
}

// site answers as most hosts do.
func site(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/", "/fine":
	case "/no-head":
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusNotFound)
		}
	case "/gone":
		w.WriteHeader(http.StatusGone)
	case "/login":
		w.WriteHeader(http.StatusForbidden)
	case "/busy":
		w.Header().Set("Retry-After", "5000000")
		w.WriteHeader(http.StatusTooManyRequests)
	case "/fault":
		w.WriteHeader(http.StatusInternalServerError)
	case "/circle":
		http.Redirect(w, r, "/circle", http.StatusFound)
	case "/within":
		http.Redirect(w, r, "/fine", http.StatusMovedPermanently)
	case "/file":
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(http.StatusFound)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func TestWhatAHostSaysIsUnderstood(t *testing.T) {
	h := newHost(t, site)
	for path, want := range map[string]Outcome{"/": Works, "/fine": Works, "/no-head": Works, "/within": Works, "/gone": Missing, "/nowhere": Missing,
		"/login": Unclear, "/busy": Unclear, "/fault": Broken, "/circle": Broken, "/file": Broken} {
		if got := here().Ask(t.Context(), h.URL+path); got.Outcome != want || got.At != "" {
			t.Errorf("%s: %+v, want %s", path, got, want)
		}
	}
	if got := here().Ask(t.Context(), h.URL+"/busy"); got.Wait < 57*24*time.Hour || got.Wait > 60*24*time.Hour {
		t.Errorf("the host wants to be left alone for 5000000 s; understood as %v", got.Wait)
	}
	if n := len(h.asked); n > 60 {
		t.Errorf("%d requests", n)
	}
}

func TestARedirectToAnotherHostIsReportedAndOneWithinTheHostIsNot(t *testing.T) {
	there := newHost(t, site)
	other := strings.Replace(there.URL, "127.0.0.1", "localhost", 1)
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, other+r.URL.Path, http.StatusMovedPermanently)
	})
	if got := here().Ask(t.Context(), h.URL+"/fine"); got.Outcome != Works || got.At != other+"/fine" {
		t.Errorf("moved: %+v", got)
	}
	if got := here().Ask(t.Context(), h.URL+"/gone"); got.Outcome != Missing || got.At != "" {
		t.Errorf("moved to where nothing is: %+v", got)
	}
}

// req: LINK-5
func TestAHostLearnsTheNeutralNameAndNothingElse(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "trace", Value: "1", Path: "/"})
		site(w, r)
	})
	a := here()
	a.Ask(t.Context(), h.URL+"/within")
	a.Ask(t.Context(), h.URL+"/fine")
	for i, header := range h.headers {
		if header.Get("User-Agent") != "haus-am-fluss" || header.Get("Cookie") != "" || header.Get("Referer") != "" || header.Get("Accept-Language") != "" {
			t.Errorf("%s: %v", h.asked[i], header)
		}
	}
	if len(h.headers) < 5 {
		t.Fatalf("only %d requests came", len(h.headers))
	}
}

func TestAHostThatWantsNoProgramsIsLeftAlone(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			_, _ = w.Write([]byte("User-agent: haus-am-fluss\nDisallow: /quiet\n"))
		}
	})
	if got := here().Ask(t.Context(), h.URL+"/quiet/page"); got.Outcome != Unclear {
		t.Errorf("%+v", got)
	}
	if got := here().Ask(t.Context(), h.URL+"/open"); got.Outcome != Works {
		t.Errorf("%+v", got)
	}
	if got := strings.Join(h.asked, ","); got != "GET /robots.txt,GET /robots.txt,HEAD /open" {
		t.Errorf("asked: %s", got)
	}
}

func TestFailuresOfTheLineAreToldApart(t *testing.T) {
	foreign := httptest.NewTLSServer(http.HandlerFunc(site)) // of an authority that nobody knows
	t.Cleanup(foreign.Close)
	if got := here().Ask(t.Context(), foreign.URL+"/fine"); got.Outcome != Unsafe {
		t.Errorf("unknown certificate: %+v", got)
	}
	a := here()
	conf := foreign.Client().Transport.(*http.Transport).TLSClientConfig
	a.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: conf.RootCAs, MinVersion: tls.VersionTLS12}
	if got := a.Ask(t.Context(), foreign.URL+"/gone"); got.Outcome != Missing {
		t.Errorf("known certificate: %+v", got)
	}
	wrong := strings.Replace(foreign.URL, "127.0.0.1", "localhost", 1)
	if got := a.Ask(t.Context(), wrong+"/fine"); got.Outcome != Unsafe {
		t.Errorf("certificate of another name: %+v", got)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	if got := here().Ask(t.Context(), "http://"+closed+"/"); got.Outcome != Silent {
		t.Errorf("nobody listens: %+v", got)
	}
}

func TestAHostThatNeverAnswersIsGivenUp(t *testing.T) {
	release := make(chan struct{})
	h := newHost(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before the server closes
	a := here()
	a.client.Timeout = 50 * time.Millisecond
	if got := a.Ask(t.Context(), h.URL+"/"); got.Outcome != Silent {
		t.Errorf("%+v", got)
	}
}

// The asker that serve makes has no way to this machine, whatever the name
// looks like: what counts is the address that is dialled.
//
// req: LINK-2
func TestNothingInsideIsEverDialled(t *testing.T) {
	h := newHost(t, site)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(h.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	real := NewAsker(func() string { return "Amelie" })
	for _, name := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "169.254.169.254", "10.0.0.1"} {
		if got := real.Ask(t.Context(), "http://"+name+":"+port+"/fine"); !got.Outcome.Failed() || got.Outcome == Missing || got.Outcome == Broken {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// A name that was public when it was looked at leads inside when it is dialled.
	for _, address := range []string{"127.0.0.1:80", "192.168.0.1:443", "[::1]:80", "[fe80::1%lo]:80", "nonsense"} {
		if err := real.control("tcp", address, nil); err == nil {
			t.Errorf("a line to %s is opened", address)
		}
	}
	if err := real.control("tcp", "193.99.144.80:443", nil); err != nil {
		t.Errorf("a line to a public address: %v", err)
	}
	if len(h.asked) > 0 {
		t.Errorf("asked: %v", h.asked)
	}
}

// req: LINK-2
func TestARedirectInsideIsNotFollowed(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
	})
	if got := here().Ask(t.Context(), h.URL+"/fine"); got.Outcome != Inside {
		t.Errorf("%+v", got)
	}
}
