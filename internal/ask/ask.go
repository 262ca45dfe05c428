// Package ask is what a page asks and what was answered: fields of four kinds,
// choices that always let somebody not know or not say, and the cleaning of
// what a form sent.
//
// The idea: rooms that ask many questions write them down as data, and the same
// few rules hold everywhere. What was typed is never shortened or corrected in
// silence; a code that the field does not offer is refused; "not known" and
// "does not want to say" give way to a real answer.
//
// Nothing is stored here. The package must never know what is asked: names of
// fields, codes and words are the rooms' own.
package ask

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/fault"
)

// Kind is how a field is answered.
type Kind string

// The kinds of fields.
const (
	Choose Kind = "choose" // one of Options
	Tick   Kind = "tick"   // any of Options
	Short  Kind = "line"   // one line of text
	Long   Kind = "text"   // several lines of text
	Day    Kind = "day"    // a day of the calendar, as 2006-01-02
)

// Codes that every choice offers, so that nobody has to guess or press.
// Unknown is not no.
const (
	NotKnown = "unknown" // who writes does not know
	NotSaid  = "unsaid"  // the person does not want to say
)

var unsure = []string{NotKnown, NotSaid}

// Options are codes to choose from, and the two that every choice offers.
func Options(codes ...string) []string { return append(codes, unsure...) }

// Field is one thing that is asked.
type Field struct {
	Name    string
	Kind    Kind
	Options []string
	Max     int // runes of a text
}

// Coded says whether the field is answered by codes.
func (f Field) Coded() bool { return f.Kind == Choose || f.Kind == Tick }

// Answer is what was answered: values by field name. Values of choices are
// codes, values of text fields are the words as typed.
type Answer map[string][]string

// One is the first value of a field, or "".
func (a Answer) One(field string) string {
	if v := a[field]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Faults are the message keys for what cannot be taken; Long has the argument n.
type Faults struct{ Option, Long, Day string }

// Clean takes posted values of the fields: others are dropped, options that do
// not exist refused, texts trimmed. Nothing typed is shortened silently. What
// is wrong is listed beside the answer, which keeps it.
func Clean(fields []Field, posted map[string][]string, say Faults) (Answer, []fault.Field) {
	out := Answer{}
	var wrong []fault.Field
	for _, f := range fields {
		values, bad := f.clean(posted[f.Name], say)
		wrong = append(wrong, bad...)
		if len(values) > 0 {
			out[f.Name] = values
		}
	}
	return out, wrong
}

func (f Field) clean(posted []string, say Faults) (values []string, wrong []fault.Field) {
	for _, v := range posted {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	if !f.Coded() {
		values = values[:min(len(values), 1)]
		if len(values) == 1 && f.Kind == Day {
			if _, err := time.Parse(time.DateOnly, values[0]); err != nil {
				wrong = append(wrong, fault.Field{Name: f.Name, Key: say.Day})
			}
			return values, wrong
		}
		if len(values) == 1 && utf8.RuneCountInString(values[0]) > f.Max {
			wrong = append(wrong, fault.Field{Name: f.Name, Key: say.Long, Args: []any{"n", f.Max}})
		}
		return values, wrong
	}
	for _, v := range values {
		if !slices.Contains(f.Options, v) {
			wrong = append(wrong, fault.Field{Name: f.Name, Key: say.Option})
		}
	}
	if f.Kind == Choose && len(values) > 1 {
		values = values[len(values)-1:]
	}
	return settle(values), wrong
}

// settle drops "not known" and "does not want to say" beside a real answer,
// and duplicates.
func settle(values []string) []string {
	var real, rest []string
	for _, v := range values {
		switch {
		case slices.Contains(unsure, v):
			rest = append(rest, v)
		case !slices.Contains(real, v):
			real = append(real, v)
		}
	}
	if len(real) > 0 {
		return real
	}
	return rest[:min(len(rest), 1)]
}
