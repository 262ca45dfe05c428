// Package browser walks the running program as its users do: a real browser,
// the real database, keys and log, at phone and desktop size, with and without
// JavaScript, and with axe on every page.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"amelie/internal/app"
)

// house is one running demo, shared by all tests of this package.
type house struct {
	base   string
	dir    string
	app    *app.App
	stop   func()
	alloc  context.Context
	cancel func()
}

var (
	theHouse *house
	openOnce sync.Once
)

func TestMain(m *testing.M) {
	code := m.Run()
	if theHouse != nil {
		theHouse.cancel()
		theHouse.stop()
		os.RemoveAll(theHouse.dir)
	}
	os.Exit(code)
}

// demo starts the program and the browser once.
func demo(t *testing.T) *house {
	t.Helper()
	if testing.Short() {
		t.Skip("browser journeys are left out of the quick loop")
	}
	openOnce.Do(func() { theHouse = start(t) })
	if theHouse == nil {
		t.Fatal("the demo did not start")
	}
	return theHouse
}

func start(t *testing.T) *house {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Fatal("no chromium: make test installs it")
	}
	dir, err := os.MkdirTemp("", "amelie-browser-")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	h := &house{dir: dir}
	ready := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- app.Serve(ctx, app.Config{Demo: true, Addr: "127.0.0.1:0", Data: dir + "/data", Name: "Amelie", Country: "GR"},
			slog.New(slog.DiscardHandler), func(a *app.App, address string) { h.app = a; ready <- address })
	}()
	select {
	case h.base = <-ready:
	case err := <-ended:
		stop()
		t.Fatalf("start: %v", err)
	case <-time.After(60 * time.Second):
		stop()
		t.Fatal("the demo did not start in a minute")
	}
	h.stop = func() { stop(); <-ended }
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.NoFirstRun,
		chromedp.UserDataDir(dir+"/browser"))
	h.alloc, h.cancel = chromedp.NewExecAllocator(context.Background(), opts...)
	return h
}

// visitor is a fresh browser of its own: no cookies shared with anybody.
type visitor struct {
	t    *testing.T
	h    *house
	ctx  context.Context
	mu   sync.Mutex
	seen []string // addresses of requests, and what was said to the console
	bad  []string
}

// options of a visitor.
type look struct {
	width, height int
	noScript      bool
	dark          bool
}

var (
	phone   = look{width: 390, height: 844}
	desktop = look{width: 1280, height: 900}
)

func (h *house) visitor(t *testing.T, l look) *visitor {
	t.Helper()
	v := &visitor{t: t, h: h}
	ctx, cancel := chromedp.NewContext(h.alloc, chromedp.WithNewBrowserContext())
	if chromedp.FromContext(h.alloc) == nil && firstBrowser.ctx == nil {
		firstBrowser.ctx, firstBrowser.cancel = chromedp.NewContext(h.alloc)
		if err := chromedp.Run(firstBrowser.ctx); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	ctx, cancel = chromedp.NewContext(firstBrowser.ctx, chromedp.WithNewBrowserContext())
	ctx, timeout := context.WithTimeout(ctx, 120*time.Second)
	v.ctx = ctx
	t.Cleanup(func() { timeout(); cancel() })
	chromedp.ListenTarget(ctx, v.listen)
	actions := []chromedp.Action{network.Enable(), runtime.Enable(), chromedp.EmulateViewport(int64(l.width), int64(l.height))}
	if l.noScript {
		actions = append(actions, emulation.SetScriptExecutionDisabled(true))
	}
	if l.dark {
		actions = append(actions, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}))
	}
	v.run(actions...)
	return v
}

var firstBrowser struct {
	ctx    context.Context
	cancel func()
}

func (v *visitor) listen(ev any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		v.seen = append(v.seen, ev.Request.URL)
		if u := ev.Request.URL; !strings.HasPrefix(u, v.h.base) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "about:") {
			v.bad = append(v.bad, "asked a foreign address: "+u)
		}
	case *runtime.EventExceptionThrown:
		v.bad = append(v.bad, "script fault: "+ev.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.APITypeError {
			v.bad = append(v.bad, "console error")
		}
	}
}

// clean fails the test when the pages misbehaved meanwhile.
func (v *visitor) clean() {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, b := range v.bad {
		v.t.Error(b)
	}
	v.bad = nil
}

func (v *visitor) run(actions ...chromedp.Action) {
	v.t.Helper()
	if err := chromedp.Run(v.ctx, actions...); err != nil {
		v.t.Fatalf("browser: %v\nat %s\n%s", err, v.address(), v.text())
	}
}

func (v *visitor) goTo(path string) {
	v.t.Helper()
	v.run(chromedp.Navigate(v.h.base+path), chromedp.WaitReady("main"))
}

func (v *visitor) address() (url string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx), 5*time.Second)
	defer cancel()
	chromedp.Run(ctx, chromedp.Location(&url))
	return url
}

// text is what stands on the page.
func (v *visitor) text() (text string) {
	ctx, cancel := context.WithTimeout(v.ctx, 5*time.Second)
	defer cancel()
	chromedp.Run(ctx, chromedp.Evaluate(`document.body ? document.body.innerText : ""`, &text))
	return text
}

// sees fails unless every phrase stands on the page.
func (v *visitor) sees(phrases ...string) {
	v.t.Helper()
	text := v.text()
	for _, p := range phrases {
		if !strings.Contains(text, p) {
			v.t.Errorf("%s does not show %q\n%s", v.address(), p, clip(text))
		}
	}
}

func (v *visitor) seesNot(phrases ...string) {
	v.t.Helper()
	text := v.text()
	for _, p := range phrases {
		if strings.Contains(text, p) {
			v.t.Errorf("%s shows %q", v.address(), p)
		}
	}
}

func clip(s string) string {
	if len(s) > 1500 {
		return s[:1500] + "…"
	}
	return s
}

// press clicks the first button or link whose name begins with the words, and
// waits for the page that follows.
func (v *visitor) press(words string) {
	v.t.Helper()
	var found bool
	const find = `(words => {
  const name = e => (e.getAttribute("aria-label") || e.innerText || e.value || "").trim();
  const all = [...document.querySelectorAll("button, a, summary, input[type=submit], label.choice, label")];
  const hit = all.find(e => name(e).startsWith(words) && e.offsetParent !== null);
  if (!hit) return false;
  hit.setAttribute("data-test-press", "1");
  return true;
})(%s)`
	quoted, _ := json.Marshal(words)
	v.run(chromedp.Evaluate(fmt.Sprintf(find, quoted), &found))
	if !found {
		v.t.Fatalf("%s has nothing to press called %q\n%s", v.address(), words, clip(v.text()))
	}
	v.run(chromedp.ScrollIntoView(`[data-test-press]`), chromedp.Click(`[data-test-press]`, chromedp.NodeVisible))
	v.run(chromedp.Sleep(60*time.Millisecond), chromedp.WaitReady("main"),
		chromedp.Evaluate(`document.querySelectorAll("[data-test-press]").forEach(e => e.removeAttribute("data-test-press"))`, nil))
}

func (v *visitor) fill(selector, text string) {
	v.t.Helper()
	v.run(chromedp.SetValue(selector, "", chromedp.ByQuery), chromedp.SendKeys(selector, text, chromedp.ByQuery))
}

var axeSource = sync.OnceValue(func() string {
	b, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		return ""
	}
	return string(b)
})

// accessible runs axe on the page as it stands.
func (v *visitor) accessible() {
	v.t.Helper()
	if axeSource() == "" {
		v.t.Fatal("axe-core is missing: npm ci in test/browser (make test does it)")
	}
	var report string
	v.run(chromedp.Evaluate(axeSource()+";0", nil),
		chromedp.Evaluate(`axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]})
  .then(r => JSON.stringify(r.violations.map(x => x.id + ": " + x.help + " — " + x.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | "))))`,
			&report, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	var violations []string
	if err := json.Unmarshal([]byte(report), &violations); err != nil {
		v.t.Fatal(err)
	}
	for _, x := range violations {
		v.t.Errorf("%s: %s", v.address(), x)
	}
}

// fits fails when the page is wider than the window.
func (v *visitor) fits() {
	v.t.Helper()
	var over int
	v.run(chromedp.Evaluate(`document.documentElement.scrollWidth - window.innerWidth`, &over))
	if over > 0 {
		v.t.Errorf("%s is %d px wider than the window", v.address(), over)
	}
}

// enter signs in as an invented person from the demo's floor plan.
func (v *visitor) enter(key string) {
	v.t.Helper()
	v.goTo("/en/demo")
	v.run(chromedp.Submit(`form:has(input[name=person][value="`+key+`"])`, chromedp.ByQuery), chromedp.Sleep(100*time.Millisecond), chromedp.WaitReady("main"))
	if !strings.Contains(v.address(), "/today") {
		v.t.Fatalf("%s did not come in: %s\n%s", key, v.address(), clip(v.text()))
	}
}
