package browser

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"amelie/content"
	"amelie/internal/screen/instrument"
)

// Packs of the other rules, for the vectors only.
const otherRules = `{"id":"%s","version":"1.0.0","state":"installed","languages":["en"],
"source":{"title":"A list","publisher":"Nobody","year":2020,"provenance":"Made for a test."},"licence":{"name":"EUPL-1.2","permission":"own-words"},
"population":{"ages":["adult","child"],"age_min":0,"age_max":0,"settings":["any"],"validated":false},"rule":%s,
"items":[{"id":"a"%[3]s},{"id":"b"%[3]s,"required":true},{"id":"c"%[3]s,"when":{"item":"a","is":"yes"}}%[4]s],
"text":{"en":{"title":"List","population":"All.","bands":{%[5]s},"item":{"a":{"label":"A?"},"b":{"label":"B?"},"c":{"label":"C?"}%[6]s}}}}`

func vectorPacks(t *testing.T) []*instrument.Pack {
	t.Helper()
	shipped, err := instrument.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	var packs []*instrument.Pack
	for _, p := range shipped {
		if p.Rule.Kind == instrument.Delphi {
			on := *p
			on.State = instrument.Installed // as after an administrator's confirmation
			packs = append(packs, &on)
		}
	}
	for _, text := range []string{
		fmt.Sprintf(otherRules, "counted", `{"kind":"count","at_least":2}`, "", "", "", ""),
		fmt.Sprintf(otherRules, "counted-in-part", `{"kind":"count","at_least":1,"items":["a","c"]}`, "", "", "", ""),
		fmt.Sprintf(otherRules, "listed", `{"kind":"none"}`, "", "", "", ""),
		fmt.Sprintf(otherRules, "summed", `{"kind":"sum","bands":[{"id":"low","from":-6},{"id":"middle","from":2},{"id":"high","from":5}]}`, `,"points":2`,
			`,{"id":"d","type":"integer","min":-2,"max":3,"points":3},{"id":"e","type":"choice","options":[{"id":"never"},{"id":"often","points":4}]}`,
			`"low":"Low","middle":"Middle","high":"High"`, `,"d":{"label":"D?"},"e":{"label":"E?","options":{"never":"Never","often":"Often"}}`),
	} {
		p, err := instrument.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		packs = append(packs, p)
	}
	return packs
}

// someAnswer draws from an item's domain; "" leaves it out.
func someAnswer(r *rand.Rand, i instrument.Item, dense float64) string {
	if r.Float64() > dense {
		return []string{"", instrument.Unknown}[r.IntN(2)]
	}
	switch i.Type {
	case instrument.Integer:
		return fmt.Sprint(*i.Min + r.IntN(*i.Max-*i.Min+1))
	case instrument.Choice:
		return i.Options[r.IntN(len(i.Options))].ID
	}
	return []string{instrument.Yes, instrument.No, instrument.No}[r.IntN(3)]
}

type vector struct {
	Age     instrument.Age     `json:"age"`
	Answers instrument.Answers `json:"answers"`
}

// someVectors makes responses that the pack takes, by a fixed seed: from hardly
// answered to answered whole, with signs in some dimensions and hardly any in
// others.
func someVectors(r *rand.Rand, p *instrument.Pack, n int) (list []vector) {
	for len(list) < n {
		v := vector{instrument.Ages[r.IntN(3)], instrument.Answers{}}
		dense, quiet := min(1, 1.5*r.Float64()), map[string]bool{}
		for _, d := range p.Dimensions {
			quiet[d.ID] = r.IntN(3) > 0
		}
		for _, i := range p.Items {
			a := someAnswer(r, i, dense)
			if a == instrument.Yes && quiet[i.Dimension] && r.IntN(20) > 0 {
				a = instrument.No
			}
			if a != "" {
				v.Answers[i.ID] = a
			}
		}
		if p.Check(instrument.Response{Age: v.Age, Answers: v.Answers}) == nil {
			list = append(list, v)
		}
	}
	return list
}

// One source of truth: over ten thousand generated responses the engine of the
// browser says exactly what the engine of the program says.
func TestTheBrowsersEngineSaysWhatTheProgramsSays(t *testing.T) {
	v := demo(t).visitor(t, desktop)
	v.goTo("/en/signs")
	eval[bool](v, `import(document.querySelector("[data-signs]").dataset.engine).then(m => { window.theEngine = m; return true })`)
	random := rand.New(rand.NewPCG(2009, 9))
	classes, n := map[instrument.Class]int{}, 0
	for _, p := range vectorPacks(t) {
		rules, err := p.Rules()
		if err != nil {
			t.Fatal(err)
		}
		eval[bool](v, `(window.thePack = `+string(rules)+`, true)`)
		for range 6 {
			list := someVectors(random, p, 250)
			n += len(list)
			compareEngines(t, v, p, list, classes)
		}
	}
	if n < 10_000 {
		t.Errorf("only %d vectors", n)
	}
	for _, c := range instrument.Classes {
		if classes[c] < 20 {
			t.Errorf("%s came out %d times only", c, classes[c])
		}
	}
}

func compareEngines(t *testing.T, v *visitor, p *instrument.Pack, list []vector, classes map[instrument.Class]int) {
	t.Helper()
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	said := eval[string](v, `JSON.stringify(`+string(text)+`.map(r => theEngine.score(thePack, r)))`)
	var theirs []any
	if err := json.Unmarshal([]byte(said), &theirs); err != nil {
		t.Fatal(err)
	}
	for i, x := range list {
		result, err := p.Score(instrument.Response{Age: x.Age, Answers: x.Answers})
		if err != nil {
			t.Fatal(err)
		}
		classes[result.Class]++
		text, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		var ours any
		if err := json.Unmarshal(text, &ours); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(ours, theirs[i]) {
			t.Fatalf("%s %v\nprogram %s\nbrowser %v", p.ID, x, text, theirs[i])
		}
	}
}

func TestTheBrowsersEngineRefusesWhatTheProgramRefuses(t *testing.T) {
	v := demo(t).visitor(t, desktop)
	v.goTo("/en/signs")
	eval[bool](v, `Promise.all([import(document.querySelector("[data-signs]").dataset.engine), fetch("/guide/instrument/delphi-labour-adult.json").then(r => r.json())]).then(([m, p]) => { window.theEngine = m; window.thePack = p; return true })`)
	for _, bad := range []string{`{age:"adult",answers:{"exploitation-pay":"Yes"}}`, `{age:"adult",answers:{"exploitation-pay":""}}`, `{age:"adult",answers:{"exploitation-pay":true}}`, `{age:"adult",answers:{"nothing":"yes"}}`, `{age:"17",answers:{}}`} {
		if got := eval[string](v, `(() => { try { return theEngine.score(thePack, `+bad+`).class } catch (e) { return "refused" } })()`); got != "refused" {
			t.Errorf("%s: %s", bad, got)
		}
	}
}

// tick chooses an answer on the page of signs, as a finger would.
func (v *visitor) tick(name, value string) {
	v.t.Helper()
	selector := fmt.Sprintf(`input[name="%s"][value="%s"]`, name, value)
	eval[bool](v, fmt.Sprintf(`(e => { for (let d = e.closest("details:not([open])"); d; d = d.parentElement.closest("details:not([open])")) d.open = true; return true })(document.querySelector(%q))`, selector))
	v.into(selector)
	v.run(chromedp.Click(selector))
}

// req: INSTRUMENT-7
func TestSignsAreReadOnThePhoneWithoutARequestAndLeaveNothing(t *testing.T) {
	v := demo(t).visitor(t, phone)
	v.goTo("/en/signs")
	v.accessible()
	v.fits()
	eval[bool](v, `new Promise(r => { const wait = () => performance.getEntriesByType("resource").some(e => e.name.endsWith("delphi-labour-child.json") && e.responseEnd) ? r(true) : setTimeout(wait, 20); wait() })`)
	requests, history := eval[int](v, `performance.getEntriesByType("resource").length`), eval[int](v, `history.length`)
	v.tick("age", "adult")
	for _, sign := range []string{"exploitation-hours", "exploitation-pay", "control-debt", "control-documents", "deception-job", "deception-promised-pay"} {
		v.tick(sign, "yes")
	}
	v.tick("coercion-violence", "no")
	v.into(".signs form button[type=submit]")
	v.run(chromedp.Click(".signs form button[type=submit]"))
	v.run(chromedp.WaitVisible("#result"))
	v.sees("Trafficking in human beings", "It never says whether somebody is a victim", "stands out", "Little or no pay", "Nobody has studied")
	v.accessible()
	v.fits()
	if focus := eval[string](v, `document.activeElement.id`); focus != "result-h" {
		t.Errorf("the focus is on %q", focus)
	}
	if more := eval[int](v, `performance.getEntriesByType("resource").length`) - requests; more != 0 {
		t.Errorf("%d requests while answering", more)
	}
	if kept := eval[string](v, traces); kept != noTraces || eval[int](v, `history.length`) != history {
		t.Errorf("kept %s, or a step in the history", kept)
	}
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	v.seesNot("Trafficking", "debt", "Exploit")
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	v.into("#result [data-clear]")
	v.run(chromedp.Click("#result [data-clear]"))
	if left := eval[int](v, `document.querySelectorAll("[data-signs] input[value=yes]:checked, #result:not([hidden])").length`); left != 0 {
		t.Errorf("%d left after clearing", left)
	}
}

// req: INSTRUMENT-7
func TestWithoutJavaScriptTheServerSaysTheSame(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, look{width: 390, height: 844, noScript: true})
	for path, words := range map[string][]string{
		"/en/signs": {"Trafficking in human beings", "Read as for an adult:", "Exploitation", "the person is treated as a child"},
		"/el/signs": {"Εμπορία ανθρώπων", "Αν ήταν ενήλικας:", "Καθόλου", "αντιμετωπίζεται ως παιδί"},
		"/de/signs": {"Menschenhandel", "Für Erwachsene gelesen:", "Ausbeutung", "wie ein Kind behandelt"},
	} {
		v.goTo(path)
		v.press(`.signs form button[type=submit]`) // nothing chosen: the page asks again
		v.tick("age", "unknown")
		v.tick("exploitation-hours", "yes")
		v.tick("exploitation-pay", "yes")
		v.press(`.signs form button[type=submit]`)
		if strings.HasPrefix(path, "/el") {
			words[2] = "Λίγη ή καθόλου αμοιβή"
		}
		v.sees(words...)
		v.fits()
		if address := v.address(); !strings.HasSuffix(address, path) {
			t.Errorf("the address tells more: %s", address)
		}
		if !eval[bool](v, `document.querySelector("input[name=exploitation-pay][value=yes]").checked`) {
			t.Error("what was ticked is lost")
		}
	}
}

// req: INSTRUMENT-6
func TestAReconstructedListIsOffUntilAnAdministratorConfirmsAndSaysWhatItIs(t *testing.T) {
	h := demo(t)
	reader, admin := h.visitor(t, phone), h.visitor(t, phone)
	reader.goTo("/de/signs")
	reader.seesNot("Sexuelle Dienste")
	admin.enter("admin")
	admin.goTo("/de/admin/instruments")
	admin.accessible()
	admin.fits()
	form := `form[action$="/instruments/delphi-sexual-adult"] `
	admin.press(form + `button`)
	admin.sees("Haken Sie an, dass Sie verglichen haben.")
	admin.accessible()
	admin.run(chromedp.Click(form + `input[type=checkbox]`))
	admin.press(form + `button`)
	admin.sees("Bestätigt von")
	reader.goTo("/de/signs")
	reader.sees("Sexuelle Dienste", "Diese Listen sind eine Rekonstruktion.")
	reader.accessible()
	reader.fits()
	reader.goTo("/de/instruments/delphi-sexual-adult")
	reader.sees("Diese Listen sind eine Rekonstruktion.")
	admin.press(form + `button`)
	reader.goTo("/de/signs")
	reader.seesNot("Sexuelle Dienste")
	reader.enter("midwife")
	reader.goTo("/de/admin/instruments")
	reader.seesNot("delphi", "Bestätigen")
}

func TestAnInstrumentsPageSaysHowOftenItIsRight(t *testing.T) {
	v := demo(t).visitor(t, phone)
	for path, words := range map[string][]string{
		"/en/instruments":      {"RAFT", "Switched off", "Without their questions"},
		"/en/instruments/raft": {"Of 266 positive answers, 9 are right.", "3.3%", "The publisher must be asked"},
		"/de/instruments/cst-6?of=11&method=clopper-pearson&study=kaltiso-2018": {"90,9 % (58,7 % bis 99,8 %)", "Clopper und Pearson (exakt)"},
		"/el/instruments/qyit?of=8,8":                                           {"86,7%", "Σε 1.000 ασθενείς"},
		"/fr/instruments/delphi-labour-adult":                                   {"Jamais étudiée", "(poids douteux dans la source)"},
		"/it/instruments/raft?of=abc":                                           {"Scriva un numero da 0 a 1.000."},
		"/nl/instruments/cst-6?method=nonsense":                                 {"Wilson (score)"},
	} {
		v.goTo(path)
		v.sees(words...)
		v.accessible()
		v.fits()
	}
	v.goTo("/en/instruments/raft?of=11")
	v.sees("Of 267 positive answers, 10 are right.")
}
