package summary

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"slices"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with summaries.
var Policy = policy.Source{Name: "summary", Text: policyText}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine
	Now    clock.Clock
	Paths  []Path // places of work, as the guide names them
	Sides  []Side // dimensions, as the lists of signs name them
	// Languages are those in which a person can be asked; Ask gives the words
	// in one of them, and whether a native reader of the field has read them.
	Languages []string
	Ask       func(lang string) (words []string, reviewed bool)
}

// Service is the counts of the houses of one installation.
type Service struct {
	Config
	words vocabulary
}

// New makes the service. The policy engine must hold this package's Policy.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	return &Service{cfg, vocabulary{cfg.Paths, cfg.Sides}}
}

// House is what a house decided about counting.
type House struct {
	Agency string
	On     bool
	Few    int64 // for periods that begin from now on
}

func (s *Service) require(v *web.Viewer, action string, h House) error {
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Summary", ID: h.Agency, Attrs: map[string]any{"agency": h.Agency, "on": h.On}})
}

// house is that of the viewer, for an action that the viewer may do.
func (s *Service) house(tx *db.Tx, v *web.Viewer, action string) (h House, err error) {
	if v == nil {
		return h, fault.New(fault.SignIn, "web.error.sign-in")
	}
	if h, err = loadHouse(tx, v.AgencyID); err != nil {
		return h, err
	}
	return h, s.require(v, action, h)
}

// House is what the viewer's house decided, where the viewer may do the action
// with its counts.
func (s *Service) House(ctx context.Context, v *web.Viewer, action string) (h House, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		h, err = s.house(tx, v, action)
		return err
	})
	return h, err
}

// May says whether the viewer can give a summary.
func (s *Service) May(ctx context.Context, v *web.Viewer) bool {
	if v == nil {
		return false
	}
	_, err := s.House(ctx, v, "summary.give")
	return err == nil
}

// Give counts a talk. Press is the token of the button: pressed twice it counts
// once. Errors: field faults for what is not a code.
//
// No entry of the log says that a talk was counted, and db.Once does not
// remember the press: both keep a time, which with a duty roster and a list of
// patients names both people. The press leaves a hash in the period's own row,
// sorted, until the period is over.
//
// req: SUMMARY-2
func (s *Service) Give(ctx context.Context, v *web.Viewer, given Summary, press string) error {
	if err := s.words.check(given); err != nil {
		return err
	}
	if press == "" {
		return fault.New(fault.Invalid, "web.error.invalid")
	}
	mark := markOf(press)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		h, err := s.house(tx, v, "summary.give")
		if err != nil {
			return err
		}
		newest, err := newestPeriod(tx, h.Agency)
		if err != nil || newest != nil && slices.Contains(newest.Marks, mark) {
			return err
		}
		p := next(newest, monthOf(s.Now()), h.Few)
		p.N++
		p.Counts = s.words.plus(p.Counts, given)
		p.Marks = append(slices.Clone(p.Marks), mark)
		slices.Sort(p.Marks)
		return savePeriod(tx, h.Agency, p)
	})
}

// markOf is what a press leaves: enough of a hash to know it again, nothing of
// the time that is in it.
func markOf(press string) string {
	sum := sha256.Sum256([]byte(press))
	return hex.EncodeToString(sum[:8])
}

// Switch turns counting on or off and sets how small a count is hidden. Stopping
// deletes the period that never had enough.
//
// req: SUMMARY-4
func (s *Service) Switch(ctx context.Context, v *web.Viewer, turnOn bool, few int64) error {
	if few < LeastFew || few > MostFew {
		return fault.Fields(fault.Field{Name: "few", Key: "summary.error.few", Args: []any{"least", LeastFew, "most", MostFew}})
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		was, err := s.house(tx, v, "summary.switch")
		if err != nil {
			return err
		}
		is := House{was.Agency, turnOn, few}
		if is == was {
			return nil // pressed twice
		}
		if err := saveHouse(tx, is, v.UserID, clock.Millis(s.Now())); err != nil {
			return err
		}
		if !turnOn {
			if err := s.dropThin(tx, is.Agency); err != nil {
				return err
			}
		}
		action := map[bool]string{true: "summary.on", false: "summary.off"}[turnOn]
		return audit.Record(tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: is.Agency, Action: action, Object: "summary/" + is.Agency})
	})
}

func (s *Service) dropThin(tx *db.Tx, agency string) error {
	p, err := newestPeriod(tx, agency)
	if err != nil || p == nil || p.N >= p.Few {
		return err
	}
	_, err = tx.Exec(dropStmt, agency, p.First)
	return err
}

// Clear deletes all counts of the viewer's house.
//
// req: SUMMARY-4
func (s *Service) Clear(ctx context.Context, v *web.Viewer) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		h, err := s.house(tx, v, "summary.switch")
		if err != nil {
			return err
		}
		n, err := tx.Exec(clearStmt, h.Agency)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: h.Agency, Action: "summary.cleared", Object: "summary/" + h.Agency})
	})
}

// Shown is a period as it may be shown.
type Shown struct {
	First, Last string
	Few, N      int64
	Parts       []ShownPart // none: only the number of talks was kept
}

// ShownPart is one part of it; the cells stand as its codes.
type ShownPart struct {
	Name  string
	Codes []string
	Cells []Cell
}

// Periods are those of the viewer's house that may be shown, newest first.
//
// req: SUMMARY-3
func (s *Service) Periods(ctx context.Context, v *web.Viewer) (h House, out []Shown, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out = nil
		if h, err = s.house(tx, v, "summary.read"); err != nil {
			return err
		}
		list, err := allPeriods(tx, h.Agency)
		for _, p := range list {
			if p.Over(monthOf(s.Now())) {
				out = append(out, s.words.shown(p))
			}
		}
		return err
	})
	return h, out, err
}

func (v vocabulary) shown(p Period) Shown {
	out := Shown{First: p.First, Last: p.Last, Few: p.Few, N: p.N}
	if p.Counts == nil {
		return out
	}
	for _, part := range v.parts() {
		var counts []int64
		for _, code := range part.codes {
			counts = append(counts, p.Counts[part.name][code])
		}
		out.Parts = append(out.Parts, ShownPart{part.name, part.codes, protect(counts, p.Few)})
	}
	return out
}

// Sweep tells the log of periods that are over and lets old ones go. It runs by
// the clock and never beside a talk, so that its time says nothing.
//
// req: SUMMARY-4
func (s *Service) Sweep(ctx context.Context) error {
	month := monthOf(s.Now())
	var due []string
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		due, err = agedHouses(tx, month)
		return err
	})
	for _, agency := range due {
		if err == nil {
			err = s.DB.Write(ctx, func(tx *db.Tx) error { return sweepHouse(tx, agency, month, s.Now()) })
		}
	}
	return err
}

func sweepHouse(tx *db.Tx, agency, month string, now time.Time) error {
	list, err := allPeriods(tx, agency)
	if err != nil {
		return err
	}
	for _, p := range list {
		next, gone := aged(p, month)
		if gone {
			if _, err := tx.Exec(dropStmt, agency, p.First); err != nil {
				return err
			}
			continue
		}
		if next.Told == p.Told && (next.Counts == nil) == (p.Counts == nil) {
			continue
		}
		if err := savePeriod(tx, agency, next); err != nil {
			return err
		}
		if next.Told && !p.Told {
			if err := audit.Record(tx, audit.Event{At: now, Agency: agency, Action: "summary.period", Object: "summary/" + agency + "/" + p.First}); err != nil {
				return err
			}
		}
	}
	return nil
}
