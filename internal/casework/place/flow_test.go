package place

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/ask"
	"amelie/internal/fault"
)

var morning = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// shelf is a bed book in memory.
type shelf map[string]int

func (s shelf) Take(pool string, n int) (bool, error) {
	if s[pool] < n {
		return false, nil
	}
	s[pool] -= n
	return true, nil
}

func (s shelf) Give(pool string, n int) error { s[pool] += n; return nil }

func asks(beds int, projects ...string) Request {
	r := Request{Beds: beds, State: Asked, Until: morning.Add(Life)}
	for _, p := range projects {
		r.Candidates = append(r.Candidates, Candidate{AgencyID: p, Standing: Waiting})
	}
	return r
}

// Whatever several projects, askers and the clock do with the same beds in
// whatever order: none is promised twice, none is lost, and a request has at most
// one place.
//
// req: PLACE-3
func TestWhateverHappensNoBedIsPromisedTwiceAndNoneIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := map[string]int{"a": rapid.IntRange(0, 3).Draw(t, "a"), "b": rapid.IntRange(0, 3).Draw(t, "b"), "c": rapid.IntRange(0, 3).Draw(t, "c")}
		free := shelf{"a": total["a"], "b": total["b"], "c": total["c"]}
		requests := []Request{asks(1, "a", "b", "c"), asks(2, "a", "b"), asks(1, "b", "c")}
		now := morning
		for range rapid.IntRange(1, 40).Draw(t, "acts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "hours")) * time.Hour)
			i := rapid.IntRange(0, len(requests)-1).Draw(t, "request")
			name := rapid.SampledFrom([]Name{Offer, Offer, Offer, Refuse, TakeBack, Confirm, Decline, Arrive, Miss, Withdraw, Lapse, RunOut}).Draw(t, "act")
			who := rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(t, "who")
			before, was := requests[i], map[string]int{"a": free["a"], "b": free["b"], "c": free["c"]}
			after, err := before.Do(Act{Name: name, Agency: who, Pool: who, Hours: 12}, now, free)
			if err != nil {
				for p, n := range was {
					if free[p] != n {
						t.Fatalf("%s was refused and moved beds of %s: %v", name, p, err)
					}
				}
				continue
			}
			if !before.Open() {
				t.Fatalf("%s after %s", name, before.State)
			}
			requests[i] = after
			whole(t, requests, total, free)
		}
	})
}

// whole checks that beds add up and each request has at most one place.
func whole(t *rapid.T, requests []Request, total map[string]int, free shelf) {
	taken := map[string]int{}
	for _, r := range requests {
		n := 0
		for _, c := range r.Candidates {
			if c.Standing.Takes() {
				n++
				taken[c.Pool] += r.Beds
			}
			if c.Standing == Standby && r.State != Reserved {
				t.Fatalf("somebody stands by for nothing: %+v", r)
			}
		}
		if n > 1 || (n == 1) != slices.Contains([]State{Reserved, Confirmed, Arrived}, r.State) {
			t.Fatalf("%d places for one request in state %s", n, r.State)
		}
		if at, act := r.Next(); r.Open() == (act == "") || r.Open() && at.IsZero() {
			t.Fatalf("the clock forgets %+v", r)
		}
	}
	for p, n := range total {
		if free[p] < 0 || free[p]+taken[p] != n {
			t.Fatalf("of %d beds of %s %d are free and %d taken", n, p, free[p], taken[p])
		}
	}
}

func do(t *testing.T, r Request, a Act, now time.Time, beds shelf) Request {
	t.Helper()
	out, err := r.Do(a, now, beds)
	if err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	return out
}

func TestTheFirstOfferHoldsAndTheNextMovesUpWhenItFallsThrough(t *testing.T) {
	beds := shelf{"a": 1, "b": 1}
	r := asks(1, "a", "b")
	r = do(t, r, Act{Name: Offer, Agency: "a", Pool: "a", Hours: 3}, morning, beds)
	r = do(t, r, Act{Name: Offer, Agency: "b", Pool: "b", Hours: 12}, morning, beds)
	if r.Holder().AgencyID != "a" || r.Candidate("b").Standing != Standby || beds["b"] != 1 {
		t.Fatalf("%+v %v", r, beds)
	}
	if _, err := r.Do(Act{Name: Lapse}, morning.Add(2*time.Hour), beds); fault.KindOf(err) != fault.Conflict {
		t.Errorf("lapsed before its time: %v", err)
	}
	r = do(t, r, Act{Name: Lapse}, morning.Add(3*time.Hour), beds)
	if r.Holder().AgencyID != "b" || r.State != Reserved || beds["a"] != 1 || beds["b"] != 0 {
		t.Fatalf("%+v %v", r, beds)
	}
	if _, err := r.Do(Act{Name: Confirm}, r.Holder().Until, beds); fault.KindOf(err) != fault.Conflict {
		t.Errorf("confirmed when it was over: %v", err)
	}
	r = do(t, r, Act{Name: Confirm}, morning.Add(4*time.Hour), beds)
	if r.Candidate("a").Standing != Released {
		t.Errorf("the other waits on: %+v", r)
	}
	r = do(t, r, Act{Name: Miss}, morning.Add(5*time.Hour), beds)
	if r.State != Missed || beds["b"] != 1 {
		t.Errorf("%+v %v", r, beds)
	}
}

func TestWhereTheLastBedIsGoneTheOfferIsRefusedAndWhoStoodByIsSkipped(t *testing.T) {
	beds := shelf{"a": 1, "b": 1, "c": 1}
	one, two := asks(1, "a", "b", "c"), asks(1, "a", "b")
	one = do(t, one, Act{Name: Offer, Agency: "a", Pool: "a", Hours: 3}, morning, beds)
	if _, err := two.Do(Act{Name: Offer, Agency: "a", Pool: "a", Hours: 3}, morning, beds); fault.Find(err) == nil || fault.Find(err).Key != "place.error.no-bed" {
		t.Errorf("the last bed twice: %v", err)
	}
	one = do(t, one, Act{Name: Offer, Agency: "b", Pool: "b", Hours: 3}, morning, beds)
	one = do(t, one, Act{Name: Offer, Agency: "c", Pool: "c", Hours: 3}, morning.Add(time.Minute), beds)
	do(t, two, Act{Name: Offer, Agency: "b", Pool: "b", Hours: 3}, morning, beds)
	one = do(t, one, Act{Name: Decline}, morning.Add(time.Hour), beds)
	if one.Candidate("b").Standing != Lapsed || one.Holder().AgencyID != "c" {
		t.Errorf("%+v", one)
	}
	one = do(t, one, Act{Name: TakeBack, Agency: "c"}, morning.Add(time.Hour), beds)
	if one.State != Asked { // b can offer again
		t.Errorf("%s", one.State)
	}
	if one = do(t, one, Act{Name: Refuse, Agency: "b"}, morning.Add(time.Hour), beds); one.State != Nobody {
		t.Errorf("%s", one.State)
	}
}

// req: PLACE-2
func TestAPlaceFitsOnlyForWhomItIsAndWithEnoughBeds(t *testing.T) {
	p := Pool{Group: "families", Free: 3, From: 0, To: 10, Until: morning.Add(time.Hour)}
	for name, c := range map[string]struct {
		need ask.Answer
		fits bool
	}{
		"a grown person and two children": {ask.Answer{"group": {"women", "families"}, "children": {"2, 7"}}, true},
		"one bed too few":                 {ask.Answer{"group": {"families"}, "children": {"2, 7, 8"}}, false},
		"a child who is too old":          {ask.Answer{"group": {"families"}, "children": {"11"}}, false},
		"another group":                   {ask.Answer{"group": {"men"}}, false},
		"steps":                           {ask.Answer{"group": {"families"}, "access": {"step-free"}}, false},
		"ages that nobody can read":       {ask.Answer{"group": {"families"}, "children": {"two"}}, false},
	} {
		if p.Fits(c.need, morning) != c.fits {
			t.Errorf("%s: fits is not %v", name, c.fits)
		}
	}
	if p.Fits(ask.Answer{"group": {"families"}}, p.Until) {
		t.Error("an old count is taken as true")
	}
	p.To = NoChildren
	if p.Fits(ask.Answer{"group": {"families"}, "children": {"0"}}, morning) {
		t.Error("a child where none can come")
	}
	if minor := (Pool{Group: Minors, Free: 1, From: 12, To: 17, Until: morning.Add(time.Hour)}); !minor.Fits(ask.Answer{"group": {Minors}, "children": {"16"}}, morning) {
		t.Error("a child without an adult takes one bed")
	}
}

// req: PLACE-1
func TestARegionIsNamedOnlyWhereTwoOthersPublish(t *testing.T) {
	list := []Pool{
		{AgencyID: "a", Region: "GR-A", Group: "women", Free: 2}, {AgencyID: "a", Region: "GR-A", Group: "men", Free: 1},
		{AgencyID: "a", Region: "GR-B", Group: "women", Free: 1}, {AgencyID: "b", Region: "GR-B", Group: "women", Free: 3}, {AgencyID: "own", Region: "GR-B", Group: "women", Free: 9},
	}
	for _, s := range Summed(list, "own") {
		want := map[string]int{"": 2, "GR-B": 4}[s.Region]
		if s.Free["women"] != want || s.Region == "GR-A" {
			t.Errorf("%q: %v", s.Region, s.Free)
		}
		if s.Region == "" {
			t.Error("the rest is of one house")
		}
	}
	two := Summed(append([]Pool{{AgencyID: "c", Region: "GR-0", Group: "women", Free: 3}}, list...), "own")
	if last := two[len(two)-1]; last.Region != "" || last.Free["women"] != 5 {
		t.Errorf("the rest of two houses: %+v", two)
	}
	for _, s := range Summed(list, "b") { // to b, GR-B is one other and itself
		if s.Region == "GR-A" {
			t.Errorf("to b a region of one is named: %+v", s)
		}
	}
}
