package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"strings"
	"syscall"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Verdict is what a test message found, as a word that a page turns into a
// sentence.
type Verdict string

// The verdicts, in the order in which a connection meets them.
const (
	Delivered   Verdict = "delivered"   // the server took the message
	NoSuchHost  Verdict = "host"        // the name of the server is not known
	Closed      Verdict = "closed"      // nothing listens at the port
	Silent      Verdict = "silent"      // no answer in time: often a firewall
	NoTLS       Verdict = "no-tls"      // the server offers no STARTTLS
	WrongMode   Verdict = "mode"        // TLS from the first byte where there is none, or the reverse
	Certificate Verdict = "certificate" // not for this name, expired, or of an unknown authority
	WrongLogin  Verdict = "login"       // user or password refused
	NoLogin     Verdict = "no-login"    // the server takes no sign-in here
	WantsLogin  Verdict = "wants-login" // the server wants one
	WrongSender Verdict = "sender"      // the address of the installation is refused
	NoRecipient Verdict = "recipient"   // the address of the test is refused
	Refused     Verdict = "refused"     // the message is refused
	Unclear     Verdict = "unclear"     // something else
)

// How long a person waits before the page: in all, and for a silent server.
const (
	tryTime  = 20 * time.Second
	patience = 8 * time.Second
)

// Try sends one message at once and says what became of it; for an
// administrator who sets the mail up.
// Errors: the settings make no sense.
func Try(ctx context.Context, cfg Config, m Message) (Verdict, error) {
	if err := m.check(); err != nil {
		return Unclear, err
	}
	if cfg.Patience == 0 {
		cfg.Patience = patience
	}
	s, err := NewSMTP(cfg)
	if err != nil {
		return Unclear, err
	}
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	found := Diagnose(s.deliver(ctx, m))
	if (found == Silent || found == Unclear) && cfg.TLS != Implicit && cfg.TLS != "tls" && speaksTLS(ctx, cfg) {
		return WrongMode, nil
	}
	return found, nil
}

// speaksTLS says whether a server that gave no greeting waits for TLS from the
// first byte, as at port 465.
func speaksTLS(ctx context.Context, cfg Config) bool {
	ctx, cancel := context.WithTimeout(ctx, cfg.Patience)
	defer cancel()
	c, err := (&tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}).DialContext(ctx, "tcp", cfg.Addr)
	if err == nil {
		c.Close()
		return true
	}
	return connection(err) == Certificate // somebody spoke TLS, whoever it is
}

// Diagnose turns an error of delivering into a verdict. It never repeats the
// server's words, which may hold addresses.
func Diagnose(err error) Verdict {
	var refused *gomail.SendError
	var answer *textproto.Error
	switch {
	case err == nil:
		return Delivered
	case errors.As(err, &refused):
		return refusal(refused)
	case errors.As(err, &answer):
		return spoken(answer.Code)
	}
	if v := connection(err); v != "" {
		return v
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "STARTTLS"):
		return NoTLS
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered), strings.Contains(text, "does not support SMTP AUTH"):
		return NoLogin
	}
	return Unclear
}

// connection names what went wrong before the server said anything.
func connection(err error) Verdict {
	var host *net.DNSError
	var record tls.RecordHeaderError
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var slow net.Error
	switch {
	case errors.As(err, &host):
		return NoSuchHost
	case errors.As(err, &record):
		return WrongMode
	case errors.As(err, &verify), errors.As(err, &name), errors.As(err, &unknown), errors.As(err, &invalid):
		return Certificate
	case errors.Is(err, syscall.ECONNREFUSED):
		return Closed
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout(),
		errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return Silent
	}
	return ""
}

func refusal(e *gomail.SendError) Verdict {
	if e.ErrorCode() == 530 {
		return WantsLogin
	}
	switch e.Reason {
	case gomail.ErrSMTPMailFrom:
		return WrongSender
	case gomail.ErrSMTPRcptTo:
		return NoRecipient
	}
	return Refused
}

// spoken is the verdict for a status code while signing in (RFC 4954, 6).
func spoken(code int) Verdict {
	switch code {
	case 530:
		return WantsLogin
	case 432, 454, 534, 535, 538, 550, 501:
		return WrongLogin
	case 502, 503, 504:
		return NoLogin
	}
	return Refused
}

// Switch is a transport that is looked up for each message, so that the
// settings of the mail can change while the program runs.
type Switch func() (Transport, error)

// Send sends through the present transport. Without one the message is
// dropped: nobody can send it, and piling it up helps nobody.
func (s Switch) Send(ctx context.Context, m Message) error {
	t, err := s()
	if err != nil {
		return errors.New("mail: the settings cannot be used")
	}
	if t == nil {
		return nil
	}
	return t.Send(ctx, m)
}

var _ Transport = Switch(nil)
