package directory

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// hsdsMapper turns published organisations into records of the book.
type hsdsMapper struct {
	book      *hsdsBook
	changed   map[string]time.Time
	checks    map[string][]Verification
	territory territoryNamer
	vocab     Vocabulary
}

func (m *hsdsMapper) organization(o Organization) {
	id := hsdsID("organization", o.ID)
	rec := hsdsOrganization{
		ID: id, Name: o.Name, AlternateName: alternate(o.Name, o.Names), Description: cmp.Or(o.Summary.In("en"), o.Name),
		Identifiers: []hsdsIdentifier{{ID: hsdsID("identifier", o.ID), Scheme: "amelie", Type: "directory", Value: o.ID}},
	}
	if o.Parent != "" {
		rec.ParentID = hsdsID("organization", o.Parent)
	}
	for i, l := range o.Website {
		if i == 0 {
			rec.Website = l.URL
			continue
		}
		rec.AdditionalWebsites = append(rec.AdditionalWebsites, hsdsURL{ID: hsdsID("url", o.ID, l.URL), Label: l.Title.In("en"), URL: l.URL})
	}
	rec.Attributes = m.organizationFacts(o, id)
	nested := rec // what a service nests: the organisation without its services
	for _, s := range o.Services {
		full := m.service(o, s, &nested)
		rec.Services = append(rec.Services, hsdsService{ID: full.ID, Name: full.Name, Status: full.Status})
		for _, at := range full.AtLocations {
			if at.Location != nil {
				rec.Locations = append(rec.Locations, *at.Location)
			}
		}
	}
	m.book.organization[id] = len(m.book.organizations)
	m.book.organizations = append(m.book.organizations, rec)
}

func (m *hsdsMapper) organizationFacts(o Organization, id string) []hsdsAttribute {
	f := &facts{entity: "organization", link: id, own: o.ID}
	f.profile("identifier", o.ID)
	f.profile("group", string(o.Group))
	f.profile("kind", o.Kind)
	f.profile("source", o.Source.Title)
	f.profile("source-date", o.Source.Date)
	f.translations("name", o.Names)
	f.translations("description", o.Summary)
	return f.list
}

func (m *hsdsMapper) service(o Organization, s Service, nested *hsdsOrganization) hsdsService {
	id := hsdsID("service", s.ID)
	rec := hsdsService{
		ID: id, OrganizationID: nested.ID, Name: s.Name, AlternateName: alternate(s.Name, s.Names), Status: "active",
		Description:        joinTexts(s.Summary.In("en"), s.What.In("en")),
		Interpretation:     interpretationWords(s),
		ApplicationProcess: s.WhenYouCall.In("en"),
		FeesDescription:    feesWords(s),
		Eligibility:        m.termNames("target", s.For),
		AssuredDate:        s.Verified,
		LastModified:       m.changed[s.ID].UTC().Format("2006-01-02T15:04:05.000Z"),
		Phones:             m.phones(s.ID, s.Phones),
		Schedules:          schedules(s.ID, s.Hours),
		ServiceAreas:       m.areas(s),
		Languages:          m.languages(s),
		Contacts:           contacts(s.ID, s.Emails),
		Organization:       nested,
	}
	for i, l := range s.Website {
		if i == 0 {
			rec.URL = l.URL
			continue
		}
		rec.AdditionalURLs = append(rec.AdditionalURLs, hsdsURL{ID: hsdsID("url", s.ID, l.URL), Label: l.Title.In("en"), URL: l.URL})
	}
	if len(s.Emails) > 0 {
		rec.Email = s.Emails[0].Address
	}
	rec.Attributes = m.serviceFacts(o, s, id)
	for _, p := range s.Places {
		if at, ok := m.place(s, p, rec); ok {
			rec.AtLocations = append(rec.AtLocations, at)
		}
	}
	m.keep(s, rec)
	return rec
}

// keep files a full service under everything it can be asked by.
func (m *hsdsMapper) keep(s Service, rec hsdsService) {
	b := m.book
	b.service[rec.ID] = len(b.services)
	b.services = append(b.services, rec)
	b.ours[rec.ID] = s.ID
	b.modified[rec.ID] = m.changed[s.ID]
	b.minimal = append(b.minimal, hsdsMinimal{ID: rec.ID, LastModified: rec.LastModified})
	terms := map[string]bool{}
	for _, a := range rec.Attributes {
		terms[a.TermID] = true
	}
	b.termsOf[rec.ID] = terms
	b.texts[rec.ID] = b.text(&b.services[len(b.services)-1])
}

func (m *hsdsMapper) serviceFacts(o Organization, s Service, id string) []hsdsAttribute {
	f := &facts{entity: "service", link: id, own: s.ID, book: m.book}
	for _, c := range []struct {
		scheme string
		ids    []string
	}{{"help", s.Helps}, {"target", s.For}, {"form", s.Forms}, {"setting", s.Settings}, {"role", s.Roles}} {
		for _, concept := range c.ids {
			f.concept(c.scheme, concept)
		}
	}
	f.profile("identifier", s.ID)
	f.profile("group", string(o.Group))
	f.checked(m.checks[s.ID])
	f.yes("national-helpline", s.Helpline)
	f.yes("always-open", s.Hours.Always)
	f.profile("holidays", s.Hours.Holidays)
	f.profile("opening-note", s.Hours.Note.In("en"))
	f.profile("anonymous", string(s.Anonymous))
	f.profile("must-inform", s.MustInform.In("en"))
	f.profile("direct-referral", string(s.DirectReferral))
	for _, way := range s.Intake {
		f.profile("intake", way)
	}
	f.profile("without-papers", string(s.Residence))
	f.profile("free", string(s.Free))
	if s.Interpreted > 0 {
		f.profile("interpreted-languages", fmt.Sprint(s.Interpreted))
	}
	f.yes("any-language", s.AnyLanguage)
	for _, p := range s.Places {
		if p.Address != Public {
			f.profile("town", p.Town)
		}
	}
	f.profile("source", o.Source.Title)
	f.profile("source-date", o.Source.Date)
	f.translations("name", s.Names)
	f.translations("description", s.Summary)
	f.translations("description-more", s.What)
	f.translations("application_process", s.WhenYouCall)
	f.translations("must-inform", s.MustInform)
	return f.list
}

// place makes the location of a service. A place whose address is not public
// has no location: a shelter has none rather than a false one.
//
// req: DIRECTORY-5
func (m *hsdsMapper) place(s Service, p Place, rec hsdsService) (hsdsServiceAtLocation, bool) {
	if p.Address != Public {
		return hsdsServiceAtLocation{}, false
	}
	loc := hsdsLocation{
		ID: hsdsID("location", p.ID), Type: "physical", Name: cmp.Or(p.Name, p.Names.In("en"), p.Town),
		Phones: m.phones(p.ID, p.Phones), Contacts: contacts(p.ID, p.Emails), Schedules: schedules(p.ID, p.Hours),
	}
	if p.Lat != 0 || p.Lon != 0 {
		loc.Latitude, loc.Longitude = &p.Lat, &p.Lon
	}
	if p.Street != "" {
		loc.Addresses = []hsdsAddress{{
			ID: hsdsID("address", p.ID), Address1: p.Street, City: p.Town, StateProvince: m.territory(p.Territory),
			PostalCode: p.PostalCode, Country: country(p.Territory, s.Area), Type: "physical",
		}}
	}
	at := hsdsServiceAtLocation{
		ID: hsdsID("service-at-location", s.ID, p.ID), ServiceID: rec.ID, LocationID: loc.ID,
		Description: rec.Name, ServiceAreas: rec.ServiceAreas, Contacts: rec.Contacts, Phones: rec.Phones, Schedules: rec.Schedules, Location: &loc,
	}
	listed := at
	listed.Service = rec.plain()
	m.book.atLocation[at.ID] = len(m.book.atLocations)
	m.book.atLocations = append(m.book.atLocations, listed)
	m.book.places[at.ID] = p
	// Nested in its service, a location does not repeat the service's own
	// contact points.
	at.ServiceAreas, at.Contacts, at.Phones, at.Schedules = nil, nil, nil, nil
	return at, true
}

func (m *hsdsMapper) phones(owner string, all []Phone) []hsdsPhone {
	var out []hsdsPhone
	for _, p := range all {
		number := p.Number
		if number == "" {
			number = p.Short
		}
		kind := p.Kind
		switch kind {
		case "":
			kind = "voice"
		case "mobile":
			kind = "cell"
		}
		out = append(out, hsdsPhone{ID: hsdsID("phone", owner, p.Kind, number), Number: number, Type: kind, Description: phoneWords(p)})
	}
	return out
}

// phoneWords says in English what the number alone does not.
func phoneWords(p Phone) string {
	var parts []string
	switch p.Use {
	case "abroad":
		parts = append(parts, "From other countries.")
	case "professionals":
		parts = append(parts, "For professionals.")
	}
	if p.Free == Yes {
		parts = append(parts, "Free of charge.")
	}
	if note := p.Note.In("en"); note != "" {
		parts = append(parts, note)
	}
	if p.Number != "" && p.Short != "" {
		parts = append(parts, "Within the country: "+p.Short+".")
	}
	return strings.Join(parts, " ")
}

func contacts(owner string, all []Email) []hsdsContact {
	var out []hsdsContact
	for _, e := range all {
		out = append(out, hsdsContact{ID: hsdsID("contact", owner, e.Address), Department: e.Use, Email: e.Address})
	}
	return out
}

func (m *hsdsMapper) areas(s Service) []hsdsArea {
	var out []hsdsArea
	for _, code := range s.Area {
		out = append(out, hsdsArea{ID: hsdsID("area", s.ID, code), Name: m.territory(code), Description: "ISO 3166 " + code, Extent: code, ExtentType: "text"})
	}
	return out
}

func (m *hsdsMapper) languages(s Service) []hsdsLanguage {
	var out []hsdsLanguage
	for _, l := range s.Languages {
		note := ""
		if l.By == "interpreter" {
			note = "By interpreter"
		}
		out = append(out, hsdsLanguage{ID: hsdsID("language", s.ID, l.Code, l.By), Name: m.vocab.LanguageName("en", l.Code), Code: l.Code, Note: note})
	}
	return out
}

func (m *hsdsMapper) termNames(scheme string, ids []string) string {
	var out []string
	for _, id := range ids {
		if i, ok := m.book.term[hsdsID("term", scheme, id)]; ok {
			out = append(out, m.book.terms[i].Name)
		}
	}
	return strings.Join(out, "; ")
}

// plain keeps the one-to-one fields alone, for lists.
func (s hsdsService) plain() *hsdsService {
	s.AdditionalURLs, s.Phones, s.Schedules, s.ServiceAreas, s.AtLocations = nil, nil, nil, nil, nil
	s.Languages, s.Contacts, s.Attributes = nil, nil, nil
	if s.Organization != nil {
		s.Organization = s.Organization.plain()
	}
	return &s
}

func (o hsdsOrganization) plain() *hsdsOrganization {
	o.AdditionalWebsites, o.Identifiers, o.Locations, o.Services, o.Attributes = nil, nil, nil, nil, nil
	return &o
}

// days turns our weekday names into those of HSDS (RFC 5545).
var hsdsDays = map[string]string{"Mo": "MO", "Tu": "TU", "We": "WE", "Th": "TH", "Fr": "FR", "Sa": "SA", "Su": "SU"}

// schedules maps opening hours. HSDS has an offset instead of a zone, so the
// winter offset is given and the zone named beside it.
func schedules(owner string, h Hours) []hsdsSchedule {
	offset, zone := winterOffset(h.Zone)
	if h.Always {
		return []hsdsSchedule{{
			ID: hsdsID("schedule", owner, "always"), Timezone: offset, Freq: "WEEKLY", ByDay: "MO,TU,WE,TH,FR,SA,SU",
			OpensAt: "00:00", ClosesAt: "23:59", Description: "24 hours, 7 days", Notes: zone,
		}}
	}
	var out []hsdsSchedule
	for _, o := range h.Open {
		var byday []string
		for _, d := range openingDays(o.Days) {
			byday = append(byday, hsdsDays[d])
		}
		closes, next := clockOfDay(o.To)
		out = append(out, hsdsSchedule{
			ID: hsdsID("schedule", owner, o.Days, o.From, o.To), Timezone: offset, Freq: "WEEKLY", ByDay: strings.Join(byday, ","),
			OpensAt: o.From, ClosesAt: closes, Description: h.Note.In("en"), Notes: joinWords(zone, next),
		})
	}
	for _, e := range h.Except {
		words := "Other hours on this date"
		if e.From == "" {
			words = "Closed on this date"
		}
		out = append(out, hsdsSchedule{
			ID: hsdsID("schedule", owner, e.Date, e.From, e.To), ValidFrom: e.Date, ValidTo: e.Date, Timezone: offset,
			OpensAt: e.From, ClosesAt: e.To, Description: words, Notes: zone,
		})
	}
	return out
}

// clockOfDay brings "26:00" back to "02:00" and says that it is the next day.
func clockOfDay(to string) (clock, words string) {
	var hour, minute int
	if _, err := fmt.Sscanf(to, "%d:%d", &hour, &minute); err != nil || hour < 24 {
		return to, ""
	}
	return fmt.Sprintf("%02d:%02d", hour-24, minute), "Closes on the next day"
}

func joinWords(parts ...string) string {
	return strings.ReplaceAll(joinTexts(parts...), "\n\n", ". ")
}

// winterOffset is the zone's offset from UTC in hours on 1 January, and the
// zone in words.
func winterOffset(zone string) (*int, string) {
	loc, err := time.LoadLocation(zone)
	if zone == "" || err != nil {
		return nil, ""
	}
	_, seconds := time.Date(2023, 1, 1, 12, 0, 0, 0, loc).Zone()
	hours := seconds / 3600
	return &hours, "Local time of " + zone
}

// openingDays spells out "Mo-Fr" and "Mo,We".
func openingDays(days string) []string {
	var out []string
	for _, part := range strings.Split(days, ",") {
		from, to, span := strings.Cut(strings.TrimSpace(part), "-")
		if !span {
			if indexOfDay(from) >= 0 {
				out = append(out, from)
			}
			continue
		}
		a, z := indexOfDay(from), indexOfDay(to)
		if a < 0 || z < 0 {
			continue
		}
		for i := a; ; i = (i + 1) % 7 {
			out = append(out, weekdays[i])
			if i == z {
				break
			}
		}
	}
	return out
}

func indexOfDay(day string) int {
	for i, d := range weekdays {
		if d == day {
			return i
		}
	}
	return -1
}

// facts collects attributes of one record.
type facts struct {
	entity, link, own string
	book              *hsdsBook
	list              []hsdsAttribute
}

func (f *facts) concept(scheme, id string) {
	term := hsdsID("term", scheme, id)
	a := hsdsAttribute{ID: hsdsID("attribute", f.own, scheme, id), LinkID: f.link, TermID: term, LinkType: scheme, LinkEntity: f.entity}
	if i, ok := f.book.term[term]; ok {
		t := f.book.terms[i]
		a.Term, a.Label = &t, t.Name
	}
	f.list = append(f.list, a)
}

// profile adds a fact of the profile; an empty value is not known, so absent.
func (f *facts) profile(code, value string) {
	if value == "" {
		return
	}
	f.list = append(f.list, hsdsAttribute{
		ID: hsdsID("attribute", f.own, "profile", code, value), LinkID: f.link, TermID: hsdsID("term", "profile", code),
		LinkType: code, LinkEntity: f.entity, Value: value,
	})
}

func (f *facts) yes(code string, is bool) {
	if is {
		f.profile(code, "yes")
	}
}

// checked tells what of a service was verified, when and how: never by whom.
func (f *facts) checked(checks []Verification) {
	for _, c := range checks {
		if c.Kind != KindService {
			continue // a place may be hidden, and so is that somebody went there
		}
		f.list = append(f.list, hsdsAttribute{
			ID: hsdsID("attribute", f.own, "checked", string(c.Part)), LinkID: f.link, TermID: hsdsID("term", "profile", "checked"),
			LinkType: "checked", LinkEntity: f.entity, Label: string(c.Part), Value: c.At.UTC().Format(time.DateOnly) + " " + string(c.How),
		})
	}
}

func (f *facts) translations(field string, t Text) {
	for _, lang := range ContentLanguages {
		if t[lang] == "" {
			continue
		}
		f.list = append(f.list, hsdsAttribute{
			ID: hsdsID("attribute", f.own, "translation", field, lang), LinkID: f.link, TermID: hsdsID("term", "profile", "translation"),
			LinkType: field, LinkEntity: f.entity, Value: t[lang], Label: lang,
		})
	}
}

func alternate(name string, names Text) string {
	if n := names.In("en"); n != name {
		return n
	}
	return ""
}

func joinTexts(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "\n\n")
}

func interpretationWords(s Service) string {
	switch {
	case s.Interpreted > 0:
		return fmt.Sprintf("%d languages by interpretation", s.Interpreted)
	case s.AnyLanguage:
		return "Practically every language by interpretation"
	}
	return ""
}

func feesWords(s Service) string {
	free := ""
	if s.Free == Yes {
		free = "Free of charge"
	}
	return joinTexts(free, s.FreeNote.In("en"))
}

// country is the ISO 3166-1 code of a territory, or of the area when the place
// has none.
func country(territory string, area []string) string {
	for _, code := range append([]string{territory}, area...) {
		if len(code) >= 2 {
			return code[:2]
		}
	}
	return ""
}
