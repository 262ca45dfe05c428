package directory

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/policy"
)

var editor = By{User: "u-editor", Name: "Editor", Way: ByEditor}

// kept is a directory with the shipped content and somebody who keeps it.
type kept struct {
	t   testing.TB
	db  *db.DB
	d   *Directory
	now time.Time
}

func eachKept(t *testing.T, story func(k *kept)) {
	dbtest.Each(t, []db.Schema{audit.Schema, Schema}, func(t *testing.T, d *db.DB) {
		files, vocab := shippedContent(t)
		mustImport(t, d, files, vocab, tuesday)
		k := &kept{t: t, db: d, now: tuesday.Add(time.Hour)}
		var err error
		k.d, err = Open(t.Context(), Config{DB: d, Now: func() time.Time { return k.now }, Policy: policy.Must(Policy)})
		if err != nil {
			t.Fatal(err)
		}
		story(k)
	})
}

func (k *kept) write(f func(tx *db.Tx) error) error {
	k.now = k.now.Add(2 * time.Second)
	return k.db.Write(context.Background(), f)
}

func (k *kept) must(f func(tx *db.Tx) error) {
	k.t.Helper()
	if err := k.write(f); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kept) row(kind Kind, id string) Row {
	k.t.Helper()
	var r Row
	k.must(func(tx *db.Tx) (err error) { r, err = k.d.Row(tx, kind, id); return err })
	return r
}

func (k *kept) refused(kind fault.Kind, f func(tx *db.Tx) error) {
	k.t.Helper()
	if err := k.write(f); fault.KindOf(err) != kind {
		k.t.Errorf("got %v, want %v", err, kind)
	}
}

const someService = "gr-a21-1109"

func TestAChangeIsFoundAtOnceKeptInTheHistoryAndCanBeTakenBack(t *testing.T) {
	eachKept(t, func(k *kept) {
		before := k.row(KindService, someService)
		changed := before
		s := *before.Service
		s.Name = "Quarzlampe"
		changed.Service = &s
		k.must(func(tx *db.Tx) error {
			return k.d.Change(tx, editor, k.now, Change{Row: changed, Note: "a test"})
		})
		r, err := k.d.snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := r.views[ForEveryone].byService[someService].service.Name; got != "Quarzlampe" {
			t.Errorf("the public page still says %q", got)
		}
		var past []Past
		k.must(func(tx *db.Tx) (err error) { past, err = k.d.History(tx, KindService, someService); return err })
		if len(past) != 2 || past[1].Action != "released" || past[0].By.Name != "Editor" || past[0].Row.Service.Name != "Quarzlampe" || past[0].Note != "a test" {
			t.Fatalf("history: %+v", past)
		}
		// Taken out, and brought back from the history.
		now := k.row(KindService, someService)
		k.refused(fault.Conflict, func(tx *db.Tx) error {
			org := k.rowIn(tx, KindOrganization, now.Parent)
			return k.d.Change(tx, editor, k.now, Change{Row: org, Remove: true})
		})
		var rows []Change
		k.must(func(tx *db.Tx) error {
			tree, err := k.d.Tree(tx, now.Parent)
			if err != nil {
				return err
			}
			rows = nil
			for _, p := range tree.Places[someService] {
				rows = append(rows, Change{Row: p, Remove: true})
			}
			return k.d.Change(tx, editor, k.now, append(rows, Change{Row: now, Remove: true})...)
		})
		k.must(func(tx *db.Tx) error {
			list, err := k.d.History(tx, KindService, someService)
			if err != nil {
				return err
			}
			back, err := k.d.Restore(tx, list[0].ID, "it was right")
			if err != nil {
				return err
			}
			return k.d.Change(tx, editor, k.now, back)
		})
		if got := k.row(KindService, someService); got.Service.Name != "Quarzlampe" || got.Revision <= now.Revision {
			t.Errorf("restored: %+v", got)
		}
	})
}

func (k *kept) rowIn(tx *db.Tx, kind Kind, id string) Row {
	r, err := k.d.Row(tx, kind, id)
	if err != nil {
		k.t.Fatal(err)
	}
	return r
}

func TestTwoEditorsAtOnceLoseNothing(t *testing.T) {
	eachKept(t, func(k *kept) {
		seen := k.row(KindService, someService)
		first, second := seen, seen
		a, b := *seen.Service, *seen.Service
		a.Summary = Text{"en": "First editor.", "el": "Πρώτη."}
		b.WhenYouCall = Text{"en": "Second editor."}
		first.Service, second.Service = &a, &b
		k.must(func(tx *db.Tx) error { return k.d.Change(tx, editor, k.now, Change{Row: first}) })
		k.refused(fault.Stale, func(tx *db.Tx) error { return k.d.Change(tx, editor, k.now, Change{Row: second}) })
		merged, conflicts, err := Merge(seen, second, k.row(KindService, someService))
		if err != nil || len(conflicts) > 0 {
			t.Fatal(conflicts, err)
		}
		k.must(func(tx *db.Tx) error { return k.d.Change(tx, editor, k.now, Change{Row: merged}) })
		got := k.row(KindService, someService).Service
		if got.Summary["en"] != "First editor." || got.WhenYouCall["en"] != "Second editor." {
			t.Errorf("lost: %+v", got)
		}
	})
}

func TestARowThatBreaksTheRulesChangesNothing(t *testing.T) {
	eachKept(t, func(k *kept) {
		good := k.row(KindService, someService)
		bad := good
		s := *good.Service
		s.Phones = []Phone{{Number: "0030 call me", Printed: "x"}}
		s.Area = nil
		bad.Service = &s
		k.refused(fault.Invalid, func(tx *db.Tx) error { return k.d.Change(tx, editor, k.now, Change{Row: bad}) })
		if diff := cmp.Diff(good, k.row(KindService, someService)); diff != "" {
			t.Error(diff)
		}
	})
}

// req: DIRECTORY-9
func TestAChangedContactIsTakenOnlyAfterACallToANumberThatWasKnownBefore(t *testing.T) {
	eachKept(t, func(k *kept) {
		seen := k.row(KindService, someService)
		s := *seen.Service
		s.Phones = append(slices.Clone(s.Phones), Phone{Number: "+302109999999", Printed: "210 999 9999"})
		wrong := seen
		wrong.Service = &s
		owner := By{User: "u-owner", Name: "Owner", Agency: "a-1", Way: ByOwner}
		var id string
		k.must(func(tx *db.Tx) (err error) {
			id, err = k.d.Suggest(tx, owner, k.now, Change{Row: wrong, Note: "new number"})
			return err
		})
		for _, word := range []Settling{{Accept: true}, {Accept: true, Called: "+302109999999"}, {Accept: true, NoCall: "sure"}} {
			k.refused(fault.Invalid, func(tx *db.Tx) error { return k.d.Settle(tx, editor, k.now, id, word) })
		}
		if got := k.row(KindService, someService); len(got.Service.Phones) != len(seen.Service.Phones) {
			t.Fatal("a number went live without a call")
		}
		var known []string
		k.must(func(tx *db.Tx) (err error) { known, err = k.d.Known(tx, seen.Parent); return err })
		if len(known) == 0 {
			t.Fatal("no known number")
		}
		k.must(func(tx *db.Tx) error {
			return k.d.Settle(tx, editor, k.now, id, Settling{Accept: true, Called: known[0]})
		})
		if got := k.row(KindService, someService); len(got.Service.Phones) != len(seen.Service.Phones)+1 {
			t.Error("an assured number did not go live")
		}
		k.refused(fault.Conflict, func(tx *db.Tx) error { return k.d.Settle(tx, editor, k.now, id, Settling{}) })
	})
}

func TestAReleaseProposesToWhatWasEditedAndAsksOnce(t *testing.T) {
	eachKept(t, func(k *kept) {
		files, vocab := shippedContent(t)
		row := k.row(KindService, someService)
		s := *row.Service
		s.Name = "Edited here"
		row.Service = &s
		concept := k.row(KindConcept, "accommodation")
		c := *concept.Concept
		c.Synonyms = map[string][]string{"en": {"roof"}}
		concept.Concept = &c
		k.must(func(tx *db.Tx) error { return k.d.Change(tx, editor, k.now, Change{Row: row}, Change{Row: concept}) })

		release := func(name, word string) Imported {
			for i := range files {
				for j := range files[i].Organizations {
					for l := range files[i].Organizations[j].Services {
						if one := &files[i].Organizations[j].Services[l]; one.ID == someService {
							one.Name = name
						}
					}
				}
			}
			for i := range vocab.Concepts {
				if vocab.Concepts[i].ID == "accommodation" {
					vocab.Concepts[i].Synonyms = map[string][]string{"en": {word}}
				}
			}
			return mustImport(t, k.db, files, vocab, k.now)
		}
		if done := release("Release two", "bed"); done.Proposed != 2 || done.Updated != 0 {
			t.Fatalf("%+v", done)
		}
		if got := k.row(KindService, someService).Service.Name; got != "Edited here" {
			t.Errorf("an edit was overwritten: %q", got)
		}
		k.must(func(tx *db.Tx) error {
			list, err := k.d.Proposals(tx)
			if err != nil || len(list) != 2 {
				t.Fatalf("%v %v", list, err)
			}
			return k.d.Decide(tx, editor, k.now, KindService, someService, false)
		})
		k.must(func(tx *db.Tx) error { return k.d.Decide(tx, editor, k.now, KindConcept, "accommodation", true) })
		if got := k.row(KindConcept, "accommodation").Concept.Synonyms["en"]; !slices.Equal(got, []string{"bed"}) {
			t.Errorf("taken: %v", got)
		}
		vocab.Concepts[0].Labels["fr"] += " "
		if done := release("Release two", "bed"); done.Proposed != 0 {
			t.Errorf("asked again: %+v", done)
		}
	})
}

func TestWhatWasTakenOutIsNotBroughtBackByTheSameRelease(t *testing.T) {
	eachKept(t, func(k *kept) {
		files, vocab := shippedContent(t)
		k.must(func(tx *db.Tx) error {
			tree, err := k.d.Tree(tx, "gr-a21")
			if err != nil {
				return err
			}
			var all []Change
			for _, s := range tree.Services {
				for _, p := range tree.Places[s.ID] {
					all = append(all, Change{Row: p, Remove: true})
				}
				all = append(all, Change{Row: s, Remove: true})
			}
			return k.d.Change(tx, editor, k.now, append(all, Change{Row: tree.Organization, Remove: true})...)
		})
		files[0].Source.Title += " again" // another release in which this body is the same
		mustImport(t, k.db, files, vocab, k.now)
		k.refused(fault.NotFound, func(tx *db.Tx) error {
			_, err := k.d.Row(tx, KindService, someService)
			return err
		})
		// Brought back, it belongs to the release that it came from again.
		k.must(func(tx *db.Tx) error {
			past, err := k.d.History(tx, KindOrganization, "gr-a21")
			if err != nil {
				return err
			}
			back, err := k.d.Restore(tx, past[0].ID, "taken out by mistake")
			if err != nil {
				return err
			}
			return k.d.Change(tx, editor, k.now, back)
		})
		files[0].Source.Title += " once more"
		if done := mustImport(t, k.db, files, vocab, k.now); done.Proposed != 0 {
			t.Errorf("what is as the release has it was proposed: %+v", done)
		}
	})
}

func TestMergingKeepsWhatEachSideChangedAndNamesWhatBothChanged(t *testing.T) {
	words := rapid.SampledFrom([]string{"", "a", "b", "c"})
	text := rapid.Custom(func(t *rapid.T) Text {
		out := Text{}
		for _, l := range []string{"en", "el"} {
			if w := words.Draw(t, l); w != "" {
				out[l] = w
			}
		}
		return out
	})
	draw := func(t *rapid.T) Row {
		return OfService("gr-x", Service{ID: "gr-x-1", Name: words.Draw(t, "name"), Summary: text.Draw(t, "summary"), Area: []string{words.Draw(t, "area")}}, 0)
	}
	rapid.Check(t, func(t *rapid.T) {
		base, mine, theirs := draw(t), draw(t), draw(t)
		got, conflicts, err := Merge(base, mine, theirs)
		if err != nil {
			t.Fatal(err)
		}
		check := func(path, b, m, th, g string) {
			switch {
			case m == th, m == b:
				if g != th {
					t.Fatalf("%s: theirs was lost: %q %q %q -> %q", path, b, m, th, g)
				}
			case th == b:
				if g != m {
					t.Fatalf("%s: mine was lost: %q %q %q -> %q", path, b, m, th, g)
				}
			default:
				if g != th || !slices.Contains(conflicts, path) {
					t.Fatalf("%s: a conflict went by unnamed: %v", path, conflicts)
				}
			}
		}
		check("Name", base.Service.Name, mine.Service.Name, theirs.Service.Name, got.Service.Name)
		for _, l := range []string{"en", "el"} {
			check("Summary."+l, base.Service.Summary[l], mine.Service.Summary[l], theirs.Service.Summary[l], got.Service.Summary[l])
		}
	})
}

func TestWhoKeepsTheDirectory(t *testing.T) {
	p := policy.Must(Policy)
	can := func(actor policy.Actor, action, owner, by string) bool {
		return p.Require(actor, action, policy.Object{Type: "Directory", ID: "gr-x", Attrs: map[string]any{"owner": owner, "by": by}}) == nil
	}
	editor := policy.Actor{User: "e", Agency: "a9", Roles: []string{"professional", "editor"}}
	owner := policy.Actor{User: "o", Agency: "a1", Roles: []string{"lead"}}
	other := policy.Actor{User: "n", Agency: "a2", Roles: []string{"lead"}}
	nurse := policy.Actor{User: "n", Agency: "a1", Roles: []string{"professional"}}
	for _, want := range []struct {
		who        policy.Actor
		action, by string
		ok         bool
	}{
		{editor, "directory.edit", "", true}, {editor, "directory.settle", "a1", true}, {editor, "directory.settle", "a9", false},
		{owner, "directory.own", "", true}, {owner, "directory.edit", "", false}, {owner, "directory.settle", "", false},
		{other, "directory.own", "", false}, {nurse, "directory.own", "", false}, {policy.Actor{}, "directory.know", "", false},
	} {
		if got := can(want.who, want.action, "a1", want.by); got != want.ok {
			t.Errorf("%v %s by %q: %v", want.who, want.action, want.by, got)
		}
	}
}
