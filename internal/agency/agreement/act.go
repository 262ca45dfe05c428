package agreement

import (
	"context"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/jobs"
	"amelie/internal/web"
	"unicode/utf8"
)

// Deed is one act on an agreement.
type Deed struct {
	Action    Action
	Version   int64  // that the actor saw
	Contact   string // of the own side, with Confirm and Settle
	Reach     string
	Open      bool
	Source    string // with Vouch
	SourceURL string
	Once      string
}

// Act does what a party or a coordinator does to an agreement.
// Errors: fault.NotFound, fault.Denied, fault.Conflict when the state forbids
// it, fault.Stale when somebody was faster, fault.Invalid with fields.
func (s *Service) Act(ctx context.Context, v *web.Viewer, agreementID string, d Deed) error {
	if err := d.check(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.load(tx, agreementID)
		if err != nil {
			return err
		}
		if err := s.require(v, "agreement."+string(d.Action), a); err != nil {
			return err
		}
		if d.Once != "" {
			first, err := db.Once(tx, "agreement", d.Once, s.Now())
			if err != nil || !first {
				return err
			}
		}
		if d.Version != a.Version {
			return fault.New(fault.Stale, "agreement.error.stale")
		}
		return s.act(tx, v, a, d)
	})
}

func (d Deed) check() error {
	var wrong []fault.Field
	for name, text := range map[string]string{"contact": d.Contact, "reach": d.Reach, "source": d.Source} {
		if utf8.RuneCountInString(text) > maxLine {
			wrong = append(wrong, fault.Field{Name: name, Key: "web.error.too-long", Args: []any{"max", maxLine}})
		}
	}
	if d.Action == Vouch && d.Source == "" {
		wrong = append(wrong, fault.Field{Name: "source", Key: "agreement.error.source"})
	}
	if !address(d.SourceURL) {
		wrong = append(wrong, fault.Field{Name: "source-url", Key: "agreement.error.address"})
	}
	return fault.Fields(wrong...)
}

func (s *Service) act(tx *db.Tx, v *web.Viewer, a Agreement, d Deed) (err error) {
	side := sideOf(v, a, d.Action)
	if a.State, err = Next(a.State, d.Action, side); err != nil {
		return err
	}
	switch d.Action {
	case Confirm, Settle:
		err = s.settle(tx, v, &a, d, side)
	case Vouch:
		err = s.vouch(tx, v, &a, d)
	case Suspend:
		if a.HeldBy = v.AgencyID; side == OfCoordinator {
			a.HeldBy = Overseer
		}
	case Resume:
		a.HeldBy = ""
	}
	if err != nil {
		return err
	}
	if err := s.store(tx, a, v, d.Action); err != nil {
		return err
	}
	if d.Action == Settle {
		return nil
	}
	if err := s.tell(tx, a, v.AgencyID, "answered"); err != nil {
		return err
	}
	a.Version++
	return s.effect(tx, a)
}

// sideOf is for whom the viewer acts; a lead of a party acts for it, also when
// the lead is a coordinator besides. Only a coordinator vouches, and keeps what
// is published.
func sideOf(v *web.Viewer, a Agreement, action Action) Side {
	if _, party := a.Party(v.AgencyID); party && v.Is("lead") && action != Vouch && a.Origin != Publication {
		return OfParty
	}
	return OfCoordinator
}

// settle writes the own side: who answers, whether everybody may know, and, in
// a proposal, that it is confirmed.
func (s *Service) settle(tx *db.Tx, v *web.Viewer, a *Agreement, d Deed, side Side) error {
	if side == OfCoordinator {
		a.Open = d.Open
		return nil
	}
	for i := range a.Parties {
		p := &a.Parties[i]
		if p.Agency != v.AgencyID {
			continue
		}
		p.Contact, p.Reach, p.Open = d.Contact, d.Reach, d.Open
		if d.Action == Confirm {
			p.Confirmed, p.ConfirmedBy = s.Now(), v.UserID
		}
		return saveParty(tx, a.ID, i, *p)
	}
	return errNotFound
}

// vouch confirms for every party that has no account here.
func (s *Service) vouch(tx *db.Tx, v *web.Viewer, a *Agreement, d Deed) error {
	n := 0
	for i := range a.Parties {
		if p := &a.Parties[i]; p.Agency == "" && p.Confirmed.IsZero() {
			p.Confirmed, p.ConfirmedBy = s.Now(), v.UserID
			if err := saveParty(tx, a.ID, i, *p); err != nil {
				return err
			}
			n++
		}
	}
	if n == 0 {
		return fault.New(fault.Conflict, "agreement.error.state")
	}
	return saveSource(tx, a.ID, d.Source, d.SourceURL)
}

// The kinds of jobs.
const (
	jobRemind = "agreement.remind"
	jobExpire = "agreement.expire"
)

// Handle registers what happens by the clock: reminders and the last day.
func (s *Service) Handle(r *jobs.Runner) {
	r.Handle(jobRemind, s.byID(s.remind))
	r.Handle(jobExpire, s.byID(s.expire))
}

// byID loads the agreement that a job names.
func (s *Service) byID(fn func(tx *db.Tx, a Agreement) error) jobs.Handler {
	return jobs.ByID(s.DB, func(tx *db.Tx, id string) error {
		a, err := s.load(tx, id)
		if err != nil {
			return err
		}
		return fn(tx, a)
	})
}

// remind tells the leads of both sides that the last day is near.
func (s *Service) remind(tx *db.Tx, a Agreement) error {
	if a.State != InForce && a.State != Suspended {
		return nil
	}
	return s.tell(tx, a, "", "reminder")
}

// expire ends what has run out. Stands does not wait for it.
func (s *Service) expire(tx *db.Tx, a Agreement) error {
	if a.Until == "" || s.Now().Before(a.Until.End(s.Zone)) {
		return nil
	}
	next, err := Next(a.State, Expire, Clock)
	if err != nil {
		return nil // it had ended already
	}
	a.State, a.HeldBy = next, ""
	if err := s.store(tx, a, nil, Expire); err != nil {
		return err
	}
	return s.tell(tx, a, "", "reminder")
}
