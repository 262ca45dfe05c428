package fold

import "unicode"

// Digit is the value of a decimal digit of any script, or -1. In Unicode the
// ten digits of a script follow each other, and each script's zero is the first
// of its run.
func Digit(r rune) int {
	if r >= '0' && r <= '9' {
		return int(r - '0')
	}
	if !unicode.Is(unicode.Nd, r) {
		return -1
	}
	n := 0
	for n < 10 && unicode.Is(unicode.Nd, r-1) {
		r, n = r-1, n+1
	}
	return n % 10
}
