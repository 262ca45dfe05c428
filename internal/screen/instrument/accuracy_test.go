package instrument

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: %.6f, want %.6f", what, got, want)
	}
}

// Percentages and intervals as published; tables rebuilt from them.
func TestPublishedFiguresComeOut(t *testing.T) {
	type interval struct{ low, high float64 }
	for name, x := range map[string]struct {
		table  Table
		method Method
		shares [4]float64 // sensitivity, specificity, ppv, npv, in per cent
		ends   map[int]interval
		within float64
	}{
		"Greenbaum 2018 PEC": {Table{23, 2, 22, 61}, Wilson, [4]float64{92.00, 73.49, 51.11, 96.83}, nil, 0},
		"Kaltiso 2018":       {Table{10, 1, 90, 102}, ClopperPearson, [4]float64{90.91, 53.13, 10.00, 99.03}, map[int]interval{0: {58.72, 99.77}}, 0.005},
		"Greenbaum 2018 JAH": {Table{76, 14, 306, 414}, ClopperPearson, [4]float64{84.44, 57.50, 19.90, 96.73}, map[int]interval{0: {75.28, 91.23}, 1: {53.80, 61.11}}, 0.05},
		"Hurst 2021":         {Table{22, 4, 87, 99}, Wald, [4]float64{84.62, 53.23, 20.18, 96.12}, map[int]interval{0: {70.75, 98.48}, 1: {46.06, 60.40}, 2: {12.65, 27.72}, 3: {92.39, 99.85}}, 0.0051},
		"QYIT 2019":          {Table{26, 4, 73, 237}, Wilson, [4]float64{86.67, 76.45, 26.26, 98.34}, nil, 0},
	} {
		a, err := Judge(x.table, x.method)
		if err != nil {
			t.Fatal(err)
		}
		for n, s := range []*Share{a.Sensitivity, a.Specificity, a.PPV, a.NPV} {
			near(t, name, 100*s.Estimate, x.shares[n], 0.0051)
			if e, ok := x.ends[n]; ok {
				near(t, name+" low", 100*s.Lower, e.low, x.within)
				near(t, name+" high", 100*s.Upper, e.high, x.within)
			}
		}
	}
	// RAFT: 32 of 36, printed as 79 to 99.
	a, err := Judge(Table{32, 4, 1, 1}, Wald)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "RAFT", 100*a.Sensitivity.Lower, 78.6, 0.05)
	near(t, "RAFT", 100*a.Sensitivity.Upper, 99.2, 0.05)
}

// Values of other programs: Clopper and Pearson's own table for 10 %; the rule
// of three in its exact form; Wilson's interval for no event and for one half.
func TestIntervalsOfKnownValue(t *testing.T) {
	for _, x := range []struct {
		method    Method
		k, n      int
		low, high float64
	}{
		{ClopperPearson, 0, 10, 0, 1 - math.Pow(0.025, 0.1)},
		{ClopperPearson, 10, 10, math.Pow(0.025, 0.1), 1},
		{ClopperPearson, 1, 10, 1 - math.Pow(0.975, 0.1), 0.4450161},
		{ClopperPearson, 5, 10, 0.1870860, 0.8129140},
		{ClopperPearson, 0, 1, 0, 0.975},
		{ClopperPearson, 1, 1, 0.025, 1},
		{Wilson, 0, 10, 0, z975 * z975 / (10 + z975*z975)},
		{Wilson, 10, 10, 10 / (10 + z975*z975), 1},
		{Wilson, 5, 10, 0.2365931, 0.7634069},
		{Wald, 5, 10, 0.1901025, 0.8098975},
		{Wald, 0, 10, 0, 0}, {Wald, 10, 10, 1, 1},
	} {
		a, err := Judge(Table{TP: x.k, FN: x.n - x.k, TN: 1}, x.method)
		if err != nil {
			t.Fatal(err)
		}
		near(t, string(x.method)+" low", a.Sensitivity.Lower, x.low, 1e-6)
		near(t, string(x.method)+" high", a.Sensitivity.Upper, x.high, 1e-6)
	}
}

// The defining property of the exact interval: at each end the probability of
// what was seen or something rarer is 2.5 %. The tail is summed term by term.
func TestTheExactIntervalIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3000).Draw(t, "n")
		k := rapid.IntRange(0, n).Draw(t, "k")
		low, high := clopperPearson(k, n)
		if k > 0 && math.Abs(1-tail(k-1, n, low)-half) > 1e-9 {
			t.Fatalf("%d of %d, low %v: %v", k, n, low, 1-tail(k-1, n, low))
		}
		if k < n && math.Abs(tail(k, n, high)-half) > 1e-9 {
			t.Fatalf("%d of %d, high %v: %v", k, n, high, tail(k, n, high))
		}
	})
}

// tail is the probability of at most k of n.
func tail(k, n int, p float64) (sum float64) {
	whole, _ := math.Lgamma(float64(n) + 1)
	for i := 0; i <= k; i++ {
		a, _ := math.Lgamma(float64(i) + 1)
		b, _ := math.Lgamma(float64(n-i) + 1)
		sum += math.Exp(whole - a - b + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}

func TestEveryIntervalHoldsItsEstimateAndStaysBetweenZeroAndOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, most).Draw(t, "n")
		k := rapid.IntRange(0, n).Draw(t, "k")
		for _, m := range Methods {
			a, err := Judge(Table{TP: k, FN: n - k}, m)
			if err != nil {
				t.Fatal(err)
			}
			s := a.Sensitivity
			if !(0 <= s.Lower && s.Lower <= s.Estimate && s.Estimate <= s.Upper && s.Upper <= 1) {
				t.Fatalf("%s %d of %d: %+v", m, k, n, *s)
			}
			if a.Specificity != nil || a.PPV == nil && k > 0 {
				t.Fatal("a share of nobody, or none of somebody")
			}
		}
	})
}

func TestBayesAgreesWithTheTableAtItsOwnPrevalence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := func(name string) int { return rapid.IntRange(1, 5000).Draw(t, name) }
		table := Table{cell("tp"), cell("fn"), cell("fp"), cell("tn")}
		a, err := Judge(table, Wilson)
		if err != nil {
			t.Fatal(err)
		}
		ppv, npv := Predict(a.Sensitivity.Estimate, a.Specificity.Estimate, a.Prevalence.Estimate)
		if math.Abs(*ppv-a.PPV.Estimate) > 1e-12 || math.Abs(*npv-a.NPV.Estimate) > 1e-12 {
			t.Fatalf("%v and %v, of the table %v and %v", *ppv, *npv, a.PPV.Estimate, a.NPV.Estimate)
		}
	})
}

func TestTablesThatCountNobodyAreRefused(t *testing.T) {
	for _, x := range []Table{{}, {-1, 2, 3, 4}, {1, 2, 3, most + 1}} {
		if _, err := Judge(x, Wald); err == nil {
			t.Errorf("%v was taken", x)
		}
	}
	if _, err := Judge(Table{1, 1, 1, 1}, "exact"); err == nil {
		t.Error("an unknown method was taken")
	}
	if ppv, npv := Predict(1, 1, 0); ppv != nil || npv == nil {
		t.Error("nobody is positive, everybody negative")
	}
}
