package app

import (
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/talk"
	"amelie/internal/db"
	"amelie/internal/referral"
	"amelie/internal/web"
)

// talkRoom is where agencies talk about a case. A notice is the general sentence
// of all notices.
func (a *App) talkRoom() casework.Room {
	a.Talks = talk.New(talk.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Cases: a.Cases, Agencies: caseAgencies{agencies{a}},
		Notify: func(tx *db.Tx, userID string) error {
			to, err := people{a}.Contact(tx, userID)
			if err != nil {
				return err
			}
			return a.notify(tx, to, "new")
		},
		Parted: func(tx *db.Tx, party string, at time.Time) error { return a.remember(tx, "talk", party, at) }})
	return a.Talks.Room()
}

// talksToday is the card of what other agencies wait for; nil when they wait for
// nothing.
func (a *App) talksToday(c *web.Ctx) (*referral.Card, error) {
	if !c.Viewer.Is("caseworker") && !c.Viewer.Is("lead") {
		return nil, nil
	}
	waiting, late, err := a.Talks.Waiting(c.Context(), c.Viewer)
	if err != nil || waiting == 0 {
		return nil, err
	}
	card := &referral.Card{Title: c.T("talk.all.title"), Text: c.T("talk.glance.waits", "n", waiting), Href: c.Path("/talks"), Action: c.T("talk.today")}
	if late > 0 {
		card.Text += " " + c.T("talk.today-late", "n", late)
	}
	return card, nil
}
