package study

import (
	"math"
	"slices"

	"amelie/internal/learn"
)

// What a question does to those who are asked it. Only sums are kept: nobody's
// answers can be found in them.

// Counted is one answer on its way into the sums. It bears nobody's name, and no
// time.
type Counted struct {
	Question string   `json:"question"` // "topic.question"
	Stamp    string   `json:"stamp"`
	Test     bool     `json:"test"` // in a test; otherwise the first reply in a unit
	Right    bool     `json:"right"`
	Picks    []string `json:"picks,omitempty"`
	Sure     string   `json:"sure,omitempty"`
	Rest     int64    `json:"rest"` // percent right of the attempt's other questions; -1: there are none
}

// Sums are those of a question, in tests or in units.
type Sums struct {
	N     int64            `json:"n"`
	Right int64            `json:"right"`
	Picks map[string]int64 `json:"picks"`
	Sure  map[string]int64 `json:"sure"` // "yes+": sure and right; "no-": not sure and wrong

	// With x for right (1) or not and r for the rest score.
	RestN     int64 `json:"rest_n"`
	RestRight int64 `json:"rest_right"` // sum of x
	Rest      int64 `json:"rest"`       // sum of r
	Rest2     int64 `json:"rest2"`      // sum of r²
	RestX     int64 `json:"rest_x"`     // sum of x·r
}

// Add counts an answer.
func (s Sums) Add(c Counted) Sums {
	s.N++
	if c.Right {
		s.Right++
	}
	s.Picks = plus(s.Picks, c.Picks...)
	if c.Sure != "" {
		s.Sure = plus(s.Sure, c.Sure+map[bool]string{true: "+", false: "-"}[c.Right])
	}
	if c.Rest >= 0 {
		s.RestN++
		s.Rest += c.Rest
		s.Rest2 += c.Rest * c.Rest
		if c.Right {
			s.RestRight++
			s.RestX += c.Rest
		}
	}
	return s
}

func plus(m map[string]int64, names ...string) map[string]int64 {
	if m == nil {
		m = map[string]int64{}
	}
	for _, name := range names {
		m[name]++
	}
	return m
}

// Difficulty is the share of those who answered rightly, 0 to 1.
func (s Sums) Difficulty() float64 { return float64(s.Right) / float64(max(1, s.N)) }

// Discrimination says how far those who know more answer the question more often
// rightly: the point-biserial correlation of the question with the rest of the
// attempt, without the question itself (Henrysson, "Correction of item-total
// correlations in item analysis", Psychometrika 28, 1963). False when all
// answered alike, or everybody's rest was the same.
func (s Sums) Discrimination() (r float64, ok bool) {
	n, x, rest := float64(s.RestN), float64(s.RestRight), float64(s.Rest)
	spread := (n*x - x*x) * (n*float64(s.Rest2) - rest*rest)
	if spread <= 0 {
		return 0, false
	}
	return (n*float64(s.RestX) - x*rest) / math.Sqrt(spread), true
}

// count makes the sums' part of a test that has ended.
func count(marks []Marked) (out []Counted) {
	right, n := int64(0), int64(0)
	for _, m := range marks {
		if !m.Changed {
			n++
			if m.Right {
				right++
			}
		}
	}
	for _, m := range marks {
		if m.Changed {
			continue
		}
		c := counted(m.Name(), m.Stamp, m.Right, m.Reply)
		c.Test, c.Rest = true, -1
		if n > 1 {
			others := right
			if m.Right {
				others--
			}
			c.Rest = others * 100 / (n - 1)
		}
		out = append(out, c)
	}
	return out
}

func counted(name, stamp string, right bool, r Reply) Counted {
	picks := slices.Clone(r.Given)
	slices.Sort(picks)
	return Counted{Question: name, Stamp: stamp, Right: right, Picks: picks, Sure: r.Sure, Rest: -1}
}

// Item is what is known about a question of the course as it is now.
type Item struct {
	Topic         string
	Question      learn.Question
	InTest, First Sums // in tests; at the first reply in a unit
}
