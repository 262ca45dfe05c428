package own

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// The permanent logical names of what is sealed here.
const (
	sealKey     = "casework.own.key"
	sealCode    = "casework.own.code"
	sealSheet   = "casework.own.sheet"
	sealWord    = "casework.own.word"
	sealSession = "casework.own.session"
)

// Agencies is what the room needs of the organisations.
type Agencies interface {
	OwnKey(tx *db.Tx, agencyID string) (keyID string, key vault.PublicKey, err error)
	// OpenKey opens an agency key with the viewer's. Errors: fault.Unlock.
	OpenKey(tx *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error)
	Name(tx *db.Tx, agencyID string) (string, error)
}

// Config is what the service is made of.
type Config struct {
	DB       *db.DB
	Now      clock.Clock
	Secret   *vault.ServerSecret
	Cases    *casework.Service
	Agencies Agencies
	// Standing is what is shared of a case, as far as the person may know, and what
	// the person said yes to.
	Standing func(tx *db.Tx, caseID string) ([]Shared, error)
	// TakeBack takes a line back on the person's word; it needs no key.
	TakeBack func(tx *db.Tx, caseID, line string) error
	// Tell says to a member that something waits.
	Tell func(tx *db.Tx, userID string) error
	// Remember is told that a card was taken back, so that a restored backup does
	// not bring it back; nil: nobody is told.
	Remember func(tx *db.Tx, cardID string, at time.Time) error
	// Say is a text for the person; key as "own.title".
	Say func(lang, key string, args map[string]string) string
	// Checked says how far a language was checked.
	Checked func(lang string) string
	MayTry  func(c *web.Ctx) bool // bounds how often an address tries; nil: never
	Address string                // of the site, for what the person has to remember
}

// Service does what is done with cards.
type Service struct {
	Config
	unlock func(env, password []byte, at vault.Binding) ([]byte, error)
	spend  func(password []byte) error
}

// New makes the service.
func New(cfg Config) *Service { return &Service{cfg, vault.UnlockPassword, vault.SpendPassword} }

// Room is the cards' place in the file.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: room, Icon: "user-key", Kinds: kinds, Glance: s.glance, Wrote: s.wrote, Acted: s.acted, Forget: forget, Export: s.export}
}

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

// View is the room as a member of the case's own agency sees it.
type View struct {
	*casework.Opened
	Wish  ask.Answer // what was answered; nil: not asked yet
	Card  *Card      // nil: none is on
	Code  string     // of the card, for printing
	Words []Word
	Note  string // what the card says from the agency now
	Stale bool   // the card shows times or places of appointments that changed

	wishRev int64 // version of the answer; 0: not asked yet
}

// Look reads the room. No other agency has it, whatever it was given.
func (s *Service) Look(ctx context.Context, v *web.Viewer, caseID string) (*View, error) {
	o, err := s.Cases.Look(ctx, v, caseID)
	if err != nil {
		return nil, err
	}
	return s.look(ctx, v, o)
}

// look reads the room of an opened case.
//
// req: OWN-6
func (s *Service) look(ctx context.Context, v *web.Viewer, o *casework.Opened) (*View, error) {
	if !o.Own {
		return nil, errNotFound
	}
	w := &View{Opened: o}
	if e, there := o.Latest(kindWish); there {
		w.Wish, w.wishRev = e.Fields, e.Rev
	}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		w.Card = nil
		c, ok, err := one(tx, cardOfStmt, o.ID)
		if err != nil {
			return err
		}
		if w.Words, err = s.opened(tx, v, o); err != nil || !ok {
			return err
		}
		w.Card = &c
		key, err := s.Agencies.OpenKey(tx, v, c.codeKey)
		if err != nil {
			return err
		}
		code, err := key.Open(c.code, codePlace(c))
		w.Code = string(code)
		return fault.Wrap(err, "open code of", c.ID)
	})
	if err == nil && w.Card != nil {
		w.Stale = stale(*w.Card, o)
		if i := slices.IndexFunc(w.Words, func(x Word) bool { return x.Kind == note }); i >= 0 && !w.Words[i].At.Before(w.Card.Made) {
			w.Note = w.Words[i].Text
		}
	}
	return w, err
}

// opened are the words of a case, opened as far as the viewer's keys do.
func (s *Service) opened(tx *db.Tx, v *web.Viewer, o *casework.Opened) ([]Word, error) {
	list, err := words(tx, o.ID)
	if err != nil {
		return nil, err
	}
	keys := map[string]*vault.PrivateKey{}
	for i, w := range list {
		if len(w.env) == 0 {
			continue
		}
		if keys[w.keyID] == nil {
			if keys[w.keyID], err = s.Agencies.OpenKey(tx, v, w.keyID); fault.KindOf(err) == fault.Unavailable {
				list[i].Closed = true // a key that this member was never given
				continue
			}
			if err != nil {
				return nil, err
			}
		}
		text, err := keys[w.keyID].Open(w.env, wordPlace(w))
		if err != nil {
			return nil, fault.Wrap(err, "open words", w.ID)
		}
		list[i].Text = string(text)
	}
	return list, nil
}

func codePlace(c Card) vault.Binding {
	return vault.Binding{Field: sealCode, Row: c.ID, Scope: c.AgencyID}
}

func keyPlace(c Card) vault.Binding { return vault.Binding{Field: sealKey, Row: c.ID, Scope: c.CaseID} }

func sheetPlace(c Card) vault.Binding {
	return vault.Binding{Field: sealSheet, Row: c.ID, Scope: c.CaseID}
}

func wordPlace(w Word) vault.Binding {
	return vault.Binding{Field: sealWord, Row: w.ID, Scope: w.CaseID}
}

// password is what the card's private key is locked under: Argon2id runs over
// it. Without the server's secret, which lies in no database and no backup,
// nobody can even begin to try.
//
// req: OWN-3
func (s *Service) password(code, secret string) []byte {
	return s.Secret.MAC("own card", []byte(code+"\n"+secret))
}

func (s *Service) hash(code string) string { return s.Secret.Fingerprint("own card", code) }

// Order is a card that worker and person agreed on.
type Order struct {
	Once          string
	Design        string
	Shows         []string
	Secret, Again string
	Code          string // of the demo's card, which everybody knows; "": a new one
}

func (in Order) check() error {
	var wrong []fault.Field
	if !slices.Contains(Designs, in.Design) {
		wrong = append(wrong, fault.Field{Name: "design", Key: "web.error.choose"})
	}
	for _, show := range in.Shows {
		if !slices.Contains(Shows, show) {
			return errNotFound
		}
	}
	switch secret := Secret(in.Secret); {
	case !Strong(secret):
		wrong = append(wrong, fault.Field{Name: "secret", Key: "own.error.weak"})
	case secret != Secret(in.Again):
		wrong = append(wrong, fault.Field{Name: "again", Key: "own.error.again"})
	}
	return fault.Fields(wrong...)
}

var errNotNow = fault.New(fault.Conflict, "own.error.not-now")

// mayGive asks whether the viewer may give a card or take its code in hand: a card
// opens the case to whoever holds it, so it is giving parts away. Who may only
// write, as a colleague in danger, has none of it.
//
// req: OWN-6
func (s *Service) mayGive(ctx context.Context, v *web.Viewer, caseID string) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := s.Cases.Require(tx, v, caseID, "case.grant")
		return err
	})
}

// Give makes a card and takes back the one before. It is refused while the file
// says that the person lives with whoever does harm, that this is not known, or
// that the person does not want one; also when that was written, or the case
// closed, while the card was being made.
// Errors: fault.Invalid with fields; fault.Conflict; fault.NotFound; fault.Denied.
//
// req: OWN-1
func (s *Service) Give(ctx context.Context, v *web.Viewer, caseID string, in Order) error {
	w, err := s.givable(ctx, v, caseID)
	if err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	c, err := s.made(ctx, w, v, in)
	if err != nil {
		return err
	}
	return s.put(ctx, v, w, c)
}

// givable is the room of a case in which the viewer may give a card now.
//
// req: OWN-1
func (s *Service) givable(ctx context.Context, v *web.Viewer, caseID string) (*View, error) {
	w, err := s.Look(ctx, v, caseID)
	if err != nil {
		return nil, err
	}
	if err := s.mayGive(ctx, v, caseID); err != nil {
		return nil, err
	}
	if !mayHave(w.Wish) || w.State != casework.Open {
		return nil, errNotNow
	}
	return w, nil
}

// put writes a card that was made for the room as it was in w.
//
// req: OWN-1
func (s *Service) put(ctx context.Context, v *web.Viewer, w *View, c Card) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		caseID := w.ID
		row, err := s.Cases.Require(tx, v, caseID, "case.grant")
		if err != nil {
			return err
		}
		wish, err := casework.OnlyEntry(tx, caseID, kindWish)
		if err != nil {
			return err
		}
		if row.State != casework.Open || wish.Rev != w.wishRev {
			return errNotNow
		}
		if _, there, err := one(tx, cardStmt, c.ID); err != nil || there { // the button was pressed twice
			return err
		}
		if err := s.end(tx, v, caseID, ""); err != nil {
			return err
		}
		if _, err := insert(tx, c); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, caseID, room, "give", casework.Safety, "")
	})
}

// made is a new card with its keys. It runs a password derivation and belongs
// outside any transaction.
func (s *Service) made(ctx context.Context, w *View, v *web.Viewer, in Order) (Card, error) {
	c := Card{ID: in.Once, CaseID: w.ID, AgencyID: w.AgencyID, Lock: Lock{State: On}, Design: in.Design, Shows: in.Shows, Made: s.Now(), By: v.Name, Changed: s.Now()}
	if !id.Valid(c.ID) {
		c.ID = id.New()
	}
	code := in.Code
	if code == "" {
		code = newCode()
	}
	plain, _ := ParseCode(code)
	c.hash = s.hash(plain)
	var public vault.PublicKey
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) { c.codeKey, public, err = s.Agencies.OwnKey(tx, c.AgencyID); return err })
	if err != nil {
		return c, err
	}
	if c.code, err = vault.SealTo(public, []byte(code), codePlace(c)); err != nil {
		return c, err
	}
	key, err := vault.NewPrivateKey()
	if err != nil {
		return c, err
	}
	c.public = key.Public()
	if c.private, err = vault.LockPassword(key.Bytes(), s.password(plain, Secret(in.Secret)), keyPlace(c)); err != nil {
		return c, err
	}
	return c, s.write(&c, w.Opened, "")
}

// write seals the sheet of a card to the card.
//
// req: OWN-7
func (s *Service) write(c *Card, o *casework.Opened, note string) error {
	sheet := Sheet{Note: note, Dates: map[string]Date{}}
	for _, e := range o.Of("appointment") {
		d := Date{Rev: e.Rev}
		if _, hour, timed := strings.Cut(e.Fields.One("when"), "T"); timed && slices.Contains(c.Shows, showTime) {
			d.Time = hour
		}
		if slices.Contains(c.Shows, showPlace) {
			d.Place = e.Fields.One("place")
		}
		if d.Time+d.Place != "" && e.DoneAt.IsZero() && e.DueAt.After(s.Now()) {
			sheet.Dates[e.ID] = d
		}
	}
	plain, err := json.Marshal(sheet)
	if err != nil {
		return err
	}
	c.SheetAt = s.Now()
	c.sheet, err = vault.SealTo(c.public, plain, sheetPlace(*c))
	return err
}

// stale says whether a sheet was written before an appointment that it should
// tell of.
func stale(c Card, o *casework.Opened) bool {
	if !slices.Contains(c.Shows, showTime) && !slices.Contains(c.Shows, showPlace) {
		return false
	}
	return slices.ContainsFunc(o.Of("appointment"), func(e casework.Entry) bool { return e.DoneAt.IsZero() && e.Changed.After(c.SheetAt) })
}

// Renew writes the sheet anew, with a note for the person: what the card opens,
// without code and secret. The agency keeps what it wrote, sealed for itself.
func (s *Service) Renew(ctx context.Context, v *web.Viewer, caseID, text string) error {
	if utf8.RuneCountInString(text) > maxWords {
		return fault.Fields(fault.Field{Name: "note", Key: "casework.error.long", Args: []any{"n", maxWords}})
	}
	w, err := s.Look(ctx, v, caseID)
	if err != nil || w.Card == nil {
		return orNotFound(err)
	}
	c := *w.Card
	if err := s.write(&c, w.Opened, text); err != nil {
		return err
	}
	kept := Word{ID: id.New(), CaseID: caseID, Kind: note, At: c.SheetAt, env: []byte{}}
	if err := s.seal(ctx, &kept, w.AgencyID, text); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.Cases.Require(tx, v, caseID, "case.write"); err != nil {
			return err
		}
		if n, err := tx.Exec(sheetStmt, c.sheet, clock.Millis(c.SheetAt), c.ID); err != nil || n == 0 {
			return err
		}
		if text != w.Note {
			if _, err := tx.Exec(wordInsertStmt, kept.ID, caseID, note, "", clock.Millis(kept.At), kept.keyID, kept.env); err != nil {
				return err
			}
			if _, err := tx.Exec(wordDoneStmt, clock.Millis(kept.At), v.Name, done, kept.ID); err != nil {
				return err
			}
		}
		return s.Cases.Happened(tx, v, caseID, room, "renew", casework.Safety, "")
	})
}

// seal closes words for the agency; none stay none.
func (s *Service) seal(ctx context.Context, w *Word, agencyID, text string) error {
	if text == "" {
		return nil
	}
	var public vault.PublicKey
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) { w.keyID, public, err = s.Agencies.OwnKey(tx, agencyID); return err })
	if err == nil {
		w.env, err = vault.SealTo(public, []byte(text), wordPlace(*w))
	}
	return err
}

func orNotFound(err error) error {
	if err == nil {
		err = errNotFound
	}
	return err
}

// Act opens a locked card again (Unlock) or takes one back (Take): at once, and
// without any key.
//
// req: OWN-5
func (s *Service) Act(ctx context.Context, v *web.Viewer, caseID string, a Act) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.Cases.Require(tx, v, caseID, "case.revoke"); err != nil {
			return err
		}
		if a == Take {
			return s.end(tx, v, caseID, "take")
		}
		c, ok, err := one(tx, cardOfStmt, caseID)
		if err != nil || !ok || a != Unlock {
			return orNotFound(err)
		}
		next, err := c.Lock.Next(a)
		if err != nil {
			return nil // pressed twice: it is open already
		}
		if err := setLock(tx, c.ID, next, s.Now()); err != nil {
			return err
		}
		return s.Cases.Happened(tx, v, caseID, room, string(a), casework.Safety, "")
	})
}

// end takes back the card of a case, when there is one; event is what the history
// says, "" when something else says it.
func (s *Service) end(tx *db.Tx, v *web.Viewer, caseID, event string) error {
	c, ok, err := one(tx, cardOfStmt, caseID)
	if err != nil || !ok {
		return err
	}
	now := s.Now()
	if _, err := takeBack(tx, c.ID, now); err != nil {
		return err
	}
	if s.Remember != nil {
		if err := s.Remember(tx, c.ID, now); err != nil {
			return err
		}
	}
	if event == "" {
		return nil
	}
	return s.Cases.Happened(tx, v, caseID, room, event, casework.Safety, "")
}

// wrote ends the card in the transaction that writes that there may be none.
//
// req: OWN-1
func (s *Service) wrote(tx *db.Tx, row casework.Row, _, kind string, a ask.Answer) error {
	if kind != kindWish || mayHave(a) {
		return nil
	}
	return s.end(tx, nil, row.ID, "take")
}

// acted ends the card of a case that is closed.
func (s *Service) acted(tx *db.Tx, v *web.Viewer, row casework.Row, now casework.State) error {
	if now != casework.Closed {
		return nil
	}
	return s.end(tx, v, row.ID, "take")
}

// Settle says what became of something that was sent: a withdrawal was checked
// with the person by a safe contact, or a message was read and dealt with. If it
// was not the person who took something back, the card ends at once; what was
// taken back stays so until the person says yes anew.
//
// req: OWN-8
func (s *Service) Settle(ctx context.Context, v *web.Viewer, caseID, wordID, outcome string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.Cases.Require(tx, v, caseID, "case.write"); err != nil {
			return err
		}
		w, err := scanWord(tx.Row(wordStmt, wordID, caseID).Scan)
		if db.NoRows(err) {
			return errNotFound
		}
		if err != nil {
			return err
		}
		if checked := outcome == wasHer || outcome == notHer; checked != (w.Kind == Withdrawal) || !checked && outcome != done {
			return errNotFound
		}
		if n, err := tx.Exec(wordDoneStmt, clock.Millis(s.Now()), v.Name, outcome, w.ID); err != nil || n == 0 {
			return err // pressed twice
		}
		if err := s.Cases.SetDue(tx, caseID, room+"/"+w.ID, time.Time{}); err != nil {
			return err
		}
		if outcome == notHer {
			if err := s.end(tx, v, caseID, "take"); err != nil {
				return err
			}
		}
		return s.Cases.Happened(tx, v, caseID, room, outcome, casework.Safety, "")
	})
}

// export is what was written with cards of a case.
func (s *Service) export(ctx context.Context, v *web.Viewer, o *casework.Opened) (any, error) {
	if !o.Own {
		return nil, nil
	}
	w, err := s.look(ctx, v, o)
	if err != nil {
		return nil, err
	}
	return w.Words, nil
}
