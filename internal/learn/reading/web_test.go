package reading

import (
	"bytes"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"amelie/internal/i18n"
	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
	"amelie/internal/web"
	"amelie/locale"
)

type site struct {
	*testing.T
	http.Handler
}

func newSite(t *testing.T) site {
	t.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: texts, Now: func() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }})
	course := learntest.Course(t)
	New(Config{
		Course: func() *learn.Course { return course },
		Use: func(c *web.Ctx, tools []string, help string) (use Use) {
			for _, tool := range tools {
				if tool != "directory" {
					use.Doors = append(use.Doors, web.Choice{Label: "tool " + tool, Hint: "for " + help, URL: c.Path("/" + tool)})
				}
			}
			return use
		},
		Signs: func(_ string, ids []string) (out []web.Choice) {
			for _, id := range ids {
				out = append(out, web.Choice{Label: "sign " + id})
			}
			return out
		},
		Texts: texts,
		State: func() string { return "state" },
	}).Mount(shell)
	return site{t, shell.Handler()}
}

// get opens a page and gives its text with the entities resolved.
func (s site) get(path string, status int) string {
	s.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != status {
		s.Fatalf("%s: %d", path, w.Code)
	}
	if len(w.Result().Cookies()) > 0 {
		s.Errorf("%s sets a cookie", path)
	}
	return html.UnescapeString(w.Body.String())
}

func (s site) says(page string, want ...string) {
	s.Helper()
	for _, text := range want {
		if !strings.Contains(page, text) {
			s.Errorf("does not say %q", text)
		}
	}
}

func (s site) silent(page string, texts ...string) {
	s.Helper()
	for _, text := range texts {
		if strings.Contains(page, text) {
			s.Errorf("says %q", text)
		}
	}
}

func TestAReaderFindsAUnitReadsItAndGoesOn(t *testing.T) {
	s := newSite(t)
	page := s.get("/en/learn", 200)
	s.says(page, "A small course en", "Talking", `href="/en/learn/talk"`, `href="/en/learn/track/essentials"`, `href="/en/learn/case/corridor"`)
	page = s.get("/en/learn/talk", 200)
	s.says(page, "Alone first", `href="/en/learn/talk/u1"`, `href="/en/learn/summary/talk"`, "In the corridor en")
	page = s.get("/en/learn/talk/u1", 200)
	s.says(page, "<em>alone</em>", "<strong>anything</strong>", `class="learn-case"`, `<blockquote class="learn-say">`, "tool guide", "A publisher", `href="/en/learn/talk/u2"`, "kept nowhere")
	s.silent(page, "en words of q1.b.f", "No native clinician", "has changed since")
	s.says(s.get("/de/learn/talk/u1", 200), "Sehen Sie sie")
	s.silent(s.get("/en/learn/talk/u2", 200), "tool directory")
	s.says(s.get("/en/learn/summary/talk", 200), "Alone first.")
}

func TestATrackIsReadInItsOrderAndComesBackToItsList(t *testing.T) {
	s := newSite(t)
	page := s.get("/en/learn/talk/u2?track=reception", 200)
	s.says(page, `href="/en/learn/track/reception"`, `href="/en/learn/talk/u1?track=reception"`)
	page = s.get("/en/learn/talk/u1?track=reception", 200)
	s.says(page, "That was the last one.", "for shelter")
	s.silent(page, `href="/en/learn/test/talk"`)
	s.silent(s.get("/en/learn/talk/u1", 200), "for shelter")
}

func TestAnAnswerShowsWhatSpeaksForAndAgainstEach(t *testing.T) {
	s := newSite(t)
	page := s.get("/en/learn/talk/u1?q1=a&q2=a&q2=b", 200)
	s.says(page, "en words of q1.a.f", "en words of q1.b.f", "Not yet.", "That is right.")
	page = s.get("/de/learn/talk/u1?q1=a", 200)
	s.says(page, `value="a" checked`, "de words of q1.a.f")
	s.says(page, `href="/en/learn/talk/u1?q1=a"`)
	page = s.get("/en/learn/talk/u2?q4.a=1&q4.b=3&q4.c=2&q5.a=b&q3=f&q3.sure=no", 200)
	s.says(page, "Belongs at place 2", "en words of q5.a.f", "You can trust yourself here.", "en words of q6.m")
	s.silent(page, "en words of q4.ok")
}

func TestAChangedAddressIsAskedAnew(t *testing.T) {
	s := newSite(t)
	for _, query := range []string{"q1=zz", "q1=a&q1=b", "q4.a=99&q4.b=-1", "q5.a=nobody", "q2=" + strings.Repeat("a&q2=", 4000), "q1=%00%3Cscript%3E"} {
		page := s.get("/en/learn/talk/u1?"+query, 200)
		s.silent(page, "<script>", "en words of q1.a.f")
	}
	for _, path := range []string{"/en/learn/nothing", "/en/learn/talk/u9", "/en/learn/case/none", "/en/learn/track/none", "/en/learn/test/none", "/en/learn/summary/none"} {
		s.get(path, 404)
	}
}

func TestAPictureSaysWhatItShowsAndComesFromHere(t *testing.T) {
	s := newSite(t)
	s.says(s.get("/en/learn/talk/u1", http.StatusOK), `src="/course/`+learntest.Picture+`" alt="Two chairs, one of them by the door." width="40" height="30"`)
	s.says(s.get("/de/learn/talk/u1", http.StatusOK), `alt="Zwei Stühle, einer an der Tür."`)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/course/"+learntest.Picture, nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" || !bytes.HasPrefix(w.Body.Bytes(), []byte("\x89PNG")) {
		t.Errorf("the picture: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	s.get("/course/picture/0123456789abcdef.png", http.StatusNotFound)
	s.says(s.get("/de/learn/kit/talk/slides", http.StatusOK), `alt="Zwei Stühle, einer an der Tür."`)
}

func TestATrackLeadsThroughItsOwnUnits(t *testing.T) {
	s := newSite(t)
	s.says(s.get("/en/learn/track/reception", 200), `href="/en/learn/talk/u2?track=reception"`)
	page := s.get("/en/learn/talk/u2?track=reception&q3=t", 200)
	s.says(page, "1 of 2", `href="/en/learn/talk/u1?track=reception"`, `name="track" value="reception"`)
	s.says(s.get("/en/learn/talk/u2?track=nothing", 200), "2 of 2")
}

var drawn = regexp.MustCompile(`id="(q\d)"`)

func TestATestDrawsTheSameQuestionsInAnotherLanguage(t *testing.T) {
	s := newSite(t)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/en/learn/test/talk", nil))
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/en/learn/test/talk?n=") {
		t.Fatal(w.Code, to)
	}
	en, de := s.get(to, 200), s.get("/de"+strings.TrimPrefix(to, "/en"), 200)
	if a, b := drawn.FindAllString(en, -1), drawn.FindAllString(de, -1); len(a) != 4 || strings.Join(a, " ") != strings.Join(b, " ") {
		t.Errorf("%v and %v", a, b)
	}
	s.silent(en, "en words of q1.b.f")
	page := s.get("/en/learn/test/talk?n=x&done=1&q1=b&q2=a&q2=b&q3=t", 200)
	s.says(page, "2 of 4 right", "en words of q1.a.f", "en words of q4.f")
}

func TestACaseIsPlayedToItsEndAndEachDecisionLookedBackAt(t *testing.T) {
	s := newSite(t)
	page := s.get("/en/learn/case/corridor", 200)
	s.says(page, "en words of lead", "Place s1", "en words of s1.a", `href="/en/learn/case/corridor?way=a"`, "are invented")
	s.says(s.get("/en/learn/case/corridor?way=a", 200), `href="/en/learn/case/corridor?way=a.a"`, `href="/en/learn/case/corridor?way="`)
	page = s.get("/en/learn/case/corridor?way=a.a", 200)
	s.says(page, `href="/en/learn/case/corridor"`, "Place e1", "en words of e1.d1", "That opened a door.", "sign documents", "Talking", `?way=a"`)
	s.says(s.get("/de/learn/case/corridor?way=b", 200), "de words of e2.d1")
	s.says(s.get("/en/learn/case/corridor?way=a.zz.b", 200), "Place s2")
}

func TestATrainerFindsAPlanSlidesAndATestWithItsKey(t *testing.T) {
	s := newSite(t)
	s.says(s.get("/en/learn/kit", 200), `href="/en/learn/kit/talk"`)
	s.says(s.get("/en/learn/kit/talk", 200), "How to begin.", "Alone first", "en words of q1", `href="/en/learn/case/corridor"`, "an interpreter of your own")
	slides := s.get("/de/learn/kit/talk/slides", 200)
	s.says(slides, "Zuerst allein", "Ich sehe alle allein.")
	s.silent(slides, "Ada kam")
	paper, key := s.get("/en/learn/kit/talk/test?n=x", 200), s.get("/en/learn/kit/talk/test?n=x&key=1", 200)
	s.silent(paper, "en words of q1.b.f")
	s.says(key, "<strong>en words of q1.b</strong>", "<strong>Not true</strong>", "<strong>en words of q4.a</strong>")
	s.silent(key, "<strong>en words of q1.a</strong>", "<strong>True</strong>")
	s.get("/en/learn/kit/nothing", 404)
	s.get("/en/learn/kit/nothing/test", 404)
}

func TestEveryBlockOfAUnitIsOnASlideOrInItsNotesOnce(t *testing.T) {
	heading, list, text := block{ID: "h", Shape: learn.Heading}, block{ID: "l", Shape: learn.List}, block{ID: "p"}
	for _, blocks := range [][]block{{}, {text}, {text, heading, text, list, text}, {heading, heading, text}, {list, text, heading}, {heading, list, list, text, heading, text}} {
		opening, got := slides(blocks)
		count := map[string]int{}
		for _, b := range opening {
			count[b.ID]++
		}
		for _, s := range got {
			for _, b := range slices.Concat(s.Blocks, s.Notes) {
				count[b.ID]++
			}
		}
		for _, b := range blocks {
			count[b.ID]--
		}
		if count["h"] != 0 || count["l"] != 0 || count["p"] != 0 {
			t.Error(blocks, opening, got)
		}
	}
	if _, got := slides([]block{heading, text, list, text}); len(got) != 1 || len(got[0].Blocks) != 2 || len(got[0].Notes) != 2 {
		t.Error(got)
	}
}
