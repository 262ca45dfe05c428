package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A trainer adds a unit, moves it and takes it out; changes where a scene of a
// case leads, is told what is wrong beside it, writes the ending that it now
// leads to, and makes a case from nothing: at a desk, on a phone and without
// JavaScript.
func TestATrainerChangesTheUnitsOfATopicAndTheGraphOfACase(t *testing.T) {
	h := demo(t)
	for said, look := range map[string]look{"at a desk": {width: 1280, height: 900}, "on a phone": phone, "without scripts": {width: 390, height: 800, noScript: true}} {
		v := h.visitor(t, look)
		sound := func() {
			t.Helper()
			v.fits()
			v.accessible()
		}
		v.enter("editor")
		v.goTo("/en/desk/course/topic/remote")
		sound()
		v.press(`a[href$="/topic/remote/unit"]`)
		v.put(`input[name="title"]`, "A unit "+said)
		v.press(`.desk-save .btn`)
		v.sees("Write something here.")
		sound()
		v.put(`textarea[name="text"]`, "What is new "+said+".")
		v.press(`.desk-save .btn`)
		v.sees("What is new " + said)
		sound()
		v.press(`a[href*="/topic/remote/unit/"]`)
		sound()
		v.goTo("/en/desk/course/topic/remote")
		v.press(`.edit-unit:last-child button[value^="up "]`)
		if second := eval[string](v, `[...document.querySelectorAll(".edit-unit b")].at(-2).textContent`); second != "A unit "+said {
			t.Errorf("before the last unit stands %q", second)
		}
		v.press(`.edit-unit:nth-last-child(2) .edit-go`)
		v.press(`a[href*="/topic/remote/unit/"]`)
		v.run(chromedp.Click(`details:has(button[value="remove"]) summary`))
		v.press(`button[value="remove"]`)
		v.seesNot("A unit " + said)

		v.goTo("/en/desk/course/case/dublin")
		sound()
		v.goTo("/en/desk/course/case/dublin/at/s1")
		sound()
		v.press(`button[value="add way"]`)
		v.put(`fieldset.edit-row:last-of-type textarea`, "Something else "+said+".")
		v.press(`.desk-save .btn`)
		v.sees("Something else "+said, "Leads nowhere yet.", "It is not said what this does.", "Words are missing in")
		sound()
		v.press(`a[href*="/ending?from=s1."]`)
		v.put(`input[name="title"]`, "Over "+said)
		v.put(`textarea[name^="text."]`, "It is over.")
		v.put(`textarea[name^="debrief."]`, "Looking back.")
		v.press(`.desk-save .btn`)
		v.sees("Over " + said)
		v.seesNot("Leads nowhere yet.")
		sound()

		v.goTo("/el/desk/course/case")
		sound()
		v.put(`input[name="title"]`, "The lift "+said)
		v.put(`textarea[name="text"]`, "You are a porter.")
		v.press(`.desk-save .btn`)
		if wrong := eval[string](v, `document.querySelector(".has-wrong").textContent`); !strings.Contains(wrong, "Πού διαδραματίζεται") {
			t.Errorf("of the missing place it says %q", wrong)
		}
		v.put(`select[name="setting"]`, "ward")
		v.press(`.desk-save .btn`)
		v.sees("The lift " + said)
		sound()
		v.clean()
	}
}

// From the start of the page's content the last topic is less than twenty
// strokes of the Tab key away, by keyboard alone.
func TestAKeyboardReachesTheLastTopicOfTheCourseInLessThanTwentyStrokes(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, desktop)
	v.enter("editor")
	v.goTo("/en/desk/course")
	v.run(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	for range 19 {
		v.run(chromedp.KeyEvent(kb.Tab))
		if strings.HasSuffix(eval[string](v, `document.activeElement.href ?? ""`), "/topic/remote") {
			return
		}
	}
	t.Errorf("after 19 strokes the keyboard is at %s", eval[string](v, `document.activeElement.outerHTML`))
}
