package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// fileOf is the address of an invented person's file, from the list of cases.
func fileOf(v *visitor, name string) string {
	v.goTo("/en/cases")
	return eval[string](v, `[...document.querySelectorAll(".due a")].find(a => a.textContent.includes("`+name+`")).getAttribute("href")`)
}

// A caseworker notes on a phone what she saw, by the signs of a list, finds the file
// by it, and reads it in another language. A colleague without a script does the
// same.
func TestACaseworkerTicksWhatWasObservedOnAPhoneAndFindsItAgain(t *testing.T) {
	h := alone(t)
	mira := h.visitor(t, phone)
	mira.enter("mira")
	path := fileOf(mira, "Lin (invented)")
	mira.goTo(path + "/write/observed")
	mira.sees("Choose the list that fits")
	mira.accessible()
	mira.fits()
	mira.press(`a[href*="list=delphi-labour-adult"]`)
	mira.accessible()
	mira.fits()
	mira.run(chromedp.Click(`.signs-pick details:nth-of-type(5) summary`))
	sign := eval[string](mira, `document.querySelector(".signs-pick details:nth-of-type(5) label.check b").textContent`)
	mira.run(chromedp.Click(`.signs-pick details:nth-of-type(5) label.check`))
	mira.run(chromedp.Click(`label:has(input[name=told][value=seen])`))
	mira.accessible()
	mira.fits()
	mira.press(`main form button`)
	mira.sees(sign, "We saw it", "What is next")
	mira.accessible()
	mira.fits()
	mira.goTo("/en/cases")
	mira.put(`#case-search`, sign)
	mira.press(`form[role=search] button`)
	mira.sees("Lin (invented)")
	mira.seesNot("Rosa (invented)")
	mira.goTo("/de" + path[3:])
	mira.seesNot(sign)
	mira.sees("Wir haben es gesehen")

	other := h.visitor(t, unscripted)
	other.enter("mira")
	other.goTo(path + "/write/observed?list=delphi-labour-child@1.0.0")
	other.run(chromedp.Click(`.signs-pick details:nth-of-type(1) summary`))
	other.run(chromedp.Click(`.signs-pick details:nth-of-type(1) label.check`))
	other.press(`main form button`)
	other.sees("children")
	mira.clean()
	other.clean()
}

// A lead and a coordinator read what comes about in files as numbers; nobody else
// does, and nothing leads from there into a file.
func TestALeadAndACoordinatorReadNumbersOfWhatComesAbout(t *testing.T) {
	h := demo(t)
	lead := h.visitor(t, phone)
	lead.enter("shelter-lead")
	lead.goTo("/en/counts/care")
	lead.sees("Legal aid", "Lamp House", "few", "Print")
	lead.seesNot("Rosa")
	lead.accessible()
	lead.fits()
	coordinator := h.visitor(t, unscripted)
	coordinator.enter("coordinator")
	coordinator.goTo("/en/counts/care")
	coordinator.sees("The country", "Legal aid")
	coordinator.goTo("/en/counts/care?of=agency")
	coordinator.seesNot("Legal aid")
	mira := h.visitor(t, unscripted)
	mira.enter("mira")
	mira.goTo("/en/counts/care")
	mira.seesNot("Legal aid")
	for _, v := range []*visitor{lead, coordinator, mira} {
		v.clean()
	}
}

// What was told in a referral stands in the case that is opened from it: what the
// person wants, and what must not happen at its top.
func TestACaseThatIsOpenedFromAReferralBeginsWithItsWishes(t *testing.T) {
	h := alone(t)
	mira := h.visitor(t, unscripted)
	mira.enter("mira")
	mira.goTo("/en/referrals")
	for _, path := range strings.Fields(eval[string](mira, `[...new Set([...document.querySelectorAll('main a[href*="/referral/"]')].map(a => a.getAttribute("href")))].join(" ")`)) {
		mira.goTo(path)
		if !eval[bool](mira, `!!document.querySelector('form[action*="/case-from/"]')`) {
			continue
		}
		mira.press(`form[action*="/case-from/"] button`)
		mira.sees("What the person wants now", "What must not happen")
		mira.clean()
		return
	}
	t.Fatal("no accepted referral in the list")
}
