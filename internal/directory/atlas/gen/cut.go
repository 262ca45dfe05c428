package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// point is a place on the grid: longitude and latitude in thousandths of a degree.
type point struct{ x, y int }

// ring is a closed line without its last point.
type ring []point

// gather joins the areas of each unit: an edge that two areas of one unit
// share, once in each direction, is inside it and vanishes.
func gather(provinces []province, unit func(province) (string, error)) (map[string][]ring, error) {
	edges := map[string]map[[2]point]bool{}
	for _, p := range provinces {
		code, err := unit(p)
		if err != nil {
			return nil, err
		}
		if edges[code] == nil {
			edges[code] = map[[2]point]bool{}
		}
		for _, r := range p.rings {
			for i, a := range r {
				b := r[(i+1)%len(r)]
				if edges[code][[2]point{b, a}] {
					delete(edges[code], [2]point{b, a})
				} else {
					edges[code][[2]point{a, b}] = true
				}
			}
		}
	}
	out := map[string][]ring{}
	for code, left := range edges {
		rings, err := trace(left)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", code, err)
		}
		out[code] = rings
	}
	return out, nil
}

// trace makes rings of directed edges. Each point has as many edges that come
// as edges that go, so every walk ends where it began.
func trace(edges map[[2]point]bool) ([]ring, error) {
	from := map[point][]point{}
	for e := range edges {
		from[e[0]] = append(from[e[0]], e[1])
	}
	starts := make([]point, 0, len(from))
	for p, next := range from {
		slices.SortFunc(next, order)
		starts = append(starts, p)
	}
	slices.SortFunc(starts, order)
	var out []ring
	for _, start := range starts {
		for len(from[start]) > 0 {
			r, at := ring{start}, start
			for {
				next := from[at]
				if len(next) == 0 {
					return nil, fmt.Errorf("a border ends at %v", at)
				}
				from[at], at = next[1:], next[0]
				if at == start {
					break
				}
				r = append(r, at)
			}
			if len(r) >= 3 {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

func order(a, b point) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y)) }

// arc is a piece of border between two units, or between a unit and the sea.
type arc struct {
	points []point // of a closed arc the first stands again at the end
	of     []string
}

// shape is a unit as rings of arcs; a negative number is the complement of an
// arc that is walked backwards.
type shape struct {
	code  string
	rings [][]int
}

// cut makes arcs of the rings of all units: a border is cut where the units at
// its sides change.
func cut(units map[string][]ring) ([]arc, []shape) {
	codes := make([]string, 0, len(units))
	for code := range units {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	sides := map[[2]point][]string{} // by edge in its order
	degree := map[point]int{}
	for _, code := range codes {
		for _, r := range units[code] {
			for i, a := range r {
				e := edge(a, r[(i+1)%len(r)])
				if len(sides[e]) == 0 {
					degree[e[0]]++
					degree[e[1]]++
				}
				sides[e] = append(sides[e], code)
			}
		}
	}
	var arcs []arc
	known := map[string]int{}
	var shapes []shape
	for _, code := range codes {
		s := shape{code: code}
		for _, r := range units[code] {
			s.rings = append(s.rings, arcsOf(r, sides, degree, known, &arcs))
		}
		shapes = append(shapes, s)
	}
	return arcs, shapes
}

func edge(a, b point) [2]point {
	if order(a, b) > 0 {
		a, b = b, a
	}
	return [2]point{a, b}
}

// arcsOf cuts one ring.
func arcsOf(r ring, sides map[[2]point][]string, degree map[point]int, known map[string]int, arcs *[]arc) []int {
	n := len(r)
	node := func(i int) bool {
		before, after := sides[edge(r[(i+n-1)%n], r[i])], sides[edge(r[i], r[(i+1)%n])]
		return degree[r[i]] != 2 || !slices.Equal(before, after)
	}
	first := 0
	for first < n && !node(first) {
		first++
	}
	if first == n { // an island, or a unit inside another: begin at its least point
		first = slices.Index(r, slices.MinFunc(r, order))
	}
	var refs []int
	line := []point{r[first]}
	for k := 1; k <= n; k++ {
		i := (first + k) % n
		line = append(line, r[i])
		if k == n || node(i) {
			refs = append(refs, keep(line, sides[edge(line[0], line[1])], known, arcs))
			line = []point{r[i]}
		}
	}
	return refs
}

// keep finds the arc in either direction, or adds it.
func keep(line []point, of []string, known map[string]int, arcs *[]arc) int {
	back := slices.Clone(line)
	slices.Reverse(back)
	if i, ok := known[fmt.Sprint(line)]; ok {
		return i
	}
	if i, ok := known[fmt.Sprint(back)]; ok {
		return ^i
	}
	i := len(*arcs)
	known[fmt.Sprint(line)] = i
	*arcs = append(*arcs, arc{line, of})
	return i
}

// km of a difference in thousandths of a degree at a latitude.
func km(dx, dy int, lat float64) (float64, float64) {
	const perMil = 111.195 / perDegree
	return float64(dx) * perMil * math.Cos(lat*math.Pi/180), float64(dy) * perMil
}

// triangle is the area of three points in square kilometres.
func triangle(a, b, c point) float64 {
	lat := float64(a.y) / perDegree
	bx, by := km(b.x-a.x, b.y-a.y, lat)
	cx, cy := km(c.x-a.x, c.y-a.y, lat)
	return math.Abs(bx*cy-by*cx) / 2
}

// simplify drops the point with the smallest triangle until all that are left
// are larger than the tolerance. The ends stay, and so do four points of a ring.
func simplify(line []point, tolerance float64) []point {
	line = slices.Clone(line)
	least := 2
	if line[0] == line[len(line)-1] {
		least = 4
	}
	for len(line) > least {
		at, smallest := 0, tolerance
		for i := 1; i+1 < len(line); i++ {
			if a := triangle(line[i-1], line[i], line[i+1]); a < smallest {
				at, smallest = i, a
			}
		}
		if at == 0 {
			break
		}
		line = slices.Delete(line, at, at+1)
	}
	return line
}

// drop leaves out the islets of a shape that no page could show: rings of one
// arc whose area is below four triangles' tolerance, but never a shape's largest.
func drop(shapes []shape, arcs []arc) {
	for i := range shapes {
		s := &shapes[i]
		largest, most := 0, 0.0
		size := make([]float64, len(s.rings))
		for j, r := range s.rings {
			size[j] = area(r, arcs)
			if size[j] > most {
				largest, most = j, size[j]
			}
		}
		var kept [][]int
		for j, r := range s.rings {
			if j == largest || len(r) > 1 || size[j] >= islet(s.code) {
				kept = append(kept, r)
			}
		}
		s.rings = kept
	}
}

// islet is the least area in square kilometres that is drawn.
func islet(code string) float64 {
	if code == land {
		return 60
	}
	return 8
}

// area of a ring in square kilometres.
func area(refs []int, arcs []arc) float64 {
	var line []point
	for _, ref := range refs {
		part := slices.Clone(arcs[max(ref, ^ref)].points)
		if ref < 0 {
			slices.Reverse(part)
		}
		line = append(line, part[:len(part)-1]...)
	}
	sum := 0.0
	lat := float64(line[0].y) / perDegree
	for i := range line {
		next := line[(i+1)%len(line)]
		ax, ay := km(line[i].x-line[0].x, line[i].y-line[0].y, lat)
		bx, by := km(next.x-line[0].x, next.y-line[0].y, lat)
		sum += ax*by - bx*ay
	}
	return math.Abs(sum) / 2
}
