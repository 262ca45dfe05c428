package house

import (
	"errors"
	"strings"

	"filippo.io/age"
)

// The backup key is a pair of age's hybrid kind (X25519 with ML-KEM-768): a
// copied backup must stay closed for decades. Its public half is kept; the
// secret half exists on paper only.

// keyHead is how age begins the text of such a secret key.
const keyHead = "AGE-SECRET-KEY-PQ-1"

// groupSize is how many characters stand together on paper.
const groupSize = 4

// newKey makes a pair and gives the groups to print.
func newKey() (recipient string, groups []string, err error) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return "", nil, err
	}
	text := strings.TrimPrefix(id.String(), keyHead)
	for len(text) > groupSize {
		groups, text = append(groups, text[:groupSize]), text[groupSize:]
	}
	return id.Recipient().String(), append(groups, text), nil
}

// ErrKey says that what was typed is no whole backup key.
var ErrKey = errors.New("house: not a backup key")

// ParseKey reads the key as people type it from paper: with or without its
// beginning, in any case, with spaces, dashes and line ends; the letter O for
// zero, I and one for L, which its alphabet does not have.
func ParseKey(typed string) (*age.HybridIdentity, error) {
	text := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, typed)
	text = strings.TrimPrefix(text, strings.ReplaceAll(keyHead, "-", ""))
	text = strings.NewReplacer("O", "0", "I", "L", "1", "L").Replace(text)
	id, err := age.ParseHybridIdentity(keyHead + text)
	if err != nil {
		return nil, ErrKey // age's words may quote what was typed
	}
	return id, nil
}
