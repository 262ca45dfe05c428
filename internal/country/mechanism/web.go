package mechanism

import (
	"embed"
	"net/http"
	"slices"
	"strings"

	"amelie/internal/country"
	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pages embed.FS

var _ = web.Style(pages, "page/mechanism.css")

// Rooms are the public pages for professional readers.
type Rooms struct {
	Set   *Set
	Packs *country.Packs
}

// Mount adds the pages. The calculator asks by GET: a day and an age name
// nobody, and a page that was counted can be printed and sent on.
func (r *Rooms) Mount(s *web.Shell) { s.Public("GET /country/{code}/mechanism", r.show) }

// Path is the page of a country, without the language.
func Path(code string) string { return "/country/" + strings.ToLower(code) + "/mechanism" }

// fact is anything with an origin, in the reader's language.
type fact struct {
	ID, Title, Text string
	Rows            []row
	State           country.State
	Verified, Cite  string
}

type row struct{ Label, Text string }

// step is a stage on the line.
type step struct {
	fact
	Kind   Kind
	Pillar string
	Always bool // asks for nothing and waits for nobody
	Asks   []string
	Next   []link
}

type link struct{ ID, Name string }

type form struct {
	fact
	Headings []string
}

type region struct {
	fact
	Agreement string
}

// section is a list of facts under a heading.
type section struct {
	ID, Title string
	Facts     []fact
}

// counter is the calculator with its answer.
type counter struct {
	From, Age string
	AgeLabel  string
	Error     string
	Ages      []web.Choice
	Hint      string
	Said      []string
	Fact      fact
	Rule      string
}

type page struct {
	Code, Name, Path, Compiled string
	Countries                  []web.Choice
	Unverified                 int
	Steps                      []step
	Counter                    counter
	Sections                   []section
	Bodies                     []fact
	Forms                      []form
	Regions                    []region
	Declined                   fact
	Counted                    string
	Sources                    []country.Source
}

var showPage = web.NewPage[page](pages, "page/show.html")

func (r *Rooms) show(c *web.Ctx) error {
	code := c.Param("code")
	p, ok := r.Set.Get(strings.ToUpper(code))
	if !ok || code != strings.ToLower(code) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	v := view{p, Speech{Lang: c.Lang, T: c.T, Day: func(d Day) string { return c.Day(d.String()) }}}
	data := v.page(r.countries(c, p.Country))
	data.Path, data.Compiled = c.Path(Path(code)), c.Day(p.Compiled)
	data.Counter = v.counter(c.Query("from"), c.Query("age"))
	if data.Counter.Error != "" {
		return showPage.RenderStatus(c, http.StatusUnprocessableEntity, data)
	}
	return showPage.Render(c, data)
}

// countries are the mechanisms to choose from, the one that is shown among them.
func (r *Rooms) countries(c *web.Ctx, shown string) []web.Choice {
	var list []web.Choice
	for _, code := range r.Set.Codes() {
		pack, _ := r.Packs.Get(code)
		list = append(list, web.Choice{Label: pack.Name.In(c.Lang), URL: c.Path(Path(code)), Selected: code == shown})
	}
	return list
}

// view is a pack in the reader's language.
type view struct {
	*Pack
	to Speech
}

func (v view) page(countries []web.Choice) page {
	d := page{Code: strings.ToLower(v.Country), Countries: countries, Sources: v.sources(), Unverified: v.unverified(),
		Declined: v.fact("", "", v.Declined.Text, v.Declined.Origin), Counted: v.Declined.Counted}
	for _, c := range countries {
		if c.Selected {
			d.Name = c.Label
		}
	}
	for _, s := range v.Stages {
		d.Steps = append(d.Steps, v.step(s))
	}
	for _, f := range v.Forms {
		x := form{fact: v.fact(f.ID, f.Name.In(v.to.Lang), f.Text, f.Origin, v.row("form.to", v.who(f.To)))}
		for _, h := range f.Headings {
			x.Headings = append(x.Headings, h.In(v.to.Lang))
		}
		d.Forms = append(d.Forms, x)
	}
	for _, r := range v.Regions {
		place, _ := geo.Lookup(r.Code)
		d.Regions = append(d.Regions, region{v.fact(r.Code, place.Name(v.to.Lang), nil, r.Origin), r.Agreement})
	}
	for _, b := range v.Pack.Bodies {
		d.Bodies = append(d.Bodies, v.body(b))
	}
	d.Sections = v.sections()
	return d
}

func (v view) fact(id, title string, text Words, o country.Origin, rows ...row) fact {
	rows = slices.DeleteFunc(rows, func(r row) bool { return r.Text == "" })
	return fact{ID: id, Title: title, Text: text.In(v.to.Lang), Rows: rows, State: o.State(), Verified: o.Verified, Cite: v.Cite(o.Source, o.Article)}
}

func (v view) row(key, text string) row { return row{v.to.T("mechanism." + key), text} }

func (v view) who(ids ...string) string { return v.Who(ids, v.to) }

func (v view) concerns(list []string) string { return v.Concerns(list, v.to) }

func (v view) step(s Stage) step {
	x := step{Kind: s.Kind, Pillar: s.Pillar, Always: s.Kind == Support && v.open(s)}
	var forms []string
	for _, f := range v.Forms {
		if slices.Contains(s.Forms, f.ID) {
			forms = append(forms, f.Name.In(v.to.Lang))
		}
	}
	for _, c := range v.Conditions {
		if slices.Contains(s.Conditions, c.ID) {
			x.Asks = append(x.Asks, c.Text.In(v.to.Lang))
		}
	}
	for _, to := range v.Stages {
		if slices.Contains(s.Next, to.ID) {
			x.Next = append(x.Next, link{to.ID, to.Name.In(v.to.Lang)})
		}
	}
	x.fact = v.fact(s.ID, s.Name.In(v.to.Lang), s.Text, s.Origin, v.row("stage.decides", v.who(s.Decides...)),
		v.row("stage.forms", strings.Join(forms, ", ")), v.row("stage.concerns", v.concerns(s.Citizens)))
	return x
}

// counter answers until when; without a first day it only asks. An age that
// was not chosen is that of an adult, one that is not known here is refused.
func (v view) counter(from, age string) counter {
	k := counter{From: strings.TrimSpace(from), Age: age, Rule: v.Rule(v.to)}
	for _, a := range []string{Adult, Child} {
		choice := web.Choice{Value: a, Label: v.to.T("mechanism.count." + a), Selected: a == age}
		if a == age || k.AgeLabel == "" {
			k.AgeLabel = choice.Label
		}
		k.Ages = append(k.Ages, choice)
	}
	period := v.Reflection(age == Child)
	k.Hint = v.to.T("mechanism.event." + period.Starts)
	if k.From == "" {
		return k
	}
	day, err := ParseDay(k.From)
	if err != nil || age != "" && age != Adult && age != Child {
		k.Error = v.to.T("mechanism.count.error")
		return k
	}
	_, span := v.Deadline(day, age == Child)
	k.Said = v.Say(period, span, v.to)
	k.Fact = v.fact(period.ID, "", period.Text, period.Origin)
	return k
}

func (v view) sections() []section {
	add := func(key string) section {
		return section{ID: strings.Split(key, ".")[0], Title: v.to.T("mechanism." + key)}
	}
	periods, citizens, permits := add("period.title"), add("citizen.title"), add("permit.title")
	for _, x := range v.Periods {
		age := ""
		if x.Ages != "" {
			age = v.to.T("mechanism.count." + x.Ages)
		}
		stage, _ := v.Stage(x.Stage)
		periods.Facts = append(periods.Facts, v.fact(x.ID, stage.Name.In(v.to.Lang), x.Text, x.Origin, v.row("count.age", age),
			v.row("period.starts", v.to.T("mechanism.event."+x.Starts)), v.row("stage.concerns", v.concerns(x.Citizens))))
	}
	for _, x := range v.Permits {
		permits.Facts = append(permits.Facts, v.fact(x.ID, x.Name.In(v.to.Lang), x.Text, x.Origin, v.row("permit.asked", v.who(x.AskedBy...)), v.row("stage.concerns", v.concerns(x.Citizens))))
	}
	out := []section{periods, permits}
	for _, topic := range []string{"child", "recipient"} {
		s := section{ID: topic, Title: v.to.T("mechanism.topic." + topic)}
		for _, f := range v.Facts {
			if f.Topic == topic {
				s.Facts = append(s.Facts, v.fact(f.ID, "", f.Text, f.Origin))
			}
		}
		out = append(out, s)
	}
	for _, f := range v.Facts {
		if f.Topic == "citizens" {
			citizens.Facts = append(citizens.Facts, v.fact(f.ID, v.concerns(f.Citizens), f.Text, f.Origin))
		}
	}
	return append(out, citizens)
}

func (v view) body(b Body) fact {
	words := []string{v.to.T("mechanism.body." + b.Kind)}
	if b.Ages == Child {
		words = append(words, v.to.T("mechanism.body.child"))
	}
	if b.Documents {
		words = append(words, v.to.T("mechanism.body.documents"))
	}
	x := v.fact(b.ID, b.Name.In(v.to.Lang), nil, b.Origin)
	x.Text = strings.Join(words, ", ")
	return x
}

// unverified counts the facts on the pack's page that nobody found in a source.
func (p *Pack) unverified() int {
	return unfound(p.Bodies) + unfound(p.Forms) + unfound(p.Conditions) + unfound(p.Stages) + unfound(p.Periods) +
		unfound(p.Permits) + unfound(p.Facts) + unfound(p.Regions) + unfound([]country.Origin{p.Weekends.Origin, p.Declined.Origin})
}

func unfound[T interface{ State() country.State }](list []T) (n int) {
	for _, x := range list {
		if x.State() == country.Unverified {
			n++
		}
	}
	return n
}
