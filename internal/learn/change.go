package learn

import "time"

// Change is a part of a course that was changed in substance: what was right to
// say before is not any more, or something new has to be known. Mended words
// are no change of this kind. It comes back to those who learnt it as it was.
type Change struct {
	Topic    string
	Unit     string // empty: the change is of the question alone
	Question string // empty: of the unit, with all that it asks
	At       time.Time
}
