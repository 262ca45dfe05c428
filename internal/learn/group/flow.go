package group

import "amelie/internal/learn/playing"

// Where the playing of a seat stands. It goes one way: played, ended and waiting
// for two others, shown with them; or hidden for good, when one of the three is
// taken back.

// Batch numbers the playings that were added to the picture together.
type Batch int64

// Batches above none count up from 1.
const (
	none   Batch = 0
	hidden Batch = -1
)

// Seat is one participant's place in a group.
type Seat struct {
	Hash  string // fingerprint of the cookie
	Group string
	Play  string
	Ended bool // an ending was reached
	Batch Batch
}

// gather adds seats that wait to the picture, as many at once as are never told
// apart, and gives those that changed.
//
// req: GROUP-1
func gather(seats []Seat) (changed []Seat) {
	newest := none
	var waiting []Seat
	for _, s := range seats {
		newest = max(newest, s.Batch)
		if s.Ended && s.Batch == none {
			waiting = append(waiting, s)
		}
	}
	for ; len(waiting) >= playing.Few; waiting = waiting[playing.Few:] {
		newest++
		for _, s := range waiting[:playing.Few] {
			s.Batch = newest
			changed = append(changed, s)
		}
	}
	return changed
}

// leave takes a seat out of its group, and gives those that are hidden with it:
// a picture without it alone would show what it had chosen.
//
// req: GROUP-2
func leave(seats []Seat, seat Seat) (changed []Seat) {
	if seat.Batch <= none {
		return nil
	}
	for _, s := range seats {
		if s.Batch == seat.Batch && s.Hash != seat.Hash {
			s.Batch = hidden
			changed = append(changed, s)
		}
	}
	return changed
}

// Tally counts the seats of a group.
type Tally struct {
	Joined, Ended int
	Waiting       int // ended, and not in the picture yet
	Hidden        int // for good
}

// tally counts, and names the playings that are in the picture.
func tally(seats []Seat) (t Tally, shown map[string]bool) {
	shown = map[string]bool{}
	t.Joined = len(seats)
	for _, s := range seats {
		if s.Ended {
			t.Ended++
		}
		switch {
		case s.Batch > none:
			shown[s.Play] = true
		case s.Batch == hidden:
			t.Hidden++
		case s.Ended:
			t.Waiting++
		}
	}
	return t, shown
}
