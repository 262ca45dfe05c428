// Package guide is the bedside guide: the next right step for somebody who is
// with a person now, has four minutes and no training.
//
// The idea: one question on a screen, in the order that keeps people safe. The
// guide is a graph in content/guide/guide.toml; an answer is a link to the next
// step of the same page, so that not even the server learns what was answered.
// Words are files beside it: for staff in six languages, sentences to say to
// the person in sixteen. What depends on the place (duties, numbers, lines, the
// reader's own house) comes from other rooms when the page is made.
//
// Stored: nothing on the server. On the device nothing either, unless the
// reader asks for it on a page of its own: then the guide, and nothing that was
// answered, lies in the browser's cache until it is removed. Answers live in
// the page's memory until it is left, hidden or idle for a quarter of an hour.
//
// It must never say that somebody is or is not a victim, contact anybody by
// itself, ask a child what an adult is asked, or let a question come before
// what makes it safe: a graph that could is refused at the start.
package guide

import (
	"slices"
)

// Path is a place of work: its guide differs in words, and where the place
// asks for it in steps.
type Path struct {
	ID         string `toml:"id"`
	Icon       string `toml:"icon"`
	Profession string `toml:"profession"` // whose duties are shown first; empty: everybody's
}

// general is the path of whoever names no other.
const general = "general"

// Places limits a part of the guide to some paths. Empty: it is everywhere.
type Places struct {
	Only []string `toml:"only"`
	Not  []string `toml:"not"`
}

func (p Places) on(path string) bool {
	return (len(p.Only) == 0 || slices.Contains(p.Only, path)) && !slices.Contains(p.Not, path)
}

// Step is one screen.
type Step struct {
	ID      string              `toml:"id"`
	Stage   string              `toml:"stage"`  // which part of the way, for the reader's eye
	Say     []string            `toml:"say"`    // beginnings of the ids of sentences
	SayOn   map[string][]string `toml:"say_on"` // by path, instead
	Facts   []string            `toml:"facts"`
	After   []string            `toml:"after"` // steps that every way here has passed
	Child   bool                `toml:"child"`
	Topics  bool                `toml:"topics"`
	End     bool                `toml:"end"`
	Answers []Answer            `toml:"answer"`
}

// Answer leads to another step, or with Room to a page of its own.
type Answer struct {
	ID      string `toml:"id"`
	To      string `toml:"to"`
	Room    string `toml:"room"` // "/signs", without the language
	Icon    string `toml:"icon"`
	Carries string `toml:"carries"` // need that it ticks in the handover
	Places
}

// Topic is one part of the first hours.
type Topic struct {
	ID   string `toml:"id"`
	Icon string `toml:"icon"`
	Places
}

// Graph is the order of the guide.
type Graph struct {
	First     string   `toml:"first"`
	Elsewhere []string `toml:"elsewhere"` // sentences of other rooms, by the beginning of their ids
	Paths     []Path   `toml:"path"`
	Stages    []string `toml:"stages"`
	Steps     []Step   `toml:"step"`
	Topics    []Topic  `toml:"topic"`
}

// Step is the step with the id.
func (g *Graph) Step(id string) (Step, bool) {
	i := slices.IndexFunc(g.Steps, func(s Step) bool { return s.ID == id })
	if i < 0 {
		return Step{}, false
	}
	return g.Steps[i], true
}

// Path is the path with the id; "" is the general one.
func (g *Graph) Path(id string) (Path, bool) {
	if id == "" {
		id = general
	}
	i := slices.IndexFunc(g.Paths, func(p Path) bool { return p.ID == id })
	if i < 0 {
		return Path{}, false
	}
	return g.Paths[i], true
}

// On are the answers of a step that stand on a path.
func (s Step) On(path string) []Answer {
	return slices.DeleteFunc(slices.Clone(s.Answers), func(a Answer) bool { return !a.on(path) })
}

// facts are what a step can ask of other rooms.
var factKinds = []string{"emergency", "house", "interpreter", "helpline", "helpline-child", "duties", "duties-child", "help", "care", "handover", "summary", "card"}

// reach are the steps that can be come to from a step on a path without
// entering those of without; the step itself is one of them.
func (g *Graph) reach(path, from string, without ...string) map[string]bool {
	seen := map[string]bool{}
	queue := []string{from}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		if seen[id] || slices.Contains(without, id) {
			continue
		}
		seen[id] = true
		step, _ := g.Step(id)
		for _, a := range step.On(path) {
			if a.To != "" {
				queue = append(queue, a.To)
			}
		}
	}
	return seen
}

// Problems are the reasons why the order cannot be used; none for a good one.
//
// req: GUIDE-1
func (g *Graph) Problems() []string {
	c := &complaints{}
	g.named(c)
	if len(*c) > 0 {
		return *c // the ways cannot be walked
	}
	for _, p := range g.Paths {
		g.walked(c, p.ID)
	}
	return *c
}

// named checks that everything that is named exists, once.
func (g *Graph) named(c *complaints) {
	var paths, steps, topics []string
	for _, p := range g.Paths {
		paths = append(paths, p.ID)
	}
	for _, s := range g.Steps {
		steps = append(steps, s.ID)
	}
	for _, t := range g.Topics {
		topics = append(topics, t.ID)
		c.known("topic "+t.ID, "path", paths, append(t.Only, t.Not...)...)
	}
	c.once("path", paths)
	c.once("step", steps)
	c.once("topic", topics)
	c.known("guide", "path", paths, general)
	c.known("guide", "step", steps, g.First)
	for _, s := range g.Steps {
		where := "step " + s.ID
		c.known(where, "stage", g.Stages, s.Stage)
		c.known(where, "kind of fact", factKinds, s.Facts...)
		c.known(where, "step", steps, s.After...)
		for path := range s.SayOn {
			c.known(where, "path", paths, path)
		}
		if s.End != (len(s.Answers) == 0) {
			c.add(where, "an end has no answers, and nothing else has none")
		}
		var answers []string
		for _, a := range s.Answers {
			answers = append(answers, a.ID)
			c.known(where+", answer "+a.ID, "path", paths, append(a.Only, a.Not...)...)
			switch {
			case (a.To == "") == (a.Room == ""):
				c.add(where+", answer "+a.ID, "leads to a step or to a room")
			case a.To != "":
				c.known(where+", answer "+a.ID, "step", steps, a.To)
			}
		}
		c.once(where+", answer", answers)
	}
}

// walked checks the ways of one path: every step can be come to, none is a
// dead end, and no way leads around a step that must come before.
func (g *Graph) walked(c *complaints, path string) {
	all := g.reach(path, g.First)
	for _, s := range g.Steps {
		where := "path " + path + ", step " + s.ID
		if !all[s.ID] {
			c.add(where, "no answer leads here")
		}
		ends := false
		for id := range g.reach(path, s.ID) {
			step, _ := g.Step(id)
			ends = ends || step.End
		}
		if !ends {
			c.add(where, "no way leads from here to an end")
		}
		for _, before := range s.After {
			if g.reach(path, g.First, before)[s.ID] {
				c.add(where, "can be come to without "+before)
			}
		}
	}
}
