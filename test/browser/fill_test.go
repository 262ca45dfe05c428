package browser

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"amelie/internal/screen/instrument"
)

// summedPack is the one of the vectors that has every type of item.
func summedPack(t *testing.T) (p *instrument.Pack, file string) {
	t.Helper()
	packs := vectorPacks(t)
	p = packs[len(packs)-1]
	text, err := json.Marshal(p.Whole())
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "pack.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return p, file
}

// bringsInstrument gives a file to the administrator's page.
func (v *visitor) bringsInstrument(file string) {
	v.t.Helper()
	v.enter("admin")
	v.goTo("/de/admin/instruments")
	v.run(chromedp.SetUploadFiles(`input[name=file]`, []string{file}))
	v.into(`form[enctype] .actions button`)
	v.press(`form[enctype] .actions button`)
}

// fills answers the questions of the page as the response says; a choice by its
// value, a number typed. It gives what the page then shows, as "class score".
const fills = `(r => {
  const form = document.querySelector('[data-private]');
  document.querySelector('.actions [data-clear]').click();
  const choose = (name, value) => { const i = form.querySelector('[name="' + name + '"][value="' + value + '"]'); i.checked = true; i.dispatchEvent(new Event('input', { bubbles: true })); };
  choose('age', r.age);
  for (const [id, answer] of Object.entries(r.answers)) {
    const field = form.querySelector('[name="q-' + id + '"]');
    if (field.type === 'radio') choose('q-' + id, answer);
    else if (answer === 'unknown') choose('u-' + id, 'unknown');
    else { field.value = answer; field.dispatchEvent(new Event('input', { bubbles: true })); }
  }
  form.requestSubmit();
  const result = document.getElementById('result');
  if (result.hidden) return 'refused';
  const shown = part => [...result.querySelectorAll('[data-part=' + part + ']:not([hidden]) li')].map(x => x.textContent).join();
  return result.querySelector('[data-class]:not([hidden])').dataset.class + ' ' + result.querySelector('[data-score]').textContent
    + ' [' + shown('counted') + '] [' + shown('unknown') + '] ' + [...result.querySelectorAll('[data-warning]:not([hidden])')].map(x => x.dataset.warning).join();
})`

// shown is what the page must show for a response, by the program's engine.
func shown(t *testing.T, p *instrument.Pack, x vector) string {
	t.Helper()
	r, err := p.Score(instrument.Response{Age: x.Age, Answers: x.Answers})
	if err != nil {
		t.Fatal(err)
	}
	words := func(ids []string) string {
		var out []string
		for _, id := range ids {
			i, _ := p.Item(id)
			out = append(out, p.Wording(i, "en").Label)
		}
		return strings.Join(out, ",")
	}
	var warnings []string
	for _, w := range []instrument.Warning{instrument.AgeUnknown, instrument.OutsidePopulation, instrument.NotCompared, instrument.NotValidated} {
		for _, has := range r.Warnings {
			if has == w {
				warnings = append(warnings, string(w))
			}
		}
	}
	return fmt.Sprintf("%s %d [%s] [%s] %s", r.Class, *r.Score, words(r.CarriedBy), words(r.Unknown), strings.Join(warnings, ","))
}

// req: INSTRUMENT-7
func TestAnImportedQuestionnaireIsFilledInOnThePhoneWithoutARequest(t *testing.T) {
	h := demo(t)
	p, file := summedPack(t)
	admin := h.visitor(t, phone)
	admin.bringsInstrument(file)
	admin.sees("List ist im Einsatz.")
	admin.accessible()
	admin.fits()
	v := h.visitor(t, phone)
	v.goTo("/en/instruments/" + p.ID)
	v.press(`a[href$="/fill"]`)
	v.accessible()
	v.fits()
	eval[bool](v, `new Promise(r => { const wait = () => performance.getEntriesByType("resource").some(e => e.name.endsWith("`+p.ID+`.json") && e.responseEnd) && document.querySelector('[data-item=c]').hidden ? r(true) : setTimeout(wait, 20); wait() })`)
	requests, history := eval[int](v, `performance.getEntriesByType("resource").length`), eval[int](v, `history.length`)
	// The item that depends on another comes and goes with it.
	v.run(chromedp.Click(`[name=q-a][value=yes]`))
	if eval[bool](v, `document.querySelector('[data-item=c]').hidden`) {
		t.Error("what is asked after a yes is not there")
	}
	v.run(chromedp.Click(`[name=q-a][value=no]`))
	if !eval[bool](v, `document.querySelector('[data-item=c]').hidden`) {
		t.Error("what is asked after a yes stays after a no")
	}
	random := rand.New(rand.NewPCG(7, 11))
	for _, x := range someVectors(random, p, 300) {
		text, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := eval[string](v, fills+`(`+string(text)+`)`), shown(t, p, x); got != want {
			t.Fatalf("%s\nprogram %s\npage    %s", text, want, got)
		}
	}
	for _, bad := range []string{`{age:"adult",answers:{}}`, `{age:"adult",answers:{b:"yes",d:"4"}}`, `{age:"adult",answers:{b:"yes",d:"1e1"}}`} {
		if got := eval[string](v, fills+`(`+bad+`)`); got != "refused" {
			t.Errorf("%s: %s", bad, got)
		}
		if focus := eval[string](v, `document.activeElement.name`); focus != "q-b" && focus != "q-d" {
			t.Errorf("%s: the focus is on %q", bad, focus)
		}
	}
	v.accessible()
	if more := eval[int](v, `performance.getEntriesByType("resource").length`) - requests; more != 0 {
		t.Errorf("%d requests while answering", more)
	}
	if kept := eval[string](v, traces); kept != noTraces || eval[int](v, `history.length`) != history {
		t.Errorf("kept %s, or a step in the history", kept)
	}
	eval[string](v, fills+`({age:"adult",answers:{a:"yes",b:"yes",c:"yes"}})`)
	v.accessible()
	v.fits()
	v.run(chromedp.Click(`.actions [data-clear]`))
	if left := eval[int](v, `document.querySelectorAll("[data-private] input[value=yes]:checked, [data-private] [name=age]:checked, #result:not([hidden])").length`); left != 0 {
		t.Errorf("%d left after clearing", left)
	}
}

// req: INSTRUMENT-7
func TestFifteenMinutesWithoutATouchClearWhatWasAnswered(t *testing.T) {
	h := demo(t)
	p, file := summedPack(t)
	h.visitor(t, desktop).bringsInstrument(file)
	v := h.visitor(t, phone)
	for path, tick := range map[string]string{"/en/instruments/" + p.ID + "/fill": `[name=q-a][value=yes]`, "/en/signs": `[name=age][value=adult]`} {
		v.goTo(path)
		v.into(tick)
		v.run(chromedp.Click(tick))
		answered := `document.querySelectorAll('` + tick + `:checked').length`
		eval[bool](v, `(document.dispatchEvent(new Event('visibilitychange')), true)`)
		if eval[int](v, answered) != 1 {
			t.Errorf("%s: cleared at once", path)
		}
		eval[bool](v, `(now => { Date.now = () => now + 15 * 60e3 + 1000; document.dispatchEvent(new Event("visibilitychange")); return true })(Date.now())`)
		if eval[int](v, answered) != 0 {
			t.Errorf("%s: what was answered is there after fifteen minutes", path)
		}
	}
}

// req: INSTRUMENT-7
func TestAnImportedQuestionnaireIsFilledInWithoutJavaScript(t *testing.T) {
	h := demo(t)
	p, file := summedPack(t)
	h.visitor(t, desktop).bringsInstrument(file)
	v := h.visitor(t, look{width: 390, height: 844, noScript: true})
	v.goTo("/fr/instruments/" + p.ID + "/fill")
	v.fits()
	v.run(chromedp.Click(`[name=age][value=adult]`), chromedp.Click(`[name=q-a][value=yes]`), chromedp.SendKeys(`[name=q-d]`, "9"))
	v.press(`form.asked .actions button`)
	v.sees("Il faut une réponse", "un nombre entier de -2 à 3")
	v.fits()
	v.run(chromedp.Click(`[name=q-b][value=no]`), chromedp.SetValue(`[name=q-d]`, "1"))
	v.press(`form.asked .actions button`)
	v.sees("High", "Points :", "5", "Rien n’est conservé")
	if !eval[bool](v, `document.querySelector("[name=q-a][value=yes]").checked`) {
		t.Error("what was ticked is lost")
	}
}
