package vault

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
)

// Crockford's alphabet: no I, L, O, U, so that nothing printed is ambiguous.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

const (
	recoveryBytes = 20 // 160 bits, 32 characters
	recoveryCheck = 4  // characters of checksum, 20 bits
)

// ErrRecoveryKey says that what was typed is not a whole recovery key: a
// character is missing, doubled or mistaken.
var ErrRecoveryKey = errors.New("vault: not a recovery key")

// NewRecoveryKey makes a key for paper: as printed, nine groups of four
// characters, the last a checksum; and the 32 bytes for LockKey.
func NewRecoveryKey() (printed string, key []byte) {
	raw := random(recoveryBytes)
	text := crockford.EncodeToString(raw)
	return strings.Join(groups(text+recoveryChecksum(raw), 4), "-"), recoveryToKey(raw)
}

// ParseRecoveryKey reads a recovery key as people type it: any case, with or
// without spaces and dashes, the letter O for zero, I or L for one.
// ErrRecoveryKey when it is not whole.
func ParseRecoveryKey(printed string) ([]byte, error) {
	text := AsPrinted(printed)
	raw, err := crockford.DecodeString(text[:max(0, len(text)-recoveryCheck)])
	if err != nil || len(raw) != recoveryBytes || text[len(text)-recoveryCheck:] != recoveryChecksum(raw) {
		return nil, ErrRecoveryKey
	}
	return recoveryToKey(raw), nil
}

// Printed is the beginning of a secret for paper: so many characters of five bits
// each, in groups.
func Printed(raw []byte, characters, group int) string {
	return strings.Join(groups(crockford.EncodeToString(raw)[:characters], group), "-")
}

// AsPrinted reads what Printed wrote as people type it, without its dashes.
func AsPrinted(typed string) string { return strings.Map(tolerant, typed) }

func tolerant(r rune) rune {
	switch r {
	case ' ', '-', '\t', '\n', '\r', '\u00a0', '\u2010', '\u2011', '\u2012', '\u2013', '.', '_':
		return -1
	case 'o', 'O':
		return '0'
	case 'i', 'I', 'l', 'L':
		return '1'
	}
	if r >= 'a' && r <= 'z' {
		return r - 'a' + 'A'
	}
	return r
}

func recoveryChecksum(raw []byte) string {
	sum := sha256.Sum256(append([]byte("amelie recovery checksum"), raw...))
	return crockford.EncodeToString(sum[:])[:recoveryCheck]
}

func recoveryToKey(raw []byte) []byte { return derive(raw, nil, []byte("amelie recovery key 1")) }
