package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A midwife asks what a person without papers and without insurance can have,
// before she knows the age; then she answers that too. Nothing of it stands in
// the address.
func TestWhichCareIsAskedWithOpenQuestionsAndAnsweredStepByStep(t *testing.T) {
	h := demo(t)
	for lang, x := range map[string]struct {
		look               look
		code, office, open string
	}{
		"it": {phone, "Codice STP, per persone extra-UE senza documenti", "nessuno informa l’ufficio stranieri", "Può valere anche questo"},
		"el": {look{width: 390, height: 844, noScript: true}, "Κωδικός STP", "Κανείς σε αυτή τη διαδρομή", "Μπορεί να ισχύουν και αυτά"},
		"de": {look{width: 1280, height: 900, dark: true}, "STP-Code für Menschen ohne Papiere", "erfährt auf diesem Weg von niemandem", "Kann ebenfalls gelten"},
	} {
		t.Run(lang, func(t *testing.T) {
			v := h.visitor(t, x.look)
			v.goTo("/" + lang + "/entitlement/it")
			v.ok()
			v.run(chromedp.SetValue(`select[name=insurance]`, "none"), chromedp.SetValue(`select[name=papers]`, "none"), chromedp.SetValue(`select[name=document]`, "no"))
			v.press(`.entitle-form button`)
			v.sees(x.code, x.open)
			v.ok()
			v.run(chromedp.SetValue(`select[name=who]`, "adult"), chromedp.SetValue(`select[name=need]`, "necessary"))
			v.press(`.entitle-form button`)
			v.sees(x.code, x.office)
			v.seesNot(x.open)
			v.ok()
			if want := h.base + "/" + lang + "/entitlement/it"; v.address() != want {
				t.Errorf("the address is %s", v.address())
			}
			v.clean()
		})
	}
}

// The person's page is read aloud by a voice of the device, and by no other.
func TestThePersonsPageIsReadByAVoiceOfTheDeviceOnly(t *testing.T) {
	v := demo(t).visitor(t, phone)
	v.goTo("/ar/info/be")
	shown := func() int { return eval[int](v, `document.querySelectorAll("[data-aloud]:not([hidden])").length`) }
	eval[bool](v, `{ const voice = local => ({lang: "ar-EG", localService: local, name: "v"}); globalThis.voices = [voice(false)]; speechSynthesis.getVoices = () => globalThis.voices; globalThis.localVoice = voice(true); speechSynthesis.dispatchEvent(new Event("voiceschanged")) }`)
	if n := shown(); n != 0 {
		t.Errorf("a voice over the network may read %d sections", n)
	}
	eval[bool](v, `voices.push(localVoice); speechSynthesis.dispatchEvent(new Event("voiceschanged"))`)
	if n := shown(); n == 0 {
		t.Error("the device's own voice is not offered")
	}
	eval[bool](v, `document.querySelectorAll("details").forEach(d => { d.open = true }) || true`)
	v.accessible()
	v.fits()
	v.clean()
}
