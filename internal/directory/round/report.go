package round

import (
	"context"
	"slices"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

// The most that a report holds, in characters.
const (
	mostReport  = 600
	mostContact = 120

	alertPause = 10 * time.Minute // between two mails about what is unsafe
)

// Told is what somebody says is wrong with an entry.
type Told struct {
	Service        string
	What           What
	Words, Contact string
	Lang, Once     string
}

// Tell takes a report. Nothing about who sent it is kept but what they wrote.
// That something is unsafe is told to the coordinators at once, by a general
// mail.
//
// Errors: fault.NotFound for a service that the public does not see;
// fault.Invalid for a kind that does not exist or too many words.
//
// req: ROUND-7
func (s *Service) Tell(ctx context.Context, t Told) error {
	t.Words, t.Contact = strings.TrimSpace(t.Words), strings.TrimSpace(t.Contact)
	switch {
	case !slices.Contains(Whats, t.What):
		return fault.Fields(fault.Field{Name: "what", Key: "web.error.choose"})
	case len([]rune(t.Words)) > mostReport:
		return fault.Fields(fault.Field{Name: "words", Key: "web.error.too-long", Args: []any{"max", mostReport}})
	case len([]rune(t.Contact)) > mostContact:
		return fault.Fields(fault.Field{Name: "contact", Key: "web.error.too-long", Args: []any{"max", mostContact}})
	case t.Words == "" && (t.What == OtherFault || t.What == Unsafe):
		return fault.Fields(fault.Field{Name: "words", Key: "round.error.words"})
	}
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.cfg.Now()
		o, err := s.cfg.Directory.OrganizationOf(tx, directory.KindService, t.Service)
		if err != nil {
			return err
		}
		if first, err := db.Once(tx, "round.report", t.Once, now); err != nil || !first {
			return err
		}
		r := Report{ID: id.New(), Service: t.Service, Organization: o.ID, What: t.What, Words: t.Words, Contact: t.Contact, Lang: t.Lang, At: now}
		if err := insertReport(tx, r); err != nil {
			return err
		}
		if err := audit.Record(tx, audit.Event{At: now, Action: "round.reported", Object: "round/report/" + r.ID, Purpose: string(t.What)}); err != nil {
			return err
		}
		return s.alert(tx, t.What, now)
	})
}

// alert tells the coordinators that something waits, without saying what.
// Somebody who sends many fills no mailbox: while one of the last minutes
// still waits, they know already.
func (s *Service) alert(tx *db.Tx, what What, now time.Time) error {
	if what != Unsafe || s.cfg.Alert == nil || s.cfg.Tell == nil {
		return nil
	}
	var waiting int64
	if err := tx.Row(countUnsafeStmt, clock.Millis(now.Add(-alertPause))).Scan(&waiting); err != nil || waiting > 1 {
		return err
	}
	contacts, err := s.cfg.Alert(tx)
	if err != nil {
		return err
	}
	for _, c := range contacts {
		if c.Email == "" {
			continue
		}
		if err := s.cfg.Tell(tx, c); err != nil {
			return err
		}
	}
	return nil
}

// Reports lists those in a state, the newest first.
func (s *Service) Reports(ctx context.Context, v *web.Viewer, state ReportState) (out []Report, err error) {
	err = s.reads(ctx, v, "directory.settle", func(tx *db.Tx) error {
		out, err = readReports(tx, reportsStmt, string(state))
		return err
	})
	return out, err
}

// OpenReports counts the reports that nobody looked at yet.
func (s *Service) OpenReports(tx *db.Tx) (n int64, err error) {
	err = tx.Row(countReportsStmt, string(ReportOpen)).Scan(&n)
	return n, err
}

// Moderate moves a report on. A second report that a number is dead, taken for
// true, marks the service for professionals.
//
// Errors: fault.NotFound; fault.Conflict when somebody was faster, but not when
// it was the same person's button, pressed twice; fault.Invalid for a merge with
// another service's report.
func (s *Service) Moderate(ctx context.Context, v *web.Viewer, reportID string, to ReportState, into string) error {
	return s.writes(ctx, v, "directory.settle", func(tx *db.Tx) error {
		r, err := s.report(tx, reportID)
		if err != nil {
			return err
		}
		if r.State == to && r.ByUser == v.UserID {
			return nil
		}
		if !CanMove(r.State, to) {
			return fault.New(fault.Conflict, "round.error.report")
		}
		if into, err = s.target(tx, r, to, into); err != nil {
			return err
		}
		now := s.cfg.Now()
		closed := time.Time{}
		if closing(to) {
			closed = now
		}
		n, err := tx.Exec(moveReportStmt, string(to), into, stored(closed), v.UserID, v.Name, r.ID, string(r.State))
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "round.error.report")
		}
		if err != nil {
			return err
		}
		if err := s.badge(tx, v, now, r); err != nil {
			return err
		}
		return s.record(tx, v, "report."+string(to), "report/"+r.ID)
	})
}

func (s *Service) report(tx *db.Tx, reportID string) (Report, error) {
	return db.First(readReports(tx, reportStmt, reportID))
}

// target is the report that another one repeats: of the same service.
func (s *Service) target(tx *db.Tx, r Report, to ReportState, into string) (string, error) {
	if to != ReportMerged {
		return "", nil
	}
	other, err := s.report(tx, into)
	if err != nil {
		return "", err
	}
	if other.ID == r.ID || other.Service != r.Service || other.State == ReportMerged {
		return "", fault.New(fault.Invalid, "round.error.merge")
	}
	return other.ID, nil
}

// badge marks a service whose number two moderated reports call dead.
//
// req: ROUND-8
func (s *Service) badge(tx *db.Tx, v *web.Viewer, now time.Time, r Report) error {
	if r.What != NumberDead {
		return nil
	}
	var n int64
	if err := tx.Row(saidDeadStmt, r.Service, clock.Millis(now.Add(-brokenSpan))).Scan(&n); err != nil || n < 2 {
		return err
	}
	_, err := tx.Exec(putBrokenStmt, r.Service, r.Organization, clock.Millis(now), n, v.UserID, v.Name)
	return err
}

// Works takes the mark off a service: somebody called and was answered.
func (s *Service) Works(ctx context.Context, v *web.Viewer, service string) error {
	err := s.writes(ctx, v, "directory.verify", func(tx *db.Tx) error {
		if _, err := tx.Exec(dropBrokenStmt, service); err != nil {
			return err
		}
		return s.assure(tx, v, service, directory.ByTelephone, directory.PartPhones)
	})
	s.cfg.Directory.Refresh()
	return err
}

// Trust is what professionals may know of how sure an entry is.
type Trust struct {
	Organization directory.Organization
	Service      directory.Row
	Checks       []directory.Verification
	Broken       *Broken
	Uncalled     time.Time // since when its contacts, which came with a file, wait for a call; zero: they do not
	Keeper       bool      // the viewer keeps the directory
	Reports      []Report
}

// Trust reads it for anyone who works here; reports are for editors.
func (s *Service) Trust(ctx context.Context, v *web.Viewer, service string) (t Trust, err error) {
	err = s.reads(ctx, v, "directory.trust", func(tx *db.Tx) error {
		t = Trust{}
		if t.Service, err = s.cfg.Directory.Row(tx, directory.KindService, service); err != nil {
			return err
		}
		if t.Organization, err = s.cfg.Directory.OrganizationOf(tx, directory.KindService, service); err != nil {
			return err
		}
		t.Keeper = s.require(tx, v, "directory.settle") == nil
		if t.Service.Service.Hide[directory.HideEntry] == directory.Hidden && !t.Keeper {
			return fault.New(fault.NotFound, "web.error.not-found") // it is published to nobody
		}
		all, err := s.cfg.Directory.Checks(tx, t.Organization.ID)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.Row == service {
				t.Checks = append(t.Checks, c)
			}
		}
		broken, err := readBroken(tx, brokenStmt, service)
		if err != nil {
			return err
		}
		if len(broken) > 0 {
			t.Broken = &broken[0]
		}
		if t.Uncalled, err = s.cfg.Directory.Uncalled(tx, service); err != nil {
			return err
		}
		if t.Keeper {
			t.Reports, err = readReports(tx, reportsOfStmt, service)
		}
		return err
	})
	return t, err
}

// Verify notes what an editor made sure of outside a round.
func (s *Service) Verify(ctx context.Context, v *web.Viewer, service string, how directory.How, parts []directory.Part) error {
	if len(parts) == 0 {
		return fault.Fields(fault.Field{Name: "parts", Key: "round.error.parts"})
	}
	if !slices.Contains(directory.Hows, how) {
		return fault.Fields(fault.Field{Name: "how", Key: "web.error.choose"})
	}
	err := s.writes(ctx, v, "directory.verify", func(tx *db.Tx) error {
		return s.assure(tx, v, service, how, parts...)
	})
	s.cfg.Directory.Refresh()
	return err
}

func (s *Service) assure(tx *db.Tx, v *web.Viewer, service string, how directory.How, parts ...directory.Part) error {
	return s.cfg.Directory.Verify(tx, byEditor(v), s.cfg.Now(), directory.KindService, service, how, parts...)
}
