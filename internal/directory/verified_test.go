package directory

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/i18n"
)

var caller = By{User: "u-lotte", Name: "Lotte Brand", Agency: "a-office", Way: ByEditor}

// words is the entry of a service as its page would say it now.
func (k *kept) words(lang, service string) (fresh label, trust []row) {
	k.t.Helper()
	texts, err := i18n.Load(os.DirFS("../../locale"), i18n.Languages)
	if err != nil {
		k.t.Fatal(err)
	}
	k.d.Refresh()
	snap, err := k.d.snapshot(k.t.Context())
	if err != nil {
		k.t.Fatal(err)
	}
	r := snap.views[ForEveryone].byService[service]
	v := voice{texts: texts, lang: lang, now: k.now, snap: snap}
	e := Entry{Organization: r.organization, Service: r.service}
	return v.fresh(e), v.trust(e)
}

func (k *kept) verify(how How, parts ...Part) {
	k.t.Helper()
	k.must(func(tx *db.Tx) error {
		return k.d.Verify(tx, caller, k.now, KindService, someService, how, parts...)
	})
}

// change changes a service and saves it.
func (k *kept) change(sure Sure, edit func(s *Service)) {
	k.t.Helper()
	r := k.row(KindService, someService)
	s := *r.Service
	edit(&s)
	r.Service = &s
	k.must(func(tx *db.Tx) error { return k.d.Change(tx, editor, k.now, Change{Row: r, Sure: sure}) })
}

// req: ROUND-3
func TestAnEntrySaysWhatWasCheckedAndNeverByWhom(t *testing.T) {
	eachKept(t, func(k *kept) {
		if fresh, trust := k.words("en", someService); fresh.Text != "Unverified for 2 years" || trust != nil {
			t.Errorf("before anybody asked: %v %v", fresh, trust)
		}
		k.verify(ByTelephone, PartPhones)
		if fresh, _ := k.words("en", someService); fresh.Text != "Number checked today" {
			t.Errorf("one part alone: %v", fresh)
		}
		k.verify(ByTheLink, PartHours, PartLanguages)
		fresh, trust := k.words("de", someService)
		if fresh.Text != "Heute geprüft" {
			t.Errorf("number and hours: %v", fresh)
		}
		all, _ := json.Marshal(trust)
		for _, want := range []string{"telefonisch geprüft von der Redaktion", "von der Stelle selbst bestätigt", "24. November 2026", "Nicht geprüft seit der Quelle (2023)"} {
			if !strings.Contains(string(all), want) {
				t.Errorf("the entry does not say %q: %s", want, all)
			}
		}
		snap, _ := k.d.snapshot(t.Context())
		book, _ := json.Marshal(snap.book().services)
		for _, out := range []string{string(all), string(book)} {
			if strings.Contains(out, "Lotte") || strings.Contains(out, "u-lotte") {
				t.Error("a name of staff left")
			}
		}
		if want := `"assured_date":"2026-11-24"`; !strings.Contains(string(book), want) || !strings.Contains(string(book), `"value":"2026-11-24 telephone"`) {
			t.Error("the interface does not tell that the service was verified")
		}
	})
}

// req: ROUND-1
func TestAChangeTakesTheVerificationOfWhatItTouchesAndOfNothingElse(t *testing.T) {
	eachKept(t, func(k *kept) {
		parts := func() (out []Part) {
			k.must(func(tx *db.Tx) error {
				list, err := k.d.Checks(tx, "gr-a21")
				out = nil
				for _, c := range list {
					out = append(out, c.Part)
				}
				slices.Sort(out)
				return err
			})
			return out
		}
		k.verify(ByTelephone, PartPhones, PartHours, PartLanguages)
		k.change(Sure{}, func(s *Service) { s.Summary = Text{"en": "Other words."} })
		if got := parts(); len(got) != 3 {
			t.Errorf("other words took a verification away: %v", got)
		}
		k.change(Sure{}, func(s *Service) { s.Hours.Always, s.Hours.Open = false, []Opening{{"Mo-Fr", "09:00", "14:00"}} })
		if got := parts(); !slices.Equal(got, []Part{PartLanguages, PartPhones}) {
			t.Errorf("after other hours: %v", got)
		}
		if fresh, _ := k.words("en", someService); fresh.Text != "Number checked today" {
			t.Errorf("%v", fresh)
		}
		k.change(Sure{How: ByTelephone, Parts: []Part{PartHours}}, func(s *Service) { s.Hours.Open[0].To = "15:00" })
		if got := parts(); !slices.Contains(got, PartHours) {
			t.Errorf("hours that were asked for in the same act: %v", got)
		}
		// A newer release that brings another number asks for a new call.
		files, vocab := shippedContent(t)
		other := "it-differenza-donna"
		k.refused(fault.NotFound, func(tx *db.Tx) error {
			return k.d.Verify(tx, caller, k.now, KindService, other, ByTelephone, PartPhones)
		})
		for i := range files {
			for j := range files[i].Organizations {
				for l := range files[i].Organizations[j].Services {
					if s := &files[i].Organizations[j].Services[l]; s.ID == "be-payoke-support" {
						k.must(func(tx *db.Tx) error {
							return k.d.Verify(tx, caller, k.now, KindService, s.ID, ByTelephone, PartPhones, PartInforms)
						})
						s.Phones = []Phone{{Number: "+3232011691", Printed: "03 201 16 91"}}
					}
				}
			}
		}
		mustImport(t, k.db, files, vocab, k.now)
		k.must(func(tx *db.Tx) error {
			list, err := k.d.Checks(tx, "be-payoke")
			if len(list) != 1 || list[0].Part != PartInforms {
				t.Errorf("after the release: %v", list)
			}
			return err
		})
	})
}

func TestWhatAnEditorCalledAboutIsVerifiedByThatCall(t *testing.T) {
	eachKept(t, func(k *kept) {
		seen := k.row(KindService, someService)
		s := *seen.Service
		s.Phones = append(slices.Clone(s.Phones), Phone{Number: "+302109999999", Printed: "210 999 9999"})
		r := seen
		r.Service = &s
		k.must(func(tx *db.Tx) error {
			id, err := k.d.Suggest(tx, By{Way: ByLink}, k.now, Change{Row: r})
			if err != nil {
				return err
			}
			known, err := k.d.Known(tx, seen.Parent)
			if err != nil {
				return err
			}
			return k.d.Settle(tx, caller, k.now, id, Settling{Accept: true, Called: known[0]})
		})
		k.must(func(tx *db.Tx) error {
			list, err := k.d.Checks(tx, seen.Parent)
			if len(list) != 1 || list[0].Part != PartPhones || list[0].How != ByTelephone || list[0].By.Name != "Lotte Brand" {
				t.Errorf("%+v", list)
			}
			return err
		})
	})
}

// req: ROUND-2
func TestOlderVerificationStandsLaterAmongEqualsAndHidesNothing(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	day := func(ago int) string {
		if ago < 0 {
			return ""
		}
		return at.AddDate(0, 0, -ago).Format(time.DateOnly)
	}
	rapid.Check(t, func(t *rapid.T) {
		newer := rapid.IntRange(0, 9000).Draw(t, "newer")
		older := newer + rapid.IntRange(0, 9000).Draw(t, "more")
		a, b := freshness(day(newer), at), freshness(day(older), at)
		if a < b || a > priorVerified || b < 1 {
			t.Fatalf("%d days: %d points, %d days: %d points", newer, a, older, b)
		}
		// Nothing else that the order knows weighs less than all of verification.
		for _, other := range []int{priorSupport - priorCoordination, priorHelpline, priorSpecialised, priorRegional, priorReferral, priorReachable, pointsReader} {
			if priorVerified >= other {
				t.Fatalf("verification outweighs a part of %d points", other)
			}
		}
		entries := Generate(40, uint64(rapid.Int64Range(1, 1000).Draw(t, "seed")))
		for i := range entries {
			s := *entries[i].Service
			s.Verified = day(rapid.IntRange(-1, 4000).Draw(t, "age"))
			entries[i].Service = &s
		}
		x := NewIndexAt(entries, Vocabulary{}, at)
		if got := x.Search(Query{Lang: "en", Limit: 100, Groups: []Group{Support, Coordination, Authority}}); got.Total != len(entries) || len(got.Hits) != len(entries) {
			t.Fatalf("%d of %d entries are found", got.Total, len(entries))
		}
	})
	if freshness("", at) != 0 || freshness(day(0), at) != priorVerified {
		t.Error("none and today are the ends of the scale")
	}
}

func TestTheHelplineStandsFirstHoweverLongNobodyCheckedIt(t *testing.T) {
	at := tuesday
	line := Entry{Organization: &Organization{ID: "gr-x", Country: "GR", Group: Support}, Service: &Service{ID: "gr-x-1", Helpline: true, Phones: []Phone{{Short: "197"}}, Area: []string{"GR"}}}
	desk := Entry{Organization: &Organization{ID: "gr-y", Country: "GR", Group: Support}, Service: &Service{ID: "gr-y-1", Verified: at.Format(time.DateOnly), Phones: []Phone{{Short: "198"}}, Area: []string{"GR"}}}
	x := NewIndexAt([]Entry{desk, line}, Vocabulary{}, at)
	if hits := x.Search(Query{Lang: "en", Countries: []string{"GR"}, Limit: 5, Now: at}).Hits; len(hits) != 2 || hits[0].Entry.ID() != "gr-x-1" {
		t.Errorf("%v", hits)
	}
	if h, ok := x.Helpline("GR", "en", at); !ok || h.Entry.ID() != "gr-x-1" {
		t.Error("the helpline is not the first to call")
	}
}

func TestYearsWithoutVerificationAreWholeYears(t *testing.T) {
	texts, err := i18n.Load(os.DirFS("../../locale"), i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ date, now, want string }{
		{"2023", "2024-11-01", "not verified since 2023"},
		{"2023", "2024-12-31", "not verified since 2023"},
		{"2023", "2025-01-01", "unverified for 1 year"},
		{"2023", "2026-11-22", "unverified for 2 years"},
		{"2024-05", "2026-06-01", "unverified for 2 years"},
		{"2024-05-10", "2026-05-09", "unverified for 1 year"},
		{"some day", "2026-05-09", "not verified since some day"},
	} {
		now, _ := time.Parse(time.DateOnly, c.now)
		if got := (voice{texts: texts, lang: "en", now: now}).unverified(c.date); got != c.want {
			t.Errorf("%s on %s: %q, want %q", c.date, c.now, got, c.want)
		}
	}
}
