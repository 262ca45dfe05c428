package referral

import (
	"context"
	"slices"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/web"
)

// carriable are the questions whose answers a talk before the referral may
// bring along: what the person needs, wants and does not want. Where and how
// the talk took place is asked anew, since what may be sent hangs on it.
//
// req: CONSENT-6
var carriable = []string{"need", "wants", "must-not"}

// Carried is a question whose answers can be brought along, in words.
type Carried struct {
	Name, Label string
	Choices     []web.Choice
}

// CarriedParts are the questions of which Prefill takes answers.
func CarriedParts(c *web.Ctx) (out []Carried) {
	for _, name := range carriable {
		step, _ := StepByID(name)
		f, _ := step.FieldOf(name)
		part := Carried{Name: name, Label: fieldLabel(c, name, name)}
		for _, o := range f.Options {
			if !slices.Contains(unsure, o) {
				part.Choices = append(part.Choices, web.Choice{Value: o, Label: label(c, name, o)})
			}
		}
		out = append(out, part)
	}
	return out
}

// Prefill begins the viewer's draft with answers of carriable questions and, as
// its note, with words. The first question stays open. The same once token
// gives the same draft. Errors: those of the answers, fault.Denied.
func (s *Service) Prefill(ctx context.Context, v *web.Viewer, once string, answers map[string][]string, note string) (string, error) {
	if err := s.requireAgency(v, "referral.start"); err != nil {
		return "", err
	}
	draftID := once
	if !id.Valid(draftID) {
		draftID = id.New()
	}
	by := AuthorOf(v)
	sealed := map[string][]byte{}
	seal := func(name string, given map[string][]string) error {
		step, _ := StepByID(name)
		a, err := step.Clean(given)
		if err == nil {
			sealed[name], err = s.sealAnswer(ctx, by, draftID, name, a)
		}
		return err
	}
	for _, name := range carriable {
		if len(answers[name]) > 0 {
			if err := seal(name, map[string][]string{name: answers[name]}); err != nil {
				return "", err
			}
		}
	}
	if note != "" {
		if err := seal("notes", map[string][]string{"notes": {note}}); err != nil {
			return "", err
		}
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		begun, err := s.begun(tx, by, draftID)
		if err != nil || begun {
			return err
		}
		now := s.Now()
		if _, err := tx.Exec(draftInsertStmt, draftID, by.User, by.Agency, string(kindFor(nil)), "", "", clock.Millis(now), clock.Millis(now)); err != nil {
			return err
		}
		for name, env := range sealed {
			if _, err := tx.Exec(answerPutStmt, draftID, name, env, clock.Millis(now)); err != nil {
				return err
			}
		}
		return jobs.Enqueue(tx, jobDraft, draftID, now.Add(DraftLife), draftID)
	})
	return draftID, fault.Wrap(err, "prefill draft", draftID)
}

// begun says whether the draft was begun before by the same author. Another's
// looks like none, and what was sent is not begun again.
func (s *Service) begun(tx *db.Tx, by Author, draftID string) (bool, error) {
	if old, err := draftByID(tx, draftID); err == nil {
		if old.User != by.User {
			return false, fault.New(fault.NotFound, "web.error.not-found")
		}
		return true, nil
	}
	if _, err := rowByID(tx, draftID); err == nil {
		return false, fault.New(fault.Conflict, "referral.error.sent-already")
	}
	return false, nil
}
