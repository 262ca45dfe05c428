package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"syscall"
	"time"

	"amelie/internal/app"
	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/learn"
	"amelie/internal/learn/playing"
	"amelie/internal/learn/reading"
	"amelie/internal/learn/recall"
	"amelie/internal/learn/study"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
	"amelie/locale"
)

// studying is how many learners there are, each with progress on all units.
const studying = 100_000

// What learners' pages may take.
const (
	overviewBudget = 50   // ms, p95
	itemsBudget    = 1000 // ms
	pageCPU        = 2    // ms of processor for a course page
	pageStatements = 6
	recallBudget   = 5 // ms, p95: a sweep holds one read for two hundred learners
)

// Rows as the service writes them, for many at once. Learners began at their
// number, to be taken some at a time.
var (
	manyLearners = db.Statement(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO study_learner (id, code_hash, account, began, seen) SELECT 'bench-' || i, '', '', i, i FROM n`)
	manyUnits = db.Statement(`INSERT INTO study_unit (learner_id, unit, opened, minutes, done, wished, changed)
		SELECT l.id, u.unit, u.opened, u.minutes, u.done, u.wished, u.changed FROM study_learner l CROSS JOIN study_unit u WHERE u.learner_id = $1 AND l.began > $2 AND l.began <= $3`)
	manyAnswers = db.Statement(`INSERT INTO study_answer (learner_id, topic, question, given, correct, revision, at)
		SELECT l.id, a.topic, a.question, a.given, a.correct, a.revision, a.at FROM study_learner l CROSS JOIN study_answer a WHERE a.learner_id = $1 AND a.topic = $2 AND l.began > $3 AND l.began <= $4`)
)

// learners measures the pages of one learner among many, and the editors'
// figures, on both databases.
func learners(ctx context.Context, t *table, dir string, o Options) error {
	if o.Postgres == "" {
		defer t.report("PostgreSQL: pages of learners", "no server named")
	}
	return onBoth(ctx, filepath.Join(dir, "learners.db"), o, func(d *db.DB, engine string) error { return someLearners(ctx, t, d, engine) })
}

// classroom is the shipped course with learners.
type classroom struct {
	*study.Service
	course *learn.Course
	site   http.Handler
	cookie string // of the learner who is looked at
}

func someLearners(ctx context.Context, t *table, d *db.DB, engine string) error {
	room, err := openClassroom(ctx, d)
	if err != nil {
		return err
	}
	if err := room.fill(ctx); err != nil {
		return err
	}
	p95, err := calm(5, func() (took []time.Duration, err error) {
		for range 40 {
			one, _, err := room.get(ctx, "/en/study")
			if err != nil {
				return nil, err
			}
			took = append(took, one)
		}
		return took, nil
	})
	if err != nil {
		return err
	}
	t.line(engine+": overview of a learner, p95, 100000 learners with all units", overviewBudget, ms(p95), "ms")
	began := time.Now()
	list, err := room.Items(ctx, &web.Viewer{UserID: "bench", Roles: []string{"editor"}})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("%s: no question has figures", engine)
	}
	t.line(fmt.Sprintf("%s: figures of %d questions", engine, len(list)), itemsBudget, ms(time.Since(began)), "ms")
	if err := room.page(ctx, t, engine); err != nil {
		return err
	}
	return room.choosing(ctx, t, engine)
}

// examined is how many of the learners answered every unit and took the test
// over all topics.
const examined = 200

// choosing measures how long it takes to find what is asked a learner again: to
// read every answer, reckon what is forgotten, and draw.
func (r *classroom) choosing(ctx context.Context, t *table, engine string) error {
	if err := r.examine(ctx); err != nil {
		return err
	}
	at, answers, drawn := r.Now().AddDate(0, 1, 0), 0, 0
	p95, err := calm(5, func() (took []time.Duration, err error) {
		answers, drawn = 0, 0
		for i := range examined {
			began := time.Now()
			err := r.DB.Read(ctx, func(tx *db.Tx) error {
				reviews, err := r.Reviews(tx, fmt.Sprint("bench-", i+1))
				answers, drawn = answers+len(reviews), drawn+len(recall.Choose(r.course, reviews, recall.Restamped(r.course, reviews), at))
				return err
			})
			if err != nil {
				return nil, err
			}
			took = append(took, time.Since(began))
		}
		return took, nil
	})
	if err == nil && drawn == 0 {
		err = fmt.Errorf("%s: nothing is asked again", engine)
	}
	if err != nil {
		return err
	}
	t.line(engine+": choosing a refresher's questions, p95, 100000 learners", recallBudget, ms(p95), "ms")
	t.report("  answers of a learner, and questions drawn from them", fmt.Sprint(answers/examined, ", ", drawn/examined))
	return nil
}

// examine lets some learners answer the other topics too, and hand in a test.
func (r *classroom) examine(ctx context.Context) error {
	l, _, err := r.Here(ctx, r.cookie)
	if err != nil {
		return err
	}
	for _, topic := range r.course.Topics[1:] { // the first is everybody's
		err := r.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(manyAnswers, l.ID, topic.ID, 0, examined)
			return err
		})
		if err != nil {
			return err
		}
	}
	for i := range examined {
		one := study.Learner{ID: fmt.Sprint("bench-", i+1)}
		a, err := r.Start(ctx, one, study.Final)
		if err == nil {
			_, err = r.End(ctx, one, a.ID, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// page measures a unit's page: statements, processor time, and what comes over
// the line without style sheets.
func (r *classroom) page(ctx context.Context, t *table, engine string) error {
	const path, rounds = "/en/study/what/u1", 200
	before := r.DB.Ran()
	_, size, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	t.line(engine+": statements of a course page", pageStatements, float64(r.DB.Ran()-before), "")
	best := time.Duration(-1)
	for range 5 { // the calmest: other work only adds
		began := processor()
		for range rounds {
			if _, _, err := r.get(ctx, path); err != nil {
				return err
			}
		}
		if took := (processor() - began) / rounds; best < 0 || took < best {
			best = took
		}
	}
	t.line(engine+": processor time of a course page for a learner", pageCPU, ms(best), "ms")
	t.report("  the page itself, compressed", show(float64(size)/1024, "KB"))
	return nil
}

// processor is the time that this process has spent computing.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (r *classroom) get(ctx context.Context, path string) (took time.Duration, size int, err error) {
	q := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	q.Header.Set("Accept-Encoding", "br")
	q.AddCookie(&http.Cookie{Name: "amelie_learner", Value: r.cookie})
	w := httptest.NewRecorder()
	began := time.Now()
	r.site.ServeHTTP(w, q)
	took = time.Since(began)
	if w.Code != http.StatusOK {
		err = fmt.Errorf("%s: status %d", path, w.Code)
	}
	return took, w.Body.Len(), err
}

func openClassroom(ctx context.Context, d *db.DB) (*classroom, error) {
	if err := d.Migrate(ctx, audit.Schema, playing.Schema, study.Schema); err != nil {
		return nil, err
	}
	course, err := app.ShippedCourse()
	if err != nil {
		return nil, err
	}
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		return nil, err
	}
	rules, err := policy.New(study.Policy)
	if err != nil {
		return nil, err
	}
	now := clock.Fixed(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := study.New(study.Config{DB: d, Policy: rules, Secret: vault.NewServerSecret(), Now: now, Course: func() *learn.Course { return course }})
	shell := web.New(web.Config{Texts: texts, Languages: i18n.Languages, Now: now, Zone: time.UTC})
	pages := reading.New(reading.Config{Course: s.Course, Use: func(*web.Ctx, []string, string) (none reading.Use) { return none }, Signs: func(string, []string) []web.Choice { return nil }})
	always := func(*http.Request) bool { return true }
	(&study.Rooms{Service: s, Reading: pages, BaseURL: "https://amelie.example", MayTry: always, MayBegin: always}).Mount(shell)
	return &classroom{s, course, shell.Handler(), ""}, nil
}

// fill makes the learners: one goes through the course, and the others have done
// the same. Some take the test over all topics.
func (r *classroom) fill(ctx context.Context) (err error) {
	if _, r.cookie, err = r.Begin(ctx, id.Secret(16)); err != nil {
		return err
	}
	l, _, err := r.Here(ctx, r.cookie)
	if err != nil {
		return err
	}
	for _, topic := range r.course.Topics {
		for _, u := range topic.Units {
			act := study.Act{Finished: true, Replies: map[string]study.Reply{}}
			for _, name := range u.Questions {
				if q, ok := topic.Question(name); ok && q.Kind != learn.FreeText {
					act.Replies[name] = study.Reply{Given: q.Solution()}
				}
			}
			if err := r.Do(ctx, *l, topic.ID, u.ID, act); err != nil {
				return err
			}
		}
	}
	for range 120 {
		a, err := r.Start(ctx, *l, study.Final)
		if err != nil {
			return err
		}
		if _, err := r.End(ctx, *l, a.ID, nil); err != nil {
			return err
		}
	}
	if err := r.Fold(ctx); err != nil {
		return err
	}
	return r.copy(ctx, *l)
}

// copy lets the others have done what one did, some at a time: PostgreSQL
// remembers what a serialisable transaction touched.
func (r *classroom) copy(ctx context.Context, l study.Learner) error {
	err := r.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(manyLearners)
		return err
	})
	const some = 2000
	for from := 0; from < studying && err == nil; from += some {
		err = r.DB.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(manyUnits, l.ID, from, from+some); err != nil {
				return err
			}
			_, err := tx.Exec(manyAnswers, l.ID, "what", from, from+some)
			return err
		})
	}
	return err
}
