package browser

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// words of the enquiry's story in two languages.
var enquiryWords = map[string]map[string]string{
	"en": {"whom": "Ask several", "three": "3 services are asked", "points": "This line could point to a person", "asked": "You asked 3 services.", "none": "0 offers so far.",
		"one": "1 offer so far.", "held": "Held until", "few": "A few nights only", "no-place": "No place at the moment", "chosen": "Chosen. Nothing has left yet.",
		"faster": "was faster", "left": "has left, with consent", "released": "No longer needed", "sent": "Sent. Only the chosen agency"},
	"el": {"whom": "Ρωτήστε πολλούς", "three": "Ερωτώνται 3 υπηρεσίες", "points": "Αυτή η γραμμή μπορεί να δείξει", "asked": "Ρωτήσατε 3 υπηρεσίες.", "none": "Ως τώρα 0 προσφορές.",
		"one": "Ως τώρα 1 προσφορά.", "held": "Κρατιέται ως", "few": "Λίγες νύχτες μόνο", "no-place": "Δεν υπάρχει θέση", "chosen": "Η επιλογή έγινε. Δεν έχει φύγει ακόμη τίποτα.",
		"faster": "Πρόλαβε κάποιος άλλος", "left": "Η παραπομπή έφυγε, με συγκατάθεση", "released": "Δεν χρειάζεται πλέον", "sent": ""},
}

// Ten minutes, a place is needed tonight: three services are asked from the
// search, without a name; two answer, the person chooses one, and only that one
// receives what she agreed to. In English with JavaScript, in Greek without.
func TestThreeAreAskedAndThePersonChooses(t *testing.T) {
	for _, lang := range []string{"en", "el"} {
		t.Run(lang, func(t *testing.T) {
			h, say, script := demo(t), enquiryWords[lang], lang == "en"
			small, wide := phone, desktop
			small.noScript, wide.noScript = !script, !script
			midwife, lead, mira, ekka, garden := h.visitor(t, small), h.visitor(t, wide), h.visitor(t, wide), h.visitor(t, small), h.visitor(t, small)
			for who, v := range map[string]*visitor{"midwife": midwife, "hospital-lead": lead, "mira": mira, "ekka-case": ekka, "garden-case": garden} {
				v.enter(who)
			}
			good := func(v *visitor) {
				t.Helper()
				v.fits()
				if script {
					v.accessible()
				}
			}

			midwife.goTo("/" + lang + "/find")
			midwife.run(chromedp.SendKeys(`main input[name=q]`, "Thessaloniki"))
			midwife.press(`main form button[type=submit]`)
			midwife.press(`main a[href*="/ask?"]`)
			midwife.sees(say["whom"], "Lamp House", "Open Line", "Garden House")
			good(midwife)
			midwife.run(chromedp.SendKeys(`main input[name=town]`, "Thessaloniki"))
			midwife.press(`main form button[type=submit]`)
			for _, a := range [][2]string{{"need", "accommodation"}, {"urgency", "today"}, {"age", "16-17"}, {"dependants", "baby"}, {"language", "ro"}, {"region", "GR-B"}} {
				good(midwife)
				midwife.choose(a[0], a[1])
			}
			midwife.sees(say["three"])
			midwife.press(`main a[href*="/remark"]`)
			midwife.run(chromedp.SendKeys(`main input[name=remark]`, "call 694 123 4567"))
			midwife.press(`main form button[type=submit]`)
			midwife.sees(say["points"])
			good(midwife)
			midwife.run(chromedp.SetValue(`main input[name=remark]`, "needs a crib"))
			midwife.press(`main form button[type=submit]`)
			midwife.sees("needs a crib", say["three"])
			good(midwife)
			midwife.press(`main form[action*="/send"] button`)
			midwife.sees(say["asked"], say["none"])
			good(midwife)
			round := path(midwife)
			asked := eval[[]string](midwife, `[...document.querySelectorAll(".offer")].map(a => a.querySelector("h2").innerText + "|" + a.querySelector('.actions a[href*="/referral/"]').getAttribute("href"))`)
			enquiry := map[string]string{}
			for _, one := range asked {
				name, href, _ := strings.Cut(one, "|")
				enquiry[strings.Fields(name)[0]] = href
			}
			if len(enquiry) != 3 {
				t.Fatalf("asked %v", asked)
			}

			mira.goTo(enquiry["Lamp"])
			mira.sees("needs a crib")
			mira.seesNot("Garden House", "Open Line", "Thessaloniki")
			good(mira)
			mira.into(`form:has(button[value=accept])`)
			mira.run(chromedp.Click(`form:has(button[value=accept]) label:has(input[name=terms][value=few-nights])`), chromedp.SendKeys(`form:has(button[value=accept]) textarea`, "The blue door"))
			mira.press(`button[value=accept]`)
			good(mira)
			ekka.goTo(enquiry["Open"])
			ekka.into(`details:has(button[value=decline]) summary`)
			ekka.run(chromedp.Click(`details:has(button[value=decline]) summary`), chromedp.Click(`label:has(input[name=reason][value=no-place])`))
			ekka.press(`button[value=decline]`)

			midwife.goTo(round)
			midwife.sees(say["one"], say["held"], say["few"], "The blue door", say["no-place"])
			good(midwife)
			lead.goTo(round) // sees the same offer at the same time
			midwife.press(`form[action*="/choose"] button`)
			good(midwife)
			lead.press(`form[action*="/choose"] button`)
			lead.sees(say["faster"])
			good(lead)
			midwife.goTo(round)
			midwife.sees(say["chosen"])
			good(midwife)
			garden.goTo(enquiry["Garden"])
			garden.seesNot("Lamp House", say["released"])

			midwife.press(`main .notice a[href*="/refer/"]`)
			for _, a := range [][2]string{{"setting", "alone-interpreter"}, {"interpreter", "woman"}, {"contact", "through-me"}, {"wants", "safe-tonight"}, {"must-not", "no-police"}} {
				if a[0] == "setting" && !strings.Contains(midwife.address(), "/setting") {
					midwife.goTo(regexp.MustCompile(`/refer/([^/?]+)/.*`).ReplaceAllString(path(midwife), "/refer/$1/setting"))
				}
				midwife.choose(a[0], a[1])
			}
			midwife.press(`main a[href*="/consent"]`)
			midwife.press(`main a[href*="all"]`)
			midwife.into(`input[name=guardian][value=decides-alone]`) // the person is 16 or 17
			midwife.run(chromedp.Click(`input[name=guardian][value=decides-alone]`))
			midwife.choose("how", "spoken")
			midwife.sees(say["sent"], "Lamp House")
			sent := path(midwife)
			midwife.goTo(round)
			midwife.sees(say["left"])
			good(midwife)

			mira.goTo(sent)
			mira.sees("Română")
			garden.goTo("/" + lang + strings.TrimPrefix(enquiry["Garden"], "/"+lang))
			garden.sees(say["released"])
			garden.seesNot("Lamp House", "needs a crib")
			good(garden)
			garden.goTo(sent)
			garden.seesNot("Lamp House", "Română")
			garden.goTo(round)
			garden.seesNot("Lamp House", "The blue door")
			for _, v := range []*visitor{midwife, lead, mira, ekka, garden} {
				v.clean()
			}
			nothingReadable(t, h, "needs a crib", "The blue door")
		})
	}
}

// path is where a visitor is, without the host.
func path(v *visitor) string {
	p := strings.TrimPrefix(v.address(), v.h.base)
	p, _, _ = strings.Cut(p, "?")
	p, _, _ = strings.Cut(p, "#")
	return p
}

func TestTheCountsAreAccessibleAndForPlannersAlone(t *testing.T) {
	h := demo(t)
	for _, l := range []look{phone, desktop} {
		v := h.visitor(t, l)
		v.enter("analyst")
		for _, p := range []string{"/en/counts/turned-away", "/el/counts/turned-away", "/de/counts/turned-away"} {
			v.goTo(p)
			v.fits()
			v.accessible()
		}
		v.goTo("/en/counts/turned-away")
		v.sees("Why people are turned away", "Fewer than 5", "or more")
		v.clean()
	}
	v := h.visitor(t, phone)
	v.enter("midwife")
	v.goTo("/en/counts/turned-away")
	v.seesNot("Fewer than 5")
}
