package stage

import (
	"slices"
	"sort"
	"strings"

	"amelie/internal/ask"
	"amelie/internal/casework"
)

// stateOf puts together what the entries of a case say. otherwise is the country
// of the agency.
func stateOf(law Law, o *casework.Opened, otherwise string) State {
	known, _ := o.Latest(Standing)
	return read(law, known.Fields, stepsOf(o), otherwise)
}

// stepsOf are the steps in the order of their days; of one day, as written.
func stepsOf(o *casework.Opened) (steps []casework.Entry) {
	for _, e := range o.Entries {
		if e.Kind == Step {
			steps = append(steps, e)
		}
	}
	inOrder(steps)
	return steps
}

func inOrder(steps []casework.Entry) {
	sort.SliceStable(steps, func(i, j int) bool { return steps[i].Fields.One("day") < steps[j].Fields.One("day") })
}

// read is the state that a standing and steps in order come to.
func read(law Law, known ask.Answer, steps []casework.Entry, otherwise string) State {
	s := State{Country: otherwise, Met: map[string]string{}, Began: map[string]string{}, Set: map[string]string{}}
	if code := known.One("country"); code != "" {
		s.Country = code
	}
	real := func(field string) string {
		if v := known.One(field); v != ask.NotKnown && v != ask.NotSaid {
			return v
		}
		return ""
	}
	s.Region, s.Age, s.Citizen, s.Counted = real("region"), real("age"), real("citizen"), real("counted")
	s.Declines, s.Extended = known.One("referral") == "not-wanted", known["extended"]
	for field := range known {
		for prefix, into := range map[string]map[string]string{metField: s.Met, beganField: s.Began, setField: s.Set} {
			if code, ok := strings.CutPrefix(field, prefix); ok && real(field) != "" {
				into[code] = real(field)
			}
		}
	}
	g := law.Graph(s.Country)
	for _, e := range steps {
		if n, here := g.Node(e.Fields.One("stage")); here {
			s.Stage, s.Since = n.ID, e.Fields.One("day")
			s.Passed = append(s.Passed, n.ID)
		}
	}
	return s
}

// Offered are the stages that can be recorded, in the order of the mechanism. A
// person may come from elsewhere at any stage. From the first step on they are
// those that may follow, those that were passed before, and, unless nothing but a
// concern was noted, support: no decision stands before it.
//
// req: STAGE-1
func (g Graph) Offered(s State) (out []string) {
	here, begun := g.Node(s.Stage)
	for _, n := range g.Stages {
		switch {
		case n.ID == s.Stage:
		case !begun, slices.Contains(here.Next, n.ID), slices.Contains(s.Passed, n.ID), n.Kind == "support" && g.beyond(s):
			out = append(out, n.ID)
		}
	}
	return out
}

// beyond says that more than a concern was noted.
func (g Graph) beyond(s State) bool {
	for _, id := range s.Passed {
		if n, _ := g.Node(id); n.Kind != "concern" {
			return true
		}
	}
	return false
}

// Few is the smallest count that a coordinator is shown.
const Few = casework.Few

// Count is a count as it may be shown.
type Count struct {
	N     int64
	Fewer bool // fewer than Few, also none
}

// shown hides what is small; none is hidden like one or two.
//
// req: STAGE-4
func shown(n int64) Count {
	if n < Few {
		return Count{Fewer: true}
	}
	return Count{N: n}
}

// The bands of how long cases have stood at a stage, by their upper limit in days.
var bands = []int{30, 90, 180}

// Bands is how many they are: the last has no upper limit.
const Bands = 4
