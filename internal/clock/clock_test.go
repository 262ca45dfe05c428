package clock

import (
	"testing"
	"time"
)

func TestStoredTimeComesBackToTheMillisecond(t *testing.T) {
	at := time.Date(2026, 3, 29, 1, 59, 59, 123e6, time.FixedZone("x", 7200))
	if got := Time(Millis(at)); !got.Equal(at) || got.Location() != time.UTC {
		t.Errorf("%v", got)
	}
	if !Time(Millis(time.Time{})).IsZero() {
		t.Error("the zero time is lost")
	}
}
