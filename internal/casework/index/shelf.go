package index

import (
	"math/bits"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// shelf is the words of one agency in memory.
type shelf struct {
	mu      sync.Mutex
	known   map[string]bool // segments taken in
	holders map[string]bool // sign-ins; guarded by the index
	asked   time.Time       // the same
	bytes   atomic.Int64

	cases  []string
	ofCase map[string]uint32
	docs   []doc
	ofDoc  map[string]uint32 // the newest record of an entry

	terms  []string            // sorted
	posts  map[string][]uint32 // records that hold a term
	unsort int                 // terms at the end that are not sorted in yet
}

// doc is a record: its case, and whether a later one replaced it.
type doc struct {
	of   uint32
	at   int64
	dead bool
}

func newShelf() *shelf {
	return &shelf{known: map[string]bool{}, holders: map[string]bool{}, ofCase: map[string]uint32{}, ofDoc: map[string]uint32{}, posts: map[string][]uint32{}}
}

// add takes in a segment.
func (s *shelf) add(segment string, records []record) {
	if s.known[segment] {
		return
	}
	s.known[segment] = true
	grown := 0
	for _, r := range records {
		grown += s.put(r)
	}
	s.bytes.Add(int64(grown))
}

// put takes in one record and says about how many bytes it took.
func (s *shelf) put(r record) (grown int) {
	of, there := s.ofCase[r.Case]
	if !there {
		of = uint32(len(s.cases))
		s.cases, s.ofCase[r.Case] = append(s.cases, r.Case), of
		grown += 120
	}
	d := doc{of: of, at: r.At}
	if before, there := s.ofDoc[r.Entry]; there {
		if s.docs[before].at > r.At {
			return grown
		}
		s.docs[before].dead = true
	}
	n := uint32(len(s.docs))
	s.docs, s.ofDoc[r.Entry] = append(s.docs, d), n
	grown += 110
	for _, w := range r.Words {
		if s.posts[w] == nil {
			w = strings.Clone(w) // not the whole segment behind it
			s.terms = append(s.terms, w)
			s.unsort++
			grown += 60 + len(w)
		}
		s.posts[w] = append(s.posts[w], n)
		grown += 4
	}
	return grown
}

// find gives the cases that hold, for every word, a term that begins with one of
// its forms.
func (s *shelf) find(words [][]string) []string {
	if s.unsort > 0 {
		sort.Strings(s.terms)
		s.unsort = 0
	}
	size := (len(s.cases) + 63) / 64
	hit, whole := make([]uint64, size), make([]int8, len(s.cases))
	for i, forms := range words {
		one := make([]uint64, size)
		for _, form := range forms {
			s.mark(form, one, whole)
		}
		if i == 0 {
			hit = one
			continue
		}
		for j := range hit {
			hit[j] &= one[j]
		}
	}
	return s.best(hit, whole)
}

// mark sets the cases with a term that begins with form, and counts whole words.
func (s *shelf) mark(form string, into []uint64, whole []int8) {
	for i := sort.SearchStrings(s.terms, form); i < len(s.terms) && strings.HasPrefix(s.terms[i], form); i++ {
		for _, n := range s.posts[s.terms[i]] {
			if s.docs[n].dead {
				continue
			}
			of := s.docs[n].of
			into[of/64] |= 1 << (of % 64)
			if s.terms[i] == form && whole[of] < 100 {
				whole[of]++
			}
		}
	}
}

func (s *shelf) best(hit []uint64, whole []int8) (out []string) {
	var found []uint32
	for i, word := range hit {
		for ; word != 0; word &= word - 1 {
			found = append(found, uint32(i*64+bits.TrailingZeros64(word)))
		}
	}
	sort.Slice(found, func(a, b int) bool {
		if x, y := whole[found[a]], whole[found[b]]; x != y {
			return x > y
		}
		return s.cases[found[a]] > s.cases[found[b]] // newest first
	})
	for _, of := range found {
		out = append(out, s.cases[of])
	}
	return out
}
