package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/chromedp"

	"amelie/internal/web"
	"amelie/test/chrome"
)

var draftPage = web.NewPage[struct{}](fstest.MapFS{"draft.html": {Data: []byte(
	`{{define "title"}}{{.T "web.nav.today"}}{{end}}{{define "main"}}<h1>{{.T "web.nav.today"}}</h1>` +
		`<form method="post" action="{{.Path "/send"}}" data-autosave="{{.Path "/draft"}}">{{template "c-once" .}}{{template "c-saved" .}}` +
		`{{template "c-textarea" (dict "v" . "name" "words" "label" "Words")}}{{template "c-button" (dict "label" "Send")}}</form>{{end}}`)}}, "draft.html")

// window opens a page of the shell in a real browser.
func window(t *testing.T, h *house, path string) context.Context {
	t.Helper()
	tab := chrome.Tab(t, 90*time.Second)
	server := httptest.NewServer(h.Handler())
	t.Cleanup(server.Close)
	do(t, tab, chromedp.Navigate(server.URL+path))
	return tab
}

func do(t *testing.T, tab context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(tab, steps...); err != nil {
		t.Fatal(err)
	}
}

func eval[T any](t *testing.T, tab context.Context, js string) T {
	t.Helper()
	v, err := chromedp.Run(tab, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return v
}

// until asks again while one page gives way to the next, where a question has
// no page to answer it.
func until(t *testing.T, tab context.Context, js string) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if ok, err := chromedp.Run(tab, chromedp.Evaluate[bool](js)); err == nil && ok {
			return
		}
		select {
		case <-tab.Done():
			t.Fatalf("never came true: %s: %v", js, context.Cause(tab))
		case <-again.C:
		}
	}
}

// elsewhere stands for the foreign page that the exit leads to.
func elsewhere(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Weather</title><p>Sunny"))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// req: WEB-5
func TestEscapePressedThreeTimesLeavesForGoodAndGoingBackFindsNothing(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T, tab context.Context){
		"key":  func(t *testing.T, tab context.Context) { do(t, tab, chromedp.KeyEvent("\u001b\u001b\u001b")) },
		"link": func(t *testing.T, tab context.Context) { do(t, tab, chromedp.Click("[data-leave]")) },
	} {
		t.Run(name, func(t *testing.T) {
			away := elsewhere(t)
			h := open(t, func(c *web.Config) { c.ExitURL = away + "/" })
			tab := window(t, h, "/en/note/1")
			eval[bool](t, tab, `localStorage.setItem('kept', 'words'), true`)
			before := eval[int](t, tab, `history.length`)
			leave(t, tab)
			until(t, tab, `document.title === 'Weather'`)
			if after := eval[int](t, tab, `history.length`); after != before {
				t.Errorf("the history grew from %d to %d: the page's own entry is still there", before, after)
			}
			if ref := eval[string](t, tab, `document.referrer`); ref != "" {
				t.Errorf("the foreign page learns where the reader came from: %s", ref)
			}
		})
	}
}

func TestWhatIsTypedIsSavedWhenThePageIsHiddenAndAButtonPressedTwiceActsOnce(t *testing.T) {
	h := open(t)
	var sent atomic.Int32
	saved := make(chan url.Values, 8)
	hold := make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	h.Public("GET /write", func(c *web.Ctx) error { return draftPage.Render(c, struct{}{}) })
	h.Public("POST /draft", func(c *web.Ctx) error {
		f, err := c.Form()
		if err != nil {
			return err
		}
		saved <- url.Values{"words": f.Values("words"), "once": f.Values("once")}
		return c.Text(200, "")
	})
	h.Public("POST /send", func(c *web.Ctx) error {
		sent.Add(1)
		<-hold
		return c.Text(200, "done")
	})
	tab := window(t, h, "/en/write")
	t.Cleanup(release) // else a failure would wait for ever for the answer that is held back
	do(t, tab, chromedp.SendKeys("#f-words", "a safe place"))
	eval[bool](t, tab, `Object.defineProperty(document, 'visibilityState', {value: 'hidden'}), document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))`)
	select {
	case v := <-saved:
		if v.Get("words") != "a safe place" || v.Get("once") == "" {
			t.Errorf("saved %v", v)
		}
	case <-tab.Done():
		t.Fatal("nothing was saved")
	}
	// Asked within the clicks: a page on its way to the next answers nothing.
	if !eval[bool](t, tab, `(() => { const b = document.querySelector('form[data-autosave] button'); b.click(); b.click(); return b.form.getAttribute('aria-busy') === 'true' })()`) {
		t.Error("the form does not say that it is being sent")
	}
	release()
	until(t, tab, `document.body.innerText.trim() === 'done'`)
	if n := sent.Load(); n != 1 {
		t.Errorf("the form was sent %d times", n)
	}
}

func TestNoPageBreaksItsOwnPolicyAndEveryFontIsAccepted(t *testing.T) {
	h := open(t)
	tab := window(t, h, "/el/design")
	log, err := chromedp.Run(tab, chromedp.Evaluate[[]string](`document.fonts.ready.then(() => Promise.all([...document.fonts].map(f => f.load().then(() => '', e => f.family + ' ' + f.unicodeRange + ': ' + e)))).then(l => l.filter(Boolean))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if len(log) > 0 {
		t.Errorf("fonts are refused: %s", strings.Join(log, "; "))
	}
	if n := eval[int](t, tab, `performance.getEntriesByType('resource').filter(e => !e.name.startsWith(location.origin)).length`); n != 0 {
		t.Errorf("%d foreign resources", n)
	}
	if n := eval[int](t, tab, `document.querySelectorAll('[data-print]:not([hidden])').length`); n == 0 {
		t.Error("the scripts did not run")
	}
	if w := eval[int](t, tab, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); w > 0 {
		t.Errorf("the page is %d px wider than its window", w)
	}
}
