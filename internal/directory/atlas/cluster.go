package atlas

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
)

// dot is a town on a sheet, before it is drawn.
type dot struct {
	unit string // territory that is drawn
	town int    // its place in the region's list of towns
	at   point
	n    int // services
}

// spot is a circle with a number: one town, or several of one region that
// would lie on each other.
type spot struct {
	unit  string
	town  int // the town with most services, whose part of the page it leads to
	towns int
	at    point
	n     int
	r     float64 // units
}

// The smallest circle is 26 pixels across on the narrowest phone (a sheet of
// 1000 units on 358 pixels): a finger finds it.
const (
	leastRadius = 36
	mostRadius  = 62
	between     = 5 // between two circles, units
)

func radius(n int) float64 {
	return min(mostRadius, leastRadius+5.5*math.Log2(float64(max(n, 1))))
}

// gatherSpots joins dots of one region that are nearer than a distance and
// pushes the circles of different regions apart; when they do not find room,
// it joins more. The result depends on nothing but the dots.
func gatherSpots(dots []dot, height float64) []spot {
	dots = slices.Clone(dots)
	slices.SortFunc(dots, func(a, b dot) int {
		return cmp.Or(b.n-a.n, cmp.Compare(a.unit, b.unit), a.town-b.town)
	})
	var spots []spot
	apart := false
	for _, near := range []float64{70, 110, 160, 240, math.Inf(1)} {
		spots = join(dots, near)
		if apart = spread(spots, height); apart {
			break
		}
	}
	for !apart { // one circle a region, and still no room: they become smaller
		for i := range spots {
			spots[i].r *= .9
		}
		apart = spread(spots, height)
	}
	slices.SortFunc(spots, func(a, b spot) int { return cmp.Or(cmp.Compare(a.unit, b.unit), a.town-b.town) })
	return spots
}

func join(dots []dot, near float64) []spot {
	var spots []spot
	for _, d := range dots {
		i := slices.IndexFunc(spots, func(s spot) bool {
			return s.unit == d.unit && math.Hypot(s.at.x-d.at.x, s.at.y-d.at.y) < near
		})
		if i < 0 {
			spots = append(spots, spot{unit: d.unit, town: d.town, towns: 1, at: d.at, n: d.n, r: radius(d.n)})
			continue
		}
		s := &spots[i]
		share := float64(d.n) / float64(s.n+d.n)
		s.at = point{s.at.x + (d.at.x-s.at.x)*share, s.at.y + (d.at.y-s.at.y)*share}
		s.n += d.n
		s.towns++
		s.r = radius(s.n)
	}
	return spots
}

// spread pushes circles that overlap apart, each by half, and keeps them on
// the sheet. It reports whether none overlap in the end.
func spread(spots []spot, height float64) bool {
	covered := 0.0
	for _, s := range spots {
		covered += math.Pi * s.r * s.r
	}
	if covered > wide*height/2 { // there is no room for so many
		return false
	}
	for range 120 {
		moved := false
		for i := range spots {
			for j := i + 1; j < len(spots); j++ {
				moved = push(&spots[i], &spots[j]) || moved
			}
			s := &spots[i]
			inside := point{min(max(s.at.x, s.r), wide-s.r), min(max(s.at.y, s.r), height-s.r)}
			moved = moved || inside != s.at
			s.at = inside
		}
		if !moved {
			return true
		}
	}
	return false
}

func push(a, b *spot) bool {
	dx, dy, least := b.at.x-a.at.x, b.at.y-a.at.y, a.r+b.r+between
	if dx*dx+dy*dy >= least*least {
		return false
	}
	apart := math.Sqrt(dx*dx + dy*dy)
	lack := least - apart
	if apart == 0 {
		dx, dy, apart = 1, 0, 1
	}
	lack = (lack + 0.5) / 2 / apart
	a.at = point{a.at.x - dx*lack, a.at.y - dy*lack}
	b.at = point{b.at.x + dx*lack, b.at.y + dy*lack}
	return true
}

// box is a rectangle on a sheet.
type box struct{ left, top, right, bottom float64 }

func (a box) meets(b box) bool {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

func (s spot) box(scale float64) box {
	r := s.r * scale
	return box{s.at.x - r, s.at.y - r, s.at.x + r, s.at.y + r}
}

// name is the name of a region on a sheet.
type name struct {
	unit, text string
	at         point // middle of its baseline
	width      float64
	wideOnly   bool // there is room on wide screens only
}

// size is how large writing is on a sheet, in units: on a phone a sheet is 358
// pixels wide, on a wide screen at least 510.
type size struct {
	text    float64
	circles float64 // their scale
}

var (
	onPhone = size{text: 32, circles: 1}
	onWide  = size{text: 22, circles: .72}
)

// width is how wide a text is written, in sizes of its type, on the safe side
// for the site's own face and for those of common devices.
func width(text string) float64 {
	w := .3
	for _, r := range text {
		switch {
		case strings.ContainsRune("ijlItfr'-ι", r):
			w += .42
		case strings.ContainsRune("mwMWωΜΩ@", r):
			w += .92
		case unicode.IsUpper(r):
			w += .72
		default:
			w += .6
		}
	}
	return w
}

// box is what a text of a width takes, in sizes of its type.
func (z size) box(width float64, at point) box {
	half := width * z.text / 2
	return box{at.x - half, at.y - 1.02*z.text, at.x + half, at.y + .32*z.text}
}

// placeNames writes the names that find room: inside their region, on no
// circle and on no other name. Those with room on a phone are placed first;
// the others stand on wide screens only, or nowhere: the list has them all.
func placeNames(shapes []drawn, spots []spot, text map[string]string, height float64) []name {
	order := slices.Clone(shapes)
	slices.SortStableFunc(order, func(a, b drawn) int { return cmp.Compare(b.room, a.room) })
	var names []name
	for _, z := range []size{onPhone, onWide} {
		for _, d := range order {
			if text[d.code] == "" || slices.ContainsFunc(names, func(n name) bool { return n.unit == d.code }) {
				continue
			}
			one := name{unit: d.code, text: text[d.code], width: width(text[d.code]), wideOnly: z == onWide}
			var ok bool
			if one.at, ok = roomFor(d, one.width, z, names, spots, height); ok {
				names = append(names, one)
			}
		}
	}
	slices.SortFunc(names, func(a, b name) int { return cmp.Compare(a.unit, b.unit) })
	return names
}

// roomFor looks for room around the middle of a region.
func roomFor(d drawn, width float64, z size, names []name, spots []spot, height float64) (point, bool) {
	if d.room < z.text*.6 {
		return point{}, false
	}
	for _, step := range []float64{0, .5, -.5, 1, -1} {
		at := point{d.label.x, d.label.y + .3*z.text + step*d.room*.8}
		b := z.box(width, at)
		if b.right-b.left > 3.4*d.room || b.left < 4 || b.right > wide-4 || b.top < 4 || b.bottom > height-4 {
			continue
		}
		if !slices.ContainsFunc(spots, func(s spot) bool { return s.box(z.circles).meets(b) }) &&
			!slices.ContainsFunc(names, func(n name) bool { return z.box(n.width, n.at).meets(b) }) {
			return at, true
		}
	}
	return point{}, false
}

// namesBelow writes the names of circles under them.
func namesBelow(spots []spot, text map[string]string) []name {
	var out []name
	for _, s := range spots {
		out = append(out, name{unit: s.unit, text: text[s.unit], at: point{s.at.x, s.at.y + s.r + 1.1*onPhone.text}})
	}
	return out
}
