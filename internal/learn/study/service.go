package study

import (
	"context"
	_ "embed"
	"encoding/json"
	"slices"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/learn"
	"amelie/internal/learn/playing"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with learners.
var Policy = policy.Source{Name: "study", Text: policyText}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine
	Secret *vault.ServerSecret
	Now    clock.Clock
	Course func() *learn.Course
	Pass   func() int // percent that a test takes; nil or 0: as the course says
	// Pin makes sure that the course of now can be had later, by Past; nil: only
	// the course of now can be had.
	Pin  func(ctx context.Context) error
	Past func(ctx context.Context, revision string) (*learn.Course, error)
	// Ended is told, in its transaction, of a learner that no restore may bring
	// back.
	Ended func(tx *db.Tx, learner string, at time.Time) error
}

// Service keeps learners and what they did.
type Service struct {
	Config
	plays playing.Recorder
}

// New makes the service. The policy engine must hold this package's Policy.
func New(cfg Config) *Service {
	return &Service{cfg, playing.Recorder{Course: cfg.Course, Now: cfg.Now}}
}

func (s *Service) fingerprint(purpose, secret string) string {
	return s.Secret.Fingerprint("study "+purpose+" fingerprint", secret)
}

// actor is a learner as the rules know it.
func (l Learner) actor() policy.Actor { return policy.Actor{User: "learner/" + l.ID} }

// own asks whether who acts may keep something for the learner.
//
// req: STUDY-2
func (s *Service) own(who, whose Learner) error {
	return s.Policy.Require(who.actor(), "learner.keep", policy.Object{Type: "Learner", ID: whose.ID, Attrs: map[string]any{"name": whose.actor().User}})
}

// revision is the course that an attempt was drawn from. Where it cannot be had
// it is the course of now, in which some of its questions may have changed.
//
// req: STUDY-8
func (s *Service) revision(ctx context.Context, a Attempt) (*learn.Course, error) {
	now := s.Course()
	if s.Past == nil || a.Revision == now.Version() {
		return now, nil
	}
	course, err := s.Past(ctx, a.Revision)
	if fault.KindOf(err) == fault.NotFound {
		return now, nil
	}
	return course, err
}

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

// present refuses what comes after a learner was forgotten, on another device.
func (s *Service) present(tx *db.Tx, l Learner) error {
	if err := s.own(l, l); err != nil {
		return err
	}
	there, err := findLearner(tx, learnerByID, l.ID)
	if err == nil && there == nil {
		err = errNotFound
	}
	return err
}

// record notes what was done with a learner by its number alone, and never which
// account it hangs on.
//
// req: STUDY-3
func (s *Service) record(tx *db.Tx, learner, action string) error {
	return audit.Record(tx, audit.Event{At: s.Now(), Actor: "learner/" + learner, Action: action, Object: "learner/" + learner})
}

// pass is the mark of a test in percent.
func (c Config) pass(course *learn.Course) int64 {
	if c.Pass != nil && c.Pass() > 0 {
		return int64(c.Pass())
	}
	return int64(course.Pass)
}

// Begin makes a learner from the seed of a page. Pressed twice it is one
// learner, and the code is shown again for a while; later it is told nowhere.
// Errors: fault.Invalid for what is no seed; fault.Expired when the page is old.
//
// req: STUDY-1
func (s *Service) Begin(ctx context.Context, seed string) (code, cookie string, err error) {
	if len(seed) != seedLength {
		return "", "", fault.New(fault.Invalid, "web.error.invalid")
	}
	code, cookie = newCode(s.Secret, seed), s.Secret.Fingerprint("study cookie", seed)
	typed, _ := ParseCode(code)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		l, err := findLearner(tx, learnerByCode, s.fingerprint("code", typed))
		if err != nil {
			return err
		}
		if l != nil {
			if s.Now().Sub(l.Began) > codeShown {
				return fault.New(fault.Expired, "study.fault.shown")
			}
			return s.enter(tx, l.ID, cookie)
		}
		learner, err := s.add(tx, s.fingerprint("code", typed), "")
		if err != nil {
			return err
		}
		return s.enter(tx, learner, cookie)
	})
	return code, cookie, err
}

func (s *Service) add(tx *db.Tx, code, account string) (learner string, err error) {
	learner = id.New()
	now := clock.Millis(s.Now())
	if _, err := tx.Exec(insertLearner, learner, code, account, now, now); err != nil {
		return "", err
	}
	return learner, s.record(tx, learner, "study.began")
}

// enter lets a device in.
func (s *Service) enter(tx *db.Tx, learner, cookie string) error {
	now := clock.Millis(s.Now())
	if _, err := tx.Exec(insertSession, s.fingerprint("cookie", cookie), learner, now); err != nil {
		return err
	}
	_, err := tx.Exec(seenLearner, now, learner)
	return err
}

// errCode is the one answer to a code that opens nothing.
var errCode = fault.Fields(fault.Field{Name: "code", Key: "study.fault.code"})

// Enter lets a device in by a code. Errors: errCode.
func (s *Service) Enter(ctx context.Context, typed string) (cookie string, err error) {
	code, ok := ParseCode(typed)
	if !ok {
		return "", errCode
	}
	cookie = id.Secret(20)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		l, err := findLearner(tx, learnerByCode, s.fingerprint("code", code))
		if err != nil {
			return err
		}
		if l == nil {
			return errCode
		}
		return s.enter(tx, l.ID, cookie)
	})
	return cookie, err
}

// Here is the learner of a device; nil when there is none. Renew says that the
// device should keep its cookie for longer.
func (s *Service) Here(ctx context.Context, cookie string) (l *Learner, renew bool, err error) {
	if cookie == "" {
		return nil, false, nil
	}
	hash, now := s.fingerprint("cookie", cookie), s.Now()
	var seen int64
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		found, err := scanLearner(tx.Row(learnerBySession, hash, clock.Millis(now.Add(-CookieIdle))).Scan, &seen)
		if db.NoRows(err) {
			return nil
		}
		l = &found
		return err
	})
	if err != nil || l == nil || now.Sub(clock.Time(seen)) < touchEvery {
		return l, false, err
	}
	return l, true, s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(seenSession, clock.Millis(now), hash); err != nil {
			return err
		}
		_, err := tx.Exec(seenLearner, clock.Millis(now), l.ID)
		return err
	})
}

// Leave makes a device forget the learner.
func (s *Service) Leave(ctx context.Context, cookie string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(endSession, s.fingerprint("cookie", cookie))
		return err
	})
}

// Forget deletes a learner with everything that was kept.
//
// req: STUDY-5
func (s *Service) Forget(ctx context.Context, l Learner) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.own(l, l); err != nil {
			return err
		}
		there, err := findLearner(tx, learnerByID, l.ID)
		if err != nil || there == nil {
			return err // pressed twice
		}
		return s.forget(tx, l.ID)
	})
}

// ForgetAgain forgets a learner that a restored backup brought back; false when
// it did not.
func ForgetAgain(tx *db.Tx, learner string) (was bool, err error) {
	if err := playing.Forget(tx, holder(learner)); err != nil {
		return false, err
	}
	var n int64
	for _, stmt := range forgetStmts { // the learner's own row is the last
		if n, err = tx.Exec(stmt, learner); err != nil {
			return false, err
		}
	}
	return n > 0, nil
}

// GoneAgain lets go of an account that a restored backup brought back.
func GoneAgain(tx *db.Tx, account string) error {
	l, err := letGo(tx, account)
	if err == nil && l != "" {
		_, err = ForgetAgain(tx, l)
	}
	return err
}

// EndDevices makes every device forget its learner, after a restore.
func EndDevices(tx *db.Tx) error {
	_, err := tx.Exec(endSessions)
	return err
}

func (s *Service) forget(tx *db.Tx, learner string) error {
	if _, err := ForgetAgain(tx, learner); err != nil {
		return err
	}
	if s.Ended != nil {
		if err := s.Ended(tx, learner, s.Now()); err != nil {
			return err
		}
	}
	return s.record(tx, learner, "study.forgotten")
}

// Of is the learner of a signed-in member; nil when there is none.
func (s *Service) Of(ctx context.Context, v *web.Viewer) (l *Learner, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		l, err = findLearner(tx, learnerByAccount, v.UserID)
		return err
	})
	return l, err
}

// Join hangs the learner of this device on the member's account, or with none
// here lets the device in to the one that hangs there, made when there is none.
// Errors: fault.Conflict when the account has another.
func (s *Service) Join(ctx context.Context, v *web.Viewer, here *Learner) (cookie string, err error) {
	cookie = id.Secret(20)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		theirs, err := findLearner(tx, learnerByAccount, v.UserID)
		if err != nil {
			return err
		}
		switch {
		case here == nil && theirs == nil:
			learner, err := s.add(tx, "", v.UserID)
			if err != nil {
				return err
			}
			return s.enter(tx, learner, cookie)
		case here == nil:
			return s.enter(tx, theirs.ID, cookie)
		case theirs != nil && theirs.ID != here.ID, here.Account != "" && here.Account != v.UserID:
			return fault.New(fault.Conflict, "study.fault.other")
		}
		if err := s.own(*here, *here); err != nil {
			return err
		}
		cookie = ""
		_, err = tx.Exec(linkLearner, v.UserID, here.ID)
		return err
	})
	return cookie, err
}

// Gone lets go of an account that is deleted: its learner lives on by its code,
// and without one is forgotten.
func (s *Service) Gone(tx *db.Tx, account string) error {
	l, err := letGo(tx, account)
	if err == nil && l != "" {
		err = s.forget(tx, l)
	}
	return err
}

// letGo takes a learner off an account, and names it when nothing leads to it
// any more.
func letGo(tx *db.Tx, account string) (lost string, err error) {
	l, err := findLearner(tx, learnerByAccount, account)
	if err != nil || l == nil {
		return "", err
	}
	if !l.Coded {
		return l.ID, nil
	}
	_, err = tx.Exec(linkLearner, "", l.ID)
	return "", err
}

// Sweep forgets devices and learners that were not seen for long, and adds what
// was answered to the sums.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.Fold(ctx); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(idleSessions, clock.Millis(s.Now().Add(-CookieIdle))); err != nil {
			return err
		}
		var idle []string
		err := tx.Each(idleLearners, func(scan func(...any) error) error {
			idle = append(idle, "")
			return scan(&idle[len(idle)-1])
		}, clock.Millis(s.Now().Add(-LearnerIdle)))
		for _, learner := range idle {
			if err == nil {
				err = s.forget(tx, learner)
			}
		}
		return err
	})
}

// Reading is what a page of a topic shows of a learner.
type Reading struct {
	Units   map[string]Unit
	Answers []Answer // of the topic
}

// Topic reads what a learner did with the units, and the answers of one topic.
func (s *Service) Topic(ctx context.Context, l Learner, topic string) (r Reading, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if r.Units, err = loadUnits(tx, l.ID); err != nil || topic == "" {
			return err
		}
		r.Answers, err = loadAnswers(tx, topicAnswers, l.ID, topic)
		return err
	})
	return r, err
}

// Record reads all that is kept about a learner.
func (s *Service) Record(ctx context.Context, l Learner) (r Record, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		r = Record{Learner: l}
		if r.Units, err = loadUnits(tx, l.ID); err != nil {
			return err
		}
		if r.Answers, err = loadAnswers(tx, answersStmt, l.ID); err != nil {
			return err
		}
		if r.Attempts, err = loadAttempts(tx, attemptsStmt, l.ID); err != nil {
			return err
		}
		r.Plays, err = s.plays.Plays(tx, holder(l.ID))
		return err
	})
	return r, err
}

// Overview reads how far a learner is.
func (s *Service) Overview(ctx context.Context, l Learner) (units map[string]Unit, tests map[string]Standing, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if units, err = loadUnits(tx, l.ID); err != nil {
			return err
		}
		tests, err = loadStandings(tx, l.ID)
		return err
	})
	return units, tests, err
}

// Act is what a learner did on the page of a unit.
type Act struct {
	Replies  map[string]Reply // by the question's id; an empty one takes the answer away
	Opened   time.Time        // when the page was opened
	Finished bool             // the learner goes on
	Wish     *bool            // put on the list, or taken off
}

// Do keeps an act. Newer replies win; what another device sent stays.
// Errors: fault.NotFound for a unit that does not exist; fault.Invalid for an
// answer that is none.
func (s *Service) Do(ctx context.Context, l Learner, topic, unit string, act Act) error {
	course := s.Course()
	t, u, ok := course.Find(topic + "." + unit)
	if !ok {
		return errNotFound
	}
	for _, q := range asked(t, u) {
		if err := q.Check(act.Replies[q.ID].Given); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.present(tx, l); err != nil {
			return err
		}
		done, err := s.answer(tx, l, course, t, u, act)
		if err != nil {
			return err
		}
		row, err := loadUnit(tx, l.ID, topic+"."+unit)
		if err != nil {
			return err
		}
		row = row.Spent(act.Opened, s.Now(), u.Minutes)
		if row.Done.IsZero() && (done || act.Finished) {
			row.Done = s.Now()
		}
		if act.Wish != nil {
			row.Wished = *act.Wish
		} else {
			row.Changed = s.Now()
		}
		return row.save(tx, l.ID)
	})
}

// answer keeps the replies to a unit's questions and says whether all of them
// have one now. First replies go into the sums.
func (s *Service) answer(tx *db.Tx, l Learner, course *learn.Course, t *learn.Topic, u learn.Unit, act Act) (all bool, err error) {
	questions := asked(t, u)
	if len(act.Replies) == 0 || len(questions) == 0 {
		return false, nil
	}
	before, err := loadAnswers(tx, topicAnswers, l.ID, t.ID)
	if err != nil {
		return false, err
	}
	all = true
	var first []Counted
	for _, q := range questions {
		known := slices.ContainsFunc(before, func(a Answer) bool { return a.Question == q.ID })
		reply, sent := act.Replies[q.ID]
		if len(reply.Given) == 0 {
			all = all && known && !sent
			if sent {
				if _, err := tx.Exec(dropAnswer, l.ID, t.ID, q.ID); err != nil {
					return false, err
				}
			}
			continue
		}
		a := Answer{Topic: t.ID, Question: q.ID, Reply: reply, Right: q.Mark(reply.Given).Right, Revision: course.Version(), At: s.Now()}
		if err := a.save(tx, l.ID); err != nil {
			return false, err
		}
		if !known {
			first = append(first, counted(t.ID+"."+q.ID, course.Stamp(t, q), a.Right, reply))
		}
	}
	return all, s.tally(tx, first)
}

// tally leaves answers for Fold, so that two learners at once do not wait for
// each other. The row's name says no time.
func (s *Service) tally(tx *db.Tx, list []Counted) error {
	if len(list) == 0 {
		return nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	_, err = tx.Exec(insertTally, id.Secret(16), string(text))
	return err
}
