package app_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/casework/stage"
)

// lawOf is what the countries' mechanisms say to the room of stages.
func lawOf(t *testing.T) stage.Law { return demo(t).Stages.Law }

// req: STAGE-1
func TestInEveryCountrySupportCanBeRecordedFromPresumedOnWhateverWasDecided(t *testing.T) {
	law := lawOf(t)
	rapid.Check(t, func(t *rapid.T) {
		g := law.Graph(rapid.SampledFrom(law.Countries()).Draw(t, "country"))
		s := stage.State{Country: g.Country}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			s.Stage = rapid.SampledFrom(g.Offered(s)).Draw(t, "to")
			s.Passed = append(s.Passed, s.Stage)
			s.Declines = rapid.Bool().Draw(t, "declines")
			offered, presumed := g.Offered(s), false
			for _, id := range s.Passed {
				n, _ := g.Node(id)
				presumed = presumed || n.Kind != "concern"
			}
			for _, n := range g.Stages {
				if n.Kind == "support" && presumed && n.ID != s.Stage && !slices.Contains(offered, n.ID) {
					t.Fatalf("in %s at %s after %v %s cannot be recorded", g.Country, s.Stage, s.Passed, n.ID)
				}
			}
		}
	})
}

// A period counted late at night, over month ends and the hours that daylight
// saving adds or takes, ends when its last day is over and is warned of before.
//
// req: STAGE-2
func TestAPeriodEndsWithItsLastDayWhateverTheHourSays(t *testing.T) {
	law := lawOf(t)
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(rapid.IntRange(2024, 2032).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 365).Draw(t, "day"))
		s := stage.State{Country: rapid.SampledFrom(law.Countries()).Draw(t, "country"), Age: rapid.SampledFrom([]string{"", stage.Adult, stage.Minor, stage.Doubt}).Draw(t, "age"), Began: map[string]string{}}
		for _, event := range law.Graph(s.Country).Events {
			s.Began[event] = day.Format(time.DateOnly)
		}
		for _, p := range law.Periods(s) {
			if p.Due == "" != p.End.IsZero() {
				t.Fatalf("%+v", p)
			}
			if p.End.IsZero() {
				continue
			}
			if at := law.Day(s.Country, p.End.Add(-time.Minute)); at > p.Due {
				t.Fatalf("%s: a minute before its end it is %s, after %s", p.ID, at, p.Due)
			}
			if at := law.Day(s.Country, p.End.Add(2*time.Hour)); at <= p.Due { // the installation may stand one zone further east
				t.Fatalf("%s: two hours after its end it is still %s", p.ID, at)
			}
			for _, n := range p.Notices {
				if !n.At.Before(p.End) || n.At.Before(day) {
					t.Fatalf("%s: a notice at %s, from %s to %s", p.ID, n.At, day, p.End)
				}
			}
		}
	})
}

// req: STAGE-2
func TestTheDaysOfTheCountriesAreTheirs(t *testing.T) {
	law := lawOf(t)
	for _, x := range []struct {
		what, country, age, event, from, due string
		extended                             []string
	}{
		{"45 days in Belgium", "BE", stage.Adult, "intake", "2026-01-31", "2026-03-17", nil},
		{"a child in Belgium: nobody has stated it", "BE", stage.Minor, "intake", "2026-01-31", "", nil},
		{"three months in Greece, clamped", "GR", stage.Adult, "prosecutor-act", "2026-11-30", "2027-02-28", nil},
		{"a child in Greece before the extension", "GR", stage.Minor, "prosecutor-act", "2026-09-30", "2026-12-30", nil},
		{"a child in Greece, five months from the start", "GR", stage.Doubt, "prosecutor-act", "2026-09-30", "2027-02-28", []string{"prosecutor-act"}},
		{"at least three months in Germany", "DE", stage.Adult, "indication", "2024-11-30", "2025-02-28", nil},
		{"a permit under § 25 (4a) or (4b) in Germany", "DE", stage.Adult, "permit", "2026-02-28", "2027-02-28", nil},
		{"a permit in Greece: as it stands in it", "GR", stage.Adult, "permit", "2026-02-28", "", nil},
		{"Italy: unknown", "IT", stage.Adult, "programme", "2026-01-31", "", nil},
	} {
		periods := law.Periods(stage.State{Country: x.country, Age: x.age, Citizen: "third", Began: map[string]string{x.event: x.from}, Extended: x.extended})
		if len(periods) != 1 || periods[0].Due != x.due {
			t.Errorf("%s: %+v, want %q", x.what, periods, x.due)
		}
	}
	paper := law.Periods(stage.State{Country: "GR", Citizen: "third", Began: map[string]string{"permit": "2026-01-31"}, Set: map[string]string{"permit": "2026-10-31"}})
	if len(paper) != 1 || paper[0].Due != "2026-10-31" || len(paper[0].Notices) == 0 {
		t.Errorf("the last day of a permit is not warned of: %+v", paper)
	}
	set := law.Periods(stage.State{Country: "IT", Began: map[string]string{"programme": "2026-01-31"}, Set: map[string]string{"programme": "2026-06-30"}})
	if len(set) != 1 || set[0].Due != "2026-06-30" {
		t.Errorf("what the authority wrote down: %+v", set)
	}
}

func TestThePageOfStagesSaysWhichPapersThereAreAndWhoMayAskForThem(t *testing.T) {
	a := demo(t)
	caseID, _ := mine(t, a)
	mira := enters(t, a, "mira")
	for _, words := range []string{"Residence permit for victims of trafficking", "Asked for by: "} {
		if !mira.shows("/en/cases/"+caseID+"/stage", words) {
			t.Errorf("the page does not say %q", words)
		}
	}
}
