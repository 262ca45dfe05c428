package agreement

import (
	"context"
	"slices"
	"strings"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// overseer is the scope of List in SQL; a test holds it against the policy.
func overseer(v *web.Viewer) bool { return v.Is("coordinator") || v.Is("auditor") }

// List gives the agreements that the viewer may know of, those that ask for
// something first.
func (s *Service) List(ctx context.Context, v *web.Viewer) (list []Agreement, err error) {
	if v == nil {
		return nil, fault.New(fault.SignIn, "web.error.sign-in")
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		own, err := s.ownOrganization(tx, v)
		if err != nil {
			return err
		}
		var all []Agreement
		if overseer(v) {
			all, err = loadSome(tx, allStmt)
		} else {
			all, err = loadSome(tx, scopeStmt, own, string(InForce))
		}
		if err != nil {
			return err
		}
		list = nil
		known := accounts{}
		for _, a := range all {
			if err := s.complete(tx, known, &a); err != nil {
				return err
			}
			_, party := a.Party(v.AgencyID)
			if party || overseer(v) || a.Public() && a.Stands(s.Now(), s.Zone) {
				list = append(list, a)
			}
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b Agreement) int {
		return slices.Index(States, a.State) - slices.Index(States, b.State)
	})
	return list, err
}

// ownOrganization is the directory's word for the viewer's agency; "" when
// there is none, which no party has without a name of its own.
func (s *Service) ownOrganization(tx *db.Tx, v *web.Viewer) (string, error) {
	if v.AgencyID == "" {
		return "-", nil
	}
	own, err := s.Agencies.Organization(tx, v.AgencyID)
	if fault.KindOf(err) == fault.NotFound {
		return "-", nil
	}
	return own, err
}

// Whole is an agreement with its story.
type Whole struct {
	Agreement
	Events []Event
	Names  map[string]string // of agencies in the story
}

// One reads an agreement that the viewer may know of.
func (s *Service) One(ctx context.Context, v *web.Viewer, agreementID string) (w Whole, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		w = Whole{Names: map[string]string{}}
		if w.Agreement, err = s.load(tx, agreementID); err != nil {
			return err
		}
		if err := s.require(v, "agreement.know", w.Agreement); err != nil {
			return err
		}
		if w.Events, err = loadEvents(tx, agreementID); err != nil {
			return err
		}
		for _, e := range w.Events {
			if e.Agency == "" || w.Names[e.Agency] != "" {
				continue
			}
			name, err := s.Agencies.Name(tx, e.Agency)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
			w.Names[e.Agency] = name
		}
		return nil
	})
	return w, err
}

// With gives what stands now between an agency and each other organisation of
// the directory, for the moment of referral.
//
// req: AGREEMENT-1
func (s *Service) With(ctx context.Context, agencyID string) (map[string][]Agreement, error) {
	out := map[string][]Agreement{}
	if agencyID == "" {
		return out, nil
	}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		known := accounts{}
		own, err := s.Agencies.Organization(tx, agencyID)
		if err != nil {
			return err
		}
		all, err := loadSome(tx, ofOrgStmt, string(InForce), own)
		if err != nil {
			return err
		}
		for _, a := range all {
			if err := s.complete(tx, known, &a); err != nil {
				return err
			}
			if !a.Stands(s.Now(), s.Zone) {
				continue
			}
			for _, p := range a.Parties {
				if p.Organization != "" && p.Organization != own {
					out[p.Organization] = append(out[p.Organization], a)
				}
			}
		}
		return nil
	})
	if fault.KindOf(err) == fault.NotFound {
		return out, nil
	}
	return out, err
}

// PublicOf gives what everybody may know of an organisation's agreements.
//
// req: AGREEMENT-5
func (s *Service) PublicOf(ctx context.Context, organization string) (list []Agreement, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list = nil
		known := accounts{}
		all, err := loadSome(tx, ofOrgStmt, string(InForce), organization)
		if err != nil {
			return err
		}
		for _, a := range all {
			if err := s.complete(tx, known, &a); err != nil {
				return err
			}
			if a.Public() && a.Stands(s.Now(), s.Zone) {
				list = append(list, a)
			}
		}
		return nil
	})
	return list, err
}

// Asked is what agreements ask of somebody today.
type Asked struct {
	Answer []Agreement // proposals that wait for the own agency's word
	Vouch  []Agreement // proposals that wait for a coordinator's, with a source
	Ending []Agreement // that end soon
}

// Asking is what agreements ask of a lead and of a coordinator today.
func (s *Service) Asking(ctx context.Context, v *web.Viewer) (out Asked, err error) {
	coordinator := v.Is("coordinator")
	if v == nil || !coordinator && !v.Is("lead") {
		return out, nil
	}
	list, err := s.List(ctx, v)
	for _, a := range list {
		p, party := a.Party(v.AgencyID)
		party = party && v.Is("lead")
		switch {
		case party && a.State == Proposed && p.Confirmed.IsZero():
			out.Answer = append(out.Answer, a)
		case coordinator && a.State == Proposed && slices.ContainsFunc(a.Parties, absent):
			out.Vouch = append(out.Vouch, a)
		case (party || coordinator) && EndsSoon(a, s.Now(), s.Zone):
			out.Ending = append(out.Ending, a)
		}
	}
	return out, err
}

// absent says whether nobody but a coordinator can confirm for a party.
func absent(p Party) bool { return p.Agency == "" && p.Confirmed.IsZero() }

// called is how a party of an agreement is called in lang. What is published
// binds the body of the directory, whoever answers for it here.
func (s *Service) called(ctx context.Context, a Agreement, p Party, lang string) string {
	if a.Origin == Publication {
		p.Agency = ""
		if p.Organization != "" {
			if name, ok := s.Directory(ctx, p.Organization, lang); ok {
				return name
			}
		}
	}
	return s.name(ctx, p, lang)
}

// name is how a party is called in lang.
func (s *Service) name(ctx context.Context, p Party, lang string) string {
	if p.Agency != "" {
		name := ""
		err := s.DB.Read(ctx, func(tx *db.Tx) (err error) { name, err = s.Agencies.Name(tx, p.Agency); return err })
		if err == nil && name != "" {
			return name
		}
	}
	if p.Organization != "" && s.Organization != nil {
		if name, ok := s.Organization(ctx, p.Organization, lang); ok {
			return name
		}
	}
	if p.Name != "" {
		return p.Name
	}
	return p.Organization
}

// others are the names of all parties but one agency.
func (s *Service) others(ctx context.Context, a Agreement, agencyID, lang string) string {
	var names []string
	for _, p := range a.Parties {
		if agencyID == "" || p.Agency != agencyID {
			names = append(names, s.called(ctx, a, p, lang))
		}
	}
	return strings.Join(names, ", ")
}
