package directory

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// snapshot is one version of the directory in memory. Nothing hidden is in it,
// and it is never changed: a newer one takes its place.
type snapshot struct {
	version   int64
	vocab     Vocabulary
	changed   map[string]time.Time
	views     [2]view // by Audience
	positions []int64 // of the organisations of either view, among those of their country
	labels    map[string]Text
	checks    map[string][]Verification // by service
	built     time.Time                 // when everything was read: the order decays from there
	patches   int                       // how often some organisations were replaced since then
	book      func() *hsdsBook
	index     *Index                 // what everyone may find
	inner     func() *Index          // what professionals may find, built at its first use
	innerHave *atomic.Pointer[Index] // what inner gave, nil before its first use
	faces     faces
	choices   sync.Map // scheme and language to []web.Choice
	tongues   sync.Map // reader's language to the languages to choose from, []web.Choice
}

// view is the directory for one audience.
type view struct {
	organizations []Organization
	byService     map[string]record
	byID          map[string]*Organization
}

func newSnapshot(all *stored, at time.Time) *snapshot {
	s := &snapshot{version: all.version, vocab: all.vocabulary, changed: all.changed, positions: all.positions,
		labels: map[string]Text{}, checks: all.checks, built: at}
	for _, c := range all.vocabulary.Concepts {
		s.labels[c.Scheme+"/"+c.ID] = c.Labels
	}
	for _, to := range []Audience{ForEveryone, ForProfessionals} {
		s.views[to] = newView(all.organizations, to, all.changed)
	}
	s.index = NewIndexAt(s.views[ForEveryone].entries(), s.vocab, at)
	s.later(nil)
	return s
}

// newView is what an audience may see of organisations. Nothing hidden gets
// into it, nor into the index of its entries.
//
// req: DIRECTORY-1
func newView(organizations []Organization, to Audience, changed map[string]time.Time) view {
	v := view{byService: map[string]record{}, byID: map[string]*Organization{}, organizations: make([]Organization, len(organizations))}
	for i, o := range organizations {
		v.organizations[i] = Publish(o, to)
		v.know(&v.organizations[i], changed)
	}
	return v
}

// know enters a published organisation under its identifier and those of its
// services.
func (v *view) know(o *Organization, changed map[string]time.Time) {
	v.byID[o.ID] = o
	for j := range o.Services {
		one := &o.Services[j]
		v.byService[one.ID] = record{organization: o, service: one, changed: changed[one.ID]}
	}
}

// entries are what the view's audience may find.
func (v *view) entries() []Entry {
	var entries []Entry
	for i := range v.organizations {
		entries = append(entries, entriesOf(v.organizations[i])...)
	}
	return entries
}

// entriesOf are the entries of a published organisation.
func entriesOf(o Organization) []Entry {
	services := o.Services
	o.Services = nil
	entries := make([]Entry, len(services))
	for i := range services {
		entries[i] = Entry{Organization: &o, Service: &services[i]}
	}
	return entries
}

// later sets what is made at its first use. inner is the professionals' index
// where it is known already.
func (s *snapshot) later(inner *Index) {
	s.innerHave = &atomic.Pointer[Index]{}
	s.innerHave.Store(inner)
	s.inner = sync.OnceValue(func() *Index {
		if s.innerHave.Load() == nil {
			s.innerHave.Store(NewIndexAt(s.views[ForProfessionals].entries(), s.vocab, s.built))
		}
		return s.innerHave.Load()
	})
	s.book = sync.OnceValue(func() *hsdsBook {
		return newBook(s.views[ForEveryone].organizations, s.vocab, s.changed, s.checks, territoryName)
	})
}

// with is the snapshot with some organisations replaced: moved names them, and
// some has those of them that are there still. It is what newSnapshot would
// make of everything, in the order of the moment when s was built.
func (s *snapshot) with(some *stored, moved map[string]bool) *snapshot {
	t := &snapshot{version: some.version, vocab: s.vocab, labels: s.labels, built: s.built, patches: s.patches + 1,
		changed: maps.Clone(s.changed), checks: maps.Clone(s.checks)}
	t.keepDates(s, some, moved)
	order := s.order(some, moved)
	for _, from := range order {
		if from.fresh {
			t.positions = append(t.positions, some.positions[from.i])
		} else {
			t.positions = append(t.positions, s.positions[from.i])
		}
	}
	var both sync.WaitGroup
	var indexes [2]*Index
	for to, index := range [2]*Index{s.index, s.innerHave.Load()} {
		both.Go(func() {
			fresh := s.views[to].take(&t.views[to], some, order, moved, Audience(to), t.changed)
			if index != nil {
				indexes[to] = index.With(s.views[to].services(moved), fresh, s.built)
			}
		})
	}
	both.Wait()
	t.index = indexes[ForEveryone]
	t.later(indexes[ForProfessionals])
	return t
}

// keepDates replaces when the rows of some organisations changed and were
// verified.
func (t *snapshot) keepDates(s *snapshot, some *stored, moved map[string]bool) {
	forget := func(service string) {
		delete(t.changed, service)
		delete(t.checks, service)
	}
	for id := range moved {
		delete(t.changed, id)
	}
	for id := range s.views[ForProfessionals].services(moved) {
		forget(id)
	}
	for _, o := range some.organizations { // also those that no audience sees
		for _, one := range o.Services {
			forget(one.ID)
		}
	}
	maps.Copy(t.changed, some.changed)
	maps.Copy(t.checks, some.checks)
}

// origin is an organisation of a patched snapshot: number i of the snapshot
// before, or of what was read afresh.
type origin struct {
	fresh bool
	i     int
}

// order puts the organisations that were read afresh in their places.
func (s *snapshot) order(some *stored, moved map[string]bool) []origin {
	waiting := map[string]int{}
	for j, o := range some.organizations {
		waiting[o.ID] = j
	}
	old := s.views[ForEveryone].organizations
	kept := make([]origin, 0, len(old)+len(waiting))
	for i := range old {
		id := old[i].ID
		if !moved[id] {
			kept = append(kept, origin{i: i})
		} else if j, there := waiting[id]; there && some.positions[j] == s.positions[i] {
			kept = append(kept, origin{true, j})
			delete(waiting, id)
		}
	}
	if len(waiting) == 0 {
		return kept
	}
	compare := func(a, b origin) int {
		one := func(from origin) (*Organization, int64) {
			if from.fresh {
				return &some.organizations[from.i], some.positions[from.i]
			}
			return &old[from.i], s.positions[from.i]
		}
		x, xAt := one(a)
		y, yAt := one(b)
		return cmp.Or(cmp.Compare(x.Country, y.Country), cmp.Compare(xAt, yAt), cmp.Compare(x.ID, y.ID))
	}
	var added []origin
	for _, j := range waiting {
		added = append(added, origin{true, j})
	}
	slices.SortFunc(added, compare)
	out := make([]origin, 0, cap(kept))
	for _, from := range kept {
		for len(added) > 0 && compare(added[0], from) < 0 {
			out, added = append(out, added[0]), added[1:]
		}
		out = append(out, from)
	}
	return append(out, added...)
}

// services are the services of some organisations in the view.
func (v *view) services(of map[string]bool) map[string]bool {
	ids := map[string]bool{}
	for id := range of {
		if o := v.byID[id]; o != nil {
			for _, one := range o.Services {
				ids[one.ID] = true
			}
		}
	}
	return ids
}

// take makes the view of a patched snapshot, and gives the entries that are
// new in it.
func (v *view) take(to *view, some *stored, order []origin, moved map[string]bool, audience Audience, changed map[string]time.Time) (fresh []Entry) {
	to.byService, to.byID = maps.Clone(v.byService), maps.Clone(v.byID)
	for id := range v.services(moved) {
		delete(to.byService, id)
	}
	for id := range moved {
		delete(to.byID, id)
	}
	to.organizations = make([]Organization, len(order))
	for n, from := range order {
		if !from.fresh {
			to.organizations[n] = v.organizations[from.i]
			continue
		}
		o := Publish(some.organizations[from.i], audience)
		to.organizations[n] = o
		// An address of its own: one into the slice would keep all of it in memory.
		to.know(&o, changed)
		fresh = append(fresh, entriesOf(o)...)
	}
	return fresh
}
