package app

import (
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/place"
	"amelie/internal/db"
	"amelie/internal/referral"
	"amelie/internal/web"
)

// placeRoom makes the room of places and moves.
func (a *App) placeRoom() casework.Room {
	a.Places = place.New(place.Config{DB: a.DB, Cases: a.Cases, Policy: a.Policy, Now: a.Config.Now, Agencies: housing{agencies{a}}, Remark: referral.CheckRemark, Tell: a.tellDesk,
		Ended: func(tx *db.Tx, requestID string, at time.Time) error { return a.remember(tx, "place", requestID, at) }})
	return a.Places.Room()
}

// tellDesk lets those who answer at an agency know that something waits; the mail
// says no more than that of a referral.
func (a *App) tellDesk(tx *db.Tx, agencyID, except string) error {
	desk, err := agencies{a}.Desk(tx, agencyID)
	for _, c := range desk {
		if err == nil && c.UserID != except {
			err = a.notify(tx, c, "question")
		}
	}
	return err
}

// housing is the organisations as places need them.
type housing struct{ agencies }

// Houses says whether the directory knows the agency's organisation as one that
// supports people. Which of them have a shelter is not asked of the directory:
// hidden ones do not stand in it.
func (x housing) Houses(tx *db.Tx, agencyID string) (bool, error) {
	organization, err := x.a.Agencies.Organization(tx, agencyID)
	if err != nil {
		return false, err
	}
	return x.a.Directory.Supports(tx.Context(), organization)
}

// placesToday is the card of requests that wait for an answer; nil when none does.
func (a *App) placesToday(c *web.Ctx) (*referral.Card, error) {
	n, err := a.Places.Waiting(c.Context(), c.Viewer)
	if err != nil || n == 0 {
		return nil, err
	}
	return &referral.Card{Title: c.T("place.nav"), Text: c.T("place.today.text", "n", n), Href: c.Path("/places"), Action: c.T("place.reached-title")}, nil
}
