package reading

import (
	"html/template"
	"net/url"
	"slices"

	"amelie/internal/learn"
	"amelie/internal/web"
)

// question is one with what was answered and what is said to it.
type question struct {
	ID       string // in the page and its form: "q1", in a test "what.q1"
	Kind     learn.Kind
	Stem     block
	Options  []option
	Rights   []option // of pairs: what can stand on the right
	Answered bool
	Had      bool // what was kept is shown: sent back empty, it was taken away
	Mark     learn.Mark
	Sure     string // of true or false: "yes", "no" or open
	Whole    []block
	Model    []block
}

// Question is one as the piece "learn-question" of Parts shows it.
type Question = question

// Ask makes a question ready outside the pages of this room, without the numbers
// of works: answered by typed, whose fields bear the name of field.
func (rd Reader) Ask(c *web.Ctx, topic string, q learn.Question, field, seed string, typed url.Values) Question {
	return rd.words(c, topic, nil).ask(q, field, seed, typed)
}

// option is an answer, or the left half of a pair.
type option struct {
	ID       string
	Text     template.HTML
	Plain    string
	Chosen   bool
	Right    bool
	Place    int    // of an order: what was chosen, from 1
	Pair     string // of pairs: what was chosen beside it
	Good     int    // of an order: where it belongs, from 1
	Letter   string // of pairs: the name of the right half, and beside a left one of that which belongs to it
	Feedback []block
}

// maxTyped is how many values of an address are looked at for one question.
const maxTyped = 12

// ask makes a question ready: asked, or answered by what stands in the address.
func (w words) ask(q learn.Question, field, seed string, typed url.Values) question {
	given := q.Read(field, func(name string) []string { return typed[name][:min(maxTyped, len(typed[name]))] })
	if q.Check(given) != nil {
		given = nil // a changed address: asked anew
	}
	x := question{ID: field, Kind: q.Kind, Stem: w.block(q.ID, ""), Answered: len(given) > 0, Mark: q.Mark(given), Sure: typed.Get(field + ".sure")}
	rights := q.Shuffled(seed + "right")
	for _, id := range q.Shuffled(seed) {
		x.Options = append(x.Options, w.option(q, id, given, typed.Get(field+"."+id)))
	}
	switch q.Kind {
	case learn.Match:
		for i, id := range rights {
			x.Rights = append(x.Rights, option{ID: id, Text: w.html(q.ID + "." + id + ".r"), Letter: letter(i)})
		}
		for i, o := range x.Options {
			x.Options[i].Letter = letter(slices.Index(rights, o.ID))
		}
	case learn.Order:
		if x.Mark.Right {
			x.Whole = append(x.Whole, w.block(q.ID+".ok", ""))
		}
		x.Whole = append(x.Whole, w.block(q.ID+".f", ""))
	case learn.FreeText:
		x.Model = append(x.Model, w.block(q.ID+".m", ""), w.block(q.ID+".f", ""))
	}
	return x
}

func (w words) option(q learn.Question, id string, given learn.Given, typed string) option {
	at := q.ID + "." + id
	o := option{ID: id, Chosen: slices.Contains(given, id)}
	switch q.Kind {
	case learn.Match:
		o.Text, o.Plain, o.Pair = w.html(at+".l"), w.Line(at+".l"), typed
		o.Right = slices.Contains(given, id+"="+id)
	case learn.TrueFalse:
	default:
		o.Text, o.Plain = w.html(at), w.Line(at)
	}
	for i, a := range q.Answers {
		if a.ID == id {
			o.Right, o.Good = a.Right, i+1
		}
	}
	if q.Kind == learn.Order {
		o.Place = 1 + slices.Index(given, id)
		o.Right = o.Place == o.Good
		return o
	}
	o.Feedback = []block{w.block(at+".f", "")}
	return o
}

// letter names the n-th of a list, from 0: A, B, C.
func letter(n int) string { return string(rune('A' + n)) }
