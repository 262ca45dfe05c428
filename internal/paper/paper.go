// Package paper makes PDF files of A4 pages: text, lines and boxes at exact
// places, for what is cut out or hung on a wall.
//
// The idea: few things, done for real. Two cuts of the house's text face in
// Latin, Greek and Cyrillic are embedded whole; text can be selected, searched
// and read aloud: it names its language, its reading order and what each piece
// is (ISO 32000-1, 14.7 and 14.8). Letters that the face lacks are told before
// (Lacks), never drawn as boxes: such pages are printed by the browser.
//
// Stored: nothing. It must never write anything into a file that the caller did
// not give: no program name, no time, no path.
package paper

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
)

// A4 in millimetres.
const (
	Width, Height = 210.0, 297.0
	point         = 72 / 25.4 // points in a millimetre
)

// Doc is a file in the making.
type Doc struct {
	title, lang string
	pages       []*Page
}

// New begins a file; title is what a reader's window shows, lang the BCP 47 tag
// of the text.
func New(title, lang string) *Doc { return &Doc{title: title, lang: lang} }

// Page is one A4 page. Places are millimetres from the upper left corner, sizes
// of text points, and greys run from 0, black, to 1, white.
type Page struct {
	content bytes.Buffer
	tags    []tag
	open    bool // inside a tagged piece
	used    map[*Face]map[uint16]rune
}

// tag is a piece of a page as a reading program tells it.
type tag struct{ kind, lang string }

// Page adds a page.
func (d *Doc) Page() *Page {
	p := &Page{used: map[*Face]map[uint16]rune{Text: {}, Bold: {}}}
	d.pages = append(d.pages, p)
	return p
}

// Piece draws what belongs together as one piece for reading programs; kind is
// a standard type of structure: H1, H2, P. An empty lang is the file's own.
func (p *Page) Piece(kind, lang string, draw func()) {
	fmt.Fprintf(&p.content, "/%s <</MCID %d>> BDC\n", kind, len(p.tags))
	p.tags, p.open = append(p.tags, tag{kind, lang}), true
	draw()
	p.open = false
	p.content.WriteString("EMC\n")
}

// mark draws what is not inside a piece as something that reading programs
// leave out.
func (p *Page) mark(draw func()) {
	if p.open {
		draw()
		return
	}
	p.content.WriteString("/Artifact BMC\n")
	draw()
	p.content.WriteString("EMC\n")
}

// Write draws one line of text with its baseline at y.
func (p *Page) Write(f *Face, size, x, y float64, s string) { p.write(f, size, x, y, 0, s) }

// WriteUp draws a line that runs upwards from x, y.
func (p *Page) WriteUp(f *Face, size, x, y float64, s string) { p.write(f, size, x, y, 1, s) }

func (p *Page) write(f *Face, size, x, y float64, up int, s string) {
	p.mark(func() {
		fmt.Fprintf(&p.content, "BT 0 g /%s %.2f Tf %d %d %d %d %.2f %.2f Tm <", f.name, size, 1-up, up, -up, 1-up, x*point, (Height-y)*point)
		for _, r := range s {
			g := f.glyphs[r]
			p.used[f][g] = r
			fmt.Fprintf(&p.content, "%04X", g)
		}
		p.content.WriteString("> Tj ET\n")
	})
}

// Line draws a straight line; width is in millimetres.
func (p *Page) Line(x1, y1, x2, y2, width, grey float64) {
	p.mark(func() {
		fmt.Fprintf(&p.content, "%.2f G %.2f w %.2f %.2f m %.2f %.2f l S\n", grey, width*point, x1*point, (Height-y1)*point, x2*point, (Height-y2)*point)
	})
}

// Box fills a rectangle.
func (p *Page) Box(x, y, w, h, grey float64) {
	p.mark(func() {
		fmt.Fprintf(&p.content, "%.2f g %.2f %.2f %.2f %.2f re f\n", grey, x*point, (Height-y-h)*point, w*point, h*point)
	})
}

// Frame draws the outline of a rectangle; width is in millimetres.
func (p *Page) Frame(x, y, w, h, width, grey float64) {
	p.mark(func() {
		fmt.Fprintf(&p.content, "%.2f G %.2f w %.2f %.2f %.2f %.2f re S\n", grey, width*point, x*point, (Height-y-h)*point, w*point, h*point)
	})
}

// Point is a place on a page or in a drawing.
type Point struct{ X, Y float64 }

// Curve draws a line through Bézier curves: a first point, then three for each
// curve. Other counts draw nothing.
func (p *Page) Curve(width, grey float64, points ...Point) {
	if len(points) < 4 || len(points)%3 != 1 {
		return
	}
	at := func(q Point) string { return fmt.Sprintf("%.2f %.2f ", q.X*point, (Height-q.Y)*point) }
	p.mark(func() {
		fmt.Fprintf(&p.content, "%.2f G %.2f w 1 J 1 j %sm\n", grey, width*point, at(points[0]))
		for i := 1; i < len(points); i += 3 {
			p.content.WriteString(at(points[i]) + at(points[i+1]) + at(points[i+2]) + "c\n")
		}
		p.content.WriteString("S\n")
	})
}

// Wrap breaks a text into lines of at most width millimetres. A word that is
// longer than a line is broken where it must be.
func (f *Face) Wrap(size, width float64, s string) (lines []string) {
	for _, part := range strings.Split(strings.ReplaceAll(s, "\t", " "), "\n") {
		line := ""
		for _, word := range strings.Split(part, " ") {
			if both := strings.TrimPrefix(line+" "+word, " "); f.Width(size, both) <= width {
				line = both
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			pieces := f.chop(size, width, word)
			lines, line = append(lines, pieces[:len(pieces)-1]...), pieces[len(pieces)-1]
		}
		lines = append(lines, line)
	}
	return lines
}

// chop breaks a word into pieces that fit; at least one.
func (f *Face) chop(size, width float64, word string) (pieces []string) {
	piece := ""
	for _, r := range word {
		if piece != "" && f.Width(size, piece+string(r)) > width {
			pieces, piece = append(pieces, piece), ""
		}
		piece += string(r)
	}
	return append(pieces, piece)
}

// deflated is a stream with its dictionary; more stands in it.
func deflated(more string, content []byte) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(content) // into memory: never fails
	z.Close()
	return stream(more, b.Bytes())
}

func stream(more string, packed []byte) string {
	return fmt.Sprintf("<</Filter /FlateDecode /Length %d%s>>\nstream\n%s\nendstream", len(packed), more, packed)
}
