package plan

import (
	"context"
	_ "embed"
	"slices"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may count.
var Policy = policy.Source{Name: "plan", Text: policyText}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine
	Now    clock.Clock
	Cases  *casework.Service
}

// Service does what people do with plans.
type Service struct{ Config }

// New makes the service.
func New(cfg Config) *Service { return &Service{cfg} }

// Room is the plan as a room of the case file.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: Name, Icon: "path", Kinds: Kinds, Closes: true, Glance: s.glance, Wrote: s.wrote,
		Forget: func(tx *db.Tx, caseID string) error { _, err := tx.Exec(codesDropStmt, caseID); return err },
		Export: func(ctx context.Context, v *web.Viewer, o *casework.Opened) (any, error) {
			codes, err := s.codes(ctx, v, o.ID)
			return codes, err
		}}
}

// wrote notes how far a claim is, as a code, and counts what changed.
// A copy from another agency's file is not counted again.
func (s *Service) wrote(tx *db.Tx, row casework.Row, entryID, kind string, a ask.Answer) error {
	now := Code{a.One("track"), a.One("standing"), s.Now()}
	switch kind {
	case Redress:
		was, err := codeOf(tx, entryID)
		if err == nil && !row.Taken && (was.What != now.What || was.Code != now.Code) {
			err = s.Cases.CountOf(tx, row.ID, row.AgencyID, "claim."+now.What, now.Code)
		}
		if err != nil {
			return err
		}
		return putCode(tx, entryID, row.ID, row.AgencyID, now)
	case Survey:
		return s.surveyed(tx, row, entryID, a)
	}
	return nil
}

// Surveyed are the questions whose answers are counted.
var Surveyed = []string{"helped", "respected", "safer"}

// surveyed counts the first answers to a survey, by year; beside the case stands
// that it was counted, and nothing of what the person thinks. Who did not say yes to
// being counted is not, also not later.
func (s *Service) surveyed(tx *db.Tx, row casework.Row, entryID string, a ask.Answer) error {
	how := a.One("how")
	if was, err := codeOf(tx, entryID); err != nil || was.What != "" || how == "later" {
		return err
	}
	if row.Taken {
		return putCode(tx, entryID, row.ID, row.AgencyID, Code{"survey", "counted", s.Now()})
	}
	if err := s.Cases.CountOf(tx, row.ID, row.AgencyID, "survey-how", how); err != nil {
		return err
	}
	for _, field := range Surveyed {
		if code := a.One(field); code != "" && how != "not-wanted" {
			if err := s.Cases.CountOf(tx, row.ID, row.AgencyID, "survey."+field, code); err != nil {
				return err
			}
		}
	}
	return putCode(tx, entryID, row.ID, row.AgencyID, Code{"survey", "counted", s.Now()})
}

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

// Take notes that somebody offered what was suggested, and says the entry. It is
// the worker's act: a suggestion alone writes nothing.
//
// req: PLAN-1
func (s *Service) Take(ctx context.Context, v *web.Viewer, caseID, name, once string) (string, error) {
	for _, g := range suggested {
		for _, o := range g.offers {
			if o.name() == name {
				return s.Cases.Save(ctx, v, caseID, casework.Typed{Kind: o.Kind, Posted: o.answer(), Once: once})
			}
		}
	}
	return "", errNotFound
}

// Close closes a case with a reason.
// Errors: fault.Invalid without one; fault.Conflict.
func (s *Service) Close(ctx context.Context, v *web.Viewer, caseID, reason string) error {
	if !slices.Contains(Reasons, reason) {
		return fault.Fields(fault.Field{Name: "reason", Key: "web.error.choose"})
	}
	return s.Cases.Act(ctx, v, caseID, casework.Close, func(tx *db.Tx) error {
		if err := s.Cases.CountOf(tx, caseID, v.AgencyID, "closing", reason); err != nil {
			return err
		}
		return putCode(tx, id.New(), caseID, v.AgencyID, Code{"closing", reason, s.Now()})
	})
}

// codes are what is counted of a case, for those who may open it.
func (s *Service) codes(ctx context.Context, v *web.Viewer, caseID string) (out []Code, err error) {
	err = s.Cases.Read(ctx, v, caseID, "case.open", nil, func(tx *db.Tx, in casework.Inside) (err error) {
		out = nil
		if in.Own {
			out, err = codesOf(tx, caseID)
		}
		return err
	})
	return out, err
}

// Count counts claims and closings of the viewer's agency, for its leads.
// Errors: fault.Denied for everybody else.
func (s *Service) Count(ctx context.Context, v *web.Viewer) (out Counts, err error) {
	if err := s.Policy.Require(v.Actor(), "plan.count", policy.Object{Type: "Caseload", ID: v.AgencyID, Attrs: map[string]any{"agency": v.AgencyID}}); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) { out, err = countCodes(tx, v.AgencyID); return err })
	return out, err
}
