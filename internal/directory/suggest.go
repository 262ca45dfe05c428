package directory

import (
	"slices"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
)

// State is where a suggestion stands.
type State string

// The states: waiting, then one of the others, for good.
const (
	Waiting  State = "waiting"
	Accepted State = "accepted"
	Refused  State = "refused"
	Replaced State = "replaced" // the same author suggested again
)

// Suggestion is what somebody would change in a row, until an editor decides.
// Owners and their links suggest contacts; public reports suggest nothing but
// words (Note) on an unchanged row.
type Suggestion struct {
	ID           string
	Organization string // to which the row belongs
	Row          Row    // as it should be; without content when Remove
	Base         Row    // as its author saw it; without content when New
	New, Remove  bool
	Contacts     []string // the contact fields that would change
	By           By
	Note         string
	NoteLang     string // in which Note is written; "" when that is not known
	Told         string // see Change
	At           time.Time
	State        State

	SettledBy, SettledName string
	Settled                time.Time
	Called                 string // the number that the editor called
	Answer                 string // the editor's words to the author
}

// OnlyWords tells that a suggestion changes nothing by itself: an editor reads
// it, and sees to it.
func (s Suggestion) OnlyWords() bool {
	if s.New || s.Remove {
		return false
	}
	changed, err := Differences(s.Base, s.Row)
	return err == nil && len(changed) == 0
}

// What the program says of a suggestion in the words of whoever reads it.
const (
	ToldGone  = "gone"  // the body no longer exists, or wants to be taken out
	ToldWrong = "wrong" // the parts that follow are not right
)

// Suggest leaves a change for an editor. An author who suggests again for the
// same row replaces the earlier suggestion.
//
// Errors: those of Change for a row that is not there or breaks the rules.
func (d *Directory) Suggest(tx *db.Tx, by By, at time.Time, c Change) (suggestion string, err error) {
	old, found, err := readRow(tx, c.Row.Kind, c.Row.ID)
	switch {
	case err != nil:
		return "", err
	case !found && !c.New:
		return "", fault.New(fault.NotFound, "web.error.not-found")
	case found && c.New:
		return "", fault.New(fault.Conflict, "directory.error.taken")
	}
	if found {
		c.Row.Parent = old.Parent
	}
	s := Suggestion{ID: id.New(), Row: c.Row, Base: old, New: c.New, Remove: c.Remove, By: by, Note: strings.TrimSpace(c.Note), NoteLang: c.NoteLang, Told: c.Told, At: at, State: Waiting}
	within, err := organizationOf(tx, c.Row)
	if err != nil {
		return "", err
	}
	s.Organization = within.ID
	if err := s.check(tx, within); err != nil {
		return "", err
	}
	baseDoc, doc := "", ""
	if found {
		if baseDoc, err = old.document(); err != nil {
			return "", err
		}
	}
	if !c.Remove {
		if doc, err = c.Row.document(); err != nil {
			return "", err
		}
	}
	if _, err := tx.Exec(replaceWaitingStmt, clock.Millis(at), string(c.Row.Kind), c.Row.ID, by.User, string(by.Way)); err != nil {
		return "", err
	}
	if err := insertSuggestion(tx, s, baseDoc, doc); err != nil {
		return "", err
	}
	return s.ID, audit.Record(tx, audit.Event{At: at, Actor: by.User, Agency: by.Agency, Action: "directory.suggested",
		Object: "directory/" + string(c.Row.Kind) + "/" + c.Row.ID, Purpose: string(by.Way)})
}

// check holds the row against the rules and notes which contacts change.
func (s *Suggestion) check(tx *db.Tx, within Organization) (err error) {
	if s.Contacts, err = Contacts(s.Base, s.after()); err != nil || s.Remove {
		return err
	}
	vocab, err := readVocabulary(tx)
	if err != nil {
		return err
	}
	if problems := CheckRow(s.Row, within, vocab); len(problems) > 0 {
		return faultOf(problems)
	}
	return nil
}

// after is the row as it will be; a removed one has no content.
func (s *Suggestion) after() Row {
	if s.Remove {
		return Row{Kind: s.Row.Kind, ID: s.Row.ID, Parent: s.Row.Parent}
	}
	return s.Row
}

// Settling is an editor's word on a suggestion.
type Settling struct {
	Accept bool
	Called string // the number that was called, as the directory had it before; see Known
	NoCall string // why no known number could be called, and how it was made sure instead
	Answer string // to the author
}

// Settle accepts or refuses. A change of contacts is accepted only when the
// editor called a number that the directory had before the suggestion, or says
// why none could be called: who writes to us may not be who they say.
//
// What others changed since the suggestion stays; a field that both changed
// makes it fault.Stale, and the editor decides in the form.
//
// Errors: fault.Conflict when it is settled already; fault.Invalid on "called".
//
// req: DIRECTORY-9
func (d *Directory) Settle(tx *db.Tx, by By, at time.Time, suggestion string, word Settling) error {
	s, err := d.Suggestion(tx, suggestion)
	if err != nil {
		return err
	}
	if s.State != Waiting {
		return fault.New(fault.Conflict, "directory.error.settled")
	}
	if s.By.User != "" && s.By.User == by.User && word.Accept {
		return fault.New(fault.Denied, "desk.problem.own") // two pairs of eyes
	}
	state, called := Refused, ""
	if word.Accept {
		state = Accepted
		if called, err = d.assured(tx, s, word); err != nil {
			return err
		}
		if err := d.accept(tx, by, at, s, called); err != nil {
			return err
		}
	}
	n, err := tx.Exec(settleSuggestionStmt, string(state), by.User, by.Name, clock.Millis(at), called, strings.TrimSpace(word.Answer), s.ID)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "directory.error.settled")
	}
	if err != nil {
		return err
	}
	return audit.Record(tx, audit.Event{At: at, Actor: by.User, Agency: by.Agency, Action: "directory." + string(state),
		Object: "directory/suggestion/" + s.ID, Purpose: "settle"})
}

// assured says by which call an editor made sure of changed contacts; "" when
// no contact changes.
func (d *Directory) assured(tx *db.Tx, s Suggestion, word Settling) (string, error) {
	if len(s.Contacts) == 0 {
		return "", nil
	}
	known, err := d.Known(tx, s.Organization)
	if err != nil {
		return "", err
	}
	reason := strings.TrimSpace(word.NoCall)
	switch {
	case slices.Contains(known, word.Called):
		return word.Called, nil
	case word.Called == "" && len([]rune(reason)) >= 10:
		return "-: " + reason, nil
	}
	return "", fault.Fields(fault.Field{Name: "called", Key: "directory.error.called"})
}

// accept merges a suggestion into what the row is now. What was changed after a
// call counts as verified by that call; what the body itself wrote, by its word.
func (d *Directory) accept(tx *db.Tx, by By, at time.Time, s Suggestion, called string) error {
	if s.OnlyWords() {
		return nil // an unchanged row is not edited: the next release still fast-forwards it
	}
	change := Change{Row: s.Row, New: s.New, Remove: s.Remove, Note: s.Note, Confirmed: true}
	if err := change.sureBy(s, called); err != nil {
		return err
	}
	if !s.New {
		now, err := d.Row(tx, s.Row.Kind, s.Row.ID)
		if err != nil {
			return err
		}
		if !s.Remove {
			merged, conflicts, err := Merge(s.Base, s.Row, now)
			if err != nil {
				return err
			}
			if len(conflicts) > 0 {
				return fault.New(fault.Stale, "directory.error.stale", "name", now.Name())
			}
			change.Row = merged
		}
		change.Row.Revision = now.Revision
	}
	by.Way = s.By.Way // the history says where it came from; the editor is its author of record
	return d.Change(tx, by, at, change)
}

// sureBy says what is verified by accepting a suggestion.
func (c *Change) sureBy(s Suggestion, called string) error {
	if s.New || s.Remove {
		return nil
	}
	parts, err := touchedParts(s.Base, s.Row)
	if err != nil {
		return err
	}
	how := map[Way]How{ByLink: ByTheLink, ByOwner: ByAccount}[s.By.Way]
	if called != "" && !strings.HasPrefix(called, "-") {
		how = ByTelephone
	}
	if how != "" {
		c.Sure = Sure{How: how, Parts: parts}
	}
	return nil
}

// Known are the telephone numbers of an organisation as the directory has them
// now, E.164 or short, without faxes: the numbers that an editor may call to
// make sure.
func (d *Directory) Known(tx *db.Tx, organization string) ([]string, error) {
	tree, err := d.Tree(tx, organization)
	if err != nil {
		return nil, err
	}
	var out []string
	add := func(phones []Phone) {
		for _, p := range phones {
			if n := p.Number + p.Short; p.Kind != "fax" && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	for _, s := range tree.Services {
		add(s.Service.Phones)
		for _, p := range tree.Places[s.ID] {
			add(p.Place.Phones)
		}
	}
	return out, nil
}

// Suggestion is one suggestion. Errors: fault.NotFound.
func (d *Directory) Suggestion(tx *db.Tx, suggestion string) (Suggestion, error) {
	return db.First(readSuggestions(tx, suggestionStmt, suggestion))
}

// Suggestions lists those in a state, the oldest first, at most 1000.
func (d *Directory) Suggestions(tx *db.Tx, state State) ([]Suggestion, error) {
	return readSuggestions(tx, suggestionsStmt, string(state))
}

// SuggestionsOf lists those of an organisation, the newest first.
func (d *Directory) SuggestionsOf(tx *db.Tx, organization string) ([]Suggestion, error) {
	return readSuggestions(tx, suggestionsOfStmt, organization)
}

// Proposals lists what the newest release would change in rows that were
// edited or taken out here.
func (d *Directory) Proposals(tx *db.Tx) ([]Proposal, error) { return readProposals(tx, proposalsStmt) }

// Decide takes or leaves what a release proposes. It is not proposed again
// until a release brings something else. Errors: fault.NotFound, and those of
// Change.
func (d *Directory) Decide(tx *db.Tx, by By, at time.Time, kind Kind, rowID string, take bool) error {
	p, err := db.First(readProposals(tx, proposalStmt, string(kind), rowID))
	if err != nil {
		return err
	}
	if take {
		now, found, err := readRow(tx, kind, rowID)
		if err != nil {
			return err
		}
		by.Way = ByRelease
		change := Change{Row: p.Row, New: !found, Remove: p.Removes}
		change.Row.Revision = now.Revision
		if found || !p.Removes {
			if err := d.Change(tx, by, at, change); err != nil {
				return err
			}
		}
	}
	if err := takeOrigin(tx, p); err != nil {
		return err
	}
	if _, err := tx.Exec(dropProposalStmt, string(kind), rowID); err != nil {
		return err
	}
	return audit.Record(tx, audit.Event{At: at, Actor: by.User, Agency: by.Agency, Action: "directory.decided",
		Object: "directory/" + string(kind) + "/" + rowID, Purpose: map[bool]string{true: "taken", false: "left"}[take]})
}
