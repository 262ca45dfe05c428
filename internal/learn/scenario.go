package learn

import (
	"cmp"
	"slices"
	"strconv"
)

// Case is a branching case: scenes, what one can do in each, and where it leads.
type Case struct {
	ID      string   `toml:"id"`
	Minutes int      `toml:"minutes"`
	Setting string   `toml:"setting"`
	Topics  []string `toml:"topics"`
	Start   string   `toml:"start"`
	Scenes  []Scene  `toml:"scene"`
	Endings []Ending `toml:"ending"`
}

// Scene is a moment in which the reader decides.
type Scene struct {
	ID      string   `toml:"id"`
	Blocks  []string `toml:"blocks"`
	Shows   []string `toml:"shows"` // indicators that can be noticed here
	Choices []Choice `toml:"choice"`
}

// Choice is one thing to do.
type Choice struct {
	ID     string `toml:"id"`
	To     string `toml:"to"`
	Effect string `toml:"effect"` // helps, costs, harms: for what is said afterwards, never a score
	Tests  string `toml:"tests"`  // the step of the guide that it is about
}

// Ending is where a case comes to rest, with what is to be learned from it.
type Ending struct {
	ID      string   `toml:"id"`
	Blocks  []string `toml:"blocks"`
	Debrief []string `toml:"debrief"`
	Outcome string   `toml:"outcome"` // safer, open, closed
}

// What a choice does, how a case may end, and where it may play.
var (
	Effects  = []string{"helps", "costs", "harms"}
	Outcomes = []string{"safer", "open", "closed"}
	Settings = []string{"emergency", "midwifery", "practice", "reception", "street", "gynaecology", "paediatrics", "home", "ward", "reception-centre"}
)

// Scene finds a scene.
func (c *Case) Scene(id string) (Scene, bool) {
	i := slices.IndexFunc(c.Scenes, func(s Scene) bool { return s.ID == id })
	if i < 0 {
		return Scene{}, false
	}
	return c.Scenes[i], true
}

// Ending finds an ending.
func (c *Case) Ending(id string) (Ending, bool) {
	i := slices.IndexFunc(c.Endings, func(e Ending) bool { return e.ID == id })
	if i < 0 {
		return Ending{}, false
	}
	return c.Endings[i], true
}

// Choice finds a choice.
func (s Scene) Choice(id string) (Choice, bool) {
	i := slices.IndexFunc(s.Choices, func(c Choice) bool { return c.ID == id })
	if i < 0 {
		return Choice{}, false
	}
	return s.Choices[i], true
}

// Shuffled are the choices in an order that does not tell which is best: the
// same one each time the scene is shown.
func (s Scene) Shuffled(seed string) []Choice {
	out := slices.Clone(s.Choices)
	slices.SortFunc(out, func(a, b Choice) int { return cmp.Compare(lot(seed+"/"+s.ID, a.ID), lot(seed+"/"+s.ID, b.ID)) })
	return out
}

// Taken is one decision of a path.
type Taken struct {
	Scene  Scene
	Choice Choice
}

// Follow walks a path of choices from the start. It gives the decisions that
// the case knows and where they lead: a scene or an ending. A path that breaks
// off is followed as far as it goes.
func (c *Case) Follow(path []string) (taken []Taken, at string) {
	at = c.Start
	for _, id := range path {
		scene, ok := c.Scene(at)
		if !ok {
			return taken, at
		}
		choice, ok := scene.Choice(id)
		if !ok {
			return taken, at
		}
		taken = append(taken, Taken{scene, choice})
		at = choice.To
	}
	return taken, at
}

// Names are how scenes and endings are called in drawings and lists, in the
// order of the case: scenes by number, endings by letter.
func (c *Case) Names() map[string]string {
	out := map[string]string{}
	for i, s := range c.Scenes {
		out[s.ID] = strconv.Itoa(i + 1)
	}
	for i, e := range c.Endings {
		out[e.ID] = string(rune('A' + i))
	}
	return out
}

// mostSteps bounds a walk of all paths of a case: their number doubles with each
// scene from which two choices lead on.
const mostSteps = 20_000

// EachPath walks the paths from the start to an ending until mostSteps steps were
// taken, and says whether that were all paths. One that comes in a circle is left.
func (c *Case) EachPath(do func(taken []Taken, end Ending)) (all bool) {
	steps := 0
	var walk func(at string, taken []Taken)
	walk = func(at string, taken []Taken) {
		if steps++; steps > mostSteps || len(taken) > len(c.Scenes) {
			return
		}
		if end, ok := c.Ending(at); ok {
			do(taken, end)
			return
		}
		scene, _ := c.Scene(at)
		for _, choice := range scene.Choices {
			walk(choice.To, append(slices.Clip(taken), Taken{scene, choice}))
		}
	}
	walk(c.Start, nil)
	return steps <= mostSteps
}

// faults are what is wrong with the graph, as a key and the id it is about.
func (c *Case) faults() (out [][2]string) {
	say := func(key, id string) { out = append(out, [2]string{"learn.problem." + key, id}) }
	for _, s := range c.Scenes {
		if len(s.Choices) < 2 {
			say("few-choices", s.ID)
		}
		for _, choice := range s.Choices {
			if _, scene := c.Scene(choice.To); !scene {
				if _, end := c.Ending(choice.To); !end {
					say("leads-nowhere", s.ID+"."+choice.ID)
				}
			}
			if !slices.Contains(Effects, choice.Effect) {
				say("effect", s.ID+"."+choice.ID)
			}
		}
	}
	for _, e := range c.Endings {
		if len(e.Debrief) == 0 {
			say("no-debrief", e.ID)
		}
		if !slices.Contains(Outcomes, e.Outcome) {
			say("outcome", e.ID)
		}
	}
	return c.unreached(out)
}

// unreached finds circles, and scenes and endings that no path comes to.
func (c *Case) unreached(out [][2]string) [][2]string {
	seen, open := map[string]bool{}, map[string]bool{}
	circle := ""
	var visit func(at string)
	visit = func(at string) {
		if open[at] {
			circle = at
			return
		}
		if seen[at] {
			return
		}
		seen[at], open[at] = true, true
		scene, _ := c.Scene(at)
		for _, choice := range scene.Choices {
			visit(choice.To)
		}
		open[at] = false
	}
	visit(c.Start)
	if circle != "" {
		out = append(out, [2]string{"learn.problem.circle", circle})
	}
	for _, id := range c.Places() {
		if !seen[id] {
			out = append(out, [2]string{"learn.problem.unreached", id})
		}
	}
	if _, ok := c.Scene(c.Start); !ok {
		out = append(out, [2]string{"learn.problem.unreached", c.Start})
	}
	return out
}

// Places are the ids of all scenes and endings.
func (c *Case) Places() (out []string) {
	for _, s := range c.Scenes {
		out = append(out, s.ID)
	}
	for _, e := range c.Endings {
		out = append(out, e.ID)
	}
	return out
}
