package edit

import (
	"slices"

	"amelie/internal/fault"
	"amelie/internal/learn"
)

// What can be done to the units of a topic.

// UnitSet is what is set for a unit beside its words.
type UnitSet struct {
	Minutes int
	Use     []string // tools that "use it now" leads to
	Help    string   // what the directory is asked for; "" leaves it to the place of work
}

// AddUnit puts a unit at the end of a topic, with a title and its first block.
// Errors: fault.NotFound; learn.Problem.
func (b *Bench) AddUnit(topic string, set UnitSet, title, first learn.Text) (unit string, err error) {
	if unit, err = b.Fresh(topic, "", "u"); err != nil {
		return "", err
	}
	behind := "lead"
	err = b.Topic(topic, func(t *learn.Topic) error {
		if n := len(t.Units); n > 0 {
			last := t.Units[n-1]
			behind = last.ID
			if k := len(last.Blocks); k > 0 {
				behind += "." + last.Blocks[k-1].ID
			}
		}
		t.Units = append(t.Units, learn.Unit{ID: unit, Minutes: set.Minutes, Use: set.Use, Help: set.Help})
		return nil
	})
	if err == nil {
		err = b.Put(topic, learn.Source, unit, title.Body, behind)
	}
	if err == nil {
		_, err = b.AddBlock(topic, unit, "", "", first)
	}
	return unit, err
}

// SetUnit says how long a unit takes and what it leads to, when that is still
// what the editor saw. Errors: Conflict; fault.NotFound.
//
// req: EDIT-5
func (b *Bench) SetUnit(topic, unit, seen string, set UnitSet) error {
	return b.unit(topic, unit, func(u *learn.Unit) error {
		if setStamp(*u) != seen {
			return Conflict{}
		}
		u.Minutes, u.Use, u.Help = set.Minutes, set.Use, set.Help
		return nil
	})
}

// setStamp names what is set for a unit.
func setStamp(u learn.Unit) string {
	u.Blocks, u.Questions = nil, nil
	return stampOf((&learn.Topic{Units: []learn.Unit{u}}).TOML())
}

// MoveUnit moves a unit one place up or down; beyond an end it stays.
func (b *Bench) MoveUnit(topic, unit string, step int) error {
	return b.Topic(topic, func(t *learn.Topic) error {
		i := slices.IndexFunc(t.Units, func(u learn.Unit) bool { return u.ID == unit })
		if i < 0 {
			return errNotFound
		}
		if j := i + step; j >= 0 && j < len(t.Units) {
			t.Units[i], t.Units[j] = t.Units[j], t.Units[i]
		}
		return nil
	})
}

// DropUnit takes a unit out in every language, and out of each track that it
// stands in. What it asked stays in the topic. The last unit stays, and the last
// one of a track.
func (b *Bench) DropUnit(topic, unit string) error {
	gone := []string{unit}
	err := b.Topic(topic, func(t *learn.Topic) error {
		u, ok := t.Unit(unit)
		if !ok {
			return errNotFound
		}
		if len(t.Units) == 1 {
			return fault.New(fault.Conflict, "structure.unit.last")
		}
		for _, block := range u.Blocks {
			gone = append(gone, unit+"."+block.ID)
		}
		t.Units = slices.DeleteFunc(t.Units, func(one learn.Unit) bool { return one.ID == unit })
		return nil
	})
	for i := 0; i < len(gone) && err == nil; i++ {
		err = b.Drop(topic, gone[i])
	}
	if err == nil {
		err = b.outline(func(c *learn.Course) error { return untrack(c, topic+"."+unit) })
	}
	return err
}

// untrack takes a unit out of the shorter ways through the course.
func untrack(c *learn.Course, name string) error {
	drop := func(s *learn.Selection) error {
		i := slices.Index(s.Units, name)
		switch {
		case i < 0:
			return nil
		case len(s.Units) == 1:
			return fault.New(fault.Conflict, "structure.unit.last-of-track")
		}
		s.Units = slices.Delete(s.Units, i, i+1)
		return nil
	}
	err := drop(&c.Essentials)
	for i := 0; i < len(c.Tracks) && err == nil; i++ {
		err = drop(&c.Tracks[i].Selection)
	}
	return err
}

// outline changes course.toml.
func (b *Bench) outline(do func(c *learn.Course) error) error {
	const path = "course.toml"
	body, err := b.file(path)
	if err != nil {
		return err
	}
	c, err := learn.ParseCourse(body)
	if err != nil {
		return err
	}
	before := c.TOML()
	if err = do(c); err != nil || c.TOML() == before {
		return err // as it was: what somebody wrote into the file stays
	}
	b.data(path, body, c.TOML())
	return nil
}
