package edit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/fault"
	"amelie/internal/learn"
)

// What can be done to a branching case. A graph that is not whole is kept as it
// is: learn.Draft says what is wrong with it, and it is not published.

// CaseSet is what is set for a case beside its words and its graph.
type CaseSet struct {
	Minutes int
	Setting string
	Topics  []string
	Start   string
}

// AddCase makes a case that has nothing but a title and a lead.
//
// req: EDIT-4
func (b *Bench) AddCase(set CaseSet, title, lead learn.Text) (name string, err error) {
	if name, err = b.freshCase(); err != nil {
		return "", err
	}
	languages, err := b.languages()
	if err != nil {
		return "", err
	}
	file := "case/" + name
	for _, lang := range languages {
		w := learn.MakeWords(lang, nil, nil)
		if w.State = "not-reviewed"; lang == learn.Source {
			w.State = "source"
		}
		path := file + "/" + lang + ".md"
		b.files[path] = string(w.Markdown())
		b.note(path, Front, Value{}, Value{Body: w.Front()})
	}
	b.data(file+"/scenario.toml", "", (&learn.Case{ID: name, Minutes: set.Minutes, Setting: set.Setting, Topics: set.Topics}).TOML())
	err = b.outline(func(c *learn.Course) error {
		c.CaseIDs = append(c.CaseIDs, name)
		return nil
	})
	if err == nil {
		err = b.Put(file, learn.Source, "title", title.Body)
	}
	if err == nil {
		err = b.Put(file, learn.Source, "lead", lead.Body, "title")
	}
	return name, err
}

// freshCase is a name that no case ever had. It is a number, for addresses tell
// nothing.
func (b *Bench) freshCase() (string, error) {
	for n := 1; ; n++ {
		name := "case-" + strconv.Itoa(n)
		_, there, err := loadFile(b.tx, b.course, "case/"+name+"/scenario.toml")
		if err != nil {
			return "", err
		}
		ever, err := loadNames(b.tx, b.course, "case/"+name+"/"+learn.Source+".md")
		if err != nil || !there && len(ever) == 0 {
			return name, err
		}
	}
}

// caseSet is what is set for a case.
func caseSet(c *learn.Case) CaseSet { return CaseSet{c.Minutes, c.Setting, c.Topics, c.Start} }

// Stamp names it.
func (set CaseSet) Stamp() string { return stampOf(fmt.Sprintf("%+v", set)) }

// SetCase says where a case plays, how long it takes, what it belongs to and
// where it begins, when that is still what the editor saw. Errors: Conflict.
//
// req: EDIT-5
func (b *Bench) SetCase(name, seen string, set CaseSet) error {
	return b.Case(name, func(c *learn.Case) error {
		if caseSet(c).Stamp() != seen {
			return Conflict{}
		}
		c.Minutes, c.Setting, c.Topics, c.Start = set.Minutes, set.Setting, set.Topics, set.Start
		return nil
	})
}

// DropCase takes a case out of the course. Its files stay where they are, so that
// the history can bring it back.
func (b *Bench) DropCase(name string) error {
	return b.outline(func(c *learn.Course) error {
		i := slices.Index(c.CaseIDs, name)
		if i < 0 {
			return errNotFound
		}
		c.CaseIDs = slices.Delete(c.CaseIDs, i, i+1)
		return nil
	})
}

// Place is a scene or an ending as a form has it, with the words of the source.
type Place struct {
	ID      string // "": a new one
	Ending  bool
	Title   string
	Texts   []Said
	Debrief []Said   // of an ending
	Outcome string   // of an ending
	Shows   []string // indicators, of a scene
	Ways    []Way    // choices, of a scene
	Seen    string   // Stamp of what stood there when it was opened; of a new one ""
}

// Said is a block of a place with its words.
type Said struct{ ID, Text string }

// Way is a choice with its words.
type Way struct {
	learn.Choice
	Text string
}

// placeOf is a scene or an ending of a case as a form has it.
func placeOf(w *learn.Words, c *learn.Case, id string) (p Place, ok bool) {
	say := func(of string) string {
		text, _ := w.Text(id + of)
		return strings.Join(text.Lines(), "\n")
	}
	said := func(ids []string) (out []Said) {
		for _, one := range ids {
			out = append(out, Said{one, say("." + one)})
		}
		return out
	}
	if e, ok := c.Ending(id); ok {
		return Place{ID: id, Ending: true, Title: say(""), Texts: said(e.Blocks), Debrief: said(e.Debrief), Outcome: e.Outcome}, true
	}
	s, ok := c.Scene(id)
	p = Place{ID: id, Title: say(""), Texts: said(s.Blocks), Shows: s.Shows}
	for _, choice := range s.Choices {
		p.Ways = append(p.Ways, Way{choice, say("." + choice.ID)})
	}
	return p, ok
}

// Stamp names all that a place says and does.
func (p Place) Stamp() string {
	p.Seen = ""
	return stampOf(fmt.Sprintf("%+v", p))
}

// fields are the texts of a place.
func (p Place) fields() []asking {
	out := []asking{{"title", "", p.Title}}
	for _, x := range p.Texts {
		out = append(out, asking{"text." + x.ID, "." + x.ID, x.Text})
	}
	for _, x := range p.Ways {
		out = append(out, asking{"way." + x.ID, "." + x.ID, x.Text})
	}
	for _, x := range p.Debrief {
		out = append(out, asking{"debrief." + x.ID, "." + x.ID, x.Text})
	}
	return out
}

// taken are the identifiers within a place.
func (p Place) taken() (out []string) {
	for _, x := range p.fields()[1:] {
		out = append(out, x.of[1:])
	}
	return out
}

// SetPlace gives a scene or an ending its words and ways, or makes a new one.
// from is the choice that leads to a new one, "s1.b", or "". Errors: Conflict;
// fault.NotFound; learn.Problem.
//
// req: EDIT-5
func (b *Bench) SetPlace(name string, p Place, from string) (id string, err error) {
	file := "case/" + name
	w, err := b.words(file, learn.Source)
	if err != nil {
		return "", err
	}
	fresh := p.ID == ""
	// A form that is refused is shown again with the rows that were sent.
	p.Texts, p.Debrief, p.Ways = slices.Clone(p.Texts), slices.Clone(p.Debrief), slices.Clone(p.Ways)
	if err := b.name(file, &p); err != nil {
		return "", err
	}
	var had Place
	err = b.Case(name, func(c *learn.Case) error {
		there := false
		if had, there = placeOf(w, c, p.ID); there == fresh {
			return errNotFound
		}
		if there && had.Stamp() != p.Seen {
			return Conflict{}
		}
		p.into(c)
		leads(c, from, p.ID)
		return nil
	})
	if err != nil {
		return "", err
	}
	for _, x := range had.fields()[1:] {
		if !slices.Contains(p.taken(), x.of[1:]) {
			if err := b.Drop(file, had.ID+x.of); err != nil {
				return "", err
			}
		}
	}
	return p.ID, b.sayPlace(file, p)
}

// name gives a new place, and what is new in it, identifiers.
func (b *Bench) name(file string, p *Place) (err error) {
	if p.ID == "" {
		prefix := "s"
		if p.Ending {
			prefix = "e"
		}
		if p.ID, err = b.Fresh(file, "", prefix); err != nil {
			return err
		}
	}
	give := func(id *string, prefix string) error {
		if _, fresh := strconv.Atoi(*id); fresh != nil || err != nil {
			return err
		}
		*id, err = b.Fresh(file, p.ID+".", prefix, p.taken()...)
		return err
	}
	for i := range p.Texts {
		err = give(&p.Texts[i].ID, "p")
	}
	for i := range p.Debrief {
		err = give(&p.Debrief[i].ID, "d")
	}
	for i := range p.Ways {
		err = give(&p.Ways[i].ID, "")
	}
	return err
}

// into puts the place into its case. The first scene of a case is where it
// begins.
func (p Place) into(c *learn.Case) {
	ids := func(list []Said) (out []string) {
		for _, x := range list {
			out = append(out, x.ID)
		}
		return out
	}
	if p.Ending {
		e := learn.Ending{ID: p.ID, Blocks: ids(p.Texts), Debrief: ids(p.Debrief), Outcome: p.Outcome}
		if i := slices.IndexFunc(c.Endings, func(one learn.Ending) bool { return one.ID == p.ID }); i >= 0 {
			c.Endings[i] = e
		} else {
			c.Endings = append(c.Endings, e)
		}
		return
	}
	s := learn.Scene{ID: p.ID, Blocks: ids(p.Texts), Shows: p.Shows}
	for _, way := range p.Ways {
		s.Choices = append(s.Choices, way.Choice)
	}
	if i := slices.IndexFunc(c.Scenes, func(one learn.Scene) bool { return one.ID == p.ID }); i >= 0 {
		c.Scenes[i] = s
	} else {
		c.Scenes = append(c.Scenes, s)
	}
	if _, ok := c.Scene(c.Start); !ok {
		c.Start = p.ID
	}
}

// leads makes a choice, "s1.b", lead to a place; "" changes nothing.
func leads(c *learn.Case, from, to string) {
	scene, choice, _ := strings.Cut(from, ".")
	for i := range c.Scenes {
		for k := range c.Scenes[i].Choices {
			if c.Scenes[i].ID == scene && c.Scenes[i].Choices[k].ID == choice {
				c.Scenes[i].Choices[k].To = to
			}
		}
	}
}

// sayPlace writes the words of a place in the source.
func (b *Bench) sayPlace(file string, p Place) error {
	w, err := b.words(file, learn.Source)
	if err != nil {
		return err
	}
	behind := ""
	for _, x := range p.fields() {
		id := p.ID + x.of
		if x.of == "" && !w.Has(id) {
			var text learn.Text
			if text, err = learn.Compose(learn.Heading, []string{x.text}); err == nil {
				err = b.Put(file, learn.Source, id, text.Body)
			}
		} else {
			err = b.Type(file, learn.Source, id, x.text, behind)
		}
		if err != nil {
			return err
		}
		behind = id
	}
	return nil
}

// DropPlace takes a scene or an ending out in every language. What led there
// leads nowhere until somebody says where. Where a case begins stays.
func (b *Bench) DropPlace(name, place string) error {
	file := "case/" + name
	w, err := b.words(file, learn.Source)
	if err != nil {
		return err
	}
	var had Place
	err = b.Case(name, func(c *learn.Case) error {
		ok := false
		if had, ok = placeOf(w, c, place); !ok {
			return errNotFound
		}
		if c.Start == place && len(c.Scenes) > 1 {
			return fault.New(fault.Conflict, "structure.place.begins")
		}
		c.Scenes = slices.DeleteFunc(c.Scenes, func(s learn.Scene) bool { return s.ID == place })
		c.Endings = slices.DeleteFunc(c.Endings, func(e learn.Ending) bool { return e.ID == place })
		for _, s := range c.Scenes {
			for i := range s.Choices {
				if s.Choices[i].To == place {
					s.Choices[i].To = ""
				}
			}
		}
		return nil
	})
	for _, x := range had.fields() {
		if err == nil {
			err = b.Drop(file, place+x.of)
		}
	}
	return err
}
