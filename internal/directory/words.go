package directory

import (
	"cmp"

	"amelie/internal/cldr"
	"amelie/internal/fold"
	"amelie/internal/web"
)

// LanguageName is the name of a language (BCP 47) in a reader's language, by
// CLDR: as it stands within a sentence, see Capital; the code when it has none.
func LanguageName(lang, code string) string {
	return cmp.Or(cldr.Language(lang, code), code)
}

// CountryName is the name of a country (ISO 3166-1), also beyond the gazetteer,
// in a reader's language, by CLDR; the code when it has none.
func CountryName(lang, code string) string {
	return cmp.Or(cldr.Region(lang, code), code)
}

// SortNames orders choices by their labels as in a register.
func SortNames(list []web.Choice) {
	fold.Sort(list, func(c web.Choice) string { return c.Label })
}
