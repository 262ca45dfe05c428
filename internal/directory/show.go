package directory

import (
	"cmp"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/geo"
	"amelie/internal/web"
)

// entryData is the page of one service.
type entryData struct {
	Title, Official, By, ByOfficial string
	Summary                         string
	What                            string
	State, Fresh                    label
	Authority, Coordination         bool
	Calls                           []call
	Mails                           []string
	Refer, Prepare, Card            string
	Facts                           []row
	Week                            []weekRow
	Always                          bool
	HoursKnown                      bool
	HoursNote, HolidayNote, Zone    string
	Exceptions                      []string
	Helps                           []string
	Places                          []place
	HiddenPlace                     string
	Sites                           []site
	Area                            string
	Source                          string
	Central                         *callBox
	Others                          []other
	Trust                           []row    // by part: when it was verified, how and by whom
	Wrong, Staff                    string   // where to say that something is wrong; where staff see who verified
	Agreed                          []string // public agreements, a sentence each
	Agreements                      string   // where a member finds what the own agency agreed with it
	Edit                            string   // for who keeps this entry
}

type call struct {
	Number, Note, Label string
	Tel                 template.URL
	Fax                 bool
}

type row struct{ Label, Text string }

type place struct {
	Name, Address, Territory string
	Phones                   []call
	Emails                   []string
	Hours                    string
}

type site struct{ URL, Text, Host string }

type other struct{ Href, Title, Text string }

func (d *Directory) entry(c *web.Ctx) error {
	snap, e, _, err := d.entryOf(c)
	if err != nil {
		return err
	}
	v := d.voice(c, snap)
	data := v.entry(e)
	data.Card = c.Path("/entry/" + e.ID() + "/contact.vcf")
	data.Trust = v.trust(e)
	if c.HasRoute("GET /entry/{id}/wrong") {
		data.Wrong = c.Path("/entry/" + e.ID() + "/wrong")
	}
	if c.WayBack() != "" && c.HasRoute("GET /trust/{id}") {
		data.Staff = c.Path("/trust/" + e.ID())
	}
	if e.Group() != Authority {
		if d.receives(c, e) {
			data.Refer = c.Path("/refer/new?service=" + e.ID())
		} else if e.Group() == Support {
			data.Prepare = c.Path("/sheet?service=" + e.ID())
			if c.WayBack() != "" && c.HasRoute("GET /refer/new") && len(e.Service.Ways()) > 0 { // a member can ask it without its having an account
				data.Refer = c.Path("/refer/new?service=" + e.ID())
			}
		}
	}
	if c.WayBack() != "" && d.cfg.MayEdit != nil && d.cfg.MayEdit(c.R, e.Organization.ID) {
		data.Edit = c.Path("/desk/" + e.Organization.ID + "#" + e.ID())
	}
	if len(voicePhones(e.Service)) == 0 {
		// Who cannot be called here may be reached through the helpline.
		if line, ok := snap.index.Helpline(e.Country(), c.Lang, c.Now()); ok && line.Entry.ID() != e.ID() && e.Group() == Support {
			box := v.callBox(line.Entry, c.Path("/entry/"+line.Entry.ID()))
			data.Central = &box
		}
	}
	for _, s := range e.Organization.Services {
		if s.ID != e.ID() {
			name, _ := v.name(s.Name, s.Names)
			data.Others = append(data.Others, other{Href: c.Path("/entry/" + s.ID), Title: name, Text: s.Summary.In(v.lang)})
		}
	}
	if d.cfg.Agreements != nil {
		if data.Agreed, err = d.cfg.Agreements(c, e.Organization.ID); err != nil {
			return err
		}
		if c.WayBack() != "" && c.HasRoute("GET /agreements") {
			data.Agreements = c.Path("/agreements?with=" + url.QueryEscape(e.Organization.ID))
		}
	}
	return entryPage.Render(c, data)
}

func (v voice) entry(e Entry) entryData {
	s, o := e.Service, e.Organization
	data := entryData{
		Summary: s.Summary.In(v.lang), What: s.What.In(v.lang), State: v.open(v.state(e)), Fresh: v.fresh(e),
		Authority: e.Group() == Authority, Coordination: e.Group() == Coordination,
		Week: v.week(s.Hours), Always: s.Hours.Always, HoursKnown: s.Hours.Known(), HoursNote: s.Hours.Note.In(v.lang),
		Exceptions: v.exceptions(s.Hours), Area: v.areas(s.Area),
		Source: v.t("entry.source", "title", o.Source.Title, "date", v.date(o.Source.Date)),
	}
	data.Title, data.Official = v.name(s.Name, s.Names)
	data.By, data.ByOfficial = v.name(o.Name, o.Names)
	if data.By == data.Title {
		data.By, data.ByOfficial = "", ""
	}
	if s.Hours.Holidays != "" {
		data.HolidayNote = v.t("hours.holidays-" + s.Hours.Holidays)
	}
	if data.Week != nil {
		data.Zone = v.t("hours.zone", "country", v.territory(e.Country()))
	}
	for _, p := range append(voicePhones(s), faxes(s)...) {
		data.Calls = append(data.Calls, v.call(p))
	}
	for _, m := range s.Emails {
		data.Mails = append(data.Mails, m.Address)
	}
	for _, l := range allLinks(*o, *s) {
		one := site{URL: l.URL, Text: cmp.Or(l.Title.In(v.lang), host(l.URL)), Host: host(l.URL)}
		if slices.ContainsFunc(data.Sites, func(other site) bool { return other.Text == one.Text }) {
			one.Text = readablePath(l.URL) // two pages of one site
		}
		data.Sites = append(data.Sites, one)
	}
	for _, id := range s.Helps {
		data.Helps = append(data.Helps, v.snap.label("help", id, v.lang))
	}
	for _, p := range s.Places {
		if p.Address != Public {
			data.HiddenPlace = joinNames(data.HiddenPlace, v.town(p))
			continue
		}
		data.Places = append(data.Places, v.place(p))
	}
	data.Facts = v.facts(e)
	return data
}

func joinNames(have, more string) string {
	if have == "" || have == more {
		return more
	}
	return have + ", " + more
}

func faxes(s *Service) []Phone {
	var out []Phone
	for _, p := range s.Phones {
		if p.Kind == "fax" {
			out = append(out, p)
		}
	}
	return out
}

func (v voice) call(p Phone) call {
	c := call{Number: p.Shown(), Note: v.phoneNote(p), Tel: web.SafeTel(p.Dialled()), Fax: p.Kind == "fax"}
	if p.Short != "" && p.Number != "" {
		// A short code works inside the country only.
		full := Phone{Number: p.Number}.Shown()
		c.Note = strings.TrimPrefix(c.Note+". "+v.t("phone.or", "number", full), ". ")
	}
	c.Label = strings.TrimSpace(v.t("action.call", "number", c.Number) + " " + c.Note)
	return c
}

func (v voice) town(p Place) string {
	if name := p.Towns[v.lang]; name != "" {
		return name
	}
	if places := geo.Find(p.Town, geo.Country(p.Territory)); len(places) > 0 && strings.EqualFold(places[0].Name, p.Town) {
		return places[0].Label(v.lang)
	}
	return p.Town
}

func (v voice) place(p Place) place {
	name, _ := v.name(p.Name, p.Names)
	out := place{Name: name, Address: address(p), Hours: v.hoursLine(p.Hours)}
	if p.Territory != "" {
		out.Territory = v.territory(p.Territory)
	}
	for _, one := range p.Phones {
		out.Phones = append(out.Phones, v.call(one))
	}
	for _, m := range p.Emails {
		out.Emails = append(out.Emails, m.Address)
	}
	return out
}

// address is a published address as it is written on a letter.
func address(p Place) string {
	var parts []string
	for _, part := range []string{p.Street, strings.TrimSpace(p.PostalCode + " " + p.Town)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// facts are what a tired person needs to know before calling. What is not
// known is said to be not known.
func (v voice) facts(e Entry) []row {
	s := e.Service
	languages := strings.Join(v.languages(s), ". ")
	rows := []row{
		{v.t("entry.languages"), cmp.Or(languages, v.t("entry.languages-unknown"))},
		{v.t("entry.who"), cmp.Or(v.concepts("target", s.For), v.t("entry.anyone"))},
	}
	if len(s.Forms) > 0 {
		rows = append(rows, row{v.t("entry.forms"), v.concepts("form", s.Forms)})
	}
	if text := s.WhenYouCall.In(v.lang); text != "" {
		rows = append(rows, row{v.t("entry.when-you-call"), text})
	}
	if e.Group() == Support {
		rows = append(rows,
			row{v.t("entry.must-inform"), cmp.Or(s.MustInform.In(v.lang), v.t("entry.must-inform-unknown"))},
			row{v.t("entry.anonymous"), v.answer(s.Anonymous, "answer.anonymous")},
		)
	} else if text := s.MustInform.In(v.lang); text != "" {
		rows = append(rows, row{v.t("entry.must-inform"), text})
	}
	if free := v.free(s); free != "" {
		rows = append(rows, row{v.t("entry.cost"), free})
	}
	if s.DirectReferral != Unknown {
		rows = append(rows, row{v.t("entry.referral"), v.answer(s.DirectReferral, "answer.referral")})
	}
	if len(s.Intake) > 0 {
		var ways []string
		for _, way := range Intakes {
			if slices.Contains(s.Intake, way) {
				ways = append(ways, v.t("intake."+way))
			}
		}
		rows = append(rows, row{v.t("entry.intake"), strings.Join(ways, " · ")})
	}
	if s.Residence != Unknown {
		rows = append(rows, row{v.t("entry.papers"), v.answer(s.Residence, "answer.papers")})
	}
	return rows
}

func (v voice) free(s *Service) string {
	note := s.FreeNote.In(v.lang)
	if s.Free == Unknown {
		return note
	}
	words := v.t("answer.cost." + string(s.Free))
	if note == "" {
		return words
	}
	return words + ". " + note
}

// browseData is the list of all bodies of a country.
type browseData struct {
	Country, Code string
	Countries     []web.Choice
	Groups        []browseGroup
	Ward, Map     string
}

type browseGroup struct {
	ID, Title, Note string
	Bodies          []browseBody
}

type browseBody struct {
	Title, Official string
	Services        []browseService
}

type browseService struct{ Href, Title, Phone, Town string }

func (d *Directory) browse(c *web.Ctx) error {
	snap, err := d.snapshot(c.Context())
	if err != nil {
		return err
	}
	code := strings.ToUpper(c.Param("country"))
	if !slices.Contains(countries, code) {
		return fault.New(fault.NotFound, "directory.error.no-country")
	}
	v := d.voice(c, snap)
	data := browseData{Country: v.territory(code), Code: code, Ward: c.Path("/sheet/ward?country=" + code), Map: c.Path("/map/" + strings.ToLower(code))}
	for _, other := range countries {
		data.Countries = append(data.Countries, web.Choice{Value: other, Label: v.territory(other), URL: c.Path("/browse/" + other), Selected: other == code})
	}
	for _, g := range groups {
		group := browseGroup{ID: string(g), Title: v.t("group." + string(g)), Note: v.t("group." + string(g) + "-note")}
		for i := range snap.views[ForEveryone].organizations {
			if o := &snap.views[ForEveryone].organizations[i]; o.Country == code && o.Group == g {
				group.Bodies = append(group.Bodies, v.body(c, o))
			}
		}
		if len(group.Bodies) > 0 {
			data.Groups = append(data.Groups, group)
		}
	}
	return browsePage.Render(c, data)
}

func (v voice) body(c *web.Ctx, o *Organization) browseBody {
	var body browseBody
	body.Title, body.Official = v.name(o.Name, o.Names)
	for i := range o.Services {
		s := &o.Services[i]
		name, _ := v.name(s.Name, s.Names)
		one := browseService{Href: c.Path("/entry/" + s.ID), Title: name}
		if phones := voicePhones(s); len(phones) > 0 {
			one.Phone = phones[0].Shown()
		}
		if len(s.Places) > 0 {
			one.Town = v.town(s.Places[0])
		}
		body.Services = append(body.Services, one)
	}
	return body
}

// wardData is the sheet for a wall or a pocket: the numbers of a country or a
// territory. Its heading says nothing about the subject, and neither do its
// texts: a person's companion may read the same wall.
type wardData struct {
	Place, Country string
	Plain          bool // without the names of the services
	Lines, Rows    []wardRow
	Territories    []web.Choice
	Countries      []web.Choice
	Printed        string
	QR             template.HTML
	Site           string
}

type wardRow struct{ Name, For, Phone, Hours, Languages, Town string }

func (d *Directory) ward(c *web.Ctx) error {
	snap, err := d.snapshot(c.Context())
	if err != nil {
		return err
	}
	v := d.voice(c, snap)
	code := strings.ToUpper(c.Query("country"))
	if !slices.Contains(countries, code) {
		code = cmp.Or(d.countryOf(Query{Lang: c.Lang}, Result{}), "GR")
	}
	at := c.Query("territory")
	if t, ok := geo.Lookup(at); !ok || geo.Country(t.Code) != code {
		at = code
	}
	data := wardData{Place: v.territory(at), Country: code, Plain: c.Query("names") == "no", Printed: v.texts.Date(v.lang, v.now)}
	for _, other := range countries {
		data.Countries = append(data.Countries, web.Choice{Value: other, Label: v.territory(other), Selected: other == code})
	}
	data.Territories = append([]web.Choice{{Value: "", Label: v.t("ward.whole-country"), Selected: at == code}}, v.regions(code, at)...)
	view := snap.views[ForEveryone]
	for i := range view.organizations {
		o := &view.organizations[i]
		if o.Country != code || o.Group != Support {
			continue
		}
		for j := range o.Services {
			s := &o.Services[j]
			if at != code && !geo.Touches(s.Area, at) || len(voicePhones(s)) == 0 {
				continue
			}
			if r := v.wardRow(Entry{Organization: o, Service: s}); s.Helpline {
				data.Lines = append(data.Lines, r)
			} else {
				data.Rows = append(data.Rows, r)
			}
		}
	}
	data.Rows = newNumbers(data.Lines, data.Rows)
	if data.Plain {
		nameless(v, data.Lines)
		nameless(v, data.Rows)
	}
	if d.cfg.BaseURL != "" {
		data.Site = host(d.cfg.BaseURL)
		data.QR, err = web.QR(d.cfg.BaseURL)
		if err != nil {
			return fault.Wrap(err, "ward sheet")
		}
	}
	return wardPage.Render(c, data)
}

// newNumbers leaves out the rows whose number stands on the sheet already: the
// homes of one organisation are reached through its line.
func newNumbers(lines, rows []wardRow) []wardRow {
	seen := map[string]bool{}
	for _, l := range lines {
		seen[l.Phone] = true
	}
	var out []wardRow
	for _, r := range rows {
		if !seen[r.Phone] {
			seen[r.Phone] = true
			out = append(out, r)
		}
	}
	return out
}

// nameless takes off what tells the subject, for a wall that others read too.
//
// req: DIRECTORY-8
func nameless(v voice, rows []wardRow) {
	for i := range rows {
		rows[i].Name, rows[i].Town = v.t("ward.line"), ""
	}
}

func (v voice) wardRow(e Entry) wardRow {
	s := e.Service
	name, _ := v.name(s.Name, s.Names)
	r := wardRow{Name: name, For: v.concepts("target", s.For), Phone: voicePhones(s)[0].Shown(), Hours: v.hoursLine(s.Hours), Languages: strings.Join(v.languages(s), " · ")}
	if len(s.Places) > 0 {
		r.Town = v.town(s.Places[0])
	}
	return r
}

// regions are the first-level territories of a country, in the order of their names.
func (v voice) regions(country, chosen string) []web.Choice {
	var out []web.Choice
	for _, code := range geo.Children(country) {
		out = append(out, web.Choice{Value: code, Label: v.territory(code), Selected: code == chosen})
	}
	SortNames(out)
	return out
}
