package guide

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"amelie/internal/i18n"
)

const dir = "guide"

// source is the language that the others are written from.
const source = "en"

// Guide is the order with its words.
type Guide struct {
	Graph
	staff   map[string]*staffWords
	say     map[string]*Sentences
	spoken  []string // the languages of say, in the order of their list
	sources map[string]Source
	cited   []string // the sources' ids in the order of their file
}

// Words are what a step says to the staff.
type Words struct {
	Question string            `toml:"question"`
	Why      string            `toml:"why"`
	Points   []string          `toml:"points"`
	Instead  []string          `toml:"instead"` // of a path: all its points
	Answers  map[string]string `toml:"answers"`
	Sources  []string          `toml:"source"`
}

// Advice is a topic of the first hours.
type Advice struct {
	Title   string   `toml:"title"`
	Points  []string `toml:"points"`
	Sources []string `toml:"source"`
}

// Source is where a fact of the texts comes from.
type Source struct {
	ID        string `toml:"id"`
	Title     string `toml:"title"`
	Publisher string `toml:"publisher"`
	Year      int    `toml:"year"`    // 0: the page bears no date
	Address   string `toml:"address"` // shown as text, never fetched
	Read      string `toml:"read"`    // how far it could be read: text, summary, report
}

// Revision says which English text a file was made from and who has read it.
type Revision struct {
	Lang     string `toml:"lang"`
	Revision int    `toml:"revision"` // of the English text
	Of       int    `toml:"of"`       // the English revision that this was made from
	State    string `toml:"state"`    // "not-reviewed", or by whom and when
}

// Reviewed says whether a native reader of the field has read this revision.
func (r Revision) Reviewed() bool { return r.State != "" && r.State != "not-reviewed" }

// Sentences are what is said to the person, in one language, by id.
type Sentences struct {
	Revision
	Say map[string]string `toml:"say"`
}

// staffWords are the words of the steps in one language: of the step itself
// under "", of a path under its id.
type staffWords struct {
	Revision
	steps  map[string]map[string]Words
	topics map[string]map[string]Advice
}

// complaints are reasons why the guide cannot be used.
type complaints []string

func (c *complaints) add(where, why string) { *c = append(*c, where+": "+why) }

func (c *complaints) known(where, kind string, known []string, words ...string) {
	for _, w := range words {
		if !slices.Contains(known, w) {
			c.add(where, fmt.Sprintf("there is no %s %q", kind, w))
		}
	}
}

func (c *complaints) once(kind string, ids []string) {
	seen := map[string]bool{}
	for _, id := range ids {
		if id == "" || seen[id] {
			c.add(kind+" "+id, "a name is needed, and each stands once")
		}
		seen[id] = true
	}
}

// Load reads guide/ below the root of the content tree, with the words for
// staff and the sentences to say in each of the languages. The error lists
// every reason why it cannot be used.
func Load(fsys fs.FS, staff, say []string) (*Guide, error) {
	g := &Guide{staff: map[string]*staffWords{}, say: map[string]*Sentences{}, sources: map[string]Source{}}
	c := &complaints{}
	g.readOrder(fsys, c)
	for _, lang := range staff {
		g.readStaff(fsys, c, lang)
	}
	for _, lang := range say {
		g.readSay(fsys, c, lang)
	}
	if len(*c) == 0 {
		g.checkWords(c)
		g.checkSay(c)
	}
	if len(*c) > 0 {
		return nil, errors.New("guide:\n" + strings.Join(*c, "\n"))
	}
	return g, nil
}

// decode reads one file; false when it could not be read.
func decode(fsys fs.FS, c *complaints, name string, into any) (toml.MetaData, bool) {
	b, err := fs.ReadFile(fsys, dir+"/"+name)
	if err != nil {
		c.add(name, "cannot be read")
		return toml.MetaData{}, false
	}
	meta, err := toml.Decode(i18n.Unbroken(b), into)
	if err != nil {
		c.add(name, err.Error())
		return meta, false
	}
	return meta, true
}

func leftOver(c *complaints, name string, meta toml.MetaData) {
	for _, key := range meta.Undecoded() {
		c.add(name, "unknown key "+key.String())
	}
}

func (g *Guide) readOrder(fsys fs.FS, c *complaints) {
	if meta, ok := decode(fsys, c, "guide.toml", &g.Graph); ok {
		leftOver(c, "guide.toml", meta)
		*c = append(*c, g.Problems()...)
	}
	var list struct {
		Sources []Source `toml:"source"`
	}
	if meta, ok := decode(fsys, c, "sources.toml", &list); ok {
		leftOver(c, "sources.toml", meta)
		for _, s := range list.Sources {
			g.sources[s.ID] = s
			g.cited = append(g.cited, s.ID)
		}
	}
}

func (g *Guide) readSay(fsys fs.FS, c *complaints, lang string) {
	name := "say/" + lang + ".toml"
	s := &Sentences{}
	if meta, ok := decode(fsys, c, name, s); ok {
		leftOver(c, name, meta)
		c.belongs(name, lang, s.Revision)
		g.say[lang] = s
		g.spoken = append(g.spoken, lang)
	}
}

func (c *complaints) belongs(name, lang string, r Revision) {
	if r.Lang != lang || r.Of == 0 || r.State == "" {
		c.add(name, "must say its language, of which revision it is and who has read it")
	}
}

func (g *Guide) readStaff(fsys fs.FS, c *complaints, lang string) {
	name := "staff/" + lang + ".toml"
	tables := map[string]toml.Primitive{}
	meta, ok := decode(fsys, c, name, &tables)
	if !ok {
		return
	}
	w := &staffWords{steps: map[string]map[string]Words{}, topics: map[string]map[string]Advice{}}
	g.staff[lang] = w
	r := reader{meta: meta, c: c, name: name, paths: g.Paths}
	for key, into := range map[string]any{"lang": &w.Lang, "revision": &w.Revision.Revision, "of": &w.Of, "state": &w.State} {
		if p, ok := tables[key]; ok {
			r.into(key, p, into)
			delete(tables, key)
		}
	}
	c.belongs(name, lang, w.Revision)
	topics := map[string]toml.Primitive{}
	if p, ok := tables["topic"]; ok {
		r.into("topic", p, &topics)
		delete(tables, "topic")
	}
	for id, p := range topics {
		w.topics[id] = variants[Advice](r, "topic."+id, p, "title", "points", "source")
	}
	for id, p := range tables {
		w.steps[id] = variants[Words](r, id, p, "question", "why", "points", "instead", "answers", "source")
	}
	leftOver(c, name, r.meta)
}

// reader decodes the parts of one file.
type reader struct {
	meta  toml.MetaData
	c     *complaints
	name  string
	paths []Path
}

func (r reader) into(key string, p toml.Primitive, into any) {
	if err := r.meta.PrimitiveDecode(p, into); err != nil {
		r.c.add(r.name+" "+key, err.Error())
	}
}

// variants reads a table: its own words under "", and below the name of a path
// what that path adds or says instead.
func variants[T any](r reader, key string, p toml.Primitive, fields ...string) map[string]T {
	out := map[string]T{}
	var own T
	r.into(key, p, &own)
	out[""] = own
	below := map[string]toml.Primitive{}
	r.into(key, p, &below)
	for _, path := range r.paths {
		if at, ok := below[path.ID]; ok {
			var v T
			r.into(key+"."+path.ID, at, &v)
			out[path.ID] = v
			delete(below, path.ID)
		}
	}
	for name := range below {
		if !slices.Contains(fields, name) {
			r.c.add(r.name, "unknown key "+key+"."+name)
		}
	}
	return out
}

// maxPoints is how many points a tired reader takes in at a step.
const maxPoints = 6

// checkWords compares every staff language with the order and with English.
func (g *Guide) checkWords(c *complaints) {
	for lang, w := range g.staff {
		name := "staff/" + lang + ".toml"
		for id := range w.steps {
			if _, ok := g.Step(id); !ok {
				c.add(name, "there is no step "+id)
			}
		}
		for _, s := range g.Steps {
			for _, p := range g.Paths {
				g.checkStep(c, name+" "+s.ID+" on "+p.ID, lang, s, p.ID)
			}
		}
		for _, t := range g.Topics {
			for _, p := range g.Paths {
				g.checkTopic(c, name+" topic "+t.ID+" on "+p.ID, lang, t.ID, p.ID)
			}
		}
		for id := range w.topics {
			if !slices.ContainsFunc(g.Topics, func(t Topic) bool { return t.ID == id }) {
				c.add(name, "there is no topic "+id)
			}
		}
	}
}

func (g *Guide) checkStep(c *complaints, where, lang string, s Step, path string) {
	w, en := g.Words(lang, s.ID, path), g.Words(source, s.ID, path)
	if w.Question == "" || w.Why == "" {
		c.add(where, "has no question or does not say why")
	}
	if len(w.Points) != len(en.Points) || len(w.Points) > maxPoints {
		c.add(where, fmt.Sprintf("%d points, English has %d, and %d are the most", len(w.Points), len(en.Points), maxPoints))
	}
	var known []string
	for _, a := range s.Answers {
		known = append(known, a.ID)
		if w.Answers[a.ID] == "" {
			c.add(where, "answer "+a.ID+" has no words")
		}
	}
	for id := range w.Answers {
		c.known(where, "answer", known, id)
	}
	g.checkSources(c, where, w.Sources)
}

func (g *Guide) checkSources(c *complaints, where string, ids []string) {
	for _, id := range ids {
		if _, ok := g.sources[id]; !ok {
			c.add(where, "there is no source "+id)
		}
	}
}

func (g *Guide) checkTopic(c *complaints, where, lang, id, path string) {
	w, en := g.Advice(lang, id, path), g.Advice(source, id, path)
	if w.Title == "" || len(w.Points) == 0 || len(w.Points) != len(en.Points) {
		c.add(where, fmt.Sprintf("needs a title and as many points as in English, %d", len(en.Points)))
	}
	g.checkSources(c, where, w.Sources)
}

// checkSay compares the sentences of all languages with the English ones, and
// with the steps that show them.
func (g *Guide) checkSay(c *complaints) {
	shown := map[string]bool{}
	for _, group := range g.Elsewhere {
		for _, id := range g.Sentences(group) {
			shown[id] = true
		}
	}
	for _, s := range g.Steps {
		for _, p := range g.Paths {
			for _, id := range g.Said(s, p.ID) {
				shown[id] = true
				if g.say[source].Say[id] == "" {
					c.add("step "+s.ID, "there is no sentence "+id)
				}
			}
		}
	}
	for lang, s := range g.say {
		name := "say/" + lang + ".toml"
		for id := range g.say[source].Say {
			if strings.TrimSpace(s.Say[id]) == "" {
				c.add(name, id+" is missing")
			}
		}
		for id := range s.Say {
			if !shown[id] || g.say[source].Say[id] == "" {
				c.add(name, id+" is not in English, or no step shows it")
			}
		}
	}
}

// Words are what a step says to staff on a path: its own points and then those
// of the path; a question or reason of the path stands instead.
func (g *Guide) Words(lang, step, path string) Words {
	all := g.staff[lang].steps[step]
	w, v := all[""], all[path]
	w.Points = append(slices.Clone(w.Points), v.Points...)
	if len(v.Instead) > 0 {
		w.Points = v.Instead
	}
	if v.Question != "" {
		w.Question = v.Question
	}
	if v.Why != "" {
		w.Why = v.Why
	}
	if len(v.Answers) > 0 {
		answers := map[string]string{}
		for id, text := range w.Answers {
			answers[id] = text
		}
		for id, text := range v.Answers {
			answers[id] = text
		}
		w.Answers = answers
	}
	return w
}

// Advice is a topic of the first hours on a path.
func (g *Guide) Advice(lang, topic, path string) Advice {
	all := g.staff[lang].topics[topic]
	a, v := all[""], all[path]
	a.Points = append(slices.Clone(a.Points), v.Points...)
	a.Sources = append(slices.Clone(a.Sources), v.Sources...)
	return a
}

// Sentences are the ids of the sentences of a group in order: "ask" names
// ask_1, ask_2 and so on.
func (g *Guide) Sentences(group string) []string {
	var out []string
	for n := 1; ; n++ {
		id := fmt.Sprintf("%s_%d", group, n)
		if _, ok := g.say[source].Say[id]; !ok {
			return out
		}
		out = append(out, id)
	}
}

// Said are the ids of the sentences that a step shows on a path.
func (g *Guide) Said(s Step, path string) []string {
	if ids, ok := s.SayOn[path]; ok {
		return ids
	}
	var out []string
	for _, group := range s.Say {
		out = append(out, g.Sentences(group)...)
	}
	return out
}

// Say are the sentences in one language; nil when it has none.
func (g *Guide) Say(lang string) *Sentences { return g.say[lang] }
