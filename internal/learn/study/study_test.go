package study

import (
	"context"
	"errors"
	"fmt"
	"math"
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
	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
	"amelie/internal/learn/playing"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var (
	ctx    = context.Background()
	start  = time.Date(2026, 3, 4, 2, 10, 0, 0, time.UTC)
	nurse  = &web.Viewer{UserID: "u-nurse", AgencyID: "hospital", Roles: []string{"professional"}}
	editor = &web.Viewer{UserID: "u-editor", AgencyID: "office", Roles: []string{"editor"}}
)

// school is the service with a clock that a test moves and a course that it
// changes.
type school struct {
	*Service
	now    time.Time
	course *learn.Course
	ended  []string
}

func newSchool(t testing.TB, d *db.DB) *school {
	x := &school{now: start, course: learntest.Course(t)}
	x.Service = New(Config{DB: d, Policy: policy.Must(Policy), Secret: vault.NewServerSecret(), Now: func() time.Time { return x.now }, Course: func() *learn.Course { return x.course },
		Ended: func(_ *db.Tx, learner string, _ time.Time) error { x.ended = append(x.ended, learner); return nil }})
	return x
}

func each(t *testing.T, story func(t *testing.T, x *school)) {
	dbtest.Each(t, []db.Schema{audit.Schema, playing.Schema, Schema}, func(t *testing.T, d *db.DB) { story(t, newSchool(t, d)) })
}

func (x *school) begins(t testing.TB) (l Learner, code, cookie string) {
	t.Helper()
	code, cookie, err := x.Begin(ctx, id.Secret(16))
	if err != nil {
		t.Fatal(err)
	}
	return x.at(t, cookie), code, cookie
}

func (x *school) at(t testing.TB, cookie string) Learner {
	t.Helper()
	l, _, err := x.Here(ctx, cookie)
	if err != nil || l == nil {
		t.Fatal(l, err)
	}
	return *l
}

func (x *school) does(t testing.TB, l Learner, unit string, act Act) {
	t.Helper()
	if err := x.Do(ctx, l, "talk", unit, act); err != nil {
		t.Fatal(err)
	}
}

func (x *school) rows(t testing.TB, table string) (n int) {
	t.Helper()
	err := x.DB.Read(ctx, func(tx *db.Tx) error { return tx.Row(&db.Stmt{SQL: `SELECT COUNT(*) FROM ` + table}).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// right is a right answer to each question of the test course.
var right = map[string]Reply{
	"q1": {Given: learn.Given{"b"}}, "q2": {Given: learn.Given{"a", "b"}}, "q3": {Given: learn.Given{"f"}, Sure: "yes"}, "q4": {Given: learn.Given{"a", "b", "c"}},
}

func inTest(replies map[string]Reply) map[string]Reply {
	out := map[string]Reply{}
	for q, r := range replies {
		out["talk."+q] = r
	}
	return out
}

// req: STUDY-1
func TestOnePressMakesOneLearnerWhoseCodeIsShownForAWhileAndNeverAgain(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		seed := id.Secret(16)
		code, cookie, err := x.Begin(ctx, seed)
		if err != nil || len(strings.ReplaceAll(code, "-", "")) != 25 || strings.Count(code, "-") != 4 {
			t.Fatal(code, err)
		}
		first := x.at(t, cookie)
		again, cookie2, err := x.Begin(ctx, seed)
		if err != nil || again != code || x.at(t, cookie2).ID != first.ID || x.rows(t, "study_learner") != 1 || x.rows(t, "study_session") != 1 {
			t.Fatal(again, err, x.rows(t, "study_learner"), x.rows(t, "study_session"))
		}
		x.now = x.now.Add(codeShown + time.Minute)
		if _, _, err := x.Begin(ctx, seed); fault.KindOf(err) != fault.Expired {
			t.Error("an old page still tells the code:", err)
		}
		if _, _, err := x.Begin(ctx, "short"); fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
		other, _, err := x.Begin(ctx, id.Secret(16))
		if err != nil || other == code {
			t.Error(other, err)
		}
		phone, err := x.Enter(ctx, " "+strings.ToLower(strings.ReplaceAll(code, "-", " "))+"\n")
		if err != nil || x.at(t, phone).ID != first.ID {
			t.Error("the code does not open on another device:", err)
		}
		for _, wrong := range []string{"", "abc", strings.Repeat("A", 25), code[:len(code)-1] + "U", code + "1"} {
			if _, err := x.Enter(ctx, wrong); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q: %v", wrong, err)
			}
		}
	})
}

func TestADeviceForgetsAfterNinetyDaysAndTheInstallationAfterTwoYears(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		_, code, cookie := x.begins(t)
		for range 3 {
			x.now = x.now.Add(CookieIdle - time.Hour)
			l, renew, err := x.Here(ctx, cookie)
			if err != nil || l == nil || !renew {
				t.Fatal(l, renew, err)
			}
		}
		x.now = x.now.Add(CookieIdle + time.Hour)
		if l, _, err := x.Here(ctx, cookie); l != nil || err != nil {
			t.Error("an idle device is still known", err)
		}
		if err := x.Sweep(ctx); err != nil || x.rows(t, "study_session") != 0 || x.rows(t, "study_learner") != 1 {
			t.Fatal(err)
		}
		if _, err := x.Enter(ctx, code); err != nil {
			t.Fatal(err)
		}
		x.now = x.now.Add(LearnerIdle - time.Hour)
		if err := x.Sweep(ctx); err != nil || x.rows(t, "study_learner") != 1 {
			t.Fatal("swept too early", err)
		}
		x.now = x.now.Add(2 * time.Hour)
		if err := x.Sweep(ctx); err != nil || x.rows(t, "study_learner") != 0 || len(x.ended) != 1 {
			t.Fatal(err, x.ended)
		}
	})
}

// req: STUDY-5
func TestForgetMeLeavesNothingOnAnyDevice(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		l, code, cookie := x.begins(t)
		other, _, otherCookie := x.begins(t)
		x.does(t, other, "u1", Act{Replies: right})
		x.does(t, l, "u1", Act{Replies: right, Opened: x.now.Add(-time.Minute)})
		a, err := x.Start(ctx, l, "talk")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.End(ctx, l, a.ID, inTest(right)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := x.Forget(ctx, l); err != nil {
				t.Fatal(err)
			}
		}
		if here, _, _ := x.Here(ctx, cookie); here != nil {
			t.Error("the cookie still opens")
		}
		if _, err := x.Enter(ctx, code); fault.KindOf(err) != fault.Invalid {
			t.Error("the code still opens", err)
		}
		if err := x.Do(ctx, l, "talk", "u2", Act{Finished: true}); fault.KindOf(err) != fault.NotFound {
			t.Error("another device writes after the end:", err)
		}
		for _, table := range []string{"study_learner", "study_session", "study_unit"} {
			if n := x.rows(t, table); n != 1 {
				t.Errorf("%s has %d rows beside the other learner's", table, n-1)
			}
		}
		if n := x.rows(t, "study_attempt"); n != 0 {
			t.Error(n, "attempts are left")
		}
		if len(x.ended) != 1 || x.at(t, otherCookie).ID != other.ID {
			t.Error(x.ended)
		}
	})
}

func TestAMemberNeedsNoCodeAndALearnerSurvivesTheAccountOnlyByItsCode(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		cookie, err := x.Join(ctx, nurse, nil)
		if err != nil {
			t.Fatal(err)
		}
		first := x.at(t, cookie)
		phone, err := x.Join(ctx, nurse, nil)
		if err != nil || x.at(t, phone).ID != first.ID {
			t.Fatal("the account opens two", err)
		}
		coded, _, codedCookie := x.begins(t)
		if _, err := x.Join(ctx, nurse, &coded); fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
		if none, err := x.Join(ctx, editor, &coded); err != nil || none != "" || x.at(t, codedCookie).Account != editor.UserID {
			t.Error(none, err)
		}
		for _, account := range []string{nurse.UserID, editor.UserID, "u-nobody"} {
			if err := x.DB.Write(ctx, func(tx *db.Tx) error { return x.Gone(tx, account) }); err != nil {
				t.Fatal(err)
			}
		}
		if l, _, _ := x.Here(ctx, cookie); l != nil {
			t.Error("a learner to whom nothing leads is kept")
		}
		if l := x.at(t, codedCookie); l.Account != "" || !l.Coded {
			t.Error(l)
		}
	})
}

// req: STUDY-3
func TestTheLogNamesALearnerByItsNumberAndNeverTheAccount(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		l, _, _ := x.begins(t)
		if _, err := x.Join(ctx, nurse, &l); err != nil {
			t.Fatal(err)
		}
		a, err := x.Start(ctx, l, "talk")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.End(ctx, l, a.ID, inTest(right)); err != nil {
			t.Fatal(err)
		}
		if err := x.Forget(ctx, l); err != nil {
			t.Fatal(err)
		}
		var list []audit.Entry
		if err := x.DB.Read(ctx, func(tx *db.Tx) (err error) { list, err = audit.Latest(tx, start.Add(time.Hour), 10); return err }); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, e := range list {
			said = append(said, e.Action)
			if e.Actor != "learner/"+l.ID || e.Object != "learner/"+l.ID || strings.Contains(fmt.Sprint(e), nurse.UserID) {
				t.Error(e)
			}
		}
		if strings.Join(said, " ") != "study.forgotten study.passed study.began" {
			t.Error(said)
		}
	})
}

// req: STUDY-2
func TestNobodyKeepsAnythingForAnotherLearner(t *testing.T) {
	x := newSchool(t, dbtest.Open(t, audit.Schema, Schema))
	l, _, _ := x.begins(t)
	other, _, _ := x.begins(t)
	if err := x.own(other, l); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	a, err := x.Start(ctx, l, "talk")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Attempt(ctx, other, a.ID); fault.KindOf(err) != fault.NotFound {
		t.Error("another's attempt can be read:", err)
	}
	if err := x.Keep(ctx, other, a.ID, inTest(right)); fault.KindOf(err) != fault.NotFound {
		t.Error("another's attempt can be changed:", err)
	}
}

func TestWhatIsAnsweredIsThereInEveryLanguageAndOnEveryDevice(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		l, _, _ := x.begins(t)
		opened := x.now
		x.now = x.now.Add(3 * time.Minute)
		act := Act{Replies: map[string]Reply{"q1": {Given: learn.Given{"a"}}}, Opened: opened}
		for range 2 { // pressed twice
			x.does(t, l, "u1", act)
		}
		known, err := x.Topic(ctx, l, "talk")
		if err != nil || len(known.Answers) != 1 || known.Answers[0].Right || known.Answers[0].Revision != x.course.Version() {
			t.Fatal(known, err)
		}
		if u := known.Units["talk.u1"]; u.Minutes != 3 || !u.Done.IsZero() {
			t.Error(u)
		}
		x.does(t, l, "u1", Act{Replies: right})
		known, _ = x.Topic(ctx, l, "talk")
		if u := known.Units["talk.u1"]; u.Done.IsZero() || u.Minutes != 3 || !known.Answers[0].Right {
			t.Error(u, known.Answers)
		}
		x.does(t, l, "u2", Act{Wish: new(true)})
		known, _ = x.Topic(ctx, l, "talk")
		if u := known.Units["talk.u2"]; !u.Wished || !u.Changed.IsZero() {
			t.Error(u)
		}
		if err := x.Do(ctx, l, "talk", "u1", Act{Replies: map[string]Reply{"q1": {Given: learn.Given{"<script>"}}}}); fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
		if err := x.Do(ctx, l, "talk", "u9", Act{Finished: true}); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
	})
}

func TestTwoDevicesAtOnceLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		l, _, _ := x.begins(t)
		a, err := x.Start(ctx, l, "talk")
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		errs := make(chan error, 32)
		for _, q := range []string{"q1", "q2", "q3", "q4"} {
			all.Go(func() { errs <- x.Keep(ctx, l, a.ID, map[string]Reply{"talk." + q: right[q]}) })
			all.Go(func() {
				_, err := x.Start(ctx, l, "talk")
				errs <- err
			})
			all.Go(func() { errs <- x.Do(ctx, l, "talk", "u1", Act{Replies: map[string]Reply{q: right[q]}}) })
		}
		all.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		list, err := x.Attempts(ctx, l, "talk")
		if err != nil || len(list) != 1 || len(list[0].Given) != 4 {
			t.Fatal(list, err)
		}
	})
}

// req: STUDY-4
func TestATestIsResumedEndsOnceAndStaysPassedWhateverBecomesOfTheCourse(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		l, _, _ := x.begins(t)
		a, err := x.Start(ctx, l, "talk")
		if err != nil || len(a.Drawn) != 4 {
			t.Fatal(a, err)
		}
		if err := x.Keep(ctx, l, a.ID, inTest(right)); err != nil {
			t.Fatal(err)
		}
		again, err := x.Start(ctx, l, "talk")
		if err != nil || again.ID != a.ID || len(again.Given) != 4 || len(again.Open()) != 0 {
			t.Fatal(again, err)
		}
		for range 2 {
			if a, err = x.End(ctx, l, a.ID, nil); err != nil || !a.Passed || a.Percent() != 100 || a.Pass != 80 {
				t.Fatal(a, err)
			}
		}
		if err := x.Keep(ctx, l, a.ID, inTest(map[string]Reply{"q1": {Given: learn.Given{"a"}}})); fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
		x.Pass = func() int { return 100 }
		x.course = changedCourse(t)
		list, err := x.Attempts(ctx, l, "talk")
		if err != nil || len(list) != 1 || !list[0].Passed || list[0].Right != 4 || list[0].Pass != 80 {
			t.Error(list, err)
		}
		b, err := x.Start(ctx, l, Final)
		if err != nil || b.ID == a.ID || len(b.Drawn) != x.course.Draw {
			t.Error(b, err)
		}
		if _, err := x.Start(ctx, l, "nothing"); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
	})
}

// changedCourse is the test course after its first question was changed.
func changedCourse(t testing.TB) *learn.Course {
	t.Helper()
	files := learntest.Files()
	topic := files["talk/topic.toml"]
	text := strings.Replace(string(topic.Data), `{ id = "b", right = true }, { id = "c" }]`, `{ id = "b" }, { id = "c", right = true }]`, 1)
	if text == string(topic.Data) {
		t.Fatal("the course is not changed")
	}
	topic.Data = []byte(text)
	c, err := learn.Read(files, learntest.Known)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAQuestionThatChangedMeanwhileDoesNotCount(t *testing.T) {
	x := newSchool(t, dbtest.Open(t, audit.Schema, Schema))
	l, _, _ := x.begins(t)
	a, err := x.Start(ctx, l, "talk")
	if err != nil {
		t.Fatal(err)
	}
	x.course = changedCourse(t)
	a, err = x.End(ctx, l, a.ID, inTest(right))
	if err != nil || a.Counted != 3 || a.Right != 3 || !a.Passed {
		t.Error(a, err)
	}
}

// req: STUDY-8
func TestAnAttemptIsShownAndMarkedInTheRevisionThatItWasDrawnFrom(t *testing.T) {
	x := newSchool(t, dbtest.Open(t, audit.Schema, Schema))
	kept := map[string]*learn.Course{}
	x.Pin = func(context.Context) error { kept[x.course.Version()] = x.course; return nil }
	x.Past = func(_ context.Context, revision string) (*learn.Course, error) {
		if c := kept[revision]; c != nil {
			return c, nil
		}
		return nil, errNotFound
	}
	l, _, _ := x.begins(t)
	a, err := x.Start(ctx, l, "talk")
	if err != nil {
		t.Fatal(err)
	}
	x.course = changedCourse(t)
	a, err = x.End(ctx, l, a.ID, inTest(right))
	if err != nil || a.Counted != 4 || a.Right != 4 || !a.Passed {
		t.Error(a, err)
	}
	if course, err := x.revision(ctx, a); err != nil || course.Version() != a.Revision || course == x.course {
		t.Error("the result is not shown in the words that were asked", err)
	}
	kept = nil
	if course, err := x.revision(ctx, a); err != nil || course != x.course {
		t.Error("what was never kept is not shown as it is now", err)
	}
}

// An attempt, whatever is done with it: open until it ends, never changed
// afterwards, never right more often than asked.
func TestAnAttemptNeverChangesAfterItsEnd(t *testing.T) {
	course := learntest.Course(t)
	rapid.Check(t, func(t *rapid.T) {
		a := Attempt{Scope: "talk", Drawn: draw(course, "talk", rapid.String().Draw(t, "seed")), Begun: start}
		now := start
		var end *Attempt
		for range rapid.IntRange(1, 12).Draw(t, "acts") {
			now = now.Add(time.Minute)
			if rapid.IntRange(0, 3).Draw(t, "act") == 0 {
				pass := rapid.Int64Range(1, 100).Draw(t, "pass")
				a = a.End(a.marks(course), pass, now)
				if end == nil {
					end = new(a)
				}
			} else {
				q := rapid.SampledFrom([]string{"q1", "q2", "q3", "q4", "q99"}).Draw(t, "question")
				b, err := a.Keep(map[string]Reply{"talk." + q: {Given: learn.Given{rapid.SampledFrom([]string{"a", "b", "t", "f"}).Draw(t, "answer")}}})
				if (err != nil) != (end != nil) || err != nil && !errors.Is(err, errOver) {
					t.Fatal("kept after the end, or refused before it", err)
				}
				a = b
			}
			if end != nil && fmt.Sprint(a) != fmt.Sprint(*end) {
				t.Fatalf("changed after its end:\n%v\n%v", a, *end)
			}
			if a.Right > a.Counted || a.Counted > int64(len(a.Drawn)) || a.Percent() > 100 || len(a.Given) > len(a.Drawn) || a.Passed && (!a.Over || a.Percent() < a.Pass) {
				t.Fatal(a)
			}
		}
	})
}

func TestMinutesAreCountedOnceForAnOpeningAndAtMostTwiceTheUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, takes := Unit{}, rapid.IntRange(1, 5).Draw(t, "takes")
		now, opened := start, start
		for range rapid.IntRange(1, 8).Draw(t, "acts") {
			before := u.Minutes
			fresh := rapid.Bool().Draw(t, "fresh")
			if fresh {
				now = now.Add(time.Second)
				opened = now
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "minutes")) * time.Minute)
			seen := u.Opened
			u = u.Spent(opened, now, takes)
			more := u.Minutes - before
			if more > int64(2*takes) || more < 0 || opened.After(seen) != (more > 0) {
				t.Fatal(more, takes)
			}
		}
	})
	if u := (Unit{}).Spent(start.Add(time.Hour), start, 3); u.Minutes != 0 {
		t.Error("the future counts")
	}
}

// req: STUDY-6
func TestFiguresAreSumsOfManyAndHideFew(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		for i := range Few {
			l, _, _ := x.begins(t)
			x.does(t, l, "u1", Act{Replies: map[string]Reply{"q1": {Given: learn.Given{"a"}}}})
			x.does(t, l, "u1", Act{Replies: map[string]Reply{"q1": right["q1"]}}) // a second reply is not a first
			a, err := x.Start(ctx, l, "talk")
			if err != nil {
				t.Fatal(err)
			}
			replies := inTest(right)
			if i >= 6 { // those who know less miss q1 as well
				for _, q := range []string{"q1", "q2", "q3"} {
					delete(replies, "talk."+q)
				}
				replies["talk.q1"], replies["talk.q3"] = Reply{Given: learn.Given{"c"}}, Reply{Given: learn.Given{"t"}, Sure: "yes"}
			}
			if i == Few-1 {
				if err := x.Fold(ctx); err != nil {
					t.Fatal(err)
				}
				if list, err := x.Items(ctx, editor); err != nil || len(list) != 1 || list[0].InTest.N != 0 {
					t.Fatal("nine are shown", list, err)
				}
			}
			if _, err := x.End(ctx, l, a.ID, replies); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.Fold(ctx); err != nil || x.rows(t, "study_tally") != 0 {
			t.Fatal(err)
		}
		list, err := x.Items(ctx, editor)
		if err != nil || len(list) != 4 {
			t.Fatal(list, err)
		}
		q1 := list[0]
		if r, ok := q1.InTest.Discrimination(); !ok || math.Abs(r-1) > 1e-9 || q1.InTest.Difficulty() != .6 || q1.InTest.Picks["c"] != 4 {
			t.Error(r, ok, q1.InTest)
		}
		if q1.First.N != Few || q1.First.Right != 0 || q1.First.Picks["a"] != Few {
			t.Error(q1.First)
		}
		if s := list[2].InTest.Sure; s["yes+"] != 6 || s["yes-"] != 4 {
			t.Error(s)
		}
		if _, err := x.Items(ctx, nurse); fault.KindOf(err) != fault.NotFound {
			t.Error("figures for everybody:", err)
		}
		x.course = changedCourse(t)
		if list, err = x.Items(ctx, editor); err != nil || len(list) != 3 {
			t.Error("the figures of the old question stand beside the new one", list, err)
		}
	})
}

// The running sums give what the textbook formula gives.
func TestDiscriminationIsThePointBiserialCorrelation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "n")
		var s Sums
		var with, without []float64
		var all []float64
		for range n {
			c := Counted{Right: rapid.Bool().Draw(t, "right"), Rest: rapid.Int64Range(0, 100).Draw(t, "rest")}
			s = s.Add(c)
			all = append(all, float64(c.Rest))
			if c.Right {
				with = append(with, float64(c.Rest))
			} else {
				without = append(without, float64(c.Rest))
			}
		}
		mean := func(list []float64) (m float64) {
			for _, v := range list {
				m += v / float64(len(list))
			}
			return m
		}
		variance, m := 0.0, mean(all)
		for _, v := range all {
			variance += (v - m) * (v - m) / float64(n)
		}
		r, ok := s.Discrimination()
		if len(with) == 0 || len(without) == 0 || variance < 1e-9 {
			if ok {
				t.Fatal("a figure out of nothing")
			}
			return
		}
		p := float64(len(with)) / float64(n)
		want := (mean(with) - mean(without)) / math.Sqrt(variance) * math.Sqrt(p*(1-p))
		if !ok || math.Abs(r-want) > 1e-6 || math.Abs(r) > 1+1e-9 {
			t.Fatal(r, want)
		}
	})
}

func TestOneGoesOnWhereOneWas(t *testing.T) {
	course := learntest.Course(t)
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	for _, c := range []struct {
		units map[string]Unit
		want  string
	}{
		{nil, "talk.u1"},
		{map[string]Unit{"talk.u1": {Changed: at(1)}}, "talk.u1"},
		{map[string]Unit{"talk.u1": {Changed: at(1), Done: at(1)}}, "talk.u2"},
		{map[string]Unit{"talk.u2": {Changed: at(1), Done: at(1)}}, "talk.u1"},
		{map[string]Unit{"talk.u1": {Changed: at(1), Done: at(1)}, "talk.u2": {Changed: at(2), Done: at(2)}}, ""},
	} {
		if got := next(course, c.units); got != c.want {
			t.Errorf("%v: %q, not %q", c.units, got, c.want)
		}
	}
}

func FuzzACodeIsReadAsItIsTypedOrRefused(f *testing.F) {
	for _, s := range []string{"", "ABCDE-FGHJK-MNPQR-STVWX-YZ012", "abcde fghjk mnpqr stvwx yz012", "οοοοο-οοοοο-οοοοο-οοοοο-οοοοο", "O0o0o-IlLi1-11111-22222-33333\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := ParseCode(s)
		if ok && len(code) != codeLength {
			t.Errorf("%q", code)
		}
		if again, same := ParseCode(code); ok && (!same || again != code) {
			t.Errorf("%q becomes %q", code, again)
		}
	})
}
