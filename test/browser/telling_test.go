package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// A caseworker on a phone cannot begin an account before it is settled; then it is
// taken, read back and confirmed, and the door counts. Another agency that has no
// part of it finds nothing.
func TestAnAccountIsTakenOnceAndOnlyWhenItIsSettled(t *testing.T) {
	h := demo(t)
	mira := h.visitor(t, phone)
	mira.enter("mira")
	mira.goTo("/en/cases")
	file := func(name string) string {
		return eval[string](mira, `[...document.querySelectorAll(".due a")].find(a => a.textContent.includes("`+name+`")).getAttribute("href")`)
	}
	rosa, lin := file("Rosa (invented)"), file("Lin (invented)")
	mira.goTo(rosa)
	mira.sees("Told once", "Asked to tell it 2 times")
	mira.goTo(rosa + "/telling")
	mira.sees("The person may stop at any time", "Confirmed by the person")
	mira.seesNot("bakery")
	call(mira, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	if eval[bool](mira, `[...document.querySelectorAll("details.kept-closed")].some(d => d.checkVisibility())`) {
		t.Error("an account that was left closed is printed")
	}
	call(mira, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	mira.accessible()
	mira.fits()

	mira.goTo(lin + "/telling")
	mira.sees("An account is not begun before this is settled", "Not begun")
	mira.accessible()
	mira.goTo(lin + "/telling/account") // leads back
	mira.sees("An account is not begun before this is settled")
	mira.press(`a[href$="/write/telling-ground"]`)
	mira.accessible()
	mira.fits()
	for field, code := range map[string]string{"purpose": "asylum", "advice": "refused", "explained": "yes", "text": "general-1", "wants": "yes"} {
		mira.into(`input[name="` + field + `"][value="` + code + `"]`)
		mira.run(chromedp.Click(`label:has(input[name="` + field + `"][value="` + code + `"])`))
	}
	eval[bool](mira, `(document.querySelector("input[name=advice-day]").value = "2026-11-20") && true`)
	mira.put(`input[name=advice-by]`, "Lawyer (invented)")
	mira.press(`main form button`)
	mira.sees("All of it is settled")
	mira.press(`a[href$="/telling/account"]`)
	mira.accessible()
	mira.fits()
	mira.put(`textarea[name=matters]`, "To sleep without fear (invented)")
	mira.press(`main form button`) // without a day
	mira.sees("Please fill this in.")
	if kept := eval[string](mira, `document.querySelector("textarea[name=matters]").value`); kept != "To sleep without fear (invented)" {
		t.Errorf("what was told is %q after a mistake", kept)
	}
	eval[bool](mira, `(document.querySelector("input[name=day]").value = "2026-11-22") && true`)
	mira.press(`main form button`)
	mira.sees("Being taken")
	mira.press(`button[value=read]`)
	mira.sees("Read back, not confirmed yet")
	mira.accessible()
	mira.run(chromedp.Click(`label:has(input[name=confirmed-how][value=spoken])`))
	mira.press(`form:has(input[value=confirm]) button`)
	mira.sees("Confirmed by the person", "Asked to tell it once")

	other := h.visitor(t, unscripted)
	other.enter("ekka-case")
	other.goTo(rosa + "/telling")
	other.seesNot("Told once", "bakery")
	if title := eval[string](mira, `document.title`); strings.Contains(title, "old") {
		t.Errorf("the tab says %q", title)
	}
	mira.clean()
	other.clean()
}
