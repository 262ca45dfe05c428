package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"os"
	"strconv"
	"strings"
	"time"

	"amelie/internal/jobs"
	"amelie/internal/vault"

	gomail "github.com/wneessen/go-mail"
)

// How the connection to the mail server is protected.
const (
	StartTLS = "starttls" // upgraded, and given up when the server cannot
	Implicit = "implicit" // TLS from the first byte; "tls" is taken too
	Plain    = "none"     // only to this machine
)

var errAddress = errors.New("mail: an address cannot be used")

const sendTime = 60 * time.Second

// Config names the mail server that the administrator chose.
type Config struct {
	Addr         string        // host:port
	TLS          string        // StartTLS, the default; Implicit; Plain
	From         string        // address of the installation
	Name         string        // neutral name shown beside it
	User         string        // empty: no sign-in at the mail server
	Password     string        // wins over PasswordFile
	PasswordFile string        // first line; readable by its owner only
	Patience     time.Duration // how long the server may be silent; zero: half a minute
	CAFile       string        // certificates of a private authority; empty: the system's
}

// SMTP sends through one mail server.
type SMTP struct {
	cfg    Config
	client *gomail.Client
	domain string
}

// NewSMTP checks the configuration; it does not connect.
func NewSMTP(cfg Config) (*SMTP, error) {
	host, portText, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("mail: server %q: %w", cfg.Addr, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("mail: port %q is not a number", portText)
	}
	from, err := mail.ParseAddress(cfg.From)
	if err != nil || from.Address != cfg.From {
		return nil, fmt.Errorf("mail: sender %q is not a plain address", cfg.From)
	}
	_, domain, _ := strings.Cut(cfg.From, "@")
	// The name in HELO and in message identifiers is the address's domain, not
	// the machine's name.
	opts := []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(cmp.Or(cfg.Patience, sendTime/2)), gomail.WithHELO(domain)}
	protection, err := protect(cfg, host)
	if err != nil {
		return nil, err
	}
	opts = append(opts, protection...)
	if cfg.User != "" {
		password, err := cfg.password()
		if err != nil {
			return nil, err
		}
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(cfg.User), gomail.WithPassword(password))
	}
	client, err := gomail.NewClient(host, opts...)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return &SMTP{cfg: cfg, client: client, domain: domain}, nil
}

// password is the given one, or the first line of its file.
func (c Config) password() (string, error) {
	if c.Password != "" {
		return c.Password, nil
	}
	text, err := vault.SecretFile(c.PasswordFile, nil)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimRight(line, "\r"), nil
}

func protect(cfg Config, host string) ([]gomail.Option, error) {
	tlsConfig := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if cfg.CAFile != "" {
		pem, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("mail: authority: %w", err)
		}
		tlsConfig.RootCAs = x509.NewCertPool()
		if !tlsConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("mail: %s holds no certificate", cfg.CAFile)
		}
	}
	switch cfg.TLS {
	case StartTLS, "":
		return []gomail.Option{gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTLSConfig(tlsConfig)}, nil
	case Implicit, "tls":
		return []gomail.Option{gomail.WithSSL(), gomail.WithTLSConfig(tlsConfig)}, nil
	case Plain:
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, errors.New("mail: without TLS only to this machine")
		}
		return []gomail.Option{gomail.WithTLSPolicy(gomail.NoTLS)}, nil
	}
	return nil, fmt.Errorf("mail: protection %q is not one of starttls, implicit, none", cfg.TLS)
}

// Send delivers to the mail server. A refusal of the recipient is final;
// everything else is tried again.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	return withoutAddress(s.deliver(ctx, m))
}

// deliver is Send with the library's own error.
func (s *SMTP) deliver(ctx context.Context, m Message) error {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.FromFormat(s.cfg.Name, s.cfg.From), msg.To(m.To)); err != nil {
		return errAddress
	}
	msg.Subject(m.Subject)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain)
	msg.SetDate()
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	return s.client.DialAndSendWithContext(ctx, msg)
}

// withoutAddress keeps of an error what an operator needs and drops the
// server's words, which repeat the address.
// req: MAIL-3
func withoutAddress(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errAddress) {
		return jobs.Permanent(errAddress)
	}
	var refused *gomail.SendError
	if errors.As(err, &refused) {
		short := fmt.Errorf("mail: the server answered %d at %s", refused.ErrorCode(), refused.Reason)
		if refused.Reason == gomail.ErrSMTPRcptTo && refused.ErrorCode() >= 500 {
			return jobs.Permanent(short)
		}
		return short
	}
	var where *net.OpError
	if errors.As(err, &where) {
		return fmt.Errorf("mail: %s: %w", where.Op, where.Err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("mail: the server did not answer in time")
	}
	return errors.New("mail: the server could not be used; check address, TLS and sign-in")
}
