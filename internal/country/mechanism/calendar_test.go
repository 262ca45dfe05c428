package mechanism

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/country"
)

func day(t testing.TB, s string) Day {
	t.Helper()
	d, err := ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func pack(t testing.TB, code string) *Pack {
	t.Helper()
	p, ok := shipped(t).Get(code)
	if !ok {
		t.Fatalf("no mechanism of %s", code)
	}
	return p
}

// The oracles were counted by hand.
// req: MECHANISM-2
// req: MECHANISM-3
func TestTheLastDayIsTheOneThatWasCountedByHand(t *testing.T) {
	s := shipped(t)
	for _, c := range []struct {
		code, from string
		minor      bool
		how        How
		sure, last string
	}{
		{"BE", "2024-01-15", false, Fixed, "2024-02-29", "2024-02-29"}, // 16 + 29 days, a leap year
		{"BE", "2023-01-15", false, Fixed, "2023-03-01", "2023-03-01"},
		{"BE", "2025-12-01", false, Fixed, "2026-01-15", "2026-01-15"},
		{"BE", "2024-01-15", true, Unknown, "", ""},
		{"GR", "2024-11-30", false, FromAct, "2025-02-28", "2025-02-28"},
		{"GR", "2023-11-30", false, FromAct, "2024-02-29", "2024-02-29"},
		{"GR", "2024-01-31", false, FromAct, "2024-04-30", "2024-04-30"},
		{"GR", "2024-11-30", true, FromAct, "2025-02-28", "2025-04-30"}, // five months from the start: not 28 April
		{"GR", "2024-09-30", true, FromAct, "2024-12-30", "2025-02-28"},
		{"GR", "2024-08-31", true, FromAct, "2024-11-30", "2025-01-31"}, // not 30 January
		{"DE", "2024-11-30", false, Floor, "2025-02-28", "2025-02-28"},
		{"DE", "2024-02-29", true, Floor, "2024-05-29", "2024-05-29"},
		{"DE", "2026-03-28", false, Floor, "2026-06-28", "2026-06-28"}, // the night in which the clock goes forward
		{"IT", "2024-01-15", false, Unknown, "", ""},
		{"IT", "2024-01-15", true, Unknown, "", ""},
	} {
		p, _ := s.Get(c.code)
		_, got := p.Deadline(day(t, c.from), c.minor)
		if got.How != c.how || got.Sure.String() != c.sure || got.LastDay.String() != c.last {
			t.Errorf("%s from %s, minor %v: %s %s %s", c.code, c.from, c.minor, got.How, got.Sure, got.LastDay)
		}
	}
}

func TestLateInTheEveningItIsAlreadyTomorrowInAthens(t *testing.T) {
	for _, c := range []struct{ code, at, want string }{
		{"GR", "2026-01-31T22:30:00Z", "2026-02-01"}, // two hours ahead in winter
		{"GR", "2026-07-31T21:30:00Z", "2026-08-01"}, // three in summer
		{"GR", "2026-07-31T20:30:00Z", "2026-07-31"},
		{"BE", "2026-01-31T22:30:00Z", "2026-01-31"},
		{"DE", "2026-03-29T22:30:00Z", "2026-03-30"}, // summer time began in the morning
		{"DE", "2026-03-28T22:30:00Z", "2026-03-28"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := pack(t, c.code).Day(at); got.String() != c.want {
			t.Errorf("%s in %s: %s", c.at, c.code, got)
		}
	}
}

func TestADayEndsAtMidnightOfTheCountry(t *testing.T) {
	for d, want := range map[string]string{"2026-01-10": "2026-01-10T22:00:00Z", "2026-07-10": "2026-07-10T21:00:00Z", "2026-03-29": "2026-03-29T21:00:00Z", "2026-12-31": "2026-12-31T22:00:00Z"} {
		if got := pack(t, "GR").End(day(t, d)).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s ends at %s", d, got)
		}
	}
}

func TestOnlyARealDayIsRead(t *testing.T) {
	for _, s := range []string{"", "2023-02-29", "2024-2-1", "2024-13-01", "2024-01-32", "24-01-01", "1899-12-31", "2200-01-01", "2024-01-01T00:00:00Z", "01.02.2024", " 2024-01-01"} {
		if d, err := ParseDay(s); err == nil {
			t.Errorf("%q is %s", s, d)
		}
	}
	if d := day(t, "2024-02-29"); d.String() != "2024-02-29" {
		t.Errorf("%s", d)
	}
}

// days draws a day, month ends and leap days more often than others.
func days() *rapid.Generator[Day] {
	return rapid.Custom(func(t *rapid.T) Day {
		y, m := rapid.IntRange(1950, 2150).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month")
		first := Day{y, time.Month(m), 1}
		last := first.AddMonths(1).AddDays(-1)
		if rapid.Bool().Draw(t, "end of month") {
			return last
		}
		return Day{y, time.Month(m), rapid.IntRange(1, last.Day).Draw(t, "day")}
	})
}

// periods draws a period that a source states.
func periods() *rapid.Generator[Period] {
	return rapid.Custom(func(t *rapid.T) Period {
		x := Period{ID: "xx-x", Origin: country.Origin{Confidence: country.Found}}
		if rapid.Bool().Draw(t, "in days") {
			x.Days = rapid.IntRange(1, 400).Draw(t, "days")
		} else {
			x.Months = rapid.IntRange(1, 36).Draw(t, "months")
		}
		x.ExtensionMonths = rapid.IntRange(0, 6).Draw(t, "extension")
		x.Minimum = rapid.Bool().Draw(t, "floor")
		return x
	})
}

// req: MECHANISM-3
func TestALastDayNeverComesBeforeTheFirstAndKeepsTheOrderOfFirstDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &Pack{zone: time.UTC}
		p.Weekends.Rule = rapid.SampledFrom([]string{"stays", nextWorkingDay}).Draw(t, "rule")
		x, a := periods().Draw(t, "period"), days().Draw(t, "from")
		b := a.AddDays(rapid.IntRange(0, 800).Draw(t, "later"))
		one, other := p.Count(x, a), p.Count(x, b)
		if !a.Before(one.Sure) || one.LastDay.Before(one.Sure) {
			t.Fatalf("%+v from %s: %+v", x, a, one)
		}
		if other.Sure.Before(one.Sure) || other.LastDay.Before(one.LastDay) {
			t.Fatalf("%+v: from %s %+v, from %s %+v", x, a, one, b, other)
		}
	})
}

func TestMonthsEndOnTheSameNumberOrOnTheLastDayOfTheMonth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, n := days().Draw(t, "from"), rapid.IntRange(0, 240).Draw(t, "months")
		to := from.AddMonths(n)
		if passed := (to.Year-from.Year)*12 + int(to.Month) - int(from.Month); passed != n {
			t.Fatalf("%s and %d months is %s: %d months on", from, n, to, passed)
		}
		if to.Day != from.Day && (to.Day > from.Day || to.AddDays(1).Day != 1) {
			t.Fatalf("%s and %d months is %s", from, n, to)
		}
	})
}

func TestDaysAreCountedAsACalendarCountsThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, n := days().Draw(t, "from"), rapid.IntRange(-400, 400).Draw(t, "days")
		to := from.AddDays(n)
		if to.utc().Sub(from.utc()) != time.Duration(n)*24*time.Hour || to.AddDays(-n) != from {
			t.Fatalf("%s and %d days is %s", from, n, to)
		}
		if again, err := ParseDay(to.String()); err != nil || again != to {
			t.Fatalf("%s is read as %s (%v)", to, again, err)
		}
	})
}

func TestAMomentIsOnTheDayThatItEnds(t *testing.T) {
	zones := []string{"Europe/Athens", "Europe/Brussels", "Europe/Berlin", "Europe/Rome"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		p := &Pack{zone: zone}
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0)
		d := p.Day(at)
		if !at.Before(p.End(d)) || at.Before(p.End(d.AddDays(-1))) {
			t.Fatalf("%s is on %s, which ends at %s", at, d, p.End(d))
		}
	})
}

func TestAWeekendMovesALastDayOnlyWhereThePackSaysSo(t *testing.T) {
	x := Period{Days: 1, Origin: country.Origin{Confidence: country.Found}}
	for from, want := range map[string]string{"2026-11-19": "2026-11-20", "2026-11-20": "2026-11-23", "2026-11-21": "2026-11-23", "2026-11-22": "2026-11-23"} {
		p := &Pack{Weekends: Weekends{Rule: nextWorkingDay}}
		if got := p.Count(x, day(t, from)).LastDay.String(); got != want {
			t.Errorf("the day after %s: %s", from, got)
		}
		p.Weekends.Rule = "stays"
		if got := p.Count(x, day(t, from)).LastDay; got != day(t, from).AddDays(1) {
			t.Errorf("the day after %s moved to %s", from, got)
		}
	}
}

// req: MECHANISM-2
func TestWhatIsGeneralKnowledgeAloneGivesNoDay(t *testing.T) {
	p, from := &Pack{}, day(t, "2026-01-01")
	x := Period{Months: 3, Origin: country.Origin{Confidence: country.Background}}
	if s := p.Count(x, from); s.How != Unknown || !s.LastDay.IsZero() || !s.Sure.IsZero() {
		t.Errorf("%+v", s)
	}
	x.Verified, x.VerifiedBy = "2026-11-01", "a lawyer"
	if s := p.Count(x, from); s.How != Fixed || s.LastDay.String() != "2026-04-01" {
		t.Errorf("%+v", s)
	}
	if s := p.Count(Period{ByAuthority: true, Origin: x.Origin}, from); s.How != ByAuthority || !s.LastDay.IsZero() {
		t.Errorf("%+v", s)
	}
}

// plain speaks in keys.
var plain = Speech{Lang: "en", Day: Day.String, T: func(key string, args ...any) string {
	for _, a := range args {
		if s, ok := a.(string); ok {
			key += " " + s
		}
	}
	return key
}}

// req: MECHANISM-4
func TestTheDayThatHoldsWithoutAnExtensionIsSaidFirst(t *testing.T) {
	p := pack(t, "GR")
	x, s := p.Deadline(day(t, "2024-11-30"), true)
	said := p.Say(x, s, plain)
	if len(said) != 3 || !strings.Contains(said[0], "2025-02-28") || !strings.Contains(said[1], "2025-04-30") || !strings.Contains(said[2], "Public prosecutor") {
		t.Errorf("%q", said)
	}
	if x, s = p.Deadline(day(t, "2024-11-30"), false); len(p.Say(x, s, plain)) != 1 {
		t.Errorf("%q", p.Say(x, s, plain))
	}
}
