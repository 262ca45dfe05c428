// Package day is the caseworker's day and what a team agrees about its cases:
// what is due, flags, approvals by a lead, hand-over that the receiver accepts,
// views of the list, fields of the agency's own, a summary on paper, and how much
// everybody has, for the lead.
//
// The idea. One page says what today asks. What needs somebody else is a small
// state machine (see flow.go): until the other one agrees nothing changes, and the
// giver of a case stays responsible.
//
// Stored and sealed: reasons, comments and the agency's own fields are entries of
// the case file in the part that is shared with nobody. Stored and readable: who
// asked whom, when, and how far it is; the labels of the agency's own fields, which
// are its own wording and no case's; which lists somebody likes, as codes. What
// belongs to a case goes with it, views go with their owner.
//
// A notice says that something waits or was answered, and not a word more; it comes
// in the hours that the member or the agency named.
//
// It must never let somebody approve what the same person asked for or is
// responsible for, let a worker move a case to somebody who did not agree (a lead
// may, in the file itself, and open offers of the case end with it), tell the
// receiver of an offer whom the case is
// about before it is accepted, or count anything but cases by worker.
package day

import (
	"strconv"
	"strings"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/fault"
)

// Name is the room's address below a case and the first part of its text keys.
const Name = "day"

// The kinds of entries of this room, all of the part that is shared with nobody
// but the last.
const (
	Flag     = "flag"
	Comment  = "approval" // the words around one approval, version by version
	Extra    = "extra"    // the agency's own fields
	Likeness = "likeness" // what the person agreed to about a photo or a signature
)

// Subjects of approvals.
var Subjects = []string{"assessment", "plan", "closure"}

// MostFields is how many fields of its own an agency has at once, and slots how
// many there can ever be.
const (
	MostFields = 8
	slots      = 40
)

// Kinds in the order of the page.
func Kinds() []casework.Kind {
	extra := casework.Kind{ID: Extra, Room: Name, Part: casework.Notes, Single: true, Own: true}
	for i := range slots {
		extra.Fields = append(extra.Fields, ask.Field{Name: slotName(i + 1), Kind: ask.Long, Max: 500})
	}
	return []casework.Kind{
		{ID: Flag, Room: Name, Part: casework.Notes, Hint: true, Due: "day", Must: []string{"words", "day"}, Fields: []ask.Field{
			{Name: "words", Kind: ask.Short, Max: 300},
			{Name: "day", Kind: ask.Short, Max: 10},
		}},
		{ID: Likeness, Room: Name, Part: casework.Identity, Hint: true, Must: []string{"what", "agreed", "words"}, Fields: []ask.Field{
			{Name: "what", Kind: ask.Choose, Options: []string{"photo", "signature"}},
			{Name: "words", Kind: ask.Short, Max: 300},
			{Name: "agreed", Kind: ask.Choose, Options: []string{"written", "spoken", "no"}},
			{Name: "until", Kind: ask.Day},
		}},
		{ID: Comment, Room: Name, Part: casework.Notes, Own: true, Fields: []ask.Field{
			{Name: "subject", Kind: ask.Choose, Options: Subjects},
			{Name: "standing", Kind: ask.Choose, Options: []string{string(Asked), string(Approved), string(SentBack), string(Withdrawn)}},
			{Name: "words", Kind: ask.Long, Max: 2000},
		}},
		extra,
	}
}

// Agreed says whether the file says now that the person agreed to a photo or to a
// signature: what was written down last counts, until its day.
//
// req: FILE-4
func Agreed(o *casework.Opened, what string, today time.Time) bool {
	for _, e := range o.Of(Likeness) {
		if e.Fields.One("what") != what {
			continue
		}
		said, until := e.Fields.One("agreed"), e.Fields.One("until")
		return (said == "written" || said == "spoken") && (until == "" || until >= today.Format(time.DateOnly))
	}
	return false
}

func slotName(slot int) string { return "own-" + strconv.Itoa(slot) }

// Own is a field that an agency asks besides those of the file.
type Own struct {
	Slot    int
	Label   string
	Kind    string   // text, day or choice
	Options []string // of a choice
}

// OwnKinds are how an own field is answered.
var OwnKinds = []string{"text", "day", "choice"}

func (o Own) field() ask.Field {
	f := ask.Field{Name: slotName(o.Slot), Kind: ask.Short, Max: 300}
	switch o.Kind {
	case "day":
		f.Kind = ask.Day
	case "choice":
		f.Kind, f.Options = ask.Choose, o.Options
	}
	return f
}

// check says what is wrong with a field that a lead defined.
func (o Own) check() error {
	switch {
	case strings.TrimSpace(o.Label) == "":
		return fault.Fields(fault.Field{Name: "label", Key: "web.error.empty"})
	case len([]rune(o.Label)) > 80:
		return fault.Fields(fault.Field{Name: "label", Key: "casework.error.long", Args: []any{"n", 80}})
	case o.Kind != "text" && o.Kind != "day" && o.Kind != "choice":
		return fault.Fields(fault.Field{Name: "kind", Key: "web.error.choose"})
	case o.Kind == "choice" && (len(o.Options) < 2 || len(o.Options) > 12):
		return fault.Fields(fault.Field{Name: "options", Key: "day.error.options"})
	}
	for _, option := range o.Options {
		if len([]rune(option)) > 60 {
			return fault.Fields(fault.Field{Name: "options", Key: "casework.error.long", Args: []any{"n", 60}})
		}
	}
	return nil
}

// Approval is what somebody asked a lead to look at.
type Approval struct {
	ID, CaseID, AgencyID   string
	Subject                string
	State                  Standing
	AskedBy                string
	AskedName, DecidedName string
	At                     time.Time // of the last step
	Rev                    int64
}

// HandOver is an offer to take over a case.
type HandOver struct {
	ID, CaseID, AgencyID string
	From, FromName, To   string
	State                Offer
	At                   time.Time
}

// Code is the short name of the case, which opens nothing.
func (h HandOver) Code() string { return casework.Row{ID: h.CaseID}.Code() }
