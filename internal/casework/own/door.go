package own

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
)

// The person's side: no account, no member, no policy. Whoever holds code and
// secret of a card that is on acts for this one case.

// The answers. There is one to everything that does not open.
//
// req: OWN-4
var (
	errClosed = fault.New(fault.Denied, "")
	errShut   = fault.New(fault.SignIn, "")
	errWords  = fault.New(fault.Invalid, "")
)

// Open opens a card and gives the value of the cookie. Five wrong tries in a row
// lock it, until a worker opens it again. Whatever the code, a try that does not
// open takes two writes and one password derivation: of a card that is on, locked or
// over, and of none. Only the try that locks a card does more, once.
// Errors: errClosed; fault.Unavailable when too many are tried at this moment (no
// try is lost).
//
// req: OWN-4
func (s *Service) Open(ctx context.Context, typedCode, typedSecret string) (cookie string, err error) {
	code, ok := ParseCode(typedCode)
	secret := Secret(typedSecret)
	if !ok || secret == "" {
		return "", errClosed
	}
	hash := s.hash(code)
	c, err := s.step(ctx, hash, Try)
	if err != nil {
		return "", err
	}
	counted := context.WithoutCancel(ctx) // a try is settled also for who has left the page
	seed, err := s.derive(c, s.password(code, secret))
	switch {
	case fault.KindOf(err) == fault.Unavailable: // too busy to look: not a wrong try
		if _, again := s.step(counted, hash, Untry); again != nil {
			return "", again
		}
		return "", err
	case err != nil:
		if _, err := s.step(counted, hash, Wrong); err != nil {
			return "", err
		}
		return "", errClosed
	}
	return s.begin(ctx, *c, seed)
}

// derive opens the key of a card, or does the same work for none.
//
// req: OWN-4
func (s *Service) derive(c *Card, password []byte) ([]byte, error) {
	if c == nil {
		if err := s.spend(password); err != nil {
			return nil, err
		}
		return nil, errClosed
	}
	return s.unlock(c.private, password, keyPlace(*c))
}

// step moves the lock of the card with this code; nil when there is none or the
// act cannot be. A lock is written into the history and told to the worker.
func (s *Service) step(ctx context.Context, hash string, a Act) (out *Card, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		out = nil
		c, ok, err := one(tx, codeStmt, hash)
		if err != nil {
			return err
		}
		next, err := c.Lock.Next(a)
		if !ok || err != nil {
			return miss(tx, hash, s.Now())
		}
		if err := setLock(tx, c.ID, next, s.Now()); err != nil {
			return err
		}
		out = &c
		if next.State != Locked {
			return nil
		}
		row, err := s.Cases.ByClock(tx, c.CaseID)
		if err != nil {
			return err
		}
		if err := s.Cases.Happened(tx, nil, c.CaseID, room, "lock", casework.Safety, ""); err != nil {
			return err
		}
		return s.tell(tx, row)
	})
	return out, err
}

func (s *Service) tell(tx *db.Tx, row casework.Row) error {
	if s.Tell == nil {
		return nil
	}
	return s.Tell(tx, row.WorkerID)
}

// begin opens a page: half of the key with the browser, half here.
//
// req: OWN-9
func (s *Service) begin(ctx context.Context, c Card, seed []byte) (string, error) {
	session := id.Secret(16)
	hash := s.sessionHash(session)
	half, env, err := vault.SplitSession(seed, sessionPlace(hash, c.ID))
	if err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		present, ok, err := one(tx, cardStmt, c.ID)
		if err != nil {
			return err
		}
		next, err := present.Lock.Next(Right)
		if !ok || err != nil {
			return errClosed // taken back or locked at this moment
		}
		if err := setLock(tx, c.ID, next, now); err != nil {
			return err
		}
		if _, err := tx.Exec(openedStmt, clock.Millis(now), c.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(sessionsOldStmt, clock.Millis(now.Add(-SessionTime))); err != nil {
			return err
		}
		if _, err := tx.Exec(sessionInsertStmt, hash, c.ID, env, clock.Millis(now)); err != nil {
			return err
		}
		return s.Cases.Happened(tx, nil, c.CaseID, room, "open", casework.Safety, "")
	})
	return session + "." + base64.RawURLEncoding.EncodeToString(half), err
}

func (s *Service) sessionHash(session string) string {
	return s.Secret.Fingerprint("own session", session)
}

func sessionPlace(hash, cardID string) vault.Binding {
	return vault.Binding{Field: sealSession, Row: hash, Scope: cardID}
}

// Visit is an opened page.
type Visit struct {
	Card
	key  *vault.PrivateKey
	hash string
}

// Visit says whose page is open. Errors: errShut, for whatever reason.
//
// req: OWN-9
func (s *Service) Visit(ctx context.Context, cookie string) (*Visit, error) {
	session, text, _ := strings.Cut(cookie, ".")
	half, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || session == "" || len(cookie) > 200 {
		return nil, errShut
	}
	v := &Visit{hash: s.sessionHash(session)}
	var env []byte
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		v.Card, env, err = s.visited(tx, v.hash)
		return err
	})
	if err != nil {
		return nil, err
	}
	seed, err := vault.JoinSession(half, env, sessionPlace(v.hash, v.ID))
	if err != nil {
		return nil, errShut
	}
	v.key, err = vault.ParsePrivateKey(seed)
	return v, err
}

// visited is the card of a page that is still open. It is asked again in the
// transaction of each act, so that a card that was taken back does nothing more.
//
// req: OWN-5
func (s *Service) visited(tx *db.Tx, hash string) (c Card, env []byte, err error) {
	var cardID string
	var made int64
	err = tx.Row(sessionStmt, hash).Scan(&cardID, &env, &made)
	if db.NoRows(err) {
		return c, nil, errShut
	}
	if err != nil {
		return c, nil, err
	}
	c, ok, err := one(tx, cardStmt, cardID)
	if err == nil && (!ok || c.State != On || !lasts(clock.Time(made), s.Now())) {
		err = errShut
	}
	return c, env, err
}

// Close ends an opened page at once.
//
// req: OWN-9
func (s *Service) Close(ctx context.Context, cookie string) error {
	session, _, _ := strings.Cut(cookie, ".")
	if session == "" || len(cookie) > 200 {
		return nil
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(sessionEndStmt, s.sessionHash(session))
		return err
	})
}

// Known is what the person sees.
type Known struct {
	Shared []Shared
	Names  map[string]string // of agencies; empty unless the person chose to see them
	Day    string            // of the next appointment, YYYY-MM-DD; "": none
	Sheet
	Date
}

// Known reads what is shared, which is readable anyway, and opens the sheet.
// Where an appointment moved since the sheet was written, its day alone is shown.
//
// req: OWN-7
func (s *Service) Known(ctx context.Context, v *Visit, zone *time.Location) (*Known, error) {
	var k *Known
	plain, err := v.key.Open(v.sheet, sheetPlace(v.Card))
	if err != nil {
		return nil, fault.Wrap(err, "open sheet of", v.ID)
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		k = &Known{Names: map[string]string{}}
		if err := json.Unmarshal(plain, &k.Sheet); err != nil {
			return err
		}
		if k.Shared, err = s.Standing(tx, v.CaseID); err != nil {
			return err
		}
		for _, line := range k.Shared {
			if line.To == "" || !slices.Contains(v.Shows, showNames) {
				continue
			}
			if k.Names[line.To], err = s.Agencies.Name(tx, line.To); err != nil {
				return err
			}
		}
		e, there, err := casework.ToCome(tx, v.CaseID, "appointment", s.Now())
		if err != nil || !there {
			return err
		}
		k.Day = e.DueAt.In(zone).Format(time.DateOnly)
		if d := k.Dates[e.ID]; d.Rev == e.Rev {
			k.Date = d
		}
		return nil
	})
	return k, err
}

// Withdraw takes back what the person said yes to. It holds at once and needs no
// key; the agency gets a task to check by a safe contact that it was the person.
// What stands on a law, or stands no more, changes nothing: so a second press does
// nothing, and the task depends on no token of the page.
//
// req: OWN-8
func (s *Service) Withdraw(ctx context.Context, v *Visit, line string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		c, _, err := s.visited(tx, v.hash)
		if err != nil {
			return err
		}
		all, err := s.Standing(tx, c.CaseID)
		i := slices.IndexFunc(all, func(x Shared) bool { return x.ID == line && !x.Fixed() })
		if err != nil || i < 0 {
			return err
		}
		if err := s.TakeBack(tx, c.CaseID, line); err != nil {
			return err
		}
		about := all[i].To
		if about == "" {
			about = all[i].Kind
		}
		return s.sent(tx, Word{ID: id.New(), CaseID: c.CaseID, Kind: Withdrawal, About: about, env: []byte{}}, checkWithin)
	})
}

// Write keeps words of the person, closed for the agency: the server cannot read
// them afterwards. Errors: errWords.
//
// req: OWN-10
func (s *Service) Write(ctx context.Context, v *Visit, kind, text, once string) error {
	text = strings.TrimSpace(text)
	if !slices.Contains([]string{Correct, Ask, Copy}, kind) {
		return errNotFound
	}
	if n := utf8.RuneCountInString(text); n > maxWords || n < 2 && kind != Copy {
		return errWords
	}
	w := Word{ID: once, CaseID: v.CaseID, Kind: kind, env: []byte{}}
	if !id.Valid(w.ID) {
		w.ID = id.New()
	}
	if err := s.seal(ctx, &w, v.AgencyID, text); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, _, err := s.visited(tx, v.hash); err != nil {
			return err
		}
		var waiting int
		if err := tx.Row(waitingStmt, v.CaseID).Scan(&waiting); err != nil {
			return err
		}
		if waiting >= maxWaiting {
			return fault.New(fault.Conflict, "")
		}
		return s.sent(tx, w, replyWithin)
	})
}

// sent writes what was done with a card, once, as a task of the worker.
func (s *Service) sent(tx *db.Tx, w Word, within time.Duration) error {
	now := s.Now()
	n, err := tx.Exec(wordInsertStmt, w.ID, w.CaseID, w.Kind, w.About, clock.Millis(now), w.keyID, w.env)
	if err != nil || n == 0 {
		return err
	}
	if err := s.Cases.SetDue(tx, w.CaseID, room+"/"+w.ID, now.Add(within)); err != nil {
		return err
	}
	if err := s.Cases.Happened(tx, nil, w.CaseID, room, w.Kind, casework.Safety, ""); err != nil {
		return err
	}
	row, err := s.Cases.ByClock(tx, w.CaseID)
	if err != nil {
		return err
	}
	return s.tell(tx, row)
}
