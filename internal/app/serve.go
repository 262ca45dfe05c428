package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
)

// Serve opens an installation and answers until ctx ends; then it finishes
// what is under way. started, if not nil, is told the address once the site
// answers.
func Serve(ctx context.Context, cfg Config, logger *slog.Logger, started func(a *App, address string)) error {
	listener, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	cfg.Addr = listener.Addr().String() // port 0 becomes the real one
	a, err := Open(ctx, cfg, logger)
	if err != nil {
		return err
	}
	defer a.Close()
	server, err := a.server()
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		if server.TLSConfig != nil {
			ended <- server.ServeTLS(listener, "", "")
		} else {
			ended <- server.Serve(listener)
		}
	}()
	if plain, err := a.challenges(); err != nil {
		return err
	} else if plain != nil {
		defer plain.Close()
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() { a.Run(work) })
	defer background.Wait()
	defer stop()
	logger.Info("ready", "engine", a.DB.Engine())
	if started != nil {
		started(a, a.Config.BaseURL)
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func (a *App) server() (*http.Server, error) {
	s := a.Shell.Server()
	s.Handler = a.Handler()
	if a.Config.CertFile != "" {
		certs, err := newCertificates(a.Config.CertFile, a.Config.KeyFile)
		if err != nil {
			return nil, err
		}
		a.certs = certs
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certs.get, NextProtos: []string{"h2", "http/1.1"}}
	}
	if a.Certificate != nil {
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: a.Certificate.Get, NextProtos: []string{"h2", "http/1.1", acme.ALPNProto}}
	}
	return s, nil
}

// challenges answers the ACME server by HTTP where the administrator says so,
// and sends everybody else to the site; nil without.
func (a *App) challenges() (*http.Server, error) {
	if a.Certificate == nil || a.Config.ACME.HTTP == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", a.Config.ACME.HTTP)
	if err != nil {
		return nil, fmt.Errorf("--acme-http: %w", err)
	}
	s := &http.Server{Handler: a.Certificate.Handler(a.Config.BaseURL), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug)}
	go s.Serve(listener) //nolint:errcheck // ends with Close
	return s, nil
}

// certificates reads the certificate files again when they have changed, so
// that a renewal needs no restart.
type certificates struct {
	certFile, keyFile string
	mu                sync.Mutex
	read              time.Time
	cert              *tls.Certificate
}

func newCertificates(certFile, keyFile string) (*certificates, error) {
	c := &certificates{certFile: certFile, keyFile: keyFile}
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	c.cert, c.read = &cert, time.Now()
	return c, nil
}

func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.read) > time.Minute {
		c.read = time.Now()
		// A half-written renewal keeps the old certificate.
		if cert, err := tls.LoadX509KeyPair(c.certFile, c.keyFile); err == nil {
			c.cert = &cert
		}
	}
	return c.cert, nil
}

// address tells where a request comes from: the connection, or what the
// trusted proxy says when there is one.
func (a *App) address() func(r *http.Request) string {
	if !a.Config.BehindProxy {
		return nil
	}
	return func(r *http.Request) string {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		return cmp.Or(forwarded(r, host), host)
	}
}

// inside says whether an address is of this machine or of a private network.
func inside(a netip.Addr) bool { return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() }

// forwarded is the address that the nearest proxy added: the last of the last line,
// because what stands before it, or in a line of its own, is whatever a client
// wrote. "" where the connection comes from no machine of this network, or the last
// word is no address.
//
// req: OWN-4
func forwarded(r *http.Request, from string) string {
	near, err := netip.ParseAddr(from)
	lines := r.Header.Values("X-Forwarded-For")
	if err != nil || len(lines) == 0 || !inside(near.Unmap()) {
		return ""
	}
	last := lines[len(lines)-1]
	last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	if at, err := netip.ParseAddrPort(last); err == nil {
		return at.Addr().String()
	}
	if _, err := netip.ParseAddr(last); err != nil {
		return ""
	}
	return last
}
