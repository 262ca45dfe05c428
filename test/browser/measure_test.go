package browser

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"amelie/internal/app"
	"amelie/internal/db"
	"amelie/internal/learn"
	"amelie/internal/learn/measure"
)

// participant is somebody who fills in three sheets; right is how many of nine
// she knows before, after and half a year later.
type participant struct {
	facts measure.Facts
	right [3]int
}

// classOf makes as many participants, each with facts of her own and knowing
// another number.
func classOf(n int) (out []participant) {
	for i := range n {
		out = append(out, participant{measure.Facts{Name: "Mar", Day: fmt.Sprint(1 + i), Month: "12", Older: "2"}, [3]int{2 + i%4, 6 + i%3, 4 + i%5}})
	}
	return out
}

// Three fill in sheets on a telephone, with the keyboard alone and without
// JavaScript, and nine more beside them: before the course, after it and half a
// year later, in another language then. The editor sees nothing of three, then
// what was gained, and in the end what was lost.
//
// req: MEASURE-1
// req: MEASURE-3
func TestTheMeasureShowsGainAndLossOfThoseWhoMadeTheirCodeAgain(t *testing.T) {
	clock := begins(time.Date(2027, 1, 10, 9, 0, 0, 0, time.UTC))
	h, _ := serveFresh(t, app.Config{Demo: true, Data: filepath.Join(t.TempDir(), "data"), Addr: "127.0.0.1:0", Name: "Amelie", Now: clock.now})
	h.withoutInventedSheets(t)
	noScript := phone
	noScript.noScript = true
	three := []*visitor{h.visitor(t, phone), h.visitor(t, desktop), h.visitor(t, noScript)}
	class := classOf(12)
	all := func(occasion int, langs ...string) {
		t.Helper()
		for i, v := range three {
			v.fillsASheet(langs[i], class[i], occasion, i == 1)
		}
		h.othersFill(t, class[3:], occasion)
	}
	editor := h.visitor(t, desktop)
	for i, v := range three {
		v.fillsASheet("en", class[i], 0, i == 1)
	}
	clock.turnTo(time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC))
	editor.readsGain(h.sentence("measure.gain.open", "n", measure.Few), h.sentence("study.items.none"))
	h.othersFill(t, class[3:], 0)
	all(1, "en", "de", "en")
	editor.readsGain(h.sentence("study.items.none")) // the month is not over
	clock.turnTo(time.Date(2027, 3, 10, 9, 0, 0, 0, time.UTC))
	gained := h.interval("measure.gain.gained", class, 0, 1)
	editor.readsGain(gained, h.sentence("measure.gain.later", "n", measure.Few))
	clock.turnTo(time.Date(2027, 8, 10, 9, 0, 0, 0, time.UTC))
	all(2, "el", "fr", "it")
	clock.turnTo(time.Date(2027, 9, 10, 9, 0, 0, 0, time.UTC))
	editor.readsGain(gained, h.interval("measure.gain.lost", class, 1, 2))
	editor.seesNot("found no partner")
	small := h.visitor(t, phone)
	small.readsGain(gained)
	for _, v := range append(three, editor, small) {
		v.clean()
	}
}

// withoutInventedSheets takes away what the demo's invented people filled in.
func (h *house) withoutInventedSheets(t *testing.T) {
	t.Helper()
	err := h.app.DB.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(&db.Stmt{SQL: `DELETE FROM learn_measure`})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) sentence(key string, args ...any) string {
	return strings.ReplaceAll(h.app.Texts.T("en", key, args...), "\u00a0", " ")
}

// answersOf are the answers of somebody who knows so many questions of a form,
// and leaves the others open, by the questions' names.
func (h *house) answersOf(form string, right int) map[string]learn.Given {
	given := map[string]learn.Given{}
	for _, a := range measure.Form(h.app.Course(), form)[:right] {
		given[a.Name()] = a.Question.Solution()
	}
	return given
}

// othersFill lets the rest of a class fill in their sheets.
func (h *house) othersFill(t *testing.T, class []participant, occasion int) {
	t.Helper()
	ctx := context.Background()
	for _, p := range class {
		laid, _, err := h.app.Measure.Lay(ctx, p.facts, measure.Occasions[occasion])
		if err == nil {
			_, err = h.app.Measure.Keep(ctx, laid, h.answersOf(laid.Form, p.right[occasion]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// fillsASheet goes from the course's first page over the four facts to the end
// of a sheet. The form on paper asks for the same facts.
func (v *visitor) fillsASheet(lang string, p participant, occasion int, keyboard bool) {
	v.t.Helper()
	at := func(path string) string { return "/" + lang + path }
	if occasion == 0 {
		v.goTo(at("/measure/paper/a"))
		v.ok()
		if facts := eval[int](v, `document.querySelectorAll(".measure-code li").length`); facts != 4 {
			v.t.Errorf("on paper stand %d facts", facts)
		}
	}
	v.goTo(at("/learn"))
	v.press(`main a[href="` + at("/measure") + `"]`)
	v.ok()
	name := p.facts.Name
	if lang == "el" {
		name = "ΜΆΡ"
	}
	if keyboard {
		v.makesTheCodeByKeys(name, p.facts, occasion)
	} else {
		v.into(`label:has(input[name=when][value=` + measure.Occasions[occasion] + `])`)
		v.run(chromedp.Click(`label:has(input[name=when][value=` + measure.Occasions[occasion] + `])`))
		v.types(`input[name=name]`, name)
		for field, value := range map[string]string{"day": p.facts.Day, "month": p.facts.Month, "older": p.facts.Older} {
			v.run(chromedp.SetValue(`select[name=`+field+`]`, value))
		}
		v.press(`main form .actions button`)
	}
	v.ok()
	v.answersSheet(p.right[occasion])
	v.choose("do", "answer")
	v.ok(strings.ReplaceAll(v.h.app.Texts.T(lang, "learn.result", "right", p.right[occasion], "of", 9), "\u00a0", " "))
}

// makesTheCodeByKeys fills in the facts with Tab, arrows and digits.
func (v *visitor) makesTheCodeByKeys(name string, f measure.Facts, occasion int) {
	v.t.Helper()
	v.tabTo(30, `e.name === "when"`)
	v.run(chromedp.KeyEvent(" "))
	for range occasion {
		v.run(chromedp.KeyEvent(kb.ArrowDown))
	}
	if now := eval[string](v, `document.querySelector("input[name=when]:checked").value`); now != measure.Occasions[occasion] {
		v.t.Fatalf("the arrows lead to %q", now)
	}
	v.tabTo(3, `e.name === "name"`)
	v.run(chromedp.KeyEvent(name))
	for _, x := range [][2]string{{"day", f.Day}, {"month", f.Month}, {"older", f.Older}} {
		v.tabTo(3, `e.name === "`+x[0]+`"`)
		v.run(chromedp.KeyEvent(x[1]))
		if now := eval[string](v, `document.activeElement.value`); now != x[1] {
			v.t.Fatalf("%s: the keys choose %q, not %q", x[0], now, x[1])
		}
	}
	v.tabTo(3, `e.tagName === "BUTTON"`)
	v.enterKey()
}

// answersSheet answers so many of the questions on the page rightly.
func (v *visitor) answersSheet(right int) {
	v.t.Helper()
	names := eval[[]string](v, `[...document.querySelectorAll("fieldset.learn-q")].map(f => f.id)`)
	if len(names) != 9 {
		v.t.Fatalf("%d questions", len(names))
	}
	for _, name := range names[:right] {
		topic, question, _ := strings.Cut(name, ".")
		t, _ := v.h.app.Course().Topic(topic)
		q, _ := t.Question(question)
		v.fillsIn(name, q, q.Solution())
	}
}

// readsGain opens the editor's page, after a new sign-in: the months between
// end every session.
func (v *visitor) readsGain(phrases ...string) {
	v.t.Helper()
	v.enter("editor")
	v.goTo("/en/desk/learn")
	v.press(`main a[href="/en/desk/learn/gain"]`)
	v.ok(phrases...)
}

// interval is the sentence about a difference within the class, reckoned here:
// mean ± t(0.975; 11) · s / √12, with t from a printed table.
func (h *house) interval(key string, class []participant, from, to int) string {
	const student11 = 2.201 // Fisher and Yates, Statistical Tables, table III
	n, sum, square := float64(len(class)), 0.0, 0.0
	for _, p := range class {
		sum += float64(p.right[to]-p.right[from]) / 9
	}
	for _, p := range class {
		square += math.Pow(float64(p.right[to]-p.right[from])/9-sum/n, 2)
	}
	half := student11 * math.Sqrt(square/(n-1)/n)
	points := func(x float64) string { return strings.Replace(fmt.Sprintf("%+.0f", 100*x), "-", "−", 1) }
	return h.sentence(key, "points", points(sum/n), "low", points(sum/n-half), "high", points(sum/n+half), "n", len(class))
}
