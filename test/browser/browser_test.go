// Package browser walks the running program as its users do: a real browser,
// the real database, keys and log, at phone and desktop size, with and without
// JavaScript, and with axe on every page.
package browser

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"amelie/internal/app"
	"amelie/test/chrome"
)

// house is one running demo, shared by all tests of this package.
type house struct {
	base    string
	dir     string
	app     *app.App
	stop    func()
	browser context.Context
	cancel  func()
	heard   func(said string) // is told addresses and titles of its pages; nil: nobody
}

var (
	theHouse *house
	openOnce sync.Once
)

func TestMain(m *testing.M) {
	code := m.Run()
	if theHouse != nil {
		theHouse.end()
	}
	os.Exit(code)
}

// unhurried leaves a journey out of the quick loop.
func unhurried(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("browser journeys are left out of the quick loop")
	}
}

// demo starts the program and the browser once.
func demo(t *testing.T) *house {
	t.Helper()
	unhurried(t)
	openOnce.Do(func() { theHouse = start(t) })
	if theHouse == nil {
		t.Fatal("the demo did not start")
	}
	return theHouse
}

// alone is a demo of this test's own, for what changes that others rely on.
func alone(t *testing.T) *house {
	t.Helper()
	unhurried(t)
	h := start(t)
	t.Cleanup(h.end)
	return h
}

// end stops the program and leaves nothing behind.
func (h *house) end() {
	h.cancel()
	h.stop()
	os.RemoveAll(h.dir)
}

func start(t *testing.T) *house {
	dir, err := os.MkdirTemp("", "amelie-browser-")
	if err != nil {
		t.Fatal(err)
	}
	return browsed(t, serve(t, dir, "127.0.0.1:0"))
}

// browsed opens a browser for a house.
func browsed(t *testing.T, h *house) *house {
	t.Helper()
	var err error
	if h.browser, h.cancel, err = chrome.Open(); err != nil {
		h.stop()
		t.Fatal(err)
	}
	return h
}

// serve runs the program on a folder until stop.
func serve(t *testing.T, dir, addr string) *house {
	t.Helper()
	return run(t, dir, app.Config{Addr: addr}, slog.New(slog.DiscardHandler))
}

// run runs the demo on a folder until stop, with what of cfg a test decides.
func run(t *testing.T, dir string, cfg app.Config, log *slog.Logger) *house {
	t.Helper()
	cfg.Demo, cfg.Data, cfg.Name = true, dir+"/data", "Amelie"
	ctx, stop := context.WithCancel(context.Background())
	h := &house{dir: dir}
	ready := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- app.Serve(ctx, cfg, log, func(a *app.App, address string) { h.app = a; ready <- address })
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
	h.stop = sync.OnceFunc(func() { stop(); <-ended })
	return h
}

// visitor is a fresh browser of its own: no cookies shared with anybody.
type visitor struct {
	t   *testing.T
	h   *house
	ctx context.Context
	mu  sync.Mutex
	bad []string // what the pages should not have done

	script bool // JavaScript runs in the pages

	fonts         map[network.RequestID]bool
	bytes, inFont int64
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
	v := &visitor{t: t, h: h, script: !l.noScript}
	tab, closeTab := chromedp.NewContext(h.browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(v.listen))
	t.Cleanup(func() { chrome.Close(closeTab) })
	v.ctx = tab
	call(v, network.Enable, network.EnableParams{})
	ctx, cancel := context.WithTimeout(tab, 5*time.Minute)
	t.Cleanup(cancel)
	v.ctx = ctx
	v.run(chromedp.EmulateViewport(int64(l.width), int64(l.height)))
	if l.noScript {
		call(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	if l.dark {
		call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	}
	return v
}

// listen notes what the pages ask for and what goes wrong in them.
func (v *visitor) listen(ev any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		v.tells(ev.Request.URL)
		if u := ev.Request.URL; !strings.HasPrefix(u, v.h.base) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "about:") {
			v.bad = append(v.bad, "asked a foreign address: "+u)
		}
	case *network.EventResponseReceived:
		v.font(ev.RequestID, strings.Contains(ev.Response.URL, "/font/"))
	case *network.EventLoadingFinished:
		v.weighed(ev.RequestID, int64(ev.EncodedDataLength))
	case *runtime.EventExceptionThrown:
		v.bad = append(v.bad, "script fault: "+ev.ExceptionDetails.Text)
	}
}

// tells says to who listens what an onlooker could read.
func (v *visitor) tells(said string) {
	if v.h.heard != nil {
		v.h.heard(said)
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

type step = chromedp.Action[chromedp.Void]

func (v *visitor) run(steps ...step) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.t.Fatalf("browser: %v\nat %s\n%s", err, v.address(), clip(v.text()))
	}
}

func call[P, R any](v *visitor, method cdp.Command[P, R], params P) {
	v.t.Helper()
	if _, err := chromedp.Call(v.ctx, method, params); err != nil {
		v.t.Fatalf("browser: %v", err)
	}
}

func eval[T any](v *visitor, js string) T {
	v.t.Helper()
	x, err := chromedp.Run(v.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("%.200s: %v", js, err)
	}
	return x
}

// try evaluates without failing the test: between two pages there is nothing
// to ask.
func try[T any](v *visitor, js string) (x T) {
	ctx, cancel := context.WithTimeout(v.ctx, 5*time.Second)
	defer cancel()
	x, _ = chromedp.Run(ctx, chromedp.Evaluate[T](js))
	return x
}

func (v *visitor) goTo(path string) {
	v.t.Helper()
	v.run(chromedp.Navigate(v.h.base+path), chromedp.WaitReady("main"))
	v.titled()
}

// titled tells an onlooker the title of the page.
func (v *visitor) titled() {
	if v.h.heard != nil {
		v.tells(try[string](v, `document.title`))
	}
}

func (v *visitor) address() string { return try[string](v, `location.href`) }

// text is what stands on the page; a space that does not break reads as a space.
func (v *visitor) text() string {
	return try[string](v, `document.body ? document.body.innerText.replaceAll("\u00a0", " ") : ""`)
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

// follow does something that leads to another page and waits for it.
func (v *visitor) follow(steps ...step) {
	v.t.Helper()
	eval[bool](v, old)
	v.run(steps...)
	v.arrives()
}

// old marks a page, so that the next one is told from it.
const old = `document.documentElement.setAttribute("data-test-old", "1") || true`

// arrives waits for the page that follows one that was marked as old.
func (v *visitor) arrives() {
	v.t.Helper()
	v.awaits(`document.readyState == "complete" && !document.documentElement.hasAttribute("data-test-old") && !!document.querySelector("main")`)
	v.titled()
}

// awaits asks anew, whatever page there is by then, until the answer is yes.
func (v *visitor) awaits(question string) {
	v.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !try[bool](v, question) {
		if time.Now().After(deadline) {
			v.t.Fatalf("no new page after 20 s, still at %s\n%s", v.address(), clip(v.text()))
		}
		v.run(chromedp.Sleep(20 * time.Millisecond))
	}
}

// press scrolls to what it presses, as a person would, so that no bar lies
// over it, and waits for the page that follows.
func (v *visitor) press(selector string) {
	v.t.Helper()
	v.into(selector)
	v.follow(chromedp.Click(selector))
}

// into brings an element to the middle of the window.
func (v *visitor) into(selector string) {
	v.t.Helper()
	quoted, _ := json.Marshal(selector)
	if !eval[bool](v, `(s => { const e = document.querySelector(s); if (e) e.scrollIntoView({block: "center", behavior: "instant"}); return !!e })(`+string(quoted)+`)`) {
		v.t.Fatalf("%s has no %s\n%s", v.address(), selector, clip(v.text()))
	}
}

// choose presses the button of an answer.
func (v *visitor) choose(name, value string) {
	v.t.Helper()
	v.press(`button[name="` + name + `"][value="` + value + `"]`)
}

var axeSource = sync.OnceValue(func() string {
	b, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		return ""
	}
	return string(b)
})

const verdict = `axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]})
  .then(r => r.violations.map(x => x.id + ": " + x.help + " — " + x.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).join(" | ")))`

// accessible runs axe on the page as it stands. Axe waits by the clock, which
// stands still where scripts are off: they are on while it looks, which does not
// bring back those that the page did not run when it came.
func (v *visitor) accessible() {
	v.t.Helper()
	if axeSource() == "" {
		v.t.Fatal("axe-core is missing: npm ci in test/browser (make test does it)")
	}
	if !v.script {
		call(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
		defer call(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	eval[bool](v, axeSource()+";true")
	eval[bool](v, atRest)
	for _, x := range eval[[]string](v, verdict) {
		v.t.Errorf("%s: %s", v.address(), x)
	}
}

// atRest ends colours that still fade after a click: axe would measure one between
// two.
const atRest = `document.getAnimations().forEach(a => { try { a.finish() } catch {} }); true`

// fits fails when the page is wider than the window.
func (v *visitor) fits() {
	v.t.Helper()
	if over := eval[int](v, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		v.t.Errorf("%s is %d px wider than the window", v.address(), over)
	}
}

// enter signs in as an invented person from the demo's floor plan.
func (v *visitor) enter(key string) {
	v.t.Helper()
	v.goTo("/en/demo")
	v.press(`form:has(input[name=person][value="` + key + `"]) button`)
	if !strings.Contains(v.address(), "/today") {
		v.t.Fatalf("%s did not come in: %s\n%s", key, v.address(), clip(v.text()))
	}
}
