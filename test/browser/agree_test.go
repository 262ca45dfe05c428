package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// One lead proposes in Greek, the other confirms in German, and the midwife
// sees it where she chooses whom to ask. Nobody else finds it.
func TestAnAgreementOfTwoLeadsIsSeenByTheMidwifeWhileReferring(t *testing.T) {
	h := demo(t)
	hospital := h.visitor(t, phone)
	hospital.enter("hospital-lead")
	hospital.goTo("/el/agreements")
	hospital.accessible()
	hospital.fits()
	hospital.press(`main a[href$="/agreements/new"]`)
	hospital.run(chromedp.SendKeys(`#party-q`, "EKKA"))
	hospital.press(`button[name=do][value=search]`)
	hospital.accessible()
	hospital.fits()
	hospital.press(`button[name=add][value=gr-ekka]`)
	hospital.press(`.actions button[name=do][value=save]`) // nothing else is filled in
	hospital.sees("Γράψτε τίτλο", "Επιλέξτε τουλάχιστον έναν σκοπό", "Open Line")
	hospital.accessible()
	hospital.run(chromedp.SendKeys(`input[name=title]`, "Νυχτερινή γραμμή"), chromedp.SendKeys(`input[name=within]`, "6"))
	hospital.into(`label:has(input[name=purposes][value=counselling])`)
	hospital.run(chromedp.Click(`label:has(input[name=purposes][value=counselling])`))
	hospital.press(`.actions button[name=do][value=save]`)
	hospital.sees("Νυχτερινή γραμμή", "προτεινόμενη", "Δεν έχει επιβεβαιώσει ακόμη: Open Line")
	hospital.accessible()
	hospital.fits()
	path := strings.TrimPrefix(hospital.address(), h.base+"/el")

	midwife := h.visitor(t, phone)
	midwife.enter("midwife")
	midwife.goTo("/de/refer/new?service=gr-ekka-197")
	midwife.seesNot("Antwort binnen 6 Stunden")

	insider := h.visitor(t, phone)
	insider.enter("insider")
	insider.goTo("/en" + path)
	insider.seesNot("Νυχτερινή γραμμή", "Open Line")

	other := h.visitor(t, desktop)
	other.enter("ekka-lead")
	other.goTo("/de/today")
	other.sees("schlägt Ihnen eine Vereinbarung vor", "Νυχτερινή γραμμή")
	other.accessible()
	other.press(`main a[href$="` + path + `"]`)
	other.sees("Bitte bestätigen Sie", "Beratung", "vorgeschlagen")
	other.accessible()
	other.fits()
	other.run(chromedp.SendKeys(`input[name=contact]`, "Nachtdienst"))
	other.press(`button[name=action][value=confirm]`)
	other.sees("in Kraft", "Nachtdienst")

	midwife.goTo("/de/refer/new?service=gr-ekka-197")
	midwife.sees("haben vereinbart: Beratung · Antwort binnen 6 Stunden")
	midwife.accessible()
	midwife.fits()
	midwife.press(`main a[href$="` + path + `"]`)
	midwife.sees("Νυχτερινή γραμμή", "ersetzt nie die Einwilligung")
	midwife.accessible()
	for _, v := range []*visitor{hospital, midwife, insider, other} {
		v.clean()
	}
}

// Whoever refers to a body in Germany reads which protocol of the Land binds
// it, although neither house has agreed anything with the other.
func TestTheProtocolOfALandIsReadAtTheMomentOfReferral(t *testing.T) {
	v := demo(t).visitor(t, phone)
	v.enter("midwife")
	for _, path := range []string{"/de/refer/new?service=de-solwodi-counselling", "/fr/refer/new?service=de-solwodi-counselling"} {
		v.goTo(path)
		v.sees("Kooperationskonzept Rheinland-Pfalz")
		v.fits()
		v.accessible()
	}
	v.press(`main a[href$="/agreements/de-rp-2004"]`)
	v.sees("Kooperationskonzept Rheinland-Pfalz", "1er janvier 2004")
	v.clean()
}
