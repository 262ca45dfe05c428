package referral

import (
	"context"
	"slices"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Line is a referral in a list, as its reader may see it.
type Line struct {
	Row
	Side   Side
	Other  string // name of the agency at the other end
	Review bool   // the reader is asked for a review
	Round  string // the round that the line stands for, with all its enquiries
	Asked  int    // how many services it asks
	Offers int    // how many of them offered
	Shut   bool   // the other side can open nothing before its letter is made new
}

// Notice tells a desk that something ended, without content.
type Notice struct {
	Kind State
	Code string
	At   time.Time
}

// Day is the page that a working day begins with.
type Day struct {
	Due     []Line // an answer or a review is owed by the reader's side
	New     []Line // not yet opened
	Waiting []Line // the other side is asked
	Going   []Line // under way, nobody owes an answer
	Done    []Line // ended within the last week
	Notices []Notice
	Drafts  []DraftLine
	Count   int           // first answers given by the reader's side in the last week
	Median  time.Duration // how long they took
}

// asSeen hides from the sending side what it may not know.
//
// req: FEEDBACK-1
func asSeen(v *web.Viewer, r stored) stored {
	if sideOf(v, r) == Sender {
		if seen := SeenBySender(r.State, r.Feedback); seen != r.State {
			r.State, r.Outcome, r.StateAt, r.Turn, r.Owed = seen, "", r.AnsweredAt, "", Owed{}
		}
	}
	return r
}

// List is a page of what the viewer may know of, newest first; routing and
// states only. Page counts from 1.
func (s *Service) List(ctx context.Context, v *web.Viewer, page, size int) ([]Row, error) {
	if v == nil {
		return nil, fault.New(fault.SignIn, "web.error.sign-in")
	}
	page, size = max(page, 1), min(max(size, 1), 200)
	var out []Row
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		all, err := rows(tx, listStmt, scopeOf(v).args(size, (page-1)*size)...)
		out = nil
		for _, r := range all {
			out = append(out, asSeen(v, r).Row)
		}
		return err
	})
	return out, err
}

// Lines is a page of what List shows, with the other side's name. It reads one
// line more than a page shows: size counts it, and pages begin after size-1.
func (s *Service) Lines(ctx context.Context, v *web.Viewer, page, size int) ([]Line, error) {
	var out []Line
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		all, err := rows(tx, listStmt, scopeOf(v).args(size, (page-1)*(size-1))...)
		if err != nil {
			return err
		}
		out = nil
		names := map[string]string{}
		fold := newFolder(v)
		for _, r := range all {
			if seen, err := fold.seen(tx, r); err != nil {
				return err
			} else if seen {
				continue
			}
			l, err := s.line(tx, v, asSeen(v, r), names)
			if err != nil {
				return err
			}
			if err := fold.line(tx, &l); err != nil {
				return err
			}
			out = append(out, l)
		}
		return nil
	})
	return out, err
}

const week = 7 * 24 * time.Hour

// TodayOf sorts what the viewer may know of by what it asks of them.
func (s *Service) TodayOf(ctx context.Context, v *web.Viewer) (*Day, error) {
	out := &Day{}
	now := s.Now()
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		*out = Day{}
		all, err := rows(tx, freshStmt, scopeOf(v).args(clock.Millis(now.Add(-week)))...)
		if err != nil {
			return err
		}
		shut, err := shutLetters(tx, v.AgencyID)
		if err != nil {
			return err
		}
		var spans []time.Duration
		names := map[string]string{}
		fold := newFolder(v)
		for _, r := range all {
			if r.ToAgency == v.AgencyID && !r.AnsweredAt.IsZero() && r.AnsweredAt.After(now.Add(-week)) {
				spans = append(spans, r.AnsweredAt.Sub(r.SentAt))
			}
			if seen, err := fold.seen(tx, r); err != nil {
				return err
			} else if seen {
				continue
			}
			line, err := s.line(tx, v, asSeen(v, r), names)
			if err != nil {
				return err
			}
			if err := fold.line(tx, &line); err != nil {
				return err
			}
			line.Shut = line.Side == Sender && line.Way() == ByLink && shut[line.ID]
			out.put(line, now)
		}
		out.Count, out.Median = len(spans), median(spans)
		slices.SortStableFunc(out.Due, func(a, b Line) int { return a.deadline().Compare(b.deadline()) })
		if scopeOf(v).desk {
			return s.notices(tx, v, now, out)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Drafts, err = s.Drafts(ctx, v)
	return out, err
}

func (s *Service) line(tx *db.Tx, v *web.Viewer, r stored, names map[string]string) (Line, error) {
	l := Line{Row: r.Row, Side: sideOf(v, r)}
	other := r.ToAgency
	if l.Side == Receiver {
		other = r.FromAgency
	}
	if _, known := names[other]; !known {
		name, err := s.Agencies.Name(tx, other)
		if err != nil {
			return l, err
		}
		names[other] = name
	}
	l.Other = names[other]
	actor := v.Actor()
	actor.Unlocked = true // that a review is owed is no secret of the key
	l.Review = !r.ReviewDue.IsZero() && s.Policy.Allowed(actor, "referral.review", object(r))
	return l, nil
}

// deadline is what a due line is sorted by.
func (l Line) deadline() time.Time {
	if at := l.Deadline(); !at.IsZero() {
		return at
	}
	if !l.Owed.By.IsZero() {
		return l.Owed.By
	}
	return l.StateAt
}

// Deadline is when the reader's side has to act; zero when no time is set. A
// question that wants its answer by a day has that beside it: see Owed.
func (l Line) Deadline() time.Time {
	if l.Review {
		return l.ReviewDue
	}
	return l.DueAt
}

// put sorts a line into the day.
func (t *Day) put(l Line, now time.Time) {
	mine := l.Turn == string(l.Side) || l.Owed.Side == l.Side
	switch {
	case l.Review, l.Shut && !Over(l.State):
		t.Due = append(t.Due, l)
	case l.Round != "" && !Over(l.State) && l.Turn == string(Sender):
		t.Due = append(t.Due, l)
	case l.Round != "" && !Over(l.State):
		t.Waiting = append(t.Waiting, l)
	case Over(l.State):
		if l.StateAt.After(now.Add(-week)) {
			t.Done = append(t.Done, l)
		}
	case mine && l.Side == Receiver && l.State == Sent && l.DueAt.Sub(now) > time.Hour:
		t.New = append(t.New, l)
	case mine:
		t.Due = append(t.Due, l)
	case l.Turn != "", !l.Owed.By.IsZero():
		t.Waiting = append(t.Waiting, l)
	default:
		t.Going = append(t.Going, l)
	}
}

// shutLetters are the referrals of an agency whose letter is locked.
func shutLetters(tx *db.Tx, agency string) (map[string]bool, error) {
	out := map[string]bool{}
	return out, tx.Each(guestShutStmt, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		out[id] = true
		return err
	}, agency)
}

func (s *Service) notices(tx *db.Tx, v *web.Viewer, now time.Time, out *Day) error {
	out.Notices = nil
	return tx.Each(noticesStmt, func(scan func(...any) error) error {
		var n Notice
		var kind string
		var at int64
		err := scan(&kind, &n.Code, &at)
		n.Kind, n.At = State(kind), clock.Time(at)
		out.Notices = append(out.Notices, n)
		return err
	}, v.AgencyID, clock.Millis(now.Add(-noticeLife)))
}

// median of durations; 0 of none.
func median(d []time.Duration) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	if len(d)%2 == 1 {
		return d[len(d)/2]
	}
	return (d[len(d)/2-1] + d[len(d)/2]) / 2
}
