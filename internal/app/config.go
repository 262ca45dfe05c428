package app

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"amelie/internal/certificate"
	"amelie/internal/clock"
	"amelie/internal/i18n"
)

// Config is what an administrator decides when starting the program.
type Config struct {
	Data     string // the data folder: database, server secret, node key
	Database string // postgres://… for several instances; empty: SQLite in the data folder

	Addr        string             // host:port to listen on
	BaseURL     string             // how people reach the site; empty: made from Addr
	CertFile    string             // TLS certificate chain and
	KeyFile     string             // its key, PEM; both or none
	ACME        certificate.Config // certificates from the ACME server that it names
	BehindProxy bool               // a trusted proxy on this machine or network ends TLS

	Name        string // visible name of the site
	NeutralName string // name for files and the installed app
	Country     string // ISO 3166-1 of the country that is meant when nothing else says so
	ExitURL     string // where quick exit leads
	PassMark    int    // percent that a test of the course takes; 0: as the course says

	MailServer       string // host:port of the SMTP server; empty: no mail
	MailFrom         string
	MailUser         string
	MailPasswordFile string // a file, so that no secret stands in a process list
	MailTLS          string // starttls (default), tls, none (loopback only)
	MailCAFile       string // certificates of a private authority of the mail server

	Demo bool
	Now  clock.Clock
}

// PatientLanguages are the languages in which patients are addressed.
var PatientLanguages = append(append([]string(nil), i18n.Languages...), "ar", "sq", "bg", "zh", "hu", "pl", "pt", "ro", "es", "uk")

// demoMark is a file that only a demo's data folder holds.
const demoMark = "DEMO"

// check fills in what follows from the rest and refuses what cannot be meant.
func (c *Config) check() error {
	if c.Data == "" {
		return errors.New("--data is missing: name the data folder")
	}
	if c.Now == nil {
		c.Now = clock.System
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return errors.New("--tls-cert and --tls-key belong together")
	}
	if c.BaseURL == "" {
		c.BaseURL = c.scheme() + "://" + c.Addr
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("--base-url %q is no address like https://help.example.org", c.BaseURL)
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	if c.ACME.On() && (c.CertFile != "" || c.BehindProxy || c.Demo || u.Scheme != "https") {
		return errors.New("--acme needs an https --base-url, and goes neither with --tls-cert nor with --behind-proxy")
	}
	if err := c.ACME.Check(u.Hostname()); err != nil {
		return err
	}
	if c.Country != "" && len(c.Country) != 2 {
		return fmt.Errorf("--country %q: two letters, like GR", c.Country)
	}
	c.Country = strings.ToUpper(c.Country)
	if c.PassMark < 0 || c.PassMark > 100 {
		return fmt.Errorf("--pass-mark %d: percent, 1 to 100", c.PassMark)
	}
	if !c.Demo && c.Addr != "" && !c.TLS() && !loopback(c.Addr) {
		return fmt.Errorf("%s can be reached by others: give --tls-cert and --tls-key, --acme for certificates from an ACME server, or --behind-proxy when a proxy ends TLS", c.Addr)
	}
	if c.MailServer != "" && c.MailFrom == "" {
		return errors.New("--mail-from is missing: which address do messages come from?")
	}
	return nil
}

// TLS says whether people reach the site over TLS.
func (c Config) TLS() bool { return c.CertFile != "" || c.BehindProxy || c.ACME.On() }

func (c Config) scheme() string {
	if c.TLS() {
		return "https"
	}
	return "http"
}

// loopback says whether an address can be reached from this machine only.
func loopback(addr string) bool {
	host := addr
	if i := strings.LastIndexByte(addr, ':'); i >= 0 {
		host = strings.Trim(addr[:i], "[]")
	}
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// folder makes the data folder, for its owner only, and keeps demo and real
// apart: demo keys are public. // req: DEMO-1
func (c Config) folder() error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	mark := filepath.Join(c.Data, demoMark)
	_, err := os.Stat(mark)
	marked := err == nil
	switch {
	case marked && !c.Demo:
		return fmt.Errorf("%s is a demo's data folder: its keys are public, so it is not served as a real one. Choose another folder", c.Data)
	case !marked && c.Demo:
		names, err := os.ReadDir(c.Data)
		if err != nil {
			return err
		}
		if len(names) > 0 {
			return fmt.Errorf("%s is not empty and no demo's data folder: the demo never writes into it", c.Data)
		}
		return os.WriteFile(mark, []byte("The people in here are invented and their keys are public.\n"), 0o600)
	}
	return nil
}
