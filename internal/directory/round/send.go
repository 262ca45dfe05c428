package round

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/jobs"
)

// send queues the mails of a round, one batch a transaction, until all are
// queued or somebody stops it. When the program ends in between, the job runs
// again and goes on where it was.
func (s *Service) send(ctx context.Context, j jobs.Job) error {
	var roundID string
	if err := j.Decode(&roundID); err != nil {
		return jobs.Permanent(err)
	}
	for n := 0; ; n++ {
		more, err := s.queueBatch(ctx, j, roundID, n)
		if err != nil || !more {
			return err
		}
	}
}

// queueBatch queues the next mails; more is false when the job is done.
func (s *Service) queueBatch(ctx context.Context, j jobs.Job, roundID string, n int) (more bool, err error) {
	err = s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		more = false
		r, err := s.round(tx, roundID)
		if err != nil || r.State != Sending {
			return errors.Join(notThere(err), j.Done(tx))
		}
		list, err := readBodies(tx, toQueueStmt, roundID, int64(batch))
		if err != nil {
			return err
		}
		at := s.cfg.Now().Add(time.Duration(n) * time.Minute)
		for _, b := range list {
			if _, err := tx.Exec(queuedStmt, s.fingerprint(s.secret(b.Round, b.Organization)), b.Round, b.Organization); err != nil {
				return err
			}
			if err := s.enqueueMail(tx, b, at, false); err != nil {
				return err
			}
		}
		if more = len(list) == batch; more {
			return nil
		}
		if err := s.turn(tx, r, Sending, Open); err != nil {
			return err
		}
		return j.Done(tx)
	})
	return more, err
}

// notThere drops the error of a round that is gone: there is nothing to do.
func notThere(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

func (s *Service) enqueueMail(tx *db.Tx, b Body, at time.Time, reminder bool) error {
	return jobs.Enqueue(tx, jobMail, b.Round+"/"+b.Organization, at, mailJob{b.Round, b.Organization, reminder})
}

// mail composes and sends one mail. The link is made anew of the server's
// secret, so that no table ever holds it.
func (s *Service) mail(ctx context.Context, j jobs.Job) error {
	var m mailJob
	if err := j.Decode(&m); err != nil {
		return jobs.Permanent(err)
	}
	var b Body
	var r Round
	asks := false
	err := s.cfg.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if r, err = s.round(tx, m.Round); err != nil {
			return err
		}
		if b, err = s.body(tx, m.Round, m.Organization); err != nil {
			return err
		}
		asks, err = s.asksAnything(tx, b)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if b.Answer != "" || b.Mailbox == "" || b.Mail == Bounced || !r.Running(s.cfg.Now()) || !s.cfg.CanMail() {
		return nil
	}
	if !asks {
		return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(unmailedStmt, b.Round, b.Organization); err != nil {
				return err
			}
			return j.Done(tx)
		})
	}
	subject, text := s.compose(r, b, m.Reminder)
	err = s.cfg.Mail(ctx, b.Mailbox, subject, text, j.ID)
	if err != nil && !jobs.IsPermanent(err) {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		stmt, args := sentStmt, []any{clock.Millis(s.cfg.Now()), b.Round, b.Organization}
		if err != nil { // the mail server refuses the address for good: call them
			stmt, args = bouncedStmt, []any{b.Round, b.Organization}
		}
		if _, err := tx.Exec(stmt, args...); err != nil {
			return err
		}
		return j.Done(tx)
	})
}

// asksAnything tells whether a body's link would show a service. What an editor
// hid after the round began, or took out, is not written about either: the body
// stands on the call list, or nowhere.
//
// req: ROUND-9
func (s *Service) asksAnything(tx *db.Tx, b Body) (bool, error) {
	tree, err := s.cfg.Directory.Tree(tx, b.Organization)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return slices.ContainsFunc(tree.Services, func(r directory.Row) bool { return askable(r.Service) }), err
}

// compose writes the mail in the body's language. It names neither the body
// nor what it does: a shelter's mail looks like a museum's.
//
// req: ROUND-4
func (s *Service) compose(r Round, b Body, reminder bool) (subject, text string) {
	key := "round.mail."
	if reminder {
		key = "round.reminder."
	}
	link := strings.TrimRight(s.cfg.BaseURL, "/") + "/" + b.Lang + "/confirm/" + s.secret(b.Round, b.Organization)
	t := func(part string) string {
		return s.cfg.Texts.T(b.Lang, key+part, "name", s.cfg.Name(), "link", link, "date", s.cfg.Texts.Date(b.Lang, r.Ends))
	}
	return t("subject"), t("text")
}

// Sweep does what is due by time: reminders, the end of rounds, and the end of
// the words of closed reports.
func (s *Service) Sweep(ctx context.Context) error {
	var rounds []Round
	err := s.cfg.DB.Read(ctx, func(tx *db.Tx) (err error) {
		rounds, err = readRounds(tx, dueRoundsStmt)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range rounds {
		if err := s.sweepRound(ctx, r); err != nil {
			return err
		}
	}
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(forgetWordsStmt, clock.Millis(s.cfg.Now().Add(-WordsLife)))
		return err
	})
}

func (s *Service) sweepRound(ctx context.Context, r Round) error {
	now := s.cfg.Now()
	if !r.Running(now) {
		return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
			if err := s.end(tx, r); err != nil {
				return err
			}
			return s.record(tx, nil, "ended", r.ID)
		})
	}
	if r.State == Stopped {
		return nil
	}
	for n := 0; ; n++ {
		more, err := s.remindBatch(ctx, r, n)
		if err != nil || !more {
			return err
		}
	}
}

// remindBatch queues the reminders that are due, once each.
func (s *Service) remindBatch(ctx context.Context, r Round, n int) (more bool, err error) {
	err = s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.cfg.Now()
		more = false
		list, err := readBodies(tx, toRemindStmt, r.ID, int64(1), clock.Millis(now.Add(-firstNudge)), int64(batch))
		if err != nil {
			return err
		}
		if len(list) < batch {
			second, err := readBodies(tx, toRemindStmt, r.ID, int64(2), clock.Millis(now.Add(-secondNudge)), int64(batch-len(list)))
			if err != nil {
				return err
			}
			for _, b := range second {
				if b.Reminders > 0 { // the others stand in the first list
					list = append(list, b)
				}
			}
		}
		for _, b := range list {
			if _, err := tx.Exec(remindedStmt, nudges(b.Sent, now), b.Round, b.Organization); err != nil {
				return err
			}
			if err := s.enqueueMail(tx, b, now.Add(time.Duration(n)*time.Minute), true); err != nil {
				return err
			}
		}
		more = len(list) == batch
		return nil
	})
	return more, err
}
