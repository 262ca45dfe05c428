package app

import (
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/own"
	"amelie/internal/casework/share"
	"amelie/internal/db"
	"amelie/internal/web"
)

// ownRoom is the person's own view of the file, by card.
func (a *App) ownRoom() casework.Room {
	try := a.mayTry()
	a.Owns = own.New(own.Config{DB: a.DB, Now: a.Config.Now, Secret: a.Secret, Cases: a.Cases, Agencies: caseAgencies{agencies{a}}, Address: a.Config.BaseURL,
		Standing: a.standing,
		TakeBack: func(tx *db.Tx, caseID, line string) error { return a.Shares.WithdrawBy(tx, caseID, line) },
		Tell:     a.tellMember,
		Remember: func(tx *db.Tx, cardID string, at time.Time) error { return a.remember(tx, "card", cardID, at) },
		Say:      a.Persons.T,
		Checked:  a.checked,
		MayTry:   func(c *web.Ctx) bool { return try(c.R) }})
	return a.Owns.Room()
}

// checked says how far the person's page was read by somebody who speaks a language.
func (a *App) checked(lang string) string {
	return a.Persons.T(lang, "self.foot."+string(a.Persons.StateOf(lang, "own").State), nil)
}

// standing is what of a case is known by whom, and what was answered with yes, as
// the person may know it.
func (a *App) standing(tx *db.Tx, caseID string) (out []own.Shared, err error) {
	lines, topics, err := a.Shares.Standing(tx, caseID)
	for _, t := range share.Topics {
		if e, there := topics[t]; there && e.Stands(a.Config.Now()) {
			lines = append(lines, e)
		}
	}
	for _, e := range lines {
		out = append(out, own.Shared{ID: e.ID, Kind: string(e.Kind), To: e.To, Purpose: e.Purpose, Parts: e.Parts, Until: e.Until})
	}
	return out, err
}
