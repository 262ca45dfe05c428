package app

import (
	"context"
	"time"

	"amelie/internal/agency"
	"amelie/internal/casework"
	"amelie/internal/casework/share"
	"amelie/internal/casework/stage"
	"amelie/internal/db"
	"amelie/internal/referral"
	"amelie/internal/web"
)

// shareRoom is the ledger of what of a case may be known by whom.
func (a *App) shareRoom() casework.Room {
	text := sheet{a.Persons}
	a.Shares = share.New(share.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Cases: a.Cases, Name: agencies{a}.Name, Authority: a.isAuthority,
		Agencies: a.shareWith, Grounds: a.shareGrounds, Languages: func() (out []share.Language) {
			for _, l := range text.Languages() {
				out = append(out, share.Language{Code: l.Code, Name: l.Name})
			}
			return out
		},
		Version: text.Version, Text: func(lang, key string) string { return text.Text(lang, key, nil) },
		Say:     func(lang, key string, args map[string]string) string { return a.Persons.T(lang, "own."+key, args) },
		Checked: a.checked,
		Confirmed: func(ctx context.Context, v *web.Viewer, caseID string) (bool, error) {
			return a.Telling.Confirmed(ctx, v, caseID)
		},
		TellWorker: a.tellMember,
		Tell: func(tx *db.Tx, agencyID string, leads bool) error {
			if leads {
				return agency.Tell(tx, agencyID, "review", a.Agencies.Leads, a.notifyContact)
			}
			return agency.Tell(tx, agencyID, "message", a.Agencies.Desk, a.notifyContact)
		},
		Counted:   stage.Counted,
		Offered:   a.offeredHere,
		Keeps:     a.mayKeep,
		Shortened: func(tx *db.Tx, mark string, at time.Time) error { return a.remember(tx, "shorter", mark, at) },
		Remember:  func(tx *db.Tx, entryID string, at time.Time) error { return a.remember(tx, "sharing", entryID, at) }})
	return a.Shares.Room()
}

func (a *App) notifyContact(tx *db.Tx, c agency.Contact, notice string) error {
	return a.notify(tx, referral.Contact{UserID: c.UserID, Name: c.Name, Email: c.Email, Lang: c.Lang}, notice)
}

// shareWith are the agencies that can receive now, without the viewer's own.
func (a *App) shareWith(ctx context.Context, v *web.Viewer) (out []share.Agency, err error) {
	var list []agency.Agency
	err = a.DB.Read(ctx, func(tx *db.Tx) (err error) { list, err = a.Agencies.Receiving(tx); return err })
	for _, g := range list {
		if g.ID == v.AgencyID {
			continue
		}
		authority, err := a.authority(ctx, g)
		if err != nil {
			return nil, err
		}
		out = append(out, share.Agency{ID: g.ID, Name: g.Name, Authority: authority})
	}
	return out, err
}

// authority says whether an agency can act against a person: the directory knows
// it as an authority, or who admitted it said so. One of which nobody was asked
// counts as such unless the directory knows it as a body that helps people: a
// question too many costs less than a case in the wrong hands.
//
// req: SHARE-8
func (a *App) authority(ctx context.Context, g agency.Agency) (bool, error) {
	if g.Authority == agency.Yes {
		return true, nil
	}
	known, err := a.Directory.IsAuthority(ctx, g.Organization)
	if known || err != nil || g.Authority == agency.No {
		return known, err
	}
	helps, err := a.Directory.Supports(ctx, g.Organization)
	return !helps, err
}

func (a *App) isAuthority(tx *db.Tx, agencyID string) (bool, error) {
	g, err := a.Agencies.Find(tx, agencyID)
	if err != nil {
		return false, err
	}
	return a.authority(tx.Context(), g)
}

// shareGrounds are the provisions of law of an agency's country.
func (a *App) shareGrounds(ctx context.Context, agencyID, lang string) (out []share.Provision, err error) {
	code := ""
	err = a.DB.Read(ctx, func(tx *db.Tx) (err error) { code, err = agencies{a}.Country(tx, agencyID); return err })
	for _, g := range (countries{a}).Grounds(code, lang, true, true) {
		out = append(out, share.Provision{ID: g.ID, Name: g.Name, Source: g.Source, Verified: g.Verified})
	}
	return out, err
}

// sharesToday is the card of what waits for a second person, and of what other
// agencies took back; nil when there is neither.
func (a *App) sharesToday(c *web.Ctx) (*referral.Card, error) {
	desk, err := a.Shares.Desk(c.Context(), c.Viewer)
	if err != nil {
		return nil, err
	}
	offered, err := a.Passes.Desk(c.Context(), c.Viewer)
	if err != nil || len(desk.Waiting)+len(desk.Ended)+len(offered) == 0 {
		return nil, err
	}
	card := &referral.Card{Title: c.T("share.desk.title"), Text: c.T("share.desk.over-text", "n", len(desk.Ended)), Href: c.Path("/shared"), Action: c.T("share.desk.open")}
	if n := len(offered); n > 0 {
		card.Text = c.T("pass.desk.text", "n", n)
	}
	if n := len(desk.Waiting); n > 0 {
		card.Text = c.T("share.desk.waiting-text", "n", n)
	}
	return card, nil
}
