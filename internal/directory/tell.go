package directory

import "amelie/internal/i18n"

// What the rooms of the directory's keepers say about it, in words that are the
// same as on its public pages.

// TerritoryIn is the name of a territory (ISO 3166) in a reader's language.
func TerritoryIn(lang, code string) string { return voice{lang: lang}.territory(code) }

// HoursIn words the weekly hours in one line; "" when they are not known.
func HoursIn(texts *i18n.Bundle, lang string, h Hours) string {
	return voice{texts: texts, lang: lang}.hoursLine(h)
}

// WeekIn is the week as a table, Monday first: day, times; nil when the hours
// are not known or are all hours.
func WeekIn(texts *i18n.Bundle, lang string, h Hours) (week [][2]string) {
	v := voice{texts: texts, lang: lang}
	for _, row := range v.week(h) {
		times := ""
		for i, t := range row.Times {
			if i > 0 {
				times += ", "
			}
			times += t
		}
		week = append(week, [2]string{row.Day, times})
	}
	return week
}
