package app

import (
	"strings"

	"amelie/internal/casework/keep"
	"amelie/internal/country"
	"amelie/internal/db"
)

// keepsOf are the rules of law that were found for what an agency may keep. The
// directory does not tell health care from other help, so both are said of whoever
// is no authority: each rule says what it is about.
func (a *App) keepsOf(tx *db.Tx, agencyID string) (*country.Pack, []country.Keeping, error) {
	g, err := a.Agencies.Find(tx, agencyID)
	if err != nil {
		return nil, nil, err
	}
	p, ok := a.Countries.Get(countryOf(g.Organization, a.country()))
	if !ok {
		return nil, nil, nil
	}
	authority, err := a.authority(tx.Context(), g)
	if authority {
		return p, p.Keeps("authority"), err
	}
	return p, p.Keeps("health", "support"), err
}

// lawOfKeeping are those rules as the page of keeping shows them.
func (a *App) lawOfKeeping(tx *db.Tx, agencyID, lang string) (out []keep.Law, err error) {
	p, rules, err := a.keepsOf(tx, agencyID)
	for _, k := range rules {
		out = append(out, keep.Law{Text: k.Text.In(lang), Source: sourceOf(p, k.Origin), State: string(k.State()), Verified: k.Verified})
	}
	return out, err
}

// mayKeep says the same in one text, for a sharing that is taken back.
func (a *App) mayKeep(tx *db.Tx, agencyID, lang string) (string, error) {
	laws, err := a.lawOfKeeping(tx, agencyID, lang)
	var out []string
	for _, l := range laws {
		out = append(out, l.Text+" ("+l.Source+"; "+a.Texts.T(lang, "country.state."+l.State, "date", l.Verified)+")")
	}
	return strings.Join(out, " "), err
}
