package lexicon

import (
	"cmp"
	"slices"
	"strings"

	"amelie/internal/directory"
	"amelie/internal/fold"
)

// near is a concept that a word may mean, and the word of the vocabulary that
// is closest to it.
type near struct {
	Concept directory.Concept
	By      string
	far     int // changed letters in a hundred
}

// mostFar is how different a word may be to be proposed, in changed letters in
// a hundred.
const mostFar = 45

// nearest are the concepts closest to a word in its letters, at most n. What
// it means in another language nobody here knows: that the editor decides.
func nearest(vocab directory.Vocabulary, word string, n int) []near {
	forms := fold.Typed(word)
	var out []near
	for _, c := range vocab.Concepts {
		best := near{Concept: c, far: 101}
		for _, phrase := range phrasesOf(c) {
			for _, key := range fold.Phrase(phrase) {
				for _, form := range forms {
					if far := apart(form, key); far < best.far {
						best.far, best.By = far, phrase
					}
				}
			}
		}
		if best.far <= mostFar {
			out = append(out, best)
		}
	}
	slices.SortFunc(out, func(a, b near) int {
		return cmp.Or(a.far-b.far, cmp.Compare(a.Concept.ID, b.Concept.ID))
	})
	return out[:min(n, len(out))]
}

// phrasesOf are all labels and synonyms of a concept.
func phrasesOf(c directory.Concept) []string {
	var out []string
	for _, label := range c.Labels {
		out = append(out, label)
	}
	for _, list := range c.Synonyms {
		out = append(out, list...)
	}
	slices.Sort(out)
	return slices.DeleteFunc(out, func(s string) bool { return strings.TrimSpace(s) == "" })
}

// apart is the changed letters between two keys in a hundred of the longer one.
func apart(a, b string) int {
	x, y := []rune(a), []rune(b)
	longer := max(len(x), len(y))
	if longer == 0 {
		return 0
	}
	if 100*(longer-min(len(x), len(y)))/longer > mostFar {
		return 100
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		last := row[0]
		row[0] = i + 1
		for j, s := range y {
			cost := last
			if r != s {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return 100 * row[len(y)] / longer
}
