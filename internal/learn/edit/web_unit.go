package edit

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/web"
)

// A unit as a part of its topic: a new one, how long it takes, what it leads to,
// its place, and taking it out.

// Labels are the words of other rooms that a course may lead to, in a language.
type Labels struct {
	Helps        func(lang string) ([]web.Choice, error) // asks the directory
	Steps, Signs func(lang string) []web.Choice
}

func (r *Rooms) mountStructure(s *web.Shell) {
	s.Professional("POST "+base+"/topic/{topic}", r.open(r.topicPost))
	s.Professional("GET "+base+"/topic/{topic}/unit", r.open(r.newUnit))
	s.Professional("POST "+base+"/topic/{topic}/unit", r.open(r.newUnitPost))
	s.Professional("GET "+base+"/topic/{topic}/unit/{unit}", r.open(r.unitSet))
	s.Professional("POST "+base+"/topic/{topic}/unit/{unit}", r.open(r.unitSetPost))
	r.mountCases(s)
}

// direction is by how much a button moves what it stands beside.
var direction = map[string]int{"up": -1, "down": 1}

// unitLine is a unit in the list of its topic.
type unitLine struct {
	line
	ID          string
	Minutes     int
	First, Last bool
}

func (d desk) unitLines(c *web.Ctx, t *learn.Topic) (out []unitLine) {
	for i, u := range t.Units {
		out = append(out, unitLine{line{URL: unitURL(c, t.ID, u.ID), Title: d.partTitle(c, Name{File: t.ID, Part: u.ID})}, u.ID, u.Minutes, i == 0, i == len(t.Units)-1})
	}
	return out
}

// longest is how many minutes a unit may take.
const longest = 5

type unitSetView struct {
	May            bool
	ID             string // "": a new unit
	Back, Label    string
	Minutes, Helps []web.Choice
	Tools          []web.Choice
	Seen           string
	Moved          bool // somebody else set it meanwhile
	Asked          int  // questions that would be asked in no unit
	Tracks         []string
}

var unitSetPage = web.NewPage[unitSetView](pages, "page/unit.html")

func (r *Rooms) newUnit(c *web.Ctx, d desk) error {
	t, ok := d.Course.Topic(c.Param("topic"))
	if !ok {
		return errNotFound
	}
	return r.showUnitSet(c, d, t, learn.Unit{Minutes: 3, Use: []string{"guide", "directory"}}, 0)
}

func (r *Rooms) unitSet(c *web.Ctx, d desk) error {
	t, u, ok := d.Course.Find(c.Param("topic") + "." + c.Param("unit"))
	if !ok {
		return errNotFound
	}
	return r.showUnitSet(c, d, t, u, 0)
}

func (r *Rooms) showUnitSet(c *web.Ctx, d desk, t *learn.Topic, u learn.Unit, status int) error {
	v := unitSetView{May: d.May, ID: u.ID, Back: c.Path(base + "/topic/" + t.ID), Label: title(d.Course, t.ID, c.Lang), Seen: setStamp(u), Moved: status == http.StatusConflict, Asked: len(u.Questions)}
	if u.ID != "" {
		v.Back, v.Label = unitURL(c, t.ID, u.ID), d.partTitle(c, Name{File: t.ID, Part: u.ID})
	}
	v.Minutes = minutes(c, longest, u.Minutes)
	for _, tool := range learn.Tools {
		v.Tools = append(v.Tools, web.Choice{Value: tool, Label: c.T("learn.tool." + tool), Hint: c.T("learn.use-text." + tool), Selected: slices.Contains(u.Use, tool)})
	}
	helps, err := r.Labels.Helps(c.Lang)
	if err != nil {
		return err
	}
	v.Helps = append([]web.Choice{{Label: c.T("structure.unit.any-help")}}, selected(helps, u.Help)...)
	for _, list := range d.Course.Lists() {
		if slices.Contains(list.Units, t.ID+"."+u.ID) {
			v.Tracks = append(v.Tracks, d.Course.Words("course", c.Lang).Line(list.ID))
		}
	}
	return unitSetPage.RenderStatus(c, status, v)
}

// selected marks those of a list that are chosen.
func selected(list []web.Choice, chosen ...string) []web.Choice {
	list = slices.Clone(list) // of another room
	for i := range list {
		list[i].Selected = slices.Contains(chosen, list[i].Value)
	}
	return list
}

// unitSent is what a form sets for a unit. What the course does not know is left
// out or refused beside its field.
func (r *Rooms) unitSent(f *web.Form) (set UnitSet) {
	set = UnitSet{Minutes: int(number(f.Value("minutes"))), Help: f.Value("help")}
	if set.Minutes < 1 || set.Minutes > longest {
		f.Error("minutes", "web.error.choose")
	}
	for _, tool := range learn.Tools {
		if f.Has("use", tool) {
			set.Use = append(set.Use, tool)
		}
	}
	if set.Help != "" && !slices.Contains(r.Known().Helps, set.Help) {
		f.Error("help", "web.error.choose")
	}
	return set
}

// composed is what was typed into a field, in a shape.
func composed(f *web.Form, field string, shape learn.Shape, works []string) learn.Text {
	t, err := learn.Compose(shape, strings.Split(f.Value(field), "\n"))
	if err == nil {
		err = cited(t, works)
	}
	refuse(f, field, err)
	return t
}

func (r *Rooms) newUnitPost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	t, ok := d.Course.Topic(c.Param("topic"))
	if !ok {
		return errNotFound
	}
	set := r.unitSent(f)
	name, first := composed(f, "title", learn.UnitTitle, nil), composed(f, "text", learn.Paragraph, t.Sources)
	if !f.OK() {
		return r.showUnitSet(c, d, t, learn.Unit{}, http.StatusUnprocessableEntity)
	}
	unit := ""
	err = r.Act(c.Context(), c.Viewer, f.Once(), Added, func(b *Bench) (err error) {
		unit, err = b.AddUnit(t.ID, set, name, first)
		return err
	})
	if err != nil {
		return err
	}
	c.Flash("edit.done.added")
	to := base + "/topic/" + t.ID
	if unit != "" { // a button that is pressed twice adds once
		to += "/" + unit
	}
	return c.Redirect(to)
}

func (r *Rooms) unitSetPost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	t, u, ok := d.Course.Find(c.Param("topic") + "." + c.Param("unit"))
	if !ok {
		return errNotFound
	}
	if f.Value("do") == "remove" {
		err := r.Act(c.Context(), c.Viewer, f.Once(), Removed, func(b *Bench) error { return b.DropUnit(t.ID, u.ID) })
		if err != nil {
			return err
		}
		c.Flash("edit.done.removed")
		return c.Redirect(base + "/topic/" + t.ID)
	}
	set := r.unitSent(f)
	if !f.OK() {
		return r.showUnitSet(c, d, t, u, http.StatusUnprocessableEntity)
	}
	err = r.Act(c.Context(), c.Viewer, f.Once(), Set, func(b *Bench) error { return b.SetUnit(t.ID, u.ID, f.Value("seen"), set) })
	if errors.As(err, new(Conflict)) {
		return r.unitMoved(c)
	}
	if err != nil {
		return err
	}
	c.Flash("edit.done.saved")
	return c.Redirect(base + "/topic/" + t.ID + "/" + u.ID)
}

// unitMoved shows the form again as it was filled in, over what somebody else
// set meanwhile.
func (r *Rooms) unitMoved(c *web.Ctx) error {
	d, err := r.again(c)
	if err != nil {
		return err
	}
	t, u, ok := d.Course.Find(c.Param("topic") + "." + c.Param("unit"))
	if !ok {
		return errNotFound
	}
	return r.showUnitSet(c, d, t, u, http.StatusConflict)
}

// again is the desk after somebody else changed something.
func (r *Rooms) again(c *web.Ctx) (desk, error) {
	draft, err := r.Draft(c.Context())
	return desk{Draft: draft, now: r.Course(), May: true}, err
}

// topicPost moves a unit.
func (r *Rooms) topicPost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	t, ok := d.Course.Topic(c.Param("topic"))
	if !ok {
		return errNotFound
	}
	do, unit, _ := strings.Cut(f.Value("do"), " ")
	if err := r.Act(c.Context(), c.Viewer, f.Once(), Moved, func(b *Bench) error { return b.MoveUnit(t.ID, unit, direction[do]) }); err != nil {
		return err
	}
	return c.Redirect(base + "/topic/" + t.ID + "#unit-" + unit)
}
