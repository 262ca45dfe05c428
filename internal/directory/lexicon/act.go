package lexicon

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/web"
)

// act is one change of many rows: a concept that was split, or merged into
// another. It can be taken back as one for a year.
type act struct {
	ID, What string // What: split or merge
	Concept  string // what was split or merged, as it was called
	Into     string // what it became, as they were called
	By       directory.By
	At       time.Time
	rows     []actRow
}

// actRow is the revisions of one row before and after; absent: it was not
// there.
type actRow struct {
	kind          directory.Kind
	id            string
	before, after int64
}

const (
	absent    = int64(-1)
	actMonths = 12 // for so long an act can be taken back
	shownActs = 10
)

// carryOut makes changes in one, and remembers them as an act.
func (l *Lexicon) carryOut(tx *db.Tx, a act, changes []directory.Change) error {
	if err := l.d.Change(tx, a.By, a.At, changes...); err != nil {
		return err
	}
	a.ID = id.New()
	for _, c := range changes {
		row := actRow{c.Row.Kind, c.Row.ID, c.Row.Revision, absent}
		if c.New {
			row.before = absent
		}
		if !c.Remove {
			now, err := l.d.Row(tx, row.kind, row.id)
			if err != nil {
				return err
			}
			row.after = now.Revision
		}
		a.rows = append(a.rows, row)
	}
	if err := insertAct(tx, a); err != nil {
		return err
	}
	return record(tx, a.By, "directory.concept-"+a.What, "directory/act/"+a.ID, a.At)
}

// undo takes an act back.
func (l *Lexicon) undo(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = l.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		if err := l.may(tx, c.Viewer); err != nil {
			return err
		}
		if again, err := pressedAgain(tx, c, f); err != nil || again {
			return err
		}
		a, err := readAct(tx, f.Value("act"))
		if err != nil {
			return err
		}
		b := &backward{l: l, tx: tx, act: a, gone: map[string]bool{}}
		changes, err := b.changes()
		if err != nil {
			return err
		}
		if err := l.d.Change(tx, by(c.Viewer), c.Now(), changes...); err != nil {
			return err
		}
		if err := deleteAct(tx, a.ID); err != nil {
			return err
		}
		return record(tx, by(c.Viewer), "directory.concept-"+a.What+"-undone", "directory/act/"+a.ID, c.Now())
	})
	if err != nil {
		return err
	}
	l.d.Refresh()
	c.Flash("lexicon.done.undone")
	return c.Redirect("/desk/words")
}

// backward takes an act back: rows that nobody changed since become what they
// were; of others only what the act changed. Concepts that it made go, and
// whoever names one of them by now names the old one.
//
// req: LEXICON-8
type backward struct {
	l    *Lexicon
	tx   *db.Tx
	act  act
	gone map[string]bool // concepts that the act made
	old  string          // the concept that it split
}

func (b *backward) changes() ([]directory.Change, error) {
	next := map[string]directory.Row{}
	var out []directory.Change
	for _, r := range b.act.rows {
		switch {
		case r.before == absent:
			b.gone[r.id] = true
		case r.after == absent:
			change, there, err := b.bring(r)
			if err != nil {
				return nil, err
			}
			if !there {
				out = append(out, change)
			}
		default:
			row, found, err := b.before(r)
			if err != nil {
				return nil, err
			}
			if found {
				next[key(r.kind, r.id)] = row
			}
		}
		if r.kind == directory.KindConcept && r.before != absent {
			b.old = cmp.Or(b.old, r.id)
		}
	}
	rest, err := b.forget(next)
	return append(out, rest...), err
}

func key(kind directory.Kind, rowID string) string { return string(kind) + "/" + rowID }

// bring is the change that brings back a row that the act took out; there says
// that somebody did so meanwhile.
func (b *backward) bring(r actRow) (change directory.Change, there bool, err error) {
	if _, err = b.l.d.Row(b.tx, r.kind, r.id); err == nil {
		return change, true, nil
	} else if fault.KindOf(err) != fault.NotFound {
		return change, false, err
	}
	row, err := b.l.d.VersionOf(b.tx, r.kind, r.id, r.before)
	return directory.Change{Row: row, New: true}, false, err
}

// before is a row with what the act changed taken back; found is false when
// it is not there any more.
func (b *backward) before(r actRow) (row directory.Row, found bool, err error) {
	now, err := b.l.d.Row(b.tx, r.kind, r.id)
	if fault.KindOf(err) == fault.NotFound {
		return row, false, nil
	}
	if err != nil {
		return row, false, err
	}
	if row, err = b.l.d.VersionOf(b.tx, r.kind, r.id, r.before); err != nil {
		return row, false, err
	}
	if now.Revision != r.after {
		with, err := b.l.d.VersionOf(b.tx, r.kind, r.id, r.after)
		if err != nil {
			return row, false, err
		}
		// What both changed stays as it is by now.
		row, _, err = directory.Merge(with, row, now)
		if err != nil {
			return row, false, err
		}
	}
	row.Revision = now.Revision
	return row, true, nil
}

// forget are the changes to next, and to every other row that names a concept
// that goes; those go last.
func (b *backward) forget(next map[string]directory.Row) (out []directory.Change, err error) {
	for _, kind := range []directory.Kind{directory.KindConcept, directory.KindService} {
		rows, err := b.l.d.Rows(b.tx, kind)
		if err != nil {
			return nil, err
		}
		for _, now := range rows {
			if kind == directory.KindConcept && b.gone[now.ID] {
				out = append(out, directory.Change{Row: now, Remove: true})
				continue
			}
			row, changed := next[key(kind, now.ID)]
			if !changed {
				row = now
			}
			row, named, err := b.unname(row)
			if err != nil {
				return nil, err
			}
			if changed || named {
				out = append(out, directory.Change{Row: row})
			}
		}
	}
	return out, nil
}

// unname is a row that names the old concept instead of those that go.
func (b *backward) unname(row directory.Row) (directory.Row, bool, error) {
	named := row.Concept != nil && b.gone[row.Concept.Broader]
	if row.Service != nil {
		for _, list := range conceptsOf(row.Service) {
			named = named || slices.ContainsFunc(*list, func(id string) bool { return b.gone[id] })
		}
	}
	if !named {
		return row, false, nil
	}
	row, err := row.Copy()
	if err != nil {
		return row, false, err
	}
	if row.Concept != nil {
		row.Concept.Broader = b.old
		return row, true, nil
	}
	for _, list := range conceptsOf(row.Service) {
		for id := range b.gone {
			if slices.Contains(*list, id) {
				swap(list, id, b.old)
			}
		}
	}
	return row, true, nil
}

// actLines tell what was done lately.
func actLines(c *web.Ctx, list []act) (out []web.M) {
	for _, a := range list {
		out = append(out, web.M{"id": a.ID, "who": a.By.Name, "when": c.DateTime(a.At),
			"what": c.T("lexicon.act."+a.What, "concept", a.Concept, "into", a.Into)})
	}
	return out
}

// namesOf are the English labels of concepts, as an act keeps them.
func namesOf(list []directory.Concept) string {
	var out []string
	for _, one := range list {
		out = append(out, one.Labels.In("en"))
	}
	return strings.Join(out, ", ")
}
