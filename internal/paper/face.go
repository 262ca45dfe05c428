package paper

import (
	"bytes"
	"compress/zlib"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"sort"
	"strings"
)

//go:embed font/text.ttf.z
var textFile []byte

//go:embed font/bold.ttf.z
var boldFile []byte

// The two faces.
var (
	Text = open("F1", "AmelieText", textFile)
	Bold = open("F2", "AmelieText-Bold", boldFile)
)

// Face is a font that stands in the program.
type Face struct {
	name, font string
	packed     []byte // the file as it goes into a document
	size       int    // of the unpacked file, in bytes
	em         float64
	box        [4]int16
	rise, fall int16
	glyphs     map[rune]uint16
	widths     []uint16
}

// open reads a face that this package carries; a broken one is a fault of the
// program, found by any test.
func open(name, font string, packed []byte) *Face {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("paper: " + err.Error())
	}
	file, err := io.ReadAll(z)
	if err != nil {
		panic("paper: " + err.Error())
	}
	f := &Face{name: name, font: font, packed: packed, size: len(file), glyphs: map[rune]uint16{}}
	f.measure(tables(file))
	return f
}

var be = binary.BigEndian

// tables are the parts of a TrueType file by their tag.
func tables(file []byte) map[string][]byte {
	out := map[string][]byte{}
	for i := range int(be.Uint16(file[4:])) {
		at := file[12+16*i:]
		out[string(at[:4])] = file[be.Uint32(at[8:]):][:be.Uint32(at[12:])]
	}
	return out
}

// measure reads sizes, widths and letters. The tables are those of the
// OpenType specification.
func (f *Face) measure(t map[string][]byte) {
	f.em = float64(be.Uint16(t["head"][18:]))
	for i := range f.box {
		f.box[i] = int16(be.Uint16(t["head"][36+2*i:]))
	}
	f.rise, f.fall = int16(be.Uint16(t["hhea"][4:])), int16(be.Uint16(t["hhea"][6:]))
	measured, last := int(be.Uint16(t["hhea"][34:])), uint16(0)
	for g := range int(be.Uint16(t["maxp"][4:])) {
		if g < measured {
			last = be.Uint16(t["hmtx"][4*g:])
		}
		f.widths = append(f.widths, last)
	}
	f.letters(t["cmap"])
}

// letters reads the first table of format 4, which holds the basic plane.
func (f *Face) letters(cmap []byte) {
	for i := range int(be.Uint16(cmap[2:])) {
		t := cmap[be.Uint32(cmap[8+8*i:]):]
		if be.Uint16(t) != 4 {
			continue
		}
		n := int(be.Uint16(t[6:])) // twice the number of segments
		for k := 0; k < n; k += 2 {
			end, start := be.Uint16(t[14+k:]), be.Uint16(t[16+n+k:])
			delta, offset := be.Uint16(t[16+2*n+k:]), int(be.Uint16(t[16+3*n+k:]))
			for r := int(start); r <= int(end) && r < 0xffff; r++ {
				g := uint16(r) + delta
				if offset != 0 {
					if g = be.Uint16(t[16+3*n+k+offset+2*(r-int(start)):]); g != 0 {
						g += delta
					}
				}
				if g != 0 {
					f.glyphs[rune(r)] = g
				}
			}
		}
		return
	}
}

// Width is how wide a line is, in millimetres.
func (f *Face) Width(size float64, s string) float64 {
	sum := 0
	for _, r := range s {
		sum += int(f.widths[f.glyphs[r]])
	}
	return float64(sum) / f.em * size / point
}

// Lacks are the letters of a text that the faces do not have, each once; "":
// it can be set.
func Lacks(s string) string {
	var out strings.Builder
	for _, r := range s {
		if _, ok := Text.glyphs[r]; !ok && r != '\n' && r != '\t' && !strings.ContainsRune(out.String(), r) {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// milli is a measure of the font in thousandths of its size.
func (f *Face) milli(v int) int { return int(float64(v) * 1000 / f.em) }

// descriptor is the font's dictionary of measures; file is the object that
// holds the font.
func (f *Face) descriptor(file int) string {
	return fmt.Sprintf("<</Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight %d /StemV 80 /FontFile2 %d 0 R>>",
		f.font, f.milli(int(f.box[0])), f.milli(int(f.box[1])), f.milli(int(f.box[2])), f.milli(int(f.box[3])), f.milli(int(f.rise)), f.milli(int(f.fall)), f.milli(int(f.rise)), file)
}

// widthList says the width of each glyph.
func (f *Face) widthList() string {
	var b strings.Builder
	for _, w := range f.widths {
		fmt.Fprintf(&b, "%d ", f.milli(int(w)))
	}
	return "[0 [" + b.String() + "]]"
}

// unicode says which letter each used glyph is, so that text can be searched
// and read aloud (ISO 32000-1, 9.10.3).
func unicode(used map[uint16]rune) []byte {
	var list []int
	for g := range used {
		list = append(list, int(g))
	}
	sort.Ints(list)
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n")
	for len(list) > 0 {
		part := list[:min(len(list), 100)] // the most that one list may hold
		list = list[len(part):]
		fmt.Fprintf(&b, "%d beginbfchar\n", len(part))
		for _, g := range part {
			fmt.Fprintf(&b, "<%04X> <%04X>\n", g, used[uint16(g)])
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap CMapName currentdict /CMap defineresource pop end end\n")
	return b.Bytes()
}
