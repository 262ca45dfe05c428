package referral

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func anyState() *rapid.Generator[State] { return rapid.SampledFrom(States) }

var actions = []Action{Send, Open, Accept, Decline, Ask, Reply, Redirect, Appoint, HandOver, Close, Withdraw, Expire, Lapse, Pick, Reconsider, Follow, Release}

// walk is a random possible history from the draft on.
func walk(t *rapid.T) (Kind, []State) {
	kind := rapid.SampledFrom([]Kind{Referral, Enquiry}).Draw(t, "kind")
	states := []State{Draft}
	for range rapid.IntRange(0, 20).Draw(t, "length") {
		action := rapid.SampledFrom(actions).Draw(t, "action")
		side := rapid.SampledFrom([]Side{Sender, Receiver, Clock}).Draw(t, "side")
		next, err := Next(kind, states[len(states)-1], action, side)
		if err == nil {
			states = append(states, next)
		}
	}
	return kind, states
}

// req: CONSENT-5
func TestWithdrawnAndExpiredAreFinalWhateverAnyoneDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, states := walk(t)
		for i, s := range states {
			if (s == Withdrawn || s == Expired) && i != len(states)-1 {
				t.Fatalf("%v goes on to %v", s, states[i+1])
			}
			if ReceiverMayKnow(s) != !slices.Contains([]State{Draft, Withdrawn, Expired}, s) {
				t.Fatalf("the receiver may know of %v: %v", s, ReceiverMayKnow(s))
			}
		}
	})
}

// req: CONSENT-4
func TestWithdrawalIsPossibleFromEveryStateInWhichTheReceiverHasAccess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind, states := walk(t)
		last := states[len(states)-1]
		for _, side := range []Side{Sender, Receiver} {
			next, err := Next(kind, last, Withdraw, side)
			consented := kind == Referral || side == Sender // an enquiry rests on no consent that its receiver could hear taken back
			if possible := err == nil && next == Withdrawn; possible != (consented && ReceiverMayKnow(last)) {
				t.Fatalf("withdraw from %v by %v: %v %v", last, side, next, err)
			}
		}
	})
}

func TestNothingReturnsToDraftOrSentOnceItWasThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, states := walk(t)
		for i := 1; i < len(states); i++ {
			if states[i] == Draft || (states[i] == Sent && !slices.Contains([]State{Draft, Sent}, states[i-1])) {
				t.Fatalf("an acknowledged step was lost: %v", states)
			}
		}
	})
}

func TestNobodyAnswersBeforeSomeoneOpened(t *testing.T) {
	for _, a := range []Action{Accept, Decline, Redirect, Appoint, HandOver, Close} {
		if _, err := Next(Referral, Sent, a, Receiver); err == nil {
			t.Errorf("%v is possible although nobody opened it", a)
		}
	}
}

func TestTheSenderCannotAnswerForTheReceiver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyState().Draw(t, "state")
		for _, a := range []Action{Open, Accept, Decline, Redirect, Appoint, HandOver} {
			if _, err := Next(Referral, s, a, Sender); err == nil {
				t.Fatalf("the sender can %v in %v", a, s)
			}
		}
	})
}

func TestAnEnquiryNeverBecomesAnAppointmentOrARedirection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind, states := walk(t)
		for _, s := range states {
			if kind == Enquiry && slices.Contains([]State{Appointment, HandedOver, Redirected}, s) {
				t.Fatalf("enquiry in %v", s)
			}
		}
	})
}

// req: FEEDBACK-1
func TestWithoutFeedbackTheSenderSeesNothingBeyondAcceptance(t *testing.T) {
	for _, s := range States {
		seen := SeenBySender(s, false)
		if slices.Contains([]State{Appointment, HandedOver, Closed}, seen) {
			t.Errorf("%v is shown as %v", s, seen)
		}
		if SeenBySender(s, true) != s {
			t.Errorf("%v is hidden although feedback was agreed", s)
		}
	}
	for _, s := range []State{Sent, Received, Accepted, Declined, Redirected, Withdrawn, Expired} {
		if SeenBySender(s, false) != s {
			t.Errorf("the sender would not learn of %v and could not help on", s)
		}
	}
}

func TestTheFirstAnswerIsDueAfterOneHourOneDayOrThreeDays(t *testing.T) {
	sent := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
	for u, want := range map[Urgency]time.Duration{Now: time.Hour, Today: 24 * time.Hour, Days: 72 * time.Hour, "?": time.Hour} {
		if got := DefaultDeadlines.Due(u, sent).Sub(sent); got != want {
			t.Errorf("%q is due after %v, want %v", u, got, want)
		}
		steps := DefaultDeadlines.Escalations(u, sent)
		if len(steps) != 3 || !steps[1].At.Equal(DefaultDeadlines.Due(u, sent)) {
			t.Errorf("%q escalates %v", u, steps)
		}
		for i := 1; i < len(steps); i++ {
			if !steps[i].At.After(steps[i-1].At) || steps[i].Level <= steps[i-1].Level {
				t.Errorf("%q escalates out of order: %v", u, steps)
			}
		}
	}
}

func TestButtonsShownAreExactlyTheActionsThatWork(t *testing.T) {
	for _, s := range States {
		for _, side := range []Side{Sender, Receiver, Clock} {
			shown := Possible(Referral, s, side)
			for _, a := range actions {
				_, err := Next(Referral, s, a, side)
				if (err == nil) != slices.Contains(shown, a) {
					t.Errorf("%v by %v in %v: shown %v, works %v", a, side, s, slices.Contains(shown, a), err == nil)
				}
			}
		}
	}
}
