package interpret

import (
	"context"
	_ "embed"
	"slices"
	"time"

	"amelie/internal/audit"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with interpreters.
var Policy = policy.Source{Name: "interpret", Text: policyText}

const room = "interpret"

// Member is who of an agency has the role of an interpreter.
type Member struct{ UserID, Name string }

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Cases  *casework.Service
	Policy *policy.Engine
	Now    clock.Clock
	// Name is an agency's name.
	Name func(tx *db.Tx, agencyID string) (string, error)
	// Members are those of an agency who sign in as interpreters.
	Members func(tx *db.Tx, agencyID string) ([]Member, error)
	// Tell lets a member know that something waits, without saying what.
	Tell func(tx *db.Tx, userID string) error
	// Ended is told, in the same transaction, that a booking was cancelled or
	// declined, so that a restored backup does not bring it back; nil: nobody is.
	Ended func(tx *db.Tx, bookingID string, at time.Time) error
}

// Service does what people do with interpreters.
type Service struct{ Config }

// New makes the service. The engine of cfg must hold this package's Policy.
func New(cfg Config) *Service {
	return &Service{cfg}
}

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

func (s *Service) require(v *web.Viewer, action string) error {
	if v == nil {
		return fault.New(fault.SignIn, "web.error.sign-in")
	}
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Interpreters", ID: v.AgencyID, Attrs: map[string]any{"agency": v.AgencyID}})
}

func (s *Service) record(tx *db.Tx, v *web.Viewer, action, object string) error {
	return audit.Record(tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: v.AgencyID, Action: room + "." + action, Object: object, Purpose: room})
}

// List are the interpreters of the viewer's agency, and who could be linked.
func (s *Service) List(ctx context.Context, v *web.Viewer) (list []Interpreter, members []Member, err error) {
	if err := s.require(v, "interpreters.know"); err != nil {
		return nil, nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if list, err = people(tx, v.AgencyID); err != nil {
			return err
		}
		members, err = s.Members(tx, v.AgencyID)
		return err
	})
	return list, members, err
}

// Keep writes an interpreter into the list. adult says that it is a grown person
// who accompanies nobody in care.
//
// req: INTERPRET-5
func (s *Service) Keep(ctx context.Context, v *web.Viewer, i Interpreter, adult bool) error {
	if err := s.require(v, "interpreters.keep"); err != nil {
		return err
	}
	if !adult {
		return fault.Fields(fault.Field{Name: "adult", Key: "interpret.error.adult"})
	}
	if err := i.check(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		i.AgencyID = v.AgencyID
		members, err := s.Members(tx, v.AgencyID)
		if err == nil && i.UserID != "" && !slices.ContainsFunc(members, func(m Member) bool { return m.UserID == i.UserID }) {
			err = fault.Fields(fault.Field{Name: "user", Key: "web.error.choose"})
		}
		switch {
		case err != nil:
		case i.Version == 0:
			err = insertPerson(tx, i)
		default:
			if _, err = personOf(tx, v.AgencyID, i.ID); err == nil {
				err = updatePerson(tx, i)
			}
		}
		if err != nil {
			return err
		}
		return s.record(tx, v, "keep", "interpreter/"+i.ID)
	})
}

// Drop takes an interpreter off the list. Errors: fault.Conflict while a booking
// stands.
func (s *Service) Drop(ctx context.Context, v *web.Viewer, interpreterID string) error {
	if err := s.require(v, "interpreters.keep"); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := personOf(tx, v.AgencyID, interpreterID); err != nil {
			return err
		}
		open := 0
		if err := tx.Row(openStmt, interpreterID, clock.Millis(s.Now())).Scan(&open); err != nil {
			return err
		}
		if open > 0 {
			return fault.New(fault.Conflict, "interpret.error.booked")
		}
		if _, err := tx.Exec(personDropStmt, interpreterID); err != nil {
			return err
		}
		return s.record(tx, v, "drop", "interpreter/"+interpreterID)
	})
}

// Choice is what somebody chose to book.
type Choice struct {
	Entry     string // an appointment of the case; "" for now, by telephone
	Language  string
	Channel   string
	Minutes   int
	Who       string            // interpreter
	Conflicts map[string]string // what was answered to each of Conflicts
	Once      string
}

// wanted makes what is looked for of a choice and of what the person said.
func (s *Service) wanted(o *casework.Opened, ch Choice) (Wanted, error) {
	w := Wanted{Language: ch.Language, Channel: ch.Channel, At: s.Now()}
	w.Preference, _, w.Refused = wished(o)
	if ch.Entry != "" {
		i := slices.IndexFunc(o.Entries, func(e casework.Entry) bool { return e.ID == ch.Entry && e.Kind == "appointment" })
		if i < 0 {
			return w, fault.Fields(fault.Field{Name: "entry", Key: "web.error.choose"})
		}
		w.At = o.Entries[i].DueAt
	} else {
		w.Channel = "phone"
	}
	if !slices.Contains(Lengths, ch.Minutes) {
		ch.Minutes = Lengths[1]
	}
	w.End = w.At.Add(time.Duration(ch.Minutes) * time.Minute)
	return w, nil
}

// Offered are the interpreters of the agency who suit and are free.
func (s *Service) Offered(ctx context.Context, v *web.Viewer, o *casework.Opened, ch Choice) (out []Interpreter, w Wanted, err error) {
	if w, err = s.wanted(o, ch); err != nil {
		return nil, w, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		list, err := people(tx, o.AgencyID)
		for _, i := range list {
			if err != nil {
				return err
			}
			if !i.Suits(w, s.Cases.Here()) {
				continue
			}
			var taken bool
			if taken, err = busy(tx, i.ID, "", w.At, w.End); err == nil && !taken {
				out = append(out, i)
			}
		}
		return err
	})
	return out, w, err
}

// Book takes an interpreter for an appointment of a case, or for now. Who has an
// account is asked and accepts; who has none, or is needed now, was called and is
// booked.
// Errors: fault.Invalid when a conflict was not denied; fault.Conflict
// "interpret.error.free" when somebody else was faster or the person wants
// another.
//
// req: INTERPRET-2, INTERPRET-3, INTERPRET-4
func (s *Service) Book(ctx context.Context, v *web.Viewer, caseID string, ch Choice) error {
	if err := Clear(ch.Conflicts); err != nil {
		return err
	}
	o, err := s.Cases.Look(ctx, v, caseID)
	if err != nil {
		return err
	}
	w, err := s.wanted(o, ch)
	if err != nil {
		return err
	}
	bookingID := id.New()
	if id.Valid(ch.Once) {
		bookingID = ch.Once
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		row, err := s.Cases.Require(tx, v, caseID, "case.write")
		if err != nil {
			return err
		}
		if row.State != casework.Open {
			return fault.New(fault.Conflict, "casework.error.closed")
		}
		if _, err := bookingByID(tx, bookingID); err == nil || fault.KindOf(err) != fault.NotFound {
			return err // pressed twice
		}
		if ch.Entry != "" && w.At.Before(s.Now()) {
			return fault.Fields(fault.Field{Name: "entry", Key: "interpret.error.past"})
		}
		i, err := personOf(tx, row.AgencyID, ch.Who)
		if err != nil {
			if fault.KindOf(err) != fault.NotFound {
				return err
			}
			return fault.Fields(fault.Field{Name: "who", Key: "web.error.choose"})
		}
		taken, err := busy(tx, i.ID, "", w.At, w.End)
		if err == nil && (taken || !i.Suits(w, s.Cases.Here())) {
			err = fault.New(fault.Conflict, "interpret.error.free")
		}
		if err != nil {
			return err
		}
		b := Booking{ID: bookingID, InterpreterID: i.ID, CaseID: caseID, AgencyID: row.AgencyID, EntryID: ch.Entry, Language: w.Language, Channel: w.Channel, At: w.At, End: w.End, State: Accepted, StateAt: s.Now(), UserID: v.UserID, Conflicts: ch.Conflicts, Asked: s.Now()}
		if i.UserID != "" && ch.Entry != "" {
			b.State = Asked
			if err := s.Tell(tx, i.UserID); err != nil {
				return err
			}
		}
		if _, err := insertBooking(tx, b); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, caseID, room, "book", casework.Services, "")
	})
}

// Steer is what the agency does with a booking of a case: Cancel, Confirm for
// somebody from outside, Finish, Miss.
func (s *Service) Steer(ctx context.Context, v *web.Viewer, caseID, bookingID string, a Act) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.Cases.Require(tx, v, caseID, "case.write"); err != nil {
			return err
		}
		b, err := bookingByID(tx, bookingID)
		if err == nil && (b.CaseID != caseID || b.AgencyID != v.AgencyID) {
			err = errNotFound
		}
		if err != nil {
			return err
		}
		if b.reached(a) {
			return nil // pressed twice
		}
		i, err := personOf(tx, b.AgencyID, b.InterpreterID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if a == Move || a == Confirm && i.UserID != "" { // who signs in says so without us
			return fault.New(fault.Conflict, "interpret.error.over")
		}
		next, err := b.Do(a, false, s.Now())
		if err != nil {
			return err
		}
		return s.put(tx, v, next, a, i)
	})
}

// put writes a booking after an act of the agency, and tells an interpreter who signs
// in that something waits when the time was moved or cancelled.
func (s *Service) put(tx *db.Tx, v *web.Viewer, b Booking, a Act, i Interpreter) error {
	if err := s.keep(tx, b); err != nil {
		return err
	}
	if (a == Cancel || a == Move) && i.UserID != "" {
		if err := s.Tell(tx, i.UserID); err != nil {
			return err
		}
	}
	return s.Cases.Happened(tx, v, b.CaseID, room, string(a), casework.Services, "")
}

// follows lets the bookings of an appointment go with it: to another time they are
// asked again, or cancelled where the interpreter does not work or is taken then; an
// appointment that is ticked off before its time was called off.
//
// req: INTERPRET-6
func (s *Service) follows(tx *db.Tx, v *web.Viewer, e casework.EntryRow) error {
	list, err := bookings(tx, bookingsForStmt, e.CaseID, e.ID)
	for _, b := range list {
		if err != nil {
			return err
		}
		off := !e.DoneAt.IsZero() && s.Now().Before(b.At)
		if off || !e.DueAt.Equal(b.At) && e.DueAt.After(s.Now()) {
			err = s.follow(tx, v, b, e.DueAt, off)
		}
	}
	return err
}

func (s *Service) follow(tx *db.Tx, v *web.Viewer, b Booking, at time.Time, off bool) error {
	i, err := personOf(tx, b.AgencyID, b.InterpreterID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	act, end := Move, at.Add(b.End.Sub(b.At))
	taken, err := busy(tx, b.InterpreterID, b.ID, at, end)
	if err != nil {
		return err
	}
	if off || taken || !i.there(at, end, s.Cases.Here()) {
		act = Cancel
	}
	next, err := b.Do(act, false, s.Now())
	if err != nil {
		return err
	}
	if act == Move {
		next.At, next.End = at, end
	}
	if b.UserID != v.UserID { // who booked must perhaps find somebody else, or call again
		if err := s.Tell(tx, b.UserID); err != nil {
			return err
		}
	}
	return s.put(tx, v, next, act, i)
}

// keep writes where a booking stands, and for a backup that it is over.
func (s *Service) keep(tx *db.Tx, b Booking) error {
	err := updateBooking(tx, b)
	if err != nil || s.Ended == nil || b.State != Cancelled && b.State != Declined {
		return err
	}
	return s.Ended(tx, b.ID, s.Now())
}

// EndAgain cancels a booking again that a restored backup brought back: what Ended
// was told. False when there is none that stands.
//
// req: RESTORE-1
func EndAgain(tx *db.Tx, bookingID string, at time.Time) (bool, error) {
	b, err := bookingByID(tx, bookingID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil || !b.Open() {
		return false, err
	}
	b.State, b.StateAt = Cancelled, at
	return true, updateBooking(tx, b)
}

// Task is a booking as its interpreter sees it: neither case nor name.
//
// req: INTERPRET-1
type Task struct {
	ID, Language, Channel, Agency string
	At, End                       time.Time
	State                         State
}

// Tasks are the bookings of the interpreter who asks, from yesterday on.
func (s *Service) Tasks(ctx context.Context, v *web.Viewer) (out []Task, err error) {
	if v == nil || !v.Is("interpreter") {
		return nil, errNotFound
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		name, err := s.Name(tx, v.AgencyID)
		if err != nil {
			return err
		}
		list, err := bookings(tx, ownStmt, v.UserID, v.AgencyID, clock.Millis(s.Now().AddDate(0, 0, -1)))
		for _, b := range list {
			out = append(out, Task{b.ID, b.Language, b.Channel, name, b.At, b.End, b.State})
		}
		return err
	})
	return out, err
}

// Answer is what an interpreter does: Accept, when there is no conflict, or
// Decline.
//
// req: INTERPRET-4
func (s *Service) Answer(ctx context.Context, v *web.Viewer, bookingID string, a Act, clear bool) error {
	if a == Accept && !clear {
		return fault.Fields(fault.Field{Name: "clear", Key: "interpret.error.clear"})
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := bookingByID(tx, bookingID)
		if err != nil {
			return err
		}
		i, err := personOf(tx, b.AgencyID, b.InterpreterID)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(v.Actor(), "booking.answer", policy.Object{Type: "Booking", ID: b.ID, Attrs: map[string]any{"user": i.UserID}}); err != nil {
			return err
		}
		if b.reached(a) {
			return nil // pressed twice
		}
		next, err := b.Do(a, true, s.Now())
		if err != nil {
			return err
		}
		if err := s.keep(tx, next); err != nil {
			return err
		}
		if err := s.Tell(tx, b.UserID); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, b.CaseID, room, string(a), casework.Services, "")
	})
}

// Bookings are those of a case with the names of the interpreters, the latest
// first.
func (s *Service) Bookings(ctx context.Context, v *web.Viewer, caseID string) (in casework.Inside, out []Booking, who map[string]Interpreter, err error) {
	err = s.Cases.Read(ctx, v, caseID, "case.open", nil, func(tx *db.Tx, inside casework.Inside) error {
		in, out, who = inside, nil, map[string]Interpreter{}
		if !in.Own {
			return errNotFound
		}
		list, err := people(tx, in.AgencyID)
		if err != nil {
			return err
		}
		for _, i := range list {
			who[i.ID] = i
		}
		out, err = bookings(tx, bookingsStmt, caseID)
		return err
	})
	return in, out, who, err
}

// Room is what the file of a case shows and asks of this package.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: room, Icon: "speech", Kinds: []casework.Kind{feedback}, Follows: s.follows, Glance: s.glance, Closing: s.closing, Forget: forget, Export: s.export}
}

// closing holds a case open while an interpreter is still expected.
func (s *Service) closing(tx *db.Tx, _ *web.Viewer, row casework.Row) error {
	list, err := bookings(tx, bookingsStmt, row.ID)
	if err == nil && slices.ContainsFunc(list, func(b Booking) bool { return b.Open() && b.End.After(s.Now()) }) {
		err = fault.New(fault.Conflict, "interpret.error.standing")
	}
	return err
}

func forget(tx *db.Tx, caseID string) error {
	_, err := tx.Exec(bookingsDropStmt, caseID)
	return err
}

// export are the bookings of the person's case, without who interpreted.
func (s *Service) export(ctx context.Context, v *web.Viewer, o *casework.Opened) (any, error) {
	_, list, _, err := s.Bookings(ctx, v, o.ID)
	out := []map[string]any{}
	for _, b := range list {
		out = append(out, map[string]any{"at": b.At, "until": b.End, "language": b.Language, "channel": b.Channel, "state": b.State})
	}
	return out, err
}
