// Package id makes identifiers: UUIDv7 (RFC 9562), ordered by the time they
// were made, so that both engines append instead of splitting pages. Nothing
// is stored. An identifier is no secret and opens nothing.
package id

import (
	"crypto/rand"
	"encoding/base32"
	"strings"

	"github.com/google/uuid"
)

// New is a fresh identifier, 36 characters.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Of is the identifier that name has within space, which is one itself: the same
// for the same two, so that what is taken over twice is there once.
func Of(space, name string) string {
	return uuid.NewSHA1(uuid.MustParse(space), []byte(name)).String()
}

// Valid says whether s has the form of an identifier.
func Valid(s string) bool {
	u, err := uuid.Parse(s)
	return err == nil && len(s) == 36 && u.String() == s
}

// Secret is a random secret of n bytes in unambiguous lower-case letters and
// digits, for links: 16 bytes give 26 characters.
func Secret(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails since Go 1.24
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}
