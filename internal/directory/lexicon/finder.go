package lexicon

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"amelie/internal/directory"
	"amelie/internal/fold"
)

// mostFar is how different a word may be to be proposed, in changed letters in
// a hundred.
const mostFar = 45

// shortestPart is the least letters of a word of a phrase that is compared
// alone.
const shortestPart = 5

// likeness says how a word is close to one of the vocabulary.
type likeness int

// The likenesses, the closest first.
const (
	isSame   likeness = iota // under some spelling
	isNearly                 // with as many errors as search forgives
	isPart                   // of a phrase, with as many errors
	isLike                   // in its letters
)

// near is a concept that a word may mean, and the word of the vocabulary, in
// whatever language, that is closest to it.
type near struct {
	Concept  directory.Concept
	By, Lang string
	How      likeness
	far      int // changed letters in a hundred
}

// saying is one key of a label or synonym.
type saying struct {
	concept    int
	word, lang string
	key        []rune
	part       bool // a word of a phrase
}

// finder knows every word of a vocabulary, under every spelling. It is made
// once for a vocabulary, and remembers what it was asked.
type finder struct {
	vocab   directory.Vocabulary
	sayings []saying
	meant   map[string][]int // key to the concepts that it leads to

	mu    sync.Mutex
	asked map[string][]near
}

// maxAsked is how many words a finder remembers; the page of needs has 500.
const maxAsked = 2000

func newFinder(vocab directory.Vocabulary) *finder {
	x := &finder{vocab: vocab, meant: map[string][]int{}, asked: map[string][]near{}}
	for i, c := range vocab.Concepts {
		for lang, label := range c.Labels {
			x.know(i, lang, label)
		}
		for lang, words := range c.Synonyms {
			for _, word := range words {
				x.know(i, lang, word)
			}
		}
	}
	return x
}

func (x *finder) know(concept int, lang, word string) {
	for _, key := range fold.Phrase(word) {
		if key == "" {
			continue
		}
		x.sayings = append(x.sayings, saying{concept, word, lang, []rune(key), false})
		if !slices.Contains(x.meant[key], concept) {
			x.meant[key] = append(x.meant[key], concept)
		}
	}
	if tokens := fold.Tokens(word); len(tokens) > 1 {
		for _, token := range tokens {
			if key := []rune(token); len(key) >= shortestPart {
				x.sayings = append(x.sayings, saying{concept, word, lang, key, true})
			}
		}
	}
}

// finderCache holds the finder of the vocabulary that answers now.
type finderCache struct{ now atomic.Pointer[finder] }

// of is the finder of a vocabulary of the directory; the same one until a
// concept changes.
func (l *finderCache) of(vocab directory.Vocabulary) *finder {
	if x := l.now.Load(); x != nil && x.vocab.Is(vocab) {
		return x
	}
	x := newFinder(vocab)
	l.now.Store(x)
	return x
}

// meaning are the concepts other than own that a word leads to, under whatever
// spelling: folded, transliterated or by ear.
func (x *finder) meaning(own, word string) []directory.Concept {
	var out []directory.Concept
	for _, form := range fold.Phrase(word) {
		for _, i := range x.meant[form] {
			c := x.vocab.Concepts[i]
			if c.ID != own && !slices.ContainsFunc(out, func(o directory.Concept) bool { return o.ID == c.ID }) {
				out = append(out, c)
			}
		}
	}
	return out
}

// leads says whether a word is in the vocabulary by now.
func (x *finder) leads(word string) bool {
	return slices.ContainsFunc(fold.Phrase(word), func(form string) bool { return len(x.meant[form]) > 0 })
}

// nearest are the concepts closest to a word, by their words in all languages,
// at most n: first what equals one but for the errors that search forgives,
// then what is like one in its letters. Which of them it means the editor
// decides.
func (x *finder) nearest(word string, n int) []near {
	x.mu.Lock()
	list, known := x.asked[word]
	x.mu.Unlock()
	if !known {
		list = x.compare(word)
		x.mu.Lock()
		if len(x.asked) < maxAsked {
			x.asked[word] = list
		}
		x.mu.Unlock()
	}
	return list[:min(n, len(list))]
}

func (x *finder) compare(word string) []near {
	best := map[int]near{}
	for _, form := range fold.Typed(word) {
		typed, forgiven := []rune(form), fold.Typos(strings.TrimPrefix(form, fold.EarMark))
		for _, s := range x.sayings {
			errors, far := apart(typed, s.key)
			how := likenessOf(errors, forgiven, s.part)
			if far > mostFar || s.part && how == isLike {
				continue
			}
			one := near{x.vocab.Concepts[s.concept], s.word, s.lang, how, far}
			if old, there := best[s.concept]; !there || one.compare(old) < 0 {
				best[s.concept] = one
			}
		}
	}
	out := make([]near, 0, len(best))
	for _, one := range best {
		out = append(out, one)
	}
	slices.SortFunc(out, near.compare)
	return out
}

func (a near) compare(b near) int {
	return cmp.Or(cmp.Compare(a.How, b.How), a.far-b.far, cmp.Compare(a.Concept.ID, b.Concept.ID), cmp.Compare(a.By, b.By), cmp.Compare(a.Lang, b.Lang))
}

func likenessOf(errors, forgiven int, part bool) likeness {
	switch {
	case errors > forgiven:
		return isLike
	case part:
		return isPart
	case errors == 0:
		return isSame
	}
	return isNearly
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

// apart is the changed letters between two keys, and in a hundred of the
// longer one. What is farther than mostFar is not told exactly.
func apart(x, y []rune) (errors, far int) {
	longer := max(len(x), len(y))
	if longer == 0 {
		return 0, 0
	}
	if 100*(longer-min(len(x), len(y)))/longer > mostFar {
		return longer, 100
	}
	var room [64]int
	row := room[:0]
	for j := range len(y) + 1 {
		row = append(row, j)
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
	return row[len(y)], 100 * row[len(y)] / longer
}
