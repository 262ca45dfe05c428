package atlas

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func someDots(t *rapid.T, s *sheet) []dot {
	var dots []dot
	for i := range rapid.IntRange(0, 120).Draw(t, "towns") {
		shape := s.shapes[rapid.IntRange(0, len(s.shapes)-1).Draw(t, "region")]
		dots = append(dots, dot{unit: shape.code, town: i, n: rapid.IntRange(1, 500).Draw(t, "n"), at: point{
			shape.label.x + rapid.Float64Range(-2, 2).Draw(t, "x")*shape.room,
			shape.label.y + rapid.Float64Range(-2, 2).Draw(t, "y")*shape.room,
		}})
	}
	return dots
}

func aSheet(t *rapid.T) *sheet {
	return sheets.country[rapid.SampledFrom([]string{"BE", "DE", "GR", "IT"}).Draw(t, "country")]()
}

func TestCirclesNeverLieOnEachOtherAndLoseNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aSheet(t)
		dots := someDots(t, s)
		spots := gatherSpots(dots, s.height)
		want, got, towns := map[string]int{}, map[string]int{}, 0
		for _, d := range dots {
			want[d.unit] += d.n
		}
		for i, a := range spots {
			got[a.unit] += a.n
			towns += a.towns
			if a.at.x < a.r-1 || a.at.x > wide-a.r+1 || a.at.y < a.r-1 || a.at.y > s.height-a.r+1 {
				t.Fatalf("a circle leaves the sheet: %+v", a)
			}
			for _, b := range spots[i+1:] {
				if math.Hypot(a.at.x-b.at.x, a.at.y-b.at.y) < a.r+b.r {
					t.Fatalf("%+v lies on %+v", a, b)
				}
			}
		}
		if fmt.Sprint(want) != fmt.Sprint(got) || towns != len(dots) {
			t.Fatalf("%v in %d towns became %v in %d", want, len(dots), got, towns)
		}
	})
}

func TestTheSameTownsInAnyOrderMakeTheSameMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aSheet(t)
		dots := someDots(t, s)
		shuffled := rapid.Permutation(dots).Draw(t, "order")
		if a, b := gatherSpots(dots, s.height), gatherSpots(shuffled, s.height); !slices.Equal(a, b) {
			t.Fatalf("%v\n%v", a, b)
		}
	})
}

func TestNamesLieOnNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aSheet(t)
		spots := gatherSpots(someDots(t, s), s.height)
		text := map[string]string{}
		for _, d := range s.shapes {
			text[d.code] = rapid.StringMatching(`[A-ZΑ-Ω][a-zα-ω]{1,8}( [A-Z][a-z]{2,12})?`).Draw(t, "name")
		}
		names := placeNames(s.shapes, spots, text, s.height)
		for _, z := range []size{onPhone, onWide} {
			var boxes []box
			for _, sp := range spots {
				boxes = append(boxes, sp.box(z.circles))
			}
			first := len(boxes)
			for _, n := range names {
				if n.wideOnly && z == onPhone {
					continue
				}
				b := z.box(n.width, n.at)
				if b.left < 0 || b.right > wide || b.top < 0 || b.bottom > s.height {
					t.Fatalf("%q leaves the sheet", n.text)
				}
				for i, other := range boxes {
					if b.meets(other) {
						t.Fatalf("%q lies on %v (name: %v)", n.text, other, i >= first)
					}
				}
				boxes = append(boxes, b)
			}
		}
	})
}

func TestACircleIsLargeEnoughForAFingerOnTheNarrowestPhone(t *testing.T) {
	const pixels = 358.0 / wide
	if d := 2 * radius(1) * pixels; d < 24 {
		t.Errorf("the smallest circle is %.1f pixels across", d)
	}
	if radius(1) >= radius(2) || radius(10) >= radius(20) {
		t.Error("more services make no larger circle")
	}
}

func TestShadesRiseWithTheCountAndNoneIsTheLightest(t *testing.T) {
	for _, c := range []struct {
		most int
		from []int
	}{{0, []int{0}}, {1, []int{0, 1}}, {3, []int{0, 1, 2}}, {20, []int{0, 1, 2, 4, 9}}, {5000, []int{0, 1, 8, 71, 595}}} {
		got := scale(c.most)
		if !slices.Equal(got, c.from) {
			t.Errorf("up to %d: %v, want %v", c.most, got, c.from)
		}
		if len(got) > steps || shadeOf(0, got) != 0 || c.most > 0 && shadeOf(c.most, got) != steps-1 {
			t.Errorf("up to %d: none is %d, most is %d", c.most, shadeOf(0, got), shadeOf(c.most, got))
		}
		for n := range min(c.most, 100) {
			if shadeOf(n, got) > shadeOf(n+1, got) {
				t.Errorf("%d is darker than %d", n, n+1)
			}
		}
	}
}
