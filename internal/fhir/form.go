package fhir

import (
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

var (
	statuses  = strings.Fields("draft active retired unknown")
	operators = strings.Fields("exists = != > < >= <=")
	types     = []Type{Group, Display, Boolean, Number, Integer, Date, DateTime, Time, String, Text, URL, Choice, OpenChoice, File, Refer, Amount}
	idFormat  = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)
)

// form is a form being checked.
type form struct {
	Problems
	q     *Questionnaire
	items map[string]*Item
}

// Check gives every reason why the form contradicts the standard or asks for
// something that cannot be checked here; Problems or nil. The names que-n are
// those of the standard's rules.
func (q *Questionnaire) Check() error {
	f := &form{q: q, items: map[string]*Item{}}
	if !slices.Contains(statuses, q.Status) {
		f.add("status", oneOfRule, q.Status, strings.Join(statuses, ", "))
	}
	if q.ID != "" && !idFormat.MatchString(q.ID) {
		f.add("id", badIDRule)
	}
	if q.URL != "" && !uriFormat.MatchString(q.URL) || strings.Contains(q.URL, "|") {
		f.add("url", noAddressRule)
	}
	f.rest("", q.Rest, questionnaireRest)
	f.extensions("extension", q.Extension)
	for i := range q.Item {
		f.collect(&q.Item[i])
	}
	for i := range q.Item {
		f.item(&q.Item[i], nil)
	}
	return f.err()
}

// collect finds the items by their linkId (que-2).
func (f *form) collect(i *Item) {
	if i.LinkID == "" {
		f.add("item", linkMissingRule)
	} else if f.items[i.LinkID] != nil {
		f.add("item "+i.LinkID, linkTwiceRule)
	}
	f.items[i.LinkID] = i
	for n := range i.Item {
		f.collect(&i.Item[n])
	}
}

func (f *form) item(i *Item, above []*Item) {
	where := "item " + i.LinkID
	f.rest(where, i.Rest, itemRest)
	f.extensions(where, i.Extension)
	if !slices.Contains(types, i.Type) {
		f.add(where, typeUnknownRule, i.Type)
	}
	f.kind(where, i)
	f.options(where, i)
	f.limits(where, i)
	f.conditions(where, i, above)
	for n := range i.Item {
		f.item(&i.Item[n], append(above, i))
	}
}

// kind checks what a type excludes (que-1, 3, 6, 8, 9, 10).
func (f *form) kind(where string, i *Item) {
	switch {
	case i.Type == Group && len(i.Item) == 0:
		f.add(where, emptyGroupRule)
	case i.Type == Display && len(i.Item) > 0:
		f.add(where, displayItemsRule)
	}
	if i.Type == Display && (len(i.Code) > 0 || i.Required || i.Repeats || i.Rest["readOnly"] != nil) {
		f.add(where, displayAsksRule)
	}
	if (i.Type == Display || i.Type == Group) && i.Rest["initial"] != nil {
		f.add(where, initialAloneRule)
	}
	long := []Type{Boolean, Number, Integer, String, Text, URL, OpenChoice}
	if i.MaxLength < 0 || i.MaxLength > 0 && !slices.Contains(long, i.Type) {
		f.add(where, noMaxLengthRule, i.Type)
	}
}

// options checks the answers of a choice (que-4, 5, 11).
func (f *form) options(where string, i *Item) {
	some := len(i.AnswerOption) > 0 || i.AnswerValueSet != ""
	if len(i.AnswerOption) > 0 && i.AnswerValueSet != "" {
		f.add(where, optionsBothRule)
	}
	if some && i.Type != Choice && i.Type != OpenChoice {
		f.add(where, optionsAloneRule)
	}
	if len(i.AnswerOption) > 0 && i.Rest["initial"] != nil {
		f.add(where, initialSelectedRule)
	}
	for _, o := range i.AnswerOption {
		f.rest(where+" answerOption", o.Rest, optionRest)
		f.value(where+" answerOption", o.Value)
		if !slices.Contains([]Type{Integer, Date, Time, String, Choice, Refer}, o.kind()) {
			f.add(where, optionValueRule)
		}
	}
	if i.AnswerValueSet == "" {
		return
	}
	if _, ok := f.q.valueSet(i.AnswerValueSet); !ok {
		f.add(where, valueSetRule, i.AnswerValueSet)
	}
}

// limits checks the bounds that extensions set.
func (f *form) limits(where string, i *Item) {
	low, some := i.Find(MinValue)
	high, also := i.Find(MaxValue)
	for _, e := range []Extension{low, high} {
		if e.URL != "" && e.kind() != i.Type {
			f.add(where, boundTypeRule, i.Type)
		}
	}
	if order, ok := low.compare(high.Value); some && also && ok && order > 0 {
		f.add(where, boundOrderRule)
	}
	for _, url := range []string{MinOccurs, MaxOccurs, MinLength} {
		if e, ok := i.Find(url); ok && (e.Integer == nil || *e.Integer < 0) {
			f.add(where, wholeNumberRule, url)
		}
	}
}

// conditions checks enableWhen (que-7, 12).
func (f *form) conditions(where string, i *Item, above []*Item) {
	if len(i.EnableWhen) > 1 && i.EnableBehavior == "" {
		f.add(where, behaviorMissingRule)
	}
	if i.EnableBehavior != "" && i.EnableBehavior != "all" && i.EnableBehavior != "any" {
		f.add(where, behaviorWordRule)
	}
	for _, w := range i.EnableWhen {
		f.rest(where+" enableWhen", w.Rest, elementRest)
		v := w.Answer()
		f.value(where+" enableWhen", v)
		on := f.items[w.Question]
		switch {
		case on == nil:
			f.add(where, conditionOfRule, w.Question)
		case on == i || slices.Contains(above, on) && on.Type == Group || within(i, on):
			f.add(where, conditionSelfRule)
		case on.Type == Display || on.Type == Group && w.Operator != "exists":
			f.add(where, takesNoneRule, w.Question)
		}
		if !slices.Contains(operators, w.Operator) {
			f.add(where, operatorUnknownRule, w.Operator)
		} else if len(v.kinds()) != 1 || w.Operator == "exists" && v.Boolean == nil {
			f.add(where, conditionValueRule)
		}
	}
}

func within(i, on *Item) bool {
	return slices.ContainsFunc(i.Item, func(x Item) bool { return x.LinkID == on.LinkID || within(&x, on) })
}

// List is a value set that stands inside a form and names each of its codes.
type List struct {
	ResourceType string  `json:"resourceType"`
	ID           string  `json:"id"`
	Status       string  `json:"status"`
	Compose      Compose `json:"compose"`
}

// Compose is what a value set holds.
type Compose struct {
	Include []Include `json:"include"`
}

// Include are codes of one system.
type Include struct {
	System  string    `json:"system"`
	Version string    `json:"version,omitzero"`
	Concept []Concept `json:"concept"`
}

// Concept is one code with its words.
type Concept struct {
	Code        string        `json:"code"`
	Display     string        `json:"display,omitzero"`
	Designation []Designation `json:"designation,omitzero"`
}

// Designation is the word in another language.
type Designation struct {
	Language string `json:"language"`
	Value    string `json:"value"`
}

// valueSet are the codings of a contained list; false for one that is not there
// or is more than a list: whoever cannot say what a set holds takes no answer.
func (q *Questionnaire) valueSet(address string) ([]Coding, bool) {
	id, inside := strings.CutPrefix(address, "#")
	if !inside {
		return nil, false
	}
	for _, raw := range q.Contained {
		var head struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(raw, &head) != nil || head.ID != id {
			continue
		}
		var l List
		if json.Unmarshal(raw, &l, json.RejectUnknownMembers(true)) != nil || l.ResourceType != "ValueSet" {
			return nil, false
		}
		return l.codings()
	}
	return nil, false
}

func (l List) codings() ([]Coding, bool) {
	var out []Coding
	for _, include := range l.Compose.Include {
		if len(include.Concept) == 0 || include.System == "" {
			return nil, false // a whole system, or a filter of it
		}
		for _, c := range include.Concept {
			out = append(out, Coding{System: include.System, Version: include.Version, Code: c.Code, Display: c.Display})
		}
	}
	return out, len(out) > 0
}

// Options are the answers that a choice lists, in its options or in a value set
// inside the form.
func (q *Questionnaire) Options(i Item) []Value {
	var out []Value
	for _, o := range i.AnswerOption {
		out = append(out, o.Value)
	}
	codings, _ := q.valueSet(i.AnswerValueSet)
	for _, c := range codings {
		out = append(out, Value{Coding: &c})
	}
	return out
}
