package fhir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxBytes = 4 << 20 // of a form: the largest published ones have less than half
	maxDepth = 64      // of objects and lists; groups in groups stay below ten
)

// ReadQuestionnaire reads a form and checks it. The error says where the text
// makes no sense, or is Problems with every reason.
func ReadQuestionnaire(text []byte) (*Questionnaire, error) {
	q := &Questionnaire{}
	if err := read(text, q); err != nil {
		return nil, err
	}
	if q.ResourceType != "Questionnaire" {
		return nil, refused(notFormRule, q.ResourceType)
	}
	if err := q.Check(); err != nil {
		return nil, err
	}
	return q, nil
}

// ReadResponse reads a filled-in form. What it says is checked with
// Questionnaire.CheckResponse.
func ReadResponse(text []byte) (*Response, error) {
	r := &Response{}
	if err := read(text, r); err != nil {
		return nil, err
	}
	if r.ResourceType != "QuestionnaireResponse" {
		return nil, refused(notAnswersRule, r.ResourceType)
	}
	var problems Problems
	problems.rest("", r.Rest, responseRest)
	problems.answered(r.Item)
	return r, problems.err()
}

// IsResource tells whether a text says of itself that it is the resource.
func IsResource(text []byte, name string) bool {
	var head struct {
		ResourceType string `json:"resourceType"`
	}
	return json.Unmarshal(text, &head) == nil && head.ResourceType == name
}

// Write gives the JSON of a form or of answers.
func Write(v any) ([]byte, error) {
	return json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "))
}

func read(text []byte, into any) error {
	if len(text) > maxBytes {
		return refused(tooLongRule)
	}
	if err := wellFormed(text); err != nil {
		return refused(notFHIRRule, err)
	}
	err := json.Unmarshal(text, into)
	var wrong *json.SemanticError
	if errors.As(err, &wrong) {
		return refused(shapeRule, wrong.JSONPointer, wrong.JSONKind)
	}
	return err
}

// wellFormed refuses what FHIR forbids in JSON beyond what JSON forbids: null,
// and texts, objects and lists that are empty. A name twice is refused by the
// decoder.
func wellFormed(text []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		t, err := d.ReadToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		at := d.StackPointer()
		if d.StackDepth() > maxDepth {
			return fmt.Errorf("at %s: more than %d levels", at, maxDepth)
		}
		kind := t.Kind()
		empty := kind == 'n' || kind == '"' && strings.TrimSpace(t.String()) == ""
		if next := d.PeekKind(); kind == '{' && next == '}' || kind == '[' && next == ']' || empty {
			return fmt.Errorf("at %s: an empty value; FHIR leaves out what is not there", at)
		}
	}
}

// Members of R4 that are kept without a look. A plain one may have a companion
// with "_".
var (
	questionnaireRest = strings.Fields("meta text identifier derivedFrom experimental date contact useContext jurisdiction purpose approvalDate lastReviewDate effectivePeriod code")
	itemRest          = strings.Fields("id definition prefix readOnly initial")
	elementRest       = strings.Fields("id extension")
	optionRest        = strings.Fields("id initialSelected")
	codingRest        = strings.Fields("id userSelected")
	responseRest      = strings.Fields("id meta language text contained extension identifier basedOn partOf subject encounter authored author source")
	answeredRest      = strings.Fields("id extension definition")
	// Companions of members that are looked at.
	companions = strings.Fields("_language _url _version _name _status _publisher _copyright _linkId _type _enableBehavior _required _repeats _maxLength _questionnaire _text _authored")
)

// rest refuses members that R4 does not have here, and those that change the
// meaning in a way that is not understood.
func (p *Problems) rest(where string, rest Rest, kept []string) {
	names := make([]string, 0, len(rest))
	for name := range rest {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		plain, companion := strings.CutPrefix(name, "_")
		switch {
		case slices.Contains(kept, plain), companion && slices.Contains(companions, name), companion && strings.HasPrefix(plain, "value"):
		case name == "modifierExtension" || name == "implicitRules":
			p.add(join(where, name), meaningRule)
		default:
			p.add(join(where, name), noMemberRule)
		}
	}
}

func join(where, name string) string {
	if where == "" {
		return name
	}
	return where + " " + name
}

// extensions refuses extensions without an address.
func (p *Problems) extensions(where string, list []Extension) {
	for _, e := range list {
		if !uriFormat.MatchString(e.URL) {
			p.add(where, extensionAddressRule)
		}
		for name := range e.Rest {
			if plain := strings.TrimPrefix(name, "_"); plain != "id" && !strings.HasPrefix(plain, "value") {
				p.add(where, extensionMemberRule, name)
			}
		}
		p.value(where, e.Value)
		p.extensions(where, e.Extension)
	}
}

// value checks the form of one value and of what is in it.
func (p *Problems) value(where string, v Value) {
	if reason := v.wrong(); reason != "" {
		p.add(where, technicalRule, reason)
	}
	if c := v.Coding; c != nil {
		p.rest(where, c.Rest, codingRest)
		p.extensions(where, c.Extension)
	}
}

// answered checks what can be known of answers without their form.
func (p *Problems) answered(items []Answered) {
	for _, i := range items {
		where := "item " + i.LinkID
		if i.LinkID == "" {
			p.add("item", linkMissingHereRule)
		}
		p.rest(where, i.Rest, answeredRest)
		if len(i.Answer) > 0 && len(i.Item) > 0 { // qrs-1
			p.add(where, itemsBesideRule)
		}
		for _, a := range i.Answer {
			p.value(where, a.Value)
			p.rest(where, a.Rest, elementRest)
			if len(a.kinds()) == 0 && a.Absent() == "" {
				p.add(where, noValueRule)
			}
			p.answered(a.Item)
		}
		p.answered(i.Item)
	}
}
