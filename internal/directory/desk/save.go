package desk

import (
	"slices"
	"strings"
	"time"

	"amelie/internal/db"
	"amelie/internal/directory"
)

// Outcome is what became of a saved form.
type Outcome struct {
	Nothing   bool     // nothing was different
	Live      bool     // something is on the pages now
	Waits     bool     // changed contacts wait for an editor's call
	Merged    []string // what somebody else had changed meanwhile and is kept, as fields
	Conflicts []string // what both changed: nothing was saved; see Mine and Now
	Mine, Now directory.Row
}

// onlyEditors are the fields that say what a body is to others: its own agency
// does not decide them.
var onlyEditors = map[directory.Kind][]string{
	directory.KindOrganization: {"ID", "Country", "Kind", "Group", "Parent", "Findings", "Verified", "Source"},
	directory.KindService:      {"ID", "Roles", "Places", "Findings", "Verified"},
	directory.KindPlace:        {"ID"},
}

// noForm are the fields that no form changes.
var noForm = map[directory.Kind][]string{
	directory.KindOrganization: {"ID", "Country", "Findings", "Verified", "Source"},
	directory.KindService:      {"ID", "Findings", "Verified"},
	directory.KindPlace:        {"ID"},
}

// with gives row the fields of other.
func with(row, other directory.Row, fields []string) (directory.Row, error) {
	mine, err := row.Fields()
	if err != nil {
		return row, err
	}
	theirs, err := other.Fields()
	if err != nil {
		return row, err
	}
	for _, f := range fields {
		if v, ok := theirs[f]; ok {
			mine[f] = v
		} else {
			delete(mine, f)
		}
	}
	return row.With(mine)
}

// Grounds is why something is changed, and whether the author made sure.
type Grounds struct {
	Note string
	How  directory.How // "" when nobody made sure
}

// save writes mine, which was made from the version base, in the caller's
// transaction. What others changed since is kept; where both changed the same
// field, nothing is saved and the outcome shows both.
//
// req: DESK-3
func (k *Desk) save(tx *db.Tx, who directory.By, r rights, at time.Time, base, mine directory.Row, why Grounds) (Outcome, error) {
	now, err := k.d.Row(tx, mine.Kind, mine.ID)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Now: now}
	if out.Mine, err = with(mine, base, noForm[mine.Kind]); err != nil {
		return out, err
	}
	if now.Revision != base.Revision {
		merged, conflicts, err := directory.Merge(base, out.Mine, now)
		if err != nil {
			return out, err
		}
		if len(conflicts) > 0 {
			out.Conflicts = conflicts
			return out, nil
		}
		if out.Merged, err = directory.Differences(base, now); err != nil {
			return out, err
		}
		out.Mine = merged
	}
	out.Mine.Revision = now.Revision
	return k.put(tx, who, r, at, out, why)
}

// put writes the merged row: at once for an editor; for a body's own agency
// the words at once and the contacts as a suggestion.
func (k *Desk) put(tx *db.Tx, who directory.By, r rights, at time.Time, out Outcome, why Grounds) (Outcome, error) {
	mine, now := out.Mine, out.Now
	var err error
	if !r.Edit {
		if mine, err = with(mine, now, onlyEditors[mine.Kind]); err != nil {
			return out, err
		}
	}
	changed, err := directory.Differences(now, mine)
	if err != nil || len(changed) == 0 {
		out.Nothing = err == nil
		return out, err
	}
	if r.Edit {
		out.Live = true
		return out, k.d.Change(tx, who, at, directory.Change{Row: mine, Note: why.Note, Sure: sureOf(mine.Kind, changed, why.How)})
	}
	waiting := keptBack(mine.Kind, changed)
	words, err := with(mine, now, waiting)
	if err != nil {
		return out, err
	}
	if len(waiting) < len(changed) {
		out.Live = true
		if err := k.d.Change(tx, who, at, directory.Change{Row: words, Note: why.Note}); err != nil {
			return out, err
		}
	}
	if len(waiting) > 0 {
		out.Waits = true
		if words, err = k.d.Row(tx, mine.Kind, mine.ID); err != nil {
			return out, err
		}
		if words, err = with(words, mine, waiting); err != nil {
			return out, err
		}
		_, err = k.d.Suggest(tx, who, at, directory.Change{Row: words, Note: why.Note})
	}
	return out, err
}

// sureOf are the parts of a row that changed, as verified in the same act.
func sureOf(kind directory.Kind, changed []string, how directory.How) directory.Sure {
	sure := directory.Sure{How: how}
	if !slices.Contains(directory.Hows, how) {
		return directory.Sure{}
	}
	for _, p := range directory.Parts {
		if slices.ContainsFunc(directory.PartFields[kind][p], func(f string) bool { return slices.Contains(changed, f) }) {
			sure.Parts = append(sure.Parts, p)
		}
	}
	return sure
}

// keptBack are the changed fields that wait for an editor: contacts, and who
// sees what.
func keptBack(kind directory.Kind, changed []string) []string {
	return slices.DeleteFunc(slices.Clone(changed), func(f string) bool {
		return f != "Hide" && !slices.Contains(directory.ContactFields[kind], f)
	})
}

// takeMine puts the fields that the reader chose from mine into the merged row.
// Paths are those of directory.Merge: "Phones", "Summary.el", "Hours.Open".
func takeMine(merged, mine directory.Row, paths []string) (directory.Row, error) {
	out, err := merged.Fields()
	if err != nil {
		return merged, err
	}
	from, err := mine.Fields()
	if err != nil {
		return merged, err
	}
	for _, p := range paths {
		copyPath(out, from, strings.Split(p, "."))
	}
	return merged.With(out)
}

func copyPath(to, from map[string]any, path []string) {
	name := path[0]
	if len(path) == 1 {
		to[name] = from[name]
		return
	}
	inner, _ := to[name].(map[string]any)
	if inner == nil {
		inner = map[string]any{}
	}
	source, _ := from[name].(map[string]any)
	copyPath(inner, source, path[1:])
	to[name] = inner
}
