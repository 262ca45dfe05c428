package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/vault"
	"amelie/test/acmeserver"
)

var schemas = []db.Schema{audit.Schema, Schema}

// site is what the server looks at to see whether the names lead here.
type site struct {
	tls, http net.Listener
	keeper    *Keeper
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func port(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// acmeServer starts one that looks for sites at the ports of s.
func acmeServer(t *testing.T, s *site, bound bool) *acmeserver.Server {
	t.Helper()
	return acmeserver.Start(t, acmeserver.Options{TLSPort: port(s.tls), HTTPPort: port(s.http), Bound: bound})
}

// newSite listens as the program does.
func newSite(t *testing.T) *site {
	s := &site{tls: listen(t), http: listen(t)}
	secure := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "the site") }),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1", "acme-tls/1"},
			GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.keeper.Get(h) }},
		ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: 5 * time.Second}
	go secure.ServeTLS(s.tls, "", "")
	plain := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.keeper.Handler("https://help.example.org").ServeHTTP(w, r)
	}), ReadHeaderTimeout: 5 * time.Second}
	go plain.Serve(s.http)
	t.Cleanup(func() { secure.Close(); plain.Close() })
	return s
}

type turned struct{ now time.Time }

func (c *turned) tell() time.Time { return c.now }

// keeps makes a keeper for the site, on a clock that tests turn.
func keeps(t *testing.T, d *db.DB, secret *vault.ServerSecret, s *site, a *acmeserver.Server, c *turned, change ...func(*Config)) *Keeper {
	t.Helper()
	cfg := Config{Server: a.URL + "/dir", Mail: "it@example.org", AcceptTerms: true, Authority: a.Authority, Hosts: []string{"help.example.org", "www.example.org"}}
	for _, f := range change {
		f(&cfg)
	}
	if err := cfg.Check("help.example.org"); err != nil {
		t.Fatal(err)
	}
	k := New(d, secret, cfg, c.tell, slog.New(slog.DiscardHandler))
	k.retry = func(n int, _ *http.Request, resp *http.Response) time.Duration {
		if resp != nil && resp.StatusCode >= 500 || n > 10 {
			return -1
		}
		return time.Millisecond
	}
	s.keeper = k
	return k
}

// visit is what a browser sees: the serial of the certificate for a name.
func visit(t *testing.T, s *site, name string) (serial string, err error) {
	t.Helper()
	c, err := tls.Dial("tcp", s.tls.Addr().String(), &tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		return "", err
	}
	defer c.Close()
	leaf := c.ConnectionState().PeerCertificates[0]
	if err := leaf.VerifyHostname(name); err != nil {
		return "", err
	}
	return leaf.SerialNumber.String(), nil
}

func status(t *testing.T, k *Keeper) Status {
	t.Helper()
	s, err := k.Status(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestARealServerGivesACertificateByBothChallengesAndRenewsItInTime(t *testing.T) {
	for name, change := range map[string]func(*Config){"tls-alpn-01": func(*Config) {}, "http-01": func(c *Config) { c.HTTP = "127.0.0.1:80" }} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
				s := newSite(t)
				a := acmeServer(t, s, false)
				c := &turned{time.Now()}
				secret := vault.NewServerSecret()
				k := keeps(t, d, secret, s, a, c, change)
				ctx := context.Background()
				if _, err := visit(t, s, "help.example.org"); err == nil {
					t.Fatal("a handshake before there is a certificate")
				}
				must(t, k.Round(ctx))
				first, err := visit(t, s, "help.example.org")
				must(t, err)
				if second, err := visit(t, s, "www.example.org"); err != nil || second != first {
					t.Errorf("the second name: %q %v", second, err)
				}
				if st := status(t, k); st.Failing() || st.Days(c.now) < 88 {
					t.Errorf("%+v", st)
				}
				c.now = c.now.Add(59 * 24 * time.Hour)
				must(t, k.Round(ctx))
				if same, _ := visit(t, s, "help.example.org"); same != first {
					t.Error("renewed too early")
				}
				// Another instance serves the same, and orders nothing.
				other := keeps(t, d, secret, s, a, c, change)
				must(t, other.Round(ctx))
				if same, err := visit(t, s, "help.example.org"); err != nil || same != first {
					t.Errorf("the other instance: %q %v", same, err)
				}
				c.now = c.now.Add(2 * 24 * time.Hour)
				must(t, other.Round(ctx))
				if fresh, err := visit(t, s, "help.example.org"); err != nil || fresh == first {
					t.Errorf("not renewed when a third of its life was left: %v", err)
				}
			})
		})
	}
}

func TestAFailureKeepsTheCertificateSaysWhyAndTriesAgainLater(t *testing.T) {
	s := newSite(t)
	a := acmeServer(t, s, false)
	c := &turned{time.Now()}
	d := dbtest.Open(t, schemas...)
	secret := vault.NewServerSecret()
	k := keeps(t, d, secret, s, a, c)
	ctx := context.Background()
	must(t, k.Round(ctx))
	first, err := visit(t, s, "help.example.org")
	must(t, err)
	c.now = c.now.Add(61 * 24 * time.Hour)
	a.Refuse(true)
	if err := k.Round(ctx); err == nil {
		t.Fatal("no error")
	}
	st := status(t, k)
	if st.Trouble != "unreachable" || st.Fails != 1 || st.Over(c.now) {
		t.Errorf("%+v", st)
	}
	if same, err := visit(t, s, "help.example.org"); err != nil || same != first {
		t.Errorf("the old certificate is gone: %v", err)
	}
	c.now = c.now.Add(firstWait - time.Second)
	must(t, k.Round(ctx)) // not yet
	c.now = c.now.Add(2 * time.Second)
	if err := k.Round(ctx); err == nil || status(t, k).Fails != 2 {
		t.Errorf("%v %+v", err, status(t, k))
	}
	a.Refuse(false)
	c.now = c.now.Add(2*firstWait + time.Second)
	must(t, k.Round(ctx))
	if fresh, err := visit(t, s, "help.example.org"); err != nil || fresh == first || status(t, k).Failing() {
		t.Errorf("%v %+v", err, status(t, k))
	}
	// The doctor reads the same without a keeper.
	if st, found, err := Read(ctx, d, secret, c.now); err != nil || !found || st.Until.IsZero() || len(st.Hosts) != 2 {
		t.Errorf("%+v %v %v", st, found, err)
	}
}

func TestAnOrderThatTheEndOfTheProgramBrokeOffIsNoFailure(t *testing.T) {
	s := newSite(t)
	a := acmeServer(t, s, false)
	c := &turned{time.Now()}
	d, secret := dbtest.Open(t, schemas...), vault.NewServerSecret()
	k := keeps(t, d, secret, s, a, c)
	ctx, end := context.WithCancel(context.Background())
	defer end()
	k.retry = func(int, *http.Request, *http.Response) time.Duration { end(); return -1 }
	a.Refuse(true)
	if err := k.Round(ctx); err == nil {
		t.Fatal("no error")
	}
	if st := status(t, k); st.Fails != 0 || st.Trouble != "" {
		t.Errorf("the end counts as a failure: %+v", st)
	}
	a.Refuse(false)
	must(t, keeps(t, d, secret, s, a, c).Round(context.Background())) // at once after the restart
	if _, err := visit(t, s, "help.example.org"); err != nil {
		t.Error(err)
	}
}

func TestEachTroubleHasItsName(t *testing.T) {
	ctx := context.Background()
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"newNonce":"https://acme.elsewhere.example/n","newAccount":"https://acme.elsewhere.example/a","newOrder":"https://acme.elsewhere.example/o"}`)
	}))
	defer elsewhere.Close()
	for want, set := range map[string]func(t *testing.T, s *site, a *acmeserver.Server, c *Config){
		"not-reached": func(t *testing.T, s *site, a *acmeserver.Server, c *Config) { s.tls.Close() },
		"name": func(t *testing.T, s *site, a *acmeserver.Server, c *Config) {
			c.Hosts = append(c.Hosts, acmeserver.Blocked)
		},
		"unreachable": func(t *testing.T, s *site, a *acmeserver.Server, c *Config) { a.Close() },
		"untrusted":   func(t *testing.T, s *site, a *acmeserver.Server, c *Config) { c.Authority = "" },
		"foreign": func(t *testing.T, s *site, a *acmeserver.Server, c *Config) {
			c.Server = elsewhere.URL
			c.Authority = filepath.Join(t.TempDir(), "a.pem")
			must(t, os.WriteFile(c.Authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: elsewhere.Certificate().Raw}), 0o600))
		},
	} {
		t.Run(want, func(t *testing.T) {
			s := newSite(t)
			a := acmeServer(t, s, false)
			k := keeps(t, dbtest.Open(t, schemas...), vault.NewServerSecret(), s, a, &turned{time.Now()}, func(c *Config) { set(t, s, a, c) })
			err := k.Round(ctx)
			if st := status(t, k); st.Trouble != want {
				t.Errorf("%q: %v", st.Trouble, err)
			}
			if Group(want) == "" || Group(want) == "answer" {
				t.Error("no words of its own")
			}
		})
	}
}

func TestAnAccountThatTheServerGaveOutIsBound(t *testing.T) {
	s := newSite(t)
	a := acmeServer(t, s, true)
	d := dbtest.Open(t, schemas...)
	secret := vault.NewServerSecret()
	k := keeps(t, d, secret, s, a, &turned{time.Now()})
	if err := k.Round(context.Background()); err == nil || status(t, k).Trouble != "binding" {
		t.Fatalf("without: %v %+v", err, status(t, k))
	}
	file := filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(file, []byte(acmeserver.BindingKey+"\n"), 0o600))
	k = keeps(t, dbtest.Open(t, schemas...), secret, s, a, &turned{time.Now()}, func(c *Config) { c.BindingID, c.BindingFile = acmeserver.BindingID, file })
	must(t, k.Round(context.Background()))
}

func TestKeysAndAnswersStandSealedInTheDatabase(t *testing.T) {
	s := newSite(t)
	a := acmeServer(t, s, false)
	d := dbtest.Open(t, schemas...)
	k := keeps(t, d, vault.NewServerSecret(), s, a, &turned{time.Now()})
	must(t, k.Round(context.Background()))
	n := 0
	must(t, d.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Each(allItems, func(scan func(...any) error) error {
			var value []byte
			n++
			err := scan(&value)
			if strings.Contains(string(value), "PRIVATE KEY") || strings.Contains(string(value), "CERTIFICATE") {
				t.Error("an open key")
			}
			if _, kerr := x509.ParseECPrivateKey(value); kerr == nil {
				t.Error("an open account key")
			}
			return err
		})
	}))
	if n < 3 {
		t.Errorf("%d items", n)
	}
	// Under another server's secret nothing opens; a new order is made.
	again := keeps(t, d, vault.NewServerSecret(), s, a, &turned{time.Now()})
	must(t, again.Round(context.Background()))
	if _, err := visit(t, s, "help.example.org"); err != nil {
		t.Error(err)
	}
}

var allItems = db.Statement(`SELECT value FROM certificate_item`)

func TestTheHTTPPortOnlyAnswersChallengesAndSendsOn(t *testing.T) {
	s := newSite(t)
	a := acmeServer(t, s, false)
	keeps(t, dbtest.Open(t, schemas...), vault.NewServerSecret(), s, a, &turned{time.Now()})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	base := "http://" + s.http.Addr().String()
	for path, want := range map[string]string{"/en/find?q=a": "https://help.example.org/en/find?q=a", "//evil.example/": "https://help.example.org//evil.example/"} {
		resp, err := client.Get(base + path)
		must(t, err)
		resp.Body.Close()
		if got := resp.Header.Get("Location"); resp.StatusCode != 301 || got != want {
			t.Errorf("%s: %d %q", path, resp.StatusCode, got)
		}
	}
	if resp, err := client.Get(base + "/.well-known/acme-challenge/nothing"); err != nil || resp.StatusCode != 404 {
		t.Errorf("%v %v", resp, err)
	}
	if resp, err := client.Post(base+"/en/sign-in", "text/plain", strings.NewReader("password=x")); err != nil || resp.StatusCode != 400 {
		t.Errorf("%v %v", resp, err)
	}
}

func TestWhatCannotBeMeantIsRefusedAtTheStart(t *testing.T) {
	good := Config{Server: "https://acme.example.org/directory", AcceptTerms: true}
	for name, change := range map[string]func(*Config){
		"no TLS":          func(c *Config) { c.Server = "http://acme.example.org/directory" },
		"terms":           func(c *Config) { c.AcceptTerms = false },
		"address":         func(c *Config) { c.Hosts = []string{"192.0.2.1"} },
		"other names":     func(c *Config) { c.Hosts = []string{"www.example.org"} },
		"script":          func(c *Config) { c.Hosts = []string{"βοήθεια.example.org"} },
		"half a binding":  func(c *Config) { c.BindingID = "x" },
		"missing file":    func(c *Config) { c.Authority = "/nowhere" },
		"missing binding": func(c *Config) { c.BindingID, c.BindingFile = "x", "/nowhere" },
	} {
		c := good
		change(&c)
		if err := c.Check("help.example.org"); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	c := good
	if err := c.Check("help.example.org"); err != nil || len(c.Hosts) != 1 {
		t.Errorf("%v %v", err, c.Hosts)
	}
	if err := (&Config{}).Check(""); err != nil {
		t.Error(err)
	}
}

func TestAWaitGrowsAndNeverMissesTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fails := rapid.Int64Range(1, 100).Draw(t, "fails")
		left := time.Duration(rapid.Int64Range(0, int64(90*24*time.Hour)).Draw(t, "left"))
		w := wait(fails, left)
		if w < firstWait || w > longWait || w > wait(fails+1, left) || left < 48*time.Hour && w > endWait {
			t.Fatalf("%d failures, %v left: %v", fails, left, w)
		}
	})
}

func TestOneInstanceAtATime(t *testing.T) {
	now := time.Now()
	s := state{holder: "a", held: now}
	if !s.free("a", now) || s.free("b", now.Add(time.Minute)) || !s.free("b", now.Add(leaseLife+time.Second)) || !(state{}).free("b", now) {
		t.Error("the lease is wrong")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if errors.As(err, &e) {
		t.Fatalf("%s: %v", e.Code, err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
