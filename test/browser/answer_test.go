package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A doctor's referral: the caseworker asked something with a paper and a day. The
// doctor finds it in the day on a phone, opens the paper and answers with one; the
// caseworker sees that it was read. After the person took the consent back nothing
// of it opens there any more, and an insider never finds anything.
func TestAPaperAndADayGoWithAQuestionAboutAReferralAndEndWithTheConsent(t *testing.T) {
	h := alone(t)
	doctor := h.visitor(t, phone)
	doctor.enter("doctor")
	doctor.goTo("/en/today")
	doctor.sees("Answer by")
	doctor.accessible()
	doctor.fits()
	doctor.press(`.due li:has(.deadline) a`)
	doctor.sees("Would a first talk by telephone be safe?", "Answer by", "PNG, ")
	doctor.accessible()
	doctor.fits()
	page := eval[string](doctor, `location.pathname`)
	paper := filepath.Join(t.TempDir(), "Ana passport.pdf")
	if err := os.WriteFile(paper, []byte("%PDF-1.7\nlavender\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	send := `form[enctype] button[value=reply]`
	doctor.put(`form[enctype] textarea`, "Yes, in the morning (invented)")
	doctor.run(chromedp.SetUploadFiles(`input[name=file]`, []string{paper}))
	doctor.press(send)
	doctor.sees("Without that it does not leave")
	if kept := eval[string](doctor, `document.querySelector("form[enctype] textarea").value`); kept != "Yes, in the morning (invented)" {
		t.Errorf("of what was typed %q is left", kept)
	}
	doctor.accessible()
	doctor.fits()
	doctor.run(chromedp.SetUploadFiles(`input[name=file]`, []string{paper}), chromedp.Click(`input[name=agreed]`))
	doctor.press(send)
	doctor.sees("Yes, in the morning (invented)", "PDF, 1 KB")
	if strings.Contains(doctor.text(), "passport") {
		t.Error("the name of the file is shown")
	}

	mira := h.visitor(t, unscripted)
	mira.enter("mira")
	mira.goTo("/el" + strings.TrimPrefix(page, "/en"))
	mira.sees("Yes, in the morning", "PDF, 1 KB", "Διαβάστηκε:")
	mira.accessible()
	mira.fits()
	file := eval[string](doctor, `[...document.querySelectorAll(".timeline a[href*='/file/']")].pop().getAttribute("href")`)
	fetched := func(v *visitor) int {
		return eval[int](v, `(() => { const r = new XMLHttpRequest(); r.open("GET", "`+file+`", false); r.send(); return r.status })()`)
	}
	insider := h.visitor(t, desktop)
	insider.enter("insider")
	insider.goTo("/en/today")
	other := h.visitor(t, desktop)
	other.enter("mira")
	other.goTo("/en/today")
	if here, there := fetched(other), fetched(insider); here != 200 || there != 404 {
		t.Errorf("the desk gets %d, an insider %d", here, there)
	}
	doctor.goTo(page)
	doctor.sees("Read by Mira")
	doctor.goTo(page + "/withdraw")
	doctor.press(`main form button[type="submit"]`)
	if status := fetched(other); status != 404 {
		t.Errorf("after the withdrawal the desk gets %d", status)
	}
	for _, v := range []*visitor{doctor, mira, insider, other} {
		v.clean()
	}
}
