package edit

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"amelie/internal/db/dbtest"
	"amelie/internal/i18n"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
	"amelie/locale"
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
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{T: t, office: newOffice(t, dbtest.Open(t, schemas...)), viewer: trainer}
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: texts, BaseURL: "https://learn.example.org", Now: func() time.Time { return s.now }})
	shell.Authenticate = func(*http.Request) (*web.Viewer, error) { return s.viewer, nil }
	rd := reading.New(reading.Config{Course: s.Course, Use: func(*web.Ctx, []string, string) (none reading.Use) { return none }, Signs: func(string, []string) []web.Choice { return nil }})
	rd.Mount(shell)
	(&Rooms{Service: s.Service, Reading: rd}).Mount(shell)
	s.Handler = shell.Handler()
	return s
}

func (s *site) send(status int, method, path string, form url.Values) string {
	s.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != status {
		s.Fatalf("%s %s: %d", method, path, w.Code)
	}
	return strings.ReplaceAll(html.UnescapeString(w.Body.String()), "\u00a0", " ")
}

func (s *site) get(path string) string { s.Helper(); return s.send(200, http.MethodGet, path, nil) }

func (s *site) post(status int, path string, pairs ...string) string {
	s.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
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
