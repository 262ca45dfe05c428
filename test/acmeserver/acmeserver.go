// Package acmeserver runs a real ACME server for tests, on this machine: the
// one that the operators of a public certificate authority made for testing
// clients, with a name server under which every name leads here.
//
// Nothing is stored; it lives as long as the test. It must never be linked
// into the program.
package acmeserver

import (
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/letsencrypt/challtestsrv"
	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// An account that the server gave out itself, and a name that it never issues
// for.
const (
	BindingID  = "house-7"
	BindingKey = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
	Blocked    = "blocked.example.org"
)

// Options say where the server looks for sites.
type Options struct {
	TLSPort, HTTPPort int
	Bound             bool // takes only accounts that it gave out
}

// Server is a running one; its directory is at URL + "/dir".
type Server struct {
	*httptest.Server
	Authority string // PEM file of the authority of its own address
	down      atomic.Bool
}

// Refuse lets the server answer 503 to everything, or work again.
func (s *Server) Refuse(yes bool) { s.down.Store(yes) }

// Start runs a server until the test ends. Certificates hold for ninety days.
func Start(t *testing.T, o Options) *Server {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	quiet := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	for _, err := range []error{store.AddExternalAccountKeyByID(BindingID, BindingKey), store.AddBlockedDomain(Blocked)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	authority := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "ninety days", ValidityPeriod: 90 * 24 * 3600}})
	checks := va.New(quiet, o.HTTPPort, o.TLSPort, false, nameServer(t), store)
	handler := wfe.New(quiet, store, checks, authority, []string{"authority.example"}, false, o.Bound, 1, 1)
	inner := handler.Handler()
	out := &Server{}
	out.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if out.down.Load() {
			http.Error(w, "maintenance", http.StatusServiceUnavailable)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	out.Config.ErrorLog = quiet
	t.Cleanup(out.Close)
	out.Authority = filepath.Join(t.TempDir(), "authority.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: out.Certificate().Raw})
	if err := os.WriteFile(out.Authority, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// nameServer answers every name with this machine. It is told its address
// before it listens there, so another may take the port in between: then it
// tries the next.
func nameServer(t *testing.T) (address string) {
	t.Helper()
	for range 20 {
		address = freeAddress(t)
		names, err := challtestsrv.New(challtestsrv.Config{DNSAddrs: []string{address}, Log: log.New(io.Discard, "", 0)})
		if err != nil {
			t.Fatal(err)
		}
		names.SetDefaultDNSIPv4("127.0.0.1")
		names.SetDefaultDNSIPv6("")
		names.Run() // returns before it listens
		t.Cleanup(names.Shutdown)
		for range 100 {
			if c, err := net.Dial("tcp", address); err == nil {
				c.Close()
				return address
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	t.Fatal("no name server came up")
	return ""
}

// freeAddress is one that nobody uses, neither by UDP nor by TCP.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		udp, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := udp.LocalAddr().String()
		tcp, err := net.Listen("tcp", address)
		udp.Close()
		if err == nil {
			tcp.Close()
			return address
		}
	}
	t.Fatal("no port is free for both")
	return ""
}
