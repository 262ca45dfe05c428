package ways_test

import (
	"strconv"
	"strings"
	"testing"

	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
	"amelie/internal/learn/ways"
)

func TestEveryPlaceAndEveryWayOfACaseIsDrawnWithAndWithoutCounts(t *testing.T) {
	c, _ := learntest.Course(t).Case("corridor")
	bare := string(ways.Draw(c, nil, "The case", "Numbers & letters"))
	for drawn, n := range map[string]int{"<circle": 2, "<rect": 2, `class="way"`: 4, `class="n"`: 0, "never": 0, "Numbers &amp; letters": 1} {
		if got := strings.Count(bare, drawn); got != n {
			t.Errorf("%d of %s, not %d", got, drawn, n)
		}
	}
	counted := string(ways.Draw(c, &ways.Counts{Of: 3, At: map[string]int{"s1": 3, "s2": 3, "e1": 3}, Way: map[string]map[string]int{"s1": {"s2": 3}, "s2": {"e1": 3}}}, "", ""))
	for drawn, n := range map[string]int{`class="n"`: 4, `class="way never"`: 2, `class="spot never"`: 1, `stroke-width="14.0"`: 2} {
		if got := strings.Count(counted, drawn); got != n {
			t.Errorf("counted: %d of %s, not %d", got, drawn, n)
		}
	}
}

// A case of forty scenes that each lead twice to the next has 2 to the 40 paths.
func TestACaseWithMorePathsThanCanBeWalkedIsDrawnDownwards(t *testing.T) {
	const scenes = 40
	c := &learn.Case{ID: "long", Start: "s1", Endings: []learn.Ending{{ID: "e1"}}}
	for n := 1; n <= scenes; n++ {
		next := "s" + strconv.Itoa(n+1)
		if n == scenes {
			next = "e1"
		}
		c.Scenes = append(c.Scenes, learn.Scene{ID: "s" + strconv.Itoa(n), Choices: []learn.Choice{{ID: "a", To: next}, {ID: "b", To: next}, {ID: "c", To: "e1"}}})
	}
	drawn := string(ways.Draw(c, nil, "", ""))
	if got := strings.Count(drawn, "<circle"); got != scenes || !strings.Contains(drawn, `viewBox="0 0 360 `+strconv.Itoa(76*(scenes+1))+`"`) {
		t.Errorf("%d scenes in %.80s", got, drawn)
	}
}
