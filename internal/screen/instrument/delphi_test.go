package instrument

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The four clauses as the publication lists them, on purpose not the closed
// form of the code.
func fourClauses(s, m, w int) bool {
	switch {
	case s >= 2:
		return true
	case s >= 1 && m+w >= 1:
		return true
	case m >= 3:
		return true
	case m >= 2 && w >= 1:
		return true
	}
	return false
}

// req: INSTRUMENT-1
func TestADimensionIsPositiveExactlyByTheFourClauses(t *testing.T) {
	for s := range 20 {
		for m := range 20 {
			for w := range 20 {
				if got, want := (tally{s, m, w}).positive(), fourClauses(s, m, w); got != want {
					t.Errorf("%d strong, %d medium, %d weak: %v, want %v", s, m, w, got, want)
				}
			}
		}
	}
}

// bits makes a set of dimensions from letters: Deceptive, Coercive and
// Vulnerability at recruitment; eXploitation; K coercion and W vulnerability at
// destination.
func bits(letters string) (f found) {
	for _, l := range letters {
		f |= map[rune]found{'D': bitDeception, 'C': bitCoercion, 'V': bitVulnerability, 'X': bitExploitation, 'K': bitControl, 'W': bitDependence}[l]
	}
	return f
}

// req: INSTRUMENT-2
func TestTheRuleOfTheCaseDecidesEveryCombination(t *testing.T) {
	table := []struct {
		dimensions   string
		adult, child Class
	}{
		{"", NoPattern, NoPattern},              // case A of the worked example
		{"X", ExploitationOnly, Trafficking},    // case B
		{"DX", WithDeception, Trafficking},      // case C
		{"DXK", Trafficking, Trafficking},       // case D by deception
		{"CXK", Trafficking, Trafficking},       // case D by coercion
		{"DCXK", Trafficking, Trafficking},      // case D by both
		{"CX", WithCoercion, Trafficking},       // not in the source: no coercion at destination
		{"DCX", WithCoercion, Trafficking},      // not in the source: the graver of the two
		{"VX", WithVulnerability, Trafficking},  // not in the source: vulnerability alone
		{"WX", WithVulnerability, Trafficking},  // the same, at destination
		{"VWX", WithVulnerability, Trafficking}, // the same, at both
		{"VXK", Trafficking, Trafficking},       // not in the source: vulnerability supplies the means
		{"XK", Coerced, Trafficking},            // not in the source: recruited without means
		{"WXK", Coerced, Trafficking},           // vulnerability at destination recruits nobody
		{"DVX", WithDeception, Trafficking},     // vulnerability reinforces
		{"CVWX", WithCoercion, Trafficking},     // the same
		{"DCVXKW", Trafficking, Trafficking},    // everything
		{"D", MeansOnly, MeansOnly},             // means without purpose
		{"K", MeansOnly, MeansOnly},             // the same
		{"DCVKW", MeansOnly, MeansOnly},         // all means, no purpose
		{"V", MeansOnly, MeansOnly}, {"W", MeansOnly, MeansOnly},
	}
	for _, x := range table {
		if got := classOf(bits(x.dimensions), false); got != x.adult {
			t.Errorf("adult, %q: %s, want %s", x.dimensions, got, x.adult)
		}
		if got := classOf(bits(x.dimensions), true); got != x.child {
			t.Errorf("child, %q: %s, want %s", x.dimensions, got, x.child)
		}
	}
	for f := range found(64) {
		for _, child := range []bool{false, true} {
			if c := classOf(f, child); !slices.Contains(Classes, c) || c == Inconclusive {
				t.Errorf("%06b: %q", f, c)
			}
		}
	}
}

// level orders the classes: a class is never replaced by one below it when
// more is seen.
var level = map[Class]int{NoPattern: 0, MeansOnly: 1, ExploitationOnly: 1, WithVulnerability: 2, WithDeception: 3, WithCoercion: 4, Coerced: 4, Trafficking: 5}

func TestMoreThatIsPositiveNeverLowersTheClass(t *testing.T) {
	for f := range found(64) {
		for more := range found(64) {
			for _, child := range []bool{false, true} {
				before, after := classOf(f, child), classOf(f|more, child)
				if level[after] < level[before] {
					t.Errorf("%06b is %s, with %06b it is %s", f, before, more, after)
				}
			}
		}
	}
}

// req: INSTRUMENT-3
func TestANegativeWithUnknownsIsInconclusive(t *testing.T) {
	for f := range found(64) {
		for open := range found(64) {
			open &^= f
			for _, child := range []bool{false, true} {
				class, could := decided(f, open, child)
				if open == 0 && (len(could) > 0 || class != classOf(f, child)) {
					t.Errorf("%06b without unknown: %s, %v", f, class, could)
				}
				canExploit := open&bitExploitation != 0
				if canExploit && (class == NoPattern || class == MeansOnly) {
					t.Errorf("%06b, open %06b: exploitation is excluded as %s", f, open, class)
				}
				if f&bitExploitation != 0 && class != classOf(f, child) {
					t.Errorf("%06b, open %06b: what was seen is lost in %s", f, open, class)
				}
			}
		}
	}
}

// answering draws answers to some items of a pack.
func answering(p *Pack) *rapid.Generator[Answers] {
	return rapid.Custom(func(t *rapid.T) Answers {
		a := Answers{}
		for _, i := range p.Items {
			switch rapid.IntRange(0, 5).Draw(t, i.ID) {
			case 0:
				a[i.ID] = Yes
			case 1, 2:
				a[i.ID] = No
			case 3:
				a[i.ID] = Unknown
			}
		}
		return a
	})
}

func score(t interface{ Fatal(...any) }, p *Pack, age Age, a Answers) *Result {
	r, err := p.Score(Response{age, a})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOneMoreIndicatorNeverTurnsPositiveIntoNegative(t *testing.T) {
	p := pack(t, "delphi-labour-adult")
	rapid.Check(t, func(t *rapid.T) {
		a := answering(p).Draw(t, "answers")
		before := score(t, p, Adult, a)
		more := maps.Clone(a)
		more[rapid.SampledFrom(p.Items).Draw(t, "item").ID] = Yes
		after := score(t, p, Adult, more)
		for n, d := range before.Dimensions {
			if d.Positive && !after.Dimensions[n].Positive {
				t.Fatalf("%s was positive", d.ID)
			}
		}
		if before.Class != Inconclusive && after.Class != Inconclusive && level[after.Class] < level[before.Class] {
			t.Fatalf("%s became %s", before.Class, after.Class)
		}
	})
}

func TestUnknownIsTheSameAsNotAnsweredAndNotTheSameAsNo(t *testing.T) {
	p := pack(t, "delphi-labour-child")
	rapid.Check(t, func(t *rapid.T) {
		a := answering(p).Draw(t, "answers")
		said, asNo := maps.Clone(a), maps.Clone(a)
		unknown := 0
		for _, i := range p.Items {
			if s := a[i.ID]; s == "" || s == Unknown {
				said[i.ID], asNo[i.ID] = Unknown, No
				unknown++
			}
		}
		one, two, three := score(t, p, Child, a), score(t, p, Child, said), score(t, p, Child, asNo)
		if diff := cmp.Diff(one, two); diff != "" {
			t.Fatal(diff)
		}
		if len(one.Unknown) != unknown || len(three.Unknown) != 0 || three.Inconclusive || three.Class == Inconclusive {
			t.Fatalf("%d unknown of %d, then %s", len(one.Unknown), unknown, three.Class)
		}
		for n, d := range one.Dimensions {
			if d.Positive != three.Dimensions[n].Positive || d.Positive && d.Inconclusive {
				t.Fatalf("%s depends on what nobody knows", d.ID)
			}
		}
	})
}

func TestWhatCarriesAResultIsEnoughForItAndNothingOfItCanBeLeftOut(t *testing.T) {
	p := pack(t, "delphi-labour-adult")
	rapid.Check(t, func(t *rapid.T) {
		a := answering(p).Draw(t, "answers")
		r := score(t, p, Adult, a)
		for n, d := range r.Dimensions {
			if !d.Positive {
				if len(d.CarriedBy) > 0 {
					t.Fatalf("%s is not positive and is carried", d.ID)
				}
				continue
			}
			fewest := 0
			for k := 1; k <= len(d.CarriedBy) && fewest == 0; k++ {
				if score(t, p, Adult, only(d.CarriedBy[:k])).Dimensions[n].Positive {
					fewest = k
				}
			}
			if fewest < 2 || fewest > 3 {
				t.Fatalf("%s needs %d of %v", d.ID, fewest, d.CarriedBy)
			}
			for k := range fewest {
				if without := slices.Delete(slices.Clone(d.CarriedBy[:fewest]), k, k+1); score(t, p, Adult, only(without)).Dimensions[n].Positive {
					t.Fatalf("%s needs only %v", d.ID, without)
				}
			}
		}
		for _, id := range r.CarriedBy {
			if a[id] != Yes {
				t.Fatalf("%s carries and was not seen", id)
			}
		}
		if again := score(t, p, Adult, only(r.CarriedBy)); classOfSeen(p, again) != classOfSeen(p, r) {
			t.Fatalf("carried by %v: %v, before %v", r.CarriedBy, again.Class, r.Class)
		}
	})
}

func only(ids []string) Answers {
	a := Answers{}
	for _, id := range ids {
		a[id] = Yes
	}
	return a
}

// classOfSeen is the class of what was seen alone.
func classOfSeen(p *Pack, r *Result) Class {
	var f found
	for n, d := range r.Dimensions {
		if d.Positive {
			f |= bit(p.Dimensions[n].Role)
		}
	}
	return classOf(f, r.Rule == Child)
}

func TestWhatWouldChangeItDoesAndNothingLessWould(t *testing.T) {
	p := pack(t, "delphi-labour-adult")
	rapid.Check(t, func(t *rapid.T) {
		a := answering(p).Draw(t, "answers")
		r := score(t, p, Adult, a)
		for _, c := range r.WouldChange {
			n := slices.IndexFunc(p.Dimensions, func(d Dimension) bool { return d.ID == c.Dimension })
			more := maps.Clone(a)
			for k, id := range c.Items {
				if score(t, p, Adult, more).Dimensions[n].Positive {
					t.Fatalf("%d of %v are enough", k, c.Items)
				}
				more[id] = Yes
			}
			if after := score(t, p, Adult, more); after.Class != c.Class || after.Class == r.Class {
				t.Fatalf("%v: from %s to %s, foretold %s", c.Items, r.Class, after.Class, c.Class)
			}
		}
	})
}

func TestTheOrderOfTheItemsInAPackDoesNotMatter(t *testing.T) {
	p := pack(t, "delphi-labour-adult")
	rapid.Check(t, func(t *rapid.T) {
		a := answering(p).Draw(t, "answers")
		other := *p
		other.Items = rapid.Permutation(p.Items).Draw(t, "order")
		other.prepare()
		one, two := score(t, p, Adult, a), score(t, &other, Adult, a)
		if one.Class != two.Class || !slices.Equal(one.CouldBecome, two.CouldBecome) {
			t.Fatalf("%s and %s", one.Class, two.Class)
		}
		for n, d := range one.Dimensions {
			if e := two.Dimensions[n]; d.Positive != e.Positive || d.Inconclusive != e.Inconclusive {
				t.Fatalf("%s differs", d.ID)
			}
		}
	})
}

// req: INSTRUMENT-4
func TestSomebodyOfUnknownAgeIsTreatedAsAChildAndTheOtherReadingIsShown(t *testing.T) {
	p := pack(t, "delphi-labour-adult")
	a := Answers{}
	for _, i := range p.Items {
		a[i.ID] = No
	}
	a["exploitation-hours"], a["exploitation-pay"] = Yes, Yes
	r := score(t, p, UnknownAge, a)
	if r.Rule != Child || r.Class != Trafficking || r.IfAdult != ExploitationOnly || !slices.Contains(r.Warnings, AgeUnknown) {
		t.Errorf("%+v", r)
	}
	if r := score(t, p, Adult, a); r.IfAdult != "" || slices.Contains(r.Warnings, AgeUnknown) || slices.Contains(r.Warnings, OutsidePopulation) {
		t.Errorf("%+v", r)
	}
	if r := score(t, p, Child, a); !slices.Contains(r.Warnings, OutsidePopulation) || r.Class != Trafficking {
		t.Errorf("an adults' list for a child: %+v", r)
	}
}
