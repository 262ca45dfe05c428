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
