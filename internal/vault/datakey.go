package vault

import (
	"bytes"
	"crypto/rand"
	"fmt"
)

// DataKey closes the fields of one packet, case or file. It is made when the
// first field is written, wrapped for each holder (WrapTo), and forgotten.
// Deleting a holder's wrap takes the content away from that holder.
type DataKey struct{ key []byte }

// NewDataKey makes a data key.
func NewDataKey() *DataKey { return &DataKey{key: random(keySize)} }

// Seal closes one field in its place.
func (d *DataKey) Seal(plain []byte, b Binding) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	aad := b.authenticated(version1, algDataKey)
	return gcm(d.key).Seal([]byte{version1, algDataKey}, nil, pad(plain), aad), nil
}

// Open opens one field in its place, or says ErrClosed.
func (d *DataKey) Open(env []byte, b Binding) ([]byte, error) {
	rest, err := body(env, algDataKey)
	if err != nil {
		return nil, err
	}
	padded, err := gcm(d.key).Open(nil, nil, rest, b.authenticated(version1, algDataKey))
	if err != nil {
		return nil, ErrClosed
	}
	return unpad(padded)
}

// WrapTo closes the data key itself for one holder.
func (d *DataKey) WrapTo(to PublicKey, b Binding) ([]byte, error) { return SealTo(to, d.key, b) }

// UnwrapDataKey opens a wrap with the holder's key, or says ErrClosed.
func UnwrapDataKey(k *PrivateKey, env []byte, b Binding) (*DataKey, error) {
	key, err := k.Open(env, b)
	if err != nil || len(key) != keySize {
		return nil, ErrClosed
	}
	return &DataKey{key: bytes.Clone(key)}, nil
}

// Format keeps the key out of logs and error texts, whatever the verb.
func (d DataKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, "data key") }

// MarshalText keeps the key out of encoders.
func (d DataKey) MarshalText() ([]byte, error) { return []byte("data key"), nil }

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails since Go 1.24
	return b
}

// SealDataKey closes one data key under another, in its place: a chain that
// costs no HPKE.
func SealDataKey(under, key *DataKey, b Binding) ([]byte, error) { return under.Seal(key.key, b) }

// OpenDataKey opens what SealDataKey closed, or says ErrClosed.
func OpenDataKey(under *DataKey, env []byte, b Binding) (*DataKey, error) {
	key, err := under.Open(env, b)
	if err != nil || len(key) != keySize {
		return nil, ErrClosed
	}
	return &DataKey{key: key}, nil
}
