package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// unscripted is a desk without JavaScript.
var unscripted = look{width: 1280, height: 900, noScript: true}

// A caseworker opens her morning on a phone: she looks for somebody, opens a new
// file by a chosen name, and writes the person's own view before her own.
func TestACaseworkerFindsOpensAndWritesAFileOnAPhone(t *testing.T) {
	h := demo(t)
	mira := h.visitor(t, phone)
	mira.enter("mira")
	mira.sees("Your cases")
	mira.goTo("/en/cases")
	mira.sees("Rosa (invented)", "Lin (invented)", "Was due on")
	mira.accessible()
	mira.fits()
	mira.put(`#case-search`, "ros")
	mira.press(`form[role=search] button`)
	mira.sees("Rosa (invented)")
	mira.seesNot("Lin (invented)")

	mira.goTo("/el/cases/new")
	mira.accessible()
	mira.fits()
	mira.goTo("/en/cases/new")
	mira.put(`input[name=name]`, "Rosa")
	mira.press(`main form button`)
	mira.sees("Is it one of these?", "Rosa (invented)")
	mira.accessible()
	mira.put(`input[name=name]`, "Halima (invented)")
	mira.press(`main form button`)
	mira.sees("Halima (invented)", "No safe contact is written down")
	mira.accessible()
	mira.fits()
	if title := eval[string](mira, `document.title`); strings.Contains(title, "Halima") {
		t.Errorf("the tab says %q", title)
	}
	mira.press(`a[href$="/write/own-view"]`)
	mira.accessible()
	mira.fits()
	mira.run(chromedp.Click(`label:has(input[name=feels][value=not-safe])`))
	mira.put(`textarea[name=own-words]`, "Not after dark (invented)")
	mira.press(`main form button`)
	mira.press(`a[href$="/write/risk"]`)
	mira.sees("Not after dark (invented)")
	mira.press(`main form button`) // without a level
	mira.sees("Please fill this in.")
	mira.accessible()
	mira.clean()
}

// Another agency reads what was shared and finds nothing else; a curious insider
// finds nothing at all. Without any script.
func TestWhatWasSharedIsReadWithoutAScriptAndNothingElse(t *testing.T) {
	h := demo(t)
	mira := h.visitor(t, desktop)
	mira.enter("mira")
	mira.goTo("/en/cases")
	path := eval[string](mira, `[...document.querySelectorAll(".due a")].find(a => a.textContent.includes("Rosa (invented)")).getAttribute("href")`)
	mira.goTo(path)
	mira.sees("lavender", "can read this part", "Brings the papers next time")
	mira.accessible()
	mira.fits()

	reader := h.visitor(t, unscripted)
	reader.enter("ekka-case")
	reader.goTo("/en/cases?show=shared")
	reader.sees("Rosa (invented)", "Shared by Lamp House")
	reader.goTo(path)
	reader.sees("First talk with the lawyer", "Rosa (invented)")
	reader.seesNot("lavender", "Brings the papers", "At the station", "Everything that happened")

	insider := h.visitor(t, unscripted)
	insider.enter("insider")
	insider.goTo(path)
	insider.seesNot("Rosa", "lawyer")
	for _, v := range []*visitor{mira, reader, insider} {
		v.clean()
	}
}
