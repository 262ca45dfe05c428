package app

import (
	"strings"

	"amelie/internal/casework"
	"amelie/internal/casework/day"
	"amelie/internal/casework/plan"
	"amelie/internal/db"
	"amelie/internal/referral"
	"amelie/internal/web"
)

// dayRoom is the caseworker's day.
func (a *App) dayRoom() casework.Room {
	a.Days = day.New(day.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Cases: a.Cases, Counts: a.planCounts, Referrals: a.Referrals.Fresh,
		When: a.Talks.When, Notify: a.tellMember,
		Leads: func(tx *db.Tx, agencyID string) (out []string, err error) {
			leads, err := a.Agencies.Leads(tx, agencyID)
			for _, l := range leads {
				out = append(out, l.UserID)
			}
			return out, err
		}})
	return a.Days.Room()
}

// planCounts are claims and closings of the agency for its lead, those first that
// stand first in the plan.
func (a *App) planCounts(c *web.Ctx) (rows []web.M, err error) {
	counts, err := a.Plans.Count(c.Context(), c.Viewer)
	row := func(label string, codes []string, key, what string) {
		var parts []string
		for _, code := range codes {
			if n := counts[what][code]; n > 0 {
				parts = append(parts, c.T(key+code)+": "+c.Number(n))
			}
		}
		if len(parts) > 0 {
			rows = append(rows, web.M{"label": label, "text": strings.Join(parts, ", ")})
		}
	}
	for _, track := range plan.Tracks {
		row(c.T("plan.option.track."+track), plan.Standings, "plan.option.standing.", track)
	}
	row(c.T("plan.closings"), plan.Reasons, "plan.reason.", "closing")
	return rows, err
}

// waitingFor adds to the card of the own cases what waits for the viewer, and says
// how much that is.
func (a *App) waitingFor(c *web.Ctx, card *referral.Card) (int, error) {
	w, err := a.Days.Waiting(c.Context(), c.Viewer)
	n := len(w.Approve) + len(w.SentBack) + len(w.Take)
	if n > 0 {
		card.Text += " " + c.T("day.today.waiting", "n", n)
	}
	return n, err
}
