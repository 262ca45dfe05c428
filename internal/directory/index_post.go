package directory

import (
	"cmp"
	"encoding/binary"
	"slices"

	"amelie/internal/fold"
)

// field says where a word stands.
type field uint32

const (
	inName field = iota // names of the service and its organisation
	inBody              // everything else that is searched
	fields
)

// postings tell for every term and field which documents have it: ascending
// numbers as differences in variable length, or as a set where the term is so
// frequent that the set is smaller.
type postings struct {
	lex   *fold.Lexicon
	off   []uint32 // fields*lex.Len()+1 offsets into data
	data  []byte
	dense map[uint32]docset // slot to set
}

func slot(term uint32, f field) uint32 { return term*uint32(fields) + uint32(f) }

// gap is the distance to the next document of a packed list at i, and where
// the one after begins. Nearly all take one byte.
func gap(data []byte, i int) (v uint32, next int) {
	if v = uint32(data[i]); v < 0x80 {
		return v, i + 1
	}
	return longGap(data, i) // apart, so that this one is copied into its callers
}

func longGap(data []byte, i int) (v uint32, next int) {
	more, n := binary.Uvarint(data[i:])
	return uint32(more), i + n
}

// or adds the documents that have the term in the field, and reports whether
// there is any.
func (p *postings) or(term uint32, f field, to docset) bool {
	s := slot(term, f)
	if d, ok := p.dense[s]; ok {
		to.or(d)
		return true
	}
	data := p.data[p.off[s]:p.off[s+1]]
	doc := uint32(0)
	for i := 0; i < len(data); {
		var v uint32
		v, i = gap(data, i)
		doc += v
		to.add(doc)
	}
	return len(data) > 0
}

// bytes is the memory held.
func (p *postings) bytes() int {
	n := p.lex.Bytes() + 4*len(p.off) + len(p.data)
	for _, d := range p.dense {
		n += 8 * len(d)
	}
	return n
}

// collector gathers the terms of documents before they are turned around.
type collector struct {
	ids   map[string]uint32   // term to provisional number
	words map[string][]uint32 // word as written to its terms, a cache
	texts map[string][]uint32 // text to its terms, a cache
	seen  [fields][]uint32    // provisional term to the last document that had it, plus one
	occ   []uint32            // slots of provisional terms, document after document
	ends  []uint32            // end of each document in occ
}

func newCollector(n int) *collector {
	return &collector{
		ids: map[string]uint32{}, words: map[string][]uint32{}, texts: map[string][]uint32{},
		occ: make([]uint32, 0, 64*n), ends: make([]uint32, 0, n),
	}
}

func (c *collector) term(key string) uint32 {
	id, ok := c.ids[key]
	if !ok {
		id = uint32(len(c.ids))
		c.ids[key] = id
		for f := range c.seen {
			c.seen[f] = append(c.seen[f], 0)
		}
	}
	return id
}

// text adds the words of a text to the current document.
func (c *collector) text(s string, f field) {
	if s == "" {
		return
	}
	terms, ok := c.texts[s]
	if !ok {
		for _, w := range fold.Words(s) {
			terms = append(terms, c.word(w)...)
		}
		slices.Sort(terms)
		terms = slices.Compact(terms)
		if len(c.texts) > 1<<16 {
			clear(c.texts)
		}
		c.texts[s] = terms
	}
	for _, t := range terms {
		c.add(t, f)
	}
}

// key adds one term as it is.
func (c *collector) key(key string, f field) {
	if key != "" {
		c.add(c.term(key), f)
	}
}

func (c *collector) word(w string) []uint32 {
	terms, ok := c.words[w]
	if !ok {
		for _, form := range storedForms(w) {
			terms = append(terms, c.term(form))
		}
		c.words[w] = terms
	}
	return terms
}

// storedForms are the keys under which a word is stored: by ear only for Greek
// (what is typed in Latin letters is turned into them when it is sought).
func storedForms(w string) []string {
	key := fold.Word(w)
	if key == "" {
		return nil
	}
	if fold.IsGreek(key) {
		return append([]string{key}, fold.Greeklish(key)...)
	}
	if d := fold.Digraphs(w); d != key {
		return []string{key, d}
	}
	return []string{key}
}

func (c *collector) add(term uint32, f field) {
	doc := uint32(len(c.ends)) + 1
	if c.seen[f][term] == doc {
		return
	}
	c.seen[f][term] = doc
	c.occ = append(c.occ, slot(term, f))
}

// end closes the current document.
func (c *collector) end() { c.ends = append(c.ends, uint32(len(c.occ))) }

// postings turns documents to terms into terms to documents. The final number
// of document i is number[i].
func (c *collector) postings(number []uint32) *postings {
	keys := make([]string, 0, len(c.ids))
	for k := range c.ids {
		keys = append(keys, k)
	}
	lex := fold.NewLexicon(keys)
	final := make([]uint32, len(c.ids)) // provisional to sorted term number
	for k, id := range c.ids {
		final[id], _ = lex.Find(k)
	}
	count := make([]uint32, int(fields)*lex.Len()+1)
	slotOf := func(o uint32) uint32 { return slot(final[o/uint32(fields)], field(o%uint32(fields))) }
	for i, o := range c.occ {
		c.occ[i] = slotOf(o)
		count[c.occ[i]+1]++
	}
	for i := 1; i < len(count); i++ {
		count[i] += count[i-1]
	}
	docs := c.turn(count, number)
	return pack(lex, count, docs, len(c.ends))
}

// turn sorts the occurrences by slot, and within one by document: documents
// are visited in the order of their final numbers.
func (c *collector) turn(start []uint32, number []uint32) []uint32 {
	order := make([]uint32, len(number))
	for i, n := range number {
		order[n] = uint32(i)
	}
	next := slices.Clone(start)
	docs := make([]uint32, len(c.occ))
	for n, i := range order {
		from := uint32(0)
		if i > 0 {
			from = c.ends[i-1]
		}
		for _, s := range c.occ[from:c.ends[i]] {
			docs[next[s]] = uint32(n)
			next[s]++
		}
	}
	return docs
}

// denseShare: a term in more than one document of this many is kept as a set.
const denseShare = 12

func pack(lex *fold.Lexicon, start, docs []uint32, n int) *postings {
	p := &postings{lex: lex, off: make([]uint32, len(start)), dense: map[uint32]docset{}}
	p.data = make([]byte, 0, len(docs)+len(docs)/4)
	for s := range len(start) - 1 {
		list := docs[start[s]:start[s+1]]
		if len(list) > n/denseShare && len(list) > 64 {
			set := newDocset(n)
			for _, d := range list {
				set.add(d)
			}
			p.dense[uint32(s)] = set
		} else {
			last := uint32(0)
			for _, d := range list {
				p.data = binary.AppendUvarint(p.data, uint64(d-last))
				last = d
			}
		}
		p.off[s+1] = uint32(len(p.data))
	}
	p.data = slices.Clip(p.data)
	return p
}

// byPrior orders documents so that what should stand first without any
// question has the lowest number; equals by ID, so the order never wavers.
func byPrior(entries []Entry, prior []int32) (number []uint32) {
	order := make([]uint32, len(entries))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(prior[b], prior[a]), cmp.Compare(entries[a].Service.ID, entries[b].Service.ID))
	})
	number = make([]uint32, len(entries))
	for n, i := range order {
		number[i] = uint32(n)
	}
	return number
}
