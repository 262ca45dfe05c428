package account

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"amelie/internal/fault"
	"amelie/internal/web"
)

// authenticator is a passkey in software: one credential, user verification,
// and, when it has a PRF secret, the PRF extension.
type authenticator struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	user   []byte
	prf    []byte
	lazy   bool // gives PRF results only from the second dialog on, as some do
	counts uint32
}

func newAuthenticator(t *testing.T, prf bool) *authenticator {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authenticator{t: t, key: key, id: make([]byte, 16)}
	rand.Read(a.id)
	if prf {
		a.prf = make([]byte, 32)
		rand.Read(a.prf)
	}
	return a
}

type options struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		RPID      string `json:"rpId"`
		RP        struct{ ID string }
		User      struct{ ID string }
		Extension struct {
			PRF *struct {
				Eval struct{ First string }
			}
		} `json:"extensions"`
	}
}

func (a *authenticator) read(c *Ceremony) options {
	a.t.Helper()
	raw, err := json.Marshal(c.Options)
	if err != nil {
		a.t.Fatal(err)
	}
	var o options
	if err := json.Unmarshal(raw, &o); err != nil {
		a.t.Fatal(err)
	}
	return o
}

var b64 = base64.RawURLEncoding

func (a *authenticator) client(kind, challenge string) []byte {
	raw, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": "http://localhost:8080", "crossOrigin": false})
	if err != nil {
		a.t.Fatal(err)
	}
	return raw
}

func (a *authenticator) data(flags byte) []byte {
	rp := sha256.Sum256([]byte("localhost"))
	a.counts++
	return binary.BigEndian.AppendUint32(append(rp[:], flags), a.counts)
}

// evaluate is the PRF extension's output for the asked salt.
func (a *authenticator) evaluate(o options, first bool) map[string]any {
	if a.prf == nil || o.PublicKey.Extension.PRF == nil {
		return map[string]any{}
	}
	out := map[string]any{"enabled": true}
	if !first {
		out = map[string]any{}
	}
	if !first || !a.lazy {
		salt, err := b64.DecodeString(o.PublicKey.Extension.PRF.Eval.First)
		if err != nil {
			a.t.Fatal(err)
		}
		mac := hmac.New(sha256.New, a.prf)
		mac.Write(salt)
		out["results"] = map[string]any{"first": b64.EncodeToString(mac.Sum(nil))}
	}
	return map[string]any{"prf": out}
}

// registers answers the dialog that adds a passkey.
func (a *authenticator) registers(c *Ceremony) []byte {
	a.t.Helper()
	o := a.read(c)
	user, err := b64.DecodeString(o.PublicKey.User.ID)
	if err != nil {
		a.t.Fatal(err)
	}
	a.user = user
	public, err := a.key.PublicKey.ECDH()
	if err != nil {
		a.t.Fatal(err)
	}
	point := public.Bytes()
	cose, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		a.t.Fatal(err)
	}
	data := a.data(0x45) // present, verified, attested
	data = append(data, make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), cose...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON":    b64.EncodeToString(a.client("webauthn.create", o.PublicKey.Challenge)),
		"attestationObject": b64.EncodeToString(object),
		"transports":        []string{"internal"},
	}, a.evaluate(o, true))
}

// signs answers a dialog that proves the passkey.
func (a *authenticator) signs(c *Ceremony) []byte {
	a.t.Helper()
	o := a.read(c)
	client := a.client("webauthn.get", o.PublicKey.Challenge)
	data := a.data(0x05)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON":    b64.EncodeToString(client),
		"authenticatorData": b64.EncodeToString(data),
		"signature":         b64.EncodeToString(sig),
		"userHandle":        b64.EncodeToString(a.user),
	}, a.evaluate(o, false))
}

func (a *authenticator) answer(response, extensions map[string]any) []byte {
	raw, err := json.Marshal(map[string]any{
		"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key",
		"response": response, "clientExtensionResults": extensions,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return raw
}

// adds a passkey to a fresh sign-in of somebody.
func (h *house) adds(login string, a *authenticator) (userID, secret string, got *Registered, st *Started) {
	h.t.Helper()
	userID, secret = h.makes(login)
	st, err := h.signsIn(login, password, h.code(secret))
	h.must(err)
	c, err := h.beginPasskey(context.Background(), ceremonyRegister, h.present(st.Cookie))
	h.must(err)
	got, err = h.addPasskey(context.Background(), h.present(st.Cookie), c.ID, "phone", a.registers(c))
	h.must(err)
	return userID, secret, got, st
}

func (h *house) present(cookie string) *here {
	h.t.Helper()
	now, err := h.find(context.Background(), h.request(cookie))
	h.must(err)
	return now
}

func (h *house) signsInBy(a *authenticator) (*Started, error) {
	h.t.Helper()
	c, err := h.beginPasskey(context.Background(), ceremonySignIn, nil)
	h.must(err)
	return h.SignInByPasskey(context.Background(), c.ID, a.signs(c), "")
}

func TestAPasskeyWithPRFSignsInAndUnlocks(t *testing.T) {
	each(t, func(h *house) {
		a := newAuthenticator(h.t, true)
		userID, _, got, _ := h.adds("anna", a)
		if !got.Unlocks {
			h.t.Fatalf("registered as %+v", got)
		}
		st, err := h.signsInBy(a)
		h.must(err)
		v := h.sees(st.Cookie)
		if v == nil || v.UserID != userID || v.Key == nil || string(v.Key.Public()) != string(h.user(userID).Public) {
			h.t.Errorf("the viewer is %+v", v)
		}
	})
}

func TestAPasskeyThatLearnsToUnlockLaterDoesSoInItsSecondDialog(t *testing.T) {
	each(t, func(h *house) {
		a := newAuthenticator(h.t, true)
		a.lazy = true
		_, _, got, first := h.adds("anna", a)
		if got.Unlocks || !got.CanPRF {
			h.t.Fatalf("registered as %+v", got)
		}
		c, err := h.beginPasskey(context.Background(), ceremonyProve, h.present(first.Cookie))
		h.must(err)
		cookie, unlocks, err := h.ProveByPasskey(context.Background(), h.present(first.Cookie), c.ID, a.signs(c))
		if err != nil || !unlocks || cookie != "" {
			h.t.Fatalf("the second dialog: %q %v %v", cookie, unlocks, err)
		}
		st, err := h.signsInBy(a)
		h.must(err)
		if v := h.sees(st.Cookie); v == nil || v.Key == nil {
			h.t.Errorf("afterwards the viewer is %+v", v)
		}
	})
}

func TestAPasskeyWithoutPRFOnlyIdentifies(t *testing.T) {
	each(t, func(h *house) {
		a := newAuthenticator(h.t, false)
		h.adds("anna", a)
		st, err := h.signsInBy(a)
		h.must(err)
		if v := h.sees(st.Cookie); v == nil || v.Key != nil {
			h.t.Fatalf("the viewer is %+v", v)
		}
		cookie, err := h.Unlock(context.Background(), h.present(st.Cookie), password, "")
		h.must(err)
		if v := h.sees(cookie); v == nil || v.Key == nil {
			h.t.Errorf("after the unlock phrase: %+v", v)
		}
	})
}

// req: SIGNIN-12
func TestADialogCountsOnceAndForItsPurposeOnly(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		a := newAuthenticator(h.t, true)
		_, _, _, st := h.adds("anna", a)
		c, err := h.beginPasskey(ctx, ceremonySignIn, nil)
		h.must(err)
		answer := a.signs(c)
		if _, _, err := h.ProveByPasskey(ctx, h.present(st.Cookie), c.ID, answer); fault.KindOf(err) != fault.Expired {
			h.t.Errorf("a sign-in dialog used to confirm: %v", err)
		}
		if _, err := h.SignInByPasskey(ctx, c.ID, answer, ""); err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.SignInByPasskey(ctx, c.ID, answer, ""); fault.KindOf(err) != fault.Expired {
			h.t.Errorf("the same answer again: %v", err)
		}
		c, err = h.beginPasskey(ctx, ceremonySignIn, nil)
		h.must(err)
		if _, err := h.SignInByPasskey(ctx, c.ID, answer, ""); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("an answer to another dialog: %v", err)
		}
		c, err = h.beginPasskey(ctx, ceremonySignIn, nil)
		h.must(err)
		h.passes(ceremonyLife + time.Second)
		if _, err := h.SignInByPasskey(ctx, c.ID, a.signs(c), ""); fault.KindOf(err) != fault.Expired {
			h.t.Errorf("a late answer: %v", err)
		}
	})
}

// req: SIGNIN-12
func TestAForeignOrCopiedPasskeyIsRefused(t *testing.T) {
	each(t, func(h *house) {
		a := newAuthenticator(h.t, true)
		h.adds("anna", a)
		foreign := newAuthenticator(h.t, true)
		foreign.user, foreign.id = a.user, a.id
		foreign.counts = 50
		if _, err := h.signsInBy(foreign); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("another key under the same name: %v", err)
		}
		stranger := newAuthenticator(h.t, true)
		stranger.user = []byte("nobody")
		if _, err := h.signsInBy(stranger); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("a passkey of nobody: %v", err)
		}
		if _, err := h.signsInBy(a); err != nil {
			h.t.Fatal(err)
		}
		a.counts = 0 // the copy does not know how often the original signed
		if _, err := h.signsInBy(a); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("a copy: %v", err)
		}
	})
}

func TestTheOnlySecondStepCannotBeRemoved(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		a := newAuthenticator(h.t, true)
		userID, _, got, _ := h.adds("anna", a)
		if err := h.RemovePasskey(ctx, "stranger", got.ID); fault.KindOf(err) != fault.NotFound {
			h.t.Errorf("a stranger removes it: %v", err)
		}
		h.must(h.RemovePasskey(ctx, userID, got.ID))
		if _, err := h.signsInBy(a); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("a removed passkey signs in: %v", err)
		}

		// Somebody who only ever took a passkey.
		p, err := h.Prepare(NewUser{Name: "Passkey Only", Login: "only", Password: password})
		h.must(err)
		h.must(h.db.Write(ctx, p.Insert))
		st, err := h.signsIn("only", password, "")
		h.must(err)
		c, err := h.beginPasskey(ctx, ceremonyRegister, h.present(st.Cookie))
		h.must(err)
		b := newAuthenticator(h.t, false)
		only, err := h.addPasskey(ctx, h.present(st.Cookie), c.ID, "", b.registers(c))
		h.must(err)
		if v := h.sees(st.Cookie); v == nil {
			h.t.Error("the passkey did not finish the account")
		}
		if err := h.RemovePasskey(ctx, p.User.ID, only.ID); fault.KindOf(err) != fault.Conflict {
			h.t.Errorf("removing the only second step: %v", err)
		}
		if _, err := h.signsIn("only", password, ""); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("the password alone signs in: %v", err)
		}
		me, err := h.Me(ctx, &web.Viewer{UserID: p.User.ID})
		if err != nil || len(me.Passkeys) != 1 || me.Passkeys[0].Label == "" {
			h.t.Errorf("the page shows %+v %v", me.Passkeys, err)
		}
	})
}

func TestASiteUnderANumberHasNoPasskeys(t *testing.T) {
	for base, want := range map[string]bool{"http://127.0.0.1:8080": false, "http://localhost:1": true, "https://help.example.org": true, "": false} {
		if got := relyingParty(Config{Name: "Amelie", BaseURL: base}) != nil; got != want {
			t.Errorf("%q: %v", base, got)
		}
	}
}
