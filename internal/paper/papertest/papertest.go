// Package papertest reads files of package paper back, as a program that
// searches or reads aloud does: through the letters that the file itself names
// for its glyphs, never through the face that set them.
//
// Stored: nothing. It must never be linked into the program.
package papertest

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// File is what a reader makes of a file.
type File struct {
	Lang  string
	Pages []string // the lines of each page, in reading order
	Fonts int      // that are embedded
	Kinds []string // of the pieces, H1 and P, in reading order
}

var (
	object  = regexp.MustCompile(`(?s)(\d+) 0 obj\n(.*?)\nendobj\n`)
	pageRef = regexp.MustCompile(`/Contents (\d+) 0 R`)
	fontRef = regexp.MustCompile(`/(F\d) (\d+) 0 R`)
	toRef   = regexp.MustCompile(`/ToUnicode (\d+) 0 R`)
	lang    = regexp.MustCompile(`/Catalog .*/Lang <FEFF([0-9A-F]+)>`)
	kind    = regexp.MustCompile(`/StructElem /S /(\w+) .*/K \d+`)
	pair    = regexp.MustCompile(`<([0-9A-F]{4})> <([0-9A-F]{4})>\n`)
	shown   = regexp.MustCompile(`/(F\d) [\d.]+ Tf .*<([0-9A-F]*)> Tj`)
)

// Read takes a file apart; whatever is wrong with it fails the test.
func Read(t *testing.T, pdf []byte) File {
	t.Helper()
	if !bytes.HasPrefix(pdf, []byte("%PDF-1.7\n")) || !bytes.HasSuffix(pdf, []byte("%%EOF\n")) {
		t.Fatalf("not a PDF: %.20q", pdf)
	}
	objects := map[string]string{}
	for _, m := range object.FindAllSubmatch(pdf, -1) {
		objects[string(m[1])] = string(m[2])
		listed(t, pdf, string(m[1]), bytes.Index(pdf, m[0]))
	}
	out := File{Fonts: bytes.Count(pdf, []byte("/FontFile2"))}
	if m := lang.FindSubmatch(pdf); m != nil {
		out.Lang = letters(string(m[1]), nil)
	}
	for _, body := range inOrder(objects) {
		if m := kind.FindStringSubmatch(body); m != nil {
			out.Kinds = append(out.Kinds, m[1])
		}
		m := pageRef.FindStringSubmatch(body)
		if m == nil {
			continue
		}
		maps := map[string]map[string]string{}
		for _, f := range fontRef.FindAllStringSubmatch(body, -1) {
			to := toRef.FindStringSubmatch(objects[f[2]])
			maps[f[1]] = map[string]string{}
			for _, p := range pair.FindAllStringSubmatch(inflate(t, objects[to[1]]), -1) {
				maps[f[1]][p[1]] = p[2]
			}
		}
		var lines []string
		for _, s := range shown.FindAllStringSubmatch(inflate(t, objects[m[1]]), -1) {
			lines = append(lines, letters(s[2], maps[s[1]]))
		}
		out.Pages = append(out.Pages, strings.Join(lines, "\n"))
	}
	return out
}

// listed checks that the table of objects says where an object begins.
func listed(t *testing.T, pdf []byte, number string, at int) {
	t.Helper()
	n, _ := strconv.Atoi(number)
	table := pdf[bytes.LastIndex(pdf, []byte("\nxref\n")):]
	line := bytes.Split(table, []byte("\n"))[3+n]
	if told, _ := strconv.Atoi(string(line[:10])); told != at {
		t.Fatalf("object %s begins at %d, the table says %d", number, at, told)
	}
}

func inOrder(objects map[string]string) (out []string) {
	for n := 1; n <= len(objects); n++ {
		out = append(out, objects[strconv.Itoa(n)])
	}
	return out
}

// letters turns groups of four digits into text; names says which letter a
// glyph is, nil that they are letters already.
func letters(hex string, names map[string]string) string {
	var b strings.Builder
	for ; len(hex) >= 4; hex = hex[4:] {
		code := hex[:4]
		if names != nil {
			code = names[code]
		}
		r, err := strconv.ParseUint(code, 16, 32)
		if err != nil {
			r = '\uFFFD'
		}
		b.WriteRune(rune(r))
	}
	return b.String()
}

func inflate(t *testing.T, body string) string {
	t.Helper()
	_, packed, _ := strings.Cut(body, "stream\n")
	z, err := zlib.NewReader(strings.NewReader(strings.TrimSuffix(packed, "\nendstream")))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
