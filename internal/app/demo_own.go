package app

import (
	"amelie/internal/casework"
	"amelie/internal/casework/own"
	"amelie/internal/web"
)

// The card of an invented person, which everybody may try.
const (
	inventedCode   = "7K2M-9QPX-4TDN-H3WA"
	inventedSecret = "blue kettle"
)

// ownCard is the card of an invented case.
func (d *demoSeed) ownCard(mira *web.Viewer, caseID string) error {
	if _, err := d.a.Cases.Save(d.ctx, mira, caseID, casework.Typed{Kind: "card-wish", Posted: map[string][]string{"living": {"trusted"}, "wants": {"yes"}, "words": {"To see it myself, and to be able to say stop (invented)"}}}); err != nil {
		return err
	}
	if err := d.a.Owns.Give(d.ctx, mira, caseID, own.Order{Design: "stamps", Shows: []string{"time"}, Secret: inventedSecret, Again: inventedSecret, Code: inventedCode}); err != nil {
		return err
	}
	return d.a.Owns.Renew(d.ctx, mira, caseID, "The lawyer says yes to your question. More when we meet. (invented)")
}
