package app

import (
	"context"
	"strings"

	"amelie/internal/ask"
	"amelie/internal/casework/glass"
	"amelie/internal/casework/place"
	"amelie/internal/casework/plan"
	"amelie/internal/casework/tally"
	"amelie/internal/casework/telling"
	"amelie/internal/db"
	"amelie/internal/web"
)

// tallying makes the page of what comes about in case files, as numbers.
func (a *App) tallying() {
	a.Tallies = tally.New(tally.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Country: agencies{a}.Country, Topics: a.tallied, Say: a.sayTallied,
		Also: func(tx *db.Tx, country, month string, to tally.Shown) error {
			list, err := place.Endings(tx, country, month)
			for _, e := range list {
				to.Add("move", e.Code, e.Month, e.N)
			}
			return err
		}})
}

// tallied are the tables: what rooms count, in their codes.
func (a *App) tallied(ctx context.Context, v *web.Viewer, country bool) ([]tally.Topic, error) {
	grounds, err := a.shareGrounds(ctx, v.AgencyID, v.Lang)
	ground := tally.Topic{ID: "ground", Cols: []string{"used"}}
	for _, g := range grounds {
		ground.Rows = append(ground.Rows, g.ID)
	}
	ground.Rows = append(ground.Rows, "other")
	out := []tally.Topic{ground,
		{ID: "review", Cols: []string{"confirmed", "rejected", "lapsed"}},
		{ID: "glass", Cols: []string{"opened", glass.Right, glass.NotRight}},
		{ID: "claim", Rows: plan.Tracks, Cols: plan.Standings},
		{ID: "closing", Cols: plan.Reasons},
		{ID: "asked", Cols: telling.Instead},
		{ID: "survey-how", Cols: []string{"with-us", "alone", "not-wanted"}, Year: true},
		{ID: "survey", Rows: plan.Surveyed, Cols: ask.Options("yes", "partly", "no"), Year: true}}
	if country {
		out = append(out, tally.Topic{ID: "move", Cols: place.Results})
	}
	return out, err
}

// sayTallied names rows and codes as the rooms do.
func (a *App) sayTallied(c *web.Ctx, topic, row, code string) string {
	switch {
	case code == ask.NotKnown:
		return c.T("web.answer.unknown")
	case code == ask.NotSaid:
		return c.T("web.answer.unsaid")
	case topic == "ground" && row == "":
		return c.T("tally.n")
	case topic == "ground":
		grounds, _ := a.shareGrounds(c.Context(), c.Viewer.AgencyID, c.Lang)
		for _, g := range grounds {
			if g.ID == row {
				return g.Name
			}
		}
		return c.T("share.ground.other")
	case topic == "claim" && code == "":
		return c.T("plan.option.track." + row)
	case topic == "claim":
		return c.T("plan.option.standing." + code)
	case topic == "closing":
		return c.T("plan.reason." + code)
	case topic == "asked":
		return c.T("telling.option.instead." + code)
	case topic == "survey-how":
		return c.T("plan.option.how." + code)
	case topic == "survey" && code == "":
		return c.T("plan.field." + row)
	case topic == "survey":
		return c.T("plan.option.helped." + code)
	case topic == "glass" && code != "opened":
		return c.T("glass.event." + code)
	case topic == "glass":
		return c.T("glass.event.break")
	case topic == "review":
		return c.T("tally.review." + code)
	}
	if reason, ok := strings.CutPrefix(code, "reason."); ok {
		return c.T("place.result.reason", "reason", c.T("referral.reason."+reason))
	}
	return c.T("place.state." + code)
}
