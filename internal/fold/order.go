package fold

import (
	"cmp"
	"slices"
)

// Sort orders a list by its names as readers of the six languages expect in a
// register: accents, case and ligatures do not count, Latin stands before
// Greek. Names that are alike but for those stay in the order of their letters.
//
// The tables of golang.org/x/text/collate would do it for every language of the
// world, at 1.5 MB of the program; see docs/decisions.
func Sort[T any](list []T, name func(T) string) {
	type keyed struct {
		key, name string
		item      T
	}
	all := make([]keyed, len(list))
	for i, item := range list {
		n := name(item)
		all[i] = keyed{Key(n), n, item}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.name, b.name)) })
	for i := range all {
		list[i] = all[i].item
	}
}
