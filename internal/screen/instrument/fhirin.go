package instrument

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/fhir"
)

// FromQuestionnaire makes a pack of a form. The form says what is asked: items,
// types, bounds, options, conditions, wording. What the answers mean (rule,
// weights, points, population, accuracy) it cannot say: that comes from the
// pack inside a form of ours, or from base, a template that the form fills.
// Nothing is guessed: the error is Problems with every reason.
func FromQuestionnaire(q *fhir.Questionnaire, base *Pack) (*Pack, error) {
	own, err := insideOf(q)
	if err != nil {
		return nil, Problems{{q.URL, "extension", insideFault(err)}}
	}
	if own == nil && base == nil {
		return nil, Problems{{q.URL, "rule", noRule.Broken()}}
	}
	if own != nil {
		base = own
	}
	r := formReader{form: q, out: base.Whole(), first: q.Language}
	if r.first == "" {
		r.first = "en"
	}
	r.head(own != nil)
	r.match(own != nil)
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	text, err := json.Marshal(r.out)
	if err != nil {
		return nil, err
	}
	return Parse(text) // with all its checks
}

// PackText gives the text of a pack for what somebody brings: a pack as it is,
// a form as the pack that it makes with base, which may be nil.
func PackText(text []byte, base *Pack) ([]byte, error) {
	if !fhir.IsResource(text, "Questionnaire") {
		return text, nil
	}
	q, err := fhir.ReadQuestionnaire(text)
	if err != nil {
		return nil, err
	}
	p, err := FromQuestionnaire(q, base)
	if err != nil {
		return nil, err
	}
	return json.Marshal(p)
}

// Allowed is a copy of a template whose publisher allowed to use the wording.
func (p *Pack) Allowed() *Pack {
	out := p.Whole()
	out.Licence.Permission = granted
	return out
}

// insideOf is the pack that a form of ours carries; nil in others.
func insideOf(q *fhir.Questionnaire) (*Pack, error) {
	e, ok := q.Find(packInside)
	if !ok {
		return nil, nil
	}
	if e.Attachment == nil {
		return nil, insideMissing.Broken()
	}
	p, err := decode(e.Attachment.Data)
	if err == nil && FormAddress(p.ID) != q.URL {
		err = insideOther.Broken(p.ID)
	}
	if err == nil && p.Version != q.Version {
		err = insideVersion.Broken(q.Version, p.Version)
	}
	return p, err
}

// insideFault is why the pack inside a form cannot be read.
func insideFault(err error) fault.Reason {
	var reason fault.Reason
	if errors.As(err, &reason) {
		return reason
	}
	var problems Problems
	if errors.As(err, &problems) && len(problems) == 1 {
		return problems[0].Reason
	}
	return technical.Broken(err)
}

// formReader puts what a form says into a pack.
type formReader struct {
	form     *fhir.Questionnaire
	out      *Pack
	first    string
	problems Problems
	order    []fhir.Item // the questions
}

func (r *formReader) refuse(where string, broken fault.Rule, args ...any) {
	r.problems = append(r.problems, Problem{r.out.ID, where, broken.Broken(args...)})
}

// head takes title and version; of a form from elsewhere also the languages.
func (r *formReader) head(own bool) {
	p := r.out
	if own {
		return
	}
	if r.form.Version != "" {
		p.Version = r.form.Version
	}
	if r.form.Copyright != "" {
		p.Licence.Name = r.form.Copyright
	}
	if p.State == Template {
		p.State = Installed
	}
	old := p.Text
	p.Text, p.Languages = map[string]Text{}, append([]string{r.first}, slices.Sorted(maps.Keys(r.form.TitleMore.Languages()))...)
	for _, lang := range p.Languages {
		t := old[lang] // a language that the template lacks stays without, and is refused where it needs more
		t.Title = inLanguage(r.form.Title, r.form.TitleMore, lang, r.first)
		if described := inLanguage(r.form.Description, r.form.DescriptMore, lang, r.first); described != "" {
			t.Population = described
		}
		p.Text[lang] = t
	}
}

func inLanguage(plain string, more *fhir.Element, lang, first string) string {
	if lang == first {
		return plain
	}
	return more.Languages()[lang]
}

// match finds for each item of the pack its question: by its number in a form of
// ours, by its place in others.
func (r *formReader) match(own bool) {
	p := r.out
	r.questions(r.form.Item)
	if len(r.order) != len(p.Items) {
		r.refuse("item", countDiffers, len(r.order), len(p.Items))
		return
	}
	ids := map[string]string{} // item's id by linkId
	_, links := p.links()
	for n, i := range p.Items {
		if own {
			ids[links[i.ID]] = i.ID
		} else {
			ids[r.order[n].LinkID] = i.ID
		}
	}
	for _, f := range r.order {
		at := slices.IndexFunc(p.Items, func(i Item) bool { return i.ID == ids[f.LinkID] })
		if at < 0 {
			r.refuse("item "+f.LinkID, noSuchItem)
			continue
		}
		r.item(&p.Items[at], f, ids)
	}
}

// questions are the items that take answers, in their order.
func (r *formReader) questions(items []fhir.Item) {
	for _, f := range items {
		if f.Type != fhir.Group && f.Type != fhir.Display && f.AnswerValueSet != "#"+ageSet {
			r.order = append(r.order, f)
		}
		r.questions(f.Item)
	}
}

// item takes over what the form asks.
func (r *formReader) item(i *Item, f fhir.Item, ids map[string]string) {
	where := "item " + f.LinkID
	points := map[string]int{}
	for _, o := range i.Options {
		points[o.ID] = o.Points
	}
	i.Required, i.When, i.Min, i.Max, i.Options = f.Required, nil, nil, nil, nil
	var labels map[string]fhir.Coding
	switch options, ok := r.plain(f); {
	case f.Repeats:
		r.refuse(where, severalAnswers)
	case f.Type == fhir.Boolean || f.Type == fhir.Choice && ok:
		i.Type = YesNo
	case f.Type == fhir.Choice && len(options) > 0:
		i.Type, labels = Choice, map[string]fhir.Coding{}
		for _, c := range options {
			i.Options = append(i.Options, Option{c.Code, points[c.Code]})
			labels[c.Code] = c
		}
	case f.Type == fhir.Integer:
		i.Type, i.Min, i.Max = Integer, bound(f, fhir.MinValue), bound(f, fhir.MaxValue)
	default:
		r.refuse(where, typeNotTaken, f.Type)
	}
	i.When = r.when(where, f, ids)
	r.words(i.ID, f, labels)
}

func bound(f fhir.Item, url string) *int {
	e, ok := f.Find(url)
	if !ok || e.Integer == nil {
		return nil
	}
	n := int(*e.Integer)
	return &n
}

// plain are the options of a choice without "unknown"; true when they are yes
// and no.
func (r *formReader) plain(f fhir.Item) (out []fhir.Coding, yesNo bool) {
	yesNo = true
	for _, v := range r.form.Options(f) {
		if v.Coding == nil {
			return nil, false
		}
		if v.Coding.System != noneSystem {
			yesNo = yesNo && v.Coding.System == yesNoSystem
			out = append(out, *v.Coding)
		}
	}
	return out, yesNo && len(out) == 2
}

// when takes a condition that a pack can say: one earlier item has one answer.
func (r *formReader) when(where string, f fhir.Item, ids map[string]string) *When {
	if len(f.EnableWhen) == 0 {
		return nil
	}
	w := f.EnableWhen[0]
	v := w.Answer()
	on, known := ids[w.Question]
	is := Item{}.read(v)
	switch {
	case w.Operator == "exists" && v.Boolean != nil && !*v.Boolean:
		is = Unknown
	case v.Boolean != nil:
		is = map[bool]string{true: Yes, false: No}[*v.Boolean]
	}
	if len(f.EnableWhen) > 1 || !known || w.Operator != "=" && is != Unknown {
		r.refuse(where, conditionTooMuch)
		return nil
	}
	return &When{on, is}
}

// words takes the wording in every language of the pack; what is missing is
// refused with the pack.
func (r *formReader) words(id string, f fhir.Item, labels map[string]fhir.Coding) {
	for _, lang := range r.out.Languages {
		w := ItemText{Label: inLanguage(f.Text, f.TextMore, lang, r.first)}
		for _, below := range f.Item {
			help := inLanguage(below.Text, below.TextMore, lang, r.first)
			switch suffix := strings.TrimPrefix(below.LinkID, f.LinkID); {
			case below.Type != fhir.Display:
			case suffix == meansPart:
				w.Means = help
			case suffix == elsePart:
				w.Else = help
			}
		}
		for code, c := range labels {
			if w.Options == nil {
				w.Options = map[string]string{}
			}
			w.Options[code] = inLanguage(c.Display, c.DisplayMore, lang, r.first)
		}
		t := r.out.Text[lang]
		if t.Items == nil {
			t.Items = map[string]ItemText{}
		}
		t.Items[id] = w
		r.out.Text[lang] = t
	}
}
