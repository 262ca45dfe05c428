package casework

import (
	"context"
	"slices"
	"time"

	"amelie/internal/ask"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/web"
)

// Room is what a package below this one adds to the file: a door on its page,
// kinds of entries of its own, and its part in closing, export and erasure.
type Room struct {
	Name string // its address below the case, /cases/{id}/<name>, and the first part of its text keys: <name>.title
	Icon string
	// Kinds are entries that the room shows; they are written, kept in versions
	// and sealed like those of the file. Each carries the room's name.
	Kinds []Kind
	// Glance is what stands in the room now, for its door; nil: the room has none.
	Glance func(c *web.Ctx, o *Opened) (Glance, error)
	// Wrote is told of each version of an entry of the room's kinds, in the
	// transaction that writes it: for codes that machines count. It must put no
	// word of the answer into a readable column. nil: nobody is told.
	Wrote func(tx *db.Tx, row Row, entryID, kind string, a ask.Answer) error
	// Follows is told of an entry of the file's own kinds that has a day, in the
	// transaction that writes a version of it or ticks it off. nil: nobody is told.
	Follows func(tx *db.Tx, v *web.Viewer, e EntryRow) error
	// Closes says that a case is closed in the room, with more than a button: the
	// file's own page leads there.
	Closes bool
	// Assigns says that a worker hands cases over in the room, where the other one
	// agrees; a lead moves them at once all the same.
	Assigns bool
	// Closing says, before a case is closed, what is against it; nil: nothing.
	Closing func(tx *db.Tx, v *web.Viewer, row Row) error
	// Acted is told, in the same transaction, that the case was closed or opened
	// again; nil: it needs not know.
	Acted func(tx *db.Tx, v *web.Viewer, row Row, now State) error
	// Passed are the dates of the room that passed between two moments and that
	// nobody dealt with since, for who opens a case again; nil: it keeps none of
	// its own.
	Passed func(c *web.Ctx, o *Opened, from, to time.Time) ([]Passed, error)
	// Moved is told, in the same transaction, that somebody else is responsible; row
	// is the case as it was before. nil: it needs not know.
	Moved func(tx *db.Tx, v *web.Viewer, row Row) error
	// Lost ends what the room's tables let another agency open, when the last part
	// that it had of the case was taken back or its time is over; nil: nothing.
	Lost func(tx *db.Tx, caseID, agency string) error
	// Forget deletes what the room's tables hold of a case that is erased; nil:
	// it has none. Entries go without it.
	Forget func(tx *db.Tx, caseID string) error
	// Export is what the room's tables hold of the person, as a value for JSON, in
	// the export of the whole file; nil: its entries are all.
	Export func(ctx context.Context, v *web.Viewer, o *Opened) (any, error)
	// Leaves says what a new file of the viewer's agency takes over of the room's
	// entries, instead of each as it stands; o is another agency's case as far as it
	// was given. settle is done in the transaction that begins the file; nil: nothing.
	// nil: each entry as it stands.
	Leaves func(ctx context.Context, v *web.Viewer, o *Opened) (taken []Taken, settle func(tx *db.Tx, row Row) error, err error)
	// Untold are agencies of which the person must not learn now that they have
	// something of the file; nil: the room knows of none.
	Untold func(ctx context.Context, v *web.Viewer, caseID string) (map[string]bool, error)
}

// Glance is one line about what stands in a room.
type Glance struct {
	Text   string
	Alert  bool // somebody should look
	Hidden bool // this viewer has no door
}

// Passed is a date that passed.
type Passed struct {
	Title string
	At    time.Time
}

// followed tells the rooms of an entry of the file's own that has a day.
func (s *Service) followed(tx *db.Tx, v *web.Viewer, caseID, entryID string) error {
	e, err := entryByID(tx, caseID, entryID)
	if k, own := KindByID(e.Kind); err != nil || !own || k.Due == "" {
		return err
	}
	for _, r := range s.rooms {
		if r.Follows == nil {
			continue
		}
		if err := r.Follows(tx, v, e.EntryRow); err != nil {
			return err
		}
	}
	return nil
}

// Add gives the file a room. All are added before pages are served.
func (s *Service) Add(r Room) { s.rooms = append(s.rooms, r) }

// Rooms are those that were added, in order.
func (s *Service) Rooms() []Room { return s.rooms }

// room finds one by its name.
func (s *Service) room(name string) (Room, bool) {
	for _, r := range s.rooms {
		if r.Name == name {
			return r, true
		}
	}
	return Room{}, false
}

// own are the kinds of the file itself, with names for the codes of instruments.
func (s *Service) own() []Kind {
	out := slices.Clone(Kinds)
	for i := range out {
		if out[i].Part == Indicators {
			out[i].Say = s.saySign
		}
	}
	return out
}

// Kinds are those of the file and of its rooms.
func (s *Service) Kinds() []Kind {
	out := s.own()
	for _, r := range s.rooms {
		out = append(out, r.Kinds...)
	}
	return out
}

// KindOf finds a kind of the file or of one of its rooms.
func (s *Service) KindOf(id string) (Kind, bool) { return s.kind(id) }

func (s *Service) kind(id string) (Kind, bool) { return kindIn(s.Kinds(), id) }

// door leads from the file into a room.
type door struct {
	Title, Icon, Href string
	Glance
}

func (s *Service) doors(c *web.Ctx, o *Opened) (out []door, err error) {
	for _, r := range s.rooms {
		if r.Glance == nil {
			continue
		}
		g, err := r.Glance(c, o)
		if err != nil {
			return nil, err
		}
		if !g.Hidden {
			out = append(out, door{c.T(r.Name + ".title"), r.Icon, c.Path("/cases/" + o.ID + "/" + r.Name), g})
		}
	}
	return out, nil
}

// Inside is a case as a room reads it in its own transaction.
type Inside struct {
	Row
	Own                bool // of the viewer's agency
	Readable, Writable []Part
	Readers            []Reader // who else may open what
	Keys               *Keys    // of the parts asked for, as far as the viewer may read them
}

// Read lets a room read its tables and open what it sealed under keys of the
// parts, in one transaction, when the viewer may do the action with the case
// ("case.open", for reading what is sealed). read may be called again.
// Errors: fault.NotFound, also for who may not know of the case; fault.Unlock.
func (s *Service) Read(ctx context.Context, v *web.Viewer, caseID, action string, parts []Part, read func(tx *db.Tx, in Inside) error) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err := s.require(tx, v, caseID, action)
		if err != nil {
			return err
		}
		in := Inside{Row: a.row.Row, Own: a.own, Readable: s.may(v, "part.read", a), Writable: s.may(v, "part.write", a), Readers: a.readers}
		open := slices.DeleteFunc(slices.Clone(parts), func(p Part) bool { return !slices.Contains(in.Readable, p) })
		if len(open) > 0 {
			if in.Keys, err = s.openKeys(tx, s.opener(v), a, open); err != nil {
				return err
			}
		}
		return read(tx, in)
	})
}

// Circle is a case, and which other agencies may open something of it at the
// moment. It asks nobody who may know that; the row is empty where there is no
// case.
func Circle(tx *db.Tx, caseID string, now time.Time) (row Row, others []string, err error) {
	r, err := caseByID(tx, caseID)
	if err != nil {
		return row, nil, err
	}
	readers, err := Readers(tx, caseID, now)
	for _, g := range readers {
		if !slices.Contains(others, g.AgencyID) {
			others = append(others, g.AgencyID)
		}
	}
	return r.Row, others, err
}

// lost tells the rooms, and the search, that an agency has nothing of the case any
// more.
func (s *Service) lost(tx *db.Tx, caseID, agency string) error {
	_, others, err := Circle(tx, caseID, s.Now())
	if err != nil || slices.Contains(others, agency) {
		return err
	}
	if s.Index != nil { // also the words that the agency itself wrote
		if err := s.Index.Erased(tx, agency, caseID); err != nil {
			return err
		}
	}
	for _, r := range s.rooms {
		if r.Lost == nil {
			continue
		}
		if err := r.Lost(tx, caseID, agency); err != nil {
			return err
		}
	}
	return nil
}

// Happened writes one line of the case's history and one leaf of the log, for an
// act of a room within its transaction. The line's text is <room>.event.<action>;
// other is an agency or member that it was done to or for, never a word about
// the person.
func (s *Service) Happened(tx *db.Tx, v *web.Viewer, caseID, room, action string, part Part, other string) error {
	return s.happened(tx, v, caseID, room+"."+action, part, other)
}

// ByClock is a case as machines see it, for a room that acts by the clock and asks
// no policy. Errors: fault.NotFound.
func (s *Service) ByClock(tx *db.Tx, caseID string) (Row, error) {
	r, err := caseByID(tx, caseID)
	if err == nil && r.ID == "" {
		err = errNotFound
	}
	return r.Row, err
}

// Readers are the grants of a case that have not ended, by agency and part. Like
// Circle it asks nobody who may know that.
func Readers(tx *db.Tx, caseID string, now time.Time) ([]Reader, error) {
	grants, err := db.All(tx, grantsStmt, scanGrant, caseID)
	return slices.DeleteFunc(grants, func(g Reader) bool { return !g.Until.After(now) }), err
}

// ChangedSince says whether anything but the agency's own notes was written in a
// case after a moment. Like Circle it asks nobody who may know that.
func ChangedSince(tx *db.Tx, caseID string, at time.Time) (bool, error) {
	var n int64
	err := tx.Row(entriesSinceStmt, caseID, string(Notes), clock.Millis(at)).Scan(&n)
	return n > 0, err
}

// OnlyEntry is the entry of a kind that a file has once, as machines see it; empty:
// there is none. Like Circle it asks nobody who may know that.
func OnlyEntry(tx *db.Tx, caseID, kind string) (only EntryRow, err error) {
	list, err := db.All(tx, entryKindStmt, scanEntry, caseID, kind)
	for _, e := range list {
		only = e.EntryRow
	}
	return only, err
}

// VersionsOf are the entries of kinds with their present versions, as machines see
// them: for a room that acts on what it read before its transaction. Like Circle it
// asks nobody who may know that.
func VersionsOf(tx *db.Tx, caseID string, kinds ...string) (map[string]int64, error) {
	out := map[string]int64{}
	for _, kind := range kinds {
		list, err := db.All(tx, entryKindStmt, scanEntry, caseID, kind)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			out[e.ID] = e.Rev
		}
	}
	return out, nil
}

// ToCome is the next entry of a kind that has a day and is not done, as machines
// see it; false: there is none. Like Circle it asks nobody who may know that.
func ToCome(tx *db.Tx, caseID, kind string, now time.Time) (next EntryRow, found bool, err error) {
	list, err := db.All(tx, entryKindStmt, scanEntry, caseID, kind)
	for _, e := range list {
		if e.DueAt.After(now) && e.DoneAt.IsZero() && (!found || e.DueAt.Before(next.DueAt)) {
			next, found = e.EntryRow, true
		}
	}
	return next, found, err
}
