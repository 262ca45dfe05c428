package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A caseworker and the person look at the plan together: a goal in her own words,
// something that may help, a sheet that gives nothing away, and closing, which
// asks why. A colleague without the case finds none of it.
func TestAPlanIsMadeTogetherAndTakenAlongOnASheet(t *testing.T) {
	h := demo(t)
	mira := h.visitor(t, phone)
	mira.enter("mira")
	mira.goTo("/en/cases")
	rosa := eval[string](mira, `[...document.querySelectorAll(".due a")].find(a => a.textContent.includes("Rosa (invented)")).getAttribute("href")`)
	mira.goTo(rosa)
	mira.sees("Last day for a claim")
	mira.press(`.file-rooms a[href$="/plan"]`)
	mira.sees("What comes next", "To take the bus without fear", "Last day")
	mira.accessible()
	mira.fits()
	mira.press(`button[value="service.legal-aid"]`)
	mira.seesNot("A debt that was forced")
	mira.sees("Offered")
	mira.press(`section[aria-labelledby=pillar-inclusion] a[href$="/write/goal"]`)
	mira.accessible()
	mira.fits()
	mira.put(`input[name=words]`, "To sing in a choir (invented)")
	mira.press(`main form button`) // without its pillar
	mira.sees("Please fill this in.")
	mira.run(chromedp.Click(`label:has(input[name=pillar][value=inclusion])`))
	mira.press(`main form button`)
	mira.sees("To sing in a choir (invented)")
	mira.press(`form[action*="/done/"] button`)
	mira.sees("Done on")
	mira.goTo(strings.Replace(rosa, "/en/", "/el/", 1) + "/plan")
	mira.accessible()
	mira.fits()

	mira.goTo(rosa + "/plan/sheet?show=goals&show=help&in=de")
	mira.sees("Mein Plan", "To sing in a choir (invented)", "Eine Unterkunft")
	sheet := eval[string](mira, `document.querySelector(".own-sheet").textContent`)
	for _, word := range []string{"Rosa", "Lamp House", "Sicherheit", "Lohn"} {
		if strings.Contains(sheet, word) {
			t.Errorf("the sheet says %s", word)
		}
	}
	mira.accessible()
	mira.fits()

	mira.goTo(rosa + "/plan#close")
	mira.run(chromedp.Click(`#close summary`))
	mira.press(`#close button.btn`)
	mira.sees("Please choose")
	mira.accessible()

	yannis := h.visitor(t, unscripted)
	yannis.enter("yannis")
	yannis.goTo(rosa + "/plan")
	yannis.seesNot("choir", "Last day")
	for _, v := range []*visitor{mira, yannis} {
		v.clean()
	}
}
