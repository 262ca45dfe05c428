package desk

import (
	"context"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/fold"
)

// shelf is what the lists of the desk know of every entry, in memory: names to
// search in, counts, findings. It is read whole once, then only the
// organisations that changed, so that a list over 10^5 entries costs no reading
// of the directory.
type shelf struct {
	mu      sync.Mutex
	version int64   // of the directory; 0: not read yet
	bodies  []*body // by identifier, that is by country and name
	numbers map[string]int

	day     string           // for which what follows holds; "": it is to be made anew
	tally   []counts         // of the bodies, one by one
	kinds   map[string]*pile // the findings by group
	langs   map[string]int   // how many texts a language lacks
	lacking [][]place        // where, each row once, by the languages of the content
	totals  counts
}

// place is a line of a list: number n of what stands in a body.
type place struct {
	in *body
	n  int
}

// pile is where the findings of a group stand, in the order of the bodies.
type pile struct {
	open, left []place // left as they are, with a reason
}

// body is one organisation on the shelf. It is never changed: a newer one
// takes its place.
type body struct {
	Row      rowName
	country  string
	words    string // folded words of its names and numbers, a space before each
	services int
	edited   bool
	verified bool
	found    []finding
	gaps     []textGap
	numbers  []string // each once
}

// rowName is a row as lists name it.
type rowName struct {
	Kind     directory.Kind
	ID, Name string
	names    directory.Text
}

// nameOf is how a row is named to each reader.
func nameOf(r directory.Row) *rowName {
	n := &rowName{Kind: r.Kind, ID: r.ID, Name: r.Name()}
	switch {
	case r.Organization != nil:
		n.names = r.Organization.Names
	case r.Service != nil:
		n.names = r.Service.Names
	}
	return n
}

// in is the name for a reader of a language.
func (r *rowName) in(lang string) string {
	if name := r.names[lang]; name != "" {
		return name
	}
	return r.Name
}

// counts are the numbers of one entry.
type counts struct{ findings, texts, waiting int }

// textGap is a text that lacks languages, or has some that are older than
// their source. Sets of languages are bits in the order of the content's.
type textGap struct {
	row            *rowName
	field, source  string
	missing, older uint8
}

func (g textGap) in(lang int) (missing, older bool) {
	return g.missing&(1<<lang) != 0, g.older&(1<<lang) != 0
}

// reading brings the shelf up to the directory and lends it.
func (k *Desk) reading(tx *db.Tx, now time.Time, look func(s *shelf)) error {
	s := &k.shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := k.catchUp(tx, s); err != nil {
		return err
	}
	s.count(now)
	look(s)
	return nil
}

// Sweep keeps the shelf up to the directory between requests, so that after a
// start or a large file none of them waits for the reading.
func (k *Desk) Sweep(ctx context.Context) error {
	return k.cfg.DB.Read(ctx, func(tx *db.Tx) error { return k.reading(tx, k.cfg.Now(), func(*shelf) {}) })
}

// catchUp reads the organisations that changed since the last look.
func (k *Desk) catchUp(tx *db.Tx, s *shelf) error {
	version, moved, ok, err := k.d.Moved(tx, s.version)
	if err != nil || ok && version == s.version {
		return err
	}
	if s.version == 0 || !ok {
		if err := k.readAll(tx, s); err != nil {
			return err
		}
		s.version, s.day = version, ""
		return nil
	}
	for _, id := range moved {
		b, err := k.readBody(tx, id)
		if err != nil {
			return err
		}
		s.replace(id, b)
	}
	s.version, s.day = version, ""
	return nil
}

// readBody reads one organisation; nil when it is gone.
func (k *Desk) readBody(tx *db.Tx, id string) (*body, error) {
	tree, err := k.d.Tree(tx, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	notes, err := k.notesOf(tx, tree)
	if err != nil {
		return nil, err
	}
	return inspect(tree, notes), nil
}

// readAll reads everything: at the first look, and when more changed than can
// be told one by one.
func (k *Desk) readAll(tx *db.Tx, s *shelf) error {
	trees, rows, err := k.trees(tx)
	if err != nil {
		return err
	}
	notes, err := k.allNotes(tx, rows)
	if err != nil {
		return err
	}
	s.bodies, s.numbers = make([]*body, 0, len(trees)), map[string]int{}
	for _, t := range trees {
		s.bodies = append(s.bodies, inspect(t, notes))
	}
	slices.SortFunc(s.bodies, func(a, b *body) int { return strings.Compare(a.Row.ID, b.Row.ID) })
	for _, b := range s.bodies {
		s.know(b, 1)
	}
	return nil
}

func (k *Desk) trees(tx *db.Tx) (trees []directory.Tree, all []directory.Row, err error) {
	children := map[directory.Kind]map[string][]directory.Row{}
	for _, kind := range []directory.Kind{directory.KindOrganization, directory.KindService, directory.KindPlace} {
		rows, err := k.d.Rows(tx, kind)
		if err != nil {
			return nil, nil, err
		}
		children[kind] = map[string][]directory.Row{}
		for _, r := range rows {
			children[kind][r.Parent] = append(children[kind][r.Parent], r)
			if kind == directory.KindOrganization {
				trees = append(trees, directory.Tree{Organization: r})
			}
		}
		all = append(all, rows...)
	}
	for i := range trees {
		t := &trees[i]
		t.Services, t.Places = children[directory.KindService][t.Organization.ID], map[string][]directory.Row{}
		for _, s := range t.Services {
			t.Places[s.ID] = children[directory.KindPlace][s.ID]
		}
	}
	return trees, all, nil
}

// at is where an organisation stands, or would stand.
func (s *shelf) at(id string) (int, bool) {
	return sort.Find(len(s.bodies), func(i int) int { return strings.Compare(id, s.bodies[i].Row.ID) })
}

// replace puts what an organisation is now; nil takes it out.
func (s *shelf) replace(id string, b *body) {
	i, there := s.at(id)
	if there {
		s.know(s.bodies[i], -1)
	}
	switch {
	case b != nil && there:
		s.bodies[i] = b
	case b != nil:
		s.bodies = slices.Insert(s.bodies, i, b)
	case there:
		s.bodies = slices.Delete(s.bodies, i, i+1)
	}
	if b != nil {
		s.know(b, 1)
	}
}

func (s *shelf) know(b *body, n int) {
	for _, number := range b.numbers {
		if s.numbers[number] += n; s.numbers[number] == 0 {
			delete(s.numbers, number)
		}
	}
}

// holds says whether a finding is one now.
func (s *shelf) holds(f *finding, now time.Time) bool {
	return !now.Before(f.from) && (f.number == "" || s.numbers[f.number] > 1)
}

// count makes the tally of a day, once for each state of the directory: the
// numbers, and the places at which a list opens without a walk over everything.
func (s *shelf) count(now time.Time) {
	day := now.UTC().Format(time.DateOnly)
	if s.day == day {
		return
	}
	s.day, s.tally, s.totals = day, make([]counts, len(s.bodies)), counts{}
	s.kinds, s.langs, s.lacking = map[string]*pile{}, map[string]int{}, make([][]place, len(directory.ContentLanguages))
	for i, b := range s.bodies {
		n := &s.tally[i]
		s.countFindings(b, n, now)
		s.countTexts(b, n)
		s.totals.findings += n.findings
		s.totals.texts += n.texts
	}
}

func (s *shelf) countFindings(b *body, n *counts, now time.Time) {
	for j := range b.found {
		f := &b.found[j]
		if !s.holds(f, now) {
			continue
		}
		kind := s.kinds[f.Group]
		if kind == nil { // also when all of it was left: it has its chip
			kind = &pile{}
			s.kinds[f.Group] = kind
		}
		if f.Dismissed != nil {
			kind.left = append(kind.left, place{b, j})
			continue
		}
		kind.open = append(kind.open, place{b, j})
		if !someday[f.ID] {
			n.findings++
		}
	}
}

func (s *shelf) countTexts(b *body, n *counts) {
	for j, g := range b.gaps {
		for l, lang := range directory.ContentLanguages {
			if missing, older := g.in(l); !missing && !older {
				continue
			}
			s.langs[lang]++
			n.texts++
			if !sameGap(s.lacking[l], b, g.row) {
				s.lacking[l] = append(s.lacking[l], place{b, j})
			}
		}
	}
}

// sameGap says whether the last line is of the same row already.
func sameGap(lines []place, b *body, row *rowName) bool {
	if len(lines) == 0 {
		return false
	}
	last := lines[len(lines)-1]
	return last.in == b && b.gaps[last.n].row == row
}

// someday are findings that wait for a quiet hour: they are on the work list
// and in no count of an entry.
var someday = map[string]bool{"old": true, "link-look": true}

// wordsIn are the words that somebody looks for in a list.
func wordsIn(text string) (words []string) {
	for _, w := range fold.Tokens(text) {
		words = append(words, " "+w)
	}
	return words
}

// fits says whether every word begins a word of the entry.
func (b *body) fits(words []string) bool {
	for _, w := range words {
		if !strings.Contains(b.words, w) {
			return false
		}
	}
	return true
}

// fitting are the lines whose entries fit, in their order.
func fitting(list []place, words []string) []place {
	if len(words) == 0 {
		return list
	}
	var out []place
	for _, p := range list {
		if p.in.fits(words) {
			out = append(out, p)
		}
	}
	return out
}
