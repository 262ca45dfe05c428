package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A clinic that has nothing of its own starts from the general text, writes its
// numbers in Greek and German, looks at it and adopts it; then its members see
// it where they need it, and nobody else does.
func TestAClinicMakesItsOwnProcedureAndItsMembersSeeItWhereTheyNeedIt(t *testing.T) {
	h := demo(t)
	lead := h.visitor(t, phone)
	lead.enter("insider")
	lead.goTo("/de/procedure")
	lead.sees("Nicht von Ihrem Haus beschlossen", "Nie Angehörige")
	lead.accessible()
	lead.fits()
	lead.press(`form[action$="/procedure/begin"] button[type=submit]`)
	lead.accessible()
	lead.fits()
	lead.run(chromedp.SendKeys(`textarea[name=decides]`, "Die Praxisleitung"), chromedp.SendKeys(`textarea[name=room]`, "Zimmer 3 am Ende des Gangs"), chromedp.SendKeys(`input[name=hours-1]`, "immer"))
	lead.press(`.actions button[name=do][value=preview]`) // hours without a number
	lead.sees("Bitte schreiben Sie die Nummer")
	lead.accessible()
	if kept := eval[string](lead, `document.querySelector("textarea[name=room]").value`); kept != "Zimmer 3 am Ende des Gangs" {
		t.Errorf("typed and lost: %q", kept)
	}
	lead.run(chromedp.SendKeys(`input[name=phone-1]`, "4711"))
	lead.press(`.actions button[name=do][value=more]`)
	lead.press(`.house-tabs a[href$="in=el"]`)
	lead.run(chromedp.SendKeys(`textarea[name=room]`, "Γραφείο 3"))
	lead.press(`.actions button[name=do][value=preview]`)
	lead.sees("Beschließen", "4711", "Die Praxisleitung")
	lead.accessible()
	lead.fits()

	colleague := h.visitor(t, desktop)
	colleague.enter("insider-second")
	colleague.goTo("/el/now")
	colleague.seesNot("4711") // a draft is nobody's procedure
	lead.press(`form[action$="/procedure/adopt"] button[type=submit]`)
	lead.sees("Beschlossen am")
	lead.accessible()

	for path, words := range map[string]string{"/el/procedure": "Γραφείο 3", "/el/now": "4711", "/el/today": "4711", "/el/refer/new": "Στον φορέα μας", "/el/procedure/card": "4711", "/it/procedure": "4711", "/el/procedure/history": "Έκδοση 1"} {
		colleague.goTo(path)
		colleague.sees(words)
		colleague.accessible()
		colleague.fits()
	}
	stranger := h.visitor(t, phone)
	stranger.goTo("/de/now")
	stranger.seesNot("4711", "Zimmer 3")
	stranger.enter("midwife")
	stranger.goTo("/de/procedure")
	stranger.seesNot("4711", "Zimmer 3")
	stranger.sees("2210")
	resp, err := http.Get(h.base + "/de/procedure")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if !strings.Contains(resp.Request.URL.Path, "/sign-in") {
		t.Errorf("a visitor without a sign-in came to %s", resp.Request.URL)
	}
	for _, v := range []*visitor{lead, colleague, stranger} {
		v.clean()
	}
}
