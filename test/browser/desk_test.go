package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// put replaces what stands in a field, as a person does who selects and types.
func (v *visitor) put(selector, text string) {
	v.t.Helper()
	v.into(selector)
	v.run(chromedp.SetValue(selector, text))
}

const deskSave = `.desk-save button.btn`

// An editor who has never seen it corrects an hour and a number: in Greek on a
// phone, in German on a desk without JavaScript.
func TestAnEditorCorrectsAnEntryInGreekAndInGerman(t *testing.T) {
	h := demo(t)
	for lang, one := range map[string]struct {
		look         look
		who          string
		hours, shown string
		number       string
		service      string
	}{
		"el": {phone, "coordinator", "Δευ-Παρ 9-14", "09:00–14:00", "2310 019 881", "gr-a21-support"},
		"de": {look{width: 1280, height: 900, noScript: true}, "editor", "Mo-Do 8-16\nFr 8-12", "08:00–16:00", "0321 20168", "be-payoke-support"},
	} {
		v := h.visitor(t, one.look)
		v.enter(one.who)
		v.goTo("/" + lang + "/entry/" + one.service)
		v.press(`a.btn[href*="/desk/"]`)
		if one.look.noScript {
			v.fits()
		} else {
			v.fits()
			v.accessible()
		}
		edit := "/" + lang + "/desk/row/service/" + one.service + "/edit/"
		v.press(`.desk-part a[href="` + edit + `hours"]`)
		v.put(`textarea[name="hours"]`, one.hours)
		v.press(deskSave)
		v.goTo("/" + lang + "/entry/" + one.service)
		v.sees(one.shown)
		v.goTo(edit + "contact")
		v.press(`button[value="add-phones"]`)
		last := eval[string](v, `[...document.querySelectorAll("input[type=tel]")].at(-1).name`)
		v.put(`input[name="`+last+`"]`, "12")
		v.press(deskSave)
		if !strings.Contains(v.address(), "/edit/contact") {
			t.Fatalf("a wrong number was taken: %s", v.address())
		}
		if !one.look.noScript {
			v.accessible()
		}
		v.fits()
		v.put(`input[name="`+last+`"]`, one.number)
		v.press(deskSave)
		v.goTo("/" + lang + "/entry/" + one.service)
		digits := eval[string](v, `[...document.querySelectorAll("a[href^='tel:']")].map(a => a.getAttribute("href")).join(" ")`)
		want := strings.ReplaceAll(strings.TrimPrefix(one.number, "0"), " ", "")
		if !strings.Contains(digits, want) {
			t.Errorf("%s: %s is not among %s", lang, one.number, digits)
		}
		v.clean()
	}
}

func TestTwoEditorsCollideAndNothingIsLost(t *testing.T) {
	h := demo(t)
	first, second := h.visitor(t, phone), h.visitor(t, desktop)
	first.enter("editor")
	second.enter("coordinator")
	const path = "/desk/row/service/it-differenza-donna-support/edit/words"
	first.goTo("/de/desk")
	service := eval[string](first, `fetch("/de/desk/it-differenza-donna").then(r => r.text()).then(t => (t.match(/row\/service\/([a-z0-9-]+)\/edit\/words/) || ["", ""])[1])`)
	if service == "" {
		t.Fatal("no service found")
	}
	at := strings.Replace(path, "it-differenza-donna-support", service, 1)
	second.goTo("/el" + at)
	first.goTo("/de" + at + "?from=en&to=el")
	first.put(`textarea[name="Summary.el"]`, "Κείμενο της πρώτης.")
	first.press(deskSave)
	second.put(`textarea[name="Summary.el"]`, "Κείμενο του δεύτερου.")
	second.press(deskSave)
	second.sees("Κείμενο της πρώτης.", "Κείμενο του δεύτερου.")
	second.accessible()
	second.fits()
	second.press(`main form button.btn`)
	second.goTo("/el/entry/" + service)
	second.sees("Κείμενο του δεύτερου.")
	for _, v := range []*visitor{first, second} {
		v.clean()
	}
}

func TestTheOwnersNumberWaitsUntilAnEditorCalled(t *testing.T) {
	h := demo(t)
	owner, editor := h.visitor(t, phone), h.visitor(t, desktop)
	owner.enter("ekka-lead")
	owner.goTo("/el/desk")
	owner.press(`a[href*="/desk/row/service/gr-ekka-197/edit/contact"]`)
	owner.press(`button[value="add-phones"]`)
	last := eval[string](owner, `[...document.querySelectorAll("input[type=tel]")].at(-1).name`)
	owner.put(`input[name="`+last+`"]`, "210 555 6677")
	owner.press(deskSave)
	owner.goTo("/el/entry/gr-ekka-197")
	owner.seesNot("555 6677")
	editor.enter("editor")
	editor.goTo("/de/desk/suggestions")
	editor.accessible()
	waiting := eval[string](editor, `[...document.querySelectorAll(".desk-list li > a")].find(a => a.innerText.includes("197"))?.getAttribute("href") ?? ""`)
	if waiting == "" {
		t.Fatalf("the owner's number waits nowhere\n%s", clip(editor.text()))
	}
	editor.press(`.desk-list a[href="` + waiting + `"]`)
	editor.accessible()
	editor.fits()
	editor.press(`button[value="accept"]`)
	editor.accessible()
	editor.into(`input[name="called"]`)
	editor.run(chromedp.Click(`input[name="called"]`))
	editor.press(`button[value="accept"]`)
	editor.goTo("/el/entry/gr-ekka-197")
	editor.sees("555 6677")
	owner.clean()
	editor.clean()
}

// Every page of the desk, on a phone in German and on a desk in Greek.
func TestEveryPageOfTheDeskIsAccessibleAndFits(t *testing.T) {
	h := demo(t)
	for lang, l := range map[string]look{"de": phone, "el": desktop} {
		v := h.visitor(t, l)
		v.enter("editor")
		row := "/desk/row/service/gr-a21-1109/"
		for _, path := range []string{"/desk", "/desk?state=findings&country=GR", "/desk/gr-a21", "/desk/new", "/desk/work", "/desk/work?kind=link-look", "/desk/languages/el", "/desk/changes", "/desk/release", "/desk/suggestions",
			row + "edit/offer", row + "edit/languages", row + "edit/terms", row + "edit/area", row + "edit/seen", row + "edit/words?all=1", row + "history", row + "remove", row + "add"} {
			v.goTo("/" + lang + path)
			v.fits()
			v.accessible()
		}
		v.clean()
	}
}
