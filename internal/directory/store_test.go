package directory

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"amelie/content"
	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
)

func shippedContent(t testing.TB) ([]File, Vocabulary) {
	t.Helper()
	files, vocab, err := LoadContent(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return files, vocab
}

// small is a release of one organisation with one service in one place.
func small(name string) []File {
	return []File{{
		Country: "GR", Source: Source{ID: "test", Title: "Test", Date: "2023"},
		Organizations: []Organization{{
			ID: "gr-example", Name: "Example", Kind: "ngo", Group: Support,
			Services: []Service{{
				ID: "gr-example-help", Name: name, Phones: []Phone{{Short: "199"}},
				Places: []Place{{ID: "gr-example-home", Town: "Corfu", Street: "Hidden street 1", PostalCode: "49100", Address: Hidden}},
			}},
		}},
	}}
}

func mustImport(t *testing.T, d *db.DB, files []File, vocab Vocabulary, at time.Time) Imported {
	t.Helper()
	done, err := Import(context.Background(), d, files, vocab, at)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func mustLoad(t *testing.T, d *db.DB) *stored {
	t.Helper()
	all, err := load(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWhatIsShippedIsWhatIsStored(t *testing.T) {
	files, vocab := shippedContent(t)
	dbtest.Each(t, []db.Schema{audit.Schema, Schema}, func(t *testing.T, d *db.DB) {
		done := mustImport(t, d, files, vocab, tuesday)
		if done.Added == 0 || done.Version != 1 || done.Updated+done.Removed+done.Proposed != 0 {
			t.Errorf("first import did %+v", done)
		}
		all := mustLoad(t, d)
		got := map[string]Organization{}
		for _, o := range all.organizations {
			got[o.ID] = o
		}
		for _, f := range files {
			for _, want := range f.Organizations {
				if diff := cmp.Diff(want, got[want.ID], cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("%s came back changed:\n%s", want.ID, diff)
				}
				delete(got, want.ID)
			}
		}
		if len(got) != 0 || len(all.vocabulary.Concepts) != len(vocab.Concepts) {
			t.Errorf("%d organisations too many, %d of %d concepts", len(got), len(all.vocabulary.Concepts), len(vocab.Concepts))
		}
	})
}

func TestTheSameReleaseIsImportedOnce(t *testing.T) {
	dbtest.Each(t, []db.Schema{audit.Schema, Schema}, func(t *testing.T, d *db.DB) {
		mustImport(t, d, small("Help"), Vocabulary{}, tuesday)
		done := mustImport(t, d, small("Help"), Vocabulary{}, tuesday.Add(time.Hour))
		if done != (Imported{Version: 1}) {
			t.Errorf("the second import did %+v", done)
		}
	})
}

func TestANewReleaseForwardsWhatNobodyEditedAndProposesTheRest(t *testing.T) {
	dbtest.Each(t, []db.Schema{audit.Schema, Schema}, func(t *testing.T, d *db.DB) {
		mustImport(t, d, small("Help"), Vocabulary{}, tuesday)
		if done := mustImport(t, d, small("Better help"), Vocabulary{}, tuesday); done.Updated != 1 || done.Version != 2 {
			t.Fatalf("an unedited service: %+v", done)
		}
		if got := mustLoad(t, d).organizations[0].Services[0].Name; got != "Better help" {
			t.Fatalf("the service is called %q", got)
		}
		edit(t, d)
		if done := mustImport(t, d, small("Best help"), Vocabulary{}, tuesday); done.Proposed != 1 || done.Updated != 0 {
			t.Errorf("an edited service: %+v", done)
		}
		if got := mustLoad(t, d).organizations[0].Services[0].Name; got != "Better help" {
			t.Errorf("the edit was overwritten: %q", got)
		}
	})
}

var editStmt = db.Statement(`UPDATE directory_service SET edited = 1 WHERE id = $1`)

func edit(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(editStmt, "gr-example-help")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatAReleaseNoLongerShipsGoesUnlessItWasEdited(t *testing.T) {
	empty := []File{{Country: "GR"}}
	dbtest.Each(t, []db.Schema{audit.Schema, Schema}, func(t *testing.T, d *db.DB) {
		mustImport(t, d, small("Help"), Vocabulary{}, tuesday)
		edit(t, d)
		done := mustImport(t, d, empty, Vocabulary{}, tuesday)
		if done.Proposed != 1 || len(mustLoad(t, d).organizations) != 1 {
			t.Errorf("an edited service was taken away: %+v", done)
		}
	})
	dbtest.Each(t, []db.Schema{audit.Schema, Schema}, func(t *testing.T, d *db.DB) {
		mustImport(t, d, small("Help"), Vocabulary{}, tuesday)
		done := mustImport(t, d, empty, Vocabulary{}, tuesday)
		if done.Removed != 3 || len(mustLoad(t, d).organizations) != 0 {
			t.Errorf("an unedited organisation stayed: %+v", done)
		}
	})
}

func TestAnAnswerFollowsTheVersionRow(t *testing.T) {
	dbtest.Each(t, []db.Schema{audit.Schema, Schema}, func(t *testing.T, d *db.DB) {
		now := tuesday
		dir, err := Open(context.Background(), Config{DB: d, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		has := func() bool {
			s, err := dir.snapshot(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			_, ok := s.views[ForEveryone].byService["gr-example-help"]
			return ok
		}
		if has() {
			t.Fatal("an empty directory has a service")
		}
		mustImport(t, d, small("Help"), Vocabulary{}, now) // as another instance does
		now = now.Add(999 * time.Millisecond)
		if has() {
			t.Error("the version row was looked at twice within a second")
		}
		now = now.Add(time.Millisecond)
		if !has() {
			t.Error("a change of another instance was not seen after a second")
		}
	})
}

func TestAChangeMadeHereIsSeenAtOnce(t *testing.T) {
	d := dbtest.Open(t, Schema)
	dir, err := Open(context.Background(), Config{DB: d, Now: func() time.Time { return tuesday }})
	if err != nil {
		t.Fatal(err)
	}
	mustImport(t, d, small("Help"), Vocabulary{}, tuesday)
	dir.Refresh()
	if v, err := dir.Version(context.Background()); err != nil || v != 1 {
		t.Errorf("version %d, %v", v, err)
	}
}
