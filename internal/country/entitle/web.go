package entitle

import (
	"embed"
	"net/http"
	"strings"

	"amelie/internal/country"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css page/*.js
var pages embed.FS

var (
	_ = web.Style(pages, "page/entitle.css")
	_ = web.Script(pages, "page/entitled.js")
	_ = web.Script(pages, "page/care.js")
)

// Rooms are the pages of the finder.
type Rooms struct {
	Set     *Set
	Country func(lang string) string // ISO 3166-1 of where the reader is
}

// Mount adds the pages and the files of the offline guide. Answers are posted,
// so that they stand in no address, log or history.
// req: ENTITLE-4
func (r *Rooms) Mount(s *web.Shell) {
	s.Public("GET /entitlement", func(c *web.Ctx) error {
		return c.Redirect(Path(r.Country(c.Lang)))
	})
	s.Public("GET /entitlement/{country}", r.show)
	s.Public("POST /entitlement/{country}", r.show)
	for _, code := range r.Set.Codes() {
		k, _ := r.Set.Country(code)
		for _, lang := range i18n.Languages {
			s.Raw("GET "+DataPath(code, lang), web.NewPacked("application/json", k.data[lang]))
		}
	}
}

// Path is the page of a country, without the language.
func Path(code string) string { return "/entitlement/" + strings.ToLower(code) }

// DataPath is where the guide that works without a network finds a country in
// one language.
func DataPath(code, lang string) string {
	return "/guide/entitlement/" + strings.ToLower(code) + "/" + lang + ".json"
}

// card is an entitlement in the reader's language.
type card struct {
	Shown
	Way
	CostsText, SayText string
	If                 []string // with what it applies, where that is open
	Cited              []string
}

type question struct {
	ID, Title, Hint string
	Choices         []web.Choice
}

type page struct {
	Code, Name, Compiled string
	Rules                string // address of the country's file
	Countries            []web.Choice
	Questions            []question
	Answered             bool
	Certain, May         []card
	Refused              string
	Sources              []country.Source
}

var showPage = web.NewPage[page](pages, "page/show.html")

func (r *Rooms) show(c *web.Ctx) error {
	code := c.Param("country")
	k, ok := r.Set.Country(strings.ToUpper(code))
	if !ok || code != strings.ToLower(code) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	c.Resend("finder")
	p := r.page(c, k)
	answers, err := r.answers(c)
	if err != nil {
		return err
	}
	for _, shown := range k.Entitled(answers) {
		card := k.card(shown, c.Lang)
		if shown.Certain {
			p.Certain = append(p.Certain, card)
		} else {
			p.May = append(p.May, card)
		}
	}
	return showPage.Render(c, p)
}

// answers are those of the posted form; a refused one is shown at its question
// and counts as not known.
func (r *Rooms) answers(c *web.Ctx) (Answers, error) {
	if c.R.Method != http.MethodPost {
		return Answers{}, nil
	}
	f, err := c.Form()
	if err != nil {
		return nil, err
	}
	a := Answers{}
	for _, q := range r.Set.Questions {
		a[q.ID] = f.Value(q.ID)
	}
	if err := r.Set.Check(a); err != nil {
		if f.Add(err) {
			return Answers{}, nil
		}
		return nil, err
	}
	return a, nil
}

// page is what does not depend on the answers.
func (r *Rooms) page(c *web.Ctx, k *Country) page {
	w := r.Set.words[c.Lang]
	p := page{Code: strings.ToLower(k.Code), Name: k.pack.Name.In(c.Lang), Rules: DataPath(k.Code, c.Lang), Compiled: c.Day(k.Compiled), Refused: w.Refused[k.Code],
		Answered: c.R.Method == http.MethodPost, Sources: append(k.Sources, r.Set.shared.Sources...)}
	for _, code := range r.Set.Codes() {
		other, _ := r.Set.Country(code)
		p.Countries = append(p.Countries, web.Choice{Label: other.pack.Name.In(c.Lang), URL: c.Path(Path(code)), Selected: code == k.Code})
	}
	for _, q := range r.Set.Questions {
		words := w.Question[q.ID]
		x := question{ID: q.ID, Title: words["title"], Hint: words["hint"], Choices: []web.Choice{{Label: c.T("entitle.unknown")}}}
		for _, answer := range q.Answers {
			x.Choices = append(x.Choices, web.Choice{Value: answer, Label: words[answer]})
		}
		p.Questions = append(p.Questions, x)
	}
	return p
}

// card is an entitlement in words.
func (k *Country) card(s Shown, lang string) card {
	w := k.set.words[lang]
	x := card{Shown: s, Way: k.set.Way(s.Entitlement, lang), CostsText: w.Costs[s.Costs], SayText: w.Say[s.Say]}
	for _, o := range s.Origins() {
		x.Cited = append(x.Cited, k.cited(o))
	}
	for _, d := range s.Depends {
		text := w.Question[d.Question]["title"]
		var answers []string
		for _, answer := range d.Answers {
			answers = append(answers, w.Question[d.Question][answer])
		}
		if len(answers) > 0 {
			text += ": " + strings.Join(answers, " / ")
		}
		x.If = append(x.If, text)
	}
	return x
}
