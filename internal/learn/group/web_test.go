package group

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"amelie/internal/db/dbtest"
	"amelie/internal/learn/learntest"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

// site is the pages of a hall.
type site struct {
	*testing.T
	*hall
	http.Handler
	member *web.Viewer
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{T: t, hall: newHall(t, dbtest.Open(t, schemas...))}
	shell := learntest.Shell(t, func() time.Time { return s.now }, func() *web.Viewer { return s.member })
	rd := reading.New(reading.Config{Course: s.Course, Signs: func(string, []string) []web.Choice { return nil }})
	rooms := &Rooms{Service: s.Service, Reading: rd, BaseURL: "https://learn.example.org", MayTry: func(*http.Request) bool { return true }}
	rooms.Mount(shell)
	s.Handler = shell.Handler()
	return s
}

// device keeps its cookies as a browser does.
type device struct {
	*site
	cookies map[string]*http.Cookie // by path
}

func (s *site) device() *device { return &device{s, map[string]*http.Cookie{}} }

func (d *device) send(method, path string, pairs ...string) (*httptest.ResponseRecorder, string) {
	d.Helper()
	form := learntest.Form(pairs...)
	r := learntest.Request(method, path, form)
	for _, c := range d.cookies {
		if strings.HasPrefix(r.URL.Path+"/", c.Path+"/") {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || !strings.HasSuffix(c.Path, "/play") {
			d.Errorf("%s: a cookie for %s", path, c.Path)
		}
		if d.cookies[c.Path] = c; c.MaxAge < 0 {
			delete(d.cookies, c.Path)
		}
	}
	return w, learntest.Text(w)
}

func (d *device) says(path string, want ...string) string {
	d.Helper()
	_, page := d.send(http.MethodGet, path)
	for _, text := range want {
		if !strings.Contains(page, text) {
			d.Errorf("%s does not say %q", path, text)
		}
	}
	return page
}

var seedIn = regexp.MustCompile(`name="seed" value="([a-z2-7]+)"`)

func (d *device) joins(lang, code string) {
	d.Helper()
	seed := seedIn.FindStringSubmatch(d.says("/"+lang+"/play?code="+code, `value="`+code+`"`))[1]
	for range 2 {
		if w, _ := d.send(http.MethodPost, "/"+lang+"/play", "do", "join", "seed", seed, "code", code); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/"+lang+"/play" {
			d.Fatal(w.Code, w.Header())
		}
	}
}

// req: GROUP-3
func TestParticipantsPlayWithoutAnAccountInTheirOwnLanguageAndTakeTheirsBack(t *testing.T) {
	s := newSite(t)
	g := s.opens(t, 1)
	code := s.Code(g)
	one, two := s.device(), s.device()
	one.says("/en/play", "Type the code")
	if len(one.cookies) != 0 {
		t.Error("a cookie before anybody joined")
	}
	if w, page := one.send(http.MethodPost, "/en/play", "do", "join", "seed", strings.Repeat("a", seedLength), "code", "0000-0000"); w.Code != http.StatusUnprocessableEntity || !strings.Contains(page, "opens nothing") || !strings.Contains(page, "0000-0000") {
		t.Error(w.Code, "a guessed code")
	}
	one.joins("en", code)
	two.joins("de", strings.ToLower(code))
	if s.rows(t, "group_seat") != 2 {
		t.Fatal("pressed twice there are", s.rows(t, "group_seat"))
	}
	for _, c := range one.cookies {
		if c.MaxAge <= 0 || c.MaxAge > 24*60*60 {
			t.Error("the cookie outlives the group:", c.MaxAge)
		}
	}
	one.says("/en/play", "en words of s1.p1", "Do not count mine")
	two.says("/de/play", "de words of s1.p1")
	for range 2 { // the same press
		if w, _ := one.send(http.MethodPost, "/en/play", "place", "0", "choice", "a"); w.Code != http.StatusSeeOther {
			t.Fatal(w.Code)
		}
	}
	one.says("/de/play", "Place s2") // reloaded, in another language
	if w, _ := one.send(http.MethodPost, "/en/play", "place", "0", "choice", "b"); w.Header().Get("Location") != "/en/play?else=1" {
		t.Error("a decision was changed:", w.Header())
	}
	for _, wrong := range [][]string{{"place", "1", "choice", "z"}, {"place", "9", "choice", "a"}, {"place", "x", "choice", "a"}, {}} {
		if w, _ := one.send(http.MethodPost, "/en/play", wrong...); w.Code != http.StatusUnprocessableEntity {
			t.Error(wrong, w.Code)
		}
	}
	stranger := s.device()
	if w, _ := stranger.send(http.MethodPost, "/en/play", "place", "0", "choice", "a"); w.Header().Get("Location") != "/en/play" || s.rows(t, "playing_play") != 1 {
		t.Error("somebody without a seat plays")
	}
	one.send(http.MethodPost, "/en/play", "place", "1", "choice", "a")
	one.says("/en/play", "en words of e1.d1")
	if _, page := one.send(http.MethodPost, "/en/play", "do", "back"); !strings.Contains(page, "Not counted") || len(one.cookies) != 0 || s.rows(t, "playing_play") != 0 {
		t.Error("taken back, and still there")
	}
	s.now = g.Ends
	two.says("/de/play", "Diese Gruppe ist zu Ende", "/de/learn/case/corridor")
	two.send(http.MethodGet, "/de/play/leave")
	if len(two.cookies) != 0 {
		t.Error("the quick exit keeps the cookie")
	}
}

// req: GROUP-1
func TestATrainerShowsACodeAndSeesThePictureWhenThreeHaveFinished(t *testing.T) {
	s := newSite(t)
	desk := s.device()
	s.member = trainer
	page := desk.says("/en/learn/group", "Which case?", "In the corridor en")
	once := regexp.MustCompile(`name="once" value="([^"]+)"`).FindStringSubmatch(page)[1]
	if w, page := desk.send(http.MethodPost, "/en/learn/group", "once", once, "days", "3"); w.Code != http.StatusUnprocessableEntity || !strings.Contains(page, `value="3" checked`) {
		t.Error("no case was chosen, and what was is lost:", w.Code)
	}
	w, _ := desk.send(http.MethodPost, "/en/learn/group", "once", once, "days", "3", "case", "corridor")
	at := w.Header().Get("Location")
	if again, _ := desk.send(http.MethodPost, "/en/learn/group", "once", once, "days", "3", "case", "corridor"); again.Header().Get("Location") != "/en/learn/group" || s.rows(t, "group_group") != 1 {
		t.Error("pressed twice")
	}
	group := strings.TrimPrefix(at, "/en/learn/group/")
	g := s.sees(t, group).Group
	desk.says(at, `class="qr"`, "https://learn.example.org/play", "Nothing to show yet", "data-live")
	s.plays(t, g, "aa")
	s.plays(t, g, "b")
	if page := desk.says(at, "Nothing to show yet", "2 more have finished"); strings.Contains(page, "<svg class=\"group-graph\"") || strings.Contains(page, "e1.d1") {
		t.Error("two are shown")
	}
	s.plays(t, g, "ab")
	desk.says(at, `class="group-graph"`, "2 → 2", "1 → B", "en words of e1.d1", "en words of e2.d1", "3 came here")
	desk.says("/de/learn/group/"+group, "de words of e1.d1")
	for _, v := range []*web.Viewer{lead, insider, nurse} {
		s.member = v
		if w, _ := desk.send(http.MethodGet, at); w.Code != http.StatusNotFound {
			t.Error(v.UserID, w.Code)
		}
		if w, _ := desk.send(http.MethodPost, at+"/end"); w.Code != http.StatusNotFound {
			t.Error(v.UserID, w.Code)
		}
	}
	s.member = nurse
	if w, _ := desk.send(http.MethodGet, "/en/learn/group"); w.Code != http.StatusNotFound {
		t.Error("who may open none finds the room:", w.Code)
	}
	s.member = trainer
	desk.send(http.MethodPost, at+"/end")
	if page := desk.says(at, "Ended 4 March 2026", "deleted on"); strings.Contains(page, `class="qr"`) {
		t.Error("the code of a group that has ended")
	}
}
