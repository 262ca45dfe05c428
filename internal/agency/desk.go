package agency

import "amelie/internal/db"

// Desk is how those who answer for an agency are reached: caseworkers and leads.
func (s *Service) Desk(tx *db.Tx, agencyID string) ([]Contact, error) {
	return s.contacts(tx, agencyID, func(m Member) bool { return m.Is("caseworker") || m.Is(Lead) })
}

// Organization is the directory's identifier of an agency.
// Errors: fault.NotFound.
func (s *Service) Organization(tx *db.Tx, agencyID string) (string, error) {
	a, found, err := loadAgency(tx, agencyID)
	if err == nil && !found {
		err = errNotFound
	}
	return a.Organization, err
}
