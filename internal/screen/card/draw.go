package card

import (
	"fmt"
	"html"
	"strings"
	"unicode"

	"amelie/internal/paper"
)

// side is where a line of text is held.
type side int

const (
	left side = iota
	middle
	right
)

// canvas is what a card is drawn on. Millimetres from above and left, sizes of
// text in points, greys from 0, black, to 1.
type canvas interface {
	text(bold bool, size, x, y float64, at side, s string)
	line(x1, y1, x2, y2, width, grey float64)
	box(x, y, w, h, grey float64)
	curve(width, grey float64, points ...paper.Point)
}

// drawing is a canvas whose corner lies at x, y. With turn, the width of the
// card, it is turned over for languages that begin at the right.
type drawing struct {
	on         canvas
	x, y, turn float64
}

// across is where a place lies from the left edge of the canvas.
func (d drawing) across(x float64) float64 {
	if d.turn > 0 {
		x = d.turn - x
	}
	return d.x + x
}

func (d drawing) text(bold bool, size, x, y float64, at side, s string) {
	if d.turn > 0 {
		at = right - at
	}
	d.on.text(bold, size, d.across(x), d.y+y, at, s)
}

func (d drawing) line(x1, y1, x2, y2, width, grey float64) {
	d.on.line(d.across(x1), d.y+y1, d.across(x2), d.y+y2, width, grey)
}

func (d drawing) box(x, y, w, h, grey float64) {
	d.on.box(min(d.across(x), d.across(x+w)), d.y+y, w, h, grey)
}

func (d drawing) curve(width, grey float64, points ...paper.Point) {
	for i := range points {
		points[i].X = d.across(points[i].X)
		points[i].Y += d.y
	}
	d.on.curve(width, grey, points...)
}

// slip is a card for the next appointment: day and hour are written by hand.
func slip(d drawing, w Words) {
	d.text(true, 15, 8, 14, left, w.Appointment)
	d.line(8, 17.5, 80, 17.5, .5, 0)
	for i, word := range []string{w.Date, w.Time} {
		y := 28 + float64(i)*11
		d.text(false, 10, 8, y, left, word)
		d.line(34, y+1, 80, y+1, .2, .4)
	}
	d.text(false, 9.5, 8, 49.5, left, w.Cannot)
}

func slipNumber(d drawing, number string) { d.text(true, 14, 8, 56, left, number) }

// Sizes of shoes, Europe and United Kingdom, by the length of the foot.
var shoes = [][3]string{{"36", "3½", "22.5"}, {"37", "4", "23.0"}, {"38", "5", "24.0"}, {"39", "6", "24.5"}, {"40", "6½", "25.5"}, {"42", "8", "26.5"}, {"44", "9½", "28.0"}}

// sizes is a card from a shoe shop, folded in the middle.
func sizes(d drawing, w Words) {
	shoe(d)
	d.text(true, 11, 27, 26, middle, w.Sizes)
	columns := []float64{12, 27, 42}
	for i, head := range []string{"EU", "UK", "cm"} {
		d.text(true, 8, columns[i], 33, middle, head)
	}
	d.line(6, 34.5, 48, 34.5, .3, 0)
	for i, row := range shoes {
		y := 38.5 + float64(i)*4
		if i%2 == 1 {
			d.box(6, y-2.9, 42, 4, .93)
		}
		for k, text := range row {
			d.text(false, 8, columns[k], y, middle, text)
		}
	}
	d.text(false, 6.5, 27, 68, middle, w.Foot)
	d.text(false, 6, 6, 80.5, left, w.Item)
}

func sizesNumber(d drawing, number string) {
	bars(d, barsAt.X, barsAt.Y, barsAt.Width, barsAt.Height, digits(number))
	d.text(true, 8.5, 48, 80.5, right, number)
}

// barsAt is where the bars lie on the card of sizes: in its middle, so that a
// card that is turned over has them there too.
var barsAt = area{15, 70, 24, 5.5}

// area is a rectangle.
type area struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// shoe is the shop's drawing.
func shoe(d drawing) {
	p := func(x, y float64) paper.Point { return paper.Point{X: x, Y: y} }
	d.curve(.45, 0, p(15, 9), p(15, 12), p(14.5, 15), p(15, 17.5), p(24, 18.6), p(33, 18.6), p(41, 17.5), p(41, 13.5), p(35, 13), p(31, 11.5), p(28, 10.3), p(26, 8.5), p(24, 6.5), p(21, 9), p(18, 9.6), p(15, 9))
	d.line(15, 19.6, 41, 19.6, .6, 0)
	for i := range 3 {
		x := 26 + 2.2*float64(i)
		d.line(x, 10.6+float64(i)*.75, x-1.6, 12.4+float64(i)*.75, .35, 0)
	}
}

// modules are the bars of a figure as goods carry them (GS1, set A).
var modules = [10]string{"0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"}

// bars looks like the code of goods, and is none: no till has an entry for it.
func bars(d drawing, x, y, w, h float64, figures string) {
	d.turn = 0 // goods carry them the same way round in every script
	code := barCode(figures)
	step := w / float64(len(code))
	for i, bit := range code {
		if bit == '1' {
			d.box(x+float64(i)*step, y, step, h, 0)
		}
	}
}

// barCode is where a bar stands (1) and where none does.
func barCode(figures string) string {
	code := "101"
	for i, r := range "40" + figures + "715" {
		code += modules[r-'0']
		if i == 5 {
			code += "01010"
		}
	}
	return code + "101"
}

// label goes around a lip balm.
func label(d drawing, w Words) {
	d.line(2, 2.2, 58, 2.2, .5, 0)
	d.line(2, 17.8, 58, 17.8, .5, 0)
	for i := range 5 { // a flower
		angles := [5][2]float64{{0, -2.3}, {2.2, -.7}, {1.35, 1.9}, {-1.35, 1.9}, {-2.2, -.7}}
		x, y := 7+angles[i][0], 10+angles[i][1]
		petal(d, x, y, 1.15)
	}
	petal(d, 7, 10, .8)
	d.text(true, 10, 13, 8.2, left, w.Balm)
	d.text(false, 6.5, 13, 11.6, left, w.With)
	d.text(false, 6, 58, 11.6, right, "4,8 g")
	d.text(false, 6, 13, 15.9, left, w.Batch)
}

func labelNumber(d drawing, number string) { d.text(true, 8, 58, 15.9, right, number) }

// petal is a circle of four curves.
func petal(d drawing, x, y, r float64) {
	const k = .5523 // of a circle drawn by four Bézier curves
	p := func(dx, dy float64) paper.Point { return paper.Point{X: x + dx*r, Y: y + dy*r} }
	d.curve(.25, 0, p(1, 0), p(1, k), p(k, 1), p(0, 1), p(-k, 1), p(-1, k), p(-1, 0), p(-1, -k), p(-k, -1), p(0, -1), p(k, -1), p(1, -k), p(1, 0))
}

// sheet is a page of a PDF as a canvas.
type sheet struct{ page *paper.Page }

func (s sheet) text(bold bool, size, x, y float64, at side, text string) {
	face := paper.Text
	if bold {
		face = paper.Bold
	}
	x += edgeX - float64(at)/2*face.Width(size, text)
	s.page.Piece("P", "", func() { s.page.Write(face, size, x, y+edgeY, text) })
}

func (s sheet) line(x1, y1, x2, y2, width, grey float64) {
	s.page.Line(x1+edgeX, y1+edgeY, x2+edgeX, y2+edgeY, width, grey)
}

func (s sheet) box(x, y, w, h, grey float64) { s.page.Box(x+edgeX, y+edgeY, w, h, grey) }

func (s sheet) curve(width, grey float64, points ...paper.Point) {
	moved := make([]paper.Point, len(points))
	for i, p := range points {
		moved[i] = paper.Point{X: p.X + edgeX, Y: p.Y + edgeY}
	}
	s.page.Curve(width, grey, moved...)
}

// picture is a canvas for the browser, which knows every script.
type picture struct{ b strings.Builder }

// fromRight tells whether a text is read from the right. A number is not,
// wherever it stands: turned over by groups it would be another number.
//
// req: CARD-3
func fromRight(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Arabic, unicode.Hebrew) })
}

func shade(grey float64) string {
	v := int(grey * 255)
	return fmt.Sprintf("rgb(%d,%d,%d)", v, v, v)
}

func (p *picture) text(bold bool, size, x, y float64, at side, s string) {
	anchor, direction, weight := [...]string{"start", "middle", "end"}[at], "ltr", "400"
	if fromRight(s) { // start is where reading begins
		anchor, direction = [...]string{"end", "middle", "start"}[at], "rtl"
	}
	if bold {
		weight = "600"
	}
	fmt.Fprintf(&p.b, `<text x="%.2f" y="%.2f" font-size="%.2f" font-weight="%s" text-anchor="%s" direction="%s">%s</text>`, x, y, size*25.4/72, weight, anchor, direction, html.EscapeString(s))
}

func (p *picture) line(x1, y1, x2, y2, width, grey float64) {
	fmt.Fprintf(&p.b, `<path d="M%.2f %.2fL%.2f %.2f" stroke="%s" stroke-width="%.2f"/>`, x1, y1, x2, y2, shade(grey), width)
}

func (p *picture) box(x, y, w, h, grey float64) {
	fmt.Fprintf(&p.b, `<rect x="%.3f" y="%.2f" width="%.3f" height="%.2f" fill="%s"/>`, x, y, w, h, shade(grey))
}

func (p *picture) curve(width, grey float64, points ...paper.Point) {
	fmt.Fprintf(&p.b, `<path fill="none" stroke-linecap="round" stroke-linejoin="round" stroke="%s" stroke-width="%.2f" d="M%.2f %.2f`, shade(grey), width, points[0].X, points[0].Y)
	for i := 1; i < len(points); i += 3 {
		fmt.Fprintf(&p.b, "C%.2f %.2f %.2f %.2f %.2f %.2f", points[i].X, points[i].Y, points[i+1].X, points[i+1].Y, points[i+2].X, points[i+2].Y)
	}
	p.b.WriteString(`"/>`)
}
