package learn

import "strings"

// Glossed compares every translated block with the glossary: where the English
// text uses a term, the translation must use the term's word, and none that the
// glossary turns down there. These are hints for editors; a
// course with hints can be used.
func (c *Course) Glossed() (out Problems) {
	for _, file := range c.files() {
		source := c.words[file+"/"+Source]
		for _, lang := range c.Languages {
			w := c.words[file+"/"+lang]
			for _, id := range w.Order {
				t, s := w.text(id), source.text(id)
				for _, term := range c.Terms {
					if key := term.hint(lang, s.Body, t.Body); key != "" {
						out = append(out, Problem{File: file + "/" + lang + ".md", Line: t.Line, Key: key, Args: []any{"id", id, "term", term.Words[lang].Term}})
					}
				}
			}
		}
	}
	return out
}

// hint is what is wrong with a text by one term; "" for nothing.
func (t Term) hint(lang, source, text string) string {
	w := t.Words[lang]
	switch {
	case !contains(source, t.Words[Source].Forms):
	case contains(text, w.Avoid):
		return "learn.problem.avoid"
	case !contains(text, w.Forms):
		return "learn.problem.unglossed"
	}
	return ""
}

// contains says whether one of the words stands in a text, at the beginning of
// a word and in small or capital letters.
func contains(text string, words []string) bool {
	text = " " + strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" \n\t.,;:!?“”„«»()*[]’'–-/·", r) }), " ")
	for _, word := range words {
		word = strings.Join(strings.FieldsFunc(strings.ToLower(word), func(r rune) bool { return strings.ContainsRune(" ’'-", r) }), " ")
		if strings.Contains(text, " "+word) {
			return true
		}
	}
	return false
}

// files are the names of the files of words, without their languages.
func (c *Course) files() []string {
	out := append([]string{"course"}, c.TopicIDs...)
	for _, id := range c.CaseIDs {
		out = append(out, "case/"+id)
	}
	return out
}
