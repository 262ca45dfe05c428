package fold

import (
	"slices"
	"sort"
	"unicode/utf8"
)

// A Lexicon is a fixed, sorted set of keys that is searched exactly, by
// beginning, by ending, and with typing errors. Keys are addressed by their
// number in sorted order. It is safe for concurrent readers.
type Lexicon struct {
	text   []byte   // all keys, one after another
	off    []uint32 // len(keys)+1 offsets into text
	ending []uint32 // key numbers ordered by the reversed key
}

// NewLexicon builds a lexicon of the distinct keys. It sorts keys in place.
func NewLexicon(keys []string) *Lexicon {
	l := NewForward(keys)
	l.ending = make([]uint32, l.Len())
	for i := range l.ending {
		l.ending[i] = uint32(i)
	}
	slices.SortFunc(l.ending, func(a, b uint32) int { return compareReversed(l.at(a), l.at(b)) })
	return l
}

// NewForward is NewLexicon for keys that nobody looks for by their ending: Ending
// and With do not know it.
func NewForward(keys []string) *Lexicon {
	slices.Sort(keys)
	keys = slices.Compact(keys)
	size := 0
	for _, k := range keys {
		size += len(k)
	}
	l := &Lexicon{text: make([]byte, 0, size), off: make([]uint32, 1, len(keys)+1)}
	for _, k := range keys {
		l.text = append(l.text, k...)
		l.off = append(l.off, uint32(len(l.text)))
	}
	return l
}

// With is the lexicon without the keys of the numbers in dropped and with those
// added that it does not have yet; both ascending and distinct. It merges
// instead of sorting; the lexicon itself stays as it is.
func (l *Lexicon) With(dropped []uint32, added []string) *Lexicon {
	n := &Lexicon{text: make([]byte, 0, len(l.text)+16*len(added)), off: make([]uint32, 1, len(l.off)+len(added))}
	put := func(key []byte) uint32 {
		n.text = append(n.text, key...)
		n.off = append(n.off, uint32(len(n.text)))
		return uint32(n.Len() - 1)
	}
	const gone = ^uint32(0)
	to := make([]uint32, l.Len())
	var fresh []uint32 // numbers of what is added
	for i := range to {
		if len(dropped) > 0 && dropped[0] == uint32(i) {
			to[i], dropped = gone, dropped[1:]
			continue
		}
		for len(fresh) < len(added) && l.After(uint32(i), added[len(fresh)]) {
			fresh = append(fresh, put([]byte(added[len(fresh)])))
		}
		to[i] = put(l.at(uint32(i)))
	}
	for len(fresh) < len(added) {
		fresh = append(fresh, put([]byte(added[len(fresh)])))
	}
	slices.SortFunc(fresh, func(a, b uint32) int { return compareReversed(n.at(a), n.at(b)) })
	n.ending = make([]uint32, 0, n.Len())
	for _, old := range l.ending {
		if to[old] == gone {
			continue
		}
		for len(fresh) > 0 && compareReversed(n.at(fresh[0]), n.at(to[old])) < 0 {
			n.ending, fresh = append(n.ending, fresh[0]), fresh[1:]
		}
		n.ending = append(n.ending, to[old])
	}
	n.ending = append(n.ending, fresh...)
	return n
}

// After reports whether key number i comes after another key.
func (l *Lexicon) After(i uint32, key string) bool { return string(l.at(i)) > key }

// Len is the number of keys.
func (l *Lexicon) Len() int { return len(l.off) - 1 }

// Bytes is the memory held, in bytes.
func (l *Lexicon) Bytes() int { return len(l.text) + 4*len(l.off) + 4*len(l.ending) }

func (l *Lexicon) at(i uint32) []byte { return l.text[l.off[i]:l.off[i+1]] }

// At is key number i.
func (l *Lexicon) At(i uint32) string { return string(l.at(i)) }

// Find is the number of a key.
func (l *Lexicon) Find(key string) (uint32, bool) {
	i := l.lower(key)
	return i, int(i) < l.Len() && string(l.at(i)) == key
}

// lower is the number of the first key that is not less than key.
func (l *Lexicon) lower(key string) uint32 {
	return uint32(sort.Search(l.Len(), func(i int) bool { return string(l.at(uint32(i))) >= key }))
}

// Beginning is the half-open range of key numbers that begin with prefix.
func (l *Lexicon) Beginning(prefix string) (from, to uint32) {
	from = l.lower(prefix)
	n := sort.Search(l.Len()-int(from), func(i int) bool {
		k := l.at(from + uint32(i))
		return len(k) < len(prefix) || string(k[:len(prefix)]) != prefix
	})
	return from, from + uint32(n)
}

// Ending calls yield with each key number that ends with suffix, until it
// returns false.
func (l *Lexicon) Ending(suffix string, yield func(uint32) bool) {
	s := []byte(suffix)
	i := sort.Search(len(l.ending), func(i int) bool { return compareReversed(l.at(l.ending[i]), s) >= 0 })
	for ; i < len(l.ending); i++ {
		k := l.at(l.ending[i])
		if len(k) < len(s) || string(k[len(k)-len(s):]) != suffix {
			return
		}
		if !yield(l.ending[i]) {
			return
		}
	}
}

func compareReversed(a, b []byte) int {
	for i, j := len(a)-1, len(b)-1; i >= 0 && j >= 0; i, j = i-1, j-1 {
		if a[i] != b[j] {
			return int(a[i]) - int(b[j])
		}
	}
	return len(a) - len(b)
}

// Typos is the number of typing errors that a word of this many letters is
// forgiven: none below 4, one below 8, then two.
func Typos(word string) int {
	switch n := utf8.RuneCountInString(word); {
	case n < 4:
		return 0
	case n < 8:
		return 1
	default:
		return 2
	}
}

// Near calls yield with every key within limit typing errors of word: letters
// left out, added, mistaken or two neighbours swapped (optimal string
// alignment). It walks the sorted keys as a tree: keys that share a beginning
// share its row of distances, and a beginning that is already too far is
// skipped with all that starts with it.
func (l *Lexicon) Near(word string, limit int, yield func(key uint32, errors int) bool) {
	if limit <= 0 || l.Len() == 0 {
		return
	}
	w := walk{lex: l, word: []rune(word), limit: limit}
	w.rows = append(w.rows, w.first())
	for i := uint32(0); int(i) < l.Len(); {
		next, errors, ok := w.visit(i)
		if ok && !yield(i, errors) {
			return
		}
		i = next
	}
}

// walk is one search by Near: rows[d] is the distance row of the first d runes
// of the key that was visited last.
type walk struct {
	lex   *Lexicon
	word  []rune
	limit int
	path  []rune // runes of the last key that rows describe
	ends  []int  // byte offset in the key after each rune of path
	rows  [][]int
	last  []byte
}

func (w *walk) first() []int {
	row := make([]int, len(w.word)+1)
	for i := range row {
		row[i] = i
	}
	return row
}

// visit computes the rows of key i from where it parts from the last one. It
// returns the number of the next key that can be near.
func (w *walk) visit(i uint32) (next uint32, errors int, ok bool) {
	key := w.lex.at(i)
	d := w.shared(key)
	w.path, w.ends = w.path[:d], w.ends[:d]
	pos := 0
	if d > 0 {
		pos = w.ends[d-1]
	}
	w.last = key
	for pos < len(key) {
		r, size := utf8.DecodeRune(key[pos:])
		pos += size
		w.path = append(w.path, r)
		w.ends = append(w.ends, pos)
		if w.extend(len(w.path)) > w.limit {
			return w.skip(i, key[:pos]), 0, false
		}
	}
	if n := len(w.path) - len(w.word); n > w.limit || -n > w.limit {
		return i + 1, 0, false // outside the band: too long or too short
	}
	errors = w.rows[len(w.path)][len(w.word)]
	return i + 1, errors, errors <= w.limit
}

// shared is the number of leading runes of key whose rows are known.
func (w *walk) shared(key []byte) int {
	n := 0
	for n < len(key) && n < len(w.last) && key[n] == w.last[n] {
		n++
	}
	d := 0
	for d < len(w.ends) && w.ends[d] <= n {
		d++
	}
	return d
}

// extend computes row d and returns its least distance.
func (w *walk) extend(d int) int {
	if len(w.rows) <= d {
		w.rows = append(w.rows, make([]int, len(w.word)+1))
	}
	row, up := w.rows[d], w.rows[d-1]
	r := w.path[d-1]
	row[0] = d
	least := d
	// Beyond limit letters from the diagonal nothing can be near enough; the
	// letter on either side of that band holds a distance that is too far.
	from, to := max(1, d-w.limit), min(len(w.word), d+w.limit)
	if from > 1 {
		row[from-1], least = w.limit+1, w.limit+1
	}
	if to < len(w.word) {
		row[to+1] = w.limit + 1
	}
	for j := from; j <= to; j++ {
		cost := 1
		if w.word[j-1] == r {
			cost = 0
		}
		v := min(up[j]+1, row[j-1]+1, up[j-1]+cost)
		if d > 1 && j > 1 && r == w.word[j-2] && w.path[d-2] == w.word[j-1] {
			v = min(v, w.rows[d-2][j-2]+1)
		}
		row[j] = v
		least = min(least, v)
	}
	return least
}

// skip is the first key after i that does not start with the bytes of prefix.
// Nothing is missed: once a whole row is beyond the limit, so is every later
// one, also by a swap (the row before a swap is at most one better than the
// row between).
func (w *walk) skip(i uint32, prefix []byte) uint32 {
	step := uint32(1)
	n := uint32(w.lex.Len())
	has := func(j uint32) bool {
		k := w.lex.at(j)
		return len(k) >= len(prefix) && string(k[:len(prefix)]) == string(prefix)
	}
	lo := i
	for lo+step < n && has(lo+step) {
		lo += step
		step *= 2
	}
	hi := min(lo+step, n)
	for lo+1 < hi {
		mid := lo + (hi-lo)/2
		if has(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}
