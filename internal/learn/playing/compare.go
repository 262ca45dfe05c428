package playing

import (
	"slices"

	"amelie/internal/learn"
)

// Picture is how several playings of a case went: which ways were taken how
// often, never by whom.
type Picture struct {
	N       int // how many playings it is made of; 0: too few
	Scenes  []SceneCount
	Endings []EndingCount
}

// SceneCount is how often a scene was come to, and what was done there.
type SceneCount struct {
	Scene   learn.Scene
	N       int
	Choices []ChoiceCount
	Pace    Pace
}

// ChoiceCount is how often a choice was made.
type ChoiceCount struct {
	Choice learn.Choice
	N      int
}

// EndingCount is how often an ending was reached.
type EndingCount struct {
	Ending learn.Ending
	N      int
}

// Pace is about how long a choice took: the median, in a band.
type Pace string

// The paces, in minutes: 0 or 1, 2 or 3, 4 to 7, more. Unsaid stands where fewer
// than Few came by.
const (
	Unsaid  Pace = ""
	Brief   Pace = "brief"
	Steady  Pace = "steady"
	Slow    Pace = "slow"
	Longest Pace = "longest"
)

// Compare lays the ended playings of a case beside each other. Those that go on,
// and those of a case that has changed since, are left out.
//
// req: PLAYING-2
func Compare(c *learn.Case, plays []Play) (p Picture) {
	arrived, chosen, minutes := map[string]int{}, map[[2]string]int{}, map[string][]int64{}
	for _, play := range plays {
		at, whole := play.At(c)
		if !whole || !play.Over() {
			continue
		}
		p.N++
		arrived[at]++
		before := int64(0)
		for _, s := range play.Steps {
			arrived[s.Scene]++
			chosen[[2]string{s.Scene, s.Choice}]++
			minutes[s.Scene] = append(minutes[s.Scene], s.Minute-before)
			before = s.Minute
		}
	}
	if p.N < Few {
		return Picture{}
	}
	for _, s := range c.Scenes {
		count := SceneCount{Scene: s, N: arrived[s.ID], Pace: pace(minutes[s.ID])}
		for _, choice := range s.Choices {
			count.Choices = append(count.Choices, ChoiceCount{choice, chosen[[2]string{s.ID, choice.ID}]})
		}
		p.Scenes = append(p.Scenes, count)
	}
	for _, e := range c.Endings {
		p.Endings = append(p.Endings, EndingCount{e, arrived[e.ID]})
	}
	return p
}

// pace is the band of the lower median.
func pace(minutes []int64) Pace {
	if len(minutes) < Few {
		return Unsaid
	}
	slices.Sort(minutes)
	switch m := minutes[(len(minutes)-1)/2]; {
	case m <= 1:
		return Brief
	case m <= 3:
		return Steady
	case m <= 7:
		return Slow
	}
	return Longest
}
