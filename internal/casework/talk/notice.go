package talk

import (
	"context"
	"slices"
	"time"

	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/jobs"
	"amelie/internal/web"
)

// tell plans a notice for those of each party who should read, besides the writer:
// the responsible worker of the case, and elsewhere who read along so far, or
// everybody who may. One notice waits for each member, whatever is written
// meanwhile, and it comes in the hours that she or her agency named.
//
// req: TALK-4
func (s *Service) tell(tx *db.Tx, f footing, writer string) error {
	for _, p := range f.parties {
		users, err := s.readers(tx, f.thread.ID, f.owner, f.worker, p.agency)
		if err != nil {
			return err
		}
		for _, user := range users {
			if user == writer {
				continue
			}
			if err := s.plan(tx, notice{Case: f.thread.CaseID, Thread: f.thread.ID, User: user, Agency: p.agency}); err != nil {
				return err
			}
		}
	}
	return nil
}

// readers are the members of a party who are told.
func (s *Service) readers(tx *db.Tx, threadID, owner, worker, agency string) (out []string, err error) {
	if agency == owner {
		return []string{worker}, nil
	}
	workers, err := s.Agencies.Workers(tx, agency)
	if err != nil {
		return nil, err
	}
	seen, err := db.All(tx, seenStmt, scanSeen, threadID)
	if err != nil {
		return nil, err
	}
	for _, along := range []bool{true, false} {
		for _, w := range workers {
			if !along || slices.ContainsFunc(seen, func(r seenRow) bool { return r.userID == w.UserID }) {
				out = append(out, w.UserID)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out, nil
}

// notice is the payload of a planned notice: to whom, about which thread, and
// whether it is about something that is still owed. It says nothing of what
// stands there.
type notice struct{ Case, Thread, User, Agency, Owed string }

const (
	jobNotice = "talk.notice"
	jobRemind = "talk.remind"
)

// plan puts a notice into the next hour in which it may come.
func (s *Service) plan(tx *db.Tx, n notice) error {
	at, err := s.When(tx, n.User, n.Agency)
	if err != nil {
		return err
	}
	return jobs.Enqueue(tx, jobNotice, n.Thread+"/"+n.User+"/"+n.Owed, at, n)
}

// When is the first moment from now on that lies in the hours that a member, or else
// the agency, named for notices.
//
// req: TALK-4
func (s *Service) When(tx *db.Tx, userID, agencyID string) (time.Time, error) {
	h, named, err := hoursOf(tx, userID)
	if err == nil && !named {
		h, _, err = hoursOf(tx, agencyID)
	}
	return h.Next(s.Now(), s.Cases.Here()), err
}

// unplan takes back what is planned for the threads of a case.
func unplan(tx *db.Tx, caseID string) error {
	threads, err := db.All(tx, threadsOfStmt, scanID, caseID)
	if err != nil {
		return err
	}
	for _, thread := range threads {
		if err := jobs.CancelUnder(tx, jobNotice, thread+"/"); err != nil {
			return err
		}
		due, err := db.All(tx, dueOfStmt, scanID, thread)
		if err != nil {
			return err
		}
		for _, m := range due {
			if err := jobs.Cancel(tx, jobRemind, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// notify tells a member that something waits, if that is still so: the agency is
// still a party, the member still one of its own, and something is unread or owed.
//
// req: TALK-4
func (s *Service) notify(ctx context.Context, j jobs.Job) error {
	var n notice
	if err := j.Decode(&n); err != nil {
		return jobs.Permanent(err)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		waits, err := s.waits(tx, n)
		if err != nil {
			return err
		}
		if waits {
			if err := s.Notify(tx, n.User); err != nil {
				return err
			}
		}
		return j.Done(tx)
	})
}

func (s *Service) waits(tx *db.Tx, n notice) (bool, error) {
	d, err := stored(n.Case, n.Thread)(tx)
	if err != nil || !d.row.Open {
		return false, err
	}
	parties, err := s.parties(tx, n.Case, d.agencies)
	if err != nil || !(footing{parties: parties}).has(n.Agency) {
		return false, err
	}
	workers, err := s.Agencies.Workers(tx, n.Agency)
	if err != nil || !slices.ContainsFunc(workers, func(w casework.Worker) bool { return w.UserID == n.User }) {
		return false, err
	}
	if n.Owed != "" {
		m, err := owed(tx, n.Thread, n.Owed)
		return m.WaitsFor(n.Agency), err
	}
	unread, err := unreadBy(tx, n.Thread, n.User, n.Agency)
	return unread > 0, err
}

func unreadBy(tx *db.Tx, threadID, user, agency string) (n int, err error) {
	return n, tx.Row(unreadStmt, threadID, user, threadID, user, threadID, agency).Scan(&n)
}

// owed is a message for which somebody waits; an empty one when it is no more.
func owed(tx *db.Tx, threadID, messageID string) (Message, error) {
	m, err := scanMessage(tx.Row(messageStmt, messageID, threadID).Scan)
	if db.NoRows(err) {
		return Message{}, nil
	}
	return m, err
}

// remind plans a reminder for the morning of the day on which an answer is due.
func (s *Service) remind(tx *db.Tx, thread Row, m Message) error {
	local := m.Due.In(s.Cases.Here())
	morning := time.Date(local.Year(), local.Month(), local.Day(), 8, 0, 0, 0, s.Cases.Here())
	if m.Standing != Waiting || m.Due.IsZero() || !morning.After(s.Now()) {
		return nil
	}
	return jobs.Enqueue(tx, jobRemind, m.ID, morning, notice{Case: thread.CaseID, Thread: thread.ID, Owed: m.ID})
}

// reminder plans the notices for those who owe an answer on this day.
func (s *Service) reminder(ctx context.Context, j jobs.Job) error {
	var n notice
	if err := j.Decode(&n); err != nil {
		return jobs.Permanent(err)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.remindAll(tx, n); err != nil {
			return err
		}
		return j.Done(tx)
	})
}

func (s *Service) remindAll(tx *db.Tx, n notice) error {
	m, err := owed(tx, n.Thread, n.Owed)
	if err != nil {
		return err
	}
	row, _, err := casework.Circle(tx, n.Case, s.Now())
	if err != nil {
		return err
	}
	parties, err := db.All(tx, partiesStmt, scanParty, n.Thread)
	if err != nil {
		return err
	}
	for _, p := range parties {
		if !m.WaitsFor(p.agency) {
			continue
		}
		users, err := s.readers(tx, n.Thread, row.AgencyID, row.WorkerID, p.agency)
		if err != nil {
			return err
		}
		for _, user := range users {
			n.User, n.Agency = user, p.agency
			if err := s.plan(tx, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// HoursOf are the hours in which notices reach the viewer, and those of the
// viewer's agency.
func (s *Service) HoursOf(ctx context.Context, v *web.Viewer) (own, agency Hours, named bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if own, named, err = hoursOf(tx, v.UserID); err != nil {
			return err
		}
		agency, _, err = hoursOf(tx, v.AgencyID)
		return err
	})
	return own, agency, named, err
}

// SetHours names the hours of the viewer, or, by a lead, of the agency.
// Errors: fault.Invalid; fault.Denied.
func (s *Service) SetHours(ctx context.Context, v *web.Viewer, h Hours, agency bool) error {
	if err := h.Check(); err != nil {
		return err
	}
	owner := v.UserID
	if agency {
		if owner = v.AgencyID; owner == "" || !v.Is("lead") {
			return fault.New(fault.Denied, "web.error.denied")
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		weekdays := 0
		if h.Weekdays {
			weekdays = 1
		}
		_, err := tx.Exec(hoursPutStmt, owner, h.From, h.To, weekdays, clock.Millis(s.Now()))
		return err
	})
}
