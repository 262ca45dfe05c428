package procedure

import (
	"fmt"

	"amelie/internal/i18n"
)

// templateSteps is how many steps our general text has.
const templateSteps = 9

// Source is where our general text comes from.
type Source struct{ Title, URL string }

// Sources of the general text. Its sentences are our own.
var Sources = []Source{
	{"PEARR tool: privacy, educate, ask, respect and respond", "https://innovationshtc.org/pearr-tool/"},
	{"WHO, Ethical and safety recommendations for interviewing trafficked women, 2003", "https://www.who.int/"},
	{"HEAL Trafficking, documenting codes and other sensitive information in electronic health records, 2021", "https://healtrafficking.org/2021/02/documenting-icd-codes-and-other-sensitive-information-in-electronic-health-records/"},
	{"Council of Europe Convention CETS 197, article 12; Directive 2011/36/EU, articles 11 and 13", "https://eur-lex.europa.eu/eli/dir/2011/36/oj"},
}

// Template is our general text to start from, in all six languages. Who
// decides, which room, which number: only the house can know, so it says
// nothing there.
func (s *Service) Template(main string) Version {
	v := Version{State: Draft, Main: main, Texts: map[string]Text{}}
	for _, lang := range i18n.Languages {
		var t Text
		for n := 1; n <= templateSteps; n++ {
			t.Steps = append(t.Steps, s.Texts.T(lang, fmt.Sprintf("procedure.template.step-%d", n)))
		}
		v.Texts[lang] = t
	}
	return v
}
