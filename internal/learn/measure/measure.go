// Package measure finds out what a course changes: some questions before it,
// right after it and half a year later, by people whom nobody can name.
//
// The idea: the same person is asked three times, so her own gain and loss can be
// told from who happened to come. She is known again by a code that she alone can
// make anew, out of four small facts that nobody else has together (a
// self-generated identification code: Yurek, Vasey and Havens, "The use of
// self-generated identification codes in longitudinal research", Evaluation
// Review 32, 2008). There are three forms with other questions on the same
// topics, and nobody gets the same one twice in a row.
//
// Stored: a sheet, which has the code as a slow keyed fingerprint, before, after
// or later, the form, the month, and how many were right. No answer, no day, no
// learner, no account, no order. Sheets stay: nobody can say whose they are.
//
// It must never be tied to a learner or an account, never say a figure of few,
// and never let a figure that was shown before be told apart by one sheet more.
package measure

import (
	"sort"
	"strings"

	"amelie/internal/fold"
	"amelie/internal/learn"
)

// Occasions are when somebody is asked.
var Occasions = []string{Before, After, Later}

// The occasions.
const (
	Before = "before" // the course
	After  = "after"  // it, at once
	Later  = "later"  // about six months after it
)

// Forms are the names of the parallel forms.
var Forms = []string{"a", "b", "c"}

const fewest = 8 // questions of a form, as far as the course has so many topics

// Asked is a question of a form.
type Asked struct {
	Topic    *learn.Topic
	Question learn.Question
}

// Name is the question's within the course.
func (a Asked) Name() string { return a.Topic.ID + "." + a.Question.ID }

// Form are the questions of a form, from each topic alike many, none of them in
// another form: those of the topic's bank that are chosen from or true or not,
// and of these first what no unit asks, since units say the answers.
func Form(course *learn.Course, form string) (out []Asked) {
	place := strings.Index("abc", form)
	each := (fewest + len(course.Topics) - 1) / len(course.Topics)
	for _, t := range course.Topics {
		bank := fit(t)
		for i := range min(each, len(bank)/len(Forms)) {
			out = append(out, Asked{t, bank[i*len(Forms)+place]})
		}
	}
	return out
}

// fit are the questions of a topic that forms are made of.
func fit(t *learn.Topic) (out []learn.Question) {
	told := map[string]bool{}
	for _, u := range t.Units {
		for _, q := range u.Questions {
			told[q] = true
		}
	}
	for _, q := range t.Bank() {
		if q.Kind == learn.Single || q.Kind == learn.Multiple || q.Kind == learn.TrueFalse {
			out = append(out, q)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return !told[out[i].ID] && told[out[j].ID] })
	return out
}

// next is the form after one; of somebody who had none the one that the code
// falls on.
func next(last string, code []byte) string {
	place := int(code[0]) % len(Forms)
	if last != "" {
		place = (strings.Index("abc", last) + 1) % len(Forms)
	}
	return Forms[place]
}

// Facts are the four that make a code.
type Facts struct {
	Name  string // first letters of the mother's first name
	Day   string // of the own birth, 1 to 31
	Month string // of the mother's birth, 1 to 12
	Older string // brothers and sisters, 0 to 9
}

// letters of the name that count.
const letters = 3

// text is what the code is made of: the same in Greek and in Latin letters,
// capital and small, with and without accents. The sound of the first two
// letters counts, since Χρύσα begins with three letters in Latin.
//
// req: MEASURE-1
func (f Facts) text() string {
	name := []rune(fold.Word(f.Name))
	key := string(name[:min(letters, len(name))])
	if ear := fold.Greeklish(key); len(ear) > 0 {
		key = strings.TrimPrefix(ear[0], fold.EarMark)
	}
	sound := []rune(key)
	return strings.Join([]string{string(sound[:min(letters-1, len(sound))]), f.Day, f.Month, f.Older}, "/")
}
