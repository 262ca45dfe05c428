package app

import (
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/talk"
	"amelie/internal/web"
)

// talks are an invented talk and an invented conference about a case that another
// agency may read in part: each side owes the other an answer.
func (d *demoSeed) talks(mira *web.Viewer, caseID string) error {
	other := d.viewers["ekka-case"]
	day := func(n int) string { return d.base.AddDate(0, 0, n).Format(time.DateOnly) }
	d.at(-50 * time.Hour)
	letter, err := d.a.Talks.Start(d.ctx, mira, caseID, talk.Beginning{Form: talk.Thread, Topic: "The appointment at the office (invented)", With: []string{other.AgencyID},
		Typed: talk.Typed{Text: "Could the talk at the office be in the morning, with a woman as interpreter? (invented)", Due: day(1)}})
	if err != nil {
		return err
	}
	d.at(-26 * time.Hour)
	paper, err := inventedPaper()
	if err != nil {
		return err
	}
	if err := d.a.Talks.Write(d.ctx, other, caseID, letter, talk.Typed{Kind: talk.Words, Text: "We ask for it today. Here is the form that they need. (invented)", File: casework.Upload{Name: "form.png", Body: paper}}); err != nil {
		return err
	}
	d.at(-25 * time.Hour)
	if err := d.a.Talks.Write(d.ctx, other, caseID, letter, talk.Typed{Kind: talk.Question, Text: "Which languages may the interpreter speak? (invented)", Due: day(2)}); err != nil {
		return err
	}
	d.at(-20 * time.Hour)
	meets := d.base.AddDate(0, 0, 5).Truncate(time.Hour).In(d.a.Cases.Here()).Format("2006-01-02T15:04")
	conference, err := d.a.Talks.Start(d.ctx, mira, caseID, talk.Beginning{Form: talk.Conference, Topic: "Where to live from spring (invented)", With: []string{other.AgencyID}, MeetsAt: meets,
		Typed: talk.Typed{Text: "1. What the person wishes\n2. Who asks which project\n3. When we meet again\n(invented)"}})
	if err != nil {
		return err
	}
	d.at(-19 * time.Hour)
	return d.a.Talks.Write(d.ctx, mira, caseID, conference, talk.Typed{Kind: talk.Decision, To: other.AgencyID, Due: day(4), Text: "Bring the list of projects with a free place (invented)"})
}
