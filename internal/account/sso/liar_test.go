package sso

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// liar is a provider with real keys that can lie about everything.
type liar struct {
	*httptest.Server
	t     *testing.T
	now   func() time.Time
	mu    sync.Mutex
	key   *rsa.PrivateKey
	kid   string
	codes map[string]granted
	asked []string // paths that were asked for

	client, secret string
	claims         func(map[string]any)        // what else the token says
	doc            func(map[string]any)        // what else the description says
	sign           func(payload []byte) string // instead of the usual signature
	userinfo       map[string]any
	date           time.Time // of its clock; zero: the test's
	status         int       // of the description; 0: 200
	redirects      []string
}

type granted struct{ challenge, nonce, sub, redirect string }

var liarKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func newLiar(t *testing.T, now func() time.Time) *liar {
	l := &liar{t: t, now: now, key: liarKey(), kid: "one", codes: map[string]granted{}, client: "amelie", secret: "s3cret & more", claims: func(map[string]any) {}, doc: func(map[string]any) {}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", l.describe)
	mux.HandleFunc("GET /keys", l.keys)
	mux.HandleFunc("GET /authorize", l.authorize)
	mux.HandleFunc("POST /token", l.token)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) { l.json(w, 200, l.userinfo) })
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.asked = append(l.asked, r.URL.Path)
		at := l.date
		l.mu.Unlock()
		if at.IsZero() {
			at = l.now()
		}
		w.Header().Set("Date", at.UTC().Format(http.TimeFormat))
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *liar) json(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func (l *liar) describe(w http.ResponseWriter, _ *http.Request) {
	d := map[string]any{"issuer": l.URL, "authorization_endpoint": l.URL + "/authorize", "token_endpoint": l.URL + "/token", "jwks_uri": l.URL + "/keys",
		"response_types_supported": []string{"code"}, "id_token_signing_alg_values_supported": []string{"RS256"}, "code_challenge_methods_supported": []string{"S256"}}
	if l.userinfo != nil {
		d["userinfo_endpoint"] = l.URL + "/userinfo"
	}
	l.doc(d)
	if l.status != 0 {
		l.json(w, l.status, d)
		return
	}
	l.json(w, 200, d)
}

func (l *liar) keys(w http.ResponseWriter, _ *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.json(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: l.key.Public(), KeyID: l.kid, Algorithm: "RS256", Use: "sig"}}})
}

// authorize is only asked by a trial.
func (l *liar) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for _, known := range l.redirects {
		if known == q.Get("redirect_uri") {
			http.Redirect(w, r, known+"?error=login_required&state="+q.Get("state"), http.StatusSeeOther)
			return
		}
	}
	http.Error(w, "unknown address", http.StatusBadRequest)
}

// consent is a person at this provider: the query that the browser brings
// back.
func (l *liar) consent(address, sub string) url.Values {
	l.t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, l.URL+"/authorize?") {
		l.t.Fatalf("the browser was sent to %q", address)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("client_id") != l.client || len(q.Get("nonce")) < 32 || len(q.Get("state")) < 32 {
		l.t.Fatalf("asked with %v", q)
	}
	code := rand.Text()
	l.mu.Lock()
	l.codes[code] = granted{q.Get("code_challenge"), q.Get("nonce"), sub, q.Get("redirect_uri")}
	l.mu.Unlock()
	return url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {l.URL}}
}

func (l *liar) token(w http.ResponseWriter, r *http.Request) {
	id, secret, ok := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	if !ok || id != l.client || secret != l.secret {
		l.json(w, 401, map[string]string{"error": "invalid_client"})
		return
	}
	l.mu.Lock()
	g, known := l.codes[r.PostFormValue("code")]
	delete(l.codes, r.PostFormValue("code"))
	l.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge || r.PostFormValue("redirect_uri") != g.redirect {
		l.json(w, 400, map[string]string{"error": "invalid_grant"})
		return
	}
	now := l.now().Unix()
	c := map[string]any{"iss": l.URL, "sub": g.sub, "aud": l.client, "nonce": g.nonce, "iat": now, "exp": now + 300, "auth_time": now - 5,
		"name": strings.ToUpper(g.sub[:1]) + g.sub[1:] + " Mara", "email": g.sub + "@hospital.example", "email_verified": true}
	l.claims(c)
	payload, err := json.Marshal(c)
	if err != nil {
		l.t.Error(err)
	}
	signed := ""
	if l.sign != nil {
		signed = l.sign(payload)
	} else {
		signed = l.signed(payload, l.key, l.kid)
	}
	l.json(w, 200, map[string]any{"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": signed})
}

func (l *liar) signed(payload []byte, key *rsa.PrivateKey, kid string) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	o, err := signer.Sign(payload)
	if err != nil {
		l.t.Fatal(err)
	}
	s, err := o.CompactSerialize()
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

func unsigned(payload []byte) string {
	b := base64.RawURLEncoding
	return b.EncodeToString([]byte(`{"alg":"none","kid":"one"}`)) + "." + b.EncodeToString(payload) + "."
}

// sharedSecret signs with the public key as if it were a shared secret: the
// confusion of algorithms.
func (l *liar) sharedSecret(payload []byte) string {
	der, err := x509.MarshalPKIXPublicKey(l.key.Public())
	if err != nil {
		l.t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: der, KeyID: l.kid}}, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	o, err := signer.Sign(payload)
	if err != nil {
		l.t.Fatal(err)
	}
	s, _ := o.CompactSerialize()
	return s
}

var strangerKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// testAuthority is the certificate of a test server, as a house would paste
// its own authority's.
func testAuthority(t *testing.T) string {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}
