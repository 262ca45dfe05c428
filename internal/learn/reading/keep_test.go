package reading

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"pgregory.net/rapid"

	"amelie/internal/learn"
	"amelie/internal/web"
	"amelie/test/chrome"
)

var shelfSaid = regexp.MustCompile(`(?m)^const shelf = (.+);$`)

// req: COURSE-1
func TestTheWorkerAnswersForTheCourseAndForNothingElse(t *testing.T) {
	s := newSite(t)
	m := shelfSaid.FindStringSubmatch(s.get("/learn/worker.js", 200))
	if m == nil {
		t.Fatal("the worker does not say what it answers for")
	}
	var said web.Shelf
	if err := json.Unmarshal([]byte(m[1]), &said); err != nil {
		t.Fatal(err)
	}
	own, first := regexp.MustCompile(said.Own), regexp.MustCompile(said.First)
	for _, path := range []string{"/en/learn", "/el/learn/talk", "/de/learn/talk/u1", "/fr/learn/test/talk", "/en/learn/case/corridor", "/en/learn/track/essentials", "/en/learn/summary/talk", "/en/learn/keep"} {
		if !own.MatchString(path) || !first.MatchString(path) {
			t.Errorf("%s is not the server's first and the device's then", path)
		}
	}
	if asset := "/asset/font/sans-core.e875b45f.woff2"; !own.MatchString(asset) || first.MatchString(asset) {
		t.Error("what a page loads is not the device's own")
	}
	for _, path := range []string{"/", "/en/", "/en/study", "/en/study/talk/u1", "/en/learning", "/en/learn/kit", "/en/learn/kit/talk", "/en/learn/package", "/en/learn/package/file", "/en/guide", "/ar/info", "/exit", "/en/today", "/learn/kept/en"} {
		if own.MatchString(path) {
			t.Errorf("the worker answers for %s", path)
		}
	}
}

// req: COURSE-1
func TestNothingIsKeptThatWasNotAskedForAndTheListSaysWhatItWeighs(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/en/learn", "/en/learn/talk/u1"} {
		s.silent(s.get(path, 200), "learn-keep", "learn-kept", "worker")
	}
	s.says(s.get("/en/learn", 200), `href="/en/learn/keep"`)
	s.says(s.get("/de/learn/keep", 200), "Nie auf dem Telefon der Person", "learn-keep.")
	var one, two, same web.KeptList
	for path, into := range map[string]*web.KeptList{"/learn/kept/en": &one, "/learn/kept/en+de": &two, "/learn/kept/de+en+de": &same} {
		if err := json.Unmarshal([]byte(s.get(path, 200)), into); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Contains(one.Files, "/en/learn/kept") || !slices.Contains(one.Files, "/en/learn/keep") || slices.Contains(one.Files, "/de/learn/kept") || one.Bytes == 0 || one.Size <= one.Bytes {
		t.Errorf("one language is %+v", one)
	}
	if two.Bytes <= one.Bytes || two.Version == one.Version || two.Version != same.Version {
		t.Errorf("two languages are %+v and %+v", two, same)
	}
	for _, wrong := range []string{"/learn/kept/xx", "/learn/kept/en+ar", "/learn/kept/+"} {
		s.get(wrong, http.StatusNotFound)
	}
}

func TestTheDocumentHoldsEveryPageOfTheCourse(t *testing.T) {
	s := newSite(t)
	page := s.get("/de/learn/kept", 200)
	for _, id := range []string{"contents", "talk", "talk.u1", "talk.u2", "summary.talk", "test.talk", "track.essentials", "track.reception", "case.corridor.s1", "case.corridor.e1"} {
		if n := strings.Count(page, ` id="`+id+`"`); n != 1 {
			t.Errorf("%s stands there %d times", id, n)
		}
	}
	s.says(page, "de words of q1.b.f", "sign documents")
	s.silent(page, `id="test"`, "en words of")
	// Two units ask something, and the topic has a test.
	if n := strings.Count(page, "zählt nicht für Ihren Fortschritt"); n != 3 {
		t.Errorf("that answers do not count is said %d times", n)
	}
}

// TestADrawIsTheSameInABrowser holds draw.js against learn.Draw.
func TestADrawIsTheSameInABrowser(t *testing.T) {
	type vector struct {
		IDs  []string
		N    int
		Word string
		Want []string
	}
	var list []vector
	rapid.Check(t, func(t *rapid.T) {
		v := vector{IDs: rapid.SliceOfNDistinct(rapid.StringMatching(`q[0-9]{1,2}`), 1, 12, rapid.ID).Draw(t, "bank"), N: rapid.IntRange(1, 8).Draw(t, "n"), Word: rapid.StringN(1, 12, -1).Draw(t, "word")}
		var bank []learn.Question
		for _, id := range v.IDs {
			bank = append(bank, learn.Question{ID: id})
		}
		for _, q := range learn.Draw(bank, v.N, v.Word) {
			v.Want = append(v.Want, q.ID)
		}
		list = append(list, v)
	})
	vectors, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	tab := chrome.Tab(t, 60*time.Second)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>x</title>"))
	}))
	t.Cleanup(server.Close)
	if err := chromedp.Do(tab, chromedp.Navigate(server.URL)); err != nil { // a place that may compute digests
		t.Fatal(err)
	}
	script := string(web.ScriptAlone([]byte("import { draw } from './draw.js';\n")))
	wrong, err := chromedp.Run(tab, chromedp.Evaluate[[]string]("(async () => {"+script+"const wrong = []; for (const v of "+string(vectors)+") { const got = await draw(v.IDs, v.N, v.Word); if (got.join() !== v.Want.join()) wrong.push(JSON.stringify([v, got])) } return wrong })()", chromedp.EvalAwaitPromise))
	if err != nil || len(wrong) > 0 {
		t.Errorf("of %d draws %d differ, the first %v (%v)", len(list), len(wrong), wrong[:min(1, len(wrong))], err)
	}
}
