package app_test

import (
	"context"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"amelie/internal/app"
	"amelie/internal/casework"
	"amelie/internal/casework/share"
	"amelie/internal/db"
	"amelie/internal/fault"
)

// sharing finds a case of a caseworker's in which another agency has something.
func sharing(t *testing.T, a *app.App, user, to string) (caseID string, line share.Entry) {
	t.Helper()
	mine, _, err := a.Cases.List(context.Background(), person(t, a, user), casework.Query{Scope: casework.Mine, State: casework.Open})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range mine {
		for _, e := range stands(t, a, c.ID) {
			if e.To == to {
				return c.ID, e
			}
		}
	}
	t.Fatal("the demo shares nothing")
	return "", line
}

func stands(t *testing.T, a *app.App, caseID string) (out []share.Entry) {
	t.Helper()
	err := a.DB.Read(context.Background(), func(tx *db.Tx) (err error) { out, _, err = a.Shares.Standing(tx, caseID); return err })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What was taken back after a backup stays taken back when the backup is
// restored, in the keys and in the ledger; what was not stays shared.
//
// req: SHARE-2, RESTORE-1
func TestARestoredBackupKeepsATakenBackSharingTakenBack(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	cfg := app.Config{Demo: true, Country: "GR", Data: filepath.Join(dir, "data")}
	a := opened(t, cfg)
	reader := person(t, a, "ekka-case")
	caseID, line := sharing(t, a, "mira", reader.AgencyID)
	who, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "copy.age")
	if _, err := app.Backup(ctx, cfg, file, []age.Recipient{who.Recipient()}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Cases.Look(ctx, reader, caseID); err != nil {
		t.Fatalf("it was not shared at all: %v", err)
	}
	if err := a.Shares.Withdraw(ctx, person(t, a, "mira"), caseID, line.ID); err != nil {
		t.Fatal(err)
	}
	if err := a.Jobs.RunDue(ctx); err != nil { // the ledger outside the backup is written by a job
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		ledger string
		access bool
	}{"with": {filepath.Join(cfg.Data, "ended.ledger"), false}, "without": {filepath.Join(dir, "none"), true}} {
		again := app.Config{Demo: true, Country: "GR", Data: filepath.Join(dir, name)}
		if _, err := app.Restore(ctx, again, file, []age.Identity{who}, want.ledger, nil); err != nil {
			t.Fatal(err)
		}
		b := opened(t, again)
		_, err := b.Cases.Look(ctx, person(t, b, "ekka-case"), caseID)
		if got := fault.KindOf(err) != fault.NotFound; got != want.access {
			t.Errorf("%s the ledger, the other agency looks: %v", name, err)
		}
		standing := false
		for _, e := range stands(t, b, caseID) {
			standing = standing || e.ID == line.ID
		}
		if standing != want.access {
			t.Errorf("%s the ledger, the line stands: %v", name, standing)
		}
		b.Close()
	}
}

// An authority is one by the word of who admitted it, where the directory holds no
// authorities at all; one of which nobody was asked is one unless it helps people.
//
// req: SHARE-8
func TestAnAgencyIsAnAuthorityByTheWordOfWhoAdmittedItAndUntilItIsAnswered(t *testing.T) {
	ctx := context.Background()
	a := opened(t, app.Config{Demo: true, Country: "GR"})
	mira, admin, police := person(t, a, "mira"), person(t, a, "admin"), person(t, a, "police").AgencyID
	is := func(agencyID string) bool {
		t.Helper()
		all, err := a.Shares.Agencies(ctx, mira)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range all {
			if g.ID == agencyID {
				return g.Authority
			}
		}
		t.Fatalf("%s receives nothing", agencyID)
		return false
	}
	caseID, _ := sharing(t, a, "mira", person(t, a, "ekka-case").AgencyID)
	given := func() error {
		_, err := a.Shares.Give(ctx, mira, caseID, share.Order{To: police, Parts: []casework.Part{casework.Needs}, Past: true, Purpose: "legal-aid", Days: 30, Said: share.Said{How: "spoken", Language: "ro", Interpreter: "independent"}})
		return err
	}
	if err := given(); !is(police) || fault.KindOf(err) != fault.Invalid {
		t.Errorf("the person said no to the police, and they are given something: %v", err)
	}
	err := a.DB.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(nobodyWasAsked); return err })
	if err != nil {
		t.Fatal(err)
	}
	if err := given(); fault.KindOf(err) != fault.Invalid {
		t.Errorf("nobody was asked: %v", err)
	}
	for who, want := range map[string]bool{"police": true, "midwife": true, "mainz-case": false} {
		if got := is(person(t, a, who).AgencyID); got != want {
			t.Errorf("nobody was asked about the agency of %s, an authority: %v", who, got)
		}
	}
	hospital := person(t, a, "midwife").AgencyID
	if err := a.Agencies.SetAuthority(ctx, mira, hospital, "no"); err == nil {
		t.Error("a caseworker answers for another agency")
	}
	if err := a.Agencies.SetAuthority(ctx, admin, hospital, ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("the answer is taken back: %v", err)
	}
	if err := a.Agencies.SetAuthority(ctx, admin, hospital, "no"); err != nil || is(hospital) {
		t.Errorf("the answer does not count: %v", err)
	}
}

var nobodyWasAsked = db.Statement(`UPDATE agency SET authority = ''`)

// The page of a case says what the other agency may keep by law, with its source and
// whether that is confirmed, and says to ask it for the rest.
func TestWhatAnotherAgencyMayKeepIsSaidWithItsSource(t *testing.T) {
	a := opened(t, app.Config{Demo: true, Country: "GR"})
	caseID, _ := sharing(t, a, "mira", person(t, a, "ekka-case").AgencyID)
	b := enters(t, a, "mira")
	for path, words := range map[string][]string{
		"/en/cases/" + caseID + "/share": {"Ask there what that is.", "twenty elsewhere", "Law 3418/2005 art. 14; unverified", "Regulation (EU) 2021/1060 art. 82"},
		"/el/cases/" + caseID + "/keep":  {"Τι λέει ο νόμος", "είκοσι αλλού"},
		"/de/country/be":                 {"höchstens 50 Jahre", "Es wurde kein Gesetz gefunden"},
	} {
		for _, word := range words {
			if !b.shows(path, word) {
				t.Errorf("%s does not say %q", path, word)
			}
		}
	}
}
