package lexicon

import (
	"bytes"
	"hash/maphash"
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"amelie/internal/directory"
	"amelie/internal/fold"
)

const (
	enoughDays = 5    // different days on which a word is typed before it is stored, and the smallest count that is shown
	window     = 60   // days after which a day no longer counts
	maxHeld    = 8192 // words and combinations in memory; what comes when it is full is not counted
	shortest   = 3    // letters
	longest    = 24   // letters; long ones are compounds of names and slips of the keyboard
	shards     = 16   // parts with a lock each, so that searches side by side rarely wait
)

// month counts the months since year 0.
type month int

func monthAt(at time.Time) month {
	year, m, _ := at.UTC().Date()
	return month(12*year + int(m) - 1)
}

// String is the month as it is stored, "2026-11".
func (m month) String() string {
	return time.Date(int(m)/12, time.Month(int(m)%12+1), 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}

// wordKey and gapKey are what is counted.
type (
	wordKey struct {
		month               month
		country, lang, word string
	}
	gapKey struct {
		month                              month
		country, territory, help, language string
	}
)

// held is a word before it may be stored: the days on which it was typed, as
// bits before last, and how often. The word itself is not held.
type held struct {
	last int64 // day
	days uint64
	n    int64
}

// sketch is what this process counted and has not written.
type sketch struct{ now atomic.Pointer[counters] }

// counters belong to one key of fingerprints.
type counters struct {
	seed   maphash.Seed
	shards [shards]shard
}

type shard struct {
	mu    sync.Mutex
	held  map[uint64]held
	known map[uint64]bool // words that are stored already
	words map[wordKey]int64
	gaps  map[gapKey]int64
	_     [24]byte // no two shards in one line of the processor's cache
}

func newSketch() *sketch {
	s := &sketch{}
	s.forget()
	return s
}

// forget drops everything, with the key of the fingerprints.
func (s *sketch) forget() {
	c := &counters{seed: maphash.MakeSeed()}
	for i := range c.shards {
		p := &c.shards[i]
		p.held, p.known = map[uint64]held{}, map[uint64]bool{}
		p.words, p.gaps = map[wordKey]int64{}, map[gapKey]int64{}
	}
	s.now.Store(c)
}

// mark is the fingerprint of a word.
func (c *counters) mark(country, lang string, word []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(c.seed)
	h.WriteString(country)
	h.WriteByte(0)
	h.WriteString(lang)
	h.WriteByte(0)
	h.Write(word)
	return h.Sum64()
}

func (c *counters) of(mark uint64) *shard { return &c.shards[mark%shards] }

func (c *counters) ofGap(k gapKey) *shard { return c.of(maphash.Comparable(c.seed, k)) }

// note counts one search that found little.
//
// req: LEXICON-1
func (s *sketch) note(n directory.Need, at time.Time) {
	c, now := s.now.Load(), monthAt(at)
	if n.Help != "" || n.Language != "" {
		k := gapKey{now, n.Country, n.Territory, n.Help, n.Language}
		c.ofGap(k).gap(k)
	}
	var room [4 * longest]byte
	for _, typed := range n.Unknown {
		if word := countable(room[:0], typed, n.Lang); len(word) > 0 {
			mark := c.mark(n.Country, n.Lang, word)
			c.of(mark).word(mark, wordKey{now, n.Country, n.Lang, ""}, word, at.Unix()/86400)
		}
	}
}

func (p *shard) gap(k gapKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, there := p.gaps[k]; there || len(p.gaps) < maxHeld/shards {
		p.gaps[k]++
	}
}

// word counts a word: under its fingerprint until it was typed on enough
// different days, and only then as itself.
//
// req: LEXICON-2
func (p *shard) word(mark uint64, k wordKey, word []byte, day int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known[mark] {
		k.word = string(word)
		if _, there := p.words[k]; there || len(p.words) < maxHeld/shards {
			p.words[k]++
		}
		return
	}
	h, there := p.held[mark]
	if !there && len(p.held) >= maxHeld/shards {
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
		p.held[mark] = h
		return
	}
	delete(p.held, mark)
	p.known[mark] = true
	k.word = string(word)
	p.words[k] += h.n
}

// each calls f with every part, locked.
func (c *counters) each(f func(p *shard)) {
	for i := range c.shards {
		p := &c.shards[i]
		p.mu.Lock()
		f(p)
		p.mu.Unlock()
	}
}

// age drops words that nobody typed any more.
func (s *sketch) age(at time.Time) {
	s.now.Load().each(func(p *shard) {
		for mark, h := range p.held {
			if at.Unix()/86400-h.last >= window {
				delete(p.held, mark)
			}
		}
	})
}

// learn says which words are stored already.
func (s *sketch) learn(list []wordKey) {
	c := s.now.Load()
	for _, k := range list {
		mark := c.mark(k.country, k.lang, []byte(k.word))
		p := c.of(mark)
		p.mu.Lock()
		p.known[mark] = true
		p.mu.Unlock()
	}
}

// take hands over what is to be written; give puts it back when that failed.
func (s *sketch) take() (map[wordKey]int64, map[gapKey]int64) {
	words, gaps := map[wordKey]int64{}, map[gapKey]int64{}
	s.now.Load().each(func(p *shard) {
		for k, n := range p.words {
			words[k] += n
		}
		for k, n := range p.gaps {
			gaps[k] += n
		}
		clear(p.words)
		clear(p.gaps)
	})
	return words, gaps
}

func (s *sketch) give(words map[wordKey]int64, gaps map[gapKey]int64) {
	c := s.now.Load()
	for k, n := range words {
		p := c.of(c.mark(k.country, k.lang, []byte(k.word)))
		p.mu.Lock()
		p.words[k] += n
		p.mu.Unlock()
	}
	for k, n := range gaps {
		p := c.ofGap(k)
		p.mu.Lock()
		p.gaps[k] += n
		p.mu.Unlock()
	}
}

// countable folds a typed word behind into, if it may be counted at all: one
// word of letters, neither very short nor very long, and not written like a
// name (with a capital, where the language does not write every noun so).
// Empty: it may not.
//
// req: LEXICON-3
func countable(into []byte, typed, lang string) []byte {
	typed = strings.TrimSpace(typed)
	for i, r := range typed {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			return nil
		}
		if unicode.IsUpper(r) && (i > 0 || lang != "de") {
			return nil
		}
	}
	word := fold.AppendWord(into, typed)
	if n := utf8.RuneCount(word); n < shortest || n > longest || bytes.IndexByte(word, ' ') >= 0 {
		return nil
	}
	return word
}
