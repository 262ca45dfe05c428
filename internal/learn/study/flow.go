package study

import (
	"maps"
	"slices"
	"time"

	"amelie/internal/fault"
	"amelie/internal/learn"
)

// The life of an attempt: open, then over. Answers are added while it is open;
// once over nothing of it changes.

// errOver says that an attempt has ended.
var errOver = fault.New(fault.Conflict, "study.fault.over")

// Keep adds replies to an open attempt: newer ones win, other devices' stay, an
// empty one takes the reply away, and what was not asked is left out. Errors: errOver.
func (a Attempt) Keep(replies map[string]Reply) (Attempt, error) {
	if a.Over {
		return a, errOver
	}
	given := maps.Clone(a.Given)
	if given == nil {
		given = map[string]Reply{}
	}
	for _, d := range a.Drawn {
		r, ok := replies[d.Name()]
		switch {
		case ok && len(r.Given) == 0:
			delete(given, d.Name())
		case ok:
			given[d.Name()] = r
		}
	}
	a.Given = given
	return a, nil
}

// Marked is what a question of an attempt was worth; Changed: it is not the
// question any more that was drawn, and does not count.
type Marked struct {
	Drawn
	Question learn.Question
	Reply
	Right, Changed bool
}

// marks looks at each question of an attempt as the course has it now.
func (a Attempt) marks(course *learn.Course) (out []Marked) {
	for _, d := range a.Drawn {
		m := Marked{Drawn: d, Reply: a.Given[d.Name()], Changed: true}
		if t, ok := course.Topic(d.Topic); ok {
			if q, ok := t.Question(d.Question); ok && course.Stamp(t, q) == d.Stamp {
				m.Question, m.Changed, m.Right = q, false, q.Mark(m.Given).Right
			}
		}
		out = append(out, m)
	}
	return out
}

// End closes an attempt with the mark that it takes to pass, in percent. An
// attempt that is over stays as it is.
//
// req: STUDY-4
func (a Attempt) End(marks []Marked, pass int64, now time.Time) Attempt {
	if a.Over {
		return a
	}
	a.Over, a.Pass, a.Ended = true, pass, now
	for _, m := range marks {
		if !m.Changed {
			a.Counted++
		}
		if m.Right {
			a.Right++
		}
	}
	a.Passed = a.Scope != Recall && a.Counted > 0 && a.Percent() >= pass
	return a
}

// Open are the questions that have no reply yet, by their places from 0.
func (a Attempt) Open() (out []int) {
	for i, d := range a.Drawn {
		if len(a.Given[d.Name()].Given) == 0 {
			out = append(out, i)
		}
	}
	return out
}

// Spent counts the minutes from an opening to the next act, once for each
// opening: at least one, at most twice what the unit takes.
func (u Unit) Spent(opened, now time.Time, takes int) Unit {
	if opened.IsZero() || !opened.After(u.Opened) || opened.After(now) {
		return u
	}
	u.Opened = opened
	u.Minutes += min(max(1, int64(now.Sub(opened).Round(time.Minute)/time.Minute)), int64(2*takes))
	return u
}

// draw takes the questions of a test: of one topic, or some of each.
func draw(course *learn.Course, scope, seed string) (out []Drawn) {
	for _, t := range course.Topics {
		n := course.Draw
		if scope == t.ID {
			n = perTopic
		} else if scope != Final {
			continue
		}
		for _, q := range learn.Draw(t.Bank(), n, seed+t.ID) {
			out = append(out, Drawn{t.ID, q.ID, course.Stamp(t, q)})
		}
	}
	return out
}

// asked are the questions of a unit that a machine can mark.
func asked(t *learn.Topic, u learn.Unit) (out []learn.Question) {
	for _, id := range u.Questions {
		if q, ok := t.Question(id); ok && q.Kind != learn.FreeText {
			out = append(out, q)
		}
	}
	return out
}

// next is the unit to go on with: the first one not finished after the newest
// that was, and otherwise the first one not finished; "" when all are.
func next(course *learn.Course, units map[string]Unit) string {
	var names []string
	for _, t := range course.Topics {
		for _, u := range t.Units {
			names = append(names, t.ID+"."+u.ID)
		}
	}
	newest := -1
	for i, name := range names {
		if u := units[name]; !u.Changed.IsZero() && (newest < 0 || u.Changed.After(units[names[newest]].Changed)) {
			newest = i
		}
	}
	from := max(newest, 0)
	for _, name := range slices.Concat(names[from:], names[:from]) {
		if units[name].Done.IsZero() {
			return name
		}
	}
	return ""
}
