package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/vault"
)

// relyingParty is this site for passkeys; nil when its address is a number,
// which passkeys cannot be bound to (WebAuthn, section 5.1.2).
func relyingParty(cfg Config) *webauthn.WebAuthn {
	origin, host := originOf(cfg.BaseURL)
	if host == "" {
		return nil
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: cfg.Name, RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification:   protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil
	}
	return w
}

// PasskeysWork says whether this installation's address can have passkeys.
func (s *Service) PasskeysWork() bool { return s.passkeys != nil }

// prfSalt is what every passkey evaluates its PRF on. It may be the same for
// all: the output depends on the credential's own secret.
func prfSalt() protocol.PRFValues {
	sum := sha256.Sum256([]byte("amelie account key 1"))
	return protocol.PRFValues{First: sum[:]}
}

const ceremonyLife = 5 * time.Minute

// The ceremonies.
const (
	ceremonySignIn   = "sign-in"
	ceremonyRegister = "register"
	ceremonyProve    = "prove" // a signed-in person shows that she is there, unlocks, or teaches a passkey to unlock
)

// waUser shows a person to the library.
type waUser struct {
	user User
	keys []webauthn.Credential
}

func (u waUser) WebAuthnID() []byte                         { return []byte(u.user.ID) }
func (u waUser) WebAuthnName() string                       { return u.user.Login }
func (u waUser) WebAuthnDisplayName() string                { return u.user.Name }
func (u waUser) WebAuthnCredentials() []webauthn.Credential { return u.keys }

func (s *Service) waUser(tx *db.Tx, userID string) (waUser, []passkeyRow, error) {
	u, found, err := loadUser(tx, userID)
	if err != nil || !found {
		return waUser{}, nil, fault.New(fault.NotFound, "").Because(err)
	}
	rows, err := loadPasskeys(tx, userID)
	if err != nil {
		return waUser{}, nil, err
	}
	w := waUser{user: u}
	for _, r := range rows {
		var c webauthn.Credential
		if err := json.Unmarshal(r.record, &c); err != nil {
			return waUser{}, nil, fault.Wrap(err, "read passkey", r.ID)
		}
		w.keys = append(w.keys, c)
	}
	return w, rows, nil
}

// Ceremony is what the browser needs for one passkey dialog.
type Ceremony struct {
	ID      string `json:"ceremony"`
	Options any    `json:"options"`
}

// beginPasskey starts a dialog. h is nil for signing in.
func (s *Service) beginPasskey(ctx context.Context, kind string, h *here) (*Ceremony, error) {
	if s.passkeys == nil {
		return nil, fault.New(fault.Unavailable, "account.error.passkey-none")
	}
	var options any
	var data *webauthn.SessionData
	var err error
	userID := ""
	switch {
	case kind == ceremonySignIn:
		options, data, err = s.passkeys.BeginDiscoverableLogin(webauthn.WithAssertionExtensions(webauthn.WithExtensionPRF(prfSalt())))
	case h == nil:
		return nil, fault.New(fault.SignIn, "account.error.ended")
	default:
		userID = h.UserID
		options, data, err = s.beginOwn(ctx, kind, h)
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "account.error.passkey").Because(err)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	c := &Ceremony{ID: id.New(), Options: options}
	return c, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(insertCeremony, c.ID, kind, userID, raw, clock.Millis(s.cfg.Now().Add(ceremonyLife)))
		return err
	})
}

func (s *Service) beginOwn(ctx context.Context, kind string, h *here) (options any, data *webauthn.SessionData, err error) {
	var u waUser
	if err := s.db.Read(ctx, func(tx *db.Tx) error { u, _, err = s.waUser(tx, h.UserID); return err }); err != nil {
		return nil, nil, err
	}
	if kind == ceremonyProve {
		return s.passkeys.BeginLogin(u, webauthn.WithAssertionExtensions(webauthn.WithExtensionPRF(prfSalt())))
	}
	// A new passkey on an existing account is a lasting way in: only a freshly
	// confirmed sign-in may add one. // req: SIGNIN-9
	if h.Stage == StageFull && !h.FreshlyConfirmed(s.cfg.Now()) {
		return nil, nil, fault.New(fault.Denied, "account.error.confirm")
	}
	return s.passkeys.BeginRegistration(u,
		webauthn.WithExclusions(webauthn.Credentials(u.keys).CredentialDescriptors()),
		webauthn.WithExtensions(webauthn.WithExtensionPRF(prfSalt()), webauthn.WithExtensionCredProps()))
}

// takeCeremony gives the stored half of a dialog, once, for its own purpose
// and person. // req: SIGNIN-12
func (s *Service) takeCeremony(ctx context.Context, ceremonyID, kind, userID string) (*webauthn.SessionData, error) {
	var data webauthn.SessionData
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		var k, u string
		var raw []byte
		var expires int64
		err := tx.Row(ceremonyStmt, ceremonyID).Scan(&k, &u, &raw, &expires)
		if db.NoRows(err) || err == nil && (k != kind || u != userID || clock.Millis(s.cfg.Now()) > expires) {
			return fault.New(fault.Expired, "account.error.passkey-late")
		}
		if err != nil {
			return err
		}
		data = webauthn.SessionData{}
		if err := json.Unmarshal(raw, &data); err != nil {
			return err
		}
		_, err = tx.Exec(deleteCeremony, ceremonyID)
		return err
	})
	return &data, err
}

// Registered is what came of adding a passkey.
type Registered struct {
	ID      string
	Unlocks bool // it opens the key already
	CanPRF  bool // it could, after being asked once more
}

// addPasskey finishes the dialog that adds a passkey and opens an unfinished
// sign-in.
func (s *Service) addPasskey(ctx context.Context, h *here, ceremonyID, label string, response []byte) (*Registered, error) {
	data, err := s.takeCeremony(ctx, ceremonyID, ceremonyRegister, h.UserID)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, badPasskey(err)
	}
	cred, err := s.passkeys.CreateCredential(waUser{user: h.user}, *data, parsed)
	if err != nil {
		return nil, badPasskey(err)
	}
	prf := parsed.ClientExtensionResults.PRF
	out := &Registered{ID: id.New(), CanPRF: prf != nil && (prf.Enabled != nil && *prf.Enabled || prf.Results != nil)}
	var lock []byte
	if prf != nil && prf.Results != nil {
		if lock, err = lockUnderPRF(h, out.ID, prf.Results.First); err != nil {
			return nil, err
		}
	}
	out.Unlocks = lock != nil
	record, err := json.Marshal(cred)
	if err != nil {
		return nil, err
	}
	now := s.cfg.Now()
	return out, s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(insertKeyStmt, out.ID, h.UserID, credentialKey(cred.ID), shortLabel(label, h.Agent), record, clock.Millis(now), int64(0)); err != nil {
			return err
		}
		if lock != nil {
			if err := insertLock(tx, lockRow{out.ID, lock}, h.UserID, lockPasskey, now); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(openSession, h.ID); err != nil {
			return err
		}
		if h.Stage == StageFull {
			if err := s.warn(tx, h.user); err != nil {
				return err
			}
		}
		return s.record(tx, h.UserID, "account.passkey-added", h.UserID)
	})
}

func badPasskey(err error) error {
	return fault.New(fault.Invalid, "account.error.passkey").Because(err)
}

func credentialKey(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func shortLabel(label, agent string) string {
	label = strings.TrimSpace(label)
	if label == "" {
		label = agent
	}
	if r := []rune(label); len(r) > 60 {
		label = string(r[:60])
	}
	return label
}

// lockUnderPRF closes the unlocked key of the sign-in under a passkey's PRF
// output; nil without an unlocked key or a whole output.
func lockUnderPRF(h *here, passkeyID string, output []byte) ([]byte, error) {
	if h.key == nil || len(output) != 32 {
		return nil, nil
	}
	env, err := vault.LockKey(h.key.Bytes(), output, lockBinding(passkeyID, h.UserID))
	return env, fault.Wrap(err, "lock key", h.UserID)
}

// assertion is a passkey dialog that was checked.
type assertion struct {
	user   waUser
	row    passkeyRow
	record []byte
	prf    []byte
}

// checkAssertion checks the answer of a passkey. h is nil for signing in.
func (s *Service) checkAssertion(ctx context.Context, h *here, ceremonyID string, response []byte) (*assertion, error) {
	kind, userID := ceremonySignIn, ""
	if h != nil {
		kind, userID = ceremonyProve, h.UserID
	}
	data, err := s.takeCeremony(ctx, ceremonyID, kind, userID)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, badPasskey(err)
	}
	if h == nil {
		userID = string(parsed.Response.UserHandle)
	}
	var a assertion
	var rows []passkeyRow
	if err := s.db.Read(ctx, func(tx *db.Tx) error { a.user, rows, err = s.waUser(tx, userID); return err }); err != nil {
		return nil, badPasskey(err)
	}
	var cred *webauthn.Credential
	if h != nil {
		cred, err = s.passkeys.ValidateLogin(a.user, *data, parsed)
	} else {
		cred, err = s.passkeys.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return a.user, nil }, *data, parsed)
	}
	if err != nil {
		return nil, badPasskey(err)
	}
	if cred.Authenticator.CloneWarning || a.user.user.State != Active {
		return nil, badPasskey(nil)
	}
	for i, k := range a.user.keys {
		if credentialKey(k.ID) == credentialKey(cred.ID) {
			a.row = rows[i]
		}
	}
	if prf := parsed.ClientExtensionResults.PRF; prf != nil && prf.Results != nil && len(prf.Results.First) == 32 {
		a.prf = prf.Results.First
	}
	a.record, err = json.Marshal(cred)
	return &a, err
}

// openByPRF opens the person's key with the passkey's output; nil when the
// passkey does not unlock.
func (s *Service) openByPRF(ctx context.Context, a *assertion) (*vault.PrivateKey, error) {
	if a.prf == nil || !a.row.Unlocks {
		return nil, nil
	}
	var env []byte
	err := s.db.Read(ctx, func(tx *db.Tx) error { return tx.Row(lockByIDStmt, a.row.ID, a.user.user.ID).Scan(&env) })
	if err != nil {
		return nil, err
	}
	seed, err := vault.UnlockKey(env, a.prf, lockBinding(a.row.ID, a.user.user.ID))
	if err != nil {
		return nil, nil // the output changed: the passkey still identifies
	}
	return vault.ParsePrivateKey(seed)
}

// SignInByPasskey starts a sign-in; unlocked when the passkey gave a PRF
// output that opens the key.
func (s *Service) SignInByPasskey(ctx context.Context, ceremonyID string, response []byte, agent string) (*Started, error) {
	a, err := s.checkAssertion(ctx, nil, ceremonyID, response)
	if err != nil {
		return nil, err
	}
	key, err := s.openByPRF(ctx, a)
	if err != nil {
		return nil, err
	}
	started, hash, err := s.newSession(a.user.user, key, agent)
	if err != nil {
		return nil, err
	}
	return started, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.used(tx, a); err != nil {
			return err
		}
		return s.writeSession(tx, started.Session, hash, "passkey")
	})
}

func (s *Service) used(tx *db.Tx, a *assertion) error {
	_, err := tx.Exec(usePasskeyStmt, a.record, clock.Millis(s.cfg.Now()), a.row.ID)
	return err
}

// ProveByPasskey confirms an open sign-in; it unlocks it when the passkey can,
// and teaches the passkey to unlock when the key is open and it never did.
// The cookie is empty when it stays as it is.
func (s *Service) ProveByPasskey(ctx context.Context, h *here, ceremonyID string, response []byte) (cookie string, unlocks bool, err error) {
	a, err := s.checkAssertion(ctx, h, ceremonyID, response)
	if err != nil {
		return "", false, err
	}
	key, err := s.openByPRF(ctx, a)
	if err != nil {
		return "", false, err
	}
	if h.key == nil && key != nil {
		cookie, err = s.unlockWith(ctx, h, key, "passkey")
		if err != nil {
			return "", false, err
		}
	}
	var lock []byte
	if !a.row.Unlocks {
		if lock, err = lockUnderPRF(h, a.row.ID, a.prf); err != nil {
			return "", false, err
		}
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.used(tx, a); err != nil {
			return err
		}
		if lock != nil {
			if err := insertLock(tx, lockRow{a.row.ID, lock}, h.UserID, lockPasskey, s.cfg.Now()); err != nil {
				return err
			}
		}
		_, err := tx.Exec(confirmSession, clock.Millis(s.cfg.Now()), h.ID)
		return err
	})
	return cookie, key != nil || lock != nil, err
}

// RemovePasskey takes a passkey off the viewer's account, and what it could
// unlock with. Errors: fault.Conflict when nothing else is left to sign in
// with beside the password.
func (s *Service) RemovePasskey(ctx context.Context, userID, passkeyID string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		u, found, err := loadUser(tx, userID)
		if err != nil || !found {
			return fault.New(fault.NotFound, "").Because(err)
		}
		rows, err := loadPasskeys(tx, userID)
		if err != nil {
			return err
		}
		if len(rows) <= 1 && len(u.TOTP) == 0 {
			return fault.New(fault.Conflict, "account.error.last-factor")
		}
		n, err := tx.Exec(deletePasskey, passkeyID, userID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "")
		}
		if _, err := tx.Exec(deleteLockStmt, passkeyID); err != nil {
			return err
		}
		return s.record(tx, userID, "account.passkey-removed", userID)
	})
}
