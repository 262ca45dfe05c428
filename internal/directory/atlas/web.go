package atlas

import (
	"embed"
	"html"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css
var pageFiles embed.FS

var (
	_ = web.Style(pageFiles, "page/atlas.css")

	mapPage = web.NewPage[mapData](pageFiles, "page/map.html")
)

// Mount registers the maps and the packs.
func (a *Atlas) Mount(s *web.Shell) {
	kept := func(h web.Handler) web.Handler { return web.Kept(a.version, h) }
	s.Public("GET /map", kept(a.world))
	s.Public("POST /map", a.filtered("/map"))
	s.Public("GET /map/{country}", kept(a.country))
	s.Public("POST /map/{country}", a.filtered("/map/"))
	s.Public("GET /map/{country}/{region}", kept(a.region))
	a.mountPacks(s)
}

// version names the state of the directory that a page shows.
func (a *Atlas) version(c *web.Ctx) string {
	e, err := a.cfg.Directory.Everyone(c.Context())
	if err != nil {
		return "" // the handler meets the same error and answers it
	}
	return strconv.FormatInt(e.Version(), 10)
}

// filtered seals what a map's form asks for and sends the reader to the map
// with it. What else a search held that came from the search page stays.
func (a *Atlas) filtered(path string) web.Handler {
	return func(c *web.Ctx) error {
		f, err := c.Form()
		if err != nil {
			return err
		}
		values, _ := a.cfg.Directory.OpenSearch(f.Value("s"))
		if values == nil {
			values = url.Values{}
		}
		for _, name := range []string{"help", "language"} {
			values[name] = f.Values(name)
		}
		to := path
		if code := c.Param("country"); code != "" {
			if _, ok := sheets.country[strings.ToUpper(code)]; !ok {
				return fault.New(fault.NotFound, "directory.error.no-country")
			}
			to += strings.ToLower(code)
		}
		return a.cfg.Directory.ToSearch(c, to, values)
	}
}

// asking is what a page of the map is asked for.
type asking struct {
	a      *Atlas
	c      *web.Ctx
	all    directory.Everyone
	survey survey
	values url.Values // of a search, nil: none
	suffix string     // of every link to another map, so that the search goes along
	stale  bool
	near   bool // nobody fits all of the search; those that come close are counted
}

// ask reads the request for a map of some countries. Without a search the counts
// of this version of the directory are at hand.
//
// req: ATLAS-3
func (a *Atlas) ask(c *web.Ctx, countries ...string) (*asking, error) {
	all, err := a.cfg.Directory.Everyone(c.Context())
	if err != nil {
		return nil, err
	}
	q := &asking{a: a, c: c, all: all}
	if token := c.Query("s"); token != "" {
		if q.values, _ = a.cfg.Directory.OpenSearch(token); q.values == nil {
			q.stale = true
		} else {
			q.suffix = "?s=" + url.QueryEscape(token)
		}
	}
	if q.values == nil {
		q.survey = a.survey.of(all.Version(), func() survey { return newSurvey(directory.Countries(), everyEntry(all)) })
		return q, nil
	}
	// A search for one country or region is shown on all maps: where it leads
	// is what the map is for. Authorities never are. req: ATLAS-2
	query := a.cfg.Directory.QueryOf(all, q.values, c.Lang, c.Now())
	query.Groups, query.Countries, query.Territories, query.Near = nil, nil, nil, nil
	found, near := all.Matching(query)
	q.survey, q.near = newSurvey(countries, found), near
	return q, nil
}

// everyEntry is the whole published directory, service by service.
func everyEntry(all directory.Everyone) []directory.Entry {
	var out []directory.Entry
	organizations := all.Organizations()
	for i := range organizations {
		for j := range organizations[i].Services {
			out = append(out, directory.Entry{Organization: &organizations[i], Service: &organizations[i].Services[j]})
		}
	}
	return out
}

func (q *asking) services(n int) string { return q.c.T("atlas.services", "n", n) }

// label names a link of the picture: "Attica: 5 services".
func (q *asking) label(place string, n int) string {
	return q.c.T("atlas.label", "place", place, "services", q.services(n))
}

func (q *asking) territory(code string) string { return directory.TerritoryIn(q.c.Lang, code) }

// orders remembers the territories of each sheet in the order of their names in
// each language: the keyboard and the lists go through them so, on every page.
var orders sync.Map // orderKey to []drawn

type orderKey struct {
	sheet *sheet
	lang  string
}

// byName is what a sheet draws, in the order of the names. Not to be changed.
func byName(s *sheet, lang string) []drawn {
	key := orderKey{s, lang}
	if have, ok := orders.Load(key); ok {
		return have.([]drawn)
	}
	shapes := slices.Clone(s.shapes)
	fold.Sort(shapes, func(d drawn) string { return directory.TerritoryIn(lang, d.code) })
	orders.Store(key, shapes)
	return shapes
}

// mapPath is the address of a country's or a region's map: "GR-I" is /map/gr/i.
func mapPath(code string) string {
	return "/map/" + strings.ToLower(strings.Replace(code, "-", "/", 1))
}

func (q *asking) href(code string) string { return q.c.Path(mapPath(code)) + q.suffix }

// mapData is a page of the map: of all countries, of a country or of a region.
type mapData struct {
	Filter  filter
	Map     template.HTML
	List    template.HTML // beside the map
	Lines   []callBox
	Country *countryData
	Region  *regionData
}

// callBox is a telephone line that stands first.
type callBox struct {
	Name, Note, Number, Tel, Detail, Href string
	Closed                                bool
}

// row is a territory in the list beside a map.
type row struct{ name, href, count, towns string }

// listOf writes the list beside a map. It is written here and not in the page,
// as the options are: a map with a search on it is made for each reader.
func listOf(rows []row) template.HTML {
	var b strings.Builder
	b.WriteString(`<ul class="map-list">`)
	for _, r := range rows {
		b.WriteString(`<li><a href="` + html.EscapeString(r.href) + `"><b>` + html.EscapeString(r.name) + `</b> <span class="num">` + html.EscapeString(r.count) + `</span>`)
		if r.towns != "" {
			b.WriteString(` <small>` + html.EscapeString(r.towns) + `</small>`)
		}
		b.WriteString(`</a></li>`)
	}
	b.WriteString(`</ul>`)
	return template.HTML(b.String()) //nolint:gosec // escaped above
}

// filter is the form above a map.
type filter struct {
	Action, Token    string
	Helps, Languages template.HTML // options
	On               bool
	Clear, Search    string // where all is shown; the search page with the same search
	Words            string // what is looked for
	Stale, Near      bool
}

func (q *asking) filter(path string) filter {
	f := filter{Action: q.c.Path(path), Clear: q.c.Path(path), On: q.values != nil, Stale: q.stale, Near: q.near,
		Helps:     web.Options(q.c.T("atlas.any-help"), q.all.Choices("help", q.c.Lang), q.values["help"]...),
		Languages: q.all.LanguageOptions(q.a.cfg.Texts, q.c.Lang, q.values["language"])}
	if !f.On {
		return f
	}
	f.Token = q.c.Query("s")
	f.Search = q.c.Path("/find?s=" + url.QueryEscape(f.Token))
	var words []string
	if text := q.values.Get("q"); text != "" {
		words = append(words, text)
	}
	for _, id := range q.values["help"] {
		words = append(words, q.all.Label("help", id, q.c.Lang))
	}
	for _, code := range q.values["language"] {
		words = append(words, directory.Capital(q.all.LanguageName(q.c.Lang, code)))
	}
	f.Words = strings.Join(words, " · ")
	return f
}

func (a *Atlas) world(c *web.Ctx) error {
	q, err := a.ask(c, directory.Countries()...)
	if err != nil {
		return err
	}
	data := mapData{Filter: q.filter("/map"), Map: q.worldMap()}
	var rows []row
	for _, d := range byName(sheets.all(), c.Lang) {
		rows = append(rows, row{name: q.territory(d.code), href: q.href(d.code), count: c.Number(len(q.survey[d.code].entries))})
	}
	data.List = listOf(rows)
	return mapPage.Render(c, data)
}

// worldMap draws the four countries, each with its number in a circle.
func (q *asking) worldMap() template.HTML {
	s := sheets.all()
	var p picture
	p.open(s, q.c.T("atlas.heading"), q.c.T("atlas.desc-world"))
	var spots []spot
	text := map[string]string{}
	for _, d := range s.shapes {
		n := len(q.survey[d.code].entries)
		p.shape(d, link{q.href(d.code), q.label(q.territory(d.code), n)}, 2)
		spots = append(spots, spot{unit: d.code, at: d.label, n: n, r: mostRadius})
		text[d.code] = q.territory(d.code)
	}
	for _, one := range spots {
		p.mark(one, q.href(one.unit))
	}
	p.names(namesBelow(spots, text))
	return p.close()
}

// countryData is the page of one country.
type countryData struct {
	Name      string
	Countries []web.Choice
	Legend    []shade
	Whole     []service
	More      int // services of the whole country that are not listed here
	Ward      string
	Browse    string
	Search    string
}

// shade is a step of the legend.
type shade struct {
	Number int
	Text   string
}

// askCountry reads the request for a map of the country in its address, or of a
// region of it.
func (a *Atlas) askCountry(c *web.Ctx) (*asking, *country, error) {
	code := strings.ToUpper(c.Param("country"))
	if sheets.country[code] == nil {
		return nil, nil, fault.New(fault.NotFound, "directory.error.no-country")
	}
	q, err := a.ask(c, code)
	if err != nil {
		return nil, nil, err
	}
	return q, q.survey[code], nil
}

func (a *Atlas) country(c *web.Ctx) error {
	q, n, err := a.askCountry(c)
	if err != nil {
		return err
	}
	code := n.code
	one := &countryData{Name: q.territory(code), Ward: c.Path("/sheet/ward?country=" + code), Browse: c.Path("/browse/" + code), Search: c.Path("/find?country=" + code)}
	for _, other := range directory.Countries() {
		one.Countries = append(one.Countries, web.Choice{Label: q.territory(other), URL: q.href(other), Selected: other == code})
	}
	one.Whole, one.More = q.list(n.whole, 24)
	data := mapData{Country: one, Filter: q.filter(mapPath(code))}
	if data.Lines, err = q.lines(code); err != nil {
		return err
	}
	data.Map, one.Legend = q.countryMap(n)
	var rows []row
	for _, d := range byName(sheets.country[code](), c.Lang) {
		r := n.regions[d.code]
		rows = append(rows, row{name: q.territory(d.code), href: q.href(d.code), count: c.Number(len(r.entries)), towns: q.towns(r)})
	}
	data.List = listOf(rows)
	return mapPage.Render(c, data)
}

// lines is the telephone line that stands above a country's and a region's map.
func (q *asking) lines(code string) ([]callBox, error) {
	if q.a.cfg.Lines == nil {
		return nil, nil
	}
	lines, err := q.a.cfg.Lines(q.c.Context(), code, q.c.Lang, q.c.Now())
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	b := lines[0]
	box := callBox{Name: b.Name, Note: b.Note, Detail: b.Detail, Href: q.c.Path("/entry/" + b.ID), Closed: !b.Open.Open}
	if len(b.Numbers) > 0 {
		box.Number, box.Tel = b.Numbers[0].Shown, b.Numbers[0].Number
	}
	return []callBox{box}, nil
}

// towns words where in a region services are, the most first.
func (q *asking) towns(r *region) string {
	var out []string
	for _, t := range r.towns[:min(len(r.towns), 6)] {
		name := directory.TownOf(t.place, q.c.Lang)
		if len(t.entries) > 1 {
			name += " (" + q.c.Number(len(t.entries)) + ")"
		}
		out = append(out, name)
	}
	if len(r.towns) > 6 {
		out = append(out, q.c.T("atlas.more-towns", "n", len(r.towns)-6))
	}
	return strings.Join(out, ", ")
}

// countryMap draws a country's regions, shaded by their counts, and its towns
// as circles.
func (q *asking) countryMap(n *country) (template.HTML, []shade) {
	s := sheets.country[n.code]()
	most := 0
	for _, r := range n.regions {
		most = max(most, len(r.entries))
	}
	from := scale(most)
	var p picture
	p.open(s, q.c.T("atlas.country", "country", q.territory(n.code)), q.c.T("atlas.desc"))
	text := map[string]string{}
	for _, d := range byName(s, q.c.Lang) {
		count := len(n.regions[d.code].entries)
		p.shape(d, link{q.href(d.code), q.label(q.territory(d.code), count)}, shadeOf(count, from))
		text[d.code] = short(q.territory(d.code))
	}
	spots := gatherSpots(n.dots(s), s.height)
	p.names(placeNames(s.shapes, spots, text, s.height))
	for _, one := range spots {
		r := n.regions[one.unit]
		name := directory.TownOf(r.towns[one.town].place, q.c.Lang)
		if one.towns > 1 {
			name = q.c.T("atlas.around", "town", name, "n", one.towns-1)
		}
		p.spot(one, link{q.href(one.unit) + "#t" + strconv.Itoa(one.town), q.label(name, one.n)})
	}
	return p.close(), q.legend(from)
}

// short leaves out what only tells two territories apart in a list.
func short(name string) string {
	name, _, _ = strings.Cut(name, " (")
	return name
}

// dots are a country's towns on its sheet.
func (n *country) dots(s *sheet) []dot {
	var out []dot
	for unit, r := range n.regions {
		for i, t := range r.towns {
			out = append(out, dot{unit: unit, town: i, at: s.at(t.at), n: len(t.entries)})
		}
	}
	return out
}

// legend words the shades: "1–2", "more than 8".
func (q *asking) legend(from []int) []shade {
	var out []shade
	for i, f := range from {
		s := shade{Number: shadeOf(f, from), Text: q.c.Number(f)}
		switch {
		case i+1 == len(from) && f > 0:
			s.Text = q.c.T("atlas.or-more", "n", f)
		case i+1 < len(from) && from[i+1] > f+1:
			s.Text = q.c.Number(f) + "–" + q.c.Number(from[i+1]-1)
		}
		out = append(out, s)
	}
	return out
}

// service is an entry in a list of the map.
type service struct {
	directory.Brief
	Href string
	By   string
}

// list tells at most so many entries, by name, and how many are left out.
func (q *asking) list(entries []directory.Entry, most int) ([]service, int) {
	entries = slices.Clone(entries)
	fold.Sort(entries, func(e directory.Entry) string { return e.Organization.Name + "\x00" + e.Service.Name })
	var out []service
	for _, e := range entries[:min(len(entries), most)] {
		b := q.a.cfg.Directory.BriefOf(q.all, q.a.cfg.Texts, e, q.c.Lang, q.c.Now())
		s := service{Brief: b, Href: q.c.Path("/entry/" + b.ID), By: b.OrganizationName}
		if s.By == s.Name {
			s.By = ""
		}
		out = append(out, s)
	}
	return out, max(0, len(entries)-most)
}

// regionData is the page of one region: the end of the map, a list.
type regionData struct {
	Name, Country string
	Back          string
	Count         string
	Groups        []group
	More          int // services that are not listed here
	Whole         int // services of the whole country
	WholeHref     string
	Search        string // the search page, for this region and what was looked for
}

// group is the services of a town, or those without a place.
type group struct {
	ID, Title string
	Services  []service
}

// perRegion is how many services a region's page lists; the search has them all.
const perRegion = 60

func (a *Atlas) region(c *web.Ctx) error {
	q, n, err := a.askCountry(c)
	if err != nil {
		return err
	}
	code := n.code
	unit := code + "-" + strings.ToUpper(c.Param("region"))
	r := n.regions[unit]
	if r == nil {
		return fault.New(fault.NotFound, "atlas.no-region")
	}
	one := &regionData{Name: q.territory(unit), Country: q.territory(code), Back: q.href(code),
		Count: q.services(len(r.entries)), Whole: len(n.whole), WholeHref: q.href(code) + "#whole"}
	if one.Search, err = q.search(unit); err != nil {
		return err
	}
	one.Groups, one.More = q.groups(r)
	data := mapData{Region: one, Filter: q.filter(mapPath(unit))}
	if data.Lines, err = q.lines(code); err != nil {
		return err
	}
	return mapPage.Render(c, data)
}

// search is the search page for a region, with what was looked for.
func (q *asking) search(unit string) (string, error) {
	if q.values == nil {
		return q.c.Path("/find?territory=" + unit), nil
	}
	values := url.Values{}
	for name, list := range q.values {
		values[name] = list
	}
	for _, name := range []string{"country", "near", "lat", "lon", "km"} {
		values.Del(name)
	}
	values.Set("territory", unit)
	token, err := q.a.cfg.Directory.Sealed(values)
	return q.c.Path("/find?s=" + url.QueryEscape(token)), err
}

// groups lists a region's services by town, then those without a place.
func (q *asking) groups(r *region) (out []group, more int) {
	left := perRegion
	add := func(id, title string, entries []directory.Entry) {
		services, cut := q.list(entries, left)
		left, more = left-len(services), more+cut
		if len(services) > 0 {
			out = append(out, group{id, title, services})
		}
	}
	for i, t := range r.towns {
		add("t"+strconv.Itoa(i), directory.TownOf(t.place, q.c.Lang), t.entries)
	}
	rest := slices.DeleteFunc(slices.Clone(r.entries), func(e directory.Entry) bool { return r.placed[e.ID()] })
	title := q.c.T("atlas.unplaced")
	if len(out) == 0 {
		title = q.c.T("atlas.for-region")
	}
	add("rest", title, rest)
	return out, more
}
