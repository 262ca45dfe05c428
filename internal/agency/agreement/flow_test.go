package agreement

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var actions = []Action{Confirm, Vouch, Effect, Refuse, Suspend, Resume, End, Expire, Replace, Settle}

func someParties(t *rapid.T) (list []Party) {
	for range rapid.IntRange(0, 4).Draw(t, "parties") {
		p := Party{Organization: "o", Open: rapid.Bool().Draw(t, "open")}
		if rapid.Bool().Draw(t, "account") {
			p.Agency = "a"
		}
		if rapid.Bool().Draw(t, "confirmed") {
			p.Confirmed = time.Unix(1, 0)
		}
		list = append(list, p)
	}
	return list
}

func TestWhatIsOverStaysOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(States).Draw(t, "state")
		next, err := Next(s, rapid.SampledFrom(actions).Draw(t, "action"), rapid.SampledFrom([]Side{OfParty, OfCoordinator, Clock}).Draw(t, "side"))
		if Over(s) && err == nil {
			t.Fatalf("%s goes on to %s", s, next)
		}
		if s != Proposed && next == Proposed && err == nil {
			t.Fatalf("%s is proposed again", s)
		}
	})
}

// req: AGREEMENT-3
func TestNobodysPressPutsAnAgreementInForce(t *testing.T) {
	for _, side := range []Side{OfParty, OfCoordinator} {
		for _, action := range actions {
			if next, err := Next(Proposed, action, side); err == nil && next == InForce {
				t.Errorf("%s by a %s puts it in force", action, side)
			}
		}
	}
	if _, err := Next(Proposed, Vouch, OfParty); err == nil {
		t.Error("a party vouches for another")
	}
	if _, err := Next(Proposed, Confirm, OfCoordinator); err == nil {
		t.Error("a coordinator confirms for a party")
	}
	rapid.Check(t, func(t *rapid.T) {
		parties := someParties(t)
		all := len(parties) >= 2
		for _, p := range parties {
			all = all && !p.Confirmed.IsZero()
		}
		if AllConfirmed(parties) != all {
			t.Fatalf("%+v", parties)
		}
	})
}

// req: AGREEMENT-1
func TestAnAgreementStandsOnlyConfirmedInForceAndWithinItsDays(t *testing.T) {
	zone := time.FixedZone("Athens", 2*3600)
	rapid.Check(t, func(t *rapid.T) {
		a := Agreement{State: rapid.SampledFrom(States).Draw(t, "state"), Parties: someParties(t)}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, zone).Add(time.Duration(rapid.IntRange(0, 4*365*24).Draw(t, "hour")) * time.Hour)
		if rapid.Bool().Draw(t, "begins") {
			a.Since = Day(rapid.SampledFrom([]string{"2026-06-01", "2027", "2028-02-29"}).Draw(t, "since"))
		}
		if rapid.Bool().Draw(t, "ends") {
			a.Until = Day(rapid.SampledFrom([]string{"2027-12-31", "2028", "2026-01-01"}).Draw(t, "until"))
		}
		want := a.State == InForce && AllConfirmed(a.Parties)
		if a.Since != "" {
			begins, _ := time.ParseInLocation(time.DateOnly, string(a.Since.First()), zone)
			want = want && !at.Before(begins)
		}
		if a.Until != "" {
			want = want && at.Before(a.Until.End(zone))
		}
		if got := a.Stands(at, zone); got != want {
			t.Fatalf("%+v at %v: %v", a, at, got)
		}
	})
}

// req: AGREEMENT-5
func TestPublicNeedsEverybodyWhoIsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Agreement{Origin: rapid.SampledFrom([]Origin{ByAgencies, Recorded}).Draw(t, "origin"), Open: rapid.Bool().Draw(t, "open"), Parties: someParties(t)}
		accounts := 0
		for _, p := range a.Parties {
			if p.Agency != "" {
				accounts++
				if !p.Open && a.Public() {
					t.Fatalf("public against a party's word: %+v", a)
				}
			}
		}
		if a.Public() && (a.Origin == Recorded && !a.Open || a.Origin == ByAgencies && accounts == 0) {
			t.Fatalf("public by nobody's word: %+v", a)
		}
	})
}

// req: AGREEMENT-4
func TestWorkingWithThePoliceMovesNobodyUp(t *testing.T) {
	for purposes, want := range map[string]bool{"police-cooperation": false, "information-training": false, "accommodation": true, "referral": true} {
		if got := (Agreement{Purposes: []string{purposes}}).AboutHelp(); got != want {
			t.Errorf("%s: %v", purposes, got)
		}
	}
	if !(Agreement{Purposes: []string{"police-cooperation", "counselling"}}).AboutHelp() {
		t.Error("counselling beside it does not count")
	}
}

func TestRemindersComeInTheMorningAndOnlyThoseAhead(t *testing.T) {
	zone := time.UTC
	all := Reminders("2027-12-31", time.Date(2026, 1, 1, 0, 0, 0, 0, zone), zone)
	if len(all) != 3 || all[0] != time.Date(2027, 10, 2, 8, 0, 0, 0, zone) || all[2] != time.Date(2027, 12, 24, 8, 0, 0, 0, zone) {
		t.Errorf("%v", all)
	}
	if late := Reminders("2027-12-31", time.Date(2027, 12, 20, 0, 0, 0, 0, zone), zone); len(late) != 1 {
		t.Errorf("%v", late)
	}
	if none := Reminders("", time.Now(), zone); none != nil {
		t.Errorf("%v", none)
	}
}

func TestADayIsADayOrAYear(t *testing.T) {
	for s, ok := range map[string]bool{"2027-12-31": true, "2011": true, "2027-02-29": false, "12.1.2027": false, "": false, "0001-01-01": false, "20x7": false} {
		if _, got := ParseDay(s); got != ok {
			t.Errorf("%q: %v", s, got)
		}
	}
	if Day("2011").First() != "2011-01-01" || Day("2011").Last() != "2011-12-31" || Day("2027-12-31").DaysUntil("2027-12-01") != 30 {
		t.Error("a year is not its days")
	}
}
