package app

import (
	"fmt"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/web"
)

// teamwork is what waits between the people of the support organisation: a plan
// that a lead is asked to look at, and a case that a colleague offers.
func (d *demoSeed) teamwork(mira *web.Viewer) error {
	d.at(-20 * time.Hour)
	lines, _, err := d.a.Cases.List(d.ctx, mira, casework.Query{Scope: casework.Mine, State: casework.Open})
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.Head.Name != inventedCases[0].person.One("name") {
			continue
		}
		if _, err := d.a.Days.Ask(d.ctx, mira, l.ID, "plan", "Is one year for the flat too long? (invented)", ""); err != nil {
			return fmt.Errorf("approval: %w", err)
		}
	}
	d.at(-16 * time.Hour)
	yannis := d.viewers["yannis"]
	caseID, err := d.a.Cases.New(d.ctx, yannis, casework.Beginning{Answers: map[string]ask.Answer{"person": {"name": {"Dara (invented)"}}, "contact": {"channel": {"in-person"}, "hours": {"morning"}}}})
	if err != nil {
		return fmt.Errorf("case to hand over: %w", err)
	}
	return d.a.Days.Offer(d.ctx, yannis, []string{caseID}, mira.UserID)
}
