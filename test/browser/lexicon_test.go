package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A word that was looked for in vain becomes a synonym: in Greek on a phone, in
// German on a desk without JavaScript.
func TestAWordLookedForInVainBecomesASynonym(t *testing.T) {
	h := demo(t)
	for lang, one := range map[string]struct {
		look          look
		who           string
		word, concept string
		need, unsaved string
		tried, saved  string
	}{
		"el": {phone, "coordinator", "ζενωνακι", "accommodation", "Τι αναζητείται και λείπει", "Δεν έχει αποθηκευτεί ακόμη", "δεν είναι κατανοητό", "Αποθηκεύτηκε"},
		"de": {look{width: 1280, height: 900, noScript: true}, "editor", "obdach", "housing", "Gesucht und nicht gefunden", "noch nicht gespeichert", "Mit Ihrer Änderung", "Gespeichert"},
	} {
		t.Run(lang, func(t *testing.T) {
			v := h.visitor(t, one.look)
			look := func() {
				v.fits()
				if !one.look.noScript {
					v.accessible()
				}
			}
			v.enter(one.who)
			v.goTo("/" + lang + "/desk/need")
			v.sees(one.need, one.word)
			look()
			v.press(`.lex-word a[href*="/desk/words?add="]`) // the most wanted word stands first
			if lang == "de" {
				v.goTo("/de/desk/words?add=" + one.word + "&lang=de")
			}
			look()
			v.press(`.lex-list a[href*="/desk/words/` + one.concept + `"]`)
			v.sees(one.unsaved)
			look()
			v.put(`input[name="try"]`, one.word)
			v.press(`.lex-try button[value="try"]`)
			v.sees(one.tried)
			look()
			v.press(`button[value="save"]`)
			v.sees(one.saved)
			v.goTo("/" + lang + "/desk/need")
			v.seesNot(one.word)
			v.clean()
		})
	}
}

// A concept is added and split on a phone, a language gets a word, and words
// that lack in a language stand beside those that are there.
func TestTheWordsOfTheSearchGrowInTheBrowser(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, phone)
	look := func() { v.fits(); v.accessible() }
	v.enter("coordinator")

	v.goTo("/de/desk/words/new")
	look()
	v.press(`a.choice[href*="scheme=help"]`)
	v.put(`input[name="label.de"]`, "Quadrillenkurs")
	v.press(`form[data-guard] .actions button`)
	v.sees("Schreiben Sie den englischen Namen.")
	look()
	v.put(`input[name="label.en"]`, "Quadrille lessons")
	v.press(`form[data-guard] .actions button`)
	v.sees("Der Begriff wurde hinzugefügt")
	look()

	v.goTo("/el/desk/words/counselling/split")
	v.put(`input[name="1.label.en"]`, "Quadrille counselling")
	look()
	v.press(`button[value="services"]`)
	v.sees("Σημειώστε τι έχει η καθεμία")
	v.into(`input[type="checkbox"][name^="s."][value="1"]`)
	v.run(chromedp.Click(`input[type="checkbox"][name^="s."][value="1"]`))
	v.press(`button[value="preview"]`)
	v.sees("1 υπηρεσία έχει περισσότερες", "Quadrille counselling")
	look()
	v.press(`button[value="save"]`)
	v.sees("Η έννοια διαιρέθηκε")
	v.goTo("/el/desk/words")
	v.sees("Ανάκληση", "Quadrille counselling")
	look()
	v.press(`input[name="act"] + button`)
	v.sees("Ανακλήθηκε")
	v.seesNot("Quadrille counselling")

	v.goTo("/en/desk/words/language-ti")
	v.put(`input[name="label.en"]`, "Habeshaish")
	look()
	v.press(`button[value="save"]`)
	v.sees("Habeshaish")

	v.goTo("/en/desk/words/side?from=en&to=it")
	v.sees("Words side by side")
	look()
	v.put(`textarea[name="language-bn.synonyms.it"]`, "quadrillese")
	v.press(`form[data-guard] .actions button`)
	v.sees("Searches use the words at once")
	v.clean()
}
