package app

import (
	"amelie/internal/casework"
	"amelie/internal/casework/plan"
)

// planRoom is the support plan.
func (a *App) planRoom() casework.Room {
	a.Plans = plan.New(plan.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Cases: a.Cases})
	return a.Plans.Room()
}
