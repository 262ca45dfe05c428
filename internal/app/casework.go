package app

import (
	"time"

	"amelie/internal/casework"
	"amelie/internal/db"
)

// caring makes the rooms of the case file.
func (a *App) caring() {
	a.Cases = casework.New(casework.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Log: a.Log, Agencies: caseAgencies{agencies{a}},
		Ended: func(tx *db.Tx, share string, at time.Time) error { return a.remember(tx, "share", share, at) }})
}

// caseAgencies is the organisations as a case needs them.
type caseAgencies struct{ agencies }

func (x caseAgencies) Workers(tx *db.Tx, agencyID string) (out []casework.Worker, err error) {
	desk, err := x.a.Agencies.Desk(tx, agencyID)
	for _, c := range desk {
		out = append(out, casework.Worker{UserID: c.UserID, Name: c.Name})
	}
	return out, err
}
