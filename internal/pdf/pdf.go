// Package pdf takes out of a PDF what its makers wrote about it, and says whether
// one acts by itself.
//
// The idea. Everything in a PDF is found by its place in bytes, so nothing is
// moved: what has to go is written over, and every other byte stays where it is.
// The file is read from its first byte to its last as a row of objects; one that
// cannot be read so is refused, because what was not understood could hold a name.
// All revisions of the file are gone over, and what lies in object streams too.
//
// What goes: the document information (author, title, program, times), XMP packets
// of the document and of its pages and pictures, comments between objects, private
// data of programs, thumbnails, what pdfTeX notes of included files, who wrote a
// remark and when, the two identifiers of the file, and what a camera wrote into a
// JPEG. What stays: what is on the pages, text of remarks, names of form fields,
// bookmarks, layers and fonts, pages of earlier revisions, and pictures that stand
// in the stream of a page itself.
//
// Nothing is stored. It must never hand back a file from which it could not take
// everything that it promises: the result is read again before it is given.
// Source: ISO 32000-2.
package pdf

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"slices"

	"amelie/internal/picture"
)

// Why nothing could be taken out.
var (
	ErrLocked     = errors.New("pdf: encrypted")
	ErrSigned     = errors.New("pdf: signed; a change would break the signature")
	ErrUnreadable = errors.New("pdf: not a file that can be read whole")
)

// Strip gives the file back in the same length without its metadata. raw is not
// changed. Errors: ErrLocked, ErrSigned, ErrUnreadable.
//
// req: FILE-2
func Strip(raw []byte) ([]byte, error) {
	out := bytes.Clone(raw)
	if _, err := sweep(out, true); err != nil {
		return nil, err
	}
	left, err := sweep(bytes.Clone(out), false)
	if err == nil && left > 0 {
		err = ErrUnreadable
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// sweep writes over what has to go, and says how many places there were.
func sweep(b []byte, write bool) (int, error) {
	s := &sweeper{b: b, gone: map[int32]bool{}, write: write}
	// What goes may refer to what goes with it.
	for known := -1; known != len(s.gone); s.rounds++ {
		if s.rounds > 12 {
			return 0, ErrUnreadable
		}
		known = len(s.gone)
		if err := s.file(s.find); err != nil {
			return 0, err
		}
	}
	if err := s.file(s.check); err != nil {
		return 0, err
	}
	err := s.file(s.wipe)
	return s.found, err
}

const header = "%PDF-1.7"

// inflated is how many bytes a file may unpack to.
const inflated = 32 << 20

// sweeper goes over a file.
type sweeper struct {
	b      []byte
	gone   map[int32]bool // objects that go, by number
	write  bool
	rounds int
	left   int // bytes that may still be unpacked
	values int // values that may still be read
	found  int // places that had to be written over
}

// part is a dictionary or another value with the text that it stands in: the file
// itself, or an unpacked object stream.
type part struct {
	text    []byte
	num     int32 // of the object; 0: a trailer
	v       value
	data    span // of its stream, to behind its end; empty: none
	inner   span // of the stream's bytes alone
	packed  bool // stands in an object stream
	comment bool // v is a comment
	places  byte // whether it is a stream of places: y, n; 0: not looked yet
}

// file reads the whole file and calls on for every object, trailer and comment.
func (s *sweeper) file(on func(p *part) error) error {
	if !bytes.HasPrefix(s.b, []byte("%PDF-")) || len(s.b) < len(header) {
		return ErrUnreadable
	}
	s.left, s.values = inflated, values
	r := &reader{b: s.b, at: len(header), left: &s.values}
	r.note = func(c span) error { return on(&part{text: r.b, v: value{span: c}, comment: true}) }
	for n := 0; ; n++ {
		if err := r.space(); err != nil {
			return err
		}
		if r.at == len(r.b) {
			if n == 0 {
				return ErrUnreadable
			}
			return nil
		}
		if err := s.piece(r, on); err != nil {
			return err
		}
	}
}

// piece is one object, table, trailer or pointer of the file.
func (s *sweeper) piece(r *reader, on func(p *part) error) error {
	switch {
	case r.word("xref"):
		for !r.peek("trailer") {
			if err := r.space(); err != nil {
				return err
			}
			if v, err := r.value(); err != nil && !r.word("n") && !r.word("f") || err == nil && v.kind != 'i' {
				return ErrUnreadable
			}
			if err := r.space(); err != nil {
				return err
			}
		}
		return nil
	case r.word("trailer"):
		v, err := r.next()
		if err != nil || v.kind != 'd' {
			return ErrUnreadable
		}
		return on(&part{text: r.b, v: v})
	case r.word("startxref"):
		v, err := r.next()
		if err != nil || v.kind != 'i' {
			return ErrUnreadable
		}
		return nil
	}
	p, err := r.object()
	if err != nil {
		return err
	}
	if p.v.kind == 'd' && p.data.to > 0 && p.isName("Type", "ObjStm") {
		if err := on(p); err != nil {
			return err
		}
		return s.packed(p, on)
	}
	return on(p)
}

// packed calls on for the objects in an object stream, and packs it again when
// they were changed.
func (s *sweeper) packed(p *part, on func(p *part) error) error {
	filters := p.filters()
	if len(filters) != 1 || filters[0] != "" && filters[0] != "FlateDecode" || p.has("DecodeParms") || s.gone[p.num] {
		return ErrUnreadable
	}
	text, err := p.bytes(), error(nil)
	if filters[0] != "" {
		if text, err = s.inflate(text); err != nil {
			return err
		}
	}
	was := bytes.Clone(text)
	n, first := p.get("N"), p.get("First")
	if n.kind != 'i' || first.kind != 'i' || int(first.num) > len(text) {
		return ErrUnreadable
	}
	if err := s.row(text, int(first.num), int(n.num), on); err != nil {
		return err
	}
	if filters[0] == "" || bytes.Equal(was, text) {
		return nil
	}
	return deflateInto(p.bytes(), text)
}

// row reads the n objects of an unpacked stream one behind the other: what none of
// them covers must be blank, because nobody would look at it.
func (s *sweeper) row(text []byte, first, n int, on func(p *part) error) error {
	no := func(span) error { return ErrUnreadable }
	head := &reader{b: text[:first], left: &s.values, note: no}
	body := &reader{b: text, at: first, left: &s.values, note: no}
	for range n {
		num, err := head.next()
		off, err2 := head.next()
		if err != nil || err2 != nil || num.kind != 'i' || off.kind != 'i' {
			return ErrUnreadable
		}
		behind, at := body.at, first+int(off.num)
		if body.space() != nil || at < behind || at > body.at {
			return ErrUnreadable
		}
		v, err := body.value()
		if err != nil {
			return err
		}
		if err := on(&part{text: text, num: num.num, v: v, packed: true}); err != nil {
			return err
		}
	}
	if head.space() != nil || body.space() != nil || head.at < first || body.at < len(text) {
		return ErrUnreadable
	}
	return nil
}

func (s *sweeper) inflate(b []byte) ([]byte, error) {
	in := bytes.NewReader(b)
	z, err := zlib.NewReader(in)
	if err != nil {
		return nil, ErrUnreadable
	}
	defer z.Close()
	text, err := io.ReadAll(io.LimitReader(z, int64(s.left)+1))
	if s.left -= len(text); err != nil || s.left < 0 {
		return nil, ErrUnreadable
	}
	rest := reader{b: b, at: len(b) - in.Len()}
	if rest.blanks(); rest.at < len(b) {
		return nil, ErrUnreadable
	}
	return text, nil
}

// deflateInto packs text into the room that its former packing took; what is left
// over lies behind its end and is read by nobody.
func deflateInto(room, text []byte) error {
	var out bytes.Buffer
	z, err := zlib.NewWriterLevel(&out, zlib.BestCompression)
	if err == nil {
		_, err = z.Write(text)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil || out.Len() > len(room) {
		return ErrUnreadable
	}
	clear(room[copy(room, out.Bytes()):])
	return nil
}

// dropped are the entries of a dictionary that go with what they refer to: XMP,
// private data, thumbnails, the information of a document that TeX included.
var dropped = []string{"Metadata", "PieceInfo", "Thumb", "PTEX.InfoDict"}

// markup are the kinds of remarks, whose T is who made them. That of a form field
// is its name.
var markup = []string{"Text", "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine", "Highlight", "Underline", "Squiggly", "StrikeOut", "Stamp", "Caret", "Ink", "Popup", "Redact"}

// signing are the entries of a remark that say who made it and when.
var signing = []string{"T", "M", "CreationDate", "NM"}

// trailer says whether a part is the root of a revision; it is asked for key after
// key.
func (p *part) trailer() bool {
	if p.num > 0 && p.places == 0 {
		if p.places = 'n'; p.isName("Type", "XRef") {
			p.places = 'y'
		}
	}
	return p.num == 0 || p.places == 'y'
}

// goes says whether an entry of a dictionary goes whole.
func (p *part) goes(d value, key string) bool {
	if slices.Contains(dropped, key) {
		return true
	}
	return key == "Info" && d.from == p.v.from && p.trailer()
}

// find collects the objects that go, and refuses what cannot be gone over.
func (s *sweeper) find(p *part) error {
	if p.comment {
		return nil
	}
	whole := s.gone[p.num] && p.num > 0
	if p.data.to > 0 && p.isName("Type", "Metadata") {
		s.gone[p.num], whole = true, true
	}
	return p.walk(p.v, func(d value, key string, v value) error {
		switch {
		case key == "Encrypt" && p.trailer():
			return ErrLocked
		case key == "ByteRange":
			return ErrSigned
		case whole || d.kind == 'd' && p.goes(d, key):
			refs(v, func(num int32) { s.gone[num] = true })
		}
		return nil
	})
}

// check refuses a file in which something that goes is used elsewhere.
func (s *sweeper) check(p *part) error {
	if p.comment || s.gone[p.num] && p.num > 0 {
		return nil
	}
	var live func(v value) error
	live = func(v value) error {
		for i, item := range v.items {
			if v.kind == 'd' && (i%2 == 0 || p.goes(v, p.name(v.items[i-1]))) {
				continue
			}
			if item.kind == 'r' && s.gone[item.num] {
				return ErrUnreadable
			}
			if err := live(item); err != nil {
				return err
			}
		}
		return nil
	}
	if p.v.kind == 'r' && s.gone[p.v.num] {
		return ErrUnreadable
	}
	return live(p.v)
}

// wipe writes over what goes.
func (s *sweeper) wipe(p *part) error {
	switch {
	case p.comment:
		return s.quiet(p)
	case p.num > 0 && s.gone[p.num]:
		whole := p.v.span
		if p.data.to > 0 {
			whole.to = p.data.to
		}
		if nothing := "null"; whole.to-whole.from >= len(nothing) {
			s.over(p, whole, nothing)
		} else {
			s.over(p, whole, "0")
		}
		return nil
	case p.data.to > 0:
		if err := s.camera(p); err != nil {
			return err
		}
	}
	marks := map[int]bool{} // by where a dictionary begins: it is searched once
	remark := func(d value) bool {
		is, known := marks[d.from]
		if !known {
			is = p.remark(d)
			marks[d.from] = is
		}
		return is
	}
	return p.walk(p.v, func(d value, key string, v value) error {
		switch {
		case d.kind != 'd':
		case p.goes(d, key):
			s.over(p, span{keyOf(d, v), v.to}, "")
		case key == "ID" && d.from == p.v.from && p.trailer():
			for _, half := range v.items {
				s.fill(p, half, '0')
			}
		case key == "LastModified", len(key) > 5 && key[:5] == "PTEX.", slices.Contains(signing, key) && remark(d):
			s.fill(p, v, 0)
			if v.kind == 'r' {
				return ErrUnreadable
			}
		}
		return nil
	})
}

// remark says whether a dictionary is a remark that somebody made.
func (p *part) remark(d value) bool {
	sub := p.in(d, "Subtype")
	return sub.kind == 'n' && slices.Contains(markup, p.name(sub)) && (p.name(p.in(d, "Type")) == "Annot" || p.in(d, "Rect").kind == 'a')
}

// quiet empties a comment; the mark of the file's end and of its being binary stay.
func (s *sweeper) quiet(p *part) error {
	c := p.text[p.v.from:p.v.to]
	if bytes.Equal(bytes.TrimRight(c, " \t"), []byte("%%EOF")) {
		return nil
	}
	for i, x := range c {
		if i > 0 && x < 0x80 && x != ' ' {
			s.found++
			if s.write {
				c[i] = ' '
			}
		}
	}
	if len(c) <= 8 {
		return nil
	}
	for i := range c[8:] {
		if c[8+i] != ' ' {
			s.found++
			if s.write {
				c[8+i] = ' '
			}
		}
	}
	return nil
}

// over puts words and blanks in the place of a span.
func (s *sweeper) over(p *part, at span, words string) {
	room := p.text[at.from:at.to]
	if len(bytes.TrimRight(room, " ")) == len(words) && bytes.HasPrefix(room, []byte(words)) {
		return
	}
	s.found++
	if !s.write {
		return
	}
	for i := range room {
		room[i] = ' '
	}
	copy(room, words)
}

// fill empties a string; with a digit it keeps its length.
func (s *sweeper) fill(p *part, v value, digit byte) {
	if v.kind != 's' && v.kind != 'h' {
		return
	}
	room := p.text[v.from:v.to]
	if digit == 0 {
		s.over(p, v.span, map[byte]string{'s': "()", 'h': "<>"}[v.kind])
		return
	}
	for i := 1; i < len(room)-1; i++ {
		if room[i] != digit {
			s.found++
			if s.write {
				room[i] = digit
			}
		}
	}
}

// camera takes out of a JPEG what a camera wrote into it.
func (s *sweeper) camera(p *part) error {
	filters := p.filters()
	if filters == nil {
		return ErrUnreadable
	}
	last := filters[len(filters)-1]
	switch {
	case last == "JPXDecode", last == "DCTDecode" && len(filters) > 2, last == "DCTDecode" && len(filters) == 2 && filters[0] != "FlateDecode":
		return ErrUnreadable
	case last != "DCTDecode":
		return nil
	case len(filters) == 1:
		return s.segments(p.bytes())
	}
	text, err := s.inflate(p.bytes())
	if err != nil {
		return err
	}
	was := s.found
	if err := s.segments(text); err != nil || was == s.found || !s.write {
		return err
	}
	return deflateInto(p.bytes(), text)
}

func (s *sweeper) segments(jpeg []byte) error {
	if !s.write {
		jpeg = bytes.Clone(jpeg)
	}
	n, ok := picture.Blank(jpeg)
	s.found += n
	if !ok {
		return ErrUnreadable
	}
	return nil
}
