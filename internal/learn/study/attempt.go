package study

import (
	"context"
	"encoding/json"
	"slices"

	"amelie/internal/db"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/web"
)

// Attempts are those at one test, newest first; at most twenty.
func (s *Service) Attempts(ctx context.Context, l Learner, scope string) (out []Attempt, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = loadAttempts(tx, scopeAttempts, l.ID, scope)
		return err
	})
	return out, err
}

// Attempt is one of the learner's. Errors: fault.NotFound.
func (s *Service) Attempt(ctx context.Context, l Learner, attempt string) (a Attempt, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		a, err = db.First(loadAttempts(tx, attemptStmt, l.ID, attempt))
		return err
	})
	return a, err
}

// Passed is the newest attempt at the test over all topics that a learner
// passed; false: none.
func Passed(tx *db.Tx, learner string) (a Attempt, passed bool, err error) {
	list, err := loadAttempts(tx, passedAttempt, learner, Final)
	if len(list) == 0 {
		return a, false, err
	}
	return list[0], true, err
}

// Start opens an attempt, or gives the one that is open: there is never more
// than one at a test. Errors: fault.NotFound for a test that does not exist.
func (s *Service) Start(ctx context.Context, l Learner, scope string) (a Attempt, err error) {
	course := s.Course()
	if s.Pin != nil {
		if err := s.Pin(ctx); err != nil {
			return a, err
		}
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.present(tx, l); err != nil {
			return err
		}
		open, err := loadAttempts(tx, openAttempt, l.ID, scope)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			a = open[0]
			return nil
		}
		seed := id.Secret(10)
		a = Attempt{ID: id.New(), Scope: scope, Seed: seed, Revision: course.Version(), Drawn: draw(course, scope, seed), Given: map[string]Reply{}, Begun: s.Now()}
		if len(a.Drawn) == 0 {
			return errNotFound
		}
		return a.insert(tx, l.ID)
	})
	return a, err
}

// Keep adds replies to an open attempt. Errors: fault.NotFound; fault.Invalid
// for an answer that is none; fault.Conflict when it has ended.
func (s *Service) Keep(ctx context.Context, l Learner, attempt string, replies map[string]Reply) error {
	_, err := s.turn(ctx, l, attempt, replies, false)
	return err
}

// End adds replies and closes the attempt. Pressed twice it ended once.
func (s *Service) End(ctx context.Context, l Learner, attempt string, replies map[string]Reply) (Attempt, error) {
	return s.turn(ctx, l, attempt, replies, true)
}

func (s *Service) turn(ctx context.Context, l Learner, attempt string, replies map[string]Reply, end bool) (a Attempt, err error) {
	if a, err = s.Attempt(ctx, l, attempt); err != nil {
		return a, err
	}
	course, err := s.revision(ctx, a)
	if err != nil {
		return a, err
	}
	pass := s.pass(course)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.own(l, l); err != nil {
			return err
		}
		if a, err = db.First(loadAttempts(tx, attemptStmt, l.ID, attempt)); err != nil {
			return err
		}
		if a.Over && end {
			return nil // pressed twice
		}
		if a, err = a.Keep(replies); err != nil {
			return err
		}
		marks := a.marks(course)
		for _, m := range marks {
			if !m.Changed {
				if err := m.Question.Check(m.Given); err != nil {
					return err
				}
			}
		}
		if !end {
			return a.update(tx)
		}
		a = a.End(marks, pass, s.Now())
		if err := a.update(tx); err != nil || a.Scope == Recall {
			return err
		}
		if err := s.tally(tx, count(marks)); err != nil || !a.Passed {
			return err
		}
		return s.record(tx, l.ID, "study.passed")
	})
	return a, err
}

// Fold adds waiting answers to the sums of their questions. One at a time does
// it; two at once would count alike, since the rows that were counted go in the
// same transaction.
func (s *Service) Fold(ctx context.Context) error {
	for {
		n := 0
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			n = 0
			var list []Counted
			var names []string
			err := tx.Each(talliesStmt, func(scan func(...any) error) error {
				var name, text string
				var some []Counted
				if err := scan(&name, &text); err != nil {
					return err
				}
				err := json.Unmarshal([]byte(text), &some)
				list, names = append(list, some...), append(names, name)
				return err
			})
			if err != nil {
				return err
			}
			n = len(names)
			if err := addUp(tx, list); err != nil {
				return err
			}
			for _, name := range names {
				if _, err := tx.Exec(dropTally, name); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

func addUp(tx *db.Tx, list []Counted) error {
	type key struct{ question, stamp, place string }
	rows := map[key]item{}
	for _, c := range list {
		k := key{c.Question, c.Stamp, c.place()}
		x, ok := rows[k]
		if !ok {
			var err error
			if x, err = loadItem(tx, k.question, k.stamp, k.place); err != nil {
				return err
			}
		}
		x.sums = x.sums.Add(c)
		rows[k] = x
	}
	for _, x := range rows {
		if err := x.save(tx); err != nil {
			return err
		}
	}
	return nil
}

// Items are the figures of the questions of the course as it is, in its order;
// those of few are not among them.
//
// req: STUDY-6
func (s *Service) Items(ctx context.Context, v *web.Viewer) (out []Item, err error) {
	if err := s.Policy.Require(v.Actor(), "items.read", policy.Object{Type: "Items", ID: "course"}); err != nil {
		return nil, err
	}
	var rows []item
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		rows = nil
		return tx.Each(itemsStmt, func(scan func(...any) error) error {
			x, err := scanItem(scan)
			rows = append(rows, x)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	course := s.Course()
	for _, t := range course.Topics {
		for _, q := range t.Questions {
			name, stamp := t.ID+"."+q.ID, course.Stamp(t, q)
			sums := func(place string) Sums {
				i := slices.IndexFunc(rows, func(x item) bool { return x.question == name && x.stamp == stamp && x.place == place })
				if i < 0 || rows[i].sums.N < Few {
					return Sums{}
				}
				return rows[i].sums
			}
			if x := (Item{t.ID, q, sums(placeTest), sums(placeUnit)}); x.InTest.N+x.First.N > 0 {
				out = append(out, x)
			}
		}
	}
	return out, nil
}
