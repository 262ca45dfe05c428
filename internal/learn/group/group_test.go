package group

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
	"amelie/internal/learn/playing"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var (
	ctx     = context.Background()
	start   = time.Date(2026, 3, 4, 9, 10, 0, 0, time.UTC)
	trainer = &web.Viewer{UserID: "u-trainer", AgencyID: "support", Roles: []string{"caseworker"}}
	lead    = &web.Viewer{UserID: "u-lead", AgencyID: "support", Roles: []string{"lead"}}
	insider = &web.Viewer{UserID: "u-insider", AgencyID: "elsewhere", Roles: []string{"lead"}}
	nurse   = &web.Viewer{UserID: "u-nurse", AgencyID: "hospital", Roles: []string{"professional"}}
	schemas = []db.Schema{audit.Schema, jobs.Schema, playing.Schema, Schema}
)

// hall is the service with a clock that a test moves.
type hall struct {
	*Service
	now    time.Time
	course *learn.Course
	runner *jobs.Runner
	left   []string
}

func newHall(t testing.TB, d *db.DB) *hall {
	x := &hall{now: start, course: learntest.Course(t)}
	now := func() time.Time { return x.now }
	x.Service = New(Config{DB: d, Policy: policy.Must(Policy), Secret: vault.NewServerSecret(), Now: now, Course: func() *learn.Course { return x.course },
		Left: func(_ *db.Tx, seat string, _ time.Time) error { x.left = append(x.left, seat); return nil }})
	x.runner = jobs.NewRunner(d, now, slog.New(slog.DiscardHandler))
	x.Handle(x.runner)
	return x
}

func each(t *testing.T, story func(t *testing.T, x *hall)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { story(t, newHall(t, d)) })
}

func (x *hall) opens(t testing.TB, days int) Group {
	t.Helper()
	group, err := x.Open(ctx, trainer, "corridor", days, id.New())
	if err != nil {
		t.Fatal(err)
	}
	return x.sees(t, group).Group
}

func (x *hall) sees(t testing.TB, group string) Seen {
	t.Helper()
	seen, err := x.See(ctx, trainer, group)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// plays joins and chooses.
func (x *hall) plays(t testing.TB, g Group, way string) (cookie string) {
	t.Helper()
	cookie, _, err := x.Join(ctx, id.Secret(16), x.Code(g))
	if err != nil {
		t.Fatal(err)
	}
	for i, choice := range strings.Split(way, "") {
		if err := x.Choose(ctx, cookie, i, choice); err != nil {
			t.Fatal(way, i, err)
		}
	}
	return cookie
}

func (x *hall) rows(t testing.TB, table string) (n int) {
	t.Helper()
	err := x.DB.Read(ctx, func(tx *db.Tx) error { return tx.Row(&db.Stmt{SQL: `SELECT COUNT(*) FROM ` + table}).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// told is a picture in one line: "aa 2, b 1".
func told(p playing.Picture) string {
	if p.N == 0 {
		return ""
	}
	var out []string
	for _, s := range p.Scenes {
		for _, c := range s.Choices {
			out = append(out, fmt.Sprint(s.Scene.ID, c.Choice.ID, c.N))
		}
	}
	return strings.Join(out, " ")
}

// req: GROUP-1
func TestAPictureOfAGroupGrowsByThreeAndShowsNothingOfFewer(t *testing.T) {
	each(t, func(t *testing.T, x *hall) {
		g := x.opens(t, 1)
		for i, want := range []string{"", "", "s1a2 s1b1 s2a1 s2b1", "s1a2 s1b1 s2a1 s2b1", "s1a2 s1b1 s2a1 s2b1", "s1a3 s1b3 s2a2 s2b1"} {
			x.plays(t, g, []string{"aa", "b", "ab", "aa", "b", "b"}[i])
			seen := x.sees(t, g.ID)
			if got := told(seen.Picture); got != want || seen.Joined != i+1 || seen.Ended != i+1 || seen.Waiting != (i+1)%3 {
				t.Errorf("after %d: %q, %+v", i+1, got, seen.Tally)
			}
		}
		x.plays(t, g, "a") // has not finished
		if seen := x.sees(t, g.ID); seen.Joined != 7 || seen.Ended != 6 || seen.Picture.N != 6 {
			t.Errorf("%+v", seen.Tally)
		}
	})
}

// req: GROUP-2
func TestWhoTakesTheirsBackIsDeletedAndTheTwoThatCameWithItAreShownNoMore(t *testing.T) {
	each(t, func(t *testing.T, x *hall) {
		g := x.opens(t, 1)
		first := x.plays(t, g, "aa")
		for _, way := range []string{"ab", "b", "b", "b", "aa"} {
			x.plays(t, g, way)
		}
		for range 2 {
			if err := x.TakeBack(ctx, first); err != nil {
				t.Fatal(err)
			}
		}
		seen := x.sees(t, g.ID)
		if seen.Joined != 5 || seen.Picture.N != 3 || seen.Hidden != 2 || seen.Waiting != 0 || len(x.left) != 1 {
			t.Errorf("%+v of %d, ledger %v", seen.Tally, seen.Picture.N, x.left)
		}
		if x.rows(t, "playing_play") != 5 || x.rows(t, "group_seat") != 5 {
			t.Error("something is left of it")
		}
		if at, err := x.Here(ctx, first); at != nil || err != nil {
			t.Error(at, err)
		}
		if err := x.Choose(ctx, first, 0, "a"); fault.KindOf(err) != fault.NotFound {
			t.Error("a seat that was taken back plays:", err)
		}
	})
}

// req: GROUP-1
// req: GROUP-2
func TestTwoPicturesOfAGroupNeverDifferByFewerThanThree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var seats []Seat
		seen := map[string]bool{}
		save := func(changed []Seat) {
			for _, s := range changed {
				seats[slices.IndexFunc(seats, func(o Seat) bool { return o.Hash == s.Hash })] = s
			}
		}
		for i := range rapid.IntRange(0, 40).Draw(t, "acts") {
			switch act := rapid.IntRange(0, 3).Draw(t, "act"); {
			case act == 0 && len(seats) > 0:
				one := rapid.SampledFrom(seats).Draw(t, "leaves")
				save(leave(seats, one))
				seats = slices.DeleteFunc(slices.Clone(seats), func(s Seat) bool { return s.Hash == one.Hash })
			default:
				seats = append(seats, Seat{Hash: fmt.Sprint(i), Play: fmt.Sprint(i), Ended: act > 1})
				save(gather(seats))
			}
			sums, shown := tally(seats)
			changed := 0
			for play := range seen {
				if !shown[play] {
					changed++
				}
			}
			for play := range shown {
				if !seen[play] {
					changed++
				}
			}
			if changed != 0 && changed != playing.Few || len(shown)%playing.Few != 0 || sums.Waiting >= playing.Few || len(shown)+sums.Waiting+sums.Hidden != sums.Ended {
				t.Fatalf("%d changed, %d shown, %+v", changed, len(shown), sums)
			}
			seen = shown
		}
	})
}

// req: GROUP-3
func TestACodeOpensASeatInItsGroupAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, x *hall) {
		g := x.opens(t, 1)
		code, seed := x.Code(g), id.Secret(16)
		if len(code) != 9 || code != x.Code(g) {
			t.Fatal(code)
		}
		cookie, _, err := x.Join(ctx, seed, " "+strings.ToLower(strings.ReplaceAll(code, "-", " "))+" ")
		if err != nil {
			t.Fatal(err)
		}
		if again, _, err := x.Join(ctx, seed, code); err != nil || again != cookie || x.rows(t, "group_seat") != 1 {
			t.Error("pressed twice:", err)
		}
		for _, wrong := range []string{"", "0000-0000", code + "1", code[:8] + "U", g.ID, strings.Repeat("Z", 8)} {
			if _, _, err := x.Join(ctx, seed, wrong); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		if _, _, err := x.Join(ctx, "short", code); fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
		if at, err := x.Here(ctx, "0123"); at != nil || err != nil {
			t.Error("a guessed cookie is somewhere:", at, err)
		}

		// Another group's cookie plays in its own group alone.
		other := x.opens(t, 1)
		cookie2, _, err := x.Join(ctx, seed, x.Code(other))
		if err != nil || cookie2 == cookie {
			t.Fatal("one seed makes two seats alike:", err)
		}
		if err := x.Choose(ctx, cookie2, 0, "b"); err != nil {
			t.Fatal(err)
		}
		if at, err := x.Here(ctx, cookie); err != nil || len(at.Play.Steps) != 0 || at.Group.ID != g.ID {
			t.Error(at, err)
		}

		// Replayed, out of its order, or of another scene.
		for range 2 {
			if err := x.Choose(ctx, cookie, 0, "a"); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.Choose(ctx, cookie, 0, "b"); fault.KindOf(err) != fault.Conflict {
			t.Error("a decision was changed:", err)
		}
		for place, choice := range map[int]string{7: "a", 1: "z", -1: "a"} {
			if err := x.Choose(ctx, cookie, place, choice); fault.KindOf(err) != fault.Invalid {
				t.Error(place, choice, err)
			}
		}

		// After the end.
		x.now = g.Ends
		if _, _, err := x.Join(ctx, id.Secret(16), code); fault.KindOf(err) != fault.Invalid {
			t.Error("the code of a group that has ended:", err)
		}
		if err := x.Choose(ctx, cookie, 1, "a"); fault.KindOf(err) != fault.Expired {
			t.Error("a choice after the end:", err)
		}
		if err := x.TakeBack(ctx, cookie); err != nil || x.rows(t, "group_seat") != 1 {
			t.Error("after the end nothing can be taken back:", err)
		}
	})
}

func TestAGroupIsOpenedOnceByWhoMayAndExistsForNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, x *hall) {
		press := id.New()
		group, err := x.Open(ctx, trainer, "corridor", 3, press)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := x.Open(ctx, trainer, "corridor", 3, press); again != "" || err != nil || x.rows(t, "group_group") != 1 {
			t.Error("pressed twice:", again, err)
		}
		if _, err := x.Open(ctx, nurse, "corridor", 3, id.New()); err == nil {
			t.Error("whoever works somewhere opens groups")
		}
		for _, wrong := range []struct {
			of   string
			days int
		}{{"none", 3}, {"corridor", 15}, {"corridor", 0}} {
			if _, err := x.Open(ctx, trainer, wrong.of, wrong.days, id.New()); fault.KindOf(err) != fault.Invalid {
				t.Error(wrong, err)
			}
		}
		for _, v := range []*web.Viewer{lead, insider, nurse, {UserID: "u-admin", Roles: []string{"administrator", "coordinator", "auditor"}}} {
			if _, err := x.See(ctx, v, group); fault.KindOf(err) != fault.NotFound {
				t.Error(v.UserID, "sees:", err)
			}
			if err := x.End(ctx, v, group); fault.KindOf(err) != fault.NotFound {
				t.Error(v.UserID, "ends:", err)
			}
		}
		if list, err := x.Mine(ctx, lead); err != nil || len(list) != 0 {
			t.Error(list, err)
		}
		if _, err := x.Mine(ctx, nurse); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
	})
}

// req: GROUP-4
func TestAGroupEndsByItselfAndNinetyDaysLaterNothingOfItIsLeft(t *testing.T) {
	each(t, func(t *testing.T, x *hall) {
		g, early := x.opens(t, MostDays), x.opens(t, MostDays)
		for range 3 {
			x.plays(t, g, "b")
		}
		x.plays(t, early, "b")
		x.now = x.now.Add(time.Hour)
		for range 2 {
			if err := x.End(ctx, trainer, early.ID); err != nil {
				t.Fatal(err)
			}
		}
		if early = x.sees(t, early.ID).Group; !early.Over(x.now) {
			t.Error("goes on")
		}
		run := func(at time.Time, groups int) {
			t.Helper()
			x.now = at
			if err := x.runner.RunDue(ctx); err != nil {
				t.Fatal(err)
			}
			if n := x.rows(t, "group_group"); n != groups {
				t.Errorf("%d groups on %s", n, at)
			}
		}
		run(early.Deleted().Add(-time.Second), 2)
		run(early.Deleted(), 1)
		run(g.Deleted().Add(-time.Second), 1)
		if seen := x.sees(t, g.ID); seen.Picture.N != 3 {
			t.Error(seen)
		}
		run(g.Deleted(), 0)
		if x.rows(t, "group_seat")+x.rows(t, "playing_play") != 0 {
			t.Error("something is left")
		}
	})
}

func TestARestoreBringsBackNeitherASeatNorTheGroupsOfADeletedAccount(t *testing.T) {
	each(t, func(t *testing.T, x *hall) {
		g := x.opens(t, 1)
		cookie := x.plays(t, g, "b")
		at, err := x.Here(ctx, cookie)
		if err != nil {
			t.Fatal(err)
		}
		err = x.DB.Write(ctx, func(tx *db.Tx) error {
			for _, want := range []bool{true, false} {
				if was, err := LeftAgain(tx, at.Hash); err != nil || was != want {
					t.Error(was, err)
				}
			}
			return Gone(tx, trainer.UserID)
		})
		if err != nil || x.rows(t, "group_seat")+x.rows(t, "playing_play")+x.rows(t, "group_group") != 0 {
			t.Error(err)
		}
	})
}

// req: GROUP-3
func TestTheLogSaysWhoOpenedAGroupAndNothingAboutWhoPlayed(t *testing.T) {
	each(t, func(t *testing.T, x *hall) {
		g := x.opens(t, 1)
		before := x.rows(t, "audit_leaf")
		if err := x.TakeBack(ctx, x.plays(t, g, "b")); err != nil {
			t.Fatal(err)
		}
		if n := x.rows(t, "audit_leaf"); before == 0 || n != before {
			t.Errorf("%d lines, then %d", before, n)
		}
	})
}
