package casework

import "amelie/internal/db"

// Few is the smallest number of cases that is told outside of a file.
const Few = 3

// Released is what is told of numbers that are counted month by month, in the order
// of the months: what is small is carried on until few came together, and is then
// told of that month. So every number that is told is of at least few, and so is
// the difference of any two looks and of any two sums.
//
// req: TALLY-1
func Released(few int64, months []int64) []int64 {
	out := make([]int64, len(months))
	carried := int64(0)
	for i, n := range months {
		if carried += n; carried >= few {
			out[i], carried = carried, 0
		}
	}
	return out
}

// Settled is what is told of a number that goes up and down: what was told, until
// few or more came or went since; nothing (0) where it is small. Who looks again
// and again sees no single case come or go.
//
// req: STAGE-4
func Settled(few, told, now int64) int64 {
	switch moved := now - told; {
	case -few < moved && moved < few:
		return told
	case now < few:
		return 0
	}
	return now
}

// Counted says whether what comes about in a case is counted: not before the person
// said yes to it.
//
// req: TALLY-3
func (s *Service) Counted(tx *db.Tx, caseID string) (bool, error) {
	if s.MayCount == nil {
		return false, nil
	}
	return s.MayCount(tx, caseID)
}

// CountOf is Count of what is about the person: nothing where the case is not counted.
//
// req: TALLY-3
func (s *Service) CountOf(tx *db.Tx, caseID, agencyID, what, code string) error {
	if yes, err := s.Counted(tx, caseID); err != nil || !yes {
		return err
	}
	return s.Count(tx, agencyID, what, code)
}

// Count adds one to a number that leads back to no case, in the transaction of what
// came about: what and code are codes. It is for what the agency itself does, which is
// counted without asking anybody; what is about the person is for CountOf.
func (s *Service) Count(tx *db.Tx, agencyID, what, code string) error {
	if s.Tally == nil {
		return nil
	}
	return s.Tally(tx, agencyID, what, code, s.Now())
}
