package edit

import (
	"cmp"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/web"
)

// A scene or an ending on one page: what happens, what can be done and where it
// leads, in the source. As with a question, a button that adds a choice or takes
// one out saves nothing.

type placeView struct {
	Place
	May         bool
	Back, Label string
	Action      string
	Texts       []said
	Debriefs    []said
	Ways        []wayRow
	Outcomes    []web.Choice
	Added       string // the kind of row that a button just added: the last one is gone to
	Signs       []web.Choice
	Shown       int // signs that are ticked
	Theirs      template.HTML
	Problems    []string
	First       bool // the case begins here
	From        []string
}

// said is a text in the form: its number, what its buttons say.
type said struct {
	Said
	N int
}

type wayRow struct {
	Way
	N                   int
	Tos, Effects, Steps []web.Choice
}

var placePage = web.NewPage[placeView](pages, "page/place.html")

// caseURL is the page of a case.
func caseURL(c *web.Ctx, name string) string { return c.Path(base + "/case/" + name) }

// placeURL is where a scene or an ending is edited.
func placeURL(c *web.Ctx, name, place string) string { return caseURL(c, name) + "/at/" + place }

// stage finds the case that the address names.
func (d desk) stage(c *web.Ctx) (*learn.Case, error) {
	s, ok := d.Course.Case(c.Param("case"))
	if !ok {
		return nil, errNotFound
	}
	return s, nil
}

// placed is the scene or ending that the address names, with its stamp; without
// one it is a new place.
func (d desk) placed(c *web.Ctx) (s *learn.Case, p Place, err error) {
	if s, err = d.stage(c); err != nil {
		return s, p, err
	}
	if c.Param("place") == "" {
		return s, Place{Texts: []Said{{ID: "1"}}, Ending: strings.HasSuffix(c.R.URL.Path, "/ending")}, nil
	}
	p, ok := placeOf(d.Course.Words("case/"+s.ID, learn.Source), s, c.Param("place"))
	if !ok {
		return s, p, errNotFound
	}
	p.Seen = p.Stamp()
	return s, p, nil
}

func (r *Rooms) place(c *web.Ctx, d desk) error {
	s, p, err := d.placed(c)
	if err != nil {
		return err
	}
	if p.ID == "" && p.Ending {
		p.Debrief = []Said{{ID: "2"}}
	} else if p.ID == "" {
		p.Ways = []Way{{Choice: learn.Choice{ID: "2"}}, {Choice: learn.Choice{ID: "3"}}}
	}
	return r.showPlace(c, d, s, p, 0, "")
}

func (r *Rooms) showPlace(c *web.Ctx, d desk, s *learn.Case, p Place, status int, theirs template.HTML) error {
	words := d.Course.Words("case/"+s.ID, learn.Source)
	v := placeView{Place: p, May: d.May, Back: caseURL(c, s.ID), Label: title(d.Course, "case/"+s.ID, c.Lang), Action: c.R.URL.RequestURI(), Theirs: theirs,
		Signs: selected(r.Labels.Signs(c.Lang), p.Shows...), Shown: len(p.Shows), First: p.ID != "" && p.ID == s.Start}
	if p.ID != "" {
		v.Back += "#" + p.ID
		faults := d.faults(c, s)[p.ID]
		v.Problems = slices.Concat(faults.own, faults.ways())
	}
	v.Added = added(c)
	v.Texts, v.Debriefs = numbered(p.Texts), numbered(p.Debrief)
	v.Outcomes = phrased(c, "structure.outcome.", learn.Outcomes, p.Outcome)
	for i, way := range p.Ways {
		row := wayRow{Way: way, N: i + 1, Effects: phrased(c, "structure.effect.", learn.Effects, way.Effect)}
		row.Tos = append([]web.Choice{{Label: c.T("structure.way.nowhere")}}, selected(stops(s, words, p.ID), way.To)...)
		row.Steps = append([]web.Choice{{Label: c.T("structure.way.no-step")}}, selected(r.Labels.Steps(c.Lang), way.Tests)...)
		v.Ways = append(v.Ways, row)
	}
	return placePage.RenderStatus(c, status, v)
}

// added is what a button of the form that was sent added; "" when none was pressed.
func added(c *web.Ctx) string {
	if f := c.SentForm(); f != nil {
		if act, kind, _ := strings.Cut(f.Value("do"), " "); act == "add" {
			return cmp.Or(kind, "row")
		}
	}
	return ""
}

func numbered(list []Said) (out []said) {
	for i, x := range list {
		out = append(out, said{x, i + 1})
	}
	return out
}

// phrased are the words of a fixed list, with nothing said yet first.
func phrased(c *web.Ctx, key string, list []string, now string) []web.Choice {
	out := []web.Choice{{Label: c.T("structure.unsaid")}}
	for _, one := range list {
		out = append(out, web.Choice{Value: one, Label: c.T(key + one), Selected: one == now})
	}
	return out
}

// stops are the places of a case that a choice may lead to, but the one that it
// is made at.
func stops(s *learn.Case, words *learn.Words, but string) (out []web.Choice) {
	names := s.Names()
	for _, id := range s.Places() {
		if id != but {
			out = append(out, web.Choice{Value: id, Label: names[id] + " · " + words.Line(id), Lang: words.Lang})
		}
	}
	return out
}

// sent is the place as the form has it; had is what it was opened from.
func (had Place) sent(f *web.Form) Place {
	p := Place{ID: had.ID, Ending: had.Ending, Title: f.Value("title"), Seen: f.Value("seen"), Outcome: f.Value("outcome"), Shows: f.Values("shows")}
	taken := had.taken()
	mine := func(kind string) (out []string) {
		for _, name := range f.Values(kind + "-row") {
			if _, err := strconv.Atoi(name); (err == nil || slices.Contains(taken, name)) && !slices.Contains(p.taken(), name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
		return out
	}
	for _, id := range mine("text") {
		p.Texts = append(p.Texts, Said{id, f.Value("text." + id)})
	}
	for _, id := range mine("debrief") {
		p.Debrief = append(p.Debrief, Said{id, f.Value("debrief." + id)})
	}
	for _, id := range mine("way") {
		p.Ways = append(p.Ways, Way{learn.Choice{ID: id, To: f.Value("to." + id), Effect: f.Value("effect." + id), Tests: f.Value("tests." + id)}, f.Value("way." + id)})
	}
	return p
}

// rearranged does what a button within the form says, and tells whether one was
// pressed.
func (p *Place) rearranged(do string) bool {
	free := 1
	for slices.Contains(p.taken(), strconv.Itoa(free)) {
		free++
	}
	fresh := Said{ID: strconv.Itoa(free)}
	act, name, _ := strings.Cut(do, " ")
	switch {
	case act == "drop" && slices.Contains(p.taken(), name):
		gone := func(x Said) bool { return x.ID == name }
		p.Texts, p.Debrief = slices.DeleteFunc(p.Texts, gone), slices.DeleteFunc(p.Debrief, gone)
		p.Ways = slices.DeleteFunc(p.Ways, func(way Way) bool { return way.ID == name })
	case do == "add text":
		p.Texts = append(p.Texts, fresh)
	case do == "add debrief":
		p.Debrief = append(p.Debrief, fresh)
	case do == "add way":
		p.Ways = append(p.Ways, Way{Choice: learn.Choice{ID: fresh.ID}})
	default:
		return false
	}
	return true
}

// check says beside each field what is wrong with it. What a graph lacks is no
// fault of the form.
func (r *Rooms) check(f *web.Form, s *learn.Case, words *learn.Words, p Place) bool {
	for _, x := range p.fields() {
		shape := learn.Paragraph
		if x.of == "" {
			shape = learn.Heading
		} else if t, ok := words.Text(p.ID + x.of); ok && p.ID != "" {
			shape = t.Shape()
		}
		composed(f, x.name, shape, nil)
	}
	if len(p.Texts) == 0 {
		f.Error("texts", "edit.problem.no-words")
	}
	among := func(field, value string, list []string) {
		if value != "" && !slices.Contains(list, value) {
			f.Error(field, "web.error.choose")
		}
	}
	known := r.Known()
	for _, way := range p.Ways {
		among("to."+way.ID, way.To, s.Places())
		among("effect."+way.ID, way.Effect, learn.Effects)
		among("tests."+way.ID, way.Tests, known.Steps)
	}
	for _, sign := range p.Shows {
		among("shows", sign, known.Indicators)
	}
	among("outcome", p.Outcome, learn.Outcomes)
	return f.OK()
}

func (r *Rooms) placePost(c *web.Ctx, d desk) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	s, had, err := d.placed(c)
	if err != nil {
		return err
	}
	if f.Value("do") == "remove" {
		return r.dropPlace(c, f, s.ID, had.ID)
	}
	p := had.sent(f)
	if p.rearranged(f.Value("do")) {
		return r.showPlace(c, d, s, p, http.StatusOK, "")
	}
	if !r.check(f, s, d.Course.Words("case/"+s.ID, learn.Source), p) {
		return r.showPlace(c, d, s, p, http.StatusUnprocessableEntity, "")
	}
	kind, done := Set, "edit.done.saved"
	if p.ID == "" {
		kind, done = Added, "edit.done.added"
	}
	id := ""
	err = r.Act(c.Context(), c.Viewer, f.Once(), kind, func(b *Bench) (err error) {
		id, err = b.SetPlace(s.ID, p, c.Query("from"))
		return err
	})
	if errors.As(err, new(Conflict)) {
		return r.placeMoved(c, p)
	}
	if err != nil {
		return err
	}
	c.Flash(done)
	return c.Redirect(base + "/case/" + s.ID + "#" + id)
}

func (r *Rooms) dropPlace(c *web.Ctx, f *web.Form, name, place string) error {
	err := r.Act(c.Context(), c.Viewer, f.Once(), Removed, func(b *Bench) error { return b.DropPlace(name, place) })
	if err != nil {
		return err
	}
	c.Flash("edit.done.removed")
	return c.Redirect(base + "/case/" + name)
}

// placeMoved shows what was typed against what somebody else saved.
func (r *Rooms) placeMoved(c *web.Ctx, p Place) error {
	d, err := r.again(c)
	if err != nil {
		return err
	}
	s, theirs, err := d.placed(c)
	if err != nil {
		return err
	}
	p.Seen = theirs.Seen
	return r.showPlace(c, d, s, p, http.StatusConflict, web.Marked(plain(p.fields()), plain(theirs.fields())))
}
