package app

import (
	"time"

	"amelie/internal/agency/agreement"
)

// agreements are what the demo's invented agencies have agreed: one in force,
// one that ends soon, one that waits for the other side.
func (d *demoSeed) agreements() error {
	d.at(-38 * 24 * time.Hour)
	day := func(days int) string { return d.base.AddDate(0, 0, days).Format(time.DateOnly) }
	year := d.base.AddDate(1, 0, 0).Format("2006") + "-12-31"
	if _, err := d.agree("hospital-lead", "shelter-lead", agreement.Draft{Organizations: []string{"gr-a21"}, Kind: "protocol",
		Title: "From the ward to a safe place (invented)", Purposes: []string{"referral", "accommodation", "counselling"}, Territory: "GR-B", Since: day(-300), Until: year, Within: 24,
		Words:   "The ward asks; the house answers within 24 hours, at night by telephone. Nobody is sent away because papers are missing. (invented)",
		Contact: "duty social worker", Reach: "extension 2210 (invented)", Kept: "secretariat, folder 12 (invented)", Lang: "en"}); err != nil {
		return err
	}
	if _, err := d.agree("hospital-lead", "ekka-lead", agreement.Draft{Organizations: []string{"gr-ekka"}, Kind: "memorandum",
		Title: "Legal help and a line for the ward (invented)", Purposes: []string{"legal-aid", "interpretation"}, Territory: "GR", Since: day(-340), Until: day(24),
		Words: "Advice by telephone for staff, legal help within a week. (invented)", Lang: "en"}); err != nil {
		return err
	}
	d.at(-2 * 24 * time.Hour)
	made, err := d.a.Agreements.Record(d.ctx, d.viewers["coordinator"], agreement.Draft{Organizations: []string{"gr-demo-hospital", "gr-a21"}, Kind: "protocol",
		Title: "A check-up within three days (invented)", Purposes: []string{"health-care"}, Since: day(0), Until: day(365), Within: 72,
		Words: "Whoever moves into the house is seen by the hospital within three days. (invented)", Source: "round table of the region (invented)", Lang: "en"})
	if err == nil {
		err = d.a.Agreements.Act(d.ctx, d.viewers["shelter-lead"], made, agreement.Deed{Action: agreement.Confirm, Version: 1, Contact: "night desk", Reach: "extension 11 (invented)"})
	}
	d.at(0)
	return err
}

// agree proposes as one lead and confirms as another.
func (d *demoSeed) agree(by, other string, draft agreement.Draft) (string, error) {
	made, err := d.a.Agreements.Propose(d.ctx, d.viewers[by], draft)
	if err != nil {
		return "", err
	}
	return made, d.a.Agreements.Act(d.ctx, d.viewers[other], made, agreement.Deed{Action: agreement.Confirm, Version: 1, Contact: "night desk", Reach: "extension 11 (invented)"})
}
