package casework

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"amelie/internal/ask"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/document"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

// Beginning is what a new case starts with: kinds and what was answered to each.
// Only the chosen name is needed.
type Beginning struct {
	Source  string // referral whose packet it takes over, "" for none
	Answers map[string]ask.Answer
	Once    string
	Taken   []Taken // what it takes over from another agency's file, after the answers
	// Also is done in the same transaction, when the case was opened by it; nil:
	// nothing.
	Also func(tx *db.Tx, row Row) error
}

// New opens a case for the viewer and says its identifier. The same once token
// gives the same case, and a referral is opened once by an agency.
func (s *Service) New(ctx context.Context, v *web.Viewer, b Beginning) (string, error) {
	caseID := id.New()
	if id.Valid(b.Once) {
		caseID = b.Once
	}
	first, err := s.first(ctx, v, caseID, b)
	if err != nil {
		return "", err
	}
	pen, err := s.newPen(ctx, v, caseID, first)
	if err != nil {
		return "", err
	}
	now := s.Now()
	row := stored{Row: Row{ID: caseID, AgencyID: v.AgencyID, WorkerID: v.UserID, State: Open, OpenedAt: now, Changed: now, Source: b.Source, Version: 1}}
	person, _ := b.person()
	if row.gen, row.env, err = pen.head(marshal(headOf(person))); err != nil {
		return "", err
	}
	var learn []func(*db.Tx) error
	for i := range first {
		if err := first[i].seal(pen); err != nil {
			return "", err
		}
		first[i].body = nil
		note, err := s.note(ctx, v, caseID, first[i])
		if err != nil {
			return "", err
		}
		learn = append(learn, note)
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if again, err := s.opened(tx, v, b.Source); again != "" || err != nil {
			caseID = cmp.Or(again, caseID)
			return err
		}
		fresh, err := s.insert(tx, v, row, pen, first, learn)
		if err != nil || !fresh || b.Also == nil {
			return err
		}
		return b.Also(tx, row.Row)
	})
	return caseID, err
}

// opened is the case that the agency opened from a referral already; "" for none.
func (s *Service) opened(tx *db.Tx, v *web.Viewer, source string) (caseID string, err error) {
	if err := s.requireList(v, "caseload.open"); err != nil || source == "" {
		return "", err
	}
	err = tx.Row(caseSourceStmt, source, v.AgencyID).Scan(&caseID)
	if db.NoRows(err) {
		return "", nil
	}
	return caseID, err
}

// insert writes a new case; false when the button was pressed twice.
func (s *Service) insert(tx *db.Tx, v *web.Viewer, row stored, pen *Pen, first []draftEntry, learn []func(*db.Tx) error) (bool, error) {
	n, err := insertCase(tx, row)
	if err != nil || n == 0 {
		return false, err
	}
	if err := pen.write(tx, row.OpenedAt); err != nil {
		return false, err
	}
	for i, e := range first {
		if err := e.insert(tx, v, row.ID, row.OpenedAt); err != nil {
			return false, err
		}
		if err := s.wrote(tx, row.Row, e); err != nil {
			return false, err
		}
		if err := learn[i](tx); err != nil {
			return false, err
		}
	}
	if err := s.happened(tx, v, row.ID, "begin", "", row.Source); err != nil {
		return false, err
	}
	return true, setTouched(tx, row.ID, row.OpenedAt)
}

// newPen makes the keys of a new case.
func (s *Service) newPen(ctx context.Context, v *web.Viewer, caseID string, first []draftEntry) (*Pen, error) {
	if err := s.requireList(v, "caseload.open"); err != nil {
		return nil, err
	}
	publics := map[string]recipient{}
	var owner holder
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		owner, err = s.holder(tx, publics, v.AgencyID)
		return err
	})
	if err != nil {
		return nil, err
	}
	p := &Pen{caseID: caseID, owner: v.AgencyID, parts: map[Part]standing{},
		keys: &Keys{caseID: caseID, gens: gens{}, parts: map[Part]epochs{}}}
	for _, e := range first {
		p.parts[e.part] = standing{owner: owner}
	}
	return p, p.prepare(true, "", publics)
}

// headOf is what lists show of what was written about the person.
func headOf(person ask.Answer) Head {
	return Head{Name: person.One("name"), Pronoun: person.One("pronoun")}
}

// draftEntry is an entry on its way into a case.
type draftEntry struct {
	id      string
	kind    Kind
	part    Part
	rev     int64
	due     time.Time
	content Content
	body    []byte // of a document
	epoch   int64
	env     []byte
	chunks  [][]byte // the body, sealed
}

func (e *draftEntry) seal(p *Pen) (err error) {
	e.chunks, err = document.Seal(e.body, func(n int, piece []byte) ([]byte, error) {
		_, env, err := p.Seal(e.part, chunkPlace(e.id, n), piece)
		return env, err
	})
	if err != nil {
		return err
	}
	e.epoch, e.env, err = p.Seal(e.part, entryPlace(e.id, e.rev), marshal(e.content))
	return err
}

func (e draftEntry) insert(tx *db.Tx, v *web.Viewer, caseID string, at time.Time) error {
	now := clock.Millis(at)
	if _, err := tx.Exec(entryInsertStmt, e.id, caseID, string(e.part), e.kind.ID, e.epoch, v.UserID, v.Name, v.AgencyID, now, now, clock.Millis(e.due), e.env); err != nil {
		return err
	}
	for n, env := range e.chunks {
		if _, err := tx.Exec(chunkInsertStmt, e.id, n, caseID, env); err != nil {
			return err
		}
	}
	return nil
}

// first are the entries that a case begins with, in the order of the file, its rooms'
// after its own.
func (s *Service) first(ctx context.Context, v *web.Viewer, caseID string, b Beginning) (out []draftEntry, err error) {
	_, person := b.person()
	for _, k := range s.Kinds() {
		posted := b.Answers[k.ID]
		if len(posted) == 0 && (k.ID != "person" || person) {
			continue
		}
		if k, err = s.offering(ctx, v, caseID, "", k, posted[signs]); err != nil {
			return nil, err
		}
		a, due, err := k.clean(posted, s.Here())
		if err != nil {
			return nil, err
		}
		out = append(out, draftEntry{id: id.New(), kind: k, part: k.Part, rev: 1, due: due, content: Content{Version: ContentVersion, Fields: a}})
	}
	taken, err := s.taken(b)
	return append(out, taken...), err
}

// note prepares what the index learns of an entry.
func (s *Service) note(ctx context.Context, v *web.Viewer, caseID string, e draftEntry) (func(*db.Tx) error, error) {
	words := s.words(ctx, v, e.kind, e.content.Fields)
	if s.Index == nil || len(e.kind.Words) == 0 {
		return func(*db.Tx) error { return nil }, nil
	}
	return s.Index.Prepare(ctx, v, caseID, e.id, words)
}

// Typed is what somebody wrote into the form of an entry.
type Typed struct {
	Kind   string
	Entry  string // the entry that it changes; "" for a new one
	Rev    int64  // of the version that was shown
	Posted map[string][]string
	Once   string
	// Also is done in the same transaction, after what was typed is written; nil:
	// nothing. row is the case as it was before.
	Also func(tx *db.Tx, row Row) error
}

// Save writes an entry, or the next version of one, and says its identifier.
// Earlier versions stay. Where somebody else wrote meanwhile, nothing is
// written: who asks shows both, and what is saved then follows the other's.
// Errors: fault.Invalid with the fields; fault.Stale "casework.error.stale".
//
// req: CASE-5
func (s *Service) Save(ctx context.Context, v *web.Viewer, caseID string, t Typed) (string, error) {
	k, ok := s.kind(t.Kind)
	if !ok || k.ID == "document" { // a document comes and stays with its file
		return "", errNotFound
	}
	k, err := s.offering(ctx, v, caseID, t.Entry, k, t.Posted[signs])
	if err != nil {
		return "", err
	}
	a, due, err := k.clean(t.Posted, s.Here())
	if err != nil {
		return "", err
	}
	if t.Entry != "" && t.Rev < 1 { // never taken for a second press of the first
		return "", fault.New(fault.Stale, "casework.error.stale")
	}
	e := draftEntry{id: t.Entry, kind: k, part: k.Part, rev: t.Rev + 1, due: due, content: Content{Version: ContentVersion, Fields: a}}
	if t.Entry == "" {
		e.rev, e.id = 1, id.New()
		if id.Valid(t.Once) {
			e.id = t.Once
		}
	}
	return e.id, s.put(ctx, v, caseID, &e, t.Also)
}

// put writes a new entry, or a version that follows the one before.
func (s *Service) put(ctx context.Context, v *web.Viewer, caseID string, e *draftEntry, also func(tx *db.Tx, row Row) error) error {
	if err := s.gate(ctx, v, caseID, e); err != nil {
		return err
	}
	var gen int64
	var env []byte
	var learn func(*db.Tx) error
	var pen *Pen
	seal := func(p *Pen) (err error) {
		pen = p
		if learn, err = s.note(ctx, v, caseID, *e); err != nil {
			return err
		}
		if e.kind.ID == "person" && len(p.keys.gens) > 0 {
			if gen, env, err = p.head(marshal(headOf(e.content.Fields))); err != nil {
				return err
			}
		}
		return e.seal(p)
	}
	return s.Write(ctx, v, caseID, []Part{e.part}, seal, func(tx *db.Tx, row Row) error {
		if row.State != Open {
			return fault.New(fault.Conflict, "casework.error.closed")
		}
		wrote, err := s.putIn(tx, v, row, e)
		if err == nil && !wrote {
			err = twice(tx, pen, e)
		}
		if err != nil || !wrote {
			return err
		}
		if err := s.wrote(tx, row, *e); err != nil {
			return err
		}
		if err := s.followed(tx, v, caseID, e.id); err != nil {
			return err
		}
		if env != nil {
			if _, err := tx.Exec(caseHeadStmt, gen, env, caseID); err != nil {
				return err
			}
		}
		if err := learn(tx); err != nil || also == nil {
			return err
		}
		return also(tx, row)
	})
}

// putIn writes the row of an entry. It is false when the button was pressed
// twice.
func (s *Service) putIn(tx *db.Tx, v *web.Viewer, row Row, e *draftEntry) (bool, error) {
	now := s.Now()
	if e.rev == 1 {
		if _, err := entryByID(tx, row.ID, e.id); err == nil || fault.KindOf(err) != fault.NotFound {
			return false, err
		}
		if err := onlyOne(tx, row.ID, e.kind); err != nil {
			return false, err
		}
		if err := e.insert(tx, v, row.ID, now); err != nil {
			return false, err
		}
		return true, s.happened(tx, v, row.ID, "write."+e.kind.ID, e.part, e.id)
	}
	was, err := entryByID(tx, row.ID, e.id)
	if err != nil {
		return false, err
	}
	if was.Rev != e.rev-1 || was.Kind != e.kind.ID || was.Part != e.part {
		return false, fault.New(fault.Stale, "casework.error.stale")
	}
	if _, err := tx.Exec(entryKeepStmt, e.id); err != nil {
		return false, err
	}
	n, err := tx.Exec(entryReviseStmt, e.epoch, v.UserID, v.Name, v.AgencyID, clock.Millis(now), clock.Millis(e.due), clock.Millis(e.due), e.env, e.id, was.Rev)
	if err == nil && n != 1 {
		err = fault.New(fault.Stale, "casework.error.stale")
	}
	if err != nil {
		return false, err
	}
	return true, s.happened(tx, v, row.ID, "change."+e.kind.ID, e.part, e.id)
}

// twice says what it means that there is an entry with the token of a form: the
// same button pressed twice. Other words that come with a token that served are
// never dropped in silence. Errors: fault.Stale "casework.error.served".
//
// req: CASE-5
func twice(tx *db.Tx, p *Pen, e *draftEntry) error {
	was, err := entryByID(tx, p.caseID, e.id)
	if err != nil {
		return err
	}
	if was.Kind == e.kind.ID && was.Part == e.part && p.keys.Can(was.Part, was.Epoch) {
		content, err := openContent(p.keys, was.Part, was.Epoch, was.env, was.ID, was.Rev)
		if err != nil || maps.EqualFunc(content.Fields, e.content.Fields, slices.Equal[[]string]) {
			return err
		}
	}
	return fault.New(fault.Stale, "casework.error.served")
}

// onlyOne refuses a second entry of a kind that a file has once: somebody else
// began it meanwhile.
func onlyOne(tx *db.Tx, caseID string, k Kind) error {
	if !k.Single {
		return nil
	}
	there, err := db.All(tx, entryKindStmt, scanEntry, caseID, k.ID)
	if err == nil && len(there) > 0 {
		err = fault.New(fault.Stale, "casework.error.stale")
	}
	return err
}

// gate lets a contact be noted only by a channel that the person named as safe.
// What is not written down as safe is not safe.
//
// req: CASE-2
func (s *Service) gate(ctx context.Context, v *web.Viewer, caseID string, e *draftEntry) error {
	if e.kind.ID != "attempt" || e.content.Fields.One("outcome") == "came" { // the person came by own choice
		return nil
	}
	contact, err := s.single(ctx, v, caseID, "contact")
	if err != nil {
		return err
	}
	if !Safe(contact.Fields, e.content.Fields.One("by")) {
		return fault.Fields(fault.Field{Name: "by", Key: "casework.error.channel"})
	}
	return nil
}

// single opens the one entry of a kind; an empty one when there is none.
func (s *Service) single(ctx context.Context, v *web.Viewer, caseID, kind string) (Entry, error) {
	list, err := s.entries(ctx, v, caseID, func(tx *db.Tx) ([]storedEntry, error) {
		return db.All(tx, entryKindStmt, scanEntry, caseID, kind)
	})
	if err != nil || len(list) == 0 {
		return Entry{}, err
	}
	return list[0], nil
}

// Done ticks off a task or an appointment, or takes the tick back.
func (s *Service) Done(ctx context.Context, v *web.Viewer, caseID, entryID string, done bool) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.require(tx, v, caseID, "case.know")
		if err != nil {
			return err
		}
		e, err := entryByID(tx, caseID, entryID)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(v.Actor(), "part.write", a.part(e.Part)); err != nil {
			return err
		}
		if done == !e.DoneAt.IsZero() {
			return nil
		}
		at, action := time.Time{}, "undo."+e.Kind
		if done {
			at, action = s.Now(), "done."+e.Kind
		}
		if _, err := tx.Exec(entryDoneStmt, clock.Millis(at), entryID); err != nil {
			return err
		}
		if err := s.happened(tx, v, caseID, action, e.Part, entryID); err != nil {
			return err
		}
		if err := s.followed(tx, v, caseID, entryID); err != nil {
			return err
		}
		return setTouched(tx, caseID, s.Now())
	})
}

// entries opens what read gives of a case, as far as the viewer may read it.
func (s *Service) entries(ctx context.Context, v *web.Viewer, caseID string, read func(*db.Tx) ([]storedEntry, error)) ([]Entry, error) {
	var list []storedEntry
	var keys *Keys
	var parts []Part
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err := s.require(tx, v, caseID, "case.open")
		if err != nil {
			return err
		}
		if list, err = read(tx); err != nil {
			return err
		}
		parts = s.may(v, "part.read", a)
		keys, err = s.openKeys(tx, s.opener(v), a, parts)
		return err
	})
	if err != nil {
		return nil, err
	}
	return opened(list, parts, keys)
}

// opened opens the entries of the parts; what was sealed before the first epoch
// that the reader was given is left out.
func opened(list []storedEntry, parts []Part, keys *Keys) (out []Entry, err error) {
	for _, e := range list {
		if !slices.Contains(parts, e.Part) || !keys.Can(e.Part, e.Epoch) {
			continue
		}
		c, err := openContent(keys, e.Part, e.Epoch, e.env, e.ID, e.Rev)
		if err != nil {
			return nil, err
		}
		out = append(out, Entry{e.EntryRow, c})
	}
	return out, nil
}

func openContent(keys *Keys, part Part, epoch int64, env []byte, entryID string, rev int64) (c Content, err error) {
	plain, err := keys.Open(part, epoch, env, entryPlace(entryID, rev))
	if err != nil {
		return c, fault.Wrap(err, "open entry", entryID)
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return c, fault.Wrap(err, "read entry", entryID)
	}
	if c.Version < 1 || c.Version > ContentVersion {
		return c, fault.New(fault.Unavailable, "casework.error.newer").Because(fmt.Errorf("version %d", c.Version))
	}
	return c, nil
}

// Entry opens one entry and its earlier versions, newest first.
// Errors: fault.NotFound, also for a part that the viewer may not read.
func (s *Service) Entry(ctx context.Context, v *web.Viewer, caseID, entryID string) (e Entry, versions []Version, err error) {
	var keys *Keys
	var row storedEntry
	var former []storedVersion
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err := s.require(tx, v, caseID, "case.open")
		if err != nil {
			return err
		}
		if row, err = entryByID(tx, caseID, entryID); err != nil {
			return err
		}
		if err := s.Policy.Require(v.Actor(), "part.read", a.part(row.Part)); err != nil {
			return err
		}
		if former, err = db.All(tx, versionsStmt, scanVersion, entryID, caseID); err != nil {
			return err
		}
		keys, err = s.openKeys(tx, s.opener(v), a, []Part{row.Part})
		return err
	})
	if err != nil {
		return e, nil, err
	}
	if !keys.Can(row.Part, row.Epoch) {
		return e, nil, errNotFound
	}
	e.EntryRow = row.EntryRow
	if e.Content, err = openContent(keys, row.Part, row.Epoch, row.env, row.ID, row.Rev); err != nil {
		return e, nil, err
	}
	for _, f := range former {
		if !keys.Can(row.Part, f.epoch) {
			continue
		}
		if f.Content, err = openContent(keys, row.Part, f.epoch, f.env, row.ID, f.Rev); err != nil {
			return e, nil, err
		}
		versions = append(versions, f.Version)
	}
	return e, versions, nil
}
