package referral

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
)

var ctx = context.Background()

func kind(t *testing.T, err error, want fault.Kind, key string) {
	t.Helper()
	f := fault.Find(err)
	if err == nil || fault.KindOf(err) != want {
		t.Fatalf("got %v, want %v", err, want)
	}
	if key != "" && f.Key != key && !slices.ContainsFunc(f.Fields, func(f fault.Field) bool { return f.Key == key }) {
		t.Fatalf("got %v, want %s", err, key)
	}
}

func TestAMidwifeSendsAndTheSupportOrganisationAnswersAndSheSeesWhatBecameOfIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		if got := h.as("midwife").looks(r); got.State != Sent || !got.DueAt.Equal(h.now.Add(time.Hour)) || got.Turn != "receiver" {
			t.Fatalf("after sending: %v due %v turn %q", got.State, got.DueAt, got.Turn)
		}
		h.now = h.now.Add(10 * time.Minute)
		desk := h.as("mira").looks(r)
		if desk.State != Received || !desk.Open || desk.Packet == nil || len(desk.Packet.Sections) != 8 {
			t.Fatalf("at the desk: %+v", desk)
		}
		h.as("mira").does(r, Deed{Action: Accept, Version: desk.Version, Text: "Come to the side door", Once: id.New()})
		h.as("mira").does(r, Deed{Action: Appoint, When: h.now.Add(2 * time.Hour), Text: "Ask for Mira", Once: id.New()})
		h.as("mira").does(r, Deed{Action: HandOver, Once: id.New()})
		h.as("mira").does(r, Deed{Action: Close, Code: "helped", Once: id.New()})
		end := h.as("midwife").looks(r)
		if end.State != Closed || end.Outcome != "helped" || len(end.Words) != 2 || end.Words[0].Text != "Come to the side door" {
			t.Fatalf("the midwife sees %v %q %+v", end.State, end.Outcome, end.Words)
		}
		if end.Words[1].When.IsZero() || len(end.Events) != 6 {
			t.Errorf("appointment %v, events %d", end.Words[1].When, len(end.Events))
		}
		if !slices.Contains(h.notices, "new mira") || !slices.Contains(h.notices, "answered midwife") || slices.Contains(h.notices, "answered mira") {
			t.Errorf("notified: %v", h.notices)
		}
	})
}

// req: CONSENT-1
func TestNothingLeavesWithoutConsent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		draft := midwife.drafts("gr-open-door-house", Alone, nil)
		for name, spoil := range map[string]func(*Order){
			"no way of consent":             func(o *Order) { o.How = "" },
			"an assumed consent":            func(o *Order) { o.How = "assumed" },
			"no part":                       func(o *Order) { o.Parts = []Part{} },
			"only feedback":                 func(o *Order) { o.Parts = []Part{PartFeedback} },
			"a part that was not answered":  func(o *Order) { o.Parts = []Part{PartHealth} },
			"a sheet nobody can have read":  func(o *Order) { o.Language = "tlh" },
			"no word on the interpreter":    func(o *Order) { o.Interpreter = "" },
			"for ever":                      func(o *Order) { o.Days = 36500 },
			"a ground without child/danger": func(o *Order) { o.Ground, o.Reason = "gr-life", "because" },
		} {
			o := midwife.order(draft)
			spoil(&o)
			if _, err := h.s.Send(ctx, midwife.v, draft, "en", o); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		midwife.cannotSee(draft)
		if len(h.given) != 0 {
			t.Errorf("the ledger has %v", h.given)
		}
	})
}

// req: CONSENT-2
func TestThePacketHoldsTheTickedPartsAndNothingElse(t *testing.T) {
	a := Answers{}
	for step, answer := range common {
		a[step] = answer
	}
	rapid.Check(t, func(t *rapid.T) {
		ticked := rapid.SliceOfDistinct(rapid.SampledFrom(Parts), func(p Part) Part { return p }).Draw(t, "ticked")
		p := Packet{Version: PacketVersion}
		p.Fill(a, nil, ticked)
		b, err := p.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		for part, word := range map[Part]string{PartName: herName, PartContact: herWord, PartNotes: herStory, PartMustNot: "her aunt must not hear", PartNeeds: "accommodation", PartAge: "25-39", PartLanguages: `"ro"`, PartWants: "safe-tonight"} {
			if has := bytes.Contains(b, []byte(word)); has != slices.Contains(ticked, part) {
				t.Fatalf("%v ticked %v, in the packet %v", part, slices.Contains(ticked, part), has)
			}
		}
		if p.Feedback != slices.Contains(ticked, PartFeedback) {
			t.Fatal("feedback is not what was ticked")
		}
	})
}

// req: CONSENT-2
func TestThePreviewIsByteForByteWhatTheReceiverOpens(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		draft := midwife.drafts("gr-open-door-house", Alone, nil)
		o := midwife.order(draft, PartNeeds, PartContact)
		d, err := h.s.Load(ctx, midwife.v, draft)
		h.must(err)
		to, err := h.s.TargetOf(ctx, midwife.v, d.Service, "en")
		h.must(err)
		_, shown, err := h.s.Preview(ctx, midwife.v, d, to, o)
		h.must(err)
		_, err = h.s.Send(ctx, midwife.v, draft, "en", o)
		h.must(err)
		opened, err := h.as("mira").looks(draft).Packet.Bytes()
		h.must(err)
		if !bytes.Equal(shown, opened) {
			t.Errorf("shown\n%s\nopened\n%s", shown, opened)
		}
	})
}

// req: CONSENT-2
func TestADraftChangedAfterTheSheetWasShownIsNotSent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		draft := midwife.drafts("gr-open-door-house", Alone, nil)
		o := midwife.order(draft)
		h.must(h.s.Save(ctx, AuthorOf(midwife.v), draft, "notes", Answer{"notes": {"something else"}}))
		_, err := h.s.Send(ctx, midwife.v, draft, "en", o)
		kind(t, err, fault.Stale, "referral.error.draft-changed")
	})
}

// req: CONSENT-4
// req: CONSENT-5
func TestAfterWithdrawalTheOtherSideFindsNothingAndTheSenderSeesWhoHadOpenedIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		h.as("mira").looks(r)
		h.as("mira").does(r, Deed{Action: Accept, Text: "yes", Once: id.New()})
		receipt, err := h.s.Withdraw(ctx, h.as("midwife").locked().v, r, true) // without any key
		h.must(err)
		if len(receipt.Readings) != 1 || receipt.Readings[0].Name != "Name of mira" || !receipt.Readings[0].At.Equal(h.now) {
			t.Errorf("receipt %+v", receipt)
		}
		for _, user := range []string{"mira", "nils", "boss"} {
			h.as(user).cannotSee(r)
			if err := h.s.Act(ctx, h.as(user).v, r, Deed{Action: Reply, Text: "x"}); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s writes: %v", user, err)
			}
		}
		h.must(h.db.Read(ctx, func(tx *db.Tx) error {
			return tx.Each(wrapsOfStmt, func(scan func(...any) error) error { t.Error("a wrap of the receiver is left"); return nil }, r, "support")
		}))
		if len(h.ended) != 1 {
			t.Errorf("ledger: %v", h.ended)
		}
		if got := h.as("midwife").looks(r); got.State != Withdrawn || got.Packet == nil {
			t.Errorf("the sender sees %v", got.State)
		}
		again, err := h.s.Withdraw(ctx, h.as("midwife").v, r, true)
		h.must(err)
		if !again.At.Equal(receipt.At) {
			t.Error("the second press changed the time")
		}
		today, err := h.s.TodayOf(ctx, h.as("mira").v)
		h.must(err)
		if len(today.Notices) != 1 || today.Notices[0].Code != Code(r) || len(today.New)+len(today.Due) != 0 {
			t.Errorf("the desk's page: %+v", today)
		}
	})
}

// req: CONSENT-4
func TestThePersonCanWithdrawAtTheReceivingDeskToo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		h.as("mira").looks(r)
		_, err := h.s.Withdraw(ctx, h.as("mira").v, r, false)
		h.must(err)
		h.as("mira").cannotSee(r)
		if !slices.Contains(h.notices, "ended midwife") {
			t.Errorf("the sender is not told: %v", h.notices)
		}
	})
}

// req: CONSENT-5
func TestWhenTheAllowedTimeIsOverAccessEndsByItself(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		h.as("mira").looks(r)
		h.as("mira").does(r, Deed{Action: Accept, Once: id.New()})
		h.later(30*24*time.Hour - time.Minute)
		h.as("mira").looks(r)
		h.later(2 * time.Minute)
		h.as("mira").cannotSee(r)
		if got := h.as("midwife").looks(r); got.State != Expired {
			t.Errorf("the sender sees %v", got.State)
		}
		if len(h.ended) != 0 {
			t.Error("expiry is recorded as a withdrawal")
		}
	})
}

func TestACuriousInsiderElsewhereFindsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		h.as("mira").looks(r)
		for _, user := range []string{"insider", "coordinator", "admin", "nurse", "clerk", "second"} {
			h.as(user).cannotSee(r)
			for name, err := range map[string]error{
				"act":      h.s.Act(ctx, h.as(user).v, r, Deed{Action: Accept}),
				"review":   h.s.Review(ctx, h.as(user).v, r, "agree", "", "once"),
				"withdraw": func() error { _, err := h.s.Withdraw(ctx, h.as(user).v, r, true); return err }(),
				"pass on":  func() error { _, err := h.s.PassOn(ctx, h.as(user).v, r, id.New()); return err }(),
				"file":     func() error { _, _, err := h.s.OpenFile(ctx, h.as(user).v, r, "f"); return err }(),
			} {
				if fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s %s: %v", user, name, err)
				}
			}
		}
	})
}

// req: DRAFT-2
func TestADraftIsItsAuthorsAlone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		draft := h.as("midwife").drafts("gr-open-door-house", Alone, nil)
		for _, user := range []string{"nurse", "head", "mira", "insider"} {
			v := h.as(user).v
			if _, err := h.s.Load(ctx, v, draft); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s loads: %v", user, err)
			}
			if err := h.s.Save(ctx, AuthorOf(v), draft, "notes", Answer{}); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s saves: %v", user, err)
			}
			if err := h.s.Discard(ctx, AuthorOf(v), draft); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s discards: %v", user, err)
			}
		}
		_, err := h.s.Load(ctx, h.as("midwife").locked().v, draft)
		kind(t, err, fault.Unlock, "")
	})
}

// req: DRAFT-1
func TestWhatIsTypedIntoAnExpiredPageIsKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		draft := h.as("midwife").drafts("gr-open-door-house", Alone, nil)
		h.must(h.s.Save(ctx, Author{User: "midwife"}, draft, "notes", Answer{"notes": {"typed before I was signed out"}}))
		d, err := h.s.Load(ctx, h.as("midwife").v, draft)
		h.must(err)
		if got := d.Answers["notes"].One("notes"); got != "typed before I was signed out" {
			t.Errorf("kept %q", got)
		}
		if err := h.s.Save(ctx, Author{User: "nurse"}, draft, "notes", Answer{}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another former session writes: %v", err)
		}
	})
}

func TestTheSameButtonPressedTwiceActsOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		draft := midwife.drafts("gr-open-door-house", Alone, nil)
		o := midwife.order(draft)
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			wg.Go(func() { _, errs[i] = h.s.Send(ctx, midwife.v, draft, "en", o) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if len(h.given) < 1 {
			t.Fatal("no consent recorded")
		}
		if n := len(h.as("midwife").looks(draft).Events); n != 1 {
			t.Errorf("sent %d times", n)
		}
		h.as("mira").looks(draft)
		deed := Deed{Action: Ask, Text: "Is there a child?", Once: id.New()}
		h.as("mira").does(draft, deed)
		h.as("mira").does(draft, deed)
		if n := len(h.as("midwife").looks(draft).Words); n != 1 {
			t.Errorf("%d questions", n)
		}
		deed = Deed{Action: Decline, Code: "no-place", Once: id.New()}
		h.as("mira").does(draft, deed)
		h.as("mira").does(draft, deed) // the second press of an act that the new state no longer allows
		if n := len(h.as("midwife").looks(draft).Events); n != 4 {
			t.Errorf("%d events", n)
		}
	})
}

func TestTwoCaseworkersWhoAnswerAtOnceDoNotOverwriteEachOther(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		a, b := h.as("mira").looks(r), h.as("nils").looks(r)
		h.as("mira").does(r, Deed{Action: Accept, Version: a.Version, Once: id.New()})
		err := h.s.Act(ctx, h.as("nils").v, r, Deed{Action: Decline, Code: "no-place", Version: b.Version, Once: id.New()})
		kind(t, err, fault.Stale, "referral.error.stale")
	})
}

// req: KEY-1
func TestAnAgencyWithoutAUsableKeyOrAccountReceivesNothingAndThePageSaysWhy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		delete(h.keyOf, "support")
		for service, key := range map[string]string{"gr-open-door-house": "referral.error.no-key", "gr-unknown-line": "referral.error.no-agency", "gr-hospital-desk": "referral.error.own-agency"} {
			draft := midwife.drafts(service, Alone, nil)
			_, err := h.s.Send(ctx, midwife.v, draft, "en", midwife.order(draft))
			if f := fault.Find(err); f == nil || f.Key != key {
				t.Errorf("%s: %v", service, err)
			}
			if _, err := h.s.Load(ctx, midwife.v, draft); err != nil {
				t.Errorf("%s: the draft is lost: %v", service, err)
			}
		}
	})
}

// req: CONSENT-6
// req: ENQUIRY-1
func TestWhoIsNotAloneCanOnlyEnquireAndTheEnquiryNamesNobody(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		draft := midwife.drafts("gr-open-door-house", NotAlone, nil) // the draft holds name, words, story
		_, err := h.s.Send(ctx, midwife.v, draft, "en", midwife.order(draft))
		h.must(err)
		got := h.as("mira").looks(draft)
		b, err := got.Packet.Bytes()
		h.must(err)
		for _, word := range []string{herName, herWord, herStory, "+40", "aunt", "Name of midwife"} {
			if bytes.Contains(b, []byte(word)) {
				t.Errorf("the enquiry holds %q: %s", word, b)
			}
		}
		if got.Kind != Enquiry || len(h.given) != 0 || !bytes.Contains(b, []byte("accommodation")) || !got.AccessUntil.Equal(h.now.Add(EnquiryLife)) {
			t.Errorf("%v %s", got.Kind, b)
		}
		h.as("mira").does(draft, Deed{Action: Accept, Hours: 24, Once: id.New()})
		if h.as("midwife").looks(draft).State != Accepted {
			t.Error("the answer does not arrive")
		}
	})
}

// req: CHILD-1
// req: CONSENT-3
func TestAChildNeedsAGuardianOrANamedGround(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		draft := midwife.drafts("gr-open-door-house", Alone, map[string]Answer{"age": {"age": {"12-15"}}})
		o := midwife.order(draft)
		_, err := h.s.Send(ctx, midwife.v, draft, "en", o)
		kind(t, err, fault.Invalid, "referral.error.guardian")
		o.Ground, o.How = "gr-life", ""
		_, err = h.s.Send(ctx, midwife.v, draft, "en", o)
		kind(t, err, fault.Invalid, "referral.error.ground") // danger to life was not answered
		o.Ground = "gr-child"
		_, err = h.s.Send(ctx, midwife.v, draft, "en", o)
		kind(t, err, fault.Invalid, "referral.error.ground-reason")
		o.Reason = "bruises, afraid to go home"
		_, err = h.s.Send(ctx, midwife.v, draft, "en", o)
		h.must(err)
		if len(h.given) != 0 {
			t.Error("a ground is recorded as a consent")
		}
	})
}

// req: REVIEW-1
func TestASecondPersonReviewsWithinADayAndCannotVetoAPersonalDuty(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		send := func(setting string, age, ground string) string {
			draft := midwife.drafts("gr-open-door-house", setting, map[string]Answer{"age": {"age": {age}}})
			o := midwife.order(draft)
			o.Ground, o.Reason = ground, "a knife was shown"
			_, err := h.s.Send(ctx, midwife.v, draft, "en", o)
			h.must(err)
			return draft
		}
		duty, life := send(Alone, "under-12", "gr-child"), send(Danger, "25-39", "gr-life")
		if !slices.Contains(h.notices, "review head") {
			t.Errorf("the lead is not told: %v", h.notices)
		}
		got := h.as("head").looks(duty)
		if !got.Review || got.MayStop || len(got.Words) != 1 || got.Words[0].Text != "a knife was shown" || !got.ReviewDue.Equal(h.now.Add(24*time.Hour)) {
			t.Fatalf("the lead sees %+v", got)
		}
		if len(h.as("mira").looks(duty).Words) != 0 {
			t.Error("the reason went to the receiver")
		}
		kind(t, h.s.Review(ctx, midwife.v, duty, "agree", "", "o1"), fault.Denied, "")
		kind(t, h.s.Review(ctx, h.as("head").v, duty, "stop", "no", "o2"), fault.Denied, "")
		h.must(h.s.Review(ctx, h.as("head").v, duty, "concern", "tell the prosecutor for minors too", "o3"))
		if got := h.as("mira").looks(duty); got.State != Received {
			t.Errorf("a comment changed the state to %v", got.State)
		}
		kind(t, h.s.Review(ctx, h.as("head").v, duty, "agree", "", "o4"), fault.Conflict, "")

		h.notices = nil
		h.later(24 * time.Hour)
		if !slices.Contains(h.notices, "review head") {
			t.Errorf("the missing review is not reminded: %v", h.notices)
		}
		h.must(h.s.Review(ctx, h.as("head").v, life, "stop", "there was no danger", "o5"))
		h.as("mira").cannotSee(life)
	})
}

func TestSilenceIsRemindedEscalatedAndTheSenderIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		h.notices = nil
		steps := []struct {
			wait time.Duration
			want []string
		}{
			{29 * time.Minute, nil},
			{time.Minute, []string{"reminder boss", "reminder mira", "reminder nils"}},
			{30 * time.Minute, []string{"overdue boss", "overdue midwife"}},
			{time.Hour, []string{"overdue head"}},
			{24 * time.Hour, nil},
		}
		for _, step := range steps {
			h.notices = nil
			h.later(step.wait)
			slices.Sort(h.notices)
			if !slices.Equal(h.notices, step.want) {
				t.Errorf("after %v: %v, want %v", step.wait, h.notices, step.want)
			}
		}
		if got := h.as("midwife").looks(r); got.Escalated != SenderLeadTold {
			t.Errorf("level %v", got.Escalated)
		}
	})
}

func TestAnAnswerStopsTheRemindersAndAnAnsweredQuestionStartsThemAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		v := h.as("mira").looks(r).Version
		h.as("mira").does(r, Deed{Action: Ask, Text: "How many children?", Version: v, Once: id.New()})
		if got := h.as("midwife").looks(r); got.Turn != "sender" || !got.DueAt.IsZero() || got.AnsweredAt.IsZero() {
			t.Fatalf("turn %q due %v", got.Turn, got.DueAt)
		}
		h.notices = nil
		h.later(3 * time.Hour)
		if len(h.notices) != 0 {
			t.Errorf("reminded although answered: %v", h.notices)
		}
		h.as("midwife").does(r, Deed{Action: Reply, Text: "One", Once: id.New()})
		if got := h.as("mira").looks(r); got.Turn != "receiver" || !got.DueAt.Equal(h.now.Add(time.Hour)) {
			t.Fatalf("turn %q due %v", got.Turn, got.DueAt)
		}
		h.notices = nil
		h.later(time.Hour)
		if !slices.Contains(h.notices, "overdue midwife") {
			t.Errorf("the second silence is not told: %v", h.notices)
		}
	})
}

func TestAReminderDoesNotSpoilTheAnswerThatIsBeingWritten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		v := h.as("mira").looks(r).Version
		h.later(90 * time.Minute)
		h.as("nils").looks(r)
		h.as("mira").does(r, Deed{Action: Accept, Version: v, Once: id.New()})
	})
}

// req: FEEDBACK-1
// req: FEEDBACK-2
func TestWithoutFeedbackTheSenderLearnsNothingAfterAcceptance(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends(PartNeeds, PartContact)
		h.as("mira").looks(r)
		h.as("mira").does(r, Deed{Action: Accept, Text: "we take care", Once: id.New()})
		h.notices = nil
		h.as("mira").does(r, Deed{Action: Appoint, When: h.now.Add(time.Hour), Text: "at the harbour", Once: id.New()})
		h.as("mira").does(r, Deed{Action: Close, Code: "helped", Text: "she lives in Volos now", Once: id.New()})
		got := h.as("midwife").looks(r)
		if got.State != Accepted || got.Outcome != "" || len(got.Words) != 1 || got.Turn != "" {
			t.Errorf("the sender sees %v %q %+v", got.State, got.Outcome, got.Words)
		}
		for _, e := range got.Events {
			if e.Action == Appoint || e.Action == Close {
				t.Errorf("the timeline betrays %v", e.Action)
			}
		}
		if len(h.notices) != 0 {
			t.Errorf("notified %v", h.notices)
		}
		h.must(h.db.Read(ctx, func(tx *db.Tx) error {
			n := 0
			err := tx.Each(wrapsOfStmt, func(func(...any) error) error { n++; return nil }, r, "hospital")
			if n != 2 {
				t.Errorf("the sender holds %d keys, want packet and acceptance", n)
			}
			return err
		}))
		for _, row := range h.lists("midwife") {
			if row.State != Accepted || row.Outcome != "" {
				t.Errorf("the list betrays %v %v", row.State, row.Outcome)
			}
		}
	})
}

func (h *house) lists(user string) []Row {
	h.t.Helper()
	out, err := h.s.List(ctx, h.as(user).v, 1, 200)
	h.must(err)
	return out
}

// req: CONSENT-7
func TestPassingOnNeedsANewConsentAndOnlyThenTheFirstIsRedirected(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		mira := h.as("mira")
		mira.looks(r)
		draft, err := h.s.PassOn(ctx, mira.v, r, id.New())
		h.must(err)
		if got := h.as("midwife").looks(r).State; got != Received {
			t.Fatalf("redirected without a new consent: %v", got)
		}
		d, err := h.s.Load(ctx, mira.v, draft)
		h.must(err)
		if d.Answers["name"].One("name") != herName || NextStep(d.Kind, d.Answers, "") != "setting" {
			t.Fatalf("the draft holds %v", d.Answers)
		}
		h.must(h.s.Save(ctx, AuthorOf(mira.v), draft, "setting", Answer{"setting": {Alone}}))
		h.must(h.s.Address(ctx, AuthorOf(mira.v), draft, "gr-second-desk"))
		_, err = h.s.Send(ctx, mira.v, draft, "en", mira.order(draft))
		h.must(err)
		if got := h.as("midwife").looks(r); got.State != Redirected || len(got.Children) != 1 {
			t.Errorf("the sender sees %v %v", got.State, got.Children)
		}
		if h.as("second").looks(draft).State != Received || len(h.given) != 2 {
			t.Errorf("consents: %d", len(h.given))
		}
		receipt, err := h.s.Withdraw(ctx, h.as("midwife").v, r, true)
		h.must(err)
		if receipt.Ended != 1 || len(h.ended) != 2 {
			t.Errorf("onward: %+v, ledger %v", receipt, h.ended)
		}
		h.as("second").cannotSee(draft)
	})
}

// req: CONSENT-5
func TestACopyThatWaitsToBePassedOnGoesWithTheWithdrawal(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		mira := h.as("mira")
		mira.looks(r)
		draft, err := h.s.PassOn(ctx, mira.v, r, id.New())
		h.must(err)
		_, err = h.s.Withdraw(ctx, h.as("midwife").v, r, false)
		h.must(err)
		if _, err := h.s.Load(ctx, mira.v, draft); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the caseworker still opens the copy: %v", err)
		}
	})
}

func TestAnAnsweredEnquiryBecomesAReferralWithConsent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		midwife := h.as("midwife")
		enquiry := midwife.drafts("gr-open-door-house", NotAlone, nil)
		_, err := h.s.Send(ctx, midwife.v, enquiry, "en", midwife.order(enquiry))
		h.must(err)
		h.as("mira").looks(enquiry)
		h.as("mira").does(enquiry, Deed{Action: Accept, Hours: 24, Once: id.New()})
		round, err := h.s.RoundOf(ctx, midwife.v, enquiry)
		h.must(err)
		draft, err := h.s.Choose(ctx, midwife.v, round, enquiry)
		h.must(err)
		d, err := h.s.Load(ctx, midwife.v, draft)
		h.must(err)
		if d.Answers["need"].One("need") != "accommodation" || NextStep(d.Kind, d.Answers, "") != "setting" {
			t.Errorf("%v", d.Answers)
		}
	})
}

// req: LIFE-1
func TestNinetyDaysAfterTheEndNobodyCanOpenTheContent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		h.as("mira").looks(r)
		h.as("mira").does(r, Deed{Action: Decline, Code: "no-place", Once: id.New()})
		h.later(ContentLife - time.Hour)
		if h.as("midwife").looks(r).Packet == nil {
			t.Error("gone too early")
		}
		h.later(2 * time.Hour)
		got := h.as("midwife").looks(r)
		if got.Packet != nil || !got.Ended || got.Reason != "no-place" {
			t.Errorf("after its life: %+v", got.Packet)
		}
		h.later(time.Hour)
		draft := h.as("midwife").drafts("gr-open-door-house", Alone, nil)
		h.later(DraftLife + time.Hour)
		if _, err := h.s.Load(ctx, h.as("midwife").v, draft); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the forgotten draft is there: %v", err)
		}
	})
}

func TestAnAgencyThatChangesItsKeyMeanwhileReceivesWithTheNewOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		h.newKey("support")
		second := h.as("midwife").sends()
		if h.as("mira").looks(r).Packet == nil || h.as("mira").looks(second).Packet == nil {
			t.Error("one of them does not open")
		}
	})
}

func TestALockedDeskKnowsOfItButSeesNoContentAndDoesNotReceiveIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		got := h.as("mira").locked().looks(r)
		if !got.Locked || got.Packet != nil || got.State != Sent || len(got.Actions) != 1 || got.Actions[0] != Withdraw {
			t.Errorf("%+v", got)
		}
		err := h.s.Act(ctx, h.as("mira").locked().v, r, Deed{Action: Ask, Text: "x"})
		if k := fault.KindOf(err); k != fault.Unlock && k != fault.Conflict {
			t.Errorf("%v", err)
		}
	})
}

// req: READING-1
func TestWhoOpenedTheContentAndWhenIsRecordedOncePerHour(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.as("midwife").sends()
		for range 3 {
			h.as("mira").looks(r)
			h.as("nils").looks(r)
		}
		h.now = h.now.Add(time.Hour)
		h.as("mira").looks(r)
		got := h.as("midwife").looks(r).Readings
		if len(got) != 3 || got[2].Name != "Name of mira" || !got[2].At.Equal(h.now) {
			t.Errorf("%+v", got)
		}
		h.must(h.db.Read(ctx, func(tx *db.Tx) error {
			leaves, err := audit.History(tx, "referral/"+r)
			if len(leaves) != 4 {
				t.Errorf("%d leaves", len(leaves))
			}
			return err
		}))
	})
}

// The scope of every list stays within the policy, whatever the states.
func TestNoListShowsWhatThePolicyHides(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	var all []string
	for range 6 {
		all = append(all, h.as("midwife").sends(), h.as("nurse").sends())
	}
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom(all).Draw(t, "referral")
		user := rapid.SampledFrom([]string{"midwife", "nurse", "head", "mira", "boss", "insider"}).Draw(t, "user")
		v := h.as(user).v
		switch rapid.IntRange(0, 5).Draw(t, "deed") {
		case 0:
			_, _ = h.s.Look(ctx, v, r)
		case 1:
			_ = h.s.Act(ctx, v, r, Deed{Action: Accept})
		case 2:
			_ = h.s.Act(ctx, v, r, Deed{Action: Close, Code: "helped"})
		case 3:
			_, _ = h.s.Withdraw(ctx, v, r, true)
		case 4:
			_ = h.s.Act(ctx, v, r, Deed{Action: Decline, Code: "language"})
		}
		for name := range h.users {
			viewer := h.as(name).v
			shown := map[string]bool{}
			for _, row := range h.lists(name) {
				shown[row.ID] = true
			}
			today, err := h.s.TodayOf(ctx, viewer)
			if err != nil {
				t.Fatal(err)
			}
			for _, list := range [][]Line{today.Due, today.New, today.Waiting, today.Going, today.Done} {
				for _, row := range list {
					shown[row.ID] = true
				}
			}
			for _, one := range all {
				_, err := h.s.look(ctx, viewer, one)
				if may := err == nil; may != shown[one] && (shown[one] || len(h.lists(name)) < 200) && shown[one] {
					t.Fatalf("%s is shown %s: %v", name, one, err)
				} else if may && !shown[one] {
					t.Fatalf("%s may know of %s and does not find it", name, one)
				}
			}
		}
	})
}

// After the story, the words are nowhere in the files of the database.
func TestTheDatabaseFileAndItsLogHoldNoneOfThePersonsWords(t *testing.T) {
	dir := t.TempDir()
	d, err := db.Open(ctx, db.Config{Path: filepath.Join(dir, "amelie.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx, schemas...); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, d)
	midwife := h.as("midwife")
	midwife.drafts("gr-second-desk", Alone, nil)
	draft := midwife.drafts("gr-open-door-house", Alone, nil)
	h.must(h.s.Attach(ctx, AuthorOf(midwife.v), draft, "passport-of-Zorica.pdf", []byte("%PDF-1.4 "+herStory)))
	_, err = h.s.Send(ctx, midwife.v, draft, "en", midwife.order(draft, append(slices.Clone(allParts), PartAttachments)...))
	h.must(err)
	h.as("mira").looks(draft)
	f, body, err := h.s.OpenFile(ctx, h.as("mira").v, draft, h.as("mira").looks(draft).Packet.Files[0].ID)
	if err != nil || f.Type != "application/pdf" || !bytes.Contains(body, []byte(herStory)) {
		t.Fatalf("attachment: %v %v", f, err)
	}
	h.as("mira").does(draft, Deed{Action: Ask, Text: "Does the umbrella-woman sleep?", Once: id.New()})
	h.as("midwife").does(draft, Deed{Action: Reply, Text: "In the laundry-room-of-the-ward", Once: id.New()})
	read := func() []byte {
		var all []byte
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			h.must(err)
			all = append(all, b...)
		}
		return all
	}
	files := read()
	if !bytes.Contains(files, []byte("referral_referral")) || !bytes.Contains(files, []byte("gr-open-door-house")) {
		t.Fatal("the test looks at the wrong files")
	}
	h.must(d.Close())
	files = append(files, read()...)
	for _, word := range []string{herName, herWord, herStory, "passport", "aunt", "+40 711", "umbrella-woman", "laundry-room", "safe-tonight", "25-39", "no-police"} {
		for _, form := range []string{word, strings.ToUpper(word)} {
			if bytes.Contains(files, []byte(form)) {
				t.Errorf("%q stands readable in the database", form)
			}
		}
	}
}

func TestOnlyMembersWhoMeetPeopleSend(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, user := range []string{"coordinator", "admin"} {
			a := h.as(user)
			draft := a.drafts("gr-open-door-house", Alone, nil)
			if _, err := h.s.Send(ctx, a.v, draft, "en", a.order(draft)); fault.KindOf(err) != fault.Denied {
				t.Errorf("%s sends: %v", user, err)
			}
		}
		if _, err := h.s.Send(ctx, nil, "x", "en", Order{}); fault.KindOf(err) != fault.SignIn {
			t.Errorf("a visitor sends: %v", err)
		}
	})
}
