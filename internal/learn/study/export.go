package study

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"amelie/internal/learn"
	"amelie/internal/learn/playing"
)

// What a learner takes along: everything as JSON, and as statements of the
// Experience API (xAPI 1.0.3) for a record store of the learner's choice. The
// actor is a number at this installation's address; there is no mailbox.

// Taken is everything that is kept, as it is downloaded.
type Taken struct {
	Course   string         `json:"course"`
	Learner  string         `json:"learner"`
	Began    string         `json:"began"`
	Seen     string         `json:"last_here"`
	Units    []TakenUnit    `json:"units"`
	Answers  []TakenAnswer  `json:"answers"`
	Attempts []TakenAttempt `json:"attempts"`
	Plays    []TakenPlay    `json:"cases"`
}

// TakenUnit is a unit in a download.
type TakenUnit struct {
	Unit    string `json:"unit"`
	Minutes int64  `json:"minutes"`
	Done    string `json:"done,omitempty"`
	Wished  bool   `json:"on_my_list"`
}

// TakenAnswer is an answer in a download.
type TakenAnswer struct {
	Question string `json:"question"`
	Reply
	Right    bool   `json:"right"`
	Revision string `json:"course_revision"`
	At       string `json:"at"`
}

// TakenAttempt is an attempt in a download.
type TakenAttempt struct {
	Test      string           `json:"test"`
	Revision  string           `json:"course_revision"`
	Questions []string         `json:"questions"`
	Answers   map[string]Reply `json:"answers"`
	Begun     string           `json:"begun"`
	Ended     string           `json:"ended,omitempty"`
	Right     int64            `json:"right"`
	Of        int64            `json:"of"`
	Pass      int64            `json:"pass_mark_percent"`
	Passed    bool             `json:"passed"`
}

// TakenPlay is how a case was played once, in a download.
type TakenPlay struct {
	Play     string         `json:"playing"`
	Case     string         `json:"case"`
	Revision string         `json:"course_revision"`
	Begun    string         `json:"begun"`
	Ended    string         `json:"ended,omitempty"`
	Choices  []playing.Step `json:"choices"`
}

// stamp is a time as files say it; empty when there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Take makes the download of a record.
func (r Record) Take(course string) Taken {
	out := Taken{Course: course, Learner: r.Learner.ID, Began: stamp(r.Learner.Began), Seen: stamp(r.Learner.Seen), Units: []TakenUnit{}, Answers: []TakenAnswer{}, Attempts: []TakenAttempt{}, Plays: []TakenPlay{}}
	for _, u := range r.units() {
		out.Units = append(out.Units, TakenUnit{u.Name, u.Minutes, stamp(u.Done), u.Wished})
	}
	for _, a := range r.Answers {
		out.Answers = append(out.Answers, TakenAnswer{a.Topic + "." + a.Question, a.Reply, a.Right, a.Revision, stamp(a.At)})
	}
	for _, a := range r.Attempts {
		x := TakenAttempt{Test: a.Scope, Revision: a.Revision, Answers: a.Given, Begun: stamp(a.Begun), Ended: stamp(a.Ended), Right: a.Right, Of: a.Counted, Pass: a.Pass, Passed: a.Passed}
		for _, d := range a.Drawn {
			x.Questions = append(x.Questions, d.Name())
		}
		out.Attempts = append(out.Attempts, x)
	}
	for _, p := range r.Plays {
		out.Plays = append(out.Plays, TakenPlay{p.ID, p.Case, p.Revision, stamp(p.Begun), stamp(p.Ended), p.Steps})
	}
	return out
}

// units are in the order of their names.
func (r Record) units() (out []Unit) {
	for _, u := range r.Units {
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b Unit) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// The verbs and kinds of activity of ADL's vocabulary.
const (
	adl            = "http://adlnet.gov/expapi/"
	verbCompleted  = "completed"
	verbAnswered   = "answered"
	verbPassed     = "passed"
	verbFailed     = "failed"
	verbResponded  = "responded"
	kindLesson     = "lesson"
	kindQuestion   = "cmi.interaction"
	kindAssessment = "assessment"
	kindSimulation = "simulation"
)

// Statement is one of the Experience API.
type Statement struct {
	ID        string   `json:"id"`
	Actor     Actor    `json:"actor"`
	Verb      Verb     `json:"verb"`
	Object    Activity `json:"object"`
	Result    *Result  `json:"result,omitempty"`
	Context   *Context `json:"context,omitempty"`
	Timestamp string   `json:"timestamp"`
}

// Context says which going through something a statement belongs to.
type Context struct {
	Registration string `json:"registration"` // the name of a playing, a UUID
}

// Actor is a learner: a number at an address.
type Actor struct {
	Type    string  `json:"objectType"`
	Account Account `json:"account"`
}

// Account names the number.
type Account struct {
	Home string `json:"homePage"`
	Name string `json:"name"`
}

// Verb is what was done.
type Verb struct {
	ID      string            `json:"id"`
	Display map[string]string `json:"display"`
}

// Activity is what it was done with.
type Activity struct {
	Type       string     `json:"objectType"`
	ID         string     `json:"id"`
	Definition Definition `json:"definition"`
}

// Definition says what an activity is.
type Definition struct {
	Name        map[string]string `json:"name,omitempty"`
	Type        string            `json:"type"`
	Interaction string            `json:"interactionType,omitempty"`
}

// Result is how it went.
type Result struct {
	Success    *bool  `json:"success,omitempty"`
	Completion *bool  `json:"completion,omitempty"`
	Response   string `json:"response,omitempty"`
	Duration   string `json:"duration,omitempty"`
	Score      *Score `json:"score,omitempty"`
}

// Score is the share that was right.
type Score struct {
	Scaled float64 `json:"scaled"`
	Raw    int64   `json:"raw"`
	Min    int64   `json:"min"`
	Max    int64   `json:"max"`
}

// teller makes the statements of one learner.
type teller struct {
	course  *learn.Course
	base    string
	learner string
}

// Statements are what a record says, oldest first.
func (r Record) Statements(course *learn.Course, base string) []Statement {
	t := teller{course, base, r.Learner.ID}
	out := []Statement{}
	for _, u := range r.units() {
		if !u.Done.IsZero() {
			topic, unit, _ := strings.Cut(u.Name, ".")
			out = append(out, t.say(verbCompleted, "/learn/"+topic+"/"+unit, t.activity(kindLesson, topic, unit), u.Done,
				&Result{Completion: new(true), Duration: "PT" + strconv.FormatInt(u.Minutes, 10) + "M"}))
		}
	}
	for _, a := range r.Answers {
		out = append(out, t.answered(a))
	}
	for _, a := range r.Attempts {
		if a.Over {
			out = append(out, t.tested(a))
		}
	}
	for _, p := range r.Plays {
		out = append(out, t.played(p)...)
	}
	slices.SortStableFunc(out, func(a, b Statement) int { return strings.Compare(a.Timestamp, b.Timestamp) })
	return out
}

// activity is one of ADL's kinds, with its name in every language of the course;
// without a name when the course has no such words any more.
func (t teller) activity(kind, file, id string) Definition {
	d := Definition{Type: adl + "activities/" + kind}
	for _, lang := range t.course.Languages {
		words := t.course.Words(file, lang)
		if words == nil {
			continue
		}
		if _, ok := words.Text(id); ok {
			if d.Name == nil {
				d.Name = map[string]string{}
			}
			d.Name[lang] = words.Line(id)
		}
	}
	return d
}

func (t teller) say(verb, path string, d Definition, at time.Time, result *Result) Statement {
	s := Statement{Actor: Actor{"Agent", Account{t.base, t.learner}}, Verb: Verb{adl + "verbs/" + verb, map[string]string{"en": verb}},
		Object: Activity{"Activity", t.base + path, d}, Result: result, Timestamp: stamp(at)}
	// The same statement bears the same name in every download.
	s.ID = uuid.NewSHA1(uuid.NameSpaceURL, []byte(t.learner+"\n"+verb+"\n"+s.Object.ID+"\n"+s.Timestamp)).String()
	return s
}

// played are the choices of a playing, each in its minute, and its end.
func (t teller) played(p playing.Play) (out []Statement) {
	path := "/learn/case/" + p.Case
	within := func(s Statement) {
		s.Context = &Context{p.ID}
		s.ID = uuid.NewSHA1(uuid.NameSpaceURL, []byte(p.ID+"\n"+s.ID)).String() // two playings can share a minute
		out = append(out, s)
	}
	for _, step := range p.Steps {
		scene := t.activity(kindQuestion, "case/"+p.Case, step.Scene)
		scene.Interaction = "choice"
		within(t.say(verbResponded, path+"#"+step.Scene, scene, p.Begun.Add(time.Duration(step.Minute)*time.Minute), &Result{Response: step.Choice}))
	}
	if p.Over() {
		within(t.say(verbCompleted, path, t.activity(kindSimulation, "case/"+p.Case, "title"), p.Ended, &Result{Completion: new(true)}))
	}
	return out
}

// interactions are what the Experience API calls the kinds of question.
var interactions = map[learn.Kind]string{learn.Single: "choice", learn.Multiple: "choice", learn.TrueFalse: "true-false", learn.Order: "sequencing", learn.Match: "matching"}

func (t teller) answered(a Answer) Statement {
	d := t.activity(kindQuestion, a.Topic, a.Question)
	var kind learn.Kind
	if topic, ok := t.course.Topic(a.Topic); ok {
		if q, ok := topic.Question(a.Question); ok {
			kind = q.Kind
			d.Interaction = interactions[kind]
		}
	}
	return t.say(verbAnswered, "/learn/"+a.Topic+"#"+a.Question, d, a.At, &Result{Success: new(a.Right), Response: response(kind, a.Given)})
}

// response writes an answer as the Experience API does.
func response(kind learn.Kind, g learn.Given) string {
	if kind == learn.TrueFalse {
		return strconv.FormatBool(slices.Contains(g, "t"))
	}
	parts := make([]string, len(g))
	for i, one := range g {
		parts[i] = strings.Replace(one, "=", "[.]", 1)
	}
	return strings.Join(parts, "[,]")
}

func (t teller) tested(a Attempt) Statement {
	verb, path, file, success := verbFailed, "/learn/test/"+a.Scope, a.Scope, &a.Passed
	if a.Passed {
		verb = verbPassed
	}
	switch a.Scope {
	case Final:
		path, file = "/learn", "course"
	case Recall:
		verb, path, file, success = verbCompleted, "/learn", "course", nil
	}
	score := &Score{Raw: a.Right, Max: a.Counted}
	if a.Counted > 0 {
		score.Scaled = float64(a.Right) / float64(a.Counted)
	}
	return t.say(verb, path, t.activity(kindAssessment, file, "title"), a.Ended, &Result{Success: success, Completion: new(true), Score: score})
}
