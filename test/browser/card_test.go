package browser

import (
	"math"
	"regexp"
	"slices"
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
	nurse.run(chromedp.WaitReady(`[data-card][data-live]`), chromedp.Click(`input[value=sizes]`, chromedp.NodeReady))
	nurse.run(chromedp.SetValue(`select[name=language]`, "ar"))
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

// shape is a part of the drawing, its place and size in millimetres.
type shape struct {
	Tag, Text string
	Box       [4]float64
}

func (s shape) near(other shape) bool {
	for i := range s.Box {
		if math.Abs(s.Box[i]-other.Box[i]) > .1 {
			return false
		}
	}
	return s.Tag == other.Tag && s.Text == other.Text
}

// Of a text the place where it is held and its size: its width is the font's.
const shapes = `(() => { const svg = document.querySelector(".card-sheet svg"), back = svg.getScreenCTM().inverse();
	const held = n => ["x", "y", "font-size"].map(a => +n.getAttribute(a)).concat(0), lies = n => (b => [b.x, b.y, b.width, b.height])(n.getBBox());
	return [...svg.querySelectorAll("text, rect, path")].map(n => { const at = back.multiply(n.getScreenCTM()), [x, y, ...size] = n.tagName === "text" ? held(n) : lies(n);
		return {Tag: n.tagName, Text: n.textContent + (n.getAttribute("text-anchor") ?? ""), Box: [x + at.e, y + at.f, ...size]} }) })()`

// req: CARD-4
func TestTheCardsOfTheDeviceAreThoseOfTheProgram(t *testing.T) {
	w := demo(t).wire(t)
	plain, live := w.visitor(t, look{width: 1280, height: 900, noScript: true}), w.visitor(t, desktop)
	live.goTo("/en/guide/card")
	live.run(chromedp.WaitReady(`[data-card][data-live]`))
	w.since()
	for _, x := range [][2]string{{"slip", "uk"}, {"sizes", "ar"}, {"sizes", "en"}, {"label", "zh"}} {
		plain.goTo("/en/guide/card")
		for _, v := range []*visitor{plain, live} {
			v.run(chromedp.Click(`input[value=`+x[0]+`]`, chromedp.NodeReady), chromedp.SetValue(`select[name=language]`, x[1]))
		}
		plain.press(`[data-show]`)
		w.since()
		eval[bool](live, `document.querySelector("select[name=language]").dispatchEvent(new Event("change", {bubbles: true}))`)
		if asked := w.since(); len(asked) > 0 {
			t.Errorf("choosing asked %v", asked)
		}
		server, device := eval[[]shape](plain, shapes), eval[[]shape](live, shapes)
		if len(server) != len(device) || len(server) < 50 {
			t.Errorf("%v: %d shapes, on the device %d", x, len(server), len(device))
		}
		for _, one := range server {
			i := slices.IndexFunc(device, one.near)
			if i < 0 {
				t.Fatalf("%v: the device lacks %v", x, one)
			}
			device = slices.Delete(device, i, i+1)
		}
	}
	live.clean()
}
