package transfer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"amelie/internal/directory"
)

// line is one row in our own lossless lines.
type line struct {
	Kind   directory.Kind `json:"kind"`
	ID     string         `json:"id"`
	Parent string         `json:"parent"`
	Row    map[string]any `json:"row"`
}

func readLines(r io.Reader, emit func(Incoming) error) error {
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 64<<10), maxRecord)
	var n int64
	for scan.Scan() {
		n++
		text := bytes.TrimSpace(scan.Bytes())
		if len(text) == 0 {
			continue
		}
		var l line
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&l); err != nil {
			return &FileError{Key: "transfer.error.syntax", Line: n, err: err}
		}
		in := Incoming{Kind: l.Kind, ID: l.ID, Parent: l.Parent, Partial: l.Row, Line: n}
		if !slices.Contains([]directory.Kind{directory.KindOrganization, directory.KindService, directory.KindPlace}, l.Kind) || !idShape.MatchString(l.ID) || l.Parent == "" {
			return wrongLine(n, "transfer.error.not-lines")
		}
		delete(in.Partial, "Services")
		delete(in.Partial, "Places")
		if err := emit(in); err != nil {
			return err
		}
	}
	if err := scan.Err(); err != nil {
		return &FileError{Key: "transfer.error.record-long", Line: n + 1, err: err}
	}
	if n == 0 {
		return notThis("transfer.error.empty")
	}
	return nil
}

// utf8Reader reads a text of any of the encodings in which tables are saved:
// UTF-8, UTF-16 with its mark, or the one of old office programs.
func utf8Reader(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	start, err := b.Peek(64 << 10)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(start, []byte{0xEF, 0xBB, 0xBF}):
		b.Discard(3)
		return b, nil
	case bytes.HasPrefix(start, []byte{0xFF, 0xFE}), bytes.HasPrefix(start, []byte{0xFE, 0xFF}):
		return transform.NewReader(b, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder()), nil
	case bytes.IndexByte(start, 0) >= 0:
		return nil, notThis("transfer.error.binary")
	case !validStart(start):
		return transform.NewReader(b, charmap.Windows1252.NewDecoder()), nil
	}
	return b, nil
}

// validStart says whether the start of a text is UTF-8, a letter cut at its
// end aside.
func validStart(b []byte) bool {
	for i := 0; i < utf8.UTFMax && len(b) > 0; i++ {
		if utf8.Valid(b) {
			return true
		}
		b = b[:len(b)-1]
	}
	return len(b) == 0
}
