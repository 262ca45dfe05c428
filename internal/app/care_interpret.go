package app

import (
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/interpret"
	"amelie/internal/db"
	"amelie/internal/fault"
)

// interpretRoom makes the room of interpreters and cultural mediators.
func (a *App) interpretRoom() casework.Room {
	a.Interpret = interpret.New(interpret.Config{DB: a.DB, Cases: a.Cases, Policy: a.Policy, Now: a.Config.Now, Name: agencies{a}.Name, Members: a.interpreters, Tell: a.tellMember,
		Ended: func(tx *db.Tx, bookingID string, at time.Time) error { return a.remember(tx, "booking", bookingID, at) }})
	return a.Interpret.Room()
}

// interpreters are the members of an agency with that role.
func (a *App) interpreters(tx *db.Tx, agencyID string) (out []interpret.Member, err error) {
	list, err := a.Agencies.Interpreters(tx, agencyID)
	for _, c := range list {
		out = append(out, interpret.Member{UserID: c.UserID, Name: c.Name})
	}
	return out, err
}

// tellMember lets one member know that something waits, in a mail that says no
// more; who has no account any more is told nothing.
func (a *App) tellMember(tx *db.Tx, userID string) error {
	c, err := people{a}.Contact(tx, userID)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return a.notify(tx, c, "message")
}
