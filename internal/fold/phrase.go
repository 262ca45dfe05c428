package fold

import (
	"slices"
	"strings"
)

// Phrase are the keys under which a name of one or more words is stored: its
// Key, the one with German digraphs, and for Greek the transliterated one and
// the one by ear. Typed gives the keys to seek.
func Phrase(name string) []string {
	words := Words(name)
	forms := []string{Key(name)}
	forms = addForm(forms, words, Digraphs)
	if IsGreek(forms[0]) {
		forms = addForm(forms, words, func(w string) string { return Transliterate(Word(w)) })
		forms = addForm(forms, words, func(w string) string { return ear(w, 0) })
	}
	return forms
}

// Typed are the keys to seek for a name as typed, the closest first: those of
// Phrase, and by ear also for Latin letters (where h may be one of two).
func Typed(words ...string) []string {
	words = Words(strings.Join(words, " "))
	if len(words) == 0 {
		return nil
	}
	forms := Phrase(strings.Join(words, " "))
	if !IsGreek(forms[0]) {
		forms = addForm(forms, words, func(w string) string { return ear(w, 0) })
		forms = addForm(forms, words, func(w string) string { return ear(w, 1) })
	}
	return forms
}

func addForm(forms, words []string, f func(string) string) []string {
	parts := make([]string, 0, len(words))
	for _, w := range words {
		if p := f(w); p != "" {
			parts = append(parts, p)
		}
	}
	if form := strings.Join(parts, " "); !slices.Contains(forms, form) {
		forms = append(forms, form)
	}
	return forms
}

// ear is the word's key by ear, of two the variant asked for; the plain key
// where there is none.
func ear(w string, variant int) string {
	key := Word(w)
	if ears := Greeklish(key); len(ears) > 0 {
		return ears[min(variant, len(ears)-1)]
	}
	return key
}
