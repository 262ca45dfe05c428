package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A caseworker opens her day on a phone: what is late, what waits. She takes over a
// case that a colleague offers, and learns its name only then; her lead sends the
// plan back with a word, and she asks again.
func TestADayHoldsWhatIsDueWhatIsOfferedAndWhatCameBack(t *testing.T) {
	h := demo(t)
	mira := h.visitor(t, phone)
	mira.enter("mira")
	mira.goTo("/en/cases/day")
	mira.sees("Offered to you", "Yannis Roe", "Late", "Lin (invented)")
	mira.seesNot("Dara")
	mira.accessible()
	mira.fits()
	mira.press(`button[value=accept]`)
	mira.sees("You are responsible now.")
	mira.goTo("/en/cases")
	mira.sees("Dara (invented)", "Due this week")
	mira.accessible()
	mira.goTo("/el/cases/day")
	mira.accessible()
	mira.fits()
	mira.run(chromedp.Click(`#views summary`))
	mira.press(`#views details button`)
	mira.sees("Δικές μου") // a view is named by what it shows

	mira.goTo("/en/cases/day/hand-over")
	mira.sees("Dara (invented)")
	mira.accessible()
	mira.fits()

	lead := h.visitor(t, unscripted)
	lead.enter("shelter-lead")
	lead.sees("Waiting for you: 1")
	lead.goTo("/en/cases/day")
	lead.sees("Waiting for your approval", "Mira Dane")
	plan := eval[string](lead, `document.querySelector("section[aria-labelledby=approve] a").getAttribute("href")`)
	lead.goTo(plan)
	lead.sees("Is one year for the flat too long?")
	lead.press(`button[value=send-back]`) // without a word why
	lead.sees("Please fill this in.")
	lead.put(`textarea[name=words]`, "Ask the housing office first (invented)")
	lead.press(`button[value=send-back]`)
	lead.sees("Sent back")
	lead.goTo("/en/cases/day/team")
	lead.sees("Mira Dane", "Cases by worker", "Unpaid wages")
	lead.put(`input[name=label]`, "Number of the key")
	lead.press(`form:has(input[name=label]) button.btn`)
	lead.sees("Number of the key", "Ask it no longer")

	mira.goTo("/en/cases/day")
	mira.sees("Sent back to you")
	mira.goTo(plan)
	mira.sees("Ask the housing office first", "Number of the key")
	mira.accessible()
	mira.fits()
	mira.press(`button[value=ask-again]`)
	mira.put(`input[name=own-1]`, "17")
	mira.press(`form[action$="/day/own"] button.btn`)
	if got := eval[string](mira, `document.querySelector("input[name=own-1]").value`); got != "17" {
		t.Errorf("the answer says %q", got)
	}
	mira.goTo(plan + "/summary")
	mira.seesNot("Lamp House (invented)", "Roma")
	mira.accessible()
	mira.fits()
	for _, v := range []*visitor{mira, lead} {
		v.clean()
	}
}
