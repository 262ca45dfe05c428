// Package learn is the course: what a health professional learns about
// trafficking in the pauses of a shift, in six languages, and the tools that a
// unit hands over to.
//
// The idea: a course is a folder. Its structure (topics, units, questions,
// branching cases) stands once, as data; its words stand in one Markdown file
// for each language, in which every block bears an identifier that never
// changes. So a reader changes the language in the middle of a question, a
// translation knows which English text it was made from, and an editor's copy
// of the folder is the course itself. A folder is taken whole or not at all.
//
// Stored: nothing here. Rooms below keep what a learner agreed to keep. It must
// never hold markup of its own making: words are text with emphasis and
// citations, and everything else is shown as it was typed.
package learn

import "slices"

// Source is the language that the others are translated from.
const Source = "en"

// Course is one course in all its languages. It is not changed after Read.
type Course struct {
	ID         string            `toml:"id"`
	Languages  []string          `toml:"languages"` // the source first
	TopicIDs   []string          `toml:"topics"`
	CaseIDs    []string          `toml:"cases"`
	Pass       int               `toml:"pass"` // percent of a test
	Draw       int               `toml:"draw"` // questions of each topic in the last test
	Essentials Selection         `toml:"essentials"`
	Tracks     []Track           `toml:"track"`
	Topics     []*Topic          `toml:"-"`
	Cases      []*Case           `toml:"-"`
	Sources    []Work            `toml:"-"`
	Terms      []Term            `toml:"-"`
	words      map[string]*Words // by file without language, then language: "what/en"
	pictures   map[string]*Shown // by file
	data       map[string]string // the data files as they were written, comments included
	version    string
}

// Selection is a choice of units, each "topic.unit".
type Selection struct {
	Units []string `toml:"units"`
	Help  string   `toml:"help"` // what is looked for most where its readers work; "" for anything
}

// Track is a selection for a group of readers.
type Track struct {
	ID string `toml:"id"`
	Selection
}

// Topic is one of the course's subjects, with its units, its bank of questions,
// a summary to keep and the works that it rests on.
type Topic struct {
	ID        string     `toml:"id"`
	Sources   []string   `toml:"sources"` // ids of works, in the order of their numbers
	Units     []Unit     `toml:"unit"`
	Questions []Question `toml:"question"`
	Summary   []string   `toml:"summary"`
}

// Unit is what is read at one go.
type Unit struct {
	ID        string   `toml:"id"`
	Minutes   int      `toml:"minutes"`
	Blocks    []Block  `toml:"blocks"`
	Use       []string `toml:"use"`  // the tools that "use it now" leads to
	Help      string   `toml:"help"` // what the directory is then asked for; "" leaves it to the track, or open
	Questions []string `toml:"questions"`
}

// Block is a paragraph, a list or words to say; its form says how it stands out.
type Block struct {
	ID   string
	Form string // "", case, note, warn, key, picture
	File string // of a picture; its words say what it shows
}

// UnmarshalTOML takes "p1", {id = "p1", form = "case"} and, with a file too, a
// picture.
func (b *Block) UnmarshalTOML(v any) error {
	switch v := v.(type) {
	case string:
		b.ID = v
		return nil
	case map[string]any:
		for key, value := range v {
			text, ok := value.(string)
			switch {
			case ok && key == "id":
				b.ID = text
			case ok && key == "form":
				b.Form = text
			case ok && key == "file":
				b.File = text
			default:
				return problemf("learn.problem.block", key)
			}
		}
		return nil
	}
	return problemf("learn.problem.block", "")
}

// Work is a publication that a statement rests on.
type Work struct {
	ID        string `toml:"id"`
	Title     string `toml:"title"`
	Publisher string `toml:"publisher"`
	Year      int    `toml:"year"`    // 0: it bears no date
	Address   string `toml:"address"` // shown as text, never fetched
	Read      string `toml:"read"`    // how far it could be read: text, summary, report
}

// Term is a word of the field in each language.
type Term struct {
	ID    string
	Words map[string]TermWords // by language
}

// TermWords are the word to use, the stems by which its use is seen, and the
// words that must not stand for it.
type TermWords struct {
	Term  string   `toml:"term"`
	Forms []string `toml:"forms"`
	Avoid []string `toml:"avoid"`
}

// Tools are the rooms that "use it now" may lead to.
var Tools = []string{"guide", "signs", "directory", "referral", "rights", "entitlement", "record", "card"}

// forms are how a block may stand out.
var forms = []string{"", "case", "note", "warn", "key", "picture"}

// Lists are the shorter ways through the course: the essentials, then the tracks.
func (c *Course) Lists() []Track {
	return append([]Track{{ID: "essentials", Selection: c.Essentials}}, c.Tracks...)
}

// Track finds a shorter way through the course.
func (c *Course) Track(id string) (Track, bool) {
	lists := c.Lists()
	i := slices.IndexFunc(lists, func(t Track) bool { return t.ID == id })
	if i < 0 {
		return Track{}, false
	}
	return lists[i], true
}

// Topic finds a topic.
func (c *Course) Topic(id string) (*Topic, bool) {
	i := slices.IndexFunc(c.Topics, func(t *Topic) bool { return t.ID == id })
	if i < 0 {
		return nil, false
	}
	return c.Topics[i], true
}

// Case finds a branching case.
func (c *Course) Case(id string) (*Case, bool) {
	i := slices.IndexFunc(c.Cases, func(s *Case) bool { return s.ID == id })
	if i < 0 {
		return nil, false
	}
	return c.Cases[i], true
}

// Unit finds a unit of the topic.
func (t *Topic) Unit(id string) (Unit, bool) {
	i := slices.IndexFunc(t.Units, func(u Unit) bool { return u.ID == id })
	if i < 0 {
		return Unit{}, false
	}
	return t.Units[i], true
}

// Question finds a question of the topic.
func (t *Topic) Question(id string) (Question, bool) {
	i := slices.IndexFunc(t.Questions, func(q Question) bool { return q.ID == id })
	if i < 0 {
		return Question{}, false
	}
	return t.Questions[i], true
}

// Bank are the questions that may be drawn for a test.
func (t *Topic) Bank() (out []Question) {
	for _, q := range t.Questions {
		if q.Bank {
			out = append(out, q)
		}
	}
	return out
}

// Minutes is how long the topic's units take together.
func (t *Topic) Minutes() (n int) {
	for _, u := range t.Units {
		n += u.Minutes
	}
	return n
}

// Find finds a unit by "topic.unit".
func (c *Course) Find(name string) (*Topic, Unit, bool) {
	for _, t := range c.Topics {
		for _, u := range t.Units {
			if t.ID+"."+u.ID == name {
				return t, u, true
			}
		}
	}
	return nil, Unit{}, false
}

// Minutes is how long a selection's units take together.
func (c *Course) Minutes(s Selection) (n int) {
	for _, name := range s.Units {
		if _, u, ok := c.Find(name); ok {
			n += u.Minutes
		}
	}
	return n
}

// Work finds a publication.
func (c *Course) Work(id string) (Work, bool) {
	i := slices.IndexFunc(c.Sources, func(w Work) bool { return w.ID == id })
	if i < 0 {
		return Work{}, false
	}
	return c.Sources[i], true
}

// Words are those of a file ("what", "case/dublin", "course") in a language;
// where the course has not got it, in the source's.
func (c *Course) Words(file, lang string) *Words {
	if w := c.words[file+"/"+lang]; w != nil {
		return w
	}
	return c.words[file+"/"+Source]
}

// Version moves when anything of the course does.
func (c *Course) Version() string { return c.version }
