package lexicon

import (
	"slices"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// retirePost takes a concept out of the vocabulary, into another one if given.
func (l *Lexicon) retirePost(c *web.Ctx, f *web.Form) error {
	all, err := l.d.Everyone(c.Context())
	if err != nil {
		return err
	}
	e := &edit{l: l, c: c, all: all}
	into := f.Value("into")
	err = l.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		if err := l.may(tx, c.Viewer); err != nil {
			return err
		}
		if again, err := pressedAgain(tx, c, f); err != nil || again {
			return err
		}
		if err := e.read(tx); err != nil {
			return err
		}
		e.mine, e.revision = e.now, e.now.Revision
		changes, err := e.retire(into, f.Value("note"))
		if err != nil {
			return err
		}
		target := slices.IndexFunc(e.rows, func(r directory.Row) bool { return r.ID == into })
		if target < 0 {
			return l.d.Change(tx, by(c.Viewer), c.Now(), changes...)
		}
		return l.carryOut(tx, act{What: "merge", Concept: e.now.Name(), Into: e.rows[target].Name(), By: by(c.Viewer), At: c.Now()}, changes)
	})
	if f.Add(err) {
		return e.render()
	}
	if err != nil {
		return err
	}
	l.d.Refresh()
	c.Flash("lexicon.done.retired")
	if into != "" {
		return c.Redirect("/desk/words/" + into)
	}
	return c.Redirect("/desk/words")
}

// retire are the changes that take a concept out: every service that names it
// names the other one instead, its narrower concepts move up, its words go
// along. Without another one it is refused while a service names it.
//
// req: LEXICON-7
func (e *edit) retire(into, note string) ([]directory.Change, error) {
	old := e.now
	var changes []directory.Change
	for _, s := range e.services {
		list := conceptsOf(s.Service)[old.Concept.Scheme]
		if list == nil || !slices.Contains(*list, old.ID) {
			continue
		}
		if into == "" {
			return nil, fault.Fields(fault.Field{Name: "into", Key: "lexicon.retire.in-use"})
		}
		next, err := s.Copy()
		if err != nil {
			return nil, err
		}
		swap(conceptsOf(next.Service)[old.Concept.Scheme], old.ID, into)
		changes = append(changes, directory.Change{Row: next, Note: note})
	}
	found := into == ""
	for _, r := range e.rows {
		next, err := r.Copy()
		if err != nil {
			return nil, err
		}
		changed := next.Concept.Broader == old.ID
		if changed {
			next.Concept.Broader = old.Concept.Broader
			if into != "" && into != next.ID {
				next.Concept.Broader = into
			}
		}
		if into != "" && r.ID == into && r.ID != old.ID && r.Concept.Scheme == old.Concept.Scheme {
			found, changed = true, true
			takeWords(next.Concept, *old.Concept)
		}
		if changed && r.ID != old.ID {
			changes = append(changes, directory.Change{Row: next, Note: note})
		}
	}
	if !found {
		return nil, fault.Fields(fault.Field{Name: "into", Key: "lexicon.retire.in-use"})
	}
	return append(changes, directory.Change{Row: old, Remove: true, Note: note}), nil
}

// swap replaces a concept in a list, once.
func swap(list *[]string, old, into string) {
	out := slices.DeleteFunc(slices.Clone(*list), func(id string) bool { return id == into })
	for i, id := range out {
		if id == old {
			out[i] = into
		}
	}
	*list = out
}

// takeWords gives a concept the labels and synonyms of another as synonyms.
func takeWords(to *directory.Concept, from directory.Concept) {
	if to.Synonyms == nil {
		to.Synonyms = map[string][]string{}
	}
	add := func(lang, word string) {
		if word != "" && word != to.Labels[lang] && !slices.Contains(to.Synonyms[lang], word) {
			to.Synonyms[lang] = append(to.Synonyms[lang], word)
		}
	}
	for lang, label := range from.Labels {
		add(lang, label)
	}
	for lang, words := range from.Synonyms {
		for _, word := range words {
			add(lang, word)
		}
	}
}
