package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A caseworker needs somebody now by telephone, for a person who wants a woman;
// the interpreter who signs in sees time, language and agency and no case. On
// phones, the interpreter without a script.
func TestAnInterpreterIsFoundBookedAndAnswersWithoutSeeingTheCase(t *testing.T) {
	h := demo(t)
	mira := h.visitor(t, phone)
	mira.enter("mira")
	mira.goTo("/en/cases")
	path := eval[string](mira, `[...document.querySelectorAll(".due a")].find(a => a.textContent.includes("Amir (invented)")).getAttribute("href")`)
	mira.goTo(path + "/interpret")
	mira.sees("Nobody from the same community", "Amal Haddad (invented)", "Asked", "never interprets")
	mira.accessible()
	mira.fits()
	mira.press(`form[method=get] button`)
	mira.sees("Samir Nasser (invented), +30", "Amal Haddad (invented), +30")
	mira.seesNot("Lindita", "Ioana")
	mira.accessible()
	mira.fits()
	mira.run(chromedp.Click(`label.choice:has(input[name=who])`), chromedp.Click(`label:has(input[name=knows][value=no])`), chromedp.Click(`label:has(input[name=community][value=unknown])`), chromedp.Click(`label:has(input[name=works-for][value=no])`))
	mira.press(`form[method=post]:has(input[name=who]) p.actions button`)
	mira.sees("Not known is not no")
	mira.accessible()
	mira.run(chromedp.Click(`label:has(input[name=community][value=no])`))
	mira.press(`form[method=post]:has(input[name=who]) p.actions button`)
	mira.sees("Booked")
	mira.seesNot("Not known is not no")
	mira.sees("Accepted")
	mira.goTo("/el" + path[3:] + "/interpret")
	mira.accessible()
	mira.fits()
	mira.goTo("/en/interpreters")
	mira.sees("Ioana Pop (invented)", "Away until", "Signs in")
	mira.accessible()
	mira.fits()
	mira.goTo("/de/interpreters/new")
	mira.accessible()
	mira.fits()

	amal := h.visitor(t, look{width: 390, height: 844, noScript: true})
	amal.enter("interpreter")
	amal.goTo("/en/interpreting")
	amal.sees("My bookings", "Lamp House", "Asked")
	amal.seesNot("Amir", "Dentist")
	amal.accessible()
	amal.fits()
	amal.press(`button[value=accept]`)
	amal.sees("only when there is no conflict")
	amal.accessible()
	amal.run(chromedp.Click(`input[name=clear]`))
	amal.press(`button[value=accept]`)
	amal.sees("Accepted")
	amal.goTo(path)
	amal.seesNot("Amir")
	mira.goTo(path + "/interpret")
	mira.sees("Accepted")
	for _, v := range []*visitor{mira, amal} {
		v.clean()
	}
}
