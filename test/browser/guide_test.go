package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"amelie/internal/web"
)

// wire is a line to the running demo that notes what goes over it and can be cut.
type wire struct {
	*house
	mu    sync.Mutex
	asked []string
	cut   bool
	torn  string // address whose answer breaks off in the middle
}

func (h *house) wire(t *testing.T) *wire {
	t.Helper()
	to, err := url.Parse(h.base)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	through := httputil.NewSingleHostReverseProxy(to)
	through.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		// The icon of the tab and a newer worker are asked for when the browser likes.
		if !strings.Contains(r.URL.Path, "/mark.") && !slices.Contains([]string{"/favicon.ico", "/guide/worker.js", "/learn/worker.js"}, r.URL.Path) {
			w.asked = append(w.asked, r.Method+" "+r.URL.RequestURI())
		}
		cut, torn := w.cut, w.torn == r.URL.Path
		w.mu.Unlock()
		if torn {
			rw.Header().Set("Content-Length", "1000")
			_, _ = rw.Write([]byte("<!doctype html>")) // the rest never comes
		}
		if cut || torn {
			panic(http.ErrAbortHandler)
		}
		through.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	line := *h
	line.base = server.URL
	w.house = &line
	return w
}

// since gives what was asked after the last call.
func (w *wire) since() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	return asked
}

func (w *wire) switchOff(v *visitor) {
	w.mu.Lock()
	w.cut = true
	w.mu.Unlock()
	call(v, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: true})
}

// tears lets the answer of an address break off; "" of none.
func (w *wire) tears(path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.torn = path
}

func (w *wire) switchOn(v *visitor) {
	w.mu.Lock()
	w.cut = false
	w.mu.Unlock()
	call(v, network.OverrideNetworkState, network.OverrideNetworkStateParams{Latency: 0, DownloadThroughput: -1, UploadThroughput: -1})
}

// traces is everything of the site that lies on the device.
const traces = `(async () => JSON.stringify({local: localStorage.length, session: sessionStorage.length, cookies: document.cookie,
	caches: await caches.keys(), databases: (await indexedDB.databases()).length, workers: (await navigator.serviceWorker.getRegistrations()).length}))()`

const noTraces = `{"local":0,"session":0,"cookies":"","caches":[],"databases":0,"workers":0}`

// question is the heading of the step that is shown.
func (v *visitor) question() string {
	return try[string](v, `[...document.querySelectorAll(".step")].filter(s => s.checkVisibility()).map(s => s.querySelector("h1").innerText).join("|")`)
}

// answer presses the nth answer of the step that is shown and says which
// question follows.
func (v *visitor) answer(n int) string {
	v.t.Helper()
	before := v.question()
	v.run(chromedp.Click(fmt.Sprintf(`.step.now .answers a:nth-of-type(%d)`, n)))
	if after := v.question(); after != before {
		return after
	}
	v.t.Fatalf("answer %d of %q leads nowhere", n, before)
	return ""
}

// The way of an ordinary talk: nobody in danger, alone, same language, an adult
// who wants a place to sleep.
var ordinary = []int{2, 1, 1, 1, 1, 1, 1, 3, 1}

// req: GUIDE-2
func TestANurseIsLedToAHandoverAndNothingOfItIsSentOrKept(t *testing.T) {
	w := demo(t).wire(t)
	nurse := w.visitor(t, phone)
	nurse.goTo("/en/now")
	nurse.press(`a[href="/en/guide/emergency"]`)
	nurse.accessible()
	nurse.fits()
	w.since()
	entries := eval[int](nurse, `history.length`)
	for i, n := range ordinary {
		q := nurse.answer(n)
		if strings.Contains(q, "|") || q == "" {
			t.Fatalf("after %d answers %q is shown", i+1, q)
		}
		if focused := eval[string](nurse, `document.activeElement.innerText`); focused != q {
			t.Errorf("%q is shown, the focus is on %q", q, focused)
		}
		nurse.accessible()
		nurse.fits()
		if links := eval[int](nurse, `[...document.querySelectorAll(".guide-bar a, .leave")].filter(a => a.checkVisibility()).length`); links != 4 {
			t.Errorf("%q: %d ways to an interpreter, a line, help and out", q, links)
		}
	}
	nurse.sees("What may be passed on?", "A safe place to stay")
	if !eval[bool](nurse, `document.querySelector('.step.now [name=need][value=accommodation]').checked`) {
		t.Error("the wish is not ticked for the handover")
	}
	if asked := w.since(); len(asked) > 0 {
		t.Errorf("walking the steps asked %v", asked)
	}
	if now := eval[int](nurse, `history.length`); now != entries {
		t.Errorf("the history grew by %d", now-entries)
	}
	if at := nurse.address(); !strings.HasSuffix(at, "/en/guide/emergency") {
		t.Errorf("the address tells the step: %s", at)
	}
	if left := eval[string](nurse, traces); left != noTraces {
		t.Errorf("on the device lie %s", left)
	}
	before := nurse.question()
	nurse.run(chromedp.Click(`.step.now [data-back]`))
	if q := nurse.question(); q == before {
		t.Error("back leads nowhere")
	}
	nurse.run(chromedp.Click(`.step.now [data-clear]`))
	nurse.sees("Is anyone in immediate danger right now?", "Cleared.")
	if eval[bool](nurse, `[...document.querySelectorAll("input:checked")].length > 0`) {
		t.Error("something is still ticked")
	}
	nurse.clean()
}

// req: GUIDE-2
func TestAGuideThatLiesIdleOrIsLeftForgetsWhatWasAnswered(t *testing.T) {
	w := demo(t).wire(t)
	v := w.visitor(t, phone)
	for name, go15 := range map[string]string{
		"idle":         `dispatchEvent(new Event("pointerdown"))`,
		"lid closed":   `document.dispatchEvent(new Event("visibilitychange"))`,
		"page is left": `dispatchEvent(new PageTransitionEvent("pagehide", {persisted: true}))`,
	} {
		v.goTo("/en/guide")
		first := v.question()
		for range 3 {
			v.answer(1)
			if v.question() == first {
				break
			}
		}
		minutes := 16
		if name == "page is left" {
			minutes = 0
		}
		eval[bool](v, fmt.Sprintf(`{ const now = Date.now; Date.now = () => now() + %d * 60e3; %s; true }`, minutes, go15))
		if q := v.question(); q != first {
			t.Errorf("%s: %q is still shown", name, q)
		}
	}
	v.goTo("/en/guide")
	v.answer(2)
	moved := v.question()
	eval[bool](v, `{ const now = Date.now; Date.now = () => now() + 14 * 60e3; document.dispatchEvent(new Event("visibilitychange")); true }`)
	if v.question() != moved {
		t.Error("fourteen minutes are no quarter of an hour")
	}
	v.clean()
}

func TestClearingTheGuideBringsTheFactsOfItsOwnCountryBack(t *testing.T) {
	v := demo(t).wire(t).visitor(t, phone)
	v.goTo("/en/guide")
	const shown = `document.querySelector("[data-fact=duties] a[href*='/country/']").pathname`
	own := eval[string](v, shown)
	after := func(act, want string) {
		const look = `new Promise(done => { %s; const look = frames => { const now = %s; now === %q || !frames ? done(now) : requestAnimationFrame(() => look(frames - 1)); }; look(600); })`
		if now := eval[string](v, fmt.Sprintf(look, act, shown, want)); now != want {
			t.Errorf("%s is shown, not %s", now, want)
		}
	}
	other := "/en/country/BE"
	if own == other {
		other = "/en/country/DE"
	}
	after(fmt.Sprintf(`{ const s = document.querySelector("select[name=country]"); s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})); }`, other[len(other)-2:]), other)
	after(`document.querySelector(".step.now [data-clear]").click()`, own)
	v.clean()
}

func TestThePersonsWordsStandBesideInTheirScriptAndAreReadByAVoiceOfTheDeviceOnly(t *testing.T) {
	w := demo(t).wire(t)
	for lang, look := range map[string]look{"en": phone, "el": desktop, "de": {width: 390, height: 844, dark: true}} {
		v := w.visitor(t, look)
		v.goTo("/" + lang + "/guide")
		eval[bool](v, `{ const voice = local => ({lang: "ar-EG", localService: local, name: "v"}); globalThis.voices = [voice(false)]; speechSynthesis.getVoices = () => globalThis.voices; globalThis.localVoice = voice(true); true }`)
		v.run(chromedp.Click(`.set summary`))
		v.accessible()
		v.run(chromedp.SetValue(`select[name=say]`, "ar"))
		eval[bool](v, `new Promise(done => { const s = document.querySelector("select[name=say]"); s.dispatchEvent(new Event("change", {bubbles: true})); const look = () => document.querySelector(".words.other:not([hidden])") ? done(true) : requestAnimationFrame(look); look(); })`)
		for _, n := range ordinary[:5] {
			v.answer(n)
		}
		beside := eval[string](v, `(p => [p.lang, p.dir, getComputedStyle(p).direction, /[\u0600-\u06ff]/.test(p.innerText)].join(" "))(document.querySelector(".step.now .words.other"))`)
		if beside != "ar rtl rtl true" {
			t.Errorf("%s: beside stands %s", lang, beside)
		}
		if n := eval[int](v, `document.querySelectorAll(".aloud").length`); n != 0 {
			t.Errorf("%s: a voice over the network may read (%d)", lang, n)
		}
		eval[bool](v, `voices.push(localVoice); speechSynthesis.dispatchEvent(new Event("voiceschanged"))`)
		if n := eval[int](v, `document.querySelectorAll(".step.now .aloud").length`); n == 0 {
			t.Errorf("%s: the device's own voice does not read", lang)
		}
		v.accessible()
		v.fits()
		v.clean()
	}
}

func TestWithoutAScriptTheFragmentShowsOneStepAtATime(t *testing.T) {
	w := demo(t).wire(t)
	v := w.visitor(t, look{width: 390, height: 844, noScript: true})
	v.goTo("/el/guide/midwifery")
	v.fits()
	w.since()
	first := v.question()
	for range 4 {
		before := v.question()
		v.run(chromedp.Click(`.step:target .answers a:nth-of-type(1), .guide:not(:has(.step:target)) .step.first .answers a:nth-of-type(2)`))
		if q := v.question(); q == before || q == "" || strings.Contains(q, "|") {
			t.Fatalf("after %q: %q", before, q)
		}
	}
	if asked := w.since(); len(asked) > 0 {
		t.Errorf("the answers were sent: %v", asked)
	}
	if v.question() == first {
		t.Error("it stands at the first step")
	}
	v.goTo("/en/guide")
	v.run(chromedp.Click(`.set summary`), chromedp.SetValue(`select[name=country]`, "BE"), chromedp.SetValue(`select[name=say]`, "uk"))
	v.press(`[data-apply] button`)
	v.sees("Belgium", "Українська", "Is anyone in immediate danger right now?")
	if asked := w.since(); slices.ContainsFunc(asked, func(a string) bool { return strings.Contains(a, "BE") || strings.Contains(a, "uk") }) {
		t.Errorf("the choice stands in an address: %v", asked)
	}
}

func TestALineIsOpenByItsHoursInItsOwnZoneAlsoPastMidnight(t *testing.T) {
	v := demo(t).visitor(t, phone)
	v.goTo("/en/guide")
	eval[bool](v, `import("`+web.Asset("hours.js")+`").then(m => { globalThis.hours = m; return true })`)
	night := `{zone: "Europe/Athens", open: [{days: [5], from: "20:00", to: "26:00"}], except: [{date: "2026-12-25"}, {date: "2026-12-18", from: "09:00", to: "10:00"}]}`
	for at, want := range map[string]string{
		"2026-11-20T18:30:00Z": "true",  // Friday 20:30 in Athens
		"2026-11-20T17:30:00Z": "false", // half an hour earlier
		"2026-11-20T23:59:00Z": "true",  // Saturday 01:59, still Friday's
		"2026-11-21T00:00:00Z": "false", // Saturday 02:00
		"2026-11-21T18:30:00Z": "false", // Saturday evening
		"2026-12-25T19:00:00Z": "false", // closed on that date
		"2026-12-25T23:00:00Z": "false", // and the night after it
		"2026-12-18T07:30:00Z": "true",  // 09:30 of other hours on that date
		"2026-12-18T19:00:00Z": "false", // instead of the usual ones
		"2026-07-03T17:30:00Z": "true",  // 20:30 in summer
	} {
		if got := eval[string](v, `String(hours.lineOpen(`+night+`, new Date("`+at+`")))`); got != want {
			t.Errorf("%s: open is %s", at, got)
		}
	}
	feast := `{zone: "Europe/Athens", open: [{days: [5], from: "09:00", to: "17:00"}], HOLIDAYS except: [{date: "2026-12-25", from: "10:00", to: "12:00"}]}`
	for _, x := range []struct{ holidays, at, want string }{
		{`holidays: "closed",`, "2026-05-01T08:00:00Z", "false"},
		{`holidays: "open",`, "2026-05-01T08:00:00Z", "true"},
		{``, "2026-05-01T08:00:00Z", "undefined"}, // nobody is sent to a closed door
		{``, "2026-05-08T08:00:00Z", "true"},
		{`holidays: "closed",`, "2026-12-25T09:00:00Z", "true"}, // a date of its own stands above
		{``, "2026-12-25T11:00:00Z", "false"},
	} {
		call := `String(hours.lineOpen(` + strings.Replace(feast, "HOLIDAYS", x.holidays, 1) + `, new Date("` + x.at + `"), ["2026-05-01", "2026-12-25"]))`
		if got := eval[string](v, call); got != x.want {
			t.Errorf("%s at %s: open is %s", x.holidays, x.at, got)
		}
	}
	if got := eval[string](v, `[hours.lineOpen({zone: "UTC", always: true}, new Date()), hours.lineOpen(undefined, new Date()), hours.lineOpen({zone: "UTC", note: {}}, new Date())].join()`); got != "true,," {
		t.Errorf("always, not known, only told: %s", got)
	}
}

func TestTheFirstScreenOfTheGuideIsLight(t *testing.T) {
	h := demo(t)
	for _, path := range []string{"/en/guide", "/el/guide/emergency", "/de/guide/midwifery", "/fr/guide/street"} {
		v := h.visitor(t, phone)
		pages, fonts := v.weigh(path)
		t.Logf("%-20s %5.1f KB, fonts %5.1f KB", path, float64(pages)/1024, float64(fonts)/1024)
		if pages > 35*1024 || fonts > 45*1024 {
			t.Errorf("%s weighs %d bytes and %d of fonts, at most 35 and 45 KB", path, pages, fonts)
		}
	}
}

func TestTheGuideIsWalkedWithTheKeyboardAlone(t *testing.T) {
	w := demo(t).wire(t)
	v := w.visitor(t, desktop)
	v.goTo("/de/guide")
	for _, want := range ordinary[:4] {
		before := v.question()
		for range 60 {
			v.run(chromedp.KeyEvent(kb.Tab))
			if eval[int](v, `[...document.querySelectorAll(".step.now .answers a")].indexOf(document.activeElement)`) == want-1 {
				break
			}
		}
		v.run(chromedp.KeyEvent(kb.Enter))
		if v.question() == before {
			t.Fatalf("the keyboard does not get past %q", before)
		}
	}
}

// keepGuide goes through the page that asks and waits until it is kept.
func keepGuide(v *visitor, lang string) {
	v.t.Helper()
	v.goTo("/" + lang + "/guide/keep")
	v.accessible()
	v.fits()
	v.into(`[data-able] form .actions button`)
	v.run(chromedp.Click(`[data-able] form .actions button`), chromedp.WaitVisible(`section[data-kept]`))
}

// req: GUIDE-3
func TestAGuideThatWasKeptWorksWithoutALineAndIsRemovedWhole(t *testing.T) {
	w := demo(t).wire(t)
	v := w.visitor(t, phone)
	keepGuide(v, "en")
	v.sees("As of")
	v.accessible()
	scopes := eval[[]string](v, `navigator.serviceWorker.getRegistrations().then(all => all.map(r => new URL(r.scope).pathname).sort())`)
	if fmt.Sprint(scopes) != "[/en/entitlement /en/guide /en/instruments /en/signs]" {
		t.Errorf("the worker may answer below %v", scopes)
	}
	w.switchOff(v)
	v.goTo("/en/guide/midwifery")
	v.sees("Is anyone in immediate danger right now?")
	v.run(chromedp.WaitVisible(`p[data-kept]`))
	v.sees("Kept on this device. As of " + time.Now().Format("2"))
	for _, n := range ordinary {
		v.answer(n)
	}
	v.fits()
	eval[bool](v, `new Promise(done => { const s = document.querySelector("select[name=say]"); s.value = "ar"; s.dispatchEvent(new Event("change", {bubbles: true})); const look = () => document.querySelector(".words.other:not([hidden])") ? done(true) : requestAnimationFrame(look); look(); })`)
	v.goTo("/en/guide/lines")
	v.run(chromedp.WaitVisible(`[data-found] article`), chromedp.SendKeys(`#f-q`, "1109"))
	v.accessible()
	v.fits()
	v.run(chromedp.SendKeys(`#f-q`, kb.Backspace+kb.Backspace+kb.Backspace+kb.Backspace+"shelter"))
	if n := eval[int](v, `document.querySelectorAll("[data-found] article").length`); n == 0 {
		t.Error("the directory finds no shelter without a line")
	}
	v.goTo("/en/signs")
	seeSigns(v, 2)
	v.sees("consistent with")
	v.goTo("/en/instruments")
	v.goTo("/en/guide/keep")
	v.run(chromedp.WaitVisible(`[data-remove]`))
	v.into(`[data-remove]`)
	v.run(chromedp.Click(`[data-remove]`), chromedp.WaitVisible(`[data-removed]`))
	if left := eval[string](v, traces); left != noTraces {
		t.Errorf("after removing there lie %s", left)
	}
	v.clean()
}

// grow makes what is kept old by an hour and its page by a revision.
const grow = `caches.open("guide").then(async c => {
	const meta = await (await c.match("/guide/kept")).json();
	await c.put("/guide/kept", new Response(JSON.stringify({...meta, version: "old", checked: 0})));
	await c.put("/en/guide", new Response("<!doctype html><html lang=en><title>Guide</title><main>old words</main>", {headers: {"Content-Type": "text/html"}}));
	return true })`

func TestAKeptGuideRenewsItselfQuietlyAndStaysWholeWhenItCannot(t *testing.T) {
	w := demo(t).wire(t)
	v := w.visitor(t, phone)
	keepGuide(v, "en")
	eval[bool](v, grow)
	v.goTo("/en/guide")
	v.sees("old words")
	eval[bool](v, `new Promise(done => { const look = async () => (await (await caches.match("/en/guide")).text()).includes("data-guide") ? done(true) : setTimeout(look, 20); look(); })`)
	v.goTo("/en/guide")
	v.sees("Is anyone in immediate danger right now?")
	eval[bool](v, grow)
	w.switchOff(v)
	v.goTo("/en/guide")
	v.goTo("/en/guide/street") // the worker has tried by now
	v.sees("Is anyone in immediate danger right now?")
	v.clean()
}

// leave presses the exit, which ends on an empty page.
func (v *visitor) leave() {
	v.t.Helper()
	v.run(chromedp.Click(`.leave`))
	v.awaits(`!document.querySelector("main")`)
}

// req: GUIDE-3
func TestTheProfessionalsExitKeepsTheGuideAndThePublicOneClearsEverything(t *testing.T) {
	w := demo(t).wire(t)
	v := w.visitor(t, phone)
	keepGuide(v, "de")
	v.goTo("/de/guide")
	v.run(chromedp.WaitVisible(`p[data-kept]`))
	v.answer(2)
	v.leave()
	v.goTo("/ar/info")
	if eval[bool](v, `!!navigator.serviceWorker.controller`) {
		t.Error("the worker stands behind a page for survivors")
	}
	if left := eval[string](v, traces); !strings.Contains(left, `"caches":["guide"]`) {
		t.Errorf("the professional's exit took the guide away: %s", left)
	}
	v.leave()
	v.goTo("/ar/info")
	if left := eval[string](v, traces); left != noTraces {
		t.Errorf("after the public exit there lie %s", left)
	}
	v.clean()
}

// seeSigns ticks that an adult shows the first n signs and asks for the result.
func seeSigns(v *visitor, n int) {
	v.t.Helper()
	eval[bool](v, fmt.Sprintf(`(async () => { const form = document.querySelector("[data-signs]");
		const adult = form.querySelector("[name=age][value=adult]"); adult.checked = true; adult.dispatchEvent(new Event("change", {bubbles: true}));
		// The page asked for the same before: when this is here, so is that.
		await Promise.all([import(form.dataset.engine), ...form.dataset.packs.split(" ").map(p => fetch(p).then(r => r.json()))]);
		await new Promise(requestAnimationFrame);
		[...form.querySelectorAll("[data-item]:not([hidden]) input[value=yes]")].slice(0, %d).forEach(i => { i.checked = true; });
		form.requestSubmit();
		return !document.getElementById("result").hidden })()`, n))
}

// req: GUIDE-4
func TestSignsAreTakenToTheHandoverOnlyByAnOwnTickAndWithoutAClass(t *testing.T) {
	v := demo(t).visitor(t, phone)
	v.enter("midwife")
	v.goTo("/en/signs")
	seeSigns(v, 2)
	back := eval[string](v, `document.querySelector('#result a[href*="/en/guide#"]').hash`)
	v.into(`button[form=take]`)
	v.follow(chromedp.Click(`button[form=take]`))
	v.sees("What may be passed on?", "What you saw and heard")
	if n := eval[int](v, `document.querySelectorAll("[name=sign]").length * 10 + document.querySelectorAll("[name=sign]:checked").length`); n != 20 {
		t.Errorf("signs offered and ticked: %d", n)
	}
	v.accessible()
	v.fits()
	label := eval[string](v, `document.querySelector("label:has([name=sign]) b").innerText`)
	v.into(`[name=sign]`)
	v.run(chromedp.Click(`[name=sign]`))
	v.into(`.step.now [data-carry] .actions button`)
	v.follow(chromedp.Click(`.step.now [data-carry] .actions button`))
	draft := strings.TrimSuffix(strings.TrimPrefix(v.address(), v.h.base), "/setting")
	v.choose("setting", "alone")
	v.goTo(draft + "/review")
	v.sees(label)
	v.seesNot("consistent with")
	v.goTo("/en/guide" + back)
	v.sees("What does the person want?")
	v.clean()
}

// req: GUIDE-4
func TestAWishBecomesASealedDraftAndANeutralNote(t *testing.T) {
	w := demo(t).wire(t)
	v := w.visitor(t, phone)
	v.enter("midwife")
	v.goTo("/en/guide/midwifery")
	for _, n := range ordinary {
		v.answer(n)
	}
	v.into(`.step.now button[formaction]`)
	v.follow(chromedp.Click(`.step.now button[formaction]`))
	v.sees("Note", "A safe place to stay", "independent interpreter")
	v.seesNot("traffick", "exploit")
	v.accessible()
	v.fits()
	v.goTo("/en/guide/midwifery")
	for _, n := range ordinary {
		v.answer(n)
	}
	v.into(`.step.now [data-carry] .actions button`)
	v.follow(chromedp.Click(`.step.now [data-carry] .actions button`))
	if !strings.Contains(v.address(), "/refer/") || !strings.HasSuffix(v.address(), "/setting") {
		t.Fatalf("the draft is not begun: %s\n%s", v.address(), clip(v.text()))
	}
	v.accessible()
	v.goTo(strings.TrimSuffix(strings.TrimPrefix(v.address(), w.base), "/setting") + "/review")
	v.sees("A safe place to stay")
	v.clean()
}
