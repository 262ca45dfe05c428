package pack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"pgregory.net/rapid"

	"amelie/internal/learn"
	"amelie/internal/learn/pack"
	"amelie/internal/learn/reading"
	"amelie/test/chrome"
)

// platform is a page as a learning platform shows a package: its part of SCORM
// 1.2 is that of a published player, which refuses what the standard does, and
// it tells its server what Moodle 4.5 tells: what has changed since it last
// believed to have told it, and it believes so when nobody answered too.
type platform struct {
	*testing.T
	tab     context.Context
	outline string // data.js of the package
	mu      sync.Mutex
	asked   []string
	down    bool // its server
}

const frame = `<!doctype html><html lang="de"><title>platform</title><script src="/scorm12.js"></script><script>
window.calls = [];
window.arrived = {};
window.down = false;
const said = {}, believed = {};
const commit = () => {
  for (const [field, value] of Object.entries(said)) {
    if (!down && believed[field] !== value) arrived[field] = value;
    believed[field] = value;
  }
};
const player = new Scorm12API({ autocommit: false, logLevel: 5, mastery_override: false });
if (%s) player.loadFromJSON(%s, "");
window.API = Object.fromEntries(["LMSInitialize", "LMSFinish", "LMSGetValue", "LMSSetValue", "LMSCommit", "LMSGetLastError", "LMSGetErrorString", "LMSGetDiagnostic"].map(name => [name, (...args) => {
  const answer = player[name](...args);
  if (name === "LMSSetValue") said[args[0]] = args[1];
  if (name === "LMSCommit" || name === "LMSFinish") commit();
  calls.push({ name, args, answer: String(answer), error: name === "LMSGetLastError" ? "0" : String(player.LMSGetLastError()) });
  return answer;
}]));
if (%s) delete window.API;
</script><iframe src="/course/index.html" width="390" height="800"></iframe>`

// newPlatform serves a package; kept is what the platform has of this learner,
// "null" for nothing; deaf is a platform that has no part to talk to.
func newPlatform(t *testing.T, files map[string][]byte, kept string, deaf bool) *platform {
	t.Helper()
	script, err := os.ReadFile("../../../test/browser/node_modules/scorm-again/dist/scorm12.min.js")
	if err != nil {
		t.Fatal("scorm-again is missing: npm ci in test/browser (make test does it)")
	}
	served := fstest.MapFS{"scorm12.js": {Data: script}, "index.html": {Data: fmt.Appendf(nil, frame, kept, kept, fmt.Sprint(deaf))}}
	for name, b := range files {
		served["course/"+name] = &fstest.MapFile{Data: b}
	}
	return open(t, files, served, nil)
}

// open shows a package in its frame; what is below /lrs/ goes to lrs.
func open(t *testing.T, files map[string][]byte, served fstest.MapFS, lrs http.Handler) *platform {
	t.Helper()
	p := &platform{T: t, outline: string(files["data.js"]), tab: chrome.Tab(t, 90*time.Second)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked = append(p.asked, r.URL.Path)
		down := p.down
		p.mu.Unlock()
		if down {
			http.Error(w, "gone", http.StatusServiceUnavailable)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/lrs/") {
			lrs.ServeHTTP(w, r)
			return
		}
		// A folder's index.html is served by its own name.
		if r.URL.Path == "/course/index.html" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(files["index.html"])
			return
		}
		http.FileServerFS(served).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	if err := chromedp.Do(p.tab, chromedp.Navigate(server.URL+"/")); err != nil {
		t.Fatal(err)
	}
	p.until(`document.querySelector("iframe").contentDocument?.body?.classList.contains("live") && document.querySelector("iframe").contentDocument.querySelector("[data-page]:not([hidden])") !== null && document.querySelector("iframe").contentDocument.getElementById("heard").textContent !== ""`)
	return p
}

func (p *platform) until(js string) {
	p.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if ok, err := chromedp.Run(p.tab, chromedp.Evaluate[bool](js)); err == nil && ok {
			return
		}
		select {
		case <-p.tab.Done():
			p.Fatalf("never came true: %s: %v", js, context.Cause(p.tab))
		case <-again.C:
		}
	}
}

// in evaluates in the package's own document, doc and win.
func in[T any](p *platform, js string) T {
	p.Helper()
	v, err := chromedp.Run(p.tab, chromedp.Evaluate[T](`(() => { const win = document.querySelector("iframe").contentWindow, doc = win.document; return (`+js+`) })()`, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%s: %v", js, err)
	}
	return v
}

func (p *platform) goTo(id string) {
	p.Helper()
	in[bool](p, `(win.location.hash = "`+id+`", true)`)
	p.until(`document.querySelector("iframe").contentDocument.getElementById("` + id + `").hidden === false`)
}

// speaks chooses a language.
func (p *platform) speaks(lang string) {
	p.Helper()
	in[bool](p, `(s => (s.value = "`+lang+`", s.dispatchEvent(new win.Event("change")), true))(doc.querySelector(".whole-bar select"))`)
}

// fall takes the platform's server away, or brings it back.
func (p *platform) fall(down bool) {
	p.Helper()
	p.mu.Lock()
	p.down = down
	p.mu.Unlock()
	in[bool](p, fmt.Sprintf("(win.parent.down = %v, true)", down))
}

// arrived is what the platform's server has.
func (p *platform) arrived(field string) string {
	p.Helper()
	return in[string](p, `String(win.parent.arrived["`+field+`"] ?? "")`)
}

// reads what a package says of itself and its platform.
func (p *platform) reads(sentence string) {
	p.Helper()
	p.until(`document.querySelector("iframe").contentDocument.getElementById("heard").textContent === document.querySelector("iframe").contentDocument.querySelector("[data-say=` + sentence + `]").textContent`)
}

type made struct {
	Name, Answer, Error string
	Args                []string
}

func (p *platform) calls() (out []made) {
	p.Helper()
	text, err := chromedp.Run(p.tab, chromedp.Evaluate[string](`JSON.stringify(calls)`))
	if err == nil {
		err = json.Unmarshal([]byte(text), &out)
	}
	if err != nil {
		p.Fatal(err)
	}
	return out
}

// told is the last value that a field of the data model was set to.
func (p *platform) told(field string) (value string) {
	p.Helper()
	for _, c := range p.calls() {
		if c.Name == "LMSSetValue" && c.Args[0] == field {
			value = c.Args[1]
			if c.Error != "0" || c.Answer != "true" {
				p.Errorf("the platform refuses %s %q: error %s", field, value, c.Error)
			}
		}
	}
	return value
}

// answer fills in the drawn test, all right or all wrong, and ends it.
func (p *platform) answer(right bool) {
	p.Helper()
	in[bool](p, fmt.Sprintf("(() => { %s\nreturn %s(%v) })()", p.outline, answerAll, right))
}

// answerAll answers the drawn questions, right ones or the first there is.
const answerAll = `(right => { for (const box of doc.querySelectorAll("[data-drawn] fieldset")) {
  const q = course.questions[box.id.slice(5)];
  if (q.kind === "match") for (const s of box.querySelectorAll("select")) { const id = s.name.split(".").at(-1); s.value = right ? id : q.answers[(q.answers.findIndex(a => a.id === id) + 1) % 3].id }
  else if (q.kind === "order") for (const s of box.querySelectorAll("select")) { const i = q.answers.findIndex(a => a.id === s.name.split(".").at(-1)); s.value = right ? i + 1 : q.answers.length - i }
  else for (const i of box.querySelectorAll("input")) if (!i.name.endsWith(".sure")) { const good = q.answers.find(a => a.id === i.value).right; i.checked = right ? good : !good }
} doc.querySelector("[data-finish]").click(); return true })`

func TestACourseIsLearntPassedAndComeBackToOnAPlatform(t *testing.T) {
	files := packed(t, maker(t, nil), pack.SCORM12, pack.All)
	p := newPlatform(t, files, "null", false)
	if got := p.told("cmi.core.lesson_status"); got != "incomplete" {
		t.Errorf("at the beginning: %q", got)
	}
	p.goTo("talk.u1")
	in[bool](p, `(doc.querySelector("input[name='talk.q1'][value=a]").click(), doc.querySelector("[id='talk.u1'] form button").click(), true)`)
	if !in[bool](p, `!doc.querySelector("[id='talk.q1'] .learn-f").hidden && doc.querySelector("[id='talk.q1'] .learn-o.chosen:not(.right) svg") !== null && doc.querySelector("[id='talk.q2'] .learn-f").hidden`) {
		t.Error("an answer is not met with what there is to say")
	}
	in[bool](p, `(doc.querySelector("[id='talk.u1'] [data-next]").click(), true)`)
	p.until(`document.querySelector("iframe").contentDocument.getElementById("talk.u2").hidden === false`)
	if got := p.told("cmi.core.lesson_location"); got != "talk.u2" {
		t.Errorf("the place is %q", got)
	}
	if !in[bool](p, `doc.documentElement.lang === "de"`) {
		t.Error("a course does not begin in the platform's language")
	}
	p.speaks("en")
	p.speaks("de")
	if !in[bool](p, `doc.documentElement.lang === "de" && !doc.getElementById("talk.u2").hidden && doc.querySelector("input[name='talk.q1'][value=a]").checked && doc.querySelector("[id='talk.u1'] h1").textContent === "Zuerst allein"`) {
		t.Error("another language loses the place or the answers")
	}
	p.goTo("test")
	p.answer(false)
	// "failed" ends an attempt in Moodle: what is passed next week would be lost.
	if raw, status := p.told("cmi.core.score.raw"), p.told("cmi.core.lesson_status"); raw != "0" || status != "incomplete" {
		t.Errorf("a test with nothing right: %s, %s", raw, status)
	}
	in[bool](p, `(doc.querySelector("[data-again]").click(), true)`)
	p.answer(true)
	if raw, status := p.told("cmi.core.score.raw"), p.told("cmi.core.lesson_status"); raw != "100" || status != "passed" {
		t.Errorf("a test with all right: %s, %s", raw, status)
	}
	state := p.told("cmi.suspend_data")
	if len(state) > 4096 || !strings.Contains(state, `"talk.u1"`) {
		t.Errorf("state %q", state)
	}
	in[bool](p, `(doc.defaultView.frameElement.remove(), true)`)
	last := p.calls()
	if i := slices.IndexFunc(last, func(c made) bool { return c.Name == "LMSFinish" }); i < 0 || last[i].Answer != "true" {
		t.Error("the platform is not told of the end")
	}
	if got := p.told("cmi.core.session_time"); len(got) != len("0000:00:00") {
		t.Errorf("the time is %q", got)
	}
	for _, path := range p.asked {
		if !strings.HasPrefix(path, "/course/") && path != "/" && path != "/scorm12.js" && path != "/favicon.ico" {
			t.Errorf("asked for %s", path)
		}
	}
	quoted, err := json.Marshal(map[string]any{"cmi": map[string]any{"suspend_data": state, "core": map[string]any{"lesson_location": "talk.u2", "lesson_status": "passed", "entry": "resume"}}})
	if err != nil {
		t.Fatal(err)
	}
	back := newPlatform(t, files, string(quoted), false)
	back.until(`!document.querySelector("iframe").contentDocument.getElementById("talk.u2").hidden`)
	if !in[bool](back, `doc.documentElement.lang === "de" && doc.querySelector("input[name='talk.q1'][value=a]").checked && doc.querySelector(".learn-list .done") !== null`) {
		t.Error("who comes back does not find the place, the language and the answers")
	}
	if got := back.told("cmi.core.lesson_status"); got != "passed" {
		t.Errorf("what was passed is now %q", got)
	}
}

func TestAPassReachesAPlatformThatDidNotAnswer(t *testing.T) {
	p := newPlatform(t, packed(t, maker(t, nil), pack.SCORM12, pack.All), "null", false)
	p.reads("heard")
	p.goTo("test")
	p.fall(true)
	p.answer(true)
	p.reads("lost")
	if got := p.arrived("cmi.core.lesson_status"); got != "incomplete" || p.told("cmi.core.lesson_status") != "passed" {
		t.Fatalf("a server that is away has %q", got)
	}
	if !in[bool](p, `!win.dispatchEvent(new win.Event("beforeunload", { cancelable: true }))`) {
		t.Error("who leaves now is not asked whether to stay")
	}
	p.fall(false)
	in[bool](p, `win.dispatchEvent(new win.Event("online"))`)
	p.reads("heard")
	for field, want := range map[string]string{"cmi.core.lesson_status": "passed", "cmi.core.score.raw": "100", "cmi.core.lesson_location": "test"} {
		if got := p.arrived(field); got != want {
			t.Errorf("%s: %q", field, got)
		}
	}
	if state := p.arrived("cmi.suspend_data"); !strings.Contains(state, `"p":true`) {
		t.Errorf("kept: %s", state)
	}
	if !in[bool](p, `win.dispatchEvent(new win.Event("beforeunload", { cancelable: true }))`) {
		t.Error("who leaves is held back though everything arrived")
	}
}

// TestWhatWasKeptIsToldAgainOnEveryPage: what got lost without anybody noticing
// arrives with the next page that is opened.
func TestWhatWasKeptIsToldAgainOnEveryPage(t *testing.T) {
	p := newPlatform(t, packed(t, maker(t, nil), pack.SCORM12, pack.All), "null", false)
	p.goTo("talk.u1")
	p.fall(true)
	in[bool](p, `(doc.querySelector("[id='talk.u1'] [data-next]").click(), true)`)
	p.until(`document.querySelector("iframe").contentDocument.getElementById("talk.u2").hidden === false`)
	p.fall(false)
	p.goTo("contents")
	if state := p.arrived("cmi.suspend_data"); !strings.Contains(state, `"d":["talk.u1"]`) {
		t.Errorf("kept: %s", state)
	}
}

// TestAPreviewSaysThatItIsOne: Moodle takes an attempt in which nothing was said
// for completed, and then shows the course as something to look back at.
func TestAPreviewSaysThatItIsOne(t *testing.T) {
	files := packed(t, maker(t, nil), pack.SCORM12, pack.All)
	p := newPlatform(t, files, `{"cmi":{"core":{"lesson_mode":"browse"}}}`, false)
	p.reads("preview")
	p.goTo("test")
	p.answer(true)
	if status, raw := p.told("cmi.core.lesson_status"), p.told("cmi.core.score.raw"); status != "browsed" || raw != "" {
		t.Errorf("a preview is %q with %q percent", status, raw)
	}
	p = newPlatform(t, files, `{"cmi":{"core":{"lesson_status":"browsed"}}}`, false)
	if got := p.told("cmi.core.lesson_status"); got != "incomplete" {
		t.Errorf("after a preview an attempt is %q", got)
	}
}

func TestLookingBackKeepsThePlaceAndLeavesTheResult(t *testing.T) {
	files := packed(t, maker(t, nil), pack.SCORM12, pack.All)
	p := newPlatform(t, files, `{"cmi":{"core":{"lesson_mode":"review","lesson_status":"passed","lesson_location":"talk.u1","score":{"raw":"88"}}}}`, false)
	p.reads("over")
	p.goTo("talk.u2")
	p.goTo("test")
	p.answer(false)
	if place := p.arrived("cmi.core.lesson_location"); place != "test" {
		t.Errorf("the place is %q", place)
	}
	for _, field := range []string{"cmi.core.lesson_status", "cmi.core.score.raw"} {
		if got := p.told(field); got != "" {
			t.Errorf("%s is changed to %q", field, got)
		}
	}
}

// TestACourseIsAsLightAsThePlatformAroundIt: a dark page in a light one dazzles.
func TestACourseIsAsLightAsThePlatformAroundIt(t *testing.T) {
	files := packed(t, maker(t, nil), pack.SCORM12, pack.All)
	p := newPlatform(t, files, "null", false)
	for _, scheme := range []string{"light", "dark"} {
		if _, err := chromedp.Call(p.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}); err != nil {
			t.Fatal(err)
		}
		if got := in[string](p, `win.getComputedStyle(doc.documentElement).colorScheme`); got != "light" {
			t.Errorf("where the device is %s: %s", scheme, got)
		}
	}
}

func TestACourseIsReadWithoutAPlatformAndItsWordsNeverRun(t *testing.T) {
	p := newPlatform(t, packed(t, maker(t, withEvil), pack.SCORM12, pack.All), "null", true)
	p.goTo("test")
	p.answer(true)
	p.goTo("case.corridor.s1")
	in[bool](p, `(doc.querySelector("[id='case.corridor.s1'] .choice[data-effect=harms]").click(), true)`)
	p.until(`!document.querySelector("iframe").contentDocument.getElementById("case.corridor.e2").hidden`)
	if !in[bool](p, `doc.querySelector("[id='case.corridor.e2'] .learn-steps li.harms small").textContent.length > 5`) {
		t.Error("a case does not look back at what was decided")
	}
	p.speaks("de")
	if in[bool](p, `doc.title === "run" || doc.querySelector("img:not([src^='data:'])") !== null || doc.querySelectorAll("script").length !== 4`) {
		t.Error("words of the course became part of the page")
	}
	if len(p.calls()) != 0 {
		t.Error("somebody was told")
	}
}

// TestAnAnswerIsWorthTheSameInABrowser holds mark.js against Question.Mark.
func TestAnAnswerIsWorthTheSameInABrowser(t *testing.T) {
	script := packed(t, maker(t, nil), pack.SCORM12, "en")["mark.js"]
	type vector struct {
		Question reading.QuestionOutline
		Given    learn.Given
		Share    float64
	}
	var list []vector
	rapid.Check(t, func(t *rapid.T) {
		q, g := question(t), learn.Given{}
		var ids []string
		for _, a := range reading.Asked(q).Answers {
			ids = append(ids, a.ID)
		}
		for range rapid.IntRange(0, len(ids)).Draw(t, "given") {
			one := rapid.SampledFrom(ids).Draw(t, "answer")
			if q.Kind == learn.Match {
				one += "=" + rapid.SampledFrom(ids).Draw(t, "pair")
			}
			if q.Kind == learn.Match || !slices.Contains(g, one) {
				g = append(g, one)
			}
		}
		list = append(list, vector{reading.Asked(q), g, q.Mark(g).Share})
	})
	vectors, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	tab := chrome.Tab(t, 60*time.Second)
	text, err := chromedp.Run(tab, chromedp.Evaluate[string](string(script)+";JSON.stringify("+string(vectors)+".map(v => mark(v.Question, v.Given)))"))
	if err != nil {
		t.Fatal(err)
	}
	var got []float64
	if err := json.Unmarshal([]byte(text), &got); err != nil || len(got) != len(list) {
		t.Fatalf("%d of %d: %v", len(got), len(list), err)
	}
	for i, v := range list {
		if math.Abs(got[i]-v.Share) > 1e-9 {
			t.Errorf("%+v: %v in a browser, %v here", v, got[i], v.Share)
		}
	}
}

// question is one of any kind that is marked.
func question(t *rapid.T) learn.Question {
	q := learn.Question{ID: "q", Kind: rapid.SampledFrom([]learn.Kind{learn.Single, learn.Multiple, learn.TrueFalse, learn.Order, learn.Match}).Draw(t, "kind")}
	n := rapid.IntRange(3, 6).Draw(t, "n")
	for _, id := range strings.Split("abcdef", "")[:n] {
		q.Answers = append(q.Answers, learn.Answer{ID: id, Right: q.Kind == learn.Multiple && rapid.Bool().Draw(t, "right")})
	}
	switch q.Kind {
	case learn.TrueFalse:
		q.Answers = []learn.Answer{{ID: "t", Right: true}, {ID: "f"}}
	case learn.Single, learn.Multiple:
		q.Answers[n-1].Right = true
	case learn.Match:
		q.Pairs, q.Answers = q.Answers, nil
	}
	return q
}
