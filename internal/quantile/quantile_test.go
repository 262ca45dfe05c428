package quantile

import (
	"math"
	"testing"
)

// Published values: Student's t, two-sided 95 % (Fisher and Yates, Statistical
// Tables, table III).
func TestStudentAgreesWithThePrintedTable(t *testing.T) {
	for df, want := range map[float64]float64{1: 12.706, 2: 4.303, 5: 2.571, 9: 2.262, 10: 2.228, 29: 2.045, 30: 2.042, 60: 2.000, 120: 1.980} {
		if got := Student(0.95, df); math.Abs(got-want) > 0.0005 {
			t.Errorf("%v degrees: %v, want %v", df, got, want)
		}
	}
	if got := Student(0.95, 1e6); math.Abs(got-1.959964) > 1e-5 {
		t.Errorf("far out it is the normal distribution's, not %v", got)
	}
}

// With one degree of freedom the distribution is Cauchy's, whose quantile is a
// tangent.
func TestWithOneDegreeOfFreedomItIsCauchys(t *testing.T) {
	for _, q := range []float64{0.1, 0.5, 0.8, 0.99} {
		if got, want := Student(q, 1), math.Tan(math.Pi*q/2); math.Abs(got-want) > 1e-9*want {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
}
