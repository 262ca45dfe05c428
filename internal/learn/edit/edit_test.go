package edit

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
	"amelie/internal/policy"
	"amelie/internal/web"
)

var (
	ctx     = context.Background()
	start   = time.Date(2026, 3, 4, 20, 10, 0, 0, time.UTC)
	trainer = &web.Viewer{UserID: "u-trainer", Name: "Ida Trainer", AgencyID: "ngo", Roles: []string{"editor", "coordinator"}}
	other   = &web.Viewer{UserID: "u-other", Name: "Otto Übersetzer", AgencyID: "ngo", Roles: []string{"editor"}}
	admin   = &web.Viewer{UserID: "u-admin", AgencyID: "office", Roles: []string{"administrator"}}
	insider = &web.Viewer{UserID: "u-insider", AgencyID: "ngo", Roles: []string{"professional", "lead"}}
)

var schemas = []db.Schema{audit.Schema, Schema}

// office is the service with a clock that a test moves.
type office struct {
	*Service
	now time.Time
}

func newOffice(t testing.TB, d *db.DB) *office {
	t.Helper()
	x := &office{now: start}
	files, err := learn.FilesOf(learntest.Files())
	if err != nil {
		t.Fatal(err)
	}
	x.Service = New(Config{DB: d, Policy: policy.Must(Policy), Now: func() time.Time { return x.now }, ID: "small",
		Shipped: func() (map[string][]byte, error) { return maps.Clone(files), nil }, Known: func() learn.Known { return learntest.Known }})
	return x
}

func each(t *testing.T, story func(t *testing.T, x *office)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { story(t, newOffice(t, d)) })
}

// twin is another instance on the same database.
func (x *office) twin(t testing.TB) *office { return newOffice(t, x.DB) }

func (x *office) draft(t testing.TB) Draft {
	t.Helper()
	d, err := x.Draft(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// says is the text of a block in the working copy.
func (x *office) says(t testing.TB, file, lang, block string) learn.Text {
	t.Helper()
	text, _ := x.draft(t).Course.Words(file, lang).Text(block)
	return text
}

func (x *office) writes(t testing.TB, v *web.Viewer, lang, block, body string) {
	t.Helper()
	err := x.Write(ctx, v, "", Text{File: "talk", Lang: lang, Block: block, Seen: x.says(t, "talk", lang, block).Stamp(),
		Source: x.says(t, "talk", learn.Source, block).Stamp(), Text: learn.Text{Body: body}})
	if err != nil {
		t.Fatal(err)
	}
}

func (x *office) acts(t testing.TB, kind Kind, do func(b *Bench) error) {
	t.Helper()
	if err := x.Act(ctx, trainer, "", kind, do); err != nil {
		t.Fatal(err)
	}
}

func (x *office) publishes(t testing.TB, changed ...learn.Change) Release {
	t.Helper()
	r, err := x.Publish(ctx, trainer, Wish{Note: "note", Changed: changed, Seen: x.draft(t).Revision})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// reads is what a reader sees of a block, on an instance.
func (x *office) reads(lang, block string) (body string, stale bool) {
	course := x.Course()
	text, _ := course.Words("talk", lang).Text(block)
	return text.Body, course.Stale("talk", lang, block)
}

// req: EDIT-3
func TestATrainerChangesASentenceATranslatorFollowsAndEverybodyReadsItWithoutARestart(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		elsewhere := x.twin(t)
		first := elsewhere.Course().Version()
		x.writes(t, trainer, "en", "lead", "How to begin well.")
		if d := x.draft(t); !d.Course.Stale("talk", "de", "lead") || d.Course.Stale("talk", "de", "u1.p1") {
			t.Error("not exactly the translation of the changed block is stale")
		}
		if body, _ := x.reads("en", "lead"); body != "How to begin." {
			t.Errorf("a reader sees what was not published: %q", body)
		}
		x.publishes(t)
		if body, stale := x.reads("de", "lead"); body != "Wie es beginnt." || !stale {
			t.Errorf("%q stale %v", body, stale)
		}
		x.writes(t, other, "de", "lead", "Wie es gut beginnt.")
		r := x.publishes(t, learn.Change{Topic: "talk", Unit: "u1"})
		elsewhere.now = elsewhere.now.Add(fresh)
		body, stale := elsewhere.reads("de", "lead")
		if body != "Wie es gut beginnt." || stale {
			t.Errorf("the other instance reads %q stale %v", body, stale)
		}
		if now := elsewhere.Course().Version(); now != r.Version || now == first {
			t.Errorf("version %s after %s, published %s", now, first, r.Version)
		}
		var changed []learn.Change
		err := x.DB.Read(ctx, func(tx *db.Tx) (err error) { changed, err = x.Changed(tx, start.Add(-time.Hour)); return err })
		if err != nil || len(changed) != 1 || changed[0] != (learn.Change{Topic: "talk", Unit: "u1", At: start}) {
			t.Errorf("%v %v", changed, err)
		}
		old, err := elsewhere.Past(ctx, first)
		if err != nil || old.Version() != first {
			t.Errorf("what was read before is gone: %v", err)
		}
	})
}

func TestAnInstanceAsksNoMoreThanOnceASecondWhatIsPublished(t *testing.T) {
	x := newOffice(t, dbtest.Open(t, schemas...))
	x.Course()
	before := x.DB.Ran()
	for range 1000 {
		x.Course()
	}
	if n := x.DB.Ran() - before; n != 0 {
		t.Errorf("%d statements", n)
	}
	x.now = x.now.Add(fresh)
	x.Course()
	if n := x.DB.Ran() - before; n != 1 {
		t.Errorf("%d statements after a second", n)
	}
	if n := testing.AllocsPerRun(100, func() { x.Course() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// req: EDIT-5
func TestTwoEditorsOfOneBlockLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		seen := x.says(t, "talk", "en", "u1.p1").Stamp()
		x.writes(t, trainer, "en", "u1.p1", "See everyone alone.")
		err := x.Write(ctx, other, "", Text{File: "talk", Lang: "en", Block: "u1.p1", Seen: seen, Text: learn.Text{Body: "Speak alone."}})
		var conflict Conflict
		if !errors.As(err, &conflict) || conflict.Now.Body != "See everyone alone." {
			t.Fatalf("%v", err)
		}
		if got := x.says(t, "talk", "en", "u1.p1").Body; got != "See everyone alone." {
			t.Errorf("overwritten: %q", got)
		}
	})
}

func TestATranslationIsOfTheSourceThatItsTranslatorSaw(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		shown := x.says(t, "talk", "en", "lead").Stamp()
		x.writes(t, trainer, "en", "lead", "Something else.")
		err := x.Write(ctx, other, "", Text{File: "talk", Lang: "de", Block: "lead", Seen: x.says(t, "talk", "de", "lead").Stamp(), Source: shown, Text: learn.Text{Body: "Wie man beginnt."}})
		if err != nil {
			t.Fatal(err)
		}
		if !x.draft(t).Course.Stale("talk", "de", "lead") {
			t.Error("a translation of what stood there before counts as one of what stands there now")
		}
	})
}

// req: EDIT-3
func TestACourseWithAFaultIsNotPublishedAndWhatWasPublishedStays(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		x.acts(t, Added, func(b *Bench) error {
			_, err := b.AddBlock("talk", "u1", "p2", "note", learn.Text{Body: "Only in English."})
			return err
		})
		_, err := x.Publish(ctx, trainer, Wish{Seen: x.draft(t).Revision})
		var problems learn.Problems
		if !errors.As(err, &problems) || len(problems) != 1 || problems[0].File != "talk/de.md" {
			t.Fatalf("%v", err)
		}
		if _, ok := x.Course().Words("talk", "en").Text("u1.n1"); ok {
			t.Error("a reader sees it")
		}
		x.writes(t, other, "de", "u1.n1", "Nun auch deutsch.")
		x.publishes(t)
		if body, _ := x.reads("de", "u1.n1"); body != "Nun auch deutsch." {
			t.Errorf("%q", body)
		}
	})
}

func TestWhatMovedSinceItWasLookedAtIsNotPublished(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		if _, err := x.Publish(ctx, trainer, Wish{}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("nothing was edited: %v", err)
		}
		x.writes(t, trainer, "en", "lead", "One.")
		seen := x.draft(t).Revision
		x.writes(t, other, "en", "lead", "Two.")
		if _, err := x.Publish(ctx, trainer, Wish{Seen: seen}); fault.KindOf(err) != fault.Stale {
			t.Errorf("%v", err)
		}
	})
}

// req: EDIT-1
func TestWhoIsNoEditorKnowsOfNoDesk(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		for _, v := range []*web.Viewer{nil, insider} {
			if err := x.May(v, "course.edit"); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%v: %v", v, err)
			}
		}
		if err := x.May(admin, "course.read"); err != nil {
			t.Error(err)
		}
		err := x.Write(ctx, admin, "", Text{File: "talk", Lang: "en", Block: "lead", Text: learn.Text{Body: "No."}})
		if fault.KindOf(err) != fault.Denied {
			t.Errorf("%v", err)
		}
		if x.draft(t).Revision != 0 {
			t.Error("it was written")
		}
	})
}

// req: EDIT-4
func TestAnIdentifierIsNeverGivenASecondTime(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		add := func() (block string) {
			x.acts(t, Added, func(b *Bench) (err error) {
				block, err = b.AddBlock("talk", "u2", "p1", "", learn.Text{Body: "More."})
				return err
			})
			return block
		}
		first := add()
		x.acts(t, Removed, func(b *Bench) error { return b.DropBlock("talk", "u2", first) })
		if second := add(); second == first || first != "p2" {
			t.Errorf("%s, then %s", first, second)
		}
	})
}

func TestAButtonPressedTwiceActsOnce(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		for range 2 {
			err := x.Act(ctx, trainer, "key", Added, func(b *Bench) error {
				_, err := b.AddBlock("talk", "u2", "p1", "", learn.Text{Body: "More."})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		topic, _ := x.draft(t).Course.Topic("talk")
		if u, _ := topic.Unit("u2"); len(u.Blocks) != 2 {
			t.Errorf("%v", u.Blocks)
		}
	})
}

// edits is an editor who does up to so many things, one after the other. What
// the course cannot hold is refused.
func (x *office) edits(t *rapid.T, most int) {
	for range rapid.IntRange(1, most).Draw(t, "acts") {
		kind, do := x.someAct(t)
		if err := x.Act(ctx, trainer, "", kind, do); err != nil && !errors.As(err, new(learn.Problem)) && fault.KindOf(err) != fault.NotFound {
			t.Fatal(err)
		}
	}
}

// someAct is what an editor could do next.
func (x *office) someAct(t *rapid.T) (Kind, func(b *Bench) error) {
	d, err := x.Draft(ctx)
	if err != nil {
		t.Fatal(err)
	}
	topic, _ := d.Course.Topic("talk")
	unit := rapid.SampledFrom(topic.Units).Draw(t, "unit")
	block := rapid.SampledFrom(unit.Blocks).Draw(t, "block").ID
	typed := rapid.StringMatching(`[A-Za-zäα-ω“][a-zäßα-ω <>&"'(){}/.,;:!?0-9]{0,40}x`).Draw(t, "words")
	text, err := learn.Compose(rapid.SampledFrom([]learn.Shape{learn.Paragraph, learn.List, learn.Steps, learn.Spoken}).Draw(t, "shape"), []string{typed, "and more"})
	if err != nil {
		t.Fatal(err)
	}
	switch rapid.IntRange(0, 7).Draw(t, "act") {
	case 7:
		name, err := x.KeepPicture(ctx, trainer, sketch(20, rapid.Byte().Draw(t, "shade")))
		says, e := learn.PictureText(typed, rapid.SampledFrom([]string{"", "below"}).Draw(t, "caption"))
		if err := errors.Join(err, e); err != nil {
			t.Fatal(err)
		}
		return Added, func(b *Bench) error {
			_, err := b.AddPicture("talk", unit.ID, block, Pictured{File: name, Words: map[string]learn.Text{"en": says, "de": says}})
			return err
		}
	case 0:
		return Added, func(b *Bench) error {
			id, err := b.AddBlock("talk", unit.ID, block, rapid.SampledFrom([]string{"", "note", "case"}).Draw(t, "form"), text)
			if err != nil {
				return err
			}
			return b.Put("talk", "de", unit.ID+"."+id, text.Body)
		}
	case 1:
		return Moved, func(b *Bench) error {
			return b.MoveBlock("talk", unit.ID, block, rapid.IntRange(-2, 2).Draw(t, "step"))
		}
	case 2:
		if len(unit.Blocks) > 1 {
			return Removed, func(b *Bench) error { return b.DropBlock("talk", unit.ID, block) }
		}
	case 3:
		return Set, func(b *Bench) error { return b.SetForm("talk", unit.ID, block, "key") }
	case 4:
		return Added, func(b *Bench) error {
			id, err := b.SetQuestion("talk", Asked{Unit: unit.ID, Kind: learn.Single, Bank: true, Stem: typed, Answers: []AskedAnswer{
				{Text: "one", Feedback: "no"}, {Answer: learn.Answer{Right: true}, Text: "two", Feedback: "yes"}, {Text: "three", Feedback: "no"}}})
			for _, part := range []string{"", ".a", ".a.f", ".b", ".b.f", ".c", ".c.f"} {
				if err == nil {
					err = b.Put("talk", "de", id+part, "de "+typed)
				}
			}
			return err
		}
	case 5:
		if last := topic.Questions[len(topic.Questions)-1].ID; len(topic.Questions) > 3 {
			return Removed, func(b *Bench) error { return b.DropQuestion("talk", last) }
		}
	}
	return Wrote, func(b *Bench) error {
		id := rapid.SampledFrom([]string{"lead", "u1.p1", "q1.a"}).Draw(t, "id")
		if source, err := b.words("talk", learn.Source); err != nil || !source.Has(id) {
			return err // taken out
		}
		return b.Type("talk", rapid.SampledFrom([]string{"en", "de"}).Draw(t, "lang"), id, typed, "")
	}
}

func texts(files map[string][]byte) map[string]string {
	out := map[string]string{}
	for name, b := range files {
		out[name] = string(b)
	}
	return out
}

// req: EDIT-2
func TestWhateverIsEditedCanBeExportedReadAgainAndBroughtBack(t *testing.T) {
	d := dbtest.Open(t, schemas...)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		x := officeOf(d, n)
		n++
		x.edits(t, 6)
		files, err := x.Files(ctx)
		if err != nil {
			t.Fatal(err)
		}
		course, problems := learn.Draft(files, learntest.Known)
		if course == nil || slices.ContainsFunc(problems, func(p learn.Problem) bool { return p.Key != "learn.problem.shape" }) {
			t.Fatalf("not a course any more: %v", problems)
		}
		for name, text := range texts(course.Files()) {
			if strings.HasSuffix(name, ".md") && string(files[name]) != text && x.touched(t, name) || strings.HasSuffix(name, ".toml") && string(files[name]) != text {
				t.Errorf("%s is not what is exported", name)
			}
		}
		x.bringsBack(t)
	})
}

var shippedSmall = func() map[string][]byte {
	files, err := learn.FilesOf(learntest.Files())
	if err != nil {
		panic(err)
	}
	return files
}()

// officeOf is a course of its own on a database.
func officeOf(d *db.DB, n int) *office {
	x := &office{now: start}
	x.Service = New(Config{DB: d, Policy: policy.Must(Policy), Now: func() time.Time { return x.now }, ID: "small" + string(rune('0'+n%10)) + strings.Repeat("x", n/10),
		Shipped: func() (map[string][]byte, error) { return maps.Clone(shippedSmall), nil }, Known: func() learn.Known { return learntest.Known }})
	return x
}

func (x *office) touched(t *rapid.T, path string) bool {
	list, err := x.Changes(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(list, func(c Change) bool { return c.Path == path })
}

// bringsBack takes any change and gives it back to the working copy, before or
// after.
func (x *office) bringsBack(t *rapid.T) {
	list, err := x.Changes(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		return
	}
	c := rapid.SampledFrom(list).Draw(t, "change")
	before := rapid.Bool().Draw(t, "before")
	value := c.After
	if before {
		value = c.Before
	}
	err = x.Restore(ctx, trainer, "", c.ID, before)
	if fault.KindOf(err) == fault.Conflict {
		return // a text of what is not there now: its structure is brought back first
	}
	if err != nil {
		t.Fatal(err)
	}
	files, err := x.Files(ctx)
	if err != nil {
		t.Fatal(err)
	}
	course, problems := learn.Draft(files, learntest.Known)
	if course == nil || slices.ContainsFunc(problems, func(p learn.Problem) bool { return p.Key != "learn.problem.shape" }) {
		t.Fatalf("not a course any more: %v", problems)
	}
	if c.Block == "" {
		if got := string(files[c.Path]); got != value.Body {
			t.Errorf("%s is\n%s\nand was\n%s", c.Path, got, value.Body)
		}
		return
	}
	file, lang, _ := wordsFile(c.Path)
	if got, _ := course.Words(file, lang).Text(c.Block); got.Body != value.Body || got.Of != value.Of && lang != learn.Source {
		t.Errorf("%s %s is %q of %s and was %q of %s", c.Path, c.Block, got.Body, got.Of, value.Body, value.Of)
	}
}

func TestAQuestionThatIsRefusedKeepsTheRowsThatWereSent(t *testing.T) {
	x := newOffice(t, dbtest.Open(t, schemas...))
	rows := []AskedAnswer{{Text: "one", Feedback: "no"}, {Answer: learn.Answer{Right: true}, Text: "two", Feedback: "yes"}, {Feedback: "no"}}
	err := x.Act(ctx, trainer, "", Added, func(b *Bench) error {
		_, err := b.SetQuestion("talk", Asked{Unit: "u1", Kind: learn.Single, Stem: "Which?", Answers: rows})
		return err
	})
	if !errors.As(err, new(learn.Problem)) || rows[0].ID != "" {
		t.Errorf("%v, and the first row is now %q", err, rows[0].ID)
	}
}
