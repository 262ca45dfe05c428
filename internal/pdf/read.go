package pdf

import (
	"bytes"
	"sort"
	"strings"
)

// span is a stretch of bytes.
type span struct{ from, to int }

// value is one value of the language of PDF with its place.
type value struct {
	kind byte // d dictionary, a array, s string, h string in hexadecimal, n name, i integer, r reference, x another
	num  int32
	span
	items []value // of an array; of a dictionary key, value, key, value
}

// Limits: a small file may unpack to a large one, and no file may hold the program.
const (
	most   = 60      // how deep values may lie in each other
	widest = 8192    // keys and values of a dictionary, which is searched key by key
	values = 2 << 20 // of a file, in one sweep
)

// reader reads values one after the other.
type reader struct {
	b     []byte
	at    int
	depth int
	left  *int                     // values that may still be read, by all readers of one sweep
	note  func(comment span) error // nil: comments are skipped
}

func blank(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func regular(c byte) bool { return !blank(c) && strings.IndexByte("()<>[]{}/%", c) < 0 }

// space goes past blanks and comments.
func (r *reader) space() error {
	for r.at < len(r.b) {
		if blank(r.b[r.at]) {
			r.at++
			continue
		}
		if r.b[r.at] != '%' {
			return nil
		}
		from := r.at
		for r.at < len(r.b) && r.b[r.at] != '\n' && r.b[r.at] != '\r' {
			r.at++
		}
		if r.note != nil {
			if err := r.note(span{from, r.at}); err != nil {
				return err
			}
		}
	}
	return nil
}

// peek says whether a word comes next.
func (r *reader) peek(word string) bool {
	end := r.at + len(word)
	return bytes.HasPrefix(r.b[r.at:], []byte(word)) && (end == len(r.b) || !regular(r.b[end]))
}

// word goes past a word, if it comes next.
func (r *reader) word(word string) bool {
	if !r.peek(word) {
		return false
	}
	r.at += len(word)
	return true
}

// next is the value after blanks.
func (r *reader) next() (value, error) {
	if err := r.space(); err != nil {
		return value{}, err
	}
	return r.value()
}

func (r *reader) value() (v value, err error) {
	if *r.left--; r.at >= len(r.b) || r.depth > most || *r.left < 0 {
		return v, ErrUnreadable
	}
	r.depth++
	defer func() { r.depth-- }()
	v.from = r.at
	switch c := r.b[r.at]; {
	case c == '<' && r.at+1 < len(r.b) && r.b[r.at+1] == '<':
		v.kind = 'd'
		err = r.items(&v, 2, ">>")
		for i := 0; err == nil && i < len(v.items); i += 2 {
			if v.items[i].kind != 'n' || len(v.items)%2 != 0 {
				err = ErrUnreadable
			}
		}
	case c == '[':
		v.kind = 'a'
		err = r.items(&v, 1, "]")
	case c == '<':
		v.kind = 'h'
		n := bytes.IndexByte(r.b[r.at:], '>')
		if r.at += n + 1; n < 0 {
			err = ErrUnreadable
		}
	case c == '(':
		v.kind = 's'
		err = r.literal()
	case c == '/':
		v.kind = 'n'
		for r.at++; r.at < len(r.b) && regular(r.b[r.at]); r.at++ {
		}
	case c >= '0' && c <= '9', c == '+', c == '-', c == '.':
		err = r.number(&v)
	case r.word("true"), r.word("false"), r.word("null"):
		v.kind = 'x'
	default:
		err = ErrUnreadable
	}
	v.to = r.at
	return v, err
}

// items reads what stands between brackets.
func (r *reader) items(v *value, open int, end string) error {
	for r.at += open; ; {
		if err := r.space(); err != nil {
			return err
		}
		if bytes.HasPrefix(r.b[r.at:], []byte(end)) {
			r.at += len(end)
			return nil
		}
		item, err := r.value()
		if err != nil {
			return err
		}
		if v.items = append(v.items, item); v.kind == 'd' && len(v.items) > widest {
			return ErrUnreadable
		}
	}
}

// literal goes past a string in round brackets.
func (r *reader) literal() error {
	for depth := 0; r.at < len(r.b); r.at++ {
		switch r.b[r.at] {
		case '\\':
			r.at++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				r.at++
				return nil
			}
		}
	}
	return ErrUnreadable
}

// number reads a number, or a reference when two and an R follow each other.
func (r *reader) number(v *value) error {
	n, whole := r.integer()
	if !whole {
		v.kind = 'x'
		return nil
	}
	v.kind, v.num = 'i', n
	after := reader{b: r.b, at: r.at}
	after.blanks()
	if _, whole := after.integer(); !whole || after.at == r.at {
		return nil
	}
	if after.blanks(); after.word("R") {
		v.kind, r.at = 'r', after.at
	}
	return nil
}

// blanks goes past blanks alone.
func (r *reader) blanks() {
	for r.at < len(r.b) && blank(r.b[r.at]) {
		r.at++
	}
}

// integer goes past a number and says whether it is a whole one without a sign
// that fits.
func (r *reader) integer() (n int32, whole bool) {
	from, sum := r.at, int64(0)
	for ; r.at < len(r.b) && regular(r.b[r.at]); r.at++ {
		c := r.b[r.at]
		if whole = (whole || r.at == from) && c >= '0' && c <= '9'; whole {
			if sum = sum*10 + int64(c-'0'); sum > 1<<31-1 {
				sum, whole = 0, false
			}
		}
	}
	return int32(sum), whole
}

// object reads "12 0 obj … endobj" with its stream.
func (r *reader) object() (*part, error) {
	num, err := r.next()
	gen, err2 := r.next()
	if err != nil || err2 != nil || num.kind != 'i' || gen.kind != 'i' || num.num == 0 {
		return nil, ErrUnreadable
	}
	if r.space() != nil || !r.word("obj") {
		return nil, ErrUnreadable
	}
	p := &part{text: r.b, num: num.num}
	if p.v, err = r.next(); err != nil {
		return nil, err
	}
	if err := r.space(); err != nil {
		return nil, err
	}
	if r.word("stream") {
		if err := r.stream(p); err != nil {
			return nil, err
		}
	}
	if r.space() != nil || !r.word("endobj") {
		return nil, ErrUnreadable
	}
	return p, nil
}

// stream goes past the bytes of a stream: as many as its length says, or to where
// it ends.
func (r *reader) stream(p *part) error {
	if p.v.kind != 'd' {
		return ErrUnreadable
	}
	if r.at < len(r.b) && r.b[r.at] == '\r' {
		r.at++
	}
	if r.at >= len(r.b) || r.b[r.at] != '\n' {
		return ErrUnreadable
	}
	r.at++
	p.inner.from = r.at
	if n := p.get("Length"); n.kind == 'i' && r.at+int(n.num) <= len(r.b) {
		// Only the end of a line may come first: a length can point at blanks anywhere.
		at := r.at + int(n.num)
		end := &reader{b: r.b[:min(len(r.b), at+16+len("endstream"))], at: at}
		if end.blanks(); end.word("endstream") {
			p.inner.to = r.at + int(n.num)
			r.at = end.at
			p.data = span{p.inner.from, r.at}
			return nil
		}
	}
	for {
		n := bytes.Index(r.b[r.at:], []byte("endstream"))
		if n < 0 {
			return ErrUnreadable
		}
		p.inner.to = r.at + n
		r.at += n + len("endstream")
		end := &reader{b: r.b, at: r.at}
		if end.blanks(); end.at < len(r.b) && r.b[end.at] == '%' {
			return ErrUnreadable // a line of many ends would be read once for each
		}
		if end.peek("endobj") {
			p.data = span{p.inner.from, r.at}
			return nil
		}
	}
}

// bytes are those of the stream.
func (p *part) bytes() []byte { return p.text[p.inner.from:p.inner.to] }

// name is a name as it is meant: without its slash, #xx as the byte.
func (p *part) name(v value) string {
	if v.kind != 'n' {
		return ""
	}
	return unescaped(p.text[v.from+1 : v.to])
}

func unescaped(b []byte) string {
	if bytes.IndexByte(b, '#') < 0 {
		return string(b)
	}
	var out []byte
	for i := 0; i < len(b); i++ {
		if b[i] == '#' && i+2 < len(b) && hexed(b[i+1]) >= 0 && hexed(b[i+2]) >= 0 {
			out = append(out, byte(hexed(b[i+1])<<4|hexed(b[i+2])))
			i += 2
			continue
		}
		out = append(out, b[i])
	}
	return string(out)
}

// hexed is a hexadecimal digit's number; -1 for another byte.
func hexed(c byte) int {
	n := strings.IndexByte("0123456789abcdefABCDEF", c)
	if n > 15 {
		n -= 6
	}
	return n
}

// in is the value of a key of a dictionary; zero: it is not there.
func (p *part) in(d value, key string) value {
	if d.kind != 'd' {
		return value{}
	}
	for i := 0; i+1 < len(d.items); i += 2 {
		if p.name(d.items[i]) == key {
			return d.items[i+1]
		}
	}
	return value{}
}

func (p *part) get(key string) value { return p.in(p.v, key) }
func (p *part) has(key string) bool  { return p.get(key).kind != 0 }

// isName says whether a key of the object has a name as its value.
func (p *part) isName(key, name string) bool { return p.name(p.get(key)) == name }

// keyOf is where the key of a dictionary's value begins.
func keyOf(d, v value) int {
	n := sort.Search(len(d.items)/2, func(i int) bool { return d.items[2*i+1].from >= v.from })
	return d.items[2*n].from
}

// filters are those of the stream in order, "" for none; nil: they stand elsewhere.
func (p *part) filters() []string {
	f := p.get("Filter")
	switch f.kind {
	case 0:
		return []string{""}
	case 'n':
		return []string{p.name(f)}
	case 'a':
		out := []string{""}
		for _, one := range f.items {
			if one.kind != 'n' {
				return nil
			}
			out = append(out, p.name(one))
		}
		if len(out) > 1 {
			out = out[1:]
		}
		return out
	}
	return nil
}

// walk calls on for every entry of every dictionary in a value and every item of
// its arrays (with the key ""), and for the value itself.
func (p *part) walk(v value, on func(d value, key string, v value) error) error {
	if v.kind != 'd' && v.kind != 'a' {
		return on(value{}, "", v)
	}
	for i, item := range v.items {
		key := ""
		if v.kind == 'd' {
			if i%2 == 0 {
				continue
			}
			key = p.name(v.items[i-1])
		}
		if err := on(v, key, item); err != nil {
			return err
		}
		if item.kind == 'd' || item.kind == 'a' {
			if err := p.walk(item, on); err != nil {
				return err
			}
		}
	}
	return nil
}

// refs calls on for every reference in a value.
func refs(v value, on func(num int32)) {
	if v.kind == 'r' {
		on(v.num)
	}
	for _, item := range v.items {
		refs(item, on)
	}
}
