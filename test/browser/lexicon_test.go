package browser

import "testing"

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
		"de": {look{width: 1280, height: 900, noScript: true}, "editor", "bleibe", "housing", "Gesucht und nicht gefunden", "noch nicht gespeichert", "Mit Ihrer Änderung", "Gespeichert"},
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
