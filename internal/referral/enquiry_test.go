package referral

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Eight more agencies that can be asked, each with one caseworker.
func init() {
	for i := 1; i <= MaxCandidates; i++ {
		names[fmt.Sprintf("desk%d", i)] = fmt.Sprintf("Desk %d", i)
		services = append(services, Entry{ID: fmt.Sprintf("gr-desk%d-house", i), Name: "House", Organization: fmt.Sprintf("gr-desk%d", i), OrgName: fmt.Sprintf("Desk %d", i), Country: "GR"})
	}
}

func withDesks(h *house) *house {
	for i := 1; i <= MaxCandidates; i++ {
		agency := fmt.Sprintf("desk%d", i)
		h.agencies["gr-"+agency] = agency
		k, err := vault.NewPrivateKey()
		h.must(err)
		h.users[agency] = &web.Viewer{UserID: agency, Name: "Name of " + agency, AgencyID: agency, AgencyName: names[agency], SessionID: "s-" + agency, Lang: "en", Roles: []string{"caseworker"}, Key: k}
	}
	return h
}

var enquiryAnswers = map[string]Answer{
	"need": {"need": {"accommodation", "legal-aid"}}, "urgency": {"urgency": {"now"}}, "age": {"age": {"25-39"}}, "dependants": {"dependants": {"young-children"}},
	"language": {"language": {"ro"}}, stepRegion: {stepRegion: {"GR-B"}}, stepRemark: {stepRemark: {"needs a ground floor"}},
}

// enquires puts an enquiry to n desks and gives its round.
func (a actor) enquires(n int) *RoundShown {
	a.h.t.Helper()
	var services []string
	for i := 1; i <= n; i++ {
		services = append(services, fmt.Sprintf("gr-desk%d-house", i))
	}
	draft, rev := a.drafting(services...)
	round, err := a.h.s.SendEnquiry(ctx, a.v, draft, "en", rev)
	a.h.must(err)
	return a.sees(round)
}

func (a actor) drafting(services ...string) (draft string, rev int64) {
	a.h.t.Helper()
	draft, err := a.h.s.Begin(ctx, AuthorOf(a.v), "", "", "", Answer{"setting": {AskFirst}})
	a.h.must(err)
	for step, answer := range enquiryAnswers {
		a.h.must(a.h.s.Save(ctx, AuthorOf(a.v), draft, step, answer))
	}
	a.h.must(a.h.s.AskThese(ctx, AuthorOf(a.v), draft, services, "Thessaloniki"))
	d, err := a.h.s.Load(ctx, a.v, draft)
	a.h.must(err)
	return draft, d.Rev
}

func (a actor) sees(round string) *RoundShown {
	a.h.t.Helper()
	out, err := a.h.s.LookRound(ctx, a.v, round)
	a.h.must(err)
	return out
}

// offers opens an enquiry and offers a place for some hours.
func (a actor) offers(enquiry string, hours int, terms ...string) {
	a.h.t.Helper()
	a.looks(enquiry)
	a.does(enquiry, Deed{Action: Accept, Hours: hours, Terms: terms, Text: "a room on the ground floor", Once: id.New()})
}

func (a actor) refuses(enquiry, reason string) {
	a.h.t.Helper()
	a.looks(enquiry)
	a.does(enquiry, Deed{Action: Decline, Code: reason, Once: id.New()})
}

// consents sends the draft of a choice.
func (a actor) consents(draft string) error {
	a.h.t.Helper()
	a.h.must(a.h.s.Save(ctx, AuthorOf(a.v), draft, "setting", Answer{"setting": {AloneInterpreter}}))
	_, err := a.h.s.Send(ctx, a.v, draft, "en", a.order(draft, PartNeeds, PartAge, PartFeedback))
	return err
}

func rounds(t *testing.T, fn func(t *testing.T, h *house)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { fn(t, withDesks(newHouse(t, d))) })
}

// req: ENQUIRY-3
// req: ENQUIRY-5
func TestThreeAreAskedTwoAnswerOneIsChosenAndTheOthersAreToldNoMore(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		round := midwife.enquires(3)
		one, two, three := round.Candidates[0].ID, round.Candidates[1].ID, round.Candidates[2].ID
		for i, enquiry := range []string{one, two, three} {
			got := h.as(fmt.Sprintf("desk%d", i+1)).looks(enquiry)
			b, err := got.Packet.Bytes()
			h.must(err)
			if got.Kind != Enquiry || !bytes.Contains(b, []byte("young-children")) || !bytes.Contains(b, []byte("GR-B")) || !bytes.Contains(b, []byte("ground floor")) {
				t.Fatalf("at the desk: %s", b)
			}
			for _, secret := range []string{"Thessaloniki", "Name of midwife", "Desk 2" + fmt.Sprint(i)} {
				if bytes.Contains(b, []byte(secret)) {
					t.Errorf("the enquiry holds %q: %s", secret, b)
				}
			}
		}
		h.as("desk1").does(one, Deed{Action: Accept, Hours: 3, Terms: []string{"with-children", "few-nights"}, Text: "a room on the ground floor", Once: id.New()})
		h.as("desk2").does(two, Deed{Action: Accept, Hours: 12, Once: id.New()})
		seen := midwife.sees(round.ID)
		if o := seen.Offers[0]; !o.Choosable || o.Chosen || !o.Held.Equal(h.now.Add(3*time.Hour)) || !slices.Equal(o.Terms, []string{"with-children", "few-nights"}) || o.Words != "a room on the ground floor" {
			t.Fatalf("the offer: %+v", o)
		}
		if seen.State != Asking || seen.Offers[2].Choosable {
			t.Error("the first offer won by itself")
		}
		h.now = h.now.Add(time.Minute)
		draft, err := h.s.Choose(ctx, midwife.v, round.ID, two)
		h.must(err)
		if again, err := h.s.Choose(ctx, midwife.v, round.ID, two); err != nil || again != draft {
			t.Errorf("pressed twice: %v %v", again, err)
		}
		h.as("desk2").cannotSee(draft) // nothing has left yet
		if got := h.as("desk1").looks(one); got.State != Accepted {
			t.Errorf("told before the referral has left: %v", got.State)
		}
		d, err := h.s.Load(ctx, midwife.v, draft)
		h.must(err)
		if d.Service != "gr-desk2-house" || d.Answers.Language() != "ro" || d.Answers["dependants"].One("dependants") != "young-children" || len(d.Answers["setting"]) != 0 {
			t.Errorf("the draft of the choice: %+v", d)
		}
		h.must(midwife.consents(draft))
		if got := h.as("desk2").looks(draft); got.Kind != Referral || got.Packet == nil {
			t.Errorf("the chosen desk: %+v", got.Row)
		}
		if got := h.as("desk2").looks(two); got.State != Closed || got.Outcome != "followed" {
			t.Errorf("its enquiry: %v %v", got.State, got.Outcome)
		}
		for i, enquiry := range map[int]string{1: one, 3: three} {
			got := h.as(fmt.Sprintf("desk%d", i)).looks(enquiry)
			if got.State != Released || got.Packet != nil || !got.Ended || got.Outcome != "" {
				t.Errorf("desk %d: %v, content %v", i, got.State, got.Packet)
			}
			for _, e := range got.Events {
				if strings.Contains(e.Agency+e.UserName, "desk2") || strings.Contains(e.Code, "desk") {
					t.Errorf("desk %d learns who was chosen: %+v", i, e)
				}
			}
			h.as(fmt.Sprintf("desk%d", i)).cannotSee(draft)
			if !slices.Contains(h.notices, fmt.Sprintf("ended desk%d", i)) {
				t.Errorf("desk %d is not told: %v", i, h.notices)
			}
		}
		if len(h.given) != 1 {
			t.Errorf("consents: %v", h.given)
		}
		if got := midwife.sees(round.ID); got.State != Placed || got.Referral != draft {
			t.Errorf("the round: %v", got.State)
		}
	})
}

// req: ENQUIRY-3
func TestADeskNeverLearnsThatOthersWereAsked(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		round := h.as("midwife").enquires(2)
		for _, user := range []string{"desk1", "desk2", "insider", "nurse", "coordinator", "desk5"} {
			v := h.as(user).v
			if _, err := h.s.LookRound(ctx, v, round.ID); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s sees the round: %v", user, err)
			}
			if _, err := h.s.RoundOf(ctx, v, round.Candidates[0].ID); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s finds the round: %v", user, err)
			}
			if _, err := h.s.Choose(ctx, v, round.ID, round.Candidates[0].ID); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s chooses: %v", user, err)
			}
			if err := h.s.End(ctx, v, round.ID); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s ends it: %v", user, err)
			}
		}
		h.as("desk1").cannotSee(round.Candidates[1].ID)
		// One that was asked alone looks the same as one of several.
		several := h.as("desk1").looks(round.Candidates[0].ID)
		alone := h.as("desk1").looks(h.as("midwife").enquires(1).Candidates[0].ID)
		if len(several.Events) != len(alone.Events) || !slices.Equal(several.Actions, alone.Actions) || several.Packet.Basis.How != alone.Packet.Basis.How {
			t.Errorf("%+v\n%+v", several.Row, alone.Row)
		}
	})
}

// req: ENQUIRY-4
func TestWhenTwoChooseAtOnceOneWinsAndTheOtherIsToldWhatHappened(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		round := h.as("midwife").enquires(2)
		for i, c := range round.Candidates {
			h.as(fmt.Sprintf("desk%d", i+1)).offers(c.ID, 12)
		}
		var both sync.WaitGroup
		errs := make([]error, 2)
		for i, user := range []string{"midwife", "head"} {
			both.Go(func() { _, errs[i] = h.s.Choose(ctx, h.users[user], round.ID, round.Candidates[i].ID) })
		}
		both.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v, %v", errs[0], errs[1])
		}
		for _, err := range errs {
			if err != nil {
				kind(t, err, fault.Conflict, "enquiry.error.chosen")
			}
		}
		won := slices.Index(errs, nil)
		if got := h.as("midwife").sees(round.ID); got.Choice != round.Candidates[won].ID || got.ChosenName != "Name of "+[]string{"midwife", "head"}[won] {
			t.Errorf("%+v", got.Round)
		}
	})
}

// req: ENQUIRY-4
func TestAnOfferThatIsOverOrTakenBackCannotBeChosenAndAnotherCan(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		round := midwife.enquires(3)
		one, two, three := round.Candidates[0].ID, round.Candidates[1].ID, round.Candidates[2].ID
		h.as("desk1").offers(one, 1)
		h.as("desk2").offers(two, 24)
		h.as("desk3").offers(three, 24)
		h.later(time.Hour + time.Minute)
		if got := midwife.sees(round.ID).Offers[0]; got.State != Lapsed || got.Choosable {
			t.Errorf("after an hour: %+v", got)
		}
		_, err := h.s.Choose(ctx, midwife.v, round.ID, one)
		kind(t, err, fault.Conflict, "enquiry.error.no-offer")
		draft, err := h.s.Choose(ctx, midwife.v, round.ID, two)
		h.must(err)
		h.must(h.s.Save(ctx, AuthorOf(midwife.v), draft, "notes", Answer{"notes": {"typed before"}}))
		h.as("desk2").does(two, Deed{Action: Decline, Code: "no-place", Once: id.New()})
		if got := midwife.sees(round.ID); got.State != Asking || got.Choice != "" {
			t.Fatalf("the chosen place fell through: %+v", got.Round)
		}
		kind(t, midwife.consents(draft), fault.Conflict, "enquiry.error.not-chosen")
		second, err := h.s.Choose(ctx, midwife.v, round.ID, three)
		h.must(err)
		d, err := h.s.Load(ctx, midwife.v, second)
		h.must(err)
		if second != draft || d.Service != "gr-desk3-house" || d.Answers["notes"].One("notes") != "typed before" {
			t.Errorf("what was typed is lost: %+v", d)
		}
		h.as("desk1").does(one, Deed{Action: Accept, Hours: 12, Once: id.New()}) // offers again
		if !midwife.sees(round.ID).Candidates[0].Held.After(h.now) {
			t.Error("the new offer does not arrive")
		}
		h.must(midwife.consents(draft))
		h.as("desk3").looks(draft)
	})
}

// req: ENQUIRY-5
func TestThePacketCannotGoToOneThatWasNotChosen(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		round := midwife.enquires(2)
		h.as("desk1").offers(round.Candidates[0].ID, 12)
		draft, err := h.s.Choose(ctx, midwife.v, round.ID, round.Candidates[0].ID)
		h.must(err)
		kind(t, h.s.Address(ctx, AuthorOf(midwife.v), draft, "gr-desk2-house"), fault.Conflict, "enquiry.error.not-chosen")
		_, err = h.s.Again(ctx, midwife.v, round.Candidates[1].ID, "gr-desk2-house", id.New())
		kind(t, err, fault.Conflict, "enquiry.error.choose-there")
		// Also when the draft was bent behind the back of the pages.
		h.must(h.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(draftToStmt, "gr-desk2-house", "", int64(1), draft)
			return err
		}))
		kind(t, midwife.consents(draft), fault.Conflict, "enquiry.error.not-chosen")
		h.as("desk2").cannotSee(draft)
	})
}

// req: CONSENT-6
func TestWhoIsNotAloneWhenTheChoiceIsCarriedOutSendsNothing(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		round := midwife.enquires(1)
		h.as("desk1").offers(round.Candidates[0].ID, 12)
		draft, err := h.s.Choose(ctx, midwife.v, round.ID, round.Candidates[0].ID)
		h.must(err)
		h.must(h.s.Save(ctx, AuthorOf(midwife.v), draft, "setting", Answer{"setting": {NotAlone}}))
		_, err = h.s.Send(ctx, midwife.v, draft, "en", midwife.order(draft))
		kind(t, err, fault.Conflict, "referral.error.not-alone")
		h.as("desk1").cannotSee(draft)
	})
}

func TestADiscardedDraftOpensTheChoiceAgain(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		round := midwife.enquires(2)
		h.as("desk1").offers(round.Candidates[0].ID, 12)
		draft, err := h.s.Choose(ctx, midwife.v, round.ID, round.Candidates[0].ID)
		h.must(err)
		h.must(h.s.Discard(ctx, AuthorOf(midwife.v), draft))
		if got := midwife.sees(round.ID); got.State != Asking || !got.Offers[0].Choosable {
			t.Errorf("%+v", got.Round)
		}
		if _, err := h.s.Choose(ctx, h.users["head"], round.ID, round.Candidates[0].ID); err != nil {
			t.Error(err)
		}
	})
}

// req: CONSENT-4
func TestEndingARoundTakesTheContentBackFromEveryDeskAtOnceWithoutAKey(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		round := midwife.enquires(3)
		h.as("desk1").offers(round.Candidates[0].ID, 12)
		draft, err := h.s.Choose(ctx, midwife.v, round.ID, round.Candidates[0].ID)
		h.must(err)
		h.must(h.s.End(ctx, midwife.locked().v, round.ID))
		h.must(h.s.End(ctx, midwife.locked().v, round.ID))
		for i, c := range round.Candidates {
			if got := h.as(fmt.Sprintf("desk%d", i+1)).looks(c.ID); got.State != Released || got.Packet != nil {
				t.Errorf("desk %d still opens it: %v", i+1, got.State)
			}
		}
		if _, err := h.s.Load(ctx, midwife.v, draft); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the draft of the choice: %v", err)
		}
		if _, err := h.s.Choose(ctx, midwife.v, round.ID, round.Candidates[0].ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("chosen after the end: %v", err)
		}
	})
}

// req: LIFE-1
func TestARoundRunsOutAfterAWeekAndIsGoneNinetyDaysLater(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		round := midwife.enquires(2)
		h.as("desk1").offers(round.Candidates[0].ID, 72)
		h.later(EnquiryLife + time.Minute)
		if got := midwife.sees(round.ID); got.State != RanOut || got.Offers[0].Choosable {
			t.Errorf("%v", got.State)
		}
		h.as("desk1").cannotSee(round.Candidates[0].ID)
		h.later(ContentLife + time.Minute)
		if _, err := h.s.LookRound(ctx, midwife.v, round.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("still there: %v", err)
		}
		h.must(h.db.Read(ctx, func(tx *db.Tx) error {
			return tx.Each(wrapsOfStmt, func(func(...any) error) error { t.Error("a wrap is left"); return nil }, round.ID, "hospital")
		}))
	})
}

func TestSendingTwiceAsksOnceAndAChangedDraftAsksNobody(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		draft, rev := midwife.drafting("gr-desk1-house", "gr-desk2-house")
		_, err := h.s.SendEnquiry(ctx, midwife.v, draft, "en", rev-1)
		kind(t, err, fault.Stale, "referral.error.draft-changed")
		var twice sync.WaitGroup
		got := make([]string, 2)
		for i := range got {
			twice.Go(func() {
				var err error
				if got[i], err = h.s.SendEnquiry(ctx, midwife.v, draft, "en", rev); err != nil {
					t.Error(err)
				}
			})
		}
		twice.Wait()
		third, err := h.s.SendEnquiry(ctx, midwife.v, draft, "en", rev)
		h.must(err)
		if got[0] != got[1] || third != got[0] || got[0] == "" {
			t.Errorf("rounds %v %v", got, third)
		}
		all, err := h.s.List(ctx, midwife.v, 1, 50)
		h.must(err)
		if len(all) != 2 {
			t.Errorf("%d enquiries", len(all))
		}
	})
}

func TestOneThatCannotBeAskedStopsAllAndNobodyIsAskedTwice(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		for _, tc := range []struct {
			services []string
			kind     fault.Kind
			key      string
		}{
			{[]string{"gr-desk1-house", "gr-unknown-line"}, fault.Unavailable, "referral.error.no-agency"},
			{[]string{"gr-desk1-house", "gr-hospital-desk"}, fault.Conflict, "referral.error.own-agency"},
		} {
			draft, rev := midwife.drafting(tc.services...)
			_, err := h.s.SendEnquiry(ctx, midwife.v, draft, "en", rev)
			kind(t, err, tc.kind, tc.key)
			if all, err := h.s.List(ctx, h.users["desk1"], 1, 5); err != nil || len(all) != 0 {
				t.Errorf("half is sent: %v %v", all, err)
			}
		}
		draft, rev := midwife.drafting("gr-desk1-house", "gr-desk1-house", "gr-desk2-house")
		round, err := h.s.SendEnquiry(ctx, midwife.v, draft, "en", rev)
		h.must(err)
		if n := len(midwife.sees(round).Candidates); n != 2 {
			t.Errorf("%d candidates", n)
		}
		var nine []string
		for i := range 9 {
			nine = append(nine, fmt.Sprint("gr-", i))
		}
		kind(t, h.s.AskThese(ctx, AuthorOf(midwife.v), "x", nine, ""), fault.Invalid, "enquiry.error.many")
		kind(t, h.s.AskThese(ctx, AuthorOf(midwife.v), "x", nil, ""), fault.Invalid, "enquiry.error.none")
	})
}

func TestAnOfferNamesATimeAndOnlyKnownConditions(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		enquiry := h.as("midwife").enquires(1).Candidates[0].ID
		h.as("desk1").looks(enquiry)
		for _, d := range []Deed{{Action: Accept}, {Action: Accept, Hours: 5}, {Action: Accept, Hours: 3, Terms: []string{"pays"}}} {
			if err := h.s.Act(ctx, h.users["desk1"], enquiry, d); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", d, err)
			}
		}
	})
}

// req: COUNT-1
func TestCountsSurviveTheEnquiriesAndPointToNothing(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		round := h.as("midwife").enquires(3)
		h.as("desk1").offers(round.Candidates[0].ID, 3)
		h.as("desk2").refuses(round.Candidates[1].ID, "no-place")
		h.later(4 * time.Hour)
		h.as("desk1").does(round.Candidates[0].ID, Deed{Action: Accept, Hours: 12, Once: id.New()}) // again: the same place
		h.as("desk1").does(round.Candidates[0].ID, Deed{Action: Decline, Code: "no-place", Once: id.New()})
		h.later(EnquiryLife)
		h.later(ContentLife + time.Hour)
		h.now = h.now.Add(RoutingLife + time.Hour)
		h.must(h.s.Sweep(ctx))
		h.as("midwife").cannotSee(round.Candidates[0].ID)
		got := map[string]int64{}
		h.must(h.db.Read(ctx, func(tx *db.Tx) error {
			return tx.Each(turnedOfStmt, func(scan func(...any) error) error {
				var region, help, answer string
				var n int64
				err := scan(&region, &help, &answer, &n)
				got[region+" "+help+" "+answer] = n
				return err
			}, "2026-11", "GR")
		}))
		want := map[string]int64{}
		for _, help := range []string{"accommodation", "legal-aid"} {
			want["GR-B "+help+" asked"], want["GR-B "+help+" offered"], want["GR-B "+help+" no-place"] = 3, 1, 1
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

// req: COUNT-1
func TestTheTableOfCountsHasNoColumnThatCouldPointToAnything(t *testing.T) {
	text := readFile(t, "schema/0004_enquiry.sql")
	_, table, ok := strings.Cut(text, "CREATE TABLE referral_turned (")
	if !ok {
		t.Fatal("no table")
	}
	table, _, _ = strings.Cut(table, ");")
	var columns []string
	for line := range strings.Lines(table) {
		if f := strings.Fields(line); len(f) > 1 && f[0] != "PRIMARY" {
			columns = append(columns, f[0])
		}
	}
	if !slices.Equal(columns, []string{"month", "country", "region", "help", "answer", "n"}) {
		t.Errorf("%v", columns)
	}
}

// req: COUNT-2
func TestNoSmallCountCanBeReadOrWorkedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := map[string]int64{}
		for _, code := range AnswerCodes {
			raw[code] = rapid.Int64Range(0, 12).Draw(t, code)
			raw["asked"] += raw[code]
		}
		raw["asked"] += rapid.Int64Range(0, 12).Draw(t, "silent")
		row, ok := protect("GR-B", "accommodation", raw)
		parts := []Share{row.Offered, row.NoAnswer}
		for _, s := range row.Reasons {
			parts = append(parts, s)
		}
		var sum int64
		hidden := 0
		for _, s := range parts {
			if s.Fewer {
				hidden++
			}
			if s.Fewer == (s.N >= Few) || s.Fewer && s.N != 0 {
				t.Fatalf("%+v", s)
			}
			sum += s.N
		}
		if row.Asked.N != sum || row.Asked.More != (hidden > 0) {
			t.Fatalf("the sum %+v gives %d hidden parts away", row.Asked, hidden)
		}
		if ok != (sum > 0) {
			t.Fatalf("shown %v with %d", ok, sum)
		}
	})
}

// req: COUNT-2
func TestCountsAreShownToPlannersAloneAndWhenTheMonthIsOver(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		for range 5 {
			h.as("midwife").enquires(1)
		}
		coordinator := h.users["coordinator"]
		if _, err := h.s.TurnedAway(ctx, coordinator, "2026-11", "GR"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("this month: %v", err)
		}
		h.now = h.now.AddDate(0, 1, 0)
		got, err := h.s.TurnedAway(ctx, coordinator, "2026-11", "GR")
		h.must(err)
		if len(got.Rows) != 2 || got.Rows[0].NoAnswer.N != 5 || !got.Rows[0].Offered.Fewer {
			t.Errorf("%+v", got.Rows)
		}
		months, err := h.s.Months(ctx, coordinator)
		h.must(err)
		if len(months) != 1 || months[0].Month != "2026-11" {
			t.Errorf("%+v", months)
		}
		for _, user := range []string{"midwife", "head", "desk1", "admin"} {
			if _, err := h.s.Months(ctx, h.users[user]); err == nil {
				t.Errorf("%s sees counts", user)
			}
		}
	})
}

// Random histories of two senders, four desks and the clock against the real
// service: whatever they do, at most one desk receives a packet, it is the one
// that was chosen, and a consent stands behind it.
//
// req: ENQUIRY-5
func TestWhateverEverybodyDoesOneDeskAtMostReceivesAPacketAndNeverWithoutConsent(t *testing.T) {
	rounds(t, func(t *testing.T, h *house) {
		sent := 0
		for seed := range 12 {
			r := rand.New(rand.NewPCG(uint64(seed), 7))
			round := h.as("midwife").enquires(4)
			drafts := map[string]bool{}
			for range 40 {
				h.later(time.Duration(r.IntN(40)) * time.Minute)
				i := r.IntN(len(round.Candidates))
				c, desk := round.Candidates[i], h.users[fmt.Sprintf("desk%d", i+1)]
				sender := h.users[[]string{"midwife", "head"}[r.IntN(2)]]
				switch r.IntN(12) {
				case 0, 1, 2, 3: // what fails, fails: the desk may have been told that it is over
					_, _ = h.s.Look(ctx, desk, c.ID)
					_ = h.s.Act(ctx, desk, c.ID, Deed{Action: Accept, Hours: Holds[r.IntN(len(Holds))]})
				case 4:
					_ = h.s.Act(ctx, desk, c.ID, Deed{Action: Decline, Code: "no-place"})
				case 5, 6, 7:
					if draft, err := h.s.Choose(ctx, sender, round.ID, c.ID); err == nil {
						drafts[draft] = true
					}
				case 8:
					_ = h.s.Reconsider(ctx, sender, round.ID)
				default:
					for draft := range drafts {
						for _, v := range []*web.Viewer{h.users["midwife"], h.users["head"]} {
							if h.s.Save(ctx, AuthorOf(v), draft, "setting", Answer{"setting": {Alone}}) != nil {
								continue
							}
							_, _ = h.s.Send(ctx, v, draft, "en", actor{h, v}.order(draft, PartNeeds))
						}
					}
				}
				at := map[string]string{}
				all, err := h.s.List(ctx, h.users["head"], 1, 200)
				h.must(err)
				for _, row := range all {
					if row.Kind == Referral && drafts[row.ID] {
						at[row.ID] = row.ToAgency
					}
				}
				seen := h.as("head").sees(round.ID)
				if len(at) > 1 {
					t.Fatalf("seed %d: packets %v", seed, at)
				}
				for referral, agency := range at {
					consented := false
					for _, g := range h.given {
						consented = consented || g.Referral == referral && g.ToAgency == agency
					}
					if !consented {
						t.Fatalf("seed %d: a packet to %s without consent", seed, agency)
					}
					if won, _ := seen.Candidate(seen.Choice); won.Agency != agency || seen.State != Placed {
						t.Fatalf("seed %d: a packet to %s, chosen %s, %s", seed, agency, won.Agency, seen.State)
					}
				}
				if len(at) == 1 {
					sent++
					break
				}
			}
		}
		if sent < 3 {
			t.Errorf("only %d histories came to a packet: the property said little", sent)
		}
	})
}
