package learn

import "slices"

// Standing is what is still to be done with the words of a file in one language.
type Standing struct {
	Missing []string // blocks without words
	Stale   []string // translations of an older source text
	Draft   []string // blocks that say something else than what is published
}

// Whole says that nothing is missing and nothing is stale.
func (s Standing) Whole() bool { return len(s.Missing)+len(s.Stale) == 0 }

// Standing compares a file's words with the source, and with the course that is
// published.
func (c *Course) Standing(file, lang string, published *Course) (s Standing) {
	w, source := c.words[file+"/"+lang], c.words[file+"/"+Source]
	if w == nil || source == nil {
		return s
	}
	before := published.words[file+"/"+lang]
	for _, id := range source.Order {
		t, there := w.Text(id)
		switch {
		case !there:
			s.Missing = append(s.Missing, id)
		case c.Stale(file, lang, id):
			s.Stale = append(s.Stale, id)
		}
		if there && (before == nil || before.text(id).Body != t.Body) {
			s.Draft = append(s.Draft, id)
		}
	}
	return s
}

// WordFiles are the names of the files of words without their languages: the
// course's own, the topics', the cases'.
func (c *Course) WordFiles() []string { return c.files() }

// Structure is a data file as it was written; "" when there is none.
func (c *Course) Structure(path string) string { return c.data[path] }

// With is the course with other words of a file in one language, to be looked at
// before they are saved.
func (c *Course) With(file string, w *Words) *Course {
	out := *c
	out.words = map[string]*Words{}
	for name, other := range c.words {
		out.words[name] = other
	}
	out.words[file+"/"+w.Lang] = w
	return &out
}

// Own are a file's words in a language alone; nil when the course has none.
func (c *Course) Own(file, lang string) *Words { return c.words[file+"/"+lang] }

// Shapes are those that a block may have; nil when the file wants no such block.
func (c *Course) Shapes(file, id string) []Shape {
	for _, x := range c.wants(file) {
		if x.id == id {
			return x.shapes
		}
	}
	return nil
}

// Works are the publications that a file's words may name.
func (c *Course) Works(file string) []string {
	if t, ok := c.Topic(file); ok {
		return t.Sources
	}
	return nil
}

// wants are the blocks that the structure asks for in a file.
func (c *Course) wants(file string) []wanted {
	if file == "course" {
		return c.wanted()
	}
	if t, ok := c.Topic(file); ok {
		return t.wanted()
	}
	if i := slices.IndexFunc(c.Cases, func(s *Case) bool { return "case/"+s.ID == file }); i >= 0 {
		return c.Cases[i].wanted()
	}
	return nil
}
