package transfer

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"amelie/internal/directory"
	"amelie/internal/fault"
)

// Audience is for whom a file is written.
type Audience string

// The audiences, from the narrowest content to all of it.
const (
	ForEveryone      Audience = "public"
	ForProfessionals Audience = "professional"
	ForEditors       Audience = "editors" // hidden addresses and findings too: our own formats alone
)

// Export writes the directory as a file. Errors: notThis for a format that an
// audience may not have; the writer's.
//
// req: TRANSFER-6
func (s *Service) Export(ctx context.Context, w io.Writer, format Format, to Audience) error {
	all, err := s.Directory.AsWritten(ctx)
	if err != nil {
		return err
	}
	switch to {
	case ForEveryone, ForProfessionals:
		audience := map[Audience]directory.Audience{ForEveryone: directory.ForEveryone, ForProfessionals: directory.ForProfessionals}[to]
		for i := range all {
			all[i] = directory.Publish(all[i], audience)
		}
	case ForEditors:
		if format == HSDS || format == Tabular {
			return notThis("transfer.error.audience")
		}
	default:
		return notThis("transfer.error.audience")
	}
	switch format {
	case Flat:
		return writeFlat(w, all)
	case Lines:
		return writeLines(w, all)
	case HSDS, Tabular:
		records, err := s.Directory.HSDSRecords(ctx, all)
		if err != nil {
			return err
		}
		if format == HSDS {
			return writeHSDS(w, records)
		}
		return writeTabular(w, records)
	}
	return notThis("transfer.error.format")
}

// writeLines writes our own rows, lossless but for what the audience may not
// see, parents first.
func writeLines(w io.Writer, all []directory.Organization) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, o := range all {
		services := o.Services
		rows := []directory.Row{directory.OfOrganization(o, 0)}
		for _, s := range services {
			rows = append(rows, directory.OfService(o.ID, s, 0))
			for _, p := range s.Places {
				rows = append(rows, directory.OfPlace(s.ID, p, 0))
			}
		}
		for _, r := range rows {
			fields, err := r.Fields()
			if err != nil {
				return err
			}
			for name, v := range fields {
				if v == nil || v == "" || name == "Services" || name == "Places" {
					delete(fields, name)
				}
			}
			if err := out.Encode(line{Kind: r.Kind, ID: r.ID, Parent: r.Parent, Row: fields}); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeFlat writes the table: a line for each service, or for each of its
// places. It begins with the mark by which spreadsheets know UTF-8.
func writeFlat(w io.Writer, all []directory.Organization) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(Columns()); err != nil {
		return err
	}
	for _, o := range all {
		body, err := directory.OfOrganization(o, 0).Fields()
		if err != nil {
			return err
		}
		for _, s := range o.Services {
			service, err := directory.OfService(o.ID, s, 0).Fields()
			if err != nil {
				return err
			}
			places := s.Places
			if len(places) == 0 {
				places = []directory.Place{{}}
			}
			for _, p := range places {
				place, err := directory.OfPlace(s.ID, p, 0).Fields()
				if err != nil {
					return err
				}
				if err := out.Write(flatLine(o, s, p, map[directory.Kind]map[string]any{directory.KindOrganization: body, directory.KindService: service, directory.KindPlace: place})); err != nil {
					return err
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}

func flatLine(o directory.Organization, s directory.Service, p directory.Place, fields map[directory.Kind]map[string]any) []string {
	var cells []string
	for _, c := range columns {
		text := ""
		switch {
		case c.name == "country":
			text = o.Country
		case c.field == "":
			text = map[directory.Kind]string{directory.KindOrganization: o.ID, directory.KindService: s.ID, directory.KindPlace: p.ID}[c.kind]
		case c.kind == directory.KindPlace && p.ID == "":
		default:
			text = flatCell(c, fields[c.kind][c.field])
		}
		cells = append(cells, armed(text))
	}
	return cells
}

func flatCell(c column, v any) string {
	switch c.shape {
	case "text":
		m, _ := v.(map[string]any)
		s, _ := m[c.lang].(string)
		return s
	case "list":
		return joinAny(v, func(v any) string { s, _ := v.(string); return s })
	case "number":
		f, _ := v.(float64)
		if f == 0 {
			return ""
		}
		return strconv.FormatFloat(f, 'f', -1, 64)
	case "phones":
		return joinAny(v, func(v any) string {
			m, _ := v.(map[string]any)
			return withFlags(text(m, "Number")+text(m, "Short"), m)
		})
	case "mails":
		return joinAny(v, func(v any) string { m, _ := v.(map[string]any); return withFlags(text(m, "Address"), m) })
	case "links":
		return joinAny(v, func(v any) string { m, _ := v.(map[string]any); return withFlags(text(m, "URL"), m) })
	case "languages":
		return joinAny(v, func(v any) string {
			m, _ := v.(map[string]any)
			if text(m, "By") != "" {
				return text(m, "Code") + " [interpreter]"
			}
			return text(m, "Code")
		})
	case "hours":
		m, _ := v.(map[string]any)
		return hoursCell(m)
	}
	s, _ := v.(string)
	return s
}

func text(m map[string]any, k string) string { s, _ := m[k].(string); return s }

func joinAny(v any, say func(any) string) string {
	list, _ := v.([]any)
	var out []string
	for _, one := range list {
		out = append(out, say(one))
	}
	return strings.Join(out, " | ")
}

func withFlags(what string, m map[string]any) string {
	var flags []string
	if k := text(m, "Kind"); k != "" {
		flags = append(flags, k)
	}
	switch u := text(m, "Use"); u {
	case "":
	case "professionals":
		flags = append(flags, "for professionals")
	default:
		flags = append(flags, u)
	}
	if text(m, "Free") == "yes" {
		flags = append(flags, "free")
	}
	if v := text(m, "Visibility"); v != "" {
		flags = append(flags, v)
	}
	if len(flags) == 0 {
		return what
	}
	return what + " [" + strings.Join(flags, ", ") + "]"
}

func hoursCell(h map[string]any) string {
	zone := ""
	if z := text(h, "Zone"); z != "" {
		zone = " (" + z + ")"
	}
	if h["Always"] == true {
		return "24/7" + zone
	}
	list, _ := h["Open"].([]any)
	var spans []string
	for _, v := range list {
		m, _ := v.(map[string]any)
		spans = append(spans, text(m, "Days")+" "+text(m, "From")+"-"+text(m, "To"))
	}
	if len(spans) == 0 {
		return ""
	}
	return strings.Join(spans, "; ") + zone
}

// writeHSDS writes full services, each with its organisation and locations.
func writeHSDS(w io.Writer, records directory.HSDSRecords) error {
	if _, err := io.WriteString(w, "[\n"); err != nil {
		return err
	}
	for i, s := range records.Services {
		if i > 0 {
			if _, err := io.WriteString(w, ",\n"); err != nil {
				return err
			}
		}
		if _, err := w.Write(s); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "\n]\n")
	return err
}

// tableFields are the columns of the tabular package that we fill, by table,
// in the order of the specification.
var tableFields = []tableShape{
	{"organization", "organizations.csv", []string{"id", "name", "alternate_name", "description", "website", "parent_organization_id"}},
	{"service", "services.csv", []string{"id", "organization_id", "name", "alternate_name", "description", "url", "email", "status", "interpretation_services", "application_process", "fees_description", "eligibility_description", "assured_date", "last_modified"}},
	{"service_at_location", "service_at_location.csv", []string{"id", "service_id", "location_id", "description"}},
	{"location", "locations.csv", []string{"id", "location_type", "organization_id", "name", "latitude", "longitude"}},
	{"phone", "phones.csv", []string{"id", "location_id", "service_id", "number", "type", "description"}},
	{"contact", "contacts.csv", []string{"id", "service_id", "location_id", "department", "email"}},
	{"address", "addresses.csv", []string{"id", "location_id", "address_1", "city", "state_province", "postal_code", "country", "address_type"}},
	{"schedule", "schedules.csv", []string{"id", "service_id", "location_id", "valid_from", "valid_to", "timezone", "freq", "byday", "description", "opens_at", "closes_at", "notes"}},
	{"service_area", "service_areas.csv", []string{"id", "service_id", "name", "description", "extent", "extent_type"}},
	{"language", "languages.csv", []string{"id", "service_id", "name", "code", "note"}},
	{"attribute", "attributes.csv", []string{"id", "link_id", "taxonomy_term_id", "link_type", "link_entity", "value", "label"}},
	{"taxonomy", "taxonomies.csv", []string{"id", "name", "description", "version"}},
	{"taxonomy_term", "taxonomy_terms.csv", []string{"id", "code", "name", "description", "parent_id", "taxonomy", "language", "taxonomy_id"}},
	{"organization_identifier", "organization_identifiers.csv", []string{"id", "organization_id", "identifier_scheme", "identifier_type", "identifier"}},
	{"url", "url.csv", []string{"id", "label", "url", "organization_id", "service_id"}},
}

// tableShape is one table of the package.
type tableShape struct {
	table, file string
	fields      []string
}

// fieldsOf are the columns of a table.
var fieldsOf = func() map[string][]string {
	out := map[string][]string{}
	for _, t := range tableFields {
		out[t.table] = t.fields
	}
	return out
}()

// sheets collects the lines of the tables, each record once.
type sheets struct {
	lines map[string][][]string
	seen  map[string]bool
}

// add files one record under a table; more are the identifiers of its owners.
func (s *sheets) add(table string, rec map[string]any, more map[string]string) {
	id := text(rec, "id")
	if id == "" || s.seen[table+id] {
		return
	}
	s.seen[table+id] = true
	var cells []string
	for _, f := range fieldsOf[table] {
		v := more[f]
		if v == "" {
			switch x := rec[f].(type) {
			case string:
				v = x
			case float64:
				v = strconv.FormatFloat(x, 'f', -1, 64)
			case bool:
				v = strconv.FormatBool(x)
			}
		}
		cells = append(cells, armed(v))
	}
	s.lines[table] = append(s.lines[table], cells)
}

// every files a list of records.
func (s *sheets) every(table string, list any, more map[string]string) {
	all, _ := list.([]any)
	for _, v := range all {
		if rec, ok := v.(map[string]any); ok {
			s.add(table, rec, more)
		}
	}
}

func writeTabular(w io.Writer, records directory.HSDSRecords) error {
	s := &sheets{lines: map[string][][]string{}, seen: map[string]bool{}}
	for _, of := range []struct {
		records []json.RawMessage
		file    func(map[string]any)
	}{
		{records.Organizations, s.organization}, {records.Services, s.service},
		{records.Taxonomies, func(t map[string]any) { s.add("taxonomy", t, nil) }},
		{records.Terms, func(t map[string]any) { s.add("taxonomy_term", t, nil) }},
	} {
		for _, raw := range of.records {
			var rec map[string]any
			if err := json.Unmarshal(raw, &rec); err != nil {
				return err
			}
			of.file(rec)
		}
	}
	return s.zip(w)
}

func (s *sheets) organization(o map[string]any) {
	of := map[string]string{"organization_id": text(o, "id")}
	s.add("organization", o, nil)
	s.every("organization_identifier", o["organization_identifiers"], of)
	s.every("url", o["additional_websites"], of)
	s.every("attribute", o["attributes"], nil)
}

func (s *sheets) service(v map[string]any) {
	id := text(v, "id")
	of := map[string]string{"service_id": id}
	s.add("service", v, nil)
	for table, list := range map[string]string{"phone": "phones", "contact": "contacts", "schedule": "schedules", "service_area": "service_areas", "language": "languages", "url": "additional_urls"} {
		s.every(table, v[list], of)
	}
	s.every("attribute", v["attributes"], nil)
	places, _ := v["service_at_locations"].([]any)
	for _, p := range places {
		at, _ := p.(map[string]any)
		s.add("service_at_location", at, of)
		l, _ := at["location"].(map[string]any)
		if l == nil {
			continue
		}
		there := map[string]string{"location_id": text(l, "id")}
		s.add("location", l, map[string]string{"organization_id": text(v, "organization_id")})
		for table, list := range map[string]string{"address": "addresses", "phone": "phones", "contact": "contacts", "schedule": "schedules"} {
			s.every(table, l[list], there)
		}
	}
}

func (s *sheets) zip(w io.Writer) error {
	z := zip.NewWriter(w)
	type field struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	var resources []map[string]any
	for _, t := range tableFields {
		part, err := z.Create(t.file)
		if err != nil {
			return fault.Wrap(err, "table "+t.table)
		}
		out := csv.NewWriter(part)
		if err := out.Write(t.fields); err != nil {
			return fault.Wrap(err, "table "+t.table)
		}
		if err := out.WriteAll(s.lines[t.table]); err != nil {
			return fault.Wrap(err, "table "+t.table)
		}
		var fields []field
		for _, f := range t.fields {
			fields = append(fields, field{f, map[bool]string{true: "number", false: "string"}[f == "latitude" || f == "longitude"]})
		}
		resources = append(resources, map[string]any{"name": t.table, "path": t.file, "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
			"schema": map[string]any{"primaryKey": "id", "fields": fields}})
	}
	part, err := z.Create("datapackage.json")
	if err != nil {
		return err
	}
	enc := json.NewEncoder(part)
	enc.SetIndent("", "  ")
	err = enc.Encode(map[string]any{"name": "human_services_data", "title": "Human Services Data Specification", "profile": "tabular-data-package", "version": "3.1", "resources": resources})
	if err != nil {
		return fault.Wrap(err, "datapackage")
	}
	return z.Close()
}
