package browser

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A nurse prints shoe sizes in Arabic for somebody whose pockets are searched:
// the page warns her, what she chose stands in no address, and the drawing is
// the card's.
func TestACardIsChosenAndNothingOfItStandsInTheAddress(t *testing.T) {
	h := demo(t)
	nurse := h.visitor(t, phone)
	for _, path := range []string{"/en/guide/card", "/el/guide/card", "/de/guide/card"} {
		nurse.goTo(path)
		nurse.accessible()
		nurse.fits()
	}
	nurse.sees("Eine Nummer, die niemand erkennt", "08000 116 016")
	nurse.run(chromedp.Click(`input[value=sizes]`, chromedp.NodeReady))
	nurse.run(chromedp.SetValue(`select[name=language]`, "ar"))
	nurse.press(`form[action$="/guide/card"] .btn.quiet[type=submit]`)
	nurse.sees("Unser PDF hat keine Buchstaben")
	if drawn := eval[string](nurse, `document.querySelector(".card-sheet").textContent`); !strings.Contains(drawn, "مقاسات الأحذية") {
		t.Errorf("the card says %q", drawn)
	}
	nurse.accessible()
	nurse.fits()
	if at := eval[string](nurse, `location.pathname + location.search`); at != "/de/guide/card" {
		t.Errorf("what was chosen stands in the address: %s", at)
	}
	ownSize := true
	printed, err := chromedp.Call(nurse.ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &ownSize})
	if err != nil {
		t.Fatal(err)
	}
	if pages := regexp.MustCompile(`/Type /Page\b`).FindAll(printed.Data, -1); len(pages) != 1 {
		t.Errorf("the browser prints %d pages", len(pages))
	}
	if kept := eval[float64](nurse, `document.cookie.length + localStorage.length + sessionStorage.length`); kept != 0 {
		t.Error("something was kept in the browser")
	}
}
