package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"amelie/content"
	"amelie/internal/directory"
	"amelie/internal/screen/card"
)

// carding opens the room of the cards that give nothing away.
func (a *App) carding() error {
	words, err := card.Load(content.FS, PatientLanguages, a.tells())
	if err != nil {
		return fmt.Errorf("words of the cards: %w", err)
	}
	a.Cards = card.Rooms{Config: card.Config{Words: words, Languages: PatientLanguages, Country: a.countryOfReader, Countries: a.guideCountries, Lines: a.cardLines}}
	return nil
}

// cardLines are the helplines of a country whose number can stand on a card:
// those that are called inside the country.
func (a *App) cardLines(ctx context.Context, code, lang string, at time.Time) (out []card.Line, err error) {
	found, err := a.lines(ctx, code, lang, lang, at)
	for _, b := range found {
		i := slices.IndexFunc(b.Numbers, func(d directory.Dial) bool { return !d.Abroad })
		if i >= 0 {
			out = append(out, card.Line{ID: b.ID, Name: b.Name, Number: b.Numbers[i].Shown, Hours: b.Note, Free: b.Free})
		}
	}
	return out, err
}
