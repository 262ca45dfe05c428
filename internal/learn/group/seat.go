package group

import (
	"context"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/learn/playing"
	"amelie/internal/policy"
)

// What a participant does. None of it goes into the log: an entry keeps a time,
// and with a list of who was in the room that is a name.

// mostSeats is how many can join a group: enough for a lecture hall, and few
// enough that a code on a wall does not fill the disk.
const mostSeats = 300

var (
	errCode = fault.Fields(fault.Field{Name: "code", Key: "playing.group.fault.code"})
	errFull = fault.New(fault.Conflict, "playing.group.fault.full")
)

func (s *Service) seated(seat Seat, action string, open bool) error {
	name := "seat/" + seat.Hash
	return s.Policy.Require(policy.Actor{User: name}, action, policy.Object{Type: "Seat", ID: seat.Hash, Attrs: map[string]any{"name": name, "open": open}})
}

// Join gives a seat to whoever types a code, from the seed of the page: pressed
// twice it is one seat. A code that opens nothing and one of a group that has
// ended are answered alike.
// Errors: errCode; fault.Invalid for what is no seed; fault.Conflict when the
// group is full.
//
// req: GROUP-3
func (s *Service) Join(ctx context.Context, seed, typed string) (cookie string, g Group, err error) {
	code, ok := parseCode(typed)
	if !ok {
		return "", g, errCode
	}
	if len(seed) != seedLength {
		return "", g, fault.New(fault.Invalid, "web.error.invalid")
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		groups, err := loadGroups(tx, groupByCode, s.fingerprint("code", code))
		if err != nil {
			return err
		}
		if len(groups) == 0 || groups[0].Over(s.Now()) {
			return errCode
		}
		g = groups[0]
		cookie = s.Secret.Fingerprint("group cookie", g.ID+"/"+seed)
		seats, err := loadSeats(tx, seatsOf, g.ID)
		if err != nil {
			return err
		}
		if len(seats) >= mostSeats {
			return errFull
		}
		return Seat{Hash: s.fingerprint("cookie", cookie), Group: g.ID, Play: playing.NewID()}.insert(tx)
	})
	return cookie, g, err
}

// Place is where a participant is.
type Place struct {
	Seat
	Group Group
	Play  playing.Play
}

// Here is the place of a cookie; nil when it has none.
func (s *Service) Here(ctx context.Context, cookie string) (at *Place, err error) {
	if cookie == "" {
		return nil, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		at, err = s.place(tx, cookie)
		return err
	})
	return at, err
}

// place reads the seat of a cookie with its group and playing; nil: there is
// none.
func (s *Service) place(tx *db.Tx, cookie string) (*Place, error) {
	seats, err := loadSeats(tx, seatByHash, s.fingerprint("cookie", cookie))
	if err != nil || len(seats) == 0 {
		return nil, err
	}
	at := &Place{Seat: seats[0]}
	if at.Group, err = db.First(loadGroups(tx, groupByID, at.Seat.Group)); err != nil {
		return nil, err
	}
	at.Play, err = s.plays.Play(tx, at.Group.holder(), at.Seat.Play)
	if fault.KindOf(err) == fault.NotFound {
		err = nil // nothing was chosen yet
	}
	return at, err
}

// Choose makes a choice. One that ends the case may add this playing and two
// others to the picture.
// Errors: fault.NotFound for a cookie without a seat; fault.Expired when the
// group has ended; others as playing.Recorder.Choose.
//
// req: GROUP-3
func (s *Service) Choose(ctx context.Context, cookie string, place int, choice string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		at, err := s.place(tx, cookie)
		if err != nil {
			return err
		}
		if at == nil {
			return errNotFound
		}
		open := !at.Group.Over(s.Now())
		if !open {
			return fault.New(fault.Expired, "playing.group.fault.over")
		}
		if err := s.seated(at.Seat, "seat.play", open); err != nil {
			return err
		}
		p, err := s.plays.Choose(tx, at.Group.holder(), at.Seat.Play, at.Group.Case, place, choice)
		if err != nil || !p.Over() || at.Ended {
			return err
		}
		at.Seat.Ended = true
		if err := at.Seat.update(tx); err != nil {
			return err
		}
		return regroup(tx, at.Group, gather)
	})
}

// regroup saves what a rule changes among the seats of a group.
func regroup(tx *db.Tx, g Group, rule func([]Seat) []Seat) error {
	seats, err := loadSeats(tx, seatsOf, g.ID)
	if err != nil {
		return err
	}
	for _, seat := range rule(seats) {
		if err := seat.update(tx); err != nil {
			return err
		}
	}
	return nil
}

// TakeBack deletes a seat and what was chosen from it. Taken back twice, it is
// gone.
//
// req: GROUP-2
func (s *Service) TakeBack(ctx context.Context, cookie string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		at, err := s.place(tx, cookie)
		if err != nil || at == nil {
			return err
		}
		if err := s.seated(at.Seat, "seat.leave", !at.Group.Over(s.Now())); err != nil {
			return err
		}
		if err := at.takeBack(tx); err != nil || s.Left == nil {
			return err
		}
		return s.Left(tx, at.Hash, s.Now())
	})
}

func (at Place) takeBack(tx *db.Tx) error {
	if err := regroup(tx, at.Group, func(seats []Seat) []Seat { return leave(seats, at.Seat) }); err != nil {
		return err
	}
	if err := playing.Drop(tx, at.Group.holder(), at.Seat.Play); err != nil {
		return err
	}
	_, err := tx.Exec(deleteSeat, at.Hash)
	return err
}

// LeftAgain takes back a seat that a restored backup brought back; false when it
// did not.
func LeftAgain(tx *db.Tx, seat string) (was bool, err error) {
	seats, err := loadSeats(tx, seatByHash, seat)
	if err != nil || len(seats) == 0 {
		return false, err
	}
	g, err := db.First(loadGroups(tx, groupByID, seats[0].Group))
	if err != nil {
		return false, err
	}
	return true, Place{Seat: seats[0], Group: g}.takeBack(tx)
}
