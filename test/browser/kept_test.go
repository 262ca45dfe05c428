package browser

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"amelie/internal/app"
	"amelie/internal/learn"
)

// ward is a house of its own, whose server can be ended and begun again.
func ward(t *testing.T) *house {
	t.Helper()
	h := serve(t, t.TempDir(), "127.0.0.1:0")
	t.Cleanup(func() { h.stop() })
	h.browser = demo(t).browser
	return h
}

// begins starts the server again where it was.
func (h *house) begins(t *testing.T) {
	t.Helper()
	h.stop = serve(t, h.dir, strings.TrimPrefix(h.base, "http://")).stop
}

// keepCourse goes from the course's first page to the one that asks, and waits
// until the course is kept in the languages.
func keepCourse(v *visitor, languages ...string) {
	v.t.Helper()
	v.goTo("/" + languages[0] + "/learn")
	v.press(`a.door[href="/` + languages[0] + `/learn/keep"]`)
	for _, lang := range languages[1:] {
		v.into(`label:has([name=lang][value=` + lang + `])`)
		v.run(chromedp.Click(`label:has([name=lang][value=` + lang + `])`))
	}
	v.becomes(`/[0-9] (KB|Ko)/.test(document.querySelector("[data-size]").textContent)`)
	v.ok()
	if left := eval[string](v, traces); left != noTraces {
		v.t.Errorf("before the press there lie %s", left)
	}
	v.into(`[data-able] form .actions button`)
	v.run(chromedp.Click(`[data-able] form .actions button`), chromedp.WaitVisible(`section[data-kept]`))
	v.ok()
}

// opens goes to a page of the kept course.
func (v *visitor) opensKept(path string) {
	v.t.Helper()
	v.run(chromedp.Navigate(v.h.base+path), chromedp.WaitReady(`.whole.live`))
}

// heading is that of the one page that is shown.
const heading = `[...document.querySelectorAll("[data-page]")].filter(p => p.checkVisibility()).map(p => p.querySelector("h1").textContent).join("|")`

// pagesOf are the headings of all pages of the course, by address.
func pagesOf(course *learn.Course, lang string) map[string]string {
	base, out := "/"+lang+"/learn", map[string]string{}
	words := course.Words("course", lang)
	out[base] = words.Line("title")
	for _, id := range append([]string{"essentials"}, trackIDs(course)...) {
		out[base+"/track/"+id] = words.Line(id)
	}
	for _, t := range course.Topics {
		words := course.Words(t.ID, lang)
		out[base+"/"+t.ID], out[base+"/summary/"+t.ID] = words.Line("title"), words.Line("s")
		for _, u := range t.Units {
			out[base+"/"+t.ID+"/"+u.ID] = words.Line(u.ID)
		}
	}
	for _, s := range course.Cases {
		out[base+"/case/"+s.ID] = course.Words("case/"+s.ID, lang).Line(s.Start)
	}
	return out
}

// kindOf is what kind of page lies below /learn.
func kindOf(path string) string {
	first, _, deeper := strings.Cut(path, "/")
	if slices.Contains([]string{"track", "summary", "case", ""}, first) {
		return first
	}
	return fmt.Sprint("topic or unit ", deeper)
}

func trackIDs(course *learn.Course) (out []string) {
	for _, t := range course.Tracks {
		out = append(out, t.ID)
	}
	return out
}

// answers are some to a test of a topic, right, wrong and incomplete ones.
func answers(topic *learn.Topic, word string, r *rand.Rand) url.Values {
	query := url.Values{"n": {word}, "done": {"1"}}
	for _, q := range learn.Draw(topic.Bank(), 6, word) {
		ids := q.Shuffled(word)
		for i, id := range ids {
			switch {
			case r.IntN(5) == 0: // left open
			case q.Kind == learn.Order && r.IntN(2) == 0:
				query.Set(q.ID+"."+id, fmt.Sprint(1+slices.IndexFunc(q.Answers, func(a learn.Answer) bool { return a.ID == id })))
			case q.Kind == learn.Order:
				query.Set(q.ID+"."+id, fmt.Sprint(i+1))
			case q.Kind == learn.Match:
				query.Set(q.ID+"."+id, ids[(i+r.IntN(4)/3)%len(ids)])
			case slices.ContainsFunc(q.Answers, func(a learn.Answer) bool { return a.ID == id && a.Right }) || r.IntN(8) == 0:
				if q.Kind == learn.Multiple || !query.Has(q.ID) {
					query.Add(q.ID, id)
				}
			}
		}
	}
	return query
}

var told = regexp.MustCompile(`<p class="lead" role="status">([^<]+)</p>`)

// result is what the server says to a test.
func result(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address) //nolint:gosec,noctx // our own server
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if m := told.FindSubmatch(body); m != nil && err == nil {
		return string(m[1])
	}
	t.Fatalf("%s tells no result (%v)", address, err)
	return ""
}

// req: COURSE-1
func TestACourseThatWasKeptIsReadAnsweredAndTestedWithTheServerDead(t *testing.T) {
	course, err := app.ShippedCourse()
	if err != nil {
		t.Fatal(err)
	}
	h := ward(t)
	v := h.visitor(t, phone)
	keepCourse(v, "el", "de")
	if scopes := eval[[]string](v, `navigator.serviceWorker.getRegistrations().then(all => all.map(r => new URL(r.scope).pathname).sort())`); fmt.Sprint(scopes) != "[/de/learn /el/learn]" {
		t.Errorf("the worker may answer below %v", scopes)
	}
	v.goTo("/el/learn/what")
	if eval[bool](v, `!!document.querySelector("[data-whole]") || document.querySelectorAll("script").length > 1`) {
		t.Error("with a line the page is not the server's own")
	}
	results, r := map[string]string{}, rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test draws the same again
	for i, topic := range course.Topics {
		path := fmt.Sprintf("/de/learn/test/%s?%s", topic.ID, answers(topic, fmt.Sprint("word", i), r).Encode())
		results[path] = result(t, h.base+path)
	}
	south := h.visitor(t, phone)
	keepCourse(south, "it", "fr")
	h.stop()
	v.readsEveryPage(course, "de")
	south.readsEveryPage(course, "it")
	south.readsEveryPage(course, "fr")
	south.clean()
	for path, want := range results {
		v.opensKept(path)
		if now := eval[string](v, `document.querySelector("[data-page]:not([hidden]) [data-lead]").textContent`); now != want {
			t.Errorf("%s: the device says %q, the server %q", path, now, want)
		}
	}
	readsAUnit(v)
	decidesACase(v)
	takesATest(v)
	followsATrack(v)
	v.leave()
	h.begins(t)
	v.goTo("/el/info")
	if left := eval[string](v, traces); left != noTraces {
		t.Errorf("after leaving without a line there lie %s", left)
	}
	v.clean()
}

// readsEveryPage reads the heading of every page of the kept course, one of each
// kind loaded anew.
func (v *visitor) readsEveryPage(course *learn.Course, lang string) {
	v.t.Helper()
	base, loaded := "/"+lang+"/learn", map[string]bool{}
	for path, title := range pagesOf(course, lang) {
		if kind := kindOf(strings.TrimPrefix(strings.TrimPrefix(path, base), "/")); !loaded[kind] {
			loaded[kind] = true
			v.opensKept(path)
			v.fits()
		} else {
			eval[bool](v, `(history.pushState(null, "", "`+path+`"), dispatchEvent(new PopStateEvent("popstate")))`)
		}
		if now := eval[string](v, heading); now != title {
			v.t.Errorf("%s shows %q, not %q", path, now, title)
		}
	}
}

// readsAUnit answers, finds the answer again in the other language, and goes on.
func readsAUnit(v *visitor) {
	v.opensKept("/el/learn")
	v.ok()
	v.shows(`.learn-list a[href="/el/learn/what"]`, "/el/learn/what")
	v.shows(`.learn-list a[href="/el/learn/what/u1"]`, "/el/learn/what/u1")
	v.run(chromedp.Click(`input[name="what.q1"][value=b]`))
	v.into(`[id="what.u1"] .learn-form button`)
	v.run(chromedp.Click(`[id="what.u1"] .learn-form button`))
	const said = `document.querySelector("[id='what.q1'] .learn-o.right.chosen .learn-f p").checkVisibility() && document.querySelector("[id='what.q1'] .learn-verdict").checkVisibility()`
	v.becomes(said)
	v.ok()
	if !strings.HasSuffix(v.address(), "/el/learn/what/u1?q1=b") {
		v.t.Errorf("the answer is not in the address: %s", v.address())
	}
	if others := eval[[]string](v, `[...document.querySelectorAll(".languages li:not([hidden]) a")].map(a => a.hreflang)`); fmt.Sprint(others) != "[el de]" {
		v.t.Errorf("languages %v are offered", others)
	}
	v.run(chromedp.Navigate(v.h.base+eval[string](v, `new URL(document.querySelector(".languages a[hreflang=de]").href).pathname + new URL(document.querySelector(".languages a[hreflang=de]").href).search`)), chromedp.WaitReady(`.whole.live`))
	if !eval[bool](v, `document.documentElement.lang === "de" && `+said) {
		v.t.Error("the answer is lost in the other language")
	}
	v.shows(`[data-next]`, "/de/learn/what/u2")
}

// shows follows a link within the kept course.
func (v *visitor) shows(selector, path string) {
	v.t.Helper()
	selector = `[data-page]:not([hidden]) ` + selector
	v.into(selector)
	v.run(chromedp.Click(selector))
	v.becomes(`location.pathname + location.search === "` + path + `" && document.activeElement === document.querySelector("[data-page]:not([hidden]) h1")`)
}

func decidesACase(v *visitor) {
	v.t.Helper()
	v.opensKept("/de/learn/case/er-companion")
	for n := range 20 {
		if eval[bool](v, `!!document.querySelector("[data-page]:not([hidden]) .learn-debrief")`) {
			break
		}
		v.into(`[data-page]:not([hidden]) .choice-list a`)
		v.run(chromedp.Click(`[data-page]:not([hidden]) .choice-list a`))
		v.becomes(fmt.Sprintf(`(new URLSearchParams(location.search).get("way") ?? "").split(".").length === %d`, n+1))
	}
	v.ok()
	const back = `document.querySelectorAll("[data-page]:not([hidden]) .learn-steps li").length`
	steps := eval[int](v, back)
	if steps < 3 || !eval[bool](v, `document.querySelectorAll("[data-page]:not([hidden]) [data-seen] li").length > 0`) {
		v.t.Errorf("%d decisions are looked back at, or no sign", steps)
	}
	v.opensKept(strings.TrimPrefix(v.address(), v.h.base))
	if now := eval[int](v, back); now != steps {
		v.t.Errorf("the same address looks back at %d decisions, not %d", now, steps)
	}
}

func takesATest(v *visitor) {
	v.t.Helper()
	v.opensKept("/de/learn/talk")
	v.into(`[data-page]:not([hidden]) a[href^="/de/learn/test/"]`)
	v.run(chromedp.Click(`[data-page]:not([hidden]) a[href^="/de/learn/test/"]`))
	v.becomes(`document.querySelectorAll("[data-drawn] fieldset").length === 6`)
	word := eval[string](v, `new URLSearchParams(location.search).get("n")`)
	v.into(`[data-page]:not([hidden]) [data-finish]`)
	v.run(chromedp.Click(`[data-page]:not([hidden]) [data-finish]`))
	v.becomes(`document.querySelector("[data-page]:not([hidden]) [data-again]").checkVisibility()`)
	v.sees("0 von 6")
	v.ok()
	v.run(chromedp.Click(`[data-page]:not([hidden]) [data-again]`))
	v.becomes(`new URLSearchParams(location.search).get("n") !== "` + word + `" && document.querySelector("[data-page]:not([hidden]) [data-finish]").checkVisibility()`)
}

func followsATrack(v *visitor) {
	v.t.Helper()
	v.opensKept("/de/learn/track/essentials")
	v.fits()
	first := eval[[]string](v, `[...document.querySelectorAll("[data-page]:not([hidden]) .learn-list a")].map(a => a.pathname + a.search)`)
	v.shows(`.learn-list a`, first[0])
	v.shows(`[data-next]`, first[1])
	v.sees(fmt.Sprintf("2 von %d", len(first)))
}

// aged makes what is kept old by an hour and its page by a revision.
const aged = `caches.open("course").then(async c => {
	const meta = await (await c.match("/learn/kept")).json();
	await c.put("/learn/kept", new Response(JSON.stringify({...meta, version: "old", checked: 0})));
	await c.put("/en/learn/kept", new Response("<!doctype html><html lang=en><title>Learn</title><main class=\"whole live\">old words</main>", {headers: {"Content-Type": "text/html"}}));
	return true })`

// keptNow is the document that lies there.
const keptNow = `caches.match("/en/learn/kept").then(r => r.text())`

// req: COURSE-1
func TestAKeptCourseRenewsItselfWholeAndIsTakenOffAgain(t *testing.T) {
	w := demo(t).wire(t)
	v := w.visitor(t, phone)
	keepCourse(v, "en")
	w.since()
	v.goTo("/en/learn/what")
	if asked := w.since(); !slices.Contains(asked, "GET /en/learn/what") {
		t.Errorf("with a line the server is not asked: %v", asked)
	}
	eval[bool](v, aged)
	w.switchOff(v)
	v.goTo("/en/learn/what")
	v.sees("old words")
	w.switchOn(v)
	v.goTo("/en/learn/what")
	eval[bool](v, `new Promise(done => { const look = async () => (await (await caches.match("/en/learn/kept")).text()).includes("data-whole") ? done(true) : setTimeout(look, 20); look(); })`)
	w.switchOff(v)
	v.opensKept("/en/learn/what")
	v.sees("Read from this device, as of")
	w.switchOn(v)
	eval[bool](v, aged)
	w.tears("/en/learn/kept")
	v.goTo("/en/learn/keep")
	keep := []step{chromedp.Click(`[data-able] form .actions button`), chromedp.WaitVisible(`[data-failed]`)}
	v.into(`[data-able] form .actions button`)
	v.run(keep...)
	if !eval[bool](v, `document.querySelector("section[data-kept]").checkVisibility()`) || !strings.Contains(eval[string](v, keptNow), "old words") {
		t.Error("a fetch that broke off changed what is kept")
	}
	w.tears("")
	v.run(keep[0], chromedp.WaitNotVisible(`[data-failed]`), chromedp.WaitNotVisible(`[data-busy]`))
	if !strings.Contains(eval[string](v, keptNow), "data-whole") {
		t.Error("the next one did not")
	}
	w.switchOff(v)
	v.goTo("/en/learn/keep")
	v.run(chromedp.WaitVisible(`[data-remove]`))
	v.ok()
	v.into(`[data-remove]`)
	v.run(chromedp.Click(`[data-remove]`), chromedp.WaitVisible(`[data-removed]`))
	if left := eval[string](v, traces); left != noTraces {
		t.Errorf("after taking it off there lie %s", left)
	}
	v.clean()
}
