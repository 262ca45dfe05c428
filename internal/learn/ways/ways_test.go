package ways_test

import (
	"strings"
	"testing"

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
