package account

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"amelie/internal/db/dbtest"
	"amelie/internal/i18n"
	"amelie/internal/web"
	"amelie/test/chrome"
)

// TestInARealBrowserAPasskeyMakesTheSecondStepSignsInAndUnlocks runs the
// page's own script against Chromium's virtual authenticator.
func TestInARealBrowserAPasskeyMakesTheSecondStepSignsInAndUnlocks(t *testing.T) {
	ctx := chrome.Tab(t, 90*time.Second)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://localhost:" + strings.Split(listener.Addr().String(), ":")[1]
	h := newHouse(t, dbtest.Open(t, schemas...), func(c *Config) { c.BaseURL, c.Now = base, time.Now })
	h.now = time.Now()
	sh := web.New(web.Config{Languages: i18n.Languages, Texts: h.cfg.Texts, BaseURL: base})
	h.Mount(sh)
	sh.Professional("GET /admin/agencies", func(c *web.Ctx) error {
		return c.Text(200, map[bool]string{true: "unlocked", false: "locked"}[c.Viewer.Key != nil])
	})
	sh.Authenticate, sh.SignOut = h.Authenticate, h.SignOut
	srv := &http.Server{Handler: sh.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go srv.Serve(listener) //nolint:errcheck // ends with Close
	defer srv.Close()

	path, err := h.SetupLink(context.Background())
	h.must(err)
	sure(chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}))
	sure(chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, HasPrf: true, AutomaticPresenceSimulation: true, IsUserVerified: true,
	}}))
	h.must(chromedp.Do(ctx,
		chromedp.Navigate(base+"/en"+path),
		chromedp.SendKeys(`[name=name]`, "Ada Admin"),
		chromedp.SendKeys(`[name=login]`, "admin"),
		chromedp.SendKeys(`[name=password]`, password),
		chromedp.Click(`form[action*="/setup/"] button`),
		chromedp.WaitVisible(`[data-passkey=register] button`),
		chromedp.Click(`[data-passkey=register] button`),
		chromedp.WaitReady(`body > pre`)))
	first := sure(chromedp.Run(ctx, chromedp.Text(`body`)))
	h.must(chromedp.Do(ctx, chromedp.Navigate(base+"/en/me")))
	me := sure(chromedp.Run(ctx, chromedp.Text(`main`)))
	sure(chromedp.Run(ctx, chromedp.Evaluate[bool](`fetch('/en/sign-out', {method: 'POST'}).then(() => true)`, chromedp.EvalAwaitPromise)))
	h.must(chromedp.Do(ctx,
		chromedp.Navigate(base+"/en/admin/agencies"),
		chromedp.WaitVisible(`[data-passkey=sign-in] button`),
		chromedp.Click(`[data-passkey=sign-in] button`),
		chromedp.WaitReady(`body > pre`)))
	again := sure(chromedp.Run(ctx, chromedp.Text(`body`)))
	if strings.TrimSpace(first) != "unlocked" || strings.TrimSpace(again) != "unlocked" {
		t.Errorf("after registering %q, after signing in again %q", first, again)
	}
	if !strings.Contains(me, "signs in and unlocks") {
		t.Errorf("the account page says %s", me)
	}
}

// sure gives the value; a browser that does not answer ends the test.
func sure[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
