package referral

import (
	"slices"
	"time"

	"amelie/internal/db"
	"amelie/internal/web"
)

// folder lets the lists of the sending side show a round as one line, not as
// eight.
type folder struct {
	v      *web.Viewer
	rounds map[string]string // round by enquiry, of those that were met
	done   map[string]bool
}

func newFolder(v *web.Viewer) *folder {
	return &folder{v: v, rounds: map[string]string{}, done: map[string]bool{}}
}

// seen says whether a row's round has its line already.
func (f *folder) seen(tx *db.Tx, r stored) (bool, error) {
	if r.Kind != Enquiry || sideOf(f.v, r) != Sender {
		return false, nil
	}
	var round string
	var held int64
	err := tx.Row(candidateRoundStmt, r.ID).Scan(&round, &held)
	if db.NoRows(err) {
		return false, nil
	}
	was := f.done[round]
	f.rounds[r.ID], f.done[round] = round, true
	return was, err
}

// line makes the line of an enquiry the line of its round: what it asks of the
// reader is what any of its answers asks.
func (f *folder) line(tx *db.Tx, l *Line) error {
	id, ok := f.rounds[l.ID]
	if !ok {
		return nil
	}
	r, err := roundByID(tx, id)
	if err != nil {
		return err
	}
	l.Round, l.Asked, l.Turn, l.DueAt = r.ID, len(r.Candidates), "", time.Time{}
	for _, c := range r.Candidates {
		if c.State == Accepted {
			l.Offers++
		}
	}
	switch {
	case !r.Open():
		l.State, l.StateAt = Closed, r.StateAt
	case l.Offers > 0 || !slices.ContainsFunc(r.Candidates, func(c Candidate) bool { return c.State == Sent || c.State == Received }):
		l.State, l.Turn = Received, string(Sender) // the person can choose, or nobody is left to answer
	default:
		l.State = Received
	}
	return nil
}
