package app

import (
	"amelie/internal/casework/tally"
	"amelie/internal/db"
)

// inventedTallies are numbers of months that are over, of the support organisation:
// months back, what, code, how often.
var inventedTallies = []struct {
	ago        int
	what, code string
	n          int64
}{
	{1, "claim.legal-aid", "asked", 6}, {1, "claim.legal-aid", "granted", 4}, {1, "claim.wages", "preparing", 3}, {1, "claim.wages", "asked", 2}, {2, "claim.wages", "asked", 2},
	{3, "claim.compensation-state", "asked", 3}, {3, "claim.compensation-state", "refused", 3}, {2, "claim.legal-aid", "asked", 5},
	{1, "ground.other", "used", 1}, {2, "ground.other", "used", 2}, {2, "review", "confirmed", 3},
	{1, "closing", "goals-reached", 4}, {2, "closing", "moved", 3}, {3, "closing", "own-wish", 1},
	{1, "asked", "given", 5}, {2, "asked", "given", 3}, {2, "asked", "could", 3},
	{12, "survey-how", "with-us", 9}, {12, "survey-how", "not-wanted", 4}, {12, "survey.helped", "yes", 6}, {12, "survey.helped", "partly", 3}, {12, "survey.respected", "yes", 8}, {12, "survey.safer", "yes", 5}, {12, "survey.safer", "no", 3},
}

// tallies are numbers of what came about in files, as nobody counted them.
func (d *demoSeed) tallies() error {
	agency := d.viewers["mira"].AgencyID
	return d.a.DB.Write(d.ctx, func(tx *db.Tx) error {
		for _, x := range inventedTallies {
			at := d.base.AddDate(0, 0, 1-d.base.Day()).AddDate(0, -x.ago, 0)
			if err := tally.Invent(tx, agency, x.what, x.code, at, x.n); err != nil {
				return err
			}
		}
		return nil
	})
}
