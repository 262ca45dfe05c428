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
func readFlat(r io.Reader, o Options, emit func(Incoming) error) error {
	reader := csv.NewReader(r)
	reader.Comma = ','
	reader.FieldsPerRecord = -1
	reader.LazyQuotes = false
	reader.ReuseRecord = true
	head, err := reader.Read()
	if err != nil {
		return csvError(err)
	}
	if len(head) == 1 && strings.ContainsAny(head[0], ";\t") {
		return notThis("transfer.error.separator")
	}
	f := &flatReader{o: o, emit: emit, sent: map[string]bool{}}
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
	o    Options
	cols []column // by position; zero for a column that says nothing to us
	emit func(Incoming) error
	sent map[string]bool // what was emitted, by kind and identifier
}

func (f *flatReader) head(cells []string) error {
	seen := map[string]bool{}
	known := 0
	for _, cell := range cells {
		name := strings.ToLower(strings.TrimSpace(unarmed(cell)))
		if ours, mapped := f.o.Columns[strings.TrimSpace(cell)]; mapped {
			name = ours
		}
		c, ok := columnOf(strings.ReplaceAll(name, " ", "_"))
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

func (f *flatReader) line(cells []string, line int64) error {
	rows := map[directory.Kind]*Incoming{}
	for _, k := range directory.Kinds {
		rows[k] = &Incoming{Kind: k, Line: line, Partial: map[string]any{}, Default: map[string]any{}}
	}
	empty := true
	for i, cell := range cells {
		cell = strings.TrimSpace(unarmed(cell))
		if i >= len(f.cols) || f.cols[i].name == "" || cell == "" {
			continue
		}
		empty = false
		f.cell(rows[f.cols[i].kind], f.cols[i], cell)
	}
	if empty {
		return nil
	}
	return f.send(rows[directory.KindOrganization], rows[directory.KindService], rows[directory.KindPlace])
}

// send emits the rows of a line that did not stand on an earlier one.
func (f *flatReader) send(org, service, place *Incoming) error {
	name := func(in *Incoming) string { s, _ := in.Partial["Name"].(string); return s }
	if org.ID == "" {
		org.External = "o:" + folded(name(org))
	}
	if service.ID == "" && name(service) != "" {
		service.External = "s:" + folded(name(org)) + "/" + folded(name(service))
	}
	org.Parent = cmp.Or(org.Parent, f.o.Country)
	kind, _ := org.Partial["Kind"].(string)
	group, _ := org.Partial["Group"].(string)
	org.bodied(f.o, name(org), kind, group)
	org.Default["Summary"] = map[string]any{"en": name(org)}
	if key := "o" + org.ID + org.External; !f.sent[key] && (org.ID != "" || name(org) != "") {
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
	if place.ID == "" && place.Partial["Town"] == nil {
		return nil
	}
	if place.ID == "" {
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
		switch c.shape {
		case "country":
			in.Parent = strings.ToUpper(cell)
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
		in.Partial[c.field] = anyStrings(parts(cell))
	case "answer":
		a, ok := map[string]string{"yes": "yes", "no": "no", "?": "", "unknown": ""}[strings.ToLower(cell)]
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
		for _, part := range parts(cell) {
			one, complaint := item(c.shape, part, cmp.Or(in.Parent, f.o.Country))
			if complaint != "" {
				wrong(complaint)
				return
			}
			list = append(list, one)
		}
		in.Partial[c.field] = list
	case "hours":
		h, ok := flatHours(cell)
		if !ok {
			wrong("transfer.wrong.hours")
			return
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
		return map[string]any{"Code": strings.ToLower(what), "By": by}, ""
	case "phones":
		one, complaint = phone(what, country), "transfer.wrong.phone"
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
