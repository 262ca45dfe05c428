package summary

import (
	"fmt"
	"time"
)

// How many talks a period needs before anything of it is shown.
const (
	UsualFew = 5
	LeastFew = 3
	MostFew  = 20
)

// How long things stay, in months after the last one of a period.
const (
	thinLife  = 12 // a period that found too few
	countLife = 60 // the counters of a period; its number of talks stays
)

// Period is some months of one house.
type Period struct {
	First, Last string // months, 2026-11
	Few         int64  // the house's setting when it began: it is shown in one form for ever
	N           int64  // talks
	Counts      Tally  // nil: the counters went, see countLife
	Marks       []string
	Told        bool // the log knows that it is over
}

// monthOf is the month of a time, in UTC.
func monthOf(t time.Time) string { return t.UTC().Format("2006-01") }

// later is a month some months on.
func later(month string, months int) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		panic(fmt.Sprintf("summary: a month is stored as %q: a fault in this package", month))
	}
	return monthOf(t.AddDate(0, months, 0))
}

// Over says whether a period is whole: it has enough, and its last month is
// over. Only then is it shown, so that nobody can watch a count grow.
//
// req: SUMMARY-3
func (p Period) Over(month string) bool { return p.N >= p.Few && p.Last < month }

// next is the period that a talk of this month belongs to: the newest one, or
// the one after it when that is over. A period that was ever shown never grows:
// the difference would be the talk.
//
// req: SUMMARY-3
func next(newest *Period, month string, few int64) Period {
	if newest == nil {
		return Period{First: month, Last: month, Few: few}
	}
	if newest.Over(month) {
		return Period{First: later(newest.Last, 1), Last: month, Few: few}
	}
	p := *newest
	p.Last = max(p.Last, month)
	return p
}

// aged is a period after the time that it may stay as it is; gone when nothing
// of it may stay.
//
// req: SUMMARY-4
func aged(p Period, month string) (out Period, gone bool) {
	if p.N < p.Few {
		return p, p.Last < later(month, -thinLife)
	}
	if p.Over(month) {
		p.Told, p.Marks = true, nil
	}
	if p.Last < later(month, -countLife) {
		p.Counts = nil
	}
	return p, false
}
