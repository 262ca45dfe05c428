package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A caseworker and the person read together who has what, give something, hear a
// no, and take it back: the other agency is at the door, and told what it may
// keep. A lead looks at what went without a yes. Without any script.
func TestWhoMayKnowWhatIsReadGivenAndTakenBackTogether(t *testing.T) {
	h := alone(t)
	mira := h.visitor(t, unscripted)
	mira.enter("mira")
	mira.goTo("/en/cases")
	path := try[string](mira, `[...document.querySelectorAll(".due a")].find(a => a.textContent.includes("Rosa (invented)")).getAttribute("href")`)
	mira.goTo(path + "/share")
	mira.sees("Open Line (invented", "Legal help", "Română", "Not asked yet: no", "Do not ask again")
	mira.accessible()
	mira.fits()

	mira.goTo(path + "/share/share")
	mira.press(`main form button[value=yes]`)
	mira.sees("4 answers need another look", "Please choose an answer.")
	mira.accessible()
	mira.goTo(path + "/share/research")
	mira.accessible()
	mira.run(chromedp.Click(`label:has(input[name=language][value=ro])`))
	mira.press(`main form button[value=no]`)
	mira.sees("The answer is noted.")

	reader := h.visitor(t, phone)
	reader.enter("ekka-case")
	reader.goTo(path + "/share")
	reader.sees("What you were given", "Legal help")
	reader.seesNot("Research", "Garden House")
	reader.accessible()
	reader.fits()

	mira.goTo(path + "/share")
	mira.into(`[aria-labelledby=now] summary`)
	mira.run(chromedp.Click(`[aria-labelledby=now] summary`))
	mira.press(`[aria-labelledby=now] button[value=withdraw]`)
	mira.into(`main > div > details:last-of-type > summary`)
	mira.run(chromedp.Click(`main > div > details:last-of-type > summary`))
	mira.sees("Taken back.", "taken back by the person")
	reader.goTo(path)
	reader.seesNot("Rosa", "First talk")
	reader.goTo("/en/shared")
	reader.sees("No longer shared with you", "Lamp House", "may keep only what its own law makes it keep")
	reader.accessible()
	reader.fits()

	lead := h.visitor(t, phone)
	lead.enter("shelter-lead")
	lead.goTo("/en/shared")
	lead.sees("Waits for a second person")
	lead.accessible()
	lead.press(`main .due a`)
	lead.sees("For the team only")
	lead.seesNot("State of necessity")
	lead.into(`main > div > .fold > summary`)
	lead.run(chromedp.Click(`main > div > .fold > summary`))
	lead.sees("State of necessity", "Did not come home")
	lead.press(`button[value=confirm]`)
	lead.sees("Confirmed.")
	lead.accessible()
	lead.fits()
	lead.goTo("/el/shared")
	lead.accessible()
	for _, v := range []*visitor{mira, reader, lead} {
		v.clean()
	}
}
