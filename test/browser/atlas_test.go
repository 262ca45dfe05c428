package browser

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// tabTo presses Tab until the focus is where the condition (on the element e)
// holds, and fails after so many steps.
func (v *visitor) tabTo(most int, condition string) {
	v.t.Helper()
	for range most {
		v.run(chromedp.KeyEvent("\t"))
		if eval[bool](v, `(e => !!e && e !== document.body && (`+condition+`))(document.activeElement)`) {
			return
		}
	}
	v.t.Fatalf("%s: %d times Tab does not reach %s\n%s", v.address(), most, condition, clip(v.text()))
}

// enterKey presses Enter where the focus is and waits for the page.
func (v *visitor) enterKey() {
	v.t.Helper()
	v.follow(chromedp.KeyEvent("\r"))
}

// A tired Greek reader with a keyboard: from the search page over the map to
// the page of a service. With and without JavaScript.
func TestFromTheMapToAServiceInGreekByKeyboardAlone(t *testing.T) {
	h := demo(t)
	for _, script := range []bool{true, false} {
		t.Run(map[bool]string{true: "with JavaScript", false: "without JavaScript"}[script], func(t *testing.T) {
			l := desktop
			l.noScript = !script
			v := h.visitor(t, l)
			v.goTo("/el/find")
			v.tabTo(80, `e.pathname === "/el/map"`)
			v.enterKey()
			v.sees("Υπηρεσίες στον χάρτη")

			v.tabTo(60, `e.namespaceURI.endsWith("svg") && e.href.baseVal === "/el/map/gr"`)
			if eval[float64](v, `parseFloat(getComputedStyle(document.activeElement.querySelector("path")).strokeWidth)`) < 8 {
				t.Error("the focus on Greece cannot be seen")
			}
			if name := eval[string](v, `document.activeElement.querySelector("title").textContent`); !regexp.MustCompile(`^Ελλάδα: [0-9]+ υπηρεσίες$`).MatchString(name) {
				t.Errorf("Greece is called %q", name)
			}
			v.enterKey()
			v.sees("Χάρτης: Ελλάδα", "1109")

			// Past the map: one Enter, and the next Tab is in the list.
			v.tabTo(60, `e.hash === "#list"`)
			if box := eval[float64](v, `document.activeElement.getBoundingClientRect().width`); box < 50 {
				t.Error("the link past the map stays out of sight when it has the focus")
			}
			v.run(chromedp.KeyEvent("\r"))
			v.run(chromedp.KeyEvent("\t"))
			if !eval[bool](v, `!!document.activeElement.closest(".map-list")`) {
				t.Errorf("after the link past the map the focus is on %q", eval[string](v, `document.activeElement.outerHTML.slice(0, 120)`))
			}
			v.tabTo(20, `e.pathname === "/el/map/gr/i"`)
			v.enterKey()
			v.sees("Αττική", "υπηρεσίες")
			v.tabTo(40, `!!e.closest(".map-services") && e.pathname.startsWith("/el/entry/")`)
			v.enterKey()
			if !strings.Contains(v.address(), "/el/entry/") {
				t.Errorf("the way ends at %s", v.address())
			}
			v.clean()
		})
	}
}

var mapPages = []string{"/en/map", "/el/map", "/el/map/gr", "/de/map/de", "/it/map/it", "/fr/map/be", "/nl/map/be", "/el/map/gr/i", "/it/map/it/25"}

func TestMapsAreAccessibleAndFit(t *testing.T) {
	h := demo(t)
	dark := phone
	dark.dark = true
	for _, l := range []look{phone, desktop, dark} {
		v := h.visitor(t, l)
		for _, p := range mapPages {
			v.goTo(p)
			v.fits()
			v.accessible()
		}
		v.goTo("/el/map/gr")
		v.run(chromedp.Click(`.map-filter summary`), chromedp.SetValue(`#f-help`, "accommodation"))
		v.press(`.map-filter button[type=submit]`)
		v.sees("Μετρώνται μόνο οι υπηρεσίες που ταιριάζουν")
		if strings.Contains(v.address(), "accommodation") {
			t.Errorf("what was looked for stands in the address: %s", v.address())
		}
		v.accessible()
		v.clean()
	}
}

// What a reader sees on a map, measured as the browser draws it.
const crowded = `(() => {
  const frame = document.querySelector("svg.atlas").getBoundingClientRect(), out = [];
  const things = [...document.querySelectorAll(".atlas .names text, .atlas .spot circle")].filter(e => getComputedStyle(e).display !== "none")
    .map(e => ({name: e.textContent || "circle " + e.parentNode.textContent, circle: e.tagName === "circle", r: e.getBoundingClientRect()}));
  for (const [i, a] of things.entries()) {
    if (a.r.left < frame.left || a.r.right > frame.right + .5 || a.r.top < frame.top || a.r.bottom > frame.bottom + .5) out.push(a.name + " leaves the map");
    if (a.circle && a.r.width < 24) out.push(a.name + " is " + a.r.width + " px across");
    for (const b of things.slice(i + 1)) {
      const w = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left), h = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
      if (w > 0 && h > 0 && !(a.circle && b.circle && Math.hypot((a.r.left + a.r.right - b.r.left - b.r.right) / 2, (a.r.top + a.r.bottom - b.r.top - b.r.bottom) / 2) >= (a.r.width + b.r.width) / 2 - 1))
        out.push(a.name + " lies on " + b.name);
    }
  }
  return things.length < 3 ? ["only " + things.length + " names and circles"] : out;
})()`

func TestNothingOnAMapLiesOnSomethingElse(t *testing.T) {
	h := demo(t)
	for _, l := range []look{{width: 390, height: 844}, {width: 768, height: 1000}, desktop} {
		v := h.visitor(t, l)
		for _, lang := range []string{"en", "el", "de", "fr"} {
			for _, p := range []string{"/map", "/map/be", "/map/de", "/map/gr", "/map/it"} {
				v.goTo("/" + lang + p)
				for _, fault := range eval[[]string](v, crowded) {
					t.Errorf("%s at %d px: %s", lang+p, l.width, fault)
				}
			}
		}
	}
}

// Shades are told apart by strength alone: in grey, and where the device
// replaces all colours by its own.
func TestTheLegendShowsTheShadesOfTheMapInEveryMode(t *testing.T) {
	h := demo(t)
	for _, mode := range []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}, {Name: "prefers-color-scheme", Value: "dark"}, {Name: "forced-colors", Value: "active"}} {
		v := h.visitor(t, desktop)
		call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{mode}})
		v.goTo("/en/map/gr")
		for _, fault := range eval[[]string](v, `(() => {
  const out = [], look = e => { const s = getComputedStyle(e); return s.fill + " at " + s.fillOpacity };
  const legend = [...document.querySelectorAll(".map-legend path")];
  if (legend.length < 3) out.push("only " + legend.length + " shades");
  if (new Set(legend.map(look)).size !== legend.length) out.push("two shades look the same: " + legend.map(look));
  const strength = legend.map(e => parseFloat(getComputedStyle(e).fillOpacity));
  if (strength.some((s, i) => i && s <= strength[i - 1] + .05)) out.push("the shades do not rise: " + strength);
  for (const l of legend) {
    const m = document.querySelector(".atlas ." + l.getAttribute("class"));
    if (m && look(m) !== look(l)) out.push(l.getAttribute("class") + " is " + look(m) + " on the map and " + look(l) + " in the legend");
  }
  return out;
})()`) {
			t.Errorf("%s %s: %s", mode.Name, mode.Value, fault)
		}
	}
}

func TestAMapStaysWithinThePageBudget(t *testing.T) {
	h := demo(t)
	for _, path := range []string{"/el/map", "/el/map/gr", "/de/map/de"} {
		v := h.visitor(t, phone)
		pages, fonts := v.weigh(path)
		t.Logf("%-12s %5.1f KB, fonts %5.1f KB", path, float64(pages)/1024, float64(fonts)/1024)
		if pages > 30*1024 || fonts > 45*1024 {
			t.Errorf("%s weighs %d bytes and %d of fonts, at most 30 and 45 KB", path, pages, fonts)
		}
	}
}
