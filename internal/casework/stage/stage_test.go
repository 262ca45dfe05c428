package stage

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/ask"
	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/web"
)

// paperLaw is a small invented mechanism: a period of 30 days from the intake,
// told to the worker seven days and to the leads two days before.
type paperLaw struct{}

func (paperLaw) Countries() []string { return []string{"AA", "BB"} }

func (paperLaw) Graph(code string) Graph {
	g := Graph{Country: code, Events: []string{"intake"}, Conditions: []string{"aa-cond"}, Anonymous: code == "AA"}
	p := strings.ToLower(code) + "-"
	for _, n := range []Node{
		{ID: "concern", Kind: "concern", Next: []string{"presumed", "closed"}, Decides: []string{"anyone"}},
		{ID: "presumed", Kind: "presumed", Next: []string{"decision", "support"}, Decides: []string{"anyone"}},
		{ID: "support", Kind: "support", Next: []string{"decision", "closed"}, Decides: []string{"person"}},
		{ID: "decision", Kind: "decision", Next: []string{"closed"}, Decides: []string{"court"}, Forms: []string{"paper"}},
		{ID: "closed", Kind: "closed", Decides: []string{"person"}},
	} {
		for i := range n.Next {
			n.Next[i] = p + n.Next[i]
		}
		n.ID = p + n.ID
		g.Stages = append(g.Stages, n)
	}
	return g
}

func (paperLaw) Day(_ string, at time.Time) string { return at.UTC().Format(time.DateOnly) }

func (paperLaw) Periods(s State) []Period {
	from, err := time.Parse(time.DateOnly, s.Began["intake"])
	if err != nil {
		return nil
	}
	if s.Minor() { // nobody has stated a length
		return []Period{{ID: "aa-time", Event: "intake"}}
	}
	last := from.AddDate(0, 0, 30)
	return []Period{{ID: "aa-time", Event: "intake", Due: last.Format(time.DateOnly), End: last.AddDate(0, 0, 1),
		Notices: []Notice{{At: last.AddDate(0, 0, -7).Add(8 * time.Hour)}, {At: last.AddDate(0, 0, -2).Add(8 * time.Hour), Lead: true}}}}
}

func (paperLaw) Tell(*web.Ctx, State, []string) (Told, error) { return Told{}, nil }
func (paperLaw) Name(_, code string) string                   { return code }
func (paperLaw) Regions(code string) []string                 { return []string{code + "-1"} }

// room is the room of stages in the house of the tests.
type room struct {
	*casetest.House
	s    *Service
	told []string // who was told: a user, or "leads of" an agency
}

var schemas = []db.Schema{Schema}

func newRoom(h *casetest.House) *room {
	r := &room{House: h}
	r.s = New(Config{Cases: h.S, Law: paperLaw{}, Policy: policy.Must(Policy), Now: h.Clock,
		Country: func(*db.Tx, string) (string, error) { return "AA", nil },
		Tell: func(_ *db.Tx, agency, user string) error {
			if user == "" {
				user = "leads of " + agency
			}
			r.told = append(r.told, user)
			return nil
		}})
	h.S.Add(r.s.Room())
	return r
}

func each(t *testing.T, story func(t *testing.T, r *room)) {
	casetest.Each(t, schemas, nil, func(t *testing.T, h *casetest.House) { story(t, newRoom(h)) })
}

func (r *room) passes(user, caseID, to, day string) error {
	return r.s.Pass(r.Ctx, r.Users[user], caseID, casework.Typed{Once: id.New(), Posted: map[string][]string{"stage": {to}, "day": {day}}})
}

func (r *room) knows(caseID string, fields map[string][]string) {
	r.T.Helper()
	w, err := r.s.Look(r.Ctx, r.Users["mira"], caseID)
	r.Must(err)
	r.Must(r.s.Know(r.Ctx, r.Users["mira"], caseID, casework.Typed{Entry: w.Known.ID, Rev: w.Known.Rev, Posted: fields}))
}

// due is when the file says that something is due next.
func (r *room) due(caseID string) string {
	r.T.Helper()
	o, err := r.S.Look(r.Ctx, r.Users["mira"], caseID)
	r.Must(err)
	if o.DueAt.IsZero() {
		return ""
	}
	return o.DueAt.Format(time.DateOnly)
}

func (r *room) passTime(to time.Time) {
	r.T.Helper()
	r.Pass(to.Sub(r.Now), r.s.Handle)
}

func TestStagesArePassedOneByOneForwardAndBackAndCorrected(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.Begins("Rosa")
		r.Must(r.passes("mira", c, "aa-presumed", "2026-11-01"))
		r.Must(r.passes("mira", c, "aa-decision", "2026-11-10"))
		r.Refused("a stage of another country", r.passes("mira", c, "bb-support", "2026-11-11"), fault.Invalid)
		r.Refused("a day to come", r.passes("mira", c, "aa-support", "2026-11-23"), fault.Invalid)
		r.Must(r.passes("mira", c, "aa-presumed", "2026-11-12")) // back
		w, err := r.s.Look(r.Ctx, r.Users["mira"], c)
		r.Must(err)
		if w.Stage != "aa-presumed" || w.Since != "2026-11-12" || !slices.Equal(w.Passed, []string{"aa-presumed", "aa-decision", "aa-presumed"}) {
			t.Errorf("stands at %s since %s after %v", w.Stage, w.Since, w.Passed)
		}
		last := w.Steps[2]
		r.Must(r.s.Pass(r.Ctx, r.Users["mira"], c, casework.Typed{Entry: last.ID, Rev: last.Rev, Posted: map[string][]string{"stage": {"aa-presumed"}, "day": {"2026-11-13"}, "words": {"corrected"}}}))
		if w, err = r.s.Look(r.Ctx, r.Users["mira"], c); err != nil || w.Since != "2026-11-13" || len(w.Steps) != 3 {
			t.Errorf("after the correction: %s, %d steps, %v", w.Since, len(w.Steps), err)
		}
		stale := casework.Typed{Entry: last.ID, Rev: last.Rev, Posted: map[string][]string{"stage": {"aa-presumed"}, "day": {"2026-11-14"}}}
		r.Refused("a second editor", r.s.Pass(r.Ctx, r.Users["boss"], c, stale), fault.Stale)
	})
}

func TestAStepPressedTwiceIsOneStep(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.Begins("Rosa")
		typed := casework.Typed{Once: id.New(), Posted: map[string][]string{"stage": {"aa-presumed"}, "day": {"2026-11-01"}}}
		for range 2 {
			r.Must(r.s.Pass(r.Ctx, r.Users["mira"], c, typed))
		}
		if w, err := r.s.Look(r.Ctx, r.Users["mira"], c); err != nil || len(w.Steps) != 1 {
			t.Errorf("%d steps, %v", len(w.Steps), err)
		}
	})
}

// Everybody else is told nothing: a case looks like one that does not exist.
//
// req: STAGE-5
func TestForEverybodyElseTheStagesOfACaseDoNotExist(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.Begins("Rosa")
		r.Must(r.passes("mira", c, "aa-presumed", "2026-11-01"))
		r.knows(c, map[string][]string{"country": {"AA"}, "referral": {"not-wanted"}, "began-intake": {"2026-11-01"}})
		tries := func(what, user, of string) {
			v := r.Users[user]
			_, err := r.s.Look(r.Ctx, v, of)
			r.Refused(user+" looks at "+what, err, fault.NotFound)
			r.Refused(user+" records in "+what, r.passes(user, of, "aa-support", "2026-11-02"), fault.NotFound)
			r.Refused(user+" ends a period of "+what, r.s.Dealt(r.Ctx, v, of, "aa-time"), fault.NotFound)
			r.Refused(user+" counts "+what, r.s.CountDeclined(r.Ctx, v, of, Declined{Region: "AA-1", Sex: "woman", Agrees: true, Seen: true}), fault.NotFound)
		}
		for _, user := range casetest.Strangers {
			tries("the case", user, c)
			tries("nothing", user, id.New())
		}
		r.Must(r.S.Grant(r.Ctx, r.Users["mira"], c, casework.Share{To: "second", Parts: []casework.Part{casework.Needs}, Until: r.Now.AddDate(0, 1, 0), Past: true}, nil))
		_, err := r.s.Look(r.Ctx, r.Users["second"], c)
		r.Refused("who was given needs alone", err, fault.NotFound)
		r.Must(r.S.Grant(r.Ctx, r.Users["mira"], c, casework.Share{To: "second", Parts: []casework.Part{casework.Legal}, Until: r.Now.AddDate(0, 1, 0), Past: true, Writes: true}, nil))
		w, err := r.s.Look(r.Ctx, r.Users["second"], c)
		r.Must(err)
		if w.Stage != "aa-presumed" || w.Write {
			t.Errorf("who was given the part stands before %s, writes %v", w.Stage, w.Write)
		}
		r.Refused("another agency records", r.passes("second", c, "aa-support", "2026-11-02"), fault.NotFound)
		_, err = r.s.Look(r.Ctx, r.Locked("mira"), c)
		r.Refused("a locked key", err, fault.Unlock)
	})
}

// req: STAGE-2
func TestAPeriodIsWarnedOfBeforeItPassesAndTheLeadsHearWhenItHas(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.Begins("Rosa")
		r.knows(c, map[string][]string{"country": {"AA"}, "age": {Adult}, "began-intake": {"2026-11-20"}})
		if due := r.due(c); due != "2026-12-20" {
			t.Errorf("due on %s", due)
		}
		r.passTime(time.Date(2026, 12, 13, 7, 0, 0, 0, time.UTC))
		if len(r.told) > 0 {
			t.Errorf("told %v before the time", r.told)
		}
		r.passTime(time.Date(2026, 12, 13, 9, 0, 0, 0, time.UTC))
		r.passTime(time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC))
		r.passTime(time.Date(2026, 12, 20, 23, 0, 0, 0, time.UTC))
		if want := []string{"mira", "leads of support"}; !slices.Equal(r.told, want) {
			t.Errorf("told %v, want %v", r.told, want)
		}
		r.passTime(time.Date(2026, 12, 21, 1, 0, 0, 0, time.UTC))
		if want := []string{"mira", "leads of support"}; !slices.Equal(r.told[2:], want) {
			t.Errorf("after it passed: told %v, want %v", r.told[2:], want)
		}
		r.Must(r.s.Dealt(r.Ctx, r.Users["mira"], c, "aa-time"))
		if due := r.due(c); due != "" {
			t.Errorf("dealt with, and still due on %s", due)
		}
		r.Must(r.DB.Read(r.Ctx, func(tx *db.Tx) error {
			trail, err := audit.History(tx, "case/"+c)
			var actions []string
			for _, e := range trail {
				actions = append(actions, e.Action)
			}
			if said := strings.Join(actions, " "); !strings.Contains(said, "case.stage.reminded") || !strings.Contains(said, "case.stage.over") || !strings.Contains(said, "case.stage.dealt") {
				t.Errorf("the log says %s", said)
			}
			return err
		}))
	})
}

// req: STAGE-2
func TestNobodyIsRemindedOfAPeriodThatMovedWasDealtWithOrWhoseCaseIsClosed(t *testing.T) {
	late := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	for what, do := range map[string]func(r *room, c string){
		"moved to a later day": func(r *room, c string) {
			r.knows(c, map[string][]string{"country": {"AA"}, "began-intake": {"2027-03-01"}})
		},
		"a child, for whom no length is known": func(r *room, c string) {
			r.knows(c, map[string][]string{"country": {"AA"}, "age": {Doubt}, "began-intake": {"2026-11-20"}})
		},
		"dealt with": func(r *room, c string) { r.Must(r.s.Dealt(r.Ctx, r.Users["mira"], c, "aa-time")) },
		"closed":     func(r *room, c string) { r.Must(r.S.Act(r.Ctx, r.Users["mira"], c, casework.Close, nil)) },
		"forgotten": func(r *room, c string) {
			r.Must(r.DB.Write(r.Ctx, func(tx *db.Tx) error { return r.s.forget(tx, c) }))
		},
	} {
		r := newRoom(casetest.New(t, dbtest.Open(t, append(slices.Clone(casetest.Schemas), schemas...)...)))
		c := r.Begins("Rosa")
		r.knows(c, map[string][]string{"country": {"AA"}, "age": {Adult}, "began-intake": {"2026-11-20"}})
		do(r, c)
		r.passTime(late)
		if len(r.told) > 0 {
			t.Errorf("%s: told %v", what, r.told)
		}
	}
}

// req: STAGE-2
func TestAPeriodThatPassedWhileTheCaseWasClosedIsToldOnceWhenItOpensAgain(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.Begins("Rosa")
		mira := r.Users["mira"]
		r.knows(c, map[string][]string{"country": {"AA"}, "age": {Adult}, "began-intake": {"2026-11-20"}})
		r.Must(r.S.Act(r.Ctx, mira, c, casework.Close, nil))
		r.Refused("dealing with a period of a closed case", r.s.Dealt(r.Ctx, mira, c, "aa-time"), fault.Conflict)
		now := time.Date(2026, 12, 25, 0, 0, 0, 0, time.UTC)
		r.opensTwice(c, now)
		if want := []string{"mira", "leads of support"}; !slices.Equal(r.told, want) {
			t.Errorf("told %v, want %v", r.told, want)
		}
	})
}

// opensTwice lets a closed case be silent at a moment, and then opens and closes it
// twice.
func (r *room) opensTwice(c string, now time.Time) {
	r.T.Helper()
	if r.passTime(now); len(r.told) > 0 {
		r.T.Errorf("told %v of a closed case", r.told)
	}
	for range 2 {
		r.Must(r.S.Act(r.Ctx, r.Users["mira"], c, casework.Reopen, nil))
		now = now.Add(time.Hour)
		r.passTime(now)
		r.Must(r.S.Act(r.Ctx, r.Users["mira"], c, casework.Close, nil))
	}
}

// req: STAGE-2
func TestAWarningThatCameWhileTheCaseWasClosedIsToldOnceWhenItOpensAgain(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.Begins("Rosa")
		mira := r.Users["mira"]
		r.knows(c, map[string][]string{"country": {"AA"}, "age": {Adult}, "began-intake": {"2026-11-20"}})
		r.Must(r.S.Act(r.Ctx, mira, c, casework.Close, nil))
		now := time.Date(2026, 12, 14, 9, 0, 0, 0, time.UTC)
		r.opensTwice(c, now)
		if want := []string{"mira"}; !slices.Equal(r.told, want) {
			t.Errorf("told %v, want %v", r.told, want)
		}
	})
}

// req: STAGE-2
func TestTwoNoticesOfOneDayReachBoth(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.Begins("Rosa")
		r.knows(c, map[string][]string{"country": {"AA"}, "age": {Adult}, "began-intake": {"2026-11-20"}})
		at := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
		r.Must(r.DB.Write(r.Ctx, func(tx *db.Tx) error {
			n := notice{Case: c, Period: "aa-time", Due: time.Date(2026, 12, 21, 0, 0, 0, 0, time.UTC).UnixMilli()}
			if err := plan(tx, at, n); err != nil {
				return err
			}
			n.Lead = true
			return plan(tx, at, n)
		}))
		r.passTime(at.Add(time.Hour))
		if slices.Sort(r.told); !slices.Equal(r.told, []string{"leads of support", "mira"}) {
			t.Errorf("told %v", r.told)
		}
	})
}

// req: STAGE-1
func TestFromEveryStateSupportCanBeRecordedAndNeedsAndServicesStayOpen(t *testing.T) {
	r := newRoom(casetest.New(t, dbtest.Open(t, append(slices.Clone(casetest.Schemas), schemas...)...)))
	g := paperLaw{}.Graph("AA")
	rapid.Check(t, func(rt *rapid.T) {
		c := r.Begins("Rosa")
		day := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
		for i := range rapid.IntRange(1, 5).Draw(rt, "steps") {
			w, err := r.s.Look(r.Ctx, r.Users["mira"], c)
			r.Must(err)
			to := rapid.SampledFrom(w.Offered).Draw(rt, fmt.Sprint("step ", i))
			if err := r.passes("mira", c, to, day.AddDate(0, 0, i).Format(time.DateOnly)); err != nil {
				rt.Fatalf("%s was offered: %v", to, err)
			}
			if rapid.Bool().Draw(rt, "declines") {
				r.knows(c, map[string][]string{"country": {"AA"}, "referral": {"not-wanted"}, "met-aa-cond": {"no"}})
			}
			w, err = r.s.Look(r.Ctx, r.Users["mira"], c)
			r.Must(err)
			if n, _ := g.Node(w.Stage); n.Kind != "support" && g.beyond(w.State) && !slices.Contains(w.Offered, "aa-support") {
				rt.Fatalf("at %s, after %v, support cannot be recorded", w.Stage, w.Passed)
			}
			for _, e := range []struct{ kind, field string }{{"needs", "need"}, {"service", "need"}} {
				entry, _ := w.Latest(e.kind)
				if e.kind == "service" {
					entry = casework.Entry{}
				}
				if _, err := r.S.Save(context.Background(), r.Users["mira"], c, casework.Typed{Kind: e.kind, Entry: entry.ID, Rev: entry.Rev, Posted: ask.Answer{e.field: {"counselling"}}}); err != nil {
					rt.Fatalf("at %s %s cannot be written: %v", w.Stage, e.kind, err)
				}
			}
		}
	})
}

// req: STAGE-3
func TestWhoDeclinesIsCountedOnceWithBothTicksAndNothingLeadsBack(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		mira, c := r.Users["mira"], r.Begins("Rosa")
		yes := Declined{Region: "AA-1", Sex: "woman", Agrees: true, Seen: true}
		r.knows(c, map[string][]string{"country": {"AA"}, "age": {Adult}, "referral": {"wanted"}})
		r.Refused("who wants to be referred", r.s.CountDeclined(r.Ctx, mira, c, yes), fault.Conflict)
		r.knows(c, map[string][]string{"country": {"BB"}, "age": {Adult}, "referral": {"not-wanted"}})
		r.Refused("where the country asks for no count", r.s.CountDeclined(r.Ctx, mira, c, yes), fault.Conflict)
		r.knows(c, map[string][]string{"country": {"AA"}, "age": {Adult}, "referral": {"not-wanted"}})
		for _, one := range []Declined{{Region: "AA-1", Sex: "woman", Seen: true}, {Region: "AA-1", Sex: "woman", Agrees: true}} {
			r.Refused("with one tick", r.s.CountDeclined(r.Ctx, mira, c, one), fault.Invalid)
		}
		r.Must(r.s.CountDeclined(r.Ctx, mira, c, yes))
		r.Refused("a second time", r.s.CountDeclined(r.Ctx, mira, c, yes), fault.Conflict)
		r.knows(c, map[string][]string{"country": {"AA"}, "age": {Adult}, "referral": {"not-wanted"}, "counted": {""}})
		r.Refused("after the standing was written again", r.s.CountDeclined(r.Ctx, mira, c, yes), fault.Conflict)
		var said string
		var n int
		r.Must(r.DB.Read(r.Ctx, func(tx *db.Tx) error {
			return tx.Each(everyDeclinedStmt, func(scan func(...any) error) error {
				var country, month, region, sex, age string
				err := scan(&country, &month, &region, &sex, &age, &n)
				said += strings.Join([]string{country, month, region, sex, age}, " ")
				return err
			})
		}))
		if said != "AA 2026-11 AA-1 woman adult" || n != 1 {
			t.Errorf("counted %q %d times", said, n)
		}
		r.Must(r.DB.Read(r.Ctx, func(tx *db.Tx) error {
			trail, err := audit.History(tx, "case/"+c)
			for _, e := range trail {
				if strings.Contains(e.Action, "count") || strings.Contains(e.Action, "declin") {
					t.Errorf("the log names the count: %s", e.Action)
				}
			}
			return err
		}))
	})
}

var everyDeclinedStmt = db.Statement(`SELECT country, month, region, sex, age, n FROM stage_declined`)

// req: STAGE-4
func TestACoordinatorSeesCountsThatAreNotSmallAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		for range 3 {
			r.Must(r.passes("mira", r.Begins("Rosa"), "aa-presumed", "2026-01-01"))
		}
		for range 2 {
			r.Must(r.passes("mira", r.Begins("Lin"), "aa-presumed", "2026-11-20"))
		}
		r.Must(r.passes("mira", r.Begins("Ada"), "aa-decision", "2026-11-20"))
		closed := r.Begins("Eva")
		r.Must(r.passes("mira", closed, "aa-presumed", "2026-01-01"))
		r.Must(r.S.Act(r.Ctx, r.Users["mira"], closed, casework.Close, nil))
		delays, _, err := r.s.Counts(r.Ctx, r.Users["coordinator"], "AA")
		r.Must(err)
		if len(delays) > 0 {
			t.Errorf("told before the month is over: %+v", delays)
		}
		r.Must(r.s.TakeCounts(r.Ctx))
		delays, declined, err := r.s.Counts(r.Ctx, r.Users["coordinator"], "AA")
		r.Must(err)
		if len(delays) != 1 || len(declined) != 0 {
			t.Fatalf("%+v %+v", delays, declined)
		}
		d := delays[0]
		if d.Agency != "support" || d.Stage != "aa-presumed" || d.N.N != 3 || !d.More || !d.Days[0].Fewer || d.Days[3] != (Count{N: 3}) || !d.Late.Fewer {
			t.Errorf("%+v", d)
		}
		for _, user := range []string{"mira", "boss", "admin", "auditor", "insider"} {
			_, _, err := r.s.Counts(r.Ctx, r.Users[user], "AA")
			r.Refused(user, err, fault.NotFound)
		}
	})
}

// An attacker looks at the counts every day while cases come and go one by one.
//
// req: STAGE-4
func TestWhoLooksEveryDaySeesNoSingleCaseComeOrGo(t *testing.T) {
	r := newRoom(casetest.New(t, dbtest.Open(t, append(slices.Clone(casetest.Schemas), schemas...)...)))
	var open []string
	told := map[string]int64{}
	moves := 0
	for day := range 130 {
		r.passTime(time.Date(2026, 11, 22+day, 9, 0, 0, 0, time.UTC))
		if day%2 == 0 {
			c := r.Begins("Rosa")
			r.Must(r.passes("mira", c, "aa-presumed", r.Now.AddDate(0, 0, -day%50).Format(time.DateOnly)))
			open = append(open, c)
		}
		if day%3 == 2 && len(open) > 2 {
			r.Must(r.S.Act(r.Ctx, r.Users["mira"], open[0], casework.Close, nil))
			open = open[1:]
		}
		delays, _, err := r.s.Counts(r.Ctx, r.Users["coordinator"], "AA")
		r.Must(err)
		now := map[string]int64{}
		for _, d := range delays {
			for i, n := range append(d.Days[:], d.Late) {
				now[d.Agency+" "+d.Stage+" "+strconv.Itoa(i)] = n.N
			}
		}
		for cell, n := range now {
			if told[cell] == n {
				continue
			}
			moves++
			if by := n - told[cell]; -Few < by && by < Few || r.Now.Day() != 1 {
				t.Errorf("%s: %s was %d and is %d", r.Now.Format(time.DateOnly), cell, told[cell], n)
			}
		}
		told = now
	}
	if moves == 0 {
		t.Error("nothing was ever told")
	}
}

// req: STAGE-4
func TestNoSumAndNoPartGivesASmallCountAway(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := map[place]*[Bands + 1]int64{{"a", "s"}: {}}
		n := raw[place{"a", "s"}]
		for i := range n {
			n[i] = rapid.Int64Range(0, 8).Draw(t, "n")
		}
		for _, d := range protect(raw) {
			var sum int64
			for i, x := range d.Days {
				if x.Fewer != (n[i] < Few) || x.Fewer && x.N != 0 || !x.Fewer && x.N != n[i] {
					t.Fatalf("%d is shown as %+v", n[i], x)
				}
				sum += x.N
			}
			if d.N.N != sum {
				t.Fatalf("a sum of %d over %+v", d.N.N, d.Days)
			}
		}
	})
}

func TestNoWordOfTheStagesLiesReadableInTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.Begins("Rosa")
		r.Must(r.s.Pass(r.Ctx, r.Users["mira"], c, casework.Typed{Posted: map[string][]string{"stage": {"aa-decision"}, "day": {"2026-11-01"}, "outcome": {"refused"}, "words": {"lavenderfield"}}}))
		r.knows(c, map[string][]string{"country": {"AA"}, "age": {Minor}, "citizen": {"third"}})
		r.Must(r.DB.Read(r.Ctx, func(tx *db.Tx) error {
			return tx.Each(readableStmt, func(scan func(...any) error) error {
				var env []byte
				err := scan(&env)
				for _, word := range []string{"lavenderfield", "refused", "third"} {
					if strings.Contains(string(env), word) {
						t.Errorf("%q lies there", word)
					}
				}
				return err
			}, c)
		}))
	})
}

var readableStmt = db.Statement(`SELECT env FROM casework_entry WHERE case_id = $1`)

// req: TALLY-3
func TestACoordinatorIsToldOnlyOfCasesThatMayBeCounted(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		var all []string
		for i := range 6 {
			c := r.Begins("Rosa")
			r.Uncounted[c] = i < 3
			r.Must(r.passes("mira", c, "aa-presumed", "2026-01-01"))
			all = append(all, c)
		}
		told := func(want int64) {
			t.Helper()
			r.Must(r.s.TakeCounts(r.Ctx))
			delays, _, err := r.s.Counts(r.Ctx, r.Users["coordinator"], "AA")
			r.Must(err)
			var n int64
			for _, d := range delays {
				n += d.N.N
			}
			if n != want {
				t.Errorf("told of %d, want %d", n, want)
			}
		}
		told(3)
		says := func(yes bool, of ...string) {
			for _, c := range of {
				r.Must(r.DB.Write(r.Ctx, func(tx *db.Tx) error { return Counted(tx, c, yes) }))
			}
		}
		says(true, all[:3]...)
		told(6)
		says(false, all...)
		told(0)
	})
}
