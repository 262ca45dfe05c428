package casework

import (
	"cmp"
	"slices"
	"time"

	"amelie/internal/ask"
	"amelie/internal/cldr"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Kind is what an entry is: its part, and what is asked. Nothing asks what was
// done to the person; who wants to write it down is told that the account has
// its own room.
//
// req: CASE-1
type Kind struct {
	ID     string
	Part   Part
	Fields []ask.Field
	Single bool     // a file has one; a new one is its next version
	Due    string   // the field that holds the day or time on which it is due
	Ends   []string // codes of its field standing with which that day is due no more
	Must   []string
	Any    []string // at least one of them
	Words  []string // fields that the search in the own cases reads
	Hint   bool     // the form begins with a sentence
	// Early is how long before its date an entry stands on the day of who is
	// responsible; zero: a week.
	Early  time.Duration
	Beside string // the kind that every page shows beside it
	Room   string // the room below this package that shows it, and the first part of its text keys; "" for the file itself
	Own    bool   // the room has a form of its own for it; the file's is not there
	Stays  bool   // of this agency's own work: another that goes on with the case does not take it over
	// Say names a code of a field, or the field itself where code is "", when the
	// room's texts do not hold it; "" leaves it to them. nil: they hold all.
	Say func(c *web.Ctx, field, code string) string
}

// texts is the first part of the kind's text keys.
func (k Kind) texts() string { return cmp.Or(k.Room, "casework") }

// Languages are offered by name, besides "other".
var Languages = []string{"en", "el", "it", "de", "nl", "fr", "ar", "sq", "bg", "zh", "hu", "pl", "pt", "ro", "es", "uk"}

// Spoken are the languages that a person or an interpreter may speak: Languages,
// and those in which nothing here is written.
var Spoken = append(slices.Clone(Languages), slices.DeleteFunc(cldr.Spoken(), func(code string) bool { return slices.Contains(Languages, code) })...)

// The codes are those of a referral where the same thing is asked, so that what
// was told once is taken over as it is.
var (
	needCodes    = ask.Options("accommodation", "counselling", "legal-aid", "health-care", "psychological-support", "safety-planning", "material-help", "work-rights", "return-home", "other")
	channelCodes = []string{"phone", "message", "email", "trusted-person", "in-person"}
)

// Pillars are the four of a support plan, by the handbook of the OSCE on national
// referral mechanisms (second edition, 2022).
var Pillars = []string{"protection", "support", "inclusion", "redress"}

// Safe says whether a channel may be used for a contact: one of those that the
// person named as safe.
//
// req: CASE-2
func Safe(contact ask.Answer, channel string) bool {
	return slices.Contains(contact["channel"], channel)
}

// Kinds in the order of the file.
var Kinds = []Kind{
	{ID: "person", Part: Identity, Single: true, Must: []string{"name"}, Words: []string{"name", "also", "papers-name"}, Fields: []ask.Field{
		{Name: "name", Kind: ask.Short, Max: 80},
		{Name: "pronoun", Kind: ask.Short, Max: 40},
		{Name: "also", Kind: ask.Short, Max: 120},
		{Name: "papers-name", Kind: ask.Short, Max: 120},
		{Name: "birth", Kind: ask.Short, Max: 40},
		{Name: "citizenship", Kind: ask.Short, Max: 80},
		{Name: "papers", Kind: ask.Long, Max: 1000},
	}},
	{ID: "contact", Hint: true, Part: Contact, Single: true, Must: []string{"channel"}, Fields: []ask.Field{
		{Name: "channel", Kind: ask.Tick, Options: append(slices.Clone(channelCodes), "no-contact", ask.NotKnown)},
		{Name: "address", Kind: ask.Short, Max: 200},
		{Name: "hours", Kind: ask.Tick, Options: ask.Options("morning", "afternoon", "evening", "any-time")},
		{Name: "times", Kind: ask.Short, Max: 200},
		{Name: "who-may-hear", Kind: ask.Choose, Options: ask.Options("only-the-person", "also-trusted")},
		{Name: "trusted", Kind: ask.Short, Max: 120},
		{Name: "code-word", Kind: ask.Short, Max: 60},
		{Name: "voicemail", Kind: ask.Choose, Options: ask.Options("no", "neutral", "yes")},
		{Name: "never", Kind: ask.Short, Max: 300},
	}},
	{ID: "languages", Part: Needs, Single: true, Fields: []ask.Field{
		{Name: "language", Kind: ask.Tick, Options: append(slices.Clone(Spoken), "other", ask.NotKnown)},
		{Name: "other", Kind: ask.Short, Max: 60},
		{Name: "interpreter", Kind: ask.Choose, Options: ask.Options("not-needed", "any", "woman", "man", "by-phone", "not-from-community")},
		{Name: "reads", Kind: ask.Choose, Options: ask.Options("yes", "a-little", "no")},
	}},
	{ID: "dependants", Part: Needs, Single: true, Fields: []ask.Field{
		{Name: "dependants", Kind: ask.Tick, Options: ask.Options("none", "pregnant", "baby", "young-children", "older-children", "adult")},
		{Name: "words", Kind: ask.Long, Max: 1000},
	}},
	{ID: "needs", Hint: true, Part: Needs, Single: true, Fields: []ask.Field{
		{Name: "need", Kind: ask.Tick, Options: needCodes},
		{Name: "wants", Kind: ask.Tick, Options: ask.Options("talk-first", "safe-tonight", "leave-later", "advice-only", "health-only", "visit-with-someone")},
		{Name: "wishes", Kind: ask.Long, Max: 2000},
		{Name: "must-not", Kind: ask.Tick, Options: ask.Options("no-police", "family-not-told", "employer-not-told", "no-call", "no-letter", "no-same-community", "nothing-named")},
		{Name: "must-not-words", Kind: ask.Short, Max: 300},
	}},
	// req: CASE-3
	{ID: "own-view", Hint: true, Part: Safety, Single: true, Beside: "risk", Must: []string{"feels"}, Fields: []ask.Field{
		{Name: "feels", Kind: ask.Choose, Options: ask.Options("safe", "mostly-safe", "not-safe")},
		{Name: "own-words", Kind: ask.Long, Max: 4000},
		{Name: "helps", Kind: ask.Long, Max: 2000},
	}},
	{ID: "risk", Hint: true, Part: Safety, Single: true, Beside: "own-view", Must: []string{"level"}, Due: "review", Fields: []ask.Field{
		{Name: "level", Kind: ask.Choose, Options: append([]string{"low", "raised", "high", "immediate"}, ask.NotKnown)},
		{Name: "sources", Kind: ask.Tick, Options: ask.Options("exploiter", "family", "partner", "community", "online", "self", "other")},
		{Name: "assessment", Kind: ask.Long, Max: 4000},
		{Name: "safety-plan", Kind: ask.Long, Max: 4000},
		{Name: "review", Kind: ask.Short, Max: 10},
	}},
	{ID: "observed", Hint: true, Part: Indicators, Any: []string{"indicators", signs, "words"}, Words: []string{"indicators"}, Fields: []ask.Field{
		{Name: signs, Kind: ask.Tick}, // its options are the lists in use, see Signs
		{Name: "noticed-by", Kind: ask.Choose, Options: ask.Options("writer", "colleague", "other-agency", "trusted-person")},
		{Name: "noticed", Kind: ask.Day},
		{Name: "told", Kind: ask.Choose, Options: []string{"seen", "told", "both", ask.NotKnown}},
		{Name: "indicators", Kind: ask.Long, Max: 4000},
		{Name: "instrument", Kind: ask.Short, Max: 80}, // a list that is not here
		{Name: "words", Kind: ask.Long, Max: 1000},
	}},
	{ID: "health", Part: Health, Fields: []ask.Field{
		{Name: "health", Kind: ask.Tick, Options: ask.Options("urgent-treatment", "medication", "mobility", "mental-health", "follow-up-visit")},
		{Name: "words", Kind: ask.Long, Max: 4000},
	}},
	{ID: "legal", Hint: true, Part: Legal, Must: []string{"words"}, Fields: []ask.Field{{Name: "words", Kind: ask.Long, Max: 4000}}},
	{ID: "attempt", Stays: true, Hint: true, Part: Contact, Must: []string{"by", "outcome"}, Fields: []ask.Field{
		{Name: "by", Kind: ask.Choose, Options: channelCodes},
		{Name: "outcome", Kind: ask.Choose, Options: []string{"spoke", "no-answer", "message-left", "someone-else", "came"}},
		{Name: "words", Kind: ask.Long, Max: 2000},
	}},
	{ID: "service", Part: Services, Due: "day", Ends: []string{"accepted", "refused", "given"}, Must: []string{"need"}, Fields: []ask.Field{
		{Name: "need", Kind: ask.Choose, Options: needCodes},
		{Name: "standing", Kind: ask.Choose, Options: []string{"asked", "offered", "accepted", "refused", "given"}},
		{Name: "day", Kind: ask.Short, Max: 10},
		{Name: "pillar", Kind: ask.Choose, Options: Pillars},
		{Name: "provider", Kind: ask.Short, Max: 120},
		{Name: "words", Kind: ask.Long, Max: 1000},
	}},
	{ID: "appointment", Stays: true, Part: Services, Due: "when", Must: []string{"when", "words"}, Fields: []ask.Field{
		{Name: "when", Kind: ask.Short, Max: 16},
		{Name: "words", Kind: ask.Short, Max: 300},
		{Name: "place", Kind: ask.Short, Max: 200},
	}},
	{ID: "task", Part: Notes, Due: "day", Must: []string{"words"}, Words: []string{"words"}, Fields: []ask.Field{
		{Name: "words", Kind: ask.Short, Max: 300},
		{Name: "day", Kind: ask.Short, Max: 10},
	}},
	{ID: "note", Hint: true, Part: Notes, Must: []string{"words"}, Words: []string{"words"}, Fields: []ask.Field{{Name: "words", Kind: ask.Long, Max: 8000}}},
	{ID: "document", Part: Notes, Fields: []ask.Field{{Name: "words", Kind: ask.Short, Max: 200}}},
}

// KindByID finds a kind of the file itself.
func KindByID(id string) (Kind, bool) { return kindIn(Kinds, id) }

func kindIn(kinds []Kind, id string) (Kind, bool) {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.ID == id })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}

// clean takes what was typed; zone is that of the days and times in it.
// Errors: fault.Invalid with the fields; the answer is there all the same.
func (k Kind) clean(posted map[string][]string, zone *time.Location) (a ask.Answer, due time.Time, err error) {
	a, wrong := ask.Clean(k.Fields, posted, ask.Faults{Option: "web.error.choose", Long: "casework.error.long", Day: "web.error.date"})
	for _, name := range k.Must {
		if len(a[name]) == 0 {
			wrong = append(wrong, fault.Field{Name: name, Key: "web.error.empty"})
		}
	}
	if len(k.Any) > 0 && !slices.ContainsFunc(k.Any, func(name string) bool { return len(a[name]) > 0 }) {
		wrong = append(wrong, fault.Field{Name: k.Any[0], Key: "casework.error.nothing"})
	}
	if typed := a.One(k.Due); k.Due != "" && typed != "" {
		var ok bool
		if due, ok = moment(typed, zone); !ok {
			wrong = append(wrong, fault.Field{Name: k.Due, Key: "web.error.date"})
		}
	}
	if slices.Contains(k.Ends, a.One("standing")) {
		due = time.Time{}
	}
	return a, due, fault.Fields(wrong...)
}

// moment reads a day, which is over at its end, or a time of a day, as browsers
// send them.
func moment(typed string, zone *time.Location) (time.Time, bool) {
	if t, err := time.ParseInLocation("2006-01-02T15:04", typed, zone); err == nil {
		return t.UTC(), true
	}
	t, err := time.ParseInLocation(time.DateOnly, typed, zone)
	return t.AddDate(0, 0, 1).Add(-time.Minute).UTC(), err == nil
}

// words are what the index is told of an entry.
func (k Kind) words(a ask.Answer) (out []string) {
	for _, name := range k.Words {
		out = append(out, a[name]...)
	}
	return out
}
