package study

import (
	"context"
	"time"

	"amelie/internal/db"
	"amelie/internal/id"
	"amelie/internal/learn"
)

// What study gives to whoever lets questions come back: the answers that were
// marked, the day from which forgetting counts, and a sheet of chosen questions.

// Review is an answer that a machine marked.
type Review struct {
	Drawn        // the stamp is empty where none was kept
	Right bool   // an open question of an ended attempt counts as not known
	Sure  string // of true or false: yes, no or empty
	At    time.Time
}

// Reviews are a learner's answers, to units, tests and what came back. Those to
// another stamp than the question bears now are told with the stamp that they
// were given to, and are not marked.
func (s *Service) Reviews(tx *db.Tx, learner string) (out []Review, err error) {
	answers, err := loadAnswers(tx, answersStmt, learner)
	if err != nil {
		return nil, err
	}
	for _, a := range answers {
		out = append(out, Review{Drawn{Topic: a.Topic, Question: a.Question}, a.Right, a.Sure, a.At})
	}
	attempts, err := loadAttempts(tx, attemptsStmt, learner)
	for _, a := range attempts {
		if !a.Over {
			continue
		}
		for _, m := range a.marks(s.Course()) {
			out = append(out, Review{m.Drawn, m.Right, m.Sure, a.Ended})
		}
	}
	return out, err
}

// Finished is when a learner was through with the course: passed the test over
// all topics for the first time, and without that read the last unit of the
// essentials; zero when neither.
func (s *Service) Finished(tx *db.Tx, learner string) (time.Time, error) {
	first, err := loadAttempts(tx, firstPassed, learner, Final)
	if err != nil {
		return time.Time{}, err
	}
	if len(first) > 0 {
		return first[0].Ended, nil
	}
	units, err := loadUnits(tx, learner)
	return lastDone(s.Course().Essentials, units), err
}

// lastDone is when the last unit of a selection was finished; zero when one is
// open.
func lastDone(s learn.Selection, units map[string]Unit) (last time.Time) {
	for _, name := range s.Units {
		done := units[name].Done
		if done.IsZero() {
			return time.Time{}
		}
		if done.After(last) {
			last = done
		}
	}
	return last
}

// Recall is the scope of attempts at questions that come back. They pass nothing,
// and are in no figures: the hard ones are asked more often.
const Recall = "recall"

// Ask lays questions before a learner, in the place of those that were laid
// before it and not answered.
func (s *Service) Ask(tx *db.Tx, learner string, drawn []Drawn) error {
	if _, err := tx.Exec(dropOpen, learner, Recall); err != nil {
		return err
	}
	return Attempt{ID: id.New(), Scope: Recall, Seed: id.Secret(10), Revision: s.Course().Version(), Drawn: drawn, Given: map[string]Reply{}, Begun: s.Now()}.insert(tx, learner)
}

// Laid is the newest attempt at questions that came back; nil: there was none.
func (s *Service) Laid(ctx context.Context, l Learner) (*Attempt, error) {
	list, err := s.Attempts(ctx, l, Recall)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}
