package app_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amelie/internal/app"
	"amelie/internal/certificate"
	"amelie/test/acmeserver"
)

// freePort is one that nobody listens on at this moment.
func freePort(t *testing.T) (address string, port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String(), l.Addr().(*net.TCPAddr).Port
}

func TestTheSiteIsServedWithACertificateOfTheNamedServerAndTheDoctorSaysHowItStands(t *testing.T) {
	address, port := freePort(t)
	server := acmeserver.Start(t, acmeserver.Options{TLSPort: port})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	cfg := app.Config{Data: filepath.Join(t.TempDir(), "data"), Addr: address, BaseURL: "https://help.example.org",
		ACME: certificate.Config{Server: server.URL + "/dir", AcceptTerms: true, Authority: server.Authority}}
	ready := make(chan *app.App, 1)
	ended := make(chan error, 1)
	go func() { ended <- app.Serve(ctx, cfg, quiet, func(a *app.App, _ string) { ready <- a }) }()
	var a *app.App
	select {
	case a = <-ready:
	case err := <-ended:
		t.Fatal(err)
	case <-time.After(60 * time.Second):
		t.Fatal("not ready in a minute")
	}
	if err := a.Certificate.Round(ctx); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{
		DialContext:     func(ctx context.Context, _, _ string) (net.Conn, error) { return net.Dial("tcp", address) },
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	defer client.CloseIdleConnections()
	r, err := client.Get("https://help.example.org/en/sign-in")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 200 || r.TLS.PeerCertificates[0].VerifyHostname("help.example.org") != nil || r.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", r.StatusCode, r.TLS.PeerCertificates[0].DNSNames)
	}
	findings, err := app.Doctor(ctx, cfg, "en")
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	findings.Print(&said)
	if !strings.Contains(said.String(), "ok    Certificate: It is valid until") {
		t.Errorf("the doctor says %s", said.String())
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestACertificateComesFromOnePlaceOnly(t *testing.T) {
	good := certificate.Config{Server: "https://acme.example.org/directory", AcceptTerms: true}
	for name, cfg := range map[string]app.Config{
		"behind a proxy": {BaseURL: "https://help.example.org", BehindProxy: true, ACME: good},
		"with files":     {BaseURL: "https://help.example.org", CertFile: "a", KeyFile: "b", ACME: good},
		"without TLS":    {BaseURL: "http://help.example.org", ACME: good},
		"no terms":       {BaseURL: "https://help.example.org", ACME: certificate.Config{Server: good.Server}},
		"no name":        {Addr: "127.0.0.1:1", ACME: good},
	} {
		cfg.Data = filepath.Join(t.TempDir(), "data")
		if a, err := app.Open(context.Background(), cfg, quiet); err == nil {
			a.Close()
			t.Errorf("%s is served", name)
		}
	}
}
