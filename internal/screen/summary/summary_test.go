package summary

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/policy"
	"amelie/internal/web"
	"amelie/locale"

	"pgregory.net/rapid"
)

var (
	ctx     = context.Background()
	start   = time.Date(2026, 9, 14, 14, 3, 27, 0, time.UTC)
	midwife = &web.Viewer{UserID: "u-midwife", Name: "Eleni", AgencyID: "hospital", AgencyName: "Saint Thekla", Roles: []string{"professional"}}
	lead    = &web.Viewer{UserID: "u-lead", Name: "Katerina", AgencyID: "hospital", AgencyName: "Saint Thekla", Roles: []string{"lead"}}
	analyst = &web.Viewer{UserID: "u-analyst", Name: "Giulia", AgencyID: "hospital", AgencyName: "Saint Thekla", Roles: []string{"professional", "analyst"}}
	insider = &web.Viewer{UserID: "u-insider", Name: "Otto", AgencyID: "elsewhere", AgencyName: "Elsewhere", Roles: []string{"lead", "analyst"}}
	people  = map[string]*web.Viewer{"midwife": midwife, "lead": lead, "analyst": analyst, "insider": insider}
)

// ward is the service with a clock that a test moves.
type ward struct {
	*Service
	now time.Time
	n   int
}

func each(t *testing.T, story func(t *testing.T, w *ward)) {
	dbtest.Each(t, []db.Schema{audit.Schema, Schema}, func(t *testing.T, d *db.DB) {
		w := &ward{now: start}
		w.Service = New(Config{DB: d, Policy: policy.Must(Policy), Now: func() time.Time { return w.now },
			Paths: []Path{"general", "emergency", "midwifery"}, Sides: []Side{"deception", "control"},
			Languages: []string{"en", "de", "ar"}, Ask: func(lang string) ([]string, bool) { return []string{"May I count it? (" + lang + ")"}, lang == "en" }})
		story(t, w)
	})
}

func (w *ward) on(t *testing.T) {
	t.Helper()
	if err := w.Switch(ctx, lead, true, UsualFew); err != nil {
		t.Fatal(err)
	}
}

// talk is one that most tests count.
var talk = Summary{Path: "emergency", Band: "18-25", Outcome: "offered", Sides: map[Side]Finding{"control": Positive}}

func (w *ward) gives(t *testing.T, n int, s Summary) {
	t.Helper()
	for range n {
		w.n++
		if err := w.Give(ctx, midwife, s, fmt.Sprintf("press-%012d", w.n)); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *ward) shown(t *testing.T) []Shown {
	t.Helper()
	_, list, err := w.Periods(ctx, lead)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// everything that stands in the database, a row as its values.
func (w *ward) everything(t *testing.T) (rows map[string][]string) {
	t.Helper()
	rows = map[string][]string{}
	err := w.DB.Read(ctx, func(tx *db.Tx) error {
		clear(rows)
		tables, err := tx.Tables()
		if err != nil {
			return err
		}
		for _, tab := range tables {
			err := tx.EachRow(tab, func(values []any) error {
				rows[tab.Name] = append(rows[tab.Name], fmt.Sprint(values...))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// req: SUMMARY-1
func TestASummaryHasNoPlaceForAClassAScoreOrASentence(t *testing.T) {
	var fields []string
	for f := range reflect.TypeFor[Summary]().Fields() {
		fields = append(fields, f.Name+" "+f.Type.String())
	}
	want := []string{"Path summary.Path", "Band summary.Band", "Outcome summary.Outcome", "Sides map[summary.Side]summary.Finding"}
	if !slices.Equal(fields, want) {
		t.Errorf("a summary holds %v", fields)
	}
	w := vocabulary{paths: []Path{"emergency"}, sides: []Side{"control"}}
	if err := w.check(Summary{"emergency", "unknown", "no", map[Side]Finding{"control": Open}}); err != nil {
		t.Fatal(err)
	}
	// Classes of the lists of signs, scores, indicators and words, in every place.
	for _, word := range []string{"trafficking", "no-pattern", "coerced-exploitation", "3", "0.8", "documents-taken", "she told me", ""} {
		for name, s := range map[string]Summary{
			"path": {Path(word), "unknown", "no", nil}, "band": {"emergency", Band(word), "no", nil}, "outcome": {"emergency", "unknown", Outcome(word), nil},
			"finding": {"emergency", "unknown", "no", map[Side]Finding{"control": Finding(word)}}, "side": {"emergency", "unknown", "no", map[Side]Finding{Side(word): Open}},
		} {
			if err := w.check(s); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q is taken as a %s: %v", word, name, err)
			}
		}
	}
}

// req: SUMMARY-2
func TestNothingThatIsKeptLeadsToATalkOrToWhoCountedIt(t *testing.T) {
	each(t, func(t *testing.T, w *ward) {
		w.on(t)
		before := w.everything(t)
		for i := range 3 {
			w.now = start.Add(time.Duration(i) * 26 * time.Hour)
			if err := w.Give(ctx, midwife, talk, id.New()); err != nil {
				t.Fatal(err)
			}
		}
		after := w.everything(t)
		for table, rows := range after {
			if table == "summary_period" {
				if len(rows) != 1 {
					t.Errorf("%d rows for three talks", len(rows))
				}
				continue
			}
			if !slices.Equal(rows, before[table]) {
				t.Errorf("%s learned of a talk: %v", table, rows)
			}
		}
		for _, row := range after["summary_period"] {
			for _, told := range []string{midwife.UserID, fmt.Sprint(w.now.UnixMilli())[:7], "2026-09-1", "14:03"} {
				if strings.Contains(row, told) {
					t.Errorf("the row says %q: %s", told, row)
				}
			}
		}
	})
}

// The place of a row and the order of fields tell the order in which codes first
// came; so every counter stands there from the first talk on, in one field.
//
// req: SUMMARY-2
func TestThePlaceOfACounterDoesNotTellWhatItWasCountedWith(t *testing.T) {
	w := vocabulary{paths: []Path{"emergency", "street"}, sides: []Side{"control", "deception"}}
	other := Summary{"street", "under-18", "child", map[Side]Finding{"deception": Open}}
	one, err := json.Marshal(w.plus(w.plus(nil, talk), other))
	if err != nil {
		t.Fatal(err)
	}
	two, err := json.Marshal(w.plus(w.plus(nil, other), talk))
	if err != nil {
		t.Fatal(err)
	}
	if string(one) != string(two) {
		t.Errorf("the order of talks shows:\n%s\n%s", one, two)
	}
	for _, p := range w.parts() {
		for _, code := range p.codes {
			if !strings.Contains(string(one), `"`+code+`":`) {
				t.Errorf("the counter of %s %s is not there before it counts", p.name, code)
			}
		}
	}
}

func TestAButtonPressedTwiceCountsOnce(t *testing.T) {
	each(t, func(t *testing.T, w *ward) {
		w.on(t)
		for range 2 {
			if err := w.Give(ctx, midwife, talk, "the-same-press-01"); err != nil {
				t.Fatal(err)
			}
		}
		w.gives(t, 4, talk)
		w.now = start.AddDate(0, 1, 0)
		if err := w.Give(ctx, midwife, talk, "the-same-press-01"); err != nil { // pressed again after midnight of the last day
			t.Fatal(err)
		}
		if list := w.shown(t); len(list) != 1 || list[0].N != 5 {
			t.Errorf("%+v", list)
		}
		if err := w.Give(ctx, midwife, talk, ""); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a press without a token: %v", err)
		}
	})
}

func TestCountingIsOffUntilALeadSwitchesItOnAndNobodyElseKnowsOfIt(t *testing.T) {
	each(t, func(t *testing.T, w *ward) {
		if err := w.Give(ctx, midwife, talk, "press-0123456789"); fault.KindOf(err) != fault.NotFound || w.May(ctx, midwife) {
			t.Errorf("counted while it is off: %v", err)
		}
		for _, v := range []*web.Viewer{midwife, analyst, nil} {
			if err := w.Switch(ctx, v, true, UsualFew); err == nil {
				t.Errorf("%v switches it on", v)
			}
		}
		for _, few := range []int64{0, LeastFew - 1, MostFew + 1} {
			if err := w.Switch(ctx, lead, true, few); fault.KindOf(err) != fault.Invalid {
				t.Errorf("small counts are those below %d: %v", few, err)
			}
		}
		w.on(t)
		w.on(t) // pressed twice
		if log := w.everything(t)["audit_leaf"]; len(log) != 1 {
			t.Errorf("the log has %v", log)
		}
		w.gives(t, 5, talk)
		w.now = start.AddDate(0, 1, 0)
		if _, list, err := w.Periods(ctx, analyst); err != nil || len(list) != 1 {
			t.Errorf("the analyst of the house sees %v, %v", list, err)
		}
		if _, _, err := w.Periods(ctx, midwife); fault.KindOf(err) != fault.Denied {
			t.Errorf("a member who counts reads: %v", err)
		}
		if h, list, err := w.Periods(ctx, insider); err != nil || h.On || len(list) != 0 {
			t.Errorf("another house sees %v %v, %v", h, list, err)
		}
		if w.May(ctx, insider) || w.May(ctx, nil) {
			t.Error("another house counts here")
		}
	})
}

// req: SUMMARY-3
func TestAPeriodIsShownWhenItHasEnoughAndItsLastMonthIsOver(t *testing.T) {
	each(t, func(t *testing.T, w *ward) {
		w.on(t)
		w.gives(t, 5, talk)
		if list := w.shown(t); len(list) != 0 {
			t.Errorf("a month that is not over: %v", list)
		}
		w.now = start.AddDate(0, 1, 0)
		w.gives(t, 2, talk) // too few for October: November joins it
		w.now = start.AddDate(0, 2, 0)
		w.gives(t, 3, talk)
		w.now = start.AddDate(0, 3, 0)
		list := w.shown(t)
		if len(list) != 2 || list[0].First != "2026-10" || list[0].Last != "2026-11" || list[0].N != 5 || list[1].First != "2026-09" || list[1].N != 5 {
			t.Fatalf("%+v", list)
		}
		if err := w.Switch(ctx, lead, true, 12); err != nil { // a period keeps what it began with
			t.Fatal(err)
		}
		if again := w.shown(t); !reflect.DeepEqual(again, list) {
			t.Errorf("a new setting shows old periods anew: %+v", again)
		}
	})
}

// req: SUMMARY-3
func TestAPeriodThatWasShownNeverChangesAndNoMonthIsInTwo(t *testing.T) {
	words := vocabulary{paths: []Path{"emergency"}, sides: nil}
	rapid.Check(t, func(t *rapid.T) {
		month, few := "2026-01", int64(UsualFew)
		var all []Period
		seen := map[string]Shown{}
		for range rapid.IntRange(1, 60).Draw(t, "acts") {
			switch rapid.IntRange(0, 4).Draw(t, "act") {
			case 0:
				month = later(month, rapid.IntRange(1, 3).Draw(t, "months"))
			case 1:
				few = rapid.Int64Range(LeastFew, 8).Draw(t, "few")
			default:
				var newest *Period
				if len(all) > 0 {
					newest = &all[len(all)-1]
				}
				p := next(newest, month, few)
				p.N, p.Counts = p.N+1, words.plus(p.Counts, Summary{"emergency", rapid.SampledFrom(Bands).Draw(t, "band"), "no", nil})
				if newest != nil && p.First == newest.First {
					all[len(all)-1] = p
				} else {
					all = append(all, p)
				}
			}
			for i, p := range all {
				if i > 0 && p.First <= all[i-1].Last {
					t.Fatalf("%s is in two periods", p.First)
				}
				was, shown := seen[p.First]
				if shown && !reflect.DeepEqual(was, words.shown(p)) {
					t.Fatalf("%s was shown as %+v and is now %+v", p.First, was, words.shown(p))
				}
				if shown && !p.Over(month) {
					t.Fatalf("%s was shown and is hidden now", p.First)
				}
				if p.Over(month) {
					seen[p.First] = words.shown(p)
				}
			}
		}
	})
}

// tablesOf calls f with every table of so many cells that add up to sum.
func tablesOf(cells int, sum int64, f func([]int64)) {
	table := make([]int64, cells)
	var fill func(at int, left int64)
	fill = func(at int, left int64) {
		if at == cells-1 {
			table[at] = left
			f(table)
			return
		}
		for n := range left + 1 {
			table[at] = n
			fill(at+1, left-n)
		}
	}
	fill(0, sum)
}

// Whoever knows the rule, the sum and everything that is shown takes all tables
// that would look the same: no hidden count has one value in all of them, and
// none is small in all or large in all.
//
// req: SUMMARY-3
func TestNoHiddenCountCanBeComputedFromWhatIsShown(t *testing.T) {
	type bounds struct{ least, most []int64 }
	for few := int64(LeastFew); few <= 6; few++ {
		for cells := 3; cells <= 5; cells++ {
			for sum := few; sum <= 4*few; sum++ {
				alike := map[string]*bounds{}
				tablesOf(cells, sum, func(table []int64) {
					page := fmt.Sprint(protect(table, few))
					b := alike[page]
					if b == nil {
						alike[page] = &bounds{slices.Clone(table), slices.Clone(table)}
						return
					}
					for i, n := range table {
						b.least[i], b.most[i] = min(b.least[i], n), max(b.most[i], n)
					}
				})
				tablesOf(cells, sum, func(table []int64) {
					shown := protect(table, few)
					b := alike[fmt.Sprint(shown)]
					for i, c := range shown {
						if !c.Hidden && (c.N != table[i] || c.N < few) {
							t.Fatalf("few %d, %v shows %v", few, table, shown)
						}
						if c.Hidden && (b.least[i] >= few || b.most[i] < few) {
							t.Fatalf("few %d, %v is shown as %v: cell %d lies between %d and %d", few, table, shown, i, b.least[i], b.most[i])
						}
					}
				})
			}
		}
	}
}

// req: SUMMARY-3
func TestOfManyCountsNoneThatIsSmallIsShownAndNoneStandsAloneHidden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		few := rapid.Int64Range(LeastFew, MostFew).Draw(t, "few")
		table := rapid.SliceOfN(rapid.Int64Range(0, 60), 3, 8).Draw(t, "table")
		table[0] += few // a period holds as many
		hidden, of := 0, int64(0)
		for i, c := range protect(table, few) {
			if !c.Hidden && c.N < few {
				t.Fatalf("%d is shown, small is below %d", c.N, few)
			}
			if c.Hidden {
				hidden, of = hidden+1, of+table[i]
			}
		}
		if hidden == 1 || hidden > 0 && of < few {
			t.Fatalf("%v: %d hidden, together %d", table, hidden, of)
		}
	})
}

// req: SUMMARY-4
func TestWhatIsOldAndWhatStayedTooSmallGoes(t *testing.T) {
	each(t, func(t *testing.T, w *ward) {
		w.on(t)
		w.gives(t, 6, talk)
		w.now = start.AddDate(0, 1, 0)
		if err := w.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		log := w.everything(t)["audit_leaf"]
		if len(log) != 2 || !strings.Contains(log[1], "summary.period") || strings.Contains(log[1], midwife.UserID) {
			t.Errorf("the log of a period that is over: %v", log)
		}
		if rows := w.everything(t)["summary_period"]; regexp.MustCompile(`[0-9a-f]{16}`).MatchString(rows[0]) {
			t.Errorf("presses are still known: %v", rows)
		}
		w.gives(t, 2, talk) // October, and nothing after it
		w.now = start.AddDate(1, 1, 0)
		if err := w.Sweep(ctx); err != nil || len(w.everything(t)["summary_period"]) != 2 {
			t.Errorf("gone within the year, %v", err)
		}
		w.now = start.AddDate(1, 2, 0)
		if err := w.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if rows := w.everything(t)["summary_period"]; len(rows) != 1 {
			t.Errorf("a period that stayed too small for a year: %v", rows)
		}
		w.now = start.AddDate(5, 0, 0)
		if err := w.Sweep(ctx); err != nil || len(w.shown(t)[0].Parts) == 0 {
			t.Errorf("counters went within five years, %v", err)
		}
		w.now = start.AddDate(5, 1, 0)
		for range 2 { // a second sweep has nothing left to do
			if err := w.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if list := w.shown(t); len(list) != 1 || list[0].N != 6 || len(list[0].Parts) != 0 {
			t.Errorf("after five years: %+v", list)
		}
		if log := w.everything(t)["audit_leaf"]; len(log) != 2 {
			t.Errorf("the log has %v", log)
		}
	})
}

// req: SUMMARY-4
func TestAHouseThatStopsKeepsWhatIsShownAndCanDeleteAll(t *testing.T) {
	each(t, func(t *testing.T, w *ward) {
		w.on(t)
		w.gives(t, 5, talk)
		w.now = start.AddDate(0, 1, 0)
		w.gives(t, 1, talk)
		if err := w.Switch(ctx, lead, false, UsualFew); err != nil {
			t.Fatal(err)
		}
		if rows := w.everything(t)["summary_period"]; len(rows) != 1 || len(w.shown(t)) != 1 {
			t.Errorf("after stopping: %v", rows)
		}
		if w.May(ctx, midwife) {
			t.Error("counting goes on")
		}
		for _, v := range []*web.Viewer{midwife, analyst, insider} {
			if err := w.Clear(ctx, v); err == nil && v != insider {
				t.Errorf("%s deletes", v.Name)
			}
		}
		if len(w.shown(t)) != 1 {
			t.Fatal("another house's deleting reaches here")
		}
		for range 2 {
			if err := w.Clear(ctx, lead); err != nil {
				t.Fatal(err)
			}
		}
		if rows := w.everything(t)["summary_period"]; len(rows) != 0 {
			t.Errorf("left: %v", rows)
		}
	})
}

// site serves the pages to whoever the header names.
func (w *ward) site(t *testing.T) http.Handler {
	t.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: texts, Now: w.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	shell.Authenticate = func(r *http.Request) (*web.Viewer, error) { return people[r.Header.Get("X-As")], nil }
	w.Mount(shell)
	return shell.Handler()
}

func ask(site http.Handler, as, method, path string, form url.Values) (int, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("X-As", as)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	out := httptest.NewRecorder()
	site.ServeHTTP(out, r)
	return out.Code, out.Body.String()
}

// req: SUMMARY-5
func TestNothingIsKeptWithoutBothTicksAndBothSeeAllOfItBefore(t *testing.T) {
	each(t, func(t *testing.T, w *ward) {
		w.on(t)
		site := w.site(t)
		none := func(when string) {
			t.Helper()
			if rows := w.everything(t)["summary_period"]; len(rows) > 0 {
				t.Fatalf("%s: %v", when, rows)
			}
		}
		form := url.Values{"path": {"emergency"}, "band": {"18-25"}, "control": {"positive"}, "class": {"trafficking"}, "score": {"7"}, "sign": {"documents-taken"}, "once": {"press-0123456789"}}
		if code, page := ask(site, "midwife", "POST", "/en/summary", form); code != 200 || !strings.Contains(page, `value="emergency" checked`) {
			t.Errorf("coming from the guide: %d", code)
		}
		form.Set("do", "check")
		if code, _ := ask(site, "midwife", "POST", "/en/summary", form); code != 422 {
			t.Errorf("without an outcome: %d", code)
		}
		form.Set("outcome", "offered")
		code, page := ask(site, "midwife", "POST", "/en/summary", form)
		for _, kept := range []string{"Saint Thekla", "September 2026", "Emergency department", "18 to 25", "Help was offered and stays open", "Pointed to it", "Not looked at", "May I count it? (en)", "May I count it? (ar)"} {
			if code != 200 || !strings.Contains(page, kept) {
				t.Errorf("%d, what would be kept does not show %q", code, kept)
			}
		}
		for _, never := range []string{"trafficking", "documents-taken", `name="score"`} {
			if strings.Contains(page, never) {
				t.Errorf("the page carries %q on", never)
			}
		}
		none("looking at it")
		form.Set("do", "count")
		for _, ticks := range [][]string{nil, {"person"}, {"staff"}, {"person", "person"}} {
			form["agree"] = ticks
			if code, page := ask(site, "midwife", "POST", "/en/summary", form); code != 422 || !strings.Contains(page, "Both must agree") {
				t.Errorf("ticks %v: %d", ticks, code)
			}
			none(fmt.Sprint(ticks))
		}
		form["agree"] = []string{"person", "staff"}
		if code, _ := ask(site, "midwife", "GET", "/en/summary?"+form.Encode(), nil); code != 200 {
			t.Errorf("the form: %d", code)
		}
		none("a link that was opened")
		for range 2 {
			if code, page := ask(site, "midwife", "POST", "/en/summary", form); code != 200 || !strings.Contains(page, "Counted") {
				t.Fatalf("%d", code)
			}
		}
		if rows := w.everything(t)["summary_period"]; len(rows) != 1 || strings.Contains(fmt.Sprint(rows), "trafficking") {
			t.Errorf("%v", rows)
		}
		for as, want := range map[string]int{"insider": 403, "nobody": 401} {
			if code, _ := ask(site, as, "POST", "/en/summary", form); code != want && code != 404 {
				t.Errorf("%s: %d", as, code)
			}
		}
	})
}

// req: SUMMARY-3
func TestPageAndFileShowTheSameProtectedCountsInEveryLanguage(t *testing.T) {
	each(t, func(t *testing.T, w *ward) {
		w.on(t)
		w.gives(t, 9, talk)
		w.gives(t, 6, Summary{Path: "midwifery", Band: "18-25", Outcome: "offered"})
		w.gives(t, 2, Summary{Path: "emergency", Band: "under-18", Outcome: "child"})
		w.now = start.AddDate(0, 1, 0)
		site := w.site(t)
		for _, lang := range i18n.Languages {
			if code, page := ask(site, "lead", "GET", "/"+lang+"/summary/counts", nil); code != 200 || strings.Contains(page, ">summary.") {
				t.Errorf("%s: %d, or a sentence is missing", lang, code)
			}
			if code, page := ask(site, "lead", "GET", "/"+lang+"/summary/house", nil); code != 200 || strings.Contains(page, ">summary.") {
				t.Errorf("%s: %d, or a sentence is missing", lang, code)
			}
		}
		code, file := ask(site, "analyst", "GET", "/en/summary/counts.csv", nil)
		for _, row := range []string{"2026-09,2026-09,All talks,,17", "Place of work,Emergency department,11", "Place of work,Midwifery,hidden", "Age,Under 18,hidden", "Age,18 to 25,hidden", "What came of it,Help was offered and stays open,hidden"} {
			if code != 200 || !strings.Contains(file, row) {
				t.Errorf("%d, no %q in\n%s", code, row, file)
			}
		}
		if strings.Contains(file, ",2\n") || strings.Contains(file, ",15\n") {
			t.Errorf("a small count, or what gives it away:\n%s", file)
		}
		if code, _ := ask(site, "lead", "GET", "/en/summary/counts?from=2026-10", nil); code != 404 {
			t.Errorf("a period that is not shown: %d", code)
		}
		if code, page := ask(site, "lead", "POST", "/en/summary/house", url.Values{"do": {"on"}, "few": {"2"}}); code != 422 || !strings.Contains(page, `value="2"`) {
			t.Errorf("too small a setting: %d", code)
		}
		if code, _ := ask(site, "lead", "POST", "/en/summary/clear", nil); code != 422 || len(w.shown(t)) != 1 {
			t.Errorf("deleted without being sure: %d", code)
		}
	})
}
