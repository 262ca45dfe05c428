package place

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"amelie/internal/ask"
	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var (
	ctx     = context.Background()
	schemas = []db.Schema{jobs.Schema, audit.Schema, casework.Schema, Schema}
)

// land is the small world of the tests: a support organisation with a case, three
// projects, and a curious insider. Only the agencies are stood in for.
type land struct {
	t     testing.TB
	db    *db.DB
	s     *Service
	mu    sync.Mutex
	now   time.Time
	users map[string]*web.Viewer
	keys  map[string]*vault.PrivateKey // by agency
	told  []string
}

func newLand(t testing.TB, d *db.DB) *land {
	l := &land{t: t, db: d, now: morning, users: map[string]*web.Viewer{}, keys: map[string]*vault.PrivateKey{}}
	for user, m := range map[string][2]string{"mira": {"support", "caseworker"}, "boss": {"support", "lead"}, "nils": {"support", "caseworker"}, "one": {"first", "caseworker"}, "two": {"second", "lead"},
		"three": {"third", "caseworker"}, "insider": {"elsewhere", "lead"}, "coordinator": {"office", "coordinator"}, "admin": {"support", "administrator"}, "clerk": {"first", "professional"}} {
		k, err := vault.NewPrivateKey()
		l.must(err)
		if l.keys[m[0]] == nil {
			l.keys[m[0]] = k
		}
		l.users[user] = &web.Viewer{UserID: user, Name: "Name of " + user, AgencyID: m[0], SessionID: "s-" + user, Lang: "en", Roles: []string{m[1]}, Key: k}
	}
	engine := policy.Must(casework.Policy, Policy)
	clock := func() time.Time { return l.now }
	cases := casework.New(casework.Config{DB: d, Policy: engine, Now: clock, Zone: time.UTC, Agencies: l})
	l.s = New(Config{DB: d, Cases: cases, Policy: engine, Now: clock, Agencies: l, Remark: remark, Tell: func(_ *db.Tx, agency, _ string) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.told = append(l.told, agency)
		return nil
	}})
	cases.Add(l.s.Room())
	return l
}

func remark(text string) error {
	if strings.Contains(text, "Rosa") {
		return fault.Fields(fault.Field{Name: "remark", Key: "enquiry.error.points"})
	}
	return nil
}

func each(t *testing.T, story func(t *testing.T, l *land)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { story(t, newLand(t, d)) })
}

func (l *land) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *land) refused(what string, err error, want fault.Kind, key string) {
	l.t.Helper()
	f := fault.Find(err)
	if err == nil || fault.KindOf(err) != want || key != "" && (f == nil || f.Key != key) {
		l.t.Errorf("%s: got %v, want %v %s", what, err, want, key)
	}
}

func (l *land) PublicKey(_ *db.Tx, agency string) (string, vault.PublicKey, error) {
	return "key-" + agency, l.keys[agency].Public(), nil
}

func (l *land) OwnKey(tx *db.Tx, agency string) (string, vault.PublicKey, error) {
	return l.PublicKey(tx, agency)
}

func (l *land) OpenKey(_ *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error) {
	if v.Key == nil {
		return nil, fault.New(fault.Unlock, "")
	}
	if keyID != "key-"+v.AgencyID {
		return nil, fault.New(fault.NotFound, "")
	}
	return l.keys[v.AgencyID], nil
}

func (l *land) Name(_ *db.Tx, agency string) (string, error) { return "House " + agency, nil }

func (l *land) Country(*db.Tx, string) (string, error) { return "GR", nil }

func (l *land) Houses(_ *db.Tx, agency string) (bool, error) {
	return agency == "first" || agency == "second" || agency == "third", nil
}

func (l *land) Workers(*db.Tx, string) ([]casework.Worker, error) { return nil, nil }

// publishes puts free places for women up and says their identifier.
func (l *land) publishes(user, region string, free int) string {
	l.t.Helper()
	p := Pool{ID: id.New(), Region: region, Group: "women", Free: free, From: 0, To: 6}
	l.must(l.s.Publish(ctx, l.users[user], p))
	return p.ID
}

func (l *land) begins() string {
	l.t.Helper()
	c, err := l.s.Cases.New(ctx, l.users["mira"], casework.Beginning{Answers: map[string]ask.Answer{"person": {"name": {"Rosa"}}}})
	l.must(err)
	return c
}

func (l *land) asks(caseID string, w Wish) string {
	l.t.Helper()
	if w.Need == nil {
		w.Need = map[string][]string{"group": {"women"}, "remark": {"a ground floor, lavender"}}
	}
	l.must(l.s.Ask(ctx, l.users["mira"], caseID, w))
	return l.latest(caseID).ID
}

func (l *land) latest(caseID string) Side {
	l.t.Helper()
	_, list, err := l.s.Requests(ctx, l.users["mira"], caseID)
	l.must(err)
	return list[0]
}

func (l *land) offers(user, request, pool string) error {
	return l.s.Answer(ctx, l.users[user], request, Act{Name: Offer, Pool: pool, Hours: 3})
}

func (l *land) free(pool string) (n int) {
	l.t.Helper()
	l.must(l.db.Read(ctx, func(tx *db.Tx) error {
		p, err := scanPool(tx.Row(poolStmt, pool).Scan)
		n = p.Free
		return err
	}))
	return n
}

func (l *land) later(by time.Duration) {
	l.t.Helper()
	l.now = l.now.Add(by)
	runner := jobs.NewRunner(l.db, func() time.Time { return l.now }, nil)
	l.s.Handle(runner)
	l.must(runner.RunDue(ctx))
}

func TestAPersonMovesFromTheQuestionToTheDoor(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		a, b := l.publishes("one", "GR-A", 1), l.publishes("two", "GR-B", 2)
		c := l.begins()
		r := l.asks(c, Wish{})
		got, own, err := l.s.One(ctx, l.users["one"], r)
		l.must(err)
		if got.Need.One("remark") != "a ground floor, lavender" || got.From != "House support" || got.CaseID != "" || len(got.Candidates) != 0 || len(own) != 1 {
			t.Errorf("what reached: %+v", got)
		}
		l.must(l.offers("one", r, a))
		l.must(l.offers("two", r, b))
		if s := l.latest(c); s.State != Reserved || len(s.Names) != 0 || l.free(a) != 0 || l.free(b) != 2 {
			t.Errorf("%+v, free %d %d", s.Request, l.free(a), l.free(b))
		}
		l.later(3 * time.Hour) // nobody answered: the first falls back, the second moves up
		if s := l.latest(c); s.Holder().AgencyID != "second" || l.free(a) != 1 || l.free(b) != 1 {
			t.Errorf("%+v, free %d %d", s.Request, l.free(a), l.free(b))
		}
		l.refused("without a yes", l.s.Steer(ctx, l.users["mira"], c, r, Confirm, false), fault.Invalid, "")
		l.must(l.s.Steer(ctx, l.users["mira"], c, r, Confirm, true))
		if s := l.latest(c); s.State != Confirmed || s.Names["second"] != "House second" {
			t.Errorf("%+v", s)
		}
		_, _, err = l.s.One(ctx, l.users["one"], r)
		l.refused("a project that is no longer needed", err, fault.NotFound, "")
		l.refused("closing", l.s.Cases.Act(ctx, l.users["mira"], c, casework.Close, nil), fault.Conflict, "place.error.standing")
		l.must(l.s.Answer(ctx, l.users["two"], r, Act{Name: Arrive}))
		if s := l.latest(c); s.State != Arrived || l.free(b) != 1 {
			t.Errorf("%+v, free %d", s.Request, l.free(b))
		}
		l.must(l.s.Cases.Act(ctx, l.users["mira"], c, casework.Close, nil))
	})
}

// Two shelters accept in the same instant: one holds, the other stands by.
//
// req: PLACE-3
func TestTwoSheltersThatAcceptAtTheSameInstantDoNotBothHoldABed(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pools := map[string]string{"one": l.publishes("one", "GR-A", 1), "two": l.publishes("two", "GR-A", 1), "three": l.publishes("three", "GR-A", 1)}
		c := l.begins()
		r := l.asks(c, Wish{})
		errs := at(len(pools), func(i int) error { who := []string{"one", "two", "three"}[i]; return l.offers(who, r, pools[who]) })
		l.must(errors.Join(errs...))
		held, left := 0, 0
		for _, one := range l.latest(c).Candidates {
			if one.Standing == Held {
				held++
			}
			left += l.free(one.Pool)
		}
		if held != 1 || left != 2 {
			t.Errorf("%d hold, %d beds are left", held, left)
		}
	})
}

// Two requests take the last bed in the same instant: one gets it.
//
// req: PLACE-3
func TestTheLastBedGoesToOneOfManyRequests(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("one", "GR-A", 2)
		var requests []string
		for range 5 {
			requests = append(requests, l.asks(l.begins(), Wish{}))
		}
		got := 0
		for _, err := range at(len(requests), func(i int) error { return l.offers("one", requests[i], pool) }) {
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
		pool := l.publishes("one", "GR-A", 1)
		c := l.begins()
		r := l.asks(c, Wish{})
		for _, user := range []string{"two", "insider", "coordinator", "admin", "nils", "mira", "clerk"} {
			_, _, err := l.s.One(ctx, l.users[user], r)
			l.refused(user+" opens what reached another", err, fault.NotFound, "")
			l.refused(user+" offers", l.offers(user, r, pool), fault.NotFound, "")
		}
		for _, user := range []string{"one", "two", "insider", "coordinator", "admin", "nils", "clerk"} {
			_, _, err := l.s.Requests(ctx, l.users[user], c)
			l.refused(user+" reads the room", err, fault.NotFound, "")
			l.refused(user+" ends it", l.s.Steer(ctx, l.users[user], c, r, Withdraw, false), fault.NotFound, "")
			l.refused(user+" asks", l.s.Ask(ctx, l.users[user], c, Wish{Need: map[string][]string{"group": {"women"}}}), fault.NotFound, "")
		}
		for _, user := range []string{"insider", "mira", "coordinator"} {
			if err := l.s.Publish(ctx, l.users[user], Pool{ID: id.New(), Region: "GR-A", Group: "women", Free: 9}); err == nil {
				t.Errorf("%s publishes places and would be asked", user)
			}
			l.refused(user+" takes places away", l.s.Unpublish(ctx, l.users[user], pool), kindOf(user), "")
		}
		_, err := l.s.Look(ctx, l.users["admin"])
		l.refused("an administrator sees places", err, fault.NotFound, "")
		locked := *l.users["one"]
		locked.Key = nil
		_, _, err = l.s.One(ctx, &locked, r)
		l.refused("a locked key", err, fault.Unlock, "")
	})
}

// kindOf: who may know of the page of places is told that publishing is not theirs.
func kindOf(string) fault.Kind { return fault.Denied }

// A grant that lets another agency write into the part moves nobody.
func TestAnotherAgencyThatMayWriteIntoTheCaseMovesNobody(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		l.publishes("two", "GR-A", 1)
		c := l.begins()
		l.must(l.s.Cases.Grant(ctx, l.users["mira"], c, casework.Share{To: "first", Parts: []casework.Part{casework.Services}, Until: l.now.Add(time.Hour), Writes: true}, nil))
		l.refused("asks", l.s.Ask(ctx, l.users["one"], c, Wish{Need: map[string][]string{"group": {"women"}}}), fault.Denied, "")
		_, _, err := l.s.Requests(ctx, l.users["one"], c)
		l.refused("reads", err, fault.NotFound, "")
	})
}

// req: PLACE-5
func TestNobodyIsAskedWhereThePersonMustNotGo(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		l.publishes("one", "GR-A", 1)
		l.publishes("two", "GR-B", 1)
		c := l.begins()
		l.refused("only there", l.s.Ask(ctx, l.users["mira"], c, Wish{Need: map[string][]string{"group": {"women"}}, Regions: []string{"GR-A"}, Never: []string{"GR-A"}}), fault.Conflict, "place.error.none")
		r := l.asks(c, Wish{Never: []string{"GR-A"}})
		if s := l.latest(c); len(s.Candidates) != 1 || s.Candidates[0].AgencyID != "second" || s.Never[0] != "GR-A" {
			t.Errorf("%+v", s)
		}
		_, _, err := l.s.One(ctx, l.users["one"], r)
		l.refused("the region that must not be", err, fault.NotFound, "")
	})
}

// req: PLACE-4
func TestNoNameLeavesAndNothingOfItLiesOpenInTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		l.publishes("one", "GR-A", 1)
		c := l.begins()
		l.refused("a line with a name", l.s.Ask(ctx, l.users["mira"], c, Wish{Need: map[string][]string{"group": {"women"}, "remark": {"for Rosa"}}}), fault.Invalid, "")
		r := l.asks(c, Wish{})
		l.must(l.db.Read(ctx, func(tx *db.Tx) error {
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
		l.must(l.s.Answer(ctx, l.users["one"], r, Act{Name: Refuse, Reason: "no-place"}))
		l.must(l.db.Read(ctx, func(tx *db.Tx) error {
			was, err := requestByID(tx, r)
			if len(was.env) != 0 || len(was.wraps["first"].env) != 0 || was.State != Nobody {
				t.Errorf("what was refused can still be opened: %d %d %s", len(was.env), len(was.wraps["first"].env), was.State)
			}
			return err
		}))
	})
}

func TestAButtonPressedTwiceAsksOnceAndASecondRequestWaits(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("one", "GR-A", 1)
		c := l.begins()
		w := Wish{Need: map[string][]string{"group": {"women"}}, Once: id.New()}
		l.asks(c, w)
		r := l.asks(c, w)
		w.Once = id.New()
		l.refused("a second", l.s.Ask(ctx, l.users["mira"], c, w), fault.Conflict, "place.error.already")
		l.must(l.offers("one", r, pool))
		l.refused("offered twice", l.offers("one", r, pool), fault.Conflict, "")
		l.refused("taking the places away", l.s.Unpublish(ctx, l.users["one"], pool), fault.Conflict, "place.error.offered")
		// A number that was typed before a bed was held does not undo the hold.
		l.refused("a stale number", l.s.Publish(ctx, l.users["one"], Pool{ID: pool, Version: 1, Region: "GR-A", Group: "women", Free: 1, To: 6}), fault.Stale, "")
		l.must(l.s.Steer(ctx, l.users["mira"], c, r, Withdraw, false))
		if l.free(pool) != 1 {
			t.Errorf("%d free", l.free(pool))
		}
	})
}

func TestNobodyCameAndTheBedIsFreeAgainADayLater(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("one", "GR-A", 1)
		c := l.begins()
		r := l.asks(c, Wish{})
		l.must(l.offers("one", r, pool))
		l.must(l.s.Steer(ctx, l.users["mira"], c, r, Confirm, true))
		l.later(ArriveWithin)
		if l.latest(c).State != Confirmed {
			t.Error("given up within the day of grace")
		}
		l.later(24 * time.Hour)
		if s := l.latest(c); s.State != Missed || l.free(pool) != 1 {
			t.Errorf("%s, %d free", s.State, l.free(pool))
		}
		o, err := l.s.Cases.Look(ctx, l.users["mira"], c)
		l.must(err)
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
		pool := l.publishes("one", "GR-A", 20)
		for i := range 6 {
			c := l.begins()
			r := l.asks(c, Wish{})
			if i == 0 {
				l.must(l.s.Answer(ctx, l.users["one"], r, Act{Name: Refuse, Reason: "language"}))
				continue
			}
			l.must(l.offers("one", r, pool))
			l.must(l.s.Steer(ctx, l.users["mira"], c, r, Confirm, true))
			l.must(l.s.Steer(ctx, l.users["mira"], c, r, Arrive, false))
		}
		o, err := l.s.Look(ctx, l.users["coordinator"])
		l.must(err)
		if len(o.Results) != 0 || len(o.Own) != 0 || len(o.Reached) != 0 {
			t.Errorf("the month is not over: %+v", o)
		}
		l.now = l.now.AddDate(0, 1, 0)
		o, err = l.s.Look(ctx, l.users["coordinator"])
		l.must(err)
		got := map[string]Result{}
		for _, r := range o.Results {
			got[r.Code] = r
		}
		if got["arrived"].N != 5 || !got["nobody"].Fewer || got["nobody"].N != 0 || !got["reason.language"].Fewer {
			t.Errorf("%+v", o.Results)
		}
		o, err = l.s.Look(ctx, l.users["mira"])
		l.must(err)
		if len(o.Results) != 0 {
			t.Error("a caseworker sees results")
		}
	})
}

func TestWhatIsErasedGivesItsBedBackAndIsGone(t *testing.T) {
	each(t, func(t *testing.T, l *land) {
		pool := l.publishes("one", "GR-A", 1)
		c := l.begins()
		r := l.asks(c, Wish{})
		l.must(l.offers("one", r, pool))
		o, err := l.s.Cases.Look(ctx, l.users["mira"], c)
		l.must(err)
		what, err := l.s.Room().Export(ctx, l.users["mira"], o)
		l.must(err)
		if !bytes.Contains(marshal(what), []byte("lavender")) {
			t.Errorf("the export lacks it: %v", what)
		}
		l.must(l.db.Write(ctx, func(tx *db.Tx) error { return l.s.Room().Forget(tx, c) }))
		if l.free(pool) != 1 {
			t.Errorf("%d free", l.free(pool))
		}
		l.must(l.db.Read(ctx, func(tx *db.Tx) error {
			if _, err := requestByID(tx, r); fault.KindOf(err) != fault.NotFound {
				t.Errorf("it is there: %v", err)
			}
			return nil
		}))
		l.later(30 * 24 * time.Hour)
	})
}
