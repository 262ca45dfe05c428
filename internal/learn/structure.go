package learn

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// The structure of a topic and of a case as the data files that Read takes, for
// those who change it without writing code.

// ParseTopic reads topic.toml.
func ParseTopic(text string) (*Topic, error) {
	t := &Topic{}
	_, err := toml.Decode(text, t)
	return t, err
}

// ParseCase reads scenario.toml.
func ParseCase(text string) (*Case, error) {
	c := &Case{}
	_, err := toml.Decode(text, c)
	return c, err
}

// ParseCourse reads course.toml: the course without what its topics and cases hold.
func ParseCourse(text string) (*Course, error) {
	c := &Course{}
	_, err := toml.Decode(text, c)
	return c, err
}

// TOML is the course as course.toml.
func (c *Course) TOML() string {
	w := &data{}
	w.put("id", quoted(c.ID))
	w.put("languages", quotedList(c.Languages))
	w.put("topics", quotedList(c.TopicIDs))
	w.put("cases", quotedList(c.CaseIDs))
	w.put("pass", strconv.Itoa(c.Pass))
	w.put("draw", strconv.Itoa(c.Draw))
	w.WriteString("\n[essentials]\n")
	c.Essentials.toml(w)
	for _, t := range c.Tracks {
		w.head("track")
		w.put("id", quoted(t.ID))
		t.toml(w)
	}
	return w.String()
}

func (s Selection) toml(w *data) {
	w.put("units", quotedList(s.Units))
	if s.Help != "" {
		w.put("help", quoted(s.Help))
	}
}

// TOML is the topic as topic.toml.
func (t *Topic) TOML() string {
	w := &data{}
	w.put("id", quoted(t.ID))
	w.put("sources", quotedList(t.Sources))
	w.put("summary", quotedList(t.Summary))
	for _, u := range t.Units {
		w.head("unit")
		w.put("id", quoted(u.ID))
		w.put("minutes", strconv.Itoa(u.Minutes))
		w.put("blocks", list(u.Blocks, Block.toml))
		w.put("use", quotedList(u.Use))
		if u.Help != "" {
			w.put("help", quoted(u.Help))
		}
		w.put("questions", quotedList(u.Questions))
	}
	for _, q := range t.Questions {
		w.head("question")
		w.put("id", quoted(q.ID))
		w.put("kind", quoted(string(q.Kind)))
		if len(q.Answers) > 0 {
			w.put("answers", list(q.Answers, Answer.toml))
		}
		if len(q.Pairs) > 0 {
			w.put("pairs", list(q.Pairs, Answer.toml))
		}
		if q.Bank {
			w.put("bank", "true")
		}
		if len(q.Indicators) > 0 {
			w.put("indicators", quotedList(q.Indicators))
		}
	}
	return w.String()
}

// TOML is the case as scenario.toml.
func (c *Case) TOML() string {
	w := &data{}
	w.put("id", quoted(c.ID))
	w.put("minutes", strconv.Itoa(c.Minutes))
	w.put("setting", quoted(c.Setting))
	w.put("topics", quotedList(c.Topics))
	w.put("start", quoted(c.Start))
	for _, s := range c.Scenes {
		w.head("scene")
		w.put("id", quoted(s.ID))
		w.put("blocks", quotedList(s.Blocks))
		w.put("shows", quotedList(s.Shows))
		for _, choice := range s.Choices {
			w.WriteString("[[scene.choice]]\n")
			w.put("id", quoted(choice.ID))
			w.put("to", quoted(choice.To))
			w.put("effect", quoted(choice.Effect))
			if choice.Tests != "" {
				w.put("tests", quoted(choice.Tests))
			}
		}
	}
	for _, e := range c.Endings {
		w.head("ending")
		w.put("id", quoted(e.ID))
		w.put("blocks", quotedList(e.Blocks))
		w.put("debrief", quotedList(e.Debrief))
		w.put("outcome", quoted(e.Outcome))
	}
	return w.String()
}

// data writes a TOML file.
type data struct{ strings.Builder }

func (w *data) put(key, value string) { fmt.Fprintf(w, "%s = %s\n", key, value) }

func (w *data) head(name string) { fmt.Fprintf(w, "\n[[%s]]\n", name) }

// quoted is an identifier as TOML writes it; none of them holds a quote or what
// is not a letter, a digit, a dot or a hyphen.
func quoted(id string) string { return strconv.Quote(id) }

func quotedList(ids []string) string { return list(ids, quoted) }

func list[T any](all []T, write func(T) string) string {
	out := make([]string, len(all))
	for i, one := range all {
		out[i] = write(one)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func (b Block) toml() string {
	if b.Form == "" {
		return quoted(b.ID)
	}
	out := "{ id = " + quoted(b.ID) + ", form = " + quoted(b.Form)
	if b.File != "" {
		out += ", file = " + quoted(b.File)
	}
	return out + " }"
}

func (a Answer) toml() string {
	if a.Right {
		return "{ id = " + quoted(a.ID) + ", right = true }"
	}
	return "{ id = " + quoted(a.ID) + " }"
}

// ParseLanguages are those that course.toml names.
func ParseLanguages(text string) ([]string, error) {
	c, err := ParseCourse(text)
	return c.Languages, err
}

// Wanted are the identifiers that a file of structure, topic.toml or
// scenario.toml, asks words for.
func Wanted(name, text string) (out []string, err error) {
	var list []wanted
	if name == "topic.toml" {
		var t *Topic
		t, err = ParseTopic(text)
		list = t.wanted()
	} else {
		var c *Case
		c, err = ParseCase(text)
		list = c.wanted()
	}
	for _, x := range list {
		out = append(out, x.id)
	}
	return out, err
}

// ParseOutline are the topics, cases and languages that course.toml names.
func ParseOutline(text string) (topics, cases, languages []string, err error) {
	c, err := ParseCourse(text)
	return c.TopicIDs, c.CaseIDs, c.Languages, err
}
