package app

import (
	"fmt"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/share"
	"amelie/internal/casework/stage"
	"amelie/internal/db"
	"amelie/internal/id"
)

// inventedStep is a stage that an invented case passed, in days before the demo
// began.
type inventedStep struct {
	ago   int
	stage string
	more  map[string][]string
}

// inventedStages: the cases whose stages the demo shows: in Greece one with a
// running period and one who does not want to be referred, a child in Belgium, one
// in a Land of Germany whose period is a floor.
var inventedStages = []struct {
	who, name string
	standing  map[string][]string
	began     map[string]int // by field, in days before
	steps     []inventedStep
}{
	{"mira", "Rosa (invented)", map[string][]string{"country": {"GR"}, "age": {"adult"}, "citizen": {"third"}, "referral": {"wanted"}, "met-gr-act": {"yes"}, "met-gr-grounds": {"yes"}},
		map[string]int{"began-prosecutor-act": 80}, []inventedStep{
			{100, "gr-presumed", map[string][]string{"by": {"anyone"}, "form": {"gr-reporting-form"}, "outcome": {"done"}}},
			{97, "gr-support", map[string][]string{"by": {"person"}, "outcome": {"granted"}}},
			{80, "gr-recognition", map[string][]string{"by": {"gr-prosecutor"}, "outcome": {"granted"}, "words": {"The lawyer has the paper (invented)"}}},
		}},
	{"mira", "Lin (invented)", map[string][]string{"country": {"GR"}, "age": {"adult"}, "referral": {"not-wanted"}}, nil, []inventedStep{
		{40, "gr-presumed", map[string][]string{"by": {"anyone"}, "outcome": {"done"}}},
	}},
	{"payoke-case", "Tiam (invented)", map[string][]string{"country": {"BE"}, "age": {"doubt"}, "citizen": {"third"}, "met-be-accompanied": {"yes"}}, map[string]int{"began-intake": 20}, []inventedStep{
		{22, "be-presumed", map[string][]string{"by": {"anyone"}, "outcome": {"done"}}},
		{20, "be-support", map[string][]string{"by": {"be-esperanto"}, "outcome": {"granted"}}},
	}},
	{"mainz-case", "Vesna (invented)", map[string][]string{"country": {"DE"}, "region": {"DE-RP"}, "age": {"adult"}, "citizen": {"third"}}, map[string]int{"began-indication": 30}, []inventedStep{
		{34, "de-presumed", map[string][]string{"by": {"anyone"}, "outcome": {"done"}}},
	}},
}

// stages record where the invented cases stand, and counts for the coordinator.
func (d *demoSeed) stages() error {
	defer d.at(0)
	d.at(-time.Hour)
	for _, name := range []string{"Noor (invented)", "Sami (invented)", "Ada (invented)"} {
		caseID, err := d.openedFor("ekka-case", name)
		if err == nil {
			_, err = d.a.Shares.Answer(d.ctx, d.viewers["ekka-case"], caseID, share.Statistics, true, id.New(), share.Said{How: "spoken", Language: "en", Interpreter: "none"})
		}
		if err == nil {
			err = d.a.Stages.Pass(d.ctx, d.viewers["ekka-case"], caseID, casework.Typed{Posted: map[string][]string{"stage": {"gr-presumed"}, "day": {d.base.AddDate(0, 0, -120).Format(time.DateOnly)}}})
		}
		if err != nil {
			return err
		}
	}
	if err := d.a.Stages.TakeCounts(d.ctx); err != nil {
		return err
	}
	err := d.a.DB.Write(d.ctx, func(tx *db.Tx) error {
		return stage.InventDeclined(tx, "GR", d.base.AddDate(0, -1, 0).Format("2006-01"), "GR-B", "woman", stage.Adult, 4)
	})
	if err != nil {
		return err
	}
	for _, x := range inventedStages {
		v := d.viewers[x.who]
		caseID, err := d.openedFor(x.who, x.name)
		if err != nil {
			return err
		}
		standing := map[string][]string{}
		for field, values := range x.standing {
			standing[field] = values
		}
		for field, ago := range x.began {
			standing[field] = []string{d.base.AddDate(0, 0, -ago).Format(time.DateOnly)}
		}
		if err := d.a.Stages.Know(d.ctx, v, caseID, casework.Typed{Posted: standing}); err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
		for _, step := range x.steps {
			posted := map[string][]string{"stage": {step.stage}, "day": {d.base.AddDate(0, 0, -step.ago).Format(time.DateOnly)}}
			for field, values := range step.more {
				posted[field] = values
			}
			if err := d.a.Stages.Pass(d.ctx, v, caseID, casework.Typed{Posted: posted}); err != nil {
				return fmt.Errorf("%s, %s: %w", x.name, step.stage, err)
			}
		}
	}
	return nil
}

// openedFor is the worker's case of an invented person, opened where there is none.
func (d *demoSeed) openedFor(who, name string) (string, error) {
	v := d.viewers[who]
	if caseID, err := d.caseOf(v, name); err == nil {
		return caseID, nil
	}
	return d.a.Cases.New(d.ctx, v, casework.Beginning{Answers: map[string]ask.Answer{"person": {"name": {name}}, "contact": {"channel": {"in-person"}}}})
}
