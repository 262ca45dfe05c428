package referral

import (
	"slices"

	"amelie/internal/ask"
	"amelie/internal/fault"
)

// FieldKind is how a field is answered.
type FieldKind = ask.Kind

// The kinds of fields.
const (
	Choose = ask.Choose
	Tick   = ask.Tick
	Short  = ask.Short
	Long   = ask.Long
)

// Field is one thing that is asked.
type Field = ask.Field

// Step is one page of the path: one question, and sometimes what belongs
// directly to it.
type Step struct {
	ID       string
	Fields   []Field
	Optional bool // opened from the review page only
	Enquiry  bool // asked by an enquiry only, never part of a packet with a name
}

// unsure are the two answers that every choice offers.
var unsure = ask.Options()

func choices(options ...string) []string { return ask.Options(options...) }

// PatientLanguages are offered by name for the person's language, besides
// "other".
var PatientLanguages = []string{"en", "el", "it", "de", "nl", "fr", "ar", "sq", "bg", "zh", "hu", "pl", "pt", "ro", "es", "uk"}

// Steps is the whole path, in order. The common case answers the nine that are
// not optional; the optional ones open from the review page.
var Steps = []Step{
	{ID: "setting", Fields: []Field{{Name: "setting", Kind: Choose, Options: []string{Alone, AloneInterpreter, NotAlone, Danger, AskFirst}}}},
	{ID: "need", Fields: []Field{{Name: "need", Kind: Tick, Options: choices("accommodation", "counselling", "legal-aid", "health-care", "psychological-support", "safety-planning", "material-help", "work-rights", "return-home", "other")}}},
	{ID: "urgency", Fields: []Field{{Name: "urgency", Kind: Choose, Options: []string{"now", "today", "days", NotKnown}}}},
	{ID: "age", Fields: []Field{{Name: "age", Kind: Choose, Options: choices("under-12", "12-15", "16-17", "18-24", "25-39", "40-59", "60-over")}}},
	{ID: "language", Fields: []Field{
		{Name: "language", Kind: Choose, Options: append(slices.Clone(PatientLanguages), "other", NotKnown, NotSaid)},
		{Name: "other", Kind: Short, Max: 60},
	}},
	{ID: "interpreter", Fields: []Field{{Name: "interpreter", Kind: Choose, Options: choices("not-needed", "any", "woman", "man", "by-phone", "not-from-community")}}},
	{ID: "contact", Fields: []Field{{Name: "contact", Kind: Choose, Options: choices("through-me", "phone", "message", "email", "trusted-person", "no-contact")}}},
	{ID: "reach", Optional: true, Fields: []Field{
		{Name: "address", Kind: Short, Max: 120},
		{Name: "hours", Kind: Tick, Options: choices("morning", "afternoon", "evening", "any-time")},
		{Name: "who-may-hear", Kind: Choose, Options: choices("only-the-person", "also-trusted")},
		{Name: "code-word", Kind: Short, Max: 60},
		{Name: "note", Kind: Short, Max: 200},
	}},
	{ID: "wants", Fields: []Field{
		{Name: "wants", Kind: Tick, Options: choices("talk-first", "safe-tonight", "leave-later", "advice-only", "health-only", "visit-with-someone")},
		{Name: "words", Kind: Short, Max: 300},
	}},
	{ID: "must-not", Fields: []Field{
		{Name: "must-not", Kind: Tick, Options: choices("no-police", "family-not-told", "employer-not-told", "no-call", "no-letter", "no-same-community", "nothing-named")},
		{Name: "words", Kind: Short, Max: 300},
	}},
	{ID: "name", Optional: true, Fields: []Field{{Name: "name", Kind: Short, Max: 80}}},
	{ID: "dependants", Optional: true, Fields: []Field{
		{Name: "dependants", Kind: Tick, Options: choices("none", "pregnant", "baby", "young-children", "older-children", "adult")},
		{Name: "words", Kind: Short, Max: 200},
	}},
	{ID: "health", Optional: true, Fields: []Field{
		{Name: "health", Kind: Tick, Options: choices("urgent-treatment", "medication", "mobility", "mental-health", "follow-up-visit")},
		{Name: "words", Kind: Long, Max: 1000},
	}},
	{ID: "callback", Optional: true, Fields: []Field{{Name: "callback", Kind: Short, Max: 120}}},
	{ID: "attachments", Optional: true},
	{ID: "notes", Optional: true, Fields: []Field{{Name: "notes", Kind: Long, Max: 4000}}},
	{ID: stepRegion, Optional: true, Enquiry: true, Fields: []Field{{Name: stepRegion, Kind: Choose, Options: regionOptions}}},
	{ID: stepRemark, Optional: true, Enquiry: true, Fields: []Field{{Name: stepRemark, Kind: Short, Max: MaxRemark}}},
}

// EnquirySteps are what an enquiry asks: codes that point to nobody. Besides
// there is one line of words at most, see CheckRemark.
//
// req: ENQUIRY-1
var EnquirySteps = []string{"need", "urgency", "age", "dependants", "language", stepRegion}

// StepByID finds a step.
func StepByID(id string) (Step, bool) {
	i := slices.IndexFunc(Steps, func(s Step) bool { return s.ID == id })
	if i < 0 {
		return Step{}, false
	}
	return Steps[i], true
}

// FieldOf finds a field of a step.
func (s Step) FieldOf(name string) (Field, bool) {
	i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return s.Fields[i], true
}

// Path lists the questions that kind asks in order, given what is answered so
// far: the safe contact opens its own page only when there is something to say.
func Path(kind Kind, a Answers) []string {
	if kind == Enquiry {
		return EnquirySteps
	}
	var out []string
	for _, s := range Steps {
		switch {
		case s.ID == "reach":
			if reaches(a["contact"].One("contact")) {
				out = append(out, s.ID)
			}
		case !s.Optional:
			out = append(out, s.ID)
		}
	}
	return out
}

func reaches(channel string) bool {
	return slices.Contains([]string{"phone", "message", "email", "trusted-person"}, channel)
}

// NextStep is the first question of the path after done that has no answer
// yet; "" when only the review is left.
func NextStep(kind Kind, a Answers, done string) string {
	if _, answered := a["setting"]; !answered {
		return "setting"
	}
	path := Path(kind, a)
	start := slices.Index(path, done) + 1
	for _, id := range path[start:] {
		if _, answered := a[id]; !answered {
			return id
		}
	}
	for _, id := range path {
		if _, answered := a[id]; !answered {
			return id
		}
	}
	return ""
}

// Clean takes posted values of a step: unknown fields and options are dropped
// or refused, texts trimmed. Nothing typed is shortened silently.
// Errors: fault.Invalid with the field and the limit.
func (s Step) Clean(posted map[string][]string) (Answer, error) {
	out, wrong := ask.Clean(s.Fields, posted, ask.Faults{Option: "referral.error.option", Long: "referral.error.long"})
	if first := s.first(); first != "" && !s.Optional && len(out) == 0 {
		wrong = append(wrong, fault.Field{Name: first, Key: "referral.error.choose"})
	}
	if s.ID == stepRemark {
		if err := CheckRemark(out.One(stepRemark)); err != nil {
			wrong = append(wrong, fault.Find(err).Fields...)
		}
	}
	if out.One("language") == "other" && out.One("other") == "" && s.ID == "language" {
		wrong = append(wrong, fault.Field{Name: "other", Key: "referral.error.which-language"})
	}
	return out, fault.Fields(wrong...)
}

func (s Step) first() string {
	if len(s.Fields) == 0 {
		return ""
	}
	return s.Fields[0].Name
}
