// Package fhir reads, writes and checks forms and filled-in forms as HL7 FHIR
// R4 (4.0.1) says them: Questionnaire and QuestionnaireResponse, as JSON.
//
// The idea: a form from elsewhere is foreign text. Reading is strict: a name
// that R4 does not have, a name twice, an empty value, or anything that changes
// the meaning and is not understood here (modifierExtension, implicitRules,
// value sets that are not inside the form) is refused with its place. What R4
// has and nobody here looks at (narrative, contacts, dates of approval) is kept
// and written again. A form is checked against the rules of the standard
// (que-1 to que-13), a filled-in form against its form.
//
// Stored: nothing.
//
// It must never correct what was sent: what is wrong is named and refused.
package fhir

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"amelie/internal/fault"
)

// Rest are the members that nobody here looks at, by name.
type Rest = map[string]jsontext.Value

// Questionnaire is a form: https://hl7.org/fhir/R4/questionnaire.html
type Questionnaire struct {
	ResourceType string           `json:"resourceType"`
	ID           string           `json:"id,omitzero"`
	Language     string           `json:"language,omitzero"` // BCP 47, of all texts without a translation
	Contained    []jsontext.Value `json:"contained,omitzero"`
	Extension    []Extension      `json:"extension,omitzero"`
	URL          string           `json:"url,omitzero"`
	Version      string           `json:"version,omitzero"`
	Name         string           `json:"name,omitzero"` // for programs
	Title        string           `json:"title,omitzero"`
	TitleMore    *Element         `json:"_title,omitzero"`
	Status       string           `json:"status,omitzero"` // draft, active, retired, unknown
	SubjectType  []string         `json:"subjectType,omitzero"`
	Publisher    string           `json:"publisher,omitzero"`
	Description  string           `json:"description,omitzero"`
	DescriptMore *Element         `json:"_description,omitzero"`
	Copyright    string           `json:"copyright,omitzero"`
	Item         []Item           `json:"item,omitzero"`
	Rest         Rest             `json:",embed"`
}

// Item is a question, a group of them, or a text between them.
type Item struct {
	Extension      []Extension `json:"extension,omitzero"`
	LinkID         string      `json:"linkId,omitzero"`
	Code           []Coding    `json:"code,omitzero"`
	Text           string      `json:"text,omitzero"`
	TextMore       *Element    `json:"_text,omitzero"`
	Type           Type        `json:"type,omitzero"`
	EnableWhen     []When      `json:"enableWhen,omitzero"`
	EnableBehavior string      `json:"enableBehavior,omitzero"` // all, any
	Required       bool        `json:"required,omitzero"`
	Repeats        bool        `json:"repeats,omitzero"`
	MaxLength      int32       `json:"maxLength,omitzero"` // characters
	AnswerValueSet string      `json:"answerValueSet,omitzero"`
	AnswerOption   []Option    `json:"answerOption,omitzero"`
	Item           []Item      `json:"item,omitzero"`
	Rest           Rest        `json:",embed"`
}

// Type of an item: what it takes as an answer.
type Type string

// The types of R4.
const (
	Group      Type = "group"
	Display    Type = "display"
	Boolean    Type = "boolean"
	Number     Type = "decimal"
	Integer    Type = "integer"
	Date       Type = "date"
	DateTime   Type = "dateTime"
	Time       Type = "time"
	String     Type = "string"
	Text       Type = "text"
	URL        Type = "url"
	Choice     Type = "choice"
	OpenChoice Type = "open-choice"
	File       Type = "attachment"
	Refer      Type = "reference"
	Amount     Type = "quantity"
)

// When is one condition under which an item is asked.
type When struct {
	Question  string `json:"question,omitzero"` // linkId
	Operator  string `json:"operator,omitzero"` // exists = != > < >= <=
	whenValue `json:",embed"`
	Rest      Rest `json:",embed"`
}

// Option is one answer that a choice takes.
type Option struct {
	Extension []Extension `json:"extension,omitzero"`
	Value     `json:",embed"`
	Rest      Rest `json:",embed"`
}

// Coding is a code of a system, with what people read.
type Coding struct {
	Extension   []Extension `json:"extension,omitzero"`
	System      string      `json:"system,omitzero"`
	Version     string      `json:"version,omitzero"`
	Code        string      `json:"code,omitzero"`
	Display     string      `json:"display,omitzero"`
	DisplayMore *Element    `json:"_display,omitzero"`
	Rest        Rest        `json:",embed"`
}

// Extension is a statement that R4 itself has no member for.
type Extension struct {
	URL       string      `json:"url,omitzero"`
	Extension []Extension `json:"extension,omitzero"`
	Code      string      `json:"valueCode,omitzero"`
	Value     `json:",embed"`
	Rest      Rest `json:",embed"`
}

// Element is what stands beside a plain value, under its name with "_".
type Element struct {
	ID        string      `json:"id,omitzero"`
	Extension []Extension `json:"extension,omitzero"`
}

// Response is a filled-in form:
// https://hl7.org/fhir/R4/questionnaireresponse.html
type Response struct {
	ResourceType  string     `json:"resourceType"`
	Questionnaire string     `json:"questionnaire,omitzero"` // address|version
	Status        string     `json:"status,omitzero"`        // in-progress, completed, amended, entered-in-error, stopped
	Item          []Answered `json:"item,omitzero"`
	Rest          Rest       `json:",embed"`
}

// Answered is an item with its answers, or a group with its items.
type Answered struct {
	LinkID string     `json:"linkId,omitzero"`
	Text   string     `json:"text,omitzero"`
	Answer []Answer   `json:"answer,omitzero"`
	Item   []Answered `json:"item,omitzero"`
	Rest   Rest       `json:",embed"`
}

// Answer is one value, with the items that stand below the question.
type Answer struct {
	Value `json:",embed"`
	Item  []Answered `json:"item,omitzero"`
	Rest  Rest       `json:",embed"`
}

// Problem is one reason why a form or its answers are refused.
type Problem struct {
	Where  string // member or linkId; empty: the file
	Reason fault.Reason
}

// Problems are all that were found.
type Problems []Problem

// Error lists the reasons, one in a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = x.Reason.English
		if x.Where != "" {
			lines[i] = x.Where + ": " + x.Reason.English
		}
	}
	return strings.Join(lines, "\n")
}

func (p *Problems) add(where string, broken fault.Rule, args ...any) {
	*p = append(*p, Problem{where, broken.Broken(args...)})
}

// refused says why a text is no form, or no answers, at all.
func refused(broken fault.Rule, args ...any) error {
	return Problems{{Reason: broken.Broken(args...)}}
}

// err is nil without a problem.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
