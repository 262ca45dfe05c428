package summary

// Cell is one count as it may be shown.
type Cell struct {
	N      int64
	Hidden bool
}

// protect hides the counts of one part that are smaller than few, and with them
// the smallest of the others (all of them, where several are equal): otherwise
// a single hidden count would be the sum less those that are shown.
//
// The sum of a period is known. Hidden are then some small counts and one value
// that is not small, and nothing tells which is which: whatever the hidden ones
// are, exchanging a small one with the other gives the same page. So no hidden
// count can be computed, not even whether it is small, by somebody who knows
// this rule too. None is hidden like few.
//
// req: SUMMARY-3
func protect(counts []int64, few int64) []Cell {
	beside := int64(-1) // the smallest that is not small
	small := false
	for _, n := range counts {
		switch {
		case n < few:
			small = true
		case beside < 0 || n < beside:
			beside = n
		}
	}
	out := make([]Cell, len(counts))
	for i, n := range counts {
		if small && (n < few || n == beside) {
			out[i] = Cell{Hidden: true}
		} else {
			out[i] = Cell{N: n}
		}
	}
	return out
}
