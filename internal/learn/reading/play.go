package reading

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/web"
)

type playView struct {
	Title   string
	Begin   string // address of the case before any decision
	Lead    template.HTML
	Taken   []told
	Scene   string // heading of where the reader is
	Blocks  []block
	Choices []web.Choice
	Ended   bool
	Debrief []block
	Signs   []web.Choice
	Topics  []entry
	Number  int
	Playing *Playing // nil: choices stand in the address
	foot
}

// told is a decision that was made, for the way back.
type told struct {
	Text         template.HTML
	Back, Effect string
}

var playPage = web.NewPage[playView](files, "page/case.html", "page/parts.html")

// Playing is a case whose choices are kept elsewhere: a choice is a button then,
// and one that was made stays made.
type Playing struct {
	Way    []string // the choices so far
	Action string   // where a choice is sent, without the language
	// Notice is a key of what is to be said first; "" nothing.
	Notice  string
	Again   string // begins the case anew; "" cannot
	Other   bool   // another way can be tried, beside this one
	Lone    bool   // the page leads nowhere else while the case is played
	Earlier []Earlier
	// TakeBack is where the playing is taken back; "" nowhere.
	TakeBack string
}

// Earlier leads to another playing of the case.
type Earlier struct {
	Path, When, End string
	N               int // decisions
}

// Play shows a branching case at the place that the choices in the address lead
// to.
func (r *Rooms) Play(c *web.Ctx, rd Reader) error {
	s, ok := rd.Course.Case(c.Param("case"))
	if !ok {
		return notFound
	}
	way := strings.FieldsFunc(c.Query("way"), func(r rune) bool { return r == '.' })
	return playPage.Render(c, r.played(c, rd, s, way))
}

// PlayKept shows a case at the place of a playing that is kept elsewhere.
func (r *Rooms) PlayKept(c *web.Ctx, rd Reader, s *learn.Case, kept Playing) error {
	v := r.played(c, rd, s, kept.Way)
	v.Playing = &kept
	for i := range v.Taken {
		v.Taken[i].Back = strconv.Itoa(i)
	}
	return playPage.Render(c, v)
}

// played is a case after the choices of a way, which is followed as far as it
// is one.
func (r *Rooms) played(c *web.Ctx, rd Reader, s *learn.Case, path []string) playView {
	taken, at := s.Follow(path)
	w := rd.words(c, "case/"+s.ID, nil)
	v := playView{Begin: c.Path(rd.Base + "/case/" + s.ID), Title: w.Line("title"), Lead: w.html("lead"), Number: len(taken) + 1, foot: w.foot(rd)}
	var way, signs []string
	for _, step := range taken {
		v.Taken = append(v.Taken, told{w.html(step.Scene.ID + "." + step.Choice.ID), "?way=" + strings.Join(way, "."), step.Choice.Effect})
		way = append(way, step.Choice.ID)
		for _, sign := range step.Scene.Shows {
			if !slices.Contains(signs, sign) { // two scenes may show the same
				signs = append(signs, sign)
			}
		}
	}
	v.Scene = w.Line(at)
	if scene, ok := s.Scene(at); ok {
		v.Blocks = w.blocks(at+".", scene.Blocks)
		for _, choice := range scene.Shuffled(s.ID) {
			v.Choices = append(v.Choices, web.Choice{Value: choice.ID, Label: w.Line(at + "." + choice.ID), URL: "?way=" + strings.Join(append(slices.Clip(way), choice.ID), ".")})
		}
		return v
	}
	end, _ := s.Ending(at)
	v.Ended, v.Blocks, v.Debrief = true, w.blocks(at+".", end.Blocks), w.blocks(at+".", end.Debrief)
	v.Signs = r.cfg.Signs(c.Lang, signs)
	for _, id := range s.Topics {
		v.Topics = append(v.Topics, entry{Path: rd.Base + "/" + id, Title: rd.words(c, id, nil).Line("title")})
	}
	return v
}
