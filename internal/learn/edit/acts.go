package edit

import (
	"fmt"
	"slices"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/learn"
)

// What can be done to the structure of a topic. Words of what is new are those of
// the source; the translations lack them until somebody writes them.

// prefixes begin the identifier of a block by how it stands out.
var prefixes = map[string]string{"": "p", "case": "c", "note": "n", "warn": "w", "key": "k"}

// unit changes one unit of a topic.
func (b *Bench) unit(topic, unit string, do func(u *learn.Unit) error) error {
	return b.Topic(topic, func(t *learn.Topic) error {
		for i := range t.Units {
			if t.Units[i].ID == unit {
				return do(&t.Units[i])
			}
		}
		return errNotFound
	})
}

// blockAt finds a block of a unit.
func blockAt(u *learn.Unit, block string) (int, error) {
	i := slices.IndexFunc(u.Blocks, func(x learn.Block) bool { return x.ID == block })
	if i < 0 {
		return i, errNotFound
	}
	return i, nil
}

// AddBlock puts a block behind another, "" for the beginning of the unit.
func (b *Bench) AddBlock(topic, unit, behind, form string, text learn.Text) (block string, err error) {
	prefix, known := prefixes[form]
	if !known {
		return "", errNotFound
	}
	if text.Shape() == learn.Heading {
		prefix = "h"
	}
	if block, err = b.Fresh(topic, unit+".", prefix); err != nil {
		return "", err
	}
	before, err := b.insert(topic, unit, behind, learn.Block{ID: block, Form: form})
	if err != nil {
		return "", err
	}
	return block, b.Put(topic, learn.Source, unit+"."+block, text.Body, before)
}

// insert puts a block into a unit behind another, "" for its beginning, and says
// behind which words its own stand.
func (b *Bench) insert(topic, unit, behind string, block learn.Block) (before string, err error) {
	err = b.unit(topic, unit, func(u *learn.Unit) error {
		at := 0
		if behind != "" {
			i, err := blockAt(u, behind)
			if err != nil {
				return err
			}
			at = i + 1
		}
		u.Blocks = slices.Insert(u.Blocks, at, block)
		return nil
	})
	if before = unit; behind != "" {
		before += "." + behind
	}
	return before, err
}

// MoveBlock moves a block by a number of places; beyond an end it stays there.
func (b *Bench) MoveBlock(topic, unit, block string, step int) error {
	return b.unit(topic, unit, func(u *learn.Unit) error {
		i, err := blockAt(u, block)
		if err != nil {
			return err
		}
		one := u.Blocks[i]
		rest := slices.Delete(slices.Clone(u.Blocks), i, i+1)
		u.Blocks = slices.Insert(rest, min(max(0, i+step), len(rest)), one)
		return nil
	})
}

// SetForm says how a block stands out. A picture stays one.
func (b *Bench) SetForm(topic, unit, block, form string) error {
	if _, known := prefixes[form]; !known {
		return errNotFound
	}
	return b.unit(topic, unit, func(u *learn.Unit) error {
		i, err := blockAt(u, block)
		if err == nil && u.Blocks[i].File != "" {
			err = errNotFound
		}
		if err == nil {
			u.Blocks[i].Form = form
		}
		return err
	})
}

// DropBlock takes a block out of a unit, in every language. The last one stays:
// a unit without words is none.
func (b *Bench) DropBlock(topic, unit, block string) error {
	err := b.unit(topic, unit, func(u *learn.Unit) error {
		i, err := blockAt(u, block)
		if err == nil && len(u.Blocks) == 1 {
			err = fault.New(fault.Conflict, "edit.fault.last")
		}
		if err == nil {
			u.Blocks = slices.Delete(u.Blocks, i, i+1)
		}
		return err
	})
	if err != nil {
		return err
	}
	return b.Drop(topic, unit+"."+block)
}

// Asked is a question as a form has it, with the words of the source.
type Asked struct {
	ID      string // "": a new one
	Unit    string // where it is asked; "" for the bank alone
	Kind    learn.Kind
	Bank    bool
	Stem    string
	Answers []AskedAnswer     // answers or pairs
	Whole   map[string]string // what is said to the whole: "f", "ok", "m"
	Seen    string            // Stamp of what stood there when it was opened; of a new one ""
}

// AskedAnswer is an answer, or a pair, with its words.
type AskedAnswer struct {
	learn.Answer        // without ID: a new one
	Text         string // of a pair: its left half
	Other        string // of a pair: its right half
	Feedback     string
}

// askedOf is a question of a topic as a form has it.
func askedOf(w *learn.Words, t *learn.Topic, q learn.Question) Asked {
	say := func(id string) string {
		text, _ := w.Text(id)
		return strings.Join(text.Lines(), "\n")
	}
	a := Asked{ID: q.ID, Kind: q.Kind, Bank: q.Bank, Stem: say(q.ID), Whole: map[string]string{}}
	for _, u := range t.Units {
		if slices.Contains(u.Questions, q.ID) {
			a.Unit = u.ID
		}
	}
	for _, one := range q.Answers {
		id := q.ID + "." + one.ID
		a.Answers = append(a.Answers, AskedAnswer{Answer: one, Text: say(id), Feedback: say(id + ".f")})
	}
	for _, one := range q.Pairs {
		id := q.ID + "." + one.ID
		a.Answers = append(a.Answers, AskedAnswer{Answer: one, Text: say(id + ".l"), Other: say(id + ".r"), Feedback: say(id + ".f")})
	}
	for _, key := range wholes(q.Kind) {
		a.Whole[key] = say(q.ID + "." + key)
	}
	return a
}

// wholes are the keys of what is said to a question of a kind as a whole.
func wholes(kind learn.Kind) (out []string) {
	for _, id := range (learn.Question{ID: "q", Kind: kind}).Wanted()[1:] {
		out = append(out, strings.TrimPrefix(id, "q."))
	}
	return out
}

// Stamp names what a question asks, in all its words.
func (a Asked) Stamp() string {
	a.Seen = ""
	return learn.Text{Body: fmt.Sprintf("%+v", a)}.Stamp()
}

// unmoved refuses a question that somebody changed since it was opened.
//
// req: EDIT-5
func (b *Bench) unmoved(topic string, a Asked) error {
	w, err := b.words(topic, learn.Source)
	if err != nil {
		return err
	}
	body, err := b.file(topic + "/topic.toml")
	if err != nil {
		return err
	}
	t, err := learn.ParseTopic(body)
	if err != nil {
		return err
	}
	q, ok := t.Question(a.ID)
	if !ok {
		return errNotFound
	}
	if askedOf(w, t, q).Stamp() != a.Seen {
		return Conflict{}
	}
	return nil
}

// SetQuestion gives a question its answers and words, or makes a new one.
// Errors: Conflict; fault.NotFound; learn.Problem.
func (b *Bench) SetQuestion(topic string, a Asked) (question string, err error) {
	if a.ID != "" {
		if err := b.unmoved(topic, a); err != nil {
			return "", err
		}
	}
	if question = a.ID; question == "" {
		if question, err = b.Fresh(topic, "", "q"); err != nil {
			return "", err
		}
	}
	a.Answers = slices.Clone(a.Answers) // the form keeps its own
	for i := range a.Answers {
		if a.Answers[i].ID == "" {
			if a.Answers[i].ID, err = b.Fresh(topic, question+".", "", a.taken()...); err != nil {
				return "", err
			}
		}
	}
	var had learn.Question
	err = b.Topic(topic, func(t *learn.Topic) (err error) {
		had, err = a.into(t, question)
		return err
	})
	if err != nil {
		return "", err
	}
	is := a.question(question, had)
	for _, id := range had.Wanted() {
		if !slices.Contains(is.Wanted(), id) {
			if err := b.Drop(topic, id); err != nil {
				return "", err
			}
		}
	}
	return question, b.say(topic, is, a)
}

// taken are the identifiers of its answers.
func (a Asked) taken() (out []string) {
	for _, one := range a.Answers {
		out = append(out, one.ID)
	}
	return out
}

// question is the structure of what was asked.
func (a Asked) question(id string, had learn.Question) learn.Question {
	q := learn.Question{ID: id, Kind: a.Kind, Bank: a.Bank, Indicators: had.Indicators}
	for _, one := range a.Answers {
		if a.Kind == learn.Match {
			q.Pairs = append(q.Pairs, learn.Answer{ID: one.ID})
		} else {
			q.Answers = append(q.Answers, learn.Answer{ID: one.ID, Right: one.Right && a.Kind != learn.Order})
		}
	}
	return q
}

// into puts the question into a topic, and gives what stood there.
func (a Asked) into(t *learn.Topic, id string) (had learn.Question, err error) {
	i := slices.IndexFunc(t.Questions, func(q learn.Question) bool { return q.ID == id })
	switch {
	case i >= 0:
		had = t.Questions[i]
		t.Questions[i] = a.question(id, had)
	case a.ID != "":
		return had, errNotFound
	default:
		t.Questions = append(t.Questions, a.question(id, had))
	}
	return had, ask(t, a.Unit, id)
}

// ask asks a question in one unit and no other, "" for none. Where it is asked
// already it keeps its place.
func ask(t *learn.Topic, unit, question string) error {
	found := unit == ""
	for i := range t.Units {
		u := &t.Units[i]
		if u.ID != unit {
			u.Questions = slices.DeleteFunc(u.Questions, func(id string) bool { return id == question })
			continue
		}
		found = true
		if !slices.Contains(u.Questions, question) {
			u.Questions = append(u.Questions, question)
		}
	}
	if !found {
		return errNotFound
	}
	return nil
}

// say writes the words of a question in the source.
func (b *Bench) say(topic string, q learn.Question, a Asked) error {
	texts := map[string]string{q.ID: a.Stem}
	for _, one := range a.Answers {
		id := q.ID + "." + one.ID
		texts[id], texts[id+".l"], texts[id+".r"], texts[id+".f"] = one.Text, one.Text, one.Other, one.Feedback
	}
	for key, text := range a.Whole {
		texts[q.ID+"."+key] = text
	}
	behind := ""
	for _, id := range q.Wanted() {
		if err := b.Type(topic, learn.Source, id, texts[id], behind); err != nil {
			return err
		}
		behind = id
	}
	return nil
}

// Type writes what somebody typed into a field, in the shape that the block has;
// a new one is a paragraph. Errors: learn.Problem that names the block.
func (b *Bench) Type(file, lang, block, typed, behind string) error {
	w, err := b.words(file, lang)
	if err != nil {
		return err
	}
	shape := learn.Paragraph
	if t, there := w.Text(block); there {
		shape = t.Shape()
		if strings.Join(t.Lines(), "\n") == strings.ReplaceAll(strings.TrimSpace(typed), "\r\n", "\n") {
			return nil
		}
	}
	text, err := learn.Compose(shape, strings.Split(typed, "\n"))
	if err != nil {
		return named(err, block)
	}
	return b.Put(file, lang, block, text.Body, behind)
}

// named gives a problem the block that it is about.
func named(err error, block string) error {
	if p, ok := err.(learn.Problem); ok { //nolint:errorlint // Compose gives it as it is
		p.Args = []any{"id", block}
		return p
	}
	return err
}

// DropQuestion takes a question out, in every language.
func (b *Bench) DropQuestion(topic, question string) error {
	var had learn.Question
	err := b.Topic(topic, func(t *learn.Topic) error {
		i := slices.IndexFunc(t.Questions, func(q learn.Question) bool { return q.ID == question })
		if i < 0 {
			return errNotFound
		}
		had = t.Questions[i]
		t.Questions = slices.Delete(t.Questions, i, i+1)
		return ask(t, "", question)
	})
	if err != nil {
		return err
	}
	for _, id := range had.Wanted() {
		if err := b.Drop(topic, id); err != nil {
			return err
		}
	}
	return nil
}
