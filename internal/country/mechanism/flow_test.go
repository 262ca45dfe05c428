package mechanism

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func names[T any](list []T, name func(T) string) string {
	out := ""
	for _, x := range list {
		out += " " + name(x)
	}
	return out
}

// anybody draws what a case may know of itself.
func anybody(p *Pack) *rapid.Generator[State] {
	return rapid.Custom(func(t *rapid.T) State {
		s := State{Met: map[string]Answer{}, Minor: rapid.Bool().Draw(t, "minor"), Citizen: rapid.SampledFrom(append([]string{""}, Citizens...)).Draw(t, "citizen")}
		for _, c := range p.Conditions {
			s.Met[c.ID] = rapid.SampledFrom([]Answer{"", Yes, No}).Draw(t, c.ID)
		}
		return s
	})
}

// req: MECHANISM-1
func TestSupportIsReadyForEverybodyWhoIsPresumedWhateverElseIsKnown(t *testing.T) {
	s := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		p, _ := s.Get(rapid.SampledFrom(s.Codes()).Draw(t, "country"))
		state := anybody(p).Draw(t, "state")
		for _, at := range p.Stages {
			if at.Kind != Presumed {
				continue
			}
			state.Stage = at.ID
			if !slices.ContainsFunc(p.Next(state), func(w Way) bool { return w.Kind == Support && w.Ready() }) {
				t.Fatalf("from %s no support is ready for %+v", at.ID, state)
			}
		}
	})
}

func TestEveryNextStageIsShownWithWhatStandsBeforeIt(t *testing.T) {
	p := pack(t, "BE")
	ways := p.Next(State{Stage: "be-phase-2", Citizen: "third", Met: map[string]Answer{"be-inquiry-open": Yes, "be-cooperates": No}})
	if got := names(ways, func(w Way) string { return w.ID }); got != " be-support be-phase-3 be-inclusion be-return be-closed" {
		t.Fatalf("%s", got)
	}
	third := ways[1]
	if third.Ready() || names(third.Missing, func(c Condition) string { return c.ID }) != " be-cooperates" ||
		names(third.Open, func(c Condition) string { return c.ID }) != " be-contact-broken be-seen-as-victim be-no-danger" {
		t.Errorf("%+v", third)
	}
	if w := p.Next(State{Stage: "be-phase-2", Citizen: "national"})[1]; !w.Other || w.Ready() {
		t.Errorf("%+v", w)
	}
	if w := p.Next(State{Stage: "be-phase-2"})[1]; !w.Perhaps || w.Other {
		t.Errorf("%+v", w)
	}
	if got := p.Next(State{Stage: "nowhere"}); len(got) != 2 || got[0].ID != "be-presumed" {
		t.Errorf("a case without a stage begins elsewhere: %+v", got)
	}
}

// req: MECHANISM-4
func TestAnExtensionCountsOnlyWhenItWasGranted(t *testing.T) {
	p := pack(t, "GR")
	state := State{Minor: true, Began: map[string]Day{ProsecutorAct: day(t, "2024-11-30")}}
	for granted, due := range map[bool]string{false: "2025-02-28", true: "2025-04-30"} {
		state.Extended = map[string]bool{"gr-reflection-child": granted}
		list := p.Deadlines(state)
		if len(list) != 1 || list[0].ID != "gr-reflection-child" || list[0].Due.String() != due || list[0].LastDay.String() != "2025-04-30" {
			t.Errorf("granted %v: %+v", granted, list)
		}
	}
	state.Citizen = "eu"
	if list := p.Deadlines(state); len(list) != 0 {
		t.Errorf("a period of other citizens runs: %+v", list)
	}
}

// req: MECHANISM-4
func TestWhatAnAuthorityWroteDownGoesBeforeWhatWasCountedAndTooLittleIsSeen(t *testing.T) {
	p := pack(t, "DE")
	began := map[string]Day{Indication: day(t, "2026-01-10")}
	for written, short := range map[string]bool{"2026-07-10": false, "2026-04-10": false, "2026-04-09": true} {
		list := p.Deadlines(State{Began: began, Set: map[string]Day{"de-reflection-any": day(t, written)}})
		if len(list) != 1 || list[0].Due.String() != written || !list[0].Set || list[0].Short != short {
			t.Errorf("%s: %+v", written, list)
		}
	}
	if d := p.Deadlines(State{Began: began})[0]; d.Due.String() != "2026-04-10" || d.Set || d.Short || d.Span.How != Floor {
		t.Errorf("%+v", d)
	}
}

// req: MECHANISM-4
func TestAPeriodThatNobodyKnowsIsAmongTheDeadlinesWithoutADay(t *testing.T) {
	d := pack(t, "IT").Deadlines(State{Began: map[string]Day{Programme: day(t, "2026-01-10")}})
	if len(d) != 1 || d[0].Span.How != Unknown || !d[0].Due.IsZero() || len(d[0].Notices) != 0 {
		t.Fatalf("%+v", d)
	}
}

func TestSomebodyHearsOfADeadlineInTimeAndThenSomebodyElse(t *testing.T) {
	d := pack(t, "BE").Deadlines(State{Began: map[string]Day{Intake: day(t, "2024-01-15")}})
	want := []Notice{{day(t, "2024-02-15"), "worker"}, {day(t, "2024-02-22"), "worker"}, {day(t, "2024-02-27"), "lead"}}
	if len(d) != 1 || !slices.Equal(d[0].Notices, want) {
		t.Fatalf("%+v", d)
	}
	p := &Pack{Steps: []Step{{14, "worker"}, {2, "lead"}}}
	if got := p.notices(day(t, "2026-01-01"), day(t, "2026-01-05")); len(got) != 1 || got[0] != (Notice{day(t, "2026-01-03"), "lead"}) {
		t.Errorf("a notice before the beginning: %+v", got)
	}
}
