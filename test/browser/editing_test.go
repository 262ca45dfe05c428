package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// An editor asks that somebody reads a Greek unit and says something of a
// sentence; a coordinator finds one part good and sends another back; readers
// are told who read it once it is published.
func TestAUnitIsReadBySomebodyElseAndReadersAreTold(t *testing.T) {
	h := demo(t)
	for said, look := range map[string]look{"at a desk": {width: 1280, height: 900}, "on a phone": phone, "without scripts": {width: 390, height: 800, noScript: true}} {
		unit := map[string]string{"at a desk": "u1", "on a phone": "u2", "without scripts": "u3"}[said]
		v := h.visitor(t, look)
		sound := func() {
			t.Helper()
			v.fits()
			if !look.noScript {
				v.accessible()
			}
		}
		v.enter("editor")
		v.goTo("/en/desk/course/review?file=rights&lang=el")
		sound()
		v.press(`.edit-stands + .actions .btn`)
		v.sees("Tick what somebody should read.")
		sound()
		v.run(chromedp.Click(`input[name="part"][value="` + unit + `"]`))
		v.press(`.edit-stands + .actions .btn`)
		v.sees("Waits to be read")
		sound()
		part := "/en/desk/course/review/part?file=rights&lang=el&part=" + unit
		v.goTo("/en/desk/course/words?file=rights&lang=el&block=" + unit + ".p1")
		v.put(`.edit-talk textarea[name="body"]`, "Is this what a midwife would say "+said+"?")
		v.press(`.edit-talk > form .btn`)
		v.sees("Is this what a midwife would say")
		sound()
		v.goTo(part)
		sound()
		v.enter("coordinator")
		v.goTo(part)
		sound()
		v.press(`button[value="approve"]`)
		v.sees("Please fill this in.")
		sound()
		v.put(`input[name="reader"]`, "Eleni Mara (invented)")
		v.put(`input[name="trade"]`, "μαία, "+said)
		v.press(`button[value="approve"]`)
		v.goTo("/en/desk/course/publish")
		v.press(`main form .btn`)
		v.goTo("/el/learn/rights/" + unit)
		v.sees("μαία, " + said)
		v.clean()
	}
}

// A picture is sent, described in every language, looked at on the phone beside
// the form, and shown to readers when it is published.
func TestAPictureIsSentToAUnitAndDescribedInEveryLanguage(t *testing.T) {
	h := demo(t)
	for said, look := range map[string]look{"at a desk": {width: 1280, height: 900}, "on a phone without scripts": {width: 390, height: 800, noScript: true}} {
		v := h.visitor(t, look)
		sound := func() {
			t.Helper()
			v.fits()
			if !look.noScript {
				v.accessible()
			}
		}
		v.enter("coordinator")
		v.goTo("/en/desk/course/picture?topic=role&unit=u1&behind=")
		sound()
		v.press(`button[value="look"]`)
		v.sees("Choose a picture.")
		sound()
		v.run(chromedp.SetUploadFiles(`input[name=file]`, []string{drawnPicture(t)}))
		for _, lang := range []string{"en", "el", "it", "de", "nl", "fr"} {
			v.put(`textarea[name="says.`+lang+`"]`, lang+": a door that stands open, "+said)
			v.put(`input[name="caption.`+lang+`"]`, lang+": open")
		}
		v.press(`button[value="look"]`)
		v.becomes(`document.querySelector(".edit-phone img")?.naturalWidth === 320`)
		sound()
		v.press(`.desk-save button:not([name])`)
		v.sees("described in every language")
		sound()
		v.goTo("/en/desk/course/publish")
		v.press(`main form .btn`)
		v.goTo("/de/learn/role/u1")
		v.becomes(`document.querySelector("img[alt^='de: a door']")?.naturalWidth === 320`)
		sound()
		v.clean()
	}
}

// drawnPicture is a file with a picture of a door.
func drawnPicture(t *testing.T) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 320, 200))
	for i := range img.Pix {
		img.Pix[i] = 0xf0
	}
	for y := 40; y < 200; y++ {
		for x := 130; x < 190; x++ {
			img.Set(x, y, color.RGBA{0x0e, 0x5a, 0x63, 0xff})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "door.png")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
