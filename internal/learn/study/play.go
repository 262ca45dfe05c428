package study

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/learn/playing"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

// Branching cases as a learner plays them: each choice is kept, a case can be
// played again, and nothing that was chosen changes.

// holder names a learner to the recorder of playings.
func holder(learner string) string { return "learner/" + learner }

// Plays are a learner's playings, newest first: of one case, or with "" of all.
func (s *Service) Plays(ctx context.Context, l Learner, caseID string) (out []playing.Play, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = s.plays.Plays(tx, holder(l.ID))
		return err
	})
	return slices.DeleteFunc(out, func(p playing.Play) bool { return caseID != "" && p.Case != caseID }), err
}

// Choose makes a choice in a playing. Errors: as playing.Recorder.Choose.
//
// req: STUDY-2
func (s *Service) Choose(ctx context.Context, l Learner, play, caseID string, place int, choice string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.present(tx, l); err != nil {
			return err
		}
		_, err := s.plays.Choose(tx, holder(l.ID), play, caseID, place, choice)
		return err
	})
}

// Other begins another playing with the first choices of one, under the name
// that it is given. Errors: as playing.Recorder.Choose.
func (s *Service) Other(ctx context.Context, l Learner, play string, choices int, as string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.present(tx, l); err != nil {
			return err
		}
		p, err := s.plays.Play(tx, holder(l.ID), play)
		if err != nil {
			return err
		}
		for i, choice := range p.Way()[:min(max(0, choices), len(p.Steps))] {
			if _, err := s.plays.Choose(tx, holder(l.ID), as, p.Case, i, choice); err != nil {
				return err
			}
		}
		return nil
	})
}

// play shows a case: the playing that the address names, else the newest one
// that goes on, else the beginning. Opening it keeps nothing.
func (r *Rooms) play(c *web.Ctx, l Learner) error {
	rd := r.reader(nil)
	s, ok := rd.Course.Case(c.Param("case"))
	if !ok {
		return errNotFound
	}
	plays, err := r.Plays(c.Context(), l, s.ID)
	if err != nil {
		return err
	}
	path, name := base+"/case/"+s.ID, c.Param("play")
	i := slices.IndexFunc(plays, func(p playing.Play) bool { return p.ID == name || name == "" && !p.Over() })
	if name == "" && i >= 0 && c.Query("new") == "" {
		return c.Redirect(path + "/" + plays[i].ID)
	}
	kept := reading.Playing{Again: path + "?new=1", Other: true}
	var p playing.Play
	if name != "" && i >= 0 {
		p = plays[i]
		plays = slices.Delete(plays, i, i+1)
	} else {
		p.ID = playing.NewID() // one that is begun by its first choice
	}
	kept.Way, kept.Action, kept.Notice = p.Way(), path+"/"+p.ID, r.noticed(c, s, p)
	for _, other := range plays {
		kept.Earlier = append(kept.Earlier, r.earlier(c, s, other))
	}
	return r.Reading.PlayKept(c, rd, s, kept)
}

// cases are those of the course, with how far a learner is in each.
func (r *Rooms) cases(c *web.Ctx, plays []playing.Play) (out []line) {
	for _, s := range r.Course().Cases {
		x := line{Path: base + "/case/" + s.ID, Title: r.Course().Words("case/"+s.ID, c.Lang).Line("title")}
		for _, p := range plays {
			if p.Case == s.ID {
				x.Of++
				if p.Over() {
					x.Done++
				}
			}
		}
		out = append(out, x)
	}
	return out
}

// noticed is what has to be said before a playing is shown.
func (r *Rooms) noticed(c *web.Ctx, s *learn.Case, p playing.Play) string {
	if _, whole := p.At(s); !whole {
		return "playing.changed"
	}
	if c.Query("else") != "" {
		return "playing.fault.else"
	}
	return ""
}

func (r *Rooms) earlier(c *web.Ctx, s *learn.Case, p playing.Play) reading.Earlier {
	e := reading.Earlier{Path: base + "/case/" + s.ID + "/" + p.ID, When: c.Date(p.Begun), N: len(p.Steps)}
	if at, _ := p.At(s); p.Over() {
		e.End = r.Course().Words("case/"+s.ID, c.Lang).Line(at)
	}
	return e
}

// choose keeps what was pressed on the page of a playing, and shows where it
// stands then. Where another device was faster, its choice stays.
func (r *Rooms) choose(c *web.Ctx, l Learner) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	caseID, play := c.Param("case"), c.Param("play")
	path := base + "/case/" + caseID
	place, err := strconv.Atoi(f.Value("place"))
	if err != nil {
		return fault.New(fault.Invalid, "playing.fault.choice")
	}
	if f.Value("do") == "other" {
		as := playing.Named(f.Once()) // pressed twice it is one
		if err := r.Other(c.Context(), l, play, place, as); err != nil {
			return err
		}
		return c.Redirect(path + "/" + as)
	}
	err = r.Choose(c.Context(), l, play, caseID, place, f.Value("choice"))
	if errors.Is(err, playing.ErrElse) {
		return c.Redirect(path + "/" + play + "?else=1")
	}
	if err != nil {
		return err
	}
	return c.Redirect(path + "/" + play)
}
