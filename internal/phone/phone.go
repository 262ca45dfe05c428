// Package phone reads telephone numbers as people write them and writes them as
// the countries do.
//
// The idea: each country has a numbering plan: which digits lead out of it,
// which stand before a number at home, how long numbers are, which cost
// nothing, and how digits are grouped. The plans are those of libphonenumber,
// as data; what is needed of them here is little, so reading and writing them
// is this package's own, and a test compares it with the library, number by
// number.
//
// Stored: nothing. It must never be asked whether somebody can be reached: a
// number that may exist need not answer.
package phone

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Number is a telephone number anywhere.
type Number struct {
	Code     int    // of the country or network, ITU-T E.164
	National string // the digits after it, leading zeros included
}

// ErrNotANumber is the answer to what cannot be read as a number.
var ErrNotANumber = errors.New("not a telephone number")

// The least and the most digits after the country's code (E.164, with room for
// the longer ones that Germany gave out).
const (
	least     = 2
	most      = 17
	longest   = 250 // of what was typed
	separator = "-‐‑‒–—―−ー－／.．·•()（）［］[]~⁓∼～/ 　\u00a0\u00ad\u200b\u2060\t"
)

var extension = regexp.MustCompile(`(?i)(?:;ext=|\s*(?:ext(?:ension)?|extn|x|#|доб|anexo|int|Durchwahl|DW)\s*[.:]?\s*)\d{1,9}#?$`)

// Parse reads a number as it was written. Region, an ISO 3166-1 code, says
// whose it is where it does not say so itself; it may be empty.
func Parse(written, region string) (Number, error) {
	if len(written) > longest {
		return Number{}, ErrNotANumber
	}
	digits, plus, err := digitsOf(written)
	if err != nil {
		return Number{}, err
	}
	home := planOf(region)
	digits, abroad, err := home.led(digits, plus)
	if err != nil {
		return Number{}, err
	}
	n := Number{National: digits}
	switch {
	case abroad:
		if n.Code, n.National = codeOf(digits); n.Code == 0 {
			return Number{}, ErrNotANumber
		}
		home = mainPlan(n.Code)
	case home == nil:
		return Number{}, ErrNotANumber
	default:
		n.Code = home.Code
		if n.National = home.withoutOwnCode(digits); n.National != digits {
			home = mainPlan(n.Code)
		}
	}
	if len(n.National) >= least {
		n.National = home.home(n.National)
	}
	if len(n.National) < least || len(n.National) > most {
		return Number{}, ErrNotANumber
	}
	return n, nil
}

// digitsOf are the digits of what was written, and whether a plus stands before
// them. Words before the number and an extension after it are left out.
func digitsOf(written string) (digits string, plus bool, err error) {
	start := strings.IndexFunc(written, func(r rune) bool { return r == '+' || r == '＋' || unicode.IsDigit(r) })
	if start < 0 {
		return "", false, ErrNotANumber
	}
	text := extension.ReplaceAllString(written[start:], "")
	var b strings.Builder
	for i, r := range text {
		switch {
		case unicode.IsDigit(r):
			b.WriteByte(byte('0' + digit(r)))
		case (r == '+' || r == '＋') && b.Len() == 0:
			plus = true
		case strings.ContainsRune(separator, r):
		default:
			// Words after the number end it; anything within it is none.
			if b.Len() < least || strings.IndexFunc(text[i:], unicode.IsDigit) >= 0 {
				return "", false, ErrNotANumber
			}
			return b.String(), plus, nil
		}
	}
	if b.Len() < least {
		return "", false, ErrNotANumber
	}
	return b.String(), plus, nil
}

// digit is the value of a decimal digit of any script: they stand in runs of
// ten.
func digit(r rune) int {
	n := 0
	for n < 9 && unicode.IsDigit(r-rune(n)-1) {
		n++
	}
	return n
}

// codeOf cuts the country's code off, the shortest that exists: no code begins
// another.
func codeOf(digits string) (code int, rest string) {
	if strings.HasPrefix(digits, "0") {
		return 0, digits
	}
	for n := 1; n <= 3 && n < len(digits); n++ {
		code, err := strconv.Atoi(digits[:n])
		if err == nil && mainPlan(code) != nil {
			return code, digits[n:]
		}
	}
	return 0, digits
}

// led takes away what leads out of the country, a plus or its digits, and says
// whether something did. A plus may stand before the digits: +0030.
func (p *Plan) led(digits string, plus bool) (rest string, abroad bool, err error) {
	if code, _ := codeOf(digits); plus && code != 0 {
		return digits, true, nil
	}
	if p != nil {
		digits, abroad = p.out(digits)
	}
	if plus && !abroad {
		return "", false, ErrNotANumber
	}
	return digits, abroad, nil
}

// out takes the digits away that lead out of the country.
func (p *Plan) out(digits string) (rest string, led bool) {
	m := compiled(`^(?:` + p.International + `)`).FindString(digits)
	if p.International == "" || m == "" || strings.HasPrefix(digits[len(m):], "0") {
		return digits, false
	}
	return digits[len(m):], true
}

// withoutOwnCode takes the country's own code away from a number that only then
// is one of its numbers.
func (p *Plan) withoutOwnCode(digits string) string {
	rest, found := strings.CutPrefix(digits, strconv.Itoa(p.Code))
	if !found {
		return digits
	}
	rest = p.strip(rest)
	if !p.General.fits(digits) && p.General.fits(rest) || p.General.length(digits) == tooLong {
		return rest
	}
	return digits
}

// home takes away what stands before a number at home, such as a zero, where
// what is left can be a number.
func (p *Plan) home(digits string) string {
	rest := p.strip(digits)
	if l := p.General.length(rest); l == possible || l == tooLong {
		return rest
	}
	return digits
}

func (p *Plan) strip(digits string) string {
	if p.Prefix == "" || digits == "" {
		return digits
	}
	re := compiled(`^(?:` + p.Prefix + `)`)
	at := re.FindStringSubmatchIndex(digits)
	if at == nil {
		return digits
	}
	rest := digits[at[1]:]
	if last := at[len(at)-2]; p.Instead != "" && len(at) > 2 && last >= 0 {
		rest = re.ReplaceAllString(digits, braced(p.Instead))
	}
	if p.General.fits(digits) && !p.General.fits(rest) {
		return digits
	}
	return rest
}

// Possible says whether the number is as long as numbers of its country are.
func (n Number) Possible() bool {
	p := mainPlan(n.Code)
	if p == nil {
		return false
	}
	l := p.General.length(n.National)
	return l == possible || l == localOnly
}

// Valid says whether the plan of its country has given out such numbers.
func (n Number) Valid() bool { return n.plan() != nil }

// Free says whether a call costs nothing within the country.
func (n Number) Free() bool {
	p := n.plan()
	return p != nil && !p.Premium.allows(n.National, p.General) && p.Free.allows(n.National, p.General)
}

// plan is the one of several with the same code that the number belongs to; nil
// when it belongs to none.
func (n Number) plan() *Plan {
	list := plansOf(n.Code)
	for _, p := range list {
		if len(list) > 1 && p.Leading != "" {
			if compiled(`^(?:` + p.Leading + `)`).MatchString(n.National) {
				if p.has(n.National) {
					return p
				}
				return nil
			}
			continue
		}
		if p.has(n.National) {
			return p
		}
	}
	return nil
}

// has says whether one of the plan's kinds of number is this.
func (p *Plan) has(digits string) bool {
	if !p.General.allows(digits, p.General) {
		return false
	}
	return p.Premium.allows(digits, p.General) || p.Free.allows(digits, p.General) ||
		slices.ContainsFunc(p.Others, func(k Kind) bool { return k.allows(digits, p.General) })
}

// E164 writes the number as machines take it.
func (n Number) E164() string { return "+" + strconv.Itoa(n.Code) + n.National }

// Home writes the number as it is dialled and read in its own country.
func (n Number) Home() string {
	p := mainPlan(n.Code)
	if p == nil {
		return n.National
	}
	return p.grouped(n.National, p.National, true)
}

// Abroad writes the number with its country's code.
func (n Number) Abroad() string {
	p := mainPlan(n.Code)
	if p == nil {
		return n.E164()
	}
	list := p.Abroad
	if len(list) == 0 {
		list = p.National
	}
	return "+" + strconv.Itoa(n.Code) + " " + p.grouped(n.National, list, false)
}

var firstGroup = regexp.MustCompile(`\$\d`)

func (p *Plan) grouped(digits string, list []Format, home bool) string {
	for _, f := range list {
		if f.Leading != "" && !compiled(`^(?:`+f.Leading+`)`).MatchString(digits) {
			continue
		}
		re := compiled(`^(?:` + f.Pattern + `)$`)
		if !re.MatchString(digits) {
			continue
		}
		groups := f.Groups
		if at := firstGroup.FindStringIndex(groups); home && f.First != "" && at != nil {
			groups = groups[:at[0]] + strings.ReplaceAll(f.First, "$1", groups[at[0]:at[1]]) + groups[at[1]:]
		}
		return re.ReplaceAllString(digits, braced(groups))
	}
	return digits
}

var reference = regexp.MustCompile(`\$(\d)`)

// braced writes $1 as ${1}, which Go takes for the group whatever follows.
func braced(groups string) string { return reference.ReplaceAllString(groups, "$${$1}") }
