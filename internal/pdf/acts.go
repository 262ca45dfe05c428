package pdf

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
)

// acting are the names in a PDF that acts by itself: scripts, programs that it
// starts, files that it carries. Source: ISO 32000-2, 7.11.4, 12.6.4.
var acting = []string{"JavaScript", "JS", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia"}

// Why a file is not taken at all.
var (
	ErrActs   = errors.New("pdf: acts by itself")
	ErrHidden = errors.New("pdf: holds objects that cannot be looked through")
)

// How many bytes are unpacked to look for what acts: of a file, of one stream, and
// of one to see whether it is worth it.
const (
	looked = 128 << 20
	deep   = 16 << 20
	peeked = 512
)

// Acts says whether a file holds something that acts by itself, also under an
// escaped name or in an object stream. It needs not be readable: what a viewer
// mends may not slip through. Errors: ErrActs; ErrHidden where objects are
// encrypted or packed otherwise than all common programs pack them.
//
// req: FILE-3
func Acts(raw []byte) error {
	if named(raw, acting) {
		return ErrActs
	}
	shelves, err := shelved(raw)
	if err != nil {
		return err
	}
	var u unpacker
	for at, left := 0, looked; left > 0; {
		n := bytes.Index(raw[at:], []byte("stream"))
		if n < 0 {
			return nil
		}
		at += n + len("stream")
		data := bytes.TrimLeft(raw[at:], "\r\n")
		sh := shelves[at]
		if sh != nil && !sh.packed {
			if !sh.holds(data) { // its names were seen in the file itself
				return ErrHidden
			}
			continue
		}
		text, cost := u.unpack(data, min(left, deep), sh != nil)
		left -= cost
		if named(text, acting) {
			return ErrActs
		}
		if sh != nil && (len(text) == deep || !sh.holds(text)) {
			return ErrHidden
		}
	}
	return ErrHidden // larger than anybody could look through
}

// unpacker is used again for every stream, of which there may be a million.
type unpacker struct {
	in bytes.Reader
	z  io.ReadCloser
}

// unpack gives the text of a stream as far as it is whole, up to most bytes, and
// what it cost in bytes read and written. Unless all is asked for, it is empty for
// one that does not hold objects.
func (u *unpacker) unpack(data []byte, most int, all bool) (text []byte, cost int) {
	u.in.Reset(data)
	if u.z == nil {
		z, err := zlib.NewReader(&u.in)
		if err != nil {
			return nil, 0
		}
		u.z = z
	} else if u.z.(zlib.Resetter).Reset(&u.in, nil) != nil {
		return nil, 0
	}
	text, _ = io.ReadAll(io.LimitReader(u.z, peeked))
	if len(text) == peeked && (all || objects(text)) {
		more, _ := io.ReadAll(io.LimitReader(u.z, int64(most-peeked)))
		text = append(text, more...)
	}
	cost = len(text) + len(data) - u.in.Len() + 1<<10 // to begin costs time too
	if !all && !objects(text) {
		text = nil
	}
	return text, cost
}

// objects says whether an unpacked stream begins as those do that hold objects:
// with numbers, after comments.
func objects(text []byte) bool {
	r := reader{b: text}
	if r.space() != nil || r.at == len(text) {
		return true
	}
	return text[r.at] >= '0' && text[r.at] <= '9'
}

// shelf is an object stream: where its first object begins, and whether it is
// packed.
type shelf struct {
	first  int
	packed bool
}

// holds says whether a text begins with the numbers and places of objects. What
// was packed in a second way does not.
func (s *shelf) holds(text []byte) bool {
	return len(text) >= s.first && len(bytes.Trim(text[:s.first], "0123456789 \r\n\t")) == 0
}

// The dictionary of an object stream as it is written by all common programs: names
// and numbers alone. In whatever else can stand there another one could be hidden.
var (
	plainDict   = regexp.MustCompile(`^obj\s*<<((?:\s*/[A-Za-z0-9]+(?:\s*/[A-Za-z0-9]+|\s*\[\s*/FlateDecode\s*\]|\s+\d+(?:\s+\d+\s+R)?))*)\s*>>\s*stream`)
	plainEntry  = regexp.MustCompile(`/([A-Za-z0-9]+)\s*(/[A-Za-z0-9]+|\[\s*/FlateDecode\s*\]|\d+(?:\s+\d+\s+R)?)`)
	streamBegin = regexp.MustCompile(`>>\s*stream`)
)

// dictRoom is how far around its name the dictionary of an object stream may reach,
// in bytes.
const dictRoom = 4 << 10

// shelved finds the object streams of a file, by where the word stream ends. Some
// viewers do not ask for the type: also one that has a First is taken for one.
// Errors: ErrHidden.
func shelved(raw []byte) (map[int]*shelf, error) {
	out := map[int]*shelf{}
	for at := 0; ; {
		name, end, ok := nextName(raw, at)
		if !ok {
			break
		}
		if at = end; name != "ObjStm" && (name != "First" || !numbered(raw, end)) {
			continue
		}
		sh, end := shelfAt(raw, end)
		if sh == nil {
			return nil, ErrHidden
		}
		out[end], at = sh, end
	}
	if len(out) > 0 && named(raw, []string{"Encrypt"}) {
		return nil, ErrHidden
	}
	return out, nil
}

// numbered says whether a First is that of an object stream: a number, or a
// reference in the dictionary of a stream. An outline has one too, which refers to
// its first entry.
func numbered(raw []byte, at int) bool {
	r := reader{b: raw[:min(len(raw), at+dictRoom)], at: at}
	r.blanks()
	if r.at == len(r.b) || r.b[r.at] < '0' || r.b[r.at] > '9' {
		return false
	}
	var v value
	if r.number(&v) != nil || v.kind != 'r' {
		return true
	}
	own, _, _ := bytes.Cut(r.b[r.at:], []byte("endobj"))
	return streamBegin.Match(own)
}

// shelfAt reads the dictionary around a place; nil: it is not a plain one.
func shelfAt(raw []byte, at int) (*shelf, int) {
	from := max(0, at-dictRoom)
	n := bytes.LastIndex(raw[from:at], []byte("obj"))
	if n < 0 {
		return nil, 0
	}
	from += n
	dict := plainDict.FindSubmatch(raw[from:min(len(raw), from+2*dictRoom)])
	if dict == nil {
		return nil, 0
	}
	sh, seen := &shelf{first: -1}, []string{}
	for _, entry := range plainEntry.FindAllSubmatch(dict[1], -1) {
		key, v := string(entry[1]), string(bytes.Trim(entry[2], "[] \t\r\n\f"))
		switch {
		case slices.Contains(seen, key), key == "DecodeParms", key == "F", key == "Filter" && v != "/FlateDecode":
			return nil, 0
		case key == "Filter":
			sh.packed = true
		case key == "First":
			first, err := strconv.Atoi(v)
			if err != nil {
				return nil, 0
			}
			sh.first = first
		}
		seen = append(seen, key)
	}
	if end := from + len(dict[0]); sh.first >= 0 && end > at {
		return sh, end
	}
	return nil, 0
}

// named says whether one of the names stands in a text as a name.
func named(text []byte, names []string) bool {
	for at := 0; ; {
		name, end, ok := nextName(text, at)
		if !ok {
			return false
		}
		// "JS" alone stands by chance in pictures too.
		if slices.Contains(names, name) && (name != "JS" || end < len(text) && (text[end] == ' ' || text[end] == '(')) {
			return true
		}
		at = end
	}
}

// nextName is the next name in a text and where it ends.
func nextName(text []byte, at int) (name string, end int, ok bool) {
	n := bytes.IndexByte(text[at:], '/')
	if n < 0 {
		return "", 0, false
	}
	at += n + 1
	for end = at; end < len(text) && end-at < 60 && regular(text[end]); {
		end++
	}
	return unescaped(text[at:end]), end, true
}
