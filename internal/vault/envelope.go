package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

const (
	keySize  = 32
	saltSize = 32
	minPad   = 64 // bytes: a "yes", a "no" and a telephone number look alike
)

// body is what follows the head of an envelope of the wanted algorithm.
// A later version adds its case here; this one stays.
func body(env []byte, algorithm byte) ([]byte, error) {
	if len(env) < 2 || env[0] != version1 || env[1] != algorithm {
		return nil, ErrClosed
	}
	return env[2:], nil
}

// gcm seals under key with a random nonce in front.
func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("vault: key of the wrong size: a fault in this package")
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("vault: AES-GCM is missing: a fault of the build")
	}
	return aead
}

// derive makes the key of one envelope from a high-entropy secret, the
// envelope's own salt and its place.
func derive(secret, salt, info []byte) []byte {
	key, err := hkdf.Key(sha256.New, secret, salt, string(info), keySize)
	if err != nil {
		panic("vault: HKDF of 32 bytes failed: a fault in this package")
	}
	return key
}

// lock closes plain under a high-entropy secret: head, salt, ciphertext.
func lock(secret, plain []byte, b Binding, algorithm byte) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	aad := b.authenticated(version1, algorithm)
	salt := random(saltSize)
	env := append([]byte{version1, algorithm}, salt...)
	return gcm(derive(secret, salt, aad)).Seal(env, nil, pad(plain), aad), nil
}

// unlock opens what lock closed.
func unlock(secret, env []byte, b Binding, algorithm byte) ([]byte, error) {
	rest, err := body(env, algorithm)
	if err != nil || len(rest) < saltSize {
		return nil, ErrClosed
	}
	aad := b.authenticated(version1, algorithm)
	padded, err := gcm(derive(secret, rest[:saltSize], aad)).Open(nil, nil, rest[saltSize:], aad)
	if err != nil {
		return nil, ErrClosed
	}
	return unpad(padded)
}

// pad blurs the length: four bytes of it, the text, zeros up to the next
// size of the Padmé scheme (Nikitin et al., PETS 2019), which costs at most
// 12 % and leaks only the order of magnitude, and at least minPad.
// req: SEAL-2
func pad(plain []byte) []byte {
	out := make([]byte, paddedSize(len(plain)+4))
	binary.BigEndian.PutUint32(out, uint32(len(plain)))
	copy(out[4:], plain)
	return out
}

func paddedSize(n int) int {
	if n <= minPad {
		return minPad
	}
	exponent := bits.Len(uint(n)) - 1
	free := exponent - bits.Len(uint(exponent)) // low bits that become zero
	mask := 1<<free - 1
	return (n + mask) &^ mask
}

func unpad(padded []byte) ([]byte, error) {
	if len(padded) < 4 {
		return nil, ErrClosed
	}
	n := uint64(binary.BigEndian.Uint32(padded))
	if n > uint64(len(padded)-4) {
		return nil, ErrClosed
	}
	return bytes.Clone(padded[4 : 4+n]), nil
}

func groups(text string, n int) []string {
	var out []string
	for len(text) > n {
		out, text = append(out, text[:n]), text[n:]
	}
	return append(out, text)
}
