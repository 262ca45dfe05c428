package index

import (
	"context"
	"errors"

	"amelie/internal/db"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Erased notes that the words of a case have to go. It needs no key: the next
// unlocked sign-in that searches or erases takes them out of the segments, and
// until then no search finds the case, for it is not there.
func (x *Index) Erased(tx *db.Tx, agencyID, caseID string) error { return Erased(tx, agencyID, caseID) }

// Returned takes the note back: an agency has a part of the case again, and what it
// writes from then on is not to go with what it had. Its own earlier words, where
// nobody searched meanwhile, find the case again.
func (x *Index) Returned(tx *db.Tx, agencyID, caseID string) error {
	_, err := tx.Exec(erasedDropStmt, agencyID, caseID)
	return err
}

// Erased is the same for a restore, which has no index.
func Erased(tx *db.Tx, agencyID, caseID string) error {
	_, err := tx.Exec(erasedPutStmt, agencyID, caseID)
	return err
}

var errTurned = errors.New("index: a segment was merged meanwhile")

// Purge seals anew, without the words of erased cases, each segment of the
// viewer's agency that holds some.
//
// req: KEEP-1
func (x *Index) Purge(ctx context.Context, v *web.Viewer) error {
	for range 4 {
		gone, err := x.gone(ctx, v)
		if err != nil || len(gone) == 0 {
			return err
		}
		if err = x.purge(ctx, v, gone); !errors.Is(err, errTurned) {
			return err
		}
	}
	return errTurned
}

func (x *Index) gone(ctx context.Context, v *web.Viewer) (gone map[string]bool, err error) {
	err = x.DB.Read(ctx, func(tx *db.Tx) error {
		gone = map[string]bool{}
		return tx.Each(erasedStmt, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			gone[id] = true
			return err
		}, v.AgencyID)
	})
	return gone, err
}

func (x *Index) purge(ctx context.Context, v *web.Viewer, gone map[string]bool) error {
	old, clean, err := x.without(ctx, v, gone)
	if err != nil {
		return err
	}
	err = x.DB.Write(ctx, func(tx *db.Tx) error {
		for i, one := range old {
			n, err := tx.Exec(segmentDropStmt, one.id)
			if err == nil && n == 0 {
				err = errTurned
			}
			if err == nil && clean[i].records > 0 {
				err = clean[i].insert(tx)
			}
			if err != nil {
				return err
			}
		}
		for caseID := range gone {
			if _, err := tx.Exec(erasedDropStmt, v.AgencyID, caseID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	x.mu.Lock()
	delete(x.shelves, v.AgencyID) // what lies in memory is read anew
	x.mu.Unlock()
	return nil
}

// without are the segments that hold words of the cases, as they are and sealed
// anew without those words.
func (x *Index) without(ctx context.Context, v *web.Viewer, gone map[string]bool) (old, clean []segment, err error) {
	var all []segment
	keys := map[string]searchKey{}
	err = x.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		list, err := loadIDs(tx, v.AgencyID)
		if err != nil {
			return err
		}
		for _, one := range list {
			s, err := loadSegment(tx, one.id)
			if err != nil {
				return err
			}
			all = append(all, s)
		}
		return x.openAll(tx, v, keys)
	})
	if err != nil {
		return nil, nil, err
	}
	for _, s := range all {
		key, ok := keys[s.search]
		if !ok {
			return nil, nil, vault.ErrClosed
		}
		records, err := key.read(s)
		if err != nil {
			return nil, nil, err
		}
		var left []record
		for _, r := range records {
			if !gone[r.Case] {
				left = append(left, r)
			}
		}
		if len(left) == len(records) {
			continue
		}
		next, err := key.segment(v.AgencyID, left, s.made)
		if err != nil {
			return nil, nil, err
		}
		old, clean = append(old, s), append(clean, next)
	}
	return old, clean, nil
}
