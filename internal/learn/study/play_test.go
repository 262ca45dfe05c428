package study

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"amelie/internal/fault"
	"amelie/internal/learn/playing"
)

// req: STUDY-5
func TestAPathGoesOnOnAnotherDeviceIsKeptApartAndForgottenWithTheLearner(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		l, _, _ := x.begins(t)
		other, _, _ := x.begins(t)
		first, second := playing.NewID(), playing.NewID()
		choose := func(l Learner, play string, place int, choice string) error {
			return x.Choose(ctx, l, play, "corridor", place, choice)
		}
		if err := choose(l, first, 0, "a"); err != nil {
			t.Fatal(err)
		}
		x.now = x.now.Add(3 * time.Minute)
		if err := choose(l, first, 0, "a"); err != nil { // the other device, the same press
			t.Fatal(err)
		}
		if err := choose(l, first, 0, "b"); !errors.Is(err, playing.ErrElse) {
			t.Error("the other device changed what was decided:", err)
		}
		if err := choose(l, first, 1, "b"); err != nil {
			t.Fatal(err)
		}
		if err := choose(l, second, 0, "b"); err != nil {
			t.Fatal(err)
		}
		if err := choose(other, first, 0, "b"); err != nil {
			t.Fatal("the name of another's playing means nothing:", err)
		}
		if err := x.Other(ctx, other, second, 1, playing.NewID()); fault.KindOf(err) != fault.NotFound {
			t.Error("another's playing was copied:", err)
		}
		if err := x.Other(ctx, l, first, 1, playing.Named("press")); err != nil {
			t.Fatal(err)
		}
		rec, err := x.Record(ctx, l)
		if err != nil || len(rec.Plays) != 3 {
			t.Fatal(rec.Plays, err)
		}
		list, err := x.Plays(ctx, l, "corridor")
		if err != nil || len(list) != 3 {
			t.Fatal(list, err)
		}
		for _, p := range list {
			want := map[string]string{first: "ab", second: "b", playing.Named("press"): "a"}[p.ID]
			if strings.Join(p.Way(), "") != want || p.Over() == (want == "a") {
				t.Errorf("%s: %v", want, p)
			}
			if p.ID == first && p.Steps[1].Minute != 3 {
				t.Error(p.Steps)
			}
		}
		if err := x.Forget(ctx, l); err != nil {
			t.Fatal(err)
		}
		if n := x.rows(t, "playing_play"); n != 1 {
			t.Error("rows left:", n)
		}
		if err := choose(l, first, 0, "a"); fault.KindOf(err) != fault.NotFound {
			t.Error("another device writes after the end:", err)
		}
	})
}

var playAction = regexp.MustCompile(`action="/../study(/case/corridor/[0-9a-f-]{36})"`)

func TestACaseIsPlayedOnTwoDevicesInTwoLanguagesAndTakenAlong(t *testing.T) {
	s := newSite(t)
	s.begin()
	phone := s.cookies
	page := s.get("/en/study/case/corridor")
	s.says(page, "en words of s1.a", `method="post"`)
	at := playAction.FindStringSubmatch(page)[1]
	if s.rows(t, "playing_play") != 0 {
		t.Error("opening a case keeps something")
	}
	for range 2 {
		if to := s.post("/en/study"+at, "place", "0", "choice", "a"); to != "/en/study"+at {
			t.Fatal(to)
		}
	}
	if to := s.send(http.MethodGet, "/de/study/case/corridor", nil).Header().Get("Location"); to != "/de/study"+at {
		t.Error("a case that goes on is not gone on with:", to)
	}
	s.says(s.get("/de/study"+at), "Place s2", "de words of s2.a")
	if to := s.post("/de/study"+at, "place", "0", "choice", "b"); to != "/de/study"+at+"?else=1" {
		t.Error(to)
	}
	s.says(s.get("/de/study"+at+"?else=1"), "schon entschieden")
	s.post("/de/study"+at, "place", "1", "choice", "b")
	s.says(s.get("/en/study"+at), "en words of e2.d1", "Play again") // the debrief
	once := "0123456789abcdef"
	back := s.post("/en/study"+at, "do", "other", "place", "1", "once", once)
	if again := s.post("/en/study"+at, "do", "other", "place", "1", "once", once); again != back || s.rows(t, "playing_play") != 2 {
		t.Error(again, back)
	}
	s.says(s.get(back), "Place s2", "Played before", "Place e2")
	s.says(s.get("/en/study"), "In the corridor en", "Not finished")
	s.says(s.get("/en/study/mine"), "2 cases played")

	var taken Taken
	if err := json.Unmarshal([]byte(s.get("/en/study/mine/progress.json")), &taken); err != nil || len(taken.Plays) != 2 || taken.Plays[0].Case != "corridor" {
		t.Fatal(taken.Plays, err)
	}
	var told []Statement
	if err := json.Unmarshal([]byte(s.get("/en/study/mine/statements.json")), &told); err != nil {
		t.Fatal(err)
	}
	verbs, names := map[string]int{}, map[string]bool{}
	for _, one := range told {
		if one.Context == nil || "/case/corridor/"+one.Context.Registration != at && len(one.Context.Registration) != 36 {
			t.Error(one)
		}
		verbs[one.Verb.Display["en"]]++
		names[one.ID] = true
	}
	if verbs["responded"] != 3 || verbs["completed"] != 1 || len(names) != 4 {
		t.Error(verbs, len(names))
	}

	s.cookies = map[string]*http.Cookie{}
	s.begin()
	if strings.Contains(s.get("/en/study"+at), "en words of e2.d1") {
		t.Error("another learner sees the playing")
	}
	w := s.send(http.MethodPost, "/en/study"+at, url.Values{"place": {"1"}, "choice": {"a"}})
	if w.Code != http.StatusUnprocessableEntity {
		t.Error("a choice in the middle of nothing:", w.Code)
	}
	s.cookies = phone
	s.says(s.get("/en/study"+at), "en words of e2.d1")
}

func TestACaseThatHasChangedKeepsWhatWasChosenAndSaysSo(t *testing.T) {
	s := newSite(t)
	s.begin()
	at := playAction.FindStringSubmatch(s.get("/en/study/case/corridor"))[1]
	s.post("/en/study"+at, "place", "0", "choice", "a")
	s.course.Cases[0].Scenes[0].Choices[0].ID = "x"
	s.says(s.get("/en/study"+at), "This case has changed")
	if s.rows(t, "playing_play") != 1 {
		t.Error("gone")
	}
}

var heldFields = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// sentOn are the fields of the form that leads to an address.
func sentOn(page, to string) url.Values {
	out := url.Values{}
	_, form, _ := strings.Cut(page, `action="`+to+`"`)
	form, _, _ = strings.Cut(form, "</form>")
	for _, field := range heldFields.FindAllStringSubmatch(form, -1) {
		out.Add(field[1], field[2])
	}
	return out
}

// req: STUDY-8
func TestWhatIsSentAfterTheCookieEndedComesBackWithTheCode(t *testing.T) {
	s := newSite(t)
	code := s.begin()
	s.cookies = map[string]*http.Cookie{} // the device forgot
	w := s.send(http.MethodPost, "/en/study/talk/u1", url.Values{"q1": {"b"}, "q2": {"a", "b"}})
	if w.Code != http.StatusUnauthorized {
		t.Fatal(w.Code)
	}
	s.says(w.Body.String(), "is not lost")
	byCode := func() url.Values {
		_, form, _ := strings.Cut(w.Body.String(), `id="code-h"`)
		return sentOn(form, "/en/study")
	}
	again := byCode()
	again.Set("do", "code")
	again.Set("code", "wrong")
	w = s.send(http.MethodPost, "/en/study", again)
	again = byCode()
	if w.Code != http.StatusUnprocessableEntity || again.Get("held-to") != "/en/study/talk/u1" {
		t.Fatal("lost with a wrong code:", w.Code, again)
	}
	again.Set("do", "code")
	again.Set("code", code)
	w = s.send(http.MethodPost, "/en/study", again)
	back := sentOn(w.Body.String(), "/en/study/talk/u1")
	if w.Code != http.StatusOK || s.rows(t, "study_answer") != 0 {
		t.Fatal(w.Code, "kept without a press")
	}
	if w = s.send(http.MethodPost, "/en/study/talk/u1", back); w.Code != http.StatusSeeOther || s.rows(t, "study_answer") != 2 {
		t.Error(w.Code, back)
	}
	for _, elsewhere := range []string{"https://example.org/", "//example.org/study/x", "/en/learn", "/en/study", "/de/study/talk/u1"} {
		w = s.send(http.MethodPost, "/en/study", url.Values{"do": {"code"}, "code": {code}, "held-to": {elsewhere}, "held.q1": {"b"}})
		if w.Code != http.StatusSeeOther {
			t.Error("sent on to", elsewhere)
		}
	}
}

func TestATickedAnswerCanBeEmptiedAndAnotherDevicesStays(t *testing.T) {
	s := newSite(t)
	s.begin()
	s.post("/en/study/talk/u1", "q2", "a", "q1", "b")
	page := s.get("/en/study/talk/u1")
	s.says(page, `name="q2.had"`)
	s.post("/en/study/talk/u1", "q1", "b", "q1.had", "1") // this page had shown nothing ticked in q2
	if s.rows(t, "study_answer") != 2 {
		t.Error("what another device answered is gone")
	}
	s.post("/en/study/talk/u1", "q1", "b", "q1.had", "1", "q2.had", "1")
	if s.rows(t, "study_answer") != 1 || strings.Contains(s.get("/en/study/talk/u1"), `name="q2.had"`) {
		t.Error("it is still there")
	}

	s.post("/en/study/test/talk", "do", "begin")
	page = s.get("/en/study/test/talk?part=1")
	attempt := attemptIn.FindStringSubmatch(page)[1]
	fields := []string{"attempt", attempt, "part", "1", "do", "next"}
	s.post("/en/study/test/talk", append(fields, "talk.q2", "a")...)
	open := func() string { return s.get("/en/study/test/talk?part=1") + s.get("/en/study/test/talk?part=2") }
	if !strings.Contains(open(), `name="talk.q2.had"`) {
		t.Fatal("not kept")
	}
	s.post("/en/study/test/talk", append(fields, "talk.q2.had", "1")...)
	if strings.Contains(open(), `name="talk.q2.had"`) {
		t.Error("a tick of a test cannot be taken away")
	}
}
