package recall

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-ical"
	"pgregory.net/rapid"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
	"amelie/internal/learn/playing"
	"amelie/internal/learn/reading"
	"amelie/internal/learn/study"
	"amelie/internal/mail"
	"amelie/internal/mail/mailtest"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var (
	ctx   = context.Background()
	night = time.Date(2026, 5, 31, 2, 10, 0, 0, time.UTC)
)

// school is the room with a clock that a test moves, and a real mail server.
type school struct {
	*Rooms
	t      testing.TB
	now    time.Time
	course *learn.Course
	jobs   *jobs.Runner
	post   *mailtest.Server
	site   http.Handler
	cookie string
}

var schemas = []db.Schema{audit.Schema, jobs.Schema, playing.Schema, study.Schema, Schema}

func open(t testing.TB, d *db.DB) *school {
	t.Helper()
	texts := learntest.Texts(t)
	x := &school{t: t, now: night, course: learntest.Course(t), post: mailtest.New(t, func(s *mailtest.Server) { s.NoAuth = true })}
	clock := func() time.Time { return x.now }
	kept := study.New(study.Config{DB: d, Policy: policy.Must(study.Policy, Policy), Secret: vault.NewServerSecret(), Now: clock, Course: func() *learn.Course { return x.course },
		Ended: func(tx *db.Tx, learner string, _ time.Time) error { _, err := Forget(tx, learner); return err }})
	pages := reading.New(reading.Config{Course: kept.Course, Use: func(*web.Ctx, []string, string) (none reading.Use) { return none }, Signs: func(string, []string) []web.Choice { return nil }})
	always := func(*http.Request) bool { return true }
	rooms := &study.Rooms{Service: kept, Reading: pages, BaseURL: "https://learn.example.org", MayTry: always, MayBegin: always}
	x.Rooms = &Rooms{Study: rooms, Service: New(Config{Study: kept, Texts: texts, BaseURL: "https://learn.example.org", Neutral: func() string { return "Amelie" }, Zone: func() *time.Location { return time.UTC }})}
	shell := learntest.Shell(t, clock, func() *web.Viewer { return nil })
	rooms.Mount(shell)
	x.Mount(shell)
	x.site = shell.Handler()
	x.jobs = jobs.NewRunner(d, clock, nil)
	smtp, err := mail.NewSMTP(mail.Config{Addr: x.post.Addr(), From: "post@learn.example.org", CAFile: x.post.CAFile})
	if err != nil {
		t.Fatal(err)
	}
	x.jobs.Handle(mail.Kind, mail.NewSender(smtp, mail.Telling(texts, i18n.Languages)).Handle)
	return x
}

func each(t *testing.T, story func(t *testing.T, x *school)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { story(t, open(t, d)) })
}

// nurse read the essentials in the night, knew one answer and not the other.
func (x *school) nurse() string {
	x.t.Helper()
	_, cookie, err := x.Study.Begin(ctx, id.Secret(16))
	if err != nil {
		x.t.Fatal(err)
	}
	x.cookie = cookie
	l, _, err := x.Study.Here(ctx, cookie)
	if err != nil {
		x.t.Fatal(err)
	}
	act := study.Act{Finished: true, Replies: map[string]study.Reply{"q1": {Given: learn.Given{"a"}}, "q2": {Given: learn.Given{"a", "b"}}}}
	if err := x.Study.Do(ctx, *l, "talk", "u1", act); err != nil {
		x.t.Fatal(err)
	}
	return l.ID
}

func (x *school) ask(method, path string, status int, pairs ...string) string {
	x.t.Helper()
	form := learntest.Form(pairs...)
	r := learntest.Request(method, path, form)
	if strings.Contains(path, "/study") {
		r.AddCookie(&http.Cookie{Name: "amelie_learner", Value: x.cookie})
	}
	w := httptest.NewRecorder()
	x.site.ServeHTTP(w, r)
	if w.Code != status {
		x.t.Fatalf("%s %s: %d, want %d\n%s", method, path, w.Code, status, w.Body)
	}
	if to := w.Header().Get("Location"); to != "" {
		return to
	}
	return learntest.Text(w)
}

func says(t testing.TB, page string, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(page, text) {
			t.Errorf("does not say %q", text)
		}
	}
}

// sweeps lets the day's work be done twice, and mail go out.
func (x *school) sweeps() {
	x.t.Helper()
	for range 2 {
		if err := errors.Join(x.Sweep(ctx), x.jobs.RunDue(ctx)); err != nil {
			x.t.Fatal(err)
		}
	}
}

func (x *school) rows() (n int) {
	x.t.Helper()
	err := x.Study.Service.DB.Read(ctx, func(tx *db.Tx) error { return tx.Row(&db.Stmt{SQL: `SELECT COUNT(*) FROM learn_recall`}).Scan(&n) })
	if err != nil {
		x.t.Fatal(err)
	}
	return n
}

var (
	link      = regexp.MustCompile(`https://learn\.example\.org(/en/again/[0-9a-f]{32})`)
	attemptIn = regexp.MustCompile(`name="attempt" value="([^"]+)"`)
)

// req: RECALL-2
// req: RECALL-3
func TestANightNurseIsRemindedOnceForADayAnswersAndEndsItByThePress(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		x.nurse()
		says(t, x.ask("GET", "/en/study", 200), "Ask me again later")
		says(t, x.ask("POST", "/en/study/recall", 422, "do", "mail", "email", "nora@ house"), `value="nora@ house"`)
		x.ask("POST", "/en/study/recall", 303, "do", "mail", "email", "nora@house.example")
		says(t, x.ask("GET", "/en/study/recall", 200), "Next time on 30 June 2026", "You get a mail")

		x.sweeps()
		if list := x.post.Letters(); len(list) != 0 {
			t.Fatal("written to before the day:", list)
		}
		x.now = time.Date(2026, 6, 30, 9, 0, 0, 0, time.UTC)
		x.sweeps()
		list := x.post.Letters()
		if len(list) != 1 || !strings.Contains(list[0].To, "nora@house.example") || list[0].Subject != "A short reminder" {
			t.Fatal(list)
		}
		path := link.FindStringSubmatch(list[0].Text)
		if path == nil {
			t.Fatal(list[0].Text)
		}

		says(t, x.ask("GET", path[1], 200), "three minutes", "To the questions", "No more reminders")
		says(t, x.ask("GET", "/en/study", 200), "A short reminder waits for you")
		page := x.ask("GET", "/en/study/recall", 200)
		says(t, page, "2 questions", "words of q1", "words of q2")
		attempt := attemptIn.FindStringSubmatch(page)[1]
		x.ask("POST", "/en/study/recall", 303, "do", "answer", "attempt", attempt, "talk.q1", "b", "talk.q2", "c")
		page = x.ask("GET", "/en/study/recall", 200)
		says(t, page, "1 of 2 right", "words of q1.b.f", "Worth reading again", "Alone first", "Next time on 31 August 2026")
		x.ask("POST", "/en/study/recall", 303, "do", "answer", "attempt", attempt, "talk.q2", "a") // pressed twice
		says(t, x.ask("GET", "/en/study/recall", 200), "1 of 2 right")

		if x.ask("GET", path[1], 200); x.rows() != 1 {
			t.Error("opening the link ended it")
		}
		says(t, x.ask("POST", path[1], 200), "Ended")
		says(t, x.ask("POST", path[1], 200), "Ended")
		if x.rows() != 0 {
			t.Error("the plan is still there, and the address with it")
		}
		x.now = x.now.AddDate(0, 3, 0)
		x.sweeps()
		if n := len(x.post.Letters()); n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}

func TestThreeTimesAndThenTheAddressIsGone(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		learner := x.nurse()
		if err := x.Begin(ctx, learner, "el", "nora@house.example"); err != nil {
			t.Fatal(err)
		}
		for i, day := range Days(night, time.UTC) {
			x.now = day.Add(time.Minute)
			x.sweeps()
			list := x.post.Letters()
			if len(list) != i+1 || list[i].Subject != "Μια σύντομη υπενθύμιση" || !strings.Contains(list[i].Text, "/el/again/") {
				t.Fatal(i, list)
			}
		}
		if x.rows() != 0 {
			t.Error("the address outlives the last mail")
		}
	})
}

func TestTwoSweepsAtOnceAskOnce(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		if err := x.Begin(ctx, x.nurse(), "en", "nora@house.example"); err != nil {
			t.Fatal(err)
		}
		x.now = Days(night, time.UTC)[0]
		first, err := x.due(ctx)
		if err != nil || len(first) != 1 {
			t.Fatal(first, err)
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := x.Study.Service.DB.Write(ctx, func(tx *db.Tx) error { return x.lay(tx, first[0]) }); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if x.sweeps(); len(x.post.Letters()) != 1 {
			t.Errorf("%d mails", len(x.post.Letters()))
		}
	})
}

func TestWhoIsForgottenIsNotWrittenTo(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		learner := x.nurse()
		if err := x.Begin(ctx, learner, "en", "nora@house.example"); err != nil {
			t.Fatal(err)
		}
		if err := x.Study.Forget(ctx, study.Learner{ID: learner}); err != nil {
			t.Fatal(err)
		}
		x.now = Days(night, time.UTC)[2]
		if x.sweeps(); x.rows() != 0 || len(x.post.Letters()) != 0 {
			t.Error("something is left of who was forgotten")
		}
	})
}

func TestNothingComesBackBeforeTheCourseWasFinished(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		_, cookie, err := x.Study.Begin(ctx, id.Secret(16))
		if err != nil {
			t.Fatal(err)
		}
		x.cookie = cookie
		says(t, x.ask("GET", "/en/study/recall", 200), "Not yet")
		x.ask("POST", "/en/study/recall", 409, "do", "mail", "email", "nora@house.example")
		if x.rows() != 0 {
			t.Error("a plan was made")
		}
	})
}

// req: RECALL-4
func TestNobodyPlansOrEndsForAnotherLearner(t *testing.T) {
	x := open(t, dbtest.Open(t, schemas...))
	if err := x.own("nora", "nora"); err != nil {
		t.Error(err)
	}
	for _, who := range []string{"", "ada"} {
		if err := x.own(who, "nora"); fault.KindOf(err) != fault.NotFound && fault.KindOf(err) != fault.Denied {
			t.Errorf("%q: %v", who, err)
		}
	}
	mine := x.nurse()
	if err := x.Begin(ctx, mine, "en", ""); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"", "x", strings.Repeat("0", 32), mine} {
		if err := x.StopBy(ctx, secret); err != nil || x.rows() != 1 {
			t.Errorf("%q ended another's: %v", secret, err)
		}
	}
}

// req: RECALL-5
func TestTheCalendarHasThreeNeutralEntriesThatOpenNothing(t *testing.T) {
	x := open(t, dbtest.Open(t, schemas...))
	learner := x.nurse()
	x.ask("POST", "/de/study/recall", 303, "do", "calendar")
	says(t, x.ask("GET", "/de/study/recall", 200), "Niemand schreibt Ihnen")
	file := x.ask("GET", "/de/study/recall/reminder.ics", 200)
	if again := x.ask("GET", "/de/study/recall/reminder.ics", 200); again != file {
		t.Error("taken twice, the entries would stand twice")
	}
	c, err := ical.NewDecoder(strings.NewReader(file)).Decode()
	if err != nil {
		t.Fatal(err)
	}
	var days []string
	for _, e := range c.Events() {
		start, err := e.DateTimeStart(time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		days = append(days, start.Format(time.RFC3339))
		summary, err := e.Props.Text(ical.PropSummary)
		if err != nil || summary != "Eine kurze Erinnerung" || e.Props.Get(ical.PropLocation) != nil {
			t.Error(summary, err)
		}
		if text, err := e.Props.Text(ical.PropDescription); err != nil || text != "https://learn.example.org/de/again" {
			t.Error(text, err)
		}
	}
	if fmt.Sprint(days) != "[2026-06-30T09:00:00Z 2026-08-31T09:00:00Z 2026-11-30T09:00:00Z]" {
		t.Error(days)
	}
	telling := mail.Telling(x.Texts, i18n.Languages)
	if word := mail.Tells(file, telling); word != "" || strings.Contains(file, learner) || strings.Contains(file, x.secret(learner)) {
		t.Errorf("the file tells %q, or a secret", word)
	}
	says(t, x.ask("GET", "/de/again", 200), "Zu den Fragen")
}

func TestDaysAreCutAtTheEndOfAMonth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		since := time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "since")).UTC()
		for i, day := range Days(since, time.UTC) {
			months := int(day.Month()) - int(since.Month()) + 12*(day.Year()-since.Year())
			if months != after[i] || day.Hour() != hour || day.Day() > since.Day() {
				t.Fatalf("%v: %v", since, day)
			}
			if day.Day() < since.Day() && day.AddDate(0, 0, 1).Day() != 1 {
				t.Fatalf("%v: %v is not the last of its month", since, day)
			}
		}
	})
}

func TestWhoAsksLateGetsWhatIsStillToComeAndOtherwiseAnew(t *testing.T) {
	for late, want := range map[int]string{0: "1 2026-06-30", 2: "2 2026-08-31", 4: "3 2026-11-30", 7: "1 2027-01-31"} {
		p := plan(night, night.AddDate(0, late, 0), time.UTC)
		if got := fmt.Sprint(p.Round, " ", p.Due.Format(time.DateOnly)); got != want {
			t.Errorf("%d months: %s, want %s", late, got, want)
		}
	}
}

// What is asked.

var course = sync.OnceValue(func() *learn.Course {
	c, err := learn.Read(learntest.Files(), learntest.Known)
	if err != nil {
		panic(err)
	}
	return c
})

// history draws answers to questions, some of which no longer exist.
func history(t *rapid.T) (out []study.Review) {
	for range rapid.IntRange(0, 25).Draw(t, "answers") {
		r := study.Review{Drawn: study.Drawn{Topic: rapid.SampledFrom([]string{"talk", "talk", "talk", "gone"}).Draw(t, "topic"), Question: rapid.SampledFrom([]string{"q1", "q2", "q3", "q4", "q5", "q6", "q99"}).Draw(t, "question")},
			Right: rapid.Bool().Draw(t, "right"), Sure: rapid.SampledFrom([]string{"", "yes", "no"}).Draw(t, "sure"), At: night.AddDate(0, 0, -rapid.IntRange(0, 400).Draw(t, "days"))}
		if rapid.Bool().Draw(t, "other words") {
			r.Stamp = "000000000000"
		}
		out = append(out, r)
	}
	return out
}

// req: RECALL-1
func TestWhatIsAskedExistsIsNeverTooMuchAndAlwaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reviews := history(t)
		at := night.AddDate(0, 0, rapid.IntRange(0, 200).Draw(t, "later"))
		changes := append(Restamped(course(), reviews), learn.Change{Topic: "talk", Unit: "u2", At: night}, learn.Change{Topic: "gone", Question: "q1", At: night})
		list := Choose(course(), reviews, changes, at)
		if len(list) > most {
			t.Fatal(list)
		}
		seen := map[string]bool{}
		for _, d := range list {
			topic, q, ok := find(course(), d)
			if !ok || course().Stamp(topic, q) != d.Stamp || seen[d.Name()] {
				t.Fatalf("%+v is asked", d)
			}
			seen[d.Name()] = true
		}
		shuffled := rapid.Permutation(reviews).Draw(t, "order")
		if distinct(reviews) {
			if again := Choose(course(), shuffled, changes, at); !slices.Equal(list, again) {
				t.Fatal(list, again)
			}
		}
	})
}

// distinct says whether no two answers were given at the same moment.
func distinct(reviews []study.Review) bool {
	seen := map[time.Time]bool{}
	for _, r := range reviews {
		if seen[r.At] {
			return false
		}
		seen[r.At] = true
	}
	return true
}

func TestARightAndSureAnswerNeverLowersWhatIsHeld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reviews := slices.DeleteFunc(history(t), func(r study.Review) bool { return r.Name() != "talk.q3" || r.Stamp != "" })
		if len(reviews) == 0 {
			return
		}
		at := night.AddDate(0, 0, rapid.IntRange(0, 200).Draw(t, "later"))
		before := remembered(course(), reviews)[0].card.Stability
		with := append(reviews, study.Review{Drawn: reviews[0].Drawn, Right: true, Sure: "yes", At: at})
		if got := remembered(course(), with)[0].card.Stability; got < before {
			t.Fatalf("stability fell from %v to %v", before, got)
		}
	})
}

func TestWhatWasNotKnownComesBeforeWhatWasAndWhatChangedBeforeBoth(t *testing.T) {
	said := func(question string, right bool, sure string) study.Review {
		return study.Review{Drawn: study.Drawn{Topic: "talk", Question: question}, Right: right, Sure: sure, At: night}
	}
	reviews := []study.Review{said("q1", true, ""), said("q2", false, ""), said("q3", true, "no"), said("q4", true, "yes")}
	changes := []learn.Change{{Topic: "talk", Question: "q5", At: night.AddDate(0, 0, 3)}, {Topic: "talk", Question: "q4", At: night.AddDate(0, 0, -3)}}
	var names []string
	for _, d := range Choose(course(), reviews, changes, night.AddDate(0, 1, 0)) {
		names = append(names, d.Question)
	}
	if fmt.Sprint(names) != "[q5 q2 q3 q1 q4]" { // q4 was answered after it changed
		t.Error(names)
	}
	var soon []string
	for _, d := range Choose(course(), reviews, nil, night.AddDate(0, 0, 1)) {
		soon = append(soon, d.Question)
	}
	if len(soon) != least {
		t.Error("what is held is asked beyond the least:", soon)
	}
}

func TestNewWordsOfAQuestionCountAsAChangeWhereNobodyTells(t *testing.T) {
	folder := learntest.Files()
	file := folder["talk/en.md"]
	file.Data = bytes.Replace(file.Data, []byte("en words of q1\n"), []byte("A new question\n"), 1)
	changed := learntest.Read(t, folder)
	topic, _ := course().Topic("talk")
	q, _ := topic.Question("q1")
	reviews := []study.Review{{Drawn: study.Drawn{Topic: "talk", Question: "q1", Stamp: course().Stamp(topic, q)}, Right: true, At: night}}
	if list := Restamped(course(), reviews); len(list) != 0 {
		t.Error(list)
	}
	if list := Restamped(changed, reviews); len(list) != 1 || list[0].Question != "q1" {
		t.Error(list)
	}
}
