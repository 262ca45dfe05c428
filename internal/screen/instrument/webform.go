package instrument

import (
	"amelie/internal/fhir"
	"amelie/internal/web"
)

// FormName is what a downloaded form is called: it stays in the reader's
// downloads.
const FormName = "form.json"

// getForm gives an instrument in use as a form of FHIR R4 to save.
func (s *Service) getForm(c *web.Ctx) error {
	p, err := s.inUse(c)
	if err != nil {
		return err
	}
	q, err := p.Questionnaire(func(lang, key string) string { return c.TIn(lang, key) })
	if err != nil {
		return err
	}
	text, err := fhir.Write(q)
	if err != nil {
		return err
	}
	return c.Download(FormName, "application/fhir+json", text)
}
