package directory

import "math/bits"

// docset is a set of document numbers, one bit each. All sets of an index have
// the same length, so they combine word by word.
type docset []uint64

func newDocset(n int) docset { return make(docset, (n+63)/64) }

func (s docset) add(d uint32)      { s[d>>6] |= 1 << (d & 63) }
func (s docset) has(d uint32) bool { return s[d>>6]&(1<<(d&63)) != 0 }

func (s docset) clear() { clear(s) }

// fill adds the first n documents.
func (s docset) fill(n int) {
	for i := range s {
		s[i] = ^uint64(0)
	}
	if rest := n & 63; rest != 0 {
		s[len(s)-1] = 1<<rest - 1
	}
}

func (s docset) or(t docset) {
	for i, w := range t {
		s[i] |= w
	}
}

func (s docset) and(t docset) {
	for i, w := range t {
		s[i] &= w
	}
}

func (s docset) without(t docset) {
	for i, w := range t {
		s[i] &^= w
	}
}

func (s docset) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

func (s docset) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

// each calls yield with the documents in order until it returns false.
func (s docset) each(yield func(uint32) bool) {
	for i, w := range s {
		for w != 0 {
			if !yield(uint32(i<<6 + bits.TrailingZeros64(w))) {
				return
			}
			w &= w - 1
		}
	}
}

// packed is a set by its non-empty words: counting against it costs as much as
// it has words, not as the index has entries.
type packed struct {
	at    []uint32
	words []uint64
}

func (p *packed) of(s docset) {
	p.at, p.words = p.at[:0], p.words[:0]
	for i, w := range s {
		if w != 0 {
			p.at = append(p.at, uint32(i))
			p.words = append(p.words, w)
		}
	}
}

// count is the number of documents in both.
func (p *packed) count(s docset) int {
	n := 0
	words := p.words
	for i, at := range p.at {
		n += bits.OnesCount64(words[i] & s[at])
	}
	return n
}
