package i18n

import (
	"fmt"
	"time"
)

// The zone of a shown time is the caller's: pass t in the place's zone.

// Date is the long date, "22 November 2026".
func (b *Bundle) Date(lang string, t time.Time) string {
	return b.T(lang, "date.long", "day", fmt.Sprint(t.Day()), "month", b.T(lang, fmt.Sprintf("date.month.m%d", int(t.Month()))), "year", fmt.Sprint(t.Year()))
}

// Month is a month that stands alone, 2026-11, with its year. What is no month
// is given back.
func (b *Bundle) Month(lang, month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	return b.T(lang, "date.whole."+t.Format("01"), "year", t.Format("2006"))
}

// Weekday is the day's name, "Monday".
func (b *Bundle) Weekday(lang string, d time.Weekday) string {
	return b.T(lang, fmt.Sprintf("date.weekday.d%d", int(d)))
}

// WeekdayShort is the day's short name, "Mon".
func (b *Bundle) WeekdayShort(lang string, d time.Weekday) string {
	return b.T(lang, fmt.Sprintf("date.short.d%d", int(d)))
}

// Clock is the time of day, "14:05".
func (b *Bundle) Clock(lang string, t time.Time) string { return t.Format("15:04") }

// DateTime is date and time of day in words.
func (b *Bundle) DateTime(lang string, t time.Time) string {
	return b.T(lang, "date.at", "date", b.Date(lang, t), "time", b.Clock(lang, t))
}

// unit picks the largest unit that says enough.
func unit(d time.Duration) (string, int) {
	switch {
	case d < time.Minute:
		return "now", 0
	case d < 90*time.Minute:
		return "minutes", int(d / time.Minute)
	case d < 48*time.Hour:
		return "hours", int(d / time.Hour)
	case d < 60*24*time.Hour:
		return "days", int(d / (24 * time.Hour))
	case d < 2*365*24*time.Hour:
		return "months", int(d / (30*24*time.Hour + 10*time.Hour))
	}
	return "years", int(d / (365*24*time.Hour + 6*time.Hour))
}

// Ago is how long since, "12 days ago".
func (b *Bundle) Ago(lang string, d time.Duration) string {
	u, n := unit(d)
	return b.T(lang, "date.ago."+u, "n", n)
}

// In is how long until, "in 40 minutes".
func (b *Bundle) In(lang string, d time.Duration) string {
	u, n := unit(d)
	return b.T(lang, "date.in."+u, "n", n)
}

// For is a length of time, "26 hours".
func (b *Bundle) For(lang string, d time.Duration) string {
	u, n := unit(d)
	return b.T(lang, "date.for."+u, "n", n)
}
