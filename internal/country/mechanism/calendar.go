package mechanism

import (
	"fmt"
	"time"

	"amelie/internal/country"
)

// Day is a day of the calendar, without a time and a zone.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// The years between which days are taken: another one is a slip of the hand.
const firstYear, lastYear = 1900, 2199

// ParseDay reads YYYY-MM-DD.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Day{}, fmt.Errorf("%q is no day written YYYY-MM-DD", s)
	}
	if t.Year() < firstYear || t.Year() > lastYear {
		return Day{}, fmt.Errorf("%q: only years from %d to %d are counted", s, firstYear, lastYear)
	}
	return dayOf(t), nil
}

// dayOf is the day of t in the zone that t has.
func dayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day{y, m, d}
}

// DayAt is the day that it is in a zone: late at night in London it is already
// tomorrow in Athens.
func DayAt(at time.Time, zone *time.Location) Day { return dayOf(at.In(zone)) }

func (d Day) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// String is the day as YYYY-MM-DD, empty for no day.
func (d Day) String() string {
	if d.IsZero() {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// MarshalText writes the day as YYYY-MM-DD.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// IsZero says that there is no day.
func (d Day) IsZero() bool { return d == Day{} }

// Before says that d comes before x.
func (d Day) Before(x Day) bool { return d.utc().Before(x.utc()) }

// AddDays is n days later; a negative n is earlier. It counts days of the
// calendar: the hour that daylight saving adds or takes changes nothing.
func (d Day) AddDays(n int) Day { return dayOf(d.utc().AddDate(0, 0, n)) }

// AddMonths is the same day of the month n months later, or the last day of
// that month where it is shorter: 30 November and 3 months is 28 February.
func (d Day) AddMonths(n int) Day {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Day{first.Year(), first.Month(), min(d.Day, last)}
}

// Noon is the middle of the day in a zone: a moment that is on the day also
// for a reader who writes dates in a zone nearby.
func (d Day) Noon(zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, zone)
}

// Day is the day that it is in the country.
func (p *Pack) Day(at time.Time) Day { return DayAt(at, p.zone) }

// End is the first moment after the day, in the country: what is due on the
// day is late from then on.
func (p *Pack) End(d Day) time.Time {
	return time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, p.zone)
}

// How says how a last day came about.
type How string

// The ways to a last day.
const (
	Fixed       How = "fixed"               // counted from the start
	Floor       How = "floor"               // at least until then: the authority may set longer
	FromAct     How = "from_prosecutor_act" // counted from the prosecutor's act
	ByAuthority How = "by_authority"        // the authority sets it
	Unknown     How = "unknown"             // nobody has stated it reliably
)

// how says how the last day of the period comes about. What is general
// knowledge alone gives no day.
// req: MECHANISM-2
func (x Period) how() How {
	switch {
	case x.ByAuthority:
		return ByAuthority
	case x.Days == 0 && x.Months == 0 || x.State() == country.Unverified:
		return Unknown
	case x.Minimum:
		return Floor
	case x.Starts == ProsecutorAct:
		return FromAct
	}
	return Fixed
}

// Span is what a period comes to from its first day.
type Span struct {
	From    Day
	How     How
	LastDay Day // with the longest extension that the law allows; zero: none can be counted
	Sure    Day // without an extension that nobody has granted yet; zero: none can be counted
}

// Count counts a period. The first day is not counted. A period in months ends
// on the day of the same number, or on the last one of a shorter month. An
// extension is counted with the rest from the start, not from the end: 3 and 2
// months are 5. Whether the last day moves at a weekend is a rule of the pack.
// req: MECHANISM-3
func (p *Pack) Count(x Period, from Day) Span {
	s := Span{From: from, How: x.how()}
	if s.How == Unknown || s.How == ByAuthority {
		return s
	}
	s.Sure = p.working(from.AddMonths(x.Months).AddDays(x.Days))
	s.LastDay = p.working(from.AddMonths(x.Months + x.ExtensionMonths).AddDays(x.Days))
	return s
}

// working is the day itself or, where the pack says so, the next one that is
// neither a Saturday nor a Sunday. Public holidays are not known here.
func (p *Pack) working(d Day) Day {
	if p.Weekends.Rule != nextWorkingDay {
		return d
	}
	switch d.utc().Weekday() {
	case time.Saturday:
		return d.AddDays(2)
	case time.Sunday:
		return d.AddDays(1)
	}
	return d
}

// Deadline is the time to recover and decide of an adult, or of a child, and
// what it comes to from its first day.
func (p *Pack) Deadline(from Day, minor bool) (Period, Span) {
	x := p.Reflection(minor)
	return x, p.Count(x, from)
}
