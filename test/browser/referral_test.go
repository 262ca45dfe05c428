package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Every page of the way from the first question to the receipt of a
// withdrawal, on a phone in German, whose words are the longest, and on a desk
// in Greek: axe is content and nothing is wider than the window.
func TestEveryPageOfAReferralIsAccessibleAndFits(t *testing.T) {
	h := demo(t)
	for lang, l := range map[string]look{"de": phone, "el": desktop} {
		v := h.visitor(t, l)
		v.enter("midwife")
		at := func(path string) {
			t.Helper()
			if l == desktop && strings.HasPrefix(path, "/refer/") && !strings.Contains(path, "consent") && !strings.HasSuffix(path, "review") && !strings.HasSuffix(path, "ground") {
				return // the single questions are all made by one template
			}
			v.goTo("/" + lang + path)
			v.fits()
			v.accessible()
		}
		v.goTo("/" + lang + "/refer/new?service=gr-a21-1109")
		v.choose("setting", "danger")
		parts := strings.Split(strings.TrimPrefix(v.address(), h.base), "/")
		if len(parts) != 5 {
			t.Fatalf("no draft: %s\n%s", v.address(), clip(v.text()))
		}
		id := parts[3]
		at("/refer/" + id + "/danger")
		for _, answer := range [][2]string{{"need", "accommodation"}, {"urgency", "now"}, {"age", "12-15"}, {"language", "ar"}, {"interpreter", "woman"}, {"contact", "message"}} {
			v.goTo("/" + lang + "/refer/" + id + "/" + answer[0])
			v.fits()
			v.choose(answer[0], answer[1])
		}
		for _, path := range []string{"reach", "wants", "must-not", "name", "dependants", "health", "callback", "notes", "attachments", "to"} {
			at("/refer/" + id + "/" + path)
		}
		v.goTo("/" + lang + "/refer/" + id + "/reach")
		v.press(`main form button[type="submit"]`)
		v.goTo("/" + lang + "/refer/" + id + "/wants")
		v.choose("wants", "talk-first")
		v.goTo("/" + lang + "/refer/" + id + "/must-not")
		v.choose("must-not", "no-police")
		at("/refer/" + id + "/review")
		at("/refer/" + id + "/consent?all=1")
		at("/refer/" + id + "/consent?lang=ro&all=1")
		v.press(`button.btn[name="do"][value="preview"]`)
		v.fits()
		v.accessible()
		at("/refer/" + id + "/ground")
		v.into(`input[name="ground"]`)
		v.run(chromedp.Click(`input[name="ground"]`), chromedp.SendKeys(`textarea[name="reason"]`, "invented for a test"))
		v.press(`main form button[type="submit"]`)
		if !strings.HasSuffix(v.address(), "/referral/"+id) {
			t.Fatalf("not sent: %s\n%s", v.address(), clip(v.text()))
		}
		at("/referral/" + id)
		desk := h.visitor(t, l)
		desk.enter("mira")
		desk.goTo("/" + lang + "/referral/" + id)
		desk.fits()
		desk.accessible()
		lead := h.visitor(t, l)
		lead.enter("hospital-lead")
		lead.goTo("/" + lang + "/referral/" + id)
		lead.fits()
		lead.accessible()
		at("/referrals")
		at("/referral/" + id + "/withdraw")
		v.press(`main form button[type="submit"]`)
		v.fits()
		v.accessible()
		for _, one := range []*visitor{v, desk, lead} {
			one.clean()
		}
	}
}
