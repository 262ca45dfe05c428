package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// talksToTheEnd leads a midwife through an ordinary talk.
func (v *visitor) talksToTheEnd() {
	v.t.Helper()
	v.enter("midwife")
	v.goTo("/en/guide/midwifery")
	for _, n := range ordinary {
		v.answer(n)
	}
}

// A midwife is led through a talk; at its end both agree and it is counted. The
// lead sees counts, never the talk; another house sees none of it.
//
// req: SUMMARY-5
func TestATalkIsCountedWhenBothAgreeAndOnlyCountsAreSeen(t *testing.T) {
	w := demo(t).wire(t)
	midwife := w.visitor(t, phone)
	midwife.talksToTheEnd()
	midwife.sees("What may be passed on?", "Count this talk for your house?")
	midwife.accessible()
	w.since()
	midwife.press(`.step.now form[action$="/summary"] button`)
	midwife.sees("Count a talk")
	if !eval[bool](midwife, `document.querySelector('input[name=path][value=midwifery]').checked`) {
		t.Error("the place of work is not taken over")
	}
	midwife.accessible()
	midwife.fits()
	midwife.tick("band", "18-25")
	midwife.press(`button[value=check]`) // what came of it is missing
	midwife.accessible()
	midwife.tick("outcome", "accepted")
	midwife.press(`button[value=check]`)
	midwife.sees("This would be kept", "Saint Thekla", "Midwifery", "18 to 25", "Help was accepted", "May I count this talk for our statistics?")
	midwife.accessible()
	midwife.fits()
	midwife.press(`button[value=count]`)
	midwife.sees("Both must agree")
	midwife.accessible()
	midwife.tick("agree", "person")
	midwife.tick("agree", "staff")
	midwife.press(`button[value=count]`)
	midwife.sees("Counted", "cannot be taken back")
	midwife.accessible()
	midwife.fits()
	for _, asked := range w.since() {
		if strings.Contains(asked, "accepted") || strings.Contains(asked, "18-25") {
			t.Errorf("a choice stands in an address: %s", asked)
		}
	}

	lead := w.visitor(t, desktop)
	lead.enter("hospital-lead")
	lead.goTo("/el/agency")
	lead.press(`main a[href="/el/summary/counts"]`)
	lead.sees("Αριθμοί συζητήσεων")
	lead.accessible()
	lead.goTo("/en/summary/house")
	lead.sees("Your house counts", "written nowhere")
	lead.accessible()

	insider := w.visitor(t, phone)
	insider.enter("insider")
	insider.goTo("/en/guide")
	insider.seesNot("Count this talk")
	insider.goTo("/de/summary/counts")
	insider.sees("zählt zurzeit nicht", "Noch kann kein Zeitraum")
	insider.accessible()
	insider.fits()
}

func TestWithoutALineNothingIsCountedAndThePageSaysSo(t *testing.T) {
	w := demo(t).wire(t)
	midwife := w.visitor(t, phone)
	midwife.talksToTheEnd()
	w.since()
	w.switchOff(midwife)
	midwife.into(`.step.now form[action$="/summary"] button`)
	midwife.run(chromedp.Click(`.step.now form[action$="/summary"] button`))
	midwife.sees("There is no line now", "What may be passed on?")
	midwife.accessible()
	for _, asked := range w.since() {
		if strings.Contains(asked, "/summary") {
			t.Errorf("sent without a line: %s", asked)
		}
	}
}
