// Package idp runs a real OpenID provider for tests: the certified
// oidc-provider library under node, a program that this project did not write
// and whose reading of the standard is its own.
//
// Nothing is stored; the provider lives as long as the test. It must never be
// linked into the program.
package idp

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Client is one that is registered at the provider.
type Client struct {
	ID       string   `json:"client_id"`
	Secret   string   `json:"client_secret"`
	Redirect []string `json:"redirect_uris"`
	Logout   string   `json:"backchannel_logout_uri,omitempty"`
}

// Options say how the provider is set up.
type Options struct {
	Port     int      `json:"port,omitempty"` // 0: the kernel's choice
	Clients  []Client `json:"clients"`
	UserInfo bool     `json:"userinfo"` // says names and addresses there only
	ACR      string   `json:"acr,omitempty"`
	AMR      []string `json:"amr,omitempty"`
}

// Provider is a running one.
type Provider struct {
	Issuer string
	stop   func()
}

// Start runs a provider until the test ends. It skips the test where node or
// the library is missing, and fails it where everything has to run.
func Start(t testing.TB, o Options) *Provider {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Dir(file)
	missing := func(what string) {
		if os.Getenv("AMELIE_TEST_ALL") != "" {
			t.Fatal(what)
		}
		t.Skip(what)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("node is missing: apt-get install nodejs")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "oidc-provider")); err != nil {
		missing("the provider is missing: npm ci --prefix test/idp")
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(node, filepath.Join(dir, "provider.mjs"), string(text))
	c.Env = append(os.Environ(), "NODE_ENV=test")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	p := &Provider{stop: func() { in.Close(); c.Process.Kill(); c.Wait() }}
	t.Cleanup(p.Stop)
	line := make(chan string, 1)
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			if strings.HasPrefix(s.Text(), "http://") {
				line <- s.Text()
				break
			}
		}
		io.Copy(io.Discard, out)
	}()
	select {
	case p.Issuer = <-line:
	case <-time.After(30 * time.Second):
		p.Stop()
		t.Fatal("the provider did not start: " + errs.String())
	}
	return p
}

// Stop ends the provider, as a provider that is down.
func (p *Provider) Stop() {
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

// Port is where it listens.
func (p *Provider) Port() int {
	var n int
	if u, err := url.Parse(p.Issuer); err == nil {
		fmt.Sscan(u.Port(), &n)
	}
	return n
}

// SignIn goes through the provider's pages as the named person, from the
// address that the program sent the browser to, and gives the address that
// the provider sends it back to. name "" says no.
func SignIn(t testing.TB, address, back, name string) *url.URL {
	t.Helper()
	jar := &cookies{}
	client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), back) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	resp, err := client.Get(address)
	for range 3 {
		if err != nil {
			t.Fatal(err)
		}
		if to, err := resp.Location(); err == nil && strings.HasPrefix(to.String(), back) {
			return to
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("the provider answers %d at %s", resp.StatusCode, resp.Request.URL)
		}
		form := url.Values{"name": {name}, "go": {"yes"}}
		if name == "" {
			form.Set("go", "no")
		}
		resp, err = client.PostForm(resp.Request.URL.String(), form)
	}
	t.Fatal("the provider did not send the browser back")
	return nil
}

// cookies keeps everything for one host: enough for one provider.
type cookies struct{ all map[string]*http.Cookie }

func (c *cookies) SetCookies(_ *url.URL, list []*http.Cookie) {
	if c.all == nil {
		c.all = map[string]*http.Cookie{}
	}
	for _, one := range list {
		if one.MaxAge < 0 || !one.Expires.IsZero() && one.Expires.Before(time.Now()) {
			delete(c.all, one.Name)
			continue
		}
		c.all[one.Name] = one
	}
}

func (c *cookies) Cookies(*url.URL) (list []*http.Cookie) {
	for _, one := range c.all {
		list = append(list, one)
	}
	return list
}
