package group

import (
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/learn/playing"
	"amelie/internal/learn/reading"
	"amelie/internal/learn/ways"
	"amelie/internal/web"
)

//go:embed page/*.html page/*.css page/*.js
var files embed.FS

var (
	_        = web.Style(files, "page/group.css")
	_        = web.Script(files, "page/live.js")
	listPage = web.NewPage[listView](files, "page/list.html")
	seenPage = web.NewPage[seenView](reading.With(files), "page/seen.html", "page/parts.html")
	doorPage = web.NewPage[doorView](files, "page/door.html")
	gonePage = web.NewPage[goneView](files, "page/gone.html")
)

// Rooms serve trainers and participants.
type Rooms struct {
	*Service
	Reading *reading.Rooms
	BaseURL string
	// MayTry bounds how often an address types codes: a lecture hall has one.
	MayTry func(r *http.Request) bool
}

const (
	base = "/learn/group" // a trainer's pages
	play = "/play"        // a participant's
	room = "play"         // the name of the cookie
)

// Mount adds the pages to the shell.
func (r *Rooms) Mount(s *web.Shell) {
	s.Professional("GET "+base, r.list)
	s.Professional("POST "+base, r.open)
	s.Professional("GET "+base+"/{group}", r.seen)
	s.Professional("POST "+base+"/{group}/end", r.end)
	s.Learner("GET "+play, r.play)
	s.Learner("POST "+play, r.playPost)
	s.Learner("GET "+play+"/leave", r.leave)
	s.Nav(web.NavItem{Path: base, Icon: "people", Label: "playing.group.title", Order: 75, Under: "/desk", Roles: []string{"editor", "coordinator"}})
}

// The trainer.

type listView struct {
	Cases, Days []web.Choice
	Mine        []groupLine
}

type groupLine struct {
	Path, Title string
	Over        bool
	Ends        time.Time
}

func (r *Rooms) list(c *web.Ctx) error {
	groups, err := r.Mine(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	var v listView
	for _, s := range r.Course().Cases {
		v.Cases = append(v.Cases, web.Choice{Value: s.ID, Label: r.title(c, s.ID)})
	}
	for _, n := range Days {
		v.Days = append(v.Days, web.Choice{Value: strconv.Itoa(n), Label: c.T("playing.group.day", "n", n)})
	}
	for _, g := range groups {
		v.Mine = append(v.Mine, groupLine{base + "/" + g.ID, r.title(c, g.Case), g.Over(c.Now()), g.Ends})
	}
	return listPage.Render(c, v)
}

func (r *Rooms) title(c *web.Ctx, caseID string) string {
	return r.Course().Words("case/"+caseID, c.Lang).Line("title")
}

func (r *Rooms) open(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(f.Value("days"))
	if err != nil {
		days = 0 // said beside the field
	}
	group, err := r.Open(c.Context(), c.Viewer, f.Value("case"), days, f.Once())
	if f.Add(err) {
		return r.list(c)
	}
	if err != nil {
		return err
	}
	if group == "" {
		return c.Redirect(base) // pressed twice
	}
	return c.Redirect(base + "/" + group)
}

type seenView struct {
	Seen
	Title   string
	Over    bool
	Address string // where the code is typed
	Code    string
	QR      template.HTML
	Graph   template.HTML // empty: too few
	Scenes  []sceneView
	Endings []endingView
	Few     int
}

type sceneView struct {
	Name, Title, Pace string
	N                 int
	Choices           []choiceView
}

type choiceView struct {
	Text, Effect, To string
	N                int
}

type endingView struct {
	Name, Title string
	N           int
	Debrief     reading.Blocks
}

func (r *Rooms) seen(c *web.Ctx) error {
	seen, err := r.See(c.Context(), c.Viewer, c.Param("group"))
	if err != nil {
		return err
	}
	v := seenView{Seen: seen, Title: r.title(c, seen.Case), Over: seen.Over(c.Now()), Few: playing.Few}
	if !v.Over {
		v.Code, v.Address = r.Code(seen.Group), r.BaseURL+play
		if v.QR, err = web.QR(v.Address + "?" + url.Values{"code": {v.Code}}.Encode()); err != nil {
			return fault.Wrap(err, "group code")
		}
	}
	r.drawn(c, &v)
	return seenPage.Render(c, v)
}

// drawn adds the picture in words and lines, when there is one.
func (r *Rooms) drawn(c *web.Ctx, v *seenView) {
	course := r.Course()
	s, ok := course.Case(v.Case)
	if !ok || v.Picture.N == 0 {
		return
	}
	called, words := s.Names(), course.Words("case/"+s.ID, c.Lang)
	v.Graph = ways.Draw(s, counts(v.Picture), c.T("playing.group.graph"), c.T("playing.group.graph-text"))
	for _, scene := range v.Picture.Scenes {
		x := sceneView{Name: called[scene.Scene.ID], Title: words.Line(scene.Scene.ID), N: scene.N}
		if scene.Pace != playing.Unsaid {
			key := "playing.group.pace-" + string(scene.Pace)
			x.Pace = c.T(key)
		}
		for _, choice := range scene.Choices {
			x.Choices = append(x.Choices, choiceView{words.Line(scene.Scene.ID + "." + choice.Choice.ID), choice.Choice.Effect, called[choice.Choice.To], choice.N})
		}
		v.Scenes = append(v.Scenes, x)
	}
	for _, e := range v.Picture.Endings {
		x := endingView{Name: called[e.Ending.ID], Title: words.Line(e.Ending.ID), N: e.N}
		if e.N > 0 {
			x.Debrief = reading.Reader{Course: course}.Debrief(c, s, e.Ending)
		}
		v.Endings = append(v.Endings, x)
	}
}

func (r *Rooms) end(c *web.Ctx) error {
	if err := r.End(c.Context(), c.Viewer, c.Param("group")); err != nil {
		return err
	}
	return c.Redirect(base + "/" + c.Param("group"))
}

// The participant.

type doorView struct{ Seed, Code string }

// goneView says why there is nothing to play: taken back, or over.
type goneView struct {
	Why  string // "back", "over"
	Case string
}

// at is where this device is; nil: nowhere.
func (r *Rooms) at(c *web.Ctx) (*Place, error) { return r.Here(c.Context(), c.RoomCookie(room)) }

func (r *Rooms) play(c *web.Ctx) error {
	at, err := r.at(c)
	if err != nil {
		return err
	}
	if at == nil {
		return doorPage.Render(c, doorView{id.Secret(16), c.Query("code")})
	}
	c.ExitBy(play + "/leave")
	if at.Group.Over(c.Now()) && !at.Ended {
		return gonePage.Render(c, goneView{"over", at.Group.Case})
	}
	rd := reading.Reader{Course: r.Course(), Base: "/learn"}
	s, ok := rd.Course.Case(at.Group.Case)
	if !ok {
		return errNotFound
	}
	kept := reading.Playing{Way: at.Play.Way(), Action: play, Lone: true, TakeBack: play}
	if _, whole := at.Play.At(s); !whole {
		kept.Notice = "playing.changed"
	} else if c.Query("else") != "" {
		kept.Notice = "playing.fault.else"
	} else if !at.Ended {
		kept.Notice = "playing.group.own-pace"
	}
	return r.Reading.PlayKept(c, rd, s, kept)
}

func (r *Rooms) playPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	switch f.Value("do") {
	case "join":
		return r.join(c, f)
	case "back":
		if err := r.TakeBack(c.Context(), c.RoomCookie(room)); err != nil {
			return err
		}
		r.setCookie(c, "", 0)
		return gonePage.Render(c, goneView{Why: "back"})
	}
	place, err := strconv.Atoi(f.Value("place"))
	if err != nil {
		return fault.New(fault.Invalid, "playing.fault.choice")
	}
	err = r.Choose(c.Context(), c.RoomCookie(room), place, f.Value("choice"))
	switch {
	case errors.Is(err, playing.ErrElse):
		return c.Redirect(play + "?else=1")
	case fault.KindOf(err) == fault.NotFound, fault.KindOf(err) == fault.Expired:
		return c.Redirect(play) // the door, or that it is over
	case err != nil:
		return err
	}
	return c.Redirect(play)
}

func (r *Rooms) join(c *web.Ctx, f *web.Form) error {
	if !r.MayTry(c.R) {
		return fault.New(fault.TooMany, "web.error.too-many")
	}
	cookie, g, err := r.Join(c.Context(), f.Value("seed"), f.Value("code"))
	if f.Add(err) {
		return doorPage.Render(c, doorView{id.Secret(16), f.Value("code")})
	}
	if err != nil {
		return err
	}
	r.setCookie(c, cookie, g.Ends.Sub(c.Now()))
	return c.Redirect(play)
}

// setCookie gives or takes the cookie of a seat. It ends with the group, and no
// page but these is ever sent it.
//
// req: GROUP-3
func (r *Rooms) setCookie(c *web.Ctx, value string, age time.Duration) {
	c.SetRoomCookie(room, play, value, age)
}

// leave is the quick exit: the device forgets its seat, and what was chosen from
// it is taken back only by the button that says so.
func (r *Rooms) leave(c *web.Ctx) error {
	r.setCookie(c, "", 0)
	return c.Leave()
}

// counts are those of a picture for its drawing.
func counts(p playing.Picture) *ways.Counts {
	n := &ways.Counts{Of: p.N, At: map[string]int{}, Way: map[string]map[string]int{}}
	for _, s := range p.Scenes {
		n.At[s.Scene.ID], n.Way[s.Scene.ID] = s.N, map[string]int{}
		for _, choice := range s.Choices {
			n.Way[s.Scene.ID][choice.Choice.To] += choice.N
		}
	}
	for _, e := range p.Endings {
		n.At[e.Ending.ID] = e.N
	}
	return n
}
