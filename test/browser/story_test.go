package browser

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"amelie/internal/app"
)

// The midwife's story: she looks for help for someone who speaks Romanian,
// refers with consent, and sees what becomes of it. The desk that answers sits
// at another browser. Played with and without JavaScript.
func TestAMidwifeFindsHelpRefersWithConsentAndSeesTheAnswer(t *testing.T) {
	for _, script := range []bool{true, false} {
		t.Run(map[bool]string{true: "with JavaScript", false: "without JavaScript"}[script], func(t *testing.T) {
			h := demo(t)
			word := map[bool]string{true: "Zamfira", false: "Ileana"}[script]
			small, wide := phone, desktop
			small.noScript, wide.noScript = !script, !script
			midwife, mira := h.visitor(t, small), h.visitor(t, wide)
			midwife.enter("midwife")
			mira.enter("mira")

			midwife.goTo("/en/find")
			midwife.run(chromedp.SendKeys(`main input[name=q]`, "shelter thessaloniki"), chromedp.SetValue(`main select[name=language]`, "ro"))
			midwife.press(`main form button[type=submit]`)
			if strings.Contains(midwife.address(), "thessaloniki") {
				t.Errorf("what was looked for stands in the address: %s", midwife.address())
			}
			midwife.sees("A21 Greece", "1109", "nverified for ") // how many years, the day of the test decides
			midwife.press(`main article a[href*="gr-a21-support"]`)
			midwife.sees("Refer with consent")
			midwife.press(`main a[href*="/refer/new"]`)

			presses := 0
			for _, a := range [][2]string{{"setting", "alone-interpreter"}, {"need", "accommodation"}, {"urgency", "now"}, {"age", "25-39"}, {"language", "ro"},
				{"interpreter", "woman"}, {"contact", "through-me"}, {"wants", "safe-tonight"}, {"must-not", "no-police"}} {
				midwife.choose(a[0], a[1])
				presses++
			}
			midwife.sees("A safe place to stay")
			review := midwife.address()
			midwife.goTo(strings.TrimPrefix(strings.Replace(review, "/review", "/name?back=review", 1), h.base))
			midwife.run(chromedp.SendKeys(`main input[name=name]`, word))
			midwife.press(`main form button[type=submit]`)
			midwife.goTo(strings.TrimPrefix(review, h.base))
			midwife.sees(word)
			midwife.press(`main a[href*="/consent"]`)
			presses++
			midwife.sees("Exactly what leaves")
			if text := midwife.text(); !strings.Contains(text, "Ce poate") && !strings.Contains(text, "Ce poate afla") && !strings.Contains(text, "puteți") {
				t.Errorf("the sheet is not in Romanian\n%s", clip(text))
			}
			midwife.press(`main a[href*="all"]`)
			presses++
			midwife.into(`input[name=interpreter][value=independent]`)
			midwife.run(chromedp.Click(`input[name=interpreter][value=independent]`))
			midwife.choose("how", "spoken")
			presses++
			if presses > 12 {
				t.Errorf("%d interactions, at most 12", presses)
			}
			midwife.sees("Sent. Only the chosen agency and yours can open it.", "Lamp House")
			sent := midwife.address()
			id := sent[strings.LastIndexByte(sent, '/')+1:]
			if i := strings.IndexByte(id, '?'); i >= 0 {
				id = id[:i]
			}

			mira.goTo("/en/today")
			mira.sees("Saint Thekla Hospital")
			mira.goTo("/en/referral/" + id)
			mira.sees(word, "A safe place to stay", "Romanian")
			mira.run(chromedp.SendKeys(`form:has(button[value=accept]) textarea`, "Come to the lamp at nine"))
			mira.press(`button[value=accept]`)

			midwife.goTo("/en/referral/" + id)
			midwife.sees("Accepted", "Come to the lamp at nine")

			insider := h.visitor(t, small)
			insider.enter("insider")
			insider.goTo("/en/referral/" + id)
			insider.seesNot(word, "Lamp House", "Saint Thekla")

			midwife.goTo("/en/referral/" + id + "/withdraw")
			midwife.press(`main form button[type=submit]`)
			mira.goTo("/en/referral/" + id)
			mira.seesNot(word, "A safe place to stay", "Come to the lamp")

			for _, v := range []*visitor{midwife, mira, insider} {
				v.clean()
			}
			nothingReadable(t, h, word, "Come to the lamp at nine")
		})
	}
}

// nothingReadable looks for words in the database, its log and its memory file.
func nothingReadable(t *testing.T, h *house, words ...string) {
	t.Helper()
	files, err := filepath.Glob(h.dir + "/data/*")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if strings.Contains(string(b), w) {
				t.Errorf("%s holds %q", filepath.Base(f), w)
			}
		}
	}
	report, err := app.VerifyLog(context.Background(), h.app.Config, nil)
	if err != nil || !report.OK() {
		t.Errorf("log: %v %v", report, err)
	}
}

// Every page a visitor can reach, in several languages and at both sizes:
// nothing foreign is asked, nothing is wider than the window, axe is content.
func TestPublicPagesAreAccessibleFitAndAskNobodyElse(t *testing.T) {
	h := demo(t)
	paths := []string{"/en/", "/el/", "/de/find?q=Schutzwohnung", "/en/find?q=nothing+like+this+anywhere", "/el/entry/gr-a21-1109", "/de/entry/de-hilfetelefon", "/it/browse/IT",
		"/en/now", "/fr/now", "/it/guide", "/el/guide/reception", "/nl/guide/keep", "/fr/guide/lines", "/de/guide/sources", "/ro/info", "/ar/info", "/ar/info/gr", "/uk/info/de", "/en/info/phone", "/en/exit-info", "/nl/sheet", "/de/sheet/ward?country=DE",
		"/en/country", "/el/country/GR", "/de/country/DE", "/en/demo", "/en/design", "/en/sign-in", "/en/nowhere"}
	for _, l := range []look{phone, desktop} {
		v := h.visitor(t, l)
		for _, p := range paths {
			v.goTo(p)
			v.fits()
			v.accessible()
		}
		v.clean()
	}
	dark := phone
	dark.dark = true
	v := h.visitor(t, dark)
	for _, p := range []string{"/en/", "/en/find?q=shelter", "/en/entry/gr-a21-1109", "/en/info/gr", "/en/design"} {
		v.goTo(p)
		v.accessible()
	}
	v.clean()
}

func TestPagesOfTheProfessionalZoneAreAccessibleAndFit(t *testing.T) {
	h := demo(t)
	for key, paths := range map[string][]string{
		"midwife":       {"/en/today", "/el/today", "/de/referrals", "/en/refer/new", "/el/refer/new?service=gr-a21-support", "/en/me", "/en/me/sign-ins", "/de/agency"},
		"mira":          {"/en/today", "/de/today", "/en/agency"},
		"hospital-lead": {"/en/today", "/fr/agency"},
		"admin":         {"/en/admin/agencies", "/el/admin/agencies", "/en/me"},
	} {
		for _, l := range []look{phone, desktop} {
			v := h.visitor(t, l)
			v.enter(key)
			for _, p := range paths {
				v.goTo(p)
				v.fits()
				v.accessible()
			}
			v.clean()
		}
	}
}

func TestTheQuickExitLeavesByKeyAndTheProfessionalZoneSignsOut(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, phone)
	v.goTo("/en/info/gr")
	for range 3 {
		v.run(chromedp.KeyEvent("\u001b"))
	}
	deadline := time.Now().Add(5 * time.Second)
	for strings.Contains(v.address(), "/info") && time.Now().Before(deadline) {
		v.run(chromedp.Sleep(50 * time.Millisecond))
	}
	if strings.Contains(v.address(), "/info") {
		t.Errorf("three times Escape stayed at %s", v.address())
	}

	w := h.visitor(t, phone)
	w.enter("mira")
	w.run(chromedp.Navigate(h.base+"/exit/work"), chromedp.WaitReady("body"))
	w.run(chromedp.Navigate(h.base+"/en/today"), chromedp.WaitReady("main"))
	if !strings.Contains(w.address(), "sign-in") {
		t.Errorf("after leaving, the desk is still open: %s", w.address())
	}
}

func TestThePagesWorkWithTheKeyboardAlone(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, desktop)
	for _, p := range []string{"/en/", "/en/find", "/en/entry/gr-a21-1109", "/en/info/gr"} {
		v.goTo(p)
		seen := map[string]bool{}
		for range 60 {
			v.run(chromedp.KeyEvent("\t"))
			state := eval[[]string](v, `(() => {
  const e = document.activeElement;
  if (!e || e === document.body) return [];
  const s = getComputedStyle(e), r = e.getBoundingClientRect();
  const marked = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none";
  return [(e.innerText || e.getAttribute("aria-label") || e.name || e.tagName).trim().slice(0, 60) + "|" + (e.href || e.id || ""), marked ? "marked" : "unmarked", r.width > 0 && r.height > 0 ? "there" : "gone"];
})()`)
			if len(state) == 0 || seen[state[0]] {
				break
			}
			seen[state[0]] = true
			if state[1] != "marked" {
				t.Errorf("%s: focus on %q cannot be seen", p, state[0])
			}
			if state[2] != "there" {
				t.Errorf("%s: focus on something invisible, %q", p, state[0])
			}
		}
		if len(seen) < 5 {
			t.Errorf("%s: the keyboard reaches only %d places", p, len(seen))
		}
	}
}

// The first visit of a public page, without fonts, and the fonts of its
// language: DESIGN's budget table.
func TestAFirstVisitStaysWithinThePageBudget(t *testing.T) {
	h := demo(t)
	for _, path := range []string{"/en/", "/el/", "/de/find", "/en/find?q=shelter", "/el/entry/gr-a21-1109", "/en/now", "/ro/info/gr", "/ar/info/gr"} {
		v := h.visitor(t, phone)
		pages, fonts := v.weigh(path)
		t.Logf("%-28s %5.1f KB, fonts %5.1f KB", path, float64(pages)/1024, float64(fonts)/1024)
		if pages > 30*1024 {
			t.Errorf("%s weighs %d bytes, at most 30 KB", path, pages)
		}
		if fonts > 45*1024 {
			t.Errorf("%s loads %d bytes of fonts, at most 45 KB", path, fonts)
		}
	}
}
