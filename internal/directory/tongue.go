package directory

import (
	"html/template"
	"maps"
	"slices"
	"strings"
	"sync"

	"amelie/internal/cldr"
	"amelie/internal/fold"
	"amelie/internal/i18n"

	"golang.org/x/text/language"
)

// LanguageScheme is the list of the vocabulary that names languages. Its
// concepts say what CLDR does not: other names, and names that editors prefer.
const LanguageScheme = "language"

const languagePrefix = LanguageScheme + "-"

// LanguageConcept is the concept of a language (BCP 47).
func LanguageConcept(code string) string { return languagePrefix + strings.ToLower(code) }

// LanguageOf is the language that a concept names; "" when it names none.
func LanguageOf(concept string) string {
	code, is := strings.CutPrefix(concept, languagePrefix)
	if !is {
		return ""
	}
	if _, err := language.Parse(code); err != nil {
		return ""
	}
	return code
}

// LanguageName is the name of a language (BCP 47) in a reader's language, as
// it stands within a sentence: the editors' label, else the name by CLDR.
func (v Vocabulary) LanguageName(lang, code string) string {
	id := LanguageConcept(code)
	for i := range v.Concepts {
		if c := &v.Concepts[i]; c.Scheme == LanguageScheme && c.ID == id && c.Labels[lang] != "" {
			return c.Labels[lang]
		}
	}
	return LanguageName(lang, code)
}

// NameOf is the name of a concept in a reader's language.
func (v Vocabulary) NameOf(c Concept, lang string) string {
	if code := LanguageOf(c.ID); c.Scheme == LanguageScheme && code != "" {
		return Capital(v.LanguageName(lang, code))
	}
	return c.Labels.In(lang)
}

// languageName is Vocabulary.LanguageName, for pages that name many.
func (s *snapshot) languageName(lang, code string) string {
	if name := s.labels[LanguageScheme+"/"+LanguageConcept(code)][lang]; name != "" {
		return name
	}
	return LanguageName(lang, code)
}

// LanguageName is the name of a language (BCP 47) in a reader's language, as
// it stands within a sentence.
func (e Everyone) LanguageName(lang, code string) string { return e.snap.languageName(lang, code) }

// LanguageOptions is the list of languages that a person may need, as the
// options of a select on a search, with those that are chosen.
func (e Everyone) LanguageOptions(texts *i18n.Bundle, lang string, chosen []string) template.HTML {
	return voice{texts: texts, lang: lang, snap: e.snap}.languageChoices(chosen)
}

// LanguageNamed finds a language by a whole name of it, in any language.
func (e Everyone) LanguageNamed(name string) (code string, ok bool) {
	for _, form := range fold.Phrase(name) {
		if code = e.snap.index.vocab.tongues.codes[form]; code != "" {
			return code, true
		}
	}
	return "", false
}

// LanguagesKnown are the languages that search knows by name without an
// editor.
func LanguagesKnown() []string { return slices.Clone(tongueCodes) }

// tongueNames are the names of languages in the six languages of the interface
// and in themselves, what editors call them beside that, and names of countries
// that hint at one.
type tongueNames struct {
	codes   map[string]string // key to BCP 47 code
	origins map[string]string // key of a country's name to the language of most of its people
	lex     *fold.Lexicon     // the keys of codes
}

// tongueCodes are the languages that search knows by name.
var tongueCodes = cldr.Spoken()

// tongueCountries are countries whose name hints at a language: those with one
// language of most people ("from Nigeria" hints at none). The hint is the first
// thing to be given up.
var tongueCountries = strings.Fields(`RO BG HU PL UA AL PT ES RU TR CN VN TH SY IQ IR MD GE SO ER BR CO MK RS HR CZ SK LT LV EE JP KR MN BD`)

// standardTongues are the names by CLDR.
var standardTongues = sync.OnceValue(func() *tongueNames {
	t := &tongueNames{codes: map[string]string{}, origins: map[string]string{}}
	for _, code := range tongueCodes {
		t.name(cldr.Self(code), code)
		for _, lang := range i18n.Languages {
			t.name(cldr.Language(lang, code), code)
		}
	}
	for _, code := range tongueCountries {
		tag, _ := language.Compose(language.MustParseRegion(code))
		base, _ := tag.Base()
		for _, lang := range i18n.Languages {
			for _, form := range fold.Phrase(cldr.Region(lang, code)) {
				t.origins[form] = base.String()
			}
		}
	}
	return t
})

// newTongues are the names by CLDR and by the vocabulary, whose words win.
func newTongues(vocab Vocabulary) *tongueNames {
	standard := standardTongues()
	t := &tongueNames{codes: map[string]string{}, origins: standard.origins}
	for _, c := range vocab.Concepts {
		code := LanguageOf(c.ID)
		if c.Scheme != LanguageScheme || code == "" {
			continue
		}
		for _, label := range c.Labels {
			t.name(label, code)
		}
		for _, words := range c.Synonyms {
			for _, word := range words {
				t.name(word, code)
			}
		}
	}
	edited := t.codes
	t.codes = maps.Clone(standard.codes)
	maps.Copy(t.codes, edited)
	t.lex = fold.NewLexicon(slices.Collect(maps.Keys(t.codes)))
	return t
}

func (t *tongueNames) name(name, code string) {
	for _, form := range fold.Phrase(name) {
		if _, taken := t.codes[form]; !taken && form != "" {
			t.codes[form] = code
		}
	}
}
