package directory

import (
	"amelie/internal/web"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// CountryName is the name of a country (ISO 3166-1) in a reader's language.
func CountryName(lang, code string) string { return countryName(lang, code) }

// languageName is the name of a language (BCP 47) in a reader's language, by
// CLDR; the code when it has none.
func languageName(lang, code string) string {
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

// countryName is the name of a country beyond the gazetteer in a reader's
// language, by CLDR; the code when it has none.
func countryName(lang, code string) string {
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
func SortNames(list []web.Choice) { sortNames(list) }
