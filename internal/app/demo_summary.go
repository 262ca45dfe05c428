package app

import (
	"fmt"
	"time"

	"amelie/internal/screen/summary"
)

// invented talks of the demo's hospital: how often what was counted together.
var inventedTalks = []struct {
	times   int
	path    summary.Path
	band    summary.Band
	outcome summary.Outcome
	sides   map[summary.Side]summary.Finding
}{
	{6, "emergency", "26-40", "informed", nil},
	{6, "midwifery", "18-25", "offered", map[summary.Side]summary.Finding{"exploitation": summary.Open, "control": summary.Open}},
	{5, "emergency", "18-25", "accepted", map[summary.Side]summary.Finding{"deception": summary.Positive, "exploitation": summary.Positive, "dependence": summary.Positive}},
	{2, "midwifery", "26-40", "no", map[summary.Side]summary.Finding{"control": summary.Open}},
	{1, "reception", "under-18", "child", nil},
}

// summaries are what the demo's hospital counted: a month with enough talks, one
// with few that waited for the next, and the month that is not over.
func (d *demoSeed) summaries() error {
	defer d.at(0)
	giver := d.viewers["midwife"]
	month := time.Date(d.base.Year(), d.base.Month(), 1, 12, 0, 0, 0, time.UTC)
	d.at(month.AddDate(0, -3, 0).Sub(d.base))
	if err := d.a.Summaries.Switch(d.ctx, d.viewers["hospital-lead"], true, summary.UsualFew); err != nil {
		return err
	}
	n := 0
	for _, some := range []struct{ ago, most, kinds int }{{3, 6, 5}, {2, 1, 3}, {1, 2, 5}, {0, 1, 2}} {
		d.at(month.AddDate(0, -some.ago, 0).Sub(d.base))
		for _, talk := range inventedTalks[:some.kinds] {
			for range min(talk.times, some.most) {
				n++
				given := summary.Summary{Path: talk.path, Band: talk.band, Outcome: talk.outcome, Sides: talk.sides}
				if err := d.a.Summaries.Give(d.ctx, giver, given, fmt.Sprintf("invented-talk-%d", n)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
