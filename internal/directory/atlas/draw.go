package atlas

import (
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// steps is how many shades a map has, the lightest for none.
const steps = 5

// scale says from which count on each shade begins, with even steps on a
// logarithmic scale up to the largest count: an honest picture of few and of
// very many. Shades that would begin at the same count are one.
func scale(most int) []int {
	from := []int{0}
	for i := range steps - 1 {
		n := int(math.Round(math.Pow(float64(most), float64(i)/(steps-1)))) // 1, most^1/4, most^1/2, most^3/4
		if n > from[len(from)-1] && n <= most {
			from = append(from, n)
		}
	}
	return from
}

// shadeOf is the number of the shade of a count, 0 for none. With few shades
// the strongest are left out from the middle, so that most is always strong.
func shadeOf(n int, from []int) int {
	at := 0
	for i, f := range from {
		if n >= f {
			at = i
		}
	}
	if at == 0 || len(from) == steps {
		return at
	}
	return at + steps - len(from)
}

// link is a part of a picture that leads somewhere.
type link struct{ href, label string }

// picture writes a sheet as SVG. Everything that leads somewhere has a name;
// what only decorates is hidden from readers that cannot see it.
type picture struct{ b strings.Builder }

func (p *picture) open(s *sheet, title, desc string) {
	p.b.Grow(s.bytes)
	p.b.WriteString(`<svg class="atlas" viewBox="0 0 1000 ` + strconv.Itoa(int(s.height)) + `" role="group" aria-labelledby="map-title map-desc"><title id="map-title">` +
		html.EscapeString(title) + `</title><desc id="map-desc">` + html.EscapeString(desc) + `</desc><path class="land" d="` + s.land + `"/>`)
}

func (p *picture) shape(d drawn, l link, shade int) {
	p.anchor(l, "")
	p.b.WriteString(`<path class="shade-`)
	p.b.WriteString(strconv.Itoa(shade))
	p.b.WriteString(`" d="`)
	p.b.WriteString(d.path)
	p.b.WriteString(`"/></a>`)
}

func (p *picture) spot(s spot, l link) {
	p.anchor(l, "spot")
	x, y := whole(s.at.x), whole(s.at.y)
	p.b.WriteString(`<circle cx="` + x + `" cy="` + y + `" r="` + whole(s.r) + `"/><text x="` + x + `" y="` + y + `">` + strconv.Itoa(s.n) + `</text></a>`)
}

func (p *picture) anchor(l link, class string) {
	p.b.WriteString(`<a href="`)
	p.b.WriteString(html.EscapeString(l.href))
	if class != "" {
		p.b.WriteString(`" class="`)
		p.b.WriteString(class)
	}
	p.b.WriteString(`"><title>`)
	p.b.WriteString(html.EscapeString(l.label))
	p.b.WriteString(`</title>`)
}

func (p *picture) names(all []name) {
	p.b.WriteString(`<g class="names" aria-hidden="true">`)
	for _, n := range all {
		p.b.WriteString(`<text`)
		if n.wideOnly {
			p.b.WriteString(` class="roomy"`)
		}
		p.b.WriteString(` x="` + whole(n.at.x) + `" y="` + whole(n.at.y) + `">` + html.EscapeString(n.text) + `</text>`)
	}
	p.b.WriteString(`</g>`)
}

func (p *picture) close() template.HTML {
	p.b.WriteString(`</svg>`)
	return template.HTML(p.b.String()) //nolint:gosec // escaped where it was written
}

func whole(f float64) string { return strconv.Itoa(int(math.Round(f))) }

// mark is a number in a circle that leads where the shape below it leads. A
// finger finds it; the keyboard and readers without the picture have the shape.
func (p *picture) mark(s spot, href string) {
	x, y := whole(s.at.x), whole(s.at.y)
	p.b.WriteString(`<a class="spot" href="` + html.EscapeString(href) + `" tabindex="-1" aria-hidden="true"><circle cx="` + x + `" cy="` + y + `" r="` + whole(s.r) + `"/><text x="` + x + `" y="` + y + `">` + strconv.Itoa(s.n) + `</text></a>`)
}
