package app

import (
	"time"

	"amelie/internal/directory"
)

// needs counts what invented visitors looked for and hardly found, by the way
// of every search: a word on five days, and some services that are missing.
func (d *demoSeed) needs() error {
	for day := range 5 {
		d.at(-time.Duration(9-day) * 24 * time.Hour)
		for range day + 2 {
			d.a.Lexicon.Note(directory.Need{Lang: "el", Country: "GR", Unknown: []string{"ζενωνάκι"}})
			d.a.Lexicon.Note(directory.Need{Lang: "en", Country: "GR", Territory: "GR-B", Help: "accommodation", Language: "vi"})
		}
		d.a.Lexicon.Note(directory.Need{Lang: "de", Country: "DE", Unknown: []string{"obdach"}})
		d.a.Lexicon.Note(directory.Need{Lang: "fr", Country: "BE", Territory: "BE-WAL", Help: "legal-aid", Language: "ti"})
	}
	d.a.Lexicon.Note(directory.Need{Lang: "it", Country: "IT", Territory: "IT-25", Help: "health-care", Language: "yo"})
	return d.a.Lexicon.Sweep(d.ctx)
}
