package browser

import "testing"

// caseOf is the address of an invented person's file, for who is signed in.
func (v *visitor) caseOf(name string) string {
	v.goTo("/en/cases")
	return eval[string](v, `[...document.querySelectorAll(".due a")].find(a => a.textContent.includes("`+name+`")).getAttribute("href")`)
}

// A caseworker sees what comes next and until when, records a step, and corrects
// what is known, on a phone; a slip of the day loses nothing.
func TestAStageIsRecordedAndItsPeriodIsCountedOnAPhone(t *testing.T) {
	h := demo(t)
	mira := h.visitor(t, phone)
	mira.enter("mira")
	path := mira.caseOf("Rosa (invented)")
	mira.goTo(path)
	mira.sees("Stages and periods", "The prosecutor’s act")
	mira.press(`a[href$="/stage"]`)
	mira.sees("Help is open at every stage", "The last day is", "Protection and support", "Law 5038/2023 art. 135")
	mira.accessible()
	mira.fits()
	mira.press(`a[href$="step?stage=gr-inclusion"]`)
	mira.accessible()
	mira.fits()
	mira.put(`textarea[name=words]`, "A flat from January (invented)")
	mira.put(`input[name=day]`, "2199-01-01")
	mira.press(`main form button`)
	mira.sees("This day is still to come.")
	if kept := eval[string](mira, `document.querySelector("textarea[name=words]").value`); kept != "A flat from January (invented)" {
		t.Errorf("what was typed is now %q", kept)
	}
	mira.accessible()
	mira.put(`input[name=day]`, "2026-01-02")
	mira.press(`main form button`)
	mira.sees("A flat from January (invented)", "Stages and periods")
	mira.press(`a[href$="/stage/standing"]`)
	mira.accessible()
	mira.fits()
	mira.put(`input[name=began-prosecutor-act]`, "2024-11-30")
	mira.press(`main form button`)
	mira.sees("The last day is 28 February 2025", "Has passed")
	mira.press(`form[action$="/dealt"] button`)
	mira.sees("Dealt with")
	mira.clean()
}

// Who does not want to be referred is counted with two ticks; a
// coordinator sees numbers and no case; an insider sees nothing.
func TestWhoDeclinesIsCountedAndACoordinatorSeesNumbersAlone(t *testing.T) {
	h := demo(t)
	mira := h.visitor(t, desktop)
	mira.enter("mira")
	path := mira.caseOf("Lin (invented)")
	mira.goTo(path + "/stage")
	mira.sees("Nothing leads from the number to this file")
	mira.accessible()
	mira.press(`form[action$="/count"] button`)
	mira.sees("Both ticks are needed")
	mira.tick("seen", "1")
	mira.tick("agrees", "1")
	mira.press(`form[action$="/count"] button`)
	mira.sees("Counted without a name in")
	mira.goTo("/el" + path[3:] + "/stage")
	mira.accessible()
	mira.fits()

	coordinator := h.visitor(t, desktop)
	coordinator.enter("coordinator")
	coordinator.goTo("/en/counts/stages?country=GR")
	coordinator.sees("Open Line", "Presumed victim", "fewer than 3", "Female")
	coordinator.seesNot("Rosa", "Noor", "Lin (invented)")
	coordinator.accessible()
	coordinator.fits()
	coordinator.goTo(path + "/stage")
	coordinator.seesNot("Lin", "Presumed")

	insider := h.visitor(t, unscripted)
	insider.enter("insider")
	insider.goTo(path + "/stage")
	insider.seesNot("Lin (invented)", "Presumed")
	insider.goTo("/en/counts/stages")
	insider.seesNot("Open Line")
	for _, v := range []*visitor{mira, coordinator, insider} {
		v.clean()
	}
}
