package stage

import (
	"slices"
	"testing"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/id"
)

// goesOn opens a file of another agency with what the room lets go.
func (r *room) goesOn(caseID, user string) *View {
	r.T.Helper()
	v := r.Users[user]
	r.Must(r.S.Grant(r.Ctx, r.Users["mira"], caseID, casework.Share{To: v.AgencyID, Parts: []casework.Part{casework.Legal}, Until: r.Now.AddDate(0, 1, 0), Past: true}, nil))
	o, err := r.S.Look(r.Ctx, v, caseID)
	r.Must(err)
	taken, settle, err := r.s.leaves(r.Ctx, v, o)
	r.Must(err)
	b := casework.Beginning{Once: id.New(), Taken: taken, Answers: map[string]ask.Answer{"person": {"name": {"Rosa"}}}}
	b.Also = func(tx *db.Tx, row casework.Row) error { return settle(tx, row) }
	ours, err := r.S.New(r.Ctx, v, b)
	r.Must(err)
	w, err := r.s.Look(r.Ctx, v, ours)
	r.Must(err)
	return w
}

// req: PASS-6
func TestInAnotherCountryTheStagesBeginAnewAndThoseOfBeforeStayReadable(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		r.s.Country = func(_ *db.Tx, agency string) (string, error) {
			return map[string]string{"support": "AA", "second": "BB", "third": "AA"}[agency], nil
		}
		c := r.Begins("Rosa")
		r.knows(c, map[string][]string{"country": {"AA"}, "age": {Minor}, "citizen": {"third"}, "referral": {"wanted"}, "began-intake": {"2026-11-10"}})
		r.Must(r.s.Pass(r.Ctx, r.Users["mira"], c, casework.Typed{Once: id.New(), Posted: map[string][]string{"stage": {"aa-presumed"}, "day": {"2026-11-01"}, "by": {"anyone"}, "outcome": {"done"}, "words": {"the paper is with the lawyer"}}}))
		r.Must(r.passes("mira", c, "aa-decision", "2026-11-10"))

		w := r.goesOn(c, "second")
		if w.Country != "BB" || w.Stage != "" || !w.Minor() || w.Citizen != "" || len(w.Began) != 0 || len(w.Steps) != 0 || !slices.Contains(w.Offered, "bb-presumed") {
			t.Errorf("in the other country it stands at %+v, offered %v", w.State, w.Offered)
		}
		was, there := w.Latest(Earlier)
		f := was.Fields
		if !there || f.One("country") != "AA" || f.One("began-intake") != "2026-11-10" || f.One("words") != "2026-11-01: the paper is with the lawyer" ||
			!slices.Equal(f["path"], []string{"2026-11-01 aa-presumed anyone done", "2026-11-10 aa-decision - -"}) {
			t.Errorf("earlier: %v", f)
		}
		page := r.Pages(r.s.Mount).Do("second", "GET", "/en/cases/"+w.ID+"/stage", nil)
		r.Says(page, 200, true, "Before, in another country: AA", "1 November 2026: aa-presumed", "10 November 2026: aa-decision", "the paper is with the lawyer")
		if _, there := w.Latest(Step); there {
			t.Error("a step of the other country is one of this one")
		}
		r.Must(r.passes("second", w.ID, "bb-presumed", "2026-11-20")) // its own stages count from now on

		// In the same country it stands where it stood, and its period runs.
		r.knows(c, map[string][]string{"country": {"AA"}, "age": {Adult}, "began-intake": {"2026-11-10"}})
		same := r.goesOn(c, "third")
		if same.Country != "AA" || same.Stage != "aa-decision" || same.Began["intake"] != "2026-11-10" || len(same.Steps) != 2 {
			t.Errorf("in the same country it stands at %+v", same.State)
		}
		if o, err := r.S.Look(r.Ctx, r.Users["third"], same.ID); err != nil || o.DueAt.Format(time.DateOnly) != "2026-12-10" {
			t.Errorf("due on %v, %v", o.DueAt, err)
		}
	})
}
