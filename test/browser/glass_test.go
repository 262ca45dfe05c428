package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A colleague opens a case that is not his because a life is in danger; a lead
// ends it. Both on a phone, without any script.
func TestACaseIsOpenedInDangerAndALeadLooksAfterwards(t *testing.T) {
	h := demo(t)
	quiet := phone
	quiet.noScript = true
	mira := h.visitor(t, quiet)
	mira.enter("mira")
	mira.goTo("/en/cases")
	path := try[string](mira, `[...document.querySelectorAll(".due a")].find(a => a.textContent.includes("Rosa (invented)")).getAttribute("href")`)
	yannis := h.visitor(t, quiet)
	yannis.enter("yannis")
	yannis.goTo(path)
	yannis.seesNot("Rosa", "lavender")
	yannis.goTo("/en/glass")
	yannis.accessible()
	yannis.fits()
	yannis.put(`input[name=said]`, path[strings.LastIndex(path, "/")+1:][30:])
	yannis.press(`main form button`)
	yannis.sees("Say in a sentence what is happening.", "This is only for danger to a life.")
	yannis.accessible()
	yannis.put(`textarea[name=reason]`, "A call from the station (invented)")
	yannis.run(chromedp.Click(`label:has(input[name=danger])`))
	yannis.press(`main form button`)
	yannis.sees("Rosa (invented)", "lavender", "Opened in danger")
	yannis.seesNot("Hand over")
	yannis.accessible()

	lead := h.visitor(t, quiet)
	lead.enter("shelter-lead")
	lead.goTo(path + "/glass")
	lead.sees("A call from the station", "Yannis Roe", "No lead has looked yet.")
	lead.accessible()
	lead.fits()
	lead.press(`button[value=not-right]`)
	lead.sees("It was not right", "Sofia Kent")
	yannis.goTo(path)
	yannis.seesNot("Rosa", "lavender")
	lead.goTo("/de/glass")
	lead.accessible()
	for _, v := range []*visitor{mira, yannis, lead} {
		v.clean()
	}
}
