// Package quantile says where a distribution reaches a share: what intervals of
// proportions and of means are made of.
//
// The idea: one function, the incomplete beta function, gives the beta and
// Student's t distribution; why not a library, docs/decisions/0101.
//
// Stored: nothing. It must never guess: what it gives is right to the last bits
// of a double, or a test fails.
package quantile

import "math"

// Student is how far from 0, to both sides, the middle share q of Student's t
// distribution with df degrees of freedom reaches; df is at least 1. By its
// relation to the beta distribution (NIST Handbook of Mathematical Functions,
// 8.17 and Abramowitz and Stegun 26.7.1).
func Student(q, df float64) float64 {
	x := Beta(1-q, df/2, 0.5)
	return math.Sqrt(df * (1 - x) / x)
}

// Beta is where the distribution function of Beta(a, b) reaches q.
// The function rises, so that halving finds it to the last bit.
func Beta(q, a, b float64) float64 {
	low, high := 0.0, 1.0
	for {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			return middle
		}
		if betaShare(middle, a, b) < q {
			low = middle
		} else {
			high = middle
		}
	}
}

// betaShare is the regularised incomplete beta function I_x(a, b), by its
// continued fraction (NIST Handbook of Mathematical Functions, 8.17.22),
// evaluated by the method of Lentz.
func betaShare(x, a, b float64) float64 {
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	if x > (a+1)/(a+b+2) { // where the fraction converges slowly the mirrored one is fast
		return 1 - betaShare(1-x, b, a)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	return front * betaFraction(x, a, b)
}

func betaFraction(x, a, b float64) float64 {
	const tiny = 1e-300
	whole := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/whole(1-(a+b)*x/(a+1))
	f := d
	for m := 1.0; m < 1e6; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / whole(1+even*d)
		c = whole(1 + even/c)
		f *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / whole(1+odd*d)
		c = whole(1 + odd/c)
		step := d * c
		f *= step
		if math.Abs(step-1) < 1e-15 {
			break
		}
	}
	return f
}
