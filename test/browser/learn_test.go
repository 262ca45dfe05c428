package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A nurse has five minutes: she reads a unit, answers, changes the language in
// the middle and finds her answer again, and goes on to the tool. Nothing is
// kept.
func TestAUnitIsReadAnsweredAndReadOnInAnotherLanguage(t *testing.T) {
	h := demo(t)
	for name, x := range map[string]look{"phone": phone, "without a script": {width: 390, height: 844, noScript: true}, "wide and dark": {width: 1280, height: 900, dark: true}} {
		t.Run(name, func(t *testing.T) {
			v := h.visitor(t, x)
			v.goTo("/en/learn")
			v.ok()
			v.press(`a[href="/en/learn/what"]`)
			v.ok()
			v.press(`a[href="/en/learn/what/u1"]`)
			v.ok()
			if !eval[bool](v, `(boxes => boxes.length > 0 && boxes.every(b => b.firstElementChild.getBoundingClientRect().left - b.getBoundingClientRect().left > 12))([...document.querySelectorAll(".learn-case, .learn-note, .learn-warn")])`) {
				t.Error("the words of a case stand at the edge of its box")
			}
			v.run(chromedp.Click(`input[name=q1][value=b]`))
			v.press(`.learn-form button`)
			v.ok()
			if !eval[bool](v, `document.querySelector("input[name=q1][value=b]").checked && document.querySelector(".learn-o.right.chosen .learn-f p") !== null`) {
				t.Error("the answer is not shown with what speaks for it")
			}
			v.goTo("/el" + v.address()[len(h.base)+3:])
			v.ok()
			if !eval[bool](v, `document.documentElement.lang === "el" && document.querySelector("input[name=q1][value=b]").checked`) {
				t.Error("the answer is lost in the other language")
			}
			v.press(`.learn-use a`)
			v.ok()
			v.clean()
		})
	}
}

// A case is played with the keyboard to an end that looks back.
func TestACaseIsDecidedToItsEnd(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, phone)
	v.goTo("/de/learn/case/er-companion")
	for range 20 {
		v.ok()
		if eval[bool](v, `document.querySelector(".learn-debrief") !== null`) {
			break
		}
		v.press(`.choice-list a`)
	}
	v.ok()
	if !eval[bool](v, `document.querySelectorAll(".learn-steps li").length > 2`) {
		t.Error("the decisions are not looked back at")
	}
	v.run(chromedp.Click(`.learn-taken summary`))
	v.press(`.learn-taken a`)
	v.ok()
	v.clean()
}
