package instrument

// The Delphi rule: pure functions, the same as in page/engine.js.

// tally counts the indicators of one dimension by weight.
type tally struct{ strong, medium, weak int }

func (t tally) plus(o tally) tally {
	return tally{t.strong + o.strong, t.medium + o.medium, t.weak + o.weak}
}

func (t *tally) add(w Weight) {
	switch w {
	case Strong:
		t.strong++
	case Medium:
		t.medium++
	case Weak:
		t.weak++
	}
}

// positive is the rule for one dimension: two strong; one strong and another;
// three medium; two medium and one weak (Operational indicators of trafficking
// in human beings, ILO and European Commission, revised September 2009).
//
// req: INSTRUMENT-1
func (t tally) positive() bool {
	return t.strong >= 1 && t.strong+t.medium+t.weak >= 2 || t.medium >= 2 && t.medium+t.weak >= 3
}

// Class is the result of a rule, a stable code. It is "consistent with", never
// "is".
type Class string

// The classes of the Delphi rule. docs/decisions/0100 says why each.
const (
	// NoPattern: every dimension was answered and none is positive.
	NoPattern Class = "no-pattern"
	// Inconclusive: nothing stands out, and what is unknown could change that.
	Inconclusive Class = "inconclusive"
	// MeansOnly: deception, coercion or abuse of vulnerability without exploitation.
	MeansOnly Class = "means-without-exploitation"
	// ExploitationOnly: exploitation, and no means that anybody saw.
	ExploitationOnly Class = "exploitation"
	// WithVulnerability: exploitation, and abuse of vulnerability as the only means.
	WithVulnerability Class = "vulnerability-and-exploitation"
	// WithDeception: exploitation after deceptive recruitment, no coercion.
	WithDeception Class = "deception-and-exploitation"
	// WithCoercion: exploitation after coercive recruitment, no coercion at destination.
	WithCoercion Class = "coercion-and-exploitation"
	// Coerced: exploitation under coercion at destination, recruited without means.
	Coerced Class = "coerced-exploitation"
	// Trafficking: recruited by any means, exploited and coerced at destination;
	// for a child exploitation is enough.
	Trafficking Class = "trafficking"
)

// Classes are those of the Delphi rule.
var Classes = []Class{NoPattern, Inconclusive, MeansOnly, ExploitationOnly, WithVulnerability, WithDeception, WithCoercion, Coerced, Trafficking}

// The classes of the other rules; bands of a sum have names of their own.
const (
	Positive Class = "positive"
	Negative Class = "negative"
	Listed   Class = "listed" // nothing is computed
)

// found is a set of positive dimensions, a bit for each of Roles.
type found uint8

func bit(r Role) found {
	for i, x := range Roles {
		if x == r {
			return 1 << i
		}
	}
	return 0
}

var (
	bitDeception, bitCoercion, bitVulnerability = bit(Deception), bit(Coercion), bit(Vulnerability)
	bitExploitation, bitControl, bitDependence  = bit(Exploitation), bit(Control), bit(Dependence)

	recruited = bitDeception | bitCoercion | bitVulnerability
)

// classOf is the rule of the case for a set of positive dimensions. The child's
// rule needs no means: Palermo Protocol, article 3(c); Directive 2011/36/EU,
// article 2(5).
//
// req: INSTRUMENT-2
func classOf(f found, child bool) Class {
	switch {
	case f&bitExploitation == 0 && f == 0:
		return NoPattern
	case f&bitExploitation == 0:
		return MeansOnly
	case child:
		return Trafficking
	case f&bitControl != 0 && f&recruited != 0:
		return Trafficking
	case f&bitControl != 0:
		return Coerced
	case f&bitCoercion != 0:
		return WithCoercion
	case f&bitDeception != 0:
		return WithDeception
	case f&(bitVulnerability|bitDependence) != 0:
		return WithVulnerability
	}
	return ExploitationOnly
}

// decided is classOf with what may still turn out: open are the dimensions that
// the unknown indicators could make positive. A class that says that something
// is not there becomes inconclusive while it could be.
//
// req: INSTRUMENT-3
func decided(f, open found, child bool) (class Class, couldBecome []Class) {
	class = classOf(f, child)
	reach := map[Class]bool{}
	for more := open; more > 0; more = (more - 1) & open { // every part of open but none
		if c := classOf(f|more, child); c != class {
			reach[c] = true
		}
	}
	for _, c := range Classes {
		if reach[c] {
			couldBecome = append(couldBecome, c)
		}
	}
	if len(couldBecome) > 0 && (class == NoPattern || class == MeansOnly) {
		class = Inconclusive
	}
	return class, couldBecome
}
