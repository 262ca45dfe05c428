package certificate

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/acme"

	"amelie/internal/db"
	"amelie/internal/fence"
)

// Error is a failed order: one of the troubles, what the server said, and how long
// it asks to wait.
type Error struct {
	Code, Detail string
	Again        time.Duration
	err          error
}

func (e *Error) Error() string {
	if e.err == nil {
		return e.Code + ": " + e.Detail
	}
	return e.Code + ": " + e.err.Error()
}
func (e *Error) Unwrap() error { return e.err }

// order goes through one order and gives the key and the chain as PEM.
func (k *Keeper) order(ctx context.Context) ([]byte, error) {
	c, err := k.client(ctx)
	if err != nil {
		return nil, err
	}
	o, err := c.AuthorizeOrder(ctx, acme.DomainIDs(k.cfg.Hosts...))
	if err != nil {
		return nil, fmt.Errorf("order: %w", err)
	}
	for _, address := range o.AuthzURLs {
		if err := k.prove(ctx, c, address); err != nil {
			return nil, err
		}
	}
	if _, err = c.WaitOrder(ctx, o.URI); err != nil {
		return nil, fmt.Errorf("order: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: k.cfg.Hosts}, key)
	if err != nil {
		return nil, err
	}
	chain, _, err := c.CreateCertFromOrder(ctx, o, request, true)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return encode(key, chain)
}

// client is one with an account at the server, which is made at the first
// order.
func (k *Keeper) client(ctx context.Context) (*acme.Client, error) {
	key, err := k.accountKey(ctx)
	if err != nil {
		return nil, err
	}
	transport, err := k.cfg.transport()
	if err != nil {
		return nil, err
	}
	c := &acme.Client{Key: key, DirectoryURL: k.cfg.Server, UserAgent: "amelie", RetryBackoff: k.retry,
		HTTPClient: &http.Client{Timeout: 30 * time.Second, Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	account := &acme.Account{}
	if k.cfg.Mail != "" {
		account.Contact = []string{"mailto:" + k.cfg.Mail}
	}
	if k.cfg.BindingID != "" {
		bound, err := k.cfg.bindingKey()
		if err != nil {
			return nil, err
		}
		account.ExternalAccountBinding = &acme.ExternalAccountBinding{KID: k.cfg.BindingID, Key: bound}
	}
	_, err = c.Register(ctx, account, func(string) bool { return k.cfg.AcceptTerms })
	if err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return nil, fmt.Errorf("account: %w", err)
	}
	return c, nil
}

// accountKey is made once for each server.
func (k *Keeper) accountKey(ctx context.Context) (key *ecdsa.PrivateKey, err error) {
	name := accountItem(k.cfg.Server)
	fresh, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(fresh)
	if err != nil {
		return nil, err
	}
	sealed, err := k.secret.Seal(der, binding(name))
	if err != nil {
		return nil, err
	}
	err = k.db.Write(ctx, func(tx *db.Tx) error {
		plain, err := loadItem(tx, k.secret, name)
		if err == nil && plain != nil {
			key, err = x509.ParseECPrivateKey(plain)
			return err
		}
		key = fresh // none yet, or sealed under a secret that is gone
		return saveItem(tx, name, sealed, time.Time{})
	})
	return key, err
}

// prove shows the server that a name of the site leads here.
func (k *Keeper) prove(ctx context.Context, c *acme.Client, address string) error {
	a, err := c.GetAuthorization(ctx, address)
	if err != nil {
		return fmt.Errorf("authorization: %w", err)
	}
	if a.Status == acme.StatusValid {
		return nil
	}
	kind := "tls-alpn-01"
	if k.cfg.HTTP != "" {
		kind = "http-01"
	}
	for _, challenge := range a.Challenges {
		if challenge.Type != kind {
			continue
		}
		if err := k.lay(ctx, c, challenge, a.Identifier.Value); err != nil {
			return err
		}
		if _, err := c.Accept(ctx, challenge); err != nil {
			return fmt.Errorf("challenge: %w", err)
		}
		_, err := c.WaitAuthorization(ctx, address)
		return err
	}
	return &Error{Code: Answer, Detail: "the server offers no challenge of the kind " + kind}
}

// lay lays out the answer to a challenge where every instance finds it.
func (k *Keeper) lay(ctx context.Context, c *acme.Client, challenge *acme.Challenge, host string) error {
	name, answer := "", []byte(nil)
	if challenge.Type == "http-01" {
		text, err := c.HTTP01ChallengeResponse(challenge.Token)
		if err != nil {
			return err
		}
		name, answer = tokenItem(challenge.Token), []byte(text)
	} else {
		cert, err := c.TLSALPN01ChallengeCert(challenge.Token, host)
		if err != nil {
			return err
		}
		key, ok := cert.PrivateKey.(*ecdsa.PrivateKey)
		if !ok {
			return errors.New("challenge: not the kind of key that is known here")
		}
		name = alpnItem(host)
		if answer, err = encode(key, cert.Certificate); err != nil {
			return err
		}
	}
	sealed, err := k.secret.Seal(answer, binding(name))
	if err != nil {
		return err
	}
	return k.db.Write(ctx, func(tx *db.Tx) error { return saveItem(tx, name, sealed, k.now().Add(itemMoment)) })
}

// transport speaks to the named server only, and only by TLS.
func (c Config) transport() (http.RoundTripper, error) {
	u, err := url.Parse(c.Server)
	if err != nil {
		return nil, err
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.Authority != "" {
		pem, err := os.ReadFile(c.Authority)
		if err != nil {
			return nil, err
		}
		conf.RootCAs = x509.NewCertPool()
		conf.RootCAs.AppendCertsFromPEM(pem)
	}
	return fence.Fence{May: func(to *url.URL) bool { return to.Scheme == "https" && to.Host == u.Host }, Next: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: conf, ForceAttemptHTTP2: true,
		DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 20 * time.Second,
		MaxIdleConns: 2, IdleConnTimeout: 30 * time.Second}}, nil
}

func (c Config) bindingKey() ([]byte, error) {
	text, err := os.ReadFile(c.BindingFile)
	if err != nil {
		return nil, err
	}
	key, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(string(text)), "="))
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("--acme-binding-key-file %s holds no key in base64url", c.BindingFile)
	}
	return key, nil
}

// troubleOf says what went wrong by one of the troubles.
func troubleOf(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	e := &Error{Code: Answer, Detail: short(err.Error()), err: err}
	var foreign fence.Foreign
	var cert *tls.CertificateVerificationError
	var far *url.Error
	var refused *acme.AuthorizationError
	var said *acme.Error
	switch {
	case errors.As(err, &foreign):
		e.Code = Foreign
	case errors.As(err, &cert):
		e.Code = Untrusted
	case errors.As(err, &refused):
		e.Code = NotReached
		for _, one := range refused.Errors {
			var p *acme.Error
			if errors.As(one, &p) {
				e.Code = codeOf(p, NotReached)
			}
		}
	case errors.As(err, &said):
		e.Code = codeOf(said, Answer)
		if again, ok := acme.RateLimit(said); ok {
			e.Code, e.Again = Limited, again
		}
		if said.StatusCode >= 500 {
			e.Code = Unreachable
		}
	case errors.As(err, &far), errors.Is(err, context.DeadlineExceeded):
		e.Code = Unreachable
	}
	return e
}

// codeOf translates the problem types of RFC 8555, section 6.7.
func codeOf(p *acme.Error, otherwise string) string {
	switch strings.TrimPrefix(p.ProblemType, "urn:ietf:params:acme:error:") {
	case "rateLimited":
		return Limited
	case "externalAccountRequired":
		return Binding
	case "userActionRequired", "accountDoesNotExist":
		return Terms
	case "connection", "dns", "tls", "incorrectResponse":
		return NotReached
	case "caa", "rejectedIdentifier", "unsupportedIdentifier":
		return Name
	}
	return otherwise
}

func short(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}
