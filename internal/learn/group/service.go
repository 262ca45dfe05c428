package group

import (
	"context"
	_ "embed"
	"slices"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/learn"
	"amelie/internal/learn/playing"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with groups.
var Policy = policy.Source{Name: "group", Text: policyText}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine
	Secret *vault.ServerSecret
	Now    clock.Clock
	Course func() *learn.Course
	// Left is told, in its transaction, of a seat that no restore may bring back.
	Left func(tx *db.Tx, seat string, at time.Time) error
}

// Service keeps groups and their seats.
type Service struct {
	Config
	plays playing.Recorder
}

// New makes the service. The policy engine must hold this package's Policy.
func New(cfg Config) *Service {
	return &Service{cfg, playing.Recorder{Course: cfg.Course, Now: cfg.Now}}
}

// jobDelete deletes a group some time after its end.
const jobDelete = "group.delete"

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

func (s *Service) fingerprint(purpose, secret string) string {
	return s.Secret.Fingerprint("group "+purpose+" fingerprint", secret)
}

func (s *Service) require(v *web.Viewer, action string, g Group) error {
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Group", ID: g.ID, Attrs: map[string]any{"trainer": g.Trainer}})
}

// MayOpen refuses whoever cannot open groups.
func (s *Service) MayOpen(v *web.Viewer) error {
	return s.Policy.Require(v.Actor(), "groups.open", policy.Object{Type: "Groups", ID: "*"})
}

func (s *Service) record(tx *db.Tx, actor, action string, g Group) error {
	return audit.Record(tx, audit.Event{At: s.Now(), Actor: actor, Agency: g.Agency, Action: action, Object: "group/" + g.ID})
}

// Open opens a group for a case, for so many days. Press is the token of the
// button: pressed twice it opens one, and gives no name for the second press.
// Errors: field faults; fault.Denied.
func (s *Service) Open(ctx context.Context, v *web.Viewer, caseID string, days int, press string) (opened string, err error) {
	if _, ok := s.Course().Case(caseID); !ok {
		return "", fault.Fields(fault.Field{Name: "case", Key: "web.error.choose"})
	}
	if !slices.Contains(Days, days) {
		return "", fault.Fields(fault.Field{Name: "days", Key: "web.error.choose"})
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		opened = ""
		if err := s.MayOpen(v); err != nil {
			return err
		}
		if first, err := db.Once(tx, "group.open", press, s.Now()); err != nil || !first {
			return err
		}
		g := Group{ID: id.New(), Case: caseID, Trainer: v.UserID, Agency: v.AgencyID, Opened: s.Now(), Ends: s.Now().Add(time.Duration(days) * 24 * time.Hour)}
		code, _ := parseCode(newCode(s.Secret, g.ID))
		if err := g.insert(tx, s.fingerprint("code", code)); err != nil {
			return err
		}
		opened = g.ID
		if err := s.record(tx, v.UserID, "group.opened", g); err != nil {
			return err
		}
		return jobs.Enqueue(tx, jobDelete, g.ID, g.Deleted(), g.ID)
	})
	return opened, err
}

// Mine are the groups that the viewer opened, newest first.
func (s *Service) Mine(ctx context.Context, v *web.Viewer) (out []Group, err error) {
	if err := s.MayOpen(v); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = loadGroups(tx, groupsOf, v.UserID)
		return err
	})
	return out, err
}

// Code is the code that opens a seat in the group.
func (s *Service) Code(g Group) string { return newCode(s.Secret, g.ID) }

// Seen is what a trainer sees of a group.
type Seen struct {
	Group
	Tally
	Picture playing.Picture
}

// See gives the picture of a group. Errors: fault.NotFound for everybody who did
// not open it.
//
// req: GROUP-1
func (s *Service) See(ctx context.Context, v *web.Viewer, group string) (seen Seen, err error) {
	var plays []playing.Play
	var seats []Seat
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		g, err := s.known(tx, v, "group.read", group)
		if err != nil {
			return err
		}
		seen.Group = g
		if seats, err = loadSeats(tx, seatsOf, g.ID); err != nil {
			return err
		}
		plays, err = s.plays.Plays(tx, g.holder())
		return err
	})
	if err != nil {
		return seen, err
	}
	var shown map[string]bool
	seen.Tally, shown = tally(seats)
	if c, ok := s.Course().Case(seen.Case); ok {
		seen.Picture = playing.Compare(c, slices.DeleteFunc(plays, func(p playing.Play) bool { return !shown[p.ID] }))
	}
	return seen, nil
}

// known is a group that the viewer may do something with.
func (s *Service) known(tx *db.Tx, v *web.Viewer, action, group string) (Group, error) {
	g, err := db.First(loadGroups(tx, groupByID, group))
	if err != nil {
		return g, err
	}
	return g, s.require(v, action, g)
}

// End ends a group now. Pressed twice it ended once.
func (s *Service) End(ctx context.Context, v *web.Viewer, group string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		g, err := s.known(tx, v, "group.end", group)
		if err != nil || g.Over(s.Now()) {
			return err
		}
		g.Ends = s.Now()
		if _, err := tx.Exec(endGroup, clock.Millis(g.Ends), g.ID); err != nil {
			return err
		}
		if err := jobs.Enqueue(tx, jobDelete, g.ID, g.Deleted(), g.ID); err != nil {
			return err
		}
		return s.record(tx, v.UserID, "group.ended", g)
	})
}

// Gone deletes the groups of an account that is deleted.
func Gone(tx *db.Tx, account string) error {
	groups, err := loadGroups(tx, groupsOf, account)
	for _, g := range groups {
		if err == nil {
			err = g.delete(tx)
		}
	}
	return err
}

func (g Group) delete(tx *db.Tx) error {
	if err := playing.Forget(tx, g.holder()); err != nil {
		return err
	}
	if _, err := tx.Exec(deleteSeatsOf, g.ID); err != nil {
		return err
	}
	_, err := tx.Exec(deleteGroup, g.ID)
	return err
}

// Handle does the deleting when its time has come.
//
// req: GROUP-4
func (s *Service) Handle(runner *jobs.Runner) {
	runner.Handle(jobDelete, jobs.ByID(s.DB, func(tx *db.Tx, group string) error {
		g, err := db.First(loadGroups(tx, groupByID, group))
		if err != nil || s.Now().Before(g.Deleted()) {
			return err
		}
		if err := g.delete(tx); err != nil {
			return err
		}
		return s.record(tx, "program", "group.deleted", g)
	}))
}
