package browser

import "testing"

// A lead is asked about a file that is due to go, holds it back, ends the hold,
// erases it, and keeps the receipt; the worker can only hold.
func TestALeadErasesAFileThatIsDueAndKeepsTheReceipt(t *testing.T) {
	h := demo(t)
	lead := h.visitor(t, phone)
	lead.enter("shelter-lead")
	lead.goTo("/en/case-keep")
	lead.sees("Closed on", "1 month", "not confirmed by a source")
	lead.accessible()
	lead.fits()
	lead.press(`.due a[href$="/keep"]`)
	lead.sees("Due to go", "Erase this file for ever")
	lead.accessible()
	lead.fits()
	lead.put(`input[name=until]`, "2199-01-01")
	lead.press(`form[action$="/hold"] button`)
	lead.sees("a day that is still to come")
	lead.put(`input[name=until]`, "2030-01-01")
	lead.press(`form[action$="/hold"] button`)
	lead.sees("Held back", "A hold runs")
	lead.accessible()
	lead.press(`form[action$="/release"] button`)
	lead.press(`form[action$="/erase"] button`)
	lead.sees("Please tick that you have asked.")
	lead.accessible()
	lead.tick("sure", "1")
	lead.press(`form[action$="/erase"] button`)
	lead.sees("Receipt of erasure", "Nobody can open it any more")
	lead.accessible()
	lead.fits()
	receipt := eval[string](lead, `location.pathname`)
	lead.goTo("/el/case-keep")
	lead.accessible()
	lead.fits()

	mira := h.visitor(t, unscripted)
	mira.enter("mira")
	mira.goTo("/en/cases?state=closed")
	mira.seesNot("Eva (invented)")
	mira.goTo(receipt)
	mira.seesNot("Receipt of erasure")
	lead.clean()
	mira.clean()
}
