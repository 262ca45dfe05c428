package glass

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/casework/share"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"

	"pgregory.net/rapid"
)

type house struct {
	*casetest.House
	s      *Service
	alert  int
	nobody bool // can be told
}

func each(t *testing.T, story func(t *testing.T, h *house)) {
	casetest.Each(t, []db.Schema{Schema}, []policy.Source{Policy}, func(t *testing.T, c *casetest.House) {
		h := &house{House: c}
		h.s = New(Config{DB: c.DB, Policy: policy.Must(casework.Policy, Policy), Now: c.Clock, Cases: c.S, Agencies: c, Alert: func(*db.Tx, string, string) (bool, error) { h.alert++; return !h.nobody, nil }})
		c.S.Glass = h.s.Held
		c.S.Add(h.s.Room())
		story(t, h)
	})
}

func code(caseID string) string { return casework.Row{ID: caseID}.Code() }

func danger(said string) Ask {
	return Ask{Once: id.New(), Said: said, Reason: "She called and cannot speak", Hours: 4, Danger: true}
}

// req: GLASS-1, GLASS-2
func TestAColleagueOpensACaseInDangerForFourHoursAndTheLeadsAreTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.Begins("Rosa")
		h.Writes("mira", caseID, "note", ask.Answer{"words": {"brings the papers"}})
		nils := h.Users["nils"]
		if h.Reads("nils", caseID) != nil {
			t.Fatal("nils reads it anyway")
		}
		a := danger(code(caseID))
		for range 2 { // pressed twice
			got, err := h.s.Break(h.Ctx, nils, a)
			h.Must(err)
			if got.CaseID != caseID || got.Untold {
				t.Fatalf("opened %+v", got)
			}
		}
		if h.alert != 1 || len(h.Reads("nils", caseID)) != 1 {
			t.Errorf("%d alerts, reads %v", h.alert, h.Reads("nils", caseID))
		}
		err := h.S.Grant(h.Ctx, nils, caseID, casework.Share{To: "second", Parts: []casework.Part{casework.Legal}, Until: h.Now.Add(time.Hour)}, nil)
		h.Refused("giving away", err, fault.Denied)
		h.Refused("handing over", h.S.Assign(h.Ctx, nils, caseID, "nils"), fault.Denied)
		o, err := h.S.Look(h.Ctx, h.Users["mira"], caseID)
		h.Must(err)
		if !slices.ContainsFunc(o.Events, func(e casework.Event) bool { return e.Action == "glass.break" && e.UserName == nils.Name }) {
			t.Error("the file does not say so")
		}
		all, err := h.s.openings(h.Ctx, h.Users["boss"], caseID)
		h.Must(err)
		if len(all) != 1 || all[0].Reason != a.Reason {
			t.Errorf("%+v", all)
		}
		h.Now = h.Now.Add(4*time.Hour - time.Second)
		if h.Reads("nils", caseID) == nil {
			t.Error("closed before its time")
		}
		h.Now = h.Now.Add(time.Second) // no job ran
		if h.Reads("nils", caseID) != nil {
			t.Error("still open after four hours")
		}
	})
}

// req: GLASS-3
func TestWhoAsksForACaseThatIsNotThereLearnsNothingAndIsCounted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.Begins("Rosa")
		nils := h.Users["nils"]
		for field, spoil := range map[string]func(*Ask){"said": func(a *Ask) { a.Said = " " }, "reason": func(a *Ask) { a.Reason = "short" }, "hours": func(a *Ask) { a.Hours = 5 }, "danger": func(a *Ask) { a.Danger = false }} {
			a := danger(code(caseID))
			spoil(&a)
			_, err := h.s.Break(h.Ctx, nils, a)
			if f := fault.Find(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != field {
				t.Errorf("without %s: %v", field, err)
			}
		}
		for range mostTries {
			_, err := h.s.Break(h.Ctx, nils, danger("ffffff"))
			h.Refused("none there", err, fault.Invalid)
		}
		if h.alert != mostTries {
			t.Errorf("the leads were told %d times", h.alert)
		}
		_, err := h.s.Break(h.Ctx, nils, danger(code(caseID)))
		h.Refused("after too many", err, fault.TooMany)
		h.Now = h.Now.Add(25 * time.Hour)
		if _, err = h.s.Break(h.Ctx, nils, danger(code(caseID))); err != nil {
			t.Errorf("a day later: %v", err)
		}
	})
}

// A token that served once is no way to look for other cases unseen.
//
// req: GLASS-1, GLASS-3
func TestATokenThatServedBeforeIsCountedAndToldLikeANewOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		rosa, other, nils := h.Begins("Rosa"), h.Begins("Lina"), h.Users["nils"]
		a := danger("ffffff")
		_, err := h.s.Break(h.Ctx, nils, a)
		h.Refused("none there", err, fault.Invalid)
		for n, caseID := range []string{rosa, other} { // the corrected form, and another search
			a.Said = code(caseID)
			got, err := h.s.Break(h.Ctx, nils, a)
			h.Must(err)
			if got.CaseID != caseID || h.alert != n+2 {
				t.Errorf("%+v, %d alerts", got, h.alert)
			}
			h.Must(h.knows("nils", caseID))
		}
		a.Said = "ffffff"
		_, err = h.s.Break(h.Ctx, nils, a)
		h.Refused("none there", err, fault.Invalid)
		h.Now = h.Now.Add(5 * time.Hour)
		a.Said = code(rosa)
		_, err = h.s.Break(h.Ctx, nils, a)
		h.Must(err)
		if h.alert != 5 {
			t.Errorf("the leads were told %d times", h.alert)
		}
		h.Must(h.knows("nils", rosa))
	})
}

// knows is nil for whom a case is open now.
func (h *house) knows(user, caseID string) error {
	_, err := h.S.Look(h.Ctx, h.Users[user], caseID)
	return err
}

// req: GLASS-1
func TestWhereNobodyCanBeToldItOpensAndSaysSo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.nobody = true
		caseID := h.Begins("Rosa")
		got, err := h.s.Break(h.Ctx, h.Users["nils"], danger(code(caseID)))
		h.Must(err)
		o, err := h.S.Look(h.Ctx, h.Users["mira"], caseID)
		h.Must(err)
		if !got.Untold || !slices.ContainsFunc(o.Events, func(e casework.Event) bool { return e.Action == "glass.untold" }) {
			t.Errorf("%+v, %v", got, o.Events)
		}
	})
}

// req: GLASS-1
func TestNobodyElseBreaksTheGlassAndItNeverReachesAnotherAgencysCase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.Begins("Rosa")
		for _, user := range []string{"second", "officer", "third"} { // caseworkers elsewhere: for them there is no such case
			_, err := h.s.Break(h.Ctx, h.Users[user], danger(code(caseID)))
			h.Refused(user, err, fault.Invalid)
		}
		for _, user := range []string{"clerk", "insider", "coordinator", "auditor", "admin", "boss"} {
			if _, err := h.s.Break(h.Ctx, h.Users[user], danger(code(caseID))); err == nil {
				t.Errorf("%s broke the glass", user)
			}
		}
		_, err := h.s.Break(h.Ctx, h.Locked("nils"), danger(code(caseID)))
		h.Refused("locked", err, fault.Unlock)
		for _, user := range casetest.Strangers {
			if h.Reads(user, caseID) != nil {
				t.Errorf("%s reads the case", user)
			}
		}
	})
}

// req: GLASS-4
func TestALeadLooksAfterwardsAndWhatWasNotRightEndsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		caseID := h.Begins("Rosa")
		a := danger(code(caseID))
		_, err := h.s.Break(h.Ctx, h.Users["nils"], a)
		h.Must(err)
		waiting, err := h.s.Waiting(h.Ctx, h.Users["boss"])
		h.Must(err)
		if len(waiting) != 1 {
			t.Errorf("%d wait for the lead", len(waiting))
		}
		for _, user := range []string{"mira", "nils"} {
			h.Refused(user, h.s.Review(h.Ctx, h.Users[user], caseID, a.Once, true), fault.Denied)
		}
		for _, user := range []string{"insider", "coordinator", "auditor", "admin", "second"} {
			h.Refused(user, h.s.Review(h.Ctx, h.Users[user], caseID, a.Once, true), fault.NotFound)
		}
		h.Must(h.s.Review(h.Ctx, h.Users["boss"], caseID, a.Once, false))
		h.Refused("twice", h.s.Review(h.Ctx, h.Users["boss"], caseID, a.Once, true), fault.Conflict)
		if h.Counted["support glass opened"] != 1 || h.Counted["support glass not-right"] != 1 {
			t.Errorf("counted %v", h.Counted)
		}
		if h.Reads("nils", caseID) != nil {
			t.Error("still open after the lead said no")
		}
		all, err := h.s.openings(h.Ctx, h.Users["mira"], caseID)
		h.Must(err)
		if len(all) != 1 || all[0].ReviewedBy != "Name of boss" {
			t.Errorf("the file does not keep it: %+v", all)
		}
	})
}

// req: GLASS-2
func TestAnOpeningHoldsForOneMemberAndNeverLongerThanFourHours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "hour")) * time.Hour)
		o := Opening{CaseID: rapid.SampledFrom([]string{"", "case"}).Draw(t, "case"), UserID: "nils", At: at, Until: at.Add(time.Duration(rapid.SampledFrom(Hours).Draw(t, "hours")) * time.Hour),
			Outcome: rapid.SampledFrom([]string{Open, Right, NotRight}).Draw(t, "outcome")}
		now := at.Add(time.Duration(rapid.IntRange(-60, 600).Draw(t, "minutes")) * time.Minute)
		user := rapid.SampledFrom([]string{"nils", "mira", ""}).Draw(t, "user")
		if o.Holds(user, now) && (user != "nils" || o.CaseID == "" || o.Outcome == NotRight || now.Before(at) || now.Sub(at) >= 4*time.Hour) {
			t.Fatalf("%+v holds for %s at %s", o, user, now)
		}
	})
}

// who is everybody who might ask, and what the case is to them.
var who = []struct {
	name  string
	roles []string
	own   bool
	attrs map[string]any // beside those of everybody
	mine  bool           // responsible
}{
	{"responsible caseworker", []string{"caseworker"}, true, nil, true},
	{"lead", []string{"lead"}, true, nil, false},
	{"colleague", []string{"caseworker"}, true, nil, false},
	{"colleague in a team", []string{"caseworker"}, true, map[string]any{"team": true}, false},
	{"colleague in danger", []string{"caseworker"}, true, map[string]any{"glass": true}, false},
	{"front-line professional", []string{"professional"}, true, map[string]any{"team": true, "glass": true}, true},
	{"interpreter", []string{"interpreter"}, true, map[string]any{"team": true, "glass": true}, true},
	{"auditor", []string{"auditor"}, true, map[string]any{"team": true, "glass": true}, true},
	{"administrator", []string{"administrator"}, true, map[string]any{"team": true, "glass": true}, true},
	{"coordinator", []string{"coordinator"}, true, map[string]any{"team": true, "glass": true}, true},
	{"another agency's caseworker", []string{"caseworker"}, false, map[string]any{"team": true, "glass": true}, true},
	{"another agency's lead", []string{"lead"}, false, map[string]any{"team": true, "glass": true}, true},
	{"a reader", []string{"caseworker"}, false, map[string]any{"shared": true}, false},
	{"a reader who writes", []string{"lead"}, false, map[string]any{"shared": true, "writes": true}, false},
	{"another agency's professional", []string{"professional"}, false, map[string]any{"shared": true, "writes": true}, false},
	{"another agency's coordinator", []string{"coordinator"}, false, map[string]any{"shared": true, "writes": true}, false},
}

// allowed is what each of them may do with a case, a part that can be shared, the
// own notes (n:), the agency's list, a sharing to review, and the glass. Who is not
// here may do nothing.
var allowed = map[string][]string{
	"responsible caseworker": {"case.know", "case.revoke", "case.open", "case.write", "case.grant", "case.assign", "case.close", "part.know", "part.read", "part.write", "n:part.know", "n:part.read", "n:part.write",
		"caseload.know", "caseload.open", "sharing.know", "sharing.review", "glass.know", "glass.break"},
	"lead": {"case.know", "case.revoke", "case.open", "case.write", "case.grant", "case.assign", "case.close", "part.know", "part.read", "part.write", "n:part.know", "n:part.read", "n:part.write",
		"caseload.know", "caseload.open", "case.erase", "caseload.set", "caseload.count", "sharing.know", "sharing.review", "glass.know", "glass.review"},
	"colleague": {"caseload.know", "caseload.open", "sharing.know", "sharing.review", "glass.know", "glass.break"},
	"colleague in a team": {"case.know", "case.revoke", "case.open", "case.write", "part.know", "part.read", "part.write", "n:part.know", "n:part.read", "n:part.write",
		"caseload.know", "caseload.open", "sharing.know", "sharing.review", "glass.know", "glass.break"},
	"colleague in danger": {"case.know", "case.open", "case.write", "part.know", "part.read", "part.write", "n:part.know", "n:part.read", "n:part.write",
		"caseload.know", "caseload.open", "sharing.know", "sharing.review", "glass.know", "glass.break"},
	"front-line professional": {"caseload.know", "sharing.know"}, "interpreter": {"caseload.know", "sharing.know"}, "auditor": {"caseload.know", "sharing.know"},
	"administrator": {"caseload.know", "sharing.know"}, "coordinator": {"caseload.know", "sharing.know"}, // that there is a list of cases, and nothing in it
	"a reader":            {"case.know", "case.open", "part.know", "part.read"},
	"a reader who writes": {"case.know", "case.open", "part.know", "part.read", "part.write"},
}

// Every role against every action of the file, its ledger and the glass: what is
// not in the table is refused, and an action that the table does not know fails.
//
// req: GLASS-5
func TestEveryRoleMayDoWithACaseWhatTheTableSaysAndNothingElse(t *testing.T) {
	sources := []policy.Source{casework.Policy, share.Policy, Policy}
	e := policy.Must(sources...)
	actions := map[string]bool{}
	for _, s := range sources {
		for _, m := range regexp.MustCompile(`Action::"([^"]+)"`).FindAllStringSubmatch(s.Text, -1) {
			actions[m[1]] = true
		}
	}
	if len(actions) < 18 {
		t.Fatalf("only %d actions found", len(actions))
	}
	for _, w := range who {
		actor := policy.Actor{User: "asks", Agency: "support", Roles: w.roles, Unlocked: true}
		if !w.own {
			actor.Agency = "elsewhere"
		}
		worker := "mira"
		if w.mine {
			worker = "asks"
		}
		attrs := func(part string) map[string]any {
			out := map[string]any{"agency": "support", "worker": worker, "team": false, "glass": false, "shared": false, "writes": false, "by": "somebody", "part": part}
			for k, v := range w.attrs {
				out[k] = v
			}
			return out
		}
		for action := range actions {
			for prefix, part := range map[string]string{"": "legal", "n:": "notes"} {
				typ, isPart := typeOf(action)
				if prefix != "" && !isPart {
					continue
				}
				want := slices.Contains(allowed[w.name], prefix+action)
				if got := e.Allowed(actor, action, policy.Object{Type: typ, ID: "x", Attrs: attrs(part)}); got != want {
					t.Errorf("%s, %s%s: %v, want %v", w.name, prefix, action, got, want)
				}
				locked := actor
				locked.Unlocked = false
				if reads := slices.Contains([]string{"case.open", "case.write", "case.grant", "part.read", "part.write", "caseload.open", "glass.break"}, action); reads && e.Allowed(locked, action, policy.Object{Type: typ, ID: "x", Attrs: attrs(part)}) {
					t.Errorf("%s, %s%s with a locked key", w.name, prefix, action)
				}
			}
		}
	}
}

func typeOf(action string) (typ string, part bool) {
	kind := regexp.MustCompile(`^[a-z]+`).FindString(action)
	return map[string]string{"case": "Case", "part": "Part", "caseload": "Caseload", "sharing": "Sharing", "glass": "Glass"}[kind], kind == "part"
}
