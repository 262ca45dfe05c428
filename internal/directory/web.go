package directory

import (
	"cmp"
	"embed"
	"html"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css page/*.js
var pageFiles embed.FS

var (
	_ = web.Style(pageFiles, "page/directory.css")
	_ = web.Script(pageFiles, "page/near.js")

	findPage   = web.NewPage[findData](pageFiles, "page/find.html")
	entryPage  = web.NewPage[entryData](pageFiles, "page/entry.html")
	browsePage = web.NewPage[browseData](pageFiles, "page/browse.html")
	wardPage   = web.NewPage[wardData](pageFiles, "page/ward.html")
)

// perPage is how many results stand on a page.
const perPage = 12

// Mount registers the directory's pages and interfaces.
func (d *Directory) Mount(s *web.Shell) {
	if d.cfg.Texts == nil || d.cfg.Secret == nil {
		panic("directory: pages need Config.Texts and Config.Secret")
	}
	kept := func(h web.Handler) web.Handler { return web.Kept(d.version, h) }
	s.Public("GET /find", kept(d.find))
	s.Public("POST /find", d.findPosted)
	s.Public("GET /entry/{id}", kept(d.entry))
	s.Public("GET /entry/{id}/contact.vcf", d.vcard)
	s.Public("GET /browse/{country}", kept(d.browse))
	s.Public("GET /sheet/ward", d.ward)
	d.mountAPI(s)
	d.mountHSDS(s)
}

// version names the state of the directory that a page shows.
func (d *Directory) version(c *web.Ctx) string {
	snap, err := d.snapshot(c.Context())
	if err != nil {
		return "" // the handler meets the same error and answers it
	}
	return strconv.FormatInt(snap.version, 10)
}

func (d *Directory) voice(c *web.Ctx, snap *snapshot) voice {
	return voice{texts: c.Config().Texts, lang: c.Lang, now: c.Now(), snap: snap}
}

// findPosted seals the search and sends the reader to its result page.
func (d *Directory) findPosted(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	from := url.Values{}
	for _, name := range append([]string{"toggle"}, searchNames...) {
		from[name] = f.Values(name)
	}
	return d.toResults(c, searchValues(from))
}

func (d *Directory) toResults(c *web.Ctx, values url.Values) error {
	if len(values) == 0 {
		return c.Redirect("/find")
	}
	token, err := d.seal(values)
	if err != nil {
		return err
	}
	return c.Redirect("/find?s=" + token + "#results")
}

// findData is the search page.
type findData struct {
	Fresh     bool // nothing was looked for yet
	Stale     bool // the address is too old or damaged
	Text      string
	Near      string
	HasSpot   bool // a position of the device is part of the search
	Lat, Lon  string
	Languages template.HTML // the options of the list of languages
	Quick     []toggle      // chips that search at once
	More      []filterGroup
	Active    int // filters in use
	Helplines []callBox
	Steps     []string
	Meanings  []string
	Summary   string
	Cards     template.HTML
	Unasked   template.HTML // would fit, but nobody knows which languages they speak
	Named     template.HTML
	Prev      string
	Next      string
	PageText  string
	Aside     *authorityLink
	Authority bool // the list is the authorities'
	Countries []web.Choice
	Ward      string
	Ask       string // asks several of these at once; "" when fewer than two can be
	Map       string
	Noted     bool // it found little, which is counted
}

// toggle is a chip: pressed in the quick row it searches at once.
type toggle struct {
	Name, ID, Value, Label, Count string
	On                            bool
}

type filterGroup struct {
	Name, Legend string
	Chips        []toggle
	Boxes        template.HTML // the chips as boxes to tick
}

// authorityLink leads to the authorities, which are never among the results.
type authorityLink struct{ Text, Value string }

// callBox is a helpline that can be called.
type callBox struct {
	Name, Note, Number, Tel, Detail, Href, Country string
	Closed                                         bool
}

// led marks a search that a link asked for and nobody typed: whoever tries what
// a page of the course leads to is in no need, and a link counts nothing.
const led = "led"

// find answers the search page. A search that stands readable in the address,
// as a link from elsewhere may have it, is sealed first.
func (d *Directory) find(c *web.Ctx) error {
	snap, err := d.snapshot(c.Context())
	if err != nil {
		return err
	}
	given := c.R.URL.Query()
	values, ok := url.Values{}, true
	if token := given.Get("s"); token != "" {
		values, ok = d.unseal(token)
	} else if asked := searchValues(given); len(asked) > 0 {
		asked.Set(led, "1")
		return d.toResults(c, asked)
	}
	v := d.voice(c, snap)
	cut := cutText(values)
	p := &params{values: values, asked: map[string]bool{}}
	q := p.query(snap, c.Lang, c.Now())
	q.Home = d.Home(c.Lang)
	page := pageNumber(given.Get("page"))
	q.Limit, q.Offset = perPage, (page-1)*perPage
	data := findData{Fresh: len(values) == 0, Stale: !ok, Text: q.Text, Languages: v.languageChoices(q.Languages)}
	if q.Near != nil {
		data.Near = q.Near.Place
		if q.Near.Place == "" {
			data.HasSpot = true
			data.Lat, data.Lon = strconv.FormatFloat(q.Near.Lat, 'f', 2, 64), strconv.FormatFloat(q.Near.Lon, 'f', 2, 64)
		}
	}
	result := snap.index.Search(q)
	if err := d.results(c, v, &data, q, result); err != nil {
		return err
	}
	data.Noted = !data.Fresh && !values.Has(led) && d.Note(q, result)
	data.Map = d.mapPath(c, q, given.Get("s"))
	if cut {
		data.Steps = append([]string{v.t("find.cut", "max", maxText)}, data.Steps...)
	}
	for _, w := range p.wrong {
		if w.Key == placeUnknown {
			data.Steps = append([]string{v.t("error.place", w.Args...)}, data.Steps...)
		}
	}
	if page > 1 {
		data.Prev = c.Path("/find?s=" + given.Get("s") + "&page=" + strconv.Itoa(page-1))
	}
	if page*perPage < result.Total {
		data.Next = c.Path("/find?s=" + given.Get("s") + "&page=" + strconv.Itoa(page+1))
	}
	if result.Total > perPage && !data.Fresh {
		data.PageText = v.t("find.page", "page", page, "pages", (result.Total+perPage-1)/perPage)
	}
	return findPage.Render(c, data)
}

// mapPath is the map for a search: of its country, with the search sealed as
// it is here.
func (d *Directory) mapPath(c *web.Ctx, q Query, token string) string {
	path := "/map"
	if len(q.Countries) == 1 {
		path += "/" + strings.ToLower(q.Countries[0])
	} else if len(q.Territories) == 1 {
		path += "/" + strings.ToLower(geo.Country(q.Territories[0]))
	}
	if token != "" {
		path += "?s=" + url.QueryEscape(token)
	}
	return c.Path(path)
}

// cutText shortens a text that is longer than search reads.
func cutText(values url.Values) bool {
	for i, text := range values["q"] {
		if r := []rune(text); len(r) > maxText {
			values["q"][i] = string(r[:maxText])
			return true
		}
	}
	return false
}

func pageNumber(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 10_000 {
		return 1
	}
	return n
}

func (d *Directory) results(c *web.Ctx, v voice, data *findData, q Query, r Result) error {
	country := d.countryOf(q, r)
	if country == "" && len(q.Countries) == 0 && !data.Fresh && len(r.Hits) > 0 {
		country = r.Hits[0].Entry.Country()
	}
	data.Helplines = d.helplines(c, v, q, country)
	data.Quick, data.More = v.filters(r.Facets, r.Total)
	for _, g := range data.More {
		for _, chip := range g.Chips {
			if chip.On {
				data.Active++
			}
		}
	}
	data.Authority = slices.Equal(q.Groups, []Group{Authority})
	data.Ward = c.Path("/sheet/ward?country=" + cmp.Or(country, "GR"))
	for _, code := range countries {
		data.Countries = append(data.Countries, web.Choice{Value: code, Label: v.territory(code), URL: c.Path("/browse/" + code)})
	}
	if data.Fresh {
		return nil
	}
	data.Steps = v.steps(r.Relaxed)
	data.Meanings = v.meanings(r.Meanings)
	data.Summary = v.t("find.results", "n", r.Total)
	if data.Authority {
		data.Summary = v.t("find.bodies", "n", r.Total)
	}
	if r.Authorities > 0 && !data.Authority {
		data.Aside = &authorityLink{Text: v.t("find.authorities", "n", r.Authorities), Value: "group:" + string(Authority)}
	}
	var err error
	if data.Cards, err = d.cards(c, v, r.Hits, v.whyHere); err != nil {
		return err
	}
	data.Ask = d.askSeveral(c, r.Hits)
	said := func(Hit) string { return "" } // the notice above them says why
	if data.Named, err = d.cards(c, v, r.Named, said); err != nil {
		return err
	}
	data.Unasked, err = d.cards(c, v, v.unknownLanguage(q, r), v.whyHere)
	return err
}

// askSeveral is the page that puts one question to several of the results: to
// those that take a referral here, one of each organisation.
func (d *Directory) askSeveral(c *web.Ctx, hits []Hit) string {
	var bodies, services []string
	for _, h := range hits {
		if body := h.Entry.Organization.ID; d.receives(c, h.Entry) && !slices.Contains(bodies, body) {
			bodies, services = append(bodies, body), append(services, h.Entry.ID())
		}
	}
	if len(services) < 2 {
		return ""
	}
	return c.Path("/ask?" + url.Values{"service": services}.Encode())
}

// cards writes the results: of each the two kept parts, and between them why it
// is here. In a template a dozen of them cost as much as the frame.
func (d *Directory) cards(c *web.Ctx, v voice, hits []Hit, why func(Hit) string) (template.HTML, error) {
	var b strings.Builder
	b.Grow(1024 * len(hits)) // a card's size
	for _, hit := range hits {
		f, err := d.face(c, v, hit)
		if err != nil {
			return "", err
		}
		b.WriteString(string(f.open))
		if words := why(hit); words != "" {
			b.WriteString(`<p class="why">` + html.EscapeString(words) + `</p>`)
		}
		b.WriteString(string(f.close))
	}
	return template.HTML(b.String()), nil //nolint:gosec // escaped above, the kept parts by their template
}

// fewResults is up to how many results services of unknown language are shown
// below them, and how many of those.
const fewResults = 5

// unknownLanguage finds what would fit a search for a language, had its source
// said which languages it speaks: not known is not no, and an interpreter on
// the telephone may be enough.
func (v voice) unknownLanguage(q Query, r Result) []Hit {
	if len(q.Languages) == 0 || q.ByStaff || r.Total > fewResults || q.Offset > 0 {
		return nil
	}
	q.Languages, q.Limit = nil, 4*fewResults
	var out []Hit
	for _, hit := range v.snap.index.Search(q).Hits {
		s := hit.Entry.Service
		if len(s.Languages) == 0 && !s.AnyLanguage && s.Interpreted == 0 && len(out) < fewResults &&
			!slices.ContainsFunc(r.Hits, func(h Hit) bool { return h.Entry.ID() == hit.Entry.ID() }) {
			out = append(out, hit)
		}
	}
	return out
}

// helplines are the lines that stand first: that of the country which the
// search is about, or one of each country when nothing tells.
func (d *Directory) helplines(c *web.Ctx, v voice, q Query, country string) []callBox {
	ask := []string{country}
	if country == "" {
		ask = countries
		if len(q.Countries) > 1 {
			ask = q.Countries
		}
	}
	lang := q.Lang
	if len(q.Languages) > 0 {
		lang = q.Languages[0]
	}
	var out []callBox
	for _, code := range ask {
		lines := v.lines(code, lang)
		if len(ask) > 1 && len(lines) > 1 {
			lines = lines[:1] // an overview names one line a country
		}
		for _, e := range lines {
			out = append(out, v.callBox(e, c.Path("/entry/"+e.ID())))
		}
	}
	return out
}

// lines are who can be called first in a country: its helpline, and where that
// has no number the specialised centres beside it.
func (v voice) lines(country, lang string) []Entry {
	hit, ok := v.snap.index.Helpline(country, lang, v.now)
	if !ok {
		return nil
	}
	out := []Entry{hit.Entry}
	if len(voicePhones(hit.Entry.Service)) > 0 {
		return out
	}
	centres := Query{Lang: v.lang, Now: v.now, Countries: []string{country}, Roles: []string{"specialised-centre"}, Groups: []Group{Support}, Limit: 5}
	for _, h := range v.snap.index.Search(centres).Hits {
		if slices.Contains(h.Entry.Service.Roles, "specialised-centre") && len(voicePhones(h.Entry.Service)) > 0 {
			out = append(out, h.Entry)
		}
	}
	return out
}

func (v voice) callBox(e Entry, href string) callBox {
	name, _ := v.name(e.Service.Name, e.Service.Names)
	b := callBox{Name: name, Href: href, Country: v.territory(e.Country()), Detail: strings.Join(v.languages(e.Service), " · ")}
	state := v.state(e)
	b.Note, b.Closed = v.open(state).Text, !state.Open
	if phones := voicePhones(e.Service); len(phones) > 0 {
		b.Number, b.Tel = phones[0].Shown(), phones[0].Dialled()
	} else if links := allLinks(*e.Organization, *e.Service); len(links) > 0 {
		b.Detail = host(links[0].URL)
	}
	return b
}

// state is the opening state of an entry: open when any of its hours is.
func (v voice) state(e Entry) OpenState {
	var best OpenState
	for _, h := range e.Hours() {
		s := h.State(v.now, e.Country())
		switch {
		case s.Open:
			return s
		case !best.Known:
			best = s
		}
	}
	return best
}

// filters turns facets into chips: those that search at once, and all of them.
func (v voice) filters(facets []Facet, total int) (quick []toggle, more []filterGroup) {
	byName := map[FacetName][]FacetValue{}
	for _, f := range facets {
		byName[f.Name] = f.Values
	}
	quick = append(quick, v.chips(FacetCountry, byName[FacetCountry], 10)...)
	for _, name := range flagOrder {
		quick = append(quick, v.chips(name, byName[name], 1)...)
	}
	quick = append(quick, v.chips(FacetHelp, byName[FacetHelp], 5)...)
	// A chip that every result has already changes nothing.
	quick = slices.DeleteFunc(quick, func(t toggle) bool { return !t.On && t.Count == mark(total) })
	for _, name := range listFacets {
		if name == FacetLanguage || name == FacetTerritory && len(byName[name]) > 40 {
			continue // languages have their own list; a long list of territories helps nobody
		}
		if chips := v.chips(name, byName[name], 60); len(chips) > 0 {
			more = append(more, filterGroup{Name: string(name), Legend: v.t("facet." + string(name)), Chips: chips})
		}
	}
	var flags []toggle
	for _, name := range flagOrder {
		flags = append(flags, v.chips(name, byName[name], 1)...)
	}
	if len(flags) > 0 {
		more = append(more, filterGroup{Name: "flags", Legend: v.t("facet.more"), Chips: flags})
	}
	for i := range more {
		more[i].Boxes = boxes(more[i].Chips)
	}
	return quick, more
}

// boxes writes chips as boxes to tick. They are written here and not in the
// page: a hundred of them on each page cost more in a template than the rest.
func boxes(chips []toggle) template.HTML {
	var b strings.Builder
	for _, t := range chips {
		b.WriteString(`<label class="chip"><input type="checkbox" name="` + html.EscapeString(t.Name) + `" value="` + html.EscapeString(t.ID) + `"`)
		if t.On {
			b.WriteString(" checked")
		}
		b.WriteString("><span>" + html.EscapeString(t.Label) + "</span><i>" + t.Count + "</i></label>")
	}
	return template.HTML(b.String()) //nolint:gosec // escaped above
}

// chips are the values of a filter, the chosen first, then the most frequent.
func (v voice) chips(name FacetName, values []FacetValue, most int) []toggle {
	values = slices.Clone(values)
	slices.SortStableFunc(values, func(a, b FacetValue) int {
		if a.Selected != b.Selected {
			if a.Selected {
				return -1
			}
			return 1
		}
		return b.Count - a.Count
	})
	var out []toggle
	for _, one := range values {
		if one.Count == 0 && !one.Selected || len(out) == most && !one.Selected {
			continue
		}
		out = append(out, toggle{Name: string(name), ID: one.ID, Value: string(name) + ":" + one.ID, Label: v.facetValue(name, one.ID), Count: mark(one.Count), On: one.Selected})
	}
	return out
}

func (v voice) facetValue(name FacetName, id string) string {
	switch {
	case schemeOf[name] != "":
		return v.snap.label(schemeOf[name], id, v.lang)
	case name == FacetCountry || name == FacetTerritory:
		return v.territory(id)
	case name == FacetLanguage:
		return Capital(v.language(id))
	}
	return v.t("facet." + string(name))
}

// SpokenHere are the languages offered first: those that people most often
// speak who need the directory's services, and the interface's own.
var SpokenHere = []string{
	"sq", "am", "ar", "bn", "bg", "zh", "nl", "en", "fa", "fr", "ka", "de", "el", "hi", "hu", "it", "ku", "ps", "pl",
	"pt", "pa", "ro", "ru", "sr", "sk", "so", "es", "tl", "ta", "th", "ti", "tr", "uk", "ur", "vi", "wo", "yo",
}

// languageChoices is the list of languages that a person may need, as options.
func (v voice) languageChoices(chosen []string) template.HTML {
	list, ok := v.snap.tongues.Load(v.lang) // the same on every page
	if !ok {
		list, _ = v.snap.tongues.LoadOrStore(v.lang, v.languageList(SpokenHere))
	}
	known := list.([]web.Choice)
	if strange := slices.DeleteFunc(slices.Clone(chosen), func(code string) bool { return slices.Contains(SpokenHere, code) }); len(strange) > 0 {
		known = v.languageList(append(slices.Clone(SpokenHere), strange...))
	}
	return web.Options(v.t("find.any-language"), known, chosen...)
}

func (v voice) languageList(codes []string) []web.Choice {
	out := make([]web.Choice, 0, len(codes))
	for _, code := range codes {
		out = append(out, web.Choice{Value: code, Label: Capital(v.language(code))})
	}
	SortNames(out)
	return out
}

// meanings tells how the words were understood, where that is worth a line.
func (v voice) meanings(all []Meaning) []string {
	var out []string
	for _, m := range all {
		switch m.Kind {
		case MeansConcept:
			out = append(out, v.snap.label(m.By, m.ID, v.lang))
		case MeansTerritory:
			out = append(out, v.territory(m.ID))
		case MeansPlace:
			out = append(out, m.ID)
		case MeansLanguage:
			out = append(out, Capital(v.language(m.ID)))
		}
	}
	return slices.Compact(out)
}

// face is the kept parts of a card, made when they are not there.
func (d *Directory) face(c *web.Ctx, v voice, hit Hit) (face, error) {
	e := hit.Entry
	key := faceKey{lang: v.lang, id: e.ID(), refer: d.receives(c, e), open: hit.Open.Known,
		covers: slices.ContainsFunc(hit.Reasons, func(r Reason) bool { return r.Code == ReasonCovers || r.Code == ReasonCountryWide })}
	f, ok := v.snap.faces.get(v.now, key)
	if !ok {
		var err error
		if f, err = d.makeFace(c, v, hit, key); err != nil {
			return face{}, err
		}
		v.snap.faces.put(v.now, key, f)
	}
	return f, nil
}

// makeFace makes the parts of a card that are the same for every search.
func (d *Directory) makeFace(c *web.Ctx, v voice, hit Hit, key faceKey) (face, error) {
	e := hit.Entry
	name, _ := v.name(e.Service.Name, e.Service.Names)
	by, _ := v.name(e.Organization.Name, e.Organization.Names)
	if by == name {
		by = ""
	}
	var badges []map[string]any
	for _, words := range v.languages(e.Service) {
		badges = append(badges, badge(label{"plain", words}, "talk"))
	}
	if area := v.areas(e.Service.Area); area != "" && len(e.Service.Area) <= 3 && !key.covers {
		badges = append(badges, badge(label{"plain", area}, "pin"))
	}
	badges = append(badges, badge(v.fresh(e), ""))
	dot := map[string]any{"href": c.Path("/entry/" + e.ID()), "title": name, "by": by, "text": e.Service.Summary.In(v.lang), "badges": badges, "actions": d.actions(c, v, e)}
	if key.open {
		dot["state"] = badge(v.open(hit.Open), "")
	}
	var f face
	var err error
	if f.open, err = findPage.Part("result-open", dot); err != nil {
		return f, err
	}
	f.close, err = findPage.Part("result-close", dot)
	return f, err
}

// whyHere is why a result is here, without what its badges say.
func (v voice) whyHere(hit Hit) string {
	return v.why(besideBadges(hit.Reasons), hit.Entry.Service.Area)
}

// besideBadges leaves out the reasons that a card's badges say already.
func besideBadges(all []Reason) []Reason {
	said := []ReasonCode{ReasonVerified, ReasonUnverified, ReasonOpen, ReasonAlways, ReasonOpens}
	return slices.DeleteFunc(slices.Clone(all), func(r Reason) bool { return slices.Contains(said, r.Code) })
}

func badge(l label, icon string) map[string]any {
	return map[string]any{"kind": l.Kind, "text": l.Text, "icon": icon}
}

// actions are the next steps: call, write, refer. An authority is never a
// suggested next step: its phone stands on its own page only.
//
// req: DIRECTORY-7
func (d *Directory) actions(c *web.Ctx, v voice, e Entry) []map[string]any {
	if e.Group() == Authority {
		return nil
	}
	var out []map[string]any
	if phones := voicePhones(e.Service); len(phones) > 0 {
		out = append(out, map[string]any{
			"href": web.SafeTel(phones[0].Dialled()), "label": v.t("action.call", "number", phones[0].Shown()), "icon": "phone", "kind": "quiet prints",
		})
	}
	if len(e.Service.Emails) > 0 {
		out = append(out, map[string]any{"href": template.URL("mailto:" + e.Service.Emails[0].Address), "label": v.t("action.write"), "icon": "mail", "kind": "quiet"})
	}
	if d.receives(c, e) {
		out = append(out, map[string]any{"href": c.Path("/refer/new?service=" + e.ID()), "label": v.t("action.refer"), "icon": "send"})
	}
	return out
}

// receives says whether the refer button leads somewhere.
func (d *Directory) receives(c *web.Ctx, e Entry) bool {
	if d.cfg.Receives == nil || e.Group() == Authority {
		return false
	}
	return d.receivers.ask(e.Organization.ID, c.Now(), func(id string) bool { return d.cfg.Receives(c.Context(), id) })
}

// entryOf finds an entry that everyone may see.
func (d *Directory) entryOf(c *web.Ctx) (*snapshot, Entry, record, error) {
	snap, err := d.snapshot(c.Context())
	if err != nil {
		return nil, Entry{}, record{}, err
	}
	r, ok := snap.views[ForEveryone].byService[c.Param("id")]
	if !ok {
		return nil, Entry{}, record{}, fault.New(fault.NotFound, "directory.error.no-entry")
	}
	return snap, Entry{Organization: r.organization, Service: r.service}, r, nil
}

// vcard answers a contact file with a name that says nothing.
func (d *Directory) vcard(c *web.Ctx) error {
	_, e, r, err := d.entryOf(c)
	if err != nil {
		return err
	}
	file, err := VCard(*e.Organization, *e.Service, r.changed)
	if err != nil {
		return err
	}
	return c.Download(VCardName, "text/vcard; charset=utf-8", file)
}

// refuse answers an open interface's error: a wrong parameter is 400.
func (d *Directory) refuse(s *web.Shell, w http.ResponseWriter, r *http.Request, err error) {
	// Who names a language in the address reads it, whatever the browser says.
	if lang := r.URL.Query().Get("lang"); slices.Contains(ContentLanguages, lang) {
		r = r.Clone(r.Context())
		r.Header.Set("Accept-Language", lang)
	}
	s.BadRequest(w, r, err)
}
