// Package record helps to word a note for the person's record that harms
// nobody.
//
// The idea: records travel. A code on a bill, a word in a portal or a letter at
// home may reach whoever harms the person. So the note is composed of plain
// sentences that say what was seen and done; what tells more stands in it only
// after the person's own yes, each by its own tick, and beside the note the page
// says what is to be kept out. With a script all of it happens in the browser;
// without one the ticks come in the body of a POST and are gone with the answer.
// There is no field to write in: nothing about a person can be typed here.
//
// Stored: nothing.
//
// It must never name what the person may have lived through unless that tick
// was set, and never tick anything beforehand.
package record

import (
	"embed"
	"slices"

	"amelie/internal/web"
)

//go:embed page/*.html page/*.css page/*.js
var files embed.FS

var (
	_    = web.Style(files, "page/record.css")
	_    = web.Script(files, "page/record.js")
	page = web.NewPage[note](files, "page/record.html")
)

// Mount adds the page. Back is the path that leads back into the guide.
func Mount(s *web.Shell, back string) {
	s.Public("GET /guide/record", func(c *web.Ctx) error { return page.Render(c, compose(nil, back)) })
	s.Public("POST /guide/record", func(c *web.Ctx) error {
		f, err := c.Form()
		if err != nil {
			return err
		}
		return page.Render(c, compose(f, back))
	})
}

// part is a group of ticks, under the name of its field.
type part struct {
	Name  string
	Ticks []tick
}

// tick is one statement.
type tick struct {
	ID string
	On bool
}

// What can be ticked, in the order of the note.
var (
	seen   = []string{"alone", "interpreter", "findings", "words"}
	done   = []string{"care", "offered", "later", "appointment", "reach"}
	agreed = []string{"named", "coded", "shown"}
)

// note is what was ticked. Everything that can be said stands in the page, most
// of it hidden, so that a script only shows and hides.
type note struct {
	Back   string
	Parts  []part
	Agreed part
}

func compose(f *web.Form, back string) note {
	read := func(name string, ids []string) part {
		p := part{Name: name}
		for _, id := range ids {
			p.Ticks = append(p.Ticks, tick{id, f != nil && slices.Contains(f.Values(name), id)})
		}
		return p
	}
	return note{Back: back, Parts: []part{read("seen", seen), read("done", done)}, Agreed: read("agreed", agreed)}
}

// Says is what has a sentence of its own in the note. That something may be
// shown is no sentence: then the one that keeps it hidden is left out.
func (n note) Says() (out []tick) {
	for _, p := range append(n.Parts, n.Agreed) {
		out = append(out, p.Ticks...)
	}
	return slices.DeleteFunc(out, func(t tick) bool { return t.ID == "shown" })
}

// Hidden tells whether the note asks to be left out of portal and letters.
//
// req: RECORD-1
func (n note) Hidden() bool {
	return n.Any() && !slices.Contains(n.Agreed.Ticks, tick{"shown", true})
}

// Any tells whether there is a note.
func (n note) Any() bool { return slices.ContainsFunc(n.Says(), func(t tick) bool { return t.On }) }
