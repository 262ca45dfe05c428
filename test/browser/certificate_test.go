package browser

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Somebody is shown a certificate on a phone, in each language, prints it on
// one page, and checks without JavaScript what the code on it says.
func TestACertificateIsShownPrintedAndChecked(t *testing.T) {
	h := demo(t)
	reader := h.visitor(t, phone)
	for _, lang := range []string{"en", "el", "it", "de", "nl", "fr"} {
		reader.goTo("/" + lang + "/demo/certificate")
		reader.sees("Eleni Mara", "Care that notices", "did:key:z")
		reader.accessible()
		reader.fits()
		reader.goTo("/" + lang + "/check")
		reader.fits()
	}
	reader.accessible()
	reader.goTo("/en/demo/certificate")
	ownSize := true
	printed, err := chromedp.Call(reader.ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &ownSize})
	if err != nil {
		t.Fatal(err)
	}
	if pages := regexp.MustCompile(`/Type /Page\b`).FindAll(printed.Data, -1); len(pages) != 1 {
		t.Errorf("the browser prints %d pages", len(pages))
	}
	code := eval[string](reader, `document.querySelector(".cert-check code").textContent`)
	_, path, found := strings.Cut(code, "/check/")
	if !found {
		t.Fatalf("the code holds %q", code)
	}
	plain := h.visitor(t, look{width: 390, height: 844, noScript: true})
	reader.goTo("/en/check/" + path)
	reader.accessible()
	reader.fits()
	if text := eval[string](reader, `document.body.textContent`); strings.Contains(text, "Eleni") {
		t.Error("the code tells the name")
	}
	plain.goTo("/en/check/" + path)
	plain.sees("This certificate was issued here")
	plain.follow(chromedp.SendKeys(`input[name=holder]`, "eleni mara (invented)"), chromedp.Submit(`input[name=holder]`))
	plain.sees("The name is right")
}
