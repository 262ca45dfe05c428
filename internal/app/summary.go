package app

import (
	"amelie/internal/screen/guide"
	"amelie/internal/screen/instrument"
	"amelie/internal/screen/summary"
	"amelie/internal/web"
)

// counting makes the room that counts talks, with the guide's places and words
// and the dimensions of the lists of signs.
func (a *App) counting() {
	cfg := summary.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Languages: PatientLanguages, Ask: a.askToCount}
	for _, p := range a.Guide.Paths {
		cfg.Paths = append(cfg.Paths, summary.Path(p.ID))
	}
	for _, r := range instrument.Roles {
		cfg.Sides = append(cfg.Sides, summary.Side(r))
	}
	a.Summaries = summary.New(cfg)
}

// askToCount are the guide's words to ask a person whether a talk may be counted.
func (a *App) askToCount(lang string) (words []string, reviewed bool) {
	said := a.Guide.Say(lang)
	for _, id := range a.Guide.Sentences("count") {
		words = append(words, said.Say[id])
	}
	return words, said.Reviewed()
}

// countable is what the guide offers to count; nil for everybody whose house
// does not. Signs become what they point to here, and go no further.
func (a *App) countable(c *web.Ctx, path string, signs []string) *guide.Offer {
	if !a.Summaries.May(c.Context(), a.readerOf(c)) {
		return nil
	}
	sides := map[summary.Side]summary.Finding{}
	for role, positive := range a.signLists(c.Context()).Judged(signs) {
		sides[summary.Side(role)] = summary.Open
		if positive {
			sides[summary.Side(role)] = summary.Positive
		}
	}
	return &guide.Offer{Fields: summary.Fields(summary.Path(path), sides)}
}
