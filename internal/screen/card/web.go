package card

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"amelie/internal/paper"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var (
	_          = web.Style(pages, "page/card.css")
	choicePage = web.NewPage[view](pages, "page/card.html")
)

// Line is a helpline whose number can stand on a card.
type Line struct {
	ID, Name, Number string
	Hours            string // when somebody answers, in words
	Free             bool   // known to cost nothing
}

// Config is what the room needs from outside.
type Config struct {
	Words     map[string]Words // by language
	Languages []string
	Country   func(c *web.Ctx) string // ISO 3166-1 of where the reader is
	Countries func(lang string) []web.Choice
	Lines     func(ctx context.Context, country, lang string, at time.Time) ([]Line, error)
}

// Rooms serve the cards.
type Rooms struct{ Config }

// Mount adds the pages to the shell. What is chosen is posted, so that it
// stands in no address.
func (r Rooms) Mount(s *web.Shell) {
	s.Public("GET /guide/card", r.show)
	s.Public("POST /guide/card", r.show)
	s.Public("POST /guide/card/a4", r.file)
}

type view struct {
	Country, Language, Format string
	Countries, Languages      []web.Choice
	Lines, Formats            []web.Choice
	Line                      *Line // nil: no line of the country can be called
	Picture                   template.HTML
	PDF                       bool
	NoPDF                     string // why there is none
}

// chosen is what a card is made of. What is not offered counts as not chosen.
type chosen struct {
	country, lang string
	lines         []Line
	line          *Line
	format        Format
}

func (r Rooms) chosen(c *web.Ctx) (chosen, error) {
	f := func(string) string { return "" }
	if c.R.Method == "POST" {
		form, err := c.Form()
		if err != nil {
			return chosen{}, err
		}
		f = form.Value
	}
	out := chosen{country: r.Country(c), lang: c.Lang, format: Formats[0]}
	for _, x := range r.Countries(c.Lang) {
		if x.Value == f("country") {
			out.country = x.Value
		}
	}
	if slices.Contains(r.Languages, f("language")) {
		out.lang = f("language")
	}
	for _, x := range Formats {
		if x.ID == f("format") {
			out.format = x
		}
	}
	var err error
	out.lines, err = r.Lines(c.Context(), out.country, c.Lang, c.Now())
	for i := range out.lines {
		if i == 0 || out.lines[i].ID == f("line") {
			out.line = &out.lines[i]
		}
	}
	return out, err
}

func (r Rooms) show(c *web.Ctx) error {
	at, err := r.chosen(c)
	if err != nil {
		return err
	}
	v := view{Country: at.country, Language: at.lang, Format: at.format.ID, Countries: r.Countries(c.Lang), Line: at.line}
	for _, lang := range r.Languages {
		v.Languages = append(v.Languages, web.Choice{Value: lang, Label: web.LanguageName(lang)})
	}
	for _, f := range Formats {
		v.Formats = append(v.Formats, web.Choice{Value: f.ID, Label: c.T("card.format." + f.ID),
			Hint: c.T("card.size", "width", fmt.Sprint(f.Width), "height", fmt.Sprint(f.Height), "n", f.Columns*f.Rows), Selected: f.ID == at.format.ID})
	}
	for _, l := range at.lines {
		v.Lines = append(v.Lines, web.Choice{Value: l.ID, Label: l.Name + " · " + l.Number})
	}
	if at.line != nil {
		words := r.Words[at.lang]
		p := &picture{}
		at.format.fill(p, words, at.line.Number)
		v.Picture = web.Markup(fmt.Sprintf(`<svg viewBox="0 0 %.0f %.0f" fill="currentColor" aria-hidden="true">%s</svg>`, areaWidth, areaHeight, p.b.String()))
		v.PDF = paper.Lacks(words.text()) == ""
		if !v.PDF {
			v.NoPDF = c.T("card.browser", "language", web.LanguageName(at.lang))
		}
	}
	return choicePage.Render(c, v)
}

// text is everything that a language puts on cards.
func (w Words) text() string { return strings.Join(w.all(), "") }

// file answers with the page as a PDF. Its name and title say nothing: it lies
// among the downloads.
//
// req: CARD-2
func (r Rooms) file(c *web.Ctx) error {
	at, err := r.chosen(c)
	if err != nil {
		return err
	}
	words := r.Words[at.lang]
	if at.line == nil || paper.Lacks(words.text()+at.line.Number) != "" {
		return r.show(c)
	}
	doc := paper.New("A4", at.lang)
	at.format.fill(sheet{doc.Page()}, words, at.line.Number)
	return c.Download("a4.pdf", "application/pdf", doc.Bytes())
}
