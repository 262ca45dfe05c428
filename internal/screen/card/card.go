// Package card prints what a person can carry without anybody seeing what it
// is: an appointment slip, a table of shoe sizes, a label for a lip balm, each
// with the number of a helpline where such a thing has a number.
//
// The idea: a leaflet about help is a danger in the wrong pocket. The
// professional chooses country, line, language and form, says aloud what the
// number is, and prints; the card itself says nothing. The same drawing is made
// twice: for the browser, whose fonts know every script, and as a PDF where the
// program's own faces have the letters.
//
// Stored: nothing, and nothing that was chosen stands in an address.
//
// It must never print a telling word, a name of an organisation, a mark or an
// address of this program, nor say that anybody will call back.
package card

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"amelie/internal/paper"
)

// Words are what stands on the cards in one language.
type Words struct {
	Appointment string `toml:"appointment"`
	Date        string `toml:"date"`
	Time        string `toml:"time"`
	Cannot      string `toml:"cannot"` // before the number of a practice
	Sizes       string `toml:"sizes"`
	Foot        string `toml:"foot"`
	Item        string `toml:"item"` // before the number of goods
	Balm        string `toml:"balm"`
	With        string `toml:"with"`
	Batch       string `toml:"batch"` // before the number of a batch
}

// all are the words, in the order of the file.
func (w Words) all() []string {
	return []string{w.Appointment, w.Date, w.Time, w.Cannot, w.Sizes, w.Foot, w.Item, w.Balm, w.With, w.Batch}
}

// fromRight tells whether the language begins at the right.
func (w Words) fromRight() bool { return fromRight(w.Appointment) }

const file = "print/card.toml"

// Load reads the words and refuses a file in which a language lacks one or one
// is telling; tells finds the telling word of a text, "" for none.
//
// req: CARD-1
func Load(files fs.FS, languages []string, tells func(text string) string) (map[string]Words, error) {
	var read map[string]Words
	meta, err := toml.DecodeFS(files, file, &read)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("%s: %v is not a word of a card", file, unknown[0])
	}
	for _, lang := range languages {
		words, ok := read[lang]
		if !ok || slices.Contains(words.all(), "") {
			return nil, fmt.Errorf("%s: %s lacks a word", file, lang)
		}
		for _, text := range words.all() {
			if word := tells(text); word != "" {
				return nil, fmt.Errorf("%s: %s says %q", file, lang, word)
			}
		}
	}
	return read, nil
}

// Format is a kind of card. Sizes are millimetres; the cards lie in columns and
// rows with Gap between them.
type Format struct {
	ID            string
	Width, Height float64
	Columns, Rows int
	Gap           float64
	words         func(d drawing, w Words)
	number        func(d drawing, number string)
}

// Formats are the kinds of cards.
var Formats = []Format{
	{"slip", 88, 62, 2, 4, 0, slip, slipNumber},
	{"sizes", 54, 85, 3, 3, 0, sizes, sizesNumber},
	{"label", 60, 20, 2, 5, 8, label, labelNumber},
}

// draw is a card without its marks.
func (f Format) draw(d drawing, w Words, number string) {
	f.words(d, w)
	f.number(d, number)
}

// marks say at the corners of a card where to cut.
func (f Format) marks(d drawing) {
	for _, x := range []float64{0, f.Width} {
		for _, y := range []float64{0, f.Height} {
			d.line(x-1.5, y, x+1.5, y, .1, .55)
			d.line(x, y-1.5, x, y+1.5, .1, .55)
		}
	}
}

// at is a card's own canvas in another, turned over for languages that begin
// at the right.
func (f Format) at(on canvas, x, y float64, fromRight bool) drawing {
	d := drawing{on: on, x: x, y: y}
	if fromRight {
		d.turn = f.Width
	}
	return d
}

// The part of an A4 page that every printer reaches: the same on paper and in
// the browser's print.
const (
	areaWidth, areaHeight = 180.0, 262.0
	edgeX                 = (paper.Width - areaWidth) / 2
	edgeY                 = (paper.Height - areaHeight) / 2
)

// place is where a card lies on the printed part of the page.
func (f Format) place(column, row int) (x, y float64) {
	wide := float64(f.Columns)*f.Width + float64(f.Columns-1)*f.Gap
	return (areaWidth-wide)/2 + float64(column)*(f.Width+f.Gap), 4 + float64(row)*(f.Height+f.Gap)
}

// fill draws the whole page: each card, and thin marks at its corners where to
// cut.
func (f Format) fill(on canvas, w Words, number string) {
	for row := range f.Rows {
		for column := range f.Columns {
			x, y := f.place(column, row)
			d := f.at(on, x, y, w.fromRight())
			f.marks(d)
			f.draw(d, w, number)
		}
	}
}

// digits are the figures of a number.
func digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}
