package day

import (
	"context"
	"slices"

	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/jobs"
)

// notice is the payload of a planned notice: to whom, and whether it is about
// something that was answered. It says nothing of what.
type notice struct {
	User, Agency string
	Answered     bool
}

const jobNotice = "day.notice"

// tell plans a notice for a member: that something waits, or that something was
// answered. One of each waits at most, whatever happens meanwhile, and it comes in
// the hours that the member or the agency named.
//
// req: DAY-5
func (s *Service) tell(tx *db.Tx, agencyID, userID, by string, answered bool) error {
	if s.Notify == nil || userID == by {
		return nil
	}
	at := s.Now()
	if s.When != nil {
		var err error
		if at, err = s.When(tx, userID, agencyID); err != nil {
			return err
		}
	}
	key := userID + "/waits"
	if answered {
		key = userID + "/answered"
	}
	return jobs.Enqueue(tx, jobNotice, key, at, notice{userID, agencyID, answered})
}

// tellLeads plans a notice for those who decide about an approval.
func (s *Service) tellLeads(tx *db.Tx, a Approval, worker string) error {
	if s.Leads == nil {
		return nil
	}
	leads, err := s.Leads(tx, a.AgencyID)
	for _, user := range leads {
		if err == nil && user != worker { // who is responsible does not decide
			err = s.tell(tx, a.AgencyID, user, a.AskedBy, false)
		}
	}
	return err
}

// tellStep plans a notice for who is concerned by a step of an approval.
func (s *Service) tellStep(tx *db.Tx, a Approval, by, worker string) error {
	switch a.State {
	case Asked:
		return s.tellLeads(tx, a, worker)
	case SentBack:
		return s.tell(tx, a.AgencyID, a.AskedBy, by, false)
	case Approved:
		return s.tell(tx, a.AgencyID, a.AskedBy, by, true)
	}
	return nil
}

// Handle registers the jobs.
func (s *Service) Handle(r *jobs.Runner) { r.Handle(jobNotice, s.notify) }

// notify tells a member, if the member still is one of the agency's and what was to
// be told still waits.
//
// req: DAY-5
func (s *Service) notify(ctx context.Context, j jobs.Job) error {
	var n notice
	if err := j.Decode(&n); err != nil {
		return jobs.Permanent(err)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		due, err := s.concerns(tx, n)
		if err == nil && due {
			err = s.Notify(tx, n.User)
		}
		if err != nil {
			return err
		}
		return j.Done(tx)
	})
}

func (s *Service) concerns(tx *db.Tx, n notice) (bool, error) {
	workers, err := s.Cases.Agencies.Workers(tx, n.Agency)
	if err != nil || !slices.ContainsFunc(workers, func(w casework.Worker) bool { return w.UserID == n.User }) {
		return false, err
	}
	if n.Answered {
		return true, nil
	}
	leads, err := s.Leads(tx, n.Agency)
	if err != nil {
		return false, err
	}
	w, err := s.waiting(tx, n.User, n.Agency, slices.Contains(leads, n.User))
	return len(w.Approve)+len(w.SentBack)+len(w.Take) > 0, err
}

// waiting is what waits for a member of an agency.
func (s *Service) waiting(tx *db.Tx, userID, agencyID string, lead bool) (w Waits, err error) {
	if lead {
		if w.Approve, err = approvalsOf(tx, approvalsAskedStmt, agencyID); err != nil {
			return w, err
		}
		if w.Approve, err = s.decidable(tx, userID, w.Approve); err != nil {
			return w, err
		}
	}
	if w.SentBack, err = approvalsOf(tx, approvalsBackStmt, agencyID, userID); err != nil {
		return w, err
	}
	if w.Take, err = handOversOf(tx, handOversToStmt, userID, agencyID); err != nil {
		return w, err
	}
	w.Given, err = handOversOf(tx, handOversFromStmt, userID, agencyID)
	return w, err
}

// decidable leaves those of some approvals that a lead decides.
func (s *Service) decidable(tx *db.Tx, userID string, list []Approval) (out []Approval, err error) {
	for _, a := range list {
		row, err := s.Cases.ByClock(tx, a.CaseID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		if err == nil && userID != a.AskedBy && userID != row.WorkerID {
			out = append(out, a)
		}
	}
	return out, nil
}
