package lexicon

import (
	"hash/maphash"
	"math/bits"
	"strings"
	"sync"
	"time"
	"unicode"

	"amelie/internal/directory"
	"amelie/internal/fold"
)

const (
	enoughDays = 5    // different days on which a word is typed before it is stored, and the smallest count that is shown
	window     = 60   // days after which a day no longer counts
	maxHeld    = 8192 // words and combinations in memory; what comes when it is full is not counted
	shortest   = 3    // letters
	longest    = 24   // letters; long ones are compounds of names and slips of the keyboard
)

// wordKey and gapKey are what is counted.
type (
	wordKey struct{ month, country, lang, word string }
	gapKey  struct{ month, country, territory, help, language string }
)

// held is a word before it may be stored: the days on which it was typed, as
// bits before last, and how often. The word itself is not held.
type held struct {
	last int64 // day
	days uint64
	n    int64
}

// sketch is what this process counted and has not written.
type sketch struct {
	mu    sync.Mutex
	seed  maphash.Seed
	held  map[uint64]held
	known map[uint64]bool // words that are stored already
	words map[wordKey]int64
	gaps  map[gapKey]int64
}

func newSketch() *sketch {
	s := &sketch{}
	s.forget()
	return s
}

// forget drops everything, with the key of the fingerprints.
func (s *sketch) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seed, s.held, s.known = maphash.MakeSeed(), map[uint64]held{}, map[uint64]bool{}
	s.words, s.gaps = map[wordKey]int64{}, map[gapKey]int64{}
}

func (s *sketch) mark(k wordKey) uint64 {
	return maphash.Comparable(s.seed, [3]string{k.country, k.lang, k.word})
}

// monthOf is the month as it is stored, "2026-11".
func monthOf(at time.Time) string {
	year, month, _ := at.UTC().Date()
	return string([]byte{byte('0' + year/1000%10), byte('0' + year/100%10), byte('0' + year/10%10), byte('0' + year%10), '-', byte('0' + month/10), byte('0' + month%10)})
}

// note counts one search that found little.
//
// req: LEXICON-1
func (s *sketch) note(n directory.Need, at time.Time) {
	month, day := monthOf(at), at.Unix()/86400
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.Help != "" || n.Language != "" {
		k := gapKey{month, n.Country, n.Territory, n.Help, n.Language}
		if _, there := s.gaps[k]; there || len(s.gaps) < maxHeld {
			s.gaps[k]++
		}
	}
	for _, typed := range n.Unknown {
		if word, ok := countable(typed, n.Lang); ok {
			s.word(wordKey{month, n.Country, n.Lang, word}, day)
		}
	}
}

// word counts a word: under its fingerprint until it was typed on enough
// different days, and only then as itself.
//
// req: LEXICON-2
func (s *sketch) word(k wordKey, day int64) {
	mark := s.mark(k)
	if s.known[mark] {
		if _, there := s.words[k]; there || len(s.words) < maxHeld {
			s.words[k]++
		}
		return
	}
	h, there := s.held[mark]
	if !there && len(s.held) >= maxHeld {
		return
	}
	if passed := day - h.last; !there || passed >= window {
		h = held{}
	} else if passed > 0 {
		h.days <<= passed
	}
	h.days = (h.days | 1) & (1<<window - 1)
	h.last, h.n = max(day, h.last), h.n+1
	if bits.OnesCount64(h.days) < enoughDays {
		s.held[mark] = h
		return
	}
	delete(s.held, mark)
	s.known[mark] = true
	s.words[k] += h.n
}

// age drops words that nobody typed any more.
func (s *sketch) age(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for mark, h := range s.held {
		if at.Unix()/86400-h.last >= window {
			delete(s.held, mark)
		}
	}
}

// learn says which words are stored already.
func (s *sketch) learn(list []wordKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range list {
		s.known[s.mark(k)] = true
	}
}

// take hands over what is to be written; give puts it back when that failed.
func (s *sketch) take() (map[wordKey]int64, map[gapKey]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	words, gaps := s.words, s.gaps
	s.words, s.gaps = map[wordKey]int64{}, map[gapKey]int64{}
	return words, gaps
}

func (s *sketch) give(words map[wordKey]int64, gaps map[gapKey]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, n := range words {
		s.words[k] += n
	}
	for k, n := range gaps {
		s.gaps[k] += n
	}
}

// countable folds a typed word, if it may be counted at all: one word of
// letters, neither very short nor very long, and not written like a name (with
// a capital, where the language does not write every noun so).
//
// req: LEXICON-3
func countable(typed, lang string) (string, bool) {
	typed = strings.TrimSpace(typed)
	for i, r := range typed {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			return "", false
		}
		if unicode.IsUpper(r) && (i > 0 || lang != "de") {
			return "", false
		}
	}
	word := fold.Word(typed)
	if n := len([]rune(word)); n < shortest || n > longest || strings.Contains(word, " ") {
		return "", false
	}
	return word, true
}
