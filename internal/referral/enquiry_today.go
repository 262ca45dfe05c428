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
	rounds map[string]string // round by enquiry
	done   map[string]bool
}

// folder reads which enquiries of the viewer's agency belong together.
func (s *Service) folder(tx *db.Tx, v *web.Viewer) (*folder, error) {
	f := &folder{v: v, rounds: map[string]string{}, done: map[string]bool{}}
	return f, tx.Each(roundsOfStmt, func(scan func(...any) error) error {
		var enquiry, round string
		err := scan(&enquiry, &round)
		f.rounds[enquiry] = round
		return err
	}, v.AgencyID)
}

// seen says whether a row's round has its line already.
func (f *folder) seen(r stored) bool {
	round, ok := f.rounds[r.ID]
	if !ok || sideOf(f.v, r) != Sender {
		return false
	}
	was := f.done[round]
	f.done[round] = true
	return was
}

// line makes the line of an enquiry the line of its round: what it asks of the
// reader is what any of its answers asks.
func (f *folder) line(tx *db.Tx, l *Line) error {
	id, ok := f.rounds[l.ID]
	if !ok || l.Side != Sender {
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
