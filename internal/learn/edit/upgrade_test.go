package edit

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
)

// nextShipped is the course of a newer program: texts, a paragraph and an answer
// are other ones.
func nextShipped() map[string][]byte {
	files := maps.Clone(shippedSmall)
	for _, lang := range []string{"en", "de"} {
		path := "talk/" + lang + ".md"
		w, problems := learn.ParseWords(path, files[path])
		if len(problems) > 0 {
			panic(problems[0])
		}
		for _, id := range []string{"lead", "u1.p1", "u2.p1"} {
			w = w.With(id, learn.Text{Body: "Newer " + lang + " " + id + "."}, "")
		}
		files[path] = w.With("u2.p9", learn.Text{Body: "A new paragraph " + lang + "."}, "u2.p1").Markdown()
	}
	rewrite(files, "talk/topic.toml", `blocks = ["p1"]`, `blocks = ["p1", "p9"]`)
	rewrite(files, "talk/topic.toml", "minutes = 3", "minutes = 5")
	return files
}

// upgrades starts a newer program on the same data.
func (x *office) upgrades(t testing.TB, files map[string][]byte) {
	t.Helper()
	x.Service.Shipped = func() (map[string][]byte, error) { return maps.Clone(files), nil }
	if err := x.Upgrade(ctx); err != nil {
		t.Fatal(err)
	}
}

func (x *office) offers(t testing.TB) []Offer {
	t.Helper()
	_, offers, err := x.Upgrades(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return offers
}

// decides takes or leaves what is proposed for a block.
func (x *office) decides(t testing.TB, path, block string, take bool) {
	t.Helper()
	for _, o := range x.offers(t) {
		if o.Path == path && o.Block == block {
			if err := x.Decide(ctx, trainer, "", path, block, learn.Text{Body: o.Ours}.Stamp(), take); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("nothing is proposed for %s %s", path, block)
}

// req: UPGRADE-1
func TestANewerCourseReplacesWhatNobodyEditedAndProposesTheRest(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		x.writes(t, trainer, "en", "u1.p1", "Our own English.")
		x.writes(t, other, "de", "lead", "Unser eigenes Deutsch.")
		x.acts(t, Added, func(b *Bench) error {
			_, err := b.AddBlock("talk", "u2", "p1", "note", learn.Text{Body: "Our own paragraph."})
			return errors.Join(err, b.Put("talk", "de", "u2.n1", "Unser Absatz."))
		})
		x.publishes(t)
		published := x.Course().Version()
		x.upgrades(t, nextShipped())
		if x.Course().Version() != published {
			t.Error("readers get what nobody published")
		}
		for _, want := range []struct{ lang, block, body string }{
			{"en", "lead", "Newer en lead."}, {"de", "lead", "Unser eigenes Deutsch."}, {"en", "u1.p1", "Our own English."}, {"en", "u2.p1", "Newer en u2.p1."},
			{"de", "u2.p1", "Newer de u2.p1."}, {"en", "u2.p9", "A new paragraph en."}, {"de", "u2.n1", "Unser Absatz."}} {
			if got := x.says(t, "talk", want.lang, want.block).Body; got != want.body {
				t.Errorf("%s %s is %q, not %q", want.lang, want.block, got, want.body)
			}
		}
		d := x.draft(t)
		if len(d.Problems) != 0 || !d.Course.Stale("talk", "de", "lead") || d.Course.Stale("talk", "de", "u2.p1") {
			t.Errorf("%v; a translation of what stood there before counts as current, or a new one as old", d.Problems)
		}
		topic, _ := d.Course.Topic("talk")
		if u1, _ := topic.Unit("u1"); u1.Minutes != 5 {
			t.Errorf("%d minutes", u1.Minutes)
		}
		if u2, _ := topic.Unit("u2"); len(u2.Blocks) != 3 {
			t.Errorf("%v", u2.Blocks)
		}
		offers := x.offers(t)
		if len(offers) != 2 || offers[0].Block != "lead" || offers[1].Block != "u1.p1" || !slices.Equal(offers[1].Also, []string{"de"}) {
			t.Errorf("%+v", offers)
		}
	})
}

// req: UPGRADE-2
func TestWhatAReleaseProposesIsTakenWithItsTranslationsOrLeft(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		x.writes(t, trainer, "en", "u1.p1", "Our own English.")
		x.writes(t, other, "de", "lead", "Unser eigenes Deutsch.")
		x.upgrades(t, nextShipped())
		err := x.Decide(ctx, trainer, "", "talk/en.md", "u1.p1", "0000", true)
		if fault.KindOf(err) != fault.Stale {
			t.Errorf("decided over what nobody saw: %v", err)
		}
		if err := x.Decide(ctx, insider, "", "talk/en.md", "u1.p1", "0000", false); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v", err)
		}
		x.decides(t, "talk/en.md", "u1.p1", true)
		x.decides(t, "talk/de.md", "lead", false)
		for _, want := range []struct{ lang, block, body string }{{"en", "u1.p1", "Newer en u1.p1."}, {"de", "u1.p1", "Newer de u1.p1."}, {"de", "lead", "Unser eigenes Deutsch."}} {
			if got := x.says(t, "talk", want.lang, want.block).Body; got != want.body {
				t.Errorf("%s %s is %q", want.lang, want.block, got)
			}
		}
		if x.draft(t).Course.Stale("talk", "de", "u1.p1") {
			t.Error("a translation that came with its source counts as old")
		}
		if left := x.offers(t); len(left) != 0 {
			t.Errorf("%+v", left)
		}
		past, err := x.History(ctx, "talk/en.md", "u1.p1")
		if err != nil || past[0].Before.Body != "Our own English." {
			t.Errorf("what the house wrote is lost: %v", err)
		}
	})
}

func TestAnOlderProgramBesideANewerOneChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		x.writes(t, trainer, "en", "u1.p1", "Our own English.")
		older := x.twin(t)
		x.upgrades(t, nextShipped())
		revision := x.draft(t).Revision
		for _, one := range []*office{older, x} {
			if err := one.Upgrade(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if got := x.draft(t).Revision; got != revision {
			t.Errorf("the working copy moved from %d to %d", revision, got)
		}
	})
}

func TestACourseThatNobodyEditedNeedsNoUpgrade(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		x.upgrades(t, nextShipped())
		if rows, offers, err := x.Upgrades(ctx); err != nil || len(rows)+len(offers) != 0 || x.draft(t).Revision != 0 {
			t.Errorf("%v %v %v", rows, offers, err)
		}
	})
}

// req: UPGRADE-1
func TestNoTextOfTheHouseIsLostInAnUpgrade(t *testing.T) {
	d := dbtest.Open(t, schemas...)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		x := officeOf(d, n)
		n++
		x.edits(t, 6)
		ours, err := x.Draft(ctx)
		if err != nil {
			t.Fatal(err)
		}
		x.Service.Shipped = func() (map[string][]byte, error) { return nextShipped(), nil }
		if err := x.Upgrade(ctx); err != nil {
			t.Fatal(err)
		}
		after, err := x.Draft(ctx)
		if err != nil || after.Course == nil {
			t.Fatal(err)
		}
		base, err := learn.ReadFiles(shippedSmall, learntest.Known)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range after.Problems {
			if p.Key != "learn.problem.shape" && !slices.ContainsFunc(ours.Problems, func(had learn.Problem) bool { return had.Key == p.Key }) {
				t.Errorf("a fault came with the upgrade: %v", p)
			}
		}
		for _, lang := range base.Languages {
			keepsOurs(t, lang, base, ours.Course, after.Course)
		}
	})
}

// keepsOurs fails when a text that the house changed says something else now.
func keepsOurs(t *rapid.T, lang string, base, ours, after *learn.Course) {
	for _, id := range ours.Own("talk", lang).Order {
		was, _ := base.Own("talk", lang).Text(id)
		own, _ := ours.Own("talk", lang).Text(id)
		is, there := after.Own("talk", lang).Text(id)
		if own.Body != was.Body && (!there || is.Body != own.Body) {
			t.Errorf("%s %s was %q and is %q", lang, id, own.Body, is.Body)
		}
	}
}
