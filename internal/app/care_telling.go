package app

import (
	"amelie/internal/casework"
	"amelie/internal/casework/telling"
)

// tellingRoom is where an account is taken once.
func (a *App) tellingRoom() casework.Room {
	a.Telling = &telling.Service{Cases: a.Cases, Now: a.Config.Now}
	return a.Telling.Room()
}
