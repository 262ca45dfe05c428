package edit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/picture"
	"amelie/internal/web"
)

// Pictures of a unit: drawn anew when they arrive, and described in every
// language before they are shown.

// MaxPicture is the largest picture that is taken, in bytes: a phone's photograph.
const MaxPicture = 12 << 20

// KeepPicture draws a picture anew and lays it beside the working copy, where no
// reader and no folder has it before a unit shows it. Errors: fault.Invalid with
// the reason.
func (s *Service) KeepPicture(ctx context.Context, v *web.Viewer, raw []byte) (name string, err error) {
	if err := s.May(v, "course.edit"); err != nil {
		return "", err
	}
	name, body, err := learn.NewPicture(raw)
	switch {
	case errors.Is(err, picture.ErrLarge):
		return "", fault.Fields(fault.Field{Name: "file", Key: "editing.picture.large"})
	case err != nil:
		return "", fault.Fields(fault.Field{Name: "file", Key: "editing.picture.unreadable"})
	}
	s.stray.forget(name)
	return name, s.DB.Write(ctx, func(tx *db.Tx) error { return putFile(tx, s.ID, name, body) })
}

// A picture that was sent with a form that nobody saved goes after a day in
// which no unit and no change of the history named it. What the history can
// bring back stays.
const (
	straying = 24 * time.Hour
	between  = time.Hour // of two looks for them
)

// stray remembers since when pictures are named by nothing: their rows bear no
// time. An instance that starts anew begins the day anew.
type stray struct {
	mu     sync.Mutex
	looked time.Time
	since  map[string]time.Time
}

// forget begins the day anew for a picture that was sent again.
func (x *stray) forget(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.since, name)
}

// due says whether it is time to look again.
func (x *stray) due(now time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if now.Sub(x.looked) < between {
		return false
	}
	x.looked = now
	return true
}

// found takes down what is named by nothing now, and gives what has been so for
// a day.
func (x *stray) found(list []string, now time.Time) (old []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	was := x.since
	x.since = map[string]time.Time{}
	for _, name := range list {
		first, known := was[name]
		if !known {
			first = now
		}
		x.since[name] = first
		if now.Sub(first) >= straying {
			old = append(old, name)
		}
	}
	return old
}

func (s *Service) sweepPictures(ctx context.Context) error {
	now := s.Now()
	if !s.stray.due(now) {
		return nil
	}
	var list []string
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = loadStray(tx, s.ID)
		return err
	})
	if err != nil {
		return err
	}
	old := s.stray.found(list, now)
	if len(old) == 0 {
		return nil
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		still, err := loadStray(tx, s.ID) // one may have been saved since
		for _, name := range old {
			if err == nil && slices.Contains(still, name) {
				err = dropFile(tx, s.ID, name)
			}
		}
		return err
	})
}

// Picture is one that was kept, or that the course shows; nil when there is none.
func (s *Service) Picture(ctx context.Context, name string) (p *learn.Shown, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		body, ok, err := loadFile(tx, s.ID, name)
		if p = nil; ok {
			p = learn.ReadPicture(name, []byte(body))
		}
		return err
	})
	if p == nil && err == nil {
		p = s.Course().Picture(name)
	}
	return p, err
}

// Pictured is a picture in a form.
type Pictured struct {
	File  string                // as KeepPicture named it
	Words map[string]learn.Text // by language: learn.PictureText
	Seen  string                // Stamp of what stood there when it was opened; of a new one ""
}

// Stamp names a picture with all its words.
func (p Pictured) Stamp() string {
	text := p.File
	for _, lang := range slices.Sorted(maps.Keys(p.Words)) {
		text += fmt.Sprintf("\n%s %s", lang, p.Words[lang].Stamp())
	}
	return learn.Text{Body: text}.Stamp()
}

// pictured is a picture of the course as a form has it.
func pictured(course *learn.Course, topic, unit string, block learn.Block) Pictured {
	p := Pictured{File: block.File, Words: map[string]learn.Text{}}
	for _, lang := range course.Languages {
		if w := course.Own(topic, lang); w != nil {
			p.Words[lang], _ = w.Text(unit + "." + block.ID)
		}
	}
	return p
}

// AddPicture puts a picture behind a block of a unit, "" for its beginning.
func (b *Bench) AddPicture(topic, unit, behind string, p Pictured) (block string, err error) {
	if err := b.shows(p.File); err != nil {
		return "", err
	}
	if block, err = b.Fresh(topic, unit+".", "i"); err != nil {
		return "", err
	}
	before, err := b.insert(topic, unit, behind, learn.Block{ID: block, Form: "picture", File: p.File})
	if err != nil {
		return "", err
	}
	return block, b.describe(topic, unit+"."+block, before, p)
}

// SetPicture puts another picture or other words in the place of a picture's. A
// translation that is left as it is stays one of the English text before.
// Errors: Conflict when somebody else changed it meanwhile.
//
// req: EDIT-5
func (b *Bench) SetPicture(topic, unit, block string, p Pictured) error {
	if err := b.shows(p.File); err != nil {
		return err
	}
	was := Pictured{Words: map[string]learn.Text{}}
	for lang := range p.Words {
		w, err := b.words(topic, lang)
		if err != nil {
			return err
		}
		was.Words[lang], _ = w.Text(unit + "." + block)
	}
	err := b.unit(topic, unit, func(u *learn.Unit) error {
		i, err := blockAt(u, block)
		if err != nil {
			return err
		}
		if was.File = u.Blocks[i].File; was.File == "" {
			return errNotFound
		}
		u.Blocks[i].File = p.File
		return nil
	})
	if err != nil {
		return err
	}
	if was.Stamp() != p.Seen {
		return Conflict{}
	}
	return b.describe(topic, unit+"."+block, "", p)
}

// describe writes what a picture shows, the source first, so that the
// translations are of it.
func (b *Bench) describe(topic, id, behind string, p Pictured) error {
	for _, lang := range append([]string{learn.Source}, slices.Sorted(maps.Keys(p.Words))...) {
		w, err := b.words(topic, lang)
		if err != nil {
			return err
		}
		if was, there := w.Text(id); there && was.Body == p.Words[lang].Body {
			continue
		}
		if err := b.Put(topic, lang, id, p.Words[lang].Body, behind); err != nil {
			return err
		}
	}
	return nil
}

// shows makes sure that a picture was drawn here.
func (b *Bench) shows(file string) error {
	body, err := b.file(file)
	if err == nil && learn.ReadPicture(file, []byte(body)) == nil {
		err = errNotFound
	}
	return err
}
