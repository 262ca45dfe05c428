package sso

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
)

// Finding is one step of a trial: a sentence sso.try.<Key> when it went well,
// sso.trouble.<Key> when it did not.
type Finding struct {
	Key  string
	Args []any
	Good bool
	Open bool // could not be told from here
}

func good(key string, args ...any) Finding { return Finding{Key: key, Args: args, Good: true} }
func open(key string) Finding              { return Finding{Key: key, Open: true} }
func bad(t *Trouble) Finding               { return Finding{Key: t.Code, Args: t.Args} }

// Passed says whether nothing went wrong.
func Passed(list []Finding) bool {
	return !slices.ContainsFunc(list, func(f Finding) bool { return !f.Good && !f.Open })
}

// try walks through everything that can be known of a provider without a
// person: it is reached, it is who it should be, its keys are there, its clock
// is right, it takes our secret and our address. It stops at what makes the
// rest pointless.
func try(ctx context.Context, p Provider, secret, redirect string, now clock.Clock) []Finding {
	k, err := discover(ctx, p, now)
	if err != nil {
		return []Finding{bad(asTrouble(err))}
	}
	list := []Finding{good("reached"), good("itself", "issuer", p.Issuer)}
	if t := k.clock(); t != nil {
		list = append(list, bad(t))
	} else {
		list = append(list, good("clock"))
	}
	if t := k.keys(ctx); t != nil {
		return append(list, bad(t))
	}
	list = append(list, good("keys"))
	if len(k.Proofs) > 0 && !slices.Contains(k.Proofs, "S256") {
		list = append(list, bad(trouble("no-proof", nil)))
	}
	return append(list, k.trySecret(ctx, p, secret, redirect), k.tryAddress(ctx, p, redirect))
}

func asTrouble(err error) *Trouble {
	var t *Trouble
	if errors.As(err, &t) {
		return t
	}
	return trouble("unreachable", err)
}

// clock compares the two clocks: a token would be too old or too young.
func (k *known) clock() *Trouble {
	if apart := k.ahead.Abs(); apart > Skew+2*time.Second {
		return trouble("clock", nil, "n", int(apart/time.Second))
	}
	return nil
}

// keys looks whether there is one that could sign.
func (k *known) keys(ctx context.Context) *Trouble {
	body, resp, err := k.fetch(ctx, k.JWKSURL)
	if err != nil {
		return asTrouble(err)
	}
	var set struct {
		Keys []struct {
			Kind string `json:"kty"`
			Use  string `json:"use"`
		} `json:"keys"`
	}
	if resp.StatusCode != http.StatusOK || json.Unmarshal(body, &set) != nil {
		return trouble("no-keys", nil)
	}
	for _, key := range set.Keys {
		if key.Kind != "oct" && (key.Use == "" || key.Use == "sig") {
			return nil
		}
	}
	return trouble("no-keys", nil)
}

// trySecret sends a code that nobody was given: a provider that knows us
// complains about the code, one that does not complains about us.
func (k *known) trySecret(ctx context.Context, p Provider, secret, redirect string) Finding {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"not-a-code"}, "redirect_uri": {redirect},
		"code_verifier": {strings.Repeat("a", 43)}}
	c := k.config(p, secret, redirect)
	inHeader := c.Endpoint.AuthStyle == 2
	if !inHeader {
		form.Set("client_id", p.ClientID)
		if secret != "" {
			form.Set("client_secret", secret)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return bad(trouble("unreachable", err))
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if inHeader {
		req.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(secret))
	}
	body, resp, err := k.do(req)
	if err != nil {
		return bad(asTrouble(err))
	}
	var said struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(body, &said) // no JSON: no error code
	switch {
	case said.Error == "invalid_grant":
		return good("secret")
	case said.Error == "invalid_client", said.Error == "unauthorized_client", resp.StatusCode == http.StatusUnauthorized:
		return bad(trouble("secret", nil))
	}
	return open("secret-open")
}

// tryAddress asks for a sign-in that may not ask anybody: a provider that
// knows our address sends the refusal there, one that does not shows an error.
func (k *known) tryAddress(ctx context.Context, p Provider, redirect string) Finding {
	address := k.address(p, redirect, "trial", "trial", strings.Repeat("a", 43))
	u, err := url.Parse(address)
	if err != nil {
		return bad(trouble("unreachable", err))
	}
	q := u.Query()
	q.Set("prompt", "none")
	q.Del("max_age")
	u.RawQuery = q.Encode()
	_, resp, err := k.fetch(ctx, u.String())
	if err != nil {
		return bad(asTrouble(err))
	}
	back := resp.Header.Get("Location")
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400 && strings.HasPrefix(back, redirect+"?"):
		return good("address")
	case resp.StatusCode >= 400 && resp.StatusCode < 500:
		return bad(trouble("address", nil, "address", redirect))
	}
	return open("address-open")
}

func decodeSegment(s string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
}
