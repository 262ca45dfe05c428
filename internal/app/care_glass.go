package app

import (
	"slices"

	"amelie/internal/agency"
	"amelie/internal/casework"
	"amelie/internal/casework/glass"
	"amelie/internal/db"
	"amelie/internal/i18n"
	"amelie/internal/mail"
	"amelie/internal/referral"
	"amelie/internal/web"
)

// glassRoom is opening a case because a life is in danger. The file's policy asks
// it who may.
func (a *App) glassRoom() casework.Room {
	a.Glass = glass.New(glass.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Cases: a.Cases, Agencies: caseAgencies{agencies{a}}, Alert: a.alarmed})
	a.Cases.Glass = a.Glass.Held
	return a.Glass.Room()
}

// alarmed tells an agency's leads and the data-protection officer that something
// waits; told is false where none of them but the member by has an address.
func (a *App) alarmed(tx *db.Tx, agencyID, by string) (told bool, err error) {
	set := a.House.Settings()
	told = set.Officer != ""
	err = agency.Tell(tx, agencyID, "review", a.Agencies.Leads, func(tx *db.Tx, c agency.Contact, notice string) error {
		told = told || c.Email != "" && c.UserID != by
		return a.notifyContact(tx, c, notice)
	})
	if err != nil {
		return told, err
	}
	if set.Officer == "" {
		return told, nil
	}
	return told, a.tellOfficer(tx, agencyID, set.Officer, slices.Concat(set.Languages, i18n.Languages)[0])
}

// tellOfficer queues a mail to the data-protection officer, who may have no account:
// at which agency something was opened, and no link. An agency whose name would tell
// by itself is not named.
//
// req: GLASS-2
func (a *App) tellOfficer(tx *db.Tx, agencyID, to, lang string) error {
	agency, err := a.Agencies.Name(tx, agencyID)
	if err != nil {
		return err
	}
	return mail.Queue(tx, a.officerMail(to, lang, agency))
}

func (a *App) officerMail(to, lang, agency string) mail.Message {
	if mail.Tells(agency, mail.Telling(a.Texts, i18n.Languages)) != "" {
		agency = a.Texts.T(lang, "glass.mail.somewhere", "name", a.neutralName())
	}
	return mail.Message{To: to, Subject: a.Texts.T(lang, "glass.mail.subject"), Text: a.Texts.T(lang, "glass.mail.text", "agency", agency)}
}

// glassToday is the card of what was opened in danger and no lead has looked at;
// nil when there is none.
func (a *App) glassToday(c *web.Ctx) (*referral.Card, error) {
	waiting, err := a.Glass.Waiting(c.Context(), c.Viewer)
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	return &referral.Card{Title: c.T("glass.event.break"), Text: c.T("glass.waiting-text", "n", len(waiting)), Href: c.Path("/glass"), Action: c.T("glass.look")}, nil
}
