// Package clock passes time in as a value, so that deadlines, freshness and
// tests never read the wall clock on their own. Times are stored as
// milliseconds since 1970 UTC.
package clock

import "time"

// Clock tells the time.
type Clock func() time.Time

// System is the machine's clock, in UTC and whole milliseconds.
func System() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Fixed always tells t.
func Fixed(t time.Time) Clock { return func() time.Time { return t } }

// Millis is how a time is stored; the zero time is 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Time is the time of stored milliseconds, in UTC; 0 is the zero time.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Mornings are the moments at eight in the morning, some days ahead of a day
// that begins at day, which are still to come: a mail at midnight helps nobody.
func Mornings(day time.Time, ahead []int, now time.Time) (out []time.Time) {
	for _, days := range ahead {
		if at := day.AddDate(0, 0, -days).Add(8 * time.Hour); at.After(now) {
			out = append(out, at)
		}
	}
	return out
}
