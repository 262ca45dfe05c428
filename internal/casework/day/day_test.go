package day

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/ask"
	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/locale"
)

// house is the world of rooms with the day in it.
type house struct {
	*casetest.House
	d *Service
}

func each(t *testing.T, story func(t *testing.T, h house)) {
	casetest.Each(t, []db.Schema{Schema}, []policy.Source{Policy}, func(t *testing.T, h *casetest.House) {
		d := New(Config{DB: h.DB, Policy: h.S.Policy, Now: h.Clock, Cases: h.S})
		h.S.Add(d.Room())
		story(t, house{h, d})
	})
}

// responsible is who is responsible for a case.
func (h house) responsible(caseID string) string {
	h.T.Helper()
	o, err := h.S.Look(h.Ctx, h.Users["boss"], caseID)
	h.Must(err)
	return o.WorkerID
}

func (h house) offered(to string) HandOver {
	h.T.Helper()
	w, err := h.d.Waiting(h.Ctx, h.Users[to])
	h.Must(err)
	if len(w.Take) != 1 {
		h.T.Fatalf("%d offers wait for %s", len(w.Take), to)
	}
	return w.Take[0]
}

func (h house) noOffer(to string) {
	h.T.Helper()
	w, err := h.d.Waiting(h.Ctx, h.Users[to])
	if h.Must(err); len(w.Take) != 0 {
		h.T.Errorf("%d offers wait for %s", len(w.Take), to)
	}
}

// req: DAY-5
func TestWhoIsAskedIsToldOnceInTheHoursNamedAndOnlyWhileItWaits(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		var mu sync.Mutex
		var told []string
		h.d.Notify = func(_ *db.Tx, user string) error {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, user)
			return nil
		}
		h.d.Leads = func(*db.Tx, string) ([]string, error) { return []string{"boss", "mira"}, nil }
		h.d.When = func(*db.Tx, string, string) (time.Time, error) { return h.Now.Add(time.Hour), nil }
		tells := func(by time.Duration, want ...string) {
			t.Helper()
			h.Pass(by, h.d.Handle)
			slices.Sort(told)
			if !slices.Equal(told, want) {
				t.Errorf("told %v, want %v", told, want)
			}
			told = nil
		}
		c := h.Begins("Rosa")
		plan, err := h.d.Ask(h.Ctx, h.Users["mira"], c, "plan", "please", id.New())
		h.Must(err)
		_, err = h.d.Ask(h.Ctx, h.Users["mira"], c, "assessment", "please", id.New())
		h.Must(err)
		tells(time.Minute)
		tells(time.Hour, "boss") // once, and not who asked
		h.Must(h.d.Step(h.Ctx, h.Users["boss"], c, plan, SendBack, "why?"))
		tells(2*time.Hour, "mira")
		h.Must(h.d.Step(h.Ctx, h.Users["mira"], c, plan, AskAgain, "because"))
		h.Must(h.d.Step(h.Ctx, h.Users["boss"], c, plan, Approve, ""))
		tells(2*time.Hour, "boss", "mira") // the other one still waits for the lead

		h.Must(h.d.Offer(h.Ctx, h.Users["mira"], []string{c}, "nils"))
		h.Must(h.d.Settle(h.Ctx, h.Users["mira"], []string{h.offered("nils").ID}, Withdraw))
		tells(2 * time.Hour) // nothing waits any more
		h.Must(h.d.Offer(h.Ctx, h.Users["mira"], []string{c}, "nils"))
		tells(2*time.Hour, "nils")
		h.Must(h.d.Settle(h.Ctx, h.Users["nils"], []string{h.offered("nils").ID}, Accept))
		tells(2*time.Hour, "mira")
	})
}

// req: DAY-2
func TestAnApprovalIsNeverApprovedTwiceAndNothingFollowsAfterItsEnd(t *testing.T) {
	acts := []Act{Approve, SendBack, AskAgain, Withdraw, Spend, Accept, Decline, "other"}
	rapid.Check(t, func(t *rapid.T) {
		s, over := Asked, false
		for _, act := range rapid.SliceOfN(rapid.SampledFrom(acts), 1, 12).Draw(t, "acts") {
			was := s
			next, err := s.Next(act)
			if err != nil && next != was || over && err == nil {
				t.Fatalf("%s after %s: %s %v", act, was, next, err)
			}
			if next == Approved && was != Approved && (was != Asked || act != Approve) {
				t.Fatalf("approved by %s from %s", act, was)
			}
			s, over = next, next == Withdrawn || next == Spent
		}
	})
}

// req: DAY-1
func TestAHandOverIsAnsweredOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Offered
		for i, act := range rapid.SliceOfN(rapid.SampledFrom([]Act{Accept, Decline, Withdraw}), 1, 5).Draw(t, "acts") {
			next, err := o.Next(act)
			if (i == 0) != (err == nil) {
				t.Fatalf("%d: %s from %s: %v", i, act, o, err)
			}
			o = next
		}
	})
}

// req: DAY-1, DAY-3
func TestTheGiverStaysResponsibleUntilTheReceiverAccepts(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		mira, nils := h.Users["mira"], h.Users["nils"]
		one, two := h.Begins("Rosa"), h.Begins("Amir")
		h.Must(h.d.Offer(h.Ctx, mira, []string{one}, "nils"))
		h.Must(h.d.Offer(h.Ctx, mira, []string{one}, "nils")) // pressed twice
		h.Refused("offering to another what is offered already", h.d.Offer(h.Ctx, mira, []string{one}, "boss"), fault.Invalid)
		h.Refused("a worker moves it past the other one", h.S.Assign(h.Ctx, mira, one, "nils"), fault.Denied)
		if got := h.responsible(one); got != "mira" {
			t.Errorf("offered, and %s is responsible", got)
		}
		if _, err := h.S.Look(h.Ctx, nils, one); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the receiver opens what was only offered: %v", err)
		}
		offer := h.offered("nils")
		for _, who := range []string{"mira", "boss", "clerk", "second", "insider", "coordinator", "admin"} {
			if err := h.d.Settle(h.Ctx, h.Users[who], []string{offer.ID}, Accept); err == nil {
				t.Errorf("%s accepts what was offered to nils", who)
			}
		}
		h.Refused("an insider learns of it", h.d.Settle(h.Ctx, h.Users["insider"], []string{offer.ID}, Accept), fault.NotFound)
		h.Refused("as of one that does not exist", h.d.Settle(h.Ctx, h.Users["insider"], []string{id.New()}, Accept), fault.NotFound)
		h.Must(h.d.Settle(h.Ctx, nils, []string{offer.ID}, Decline))
		h.Refused("accepting what was declined", h.d.Settle(h.Ctx, nils, []string{offer.ID}, Accept), fault.Conflict)
		if got := h.responsible(one); got != "mira" {
			t.Errorf("declined, and %s is responsible", got)
		}
		h.Must(h.d.Offer(h.Ctx, mira, []string{one, two}, "nils"))
		w, err := h.d.Waiting(h.Ctx, h.Locked("nils"))
		h.Must(err)
		h.Must(h.d.Settle(h.Ctx, h.Locked("nils"), []string{w.Take[0].ID, w.Take[1].ID}, Accept))
		if h.responsible(one) != "nils" || h.responsible(two) != "nils" {
			t.Error("accepted, and not responsible")
		}
		h.Refused("the giver still opens it", h.d.Offer(h.Ctx, mira, []string{one}, "boss"), fault.NotFound)
	})
}

func TestAnOfferDoesNotHoldWhenTheCaseMovedOnOrWasClosed(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		mira, boss := h.Users["mira"], h.Users["boss"]
		c := h.Begins("Rosa")
		h.Must(h.d.Offer(h.Ctx, mira, []string{c}, "nils"))
		old := h.offered("nils").ID
		h.Must(h.S.Assign(h.Ctx, boss, c, "boss"))
		h.noOffer("nils")
		h.Refused("accepting a case that a lead moved", h.d.Settle(h.Ctx, h.Users["nils"], []string{old}, Accept), fault.Conflict)
		if got := h.responsible(c); got != "boss" {
			t.Errorf("%s is responsible", got)
		}
		other := h.Begins("Amir")
		h.Must(h.d.Offer(h.Ctx, mira, []string{other}, "nils"))
		h.Must(h.S.Act(h.Ctx, mira, other, casework.Close, nil))
		h.noOffer("nils")
		h.Refused("offering a closed case", h.d.Offer(h.Ctx, mira, []string{other}, "nils"), fault.Invalid)
		h.Refused("offering to somebody of another agency", h.d.Offer(h.Ctx, boss, []string{c}, "second"), fault.Invalid)
		h.Refused("offering two, one of which is not mine", h.d.Offer(h.Ctx, mira, []string{h.Begins("Lin"), c}, "nils"), fault.NotFound)
		h.noOffer("nils")                                   // all or none
		h.Must(h.d.Offer(h.Ctx, boss, []string{c}, "nils")) // the new worker offers it anew
		h.Must(h.d.Settle(h.Ctx, h.Users["nils"], []string{h.offered("nils").ID}, Accept))
		if got := h.responsible(c); got != "nils" {
			t.Errorf("%s is responsible", got)
		}
	})
}

// req: DAY-2
func TestALeadApprovesWhatSomebodyElseAskedAndOnlyThenIsTheCaseClosed(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		mira, boss := h.Users["mira"], h.Users["boss"]
		c := h.Begins("Rosa")
		h.Must(h.d.WantClosure(h.Ctx, boss, true))
		h.Refused("a worker decides about it", h.d.WantClosure(h.Ctx, mira, false), fault.Denied)
		closes := func() error { return h.S.Act(h.Ctx, mira, c, casework.Close, nil) }
		h.Refused("closing without approval", closes(), fault.Invalid)
		once := id.New()
		for range 2 { // pressed twice
			_, err := h.d.Ask(h.Ctx, mira, c, "closure", "all is reached", once)
			h.Must(err)
		}
		_, err := h.d.Ask(h.Ctx, mira, c, "closure", "again", id.New())
		h.Refused("asking the same again", err, fault.Conflict)
		h.Refused("closing while it is asked", closes(), fault.Invalid)
		step := func(who string, act Act, words string) error {
			return h.d.Step(h.Ctx, h.Users[who], c, once, act, words)
		}
		h.Refused("approving what one asked", step("mira", Approve, ""), fault.Denied)
		h.Refused("a stranger approves", step("insider", Approve, ""), fault.NotFound)
		h.Refused("sending back without a word", step("boss", SendBack, ""), fault.Invalid)
		h.Must(step("boss", SendBack, "ask how it was"))
		h.Refused("closing when it came back", closes(), fault.Invalid)
		h.Must(step("mira", AskAgain, "done"))
		h.Must(step("boss", Approve, ""))
		e, before, err := h.S.Entry(h.Ctx, mira, c, once)
		if h.Must(err); len(before) != 3 || before[0].Fields.One("words") != "done" || e.Fields.One("standing") != string(Approved) {
			t.Errorf("%v after %v", e.Fields, before)
		}
		h.Must(closes())
		h.Must(h.S.Act(h.Ctx, mira, c, casework.Reopen, nil))
		h.Refused("closing again with what was used up", closes(), fault.Invalid)
		_, err = h.d.Ask(h.Ctx, boss, c, "closure", "", once[:len(once)-4]+"0000")
		h.Must(err)
		w, err := h.d.Waiting(h.Ctx, boss)
		if h.Must(err); len(w.Approve) != 0 {
			t.Error("a lead is asked for what the same lead asked")
		}
	})
}

// req: DAY-2
func TestAnApprovalToCloseHoldsForTheFileThatTheLeadSaw(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		mira, boss := h.Users["mira"], h.Users["boss"]
		c := h.Begins("Rosa")
		h.Must(h.d.WantClosure(h.Ctx, boss, true))
		approved := func() {
			h.T.Helper()
			a, err := h.d.Ask(h.Ctx, mira, c, "closure", "", id.New())
			h.Must(err)
			h.Must(h.d.Step(h.Ctx, boss, c, a, Approve, ""))
			h.Now = h.Now.Add(time.Hour)
		}
		approved()
		h.Writes("mira", c, "service", ask.Answer{"need": {"accommodation"}, "standing": {"given"}})
		h.Refused("closing what changed since", h.S.Act(h.Ctx, mira, c, casework.Close, nil), fault.Invalid)
		approved()
		h.Writes("mira", c, Flag, ask.Answer{"words": {"for ourselves"}, "day": {"2026-12-20"}})
		h.Must(h.S.Act(h.Ctx, mira, c, casework.Close, nil))
		h.Must(h.DB.Read(h.Ctx, func(tx *db.Tx) error {
			trail, err := audit.History(tx, "case/"+c)
			if !slices.ContainsFunc(trail, func(e audit.Entry) bool { return e.Action == "case.day.approval-spent" }) {
				t.Error("the log does not say that the approval was used")
			}
			return err
		}))
	})
}

// req: DAY-2
func TestALeadWhoIsResponsibleForTheCaseDoesNotApproveWhatAColleagueAsked(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		boss := h.Users["boss"]
		c := h.Begins("Rosa")
		a, err := h.d.Ask(h.Ctx, h.Users["mira"], c, "closure", "", id.New())
		h.Must(err)
		waits := func() int {
			w, err := h.d.Waiting(h.Ctx, boss)
			h.Must(err)
			return len(w.Approve)
		}
		if waits() != 1 {
			t.Error("the lead is not asked")
		}
		h.Must(h.S.Assign(h.Ctx, boss, c, "boss"))
		h.Refused("approving for one's own case", h.d.Step(h.Ctx, boss, c, a, Approve, ""), fault.Denied)
		if waits() != 0 {
			t.Error("a lead is asked about a case of the same lead")
		}
	})
}

func TestWhatTheAgencyAsksBesidesIsItsOwnAndOldAnswersStayUnderTheirNames(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		mira, boss := h.Users["mira"], h.Users["boss"]
		c := h.Begins("Rosa")
		h.Refused("a worker adds a field", h.d.AddField(h.Ctx, mira, Own{Label: "Key", Kind: "text"}), fault.Denied)
		h.Refused("a choice of one", h.d.AddField(h.Ctx, boss, Own{Label: "Key", Kind: "choice", Options: []string{"a"}}), fault.Invalid)
		h.Must(h.d.AddField(h.Ctx, boss, Own{Label: "Number of the key", Kind: "text"}))
		h.Must(h.d.AddField(h.Ctx, boss, Own{Label: "House", Kind: "choice", Options: []string{"North", "South"}}))
		save := func(rev int64, posted map[string][]string) error {
			o, err := h.S.Look(h.Ctx, mira, c)
			h.Must(err)
			return h.d.SaveExtra(h.Ctx, mira, o, rev, posted)
		}
		h.Refused("an answer that is not offered", save(0, ask.Answer{"own-2": {"West"}}), fault.Invalid)
		h.Must(save(0, ask.Answer{"own-1": {"17"}, "own-2": {"North"}, "own-9": {"smuggled"}}))
		h.Refused("a second editor", save(0, ask.Answer{"own-1": {"18"}}), fault.Stale)
		h.Must(h.d.EndField(h.Ctx, boss, 1))
		h.Refused("ending what has ended", h.d.EndField(h.Ctx, boss, 1), fault.Conflict)
		h.Must(h.d.AddField(h.Ctx, boss, Own{Label: "Bus line", Kind: "text"}))
		h.Must(save(1, ask.Answer{"own-3": {"5"}}))
		o, err := h.S.Look(h.Ctx, mira, c)
		h.Must(err)
		e, _ := o.Latest(Extra)
		if e.Fields.One("own-1") != "17" || e.Fields.One("own-2") != "" || e.Fields.One("own-3") != "5" || e.Fields.One("own-9") != "" {
			t.Errorf("%v", e.Fields)
		}
		for i := range MostFields - 2 {
			h.Must(h.d.AddField(h.Ctx, boss, Own{Label: "More " + strconv.Itoa(i), Kind: "day"}))
		}
		h.Refused("one field too many", h.d.AddField(h.Ctx, boss, Own{Label: "Ninth", Kind: "text"}), fault.Invalid)
		_, other, err := h.d.settings(h.Ctx, "second")
		if h.Must(err); len(other) != 0 {
			t.Error("another agency has our fields")
		}
	})
}

func TestTheDayHoldsWhatIsDueInOnesOwnCasesAndTheLeadCountsThem(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		c := h.Begins("Rosa")
		h.Writes("mira", c, Flag, ask.Answer{"words": {"look at the flat"}, "day": {"2026-11-20"}})
		h.Writes("mira", c, "task", ask.Answer{"words": {"ring"}, "day": {"2026-11-22"}})
		far := h.Writes("mira", c, "task", ask.Answer{"words": {"later"}, "day": {"2026-12-24"}})
		list, err := h.S.Ahead(h.Ctx, h.Users["mira"])
		h.Must(err)
		if len(list) != 2 || list[0].Kind != Flag || list[1].Kind != "task" || list[0].Head.Name != "Rosa" {
			t.Errorf("%+v", list)
		}
		if slices.ContainsFunc(list, func(a casework.Ahead) bool { return a.Entry == far }) {
			t.Error("what is due in a month stands on the day")
		}
		if list, err = h.S.Ahead(h.Ctx, h.Locked("mira")); err != nil || len(list) != 2 || list[0].Head.Name != "" {
			t.Errorf("locked: %v %v", list, err)
		}
		for _, who := range []string{"nils", "second", "insider", "admin"} {
			if list, _ := h.S.Ahead(h.Ctx, h.Users[who]); len(list) != 0 {
				t.Errorf("%s sees %v", who, list)
			}
		}
		load, err := h.S.Workload(h.Ctx, h.Locked("boss"))
		h.Must(err)
		i := slices.IndexFunc(load, func(l casework.Load) bool { return l.UserID == "mira" })
		if i < 0 || load[i].Open != 1 || load[i].Late != 1 {
			t.Errorf("%+v", load)
		}
		_, err = h.S.Workload(h.Ctx, h.Users["mira"])
		h.Refused("a worker counts the others", err, fault.Denied)
		week := casework.Query{Scope: casework.Mine, State: casework.Open, Before: h.Now.Add(-72 * time.Hour)}
		lines, _, err := h.S.List(h.Ctx, h.Users["mira"], week)
		if h.Must(err); len(lines) != 0 {
			t.Error("a list by date shows what is due later")
		}
		week.Before = h.Now
		if lines, _, err = h.S.List(h.Ctx, h.Users["mira"], week); err != nil || len(lines) != 1 {
			t.Errorf("%v %v", lines, err)
		}
	})
}

func TestWhoMayNotKnowOfACaseAsksNothingAboutIt(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		c := h.Begins("Rosa")
		approval, err := h.d.Ask(h.Ctx, h.Users["mira"], c, "plan", "please", id.New())
		h.Must(err)
		for _, who := range casetest.Strangers {
			v := h.Users[who]
			_, err := h.d.Ask(h.Ctx, v, c, "plan", "", id.New())
			h.Refused(who+" asks", err, fault.NotFound)
			h.Refused(who+" approves", h.d.Step(h.Ctx, v, c, approval, Approve, ""), fault.NotFound)
			if err := h.d.Offer(h.Ctx, v, []string{c}, "nils"); err == nil || fault.KindOf(err) == fault.Denied {
				t.Errorf("%s offers: %v", who, err)
			}
		}
	})
}

func TestEveryWordOfTheDayIsThereInEveryLanguage(t *testing.T) {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	var need []string
	for _, k := range Kinds() {
		need = append(need, "day.kind."+k.ID)
		if k.Hint {
			need = append(need, "day.hint."+k.ID)
		}
		for _, f := range k.Fields {
			switch {
			case strings.HasPrefix(f.Name, "own-"):
				continue
			case f.Name == "words":
				need = append(need, "day.words."+k.ID)
			default:
				need = append(need, "day.field."+f.Name)
			}
			for _, o := range f.Options {
				need = append(need, "day.option."+f.Name+"."+o)
			}
		}
	}
	for _, s := range []Standing{Asked, Approved, SentBack, Withdrawn, Spent} {
		need = append(need, "day.event.approval-"+string(s), "day.state."+string(s))
	}
	for _, o := range []Offer{Offered, Accepted, Declined, TakenOff} {
		need = append(need, "day.event.hand-over-"+string(o))
	}
	for _, a := range []Act{Accept, Decline, Withdraw} {
		need = append(need, "day.settled."+string(a))
	}
	for _, k := range OwnKinds {
		need = append(need, "day.own-kind."+k)
	}
	for _, by := range casework.DueBy[1:] {
		need = append(need, "casework.by-when."+by)
	}
	for _, key := range append(need, "casework.by-when.any") {
		for _, lang := range i18n.Languages {
			if !texts.Has(lang, key) {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
	}
}

// req: FILE-4
func TestWhatThePersonSaidLastAboutAPhotoCountsUntilItsDay(t *testing.T) {
	today := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	said := func(what, agreed, until string) casework.Entry {
		e := casework.Entry{}
		e.Kind, e.Fields = Likeness, ask.Answer{"what": {what}, "agreed": {agreed}, "until": {until}}
		return e
	}
	for name, c := range map[string]struct {
		said []casework.Entry
		want bool
	}{
		"nothing":                  {nil, false},
		"in writing":               {[]casework.Entry{said("photo", "written", "")}, true},
		"in words, until today":    {[]casework.Entry{said("photo", "spoken", "2026-11-22")}, true},
		"until yesterday":          {[]casework.Entry{said("photo", "spoken", "2026-11-21")}, false},
		"a no":                     {[]casework.Entry{said("photo", "no", "")}, false},
		"taken back later":         {[]casework.Entry{said("photo", "written", ""), said("photo", "no", "")}, false},
		"only about the signature": {[]casework.Entry{said("signature", "written", "")}, false},
		"both":                     {[]casework.Entry{said("photo", "written", ""), said("signature", "no", "")}, true},
	} {
		if got := Agreed(&casework.Opened{Entries: c.said}, "photo", today); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
