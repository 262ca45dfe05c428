package edit

import (
	"net/http"
	"strings"
	"testing"

	"amelie/internal/learn"
	"amelie/internal/web"
)

var labels = Labels{
	Helps: func(string) []web.Choice { return []web.Choice{{Value: "shelter", Label: "A safe bed"}} },
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
