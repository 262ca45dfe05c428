package card

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/paper"
	_ "amelie/internal/screen" // what this page's script imports
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css page/*.js
var pages embed.FS

var (
	_          = web.Style(pages, "page/card.css")
	_          = web.Script(pages, "page/card.js")
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

// FormsPath is where a page finds the drawings of all languages, Path the page
// itself and LinesPath the numbers of a country in the language of the reader,
// both without the language.
const (
	FormsPath = "/guide/card/forms.json"
	Path      = "/guide/card"
)

// LinesPath is where the page finds the numbers of a country.
func LinesPath(code string) string { return Path + "/" + strings.ToLower(code) }

// Mount adds the pages to the shell. With a script the card is put together in
// the browser; without one what is chosen is posted, so that it stands in no
// address.
//
// req: CARD-4
func (r Rooms) Mount(s *web.Shell) {
	if b, err := formsOf(r.Words); err == nil { // maps of strings cannot fail
		s.Raw("GET "+FormsPath, web.NewPacked("application/json", b))
	}
	s.Public("GET /guide/card/{country}", r.numbers)
	s.Public("GET /guide/card", r.show)
	s.Public("POST /guide/card", r.show)
	s.Public("POST /guide/card/a4", r.file)
}

// numbers answers with the lines of a country and their numbers as drawn.
func (r Rooms) numbers(c *web.Ctx) error {
	code := strings.ToUpper(c.Param("country"))
	if !slices.ContainsFunc(r.Countries(c.Lang), func(x web.Choice) bool { return x.Value == code }) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	found, err := r.Lines(c.Context(), code, c.Lang, c.Now())
	if err != nil {
		return err
	}
	type line struct {
		ID    string `json:"id"`
		Label string `json:"label"`
		Tells string `json:"tells"` // whose number it is
		Free  bool   `json:"free"`
		Drawn number `json:"drawn"`
	}
	out := []line{}
	for _, l := range found {
		out = append(out, line{l.ID, l.label(), c.T("card.number", "number", l.Number, "name", l.Name), l.Free, numberOf(l.Number)})
	}
	return c.JSON(http.StatusOK, out)
}

// label is the line in a list.
func (l Line) label() string { return l.Name + " · " + l.Number }

type view struct {
	Country, Language, Format string
	Countries, Languages      []web.Choice
	Lines, Formats            []web.Choice
	Line                      *Line // nil: no line of the country can be called
	Picture                   template.HTML
	PDF                       bool
	NoPDF                     string // why there is none
	Forms, Numbers            string // addresses of the drawings, and of a country's lines before its code
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
	if c.R.Method == http.MethodPost {
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
	c.Resend("card")
	at, err := r.chosen(c)
	if err != nil {
		return err
	}
	return r.page(c, at)
}

func (r Rooms) page(c *web.Ctx, at chosen) error {
	v := view{Country: at.country, Language: at.lang, Format: at.format.ID, Countries: r.Countries(c.Lang), Line: at.line, Forms: FormsPath, Numbers: c.Path(Path) + "/"}
	for _, lang := range r.Languages {
		v.Languages = append(v.Languages, web.Choice{Value: lang, Label: web.LanguageName(lang)})
	}
	for _, f := range Formats {
		v.Formats = append(v.Formats, web.Choice{Value: f.ID, Label: c.T("card.format." + f.ID),
			Hint: c.T("card.size", "width", fmt.Sprint(f.Width), "height", fmt.Sprint(f.Height), "n", f.Columns*f.Rows), Selected: f.ID == at.format.ID})
	}
	for _, l := range at.lines {
		v.Lines = append(v.Lines, web.Choice{Value: l.ID, Label: l.label()})
	}
	if at.line != nil {
		words := r.Words[at.lang]
		p := &picture{}
		at.format.fill(p, words, at.line.Number)
		v.Picture = web.Markup(fmt.Sprintf(`<svg viewBox="0 0 %.0f %.0f" fill="currentColor" aria-hidden="true">%s</svg>`, areaWidth, areaHeight, p.b.String()))
		v.PDF = paper.Lacks(words.text()) == ""
		v.NoPDF = c.T("card.browser", "language", web.LanguageName(at.lang))
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
		return r.page(c, at)
	}
	doc := paper.New("A4", at.lang)
	at.format.fill(sheet{doc.Page()}, words, at.line.Number)
	return c.Download("a4.pdf", "application/pdf", doc.Bytes())
}
