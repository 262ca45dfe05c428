package browser

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A service without an account is asked by a sealed page: the midwife sends,
// the link lies in the mail catcher, somebody there opens it on a telephone
// with the code that the midwife reads out, and accepts; the midwife sees it.
// With and without JavaScript.
func TestAServiceWithoutAnAccountIsAskedByLinkAndAccepts(t *testing.T) {
	for _, script := range []bool{true, false} {
		t.Run(map[bool]string{true: "with JavaScript", false: "without JavaScript"}[script], func(t *testing.T) {
			h := demo(t)
			word := map[bool]string{true: "Floarea", false: "Ruxandra"}[script]
			small, wide := phone, desktop
			small.noScript, wide.noScript = !script, !script
			axe := func(v *visitor) { // axe is a script itself
				t.Helper()
				if script {
					v.accessible()
				}
			}
			midwife := h.visitor(t, wide)
			midwife.enter("midwife")
			midwife.goTo("/en/entry/gr-harbour-lantern-rooms")
			midwife.sees("Takes referrals", "sealed page by e-mail link")
			midwife.press(`main a[href*="/refer/new"]`)
			midwife.sees("Other ways to ask them")
			midwife.fits()
			axe(midwife)
			midwife.press(`main a[href*="way=link"]`)
			for _, a := range [][2]string{{"setting", "alone"}, {"need", "accommodation"}, {"urgency", "today"}, {"age", "25-39"}, {"language", "ro"},
				{"interpreter", "woman"}, {"contact", "through-me"}, {"wants", "safe-tonight"}, {"must-not", "no-police"}} {
				midwife.choose(a[0], a[1])
			}
			midwife.sees("gets a sealed page")
			review := strings.TrimPrefix(midwife.address(), h.base)
			midwife.goTo(strings.Replace(review, "/review", "/name?back=review", 1))
			midwife.run(chromedp.SendKeys(`main input[name=name]`, word))
			midwife.press(`main form button[type=submit]`)
			midwife.press(`main a[href*="/consent"]`)
			midwife.sees("pagină sigilată", "Exactly what leaves")
			midwife.press(`main a[href*="all"]`)
			midwife.choose("how", "spoken")
			midwife.sees("Now call them and tell them the code", "+30 2310 000 000", "desk@harbour-lantern.invalid")
			midwife.fits()
			axe(midwife)
			sent := midwife.address()
			code := eval[string](midwife, `document.querySelector(".letter-code").textContent`)

			link := h.letter(t)
			guest := h.visitor(t, small)
			guest.goTo(link)
			guest.sees("Μια επιστολή για εσάς")
			guest.seesNot(word)
			guest.fits()
			axe(guest)
			guest.goTo(strings.Replace(link, "/el/", "/en/", 1))
			guest.run(chromedp.SendKeys(`input[name=code]`, "0000 0000"), chromedp.SendKeys(`input[name=name]`, "Danae"))
			guest.press(`main form button[type=submit]`)
			guest.sees("This did not open")
			axe(guest)
			guest.run(chromedp.SetValue(`input[name=code]`, code))
			guest.press(`main form button[type=submit]`)
			guest.sees("From Saint Thekla Hospital", word, "A safe place to stay", "You read this as Danae")
			guest.fits()
			axe(guest)
			guest.into(`form:has(button[value=accept]) textarea`)
			guest.run(chromedp.SendKeys(`form:has(button[value=accept]) textarea`, "Ring twice at the blue gate"))
			guest.press(`button[value=accept]`)
			guest.sees("The sender is told that you will help")
			axe(guest)

			midwife.goTo(strings.TrimPrefix(sent, h.base))
			midwife.sees("Accepted", "Ring twice at the blue gate", "Danae, Harbour Lantern (invented), by link")
			axe(midwife)

			guest.press(`form:has(input[value=close]) button`)
			guest.sees("The page is closed")
			guest.seesNot(word)
			guest.goTo(strings.Replace(link, "/el/", "/en/", 1))
			guest.seesNot(word)

			midwife.goTo(strings.TrimPrefix(sent, h.base) + "/withdraw")
			midwife.press(`main form button[type=submit]`)
			guest.goTo(link)
			guest.sees("Αυτό έχει λήξει")
			axe(guest)
			midwife.clean()
			guest.clean()
			nothingReadable(t, h, word, "Ring twice at the blue gate", "Danae")
		})
	}
}

// readLetters are the mails that a guest has followed already.
var readLetters = map[string]bool{}

// letter is the path of the newest letter in the mail catcher.
func (h *house) letter(t *testing.T) string {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for _, m := range h.app.Catcher.For("desk@harbour-lantern.invalid") {
			if i := strings.Index(m.Text, "http"); i >= 0 && !readLetters[m.ID] && time.Since(m.At) < time.Minute {
				readLetters[m.ID] = true
				u, err := url.Parse(strings.Fields(m.Text[i:])[0])
				if err != nil {
					t.Fatal(err)
				}
				return u.Path
			}
		}
	}
	t.Fatal("no letter was mailed")
	return ""
}

// A sheet on paper, from its print page to the answer that the sender records,
// in the two longest languages.
func TestTheSheetOnPaperIsReadableAndWhatWasSaidIsRecorded(t *testing.T) {
	h := demo(t)
	for lang, l := range map[string]look{"de": phone, "el": desktop} {
		v := h.visitor(t, l)
		v.enter("doctor")
		v.goTo("/" + lang + "/refer/new?service=gr-harbour-lantern-rooms&way=form")
		v.choose("setting", "not-alone")
		for range 12 { // whatever an enquiry asks, the first answer
			if strings.HasSuffix(v.address(), "/review") {
				break
			}
			v.press(`main form button.choice`)
		}
		v.press(`main form[action$="/send"] button`)
		v.fits()
		v.accessible()
		v.press(`main a[href$="/paper"]`)
		v.fits()
		v.accessible()
		v.press(`main .back a`)
		v.press(`button[name=action][value=open]`)
		v.press(`button[name=action][value=accept]`)
		v.fits()
		v.accessible()
		v.clean()
	}
}
