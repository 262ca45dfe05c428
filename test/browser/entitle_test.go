package browser

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"amelie/content"
	"amelie/internal/country"
	"amelie/internal/country/entitle"
	"amelie/internal/web"
)

// showCare asks what applies: with a script the page answers itself.
func (v *visitor) showCare() {
	v.t.Helper()
	if !v.script {
		v.press(`.entitle-form button`)
		return
	}
	v.run(chromedp.WaitReady(`[data-finder][data-live]`))
	v.into(`.entitle-form button`)
	v.run(chromedp.Click(`.entitle-form button`))
}

// entitledAs is what applies as the browser writes it.
type entitledAs struct {
	ID      string           `json:"id"`
	Table   string           `json:"table"`
	Certain bool             `json:"certain"`
	Depends []map[string]any `json:"depends"`
}

func said(list []entitle.Shown) (out []entitledAs) {
	for _, s := range list {
		one := entitledAs{s.ID, s.Table, s.Certain, []map[string]any{}}
		for _, d := range s.Depends {
			answers := []any{}
			for _, a := range d.Answers {
				answers = append(answers, a)
			}
			one.Depends = append(one.Depends, map[string]any{"question": d.Question, "answers": answers})
		}
		out = append(out, one)
	}
	return out
}

// everyAnswer is every combination of answers, open ones among them.
func everyAnswer(questions []entitle.Question) []entitle.Answers {
	all := []entitle.Answers{{}}
	for _, q := range questions {
		for _, known := range all[:len(all):len(all)] {
			for _, a := range q.Answers {
				more := entitle.Answers{q.ID: a}
				for id, answer := range known {
					more[id] = answer
				}
				all = append(all, more)
			}
		}
	}
	return all
}

// One source of truth: for every combination of answers in every country the
// rules of the browser say what the rules of the program say.
//
// req: ENTITLE-1
func TestTheFinderOfTheBrowserSaysWhatTheProgramSays(t *testing.T) {
	packs, err := country.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	set, err := entitle.Load(content.FS, packs)
	if err != nil {
		t.Fatal(err)
	}
	v := demo(t).visitor(t, desktop)
	v.goTo("/en/entitlement/be")
	eval[bool](v, `import("`+web.Asset("entitled.js")+`").then(m => { globalThis.entitled = m.entitled; return true })`)
	all := everyAnswer(set.Questions)
	vectors, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range set.Codes() {
		c, _ := set.Country(code)
		text := eval[string](v, `fetch("`+entitle.DataPath(code, "en")+`").then(r => r.json()).then(rules => JSON.stringify(`+string(vectors)+`.map(a => entitled(rules, a))))`)
		var theirs [][]entitledAs
		if err := json.Unmarshal([]byte(text), &theirs); err != nil {
			t.Fatal(err)
		}
		for i, a := range all {
			if ours := said(c.Entitled(a)); !reflect.DeepEqual(ours, theirs[i]) {
				t.Fatalf("%s %v\nprogram %v\nbrowser %v", code, a, ours, theirs[i])
			}
		}
	}
	if len(all) != 1200 {
		t.Errorf("%d combinations", len(all))
	}
}

// req: ENTITLE-4
func TestTheFindersAnswerIsTheSameWithAndWithoutAScriptAndIsNotSent(t *testing.T) {
	w := demo(t).wire(t)
	plain, live := w.visitor(t, look{width: 390, height: 844, noScript: true}), w.visitor(t, phone)
	for _, path := range []string{"/en/entitlement/it", "/el/entitlement/gr", "/nl/entitlement/be"} {
		var seen []string
		for _, v := range []*visitor{plain, live} {
			v.goTo(path)
			if v == live {
				v.run(chromedp.WaitReady(`[data-finder][data-live]`))
			}
			v.run(chromedp.SetValue(`select[name=insurance]`, "none"), chromedp.SetValue(`select[name=who]`, "pregnant"))
			w.since()
			v.showCare()
			seen = append(seen, eval[string](v, `document.querySelector(".entitle-result").innerText`))
		}
		if asked := w.since(); len(asked) > 0 {
			t.Errorf("with a script the page asked %v", asked)
		}
		if seen[0] != seen[1] || len(seen[0]) < 400 {
			t.Errorf("%s: without a script\n%s\nwith one\n%s", path, clip(seen[0]), clip(seen[1]))
		}
		if focused := eval[string](live, `document.activeElement.innerText`); focused != eval[string](live, `document.querySelector("#result-h").innerText`) {
			t.Errorf("the focus is on %q", focused)
		}
	}
	live.clean()
}

func TestAnotherLanguageKeepsTheAnswersOfTheFinderOutOfTheAddress(t *testing.T) {
	w := demo(t).wire(t)
	for _, l := range []look{phone, {width: 390, height: 844, noScript: true}} {
		v := w.visitor(t, l)
		v.goTo("/en/entitlement/be")
		if v.script {
			v.run(chromedp.WaitReady(`[data-finder][data-live]`))
		}
		v.run(chromedp.SetValue(`select[name=papers]`, "none"), chromedp.SetValue(`select[name=who]`, "child"))
		v.showCare()
		for _, lang := range []string{"el", "fr"} {
			v.run(chromedp.Click(`.languages summary`))
			v.follow(chromedp.Click(`.languages ul [lang="` + lang + `"]`))
			got := eval[string](v, `[document.documentElement.lang, document.querySelector("[name=papers]").value, document.querySelector("[name=who]").value, location.pathname + location.search + location.hash, document.querySelector(".entitle-result[data-answered]") ? "answered" : ""].join(" ")`)
			if want := lang + " none child /" + lang + "/entitlement/be answered"; got != want {
				t.Errorf("script %v: %s, not %s", v.script, got, want)
			}
			v.fits()
		}
		v.run(chromedp.Click(`.languages summary`))
		v.ok()
		v.press(`[data-again]`)
		if left := eval[string](v, `[...document.querySelectorAll(".entitle-form select")].map(s => s.value).join("")`); left != "" {
			t.Errorf("starting again keeps %q", left)
		}
		for _, asked := range w.since() {
			if strings.Contains(asked, "none") || strings.Contains(asked, "?") {
				t.Errorf("an address tells an answer: %s", asked)
			}
		}
		v.clean()
	}
}

// A midwife asks what a person without papers and without insurance can have,
// before she knows the age; then she answers that too. Nothing of it stands in
// the address.
func TestWhichCareIsAskedWithOpenQuestionsAndAnsweredStepByStep(t *testing.T) {
	h := demo(t)
	for lang, x := range map[string]struct {
		look               look
		code, office, open string
	}{
		"it": {phone, "Codice STP, per persone extra-UE senza documenti", "nessuno informa l’ufficio stranieri", "Può valere anche questo"},
		"el": {look{width: 390, height: 844, noScript: true}, "Κωδικός STP", "Κανείς σε αυτή τη διαδρομή", "Μπορεί να ισχύουν και αυτά"},
		"de": {look{width: 1280, height: 900, dark: true}, "STP-Code für Menschen ohne Papiere", "erfährt auf diesem Weg von niemandem", "Kann ebenfalls gelten"},
	} {
		t.Run(lang, func(t *testing.T) {
			v := h.visitor(t, x.look)
			v.goTo("/" + lang + "/entitlement/it")
			v.ok()
			v.run(chromedp.SetValue(`select[name=insurance]`, "none"), chromedp.SetValue(`select[name=papers]`, "none"), chromedp.SetValue(`select[name=document]`, "no"))
			v.showCare()
			v.sees(x.code, x.open)
			v.ok()
			v.run(chromedp.SetValue(`select[name=who]`, "adult"), chromedp.SetValue(`select[name=need]`, "necessary"))
			v.showCare()
			v.sees(x.code, x.office)
			v.seesNot(x.open)
			v.ok()
			if want := h.base + "/" + lang + "/entitlement/it"; v.address() != want {
				t.Errorf("the address is %s", v.address())
			}
			v.clean()
		})
	}
}

// The person's page is read aloud by a voice of the device, and by no other.
func TestThePersonsPageIsReadByAVoiceOfTheDeviceOnly(t *testing.T) {
	v := demo(t).visitor(t, phone)
	v.goTo("/ar/info/be")
	shown := func() int { return eval[int](v, `document.querySelectorAll("[data-aloud]:not([hidden])").length`) }
	eval[bool](v, `{ const voice = local => ({lang: "ar-EG", localService: local, name: "v"}); globalThis.voices = [voice(false)]; speechSynthesis.getVoices = () => globalThis.voices; globalThis.localVoice = voice(true); speechSynthesis.dispatchEvent(new Event("voiceschanged")) }`)
	if n := shown(); n != 0 {
		t.Errorf("a voice over the network may read %d sections", n)
	}
	eval[bool](v, `voices.push(localVoice); speechSynthesis.dispatchEvent(new Event("voiceschanged"))`)
	if n := shown(); n == 0 {
		t.Error("the device's own voice is not offered")
	}
	eval[bool](v, `document.querySelectorAll("details").forEach(d => { d.open = true }) || true`)
	v.accessible()
	v.fits()
	v.clean()
}
