package keep

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"time"

	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who decides about closed files.
var Policy = policy.Source{Name: "keep", Text: policyText}

// Config is what the service is made of.
type Config struct {
	Cases  *casework.Service
	Policy *policy.Engine
	Now    clock.Clock
	// Country of an agency.
	Country func(tx *db.Tx, agencyID string) (string, error)
	// Law says what the law of its country lets or makes an agency keep; nil: nothing
	// was found.
	Law func(tx *db.Tx, agencyID, lang string) ([]Law, error)
	// Tell queues a reminder without content to the leads of an agency.
	Tell func(tx *db.Tx, agencyID string) error
	// Backups is for how many days the program keeps its backups; 0 when it makes
	// none.
	Backups func() int
}

// Service does what people do about keeping.
type Service struct{ Config }

// New makes the service. The engine of cfg must hold this package's Policy.
func New(cfg Config) *Service { return &Service{cfg} }

// Room is the service as a room of the file.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: room, Icon: "trash", Glance: s.glance, Acted: s.acted, Forget: s.forget}
}

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

// View is what stands about the keeping of a case.
type View struct {
	*casework.Opened
	Rule
	Hold Hold
	Due  time.Time // when it is due to go; zero while it is open
}

// Law is one rule of what must be kept, with where it stands and how far that is
// confirmed (a state of the country's data).
type Law struct{ Text, Source, State, Verified string }

// Rule is for how long an agency keeps closed files.
type Rule struct {
	Proposal
	Kept int // months, as the agency has it
}

// Look opens what stands about a case of the own agency. Errors: fault.NotFound;
// fault.Unlock.
func (s *Service) Look(ctx context.Context, v *web.Viewer, caseID string) (*View, error) {
	o, err := s.Cases.Look(ctx, v, caseID)
	if err != nil {
		return nil, err
	}
	if !o.Own {
		return nil, errNotFound
	}
	w := &View{Opened: o}
	err = s.Cases.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if w.Hold, err = holdOf(tx, caseID); err != nil {
			return err
		}
		w.Rule, err = s.rule(tx, o.AgencyID)
		return err
	})
	w.Due = DueAt(o.Row, w.Kept)
	return w, err
}

// rule of an agency: the proposal for its country, or less.
func (s *Service) rule(tx *db.Tx, agencyID string) (r Rule, err error) {
	country, err := s.Country(tx, agencyID)
	if err != nil {
		return r, err
	}
	r.Proposal = ProposalFor(country)
	r.Kept = r.Months
	less, err := shortened(tx, agencyID)
	if less > 0 {
		r.Kept = min(less, r.Months)
	}
	return r, err
}

// Keep holds a file back from erasing until the end of a day.
// Errors: fault.Invalid with the fields.
func (s *Service) Keep(ctx context.Context, v *web.Viewer, caseID, reason, day string) error {
	until, bad := time.ParseInLocation(time.DateOnly, day, s.Cases.Here())
	until = until.AddDate(0, 0, 1)
	return s.act(ctx, v, caseID, "hold", reason, func(tx *db.Tx) error {
		var wrong []fault.Field
		if !slices.Contains(Holds, reason) {
			wrong = append(wrong, fault.Field{Name: "reason", Key: "web.error.choose"})
		}
		if bad != nil || !until.After(s.Now()) || until.After(s.Now().AddDate(10, 0, 0)) {
			wrong = append(wrong, fault.Field{Name: "until", Key: "keep.error.until"})
		}
		if err := fault.Fields(wrong...); err != nil {
			return err
		}
		_, err := tx.Exec(holdPutStmt, caseID, reason, clock.Millis(until), v.Name, clock.Millis(s.Now()))
		return err
	})
}

// Release ends a hold.
func (s *Service) Release(ctx context.Context, v *web.Viewer, caseID string) error {
	return s.act(ctx, v, caseID, "release", "", func(tx *db.Tx) error {
		_, err := tx.Exec(holdDropStmt, caseID)
		return err
	})
}

// act does something about a case that its worker and the leads may do.
func (s *Service) act(ctx context.Context, v *web.Viewer, caseID, action, other string, do func(tx *db.Tx) error) error {
	return s.Cases.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.Cases.Require(tx, v, caseID, "case.close"); err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, caseID, room, action, "", other)
	})
}

// Erase destroys a closed file that nothing holds, and gives the receipt. Only a
// lead may. Errors: fault.Conflict while it is open; fault.Invalid while it is held.
//
// req: KEEP-1, KEEP-3
func (s *Service) Erase(ctx context.Context, v *web.Viewer, caseID, reason string, sure bool) (receipt string, err error) {
	receipt = id.New()
	err = s.Cases.Erase(ctx, v, caseID, func(tx *db.Tx, row casework.Row) error {
		h, err := holdOf(tx, caseID)
		if err != nil {
			return err
		}
		if h.On(s.Now()) {
			return fault.Fields(fault.Field{Name: "sure", Key: "keep.error.held"})
		}
		if !sure || !slices.Contains(Erasing, reason) {
			return fault.Fields(fault.Field{Name: "sure", Key: "keep.error.sure"})
		}
		r := Receipt{ID: receipt, AgencyID: row.AgencyID, Code: row.Code(), Reason: reason, UserName: v.Name, At: s.Now()}
		if days := s.Backups(); days > 0 {
			// The oldest goes with the planned backup of the day after.
			r.Backups = s.Now().AddDate(0, 0, days+1)
		}
		return r.insert(tx)
	})
	return receipt, err
}

// Receipt is one of the viewer's agency.
func (s *Service) Receipt(ctx context.Context, v *web.Viewer, receipt string) (r Receipt, err error) {
	if err := s.require(v, "keeping.read"); err != nil {
		return r, err
	}
	err = s.Cases.DB.Read(ctx, func(tx *db.Tx) (err error) { r, err = receiptByID(tx, receipt); return err })
	if err == nil && r.AgencyID != v.AgencyID {
		err = errNotFound
	}
	return r, err
}

// Desk is what the leads see of keeping.
type Desk struct {
	Rule
	Due      []casework.Row
	Held     map[string]Hold
	Receipts []Receipt
}

// Desk lists what is due to go, as far as the viewer may know of it.
func (s *Service) Desk(ctx context.Context, v *web.Viewer) (d Desk, err error) {
	if err := s.require(v, "keeping.read"); err != nil {
		return d, err
	}
	err = s.Cases.DB.Read(ctx, func(tx *db.Tx) error {
		d = Desk{Held: map[string]Hold{}}
		if d.Rule, err = s.rule(tx, v.AgencyID); err != nil {
			return err
		}
		ids, err := dueOf(tx, v.AgencyID, s.Now().AddDate(0, -d.Kept, 0))
		if err != nil {
			return err
		}
		for _, caseID := range ids {
			row, err := s.Cases.Require(tx, v, caseID, "case.know")
			if err != nil {
				return err
			}
			if d.Held[caseID], err = holdOf(tx, caseID); err != nil {
				return err
			}
			d.Due = append(d.Due, row)
		}
		d.Receipts, err = db.All(tx, receiptsStmt, scanReceipt, v.AgencyID)
		return err
	})
	return d, err
}

// Shorten sets for how many months the agency keeps closed files: never longer
// than proposed.
func (s *Service) Shorten(ctx context.Context, v *web.Viewer, months int) error {
	if err := s.require(v, "keeping.set"); err != nil {
		return err
	}
	return s.Cases.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := s.rule(tx, v.AgencyID)
		if err != nil {
			return err
		}
		if months < 1 || months > r.Months {
			return fault.Fields(fault.Field{Name: "months", Key: "keep.error.months", Args: []any{"n", r.Months}})
		}
		if _, err := tx.Exec(rulePutStmt, v.AgencyID, months, clock.Millis(s.Now()), v.UserID); err != nil {
			return err
		}
		if err := s.remindAnew(tx, v.AgencyID, months); err != nil {
			return err
		}
		return audit.Record(tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: v.AgencyID, Action: "keep.shorten", Object: "agency/" + v.AgencyID})
	})
}

func (s *Service) require(v *web.Viewer, action string) error {
	if v == nil {
		return fault.New(fault.SignIn, "web.error.sign-in")
	}
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Keeping", ID: v.AgencyID, Attrs: map[string]any{"agency": v.AgencyID}})
}

// remindAnew moves the reminders of an agency's closed files to when they are due
// now. Of those that are due already its lead is told on the page, not by a mail
// for each.
func (s *Service) remindAnew(tx *db.Tx, agencyID string, months int) error {
	list, err := closedOf(tx, agencyID)
	for _, c := range list {
		if due := c.at.AddDate(0, months, 0); due.After(s.Now()) {
			err = errors.Join(err, jobs.Enqueue(tx, jobDue, c.id, due, c.id))
		} else {
			err = errors.Join(err, jobs.Cancel(tx, jobDue, c.id))
		}
	}
	return err
}

// jobDue tells the leads that a file is due to go.
const jobDue = "keep.due"

// Handle registers the reminder. It needs no key.
func (s *Service) Handle(r *jobs.Runner) {
	r.Handle(jobDue, jobs.ByID(s.Cases.DB, func(tx *db.Tx, caseID string) error {
		row, err := s.Cases.ByClock(tx, caseID)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			return nil // erased
		}
		if err != nil {
			return err
		}
		rule, err := s.rule(tx, row.AgencyID)
		due := DueAt(row, rule.Kept)
		switch {
		case err != nil || due.IsZero():
			return err
		case due.After(s.Now()): // it is kept for longer than when this was asked for
			return jobs.Enqueue(tx, jobDue, caseID, due, caseID)
		}
		return s.Tell(tx, row.AgencyID)
	}))
}

// acted keeps in mind since when a case is closed.
func (s *Service) acted(tx *db.Tx, _ *web.Viewer, row casework.Row, now casework.State) error {
	if now != casework.Closed {
		_, err := tx.Exec(closedDropStmt, row.ID)
		return err
	}
	if _, err := tx.Exec(closedPutStmt, row.ID, row.AgencyID, clock.Millis(s.Now())); err != nil {
		return err
	}
	rule, err := s.rule(tx, row.AgencyID)
	if err != nil {
		return err
	}
	return jobs.Enqueue(tx, jobDue, row.ID, s.Now().AddDate(0, rule.Kept, 0), row.ID)
}

func (s *Service) forget(tx *db.Tx, caseID string) error {
	for _, stmt := range []*db.Stmt{closedDropStmt, holdDropStmt} {
		if _, err := tx.Exec(stmt, caseID); err != nil {
			return err
		}
	}
	return jobs.Cancel(tx, jobDue, caseID)
}
