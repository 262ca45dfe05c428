package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"amelie/internal/app"
	"amelie/internal/casework"
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
