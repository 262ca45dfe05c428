package casework

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Opened is a case as one member may see it.
type Opened struct {
	Row
	Head     Head // empty where the case is another agency's
	Own      bool // of the viewer's agency
	Agency   string
	Worker   string // name of who is responsible; "" when another agency asks
	Readable []Part
	Writable []Part
	Entries  []Entry
	Readers  []Named // who else may open what, for the case's own agency
	Events   []Event
	Readings []Reading
	// Untold are agencies that must not stand in what the person gets to see; set
	// by Tellable, otherwise nil.
	Untold map[string]bool
}

// Tellable leaves out of an opened case what the person must not be told now:
// that an agency has something of it on a ground of law, where saying so
// endangers her. For a copy that is handed over.
//
// req: SHARE-6
func (s *Service) Tellable(ctx context.Context, v *web.Viewer, o *Opened) error {
	o.Untold = map[string]bool{}
	for _, r := range s.rooms {
		if r.Untold == nil {
			continue
		}
		more, err := r.Untold(ctx, v, o.ID)
		if err != nil {
			return err
		}
		maps.Copy(o.Untold, more)
	}
	o.Readers = slices.DeleteFunc(o.Readers, func(r Named) bool { return o.Untold[r.AgencyID] })
	o.Events = slices.DeleteFunc(o.Events, func(e Event) bool { return o.Untold[e.AgencyID] || o.Untold[e.Other] })
	o.Readings = slices.DeleteFunc(o.Readings, func(r Reading) bool { return o.Untold[r.AgencyID] })
	o.Entries = slices.DeleteFunc(o.Entries, func(e Entry) bool { return o.Untold[e.AgencyID] })
	return nil
}

// Named is a reader with the name of its agency.
type Named struct {
	Reader
	Name string
}

// Latest is the one entry of a kind that a file has once.
func (o *Opened) Latest(kind string) (Entry, bool) {
	i := slices.IndexFunc(o.Entries, func(e Entry) bool { return e.Kind == kind })
	if i < 0 {
		return Entry{}, false
	}
	return o.Entries[i], true
}

// Of are the entries of a kind, the newest first.
func (o *Opened) Of(kind string) (out []Entry) {
	for _, e := range slices.Backward(o.Entries) {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// sealedCase is what is read of a case in one snapshot, before it is opened.
type sealedCase struct {
	access
	keys    *Keys
	entries []storedEntry
}

// Look opens a case and notes that it was read, once an hour for each member.
// Errors: fault.NotFound for everyone who may not know of it; fault.Unlock.
//
// req: CASE-4, CASE-7
func (s *Service) Look(ctx context.Context, v *web.Viewer, caseID string) (*Opened, error) {
	var in sealedCase
	var out *Opened
	seen := 0
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out = &Opened{}
		if in.access, err = s.require(tx, v, caseID, "case.open"); err != nil {
			return err
		}
		out.Row, out.Own = in.row.Row, in.own
		out.Readable, out.Writable = s.may(v, "part.read", in.access), s.may(v, "part.write", in.access)
		if in.entries, err = db.All(tx, entriesStmt, scanEntry, caseID); err != nil {
			return err
		}
		if in.keys, err = s.openKeys(tx, s.opener(v), in.access, out.Readable); err != nil {
			return err
		}
		if err := s.around(tx, in.access, out); err != nil {
			return err
		}
		return tx.Row(readingSeenStmt, caseID, v.UserID, hour(s.Now())).Scan(&seen)
	})
	if err != nil {
		return nil, err
	}
	if out.Entries, err = opened(in.entries, out.Readable, in.keys); err != nil {
		return nil, err
	}
	if out.Head, err = in.head(out); err != nil {
		return nil, err
	}
	if seen > 0 {
		return out, nil
	}
	return out, s.read(ctx, v, caseID)
}

func hour(t time.Time) int64 { return t.Unix() / 3600 }

// head is the header of a case of the own agency; another agency has the name
// that it was given with the part that holds it.
func (in sealedCase) head(out *Opened) (h Head, err error) {
	if !in.own {
		person, _ := out.Latest("person")
		return headOf(person.Fields), nil
	}
	return openHead(in.keys, in.row)
}

func openHead(keys *Keys, row stored) (h Head, err error) {
	key := keys.gens[row.gen]
	if key == nil {
		return h, fault.New(fault.Unavailable, "casework.error.closed-head")
	}
	plain, err := key.Open(row.env, headPlace(row.ID).in(row.ID))
	if err != nil {
		return h, fault.Wrap(err, "open head", row.ID)
	}
	return h, fault.Wrap(json.Unmarshal(plain, &h), "read head", row.ID)
}

// around reads what stands around the content: readers, history, names. Another
// agency learns whose the case is and nothing of the others.
func (s *Service) around(tx *db.Tx, a access, out *Opened) (err error) {
	if out.Agency, err = s.Agencies.Name(tx, a.row.AgencyID); err != nil || !a.own {
		return err
	}
	workers, err := s.Agencies.Workers(tx, a.row.AgencyID)
	if err != nil {
		return err
	}
	for _, w := range workers {
		if w.UserID == a.row.WorkerID {
			out.Worker = w.Name
		}
	}
	names := map[string]string{}
	for _, r := range a.readers {
		if names[r.AgencyID] == "" {
			if names[r.AgencyID], err = s.Agencies.Name(tx, r.AgencyID); err != nil {
				return err
			}
		}
		out.Readers = append(out.Readers, Named{r, names[r.AgencyID]})
	}
	if out.Events, err = db.All(tx, eventsStmt, scanEvent, a.row.ID); err != nil {
		return err
	}
	out.Readings, err = db.All(tx, readingsStmt, scanReading, a.row.ID)
	return err
}

// read notes that the viewer opened the case.
func (s *Service) read(ctx context.Context, v *web.Viewer, caseID string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		n, err := tx.Exec(readingInsertStmt, caseID, v.UserID, hour(now), v.Name, v.AgencyID, clock.Millis(now))
		if err != nil || n == 0 {
			return err
		}
		return s.happened(tx, v, caseID, "read", "", "")
	})
}

// PageSize is how many cases a page of a list shows: each costs one opening of
// its key.
const PageSize = 50

// Scope is whose cases a list shows.
type Scope string

// The scopes of a list.
const (
	Mine   Scope = "mine"   // those for which the viewer is responsible
	Team   Scope = "team"   // all of the agency, where the viewer may see them
	Shared Scope = "shared" // parts of other agencies' cases
)

// Query asks for a page of a list.
type Query struct {
	Scope Scope
	State State
	// Before keeps those in which something is due before it; zero: all. What
	// others share has no dates here and is not kept out by it.
	Before time.Time
	After  Mark // the last line of the page before; zero: from the beginning
}

// Mark is a place in a list.
type Mark struct {
	Due int64
	ID  string
}

// Line is a case in a list. Its head is empty while the viewer's key is locked.
type Line struct {
	Row
	Head   Head
	Agency string // whose it is, in the list of what was shared
}

// List is a page of the cases that the viewer may know of, what is due first,
// and the mark of the next page; zero when there is none.
func (s *Service) List(ctx context.Context, v *web.Viewer, q Query) (lines []Line, next Mark, err error) {
	if v == nil {
		return nil, next, fault.New(fault.SignIn, "web.error.sign-in")
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := s.rows(tx, v, q)
		if err != nil {
			return err
		}
		if len(rows) > PageSize {
			rows = rows[:PageSize]
			last := rows[PageSize-1]
			next = Mark{dueColumn(last.DueAt), last.ID}
		}
		lines, err = s.lines(tx, v, rows)
		return err
	})
	return lines, next, err
}

// MayList says whether the viewer may list all cases of the agency.
func (s *Service) MayList(ctx context.Context, v *web.Viewer) (bool, error) {
	may := false
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) { may, err = mayTeam(tx, v); return err })
	return may, err
}

func mayTeam(tx *db.Tx, v *web.Viewer) (bool, error) {
	if v.AgencyID == "" || !v.Is("caseworker") && !v.Is("lead") {
		return false, nil
	}
	if v.Is("lead") {
		return true, nil
	}
	return teamOf(tx, v.AgencyID)
}

func (s *Service) rows(tx *db.Tx, v *web.Viewer, q Query) ([]stored, error) {
	worker := v.Is("caseworker") || v.Is("lead")
	if v.AgencyID == "" || !worker {
		return nil, nil
	}
	state, after, before := string(q.State), q.After, beforeColumn(q.Before)
	switch q.Scope {
	case Team:
		may, err := mayTeam(tx, v)
		if err != nil || !may {
			return nil, err
		}
		return db.All(tx, allListStmt, scanCase, v.AgencyID, state, after.Due, before, after.Due, after.ID, PageSize+1)
	case Shared:
		return db.All(tx, sharedListStmt, scanCase, v.AgencyID, clock.Millis(s.Now()), state, v.AgencyID, after.ID, PageSize+1)
	}
	return db.All(tx, ownListStmt, scanCase, v.AgencyID, v.UserID, state, after.Due, before, after.Due, after.ID, PageSize+1)
}

// lines opens the heads of a page.
func (s *Service) lines(tx *db.Tx, v *web.Viewer, rows []stored) (out []Line, err error) {
	o := s.opener(v)
	for _, r := range rows {
		l := Line{Row: r.Row}
		if r.AgencyID != v.AgencyID {
			if l.Agency, err = s.Agencies.Name(tx, r.AgencyID); err != nil {
				return nil, err
			}
		}
		if v.Key != nil {
			if l.Head, err = s.headFor(tx, o, r); err != nil {
				return nil, err
			}
		}
		out = append(out, l)
	}
	return out, nil
}

// headFor opens one header: by one key of the own agency, or by the name that
// another agency gave.
func (s *Service) headFor(tx *db.Tx, o *opener, r stored) (Head, error) {
	if r.AgencyID != o.v.AgencyID {
		return s.givenHead(tx, o, r)
	}
	var g caseKey
	if err := tx.Row(keyOfStmt, r.ID, r.gen).Scan(&g.gen, &g.keyID, &g.env); err != nil {
		return Head{}, err
	}
	key, err := o.unwrap(tx, g.keyID, g.env, keyPlace(r.ID, g.gen).in(r.ID))
	if err != nil {
		return Head{}, err
	}
	return openHead(&Keys{caseID: r.ID, gens: gens{g.gen: key}}, r)
}

// givenHead is the name in another agency's case, when the part that holds it was
// given.
func (s *Service) givenHead(tx *db.Tx, o *opener, r stored) (h Head, err error) {
	a, err := s.accessTo(tx, o.v, r.ID)
	if err != nil || a.granted[Identity].Part == "" {
		return h, err
	}
	list, err := db.All(tx, entryKindStmt, scanEntry, r.ID, "person")
	if err != nil || len(list) == 0 {
		return h, err
	}
	keys, err := s.openKeys(tx, o, a, []Part{Identity})
	if err != nil {
		return h, err
	}
	open, err := opened(list, []Part{Identity}, keys)
	if err != nil || len(open) == 0 {
		return h, err
	}
	return headOf(open[0].Fields), nil
}

// Find are the cases in whose words every word of the query begins one, as far
// as the viewer may open them; at most limit. Nothing is logged of the query.
//
// req: CASE-4
func (s *Service) Find(ctx context.Context, v *web.Viewer, query string, limit int) (lines []Line, err error) {
	if err := s.requireList(v, "caseload.open"); err != nil || s.Index == nil {
		return nil, err
	}
	ids, err := s.Index.Find(ctx, v, query)
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := s.allowed(tx, v, ids, limit)
		if err != nil {
			return err
		}
		lines, err = s.lines(tx, v, rows)
		return err
	})
	return lines, err
}

// Named are the open cases of the viewer's agency whose code is said or in whose
// words every word of it begins one, whether or not the viewer may know of them:
// for the room that opens one because a life is in danger, and for nothing else.
// At most a few.
func (s *Service) Named(ctx context.Context, v *web.Viewer, said string) (out []string, err error) {
	if err := s.requireList(v, "caseload.open"); err != nil {
		return nil, err
	}
	var ids []string
	if s.Index != nil {
		if ids, err = s.Index.Find(ctx, v, said); err != nil {
			return nil, err
		}
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		byCode, err := db.All(tx, codeStmt, func(scan func(...any) error) (id string, err error) { return id, scan(&id) }, v.AgencyID, strings.ToLower(said))
		if err != nil {
			return err
		}
		for _, id := range append(byCode, ids[:min(len(ids), 20)]...) {
			row, err := caseByID(tx, id)
			if err != nil {
				return err
			}
			if row.AgencyID == v.AgencyID && row.State == Open && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
		return nil
	})
	return out, err
}

// allowed are the first of the cases that the viewer may open. Who sees only some
// of the agency's cases is not asked about each of the others.
func (s *Service) allowed(tx *db.Tx, v *web.Viewer, ids []string, limit int) (rows []stored, err error) {
	every, err := mayTeam(tx, v)
	if err != nil {
		return nil, err
	}
	some := map[string]bool{}
	if !every {
		err = tx.Each(ownIDsStmt, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			some[id] = true
			return err
		}, v.AgencyID, v.UserID, v.AgencyID, clock.Millis(s.Now()))
	}
	for _, id := range ids {
		if err != nil || len(rows) == limit {
			break
		}
		if !every && !some[id] {
			continue
		}
		a, failed := s.accessTo(tx, v, id)
		if err = failed; err == nil && s.Policy.Allowed(v.Actor(), "case.open", a.object()) {
			rows = append(rows, a.row)
		}
	}
	return rows, err
}

// Overdue is how many of the viewer's own open cases have something due before
// the moment, at most 100; it needs no key.
func (s *Service) Overdue(ctx context.Context, v *web.Viewer, before time.Time) (n int, err error) {
	if v == nil || v.AgencyID == "" {
		return 0, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(ownCountStmt, v.AgencyID, v.UserID, clock.Millis(before)).Scan(&n)
	})
	return n, err
}
