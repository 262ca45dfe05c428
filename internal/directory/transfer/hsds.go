package transfer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The records of HSDS 3.1 as other directories write them: every scalar may be
// a string or a number, and what is not known here is passed over. The names
// are those of the specification.

// word reads any scalar as text.
type word string

// UnmarshalJSON takes strings, numbers, booleans and null.
func (w *word) UnmarshalJSON(b []byte) error {
	switch {
	case bytes.Equal(b, []byte("null")):
		*w = ""
	case len(b) > 0 && b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*w = word(strings.TrimSpace(s))
	case len(b) > 0 && (b[0] == '{' || b[0] == '['):
		*w = "" // a list where a text is meant says nothing that we could keep
	default:
		*w = word(b)
	}
	return nil
}

func (w word) float() (float64, bool) {
	f, err := strconv.ParseFloat(string(w), 64)
	return f, err == nil
}

type hsdsURL struct {
	Label word `json:"label"`
	URL   word `json:"url"`
}

type hsdsPhone struct {
	Number      word `json:"number"`
	Extension   word `json:"extension"`
	Type        word `json:"type"`
	Description word `json:"description"`
}

type hsdsContact struct {
	Department word        `json:"department"`
	Email      word        `json:"email"`
	Phones     []hsdsPhone `json:"phones"`
}

type hsdsLanguage struct {
	Name word `json:"name"`
	Code word `json:"code"`
	Note word `json:"note"`
}

type hsdsArea struct {
	Name       word `json:"name"`
	Extent     word `json:"extent"`
	ExtentType word `json:"extent_type"`
}

type hsdsSchedule struct {
	ValidFrom   word `json:"valid_from"`
	ValidTo     word `json:"valid_to"`
	Freq        word `json:"freq"`
	ByDay       word `json:"byday"`
	OpensAt     word `json:"opens_at"`
	ClosesAt    word `json:"closes_at"`
	Description word `json:"description"`
	Notes       word `json:"notes"`
}

type hsdsAddress struct {
	Address1      word `json:"address_1"`
	Address2      word `json:"address_2"`
	City          word `json:"city"`
	Region        word `json:"region"`
	StateProvince word `json:"state_province"`
	PostalCode    word `json:"postal_code"`
	Country       word `json:"country"`
	Type          word `json:"address_type"`
}

type hsdsTaxonomy struct {
	Name word `json:"name"`
}

type hsdsTerm struct {
	ID       word          `json:"id"`
	Code     word          `json:"code"`
	Name     word          `json:"name"`
	Taxonomy word          `json:"taxonomy"`
	Detail   *hsdsTaxonomy `json:"taxonomy_detail"`
}

type hsdsAttribute struct {
	TermID   word      `json:"taxonomy_term_id"`
	LinkType word      `json:"link_type"`
	Value    word      `json:"value"`
	Label    word      `json:"label"`
	Term     *hsdsTerm `json:"taxonomy_term"`
}

type hsdsLocation struct {
	ID        word           `json:"id"`
	Type      word           `json:"location_type"`
	Name      word           `json:"name"`
	Latitude  word           `json:"latitude"`
	Longitude word           `json:"longitude"`
	Addresses []hsdsAddress  `json:"addresses"`
	Contacts  []hsdsContact  `json:"contacts"`
	Phones    []hsdsPhone    `json:"phones"`
	Schedules []hsdsSchedule `json:"schedules"`
}

type hsdsAtLocation struct {
	LocationID word           `json:"location_id"`
	Phones     []hsdsPhone    `json:"phones"`
	Contacts   []hsdsContact  `json:"contacts"`
	Schedules  []hsdsSchedule `json:"schedules"`
	Location   *hsdsLocation  `json:"location"`
}

type hsdsOrganization struct {
	ID          word            `json:"id"`
	Name        word            `json:"name"`
	Alternate   word            `json:"alternate_name"`
	Description word            `json:"description"`
	Email       word            `json:"email"`
	Website     word            `json:"website"`
	Websites    []hsdsURL       `json:"additional_websites"`
	ParentID    word            `json:"parent_organization_id"`
	Phones      []hsdsPhone     `json:"phones"`
	Contacts    []hsdsContact   `json:"contacts"`
	Locations   []hsdsLocation  `json:"locations"`
	Services    []hsdsService   `json:"services"`
	Attributes  []hsdsAttribute `json:"attributes"`
}

type hsdsService struct {
	ID             word              `json:"id"`
	OrganizationID word              `json:"organization_id"`
	Name           word              `json:"name"`
	Alternate      word              `json:"alternate_name"`
	Description    word              `json:"description"`
	URL            word              `json:"url"`
	URLs           []hsdsURL         `json:"additional_urls"`
	Email          word              `json:"email"`
	Status         word              `json:"status"`
	Interpretation word              `json:"interpretation_services"`
	Application    word              `json:"application_process"`
	Fees           word              `json:"fees_description"`
	Eligibility    word              `json:"eligibility_description"`
	AssuredDate    word              `json:"assured_date"`
	Phones         []hsdsPhone       `json:"phones"`
	Schedules      []hsdsSchedule    `json:"schedules"`
	Areas          []hsdsArea        `json:"service_areas"`
	AtLocations    []hsdsAtLocation  `json:"service_at_locations"`
	Languages      []hsdsLanguage    `json:"languages"`
	Organization   *hsdsOrganization `json:"organization"`
	Contacts       []hsdsContact     `json:"contacts"`
	Attributes     []hsdsAttribute   `json:"attributes"`
}

// record is one service or organisation of a file, whichever it is.
type record struct {
	hsdsService
	Services     []hsdsService    `json:"services"`
	Locations    []hsdsLocation   `json:"locations"`
	Website      word             `json:"website"`
	Websites     []hsdsURL        `json:"additional_websites"`
	ParentID     word             `json:"parent_organization_id"`
	Organization *json.RawMessage `json:"organization"`
}

// maxRecord bounds one record, in bytes: what is longer is not a service.
const maxRecord = 4 << 20

// lineReader counts lines while a decoder reads.
type lineReader struct {
	r     io.Reader
	marks []int64 // offsets after each line end, ascending; forgotten as they pass
	read  int64
	line  int64 // line of the last asked offset
}

func (l *lineReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			l.marks = append(l.marks, l.read+int64(i)+1)
		}
	}
	l.read += int64(n)
	return n, err
}

// at is the line of an offset; offsets are asked in ascending order.
func (l *lineReader) at(offset int64) int64 {
	i := 0
	for i < len(l.marks) && l.marks[i] <= offset {
		i++
	}
	l.line += int64(i)
	l.marks = l.marks[i:]
	return l.line + 1
}

// readHSDS streams the services and organisations of an HSDS JSON file: one
// record, a list, a page with "contents", an object with "services" or
// "organizations", or one record a line.
func readHSDS(r io.Reader, each func(raw json.RawMessage, line int64) error) error {
	lines := &lineReader{r: r}
	dec := json.NewDecoder(lines)
	some := false
	for {
		start, err := next(dec, lines)
		if err == io.EOF {
			if !some {
				return notThis("transfer.error.empty")
			}
			return nil
		}
		if err != nil {
			return err
		}
		some = true
		switch start {
		case '[':
			err = readList(dec, lines, each)
		case '{':
			err = readObject(dec, lines, each)
		default:
			err = notThis("transfer.error.not-hsds")
		}
		if err != nil {
			return err
		}
	}
}

// next looks at the first letter of the next value without taking it. Between
// two values nothing but blanks, one comma or one colon may stand.
func next(dec *json.Decoder, lines *lineReader) (byte, error) {
	if !dec.More() {
		return 0, io.EOF
	}
	buffered, err := io.ReadAll(dec.Buffered())
	if err != nil {
		return 0, err
	}
	if trimmed := bytes.TrimLeft(buffered, " \t\r\n,:"); len(trimmed) > 0 {
		return trimmed[0], nil
	}
	return 0, nil
}

func readList(dec *json.Decoder, lines *lineReader, each func(json.RawMessage, int64) error) error {
	if _, err := dec.Token(); err != nil {
		return syntax(err, lines, dec)
	}
	for dec.More() {
		line := lines.at(dec.InputOffset())
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return syntax(err, lines, dec)
		}
		if len(raw) > maxRecord {
			return wrongLine(line, "transfer.error.record-long")
		}
		if err := each(raw, line); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return syntax(err, lines, dec)
	}
	return nil
}

// listKeys are where lists of records stand in an object.
var listKeys = map[string]bool{"contents": true, "services": true, "organizations": true, "service": true, "organization": true, "items": true, "data": true}

// readObject reads one record, or an object that holds a list of records. An
// object is a record when it has an "id" or a "name" before its list.
func readObject(dec *json.Decoder, lines *lineReader, each func(json.RawMessage, int64) error) error {
	line := lines.at(dec.InputOffset())
	if _, err := dec.Token(); err != nil {
		return syntax(err, lines, dec)
	}
	own := map[string]json.RawMessage{}
	isRecord, size := false, 0
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return syntax(err, lines, dec)
		}
		key, _ := token.(string)
		isRecord = isRecord || key == "id" || key == "name"
		first, err := next(dec, lines)
		if err != nil {
			return syntax(io.ErrUnexpectedEOF, lines, dec)
		}
		if !isRecord && listKeys[key] && first == '[' {
			if err := readList(dec, lines, each); err != nil {
				return err
			}
			continue
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return syntax(err, lines, dec)
		}
		if size += len(raw); size > maxRecord {
			return wrongLine(line, "transfer.error.record-long")
		}
		own[key] = raw
	}
	if _, err := dec.Token(); err != nil {
		return syntax(err, lines, dec)
	}
	if !isRecord {
		return nil
	}
	whole, err := json.Marshal(own)
	if err != nil {
		return err
	}
	return each(whole, line)
}

// FileError is why a file cannot be read at all.
type FileError struct {
	Key  string // message key
	Args []any
	Line int64
	File string // inside a zip
	err  error
}

// Error is for the log and the terminal.
func (e *FileError) Error() string {
	text := e.Key
	if e.File != "" {
		text += " in " + e.File
	}
	if e.Line > 0 {
		text += fmt.Sprintf(" at line %d", e.Line)
	}
	if e.err != nil {
		text += ": " + e.err.Error()
	}
	return text
}

func notThis(key string, args ...any) error { return &FileError{Key: key, Args: args} }

func wrongLine(line int64, key string, args ...any) error {
	return &FileError{Key: key, Args: args, Line: line}
}

func syntax(err error, lines *lineReader, dec *json.Decoder) error {
	return &FileError{Key: "transfer.error.syntax", Line: lines.at(dec.InputOffset()), err: err}
}
