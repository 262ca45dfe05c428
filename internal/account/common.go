package account

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"sort"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:generate go run ./commonlist -out common.bin passwords.json

// commonWords are the words of passwords that are tried first: of each the
// first four bytes of its SHA-256, in order, so that the list takes little room
// and nobody has to read it. It is made from zxcvbn's list by ./commonlist. A
// good password is taken for a common one once in some ten thousand.
//
//go:embed common.bin
var commonWords string

// common says whether a password is one that is tried first: a listed one, or
// the word of one with other characters before and after, in place of letters,
// or said several times.
//
// req: SIGNIN-15
func common(password string) bool {
	whole := FoldCommon(password)
	for _, form := range []string{whole, digitsAsLetters.Replace(whole)} {
		once := said(form)
		if listed(form) || listed(once) || listed(CommonWord(form)) || listed(CommonWord(once)) {
			return true
		}
	}
	return false
}

// digitsAsLetters are the replacements that everybody knows.
var digitsAsLetters = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// FoldCommon is the form in which passwords are compared with common ones:
// small letters without marks.
func FoldCommon(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		if r = unicode.ToLower(r); r == 'ς' {
			return 'σ'
		}
		return r
	}, norm.NFKD.String(s))
}

// CommonWord is a folded password without what stands before its first letter
// and after its last.
func CommonWord(folded string) string {
	return strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
}

// said is what a text says once, when it says the same several times.
func said(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}

// CommonMark is how a word stands in the list.
func CommonMark(word string) uint32 {
	sum := sha256.Sum256([]byte(word))
	return binary.BigEndian.Uint32(sum[:])
}

func listed(word string) bool {
	if word == "" {
		return false
	}
	want := CommonMark(word)
	at := func(i int) uint32 { return binary.BigEndian.Uint32([]byte(commonWords[4*i : 4*i+4])) }
	n := len(commonWords) / 4
	i := sort.Search(n, func(i int) bool { return at(i) >= want })
	return i < n && at(i) == want
}
