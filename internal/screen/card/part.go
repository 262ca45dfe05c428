package card

import (
	"encoding/json"

	"amelie/internal/paper"
)

// What a kept guide needs to put a page of cards together on the device: the
// drawings themselves, so that no line of them is drawn twice. A card is its
// words and its number, one over the other, and the page repeats it.

// forms is what depends on no country.
type forms struct {
	Bars   map[string]area    `json:"bars"`  // by format: where the bars of a number lie
	Width  float64            `json:"width"` // of the page, millimetres
	Height float64            `json:"height"`
	Places map[string][]place `json:"places"` // by format: where a card lies
	Cards  map[string]formsIn `json:"cards"`  // by language
}

type place struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// formsIn are the cards of a language without a number, as parts of an SVG.
type formsIn struct {
	Turned bool              `json:"turned"` // begins at the right
	PDF    bool              `json:"pdf"`    // a PDF has its letters
	Drawn  map[string]string `json:"drawn"`  // by format
}

// number is a number on each format, as it is and for a turned card. Its bars
// are told apart: drawn for each line they would weigh as much as the guide.
type number struct {
	Plain  map[string]string `json:"plain"`
	Turned map[string]string `json:"turned"`
	Bars   string            `json:"bars"` // 1 for a bar, from the left
}

// drawn is what a drawing of one card looks like in each format.
func drawn(turned bool, draw func(f Format, d drawing)) map[string]string {
	out := map[string]string{}
	for _, f := range Formats {
		p := &picture{}
		draw(f, f.at(p, 0, 0, turned))
		out[f.ID] = p.b.String()
	}
	return out
}

// noBars is a canvas that leaves rectangles out.
type noBars struct{ *picture }

func (noBars) box(_, _, _, _, _ float64) {}

func numberOf(shown string) number {
	write := func(f Format, d drawing) {
		d.on = noBars{d.on.(*picture)}
		f.number(d, shown)
	}
	return number{drawn(false, write), drawn(true, write), barCode(digits(shown))}
}

// formsOf is the file with the cards of all languages.
func formsOf(languages map[string]Words) ([]byte, error) {
	out := forms{Width: areaWidth, Height: areaHeight, Bars: map[string]area{"sizes": barsAt}, Places: map[string][]place{}, Cards: map[string]formsIn{}}
	for _, f := range Formats {
		for row := range f.Rows {
			for column := range f.Columns {
				x, y := f.place(column, row)
				out.Places[f.ID] = append(out.Places[f.ID], place{x, y})
			}
		}
	}
	for lang, w := range languages {
		out.Cards[lang] = formsIn{w.fromRight(), paper.Lacks(w.text()) == "", drawn(w.fromRight(), func(f Format, d drawing) {
			f.marks(d)
			f.words(d, w)
		})}
	}
	return json.Marshal(out)
}
