package measure

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var (
	ctx    = context.Background()
	may    = time.Date(2026, 5, 4, 2, 10, 0, 0, time.UTC)
	maria  = Facts{Name: "Mar", Day: "7", Month: "11", Older: "2"}
	editor = &web.Viewer{UserID: "u-editor", Roles: []string{"editor"}}
)

// school is the room with a clock that a test moves.
type school struct {
	*Rooms
	t    testing.TB
	now  time.Time
	site http.Handler
	who  *web.Viewer
}

func open(t testing.TB, d *db.DB) *school {
	t.Helper()
	vault.CheapForTests(t)
	course := learntest.Course(t)
	x := &school{t: t, now: may}
	service := New(Config{DB: d, Policy: policy.Must(Policy), Secret: vault.NewServerSecret(), Now: func() time.Time { return x.now }, Course: func() *learn.Course { return course }})
	x.Rooms = &Rooms{Service: service, MayFill: func(*http.Request) bool { return true }}
	shell := learntest.Shell(t, func() time.Time { return x.now }, func() *web.Viewer { return x.who })
	x.Mount(shell)
	x.site = shell.Handler()
	return x
}

func each(t *testing.T, story func(t *testing.T, x *school)) {
	dbtest.Each(t, []db.Schema{Schema}, func(t *testing.T, d *db.DB) { story(t, open(t, d)) })
}

func (x *school) ask(method, path string, status int, pairs ...string) string {
	x.t.Helper()
	form := learntest.Form(pairs...)
	r := learntest.Request(method, path, form)
	w := httptest.NewRecorder()
	x.site.ServeHTTP(w, r)
	if w.Code != status {
		x.t.Fatalf("%s %s: %d, want %d\n%s", method, path, w.Code, status, w.Body)
	}
	if len(w.Result().Cookies()) > 0 {
		x.t.Errorf("%s sets a cookie", path)
	}
	return learntest.Text(w)
}

func says(t testing.TB, page string, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(page, text) {
			t.Errorf("does not say %q", text)
		}
	}
}

// rows are all that is stored, a line for each sheet.
func (x *school) rows() (out []string) {
	x.t.Helper()
	err := x.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := load(tx, allStmt)
		out = nil
		for _, s := range list {
			out = append(out, fmt.Sprint(s.Code, " ", s.Occasion, " ", s.Form, " ", s.Month, " ", s.Right, " of ", s.Of))
		}
		return err
	})
	if err != nil {
		x.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

var tokenIn = regexp.MustCompile(`name="sheet" value="([^"]+)"`)

// req: MEASURE-1
// req: MEASURE-2
func TestTheSamePersonIsKnownAgainHalfAYearLaterInAnotherLanguage(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		says(t, x.ask("GET", "/en/measure", 200), "first three letters", "Not now")
		says(t, x.ask("POST", "/en/measure", 422, "when", "before", "name", "M", "day", "7", "older", "2"), "At least two letters", `value="M"`)
		page := x.ask("POST", "/en/measure", 200, "when", "before", "name", "mar", "day", "7", "month", "11", "older", "2")
		token := tokenIn.FindStringSubmatch(page)[1]
		laid, err := x.Open(token)
		if err != nil {
			t.Fatal(err)
		}
		first := Form(x.Course(), laid.Form)
		says(t, x.ask("POST", "/de/measure", 200, "sheet", token), "de words of "+first[0].Question.ID)
		if len(x.rows()) != 0 {
			t.Error("a sheet that was only begun is kept")
		}
		send := []string{"sheet", token, "do", "answer"}
		for _, a := range first {
			for _, one := range a.Question.Solution() {
				send = append(send, a.Name(), one)
			}
		}
		for range 2 { // pressed twice
			says(t, x.ask("POST", "/en/measure", 200, send...), "Thank you")
		}
		x.now = x.now.AddDate(0, 6, 0)
		page = x.ask("POST", "/el/measure", 200, "when", "later", "name", "ΜΆΡ", "day", "7", "month", "11", "older", "2")
		x.ask("POST", "/el/measure", 200, "sheet", tokenIn.FindStringSubmatch(page)[1], "do", "answer")

		rows := x.rows()
		if len(rows) != 2 {
			t.Fatal(rows)
		}
		a, b := strings.Fields(rows[0]), strings.Fields(rows[1])
		if a[0] != b[0] || a[2] == b[2] || len(a[0]) != 64 {
			t.Errorf("another code, or the same form again: %v", rows)
		}
		if a[1]+fmt.Sprint(a[3:]) != "before[2026-05 1 of 1]" || b[1]+fmt.Sprint(b[3:]) != "later[2026-11 0 of 1]" {
			t.Error(rows)
		}
		for _, clear := range []string{"mar", "μαρ"} {
			if strings.Contains(strings.ToLower(rows[0]), clear) {
				t.Error("a fact stands in the row")
			}
		}
	})
}

// req: MEASURE-1
func TestACodeIsTheSameInBothAlphabetsAndAnotherForOtherFacts(t *testing.T) {
	for _, names := range [][]string{{"Mar", "mar", "ΜΑΡ", "Μάρ", "maria", "Μαρία"}, {"Χρυ", "Chr", "chr"}, {"Ελέ", "ele", "ΕΛΕ"}, {"Θεο", "The"}, {"Άνν", "Ann", "anna"}, {"Ève", "eve"}, {"Käthe", "kat", "KÄT"}} {
		for _, name := range names {
			f, g := maria, maria
			f.Name, g.Name = names[0], name
			if f.text() != g.text() {
				t.Errorf("%q is %q, %q is %q", names[0], f.text(), name, g.text())
			}
		}
	}
	seen := map[string]Facts{}
	for _, f := range []Facts{maria, {"Ele", "7", "11", "2"}, {"Mar", "11", "7", "2"}, {"Mar", "7", "11", "3"}, {"Mar", "1", "11", "2"}, {"Mar", "7", "1", "2"}, {"Mat", "7", "11", "2"}, {"Mir", "7", "11", "2"}} {
		if other, ok := seen[f.text()]; ok && f != other && f.Name != "Mat" {
			t.Errorf("%+v and %+v have one code", f, other)
		}
		seen[f.text()] = f
	}
}

// req: MEASURE-2
func TestWithoutTheServersSecretTheCodeIsAnother(t *testing.T) {
	a, b := open(t, dbtest.Open(t, Schema)), open(t, dbtest.Open(t, Schema))
	one, _, err := a.Lay(ctx, maria, Before)
	if err != nil {
		t.Fatal(err)
	}
	other, token, err := b.Lay(ctx, maria, Before)
	if err != nil || one.Code == other.Code {
		t.Error(one.Code, other.Code, err)
	}
	if _, err := a.Open(token); fault.KindOf(err) != fault.Invalid {
		t.Error("the sheet of another house is taken:", err)
	}
	if again, _, err := a.Lay(ctx, maria, After); err != nil || again.Code != one.Code || again.ID == one.ID {
		t.Error(again, err)
	}
}

func TestNobodyGetsTheSameFormTwiceInARow(t *testing.T) {
	x := open(t, dbtest.Open(t, Schema))
	had := map[string]bool{}
	for i, o := range Occasions {
		x.now = may.AddDate(0, i, 0)
		laid, _, err := x.Lay(ctx, maria, o)
		if err != nil || had[laid.Form] {
			t.Fatal(laid.Form, err)
		}
		had[laid.Form] = true
		if _, err := x.Keep(ctx, laid, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFormsShareNoQuestionAndTakeAlikeManyOfEachTopic(t *testing.T) {
	course := learntest.Course(t)
	seen := map[string]bool{}
	for _, f := range Forms {
		list := Form(course, f)
		if len(list) != len(Form(course, "a")) || len(list) == 0 {
			t.Errorf("form %s has %d questions", f, len(list))
		}
		for _, a := range list {
			if seen[a.Name()] {
				t.Errorf("%s is in two forms", a.Name())
			}
			seen[a.Name()] = true
		}
	}
}

func sheet(code, occasion, month string, right int64) Sheet {
	return Sheet{Code: code, Occasion: occasion, Month: month, Right: right, Of: 10}
}

// A worked example: Student's own data on two soporifics, Biometrika 6 (1908), of
// which the difference within patients is 1.58 hours with 0.70 to 2.46.
func TestTheIntervalOfStudentsOwnDataComesOut(t *testing.T) {
	m := mean([]float64{1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4})
	if m.N != 10 || math.Abs(m.Mean-1.58) > 1e-9 || math.Abs(m.Low-0.7001142) > 1e-6 || math.Abs(m.High-2.4598858) > 1e-6 {
		t.Errorf("%+v", m)
	}
}

func TestAGainIsReckonedWithinPeopleAndADoubtfulCodeLeftOut(t *testing.T) {
	var list []Sheet
	for i := range 12 {
		code := fmt.Sprint("c", i)
		list = append(list, sheet(code, Before, "2026-01", int64(i%4)), sheet(code, After, "2026-02", int64(i%4)+4))
	}
	list = append(list, sheet("c0", Before, "2026-01", 9)) // two people, or one twice
	list = append(list, sheet("alone", After, "2026-02", 9))
	x := figures(list, "2026-06")
	if x.Gain == nil || x.Gain.N != 11 || math.Abs(x.Gain.Mean-0.4) > 1e-9 || x.Loss != nil || x.Means[Before].N != 13 || x.Means[Later] != nil || x.Single != 4 {
		t.Errorf("%+v %+v", x, x.Gain)
	}
}

// req: MEASURE-3
func TestNoFigureStandsOnFewAndNoneDiffersByFewFromOneBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []dated
		for range rapid.IntRange(0, 60).Draw(t, "sheets") {
			list = append(list, dated{fmt.Sprintf("2026-%02d", rapid.IntRange(1, 12).Draw(t, "month")), rapid.Float64Range(0, 1).Draw(t, "share")})
		}
		before := 0
		for month := 1; month <= 13; month++ {
			var come []dated
			for _, d := range list {
				if d.month <= fmt.Sprintf("2026-%02d", month) {
					come = append(come, d)
				}
			}
			n := count(told(come, fmt.Sprintf("2026-%02d", month)))
			if n < before || n > before && n-before < Few {
				t.Fatalf("in month %d the figure went from %d to %d sheets", month, before, n)
			}
			before = n
		}
	})
}

func TestFiguresAreForEditors(t *testing.T) {
	each(t, func(t *testing.T, x *school) {
		for i := range 30 {
			code := hex.EncodeToString([]byte(fmt.Sprint(i)))
			for _, o := range Occasions {
				given := map[string]learn.Given{}
				if o != Before && i%3 > 0 {
					for _, a := range Form(x.Course(), "a") {
						given[a.Name()] = a.Question.Solution()
					}
				}
				if _, err := x.Keep(ctx, Laid{id.Secret(16), code, o, "a"}, given); err != nil {
					t.Fatal(err)
				}
			}
		}
		x.who = &web.Viewer{UserID: "u-nurse", Roles: []string{"professional"}}
		x.ask("GET", "/en/desk/learn/gain", 404)
		x.who = editor
		says(t, x.ask("GET", "/en/desk/learn/gain", 200), "No figures yet") // the month is not over
		x.now = x.now.AddDate(0, 1, 0)
		says(t, x.ask("GET", "/en/desk/learn/gain", 200), "+67 percentage points more right", "+49 to +85; 30 pairs", "was +0 points", `<rect class="series"`)
	})
}

func TestAFormIsPrintedWithTheQuestionsOfTheCodeAndAKey(t *testing.T) {
	x := open(t, dbtest.Open(t, Schema))
	for _, form := range Forms {
		for _, lang := range []string{"en", "de"} {
			says(t, x.ask("GET", "/"+lang+"/measure/paper/"+form, 200), lang+" words of "+Form(x.Course(), form)[0].Question.ID, `class="measure-code"`)
		}
		says(t, x.ask("GET", "/en/measure/paper/"+form+"?key=1", 200), "<strong>")
	}
	x.ask("GET", "/en/measure/paper/d", 404)
}
