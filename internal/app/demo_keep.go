package app

import (
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
)

// keeping closes an invented case long enough ago that it is due to go: the demo's
// house keeps closed files for a month.
func (d *demoSeed) keeping() error {
	defer d.at(0)
	mira, lead := d.viewers["mira"], d.viewers["shelter-lead"]
	d.at(-39 * 24 * time.Hour)
	if err := d.a.Keeping.Shorten(d.ctx, lead, 1); err != nil {
		return err
	}
	caseID, err := d.a.Cases.New(d.ctx, mira, casework.Beginning{Answers: map[string]ask.Answer{"person": {"name": {"Eva (invented)"}}, "contact": {"channel": {"no-contact"}}}})
	if err != nil {
		return err
	}
	d.at(-35 * 24 * time.Hour)
	return d.a.Cases.Act(d.ctx, mira, caseID, casework.Close, nil)
}
