package lexicon

import (
	"slices"

	"amelie/internal/directory"
	"amelie/internal/fold"
)

// conflicts are the concepts other than own that a word leads to already,
// under whatever spelling: folded, transliterated or by ear.
func conflicts(vocab directory.Vocabulary, own, word string) []directory.Concept {
	forms := fold.Phrase(word)
	var out []directory.Concept
	for _, c := range vocab.Concepts {
		if c.ID == own {
			continue
		}
		if slices.ContainsFunc(phrasesOf(c), func(phrase string) bool {
			return slices.ContainsFunc(fold.Phrase(phrase), func(key string) bool { return key != "" && slices.Contains(forms, key) })
		}) {
			out = append(out, c)
		}
	}
	return out
}
