package glass

import (
	"context"
	_ "embed"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may break the glass, and who looks at it.
var Policy = policy.Source{Name: "glass", Text: policyText}

// Config is what the service is made of.
type Config struct {
	DB       *db.DB
	Policy   *policy.Engine
	Now      clock.Clock
	Cases    *casework.Service
	Agencies casework.Agencies
	// Alert tells an agency's leads, and the data-protection officer, that
	// something waits; never what.
	Alert func(tx *db.Tx, agencyID string) error
}

// Service opens cases in danger.
type Service struct{ Config }

// New makes the service. The engine of cfg must hold this package's Policy.
func New(cfg Config) *Service { return &Service{cfg} }

const room = "glass"

// Room is where the file shows, for ever, that it was opened so.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: room, Icon: "warn", Glance: s.glance, Forget: forget, Export: s.export}
}

func forget(tx *db.Tx, caseID string) error {
	_, err := tx.Exec(dropStmt, caseID)
	return err
}

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

func place(o Opening) vault.Binding {
	return vault.Binding{Field: "casework.glass.reason", Row: o.ID, Scope: o.AgencyID}
}

func (s *Service) require(v *web.Viewer, action, agencyID, by string) error {
	if v == nil {
		return fault.New(fault.SignIn, "web.error.sign-in")
	}
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Glass", ID: agencyID, Attrs: map[string]any{"agency": agencyID, "by": by}})
}

// Held says whether a member opened a case so and still may: for the file's own
// policy.
//
// req: GLASS-2
func (s *Service) Held(tx *db.Tx, caseID, userID string) (bool, error) {
	n, now := 0, clock.Millis(s.Now())
	err := tx.Row(holdsStmt, caseID, userID, now, now).Scan(&n)
	return n > 0, err
}

// Break opens a case of the viewer's agency for some hours, and says which. A case
// that the viewer may open anyway is answered without.
// Errors: fault.Invalid with the fields, also when not exactly one case fits;
// fault.TooMany after some of those; fault.Denied, fault.Unlock.
//
// req: GLASS-1, GLASS-3
func (s *Service) Break(ctx context.Context, v *web.Viewer, a Ask) (caseID string, err error) {
	if err := s.require(v, "glass.break", agencyOf(v), ""); err != nil {
		return "", err
	}
	if err := a.check(); err != nil {
		return "", err
	}
	if err := s.bounded(ctx, v); err != nil {
		return "", err
	}
	found, err := s.Cases.Named(ctx, v, strings.TrimSpace(a.Said))
	if err != nil {
		return "", err
	}
	o := Opening{ID: a.Once, AgencyID: v.AgencyID, UserID: v.UserID, UserName: v.Name, At: s.Now()}
	if !id.Valid(o.ID) {
		o.ID = id.New()
	}
	if len(found) != 1 {
		return "", s.missed(ctx, o)
	}
	o.CaseID, o.Until = found[0], o.At.Add(time.Duration(a.Hours)*time.Hour)
	known := false
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := s.Cases.Require(tx, v, o.CaseID, "case.know")
		if known = err == nil; known {
			return nil
		}
		var key vault.PublicKey
		if o.keyID, key, err = s.Agencies.OwnKey(tx, v.AgencyID); err != nil {
			return err
		}
		o.env, err = vault.SealTo(key, []byte(a.Reason), place(o))
		return err
	})
	if err != nil || known {
		return o.CaseID, err
	}
	return o.CaseID, s.open(ctx, v, o)
}

func agencyOf(v *web.Viewer) string {
	if v == nil {
		return ""
	}
	return v.AgencyID
}

// open writes the opening, the file's line and the alert, or nothing.
//
// req: GLASS-1
func (s *Service) open(ctx context.Context, v *web.Viewer, o Opening) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		fresh, err := insert(tx, o)
		if err != nil || !fresh { // the button was pressed twice
			return err
		}
		if err := s.Cases.Happened(tx, v, o.CaseID, room, "break", "", ""); err != nil {
			return err
		}
		if err := s.Cases.SetDue(tx, o.CaseID, room+"/"+o.ID, o.At.Add(reviewTime)); err != nil {
			return err
		}
		return s.Alert(tx, o.AgencyID)
	})
}

// bounded refuses who asked too often for what was not there.
//
// req: GLASS-3
func (s *Service) bounded(ctx context.Context, v *web.Viewer) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		n := 0
		if err := tx.Row(triesStmt, v.UserID, clock.Millis(s.Now().Add(-24*time.Hour))).Scan(&n); err != nil || n < mostTries {
			return err
		}
		return fault.New(fault.TooMany, "glass.error.often")
	})
}

// missed notes that somebody asked and no one case fits, and tells the leads. That
// none fits and that several do look the same.
//
// req: GLASS-3
func (s *Service) missed(ctx context.Context, o Opening) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(oldStmt, o.UserID, clock.Millis(o.At.Add(-24*time.Hour))); err != nil {
			return err
		}
		o.Until = o.At
		if fresh, err := insert(tx, o); err != nil || !fresh {
			return err
		}
		if err := audit.Record(tx, audit.Event{At: o.At, Actor: o.UserID, Agency: o.AgencyID, Action: "case.glass.missed", Object: "agency/" + o.AgencyID}); err != nil {
			return err
		}
		return s.Alert(tx, o.AgencyID)
	})
	if err != nil {
		return err
	}
	return fault.Fields(fault.Field{Name: "said", Key: "glass.error.none"})
}

// Review notes what a lead thinks of an opening. One that was not right ends at
// once. Errors: fault.NotFound; fault.Denied for who opened; fault.Conflict when
// somebody looked already.
//
// req: GLASS-4
func (s *Service) Review(ctx context.Context, v *web.Viewer, caseID, openingID string, right bool) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.Cases.Require(tx, v, caseID, "case.know"); err != nil {
			return err
		}
		o, err := byID(tx, caseID, openingID)
		if err != nil {
			return err
		}
		if err := s.require(v, "glass.review", o.AgencyID, o.UserID); err != nil {
			return err
		}
		outcome := NotRight
		if right {
			outcome = Right
		}
		n, err := tx.Exec(reviewStmt, outcome, clock.Millis(s.Now()), v.Name, o.ID)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "glass.error.looked")
		}
		if err != nil {
			return err
		}
		if err := s.Cases.SetDue(tx, caseID, room+"/"+o.ID, time.Time{}); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, caseID, room, outcome, "", "")
	})
}

// openings are those of a case, with their reasons, for members of its agency.
func (s *Service) openings(ctx context.Context, v *web.Viewer, caseID string) (out []Opening, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		row, err := s.Cases.Require(tx, v, caseID, "case.open")
		if err != nil {
			return err
		}
		if err := s.require(v, "glass.know", row.AgencyID, ""); err != nil {
			return err
		}
		if out, err = list(tx, caseStmt, caseID); err != nil {
			return err
		}
		for i := range out {
			key, err := s.Agencies.OpenKey(tx, v, out[i].keyID)
			if err != nil {
				return err
			}
			plain, err := key.Open(out[i].env, place(out[i]))
			if err != nil {
				return fault.Wrap(err, "open reason", out[i].ID)
			}
			out[i].Reason = string(plain)
		}
		return nil
	})
	return out, err
}

func (s *Service) export(ctx context.Context, v *web.Viewer, o *casework.Opened) (any, error) {
	if !o.Own {
		return nil, nil
	}
	return s.openings(ctx, v, o.ID)
}

// Waiting are the openings that a lead should look at, without reasons.
func (s *Service) Waiting(ctx context.Context, v *web.Viewer) (out []Opening, err error) {
	if agencyOf(v) == "" || !v.Is("lead") {
		return nil, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) { out, err = list(tx, waitingStmt, v.AgencyID); return err })
	return out, err
}
