package referral

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// The permanent logical names of what is sealed for guests.
const (
	sealGuestKey    = "referral.guest.key"
	sealGuestCode   = "referral.guest.code"
	sealGuestLetter = "referral.guest.session"
)

// The acts that only letters know; they stand in the timeline and the log.
const (
	letterLock  Action = "letter-lock"  // five wrong codes
	letterRenew Action = "letter-renew" // a new link and a new code
	letterWish  Action = "letter-wish"  // "we want an account here"
)

// errLetter is the one answer to a link and a code that open nothing: it does
// not say whether the link is unknown, the code wrong, or the link locked.
//
// req: GUEST-3
var errLetter = fault.Fields(fault.Field{Name: "code", Key: "guest.error.closed"})

// letter is a new guest, ready to be stored; link and code leave by different
// ways and are kept nowhere readable.
type letter struct {
	row        guestRow
	link, code string
}

// linkHash is what the database keeps of a link.
func (s *Service) linkHash(secret string) string {
	return s.Secret.Fingerprint("referral guest link", secret)
}

// newLetter makes the row of a receiver without an account: for a letter with
// key, link and code, sealed; for paper and telephone the name alone. It runs
// a password derivation and belongs outside any transaction.
func (s *Service) newLetter(w Way, referralID string, e Entry, own recipient, lang string) (*letter, vault.PublicKey, error) {
	l := &letter{row: guestRow{Referral: referralID, Name: e.OrgName, Organization: e.Organization, Link: "none " + referralID, Made: s.Now()}}
	if w != ByLink {
		return l, nil, nil
	}
	l.row.Address, l.row.Lang = e.Mailbox, mailLanguage(e, lang)
	key, err := vault.NewPrivateKey()
	if err != nil {
		return nil, nil, err
	}
	return l, key.Public(), s.lockLetter(l, key, own)
}

// lockLetter makes a fresh link and code and locks the guest's key under both
// and the server's secret.
//
// req: GUEST-1
func (s *Service) lockLetter(l *letter, key *vault.PrivateKey, own recipient) (err error) {
	r := &l.row
	l.link, l.code, r.KeyID, r.Public = newLink(), newCode(), id.New(), key.Public()
	r.Link = s.linkHash(l.link)
	if r.Key, err = vault.LockPassword(key.Bytes(), guestPassword(s.Secret, l.link, l.code), guestBinding(sealGuestKey, *r)); err != nil {
		return err
	}
	r.CodeKey = own.keyID
	r.Code, err = vault.SealTo(own.key, []byte(l.code), vault.Binding{Field: sealGuestCode, Row: r.KeyID, Scope: own.agency})
	return err
}

// guestBinding ties what is locked for a guest to this referral and this link:
// an old envelope put back under a new link does not open.
func guestBinding(field string, r guestRow) vault.Binding {
	return vault.Binding{Field: field, Row: r.KeyID, Scope: r.Referral}
}

// mailLanguage is the language of the mail with the link: the language of the
// country, the sender's where the country has several.
func mailLanguage(e Entry, lang string) string {
	switch e.Country {
	case "GR", "CY":
		return "el"
	case "IT":
		return "it"
	case "DE", "AT":
		return "de"
	case "NL":
		return "nl"
	case "FR":
		return "fr"
	case "BE":
		if lang == "nl" || lang == "de" {
			return lang
		}
		return "fr"
	}
	return lang
}

// putLetter stores a new guest and queues the mail with the link.
//
// req: GUEST-9
func (s *Service) putLetter(tx *db.Tx, l *letter) error {
	if err := insertGuest(tx, l.row); err != nil {
		return err
	}
	return s.mailLink(tx, l)
}

func (s *Service) mailLink(tx *db.Tx, l *letter) error {
	if l.link == "" || s.Letter == nil {
		return nil
	}
	return s.Letter(tx, Contact{UserID: doorID(ByLink, l.row.Referral), Name: l.row.Name, Email: l.row.Address, Lang: l.row.Lang}, "link", "/letter/"+l.link)
}

// LetterShown is what the sender sees of the way to a receiver without an
// account.
type LetterShown struct {
	Way      Way
	Address  string // where the mail with the link went
	Code     string // to be told by telephone; "" with a locked key
	Made     time.Time
	Opened   time.Time // first opened; zero: not yet
	Locked   bool      // after too many wrong codes, or by a restore
	Restored bool      // by a restore: the link may have been replaced after the backup
	Wrong    int64     // codes since the last right one
	Over     bool      // ended: there is nothing to be opened any more
}

// letter reads the way of a referral for its sender; the code needs the open
// key of the sending agency.
func (s *Service) letter(tx *db.Tx, v *web.Viewer, r stored, out *Shown) error {
	if r.Way() == ByAccount || out.Side != Sender {
		return nil
	}
	g, err := guestOf(tx, r.ID)
	if err != nil {
		return err
	}
	out.Letter = &LetterShown{Way: r.Way(), Address: g.Address, Made: g.Made, Opened: g.Opened, Locked: !g.Locked.IsZero(), Restored: !g.Locked.IsZero() && g.Tries < MaxCodes, Wrong: g.Tries, Over: !ReceiverMayKnow(r.State) || !r.AccessEnded.IsZero()}
	if r.Way() != ByLink || !out.Open || g.over() {
		return nil
	}
	key, err := s.Agencies.OpenKey(tx, v, g.CodeKey)
	if fault.KindOf(err) == fault.Unlock {
		return nil
	}
	if err != nil {
		return err
	}
	code, err := key.Open(g.Code, vault.Binding{Field: sealGuestCode, Row: g.KeyID, Scope: v.AgencyID})
	out.Letter.Code = string(code)
	return fault.Wrap(err, "open code of", r.ID)
}

// LetterState says what a link is worth without opening it. Only an ended one
// is told apart: its mail was read by whoever has the link, and they must not
// search for what is gone. Unknown, locked and open links look alike.
//
// req: GUEST-3
func (s *Service) LetterState(ctx context.Context, secret string) (ended bool, err error) {
	secret, ok := ParseLink(secret)
	if !ok {
		return false, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		ended = false
		g, err := guestByLink(tx, s.linkHash(secret))
		if err != nil {
			return err
		}
		ended = g.over()
		return nil
	})
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return ended, err
}

// sealedLetter is what an opened page keeps between requests, closed under the
// browser's half.
type sealedLetter struct {
	Seed []byte `json:"seed"`
	Name string `json:"name"`
}

// OpenLetter opens a page with its link and its code, for somebody who says
// their name, and gives the value of the cookie. Five wrong codes lock the
// link and tell the sender. Nothing opens by the link alone; there is one
// answer to everything that does not open.
// Errors: fault.Invalid with fields; fault.Unavailable when too many are
// tried at this moment (no try is lost).
//
// req: GUEST-3
func (s *Service) OpenLetter(ctx context.Context, link, code, name string) (cookie string, err error) {
	if name, err = guestName(name); err != nil {
		return "", err
	}
	code, ok := ParseCode(code)
	if !ok {
		return "", fault.Fields(fault.Field{Name: "code", Key: "guest.error.code"})
	}
	link, _ = ParseLink(link)
	hash := s.linkHash(link)
	g, err := s.takeTry(ctx, hash)
	if err != nil {
		return "", err
	}
	password := guestPassword(s.Secret, link, code)
	if g == nil {
		if err := vault.SpendPassword(password); err != nil {
			return "", err
		}
		return "", errLetter
	}
	seed, err := vault.UnlockPassword(g.Key, password, guestBinding(sealGuestKey, *g))
	switch {
	case fault.KindOf(err) == fault.Unavailable: // too busy to look: not a wrong code
		return "", s.giveTryBack(ctx, hash, err)
	case err != nil:
		return "", s.wrongCode(ctx, hash)
	}
	return s.startLetter(ctx, *g, seed, name)
}

// takeTry counts a try before the code is looked at, so that a thousand at
// once are not a thousand. nil: unknown, locked or ended.
func (s *Service) takeTry(ctx context.Context, hash string) (*guestRow, error) {
	var out *guestRow
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		out = nil
		n, err := tx.Exec(guestTryStmt, hash, MaxCodes)
		if err != nil || n == 0 {
			return err
		}
		g, err := guestByLink(tx, hash)
		if err == nil && !g.over() {
			out = &g
		}
		return err
	})
	return out, err
}

func (s *Service) giveTryBack(ctx context.Context, hash string, why error) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(guestUntryStmt, hash)
		return err
	})
	if err != nil {
		return err
	}
	return why
}

// wrongCode locks the link after the last allowed try and tells the sender.
func (s *Service) wrongCode(ctx context.Context, hash string) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		n, err := tx.Exec(guestLockStmt, clock.Millis(now), hash, MaxCodes)
		if err != nil || n == 0 {
			return err
		}
		g, err := guestByLink(tx, hash)
		if err != nil {
			return err
		}
		r, err := rowByID(tx, g.Referral)
		if err != nil {
			return err
		}
		if err := happened(tx, r, nil, Clock, letterLock, "", now); err != nil {
			return err
		}
		return s.tellSender(tx, r, "reminder", "")
	})
	if err != nil {
		return err
	}
	return errLetter
}

// startLetter begins an opened page: half of the key with the browser, half
// here.
//
// req: GUEST-5
func (s *Service) startLetter(ctx context.Context, g guestRow, seed []byte, name string) (string, error) {
	plain, err := json.Marshal(sealedLetter{seed, name})
	if err != nil {
		return "", err
	}
	session := id.Secret(16)
	hash := s.letterHash(session)
	half, env, err := vault.SplitSession(plain, vault.Binding{Field: sealGuestLetter, Row: hash, Scope: g.Referral})
	if err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		present, err := guestByLink(tx, g.Link)
		if err != nil || present.KeyID != g.KeyID || present.over() || !present.Locked.IsZero() {
			return errLetter // renewed, ended or locked at this moment
		}
		if _, err := tx.Exec(guestOpenStmt, clock.Millis(now), g.Link); err != nil {
			return err
		}
		if err := dropOldLetters(tx, now); err != nil {
			return err
		}
		if _, err := tx.Exec(letterInsertStmt, hash, g.Referral, env, clock.Millis(now), clock.Millis(now)); err != nil {
			return err
		}
		door := doorID(ByLink, g.Referral)
		return audit.Record(tx, audit.Event{At: now, Actor: door, Agency: door, Action: "referral.letter-opened", Object: "referral/" + g.Referral, Purpose: "receiver by link"})
	})
	return session + "." + base64.RawURLEncoding.EncodeToString(half), err
}

func (s *Service) letterHash(session string) string {
	return s.Secret.Fingerprint("referral guest session", session)
}

// splitLetter reads the value of a cookie.
func splitLetter(cookie string) (session string, half []byte, ok bool) {
	session, text, found := strings.Cut(cookie, ".")
	half, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return session, half, found && err == nil && session != "" && len(cookie) < 200
}

// Letter says who acts through an opened page: a guest of one referral, with
// the key in memory for this request.
// Errors: fault.SignIn when the page is not open, for whatever reason.
//
// req: GUEST-5
func (s *Service) LetterViewer(ctx context.Context, link, cookie string) (*web.Viewer, string, error) {
	shut := fault.New(fault.SignIn, "guest.error.shut")
	session, half, ok := splitLetter(cookie)
	link, linked := ParseLink(link)
	if !ok || !linked {
		return nil, "", shut
	}
	hash, now := s.letterHash(session), s.Now()
	var g guestRow
	var env []byte
	var seen time.Time
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if g, err = guestByLink(tx, s.linkHash(link)); err != nil {
			return err
		}
		var referralID string
		var created, at int64
		if err := tx.Row(letterStmt, hash).Scan(&referralID, &env, &created, &at); err != nil {
			if db.NoRows(err) {
				return shut
			}
			return err
		}
		seen = clock.Time(at)
		if referralID != g.Referral || g.over() || !now.Before(seen.Add(LetterIdle)) || !now.Before(clock.Time(created).Add(LetterLimit)) {
			return shut
		}
		return nil
	})
	if fault.KindOf(err) == fault.NotFound {
		return nil, "", shut
	}
	if err != nil {
		return nil, "", err
	}
	plain, err := vault.JoinSession(half, env, vault.Binding{Field: sealGuestLetter, Row: hash, Scope: g.Referral})
	if err != nil {
		return nil, "", shut
	}
	v, err := guestViewer(g, plain)
	if err == nil && now.Sub(seen) >= time.Minute {
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(letterSeenStmt, clock.Millis(now), hash)
			return err
		})
	}
	return v, g.Referral, err
}

func guestViewer(g guestRow, plain []byte) (*web.Viewer, error) {
	var held sealedLetter
	if err := json.Unmarshal(plain, &held); err != nil {
		return nil, fault.Wrap(err, "read letter of", g.Referral)
	}
	key, err := vault.ParsePrivateKey(held.Seed)
	if err != nil {
		return nil, fault.Wrap(err, "key of letter", g.Referral)
	}
	door := doorID(ByLink, g.Referral)
	return &web.Viewer{UserID: door, Name: held.Name, AgencyID: door, AgencyName: g.Name, Lang: g.Lang, Roles: []string{"guest"}, Key: key}, nil
}

// CloseLetter ends an opened page at once.
func (s *Service) CloseLetter(ctx context.Context, cookie string) error {
	session, _, ok := splitLetter(cookie)
	if !ok {
		return nil
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(letterEndStmt, s.letterHash(session))
		return err
	})
}

// dropOldLetters drops the server's halves of pages that closed by time.
func dropOldLetters(tx *db.Tx, now time.Time) error {
	_, err := tx.Exec(lettersOldStmt, clock.Millis(now.Add(-LetterIdle)), clock.Millis(now.Add(-LetterLimit)))
	return err
}
