package directory

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"amelie/internal/fold"
	"amelie/internal/web"
)

// LanguageName is the name of a language (BCP 47) in a reader's language, by
// CLDR: as it stands within a sentence, see Capital; the code when it has none.
func LanguageName(lang, code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return code
	}
	reader, err := language.Parse(lang)
	if err != nil {
		reader = language.English
	}
	namer := display.Languages(reader)
	if namer == nil {
		namer = display.English.Languages()
	}
	if name := namer.Name(tag); name != "" {
		return name
	}
	return code
}

// CountryName is the name of a country (ISO 3166-1), also beyond the gazetteer,
// in a reader's language, by CLDR; the code when it has none.
func CountryName(lang, code string) string {
	region, err := language.ParseRegion(code)
	reader, unread := language.Parse(lang)
	if err != nil || unread != nil || len(code) != 2 {
		return code
	}
	if namer := display.Regions(reader); namer != nil {
		if name := namer.Name(region); name != "" {
			return name
		}
	}
	return code
}

// SortNames orders choices by their labels as in a register.
func SortNames(list []web.Choice) {
	fold.Sort(list, func(c web.Choice) string { return c.Label })
}
