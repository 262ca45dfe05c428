package agreement

import (
	"slices"
	"strings"

	"amelie/internal/geo"
	"amelie/internal/web"
)

// territoryNames are the names of territories for a reader of lang.
func territoryNames(codes []string, lang string) string {
	var out []string
	for _, code := range codes {
		if t, ok := geo.Lookup(code); ok {
			out = append(out, t.Name(lang))
		}
	}
	return strings.Join(out, ", ")
}

// territoryChoices are the countries and what lies directly below them: the
// Länder, regions and peripheries in which agreements are made.
func territoryChoices(c *web.Ctx, chosen string) []web.Choice {
	list := []web.Choice{{Value: "", Label: c.T("agreement.anywhere")}}
	var countries []geo.Territory
	for _, t := range geo.Territories() {
		if t.Parent == "" {
			countries = append(countries, t)
		}
	}
	byName := func(a, b geo.Territory) int { return strings.Compare(a.Name(c.Lang), b.Name(c.Lang)) }
	slices.SortFunc(countries, byName)
	for _, country := range countries {
		list = append(list, web.Choice{Value: country.Code, Label: country.Name(c.Lang), Selected: country.Code == chosen})
		var below []geo.Territory
		for _, code := range geo.Children(country.Code) {
			if t, ok := geo.Lookup(code); ok {
				below = append(below, t)
			}
		}
		slices.SortFunc(below, byName)
		for _, t := range below {
			list = append(list, web.Choice{Value: t.Code, Label: country.Name(c.Lang) + ": " + t.Name(c.Lang), Selected: t.Code == chosen})
		}
	}
	return list
}
