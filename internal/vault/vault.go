// Package vault seals: it turns what must stay closed into envelopes that
// only the holder of one key, in one place, can open.
//
// The chain of keys is user -> agency -> packet or case -> fields. A wrap of
// one key for another is made with HPKE (RFC 9180) over the hybrid of ML-KEM-768
// and X25519, because these records must stay closed for decades; a field is
// sealed with AES-256-GCM under a data key. A user's private key itself is
// locked under the password (Argon2id), under the output of a passkey, or
// under a recovery key on paper; while a sign-in is unlocked, one half of the
// key lies with the browser and one with the server.
//
// Every envelope begins with a version and an algorithm and is bound to the
// place where it belongs (see Binding): moved to another field, row or owner
// it does not open. Writers write the newest version, readers take all. The
// length of what is sealed is blurred by padding.
//
// The package stores nothing but one file, the server secret (see
// LoadServerSecret). It must never log, print or return a key by way of a
// formatted value, never say why an envelope did not open, and never open
// anything on the strength of a short code alone.
package vault

import (
	"bytes"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// ErrClosed is the one answer to everything that does not open: the wrong
// key, the wrong place, a changed byte, or no envelope at all.
var ErrClosed = errors.New("vault: does not open")

// The first byte of every envelope.
const version1 byte = 1

// The second byte of every envelope. Numbers are permanent.
const (
	algSealTo   byte = 1 // HPKE: MLKEM768-X25519, HKDF-SHA256, AES-256-GCM
	algDataKey  byte = 2 // AES-256-GCM under a data key
	algPassword byte = 3 // Argon2id, then AES-256-GCM
	algKey      byte = 4 // HKDF-SHA256 of a 256-bit key, then AES-256-GCM
	algSession  byte = 5 // the same, under the browser's half
	algServer   byte = 6 // the same, under the server secret
	algOwn      byte = 7 // the same, under a user's own private key, for that user alone
)

// Binding is the place where an envelope belongs. All three parts are
// authenticated. Field is a permanent logical name such as "referral.packet",
// never reused for something else even when tables are renamed; Row is the
// row's identifier; Scope is the owner's: an agency, a case, a user.
type Binding struct{ Field, Row, Scope string }

// authenticated is the canonical form of an envelope's head and place, each
// part with its length before it so that no two places look alike.
// req: SEAL-1
func (b Binding) authenticated(version, algorithm byte) []byte {
	out := append([]byte("amelie vault"), version, algorithm)
	for _, part := range []string{b.Field, b.Row, b.Scope} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	return out
}

// check refuses a place that names no field: such an envelope could be moved
// between any two fields that forgot theirs.
func (b Binding) check() error {
	if b.Field == "" {
		return errors.New("vault: a binding needs a field")
	}
	return nil
}

// PublicKey is the public half of a key pair as it is stored, 1216 bytes.
type PublicKey []byte

// Fingerprint is a short name of the key to compare by eye, six groups of
// four letters and digits (120 bits of SHA-256).
func (p PublicKey) Fingerprint() string {
	sum := sha256.Sum256(p)
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15])
	return strings.Join(groups(text, 4), "-")
}

// PrivateKey opens what was sealed to its public half. It prints as a word,
// never as its bytes.
type PrivateKey struct {
	key  hpke.PrivateKey
	seed []byte
}

// NewPrivateKey makes a key pair.
func NewPrivateKey() (*PrivateKey, error) {
	key, err := hpke.MLKEM768X25519().GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("vault: new key: %w", err)
	}
	return fromHPKE(key)
}

// ParsePrivateKey takes what Bytes gave.
func ParsePrivateKey(b []byte) (*PrivateKey, error) {
	key, err := hpke.MLKEM768X25519().NewPrivateKey(b)
	if err != nil {
		return nil, errors.New("vault: not a private key")
	}
	return fromHPKE(key)
}

func fromHPKE(key hpke.PrivateKey) (*PrivateKey, error) {
	seed, err := key.Bytes()
	if err != nil {
		return nil, errors.New("vault: a private key without bytes")
	}
	return &PrivateKey{key: key, seed: seed}, nil
}

// Public is the half that others seal to.
func (k *PrivateKey) Public() PublicKey { return k.key.PublicKey().Bytes() }

// Bytes is the key in clear, 32 bytes, to be locked at once (LockPassword,
// LockKey, SplitSession, or SealTo for a member); it is never stored as it is.
func (k *PrivateKey) Bytes() []byte { return bytes.Clone(k.seed) }

// Format keeps the key out of logs and error texts, whatever the verb.
// req: SEAL-6
func (k PrivateKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, "private key") }

// MarshalText keeps the key out of encoders.
func (k PrivateKey) MarshalText() ([]byte, error) { return []byte("private key"), nil }

// SealTo closes plain so that only the holder of the private half of to can
// open it, in the place b.
func SealTo(to PublicKey, plain []byte, b Binding) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	key, err := parsed(to)
	if err != nil {
		return nil, err
	}
	info := b.authenticated(version1, algSealTo)
	body, err := hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), info, pad(plain))
	if err != nil {
		return nil, fmt.Errorf("vault: seal: %w", err)
	}
	return append([]byte{version1, algSealTo}, body...), nil
}

// keys remembers public keys in the form that sealing needs: expanding the
// lattice half costs as much as a fifth of a seal, and an agency's key is used
// again and again. Only public material is in it.
var keys struct {
	sync.RWMutex
	known map[string]hpke.PublicKey
}

const mostKeys = 512

func parsed(to PublicKey) (hpke.PublicKey, error) {
	keys.RLock()
	key := keys.known[string(to)]
	keys.RUnlock()
	if key != nil {
		return key, nil
	}
	key, err := hpke.MLKEM768X25519().NewPublicKey(to)
	if err != nil {
		return nil, errors.New("vault: not a public key")
	}
	keys.Lock()
	defer keys.Unlock()
	if keys.known == nil || len(keys.known) >= mostKeys {
		keys.known = map[string]hpke.PublicKey{}
	}
	keys.known[string(to)] = key
	return key, nil
}

// SealOwn closes plain so that only this key can open it, in the place b: for
// what a person with an unlocked key writes for herself, such as a draft. It
// is a hundred times cheaper than SealTo, the envelope twelve hundred bytes
// smaller, and Open opens both.
func (k *PrivateKey) SealOwn(plain []byte, b Binding) ([]byte, error) {
	return lock(k.seed, plain, b, algOwn)
}

// Open opens what SealTo closed for this key, or SealOwn with it, in the place
// b, or says ErrClosed.
func (k *PrivateKey) Open(env []byte, b Binding) ([]byte, error) {
	if len(env) > 1 && env[1] == algOwn {
		return unlock(k.seed, env, b, algOwn)
	}
	body, err := body(env, algSealTo)
	if err != nil {
		return nil, err
	}
	info := b.authenticated(version1, algSealTo)
	padded, err := hpke.Open(k.key, hpke.HKDFSHA256(), hpke.AES256GCM(), info, body)
	if err != nil {
		return nil, ErrClosed
	}
	return unpad(padded)
}
