package directory

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// phoneBook are the phone numbers of the index in order, so that one is found by
// its beginning.
type phoneBook []phoneNumber

// phoneNumber is a string of digits, aligned left in 18 places: "1109" is
// 110900000000000000. Two numbers that differ only in trailing zeros fall
// together, and both are found.
type phoneNumber struct {
	digits uint64
	doc    uint32
}

// places is the width to which digits are aligned; E.164 has at most 15.
const places = 18

// aligned are digits on the left of a decimal of places digits.
func aligned(digits string) uint64 {
	n := uint64(0)
	for i := range places {
		n *= 10
		if i < len(digits) {
			n += uint64(digits[i] - '0')
		}
	}
	return n
}

func (n *phoneBook) add(doc uint32, phones []Phone) {
	for _, p := range phones {
		for _, digits := range phoneKeys(p) {
			*n = append(*n, phoneNumber{aligned(digits), doc})
		}
	}
}

func (n *phoneBook) sort() {
	slices.SortFunc(*n, func(a, b phoneNumber) int {
		return cmp.Or(cmp.Compare(a.digits, b.digits), cmp.Compare(a.doc, b.doc))
	})
	*n = slices.Clip(slices.Compact(*n))
}

// find adds who has exactly these digits, and who has a number that begins
// with them; false: nobody.
func (n phoneBook) find(digits string, whole, begins docset) bool {
	if len(digits) < 3 || len(digits) > places {
		return false
	}
	low := aligned(digits)
	high := low + 1
	for range places - len(digits) {
		high = (high-low)*10 + low
	}
	i := sort.Search(len(n), func(i int) bool { return n[i].digits >= low })
	found := false
	for ; i < len(n) && n[i].digits < high; i++ {
		found = true
		if n[i].digits == low {
			whole.add(n[i].doc)
		} else {
			begins.add(n[i].doc)
		}
	}
	return found
}

// phoneKeys are the digits under which a number is sought: the short code,
// whole with the country's code, as dialled at home without the leading zero,
// and as printed.
func phoneKeys(p Phone) []string {
	var keys []string
	add := func(digits string) {
		if digits != "" && len(digits) <= places && !contains(keys, digits) {
			keys = append(keys, digits)
		}
	}
	add(digitsOf(p.Short))
	whole := digitsOf(p.Number)
	add(whole)
	for _, code := range callingCodes {
		if home, ok := strings.CutPrefix(whole, code); ok {
			add(strings.TrimLeft(home, "0"))
		}
	}
	add(dialled(p.Printed))
	return keys
}

// callingCodes are those of the four countries.
var callingCodes = []string{"30", "32", "39", "49"}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// dialled are the digits of a number without "(0)", a leading 00 or 0.
func dialled(printed string) string {
	s := digitsOf(strings.ReplaceAll(printed, "(0)", ""))
	return strings.TrimLeft(s, "0")
}
