package share

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/web"
)

// Exception is a sharing without a yes.
type Exception struct {
	Once      string
	To        string
	Parts     []casework.Part
	Past      bool
	Days      int
	Ground    string // code of a provision of the country's data, or "other"
	Provision string // in words, for "other"
	Reason    string // why it applies
	Told      bool   // the person was told
	NotTold   string // else why that endangers
	Again     int    // days after which to look at that again; 0: Again
}

// other is the code of a provision that the country's data does not hold.
const other = "other"

// Agains are the days after which somebody looks again whether the person can be
// told, and Again is what is meant where nobody chose.
var Agains = []int{7, Again, 30}

// Again in days.
const Again = 14

// owed is where the file keeps that the person has to be told of a line: also when
// the line has ended.
func owed(e Entry) string { return room + "/told/" + e.ID }

// jobReview ends what nobody reviewed.
const jobReview = "share.review"

// Invoke shares without a yes, on a named provision of law. Until a second person
// of the agency has looked, the other agency holds it for ReviewTime at most.
// Errors: fault.Invalid with the fields, also where the same member shared the same
// so before and nobody confirmed it.
//
// req: SHARE-5
func (s *Service) Invoke(ctx context.Context, v *web.Viewer, caseID string, in Exception) (string, error) {
	o, err := s.own(ctx, v, caseID)
	if err != nil {
		return "", err
	}
	e := s.line(v, o, Ground, in.Once)
	e.State, e.Past, e.Ground, e.Provision, e.Reason = Waiting, in.Past, in.Ground, in.Provision, in.Reason
	if e.ReviewBy = e.At.Add(ReviewTime); in.Told {
		e.ToldAt = e.At
	} else {
		e.NotTold = in.NotTold
	}
	if err := together(s.receiver(ctx, v, in.To, in.Parts, in.Days, &e), s.named(ctx, v, in)); err != nil {
		return "", err
	}
	return s.grant(ctx, v, &e, casework.Share{To: e.To, Parts: e.Parts, Until: e.ReviewBy, Past: in.Past}, func(tx *db.Tx) error { return s.begin(tx, v, e.Entry, cmp.Or(in.Again, Again)) })
}

// named wants a provision, why it applies, and that the person was told or why
// not.
func (s *Service) named(ctx context.Context, v *web.Viewer, in Exception) error {
	var wrong []fault.Field
	known, err := s.Grounds(ctx, v.AgencyID, v.Lang)
	if err != nil {
		return err
	}
	switch {
	case in.Ground == other && utf8.RuneCountInString(in.Provision) < 3:
		wrong = append(wrong, fault.Field{Name: "provision", Key: "share.error.provision"})
	case in.Ground != other && !slices.ContainsFunc(known, func(p Provision) bool { return p.ID == in.Ground }):
		wrong = append(wrong, fault.Field{Name: "ground", Key: "web.error.choose"})
	}
	if in.Reason == "" {
		wrong = append(wrong, fault.Field{Name: "reason", Key: "web.error.empty"})
	}
	if !in.Told && in.NotTold == "" {
		wrong = append(wrong, fault.Field{Name: "not-told", Key: "share.error.not-told"})
	}
	if in.Again != 0 && !slices.Contains(Agains, in.Again) {
		wrong = append(wrong, fault.Field{Name: "again", Key: "web.error.choose"})
	}
	return fault.Fields(wrong...)
}

// begin is what goes with the keys of an exception: nothing that the agency has
// by a yes, reminders in the file, the clock and the leads.
//
// req: SHARE-9
func (s *Service) begin(tx *db.Tx, v *web.Viewer, e Entry, again int) error {
	lines, err := list(tx, caseStmt, e.CaseID)
	if err != nil {
		return err
	}
	if key := against(lines, e, s.Now()); key != "" {
		return fault.Fields(fault.Field{Name: "part", Key: key})
	}
	if err := s.Cases.SetDue(tx, e.CaseID, room+"/"+e.ID, e.ReviewBy); err != nil {
		return err
	}
	if e.secret() {
		if err := s.Cases.SetDue(tx, e.CaseID, owed(e), e.At.AddDate(0, 0, again)); err != nil {
			return err
		}
	}
	if err := jobs.Enqueue(tx, jobReview, e.ID, e.ReviewBy, e.ID); err != nil {
		return err
	}
	if err := s.Cases.Count(tx, e.AgencyID, "ground."+e.Ground, "used"); err != nil {
		return err
	}
	if err := s.Cases.Happened(tx, v, e.CaseID, room, string(Invoke), "", e.To); err != nil || s.Tell == nil {
		return err
	}
	return s.Tell(tx, e.AgencyID, true)
}

// against is what speaks against an exception: the agency can open one of the parts
// already, or the same member shared one of them so before and no second person
// confirmed it. Else one member would give again each day what a review has to.
//
// req: SHARE-5, SHARE-6
func against(lines []Entry, e Entry, now time.Time) (key string) {
	for _, was := range lines {
		if was.ID == e.ID || was.To != e.To || len(left(was.Parts, e.Parts)) == len(was.Parts) {
			continue
		}
		state := was.StateAt(now)
		switch {
		case was.Stands(now):
			return "share.error.has"
		case was.Kind == Ground && was.UserID == e.UserID && (state == Lapsed || state == Rejected):
			key = "share.error.again"
		}
	}
	return key
}

// lapse ends an exception that nobody reviewed. The keys were over at the same
// moment already.
//
// req: SHARE-5
func (s *Service) lapse(tx *db.Tx, entryID string) error {
	e, err := found(scan(tx.Row(anyStmt, entryID).Scan))
	if err != nil || e.State != Waiting || s.Now().Before(e.ReviewBy) {
		return err
	}
	if err := s.finish(tx, nil, e, Lapse, e.Parts); err != nil || s.Tell == nil {
		return err
	}
	return s.Tell(tx, e.AgencyID, true)
}

// mayReview asks whether the viewer may look at an exception: somebody else of
// the agency, who may know of the case.
//
// req: SHARE-6
func (s *Service) mayReview(tx *db.Tx, v *web.Viewer, e Entry) error {
	if _, err := s.Cases.Require(tx, v, e.CaseID, "case.revoke"); err != nil {
		return err
	}
	return s.Policy.Require(v.Actor(), "sharing.review", policy.Object{Type: "Sharing", ID: e.ID, Attrs: map[string]any{"agency": e.AgencyID, "by": e.UserID}})
}

// Review confirms an exception, so that it lasts until its date, or ends it.
// Errors: fault.Denied for who shared it; fault.Conflict when it is decided.
//
// req: SHARE-5, SHARE-6
func (s *Service) Review(ctx context.Context, v *web.Viewer, caseID, entryID string, confirm bool) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.Cases.Require(tx, v, caseID, "case.know"); err != nil {
			return err
		}
		e, err := byID(tx, caseID, entryID)
		if err != nil {
			return err
		}
		if err := s.mayReview(tx, v, e); err != nil {
			return err
		}
		now := s.Now()
		if e.StateAt(now) != Waiting {
			return fault.New(fault.Conflict, "share.error.state")
		}
		if !confirm {
			return s.finish(tx, v, e, Reject, e.Parts)
		}
		if _, err := tx.Exec(stateStmt, string(Confirmed), clock.Millis(now), v.Name, e.ID, string(Waiting)); err != nil {
			return err
		}
		err = errors.Join(s.Cases.SetDue(tx, caseID, room+"/"+e.ID, time.Time{}), jobs.Cancel(tx, jobReview, e.ID), s.Cases.Count(tx, e.AgencyID, "review", string(Confirmed)))
		if err != nil {
			return err
		}
		if err := s.Cases.Prolong(tx, v, caseID, e.To, e.Parts, e.Until); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, caseID, room, string(Confirm), "", e.To)
	})
}

// Told notes that the person was told of an exception after all.
//
// req: SHARE-9
func (s *Service) Told(ctx context.Context, v *web.Viewer, caseID, entryID string) error {
	return s.untoldLine(ctx, v, caseID, entryID, func(tx *db.Tx, e Entry) error {
		if _, err := tx.Exec(toldStmt, clock.Millis(s.Now()), e.ID); err != nil {
			return err
		}
		if err := s.Cases.SetDue(tx, caseID, owed(e), time.Time{}); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, caseID, room, "told", "", e.To)
	})
}

// Later notes that telling still endangers: somebody looks again after the usual
// days.
//
// req: SHARE-9
func (s *Service) Later(ctx context.Context, v *web.Viewer, caseID, entryID string) error {
	return s.untoldLine(ctx, v, caseID, entryID, func(tx *db.Tx, e Entry) error {
		if err := s.Cases.SetDue(tx, caseID, owed(e), s.Now().AddDate(0, 0, Again)); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, caseID, room, "later", "", e.To)
	})
}

// untoldLine acts on an exception of which the person does not know; on one of
// which the person does it does nothing.
func (s *Service) untoldLine(ctx context.Context, v *web.Viewer, caseID, entryID string, act func(tx *db.Tx, e Entry) error) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.Cases.Require(tx, v, caseID, "case.revoke"); err != nil {
			return err
		}
		e, err := byID(tx, caseID, entryID)
		if err != nil || e.Kind != Ground {
			return cmp.Or[error](err, errNotFound)
		}
		if !e.secret() {
			return nil
		}
		return act(tx, e)
	})
}

// Desk is what waits for a member's review, and what her agency lost in the last
// days. It needs no key.
type Desk struct {
	Waiting []Entry
	Ended   []Entry
}

// noticeTime is how long an agency is told that something was taken back.
const noticeTime = 14 * 24 * time.Hour

// Desk reads what waits for the viewer.
func (s *Service) Desk(ctx context.Context, v *web.Viewer) (out Desk, err error) {
	if v.AgencyID == "" || !v.Is("caseworker") && !v.Is("lead") {
		return out, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		now := clock.Millis(s.Now())
		waiting, err := list(tx, waitingStmt, v.AgencyID, now)
		if err != nil {
			return err
		}
		out.Waiting = slices.DeleteFunc(waiting, func(e Entry) bool {
			k := fault.KindOf(s.mayReview(tx, v, e))
			return k == fault.NotFound || k == fault.Denied
		})
		since := clock.Millis(s.Now().Add(-noticeTime))
		out.Ended, err = list(tx, endedStmt, v.AgencyID, since, since, now)
		return err
	})
	return out, err
}
