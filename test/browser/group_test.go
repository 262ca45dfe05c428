package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A caseworker opens a case for a group; three play it on their own devices, in
// three languages, and she sees the ways that they took. A fourth takes theirs
// back.
func TestAGroupPlaysACaseAndItsTrainerSeesTheWaysOfThree(t *testing.T) {
	h := demo(t)
	for name, x := range map[string]look{"phone": phone, "without a script": {width: 390, height: 844, noScript: true}} {
		t.Run(name, func(t *testing.T) {
			v := h.visitor(t, x)
			v.enter("garden-case")
			v.goTo("/en/learn/group")
			v.ok("Play a case with a group")
			v.run(chromedp.Click(`input[name=case][value=work-injury]`))
			v.press(`main form button[type=submit]`)
			v.ok("Nothing to show yet", "Scan this")
			group := v.address()
			code := eval[string](v, `[...document.querySelectorAll(".printed-key code > span:not(.unseen)")].map(s => s.textContent).join("-")`)
			if len(code) != 9 {
				t.Fatalf("code %q", code)
			}
			for _, lang := range []string{"en", "el", "fr", "de"} {
				p := h.visitor(t, x)
				p.goTo("/" + lang + "/play?code=" + code)
				p.choose("do", "join")
				p.ok()
				for range 12 {
					if eval[bool](p, `document.querySelector(".learn-debrief") !== null`) {
						break
					}
					p.press(`button.choice`)
				}
				p.ok()
				if !eval[bool](p, `document.querySelector(".learn-debrief") !== null && document.documentElement.lang === "`+lang+`"`) {
					t.Error("no end in", lang)
				}
				if lang == "de" {
					p.choose("do", "back")
					p.ok("Nicht mitgezählt")
				}
				p.clean()
			}
			v.goTo(group[len(h.base):])
			v.ok("The ways through the case", "How it ended", "In the picture")
			if !eval[bool](v, `document.querySelector(".group-graph .way").getAttribute("stroke-width") > 0`) {
				t.Error("no graph")
			}
			v.press(`form[action$="/end"] button`)
			v.ok("Ended")
			v.clean()
		})
	}
}

// A nurse plays a case on her phone, goes on in French on another device, sees
// what each choice was worth, and tries another way.
func TestACaseGoesOnOnAnotherDeviceAndIsPlayedAnotherWay(t *testing.T) {
	h := demo(t)
	for name, x := range map[string]look{"phone": phone, "without a script": {width: 390, height: 844, noScript: true}} {
		t.Run(name, func(t *testing.T) {
			v := h.visitor(t, x)
			v.goTo("/en/study")
			v.choose("do", "begin")
			code := eval[string](v, `[...document.querySelectorAll(".printed-key code > span:not(.unseen)")].map(s => s.textContent).join(" ")`)
			v.goTo("/en/study/case/home-care")
			v.ok("What do you do?")
			v.press(`button.choice`)
			v.ok("What do you do?")

			other := h.visitor(t, x)
			other.goTo("/fr/study")
			other.types(`input[name=code]`, code)
			other.choose("do", "code")
			other.ok("Pas terminé")
			other.goTo("/fr/study/case/home-care")
			for range 12 {
				if eval[bool](other, `document.querySelector(".learn-debrief") !== null`) {
					break
				}
				other.press(`button.choice`)
			}
			other.ok()
			if !eval[bool](other, `document.querySelectorAll(".learn-steps li").length > 0`) {
				t.Error("no debrief")
			}
			other.run(chromedp.Click(`.learn-taken summary`))
			other.press(`.learn-taken li button`)
			other.ok("Joué auparavant")
			other.goTo("/fr/study/mine")
			other.ok("cas joué")
			other.clean()
			v.clean()
		})
	}
}
