package ask

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var fields = []Field{
	{Name: "one", Kind: Choose, Options: Options("a", "b")},
	{Name: "many", Kind: Tick, Options: Options("a", "b", "c")},
	{Name: "line", Kind: Short, Max: 5},
}

func TestARealAnswerStandsAndNotKnownGivesWay(t *testing.T) {
	for want, posted := range map[string][]string{"a": {"unknown", "a"}, "unknown": {"unknown", "unsaid"}, "a b": {"a", " b ", "a"}, "": {" "}} {
		a, wrong := Clean(fields, map[string][]string{"many": posted}, Faults{})
		if got := strings.Join(a["many"], " "); got != want || len(wrong) != 0 {
			t.Errorf("%v: %q %v", posted, got, wrong)
		}
	}
}

func TestWhatCannotBeTakenIsNamedAndKept(t *testing.T) {
	a, wrong := Clean(fields, map[string][]string{"one": {"z"}, "line": {"too long"}, "other": {"x"}}, Faults{Option: "o", Long: "l"})
	if len(wrong) != 2 || wrong[0].Key != "o" || wrong[1].Key != "l" || a.One("line") != "too long" || a["other"] != nil {
		t.Errorf("%v %v", a, wrong)
	}
}

func TestCleaningTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		posted := rapid.MapOf(rapid.SampledFrom([]string{"one", "many", "line", "x"}), rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "unknown", "unsaid", " ", "five5"}))).Draw(t, "posted")
		once, _ := Clean(fields, posted, Faults{})
		twice, _ := Clean(fields, once, Faults{})
		for _, f := range fields {
			if !slices.Equal(once[f.Name], twice[f.Name]) {
				t.Fatalf("%v, then %v", once, twice)
			}
		}
	})
}
