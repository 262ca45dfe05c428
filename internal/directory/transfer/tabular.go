package transfer

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"strings"
)

// The tabular package of HSDS 3.1: a zip of one CSV file for each object.

// Limits of a zip: a small file can hold a very large one.
const (
	maxZip   = 64 << 20  // bytes, packed
	maxTable = 192 << 20 // bytes, unpacked, all tables together; lines lie in memory until they are joined
)

// tableOf is the object of a file's name; the published package has plural
// names, other programs write singular ones.
var tableOf = map[string]string{
	"organizations": "organization", "services": "service", "locations": "location", "addresses": "address", "phones": "phone", "contacts": "contact",
	"schedules": "schedule", "service_areas": "service_area", "languages": "language", "attributes": "attribute", "taxonomy_terms": "taxonomy_term",
	"services_at_location": "service_at_location", "service_at_locations": "service_at_location", "urls": "url", "taxonomies": "taxonomy",
	"organization_identifiers": "organization_identifier", "physical_addresses": "address",
}

// cellRow is one line of a table; the places of its columns are shared by all
// lines of the table.
type cellRow struct {
	columns map[string]int
	cells   []string
	line    int64
}

func (c cellRow) get(name string) string {
	if i, ok := c.columns[name]; ok && i < len(c.cells) {
		return strings.TrimSpace(c.cells[i])
	}
	return ""
}

func (c cellRow) w(name string) word { return word(c.get(name)) }

// tables are the lines of all tables, by object.
type tables map[string][]cellRow

func readTabular(r io.Reader, m *mapper) error {
	packed, err := io.ReadAll(io.LimitReader(r, maxZip+1))
	if err != nil {
		return err
	}
	if len(packed) > maxZip {
		return notThis("transfer.error.zip-big", "mb", maxZip>>20)
	}
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return &FileError{Key: "transfer.error.not-zip", err: err}
	}
	all := tables{}
	left := int64(maxTable)
	for _, f := range z.File {
		name := strings.ToLower(path.Base(f.Name))
		if f.FileInfo().IsDir() || !strings.HasSuffix(name, ".csv") {
			continue
		}
		table := strings.TrimSuffix(name, ".csv")
		if t, ok := tableOf[table]; ok {
			table = t
		}
		if left, err = all.read(f, table, left); err != nil {
			return err
		}
	}
	if len(all["service"]) == 0 && len(all["organization"]) == 0 {
		return notThis("transfer.error.no-tables")
	}
	return all.join(m)
}

func (t tables) read(f *zip.File, table string, left int64) (int64, error) {
	inside := func(e *FileError) error { e.File = path.Base(f.Name); return e }
	open, err := f.Open()
	if err != nil {
		return left, inside(&FileError{Key: "transfer.error.not-zip", err: err})
	}
	defer open.Close()
	limited := &io.LimitedReader{R: open, N: left + 1}
	text, err := utf8Reader(limited)
	if err != nil {
		var e *FileError
		if errors.As(err, &e) {
			return left, inside(e)
		}
		return left, err
	}
	reader := csv.NewReader(text)
	reader.FieldsPerRecord, reader.LazyQuotes = -1, true
	head, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return left, nil
	}
	if err != nil {
		return left, inside(csvError(err).(*FileError))
	}
	columns := map[string]int{}
	for i, h := range head {
		columns[strings.ToLower(strings.TrimSpace(h))] = i
	}
	for {
		cells, err := reader.Read()
		if limited.N <= 0 {
			return 0, inside(&FileError{Key: "transfer.error.too-big", Args: []any{"mb", maxTable >> 20}})
		}
		if errors.Is(err, io.EOF) {
			return limited.N - 1, nil
		}
		if err != nil {
			var e *FileError
			if errors.As(csvError(err), &e) {
				return left, inside(e)
			}
			return left, err
		}
		line, _ := reader.FieldPos(0)
		for i, c := range cells {
			cells[i] = unarmed(c)
		}
		row := cellRow{columns: columns, cells: cells, line: int64(line)}
		t[table] = append(t[table], row)
	}
}

// by files the lines of a table under a column.
func (t tables) by(table, column string) map[string][]cellRow {
	out := map[string][]cellRow{}
	for _, r := range t[table] {
		if k := r.get(column); k != "" {
			out[k] = append(out[k], r)
		}
	}
	return out
}

// join joins the tables to full records and maps those.
func (t tables) join(m *mapper) error {
	j := &joiner{
		phones:  map[string]map[string][]cellRow{},
		terms:   map[string]cellRow{},
		places:  map[string]cellRow{},
		address: t.by("address", "location_id"), areas: t.by("service_area", "service_id"), languages: t.by("language", "service_id"),
		attributes: t.by("attribute", "link_id"), at: t.by("service_at_location", "service_id"),
		urlsOfService: t.by("url", "service_id"), urlsOfBody: t.by("url", "organization_id"),
	}
	for _, table := range []string{"phone", "contact", "schedule"} {
		for _, owner := range []string{"service_id", "organization_id", "location_id", "service_at_location_id"} {
			j.phones[table+owner] = t.by(table, owner)
		}
	}
	for _, r := range t["taxonomy_term"] {
		j.terms[r.get("id")] = r
	}
	for _, r := range t["location"] {
		j.places[r.get("id")] = r
	}
	services := t.by("service", "organization_id")
	known := map[string]bool{}
	for _, r := range t["organization"] {
		known[r.get("id")] = true
		o := j.organization(r)
		for _, s := range services[r.get("id")] {
			o.Services = append(o.Services, j.service(s))
		}
		if err := m.whole(o, r.line, services[r.get("id")]); err != nil {
			return err
		}
	}
	for _, r := range t["service"] {
		if known[r.get("organization_id")] {
			continue
		}
		if err := m.service(j.service(r), nil, r.line); err != nil { // its organisation may be here already
			return err
		}
	}
	return nil
}

// whole maps an organisation whose services stand on lines of their own.
func (m *mapper) whole(o hsdsOrganization, line int64, services []cellRow) error {
	list := o.Services
	body := o
	o.Services = nil
	if m.parents[string(o.ID)] == nil {
		m.parents[string(o.ID)] = &hsdsBody{country: m.countryOf(body)}
	}
	if err := m.organization(o, line); err != nil {
		return err
	}
	for i, s := range list {
		if err := m.service(s, &body, services[i].line); err != nil {
			return err
		}
	}
	return nil
}

// joiner finds what belongs to a record.
type joiner struct {
	phones                                    map[string]map[string][]cellRow // of phones, contacts and schedules, by table and owner
	address, areas, languages, attributes, at map[string][]cellRow
	urlsOfService, urlsOfBody                 map[string][]cellRow
	terms, places                             map[string]cellRow
}

func (j *joiner) organization(r cellRow) hsdsOrganization {
	id := r.get("id")
	o := hsdsOrganization{ID: r.w("id"), Name: r.w("name"), Alternate: r.w("alternate_name"), Description: r.w("description"), Email: r.w("email"), Website: r.w("website"),
		ParentID: r.w("parent_organization_id"), Attributes: j.facts(id)}
	o.Phones, o.Contacts, _ = j.reach("organization_id", id)
	for _, u := range j.urlsOfBody[id] {
		o.Websites = append(o.Websites, hsdsURL{Label: u.w("label"), URL: u.w("url")})
	}
	return o
}

func (j *joiner) service(r cellRow) hsdsService {
	id := r.get("id")
	s := hsdsService{ID: r.w("id"), OrganizationID: r.w("organization_id"), Name: r.w("name"), Alternate: r.w("alternate_name"), Description: r.w("description"), URL: r.w("url"),
		Email: r.w("email"), Status: r.w("status"), Interpretation: r.w("interpretation_services"), Application: r.w("application_process"), Fees: r.w("fees_description"),
		Eligibility: r.w("eligibility_description"), AssuredDate: r.w("assured_date"), Attributes: j.facts(id)}
	s.Phones, s.Contacts, s.Schedules = j.reach("service_id", id)
	for _, u := range j.urlsOfService[id] {
		s.URLs = append(s.URLs, hsdsURL{Label: u.w("label"), URL: u.w("url")})
	}
	for _, a := range j.areas[id] {
		s.Areas = append(s.Areas, hsdsArea{Name: a.w("name"), Extent: a.w("extent"), ExtentType: a.w("extent_type")})
	}
	for _, l := range j.languages[id] {
		s.Languages = append(s.Languages, hsdsLanguage{Name: l.w("name"), Code: l.w("code"), Note: l.w("note")})
	}
	for _, a := range j.at[id] {
		at := hsdsAtLocation{LocationID: a.w("location_id")}
		at.Phones, at.Contacts, at.Schedules = j.reach("service_at_location_id", a.get("id"))
		if place, ok := j.places[a.get("location_id")]; ok {
			at.Location = j.location(place)
		}
		s.AtLocations = append(s.AtLocations, at)
	}
	return s
}

func (j *joiner) location(r cellRow) *hsdsLocation {
	id := r.get("id")
	l := &hsdsLocation{ID: r.w("id"), Type: r.w("location_type"), Name: r.w("name"), Latitude: r.w("latitude"), Longitude: r.w("longitude")}
	l.Phones, l.Contacts, l.Schedules = j.reach("location_id", id)
	for _, a := range j.address[id] {
		l.Addresses = append(l.Addresses, hsdsAddress{Address1: a.w("address_1"), Address2: a.w("address_2"), City: a.w("city"), Region: a.w("region"),
			StateProvince: a.w("state_province"), PostalCode: a.w("postal_code"), Country: a.w("country"), Type: a.w("address_type")})
	}
	return l
}

// reach are the contact points and schedules of an owner.
func (j *joiner) reach(column, id string) (phones []hsdsPhone, contacts []hsdsContact, schedules []hsdsSchedule) {
	for _, r := range j.phones["phone"+column][id] {
		phones = append(phones, hsdsPhone{Number: r.w("number"), Extension: r.w("extension"), Type: r.w("type"), Description: r.w("description")})
	}
	for _, r := range j.phones["contact"+column][id] {
		contacts = append(contacts, hsdsContact{Department: r.w("department"), Email: r.w("email")})
	}
	for _, r := range j.phones["schedule"+column][id] {
		schedules = append(schedules, hsdsSchedule{ValidFrom: r.w("valid_from"), ValidTo: r.w("valid_to"), Freq: r.w("freq"), ByDay: r.w("byday"), OpensAt: r.w("opens_at"),
			ClosesAt: r.w("closes_at"), Description: r.w("description"), Notes: r.w("notes")})
	}
	return phones, contacts, schedules
}

func (j *joiner) facts(id string) []hsdsAttribute {
	var out []hsdsAttribute
	for _, r := range j.attributes[id] {
		a := hsdsAttribute{TermID: r.w("taxonomy_term_id"), LinkType: r.w("link_type"), Value: r.w("value"), Label: r.w("label")}
		if t, ok := j.terms[r.get("taxonomy_term_id")]; ok {
			a.Term = &hsdsTerm{ID: t.w("id"), Code: t.w("code"), Name: t.w("name"), Taxonomy: t.w("taxonomy")}
		}
		out = append(out, a)
	}
	return out
}
