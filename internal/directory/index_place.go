package directory

import (
	"math"
	"slices"
)

// position is where a document can be visited, or the town of a hidden place.
type position struct {
	lat, lon float32
	doc      uint32
}

// positions are sorted into cells of a quarter degree, so that a circle is
// looked up by the cells that it meets; and by document, to measure.
type positions struct {
	cells map[cell][2]uint32 // range in list
	list  []position         // by cell
	off   []uint32           // by document: range in at
	at    []position         // by document

	anywhere docset // documents that have a position
}

type cell struct{ y, x int16 }

const cellsPerDegree = 4

func cellOf(lat, lon float64) cell {
	return cell{int16(math.Floor(lat * cellsPerDegree)), int16(math.Floor(lon * cellsPerDegree))}
}

// newPositions sorts the points of n documents by counting.
func newPositions(points []position, n int) *positions {
	p := &positions{cells: map[cell][2]uint32{}, off: make([]uint32, n+1), anywhere: newDocset(n)}
	number := map[cell]uint32{}
	cells := make([]uint32, len(points))
	for i, q := range points {
		c := cellOf(float64(q.lat), float64(q.lon))
		k, ok := number[c]
		if !ok {
			k = uint32(len(number))
			number[c] = k
		}
		cells[i] = k
		p.off[q.doc+1]++
		p.anywhere.add(q.doc)
	}
	start := make([]uint32, len(number)+1)
	for _, k := range cells {
		start[k+1]++
	}
	p.list = scatter(points, sums(start), func(i int) uint32 { return cells[i] })
	p.at = scatter(points, sums(p.off), func(i int) uint32 { return points[i].doc })
	for c, k := range number {
		p.cells[c] = [2]uint32{start[k], start[k+1]}
	}
	return p
}

// sums turns counts into starting offsets, in place.
func sums(count []uint32) []uint32 {
	for i := 1; i < len(count); i++ {
		count[i] += count[i-1]
	}
	return count
}

// scatter puts every point where its bucket begins, in the order given.
func scatter(points []position, start []uint32, bucket func(int) uint32) []position {
	next := slices.Clone(start)
	out := make([]position, len(points))
	for i, q := range points {
		k := bucket(i)
		out[next[k]] = q
		next[k]++
	}
	return out
}

func (p *positions) bytes() int {
	return 12*(len(p.list)+len(p.at)) + 16*len(p.cells) + 4*len(p.off)
}

// flat measures on the plane that touches the sphere at a point: exact enough
// to order what is within a few hundred kilometres.
type flat struct{ lat, lon, scale float64 }

// metresPerDegree is the length of one degree of latitude on the mean sphere.
const metresPerDegree = math.Pi * 6371008.8 / 180

func flatAt(lat, lon float64) flat {
	return flat{lat, lon, math.Cos(lat * math.Pi / 180)}
}

func (f flat) metres(q position) float64 {
	dy := float64(q.lat) - f.lat
	dx := (float64(q.lon) - f.lon) * f.scale
	return math.Sqrt(dx*dx+dy*dy) * metresPerDegree
}

// within adds the documents that have a position within metres of the point.
func (p *positions) within(f flat, metres float64, to docset) {
	dy := metres / metresPerDegree
	dx := dy / math.Max(f.scale, 0.01)
	low, high := cellOf(f.lat-dy, f.lon-dx), cellOf(f.lat+dy, f.lon+dx)
	for y := low.y; y <= high.y; y++ {
		for x := low.x; x <= high.x; x++ {
			r := p.cells[cell{y, x}]
			for _, q := range p.list[r[0]:r[1]] {
				if f.metres(q) <= metres {
					to.add(q.doc)
				}
			}
		}
	}
}

// nearest is the distance in metres from the point to the closest position of
// a document; negative: it has none.
func (p *positions) nearest(f flat, doc uint32) float64 {
	least := math.Inf(1)
	for _, q := range p.at[p.off[doc]:p.off[doc+1]] {
		least = math.Min(least, f.metres(q))
	}
	if math.IsInf(least, 1) {
		return -1
	}
	return least
}
