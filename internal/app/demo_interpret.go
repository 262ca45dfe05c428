package app

import (
	"fmt"
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/interpret"
	"amelie/internal/id"
)

// invented are four interpreters of the support organisation: one of them signs in.
func (d *demoSeed) interpreters() error {
	defer d.at(0)
	mira := d.viewers["mira"]
	d.at(-20 * 24 * time.Hour)
	every := interpret.Days
	list := []interpret.Interpreter{
		{Name: "Amal Haddad (invented)", UserID: d.viewers["interpreter"].UserID, Phone: "+30 690 000 0001 (invented)", Gender: "woman", Languages: []string{"ar", "fr", "en"}, Training: []string{"interpreting", "trauma"}, Channels: []string{"in-person", "phone"}, Days: every, To: 24 * 60},
		{Name: "Ioana Pop (invented)", Phone: "+30 690 000 0002 (invented)", Gender: "woman", Languages: []string{"ro", "it"}, Training: []string{"mediation"}, Channels: []string{"in-person", "phone", "video"}, Days: every, To: 24 * 60},
		{Name: "Samir Nasser (invented)", Phone: "+30 690 000 0003 (invented)", Gender: "man", Languages: []string{"ar", "el"}, Training: []string{"interpreting"}, Channels: []string{"phone", "video"}, Days: every, To: 24 * 60},
		{Name: "Lindita Hoxha (invented)", Phone: "+30 690 000 0004 (invented)", Gender: "woman", Languages: []string{"sq", "it", "el"}, Channels: []string{"in-person"}, Days: every[:5], From: 9 * 60, To: 15 * 60, Away: d.base.AddDate(0, 0, -2), Back: d.base.AddDate(0, 0, 5)},
	}
	for i := range list {
		list[i].ID = id.New()
		if err := d.a.Interpret.Keep(d.ctx, mira, list[i], true); err != nil {
			return fmt.Errorf("%s: %w", list[i].Name, err)
		}
	}
	caseID, err := d.caseOf(mira, "Amir (invented)")
	if err != nil {
		return err
	}
	d.at(-24 * time.Hour)
	when := d.base.AddDate(0, 0, 2).Truncate(time.Hour).Format("2006-01-02T15:04")
	entry, err := d.a.Cases.Save(d.ctx, mira, caseID, casework.Typed{Kind: "appointment", Posted: map[string][]string{"when": {when}, "words": {"Dentist (invented)"}}})
	if err != nil {
		return err
	}
	no := map[string]string{}
	for _, c := range interpret.Conflicts {
		no[c] = "no"
	}
	return d.a.Interpret.Book(d.ctx, mira, caseID, interpret.Choice{Entry: entry, Language: "ar", Channel: "in-person", Minutes: 60, Who: list[0].ID, Conflicts: no})
}
