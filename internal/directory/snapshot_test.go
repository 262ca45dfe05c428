package directory

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"amelie/internal/db"
)

// keeper makes random changes through Change and Verify.
type keeper struct {
	*kept
	rnd     *rand.Rand
	removed []string // histories of rows that were taken out
	n       int
}

func (k *keeper) change(c Change) {
	k.t.Helper()
	k.must(func(tx *db.Tx) error { return k.d.Change(tx, editor, k.now, c) })
}

func (k *keeper) any(kind Kind) Row {
	k.t.Helper()
	var rows []Row
	k.must(func(tx *db.Tx) (err error) { rows, err = k.d.Rows(tx, kind); return err })
	return rows[k.rnd.IntN(len(rows))]
}

func (k *keeper) act() {
	k.t.Helper()
	k.n++
	switch k.rnd.IntN(8) {
	case 0:
		r := k.any(KindService)
		s := *r.Service
		s.Name, s.Hide = fmt.Sprintf("Quarzlampe %d", k.n), nil
		r.Service = &s
		k.change(Change{Row: r})
	case 1: // hidden from one audience or both
		r := k.any(KindService)
		s := *r.Service
		s.Hide = Hide{HideEntry: []Visibility{Professional, Hidden}[k.rnd.IntN(2)]}
		r.Service = &s
		k.change(Change{Row: r})
	case 2:
		r := k.any(KindPlace)
		k.change(Change{Row: r, Remove: true})
		k.remember(r)
	case 3:
		r := k.any(KindOrganization)
		o := *r.Organization
		o.Name = fmt.Sprintf("Body %d", k.n)
		r.Organization = &o
		k.change(Change{Row: r})
	case 4:
		r := k.any(KindOrganization)
		o := *r.Organization
		o.ID = fmt.Sprintf("%s-new-body-%d", r.ID[:2], k.n)
		k.change(Change{Row: OfOrganization(o, 0), New: true})
	case 5:
		r := k.any(KindService)
		k.must(func(tx *db.Tx) error {
			return k.d.Verify(tx, editor, k.now, KindService, r.ID, ByTelephone, PartPhones)
		})
	case 6:
		k.takeOut()
	case 7:
		k.restore()
	}
}

// takeOut removes an organisation with all that belongs to it.
func (k *keeper) takeOut() {
	k.t.Helper()
	o := k.any(KindOrganization)
	var tree Tree
	k.must(func(tx *db.Tx) (err error) { tree, err = k.d.Tree(tx, o.ID); return err })
	changes := []Change{{Row: o, Remove: true}}
	for _, s := range tree.Services {
		changes = append(changes, Change{Row: s, Remove: true})
		for _, p := range tree.Places[s.ID] {
			changes = append(changes, Change{Row: p, Remove: true})
		}
	}
	k.must(func(tx *db.Tx) error { return k.d.Change(tx, editor, k.now, changes...) })
	k.remember(o)
}

func (k *keeper) remember(r Row) {
	k.t.Helper()
	k.must(func(tx *db.Tx) error {
		past, err := k.d.History(tx, r.Kind, r.ID)
		if err == nil {
			k.removed = append(k.removed, past[0].ID)
		}
		return err
	})
}

// restore brings back what was taken out, where its parent is still there.
func (k *keeper) restore() {
	if len(k.removed) == 0 {
		return
	}
	past := k.removed[len(k.removed)-1]
	k.removed = k.removed[:len(k.removed)-1]
	_ = k.write(func(tx *db.Tx) error { // a refusal changes nothing, which is right too
		c, err := k.d.Restore(tx, past, "")
		if err != nil {
			return err
		}
		c.Confirmed = true
		return k.d.Change(tx, editor, k.now, c)
	})
}

func (k *keeper) open() *Directory {
	k.t.Helper()
	d, err := Open(k.t.Context(), Config{DB: k.db, Now: func() time.Time { return k.now }})
	if err != nil {
		k.t.Fatal(err)
	}
	return d
}

func (k *keeper) snapshot(d *Directory) *snapshot {
	k.t.Helper()
	d.Refresh()
	s, err := d.snapshot(k.t.Context())
	if err != nil {
		k.t.Fatal(err)
	}
	return s
}

func TestAnInstanceThatReadsOnlyWhatChangedAnswersLikeOneThatReadsEverything(t *testing.T) {
	eachKept(t, func(k *kept) {
		w := &keeper{kept: k, rnd: rand.New(rand.NewPCG(3, 5))}
		there := w.open()
		first := w.snapshot(there)
		first.inner() // from now on the professionals' index is kept up too
		for range 4 {
			before := w.snapshot(there)
			for range 1 + w.rnd.IntN(6) {
				w.act()
			}
			got := w.snapshot(there)
			if got.version != before.version && got.patches != before.patches+1 {
				t.Fatalf("version %d to %d read everything", before.version, got.version)
			}
			all, err := load(t.Context(), k.db)
			if err != nil {
				t.Fatal(err)
			}
			sameSnapshot(t, got, newSnapshot(all, got.built))
		}
	})
}

func sameSnapshot(t *testing.T, got, want *snapshot) {
	t.Helper()
	for to := range want.views {
		if diff := cmp.Diff(want.views[to].organizations, got.views[to].organizations, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal("organisations", to, diff)
		}
		if diff := cmp.Diff(want.views[to].byID, got.views[to].byID, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal("by identifier", to, diff)
		}
		if diff := cmp.Diff(want.views[to].byService, got.views[to].byService, cmp.AllowUnexported(record{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatal("by service", to, diff)
		}
	}
	for id, at := range want.changed {
		if !got.changed[id].Equal(at) {
			t.Error("changed", id, got.changed[id], at)
		}
	}
	if !slices.Equal(got.positions, want.positions) || got.version != want.version {
		t.Error("the order or the version differs")
	}
	for id, checks := range want.checks {
		if !reflect.DeepEqual(got.checks[id], checks) {
			t.Error("checks", id, got.checks[id], checks)
		}
	}
	for id := range got.views[ForEveryone].byService {
		if len(got.checks[id]) != len(want.checks[id]) {
			t.Error("checks", id, got.checks[id], want.checks[id])
		}
	}
	for _, pair := range [][2]*Index{{got.index, want.index}, {got.inner(), want.inner()}} {
		for _, q := range append(benchQueries(), Query{Text: "quarzlampe", Limit: 100}, Query{Text: "quarzlmape", Limit: 100}, Query{Limit: 100, Lang: "el", Now: benchNow}) {
			a, b := pair[0].Search(q), pair[1].Search(q)
			if diff := cmp.Diff(b, a, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%+v: %s", q, diff)
			}
		}
	}
}

func TestWhatTheTrailDoesNotTellIsReadWhole(t *testing.T) {
	eachKept(t, func(k *kept) {
		w := &keeper{kept: k, rnd: rand.New(rand.NewPCG(1, 1))}
		there := w.open()
		whole := func(what string) {
			t.Helper()
			if s := w.snapshot(there); s.patches != 0 {
				t.Errorf("%s: %d organisations were replaced instead", what, s.patches)
			}
		}
		rename := func() {
			r := w.any(KindOrganization)
			w.change(Change{Row: r, Note: "again"})
		}
		rename()
		if s := w.snapshot(there); s.patches != 1 {
			t.Fatal("a change of one organisation read everything")
		}
		w.must(func(tx *db.Tx) error { return k.d.Bump(tx, k.now) })
		rename() // a trail after the gap does not fill it
		whole("other statements wrote rows")

		rename()
		w.snapshot(there)
		c := w.any(KindConcept)
		w.change(Change{Row: c, Note: "a word"})
		whole("a concept changed")

		rename()
		w.snapshot(there)
		k.now = k.now.Add(orderLife)
		rename()
		whole("the order is a day old")

		w.must(func(tx *db.Tx) error {
			for n := range mostMoved + 1 {
				if err := bumpVersion(tx, k.now, fmt.Sprint("body-", n)); err != nil {
					return err
				}
			}
			return nil
		})
		whole("too many organisations")
	})
}
