package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A trainer changes a sentence of a unit on a laptop and on a phone without
// JavaScript; a Greek translator finds it first on the list; it is published,
// and everybody reads it.
func TestATrainerChangesTheCourseATranslatorFollowsAndItIsPublished(t *testing.T) {
	h := demo(t)
	for said, look := range map[string]look{"at a desk": {width: 1280, height: 900}, "on a phone": phone, "without scripts": {width: 390, height: 800, noScript: true}} {
		v := h.visitor(t, look)
		sound := func() {
			t.Helper()
			v.fits()
			if !look.noScript {
				v.accessible()
			}
		}
		sentence := "Whoever is at work now can read this " + said + "."
		v.enter("editor")
		v.goTo("/en/desk/course")
		sound()
		v.goTo("/en/desk/course/topic/what/u1")
		sound()
		v.press(`.edit-block a[href*="block=u1.p1"]`)
		sound()
		v.put(`textarea[name="text"]`, "A mark *that stays open.")
		v.press(`button[value="look"]`)
		v.sees("not closed")
		sound()
		v.put(`textarea[name="text"]`, sentence)
		v.press(`button[value="look"]`)
		if shown := eval[string](v, `document.querySelector("[data-preview]").textContent`); !strings.Contains(shown, sentence) {
			t.Errorf("the phone shows %q", shown)
		}
		v.press(`.desk-save button:not([name])`)
		v.goTo("/en/learn/what/u1")
		v.seesNot(sentence)
		v.goTo("/el/desk/course/languages/el?file=what")
		sound()
		v.put(`#t1`, "Όποιος δουλεύει τώρα μπορεί να το διαβάσει σε ένα διάλειμμα.")
		v.press(`.edit-pair form button.btn`)
		v.enter("coordinator") // what nobody has read
		v.goTo("/en/desk/course/publish")
		sound()
		v.press(`main form .btn`)
		v.goTo("/en/learn/what/u1")
		v.sees(sentence)
		v.goTo("/el/learn/what/u1")
		v.sees("Όποιος δουλεύει τώρα")
		v.goTo("/en/desk/course/topic/what/question?kind=match&unit=u1")
		sound()
		v.press(`button[value="add"]`)
		v.sees("Answer 4")
		sound()
		v.goTo("/en/desk/course/topic/what/question/q1")
		v.press(`main .actions .btn[value="add"]`)
		v.press(`.desk-save .btn`)
		v.sees("Write something here.")
		sound()
		v.goTo("/en/desk/course/history")
		sound()
		v.press(`main form button[value$=" before"]`)
		v.clean()
	}
}

// The phone beside the field follows what is typed, without a press.
func TestThePhoneFollowsWhatIsTyped(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, look{width: 1280, height: 900})
	v.enter("editor")
	v.goTo("/en/desk/course/words?file=what&lang=en&block=u2.p1")
	v.into(`textarea[name="text"]`)
	v.run(chromedp.SendKeys(`textarea[name="text"]`, " And a *new* end."))
	v.becomes(`document.querySelector("[data-preview] em")?.textContent === "new"`)
	v.clean()
}
