package atlas

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"sync"

	"amelie/internal/geo"
)

//go:embed data/outline.bin.gz
var outlineFile []byte

// perDegree is the grid of the outline file: thousandths of a degree.
const perDegree = 1000

// land is the code of all land that is not in the directory.
const land = ""

// degrees is a place on Earth: longitude, latitude (WGS 84).
type degrees struct{ lon, lat float64 }

// area is one territory's outline: rings without their last point.
type area struct {
	code  string
	rings [][]degrees
}

// outlines are the two layers of the file: the countries as the page of all
// four shows them, and their regions, each with the land around.
type outlines struct{ countries, regions []area }

var outlineData = sync.OnceValue(func() outlines {
	z, err := gzip.NewReader(bytes.NewReader(outlineFile))
	if err != nil {
		panic("atlas: outline file: " + err.Error()) // it is compiled in, and a test reads it
	}
	b, err := io.ReadAll(z)
	if err != nil {
		panic("atlas: outline file: " + err.Error())
	}
	r := &reader{b: b}
	out := outlines{countries: r.layer(), regions: r.layer()}
	if r.err != nil {
		panic("atlas: outline file: " + r.err.Error())
	}
	return out
})

// reader reads the outline file; its form is told in data/SOURCES.md.
type reader struct {
	b   []byte
	err error
}

func (r *reader) count() int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > 1<<20 {
		r.err = fmt.Errorf("broken number")
		return 0
	}
	r.b = r.b[size:]
	return int(n)
}

func (r *reader) signed() int {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.err = fmt.Errorf("broken number")
		return 0
	}
	r.b = r.b[size:]
	return int(n)
}

func (r *reader) layer() []area {
	arcs := make([][]degrees, r.count())
	for i := range arcs {
		arcs[i] = make([]degrees, r.count())
		x, y := 0, 0
		for j := range arcs[i] {
			x, y = x+r.signed(), y+r.signed()
			arcs[i][j] = degrees{float64(x) / perDegree, float64(y) / perDegree}
		}
	}
	areas := make([]area, r.count())
	for i := range areas {
		areas[i].code = r.word()
		areas[i].rings = make([][]degrees, r.count())
		for j := range areas[i].rings {
			areas[i].rings[j] = r.ring(arcs)
		}
	}
	return areas
}

func (r *reader) word() string {
	n := r.count()
	if n > len(r.b) {
		r.err = fmt.Errorf("broken word")
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) ring(arcs [][]degrees) []degrees {
	var line []degrees
	for range r.count() {
		i := r.signed()
		at := max(i, ^i)
		if at >= len(arcs) || len(arcs[at]) == 0 {
			r.err = fmt.Errorf("no such arc")
			return nil
		}
		part := slices.Clone(arcs[at])
		if i < 0 {
			slices.Reverse(part)
		}
		line = append(line, part[:len(part)-1]...)
	}
	return line
}

// point is a place on a drawing, in its units; y grows downwards.
type point struct{ x, y float64 }

// wide is the width of a drawing in units.
const wide = 1000

// lambert is the Lambert azimuthal equal-area projection on a sphere (Snyder
// 1987, page 185), in kilometres from its centre, y downwards. Areas are
// true, so that a shade says the same of a large and of a small region; with a
// centre in each country's own middle no country stands askew. Its form is
// that of the grid that the Union's statistics use (ETRS89-LAEA).
type lambert struct{ sin, cos, lon float64 }

// sphere is the radius of the Earth's authalic sphere in kilometres.
const sphere = 6371.007

const rad = math.Pi / 180

func newLambert(middle degrees) lambert {
	return lambert{math.Sin(middle.lat * rad), math.Cos(middle.lat * rad), middle.lon}
}

func (l lambert) of(d degrees) point {
	sin, cos := math.Sincos(d.lat * rad)
	sinLon, cosLon := math.Sincos((d.lon - l.lon) * rad)
	k := sphere * math.Sqrt(2/(1+l.sin*sin+l.cos*cos*cosLon))
	return point{k * cos * sinLon, -k * (l.cos*sin - l.sin*cos*cosLon)}
}

// sheet is one drawing: a projection and the part of it that is shown.
type sheet struct {
	project  lambert
	from     point   // upper left corner, km
	perUnit  float64 // km
	height   float64 // units
	land     string  // the path of the land around
	shapes   []drawn // in the order of the territories' codes
	position map[string]int
	bytes    int // about what a picture of it takes
}

// drawn is a territory on a sheet.
type drawn struct {
	code  string
	path  string // the d of an SVG path
	label point  // inside its largest part, as far from the border as can be
	room  float64
}

// at is where a place lies on the sheet.
func (s *sheet) at(d degrees) point {
	p := s.project.of(d)
	return point{(p.x - s.from.x) / s.perUnit, (p.y - s.from.y) / s.perUnit}
}

// margin is the land and sea around a drawing's territories, as a part of
// their width.
const margin = 0.035

// perLink is about what a shape, its circle and its name take beside the path:
// mostly the address, which holds the sealed search.
const perLink = 1024

// newSheet draws the areas that the sheet is about, and the land around.
func newSheet(layer []area, about func(code string) bool) *sheet {
	low, high := degrees{180, 90}, degrees{-180, -90}
	for _, a := range layer {
		if !about(a.code) {
			continue
		}
		for _, r := range a.rings {
			for _, d := range r {
				low = degrees{min(low.lon, d.lon), min(low.lat, d.lat)}
				high = degrees{max(high.lon, d.lon), max(high.lat, d.lat)}
			}
		}
	}
	s := &sheet{project: newLambert(degrees{(low.lon + high.lon) / 2, (low.lat + high.lat) / 2}), position: map[string]int{}}
	s.frame(layer, about)
	for _, a := range layer {
		switch {
		case about(a.code):
			s.position[a.code] = len(s.shapes)
			s.shapes = append(s.shapes, s.draw(a))
		default:
			s.land += s.draw(a).path
		}
	}
	s.bytes = len(s.land)
	for _, d := range s.shapes {
		s.bytes += len(d.path) + perLink
	}
	return s
}

// frame finds the part of the projection that the sheet shows.
func (s *sheet) frame(layer []area, about func(code string) bool) {
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, a := range layer {
		if !about(a.code) {
			continue
		}
		for _, r := range a.rings {
			for _, d := range r {
				p := s.project.of(d)
				low = point{min(low.x, p.x), min(low.y, p.y)}
				high = point{max(high.x, p.x), max(high.y, p.y)}
			}
		}
	}
	edge := margin * (high.x - low.x)
	s.from = point{low.x - edge, low.y - edge}
	s.perUnit = (high.x - low.x + 2*edge) / wide
	s.height = math.Ceil((high.y - low.y + 2*edge) / s.perUnit)
}

// draw makes the path of an area, cut at the edge of the sheet, and finds the
// place of its name.
func (s *sheet) draw(a area) drawn {
	d := drawn{code: a.code}
	var path []byte
	largest, most := []point(nil), 0.0
	for _, r := range a.rings {
		line := make([]point, len(r))
		for i, at := range r {
			line[i] = s.at(at)
		}
		line = crop(line, s.height)
		if len(line) < 3 {
			continue
		}
		if size := math.Abs(surface(line)); size > most {
			largest, most = line, size
		}
		path = appendPath(path, line)
	}
	d.path = string(path)
	if a.code != land && largest != nil {
		d.label, d.room = inmost(largest)
	}
	return d
}

// outside is how far beyond its edge a sheet is drawn, in units.
const outside = 8

// crop cuts a ring at the edge of the sheet (Sutherland and Hodgman 1974).
func crop(line []point, height float64) []point {
	for _, side := range []func(point) float64{
		func(p point) float64 { return p.x + outside },
		func(p point) float64 { return wide + outside - p.x },
		func(p point) float64 { return p.y + outside },
		func(p point) float64 { return height + outside - p.y },
	} {
		var kept []point
		for i, p := range line {
			before := line[(i+len(line)-1)%len(line)]
			a, b := side(before), side(p)
			if a < 0 != (b < 0) {
				t := a / (a - b)
				kept = append(kept, point{before.x + t*(p.x-before.x), before.y + t*(p.y-before.y)})
			}
			if b >= 0 {
				kept = append(kept, p)
			}
		}
		line = kept
		if len(line) == 0 {
			return nil
		}
	}
	return line
}

// appendPath writes a ring in whole units as differences, which is what
// compresses best. Points that fall together are written once; what shrinks to
// less than a triangle is left out.
func appendPath(path []byte, line []point) []byte {
	type cell struct{ x, y int }
	var cells []cell
	for _, p := range line {
		c := cell{int(math.Round(p.x)), int(math.Round(p.y))}
		if len(cells) == 0 || cells[len(cells)-1] != c {
			cells = append(cells, c)
		}
	}
	for len(cells) > 1 && cells[0] == cells[len(cells)-1] {
		cells = cells[:len(cells)-1]
	}
	if len(cells) < 3 {
		return path
	}
	number := func(n int, first bool) {
		if !first && n >= 0 {
			path = append(path, ' ')
		}
		path = strconv.AppendInt(path, int64(n), 10)
	}
	path = append(path, 'M')
	number(cells[0].x, true)
	number(cells[0].y, false)
	path = append(path, 'l')
	for i := 1; i < len(cells); i++ {
		number(cells[i].x-cells[i-1].x, i == 1)
		number(cells[i].y-cells[i-1].y, false)
	}
	return append(path, 'z')
}

// surface is the signed area of a ring in square units.
func surface(line []point) float64 {
	sum := 0.0
	for i, p := range line {
		q := line[(i+1)%len(line)]
		sum += p.x*q.y - q.x*p.y
	}
	return sum / 2
}

// inmost is the point of a ring that is farthest from its border, and how far:
// the best cell of a grid, then of a finer grid around it.
func inmost(line []point) (best point, room float64) {
	low, high := line[0], line[0]
	for _, p := range line {
		low = point{min(low.x, p.x), min(low.y, p.y)}
		high = point{max(high.x, p.x), max(high.y, p.y)}
	}
	const steps = 20
	for range 3 {
		dx, dy := (high.x-low.x)/steps, (high.y-low.y)/steps
		for i := range steps {
			for j := range steps {
				p := point{low.x + (float64(i)+.5)*dx, low.y + (float64(j)+.5)*dy}
				if d := clearance(p, line); d > room {
					best, room = p, d
				}
			}
		}
		low, high = point{best.x - dx, best.y - dy}, point{best.x + dx, best.y + dy}
	}
	return best, room
}

// clearance is the distance of a point inside a ring from its border; negative outside.
func clearance(p point, line []point) float64 {
	inside, least := false, math.Inf(1)
	for i, a := range line {
		b := line[(i+1)%len(line)]
		if a.y > p.y != (b.y > p.y) && p.x < (b.x-a.x)*(p.y-a.y)/(b.y-a.y)+a.x {
			inside = !inside
		}
		least = min(least, toSegment(p, a, b))
	}
	if !inside {
		return -least
	}
	return least
}

func toSegment(p, a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		t = max(0, min(1, ((p.x-a.x)*dx+(p.y-a.y)*dy)/length))
	}
	return math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy)
}

// sheets are made at their first use and kept: the shapes never change.
var sheets = struct {
	all     func() *sheet
	country map[string]func() *sheet
}{
	all: sync.OnceValue(func() *sheet {
		return newSheet(outlineData().countries, func(code string) bool { return code != land })
	}),
	country: countrySheets("BE", "DE", "GR", "IT"),
}

func countrySheets(codes ...string) map[string]func() *sheet {
	m := map[string]func() *sheet{}
	for _, code := range codes {
		m[code] = sync.OnceValue(func() *sheet {
			return newSheet(outlineData().regions, func(c string) bool { return c != land && geo.Country(c) == code })
		})
	}
	return m
}
