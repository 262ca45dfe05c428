package measure

import (
	"math"
	"sort"

	"amelie/internal/quantile"
)

// Few is how many sheets or pairs stand behind a figure at least.
const Few = 10

// Sheet is one that was filled in.
type Sheet struct {
	Code     string // fingerprint
	Occasion string
	Form     string
	Month    string // YYYY-MM
	Right    int64
	Of       int64
}

func (s Sheet) share() float64 { return float64(s.Right) / float64(max(1, s.Of)) }

// Mean is a mean with its interval of 95 %, as shares from -1 to 1.
type Mean struct {
	N               int
	Mean, Low, High float64
}

// mean is Student's interval: x̄ ± t(0.975; n-1)·s/√n. Of differences within
// pairs it is the interval of the paired t test (Student, "The probable error of
// a mean", Biometrika 6, 1908).
func mean(values []float64) (m Mean) {
	m.N = len(values)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	m.Mean = sum / float64(m.N)
	square := 0.0
	for _, v := range values {
		square += (v - m.Mean) * (v - m.Mean)
	}
	n := float64(m.N)
	half := quantile.Student(0.95, n-1) * math.Sqrt(square/(n-1)/n)
	m.Low, m.High = m.Mean-half, m.Mean+half
	return m
}

// Figures are what editors see. A nil figure stands on too few.
type Figures struct {
	Means  map[string]*Mean // by occasion, of all sheets
	Gain   *Mean            // after less before, of the same people
	Loss   *Mean            // later less after
	Single int              // shown sheets that no shown pair is made of
}

// any says whether something may be shown.
func (x Figures) any() bool {
	for _, m := range x.Means {
		if m != nil {
			return true
		}
	}
	return false
}

// figures reckons what may be shown in a month.
func figures(sheets []Sheet, month string) Figures {
	out := Figures{Means: map[string]*Mean{}}
	for _, o := range Occasions {
		var list []dated
		for _, s := range sheets {
			if s.Occasion == o {
				list = append(list, dated{s.Month, s.share()})
			}
		}
		out.Means[o] = told(list, month)
	}
	out.Gain, out.Loss = told(pairs(sheets, Before, After), month), told(pairs(sheets, After, Later), month)
	for _, m := range out.Means {
		out.Single += count(m)
	}
	out.Single = max(0, out.Single-2*count(out.Gain)-2*count(out.Loss))
	return out
}

func count(m *Mean) int {
	if m == nil {
		return 0
	}
	return m.N
}

// dated is a value of a month.
type dated struct {
	month string
	value float64
}

// told is the mean of what may be shown: months that are over, and of these only
// so far as each step forward took in Few at least. So no two figures that were
// ever shown differ by what a few answered.
//
// req: MEASURE-3
func told(list []dated, month string) *Mean {
	sort.Slice(list, func(i, j int) bool { return list[i].month < list[j].month })
	var shown, waiting []float64
	for i, d := range list {
		if d.month >= month {
			break
		}
		waiting = append(waiting, d.value)
		if last := i+1 == len(list) || list[i+1].month != d.month; last && len(waiting) >= Few {
			shown, waiting = append(shown, waiting...), nil
		}
	}
	if len(shown) == 0 {
		return nil
	}
	m := mean(shown)
	return &m
}

// pairs are the differences of those who filled in one sheet on each of two
// occasions. A code that stands on two sheets of one occasion may be of two
// people, and is left out.
func pairs(sheets []Sheet, first, second string) (out []dated) {
	type both struct {
		one, two Sheet
		n        [2]int
	}
	list := map[string]*both{}
	for _, s := range sheets {
		b := list[s.Code]
		if b == nil {
			b = &both{}
			list[s.Code] = b
		}
		switch s.Occasion {
		case first:
			b.one, b.n[0] = s, b.n[0]+1
		case second:
			b.two, b.n[1] = s, b.n[1]+1
		}
	}
	for _, b := range list {
		if b.n == [2]int{1, 1} {
			out = append(out, dated{max(b.one.Month, b.two.Month), b.two.share() - b.one.share()})
		}
	}
	return out
}
