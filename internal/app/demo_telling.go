package app

import (
	"errors"
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/telling"
	"amelie/internal/web"
)

// toldOnce is an invented account of few sentences that was confirmed, and a second
// time that somebody asked.
func (d *demoSeed) toldOnce(mira *web.Viewer, caseID string) error {
	day := func(n int) []string { return []string{d.base.AddDate(0, 0, n).Format(time.DateOnly)} }
	d.at(-12 * 24 * time.Hour)
	_, settled := d.a.Cases.Save(d.ctx, mira, caseID, casework.Typed{Kind: telling.Ground, Posted: map[string][]string{"purpose": {"recognition"}, "advice": {"given"}, "advice-day": day(-13),
		"advice-by": {"Lawyer of the day centre (invented)"}, "explained": {"yes"}, "text": {telling.TextVersion}, "language": {"ro"}, "interpreted": {"woman"}, "wants": {"yes"}}})
	d.at(-11 * 24 * time.Hour)
	steps := []telling.Step{
		{Act: telling.Begin, Posted: map[string][]string{"day": day(-11), "hours": {"10:00–11:30"}, "place": {"Day centre, small room (invented)"}, "interpreted": {"woman"}, "present": {"Mira, the interpreter (invented)"},
			"breaks": {"Two, with tea (invented)"}, "skipped": {"work"}, "before": {"Lived with an aunt and worked in a bakery (invented)"}, "beginning": {"Answered an advertisement for kitchen work (invented)"}, "matters": {"To work as a cook again (invented)"}}},
		{Act: telling.Read, Rev: 1}, {Act: telling.Confirm, Rev: 2, How: "spoken"},
	}
	for _, step := range steps {
		settled = errors.Join(settled, d.a.Telling.Do(d.ctx, mira, caseID, step))
	}
	d.at(-4 * 24 * time.Hour)
	_, asked := d.a.Cases.Save(d.ctx, mira, caseID, casework.Typed{Kind: telling.Asked, Posted: map[string][]string{"day": day(-4), "asked-by": {"Office for residence (invented)"}, "purpose": {"residence"}, "where": {"elsewhere"}, "told": {"no"}, "instead": {"given"}}})
	return errors.Join(settled, asked)
}
