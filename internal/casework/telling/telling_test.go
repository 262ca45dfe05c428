package telling

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/fault"
	"amelie/internal/id"
)

// settled is all that has to be settled before.
func settled() ask.Answer {
	return ask.Answer{"purpose": {"asylum"}, "advice": {"refused"}, "advice-day": {"2026-11-20"}, "advice-by": {"the lawyer of the centre"}, "explained": {"yes"}, "text": {TextVersion}, "language": {"ro"}, "wants": {"yes"}}
}

type house struct {
	*casetest.House
	s      *Service
	caseID string
}

func each(t *testing.T, story func(t *testing.T, h *house)) {
	casetest.Each(t, nil, nil, func(t *testing.T, base *casetest.House) {
		h := &house{House: base, s: &Service{Cases: base.S, Now: base.Clock}}
		h.S.Add(h.s.Room())
		h.caseID = h.Begins("Rosa")
		story(t, h)
	})
}

func (h *house) looks(user string) *View {
	h.T.Helper()
	w, err := h.s.Look(h.Ctx, h.Users[user], h.caseID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil
	}
	h.Must(err)
	return w
}

func (h *house) does(user string, step Step) error {
	h.T.Helper()
	if w := h.looks(user); w != nil && step.Rev == 0 {
		step.Rev = w.Account.Rev
	}
	step.Once = id.New()
	err := h.s.Do(h.Ctx, h.Users[user], h.caseID, step)
	h.Now = h.Now.Add(time.Minute)
	return err
}

func told(words string) map[string][]string {
	return map[string][]string{"day": {"2026-11-22"}, "place": {"Day centre"}, "before": {words}, "skipped": {"work"}, "matters": {"To work again"}}
}

// confirmed takes, reads back and confirms an account.
func (h *house) confirmed(words string) {
	h.T.Helper()
	h.Writes("mira", h.caseID, Ground, settled())
	h.Must(h.does("mira", Step{Act: Begin, Posted: told(words)}))
	h.Must(h.does("mira", Step{Act: Read}))
	h.Must(h.does("mira", Step{Act: Confirm, How: "spoken"}))
}

// req: ACCOUNT-1
func TestNothingIsToldBeforePurposeAdviceExplanationAndTheWishAreSettled(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.Refused("with nothing settled", h.does("mira", Step{Act: Begin, Posted: told("x")}), fault.Conflict)
		almost := settled()
		delete(almost, "advice-by")
		entry := h.Writes("mira", h.caseID, Ground, almost)
		h.Refused("without who advised", h.does("mira", Step{Act: Begin, Posted: told("x")}), fault.Conflict)
		_, err := h.S.Save(h.Ctx, h.Users["mira"], h.caseID, casework.Typed{Kind: Ground, Entry: entry, Rev: 1, Posted: settled()})
		h.Must(err)
		h.Must(h.does("mira", Step{Act: Begin, Posted: told("x")}))
		later := settled()
		later["wants"] = []string{"later"}
		_, err = h.S.Save(h.Ctx, h.Users["mira"], h.caseID, casework.Typed{Kind: Ground, Entry: entry, Rev: 2, Posted: later})
		h.Must(err)
		h.Refused("when the person wants it later", h.does("mira", Step{Act: Write, Posted: told("more")}), fault.Conflict)
		h.Must(h.does("mira", Step{Act: Stop}))
		if w := h.looks("mira"); w.Standing != Stopped || w.Account.Fields.One("before") != "x" {
			t.Errorf("%s %v", w.Standing, w.Account.Fields)
		}
	})
}

// req: ACCOUNT-1
func TestWhoTakesTheWishBackWhileSomebodyTypesTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		entry := h.Writes("mira", h.caseID, Ground, settled())
		w := h.looks("mira")
		no := settled()
		no["wants"] = []string{"no"}
		_, err := h.S.Save(h.Ctx, h.Users["mira"], h.caseID, casework.Typed{Kind: Ground, Entry: entry, Rev: 1, Posted: no})
		h.Must(err)
		h.Refused("begun on what was read before", h.s.step(h.Ctx, h.Users["mira"], w, Step{Act: Begin, Posted: told("x"), Once: id.New()}), fault.Stale)
		if w := h.looks("mira"); w.Standing != None {
			t.Errorf("it was written: %s", w.Standing)
		}
	})
}

// req: ACCOUNT-2
func TestWhatThePersonConfirmedIsClosedAndAChangeIsANewVersionWithItsReason(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.Writes("mira", h.caseID, Ground, settled())
		h.Must(h.does("mira", Step{Act: Begin, Posted: told("first")}))
		h.Refused("confirmed before it was read back", h.does("mira", Step{Act: Confirm, How: "spoken"}), fault.Conflict)
		h.Must(h.does("mira", Step{Act: Read}))
		h.Must(h.does("mira", Step{Act: Write, Posted: told("corrected")}))
		h.Refused("confirmed after a correction that was not read back", h.does("mira", Step{Act: Confirm, How: "spoken"}), fault.Conflict)
		h.Must(h.does("mira", Step{Act: Read}))
		h.Refused("without how", h.does("mira", Step{Act: Confirm}), fault.Invalid)
		h.Must(h.does("mira", Step{Act: Confirm, How: "signed"}))
		h.Refused("written after", h.does("mira", Step{Act: Write, Posted: told("changed")}), fault.Conflict)
		h.Refused("a new version without a reason", h.does("mira", Step{Act: Reopen}), fault.Invalid)
		h.Must(h.does("mira", Step{Act: Reopen, Reason: "A name was wrong"}))
		h.Must(h.does("mira", Step{Act: Write, Posted: told("second")}))
		h.Refused("by somebody who saw an older one", h.does("mira", Step{Act: Read, Rev: 2}), fault.Stale)
		w := h.looks("mira")
		if w.Account.Fields.One("reason") != "A name was wrong" || len(w.Versions) != 1 || w.Versions[0].Fields.One("before") != "corrected" || w.Versions[0].Fields.One("confirmed-how") != "signed" {
			t.Errorf("%v\n%+v", w.Account.Fields, w.Versions)
		}
	})
}

// req: ACCOUNT-2
func TestAnotherAgencyReadsWhatWasConfirmedByConsentAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		grant := func(to string, past bool, parts ...casework.Part) {
			h.Must(h.S.Grant(h.Ctx, h.Users["mira"], h.caseID, casework.Share{To: to, Parts: parts, Until: h.Now.AddDate(0, 0, 30), Past: past}, nil))
		}
		for _, user := range casetest.Strangers {
			if h.looks(user) != nil {
				t.Errorf("%s finds the room", user)
			}
		}
		grant("second", true, casework.Account)
		grant("third", true, casework.Legal)
		h.Writes("mira", h.caseID, Ground, settled())
		h.Must(h.does("mira", Step{Act: Begin, Posted: told("unconfirmed")}))
		if w := h.looks("second"); w.Standing != None || len(w.Account.Fields) != 0 {
			t.Errorf("second reads what is not confirmed: %v", w.Account.Fields)
		}
		h.Refused("another agency writes", h.does("second", Step{Act: Write, Posted: told("theirs")}), fault.NotFound)
		h.Refused("an extract of what is not confirmed", h.s.Cut(h.Ctx, h.Users["mira"], h.caseID, "Third Door", []string{"matters"}, ""), fault.Conflict)
		h.Must(h.does("mira", Step{Act: Read}))
		h.Must(h.does("mira", Step{Act: Confirm, How: "spoken"}))
		if w := h.looks("second"); w.Standing != Confirmed || w.Account.Fields.One("before") != "unconfirmed" {
			t.Errorf("second reads %v", w.Account.Fields)
		}
		h.Must(h.does("mira", Step{Act: Reopen, Reason: "more"}))
		h.Must(h.does("mira", Step{Act: Write, Posted: told("not yet")}))
		if w := h.looks("second"); w.Account.Fields.One("before") != "unconfirmed" || len(w.Versions) != 0 {
			t.Errorf("second reads %v", w.Account.Fields)
		}
		if h.looks("third") != nil {
			t.Error("legal matters open the room")
		}
		h.Must(h.does("mira", Step{Act: Read}))
		h.Must(h.does("mira", Step{Act: Confirm, How: "spoken"}))
		h.Refused("an extract of nothing", h.s.Cut(h.Ctx, h.Users["mira"], h.caseID, "Third Door", []string{"work"}, ""), fault.Invalid)
		h.Must(h.s.Cut(h.Ctx, h.Users["mira"], h.caseID, "Third Door", []string{"matters"}, ""))
		w := h.looks("third")
		if w == nil || w.Reads || len(w.Extracts) != 1 || w.Extracts[0].Fields.One("matters") != "To work again" || w.Extracts[0].Fields.One("before") != "" || w.Standing != None {
			t.Fatalf("third reads %+v", w)
		}
		h.Must(h.S.Revoke(h.Ctx, h.Users["mira"], h.caseID, "second", []casework.Part{casework.Account}, nil))
		if h.looks("second") != nil {
			t.Error("after it was taken back")
		}
	})
}

// req: ACCOUNT-3
func TestTheRoomCountsHowOftenThePersonWasAsked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		if n := h.looks("mira").Times(); n != 0 {
			t.Errorf("%d times before anything", n)
		}
		h.confirmed("x")
		for _, where := range []string{"here", "elsewhere"} {
			entry := h.Writes("mira", h.caseID, Asked, ask.Answer{"day": {"2026-11-21"}, "asked-by": {"Office"}, "purpose": {"residence"}, "where": {where}, "told": {"no"}, "instead": {"given"}})
			_, err := h.S.Save(h.Ctx, h.Users["mira"], h.caseID, casework.Typed{Kind: Asked, Entry: entry, Rev: 1, Posted: ask.Answer{"day": {"2026-11-20"}, "asked-by": {"Office"}, "purpose": {"residence"}, "instead": {"given"}}})
			h.Must(err)
		}
		if h.Counted["support asked given"] != 2 || len(h.Counted) != 1 {
			t.Errorf("counted %v", h.Counted)
		}
		if n := h.looks("mira").Times(); n != 3 {
			t.Errorf("%d times", n)
		}
	})
}

// req: ACCOUNT-4
func TestNoWordOfTheAccountReachesListsOrSearch(t *testing.T) {
	for _, k := range Kinds {
		if len(k.Words) > 0 || k.Due != "" {
			t.Errorf("%s is found by words or due in lists", k.ID)
		}
		if k.ID != Extract && k.Part != casework.Account {
			t.Errorf("%s lies in %s", k.ID, k.Part)
		}
	}
	each(t, func(t *testing.T, h *house) {
		h.confirmed("verysecretword")
		o, err := h.S.Look(h.Ctx, h.Users["mira"], h.caseID)
		h.Must(err)
		for _, e := range o.Events {
			if strings.Contains(e.Action+e.Other, "verysecret") {
				t.Errorf("the history says %+v", e)
			}
		}
	})
}

// req: ACCOUNT-1, ACCOUNT-2
func TestTheFlowNeverTellsWithoutWhatIsSettledAndNeverChangesWhatIsConfirmed(t *testing.T) {
	acts := []Act{Begin, Write, Stop, Read, Confirm, Reopen, "other"}
	rapid.Check(t, func(t *rapid.T) {
		ground := ask.Answer{}
		for field, value := range settled() {
			if rapid.IntRange(0, 9).Draw(t, field) > 0 {
				ground[field] = value
			}
		}
		missing := Missing(ground)
		if whole := len(ground) == len(settled()); whole && len(missing) > 0 || !whole && ground["language"] != nil && len(missing) == 0 {
			t.Fatalf("%v lacks %v", ground, missing)
		}
		s, readBack := None, false
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			a := rapid.SampledFrom(acts).Draw(t, "act")
			next, err := Next(s, a, missing)
			if (err == nil) != slices.Contains(Possible(s, missing), a) {
				t.Fatalf("%s in %s: %v, possible are %v", a, s, err, Possible(s, missing))
			}
			if err != nil {
				continue
			}
			if (a == Begin || a == Write || a == Reopen) && len(missing) > 0 {
				t.Fatalf("%s without %v", a, missing)
			}
			if s == Confirmed && a != Reopen {
				t.Fatalf("%s changes what is confirmed", a)
			}
			if next == Confirmed && !readBack {
				t.Fatal("confirmed without reading back")
			}
			s, readBack = next, next == ReadBack
		}
	})
}

// req: TALLY-3
func TestATimeSomebodyAskedIsNotCountedWhenThePersonDidNotSayYes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.Uncounted[h.caseID] = true
		h.Writes("mira", h.caseID, Asked, ask.Answer{"day": {"2026-11-21"}, "asked-by": {"Office"}, "purpose": {"residence"}, "instead": {"given"}})
		if len(h.Counted) > 0 {
			t.Errorf("counted %v", h.Counted)
		}
	})
}
