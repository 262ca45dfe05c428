package directory

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func inZone(t *testing.T, zone, at string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	moment, err := time.ParseInLocation("2006-01-02 15:04", at, loc)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

// hilfeTelefon has the hours of the German hotline on sexual abuse.
var hilfeTelefon = Hours{Zone: "Europe/Berlin", Holidays: "closed", Open: []Opening{
	{Days: "Mo,We,Fr", From: "09:00", To: "14:00"}, {Days: "Tu,Th", From: "15:00", To: "20:00"}}}

func TestHoursFollowTheWeekTheHolidaysAndTheExceptions(t *testing.T) {
	night := Hours{Zone: "Europe/Athens", Holidays: "open", Open: []Opening{{Days: "Fr-Sa", From: "22:00", To: "26:00"}}}
	silent := Hours{Zone: "Europe/Rome", Open: []Opening{{Days: "Mo-Fr", From: "09:00", To: "17:00"}}}
	excepted := hilfeTelefon
	excepted.Except = []Exception{{Date: "2026-12-24", From: "09:00", To: "11:00"}, {Date: "2026-12-23"}}
	for _, c := range []struct {
		name    string
		hours   Hours
		country string
		at      string
		known   bool
		open    bool
		change  string // when it closes or opens
	}{
		{"on Monday in the morning", hilfeTelefon, "DE", "2026-11-23 09:00", true, true, "2026-11-23 14:00"},
		{"a minute too early", hilfeTelefon, "DE", "2026-11-23 08:59", true, false, "2026-11-23 09:00"},
		{"at closing time", hilfeTelefon, "DE", "2026-11-23 14:00", true, false, "2026-11-24 15:00"},
		{"over the weekend", hilfeTelefon, "DE", "2026-11-20 18:00", true, false, "2026-11-23 09:00"},
		{"on Good Friday and Easter Monday", hilfeTelefon, "DE", "2026-04-03 10:00", true, false, "2026-04-07 15:00"},
		{"past midnight from Friday", night, "GR", "2026-11-21 01:30", true, true, "2026-11-21 02:00"},
		{"on Sunday at two", night, "GR", "2026-11-22 02:00", true, false, "2026-11-27 22:00"},
		{"on a holiday of which nothing is said", silent, "IT", "2026-04-25 10:00", false, false, "2026-04-27 09:00"},
		{"on a holiday in another country", silent, "GR", "2026-06-02 10:00", true, true, "2026-06-02 17:00"},
		{"on a holiday in Italy", silent, "IT", "2026-06-02 10:00", false, false, "2026-06-03 09:00"},
		{"on a date with its own hours", excepted, "DE", "2026-12-24 10:30", true, true, "2026-12-24 11:00"},
		{"on a date that is closed", excepted, "DE", "2026-12-23 10:00", true, false, "2026-12-24 09:00"},
		{"nothing is known", Hours{Zone: "Europe/Rome"}, "IT", "2026-06-03 10:00", false, false, ""},
		{"the zone is unknown", Hours{Zone: "Europe/Atlantis", Open: silent.Open}, "IT", "2026-06-03 10:00", false, false, ""},
	} {
		zone := c.hours.Zone
		if c.hours.location() == nil {
			zone = "UTC"
		}
		got := c.hours.State(inZone(t, zone, c.at), c.country)
		change := got.Next
		if got.Open {
			change = got.Until
		}
		shown := ""
		if !change.IsZero() {
			shown = change.Format("2006-01-02 15:04")
		}
		if got.Known != c.known || got.Open != c.open || shown != c.change {
			t.Errorf("%s (%s): known %v open %v change %s, want %v %v %s", c.name, c.at, got.Known, got.Open, shown, c.known, c.open, c.change)
		}
	}
}

func TestHoursAreReadFromAnyZone(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC) // 9:30 in Berlin
	if s := hilfeTelefon.State(at, "DE"); !s.Open {
		t.Errorf("half past nine in Berlin: %+v", s)
	}
}

func TestSummerTimeKeepsTheWallClock(t *testing.T) {
	h := Hours{Zone: "Europe/Brussels", Holidays: "open", Open: []Opening{{Days: "Sa", From: "20:00", To: "28:00"}}}
	for date, hours := range map[string]float64{"2026-03-28": 7, "2026-10-24": 9, "2026-06-06": 8} {
		spans, sure := h.Day(inZone(t, h.Zone, date+" 12:00"), "BE")
		if !sure || len(spans) != 1 || spans[0].To.Sub(spans[0].From).Hours() != hours {
			t.Errorf("the night of %s lasts %v, want %v hours", date, spans, hours)
		}
		if spans[0].To.Format("15:04") != "04:00" {
			t.Errorf("the night of %s ends at %s", date, spans[0].To)
		}
	}
}

func TestHolidaysFollowTheEasterOfTheirCountry(t *testing.T) {
	for _, c := range []struct {
		country, date string
		want          bool
	}{
		{"GR", "2026-04-10", true}, {"GR", "2026-04-13", true}, {"GR", "2026-04-12", true}, {"GR", "2026-02-23", true},
		{"GR", "2026-04-03", false}, {"GR", "2026-04-06", false}, {"GR", "2027-05-03", true}, {"GR", "2026-06-01", true},
		{"DE", "2026-04-03", true}, {"DE", "2026-04-13", false}, {"DE", "2026-10-03", true}, {"DE", "2026-05-14", true},
		{"IT", "2026-04-03", false}, {"IT", "2026-04-06", true}, {"IT", "2026-12-08", true}, {"IT", "2026-10-04", true}, {"IT", "2025-10-04", false},
		{"BE", "2026-07-21", true}, {"BE", "2026-11-11", true}, {"BE", "2026-05-25", true}, {"XX", "2026-12-25", false},
	} {
		if got := Holiday(c.country, inZone(t, "Europe/Athens", c.date+" 23:30")); got != c.want {
			t.Errorf("%s on %s: %v", c.country, c.date, got)
		}
	}
}

// anyHours draws hours of every shape.
func anyHours(t *rapid.T) Hours {
	day := rapid.SampledFrom([]string{"Mo", "Tu-Th", "Fr,Sa", "Sa-Mo", "Mo-Su"})
	clockTime := func(label string, from, to int) string {
		m := rapid.IntRange(from, to).Draw(t, label) * 15
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(m%1440) * time.Minute).Format("15:04")
	}
	h := Hours{
		Zone:     rapid.SampledFrom([]string{"Europe/Athens", "Europe/Brussels", "Europe/Berlin", "Europe/Rome"}).Draw(t, "zone"),
		Holidays: rapid.SampledFrom([]string{"open", "closed"}).Draw(t, "holidays"),
	}
	for range rapid.IntRange(1, 3).Draw(t, "openings") {
		h.Open = append(h.Open, Opening{Days: day.Draw(t, "days"), From: clockTime("from", 0, 50), To: clockTime("to", 51, 95)})
	}
	return h
}

func TestWhenItClosesItIsClosedAndWhenItOpensItIsOpen(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		h := anyHours(t)
		country := rapid.SampledFrom([]string{"BE", "DE", "GR", "IT"}).Draw(t, "country")
		at := start.Add(time.Duration(rapid.IntRange(0, 2*366*24*4).Draw(t, "quarters")) * 15 * time.Minute)
		s := h.State(at, country)
		if !s.Known {
			t.Fatalf("the hours say what holds on holidays, yet %v is not known", at)
		}
		switch {
		case s.Open:
			if !s.Until.After(at) {
				t.Fatalf("open at %v until %v", at, s.Until)
			}
			if last := h.State(s.Until.Add(-time.Second), country); !last.Open {
				t.Fatalf("open until %v, not a second before", s.Until)
			}
			if h.State(s.Until, country).Open {
				t.Fatalf("open until %v and then still", s.Until)
			}
		case s.Next.IsZero():
			// Nothing within the horizon: no moment of it is open.
			for d := range horizon - 1 {
				if spans, _ := h.Day(at.AddDate(0, 0, d+1), country); len(spans) > 0 {
					t.Fatalf("closed for good at %v, yet %v", at, spans)
				}
			}
		default:
			if !h.State(s.Next, country).Open || h.State(s.Next.Add(-time.Second), country).Open {
				t.Fatalf("closed at %v, opens %v", at, s.Next)
			}
		}
	})
}

func BenchmarkHoursState(b *testing.B) {
	at := time.Date(2026, 11, 23, 18, 30, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		hilfeTelefon.State(at, "DE")
	}
}
