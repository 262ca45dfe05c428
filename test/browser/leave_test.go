package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// choices are the rooms in which something about a person is chosen: how a
// hand chooses there, and what tells that nothing of it is left.
var choices = map[string]struct {
	choose func(v *visitor)
	empty  string
}{
	"/en/signs": {func(v *visitor) { seeSigns(v, 2) },
		`document.querySelectorAll("[data-signs] input[value=yes]:checked, #result:not([hidden]), #take [name=sign]").length === 0`},
	"/en/guide/record": {func(v *visitor) { v.run(chromedp.Click(`input[value=later]`)) },
		`document.querySelectorAll("input:checked, [data-line=later]:not([hidden])").length === 0`},
	"/en/entitlement/be": {func(v *visitor) {
		v.run(chromedp.WaitReady(`[data-finder][data-live]`), chromedp.SetValue(`select[name=papers]`, "none"))
		v.showCare()
	}, `[...document.querySelectorAll(".entitle-form select")].every(s => !s.value) && (!!document.querySelector(".entitle[hidden]") || document.querySelector(".entitle-form").compareDocumentPosition(document.querySelector(".entitle-result")) === 4)`},
	"/en/guide/card": {func(v *visitor) {
		v.run(chromedp.WaitReady(`[data-card][data-live]`), chromedp.Click(`input[value=sizes]`, chromedp.NodeReady))
	}, `!document.querySelector("input[value=sizes]").checked`},
}

// passing is what ends a use: the idle quarter of an hour before the next
// touch, the lid that was closed meanwhile, the page that goes.
var passing = map[string]string{
	"idle":         `document.querySelector("h1").dispatchEvent(new Event("pointerdown", {bubbles: true}))`,
	"lid closed":   `document.dispatchEvent(new Event("visibilitychange"))`,
	"page is left": `dispatchEvent(new PageTransitionEvent("pagehide", {persisted: true}))`,
}

// later moves the page's clock and lets something happen.
func later(minutes int, happens string) string {
	return fmt.Sprintf(`{ const now = Date.now; Date.now = () => now() + %d * 60e3; %s; true }`, minutes, happens)
}

// req: GUIDE-2
func TestEveryRoomForgetsWhatWasChosenWhenItLiesIdleIsClosedOrLeft(t *testing.T) {
	w := demo(t).wire(t)
	v := w.visitor(t, phone)
	for path, room := range choices {
		for name, happens := range passing {
			v.goTo(path)
			room.choose(v)
			if eval[bool](v, room.empty) {
				t.Fatalf("%s: nothing is chosen", path)
			}
			reloads := eval[bool](v, old+` && !!document.querySelector("[data-forget]").dataset.forget`)
			switch name {
			case "page is left":
				eval[bool](v, later(0, happens))
				reloads = false
			case "idle":
				eval[bool](v, later(16, happens))
			case "lid closed":
				eval[bool](v, later(14, happens))
				if eval[bool](v, room.empty) {
					t.Errorf("%s: fourteen minutes are no quarter of an hour", path)
				}
				eval[bool](v, later(2, happens))
			}
			if reloads {
				v.arrives()
			}
			if !eval[bool](v, room.empty) {
				t.Errorf("%s, %s: something is left", path, name)
			}
			if name == "page is left" && eval[bool](v, `!!document.querySelector("[data-forget]").dataset.forget`) {
				eval[bool](v, old+`; dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}))`) // it comes back from the browser's memory
				v.arrives()
				if !eval[bool](v, room.empty) {
					t.Errorf("%s: something came back", path)
				}
			}
			if at := v.address(); at != w.base+path {
				t.Errorf("%s, %s: the page is %s", path, name, at)
			}
		}
	}
	v.clean()
}

// trail is every address in the browser's history of this window.
func (v *visitor) trail() (out []string) {
	v.t.Helper()
	h, err := chromedp.Call(v.ctx, page.GetNavigationHistory, cdp.Empty{})
	if err != nil {
		v.t.Fatal(err)
	}
	for _, e := range h.Entries {
		out = append(out, strings.TrimPrefix(e.URL, v.h.base))
	}
	return out
}

// cookies are all of the site, those that no script sees among them.
func (v *visitor) cookies() (out []string) {
	v.t.Helper()
	all, err := chromedp.Call(v.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{v.h.base}})
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range all.Cookies {
		out = append(out, c.Name)
	}
	return out
}

// keptFiles are the addresses in all caches, and those that the list of what
// is kept does not name.
const keptFiles = `(async () => {
	const { list } = await (await caches.match("/guide/kept")).json(), named = new Set([...(await (await fetch(list)).json()).files, "/guide/kept"]);
	const all = (await Promise.all((await caches.keys()).map(async k => (await (await caches.open(k)).keys()).map(r => decodeURI(r.url.slice(location.origin.length)))))).flat();
	return all.filter(path => !named.has(path)).concat(all.length < 20 ? ["too few: " + all.length] : []) })()`

// req: GUIDE-2, GUIDE-3
func TestAfterTheExitsStorageHistoryCookiesCachesAndTheNetworkTellNothing(t *testing.T) {
	w := demo(t).wire(t)
	v := w.visitor(t, phone)
	v.enter("midwife")
	keepGuide(v, "en")
	for path, room := range choices {
		v.goTo(path)
		room.choose(v)
		if extra := eval[[]string](v, keptFiles); len(extra) > 0 && path == "/en/signs" {
			t.Errorf("the cache holds %v besides what the list names", extra)
		}
		entries := len(v.trail())
		w.since()
		v.leave()
		if asked := w.since(); !slices.Equal(asked, []string{"GET /exit/work"}) {
			t.Errorf("%s: leaving asked %v", path, asked)
		}
		if now := v.trail(); len(now) != entries || slices.Contains(now[entries-1:], path) || slices.ContainsFunc(now, func(a string) bool { return strings.ContainsAny(a, "?#") }) {
			t.Errorf("%s: the history says %v", path, now)
		}
	}
	v.goTo("/en/guide")
	if left := eval[string](v, traces); left != `{"local":0,"session":0,"cookies":"","caches":["guide"],"databases":0,"workers":4}` {
		t.Errorf("after the professional's exit there lie %s", left)
	}
	if c := v.cookies(); len(c) > 0 {
		t.Errorf("after the professional's exit there are cookies %v", c)
	}
	v.goTo("/en/today")
	if strings.HasSuffix(v.address(), "/today") {
		t.Error("the exit did not end the sign-in")
	}
	v.goTo("/el/info")
	w.since()
	v.leave()
	if asked := w.since(); !slices.Equal(asked, []string{"GET /exit"}) {
		t.Errorf("the public exit asked %v", asked)
	}
	v.goTo("/el/info")
	if left, c := eval[string](v, traces), v.cookies(); left != noTraces || len(c) > 0 {
		t.Errorf("after the public exit there lie %s and %v", left, c)
	}
	v.clean()
}

// req: GUIDE-3, CARD-4
func TestCareCardsAndTheNoteForTheRecordWorkWithoutALine(t *testing.T) {
	w := demo(t).wire(t)
	v := w.visitor(t, phone)
	keepGuide(v, "en")
	country := eval[string](v, `caches.match("/guide/kept").then(r => r.json()).then(n => n.country.toLowerCase())`)
	w.switchOff(v)
	v.goTo("/en/guide/emergency")
	v.run(chromedp.WaitVisible(`p[data-kept]`))
	for _, n := range []int{2, 1, 1, 1, 1, 1, 1, 1} {
		v.answer(n)
	}
	v.press(`.step.now a[href*="/entitlement/"]`)
	if at := v.address(); at != w.base+"/en/entitlement/"+country {
		t.Errorf("the guide leads to %s", at)
	}
	v.run(chromedp.WaitReady(`[data-finder][data-live]`), chromedp.SetValue(`select[name=papers]`, "none"), chromedp.SetValue(`select[name=insurance]`, "none"), chromedp.SetValue(`select[name=who]`, "pregnant"))
	v.showCare()
	v.sees("Today in ", "Who learns of it")
	v.ok()
	if n := eval[int](v, `[...document.querySelectorAll("[data-country]")].filter(a => a.checkVisibility()).length`); n != 1 {
		t.Errorf("%d countries are offered, one is kept", n)
	}
	v.goTo("/en/guide/card")
	v.run(chromedp.WaitReady(`[data-card][data-live]`))
	if at := eval[string](v, `document.querySelector("select[name=country]").value.toLowerCase()`); at != country {
		t.Errorf("the card is of %s", at)
	}
	v.run(chromedp.Click(`input[value=sizes]`, chromedp.NodeReady), chromedp.SetValue(`select[name=language]`, "ar"))
	eval[bool](v, `document.querySelector("select[name=language]").dispatchEvent(new Event("change", {bubbles: true}))`)
	number := eval[string](v, `document.querySelector("select[name=line]").selectedOptions[0].text.split(" · ").at(-1)`)
	if drawn := eval[string](v, `document.querySelector(".card-sheet").textContent`); strings.Count(drawn, number) != 9 || !strings.Contains(drawn, "مقاسات الأحذية") {
		t.Errorf("nine cards with %s say %q", number, clip(drawn))
	}
	v.sees("Our PDF has no letters for العربية")
	v.ok()
	ownSize := true
	printed, err := chromedp.Call(v.ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &ownSize})
	if err != nil || len(printed.Data) < 5000 {
		t.Errorf("printing without a line: %d bytes, %v", len(printed.Data), err)
	}
	v.goTo("/en/guide/record")
	v.run(chromedp.Click(`input[value=alone]`))
	if note := eval[string](v, noteSays); !strings.Contains(note, "without") && len(note) < 20 {
		t.Errorf("the note says %q", note)
	}
	v.ok()
	v.clean()
}
