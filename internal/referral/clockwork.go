package referral

import (
	"context"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/jobs"
)

// escalation is the payload of a planned reminder.
type escalation struct {
	Referral string
	Level    Level
	Due      int64 // the deadline that it was planned for, ms UTC
}

// Handle registers what happens by the clock alone: reminders and escalation,
// expiry, reviews that nobody did, drafts and contents whose time is over.
// None of it needs a key.
func (s *Service) Handle(r *jobs.Runner) {
	r.Handle(jobEscalate, s.escalate)
	r.Handle(jobAnswer, s.remindAnswer)
	r.Handle(jobExpire, s.byID(s.expire))
	r.Handle(jobPurge, s.byID(s.purge))
	r.Handle(jobReview, s.byID(s.remindReview))
	r.Handle(jobDraft, s.byID(s.forget))
	r.Handle(jobRound, s.byID(s.roundOver))
	r.Handle(jobLapse, s.byID(s.lapse))
}

// byID is jobs.ByID with the time.
func (s *Service) byID(fn func(tx *db.Tx, id string, now time.Time) error) jobs.Handler {
	return jobs.ByID(s.DB, func(tx *db.Tx, id string) error { return fn(tx, id, s.Now()) })
}

// escalate reminds about a first answer that is still missing.
func (s *Service) escalate(ctx context.Context, j jobs.Job) error {
	var e escalation
	if err := j.Decode(&e); err != nil {
		return jobs.Permanent(err)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.remind(tx, e); err != nil && fault.KindOf(err) != fault.NotFound {
			return fault.Wrap(err, "escalate", e.Referral)
		}
		return j.Done(tx)
	})
}

func (s *Service) remind(tx *db.Tx, e escalation) error {
	r, err := rowByID(tx, e.Referral)
	if err != nil {
		return err
	}
	if clock.Millis(r.DueAt) != e.Due || r.Escalated >= e.Level {
		return nil // answered, or reminded already
	}
	if skip, err := skips(tx, r, e.Level); err != nil || skip {
		if err != nil {
			return err
		}
		return s.endAccess(tx, nil, r, Skip, Clock, s.Now())
	}
	r.Escalated = e.Level
	if _, err := tx.Exec(escalatedStmt, int64(e.Level), r.ID); err != nil {
		return err
	}
	if err := happened(tx, r, nil, Clock, "remind", string('0'+rune(e.Level)), s.Now()); err != nil {
		return err
	}
	switch e.Level {
	case Reminded:
		if r.Way().Told() { // nobody there reads a mail: the sender calls
			return s.tellSender(tx, r, "reminder", "")
		}
		if r.Way() == ByLink && r.State == Sent { // perhaps nobody told them the code
			if err := s.tellSender(tx, r, "reminder", ""); err != nil {
				return err
			}
		}
		return s.tellDesk(tx, r.ToAgency, "reminder", "")
	case LeadTold:
		leads, err := s.Agencies.Leads(tx, r.ToAgency)
		if err != nil {
			return err
		}
		if err := s.tell(tx, "overdue", "", leads); err != nil {
			return err
		}
		return s.tellSender(tx, r, "overdue", "")
	default:
		leads, err := s.Agencies.Leads(tx, r.FromAgency)
		if err != nil {
			return err
		}
		return s.tell(tx, "overdue", "", leads)
	}
}

// skips says whether a service without an account drops out of a round: its
// answer is due, and nobody could be told the code. The others answer on; a
// letter that was sent alone waits, and its sender is told.
//
// req: ENQUIRY-7
func skips(tx *db.Tx, r stored, l Level) (bool, error) {
	if l != LeadTold || r.Way() != ByLink || r.State != Sent {
		return false, nil
	}
	_, err := roundOf(tx, r.ID)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}

// expire ends the receiver's access when the allowed time is over.
//
// req: CONSENT-5
func (s *Service) expire(tx *db.Tx, id string, now time.Time) error {
	r, err := rowByID(tx, id)
	if err != nil {
		return err
	}
	if now.Before(r.AccessUntil) || !r.AccessEnded.IsZero() || !ReceiverMayKnow(r.State) {
		return nil
	}
	return s.endAccess(tx, nil, r, Expire, Clock, now)
}

// purge destroys the content of an ended referral on both sides. Routing,
// states and times stay for counting.
//
// req: LIFE-1
func (s *Service) purge(tx *db.Tx, id string, now time.Time) error {
	r, err := rowByID(tx, id)
	if err != nil {
		return err
	}
	if !Over(r.State) || now.Before(r.StateAt.Add(ContentLife)) {
		return nil
	}
	for _, stmt := range []*db.Stmt{purgeWrapsStmt, purgeFilesStmt, purgeMessagesStmt, purgeChunksStmt, purgeSeenStmt, purgeReadingsStmt} {
		if _, err := tx.Exec(stmt, id); err != nil {
			return err
		}
	}
	if r.Way() != ByAccount {
		if err := forgetGuest(tx, id); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(purgePacketStmt, []byte{}, clock.Millis(now), clock.Millis(now), id); err != nil {
		return err
	}
	return happened(tx, r, nil, Clock, "purge", "", now)
}

// remindReview tells the leads that nobody has reviewed yet.
func (s *Service) remindReview(tx *db.Tx, id string, now time.Time) error {
	r, err := rowByID(tx, id)
	if err != nil || r.ReviewDue.IsZero() {
		return err
	}
	leads, err := s.Agencies.Leads(tx, r.FromAgency)
	if err != nil {
		return err
	}
	if err := happened(tx, r, nil, Clock, "remind", "review", now); err != nil {
		return err
	}
	return s.tell(tx, "review", r.FromUser, leads)
}

// forget deletes a draft that nobody touched for its whole life.
func (s *Service) forget(tx *db.Tx, id string, now time.Time) error {
	d, err := draftByID(tx, id)
	if err != nil {
		return err
	}
	if now.Before(d.Touched.Add(DraftLife)) {
		return nil
	}
	return dropDraft(tx, id)
}
