package lexicon

import (
	"slices"

	"amelie/internal/directory"
	"amelie/internal/fold"
)

// division is a concept that becomes several: itself, and new ones.
//
// The old one keeps its identifier. Saved links and filters that name it find
// what stays with it and, when the new ones stand under it, what moved too.
type division struct {
	old   directory.Row
	parts []directory.Concept
	of    map[string][]int // service to what it shall name: 0 the old one, 1 the first new one
	rest  []int            // the same for services that nobody went through
}

// ids are the identifiers of what a service shall name.
func (d *division) ids(service string) []string {
	chosen, listed := d.of[service]
	if !listed {
		chosen = d.rest
	}
	var out []string
	for _, i := range chosen {
		switch {
		case i == 0:
			out = append(out, d.old.ID)
		case i <= len(d.parts):
			out = append(out, d.parts[i-1].ID)
		}
	}
	return out
}

// carries says whether a service names the old concept.
func (d *division) carries(s *directory.Service) bool {
	list := conceptsOf(s)[d.old.Concept.Scheme]
	return list != nil && slices.Contains(*list, d.old.ID)
}

// list is what a service names afterwards, in its order.
func (d *division) list(s *directory.Service) []string {
	var out []string
	for _, id := range *conceptsOf(s)[d.old.Concept.Scheme] {
		next := []string{id}
		if id == d.old.ID {
			next = d.ids(s.ID)
		}
		for _, one := range next {
			if !slices.Contains(out, one) {
				out = append(out, one)
			}
		}
	}
	return out
}

// divided is the service as it shall be; itself when it does not change.
func (d *division) divided(s *directory.Service) *directory.Service {
	if !d.carries(s) {
		return s
	}
	next := *s
	*conceptsOf(&next)[d.old.Concept.Scheme] = d.list(s)
	return &next
}

// left is the old concept without the words that go to new ones.
func (d *division) left() directory.Concept {
	one := *d.old.Concept
	one.Synonyms = map[string][]string{}
	for lang, words := range d.old.Concept.Synonyms {
		for _, word := range words {
			if !slices.ContainsFunc(d.parts, func(p directory.Concept) bool { return hasWord(p, lang, word) }) {
				one.Synonyms[lang] = append(one.Synonyms[lang], word)
			}
		}
	}
	return one
}

// vocabulary is the words afterwards.
func (d *division) vocabulary(now directory.Vocabulary) directory.Vocabulary {
	next := directory.Vocabulary{Concepts: slices.Clone(now.Concepts)}
	for i := range next.Concepts {
		if next.Concepts[i].ID == d.old.ID {
			next.Concepts[i] = d.left()
		}
	}
	next.Concepts = append(next.Concepts, d.parts...)
	return next
}

// changes are the rows as they shall be.
func (d *division) changes(services []directory.Row, note string) ([]directory.Change, error) {
	var out []directory.Change
	for _, one := range d.parts {
		out = append(out, directory.Change{Row: directory.OfConcept(one, 0), New: true, Note: note})
	}
	left := d.left()
	old := d.old
	old.Concept = &left
	if differs, err := directory.Differences(d.old, old); err != nil {
		return nil, err
	} else if len(differs) > 0 {
		out = append(out, directory.Change{Row: old, Note: note})
	}
	for _, s := range services {
		if !d.carries(s.Service) || slices.Equal(d.ids(s.ID), []string{d.old.ID}) {
			continue
		}
		next, err := s.Copy()
		if err != nil {
			return nil, err
		}
		next.Service = d.divided(next.Service)
		out = append(out, directory.Change{Row: next, Note: note})
	}
	return out, nil
}

// tally counts what becomes of the services that name the old concept.
type tally struct{ Stay, Move, Both int }

func (d *division) count(services []directory.Row) (t tally) {
	for _, s := range services {
		if !d.carries(s.Service) {
			continue
		}
		ids := d.ids(s.ID)
		switch stays := slices.Contains(ids, d.old.ID); {
		case !stays:
			t.Move++
		case len(ids) > 1:
			t.Both++
		default:
			t.Stay++
		}
	}
	return t
}

// asked are the words whose searches change: those of the old concept and of
// the new ones, in a reader's language.
func (d *division) asked(lang string) (out []string) {
	var keys []string
	for _, one := range append([]directory.Concept{*d.old.Concept}, d.parts...) {
		for _, word := range wordsIn(one, lang) {
			if key := fold.Key(word); !slices.Contains(keys, key) {
				keys, out = append(keys, key), append(out, word)
			}
		}
	}
	return out
}
