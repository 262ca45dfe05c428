package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// Rosa moves from Greece to Antwerp. Mira and Rosa choose together what goes along;
// a caseworker in Antwerp who never saw Rosa opens a file of her own; what is taken
// back later ends in Greece and does not reach into it. Without any script.
func TestACaseGoesOnInAnotherCountryAndNothingIsAskedAgain(t *testing.T) {
	h := alone(t)
	mira := h.visitor(t, unscripted)
	mira.enter("mira")
	path := mira.caseOf("Rosa (invented)")
	mira.goTo(path + "/pass")
	mira.sees("Goes on elsewhere", "Nothing was offered yet")
	mira.accessible()
	mira.fits()
	mira.press(`a[href$="/pass/offer"]`)
	mira.sees("Taking your yes back with us does not reach into it.", "There you can ask to see what they have", "Quay House (invented, stands in for Payoke), Belgium")
	mira.accessible()
	mira.fits()
	mira.press(`main form button[value=yes]`) // nothing chosen yet
	mira.sees("answers need another look", "Please choose an answer.")
	mira.accessible()
	to := try[string](mira, `[...document.querySelectorAll("select[name=to] option")].find(o => o.textContent.includes("Quay House")).value`)
	mira.run(chromedp.SetValue(`select[name=to]`, to))
	for _, part := range []string{"identity", "needs", "safety", "legal", "services"} {
		mira.run(chromedp.Click(`label:has(input[name=part][value=` + part + `])`))
	}
	mira.put(`input[name=why]`, "Family in Antwerp (invented)")
	mira.run(chromedp.Click(`label:has(input[name=channel][value=message])`))
	mira.put(`input[name=code-word]`, "tram")
	mira.run(chromedp.Click(`label:has(input[name=how][value=spoken])`))
	mira.press(`main form button[value=yes]`)
	mira.sees("Offered. You are told when there is an answer.", "Waits for an answer", "Family in Antwerp (invented)", "tram")
	mira.accessible()
	mira.fits()

	insider := h.visitor(t, phone)
	insider.enter("insider")
	insider.goTo(path + "/pass")
	insider.seesNot("Quay House", "Goes on elsewhere")

	jana := h.visitor(t, unscripted)
	jana.enter("payoke-case")
	jana.goTo("/nl/shared")
	jana.sees("Moet bij u verdergaan", "Lamp House")
	jana.accessible()
	jana.goTo(path + "/pass")
	jana.sees("A case that is to go on with you", "Family in Antwerp (invented)", "Earlier country", "What stays there")
	jana.accessible()
	jana.fits()
	jana.press(`main form button[value=take]`)
	jana.sees("This is your own file now.", "Rosa (invented)", "To work as a cook again (invented)", "written there on", "tram")
	jana.seesNot("Brings the papers next time") // Mira's own note
	jana.accessible()
	own := jana.address()
	jana.goTo(own[len(h.base):] + "/stage")
	jana.sees("Nothing is recorded yet", "Belgium", "Before, in another country: Greece", "The prosecutor’s act")
	jana.accessible()
	jana.goTo(path + "/pass")
	jana.sees("Taken over.", "To our own file")
	jana.accessible()

	mira.goTo(path + "/pass")
	mira.sees("Taken over by", "Jana Maes", "has a file of its own now")
	mira.seesNot(own[len(own)-6:]) // which file it is stays Antwerp's
	mira.accessible()
	mira.goTo("/el" + path[3:] + "/pass")
	mira.accessible()
	mira.goTo(path + "/pass")
	mira.into(`main article summary`)
	mira.run(chromedp.Click(`main article summary`))
	mira.sees("Its own file stays with it")
	mira.press(`button[value=withdraw]`)
	mira.sees("Taken back.", "Taken over by")
	jana.goTo(path)
	jana.seesNot("Rosa")
	jana.goTo(own[len(h.base):])
	jana.sees("Rosa (invented)", "tram")
	for _, v := range []*visitor{mira, insider, jana} {
		v.clean()
	}
}

// Who cannot take a case says so with a reason; nothing remains there, and who
// offered it is told.
func TestAnOfferIsDeclinedOnAPhoneAndNothingRemains(t *testing.T) {
	h := alone(t)
	jana := h.visitor(t, phone)
	jana.enter("payoke-case")
	jana.goTo("/en/shared")
	jana.press(`main .due a`)
	jana.sees("Open Line", "Family in Antwerp (invented)")
	jana.into(`main details summary`)
	jana.run(chromedp.Click(`main details summary`))
	jana.press(`button[value=decline]`)
	jana.sees("Please choose an answer.")
	jana.accessible()
	jana.fits()
	jana.run(chromedp.Click(`label:has(input[name=code][value=no-place])`))
	jana.press(`button[value=decline]`)
	jana.sees("Declined. You can open nothing of it any more.")
	jana.seesNot("Is to go on with you")

	maria := h.visitor(t, phone)
	maria.enter("ekka-case")
	maria.goTo(maria.caseOf("Ada (invented)"))
	maria.sees("Declined by Quay House")
	maria.press(`a[href$="/pass"]`)
	maria.sees("No place now", "Declined")
	maria.accessible()
	maria.fits()
	for _, v := range []*visitor{jana, maria} {
		v.clean()
	}
}
