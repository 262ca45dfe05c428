package fault

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestAKindSurvivesWrapping(t *testing.T) {
	err := Wrap(fmt.Errorf("more: %w", New(Stale, "x.changed").Because(errors.New("row 3"))), "referral accept", "r1")
	if KindOf(err) != Stale {
		t.Errorf("kind %v", KindOf(err))
	}
	if !errors.Is(err, New(Stale, "")) || errors.Is(err, New(Stale, "y")) || errors.Is(err, New(Denied, "")) {
		t.Error("errors.Is does not compare kind and key")
	}
	if got, want := err.Error(), "referral accept r1: more: stale x.changed: row 3"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
}

func TestAForeignErrorIsInternalAndACancelledOneUnavailable(t *testing.T) {
	if KindOf(errors.New("x")) != Internal || KindOf(fmt.Errorf("q: %w", context.Canceled)) != Unavailable {
		t.Error("wrong kinds")
	}
	if Wrap(nil, "x") != nil || Fields() != nil {
		t.Error("nothing wrong must stay nil")
	}
}
