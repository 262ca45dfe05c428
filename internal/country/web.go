package country

import (
	"context"
	"embed"
	"slices"
	"strings"
	"time"

	"amelie/internal/fault"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var _ = web.Style(pages, "page/country.css")

// Contact is a line or body of the directory as a country page shows it.
type Contact struct {
	Name   string
	Number string // as people write it; empty: none
	Path   string // path of its page without the language; empty: none
}

// Directory finds contacts by the ids of services that a
// pack names; what it does not find it leaves out.
type Directory interface {
	Contacts(ctx context.Context, ids []string, lang string) ([]Contact, error)
}

// Rooms are the public pages for professional readers.
type Rooms struct {
	Packs     *Packs
	Directory Directory
}

// Mount adds the pages to the shell.
func (r *Rooms) Mount(s *web.Shell) {
	s.Public("GET /country", r.list)
	s.Public("GET /country/{code}", r.show)
}

type listPage struct{ Countries []web.Choice }

var listTemplate = web.NewPage[listPage](pages, "page/list.html")

func (r *Rooms) list(c *web.Ctx) error {
	var p listPage
	for _, code := range r.Packs.Codes() {
		pack, _ := r.Packs.Get(code)
		p.Countries = append(p.Countries, web.Choice{Label: pack.Name.In(c.Lang), URL: c.Path("/country/" + strings.ToLower(code))})
	}
	return listTemplate.Render(c, p)
}

// card is a fact in the reader's language with its origin.
type card struct {
	ID          string
	Title, Text string
	To, By, Who string
	Personal    bool
	Informs     string
	Article     string
	Source      Source
	State       State
	Verified    string
	Kind        Kind
	Number      string
	ForChild    bool
	ForDanger   bool
}

type group struct {
	Kind  Kind
	Cards []card
}

type selectBox struct {
	Name    string
	Value   string
	Choices []web.Choice
}

type showPage struct {
	Name       string
	Code       string
	Path       string // of the page, with language, without a filter
	Compiled   string
	Filters    []selectBox
	Filtered   bool
	Groups     []group
	Grounds    []card
	Care       []card
	Numbers    []card
	Helplines  []Contact
	Bodies     []Contact
	Reflection card
	Facts      []card
	Keeping    []card // what a body may keep; without a text nothing was found
	Sources    []Source
	Unverified int // facts that nobody compared with the law
}

var showTemplate = web.NewPage[showPage](pages, "page/show.html")

func (r *Rooms) show(c *web.Ctx) error {
	code := c.Param("code")
	pack, ok := r.Packs.Get(strings.ToUpper(code))
	if !ok || code != strings.ToLower(code) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	query := Query{c.Query("profession"), c.Query("employer"), c.Query("age"), c.Query("situation")}
	duties, err := pack.Duties(query)
	if err != nil {
		return err
	}
	p := showPage{
		Name: pack.Name.In(c.Lang), Code: strings.ToLower(code), Path: c.Path("/country/" + code), Compiled: day(c, pack.Compiled),
		Filters: filters(c, pack.terms, query), Filtered: query != Query{}, Sources: pack.Sources,
		Groups: groups(pack, duties, c.Lang),
	}
	p.facts(pack, c.Lang)
	if p.Helplines, err = r.contacts(c, pack.Helplines); err != nil {
		return err
	}
	if p.Bodies, err = r.contacts(c, pack.Bodies); err != nil {
		return err
	}
	return showTemplate.Render(c, p)
}

func (r *Rooms) contacts(c *web.Ctx, ids []string) ([]Contact, error) {
	if r.Directory == nil {
		return nil, nil
	}
	list, err := r.Directory.Contacts(c.Context(), ids, c.Lang)
	return list, fault.Wrap(err, "contacts of the country page")
}

// day is a date of a pack in the reader's words.
func day(c *web.Ctx, date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return c.Date(t)
}

func filters(c *web.Ctx, t *Terms, q Query) []selectBox {
	box := func(name, value string, terms []Term) selectBox {
		b := selectBox{Name: name, Value: value, Choices: []web.Choice{{Value: "", Label: c.T("country.filter.any")}}}
		for _, x := range terms {
			b.Choices = append(b.Choices, web.Choice{Value: x.ID, Label: x.Label.In(c.Lang)})
		}
		return b
	}
	return []selectBox{
		box("profession", q.Profession, t.Professions), box("employer", q.Employer, t.Employers),
		box("age", q.Age, t.Ages), box("situation", q.Situation, t.Situations),
	}
}

// groups are the duties by kind. A kind without a duty is left out, and a
// reader who narrowed the question sees which kinds are empty by their absence.
func groups(p *Pack, duties []Duty, lang string) []group {
	var list []group
	for _, kind := range []Kind{Must, MustNot, May} {
		g := group{Kind: kind}
		for _, d := range duties {
			if d.Kind == kind {
				g.Cards = append(g.Cards, p.duty(d, lang))
			}
		}
		list = append(list, g)
	}
	return slices.DeleteFunc(list, func(g group) bool { return len(g.Cards) == 0 })
}

func (p *Pack) card(id string, o Origin) card {
	return card{ID: id, Article: o.Article, Source: p.Source(o.Source), State: o.State(), Verified: o.Verified}
}

func (p *Pack) duty(d Duty, lang string) card {
	c := p.card(d.ID, d.Origin)
	c.Kind, c.Text, c.Personal = d.Kind, d.Text.In(lang), d.Personal
	c.To, c.Who = p.terms.Recipient(d.To, lang), p.terms.who(d, lang)
	if p.terms.DeadlineHours(d.By) > 0 {
		c.By = p.terms.Deadline(d.By, lang)
	}
	return c
}

// who is whom a duty concerns, in words; empty for everyone.
func (t *Terms) who(d Duty, lang string) string {
	var words []string
	for _, list := range []struct {
		ids   []string
		terms []Term
	}{{d.Professions, t.Professions}, {d.Employers, t.Employers}, {d.Ages, t.Ages}, {d.Situations, t.Situations}} {
		var part []string
		for _, id := range list.ids {
			if id != Any {
				part = append(part, label(list.terms, id, lang))
			}
		}
		if len(part) > 0 {
			words = append(words, strings.Join(part, ", "))
		}
	}
	return strings.Join(words, " · ")
}

// facts fills what does not depend on the question.
func (s *showPage) facts(p *Pack, lang string) {
	for _, g := range p.AllGrounds {
		c := p.card(g.ID, g.Origin)
		c.Title, c.Personal, c.To = g.Name.In(lang), g.PersonalDuty, p.terms.Recipient(g.To, lang)
		c.ForChild, c.ForDanger = holds(g.For, "child"), holds(g.For, "danger")
		if p.terms.DeadlineHours(g.By) > 0 {
			c.By = p.terms.Deadline(g.By, lang)
		}
		s.Grounds = append(s.Grounds, c)
	}
	for _, x := range p.Care {
		c := p.card(x.ID, x.Origin)
		c.Title, c.Text, c.Informs = x.Name.In(lang), x.Text.In(lang), x.Informs.In(lang)
		s.Care = append(s.Care, c)
	}
	for _, x := range p.Emergency {
		c := p.card(x.ID, x.Origin)
		c.Number, c.Text = x.Number, x.Text.In(lang)
		s.Numbers = append(s.Numbers, c)
	}
	s.Reflection = p.card(p.Reflection.ID, p.Reflection.Origin)
	s.Reflection.Text = p.Reflection.Text.In(lang)
	for _, x := range p.Facts {
		c := p.card(x.ID, x.Origin)
		c.Text = x.Text.In(lang)
		s.Facts = append(s.Facts, c)
	}
	for _, x := range p.Keeping {
		c := p.card(x.ID, x.Origin)
		c.Kind, c.Text = Kind(x.Body), x.Text.In(lang)
		s.Keeping = append(s.Keeping, c)
	}
	s.Unverified = p.unverified()
}

// unverified counts the facts that nobody compared with the law.
func (p *Pack) unverified() int {
	n := 0
	count := func(o Origin) {
		if o.State() == Unverified {
			n++
		}
	}
	for _, x := range p.AllDuties {
		count(x.Origin)
	}
	for _, x := range p.AllGrounds {
		count(x.Origin)
	}
	for _, x := range p.Care {
		count(x.Origin)
	}
	for _, x := range p.Emergency {
		count(x.Origin)
	}
	for _, x := range p.Facts {
		count(x.Origin)
	}
	for _, x := range p.Keeps(Bodies...) {
		count(x.Origin)
	}
	count(p.Reflection.Origin)
	return n
}
