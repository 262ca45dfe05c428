package instrument

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"amelie/internal/fhir"
)

// An instrument as a form of FHIR R4, for programs that know nothing of packs.
// What a form has room for stands in its own members: wording, types, bounds,
// options, conditions. What it has no room for (weights, rule, population,
// published accuracy) goes along as the pack in one attachment, so that an
// instrument comes back whole. Addresses are derived from the id and say
// nothing: a file that is found names no subject in its addresses.

// Words gives a sentence of the interface; nil: the form is for programs alone.
type Words func(lang, key string) string

// formSpace is the namespace of derived addresses. It never changes: another
// one makes every form a different form.
var formSpace = uuid.MustParse("0d2e9a34-52d5-5c5b-8f5c-4f0b6f0f7a61")

// FormAddress is the canonical address of a pack as a form. The version stands
// beside it.
func FormAddress(id string) string { return derived("instrument/" + id) }

func derived(name string) string {
	return "urn:uuid:" + uuid.NewSHA1(formSpace, []byte(name)).String()
}

// Names inside a form. Questions are numbered, so that a filled-in form that is
// found without its form says nothing: the age is 1, then each dimension with
// its items, or each item. Numbers hold for one version.
const (
	ageLink   = "1"
	meansPart = ".a"
	elsePart  = ".b"

	answerSet = "answer"
	ageSet    = "age"

	packInside  = "urn:amelie:fhir:pack" // the address of the extension
	yesNoSystem = "http://terminology.hl7.org/CodeSystem/v2-0136"
	noneSystem  = "http://terminology.hl7.org/CodeSystem/data-absent-reason" // has the code "unknown"
	helpSystem  = "http://hl7.org/fhir/questionnaire-item-control"
)

var ageSystem = derived("age")

// links are the numbers of the dimensions and of the items, by id.
func (p *Pack) links() (parts, items map[string]string) {
	parts, items = map[string]string{}, map[string]string{}
	for n, d := range p.Dimensions {
		parts[d.ID] = strconv.Itoa(n + 2)
		within := 0
		for _, i := range p.Items {
			if i.Dimension == d.ID {
				within++
				items[i.ID] = parts[d.ID] + "." + strconv.Itoa(within)
			}
		}
	}
	for n, i := range p.Items {
		if len(p.Dimensions) == 0 {
			items[i.ID] = strconv.Itoa(n + 2)
		}
	}
	return parts, items
}

// Questionnaire is the pack as a form. Errors: ErrClosed for a template, which
// has no wording to give.
func (p *Pack) Questionnaire(say Words) (*fhir.Questionnaire, error) {
	if p.State == Template {
		return nil, ErrClosed{p.State}
	}
	if say == nil {
		say = func(string, string) string { return "" }
	}
	w := formWriter{pack: p, first: p.Languages[0], others: p.Languages[1:], say: say}
	w.parts, w.links = p.links()
	inside, err := p.inside()
	if err != nil {
		return nil, err
	}
	title, description := w.text(func(l string) string { return p.In(l).Title }), w.text(func(l string) string { return p.In(l).Population })
	q := &fhir.Questionnaire{
		ResourceType: "Questionnaire", Language: w.first, URL: FormAddress(p.ID), Version: p.Version,
		Title: title.plain, TitleMore: title.more, Description: description.plain, DescriptMore: description.more,
		Status: "active", SubjectType: []string{"Patient"}, Publisher: p.Source.Publisher, Copyright: p.Licence.Name,
		Extension: []fhir.Extension{inside},
		Item:      append([]fhir.Item{w.choice(ageLink, "instrument.signs.age", ageSet)}, w.items()...),
	}
	if p.State != Installed {
		q.Status = "draft"
	}
	return q, w.contain(q)
}

// inside is what a form has no room for: the pack without the wording of its
// items.
func (p *Pack) inside() (fhir.Extension, error) {
	whole := p.Whole()
	for lang, t := range whole.Text {
		t.Items = nil
		whole.Text[lang] = t
	}
	text, err := json.Marshal(whole)
	return fhir.Extension{URL: packInside, Value: fhir.Value{Attachment: &fhir.Attachment{ContentType: "application/json", Data: text}}}, err
}

type formWriter struct {
	pack   *Pack
	first  string
	others []string
	say    Words
	parts  map[string]string // numbers of the dimensions
	links  map[string]string // and of the items
}

type wording struct {
	plain string
	more  *fhir.Element
}

// text says something in the first language, and in the others beside it.
func (w formWriter) text(in func(lang string) string) wording {
	return wording{in(w.first), fhir.Translated(w.others, in)}
}

func (w formWriter) sentence(key string) wording {
	return w.text(func(l string) string { return w.say(l, key) })
}

// items are the items of the pack, in a group for each dimension.
func (w formWriter) items() (out []fhir.Item) {
	if len(w.pack.Dimensions) == 0 {
		for _, i := range w.pack.Items {
			out = append(out, w.item(i))
		}
		return out
	}
	for _, d := range w.pack.Dimensions {
		title := w.sentence("instrument.side." + string(d.Role) + ".title")
		g := fhir.Item{LinkID: w.parts[d.ID], Type: fhir.Group, Text: title.plain, TextMore: title.more}
		for _, i := range w.pack.Items {
			if i.Dimension == d.ID {
				g.Item = append(g.Item, w.item(i))
			}
		}
		out = append(out, g)
	}
	return out
}

// choice is a question whose answers stand in a list inside the form.
func (w formWriter) choice(link, key, set string) fhir.Item {
	title := w.sentence(key)
	return fhir.Item{LinkID: link, Type: fhir.Choice, Required: true, Text: title.plain, TextMore: title.more, AnswerValueSet: "#" + set}
}

func (w formWriter) item(i Item) fhir.Item {
	label := w.text(func(l string) string { return w.pack.Wording(i, l).Label })
	out := fhir.Item{LinkID: w.links[i.ID], Text: label.plain, TextMore: label.more, Required: i.Required, Type: fhir.Choice}
	switch i.Type {
	case Integer:
		out.Type = fhir.Integer
		out.Extension = []fhir.Extension{{URL: fhir.MinValue, Value: whole(*i.Min)}, {URL: fhir.MaxValue, Value: whole(*i.Max)}}
	case Choice:
		out.AnswerOption = w.options(i)
	default:
		out.AnswerValueSet = "#" + answerSet
	}
	if i.When != nil {
		on, _ := w.pack.Item(i.When.Item)
		out.EnableWhen = []fhir.When{w.condition(on, i.When.Is)}
	}
	w.help(&out, meansPart, func(l string) string { return w.pack.Wording(i, l).Means })
	w.help(&out, elsePart, func(l string) string { return w.pack.Wording(i, l).Else })
	return out
}

// help puts a text below the question, if there is one.
func (w formWriter) help(below *fhir.Item, suffix string, in func(lang string) string) {
	if t := w.text(in); t.plain != "" {
		below.Item = append(below.Item, fhir.Item{LinkID: below.LinkID + suffix, Type: fhir.Display, Text: t.plain, TextMore: t.more, Extension: []fhir.Extension{asHelp}})
	}
}

// asHelp marks a text as help for the question above it.
var asHelp = fhir.Extension{URL: fhir.ItemControl, Rest: fhir.Rest{
	"valueCodeableConcept": jsontext.Value(`{"coding":[{"system":"` + helpSystem + `","code":"help"}]}`)}}

func whole(n int) fhir.Value {
	small := int32(n) // a pack's numbers are within maxPoints
	return fhir.Value{Integer: &small}
}

// options are those of the item, with their points, and "unknown".
func (w formWriter) options(i Item) (out []fhir.Option) {
	for _, o := range i.Options {
		label := w.text(func(l string) string { return w.pack.Wording(i, l).Options[o.ID] })
		c := i.coding(w.pack, o.ID)
		c.Display, c.DisplayMore = label.plain, label.more
		if w.pack.Rule.Kind == Sum {
			c.Extension = []fhir.Extension{{URL: fhir.OrdinalValue, Value: fhir.Value{Decimal: jsontext.Value(strconv.Itoa(o.Points))}}}
		}
		out = append(out, fhir.Option{Value: fhir.Value{Coding: &c}})
	}
	unknown := w.sentence("instrument.answer." + Unknown)
	return append(out, fhir.Option{Value: fhir.Value{Coding: &fhir.Coding{System: noneSystem, Code: Unknown, Display: unknown.plain, DisplayMore: unknown.more}}})
}

// codes of the answers that every yes-no item knows.
var answerCodes = map[string]fhir.Coding{
	Yes:     {System: yesNoSystem, Code: "Y"},
	No:      {System: yesNoSystem, Code: "N"},
	Unknown: {System: noneSystem, Code: Unknown},
}

// coding is an answer as a code.
func (i Item) coding(p *Pack, answer string) fhir.Coding {
	if c, ok := answerCodes[answer]; ok && (i.Type == YesNo || answer == Unknown) {
		return c
	}
	return fhir.Coding{System: derived("instrument/" + p.ID + "/" + i.ID), Code: answer}
}

// condition holds while the item has the answer.
func (w formWriter) condition(on Item, answer string) fhir.When {
	link := w.links[on.ID]
	if on.Type == Integer && answer == Unknown {
		no := false
		return fhir.Is(link, "exists", fhir.Value{Boolean: &no})
	}
	return fhir.Is(link, "=", on.value(w.pack, answer).Value)
}

// contain puts the lists of answers into the form.
func (w formWriter) contain(q *fhir.Questionnaire) error {
	ages := make([]namedCode, 0, len(Ages))
	for _, a := range Ages {
		c := ageCoding(a)
		ages = append(ages, namedCode{c.System, c.Code, "instrument.age." + string(a)})
	}
	answers := []namedCode{}
	for _, a := range []string{Yes, No, Unknown} {
		answers = append(answers, namedCode{answerCodes[a].System, answerCodes[a].Code, "instrument.answer." + a})
	}
	for _, set := range []fhir.List{w.list(ageSet, ages), w.list(answerSet, answers)} {
		if set.ID == answerSet && !slices.ContainsFunc(w.pack.Items, func(i Item) bool { return i.Type == YesNo }) {
			continue
		}
		text, err := json.Marshal(set)
		if err != nil {
			return err
		}
		q.Contained = append(q.Contained, text)
	}
	return nil
}

type namedCode struct{ system, code, key string }

// list is a value set of so many codes, those of a system together.
func (w formWriter) list(id string, codes []namedCode) fhir.List {
	l := fhir.List{ResourceType: "ValueSet", ID: id, Status: "active"}
	for _, c := range codes {
		if n := len(l.Compose.Include); n == 0 || l.Compose.Include[n-1].System != c.system {
			l.Compose.Include = append(l.Compose.Include, fhir.Include{System: c.system})
		}
		concept := fhir.Concept{Code: c.code, Display: w.say(w.first, c.key)}
		for _, lang := range w.others {
			if word := w.say(lang, c.key); word != "" {
				concept.Designation = append(concept.Designation, fhir.Designation{Language: lang, Value: word})
			}
		}
		last := &l.Compose.Include[len(l.Compose.Include)-1]
		last.Concept = append(last.Concept, concept)
	}
	return l
}

// ageCoding is an age as a code.
func ageCoding(a Age) fhir.Coding {
	if a == UnknownAge {
		return answerCodes[Unknown]
	}
	return fhir.Coding{System: ageSystem, Code: string(a)}
}

// QuestionnaireResponse is a response as a filled-in form: the answers alone,
// no result, nobody's name and no time. Errors: those of Check.
//
// req: INSTRUMENT-9
func (p *Pack) QuestionnaireResponse(r Response) (*fhir.Response, error) {
	if err := p.Check(r); err != nil {
		return nil, err
	}
	age := ageCoding(r.Age)
	out := &fhir.Response{ResourceType: "QuestionnaireResponse", Questionnaire: FormAddress(p.ID) + "|" + p.Version, Status: "completed",
		Item: []fhir.Answered{{LinkID: ageLink, Answer: []fhir.Answer{{Value: fhir.Value{Coding: &age}}}}}}
	parts, links := p.links()
	if len(p.Dimensions) == 0 {
		out.Item = append(out.Item, p.answered(r.Answers, "", links)...)
	}
	for _, d := range p.Dimensions {
		if below := p.answered(r.Answers, d.ID, links); len(below) > 0 {
			out.Item = append(out.Item, fhir.Answered{LinkID: parts[d.ID], Item: below})
		}
	}
	return out, nil
}

// answered are the answers of one dimension, in the order of the pack.
func (p *Pack) answered(a Answers, dimension string, links map[string]string) (out []fhir.Answered) {
	for _, i := range p.Items {
		if answer, given := a[i.ID]; given && i.Dimension == dimension && i.asked(a) {
			out = append(out, fhir.Answered{LinkID: links[i.ID], Answer: []fhir.Answer{i.value(p, answer)}})
		}
	}
	return out
}

func (i Item) value(p *Pack, answer string) fhir.Answer {
	if i.Type != Integer {
		c := i.coding(p, answer)
		return fhir.Answer{Value: fhir.Value{Coding: &c}}
	}
	if answer == Unknown {
		return fhir.NoValue("Integer", Unknown)
	}
	n, _ := strconv.Atoi(answer) // checked
	return fhir.Answer{Value: whole(n)}
}

// ReadQuestionnaireResponse reads a filled-in form. It is refused when it
// belongs to another form or version, both named, or when an answer does not
// fit.
func (p *Pack) ReadQuestionnaireResponse(text []byte) (Response, error) {
	form, err := p.Questionnaire(nil)
	if err != nil {
		return Response{}, err
	}
	in, err := fhir.ReadResponse(text)
	if err != nil {
		return Response{}, refusedForm(err)
	}
	if err := form.CheckResponse(in); err != nil {
		return Response{}, refusedForm(err)
	}
	if in.Status != "completed" && in.Status != "amended" {
		return Response{}, refusal(notFinished, in.Status)
	}
	out := Response{UnknownAge, Answers{}}
	given := map[string]fhir.Value{}
	collect(in.Item, given)
	if age, ok := given[ageLink]; ok && age.Coding != nil {
		out.Age = Age(age.Coding.Code)
	}
	_, links := p.links()
	for _, i := range p.Items {
		if v, ok := given[links[i.ID]]; ok {
			out.Answers[i.ID] = i.read(v)
		}
	}
	return out, p.Check(out)
}

// refusedForm is what a filled-in form breaks, by the numbers of its questions.
func refusedForm(err error) error {
	var problems fhir.Problems
	if !errors.As(err, &problems) {
		return refusal(technical, err)
	}
	var out Refusal
	for _, p := range problems {
		out = append(out, Flaw{strings.TrimPrefix(p.Where, "item "), p.Reason})
	}
	return out
}

// collect takes the answers, by the number of their question.
func collect(items []fhir.Answered, into map[string]fhir.Value) {
	for _, a := range items {
		collect(a.Item, into)
		for _, answer := range a.Answer {
			into[a.LinkID] = answer.Value
		}
	}
}

// read is an answer as the engine writes it; no value is unknown.
func (i Item) read(v fhir.Value) string {
	if v.Integer != nil {
		return strconv.Itoa(int(*v.Integer))
	}
	if v.Coding == nil {
		return Unknown
	}
	for answer, c := range answerCodes {
		if c.Same(*v.Coding) {
			return answer
		}
	}
	return v.Coding.Code
}
