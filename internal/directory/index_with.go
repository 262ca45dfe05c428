package directory

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"
)

// With is the index that NewIndexAt would build of the entries without those
// removed (by the ID of the service) and with those added, for the same
// vocabulary and moment. It moves the sets and lists that are there to their
// new numbers instead of reading the texts of all entries again. The index
// itself stays as it is.
func (x *Index) With(removed map[string]bool, added []Entry, at time.Time) *Index {
	prior := make([]int32, len(added))
	for i, e := range added {
		prior[i] = priorOf(e, at)
	}
	rank := byPrior(added, prior)
	sorted, ranks := make([]Entry, len(added)), make([]int32, len(added))
	for i, n := range rank {
		sorted[n], ranks[n] = added[i], prior[i]
	}
	m, number := x.makeRoom(removed, sorted, ranks)
	texts := make(chan *postings)
	go func() {
		words := newCollector(len(sorted))
		for _, e := range sorted {
			collect(words, e)
		}
		texts <- x.post.with(m, words, number)
	}()
	y := x.moved(m)
	b := newBuilder(y)
	for i := range y.hours {
		b.weeks[y.hours[i].country+weekKey(y.hours[i].hours)] = i
	}
	for _, p := range x.where.at {
		if to := m.to[p.doc]; to != gone {
			b.points = append(b.points, position{p.lat, p.lon, to})
		}
	}
	for i, e := range sorted {
		y.entries[number[i]], y.prior[number[i]] = e, ranks[i]
		b.add(number[i], e)
	}
	y.phones.sort()
	y.phones = y.phones.joined(x.phones, m)
	b.finish()
	y.post = <-texts
	return y
}

// gone is the new number of a document that is removed.
const gone = ^uint32(0)

// move says where the documents of an index stand in a newer one. What stays
// keeps its order.
type move struct {
	n    int      // documents in the newer one
	to   []uint32 // by old number
	runs []run
}

// run is an unbroken stretch: the old documents from … before stand at, at+1 …
type run struct{ from, before, at uint32 }

// makeRoom numbers anew; added, sorted as by byPrior, gets number.
func (x *Index) makeRoom(removed map[string]bool, added []Entry, prior []int32) (m *move, number []uint32) {
	m = &move{to: make([]uint32, len(x.entries))}
	next, i := uint32(0), 0
	take := func() {
		number = append(number, next)
		next, i = next+1, i+1
	}
	for d, e := range x.entries {
		if removed[e.Service.ID] {
			m.to[d] = gone
			continue
		}
		for i < len(added) && cmp.Or(cmp.Compare(x.prior[d], prior[i]), cmp.Compare(added[i].Service.ID, e.Service.ID)) < 0 {
			take()
		}
		m.to[d] = next
		if last := len(m.runs) - 1; last >= 0 && m.runs[last].before == uint32(d) && m.runs[last].at+uint32(d)-m.runs[last].from == next {
			m.runs[last].before++
		} else {
			m.runs = append(m.runs, run{uint32(d), uint32(d) + 1, next})
		}
		next++
	}
	for i < len(added) {
		take()
	}
	m.n = int(next)
	return m, number
}

// set is a set with its documents moved.
func (m *move) set(old docset) docset {
	s := newDocset(m.n)
	for _, r := range m.runs {
		s.copy(old, r)
	}
	return s
}

// copy adds a stretch of another set, up to 64 documents at a time.
func (s docset) copy(old docset, r run) {
	for r.from < r.before {
		size := min(64-r.at&63, r.before-r.from)
		word, off := r.from>>6, r.from&63
		bits := old[word] >> off
		if off != 0 && int(word)+1 < len(old) {
			bits |= old[word+1] << (64 - off)
		}
		if size < 64 {
			bits &= 1<<size - 1
		}
		s[r.at>>6] |= bits << (r.at & 63)
		r.from, r.at = r.from+size, r.at+size
	}
}

// docs are ascending documents moved, without those that are gone.
func (m *move) docs(old []uint32) []uint32 {
	out := make([]uint32, 0, len(old))
	for _, d := range old {
		if to := m.to[d]; to != gone {
			out = append(out, to)
		}
	}
	return out
}

// movedSets leaves out the sets that become empty: a new index has none.
func movedSets[K comparable](sets map[K]docset, m *move) map[K]docset {
	out := make(map[K]docset, len(sets))
	for k, old := range sets {
		if s := m.set(old); !s.empty() {
			out[k] = s
		}
	}
	return out
}

// moved is the index without what is removed and with room for what is added;
// it lacks what builder.finish makes, the phones and the words.
func (x *Index) moved(m *move) *Index {
	y := &Index{
		entries: make([]Entry, m.n), prior: make([]int32, m.n), vocab: x.vocab,
		all: newDocset(m.n), anyTongue: m.set(x.anyTongue), unlisted: m.set(x.unlisted), papersUnknown: m.set(x.papersUnknown),
		onlyChildren: m.set(x.onlyChildren), always: m.set(x.always),
		groups: movedSets(x.groups, m), countries: movedSets(x.countries, m), touches: movedSets(x.touches, m), local: movedSets(x.local, m),
		concepts: movedSets(x.concepts, m), aimed: movedSets(x.aimed, m), spoken: movedSets(x.spoken, m), listed: movedSets(x.listed, m),
		flags: movedSets(x.flags, m), named: make(map[string][]uint32, len(x.named)), towns: maps.Clone(x.towns),
	}
	y.all.fill(m.n)
	for d, e := range x.entries {
		if to := m.to[d]; to != gone {
			y.entries[to], y.prior[to] = e, x.prior[d]
		} else {
			y.forgetTowns(e)
		}
	}
	for name, docs := range x.named {
		if docs = m.docs(docs); len(docs) > 0 {
			y.named[name] = docs
		}
	}
	for _, w := range x.hours {
		if w.docs = m.docs(w.docs); len(w.docs) > 0 {
			y.hours = append(y.hours, w)
		}
	}
	return y
}

func (x *Index) forgetTowns(e Entry) {
	for _, p := range e.Service.Places {
		for key := range townKeys(p) {
			if x.towns[key]--; x.towns[key] == 0 {
				delete(x.towns, key)
			}
		}
	}
}

// joined merges the numbers of an older index into these.
func (n phoneBook) joined(old phoneBook, m *move) phoneBook {
	out := make(phoneBook, 0, len(n)+len(old))
	i := 0
	for _, p := range old {
		if p.doc = m.to[p.doc]; p.doc == gone {
			continue
		}
		for i < len(n) && cmp.Or(cmp.Compare(n[i].digits, p.digits), cmp.Compare(n[i].doc, p.doc)) < 0 {
			out = append(out, n[i])
			i++
		}
		out = append(out, p)
	}
	return append(out, n[i:]...)
}

// with moves the documents of every term and adds those of more; document i of
// more has number[i], ascending. A term that nobody has any more goes, since a
// misspelt word must not be taken for it.
func (p *postings) with(m *move, more *collector, number []uint32) *postings {
	added := more.lists(number)
	fresh := slices.Sorted(maps.Keys(added))
	fresh = slices.DeleteFunc(fresh, func(key string) bool { _, known := p.lex.Find(key); return known })
	byTerm := make(map[uint32]*[fields][]uint32, len(added))
	for key, lists := range added {
		if t, known := p.lex.Find(key); known {
			byTerm[t] = lists
		}
	}
	w := &rewriting{m: m, q: &postings{dense: map[uint32]docset{}}}
	w.q.off = make([]uint32, 1, len(p.off)+int(fields)*len(fresh))
	w.q.data = make([]byte, 0, len(p.data)+len(p.data)/64+64*len(fresh))
	var dropped []uint32
	next := 0
	for t := range uint32(p.lex.Len()) {
		for next < len(fresh) && p.lex.After(t, fresh[next]) {
			w.term(nil, 0, added[fresh[next]])
			next++
		}
		if !w.term(p, t, byTerm[t]) {
			dropped = append(dropped, t)
		}
	}
	for ; next < len(fresh); next++ {
		w.term(nil, 0, added[fresh[next]])
	}
	w.q.lex = p.lex
	if len(dropped)+len(fresh) > 0 {
		w.q.lex = p.lex.With(dropped, fresh)
	}
	return w.q
}

// lists are the documents of each term and field, ascending.
func (c *collector) lists(number []uint32) map[string]*[fields][]uint32 {
	byID := make([]*[fields][]uint32, len(c.ids))
	out := make(map[string]*[fields][]uint32, len(c.ids))
	for key, id := range c.ids {
		byID[id] = &[fields][]uint32{}
		out[strings.Clone(key)] = byID[id]
	}
	from := uint32(0)
	for i, end := range c.ends {
		for _, s := range c.occ[from:end] {
			list := &byID[s/uint32(fields)][s%uint32(fields)]
			*list = append(*list, number[i])
		}
		from = end
	}
	return out
}

// rewriting writes new postings term after term.
type rewriting struct {
	m    *move
	q    *postings
	list []uint32 // reused
}

// term writes what is left of a term of p and what is added; false: nothing,
// and the term takes no place.
func (w *rewriting) term(p *postings, t uint32, added *[fields][]uint32) bool {
	some := false
	for f := range fields {
		var more []uint32
		if added != nil {
			more = added[f]
		}
		if w.slot(p, slot(t, f), more) {
			some = true
		}
	}
	if !some {
		w.q.off = w.q.off[:len(w.q.off)-int(fields)]
	}
	return some
}

func (w *rewriting) slot(p *postings, s uint32, more []uint32) bool {
	q, here := w.q, uint32(len(w.q.off))-1
	if p != nil {
		if old, ok := p.dense[s]; ok {
			set := w.m.set(old)
			for _, d := range more {
				set.add(d)
			}
			q.off = append(q.off, uint32(len(q.data)))
			if set.empty() {
				return false
			}
			q.dense[here] = set
			return true
		}
	}
	w.list = w.list[:0]
	if p != nil {
		w.read(p.data[p.off[s]:p.off[s+1]])
	}
	if len(more) > 0 {
		w.list = append(w.list, more...)
		slices.Sort(w.list)
	}
	last := uint32(0)
	for _, d := range w.list {
		q.data = binary.AppendUvarint(q.data, uint64(d-last))
		last = d
	}
	q.off = append(q.off, uint32(len(q.data)))
	return len(w.list) > 0
}

// read gathers the moved documents of a packed list.
func (w *rewriting) read(data []byte) {
	doc := uint32(0)
	for i := 0; i < len(data); {
		var v uint32
		v, i = gap(data, i)
		doc += v
		if to := w.m.to[doc]; to != gone {
			w.list = append(w.list, to)
		}
	}
}
