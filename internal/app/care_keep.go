package app

import (
	"amelie/internal/casework"
	"amelie/internal/casework/keep"
	"amelie/internal/db"
)

// keepRoom is the room of keeping and erasing.
func (a *App) keepRoom() casework.Room {
	a.Keeping = keep.New(keep.Config{Cases: a.Cases, Policy: a.Policy, Now: a.Config.Now, Country: agencies{a}.Country, Law: a.lawOfKeeping,
		Tell: func(tx *db.Tx, agencyID string) error { return a.remindCase(tx, agencyID, "") },
		Backups: func() int {
			if b := a.House.Settings().Backup; b.Ready() {
				return b.Keep
			}
			return 0
		}})
	return a.Keeping.Room()
}
