package app

import (
	"errors"
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/glass"
	"amelie/internal/casework/share"
	"amelie/internal/house"
	"amelie/internal/id"
	"amelie/internal/web"
)

// ledger is what of an invented case may be known: a yes with all its facts, a
// no, and two of the four questions answered.
func (d *demoSeed) ledger(mira *web.Viewer, caseID string) error {
	said := share.Said{How: "spoken", Language: "ro", Interpreter: "independent"}
	_, yes := d.a.Shares.Give(d.ctx, mira, caseID, share.Order{To: d.viewers["ekka-case"].AgencyID, Parts: []casework.Part{casework.Identity, casework.Legal, casework.Needs}, Past: true, Purpose: "legal-aid", Days: 90, Said: said})
	_, no := d.a.Shares.Refuse(d.ctx, mira, caseID, share.Order{To: d.viewers["garden-case"].AgencyID, Purpose: "housing", Said: said})
	_, counted := d.a.Shares.Answer(d.ctx, mira, caseID, share.Statistics, true, id.New(), said)
	_, police := d.a.Shares.Answer(d.ctx, mira, caseID, share.Police, false, id.New(), said)
	return errors.Join(yes, no, counted, police)
}

// exception is a sharing of an invented case on a legal ground that waits for a
// second person.
func (d *demoSeed) exception(mira *web.Viewer, caseID string) error {
	d.at(-2 * time.Hour)
	_, err := d.a.Shares.Invoke(d.ctx, mira, caseID, share.Exception{To: d.viewers["garden-case"].AgencyID, Parts: []casework.Part{casework.Contact}, Past: true, Days: 14, Ground: "gr-state-of-necessity",
		Reason: "Did not come home, and the telephone is off (invented)", NotTold: "Cannot be reached now (invented)"})
	return err
}

// inDanger is a case that a colleague opened because a life was in danger; a
// data-protection officer without an account hears of it.
func (d *demoSeed) inDanger(caseID string) error {
	d.at(-20 * time.Hour)
	admin, err := d.viewer("admin")
	if err != nil {
		return err
	}
	if err := d.a.House.Save(d.ctx, admin, "officer", 0, house.Values{"officer": "officer@demo.invalid"}, "", id.New()); err != nil {
		return err
	}
	_, err = d.a.Glass.Break(d.ctx, d.viewers["yannis"], glass.Ask{Said: casework.Row{ID: caseID}.Code(), Reason: "A call in the night, and Mira was on the way home (invented)", Hours: 2, Danger: true})
	return err
}
