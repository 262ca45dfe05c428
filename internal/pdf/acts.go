package pdf

import (
	"bytes"
	"compress/zlib"
	"io"
	"slices"
)

// acting are the names in a PDF that acts by itself: scripts, programs that it
// starts, files that it carries. Source: ISO 32000-2, 7.11.4, 12.6.4.
var acting = []string{"JavaScript", "JS", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia"}

// Acts says whether a file holds something that acts by itself, also under an
// escaped name or in an object stream. It needs not be readable: what a viewer
// mends may not slip through.
//
// req: FILE-3
func Acts(raw []byte) bool {
	if named(raw) {
		return true
	}
	left := int64(inflated)
	for at := 0; left > 0; {
		n := bytes.Index(raw[at:], []byte("stream"))
		if n < 0 {
			return false
		}
		at += n + len("stream")
		z, err := zlib.NewReader(bytes.NewReader(bytes.TrimLeft(raw[at:], "\r\n")))
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(io.LimitReader(z, min(left, 16<<20))) // as far as it is whole
		left -= int64(len(text)) + 1<<10                            // many small ones cost time too
		if objects(text) && named(text) {
			return true
		}
	}
	return true // larger than anybody could look through
}

// objects says whether an unpacked stream begins as those do that hold objects:
// with numbers.
func objects(text []byte) bool {
	head := bytes.TrimLeft(text[:min(len(text), 64)], " \r\n\t\f\x00")
	return len(head) > 0 && head[0] >= '0' && head[0] <= '9'
}

// named says whether one of the acting names stands in a text as a name.
func named(text []byte) bool {
	for {
		n := bytes.IndexByte(text, '/')
		if n < 0 {
			return false
		}
		text = text[n+1:]
		end := 0
		for end < len(text) && end < 60 && regular(text[end]) {
			end++
		}
		// "JS" alone stands by chance in pictures too.
		if name := unescaped(text[:end]); slices.Contains(acting, name) && (name != "JS" || end < len(text) && (text[end] == ' ' || text[end] == '(')) {
			return true
		}
	}
}
