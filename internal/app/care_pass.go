package app

import (
	"context"

	"amelie/internal/casework"
	"amelie/internal/casework/pass"
	"amelie/internal/casework/share"
	"amelie/internal/db"
	"amelie/internal/web"
)

// passRoom is where a case goes on at another agency.
func (a *App) passRoom() casework.Room {
	a.Passes = pass.New(pass.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Cases: a.Cases, Ledger: passLedger{a}, Agencies: a.goOnAt, Name: agencies{a}.Name,
		Told: func(ctx context.Context, v *web.Viewer, o *casework.Opened) (int, bool, error) {
			return a.Telling.Told(ctx, v, o)
		},
		Tell: a.tellMember})
	return a.Passes.Room()
}

// goOnAt are the agencies at which a case can go on, with their countries: those
// with which it can be shared, and no authority. Police and prosecution take no
// case over.
func (a *App) goOnAt(ctx context.Context, v *web.Viewer, lang string) (out []pass.Agency, err error) {
	with, err := a.shareWith(ctx, v)
	if err != nil {
		return nil, err
	}
	return out, a.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		for _, g := range with {
			if g.Authority {
				continue
			}
			code, err := agencies{a}.Country(tx, g.ID)
			if err != nil {
				return err
			}
			out = append(out, pass.Agency{ID: g.ID, Name: g.Name, Country: law{a}.Name(lang, code)})
		}
		return nil
	})
}

// offeredHere are the cases that are to go on at the viewer's agency.
func (a *App) offeredHere(c *web.Ctx) (out []web.M, err error) {
	list, err := a.Passes.Desk(c.Context(), c.Viewer)
	for _, w := range list {
		out = append(out, web.M{"title": c.T("share.desk.ended", "name", w.From, "code", casework.Row{ID: w.CaseID}.Code()), "href": c.Path("/cases/" + w.CaseID + "/pass"), "text": c.T("pass.desk.since", "when", c.Ago(w.At))})
	}
	return out, err
}

// passLedger is the ledger as the room needs it where a case goes on elsewhere.
type passLedger struct{ a *App }

// goesOn are the sentences that are read out before a yes to it, besides those of
// the ledger: that the copy is theirs, and what can be asked there.
//
// req: PASS-7
var goesOn = []string{"goes_on", "goes_on_until", "goes_on_copy", "goes_on_rights"}

func (l passLedger) Ask(c *web.Ctx, f *web.Form, o *casework.Opened) pass.Asked {
	how := l.a.Shares.Ask(c, f, o, goesOn...)
	return pass.Asked{Fields: how.Fields, Say: how.Say, Closed: how.Closed}
}

func (l passLedger) order(g pass.Gift) share.Order {
	return share.Order{Once: g.Once, To: g.To, Parts: g.Parts, Past: true, Purpose: share.GoesOn, Days: g.Days, Said: share.Said(g.Said), Wrong: g.Wrong}
}

func (l passLedger) Give(ctx context.Context, v *web.Viewer, caseID string, g pass.Gift) error {
	order := l.order(g)
	order.Seal = func(p *casework.Pen, e share.Line) error {
		capacity, on := e.Resting()
		return g.Seal(p, e.ID, pass.Rests{Capacity: string(capacity), On: on})
	}
	order.Also = func(tx *db.Tx, e share.Entry) error { return g.Also(tx, e.ID) }
	_, err := l.a.Shares.Give(ctx, v, caseID, order)
	return err
}

func (l passLedger) Refuse(ctx context.Context, v *web.Viewer, caseID string, g pass.Gift) error {
	_, err := l.a.Shares.Refuse(ctx, v, caseID, l.order(g))
	return err
}

func (l passLedger) Stands(tx *db.Tx, caseID, line string) (bool, error) {
	return l.a.Shares.Stands(tx, caseID, line)
}

func (l passLedger) End(tx *db.Tx, v *web.Viewer, caseID, line string) error {
	return l.a.Shares.EndBy(tx, v, caseID, line)
}

func (l passLedger) Withdraw(ctx context.Context, v *web.Viewer, caseID, line string) error {
	return l.a.Shares.Withdraw(ctx, v, caseID, line)
}

func (l passLedger) RestsNow(tx *db.Tx, caseID string) (map[string]int64, error) {
	return share.RestsNow(tx, caseID)
}
