package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A caseworker counts until when a child in Greece may decide, in three ways
// of looking, reads on and goes to another country.
//
// req: MECHANISM-4
func TestACaseworkerReadsTheStagesAndCountsAPeriod(t *testing.T) {
	for _, l := range []look{phone, desktop, {width: 390, height: 844, noScript: true}} {
		v := demo(t).visitor(t, l)
		v.goTo("/en/country/gr")
		v.press(`a[href$="/country/gr/mechanism"]`)
		v.sees("Presumed victim", "Open to everyone", "Whoever is with the person", "counted without a name")
		v.run(chromedp.SetValue(`input[name=from]`, "2024-11-30"), chromedp.SetValue(`select[name=age]`, "child"))
		v.press(`.mech-count form button`)
		v.sees("The last day is 28 February 2025", "With the extension: 30 April 2025", "Until the extension is granted, the earlier day holds")
		if v.script { // axe is one
			v.accessible()
		}
		v.fits()
		v.press(`.chips a[href$="/country/it/mechanism"]`)
		v.sees("Taking charge: the single programme", "Social path", "Judicial path")
		v.fits()
		v.clean()
	}
}

func TestTheStagesAreReadableInEveryLanguageOnAPhone(t *testing.T) {
	v := demo(t).visitor(t, phone)
	for _, path := range []string{"/el/country/gr/mechanism", "/it/country/it/mechanism", "/de/country/de/mechanism", "/nl/country/be/mechanism", "/fr/country/be/mechanism"} {
		v.goTo(path)
		v.accessible()
		v.fits()
	}
	v.clean()
}
