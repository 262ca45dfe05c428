package round

import (
	"context"
	"slices"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
)

// Opened is what a link shows: the body's entry as stored, with what the body
// itself suggested and no editor decided yet laid over it.
type Opened struct {
	Round
	Body
	Organization directory.Row
	Rows         []Shown // services, each followed by its places
	Waiting      int     // suggestions of the body that wait for an editor
}

// Shown is one row as stored, and as the body last wrote it.
type Shown struct{ Stored, Mine directory.Row }

// Open reads what a link is for. It changes nothing: mail scanners open links,
// and so do people who only look.
//
// Errors: errLink.
//
// req: ROUND-5
func (s *Service) Open(ctx context.Context, secret string) (o Opened, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		o = Opened{}
		if o.Round, o.Body, err = s.open(tx, secret); err != nil {
			return err
		}
		return s.fill(tx, &o)
	})
	return o, err
}

func (s *Service) fill(tx *db.Tx, o *Opened) error {
	tree, err := s.cfg.Directory.Tree(tx, o.Body.Organization)
	if fault.KindOf(err) == fault.NotFound {
		return errLink // an editor took it out
	}
	if err != nil {
		return err
	}
	waiting, err := s.cfg.Directory.SuggestionsOf(tx, o.Body.Organization)
	if err != nil {
		return err
	}
	o.Organization = tree.Organization
	mine := map[string]directory.Row{}
	for _, w := range waiting {
		if w.State != directory.Waiting || w.By.User != author(o.Body) {
			continue
		}
		o.Waiting++
		if !w.New && !w.Remove {
			mine[string(w.Row.Kind)+"/"+w.Row.ID] = w.Row
		}
	}
	add := func(r directory.Row) {
		one := Shown{r, r}
		if m, ok := mine[string(r.Kind)+"/"+r.ID]; ok && m.Revision == r.Revision {
			one.Mine = m
		}
		o.Rows = append(o.Rows, one)
	}
	for _, v := range tree.Services {
		if !askable(v.Service) {
			continue // an editor asks about what is not published
		}
		add(v)
		for _, p := range tree.Places[v.ID] {
			if p.Place.Hide[directory.HideEntry] == directory.Public {
				add(p)
			}
		}
	}
	return nil
}

// author is how a body's own answers are known from others', without a person.
func author(b Body) string { return "link/" + b.Organization }

// Answers is what a body says about its entry.
type Answers struct {
	All    bool // everything is still right
	Gone   bool // it no longer exists, or wants to be taken out
	Rows   []RowAnswer
	Remark string
	Lang   string // in which remark and notes are written
}

// RowAnswer is the part of it that is about one row.
type RowAnswer struct {
	Row      directory.Row    // as it should be
	Changed  bool             // it differs from what was shown
	Right    []directory.Part // still right
	Wrong    []directory.Part // not right, whether corrected or not
	Note     string
	Revision int64 // that the body saw
}

// empty tells that nothing at all was answered.
func (a Answers) empty() bool {
	return !a.All && !a.Gone && a.Remark == "" && !slices.ContainsFunc(a.Rows, func(r RowAnswer) bool {
		return r.Changed || r.Note != "" || len(r.Right)+len(r.Wrong) > 0
	})
}

// Answer takes a body's answers: what is right counts as verified by its link;
// what it corrects waits for an editor as a suggestion, contacts included; that
// it is gone is for an editor to make sure of by a call. A link can answer
// again until its round ends.
//
// Errors: errLink; fault.Invalid when nothing was answered or a correction
// breaks the rules; fault.Stale when an editor changed the entry meanwhile.
//
// req: ROUND-6
func (s *Service) Answer(ctx context.Context, secret, once string, a Answers) error {
	if a.empty() {
		return fault.Fields(fault.Field{Name: "remark", Key: "round.error.empty"})
	}
	err := s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		r, b, err := s.open(tx, secret)
		if err != nil {
			return err
		}
		now := s.cfg.Now()
		if first, err := db.Once(tx, "round.answer", once, now); err != nil || !first {
			return err
		}
		o := Opened{Round: r, Body: b}
		if err := s.fill(tx, &o); err != nil {
			return err
		}
		by := directory.By{User: author(b), Name: b.Name, Way: directory.ByLink}
		word, err := s.take(tx, by, now, o, a)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(answerStmt, string(word), "link", clock.Millis(now), b.Round, b.Organization); err != nil {
			return err
		}
		return audit.Record(tx, audit.Event{At: now, Actor: by.User, Action: "round.answered", Object: "round/" + b.Round + "/" + b.Organization, Purpose: string(word)})
	})
	s.cfg.Directory.Refresh()
	return err
}

// take writes the answers down, and says what they come to.
func (s *Service) take(tx *db.Tx, by directory.By, now time.Time, o Opened, a Answers) (Answer, error) {
	word := Confirmed
	if o.Waiting > 0 {
		word = Corrected // earlier corrections still wait
	}
	if a.All {
		return word, s.allRight(tx, by, now, o)
	}
	for _, row := range a.Rows {
		changed, err := s.takeRow(tx, by, now, row, a.Lang)
		if err != nil {
			return "", err
		}
		if changed {
			word = Corrected
		}
	}
	if a.Remark != "" || a.Gone {
		told := ""
		if a.Gone {
			word, told = Gone, directory.ToldGone
		} else if word == Confirmed {
			word = Corrected
		}
		if _, err := s.cfg.Directory.Suggest(tx, by, now, directory.Change{Row: o.Organization, Note: a.Remark, NoteLang: a.Lang, Told: told}); err != nil {
			return "", err
		}
	}
	return word, nil
}

// allRight verifies every part that the body's entry has, but for those that
// the body itself corrected before and no editor read yet.
func (s *Service) allRight(tx *db.Tx, by directory.By, now time.Time, o Opened) error {
	for _, r := range o.Rows {
		corrected := directory.PartsOf(r.Stored.Kind, differences(r.Stored, r.Mine))
		right := slices.DeleteFunc(partsOf(r.Stored), func(p directory.Part) bool { return slices.Contains(corrected, p) || unseen(r.Stored, p) })
		if err := s.cfg.Directory.Verify(tx, by, now, r.Stored.Kind, r.Stored.ID, directory.ByTheLink, right...); err != nil {
			return err
		}
	}
	return nil
}

// unseen tells whether a part stands on no page of a link, since its field is
// hidden: nobody called it right.
func unseen(r directory.Row, p directory.Part) bool {
	field := map[directory.Part]string{directory.PartHours: "Hours", directory.PartLanguages: "Languages", directory.PartInforms: "MustInform"}[p]
	return field != "" && r.Service != nil && r.Service.Hide[field] != directory.Public
}

// takeRow verifies what is right of a row and suggests what is not.
func (s *Service) takeRow(tx *db.Tx, by directory.By, now time.Time, a RowAnswer, lang string) (changed bool, err error) {
	now0, err := s.cfg.Directory.Row(tx, a.Row.Kind, a.Row.ID)
	if err != nil {
		return false, err
	}
	if now0.Revision != a.Revision {
		return false, fault.New(fault.Stale, "round.error.stale")
	}
	if err := s.cfg.Directory.Verify(tx, by, now, a.Row.Kind, a.Row.ID, directory.ByTheLink, a.Right...); err != nil {
		return false, err
	}
	if !a.Changed && a.Note == "" && len(a.Wrong) == 0 {
		return false, nil
	}
	told := ""
	if !a.Changed && len(a.Wrong) > 0 {
		told = directory.ToldWrong
		for _, p := range a.Wrong {
			told += " " + string(p)
		}
	}
	_, err = s.cfg.Directory.Suggest(tx, by, now, directory.Change{Row: a.Row, Note: a.Note, NoteLang: lang, Told: told})
	return true, err
}

// partsOf are the parts that a row has something to say about.
func partsOf(r directory.Row) []directory.Part {
	var out []directory.Part
	add := func(p directory.Part, has bool) {
		if has {
			out = append(out, p)
		}
	}
	switch {
	case r.Service != nil:
		v := r.Service
		add(directory.PartPhones, len(v.Phones) > 0)
		add(directory.PartEmails, len(v.Emails) > 0)
		add(directory.PartHours, v.Hours.Known())
		add(directory.PartLanguages, len(v.Languages) > 0 || v.AnyLanguage || v.Interpreted > 0)
		add(directory.PartTakes, true)
		add(directory.PartInforms, len(v.MustInform) > 0)
	case r.Place != nil:
		p := r.Place
		add(directory.PartPhones, len(p.Phones) > 0)
		add(directory.PartEmails, len(p.Emails) > 0)
		add(directory.PartHours, p.Hours.Known())
		add(directory.PartAddress, p.Street != "" || p.Town != "")
	}
	return out
}
