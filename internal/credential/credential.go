// Package credential makes and checks statements that a person can carry away
// and anybody can check without asking: who achieved what, on whose word.
//
// The idea: a file is a W3C Verifiable Credential 2.0 and an Open Badges 3.0
// OpenBadgeCredential, signed with Ed25519 under the suite eddsa-rdfc-2022, so
// that programs of others check it too. The issuer's name is its key
// (did:key): a file proves by itself that nothing in it was changed, and a
// published list of keys proves whose word it is.
//
// Only one shape is written and read. Each of its members is either one of a
// fixed set of words or signed; an unknown, missing or doubled member is
// refused, because what is not signed must not be believed
// (docs/decisions/0120).
//
// Stored: nothing but the key file, see Key. It must never fetch anything that
// a file names, and never take a file for good whose words it does not sign.
package credential

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What can be wrong with a file.
var (
	ErrForm    = errors.New("credential: not a credential of this form")
	ErrAltered = errors.New("credential: the signature does not fit what it says")
	ErrKey     = errors.New("credential: signed with another key")
	ErrEarly   = errors.New("credential: not valid yet")
	ErrExpired = errors.New("credential: no longer valid")
)

// Credential is what one file says.
type Credential struct {
	ID      string // urn:uuid:…
	Issuer  string // name of who gives it
	Address string // of the issuer, https://…
	Holder  string // name of who achieved it
	From    time.Time
	Until   time.Time // zero: for ever
	Achievement
}

// Achievement is what was achieved, in one language.
type Achievement struct {
	About       string // address of what it is, without a fragment
	Title       string
	Description string
	Criteria    string // what had to be done for it
	Language    string // BCP 47
	Revision    string
	Tags        []string // at least one, each once
}

// Limits in letters, far above what is needed.
const (
	mostName = 300
	mostText = 4000
	mostTags = 40
)

// check refuses what two programs could read differently, or nobody could read.
func (c Credential) check() error {
	for _, text := range append([]string{c.Issuer, c.Holder, c.Title, c.Language, c.Revision}, c.Tags...) {
		if !plain(text, mostName) {
			return ErrForm
		}
	}
	if !plain(c.Description, mostText) || !plain(c.Criteria, mostText) || len(c.Tags) == 0 || len(c.Tags) > mostTags {
		return ErrForm
	}
	id, ok := strings.CutPrefix(c.ID, "urn:uuid:")
	if !ok || len(id) != 36 || !isAddress(c.ID) || !isWeb(c.Address) || !isWeb(c.About) {
		return ErrForm
	}
	if c.From.IsZero() || !c.Until.IsZero() && !c.Until.After(c.From) {
		return ErrForm
	}
	seen := map[string]bool{}
	for _, tag := range c.Tags {
		if seen[tag] { // a set: said twice it would be signed once
			return ErrForm
		}
		seen[tag] = true
	}
	return nil
}

// plain says whether a text is there, can be read, and has no character that
// only a machine sees.
func plain(s string, most int) bool {
	if s == "" || s != strings.TrimSpace(s) || !utf8.ValidString(s) || utf8.RuneCountInString(s) > most {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || hidden(r) })
}

// hidden are the marks that turn the direction of what follows: a name could be
// shown otherwise than it is signed (Unicode technical report 36, 2.6).
func hidden(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }

func isWeb(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && isAddress(s)
}

// isAddress says whether an address can stand between < and > and bear a
// fragment of ours.
func isAddress(s string) bool {
	return len(s) <= 500 && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\"{}|^`\\#", r)
	})
}

// Clean makes a typed name fit for a credential: one line, single spaces, none
// of the characters that are refused.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || hidden(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}
