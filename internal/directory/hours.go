package directory

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/it"
)

// OpenState is whether someone answers at a moment, as far as the hours tell.
type OpenState struct {
	Known  bool      // the hours are known for this moment
	Open   bool      //
	Always bool      // day and night, every day
	Until  time.Time // open: when it closes; zero: not within horizon
	Next   time.Time // closed: when it opens next; zero: not within horizon
}

// horizon is how many days State looks ahead.
const horizon = 21

// Known reports whether there are any hours.
func (h Hours) Known() bool { return h.Always || len(h.Open) > 0 || len(h.Except) > 0 }

// Span is a time of contact, from its start up to but without its end.
type Span struct{ From, To time.Time }

// State tells whether contact is possible at a moment. Public holidays are
// those of the whole country (ISO 3166-1), regional ones are not known here.
// Where the source does not say what holds on a public holiday, the state of
// that day is not known: nobody is sent to a closed door.
func (h Hours) State(at time.Time, country string) OpenState {
	if h.Always {
		return OpenState{Known: true, Open: true, Always: true}
	}
	loc := h.location()
	if !h.Known() || loc == nil {
		return OpenState{}
	}
	at = at.In(loc)
	spans, doubtful := h.spans(at, country, loc)
	state := OpenState{Known: true}
	for _, s := range spans {
		switch {
		case !at.Before(s.From) && at.Before(s.To):
			return OpenState{Known: true, Open: true, Until: s.To}
		case at.Before(s.From):
			state.Next = s.From
			if doubtful {
				return OpenState{Next: s.From}
			}
			return state
		}
	}
	state.Known = !doubtful
	return state
}

// location is the zone of the hours; nil: unknown, so the hours are too.
func (h Hours) location() *time.Location {
	if h.Zone == "" {
		return nil
	}
	if loc, ok := zones.Load(h.Zone); ok {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(h.Zone)
	if err != nil {
		return nil
	}
	zones.Store(h.Zone, loc)
	return loc
}

var zones sync.Map // zone name to *time.Location

// spans are the times of contact from the day before at to the horizon, in
// order, joined where they touch. doubtful: at falls on a public holiday about
// which the source is silent.
func (h Hours) spans(at time.Time, country string, loc *time.Location) (spans []Span, doubtful bool) {
	year, month, day := at.Date()
	for d := -1; d <= horizon; d++ {
		date := time.Date(year, month, day+d, 12, 0, 0, 0, loc) // noon exists on every day
		open, sure := h.onDate(date, country)
		if !sure && d == 0 {
			doubtful = true
		}
		spans = append(spans, open...)
		if d >= 0 && len(spans) > 0 && spans[len(spans)-1].From.After(at) {
			break
		}
	}
	return joinSpans(spans), doubtful
}

// Day lists the times of contact that begin on a date (any moment of it) in
// the zone of the hours. sure is false on a public holiday about which the
// source is silent.
func (h Hours) Day(date time.Time, country string) (spans []Span, sure bool) {
	loc := h.location()
	if loc == nil {
		return nil, false
	}
	y, m, d := date.In(loc).Date()
	return h.onDate(time.Date(y, m, d, 12, 0, 0, 0, loc), country)
}

func (h Hours) onDate(noon time.Time, country string) (spans []Span, sure bool) {
	if h.Always {
		return []Span{{clockTime(noon, 0), clockTime(noon, 24*60)}}, true
	}
	iso := noon.Format(time.DateOnly)
	excepted := false
	for _, e := range h.Except {
		if e.Date != iso {
			continue
		}
		excepted = true
		if s, ok := spanOf(noon, e.From, e.To); ok {
			spans = append(spans, s)
		}
	}
	if excepted {
		return inOrder(spans), true
	}
	if h.Holidays != "open" && Holiday(country, noon) {
		return nil, h.Holidays == "closed"
	}
	for _, o := range h.Open {
		if !onWeekday(o.Days, noon.Weekday()) {
			continue
		}
		if s, ok := spanOf(noon, o.From, o.To); ok {
			spans = append(spans, s)
		}
	}
	return inOrder(spans), true
}

func inOrder(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return a.From.Compare(b.From) })
	return spans
}

// joinSpans merges spans that touch or overlap; open until midnight and from
// midnight is open through.
func joinSpans(spans []Span) []Span {
	spans = inOrder(spans)
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// spanOf is the time between two clock times of the day of noon.
func spanOf(noon time.Time, from, to string) (Span, bool) {
	f, ok1 := minutes(from)
	t, ok2 := minutes(to)
	if !ok1 || !ok2 || t <= f {
		return Span{}, false
	}
	s := Span{clockTime(noon, f), clockTime(noon, t)}
	return s, s.From.Before(s.To)
}

// clockTime is a wall clock time of the day, past midnight above 24 hours. It
// follows the wall clock over changes to and from summer time; an hour that
// is skipped counts from the moment of the change.
func clockTime(noon time.Time, minute int) time.Time {
	y, m, d := noon.Date()
	return time.Date(y, m, d, minute/60, minute%60, 0, 0, noon.Location())
}

// minutes reads "09:00" up to "47:59" as minutes after midnight.
func minutes(s string) (int, bool) {
	hh, mm, ok := strings.Cut(s, ":")
	h, err1 := strconv.Atoi(hh)
	m, err2 := strconv.Atoi(mm)
	return h*60 + m, ok && err1 == nil && err2 == nil && h >= 0 && h < 48 && m >= 0 && m < 60
}

// onWeekday reports whether "Mo,We-Fr" holds the weekday; a range may wrap
// around the week's end.
func onWeekday(days string, day time.Weekday) bool {
	for part := range strings.SplitSeq(days, ",") {
		first, last, ranged := strings.Cut(strings.TrimSpace(part), "-")
		from, to := slices.Index(dayNames, first), slices.Index(dayNames, last)
		if !ranged {
			to = from
		}
		if from < 0 || to < 0 {
			continue
		}
		if n := (int(day) - from + 7) % 7; n <= (to-from+7)%7 {
			return true
		}
	}
	return false
}

// On lists the weekly openings that begin on a weekday, in their order.
func (h Hours) On(day time.Weekday) []Opening {
	var out []Opening
	for _, o := range h.Open {
		if onWeekday(o.Days, day) {
			out = append(out, o)
		}
	}
	return out
}

// dayNames in the order of time.Weekday.
var dayNames = []string{"Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"}

// Holiday reports whether the date of t is a public holiday in the whole of a
// country. Movable feasts follow the Western Easter, in Greece the Orthodox.
func Holiday(country string, t time.Time) bool {
	y, m, d := t.Date()
	return slices.ContainsFunc(HolidaysOf(country, y), time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Equal)
}

// HolidaysOf are the public holidays of the whole of a country in a year, at
// midnight UTC, in the order of the calendar. Not to be changed.
func HolidaysOf(country string, year int) []time.Time {
	key := holidayKey{country, year}
	if known, ok := holidays.Load(key); ok {
		return known.([]time.Time)
	}
	var dates []time.Time
	for _, h := range nationwide[country] {
		if actual, _ := h.Calc(year); !actual.IsZero() {
			y, m, d := actual.Date()
			dates = append(dates, time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
		}
	}
	slices.SortFunc(dates, time.Time.Compare)
	holidays.Store(key, dates)
	return dates
}

type holidayKey struct {
	country string
	year    int
}

var holidays sync.Map // holidayKey to []time.Time

// nationwide are the public holidays that all of a country keeps, with Easter
// Sunday, which the laws often leave out because it is a Sunday anyway.
var nationwide = map[string][]*cal.Holiday{
	"BE": append(slices.Clone(be.Holidays), easterSunday),
	"DE": append(slices.Clone(de.Holidays), easterSunday),
	"GR": append(slices.Clone(gr.Holidays), orthodoxEasterSunday),
	"IT": append(slices.Clone(it.Holidays), easterSunday, sanFrancesco),
}

var (
	easterSunday         = &cal.Holiday{Name: "Easter Sunday", Func: cal.CalcEasterOffset}
	orthodoxEasterSunday = &cal.Holiday{Name: "Orthodox Easter Sunday", Julian: true, Func: cal.CalcEasterOffset}

	// sanFrancesco is a public holiday of Italy since 2026 (law 151 of 8 October 2025).
	sanFrancesco = &cal.Holiday{Name: "San Francesco", Month: time.October, Day: 4, StartYear: 2026, Func: cal.CalcDayOfMonth}
)
