package playing_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
	"amelie/internal/learn/playing"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 3, 4, 2, 10, 42, 7e6, time.UTC)
)

// drawCase is a case of some scenes, each of which leads on or to an ending:
// no circles, no dead ends.
func drawCase(t *rapid.T) *learn.Case {
	scenes, endings := rapid.IntRange(1, 6).Draw(t, "scenes"), rapid.IntRange(1, 3).Draw(t, "endings")
	c := &learn.Case{ID: "drawn", Start: "s0"}
	for i := range scenes {
		s := learn.Scene{ID: fmt.Sprint("s", i)}
		for j := range rapid.IntRange(2, 4).Draw(t, "choices") {
			to := rapid.IntRange(i+1, scenes+endings-1).Draw(t, "to")
			name := fmt.Sprint("s", to)
			if to >= scenes {
				name = fmt.Sprint("e", to-scenes)
			}
			s.Choices = append(s.Choices, learn.Choice{ID: string(rune('a' + j)), To: name})
		}
		c.Scenes = append(c.Scenes, s)
	}
	for i := range endings {
		c.Endings = append(c.Endings, learn.Ending{ID: fmt.Sprint("e", i)})
	}
	return c
}

// drawPlay presses buttons, right ones and others, until an ending or long
// enough.
func drawPlay(t *rapid.T, c *learn.Case) (p playing.Play) {
	p.Begun = start.Truncate(time.Minute)
	at := start
	for range rapid.IntRange(0, 12).Draw(t, "presses") {
		at = at.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "seconds")) * time.Second)
		next, err := p.Choose(c, rapid.IntRange(-1, len(p.Steps)+1).Draw(t, "place"), rapid.SampledFrom([]string{"a", "b", "c", "d", "z", ""}).Draw(t, "choice"), at)
		if err != nil && !slices.Equal(next.Steps, p.Steps) {
			t.Fatalf("a refused choice was kept: %v", next)
		}
		if len(p.Steps) > 0 && !slices.Equal(next.Steps[:len(p.Steps)], p.Steps) {
			t.Fatalf("a choice that was made has changed: %v, %v", p, next)
		}
		p = next
	}
	return p
}

// req: PLAYING-1
func TestWhatIsRecordedIsAPathOfTheCaseAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		p := drawPlay(t, c)
		taken, at := c.Follow(p.Way())
		if len(taken) != len(p.Steps) {
			t.Fatalf("%v is no path", p.Steps)
		}
		before := int64(0)
		for i, s := range p.Steps {
			if s.Scene != taken[i].Scene.ID || s.Minute < before {
				t.Fatalf("step %d is %v", i, s)
			}
			before = s.Minute
		}
		_, end := c.Ending(at)
		if place, whole := p.At(c); !whole || place != at || end != p.Over() {
			t.Fatalf("at %s (%v), ended %v", place, whole, p.Over())
		}
		if p.Over() && p.Ended.Second() != 0 {
			t.Fatal("an end finer than a minute")
		}
	})
}

// req: PLAYING-2
func TestTheCountsOfAComparisonAddUpAndFewAreNotCompared(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		var plays []playing.Play
		over := 0
		for range rapid.IntRange(0, 9).Draw(t, "players") {
			p := drawPlay(t, c)
			if p.Over() {
				over++
			}
			plays = append(plays, p)
		}
		got := playing.Compare(c, plays)
		if over < playing.Few {
			if got.N != 0 || got.Scenes != nil || got.Endings != nil {
				t.Fatalf("%d playings are compared: %v", over, got)
			}
			return
		}
		if got.N != over || got.Scenes[0].N != over {
			t.Fatalf("%d of %d", got.N, over)
		}
		into, ended := map[string]int{c.Start: over}, 0
		for _, s := range got.Scenes {
			sum := 0
			for _, choice := range s.Choices {
				sum += choice.N
				into[choice.Choice.To] += choice.N
			}
			if sum != s.N || s.N < playing.Few && s.Pace != playing.Unsaid {
				t.Fatalf("scene %s: %d came, %d chose, pace %q", s.Scene.ID, s.N, sum, s.Pace)
			}
		}
		for _, s := range got.Scenes {
			if into[s.Scene.ID] != s.N {
				t.Fatalf("scene %s: %d came, %d were sent", s.Scene.ID, s.N, into[s.Scene.ID])
			}
		}
		for _, e := range got.Endings {
			ended += e.N
			if into[e.Ending.ID] != e.N {
				t.Fatalf("ending %s: %d came, %d were sent", e.Ending.ID, e.N, into[e.Ending.ID])
			}
		}
		if ended != over {
			t.Fatalf("%d ended of %d", ended, over)
		}
	})
}

func TestPacesAreBandsOfTheMedian(t *testing.T) {
	c := learntest.Course(t).Cases[0]
	for want, minutes := range map[playing.Pace][]int{playing.Brief: {0, 1, 60}, playing.Steady: {2, 3, 60}, playing.Slow: {4, 7, 9}, playing.Longest: {8, 9, 9}} {
		var plays []playing.Play
		for _, m := range minutes {
			p, err := playing.Play{Begun: start.Truncate(time.Minute)}.Choose(c, 0, "b", start.Add(time.Duration(m)*time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			plays = append(plays, p)
		}
		if got := playing.Compare(c, plays).Scenes[0].Pace; got != want {
			t.Errorf("%v: %q instead of %q", minutes, got, want)
		}
	}
}

func TestAPlayingGoesOnWhereItWasAndBelongsToItsHolderAlone(t *testing.T) {
	dbtest.Each(t, []db.Schema{playing.Schema}, func(t *testing.T, d *db.DB) {
		course := learntest.Course(t)
		r := playing.Recorder{Course: func() *learn.Course { return course }, Now: func() time.Time { return start }}
		name := playing.NewID()
		choose := func(holder, play, caseID string, place int, choice string) (p playing.Play, err error) {
			err = d.Write(ctx, func(tx *db.Tx) error { p, err = r.Choose(tx, holder, play, caseID, place, choice); return err })
			return p, err
		}
		for range 2 { // pressed twice
			if p, err := choose("a", name, "corridor", 0, "a"); err != nil || len(p.Steps) != 1 || p.Begun != start.Truncate(time.Minute) || p.Revision != course.Version() {
				t.Fatal(p, err)
			}
		}
		if _, err := choose("a", name, "corridor", 0, "b"); !errors.Is(err, playing.ErrElse) {
			t.Error("another choice at a place that is decided:", err)
		}
		for what, kind := range map[*[3]any]fault.Kind{
			{name, "corridor", "z"}: fault.Invalid, {name, "none", "a"}: fault.NotFound, {"1", "corridor", "a"}: fault.NotFound,
		} {
			if _, err := choose("a", what[0].(string), what[1].(string), 1, what[2].(string)); fault.KindOf(err) != kind {
				t.Error(*what, err)
			}
		}
		if p, err := choose("b", name, "corridor", 0, "b"); err != nil || !p.Over() {
			t.Error("the same name with another holder is another playing:", p, err)
		}
		if p, err := choose("a", name, "corridor", 1, "a"); err != nil || !p.Over() {
			t.Fatal(p, err)
		}
		if _, err := choose("a", name, "corridor", 2, "a"); fault.KindOf(err) != fault.Invalid {
			t.Error("a choice after the end:", err)
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := playing.Forget(tx, "a"); err != nil {
				return err
			}
			if list, err := r.Plays(tx, "a"); err != nil || len(list) != 0 {
				t.Error(list, err)
			}
			if list, err := r.Plays(tx, "b"); err != nil || len(list) != 1 {
				t.Error(list, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAHolderCannotFillTheDisk(t *testing.T) {
	course := learntest.Course(t)
	d := dbtest.Open(t, playing.Schema)
	r := playing.Recorder{Course: func() *learn.Course { return course }, Now: func() time.Time { return start }}
	err := d.Write(ctx, func(tx *db.Tx) error {
		for range 300 {
			if _, err := r.Choose(tx, "a", playing.NewID(), "corridor", 0, "b"); err != nil {
				return err
			}
		}
		if _, err := r.Choose(tx, "a", playing.NewID(), "corridor", 0, "b"); fault.KindOf(err) != fault.Conflict {
			t.Error("one more:", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
