package casework

import (
	"context"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/draft"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Erase destroys a closed case: its keys, what they close, what the rooms' tables
// hold, drafts about it, and its words in the search. first is done before in the
// same transaction and may refuse. What cannot come back is told to Erased, so
// that a restored backup loses it again.
// Errors: fault.NotFound for everyone who may not know of it; fault.Conflict while
// it is open.
//
// req: KEEP-1
func (s *Service) Erase(ctx context.Context, v *web.Viewer, caseID string, first func(tx *db.Tx, row Row) error) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.require(tx, v, caseID, "case.erase")
		if err != nil {
			return err
		}
		if a.row.State != Closed {
			return fault.New(fault.Conflict, "casework.error.open")
		}
		if err := first(tx, a.row.Row); err != nil {
			return err
		}
		if err := s.forget(tx, caseID); err != nil {
			return err
		}
		if _, err := EraseAgain(tx, caseID, s.besides); err != nil {
			return err
		}
		if s.Erased != nil {
			if err := s.Erased(tx, caseID, s.Now()); err != nil {
				return err
			}
		}
		return audit.Record(tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: v.AgencyID, Action: "case.erased", Object: "case/" + caseID})
	})
	if err != nil || s.Index == nil {
		return err
	}
	// The file is gone; what the index still holds of it goes with its next search.
	if err := s.Index.Purge(ctx, v); err != nil {
		s.Log.Warn("words of an erased case", "error", err.Error())
	}
	return nil
}

// besides deletes what lies about a case outside of this package's tables.
func (s *Service) besides(tx *db.Tx, row Row) error {
	if s.Drafts != nil {
		if err := draft.DropUnder(tx, DraftsOf(row.ID)); err != nil {
			return err
		}
	}
	if s.Index == nil {
		return nil
	}
	return s.Index.Erased(tx, row.AgencyID, row.ID)
}

// DraftsOf is how the places of drafts about a case begin.
func DraftsOf(caseID string) string { return "case/" + caseID + "/" }

// forget lets the rooms delete what their tables hold.
func (s *Service) forget(tx *db.Tx, caseID string) error {
	for _, r := range s.rooms {
		if r.Forget == nil {
			continue
		}
		if err := r.Forget(tx, caseID); err != nil {
			return fault.Wrap(err, "room", r.Name)
		}
	}
	return nil
}

// ForgetAgain lets the rooms forget a case that a restored backup brought back, in
// the transaction in which EraseAgain takes it away.
//
// req: KEEP-2
func (s *Service) ForgetAgain(tx *db.Tx, caseID string) error { return s.forget(tx, caseID) }

// EraseAgain deletes the keys and the content of a case without any key and
// without asking who: besides is what else lies about it. It is false when there
// is no such case.
//
// req: KEEP-2
func EraseAgain(tx *db.Tx, caseID string, besides ...func(tx *db.Tx, row Row) error) (bool, error) {
	row, err := caseByID(tx, caseID)
	if err != nil || row.ID == "" {
		return false, err
	}
	for _, more := range besides {
		if err := more(tx, row.Row); err != nil {
			return false, err
		}
	}
	for _, stmt := range erasing {
		if _, err := tx.Exec(stmt, caseID); err != nil {
			return false, err
		}
	}
	return true, audit.Erase(tx, "case/"+caseID)
}
