package casework

import (
	"slices"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Known is a case that somebody may know of, and which other agencies may open
// something of it at the moment.
type Known struct {
	Row
	others []string
}

// Has says whether the case is the agency's, or something of it is open to it.
func (k Known) Has(agency string) bool {
	return agency == k.AgencyID || slices.Contains(k.others, agency)
}

// Known are those of the cases that the viewer may know of, by identifier, for the
// lists of rooms: the policy is asked for each, and the statements do not grow with
// each. Only a case that would be refused is asked besides whether the viewer opened
// it because a life is in danger.
//
// req: CASE-4, GLASS-5
func (s *Service) Known(tx *db.Tx, v *web.Viewer, caseIDs []string) (map[string]Known, error) {
	if v == nil {
		return nil, fault.New(fault.SignIn, "web.error.sign-in")
	}
	ids := slices.Clone(caseIDs)
	slices.Sort(ids)
	all, err := s.accessAll(tx, v, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	out := map[string]Known{}
	for _, a := range all {
		may := s.Policy.Allowed(v.Actor(), "case.know", a.object())
		if !may {
			if a.glass, err = s.glassOf(tx, v, a); err != nil {
				return nil, err
			}
			may = a.glass && s.Policy.Allowed(v.Actor(), "case.know", a.object())
		}
		if !may {
			continue
		}
		k := Known{Row: a.row.Row}
		for _, g := range a.readers {
			k.others = append(k.others, g.AgencyID)
		}
		out[k.ID] = k
	}
	return out, nil
}

// accessAll is accessOf for many cases.
func (s *Service) accessAll(tx *db.Tx, v *web.Viewer, caseIDs []string) (out []access, err error) {
	rows, err := db.AllOf(tx, casesOfStmt, scanCase, caseIDs)
	if err != nil {
		return nil, err
	}
	grants := map[string][]Reader{}
	_, err = db.AllOf(tx, grantsOfStmt, func(scan func(...any) error) (struct{}, error) {
		caseID := ""
		g, err := scanGrant(func(to ...any) error { return scan(append([]any{&caseID}, to...)...) })
		grants[caseID] = append(grants[caseID], g)
		return struct{}{}, err
	}, caseIDs)
	if err != nil {
		return nil, err
	}
	teams := map[string]bool{}
	for _, r := range rows {
		team, asked := teams[r.AgencyID]
		if !asked {
			if team, err = teamOf(tx, r.AgencyID); err != nil {
				return nil, err
			}
			teams[r.AgencyID] = team
		}
		out = append(out, s.accessOf(v, r, team, grants[r.ID]))
	}
	return out, nil
}
