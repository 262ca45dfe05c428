package transfer

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/directory"
	"amelie/internal/fold"
	"amelie/internal/geo"
)

// The flat table: one line for each service, or for each of its places, with
// the organisation repeated. An empty cell says nothing; "-" empties a field.
// Lists are parted by " | ". A cell that a spreadsheet could take for a formula
// begins with ', which is taken off again.

// column is one column of the flat table.
type column struct {
	name  string
	kind  directory.Kind
	field string // of the stored document; "" for identifiers
	lang  string // of a text
	shape string // "", text, list, answer, phones, mails, links, languages, hours, number, intake
}

// columns are the columns in their order.
var columns = func() []column {
	o, s, p := directory.KindOrganization, directory.KindService, directory.KindPlace
	list := []column{{"organization_id", o, "", "", ""}, {"organization", o, "Name", "", ""}, {"country", o, "", "", "country"}, {"kind", o, "Kind", "", ""}, {"group", o, "Group", "", ""}}
	list = append(list, texts(o, "organization_summary", "Summary")...)
	list = append(list, column{"organization_website", o, "Website", "", "links"},
		column{"service_id", s, "", "", ""}, column{"service", s, "Name", "", ""})
	list = append(list, texts(s, "service_name", "Names")...)
	list = append(list, texts(s, "summary", "Summary")...)
	list = append(list, texts(s, "what", "What")...)
	list = append(list, texts(s, "when_you_call", "WhenYouCall")...)
	list = append(list, texts(s, "must_inform", "MustInform")...)
	for _, c := range [][2]string{{"roles", "Roles"}, {"helps", "Helps"}, {"for", "For"}, {"forms", "Forms"}, {"settings", "Settings"}, {"area", "Area"}, {"intake", "intake"}} {
		list = append(list, column{c[0], s, c[1], "", "list"})
	}
	list = append(list, column{"languages", s, "Languages", "", "languages"}, column{"interpreted", s, "Interpreted", "", "number"})
	for _, c := range [][2]string{{"free", "Free"}, {"anonymous", "Anonymous"}, {"direct_referral", "DirectReferral"}, {"without_papers", "Residence"}} {
		list = append(list, column{c[0], s, c[1], "", "answer"})
	}
	return append(list, column{"hours", s, "Hours", "", "hours"}, column{"phones", s, "Phones", "", "phones"}, column{"emails", s, "Emails", "", "mails"},
		column{"website", s, "Website", "", "links"}, column{"verified", s, "Verified", "", ""},
		column{"place_id", p, "", "", ""}, column{"place", p, "Name", "", ""}, column{"street", p, "Street", "", ""}, column{"postal_code", p, "PostalCode", "", ""},
		column{"town", p, "Town", "", ""}, column{"territory", p, "Territory", "", ""}, column{"lat", p, "Lat", "", "number"}, column{"lon", p, "Lon", "", "number"},
		column{"address_visibility", p, "Address", "", "visibility"}, column{"place_phones", p, "Phones", "", "phones"}, column{"place_emails", p, "Emails", "", "mails"},
		column{"place_hours", p, "Hours", "", "hours"})
}()

func texts(kind directory.Kind, name, field string) []column {
	var out []column
	for _, l := range directory.ContentLanguages {
		out = append(out, column{name + "_" + l, kind, field, l, "text"})
	}
	return out
}

// Columns names the columns of the flat table, for documents and for mapping a
// foreign table.
func Columns() []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.name)
	}
	return out
}

func columnOf(name string) (column, bool) {
	for _, c := range columns {
		if c.name == name {
			return c, true
		}
	}
	return column{}, false
}

// readFlat streams the rows of a table. Errors: *FileError.
func readFlat(r io.Reader, o Options, vocab directory.Vocabulary, hours ReadHours, emit func(Incoming) error) error {
	reader, comma := newTable(r)
	reader.ReuseRecord = true
	head, err := reader.Read()
	if err != nil {
		return csvError(err)
	}
	f := &flatReader{o: o, emit: emit, sent: map[string]bool{}}
	switch {
	case len(o.Columns) > 0:
		f.lexis, f.hours = newLexis(vocab), hours
	case comma != ',' && !oursAlone(head):
		return notThis("transfer.error.separator")
	}
	if err := f.head(head); err != nil {
		return err
	}
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return csvError(err)
		}
		line, _ := reader.FieldPos(0)
		if err := f.line(cells, int64(line)); err != nil {
			return err
		}
	}
}

func csvError(err error) error {
	var parse *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return notThis("transfer.error.empty")
	case errors.As(err, &parse):
		return &FileError{Key: "transfer.error.syntax", Line: int64(parse.Line), err: err}
	}
	return err
}

type flatReader struct {
	o       Options
	lexis   *lexis   // of a foreign table; nil for ours
	cols    []column // by position; zero for a column that says nothing to us
	hours   ReadHours
	country string // of the line that is read
	emit    func(Incoming) error
	sent    map[string]bool // what was emitted, by kind and identifier
}

// ownName is one of our columns as a table may print it.
func ownName(cell string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(unarmed(cell))), " ", "_")
}

func (f *flatReader) head(cells []string) error {
	seen := map[string]bool{}
	known := 0
	for n, printed := range headings(cells) {
		name := ownName(cells[n])
		if f.lexis != nil {
			name = f.o.Columns[printed] // of a foreign table no name is taken for ours unasked
		}
		c, ok := columnOf(name)
		if ok && seen[c.name] {
			return wrongLine(1, "transfer.error.column-twice", "column", c.name)
		}
		if ok {
			seen[c.name] = true
			known++
		}
		f.cols = append(f.cols, c)
	}
	if known == 0 || !seen["organization"] && !seen["organization_id"] && !seen["service_id"] {
		return wrongLine(1, "transfer.error.no-columns")
	}
	return nil
}

// countryKnown is the country of what a line of our own table names by its
// identifier, which begins with it.
func (f *flatReader) countryKnown(cells []string) string {
	if f.lexis != nil {
		return ""
	}
	for i, c := range f.cols {
		if i < len(cells) && (c.name == "organization_id" || c.name == "service_id") {
			if prefix, _, more := strings.Cut(cells[i], "-"); more {
				return countryCode(strings.TrimSpace(prefix))
			}
		}
	}
	return ""
}

func (f *flatReader) line(cells []string, line int64) error {
	rows := map[directory.Kind]*Incoming{}
	for _, k := range directory.Kinds {
		rows[k] = &Incoming{Kind: k, Line: line, Partial: map[string]any{}, Default: map[string]any{}}
	}
	said := map[string]bool{}
	f.country = cmp.Or(f.o.Country, f.countryKnown(cells))
	if i := slices.IndexFunc(f.cols, func(c column) bool { return c.shape == "country" }); i >= 0 && i < len(cells) {
		f.country = cmp.Or(countryCode(cells[i]), f.country)
	}
	for i, cell := range cells {
		cell = strings.TrimSpace(unarmed(cell))
		if i >= len(f.cols) || f.cols[i].name == "" || cell == "" {
			continue
		}
		said[f.cols[i].name] = true
		f.cell(rows[f.cols[i].kind], f.cols[i], cell)
	}
	if len(said) == 0 {
		return nil
	}
	for _, c := range columns {
		if cell := f.o.Constants[c.name]; cell != "" && !said[c.name] {
			f.cell(rows[c.kind], c, cell)
		}
	}
	if f.lexis != nil {
		f.complete(rows)
	}
	return f.send(rows[directory.KindOrganization], rows[directory.KindService], rows[directory.KindPlace])
}

// complete gives the rows of a foreign table what other directories leave to
// the reader: a service of no name has that of its organisation, a place stands
// where its town does.
func (f *flatReader) complete(rows map[directory.Kind]*Incoming) {
	org, service, place := rows[directory.KindOrganization], rows[directory.KindService], rows[directory.KindPlace]
	if service.Partial["Name"] == nil && service.External == "" {
		service.Partial["Name"] = org.Partial["Name"]
	}
	if name := text(place.Partial, "Territory"); name != "" {
		place.Partial["Territory"] = territoryOf(name, f.country)
	}
	place.Default["Territory"] = f.country
	if list := geo.Find(text(place.Partial, "Town"), f.country); len(list) > 0 {
		place.Default["Territory"], place.Default["Lat"], place.Default["Lon"] = list[0].Territory, list[0].Lat, list[0].Lon
	}
}

// send emits the rows of a line that did not stand on an earlier one.
func (f *flatReader) send(org, service, place *Incoming) error {
	name := func(in *Incoming) string { return text(in.Partial, "Name") }
	if org.ID == "" && org.External == "" {
		org.External = "o:" + folded(name(org))
	}
	if service.ID == "" && service.External == "" && name(service) != "" {
		service.External = "s:" + folded(name(org)) + "/" + folded(name(service))
	}
	org.Parent = cmp.Or(org.Parent, f.o.Country)
	kind, _ := org.Partial["Kind"].(string)
	group, _ := org.Partial["Group"].(string)
	org.bodied(f.o, name(org), kind, group)
	org.Default["Summary"] = map[string]any{"en": name(org)}
	if key := "o" + org.ID + org.External; !f.sent[key] && (org.ID != "" || name(org) != "" || f.lexis != nil) {
		f.sent[key] = true
		if err := f.emit(*org); err != nil {
			return err
		}
	}
	if service.ID == "" && service.External == "" {
		return nil
	}
	service.Parent, service.ParentExt = org.ID, org.External
	service.Default = map[string]any{"Area": anyStrings([]string{org.Parent}), "Summary": map[string]any{"en": name(service)}}
	if f.o.Help != "" {
		service.Default["Helps"] = []any{f.o.Help}
	}
	if f.o.Role != "" {
		service.Default["Roles"] = []any{f.o.Role}
	}
	if key := "s" + service.ID + service.External; !f.sent[key] {
		f.sent[key] = true
		if err := f.emit(*service); err != nil {
			return err
		}
	}
	if place.ID == "" && place.External == "" && place.Partial["Town"] == nil {
		return nil
	}
	if place.ID == "" && place.External == "" {
		town, _ := place.Partial["Town"].(string)
		street, _ := place.Partial["Street"].(string)
		place.External = "p:" + service.ID + service.External + "/" + folded(town) + "/" + folded(street)
	}
	if isShelter(service.Partial) && place.Partial["Address"] == nil {
		place.Default["Address"] = string(directory.Hidden)
	}
	place.Parent, place.ParentExt = service.ID, service.External
	return f.emit(*place)
}

// cell puts what a cell says into its row.
func (f *flatReader) cell(in *Incoming, c column, cell string) {
	wrong := func(key string) {
		in.Wrong = append(in.Wrong, Complaint{Field: c.name, Key: key, Args: []any{"value", short(cell)}, Text: fmt.Sprintf("%q is not understood", short(cell))})
	}
	if c.field == "" {
		switch {
		case c.shape == "country":
			in.Parent = cmp.Or(countryCode(cell), strings.ToUpper(cell))
		case f.lexis != nil:
			in.External = "id:" + cell
		default:
			in.ID = cell
		}
		return
	}
	if cell == "-" {
		in.Partial[c.field] = empties(c)
		return
	}
	switch c.shape {
	case "text":
		texts, _ := in.Partial[c.field].(map[string]any)
		if texts == nil {
			texts = map[string]any{}
			in.Partial[c.field] = texts
		}
		texts[c.lang] = plain(cell)
	case "list":
		list := parts(cell)
		if f.lexis != nil {
			list = f.lexis.list(c, cell, f.country)
		}
		in.Partial[c.field] = anyStrings(list)
	case "answer":
		a, ok := answers[cmp.Or(folded(cell), cell)]
		if !ok {
			wrong("transfer.wrong.answer")
		}
		in.Partial[c.field] = a
	case "number":
		n, err := strconv.ParseFloat(strings.Replace(cell, ",", ".", 1), 64)
		if err != nil {
			wrong("transfer.wrong.number")
			return
		}
		in.Partial[c.field] = n
	case "visibility":
		if cell == "public" {
			cell = ""
		}
		in.Partial[c.field] = cell
	default:
		f.shaped(in, c, cell, wrong)
	}
}

func (f *flatReader) shaped(in *Incoming, c column, cell string, wrong func(string)) {
	switch c.shape {
	case "phones", "mails", "links", "languages":
		var list []any
		split := parts
		if f.lexis != nil {
			split = foreignParts
		}
		for _, part := range split(cell) {
			one, complaint := item(c.shape, part, f.country)
			if complaint != "" {
				wrong(complaint)
				return
			}
			list = append(list, one)
		}
		in.Partial[c.field] = list
	case "hours":
		h, ok := flatHours(cell)
		if !ok && f.hours != nil {
			h, ok = hoursInWords(f.hours, cell)
		}
		if !ok {
			wrong("transfer.wrong.hours")
			return
		}
		if zone := geo.Zone(f.country); f.lexis != nil && h["Zone"] == nil && zone != "" {
			h["Zone"] = zone
		}
		in.Partial[c.field] = h
	default:
		in.Partial[c.field] = cell
	}
}

// item reads one part of a list of contact points, links or languages, or says
// what is wrong with it.
func item(shape, part, country string) (one map[string]any, complaint string) {
	what, flags := flagged(part)
	switch shape {
	case "languages":
		by := ""
		if slices.Contains(flags, "interpreter") {
			by = "interpreter"
		}
		return map[string]any{"Code": languageCode(what), "By": by}, ""
	case "phones":
		one, complaint = printedPhone(what, country), "transfer.wrong.phone"
	case "mails":
		complaint = "transfer.wrong.mail"
		if mailShape.MatchString(what) {
			one = map[string]any{"Address": what}
		}
	case "links":
		one, complaint = link(hsdsURL{URL: word(what)}), "transfer.wrong.link"
	}
	if one == nil {
		return nil, complaint
	}
	if !setFlags(one, flags) {
		return nil, "transfer.wrong.flag"
	}
	return one, ""
}

// answers are yes, no and unknown in the languages of the interface, folded.
var answers = map[string]string{"yes": "yes", "ja": "yes", "oui": "yes", "si": "yes", "ναι": "yes", "no": "no", "nein": "no", "nee": "no", "non": "no", "οχι": "no",
	"?": "", "unknown": "", "unbekannt": "", "onbekend": "", "inconnu": "", "sconosciuto": "", "αγνωστο": ""}

// empties is what "-" means for a column.
func empties(c column) any {
	switch c.shape {
	case "list", "phones", "mails", "links", "languages":
		return []any{}
	case "text":
		return map[string]any{c.lang: ""}
	case "hours":
		return map[string]any{"Always": false, "Open": []any{}, "Except": []any{}}
	case "number":
		return 0
	}
	return ""
}

func parts(cell string) []string {
	var out []string
	for _, p := range strings.Split(cell, "|") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// flagged parts "+30 2310 019880 [fax, hidden]" into what and how.
func flagged(s string) (string, []string) {
	what, rest, ok := strings.Cut(s, "[")
	if !ok {
		return strings.TrimSpace(s), nil
	}
	var flags []string
	for _, f := range strings.Split(strings.TrimSuffix(strings.TrimSpace(rest), "]"), ",") {
		flags = append(flags, strings.ToLower(strings.TrimSpace(f)))
	}
	return strings.TrimSpace(what), flags
}

// setFlags says whether every word in the brackets was understood: a mistyped
// "hidden" would publish what it was to hide.
//
// req: TRANSFER-1
func setFlags(one map[string]any, flags []string) bool {
	for _, f := range flags {
		switch f {
		case "fax", "mobile":
			one["Kind"] = f
		case "abroad", "helpdesk":
			one["Use"] = f
		case "for professionals":
			one["Use"] = "professionals"
		case "free":
			one["Free"] = "yes"
		case "hidden", "professional":
			one["Visibility"] = f
		case "":
		default:
			return false
		}
	}
	return true
}

// flatHours reads "24/7" or "Mo-Fr 09:00-14:00; Tu 15:00-20:00 (Europe/Athens)".
func flatHours(cell string) (map[string]any, bool) {
	h := map[string]any{}
	if i := strings.LastIndex(cell, "("); i >= 0 && strings.HasSuffix(cell, ")") {
		h["Zone"] = strings.TrimSpace(cell[i+1 : len(cell)-1])
		cell = strings.TrimSpace(cell[:i])
	}
	if cell == "24/7" {
		h["Always"], h["Open"] = true, []any{}
		return h, true
	}
	h["Always"] = false
	var open []any
	for _, part := range strings.Split(cell, ";") {
		days, span, ok := strings.Cut(strings.TrimSpace(part), " ")
		from, to, ok2 := strings.Cut(strings.TrimSpace(span), "-")
		if _, err := directory.Weekdays(days); !ok || !ok2 || err != nil {
			return nil, false
		}
		open = append(open, map[string]any{"Days": days, "From": strings.TrimSpace(from), "To": strings.TrimSpace(to)})
	}
	h["Open"] = open
	return h, true
}

// hoursInWords reads hours as people write them, for a foreign table.
func hoursInWords(read ReadHours, cell string) (map[string]any, bool) {
	list, ok := read(cell)
	if !ok || len(list) == 0 {
		return nil, false
	}
	open := make([]any, 0, len(list))
	for _, o := range list {
		open = append(open, map[string]any{"Days": o.Days, "From": o.From, "To": o.To})
	}
	return map[string]any{"Always": false, "Open": open}, true
}

// formula says whether a spreadsheet could take a cell for a formula, marks
// against that aside.
func formula(cell string) bool {
	bare := strings.TrimLeft(cell, "'")
	return bare != "" && strings.ContainsRune("=+-@\t\r", rune(bare[0]))
}

// unarmed takes off the mark that keeps a spreadsheet from calculating.
func unarmed(cell string) string {
	if strings.HasPrefix(cell, "'") && formula(cell) {
		return cell[1:]
	}
	return cell
}

// armed puts it on, also where one stands already, so that it comes back. A
// lone "-" is ours and no formula.
//
// req: TRANSFER-4
func armed(cell string) string {
	if cell != "-" && formula(cell) {
		return "'" + cell
	}
	return cell
}

func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// slug makes readable words of a name for an identifier.
func slug(name string) string {
	var out []string
	for _, w := range fold.Tokens(name) {
		w = fold.Transliterate(w)
		w = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, w)
		if w != "" {
			out = append(out, w)
		}
	}
	s := strings.Join(out, "-")
	if len(s) > 48 {
		s = strings.TrimRight(s[:48], "-")
	}
	return s
}
