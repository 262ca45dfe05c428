package fhir

import (
	"math/big"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Value is value[x]: at most one of its members.
type Value struct {
	Boolean    *bool          `json:"valueBoolean,omitzero"`
	Decimal    jsontext.Value `json:"valueDecimal,omitzero"` // as written: its digits are its precision
	Integer    *int32         `json:"valueInteger,omitzero"`
	Date       *string        `json:"valueDate,omitzero"`
	DateTime   *string        `json:"valueDateTime,omitzero"`
	Time       *string        `json:"valueTime,omitzero"`
	String     *string        `json:"valueString,omitzero"`
	URI        *string        `json:"valueUri,omitzero"`
	Attachment *Attachment    `json:"valueAttachment,omitzero"`
	Coding     *Coding        `json:"valueCoding,omitzero"`
	Quantity   *Quantity      `json:"valueQuantity,omitzero"`
	Reference  *Reference     `json:"valueReference,omitzero"`
}

// whenValue is answer[x] of a condition: the same members by another name, so
// that one converts into the other.
type whenValue struct {
	Boolean    *bool          `json:"answerBoolean,omitzero"`
	Decimal    jsontext.Value `json:"answerDecimal,omitzero"`
	Integer    *int32         `json:"answerInteger,omitzero"`
	Date       *string        `json:"answerDate,omitzero"`
	DateTime   *string        `json:"answerDateTime,omitzero"`
	Time       *string        `json:"answerTime,omitzero"`
	String     *string        `json:"answerString,omitzero"`
	URI        *string        `json:"-"`
	Attachment *Attachment    `json:"-"`
	Coding     *Coding        `json:"answerCoding,omitzero"`
	Quantity   *Quantity      `json:"answerQuantity,omitzero"`
	Reference  *Reference     `json:"answerReference,omitzero"`
}

// Answer is the value that the condition compares with.
func (w When) Answer() Value { return Value(w.whenValue) }

// Is makes a condition.
func Is(question, operator string, v Value) When {
	return When{Question: question, Operator: operator, whenValue: whenValue(v)}
}

// Attachment is a file inside.
type Attachment struct {
	ContentType string `json:"contentType,omitzero"`
	Data        []byte `json:"data,omitzero"`
	Title       string `json:"title,omitzero"`
	Rest        Rest   `json:",embed"`
}

// Quantity is a number with its unit.
type Quantity struct {
	Value      jsontext.Value `json:"value,omitzero"`
	Comparator string         `json:"comparator,omitzero"`
	Unit       string         `json:"unit,omitzero"`
	System     string         `json:"system,omitzero"`
	Code       string         `json:"code,omitzero"`
	Rest       Rest           `json:",embed"`
}

// Reference points to another resource.
type Reference struct {
	Reference string `json:"reference,omitzero"`
	Rest      Rest   `json:",embed"`
}

// kinds are the types of item that a value could answer; empty for none. More
// than one is written twice.
func (v Value) kinds() []Type {
	var out []Type
	for _, x := range []struct {
		there bool
		kind  Type
	}{
		{v.Boolean != nil, Boolean}, {v.Decimal != nil, Number}, {v.Integer != nil, Integer}, {v.Date != nil, Date},
		{v.DateTime != nil, DateTime}, {v.Time != nil, Time}, {v.String != nil, String}, {v.URI != nil, URL},
		{v.Attachment != nil, File}, {v.Coding != nil, Choice}, {v.Quantity != nil, Amount}, {v.Reference != nil, Refer},
	} {
		if x.there {
			out = append(out, x.kind)
		}
	}
	return out
}

// kind is the one type of the value, empty when there is none.
func (v Value) kind() Type {
	if k := v.kinds(); len(k) == 1 {
		return k[0]
	}
	return ""
}

// The formats of R4, https://hl7.org/fhir/R4/datatypes.html. A decimal has at
// most eighteen digits on either side, so that no exponent is worked out that
// fills the memory.
var (
	dateFormat     = regexp.MustCompile(`^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$`)
	timeFormat     = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?$`)
	dateTimeFormat = regexp.MustCompile(`^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?$`)
	decimalFormat  = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?$`)
	uriFormat      = regexp.MustCompile(`^\S+$`)
	codeFormat     = regexp.MustCompile(`^\S+( \S+)*$`)
)

// wrong says what is wrong with the form of a value; empty for a good one.
func (v Value) wrong() string {
	if len(v.kinds()) > 1 {
		return "two values stand where one can be"
	}
	for _, x := range []struct {
		text   *string
		format *regexp.Regexp
		what   string
	}{{v.Date, dateFormat, "date"}, {v.DateTime, dateTimeFormat, "dateTime"}, {v.Time, timeFormat, "time"}, {v.URI, uriFormat, "uri"}} {
		if x.text != nil && !x.format.MatchString(*x.text) {
			return "not a " + x.what + " of R4"
		}
	}
	if d := v.decimal(); d != nil && !decimalFormat.Match(d) {
		return "not a decimal of R4 with at most eighteen digits"
	}
	if c := v.Coding; c != nil && (c.Code != "" && !codeFormat.MatchString(c.Code) || c.System != "" && !uriFormat.MatchString(c.System)) {
		return "not a coding of R4"
	}
	return calendar(v)
}

// calendar refuses days that do not exist: the format lets 30 February pass.
func calendar(v Value) string {
	for _, text := range []*string{v.Date, v.DateTime} {
		if text == nil || len(*text) < len(time.DateOnly) {
			continue
		}
		if _, err := time.Parse(time.DateOnly, (*text)[:len(time.DateOnly)]); err != nil {
			return "this day does not exist"
		}
	}
	return ""
}

func (v Value) decimal() jsontext.Value {
	if v.Quantity != nil {
		return v.Quantity.Value
	}
	return v.Decimal
}

// number is the value as a number, nil when it is none.
func (v Value) number() *big.Rat {
	if v.Integer != nil {
		return big.NewRat(int64(*v.Integer), 1)
	}
	if d := v.decimal(); d != nil && decimalFormat.Match(d) {
		r, _ := new(big.Rat).SetString(string(d))
		return r
	}
	return nil
}

// equal tells whether two values are the same answer. What people read beside
// a code does not matter.
func (v Value) equal(o Value) bool {
	if v.Coding != nil && o.Coding != nil {
		return v.Coding.Same(*o.Coding)
	}
	if v.Boolean != nil && o.Boolean != nil {
		return *v.Boolean == *o.Boolean
	}
	if v.Reference != nil && o.Reference != nil {
		return v.Reference.Reference != "" && v.Reference.Reference == o.Reference.Reference
	}
	order, ok := v.compare(o)
	return ok && order == 0
}

// compare orders two values of the same type; false when they have no order: a
// year and a day in it, two units.
func (v Value) compare(o Value) (int, bool) {
	if q, p := v.Quantity, o.Quantity; (q == nil) != (p == nil) ||
		q != nil && (q.System != p.System || q.Code != p.Code || q.Unit != p.Unit || q.Comparator != "" || p.Comparator != "") {
		return 0, false
	}
	if a, b := v.number(), o.number(); a != nil && b != nil {
		return a.Cmp(b), true
	}
	for _, pair := range [][2]*string{{v.String, o.String}, {v.URI, o.URI}} {
		if pair[0] != nil && pair[1] != nil {
			return strings.Compare(*pair[0], *pair[1]), true
		}
	}
	for _, pair := range [][2]*string{{v.Date, o.Date}, {v.DateTime, o.DateTime}, {v.Time, o.Time}} {
		if pair[0] != nil && pair[1] != nil {
			return compareTimes(*pair[0], *pair[1])
		}
	}
	return 0, false
}

// compareTimes orders dates and times; two of different precision have an
// order only where they differ before the shorter one ends.
func compareTimes(a, b string) (int, bool) {
	x, err1 := time.Parse(time.RFC3339Nano, a)
	y, err2 := time.Parse(time.RFC3339Nano, b)
	if err1 == nil && err2 == nil {
		return x.Compare(y), true
	}
	short := min(len(a), len(b))
	order := strings.Compare(a[:short], b[:short])
	return order, order != 0 || len(a) == len(b)
}

// Same tells whether two codings are the same code of the same system, and of
// the same version where both name one.
func (c Coding) Same(o Coding) bool {
	return c.System == o.System && c.Code == o.Code && (c.Version == o.Version || c.Version == "" || o.Version == "")
}

// Addresses of extensions that the standard itself defines.
const (
	Translation  = "http://hl7.org/fhir/StructureDefinition/translation"
	MinValue     = "http://hl7.org/fhir/StructureDefinition/minValue"
	MaxValue     = "http://hl7.org/fhir/StructureDefinition/maxValue"
	MinOccurs    = "http://hl7.org/fhir/StructureDefinition/questionnaire-minOccurs"
	MaxOccurs    = "http://hl7.org/fhir/StructureDefinition/questionnaire-maxOccurs"
	MinLength    = "http://hl7.org/fhir/StructureDefinition/minLength"
	ItemControl  = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
	OrdinalValue = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
	DataAbsent   = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
)

// find is the value of the first extension with the address.
func find(list []Extension, url string) (Extension, bool) {
	for _, e := range list {
		if e.URL == url {
			return e, true
		}
	}
	return Extension{}, false
}

// Find is the first extension of the form with the address.
func (q *Questionnaire) Find(url string) (Extension, bool) { return find(q.Extension, url) }

// Find is the first extension of the item with the address.
func (i Item) Find(url string) (Extension, bool) { return find(i.Extension, url) }

// Translated makes the extensions that say a text in other languages.
func Translated(langs []string, text func(lang string) string) *Element {
	var e Element
	for _, lang := range langs {
		if s := text(lang); s != "" {
			e.Extension = append(e.Extension, Extension{URL: Translation, Extension: []Extension{
				{URL: "lang", Code: lang}, {URL: "content", Value: Value{String: &s}}}})
		}
	}
	if len(e.Extension) == 0 {
		return nil
	}
	return &e
}

// Languages are the texts of an element by language.
func (e *Element) Languages() map[string]string {
	out := map[string]string{}
	if e == nil {
		return out
	}
	for _, x := range e.Extension {
		lang, _ := find(x.Extension, "lang")
		content, ok := find(x.Extension, "content")
		if x.URL == Translation && lang.Code != "" && ok && content.String != nil {
			out[lang.Code] = *content.String
		}
	}
	return out
}

// Absent is the code why an answer has no value ("unknown"), empty when it says
// none.
func (a Answer) Absent() string {
	for name, raw := range a.Rest {
		var e Element
		if !strings.HasPrefix(name, "_value") || json.Unmarshal(raw, &e) != nil {
			continue
		}
		if x, ok := find(e.Extension, DataAbsent); ok {
			return x.Code
		}
	}
	return ""
}

// NoValue is an answer that says why there is none, for an item of type t with
// a plain value.
func NoValue(member, reason string) Answer {
	raw, err := json.Marshal(Element{Extension: []Extension{{URL: DataAbsent, Code: reason}}})
	if err != nil {
		panic(err) // two strings
	}
	return Answer{Rest: Rest{"_value" + member: raw}}
}

func length(s string) int { return utf8.RuneCountInString(s) }
