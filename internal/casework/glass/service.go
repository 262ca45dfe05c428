package glass

import (
	"context"
	_ "embed"
	"errors"
	"slices"
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
	// something waits; never what. told is whether anybody but the member by could
	// be reached.
	Alert func(tx *db.Tx, agencyID, by string) (told bool, err error)
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
	all, err := list(tx, caseStmt, caseID)
	return slices.ContainsFunc(all, func(o Opening) bool { return o.Holds(userID, s.Now()) }), err
}

// Break opens a case of the viewer's agency for some hours, and says which. A case
// that the viewer may open anyway is answered without.
// Errors: fault.Invalid with the fields, also when not exactly one case fits;
// fault.TooMany after some of those; fault.Denied, fault.Unlock.
//
// req: GLASS-1, GLASS-3
func (s *Service) Break(ctx context.Context, v *web.Viewer, a Ask) (o Opening, err error) {
	if err := s.require(v, "glass.break", agencyOf(v), ""); err != nil {
		return o, err
	}
	if err := a.check(); err != nil {
		return o, err
	}
	try, err := s.try(ctx, v)
	if err != nil {
		return o, err
	}
	found, err := s.Cases.Named(ctx, v, strings.TrimSpace(a.Said))
	switch gone := context.WithoutCancel(ctx); { // what was found out is written, also for who has left the page
	case err != nil: // nothing was looked for, so it does not count
		return o, errors.Join(err, s.DB.Write(gone, func(tx *db.Tx) error { return forgetTry(tx, try) }))
	case len(found) != 1:
		return o, s.missed(gone, try)
	}
	o = try
	o.ID, o.CaseID, o.Until = a.Once, found[0], o.At.Add(time.Duration(a.Hours)*time.Hour)
	err = s.open(ctx, v, &o, try, a.Reason)
	return o, err
}

func agencyOf(v *web.Viewer) string {
	if v == nil {
		return ""
	}
	return v.AgencyID
}

// open writes the opening, the file's line and the alert, or nothing: also
// nothing for a case that the member may know of, as when the button is pressed
// twice. The try that led here counts no more.
//
// req: GLASS-1
func (s *Service) open(ctx context.Context, v *web.Viewer, o *Opening, try Opening, reason string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		o.Untold = false
		if err := forgetTry(tx, try); err != nil {
			return err
		}
		if _, err := s.Cases.Require(tx, v, o.CaseID, "case.know"); fault.KindOf(err) != fault.NotFound {
			return err
		}
		if err := s.fresh(tx, v, o, reason); err != nil {
			return err
		}
		if err := s.Cases.Happened(tx, v, o.CaseID, room, "break", "", ""); err != nil {
			return err
		}
		if err := s.Cases.SetDue(tx, o.CaseID, room+"/"+o.ID, o.At.Add(reviewTime)); err != nil {
			return err
		}
		if err := s.Cases.Count(tx, o.AgencyID, room, "opened"); err != nil {
			return err
		}
		told, err := s.Alert(tx, o.AgencyID, o.UserID)
		if err != nil || told {
			return err
		}
		o.Untold = true
		return s.Cases.Happened(tx, v, o.CaseID, room, "untold", "", "")
	})
}

// fresh writes an opening under its token, or under a new identifier where the
// token is used up: what one press wrote never answers for another search.
//
// req: GLASS-1
func (s *Service) fresh(tx *db.Tx, v *web.Viewer, o *Opening, reason string) error {
	keyID, key, err := s.Agencies.OwnKey(tx, v.AgencyID)
	if err != nil {
		return err
	}
	if !id.Valid(o.ID) {
		o.ID = id.New()
	}
	for o.keyID = keyID; ; o.ID = id.New() {
		if o.env, err = vault.SealTo(key, []byte(reason), place(*o)); err != nil {
			return err
		}
		if written, err := insert(tx, *o); err != nil || written {
			return err
		}
	}
}

// try counts that a member asks, before anything is looked for: whoever asks in
// many windows at once is counted as often. It refuses who asked too often for
// what was not there.
//
// req: GLASS-3
func (s *Service) try(ctx context.Context, v *web.Viewer) (o Opening, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now, n := s.Now(), 0
		dayAgo := clock.Millis(now.Add(-24 * time.Hour))
		if _, err := tx.Exec(oldStmt, dayAgo); err != nil {
			return err
		}
		if err := tx.Row(triesStmt, v.UserID, dayAgo).Scan(&n); err != nil {
			return err
		}
		if n >= mostTries {
			return fault.New(fault.TooMany, "glass.error.often")
		}
		o = Opening{ID: id.New(), AgencyID: v.AgencyID, UserID: v.UserID, UserName: v.Name, At: now, Until: now}
		_, err := insert(tx, o)
		return err
	})
	return o, err
}

// missed says that somebody asked and no one case fits, and tells the leads. That
// none fits and that several do look the same.
//
// req: GLASS-3
func (s *Service) missed(ctx context.Context, try Opening) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := audit.Record(tx, audit.Event{At: try.At, Actor: try.UserID, Agency: try.AgencyID, Action: "case.glass.missed", Object: "agency/" + try.AgencyID}); err != nil {
			return err
		}
		_, err := s.Alert(tx, try.AgencyID, try.UserID)
		return err
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
		if err := s.Cases.Count(tx, o.AgencyID, room, outcome); err != nil {
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
