package account

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/i18n"
	"amelie/internal/web"
)

// browser is one person's browser at a running site.
type browser struct {
	*house
	client *http.Client
	base   string
	body   string
	at     string
	status int
}

func opens(t *testing.T, change ...func(*Config)) *browser {
	h := newHouse(t, dbtest.Open(t, schemas...), change...)
	sh := web.New(web.Config{Languages: i18n.Languages, Texts: h.cfg.Texts, Now: func() time.Time { return h.now }})
	h.Mount(sh)
	sh.Professional("GET /today", func(c *web.Ctx) error { return c.Text(200, "today of "+c.Viewer.Name) })
	sh.Authenticate, sh.SignOut = h.Authenticate, h.SignOut
	srv := httptest.NewServer(sh.Handler())
	t.Cleanup(srv.Close)
	h.cfg.BaseURL = srv.URL
	return (&browser{house: h, base: srv.URL}).another()
}

// another is a second browser at the same site.
func (b *browser) another() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &browser{house: b.house, base: b.base, client: &http.Client{Jar: jar}}
}

func (b *browser) took(r *http.Response, err error) *browser {
	b.t.Helper()
	b.must(err)
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	b.must(err)
	b.body, b.status, b.at = string(raw), r.StatusCode, r.Request.URL.RequestURI()
	return b
}

func (b *browser) visits(path string) *browser {
	b.t.Helper()
	return b.took(b.client.Get(b.base + path))
}

func (b *browser) sends(path string, fields ...string) *browser {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequest("POST", b.base+path, strings.NewReader(v.Encode()))
	b.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.took(b.client.Do(r))
}

func (b *browser) reads(status int, at string, words ...string) *browser {
	b.t.Helper()
	if b.status != status || !strings.HasPrefix(b.at, at) {
		b.t.Fatalf("at %s with status %d, want %s with %d\n%s", b.at, b.status, at, status, b.body)
	}
	for _, w := range words {
		if !strings.Contains(b.body, w) {
			b.t.Errorf("%s does not say %q\n%s", b.at, w, b.body)
		}
	}
	return b
}

func (b *browser) find(pattern string) string {
	b.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(b.body)
	if m == nil {
		b.t.Fatalf("%s has no %s\n%s", b.at, pattern, b.body)
	}
	return m[1]
}

// sets up the first administrator and gives the secret of the code app.
func (b *browser) setsUp() (secret string) {
	b.t.Helper()
	path, err := b.SetupLink(context.Background())
	b.must(err)
	b.visits("/en"+path).reads(200, "/en/setup/", "first person here")
	b.sends("/en"+path, "name", "A", "login", "admin", "password", "short").reads(422, "/en/setup/", "at least 12 characters", `value="admin"`)
	b.sends("/en"+path, "name", "Ada Admin", "login", "admin", "password", password).reads(200, "/en/welcome")
	return b.takesStep("/en/welcome")
}

func (b *browser) takesStep(page string) (secret string) {
	b.t.Helper()
	offer, secret := b.find(`name="offer" value="([^"]+)"`), strings.ReplaceAll(b.find(`<code>([A-Z2-7 ]+)</code>`), " ", "")
	b.sends(page, "offer", offer, "code", "000000").reads(422, page, "not right")
	if again := strings.ReplaceAll(b.find(`<code>([A-Z2-7 ]+)</code>`), " ", ""); again != secret {
		b.t.Error("after a mistyped code another secret is shown")
	}
	code, err := totp.GenerateCode(secret, b.now)
	b.must(err)
	b.sends(page, "offer", offer, "code", code).reads(200, page, "Recovery codes")
	b.passes(31 * time.Second)
	return secret
}

func TestTheFirstAdministratorSetsUpSignsOutAndInAgain(t *testing.T) {
	b := opens(t)
	secret := b.setsUp()
	b.visits("/en/today").reads(200, "/en/today", "today of Ada Admin")
	b.sends("/en/sign-out").reads(404, "/en/") // this site has no start page
	b.visits("/el/today?x=1").reads(200, "/el/sign-in?to=%2Fel%2Ftoday%3Fx%3D1")
	to := b.find(`name="to" value="([^"]+)"`)
	if b.sends("/el/sign-in", "to", to, "login", "admin", "password", "wrong wrong wrong", "code", "1").status != 422 || !strings.Contains(b.body, `value="admin"`) || strings.Contains(b.body, "wrong wrong") {
		t.Errorf("a wrong sign-in shows\n%s", b.body)
	}
	b.sends("/el/sign-in", "to", to, "login", "admin", "password", password, "code", b.code(secret)).reads(200, "/el/today?x=1", "today of")
	b.visits("/en/sign-in?to=https://evil.example/").reads(200, "/en/me") // the first room of an administrator here
}

func TestPublicPagesOfAccountsSetNoCookieBeforeSomebodySignsIn(t *testing.T) {
	b := opens(t)
	path, err := b.SetupLink(context.Background())
	b.must(err)
	for _, p := range []string{"/en/sign-in", "/en" + path, "/en/welcome"} {
		r, err := b.client.Get(b.base + p)
		b.must(err)
		r.Body.Close()
		if c := r.Header["Set-Cookie"]; len(c) > 0 {
			t.Errorf("%s sets %v", p, c)
		}
	}
}

func TestSignInCookiesAreOutOfReachOfScriptsAndOtherSites(t *testing.T) {
	for _, tls := range []bool{false, true} {
		h := newHouse(t, dbtest.Open(t, schemas...), func(c *Config) { c.TLS = tls })
		w := httptest.NewRecorder()
		h.SetCookie(w, "x")
		c := w.Result().Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure != tls || c.Path != "/" || c.Domain != "" || strings.HasPrefix(c.Name, "__Host-") != tls {
			t.Errorf("TLS %v: %v", tls, c)
		}
	}
}

func TestEveryPageOfAnAccountOpensInEveryLanguage(t *testing.T) {
	b := opens(t)
	b.setsUp()
	other, _ := b.makes("anna")
	for _, lang := range i18n.Languages {
		for _, p := range []string{"/me", "/me/password", "/me/code", "/me/sign-ins", "/me/tokens", "/unlock?to=/x", "/confirm", "/admin/people", "/admin/people/" + other} {
			b.visits("/" + lang + p)
			if b.status != 200 && !strings.HasPrefix(p, "/unlock") {
				t.Errorf("%s%s: %d\n%s", lang, p, b.status, b.body)
			}
			if m := regexp.MustCompile(`>\s*(account|agency|web)\.[a-z.-]+\s*<`).FindString(b.body); m != "" {
				t.Errorf("%s%s shows a key %s", lang, p, m)
			}
		}
	}
}

func TestMyAccountIsChangedByItsForms(t *testing.T) {
	b := opens(t)
	secret := b.setsUp()
	b.sends("/en/me", "name", "", "lang", "xx", "email", "nonsense").reads(422, "/en/me", "2 to 120 characters", "not an e-mail")
	b.sends("/en/me", "name", "Ada B.", "lang", "de", "email", "ada@example.org", "profession", "midwife", "employer", "public").reads(200, "/en/me", "Ada B.", "Saved.")
	id, err := b.ByLogin(context.Background(), "admin")
	b.must(err)
	if p, e, err := b.Duty(context.Background(), id); p != "midwife" || e != "public" || err != nil {
		t.Errorf("duty: %q %q %v", p, e, err)
	}

	b.sends("/en/me/tokens", "label", "ward", "scopes", "directory:read", "days", "30").reads(200, "/en/me/tokens", "amelie_", "Copy it now")
	b.visits("/en/me/tokens")
	if strings.Contains(b.body, "amelie_") {
		t.Error("a token is shown twice")
	}
	b.sends("/en/me/tokens/"+b.find(`/me/tokens/([^/"]+)/revoke`)+"/revoke").reads(200, "/en/me/tokens", "revoked")

	second := b.another()
	second.sends("/en/sign-in", "login", "admin", "password", password, "code", b.code(secret)).reads(200, "/de/me")
	b.visits("/en/me/sign-ins").reads(200, "/en/me/sign-ins", "This device", "End all others")
	b.sends("/en/me/sign-ins/"+b.find(`/me/sign-ins/([^/"]+)/end"`)+"/end").reads(200, "/en/me/sign-ins")
	second.visits("/en/today").reads(200, "/en/sign-in")

	b.sends("/en/me/password", "old-password", "nope", "password", "short").reads(422, "/en/me/password", "at least 12")
	b.sends("/en/me/password", "old-password", password, "password", "meadow copper 44 bells").reads(200, "/en/me", "password is changed")
}

// req: SIGNIN-9
func TestALateDangerousActionLeadsToTheConfirmationAndBack(t *testing.T) {
	b := opens(t)
	b.setsUp()
	b.passes(ConfirmLimit)
	b.sends("/en/me/tokens", "label", "ward", "scopes", "directory:read", "days", "30").reads(200, "/en/confirm?to=%2Fen%2Fme%2Ftokens", "Is it you?")
	b.sends("/en/confirm", "to", "/en/me/tokens", "password", "wrong wrong wrong").reads(422, "/en/confirm", "not your password")
	b.sends("/en/confirm", "to", "/en/me/tokens", "password", password).reads(200, "/en/me/tokens")
	b.sends("/en/me/tokens", "label", "ward", "scopes", "directory:read", "days", "30").reads(200, "/en/me/tokens", "amelie_")
}

func TestAnAdministratorInvitesACoordinatorAndRecoversHer(t *testing.T) {
	b := opens(t)
	b.setsUp()
	b.sends("/en/admin/people", "lang", "fr").reads(422, "/en/admin/people", "at least one role")
	b.sends("/en/admin/people", "roles", "coordinator", "lang", "en").reads(200, "/en/admin/people", "works once")
	link := strings.TrimPrefix(b.find(`<code id="link">([^<]+)</code>`), b.base)
	cora := b.another()
	cora.visits(link).reads(200, "/en/join/", "coordinator")
	cora.sends(link, "name", "Cora", "login", "cora@example.org", "password", password).reads(200, "/en/welcome")
	cora.takesStep("/en/welcome")
	cora.visits("/en/admin/people").reads(404, "/en/admin/people")
	cora.visits(link).reads(410, "/en/join/", "used already")

	id, err := b.ByLogin(context.Background(), "cora@example.org")
	b.must(err)
	b.sends("/en/admin/people/"+id+"/recover").reads(200, "/en/admin/people/"+id, "nobody else")
	link = strings.TrimPrefix(b.find(`<code id="link">([^<]+)</code>`), b.base)
	cora.visits(link).reads(200, "/en/recover/", "cora@example.org")
	cora.visits("/en/today").reads(200, "/en/today") // opening the link changed nothing
	cora.sends(link, "password", "meadow copper 44 bells").reads(200, "/en/welcome")
	cora.takesStep("/en/welcome")
	cora.visits("/en/today").reads(200, "/en/today", "today of Cora")

	b.sends("/en/admin/people/"+id+"/roles", "roles", "editor", "roles", "analyst").reads(200, "/en/admin/people/"+id, "The roles are saved")
	b.sends("/en/admin/people/"+id+"/state", "state", "disabled").reads(200, "/en/admin/people/"+id)
	cora.visits("/en/today").reads(200, "/en/sign-in")
}

func TestALockedSignInUnlocksAndGoesBack(t *testing.T) {
	b := opens(t)
	id, _ := b.makes("anna")
	st, hash, err := b.newSession(b.user(id), nil, "")
	b.must(err)
	b.must(b.startSession(context.Background(), st, hash, "passkey"))
	u, err := url.Parse(b.base)
	b.must(err)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: b.cookieName(), Value: st.Cookie}})
	b.visits("/en/me").reads(200, "/en/me", "Sealed content is locked")
	b.sends("/en/unlock", "to", "/en/today", "password", "wrong wrong wrong").reads(422, "/en/unlock", "not your password")
	b.sends("/en/unlock", "to", "/en/today", "password", password).reads(200, "/en/today")
	b.visits("/en/unlock?to=/en/today").reads(200, "/en/today")
	b.must(b.db.Write(context.Background(), func(tx *db.Tx) error { return endEverything(tx, id, 1) }))
	b.visits("/en/today").reads(200, "/en/sign-in")
}
