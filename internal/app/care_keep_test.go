package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"amelie/internal/app"
	"amelie/internal/casework"
	"amelie/internal/casework/interpret"
	"amelie/internal/casework/share"
	"amelie/internal/fault"
)

// aFile is a database as somebody with the disk reads it.
func aFile(t *testing.T, data string) *sql.DB {
	t.Helper()
	d, err := sql.Open("sqlite", filepath.Join(data, "amelie.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// texts are the answers of a query with one column.
func texts(t *testing.T, d *sql.DB, query string, args ...any) (out []string) {
	t.Helper()
	rows, err := d.Query(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// rowsOf are the tables that still have rows of a case.
func rowsOf(t *testing.T, d *sql.DB, caseID string) (out []string) {
	t.Helper()
	for _, table := range texts(t, d, `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'case_id'`) {
		if n := texts(t, d, `SELECT COUNT(*) FROM "`+table+`" WHERE case_id = ?`, caseID); n[0] != "0" {
			out = append(out, table)
		}
	}
	return out
}

// An erased case is gone from every table, its keys and what they closed from the
// file, its log and a new backup; an older backup brings it back for nobody.
//
// req: KEEP-1, KEEP-2
func TestAnErasedCaseIsNowhereAndDoesNotComeBackWithABackup(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	cfg := app.Config{Demo: true, Country: "GR", Data: filepath.Join(dir, "data")}
	a := opened(t, cfg)
	mira, lead := person(t, a, "mira"), person(t, a, "shelter-lead")
	found, err := a.Cases.Find(ctx, mira, "lin", 5)
	if err != nil || len(found) != 1 {
		t.Fatalf("%v %v", found, err)
	}
	c := found[0].ID
	who, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "old.age")
	if _, err := app.Backup(ctx, cfg, old, []age.Recipient{who.Recipient()}, nil); err != nil {
		t.Fatal(err)
	}
	disk := aFile(t, cfg.Data)
	var sealed []string
	for _, table := range []string{"casework_key", "casework_epoch", "casework_wrap", "casework_entry", "casework_version"} {
		sealed = append(sealed, texts(t, disk, `SELECT env FROM `+table+` WHERE case_id = ? AND LENGTH(env) > 40`, c)...)
	}
	if tables := rowsOf(t, disk, c); len(sealed) < 10 || len(tables) < 7 {
		t.Fatalf("before: %d envelopes, rows in %v", len(sealed), tables)
	}
	if err := a.Cases.Act(ctx, mira, c, casework.Close, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Keeping.Erase(ctx, lead, c, "person", true); err != nil {
		t.Fatal(err)
	}
	for range 3 { // the ledger is written by a job
		if err := a.Jobs.RunDue(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.DB.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	if tables := rowsOf(t, disk, c); len(tables) > 0 {
		t.Errorf("rows are left in %v", tables)
	}
	if found, err := a.Cases.Find(ctx, mira, "lin", 5); err != nil || len(found) > 0 {
		t.Errorf("a search finds %v, %v", found, err)
	}
	for _, name := range []string{"amelie.db", "amelie.db-wal"} {
		text, err := os.ReadFile(filepath.Join(cfg.Data, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, env := range sealed {
			if bytes.Contains(text, []byte(env)) {
				t.Fatalf("an envelope of %d bytes is left in %s", len(env), name)
			}
		}
	}
	fresh := filepath.Join(dir, "new.age")
	if _, err := app.Backup(ctx, cfg, fresh, []age.Recipient{who.Recipient()}, nil); err != nil {
		t.Fatal(err)
	}
	for from, ledger := range map[string]string{old: filepath.Join(cfg.Data, "ended.ledger"), fresh: filepath.Join(dir, "none")} {
		again := app.Config{Demo: true, Country: "GR", Data: filepath.Join(dir, "again-"+filepath.Base(from))}
		if _, err := app.Restore(ctx, again, from, []age.Identity{who}, ledger, nil); err != nil {
			t.Fatal(err)
		}
		b := opened(t, again)
		if _, err := b.Cases.Look(ctx, person(t, b, "shelter-lead"), c); err == nil || fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: the case is there: %v", from, err)
		}
		if found, err := b.Cases.Find(ctx, person(t, b, "mira"), "lin", 5); err != nil || len(found) > 0 {
			t.Errorf("%s: a search finds %v, %v", from, found, err)
		}
		if tables := rowsOf(t, aFile(t, again.Data), c); len(tables) > 0 {
			t.Errorf("%s: rows are left in %v", from, tables)
		}
	}
}

// req: KEEP-4
func TestTheCommandLineHandsOutACopyByTheSameRulesAsThePage(t *testing.T) {
	ctx := context.Background()
	cfg := app.Config{Demo: true, Country: "GR", Data: filepath.Join(t.TempDir(), "data")}
	a := opened(t, cfg)
	found, err := a.Cases.Find(ctx, person(t, a, "mira"), "rosa", 5)
	if err != nil || len(found) != 1 {
		t.Fatalf("%v %v", found, err)
	}
	for _, x := range []struct {
		login, why string
		ok         bool
	}{{"mira", "to-person", true}, {"shelter-lead", "at-wish", true}, {"mira", "just-so", false}, {"insider", "to-person", false}, {"ekka-case", "to-person", false}, {"nobody", "to-person", false}} {
		var file bytes.Buffer
		err := app.ExportCase(ctx, app.Config{Data: cfg.Data}, app.CaseExport{Login: x.login, Case: found[0].ID, Why: x.why}, &file)
		if (err == nil) != x.ok || bytes.HasPrefix(file.Bytes(), []byte("PK")) != x.ok {
			t.Errorf("%s, %s: %d bytes, %v", x.login, x.why, file.Len(), err)
		}
	}
	real := filepath.Join(t.TempDir(), "real")
	opened(t, app.Config{Data: real})
	if err := app.ExportCase(ctx, app.Config{Data: real}, app.CaseExport{Login: "mira", Password: "wrong", Case: found[0].ID, Why: "to-person"}, &bytes.Buffer{}); err == nil {
		t.Error("a real installation opened without a password")
	}
}

// lost is an installation with a backup, after which something was done.
type lost struct {
	t    *testing.T
	cfg  app.Config
	file string
	who  *age.X25519Identity
}

// afterBackup takes a backup of a demo and then does something; the ledger is written.
func afterBackup(t *testing.T, a *app.App, cfg app.Config, do func()) lost {
	t.Helper()
	ctx := context.Background()
	who, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	l := lost{t, cfg, filepath.Join(t.TempDir(), "copy.age"), who}
	if _, err := app.Backup(ctx, cfg, l.file, []age.Recipient{who.Recipient()}, nil); err != nil {
		t.Fatal(err)
	}
	do()
	for range 3 {
		if err := a.Jobs.RunDue(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// restored brings the backup back with the ledger.
func (l lost) restored(into app.Config) error {
	_, err := app.Restore(context.Background(), into, l.file, []age.Identity{l.who}, filepath.Join(l.cfg.Data, "ended.ledger"), nil)
	return err
}

// erases closes a case and erases it.
func erases(t *testing.T, a *app.App, name string) (caseID string) {
	t.Helper()
	ctx, mira := context.Background(), person(t, a, "mira")
	found, err := a.Cases.Find(ctx, mira, name, 5)
	if err != nil || len(found) != 1 {
		t.Fatalf("%v %v", found, err)
	}
	caseID = found[0].ID
	if err := a.Cases.Act(ctx, mira, caseID, casework.Close, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Keeping.Erase(ctx, person(t, a, "shelter-lead"), caseID, "person", true); err != nil {
		t.Fatal(err)
	}
	return caseID
}

// A restore that breaks off after the rows came back is not served, and one that
// ends needs nothing of the running program for the rooms to forget. A line of the
// ledger that was torn swallows no other.
//
// req: RESTORE-2, RESTORE-3, KEEP-2
func TestARestoreThatBreaksOffIsNotServedAndWhatWasErasedIsForgottenInItsOneStep(t *testing.T) {
	dir := t.TempDir()
	cfg := app.Config{Demo: true, Country: "GR", Data: filepath.Join(dir, "data")}
	a := opened(t, cfg)
	var caseID string
	l := afterBackup(t, a, cfg, func() {
		if err := os.WriteFile(filepath.Join(cfg.Data, "ended.ledger"), []byte(`{"at":"2026-11-22T10:0`), 0o600); err != nil {
			t.Fatal(err)
		}
		caseID = erases(t, a, "lin")
	})
	broken := app.Config{Demo: true, Country: "GR", Addr: "127.0.0.1:0", Data: filepath.Join(dir, "broken")}
	stone := filepath.Join(broken.Data, "node.key") // no key can be written where a folder is
	if err := errors.Join(os.MkdirAll(stone, 0o700), os.WriteFile(filepath.Join(broken.Data, "DEMO"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := l.restored(broken); err == nil {
		t.Fatal("it did not break off")
	}
	if tables := rowsOf(t, aFile(t, broken.Data), caseID); len(tables) == 0 {
		t.Fatal("it broke off before the rows came back")
	}
	if err := os.Remove(stone); err != nil {
		t.Fatal(err)
	}
	if b, err := app.Open(context.Background(), broken, quiet); err == nil {
		b.Close()
		t.Error("what broke off is served")
	}
	// Not as a demo: the program itself would not open this database.
	whole := app.Config{Country: "GR", Data: filepath.Join(dir, "whole")}
	if err := l.restored(whole); err != nil {
		t.Error(err)
	}
	// Words leave the segments of the search with the next unlocked one.
	if tables := rowsOf(t, aFile(t, whole.Data), caseID); len(tables) != 1 || tables[0] != "casework_index_erased" {
		t.Errorf("rows are left in %v", tables)
	}
}

// A booking that was cancelled, and the longer time of a sharing whose place a
// shorter one took, do not come back with a backup.
//
// req: RESTORE-1, SHARE-2
func TestARestoredBackupRevivesNeitherACancelledBookingNorALongerTime(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	cfg := app.Config{Demo: true, Country: "GR", Data: filepath.Join(dir, "data")}
	a := opened(t, cfg)
	mira, reader := person(t, a, "mira"), person(t, a, "ekka-case")
	shared, line := sharing(t, a, "mira", reader.AgencyID)
	disk := aFile(t, cfg.Data)
	booked := texts(t, disk, `SELECT id || ' ' || case_id FROM interpret_booking WHERE state IN ('asked', 'accepted') AND ends > ?`, a.Config.Now().UnixMilli())
	if len(booked) == 0 || line.Until.Before(a.Config.Now().AddDate(0, 0, 20)) {
		t.Fatalf("the demo has bookings %v and shares until %v", booked, line.Until)
	}
	booking, of, _ := strings.Cut(booked[0], " ")
	l := afterBackup(t, a, cfg, func() {
		if err := a.Interpret.Steer(ctx, mira, of, booking, interpret.Cancel); err != nil {
			t.Fatal(err)
		}
		said := share.Said{How: "spoken", Language: "en", Interpreter: "none"}
		if _, err := a.Shares.Give(ctx, mira, shared, share.Order{To: reader.AgencyID, Parts: line.Parts, Past: true, Purpose: line.Purpose, Words: "as before", Days: 14, Said: said}); err != nil {
			t.Fatal(err)
		}
	})
	again := app.Config{Demo: true, Country: "GR", Data: filepath.Join(dir, "again")}
	if err := l.restored(again); err != nil {
		t.Fatal(err)
	}
	back := aFile(t, again.Data)
	if got := texts(t, back, `SELECT state FROM interpret_booking WHERE id = ?`, booking); len(got) != 1 || got[0] != "cancelled" {
		t.Errorf("the booking is %v", got)
	}
	most := a.Config.Now().AddDate(0, 0, 15).UnixMilli()
	for what, query := range map[string]string{"lines": `SELECT id FROM share_entry WHERE case_id = ? AND to_agency = ? AND state = 'given' AND until > ?`, "keys": `SELECT part FROM casework_grant WHERE case_id = ? AND agency_id = ? AND until > ?`} {
		if got := texts(t, back, query, shared, reader.AgencyID, most); len(got) > 0 {
			t.Errorf("%s hold longer than the person said: %v", what, got)
		}
	}
	if got := texts(t, back, `SELECT part FROM casework_grant WHERE case_id = ? AND agency_id = ?`, shared, reader.AgencyID); len(got) == 0 {
		t.Error("what was still shared is gone")
	}
}
