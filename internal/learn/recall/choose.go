package recall

import (
	"sort"
	"time"

	"github.com/open-spaced-repetition/go-fsrs/v3"

	"amelie/internal/learn"
	"amelie/internal/learn/study"
)

// known is what a learner did with a question of the course as it is now.
type known struct {
	study.Drawn
	newest  time.Time // of the answers
	card    fsrs.Card // what FSRS makes of them
	held    float64   // how likely it is remembered on the day, 0 to 1; 1 where no answer says anything
	changed time.Time // in substance, and not asked since; zero: it was not
}

// Choose takes the questions to ask at a time: first what changed in substance
// since it was answered, the newest first; then what is most likely forgotten.
// The same answers give the same questions. None when nothing was ever answered
// and nothing changed.
//
// Likelihood is the retrievability of FSRS with its published weights, over
// whole days. A wrong answer is rated "again", a right one that was not sure
// "hard", a right one "good", and a right one that was sure "easy".
//
// req: RECALL-1
func Choose(course *learn.Course, reviews []study.Review, changes []learn.Change, at time.Time) (out []study.Drawn) {
	list := mark(course, remembered(course, reviews), changes)
	model := newModel()
	for i := range list {
		if list[i].held = 1; list[i].card.State != fsrs.New {
			list[i].held = model.GetRetrievability(list[i].card, at)
		}
	}
	sort.Slice(list, func(i, j int) bool { return later(list[i], list[j]) })
	for len(list) > 0 && len(out) < renewed && !list[0].changed.IsZero() {
		out, list = append(out, list[0].Drawn), list[1:]
	}
	sort.Slice(list, func(i, j int) bool { return weaker(list[i], list[j]) })
	for _, k := range list {
		if len(out) < least || len(out) < most && k.held < retained {
			out = append(out, k.Drawn)
		}
	}
	return out
}

// later puts what changed last first.
func later(a, b known) bool {
	if !a.changed.Equal(b.changed) {
		return a.changed.After(b.changed)
	}
	return a.Name() < b.Name()
}

// weaker puts what is least held first.
func weaker(a, b known) bool {
	if a.held != b.held {
		return a.held < b.held
	}
	return a.Name() < b.Name()
}

// newModel is FSRS by days: nobody comes back within the hour.
func newModel() *fsrs.FSRS {
	p := fsrs.DefaultParam()
	p.EnableShortTerm = false
	return fsrs.NewFSRS(p)
}

// rating is an answer as FSRS rates it.
func rating(r study.Review) fsrs.Rating {
	switch {
	case !r.Right:
		return fsrs.Again
	case r.Sure == "no":
		return fsrs.Hard
	case r.Sure == "yes":
		return fsrs.Easy
	}
	return fsrs.Good
}

// remembered reckons each question from its answers in their order. What is gone
// from the course is left out, and so are answers to what it does not ask any
// more.
func remembered(course *learn.Course, reviews []study.Review) (out []known) {
	reviews = append([]study.Review(nil), reviews...)
	sort.SliceStable(reviews, func(i, j int) bool { return reviews[i].At.Before(reviews[j].At) })
	model, places := newModel(), map[string]int{}
	for _, r := range reviews {
		i, met := places[r.Name()]
		if !met {
			t, q, ok := find(course, r.Drawn)
			if !ok {
				continue
			}
			i = len(out)
			places[r.Name()] = i
			out = append(out, known{Drawn: study.Drawn{Topic: t.ID, Question: q.ID, Stamp: course.Stamp(t, q)}, card: fsrs.NewCard()})
		}
		if k := &out[i]; r.Stamp == "" || r.Stamp == k.Stamp {
			k.newest, k.card = r.At, model.Next(k.card, r.At, rating(r)).Card
		}
	}
	return out
}

// mark notes what was changed after its newest answer, and adds what was changed
// and never asked.
func mark(course *learn.Course, list []known, changes []learn.Change) []known {
	places := map[string]int{}
	for i, k := range list {
		places[k.Name()] = i
	}
	for _, c := range changes {
		for _, d := range about(course, c) {
			i, met := places[d.Name()]
			if !met {
				i = len(list)
				places[d.Name()] = i
				list = append(list, known{Drawn: d, card: fsrs.NewCard()})
			}
			if k := &list[i]; c.At.After(k.newest) && c.At.After(k.changed) {
				k.changed = c.At
			}
		}
	}
	return list
}

// about are the questions of a change: the one that it names, or those of its
// unit.
func about(course *learn.Course, c learn.Change) (out []study.Drawn) {
	names := []string{c.Question}
	if c.Question == "" {
		_, u, _ := course.Find(c.Topic + "." + c.Unit)
		names = u.Questions
	}
	for _, name := range names {
		d := study.Drawn{Topic: c.Topic, Question: name}
		if t, q, ok := find(course, d); ok {
			d.Stamp = course.Stamp(t, q)
			out = append(out, d)
		}
	}
	return out
}
