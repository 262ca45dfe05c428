package cldr

import (
	"maps"
	"slices"
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"amelie/internal/i18n"
)

// codes are languages as people and files write them, old and unknown ones among
// them.
var codes = []string{"en", "el", "it", "de", "nl", "fr", "ar", "sq", "bg", "zh", "hu", "pl", "pt", "ro", "es", "uk", "ru", "tr", "fa", "ps", "ur", "hi", "bn", "pa", "ti", "so", "sw", "yo", "ig", "ha", "wo", "ff",
	"ln", "rw", "bm", "ak", "om", "bs", "hr", "sr", "no", "nb", "ku", "kmr", "ckb", "prs", "fil", "tl", "iw", "he", "in", "mo", "sh", "cmn", "yue", "pt-BR", "zh-Hant", "zh-Hans", "nl-BE", "fr-CA", "de-AT", "en-GB", "es-419",
	"sr-Latn", "ro-MD", "sw-CD", "be", "lg", "zu", "rom", "qu", "xx", "zxx", "und", "mul", "nonsense", "", "e"}

func TestTheTableSaysWhatTheRepositoryOfItsNamesSays(t *testing.T) {
	asked := 0
	for _, reader := range slices.Sorted(maps.Keys(i18n.Endonyms)) {
		languages, regions := display.Languages(language.MustParse(reader)), display.Regions(language.MustParse(reader))
		for _, code := range codes {
			want := ""
			if tag, err := language.Parse(code); err == nil {
				want = languages.Name(tag)
			}
			if got := Language(reader, code); got != want && (want != "" || got != Language(reader, base(code))) { // without a name for the script, the language's
				t.Errorf("%s for a reader of %s: %q, want %q", code, reader, got, want)
			}
			asked++
		}
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				code, want := string(a)+string(b), ""
				if r, err := language.ParseRegion(code); err == nil {
					want = regions.Name(r)
				}
				if got := Region(reader, code); got != want {
					t.Errorf("%s for a reader of %s: %q, want %q", code, reader, got, want)
				}
			}
		}
	}
	for _, code := range codes {
		want := ""
		if tag, err := language.Parse(code); err == nil {
			want = display.Self.Name(tag)
		}
		if got := Self(code); got != want {
			t.Errorf("%s in itself: %q, want %q", code, got, want)
		}
	}
	if asked < 1000 {
		t.Errorf("%d names", asked)
	}
}

func TestWhoReadsAnotherLanguageIsToldNothing(t *testing.T) {
	if got := Language("tlh", "de") + Region("tlh", "DE"); got != "" {
		t.Errorf("%q", got)
	}
	if got := Language("de-AT", "el"); got != "Griechisch" {
		t.Errorf("%q", got)
	}
}
