package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A nurse wants her place kept: she writes a code down, reads and answers, goes
// on in Greek on another device, takes a test in two sittings, and in the end is
// forgotten.
func TestProgressIsKeptUnderACodeAndGoesOnOnAnotherDevice(t *testing.T) {
	h := demo(t)
	for name, x := range map[string]look{"phone": phone, "without a script": {width: 390, height: 844, noScript: true}} {
		t.Run(name, func(t *testing.T) {
			v := h.visitor(t, x)
			v.goTo("/en/learn")
			v.press(`a[href="/en/study"]`)
			v.ok("Keep my progress", "No name, no mailbox")
			v.choose("do", "begin")
			v.ok("Write this down")
			code := eval[string](v, `[...document.querySelectorAll(".printed-key code > span:not(.unseen)")].map(s => s.textContent).join(" ")`)
			if len(code) != 29 {
				t.Fatalf("code %q", code)
			}
			v.press(`.actions a.btn`)
			v.ok("Begin here")
			v.press(`.learn-doors a`)
			v.ok()
			v.run(chromedp.Click(`input[name=q1][value=b]`))
			v.press(`.learn-form button`)
			v.ok()
			if !eval[bool](v, `document.querySelector("input[name=q1][value=b]").checked && document.querySelector(".learn-o.chosen .learn-f p") !== null`) {
				t.Error("the answer is not shown with what speaks for it")
			}
			v.choose("do", "wish")
			v.choose("do", "next")
			v.ok()
			if !strings.HasSuffix(v.address(), "/en/study/what/u2") {
				t.Error(v.address())
			}

			other := h.visitor(t, x)
			other.goTo("/el/study")
			other.types(`input[name=code]`, strings.ToLower(code))
			other.choose("do", "code")
			other.ok()
			other.goTo("/el/study/what/u1")
			other.ok()
			if !eval[bool](other, `document.documentElement.lang === "el" && document.querySelector("input[name=q1][value=b]").checked`) {
				t.Error("the answer is lost on the other device")
			}
			other.goTo("/en/study/test/what")
			other.choose("do", "begin")
			other.ok("Page 1 of 2")
			other.choose("do", "next")
			other.ok("Page 2 of 2")

			v.goTo("/en/study/test/what")
			v.ok("Page 1 of 2")
			v.choose("do", "next")
			v.choose("do", "end")
			v.ok("0 of 6 right", "to pass")
			v.goTo("/en/study")
			v.ok("Go on here", "Try again")
			v.goTo("/en/study/share/what/u1")
			v.ok("/en/learn/what/u1")

			v.goTo("/en/study/mine")
			v.ok("What is kept about me")
			v.choose("do", "forget")
			v.ok("Tick the box")
			v.run(chromedp.Click(`input[name=sure]`))
			v.choose("do", "forget")
			v.ok("Deleted")
			other.goTo("/en/study/what")
			other.ok("Keep my progress")
			v.clean()
			other.clean()
		})
	}
}

// An editor sees how the questions are answered; a member opens the learning
// with the account.
func TestEditorsSeeFiguresOfQuestionsAndMembersNeedNoCode(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, phone)
	v.enter("editor")
	v.goTo("/en/desk/learn")
	v.ok("Questions of the course", "Discrimination")
	v.enter("midwife")
	v.goTo("/en/study/account")
	v.ok("With my account")
	v.press(`main form button`)
	v.ok("Passed with 100")
	v.clean()
}
