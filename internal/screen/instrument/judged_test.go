package instrument

import "testing"

// Signs that were seen are carried on as what they point to: positive or open,
// and nothing of a dimension of which none was seen.
func TestSignsThatWereSeenAreJudgedByDimensionAlone(t *testing.T) {
	var lists Packs
	var strong, weak []string
	var second Role
	for _, p := range shipped(t) {
		if p.State != Installed || p.Rule.Kind != Delphi {
			continue
		}
		lists = append(lists, p)
		for _, i := range p.Items {
			if i.Dimension == p.Dimensions[0].ID && i.Weight == Strong {
				strong = append(strong, field(i))
			}
			if i.Dimension == p.Dimensions[1].ID && i.Weight != Strong && len(weak) == 0 {
				weak, second = append(weak, field(i)), p.Dimensions[1].Role
			}
		}
	}
	if len(strong) < 2 || len(weak) != 1 {
		t.Fatalf("signs to try: %v, %v", strong, weak)
	}
	first := lists[0].Dimensions[0].Role
	got := lists.Judged(append(append([]string{"no-such-sign"}, strong...), weak...))
	if positive, seen := got[first]; !seen || !positive {
		t.Errorf("all strong signs of %s: %v", first, got)
	}
	if positive, seen := got[second]; !seen || positive {
		t.Errorf("one sign that is not strong of %s: %v", second, got)
	}
	if len(got) != 2 {
		t.Errorf("more was judged than was seen: %v", got)
	}
	if got := lists.Judged(nil); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
