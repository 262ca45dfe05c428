package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A caseworker sees what is offered, the person says yes, and the project notes
// that the person has come; on a phone, with the project's desk beside it without
// a script.
func TestAPlaceIsHeldAcceptedAndReached(t *testing.T) {
	h := demo(t)
	mira := h.visitor(t, phone)
	mira.enter("mira")
	mira.goTo("/en/cases")
	path := eval[string](mira, `[...document.querySelectorAll(".due a")].find(a => a.textContent.includes("Rosa (invented)")).getAttribute("href")`)
	mira.goTo(path)
	mira.press(`a[href$="/place"]`)
	mira.sees("A place is held", "1 more offer stands by", "Attica")
	mira.seesNot("Garden House", "Open Line")
	mira.accessible()
	mira.fits()
	mira.press(`button[value=confirm]`)
	mira.sees("only when the person says yes")
	mira.accessible()
	mira.run(chromedp.Click(`input[name=yes]`))
	mira.press(`button[value=confirm]`)
	mira.sees("The person has said yes", "Garden House")
	mira.accessible()
	mira.goTo("/el" + path[3:] + "/place")
	mira.accessible()
	mira.fits()

	garden := h.visitor(t, unscripted)
	garden.enter("garden-case")
	garden.goTo("/en/places")
	garden.sees("2 places needed", "Asked by Lamp House", "The person comes", "Free elsewhere: Greece")
	garden.seesNot("Rosa")
	garden.accessible()
	garden.fits()
	garden.press(`a[href*="/places/asked/"]`)
	garden.sees("Needs a quiet room (invented)")
	garden.seesNot("Rosa")
	garden.accessible()
	garden.run(chromedp.Click(`main details summary`))
	garden.put(`textarea[name=said]`, "Is a pram needed? (invented)")
	garden.press(`button[value=ask-back]`)
	garden.sees("We wrote", "Is a pram needed? (invented)")
	garden.accessible()
	garden.fits()
	mira.goTo(path + "/place")
	mira.sees("Project 1 asks back", "Is a pram needed? (invented)")
	answer := `form:has(textarea[name=said-1]) button`
	mira.press(answer)
	mira.sees("Please fill this in.")
	mira.accessible()
	mira.fits()
	mira.put(`textarea[name=said-1]`, "For one child (invented)")
	mira.press(answer)
	mira.sees("For one child (invented)")
	garden.goTo("/en/places")
	garden.press(`a[href*="/places/asked/"]`)
	garden.sees("The asking agency wrote", "For one child (invented)")
	garden.press(`button[value=arrive]`)
	garden.sees("The asking side is told.")
	mira.goTo(path + "/place")
	mira.sees("Arrived", "Ask for a place")
	mira.accessible()
	mira.fits()
	for _, v := range []*visitor{mira, garden} {
		v.clean()
	}
}

// A project on a phone counts its places; nothing typed is lost when something is
// wrong, and a curious insider publishes nothing and sees nobody's requests.
func TestAProjectCountsItsPlacesOnAPhone(t *testing.T) {
	h := demo(t)
	garden := h.visitor(t, phone)
	garden.enter("garden-case")
	garden.goTo("/en/places/own/new")
	garden.accessible()
	garden.fits()
	garden.put(`input[name=free]`, "3")
	garden.press(`main form button`)
	garden.sees("Please choose an answer.")
	garden.accessible()
	garden.run(chromedp.Click(`label:has(input[name=target][value=men])`), chromedp.SetValue(`select[name=region]`, "GR-M"))
	garden.press(`main form button`)
	garden.sees("It counts for three days", "Crete")
	garden.accessible()
	garden.fits()

	insider := h.visitor(t, unscripted)
	insider.enter("insider")
	insider.goTo("/en/places")
	insider.sees("Free elsewhere: Greece")
	insider.seesNot("Asked of you", "Your free places", "Lamp House", "Crete")
	insider.accessible()
	for _, v := range []*visitor{garden, insider} {
		v.clean()
	}
}
