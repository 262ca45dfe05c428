package agency

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var schemas = []db.Schema{jobs.Schema, audit.Schema, Schema}

// people stand in for the accounts: everybody with a key pair of her own.
type people struct {
	t    *testing.T
	keys map[string]*vault.PrivateKey
	made int
}

func (p *people) key() *vault.PrivateKey {
	k, err := vault.NewPrivateKey()
	if err != nil {
		p.t.Fatal(err)
	}
	return k
}

func (p *people) Register(_ context.Context, name, _, _, _, _ string) (string, vault.PublicKey, func(*db.Tx) error, func(*web.Ctx) error, error) {
	userID := strings.ToLower(name)
	k := p.key()
	insert := func(*db.Tx) error { p.keys[userID] = k; p.made++; return nil }
	return userID, k.Public(), insert, func(*web.Ctx) error { return nil }, nil
}

func (p *people) Person(_ *db.Tx, userID string) (string, string, string, vault.PublicKey, error) {
	k := p.keys[userID]
	if k == nil {
		return "", "", "", nil, fault.New(fault.NotFound, "")
	}
	return strings.ToUpper(userID[:1]) + userID[1:], userID + "@example.org", "en", k.Public(), nil
}

func (p *people) RecoveryLink(_ *db.Tx, _ *web.Viewer, userID string) (string, error) {
	return "/recover/" + userID, nil
}
func (p *people) Confirm(*web.Ctx) (bool, error) { return true, nil }

// field is an installation with a hospital's and a shelter's people.
type field struct {
	*Service
	t      *testing.T
	now    time.Time
	people *people
}

func newField(t *testing.T, d *db.DB) *field {
	f := &field{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), people: &people{t: t, keys: map[string]*vault.PrivateKey{}}}
	f.Service = New(d, vault.NewServerSecret(), policy.Must(Policy), f.people, Config{Name: "Amelie", BaseURL: "https://help.example.org", Now: func() time.Time { return f.now }})
	f.people.keys["admin"] = f.people.key()
	return f
}

func each(t *testing.T, story func(f *field)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { story(newField(t, d)) })
}

func (f *field) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

var ctx = context.Background()

// as is somebody who is signed in and unlocked.
func (f *field) as(userID string) *web.Viewer {
	f.t.Helper()
	v := &web.Viewer{UserID: userID, Key: f.people.keys[userID]}
	if userID == "admin" {
		v.Roles = []string{"administrator"}
		return v
	}
	f.must(f.db.Read(ctx, func(tx *db.Tx) (err error) {
		v.AgencyID, v.AgencyName, v.Roles, err = f.Membership(tx, userID)
		return err
	}))
	return v
}

func (f *field) admits(name string) string {
	f.t.Helper()
	agencyID, err := f.Admit(ctx, f.as("admin"), "org-"+name, name, No)
	f.must(err)
	return agencyID
}

// invites makes somebody a member and gives the identifier.
func (f *field) invites(by, agencyID, name string, roles ...string) string {
	f.t.Helper()
	path, err := f.Invite(ctx, f.as(by), agencyID, roles, "", "", "en")
	f.must(err)
	_, err = f.Join(ctx, strings.TrimPrefix(path, "/invite/"), name, "", "", "en", "")
	f.must(err)
	return strings.ToLower(name)
}

func (f *field) publicKey(agencyID string) (keyID string, key vault.PublicKey, err error) {
	err = f.db.Read(ctx, func(tx *db.Tx) (err error) { keyID, key, err = f.PublicKey(tx, agencyID); return err })
	return
}

func (f *field) opens(userID, keyID string) error {
	return f.db.Read(ctx, func(tx *db.Tx) error { _, err := f.OpenKey(tx, f.as(userID), keyID); return err })
}

// shelter is a whole agency: two leads and a caseworker, all with the key.
func (f *field) shelter() (agencyID, keyID string) {
	f.t.Helper()
	agencyID = f.admits("Shelter")
	f.invites("admin", agencyID, "Lena", "lead")
	f.invites("lena", agencyID, "Omar", "lead")
	f.invites("lena", agencyID, "Cleo", "caseworker")
	f.must(f.Unlocked(ctx, f.as("lena")))
	keyID, _, err := f.publicKey(agencyID)
	f.must(err)
	return agencyID, keyID
}

// req: AGENCY-2
func TestAnAgencyReceivesOnlyWhenOneLossWouldNotCloseIt(t *testing.T) {
	each(t, func(f *field) {
		agencyID := f.admits("Shelter")
		refused := func(when string) {
			f.t.Helper()
			if _, _, err := f.publicKey(agencyID); fault.KindOf(err) != fault.Unavailable || fault.Find(err).Key != "agency.error.no-key" {
				f.t.Errorf("%s: %v", when, err)
			}
		}
		refused("admitted, nobody there")
		f.invites("admin", agencyID, "Lena", "lead")
		refused("one lead")
		f.invites("lena", agencyID, "Omar", "lead")
		refused("a second lead who waits for the key")
		f.must(f.Unlocked(ctx, f.as("lena")))
		keyID, key, err := f.publicKey(agencyID)
		f.must(err)
		f.must(f.opens("omar", keyID))
		f.must(f.SetState(ctx, f.as("admin"), agencyID, Suspended))
		refused("suspended")
		f.must(f.SetState(ctx, f.as("admin"), agencyID, Active))

		// What is sealed to the key opens for both leads.
		env, err := vault.SealTo(key, []byte("words"), vault.Binding{Field: "test"})
		f.must(err)
		f.must(f.db.Read(ctx, func(tx *db.Tx) error {
			k, err := f.OpenKey(tx, f.as("omar"), keyID)
			if err != nil {
				return err
			}
			plain, err := k.Open(env, vault.Binding{Field: "test"})
			if string(plain) != "words" {
				f.t.Error("the key opens something else")
			}
			return err
		}))
	})
}

// req: AGENCY-2
func TestAPrintedRecoveryKeyCountsWhenItWasTypedBack(t *testing.T) {
	each(t, func(f *field) {
		agencyID := f.admits("Shelter")
		f.invites("admin", agencyID, "Lena", "lead")
		lena := f.as("lena")
		first, err := f.MakeRecovery(ctx, lena)
		f.must(err)
		printed, err := f.MakeRecovery(ctx, lena)
		f.must(err)
		if _, _, err := f.publicKey(agencyID); fault.KindOf(err) != fault.Unavailable {
			f.t.Errorf("printed, not typed back: %v", err)
		}
		if err := f.ConfirmRecovery(ctx, lena, mistyped(printed)); fault.KindOf(err) != fault.Invalid {
			f.t.Errorf("mistyped: %v", err)
		}
		f.must(f.ConfirmRecovery(ctx, lena, " "+strings.ToLower(strings.ReplaceAll(printed, "-", " "))))
		keyID, _, err := f.publicKey(agencyID)
		f.must(err)
		if err := f.ConfirmRecovery(ctx, lena, first); fault.KindOf(err) != fault.Invalid {
			f.t.Errorf("an older sheet still works: %v", err)
		}

		// Lena loses everything; the sheet brings the key back.
		f.people.keys["lena"] = f.people.key()
		f.must(f.db.Write(ctx, func(tx *db.Tx) error { return f.KeyChanged(tx, "lena", "admin") }))
		if err := f.opens("lena", keyID); fault.KindOf(err) != fault.Unavailable {
			f.t.Errorf("with a new key of her own she opens: %v", err)
		}
		n, err := f.UseRecovery(ctx, f.as("lena"), printed)
		if err != nil || n != 1 {
			f.t.Fatalf("the sheet opened %d keys: %v", n, err)
		}
		f.must(f.opens("lena", keyID))
	})
}

// mistyped changes the first character.
func mistyped(printed string) string {
	if printed[0] == 'Z' {
		return "Y" + printed[1:]
	}
	return "Z" + printed[1:]
}

// req: AGENCY-1
func TestAnAdministratorNamesALeadOnlyWhileThereIsNone(t *testing.T) {
	each(t, func(f *field) {
		agencyID := f.admits("Shelter")
		admin := f.as("admin")
		if _, err := f.Invite(ctx, admin, agencyID, []string{"caseworker"}, "", "", "en"); fault.KindOf(err) != fault.Denied {
			f.t.Errorf("an administrator invites a caseworker: %v", err)
		}
		waiting, err := f.Invite(ctx, admin, agencyID, []string{"lead"}, "", "", "en")
		f.must(err)
		f.invites("admin", agencyID, "Lena", "lead")
		if _, err := f.Invite(ctx, admin, agencyID, []string{"lead"}, "", "", "en"); fault.KindOf(err) != fault.Denied {
			f.t.Errorf("an administrator names a second lead: %v", err)
		}
		// An invitation from before still makes a member, but opens nothing by itself.
		_, err = f.Join(ctx, strings.TrimPrefix(waiting, "/invite/"), "Mole", "", "", "en", "")
		f.must(err)
		f.must(f.Unlocked(ctx, f.as("lena")))
		keyID := f.ownKey(agencyID)
		if err := f.opens("mole", keyID); fault.KindOf(err) != fault.Unavailable {
			f.t.Errorf("somebody whom no lead answers for was let in: %v", err)
		}
	})
}

func (f *field) ownKey(agencyID string) (keyID string) {
	f.t.Helper()
	f.must(f.db.Read(ctx, func(tx *db.Tx) (err error) { keyID, _, err = f.OwnKey(tx, agencyID); return err }))
	return keyID
}

// req: AGENCY-5
func TestMembersWaitUntilAHolderIsHere(t *testing.T) {
	each(t, func(f *field) {
		agencyID, keyID := f.shelter()
		f.invites("omar", agencyID, "Nora", "professional")
		if err := f.opens("nora", keyID); fault.KindOf(err) != fault.Unavailable {
			f.t.Errorf("a new member opens: %v", err)
		}
		locked := f.as("cleo")
		locked.Key = nil
		if _, err := f.LetIn(ctx, locked, true); fault.KindOf(err) != fault.Unlock {
			f.t.Errorf("a locked sign-in lets in: %v", err)
		}
		if n, err := f.LetIn(ctx, f.as("nora"), true); n != 0 || fault.KindOf(err) != fault.Denied {
			f.t.Errorf("a front-line professional who waits lets in: %d %v", n, err)
		}
		f.must(f.Unlocked(ctx, f.as("cleo")))
		f.must(f.opens("nora", keyID))

		// Recovered by a lead: waits and is let in. By an administrator: a
		// holder has to decide.
		for _, c := range []struct {
			by        string
			automatic bool
		}{{"lena", true}, {"admin", false}} {
			f.people.keys["nora"] = f.people.key()
			f.must(f.db.Write(ctx, func(tx *db.Tx) error { return f.KeyChanged(tx, "nora", c.by) }))
			f.must(f.Unlocked(ctx, f.as("cleo")))
			if in := f.opens("nora", keyID) == nil; in != c.automatic {
				f.t.Errorf("recovered by %s, let in by itself: %v", c.by, in)
			}
		}
		if n, err := f.LetIn(ctx, f.as("cleo"), true); n != 1 || err != nil {
			f.t.Errorf("a holder's decision let %d in: %v", n, err)
		}
		f.must(f.opens("nora", keyID))
	})
}

// req: AGENCY-7
func TestAnInterpreterGetsNoKeyOfTheAgency(t *testing.T) {
	each(t, func(f *field) {
		agencyID, keyID := f.shelter()
		f.invites("omar", agencyID, "Nora", Interpreter)
		f.must(f.Unlocked(ctx, f.as("cleo")))
		if n, err := f.LetIn(ctx, f.as("cleo"), true); n != 0 || err != nil {
			f.t.Errorf("%d let in: %v", n, err)
		}
		if err := f.opens("nora", keyID); fault.KindOf(err) != fault.Unavailable {
			f.t.Errorf("an interpreter opens: %v", err)
		}
		if err := f.SetRoles(ctx, f.as("lena"), "cleo", []string{Interpreter}); fault.KindOf(err) != fault.Conflict {
			f.t.Errorf("who holds the key becomes an interpreter: %v", err)
		}
		f.must(f.SetRoles(ctx, f.as("lena"), "nora", []string{Interpreter, "caseworker"}))
		f.must(f.Unlocked(ctx, f.as("cleo")))
		f.must(f.opens("nora", keyID))
	})
}

// req: AGENCY-3
func TestWhoLeavesOpensNothingAndTheNextWriteUsesANewKey(t *testing.T) {
	each(t, func(f *field) {
		agencyID, old := f.shelter()
		printed, err := f.MakeRecovery(ctx, f.as("lena"))
		f.must(err)
		f.must(f.ConfirmRecovery(ctx, f.as("lena"), printed))
		gone := f.as("cleo")
		inv, err := f.Invite(ctx, f.as("omar"), agencyID, []string{"caseworker"}, "", "", "en")
		f.must(err)
		f.must(f.Remove(ctx, f.as("lena"), "omar"))
		if _, _, err := f.Invitation(ctx, strings.TrimPrefix(inv, "/invite/")); fault.KindOf(err) != fault.Expired {
			f.t.Errorf("an invitation of somebody who left still works: %v", err)
		}
		f.must(f.Remove(ctx, f.as("lena"), "cleo"))
		if err := f.db.Read(ctx, func(tx *db.Tx) error { _, err := f.OpenKey(tx, gone, old); return err }); fault.KindOf(err) != fault.NotFound {
			f.t.Errorf("who left opens the old key: %v", err)
		}
		fresh := f.ownKey(agencyID)
		if fresh == old {
			f.t.Error("the key is still the old one")
		}
		f.must(f.opens("lena", fresh))
		f.must(f.opens("lena", old))
		if _, _, err := f.publicKey(agencyID); err != nil {
			f.t.Errorf("with one lead and a recovery key: %v", err)
		}
		// The sheet from before opens the new keys too.
		f.people.keys["lena"] = f.people.key()
		f.must(f.db.Write(ctx, func(tx *db.Tx) error { return f.KeyChanged(tx, "lena", "admin") }))
		if n, err := f.UseRecovery(ctx, f.as("lena"), printed); err != nil || n != 3 {
			f.t.Errorf("the sheet opened %d keys: %v", n, err)
		}
		f.must(f.opens("lena", fresh))
	})
}

// req: AGENCY-3
func TestWhoLeftStaysOutAfterAnOlderBackupIsRestored(t *testing.T) {
	each(t, func(f *field) {
		_, keyID := f.shelter()
		type line struct {
			who string
			at  time.Time
		}
		var ledger []line
		f.cfg.Left = func(_ *db.Tx, userID string, at time.Time) error {
			ledger = append(ledger, line{userID, at})
			return nil
		}
		var kept []wrap // what a backup from before holds
		var member Member
		f.must(f.db.Read(ctx, func(tx *db.Tx) (err error) {
			member, _, err = loadMember(tx, "cleo")
			if err == nil {
				kept, err = loadWrapsOf(tx, "cleo", member.AgencyID)
			}
			return err
		}))
		before := f.now
		f.now = f.now.Add(time.Hour)
		f.must(f.Remove(ctx, f.as("lena"), "cleo"))
		if len(ledger) != 1 || ledger[0].who != "cleo" {
			f.t.Fatalf("the ledger holds %v", ledger)
		}
		f.must(f.db.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(insertMemberStmt, "cleo", member.AgencyID, "caseworker", "", before.UnixMilli(), before.UnixMilli()); err != nil {
				return err
			}
			return insertWraps(tx, kept, "lena", before)
		}))
		f.must(f.opens("cleo", keyID))
		f.must(f.db.Write(ctx, func(tx *db.Tx) error {
			done, err := EndAgain(tx, ledger[0].who, ledger[0].at)
			if !done {
				f.t.Error("nothing was taken")
			}
			return err
		}))
		if err := f.opens("cleo", keyID); fault.KindOf(err) != fault.Unavailable {
			f.t.Errorf("after the restore she opens: %v", err)
		}
	})
}

// req: AGENCY-4
func TestTheLastLeadStays(t *testing.T) {
	each(t, func(f *field) {
		f.shelter()
		f.must(f.SetRoles(ctx, f.as("lena"), "omar", []string{"caseworker"}))
		lena := f.as("lena")
		if err := f.SetRoles(ctx, lena, "lena", []string{"professional"}); fault.KindOf(err) != fault.Conflict {
			f.t.Errorf("the last lead steps down: %v", err)
		}
		if err := f.Remove(ctx, lena, "lena"); fault.KindOf(err) != fault.Conflict {
			f.t.Errorf("the last lead leaves: %v", err)
		}
		if err := f.SetRoles(ctx, f.as("cleo"), "cleo", []string{"lead"}); fault.KindOf(err) != fault.Denied {
			f.t.Errorf("a caseworker makes herself lead: %v", err)
		}
	})
}

// Whose account an administrator deletes leaves as by a lead's hand, unless the
// agency cannot be without the person.
//
// req: AGENCY-3
// req: AGENCY-4
func TestWhoseAccountIsDeletedLeavesUnlessTheAgencyNeedsThem(t *testing.T) {
	each(t, func(f *field) {
		agencyID, old := f.shelter()
		deletes := func(userID string) error {
			leave, err := f.Departure(ctx, userID)
			if err != nil {
				return err
			}
			return f.db.Write(ctx, func(tx *db.Tx) error { return leave(tx, "admin") })
		}
		f.must(deletes("nobody"))
		f.must(deletes("omar"))
		fresh := f.ownKey(agencyID)
		if fresh == old {
			f.t.Error("the key is still the old one")
		}
		f.must(f.opens("lena", fresh))
		if err := deletes("lena"); fault.KindOf(err) != fault.Conflict || fault.Find(err).Key != "agency.error.last-lead" {
			f.t.Errorf("the last lead: %v", err)
		}
		// Another lead who does not hold the key yet is no help either.
		f.must(deletes("cleo"))
		f.invites("lena", agencyID, "Nina", "lead")
		if err := deletes("lena"); fault.KindOf(err) != fault.Conflict || fault.Find(err).Key != "agency.error.last-holder" {
			f.t.Errorf("the last who holds the key: %v", err)
		}
		f.must(f.Unlocked(ctx, f.as("lena")))
		leave, err := f.Departure(ctx, "lena")
		f.must(err)
		f.must(deletes("nina"))
		if err := f.db.Write(ctx, func(tx *db.Tx) error { return leave(tx, "admin") }); fault.KindOf(err) != fault.Stale {
			f.t.Errorf("prepared before the other left: %v", err)
		}
	})
}

// req: AGENCY-6
func TestAnInvitationIsLookedAtFreelyAndUsedOnce(t *testing.T) {
	each(t, func(f *field) {
		agencyID := f.admits("Shelter")
		path, err := f.Invite(ctx, f.as("admin"), agencyID, []string{"lead"}, "", "", "en")
		f.must(err)
		secret := strings.TrimPrefix(path, "/invite/")
		for range 3 {
			if _, name, err := f.Invitation(ctx, strings.ToUpper(secret)); err != nil || name != "Shelter" {
				f.t.Fatalf("looking: %q %v", name, err)
			}
		}
		_, err = f.Join(ctx, secret, "Lena", "", "", "en", "")
		f.must(err)
		if _, err := f.Join(ctx, secret, "Second", "", "", "en", ""); fault.KindOf(err) != fault.Expired || f.people.made != 1 {
			f.t.Errorf("used again: %v, %d accounts", err, f.people.made)
		}
		again, err := f.Invite(ctx, f.as("lena"), agencyID, []string{"caseworker"}, "night", "", "en")
		f.must(err)
		f.now = f.now.Add(InvitationLife)
		if _, err := f.Join(ctx, strings.TrimPrefix(again, "/invite/"), "Late", "", "", "en", ""); fault.KindOf(err) != fault.Expired {
			f.t.Errorf("a week later: %v", err)
		}
	})
}

// req: AGENCY-5
func TestALeadWhoIsNoneAnyMoreAnswersForNobody(t *testing.T) {
	each(t, func(f *field) {
		agencyID, keyID := f.shelter()
		open, err := f.Invite(ctx, f.as("omar"), agencyID, []string{"caseworker"}, "", "", "en")
		f.must(err)
		f.invites("omar", agencyID, "Nora", "professional")
		f.must(f.SetRoles(ctx, f.as("lena"), "omar", []string{"caseworker"}))
		if _, _, err := f.Invitation(ctx, strings.TrimPrefix(open, "/invite/")); fault.KindOf(err) != fault.Expired {
			f.t.Errorf("the invitation: %v", err)
		}
		f.must(f.Unlocked(ctx, f.as("lena")))
		if err := f.opens("nora", keyID); fault.KindOf(err) != fault.Unavailable {
			f.t.Errorf("the member was let in unasked: %v", err)
		}
		if n, err := f.LetIn(ctx, f.as("lena"), true); n != 1 || err != nil {
			f.t.Errorf("asked for: %d %v", n, err)
		}
	})
}

func TestAnInviteButtonPressedTwiceInvitesOnceAndShowsTheSameLink(t *testing.T) {
	each(t, func(f *field) {
		agencyID, _ := f.shelter()
		inv := Invitation{AgencyID: agencyID, Roles: []string{"caseworker"}}
		a, err := f.invite(ctx, f.as("lena"), inv, "", "en", "the-same-press-0001")
		f.must(err)
		b, err := f.invite(ctx, f.as("lena"), inv, "", "en", "the-same-press-0001")
		f.must(err)
		c, err := f.invite(ctx, f.as("omar"), inv, "", "en", "the-same-press-0001")
		f.must(err)
		view, err := f.View(ctx, f.as("lena"), agencyID)
		f.must(err)
		if a != b || a == c || len(view.Invitations) != 2 {
			f.t.Errorf("%s %s %s, %d invitations", a, b, c, len(view.Invitations))
		}
	})
}

func TestAWithdrawnInvitationIsWorthless(t *testing.T) {
	each(t, func(f *field) {
		agencyID, _ := f.shelter()
		path, err := f.Invite(ctx, f.as("lena"), agencyID, []string{"caseworker"}, "night", "", "en")
		f.must(err)
		view, err := f.View(ctx, f.as("lena"), agencyID)
		f.must(err)
		if len(view.Invitations) != 1 || view.Invitations[0].Label != "night" {
			f.t.Fatalf("invitations are %+v", view.Invitations)
		}
		f.must(f.Withdraw(ctx, f.as("omar"), agencyID, view.Invitations[0].ID))
		if _, _, err := f.Invitation(ctx, strings.TrimPrefix(path, "/invite/")); fault.KindOf(err) != fault.Expired {
			f.t.Errorf("after withdrawing: %v", err)
		}
	})
}

func TestOneAccountBelongsToOneAgency(t *testing.T) {
	each(t, func(f *field) {
		f.shelter()
		hospital := f.admits("Hospital")
		path, err := f.Invite(ctx, f.as("admin"), hospital, []string{"lead"}, "", "", "en")
		f.must(err)
		secret := strings.TrimPrefix(path, "/invite/")
		if err := f.JoinAs(ctx, f.as("cleo"), secret); fault.KindOf(err) != fault.Conflict {
			f.t.Errorf("joining a second agency: %v", err)
		}
		if _, _, err := f.Invitation(ctx, secret); err != nil {
			f.t.Errorf("the refused try used the invitation up: %v", err)
		}
	})
}

func TestInsidersOfAnotherAgencyFindNothing(t *testing.T) {
	each(t, func(f *field) {
		shelter, keyID := f.shelter()
		hospital := f.admits("Hospital")
		f.invites("admin", hospital, "Curious", "lead")
		curious := f.as("curious")
		if _, err := f.View(ctx, curious, shelter); fault.KindOf(err) != fault.NotFound {
			f.t.Errorf("viewing: %v", err)
		}
		if err := f.opens("curious", keyID); fault.KindOf(err) != fault.NotFound {
			f.t.Errorf("opening: %v", err)
		}
		if err := f.Remove(ctx, curious, "cleo"); fault.KindOf(err) != fault.NotFound {
			f.t.Errorf("removing: %v", err)
		}
		if _, err := f.Recover(ctx, curious, "cleo"); fault.KindOf(err) != fault.NotFound {
			f.t.Errorf("recovering: %v", err)
		}
		if _, err := f.Invite(ctx, curious, shelter, []string{"lead"}, "", "", "en"); fault.KindOf(err) != fault.NotFound {
			f.t.Errorf("inviting: %v", err)
		}
	})
}

func TestWhenNobodyHoldsTheKeyALeadCanOnlyStartAfresh(t *testing.T) {
	each(t, func(f *field) {
		agencyID := f.admits("Shelter")
		f.invites("admin", agencyID, "Lena", "lead")
		old := f.ownKey(agencyID)
		if err := f.Renew(ctx, f.as("lena")); fault.KindOf(err) != fault.Conflict {
			f.t.Errorf("while somebody holds it: %v", err)
		}
		f.people.keys["lena"] = f.people.key()
		f.must(f.db.Write(ctx, func(tx *db.Tx) error { return f.KeyChanged(tx, "lena", "admin") }))
		view, err := f.View(ctx, f.as("lena"), agencyID)
		if err != nil || !view.NobodyHolds {
			f.t.Fatalf("the page does not say that nobody holds the key: %v", err)
		}
		f.must(f.Renew(ctx, f.as("lena")))
		f.must(f.opens("lena", f.ownKey(agencyID)))
		if err := f.opens("lena", old); fault.KindOf(err) != fault.Unavailable {
			f.t.Errorf("the old key: %v", err)
		}
	})
}

func TestTheDirectoryLeadsToTheAgencyAndItsLeads(t *testing.T) {
	each(t, func(f *field) {
		agencyID, _ := f.shelter()
		f.must(f.db.Read(ctx, func(tx *db.Tx) error {
			if got, err := f.ByDirectory(tx, "org-Shelter"); got != agencyID || err != nil {
				f.t.Errorf("ByDirectory: %q %v", got, err)
			}
			if _, err := f.ByDirectory(tx, "org-Nowhere"); fault.KindOf(err) != fault.NotFound {
				f.t.Errorf("an organisation that was not admitted: %v", err)
			}
			if name, err := f.Name(tx, agencyID); name != "Shelter" || err != nil {
				f.t.Errorf("Name: %q %v", name, err)
			}
			leads, err := f.Leads(tx, agencyID)
			if len(leads) != 2 || leads[0].Email != "lena@example.org" {
				f.t.Errorf("leads: %+v %v", leads, err)
			}
			all, err := f.Members(tx, agencyID)
			if len(all) != 3 {
				f.t.Errorf("members: %+v", all)
			}
			return err
		}))
		if _, err := f.Admit(ctx, f.as("admin"), "org-Shelter", "Again", No); fault.KindOf(err) != fault.Conflict {
			f.t.Errorf("admitting twice: %v", err)
		}
	})
}

func TestListsNeverShowMoreThanThePolicyPermits(t *testing.T) {
	d := dbtest.Open(t, schemas...)
	f := newField(t, d)
	var ids []string
	for i := range 4 {
		ids = append(ids, f.admits(fmt.Sprintf("Agency %d", i)))
	}
	all := append(slices.Clone(Roles), "coordinator", "editor", "analyst", "auditor", "administrator")
	rapid.Check(t, func(t *rapid.T) {
		v := &web.Viewer{UserID: "somebody", Roles: rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID).Draw(t, "roles")}
		v.AgencyID = rapid.SampledFrom(append(ids, "", id.New())).Draw(t, "agency")
		list, err := f.List(ctx, v)
		if err != nil {
			t.Fatal(err)
		}
		shown := map[string]bool{}
		for _, a := range list {
			shown[a.ID] = true
		}
		for _, one := range ids {
			may := f.policy.Allowed(v.Actor(), "agency.know", object(one, 0))
			if shown[one] != may {
				t.Fatalf("%+v: shown %v, permitted %v", v, shown[one], may)
			}
		}
	})
}

// req: AGENCY-2
func TestReadinessNeedsAnActiveAgencyAKeyAndASecondWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Readiness{rapid.Bool().Draw(t, "active"), rapid.Bool().Draw(t, "key"), rapid.IntRange(0, 3).Draw(t, "leads"), rapid.Bool().Draw(t, "recovery")}
		done := true
		for _, s := range r.Steps() {
			done = done && s.Done
		}
		if r.LeadsWithKey == 0 && r.CanReceive() {
			t.Fatal("nobody can open it, and it receives")
		}
		if r.HasKey && r.CanReceive() != done {
			t.Fatalf("%+v: the checklist says %v", r, done)
		}
	})
}
