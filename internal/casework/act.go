package casework

import (
	"context"
	"slices"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Act closes a case or opens it again. Why, and with whose approval, is kept by
// the plan; also is done in the same transaction, nil: nothing.
func (s *Service) Act(ctx context.Context, v *web.Viewer, caseID string, a Action, also func(tx *db.Tx) error) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		in, err := s.require(tx, v, caseID, "case.close")
		if err != nil {
			return err
		}
		next, err := Next(in.row.State, a)
		if err != nil {
			return err
		}
		now := s.Now()
		closed := time.Time{}
		if next == Closed {
			closed = now
			if err := s.closing(tx, v, in.row.Row); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(caseStateStmt, string(next), clock.Millis(closed), clock.Millis(now), caseID); err != nil {
			return err
		}
		for _, r := range s.rooms {
			if r.Acted == nil {
				continue
			}
			if err := r.Acted(tx, v, in.row.Row, next); err != nil {
				return err
			}
		}
		if err := s.happened(tx, v, caseID, string(a), "", ""); err != nil || also == nil {
			return err
		}
		return also(tx)
	})
}

// closing asks the rooms what is against closing the case.
func (s *Service) closing(tx *db.Tx, v *web.Viewer, row Row) error {
	for _, r := range s.rooms {
		if r.Closing == nil {
			continue
		}
		if err := r.Closing(tx, v, row); err != nil {
			return err
		}
	}
	return nil
}

// Assign makes another member of the agency responsible. It needs no key: the
// agency's key opens the case for each of its members, and policy decides. Where
// a room hands cases over, a worker cannot go past it: a lead alone moves a case
// to somebody who was not asked.
// Errors: fault.NotFound; fault.Denied; fault.Invalid.
//
// req: DAY-1
func (s *Service) Assign(ctx context.Context, v *web.Viewer, caseID, userID string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.require(tx, v, caseID, "case.assign")
		if err != nil {
			return err
		}
		if s.assignedIn(v) != "" {
			return fault.New(fault.Denied, "")
		}
		return s.Entrust(tx, v, a.row.Row, userID)
	})
}

// Colleagues are the members of the viewer's agency who may be responsible for a
// case.
func (s *Service) Colleagues(ctx context.Context, v *web.Viewer) (out []Worker, err error) {
	if err := s.requireList(v, "caseload.know"); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) { out, err = s.Agencies.Workers(tx, v.AgencyID); return err })
	return out, err
}

// Entrust is Assign within a transaction of a room below, which has asked who may.
// Errors: fault.Invalid for somebody who may not be responsible for cases.
func (s *Service) Entrust(tx *db.Tx, v *web.Viewer, row Row, userID string) error {
	workers, err := s.Agencies.Workers(tx, row.AgencyID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(workers, func(w Worker) bool { return w.UserID == userID }) {
		return fault.Fields(fault.Field{Name: "worker", Key: "web.error.choose"})
	}
	if row.WorkerID == userID {
		return nil
	}
	if _, err := tx.Exec(caseWorkerStmt, userID, clock.Millis(s.Now()), row.ID); err != nil {
		return err
	}
	for _, r := range s.rooms {
		if r.Moved == nil {
			continue
		}
		if err := r.Moved(tx, v, row); err != nil {
			return err
		}
	}
	return s.happened(tx, v, row.ID, "assign", "", userID)
}

// SetDue notes the next date that a room below keeps for a case, such as the
// deadline of a stage; the zero time takes it away. It belongs into the
// transaction of that room.
func (s *Service) SetDue(tx *db.Tx, caseID, source string, at time.Time) error {
	var err error
	if at.IsZero() {
		_, err = tx.Exec(dueDropStmt, caseID, source)
	} else {
		_, err = tx.Exec(duePutStmt, caseID, source, clock.Millis(at))
	}
	if err != nil {
		return err
	}
	return setTouched(tx, caseID, s.Now())
}

// TeamSees says whether the caseworkers of the viewer's agency see each other's
// cases.
func (s *Service) TeamSees(ctx context.Context, v *web.Viewer) (team bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) { team, err = teamOf(tx, v.AgencyID); return err })
	return team, err
}

// SetTeam lets the caseworkers of the agency see each other's cases, or not.
func (s *Service) SetTeam(ctx context.Context, v *web.Viewer, team bool) error {
	if err := s.requireList(v, "caseload.set"); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		on := 0
		if team {
			on = 1
		}
		now := s.Now()
		if _, err := tx.Exec(settingPutStmt, v.AgencyID, on, clock.Millis(now), v.UserID); err != nil {
			return err
		}
		return audit.Record(tx, audit.Event{At: now, Actor: v.UserID, Agency: v.AgencyID, Action: "case.team-" + decimal(int64(on)), Object: "agency/" + v.AgencyID})
	})
}
