package desk

import (
	"slices"
	"strings"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/web"
)

var (
	queuePage      = web.NewPage[queueData](pageFiles, "page/suggestions.html")
	suggestionPage = web.NewPage[suggestionData](pageFiles, "page/suggestion.html")
)

// queueData is what waits for an editor.
type queueData struct {
	Waiting []suggestionLine
	Settled []suggestionLine
}

type suggestionLine struct {
	Href, Name, What  string
	Who, When, State  string
	Kind, Answer      string
	Contacts, Waiting bool
}

var stateLook = map[directory.State]string{directory.Waiting: "soon", directory.Accepted: "ok", directory.Refused: "plain", directory.Replaced: "plain"}

func (t *teller) suggestionLine(s directory.Suggestion) suggestionLine {
	c := t.c
	row := s.Row
	if s.Remove {
		row = s.Base
	}
	name := nameOf(row).in(c.Lang)
	who := s.By.Name
	if way := c.T("desk.way." + string(s.By.Way)); who == "" {
		who = way
	} else {
		who += " (" + way + ")"
	}
	var what []string
	switch {
	case s.New:
		what = append(what, c.T("desk.act.created"))
	case s.Remove:
		what = append(what, c.T("desk.act.removed"))
	default:
		for _, d := range t.differences(s.Base, s.Row) {
			what = append(what, d.Label)
		}
		if told := t.told(s); told != "" {
			what = append(what, told)
		}
		if len(what) == 0 && s.Note != "" {
			what = append(what, s.Note)
		}
	}
	return suggestionLine{Href: c.Path("/desk/suggestions/" + s.ID), Name: name, What: strings.Join(what[:min(4, len(what))], ", "), Who: who, When: c.Ago(s.At),
		State: c.T("desk.suggestion." + string(s.State)), Kind: stateLook[s.State], Answer: s.Answer, Contacts: len(s.Contacts) > 0, Waiting: s.State == directory.Waiting}
}

// told says in the reader's words what a suggestion says beside its changes.
func (t *teller) told(s directory.Suggestion) string {
	words := strings.Fields(s.Told)
	switch {
	case len(words) == 0:
		return ""
	case words[0] == directory.ToldGone:
		return t.c.T("round.note.gone")
	}
	parts := make([]string, 0, len(words))
	for _, p := range words[1:] {
		parts = append(parts, t.c.T("round.part."+p))
	}
	return t.c.T("round.note.wrong") + " " + strings.Join(parts, ", ")
}

func (k *Desk) suggestions(c *web.Ctx) error {
	t, err := k.teller(c)
	if err != nil {
		return err
	}
	var data queueData
	err = k.within(c, func(tx *db.Tx) error {
		if err := k.mustEdit(tx, c.Viewer); err != nil {
			return err
		}
		for state, into := range map[directory.State]*[]suggestionLine{directory.Waiting: &data.Waiting, directory.Accepted: &data.Settled, directory.Refused: &data.Settled} {
			list, err := k.d.Suggestions(tx, state)
			if err != nil {
				return err
			}
			if state != directory.Waiting {
				list = list[max(0, len(list)-15):]
			}
			for _, s := range list {
				*into = append(*into, t.suggestionLine(s))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return queuePage.Render(c, data)
}

// suggestionData is one suggestion beside what is there now.
type suggestionData struct {
	Line          suggestionLine
	Told          string // in the reader's words
	Note          string // as it was typed
	NoteLang      string // of the note
	Language      string // its name, when it is not the page's
	Body, Back    string // of the entry, for who may edit it; where the page comes from
	Action        string
	Changes       []Difference
	MustCall      bool
	Numbers       []web.Choice
	Known         []knownNumber
	May           bool // settle it
	Own           bool // it is the viewer's own
	Opens         bool // a hidden address would be seen
	Changed       bool // the row was changed since
	CalledText    string
	SettledBy, At string
	Gone          bool
}

type knownNumber struct{ Number, Shown string }

type suggested struct {
	s      directory.Suggestion
	now    directory.Row
	gone   bool
	may    rights
	settle bool
	known  []string
}

func (k *Desk) readSuggestion(tx *db.Tx, c *web.Ctx) (out suggested, err error) {
	if out.s, err = k.d.Suggestion(tx, c.Param("id")); err != nil {
		return out, err
	}
	if out.may, err = k.may(tx, c.Viewer, out.s.Organization); err != nil {
		return out, err
	}
	out.settle = k.d.Require(tx, c.Viewer.Actor(), "directory.settle", out.s.Organization, otherAgency(out.s)) == nil
	out.now, err = k.d.Row(tx, out.s.Row.Kind, out.s.Row.ID)
	if fault.KindOf(err) == fault.NotFound {
		out.gone, err = true, nil
		out.now = directory.Row{Kind: out.s.Row.Kind, ID: out.s.Row.ID, Parent: out.s.Row.Parent}
	}
	if err != nil {
		return out, err
	}
	out.known, err = k.d.Known(tx, out.s.Organization)
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	return out, err
}

// otherAgency is the agency that a suggestion came from, as the policy asks it.
// Editors may sit in one agency: of what one of them suggests, the second
// person must be another person, which Settle demands, not another agency.
func otherAgency(s directory.Suggestion) string {
	if s.By.Way == directory.ByEditor {
		return ""
	}
	return s.By.Agency
}

func (k *Desk) suggestion(c *web.Ctx) error {
	t, err := k.teller(c)
	if err != nil {
		return err
	}
	var in suggested
	err = k.within(c, func(tx *db.Tx) (err error) { in, err = k.readSuggestion(tx, c); return err })
	if err != nil {
		return err
	}
	s := in.s
	data := suggestionData{Line: t.suggestionLine(s), Note: s.Note, Back: c.Path("/desk/suggestions"), Action: c.Path("/desk/suggestions/" + s.ID),
		MustCall: len(s.Contacts) > 0, May: in.settle && s.State == directory.Waiting, Own: s.By.User != "" && s.By.User == c.Viewer.UserID, Gone: in.gone, CalledText: s.Called}
	data.Told, data.NoteLang = t.told(s), s.NoteLang
	if s.NoteLang != "" && s.NoteLang != c.Lang {
		data.Language = directory.Capital(directory.LanguageName(c.Lang, s.NoteLang))
	}
	if data.Body = c.Path("/desk/" + s.Organization); !in.may.Edit {
		data.Back, data.Body = data.Body, ""
	}
	switch {
	case s.Remove:
		data.Changes = t.differences(in.now, directory.Row{Kind: s.Row.Kind})
	case s.State == directory.Waiting && !in.gone:
		merged, conflicts, err := directory.Merge(s.Base, s.Row, in.now)
		if err != nil {
			return err
		}
		data.Changed = len(conflicts) > 0
		data.Changes = t.differences(in.now, merged)
		if data.Changed {
			data.Changes = t.differences(in.now, s.Row)
		}
		data.Opens = opens(in.now, s.Row)
	default:
		data.Changes = t.differences(s.Base, s.Row)
	}
	if !s.Settled.IsZero() {
		data.SettledBy, data.At = s.SettledName, c.DateTime(s.Settled)
	}
	for _, n := range in.known {
		p := directory.Phone{Number: n}
		if !strings.HasPrefix(n, "+") {
			p = directory.Phone{Short: n}
		}
		data.Known = append(data.Known, knownNumber{n, p.Shown()})
		data.Numbers = append(data.Numbers, web.Choice{Value: n, Label: p.Shown()})
	}
	return suggestionPage.Render(c, data)
}

// settle accepts or refuses a suggestion. With whom the editor spoke is part of
// what stays with it.
func (k *Desk) settle(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	word := directory.Settling{Accept: f.Value("do") == "accept", Called: f.Value("called"), NoCall: f.Value("no-call"), Answer: f.Value("answer")}
	if spoke := f.Value("spoke"); spoke != "" && word.Called != "" {
		word.Answer = strings.TrimSpace(word.Answer + "\n\n" + c.T("desk.suggestion.spoke-with", "who", spoke, "number", word.Called))
	}
	done := "desk.suggestion.done"
	err = k.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		in, err := k.readSuggestion(tx, c)
		if err != nil {
			return err
		}
		if in.s.OnlyWords() {
			done = "desk.work.noted"
		}
		if !in.settle {
			return fault.New(fault.Denied, "")
		}
		if again, err := pressedAgain(tx, c, f); err != nil || again {
			return err
		}
		if word.Accept && word.Called != "" && !slices.Contains(in.known, word.Called) {
			return fault.Fields(fault.Field{Name: "called", Key: "directory.error.called"})
		}
		return k.d.Settle(tx, by(c.Viewer, in.may), c.Now(), in.s.ID, word)
	})
	if f.Add(err) {
		return k.suggestion(c)
	}
	if fault.KindOf(err) == fault.Stale {
		f.Error("", "desk.suggestion.changed")
		return k.suggestion(c)
	}
	if err != nil {
		return err
	}
	k.d.Refresh()
	if word.Accept {
		c.Flash(done)
	} else {
		c.Flash("desk.suggestion.refused-done")
	}
	return c.Redirect("/desk/suggestions")
}
