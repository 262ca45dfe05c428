package instrument

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/fhir"
)

// Age is what is known about the person's age.
type Age string

// The ages. In doubt, the person is treated as a child: Directive 2011/36/EU,
// article 13(2).
const (
	Adult      Age = "adult"
	Child      Age = "child" // under 18
	UnknownAge Age = "unknown"
)

// Ages are all of them.
var Ages = []Age{Adult, Child, UnknownAge}

// Answers are by item: "yes", "no" or "unknown"; the digits of an integer; the
// id of an option. What is not there is unknown.
type Answers map[string]string

// The answers that every yes-no item knows; Unknown is in every domain.
const (
	Yes     = "yes"
	No      = "no"
	Unknown = "unknown"
)

// Response is what is evaluated.
type Response struct {
	Age     Age
	Answers Answers
}

// Flaw is one thing that is wrong with a response.
type Flaw struct {
	Item string // empty: the response itself; "age"; an item's id
	fault.Reason
}

// Refusal lists everything that is wrong with a response. Nothing of it is
// guessed or corrected.
type Refusal []Flaw

// Error is the list, one reason in a line.
func (r Refusal) Error() string {
	lines := make([]string, len(r))
	for i, f := range r {
		lines[i] = f.English
		if f.Item != "" && f.Item != ageName {
			said := ": " + f.English
			if rest, itself := strings.CutPrefix(f.English, "it "); itself {
				said = " " + rest
			}
			lines[i] = "item " + f.Item + said
		}
	}
	return strings.Join(lines, "\n")
}

// ageName is the name of the age in a response.
const ageName = "age"

func refusal(broken fault.Rule, args ...any) error {
	return Refusal{{Reason: broken.Broken(args...)}}
}

// Check refuses answers to items that the pack does not have, answers outside
// an item's domain, answers to items that are not asked after the other
// answers, and missing ones that are required.
func (p *Pack) Check(r Response) error {
	var wrong Refusal
	add := func(item string, reason fault.Reason) { wrong = append(wrong, Flaw{item, reason}) }
	if !slices.Contains(Ages, r.Age) {
		add(ageName, badAge.Broken(r.Age))
	}
	known := 0
	for _, item := range p.Items {
		answer, given := r.Answers[item.ID]
		if given {
			known++
		}
		asked := item.asked(r.Answers)
		switch {
		case given && !item.takes(answer):
			add(item.ID, item.outside(answer))
		case given && !asked && answer != Unknown:
			add(item.ID, askedOnly.Broken(item.When.Item, item.When.Is))
		case !given && asked && item.Required:
			add(item.ID, answerNeeded.Broken())
		}
	}
	if known < len(r.Answers) {
		for _, id := range sortedKeys(r.Answers) {
			if _, ok := p.Item(id); !ok {
				add(strconv.Quote(id), notInPack.Broken(p.ID, p.Version))
			}
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

func sortedKeys[M ~map[string]V, V any](a M) []string {
	ids := make([]string, 0, len(a))
	for id := range a {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// asked tells whether the item belongs to the talk after the other answers.
func (i Item) asked(a Answers) bool { return i.When == nil || a[i.When.Item] == i.When.Is }

// takes tells whether an answer is in the item's domain.
func (i Item) takes(answer string) bool {
	if answer == Unknown {
		return true
	}
	switch i.Type {
	case Integer:
		n, err := strconv.Atoi(answer)
		return err == nil && strconv.Itoa(n) == answer && n >= *i.Min && n <= *i.Max
	case Choice:
		return slices.ContainsFunc(i.Options, func(o Option) bool { return o.ID == answer })
	}
	return answer == Yes || answer == No
}

// outside says what the item takes instead of the answer.
func (i Item) outside(answer string) fault.Reason {
	switch i.Type {
	case Integer:
		return outsideInteger.Broken(answer, *i.Min, *i.Max)
	case Choice:
		ids := make([]string, 0, len(i.Options)+1)
		for _, o := range i.Options {
			ids = append(ids, o.ID)
		}
		return outsideChoice.Broken(answer, strings.Join(append(ids, Unknown), ", "))
	}
	return outsideYesNo.Broken(answer)
}

// points that an answer is worth; 0 for unknown.
func (i Item) points(answer string) int {
	switch {
	case answer == Unknown || answer == "":
		return 0
	case i.Type == Integer:
		n, _ := strconv.Atoi(answer)
		return n * i.Points
	case i.Type == Choice:
		at := slices.IndexFunc(i.Options, func(o Option) bool { return o.ID == answer })
		return i.Options[at].Points
	case answer == Yes:
		return i.Points
	}
	return 0
}

// maxResponse bounds what is read: no instrument needs more.
const maxResponse = 1 << 20

// ReadResponse reads {"age":"…","answers":{"item":"…"}}. It is strict: names
// are as written, nothing is left over, an item may stand twice only with the
// same answer, numbers are for integer items and words for the others. A
// QuestionnaireResponse of FHIR is read as such.
func (p *Pack) ReadResponse(r io.Reader) (Response, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxResponse+1))
	if err != nil {
		return Response{}, err
	}
	if len(text) > maxResponse {
		return Response{}, refusal(tooLong)
	}
	if fhir.IsResource(text, "QuestionnaireResponse") {
		return p.ReadQuestionnaireResponse(text)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	reader := responseReader{pack: p, d: d}
	out, err := reader.read()
	if err != nil {
		return Response{}, refusal(technical, err)
	}
	return out, p.Check(out)
}

type responseReader struct {
	pack *Pack
	d    *json.Decoder
}

func (r responseReader) read() (out Response, err error) {
	seen := map[string]bool{}
	err = r.object(func(name string) error {
		if seen[name] {
			return fmt.Errorf("%q stands twice", name)
		}
		seen[name] = true
		switch name {
		case "age":
			word, err := r.word("age")
			out.Age = Age(word)
			return err
		case "answers":
			out.Answers, err = r.answers()
			return err
		}
		return fmt.Errorf("unknown name %q: age and answers are needed", name)
	})
	if err != nil {
		return out, err
	}
	if _, err := r.d.Token(); err != io.EOF {
		return out, fmt.Errorf("something stands after the response")
	}
	for _, name := range []string{"age", "answers"} {
		if !seen[name] {
			return out, fmt.Errorf("%q is missing", name)
		}
	}
	return out, nil
}

func (r responseReader) answers() (Answers, error) {
	out := Answers{}
	err := r.object(func(name string) error {
		answer, err := r.answer(name)
		if err != nil {
			return err
		}
		if before, twice := out[name]; twice && before != answer {
			return fmt.Errorf("item %q stands twice with different answers", name)
		}
		out[name] = answer
		return nil
	})
	return out, err
}

// answer keeps numbers and words apart: "3" is not 3.
func (r responseReader) answer(name string) (string, error) {
	item, known := r.pack.Item(name)
	if !known || item.Type != Integer {
		return r.word("the answer to " + name)
	}
	t, err := r.d.Token()
	if n, ok := t.(json.Number); ok && err == nil {
		return n.String(), nil
	}
	if t == Unknown && err == nil {
		return Unknown, nil
	}
	return "", fmt.Errorf("item %s: a number is needed, or %q", name, Unknown)
}

func (r responseReader) word(what string) (string, error) {
	t, err := r.d.Token()
	if word, ok := t.(string); ok && err == nil {
		return word, nil
	}
	return "", fmt.Errorf("%s must be a word in quotation marks", what)
}

// object calls each for every name; each reads the value.
func (r responseReader) object(each func(name string) error) error {
	if t, err := r.d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("an object is needed: {\"age\": …, \"answers\": {…}}")
	}
	for r.d.More() {
		t, err := r.d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return fmt.Errorf("this is not JSON: %w", err)
		}
		if err := each(name); err != nil {
			return err
		}
	}
	if _, err := r.d.Token(); err != nil {
		return fmt.Errorf("this is not JSON: %w", err)
	}
	return nil
}
