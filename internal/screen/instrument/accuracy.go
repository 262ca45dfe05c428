package instrument

import (
	"fmt"
	"math"

	"amelie/internal/quantile"
)

// Method is how an interval of a proportion is computed. Studies mix them, so
// that a figure without its method cannot be compared.
type Method string

// The methods.
const (
	Wald           Method = "wald"            // normal approximation, cut at 0 and 1
	Wilson         Method = "wilson"          // score interval, Wilson 1927
	ClopperPearson Method = "clopper-pearson" // exact, Clopper and Pearson 1934
)

// Methods are those that can be asked for.
var Methods = []Method{Wald, Wilson, ClopperPearson}

// Table counts people by the reference standard and by the instrument.
type Table struct{ TP, FN, FP, TN int }

// N is all people of the table.
func (t Table) N() int { return t.TP + t.FN + t.FP + t.TN }

// most bounds a cell: above it a double no longer counts one by one.
const most = 1_000_000_000

// Check refuses tables that count nobody or less.
func (t Table) Check() error {
	for _, c := range []struct {
		name string
		n    int
	}{{"tp", t.TP}, {"fn", t.FN}, {"fp", t.FP}, {"tn", t.TN}} {
		if c.n < 0 || c.n > most {
			return fmt.Errorf("%s is %d: a count from 0 to %d is needed", c.name, c.n, most)
		}
	}
	if t.N() == 0 {
		return fmt.Errorf("the table counts nobody")
	}
	return nil
}

// Share is a proportion with its interval of 95 %.
type Share struct{ Estimate, Lower, Upper float64 }

// Accuracy is what a table says. A share whose denominator is 0 is nil.
type Accuracy struct {
	Method                                         Method
	Sensitivity, Specificity, PPV, NPV, Prevalence *Share
}

// z975 is the 0.975 quantile of the normal distribution: intervals are of 95 %.
const z975 = 1.959963984540054

const half = 0.025 // probability beyond each end of an interval

// Judge computes the accuracy of a table. Errors: a count below 0, an empty
// table, a method that nobody knows.
func Judge(t Table, m Method) (Accuracy, error) {
	if err := t.Check(); err != nil {
		return Accuracy{}, err
	}
	interval, ok := map[Method]func(x, n int) (float64, float64){Wald: wald, Wilson: wilson, ClopperPearson: clopperPearson}[m]
	if !ok {
		return Accuracy{}, fmt.Errorf("method %q: one of wald, wilson, clopper-pearson is needed", m)
	}
	share := func(x, n int) *Share {
		if n == 0 {
			return nil
		}
		low, high := interval(x, n)
		return &Share{float64(x) / float64(n), low, high}
	}
	return Accuracy{Method: m,
		Sensitivity: share(t.TP, t.TP+t.FN), Specificity: share(t.TN, t.TN+t.FP),
		PPV: share(t.TP, t.TP+t.FP), NPV: share(t.TN, t.TN+t.FN), Prevalence: share(t.TP+t.FN, t.N())}, nil
}

// Predict gives the predictive values at a prevalence by Bayes' theorem; nil
// where nobody would test that way.
func Predict(sensitivity, specificity, prevalence float64) (ppv, npv *float64) {
	part := func(a, b float64) *float64 {
		if a+b == 0 {
			return nil
		}
		v := a / (a + b)
		return &v
	}
	return part(sensitivity*prevalence, (1-specificity)*(1-prevalence)), part(specificity*(1-prevalence), (1-sensitivity)*prevalence)
}

func wald(x, n int) (low, high float64) {
	p := float64(x) / float64(n)
	d := z975 * math.Sqrt(p*(1-p)/float64(n))
	return max(0, p-d), min(1, p+d)
}

func wilson(x, n int) (low, high float64) {
	p, m := float64(x)/float64(n), float64(n)
	z2 := z975 * z975
	middle := (p + z2/(2*m)) / (1 + z2/m)
	d := z975 / (1 + z2/m) * math.Sqrt(p*(1-p)/m+z2/(4*m*m))
	low, high = max(0, middle-d), min(1, middle+d)
	if x == 0 {
		low = 0 // exactly, and not up to a rounding error
	}
	if x == n {
		high = 1
	}
	return low, high
}

// clopperPearson: the ends are quantiles of beta distributions.
func clopperPearson(x, n int) (low, high float64) {
	low, high = 0, 1
	if x > 0 {
		low = quantile.Beta(half, float64(x), float64(n-x+1))
	}
	if x < n {
		high = quantile.Beta(1-half, float64(x+1), float64(n-x))
	}
	return low, high
}
