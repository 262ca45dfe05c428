package app

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/day"
	"amelie/internal/casework/index"
	"amelie/internal/casework/tally"
	"amelie/internal/db"
	"amelie/internal/draft"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/referral"
	"amelie/internal/web"
)

// caring makes the rooms of the case file.
func (a *App) caring() {
	shelf := &draft.Shelf{DB: a.DB, Now: a.Config.Now, Keys: people{a}}
	a.Shell.KeepForms(draft.Forms{Shelf: shelf, Former: people{a}.Former, Place: formPlace, Gone: a.caseGone})
	a.caseFile(shelf)
}

// caseFile makes the case file and its rooms.
func (a *App) caseFile(shelf *draft.Shelf) {
	a.CaseWords = index.New(index.Config{DB: a.DB, Now: a.Config.Now, Agencies: caseAgencies{agencies{a}}})
	a.Cases = casework.New(casework.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Log: a.Log, Zone: func() *time.Location { return a.Shell.Zone() }, Agencies: caseAgencies{agencies{a}}, Index: a.CaseWords, Told: a.told, Attached: a.attached, Tally: tally.Add, Signs: indicators{a}, Former: people{a}.Former,
		Likeness: func(o *casework.Opened, what string) bool {
			return day.Agreed(o, what, a.Config.Now().In(a.Shell.Zone()))
		},
		MayCount: func(tx *db.Tx, caseID string) (bool, error) { return a.Shares.MayCount(tx, caseID) },
		Drafts:   shelf,
		Ended:    func(tx *db.Tx, share string, at time.Time) error { return a.remember(tx, "share", share, at) },
		Erased:   func(tx *db.Tx, caseID string, at time.Time) error { return a.remember(tx, "case", caseID, at) }})
	for _, r := range a.caseRooms() {
		a.Cases.Add(r)
	}
	a.tallying()
}

// carePages are how the addresses begin of what Care shows besides its cases.
var carePages = []string{"/cases/", "/glass", "/places/", "/interpret", "/case-keep"}

// formPlace is where what was typed into a form of Care is kept. What is about a
// case lies with its other drafts, which are erased with it.
func formPlace(page string) string {
	if rest, found := strings.CutPrefix(page, "/cases/"); found {
		if caseID, room, _ := strings.Cut(rest, "/"); id.Valid(caseID) {
			return casework.DraftsOf(caseID) + "form/" + room
		}
	}
	if slices.ContainsFunc(carePages, func(begins string) bool { return strings.HasPrefix(page, begins) }) {
		return "form" + page
	}
	return ""
}

// caseGone says whether the case of a page was erased; nothing is kept about it then.
func (a *App) caseGone(ctx context.Context, page string) (gone bool, err error) {
	rest, found := strings.CutPrefix(page, "/cases/")
	caseID, _, _ := strings.Cut(rest, "/")
	if !found || !id.Valid(caseID) {
		return false, nil
	}
	err = a.DB.Read(ctx, func(tx *db.Tx) error { _, err := a.Cases.ByClock(tx, caseID); return err })
	if fault.KindOf(err) == fault.NotFound {
		return true, nil
	}
	return false, err
}

// caseRooms are the rooms of the file, in the order of their doors. Each is made in
// a file of its own.
func (a *App) caseRooms() []casework.Room {
	return []casework.Room{
		a.planRoom(),
		a.shareRoom(),
		a.passRoom(),
		a.stageRoom(),
		a.talkRoom(),
		a.dayRoom(),
		a.placeRoom(),
		a.interpretRoom(),
		a.tellingRoom(),
		a.ownRoom(),
		a.keepRoom(),
		a.glassRoom(),
	}
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

// signOut ends a sign-in, and drops what only it held of the words of cases.
func (a *App) signOut(w http.ResponseWriter, r *http.Request) {
	if v, err := a.Accounts.Authenticate(r); err == nil && v != nil {
		a.CaseWords.Forget(v.SessionID)
	}
	a.Accounts.SignOut(w, r)
}

// dropWords drops the words of the agencies in which no key is unlocked any more.
func (a *App) dropWords(ctx context.Context) error {
	if a.CaseWords == nil {
		return nil // before the rooms are made
	}
	return a.CaseWords.Retain(func(sessions []string) (map[string]bool, error) { return a.Accounts.StillUnlocked(ctx, sessions) })
}

// casesToday is the card of the own cases and of what waits; nil for who has no
// caseload and for whom nothing waits.
func (a *App) casesToday(c *web.Ctx) (*referral.Card, error) {
	n, err := a.Cases.Overdue(c.Context(), c.Viewer, c.Now().Add(24*time.Hour))
	card := &referral.Card{Title: c.T("casework.today.title"), Text: c.T("casework.today.none"), Href: c.Path("/cases/day"), Action: c.T("day.mine")}
	if n > 0 {
		card.Text = c.T("casework.today.due", "n", n)
	}
	if err != nil {
		return nil, err
	}
	waits, err := a.waitingFor(c, card)
	if err != nil || n+waits == 0 && !c.Viewer.Is("caseworker") {
		return nil, err
	}
	return card, nil
}
