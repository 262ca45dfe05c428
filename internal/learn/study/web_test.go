package study

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db/dbtest"
	"amelie/internal/i18n"
	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
	"amelie/internal/learn/playing"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

// site is the pages, and one device that keeps its cookies as a browser does.
type site struct {
	*testing.T
	*school
	http.Handler
	cookies map[string]*http.Cookie // by path and name
	member  *web.Viewer
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{T: t, school: newSchool(t, dbtest.Open(t, audit.Schema, playing.Schema, Schema)), cookies: map[string]*http.Cookie{}}
	shell := learntest.Shell(t, func() time.Time { return s.now }, func() *web.Viewer { return s.member })
	rd := reading.New(reading.Config{Course: s.Course, Use: func(*web.Ctx, []string, string) (none reading.Use) { return none }, Signs: func(string, []string) []web.Choice { return nil }})
	rd.Mount(shell)
	always := func(*http.Request) bool { return true }
	(&Rooms{Service: s.Service, Reading: rd, BaseURL: "https://learn.example.org", MayTry: always, MayBegin: always}).Mount(shell)
	s.Handler = shell.Handler()
	return s
}

// send asks as this device and keeps the cookies of the answer.
func (s *site) send(method, path string, form url.Values) *httptest.ResponseRecorder {
	s.Helper()
	r := learntest.Request(method, path, form)
	for _, c := range s.cookies {
		if strings.HasPrefix(r.URL.Path+"/", c.Path+"/") {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
			s.Errorf("%s: a cookie that scripts or other sites can use", path)
		}
		if s.cookies[c.Path+c.Name] = c; c.MaxAge < 0 {
			delete(s.cookies, c.Path+c.Name)
		}
	}
	return w
}

func (s *site) get(path string) string {
	s.Helper()
	w := s.send(http.MethodGet, path, nil)
	if w.Code != http.StatusOK {
		s.Fatalf("%s: %d to %s", path, w.Code, w.Header().Get("Location"))
	}
	return learntest.Text(w)
}

// post presses a button and gives where it leads.
func (s *site) post(path string, pairs ...string) string {
	s.Helper()
	form := learntest.Form(pairs...)
	w := s.send(http.MethodPost, path, form)
	if w.Code != http.StatusSeeOther {
		s.Fatalf("%s: %d", path, w.Code)
	}
	return w.Header().Get("Location")
}

func (s *site) says(page string, want ...string) {
	s.Helper()
	for _, text := range want {
		if !strings.Contains(page, text) {
			s.Errorf("does not say %q", text)
		}
	}
}

var (
	seedField  = regexp.MustCompile(`name="seed" value="([a-z2-7]+)"`)
	codeGroups = regexp.MustCompile(`<span>([0-9A-Z]{5})</span>`)
	attemptIn  = regexp.MustCompile(`name="attempt" value="([^"]+)"`)
)

// begin presses "Begin" and gives the code.
func (s *site) begin() (code string) {
	s.Helper()
	seed := seedField.FindStringSubmatch(s.get("/en/study"))[1]
	w := s.send(http.MethodPost, "/en/study", url.Values{"do": {"begin"}, "seed": {seed}})
	for _, group := range codeGroups.FindAllStringSubmatch(w.Body.String(), -1) {
		code += group[1]
	}
	if w.Code != http.StatusOK || len(code) != codeLength {
		s.Fatal(w.Code, code)
	}
	return code
}

// req: STUDY-7
func TestTheLearnersCookieGoesToNoPublicPageAndLeavingDropsIt(t *testing.T) {
	s := newSite(t)
	s.get("/en/learn")
	s.get("/en/study")
	if len(s.cookies) != 0 {
		t.Fatal("a cookie before anybody wanted it")
	}
	s.begin()
	if len(s.cookies) != len(i18n.Languages) {
		t.Fatal(s.cookies)
	}
	for _, c := range s.cookies {
		if !strings.HasSuffix(c.Path, "/study") {
			t.Errorf("sent to %s", c.Path)
		}
	}
	s.says(s.get("/en/study"), `href="/en/study/leave"`, "Begin here")
	r := httptest.NewRequest(http.MethodGet, "/en/study/leave", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	for _, c := range s.cookies {
		if strings.HasPrefix(c.Path, "/en/") {
			r.AddCookie(c)
		}
	}
	s.ServeHTTP(httptest.NewRecorder(), r)
	if s.rows(t, "study_session") != 1 {
		t.Error("another site ended the session")
	}
	w := s.send(http.MethodGet, "/en/study/leave", nil)
	if len(s.cookies) != 0 || w.Header().Get("Clear-Site-Data") == "" || s.rows(t, "study_session") != 0 {
		t.Error(s.cookies, w.Header())
	}
	if to := s.send(http.MethodGet, "/en/study/talk", nil).Header().Get("Location"); to != "/en/study" {
		t.Error(to)
	}
}

func TestAUnitIsAnsweredReadOnInAnotherLanguageAndOnAnotherDevice(t *testing.T) {
	s := newSite(t)
	code := s.begin()
	page := s.get("/en/study/talk/u1")
	s.says(page, `method="post"`, `name="opened"`, `href="/en/study/share/talk/u1"`)
	if strings.Contains(page, "kept nowhere") {
		t.Error("says that nothing is kept")
	}
	if to := s.post("/en/study/talk/u1", "q1", "a", "q2", "a", "q2", "b"); to != "/en/study/talk/u1#q1" {
		t.Error(to)
	}
	s.says(s.get("/en/study/talk/u1"), "en words of q1.a.f", `value="a" checked`)
	s.says(s.get("/de/study/talk/u1"), "de words of q1.a.f", `value="a" checked`)
	if to := s.post("/de/study/talk/u1", "do", "next"); to != "/de/study/talk/u2" {
		t.Error(to)
	}
	s.post("/de/study/talk/u2", "do", "wish")
	s.cookies = map[string]*http.Cookie{} // another device
	w := s.send(http.MethodPost, "/en/study", url.Values{"do": {"code"}, "code": {"nothing"}})
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `value="nothing"`) {
		t.Error(w.Code)
	}
	s.post("/en/study", "do", "code", "code", strings.ToLower(code[:5]+" "+code[5:]))
	s.says(s.get("/en/study"), "Go on here", `href="/en/study/talk/u2"`, "On my list", "1 of 2 units")
	if to := s.post("/en/study/talk/u1?track=reception", "do", "next"); to != "/en/study/track/reception" {
		t.Error(to)
	}
	s.says(s.get("/en/study/share/talk/u1"), "https://learn.example.org/en/learn/talk/u1", `<svg class="qr"`)
}

func TestATestIsTakenPageByPageAndItsResultTeaches(t *testing.T) {
	s := newSite(t)
	s.begin()
	s.says(s.get("/en/study/test/talk"), "4 questions. With 80 % you pass.")
	s.post("/en/study/test/talk", "do", "begin")
	page := s.get("/en/study/test/talk")
	s.says(page, "Page 1 of 2")
	if strings.Contains(page, "words of q1.a.f") {
		t.Error("tells the answers before the end")
	}
	attempt := attemptIn.FindStringSubmatch(page)[1]
	answers := []string{"attempt", attempt, "talk.q1", "b", "talk.q2", "a", "talk.q2", "b", "talk.q3", "f", "talk.q3.sure", "yes", "talk.q4.a", "1", "talk.q4.b", "2"}
	if to := s.post("/en/study/test/talk", append(answers, "do", "next", "part", "1")...); to != "/en/study/test/talk?part=2" {
		t.Error(to)
	}
	s.says(s.get("/en/study"), "Go on with the test")
	page = s.get("/el/study/test/talk?part=2")
	s.says(page, attempt)
	result := s.post("/en/study/test/talk", "attempt", attempt, "do", "end", "talk.q4.a", "1", "talk.q4.b", "2", "talk.q4.c", "3")
	page = s.get(result)
	s.says(page, "4 of 4 right", "You have passed", "en words of q1.a.f", "en words of q4.ok")
	if again := s.post("/en/study/test/talk", "attempt", attempt, "do", "end", "talk.q1", "a"); again != result {
		t.Error(again)
	}
	s.says(s.get(result), "4 of 4 right")
	s.says(s.get("/en/study"), "Passed with 100 %")
	s.says(s.get("/en/study/test/talk"), result, "100 %")
	w := s.send(http.MethodPost, "/en/study/test/talk", url.Values{"attempt": {attempt}, "do": {"next"}, "part": {"1"}, "talk.q1": {"a"}})
	if w.Code != http.StatusConflict {
		t.Error(w.Code)
	}
}

func TestEverythingIsTakenAlongAndForgotten(t *testing.T) {
	s := newSite(t)
	s.begin()
	s.post("/en/study/talk/u1", "q1", "b", "q2", "a", "q2", "b")
	s.post("/en/study/talk/u2", "q3", "f", "q4.a", "1", "q4.b", "2", "q4.c", "3", "q5.a", "a", "q5.b", "c", "q5.c", "b")
	var all Taken
	if err := json.Unmarshal([]byte(s.get("/en/study/mine/progress.json")), &all); err != nil || len(all.Units) != 2 || len(all.Answers) != 5 {
		t.Fatal(err, all)
	}
	var list []Statement
	if err := json.Unmarshal([]byte(s.get("/en/study/mine/statements.json")), &list); err != nil || len(list) != 7 {
		t.Fatal(err, len(list))
	}
	for _, x := range list {
		if x.Actor.Account.Name != all.Learner || x.Actor.Account.Home != "https://learn.example.org" || len(x.ID) != 36 || x.Timestamp == "" || !strings.HasPrefix(x.Object.ID, "https://learn.example.org/learn/") {
			t.Error(x)
		}
		if name := x.Object.Definition.Name; len(name) != 2 || name["en"] == "" || name["en"] == name["de"] {
			t.Error("a record store has nothing to show for", x.Object.ID, name)
		}
	}
	s.says(s.get("/en/study/mine"), "2 units", "5 answers")
	w := s.send(http.MethodPost, "/en/study/mine", url.Values{"do": {"forget"}})
	if w.Code != http.StatusUnprocessableEntity || s.rows(t, "study_learner") != 1 {
		t.Error("deleted without a yes", w.Code)
	}
	w = s.send(http.MethodPost, "/en/study/mine", url.Values{"do": {"forget"}, "sure": {"yes"}})
	if w.Code != http.StatusOK || s.rows(t, "study_learner") != 0 || len(s.cookies) != 0 {
		t.Error(w.Code)
	}
	s.says(s.get("/en/study"), "Keep my progress")
}

func TestAMemberOpensTheirLearningWithTheAccount(t *testing.T) {
	s := newSite(t)
	s.member = nurse
	s.says(s.get("/en/study/account"), "Begin with my account")
	s.post("/en/study/account")
	s.says(s.get("/en/study/mine"), "opens with your account")
	s.cookies = map[string]*http.Cookie{}
	s.says(s.get("/en/study/account"), "Go on here")
	s.post("/en/study/account")
	s.get("/en/study/mine")
	s.member = editor
	s.says(s.get("/en/desk/learn"), "No figures yet")
	s.member = nurse
	if w := s.send(http.MethodGet, "/en/desk/learn", nil); w.Code != http.StatusNotFound {
		t.Error(w.Code)
	}
}

func TestAPageOfALearnerAsksTheDatabaseAtMostSixTimes(t *testing.T) {
	s := newSite(t)
	s.begin()
	s.post("/en/study/talk/u1", "q1", "b", "q2", "a")
	for _, path := range []string{"/en/study", "/en/study/talk", "/en/study/talk/u1", "/en/study/test/talk", "/en/study/mine", "/en/study/case/corridor", "/en/study/track/essentials"} {
		before := s.DB.Ran()
		s.get(path)
		if n := s.DB.Ran() - before; n < 1 || n > 6 {
			t.Errorf("%s: %d statements", path, n)
		}
	}
}

func TestAnAnswerIsWrittenAsTheExperienceAPIDoes(t *testing.T) {
	for kind, want := range map[learn.Kind]string{learn.TrueFalse: "true", learn.Single: "a", learn.Match: "a[.]b"} {
		given := map[learn.Kind]learn.Given{learn.TrueFalse: {"t"}, learn.Single: {"a"}, learn.Match: {"a=b"}}[kind]
		if got := response(kind, given); got != want {
			t.Errorf("%s: %q", kind, got)
		}
	}
	if got := response(learn.Order, learn.Given{"b", "a"}); got != "b[,]a" {
		t.Error(got)
	}
}
