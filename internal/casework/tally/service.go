package tally

import (
	"context"
	_ "embed"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may see numbers.
var Policy = policy.Source{Name: "tally", Text: policyText}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine
	Now    clock.Clock
	// Country of an agency.
	Country func(tx *db.Tx, agencyID string) (string, error)
	// Topics are the tables, in their order, for a viewer.
	Topics func(ctx context.Context, v *web.Viewer, country bool) ([]Topic, error)
	// Say names a row (code is "") or a code of a topic in the reader's language.
	Say func(c *web.Ctx, topic, row, code string) string
	// Also adds what is counted of a country elsewhere, as far as it may be shown
	// before a month; nil: nothing is.
	Also func(tx *db.Tx, country, month string, to Shown) error
}

// Service reads what was counted.
type Service struct{ Config }

// New makes the service. The engine of cfg must hold this package's Policy.
func New(cfg Config) *Service { return &Service{cfg} }

// Read are the numbers of the viewer's agency, or of its country, as they may be
// shown. Errors: fault.NotFound for everybody who may not see them.
//
// req: TALLY-1, TALLY-2
func (s *Service) Read(ctx context.Context, v *web.Viewer, country bool) (out Shown, err error) {
	if v == nil {
		return nil, fault.New(fault.SignIn, "web.error.sign-in")
	}
	of := v.AgencyID
	if country {
		of = ""
	}
	if err := s.Policy.Require(v.Actor(), "tally.read", policy.Object{Type: "Counts", ID: "care", Attrs: map[string]any{"agency": of}}); err != nil {
		return nil, err
	}
	month := s.Now().UTC().Format("2006-01")
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if !country {
			raw, err := numbersOf(tx, v.AgencyID)
			out = released(raw, month)
			return err
		}
		own, err := s.Country(tx, v.AgencyID)
		if err != nil {
			return err
		}
		raw, err := s.within(tx, own)
		out = released(raw, month)
		if err == nil && s.Also != nil {
			err = s.Also(tx, own, month, out)
		}
		return err
	})
	return out, err
}

// within are the numbers of all agencies of a country.
func (s *Service) within(tx *db.Tx, country string) (raw []Number, err error) {
	agencies, err := db.All(tx, agenciesStmt, func(scan func(...any) error) (id string, err error) { return id, scan(&id) })
	for _, agency := range agencies {
		if err != nil {
			return nil, err
		}
		var there string
		if there, err = s.Country(tx, agency); err != nil || there != country {
			continue
		}
		var more []Number
		more, err = numbersOf(tx, agency)
		raw = append(raw, more...)
	}
	return raw, err
}
