package link

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/jobs"
)

// jobLook is the one job that opens addresses, one after the other. While it
// waits or runs, no instance begins another: so no host is asked twice at once.
const jobLook = "link.look"

const (
	nextLook = time.Minute     // between two runs of the job
	mostWork = 3 * time.Minute // of one run; a lease of jobs is longer
	nextPlan = 15 * time.Minute
	oneWrite = 500 // addresses in one transaction
)

// Config is what the checker needs from outside.
type Config struct {
	DB        *db.DB
	Directory *directory.Directory
	Asker     *Asker
	On        func() bool // as the administrator decided; asked before each address
	Now       clock.Clock
	Log       *slog.Logger
}

// Service looks behind the published addresses.
type Service struct {
	cfg Config

	// Only the one job reads and writes these.
	version   int64               // of the directory, of which published is
	published map[string][]string // address to the organisations that publish it
	planned   time.Time           // when the table was last brought up to the directory
}

// New makes the checker and registers its job.
func New(cfg Config, runner *jobs.Runner) *Service {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{cfg: cfg}
	runner.Handle(jobLook, s.work)
	return s
}

// Sweep begins the job where the checker is on and none is there, and forgets
// everything where it is off.
//
// req: LINK-1
func (s *Service) Sweep(ctx context.Context) error {
	if !s.cfg.On() {
		return s.forgetAll(ctx)
	}
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		kinds, err := jobs.ByKind(tx)
		if err != nil || kinds[jobLook].Waiting > 0 {
			return err
		}
		return jobs.Enqueue(tx, jobLook, "all", s.cfg.Now(), nil)
	})
}

// work is one run of the job: it brings the table up to the directory, opens
// what is due, and puts the next run into the future.
func (s *Service) work(ctx context.Context, j jobs.Job) error {
	until := s.cfg.Now().Add(mostWork)
	if s.cfg.On() {
		if err := s.plan(ctx); err != nil {
			return err
		}
	}
	var due []State
	err := s.cfg.DB.Read(ctx, func(tx *db.Tx) (err error) {
		due, err = read(tx, dueStmt, clock.Millis(s.cfg.Now()))
		return err
	})
	for i := 0; err == nil && i < len(due) && s.cfg.On() && s.cfg.Now().Before(until); i++ {
		err = s.one(ctx, due[i])
	}
	if err != nil {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		if s.cfg.On() {
			if err := jobs.Enqueue(tx, jobLook, "all", s.cfg.Now().Add(nextLook), nil); err != nil {
				return err
			}
		}
		return j.Done(tx)
	})
}

// one looks behind one address, if it is published still. // req: LINK-4
func (s *Service) one(ctx context.Context, state State) error {
	published, err := s.addresses(ctx)
	if err != nil {
		return err
	}
	bodies := published[state.URL]
	if len(bodies) == 0 {
		return nil // the next plan takes it out
	}
	next := state.Next(s.cfg.Asker.Ask(ctx, state.URL), s.cfg.Now())
	if ctx.Err() != nil {
		return ctx.Err() // what was seen while the program ends says nothing
	}
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		if err := put(tx, next); err != nil || !tells(state, next) {
			return err
		}
		return s.cfg.Directory.Touch(tx, s.cfg.Now(), bodies...)
	})
}

// tells says whether what editors read about an address changed.
func tells(old, next State) bool {
	return old.Found() != next.Found() || old.Moved != next.Moved || old.Checked.IsZero() || next.Dead() && old.Why != next.Why
}

// addresses are the web addresses that everyone may see, with who publishes
// them. Others are never opened: that would tell their host that somebody
// knows them.
//
// req: LINK-4
func (s *Service) addresses(ctx context.Context) (map[string][]string, error) {
	all, err := s.cfg.Directory.Everyone(ctx)
	if err != nil {
		return nil, err
	}
	if s.published != nil && s.version == all.Version() {
		return s.published, nil
	}
	published := map[string][]string{}
	add := func(organization string, links []directory.Link) {
		for _, l := range links {
			if !slices.Contains(published[l.URL], organization) {
				published[l.URL] = append(published[l.URL], organization)
			}
		}
	}
	for _, o := range all.Organizations() {
		add(o.ID, o.Website)
		for _, one := range o.Services {
			add(o.ID, one.Website)
		}
	}
	s.published, s.version = published, all.Version()
	return published, nil
}

// plan brings the table up to the directory: what is published now, and
// nothing else.
func (s *Service) plan(ctx context.Context) error {
	if s.cfg.Now().Sub(s.planned) < nextPlan {
		return nil
	}
	published, err := s.addresses(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		clear(known)
		return Each(tx, func(one State) { known[one.URL] = true })
	})
	if err != nil {
		return err
	}
	var fresh []string
	for address := range published {
		if !known[address] {
			fresh = append(fresh, address)
		}
		delete(known, address)
	}
	slices.Sort(fresh)
	err = s.inSteps(ctx, fresh, func(tx *db.Tx, address string) error {
		_, err := tx.Exec(addStmt, address, clock.Millis(Begin(address, s.cfg.Now()).Due))
		return err
	})
	if err == nil {
		err = s.forget(ctx, slices.Sorted(maps.Keys(known)))
	}
	if err == nil {
		s.planned = s.cfg.Now()
	}
	return err
}

func (s *Service) forget(ctx context.Context, addresses []string) error {
	return s.inSteps(ctx, addresses, func(tx *db.Tx, address string) error {
		_, err := tx.Exec(dropStmt, address)
		return err
	})
}

// forgetAll leaves nothing of what was seen; what the checker does not look
// after it does not speak of either.
func (s *Service) forgetAll(ctx context.Context) error {
	var all []string
	err := s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		return Each(tx, func(one State) { all = append(all, one.URL) })
	})
	if err != nil || len(all) == 0 {
		return err
	}
	if err := s.forget(ctx, all); err != nil {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error { return s.cfg.Directory.Touch(tx, s.cfg.Now()) })
}

// inSteps writes for many addresses without holding up other writers.
func (s *Service) inSteps(ctx context.Context, addresses []string, write func(tx *db.Tx, address string) error) error {
	for some := range slices.Chunk(addresses, oneWrite) {
		err := s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
			for _, address := range some {
				if err := write(tx, address); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
