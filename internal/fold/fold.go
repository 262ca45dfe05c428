// Package fold turns words as people type them into keys that can be compared.
//
// The idea: «ΞΕΝΩΝΑΣ», «ξενώνας», "xenonas" and "ksenonas" are one word to the
// person who types it, and so are "Lüttich", "Luettich" and
// "luttich". A key is the word without what differs by habit: case, accents,
// ligatures, the final sigma, the sharp s. What differs by spelling system
// becomes a further form of the word: German digraphs (ä as ae), Greek
// written in Latin letters by ear or by shape (Greeklish), and Greek
// transliterated by the rule of ELOT 743.
//
// Nothing is stored here and nothing is looked up outside: the same text gives
// the same keys on every engine and every machine, which is why neither the
// tokeniser of SQLite nor that of PostgreSQL is used. Keys are for comparing;
// they must never be shown to a reader.
package fold

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWord is the longest word in bytes that is kept whole; what follows is cut.
// No word of the six languages comes near it, pasted noise does.
const maxWord = 96

// Key is the folded form of a whole text: its tokens joined by single spaces.
// Key(Key(s)) == Key(s).
func Key(s string) string { return strings.Join(Tokens(s), " ") }

// Tokens are the folded words of a text in order, each what Word gives.
func Tokens(s string) []string {
	words := Words(s)
	tokens := words[:0]
	for _, w := range words {
		if k := Word(w); k != "" {
			tokens = append(tokens, k)
		}
	}
	return tokens
}

// Words splits a text into words as written: runs of letters, digits and
// marks. Apostrophes and hyphens separate ("l'aide" is l and aide), since the
// six languages use them between words that are also looked for alone.
func Words(s string) []string {
	words := make([]string, 0, len(s)/6+1)
	start := -1
	for i, r := range s {
		if wordRune(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			words = append(words, cut(s[start:i]))
			start = -1
		}
	}
	if start >= 0 {
		words = append(words, cut(s[start:]))
	}
	return words
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	// The soft hyphen and the joiners stand inside words and mean nothing.
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) ||
		r == '\u00ad' || r == '\u200b' || r == '\u200c' || r == '\u200d'
}

// cut limits a word to maxWord bytes without splitting a rune.
func cut(w string) string {
	if len(w) <= maxWord {
		return w
	}
	n := maxWord
	for n > 0 && !utf8.RuneStart(w[n]) {
		n--
	}
	return w[:n]
}

// Word folds one word: compatibility decomposition (NFKD), marks dropped,
// lower case, final sigma as sigma, sharp s and ligatures spelt out. What is
// neither letter nor digit disappears.
func Word(w string) string {
	if plain(w) {
		return w
	}
	return string(AppendWord(make([]byte, 0, len(w)), w))
}

// AppendWord puts what Word gives behind dst, without an allocation where dst
// has room and the word is of a common script.
func AppendWord(dst []byte, w string) []byte {
	w, from := cut(w), len(dst)
	common := foldedCommon()
	for _, r := range w {
		if r >= commonRunes {
			return appendAny(dst[:from], w)
		}
		dst = append(dst, common[r]...)
	}
	if len(dst)-from > maxWord {
		return dst[:from+len(cut(string(dst[from:])))]
	}
	return dst
}

// appendAny folds a word of any script.
func appendAny(dst []byte, w string) []byte {
	var b strings.Builder
	b.Grow(len(w))
	for _, r := range norm.NFKD.String(w) {
		foldRune(&b, r)
	}
	return append(dst, cut(b.String())...)
}

// commonRunes are Latin, Greek and Cyrillic; foldedCommon what becomes of each
// of them. Rune by rune gives the same as the whole word: what decomposition
// puts in another order are marks, and those are dropped.
const commonRunes = 0x530

var foldedCommon = sync.OnceValue(func() *[commonRunes]string {
	var table [commonRunes]string
	for r := range table {
		table[r] = string(appendAny(nil, string(rune(r))))
	}
	return &table
})

// plain reports whether w is its own key, the common case of a folded text.
func plain(w string) bool {
	if len(w) > maxWord {
		return false
	}
	for i := 0; i < len(w); i++ {
		c := w[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9') {
			return false
		}
	}
	return true
}

func foldRune(b *strings.Builder, r rune) {
	if unicode.IsMark(r) {
		return
	}
	if spelt, ok := ligature[r]; ok {
		b.WriteString(spelt)
		return
	}
	r = unicode.ToLower(r)
	if spelt, ok := ligature[r]; ok { // capitals whose small letter is spelt out
		b.WriteString(spelt)
		return
	}
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		b.WriteRune(r)
	}
}

// ligature spells out letters that NFKD leaves whole.
var ligature = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d",
	'þ': "th", 'ł': "l", 'ı': "i", 'ħ': "h", 'ŋ': "n", 'ĸ': "k", 'ŧ': "t",
	'ς': "σ", 'ϲ': "σ", 'ϐ': "β", 'ϑ': "θ", 'ϕ': "φ", 'ϰ': "κ", 'ϱ': "ρ",
	'ϖ': "π", 'ϗ': "και", 'ϛ': "στ",
}

// Forms are the keys under which a word as written is stored and sought. The
// first is Word(w); then come, where they differ, the form with German
// digraphs, the ELOT 743 transliteration of a Greek word, and its keys by ear
// (see Greeklish). A key by ear starts with EarMark, so it never meets an
// ordinary word by accident.
func Forms(w string) []string {
	key := Word(w)
	if key == "" {
		return nil
	}
	forms := []string{key}
	if d := Digraphs(w); d != key {
		forms = append(forms, d)
	}
	if IsGreek(key) {
		forms = append(forms, Transliterate(key))
	}
	return append(forms, Greeklish(key)...)
}

// Digraphs folds a word with ä, ö, ü as ae, oe, ue and å as aa, the way that
// German and Danish spell without these letters.
func Digraphs(w string) string {
	w = norm.NFC.String(cut(w))
	if !strings.ContainsAny(w, "äöüåÄÖÜÅ") {
		return Word(w)
	}
	return Word(digraphs.Replace(w))
}

var digraphs = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "å", "aa",
	"Ä", "ae", "Ö", "oe", "Ü", "ue", "Å", "aa")

// IsGreek reports whether a key holds a letter of the Greek alphabet.
func IsGreek(key string) bool {
	for _, r := range key {
		if 'α' <= r && r <= 'ω' {
			return true
		}
	}
	return false
}
