package instrument

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/policy"
	"amelie/internal/web"
)

// Act is who confirmed or imported a pack, and when.
type Act struct {
	Pack, Version string
	By            string
	At            time.Time
}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine // nil at the command line: whoever has the machine may
	Packs  Packs          // as shipped
	Now    clock.Clock
}

// Service is the instruments of one installation: those shipped, with what its
// administrators confirmed and imported.
type Service struct {
	Config
	mu     sync.Mutex
	parsed map[string]read // imported packs by id, as last read
}

type read struct {
	at   time.Time
	pack *Pack
}

// New makes the service. The policy engine must hold this package's Policy.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	return &Service{Config: cfg, parsed: map[string]read{}}
}

// Kept is the instruments in use, with who confirmed and imported what.
type Kept struct {
	Packs
	Confirmed, Imported map[string]Act
}

// Kept gives the instruments as they stand now. An imported pack takes the
// place of a template or an earlier import of the same id; a confirmation holds
// for the version that was confirmed.
//
// req: INSTRUMENT-6
func (s *Service) Kept(ctx context.Context) (k Kept, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		k = Kept{}
		if k.Confirmed, err = loadActs(tx, confirmedStmt); err != nil {
			return err
		}
		if k.Imported, err = loadActs(tx, importedStmt); err != nil {
			return err
		}
		for _, p := range s.Config.Packs {
			if _, replaced := k.Imported[p.ID]; replaced && p.State == Template {
				continue
			}
			if c, ok := k.Confirmed[p.ID]; ok && c.Version == p.Version && p.State == Off {
				on := *p
				on.State = Installed // the reason stays: every result says what it is
				p = &on
			}
			k.Packs = append(k.Packs, p)
		}
		for id, act := range k.Imported {
			p, err := s.imported(tx, id, act.At)
			if err != nil {
				return err
			}
			k.Packs = append(k.Packs, p)
		}
		return nil
	})
	slices.SortFunc(k.Packs, func(a, b *Pack) int { return cmp.Compare(a.ID, b.ID) })
	return k, fault.Wrap(err, "instruments")
}

// imported reads a pack that was imported, once for each import.
func (s *Service) imported(tx *db.Tx, id string, at time.Time) (*Pack, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.parsed[id]; ok && r.at.Equal(at) {
		return r.pack, nil
	}
	body, err := loadBody(tx, id)
	if err != nil {
		return nil, err
	}
	p, err := Parse(body)
	if err != nil {
		return nil, fault.Wrap(err, "imported instrument", id)
	}
	s.parsed[id] = read{at, p}
	return p, nil
}

// Confirm says that somebody compared a pack that is off with its publication.
// With on false the confirmation is withdrawn. Errors: fault.NotFound for a
// pack that needs no confirmation.
//
// req: INSTRUMENT-6
func (s *Service) Confirm(ctx context.Context, v *web.Viewer, id string, on bool, once string) error {
	p, ok := s.Config.Packs.Get(id)
	return s.act(ctx, v, once, func(tx *db.Tx) (string, error) {
		if !ok || p.State != Off {
			return "", fault.New(fault.NotFound, "")
		}
		if !on {
			_, err := tx.Exec(withdrawStmt, id)
			return "instrument.withdrawn", err
		}
		_, err := tx.Exec(confirmStmt, id, p.Version, v.UserID, v.Name, clock.Millis(s.Now()))
		return "instrument.confirmed", err
	}, "instrument/"+id)
}

// Import keeps a pack that an administrator brings. A shipped pack that gives
// results is not replaced. Errors: Problems with every reason.
func (s *Service) Import(ctx context.Context, v *web.Viewer, text []byte, once string) (*Pack, error) {
	p, err := Parse(text)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	delete(s.parsed, p.ID)
	s.mu.Unlock()
	if own, shipped := s.Config.Packs.Get(p.ID); shipped && own.State != Template {
		return nil, Problems{{p.ID, "id", shippedPack.Broken()}}
	}
	return p, s.act(ctx, v, once, func(tx *db.Tx) (string, error) {
		_, err := tx.Exec(importStmt, p.ID, p.Version, text, v.UserID, v.Name, clock.Millis(s.Now()))
		return "instrument.imported", err
	}, "instrument/"+p.ID)
}

// Remove takes an imported pack away. Errors: fault.NotFound.
func (s *Service) Remove(ctx context.Context, v *web.Viewer, id, once string) error {
	return s.act(ctx, v, once, func(tx *db.Tx) (string, error) {
		n, err := tx.Exec(removeStmt, id)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "")
		}
		return "instrument.removed", err
	}, "instrument/"+id)
}

// act does one thing once: authorised, recorded, in one transaction.
func (s *Service) act(ctx context.Context, v *web.Viewer, once string, do func(tx *db.Tx) (action string, err error), object string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "instrument.keep"); err != nil {
			return err
		}
		if once != "" {
			if first, err := db.Once(tx, "instrument", once, s.Now()); err != nil || !first {
				return err
			}
		}
		action, err := do(tx)
		if err != nil {
			return err
		}
		return audit.Record(tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: v.AgencyID, Action: action, Object: object})
	})
}

// require asks the policy. Without one the service works at the command line
// of whoever has the machine.
func (s *Service) require(v *web.Viewer, action string) error {
	if s.Policy == nil {
		return nil
	}
	if v == nil {
		return fault.New(fault.SignIn, "web.error.sign-in")
	}
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Instrument", ID: "installation"})
}
