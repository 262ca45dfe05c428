// Package mailtest is a small mail server on the loopback interface, for tests
// that follow a message to its end. What arrives stays in memory; nothing is
// sent on.
package mailtest

import (
	"bufio"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server speaks EHLO, STARTTLS, AUTH PLAIN, one message after the other.
type Server struct {
	Implicit bool   // TLS from the first byte
	NoTLS    bool   // offers none
	Refuse   string // answer to RCPT, instead of 250
	Only     string // the recipient that Refuse is for; empty: every one
	Login    string // answer to AUTH, instead of 235
	Password string // the only one that is taken; empty: any
	NoAuth   bool   // offers no sign-in
	Mute     bool   // says nothing at all
	CAFile   string // the certificate by which it is known

	t   testing.TB
	ln  net.Listener
	tls *tls.Config

	mu     sync.Mutex
	mails  []string
	auth   []string // "user:password" over a protected line
	inTLS  int
	greets []string
}

// Mails are the messages that arrived, as they were sent.
func (s *Server) Mails() []string { s.mu.Lock(); defer s.mu.Unlock(); return slices.Clone(s.mails) }

// Letter is a message as its reader has it.
type Letter struct{ To, Subject, Text string }

// Letters are the messages that arrived, read.
func (s *Server) Letters() (out []Letter) {
	s.t.Helper()
	for _, raw := range s.Mails() {
		m, err := netmail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			s.t.Fatal(err)
		}
		var body io.Reader = m.Body
		if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(body)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			s.t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, Letter{m.Header.Get("To"), subject, string(text)})
	}
	return out
}

// Signed are the sign-ins, "user:password".
func (s *Server) Signed() []string { s.mu.Lock(); defer s.mu.Unlock(); return slices.Clone(s.auth) }

// Protected counts the messages that came over TLS.
func (s *Server) Protected() int { s.mu.Lock(); defer s.mu.Unlock(); return s.inTLS }

// Greetings are the names in HELO and EHLO.
func (s *Server) Greetings() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.greets)
}

// New starts a server that ends with the test; set changes it before.
func New(t testing.TB, set func(*Server)) *Server {
	t.Helper()
	s := &Server{t: t}
	s.certificate()
	if set != nil {
		set(s)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.Implicit {
		ln = tls.NewListener(ln, s.tls)
	}
	s.ln = ln
	var group sync.WaitGroup
	group.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			group.Go(func() { s.serve(c, s.Implicit) })
		}
	})
	t.Cleanup(func() { ln.Close(); group.Wait() })
	return s
}

// Addr is its host and port.
func (s *Server) Addr() string { return s.ln.Addr().String() }

func (s *Server) certificate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.CAFile = filepath.Join(s.t.TempDir(), "ca.pem")
	if err := os.WriteFile(s.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) note(fn func()) { s.mu.Lock(); defer s.mu.Unlock(); fn() }

func (s *Server) serve(c net.Conn, protected bool) {
	defer func() { c.Close() }()
	c.SetDeadline(time.Now().Add(4 * time.Second))
	in := bufio.NewReader(c)
	say := func(text string) { fmt.Fprintf(c, "%s\r\n", text) }
	if s.Mute {
		in.ReadString('\x00')
		return
	}
	say("220 test")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			s.note(func() { s.greets = append(s.greets, rest) })
			if !protected && !s.NoTLS {
				say("250-test\r\n250 STARTTLS")
			} else if s.NoAuth {
				say("250-test\r\n250 8BITMIME")
			} else {
				say("250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN")
			}
		case "STARTTLS":
			say("220 go on")
			over := tls.Server(c, s.tls)
			if over.Handshake() != nil {
				return
			}
			c, in, protected = over, bufio.NewReader(over), true
			say = func(text string) { fmt.Fprintf(over, "%s\r\n", text) }
		case "AUTH":
			raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			parts := strings.Split(string(raw), "\x00")
			s.note(func() { s.auth = append(s.auth, strings.Join(parts[1:], ":")) })
			if s.Password != "" && parts[len(parts)-1] != s.Password {
				say("535 5.7.8 wrong")
				continue
			}
			say(cmp.Or(s.Login, "235 welcome"))
		case "RCPT":
			if s.Refuse != "" && strings.Contains(rest, s.Only) {
				say(s.Refuse)
			} else {
				say("250 ok")
			}
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				l, err := in.ReadString('\n')
				if err != nil || l == ".\r\n" {
					break
				}
				text.WriteString(l)
			}
			s.note(func() {
				s.mails = append(s.mails, text.String())
				if protected {
					s.inTLS++
				}
			})
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}
