package sso

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"amelie/internal/clock"
	"amelie/internal/fence"
)

// What a conversation with a provider may take.
const (
	talkTime  = 10 * time.Second
	talkSize  = 1 << 20          // bytes of one answer
	knownLife = time.Hour        // how long discovery and keys are believed
	downLife  = 10 * time.Second // how long a provider that did not answer is left alone
)

// Trouble is what stands between this installation and a provider: a sentence
// sso.trouble.<Code> with its argument.
type Trouble struct {
	Code string
	Args []any
	err  error
}

func (t *Trouble) Error() string {
	return "provider: " + t.Code + fmt.Sprint(t.Args...) + ": " + fmt.Sprint(t.err)
}
func (t *Trouble) Unwrap() error { return t.err }

func trouble(code string, err error, args ...any) *Trouble { return &Trouble{code, args, err} }

// client speaks to one provider: named hosts only, no redirects, no cookies,
// bounded in time and size.
//
// req: SSO-1
func (p Provider) client() *http.Client {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if p.Authority != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		pool.AppendCertsFromPEM([]byte(p.Authority))
		conf.RootCAs = pool
	}
	return &http.Client{
		Timeout:       talkTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: fence.Fence{May: p.MayContact, Most: talkSize, Next: &http.Transport{
			Proxy:       http.ProxyFromEnvironment, // named by whoever runs the machine
			DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSClientConfig: conf,
			TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 8 * time.Second,
			MaxIdleConns: 2, IdleConnTimeout: 20 * time.Second, ForceAttemptHTTP2: true,
		}},
	}
}

// known is what a provider says about itself, read a while ago.
type known struct {
	oidc.ProviderConfig
	Promises  bool     `json:"authorization_response_iss_parameter_supported"`
	Responses []string `json:"response_types_supported"`
	Methods   []string `json:"token_endpoint_auth_methods_supported"`
	Proofs    []string `json:"code_challenge_methods_supported"`

	version  int64
	read     time.Time
	ahead    time.Duration // how far its clock is ahead of ours
	client   *http.Client
	provider *oidc.Provider
}

// book keeps what is known of each provider for at most an hour. A provider
// that was changed is asked again, and so are its keys.
// One that did not answer is left alone for some seconds: anybody can press
// its button.
type book struct {
	now  clock.Clock
	mu   sync.Mutex
	page map[string]*known
	down map[string]failure
}

type failure struct {
	version int64
	at      time.Time
	err     error
}

func (b *book) get(ctx context.Context, p Provider, now time.Time) (*known, error) {
	b.mu.Lock()
	k, f := b.page[p.ID], b.down[p.ID]
	b.mu.Unlock()
	if k != nil && k.version == p.Version && now.Sub(k.read) < knownLife && !now.Before(k.read) {
		return k, nil
	}
	if f.err != nil && f.version == p.Version && now.Sub(f.at).Abs() < downLife {
		return nil, f.err
	}
	k, err := discover(ctx, p, b.now)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.page == nil {
		b.page, b.down = map[string]*known{}, map[string]failure{}
	}
	if err != nil {
		if ctx.Err() == nil { // not because the visitor went away
			b.down[p.ID] = failure{p.Version, now, err}
		}
		return nil, err
	}
	b.page[p.ID] = k
	delete(b.down, p.ID)
	return k, nil
}

func (b *book) forget(providerID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.page, providerID)
	delete(b.down, providerID)
}

// discover reads the provider's own description. Errors: *Trouble.
func discover(ctx context.Context, p Provider, at clock.Clock) (*known, error) {
	now := at()
	k := &known{version: p.Version, read: now, client: p.client()}
	ctx, cancel := context.WithTimeout(ctx, talkTime)
	defer cancel()
	body, resp, err := k.fetch(ctx, strings.TrimSuffix(p.Issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		k.ahead = date.Sub(now)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, trouble("not-openid", nil, "status", resp.StatusCode)
	}
	if err := json.Unmarshal(body, k); err != nil || k.IssuerURL == "" {
		return nil, trouble("not-openid", err, "status", resp.StatusCode)
	}
	if k.IssuerURL != p.Issuer {
		return nil, trouble("issuer", nil, "found", shorten(k.IssuerURL))
	}
	if err := k.usable(p); err != nil {
		return nil, err
	}
	k.client.Transport = &keyring{next: k.client.Transport, now: at, address: k.JWKSURL}
	k.provider = k.NewProvider(oidc.ClientContext(context.Background(), k.client))
	return k, nil
}

// usable says whether what the provider offers can be used at all.
func (k *known) usable(p Provider) error {
	for _, address := range []string{k.AuthURL, k.TokenURL, k.JWKSURL, k.UserInfoURL} {
		u, err := url.Parse(address)
		if address == "" && address == k.UserInfoURL && k.AuthURL != "" {
			continue
		}
		if err != nil || u.Host == "" {
			return trouble("not-openid", err, "status", http.StatusOK)
		}
		if !p.MayContact(u) {
			return trouble("foreign", nil, "host", shorten(u.Host))
		}
	}
	if len(k.Responses) > 0 && !slices.Contains(k.Responses, "code") {
		return trouble("no-code", nil)
	}
	if len(k.Algorithms) > 0 && !slices.ContainsFunc(k.Algorithms, func(a string) bool { return slices.Contains(Algorithms, a) }) {
		return trouble("algorithm", nil)
	}
	return nil
}

func shorten(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}

// fetch reads one address of the provider whole. Errors: *Trouble.
func (k *known) fetch(ctx context.Context, address string) ([]byte, *http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, trouble("unreachable", err)
	}
	req.Header.Set("Accept", "application/json")
	return k.do(req)
}

func (k *known) do(req *http.Request) ([]byte, *http.Response, error) {
	resp, err := k.client.Do(req)
	if err != nil {
		return nil, nil, unreachable(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if errors.Is(err, fence.ErrTooLarge) {
		return nil, nil, trouble("not-openid", err, "status", resp.StatusCode)
	}
	if err != nil {
		return nil, nil, unreachable(err)
	}
	return body, resp, nil
}

// unreachable names what kept a request from its answer.
func unreachable(err error) *Trouble {
	var foreign fence.Foreign
	if errors.As(err, &foreign) {
		return trouble("foreign", err, "host", foreign.Host)
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return trouble("name", err)
	}
	var cert *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	if errors.As(err, &cert) || errors.As(err, &header) || errors.Is(err, http.ErrSchemeMismatch) {
		return trouble("certificate", err)
	}
	return trouble("unreachable", err)
}

// config is the conversation about one sign-in.
func (k *known) config(p Provider, secret, redirect string) *oauth2.Config {
	style := oauth2.AuthStyleInHeader
	if secret == "" || len(k.Methods) > 0 && !slices.Contains(k.Methods, "client_secret_basic") {
		style = oauth2.AuthStyleInParams
	}
	scopes := []string{oidc.ScopeOpenID, "email", "profile"}
	for _, s := range p.Scopes {
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: secret, RedirectURL: redirect, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: k.AuthURL, TokenURL: k.TokenURL, AuthStyle: style}}
}

// address is where the browser goes to sign in.
func (k *known) address(p Provider, redirect, state, nonce, verifier string) string {
	opts := []oauth2.AuthCodeOption{oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)}
	if p.Afresh {
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", fmt.Sprint(int(FreshLife/time.Second))))
	}
	if p.Second == SecondProvider && len(p.ACR) > 0 {
		opts = append(opts, oauth2.SetAuthURLParam("acr_values", strings.Join(p.ACR, " ")))
	}
	return k.config(p, "", redirect).AuthCodeURL(state, opts...)
}

// redeem turns the code into claims whose signature, issuer, audience, times
// and nonce are checked. Errors: Refusal; *Trouble when the provider cannot be
// reached. // req: SSO-3
func (k *known) redeem(ctx context.Context, p Provider, secret, redirect string, f flight, code string, now time.Time) (Claims, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, k.client), talkTime)
	defer cancel()
	token, err := k.config(p, secret, redirect).Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return Claims{}, refusedCode(err)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return Claims{}, RefusedToken
	}
	c, err := k.verify(ctx, p, raw, f.Nonce, now)
	if err == nil && needsMore(p, c) && k.UserInfoURL != "" {
		err = k.more(ctx, token, &c)
	}
	return c, err
}

// refusedCode names why a code was not taken.
func refusedCode(err error) error {
	var said *oauth2.RetrieveError
	if !errors.As(err, &said) {
		if strings.Contains(err.Error(), "missing access_token") {
			return fmt.Errorf("%w: %w", RefusedToken, err)
		}
		return unreachable(err)
	}
	switch {
	case said.ErrorCode == "invalid_client" || said.ErrorCode == "unauthorized_client" || said.Response.StatusCode == http.StatusUnauthorized:
		return trouble("secret", nil)
	case said.ErrorCode == "invalid_grant":
		return RefusedCode
	case said.Response.StatusCode >= 500:
		return trouble("unreachable", nil)
	}
	return RefusedProvider
}

// verify checks a token twice: by the library, which knows the keys, and by
// Judge, which also knows the sign-in and can say what was wrong.
func (k *known) verify(ctx context.Context, p Provider, raw, nonce string, now time.Time) (Claims, error) {
	verifier := k.provider.Verifier(k.checks(p, now)) // its keys are kept, and read again when one is unknown
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return Claims{}, reasonOf(err, p, raw, nonce, now)
	}
	var payload json.RawMessage
	if err := token.Claims(&payload); err != nil {
		return Claims{}, fmt.Errorf("%w: %w", RefusedToken, err)
	}
	c, err := readClaims(payload)
	if err == nil {
		err = Judge(p, c, nonce, now)
	}
	return c, err
}

func (k *known) checks(p Provider, now time.Time) *oidc.Config {
	algorithms := Algorithms
	if len(k.Algorithms) > 0 {
		algorithms = slices.DeleteFunc(slices.Clone(Algorithms), func(a string) bool { return !slices.Contains(k.Algorithms, a) })
	}
	return &oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: algorithms, Now: func() time.Time { return now.Add(-Skew) }}
}

// verifyLogout reads a provider's word that somebody is signed out there
// (OpenID Connect Back-Channel Logout 1.0): signed like a token, young, and
// never used as one. id is the token's own, to be taken once.
func (k *known) verifyLogout(ctx context.Context, p Provider, raw string, now time.Time) (subject, id string, err error) {
	ctx, cancel := context.WithTimeout(ctx, talkTime)
	defer cancel()
	t, err := k.provider.Verifier(k.checks(p, now)).VerifyLogout(ctx, raw)
	switch {
	case err != nil:
		return "", "", fmt.Errorf("%w: %w", RefusedToken, err)
	case t.TokenID == "" || t.IssuedAt.After(now.Add(Skew)) || now.Sub(t.IssuedAt) > FlowLife:
		return "", "", RefusedOld
	case t.Subject == "":
		return "", "", RefusedSubject
	}
	return t.Subject, t.TokenID, nil
}

// reasonOf names why the library refused a token, reading what it claims
// without believing it.
func reasonOf(err error, p Provider, raw, nonce string, now time.Time) error {
	var far *url.Error
	if errors.As(err, &far) {
		return unreachable(err)
	}
	parts := strings.Split(raw, ".")
	if len(parts) == 3 {
		if payload, derr := decodeSegment(parts[1]); derr == nil {
			if c, cerr := readClaims(payload); cerr == nil {
				if jerr := Judge(p, c, nonce, now); jerr != nil {
					return fmt.Errorf("%w: %w", jerr, err)
				}
				return fmt.Errorf("%w: %w", RefusedSignature, err)
			}
		}
	}
	return fmt.Errorf("%w: %w", RefusedToken, err)
}

// more asks the provider for what its token did not say. The answer counts
// only for the same subject, and never replaces what was signed.
func (k *known) more(ctx context.Context, token *oauth2.Token, c *Claims) error {
	info, err := k.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return unreachable(err)
	}
	if info.Subject != c.Subject {
		return RefusedSubject
	}
	var payload json.RawMessage
	if err := info.Claims(&payload); err != nil {
		return fmt.Errorf("%w: %w", RefusedToken, err)
	}
	said, err := readClaims(payload)
	if err != nil {
		return err
	}
	if c.Email == "" {
		c.Email, c.EmailUnverified = said.Email, said.EmailUnverified
	}
	for _, f := range []struct {
		to   *string
		from string
	}{{&c.Name, said.Name}, {&c.Username, said.Username}} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	for name, v := range said.all {
		if _, signed := c.all[name]; !signed {
			c.all[name] = v
		}
	}
	return nil
}
