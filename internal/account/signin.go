package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Attempt is one try to sign in with a password and a one-time code.
type Attempt struct {
	Login, Password, Code string
	Address, Agent        string
}

// Started is a new sign-in: the value of its cookie, for the browser only.
type Started struct {
	Session
	Cookie string
	Lang   string
}

// errSignIn is the one answer to every wrong sign-in: it must not tell which
// part was wrong, nor whether the account exists. // req: SIGNIN-1
var errSignIn = fault.New(fault.Invalid, "account.error.sign-in")

// SignIn checks name, password and one-time code (or a recovery code in its
// place) and starts a sign-in. An account that has no second factor yet gets
// a sign-in that only leads to adding one; an account that has only passkeys
// is not opened by its password.
// Errors: the same fault.Invalid for everything wrong; fault.TooMany with the
// seconds to wait.
func (s *Service) SignIn(ctx context.Context, a Attempt) (*Started, error) {
	subjects := s.subjects(a)
	user, lock, err := s.countTry(ctx, a.Login, subjects)
	if err != nil {
		return nil, err
	}
	// req: SIGNIN-1 the same derivation runs for a name that nobody has
	if lock.envelope == nil {
		if err := vault.SpendPassword(FoldPassword(a.Password)); err != nil {
			return nil, err
		}
		return nil, s.failed(ctx, "")
	}
	seed, err := vault.UnlockPassword(lock.envelope, FoldPassword(a.Password), lockBinding(lock.id, user.ID))
	if fault.KindOf(err) == fault.Unavailable {
		return nil, err
	}
	if err != nil || user.State != Active {
		return nil, s.failed(ctx, user.ID)
	}
	key, err := vault.ParsePrivateKey(seed)
	if err != nil {
		return nil, fault.Wrap(err, "sign in", user.ID)
	}
	return s.finishPassword(ctx, a, user, lock, key, subjects)
}

// finishPassword uses up the second factor and writes the sign-in.
func (s *Service) finishPassword(ctx context.Context, a Attempt, user User, lock lockRow, key *vault.PrivateKey, subjects subjects) (*Started, error) {
	started, hash, err := s.newSession(user, key, a.Agent)
	if err != nil {
		return nil, err
	}
	fresh := lock
	if vault.Outdated(lock.envelope) {
		if fresh, err = lockUnderPassword(key, a.Password, user.ID); err != nil {
			return nil, err
		}
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		stage, err := s.useSecondFactor(tx, user, a.Code)
		if err != nil {
			return err
		}
		started.Stage = stage
		if fresh.id != lock.id {
			if err := replaceLock(tx, lock.id, fresh, user.ID, started.Created); err != nil {
				return err
			}
		}
		if err := s.signedIn(tx, subjects); err != nil {
			return err
		}
		return s.writeSession(tx, started.Session, hash, "password")
	})
	if fault.KindOf(err) == fault.Invalid {
		return nil, s.failed(ctx, user.ID)
	}
	return started, err
}

func replaceLock(tx *db.Tx, old string, l lockRow, userID string, at time.Time) error {
	if _, err := tx.Exec(deleteLockStmt, old); err != nil {
		return err
	}
	return insertLock(tx, l, userID, lockPassword, at)
}

// useSecondFactor consumes the code in the transaction that starts the
// sign-in, so that two sign-ins with one code cannot both win.
// req: SIGNIN-3
func (s *Service) useSecondFactor(tx *db.Tx, user User, code string) (stage string, err error) {
	if len(user.TOTP) == 0 {
		keys, err := loadPasskeys(tx, user.ID)
		if err != nil {
			return "", err
		}
		// A password that somebody else learned must not add a second factor
		// where another way in exists already. // req: SSO-8
		linked, err := s.elsewhere.Linked(tx, user.ID)
		if err != nil {
			return "", err
		}
		if len(keys) > 0 || linked {
			return "", errSignIn
		}
		return StageEnrol, nil
	}
	ok, err := s.useCode(tx, user, code)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", errSignIn
	}
	return StageFull, nil
}

// subjects are the counters of one try: under keyed hashes, the address's
// with the day, so that neither can be read back.
type subjects struct{ name, address string }

func (s *Service) subjects(a Attempt) subjects {
	day := s.cfg.Now().Format("2006-01-02")
	return subjects{
		name:    "n" + s.secret.Fingerprint("account.try.name", FoldLogin(a.Login)),
		address: "a" + s.secret.Fingerprint("account.try.address."+day, a.Address),
	}
}

// countTry counts the try before anything is checked, whether or not the
// account exists, and refuses it while a wait is on: parallel guesses cannot
// outrun the counter. // req: SIGNIN-2
func (s *Service) countTry(ctx context.Context, login string, subj subjects) (user User, lock lockRow, err error) {
	now := s.cfg.Now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		user, lock = User{}, lockRow{}
		if err := countOne(tx, subj.name, NameLimit, now); err != nil {
			return err
		}
		if err := countOne(tx, subj.address, AddressLimit, now); err != nil {
			return err
		}
		u, found, err := loadUserByLogin(tx, login)
		if err != nil || !found {
			return err
		}
		user = u
		lock, _, err = loadPasswordLock(tx, u.ID)
		return err
	})
	return user, lock, err
}

func countOne(tx *db.Tx, subject string, limit Limit, now time.Time) error {
	t, err := loadTries(tx, subject)
	if err != nil {
		return err
	}
	if wait := t.Wait(now, limit); wait > 0 {
		return tooMany(wait)
	}
	t = t.Next(now)
	_, err = tx.Exec(setTry, subject, t.Count, clock.Millis(t.Last))
	return err
}

func tooMany(wait time.Duration) error {
	if wait < 2*time.Minute {
		return fault.New(fault.TooMany, "account.error.wait-seconds", "n", int(wait/time.Second)+1)
	}
	return fault.New(fault.TooMany, "account.error.wait-minutes", "n", int(wait/time.Minute)+1)
}

// signedIn takes the counted try back.
func (s *Service) signedIn(tx *db.Tx, subj subjects) error {
	if _, err := tx.Exec(deleteTry, subj.name); err != nil {
		return err
	}
	_, err := tx.Exec(undoTry, subj.address)
	return err
}

// failed records the failure and gives the one answer. Both branches write
// one row, so that the time is the same.
func (s *Service) failed(ctx context.Context, userID string) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error { return s.record(tx, userID, "account.sign-in-failed", userID) })
	if err != nil {
		return err
	}
	return errSignIn
}

// newSession makes a sign-in and its cookie: a secret that finds the row and
// the browser's half of the unlocked key. key nil: signed in, locked.
// req: SIGNIN-6
func (s *Service) newSession(user User, key *vault.PrivateKey, agent string) (*Started, string, error) {
	now := s.cfg.Now()
	st := &Started{Lang: user.Lang, Session: Session{
		ID: id.New(), UserID: user.ID, Stage: StageFull, Agent: coarseAgent(agent),
		Created: now, Seen: now, Confirmed: now,
	}}
	secret := make([]byte, 32)
	rand.Read(secret)
	half, err := s.split(&st.Session, key)
	if err != nil {
		return nil, "", err
	}
	st.Cookie = joinCookie(secret, half)
	return st, s.secretHash("session", string(secret)), nil
}

// split keeps the server's half in the session and gives the browser's.
func (s *Service) split(sess *Session, key *vault.PrivateKey) (half []byte, err error) {
	sess.Half = []byte{}
	if key == nil {
		return nil, nil
	}
	half, sess.Half, err = vault.SplitSession(key.Bytes(), sessionBinding(*sess))
	return half, fault.Wrap(err, "split key", sess.UserID)
}

func sessionBinding(sess Session) vault.Binding {
	return vault.Binding{Field: "account.session", Row: sess.ID, Scope: sess.UserID}
}

func (s *Service) writeSession(tx *db.Tx, sess Session, hash, by string) error {
	_, err := tx.Exec(insertSession, sess.ID, sess.UserID, hash, bytesOr(sess.Half), sess.Stage, sess.Agent,
		clock.Millis(sess.Created), clock.Millis(sess.Seen), clock.Millis(sess.Confirmed))
	if err != nil {
		return err
	}
	return s.record(tx, sess.UserID, "account.signed-in", sess.UserID, "by", by)
}

func joinCookie(secret, half []byte) string {
	return base64.RawURLEncoding.EncodeToString(secret) + "." + base64.RawURLEncoding.EncodeToString(half)
}

func splitCookie(value string) (secret, half []byte, ok bool) {
	a, b, ok := strings.Cut(value, ".")
	if !ok || len(value) > 256 {
		return nil, nil, false
	}
	secret, err := base64.RawURLEncoding.DecodeString(a)
	if err != nil || len(secret) != 32 {
		return nil, nil, false
	}
	half, err = base64.RawURLEncoding.DecodeString(b)
	return secret, half, err == nil
}

// cookieName has the __Host- prefix wherever browsers take it: over TLS.
func (s *Service) cookieName() string {
	if s.cfg.TLS {
		return "__Host-amelie"
	}
	return "amelie_s"
}

// SetCookie gives the sign-in to the browser. It has no lifetime of its own:
// it goes when the browser closes, and the server ends it earlier.
func (s *Service) SetCookie(w http.ResponseWriter, value string) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: value, Path: "/", HttpOnly: true, Secure: s.cfg.TLS, SameSite: http.SameSiteStrictMode})
}

func (s *Service) dropCookie(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.cfg.TLS, SameSite: http.SameSiteStrictMode})
}

// here is one request's sign-in with everything that belongs to it.
type here struct {
	Session
	secret   []byte
	user     User
	agencyID string
	agency   string
	roles    []string
	key      *vault.PrivateKey
}

// find reads the sign-in of a request; nil when there is none that the
// database knows.
func (s *Service) find(ctx context.Context, r *http.Request) (*here, error) {
	cookie, err := r.Cookie(s.cookieName())
	if err != nil {
		return nil, nil
	}
	secret, half, ok := splitCookie(cookie.Value)
	if !ok {
		return nil, nil
	}
	var h *here
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		h = nil
		sess, found, err := loadSession(tx, s.secretHash("session", string(secret)))
		if err != nil || !found {
			return err
		}
		h = &here{Session: sess, secret: secret}
		return s.fill(tx, h)
	})
	if err != nil || h == nil || h.user.State != Active {
		return nil, err
	}
	if len(h.Half) > 0 && len(half) > 0 {
		if seed, err := vault.JoinSession(half, h.Half, sessionBinding(h.Session)); err == nil {
			h.key, err = vault.ParsePrivateKey(seed)
			if err != nil {
				return nil, fault.Wrap(err, "join key", h.UserID)
			}
		}
	}
	return h, nil
}

// fill adds the person, her agency and her roles.
func (s *Service) fill(tx *db.Tx, h *here) error {
	u, _, err := loadUser(tx, h.UserID)
	if err != nil {
		return err
	}
	h.user = u
	var own, inAgency []string
	if own, err = loadRoles(tx, h.UserID); err != nil {
		return err
	}
	if h.agencyID, h.agency, inAgency, err = s.memberships.Membership(tx, h.UserID); err != nil {
		return err
	}
	for _, r := range append(inAgency, own...) {
		if !slices.Contains(h.roles, r) {
			h.roles = append(h.roles, r)
		}
	}
	return nil
}

func (h *here) viewer() *web.Viewer {
	return &web.Viewer{
		UserID: h.UserID, Name: h.user.Name, AgencyID: h.agencyID, AgencyName: h.agency,
		SessionID: h.ID, Lang: h.user.Lang, Roles: h.roles, Key: h.key,
	}
}

// Authenticate says who a request comes from: an open sign-in by its cookie,
// or, under /api/ only, a token. nil, nil for nobody. An ended, idle or
// unfinished sign-in is nobody.
func (s *Service) Authenticate(r *http.Request) (*web.Viewer, error) {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && strings.HasPrefix(r.URL.Path, "/api/") {
		return s.byToken(r.Context(), strings.TrimSpace(bearer))
	}
	h, err := s.find(r.Context(), r)
	if err != nil || h == nil || h.State(s.cfg.Now()) != Open {
		return nil, err
	}
	v := h.viewer()
	return v, s.touch(r.Context(), h, v)
}

// touch keeps "last seen" to the minute and, when the key is open, tells the
// agencies that a holder is here.
func (s *Service) touch(ctx context.Context, h *here, v *web.Viewer) error {
	now := s.cfg.Now()
	first := h.Seen.Equal(h.Created)
	if !first && now.Sub(h.Seen) < touchEvery {
		return nil
	}
	seen := now
	if seen.Equal(h.Created) {
		seen = seen.Add(time.Millisecond) // remembers that the first request was there
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(touchSession, clock.Millis(seen), h.ID, clock.Millis(seen))
		return err
	})
	if err != nil || v.Key == nil {
		return err
	}
	if err := s.memberships.Unlocked(ctx, v); err != nil {
		// The page matters more than letting somebody else in; the next minute
		// tries again.
		s.cfg.Log.Warn("letting members in failed", "error", err.Error())
	}
	return nil
}

// Former recognises who sent a request whose sign-in ended by time (not by a
// decision) less than a day ago, so that what was typed can be sealed to her
// public key and lives on. It opens nothing. "" when there is none.
func (s *Service) Former(r *http.Request) (userID string, public vault.PublicKey, err error) {
	h, err := s.find(r.Context(), r)
	if err != nil || h == nil {
		return "", nil, err
	}
	now := s.cfg.Now()
	if st := h.State(now); st == Ended || st == Enrolling || now.Sub(h.Created) > FormerLimit {
		return "", nil, nil
	}
	return h.UserID, h.user.Public, nil
}

// SignOut ends the sign-in of a request and takes the cookie away.
func (s *Service) SignOut(w http.ResponseWriter, r *http.Request) {
	s.dropCookie(w)
	h, err := s.find(r.Context(), r)
	if err == nil && h != nil {
		err = s.end(context.WithoutCancel(r.Context()), h.UserID, h.ID, "account.signed-out")
	}
	if err != nil {
		s.cfg.Log.Error("sign-out failed", "error", err.Error())
	}
}

// end ends one sign-in and destroys the server's half of the key.
func (s *Service) end(ctx context.Context, userID, sessionID, action string) error {
	return s.locked(ctx, s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(endSession, clock.Millis(s.cfg.Now()), []byte{}, sessionID, userID)
		if err != nil || n == 0 {
			return err
		}
		return s.record(tx, userID, action, userID)
	}))
}

// SignIns lists the open sign-ins of the viewer.
func (s *Service) SignIns(ctx context.Context, v *web.Viewer) (list []Session, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, v, "account.use", v.UserID); err != nil {
			return err
		}
		list, err = loadSessions(tx, v.UserID, s.cfg.Now())
		return err
	})
	return list, err
}

// EndSignIn ends one of the viewer's own sign-ins; another's is not found.
func (s *Service) EndSignIn(ctx context.Context, v *web.Viewer, sessionID string) error {
	return s.end(ctx, v.UserID, sessionID, "account.sign-in-ended")
}

// EndOtherSignIns ends all sign-ins of the viewer but this one.
func (s *Service) EndOtherSignIns(ctx context.Context, v *web.Viewer) error {
	return s.locked(ctx, s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(endSessions, clock.Millis(s.cfg.Now()), []byte{}, v.UserID, v.SessionID); err != nil {
			return err
		}
		return s.record(tx, v.UserID, "account.sign-ins-ended", v.UserID)
	}))
}

// Unlock opens the key of a sign-in with the password (the unlock phrase of
// people who sign in with a passkey) and gives the new cookie. It counts as a
// confirmation too. Errors: fault.Invalid, fault.TooMany.
func (s *Service) Unlock(ctx context.Context, h *here, password, address string) (cookie string, err error) {
	key, err := s.checkPassword(ctx, h.user, password, address)
	if err != nil {
		return "", err
	}
	return s.unlockWith(ctx, h, key, "password")
}

// checkPassword is a counted check of a signed-in person's password.
func (s *Service) checkPassword(ctx context.Context, user User, password, address string) (*vault.PrivateKey, error) {
	subj := s.subjects(Attempt{Login: user.Login, Address: address})
	_, lock, err := s.countTry(ctx, user.Login, subj)
	if err != nil {
		return nil, err
	}
	seed, err := vault.UnlockPassword(lock.envelope, FoldPassword(password), lockBinding(lock.id, user.ID))
	if fault.KindOf(err) == fault.Unavailable {
		return nil, err
	}
	if err != nil {
		return nil, fault.Fields(fault.Field{Name: "password", Key: "account.error.password-wrong"})
	}
	if err := s.db.Write(ctx, func(tx *db.Tx) error { return s.signedIn(tx, subj) }); err != nil {
		return nil, err
	}
	return vault.ParsePrivateKey(seed)
}

// unlockWith splits the opened key anew over cookie and server, and notes the
// confirmation.
func (s *Service) unlockWith(ctx context.Context, h *here, key *vault.PrivateKey, by string) (cookie string, err error) {
	sess := h.Session
	half, err := s.split(&sess, key)
	if err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(unlockSession, sess.Half, clock.Millis(s.cfg.Now()), sess.ID)
		if err == nil && n == 0 {
			return fault.New(fault.SignIn, "account.error.ended")
		}
		if err != nil {
			return err
		}
		return s.record(tx, h.UserID, "account.unlocked", h.UserID, "by", by)
	})
	return joinCookie(h.secret, half), err
}

// Confirmed says whether the sign-in was confirmed a short while ago.
func (s *Service) Confirmed(ctx context.Context, v *web.Viewer) (ok bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ok = false
		list, err := loadSessions(tx, v.UserID, s.cfg.Now())
		for _, sess := range list {
			if sess.ID == v.SessionID {
				ok = sess.FreshlyConfirmed(s.cfg.Now())
			}
		}
		return err
	})
	return ok, err
}

// startSession writes a sign-in on its own.
func (s *Service) startSession(ctx context.Context, st *Started, hash, by string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.writeSession(tx, st.Session, hash, by) })
}

// EndAll ends every sign-in and token of everybody and every open link: what
// a restore does, because what was ended or used up after the backup must not
// live again. // req: SIGNIN-13
func EndAll(tx *db.Tx, at time.Time) error {
	if _, err := tx.Exec(endAllSessions, clock.Millis(at), []byte{}); err != nil {
		return err
	}
	if _, err := tx.Exec(revokeAllTokens, clock.Millis(at)); err != nil {
		return err
	}
	_, err := tx.Exec(deleteOpenLinks)
	return err
}
