package directory

import (
	"context"
	"slices"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
)

// By says who changes something, and by which way. Name is kept beside the
// history, since editors ask each other; it is the name of staff or of a body,
// never of a person who is helped.
type By struct {
	User, Name, Agency string
	Way                Way
}

// Way is how by which a change came.
type Way string

// The ways.
const (
	ByEditor  Way = "editor"  // a coordinator or editor in the browser
	ByOwner   Way = "owner"   // a lead of the organisation's agency
	ByLink    Way = "link"    // the organisation, by the link of a round
	ByReport  Way = "report"  // a public report
	ByImport  Way = "import"  // a file
	ByRelease Way = "release" // the shipped content
)

// Change is one row as it shall be. Row.Revision is the revision that whoever
// changes it has seen; 0 with New for a row that is not there yet.
type Change struct {
	Row      Row
	New      bool
	Remove   bool   // takes the row out; its history stays and it can be restored
	Note     string // why, for the history
	NoteLang string // of a suggestion: in which its note is written, as typed
	Told     string // of a suggestion: what the program says of it to each reader, ToldGone or ToldWrong and the parts
	Sure     Sure   // what was verified in the same act; the rest of what changes counts as unverified

	// Confirmed: the owner of a hidden address wants it published, and a second
	// person made sure of it; see Settle.
	Confirmed bool
}

// Change writes rows in the caller's transaction: checked, in the history, in
// the audit log, and with a new version of the directory, which every instance
// notices. Parents are put before children, and taken out after them.
//
// It decides nothing about who may: the caller asks the policy first. A change
// of contacts by anybody but an editor who called goes through Suggest.
//
// Errors: fault.Stale when another change came between, with the name of the
// row; fault.Invalid with fields; fault.NotFound for a missing row or parent;
// fault.Conflict when a row that shall go still has children.
func (d *Directory) Change(tx *db.Tx, by By, at time.Time, changes ...Change) error {
	vocab, err := readVocabulary(tx)
	if err != nil {
		return err
	}
	var moved []string
	words := false
	for _, one := range parentsFirst(changes) {
		organization, err := d.change(tx, by, at, one, vocab)
		if err != nil {
			return fault.Wrap(err, "directory change", string(one.Row.Kind), one.Row.ID)
		}
		moved = append(moved, organization)
		if organization != "" {
			continue
		}
		words = true
		if vocab, err = readVocabulary(tx); err != nil { // what follows may name it
			return err
		}
	}
	if words { // a concept gives every entry another meaning
		moved = nil
	}
	return bumpVersion(tx, at, moved...)
}

// Bump makes every instance read the directory anew, after rows were written
// by other statements than Change's: whole files. It leaves no trail, so
// everything is read.
func (d *Directory) Bump(tx *db.Tx, at time.Time) error { return bumpVersion(tx, at) }

// parentsFirst sorts parents first, removals last and children before parents.
func parentsFirst(changes []Change) []Change {
	rank := func(c Change) int {
		at := slices.Index(Kinds, c.Row.Kind)
		if c.Remove {
			return 2*len(Kinds) - at
		}
		return at
	}
	out := slices.Clone(changes)
	slices.SortStableFunc(out, func(a, b Change) int { return rank(a) - rank(b) })
	return out
}

// change gives the organisation that changed; "" for a concept.
func (d *Directory) change(tx *db.Tx, by By, at time.Time, c Change, vocab Vocabulary) (organization string, err error) {
	old, found, err := readRow(tx, c.Row.Kind, c.Row.ID)
	if err != nil {
		return "", err
	}
	if err := c.fits(old, found); err != nil {
		return "", err
	}
	if err := c.keepsHidden(tx, old, found); err != nil {
		return "", err
	}
	next, action, err := c.version(tx, old, found)
	if err != nil {
		return "", err
	}
	within, err := organizationOf(tx, next)
	if err != nil {
		return "", err
	}
	if c.Remove {
		err = removeRow(tx, old, at)
	} else {
		err = c.put(tx, by, at, old, &next, within, vocab)
	}
	if err != nil {
		return "", err
	}
	return within.ID, writeHistory(tx, next, action, by, c.Note, at)
}

// fits says whether what is there is what the change was made for.
func (c Change) fits(old Row, found bool) error {
	switch {
	case c.New && found:
		return fault.New(fault.Conflict, "directory.error.taken")
	case !c.New && !found:
		return fault.New(fault.NotFound, "web.error.not-found")
	case found && old.Revision != c.Row.Revision:
		return fault.New(fault.Stale, "directory.error.stale", "name", old.Name())
	}
	return nil
}

// version is the row as the history will hold it, and by which act: as it will
// be, or as it was before it was removed. What was there before anybody changed
// it here is remembered first.
func (c Change) version(tx *db.Tx, old Row, found bool) (next Row, action string, err error) {
	next, action = c.Row, "changed"
	if !found {
		next.Revision, err = nextRevision(tx, next.Kind, next.ID)
		return next, "created", err
	}
	if c.Remove {
		next, action = old, "removed"
	}
	next.Parent, next.Revision = old.Parent, old.Revision+1
	return next, action, rememberFirst(tx, old)
}

// put checks the next version against the rules and puts it, with what counts
// as verified in it and whose words its texts are.
func (c Change) put(tx *db.Tx, by By, at time.Time, old Row, next *Row, within Organization, vocab Vocabulary) error {
	if err := settleChecks(tx, by, at, old, next, c.Sure); err != nil {
		return err
	}
	if problems := CheckRow(*next, within, vocab); len(problems) > 0 {
		return faultOf(problems)
	}
	if err := putRow(tx, *next, at); err != nil {
		return err
	}
	if c.New {
		if err := returned(tx, *next); err != nil {
			return err
		}
	}
	return noteTexts(tx, old, *next, by, at)
}

// keepsHidden refuses to open a hidden address, and to put the place of a
// shelter with an address that can be seen, unless a second person made sure
// that its owner wants it.
//
// req: DESK-1
func (c Change) keepsHidden(tx *db.Tx, old Row, found bool) error {
	if c.Row.Place == nil || c.Remove || c.Confirmed || c.Row.Place.Address == Hidden {
		return nil
	}
	wider := found && old.Place.Address == Hidden
	if !found {
		up, there, err := readRow(tx, KindService, c.Row.Parent)
		if err != nil {
			return err
		}
		wider = there && slices.Contains(up.Service.Roles, "shelter")
	}
	if !wider {
		return nil
	}
	return fault.Fields(fault.Field{Name: "address_visibility", Key: "desk.problem.confirm-address"})
}

// rememberFirst puts the version of a row that nobody changed here yet into the
// history, so that it can be brought back and compared with.
func rememberFirst(tx *db.Tx, old Row) error {
	if old.Revision != 0 {
		return nil
	}
	last, err := nextRevision(tx, old.Kind, old.ID)
	if err != nil || last > 1 {
		return err
	}
	at := old.Changed
	if at.IsZero() {
		at = clock.Time(0)
	}
	return insertHistory(tx, old, "released", By{Way: ByRelease}, "", at)
}

// organizationOf is the organisation in which a row stands, or would stand; of
// a concept none. Errors: fault.NotFound.
func organizationOf(tx *db.Tx, r Row) (Organization, error) {
	var err error
	for r.Organization == nil && err == nil {
		switch r.Kind {
		case KindConcept:
			return Organization{}, nil
		case KindOrganization: // about to be taken out, without content
			r, err = standing(tx, KindOrganization, r.ID)
		case KindPlace:
			r, err = standing(tx, KindService, r.Parent)
		default:
			r, err = standing(tx, KindOrganization, r.Parent)
		}
	}
	if err != nil {
		return Organization{}, err
	}
	return *r.Organization, nil
}

// standing is a row that has to be there. Errors: fault.NotFound.
func standing(tx *db.Tx, kind Kind, rowID string) (Row, error) {
	r, found, err := readRow(tx, kind, rowID)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "web.error.not-found")
	}
	return r, err
}

// OrganizationOf is the organisation to which a row belongs; fault.NotFound
// when it is not there.
func (d *Directory) OrganizationOf(tx *db.Tx, kind Kind, rowID string) (Organization, error) {
	r, err := standing(tx, kind, rowID)
	if err != nil {
		return Organization{}, err
	}
	return organizationOf(tx, r)
}

// Row is one stored row with everything hidden, for editors.
// Errors: fault.NotFound.
func (d *Directory) Row(tx *db.Tx, kind Kind, rowID string) (Row, error) {
	return standing(tx, kind, rowID)
}

// Tree is an organisation as editors see it: all rows with their revisions.
type Tree struct {
	Organization Row
	Services     []Row
	Places       map[string][]Row // by service
}

// Tree reads an organisation with all that belongs to it.
// Errors: fault.NotFound.
func (d *Directory) Tree(tx *db.Tx, organization string) (Tree, error) {
	var t Tree
	var err error
	if t.Organization, err = d.Row(tx, KindOrganization, organization); err != nil {
		return t, err
	}
	if t.Services, err = readChildren(tx, KindService, organization); err != nil {
		return t, err
	}
	t.Places = map[string][]Row{}
	for _, s := range t.Services {
		if t.Places[s.ID], err = readChildren(tx, KindPlace, s.ID); err != nil {
			return t, err
		}
	}
	return t, nil
}

// Rows are all rows of a kind, in the order of the directory; for work lists.
func (d *Directory) Rows(tx *db.Tx, kind Kind) ([]Row, error) { return readAll(tx, kind) }

// Past is one version in a row's history.
type Past struct {
	ID     string
	Row    Row    // as it was after this change, or before it was removed
	Action string // created, changed, removed, released
	By     By
	Note   string
	At     time.Time
}

// History lists the versions of a row, newest first, at most 200. Rows that
// were never changed here have none.
func (d *Directory) History(tx *db.Tx, kind Kind, rowID string) ([]Past, error) {
	return readHistory(tx, historyOfStmt, string(kind), rowID)
}

// Latest lists the newest changes of the whole directory before a time.
func (d *Directory) Latest(tx *db.Tx, before time.Time, n int) ([]Past, error) {
	return readHistory(tx, latestHistoryStmt, clock.Millis(before), int64(n))
}

// Restore is the change that brings back an earlier version: the row as it was
// in past, on top of what is there now.
func (d *Directory) Restore(tx *db.Tx, pastID, note string) (Change, error) {
	past, err := d.Past(tx, pastID)
	if err != nil {
		return Change{}, err
	}
	c := Change{Row: past.Row, Note: note}
	now, found, err := readRow(tx, c.Row.Kind, c.Row.ID)
	c.Row.Revision, c.New = now.Revision, !found
	return c, err
}

// VersionOf is a row as it was at a revision. Errors: fault.NotFound.
func (d *Directory) VersionOf(tx *db.Tx, kind Kind, rowID string, revision int64) (Row, error) {
	past, err := db.First(readHistory(tx, versionOfStmt, string(kind), rowID, revision))
	return past.Row, err
}

// Past is one version by its identifier. Errors: fault.NotFound.
func (d *Directory) Past(tx *db.Tx, pastID string) (Past, error) {
	return db.First(readHistory(tx, pastStmt, pastID))
}

func insertHistory(tx *db.Tx, r Row, action string, by By, note string, at time.Time) error {
	doc, err := r.document()
	if err != nil {
		return err
	}
	_, err = tx.Exec(insertHistoryStmt, id.New(), string(r.Kind), r.ID, r.Parent, r.Revision, action, string(by.Way),
		by.User, by.Name, by.Agency, strings.TrimSpace(note), doc, clock.Millis(at))
	return err
}

func writeHistory(tx *db.Tx, r Row, action string, by By, note string, at time.Time) error {
	if err := insertHistory(tx, r, action, by, note, at); err != nil {
		return err
	}
	return audit.Record(tx, audit.Event{At: at, Actor: by.User, Agency: by.Agency, Action: "directory." + action,
		Object: "directory/" + string(r.Kind) + "/" + r.ID, Purpose: string(by.Way)})
}

// Vocabulary is the concepts as the directory answers with them now.
func (d *Directory) Vocabulary(ctx context.Context) (Vocabulary, error) {
	s, err := d.snapshot(ctx)
	if err != nil {
		return Vocabulary{}, err
	}
	return s.vocab, nil
}
