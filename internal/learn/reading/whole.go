package reading

import (
	"html/template"
	"regexp"
	"slices"
	"time"

	"amelie/internal/learn"
	"amelie/internal/web"
)

// Texts are the program's own words.
type Texts interface {
	T(lang, key string, args ...any) string
	Date(lang string, t time.Time) string
}

// Whole is a course in one language as one document, for where no server
// answers: every page of it a section with the attribute data-page, led to by
// its name. Questions stand there with what is said to each answer; a script
// holds that back until something was answered, and without one the course
// can be read from its first line to its last.
func Whole(course *learn.Course, texts Texts, lang string) (template.HTML, error) {
	x := whole{speaker: speaker{lang, texts}, course: course}
	w := x.words("course", nil)
	out, err := x.part("whole-contents", "", x.contents(w))
	for _, t := range course.Topics {
		var topic template.HTML
		if err == nil {
			topic, err = x.part("whole-topic", t.ID, x.topic(t))
		}
		out += topic
	}
	for _, s := range course.Cases {
		var played template.HTML
		if err == nil {
			played, err = x.part("whole-case", "", x.play(s))
		}
		out += played
	}
	if err != nil {
		return "", err
	}
	test, err := x.part("whole-test", "", nil)
	if err != nil {
		return "", err
	}
	said, err := x.part("whole-said", "", nil)
	return out + test + said, err
}

// speaker speaks a language in templates that no request has called.
type speaker struct {
	Lang  string
	texts Texts
}

// T is a sentence.
func (s speaker) T(key string, args ...any) string { return s.texts.T(s.Lang, key, args...) }

// Path is where a section stands: in this document.
func (s speaker) Path(name string) string { return "#" + name }

// Date is a day in words.
func (s speaker) Date(t time.Time) string { return s.texts.Date(s.Lang, t) }

// HasRoute says that no room of a server is near.
func (s speaker) HasRoute(string) bool { return false }

type whole struct {
	speaker
	course *learn.Course
	signs  func(lang string, ids []string) []web.Choice // nil: not looked back at
}

func (x whole) words(file string, works []string) words {
	return words{x.course, file, x.Lang, x.course.Words(file, x.Lang), works, true, ""}
}

// workMark is a work's place in a list, or what leads there.
var workMark = regexp.MustCompile(`( (?:href="#|id="))(w[0-9]+")`)

// part makes one template. The lists of works of several topics stand in one
// document, so what cites them leads to the topic's own.
func (x whole) part(name, topic string, data any) (template.HTML, error) {
	out, err := contentsPage.Part(name, struct {
		speaker
		D any
	}{x.speaker, data})
	if topic != "" {
		out = template.HTML(workMark.ReplaceAllString(string(out), "${1}"+topic+".$2")) //nolint:gosec // text has no bare quotation mark
	}
	return out, err
}

type wholeContents struct {
	Title            string
	Lead             template.HTML
	Audience, Review block
	Topics, Cases    []entry
	Final            bool // there is one test of all topics
	Short            *entry
	Tracks           []entry
}

func (x whole) contents(w words) wholeContents {
	v := wholeContents{Title: w.Line("title"), Lead: w.html("lead"), Audience: w.block("audience", ""), Review: w.block("review", ""), Final: true}
	for i, t := range x.course.Topics {
		tw := x.words(t.ID, t.Sources)
		v.Topics = append(v.Topics, entry{Path: t.ID, Title: tw.Line("title"), Text: tw.html("lead"), Minutes: t.Minutes(), Number: i + 1})
	}
	for _, s := range x.course.Cases {
		cw := x.words("case/"+s.ID, nil)
		v.Cases = append(v.Cases, entry{Path: "case." + s.ID + "." + s.Start, Title: cw.Line("title"), Text: cw.html("lead"), Minutes: s.Minutes})
	}
	return v
}

type wholeTopic struct {
	Title, ID string
	Lead      template.HTML
	Number    int
	List      []entry
	Units     []wholeUnit
	Spare     []question // of the bank, in no unit
	Draw      int        // questions in a test of this topic alone; 0: it has none
	Uncounted bool       // what is answered counts nowhere: the course as it is kept on a device
	Kept      string     // title of the page to keep
	Summary   []block
	seen
	Works []work
}

type wholeUnit struct {
	ID, Title, Next       string
	Number, Of, Minutes   int
	Blocks                []block
	Questions             []question
	NextTitle, TopicTitle string
}

func (x whole) topic(t *learn.Topic) wholeTopic {
	w := x.words(t.ID, t.Sources)
	v := wholeTopic{Title: w.Line("title"), ID: t.ID, Lead: w.html("lead"), Number: 1 + slices.Index(x.course.Topics, t),
		Kept: w.Line("s"), Summary: w.blocks("s.", t.Summary), seen: w.seen(nil), Works: w.list()}
	var asked []string
	for i, u := range t.Units {
		v.List = append(v.List, entry{Path: t.ID + "." + u.ID, Title: w.Line(u.ID), Minutes: u.Minutes, Number: i + 1})
		asked = append(asked, u.Questions...)
		v.Units = append(v.Units, x.unit(w, t, i))
	}
	for _, q := range t.Questions {
		if q.Bank && !slices.Contains(asked, q.ID) {
			v.Spare = append(v.Spare, w.told(t.ID, q))
		}
	}
	return v
}

func (x whole) unit(w words, t *learn.Topic, i int) wholeUnit {
	u := t.Units[i]
	v := wholeUnit{ID: t.ID + "." + u.ID, Title: w.Line(u.ID), Number: i + 1, Of: len(t.Units), Minutes: u.Minutes, TopicTitle: w.Line("title"),
		Next: "summary." + t.ID, NextTitle: w.Line("s")}
	if i+1 < len(t.Units) {
		v.Next, v.NextTitle = t.ID+"."+t.Units[i+1].ID, w.Line(t.Units[i+1].ID)
	}
	v.Blocks = w.unit(u)
	for _, id := range u.Questions {
		q, _ := t.Question(id)
		v.Questions = append(v.Questions, w.told(t.ID, q))
	}
	return v
}

// told is a question with all that can be said to its answers.
func (w words) told(topic string, q learn.Question) question {
	v := w.ask(q, topic+"."+q.ID, "", nil)
	v.Answered = true
	if q.Kind == learn.Order {
		v.Whole = append(v.Whole, w.block(q.ID+".ok", ""))
	}
	return v
}

type wholeCase struct {
	ID, Title string
	Lead      template.HTML
	Start     string
	Scenes    []wholeScene
}

type wholeScene struct {
	ID, Title string
	Start     bool
	Blocks    []block
	Choices   []wholeChoice
	Debrief   []block
	Signs     []string
	Topics    []entry // of an ending: where there is more
}

type wholeChoice struct {
	ID, To, Effect string
	Text           template.HTML
}

func (x whole) play(s *learn.Case) wholeCase {
	w := x.words("case/"+s.ID, nil)
	v := wholeCase{ID: "case." + s.ID, Title: w.Line("title"), Lead: w.html("lead"), Start: s.Start}
	for _, scene := range s.Scenes {
		one := wholeScene{ID: scene.ID, Title: w.Line(scene.ID), Start: scene.ID == s.Start, Blocks: w.blocks(scene.ID+".", scene.Blocks), Signs: x.noted(scene)}
		for _, choice := range scene.Shuffled(s.ID) {
			one.Choices = append(one.Choices, wholeChoice{choice.ID, v.ID + "." + choice.To, choice.Effect, w.html(scene.ID + "." + choice.ID)})
		}
		v.Scenes = append(v.Scenes, one)
	}
	var topics []entry
	for _, id := range s.Topics {
		topics = append(topics, entry{Path: id, Title: x.words(id, nil).Line("title")})
	}
	for _, end := range s.Endings {
		v.Scenes = append(v.Scenes, wholeScene{ID: end.ID, Title: w.Line(end.ID), Blocks: w.blocks(end.ID+".", end.Blocks), Debrief: w.blocks(end.ID+".", end.Debrief), Topics: topics})
	}
	return v
}

var _ = web.Style(files, "page/whole.css")
