package edit

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"amelie/internal/db/dbtest"
	"amelie/internal/learn/learntest"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

// site is the desk beside the pages of the course.
type site struct {
	*testing.T
	*office
	http.Handler
	viewer *web.Viewer
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{T: t, office: newOffice(t, dbtest.Open(t, schemas...)), viewer: trainer}
	shell := learntest.Shell(t, func() time.Time { return s.now }, func() *web.Viewer { return s.viewer })
	rd := reading.New(reading.Config{Course: s.Course, Use: func(*web.Ctx, []string, string) (none reading.Use) { return none }, Signs: func(string, []string) []web.Choice { return nil }})
	rd.Mount(shell)
	(&Rooms{Service: s.Service, Reading: rd, Labels: labels}).Mount(shell)
	s.Handler = shell.Handler()
	return s
}

func (s *site) send(status int, method, path string, form url.Values) string {
	s.Helper()
	r := learntest.Request(method, path, form)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != status {
		s.Fatalf("%s %s: %d", method, path, w.Code)
	}
	return learntest.Text(w)
}

func (s *site) get(path string) string { s.Helper(); return s.send(200, http.MethodGet, path, nil) }

func (s *site) post(status int, path string, pairs ...string) string {
	s.Helper()
	form := learntest.Form(pairs...)
	return s.send(status, http.MethodPost, path, form)
}

// hidden is the value of a field that a page carries.
func (s *site) hidden(page, name string) string {
	s.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		s.Fatalf("the page has no %s", name)
	}
	return m[1]
}

func (s *site) says(page string, want ...string) {
	s.Helper()
	for _, text := range want {
		if !strings.Contains(page, text) {
			s.Errorf("does not say %q", text)
		}
	}
}

const lead = "/en/desk/course/words?file=talk&block=lead&lang="

// A trainer changes a sentence, a translator finds it first on the list, and
// after publishing everybody reads it.
func TestASentenceGoesFromTheTrainersFieldToTheReadersPage(t *testing.T) {
	s := newSite(t)
	s.says(s.get("/en/desk/course"), "Talking", "Readers see everything as it is here.")
	seen := s.hidden(s.get(lead+"en"), "seen")
	s.says(s.post(200, lead+"en", "text", "How one *really* begins.", "seen", seen, "do", "look"), "How one <em>really</em> begins.")
	s.says(s.get(lead+"en"), "How to begin.") // a look saves nothing
	s.post(303, lead+"en", "text", "How one *really* begins.", "seen", seen)
	s.says(s.get("/en/desk/course"), "1 older", "1 changed")
	page := s.get("/en/desk/course/languages/de?file=talk")
	s.says(page, "<del>to begin.</del>", "Wie es beginnt.", "older than the English")
	s.post(303, lead+"de", "text", "Wie man wirklich beginnt.", "seen", s.hidden(page, "seen"), "of", s.hidden(page, "of"), "from", "language")
	s.says(s.get("/en/desk/course/languages/de?file=talk"), "Nothing is older or missing here.")
	s.says(s.get("/de/learn/talk"), "Wie es beginnt.")
	s.post(303, "/en/desk/course/publish", "revision", s.hidden(s.get("/en/desk/course/publish"), "revision"), "note", "clearer")
	s.says(s.get("/de/learn/talk"), "Wie man wirklich beginnt.")
	s.says(s.get("/en/desk/course/publish"), "clearer", "Ida Trainer")
}

// req: EDIT-5
func TestWhatIsTypedIsNeverLost(t *testing.T) {
	s := newSite(t)
	path := "/en/desk/course/words?file=talk&block=u1.p1&lang=en"
	seen := s.hidden(s.get(path), "seen")
	s.says(s.post(422, path, "text", "A mark *that stays open.", "seen", seen), "A mark *that stays open.", "not closed")
	s.says(s.post(422, path, "text", "Rests on [nothing-2020].", "seen", seen), "Rests on [nothing-2020].")
	s.post(303, path, "text", "First.", "seen", seen)
	page := s.post(409, path, "text", "Second.", "seen", seen)
	s.says(page, "Somebody saved this text meanwhile", "First.", "Second.")
	s.post(303, path, "text", "Second.", "seen", s.hidden(page, "seen"))
	s.says(s.get("/en/desk/course/history?file=talk&lang=en&block=u1.p1"), "First.", "Second.")
}

func TestAPartIsAddedMovedTakenOutAndBroughtBack(t *testing.T) {
	s := newSite(t)
	unit := "/en/desk/course/topic/talk/u1"
	s.post(303, "/en/desk/course/add?topic=talk&unit=u1&behind=p1", "text", "A point\nAnother", "shape", "list", "form", "note")
	s.says(s.get(unit), "<li>Another</li>", `id="u1.n1"`)
	s.says(s.get("/en/desk/course/publish"), "The words of “u1.n1” are missing.")
	s.post(422, "/en/desk/course/publish", "revision", "1")
	s.post(303, unit, "do", "up n1")
	s.post(303, unit, "do", "remove n1")
	if strings.Contains(s.get(unit), "Another") {
		t.Error("it is still there")
	}
	change := regexp.MustCompile(`value="([0-9a-f-]+) before"`).FindStringSubmatch(s.get("/en/desk/course/history"))
	s.post(303, "/en/desk/course/history", "do", change[1]+" before")
	s.says(s.get(unit), "<li>Another</li>")
}

// req: EDIT-1
func TestTheDeskDoesNotExistForOthers(t *testing.T) {
	s := newSite(t)
	s.viewer = insider
	for _, path := range []string{"/en/desk/course", "/en/desk/course/topic/talk/u1", lead + "en", "/en/desk/course/history", "/en/desk/course/publish", "/en/desk/course/view/talk"} {
		s.send(404, http.MethodGet, path, nil)
	}
	s.viewer = admin
	s.get("/en/desk/course")
	s.post(403, lead+"en", "text", "No.", "seen", "")
}

const questionPath = "/en/desk/course/topic/talk/question"

// single is a question with one right answer as its form sends it.
func single(pairs ...string) []string {
	return append([]string{"stem", "Who translates?", "row", "1", "row", "2", "row", "3", "right", "2", "bank", "1", "unit", "u2",
		"text.1", "The man who came along", "feedback.1", "He may be the one who is feared.", "text.2", "An interpreter of your own", "feedback.2", "Yes.", "text.3", "A child", "feedback.3", "Never a child."}, pairs...)
}

func TestAQuestionIsMadeWithItsAnswersChangedAndTakenOut(t *testing.T) {
	s := newSite(t)
	s.says(s.get(questionPath+"?unit=u2"), "One answer is right", "Pairs")
	s.says(s.get(questionPath+"?kind=single&unit=u2"), "Answer 3")
	s.post(303, questionPath+"?kind=single&unit=u2", single()...)
	s.says(s.get("/en/desk/course/topic/talk/u2"), "Who translates?")
	page := s.get(questionPath + "/q7")
	s.says(page, "An interpreter of your own", `name="right" value="b" checked`)
	seen := s.hidden(page, "seen")
	moved := []string{"seen", seen, "stem", "Who translates here?", "row", "b", "row", "a", "row", "1", "right", "a", "unit", "u1", "bank", "1",
		"text.b", "An interpreter", "feedback.b", "Hm.", "text.a", "Nobody", "feedback.a", "So.", "text.1", "A colleague", "feedback.1", "Maybe."}
	s.post(303, questionPath+"/q7", moved...)
	q := s.asked("q7")
	if q.Stem != "Who translates here?" || strings.Join(q.taken(), " ") != "b a d" || !q.Answers[1].Right || q.Unit != "u1" {
		t.Errorf("%+v", q)
	}
	s.says(s.post(409, questionPath+"/q7", moved...), "Somebody saved this text meanwhile", "Who translates here?")
	s.post(303, questionPath+"/q7", "do", "remove")
	s.send(404, http.MethodGet, questionPath+"/q7", nil)
	s.post(303, questionPath+"?kind=single&unit=u2", single()...)
	s.get(questionPath + "/q8") // q7 is never given again
}

// asked is a question of the working copy.
func (s *site) asked(id string) Asked {
	s.Helper()
	course := s.draft(s).Course
	topic, _ := course.Topic("talk")
	q, ok := topic.Question(id)
	if !ok {
		s.Fatalf("there is no %s", id)
	}
	return askedOf(course.Words("talk", "en"), topic, q)
}

// req: EDIT-5
func TestAQuestionThatCannotBeAskedIsRefusedAndNothingTypedIsLost(t *testing.T) {
	s := newSite(t)
	path := questionPath + "?kind=single&unit=u2"
	for said, form := range map[string][]string{
		"Write something here.":             single("row", "4", "text.4", "A fourth"),
		"exactly one of them right.":        {"stem", "Who translates?", "row", "1", "text.1", "One", "feedback.1", "So.", "unit", "u2"},
		"otherwise nobody is asked this.":   {"stem", "Who translates?", "unit", ""},
		"not among the works of this":       {"stem", "Who translates? [nothing-2020]", "unit", "u2"},
		"Who translates, and *who* listens": {"stem", "Who translates, and *who* listens", "unit", "u2"},
	} {
		s.says(s.post(422, path, form...), said, "Who translates", "another look")
	}
	if len(s.draft(t).Course.Topics[0].Questions) != 6 {
		t.Error("one was kept")
	}
}

// A button beside an answer shows the form again and saves nothing.
func TestAnAnswerIsAddedMovedAndTakenOutBeforeItIsSaved(t *testing.T) {
	s := newSite(t)
	path := questionPath + "?kind=single"
	s.says(s.post(200, path, single("do", "add")...), `name="text.4"`, `tabindex="-1" data-focus><legend>Answer 4`, "The man who came along")
	page := s.post(200, path, single("do", "up 3")...)
	if strings.Index(page, "A child") > strings.Index(page, "An interpreter of your own") {
		t.Error("it did not move")
	}
	if page := s.post(200, path, single("do", "drop 1")...); strings.Contains(page, "The man who came along") {
		t.Error("it is still there")
	}
	if d := s.draft(t); d.Revision != 0 {
		t.Error("something was saved")
	}
}

// Every kind is shown as it stands, and saved as it was it stays what it was.
func TestEveryKindOfQuestionIsShownAndSavedAsItIs(t *testing.T) {
	s := newSite(t)
	for _, q := range s.draft(t).Course.Topics[0].Questions {
		had := s.asked(q.ID)
		form := []string{"seen", s.hidden(s.get(questionPath+"/"+q.ID), "seen"), "unit", had.Unit}
		if had.Bank {
			form = append(form, "bank", "1")
		}
		for _, one := range had.Answers {
			form = append(form, "row", one.ID)
			if one.Right {
				form = append(form, "right", one.ID)
			}
		}
		for _, x := range had.fields() {
			form = append(form, x.name, x.text)
		}
		s.post(303, questionPath+"/"+q.ID, form...)
		if now := s.asked(q.ID); now.Stamp() != had.Stamp() {
			t.Errorf("%+v\nwas\n%+v", now, had)
		}
	}
}

func TestAPartIsMadeToStandOutOnThePageOfItsWords(t *testing.T) {
	s := newSite(t)
	path := "/en/desk/course/words?file=talk&block=u1.p1&lang=en"
	page := s.get(path)
	s.says(page, `value="warn"`)
	s.post(303, path, "text", "See everyone alone.", "seen", s.hidden(page, "seen"), "form", "warn")
	topic, _ := s.draft(t).Course.Topic("talk")
	if b := topic.Units[0].Blocks[0]; b.ID != "p1" || b.Form != "warn" {
		t.Errorf("%+v", b)
	}
	s.says(s.get(path), `value="warn" selected`)
	if page := s.get("/en/desk/course/words?file=talk&block=u1.p1&lang=de"); strings.Contains(page, `value="warn"`) {
		t.Error("a translation can be made to stand out alone")
	}
}
