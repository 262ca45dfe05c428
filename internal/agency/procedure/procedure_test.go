package procedure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/agency"
	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/web"
	"amelie/locale"
)

var (
	schemas = []db.Schema{jobs.Schema, audit.Schema, Schema}
	ctx     = context.Background()
)

// house is an installation with a hospital and a curious practice.
type house struct {
	*Service
	t    *testing.T
	now  time.Time
	told []string
}

func newHouse(t *testing.T, d *db.DB) *house {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	h.Service = New(Config{DB: d, Policy: policy.Must(Policy), Texts: texts, Now: func() time.Time { return h.now }, Zone: time.UTC,
		Country: func(*db.Tx, string) (string, error) { return "GR", nil },
		Duties:  func(country, lang string) []Duty { return []Duty{{Text: "Duty of " + country, Source: "law"}} },
		Leads: func(_ *db.Tx, agencyID string) ([]agency.Contact, error) {
			return []agency.Contact{{UserID: agencyID + "-lead"}}, nil
		},
		Notify: func(_ *db.Tx, to agency.Contact, notice string) error {
			h.told = append(h.told, to.UserID+" "+notice)
			return nil
		}})
	return h
}

func each(t *testing.T, story func(h *house)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { story(newHouse(t, d)) })
}

func as(who string) *web.Viewer {
	agencyID, role, _ := strings.Cut(who, " ")
	return &web.Viewer{UserID: strings.ReplaceAll(who, " ", "-"), Name: who, AgencyID: agencyID, AgencyName: agencyID, Roles: []string{role}}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) draft(who string) Version {
	h.t.Helper()
	v, found, err := h.Draft(ctx, as(who))
	if err != nil || !found {
		h.t.Fatalf("draft: %v %v", found, err)
	}
	return v
}

func written(lang string, rev int64) Change {
	return Change{Lang: lang, Rev: rev, Text: Text{Steps: []string{"first in " + lang, " ", "second", "third"}, Decides: "the doctor in charge", Room: "room 12"},
		Numbers: []Number{{Role: "social-worker", Phone: "2210", Hours: "8-16"}, {}, {Role: "other", Label: "Porter", Phone: "0"}}}
}

// adopted writes and adopts a procedure of the hospital.
func (h *house) adopted() {
	h.t.Helper()
	h.must(h.Begin(ctx, as("hospital lead"), "el", 0))
	h.must(h.Save(ctx, as("hospital lead"), written("el", 1)))
	h.must(h.AdoptDraft(ctx, as("hospital lead"), 2, "2027-11-22"))
}

// req: PROCEDURE-1
func TestNothingIsTheHousesOwnBeforeALeadAdoptedIt(t *testing.T) {
	each(t, func(h *house) {
		midwife, lead := as("hospital professional"), as("hospital lead")
		seen := func() bool {
			v, found, err := h.Current(ctx, midwife)
			h.must(err)
			return found && len(v.Texts) > 0
		}
		h.must(h.Begin(ctx, lead, "el", 0))
		first := h.draft("hospital lead")
		if len(first.Texts) != len(i18n.Languages) || len(first.Texts["nl"].Steps) != templateSteps || first.Texts["el"].Decides != "" {
			h.t.Errorf("our text to start from: %+v", first.Texts["nl"])
		}
		if seen() {
			h.t.Error("a draft is shown as the house's own")
		}
		if err := h.AdoptDraft(ctx, lead, first.Rev, "2027-11-22"); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("adopted without who decides and a number: %v", err)
		}
		h.must(h.Save(ctx, lead, written("el", first.Rev)))
		for _, day := range []string{"", "2026-11-22", "2020-01-01", "2030-01-01", "soon"} {
			if err := h.AdoptDraft(ctx, lead, first.Rev+1, day); fault.KindOf(err) != fault.Invalid {
				h.t.Errorf("review on %q: %v", day, err)
			}
		}
		if err := h.AdoptDraft(ctx, lead, first.Rev, "2027-11-22"); fault.KindOf(err) != fault.Stale {
			h.t.Errorf("adopting what was not previewed: %v", err)
		}
		if err := h.AdoptDraft(ctx, midwife, first.Rev+1, "2027-11-22"); fault.KindOf(err) != fault.Denied {
			h.t.Errorf("who is no lead adopts: %v", err)
		}
		h.must(h.AdoptDraft(ctx, lead, first.Rev+1, "2027-11-22"))
		v, found, err := h.Current(ctx, midwife)
		if err != nil || !found || v.Adopter != "hospital lead" || !slices.Equal(v.Texts["el"].Steps, []string{"first in el", "second", "third"}) || len(v.Numbers) != 2 {
			h.t.Errorf("%+v %v %v", v, found, err)
		}
		if err := h.Save(ctx, lead, written("el", v.Rev)); fault.KindOf(err) != fault.Conflict {
			h.t.Errorf("what was adopted is rewritten: %v", err)
		}
	})
}

// req: PROCEDURE-2
func TestNobodyOutsideTheHouseSeesItsProcedure(t *testing.T) {
	each(t, func(h *house) {
		h.adopted()
		for _, v := range []*web.Viewer{nil, {UserID: "x", Roles: []string{"administrator", "coordinator", "auditor"}}, as("curious lead")} {
			if got, found, err := h.Current(ctx, v); found || err != nil {
				h.t.Errorf("%+v sees %+v, %v", v, got, err)
			}
		}
		if err := h.require(as("curious lead"), "procedure.know", "hospital"); fault.KindOf(err) != fault.NotFound {
			h.t.Errorf("a stranger: %v", err)
		}
		if _, err := h.Number(ctx, as("curious lead"), 1); fault.KindOf(err) != fault.NotFound {
			h.t.Errorf("a stranger's version 1: %v", err)
		}
		if _, err := h.History(ctx, as("hospital professional")); fault.KindOf(err) != fault.Denied {
			h.t.Errorf("the history for who is no lead: %v", err)
		}
	})
}

func TestTwoEditorsAtOnceLoseNothing(t *testing.T) {
	each(t, func(h *house) {
		h.must(h.Begin(ctx, as("hospital lead"), "en", 0))
		h.must(h.Begin(ctx, as("hospital lead"), "de", 0)) // both began: one draft
		if list, err := h.History(ctx, as("hospital lead")); err != nil || len(list) != 1 {
			h.t.Fatalf("%d drafts, %v", len(list), err)
		}
		rev := h.draft("hospital lead").Rev
		twice := written("en", rev)
		twice.Once = "one-press-of-one-button"
		h.must(h.Save(ctx, as("hospital lead"), twice))
		h.must(h.Save(ctx, as("hospital lead"), twice)) // pressed twice
		late := written("en", rev)
		late.Text.Steps = []string{"overwritten"}
		if err := h.Save(ctx, as("hospital lead"), late); fault.KindOf(err) != fault.Stale {
			h.t.Errorf("the second save: %v", err)
		}
		if got := h.draft("hospital lead").Texts["en"].Steps[0]; got != "first in en" {
			h.t.Errorf("the first save is lost: %q", got)
		}
	})
}

func TestEarlierVersionsStayAndCanBeTakenUpAgain(t *testing.T) {
	each(t, func(h *house) {
		h.adopted()
		lead := as("hospital lead")
		h.must(h.Begin(ctx, lead, "el", 0))
		next := h.draft("hospital lead")
		if next.Number != 2 || next.Texts["el"].Room != "room 12" || len(next.Numbers) != 2 {
			h.t.Errorf("a change does not start from what is in use: %+v", next)
		}
		c := written("el", next.Rev)
		c.Text.Room = "room 30"
		h.must(h.Save(ctx, lead, c))
		h.must(h.AdoptDraft(ctx, lead, next.Rev+1, "2027-11-22"))
		old, err := h.Number(ctx, lead, 1)
		if err != nil || old.State != Replaced || old.Texts["el"].Room != "room 12" {
			h.t.Errorf("%+v %v", old, err)
		}
		h.must(h.Begin(ctx, lead, "el", 1))
		if d := h.draft("hospital lead"); d.Number != 3 || d.Texts["el"].Room != "room 12" {
			h.t.Errorf("restored: %+v", d)
		}
		h.must(h.DiscardDraft(ctx, lead))
		if v, _, err := h.Current(ctx, lead); err != nil || v.Number != 2 {
			h.t.Errorf("after discarding %d is in use, %v", v.Number, err)
		}
	})
}

func TestLeadsAreRemindedOfTheReviewOfWhatIsInUse(t *testing.T) {
	each(t, func(h *house) {
		h.adopted()
		r := jobs.NewRunner(h.DB, func() time.Time { return h.now }, nil)
		h.Handle(r)
		for i, day := range []string{"2027-10-22", "2027-10-23", "2027-11-15", "2027-11-22"} {
			h.now, _ = time.Parse(time.DateTime, day+" 12:00:00")
			h.must(r.RunDue(ctx))
			if len(h.told) != i {
				h.t.Errorf("by %s: %v", day, h.told)
			}
		}
		v, _, err := h.Current(ctx, as("hospital lead"))
		h.must(err)
		if due, over := v.ReviewDue(h.now, time.UTC); !due || over {
			h.t.Errorf("on the day: %v %v", due, over)
		}
	})
}

func TestWhatIsWrongInTheFormIsSaidBesideItsField(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, schemas...))
	h.must(h.Begin(ctx, as("hospital lead"), "en", 0))
	for field, change := range map[string]func(*Change){
		"step-3": func(c *Change) { c.Text.Steps = []string{"", "", strings.Repeat("x", maxStep+1)} }, "room": func(c *Change) { c.Text.Room = strings.Repeat("x", maxText+1) },
		"phone-2": func(c *Change) { c.Numbers = []Number{{}, {Role: "security", Hours: "always"}} },
		"label-1": func(c *Change) { c.Numbers = []Number{{Role: "other", Phone: "1"}} }, "role-1": func(c *Change) { c.Numbers = []Number{{Role: "friend", Phone: "1"}} },
	} {
		c := written("en", 1)
		change(&c)
		err := h.Save(ctx, as("hospital lead"), c)
		if e := fault.Find(err); e == nil || len(e.Fields) != 1 || e.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestAReaderSeesTheOwnLanguageOrTheMainOneOrAny(t *testing.T) {
	v := Version{Main: "el", Texts: map[string]Text{"el": {Room: "el"}, "de": {Room: "de"}, "fr": {}}}
	for lang, want := range map[string]string{"el": "el", "de": "de", "fr": "el", "nl": "el"} {
		if t1, in := v.In(lang); in != want || t1.Room != want {
			t.Errorf("%s: %s", lang, in)
		}
	}
	delete(v.Texts, "el")
	if _, in := v.In("nl"); in != "de" {
		t.Errorf("without the main language: %s", in)
	}
}

// A ward where three languages are read has one room, whoever reads.
func TestWhatAHouseWroteInItsMainLanguageStandsBesideTheStepsOfEveryOther(t *testing.T) {
	v := Version{Main: "el", Texts: map[string]Text{
		"el": {Steps: []string{"βήμα"}, Decides: "η εφημερία", Room: "γραφείο 12", Code: "ο φάκελος"},
		"de": {Steps: []string{"Schritt"}, Room: "Büro 12"},
		"fr": {Steps: []string{"étape"}},
	}}
	for lang, want := range map[string][]Fact{
		"el": {{"decides", "η εφημερία", "el"}, {"room", "γραφείο 12", "el"}, {"code", "ο φάκελος", "el"}},
		"de": {{"decides", "η εφημερία", "el"}, {"room", "Büro 12", "de"}, {"code", "ο φάκελος", "el"}},
		"fr": {{"decides", "η εφημερία", "el"}, {"room", "γραφείο 12", "el"}, {"code", "ο φάκελος", "el"}},
	} {
		if got := v.Facts(lang); !slices.Equal(got, want) {
			t.Errorf("%s: %v", lang, got)
		}
	}
}

// req: PROCEDURE-1
func TestAdoptedAndDiscardedVersionsAreNeverWrittenAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(States).Draw(t, "state")
		for i := range rapid.IntRange(0, 6).Draw(t, "steps") {
			a := rapid.SampledFrom([]Action{Write, Adopt, Discard, Replace}).Draw(t, fmt.Sprint("action", i))
			next, err := Next(s, a)
			if err == nil && s != Draft && (next == Draft || a == Write) {
				t.Fatalf("%s: %s -> %s", a, s, next)
			}
			if err == nil && next == Adopted && s != Draft {
				t.Fatalf("%s becomes adopted", s)
			}
			s = next
		}
	})
}
