package app

import (
	"errors"
	"time"

	"amelie/internal/db"
	attest "amelie/internal/learn/certificate"
	"amelie/internal/learn/measure"
	"amelie/internal/learn/recall"
)

// recalling opens the room of what comes back to learners.
func (a *App) recalling() *recall.Rooms {
	return &recall.Rooms{Study: a.Study, Service: recall.New(recall.Config{Study: a.Study.Service, Texts: a.Texts, BaseURL: a.Config.BaseURL, Neutral: a.neutralName, Zone: func() *time.Location { return a.Shell.Zone() }, Changes: a.Editing.Changed,
		Ended: func(tx *db.Tx, learner string, at time.Time) error { return a.remember(tx, "recall", learner, at) }})}
}

// measuring opens the room that finds out what a course changes. A class of
// sixty sits behind one address.
func (a *App) measuring() *measure.Rooms {
	return &measure.Rooms{MayFill: a.atMost(60, 0.5),
		Service: measure.New(measure.Config{DB: a.DB, Policy: a.Policy, Secret: a.Secret, Now: a.Config.Now, Course: a.Course})}
}

// forgetOf deletes what other rooms keep of a learner.
func forgetOf(tx *db.Tx, learner string) error {
	_, err := recall.Forget(tx, learner)
	return errors.Join(err, attest.Forget(tx, learner))
}
