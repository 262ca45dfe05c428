package reading

import (
	"slices"

	"amelie/internal/learn"
)

// Outline is what the scripts know of a course: which questions there are, how
// they are marked, and what has to be read. It has no words.
type Outline struct {
	Languages []string                   `json:"languages"`
	Topics    []string                   `json:"topics"`
	Units     []string                   `json:"units"` // "topic.unit"
	Pass      int                        `json:"pass"`  // percent
	Draw      int                        `json:"draw"`  // of each topic
	Questions map[string]QuestionOutline `json:"questions"`
}

// QuestionOutline is a question as mark.js marks it.
type QuestionOutline struct {
	Kind    learn.Kind      `json:"kind"`
	Answers []AnswerOutline `json:"answers"` // pairs too, of which each is both halves
	Bank    bool            `json:"bank"`
}

// AnswerOutline is an answer that can be given.
type AnswerOutline struct {
	ID    string `json:"id"`
	Right bool   `json:"right"`
}

// Asked is the outline of one question.
func Asked(q learn.Question) QuestionOutline {
	out := QuestionOutline{Kind: q.Kind, Bank: q.Bank}
	for _, a := range append(slices.Clone(q.Answers), q.Pairs...) {
		out.Answers = append(out.Answers, AnswerOutline(a))
	}
	return out
}

// Outlined makes the outline of a course for a document in some languages.
func Outlined(course *learn.Course, languages []string) Outline {
	x := Outline{Languages: languages, Topics: course.TopicIDs, Pass: course.Pass, Draw: course.Draw, Questions: map[string]QuestionOutline{}}
	for _, t := range course.Topics {
		for _, u := range t.Units {
			x.Units = append(x.Units, t.ID+"."+u.ID)
		}
		for _, q := range t.Questions {
			x.Questions[t.ID+"."+q.ID] = Asked(q)
		}
	}
	return x
}
