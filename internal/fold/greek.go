package fold

import "strings"

// EarMark starts every key that Greeklish makes.
const EarMark = "~"

// Greeklish gives the keys of a folded word by ear: Greek letters and the
// Latin letters that Greeks type for them fall together, whether they type by
// sound ("thessaloniki", "ksenonas") or by shape and number ("8essalonikh",
// "3enwnas"). Letters that the two habits confuse share one sign: ξ and χ, all
// i-sounds with ου, β with φ and μπ. It also forgives wrong vowels in Greek
// spelling («ξενόνας»).
//
// One key, or two where a Latin h can be η or χ. None for words without a
// letter. Source of the table: the common habits of writing Greek in Latin
// letters; there is no standard.
func Greeklish(key string) []string {
	letters := false
	for _, r := range key {
		if r < '0' || r > '9' {
			letters = true
			break
		}
	}
	if !letters {
		return nil
	}
	if IsGreek(key) {
		return []string{EarMark + squeeze(greekByEar.Replace(key))}
	}
	if !latin(key) {
		return nil
	}
	key = latinPairs.Replace(key)
	if strings.Contains(key, "h") {
		return []string{
			EarMark + squeeze(latinByEar.Replace(strings.ReplaceAll(key, "h", "i"))),
			EarMark + squeeze(latinByEar.Replace(strings.ReplaceAll(key, "h", "x"))),
		}
	}
	return []string{EarMark + squeeze(latinByEar.Replace(key))}
}

func latin(key string) bool {
	for i := 0; i < len(key); i++ {
		if key[i] >= 0x80 {
			return false
		}
	}
	return true
}

// squeeze writes doubled signs once: "thessaloniki" and "thesaloniki" sound alike.
func squeeze(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if n := len(b); n > 0 && b[n-1] == s[i] {
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

// greekByEar maps folded Greek to the common signs; the longest match first.
var greekByEar = strings.NewReplacer(
	"αυ", "ab", "ευ", "eb", "ηυ", "ib",
	"ου", "i", "αι", "e", "αη", "e", "ει", "i", "εη", "i",
	"οι", "i", "οη", "i", "ωι", "i", "ωη", "i", "υι", "i",
	"μπ", "b", "ντ", "d", "γκ", "g", "γγ", "g", "κσ", "x",
	"α", "a", "β", "b", "γ", "g", "δ", "d", "ε", "e", "ζ", "z", "η", "i",
	"θ", "8", "ι", "i", "κ", "k", "λ", "l", "μ", "m", "ν", "n", "ξ", "x",
	"ο", "o", "π", "p", "ρ", "r", "σ", "s", "τ", "t", "υ", "i", "φ", "b",
	"χ", "x", "ψ", "ps", "ω", "o")

// latinPairs are the pairs in which a Latin h has one meaning; any other h is
// η or χ, which Greeklish leaves open.
var latinPairs = strings.NewReplacer("th", "8", "ph", "f", "ch", "x", "gh", "g", "dh", "d")

// latinByEar maps Latin letters to the same signs as greekByEar.
var latinByEar = strings.NewReplacer(
	"au", "ab", "eu", "eb", "ou", "i",
	"ai", "e", "ei", "i", "oi", "i", "yi", "i",
	"mp", "b", "nt", "d", "gk", "g", "gg", "g", "ng", "g", "ks", "x", "ck", "k",
	"9", "8", "3", "x", "0", "o",
	"c", "k", "f", "b", "j", "tz", "q", "k", "u", "i", "v", "b", "w", "o", "y", "i")

// Transliterate writes a folded Greek word in Latin letters by ELOT 743 (the
// rule of passports and road signs), for words that other languages keep in
// that spelling. Letters that are not Greek stay.
func Transliterate(key string) string {
	rs := []rune(key)
	var b strings.Builder
	for i := 0; i < len(rs); i++ {
		var next rune
		if i+1 < len(rs) {
			next = rs[i+1]
		}
		if s, used := elotPair(rs, i, next); used {
			b.WriteString(s)
			i++
			continue
		}
		if s, ok := elot[rs[i]]; ok {
			b.WriteString(s)
		} else {
			b.WriteRune(rs[i])
		}
	}
	return b.String()
}

// elotPair handles the pairs of ELOT 743: ου, the u of αυ ευ ηυ by what
// follows, γγ γξ γχ, and μπ at the beginning of a word.
func elotPair(rs []rune, i int, next rune) (string, bool) {
	switch {
	case rs[i] == 'ο' && next == 'υ':
		return "ou", true
	case (rs[i] == 'α' || rs[i] == 'ε' || rs[i] == 'η') && next == 'υ':
		after := 'σ'
		if i+2 < len(rs) {
			after = rs[i+2]
		}
		if strings.ContainsRune("θκξπσςτφχψ", after) {
			return elot[rs[i]] + "f", true
		}
		return elot[rs[i]] + "v", true
	case rs[i] == 'γ' && next == 'γ':
		return "ng", true
	case rs[i] == 'γ' && next == 'ξ':
		return "nx", true
	case rs[i] == 'γ' && next == 'χ':
		return "nch", true
	case rs[i] == 'μ' && next == 'π' && i == 0:
		return "b", true
	}
	return "", false
}

var elot = map[rune]string{
	'α': "a", 'β': "v", 'γ': "g", 'δ': "d", 'ε': "e", 'ζ': "z", 'η': "i", 'θ': "th",
	'ι': "i", 'κ': "k", 'λ': "l", 'μ': "m", 'ν': "n", 'ξ': "x", 'ο': "o", 'π': "p",
	'ρ': "r", 'σ': "s", 'τ': "t", 'υ': "y", 'φ': "f", 'χ': "ch", 'ψ': "ps", 'ω': "o",
}
