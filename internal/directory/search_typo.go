package directory

import (
	"strings"
	"unicode/utf8"

	"amelie/internal/fold"
	"amelie/internal/geo"
)

// misspelt takes the word for the closest known ones: concepts, languages,
// words of entries, and where none of these is as close, places. The fewest
// errors win; all that are equally close are taken. More errors than a word of
// its length has are forgiven against words of entries alone: a shelter is no
// baby because a third of the German word is dropped and a French one is left.
func (r *reading) misspelt(p *part, w string) bool {
	forms := fold.Typed(w)
	limit := fold.Typos(forms[0])
	if r.wide {
		limit = min(limit+1, 2)
	}
	if limit == 0 || digitsOf(forms[0]) != "" {
		return false
	}
	c := closest{least: limit + 1}
	for _, f := range forms {
		if utf8.RuneCountInString(f) < 4 || r.guessed(f, forms[0]) {
			continue
		}
		own := min(limit, fold.Typos(plain(f)))
		r.closeConcepts(&c, f, own)
		r.closeTongues(&c, f, own)
		r.closeTerms(&c, f, limit)
	}
	for _, t := range c.terms {
		r.x.post.or(t, inName, p.level[levelBody])
		r.x.post.or(t, inBody, p.level[levelGuess])
	}
	r.takeConcepts(p, c.concepts, levelTagged)
	if len(c.concepts) == 0 {
		r.takeLanguage(p, c.tongue)
	}
	if len(c.concepts) == 0 && c.tongue == "" && !r.wide {
		if place := r.misspeltPlace(w, len(c.terms) > 0); place != nil {
			r.takeWhere(p, "", place)
			return true
		}
	}
	if c.least <= limit && p.meaning.Kind == MeansWord {
		p.meaning.Kind = MeansSpelling
	}
	return c.least <= limit
}

// closest collects what is at the least number of errors.
type closest struct {
	least    int
	terms    []uint32
	concepts []conceptKey
	tongue   string
}

// better makes room when something closer was found; false: it is farther.
func (c *closest) better(errors int) bool {
	if errors < c.least {
		*c = closest{least: errors}
	}
	return errors == c.least
}

func (r *reading) closeConcepts(c *closest, form string, limit int) {
	r.x.vocab.lex.Near(form, limit, func(k uint32, errors int) bool {
		if c.better(errors) {
			for _, key := range r.x.vocab.at(k) {
				if !contains(c.concepts, key) {
					c.concepts = append(c.concepts, key)
				}
			}
		}
		return true
	})
}

func (r *reading) closeTongues(c *closest, form string, limit int) {
	lex := r.x.vocab.tongues.lex
	lex.Near(form, limit, func(k uint32, errors int) bool {
		if c.better(errors) && c.tongue == "" {
			c.tongue = r.x.vocab.tongues.codes[lex.At(k)]
		}
		return true
	})
}

func (r *reading) closeTerms(c *closest, form string, limit int) {
	r.x.post.lex.Near(form, limit, func(t uint32, errors int) bool {
		// Of short words with two errors only those that begin alike are meant.
		if errors > fold.Typos(plain(form)) && !strings.HasPrefix(plain(r.x.post.lex.At(t)), plain(form)[:1]) {
			return true
		}
		if c.better(errors) && len(c.terms) < maxRange {
			c.terms = append(c.terms, t)
		}
		return true
	})
}

// plain is a key without the mark of those made by ear.
func plain(key string) string { return strings.TrimPrefix(key, fold.EarMark) }

// misspeltPlace is a town close to the word; when words of entries are close
// too, only a large one.
func (r *reading) misspeltPlace(w string, rivals bool) *geo.Place {
	for _, p := range geo.Misspelt(w) {
		if len(r.countries) > 0 && !contains(r.countries, p.Country()) {
			continue
		}
		if p.Population >= 100_000 || !rivals && p.Population >= 5_000 {
			return &p
		}
	}
	return nil
}

// namedIn are the authorities whose whole name stands in the text.
//
// req: DIRECTORY-3
func (x *Index) namedIn(text string) []uint32 {
	if len(x.named) == 0 || text == "" {
		return nil
	}
	words := fold.Words(firstPart(text))
	words = words[:min(len(words), 3*maxWords)]
	var docs []uint32
	for i := range words {
		for n := min(12, len(words)-i); n > 0; n-- {
			for _, form := range fold.Phrase(strings.Join(words[i:i+n], " ")) {
				for _, d := range x.named[form] {
					if !contains(docs, d) {
						docs = append(docs, d)
					}
				}
			}
		}
	}
	return docs
}
