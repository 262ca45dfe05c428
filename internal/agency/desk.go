package agency

import "amelie/internal/db"

// Desk is how those who answer for an agency are reached: caseworkers and leads.
func (s *Service) Desk(tx *db.Tx, agencyID string) ([]Contact, error) {
	return s.contacts(tx, agencyID, func(m Member) bool { return m.Is("caseworker") || m.Is(Lead) })
}

// Interpreters are the members who interpret.
func (s *Service) Interpreters(tx *db.Tx, agencyID string) ([]Contact, error) {
	return s.contacts(tx, agencyID, func(m Member) bool { return m.Is("interpreter") })
}

// Organization is the directory's identifier of an agency.
// Errors: fault.NotFound.
func (s *Service) Organization(tx *db.Tx, agencyID string) (string, error) {
	a, err := s.Find(tx, agencyID)
	return a.Organization, err
}

// Find is an agency. Errors: fault.NotFound.
func (s *Service) Find(tx *db.Tx, agencyID string) (Agency, error) {
	a, found, err := loadAgency(tx, agencyID)
	if err == nil && !found {
		err = errNotFound
	}
	return a, err
}

// Tell notifies those of an agency whom who names, its leads for instance; with
// a nil who or notify nobody is told.
func Tell(tx *db.Tx, agencyID, notice string, who func(*db.Tx, string) ([]Contact, error), notify func(*db.Tx, Contact, string) error) error {
	if who == nil || notify == nil {
		return nil
	}
	list, err := who(tx, agencyID)
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := notify(tx, c, notice); err != nil {
			return err
		}
	}
	return nil
}
