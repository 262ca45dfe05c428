// Package interpret is interpreters and cultural mediators: who an agency can
// call, whom the person wants, and who is booked when.
//
// The idea. An agency keeps a list of interpreters: members with that role, and
// people from outside. For an appointment of a case, or for now by telephone, only
// those are offered who speak the language, are free, come by that channel and are
// as the person wants them. What the person wants counts before what is easy.
// Before each booking it is asked whether there is a conflict; anything but a clear
// no blocks it. Whom the person refused once is not offered again.
//
// Stored and sealed: what the person said of an interpreter, as an entry of the
// case's part needs. Stored and readable: the list of interpreters, who are staff
// and not persons in care, and of a booking who, when, in which language, by which
// channel and for which case, because an interpreter signs in without any key of
// the case.
//
// The life of a booking: asked, and accepted or declined by the interpreter;
// accepted at once for who has no account and was called; then done or missed;
// cancelled at any time before. When its appointment moves it is asked again, or
// cancelled where the interpreter is not free then; the interpreter is told that
// something waits. It goes with the case.
//
// It must never show an interpreter a case or a name, never offer whom the person
// does not want, and never let a companion or a child interpret: only who is kept
// in the list can be booked.
package interpret

import (
	"slices"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/fault"
)

// The codes of an interpreter.
var (
	Genders   = []string{"woman", "man", "other"}
	Trainings = []string{"interpreting", "mediation", "trauma"}
	Channels  = []string{"in-person", "phone", "video"}
	Days      = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
)

// Lengths of a booking, in minutes.
var Lengths = []int{30, 60, 90, 120}

// longest is more than any of them.
const longest = 24 * time.Hour

// Conflicts are what is asked before each booking.
var Conflicts = []string{"knows", "community", "works-for"}

// Interpreter is somebody whom an agency can call.
type Interpreter struct {
	ID, AgencyID string
	UserID       string // who signs in; "" for somebody from outside
	Name, Phone  string
	Gender       string
	Languages    []string
	Training     []string
	Channels     []string
	Days         []string
	From, To     int             // minutes of the day, in the installation's zone
	Hours        map[string]Span // on single days, instead of From and To
	Away, Back   time.Time       // not there between the two; zero: there
	Version      int64
}

// Span is a part of a day, in minutes.
type Span struct{ From, To int }

// on is when somebody works on a day of the week; false: not at all.
func (i Interpreter) on(day string) (Span, bool) {
	if h, other := i.Hours[day]; other {
		return h, true
	}
	return Span{i.From, i.To}, slices.Contains(i.Days, day)
}

// Wanted is what is looked for.
type Wanted struct {
	Language, Channel string
	At, End           time.Time
	Preference        string   // what the person said, a code of the kind "languages"
	Refused           []string // interpreters whom the person does not want again
}

// Suits says whether an interpreter is offered.
//
// req: INTERPRET-2, INTERPRET-3
func (i Interpreter) Suits(w Wanted, zone *time.Location) bool {
	switch {
	case !slices.Contains(i.Languages, w.Language), !slices.Contains(i.Channels, w.Channel), slices.Contains(w.Refused, i.ID):
		return false
	case (w.Preference == "woman" || w.Preference == "man") && i.Gender != w.Preference:
		return false
	case w.Preference == "by-phone" && w.Channel != "phone":
		return false
	}
	return i.there(w.At, w.End, zone)
}

// there says whether an interpreter works at a time.
func (i Interpreter) there(at, end time.Time, zone *time.Location) bool {
	if at.Before(i.Back) && end.After(i.Away) {
		return false
	}
	at, end = at.In(zone), end.In(zone)
	from, to := at.Hour()*60+at.Minute(), end.Hour()*60+end.Minute()
	h, works := i.on(Days[(int(at.Weekday())+6)%7])
	return works && at.YearDay() == end.YearDay() && from >= h.From && to <= h.To
}

// check makes sure of what was typed. Errors: fault.Invalid with the fields.
func (i Interpreter) check() error {
	var wrong []fault.Field
	must := func(ok bool, name, key string) {
		if !ok {
			wrong = append(wrong, fault.Field{Name: name, Key: key})
		}
	}
	among := func(list, of []string) bool {
		return len(list) > 0 && !slices.ContainsFunc(list, func(s string) bool { return !slices.Contains(of, s) })
	}
	must(len(i.Name) > 1 && len(i.Name) <= 200, "name", "web.error.empty")
	must(len(i.Phone) <= 60, "phone", "web.error.phone")
	must(among([]string{i.Gender}, Genders), "gender", "web.error.choose")
	must(among(i.Languages, casework.Spoken), "language", "web.error.choose")
	must(len(i.Training) == 0 || among(i.Training, Trainings), "training", "web.error.choose")
	must(among(i.Channels, Channels), "channel", "web.error.choose")
	must(among(i.Days, Days), "days", "web.error.choose")
	must(i.From >= 0 && i.From < i.To && i.To <= 24*60, "from", "interpret.error.hours")
	for _, day := range Days { // what is wrong is said in the order of the week
		h, own := i.Hours[day]
		must(!own || h.From >= 0 && h.From < h.To && h.To <= 24*60, "from-"+day, "interpret.error.hours")
	}
	for day := range i.Hours {
		must(slices.Contains(Days, day), "days", "web.error.choose")
	}
	must(!i.Back.Before(i.Away), "back", "interpret.error.away")
	return fault.Fields(wrong...)
}

// Clear says whether every conflict was asked about and denied. What is not known
// is not no.
//
// req: INTERPRET-4
func Clear(answers map[string]string) error {
	var wrong []fault.Field
	for _, c := range Conflicts {
		switch answers[c] {
		case "no":
		case "yes":
			wrong = append(wrong, fault.Field{Name: c, Key: "interpret.error.conflict"})
		default:
			wrong = append(wrong, fault.Field{Name: c, Key: "interpret.error.ask"})
		}
	}
	return fault.Fields(wrong...)
}

// feedback is what the person said of an interpreter.
var feedback = casework.Kind{ID: "interpreting", Stays: true, Part: casework.Needs, Room: room, Own: true, Must: []string{"interpreter", "how"}, Fields: []ask.Field{
	{Name: "interpreter", Kind: ask.Short, Max: 40},
	{Name: "how", Kind: ask.Choose, Options: []string{"well", "partly", "not-well", ask.NotSaid}},
	{Name: "again", Kind: ask.Choose, Options: []string{"yes", "never"}},
	{Name: "words", Kind: ask.Long, Max: 1000},
}}

// wished is what the person said about interpreters in the file.
func wished(o *casework.Opened) (preference string, languages, refused []string) {
	if e, ok := o.Latest("languages"); ok {
		preference, languages = e.Fields.One("interpreter"), e.Fields["language"]
	}
	said := map[string]bool{}
	for _, e := range o.Of(feedback.ID) { // the newest first: what was said last counts
		who := e.Fields.One("interpreter")
		if e.Fields.One("again") == "never" && !said[who] {
			refused = append(refused, who)
		}
		said[who] = said[who] || e.Fields.One("again") != ""
	}
	return preference, languages, refused
}

// minutes reads a time of the day as browsers send it, "09:30"; -1 for another.
func minutes(typed string) int {
	if typed == "24:00" {
		return 24 * 60
	}
	t, err := time.Parse("15:04", strings.TrimSpace(typed))
	if err != nil {
		return -1
	}
	return t.Hour()*60 + t.Minute()
}
