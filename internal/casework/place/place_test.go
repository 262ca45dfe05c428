package place

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/web"
)

// land is the house of the rooms' tests; its second and third agencies publish
// places.
type land struct {
	*casetest.House
	s    *Service
	mu   sync.Mutex
	told []string
}

func each(t *testing.T, story func(t *testing.T, l *land)) {
	casetest.Each(t, []db.Schema{Schema}, []policy.Source{Policy}, func(t *testing.T, h *casetest.House) {
		l := &land{House: h}
		l.s = New(Config{DB: h.DB, Cases: h.S, Policy: h.S.Policy, Now: h.Clock, Agencies: l, Remark: remark, Tell: func(_ *db.Tx, agency, _ string) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.told = append(l.told, agency)
			return nil
		}})
		h.S.Add(l.s.Room())
		story(t, l)
	})
}

func remark(text string) error {
	if strings.Contains(text, "Rosa") {
		return fault.Fields(fault.Field{Name: "remark", Key: "enquiry.error.points"})
	}
	return nil
}

func (l *land) refused(what string, err error, want fault.Kind, key string) {
	l.T.Helper()
	l.Refused(what, err, want)
	if f := fault.Find(err); key != "" && (f == nil || f.Key != key) {
		l.T.Errorf("%s: %v, want %s", what, err, key)
	}
}

func (l *land) Country(*db.Tx, string) (string, error) { return "GR", nil }

func (l *land) Houses(_ *db.Tx, agency string) (bool, error) {
	return agency == "second" || agency == "third", nil
}

// publishes puts free places for women up and says their identifier.
func (l *land) publishes(user, region string, free int) string {
	l.T.Helper()
	p := Pool{ID: id.New(), Region: region, Group: "women", Free: free, From: 0, To: 6}
	l.Must(l.s.Publish(l.Ctx, l.Users[user], p))
	return p.ID
}

func (l *land) begins() string { return l.Begins("Rosa") }

func (l *land) asks(caseID string, w Wish) string {
	l.T.Helper()
	if w.Need == nil {
		w.Need = map[string][]string{"group": {"women"}, "remark": {"a ground floor, lavender"}}
	}
	l.Must(l.s.Ask(l.Ctx, l.Users["mira"], caseID, w))
	return l.latest(caseID).ID
}

func (l *land) latest(caseID string) Side {
	l.T.Helper()
	_, list, err := l.s.Requests(l.Ctx, l.Users["mira"], caseID)
	l.Must(err)
	return list[0]
}

func (l *land) offers(user, request, pool string) error {
	return l.s.Answer(l.Ctx, l.Users[user], request, Act{Name: Offer, Pool: pool, Hours: 3})
}

func (l *land) free(pool string) (n int) {
	l.T.Helper()
	l.Must(l.DB.Read(l.Ctx, func(tx *db.Tx) error {
		p, err := scanPool(tx.Row(poolStmt, pool).Scan)
		n = p.Free
		return err
	}))
	return n
}

// steers does a step with the place that is held now.
func (l *land) steers(v *web.Viewer, caseID, request string, act Name, yes bool) error {
	st := Step{Act: act, Yes: yes, Once: id.New()}
	if c := l.latest(caseID).Holder(); c != nil {
		st.Pool = c.Pool
	}
	return l.s.Steer(l.Ctx, v, caseID, request, st)
}

func (l *land) later(by time.Duration) { l.Pass(by, l.s.Handle) }

// A project asks back and the asking side answers it alone; nobody else reads it, no
// project is named, and all of it goes with the project's part.
//
// req: PLACE-8
func TestAProjectAsksBackAndTheTalkEndsWithItsPart(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		l.publishes("second", "GR-A", 1)
		l.publishes("third", "GR-B", 2)
		c := l.begins()
		r := l.asks(c, Wish{})
		mira, second, third := l.Users["mira"], l.Users["second"], l.Users["third"]
		l.Refused("nothing", l.s.AskBack(l.Ctx, second, r, "  ", id.New()), fault.Invalid)
		l.Refused("too much", l.s.AskBack(l.Ctx, second, r, strings.Repeat("x", MaxSaid+1), id.New()), fault.Invalid)
		l.told = nil
		once := id.New()
		for range 2 { // pressed twice
			l.Must(l.s.AskBack(l.Ctx, second, r, "Is a pram needed? thyme", once))
		}
		l.Refused("other words on the same page", l.s.AskBack(l.Ctx, second, r, "Is a cot needed?", once), fault.Invalid)
		if fmt.Sprint(l.told) != "[support]" {
			t.Errorf("told %v", l.told)
		}
		_, list, err := l.s.Requests(l.Ctx, mira, c)
		l.Must(err)
		if len(list[0].Said) != 1 || len(list[0].Said[0]) != 1 || list[0].Said[0][0].Text != "Is a pram needed? thyme" || len(list[0].Names) != 0 {
			t.Fatalf("mira reads %+v", list[0].Said)
		}
		to := list[0].Said[0][0].ID
		l.Must(l.s.AnswerBack(l.Ctx, mira, c, r, to, "Yes, for twins. basil", id.New()))
		got, _, err := l.s.One(l.Ctx, second, r)
		l.Must(err)
		if len(got.Said) != 2 || !got.Said[1].Asking || got.Said[1].Text != "Yes, for twins. basil" {
			t.Errorf("the project reads %+v", got.Said)
		}
		if got, _, err := l.s.One(l.Ctx, third, r); err != nil || len(got.Said) != 0 {
			t.Errorf("another project reads %+v, %v", got.Said, err)
		}
		for _, user := range []string{"nils", "insider", "coordinator", "admin", "clerk"} {
			l.Refused(user+" asks back", l.s.AskBack(l.Ctx, l.Users[user], r, "x", id.New()), fault.NotFound)
			l.Refused(user+" answers", l.s.AnswerBack(l.Ctx, l.Users[user], c, r, to, "x", id.New()), fault.NotFound)
		}
		l.Refused("a project answers for the asking side", l.s.AnswerBack(l.Ctx, second, c, r, to, "x", id.New()), fault.NotFound)
		l.Must(l.DB.Read(l.Ctx, func(tx *db.Tx) error {
			return tx.Each(saidStmt, func(scan func(...any) error) error {
				m, err := scanSaid(scan)
				if bytes.Contains(m.env, []byte("thyme")) || bytes.Contains(m.env, []byte("basil")) {
					t.Error("a word stands readable in the database")
				}
				return err
			}, r)
		}))
		l.Must(l.s.Answer(l.Ctx, second, r, Act{Name: Refuse, Reason: Reasons[0], Once: once})) // on the page from which it asked back
		_, list, err = l.s.Requests(l.Ctx, mira, c)
		l.Must(err)
		if len(list[0].Said) != 0 {
			t.Errorf("after the project's part mira reads %+v", list[0].Said)
		}
		l.Refused("after its part", l.s.AskBack(l.Ctx, second, r, "x", id.New()), fault.NotFound)
		l.Refused("to who has no part", l.s.AnswerBack(l.Ctx, mira, c, r, to, "x", id.New()), fault.NotFound)

		l.Must(l.s.AskBack(l.Ctx, third, r, "Which floor?", id.New()))
		l.Must(l.s.Steer(l.Ctx, mira, c, r, Step{Act: Withdraw, Once: id.New()}))
		n := 0
		l.Must(l.DB.Read(l.Ctx, func(tx *db.Tx) error { return tx.Row(saidLeftStmt).Scan(&n) }))
		if n != 0 {
			t.Errorf("%d messages outlive the request", n)
		}
	})
}

var saidLeftStmt = db.Statement(`SELECT COUNT(*) FROM place_said`)

// req: PLACE-7
func TestWhoOpensARequestLeavesALeafOnceAnHour(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		l.publishes("second", "GR-A", 1)
		r := l.asks(l.begins(), Wish{})
		leaves := func() (n int) {
			l.Must(l.DB.Read(l.Ctx, func(tx *db.Tx) error { return tx.Row(readLeavesStmt, onceRead, "request/"+r).Scan(&n) }))
			return n
		}
		locked := *l.Users["second"]
		locked.Key = nil
		_, _, err := l.s.One(l.Ctx, &locked, r)
		l.Refused("with a locked key", err, fault.Unlock)
		_, _, err = l.s.One(l.Ctx, l.Users["insider"], r)
		l.Refused("by somebody who was not asked", err, fault.NotFound)
		if n := leaves(); n != 0 {
			t.Errorf("%d leaves for what nobody opened", n)
		}
		for range 2 {
			_, _, err := l.s.One(l.Ctx, l.Users["second"], r)
			l.Must(err)
		}
		if n := leaves(); n != 1 {
			t.Errorf("%d leaves within the hour", n)
		}
		l.Now = l.Now.Add(time.Hour)
		_, _, err = l.s.One(l.Ctx, l.Users["second"], r)
		l.Must(err)
		if n := leaves(); n != 2 {
			t.Errorf("%d leaves after an hour", n)
		}
	})
}

// req: PLACE-6
func TestAPersonMovesFromTheQuestionToTheDoor(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		a, b := l.publishes("second", "GR-A", 1), l.publishes("third", "GR-B", 2)
		c := l.begins()
		r := l.asks(c, Wish{})
		got, own, err := l.s.One(l.Ctx, l.Users["second"], r)
		l.Must(err)
		if got.Need.One("remark") != "a ground floor, lavender" || got.From != "Open Door" || got.CaseID != "" || len(got.Candidates) != 0 || len(own) != 1 {
			t.Errorf("what reached: %+v", got)
		}
		l.Must(l.offers("second", r, a))
		l.Must(l.offers("third", r, b))
		if s := l.latest(c); s.State != Reserved || len(s.Names) != 0 || l.free(a) != 0 || l.free(b) != 2 {
			t.Errorf("%+v, free %d %d", s.Request, l.free(a), l.free(b))
		}
		l.later(3 * time.Hour) // nobody answered: the first falls back, the second moves up
		if s := l.latest(c); s.Holder().AgencyID != "third" || l.free(a) != 1 || l.free(b) != 1 {
			t.Errorf("%+v, free %d %d", s.Request, l.free(a), l.free(b))
		}
		l.refused("without a yes", l.steers(l.Users["mira"], c, r, Confirm, false), fault.Invalid, "")
		l.Must(l.steers(l.Users["mira"], c, r, Confirm, true))
		if s := l.latest(c); s.State != Confirmed || s.Names["third"] != "Third Door" {
			t.Errorf("%+v", s)
		}
		_, _, err = l.s.One(l.Ctx, l.Users["second"], r)
		l.refused("a project that is no longer needed", err, fault.NotFound, "")
		l.refused("closing", l.s.Cases.Act(l.Ctx, l.Users["mira"], c, casework.Close, nil), fault.Conflict, "place.error.standing")
		l.Must(l.s.Answer(l.Ctx, l.Users["third"], r, Act{Name: Arrive}))
		if s := l.latest(c); s.State != Arrived || l.free(b) != 1 {
			t.Errorf("%+v, free %d", s.Request, l.free(b))
		}
		l.Must(l.s.Cases.Act(l.Ctx, l.Users["mira"], c, casework.Close, nil))
	})
}

// Two shelters accept in the same instant: one holds, the other stands by.
//
// req: PLACE-3
func TestTwoSheltersThatAcceptAtTheSameInstantDoNotBothHoldABed(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pools := map[string]string{"second": l.publishes("second", "GR-A", 1), "third": l.publishes("third", "GR-A", 1)}
		c := l.begins()
		r := l.asks(c, Wish{})
		errs := at(len(pools), func(i int) error { who := []string{"second", "third"}[i]; return l.offers(who, r, pools[who]) })
		l.Must(errors.Join(errs...))
		held, left := 0, 0
		for _, one := range l.latest(c).Candidates {
			if one.Standing == Held {
				held++
			}
			left += l.free(one.Pool)
		}
		if held != 1 || left != 1 {
			t.Errorf("%d hold, %d beds are left", held, left)
		}
	})
}

// Two requests take the last bed in the same instant: one gets it.
//
// req: PLACE-3
func TestTheLastBedGoesToOneOfManyRequests(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("second", "GR-A", 2)
		var requests []string
		for range 5 {
			requests = append(requests, l.asks(l.begins(), Wish{}))
		}
		got := 0
		for _, err := range at(len(requests), func(i int) error { return l.offers("second", requests[i], pool) }) {
			if err == nil {
				got++
				continue
			}
			l.refused("the last bed again", err, fault.Conflict, "place.error.no-bed")
		}
		if got != 2 || l.free(pool) != 0 {
			t.Errorf("%d of 2 beds were promised, %d free", got, l.free(pool))
		}
	})
}

// at does something n times in the same instant.
func at(n int, do func(i int) error) []error {
	out, gate := make([]error, n), make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { <-gate; out[i] = do(i) })
	}
	close(gate)
	all.Wait()
	return out
}

// req: PLACE-1
func TestForEverybodyElseARequestLooksLikeNone(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("second", "GR-A", 1)
		c := l.begins()
		r := l.asks(c, Wish{})
		for _, user := range []string{"third", "insider", "coordinator", "admin", "nils", "mira", "clerk"} {
			_, _, err := l.s.One(l.Ctx, l.Users[user], r)
			l.refused(user+" opens what reached another", err, fault.NotFound, "")
			l.refused(user+" offers", l.offers(user, r, pool), fault.NotFound, "")
		}
		for _, user := range []string{"second", "third", "insider", "coordinator", "admin", "nils", "clerk"} {
			_, _, err := l.s.Requests(l.Ctx, l.Users[user], c)
			l.refused(user+" reads the room", err, fault.NotFound, "")
			l.refused(user+" ends it", l.steers(l.Users[user], c, r, Withdraw, false), fault.NotFound, "")
			l.refused(user+" asks", l.s.Ask(l.Ctx, l.Users[user], c, Wish{Need: map[string][]string{"group": {"women"}}}), fault.NotFound, "")
		}
		for _, user := range []string{"insider", "mira", "coordinator"} {
			if err := l.s.Publish(l.Ctx, l.Users[user], Pool{ID: id.New(), Region: "GR-A", Group: "women", Free: 9}); err == nil {
				t.Errorf("%s publishes places and would be asked", user)
			}
			l.refused(user+" takes places away", l.s.Unpublish(l.Ctx, l.Users[user], pool), fault.Denied, "")
		}
		// The others of that loop may know of the page of places.
		_, err := l.s.Look(l.Ctx, l.Users["admin"])
		l.refused("an administrator sees places", err, fault.NotFound, "")
		locked := *l.Users["second"]
		locked.Key = nil
		_, _, err = l.s.One(l.Ctx, &locked, r)
		l.refused("a locked key", err, fault.Unlock, "")
	})
}

// A grant that lets another agency write into the part moves nobody.
func TestAnotherAgencyThatMayWriteIntoTheCaseMovesNobody(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		l.publishes("third", "GR-A", 1)
		c := l.begins()
		l.Must(l.s.Cases.Grant(l.Ctx, l.Users["mira"], c, casework.Share{To: "second", Parts: []casework.Part{casework.Services}, Until: l.Now.Add(time.Hour), Writes: true}, nil))
		l.refused("asks", l.s.Ask(l.Ctx, l.Users["second"], c, Wish{Need: map[string][]string{"group": {"women"}}}), fault.Denied, "")
		_, _, err := l.s.Requests(l.Ctx, l.Users["second"], c)
		l.refused("reads", err, fault.NotFound, "")
	})
}

// req: PLACE-5
func TestNobodyIsAskedWhereThePersonMustNotGo(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		l.publishes("second", "GR-A", 1)
		l.publishes("third", "GR-B", 1)
		c := l.begins()
		l.refused("only there", l.s.Ask(l.Ctx, l.Users["mira"], c, Wish{Need: map[string][]string{"group": {"women"}}, Regions: []string{"GR-A"}, Never: []string{"GR-A"}}), fault.Conflict, "place.error.none")
		r := l.asks(c, Wish{Never: []string{"GR-A"}})
		if s := l.latest(c); len(s.Candidates) != 1 || s.Candidates[0].AgencyID != "third" || s.Never[0] != "GR-A" {
			t.Errorf("%+v", s)
		}
		_, _, err := l.s.One(l.Ctx, l.Users["second"], r)
		l.refused("the region that must not be", err, fault.NotFound, "")
	})
}

// req: PLACE-5
func TestAProjectOffersOnlyWhereThePersonMayGo(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		there, here := l.publishes("second", "GR-A", 1), l.publishes("second", "GR-B", 1)
		r := l.asks(l.begins(), Wish{Never: []string{"GR-A"}})
		l.refused("where the person must not go", l.offers("second", r, there), fault.Conflict, "place.error.fit")
		l.refused("a new place there", l.offers("second", r, l.publishes("second", "GR-A", 1)), fault.Conflict, "place.error.fit")
		l.Must(l.offers("second", r, here))
	})
}

// req: PLACE-5
func TestWhatIsOfferedStaysWhatWasOffered(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("second", "GR-A", 2)
		r := l.asks(l.begins(), Wish{})
		l.Must(l.offers("second", r, pool))
		var p Pool
		reads := func() {
			l.Must(l.DB.Read(l.Ctx, func(tx *db.Tx) (err error) { p, err = poolOf(tx, "second", pool); return err }))
		}
		for what, change := range map[string]func(){"region": func() { p.Region = "GR-B" }, "group": func() { p.Group = "men" }, "ages": func() { p.To = NoChildren }, "steps": func() { p.StepFree = true }} {
			reads()
			change()
			l.refused("another "+what, l.s.Publish(l.Ctx, l.Users["second"], p), fault.Conflict, "place.error.offered")
		}
		reads()
		p.Free = 5
		l.Must(l.s.Publish(l.Ctx, l.Users["second"], p))
		l.Must(l.s.Answer(l.Ctx, l.Users["second"], r, Act{Name: TakeBack, Reason: "other"}))
		reads()
		p.Region = "GR-B"
		l.Must(l.s.Publish(l.Ctx, l.Users["second"], p))
	})
}

func TestWhoIsInsideBecauseALifeIsInDangerAsksNoOtherAgency(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		l.publishes("second", "GR-A", 1)
		c, w := l.begins(), Wish{Need: map[string][]string{"group": {"women"}}}
		l.s.Cases.Glass = func(_ *db.Tx, _, user string) (bool, error) { return user == "nils", nil }
		l.refused("in danger", l.s.Ask(l.Ctx, l.Users["nils"], c, w), fault.Denied, "")
		l.s.Cases.Glass = nil
		l.Must(l.s.Cases.SetTeam(l.Ctx, l.Users["boss"], true))
		l.Must(l.s.Ask(l.Ctx, l.Users["nils"], c, w))
	})
}

// req: PLACE-4
func TestNoNameLeavesAndNothingOfItLiesOpenInTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		l.publishes("second", "GR-A", 1)
		c := l.begins()
		l.refused("a line with a name", l.s.Ask(l.Ctx, l.Users["mira"], c, Wish{Need: map[string][]string{"group": {"women"}, "remark": {"for Rosa"}}}), fault.Invalid, "")
		r := l.asks(c, Wish{})
		l.Must(l.DB.Read(l.Ctx, func(tx *db.Tx) error {
			tables, err := tx.Tables()
			for _, tab := range tables {
				if err == nil {
					err = tx.EachRow(tab, func(values []any) error {
						if row := fmt.Sprintf("%s", values); strings.Contains(row, "lavender") || strings.Contains(row, "Rosa") {
							t.Errorf("%s says it: %s", tab.Name, row)
						}
						return nil
					})
				}
			}
			return err
		}))
		// Refused, the project's key is gone.
		l.Must(l.s.Answer(l.Ctx, l.Users["second"], r, Act{Name: Refuse, Reason: "no-place"}))
		l.Must(l.DB.Read(l.Ctx, func(tx *db.Tx) error {
			was, err := requestByID(tx, r)
			if len(was.env) != 0 || len(was.wraps["second"].env) != 0 || was.State != Nobody {
				t.Errorf("what was refused can still be opened: %d %d %s", len(was.env), len(was.wraps["second"].env), was.State)
			}
			return err
		}))
	})
}

func TestAButtonPressedTwiceAsksOnceAndASecondRequestWaits(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("second", "GR-A", 1)
		c := l.begins()
		w := Wish{Need: map[string][]string{"group": {"women"}}, Once: id.New()}
		l.asks(c, w)
		r := l.asks(c, w)
		w.Once = id.New()
		l.refused("a second", l.s.Ask(l.Ctx, l.Users["mira"], c, w), fault.Conflict, "place.error.already")
		l.Must(l.offers("second", r, pool))
		l.refused("offered twice", l.offers("second", r, pool), fault.Conflict, "")
		l.refused("taking the places away", l.s.Unpublish(l.Ctx, l.Users["second"], pool), fault.Conflict, "place.error.offered")
		// A number that was typed before a bed was held does not undo the hold.
		l.refused("a stale number", l.s.Publish(l.Ctx, l.Users["second"], Pool{ID: pool, Version: 1, Region: "GR-A", Group: "women", Free: 1, To: 6}), fault.Stale, "")
		l.Must(l.steers(l.Users["mira"], c, r, Withdraw, false))
		if l.free(pool) != 1 {
			t.Errorf("%d free", l.free(pool))
		}
	})
}

// req: PLACE-6
func TestAYesIsForThePlaceThatWasShownAndANoPressedTwiceDeclinesOne(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		a, b := l.publishes("second", "GR-A", 1), l.publishes("third", "GR-B", 1)
		c := l.begins()
		r := l.asks(c, Wish{})
		l.Must(l.offers("second", r, a))
		l.Must(l.offers("third", r, b))
		no := Step{Act: Decline, Pool: a, Once: id.New()}
		for range 2 {
			l.Must(l.s.Steer(l.Ctx, l.Users["mira"], c, r, no))
		}
		if s := l.latest(c); s.Holder() == nil || s.Holder().Pool != b {
			t.Fatalf("the second press declined the next offer: %+v", s.Request)
		}
		l.refused("a yes to the place that is gone", l.s.Steer(l.Ctx, l.Users["mira"], c, r, Step{Act: Confirm, Pool: a, Yes: true, Once: id.New()}), fault.Conflict, "place.error.other")
		l.Must(l.s.Steer(l.Ctx, l.Users["mira"], c, r, Step{Act: Confirm, Pool: b, Yes: true, Once: id.New()}))
	})
}

// req: RESTORE-1
func TestARequestThatABackupBroughtBackEndsAgain(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("second", "GR-A", 1)
		c := l.begins()
		r := l.asks(c, Wish{})
		l.Must(l.offers("second", r, pool))
		for _, want := range []bool{true, false} {
			l.Must(l.DB.Write(l.Ctx, func(tx *db.Tx) error {
				did, err := EndAgain(tx, r, l.Now)
				if did != want {
					t.Errorf("ended: %v", did)
				}
				return err
			}))
		}
		_, _, err := l.s.One(l.Ctx, l.Users["second"], r)
		l.refused("the project opens it", err, fault.NotFound, "")
		if l.free(pool) != 0 { // the person may have moved in since
			t.Errorf("%d free", l.free(pool))
		}
		l.Must(l.DB.Write(l.Ctx, Recount))
		l.refused("before the house counted anew", l.s.Ask(l.Ctx, l.Users["mira"], l.begins(), Wish{Need: map[string][]string{"group": {"women"}}}), fault.Conflict, "place.error.none")
		if did, err := func() (did bool, err error) {
			err = l.DB.Write(l.Ctx, func(tx *db.Tx) (err error) { did, err = EndAgain(tx, id.New(), l.Now); return err })
			return did, err
		}(); did || err != nil {
			t.Errorf("one that is not there: %v %v", did, err)
		}
	})
}

func TestNobodyCameAndTheBedIsFreeAgainADayLater(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("second", "GR-A", 1)
		c := l.begins()
		r := l.asks(c, Wish{})
		l.Must(l.offers("second", r, pool))
		l.Must(l.steers(l.Users["mira"], c, r, Confirm, true))
		l.later(ArriveWithin)
		if l.latest(c).State != Confirmed {
			t.Error("given up within the day of grace")
		}
		l.later(24 * time.Hour)
		if s := l.latest(c); s.State != Missed || l.free(pool) != 1 {
			t.Errorf("%s, %d free", s.State, l.free(pool))
		}
		o, err := l.s.Cases.Look(l.Ctx, l.Users["mira"], c)
		l.Must(err)
		if !o.DueAt.IsZero() {
			t.Errorf("still due at %s", o.DueAt)
		}
		for _, e := range o.Events {
			if e.AgencyID != "" && e.AgencyID != "support" {
				t.Errorf("the history names a project: %+v", e)
			}
		}
	})
}

func TestResultsAreCountedOfMonthsThatAreOverAndSmallOnesHidden(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("second", "GR-A", 20)
		for i := range 6 {
			c := l.begins()
			r := l.asks(c, Wish{})
			if i == 0 {
				l.Must(l.s.Answer(l.Ctx, l.Users["second"], r, Act{Name: Refuse, Reason: "language"}))
				continue
			}
			l.Must(l.offers("second", r, pool))
			l.Must(l.steers(l.Users["mira"], c, r, Confirm, true))
			l.Must(l.steers(l.Users["mira"], c, r, Arrive, false))
		}
		o, err := l.s.Look(l.Ctx, l.Users["coordinator"])
		l.Must(err)
		if len(o.Results) != 0 || len(o.Own) != 0 || len(o.Reached) != 0 {
			t.Errorf("the month is not over: %+v", o)
		}
		l.Now = l.Now.AddDate(0, 1, 0)
		o, err = l.s.Look(l.Ctx, l.Users["coordinator"])
		l.Must(err)
		got := map[string]Result{}
		for _, r := range o.Results {
			got[r.Code] = r
		}
		if got["arrived"].N != 5 || !got["nobody"].Fewer || got["nobody"].N != 0 || !got["reason.language"].Fewer {
			t.Errorf("%+v", o.Results)
		}
		o, err = l.s.Look(l.Ctx, l.Users["mira"])
		l.Must(err)
		if len(o.Results) != 0 {
			t.Error("a caseworker sees results")
		}
	})
}

func TestWhatIsErasedGivesItsBedBackAndIsGone(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("second", "GR-A", 1)
		c := l.begins()
		r := l.asks(c, Wish{})
		l.Must(l.offers("second", r, pool))
		o, err := l.s.Cases.Look(l.Ctx, l.Users["mira"], c)
		l.Must(err)
		what, err := l.s.Room().Export(l.Ctx, l.Users["mira"], o)
		l.Must(err)
		if !bytes.Contains(marshal(what), []byte("lavender")) {
			t.Errorf("the export lacks it: %v", what)
		}
		l.Must(l.DB.Write(l.Ctx, func(tx *db.Tx) error { return l.s.Room().Forget(tx, c) }))
		if l.free(pool) != 1 {
			t.Errorf("%d free", l.free(pool))
		}
		l.Must(l.DB.Read(l.Ctx, func(tx *db.Tx) error {
			if _, err := requestByID(tx, r); fault.KindOf(err) != fault.NotFound {
				t.Errorf("it is there: %v", err)
			}
			return nil
		}))
		l.later(30 * 24 * time.Hour)
	})
}

var readLeavesStmt = db.Statement(`SELECT COUNT(*) FROM audit_leaf WHERE action = $1 AND object = $2`)
