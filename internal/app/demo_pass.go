package app

import (
	"errors"
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/pass"
	"amelie/internal/id"
)

// movedOn are two invented cases of Greece that go on in Belgium: one waits for an
// answer, one was taken over.
func (d *demoSeed) movedOn() error {
	defer d.at(0)
	maria, jana := d.viewers["ekka-case"], d.viewers["payoke-case"]
	order := pass.Order{To: jana.AgencyID, Parts: []casework.Part{casework.Identity, casework.Contact, casework.Needs, casework.Legal}, Days: 30, Why: "Family in Antwerp (invented)",
		Said: pass.Said{How: "spoken", Language: "ar", Interpreter: "independent"}}
	d.at(-50 * time.Minute)
	taken, err := d.openedFor("ekka-case", "Noor (invented)")
	if err != nil {
		return err
	}
	for _, e := range []written{
		{"languages", map[string][]string{"language": {"ar"}, "interpreter": {"woman"}}},
		{"needs", map[string][]string{"need": {"accommodation", "work-rights"}, "wishes": {"To be near the sister (invented)"}, "must-not": {"no-same-community"}}},
	} {
		if _, err := d.a.Cases.Save(d.ctx, maria, taken, casework.Typed{Kind: e.kind, Posted: e.fields}); err != nil {
			return err
		}
	}
	act := map[string][]string{"country": {"GR"}, "age": {"adult"}, "began-prosecutor-act": {d.base.AddDate(0, 0, -60).Format(time.DateOnly)}}
	if err := d.a.Stages.Know(d.ctx, maria, taken, casework.Typed{Posted: act}); err != nil {
		return err
	}
	order.Once = id.New()
	order.Reach = map[string][]string{"channel": {"message"}, "address": {"+32 460 00 00 00 (invented)"}, "hours": {"evening"}, "code-word": {"tram"}}
	if err := d.a.Passes.Offer(d.ctx, maria, taken, order); err != nil {
		return err
	}
	d.at(-40 * time.Minute)
	if _, err := d.a.Passes.Take(d.ctx, jana, taken, "", id.New()); err != nil {
		return err
	}
	d.at(-20 * time.Minute)
	waits, err := d.openedFor("ekka-case", "Ada (invented)")
	order.Once, order.Reach = id.New(), nil
	return errors.Join(err, d.a.Passes.Offer(d.ctx, maria, waits, order))
}
