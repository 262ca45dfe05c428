package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Two agencies talk about a case: a caseworker on a phone asks, a colleague of
// another agency answers without any script, and a curious insider finds nothing.
func TestTwoAgenciesTalkAboutACaseAndNobodyElseFindsIt(t *testing.T) {
	h := demo(t)
	mira := h.visitor(t, phone)
	mira.enter("mira")
	mira.goTo("/en/talks")
	mira.sees("Waiting for us", "The appointment at the office (invented)", "Conferences to come")
	mira.accessible()
	mira.fits()
	mira.press(`.due a`)
	mira.sees("Who reads along", "Which languages may the interpreter speak?", "All may open: Person, Needs and languages, Legal matters.", "Read by")
	mira.accessible()
	mira.fits()
	if title, address := eval[string](mira, `document.title`), mira.address(); strings.Contains(title+address, "office") {
		t.Errorf("the title %q or the address %q tells the topic", title, address)
	}
	mira.press(`form[enctype] .actions button`) // without a word
	mira.sees("Please fill this in.")
	mira.put(`textarea[name=text]`, "Romanian and French (invented)")
	mira.press(`form[enctype] .actions button`)
	mira.sees("Romanian and French (invented)", "Answered: Mira Dane")
	here := eval[string](mira, `location.pathname`)

	mira.press(`a[href$="/talk"]`)
	mira.run(chromedp.Click(`main details summary`))
	mira.run(chromedp.Click(`label:has(input[name=form][value=thread])`))
	mira.put(`input[name=topic]`, "The school (invented)")
	mira.press(`form[data-guard] .actions button`)
	mira.sees("Please fill this in.")
	mira.accessible()
	mira.fits()
	mira.put(`textarea[name=text]`, "Which day is good for a visit? (invented)")
	mira.press(`form[data-guard] .actions button`)
	mira.sees("Which day is good for a visit? (invented)")

	other := h.visitor(t, unscripted)
	other.enter("ekka-case")
	other.goTo("/el/talks")
	other.sees("The school", "1 νέο")
	other.accessible()
	other.fits()
	other.goTo(here)
	other.sees("Romanian and French (invented)")
	other.fits()
	other.into(`main details summary`)
	other.run(chromedp.Click(`main details summary`))
	other.press(`details button[value=leave]`)
	other.seesNot("The appointment at the office (invented)")

	insider := h.visitor(t, unscripted)
	insider.enter("insider")
	insider.goTo(here)
	insider.seesNot("Romanian", "office")
	insider.goTo("/en/talks")
	insider.sees("Nothing waits")
	for _, v := range []*visitor{mira, other, insider} {
		v.clean()
	}
}
