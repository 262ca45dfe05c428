package app

import (
	"time"

	"amelie/internal/agency/procedure"
)

// procedure is what the demo's hospital adopted: our general text, with its own
// invented numbers and room, in Greek, English and German.
func (d *demoSeed) procedure() error {
	d.at(-30 * 24 * time.Hour)
	defer d.at(0)
	lead, s := d.viewers["hospital-lead"], d.a.Procedures
	if err := s.Begin(d.ctx, lead, "el", 0); err != nil {
		return err
	}
	draft, _, err := s.Draft(d.ctx, lead)
	if err != nil {
		return err
	}
	numbers := []procedure.Number{
		{Role: "social-worker", Phone: "2210", Hours: "8–22 (invented)"}, {Role: "child-protection", Phone: "2250", Hours: "24 h (invented)"},
		{Role: "interpreter", Phone: "2299", Hours: "24 h (invented)"}, {Role: "security", Phone: "2000", Hours: "24 h (invented)"},
	}
	own := map[string]procedure.Text{
		"el": {Decides: "Ο υπεύθυνος γιατρός μαζί με την κοινωνική υπηρεσία· τη νύχτα ο εφημερεύων. (επινοημένο)", Room: "Γραφείο 12, δίπλα στα εξωτερικά ιατρεία. Το κλειδί στη γραμματεία. (επινοημένο)", Code: "«Ψάχνω τον πράσινο φάκελο» (επινοημένο)",
			Night: "Μετά τις 22:00 καλείτε την ασφάλεια, που ειδοποιεί την κοινωνική υπηρεσία. (επινοημένο)", Form: "Στο συρτάρι με την ένδειξη «Έντυπα 7». (επινοημένο)"},
		"en": {Decides: "The doctor in charge with the duty social worker; at night the doctor on call. (invented)", Room: "Office 12 beside the outpatient clinic; the key is at the reception. (invented)", Code: "“I am looking for the green folder” (invented)",
			Night: "After 22:00 call security, who reaches the social worker. (invented)", Form: "In the drawer marked “Forms 7”. (invented)"},
		"de": {Decides: "Der ärztliche Dienst mit dem Sozialdienst; nachts der Bereitschaftsdienst. (erfunden)", Room: "Büro 12 neben der Ambulanz; der Schlüssel liegt am Empfang. (erfunden)", Code: "„Ich suche die grüne Mappe“ (erfunden)",
			Night: "Nach 22 Uhr den Sicherheitsdienst anrufen; er erreicht den Sozialdienst. (erfunden)", Form: "In der Schublade „Formulare 7“. (erfunden)"},
	}
	rev := draft.Rev
	for _, lang := range []string{"el", "en", "de"} {
		text := own[lang]
		text.Steps = draft.Texts[lang].Steps
		if err := s.Save(d.ctx, lead, procedure.Change{Lang: lang, Rev: rev, Text: text, Numbers: numbers}); err != nil {
			return err
		}
		rev++
	}
	return s.AdoptDraft(d.ctx, lead, rev, d.base.AddDate(0, 0, 300).Format(time.DateOnly))
}
