package consent

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/jobs"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func whole() Entry {
	return Entry{ID: "c1", Object: "referral/r1", ByAgency: "hospital", ByUser: "midwife", ToAgency: "support", Parts: []string{"needs", "contact"},
		Purpose: "referral", Until: noon.AddDate(0, 0, 30), How: Spoken, Language: "ro", TextVersion: "3", Interpreter: "independent", At: noon}
}

// req: CONSENT-8
func TestAnEntryWithAnythingMissingIsNoConsent(t *testing.T) {
	if err := whole().Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Entry){
		"no object": func(e *Entry) { e.Object = "" }, "nobody took it": func(e *Entry) { e.ByUser = "" },
		"no receiver": func(e *Entry) { e.ToAgency = "" }, "to itself": func(e *Entry) { e.ToAgency = e.ByAgency },
		"no part": func(e *Entry) { e.Parts = nil }, "no purpose": func(e *Entry) { e.Purpose = "" },
		"no language": func(e *Entry) { e.Language = "" }, "no text": func(e *Entry) { e.TextVersion = "" },
		"no word on the interpreter": func(e *Entry) { e.Interpreter = "" }, "assumed": func(e *Entry) { e.How = "assumed" },
		"without end": func(e *Entry) { e.Until = time.Time{} }, "ended before": func(e *Entry) { e.Until = e.At },
		"for years": func(e *Entry) { e.Until = e.At.AddDate(2, 0, 0) },
	} {
		e := whole()
		spoil(&e)
		if fault.KindOf(e.Check()) != fault.Invalid {
			t.Errorf("%s: taken for a consent", name)
		}
	}
}

// req: CONSENT-8
func TestAConsentCoversNothingButWhatItNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := whole()
		if rapid.Bool().Draw(t, "withdrawn") {
			e.WithdrawnAt = noon.Add(time.Duration(rapid.Int64Range(0, 40*24).Draw(t, "withdrawn after")) * time.Hour)
		}
		at := noon.Add(time.Duration(rapid.Int64Range(-48, 50*24).Draw(t, "asked after")) * time.Hour)
		agency := rapid.SampledFrom([]string{"support", "hospital", "police"}).Draw(t, "agency")
		purpose := rapid.SampledFrom([]string{"referral", "statistics"}).Draw(t, "purpose")
		part := rapid.SampledFrom([]string{"needs", "contact", "notes"}).Draw(t, "part")
		want := agency == "support" && purpose == "referral" && slices.Contains(e.Parts, part) &&
			!at.Before(noon) && at.Before(e.Until) && (e.WithdrawnAt.IsZero() || at.Before(e.WithdrawnAt))
		if got := e.Covers(agency, purpose, part, at); got != want {
			t.Fatalf("covers %v, want %v", got, want)
		}
	})
}

func TestTheLedgerKeepsEntriesUntilAYearAfterTheirEnd(t *testing.T) {
	dbtest.Each(t, []db.Schema{Schema, jobs.Schema}, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		write := func(fn func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Write(ctx, fn); err != nil {
				t.Fatal(err)
			}
		}
		write(func(tx *db.Tx) error { return Record(tx, whole()) })
		write(func(tx *db.Tx) error {
			e, err := ByID(tx, "c1")
			if err != nil {
				return err
			}
			if !slices.Equal(e.Parts, whole().Parts) || !e.Until.Equal(whole().Until) || e.Language != "ro" || !e.WithdrawnAt.IsZero() {
				t.Errorf("read back %+v", e)
			}
			return nil
		})
		// req: CONSENT-4
		write(func(tx *db.Tx) error { return Withdraw(tx, "c1", "midwife", noon.Add(time.Hour)) })
		write(func(tx *db.Tx) error { return Withdraw(tx, "c1", "another", noon.Add(2*time.Hour)) })
		write(func(tx *db.Tx) error {
			all, err := Of(tx, "referral/r1")
			if err != nil || len(all) != 1 {
				t.Fatalf("%v %v", all, err)
			}
			if !all[0].WithdrawnAt.Equal(noon.Add(time.Hour)) || all[0].WithdrawnBy != "midwife" {
				t.Errorf("the first withdrawal does not count: %+v", all[0])
			}
			if n, err := Forget(tx, noon.Add(Keep), 100); n != 0 || err != nil {
				t.Errorf("forgot %d too early, %v", n, err)
			}
			if n, err := Forget(tx, noon.Add(Keep+2*time.Hour), 100); n != 1 || err != nil {
				t.Errorf("forgot %d, %v", n, err)
			}
			_, err = ByID(tx, "c1")
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("still there: %v", err)
			}
			return nil
		})
	})
}

func TestAnIncompleteConsentIsNotRecorded(t *testing.T) {
	dbtest.Each(t, []db.Schema{Schema, jobs.Schema}, func(t *testing.T, d *db.DB) {
		e := whole()
		e.How = ""
		err := d.Write(context.Background(), func(tx *db.Tx) error { return Record(tx, e) })
		if !errors.Is(err, fault.New(fault.Invalid, "consent.error.incomplete")) {
			t.Errorf("%v", err)
		}
	})
}
