// Package certificate gets and renews the certificate of the site by ACME
// (RFC 8555), from the server that the administrator names.
//
// The idea. One certificate for all host names of the site, ordered by
// whichever instance holds the lease, kept in the database and served by all.
// A renewal begins when a third of the lifetime is left, so that it fits
// certificates of ninety days as of six. Whatever fails, the certificate that
// is there stays in use, and what went wrong is kept in words that the health
// page and the doctor can say.
//
// What is stored: the account key, the certificate with its key, and the
// answers to challenges under way, all sealed under the server's secret
// (certificate_item); when an order was tried last, with what trouble, and who
// is at it (certificate_state).
//
// What it must never do: contact a host that the administrator did not name,
// accept terms of use that were not accepted, throw a working certificate
// away, or hold a visitor up while it talks with the ACME server.
package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// Config is what the administrator decides.
type Config struct {
	Server      string   // address of the ACME server's directory
	Mail        string   // where the server may write to; "" nowhere
	Hosts       []string // names of the site
	AcceptTerms bool     // the server's terms of use were read and accepted
	HTTP        string   // host:port where challenges are answered by HTTP; "": by TLS-ALPN on the site's own port
	Authority   string   // PEM file of the ACME server's own certificate authority; "" the system's
	BindingID   string   // account identifier that some servers give out (external account binding)
	BindingFile string   // file with its key, base64url
}

// On says whether certificates come by ACME.
func (c Config) On() bool { return c.Server != "" }

// Check fills in what follows from the rest, host being the site's own name,
// and refuses what cannot be meant.
func (c *Config) Check(host string) error {
	if !c.On() {
		return nil
	}
	u, err := url.Parse(c.Server)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("--acme %q is no address of an ACME directory like https://acme.example.org/directory", c.Server)
	}
	if !c.AcceptTerms {
		return errors.New("--acme-accept-terms is missing: read the terms of use of the ACME server, then say so")
	}
	if (c.BindingID == "") != (c.BindingFile == "") {
		return errors.New("--acme-binding-id and --acme-binding-key-file belong together")
	}
	if len(c.Hosts) == 0 {
		c.Hosts = []string{host}
	}
	for i, h := range c.Hosts {
		h = strings.ToLower(strings.TrimSpace(h))
		if !plain(h) {
			return fmt.Errorf("--acme-hosts %q: names of this site are needed, like help.example.org, with other scripts in their xn-- form", h)
		}
		c.Hosts[i] = h
	}
	if !slices.Contains(c.Hosts, host) {
		return fmt.Errorf("--acme-hosts does not hold %s, the name in --base-url", host)
	}
	return c.readable()
}

// plain says whether a text is a host name that a certificate can hold here.
func plain(host string) bool {
	if net.ParseIP(host) != nil || !strings.Contains(strings.Trim(host, "."), ".") || len(host) > 253 {
		return false
	}
	return !strings.ContainsFunc(host, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' })
}

// readable looks at the named files once, so that a slip shows at the start.
func (c Config) readable() error {
	if c.Authority != "" {
		pem, err := os.ReadFile(c.Authority)
		if err != nil {
			return err
		}
		if !x509.NewCertPool().AppendCertsFromPEM(pem) {
			return fmt.Errorf("--acme-authority %s holds no certificate in PEM form", c.Authority)
		}
	}
	if c.BindingFile != "" {
		_, err := c.bindingKey()
		return err
	}
	return nil
}

// Status is how things stand.
type Status struct {
	Hosts   []string
	Until   time.Time // end of the certificate in use; zero: there is none yet
	Renews  time.Time // when the next order is due
	Fails   int64     // orders that failed since the last success
	Tried   time.Time // the last order
	Trouble string    // code of what went wrong last; "" nothing
	Detail  string    // what the server said
}

// Failing says whether something is wrong, and Over whether the site has no
// valid certificate.
func (s Status) Failing() bool           { return s.Trouble != "" }
func (s Status) Over(now time.Time) bool { return !now.Before(s.Until) }

// Days is how many whole days the certificate still holds.
func (s Status) Days(now time.Time) int { return max(0, int(s.Until.Sub(now)/(24*time.Hour))) }

// The troubles of an order.
const (
	Unreachable = "unreachable" // the ACME server does not answer
	Foreign     = "foreign"     // it leads to another host
	Untrusted   = "untrusted"   // its own certificate is not trusted
	Terms       = "terms"       // new terms of use, or it does not take the account
	Binding     = "binding"     // it wants an account that it gave out itself
	Limited     = "limited"     // it has had too many orders
	NotReached  = "not-reached" // it could not reach the site under its name
	Name        = "name"        // it may not issue for one of the names
	Answer      = "answer"      // it refused for another reason
	Storage     = "storage"     // the certificate could not be kept
)

// Group is what the health page and the doctor say about a trouble: troubles
// with the same remedy share their words. "" for none.
func Group(trouble string) string {
	switch trouble {
	case "":
		return ""
	case Unreachable, Foreign, Untrusted:
		return "reach"
	case Terms, Binding:
		return "terms"
	case Limited:
		return "limited"
	case NotReached:
		return "site"
	case Name:
		return "name"
	}
	return "answer"
}

// covers says whether a certificate holds all the names.
func covers(cert *tls.Certificate, hosts []string) bool {
	return cert != nil && cert.Leaf != nil && !slices.ContainsFunc(hosts, func(h string) bool { return cert.Leaf.VerifyHostname(h) != nil })
}
