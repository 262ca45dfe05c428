package edit

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"amelie/internal/learn"
	"amelie/internal/web"
)

var labels = Labels{
	Helps: func(string) ([]web.Choice, error) {
		return []web.Choice{{Value: "shelter", Label: "A safe bed"}}, nil
	},
	Steps: func(string) []web.Choice { return []web.Choice{{Value: "alone", Label: "Are you alone?"}} },
	Signs: func(string) []web.Choice { return []web.Choice{{Value: "documents", Label: "Papers held by another"}} },
}

const topicPath = "/en/desk/course/topic/talk"

// units are those of the working copy in their order.
func (s *site) units() string {
	s.Helper()
	topic, _ := s.draft(s).Course.Topic("talk")
	var out []string
	for _, u := range topic.Units {
		out = append(out, u.ID)
	}
	return strings.Join(out, " ")
}

// req: EDIT-4
func TestAUnitIsMadeSetMovedTakenOutAndBroughtBack(t *testing.T) {
	s := newSite(t)
	s.says(s.get(topicPath+"/unit"), "A safe bed", "The guide")
	fresh := []string{"title", "On the phone", "text", "Ask first who listens [a-guide-2022].", "minutes", "4", "use", "guide", "use", "signs", "help", "shelter"}
	s.post(303, topicPath+"/unit", fresh...)
	s.says(s.get(topicPath), "On the phone", "4 minutes")
	s.says(s.get(topicPath+"/u3"), "Ask first who listens")
	u, _ := s.draft(t).Course.Topics[0].Unit("u3")
	if u.Minutes != 4 || strings.Join(u.Use, " ") != "guide signs" || u.Help != "shelter" || len(u.Blocks) != 1 {
		t.Errorf("%+v", u)
	}
	s.post(303, topicPath, "do", "up u3")
	if got := s.units(); got != "u1 u3 u2" {
		t.Error(got)
	}
	s.post(303, topicPath, "do", "up u1") // it is the first already
	seen := s.hidden(s.get(topicPath+"/unit/u3"), "seen")
	s.post(303, topicPath+"/unit/u3", "seen", seen, "minutes", "2")
	s.says(s.post(409, topicPath+"/unit/u3", "seen", seen, "minutes", "5", "help", "shelter"), "Somebody changed this meanwhile", `value="5" selected`)
	s.post(303, topicPath+"/unit/u3", "do", "remove")
	if got := s.units(); got != "u1 u2" {
		t.Error(got)
	}
	if p := s.draft(t).Problems; len(p) > 0 {
		t.Error("words of it are left over", p)
	}
	s.post(303, topicPath+"/unit", fresh...)
	s.get(topicPath + "/u4") // u3 is never given again
}

// A unit leaves the tracks with it, and what it asked stays.
func TestAUnitThatIsTakenOutLeavesItsTracksAndItsQuestions(t *testing.T) {
	s := newSite(t)
	s.says(s.get(topicPath+"/unit/u2"), "reception en", "4 questions")
	s.post(303, topicPath+"/unit/u2", "do", "remove")
	d := s.draft(t)
	if len(d.Problems) > 0 {
		t.Error(d.Problems)
	}
	if track, _ := d.Course.Track("reception"); len(track.Units) != 1 || len(d.Course.Topics[0].Questions) != 6 {
		t.Errorf("%+v", track)
	}
	s.post(409, topicPath+"/unit/u1", "do", "remove") // the last one
	s.publishes(t)
	s.acts(t, Added, func(b *Bench) error {
		_, err := b.AddUnit("talk", UnitSet{Minutes: 1}, learn.Text{Body: "## Again"}, learn.Text{Body: "Again."})
		return err
	})
	s.post(409, topicPath+"/unit/u1", "do", "remove") // the only one of the essentials
}

func TestAUnitThatCannotBeIsRefusedAndNothingTypedIsLost(t *testing.T) {
	s := newSite(t)
	for said, form := range map[string][]string{
		"Write something here.":       {"title", "", "text", "Typed.", "minutes", "3"},
		"not among the works of this": {"title", "On", "text", "Typed. [nothing-2020]", "minutes", "3"},
		"has-wrong":                   {"title", "On", "text", "Typed.", "minutes", "6"},
	} {
		s.says(s.post(422, topicPath+"/unit", form...), said, "Typed.")
	}
	if got := s.units(); got != "u1 u2" || s.draft(t).Revision != 0 {
		t.Error(got)
	}
	s.viewer = insider
	s.send(404, http.MethodGet, topicPath+"/unit", nil)
	s.viewer = admin
	s.post(403, topicPath+"/unit/u2", "do", "remove")
}

const casePath = "/en/desk/course/case"

// corridor is the case of the small course as the working copy has it.
func (s *site) corridor(name string) *learn.Case {
	s.Helper()
	c, ok := s.draft(s).Course.Case(name)
	if !ok {
		s.Fatalf("there is no case %s", name)
	}
	return c
}

func TestACaseIsShownAsItsGraph(t *testing.T) {
	s := newSite(t)
	page := s.get(casePath + "/corridor")
	s.says(page, "1</span>", "Place s1", `href="#s2"`, "2 · Place s2", "opens a door", "could do harm", "Comes from", "1 sign can be noticed", "A door has closed")
	if strings.Contains(page, "needs work") {
		t.Error("something is said to be wrong with it")
	}
	s.says(s.get(casePath+"/corridor/at/s1"), "en words of s1.a", `value="s2" selected`, "Are you alone?", "Papers held by another", "The case begins here.")
	s.says(s.get(casePath+"/corridor/at/e2"), "en words of e2.d1", `value="closed" selected`)
	s.send(404, http.MethodGet, casePath+"/corridor/at/s9", nil)
	s.send(404, http.MethodGet, casePath+"/nothing", nil)
}

// form is a scene as its page sends it.
func form(seen string, pairs ...string) []string {
	return append([]string{"seen", seen, "title", "At the door", "text-row", "p1", "text.p1", "He waits outside."}, pairs...)
}

var twoWays = []string{"way-row", "a", "way.a", "Ask her to come in.", "to.a", "s2", "effect.a", "helps", "tests.a", "alone", "way-row", "1", "way.1", "Call the next one.", "to.1", "e2", "effect.1", "costs"}

// req: EDIT-4
func TestAScenesTextAndChoicesAreChangedAndTheTranslationsFollow(t *testing.T) {
	s := newSite(t)
	path := casePath + "/corridor/at/s1"
	seen := s.hidden(s.get(path), "seen")
	s.says(s.post(200, path, form(seen, append(twoWays, "do", "add way")...)...), `tabindex="-1" data-focus><legend>Choice 3`, "Call the next one.")
	if page := s.post(200, path, form(seen, append(twoWays, "do", "drop 1")...)...); strings.Contains(page, "Call the next one.") {
		t.Error("it is still there")
	}
	if s.draft(t).Revision != 0 {
		t.Fatal("a button within the form saved something")
	}
	s.post(303, path, form(seen, append(twoWays, "shows", "documents")...)...)
	scene, _ := s.corridor("corridor").Scene("s1")
	if len(scene.Choices) != 2 || scene.Choices[1].ID != "c" || scene.Choices[1].To != "e2" || scene.Choices[0].Tests != "alone" || len(scene.Shows) != 1 {
		t.Errorf("%+v", scene)
	}
	d := s.draft(t)
	if !d.Course.Stale("case/corridor", "de", "s1.a") || d.Course.Words("case/corridor", "de").Has("s1.b") {
		t.Error("the translations did not follow")
	}
	s.says(s.get(casePath+"/corridor"), "Words are missing in", "Deutsch (1)", "1 place needs work")
	s.says(s.post(409, path, form(seen, twoWays...)...), "Somebody saved this text meanwhile", "Call the next one.", `name="way.1"`)
	s.says(s.post(422, path, form(seen, "way-row", "a", "way.a", "")...), "Write something here.", "He waits outside.")
	s.post(422, path, form(seen, "way-row", "a", "way.a", "Go", "to.a", "s77")...)
	s.post(422, path, "seen", seen, "title", "No text")
}

// Whatever is wrong with a graph is kept, said beside its place, and not
// published.
//
// req: EDIT-3
func TestAGraphThatIsNotWholeIsKeptSaidAndNotPublished(t *testing.T) {
	for said, pairs := range map[string][]string{
		"Leads nowhere yet.":                    {"way-row", "a", "way.a", "Go", "to.a", "", "effect.a", "helps", "way-row", "b", "way.b", "Stay", "to.b", "s2", "effect.b", "helps"},
		"A dead end: it needs":                  {"way-row", "a", "way.a", "Go", "to.a", "s2", "effect.a", "helps"},
		"It is not said what this does.":        {"way-row", "a", "way.a", "Go", "to.a", "s2", "way-row", "b", "way.b", "Stay", "to.b", "e2", "effect.b", "helps"},
		"No way leads here.":                    {"way-row", "a", "way.a", "Go", "to.a", "e2", "effect.a", "helps", "way-row", "b", "way.b", "Stay", "to.b", "e2", "effect.b", "helps"},
		"From here a way leads back to itself.": {"way-row", "a", "way.a", "Go", "to.a", "s2", "effect.a", "helps", "way-row", "b", "way.b", "Stay", "to.b", "e2", "effect.b", "helps"},
	} {
		t.Run(said, func(t *testing.T) {
			s := newSite(t)
			path := casePath + "/corridor/at/s1"
			s.post(303, path, form(s.hidden(s.get(path), "seen"), pairs...)...)
			if strings.HasPrefix(said, "From here") {
				path = casePath + "/corridor/at/s2"
				s.post(303, path, form(s.hidden(s.get(path), "seen"), "way-row", "a", "way.a", "Back", "to.a", "s1", "effect.a", "helps", "way-row", "b", "way.b", "On", "to.b", "e1", "effect.b", "helps")...)
			}
			s.says(s.get(casePath+"/corridor"), said, "work before this can be published")
			s.get("/en/desk/course/view/case/corridor?way=a.a.a")
			s.says(s.get("/en/desk/course/publish"), `href="/en/desk/course/case/corridor"`)
			s.post(422, "/en/desk/course/publish", "revision", strconv.FormatInt(s.draft(t).Revision, 10))
		})
	}
	s := newSite(t)
	path := casePath + "/corridor/at/e1"
	s.post(303, path, form(s.hidden(s.get(path), "seen"), "outcome", "")...)
	s.says(s.get(casePath+"/corridor"), "Nobody looks back here yet.", "It is not said how this ends.")
}

// req: EDIT-4
func TestACaseIsMadeFromNothingPublishedTakenOutAndBroughtBack(t *testing.T) {
	s := newSite(t)
	s.says(s.post(422, casePath, "title", "The lift", "text", "", "setting", "ward", "minutes", "5"), "Write something here.", "The lift")
	s.post(303, casePath, "title", "The lift", "text", "You are a porter.", "setting", "ward", "minutes", "5", "topics", "talk")
	path := casePath + "/case-1"
	s.says(s.get(path), "The lift", "No scene yet.", "Ward")
	s.post(303, path+"/scene", "title", "Between floors", "text-row", "1", "text.1", "The lift stops.", "way-row", "2", "way.2", "Talk.", "effect.2", "helps", "way-row", "3", "way.3", "Be silent.", "effect.3", "costs")
	s.says(s.get(path), "Leads nowhere yet.", path+"/ending?from=s1.a", "The case begins here.")
	ending := func(from, outcome string) {
		s.post(303, path+"/ending?from="+from, "title", "Out "+outcome, "text-row", "1", "text.1", "The door opens.", "debrief-row", "2", "debrief.2", "Looking back.", "outcome", outcome)
	}
	ending("s1.a", "safer")
	ending("s1.b", "open")
	if c := s.corridor("case-1"); c.Start != "s1" || c.Scenes[0].Choices[0].To != "e1" || c.Scenes[0].Choices[1].To != "e2" {
		t.Errorf("%+v", c)
	}
	for _, block := range []string{"title:# Der Aufzug", "lead:Sie bringen Betten.", "s1:### Zwischen den Stockwerken", "s1.p1:Er hält.", "s1.a:Reden.", "s1.b:Schweigen.", "e1:### Hinaus", "e1.p1:Die Tür geht auf.", "e1.d1:Rückblick.", "e2:### Hinaus", "e2.p1:Die Tür geht auf.", "e2.d1:Rückblick."} {
		id, body, _ := strings.Cut(block, ":")
		s.acts(t, Wrote, func(b *Bench) error { return b.Put("case/case-1", "de", id, body) })
	}
	s.publishes(t)
	s.says(s.get("/de/learn/case/case-1"), "Der Aufzug", "Zwischen den Stockwerken")
	s.post(303, path+"/at/e2", "do", "remove")
	s.says(s.get(path), "Leads nowhere yet.")
	s.post(404, path+"/at/e2", "do", "remove")
	s.post(409, casePath+"/corridor/at/s1", "do", "remove") // it begins there
	s.bringsBack()
	if c := s.corridor("case-1"); len(c.Endings) != 2 || c.Scenes[0].Choices[1].To != "e2" || len(s.draft(t).Problems) > 0 {
		t.Errorf("%+v %v", c, s.draft(t).Problems)
	}
	s.post(303, path+"/set", "do", "remove")
	if d := s.draft(t); len(d.Course.Cases) != 1 || len(d.Problems) > 0 {
		t.Errorf("%d cases, %v", len(d.Course.Cases), d.Problems)
	}
	s.publishes(t)
	s.send(404, http.MethodGet, "/de/learn/case/case-1", nil)
	s.post(303, casePath, "title", "Another", "text", "You are.", "setting", "ward", "minutes", "5")
	s.get(casePath + "/case-2") // case-1 is never given again
	s.post(303, casePath+"/case-2/set", "do", "remove")
	s.bringsBack()
	s.get(casePath + "/case-2")
}

// bringsBack undoes the structure of the newest act in the history.
func (s *site) bringsBack() {
	s.Helper()
	change := regexp.MustCompile(`order and parts</p>\s*<p class="actions"><button class="btn quiet small" name="do" value="([0-9a-f-]+) before"`).FindStringSubmatch(s.get("/en/desk/course/history"))
	if change == nil {
		s.Fatal("nothing can be brought back")
	}
	s.post(303, "/en/desk/course/history", "do", change[1]+" before")
}

// What is set for a case, and by whom it may not be.
func TestACaseIsSetAndTwoEditorsSeeBoth(t *testing.T) {
	s := newSite(t)
	path := casePath + "/corridor/set"
	seen := s.hidden(s.get(path), "seen")
	s.post(303, path, "seen", seen, "setting", "ward", "minutes", "6", "start", "s2")
	if c := s.corridor("corridor"); c.Start != "s2" || c.Minutes != 6 || c.Setting != "ward" || len(c.Topics) > 0 {
		t.Errorf("%+v", c)
	}
	s.says(s.post(409, path, "seen", seen, "setting", "home", "minutes", "7"), "Somebody changed this meanwhile", `value="home" selected`)
	s.post(422, path, "seen", seen, "setting", "moon", "minutes", "7")
	s.viewer = admin
	s.get(path)
	s.post(403, casePath+"/corridor/at/e1", "do", "remove")
	s.viewer = insider
	s.send(404, http.MethodGet, casePath+"/corridor", nil)
	s.send(404, http.MethodGet, casePath, nil)
}
