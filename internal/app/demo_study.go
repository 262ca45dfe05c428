package app

import (
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"amelie/internal/id"
	"amelie/internal/learn"
	"amelie/internal/learn/measure"
	"amelie/internal/learn/study"
)

// demoLearners are enough for the editors' figures to be shown.
const demoLearners = 14

// studying seeds learners: the midwife, who has finished the first topic and
// passed the test over all of them and to whom questions came back, and some
// without a name, who took a test of the first topic and knew more or less of it.
func (d *demoSeed) studying() error {
	d.at(-40 * 24 * time.Hour)
	s := d.a.Study.Service
	member, err := d.viewer("midwife")
	if err != nil {
		return err
	}
	cookie, err := s.Join(d.ctx, member, nil)
	if err != nil {
		return err
	}
	midwife, _, err := s.Here(d.ctx, cookie)
	if err != nil {
		return err
	}
	first := d.a.Course().Topics[0]
	for _, u := range first.Units {
		opened := d.clock.now()
		d.clock.fixed.Add(int64(u.Minutes) * time.Minute.Milliseconds())
		if err := s.Do(d.ctx, *midwife, first.ID, u.ID, study.Act{Finished: true, Opened: opened}); err != nil {
			return err
		}
	}
	if err := d.test(*midwife, study.Final, 100); err != nil {
		return err
	}
	if err := d.a.Recall.Begin(d.ctx, midwife.ID, "en", demoLogin("midwife")); err != nil {
		return err
	}
	for i := range demoLearners {
		_, cookie, err := s.Begin(d.ctx, id.Secret(16))
		if err != nil {
			return err
		}
		l, _, err := s.Here(d.ctx, cookie)
		if err != nil {
			return err
		}
		if err := d.test(*l, first.ID, 20+i*80/demoLearners); err != nil {
			return err
		}
	}
	if err := d.measured(); err != nil {
		return err
	}
	d.at(-2 * 24 * time.Hour)
	return errors.Join(s.Fold(d.ctx), d.a.Recall.Sweep(d.ctx), d.a.Jobs.RunDue(d.ctx))
}

// test takes a test as somebody who knows so many of a hundred answers.
func (d *demoSeed) test(l study.Learner, scope string, knows int) error {
	s := d.a.Study.Service
	a, err := s.Start(d.ctx, l, scope)
	if err != nil {
		return err
	}
	replies := map[string]study.Reply{}
	for _, drawn := range a.Drawn {
		topic, _ := d.a.Course().Topic(drawn.Topic)
		q, _ := topic.Question(drawn.Question)
		r := study.Reply{Given: q.Solution()}
		lot := fnv.New32a()
		fmt.Fprint(lot, a.ID, drawn.Name())
		if n := int(lot.Sum32() % 100); n >= knows && q.Kind == learn.Single {
			r.Given = learn.Given{q.Answers[n%len(q.Answers)].ID}
		} else if n >= knows && len(q.Answers) > 1 && q.Kind == learn.TrueFalse {
			r.Given = learn.Given{map[string]string{"t": "f", "f": "t"}[r.Given[0]]}
		}
		if q.Kind == learn.TrueFalse {
			r.Sure = map[bool]string{true: "yes", false: "no"}[lot.Sum32()%3 > 0]
		}
		replies[drawn.Name()] = r
	}
	_, err = s.End(d.ctx, l, a.ID, replies)
	return err
}

// demoMeasured are enough people for the measure to be shown.
const demoMeasured = 36

// measured seeds the sheets of invented people who knew about half before the
// course, more right after it, and less again half a year later.
func (d *demoSeed) measured() error {
	m := d.a.Measure
	for i, o := range measure.Occasions {
		d.at(time.Duration([]int{-300, -290, -110}[i]) * 24 * time.Hour)
		form := measure.Forms[i]
		for person := range demoMeasured - 4*i { // some do not come back
			given := map[string]learn.Given{}
			for _, a := range measure.Form(d.a.Course(), form) {
				lot := fnv.New32a()
				fmt.Fprint(lot, person, a.Name())
				if int(lot.Sum32()%100) < []int{52, 84, 66}[i] {
					given[a.Name()] = a.Question.Solution()
				}
			}
			if _, err := m.Keep(d.ctx, measure.Laid{ID: id.Secret(16), Code: fmt.Sprint("demo-", person), Occasion: o, Form: form}, given); err != nil {
				return err
			}
		}
	}
	return nil
}
